//! What was shown before: the prints of what posts say and show, and whether one is near another.

use crate::{
    Result, args,
    db::{Read, Tx},
    fold::fold,
};
use domain::{
    Millis,
    id::PersonId,
    moderation::screen::{bands, near, print_of},
    time::DAY,
};
use uuid::Uuid;

/// One shows the same again after so long.
const AGAIN: Millis = 7 * DAY;
/// Prints that share a piece are looked at, at most so many.
const LOOKED_AT: i64 = 500;

/// What a post says or shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Print {
    /// `text` or `picture`.
    kind: &'static str,
    bits: u64,
}

/// The prints of what a post says and shows now.
async fn prints(mut read: impl Read, post: Uuid, text: &str) -> Result<Vec<Print>> {
    crate::row! {
        struct Of {
            print: i64,
        }
    }
    let pictures: Vec<Of> = read
        .all(
            "SELECT i.print FROM post_picture o JOIN picture i ON i.id = o.picture_id WHERE o.post_id = $1 AND i.print IS NOT NULL",
            args![post],
        )
        .await?;
    let text = print_of(&fold(text)).map(|bits| Print { kind: "text", bits });
    let pictures = pictures.into_iter().map(|p| Print { kind: "picture", bits: p.print.cast_unsigned() });
    Ok(text.into_iter().chain(pictures).collect())
}

/// Keeps what a post says and shows that others see, and answers whether somebody else has shown it, or its author has said it within
/// [`AGAIN`].
pub(crate) async fn is_twin(tx: &mut Tx, post: Uuid, author: PersonId, text: &str, now: Millis) -> Result<bool> {
    crate::row! {
        struct Other {
            print: i64,
            author_id: Uuid,
            published_at: Option<i64>,
        }
    }
    let prints = prints(&mut *tx, post, text).await?;
    tx.execute("DELETE FROM post_print WHERE post_id = $1", args![post]).await?;
    let mut twin = false;
    for Print { kind, bits } in prints {
        let keys = bands(bits);
        let [a, b, c, d] = keys;
        let others: Vec<Other> = tx
            .fetch_all(
                "SELECT o.print, p.author_id, p.published_at FROM
                   (SELECT post_id, print FROM post_print WHERE kind = $1 AND band = 0 AND key = $3
                    UNION ALL SELECT post_id, print FROM post_print WHERE kind = $1 AND band = 1 AND key = $4
                    UNION ALL SELECT post_id, print FROM post_print WHERE kind = $1 AND band = 2 AND key = $5
                    UNION ALL SELECT post_id, print FROM post_print WHERE kind = $1 AND band = 3 AND key = $6) o
                 JOIN post p ON p.id = o.post_id
                 WHERE o.post_id <> $2 AND p.state = 'published' AND (p.visibility <> 'private' OR p.held IS NOT NULL)
                 LIMIT $7",
                args![kind, post, a, b, c, d, LOOKED_AT],
            )
            .await?;
        let near: Vec<&Other> = others.iter().filter(|o| near(o.print.cast_unsigned(), bits)).collect();
        let (mine, theirs): (Vec<&Other>, Vec<&Other>) = near.into_iter().partition(|o| o.author_id == author.0);
        // Whoever showed it first shows it as often as he likes.
        let first = mine.iter().filter_map(|o| o.published_at).min();
        twin |= theirs.iter().any(|o| first.is_none_or(|first| o.published_at.is_some_and(|at| at < first)));
        twin |= kind == "text" && mine.iter().any(|o| o.published_at.is_some_and(|at| now - at < AGAIN));
        for (band, key) in (0_i64..).zip(keys) {
            tx.execute(
                "INSERT INTO post_print (kind, band, key, post_id, print) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                args![kind, band, key, post, bits.cast_signed()],
            )
            .await?;
        }
    }
    Ok(twin)
}
