//! What the search of the pages finds: commits by their first digits, pull requests by number, projects by name. Of private projects only those
//! that are shown (`also`).

use super::sight::hidden;
use super::sql::{Sql, rows, sql};
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;

/// Findings of a kind.
pub const FOUND_MAX: i64 = 20;

macro_rules! seen {
    () => {
        concat!("(", hidden!(), " = 0 OR p.id IN IDS($1)) AND p.removed_ms IS NULL")
    };
}

fn seeing<'q>(text: &'static str, also: &[i64]) -> Result<Sql<'q>, StoreError> {
    Ok(sql(text).bind(serde_json::to_string(also).map_err(|e| StoreError::Encode(Box::new(e)))?))
}

rows! {
    /// A commit.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CommitFound {
        /// `owner/name`.
        pub repo: String,
        /// Its id.
        pub sha: String,
        /// First line of its message, hostile text.
        pub summary: String,
        /// Committer time.
        pub committed_ms: Millis,
    }
}

/// The commits with these first digits, lower case, those of `repo` first.
pub async fn commits(c: &mut Connection, also: &[i64], digits: &str, repo: &str) -> Result<Vec<CommitFound>, StoreError> {
    const TEXT: &str = concat!(
        "SELECT p.repo, c.sha, c.summary, c.committed_ms FROM projects p JOIN commits c ON c.project_id = p.id AND c.sha >= $2 AND c.sha < $3
         WHERE ",
        seen!(),
        " ORDER BY CASE WHEN p.repo = $4 THEN 0 ELSE 1 END, p.repo, c.sha LIMIT $5"
    );
    seeing(TEXT, also)?.bind(digits).bind(format!("{digits}g")).bind(repo).bind(FOUND_MAX).fetch_all(c).await
}

rows! {
    /// A pull request with its newest run.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PullFound {
        /// `owner/name`.
        pub repo: String,
        /// Its title, hostile text.
        pub title: String,
        /// Its newest run, where there is one.
        pub run_id: Option<i64>,
    }
}

/// The pull requests of this number, that of `repo` first.
pub async fn pulls(c: &mut Connection, also: &[i64], number: i64, repo: &str) -> Result<Vec<PullFound>, StoreError> {
    const TEXT: &str = concat!(
        "SELECT p.repo, u.title, (SELECT MAX(r.id) FROM runs r WHERE r.project_id = p.id AND r.kind = 'pull' AND r.pull_number = u.number) AS run_id
         FROM projects p JOIN pulls u ON u.project_id = p.id AND u.number = $2 WHERE ",
        seen!(),
        " ORDER BY CASE WHEN p.repo = $3 THEN 0 ELSE 1 END, p.repo LIMIT $4"
    );
    seeing(TEXT, also)?.bind(number).bind(repo).bind(FOUND_MAX).fetch_all(c).await
}

/// The repositories of projects whose name or title has this text, whatever its case.
pub async fn projects(c: &mut Connection, also: &[i64], text: &str) -> Result<Vec<String>, StoreError> {
    const TEXT: &str = concat!(
        "SELECT p.repo FROM projects p WHERE (LOWER(p.repo) LIKE $2 ESCAPE '\\' OR LOWER(p.title) LIKE $2 ESCAPE '\\') AND ",
        seen!(),
        " ORDER BY p.repo LIMIT $3"
    );
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    seeing(TEXT, also)?.bind(format!("%{escaped}%")).bind(FOUND_MAX).fetch_all(c).await
}
