//! After-sales: a buyer asks for money back, for things that were not sent, or that were; the shop answers; silence decides
//! when its time is over; the platform decides what they do not agree on.
//!
//! Invariants: a unit is in one case at a time (guards on `order_line.withdrawn` and `claimed`); a step is one guarded update,
//! and only what `domain::after_sale::next` allows; a case that is agreed to has exactly one refund. Deliberately absent: how
//! money moves (`payment`), what is on the shelf (`order` and `catalog`).

use crate::{
    Error, Result, Shop, args, audit,
    catalog::{self, NewPicture},
    db::Tx,
    error::broken_row,
    group_buy, idempotency, inbox, job, mail,
    order::{self, Mine},
    payment, review,
};
use domain::{
    Code, Lang, Millis, Problem,
    account::email_address,
    after_sale::{
        Act, CaseCardView, CaseView, Kind, MAX_PICTURES, MessageView, PRICE_FELL, Party, REASONS, State, TEAM_PRICE,
        WITHDRAWAL, WishView, WithdrawalView, acts, next, price_drop,
    },
    catalog::PictureView,
    id::{MerchantId, PersonId, PictureId, SkuId},
};
use uuid::Uuid;

/// Units of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    pub position: i64,
    pub quantity: i64,
    /// In an exchange, what is wanted instead.
    pub swap: Option<SkuId>,
}

impl Units {
    /// Some of a line, for anything but an exchange.
    pub const fn of(position: i64, quantity: i64) -> Self {
        Self { position, quantity, swap: None }
    }
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub me: PersonId,
    pub order: Code,
    pub kind: Kind,
    /// One of [`REASONS`].
    pub reason: String,
    pub text: String,
    /// All of one merchant.
    pub units: Vec<Units>,
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
/// there, `one_merchant`, `reason_needed`, `text_long`, `quantity_range`, `key_form`, `swap_needed` and `sold_out` for an exchange,
/// `price_same` and `case_open` for a price that fell.
pub async fn open(shop: &Shop, wish: Wish) -> Result<Code> {
    text_fits(&wish.text)?;
    if !idempotency::is_key(&wish.key) {
        return Err(Error::problem(422, "key_form"));
    }
    if wish.kind != Kind::PriceDrop && !REASONS.contains(&wish.reason.as_str()) {
        return Err(Problem::new(422, "reason_needed").field("reason").into());
    }
    if wish.units.is_empty() || wish.units.iter().any(|u| u.quantity <= 0) {
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
    order::lock(tx, &wish.order).await?;
    let order = order::mine(tx, wish.me, &wish.order).await?.ok_or_else(Problem::not_found)?;
    // What the end of a team gives back comes first: a case would take its units away from it.
    if order.forming || !group_buy::is_settled(tx, order.order).await? {
        return Err(Error::problem(409, "team_forming"));
    }
    if !Kind::allowed(order.state).contains(&wish.kind) {
        return Err(Error::problem(409, "not_returnable"));
    }
    match wish.kind {
        Kind::PriceDrop => price_fell(tx, shop, &order, wish, &code, now).await?,
        kind => {
            let asked = Asked { kind, reason: &wish.reason, text: wish.text.trim(), units: &wish.units };
            make(tx, shop, &order, &code, &asked, now).await?;
        }
    }
    Ok(code)
}

/// What a case is made of.
struct Asked<'a> {
    kind: Kind,
    reason: &'a str,
    text: &'a str,
    units: &'a [Units],
}

/// Puts units into a new case of an order; answers its row.
async fn make(tx: &mut Tx, shop: &Shop, order: &Mine, code: &Code, asked: &Asked<'_>, now: Millis) -> Result<CaseRow> {
    let mut merchant = None;
    let mut amount = 0_i64;
    let mut worths = Vec::new();
    for Units { position, quantity, swap } in asked.units {
        let claimed = order::claim(tx, order.order, *position, *quantity, asked.kind).await?;
        if *merchant.get_or_insert(claimed.merchant) != claimed.merchant {
            return Err(Error::problem(422, "one_merchant"));
        }
        amount = amount.checked_add(claimed.worth).ok_or_else(Problem::internal)?;
        worths.push((*position, claimed.worth));
        if asked.kind == Kind::Exchange {
            let swap = swap.ok_or_else(|| Problem::new(422, "swap_needed"))?;
            let there = catalog::swaps(&mut *tx, &[claimed.sku], Lang::En).await?;
            let fits = there.iter().any(|s| s.to == swap && s.available >= *quantity && s.price == claimed.asked);
            if !fits {
                return Err(Error::problem(409, "sold_out"));
            }
        }
    }
    let merchant = merchant.ok_or_else(Problem::bad_request)?;
    if asked.kind == Kind::Cancel {
        let fee = order::fee_unspent(tx, order.order, merchant).await?;
        // Once: another case may have it already.
        let rest = unclaimed(tx, order.order, merchant).await? - amount;
        amount = amount.checked_add(fee.min(rest.max(0))).ok_or_else(Problem::internal)?;
    }
    if amount == 0 {
        return Err(Error::problem(409, "not_returnable"));
    }
    let case = write_case(tx, shop, order, code, asked, merchant, amount, now).await?;
    for (position, worth) in worths {
        tx.execute(
            "UPDATE after_sale_line SET worth = $1 WHERE case_id = $2 AND position = $3",
            args![worth, case.id, position],
        )
        .await?;
    }
    Ok(case)
}

#[expect(clippy::too_many_arguments, reason = "the columns of a row")]
async fn write_case(
    tx: &mut Tx,
    shop: &Shop,
    order: &Mine,
    code: &Code,
    asked: &Asked<'_>,
    merchant: Uuid,
    amount: i64,
    now: Millis,
) -> Result<CaseRow> {
    let id = shop.rng.id(now);
    let deadline = State::Open.patience().map(|p| now + p);
    let person = order::buyer(tx, order.order).await?;
    tx.execute(
        "INSERT INTO after_sale (id, code, order_id, person_id, merchant_id, kind, state, reason, amount, currency, opened_at, deadline)
         VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9, $10, $11)",
        args![
            id, code.as_str(), order.order, person, merchant, asked.kind.name(), asked.reason, amount, order.currency.code(), now, deadline
        ],
    )
    .await?;
    for units in asked.units {
        let swap = units.swap.filter(|_| asked.kind == Kind::Exchange);
        tx.execute(
            "INSERT INTO after_sale_line (case_id, position, quantity, sku_id) VALUES ($1, $2, $3, $4)",
            args![id, units.position, units.quantity, swap.map(|s| s.0)],
        )
        .await?;
    }
    write_down(tx, id, "buyer", "opened", asked.text, now).await?;
    order::note(tx, order.order, "case_opened", Some(amount), now).await?;
    wait(tx, shop, id, deadline).await?;
    let row = tx
        .fetch_optional(
            "SELECT id, code, order_id, person_id, merchant_id, kind, state, amount, deadline FROM after_sale WHERE id = $1",
            args![id],
        )
        .await?;
    Ok(row.ok_or_else(Problem::internal)?)
}

/// Gives back what the price of a line has fallen by. Nobody has to agree: the prices say it.
async fn price_fell(tx: &mut Tx, shop: &Shop, order: &Mine, wish: &Wish, code: &Code, now: Millis) -> Result<()> {
    let [Units { position, .. }] = wish.units.as_slice() else { return Err(Problem::bad_request().into()) };
    // Units in a case have their amount already.
    if any_open(tx, order.order).await? {
        return Err(Error::problem(409, "case_open"));
    }
    let line = order::protected(tx, order.order, *position, now).await?;
    let price = catalog::price_now(tx, line.sku).await?.unwrap_or(line.paid);
    lower(tx, shop, order, code, *position, price, PRICE_FELL, now).await
}

/// Gives back what a unit of a line costs less than was paid for it, for all units that nobody gave back.
#[expect(clippy::too_many_arguments, reason = "what a case is made of")]
async fn lower(
    tx: &mut Tx,
    shop: &Shop,
    order: &Mine,
    code: &Code,
    position: i64,
    price: i64,
    reason: &str,
    now: Millis,
) -> Result<()> {
    let line = order::protected(tx, order.order, position, now).await?;
    let amount = price_drop(line.paid, price, line.units).ok_or_else(Problem::internal)?;
    if amount == 0 {
        return Err(Error::problem(409, "price_same"));
    }
    order::lower(tx, order.order, position, &line, price).await?;
    let units = [Units { position, quantity: line.units, swap: None }];
    let asked = Asked { kind: Kind::PriceDrop, reason, text: "", units: &units };
    let case = write_case(tx, shop, order, code, &asked, line.merchant, amount, now).await?;
    go_on(tx, shop, &case, Going { to: State::Refunding, by: Party::Clock, said: reason }, "", now).await
}

/// Everything of a paid order of which nothing was sent goes back on the shelf, and all of its money to the buyer: nobody is asked.
/// `reason`: also what stands in the thread of the case.
pub(crate) async fn give_all_back(tx: &mut Tx, shop: &Shop, order: Uuid, reason: &str, now: Millis) -> Result<()> {
    let order = order::paid(tx, order).await?;
    for (kind, units) in order::withdrawable(tx, order.order).await? {
        let asked = Asked { kind, reason, text: "", units: &units };
        let case = make(tx, shop, &order, &shop.rng.code(), &asked, now).await?;
        go_on(tx, shop, &case, Going { to: State::Refunding, by: Party::Clock, said: reason }, "", now).await?;
    }
    Ok(())
}

/// The first line of a paid order costs only `price` a unit; the difference goes back.
pub(crate) async fn lower_price(tx: &mut Tx, shop: &Shop, order: Uuid, price: i64, now: Millis) -> Result<()> {
    let order = order::paid(tx, order).await?;
    let line = order::protected(tx, order.order, 0, now).await?;
    // It costs no more than that already, or nothing of it is left.
    if price_drop(line.paid, price, line.units) == Some(0) {
        return Ok(());
    }
    lower(tx, shop, &order, &shop.rng.code(), 0, price, TEAM_PRICE, now).await
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
             WHERE order_id = $1 AND merchant_id = $2 AND state NOT IN ('closed', 'replaced')",
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

/// Adds a line to the thread of a case; answers its number.
async fn write_down(tx: &mut Tx, case: Uuid, author: &str, kind: &str, body: &str, at: Millis) -> Result<i64> {
    crate::row! {
        struct Last {
            ordinal: i64,
        }
    }
    tx.execute(
        "INSERT INTO after_sale_message (case_id, ordinal, author, kind, body, at)
         SELECT $1, COALESCE(MAX(ordinal), 0) + 1, $2, $3, $4, $5 FROM after_sale_message WHERE case_id = $1",
        args![case, author, kind, body, at],
    )
    .await?;
    let last: Option<Last> = tx
        .fetch_optional(
            "SELECT ordinal FROM after_sale_message WHERE case_id = $1 ORDER BY ordinal DESC LIMIT 1",
            args![case],
        )
        .await?;
    Ok(last.ok_or_else(Problem::internal)?.ordinal)
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
                step(tx, shop, &case, *act, text, *now).await?;
                match who {
                    Who::Shop => audit::act(tx, shop, "case", code.as_str(), act.name(), *now).await,
                    Who::Buyer(_) => Ok(()),
                }
            })
        })
        .await
}

/// A case, locked until the transaction ends: its messages and pictures are numbered one after the other.
async fn case_by_code(tx: &mut Tx, who: Who, code: &Code) -> Result<CaseRow> {
    tx.execute("UPDATE after_sale SET reason = reason WHERE code = $1", args![code.as_str()]).await?;
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
    let to = next(kind, from, act).ok_or_else(moved)?;
    let said = if act == Act::Silence { format!("silence_{}", from.name()) } else { act.name().to_owned() };
    if to == State::Replacing && !hold_others(tx, case.id).await? {
        // Gone by now: the money instead.
        let going = Going { to: State::Refunding, by: act.party(), said: "sold_out" };
        return go_on(tx, shop, case, going, text, now).await;
    }
    go_on(tx, shop, case, Going { to, by: act.party(), said: &said }, text, now).await
}

fn moved() -> Error {
    Error::problem(409, "case_moved")
}

/// Where a case goes, who sends it there, and what stands in its thread.
struct Going<'a> {
    to: State,
    by: Party,
    said: &'a str,
}

async fn go_on(tx: &mut Tx, shop: &Shop, case: &CaseRow, going: Going<'_>, text: &str, now: Millis) -> Result<()> {
    let (kind, from) = case.stands()?;
    let Going { to, by, said } = going;
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
    let author = match by {
        Party::Buyer => "buyer",
        Party::Shop => "shop",
        Party::Clock => "system",
    };
    write_down(tx, case.id, author, said, text, now).await?;
    wait(tx, shop, case.id, deadline).await?;
    if by != Party::Buyer {
        let amount = (to == State::Refunding).then_some(case.amount);
        tell_buyer(tx, shop, case, &format!("case_{}", to.name()), amount, now).await?;
    }
    if from == State::Replacing {
        end_of_hold(tx, case.id, to == State::Replaced).await?;
    }
    match to {
        State::Refunding => pay_back(tx, shop, case, kind, now).await,
        // Units that were exchanged can be given back again, as the others that they are.
        State::Closed | State::Replaced => {
            for line in units(tx, case.id).await? {
                order::unclaim(tx, case.order_id, line.position, line.quantity, kind).await?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

crate::row! {
    struct OtherRow {
        sku_id: Uuid,
        quantity: i64,
    }
}

async fn others(tx: &mut Tx, case: Uuid) -> Result<Vec<OtherRow>> {
    Ok(tx
        .fetch_all(
            "SELECT sku_id, CAST(SUM(quantity) AS BIGINT) AS quantity FROM after_sale_line
             WHERE case_id = $1 AND sku_id IS NOT NULL GROUP BY sku_id ORDER BY sku_id",
            args![case],
        )
        .await?)
}

/// Holds what is sent instead; `false` when it is not there any more.
async fn hold_others(tx: &mut Tx, case: Uuid) -> Result<bool> {
    let others = others(tx, case).await?;
    for (i, other) in others.iter().enumerate() {
        match catalog::hold(tx, SkuId(other.sku_id), other.quantity).await {
            Ok(()) => {}
            Err(error) if error.code() == "sold_out" => {
                for held in others.iter().take(i) {
                    catalog::release(tx, SkuId(held.sku_id), held.quantity).await?;
                }
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// What was held for an exchange is sent, or goes back on the shelf.
async fn end_of_hold(tx: &mut Tx, case: Uuid, sent: bool) -> Result<()> {
    for other in others(tx, case).await? {
        if sent {
            catalog::sell(tx, SkuId(other.sku_id), other.quantity).await?;
        } else {
            catalog::release(tx, SkuId(other.sku_id), other.quantity).await?;
        }
    }
    Ok(())
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

/// Units of a line whose money has not gone back, and does not.
pub(crate) async fn units_kept(tx: &mut Tx, order: Uuid, position: i64) -> Result<i64> {
    crate::row! {
        struct Kept {
            n: i64,
        }
    }
    let kept: Option<Kept> = tx
        .fetch_optional(
            "SELECT l.quantity - (SELECT CAST(COALESCE(SUM(u.quantity), 0) AS BIGINT) FROM after_sale c JOIN after_sale_line u ON u.case_id = c.id
                                  WHERE c.order_id = $1 AND u.position = $2 AND c.kind IN ('cancel', 'refund', 'return') AND c.state IN ('refunding', 'refunded')) AS n
             FROM order_line l WHERE l.order_id = $1 AND l.position = $2",
            args![order, position],
        )
        .await?;
    Ok(kept.map_or(0, |k| k.n))
}

async fn pay_back(tx: &mut Tx, shop: &Shop, case: &CaseRow, kind: Kind, now: Millis) -> Result<()> {
    if kind == Kind::Cancel {
        for line in units(tx, case.id).await? {
            order::restock(tx, shop, case.order_id, line.position, line.quantity, now).await?;
        }
        crate::shipment::after_withdrawal(tx, shop, case.order_id, now).await?;
    }
    if matches!(kind, Kind::Cancel | Kind::Refund | Kind::Return) {
        let lines = units(tx, case.id).await?;
        for line in &lines {
            order::lock_line(tx, case.order_id, line.position).await?;
        }
        for line in &lines {
            review::given_back(tx, shop, case.order_id, line.position, now).await?;
        }
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

/// When things of an order were last sent in exchange.
pub(crate) async fn replaced_at(tx: &mut Tx, order: Uuid) -> Result<Option<Millis>> {
    crate::row! {
        struct Last {
            at: Option<i64>,
        }
    }
    let last: Option<Last> = tx
        .fetch_optional(
            "SELECT MAX(m.at) AS at FROM after_sale c JOIN after_sale_message m ON m.case_id = c.id
             WHERE c.order_id = $1 AND c.state = 'replaced' AND m.kind = 'replace'",
            args![order],
        )
        .await?;
    Ok(last.and_then(|l| l.at))
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
            "SELECT COUNT(*) AS n FROM after_sale WHERE order_id = $1 AND state NOT IN ('replaced', 'refunded', 'closed')",
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
                write_down(tx, case.id, author, "said", text, *now).await?;
                if *who == Who::Shop {
                    audit::act(tx, shop, "case", code.as_str(), "said", *now).await?;
                }
                Ok(())
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
    struct PictureRow {
        message: i64,
        id: Uuid,
        width: i64,
        height: i64,
        placeholder: String,
    }
}

crate::row! {
    struct MessageRow {
        ordinal: i64,
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
            "SELECT ordinal, author, kind, body, at FROM after_sale_message WHERE case_id = $1 ORDER BY ordinal",
            args![row.id],
        )
        .await?;
    let pictures: Vec<PictureRow> = shop
        .db
        .fetch_all(
            "SELECT c.message, p.id, p.width, p.height, p.placeholder FROM after_sale_picture c JOIN picture p ON p.id = c.picture_id
             WHERE c.case_id = $1 ORDER BY c.ordinal",
            args![row.id],
        )
        .await?;
    let many = i64::try_from(pictures.len()).unwrap_or(MAX_PICTURES);
    let with = |message: i64| {
        let of = pictures.iter().filter(|p| p.message == message);
        let view = |p: &PictureRow| PictureView {
            id: PictureId(p.id),
            width: p.width,
            height: p.height,
            placeholder: p.placeholder.clone(),
        };
        of.map(view).collect()
    };
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
            .map(|m| MessageView { author: m.author, kind: m.kind, body: m.body, pictures: with(m.ordinal), at: m.at })
            .collect(),
        acts: acts(kind, state, who.party()),
        pictures_left: if state.is_over() { 0 } else { MAX_PICTURES - many },
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
             WHERE c.state IN ('open', 'sent', 'escalated', 'replacing') ORDER BY c.opened_at, c.id LIMIT 50",
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

/// Pictures that may still be added to a case; 0 for one that is over.
///
/// # Errors
/// `not_found` for a case of somebody else.
pub async fn pictures_left(shop: &Shop, who: Who, code: &Code) -> Result<i64> {
    Ok(show(shop, who, Lang::En, code).await?.pictures_left)
}

/// Whose case a picture belongs to; none when it is not of a case, and for everybody.
///
/// # Errors
/// What the database says.
pub async fn owner_of_picture(shop: &Shop, picture: PictureId) -> Result<Option<PersonId>> {
    crate::row! {
        struct Of {
            person_id: Uuid,
        }
    }
    let of: Option<Of> = shop
        .db
        .fetch_optional(
            "SELECT c.person_id FROM after_sale_picture p JOIN after_sale c ON c.id = p.case_id WHERE p.picture_id = $1",
            args![picture],
        )
        .await?;
    Ok(of.map(|o| PersonId(o.person_id)))
}

/// Adds pictures to a case, and what is said with them. `taken`: checked and stored ones.
///
/// # Errors
/// `not_found`, `text_long`, `case_moved` for one that is over, `too_many_pictures`.
pub async fn add_pictures(shop: &Shop, who: Who, code: &Code, text: &str, taken: Vec<NewPicture>) -> Result<()> {
    text_fits(text)?;
    let input = (shop.clone(), who, code.clone(), text.trim().to_owned(), taken, shop.clock.now());
    shop.db
        .write(input, |tx, (shop, who, code, text, taken, now)| {
            Box::pin(async move {
                let case = case_by_code(tx, *who, code).await?;
                if case.stands()?.1.is_over() {
                    return Err(moved());
                }
                let author = if *who == Who::Shop { "shop" } else { "buyer" };
                let message = write_down(tx, case.id, author, "said", text, *now).await?;
                for picture in taken {
                    let id = catalog::add_picture(tx, shop, picture, *now).await?;
                    show_picture(tx, case.id, message, id).await?;
                }
                if *who == Who::Shop {
                    tell_buyer(tx, shop, &case, "case_said", None, *now).await?;
                    audit::act(tx, shop, "case", code.as_str(), "said", *now).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Puts a picture beside a message.
///
/// # Errors
/// `too_many_pictures`.
async fn show_picture(tx: &mut Tx, case: Uuid, message: i64, picture: PictureId) -> Result<()> {
    let added = tx
        .execute(
            "INSERT INTO after_sale_picture (case_id, ordinal, message, picture_id)
             SELECT $1, n.next, $2, $3 FROM (SELECT COALESCE(MAX(ordinal), 0) + 1 AS next FROM after_sale_picture WHERE case_id = $1) n
             WHERE n.next <= $4",
            args![case, message, picture, MAX_PICTURES],
        )
        .await?;
    if added == 0 { Err(Problem::new(422, "too_many_pictures").number(MAX_PICTURES).into()) } else { Ok(()) }
}

/// The order that somebody may withdraw from who knows its number and the end of the telephone number it was sent to; an account is
/// not needed. And what has been withdrawn.
///
/// # Errors
/// `withdrawal_unknown` when the two do not belong together.
pub async fn withdrawable(shop: &Shop, lang: Lang, code: &str, phone: &str) -> Result<WithdrawalView> {
    let unknown = || Problem::new(404, "withdrawal_unknown");
    let code: Code = code.trim().parse().map_err(|_| unknown())?;
    let (me, order) = order::by_phone(shop, &code, phone.trim()).await?.ok_or_else(unknown)?;
    let (state, _, lines) = order::wishable(shop, me, lang, &code).await?;
    let may = !Kind::allowed(state).is_empty();
    let units = |l: &domain::after_sale::WishLine| if may { l.unsent + l.sent } else { 0 };
    let named = |l: &domain::after_sale::WishLine| {
        let name = if l.choice.is_empty() { l.title.clone() } else { format!("{} · {}", l.title, l.choice) };
        (name, units(l))
    };
    crate::row! {
        struct Received {
            at: Option<i64>,
        }
    }
    let received: Received = shop
        .db
        .fetch_one(
            "SELECT MAX(opened_at) AS at FROM after_sale WHERE order_id = $1 AND reason = $2",
            args![order, WITHDRAWAL],
        )
        .await?;
    let cases = if received.at.is_some() { of_order(shop, order).await? } else { Vec::new() };
    Ok(WithdrawalView {
        order: code,
        lines: lines.iter().map(named).filter(|(_, n)| *n > 0).collect(),
        received: received.at,
        cases,
    })
}

/// Withdraws from the contract: what was not sent is not sent and its money goes back, what was sent comes back first. The shop is not
/// asked. `email`: where the acknowledgement goes besides the inbox of the account, when it is not empty.
///
/// # Errors
/// Those of [`withdrawable`], `nothing_left` when everything is in a case, given back, or too old, `email_form`.
pub async fn withdraw(shop: &Shop, lang: Lang, code: &str, phone: &str, email: &str) -> Result<()> {
    let unknown = || Problem::new(404, "withdrawal_unknown");
    let code: Code = code.trim().parse().map_err(|_| unknown())?;
    let email = email_address(email)?;
    let (me, _) = order::by_phone(shop, &code, phone.trim()).await?.ok_or_else(unknown)?;
    let input = (shop.clone(), me, code, email.map(|e| (e, lang)), shop.clock.now());
    shop.db
        .write(input, |tx, (shop, me, code, email, now)| {
            Box::pin(async move { withdraw_in(tx, shop, *me, code, email.as_ref(), *now).await })
        })
        .await
}

async fn withdraw_in(
    tx: &mut Tx,
    shop: &Shop,
    me: PersonId,
    code: &Code,
    email: Option<&(String, Lang)>,
    now: Millis,
) -> Result<()> {
    let forming = order::mine(tx, me, code).await?.is_some_and(|o| o.forming);
    if !forming {
        order::lock(tx, code).await?;
    }
    let order = order::mine(tx, me, code).await?.ok_or_else(Problem::not_found)?;
    let allowed = Kind::allowed(order.state);
    let mut opened = 0;
    if !group_buy::is_settled(tx, order.order).await? {
        return Err(Error::problem(409, "team_forming"));
    }
    if order.forming {
        // Out of the team, with all of the money.
        group_buy::leave_in(tx, shop, me, code, now).await?;
        opened += 1;
    }
    for (kind, units) in order::withdrawable(tx, order.order).await? {
        if order.forming || !allowed.contains(&kind) {
            continue;
        }
        let case = shop.rng.code();
        let asked = Asked { kind, reason: WITHDRAWAL, text: "", units: &units };
        let case = make(tx, shop, &order, &case, &asked, now).await?;
        let to = if kind.sends_back() { State::Returning } else { State::Refunding };
        go_on(tx, shop, &case, Going { to, by: Party::Clock, said: "withdrawal" }, "", now).await?;
        opened += 1;
    }
    if opened == 0 {
        return Err(Error::problem(409, "nothing_left"));
    }
    order::note_and_tell(tx, shop, order.order, "withdrawn", None, now).await?;
    match email {
        Some((address, lang)) => {
            let letter = mail::Letter { kind: "withdrawn", order: order.order, case: None, amount: None };
            mail::write(tx, shop, address, *lang, &letter, now).await
        }
        None => Ok(()),
    }
}
