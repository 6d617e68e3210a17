//! What should stand on the forge: one row a target. A newer wish overwrites an older one, sent or not.

use super::sql::{Row, sql};
use super::{Connection, StoreError, stored};
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;

/// A wish that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Our row.
    pub id: i64,
    /// Its project.
    pub project: i64,
    /// The project's repository.
    pub repo: RepoName,
    /// The wish's JSON.
    pub payload: String,
    /// Which wish it is.
    pub version: i64,
    /// The comment's id, once known.
    pub forge_id: Option<u64>,
    /// Failures so far.
    pub attempts: u32,
}

/// Wishes something to stand at a target. The same wish again changes nothing; a new one keeps the wait after a failure.
pub async fn wish(c: &mut Connection, project: i64, run: i64, target: &str, payload: &str, now: Millis) -> Result<(), StoreError> {
    sql(
        "INSERT INTO outbox (project_id, target, run_id, payload, due_ms) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (project_id, target) DO UPDATE SET run_id = excluded.run_id, payload = excluded.payload, version = outbox.version + 1,
             attempts = 0, given_up = 0, error = '', due_ms = CASE WHEN outbox.due_ms > excluded.due_ms THEN outbox.due_ms ELSE excluded.due_ms END
             WHERE outbox.payload <> excluded.payload OR outbox.given_up = 1",
    )
    .bind(project)
    .bind(target)
    .bind(run)
    .bind(payload)
    .bind(now)
    .execute(c)
    .await?;
    Ok(())
}

/// The wish that has waited longest.
pub async fn due(c: &mut Connection, now: Millis) -> Result<Option<Due>, StoreError> {
    let row: Option<Row> = sql(
        "SELECT outbox.id, project_id, repo, payload, version, forge_id, attempts FROM outbox JOIN projects ON projects.id = project_id
         WHERE sent_version < version AND given_up = 0 AND due_ms <= $1 AND hold_until_ms <= $1 ORDER BY due_ms, outbox.id LIMIT 1",
    )
    .bind(now)
    .fetch_optional(c)
    .await?;
    row.map(|r| {
        Ok(Due {
            id: r.try_get("id")?,
            project: r.try_get("project_id")?,
            repo: stored(r.try_get("repo")?)?,
            payload: r.try_get("payload")?,
            version: r.try_get("version")?,
            forge_id: r.try_get::<Option<i64>>("forge_id")?.and_then(|id| u64::try_from(id).ok()),
            attempts: r.try_get("attempts")?,
        })
    })
    .transpose()
}

/// Notes that a wish stands on the forge, and under which id.
pub async fn sent(c: &mut Connection, due: &Due, forge_id: Option<u64>, now: Millis) -> Result<(), StoreError> {
    sql("UPDATE outbox SET sent_version = $2, forge_id = $3, attempts = 0, error = '', sent_ms = $4 WHERE id = $1")
        .bind(due.id)
        .bind(due.version)
        .bind(forge_id.and_then(|id| i64::try_from(id).ok()))
        .bind(now)
        .execute(c)
        .await?;
    Ok(())
}

/// Notes a failure: again at `next`, or not before there is a newer wish.
pub async fn failed(c: &mut Connection, due: &Due, error: &str, next: Option<Millis>) -> Result<(), StoreError> {
    sql("UPDATE outbox SET attempts = attempts + 1, error = $2, due_ms = COALESCE($3, due_ms), given_up = $4 WHERE id = $1 AND version = $5")
        .bind(due.id)
        .bind(error)
        .bind(next)
        .bind(next.is_none())
        .bind(due.version)
        .execute(c)
        .await?;
    Ok(())
}

/// Holds back everything of a project until then: its installation is rate limited.
pub async fn hold(c: &mut Connection, project: i64, until: Millis) -> Result<(), StoreError> {
    sql("UPDATE projects SET hold_until_ms = $2 WHERE id = $1 AND hold_until_ms < $2").bind(project).bind(until).execute(c).await?;
    Ok(())
}
