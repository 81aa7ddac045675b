//! The command line: `tuanju serve | demo | seed | import | admin | migrate | verify | backup | restore | doctor`.

use crate::{
    art::{self, Scene},
    config::{Common, Serve},
    demo, files, serve,
};
use anyhow::{Context, Result, anyhow, bail};
use clap::{Parser, Subcommand};
use domain::{Currency, Lang, account::Role};
use shop::{Clock, Db, Rng, Settings, Shop, account, backup, catalog, taste, verify};
use std::{path::PathBuf, sync::Arc};

#[derive(Parser)]
#[command(name = "tuanju", version, about = "A shop that comes together", args_override_self = true)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve the shop.
    Serve(Serve),
    /// Serve a shop full of demo data.
    Demo(Serve),
    /// Add generated products and people, for measuring.
    Seed {
        #[arg(long, default_value_t = 0)]
        products: u64,
        /// By these people and of these products; at least two people.
        #[arg(long, default_value_t = 0)]
        posts: u64,
        #[arg(long, default_value_t = 0)]
        users: u64,
        /// Of these products and people, each at an end of its life; at most 500 of a product.
        #[arg(long, default_value_t = 0)]
        orders: u64,
        /// What these people do with products and posts; they have agreed that it is remembered.
        #[arg(long, default_value_t = 0)]
        events: u64,
    },
    /// Read goods from files.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Accounts of staff.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Bring the database to this version.
    Migrate {
        #[arg(long)]
        dry_run: bool,
    },
    /// Check every invariant.
    Verify {
        /// Go on looking: close the till within a second when one of the money is broken, open it when all hold again.
        #[arg(long)]
        watch: bool,
    },
    /// Write everything into one file, while the shop goes on.
    Backup {
        file: PathBuf,
        /// Leaves out what live rooms showed, which is most of all bytes.
        #[arg(long)]
        without_recordings: bool,
    },
    /// Unpack a backup into an empty folder, and verify it.
    Restore {
        file: PathBuf,
        #[arg(long)]
        into: PathBuf,
    },
    /// Measure what a ranking is worth on choices that people made.
    Evaluate {
        /// User, item and time in each line, apart by tabs; none: choices that are made up, of a known structure.
        file: Option<PathBuf>,
    },
    /// Look whether all is well.
    Doctor,
}

#[derive(Subcommand)]
pub enum ImportCommand {
    /// Products, from Shopify's CSV.
    Products {
        file: PathBuf,
        #[arg(long, default_value = "Imported")]
        merchant: String,
        /// The language of the texts: zh-Hans, zh-Hant or en.
        #[arg(long, default_value = "en")]
        lang: String,
        #[arg(long, default_value = "CNY")]
        currency: String,
        /// A folder with the pictures, found by their file names.
        #[arg(long)]
        images: Option<PathBuf>,
        /// Only say what is wrong.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Open an account for staff; prints its password and second factor once.
    Create { handle: String },
    /// Give an account a new password, printed once; all its sessions end.
    ResetPassword { handle: String },
}

/// Does what was asked.
///
/// # Errors
/// What went wrong, for the operator.
pub async fn run(cli: Cli) -> Result<()> {
    let mut common = cli.common;
    if let Some(said) = &common.said {
        common.data.clone_from(said);
    }
    let command = match cli.command {
        Some(command) => command,
        None => Command::Serve(Cli::serve_defaults()?),
    };
    match command {
        Command::Serve(options) => serve::run(common, options, false).await,
        Command::Demo(options) => serve::run(common, options, true).await,
        Command::Evaluate { file } => evaluate(file.as_deref()),
        Command::Restore { file, into } => {
            backup::restore(&file, &into, common.database.as_deref()).await?;
            println!("restored into {}, 0 violations", into.display());
            Ok(())
        }
        other => {
            let shop = open(&common, Clock::system(0), Settings::default()).await?;
            let result = with_shop(&shop, &common, other).await;
            shop.db.close().await;
            result
        }
    }
}

impl Cli {
    fn serve_defaults() -> Result<Serve> {
        match Self::try_parse_from(["tuanju", "serve"])?.command {
            Some(Command::Serve(options)) => Ok(options),
            _ => bail!("no defaults"),
        }
    }
}

async fn with_shop(shop: &Shop, common: &Common, command: Command) -> Result<()> {
    match command {
        Command::Seed { products, posts, users, orders, events } => {
            crate::seed::run(shop, products, posts, users, orders, events).await
        }
        Command::Import(ImportCommand::Products { file, merchant, lang, currency, images, dry_run }) => {
            let lang: Lang = lang.parse().map_err(|_| anyhow!("--lang is zh-Hans, zh-Hant or en"))?;
            let currency: Currency = currency.parse().map_err(|_| anyhow!("the currency {currency:?} is not known"))?;
            let import = catalog::Import { merchant, lang, currency };
            import_products(shop, common, &file, &import, images, dry_run).await
        }
        Command::Admin(AdminCommand::Create { handle }) => {
            let password = hex::encode(shop.rng.bytes::<12>());
            let new = account::NewAccount {
                handle,
                display_name: String::new(),
                password: password.clone(),
                role: Role::Admin,
            };
            let person = account::register(shop, new).await.map_err(|e| anyhow!("{}", e.code()))?;
            let secret = account::set_second_factor(shop, person.id).await?;
            println!(
                "name      {}\npassword  {password}\nsecond factor  {}",
                person.handle,
                shop::totp::uri(&person.handle, &secret)
            );
            Ok(())
        }
        Command::Admin(AdminCommand::ResetPassword { handle }) => {
            let password = hex::encode(shop.rng.bytes::<12>());
            account::reset_password(shop, &handle, &password).await.map_err(|e| anyhow!("{handle}: {}", e.code()))?;
            println!("name      {handle}\npassword  {password}");
            Ok(())
        }
        Command::Migrate { dry_run } => {
            let state = shop.db.migrations().await?;
            for (version, name) in &state.pending {
                println!("{} {version} {name}", if dry_run { "would apply" } else { "apply" });
            }
            if !dry_run {
                bring_up_to_date(shop, common).await?;
            }
            println!("{} applied, {} pending", state.done.len(), if dry_run { state.pending.len() } else { 0 });
            Ok(())
        }
        Command::Verify { watch: true } => {
            tokio::select! {
                () = crate::watch::run(shop) => {}
                () = serve::signal() => {}
            }
            Ok(())
        }
        Command::Verify { watch: false } => verify_all(shop).await,
        Command::Backup { file, without_recordings } => {
            let bytes = backup::backup(&shop.db, &common.data, &file, !without_recordings).await?;
            println!("{} ({bytes} bytes)", file.display());
            Ok(())
        }
        Command::Doctor => crate::doctor::run(shop, common).await,
        Command::Serve(_) | Command::Demo(_) | Command::Restore { .. } | Command::Evaluate { .. } => Ok(()),
    }
}

/// Prints a row for each method, apart by tabs: name, NDCG@10, Recall@20, coverage@10, seconds to fit, novelty; what is said about it goes
/// to standard error.
fn evaluate(file: Option<&std::path::Path>) -> Result<()> {
    let log = match file {
        Some(path) => {
            let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            taste::Log::read(&String::from_utf8_lossy(&bytes))
                .map_err(|p| anyhow!("line {} is not: user, item, time", p.number.unwrap_or(0)))?
        }
        None => taste::made_up(4_000, 2_000, 60, 2026),
    };
    eprintln!("{} choices of {} people among {} things", log.events.len(), log.users, log.items);
    let (lines, weights) = taste::evaluate(&log);
    eprintln!("method\tNDCG@10\tRecall@20\tcoverage@10\tfit s\tnovelty");
    for l in lines {
        let fit = l.fit.as_secs_f64();
        println!("{}\t{:.4}\t{:.4}\t{:.4}\t{fit:.2}\t{:.2}", l.name, l.ndcg, l.recall, l.coverage, l.novelty);
    }
    let weights: Vec<String> = weights.into_iter().map(|(name, w)| format!("{name} {w:.3}")).collect();
    eprintln!("ours = {}", weights.join(" + "));
    Ok(())
}

async fn verify_all(shop: &Shop) -> Result<()> {
    let violations = verify::run(&shop.db).await?;
    for v in &violations {
        println!("{}", v.name);
        for row in &v.rows {
            println!("  {row}");
        }
    }
    println!("{} violations", violations.len());
    if violations.is_empty() { Ok(()) } else { Err(anyhow!("the shop is not in order")) }
}

async fn import_products(
    shop: &Shop,
    common: &Common,
    file: &std::path::Path,
    import: &catalog::Import,
    images: Option<PathBuf>,
    dry_run: bool,
) -> Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let products = match catalog::read_csv(&bytes, import.currency) {
        Ok(products) => products,
        Err(bad) => {
            for row in &bad {
                println!("line {}: {}", row.line, row.reason);
            }
            bail!("{} bad rows, nothing was imported", bad.len());
        }
    };
    if dry_run {
        println!("{} products, 0 bad rows, nothing was imported (dry run)", products.len());
        return Ok(());
    }
    bring_up_to_date(shop, common).await?;
    let (added, changed) = catalog::import_csv(shop, import, products, |p| {
        let found = images.as_ref().map(|dir| files::pictures(dir, &common.data, &p.pictures)).unwrap_or_default();
        if found.is_empty() { vec![tile(&p.handle)] } else { found }
    })
    .await?;
    println!("{added} products added, {changed} changed");
    Ok(())
}

fn tile(handle: &str) -> catalog::NewPicture {
    let hue = catalog::hue_of(handle);
    let source = serde_json::to_string(&Scene::Tile { hue }).unwrap_or_default();
    catalog::NewPicture { source, width: 1080, height: 1080, placeholder: art::placeholder(hue), print: None }
}

/// Opens the shop of a data folder.
///
/// # Errors
/// What the database says.
pub async fn open(common: &Common, clock: Clock, settings: Settings) -> Result<Shop> {
    std::fs::create_dir_all(&common.data).with_context(|| format!("making {}", common.data.display()))?;
    let db = Db::open(&common.database_url()).await?;
    Ok(Shop { db, clock, rng: Rng::from_machine(), settings: Arc::new(settings), kept: Arc::default(), by: None })
}

/// Migrates, after a backup of what is there.
///
/// # Errors
/// A database of a newer binary is refused.
pub async fn bring_up_to_date(shop: &Shop, common: &Common) -> Result<()> {
    let state = shop.db.migrations().await?;
    if state.newer {
        bail!("this database was written by a newer tuanju; please use that one");
    }
    if state.pending.is_empty() {
        return Ok(());
    }
    if !state.done.is_empty() {
        let name = format!("before-{}.backup", state.pending.first().map_or(0, |(v, _)| *v));
        // What live rooms showed is not touched by a migration.
        backup::backup(&shop.db, &common.data, &common.data.join(name), false).await?;
    }
    shop.db.migrate().await?;
    shop::settlement::catch_up(shop).await?;
    Ok(())
}

/// The demo's shop: its random source has a fixed seed.
///
/// # Errors
/// What the database says.
pub async fn demo_shop(common: &Common, clock: Clock, settings: Settings) -> Result<Shop> {
    let shop = open(common, clock, settings).await?;
    let seeded = Shop { rng: Rng::from_seed(2026), ..shop.clone() };
    bring_up_to_date(&shop, common).await?;
    demo::fill(&seeded, &common.data).await?;
    Ok(shop)
}
