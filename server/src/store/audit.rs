//! Who did what that changes what others may do or see. Written with what it tells of, where that is in a transaction.

use super::sql::{rows, sql};
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;
use serde::Serialize;

/// How long it is kept.
pub const KEEP_MS: Millis = 400 * 24 * 3_600_000;
/// Most entries given at once.
pub const ENTRIES_MAX: u32 = 1_000;

/// What was done.
#[derive(Debug, Clone, Copy)]
pub struct Done<'a> {
    /// The forge's account, the runner, or the operator's account on the machine.
    pub who: &'a str,
    /// A word, or the command as it was given: hostile text.
    pub what: &'a str,
    /// On what.
    pub target: &'a str,
    /// From where.
    pub origin: &'a str,
    /// What came of it.
    pub result: &'a str,
}

rows! {
    /// What was done, as it is kept.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    pub struct Entry {
        /// Its number: later ones are larger.
        pub id: i64,
        /// When.
        pub at_ms: Millis,
        /// Who.
        pub who: String,
        /// What: hostile text.
        pub what: String,
        /// On what.
        pub target: String,
        /// From where.
        pub origin: String,
        /// What came of it.
        pub result: String,
    }
}

/// Keeps what was done.
pub async fn note(c: &mut Connection, done: Done<'_>, now: Millis) -> Result<(), StoreError> {
    sql("INSERT INTO audit (at_ms, who, what, target, origin, result) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(now)
        .bind(done.who)
        .bind(done.what)
        .bind(done.target)
        .bind(done.origin)
        .bind(done.result)
        .execute(c)
        .await?;
    Ok(())
}

/// The latest, newest first; `before` goes on where an earlier list ended. At most [`ENTRIES_MAX`].
pub async fn list(c: &mut Connection, before: Option<i64>, limit: u32) -> Result<Vec<Entry>, StoreError> {
    sql("SELECT id, at_ms, who, what, target, origin, result FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2")
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit.min(ENTRIES_MAX))
        .fetch_all(c)
        .await
}

/// Drops what is older. Gives how many.
pub async fn forget(c: &mut Connection, before: Millis) -> Result<u64, StoreError> {
    sql("DELETE FROM audit WHERE at_ms < $1").bind(before).execute(c).await
}
