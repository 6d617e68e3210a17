//! Every migration runs on a database that already holds rows, and loses none of them.

use sqlx::migrate::{Migrate, Migrator};
use sqlx::{Connection, Row, SqliteConnection};
use std::path::Path;

/// Rows in every table of version 1, referring to each other.
const ROWS: &str = "
INSERT INTO projects (id, repo, title, default_branch, created_ms) VALUES (1, 'o/r', 'R', 'main', 1);
INSERT INTO deliveries (guid, event, body, state, due_ms, received_ms) VALUES ('g', 'push', x'7b7d', 'done', 1, 1);
INSERT INTO pulls VALUES (1, 7, 'T', 'a', 'aa', 0, 1, 1);
INSERT INTO commits (id, project_id, sha, summary, committed_ms, on_default) VALUES (1, 1, 'aa', 's', 1, 1), (2, 1, 'bb', 's', 2, 0);
INSERT INTO runs (id, project_id, kind, pull_number, shown_sha, base_sha, head_sha, trusted, state, created_ms) VALUES (1, 1, 'pull', 7, 'bb', 'aa', 'bb', 1, 'judged', 1);
INSERT INTO jobs (id, run_id, board, trusted, priority, state, created_ms) VALUES (1, 1, 'b', 1, 0, 'done', 1);
INSERT INTO job_logs VALUES (1, 'log', 0);
INSERT INTO measurements (id, run_id, board, commit_id, doc, token, trusted, received_ms) VALUES (1, 1, 'b', 1, '{}', 1, 1, 1);
INSERT INTO series (id, project_id, board, kind, name) VALUES (1, 1, 'b', 'region', 'flash');
INSERT INTO points VALUES (1, 1, 1, 10, 1);
INSERT INTO outbox (project_id, target, run_id, payload, due_ms) VALUES (1, 'comment:7', 1, '{}', 1);
INSERT INTO runners (name, token_sha256, created_ms) VALUES ('desk', 'x', 1);
INSERT INTO enrolments VALUES ('c', 'desk', 1, 2, NULL);
";

async fn rows(c: &mut SqliteConnection) -> Vec<(String, i64)> {
    let tables = sqlx::query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations' ORDER BY name",
    );
    let names: Vec<String> = tables.fetch_all(&mut *c).await.unwrap().iter().map(|r| r.get(0)).collect();
    let mut counts = Vec::new();
    for name in names {
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {name}"))).fetch_one(&mut *c).await.unwrap();
        counts.push((name, count));
    }
    counts
}

#[tokio::test]
async fn migrations_keep_the_rows_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("db").display());
    let mut c = SqliteConnection::connect(&url).await.unwrap();
    let all = Migrator::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/sqlite")).await.unwrap();
    let table = all.table_name.to_string();
    c.ensure_migrations_table(&table).await.unwrap();
    let mut before = Vec::new();
    for migration in all.iter() {
        c.apply(&table, migration).await.unwrap();
        if before.is_empty() {
            sqlx::raw_sql(ROWS).execute(&mut c).await.unwrap();
            before = rows(&mut c).await;
            assert!(before.iter().all(|(_, n)| *n > 0), "a table has no row here: {before:?}");
        }
    }
    let after = rows(&mut c).await;
    for (table, count) in &before {
        let now = after.iter().find(|(name, _)| name == table);
        assert!(now.is_none_or(|(_, n)| n == count), "{table}: {count} rows before, {now:?} after");
    }
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut c).await.unwrap();
    assert!(broken.is_empty(), "{} rows refer to nothing", broken.len());
    c.close().await.unwrap();

    let store = ounce_server::store::Store::open(&folder.path().join("db")).await.unwrap();
    assert_eq!(store.migrate().await.unwrap(), 0, "nothing is left to do");
    assert!(store.is_current().await.unwrap());
}
