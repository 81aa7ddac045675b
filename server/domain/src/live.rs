//! Live rooms: when one is on, what it sells, who may say what (rules.md 7).

pub mod clip;
pub mod fan;
pub mod numbers;
pub mod poll;

pub use clip::{Chapter, ClipCard, ClipView};
pub use fan::FanView;
pub use numbers::NumbersView;

use crate::{
    Code, Currency, Millis, Money, Problem,
    catalog::PictureView,
    coupon::{DropFact, DropOffer},
    draw::{DrawFact, MyDraw},
    id::SkuId,
    live::poll::{MyVote, PollFact},
    time::{DAY, HOUR, MINUTE, SECOND},
};
use serde::{Deserialize, Serialize};

names! {
    /// Where a room is. A room that is paused has nobody who sends; it goes on when the host comes back.
    State: Scheduled = "scheduled", Live = "live", Paused = "paused", Ended = "ended",
}

names! {
    /// What may change where a room is.
    Act:
    /// Pictures arrive.
    Send = "send",
    /// Nobody sends any more.
    Stop = "stop",
    /// The host ends it, or nobody came back.
    End = "end",
}

names! {
    /// Who may say something in a room, besides its host and whoever keeps order in it.
    Speaks: All = "all",
    /// Who follows the host.
    Followers = "followers",
    /// Who has paid for something in a room of the host.
    Buyers = "buyers",
}

impl State {
    /// Where a room is after something happened; none when that changes nothing.
    pub const fn after(self, act: Act) -> Option<Self> {
        match (self, act) {
            (Self::Scheduled | Self::Paused, Act::Send) => Some(Self::Live),
            (Self::Live, Act::Stop) => Some(Self::Paused),
            (Self::Scheduled | Self::Live | Self::Paused, Act::End) => Some(Self::Ended),
            _ => None,
        }
    }

    /// Whether the host may come back to it, or has not come yet.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Ended)
    }

    /// Whether it sells at its own prices.
    pub const fn sells(self) -> bool {
        matches!(self, Self::Live | Self::Paused)
    }
}

/// Characters of a title, and of what is said.
pub const MAX_TITLE: usize = 60;
pub const MAX_SAID: usize = 140;
/// Things in a bag.
pub const MAX_BAG: i64 = 30;
/// Rooms of one host that are not over.
pub const MAX_OPEN: i64 = 5;
/// A room is announced at most so long before.
pub const AHEAD: Millis = 60 * DAY;
/// A room that is paused ends after so long.
pub const GRACE: Millis = 10 * MINUTE;
/// A room's price that somebody took is his for so long.
pub const PROMISE: Millis = 15 * MINUTE;
/// Units of one SKU that are promised to one person at a room's price.
pub const MAX_UNITS: i64 = 10;
/// Things that are said at most in so long, and how long whoever says more is silent.
pub const SAYS: usize = 3;
pub const SAYS_IN: Millis = 2 * SECOND;
pub const SILENT: Millis = 10 * SECOND;
/// Hearts in one message.
pub const MAX_HEARTS: i64 = 10;
/// Who has been seen within so long is watching.
pub const ALIVE: Millis = 30 * SECOND;
/// Seconds before a price for a short while begins, and minutes that it may last.
pub const FLASH_IN: [i64; 4] = [10, 30, 60, 300];
pub const FLASH_LASTS: [i64; 5] = [1, 3, 5, 10, 20];
/// Units of it at most.
pub const MAX_FLASH: i64 = 1_000;
/// Of each price at most so much is taken, per cent.
pub const MOST_OFF: i64 = 90;
/// Whoever sees the picture later than it was sent has so much longer.
pub const LATE: Millis = 8 * SECOND;
/// A price for a short while that somebody took is his for so long.
pub const FLASH_PROMISE: Millis = 5 * MINUTE;
/// It is below whatever the shop asked for within so long.
pub const LOWEST_OF: Millis = 30 * DAY;
/// Lines that whoever comes in reads.
pub const LINES: i64 = 50;
/// Lines that are caught up on; whoever missed more begins anew.
pub const CATCH_UP: i64 = 200;
/// Seconds between two lines of one person that a host may ask for.
pub const SLOW: [i64; 4] = [0, 5, 15, 60];
/// Who keeps order in the rooms of one host with him.
pub const MAX_MODERATORS: i64 = 20;
/// Words that are not said in the rooms of one host, and signs of one.
pub const MAX_WORDS: usize = 50;
pub const MAX_WORD: usize = 12;
/// Who waits with a raised hand, and signs of what it is about.
pub const MAX_HANDS: i64 = 200;
pub const MAX_HAND: usize = 40;
/// Minutes that somebody may be muted for; 0: until the room ends.
pub const MUTES: [i64; 5] = [1, 5, 10, 60, 0];

/// When somebody last spoke in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speaker {
    /// At most [`SAYS`], oldest first.
    pub said: Vec<Millis>,
    pub silent_until: Millis,
}

impl Speaker {
    /// Somebody wants to say something; `slow`: ms between two lines.
    ///
    /// # Errors
    /// When he may, ms since 1970.
    pub fn says(&mut self, now: Millis, slow: Millis) -> Result<(), Millis> {
        if now < self.silent_until {
            return Err(self.silent_until);
        }
        if let Some(last) = self.said.last().filter(|last| now - **last < slow) {
            return Err(last + slow);
        }
        self.said.retain(|at| now - at < SAYS_IN);
        if self.said.len() >= SAYS {
            self.silent_until = now + SILENT;
            return Err(self.silent_until);
        }
        self.said.push(now);
        Ok(())
    }
}

/// A title as it is kept.
///
/// # Errors
/// `room_title` when it is empty or too long.
pub fn title(typed: &str) -> Result<String, Problem> {
    let title = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() || title.chars().count() > MAX_TITLE {
        let most = i64::try_from(MAX_TITLE).unwrap_or(i64::MAX);
        return Err(Problem::new(422, "room_title").field("title").number(most));
    }
    Ok(title)
}

/// What is said as it is kept: one line.
///
/// # Errors
/// `said_needed`, `said_long`.
pub fn said(typed: &str) -> Result<String, Problem> {
    let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Err(Problem::new(422, "said_needed").field("text"));
    }
    if text.chars().count() > MAX_SAID {
        let most = i64::try_from(MAX_SAID).unwrap_or(i64::MAX);
        return Err(Problem::new(422, "said_long").field("text").number(most));
    }
    Ok(text)
}

/// What somebody wants to speak about, as it is kept: one line, or nothing.
///
/// # Errors
/// `said_long`.
pub fn hand(typed: &str) -> Result<String, Problem> {
    let text = crate::post::one_line(typed);
    if text.chars().count() > MAX_HAND {
        let most = i64::try_from(MAX_HAND).unwrap_or(i64::MAX);
        return Err(Problem::new(422, "said_long").field("words").number(most));
    }
    Ok(text)
}

/// The words of a host's list as they are kept: one a line, each once. `typed`: by lines or commas.
///
/// # Errors
/// `room_words` for too many, or for one that is too long or a single Latin letter.
pub fn words(typed: &str) -> Result<String, Problem> {
    let mut words: Vec<String> = Vec::new();
    for word in typed.split(['\n', '\r', ',', '，', '、']).map(crate::post::one_line).filter(|w| !w.is_empty()) {
        let signs = word.chars().count();
        let plain = !word.starts_with(['-', '#']);
        if signs > MAX_WORD || (signs == 1 && word.is_ascii()) || !plain {
            return Err(Problem::new(422, "room_words").field("words").said(&word));
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.len() > MAX_WORDS {
        let most = i64::try_from(MAX_WORDS).unwrap_or(i64::MAX);
        return Err(Problem::new(422, "room_words_many").field("words").number(most));
    }
    Ok(words.join("\n"))
}

/// What a unit costs in a room that takes `off` from its price; none when that is no price below it.
pub fn price(alone: i64, off: i64) -> Option<i64> {
    (0..alone).contains(&off).then(|| alone - off)
}

/// When a room is to begin: `2026-11-29T20:00` at a fixed offset from UTC, in minutes, as a field of a form says it.
pub fn starts(typed: &str, offset_minutes: i64) -> Option<Millis> {
    let (day, time) = typed.split_once('T')?;
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.get(..2)?.parse().ok()?);
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) {
        return None;
    }
    Some(crate::time::day(day)? * DAY + hour * HOUR + (minute - offset_minutes) * MINUTE)
}

/// What is taken from a price, as somebody writes it: minor units. Nothing written is nothing.
pub fn off(typed: &str, currency: Currency) -> Option<i64> {
    let typed = typed.trim();
    let typed = if typed.is_empty() { "0" } else { typed };
    Money::parse(typed, currency).ok().map(|m| m.amount).filter(|off| *off >= 0)
}

/// What a room showed is kept for three years (the duty of those who sell live), and no longer.
pub const RECORDED: Millis = 3 * 366 * DAY;

/// Where a moment is in a recording, ms: what was sent before it. `kept`: when each segment began, and how long it lasts in ticks of
/// 1/90000 s. What happened while nobody sent is where it goes on.
pub fn replay_at(kept: &[(Millis, i64)], moment: Millis) -> Millis {
    let mut before = 0;
    for (at, lasts) in kept {
        if *at >= moment {
            break;
        }
        before += lasts.min(&((moment - at) * 90));
    }
    before / 90
}

names! {
    /// What a line of a room is.
    Line: Said = "said", Explains = "explains", Begun = "begun", Paused = "paused", Ended = "ended",
    /// A draw opens, and is over.
    Opens = "opens", Drawn = "drawn",
    /// Coupons are handed out, and that is over.
    Drops = "drops", Dropped = "dropped",
    /// A price for a short while is announced.
    Flash = "flash",
    /// A poll opens, and is over: its question.
    Asks = "asks", Asked = "asked",
    /// Somebody who has raised his hand is called.
    Called = "called",
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
const fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// A line of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    /// Grows by one with every line of the room.
    pub seq: i64,
    pub kind: Line,
    /// Whoever said it.
    pub name: String,
    pub handle: String,
    /// The host himself.
    pub host: bool,
    /// Who keeps order with him.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moderator: bool,
    /// The level of whoever said it with the host; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fan: i64,
    pub text: String,
    /// Taken away: its text is empty.
    pub gone: bool,
    pub at: Millis,
}

/// What was said around a moment of a room that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlongView {
    /// In their order: the last ones before the moment, and those that follow.
    pub lines: Vec<LineView>,
    /// Behind this moment more may follow.
    pub until: Millis,
}

/// What was said is given for so long at once.
pub const ALONG: Millis = 10 * MINUTE;

/// A choice of something in the bag, and what it costs here now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkuFact {
    pub sku: SkuId,
    /// Minor units.
    pub price: i64,
    pub left: i64,
}

/// What is true of a room now, for everybody who looks; small enough to be said again whenever it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub state: State,
    /// Changes with what is in the bag.
    pub bag: i64,
    /// What is being explained: its place in the bag.
    pub explains: Option<i64>,
    /// Since when that, or nothing any more; 0 before anything is.
    pub explains_at: Millis,
    pub skus: Vec<SkuFact>,
    pub hearts: i64,
    pub viewers: i64,
    /// Seconds between two lines of one person.
    pub slow: i64,
    pub flash: Option<FlashFact>,
    pub draw: Option<DrawFact>,
    /// Coupons that are handed out.
    pub drop: Option<DropFact>,
    /// Whether everybody sees that somebody has bought, and who did last.
    pub ticker: bool,
    pub bought: Option<BoughtFact>,
    pub speaks: Speaks,
    /// The line that stands on top.
    pub pinned: Option<PinnedFact>,
    pub poll: Option<PollFact>,
    pub hands: HandsFact,
}

/// A line that stands on top for everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedFact {
    pub seq: i64,
    pub name: String,
    pub text: String,
}

/// Who wants to speak with the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandsFact {
    /// Whether hands may be raised.
    pub open: bool,
    pub waiting: i64,
    /// Whose turn it is.
    pub called: Option<String>,
}

/// My raised hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyHand {
    /// Who is before me.
    pub ahead: i64,
    pub called: bool,
}

/// That somebody has just bought is shown for so long.
pub const BOUGHT: Millis = MINUTE;

/// Somebody has bought something: the last paid order of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoughtFact {
    /// Masked.
    pub name: String,
    /// What: its place in the bag.
    pub place: i64,
    pub at: Millis,
}

/// A price for a short while, that is on or comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashFact {
    /// What it is for: its place in the bag.
    pub place: i64,
    /// Taken from the price of each choice, minor units.
    pub off: i64,
    /// Units that can still be had at it, and that one person can.
    pub left: i64,
    pub each: i64,
    pub starts_at: Millis,
    pub ends_at: Millis,
    /// It has begun.
    pub on: bool,
}

impl FlashFact {
    /// Whether it is what things cost.
    pub const fn counts(&self) -> bool {
        self.on && self.left > 0
    }
}

/// What an open page hears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The last line that there is.
    pub seq: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineView>,
    /// Lines that were taken away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// The lines are all that there are: what the page had is to be forgotten.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anew: bool,
}

/// The lines that a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub seq: i64,
    pub lines: Vec<LineView>,
}

impl Lines {
    /// Adds what was heard, each line once and in its order. Whether something is missing before it.
    pub fn hear(&mut self, frame: &Frame) -> bool {
        if frame.anew {
            self.lines.clear();
            self.seq = frame.lines.first().map_or(frame.seq, |l| l.seq - 1);
        }
        for line in &frame.lines {
            if line.seq <= self.seq {
                continue;
            }
            if line.seq > self.seq + 1 {
                return true;
            }
            self.seq = line.seq;
            self.lines.push(line.clone());
        }
        for line in self.lines.iter_mut().filter(|l| frame.gone.contains(&l.seq)) {
            line.gone = true;
            line.text = String::new();
        }
        let most = usize::try_from(LINES).unwrap_or(usize::MAX);
        let over = self.lines.len().saturating_sub(most);
        self.lines.drain(..over);
        frame.seq > self.seq
    }
}

/// Something in a bag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemView {
    /// From 1.
    pub place: i64,
    pub slug: String,
    pub title: String,
    pub picture: Option<PictureView>,
    pub currency: Currency,
    /// Taken from the price of each choice, minor units.
    pub off: i64,
    pub choices: Vec<ChoiceView>,
    /// Where in what can be seen again it is explained first, ms.
    pub replay_at: Option<Millis>,
    /// What was said of it can be seen on its own.
    pub clip: bool,
}

/// A choice of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceView {
    pub sku: SkuId,
    /// In words; empty when there is nothing to choose.
    pub choice: String,
    /// What it costs in the shop, and here.
    pub alone: i64,
    pub price: i64,
    pub left: i64,
}

impl ItemView {
    /// The lowest price here, and what that choice costs in the shop.
    pub fn lowest(&self) -> (i64, i64) {
        self.choices.iter().map(|c| (c.price, c.alone)).min().unwrap_or((0, 0))
    }

    /// Units of all choices that can be had.
    pub fn left(&self) -> i64 {
        self.choices.iter().map(|c| c.left.max(0)).sum()
    }

    /// With what is true now.
    pub fn hear(&mut self, facts: &[SkuFact]) {
        for choice in &mut self.choices {
            if let Some(fact) = facts.iter().find(|f| f.sku == choice.sku) {
                choice.price = fact.price;
                choice.left = fact.left;
            }
        }
    }
}

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomCard {
    pub code: Code,
    pub title: String,
    pub host: String,
    pub handle: String,
    pub state: State,
    pub starts_at: Option<Millis>,
    pub ended_at: Option<Millis>,
    pub viewers: i64,
    pub hearts: i64,
    /// Of the first thing in its bag.
    pub picture: Option<PictureView>,
    pub things: i64,
    /// It can be seen again.
    pub replay: bool,
}

/// The list of rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomsView {
    pub now: Vec<RoomCard>,
    pub soon: Vec<RoomCard>,
    pub again: Vec<RoomCard>,
    /// I may open one.
    pub hosts: bool,
    pub at: Millis,
}

/// A room, for whoever looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomView {
    pub code: Code,
    pub title: String,
    pub host: String,
    pub handle: String,
    pub facts: Facts,
    pub starts_at: Option<Millis>,
    pub began_at: Option<Millis>,
    pub ended_at: Option<Millis>,
    pub bag: Vec<ItemView>,
    /// What was explained when, in a room that is over.
    pub chapters: Vec<Chapter>,
    pub lines: Vec<LineView>,
    pub seq: i64,
    /// There are pictures: of now, or of what was.
    pub shows: bool,
    /// I follow the host.
    pub follows: bool,
    /// How close I am to him, once I am one of his fans.
    pub fan: Option<FanView>,
    /// I am to be told when it begins.
    pub reminds: bool,
    /// What I have in the draw that is shown, said in the poll, and my raised hand.
    pub draw: Option<MyDraw>,
    /// Whether I have one of the coupons that are handed out.
    pub dropped: bool,
    pub vote: Option<MyVote>,
    pub hand: Option<MyHand>,
    /// It was taken down: only its host sees it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// It is mine, or the shop's people look.
    pub mine: bool,
    /// I am its host.
    pub hosts: bool,
    /// I keep order in it.
    pub moderates: bool,
    pub known: bool,
    pub at: Millis,
}

/// A host's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudioView {
    pub room: RoomView,
    /// Where an encoder sends to by RTMP; none where none is taken.
    pub server: Option<String>,
    /// Pictures are taken over WebRTC.
    pub whip: bool,
    /// And from the camera of this device.
    pub camera: bool,
    pub key: String,
    pub numbers: NumbersView,
    pub received: Option<ReceivedView>,
    /// Who keeps order, and who takes no part, in all rooms of the host; the newest first.
    pub moderators: Vec<FaceView>,
    pub banned: Vec<FaceView>,
    /// What is not said in them, one word a line.
    pub words: String,
    /// Raised hands, in their order.
    pub hands: Vec<HandView>,
    /// What may be handed out in it.
    pub coupons: Vec<DropOffer>,
}

/// Somebody, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceView {
    pub handle: String,
    pub name: String,
}

/// A raised hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandView {
    pub of: FaceView,
    pub words: String,
    pub at: Millis,
    pub called: bool,
}

/// How the pictures arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedView {
    pub width: i64,
    pub height: i64,
    /// Bits a second.
    pub bits: i64,
    /// Pictures in 100 seconds.
    pub rate: i64,
    /// From one key picture to the next, ms.
    pub keys: i64,
    pub at: Millis,
}

impl ReceivedView {
    /// What is to be done about it, if something is: a key of the locale files (`health_<what>`).
    pub fn advice(&self, now: Millis) -> &'static str {
        if now - self.at > 5 * SECOND {
            "silent"
        } else if self.keys > 4 * SECOND {
            "keys"
        } else if self.rate < 1_500 {
            "slow"
        } else if self.bits < 100_000 {
            "thin"
        } else {
            "good"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(seq: i64) -> LineView {
        LineView {
            seq,
            kind: Line::Said,
            name: String::new(),
            handle: String::new(),
            host: false,
            moderator: false,
            fan: 0,
            text: seq.to_string(),
            gone: false,
            at: 0,
        }
    }

    #[test]
    fn a_time_is_read_as_the_shops_clock_says_it() {
        assert_eq!(starts("1970-01-02T08:30", 480), Some(DAY + 30 * MINUTE));
        assert_eq!(starts("1970-01-02T08:30:00", 0), Some(DAY + 8 * HOUR + 30 * MINUTE));
        for wrong in ["", "1970-01-02", "1970-01-02T25:00", "1970-13-02T08:00", "1970-01-02T8", "x"] {
            assert_eq!(starts(wrong, 480), None, "{wrong}");
        }
    }

    #[test]
    fn words_are_kept_once_and_none_that_would_silence_everybody() {
        assert_eq!(words(" spam, 刷单\n\nspam，广告 ").unwrap(), "spam\n刷单\n广告");
        assert_eq!(words("").unwrap(), "");
        for wrong in ["a", "-tea", "#tea", &"x".repeat(MAX_WORD + 1)] {
            assert_eq!(words(wrong).unwrap_err().code, "room_words", "{wrong}");
        }
        let many: Vec<String> = (0..=MAX_WORDS).map(|n| format!("word{n}")).collect();
        assert_eq!(words(&many.join("\n")).unwrap_err().code, "room_words_many");
        assert!(words(&many[1..].join("\n")).is_ok());
    }

    #[test]
    fn a_room_that_has_ended_stays_ended() {
        for act in Act::ALL {
            assert_eq!(State::Ended.after(*act), None);
        }
        assert_eq!(State::Scheduled.after(Act::Stop), None);
    }

    proptest! {
        #[test]
        fn nobody_says_more_than_three_things_in_two_seconds(steps in proptest::collection::vec(0i64..1500, 1..200)) {
            let mut speaker = Speaker::default();
            let (mut now, mut said) = (1_000_000, Vec::new());
            for step in steps {
                now += step;
                match speaker.says(now, 0) {
                    Ok(()) => said.push(now),
                    // He is told when, and then it is so.
                    Err(until) => {
                        prop_assert!(until > now && until <= now + SILENT);
                        prop_assert!(speaker.clone().says(until, 0).is_ok());
                    }
                }
            }
            for w in said.windows(SAYS + 1) {
                prop_assert!(w[SAYS] - w[0] >= SAYS_IN);
            }
        }

        #[test]
        fn in_slow_mode_two_lines_are_so_far_apart(steps in proptest::collection::vec(0i64..9000, 1..100), slow in 1i64..15_000) {
            let mut speaker = Speaker::default();
            let (mut now, mut last) = (0, None);
            for step in steps {
                now += step;
                if speaker.says(now, slow).is_ok() {
                    prop_assert!(last.is_none_or(|l| now - l >= slow));
                    last = Some(now);
                }
            }
        }

        #[test]
        fn whatever_comes_twice_late_or_not_at_all_each_line_stands_once_in_its_order(
            frames in proptest::collection::vec((0i64..60, 0i64..8), 1..60)
        ) {
            let mut lines = Lines::default();
            for (from, many) in frames {
                let had = lines.seq;
                let missing = lines.hear(&Frame { seq: from + many, lines: (from + 1..=from + many).map(line).collect(), ..Frame::default() });
                prop_assert_eq!(missing, from + many > lines.seq);
                prop_assert!(lines.seq >= had);
            }
            let seqs: Vec<i64> = lines.lines.iter().map(|l| l.seq).collect();
            prop_assert!(seqs.windows(2).all(|w| w[1] == w[0] + 1));
            prop_assert_eq!(seqs.last().copied().unwrap_or(0), lines.seq);
            lines.hear(&Frame { seq: 100, lines: vec![line(99), line(100)], anew: true, ..Frame::default() });
            prop_assert_eq!((lines.seq, lines.lines.len()), (100, 2));
        }

        #[test]
        fn a_moment_in_a_recording_is_behind_what_was_sent_before_it(
            parts in proptest::collection::vec((0i64..5_000, 1i64..6_000), 1..40), a in 0i64..200_000, b in 0i64..200_000
        ) {
            let (mut at, mut whole) = (0, 0);
            let kept: Vec<(i64, i64)> = parts.iter().map(|(gap, lasts)| {
                at += gap;
                let segment = (at, lasts * 90);
                at += lasts;
                whole += lasts;
                segment
            }).collect();
            let (first, second) = (a.min(b), a.max(b));
            let place = |moment| replay_at(&kept, moment);
            prop_assert!(place(first) <= place(second) && place(second) <= whole);
            prop_assert!(place(second) - place(first) <= second - first);
            prop_assert_eq!((place(kept[0].0), place(at)), (0, whole));
        }

        #[test]
        fn a_rooms_price_is_a_price_below(alone in 0i64..1_000_000, off in -10i64..1_100_000) {
            match price(alone, off) {
                Some(p) => prop_assert!(p > 0 && p <= alone),
                None => prop_assert!(off < 0 || off >= alone),
            }
        }
    }
}
