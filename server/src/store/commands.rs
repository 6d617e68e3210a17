//! What people asked of us, and what they approved: one row each, for good. Nothing here decides who may.

use super::sql::sql;
use super::{Connection, StoreError};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out, or there was nothing to do.
    Done,
    /// Who asked may not.
    Refused,
    /// It was not understood, or cannot be.
    Mistaken,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
            Outcome::Mistaken => "mistaken",
        }
    }
}

/// A command that was looked at.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its project.
    pub project: i64,
    /// The comment or the button, unique in the project.
    pub source: &'a str,
    /// The pull request.
    pub pull: u64,
    /// Who.
    pub login: &'a str,
    /// What the forge said that account may do.
    pub role: &'a str,
    /// The command in its plainest form, or what was not understood.
    pub command: &'a str,
    /// What came of it.
    pub outcome: Outcome,
    /// The same in one sentence.
    pub note: &'a str,
}

fn number(pull: u64) -> i64 {
    i64::try_from(pull).unwrap_or(i64::MAX)
}

/// Notes a command. False where it was noted before: then nothing may be done for it again.
pub async fn note(c: &mut Connection, asked: &Asked<'_>, now: Millis) -> Result<bool, StoreError> {
    let rows = sql(
        "INSERT INTO commands (project_id, source, pull_number, login, role, command, outcome, note, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (project_id, source) DO NOTHING",
    )
    .bind(asked.project)
    .bind(asked.source)
    .bind(number(asked.pull))
    .bind(asked.login)
    .bind(asked.role)
    .bind(asked.command)
    .bind(asked.outcome.word())
    .bind(asked.note)
    .bind(now)
    .execute(c)
    .await?;
    Ok(rows == 1)
}

/// Whether a command was noted.
pub async fn known(c: &mut Connection, repo: &str, source: &str) -> Result<bool, StoreError> {
    let row: Option<i64> =
        sql("SELECT 1 FROM commands JOIN projects ON projects.id = project_id WHERE LOWER(repo) = LOWER($1) AND source = $2")
            .bind(repo)
            .bind(source)
            .fetch_optional(c)
            .await?;
    Ok(row.is_some())
}

/// What came of a command: its outcome's word, and the same in one sentence. None as long as it was not looked at.
pub async fn came_of(c: &mut Connection, project: i64, source: &str) -> Result<Option<(String, String)>, StoreError> {
    sql("SELECT outcome, note FROM commands WHERE project_id = $1 AND source = $2").bind(project).bind(source).fetch_optional(c).await
}

/// How many accounts were refused on a pull request since that time, and how often this one was.
pub async fn refusals(c: &mut Connection, project: i64, pull: u64, login: &str, since: Millis) -> Result<(i64, i64), StoreError> {
    sql("SELECT COUNT(DISTINCT login), CAST(COALESCE(SUM(CASE WHEN login = $3 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM commands
         WHERE project_id = $1 AND pull_number = $2 AND outcome = 'refused' AND at_ms >= $4")
    .bind(project)
    .bind(number(pull))
    .bind(login)
    .bind(since)
    .fetch_one(c)
    .await
}

/// Who approved a commit.
#[derive(Debug, Clone, Copy)]
pub struct Approval<'a> {
    /// The project.
    pub project: i64,
    /// The pull request.
    pub pull: u64,
    /// Its head.
    pub sha: &'a CommitSha,
    /// Who.
    pub login: &'a str,
    /// What the forge said that account may do.
    pub role: &'a str,
    /// The comment or the button.
    pub source: &'a str,
}

/// Notes an approval.
pub async fn approve(c: &mut Connection, approval: &Approval<'_>, now: Millis) -> Result<(), StoreError> {
    sql("INSERT INTO approvals (project_id, pull_number, sha, login, role, source, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(approval.project)
        .bind(number(approval.pull))
        .bind(approval.sha.as_str())
        .bind(approval.login)
        .bind(approval.role)
        .bind(approval.source)
        .bind(now)
        .execute(c)
        .await?;
    Ok(())
}

/// Whether exactly this commit of the pull request is approved.
pub async fn approved(c: &mut Connection, project: i64, pull: u64, sha: &CommitSha) -> Result<bool, StoreError> {
    let row: Option<i64> =
        sql("SELECT 1 FROM approvals WHERE project_id = $1 AND pull_number = $2 AND sha = $3 AND revoked_ms IS NULL LIMIT 1")
            .bind(project)
            .bind(number(pull))
            .bind(sha.as_str())
            .fetch_optional(c)
            .await?;
    Ok(row.is_some())
}

/// Revokes what was approved of a pull request, but for this commit, which is its head now. Gives how many.
pub async fn revoke(c: &mut Connection, project: i64, pull: u64, head: &CommitSha, now: Millis) -> Result<u64, StoreError> {
    sql("UPDATE approvals SET revoked_ms = $4 WHERE project_id = $1 AND pull_number = $2 AND sha <> $3 AND revoked_ms IS NULL")
        .bind(project)
        .bind(number(pull))
        .bind(head.as_str())
        .bind(now)
        .execute(c)
        .await
}
