//! Polls: what a post asks, and what came of it.
//!
//! One vote per person, changed as often as one likes until the poll closes; a quiz is answered once. What the shares add up to is 100,
//! always. Deliberately absent: who voted how; nobody is told, the author neither.

use crate::{Millis, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

names! {
    /// How one answers.
    Kind:
    /// One option.
    Single = "single",
    /// As many as one likes.
    Several = "several",
    /// All that one cares about, the best first; counted by instant run-off.
    Ranked = "ranked",
    /// One option, of which one is right; answered once.
    Quiz = "quiz",
}

names! {
    /// Who may see what came of it so far.
    Shows:
    /// Everybody, at any time.
    Always = "always",
    /// Whoever has voted, and everybody when it is closed.
    Voted = "voted",
    /// Nobody before it is closed.
    Closed = "closed",
}

/// Options of a poll.
pub const MIN_OPTIONS: usize = 2;
pub const MAX_OPTIONS: usize = 6;
/// Signs of an option.
pub const MAX_OPTION: usize = 40;
/// Days that a poll can be open for.
pub const DAYS: [i64; 4] = [1, 3, 7, 30];

/// A poll as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPoll {
    pub kind: Kind,
    pub shows: Shows,
    pub days: i64,
    options: Vec<String>,
    /// The right one, of a quiz.
    right: Option<usize>,
}

impl NewPoll {
    /// `options`: as they were typed, empty ones left out. `right`: the place of the right one among those that were typed, empty ones
    /// counted.
    ///
    /// # Errors
    /// `poll_options` with how few there must be, `option_long`, `option_twice`, `poll_right`, `bad_request` for other days.
    pub fn new(kind: Kind, options: &[String], shows: Shows, days: i64, right: Option<usize>) -> Result<Self, Problem> {
        let typed = || options.iter().take(MAX_OPTIONS).map(|o| crate::post::one_line(o)).enumerate();
        let filled: Vec<(usize, String)> = typed().filter(|(_, o)| !o.is_empty()).collect();
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        if filled.len() < MIN_OPTIONS {
            return Err(Problem::new(422, "poll_options").field("option").number(number(MIN_OPTIONS)));
        }
        if filled.iter().any(|(_, o)| o.chars().count() > MAX_OPTION) {
            return Err(Problem::new(422, "option_long").field("option").number(number(MAX_OPTION)));
        }
        let mut once: Vec<String> = filled.iter().map(|(_, o)| o.to_lowercase()).collect();
        once.sort_unstable();
        once.dedup();
        if once.len() < filled.len() {
            return Err(Problem::new(422, "option_twice").field("option"));
        }
        if !DAYS.contains(&days) {
            return Err(Problem::bad_request());
        }
        let right = match kind {
            Kind::Quiz => {
                let at = right.and_then(|right| filled.iter().position(|(i, _)| *i == right));
                Some(at.ok_or_else(|| Problem::new(422, "poll_right").field("poll_right"))?)
            }
            Kind::Single | Kind::Several | Kind::Ranked => None,
        };
        Ok(Self { kind, shows, days, options: filled.into_iter().map(|(_, o)| o).collect(), right })
    }

    pub fn options(&self) -> &[String] {
        &self.options
    }

    pub const fn right(&self) -> Option<usize> {
        self.right
    }
}

/// What somebody chose: places of options, the best first where they are ranked, otherwise in their order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ballot(Vec<usize>);

impl Ballot {
    /// `options`: how many there are.
    ///
    /// # Errors
    /// `poll_pick` for none, or more than one where one is asked for; `bad_request` for what there is not, or one twice.
    pub fn new(kind: Kind, options: usize, picks: &[usize]) -> Result<Self, Problem> {
        let mut picks = picks.to_vec();
        if kind != Kind::Ranked {
            picks.sort_unstable();
        }
        let mut once = picks.clone();
        once.sort_unstable();
        once.dedup();
        if once.len() < picks.len() || once.iter().any(|p| *p >= options) {
            return Err(Problem::bad_request());
        }
        let one = matches!(kind, Kind::Single | Kind::Quiz);
        if picks.is_empty() || (one && picks.len() > 1) {
            return Err(Problem::new(422, "poll_pick").field("pick"));
        }
        Ok(Self(picks))
    }

    pub fn picks(&self) -> &[usize] {
        &self.0
    }

    /// As it is written: `2,0`.
    pub fn written(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    /// The way back.
    pub fn read(text: &str) -> Option<Self> {
        text.split(',').map(|p| p.parse().ok()).collect::<Option<Vec<usize>>>().map(Self)
    }
}

/// What a form says that was chosen: `one` option by its place, or of `each` option whether it is one of them (anything) or where it stands
/// (a number from 1); what has no place comes in the order of the options.
///
/// # Errors
/// `bad_request` for what is no number.
pub fn picked(one: &str, each: &[String]) -> Result<Vec<usize>, Problem> {
    if !one.is_empty() {
        return Ok(vec![one.parse().map_err(|_| Problem::bad_request())?]);
    }
    let mut placed: Vec<(usize, usize)> = Vec::new();
    for (i, place) in each.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
        placed.push((place.parse().map_err(|_| Problem::bad_request())?, i));
    }
    placed.sort_unstable();
    Ok(placed.into_iter().map(|(_, i)| i).collect())
}

/// Parts of a whole as whole numbers out of 100, by largest remainder (Hamilton): they add up to 100, or to 0 where there is nothing.
pub fn shares(parts: &[i64]) -> Vec<i64> {
    let whole: i64 = parts.iter().sum();
    if whole <= 0 {
        return vec![0; parts.len()];
    }
    let mut shares: Vec<i64> = parts.iter().map(|p| p * 100 / whole).collect();
    let mut left: Vec<(usize, i64)> = parts.iter().map(|p| p * 100 % whole).enumerate().collect();
    left.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let missing = usize::try_from(100 - shares.iter().sum::<i64>()).unwrap_or(0);
    for (at, _) in left.into_iter().take(missing) {
        if let Some(share) = shares.get_mut(at) {
            *share += 1;
        }
    }
    shares
}

/// How many chose each of `options`, of these ballots; of ranked ones the first choices.
pub fn tally(kind: Kind, options: usize, ballots: &BTreeMap<Ballot, i64>) -> Vec<i64> {
    let mut votes = vec![0; options];
    for (ballot, n) in ballots {
        let counted = if kind == Kind::Ranked { 1 } else { ballot.0.len() };
        for pick in ballot.0.iter().take(counted) {
            if let Some(slot) = votes.get_mut(*pick) {
                *slot += n;
            }
        }
    }
    votes
}

/// One round of counting ranked ballots: the votes of each option, `None` for those that are out.
pub type Round = Vec<Option<i64>>;

/// Instant run-off: while nobody has more than half of what still counts, whoever has least is out and his ballots go to their next choice
/// (Hare, 1871). Of equals that is out which had less in the round before, and so on back; of those that were equal all along the later
/// one. The last round has the winner with more than half, or nobody when no ballot was cast.
pub fn run_off(options: usize, ballots: &BTreeMap<Ballot, i64>) -> Vec<Round> {
    let mut rounds: Vec<Round> = Vec::new();
    let mut out = vec![false; options];
    loop {
        let mut round: Round = out.iter().map(|out| if *out { None } else { Some(0) }).collect();
        for (ballot, n) in ballots {
            let first = ballot.0.iter().find(|p| out.get(**p) == Some(&false));
            if let Some(Some(votes)) = first.and_then(|p| round.get_mut(*p)) {
                *votes += n;
            }
        }
        let all: i64 = round.iter().flatten().sum();
        let most = round.iter().flatten().max().copied().unwrap_or(0);
        let standing = round.iter().flatten().count();
        rounds.push(round);
        if all == 0 || most * 2 > all || standing <= 1 {
            return rounds;
        }
        let least = (0..options).filter(|i| out.get(*i) == Some(&false)).max_by(|a, b| {
            // The fewer in the last round that tells them apart the more likely out; then the later one.
            let of = |i: usize, round: &Round| round.get(i).copied().flatten().unwrap_or(0);
            let apart = rounds.iter().rev().map(|r| of(*b, r).cmp(&of(*a, r))).find(|o| o.is_ne());
            apart.unwrap_or_else(|| a.cmp(b))
        });
        if let Some(slot) = least.and_then(|i| out.get_mut(i)) {
            *slot = true;
        }
    }
}

/// Whether somebody may see what came of it so far.
pub const fn sees(shows: Shows, voted: bool, closed: bool) -> bool {
    closed || matches!(shows, Shows::Always) || (voted && matches!(shows, Shows::Voted))
}

/// An option, as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionView {
    pub text: String,
    /// How many chose it (ranked: first), and how much of all that is, in hundredths; none while he may not see it.
    pub votes: Option<i64>,
    pub share: i64,
    /// He chose it; ranked: as which, from 1.
    pub mine: Option<i64>,
    /// Of a quiz that he has answered or that is closed.
    pub right: Option<bool>,
    /// Ranked: it has won so far, or for good.
    pub won: bool,
}

/// A poll, as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollView {
    pub kind: Kind,
    pub shows: Shows,
    pub closes_at: Millis,
    pub closed: bool,
    pub voters: i64,
    pub voted: bool,
    /// Whether he may vote now, or vote otherwise.
    pub may_vote: bool,
    pub options: Vec<OptionView>,
    /// Of a ranked one whose counting he may see: how many rounds it took.
    pub rounds: i64,
}

/// A poll at the desk where its post is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollDraft {
    pub kind: Kind,
    pub shows: Shows,
    pub days: i64,
    pub options: Vec<String>,
    pub right: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ballots(options: usize) -> impl Strategy<Value = BTreeMap<Ballot, i64>> {
        let order = Just((0..options).collect::<Vec<_>>()).prop_shuffle();
        let ballot = (order, 1..=options).prop_map(|(order, n)| Ballot(order.into_iter().take(n).collect()));
        proptest::collection::btree_map(ballot, 1_i64..50, 0..20)
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn a_poll_has_two_to_six_options_that_differ_and_a_quiz_has_a_right_one() {
        let new = |kind, options: &[&str], right| NewPoll::new(kind, &texts(options), Shows::Always, 3, right);
        let code = |made: Result<NewPoll, Problem>| made.unwrap_err().code;
        assert_eq!(code(new(Kind::Single, &["", " tea "], None)), "poll_options");
        assert_eq!(code(new(Kind::Single, &["Tea", "tea "], None)), "option_twice");
        assert_eq!(code(new(Kind::Single, &["a", &"x".repeat(41)], None)), "option_long");
        assert_eq!(code(new(Kind::Quiz, &["a", "b"], None)), "poll_right");
        assert_eq!(code(new(Kind::Quiz, &["a", "", "b"], Some(1))), "poll_right");
        assert_eq!(code(NewPoll::new(Kind::Single, &texts(&["a", "b"]), Shows::Always, 2, None)), "bad_request");
        let quiz = new(Kind::Quiz, &["a", "", "b\u{202e}"], Some(2)).unwrap();
        assert_eq!((quiz.options(), quiz.right()), (&texts(&["a", "b"])[..], Some(1)));
    }

    #[test]
    fn a_ballot_holds_what_there_is_once() {
        let new = |kind, picks: &[usize]| Ballot::new(kind, 3, picks).map_err(|p| p.code);
        assert_eq!(new(Kind::Single, &[]).unwrap_err(), "poll_pick");
        assert_eq!(new(Kind::Quiz, &[0, 1]).unwrap_err(), "poll_pick");
        assert_eq!(new(Kind::Several, &[3]).unwrap_err(), "bad_request");
        assert_eq!(new(Kind::Ranked, &[1, 1]).unwrap_err(), "bad_request");
        assert_eq!(new(Kind::Several, &[2, 0]).unwrap().picks(), [0, 2]);
        assert_eq!(new(Kind::Ranked, &[2, 0]).unwrap().written(), "2,0");
    }

    proptest! {
        #[test]
        fn shares_add_up_to_a_hundred_and_keep_the_order(parts in proptest::collection::vec(0_i64..1_000_000, 1..8)) {
            let shares = shares(&parts);
            let whole: i64 = parts.iter().sum();
            prop_assert_eq!(shares.iter().sum::<i64>(), if whole > 0 { 100 } else { 0 });
            for (a, x) in parts.iter().zip(&shares) {
                for (b, y) in parts.iter().zip(&shares) {
                    prop_assert!(a <= b || x >= y);
                }
            }
        }

        #[test]
        fn a_written_ballot_is_read_as_it_was(all in ballots(6)) {
            for ballot in all.keys() {
                prop_assert_eq!(Ballot::read(&ballot.written()), Some(ballot.clone()));
            }
        }

        #[test]
        fn a_run_off_ends_with_one_who_has_more_than_half_of_what_counts(all in ballots(5)) {
            let rounds = run_off(5, &all);
            prop_assert!((1..=5).contains(&rounds.len()));
            let last = rounds.last().unwrap();
            let counted: i64 = last.iter().flatten().sum();
            let most = last.iter().flatten().max().copied().unwrap_or(0);
            prop_assert!(all.is_empty() || most * 2 > counted || last.iter().flatten().count() == 1);
            // Nobody loses votes as others go out, and one goes out each time.
            for pair in rounds.windows(2) {
                prop_assert_eq!(pair[0].iter().flatten().count(), pair[1].iter().flatten().count() + 1);
                for (before, after) in pair[0].iter().zip(&pair[1]) {
                    prop_assert!(after.is_none() || after >= before);
                }
            }
        }

        #[test]
        fn who_is_first_on_more_than_half_of_all_ballots_wins_at_once(mut all in ballots(4)) {
            let cast: i64 = all.values().sum();
            *all.entry(Ballot(vec![2])).or_insert(0) += cast + 1;
            let rounds = run_off(4, &all);
            prop_assert_eq!(rounds.len(), 1);
            prop_assert_eq!(rounds[0].iter().flatten().max(), rounds[0][2].as_ref());
        }
    }

    #[test]
    fn the_second_choice_of_whoever_is_out_counts() {
        let all: BTreeMap<Ballot, i64> =
            [(vec![0, 1], 4), (vec![1, 0], 3), (vec![2, 1], 2)].into_iter().map(|(b, n)| (Ballot(b), n)).collect();
        let rounds = run_off(3, &all);
        assert_eq!(rounds, [vec![Some(4), Some(3), Some(2)], vec![Some(4), Some(5), None]]);
        assert_eq!(tally(Kind::Ranked, 3, &all), [4, 3, 2]);
        assert_eq!(tally(Kind::Several, 3, &all), [7, 9, 2]);
    }

    #[test]
    fn what_came_of_it_is_seen_by_those_whom_the_author_chose() {
        for (shows, [nobody, voted, closed]) in [
            (Shows::Always, [true, true, true]),
            (Shows::Voted, [false, true, true]),
            (Shows::Closed, [false, false, true]),
        ] {
            assert_eq!(
                [sees(shows, false, false), sees(shows, true, false), sees(shows, false, true)],
                [nobody, voted, closed]
            );
        }
    }
}
