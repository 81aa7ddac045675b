//! Every SQL literal in the sources is prepared on both engines.

use crate::support::TestShop;
use sqlx::{Connection, Executor, SqlSafeStr};
use std::{fs, path::Path};
use syn::visit::Visit;

#[derive(Default)]
struct Literals(Vec<String>);

impl<'a> Visit<'a> for Literals {
    fn visit_lit_str(&mut self, lit: &'a syn::LitStr) {
        let text = lit.value();
        let first = text.split_whitespace().next().unwrap_or_default();
        if ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&first) && text.contains(' ') {
            self.0.push(text);
        }
    }

    fn visit_macro(&mut self, m: &'a syn::Macro) {
        // Statements made by `list_sql!` come from `list_statements`; anything else in a macro would go unseen.
        let tokens = m.tokens.to_string();
        let known = tokens.contains("ORDER BY l.")
            || !["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE "].iter().any(|w| tokens.contains(w));
        assert!(known, "SQL inside a macro cannot be checked: {tokens}");
    }
}

fn literals(dir: &Path, found: &mut Literals) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            literals(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.visit_file(&syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap());
        }
    }
}

/// What only one engine understands: questions about itself, ids that generated products get, lists as one argument.
const OF_SQLITE: [&str; 3] = ["sqlite_", "unhex(", "json_each("];
const OF_POSTGRES: [&str; 6] =
    ["pg_tables", "information_schema", "to_hex(", "pg_notify(", "json_array_elements_text(", "json_to_recordset("];

/// All statements but those of the other engine.
fn all(of_the_other: &[&str]) -> Vec<String> {
    let mut found = Literals::default();
    literals(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    found.0.extend(shop::catalog::list_statements().map(str::to_owned));
    found.0.extend(shop::catalog::walk_statements().map(str::to_owned));
    found.0.retain(|s| !of_the_other.iter().any(|word| s.contains(word)));
    assert!(found.0.len() > 80, "only {} statements were found", found.0.len());
    found.0
}

#[tokio::test]
async fn every_statement_is_understood_by_sqlite() {
    let shop = TestShop::sqlite().await;
    let mut conn = sqlx::SqliteConnection::connect(&shop.url).await.unwrap();
    for sql in all(&OF_POSTGRES) {
        // Left to itself the planner goes along the whole table and looks into the list for each row (100,000 things: 2.8 s instead of 2 ms).
        let listed: String = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!listed.contains("json_each($1) j JOIN"), "a list comes first: CROSS JOIN\n{sql}");
        if let Err(error) = conn.prepare(sqlx::AssertSqlSafe(sql.clone()).into_sql_str()).await {
            panic!("{error}\n{sql}");
        }
    }
}

#[tokio::test]
async fn every_statement_is_understood_by_postgres() {
    let shop = TestShop::postgres().await;
    let mut conn = sqlx::PgConnection::connect(&shop.url).await.unwrap();
    // The types of what generated products are made of are those of their arguments.
    for sql in all(&[&OF_SQLITE[..], &["to_hex("]].concat()) {
        if let Err(error) = conn.prepare(sqlx::AssertSqlSafe(sql.clone()).into_sql_str()).await {
            panic!("{error}\n{sql}");
        }
    }
}

#[tokio::test]
async fn both_schemas_have_the_same_tables_and_columns() {
    let (a, b) = (TestShop::sqlite().await, TestShop::postgres().await);
    let (a, b) = (shop::db::schema_of(&a.db).await.unwrap(), shop::db::schema_of(&b.db).await.unwrap());
    assert!(a.len() > 100);
    assert_eq!(a, b);
}
