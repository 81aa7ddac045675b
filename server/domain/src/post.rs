//! Posts: what people show each other, and what they say below it.
//!
//! A post carries up to nine pictures and some products; topics and people are named in its text. That it was paid for, or earns a
//! commission, is a flag that readers see and that nobody can unset once it was published (rules.md 8).

pub mod board;
pub mod cut;

use crate::{
    Code, Problem,
    account::Handle,
    catalog::{CardView, PictureView},
    moderation::{Aversion, HeldView},
    time::Millis,
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A title is as wide as so many letters; a Han character is as wide as two.
pub const MAX_TITLE: usize = 40;
/// Characters of the text of a post, of a place, of a comment.
pub const MAX_BODY: usize = 1_000;
pub const MAX_PLACE: usize = 40;
pub const MAX_COMMENT: usize = 300;
/// Megabytes and seconds of a film.
pub const MAX_FILM_MB: i64 = 50;
pub const MAX_FILM_SECONDS: i64 = 60;
pub const MAX_PICTURES: i64 = 9;
pub const MAX_PRODUCTS: usize = 5;
/// Topics that count, and people who are told that they were named.
pub const MAX_TOPICS: usize = 10;
pub const MAX_MENTIONS: usize = 10;
/// Characters of the name of a topic.
pub const MAX_TOPIC: usize = 30;

/// New posts that are counted while somebody looks at the feed.
pub const MANY_FRESH: i64 = 20;

/// Who sees a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    #[default]
    Public,
    Followers,
    Private,
}

impl Visibility {
    pub const ALL: [Self; 3] = [Self::Public, Self::Followers, Self::Private];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Followers => "followers",
            Self::Private => "private",
        }
    }

    /// Whether more people see it than `other`.
    pub const fn is_wider_than(self, other: Self) -> bool {
        match (self, other) {
            (Self::Public, Self::Followers | Self::Private) | (Self::Followers, Self::Private) => true,
            _ => false,
        }
    }

    /// Whether somebody else than the author sees it.
    pub const fn admits(self, follows: bool) -> bool {
        match self {
            Self::Public => true,
            Self::Followers => follows,
            Self::Private => false,
        }
    }
}

impl FromStr for Visibility {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// How far a post is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Draft,
    Published,
    /// By its author; what is left is that there was one.
    Deleted,
}

impl State {
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Deleted];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Deleted => "deleted",
        }
    }
}

impl FromStr for State {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// What its author wrote, and short enough to be kept. What is too wide for a title waits in the draft until it is made shorter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    title: String,
    body: String,
    place: String,
    pub visibility: Visibility,
    pub sponsored: bool,
}

/// Without what does not show; `lines`: whether it may have more than one.
fn shown(text: &str, lines: bool) -> String {
    let text = text.replace("\r\n", "\n");
    let kept: String = text.chars().filter(|c| (!c.is_control() && !turns(*c)) || (lines && *c == '\n')).collect();
    // Joiners belong to scripts and emoji; alone they are nothing.
    if kept.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200c}' | '\u{200d}')) {
        return String::new();
    }
    kept.trim().to_owned()
}

/// Signs that show nothing themselves and turn or hide what stands beside them (Unicode: zero width, bidirectional controls).
const fn turns(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A text of one line as it is shown to others.
pub fn one_line(text: &str) -> String {
    shown(text, false)
}

/// A text of several lines as it is shown to others.
pub fn shown_text(text: &str) -> String {
    shown(text, true)
}

fn fits(text: String, most: usize, code: &str, field: &str) -> Result<String, Problem> {
    if text.chars().count() > most {
        return Err(Problem::new(422, code).field(field).number(i64::try_from(most).unwrap_or(i64::MAX)));
    }
    Ok(text)
}

/// Columns of a title: one for what is as narrow as a Latin letter, two for the rest (Unicode blocks from Hangul Jamo on).
pub fn width(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

impl Draft {
    /// # Errors
    /// `title_long`, `text_long`, `place_long`, each with its field and with how much may be.
    pub fn new(title: &str, body: &str, place: &str, visibility: Visibility, sponsored: bool) -> Result<Self, Problem> {
        let title = fits(shown(title, false), MAX_TITLE, "title_long", "title")?;
        let body = fits(shown(body, true), MAX_BODY, "text_long", "body")?;
        let place = fits(shown(place, false), MAX_PLACE, "place_long", "place")?;
        Ok(Self { title, body, place, visibility, sponsored })
    }

    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn body(&self) -> &str {
        &self.body
    }

    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether it can be shown to others.
    ///
    /// # Errors
    /// `title_needed`, `title_long`; `post_empty` for one without text and pictures.
    pub fn ready(&self, pictures: i64) -> Result<(), Problem> {
        if self.title.is_empty() {
            return Err(Problem::new(422, "title_needed").field("title"));
        }
        if width(&self.title) > MAX_TITLE {
            return Err(Problem::new(422, "title_long").field("title").number(20));
        }
        if self.body.is_empty() && pictures == 0 {
            return Err(Problem::new(422, "post_empty").field("body"));
        }
        Ok(())
    }
}

/// A comment as it is kept.
///
/// # Errors
/// `text_needed`, `text_long`.
pub fn comment(text: &str) -> Result<String, Problem> {
    let text = fits(shown(text, true), MAX_COMMENT, "text_long", "text")?;
    if text.is_empty() { Err(Problem::new(422, "text_needed").field("text")) } else { Ok(text) }
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    /// `#name`, with the sign; the name.
    Topic(&'a str, &'a str),
    /// `@handle`, with the sign; the handle as it was written.
    Mention(&'a str, &'a str),
}

/// A text in its parts; together they are the text.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let (mut plain, mut before) = (0, None::<char>);
    let mut signs = text.char_indices();
    while let Some((at, c)) = signs.next() {
        let end = at + c.len_utf8();
        let rest = text.get(end..).unwrap_or_default();
        // A sign inside a word is none: mei@example.org, C#.
        let begins = before.is_none_or(|b| !b.is_alphanumeric() || b > '\u{2e80}');
        let name = match c {
            '#' | '＃' if begins => topic_at(rest),
            '@' | '＠' if begins => mention_at(rest),
            _ => None,
        };
        before = Some(c);
        let Some(name) = name else { continue };
        let stop = end + name.len();
        let (Some(whole), Some(said)) = (text.get(at..stop), text.get(plain..at)) else { continue };
        if !said.is_empty() {
            found.push(Part::Text(said));
        }
        found.push(if matches!(c, '#' | '＃') { Part::Topic(whole, name) } else { Part::Mention(whole, name) });
        plain = stop;
        before = name.chars().next_back();
        signs = text.char_indices();
        // Goes on behind the name.
        while signs.clone().next().is_some_and(|(i, _)| i < stop) {
            signs.next();
        }
    }
    if let Some(said) = text.get(plain..).filter(|t| !t.is_empty()) {
        found.push(Part::Text(said));
    }
    found
}

/// Letters of any script, digits and low lines, not digits alone.
fn topic_at(rest: &str) -> Option<&str> {
    let end = rest.char_indices().find(|(_, c)| !(c.is_alphanumeric() || *c == '_')).map_or(rest.len(), |(i, _)| i);
    rest.get(..end).filter(|name| is_topic(name))
}

fn is_topic(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && (1..=MAX_TOPIC).contains(&name.chars().count())
        && !name.chars().all(|c| c.is_ascii_digit())
}

fn mention_at(rest: &str) -> Option<&str> {
    let end = rest
        .char_indices()
        .find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
        .map_or(rest.len(), |(i, _)| i);
    // A dash behind a name ends the words that it stands in.
    let name = rest.get(..end)?.trim_end_matches('-');
    name.parse::<Handle>().ok().map(|_| name)
}

/// A topic's name as it is found again, however it was written.
///
/// # Errors
/// `not_found` for what is no name of a topic.
pub fn topic_key(name: &str) -> Result<String, Problem> {
    if is_topic(name) { Ok(name.to_lowercase()) } else { Err(Problem::not_found()) }
}

/// The topics of a text, each once: key and name as it was first written.
pub fn topics(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for part in parts(text) {
        if let Part::Topic(_, name) = part
            && let Ok(key) = topic_key(name)
            && found.len() < MAX_TOPICS
            && !found.iter().any(|(k, _)| *k == key)
        {
            found.push((key, name.to_owned()));
        }
    }
    found
}

/// The people whom a text names, each once, by handle.
pub fn mentions(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in parts(text) {
        if let Part::Mention(_, name) = part {
            let handle = name.to_ascii_lowercase();
            if found.len() < MAX_MENTIONS && !found.contains(&handle) {
                found.push(handle);
            }
        }
    }
    found
}

/// In which order comments stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The most liked first.
    #[default]
    Hot,
    New,
}

impl Order {
    pub const ALL: [Self; 2] = [Self::Hot, Self::New];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::New => "new",
        }
    }
}

impl FromStr for Order {
    type Err = Problem;
    fn from_str(s: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|x| x.name() == s).ok_or_else(Problem::bad_request)
    }
}

/// Something that I can do or undo, and how many have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub n: i64,
    /// I am one of them.
    pub mine: bool,
}

/// Somebody who writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorView {
    pub handle: String,
    pub name: String,
    /// I follow him.
    pub followed: bool,
    /// It is me.
    pub mine: bool,
    /// I have muted or blocked him.
    pub averse: Option<Aversion>,
}

/// A post in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostCard {
    pub code: Code,
    pub title: String,
    pub picture: Option<PictureView>,
    pub author: String,
    pub likes: i64,
    pub sponsored: bool,
}

/// Posts of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostsView {
    pub posts: Vec<PostCard>,
    pub next: Option<String>,
}

/// A product that a post shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownProduct {
    pub card: CardView,
    /// The author had bought it when the post was published.
    pub bought: bool,
}

/// A comment, with the answers to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentView {
    pub code: Code,
    /// None for one that does not show.
    pub said: Option<SaidView>,
    /// Why it does not.
    pub absent: Option<Absent>,
    pub at: Millis,
    pub likes: Tally,
    pub replies: Vec<Self>,
    /// Answers that are not among `replies`.
    pub more: i64,
}

/// Why a comment does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// By whoever wrote it, or by the author of the post.
    Deleted,
    /// By moderation.
    Removed,
    /// By somebody whom I do not want to see, or who does not want me to.
    Averse,
}

/// Who said it, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidView {
    pub handle: String,
    pub name: String,
    pub text: String,
    /// By the author of the post.
    pub by_author: bool,
    /// By somebody who bought what the post shows.
    pub by_buyer: bool,
    /// The first comment of the post.
    pub first: bool,
    /// I wrote it.
    pub own: bool,
    /// I may delete it.
    pub mine: bool,
}

/// A post, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostView {
    pub code: Code,
    pub state: State,
    /// Held back or taken down; then only its author sees what it says.
    pub held: Option<HeldView>,
    pub title: String,
    pub body: String,
    pub place: String,
    pub visibility: Visibility,
    pub sponsored: bool,
    pub at: Millis,
    /// It stands first on its author's page.
    pub pinned: bool,
    /// How many texts it has had.
    pub versions: i64,
    pub author: AuthorView,
    pub pictures: Vec<PictureView>,
    pub products: Vec<ShownProduct>,
    pub likes: Tally,
    pub collects: Tally,
    pub comments: i64,
    pub thread: Vec<CommentView>,
    pub order: Order,
    /// Where the next page of comments begins.
    pub next: Option<String>,
    /// Others of the same author.
    pub others: Vec<PostCard>,
    /// What it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<crate::poll::PollView>,
    /// Another post that it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotes: Option<QuotedView>,
    /// Posts for everybody that show this one.
    #[serde(default)]
    pub reposts: i64,
    /// What it competes in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub competes: Vec<crate::challenge::CompetesView>,
}

/// Another post that a post shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedView {
    /// None when it is not for whoever looks, or not any more.
    pub post: Option<PostCard>,
}

/// What a post said before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionView {
    pub title: String,
    pub body: String,
    pub at: Millis,
}

/// The texts of a post, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    pub code: Code,
    pub versions: Vec<VersionView>,
}

/// A product that a post can show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickView {
    pub card: CardView,
    pub bought: bool,
    pub chosen: bool,
}

/// A post that is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftCard {
    pub code: Code,
    pub title: String,
    pub at: Millis,
}

/// The desk where a post is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComposerView {
    pub code: Code,
    pub published: bool,
    /// What stands here is a change that is not shown yet.
    pub pending: bool,
    pub title: String,
    pub body: String,
    pub place: String,
    pub visibility: Visibility,
    pub sponsored: bool,
    pub pictures: Vec<PictureView>,
    /// What was chosen first, then what I bought, then what was looked for.
    pub products: Vec<PickView>,
    /// What products were looked for.
    pub q: String,
    /// My other drafts.
    pub drafts: Vec<DraftCard>,
    /// Topics that many write about, as one may wish to.
    pub topics: Vec<TopicCard>,
    /// What the post asks.
    pub poll: Option<crate::poll::PollDraft>,
    /// Another post that it shows.
    pub quotes: Option<QuotedView>,
    /// What an ad earns on what is bought from it, in basis points.
    pub commission_bp: i64,
}

/// A topic in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicCard {
    pub name: String,
    pub posts: i64,
}

/// A topic, with its posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicView {
    pub name: String,
    pub count: i64,
    pub list: PostsView,
    /// The challenge that runs there, or comes next, or was last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<crate::challenge::ChallengeCard>,
}

/// Somebody's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorPageView {
    pub author: AuthorView,
    /// One of us has blocked the other: nothing of his is shown.
    pub apart: bool,
    pub posts: i64,
    pub followers: i64,
    pub following: i64,
    /// Likes of all his posts.
    pub likes: i64,
    /// What its author wants to be seen first.
    pub pinned: Option<PostCard>,
    pub list: PostsView,
    /// Whether these are what I collected.
    pub collected: bool,
    /// My boards beside what I collected; those of somebody else that are for everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boards: Vec<board::BoardCard>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_parts_of_a_text_are_the_text(text in "([#＃@＠]?[a-zA-Z0-9_蓝莓团 \n.,-]{0,8}){0,8}") {
            let whole: String = parts(&text).into_iter().map(|p| match p {
                Part::Text(t) | Part::Topic(t, _) | Part::Mention(t, _) => t,
            }).collect();
            prop_assert_eq!(whole, text.clone());
            prop_assert!(topics(&text).len() <= MAX_TOPICS && mentions(&text).len() <= MAX_MENTIONS);
            prop_assert!(mentions(&text).iter().all(|m| m.parse::<Handle>().is_ok()));
        }

        #[test]
        fn a_draft_is_kept_as_it_was_or_refused_with_its_field(title in "\\PC{0,60}", body in "\\PC{0,40}[\u{0}-\u{1f}]{0,3}\\PC{0,1100}") {
            match Draft::new(&title, &body, "", Visibility::Public, false) {
                Ok(draft) => {
                    prop_assert!(draft.title().chars().count() <= MAX_TITLE && draft.body().chars().count() <= MAX_BODY);
                    prop_assert!(!draft.body().chars().any(|c| c.is_control() && c != '\n'));
                    let again = Draft::new(draft.title(), draft.body(), "", Visibility::Public, false).unwrap();
                    prop_assert_eq!(again, draft.clone());
                    let titled = (1..=MAX_TITLE).contains(&width(draft.title()));
                    prop_assert_eq!(draft.ready(0).is_ok(), titled && !draft.body().is_empty());
                    prop_assert_eq!(draft.ready(1).is_ok(), titled);
                }
                Err(problem) => prop_assert!(["title_long", "text_long"].contains(&problem.code.as_str())),
            }
        }
    }

    #[test]
    fn topics_and_people_are_found_where_they_are_meant() {
        let text =
            "今天收到 #高原蓝莓 真好吃,@mei 你也来 (#Summer_2026) C#sharp mei@example.org #123 ＃团聚#周末 @Lei-";
        let names: Vec<_> = topics(text).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["高原蓝莓", "Summer_2026", "团聚", "周末"]);
        assert_eq!(mentions(text), ["mei", "lei"]);
        assert_eq!(topics("#Tea #tea #TEA"), [("tea".to_owned(), "Tea".to_owned())]);
    }

    #[test]
    fn what_does_not_show_is_no_text() {
        assert_eq!(comment("\u{200b}\u{202e} \u{200d}").unwrap_err().code, "text_needed");
        assert_eq!(comment("\u{202e}abc\u{feff}").unwrap(), "abc");
        assert_eq!(comment("👩\u{200d}👧").unwrap(), "👩\u{200d}👧");
    }

    #[test]
    fn a_han_character_is_as_wide_as_two_letters() {
        let ready = |title: String| Draft::new(&title, "", "", Visibility::Public, false)?.ready(1);
        assert!(ready("团".repeat(20)).is_ok() && ready("a".repeat(40)).is_ok());
        assert_eq!(ready("团".repeat(21)).unwrap_err().number, Some(20));
        assert!(
            Draft::new(&"团".repeat(21), "", "", Visibility::Public, false).is_ok(),
            "it is kept, and can be made shorter"
        );
    }

    #[test]
    fn only_followers_see_what_is_for_followers() {
        let seen = |v: Visibility| (v.admits(false), v.admits(true));
        assert_eq!(Visibility::ALL.map(seen), [(true, true), (false, true), (false, false)]);
    }
}
