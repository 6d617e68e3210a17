//! What should stand on the forge: one row a target. A newer wish overwrites an older one, sent or not.

use super::sql::{Row, sql};
use super::{Connection, StoreError, stored, tallies};
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;

/// The shortest time between two edits of one text, but for the first and the last.
pub const EDIT_MS: Millis = 10_000;

/// A wish that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Our row.
    pub id: i64,
    /// Its project.
    pub project: i64,
    /// The project's repository.
    pub repo: RepoName,
    /// The run that wishes it; none for an answer that is about none.
    pub run: Option<i64>,
    /// The wish's JSON.
    pub payload: String,
    /// Which wish it is.
    pub version: i64,
    /// The comment's id, once known.
    pub forge_id: Option<u64>,
    /// Failures so far.
    pub attempts: u32,
    /// Since when it, or an older text that never got there, could stand there.
    pub wanted: Millis,
}

/// Something to stand at a target.
#[derive(Debug, Clone, Copy)]
pub struct Wished<'a> {
    /// The project.
    pub project: i64,
    /// The run that wishes it; none for an answer that is about none.
    pub run: Option<i64>,
    /// Where.
    pub target: &'a str,
    /// The wish's JSON.
    pub payload: &'a str,
    /// Whether a newer wish will follow: such a text may wait until a while after the one before.
    pub passing: bool,
}

/// Wishes something to stand at a target. The same wish again changes nothing. A new one keeps the wait after a failure; a
/// passing one waits [`EDIT_MS`] after the one that was sent before.
pub async fn wish(c: &mut Connection, wished: Wished<'_>, now: Millis) -> Result<(), StoreError> {
    // The value of due_ms, and of wanted_ms where nothing older waits.
    const FROM: &str = "CASE WHEN $6 = 1 AND outbox.sent_ms + $7 > $5 THEN outbox.sent_ms + $7 ELSE $5 END";
    sql(format!(
        "INSERT INTO outbox (project_id, target, run_id, payload, due_ms, wanted_ms) VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (project_id, target) DO UPDATE SET run_id = excluded.run_id, payload = excluded.payload, version = outbox.version + 1,
             attempts = 0, given_up = 0, error = '',
             due_ms = CASE WHEN outbox.attempts > 0 AND outbox.due_ms > $5 THEN outbox.due_ms ELSE {FROM} END,
             wanted_ms = CASE WHEN outbox.sent_version < outbox.version AND outbox.given_up = 0 AND outbox.wanted_ms < $5 THEN outbox.wanted_ms ELSE {FROM} END
             WHERE outbox.payload <> excluded.payload OR outbox.given_up = 1"
    ))
    .bind(wished.project)
    .bind(wished.target)
    .bind(wished.run)
    .bind(wished.payload)
    .bind(now)
    .bind(wished.passing)
    .bind(EDIT_MS)
    .execute(c)
    .await?;
    Ok(())
}

const DUE: &str = "sent_version < version AND given_up = 0 AND due_ms <= $1 AND hold_until_ms <= $1 AND removed_ms IS NULL";

/// The installation whose wish has waited longest and to which nobody else writes. Turns of writers are in the system's time.
pub async fn due_installation(c: &mut Connection, holder: &str, now: Millis, system_now: Millis) -> Result<Option<i64>, StoreError> {
    sql(format!(
        "SELECT projects.installation_id FROM outbox JOIN projects ON projects.id = project_id
             LEFT JOIN writers ON writers.installation_id = projects.installation_id
         WHERE {DUE} AND (writers.holder IS NULL OR writers.holder = $2 OR writers.until_ms < $3) ORDER BY due_ms, outbox.id LIMIT 1"
    ))
    .bind(now)
    .bind(holder)
    .bind(system_now)
    .fetch_optional(c)
    .await
}

/// The wish of an installation that has waited longest.
pub async fn due(c: &mut Connection, installation: i64, now: Millis) -> Result<Option<Due>, StoreError> {
    let row: Option<Row> = sql(format!(
        "SELECT outbox.id, project_id, repo, run_id, payload, version, forge_id, attempts, wanted_ms FROM outbox JOIN projects ON projects.id = project_id
         WHERE {DUE} AND installation_id = $2 ORDER BY due_ms, outbox.id LIMIT 1"
    ))
    .bind(now)
    .bind(installation)
    .fetch_optional(c)
    .await?;
    row.map(|r| {
        Ok(Due {
            id: r.try_get("id")?,
            project: r.try_get("project_id")?,
            repo: stored(r.try_get("repo")?)?,
            run: r.try_get("run_id")?,
            payload: r.try_get("payload")?,
            version: r.try_get("version")?,
            forge_id: r.try_get::<Option<i64>>("forge_id")?.and_then(|id| u64::try_from(id).ok()),
            attempts: r.try_get("attempts")?,
            wanted: r.try_get("wanted_ms")?,
        })
    })
    .transpose()
}

/// Notes that a wish stands on the forge, and under which id; counts how long that took.
pub async fn sent(c: &mut Connection, due: &Due, forge_id: Option<u64>, now: Millis) -> Result<(), StoreError> {
    sql("UPDATE outbox SET sent_version = $2, forge_id = $3, attempts = 0, error = '', sent_ms = $4,
             wanted_ms = CASE WHEN version > $2 THEN $4 ELSE wanted_ms END WHERE id = $1")
    .bind(due.id)
    .bind(due.version)
    .bind(forge_id.and_then(|id| i64::try_from(id).ok()))
    .bind(now)
    .execute(&mut *c)
    .await?;
    tallies::took(c, tallies::POST_TIME, "", now.saturating_sub(due.wanted)).await
}

/// Notes a failure, and counts it: again at `next`, or not before there is a newer wish.
pub async fn failed(c: &mut Connection, due: &Due, error: &str, next: Option<Millis>) -> Result<(), StoreError> {
    sql("UPDATE outbox SET attempts = attempts + 1, error = $2, due_ms = COALESCE($3, due_ms), given_up = $4 WHERE id = $1 AND version = $5")
        .bind(due.id)
        .bind(error)
        .bind(next)
        .bind(next.is_none())
        .bind(due.version)
        .execute(&mut *c)
        .await?;
    tallies::post_failed(c).await
}

/// Holds back everything of a project's installation until then: limits count for all of it.
pub async fn hold(c: &mut Connection, project: i64, until: Millis) -> Result<(), StoreError> {
    sql("UPDATE projects SET hold_until_ms = $2 WHERE installation_id = (SELECT installation_id FROM projects WHERE id = $1) AND hold_until_ms < $2")
        .bind(project)
        .bind(until)
        .execute(c)
        .await?;
    Ok(())
}
