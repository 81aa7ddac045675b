//! The database layer itself.

use crate::support::{TestShop, both};
use shop::{args, db::DbError};
use std::sync::atomic::{AtomicU32, Ordering};

shop::row! {
    struct N {
        n: i64,
    }
}

async fn count(shop: &TestShop) -> i64 {
    shop.db.fetch_one::<N>("SELECT COUNT(*) AS n FROM merchant", args![]).await.unwrap().n
}

async fn add(shop: &TestShop, slug: String, then_fail: bool) -> Result<(), DbError> {
    shop.db
        .write((shop.rng.id(0), slug, then_fail), |tx, (id, slug, then_fail)| {
            Box::pin(async move {
                tx.execute("INSERT INTO merchant (id, slug, created_at) VALUES ($1, $2, 0)", args![*id, slug.as_str()])
                    .await?;
                if *then_fail { Err(DbError::Row("on purpose".into())) } else { Ok(()) }
            })
        })
        .await
}

both! {
    async fn a_failing_write_leaves_nothing_and_harms_no_neighbour(shop) {
        let tasks: Vec<_> = (0..200).map(|i| {
            let shop = shop.clone();
            tokio::spawn(async move { add(&shop, format!("m{i}"), i % 5 == 0).await.is_ok() })
        }).collect();
        let mut fine = 0;
        for task in tasks {
            fine += i64::from(task.await.unwrap());
        }
        assert_eq!((fine, count(&shop).await), (160, 160));
        // A constraint of the database fails alone, too.
        assert!(add(&shop, "m1".into(), false).await.is_err());
        assert!(add(&shop, "after".into(), false).await.is_ok());
        if let Some((groups, writes)) = shop.db.group_commits() {
            assert!(groups < writes, "{groups} commits for {writes} writes: none were shared");
        }
    }

    async fn null_arguments_carry_their_type(shop) {
        let me = shop.quick_person("nul").await;
        let n = shop.execute("UPDATE person SET totp_secret = $1, banned_at = $2 WHERE id = $3", args![None::<Vec<u8>>, None::<i64>, me]).await;
        assert_eq!(n, 1);
    }

    async fn a_write_that_panics_is_an_error_and_the_next_one_works(shop) {
        let result: Result<(), DbError> = shop.db.write((), |_, ()| Box::pin(async { panic!("on purpose") })).await;
        assert!(result.is_err());
        assert!(add(&shop, "after".into(), false).await.is_ok());
    }

    async fn a_caller_that_goes_away_leaves_the_write_whole(shop) {
        for i in 0..20 {
            let task = { let shop = shop.clone(); tokio::spawn(async move { add(&shop, format!("gone{i}"), false).await }) };
            tokio::task::yield_now().await;
            task.abort();
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert!(add(&shop, "last".into(), false).await.is_ok());
        assert!(count(&shop).await >= 1);
    }
}

#[tokio::test]
async fn on_sqlite_a_write_that_waits_for_something_else_is_refused() {
    let shop = TestShop::sqlite().await;
    let waited: Result<(), DbError> = shop
        .db
        .write(shop.rng.id(0), |tx, id| {
            Box::pin(async move {
                tx.execute("INSERT INTO merchant (id, slug, created_at) VALUES ($1, 'm', 0)", args![*id]).await?;
                tokio::task::yield_now().await;
                Ok(())
            })
        })
        .await;
    assert!(matches!(waited, Err(DbError::NotCommitted(_))), "{waited:?}");
    assert_eq!(count(&shop).await, 0);
}

#[tokio::test]
async fn on_postgres_a_scan_outlives_the_limit_of_a_read() {
    let shop = TestShop::postgres().await;
    let slow = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM pg_sleep(2.3)";
    assert!(shop.db.fetch_one::<N>(slow, args![]).await.is_err());
    assert_eq!(shop.db.scan::<N>(slow, args![]).await.unwrap()[0].n, 1);
    assert!(shop.db.fetch_one::<N>(slow, args![]).await.is_err(), "the limit stands again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_repeats_what_lost_in_a_deadlock() {
    let shop = TestShop::postgres().await;
    add(&shop, "a".into(), false).await.unwrap();
    add(&shop, "b".into(), false).await.unwrap();
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let swap = |first: &'static str, second: &'static str| {
        let shop = shop.clone();
        tokio::spawn(async move {
            shop.db
                .write((first, second), |tx, (first, second)| {
                    Box::pin(async move {
                        RUNS.fetch_add(1, Ordering::SeqCst);
                        tx.execute("UPDATE merchant SET created_at = created_at + 1 WHERE slug = $1", args![*first])
                            .await?;
                        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                        tx.execute("UPDATE merchant SET created_at = created_at + 1 WHERE slug = $1", args![*second])
                            .await?;
                        Ok::<_, DbError>(())
                    })
                })
                .await
        })
    };
    let (one, two) = (swap("a", "b"), swap("b", "a"));
    one.await.unwrap().unwrap();
    two.await.unwrap().unwrap();
    assert!(RUNS.load(Ordering::SeqCst) > 2, "there was no deadlock to lose");
    let sum =
        shop.db.fetch_one::<N>("SELECT CAST(SUM(created_at) AS BIGINT) AS n FROM merchant", args![]).await.unwrap();
    assert_eq!(sum.n, 4);
}

#[tokio::test]
async fn a_database_of_a_newer_binary_is_recognised() {
    let shop = TestShop::sqlite().await;
    let before = shop.db.migrations().await.unwrap();
    assert!(before.pending.is_empty() && !before.newer);
    shop.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, $1, 0)",
        args![[0_u8].as_slice()],
    )
    .await;
    assert!(shop.db.migrations().await.unwrap().newer);
}
