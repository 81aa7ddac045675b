//! `tuanju verify`: every invariant as SQL that answers no row when all is well.
//!
//! One text for both engines. Each check has a seeded corruption in the tests that turns it red.
//!
//! Ids begin with the time at which they were made. A check whose text has a part `/*new: ... */` can also be asked of new rows only,
//! those with an id from `$1` on: then that part counts, so that a shop with years of orders is looked at in a blink.

use crate::{Db, Result, args, audit, chance::first_id, db::Args};
use domain::Millis;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::LazyLock;
use uuid::Uuid;

/// One invariant. `sql` answers a column `what` for each thing that is wrong.
pub struct Check {
    pub name: &'static str,
    pub sql: &'static str,
}

impl Check {
    /// Whether the books are wrong when it is broken; then nothing new may be bought on them.
    pub fn is_of_money(&self) -> bool {
        !matches!(
            self.name.split(':').next(),
            Some(
                "catalogue"
                    | "inbox"
                    | "review"
                    | "question"
                    | "challenge"
                    | "post"
                    | "poll"
                    | "follow"
                    | "moderation"
                    | "feed"
                    | "live"
            )
        )
    }
}

/// The invariants (rules.md 10, and what they rest on).
pub const CHECKS: &[Check] = &[
    Check {
        name: "stock: on hand = received - sold",
        sql: "SELECT 'sku ' || code AS what FROM sku WHERE (on_hand <> received - sold OR held > on_hand) /*new: AND (id >= $1 OR TRUE)*/",
    },
    Check {
        name: "stock: held = units of orders that await payment, of exchanges, and of what can be won",
        sql: "SELECT 'sku ' || s.code || ' holds ' || s.held AS what FROM sku s
              LEFT JOIN (SELECT sku_id, SUM(quantity) AS n
                         FROM (SELECT sku_id, quantity FROM order_line WHERE stock = 'held'
                               UNION ALL SELECT i.sku_id, i.quantity FROM after_sale c JOIN after_sale_line i ON i.case_id = c.id
                               WHERE c.state = 'replacing' AND i.sku_id IS NOT NULL
                               UNION ALL SELECT sku_id, prizes FROM room_draw WHERE drawn_at IS NULL AND sku_id IS NOT NULL
                               UNION ALL SELECT d.sku_id, 1 FROM room_prize p JOIN room_draw d ON d.id = p.draw_id WHERE p.order_id IS NULL) u GROUP BY sku_id) h ON h.sku_id = s.id
              WHERE s.held <> COALESCE(h.n, 0)",
    },
    Check {
        name: "stock: sold = units of paid orders, and those sent in exchange",
        sql: "SELECT 'sku ' || s.code || ' sold ' || s.sold AS what FROM sku s
              LEFT JOIN (SELECT sku_id, SUM(n) AS n
                         FROM (SELECT sku_id, SUM(quantity - restocked) AS n FROM order_line WHERE stock = 'sold' GROUP BY sku_id
                               UNION ALL SELECT i.sku_id, i.quantity FROM after_sale c JOIN after_sale_line i ON i.case_id = c.id
                               WHERE c.state = 'replaced' AND i.sku_id IS NOT NULL) u GROUP BY sku_id) h ON h.sku_id = s.id
              WHERE s.sold <> COALESCE(h.n, 0)",
    },
    Check {
        name: "stock: a line's stock follows its order",
        sql: "SELECT 'order ' || o.code || ' is ' || o.state || ', line ' || l.stock AS what
              FROM order_line l JOIN orders o ON o.id = l.order_id
              WHERE ((o.state = 'awaiting_payment') <> (l.stock = 'held') OR (o.state = 'cancelled') <> (l.stock = 'released'))
              /*new: AND l.order_id >= $1*/",
    },
    Check {
        name: "order: goods = the sum of its lines",
        sql: "SELECT 'order ' || o.code AS what FROM orders o
              LEFT JOIN (SELECT order_id, SUM((unit_price + coupon_off) * quantity) AS n FROM order_line /*new: WHERE order_id >= $1*/ GROUP BY order_id) l
                ON l.order_id = o.id
              WHERE (o.goods <> COALESCE(l.n, 0) OR l.order_id IS NULL) /*new: AND o.id >= $1*/",
    },
    Check {
        name: "order: total = goods + shipping - discount, not below zero",
        sql: "SELECT 'order ' || code AS what FROM orders WHERE (total <> goods + shipping - discount OR total < 0) /*new: AND id >= $1*/",
    },
    Check {
        name: "order: discount = what coupons took off its lines, and what those took that it was placed with",
        sql: "SELECT 'order ' || o.code AS what FROM orders o
              LEFT JOIN (SELECT order_id, SUM(coupon_off * quantity) AS n FROM order_line /*new: WHERE order_id >= $1*/ GROUP BY order_id) l ON l.order_id = o.id
              LEFT JOIN (SELECT order_id, SUM(took) AS n FROM coupon_grant WHERE order_id IS NOT NULL /*new: AND order_id >= $1*/ GROUP BY order_id) g ON g.order_id = o.id
              WHERE (o.discount <> COALESCE(l.n, 0) OR COALESCE(g.n, 0) <> CASE WHEN o.state = 'cancelled' THEN 0 ELSE o.discount END)
              /*new: AND o.id >= $1*/",
    },
    Check {
        name: "payment: a paid order has exactly one capture of its total",
        sql: "SELECT 'order ' || o.code AS what FROM orders o
              LEFT JOIN (SELECT order_id, COUNT(*) AS n, SUM(amount) AS amount FROM payment WHERE state = 'captured' /*new: AND order_id >= $1*/
                         GROUP BY order_id) p ON p.order_id = o.id
              WHERE /*new: o.id >= $1 AND*/ o.paid_at IS NOT NULL AND o.state <> 'refunded' AND (COALESCE(p.n, 0) <> 1 OR p.amount <> o.total)",
    },
    Check {
        name: "payment: a capture belongs to a paid order",
        sql: "SELECT 'payment ' || p.provider_ref AS what FROM payment p JOIN orders o ON o.id = p.order_id
              WHERE p.state = 'captured' AND o.paid_at IS NULL /*new: AND p.id >= $1*/",
    },
    Check {
        name: "payment: what is due back has a refund of its amount",
        sql: "SELECT 'payment ' || p.provider_ref AS what FROM payment p
              LEFT JOIN (SELECT payment_id, SUM(amount) AS n FROM refund /*new: WHERE payment_id >= $1*/ GROUP BY payment_id) r ON r.payment_id = p.id
              WHERE /*new: p.id >= $1 AND*/ p.state IN ('refund_due', 'refunded') AND COALESCE(r.n, 0) <> p.amount",
    },
    Check {
        name: "payment: refunds never exceed what was paid",
        sql: "SELECT 'payment ' || p.provider_ref AS what FROM payment p
              JOIN (SELECT payment_id, SUM(amount) AS n FROM refund
                    /*new: WHERE payment_id IN (SELECT payment_id FROM refund WHERE id >= $1)*/ GROUP BY payment_id) r
                ON r.payment_id = p.id WHERE r.n > p.amount",
    },
    Check {
        name: "shipment: what a line has sent is in parcels, and no more than was ordered",
        sql: "SELECT 'order ' || o.code || ' line ' || l.position AS what FROM order_line l JOIN orders o ON o.id = l.order_id
              LEFT JOIN (SELECT s.order_id, i.position, SUM(i.quantity) AS n FROM shipment s JOIN shipment_line i ON i.shipment_id = s.id
                         /*new: WHERE s.order_id >= $1*/ GROUP BY s.order_id, i.position) p ON p.order_id = l.order_id AND p.position = l.position
              WHERE (l.shipped <> COALESCE(p.n, 0) OR l.shipped > l.quantity) /*new: AND l.order_id >= $1*/",
    },
    Check {
        name: "shipment: an order goes as far as its parcels",
        sql: "SELECT 'order ' || o.code || ' is ' || o.state AS what FROM orders o
              JOIN (SELECT order_id, SUM(shipped) AS sent, SUM(quantity - restocked) AS n FROM order_line /*new: WHERE order_id >= $1*/
                    GROUP BY order_id) l ON l.order_id = o.id
              WHERE (o.state IN ('awaiting_payment', 'paid', 'cancelled') AND l.sent <> 0)
                 OR (o.state = 'fulfilling' AND (l.sent = 0 OR l.sent = l.n))
                 OR (o.state IN ('shipped', 'delivered', 'completed') AND l.sent <> l.n)",
    },
    Check {
        name: "order: received and completed say when",
        sql: "SELECT 'order ' || code || ' is ' || state AS what FROM orders
              WHERE ((state = 'delivered' AND received_at IS NULL) OR (state = 'completed' AND (completed_at IS NULL OR received_at IS NULL))
                 OR (state IN ('awaiting_payment', 'paid', 'fulfilling', 'shipped', 'cancelled') AND received_at IS NOT NULL))
              /*new: AND id >= $1*/",
    },
    Check {
        name: "payment: what is given back = the sum of its refunds",
        sql: "SELECT 'payment ' || p.provider_ref AS what FROM payment p
              LEFT JOIN (SELECT payment_id, SUM(amount) AS n FROM refund
                         /*new: WHERE payment_id >= $1 OR payment_id IN (SELECT payment_id FROM refund WHERE id >= $1)*/
                         GROUP BY payment_id) r ON r.payment_id = p.id
              WHERE p.refunded <> COALESCE(r.n, 0)
              /*new: AND (p.id >= $1 OR p.id IN (SELECT payment_id FROM refund WHERE id >= $1))*/",
    },
    Check {
        name: "after-sale: units in cases are the units that lines have in cases",
        sql: "SELECT 'order ' || o.code || ' line ' || l.position AS what FROM order_line l JOIN orders o ON o.id = l.order_id
              LEFT JOIN (SELECT c.order_id, i.position, SUM(CASE WHEN c.kind = 'cancel' THEN i.quantity ELSE 0 END) AS withdrawn,
                                SUM(CASE WHEN c.kind IN ('refund', 'return', 'exchange') THEN i.quantity ELSE 0 END) AS claimed,
                                SUM(CASE WHEN c.kind = 'cancel' AND c.state IN ('refunding', 'refunded') THEN i.quantity ELSE 0 END) AS restocked
                         FROM after_sale c JOIN after_sale_line i ON i.case_id = c.id WHERE c.state NOT IN ('closed', 'replaced')
                         /*new: AND c.order_id >= $1*/ GROUP BY c.order_id, i.position) s
                ON s.order_id = l.order_id AND s.position = l.position
              WHERE (l.withdrawn <> COALESCE(s.withdrawn, 0) OR l.claimed <> COALESCE(s.claimed, 0) OR l.restocked <> COALESCE(s.restocked, 0))
              /*new: AND l.order_id >= $1*/",
    },
    Check {
        name: "after-sale: a line is lowered by what its fallen prices gave back",
        sql: "SELECT 'order ' || o.code || ' line ' || l.position AS what FROM order_line l JOIN orders o ON o.id = l.order_id
              LEFT JOIN (SELECT c.order_id, i.position, SUM(c.amount / i.quantity) AS n FROM after_sale c JOIN after_sale_line i ON i.case_id = c.id
                         WHERE c.kind = 'price_drop' /*new: AND c.order_id >= $1*/ GROUP BY c.order_id, i.position) s ON s.order_id = l.order_id AND s.position = l.position
              WHERE (l.price_back <> 0 OR s.order_id IS NOT NULL) AND l.price_back <> COALESCE(s.n, 0) /*new: AND l.order_id >= $1*/",
    },
    Check {
        name: "after-sale: a case that was agreed to has its refund, and no other has one",
        sql: "SELECT 'case ' || c.code AS what FROM after_sale c LEFT JOIN refund r ON r.case_id = c.id
              WHERE ((c.state IN ('refunding', 'refunded')) <> (r.id IS NOT NULL) OR (r.id IS NOT NULL AND r.amount <> c.amount)
                 OR (c.state = 'refunded') <> (COALESCE(r.state, '') = 'done')) /*new: AND c.id >= $1*/",
    },
    Check {
        name: "ledger: refunds due = refunds that are not done",
        sql: "SELECT 'refunds due ' || e.n || ' instead of ' || COALESCE(d.n, 0) AS what
              FROM (SELECT currency, SUM(amount) AS n FROM ledger_entry WHERE account > 'person:' AND account < 'person;' GROUP BY currency) e
              LEFT JOIN (SELECT p.currency, SUM(r.amount) AS n FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.state = 'due' GROUP BY p.currency) d
                ON d.currency = e.currency
              WHERE -e.n <> COALESCE(d.n, 0)",
    },
    Check {
        name: "ledger: every transaction sums to zero",
        // In the order in which entries lie; a transaction is of one currency.
        sql: "SELECT 'transaction of ' || (SELECT kind FROM ledger_transaction t WHERE t.id = z.transaction_id) AS what
              FROM (SELECT transaction_id FROM ledger_entry /*new: WHERE transaction_id >= $1*/ GROUP BY transaction_id HAVING SUM(amount) <> 0 OR MIN(currency) <> MAX(currency)) z
              UNION ALL SELECT 'a transaction without entries' FROM (SELECT COUNT(*) AS n FROM ledger_transaction /*new: WHERE id >= $1*/) t,
                (SELECT COUNT(*) AS n FROM ledger_entry WHERE position = 0 /*new: AND transaction_id >= $1*/) e WHERE t.n <> e.n",
    },
    Check {
        name: "ledger: every capture is booked with its amount",
        sql: "SELECT 'payment ' || p.provider_ref AS what FROM payment p
              LEFT JOIN ledger_transaction t ON t.kind = 'capture' AND t.source_id = p.id
              LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND SUBSTR(e.account, 1, 9) = 'clearing:'
              WHERE p.captured_at IS NOT NULL AND p.amount <> 0 AND COALESCE(e.amount, 0) <> p.amount /*new: AND p.id >= $1*/",
    },
    Check {
        name: "ledger: what an account stands at = the sum of its entries",
        sql: "SELECT 'account ' || account AS what
              FROM (SELECT account, currency, SUM(amount) AS n FROM ledger_entry GROUP BY account, currency
                    UNION ALL SELECT account, currency, -SUM(amount) AS n FROM ledger_balance GROUP BY account, currency) b
              GROUP BY account, currency HAVING SUM(n) <> 0",
    },
    Check {
        name: "settlement: a completed order is settled over its total, and no other is",
        sql: "SELECT 'order ' || o.code AS what FROM orders o
              LEFT JOIN (SELECT order_id, SUM(earned) AS n FROM settlement /*new: WHERE order_id >= $1*/ GROUP BY order_id) s ON s.order_id = o.id
              WHERE ((o.completed_at IS NOT NULL) <> (s.order_id IS NOT NULL) OR s.n <> o.total) /*new: AND o.id >= $1*/",
    },
    Check {
        name: "settlement: what merchants are owed and the fee are booked",
        sql: "SELECT s.currency || ' owed ' || s.net || ', fees ' || s.fee AS what
              FROM (SELECT currency, SUM(net) AS net, SUM(fee) AS fee, SUM(subsidy) AS subsidy FROM settlement GROUP BY currency) s
              LEFT JOIN (SELECT currency, -SUM(amount) AS n FROM ledger_entry WHERE account > 'owed:' AND account < 'owed;' GROUP BY currency) o
                ON o.currency = s.currency
              LEFT JOIN (SELECT currency, -SUM(amount) AS n FROM ledger_entry WHERE account = 'fees' GROUP BY currency) f ON f.currency = s.currency
              LEFT JOIN (SELECT currency, SUM(amount) AS n FROM ledger_entry WHERE account = 'coupons' GROUP BY currency) c ON c.currency = s.currency
              WHERE COALESCE(o.n, 0) <> s.net + s.subsidy OR COALESCE(f.n, 0) <> s.fee OR COALESCE(c.n, 0) <> s.subsidy
              UNION ALL SELECT 'settled orders and their transactions' FROM (SELECT COUNT(DISTINCT order_id) AS n FROM settlement) s,
                (SELECT COUNT(*) AS n FROM ledger_transaction WHERE kind = 'settle') t WHERE s.n <> t.n",
    },
    Check {
        name: "settlement: what went back = the refunds of its cases",
        sql: "SELECT 'order ' || o.code AS what FROM settlement s JOIN orders o ON o.id = s.order_id
              LEFT JOIN (SELECT order_id, merchant_id, SUM(amount) AS n FROM after_sale WHERE state IN ('refunding', 'refunded')
                         /*new: AND order_id >= $1*/ GROUP BY order_id, merchant_id) c ON c.order_id = s.order_id AND c.merchant_id = s.merchant_id
              WHERE s.refunded <> COALESCE(c.n, 0) /*new: AND s.order_id >= $1*/",
    },
    Check {
        name: "settlement: what the platform pays for its coupons = what they took off the units that stayed",
        sql: "SELECT 'order ' || o.code AS what FROM settlement s JOIN orders o ON o.id = s.order_id
              LEFT JOIN (SELECT l.order_id, l.merchant_id, SUM(l.coupon_ours * (l.quantity - COALESCE(b.n, 0))) AS n FROM order_line l
                         LEFT JOIN (SELECT a.order_id, u.position, SUM(u.quantity) AS n FROM after_sale a JOIN after_sale_line u ON u.case_id = a.id
                                    WHERE a.kind IN ('cancel', 'refund', 'return') AND a.state IN ('refunding', 'refunded') /*new: AND a.order_id >= $1*/
                                    GROUP BY a.order_id, u.position) b ON b.order_id = l.order_id AND b.position = l.position
                         WHERE l.coupon_ours > 0 /*new: AND l.order_id >= $1*/ GROUP BY l.order_id, l.merchant_id) c
                ON c.order_id = s.order_id AND c.merchant_id = s.merchant_id
              WHERE s.subsidy <> COALESCE(c.n, 0) /*new: AND s.order_id >= $1*/",
    },
    Check {
        name: "commission: what authors are owed is what orders earned them and was not paid out, and is booked once",
        sql: "SELECT c.currency || ' ' || c.n AS what FROM (SELECT currency, SUM(amount) AS n FROM commission GROUP BY currency) c
              LEFT JOIN (SELECT currency, SUM(amount) AS n FROM payout GROUP BY currency) p ON p.currency = c.currency
              LEFT JOIN (SELECT currency, -SUM(amount) AS n FROM ledger_entry WHERE account > 'creator:' AND account < 'creator;' GROUP BY currency) o
                ON o.currency = c.currency
              LEFT JOIN (SELECT currency, SUM(amount) AS n FROM ledger_entry WHERE account = 'commission' GROUP BY currency) f ON f.currency = c.currency
              WHERE COALESCE(o.n, 0) <> c.n - COALESCE(p.n, 0) OR COALESCE(f.n, 0) <> c.n
              UNION ALL SELECT 'orders that earned and their transactions' FROM (SELECT COUNT(DISTINCT order_id) AS n FROM commission WHERE amount > 0) c,
                (SELECT COUNT(*) AS n FROM ledger_transaction WHERE kind = 'commission') t WHERE c.n <> t.n",
    },
    Check {
        name: "payout: no author was paid more than he has earned",
        sql: "SELECT 'person ' || a.handle AS what FROM (SELECT person_id, currency, SUM(amount) AS n FROM payout GROUP BY person_id, currency) p
              JOIN person a ON a.id = p.person_id
              LEFT JOIN (SELECT person_id, currency, SUM(amount) AS n FROM commission GROUP BY person_id, currency) c
                ON c.person_id = p.person_id AND c.currency = p.currency
              WHERE p.n > COALESCE(c.n, 0)",
    },
    Check {
        name: "commission: of a completed order, at the rate of its line, for the author of the post and never for the buyer",
        sql: "SELECT 'order ' || o.code AS what FROM order_line l JOIN orders o ON o.id = l.order_id JOIN post p ON p.id = l.earns_post_id
              LEFT JOIN commission c ON c.order_id = l.order_id AND c.position = l.position
              WHERE /*new: l.order_id >= $1 AND*/ (p.author_id = o.person_id OR (o.completed_at IS NOT NULL) <> (c.order_id IS NOT NULL)
                OR c.post_id <> p.id OR c.person_id <> p.author_id OR c.currency <> o.currency OR c.bp > l.earns_bp
                OR c.base > l.unit_price * l.quantity OR c.amount <> c.base * c.bp / 10000)
              UNION ALL SELECT 'a line that earns nothing' FROM commission c JOIN order_line l ON l.order_id = c.order_id AND l.position = c.position
              WHERE /*new: c.order_id >= $1 AND*/ l.earns_post_id IS NULL",
    },
    Check {
        name: "team: its seats and goods are those of its members, and never more than its size",
        sql: "SELECT 'team ' || t.code AS what FROM team t
              LEFT JOIN (SELECT team_id, COUNT(CASE WHEN state IN ('paid', 'confirmed') THEN 1 END) AS paid, COUNT(*) AS taken,
                                SUM(CASE WHEN state IN ('paid', 'confirmed') THEN amount ELSE 0 END) AS amount
                         FROM team_member WHERE state IN ('held', 'paid', 'confirmed') /*new: AND team_id >= $1*/ GROUP BY team_id) m ON m.team_id = t.id
              WHERE /*new: t.id >= $1 AND*/ t.state IN ('forming', 'succeeded') AND (t.paid <> COALESCE(m.paid, 0) OR t.seats_taken <> COALESCE(m.taken, 0)
                OR t.amount <> COALESCE(m.amount, 0) OR t.paid + t.sponsored > t.size)",
    },
    Check {
        name: "team: a complete one has every seat, or what it is complete with",
        sql: "SELECT 'team ' || t.code AS what FROM team t JOIN campaign c ON c.id = t.campaign_id
              WHERE /*new: t.id >= $1 AND*/ t.state = 'succeeded' AND ((c.kind = 'heads' AND t.paid + t.sponsored <> t.size) OR (c.kind = 'amount' AND t.amount < t.goal)
                OR (c.kind <> 'heads' AND t.sponsored <> 0) OR t.paid = 0)",
    },
    Check {
        name: "team: a seat is what its team came to",
        sql: "SELECT 'team ' || t.code || ' is ' || t.state || ', a seat ' || m.state AS what FROM team_member m JOIN team t ON t.id = m.team_id
              WHERE ((m.state = 'paid' AND t.state <> 'forming') OR (m.state = 'confirmed' AND t.state <> 'succeeded')
                 OR (m.state IN ('refund_due', 'refunded') AND t.state NOT IN ('failed', 'cancelled'))) /*new: AND m.order_id >= $1*/",
    },
    Check {
        name: "team: what is held and sold of a quota is in seats",
        sql: "SELECT 'campaign ' || c.code AS what FROM campaign_sku s JOIN campaign c ON c.id = s.campaign_id
              LEFT JOIN (SELECT campaign_id, sku_id, SUM(CASE WHEN state = 'held' THEN units ELSE 0 END) AS held,
                                SUM(CASE WHEN state <> 'held' THEN units ELSE 0 END) AS sold
                         FROM team_member WHERE state IN ('held', 'paid', 'confirmed') GROUP BY campaign_id, sku_id) m
                ON m.campaign_id = s.campaign_id AND m.sku_id = s.sku_id
              WHERE s.held <> COALESCE(m.held, 0) OR s.sold <> COALESCE(m.sold, 0) OR s.free + s.held + s.sold <> s.quota",
    },
    Check {
        name: "team: what is counted of a person are the units of his seats",
        sql: "SELECT 'campaign ' || c.code AS what FROM campaign_person p JOIN campaign c ON c.id = p.campaign_id
              LEFT JOIN (SELECT campaign_id, person_id, SUM(units) AS n FROM team_member
                         WHERE state IN ('held', 'paid', 'confirmed') GROUP BY campaign_id, person_id) m
                ON m.campaign_id = p.campaign_id AND m.person_id = p.person_id
              WHERE p.units <> COALESCE(m.n, 0) OR p.units > c.units_each",
    },
    Check {
        name: "team: an order follows its seat",
        sql: "SELECT 'order ' || o.code || ' is ' || o.state || ', its team ' || COALESCE(o.team_state, '-') || ', its seat ' || m.state AS what
              FROM team_member m JOIN orders o ON o.id = m.order_id
              WHERE (o.team_state IS NULL OR (m.state = 'held') <> (o.state = 'awaiting_payment')
                 OR (m.state IN ('held', 'paid')) <> (o.team_state = 'forming') OR (m.state = 'confirmed') <> (o.team_state = 'succeeded')
                 OR (m.state = 'paid' AND o.state <> 'paid') OR (m.state = 'refunded' AND o.state <> 'refunded'))
                /*new: AND m.order_id >= $1*/
              UNION ALL SELECT 'order ' || o.code || ' waits for no team' AS what FROM orders o
              WHERE /*new: o.id >= $1 AND*/ o.team_state = 'forming' AND NOT EXISTS (SELECT 1 FROM team_member m WHERE m.order_id = o.id)",
    },
    Check {
        name: "team: whoever left or was left without a team has all of his money on the way",
        sql: "SELECT 'order ' || o.code AS what FROM team_member m JOIN orders o ON o.id = m.order_id
              LEFT JOIN (SELECT p.order_id, SUM(r.amount) AS n FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.case_id IS NOT NULL
                         /*new: AND p.order_id >= $1*/ GROUP BY p.order_id) b
                ON b.order_id = o.id
              WHERE /*new: m.order_id >= $1 AND*/ (m.state = 'refunded' OR (m.state = 'refund_due' AND m.settled_at IS NOT NULL) OR (m.state = 'left' AND m.paid_at IS NOT NULL))
                AND COALESCE(b.n, 0) <> o.total",
    },
    Check {
        name: "referral: an approved one is booked with its points, and no other is",
        sql: "SELECT 'brought ' || p.handle AS what FROM referral r JOIN person p ON p.id = r.invited_id
              LEFT JOIN ledger_transaction t ON t.kind = 'referral' AND t.source_id = r.invited_id
              LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND e.account = 'points_given'
              LEFT JOIN (SELECT transaction_id, COUNT(*) AS n FROM ledger_entry WHERE account > 'points:' AND account < 'points;' GROUP BY transaction_id) n
                ON n.transaction_id = t.id
              WHERE COALESCE(e.amount, 0) <> CASE WHEN r.state = 'approved' THEN r.inviter_points + r.invited_points ELSE 0 END
                 OR (t.id IS NOT NULL AND COALESCE(n.n, 0) <> CASE WHEN r.inviter_points > 0 THEN 1 ELSE 0 END + CASE WHEN r.invited_points > 0 THEN 1 ELSE 0 END)
              UNION ALL SELECT 'points for nobody who was brought' AS what FROM ledger_transaction t
              WHERE t.kind = 'referral' AND NOT EXISTS (SELECT 1 FROM referral r WHERE r.invited_id = t.source_id AND r.state = 'approved')",
    },
    Check {
        name: "referral: nobody is brought after he has brought others, so nobody is above himself",
        sql: "SELECT 'brought ' || p.handle AS what FROM referral r JOIN referral up ON up.invited_id = r.inviter_id
              JOIN person p ON p.id = up.invited_id WHERE r.bound_at IS NOT NULL AND up.bound_at > r.bound_at",
    },
    Check {
        name: "referral: it qualified by an order of whoever was brought, which is completed",
        sql: "SELECT 'brought ' || p.handle AS what FROM referral r JOIN person p ON p.id = r.invited_id
              JOIN orders o ON o.id = r.order_id WHERE o.person_id <> r.invited_id OR o.completed_at IS NULL",
    },
    Check {
        name: "review: it is of a line that its writer received",
        sql: "SELECT 'review ' || r.code AS what FROM review r JOIN orders o ON o.id = r.order_id
              LEFT JOIN order_line l ON l.order_id = r.order_id AND l.position = r.position LEFT JOIN sku s ON s.id = l.sku_id
              WHERE l.order_id IS NULL OR o.person_id <> r.person_id OR o.received_at IS NULL OR r.created_at < o.received_at OR l.shipped = 0 OR s.product_id <> r.product_id",
    },
    Check {
        name: "review: its last version is what it says",
        sql: "SELECT 'review ' || r.code AS what FROM review r
              LEFT JOIN review_version v ON v.review_id = r.id AND v.version = r.version
              WHERE v.review_id IS NULL OR v.stars <> r.stars OR v.tags <> r.tags OR v.text <> r.text",
    },
    Check {
        name: "review: whoever finds it helpful is counted, and is not its writer",
        sql: "SELECT 'review ' || r.code AS what FROM review r
              LEFT JOIN (SELECT review_id, COUNT(*) AS n FROM review_vote GROUP BY review_id) v ON v.review_id = r.id
              WHERE r.helpful <> COALESCE(v.n, 0) OR EXISTS (SELECT 1 FROM review_vote w WHERE w.review_id = r.id AND w.person_id = r.person_id)",
    },
    Check {
        name: "review: its pictures are counted, and are no more than there may be",
        sql: "SELECT 'review ' || r.code AS what FROM review r
              LEFT JOIN (SELECT review_id, COUNT(*) AS n FROM review_picture GROUP BY review_id) p ON p.review_id = r.id
              WHERE r.pictures <> COALESCE(p.n, 0) OR r.pictures > 6",
    },
    Check {
        name: "review: points for it are booked once and its writer's, and what was taken back is booked back",
        sql: "SELECT 'review ' || r.code AS what FROM review_reward w JOIN review r ON r.id = w.review_id
              LEFT JOIN ledger_transaction t ON t.source_id = w.review_id AND t.kind = 'review_' || w.kind
              LEFT JOIN ledger_entry e ON e.transaction_id = t.id AND e.account = 'points_given'
              LEFT JOIN ledger_transaction u ON u.source_id = w.review_id AND u.kind = 'review_' || w.kind || '_back'
              LEFT JOIN ledger_entry f ON f.transaction_id = u.id AND f.account = 'points_given'
              WHERE w.person_id <> r.person_id OR COALESCE(e.amount, 0) <> w.points
                 OR COALESCE(f.amount, 0) <> CASE WHEN w.taken_at IS NULL THEN 0 ELSE -w.points END
              UNION ALL SELECT 'review ' || r.code || ' of what was given back' AS what FROM review_reward w JOIN review r ON r.id = w.review_id
              JOIN order_line l ON l.order_id = r.order_id AND l.position = r.position
              WHERE w.taken_at IS NULL AND l.quantity <= (SELECT COALESCE(SUM(u.quantity), 0) FROM after_sale c JOIN after_sale_line u ON u.case_id = c.id
                WHERE c.order_id = r.order_id AND u.position = r.position AND c.kind IN ('cancel', 'refund', 'return') AND c.state IN ('refunding', 'refunded'))
              UNION ALL SELECT 'points for no review' AS what FROM ledger_transaction t
              WHERE t.kind IN ('review_text', 'review_picture', 'review_text_back', 'review_picture_back')
                AND NOT EXISTS (SELECT 1 FROM review_reward w WHERE w.review_id = t.source_id AND t.kind IN ('review_' || w.kind, 'review_' || w.kind || '_back'))",
    },
    Check {
        name: "post: likes, collections and comments are those that there are",
        sql: "SELECT 'post ' || p.code AS what FROM post p
              LEFT JOIN (SELECT post_id, COUNT(*) AS n FROM post_like GROUP BY post_id) l ON l.post_id = p.id
              LEFT JOIN (SELECT post_id, COUNT(*) AS n FROM post_collect GROUP BY post_id) c ON c.post_id = p.id
              LEFT JOIN (SELECT post_id, COUNT(*) AS n FROM comment WHERE deleted_at IS NULL GROUP BY post_id) s ON s.post_id = p.id
              WHERE p.likes <> COALESCE(l.n, 0) OR p.collects <> COALESCE(c.n, 0) OR p.comments <> COALESCE(s.n, 0)",
    },
    Check {
        name: "challenge: votes are counted, and nobody's for himself or for more entries than may be",
        sql: "SELECT 'challenge ' || c.code AS what FROM challenge c
              LEFT JOIN (SELECT challenge_id, COUNT(*) AS n FROM challenge_vote GROUP BY challenge_id) v ON v.challenge_id = c.id
              WHERE c.votes <> COALESCE(v.n, 0)
              UNION ALL SELECT 'entry of challenge ' || c.code AS what FROM challenge c JOIN challenge_tally y ON y.challenge_id = c.id
              LEFT JOIN (SELECT challenge_id, post_id, COUNT(*) AS n FROM challenge_vote GROUP BY challenge_id, post_id) v
                ON v.challenge_id = c.id AND v.post_id = y.post_id WHERE y.votes <> COALESCE(v.n, 0)
              UNION ALL SELECT 'vote of challenge ' || c.code AS what FROM challenge c JOIN challenge_vote v ON v.challenge_id = c.id
              JOIN post p ON p.id = v.post_id WHERE p.author_id = v.voter_id OR v.at < c.starts_at OR v.at >= c.ends_at
                OR NOT EXISTS (SELECT 1 FROM challenge_tally y WHERE y.challenge_id = c.id AND y.post_id = v.post_id)
              UNION ALL SELECT 'votes of one person in challenge ' || c.code AS what FROM challenge c JOIN challenge_vote v ON v.challenge_id = c.id
              JOIN post p ON p.id = v.post_id AND p.state <> 'deleted' GROUP BY c.code, v.voter_id HAVING COUNT(*) > 3",
    },
    Check {
        name: "challenge: only what was decided has winners, in places from the first on, and by votes the more voted for before",
        sql: "SELECT 'challenge ' || c.code AS what FROM challenge c JOIN challenge_winner w ON w.challenge_id = c.id
              GROUP BY c.code, c.decided_at, c.winners HAVING c.decided_at IS NULL OR MAX(w.place) <> COUNT(*) OR COUNT(*) > c.winners
              UNION ALL SELECT 'place of challenge ' || c.code AS what FROM challenge c JOIN challenge_winner w ON w.challenge_id = c.id
              JOIN challenge_winner x ON x.challenge_id = c.id AND x.place > w.place AND x.votes > w.votes WHERE c.how = 'votes'",
    },
    Check {
        name: "post: its newest version is what it says",
        sql: "SELECT 'post ' || p.code AS what FROM post p LEFT JOIN post_version v ON v.post_id = p.id AND v.version = p.version
              WHERE p.state = 'published' AND (v.post_id IS NULL OR v.title <> p.title OR v.body <> p.body)",
    },
    Check {
        name: "post: what was deleted shows nothing any more",
        sql: "SELECT 'post ' || p.code AS what FROM post p WHERE p.state = 'deleted'
                AND (p.title <> '' OR p.body <> '' OR EXISTS (SELECT 1 FROM post_picture x WHERE x.post_id = p.id)
                     OR EXISTS (SELECT 1 FROM post_product x WHERE x.post_id = p.id) OR EXISTS (SELECT 1 FROM post_print x WHERE x.post_id = p.id)
                     OR EXISTS (SELECT 1 FROM post_edit x WHERE x.post_id = p.id)
                     OR EXISTS (SELECT 1 FROM post_version x WHERE x.post_id = p.id))",
    },
    Check {
        name: "post: a comment's likes are those that there are, and an answer is below a comment of the same post",
        sql: "SELECT 'comment ' || c.code AS what FROM comment c LEFT JOIN comment u ON u.id = c.parent_id
              LEFT JOIN (SELECT comment_id, COUNT(*) AS n FROM comment_like GROUP BY comment_id) l ON l.comment_id = c.id
              WHERE c.likes <> COALESCE(l.n, 0) OR (c.parent_id IS NOT NULL AND (u.post_id <> c.post_id OR u.parent_id IS NOT NULL))",
    },
    Check {
        name: "post: a topic counts its posts, and they are for everybody",
        sql: "SELECT 'topic ' || t.name AS what FROM topic t
              LEFT JOIN (SELECT topic_id, COUNT(*) AS n FROM post_topic GROUP BY topic_id) o ON o.topic_id = t.id
              WHERE t.posts <> COALESCE(o.n, 0)
                 OR EXISTS (SELECT 1 FROM post_topic x JOIN post p ON p.id = x.post_id
                            WHERE x.topic_id = t.id AND (p.state <> 'published' OR p.visibility <> 'public'))",
    },
    Check {
        name: "post: what is held back is its author's alone, and it is known for whom it is",
        sql: "SELECT 'post ' || p.code AS what FROM post p
              WHERE (p.held IS NOT NULL AND (p.visibility <> 'private' OR p.wished IS NULL OR p.state <> 'published'))
                 OR (p.held IS NULL AND p.wished IS NOT NULL)",
    },
    Check {
        name: "moderation: what is held back has a case that says so",
        sql: "SELECT 'post ' || p.code AS what FROM post p
              WHERE (p.held = 'review' AND NOT EXISTS (SELECT 1 FROM moderation_case c WHERE c.post_id = p.id AND c.kind = 'post' AND c.state = 'open'))
                 OR (p.held = 'removed' AND NOT EXISTS (SELECT 1 FROM moderation_case c WHERE c.post_id = p.id AND c.kind = 'post'
                       AND c.decision = 'remove' AND (c.upheld IS NULL OR c.upheld = TRUE)))
              UNION ALL
              SELECT 'comment ' || s.code AS what FROM comment s
              WHERE s.removed = TRUE AND (s.deleted_at IS NULL OR NOT EXISTS (SELECT 1 FROM moderation_case c WHERE c.comment_id = s.id
                       AND c.decision = 'remove' AND (c.upheld IS NULL OR c.upheld = TRUE)))
              UNION ALL
              SELECT 'review ' || r.code AS what FROM review r
              WHERE r.removed <> EXISTS (SELECT 1 FROM moderation_case c WHERE c.review_id = r.id
                       AND c.decision = 'remove' AND (c.upheld IS NULL OR c.upheld = TRUE))
              UNION ALL
              SELECT 'question or answer ' || s.code AS what FROM ask s
              WHERE s.deleted_at IS NULL AND s.removed <> EXISTS (SELECT 1 FROM moderation_case c WHERE c.ask_id = s.id
                       AND c.decision = 'remove' AND (c.upheld IS NULL OR c.upheld = TRUE))
              UNION ALL
              SELECT 'room ' || r.code AS what FROM room r
              WHERE r.removed <> EXISTS (SELECT 1 FROM moderation_case c WHERE c.room_id = r.id
                       AND c.decision = 'remove' AND (c.upheld IS NULL OR c.upheld = TRUE))",
    },
    Check {
        name: "question: its answers are counted, and nobody answers himself",
        sql: "SELECT 'question ' || q.code AS what FROM ask q
              LEFT JOIN (SELECT question_id, COUNT(*) AS n FROM ask WHERE question_id IS NOT NULL AND deleted_at IS NULL AND removed = FALSE GROUP BY question_id) a
                ON a.question_id = q.id
              WHERE q.question_id IS NULL AND (q.answers <> COALESCE(a.n, 0)
                 OR EXISTS (SELECT 1 FROM ask o WHERE o.question_id = q.id AND (o.person_id = q.person_id OR o.product_id <> q.product_id)))",
    },
    Check {
        name: "question: whoever answers for himself has received the thing",
        sql: "SELECT 'answer ' || a.code AS what FROM ask a
              WHERE a.question_id IS NOT NULL AND a.by_shop = FALSE AND NOT EXISTS (SELECT 1 FROM orders o JOIN order_line l ON l.order_id = o.id JOIN sku s ON s.id = l.sku_id
                WHERE o.person_id = a.person_id AND s.product_id = a.product_id AND o.received_at <= COALESCE(a.changed_at, a.at))",
    },
    Check {
        name: "moderation: a case counts those who reported it",
        sql: "SELECT 'case ' || c.code AS what FROM moderation_case c
              LEFT JOIN (SELECT case_id, COUNT(*) AS n FROM report GROUP BY case_id) r ON r.case_id = c.id
              WHERE c.reports <> COALESCE(r.n, 0)",
    },
    Check {
        name: "moderation: whoever does not write has had something removed",
        sql: "SELECT 'case ' || c.code AS what FROM sanction s JOIN moderation_case c ON c.id = s.case_id
              WHERE s.person_id <> c.author_id OR COALESCE(c.decision, '') <> 'remove' OR (s.lifted_at IS NOT NULL) <> (c.upheld IS NOT NULL AND c.upheld = FALSE)",
    },
    Check {
        name: "follow: nobody follows whom he has blocked, or who has blocked him",
        sql: "SELECT 'person ' || p.handle AS what FROM aversion a JOIN person p ON p.id = a.person_id
              WHERE a.kind = 'block' AND EXISTS (SELECT 1 FROM follow f WHERE (f.follower_id = a.person_id AND f.followed_id = a.other_id)
                                                                           OR (f.follower_id = a.other_id AND f.followed_id = a.person_id))",
    },
    Check {
        name: "follow: somebody's page counts the posts, likes and people that there are",
        sql: "SELECT 'person ' || p.handle AS what FROM person p LEFT JOIN author a ON a.person_id = p.id
              LEFT JOIN (SELECT author_id, COUNT(*) AS n, SUM(likes) AS likes FROM post
                         WHERE state = 'published' AND visibility = 'public' GROUP BY author_id) w
                ON w.author_id = p.id
              LEFT JOIN (SELECT followed_id, COUNT(*) AS n FROM follow GROUP BY followed_id) f ON f.followed_id = p.id
              LEFT JOIN (SELECT follower_id, COUNT(*) AS n FROM follow GROUP BY follower_id) g ON g.follower_id = p.id
              WHERE COALESCE(a.posts, 0) <> COALESCE(w.n, 0) OR COALESCE(a.likes, 0) <> COALESCE(w.likes, 0)
                 OR COALESCE(a.followers, 0) <> COALESCE(f.n, 0) OR COALESCE(a.following, 0) <> COALESCE(g.n, 0)",
    },
    Check {
        name: "inbox: whoever did it last is among those who did",
        sql: "SELECT 'notice ' || n.kind AS what FROM notice n
              WHERE n.actor_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notice_actor a WHERE a.notice_id = n.id AND a.actor_id = n.actor_id)",
    },
    Check {
        name: "feed: nothing is remembered of whoever has not agreed to that",
        sql: "SELECT 'person ' || p.handle AS what FROM person p
              WHERE NOT EXISTS (SELECT 1 FROM consent c WHERE c.person_id = p.id AND c.purpose = 'personal' AND c.withdrawn_at IS NULL)
                AND (EXISTS (SELECT 1 FROM event e WHERE e.person_id = p.id) OR EXISTS (SELECT 1 FROM feed_page f WHERE f.person_id = p.id)
                  OR EXISTS (SELECT 1 FROM feed_less l WHERE l.person_id = p.id) OR EXISTS (SELECT 1 FROM search_mine s WHERE s.person_id = p.id))",
    },
    Check {
        name: "poll: it has as many voters as ballots, and counts those that are alike",
        sql: "SELECT 'post ' || o.code AS what FROM poll p JOIN post o ON o.id = p.post_id
              LEFT JOIN (SELECT post_id, COUNT(*) AS n FROM poll_ballot GROUP BY post_id) b ON b.post_id = p.post_id
              WHERE p.voters <> COALESCE(b.n, 0)
              UNION ALL
              SELECT 'post ' || o.code || ': ' || c.picks AS what FROM poll_count c JOIN post o ON o.id = c.post_id
              LEFT JOIN (SELECT post_id, picks, COUNT(*) AS n FROM poll_ballot GROUP BY post_id, picks) b ON b.post_id = c.post_id AND b.picks = c.picks
              WHERE c.n <> COALESCE(b.n, 0)",
    },
    Check {
        name: "inbox: a notice is told to whom its order belongs",
        sql: "SELECT 'notice ' || n.kind || ' of order ' || o.code AS what FROM notice n JOIN orders o ON o.id = n.order_id
              WHERE n.person_id <> o.person_id",
    },
    Check {
        name: "catalogue: what is on sale stands in the list of the shop, and nothing else",
        sql: "SELECT 'product ' || p.slug AS what FROM product p
              LEFT JOIN (SELECT product_id, COUNT(*) AS n FROM listing GROUP BY product_id) l ON l.product_id = p.id
              WHERE (p.status = 'on' AND EXISTS (SELECT 1 FROM sku s WHERE s.product_id = p.id AND s.active = TRUE)) <> (COALESCE(l.n, 0) > 0)",
    },
    Check {
        name: "catalogue: the price asked stands in the price history",
        sql: "SELECT 'sku ' || s.code AS what FROM sku s
              WHERE s.active = TRUE AND NOT EXISTS (SELECT 1 FROM price_history h WHERE h.sku_id = s.id AND h.price = s.price
                AND h.at = (SELECT MAX(n.at) FROM price_history n WHERE n.sku_id = s.id))",
    },
    Check {
        name: "catalogue: every product speaks all three languages",
        sql: "SELECT 'product ' || p.slug AS what FROM product p
              WHERE (SELECT COUNT(*) FROM product_text t WHERE t.product_id = p.id) <> 3",
    },
    Check {
        name: "live: lines are numbered from 1 without a gap",
        sql: "SELECT 'room ' || r.code AS what FROM room r
              LEFT JOIN (SELECT room_id, COUNT(*) AS n, MAX(seq) AS last FROM room_line GROUP BY room_id) l ON l.room_id = r.id
              WHERE r.seq <> COALESCE(l.n, 0) OR r.seq <> COALESCE(l.last, 0)",
    },
    Check {
        name: "live: nothing is explained where nothing is on",
        sql: "SELECT 'room ' || r.code AS what FROM room_span s JOIN room r ON r.id = s.room_id
              WHERE s.until_at IS NULL AND r.state NOT IN ('live', 'paused')",
    },
    Check {
        name: "live: what is explained is in the bag",
        sql: "SELECT 'room ' || r.code AS what FROM room_span s JOIN room r ON r.id = s.room_id
              LEFT JOIN room_item i ON i.room_id = s.room_id AND i.product_id = s.product_id
              WHERE s.until_at IS NULL AND i.product_id IS NULL",
    },
    Check {
        name: "live: one thing is explained at a time",
        sql: "SELECT 'room ' || r.code AS what FROM room_span a JOIN room r ON r.id = a.room_id
              JOIN room_span b ON b.room_id = a.room_id AND b.from_at > a.from_at AND (a.until_at IS NULL OR b.from_at < a.until_at)",
    },
    Check {
        name: "live: votes of a poll are those that people gave",
        sql: "SELECT 'poll ' || CAST(o.number AS TEXT) || ' of room ' || r.code AS what FROM room_poll_option o JOIN room r ON r.id = o.room_id
              LEFT JOIN (SELECT room_id, number, place, COUNT(*) AS n FROM room_vote GROUP BY room_id, number, place) v
                ON v.room_id = o.room_id AND v.number = o.number AND v.place = o.place
              WHERE o.votes <> COALESCE(v.n, 0)",
    },
    Check {
        name: "live: polls of a room are numbered from 1 without a gap",
        sql: "SELECT 'room ' || r.code AS what FROM room r
              LEFT JOIN (SELECT room_id, COUNT(*) AS n, MAX(number) AS last FROM room_poll GROUP BY room_id) p ON p.room_id = r.id
              WHERE r.polls <> COALESCE(p.n, 0) OR r.polls <> COALESCE(p.last, 0)",
    },
    Check {
        name: "live: hands are raised where the host takes them, while it is on",
        sql: "SELECT 'room ' || r.code AS what FROM room_hand h JOIN room r ON r.id = h.room_id
              WHERE r.hands = FALSE OR r.state = 'ended'",
    },
    Check {
        name: "live: nobody who is shut out keeps order",
        sql: "SELECT 'a room of person ' || p.handle AS what FROM room_ban b JOIN room_moderator m ON m.host_id = b.host_id AND m.person_id = b.person_id
              JOIN person p ON p.id = b.host_id",
    },
    Check {
        name: "live: what stands on top was said and is not taken away",
        sql: "SELECT 'room ' || r.code AS what FROM room r LEFT JOIN room_line l ON l.room_id = r.id AND l.seq = r.pinned
              WHERE r.pinned IS NOT NULL AND (l.seq IS NULL OR l.kind <> 'said' OR l.gone_at IS NOT NULL)",
    },
    Check {
        name: "live: no more is sold for a short while than there is at its price",
        sql: "SELECT 'room ' || r.code AS what FROM room_flash f JOIN room r ON r.id = f.room_id
              JOIN (SELECT l.flash_id, SUM(l.quantity) AS n FROM order_line l JOIN orders o ON o.id = l.order_id
                    WHERE l.flash_id IS NOT NULL AND o.state <> 'cancelled' GROUP BY l.flash_id) t ON t.flash_id = f.id WHERE t.n > f.units
              UNION ALL SELECT 'somebody in room ' || r.code AS what FROM room_flash f JOIN room r ON r.id = f.room_id
              JOIN (SELECT l.flash_id, o.person_id, SUM(l.quantity) AS n FROM order_line l JOIN orders o ON o.id = l.order_id
                    WHERE l.flash_id IS NOT NULL AND o.state <> 'cancelled' GROUP BY l.flash_id, o.person_id) t ON t.flash_id = f.id WHERE t.n > f.each",
    },
    Check {
        name: "coupon: its quota is what remains, what hosts hand out, and what people have had",
        sql: "SELECT 'coupon ' || c.code AS what FROM coupon c
              LEFT JOIN (SELECT coupon_id, SUM(remains) AS n FROM coupon_drop WHERE closed_at IS NULL GROUP BY coupon_id) d ON d.coupon_id = c.id
              LEFT JOIN (SELECT coupon_id, COUNT(*) AS n FROM coupon_grant GROUP BY coupon_id) g ON g.coupon_id = c.id
              WHERE c.quota <> c.remains + COALESCE(d.n, 0) + COALESCE(g.n, 0)
              UNION ALL SELECT 'drop ' || d.code AS what FROM coupon_drop d
              LEFT JOIN (SELECT drop_id, COUNT(*) AS n FROM coupon_grant WHERE drop_id IS NOT NULL GROUP BY drop_id) g ON g.drop_id = d.id
              WHERE d.quota <> d.remains + COALESCE(g.n, 0)",
    },
    Check {
        name: "coupon: nobody has had more than he may, numbered from 1 without a gap",
        sql: "SELECT 'coupon ' || c.code AS what FROM coupon c
              JOIN (SELECT coupon_id, person_id, COUNT(*) AS n, MAX(ordinal) AS last FROM coupon_grant GROUP BY coupon_id, person_id) g ON g.coupon_id = c.id
              WHERE g.n <> g.last OR g.last > c.per_person",
    },
    Check {
        name: "coupon: it follows its order, which is its owner's",
        sql: "SELECT 'order ' || o.code AS what FROM coupon_grant g JOIN orders o ON o.id = g.order_id
              WHERE (o.person_id <> g.person_id OR g.state <> CASE WHEN o.paid_at IS NULL THEN 'locked' ELSE 'used' END) /*new: AND o.id >= $1*/",
    },
    Check {
        name: "coupon: it is handed out where something is on",
        sql: "SELECT 'room ' || r.code AS what FROM coupon_drop d JOIN room r ON r.id = d.room_id
              WHERE d.closed_at IS NULL AND r.state NOT IN ('live', 'paused')",
    },
    Check {
        name: "draw: who takes part is numbered from 1 without a gap",
        sql: "SELECT 'draw ' || d.code AS what FROM room_draw d
              LEFT JOIN (SELECT draw_id, COUNT(*) AS n, MAX(number) AS last FROM room_entry GROUP BY draw_id) e ON e.draw_id = d.id
              WHERE d.joined <> COALESCE(e.n, 0) OR d.joined <> COALESCE(e.last, 0)",
    },
    Check {
        name: "draw: as many win as there are prizes, and nobody before it is drawn; packets are within their sum",
        sql: "SELECT 'draw ' || d.code AS what FROM room_draw d
              LEFT JOIN (SELECT draw_id, COUNT(won) AS n, COUNT(DISTINCT won) AS places, SUM(won) AS sum, MAX(won) AS last FROM room_entry GROUP BY draw_id) e
                ON e.draw_id = d.id
              WHERE (d.kind = 'bag' AND (COALESCE(e.n, 0) <> CASE WHEN d.drawn_at IS NULL THEN 0 WHEN d.joined < d.prizes THEN d.joined ELSE d.prizes END
                                         OR COALESCE(e.last, 0) <> COALESCE(e.n, 0) OR COALESCE(e.places, 0) <> COALESCE(e.n, 0)))
                 OR (d.kind = 'packets' AND (COALESCE(e.n, 0) <> d.joined OR d.joined > d.prizes OR COALESCE(e.sum, 0) > d.points OR COALESCE(e.sum, 0) <> d.given
                                             OR (d.joined = d.prizes AND e.sum <> d.points)))",
    },
    Check {
        name: "draw: things are kept for winners, and whoever ordered one did so himself",
        sql: "SELECT 'prize of draw ' || d.code AS what FROM room_prize p JOIN room_draw d ON d.id = p.draw_id
              LEFT JOIN room_entry e ON e.draw_id = p.draw_id AND e.person_id = p.person_id
              LEFT JOIN orders o ON o.id = p.order_id
              WHERE e.won IS NULL OR d.kind <> 'bag' OR d.sku_id IS NULL OR o.person_id <> p.person_id",
    },
    Check {
        name: "draw: points that were won are booked, and no others",
        sql: "SELECT 'draw ' || d.code AS what FROM room_entry e JOIN room_draw d ON d.id = e.draw_id
              LEFT JOIN ledger_transaction t ON t.kind = 'prize' AND t.source_id = e.id
              LEFT JOIN ledger_entry b ON b.transaction_id = t.id AND b.account = 'points_given'
              WHERE COALESCE(b.amount, 0) <> CASE WHEN e.won IS NULL OR d.points = 0 THEN 0 WHEN d.kind = 'packets' THEN e.won ELSE d.points END
              UNION ALL SELECT 'a prize of nobody' AS what FROM ledger_transaction t
              WHERE t.kind = 'prize' AND NOT EXISTS (SELECT 1 FROM room_entry e WHERE e.id = t.source_id AND e.won IS NOT NULL)",
    },
];

/// A broken invariant and the rows that break it (at most 20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub name: &'static str,
    pub rows: Vec<String>,
}

/// Runs every check.
///
/// # Errors
/// What the database says.
pub async fn run(db: &Db) -> Result<Vec<Violation>> {
    let mut all = run_some(db, CHECKS.iter().map(|c| (c.name, c.sql)).collect(), None).await?;
    let rows = audit::check(db).await?;
    if !rows.is_empty() {
        all.push(Violation { name: LOG, rows });
    }
    Ok(all)
}

/// What no question to the database can answer: hashes are made here.
pub const LOG: &str = "audit: every entry of the log follows from the one before it";

/// Runs the checks of money and stock, the ones that close the till.
///
/// # Errors
/// What the database says.
pub async fn run_money(db: &Db) -> Result<Vec<Violation>> {
    run_some(db, CHECKS.iter().filter(|c| c.is_of_money()).map(|c| (c.name, c.sql)).collect(), None).await
}

/// Asks those of money and stock that can be asked of new rows only, of the rows that were made since then.
///
/// # Errors
/// What the database says.
pub async fn run_recent(db: &Db, since: Millis) -> Result<Vec<Violation>> {
    static RECENT: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
        let of_money = CHECKS.iter().filter(|c| c.is_of_money());
        of_money.filter_map(|c| Some((c.name, of_new_rows(c.sql)?))).collect()
    });
    run_some(db, RECENT.iter().map(|(name, sql)| (*name, sql.as_str())).collect(), Some(first_id(since))).await
}

/// A check's text with the parts that count for new rows; none when it has none.
fn of_new_rows(sql: &str) -> Option<String> {
    let mut parts = sql.split("/*new:");
    let mut text = parts.next()?.to_owned();
    let mut any = false;
    for part in parts {
        let (counts, rest) = part.split_once("*/")?;
        text.extend([counts, rest]);
        any = true;
    }
    any.then_some(text)
}

/// Looked at side by side.
const SIDE_BY_SIDE: usize = 2;

async fn run_some(db: &Db, checks: Vec<(&'static str, &'static str)>, since: Option<Uuid>) -> Result<Vec<Violation>> {
    let looks: Vec<_> = checks.into_iter().map(|(name, sql)| look(db.clone(), name, sql, since)).collect();
    let mut all: Vec<Violation> = stream::iter(looks).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
    all.retain(|v| !v.rows.is_empty());
    all.sort_by_key(|v| CHECKS.iter().position(|c| c.name == v.name));
    Ok(all)
}

async fn look(db: Db, name: &'static str, sql: &'static str, since: Option<Uuid>) -> Result<Violation> {
    crate::row! {
        struct What {
            what: String,
        }
    }
    let args = since.map_or_else(Args::default, |id| args![id]);
    let rows: Vec<What> = db.scan(sql, args).await?;
    Ok(Violation { name, rows: rows.into_iter().take(20).map(|r| r.what).collect() })
}
