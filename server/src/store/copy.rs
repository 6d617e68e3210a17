//! All rows, read and written whatever the database: what backups, restores and moves between databases are made of.
//!
//! Tables and columns are asked of the catalogue, so that a table of a later migration is copied too. A table's digest adds up
//! hashes of its rows: it does not depend on the order, in which the two databases may differ.

use super::sql::{Cell, Either, Inner, Row, Value, script, sql};
use super::{Connection, Store, StoreError, Writing, bulk};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Rows read at once: one may be a webhook of several megabytes.
pub const ROWS_MAX: usize = 32;
/// Values given to one statement at once; SQLite's own limit is 32 766.
const VALUES_MAX: usize = 900;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Integers, and booleans as 0 and 1.
    Integer,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// A table as the catalogue describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in order of their names.
    pub columns: Vec<(String, Kind)>,
    /// The columns of its primary key, in order.
    key: Vec<String>,
    /// The tables it refers to.
    refers: Vec<String>,
}

/// A row: a value for each column of its table.
pub type Values = Vec<Value<'static>>;

/// How many rows, and their hashes added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest {
    /// Rows.
    pub rows: u64,
    sum: [u64; 4],
}

impl Digest {
    /// Counts a row. Each value is hashed with its type and length, so that no two rows read alike.
    pub fn add(&mut self, row: &[Value<'_>]) {
        let mut hash = Sha256::new();
        for value in row {
            let (kind, bytes): (u8, Vec<u8>) = match value {
                Value::Integer(None) | Value::Text(None) | Value::Bytes(None) => (0, Vec::new()),
                Value::Integer(Some(v)) => (1, v.to_be_bytes().to_vec()),
                Value::Text(Some(v)) => (2, v.as_bytes().to_vec()),
                Value::Bytes(Some(v)) => (3, v.to_vec()),
            };
            hash.update([kind]);
            hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(&bytes);
        }
        for (sum, part) in self.sum.iter_mut().zip(hash.finalize().chunks_exact(8)) {
            *sum = sum.wrapping_add(part.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)));
        }
        self.rows += 1;
    }
}

impl fmt::Display for Digest {
    /// The hash alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sum.iter().try_for_each(|part| write!(f, "{part:016x}"))
    }
}

/// The catalogue's columns: table, column, type in lower case, place in the primary key from 1 or 0.
const SQLITE_COLUMNS: &str = "SELECT t.name, c.name, LOWER(c.type), c.pk FROM sqlite_master t JOIN pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name <> '_sqlx_migrations' ORDER BY t.name, c.name";
const POSTGRES_COLUMNS: &str = "SELECT t.relname, a.attname, format_type(a.atttypid, NULL), COALESCE(array_position(k.conkey, a.attnum), 0)
    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'
    WHERE t.relkind = 'r' AND t.relname <> '_sqlx_migrations' ORDER BY t.relname COLLATE \"C\", a.attname COLLATE \"C\"";
/// Which table refers to which.
const SQLITE_REFERENCES: &str =
    "SELECT t.name, f.\"table\" FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'";
const POSTGRES_REFERENCES: &str = "SELECT t.relname, u.relname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
    JOIN pg_class u ON u.oid = k.confrelid JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema() WHERE k.contype = 'f'";

/// All tables but the migrations' own, each after those it refers to.
pub async fn tables(c: &mut Connection) -> Result<Vec<Table>, StoreError> {
    let (columns, references) = match c.either() {
        Either::Sqlite(_) => (SQLITE_COLUMNS, SQLITE_REFERENCES),
        Either::Postgres(_) => (POSTGRES_COLUMNS, POSTGRES_REFERENCES),
    };
    let rows: Vec<Row> = sql(columns).fetch_all(&mut *c).await?;
    let references: Vec<(String, String)> = sql(references).fetch_all(c).await?;
    let mut tables: Vec<Table> = Vec::new();
    let mut keys: Vec<(i64, String)> = Vec::new();
    for row in rows {
        let (name, column): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if tables.last().is_none_or(|table| table.name != name) {
            keys.clear();
            let refers = references.iter().filter(|(from, to)| *from == name && *to != name).map(|(_, to)| to.clone()).collect();
            tables.push(Table { name, columns: Vec::new(), key: Vec::new(), refers });
        }
        let Some(table) = tables.last_mut() else { continue };
        let kind = match row.try_get::<&str>(2)? {
            "text" => Kind::Text,
            "blob" | "bytea" => Kind::Bytes,
            _ => Kind::Integer,
        };
        let place: i64 = row.try_get(3)?;
        if place > 0 {
            keys.push((place, column.clone()));
            keys.sort();
            table.key = keys.iter().map(|(_, column)| column.clone()).collect();
        }
        table.columns.push((column, kind));
    }
    Ok(in_order(tables))
}

fn in_order(mut tables: Vec<Table>) -> Vec<Table> {
    let mut ordered: Vec<Table> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let ready = |table: &Table| table.refers.iter().all(|to| ordered.iter().any(|done| done.name == *to));
        // A circle cannot be put in order: then its rows are refused when they are written.
        let next = tables.iter().position(ready).unwrap_or(0);
        ordered.push(tables.remove(next));
    }
    ordered
}

impl Table {
    fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    }

    /// The next rows after one, by the primary key; the first ones after none.
    pub async fn page(&self, c: &mut Connection, after: Option<&Values>) -> Result<Vec<Values>, StoreError> {
        let key = self.key.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let from = after.map_or(String::new(), |_| {
            let values = (1..=self.key.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
            format!("WHERE ({key}) > ({values})")
        });
        let mut reading = sql(format!("SELECT {} FROM \"{}\" {from} ORDER BY {key} LIMIT {ROWS_MAX}", self.column_list(), self.name));
        if let Some(row) = after {
            for name in &self.key {
                let at = self.columns.iter().position(|(column, _)| column == name).unwrap_or(0);
                reading = reading.bind(row[at].clone());
            }
        }
        let rows: Vec<Row> = reading.fetch_all(c).await?;
        rows.iter().map(|row| self.values(row)).collect()
    }

    fn values(&self, row: &Row) -> Result<Values, StoreError> {
        let cells = row.cells()?;
        Ok(cells
            .into_iter()
            .zip(&self.columns)
            .map(|(cell, (_, kind))| match cell {
                Cell::Integer(v) => Value::from(v),
                Cell::Text(v) => Value::from(v.to_owned()),
                Cell::Bytes(v) => Value::from(v.to_vec()),
                Cell::Null => kind.null(),
            })
            .collect())
    }

    /// Writes rows.
    pub async fn insert(&self, c: &mut Connection, rows: &[Values]) -> Result<(), StoreError> {
        for rows in rows.chunks((VALUES_MAX / self.columns.len().max(1)).max(1)) {
            let mut next = 1;
            let groups: Vec<String> = rows
                .iter()
                .map(|row| {
                    let group = (next..next + row.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
                    next += row.len();
                    format!("({group})")
                })
                .collect();
            let mut writing = sql(format!("INSERT INTO \"{}\" ({}) VALUES {}", self.name, self.column_list(), groups.join(", ")));
            for value in rows.iter().flatten() {
                writing = writing.bind(value.clone());
            }
            writing.execute(&mut *c).await?;
        }
        Ok(())
    }

    /// Counts and hashes what is there.
    pub async fn digest(&self, c: &mut Connection) -> Result<Digest, StoreError> {
        let mut digest = Digest::default();
        let mut last: Option<Values> = None;
        loop {
            let mut page = self.page(c, last.as_ref()).await?;
            if page.is_empty() {
                return Ok(digest);
            }
            page.iter().for_each(|row| digest.add(row));
            last = page.pop();
        }
    }

    /// Has PostgreSQL count on from the largest id that was written; SQLite does by itself.
    pub async fn count_on(&self, c: &mut Connection) -> Result<(), StoreError> {
        if self.key == ["id"] {
            bulk::count_on(c, &self.name).await?;
        }
        Ok(())
    }
}

impl Kind {
    /// No value, of this type.
    pub fn null(self) -> Value<'static> {
        match self {
            Kind::Integer => Value::Integer(None),
            Kind::Text => Value::Text(None),
            Kind::Bytes => Value::Bytes(None),
        }
    }
}

impl Store {
    /// A transaction that only reads, and all of it as it is at its first statement, while others write.
    pub async fn snapshot(&self) -> Result<Writing, StoreError> {
        let mut reading = match &self.pool {
            super::Pool::Sqlite(pool) => Inner::SqliteWriting(pool.begin().await?),
            super::Pool::Postgres(pool) => Inner::PostgresWriting(pool.begin().await?),
        };
        if let Inner::PostgresWriting(_) = &mut reading {
            let mut c = Connection(reading);
            script(&mut c, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
            reading = c.0;
        }
        Ok(Writing { connection: Connection(reading), watch: None })
    }

    /// The version of its tables; 0 where there are none.
    pub async fn version(&self) -> Result<i64, StoreError> {
        let mut c = self.connection().await?;
        let there = match c.either() {
            Either::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Either::Postgres(_) => "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')",
        };
        if sql(there).fetch_one::<i64>(&mut c).await? == 0 {
            return Ok(0);
        }
        sql("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success").fetch_one(&mut c).await
    }
}
