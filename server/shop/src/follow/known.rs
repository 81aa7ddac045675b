//! People whom somebody may know: those in whose teams he was, who brought him here or whom he brought. Only those who have agreed to be
//! found, and only to somebody who has agreed too.

use crate::{
    Result, Shop, account, args,
    consent::{self, Purpose},
    follow, moderation,
};
use domain::{
    id::PersonId,
    known::{Known, KnownView, PersonView, nearest},
};
use std::collections::HashMap;
use uuid::Uuid;

/// People of teams and of links that are looked at.
const LOOKED_AT: i64 = 500;

/// Whom I may know, the nearest first; nobody when I have not agreed.
///
/// # Errors
/// What the database says.
pub async fn known(shop: &Shop, me: PersonId) -> Result<KnownView> {
    crate::row! {
        struct Team {
            person_id: Uuid,
            teams: i64,
        }
    }
    crate::row! {
        struct Link {
            person_id: Uuid,
        }
    }
    if !consent::agreed(&shop.db, me, Purpose::Known).await? {
        return Ok(KnownView { on: false, people: Vec::new() });
    }
    let teams: Vec<Team> = shop
        .db
        .fetch_all(
            "SELECT b.person_id, COUNT(DISTINCT a.team_id) AS teams FROM team_member a
             JOIN team_member b ON b.team_id = a.team_id AND b.person_id <> a.person_id AND b.state = 'confirmed'
             WHERE a.person_id = $1 AND a.state = 'confirmed' GROUP BY b.person_id ORDER BY teams DESC, b.person_id LIMIT $2",
            args![me, LOOKED_AT],
        )
        .await?;
    let links: Vec<Link> = shop
        .db
        .fetch_all(
            "SELECT person_id FROM (SELECT invited_id AS person_id FROM referral WHERE inviter_id = $1 AND bound_at IS NOT NULL AND state <> 'void'
             UNION SELECT inviter_id AS person_id FROM referral WHERE invited_id = $1 AND bound_at IS NOT NULL AND state <> 'void') l
             ORDER BY person_id LIMIT $2",
            args![me, LOOKED_AT],
        )
        .await?;
    let mut found: HashMap<Uuid, Known<Uuid>> = HashMap::new();
    for t in teams {
        found.insert(t.person_id, Known { person: t.person_id, teams: t.teams, linked: false });
    }
    for l in links {
        found.entry(l.person_id).or_insert(Known { person: l.person_id, teams: 0, linked: true }).linked = true;
    }
    let people: Vec<Uuid> = found.keys().copied().collect();
    let agreed = consent::agreed_among(shop, &people, Purpose::Known).await?;
    let unseen = moderation::unseen(&shop.db, Some(me)).await?;
    let followed = follow::followed_among(shop, me, &people).await?;
    found.retain(|id, _| agreed.contains(id) && !unseen.contains(id) && !followed.contains(id));
    let list = nearest(found.into_values().collect());
    let ids: Vec<Uuid> = list.iter().map(|k| k.person).collect();
    let mut faces = account::faces(shop, &ids).await?;
    let people = list
        .into_iter()
        .filter_map(|k| {
            let (handle, name) = faces.remove(&k.person)?;
            Some(PersonView { handle, name, teams: k.teams, linked: k.linked })
        })
        .collect();
    Ok(KnownView { on: true, people })
}
