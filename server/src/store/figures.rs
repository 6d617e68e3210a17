//! Figures along the default branch, as the pages and the API draw them. Nothing here writes.
//!
//! A figure is named as `/ounce bisect` names it: board, kind and name. Of one commit there may be several, by different tools.

use super::sql::{rows, sql};
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;

/// Commits of one chart at most, the newest.
pub const COMMITS_MAX: i64 = 10_000;
/// Figures of one series that are read at most: each commit may have one for each set of tools.
const POINTS_MAX: i64 = 50_000;
/// Series of a project that are told of.
pub const SERIES_MAX: i64 = 2_000;
/// Names, acceptances and pull requests of one chart.
const MARKS_MAX: i64 = 2_000;

rows! {
    /// A commit of the default branch.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CommitRow {
        /// Its row.
        pub id: i64,
        /// Its id.
        pub sha: String,
        /// First line of its message, hostile text.
        pub summary: String,
        /// Who wrote it, hostile text; empty where not known.
        pub author: String,
        /// Committer time.
        pub committed_ms: Millis,
    }
}

rows! {
    /// A figure at a commit.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PointRow {
        /// The commit's row.
        pub commit_id: i64,
        /// The row of the tools behind it.
        pub tools: i64,
        /// Bytes or instructions.
        pub value: i64,
        /// Whether two takes agreed.
        pub exact: bool,
    }
}

rows! {
    /// A series' figure at a commit.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CellRow {
        /// The board.
        pub board: String,
        /// `region`, `instructions`, `stack` or `heap`.
        pub kind: String,
        /// The region, or the benchmark.
        pub name: String,
        /// The commit's row.
        pub commit_id: i64,
        /// The row of the tools behind it.
        pub tools: i64,
        /// Bytes or instructions.
        pub value: i64,
        /// Whether two takes agreed.
        pub exact: bool,
    }
}

/// The newest commits of the default branch up to a time, oldest first.
pub async fn commits(c: &mut Connection, project: i64, until_ms: Option<Millis>, limit: i64) -> Result<Vec<CommitRow>, StoreError> {
    let mut commits: Vec<CommitRow> = sql("SELECT id, sha, summary, author, committed_ms FROM commits
         WHERE project_id = $1 AND on_default = 1 AND committed_ms <= $2 ORDER BY committed_ms DESC, id DESC LIMIT $3")
    .bind(project)
    .bind(until_ms.unwrap_or(i64::MAX))
    .bind(limit.min(COMMITS_MAX))
    .fetch_all(c)
    .await?;
    commits.reverse();
    Ok(commits)
}

/// All figures of all boards at these commits.
pub async fn at_commits(c: &mut Connection, project: i64, commits: &[i64]) -> Result<Vec<CellRow>, StoreError> {
    sql("SELECT s.board, s.kind, s.name, p.commit_id, s.tools_id AS tools, p.value, p.exact FROM series s CROSS JOIN points p
         WHERE s.project_id = $1 AND p.series_id = s.id AND p.commit_id IN IDS($2)")
    .bind(project)
    .bind(serde_json::to_string(commits).map_err(|e| StoreError::Encode(Box::new(e)))?)
    .fetch_all(c)
    .await
}

/// A series' name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The board.
    pub board: String,
    /// `region`, `instructions`, `stack` or `heap`.
    pub kind: String,
    /// The region, or the benchmark.
    pub name: String,
}

/// All figures of one series, by any tools, in no order.
pub async fn of_series(c: &mut Connection, project: i64, key: &Key) -> Result<Vec<PointRow>, StoreError> {
    sql("SELECT p.commit_id, s.tools_id AS tools, p.value, p.exact FROM series s JOIN points p ON p.series_id = s.id
         WHERE s.project_id = $1 AND s.board = $2 AND s.kind = $3 AND s.name = $4 ORDER BY p.commit_id DESC LIMIT $5")
    .bind(project)
    .bind(&key.board)
    .bind(&key.kind)
    .bind(&key.name)
    .bind(POINTS_MAX)
    .fetch_all(c)
    .await
}

/// The figures of one series at these commits, by any tools, in no order.
pub async fn of_series_at(c: &mut Connection, project: i64, key: &Key, commits: &[i64]) -> Result<Vec<PointRow>, StoreError> {
    sql("SELECT p.commit_id, s.tools_id AS tools, p.value, p.exact FROM series s CROSS JOIN points p
         WHERE s.project_id = $1 AND s.board = $2 AND s.kind = $3 AND s.name = $4 AND p.series_id = s.id AND p.commit_id IN IDS($5)")
    .bind(project)
    .bind(&key.board)
    .bind(&key.kind)
    .bind(&key.name)
    .bind(serde_json::to_string(commits).map_err(|e| StoreError::Encode(Box::new(e)))?)
    .fetch_all(c)
    .await
}

/// The names of a project's series, sorted.
pub async fn keys(c: &mut Connection, project: i64) -> Result<Vec<Key>, StoreError> {
    let rows: Vec<(String, String, String)> =
        sql("SELECT DISTINCT board, kind, name FROM series WHERE project_id = $1 ORDER BY board, kind, name LIMIT $2")
            .bind(project)
            .bind(SERIES_MAX)
            .fetch_all(c)
            .await?;
    Ok(rows.into_iter().map(|(board, kind, name)| Key { board, kind, name }).collect())
}

/// The names of the tools with these rows.
pub async fn tools(c: &mut Connection, ids: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
    sql("SELECT id, names FROM tools WHERE id IN IDS($1) ORDER BY id")
        .bind(serde_json::to_string(ids).map_err(|e| StoreError::Encode(Box::new(e)))?)
        .fetch_all(c)
        .await
}

/// By which commits pull requests landed: the commit and the number, the newest first.
pub async fn landed(c: &mut Connection, project: i64) -> Result<Vec<(String, i64)>, StoreError> {
    sql("SELECT landed_sha, number FROM pulls WHERE project_id = $1 AND landed_sha IS NOT NULL ORDER BY number DESC LIMIT $2")
        .bind(project)
        .bind(COMMITS_MAX)
        .fetch_all(c)
        .await
}

rows! {
    /// Growth that somebody accepted and that landed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AcceptanceRow {
        /// The pull request.
        pub pull_number: i64,
        /// The board.
        pub board: String,
        /// Bytes or instructions.
        pub growth: i64,
        /// Who.
        pub login: String,
        /// Why; hostile text.
        pub reason: String,
        /// Committer time of the commit by which it landed.
        pub landed_ms: Millis,
    }
}

/// What was accepted on these boards, and landed, the newest first.
pub async fn accepted(c: &mut Connection, project: i64, boards: &[&str]) -> Result<Vec<AcceptanceRow>, StoreError> {
    sql("SELECT pull_number, board, growth, login, reason, landed_ms FROM acceptances
         WHERE project_id = $1 AND landed_ms IS NOT NULL AND board IN LIST($2) ORDER BY landed_ms DESC, id DESC LIMIT $3")
    .bind(project)
    .bind(serde_json::to_string(boards).map_err(|e| StoreError::Encode(Box::new(e)))?)
    .bind(MARKS_MAX)
    .fetch_all(c)
    .await
}

/// Of these commits those with a measurement on a board, and whether any of these has an image.
pub async fn built(c: &mut Connection, commits: &[i64], board: &str) -> Result<Vec<(i64, bool)>, StoreError> {
    sql("SELECT commit_id, MAX(CASE WHEN image IS NULL THEN 0 ELSE 1 END) FROM measurements
         WHERE commit_id IN IDS($1) AND board = $2 AND trusted = 1 GROUP BY commit_id")
    .bind(serde_json::to_string(commits).map_err(|e| StoreError::Encode(Box::new(e)))?)
    .bind(board)
    .fetch_all(c)
    .await
}

/// The comparison of the newest push that was judged.
pub async fn newest_comparison(c: &mut Connection, project: i64) -> Result<Option<String>, StoreError> {
    sql("SELECT comparison FROM runs WHERE project_id = $1 AND kind = 'push' AND state = 'judged' AND comparison IS NOT NULL ORDER BY id DESC LIMIT 1")
        .bind(project)
        .fetch_optional(c)
        .await
}

/// Committer time of the commit of the default branch with these first digits.
pub async fn committed(c: &mut Connection, project: i64, digits: &str) -> Result<Option<Millis>, StoreError> {
    sql("SELECT committed_ms FROM commits WHERE project_id = $1 AND on_default = 1 AND sha >= $2 AND sha < $3 ORDER BY sha LIMIT 1")
        .bind(project)
        .bind(digits)
        .bind(format!("{digits}g"))
        .fetch_optional(c)
        .await
}
