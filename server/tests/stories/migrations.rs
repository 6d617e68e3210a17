//! Every migration runs on a database that already holds rows, and loses none of them; both databases end with the same tables.

use crate::database::{Database, on_postgres};
use ounce_server::store::sql::{script, sql};
use ounce_server::store::{Place, Store};
use sqlx::Connection;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use std::path::Path;

/// Rows in every table of version 1, referring to each other.
const ROWS: &str = "
INSERT INTO projects (id, repo, title, default_branch, created_ms) VALUES (1, 'o/r', 'R', 'main', 1);
INSERT INTO deliveries (guid, event, body, state, due_ms, received_ms) VALUES ('g', 'push', BYTES, 'done', 1, 1);
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

/// Those rows, in the words of the database played on.
pub fn rows() -> String {
    ROWS.replace("BYTES", if on_postgres() { "'\\x7b7d'" } else { "x'7b7d'" })
}

/// The tables of ours, in either database.
async fn tables(store: &Store) -> Vec<String> {
    let text = match on_postgres() {
        true => "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations'",
        false => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    };
    sql(text).fetch_all(&mut store.connection().await.unwrap()).await.unwrap()
}

async fn counts(store: &Store) -> Vec<(String, i64)> {
    let mut counts = Vec::new();
    for name in tables(store).await {
        let counting = sql(format!("SELECT COUNT(*) FROM {name}"));
        counts.push((name, counting.fetch_one(&mut store.connection().await.unwrap()).await.unwrap()));
    }
    counts
}

/// Applies all migrations, and puts rows in after the first.
async fn apply<C: Migrate>(c: &mut C, migrations: &str, store: &Store) -> Vec<(String, i64)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(migrations);
    let all = Migrator::new(folder).await.unwrap();
    c.ensure_migrations_table(&all.table_name).await.unwrap();
    let mut before = Vec::new();
    for migration in all.iter() {
        c.apply(&all.table_name, migration).await.unwrap();
        if before.is_empty() {
            script(&mut store.connection().await.unwrap(), rows()).await.unwrap();
            before = counts(store).await;
            assert!(before.len() > 10 && before.iter().all(|(_, n)| *n > 0), "a table has no row here: {before:?}");
        }
    }
    before
}

#[tokio::test]
async fn migrations_keep_the_rows_there_are() {
    let database = Database::new().await;
    let store = Store::open(&database.place).await.unwrap();
    let before = match &database.place {
        Place::File(file) => {
            let url = format!("sqlite://{}", file.display());
            apply(&mut SqliteConnection::connect(&url).await.unwrap(), "sqlite", &store).await
        }
        Place::Postgres(options) => apply(&mut PgConnection::connect_with(options).await.unwrap(), "postgres", &store).await,
    };
    let after = counts(&store).await;
    for (table, count) in &before {
        let now = after.iter().find(|(name, _)| name == table);
        assert!(now.is_none_or(|(_, n)| n == count), "{table}: {count} rows before, {now:?} after");
    }
    if !on_postgres() {
        let broken: Vec<String> = sql("PRAGMA foreign_key_check").fetch_all(&mut store.connection().await.unwrap()).await.unwrap();
        assert!(broken.is_empty(), "rows of {broken:?} refer to nothing");
    }
    store.close().await;

    let store = Store::open(&database.place).await.unwrap();
    assert_eq!(store.migrate().await.unwrap(), 0, "nothing is left to do");
    assert!(store.is_current().await.unwrap());
}

/// What SQLite's catalogue says, a line for each column, key, unique, index and reference.
const SQLITE: &[&str] = &[
    "SELECT 'column ' || t.name || '.' || c.name || CASE WHEN c.type = 'TEXT' THEN ' text' WHEN c.type = 'BLOB' THEN ' bytes' ELSE ' integer' END
         || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN ' not null' ELSE '' END
     FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'",
    "SELECT 'key ' || table_name || ' (' || group_concat(column_name, ',') || ')' FROM
         (SELECT t.name AS table_name, c.name AS column_name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.pk > 0 ORDER BY t.name, c.pk)
     GROUP BY table_name",
    "SELECT what || ' (' || group_concat(column_name, ',') || ')' || partial FROM
         (SELECT CASE WHEN l.origin = 'c' THEN 'index ' || l.name || ' on ' ELSE 'unique ' END || t.name AS what, i.name AS column_name,
             CASE WHEN l.partial = 1 THEN ' where' ELSE '' END AS partial, l.name AS index_name
          FROM sqlite_master t JOIN pragma_index_list(t.name) l JOIN pragma_index_info(l.name) i WHERE t.type = 'table' AND l.origin <> 'pk' ORDER BY l.name, i.seqno)
     GROUP BY index_name, what, partial",
    "SELECT 'reference ' || t.name || '.' || f.\"from\" || ' to ' || f.\"table\" || '.' || f.\"to\"
     FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'",
];

/// The same of PostgreSQL's.
const POSTGRES: &[&str] = &[
    "SELECT 'column ' || table_name || '.' || column_name || CASE data_type WHEN 'text' THEN ' text' WHEN 'bytea' THEN ' bytes' WHEN 'bigint' THEN ' integer' ELSE data_type END
         || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END
     FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT CASE WHEN x.indisprimary THEN 'key ' WHEN k.conname IS NOT NULL THEN 'unique ' ELSE 'index ' || i.relname || ' on ' END || t.relname
         || ' (' || string_agg(a.attname, ',' ORDER BY n.place) || ')' || CASE WHEN x.indpred IS NULL THEN '' ELSE ' where' END
     FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
         JOIN pg_namespace s ON s.oid = t.relnamespace AND s.nspname = 'public'
         LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.contype = 'u'
         CROSS JOIN unnest(x.indkey) WITH ORDINALITY n(attribute, place) JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.attribute
     GROUP BY x.indexrelid, x.indisprimary, k.conname, i.relname, t.relname, x.indpred",
    "SELECT 'reference ' || t.relname || '.' || a.attname || ' to ' || u.relname || '.' || b.attname
     FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class u ON u.oid = k.confrelid
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1] JOIN pg_attribute b ON b.attrelid = u.oid AND b.attnum = k.confkey[1]
     WHERE k.contype = 'f'",
];

async fn described(database: &Database, questions: &[&'static str]) -> Vec<String> {
    let store = database.store().await;
    let mut lines = Vec::new();
    for question in questions {
        lines.extend(sql(*question).fetch_all::<String>(&mut store.connection().await.unwrap()).await.unwrap());
    }
    lines.retain(|line| !line.contains("_sqlx_migrations") && !line.contains(" sqlite_"));
    lines.sort();
    lines
}

#[tokio::test]
async fn both_databases_end_with_the_same_tables() {
    if !on_postgres() {
        return;
    }
    let sqlite = described(&Database::sqlite(), SQLITE).await;
    let postgres = described(&Database::postgres().await, POSTGRES).await;
    for kind in ["column ", "key ", "unique ", "index ", "reference "] {
        assert!(sqlite.iter().any(|line| line.starts_with(kind)), "the catalogue says nothing of any {kind}");
    }
    let only =
        |these: &[String], those: &[String]| these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n");
    assert_eq!((only(&sqlite, &postgres), only(&postgres, &sqlite)), Default::default(), "only SQLite has, only PostgreSQL has");
}
