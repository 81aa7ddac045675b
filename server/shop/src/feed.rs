//! The feed: things and posts together, as somebody who comes in sees them.
//!
//! Deliberately absent, as yet: anything about who is looking, but whom he does not want to see.

use crate::{Result, Shop, catalog, post};
use domain::{
    Lang,
    catalog::{Browse, PageView},
    id::PersonId,
    post::PostsView,
};

/// Posts beside a page of things.
const POSTS: i64 = 6;
/// Posts of a page when there are no more things.
const ALONE: i64 = 20;
/// What stands in a cursor for a list that has ended.
const ENDED: &str = "-";

/// A page of the feed; `after`: where the page before ended, the cursor of things and that of posts.
///
/// # Errors
/// What the database says.
pub async fn page(shop: &Shop, me: Option<PersonId>, lang: Lang, after: &str) -> Result<PageView> {
    let (things_after, posts_after) = after.split_once('~').unwrap_or((after, ""));
    let mut page = if things_after == ENDED {
        PageView::default()
    } else {
        let after = Some(things_after.to_owned()).filter(|a| !a.is_empty());
        catalog::shelf(shop, lang, &Browse { after, ..Browse::default() }).await?.page
    };
    let posts = match (posts_after == ENDED, page.cards.is_empty()) {
        (true, _) => PostsView::default(),
        (false, alone) => post::newest(shop, me, posts_after, if alone { ALONE } else { POSTS }).await?,
    };
    page.posts = posts.posts;
    page.next = match (page.next.take(), posts.next) {
        (None, None) => None,
        (things, posts) => {
            let [things, posts] = [things, posts].map(|c| c.unwrap_or_else(|| ENDED.to_owned()));
            Some(format!("{things}~{posts}"))
        }
    };
    Ok(page)
}
