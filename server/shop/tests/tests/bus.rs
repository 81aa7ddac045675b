//! How nodes hear of each other over NATS: a server of our own, two shops on one `PostgreSQL`.

use crate::{
    group_buy::{buyer, by_heads, campaign, join, opened, pays, team},
    live::{On, on},
    support::{NOON, TestShop},
};
use domain::{
    group_buy::Otherwise,
    live::{Frame, Lines},
};
use shop::{
    Shop,
    bus::{Bus, Nats},
    live,
};
use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

/// A server that is stopped with this.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// None when somebody else has the port.
    fn start(port: u16) -> Option<Self> {
        // Debian keeps it where only the system looks.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin";
        let mut command = Command::new("nats-server");
        command.args(["-a", "127.0.0.1", "-p", &port.to_string()]).env("PATH", path);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nats-server (Debian has it)");
        let mut server = Self { child, port };
        for _ in 0..200 {
            std::thread::sleep(Duration::from_millis(25));
            if server.child.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(server);
            }
        }
        panic!("nats-server does not begin");
    }

    fn anywhere() -> Self {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        (0..10).find_map(|_| Self::start(free())).expect("a port")
    }

    async fn join(&self) -> Nats {
        Nats::connect(&format!("nats://127.0.0.1:{}", self.port)).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..400 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_says_the_other_hears_and_after_a_cut_that_something_may_be_missing() {
    let server = Server::anywhere();
    let (here, there) = (server.join().await, Arc::new(server.join().await));
    let heard = Arc::new(Mutex::new(Vec::<Option<String>>::new()));
    let listening = tokio::spawn({
        let (there, heard) = (there.clone(), heard.clone());
        async move { there.hear("tuanju_test", &|said| heard.lock().unwrap().push(said.map(str::to_owned))).await }
    });
    let has = |said: Option<&str>| heard.lock().unwrap().iter().filter(|h| h.as_deref() == said).count();
    until("it begins with what may be missing", || has(None) > 0).await;
    assert!(there.answers().await && here.answers().await);
    here.tell("tuanju_test", "first").await.unwrap();
    here.tell("tuanju_other", "elsewhere").await.unwrap();
    until("said and heard", || has(Some("first")) == 1).await;
    // The server goes away and comes back: nothing hangs, and it is heard that something may be missing.
    let (port, before) = (server.port, has(None));
    drop(server);
    let _ = here.tell("tuanju_test", "lost, or late").await;
    let _again = Server::start(port).unwrap();
    until("that something may be missing", || has(None) > before).await;
    until("said again and heard", || {
        let done = has(Some("second")) > 0;
        if !done {
            let told = here.tell("tuanju_test", "second");
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(told)).unwrap();
        }
        done
    })
    .await;
    assert_eq!(has(Some("elsewhere")), 0);
    listening.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_of_another_node_hear_of_a_team_and_of_a_room_over_nats() {
    let server = Server::anywhere();
    let shop = TestShop::postgres().await;
    let other = Shop {
        db: shop::Db::open(&shop.url).await.unwrap(),
        kept: Arc::default(),
        rng: shop::Rng::from_seed(78),
        ..shop.shop.clone()
    };
    for node in [&shop.shop, &other] {
        assert!(node.kept.bus.set(server.join().await).is_ok());
    }
    let mut tasks = Vec::new();
    for node in [shop.shop.clone(), other.clone()] {
        let rooms = node.clone();
        tasks.push(tokio::spawn(async move { shop::group_buy::news::run(&node).await }));
        tasks.push(tokio::spawn(async move { live::news::run(&rooms).await }));
    }
    // A team: nothing looks after it by itself, so what comes has been told.
    let (of, sku) = campaign(&shop, by_heads(3), |_| ()).await;
    let (first, second) = (buyer(&shop, "first").await, buyer(&shop, "second").await);
    let placed = opened(&shop, first, &of, sku).await;
    pays(&shop, &placed).await;
    let code = team(&shop, first.0, &placed).await;
    let mut news = other.kept.teams.listen(code.as_str());
    tokio::time::timeout(Duration::from_secs(5), news.wait_for(|text| !text.is_empty())).await.unwrap().unwrap();
    let before = news.borrow_and_update().clone();
    let joined = join(&shop, second, &code, sku, Otherwise::Refund).await.unwrap();
    pays(&shop, &joined).await;
    tokio::time::timeout(Duration::from_secs(5), news.wait_for(|text| **text != *before)).await.unwrap().unwrap();
    // A room.
    let On { room, .. } = on(&shop, 5).await;
    let seat = other.kept.rooms.enter(&other, &room).await.unwrap();
    let mut news = seat.listen();
    let mut lines = Lines::default();
    lines.hear(&serde_json::from_str::<Frame>(&seat.since(0).text).unwrap());
    let who = shop.quick_person("a").await;
    // It is told, and not only looked for.
    let told = Arc::new(Mutex::new(Vec::<String>::new()));
    let third = server.join().await;
    tasks.push(tokio::spawn({
        let told = told.clone();
        async move { third.hear("tuanju_room", &|said| told.lock().unwrap().extend(said.map(str::to_owned))).await }
    }));
    live::say(&shop, who, &room, "from here").await.unwrap();
    while lines.seq < 2 {
        let heard = tokio::time::timeout(Duration::from_secs(5), news.recv()).await.unwrap().unwrap();
        assert!(!lines.hear(&serde_json::from_str(&heard.text).unwrap()));
    }
    for n in 0..100 {
        if told.lock().unwrap().iter().any(|said| said.split(' ').skip(1).any(|code| code == room.as_str())) {
            break;
        }
        // Until the third listens.
        live::say(&Shop { clock: shop::Clock::still(NOON + n * 10_000), ..shop.shop.clone() }, who, &room, "again")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(n < 99, "{told:?}");
    }
    tasks.into_iter().for_each(|t| t.abort());
    shop.verify_is_empty().await;
}
