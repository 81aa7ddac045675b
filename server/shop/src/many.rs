//! Very many generated orders at once, each at an end of its life with everything that belongs to it, for measuring how reads
//! and `verify` grow. Rows are made inside the database: an order that goes through its use cases costs a hundred times as much.
//! The one place that writes tables of several capabilities. Their ids are of the year 1970: nothing of them is new.

use crate::{
    Result, Shop, args,
    catalog::to_json,
    db::{Engine, Tx},
};
use domain::{
    Lang, Millis, Problem,
    address::Address,
    id::{MerchantId, PersonId},
    ledger::Account,
    order::Snapshot,
    settlement,
    time::DAY,
};
use std::collections::BTreeMap;

/// Who and what the orders are made of.
#[derive(Clone)]
pub struct Orders {
    /// Whose goods `seed-{0}` up to `seed-{products}` are (`catalog::generate`).
    pub merchant: MerchantId,
    /// Of the parcels as priced.
    pub merchant_slug: String,
    pub products: i64,
    /// The accounts `seed{0}` up to `seed{users}` buy in turn.
    pub users: i64,
    /// `seed0`, who also buys everything that is given back.
    pub gives_back: PersonId,
}

/// Of one product at most so many orders, so that its 1,000 units are enough.
const ORDERS_A_PRODUCT: i64 = 500;
/// Orders in one transaction: on `PostgreSQL` no statement may take longer than two seconds.
const BATCH: i64 = 10_000;

/// Adds orders `from` up to `to` (not included). Of twenty, one was never paid, one waits for its parcel, one was given back whole,
/// one in part, the others are completed and settled.
///
/// # Errors
/// `bad_request` when there are too few products or no users; what the database says: those before the failing batch stay.
pub async fn generate(shop: &Shop, orders: &Orders, from: i64, to: i64) -> Result<()> {
    if orders.users < 1 || to > orders.products.saturating_mul(ORDERS_A_PRODUCT) {
        return Err(Problem::bad_request().into());
    }
    let mut at = from;
    while at < to {
        let end = to.min(at + BATCH);
        let input = (orders.clone(), shop.db.engine(), at, end, shop.clock.now(), shop.settings.platform_fee_bp);
        shop.db
            .write(input, |tx, (orders, engine, at, end, now, fee_bp)| {
                Box::pin(async move {
                    let batch = Batch { from: *at, to: *end, now: *now };
                    batch.orders(tx, orders, *engine).await?;
                    batch.payments(tx).await?;
                    batch.parcels(tx).await?;
                    batch.cases(tx).await?;
                    batch.settled(tx, *fee_bp).await?;
                    batch.ledger(tx, orders, *engine).await?;
                    batch.stock(tx).await
                })
            })
            .await?;
        at = end;
    }
    Ok(())
}

struct Batch {
    from: i64,
    to: i64,
    now: Millis,
}

impl Batch {
    async fn orders(&self, tx: &mut Tx, orders: &Orders, engine: Engine) -> Result<()> {
        let address = Address {
            recipient: "Seed".into(),
            phone: "13800138000".into(),
            province: "云南省".into(),
            city: "昆明市".into(),
            district: "五华区".into(),
            line: "翠湖南路 12 号".into(),
            ..Address::default()
        };
        // Twenty minutes apart, the newest so old that its return window is over. `i % 20` says what became of an order; a code
        // is its number in base58 digits.
        let sql = match engine {
            Engine::Sqlite => {
                "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
                 INSERT INTO orders (id, code, person_id, state, currency, goods, shipping, discount, total, parcels, address, method, note,
                                     hold_until, created_at, paid_at, received_at, completed_at, closed_at)
                 SELECT unhex('00000010' || printf('%024x', n.i)), REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z'), p.id,
                        CASE n.i % 20 WHEN 0 THEN 'cancelled' WHEN 1 THEN 'paid' WHEN 2 THEN 'refunded' ELSE 'completed' END, 'CNY',
                        s.price * (1 + n.i % 2), 0, 0, s.price * (1 + n.i % 2), $5, $6, 'standard', '',
                        $7 - n.i * 1200000 + 900000, $7 - n.i * 1200000,
                        CASE n.i % 20 WHEN 0 THEN NULL ELSE $7 - n.i * 1200000 + 60000 END,
                        CASE WHEN n.i % 20 > 1 THEN $7 - n.i * 1200000 + 86400000 END,
                        CASE WHEN n.i % 20 > 2 THEN $7 - n.i * 1200000 + 864000000 END,
                        CASE n.i % 20 WHEN 0 THEN $7 - n.i * 1200000 + 900000 WHEN 2 THEN $7 - n.i * 1200000 + 172800000 END
                 FROM n JOIN person p ON p.handle = 'seed' || (CASE WHEN n.i % 20 IN (2, 3) THEN 0 ELSE n.i % $4 END) JOIN product g ON g.slug = 'seed-' || (n.i % $3) JOIN sku s ON s.product_id = g.id"
            }
            Engine::Postgres => {
                "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
                 INSERT INTO orders (id, code, person_id, state, currency, goods, shipping, discount, total, parcels, address, method, note,
                                     hold_until, created_at, paid_at, received_at, completed_at, closed_at)
                 SELECT CAST('00000010' || lpad(to_hex(n.i), 24, '0') AS uuid), REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z'), p.id,
                        CASE n.i % 20 WHEN 0 THEN 'cancelled' WHEN 1 THEN 'paid' WHEN 2 THEN 'refunded' ELSE 'completed' END, 'CNY',
                        s.price * (1 + n.i % 2), 0, 0, s.price * (1 + n.i % 2), $5, $6, 'standard', '',
                        $7 - n.i * 1200000 + 900000, $7 - n.i * 1200000,
                        CASE n.i % 20 WHEN 0 THEN NULL ELSE $7 - n.i * 1200000 + 60000 END,
                        CASE WHEN n.i % 20 > 1 THEN $7 - n.i * 1200000 + 86400000 END,
                        CASE WHEN n.i % 20 > 2 THEN $7 - n.i * 1200000 + 864000000 END,
                        CASE n.i % 20 WHEN 0 THEN $7 - n.i * 1200000 + 900000 WHEN 2 THEN $7 - n.i * 1200000 + 172800000 END
                 FROM n JOIN person p ON p.handle = 'seed' || (CASE WHEN n.i % 20 IN (2, 3) THEN 0 ELSE n.i % $4 END) JOIN product g ON g.slug = 'seed-' || (n.i % $3) JOIN sku s ON s.product_id = g.id"
            }
        };
        let parcels = format!(r#"[{{"merchant":"{}","name":"Seed","goods":0,"fee":0}}]"#, orders.merchant_slug);
        let newest = self.now - 40 * DAY;
        tx.execute(sql, args![self.from, self.to, orders.products, orders.users, parcels, to_json(&address), newest])
            .await?;
        let each =
            |text: &str| Lang::ALL.iter().map(|l| (l.tag().to_owned(), text.to_owned())).collect::<BTreeMap<_, _>>();
        let snapshot = Snapshot {
            slug: "@".into(),
            titles: each("Seed @").into_iter().map(|(l, t)| (l, (t, String::new()))).collect(),
            merchant: each("Seed"),
            picture: None,
            weight_g: 500,
        };
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO order_line (order_id, position, merchant_id, sku_id, quantity, unit_price, snapshot, names, stock, shipped, claimed)
             SELECT o.id, 0, $4, s.id, 1 + n.i % 2, s.price, REPLACE($5, '@', g.slug), 'seed ' || g.slug,
                    CASE n.i % 20 WHEN 0 THEN 'released' ELSE 'sold' END, CASE WHEN n.i % 20 > 1 THEN 1 + n.i % 2 ELSE 0 END,
                    CASE WHEN n.i % 20 IN (2, 3) THEN 1 ELSE 0 END
             FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')
             JOIN product g ON g.slug = 'seed-' || (n.i % $3) JOIN sku s ON s.product_id = g.id",
            args![self.from, self.to, orders.products, orders.merchant, to_json(&snapshot)],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO order_event (order_id, ordinal, kind, amount, at)
             SELECT o.id, e.ordinal, e.kind, CASE WHEN e.ordinal < 3 THEN o.total END,
                    CASE e.ordinal WHEN 1 THEN o.created_at WHEN 2 THEN o.paid_at WHEN 3 THEN o.received_at ELSE o.completed_at END
             FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')
             CROSS JOIN (SELECT 1 AS ordinal, 'placed' AS kind UNION ALL SELECT 2, 'paid' UNION ALL SELECT 3, 'received' UNION ALL SELECT 4, 'completed') e
             WHERE e.ordinal = 1 OR (e.ordinal = 2 AND o.paid_at IS NOT NULL) OR (e.ordinal = 3 AND o.received_at IS NOT NULL)
                OR (e.ordinal = 4 AND o.completed_at IS NOT NULL)",
            args![self.from, self.to],
        )
        .await?;
        Ok(())
    }

    async fn payments(&self, tx: &mut Tx) -> Result<()> {
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO payment (id, order_id, provider, provider_ref, state, amount, currency, created_at, captured_at, refunded)
             SELECT o.id, o.id, 'sandbox', 'seed-' || n.i, CASE n.i % 20 WHEN 0 THEN 'failed' WHEN 2 THEN 'refunded' ELSE 'captured' END,
                    o.total, o.currency, o.created_at, o.paid_at, CASE WHEN n.i % 20 IN (2, 3) THEN o.total / (1 + n.i % 2) ELSE 0 END
             FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')",
            args![self.from, self.to],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO sandbox_payment (provider_ref, amount, currency, state, created_at, refunded)
             SELECT p.provider_ref, p.amount, p.currency, CASE p.state WHEN 'captured' THEN 'paid' ELSE p.state END, p.created_at, p.refunded
             FROM n JOIN payment p ON p.provider_ref = 'seed-' || n.i",
            args![self.from, self.to],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO webhook_inbox (provider, event_id, outcome, received_at)
             SELECT p.provider, p.provider_ref || CASE p.state WHEN 'failed' THEN '-failed' ELSE '-paid' END, 'applied', p.created_at
             FROM n JOIN payment p ON p.provider_ref = 'seed-' || n.i",
            args![self.from, self.to],
        )
        .await?;
        Ok(())
    }

    async fn parcels(&self, tx: &mut Tx) -> Result<()> {
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO shipment (id, code, order_id, merchant_id, carrier, tracking, state, shipped_at, delivered_at)
             SELECT o.id, o.code, o.id, l.merchant_id, 'simulated', 'seed-' || n.i, 'delivered', o.paid_at, o.received_at
             FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z') JOIN order_line l ON l.order_id = o.id
             WHERE o.received_at IS NOT NULL",
            args![self.from, self.to],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO shipment_line (shipment_id, position, quantity)
             SELECT s.id, 0, 1 + n.i % 2 FROM n JOIN shipment s ON s.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')",
            args![self.from, self.to],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO shipment_event (shipment_id, ordinal, kind, at)
             SELECT s.id, 1, 'delivered', s.delivered_at FROM n JOIN shipment s ON s.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')",
            args![self.from, self.to],
        )
        .await?;
        Ok(())
    }

    async fn cases(&self, tx: &mut Tx) -> Result<()> {
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO after_sale (id, code, order_id, person_id, merchant_id, kind, state, reason, amount, currency, opened_at)
             SELECT o.id, o.code, o.id, o.person_id, l.merchant_id, 'refund', 'refunded', 'damaged', l.unit_price, o.currency, o.received_at
             FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z') JOIN order_line l ON l.order_id = o.id
             WHERE l.claimed > 0",
            args![self.from, self.to],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO after_sale_line (case_id, position, quantity)
             SELECT c.id, 0, 1 FROM n JOIN after_sale c ON c.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')",
            args![self.from, self.to],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO after_sale_message (case_id, ordinal, author, kind, body, at)
             SELECT c.id, 1, 'buyer', 'opened', '', c.opened_at FROM n JOIN after_sale c ON c.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')",
            args![self.from, self.to],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO refund (id, payment_id, idempotency_key, amount, state, created_at, done_at, case_id)
             SELECT c.id, p.id, 'seed-' || n.i, c.amount, 'done', c.opened_at, c.opened_at, c.id
             FROM n JOIN after_sale c ON c.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z') JOIN payment p ON p.order_id = c.order_id",
            args![self.from, self.to],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO sandbox_refund (refund_key, provider_ref, amount, created_at)
             SELECT r.idempotency_key, p.provider_ref, r.amount, r.created_at
             FROM n JOIN payment p ON p.provider_ref = 'seed-' || n.i JOIN refund r ON r.payment_id = p.id",
            args![self.from, self.to],
        )
        .await?;
        Ok(())
    }

    async fn settled(&self, tx: &mut Tx, fee_bp: i64) -> Result<()> {
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO settlement (order_id, merchant_id, currency, earned, refunded, fee_bp, fee, net, at)
             SELECT o.id, l.merchant_id, o.currency, o.total, p.refunded, $3, (o.total - p.refunded) * $3 / $4,
                    o.total - p.refunded - (o.total - p.refunded) * $3 / $4, o.completed_at
             FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z') JOIN order_line l ON l.order_id = o.id
             JOIN payment p ON p.order_id = o.id WHERE o.completed_at IS NOT NULL",
            args![self.from, self.to, fee_bp, settlement::ALL],
        )
        .await?;
        Ok(())
    }

    /// Each order has up to four transactions: captured, its refund agreed and done, settled.
    async fn ledger(&self, tx: &mut Tx, orders: &Orders, engine: Engine) -> Result<()> {
        let sql = match engine {
            Engine::Sqlite => {
                "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
                 INSERT INTO ledger_transaction (id, kind, source_id, at)
                 SELECT unhex('0000002' || k.k || printf('%024x', n.i)), k.kind, o.id, o.paid_at + k.k
                 FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')
                 CROSS JOIN (SELECT 0 AS k, 'capture' AS kind UNION ALL SELECT 1, 'refund_agreed' UNION ALL SELECT 2, 'refund' UNION ALL SELECT 3, 'settle') k
                 WHERE n.i % 20 > 0 AND (k.k = 0 OR (k.k IN (1, 2) AND n.i % 20 IN (2, 3)) OR (k.k = 3 AND n.i % 20 > 2))"
            }
            Engine::Postgres => {
                "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
                 INSERT INTO ledger_transaction (id, kind, source_id, at)
                 SELECT CAST('0000002' || k.k || lpad(to_hex(n.i), 24, '0') AS uuid), k.kind, o.id, o.paid_at + k.k
                 FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')
                 CROSS JOIN (SELECT 0 AS k, 'capture' AS kind UNION ALL SELECT 1, 'refund_agreed' UNION ALL SELECT 2, 'refund' UNION ALL SELECT 3, 'settle') k
                 WHERE n.i % 20 > 0 AND (k.k = 0 OR (k.k IN (1, 2) AND n.i % 20 IN (2, 3)) OR (k.k = 3 AND n.i % 20 > 2))"
            }
        };
        tx.execute(sql, args![self.from, self.to]).await?;
        let (merchant, owed) = (Account::Merchant(orders.merchant).name(), Account::Owed(orders.merchant).name());
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO ledger_entry (transaction_id, position, account, currency, amount)
             SELECT t.id, e.position, e.account, o.currency,
                    e.sign * CASE e.what WHEN 'total' THEN o.total WHEN 'refunded' THEN p.refunded WHEN 'net' THEN s.net WHEN 'fee' THEN s.fee ELSE s.net + s.fee END
             FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z') JOIN payment p ON p.order_id = o.id
             LEFT JOIN settlement s ON s.order_id = o.id
             CROSS JOIN (SELECT 'capture' AS kind, 0 AS position, 'clearing:sandbox' AS account, 1 AS sign, 'total' AS what
                         UNION ALL SELECT 'capture', 1, $3, -1, 'total'
                         UNION ALL SELECT 'refund_agreed', 0, $3, 1, 'refunded' UNION ALL SELECT 'refund_agreed', 1, $5, -1, 'refunded'
                         UNION ALL SELECT 'refund', 0, 'clearing:sandbox', -1, 'refunded' UNION ALL SELECT 'refund', 1, $5, 1, 'refunded'
                         UNION ALL SELECT 'settle', 0, $3, 1, 'rest' UNION ALL SELECT 'settle', 1, $4, -1, 'net'
                         UNION ALL SELECT 'settle', 2, 'fees', -1, 'fee') e
             JOIN ledger_transaction t ON t.kind = e.kind AND t.source_id = o.id
             WHERE e.what <> 'fee' OR s.fee > 0",
            args![self.from, self.to, merchant, owed, Account::Person(orders.gives_back).name()],
        )
        .await?;
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
             INSERT INTO ledger_balance (account, currency, slot, amount)
             SELECT e.account, e.currency, 0, CAST(SUM(e.amount) AS BIGINT)
             FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')
             CROSS JOIN (SELECT 'capture' AS kind UNION ALL SELECT 'refund_agreed' UNION ALL SELECT 'refund' UNION ALL SELECT 'settle') k
             JOIN ledger_transaction t ON t.kind = k.kind AND t.source_id = o.id JOIN ledger_entry e ON e.transaction_id = t.id
             WHERE TRUE GROUP BY e.account, e.currency
             ON CONFLICT (account, currency, slot) DO UPDATE SET amount = ledger_balance.amount + excluded.amount",
            args![self.from, self.to],
        )
        .await?;
        Ok(())
    }

    async fn stock(&self, tx: &mut Tx) -> Result<()> {
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2),
             sales (sku_id, n) AS (
                SELECT l.sku_id, CAST(SUM(l.quantity) AS BIGINT) FROM n JOIN orders o ON o.code = REPLACE(CAST(100000000000 + n.i AS TEXT), '0', 'z')
                JOIN order_line l ON l.order_id = o.id WHERE l.stock = 'sold' GROUP BY l.sku_id)
             UPDATE sku SET sold = sold + (SELECT n FROM sales WHERE sku_id = sku.id), on_hand = on_hand - (SELECT n FROM sales WHERE sku_id = sku.id)
             WHERE id IN (SELECT sku_id FROM sales)",
            args![self.from, self.to],
        )
        .await?;
        Ok(())
    }
}
