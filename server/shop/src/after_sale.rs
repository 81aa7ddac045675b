//! After-sales: a buyer asks for money back, for things that were not sent, or that were; the shop answers; silence decides
//! when its time is over; the platform decides what they do not agree on.
//!
//! Invariants: a unit is in one case at a time (guards on `order_line.withdrawn` and `claimed`); a step is one guarded update,
//! and only what `domain::after_sale::next` allows; a case that is agreed to has exactly one refund. Deliberately absent: how
//! money moves (`payment`), what is on the shelf (`order` and `catalog`).

use crate::{Error, Result, Shop, args, db::Tx, error::broken_row, idempotency, inbox, job, order, payment};
use domain::{
    Code, Lang, Millis, Problem,
    after_sale::{Act, CaseCardView, CaseView, Kind, MessageView, Party, REASONS, State, WishView, acts, next},
    id::{MerchantId, PersonId},
};
use uuid::Uuid;

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub me: PersonId,
    pub order: Code,
    pub kind: Kind,
    /// One of [`REASONS`].
    pub reason: String,
    pub text: String,
    /// Position of a line, and units. All of one merchant.
    pub units: Vec<(i64, i64)>,
    /// Makes it one case, however often it is sent.
    pub key: String,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Buyer(PersonId),
    Shop,
}

impl Who {
    const fn party(self) -> Party {
        match self {
            Self::Buyer(_) => Party::Buyer,
            Self::Shop => Party::Shop,
        }
    }
}

const MAX_TEXT: usize = 500;

fn text_fits(text: &str) -> Result<()> {
    if text.chars().count() > MAX_TEXT { Err(Problem::new(422, "text_long").number(500).into()) } else { Ok(()) }
}

/// Opens a case. The second call with a key returns the first call's answer.
///
/// # Errors
/// `not_found`, `not_returnable` in this state of the order, `nothing_left` for units that are in a case already or were never
/// there, `one_merchant`, `reason_needed`, `text_long`, `quantity_range`, `key_form`.
pub async fn open(shop: &Shop, wish: Wish) -> Result<Code> {
    text_fits(&wish.text)?;
    if !idempotency::is_key(&wish.key) {
        return Err(Error::problem(422, "key_form"));
    }
    if !REASONS.contains(&wish.reason.as_str()) {
        return Err(Problem::new(422, "reason_needed").field("reason").into());
    }
    if wish.units.is_empty() || wish.units.iter().any(|(_, n)| *n <= 0) {
        return Err(Problem::new(422, "quantity_range").into());
    }
    let input = (shop.clone(), wish, shop.clock.now());
    shop.db.write(input, |tx, (shop, wish, now)| Box::pin(open_in(tx, shop, wish, *now))).await
}

async fn open_in(tx: &mut Tx, shop: &Shop, wish: &Wish, now: Millis) -> Result<Code> {
    let code = shop.rng.code();
    if let Some(first) = idempotency::claim(tx, wish.me.0, "after_sale/open", &wish.key, code.as_str(), now).await? {
        return Ok(first.parse().map_err(|_| Problem::internal())?);
    }
    let order = order::mine(tx, wish.me, &wish.order).await?.ok_or_else(Problem::not_found)?;
    if !Kind::allowed(order.state).contains(&wish.kind) {
        return Err(Error::problem(409, "not_returnable"));
    }
    let mut merchant = None;
    let mut amount = 0_i64;
    for (position, n) in &wish.units {
        let (of, worth) = order::claim(tx, order.order, *position, *n, wish.kind).await?;
        if *merchant.get_or_insert(of) != of {
            return Err(Error::problem(422, "one_merchant"));
        }
        amount = amount.checked_add(worth).ok_or_else(Problem::internal)?;
    }
    let merchant = merchant.ok_or_else(Problem::bad_request)?;
    if wish.kind == Kind::Cancel {
        let fee = order::fee_unspent(tx, order.order, merchant).await?;
        // Once: another case may have it already.
        let rest = unclaimed(tx, order.order, merchant).await? - amount;
        amount = amount.checked_add(fee.min(rest.max(0))).ok_or_else(Problem::internal)?;
    }
    if amount == 0 {
        return Err(Error::problem(409, "not_returnable"));
    }
    let id = shop.rng.id(now);
    let deadline = State::Open.patience().map(|p| now + p);
    tx.execute(
        "INSERT INTO after_sale (id, code, order_id, person_id, merchant_id, kind, state, reason, amount, currency, opened_at, deadline)
         VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9, $10, $11)",
        args![
            id, code.as_str(), order.order, wish.me, merchant, wish.kind.name(), wish.reason.as_str(), amount, order.currency.code(), now, deadline
        ],
    )
    .await?;
    for (position, n) in &wish.units {
        tx.execute(
            "INSERT INTO after_sale_line (case_id, position, quantity) VALUES ($1, $2, $3)",
            args![id, *position, *n],
        )
        .await?;
    }
    write_down(tx, id, "buyer", "opened", wish.text.trim(), now).await?;
    order::note(tx, order.order, "case_opened", Some(amount), now).await?;
    wait(tx, shop, id, deadline).await?;
    Ok(code)
}

/// What a merchant earned by an order and no case asks for, minor units.
async fn unclaimed(tx: &mut Tx, order: Uuid, merchant: Uuid) -> Result<i64> {
    crate::row! {
        struct Claimed {
            amount: i64,
        }
    }
    let earned = order::earned(tx, order).await?;
    let earned = earned.into_iter().find(|(m, _)| m.0 == merchant).map_or(0, |(_, amount)| amount);
    let claimed: Option<Claimed> = tx
        .fetch_optional(
            "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount FROM after_sale
             WHERE order_id = $1 AND merchant_id = $2 AND state <> 'closed'",
            args![order, merchant],
        )
        .await?;
    Ok(earned - claimed.map_or(0, |c| c.amount))
}

/// What went back of an order at the cost of a merchant, minor units.
pub(crate) async fn given_back(tx: &mut Tx, order: Uuid, merchant: Uuid) -> Result<i64> {
    crate::row! {
        struct Back {
            amount: i64,
        }
    }
    let back: Option<Back> = tx
        .fetch_optional(
            "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount FROM after_sale
             WHERE order_id = $1 AND merchant_id = $2 AND state IN ('refunding', 'refunded')",
            args![order, merchant],
        )
        .await?;
    Ok(back.map_or(0, |b| b.amount))
}

async fn write_down(tx: &mut Tx, case: Uuid, author: &str, kind: &str, body: &str, at: Millis) -> Result<()> {
    tx.execute(
        "INSERT INTO after_sale_message (case_id, ordinal, author, kind, body, at)
         SELECT $1, COALESCE(MAX(ordinal), 0) + 1, $2, $3, $4, $5 FROM after_sale_message WHERE case_id = $1",
        args![case, author, kind, body, at],
    )
    .await?;
    Ok(())
}

/// Asks for a look at the deadline.
async fn wait(tx: &mut Tx, shop: &Shop, case: Uuid, deadline: Option<Millis>) -> Result<()> {
    match deadline {
        Some(at) => {
            let key = format!("{}:{at}", case.simple());
            job::enqueue(tx, shop, "case_deadline", &key, &format!("{case} {at}"), at).await
        }
        None => Ok(()),
    }
}

crate::row! {
    #[derive(Clone)]
    struct CaseRow {
        id: Uuid,
        code: String,
        order_id: Uuid,
        person_id: Uuid,
        merchant_id: Uuid,
        kind: String,
        state: String,
        amount: i64,
        deadline: Option<i64>,
    }
}

impl CaseRow {
    fn stands(&self) -> Result<(Kind, State)> {
        Ok((
            self.kind.parse().map_err(|_| broken_row("after_sale.kind"))?,
            self.state.parse().map_err(|_| broken_row("after_sale.state"))?,
        ))
    }
}

crate::row! {
    struct UnitsRow {
        position: i64,
        quantity: i64,
    }
}

/// Takes a step in a case.
///
/// # Errors
/// `not_found` for a case of somebody else, `case_moved` when it is not (any more) where this can be done, `text_long`.
pub async fn act(shop: &Shop, who: Who, code: &Code, act: Act, text: &str) -> Result<()> {
    text_fits(text)?;
    if act.party() != who.party() {
        return Err(Problem::forbidden().into());
    }
    let input = (shop.clone(), who, code.clone(), act, text.trim().to_owned(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, who, code, act, text, now)| {
            Box::pin(async move {
                let case = case_by_code(tx, *who, code).await?;
                step(tx, shop, &case, *act, text, *now).await
            })
        })
        .await
}

async fn case_by_code(tx: &mut Tx, who: Who, code: &Code) -> Result<CaseRow> {
    let row: Option<CaseRow> = tx
        .fetch_optional(
            "SELECT id, code, order_id, person_id, merchant_id, kind, state, amount, deadline FROM after_sale WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    let mine = |c: &CaseRow| match who {
        Who::Buyer(me) => c.person_id == me.0,
        Who::Shop => true,
    };
    Ok(row.filter(mine).ok_or_else(Problem::not_found)?)
}

async fn step(tx: &mut Tx, shop: &Shop, case: &CaseRow, act: Act, text: &str, now: Millis) -> Result<()> {
    let (kind, from) = case.stands()?;
    let moved = || Error::problem(409, "case_moved");
    let to = next(kind, from, act).ok_or_else(moved)?;
    let deadline = to.patience().map(|p| now + p);
    let gone = tx
        .execute(
            "UPDATE after_sale SET state = $1, deadline = $2 WHERE id = $3 AND state = $4",
            args![to.name(), deadline, case.id, from.name()],
        )
        .await?;
    if gone == 0 {
        return Err(moved());
    }
    let author = match act.party() {
        Party::Buyer => "buyer",
        Party::Shop => "shop",
        Party::Clock => "system",
    };
    let said = if act == Act::Silence { format!("silence_{}", from.name()) } else { act.name().to_owned() };
    write_down(tx, case.id, author, &said, text, now).await?;
    wait(tx, shop, case.id, deadline).await?;
    if act.party() != Party::Buyer {
        let amount = (to == State::Refunding).then_some(case.amount);
        tell_buyer(tx, shop, case, &format!("case_{}", to.name()), amount, now).await?;
    }
    match to {
        State::Refunding => pay_back(tx, shop, case, kind, now).await,
        State::Closed => {
            for line in units(tx, case.id).await? {
                order::unclaim(tx, case.order_id, line.position, line.quantity, kind).await?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn tell_buyer(
    tx: &mut Tx,
    shop: &Shop,
    case: &CaseRow,
    kind: &str,
    amount: Option<i64>,
    now: Millis,
) -> Result<()> {
    let code = case.code.parse().map_err(|_| broken_row("after_sale.code"))?;
    let told = inbox::Told { person: PersonId(case.person_id), kind, order: case.order_id, case: Some(&code), amount };
    inbox::tell(tx, shop, &told, now).await
}

async fn units(tx: &mut Tx, case: Uuid) -> Result<Vec<UnitsRow>> {
    Ok(tx
        .fetch_all("SELECT position, quantity FROM after_sale_line WHERE case_id = $1 ORDER BY position", args![case])
        .await?)
}

async fn pay_back(tx: &mut Tx, shop: &Shop, case: &CaseRow, kind: Kind, now: Millis) -> Result<()> {
    if kind == Kind::Cancel {
        for line in units(tx, case.id).await? {
            order::restock(tx, shop, case.order_id, line.position, line.quantity, now).await?;
        }
        crate::shipment::after_withdrawal(tx, shop, case.order_id, now).await?;
    }
    order::note(tx, case.order_id, "refund_agreed", Some(case.amount), now).await?;
    payment::give_back(tx, shop, case.order_id, case.id, MerchantId(case.merchant_id), case.amount, now).await
}

/// The provider has given the money back: the case is done.
pub(crate) async fn refunded(tx: &mut Tx, case: Uuid, now: Millis) -> Result<()> {
    let done = tx
        .execute("UPDATE after_sale SET state = 'refunded' WHERE id = $1 AND state = 'refunding'", args![case])
        .await?;
    if done == 1 {
        write_down(tx, case, "system", "refunded", "", now).await?;
    }
    Ok(())
}

/// Decides for whoever kept silent; a job calls it with what [`open`] and [`act`] left: the case and the deadline.
///
/// # Errors
/// What the database says.
pub async fn deadline(shop: &Shop, payload: &str) -> Result<()> {
    let (case, at) = payload.split_once(' ').ok_or_else(Problem::bad_request)?;
    let case: Uuid = case.parse().map_err(|_| Problem::bad_request())?;
    let at: Millis = at.parse().map_err(|_| Problem::bad_request())?;
    let input = (shop.clone(), case, at, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, case, at, now)| {
            Box::pin(async move {
                let row: Option<CaseRow> = tx
                    .fetch_optional(
                        "SELECT id, code, order_id, person_id, merchant_id, kind, state, amount, deadline FROM after_sale WHERE id = $1",
                        args![*case],
                    )
                    .await?;
                match row {
                    Some(row) if row.deadline == Some(*at) && at <= now => {
                        step(tx, shop, &row, Act::Silence, "", *now).await
                    }
                    _ => Ok(()),
                }
            })
        })
        .await
}

/// Whether a case of an order is not over.
pub(crate) async fn any_open(tx: &mut Tx, order: Uuid) -> Result<bool> {
    crate::row! {
        struct Count {
            n: i64,
        }
    }
    let row: Option<Count> = tx
        .fetch_optional(
            "SELECT COUNT(*) AS n FROM after_sale WHERE order_id = $1 AND state NOT IN ('refunded', 'closed')",
            args![order],
        )
        .await?;
    Ok(row.is_some_and(|c| c.n > 0))
}

/// Says something in a case.
///
/// # Errors
/// `not_found`, `text_long`, `text_needed`.
pub async fn say(shop: &Shop, who: Who, code: &Code, text: &str) -> Result<()> {
    text_fits(text)?;
    if text.trim().is_empty() {
        return Err(Problem::new(422, "text_needed").field("text").into());
    }
    let input = (shop.clone(), who, code.clone(), text.trim().to_owned(), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, who, code, text, now)| {
            Box::pin(async move {
                let case = case_by_code(tx, *who, code).await?;
                let author = if *who == Who::Shop { "shop" } else { "buyer" };
                if *who == Who::Shop {
                    tell_buyer(tx, shop, &case, "case_said", None, *now).await?;
                }
                write_down(tx, case.id, author, "said", text, *now).await
            })
        })
        .await
}

crate::row! {
    struct ShownRow {
        id: Uuid,
        code: String,
        order_id: Uuid,
        person_id: Uuid,
        kind: String,
        state: String,
        reason: String,
        amount: i64,
        currency: String,
        deadline: Option<i64>,
    }
}

crate::row! {
    struct MessageRow {
        author: String,
        kind: String,
        body: String,
        at: i64,
    }
}

/// A case with its thread.
///
/// # Errors
/// `not_found` for a case of somebody else.
pub async fn show(shop: &Shop, who: Who, lang: Lang, code: &Code) -> Result<CaseView> {
    let row: Option<ShownRow> = shop
        .db
        .fetch_optional(
            "SELECT id, code, order_id, person_id, kind, state, reason, amount, currency, deadline FROM after_sale WHERE code = $1",
            args![code.as_str()],
        )
        .await?;
    let mine = |c: &ShownRow| match who {
        Who::Buyer(me) => c.person_id == me.0,
        Who::Shop => true,
    };
    let row = row.filter(mine).ok_or_else(Problem::not_found)?;
    view(shop, who, lang, row).await
}

async fn view(shop: &Shop, who: Who, lang: Lang, row: ShownRow) -> Result<CaseView> {
    crate::row! {
        struct LineRow {
            quantity: i64,
            position: i64,
        }
    }
    let lines: Vec<LineRow> = shop
        .db
        .fetch_all("SELECT position, quantity FROM after_sale_line WHERE case_id = $1 ORDER BY position", args![row.id])
        .await?;
    let messages: Vec<MessageRow> = shop
        .db
        .fetch_all(
            "SELECT author, kind, body, at FROM after_sale_message WHERE case_id = $1 ORDER BY ordinal",
            args![row.id],
        )
        .await?;
    let (order, names) = order::names(shop, row.order_id, lang).await?;
    let kind: Kind = row.kind.parse().map_err(|_| broken_row("after_sale.kind"))?;
    let state: State = row.state.parse().map_err(|_| broken_row("after_sale.state"))?;
    let named = |position: i64| names.iter().find(|n| n.position == position);
    Ok(CaseView {
        code: row.code.parse().map_err(|_| broken_row("after_sale.code"))?,
        order,
        kind,
        state,
        reason: row.reason,
        amount: row.amount,
        currency: row.currency.parse().map_err(|_| broken_row("after_sale.currency"))?,
        merchant: lines.first().and_then(|l| named(l.position)).map(|n| n.merchant.clone()).unwrap_or_default(),
        lines: lines
            .iter()
            .map(|l| (named(l.position).map(|n| n.name.clone()).unwrap_or_default(), l.quantity))
            .collect(),
        messages: messages
            .into_iter()
            .map(|m| MessageView { author: m.author, kind: m.kind, body: m.body, at: m.at })
            .collect(),
        acts: acts(kind, state, who.party()),
        deadline: row.deadline,
        now: shop.clock.now(),
    })
}

crate::row! {
    struct CardRow {
        code: String,
        order_code: String,
        kind: String,
        state: String,
        amount: i64,
        currency: String,
    }
}

impl CardRow {
    fn view(self) -> Result<CaseCardView> {
        Ok(CaseCardView {
            code: self.code.parse().map_err(|_| broken_row("after_sale.code"))?,
            order: self.order_code.parse().map_err(|_| broken_row("orders.code"))?,
            kind: self.kind.parse().map_err(|_| broken_row("after_sale.kind"))?,
            state: self.state.parse().map_err(|_| broken_row("after_sale.state"))?,
            amount: self.amount,
            currency: self.currency.parse().map_err(|_| broken_row("after_sale.currency"))?,
        })
    }
}

/// The cases of an order, oldest first.
pub(crate) async fn of_order(shop: &Shop, order: Uuid) -> Result<Vec<CaseCardView>> {
    let rows: Vec<CardRow> = shop
        .db
        .fetch_all(
            "SELECT c.code, o.code AS order_code, c.kind, c.state, c.amount, c.currency FROM after_sale c JOIN orders o ON o.id = c.order_id
             WHERE c.order_id = $1 ORDER BY c.opened_at, c.id",
            args![order],
        )
        .await?;
    rows.into_iter().map(CardRow::view).collect()
}

/// The cases that wait for the shop or the platform, the oldest first; at most 50.
///
/// # Errors
/// What the database says.
pub async fn waiting(shop: &Shop) -> Result<Vec<CaseCardView>> {
    let rows: Vec<CardRow> = shop
        .db
        .fetch_all(
            "SELECT c.code, o.code AS order_code, c.kind, c.state, c.amount, c.currency FROM after_sale c JOIN orders o ON o.id = c.order_id
             WHERE c.state IN ('open', 'sent', 'escalated') ORDER BY c.opened_at, c.id LIMIT 50",
            args![],
        )
        .await?;
    rows.into_iter().map(CardRow::view).collect()
}

/// What I may ask for with an order of mine.
///
/// # Errors
/// `not_found` for one that is not mine.
pub async fn wishes(shop: &Shop, me: PersonId, lang: Lang, code: &Code) -> Result<WishView> {
    let (state, currency, lines) = order::wishable(shop, me, lang, code).await?;
    Ok(WishView {
        order: code.clone(),
        currency,
        lines,
        kinds: Kind::allowed(state).to_vec(),
        key: hex::encode(shop.rng.bytes::<16>()),
    })
}
