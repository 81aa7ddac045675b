//! What is said in a room, by whom, and by whom not.

use super::{Row, add, fan, lock, lock_by_id, moderate, news};
use crate::{Error, Result, Shop, args, db::Tx, moderation};
use domain::{
    Code, Millis, Problem,
    id::PersonId,
    live::{Line, MUTES, SAYS_IN, Speaker, fan::Did},
    time::{MINUTE, SECOND},
};
use uuid::Uuid;

crate::row! {
    struct At {
        at: i64,
    }
}

crate::row! {
    struct Mute {
        until_at: i64,
        by_id: Uuid,
    }
}

/// What is known of how somebody speaks in a room whose row is locked, and whether others have silenced him last.
async fn speaker(tx: &mut Tx, room: Uuid, who: PersonId, since: Millis) -> Result<(Speaker, bool)> {
    let mut said: Vec<At> = tx
        .fetch_all(
            "SELECT at FROM room_line WHERE room_id = $1 AND person_id = $2 AND at > $3 AND kind = 'said' ORDER BY at DESC LIMIT 3",
            args![room, who, since],
        )
        .await?;
    said.reverse();
    let silent: Option<Mute> = tx
        .fetch_optional("SELECT until_at, by_id FROM room_mute WHERE room_id = $1 AND person_id = $2", args![room, who])
        .await?;
    let by_host = silent.as_ref().is_some_and(|s| s.by_id != who.0);
    let silent_until = silent.map_or(0, |s| s.until_at);
    Ok((Speaker { said: said.into_iter().map(|a| a.at).collect(), silent_until }, by_host))
}

async fn silence(tx: &mut Tx, room: Uuid, who: PersonId, until: Millis, by: PersonId) -> Result<()> {
    tx.execute(
        "INSERT INTO room_mute (room_id, person_id, until_at, by_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (room_id, person_id) DO UPDATE SET until_at = excluded.until_at, by_id = excluded.by_id",
        args![room, who, until, by],
    )
    .await?;
    Ok(())
}

/// Says something in a room that is not over; the number of the line.
///
/// # Errors
/// `said_needed`, `said_long`, `screen_words` and its kind, `said_wait` with the seconds to wait, `muted_for` with minutes or `muted` for the rest of the room when others did it,
/// `shut_out`, `screen_room`, `followers_only`, `buyers_only`, `room_over`, `paused`.
pub async fn say(shop: &Shop, me: PersonId, code: &Code, text: &str) -> Result<i64> {
    let text = domain::live::said(text)?;
    moderation::clean(&*moderation::lists(shop).await?, &text)?;
    if let Some((host, problem)) = moderate::unwanted(shop, code, &text).await?
        && host != me.0
    {
        return Err(problem.into());
    }
    let input = (shop.clone(), me, code.clone(), text, shop.clock.now());
    // That somebody is silent now is kept, though he is refused.
    let said: Result<i64, Problem> = shop
        .db
        .write(input, |tx, (shop, me, code, text, now)| {
            Box::pin(async move {
                moderation::may_write(&mut *tx, *me, *now).await?;
                let room = lock(tx, code).await?;
                if !room.state()?.is_open() {
                    return Err(Error::problem(409, "room_over"));
                }
                let free = room.host_id == me.0 || moderate::may_say(tx, &room, *me).await?.moderates;
                let slow = if free { 0 } else { room.slow * SECOND };
                let (mut speaker, by_host) = speaker(tx, room.id, *me, *now - SAYS_IN.max(slow)).await?;
                let silent = speaker.silent_until;
                if let Err(until) = speaker.says(*now, slow) {
                    if speaker.silent_until != silent {
                        silence(tx, room.id, *me, until, *me).await?;
                    }
                    if by_host && silent == until {
                        return Ok(Err(silenced(until, *now)));
                    }
                    let seconds = (until - *now + SECOND - 1) / SECOND;
                    return Ok(Err(Problem::new(429, "said_wait").field("text").number(seconds)));
                }
                let seq = add(tx, shop, &room, (Line::Said, Some(*me), text), *now).await?;
                fan::does(tx, shop, room.host_id, *me, Did { said: 1, ..Did::default() }, *now).await?;
                Ok::<_, Error>(Ok(seq))
            })
        })
        .await?;
    Ok(said?)
}

/// Says what is to be said to take part in something: past what slows people down, but not by whom others have silenced.
///
/// # Errors
/// `muted_for` with minutes, or `muted`.
pub(crate) async fn say_to_join(
    tx: &mut Tx,
    shop: &Shop,
    me: PersonId,
    room: Uuid,
    text: &str,
    now: Millis,
) -> Result<()> {
    let room = lock_by_id(tx, room).await?;
    heard(tx, room.id, me, now).await?;
    add(tx, shop, &room, (Line::Said, Some(me), text), now).await?;
    Ok(())
}

/// Whom others have not silenced in a room.
///
/// # Errors
/// `muted_for` with minutes, or `muted`.
pub(super) async fn heard(tx: &mut Tx, room: Uuid, me: PersonId, now: Millis) -> Result<()> {
    let (speaker, by_host) = speaker(tx, room, me, now).await?;
    if by_host && now < speaker.silent_until {
        return Err(silenced(speaker.silent_until, now).into());
    }
    Ok(())
}

/// What somebody is told whom others have silenced.
fn silenced(until: Millis, now: Millis) -> Problem {
    let muted = Problem::new(403, if until == i64::MAX { "muted" } else { "muted_for" });
    muted.field("text").number(until.saturating_sub(now).saturating_add(MINUTE - 1) / MINUTE)
}

crate::row! {
    struct Of {
        person_id: Option<Uuid>,
    }
}

/// A line that whoever keeps order in a room may act on; whoever said it.
async fn of_line(
    tx: &mut Tx,
    (me, staff): (PersonId, bool),
    code: &Code,
    seq: i64,
    now: Millis,
) -> Result<(Row, PersonId)> {
    let room = moderate::kept_by(tx, me, staff, code, now).await?;
    let of: Option<Of> = tx
        .fetch_optional(
            "SELECT person_id FROM room_line WHERE room_id = $1 AND seq = $2 AND kind = 'said'",
            args![room.id, seq],
        )
        .await?;
    let who = of.and_then(|o| o.person_id).ok_or_else(Problem::not_found)?;
    Ok((room, PersonId(who)))
}

/// A line is not seen any more, and by whom it was taken away is kept.
async fn hide(tx: &mut Tx, room: Uuid, seq: i64, by: PersonId, now: Millis) -> Result<()> {
    tx.execute(
        "UPDATE room_line SET gone_at = $1, gone_by = $2 WHERE room_id = $3 AND seq = $4 AND gone_at IS NULL",
        args![now, by, room, seq],
    )
    .await?;
    moderate::unpin_gone(tx, room).await
}

/// Takes a line away; its place stays.
///
/// # Errors
/// `not_found`, also for a room that is not mine to keep order in; `forbidden`.
pub async fn take_away(shop: &Shop, me: PersonId, staff: bool, code: &Code, seq: i64) -> Result<()> {
    let input = (shop.clone(), me, staff, code.clone(), seq, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, staff, code, seq, now)| {
            Box::pin(async move {
                let (room, who) = of_line(tx, (*me, *staff), code, *seq, *now).await?;
                if who != *me {
                    moderate::may_act(tx, &room, *me, *staff, who).await?;
                }
                hide(tx, room.id, *seq, *me, *now).await?;
                if *staff {
                    crate::audit::act(tx, shop, "line_taken", &format!("{code} {seq}"), "", *now).await?;
                }
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}

/// Whoever said a line is silent in the room for `minutes`, 0 for as long as there is one; his line is taken away.
///
/// # Errors
/// `not_found`, also for a room that is not mine to keep order in; `bad_request`; `mute_self`; `forbidden`.
pub async fn mute(shop: &Shop, me: PersonId, staff: bool, code: &Code, seq: i64, minutes: i64) -> Result<()> {
    if !MUTES.contains(&minutes) {
        return Err(Problem::bad_request().into());
    }
    let input = (shop.clone(), me, staff, code.clone(), (seq, minutes), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, staff, code, (seq, minutes), now)| {
            Box::pin(async move {
                let (room, who) = of_line(tx, (*me, *staff), code, *seq, *now).await?;
                moderate::may_act(tx, &room, *me, *staff, who).await?;
                let until = if *minutes == 0 { i64::MAX } else { *now + *minutes * MINUTE };
                // Whoever keeps order with the host makes nothing shorter that another has said.
                let helps = room.host_id != me.0 && !*staff;
                let (before, by_others) = speaker(tx, room.id, who, *now).await?;
                let until = if helps && by_others { until.max(before.silent_until) } else { until };
                silence(tx, room.id, who, until, *me).await?;
                hide(tx, room.id, *seq, *me, *now).await?;
                if *staff {
                    crate::audit::act(tx, shop, "line_muted", &format!("{code} {seq}"), &minutes.to_string(), *now)
                        .await?;
                }
                news::changed(tx, shop, code);
                Ok(())
            })
        })
        .await
}
