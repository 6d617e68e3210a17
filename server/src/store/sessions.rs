//! Who is logged in. What a browser holds is known here by its hash only.

use super::sql::sql;
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;

/// How long a session counts, used or not.
pub const SESSION_MS: Millis = 12 * 3_600_000;
/// Sessions one account may have at once; a further one ends the oldest.
pub const SESSIONS_MAX: u32 = 20;

/// Begins a session.
pub async fn begin(c: &mut Connection, sha256: &str, login: &str, now: Millis) -> Result<(), StoreError> {
    sql("INSERT INTO sessions (sha256, login, begun_ms, expires_ms) VALUES ($1, $2, $3, $4)")
        .bind(sha256)
        .bind(login)
        .bind(now)
        .bind(now.saturating_add(SESSION_MS))
        .execute(c)
        .await?;
    sql("DELETE FROM sessions WHERE login = $1 AND sha256 NOT IN
         (SELECT sha256 FROM sessions WHERE login = $1 ORDER BY begun_ms DESC, sha256 LIMIT $2)")
    .bind(login)
    .bind(SESSIONS_MAX)
    .execute(c)
    .await?;
    Ok(())
}

/// Whose session this is, while it counts.
pub async fn of(c: &mut Connection, sha256: &str, now: Millis) -> Result<Option<String>, StoreError> {
    sql("SELECT login FROM sessions WHERE sha256 = $1 AND expires_ms > $2").bind(sha256).bind(now).fetch_optional(c).await
}

/// Ends a session.
pub async fn end(c: &mut Connection, sha256: &str) -> Result<(), StoreError> {
    sql("DELETE FROM sessions WHERE sha256 = $1").bind(sha256).execute(c).await?;
    Ok(())
}

/// Drops the sessions that do not count any more.
pub async fn forget(c: &mut Connection, now: Millis) -> Result<u64, StoreError> {
    sql("DELETE FROM sessions WHERE expires_ms <= $1").bind(now).execute(c).await
}
