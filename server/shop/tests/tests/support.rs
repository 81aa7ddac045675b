//! A small shop on a fresh database of either engine, and hands to work it.

use domain::{
    Currency,
    address::Address,
    catalog::{Detail, OptionText, Status},
    id::{AddressId, PersonId, SkuId},
    order::Source,
    payment::{Callback, EventKind},
    shipping::Method,
};
use shop::{
    Clock, Db, Rng, Settings, Shop,
    account::{self, NewAccount, Person},
    address, args, catalog,
    catalog::{NewMerchant, NewPicture, NewProduct, NewSku, Text},
    order::{self, Place, Placed},
    payment, verify,
};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Noon of a Sunday, UTC ms.
pub const NOON: i64 = 1_795_348_800_000;

/// Makes a test of an async function on each engine; each ends with an empty `verify`.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($shop:ident) $body:block)*) => { $(
        mod $name {
            use super::*;
            async fn run($shop: $crate::support::TestShop) {
                $body
                $shop.verify_is_empty().await;
            }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn sqlite() { run($crate::support::TestShop::sqlite().await).await }
            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn postgres() { run($crate::support::TestShop::postgres().await).await }
        }
    )* };
}
pub(crate) use both;

#[derive(Clone)]
pub struct TestShop {
    pub shop: Shop,
    pub url: String,
    _dir: Option<Arc<tempfile::TempDir>>,
    _database: Option<Arc<Database>>,
}

/// A database of the throw-away cluster. The next one to be made drops those that are done with: hundreds of tests would
/// leave gigabytes.
struct Database(String);

static DONE: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Drop for Database {
    fn drop(&mut self) {
        DONE.lock().unwrap().push(std::mem::take(&mut self.0));
    }
}

impl std::ops::Deref for TestShop {
    type Target = Shop;
    fn deref(&self) -> &Shop {
        &self.shop
    }
}

struct Cluster {
    url: String,
    _watchdog: Child,
}

/// The throw-away cluster of this test binary; it ends when this process does.
fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres.sh");
        let mut child =
            Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("postgres.sh starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("postgres://"), "PostgreSQL must run for these tests");
        Cluster { url: url.trim().to_owned(), _watchdog: child }
    })
}

pub async fn postgres_url() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let cluster = tokio::task::spawn_blocking(cluster).await.unwrap();
    let name = format!("t{}", NEXT.fetch_add(1, Ordering::SeqCst));
    let admin = sqlx::PgPool::connect(&cluster.url).await.unwrap();
    let done = std::mem::take(&mut *DONE.lock().unwrap());
    for done in done {
        // A pool of the test may still be closing; one that is missed costs room, not truth.
        let _ = sqlx::query(sqlx::AssertSqlSafe(format!("DROP DATABASE {done} WITH (FORCE)"))).execute(&admin).await;
    }
    // As most are, and not the plain order of bytes.
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
    )))
    .execute(&admin)
    .await
    .unwrap();
    admin.close().await;
    cluster.url.replace("/postgres", &format!("/{name}"))
}

impl TestShop {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("shop.db").display());
        Self::open(url, Some(dir)).await
    }

    pub async fn postgres() -> Self {
        let url = postgres_url().await;
        let name = url.rsplit('/').next().unwrap().to_owned();
        let mut made = Self::open(url, None).await;
        made._database = Some(Arc::new(Database(name)));
        made
    }

    async fn open(url: String, dir: Option<tempfile::TempDir>) -> Self {
        let db = Db::open(&url).await.unwrap();
        db.migrate().await.unwrap();
        let settings = Settings { webhook_secret: b"test secret".to_vec(), ..Settings::default() };
        let shop = Shop {
            db,
            clock: Clock::still(NOON),
            rng: Rng::from_seed(7),
            settings: Arc::new(settings),
            kept: Arc::default(),
            by: None,
        };
        Self { shop, url, _dir: dir.map(Arc::new), _database: None }
    }

    pub async fn verify_is_empty(&self) {
        assert_eq!(verify::run(&self.shop.db).await.unwrap(), []);
        assert_eq!(verify::run_recent(&self.shop.db, NOON - 60_000).await.unwrap(), []);
    }

    pub async fn person(&self, handle: &str) -> Person {
        let new = NewAccount {
            handle: handle.to_owned(),
            display_name: String::new(),
            password: "correct horse battery".to_owned(),
            role: domain::account::Role::Shopper,
        };
        account::register(self, new).await.unwrap()
    }

    /// A person without the cost of a password hash.
    pub async fn quick_person(&self, handle: &str) -> PersonId {
        let id = PersonId(self.rng.id(NOON));
        self.execute(
            "INSERT INTO person (id, handle, display_name, password_hash, role, created_at) VALUES ($1, $2, $2, 'x', 'shopper', 0)",
            args![id, handle],
        )
        .await;
        id
    }

    pub async fn execute(&self, sql: &'static str, args: shop::db::Args) -> u64 {
        self.db
            .write((sql, args), |tx, (sql, args)| Box::pin(async move { tx.execute(sql, args.clone()).await }))
            .await
            .unwrap()
    }

    pub async fn address(&self, me: PersonId) -> AddressId {
        let a = Address {
            recipient: "王小美".into(),
            phone: "13800138000".into(),
            province: "云南省".into(),
            city: "昆明市".into(),
            district: "五华区".into(),
            line: "翠湖南路 12 号".into(),
            ..Address::default()
        };
        address::save(self, me, None, &a, true).await.unwrap()
    }

    /// A product of one merchant with two sizes, `stock` units each.
    pub async fn product(&self, slug: &str, merchant: &str, price: i64, stock: i64) -> Vec<SkuId> {
        self.save(self.new_product(slug, merchant, price, stock).await).await;
        self.skus(slug).await
    }

    pub async fn skus(&self, slug: &str) -> Vec<SkuId> {
        let view = catalog::product(self, domain::Lang::En, slug).await.unwrap().unwrap();
        view.skus.iter().map(|s| s.id).collect()
    }

    pub async fn save(&self, new: NewProduct) -> bool {
        catalog::save_product(self, new).await.unwrap()
    }

    pub async fn new_product(&self, slug: &str, merchant: &str, price: i64, stock: i64) -> NewProduct {
        let texts = domain::Lang::ALL.iter().map(|l| (l.tag(), (merchant.to_owned(), String::new()))).collect();
        let merchant = catalog::save_merchant(self, NewMerchant { slug: merchant.to_owned(), texts }).await.unwrap();
        let names = |n: &str| domain::Lang::ALL.iter().map(|l| (l.tag(), n.to_owned())).collect();
        let top = catalog::save_category(self, "fruit", None, 0, 20, names("Fruit"), None).await.unwrap();
        let category = catalog::save_category(self, "berries", Some(top), 0, 20, names("Berries"), None).await.unwrap();
        let text = Text {
            title: format!("Title {slug}"),
            subtitle: "Fresh".into(),
            detail: Detail {
                body: "<p>Good</p>".into(),
                options: vec![OptionText { name: "Size".into(), values: vec!["S".into(), "L".into()] }],
                ..Detail::default()
            },
        };
        let sku = |n: u32, price| NewSku {
            code: format!("{slug}-{n}"),
            choice: vec![n],
            price,
            compare_at: None,
            group_price: None,
            weight_g: 500,
            on_hand: stock,
            earlier: Vec::new(),
        };
        NewProduct {
            merchant,
            category,
            slug: slug.to_owned(),
            status: Status::On,
            currency: Currency::Cny,
            texts: BTreeMap::from([("en", text)]),
            skus: vec![sku(0, price), sku(1, price * 2)],
            pictures: vec![NewPicture {
                source: "{}".into(),
                width: 1080,
                height: 1080,
                placeholder: "#fff".into(),
                print: None,
            }],
            published_at: self.clock.now(),
        }
    }

    /// The ask of somebody who saw the right total.
    pub async fn ask(&self, me: PersonId, address: AddressId, source: Source, key: &str) -> Place {
        let view = order::checkout(
            self,
            me,
            domain::Lang::En,
            &source,
            order::Choice::to(address),
            &domain::share::Touches::default(),
        )
        .await
        .unwrap();
        let shown_total = view.price.map_or(0, |b| b.total);
        Place {
            me,
            source,
            address,
            method: Method::Standard,
            note: String::new(),
            key: key.to_owned(),
            shown_total,
            seat: shop::group_buy::Wish::default(),
            came_by: domain::share::Touches::default(),
            invited: None,
            coupons: domain::coupon::Wanted::NOTHING,
        }
    }

    /// Buys one unit up to the cashier.
    pub async fn placed(&self, me: PersonId, sku: SkuId) -> Placed {
        let address = self.address(me).await;
        let key = hex(&self.rng.bytes::<16>());
        let ask = self.ask(me, address, Source::Direct { sku, quantity: 1 }, &key).await;
        order::place(self, ask).await.unwrap()
    }

    pub fn callback(&self, placed: &Placed, kind: EventKind, amount: i64) -> Callback {
        Callback {
            event_id: format!("{}-{kind:?}", placed.provider_ref),
            kind,
            provider_ref: placed.provider_ref.clone(),
            amount,
            currency: Currency::Cny,
            refund: (kind == EventKind::Refunded).then(|| payment::late_key(&placed.provider_ref)),
        }
    }

    /// The return window of a received order is over.
    pub async fn complete(&self, placed: &Placed) {
        completed(self, placed).await;
    }

    /// The provider says that it has the money.
    pub async fn capture(&self, me: PersonId, placed: &Placed) -> payment::Outcome {
        let view = order::show(self, me, domain::Lang::En, &placed.code).await.unwrap();
        payment::receive(self, "sandbox", self.callback(placed, EventKind::Captured, view.price.total)).await.unwrap()
    }
}

/// Does what the job of a received order does when the return window is over.
async fn completed(shop: &Shop, placed: &Placed) {
    shop::row! {
        struct Row {
            id: uuid::Uuid,
        }
    }
    let row: Row =
        shop.db.fetch_one("SELECT id FROM orders WHERE code = $1", args![placed.code.as_str()]).await.unwrap();
    order::complete(shop, row.id).await.unwrap();
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
