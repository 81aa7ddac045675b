//! Boards: what somebody collected, in an order of his own, for himself or for everybody.

use super::{PostCard, PostsView};
use crate::{Code, Problem, catalog::PictureView};
use serde::{Deserialize, Serialize};

/// Characters of a title; boards of one person; posts on one board.
pub const MAX_TITLE: usize = 20;
pub const MAX_BOARDS: i64 = 50;
pub const MAX_POSTS: i64 = 500;

/// The title of a board as it is kept.
///
/// # Errors
/// `board_title_needed`, `title_long`.
pub fn title(text: &str) -> Result<String, Problem> {
    let text = super::one_line(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Err(Problem::new(422, "board_title_needed").field("title"));
    }
    super::fits(text, MAX_TITLE, "title_long", "title")
}

/// A board in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardCard {
    pub code: Code,
    pub title: String,
    /// Everybody sees it.
    pub public: bool,
    /// Posts on it that whoever looks may see.
    pub posts: i64,
    /// Of the post that was put on it last.
    pub cover: Option<PictureView>,
}

/// A board with its posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardView {
    pub board: BoardCard,
    /// Whose it is: handle and name.
    pub handle: String,
    pub name: String,
    pub mine: bool,
    pub list: PostsView,
}

/// One of my boards, and whether the post in question stands on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub board: BoardCard,
    pub has: bool,
}

/// My boards, and the post that is to stand on some of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardsView {
    pub handle: String,
    pub post: Option<PostCard>,
    pub boards: Vec<Place>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_title_is_one_line_that_stays_as_it_is(text in "\\PC{0,30}[\u{0}-\u{20}]{0,3}\\PC{0,10}") {
            match title(&text) {
                Ok(kept) => {
                    prop_assert!((1..=MAX_TITLE).contains(&kept.chars().count()) && !kept.contains('\n'));
                    prop_assert_eq!(title(&kept).unwrap(), kept);
                }
                Err(problem) => prop_assert_eq!(problem.field.as_deref(), Some("title")),
            }
        }
    }
}
