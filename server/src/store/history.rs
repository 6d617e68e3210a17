//! The history of one figure on the default branch, as `/ounce bisect` reads it.

use super::sql::{Row, sql};
use super::{Connection, StoreError, stored};
use ounce_protocol::ids::CommitSha;

/// Figures of the history that are looked through, newest first.
pub const COMMITS_MAX: i64 = 2_000;

/// A figure at a commit of the default branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The commit.
    pub sha: CommitSha,
    /// Its first parent; none where it is not known.
    pub parent: Option<CommitSha>,
    /// First line of its message, hostile text.
    pub summary: String,
    /// Bytes or instructions.
    pub value: u64,
    /// Whether two takes agreed.
    pub exact: bool,
    /// The row of the tools behind it. One commit may have a figure by each.
    pub tools: i64,
}

/// The figures of a series at the commits of the default branch, newest first, and of one commit those of the newest tools first. `kind` is `region`, `instructions`, `stack` or `heap`.
pub async fn steps(c: &mut Connection, project: i64, board: &str, kind: &str, name: &str) -> Result<Vec<Step>, StoreError> {
    let rows: Vec<Row> =
        sql("SELECT commits.sha, commits.parent_sha, commits.summary, points.value, points.exact, series.tools_id FROM series
             JOIN points ON points.series_id = series.id JOIN commits ON commits.id = points.commit_id
         WHERE series.project_id = $1 AND series.board = $2 AND series.kind = $3 AND series.name = $4 AND commits.on_default = 1
         ORDER BY commits.committed_ms DESC, commits.id DESC, series.id DESC LIMIT $5")
        .bind(project)
        .bind(board)
        .bind(kind)
        .bind(name)
        .bind(COMMITS_MAX)
        .fetch_all(c)
        .await?;
    let read = |row: Row| {
        let parent: &str = row.try_get("parent_sha")?;
        Ok(Step {
            sha: stored(row.try_get("sha")?)?,
            parent: if parent.is_empty() { None } else { Some(stored(parent)?) },
            summary: row.try_get("summary")?,
            value: u64::try_from(row.try_get::<i64>("value")?).unwrap_or(0),
            exact: row.try_get("exact")?,
            tools: row.try_get("tools_id")?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// The names of a project's series: board, kind, name.
pub async fn series(c: &mut Connection, project: i64) -> Result<Vec<(String, String, String)>, StoreError> {
    sql("SELECT DISTINCT board, kind, name FROM series WHERE project_id = $1 ORDER BY board, kind, name LIMIT 1000")
        .bind(project)
        .fetch_all(c)
        .await
}
