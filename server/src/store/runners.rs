//! Runners and the codes that make one. Only hashes of tokens and codes are kept.

use super::health::Aside;
use super::sql::{Row, sql};
use super::{Connection, StoreError, stored};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Millis;

const DAY_MS: Millis = 24 * 3_600_000;
/// How long a runner's token counts. It is followed by another well before, by itself.
pub const TOKEN_MS: Millis = 90 * DAY_MS;
/// The age from which a runner is asked to have its token followed by another.
pub const ROTATE_MS: Millis = 30 * DAY_MS;
/// How long the token of a lease that ended is known, so that who comes late is told that the job is another's.
pub const ENDED_LEASE_MS: Millis = DAY_MS;

/// A runner, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    /// Its name.
    pub name: RunnerName,
    /// What it offered last, JSON.
    pub can_run: String,
    /// Whether it has a sandbox.
    pub sandbox: bool,
    /// When it last used its token.
    pub seen_ms: Option<Millis>,
    /// Why it gets no work, where it is set aside.
    pub aside: Option<Aside>,
    /// Since when its token counts.
    pub token_ms: Millis,
    /// When its token was taken from it.
    pub revoked_ms: Option<Millis>,
}

/// Whose token it is, and since when the runner has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// The runner.
    pub name: RunnerName,
    /// Since when its token counts.
    pub since_ms: Millis,
}

/// The lease that a token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The runner it was given to.
    pub runner: RunnerName,
    /// The job.
    pub job: i64,
    /// The lease's fencing token.
    pub fence: u64,
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

/// Gives a runner its first token; one of that name loses all it had.
pub async fn put(c: &mut Connection, name: &RunnerName, token_sha256: &str, now: Millis) -> Result<(), StoreError> {
    sql("DELETE FROM lease_tokens WHERE runner = $1").bind(name.as_str()).execute(c).await?;
    sql("INSERT INTO runners (name, token_sha256, created_ms, token_ms) VALUES ($1, $2, $3, $3)
         ON CONFLICT (name) DO UPDATE SET token_sha256 = excluded.token_sha256, token_ms = excluded.token_ms, next_sha256 = NULL, revoked_ms = NULL")
        .bind(name.as_str())
        .bind(token_sha256)
        .bind(now)
        .execute(c)
        .await?;
    Ok(())
}

/// Whose token has this hash. The first use of a token that was to follow ends the one before it.
pub async fn prove(c: &mut Connection, token_sha256: &str, now: Millis) -> Result<Option<Proved>, StoreError> {
    let row: Option<Row> =
        sql("SELECT name, token_sha256, token_ms FROM runners WHERE (token_sha256 = $1 OR next_sha256 = $1) AND revoked_ms IS NULL")
            .bind(token_sha256)
            .fetch_optional(c)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let (name, since_ms) = (stored(row.try_get("name")?)?, row.try_get("token_ms")?);
    if row.try_get::<&str>("token_sha256")? == token_sha256 || since_ms < now.saturating_sub(TOKEN_MS) {
        return Ok(Some(Proved { name, since_ms }));
    }
    sql("UPDATE runners SET token_sha256 = $1, next_sha256 = NULL, token_ms = $2 WHERE next_sha256 = $1")
        .bind(token_sha256)
        .bind(now)
        .execute(c)
        .await?;
    Ok(Some(Proved { name, since_ms: now }))
}

/// Keeps the token that follows. The one before goes on counting until it is used; one that was to follow before is forgotten.
pub async fn follow(c: &mut Connection, name: &RunnerName, token_sha256: &str) -> Result<(), StoreError> {
    sql("UPDATE runners SET next_sha256 = $2 WHERE name = $1 AND revoked_ms IS NULL")
        .bind(name.as_str())
        .bind(token_sha256)
        .execute(c)
        .await?;
    Ok(())
}

/// Takes everything from a runner: tokens, codes that would give it another, and its leases, which others get without a wait.
/// None where there is no such runner, or it has nothing any more; else how many leases were given back.
pub async fn revoke(c: &mut Connection, name: &RunnerName, now: Millis) -> Result<Option<u64>, StoreError> {
    let codes =
        sql("UPDATE enrolments SET used_ms = $2 WHERE name = $1 AND used_ms IS NULL").bind(name.as_str()).bind(now).execute(c).await?;
    let runners = sql("UPDATE runners SET revoked_ms = $2, next_sha256 = NULL WHERE name = $1 AND revoked_ms IS NULL")
        .bind(name.as_str())
        .bind(now)
        .execute(c)
        .await?;
    sql("DELETE FROM lease_tokens WHERE runner = $1").bind(name.as_str()).execute(c).await?;
    let leases = sql("UPDATE jobs SET state = 'queued', attempts = attempts - 1, detail = 'its runner was revoked', until_ms = NULL
         WHERE state = 'leased' AND runner = $1")
    .bind(name.as_str())
    .execute(c)
    .await?;
    Ok((codes + runners > 0).then_some(leases))
}

/// Keeps the token of a lease. False where the runner was revoked meanwhile.
pub async fn put_lease(c: &mut Connection, token_sha256: &str, held: &Held, now: Millis) -> Result<bool, StoreError> {
    let done = sql("INSERT INTO lease_tokens (token_sha256, job_id, runner, fence, made_ms)
         SELECT $1, $2, name, $4, $5 FROM runners WHERE name = $3 AND revoked_ms IS NULL")
    .bind(token_sha256)
    .bind(held.job)
    .bind(held.runner.as_str())
    .bind(i64::try_from(held.fence).unwrap_or(-1))
    .bind(now)
    .execute(c)
    .await?;
    Ok(done == 1)
}

/// The lease that a token was made for, whether it still holds or not: `jobs` says that.
pub async fn lease(c: &mut Connection, token_sha256: &str) -> Result<Option<Held>, StoreError> {
    let row: Option<Row> = sql("SELECT l.job_id, l.runner, l.fence FROM lease_tokens l JOIN runners r ON r.name = l.runner
         WHERE l.token_sha256 = $1 AND r.revoked_ms IS NULL")
    .bind(token_sha256)
    .fetch_optional(c)
    .await?;
    row.map(|r| {
        let fence: i64 = r.try_get("fence")?;
        Ok(Held { runner: stored(r.try_get("runner")?)?, job: r.try_get("job_id")?, fence: u64::try_from(fence).unwrap_or(0) })
    })
    .transpose()
}

/// Forgets tokens of leases that were given before that time and have ended. Gives how many.
pub async fn forget_leases(c: &mut Connection, made_before: Millis) -> Result<u64, StoreError> {
    sql("DELETE FROM lease_tokens WHERE made_ms < $1
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = job_id AND state = 'leased' AND token = fence)")
    .bind(made_before)
    .execute(c)
    .await
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
        sql("SELECT name, can_run, sandbox, seen_ms, failures, aside_until_ms, aside_why, token_ms, revoked_ms FROM runners ORDER BY name")
            .fetch_all(c)
            .await?;
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
                token_ms: r.try_get("token_ms")?,
                revoked_ms: r.try_get("revoked_ms")?,
            })
        })
        .collect()
}
