//! Every invariant can fail: for each there is a corruption that turns it, by name, red.

use crate::support::{NOON, TestShop};
use domain::time::{DAY, HOUR};
use shop::{args, verify};

/// Part of the name of a check, and how it is broken (CHECKs are switched off first).
const CORRUPTIONS: &[(&str, &str)] = &[
    ("on hand = received", "UPDATE sku SET received = received + 1"),
    ("held = units", "UPDATE sku SET held = held + 1 WHERE held > 0"),
    ("sold = units", "UPDATE sku SET sold = sold + 1, received = received + 1"),
    ("line's stock follows", "UPDATE order_line SET stock = 'released' WHERE stock = 'held'"),
    ("goods = the sum", "UPDATE order_line SET unit_price = unit_price + 1"),
    ("total = goods", "UPDATE orders SET total = total + 1"),
    ("discount = what coupons", "UPDATE order_line SET coupon_off = coupon_off + 1 WHERE coupon_off > 0"),
    ("platform pays for its coupons", "UPDATE settlement SET subsidy = subsidy + 1 WHERE subsidy > 0"),
    ("what remains, what hosts", "UPDATE coupon SET remains = remains - 1 WHERE remains > 0"),
    ("nobody has had more", "UPDATE coupon SET per_person = 1"),
    ("it follows its order", "UPDATE coupon_grant SET state = 'used' WHERE state = 'locked'"),
    ("handed out where", "UPDATE room SET state = 'scheduled'"),
    ("exactly one capture", "UPDATE payment SET amount = amount + 1 WHERE state = 'captured'"),
    ("capture belongs", "UPDATE orders SET paid_at = NULL"),
    ("due back has a refund", "UPDATE payment SET state = 'refund_due' WHERE state = 'captured'"),
    (
        "refunds never exceed",
        "INSERT INTO refund (id, payment_id, idempotency_key, amount, state, created_at) SELECT id, id, provider_ref, amount + 1, 'due', 0 FROM payment",
    ),
    ("sent is in parcels", "UPDATE shipment_line SET quantity = quantity + 1"),
    ("as far as its parcels", "UPDATE orders SET state = 'paid' WHERE state = 'shipped'"),
    ("say when", "UPDATE orders SET received_at = 1"),
    ("sum of its refunds", "UPDATE payment SET refunded = refunded + 1 WHERE state = 'captured'"),
    ("units that lines have", "UPDATE order_line SET claimed = 0"),
    ("fallen prices gave back", "UPDATE order_line SET price_back = 1"),
    ("has its refund", "UPDATE after_sale SET state = 'refunding', deadline = NULL"),
    (
        "refunds due = refunds",
        "INSERT INTO ledger_entry (transaction_id, position, account, currency, amount) SELECT id, 99, 'person:0', 'CNY', -5 FROM ledger_transaction",
    ),
    ("sums to zero", "UPDATE ledger_entry SET amount = amount + 1 WHERE position = 0"),
    ("capture is booked", "DELETE FROM ledger_entry"),
    ("stands at = the sum", "UPDATE ledger_balance SET amount = amount + 1 WHERE account LIKE 'merchant%'"),
    ("settled over its total", "UPDATE settlement SET earned = earned + 1, net = net + 1"),
    ("the fee are booked", "UPDATE settlement SET fee = fee + 1, net = net - 1"),
    ("refunds of its cases", "UPDATE settlement SET refunded = refunded + 1, net = net - 1"),
    ("what orders earned them", "UPDATE commission SET amount = amount - 1"),
    ("more than he has earned", "UPDATE payout SET amount = amount + 100000"),
    ("at the rate of its line", "UPDATE order_line SET earns_bp = earns_bp - 100 WHERE earns_bp IS NOT NULL"),
    ("seats and goods are those", "UPDATE team SET paid = paid - 1 WHERE state = 'forming' AND paid = 1"),
    ("has every seat", "UPDATE team SET size = size + 1 WHERE state = 'succeeded'"),
    ("what its team came to", "UPDATE team_member SET state = 'paid' WHERE state = 'confirmed'"),
    ("sold of a quota is in seats", "UPDATE campaign_sku SET free = free - 1, sold = sold + 1"),
    ("counted of a person", "UPDATE campaign_person SET units = units + 1 WHERE units = 1"),
    ("follows its seat", "UPDATE orders SET team_state = NULL WHERE team_state = 'forming'"),
    (
        "money on the way",
        "UPDATE refund SET amount = amount - 1 WHERE payment_id IN (SELECT p.id FROM payment p JOIN team_member m ON m.order_id = p.order_id)",
    ),
    ("booked with its points", "UPDATE referral SET inviter_points = inviter_points + 1 WHERE state = 'approved'"),
    ("nobody is above himself", "UPDATE referral SET bound_at = bound_at + 1 WHERE state = 'approved'"),
    (
        "it qualified by an order",
        "UPDATE referral SET order_id = (SELECT id FROM orders WHERE completed_at IS NULL LIMIT 1) WHERE state = 'approved'",
    ),
    ("nothing is remembered", "UPDATE consent SET withdrawn_at = 1 WHERE purpose = 'personal'"),
    ("nobody's for himself", "UPDATE challenge_tally SET votes = votes + 1"),
    ("votes of a poll", "UPDATE room_poll_option SET votes = votes + 1"),
    ("polls of a room", "UPDATE room SET polls = polls + 1 WHERE polls > 0"),
    ("hands are raised", "UPDATE room SET hands = FALSE"),
    (
        "who is shut out keeps order",
        "INSERT INTO room_ban (host_id, person_id, by_id, at) SELECT host_id, person_id, host_id, 0 FROM room_moderator",
    ),
    ("stands on top", "UPDATE room_line SET gone_at = 1 WHERE kind = 'said'"),
    ("no more is sold for a short while", "UPDATE room_flash SET units = 1"),
    ("takes part is numbered", "UPDATE room_draw SET joined = joined + 1 WHERE kind = 'bag'"),
    ("kept for winners", "UPDATE room_prize SET draw_id = (SELECT id FROM room_draw WHERE kind = 'packets' LIMIT 1)"),
    ("as many win as", "UPDATE room_entry SET won = NULL"),
    ("that were won are booked", "UPDATE room_entry SET won = won + 1"),
    ("lines are numbered from 1", "UPDATE room SET seq = seq + 1"),
    ("nothing is on", "UPDATE room SET state = 'scheduled'"),
    ("explained is in the bag", "DELETE FROM room_item"),
    (
        "one thing is explained at a time",
        "INSERT INTO room_span (room_id, product_id, from_at, until_at) SELECT room_id, product_id, from_at - 1000, from_at + 1 FROM room_span",
    ),
    ("only what was decided", "UPDATE challenge SET decided_at = NULL"),
    ("as many voters", "UPDATE poll SET voters = voters + 1"),
    ("to whom its order", "UPDATE notice SET person_id = (SELECT id FROM person WHERE handle = 'somebody')"),
    ("stands in the list", "DELETE FROM listing"),
    ("price asked stands", "UPDATE sku SET price = price + 1"),
    ("all three languages", "DELETE FROM product_text WHERE lang = 'zh-Hant'"),
    ("its writer received", "UPDATE review SET created_at = 1"),
    ("last version", "UPDATE review SET text = 'better than it was'"),
    ("collections and comments are", "UPDATE post SET collects = collects + 1"),
    ("newest version is what it says", "UPDATE post SET body = 'better than it was' WHERE state = 'published'"),
    ("was deleted shows nothing", "UPDATE post SET state = 'deleted' WHERE state = 'published'"),
    ("answer is below a comment", "UPDATE comment SET likes = likes + 1"),
    ("a topic counts its posts", "UPDATE post SET visibility = 'private'"),
    ("page counts the posts", "UPDATE author SET followers = followers + 1"),
    ("among those who did", "DELETE FROM notice_actor"),
    ("is its author's alone", "UPDATE post SET visibility = 'public' WHERE held IS NOT NULL"),
    ("has a case that says so", "UPDATE moderation_case SET upheld = FALSE WHERE kind = 'post'"),
    ("counts those who reported", "UPDATE moderation_case SET reports = reports + 1"),
    ("has had something removed", "UPDATE sanction SET lifted_at = 1"),
    (
        "nobody follows whom he has blocked",
        "INSERT INTO follow (follower_id, followed_id, at) SELECT person_id, other_id, 0 FROM aversion",
    ),
    ("follows from the one before", "UPDATE audit SET detail = 'nothing'"),
    ("its answers are counted", "UPDATE ask SET answers = answers + 1 WHERE question_id IS NULL"),
    ("for himself has received", "UPDATE ask SET at = 1 WHERE question_id IS NOT NULL"),
    ("its pictures are counted", "UPDATE review SET pictures = pictures + 1"),
    ("points for it are booked once", "UPDATE review_reward SET points = points + 1"),
    ("is counted, and is not its writer", "UPDATE review SET helpful = helpful + 1"),
];

async fn corrupted(make: impl AsyncFn() -> TestShop, sqlite: bool) {
    for (name, sql) in CORRUPTIONS {
        let shop = make().await;
        let me = shop.quick_person("mei").await;
        shop.quick_person("somebody").await;
        let skus = shop.product("a", "m", 1000, 3).await;
        let paid = shop.placed(me, skus[0]).await;
        shop.placed(me, skus[1]).await;
        shop.capture(me, &paid).await;
        let sent = shop.placed(me, skus[0]).await;
        shop.capture(me, &sent).await;
        shop::shipment::ship(&shop, &sent.code, vec![(0, 1)]).await.unwrap();
        let wish = shop::after_sale::Wish {
            me,
            order: sent.code.clone(),
            kind: domain::after_sale::Kind::Refund,
            reason: "damaged".into(),
            text: String::new(),
            units: vec![shop::after_sale::Units::of(0, 1)],
            key: "verify0verify0verify".into(),
        };
        shop::after_sale::open(&shop, wish).await.unwrap();
        let done = shop.placed(me, skus[1]).await;
        shop.capture(me, &done).await;
        shop::shipment::ship(&shop, &done.code, vec![(0, 1)]).await.unwrap();
        shop::shipment::confirm(&shop, me, &done.code).await.unwrap();
        shop.complete(&done).await;
        // A team that is complete, one that forms, and somebody who left one.
        let (campaign, sku) = crate::group_buy::campaign(&shop, crate::group_buy::by_heads(2), |_| {}).await;
        let mut team = None;
        for i in 0..4 {
            let who = crate::group_buy::buyer(&shop, &format!("member{i}")).await;
            let placed = match (i, &team) {
                (1, Some(team)) => {
                    crate::group_buy::join(&shop, who, team, sku, domain::group_buy::Otherwise::Refund).await.unwrap()
                }
                _ => crate::group_buy::opened(&shop, who, &campaign, sku).await,
            };
            crate::group_buy::pays(&shop, &placed).await;
            team = Some(crate::group_buy::team(&shop, who.0, &placed).await);
            if i == 3 {
                shop::group_buy::leave(&shop, who.0, &placed.code).await.unwrap();
            }
        }
        crate::referral::chain(&shop).await;
        crate::commission::earned(&shop).await;
        let fifth = shop.product("reviewed", "m", 1000, 3).await[0];
        let code = crate::review::written(&shop, me, fifth, 5).await;
        shop::review::vote(&shop, crate::group_buy::buyer(&shop, "reader").await.0, &code, true).await.unwrap();
        crate::question::asked(&shop, me, "reviewed").await;
        crate::post::talked_about(&shop, me, "reviewed").await;
        crate::challenge::decided(&shop, me).await;
        crate::poll::voted(&shop, me).await;
        crate::feed::remembered(&shop, me).await;
        crate::moderation::cases(&shop).await;
        crate::live::explained(&shop).await;
        crate::draw::drawn(&shop).await;
        crate::coupon::spent(&shop).await;
        shop.verify_is_empty().await;
        // As an operator's slip or a broken disk would: past the constraints.
        if sqlite {
            let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect(&shop.url).await.unwrap();
            sqlx::query("PRAGMA ignore_check_constraints = ON").execute(&mut conn).await.unwrap();
            sqlx::query(*sql).execute(&mut conn).await.unwrap();
        } else {
            shop.execute("ALTER TABLE sku DROP CONSTRAINT IF EXISTS sku_check", args![]).await;
            shop.execute("ALTER TABLE sku DROP CONSTRAINT IF EXISTS sku_check1", args![]).await;
            shop.execute("ALTER TABLE payment DROP CONSTRAINT IF EXISTS payment_check", args![]).await;
            shop.execute("ALTER TABLE team DROP CONSTRAINT IF EXISTS team_check", args![]).await;
            shop.execute("ALTER TABLE team DROP CONSTRAINT IF EXISTS team_check1", args![]).await;
            shop.execute("ALTER TABLE team DROP CONSTRAINT IF EXISTS team_check2", args![]).await;
            shop.execute("ALTER TABLE team DROP CONSTRAINT IF EXISTS team_check3", args![]).await;
            shop.execute("ALTER TABLE team DROP CONSTRAINT IF EXISTS team_check4", args![]).await;
            shop.execute("ALTER TABLE campaign_sku DROP CONSTRAINT IF EXISTS campaign_sku_check", args![]).await;
            shop.execute("ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_check", args![]).await;
            shop.execute("ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_check1", args![]).await;
            shop.execute(sql, args![]).await;
        }
        let found = verify::run(&shop.db).await.unwrap();
        assert!(found.iter().any(|v| v.name.contains(name)), "{name}: {found:?}");
        // What was made since this morning is found by a glance, and a glance at nothing finds nothing.
        let Some(check) = verify::CHECKS.iter().find(|c| c.name.contains(name)) else {
            assert!(verify::LOG.contains(name), "{name}");
            continue;
        };
        if check.is_of_money() && check.sql.contains("/*new:") {
            let found = verify::run_recent(&shop.db, NOON - HOUR).await.unwrap();
            assert!(found.iter().any(|v| v.name.contains(name)), "a glance, {name}: {found:?}");
            let later = verify::run_recent(&shop.db, NOON + DAY).await.unwrap();
            assert!(later.iter().all(|v| v.name.contains("on hand")), "{later:?}");
        }
    }
    for check in verify::CHECKS {
        assert!(CORRUPTIONS.iter().any(|(name, _)| check.name.contains(name)), "no corruption for {}", check.name);
    }
}

#[tokio::test]
async fn each_invariant_can_fail_on_sqlite() {
    corrupted(TestShop::sqlite, true).await;
}

#[tokio::test]
async fn each_invariant_can_fail_on_postgres() {
    corrupted(TestShop::postgres, false).await;
}
