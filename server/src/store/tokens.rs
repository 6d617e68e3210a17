//! What programs read a project with: known here by its hash only.

use super::sql::{rows, sql};
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;

/// How exactly it is kept when a token was used last.
const USED_MS: Millis = 3_600_000;

rows! {
    /// A token as an operator sees it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Token {
        /// The repository it reads.
        pub repo: String,
        /// What it is for.
        pub name: String,
        /// When it was made.
        pub created_ms: Millis,
        /// About when it was used last.
        pub used_ms: Option<Millis>,
        /// When it was taken back.
        pub revoked_ms: Option<Millis>,
    }
}

/// Keeps a new token. False where the project has one of that name.
pub async fn add(c: &mut Connection, project: i64, name: &str, sha256: &str, now: Millis) -> Result<bool, StoreError> {
    let rows = sql("INSERT INTO read_tokens (project_id, name, sha256, created_ms) SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT 1 FROM read_tokens WHERE project_id = $1 AND name = $2 AND revoked_ms IS NULL)")
    .bind(project)
    .bind(name)
    .bind(sha256)
    .bind(now)
    .execute(c)
    .await?;
    Ok(rows == 1)
}

/// All tokens, by repository and name; those that were taken back too.
pub async fn list(c: &mut Connection) -> Result<Vec<Token>, StoreError> {
    sql("SELECT p.repo, t.name, t.created_ms, t.used_ms, t.revoked_ms FROM read_tokens t JOIN projects p ON p.id = t.project_id
         ORDER BY p.repo, t.name, t.id")
    .fetch_all(c)
    .await
}

/// Takes a token back. False where the project has none of that name.
pub async fn revoke(c: &mut Connection, project: i64, name: &str, now: Millis) -> Result<bool, StoreError> {
    let rows = sql("UPDATE read_tokens SET revoked_ms = $3 WHERE project_id = $1 AND name = $2 AND revoked_ms IS NULL")
        .bind(project)
        .bind(name)
        .bind(now)
        .execute(c)
        .await?;
    Ok(rows == 1)
}

/// The project that a token reads, while it counts.
pub async fn prove(c: &mut Connection, sha256: &str, now: Millis) -> Result<Option<i64>, StoreError> {
    let found: Option<(i64, i64, i64)> =
        sql("SELECT id, project_id, COALESCE(used_ms, 0) FROM read_tokens WHERE sha256 = $1 AND revoked_ms IS NULL")
            .bind(sha256)
            .fetch_optional(&mut *c)
            .await?;
    let Some((id, project, used_ms)) = found else { return Ok(None) };
    if used_ms <= now.saturating_sub(USED_MS) {
        sql("UPDATE read_tokens SET used_ms = $2 WHERE id = $1").bind(id).bind(now).execute(c).await?;
    }
    Ok(Some(project))
}
