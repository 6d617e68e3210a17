//! The history's gaps: which commits have figures or wait for them, and how far the runs are that fill them.

use super::sql::{Row, sql};
use super::{Connection, StoreError, runs, stored};
use ounce_protocol::ids::{BoardName, CommitSha};
use ounce_protocol::job::Millis;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// The priority of their jobs: after pull requests (0) and pushes (1).
pub const PRIORITY: i64 = 2;

/// For each commit of a project the boards of which trusted figures are here, or are under way.
pub async fn covered(c: &mut Connection, project: i64) -> Result<HashMap<CommitSha, BTreeSet<BoardName>>, StoreError> {
    let rows: Vec<Row> = sql("SELECT commits.sha AS sha, measurements.board AS board FROM commits
             JOIN measurements ON measurements.commit_id = commits.id AND measurements.trusted = 1
             JOIN jobs ON jobs.run_id = measurements.run_id AND jobs.board = measurements.board AND jobs.state = 'done'
         WHERE commits.project_id = $1 AND commits.on_default = 1
         UNION SELECT runs.head_sha, jobs.board FROM runs JOIN jobs ON jobs.run_id = runs.id AND jobs.state IN ('queued', 'leased')
         WHERE runs.project_id = $1 AND runs.state = 'measuring' AND runs.trusted = 1
         UNION SELECT runs.base_sha, jobs.board FROM runs JOIN jobs ON jobs.run_id = runs.id AND jobs.state IN ('queued', 'leased')
         WHERE runs.project_id = $1 AND runs.state = 'measuring' AND runs.trusted = 1")
    .bind(project)
    .fetch_all(c)
    .await?;
    let mut covered: HashMap<CommitSha, BTreeSet<BoardName>> = HashMap::new();
    for row in rows {
        covered.entry(stored(row.try_get("sha")?)?).or_default().insert(stored(row.try_get("board")?)?);
    }
    Ok(covered)
}

/// How far a project's backfill is, in jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Waiting.
    pub queued: i64,
    /// Under way.
    pub running: i64,
    /// With figures.
    pub done: i64,
    /// Without.
    pub failed: i64,
    /// Cancelled.
    pub cancelled: i64,
}

/// How far it is.
pub async fn progress(c: &mut Connection, project: i64) -> Result<Progress, StoreError> {
    let rows: Vec<(String, i64)> = sql("SELECT jobs.state, COUNT(*) FROM runs JOIN jobs ON jobs.run_id = runs.id
         WHERE runs.project_id = $1 AND runs.kind = 'push' AND jobs.priority = $2 GROUP BY jobs.state")
    .bind(project)
    .bind(PRIORITY)
    .fetch_all(c)
    .await?;
    let mut progress = Progress::default();
    for (state, count) in rows {
        *match state.as_str() {
            "queued" => &mut progress.queued,
            "leased" => &mut progress.running,
            "done" => &mut progress.done,
            "failed" => &mut progress.failed,
            _ => &mut progress.cancelled,
        } = count;
    }
    Ok(progress)
}

/// Supersedes what of a project's backfill is not done. Gives how many runs.
pub async fn cancel(c: &mut Connection, project: i64, now: Millis) -> Result<usize, StoreError> {
    let ids: Vec<i64> = sql("SELECT id FROM runs WHERE project_id = $1 AND kind = 'push' AND state = 'measuring'
         AND EXISTS (SELECT 1 FROM jobs WHERE jobs.run_id = runs.id AND jobs.priority = $2) ORDER BY id")
    .bind(project)
    .bind(PRIORITY)
    .fetch_all(&mut *c)
    .await?;
    for id in &ids {
        runs::supersede_one(&mut *c, *id, now).await?;
    }
    Ok(ids.len())
}
