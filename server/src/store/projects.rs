//! Projects, their pull requests and their commits, as events and the forge described them.

use super::sql::sql;
use super::{Connection, StoreError, stored};
use crate::forge::CommitInfo;
use ounce_protocol::ids::{CommitSha, RepoName};
use ounce_protocol::job::Millis;

/// A pull request's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull<'a> {
    /// Its number.
    pub number: u64,
    /// Its title, hostile text.
    pub title: &'a str,
    /// Who opened it.
    pub author: &'a str,
    /// Its own head.
    pub head: &'a CommitSha,
    /// Whether the head lives in another repository.
    pub from_fork: bool,
    /// Whether it is open.
    pub open: bool,
}

/// The project's id; a row is made where there is none.
pub async fn project(c: &mut Connection, repo: &RepoName, default_branch: &str, now: Millis) -> Result<i64, StoreError> {
    sql("INSERT INTO projects (repo, default_branch, created_ms) VALUES ($1, $2, $3)
         ON CONFLICT (repo) DO UPDATE SET default_branch = excluded.default_branch RETURNING id")
    .bind(repo.to_string())
    .bind(default_branch)
    .bind(now)
    .fetch_one(c)
    .await
}

/// The project of a repository, where there is one.
pub async fn find(c: &mut Connection, repo: &RepoName) -> Result<Option<i64>, StoreError> {
    sql("SELECT id FROM projects WHERE LOWER(repo) = LOWER($1) ORDER BY id LIMIT 1").bind(repo.to_string()).fetch_optional(c).await
}

/// The open pull requests of a project with this head.
pub async fn pulls_of(c: &mut Connection, project: i64, head: &CommitSha) -> Result<Vec<u64>, StoreError> {
    let numbers: Vec<i64> = sql("SELECT number FROM pulls WHERE project_id = $1 AND head_sha = $2 AND is_open = 1 ORDER BY number")
        .bind(project)
        .bind(head.as_str())
        .fetch_all(c)
        .await?;
    Ok(numbers.into_iter().filter_map(|number| u64::try_from(number).ok()).collect())
}

/// Keeps the name a manifest gives the project.
pub async fn set_title(c: &mut Connection, project: i64, title: &str) -> Result<(), StoreError> {
    sql("UPDATE projects SET title = $2 WHERE id = $1 AND title <> $2").bind(project).bind(title).execute(c).await?;
    Ok(())
}

/// The repository of a project, and its default branch.
pub async fn repo(c: &mut Connection, project: i64) -> Result<(RepoName, String), StoreError> {
    let (repo, branch): (String, String) =
        sql("SELECT repo, default_branch FROM projects WHERE id = $1").bind(project).fetch_one(c).await?;
    Ok((stored(&repo)?, branch))
}

/// Keeps a pull request as it is now.
pub async fn put_pull(c: &mut Connection, project: i64, pull: &Pull<'_>, now: Millis) -> Result<(), StoreError> {
    sql(
        "INSERT INTO pulls (project_id, number, title, author, head_sha, from_fork, is_open, updated_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (project_id, number) DO UPDATE SET title = excluded.title, author = excluded.author, head_sha = excluded.head_sha,
             from_fork = excluded.from_fork, is_open = excluded.is_open, updated_ms = excluded.updated_ms",
    )
    .bind(project)
    .bind(i64::try_from(pull.number).unwrap_or(i64::MAX))
    .bind(pull.title)
    .bind(pull.author)
    .bind(pull.head.as_str())
    .bind(pull.from_fork)
    .bind(pull.open)
    .bind(now)
    .execute(c)
    .await?;
    Ok(())
}

/// Keeps by which commit a pull request landed.
pub async fn landed(c: &mut Connection, project: i64, number: u64, by: &CommitSha) -> Result<(), StoreError> {
    sql("UPDATE pulls SET landed_sha = $3 WHERE project_id = $1 AND number = $2")
        .bind(project)
        .bind(i64::try_from(number).unwrap_or(i64::MAX))
        .bind(by.as_str())
        .execute(c)
        .await?;
    Ok(())
}

/// A commit's row, where it is on the default branch.
pub async fn commit_on_default(c: &mut Connection, project: i64, sha: &CommitSha) -> Result<Option<i64>, StoreError> {
    sql("SELECT id FROM commits WHERE project_id = $1 AND sha = $2 AND on_default = 1")
        .bind(project)
        .bind(sha.as_str())
        .fetch_optional(c)
        .await
}

/// Keeps a commit; once on the default branch, always on it. Gives its id.
pub async fn put_commit(c: &mut Connection, project: i64, commit: &CommitInfo, on_default: bool) -> Result<i64, StoreError> {
    sql(
        "INSERT INTO commits (project_id, sha, parent_sha, summary, committed_ms, on_default, author) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (project_id, sha) DO UPDATE SET author = excluded.author, on_default = CASE WHEN commits.on_default = 1 THEN 1 ELSE excluded.on_default END RETURNING id",
    )
    .bind(project)
    .bind(commit.sha.as_str())
    .bind(commit.parents.first().map_or("", CommitSha::as_str))
    .bind(&commit.summary)
    .bind(commit.committed_s.saturating_mul(1000))
    .bind(on_default)
    .bind(&commit.author)
    .fetch_one(c)
    .await
}
