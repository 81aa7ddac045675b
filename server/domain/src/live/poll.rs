//! What a host asks everybody who looks: an open question, or a quiz of which one option is right.
//!
//! One vote a person, for good. What a quiz has got so far is told when it is over: nobody follows the others.

use crate::{
    Millis, Problem,
    poll::{Kind, NewPoll, Shows},
    post::one_line,
    time::{MINUTE, SECOND},
};
use serde::{Deserialize, Serialize};

/// Seconds that one may be open.
pub const LASTS: [i64; 5] = [15, 30, 60, 120, 300];
/// What came of one is shown for so long.
pub const SHOWN: Millis = 2 * MINUTE;
/// Signs of a question.
pub const MAX_QUESTION: usize = 60;
/// Options that the form has.
pub const OPTIONS: usize = 4;
/// Polls of a room.
pub const MAX_POLLS: i64 = 50;

/// A poll as its host wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub question: String,
    pub options: Vec<String>,
    /// The place of the right option, from 1; none for an open question.
    pub answer: Option<i64>,
    pub lasts: Millis,
}

impl Ask {
    /// `options`: as they were typed, empty ones left out. `right`: the place of the right one as it was typed, from 0.
    ///
    /// # Errors
    /// `poll_question` with how long it may be, those of [`NewPoll::new`], `bad_request` for another time.
    pub fn new(question: &str, options: &[String], right: Option<usize>, seconds: i64) -> Result<Self, Problem> {
        let question = one_line(question).split_whitespace().collect::<Vec<_>>().join(" ");
        if question.is_empty() || question.chars().count() > MAX_QUESTION {
            let most = i64::try_from(MAX_QUESTION).unwrap_or(i64::MAX);
            return Err(Problem::new(422, "poll_question").field("question").number(most));
        }
        if !LASTS.contains(&seconds) {
            return Err(Problem::bad_request());
        }
        let kind = if right.is_some() { Kind::Quiz } else { Kind::Single };
        let poll = NewPoll::new(kind, options, Shows::Always, 1, right)?;
        Ok(Self {
            question,
            options: poll.options().to_vec(),
            answer: poll.right().and_then(|at| i64::try_from(at + 1).ok()),
            lasts: seconds * SECOND,
        })
    }
}

/// A poll of a room, for everybody who looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollFact {
    /// In its room, from 1.
    pub number: i64,
    pub question: String,
    pub options: Vec<String>,
    pub quiz: bool,
    /// The place of the right option, from 1, as soon as it is over.
    pub answer: Option<i64>,
    /// Of each option; empty while nobody is to know.
    pub votes: Vec<i64>,
    pub voters: i64,
    pub closes_at: Millis,
    pub over: bool,
}

/// What I said in a poll: the place of the option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyVote {
    pub number: i64,
    pub place: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn a_question_has_two_options_at_least_and_a_quiz_keeps_its_right_one_where_empty_ones_are_left_out() {
        let ask = |q: &str, options: &[&str], right| Ask::new(q, &texts(options), right, 60);
        assert_eq!(ask(" ", &["a", "b"], None).unwrap_err().code, "poll_question");
        assert_eq!(ask(&"q".repeat(61), &["a", "b"], None).unwrap_err().code, "poll_question");
        assert_eq!(ask("q", &["a", " "], None).unwrap_err().code, "poll_options");
        assert_eq!(ask("q", &["a", "A"], None).unwrap_err().code, "option_twice");
        assert_eq!(ask("q", &["a", "", "b"], Some(1)).unwrap_err().code, "poll_right");
        assert_eq!(Ask::new("q", &texts(&["a", "b"]), None, 61).unwrap_err().code, "bad_request");
        let quiz = ask("  Which   tea? ", &["a", "", "b"], Some(2)).unwrap();
        assert_eq!(
            (quiz.question.as_str(), quiz.options.len(), quiz.answer, quiz.lasts),
            ("Which tea?", 2, Some(2), MINUTE)
        );
        assert_eq!(ask("q", &["a", "b"], None).unwrap().answer, None);
    }
}
