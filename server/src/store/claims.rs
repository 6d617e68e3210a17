//! What one server at a time does, where several share the database: a claim that lapses by itself when its holder is gone.

use super::sql::sql;
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;

/// Claims it until then, or prolongs a claim. False where another server holds it.
pub async fn take(c: &mut Connection, name: &str, holder: &str, now: Millis, until: Millis) -> Result<bool, StoreError> {
    let rows = sql("INSERT INTO claims (name, holder, until_ms) VALUES ($1, $2, $4)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
             WHERE claims.holder = excluded.holder OR claims.until_ms <= $3")
    .bind(name)
    .bind(holder)
    .bind(now)
    .bind(until)
    .execute(c)
    .await?;
    Ok(rows == 1)
}

/// Gives a claim up, if it is held.
pub async fn release(c: &mut Connection, name: &str, holder: &str) -> Result<(), StoreError> {
    sql("DELETE FROM claims WHERE name = $1 AND holder = $2").bind(name).bind(holder).execute(c).await?;
    Ok(())
}

/// Gives up all that a server holds: it ends.
pub async fn release_all(c: &mut Connection, holder: &str) -> Result<(), StoreError> {
    sql("DELETE FROM claims WHERE holder = $1").bind(holder).execute(c).await?;
    Ok(())
}

/// Forgets claims that lapsed before that time. With the end of time: all of them, for a database that no other server uses.
pub async fn forget(c: &mut Connection, lapsed_before: Millis) -> Result<(), StoreError> {
    sql("DELETE FROM claims WHERE until_ms < $1").bind(lapsed_before).execute(c).await?;
    Ok(())
}
