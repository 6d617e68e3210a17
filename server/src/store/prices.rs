//! Price lists of features, as projects measured them: one a commit.

use super::sql::{Row, sql};
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;
use ounce_protocol::prices::Prices;

/// Lists kept of a project, those brought last.
pub const KEPT_MAX: i64 = 200;

/// Keeps a list; one of the same commit is replaced. True where there was none.
pub async fn put(c: &mut Connection, project: i64, prices: &Prices, now: Millis) -> Result<bool, StoreError> {
    let doc = serde_json::to_string(prices).map_err(|e| StoreError::Encode(Box::new(e)))?;
    let before: i64 = sql("SELECT COUNT(*) FROM prices WHERE project_id = $1 AND commit_sha = $2")
        .bind(project)
        .bind(prices.commit.as_str())
        .fetch_one(&mut *c)
        .await?;
    sql("INSERT INTO prices (project_id, commit_sha, doc, put_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, commit_sha) DO UPDATE SET doc = excluded.doc, put_ms = excluded.put_ms")
    .bind(project)
    .bind(prices.commit.as_str())
    .bind(doc)
    .bind(now)
    .execute(&mut *c)
    .await?;
    sql("DELETE FROM prices WHERE project_id = $1 AND id NOT IN (SELECT id FROM prices WHERE project_id = $1 ORDER BY put_ms DESC, id DESC LIMIT $2)")
        .bind(project)
        .bind(KEPT_MAX)
        .execute(c)
        .await?;
    Ok(before == 0)
}

/// A list in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its row.
    pub id: i64,
    /// The commit, 40 digits.
    pub sha: String,
    /// When that was committed, where it is known here; else when the list came.
    pub at_ms: Millis,
}

/// All lists of a project, that of the newest commit first.
pub async fn list(c: &mut Connection, project: i64) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<Row> = sql("SELECT p.id, p.commit_sha, COALESCE(c.committed_ms, p.put_ms) AS at_ms FROM prices p
             LEFT JOIN commits c ON c.project_id = p.project_id AND c.sha = p.commit_sha
         WHERE p.project_id = $1 ORDER BY COALESCE(c.committed_ms, p.put_ms) DESC, p.id DESC LIMIT $2")
    .bind(project)
    .bind(KEPT_MAX)
    .fetch_all(c)
    .await?;
    rows.iter().map(|row| Ok(Kept { id: row.try_get("id")?, sha: row.try_get("commit_sha")?, at_ms: row.try_get("at_ms")? })).collect()
}

/// A list.
pub async fn get(c: &mut Connection, id: i64) -> Result<Option<Prices>, StoreError> {
    let doc: Option<String> = sql("SELECT doc FROM prices WHERE id = $1").bind(id).fetch_optional(c).await?;
    doc.map(|doc| serde_json::from_str(&doc).map_err(|e| StoreError::Decode(Box::new(e)))).transpose()
}
