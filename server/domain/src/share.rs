//! Sharing: links that people send, what they brought, and who does not count.
//!
//! A link carries one opaque code for a person, a thing and a way; the code knows the share that brought the person here, so
//! that what spread can be drawn as a tree (rules.md 4). A fetch by a chat app is no visit.

use crate::{
    Problem,
    catalog::PictureView,
    group_buy::Standing,
    id::Code,
    money::Money,
    time::{DAY, Millis},
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How long the first touch counts, and the last one (rules.md 4 and 9).
pub const FIRST_TOUCH: Millis = 30 * DAY;
pub const LAST_TOUCH: Millis = 7 * DAY;

/// What is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Product,
    Team,
    Post,
    /// A live room.
    Room,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Product, Self::Team, Self::Post, Self::Room];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Team => "team",
            Self::Post => "post",
            Self::Room => "room",
        }
    }

    /// Where an object of this kind stands.
    pub fn path(self, object: &str) -> String {
        match self {
            Self::Product => format!("/p/{}", escaped(object)),
            Self::Team => format!("/g/{}", escaped(object)),
            Self::Post => format!("/posts/{}", escaped(object)),
            Self::Room => format!("/live/{}", escaped(object)),
        }
    }
}

impl FromStr for Kind {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// The way that a link goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The sheet of the device itself.
    System,
    Copy,
    Qr,
    Whatsapp,
    Telegram,
    Line,
    Sms,
}

impl Channel {
    pub const ALL: [Self; 7] =
        [Self::System, Self::Copy, Self::Qr, Self::Whatsapp, Self::Telegram, Self::Line, Self::Sms];

    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Copy => "copy",
            Self::Qr => "qr",
            Self::Whatsapp => "whatsapp",
            Self::Telegram => "telegram",
            Self::Line => "line",
            Self::Sms => "sms",
        }
    }

    /// Where a text and a link go to be sent, for those ways that are an address. Sources: the apps' own share addresses
    /// (wa.me, t.me/share, social-plugins.line.me) and RFC 5724 for `sms:`.
    pub fn address(self, text: &str, url: &str) -> Option<String> {
        let both = || escaped(&format!("{text} {url}"));
        match self {
            Self::Whatsapp => Some(format!("https://wa.me/?text={}", both())),
            Self::Telegram => Some(format!("https://t.me/share/url?url={}&text={}", escaped(url), escaped(text))),
            Self::Line => Some(format!("https://social-plugins.line.me/lineit/share?url={}", escaped(url))),
            Self::Sms => Some(format!("sms:?&body={}", both())),
            Self::System | Self::Copy | Self::Qr => None,
        }
    }
}

impl FromStr for Channel {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// Percent-encoded, for a part of a path or of a query: an imported product may be named in any script.
pub fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// Fetchers of previews and of search engines, by a part of their names (lower case). Sources: what the apps document, and the
/// list of limited bots of Next.js.
const CRAWLERS: &[&str] = &[
    "facebookexternalhit",
    "facebookcatalog",
    "facebot",
    "twitterbot",
    "linkedinbot",
    "slackbot",
    "slack-imgproxy",
    "discordbot",
    "whatsapp",
    "telegrambot",
    "line-poker",
    "skypeuripreview",
    "redditbot",
    "vkshare",
    "applebot",
    "bingbot",
    "googlebot",
    "baiduspider",
    "bytespider",
    "dingtalkbot",
    "chrome-lighthouse",
    "bot/",
    "crawler",
    "spider",
    "curl/",
    "wget/",
    "python-requests",
];

/// Whether an agent fetches for a preview or an index, and is nobody who visits.
pub fn is_crawler(agent: &str) -> bool {
    let agent = agent.to_lowercase();
    agent.is_empty() || CRAWLERS.iter().any(|c| agent.contains(c))
}

/// The shares that brought a browser here: the first one, and the last one, with their times; and the post that a thing is bought from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touches {
    pub first: Option<(Code, Millis)>,
    pub last: Option<(Code, Millis)>,
    /// It travels with the thing, not in the cookie.
    pub post: Option<Code>,
}

impl Touches {
    /// One more touch. The first one stays for its 30 days.
    #[must_use]
    pub fn and(self, code: Code, now: Millis) -> Self {
        let kept = self.valid(now);
        Self { first: kept.first.or_else(|| Some((code.clone(), now))), last: Some((code, now)), post: kept.post }
    }

    /// Those that still count.
    #[must_use]
    pub fn valid(self, now: Millis) -> Self {
        // The times come out of a cookie: anything may stand there.
        let within = |t: &(Code, Millis), span: Millis| now.checked_sub(t.1).is_some_and(|d| (0..span).contains(&d));
        Self {
            first: self.first.filter(|t| within(t, FIRST_TOUCH)),
            last: self.last.filter(|t| within(t, LAST_TOUCH)),
            post: self.post,
        }
    }

    /// As a cookie keeps it: `first.at.last.at`.
    pub fn written(&self) -> String {
        let one =
            |t: &Option<(Code, Millis)>| t.as_ref().map_or_else(|| "-.0".to_owned(), |(c, at)| format!("{c}.{at}"));
        format!("{}.{}", one(&self.first), one(&self.last))
    }

    /// Reads it; what cannot be read is no touch.
    pub fn read(text: &str) -> Self {
        let parts: Vec<&str> = text.split('.').collect();
        let one = |at: usize| Some((parts.get(at)?.parse().ok()?, parts.get(at + 1)?.parse().ok()?));
        Self { first: one(0), last: one(2), post: None }
    }
}

/// The cookie that keeps the mark of a browser and what brought it here, without `Secure`.
pub fn browser_cookie(mark: &str, touches: &Touches) -> String {
    format!("touch={mark}.{}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}", touches.written(), FIRST_TOUCH / 1000)
}

/// What a preview picture shows: all of it, so that the same card is the same picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub title: String,
    /// Written out: ¥42.90; empty for a post.
    pub price: String,
    /// A second price beside it: what it costs alone.
    pub beside: Option<String>,
    /// Where it stands: "1 more to go".
    pub line: String,
    /// Who shares it, of a team.
    pub by: Option<String>,
    /// First characters of the names of those in the team, with the colours of their faces.
    pub faces: Vec<(String, i64)>,
    pub open_seats: i64,
    pub picture: Option<PictureView>,
    pub brand: String,
}

/// Counts up with every change of how cards are drawn.
const DRAWN: &str = "1";

impl Card {
    /// Names the card by what it shows: FNV-1a, 64 bits, of its text. Not a secret.
    pub fn mark(&self) -> String {
        let text = format!("{DRAWN}{self:?}");
        let hash =
            text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }
}

/// Breaks a text into lines of at most `width` (a Chinese character is 2, a Latin one 1), at most `lines` of them; the last one
/// ends in an ellipsis when something is left out. Between Chinese characters it may break anywhere but before closing and
/// after opening signs (JIS X 4051, and GB/T 15834); Latin words stay whole where they fit.
pub fn wrapped(text: &str, width: usize, lines: usize) -> Vec<String> {
    const CLOSING: &str = "，。、；：？！）》」』】〉…—,.;:?!)%·”’";
    const OPENING: &str = "（《「『【〈(“‘¥$";
    let cell = |c: char| if c.is_ascii() || ('\u{a0}'..='\u{24f}').contains(&c) { 1 } else { 2 };
    let long = |s: &str| s.chars().map(cell).sum::<usize>();
    // Pieces that are not broken: a word, or a character with the signs that cling to it.
    let mut pieces: Vec<String> = Vec::new();
    for c in text.trim().chars() {
        let clings = pieces.last().is_some_and(|p| {
            let last = p.chars().last().unwrap_or(' ');
            let word = |c: char| cell(c) == 1 && !c.is_whitespace();
            CLOSING.contains(c) || OPENING.contains(last) || (word(c) && word(last))
        });
        match pieces.last_mut().filter(|_| clings) {
            Some(piece) => piece.push(c),
            None => pieces.push(c.to_string()),
        }
    }
    let mut out: Vec<String> = vec![String::new()];
    for piece in pieces {
        let line = out.last().map_or(0, |l| long(l));
        if line > 0 && line + long(piece.trim_end()) > width {
            out.push(String::new());
        }
        let fresh = out.last().is_some_and(String::is_empty);
        if let Some(line) = out.last_mut() {
            line.push_str(if fresh { piece.trim_start() } else { &piece });
        }
    }
    let more = out.len() > lines;
    out.truncate(lines);
    for line in &mut out {
        *line = line.trim_end().to_owned();
    }
    if let Some(last) = out.last_mut()
        && (more || long(last) > width)
    {
        while long(last) + 2 > width {
            last.pop();
        }
        last.push('…');
    }
    out.retain(|l| !l.is_empty());
    out
}

/// One way to send a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkView {
    pub channel: Channel,
    pub share: Code,
}

/// The sheet that sends a thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetView {
    pub kind: Kind,
    pub object: String,
    pub title: String,
    pub picture: Option<PictureView>,
    /// None of a post.
    pub price: Option<Money>,
    /// Of a team by heads: where it stands, and how many it is short of.
    pub team: Option<(Standing, i64)>,
    /// What I am called.
    pub by: String,
    /// None before the sheet was opened for the first time.
    pub links: Vec<LinkView>,
    /// Points for a new shopper who comes by it and keeps something of his first order; 0 where there are none.
    pub earns: i64,
}

/// What a link of mine did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareView {
    pub kind: Kind,
    pub object: String,
    pub title: String,
    pub channel: Channel,
    pub visits: i64,
    /// Orders that it brought as the first or the last touch, and those of them that were paid.
    pub orders: i64,
    pub paid: i64,
    /// Links that others made after they came by it, and what all below it brought.
    pub children: i64,
    pub below: i64,
    /// Those links as they hang on each other, as far as they are drawn.
    pub branches: Vec<BranchView>,
    pub created_at: Millis,
}

/// What somebody did who came by a link of mine, or by one below it. In the order of reading: a branch, then what is below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchView {
    /// 1: came by my link.
    pub level: usize,
    /// Masked.
    pub name: String,
    /// Real visits by his links, and orders that they brought.
    pub visits: i64,
    pub orders: i64,
}

/// The order of reading of a tree: each index with its level, a branch before what is below it, siblings as they come. `above`:
/// the index of the one above, for each; it comes before it. What hangs on itself is left out.
pub fn in_reading_order(above: &[Option<usize>]) -> Vec<(usize, usize)> {
    let below = |of: Option<usize>| (0..above.len()).rev().filter(move |i| above.get(*i) == Some(&of) && Some(*i) > of);
    let mut out = Vec::new();
    let mut open: Vec<(usize, usize)> = below(None).map(|i| (i, 1)).collect();
    while let Some((i, level)) = open.pop() {
        out.push((i, level));
        open.extend(below(Some(i)).map(|i| (i, level + 1)));
    }
    out
}

/// What all my links did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharesView {
    pub shares: Vec<ShareView>,
    pub visits: i64,
    pub orders: i64,
    pub paid: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(bits: u128) -> Code {
        Code::from_bits(bits)
    }

    proptest! {
        #[test]
        fn the_first_touch_stays_for_its_time_and_the_last_one_is_the_last(
            times in prop::collection::vec(0_i64..(60 * DAY), 1..20)
        ) {
            let mut times = times;
            times.sort_unstable();
            let mut touches = Touches::default();
            let mut first: Option<(u128, i64)> = None;
            for (i, at) in (0_u128..).zip(&times) {
                touches = touches.and(code(i), *at);
                if first.is_none_or(|(_, since)| at - since >= FIRST_TOUCH) {
                    first = Some((i, *at));
                }
                prop_assert_eq!(&touches.first, &first.map(|(n, since)| (code(n), since)));
                prop_assert_eq!(&touches.last, &Some((code(i), *at)));
            }
            prop_assert_eq!(Touches::read(&touches.written()), touches);
        }

        #[test]
        fn a_tree_is_read_from_above_and_nobody_is_left_out(seeds in prop::collection::vec(0_usize..1000, 0..40)) {
            let above: Vec<Option<usize>> = seeds.iter().enumerate().map(|(i, s)| (s % (i + 1)).checked_sub(1)).collect();
            let read = in_reading_order(&above);
            let mut all: Vec<usize> = read.iter().map(|(i, _)| *i).collect();
            for (at, (i, level)) in read.iter().enumerate() {
                match above[*i] {
                    None => prop_assert_eq!(*level, 1),
                    // The nearest one before it that is a level higher is the one above it.
                    Some(up) => prop_assert_eq!(read[..at].iter().rev().find(|(_, l)| l + 1 == *level), Some(&(up, level - 1))),
                }
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..above.len()).collect::<Vec<_>>());
        }

        #[test]
        fn no_cookie_is_too_broken_to_be_read(text in ".{0,80}") {
            let _ = Touches::read(&text).valid(0);
        }

        #[test]
        fn no_time_in_a_cookie_is_too_strange(first: i64, last: i64, now: i64) {
            let text = format!("{}.{first}.{}.{last}", code(1), code(2));
            let _ = Touches::read(&text).valid(now);
        }
    }

    #[test]
    fn chat_apps_that_fetch_a_preview_visit_nothing_and_people_in_them_do() {
        for bot in [
            "WhatsApp/2.23.20.0",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "TelegramBot (like TwitterBot)",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "facebookexternalhit/1.1;line-poker/1.0",
            "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
            "Twitterbot/1.0",
            "LinkedInBot/1.0",
            "",
        ] {
            assert!(is_crawler(bot), "{bot}");
        }
        for person in [
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.44(0x18002c2f) NetType/WIFI Language/zh_CN",
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 9; SM-G960F Build/PPR1.180610.011; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/70.0.3538.110 Mobile Safari/537.36 Line/9.22.1/IAB",
        ] {
            assert!(!is_crawler(person), "{person}");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_or_begins_with_a_sign_that_closes(text in "[高原蓝莓，。！（）a-z ]{0,60}", width in 6_usize..30, lines in 1_usize..4) {
            let out = wrapped(&text, width, lines);
            prop_assert!(out.len() <= lines);
            for line in &out {
                let long: usize = line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
                prop_assert!(long <= width + 2 || !line.contains(' '), "{line}");
                prop_assert!(!line.is_empty());
            }
        }
    }

    #[test]
    fn titles_break_as_they_are_read() {
        assert_eq!(wrapped("高原蓝莓，带霜现摘", 10, 2), ["高原蓝莓，", "带霜现摘"]);
        assert_eq!(wrapped("高原蓝莓带霜，现摘", 12, 2), ["高原蓝莓带", "霜，现摘"]);
        assert_eq!(wrapped("Highland blueberries, picked", 21, 2), ["Highland blueberries,", "picked"]);
        assert_eq!(wrapped("一二三四五六七八", 8, 1), ["一二三…"]);
        assert_eq!(wrapped("", 8, 2), Vec::<String>::new());
    }

    #[test]
    fn what_is_sent_arrives_whole() {
        let sent = Channel::Whatsapp.address("小美 & 50%", "https://a.test/s/x?y=1").unwrap();
        assert_eq!(sent, "https://wa.me/?text=%E5%B0%8F%E7%BE%8E%20%26%2050%25%20https%3A%2F%2Fa.test%2Fs%2Fx%3Fy%3D1");
    }
}
