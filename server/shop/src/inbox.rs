//! The inbox: what happened to somebody's things while he was not looking.
//!
//! Invariants: a notice is written in the transaction of what it tells of, so it is there exactly if that happened; who acts
//! himself is not told. Deliberately absent: texts, which are in the locale files (`notice_<kind>`).

use crate::{Result, Shop, account, args, db::Tx, mail, moderation, order};
use domain::{
    Code, Lang, Millis,
    catalog::Cursor,
    id::PersonId,
    inbox::{ByView, InboxView, NoticeView},
};
use uuid::Uuid;

/// Notices on one page.
const PAGE: i64 = 20;

/// What is told, and to whom.
pub(crate) struct Told<'a> {
    pub(crate) person: PersonId,
    /// One of [`domain::inbox::KINDS`].
    pub(crate) kind: &'a str,
    pub(crate) order: Uuid,
    pub(crate) case: Option<&'a Code>,
    /// Minor units, when money moved.
    pub(crate) amount: Option<i64>,
}

/// Puts a notice into somebody's inbox, in the transaction of what it tells of.
pub(crate) async fn tell(tx: &mut Tx, shop: &Shop, told: &Told<'_>, at: Millis) -> Result<()> {
    tx.execute(
        "INSERT INTO notice (id, person_id, kind, order_id, case_code, amount, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        args![
            shop.rng.id(at),
            told.person,
            told.kind,
            told.order,
            told.case.map(|c| c.as_str().to_owned()),
            told.amount,
            at
        ],
    )
    .await?;
    let Told { person, kind, order, case, amount } = *told;
    mail::write_to(tx, shop, person, &mail::Letter { kind, order, case, amount }, at).await
}

/// Puts a notice about points, and about no order, into somebody's inbox.
pub(crate) async fn tell_of_points(
    tx: &mut Tx,
    shop: &Shop,
    person: PersonId,
    kind: &str,
    points: i64,
    at: Millis,
) -> Result<()> {
    tx.execute(
        "INSERT INTO notice (id, person_id, kind, amount, at) VALUES ($1, $2, $3, $4, $5)",
        args![shop.rng.id(at), person, kind, (points > 0).then_some(points), at],
    )
    .await?;
    Ok(())
}

/// Puts a place that somebody won in a challenge into his inbox.
pub(crate) async fn tell_of_place(
    tx: &mut Tx,
    shop: &Shop,
    person: PersonId,
    kind: &str,
    challenge: &Code,
    place: i64,
    at: Millis,
) -> Result<()> {
    tx.execute(
        "INSERT INTO notice (id, person_id, kind, post_code, amount, at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![shop.rng.id(at), person, kind, challenge.as_str(), place, at],
    )
    .await?;
    Ok(())
}

/// Puts what somebody won in a draw into his inbox.
pub(crate) async fn tell_of_draw(
    tx: &mut Tx,
    shop: &Shop,
    person: PersonId,
    kind: &str,
    draw: &str,
    points: i64,
    at: Millis,
) -> Result<()> {
    tx.execute(
        "INSERT INTO notice (id, person_id, kind, post_code, amount, at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![shop.rng.id(at), person, kind, draw, (points > 0).then_some(points), at],
    )
    .await?;
    Ok(())
}

/// Puts a notice about a case of moderation into somebody's inbox.
pub(crate) async fn tell_of_case(
    tx: &mut Tx,
    shop: &Shop,
    person: PersonId,
    kind: &str,
    case: &Code,
    at: Millis,
) -> Result<()> {
    tx.execute(
        "INSERT INTO notice (id, person_id, kind, case_code, at) VALUES ($1, $2, $3, $4, $5)",
        args![shop.rng.id(at), person, kind, case.as_str(), at],
    )
    .await?;
    Ok(())
}

/// Puts what somebody else did into a person's inbox. As long as it was not read, the same thing done to the same post (or question) by
/// others is one notice, which counts each of them once.
pub(crate) async fn tell_of_people(
    tx: &mut Tx,
    shop: &Shop,
    person: PersonId,
    kind: &str,
    post: Option<&Code>,
    actor: PersonId,
    at: Millis,
) -> Result<()> {
    crate::row! {
        struct Known {
            id: Uuid,
        }
    }
    // Nobody hears of whom he does not want to see.
    if !moderation::hears_of(&mut *tx, person, actor).await? {
        return Ok(());
    }
    let known: Option<Known> = tx
        .fetch_optional(
            "SELECT id FROM notice WHERE person_id = $1 AND kind = $2 AND COALESCE(post_code, '') = $3 AND actor_id IS NOT NULL
               AND read_at IS NULL ORDER BY id LIMIT 1",
            args![person, kind, post.map_or("", Code::as_str)],
        )
        .await?;
    if let Some(known) = known {
        let fresh = tx
            .execute(
                "INSERT INTO notice_actor (notice_id, actor_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                args![known.id, actor],
            )
            .await?;
        let unread = "UPDATE notice SET actor_id = $1, at = $2 WHERE id = $3 AND read_at IS NULL";
        // One that was read at this moment says nothing new: then there is another one.
        if fresh == 0 || tx.execute(unread, args![actor, at, known.id]).await? == 1 {
            return Ok(());
        }
    }
    let id = shop.rng.id(at);
    tx.execute(
        "INSERT INTO notice (id, person_id, kind, post_code, actor_id, at) VALUES ($1, $2, $3, $4, $5, $6)",
        args![id, person, kind, post.map(|p| p.as_str().to_owned()), actor, at],
    )
    .await?;
    tx.execute("INSERT INTO notice_actor (notice_id, actor_id) VALUES ($1, $2)", args![id, actor]).await?;
    Ok(())
}

/// Tells somebody that a room has begun, once.
pub(crate) async fn tell_of_room(
    tx: &mut Tx,
    shop: &Shop,
    person: PersonId,
    room: &Code,
    host: PersonId,
    at: Millis,
) -> Result<()> {
    crate::row! {
        struct Known {
            n: i64,
        }
    }
    let known: Known = tx
        .fetch_one(
            "SELECT COUNT(*) AS n FROM notice WHERE person_id = $1 AND kind = 'room_begun' AND post_code = $2",
            args![person, room.as_str()],
        )
        .await?;
    if known.n > 0 {
        return Ok(());
    }
    tell_of_people(tx, shop, person, "room_begun", Some(room), host, at).await
}

/// What somebody did is undone: as long as it was not read, he is not among those who did it.
pub(crate) async fn untell(
    tx: &mut Tx,
    person: PersonId,
    kind: &str,
    post: Option<&Code>,
    actor: PersonId,
) -> Result<()> {
    crate::row! {
        struct Known {
            id: Uuid,
        }
    }
    crate::row! {
        struct Other {
            actor_id: Uuid,
        }
    }
    let known: Vec<Known> = tx
        .fetch_all(
            "SELECT id FROM notice WHERE person_id = $1 AND kind = $2 AND COALESCE(post_code, '') = $3 AND actor_id IS NOT NULL
               AND read_at IS NULL",
            args![person, kind, post.map_or("", Code::as_str)],
        )
        .await?;
    for Known { id } in known {
        tx.execute("DELETE FROM notice_actor WHERE notice_id = $1 AND actor_id = $2", args![id, actor]).await?;
        let other: Option<Other> =
            tx.fetch_optional("SELECT actor_id FROM notice_actor WHERE notice_id = $1 LIMIT 1", args![id]).await?;
        match other {
            Some(other) => {
                tx.execute(
                    "UPDATE notice SET actor_id = $1 WHERE id = $2 AND actor_id = $3",
                    args![other.actor_id, id, actor],
                )
                .await?
            }
            None => tx.execute("DELETE FROM notice WHERE id = $1", args![id]).await?,
        };
    }
    Ok(())
}

crate::row! {
    struct NoticeRow {
        id: Uuid,
        kind: String,
        order_id: Option<Uuid>,
        case_code: Option<String>,
        post_code: Option<String>,
        actor_id: Option<Uuid>,
        actors: i64,
        amount: Option<i64>,
        at: i64,
        read_at: Option<i64>,
    }
}

/// My inbox, newest first.
///
/// # Errors
/// What the database says.
pub async fn list(shop: &Shop, me: PersonId, lang: Lang, after: &str) -> Result<InboxView> {
    let cursor = after.parse().unwrap_or(Cursor { value: i64::MAX, id: Uuid::max() });
    let mut rows: Vec<NoticeRow> = shop
        .db
        .fetch_all(
            "SELECT id, kind, order_id, case_code, post_code, actor_id, amount, at, read_at,
                    (SELECT COUNT(*) FROM notice_actor a WHERE a.notice_id = notice.id) AS actors FROM notice
             WHERE person_id = $1 AND (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $4",
            args![me, cursor.value, cursor.id, PAGE + 1],
        )
        .await?;
    let more = i64::try_from(rows.len()).unwrap_or(0) > PAGE;
    rows.truncate(usize::try_from(PAGE).unwrap_or(20));
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.at, id: r.id }.written());
    let orders: Vec<Uuid> = rows.iter().filter_map(|r| r.order_id).collect();
    let covers = order::covers(shop, &orders, lang).await?;
    let actors: Vec<Uuid> = rows.iter().filter_map(|r| r.actor_id).collect();
    let faces = account::faces(shop, &actors).await?;
    let notices = rows
        .into_iter()
        .filter_map(|r| {
            let (at, unread) = (r.at, r.read_at.is_none());
            let Some(order) = r.order_id else {
                let actor = r.actor_id.and_then(|a| faces.get(&a).cloned());
                let link = match (&r.post_code, &actor) {
                    _ if r.case_code.is_some() => format!("/decisions/{}", r.case_code.unwrap_or_default()),
                    (Some(question), _) if r.kind.starts_with("question_") => format!("/questions/{question}"),
                    (Some(challenge), _) if r.kind.starts_with("challenge_") => format!("/challenges/{challenge}"),
                    (Some(room), _) if r.kind == "room_begun" => format!("/live/{room}"),
                    (Some(draw), _) if r.kind == "bag_won" => format!("/fair/{draw}"),
                    (Some(post), _) => format!("/posts/{post}"),
                    (None, Some((handle, _))) => format!("/u/{handle}"),
                    (None, None) => "/me/invited".to_owned(),
                };
                let by = actor.map(|(_, name)| ByView { name, others: (r.actors - 1).max(0) });
                let (title, picture, currency) = (String::new(), None, None);
                return Some(NoticeView {
                    kind: r.kind,
                    link,
                    title,
                    picture,
                    amount: r.amount,
                    currency,
                    by,
                    at,
                    unread,
                });
            };
            let cover = covers.get(&order)?;
            Some(NoticeView {
                link: match r.case_code {
                    Some(case) => format!("/cases/{case}"),
                    None if r.kind == "review_answered" => format!("/orders/{}/review", cover.code),
                    None => format!("/orders/{}", cover.code),
                },
                kind: r.kind,
                title: cover.title.clone(),
                picture: cover.picture.clone(),
                amount: r.amount,
                currency: Some(cover.currency),
                by: None,
                at,
                unread,
            })
        })
        .collect();
    Ok(InboxView { notices, next, unread: unread(shop, me).await? })
}

/// Notices that I have not read.
///
/// # Errors
/// What the database says.
pub async fn unread(shop: &Shop, me: PersonId) -> Result<i64> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    let row: Count = shop
        .db
        .fetch_one("SELECT COUNT(*) AS n FROM notice WHERE person_id = $1 AND read_at IS NULL", args![me])
        .await?;
    Ok(row.n)
}

/// Counts everything in my inbox as read.
///
/// # Errors
/// What the database says.
pub async fn mark_read(shop: &Shop, me: PersonId) -> Result<()> {
    shop.db
        .write((me, shop.clock.now()), |tx, (me, now)| {
            Box::pin(async move {
                tx.execute("UPDATE notice SET read_at = $1 WHERE person_id = $2 AND read_at IS NULL", args![*now, *me])
                    .await?;
                Ok(())
            })
        })
        .await
}
