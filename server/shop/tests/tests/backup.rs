//! A backup is one instant of a shop that goes on, and comes back whole or not at all.

use crate::support::{TestShop, both};
use shop::{
    Db, backup,
    db::{Engine, TABLES, schema_of},
    verify,
};
use std::fs;

/// Where a copy of this shop may come back to.
async fn another(shop: &TestShop) -> Option<String> {
    match shop.shop.db.engine() {
        Engine::Sqlite => None,
        Engine::Postgres => Some(crate::support::postgres_url().await),
    }
}

async fn open(into: &std::path::Path, database: Option<&str>) -> Db {
    let file = format!("sqlite:{}", into.join("tuanju.db").display());
    Db::open(database.unwrap_or(&file)).await.unwrap()
}

shop::row! {
    struct Count {
        n: i64,
    }
}

async fn orders(db: &Db) -> i64 {
    db.fetch_one::<Count>("SELECT COUNT(*) AS n FROM orders", Vec::new()).await.unwrap().n
}

both! {
    async fn a_backup_taken_while_people_buy_comes_back_in_order(shop) {
        let sku = shop.product("backup", "orchard", 1_000, 500).await[0];
        let mut people = Vec::new();
        for i in 0..4 {
            people.push(shop.quick_person(&format!("buyer{i}")).await);
        }
        let buying = shop.clone();
        let traffic = tokio::spawn(async move {
            for _ in 0..5 {
                let placed: Vec<_> = people.iter().map(|p| {
                    let (shop, p) = (buying.clone(), *p);
                    tokio::spawn(async move {
                        let placed = shop.placed(p, sku).await;
                        shop.capture(p, &placed).await;
                    })
                }).collect();
                for task in placed {
                    task.await.unwrap();
                }
            }
        });
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir_all(data.join("files")).unwrap();
        fs::write(data.join("files/picture"), b"pixels").unwrap();
        // More files than a process may have open.
        fs::create_dir_all(data.join("live/ROOM")).unwrap();
        // What a backup that was killed has left, with a second name of a picture: nothing is written into it.
        fs::create_dir_all(data.join(format!(".backup-{}/files", std::process::id()))).unwrap();
        fs::hard_link(data.join("files/picture"), data.join(format!(".backup-{}/files/picture", std::process::id()))).unwrap();
        fs::write(data.join("live/ROOM/s9.m4s.half"), b"half").unwrap();
        for i in 0..1_500 { fs::write(data.join(format!("live/ROOM/s{i}.m4s")), format!("{i}")).unwrap(); }
        let file = dir.path().join("shop.backup");
        while orders(&shop.shop.db).await < 3 { tokio::task::yield_now().await; }
        backup::backup(&shop.shop.db, &data, &file, true).await.unwrap();
        traffic.await.unwrap();
        assert_eq!(orders(&shop.shop.db).await, 20);
        let (into, database) = (dir.path().join("again"), another(&shop).await);
        backup::restore(&file, &into, database.as_deref()).await.unwrap();
        assert_eq!(fs::read(into.join("files/picture")).unwrap(), b"pixels");
        assert_eq!(fs::read(into.join("live/ROOM/s1499.m4s")).unwrap(), b"1499");
        assert_eq!(fs::read_dir(into.join("live/ROOM")).unwrap().count(), 1_500);
        assert_eq!(fs::read(data.join("files/picture")).unwrap(), b"pixels", "what is there stays as it is");
        let left = fs::read_dir(&data).unwrap().chain(fs::read_dir(dir.path()).unwrap());
        let left = left.flatten().filter(|f| f.file_name().to_string_lossy().starts_with(".backup")).count();
        assert_eq!(left, 1, "nothing is left of it, beside what was there before");
        let small = dir.path().join("small.backup");
        backup::backup(&shop.shop.db, &data, &small, false).await.unwrap();
        let (other, database) = (dir.path().join("other"), another(&shop).await);
        backup::restore(&small, &other, database.as_deref()).await.unwrap();
        assert!(other.join("files/picture").exists() && !other.join("live").exists(), "without what rooms showed");
        let copy = open(&into, database.as_deref()).await;
        let then = orders(&copy).await;
        assert!((3..=20).contains(&then), "{then} orders in the copy");
        assert_eq!(verify::run(&copy).await.unwrap(), []);
        assert_eq!(schema_of(&copy).await.unwrap(), schema_of(&shop.shop.db).await.unwrap());
        copy.close().await;
    }

    async fn a_damaged_backup_leaves_nothing_behind(shop) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("shop.backup");
        backup::backup(&shop.shop.db, dir.path(), &file, true).await.unwrap();
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        fs::write(&file, bytes).unwrap();
        let (into, database) = (dir.path().join("again"), another(&shop).await);
        assert!(backup::restore(&file, &into, database.as_deref()).await.is_err());
        assert_eq!(fs::read_dir(&into).unwrap().count(), 0);
    }

    async fn a_backup_never_writes_over_what_is_there(shop) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("shop.backup");
        backup::backup(&shop.shop.db, dir.path(), &file, true).await.unwrap();
        let full = dir.path().join("full");
        fs::create_dir_all(&full).unwrap();
        fs::write(full.join("mine"), b"x").unwrap();
        assert!(matches!(backup::restore(&file, &full, Some(&shop.url)).await, Err(backup::BackupError::NotEmpty(_))));
        if shop.shop.db.engine() == Engine::Postgres {
            let into = dir.path().join("again");
            assert!(backup::restore(&file, &into, Some(&shop.url)).await.is_err(), "the database has a shop in it");
            assert!(matches!(backup::restore(&file, &into, None).await, Err(backup::BackupError::DatabaseNeeded)));
        }
    }
}

#[tokio::test]
async fn every_table_is_in_the_backup() {
    let shop = TestShop::sqlite().await;
    let mut there: Vec<String> =
        schema_of(&shop.shop.db).await.unwrap().iter().filter_map(|c| Some(c.split_once('.')?.0.to_owned())).collect();
    there.dedup();
    let mut known: Vec<String> = TABLES.iter().map(|t| (*t).to_owned()).collect();
    known.sort();
    assert_eq!(known, there);
}
