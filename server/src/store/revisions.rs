//! What people call commits: prefixes of ids, pull requests, tags, branches. Read only; each query follows an index and has a limit.

use super::refs::TAGS;
use super::sql::{Row, rows, sql};
use super::{Connection, StoreError, stored};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;

/// Commits told where a prefix is that of several.
pub const PREFIXED_MAX: i64 = 6;
/// The newest weighed commit is looked for in this many commits of the default branch.
const LATEST_COMMITS_MAX: i64 = 200;
/// Runs looked through for one that is shown at a commit, the newest.
const SHOWN_RUNS_MAX: i64 = 2_000;
/// Names that an unknown one is held against, those pushed last.
const NAMES_MAX: i64 = 500;
/// Tags and branches told of one commit.
const NAMES_OF_MAX: i64 = 40;

rows! {
    /// A commit.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Commit {
        /// Its row.
        pub id: i64,
        /// Its id, 40 digits.
        pub sha: String,
        /// Its first parent; empty where not known.
        pub parent_sha: String,
        /// First line of its message, hostile text.
        pub summary: String,
        /// Who wrote it, as it says; hostile text.
        pub author: String,
        /// Committer time.
        pub committed_ms: Millis,
        /// Whether it is, or was when it was pushed, on the default branch.
        pub on_default: bool,
    }
}

const COLUMNS: &str = "id, sha, parent_sha, summary, author, committed_ms, on_default";

/// The commit, where it was seen.
pub async fn commit(c: &mut Connection, project: i64, sha: &CommitSha) -> Result<Option<Commit>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM commits WHERE project_id = $1 AND sha = $2");
    sql(text).bind(project).bind(sha.as_str()).fetch_optional(c).await
}

/// Commits whose id begins with these hexadecimal digits, at most [`PREFIXED_MAX`].
pub async fn prefixed(c: &mut Connection, project: i64, prefix: &str) -> Result<Vec<Commit>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM commits WHERE project_id = $1 AND sha >= $2 AND sha < $3 ORDER BY sha LIMIT $4");
    // No digit is above `f`.
    sql(text).bind(project).bind(prefix).bind(format!("{prefix}g")).bind(PREFIXED_MAX).fetch_all(c).await
}

/// The newest commit of the default branch that was built and judged.
pub async fn latest(c: &mut Connection, project: i64) -> Result<Option<Commit>, StoreError> {
    let text = format!(
        "WITH recent AS (SELECT {COLUMNS} FROM commits WHERE project_id = $1 AND on_default = 1 ORDER BY committed_ms DESC, id DESC LIMIT $2)
         SELECT {COLUMNS} FROM recent WHERE EXISTS (
             SELECT 1 FROM measurements m JOIN runs r ON r.id = m.run_id
             WHERE m.commit_id = recent.id AND m.trusted = 1 AND m.image IS NOT NULL AND r.state = 'judged')
         ORDER BY committed_ms DESC, id DESC LIMIT 1"
    );
    sql(text).bind(project).bind(LATEST_COMMITS_MAX).fetch_optional(c).await
}

/// Whether anything was measured at a commit.
pub async fn is_measured(c: &mut Connection, commit: i64) -> Result<bool, StoreError> {
    let found: Option<i64> = sql("SELECT id FROM measurements WHERE commit_id = $1 LIMIT 1").bind(commit).fetch_optional(c).await?;
    Ok(found.is_some())
}

/// What a pull request was weighed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRun {
    /// The run.
    pub run: i64,
    /// The pull request.
    pub number: i64,
    /// The commit compared with.
    pub base: CommitSha,
    /// The commit weighed.
    pub head: CommitSha,
}

fn pull_run(row: &Row) -> Result<PullRun, StoreError> {
    Ok(PullRun {
        run: row.try_get("id")?,
        number: row.try_get("pull_number")?,
        base: stored(row.try_get("base_sha")?)?,
        head: stored(row.try_get("head_sha")?)?,
    })
}

/// The latest judged run of a pull request.
pub async fn pull(c: &mut Connection, project: i64, number: i64) -> Result<Option<PullRun>, StoreError> {
    let row: Option<Row> = sql("SELECT id, pull_number, base_sha, head_sha FROM runs
         WHERE project_id = $1 AND kind = 'pull' AND pull_number = $2 AND state = 'judged' ORDER BY id DESC LIMIT 1")
    .bind(project)
    .bind(number)
    .fetch_optional(c)
    .await?;
    row.as_ref().map(pull_run).transpose()
}

/// Whether a pull request of this number was seen.
pub async fn is_pull(c: &mut Connection, project: i64, number: i64) -> Result<bool, StoreError> {
    let found: Option<i64> =
        sql("SELECT number FROM pulls WHERE project_id = $1 AND number = $2").bind(project).bind(number).fetch_optional(c).await?;
    Ok(found.is_some())
}

/// The latest judged run that is shown at a pull request's own head: what was weighed is the commit as it would land.
pub async fn shown_at(c: &mut Connection, project: i64, sha: &CommitSha) -> Result<Option<PullRun>, StoreError> {
    let row: Option<Row> = sql("SELECT id, pull_number, base_sha, head_sha FROM (
             SELECT id, pull_number, base_sha, head_sha, shown_sha, kind, state FROM runs WHERE project_id = $1 ORDER BY id DESC LIMIT $3) AS recent
         WHERE shown_sha = $2 AND kind = 'pull' AND state = 'judged' ORDER BY id DESC LIMIT 1")
    .bind(project)
    .bind(sha.as_str())
    .bind(SHOWN_RUNS_MAX)
    .fetch_optional(c)
    .await?;
    row.as_ref().map(pull_run).transpose()
}

/// The commit of a name that is written whole: `refs/tags/v1.2`.
pub async fn whole_name(c: &mut Connection, project: i64, name: &str) -> Result<Option<CommitSha>, StoreError> {
    let sha: Option<String> =
        sql("SELECT sha FROM refs WHERE project_id = $1 AND name = $2").bind(project).bind(name).fetch_optional(c).await?;
    sha.as_deref().map(stored).transpose()
}

/// Tags and branches put there last, their names as people write them.
pub async fn names(c: &mut Connection, project: i64) -> Result<Vec<String>, StoreError> {
    let names: Vec<String> = sql("SELECT name FROM refs WHERE project_id = $1 ORDER BY seen_ms DESC, name LIMIT $2")
        .bind(project)
        .bind(NAMES_MAX)
        .fetch_all(c)
        .await?;
    Ok(names.into_iter().map(short_name).collect())
}

/// Tags and branches that lead to a commit: the whole names.
pub async fn names_of(c: &mut Connection, project: i64, sha: &CommitSha) -> Result<Vec<String>, StoreError> {
    sql("SELECT name FROM refs WHERE project_id = $1 AND sha = $2 ORDER BY name LIMIT $3")
        .bind(project)
        .bind(sha.as_str())
        .bind(NAMES_OF_MAX)
        .fetch_all(c)
        .await
}

/// The tag of the newest commit that is older than this, and not this one.
pub async fn tag_before(c: &mut Connection, project: i64, commit: &Commit) -> Result<Option<String>, StoreError> {
    let name: Option<String> =
        sql("SELECT refs.name FROM refs JOIN commits ON commits.project_id = refs.project_id AND commits.sha = refs.sha
         WHERE refs.project_id = $1 AND refs.name LIKE 'refs/tags/%' AND commits.committed_ms <= $2 AND commits.sha <> $3
         ORDER BY commits.committed_ms DESC, refs.name DESC LIMIT 1")
        .bind(project)
        .bind(commit.committed_ms)
        .bind(&commit.sha)
        .fetch_optional(c)
        .await?;
    Ok(name.map(short_name))
}

/// A name without what tags and branches begin with.
pub fn short_name(name: String) -> String {
    [TAGS, super::refs::HEADS].iter().find_map(|kind| name.strip_prefix(kind)).map(str::to_owned).unwrap_or(name)
}

rows! {
    /// A pull request to choose.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PullChoice {
        /// Its number.
        pub number: i64,
        /// Its title, hostile text.
        pub title: String,
    }
}

/// The newest pull requests.
pub async fn pulls(c: &mut Connection, project: i64, limit: i64) -> Result<Vec<PullChoice>, StoreError> {
    sql("SELECT number, title FROM pulls WHERE project_id = $1 ORDER BY number DESC LIMIT $2").bind(project).bind(limit).fetch_all(c).await
}
