//! Lucky bags and red packets of live rooms: chances that anybody can check (rules.md 7).
//!
//! The shop draws a seed and says its SHA-256 when a draw begins; when it is over it says the seed and every number that took part. Who
//! won, or what each packet held, follows from those alone, so that nobody could choose it afterwards. What it cannot show is who stands
//! behind a number: each who joins has his own, and may look for it.

use crate::{
    Code, Currency, Millis, Problem,
    catalog::PictureView,
    id::SkuId,
    time::{HOUR, MINUTE},
};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

names! {
    /// What is drawn.
    Kind:
    /// Whoever joins in time may win: the lowest HMACs do.
    Bag = "bag",
    /// A sum of points in packets, the next one to whoever comes.
    Packets = "packets",
}

/// Minutes that a draw may be open for.
pub const LASTS: [i64; 4] = [1, 2, 3, 5];
/// Winners of a bag, packets of a sum, points that one draw gives at most, and those of each winner or packet on average.
pub const MAX_WINNERS: i64 = 20;
pub const MAX_PACKETS: i64 = 2_000;
pub const MAX_POINTS: i64 = 10_000;
pub const MAX_EACH: i64 = 500;
/// Points and things that the draws of one host give within a day, and how often one person wins in them.
pub const MAX_POINTS_A_DAY: i64 = 20_000;
pub const MAX_THINGS_A_DAY: i64 = 50;
pub const MAX_WINS_A_DAY: i64 = 3;
/// Draws of one room.
pub const MAX_DRAWS: i64 = 50;
/// Characters of what is to be said to join.
pub const MAX_PHRASE: usize = 20;
/// A thing that somebody won is kept for him for so long.
pub const CLAIM: Millis = 48 * HOUR;
/// A draw that is over is shown in its room for so long.
pub const SHOWN: Millis = 2 * MINUTE;

/// A secret, 256 bits.
pub type Seed = [u8; 32];

/// What is said of a seed before it is told: its SHA-256 (FIPS 180-4) in hexadecimal.
pub fn commitment(seed: &Seed) -> String {
    hex(&Sha256::digest(seed))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A seed as it was written.
pub fn seed(written: &str) -> Option<Seed> {
    if written.len() != 64 || !written.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut seed = [0; 32];
    for (byte, at) in seed.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(written.get(at..at + 2)?, 16).ok()?;
    }
    Some(seed)
}

/// HMAC-SHA256 (RFC 2104) of a text under the seed.
fn mac(seed: &Seed, text: &str) -> [u8; 32] {
    // Keys of any length are keys of HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(seed) else { return [0xff; 32] };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Who wins: the places of the `most` tickets with the lowest HMACs under the seed, the lowest first. Places count from 0.
pub fn winners<T: AsRef<str>>(seed: &Seed, tickets: &[T], most: i64) -> Vec<usize> {
    let mut ranks: Vec<([u8; 32], usize)> =
        tickets.iter().enumerate().map(|(at, ticket)| (mac(seed, ticket.as_ref()), at)).collect();
    ranks.sort_unstable();
    ranks.truncate(usize::try_from(most).unwrap_or(0));
    ranks.into_iter().map(|(_, at)| at).collect()
}

/// What packet `number` of `packets` holds, from 1, when the ones before have left `rest`, which is at least one for each that comes. The
/// first eight bytes of `HMAC(seed, "packet NUMBER")`, big-endian, modulo one less than twice the average of what is left (rounded down),
/// plus one; the last holds the rest.
pub fn packet(seed: &Seed, rest: i64, number: i64, packets: i64) -> i64 {
    let others = packets - number;
    if others <= 0 {
        return rest;
    }
    let most = (2 * rest / (others + 1) - 1).min(rest - others).max(1);
    let digest = mac(seed, &format!("packet {number}"));
    let chance = digest.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first));
    1 + i64::try_from(chance % u64::try_from(most).unwrap_or(1)).unwrap_or(0)
}

/// A sum in `packets` parts, each at least 1.
pub fn packets(seed: &Seed, sum: i64, packets: i64) -> Vec<i64> {
    if packets < 1 || sum < packets {
        return Vec::new();
    }
    let parts = (1..=packets).scan(sum, |rest, number| {
        let part = packet(seed, *rest, number, packets);
        *rest -= part;
        Some(part)
    });
    parts.collect()
}

/// What a host asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub kind: Kind,
    /// Winners, or packets.
    pub prizes: i64,
    pub prize: Prize,
    pub minutes: i64,
    /// What is to be said to join; empty for nothing.
    pub phrase: String,
    /// Whoever joins follows the host.
    pub follow: bool,
}

/// What is won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prize {
    /// Points: of each winner, or of all packets together.
    Points(i64),
    /// One of something, at a price, minor units.
    Thing { sku: SkuId, price: i64 },
}

impl Ask {
    /// What was asked for, as it is kept.
    ///
    /// # Errors
    /// `draw_prizes` and `draw_points` with the most that is possible, `draw_price`, `draw_phrase`, `bad_request`.
    pub fn checked(mut self) -> Result<Self, Problem> {
        let most = if self.kind == Kind::Bag { MAX_WINNERS } else { MAX_PACKETS };
        if !(1..=most).contains(&self.prizes) {
            return Err(Problem::new(422, "draw_prizes").field("prizes").number(most));
        }
        match self.prize {
            Prize::Points(points) => {
                let (least, most) = match self.kind {
                    Kind::Bag => (1, MAX_EACH.min(MAX_POINTS / self.prizes)),
                    Kind::Packets => (self.prizes, MAX_POINTS.min(MAX_EACH * self.prizes)),
                };
                if !(least..=most).contains(&points) {
                    return Err(Problem::new(422, "draw_points").field("points").number(most));
                }
            }
            Prize::Thing { .. } if self.kind == Kind::Packets => return Err(Problem::bad_request()),
            Prize::Thing { price, .. } if price < 1 => return Err(Problem::new(422, "draw_price").field("price")),
            Prize::Thing { .. } => {}
        }
        if !LASTS.contains(&self.minutes) {
            return Err(Problem::bad_request());
        }
        self.phrase = self.phrase.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.phrase.chars().count() > MAX_PHRASE {
            let most = i64::try_from(MAX_PHRASE).unwrap_or(i64::MAX);
            return Err(Problem::new(422, "draw_phrase").field("phrase").number(most));
        }
        Ok(self)
    }
}

/// A draw as everybody in its room sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawFact {
    pub code: Code,
    pub kind: Kind,
    pub prizes: i64,
    /// Points of each winner, or of all packets together; 0 for a thing.
    pub points: i64,
    /// A thing that is won.
    pub thing: Option<PrizeFact>,
    pub phrase: String,
    pub follow: bool,
    pub joined: i64,
    pub closes_at: Millis,
    pub drawn: bool,
}

/// A thing that is won.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrizeFact {
    pub sku: SkuId,
    pub slug: String,
    /// Minor units.
    pub price: i64,
    pub currency: Currency,
}

/// What somebody has in the draw that his room shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyDraw {
    pub draw: Code,
    /// From 1.
    pub number: i64,
    /// What is drawn from.
    pub ticket: String,
    /// It is over: who has won nothing has lost.
    pub drawn: bool,
    /// Points of a packet, or the place among the winners; none when nothing was won, or not yet.
    pub won: Option<i64>,
    /// What is won is a thing.
    pub thing: bool,
    /// What to check out with, and until when the thing is kept.
    pub claim: Option<(String, Millis)>,
}

/// Somebody who took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryView {
    /// From 1, in the order of coming.
    pub number: i64,
    /// What is drawn from.
    pub ticket: String,
    /// Points of a packet, or the place of a winner, from 1.
    pub won: Option<i64>,
    /// The first letter of a winner's name.
    pub name: String,
}

/// A draw, with all that it takes to check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawView {
    pub code: Code,
    pub room: Code,
    pub room_title: String,
    pub kind: Kind,
    pub prizes: i64,
    pub points: i64,
    pub thing: Option<ThingView>,
    pub phrase: String,
    pub follow: bool,
    pub commitment: String,
    pub opened_at: Millis,
    pub closes_at: Millis,
    pub drawn_at: Option<Millis>,
    /// What is told when it is over; empty before.
    pub seed: String,
    pub joined: i64,
    /// Who took part, told when it is over.
    pub entries: Vec<EntryView>,
    pub mine: Option<MyDraw>,
    pub at: Millis,
}

/// A thing that is won.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingView {
    pub slug: String,
    pub title: String,
    pub picture: Option<PictureView>,
    /// What it costs in the shop, and whoever wins it, minor units.
    pub alone: i64,
    pub price: i64,
    pub currency: Currency,
}

/// What comes of checking a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The seed is the one that was promised.
    pub seed: bool,
    /// The numbers are 1 to as many as joined, no ticket twice.
    pub numbers: bool,
    /// Those won, and that much, whom the seed says.
    pub prizes: bool,
}

impl Verdict {
    pub const fn holds(self) -> bool {
        self.seed && self.numbers && self.prizes
    }
}

impl DrawView {
    /// Checks a draw that is over by what is told of it; none before.
    pub fn check(&self) -> Option<Verdict> {
        self.drawn_at?;
        let told = seed(&self.seed);
        let mut tickets: Vec<&str> = self.entries.iter().map(|e| e.ticket.as_str()).collect();
        let right = (1..).zip(&self.entries).all(|(n, e)| e.number == n)
            && i64::try_from(tickets.len()).is_ok_and(|n| n == self.joined);
        let prizes = told.as_ref().is_some_and(|seed| match self.kind {
            Kind::Bag => {
                let mut won: Vec<Option<i64>> = vec![None; tickets.len()];
                for (place, at) in (1..).zip(winners(seed, &tickets, self.prizes)) {
                    if let Some(of) = won.get_mut(at) {
                        *of = Some(place);
                    }
                }
                self.entries.iter().map(|e| e.won).eq(won)
            }
            Kind::Packets => {
                let parts = packets(seed, self.points, self.prizes);
                parts.len() >= tickets.len() && self.entries.iter().zip(parts).all(|(e, part)| e.won == Some(part))
            }
        });
        tickets.sort_unstable();
        let twice = tickets.windows(2).any(|w| w.first() == w.last());
        Some(Verdict {
            seed: told.is_some_and(|seed| commitment(&seed) == self.commitment),
            numbers: right && !twice,
            prizes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn view(kind: Kind, seed: Seed, prizes: i64, points: i64, tickets: &[String]) -> DrawView {
        let mut entries: Vec<EntryView> = (1..)
            .zip(tickets)
            .map(|(number, ticket)| EntryView { number, ticket: ticket.clone(), won: None, name: String::new() })
            .collect();
        match kind {
            Kind::Bag => {
                for (place, at) in (1..).zip(winners(&seed, tickets, prizes)) {
                    entries[at].won = Some(place);
                }
            }
            Kind::Packets => {
                let parts = packets(&seed, points, prizes);
                entries.truncate(parts.len());
                entries.iter_mut().zip(parts).for_each(|(e, part)| e.won = Some(part));
            }
        }
        DrawView {
            code: "a".repeat(12).parse().unwrap(),
            room: "b".repeat(12).parse().unwrap(),
            room_title: String::new(),
            kind,
            prizes,
            points,
            thing: None,
            phrase: String::new(),
            follow: false,
            commitment: commitment(&seed),
            opened_at: 0,
            closes_at: 1,
            drawn_at: Some(1),
            seed: hex(&seed),
            joined: i64::try_from(entries.len()).unwrap(),
            entries,
            mine: None,
            at: 2,
        }
    }

    #[test]
    fn hmac_and_commitment_are_the_standards_own() {
        // RFC 4231, test case 2, whose key is shorter than a seed: the same key filled up with zeros is the same key of HMAC.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let said = hex(&mac(&key, "what do ya want for nothing?"));
        assert_eq!(said, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        // FIPS 180-4 over 32 zero bytes.
        assert_eq!(commitment(&[0; 32]), "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
    }

    #[test]
    fn a_seed_is_read_as_it_was_written_and_nothing_else_is_one() {
        assert_eq!(seed(&hex(&[7; 32])), Some([7; 32]));
        for wrong in ["", "07", &"g".repeat(64), &"é".repeat(32), &"0".repeat(66), &"+0".repeat(32)] {
            assert_eq!(seed(wrong).map(|s| hex(&s)), None, "{wrong}");
        }
    }

    fn tickets() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::hash_set("[0-9a-z]{4,10}", 0..60).prop_map(|set| set.into_iter().collect())
    }

    proptest! {
        #[test]
        fn the_lowest_hmac_wins_whatever_the_order_of_coming(seed: Seed, tickets in tickets(), most in 0i64..25) {
            let won = winners(&seed, &tickets, most);
            prop_assert_eq!(won.len(), tickets.len().min(usize::try_from(most).unwrap()));
            let highest = won.iter().map(|at| mac(&seed, &tickets[*at])).max();
            for at in (0..tickets.len()).filter(|at| !won.contains(at)) {
                prop_assert!(highest.is_none_or(|h| h < mac(&seed, &tickets[at])));
            }
            let mut turned = tickets.clone();
            turned.reverse();
            let again: Vec<&String> = winners(&seed, &turned, most).into_iter().map(|at| &turned[at]).collect();
            prop_assert_eq!(again, won.into_iter().map(|at| &tickets[at]).collect::<Vec<_>>());
        }

        #[test]
        fn packets_are_the_sum_to_the_point_and_none_is_empty(seed: Seed, many in 1i64..=MAX_PACKETS, more in 0i64..100_000) {
            let parts = packets(&seed, many + more, many);
            prop_assert_eq!(i64::try_from(parts.len()).unwrap(), many);
            prop_assert_eq!(parts.iter().sum::<i64>(), many + more);
            prop_assert!(parts.iter().all(|p| *p >= 1));
            prop_assert!(packets(&seed, many - 1, many).is_empty());
        }

        #[test]
        fn what_was_drawn_honestly_holds_and_any_change_of_it_does_not(
            seed: Seed, tickets in tickets(), bag: bool, prizes in 1i64..20, at: prop::sample::Index, how in 0..6
        ) {
            let kind = if bag { Kind::Bag } else { Kind::Packets };
            let honest = view(kind, seed, prizes, prizes * 9, &tickets);
            prop_assert!(honest.check().unwrap().holds());
            prop_assert_eq!(DrawView { drawn_at: None, ..honest.clone() }.check(), None);
            prop_assume!(!honest.entries.is_empty());
            let mut turned = honest.clone();
            let at = at.index(turned.entries.len());
            match how {
                0 => turned.seed = hex(&[seed[0].wrapping_add(1); 32]),
                1 => drop(turned.entries.remove(at)),
                2 => turned.entries[at].won = match turned.entries[at].won { None => Some(1), Some(_) => None },
                3 => turned.entries[at].number += 1,
                4 => turned.entries.push(turned.entries[at].clone()),
                _ => turned.commitment = commitment(&[seed[0].wrapping_add(1); 32]),
            }
            prop_assert!(!turned.check().unwrap().holds());
        }
    }

    #[test]
    fn what_no_draw_can_be_is_refused() {
        let ask = |kind, prizes, prize, minutes, phrase: &str| {
            Ask { kind, prizes, prize, minutes, phrase: phrase.to_owned(), follow: false }
                .checked()
                .err()
                .map_or(String::new(), |p| p.code)
        };
        let points = Prize::Points(100);
        let thing = |price| Prize::Thing { sku: SkuId(uuid::Uuid::nil()), price };
        assert_eq!(ask(Kind::Bag, 3, points, 3, "  I   want it "), "");
        assert_eq!(ask(Kind::Bag, 3, thing(1), 1, ""), "");
        assert_eq!(ask(Kind::Bag, 0, points, 3, ""), "draw_prizes");
        assert_eq!(ask(Kind::Bag, 21, points, 3, ""), "draw_prizes");
        assert_eq!(ask(Kind::Bag, 20, Prize::Points(501), 3, ""), "draw_points");
        assert_eq!(ask(Kind::Bag, 1, Prize::Points(501), 3, ""), "draw_points");
        assert_eq!(ask(Kind::Packets, 2, Prize::Points(1001), 3, ""), "draw_points");
        assert_eq!(ask(Kind::Packets, 101, points, 3, ""), "draw_points");
        assert_eq!(ask(Kind::Packets, 2001, Prize::Points(5000), 3, ""), "draw_prizes");
        assert_eq!(ask(Kind::Packets, 1, thing(1), 3, ""), "bad_request");
        assert_eq!(ask(Kind::Bag, 1, thing(0), 3, ""), "draw_price");
        assert_eq!(ask(Kind::Bag, 1, points, 4, ""), "bad_request");
        assert_eq!(ask(Kind::Bag, 1, points, 3, &"x".repeat(21)), "draw_phrase");
    }
}
