//! What cases are about: each kind of it is looked up, held still, taken down and put back by the room that it lives in.

use super::{Object, Thing};
use crate::{
    Result, Shop,
    db::{Read, Tx},
    live, post, question, review,
};
use domain::{
    Code, Millis,
    catalog::PictureView,
    id::PersonId,
    moderation::{Held, Kind},
};

/// Something that can be reported, as it stands now.
pub(crate) struct Found {
    pub(crate) object: Object,
    pub(crate) link: String,
    /// When it was changed last.
    pub(crate) changed: Millis,
    /// Its author did not want to be named.
    pub(crate) anonymous: bool,
}

/// What stands there of something that a case is about.
#[derive(Default)]
pub(crate) struct Standing {
    /// Of the post or the review, as long as there is one.
    pub(crate) code: Option<Code>,
    /// Where it can be seen, as long as it can.
    pub(crate) link: Option<String>,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) held: Option<Held>,
    pub(crate) changed: Millis,
}

/// Something that is for me, and that I could report.
///
/// # Errors
/// `not_found`.
pub(super) async fn seen(read: impl Read, me: PersonId, kind: Kind, code: &Code) -> Result<Found> {
    match kind {
        Kind::Post => post::seen_post(read, me, code).await,
        Kind::Comment => post::seen_comment(read, me, code).await,
        Kind::Review => review::seen(read, code).await,
        Kind::Question => question::seen(read, code, false).await,
        Kind::Answer => question::seen(read, code, true).await,
        Kind::Room => live::seen(read, code).await,
    }
}

/// What a case is about, as it stands now.
pub(super) async fn standing(read: impl Read, thing: Thing) -> Result<Standing> {
    match thing {
        Thing::Post(post) => post::standing(read, post, None).await,
        Thing::Comment { post, comment } => post::standing(read, post, Some(comment)).await,
        Thing::Review(review) => review::standing(read, review).await,
        Thing::Question(ask) | Thing::Answer(ask) => question::standing(read, ask).await,
        Thing::Room(room) => live::standing(read, room).await,
    }
}

/// Holds everybody else off it until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, thing: Thing) -> Result<()> {
    match thing {
        Thing::Post(post) | Thing::Comment { post, .. } => post::lock(tx, post).await,
        Thing::Review(review) => review::lock(tx, review).await,
        Thing::Question(ask) | Thing::Answer(ask) => question::lock(tx, ask).await,
        Thing::Room(room) => live::hold(tx, room).await,
    }
}

/// Others do not see it any more.
pub(super) async fn take_down(tx: &mut Tx, shop: &Shop, thing: Thing, standing: &Standing, now: Millis) -> Result<()> {
    match (thing, &standing.code) {
        (Thing::Post(_), Some(code)) => post::take_down(tx, shop, code, now).await,
        (Thing::Comment { post, comment }, _) => post::take_comment_down(tx, post, comment, now).await,
        (Thing::Review(review), _) => review::take_down(tx, shop, review, now).await,
        (Thing::Question(ask) | Thing::Answer(ask), _) => question::take_down(tx, ask).await,
        (Thing::Room(room), _) => live::take_down(tx, shop, room, now).await,
        (Thing::Post(_), None) => Ok(()),
    }
}

/// Others see it again, as far as it is still there. `said`: what is kept of it with the case.
pub(super) async fn put_back(
    tx: &mut Tx,
    shop: &Shop,
    thing: Thing,
    standing: &Standing,
    said: &str,
    now: Millis,
) -> Result<()> {
    match (thing, &standing.code) {
        (Thing::Post(_), Some(code)) => post::let_go(tx, shop, code, now).await,
        (Thing::Comment { post, comment }, Some(_)) => post::put_comment_back(tx, post, comment, said).await,
        (Thing::Review(review), _) => review::put_back(tx, review).await,
        (Thing::Question(ask) | Thing::Answer(ask), Some(_)) => question::put_back(tx, ask).await,
        (Thing::Room(room), _) => live::put_back(tx, room).await,
        (_, None) => Ok(()),
    }
}

/// What it shows.
pub(super) async fn pictures(shop: &Shop, thing: Thing) -> Result<Vec<PictureView>> {
    match thing {
        Thing::Post(post) => post::pictures_of(shop, post).await,
        Thing::Comment { .. } | Thing::Question(_) | Thing::Answer(_) | Thing::Room(_) => Ok(Vec::new()),
        Thing::Review(review) => review::pictures_of(shop, review).await,
    }
}
