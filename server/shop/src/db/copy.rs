//! The whole database as files, and back: what `backup` packs.
//!
//! `SQLite` copies itself into one file (`VACUUM INTO`). `PostgreSQL` sends each table as `COPY` text out of one snapshot; that
//! needs no program of the server's version beside ours, and goes into any newer server.

use super::{Db, DbError, Engine, Pool, sqlite};
use crate::args;
use futures_util::StreamExt;
use sqlx::{Connection, postgres::PgConnection};
use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Read as _, Write as _},
    path::Path,
};

/// Every table, those that are referred to before those that refer to them. A test compares it with the schema.
pub const TABLES: &[&str] = &[
    "person",
    "session",
    "address",
    "merchant",
    "merchant_text",
    "category",
    "category_text",
    "product",
    "product_text",
    "sku",
    "price_history",
    "picture",
    "listing",
    "post",
    "cart_line",
    "room",
    "room_item",
    "room_span",
    "room_line",
    "room_mute",
    "room_reminder",
    "room_node",
    "room_flash",
    "room_draw",
    "room_entry",
    "room_promise",
    "room_segment",
    "room_moderator",
    "room_ban",
    "room_words",
    "room_poll",
    "room_poll_option",
    "room_vote",
    "room_hand",
    "room_visit",
    "room_click",
    "room_moment",
    "orders",
    "order_line",
    "room_prize",
    "coupon",
    "coupon_drop",
    "coupon_grant",
    "commission",
    "payout",
    "order_event",
    "campaign",
    "campaign_sku",
    "campaign_person",
    "team",
    "team_member",
    "team_mark",
    "share",
    "share_visit",
    "share_order",
    "referral",
    "person_mark",
    "review",
    "review_version",
    "review_vote",
    "review_picture",
    "review_reward",
    "post_version",
    "post_picture",
    "post_product",
    "post_print",
    "post_edit",
    "topic",
    "post_topic",
    "post_like",
    "post_collect",
    "board",
    "board_post",
    "challenge",
    "challenge_vote",
    "challenge_tally",
    "challenge_winner",
    "comment",
    "comment_like",
    "follow",
    "fan",
    "author",
    "aversion",
    "ask",
    "moderation_case",
    "report",
    "sanction",
    "word_list",
    "audit",
    "audit_head",
    "shipment",
    "shipment_line",
    "shipment_event",
    "idempotency",
    "after_sale",
    "after_sale_line",
    "after_sale_message",
    "after_sale_picture",
    "payment",
    "refund",
    "webhook_inbox",
    "sandbox_payment",
    "sandbox_refund",
    "ledger_transaction",
    "ledger_entry",
    "ledger_balance",
    "settlement",
    "notice",
    "notice_actor",
    "letter",
    "till",
    "job",
    "post_day",
    "poll",
    "poll_ballot",
    "poll_count",
    "feed_page",
    "event",
    "feed_less",
    "feed_weight",
    "bought_pair",
    "bought_who",
    "search_change",
    "search_doc",
    "search_term",
    "search_block",
    "search_key",
    "search_head",
    "search_said",
    "search_who",
    "search_mine",
    "consent",
];

/// The file of a `SQLite` copy.
pub const SQLITE_FILE: &str = "tuanju.db";
/// The migrations that a `PostgreSQL` copy stands at: the highest number.
pub const VERSION_FILE: &str = "version";

impl Db {
    /// Copies the whole database into an empty folder, as it is at one instant, while writes go on.
    ///
    /// # Errors
    /// What the engine or the disk says.
    pub async fn copy_into(&self, folder: &Path) -> Result<(), DbError> {
        match &self.pool {
            Pool::Sqlite { readers, .. } => {
                let (path, file) = (readers.path.clone(), folder.join(SQLITE_FILE).to_string_lossy().into_owned());
                let copied = tokio::task::spawn_blocking(move || {
                    sqlite::execute(&mut sqlite::open(&path)?, "VACUUM INTO $1", &args![file]).map(drop)
                });
                copied.await.map_err(|error| DbError::Row(error.to_string()))??;
            }
            Pool::Postgres(pool) => {
                let version = self.migrations().await?.done.into_iter().max().unwrap_or(0);
                fs::write(folder.join(VERSION_FILE), version.to_string())?;
                let mut conn = pool.acquire().await?;
                sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0")
                    .execute(&mut *conn)
                    .await?;
                let sent = send_all(&mut conn, folder).await;
                sqlx::raw_sql("ROLLBACK").execute(&mut *conn).await?;
                sent?;
            }
        }
        Ok(())
    }

    /// Fills an empty `PostgreSQL` database from the files of [`Self::copy_into`]. All of it, or nothing.
    ///
    /// # Errors
    /// [`DbError::Row`] when it is not empty or the files are not what they should be; what the engine says.
    pub async fn fill_from(&self, folder: &Path) -> Result<(), DbError> {
        let Pool::Postgres(pool) = &self.pool else { return Err(DbError::Url("not PostgreSQL".to_owned())) };
        let state = self.migrations().await?;
        if !state.done.is_empty() {
            return Err(DbError::Row("the database is not empty".to_owned()));
        }
        let version = fs::read_to_string(folder.join(VERSION_FILE))?;
        let version: i64 = version.parse().map_err(|_| DbError::Row("version".to_owned()))?;
        self.migrate_to(version).await?;
        let mut conn = pool.acquire().await?;
        let mut tx = conn.begin().await?;
        sqlx::raw_sql("SET LOCAL statement_timeout = 0").execute(&mut *tx).await?;
        for table in TABLES {
            let path = folder.join(table);
            // A backup of an older version has fewer tables.
            if let Ok(file) = File::open(path) {
                let mut into = tx.copy_in_raw(&format!("COPY {table} FROM STDIN")).await?;
                let mut file = BufReader::new(file);
                let mut piece = vec![0; 256 * 1024];
                loop {
                    let n = file.read(&mut piece)?;
                    if n == 0 {
                        break;
                    }
                    into.send(piece.get(..n).unwrap_or_default()).await?;
                }
                into.finish().await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

async fn send_all(conn: &mut PgConnection, folder: &Path) -> Result<(), DbError> {
    for table in TABLES {
        let mut out = BufWriter::new(File::create(folder.join(table))?);
        let mut rows = conn.copy_out_raw(&format!("COPY {table} TO STDOUT")).await?;
        while let Some(piece) = rows.next().await {
            out.write_all(&piece?)?;
        }
        out.flush()?;
    }
    Ok(())
}

/// Which engine a copy is of.
pub fn engine_of(folder: &Path) -> Engine {
    if folder.join(SQLITE_FILE).exists() { Engine::Sqlite } else { Engine::Postgres }
}
