//! What the pages read. Nothing here writes.
//!
//! Each query is bounded by a limit with a name and follows an index, so that a page stays fast when the history is long.
//! Texts are handed out as stored: the pages escape them.

use super::sight::hidden;
use super::sql::{rows, sql};
use super::{Connection, StoreError};
use ounce_protocol::ids::{BoardName, RepoName};
use ounce_protocol::job::Millis;

/// Projects listed.
pub const PROJECTS_MAX: i64 = 500;
/// Runs on one page of a project.
pub const RUNS_PER_PAGE: i64 = 30;
/// Commits of the default branch drawn in a board's history.
pub const HISTORY_COMMITS_MAX: i64 = 200;
/// Sets of tools told of a board.
const TOOLS_MAX: i64 = 100;
/// A board's latest figure is looked for in this many commits.
const LATEST_COMMITS_MAX: i64 = 100;

rows! {
    /// A project with its latest run.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ProjectRow {
        /// `owner/name`.
        pub repo: String,
        /// The manifest's name of it, may be empty.
        pub title: String,
        /// The latest run, where there is one.
        pub run_id: Option<i64>,
        /// Its state's word.
        pub state: Option<String>,
        /// Its verdict's word, when judged.
        pub verdict: Option<String>,
        /// When it was made.
        pub created_ms: Option<Millis>,
    }
}

/// All projects that everybody may see, and these, by repository.
pub async fn projects(c: &mut Connection, also: &[i64]) -> Result<Vec<ProjectRow>, StoreError> {
    let also: Vec<String> = also.iter().map(i64::to_string).collect();
    sql(concat!(
        "SELECT p.repo, p.title, r.id AS run_id, r.state, r.verdict, r.created_ms FROM projects p
         LEFT JOIN runs r ON r.id = (SELECT MAX(id) FROM runs WHERE project_id = p.id)
         WHERE ",
        hidden!(),
        " = 0 OR CAST(p.id AS TEXT) IN LIST($2) ORDER BY p.repo LIMIT $1"
    ))
    .bind(PROJECTS_MAX)
    .bind(serde_json::to_string(&also).map_err(|e| StoreError::Encode(Box::new(e)))?)
    .fetch_all(c)
    .await
}

rows! {
    /// A project.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Project {
        /// Its row.
        pub id: i64,
        /// `owner/name`.
        pub repo: String,
        /// The manifest's name of it, may be empty.
        pub title: String,
        /// The default branch, may be empty.
        pub default_branch: String,
    }
}

/// The project of a repository.
pub async fn project(c: &mut Connection, repo: &RepoName) -> Result<Option<Project>, StoreError> {
    sql("SELECT id, repo, title, default_branch FROM projects WHERE repo = $1").bind(repo.to_string()).fetch_optional(c).await
}

/// The latest manifest a run of the project was planned with.
pub async fn manifest(c: &mut Connection, project: i64) -> Result<Option<String>, StoreError> {
    sql("SELECT manifest FROM runs WHERE project_id = $1 AND manifest <> '' ORDER BY id DESC LIMIT 1").bind(project).fetch_optional(c).await
}

rows! {
    /// A run with what it is about.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RunRow {
        /// Its id.
        pub id: i64,
        /// `pull`, `push` or `compare`.
        pub kind: String,
        /// The pull request; none for a push.
        pub pull_number: Option<i64>,
        /// The pull request's title, or the pushed commit's first line; hostile text, empty where not known.
        pub subject: String,
        /// Who opened the pull request; empty for a push.
        pub author: String,
        /// Where the check is shown.
        pub shown_sha: String,
        /// The commit compared with.
        pub base_sha: String,
        /// The commit weighed.
        pub head_sha: String,
        /// Whether the pull request conflicts with its base branch.
        pub conflict: bool,
        /// The state's word.
        pub state: String,
        /// Why it was refused.
        pub note: String,
        /// The verdict's word, when judged.
        pub verdict: Option<String>,
        /// When it was made.
        pub created_ms: Millis,
        /// When it was judged.
        pub judged_ms: Option<Millis>,
    }
}

pub(super) const RUN_COLUMNS: &str =
    "r.id, r.kind, r.pull_number, COALESCE(pulls.title, commits.summary, '') AS subject, COALESCE(pulls.author, '') AS author,
    r.shown_sha, r.base_sha, r.head_sha, r.conflict, r.state, r.note, r.verdict, r.created_ms, r.judged_ms";
pub(super) const RUN_TABLES: &str = "runs r LEFT JOIN pulls ON pulls.project_id = r.project_id AND pulls.number = r.pull_number
    LEFT JOIN commits ON r.pull_number IS NULL AND commits.project_id = r.project_id AND commits.sha = r.shown_sha";

/// The project's runs below `before`, newest first, at most [`RUNS_PER_PAGE`].
pub async fn runs(c: &mut Connection, project: i64, before: Option<i64>) -> Result<Vec<RunRow>, StoreError> {
    let text = format!("SELECT {RUN_COLUMNS} FROM {RUN_TABLES} WHERE r.project_id = $1 AND r.id < $2 ORDER BY r.id DESC LIMIT $3");
    sql(text).bind(project).bind(before.unwrap_or(i64::MAX)).bind(RUNS_PER_PAGE).fetch_all(c).await
}

/// A run, the repository of its project, and its comparison's JSON.
pub async fn run(c: &mut Connection, id: i64) -> Result<Option<(RunRow, String, Option<String>)>, StoreError> {
    let text = format!("SELECT {RUN_COLUMNS} FROM {RUN_TABLES} WHERE r.id = $1");
    let Some(row) = sql(text).bind(id).fetch_optional(&mut *c).await? else { return Ok(None) };
    let (repo, comparison) =
        sql("SELECT projects.repo, runs.comparison FROM runs JOIN projects ON projects.id = project_id WHERE runs.id = $1")
            .bind(id)
            .fetch_one(c)
            .await?;
    Ok(Some((row, repo, comparison)))
}

rows! {
    /// A board's job.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct JobRow {
        /// Its id.
        pub id: i64,
        /// Its run.
        pub run_id: i64,
        /// The board.
        pub board: String,
        /// The state's word.
        pub state: String,
        /// Leases given so far.
        pub attempts: i64,
        /// Who holds or last held it.
        pub runner: Option<String>,
        /// Why it failed; hostile text.
        pub detail: String,
        /// The runner's words in its last heartbeat; hostile text.
        pub doing: String,
        /// When the latest lease began.
        pub started_ms: Option<Millis>,
        /// When it ended.
        pub ended_ms: Option<Millis>,
        /// Bytes of its log; none where there is no log.
        pub log_bytes: Option<i64>,
    }
}

const JOB_COLUMNS: &str =
    "jobs.id, run_id, board, state, attempts, runner, detail, doing, started_ms, ended_ms, octet_length(job_logs.text) AS log_bytes";

/// The jobs of a run, by board.
pub async fn jobs(c: &mut Connection, run: i64) -> Result<Vec<JobRow>, StoreError> {
    let text = format!("SELECT {JOB_COLUMNS} FROM jobs LEFT JOIN job_logs ON job_id = jobs.id WHERE run_id = $1 ORDER BY board");
    sql(text).bind(run).fetch_all(c).await
}

/// A job and the repository of its project.
pub async fn job(c: &mut Connection, id: i64) -> Result<Option<(JobRow, String)>, StoreError> {
    let text = format!("SELECT {JOB_COLUMNS} FROM jobs LEFT JOIN job_logs ON job_id = jobs.id WHERE jobs.id = $1");
    let Some(job) = sql(text).bind(id).fetch_optional::<JobRow>(&mut *c).await? else { return Ok(None) };
    let repo = sql("SELECT repo FROM projects JOIN runs ON runs.project_id = projects.id WHERE runs.id = $1")
        .bind(job.run_id)
        .fetch_one(c)
        .await?;
    Ok(Some((job, repo)))
}

/// A job's log, and how many bytes of it were dropped at the limit.
pub async fn log(c: &mut Connection, job: i64) -> Result<Option<(String, i64)>, StoreError> {
    sql("SELECT text, dropped_bytes FROM job_logs WHERE job_id = $1").bind(job).fetch_optional(c).await
}

rows! {
    /// A region's latest figure on a board.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LatestRow {
        /// The board.
        pub board: String,
        /// The region.
        pub region: String,
        /// Bytes used.
        pub value: i64,
        /// The commit it was measured at.
        pub sha: String,
        /// Committer time of that commit, and its row.
        pub committed_ms: Millis,
        /// The commit's row.
        pub commit_id: i64,
    }
}

/// The latest figure of each region of each board on the default branch, whatever the tools; boards without one in its newest commits are not
/// there. By board, and its regions as they were first measured.
pub async fn latest(c: &mut Connection, project: i64) -> Result<Vec<LatestRow>, StoreError> {
    let rows: Vec<LatestRow> = sql(
        "WITH recent AS (SELECT id, sha, committed_ms FROM commits WHERE project_id = $1 AND on_default = 1 ORDER BY committed_ms DESC, id DESC LIMIT $2)
         SELECT s.board, s.name AS region, p.value, c.sha, c.committed_ms, c.id AS commit_id FROM series s
         JOIN points p ON p.series_id = s.id AND p.commit_id = (
             SELECT r.id FROM recent r WHERE EXISTS (SELECT 1 FROM points q WHERE q.series_id = s.id AND q.commit_id = r.id)
             ORDER BY r.committed_ms DESC, r.id DESC LIMIT 1)
         JOIN commits c ON c.id = p.commit_id
         WHERE s.project_id = $1 AND s.kind = 'region' ORDER BY s.board, s.id",
    )
    .bind(project)
    .bind(LATEST_COMMITS_MAX)
    .fetch_all(c)
    .await?;
    // A region has a row for each set of tools, newer ones later.
    let mut newest: Vec<LatestRow> = Vec::new();
    for row in rows {
        match newest.iter_mut().find(|there| there.board == row.board && there.region == row.region) {
            Some(there) if (there.committed_ms, there.commit_id) <= (row.committed_ms, row.commit_id) => *there = row,
            Some(_) => {}
            None => newest.push(row),
        }
    }
    Ok(newest)
}

rows! {
    /// Tools behind figures.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ToolsRow {
        /// Their row.
        pub id: i64,
        /// A JSON object of texts, hostile.
        pub names: String,
    }
}

/// The tools behind any of a board's figures, older ones first.
pub async fn tools(c: &mut Connection, project: i64, board: &BoardName) -> Result<Vec<ToolsRow>, StoreError> {
    sql("SELECT id, names FROM tools WHERE id IN (SELECT tools_id FROM series WHERE project_id = $1 AND board = $2) ORDER BY id LIMIT $3")
        .bind(project)
        .bind(board.as_str())
        .bind(TOOLS_MAX)
        .fetch_all(c)
        .await
}

/// How the newest push was judged.
pub async fn newest_verdict(c: &mut Connection, project: i64) -> Result<Option<String>, StoreError> {
    sql("SELECT verdict FROM runs WHERE project_id = $1 AND kind = 'push' AND state = 'judged' AND verdict IS NOT NULL ORDER BY id DESC LIMIT 1")
        .bind(project)
        .fetch_optional(c)
        .await
}

/// The latest run of a push of each of these commits, for links from the history.
pub async fn runs_of_commits(c: &mut Connection, project: i64, shas: &[&str]) -> Result<Vec<(String, i64)>, StoreError> {
    let shas = serde_json::to_string(shas).map_err(|e| StoreError::Encode(Box::new(e)))?;
    sql("SELECT head_sha, MAX(id) FROM runs WHERE project_id = $1 AND head_sha IN LIST($2) AND kind = 'push' GROUP BY head_sha")
        .bind(project)
        .bind(shas)
        .fetch_all(c)
        .await
}
