//! All SQL of the server.
//!
//! Functions take a connection, so that they join any transaction; a change and its trace are one transaction. Nothing is
//! decided here that `work` could decide: a function does what its name says to rows.

pub mod at_commit;
pub mod at_work;
pub mod audit;
pub mod backfills;
pub mod bells;
pub mod bisects;
pub mod budgets;
pub mod builds;
pub mod bulk;
pub mod claims;
pub mod commands;
pub mod copy;
pub mod deliveries;
pub mod figures;
pub mod health;
pub mod history;
pub mod installations;
pub mod jobs;
pub mod life;
pub mod logs;
pub mod measurements;
mod migrations;
pub mod numbers;
pub mod outbox;
pub mod pages;
mod place;
pub mod prices;
pub mod projects;
pub mod refs;
pub mod revisions;
pub mod run_list;
pub mod runners;
pub mod runs;
pub mod search;
pub mod sessions;
pub mod sight;
pub mod sql;
pub mod symbols;
pub mod tallies;
pub mod timed;
pub mod tokens;
pub mod tradeoffs;
pub mod units;
pub mod watch;

pub use place::Place;
pub use sql::Connection;

use crate::secret::random_token;
use bells::Bells;
use migrations::{POSTGRES, SQLITE};
use sql::{Either, Inner, sql};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watch::{Point, Watch};

/// What went wrong with the database.
pub type StoreError = sqlx::Error;

/// Whether a row was there and could not be read: it fails each time, and asking again does not help.
pub fn unreadable(error: &StoreError) -> bool {
    matches!(error, StoreError::Decode(_) | StoreError::ColumnDecode { .. })
}

/// Connections to SQLite at once: readers beside the one writer it has. A page asks several times, and would wait for one each time.
pub const CONNECTIONS_MAX: u32 = 16;
/// Rows that SQLite's thread may be ahead of who reads them.
const ROWS_AHEAD: usize = 1_024;
/// Connections of one server to PostgreSQL at once.
pub const POSTGRES_CONNECTIONS_MAX: u32 = 16;
/// How long a writer waits for another.
pub const BUSY_MS_MAX: u64 = 5_000;
/// How long PostgreSQL may work on one statement of ours, or wait in it.
pub const STATEMENT_MS_MAX: u64 = 30_000;
/// How long PostgreSQL keeps a transaction of a server that says nothing more.
pub const IDLE_MS_MAX: u64 = 60_000;

/// The lock under which one server at a time writes what it decided from several rows.
const WRITER: i64 = 0x6f75_6e63_6501;

/// The database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    pool: Pool,
    watch: Option<Arc<dyn Watch>>,
    holder: Arc<str>,
}

#[derive(Debug, Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Store {
    /// Connects, and makes a file where it is not there yet. Nothing is migrated.
    pub async fn open(place: impl Into<Place>) -> Result<Store, StoreError> {
        let pool = match place.into() {
            Place::File(file) => Pool::Sqlite(open_file(&file).await?),
            Place::Postgres(options) => {
                let options = options.application_name("ounce-server").options([
                    ("statement_timeout", STATEMENT_MS_MAX.to_string()),
                    ("idle_in_transaction_session_timeout", IDLE_MS_MAX.to_string()),
                ]);
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS_MAX)
                    .acquire_timeout(Duration::from_millis(2 * BUSY_MS_MAX))
                    .connect_with(options)
                    .await?;
                Pool::Postgres(pool)
            }
        };
        Ok(Store { pool, watch: None, holder: random_token().into() })
    }

    /// The same, watched: for simulations.
    #[must_use]
    pub fn watched(self, watch: Arc<dyn Watch>) -> Store {
        Store { watch: Some(watch), ..self }
    }

    async fn reached(&self, point: Point) {
        if let Some(watch) = &self.watch {
            watch.reached(point).await;
        }
    }

    fn migrator(&self) -> &'static Migrator {
        match self.pool {
            Pool::Sqlite(_) => &SQLITE,
            Pool::Postgres(_) => &POSTGRES,
        }
    }

    /// Brings the tables up to date; says how many steps that took.
    pub async fn migrate(&self) -> Result<usize, MigrateError> {
        let before = self.migrations_applied().await.unwrap_or(0);
        match &self.pool {
            Pool::Sqlite(pool) => SQLITE.run(pool).await?,
            Pool::Postgres(pool) => POSTGRES.run(pool).await?,
        }
        Ok(self.migrations_applied().await?.saturating_sub(before))
    }

    /// Brings the tables up to that version, and no further.
    pub async fn migrate_to(&self, version: i64) -> Result<(), MigrateError> {
        match &self.pool {
            Pool::Sqlite(pool) => SQLITE.run_to(version, pool).await,
            Pool::Postgres(pool) => POSTGRES.run_to(version, pool).await,
        }
    }

    /// The version of the tables that this program knows.
    pub fn latest_version(&self) -> i64 {
        self.migrator().iter().map(|migration| migration.version).max().unwrap_or(0)
    }

    /// Whether the tables are as this program knows them.
    pub async fn is_current(&self) -> Result<bool, StoreError> {
        Ok(self.migrations_applied().await? == self.migrator().iter().count())
    }

    async fn migrations_applied(&self) -> Result<usize, StoreError> {
        let text = "SELECT COUNT(*) FROM _sqlx_migrations WHERE success";
        let count: i64 = sql(text).fetch_one(&mut *self.connection().await?).await?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// A connection for reading, or for one statement.
    pub async fn connection(&self) -> Result<Lent, StoreError> {
        self.reached(Point::Read).await;
        Ok(Lent(Connection(match &self.pool {
            Pool::Sqlite(pool) => Inner::Sqlite(pool.acquire().await?),
            Pool::Postgres(pool) => Inner::Postgres(pool.acquire().await?),
        })))
    }

    /// A transaction that writes what was decided from several rows. There is one at a time, on PostgreSQL among all servers too: what
    /// it read is still so when it writes. It takes its lock at once, so that it never has to be given up half-way.
    pub async fn write(&self) -> Result<Writing, StoreError> {
        let mut writing = self.write_beside().await?;
        if let Either::Postgres(_) = writing.either() {
            sql("SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS taken").bind(WRITER).execute(&mut writing).await?;
        }
        Ok(writing)
    }

    /// A transaction about one row that its first statement locks, so that on PostgreSQL others may write beside it: what runners send.
    pub async fn write_beside(&self) -> Result<Writing, StoreError> {
        self.reached(Point::Write).await;
        let connection = Connection(match &self.pool {
            Pool::Sqlite(pool) => Inner::SqliteWriting(pool.begin_with("BEGIN IMMEDIATE").await?),
            Pool::Postgres(pool) => Inner::PostgresWriting(pool.begin().await?),
        });
        Ok(Writing { connection, watch: self.watch.clone() })
    }

    /// Whether it is a file, which is one server's alone.
    pub fn is_file(&self) -> bool {
        matches!(self.pool, Pool::Sqlite(_))
    }

    /// What names this server among those that share the database: another one each time it is opened.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// The bells that other servers ring; none where there are no others.
    pub fn bells(&self) -> Option<Bells> {
        match &self.pool {
            Pool::Sqlite(_) => None,
            Pool::Postgres(pool) => Some(Bells::new(pool.clone())),
        }
    }

    /// Closes the connections, in order.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_file(file: &Path) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_millis(BUSY_MS_MAX))
        .row_buffer_size(ROWS_AHEAD);
    SqlitePoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(Duration::from_millis(2 * BUSY_MS_MAX))
        .connect_with(options)
        .await
}

/// A connection that goes back when it is dropped.
#[derive(Debug)]
pub struct Lent(Connection);

/// A transaction. What is not committed when it is dropped did not happen.
#[derive(Debug)]
pub struct Writing {
    connection: Connection,
    watch: Option<Arc<dyn Watch>>,
}

impl Writing {
    /// Makes what was written so.
    pub async fn commit(self) -> Result<(), StoreError> {
        if let Some(watch) = &self.watch {
            watch.reached(Point::Commit).await;
        }
        match self.connection.0 {
            Inner::SqliteWriting(tx) => tx.commit().await?,
            Inner::PostgresWriting(tx) => tx.commit().await?,
            Inner::Sqlite(_) | Inner::Postgres(_) => {}
        }
        if let Some(watch) = &self.watch {
            watch.reached(Point::Committed).await;
        }
        Ok(())
    }
}

macro_rules! is_a_connection {
    ($($t:ty: $inner:tt),*) => {
        $(impl Deref for $t {
            type Target = Connection;
            fn deref(&self) -> &Connection {
                &self.$inner
            }
        }
        impl DerefMut for $t {
            fn deref_mut(&mut self) -> &mut Connection {
                &mut self.$inner
            }
        })*
    };
}

is_a_connection!(Lent: 0, Writing: connection);

/// An id or a name that the database gives back and that was valid when it was stored.
pub(crate) fn stored<T: TryFrom<String>>(text: &str) -> Result<T, StoreError>
where
    T::Error: std::error::Error + Send + Sync + 'static,
{
    T::try_from(text.to_owned()).map_err(|e| StoreError::Decode(Box::new(e)))
}
