//! Runners and the codes that make one. Only hashes of tokens and codes are kept.

use super::health::Aside;
use super::sql::{Row, sql};
use super::{Connection, StoreError, stored};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Millis;

/// A runner, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    /// Its name.
    pub name: RunnerName,
    /// What it offered last, JSON.
    pub can_run: String,
    /// Whether it has a sandbox.
    pub sandbox: bool,
    /// When it was last heard of.
    pub seen_ms: Option<Millis>,
    /// Why it gets no work, where it is set aside.
    pub aside: Option<Aside>,
}

/// Keeps a code, good once, for this name, until it expires.
pub async fn add_code(c: &mut Connection, code_sha256: &str, name: &RunnerName, now: Millis, expires: Millis) -> Result<(), StoreError> {
    sql("INSERT INTO enrolments (code_sha256, name, created_ms, expires_ms) VALUES ($1, $2, $3, $4)")
        .bind(code_sha256)
        .bind(name.as_str())
        .bind(now)
        .bind(expires)
        .execute(c)
        .await?;
    Ok(())
}

/// Uses a code up. False where it is unknown, used, expired or for another name.
pub async fn use_code(c: &mut Connection, code_sha256: &str, name: &RunnerName, now: Millis) -> Result<bool, StoreError> {
    let done = sql("UPDATE enrolments SET used_ms = $3 WHERE code_sha256 = $1 AND name = $2 AND used_ms IS NULL AND expires_ms >= $3")
        .bind(code_sha256)
        .bind(name.as_str())
        .bind(now)
        .execute(c)
        .await?;
    Ok(done == 1)
}

/// Gives a runner its token; one of that name loses the token it had.
pub async fn put(c: &mut Connection, name: &RunnerName, token_sha256: &str, now: Millis) -> Result<(), StoreError> {
    sql("INSERT INTO runners (name, token_sha256, created_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET token_sha256 = excluded.token_sha256")
        .bind(name.as_str())
        .bind(token_sha256)
        .bind(now)
        .execute(c)
        .await?;
    Ok(())
}

/// Whose token has this hash.
pub async fn by_token(c: &mut Connection, token_sha256: &str) -> Result<Option<RunnerName>, StoreError> {
    let name: Option<String> = sql("SELECT name FROM runners WHERE token_sha256 = $1").bind(token_sha256).fetch_optional(c).await?;
    name.as_deref().map(stored).transpose()
}

/// Notes what a runner offers, and that it is there.
pub async fn seen(c: &mut Connection, name: &RunnerName, can_run: &[String], sandbox: bool, now: Millis) -> Result<(), StoreError> {
    sql("UPDATE runners SET can_run = $2, sandbox = $3, seen_ms = $4 WHERE name = $1")
        .bind(name.as_str())
        .bind(serde_json::to_string(can_run).unwrap_or_else(|_| "[]".into()))
        .bind(sandbox)
        .bind(now)
        .execute(c)
        .await?;
    Ok(())
}

/// All runners, by name.
pub async fn list(c: &mut Connection) -> Result<Vec<Runner>, StoreError> {
    let rows: Vec<Row> =
        sql("SELECT name, can_run, sandbox, seen_ms, failures, aside_until_ms, aside_why FROM runners ORDER BY name").fetch_all(c).await?;
    rows.iter()
        .map(|r| {
            let until_ms: Option<Millis> = r.try_get("aside_until_ms")?;
            let (failures, why) = (r.try_get("failures")?, r.try_get::<&str>("aside_why")?);
            Ok(Runner {
                aside: until_ms.map(|until_ms| Aside { failures, until_ms, why: why.to_owned() }),
                name: stored(r.try_get("name")?)?,
                can_run: r.try_get("can_run")?,
                sandbox: r.try_get("sandbox")?,
                seen_ms: r.try_get("seen_ms")?,
            })
        })
        .collect()
}
