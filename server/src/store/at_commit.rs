//! What is told of one commit: its figures, what it changed, how it came, what was accepted of it. Read only; each query follows an index and has a
//! limit. Texts are handed out as stored: the pages escape them.

use super::sql::{rows, sql};
use super::{Connection, StoreError};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;

/// Figures of one commit, on all boards.
const FIGURES_MAX: i64 = 20_000;
/// Runs told of one commit, the newest.
const RUNS_MAX: i64 = 30;
/// Runs looked through for those shown at a commit, the newest.
const SHOWN_RUNS_MAX: i64 = 2_000;
/// Acceptances told of one commit.
const ACCEPTANCES_MAX: i64 = 100;
/// Places told where a commit changed something: boards and their regions.
const PLACES_MAX: i64 = 2_000;

rows! {
    /// A figure of a commit.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Figure {
        /// The commit's row.
        pub commit_id: i64,
        /// The series: board, kind, name and tools.
        pub series_id: i64,
        /// The board.
        pub board: String,
        /// `region`, `instructions`, `stack` or `heap`.
        pub kind: String,
        /// The region, or the benchmark.
        pub name: String,
        /// Bytes or instructions.
        pub value: i64,
        /// Whether two takes agreed.
        pub exact: bool,
    }
}

/// The figures of these commits on all boards, by board and series, newer tools later.
pub async fn figures(c: &mut Connection, project: i64, commits: &[i64]) -> Result<Vec<Figure>, StoreError> {
    sql("SELECT p.commit_id, s.id AS series_id, s.board, s.kind, s.name, p.value, p.exact FROM series s CROSS JOIN points p
         WHERE s.project_id = $1 AND p.series_id = s.id AND p.commit_id IN IDS($2) ORDER BY s.board, s.id LIMIT $3")
    .bind(project)
    .bind(serde_json::to_string(commits).map_err(|e| StoreError::Encode(Box::new(e)))?)
    .bind(FIGURES_MAX)
    .fetch_all(c)
    .await
}

rows! {
    /// What a commit did to a region, in short.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Changed {
        /// The board.
        pub board: String,
        /// The region.
        pub region: String,
        /// Owners whose bytes changed.
        pub owners: i64,
        /// By how much in all.
        pub delta: i64,
    }
}

/// What a commit of the default branch changed, by board and region.
pub async fn changed(c: &mut Connection, commit: i64) -> Result<Vec<Changed>, StoreError> {
    sql("SELECT board, region, COUNT(*) AS owners, CAST(SUM(head_bytes - base_bytes) AS BIGINT) AS delta FROM symbol_steps
         WHERE commit_id = $1 GROUP BY board, region ORDER BY board, region LIMIT $2")
    .bind(commit)
    .bind(PLACES_MAX)
    .fetch_all(c)
    .await
}

rows! {
    /// An owner of bytes that a commit changed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ChangedOwner {
        /// The board.
        pub board: String,
        /// The region.
        pub region: String,
        /// The owner's name as it is kept, hostile text.
        pub name: String,
        /// Its group, hostile text.
        pub grp: String,
        /// What happened to it: `added`, `grown`, ….
        pub change: String,
        /// Bytes before.
        pub base_bytes: i64,
        /// Bytes after.
        pub head_bytes: i64,
    }
}

/// The owners that a commit changed most, so many of each board.
pub async fn changed_most(c: &mut Connection, commit: i64, of_board: i64) -> Result<Vec<ChangedOwner>, StoreError> {
    sql("SELECT t.board, t.region, symbols.name, symbols.grp, t.change, t.base_bytes, t.head_bytes FROM (
             SELECT board, region, symbol_id, change, base_bytes, head_bytes,
                 ROW_NUMBER() OVER (PARTITION BY board ORDER BY ABS(head_bytes - base_bytes) DESC, symbol_id, region) AS nth
             FROM symbol_steps WHERE commit_id = $1) AS t
         JOIN symbols ON symbols.id = t.symbol_id WHERE t.nth <= $2 ORDER BY t.board, t.nth LIMIT $3")
    .bind(commit)
    .bind(of_board)
    .bind(PLACES_MAX)
    .fetch_all(c)
    .await
}

rows! {
    /// A run that a commit was weighed in.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RunOf {
        /// Its id.
        pub id: i64,
        /// `pull`, `push` or `compare`.
        pub kind: String,
        /// The state's word.
        pub state: String,
        /// The verdict's word, when judged.
        pub verdict: Option<String>,
        /// The pull request; none for a push.
        pub pull_number: Option<i64>,
        /// The commit compared with.
        pub base_sha: String,
        /// The commit weighed.
        pub head_sha: String,
        /// When it was made.
        pub created_ms: Millis,
    }
}

/// The runs in which a commit was weighed, or that are shown at it, newest first.
pub async fn runs_of(c: &mut Connection, project: i64, sha: &CommitSha) -> Result<Vec<RunOf>, StoreError> {
    sql("SELECT id, kind, state, verdict, pull_number, base_sha, head_sha, created_ms FROM runs
         WHERE id IN (SELECT id FROM runs WHERE project_id = $1 AND head_sha = $2 UNION
             SELECT id FROM (SELECT id, shown_sha FROM runs WHERE project_id = $1 ORDER BY id DESC LIMIT $3) AS recent WHERE shown_sha = $2)
         ORDER BY id DESC LIMIT $4")
    .bind(project)
    .bind(sha.as_str())
    .bind(SHOWN_RUNS_MAX)
    .bind(RUNS_MAX)
    .fetch_all(c)
    .await
}

rows! {
    /// A pull request.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PullOf {
        /// Its number.
        pub number: i64,
        /// Its title, hostile text.
        pub title: String,
        /// Who opened it.
        pub author: String,
    }
}

/// The pull request that landed by a commit.
pub async fn landed_by(c: &mut Connection, project: i64, sha: &CommitSha) -> Result<Option<PullOf>, StoreError> {
    sql("SELECT number, title, author FROM pulls WHERE project_id = $1 AND landed_sha = $2 ORDER BY number DESC LIMIT 1")
        .bind(project)
        .bind(sha.as_str())
        .fetch_optional(c)
        .await
}

/// A pull request by its number.
pub async fn pull(c: &mut Connection, project: i64, number: i64) -> Result<Option<PullOf>, StoreError> {
    sql("SELECT number, title, author FROM pulls WHERE project_id = $1 AND number = $2").bind(project).bind(number).fetch_optional(c).await
}

rows! {
    /// Growth that somebody accepted.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AcceptanceOf {
        /// The board.
        pub board: String,
        /// JSON of `ounce_analysis::past::Figure`.
        pub figure: String,
        /// Bytes or instructions.
        pub growth: i64,
        /// Who.
        pub login: String,
        /// Why; hostile text.
        pub reason: String,
        /// When.
        pub at_ms: Millis,
    }
}

/// What was accepted of a pull request's commit: of this head, or of the one that landed.
pub async fn accepted(c: &mut Connection, project: i64, number: i64, sha: &CommitSha) -> Result<Vec<AcceptanceOf>, StoreError> {
    sql("SELECT board, figure, growth, login, reason, at_ms FROM acceptances
         WHERE project_id = $1 AND pull_number = $2 AND (landed_ms IS NOT NULL OR head_sha = $3 OR shown_sha = $3) ORDER BY id LIMIT $4")
    .bind(project)
    .bind(number)
    .bind(sha.as_str())
    .bind(ACCEPTANCES_MAX)
    .fetch_all(c)
    .await
}
