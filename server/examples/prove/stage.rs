//! What a proof plays on: one shop or two on one database, with much to sell, and a look into its books.

use crate::{
    Options,
    driver::{How, Postgres, Server, Shopper, Web},
};
use anyhow::{Context, Result, bail, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use shop::{Clock, Db, args, db::Args};
use std::{process::Command, time::Duration};
use uuid::Uuid;

/// Generated products; each has one SKU with a thousand units.
pub const PRODUCTS: u128 = 40;

pub struct Stage {
    nodes: Vec<(How, Option<Server>, Web)>,
    pub db: Db,
    postgres: Option<Postgres>,
    _dir: tempfile::TempDir,
}

shop::row! {
    struct Number {
        n: i64,
    }
}

/// The SKU of a generated product.
pub fn sku(product: u128) -> Uuid {
    Uuid::from_u128((0x5eed_0002 << 96) | product)
}

/// The environment that puts `disk.rs` between a shop and its disk; it is built beside this program.
///
/// # Errors
/// When it is not there.
pub fn shim(options: &Options) -> Result<Vec<(&'static str, String)>> {
    ensure!(options.postgres.is_none(), "it stands between the shop and SQLite's files");
    let beside = std::env::current_exe()?.with_file_name("libdisk.so");
    ensure!(beside.exists(), "{} is not there", beside.display());
    Ok(vec![("LD_PRELOAD", beside.display().to_string())])
}

/// A key as the checkout makes one.
pub fn key(rng: &shop::Rng) -> String {
    hex::encode(rng.bytes::<16>())
}

impl Stage {
    /// Starts everything. `env` is the environment of every node.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn open(options: &Options, env: Vec<(&'static str, String)>) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let postgres = options.postgres.as_deref().map(Postgres::start).transpose()?;
        let database = postgres.as_ref().map(|p| p.url.clone());
        ensure!(options.nodes == 1 || database.is_some(), "two nodes need PostgreSQL between them");
        let mut nodes = Vec::new();
        for node in 0..options.nodes {
            let data = dir.path().join(format!("node{node}"));
            let how = How { tuanju: options.tuanju.clone(), data, database: database.clone(), env: env.clone() };
            let web = Web::free()?;
            let (server, _) = Server::start(&how, &web).await?;
            nodes.push((how, Some(server), web));
        }
        let url = match &database {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", dir.path().join("node0").join("tuanju.db").display()),
        };
        let stage = Self { nodes, db: Db::open(&url).await?, postgres, _dir: dir };
        stage.tuanju(&["seed", "--products", &PRODUCTS.to_string()])?;
        Ok(stage)
    }

    /// More of everything than anybody buys. Not for proofs that record the shop's writes: these are not the shop's.
    ///
    /// # Errors
    /// What the database says.
    pub async fn stock_up(&self) -> Result<()> {
        let all = "UPDATE sku SET received = received + 1000000, on_hand = on_hand + 1000000";
        self.meddle(all, args![]).await?;
        Ok(())
    }

    /// The way to one of the nodes; they take turns.
    pub fn web(&self, turn: usize) -> &Web {
        // There is at least one node.
        &self.nodes[turn % self.nodes.len()].2
    }

    /// Kills every node and starts them again.
    ///
    /// # Errors
    /// When one does not come back.
    pub async fn kill(&mut self) -> Result<()> {
        for (how, server, web) in &mut self.nodes {
            if let Some(server) = server.take() {
                server.kill().await?;
            }
            *server = Some(Server::start(how, web).await?.0);
        }
        Ok(())
    }

    /// Kills every process of the PostgreSQL and starts it again.
    ///
    /// # Errors
    /// When it does not come back.
    pub fn restart_postgres(&mut self) -> Result<()> {
        self.postgres.as_mut().context("there is no PostgreSQL")?.restart()
    }

    /// People with accounts and addresses.
    ///
    /// # Errors
    /// When one of them is not let in.
    pub async fn people(&self, name: &str, many: usize) -> Result<Vec<Shopper>> {
        stream::iter(0..many)
            .map(|i| async move { Shopper::register(self.web(i), &format!("{name}{i}")).await })
            .buffered(8)
            .try_collect()
            .await
    }

    /// # Errors
    /// What the database says.
    pub async fn count(&self, sql: &'static str, args: Args) -> Result<i64> {
        Ok(self.db.fetch_one::<Number>(sql, args).await?.n)
    }

    /// Changes the books behind the shop's back.
    ///
    /// # Errors
    /// What the database says.
    pub async fn meddle(&self, sql: &'static str, args: Args) -> Result<u64> {
        self.db
            .write((sql, args), |tx, (sql, args)| Box::pin(async move { tx.execute(sql, args.clone()).await }))
            .await
            .context("meddling")
    }

    /// Waits until nothing is due any more, and nothing is to be tried again. Questions about payments that nobody paid do not count: they come in waves, minutes
    /// after their orders, and change nothing.
    ///
    /// # Errors
    /// When that takes longer than a minute and a half, or when a job was given up.
    pub async fn settled(&self) -> Result<()> {
        for _ in 0..900 {
            let now = Clock::system(0).now();
            let due = "SELECT COUNT(*) AS n FROM job
                       WHERE kind <> 'query_payment' AND (state = 'leased' OR (state = 'ready' AND (run_at <= $1 OR attempts > 0)))";
            if self.count(due, args![now + 1000]).await? == 0 {
                let dead = self.count("SELECT COUNT(*) AS n FROM job WHERE state = 'dead'", args![]).await?;
                ensure!(dead == 0, "{dead} jobs were given up");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("jobs are still waiting after a minute and a half")
    }

    /// Every invariant of the books.
    ///
    /// # Errors
    /// When one is broken.
    pub fn verified(&self) -> Result<()> {
        self.tuanju(&["verify"])
    }

    fn tuanju(&self, what: &[&str]) -> Result<()> {
        let (how, ..) = self.nodes.first().context("a node")?;
        let mut command = Command::new(&how.tuanju);
        command.args(what).arg("--data").arg(&how.data);
        if let Some(url) = &how.database {
            command.args(["--database", url]);
        }
        let output = command.envs(how.env.iter().map(|(name, value)| (name, value))).output()?;
        ensure!(output.status.success(), "{what:?}: {}", String::from_utf8_lossy(&output.stdout));
        Ok(())
    }

    /// What it is played on, for the report.
    pub fn name(&self) -> String {
        let engine = match self.db.engine() {
            shop::db::Engine::Sqlite => "SQLite",
            shop::db::Engine::Postgres => "PostgreSQL",
        };
        match self.nodes.len() {
            1 => engine.to_owned(),
            nodes => format!("{engine}, {nodes} nodes"),
        }
    }
}
