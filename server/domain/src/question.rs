//! Questions about a thing, for those who have it: answered by people who received it and kept it, and by the shop (look.md 2.2).

use crate::{
    Code, Problem,
    time::{MINUTE, Millis},
};
use serde::{Deserialize, Serialize};

/// Characters of a question, and of an answer.
pub const MAX_QUESTION: usize = 140;
pub const MAX_ANSWER: usize = 300;
/// Questions of one person in a day, and answers.
pub const QUESTIONS_A_DAY: i64 = 10;
pub const ANSWERS_A_DAY: i64 = 50;
/// People who have the thing and are told of a question.
pub const TOLD: i64 = 5;
/// Times a day that somebody is told of questions.
pub const TOLD_A_DAY: i64 = 3;
/// The same words again within so long are one question: a form that was sent twice.
pub const ECHO: Millis = MINUTE;

/// Whether a sign shows: neither space nor one of those that only direct others.
fn shows(c: char) -> bool {
    let hidden = matches!(c, '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}');
    !hidden && !c.is_whitespace() && !c.is_control()
}

fn said(text: &str, most: usize) -> Result<String, Problem> {
    let shown: String = text.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let shown = shown.trim();
    if !shown.chars().any(shows) {
        return Err(Problem::new(422, "text_needed").field("text"));
    }
    if shown.chars().count() > most {
        return Err(Problem::new(422, "text_long").field("text").number(i64::try_from(most).unwrap_or(i64::MAX)));
    }
    Ok(shown.to_owned())
}

/// A question as it is kept: one line.
///
/// # Errors
/// `text_needed`, `text_long`.
pub fn question(text: &str) -> Result<String, Problem> {
    said(&text.split_whitespace().collect::<Vec<_>>().join(" "), MAX_QUESTION)
}

/// An answer as it is kept.
///
/// # Errors
/// `text_needed`, `text_long`.
pub fn answer(text: &str) -> Result<String, Problem> {
    said(text, MAX_ANSWER)
}

/// Something that was said: a question or an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidView {
    pub code: Code,
    pub handle: String,
    pub name: String,
    pub text: String,
    /// The shop says it.
    pub by_shop: bool,
    pub mine: bool,
    pub at: Millis,
    /// It was taken down, or its author took it back: it says nothing then.
    pub gone: Option<Gone>,
}

names! {
    /// Why nothing is said any more.
    Gone: Deleted = "deleted", Removed = "removed",
}

/// A question with answers, the first ones first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionView {
    pub said: SaidView,
    pub answers: Vec<SaidView>,
    /// All of them, also those that are not shown here.
    pub count: i64,
}

/// Whether whoever looks may answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum May {
    /// He must log in to say anything.
    #[default]
    LogIn,
    /// He may ask.
    Ask,
    /// He has the thing.
    Answer,
    /// For the shop.
    AnswerForShop,
}

impl May {
    pub const fn answer(self) -> bool {
        matches!(self, Self::Answer | Self::AnswerForShop)
    }
}

/// The questions about a product, or one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionsView {
    pub slug: String,
    pub title: String,
    pub may: May,
    /// Nobody has asked anything.
    pub none: bool,
    pub questions: Vec<QuestionView>,
    pub next: Option<String>,
}

/// What the page of a product shows of them: how many there are, and some that have answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedView {
    pub count: i64,
    pub some: Vec<AskedOne>,
}

/// A question, and its first answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedOne {
    pub code: Code,
    pub text: String,
    pub answer: Option<String>,
    pub answers: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_kept_shows_and_is_neither_empty_nor_too_long(text in "\\PC{0,40}[\u{0}-\u{1f}]{0,3}\\PC{0,400}") {
            for (kept, most, one_line) in [(question(&text), MAX_QUESTION, true), (answer(&text), MAX_ANSWER, false)] {
                match kept {
                    Ok(kept) => {
                        let n = kept.chars().count();
                        prop_assert!((1..=most).contains(&n));
                        prop_assert!(!kept.chars().any(|c| c.is_control() && (one_line || c != '\n')));
                        prop_assert_eq!(kept.trim(), kept.as_str());
                    }
                    Err(problem) => prop_assert!(["text_needed", "text_long"].contains(&problem.code.as_str())),
                }
            }
        }
    }
}
