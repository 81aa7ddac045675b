//! Campaigns: made by the shop, never changed, stopped.

use super::{end, lock};
use crate::{Result, Shop, args, audit, catalog, catalog::to_json, error::broken_row, idempotency, job};
use domain::{
    Code, Lang, Problem,
    catalog::Cursor,
    group_buy::{CampaignView, Draft, EditorView, State, Terms},
    id::{PersonId, ProductId, SkuId},
};
use uuid::Uuid;

/// A campaign to be made.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    pub product: ProductId,
    pub draft: Draft,
    /// Who makes it, and the key that makes it once, however often it is sent: 16 to 64 letters and digits.
    pub by: PersonId,
    pub key: String,
}

/// Campaigns on one page.
const PAGE: i64 = 20;

/// Makes a campaign. It cannot be changed afterwards: what people joined stays what it was. The second call with a key returns
/// the first call's answer.
///
/// # Errors
/// `key_form`; those of [`Draft::check`]; `campaign_price` when a SKU costs something else alone than the draft says, or is not sold.
pub async fn create(shop: &Shop, new: NewCampaign) -> Result<Code> {
    if !idempotency::is_key(&new.key) {
        return Err(Problem::new(422, "key_form").into());
    }
    new.draft.check()?;
    let input = (shop.clone(), new, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, new, now)| {
            Box::pin(async move {
                let NewCampaign { product, draft, by, key } = new;
                let (id, code) = (shop.rng.id(*now), shop.rng.code());
                if let Some(first) =
                    idempotency::claim(tx, by.0, "group_buy/create", key, code.as_str(), *now).await?
                {
                    return first.parse().map_err(|_| Problem::internal().into());
                }
                let t = &draft.terms;
                tx.execute(
                    "INSERT INTO campaign (id, code, product_id, kind, size, goal, open_for, starts_at, ends_at, units_each, new_shoppers, sponsor_from, leader_off_bp, steps, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                    args![
                        id, code.as_str(), *product, t.kind.name(), t.size, t.goal, draft.open_for, draft.starts_at, draft.ends_at,
                        draft.units_each, draft.new_shoppers, t.sponsor_from, t.leader_off_bp, to_json(&t.steps), *now
                    ],
                )
                .await?;
                for sku in &draft.skus {
                    let alone = catalog::price_now(tx, sku.sku).await?;
                    if alone != Some(sku.single) || catalog::product_of(tx, sku.sku).await? != Some(*product) {
                        return Err(Problem::new(422, "campaign_price").field("price").into());
                    }
                    tx.execute(
                        "INSERT INTO campaign_sku (campaign_id, sku_id, price, quota, free, held, sold) VALUES ($1, $2, $3, $4, $4, 0, 0)",
                        args![id, sku.sku, sku.price, sku.quota],
                    )
                    .await?;
                }
                audit::act(tx, shop, "campaign", code.as_str(), t.kind.name(), *now).await?;
                Ok(code)
            })
        })
        .await
}

crate::row! {
    struct Id {
        id: Uuid,
    }
}

/// Stops a campaign: no team opens and nobody joins any more. `cancel`: teams that are forming end now, and everybody has his
/// money back; otherwise they go on to their deadline.
///
/// # Errors
/// `not_found`.
pub async fn stop(shop: &Shop, code: &Code, cancel: bool) -> Result<()> {
    let input = (shop.clone(), code.clone(), cancel, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, code, cancel, now)| {
            Box::pin(async move {
                let row: Option<Id> =
                    tx.fetch_optional("SELECT id FROM campaign WHERE code = $1", args![code.as_str()]).await?;
                let id = row.ok_or_else(Problem::not_found)?.id;
                tx.execute("UPDATE campaign SET stopped_at = $1 WHERE id = $2 AND stopped_at IS NULL", args![*now, id])
                    .await?;
                if *cancel {
                    job::enqueue(tx, shop, "campaign_end", &id.simple().to_string(), &id.to_string(), *now).await?;
                }
                let how = if *cancel { "cancel" } else { "" };
                audit::act(tx, shop, "stop_campaign", code.as_str(), how, *now).await
            })
        })
        .await
}

/// Teams that one job ends.
const AT_ONCE: usize = 100;

/// Ends the teams of a stopped campaign that are forming, a team at a time, so that nobody else waits for all of them; a job calls
/// it, and another one goes on where it ends.
///
/// # Errors
/// What the database says.
pub async fn end_campaign(shop: &Shop, campaign: Uuid) -> Result<()> {
    let teams: Vec<Id> = shop
        .db
        .fetch_all("SELECT id FROM team WHERE campaign_id = $1 AND state = 'forming' LIMIT 101", args![campaign])
        .await?;
    let more = teams.len() > AT_ONCE;
    for team in teams.into_iter().take(AT_ONCE) {
        let input = (shop.clone(), campaign, team.id, shop.clock.now());
        shop.db
            .write(input, |tx, (shop, campaign, team, now)| {
                Box::pin(async move {
                    lock(tx, *campaign, *team).await?;
                    end::decide(tx, shop, *team, State::Cancelled, 0, *now).await
                })
            })
            .await?;
    }
    if !more {
        return Ok(());
    }
    shop.db
        .write((shop.clone(), campaign, shop.clock.now()), |tx, (shop, campaign, now)| {
            Box::pin(async move {
                let key = format!("{}:{now}", campaign.simple());
                job::enqueue(tx, shop, "campaign_end", &key, &campaign.to_string(), *now + 1).await
            })
        })
        .await
}

crate::row! {
    struct Row {
        id: Uuid,
        code: String,
        kind: String,
        size: i64,
        goal: Option<i64>,
        starts_at: i64,
        ends_at: i64,
        sponsor_from: Option<i64>,
        leader_off_bp: i64,
        steps: String,
        stopped_at: Option<i64>,
        sku_id: Uuid,
        price: i64,
        quota: i64,
        sold: i64,
        teams: i64,
        succeeded: i64,
        forming: i64,
    }
}

/// All campaigns, the one that ends last first.
///
/// # Errors
/// What the database says.
pub async fn campaigns(shop: &Shop, lang: Lang, after: &str) -> Result<(Vec<CampaignView>, Option<String>)> {
    let cursor = after.parse().unwrap_or(Cursor { value: i64::MAX, id: Uuid::max() });
    let mut rows: Vec<Row> = shop
        .db
        .fetch_all(
            "SELECT c.id, c.code, c.kind, c.size, c.goal, c.starts_at, c.ends_at, c.sponsor_from, c.leader_off_bp, c.steps, c.stopped_at,
                    (SELECT s.sku_id FROM campaign_sku s WHERE s.campaign_id = c.id ORDER BY s.price, s.sku_id LIMIT 1) AS sku_id,
                    (SELECT MIN(s.price) FROM campaign_sku s WHERE s.campaign_id = c.id) AS price,
                    CAST((SELECT SUM(s.quota) FROM campaign_sku s WHERE s.campaign_id = c.id) AS BIGINT) AS quota,
                    CAST((SELECT SUM(s.sold) FROM campaign_sku s WHERE s.campaign_id = c.id) AS BIGINT) AS sold,
                    (SELECT COUNT(*) FROM team t WHERE t.campaign_id = c.id) AS teams,
                    (SELECT COUNT(*) FROM team t WHERE t.campaign_id = c.id AND t.state = 'succeeded') AS succeeded,
                    (SELECT COUNT(*) FROM team t WHERE t.campaign_id = c.id AND t.state = 'forming' AND t.paid > 0) AS forming
             FROM campaign c WHERE (c.ends_at, c.id) < ($1, $2) ORDER BY c.ends_at DESC, c.id DESC LIMIT $3",
            args![cursor.value, cursor.id, PAGE + 1],
        )
        .await?;
    let more = i64::try_from(rows.len()).unwrap_or(0) > PAGE;
    rows.truncate(usize::try_from(PAGE).unwrap_or(20));
    let next = rows.last().filter(|_| more).map(|r| Cursor { value: r.ends_at, id: r.id }.written());
    let skus: Vec<SkuId> = rows.iter().map(|r| SkuId(r.sku_id)).collect();
    let offers = catalog::offers(&shop.db, &skus, Some(lang)).await?;
    let mut views = Vec::new();
    for row in rows {
        let Some(offer) = offers.iter().find(|o| o.sku.0 == row.sku_id) else { continue };
        let title = offer.texts.get(lang.tag()).map(|(title, ..)| title.clone()).unwrap_or_default();
        views.push(CampaignView {
            code: row.code.parse().map_err(|_| broken_row("campaign.code"))?,
            slug: offer.slug.clone(),
            title,
            currency: offer.currency,
            terms: Terms {
                kind: row.kind.parse().map_err(|_| broken_row("campaign.kind"))?,
                size: row.size,
                goal: row.goal,
                sponsor_from: row.sponsor_from,
                steps: catalog::json("campaign.steps", &row.steps)?,
                leader_off_bp: row.leader_off_bp,
            },
            price: row.price,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            stopped: row.stopped_at.is_some(),
            quota: row.quota,
            sold: row.sold,
            teams: row.teams,
            succeeded: row.succeeded,
            forming: row.forming,
            now: shop.clock.now(),
        });
    }
    Ok((views, next))
}

/// What the editor needs of a product; with the id under which a campaign is made.
///
/// # Errors
/// `not_found`.
pub async fn editor(shop: &Shop, lang: Lang, slug: &str) -> Result<(ProductId, EditorView)> {
    let product = catalog::product(shop, lang, slug).await?.ok_or_else(Problem::not_found)?;
    let skus = product
        .skus
        .iter()
        .map(|s| (s.id, product.choice_text(&s.choice), s.price, s.group_price.unwrap_or(s.price * 4 / 5), s.available))
        .collect();
    let view = EditorView {
        slug: product.slug.clone(),
        title: product.title.clone(),
        picture: product.pictures.first().cloned(),
        currency: product.currency,
        skus,
        key: hex::encode(shop.rng.bytes::<16>()),
    };
    Ok((product.id, view))
}
