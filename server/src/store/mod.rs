//! All SQL of the server.
//!
//! Functions take a connection, so that they join any transaction; a change and its trace are one transaction. Nothing is
//! decided here that `work` could decide: a function does what its name says to rows.

pub mod deliveries;
pub mod jobs;
pub mod measurements;
pub mod numbers;
pub mod outbox;
pub mod pages;
pub mod projects;
pub mod runners;
pub mod runs;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};
use std::path::Path;
use std::time::Duration;

/// What went wrong with the database.
pub type StoreError = sqlx::Error;
/// A connection, in a transaction or not.
pub type Connection = sqlx::SqliteConnection;

/// Whether a row was there and could not be read: it fails each time, and asking again does not help.
pub fn unreadable(error: &StoreError) -> bool {
    matches!(error, StoreError::Decode(_) | StoreError::ColumnDecode { .. })
}

/// Connections at once: a few readers beside the one writer SQLite has.
pub const CONNECTIONS_MAX: u32 = 6;
/// How long a writer waits for another.
pub const BUSY_MS_MAX: u64 = 5_000;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/sqlite");

/// The database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens the file, and makes it where it is not there yet. Nothing is migrated.
    pub async fn open(file: &Path) -> Result<Store, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(BUSY_MS_MAX));
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(Duration::from_millis(2 * BUSY_MS_MAX))
            .connect_with(options)
            .await?;
        Ok(Store { pool })
    }

    /// Brings the tables up to date; says how many steps that took.
    pub async fn migrate(&self) -> Result<usize, sqlx::migrate::MigrateError> {
        let before = self.migrations_applied().await.unwrap_or(0);
        MIGRATIONS.run(&self.pool).await?;
        Ok(self.migrations_applied().await?.saturating_sub(before))
    }

    /// Whether the tables are as this program knows them.
    pub async fn is_current(&self) -> Result<bool, StoreError> {
        Ok(self.migrations_applied().await? == MIGRATIONS.iter().count())
    }

    async fn migrations_applied(&self) -> Result<usize, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations WHERE success").fetch_one(&self.pool).await?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// A connection for reading, or for one statement.
    pub async fn connection(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.pool.acquire().await
    }

    /// A transaction that writes. It takes the write lock at once, so that it never has to be given up half-way.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// The connections, for the pages' read-only queries.
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Closes the connections, in order.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// An id or a name that the database gives back and that was valid when it was stored.
pub(crate) fn stored<T: TryFrom<String>>(text: &str) -> Result<T, StoreError>
where
    T::Error: std::error::Error + Send + Sync + 'static,
{
    T::try_from(text.to_owned()).map_err(|e| StoreError::Decode(Box::new(e)))
}
