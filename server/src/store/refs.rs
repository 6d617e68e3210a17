//! Tags and branches, as pushes told of them: what commits are called, without asking the forge.

use super::sql::{Row, sql};
use super::{Connection, StoreError, stored};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;

/// Names kept of a project, those pushed last.
pub const REFS_MAX: i64 = 5_000;
/// Longest name, bytes: the forge's own limit is less.
pub const NAME_BYTES_MAX: usize = 500;
/// What tags begin with.
pub const TAGS: &str = "refs/tags/";
/// What branches begin with.
pub const HEADS: &str = "refs/heads/";

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name, without what tags begin with; hostile text.
    pub name: String,
    /// The commit.
    pub sha: CommitSha,
    /// When it was put there.
    pub seen_ms: Millis,
}

/// Keeps where a name points to. Names that are neither a tag's nor a branch's, or too long, are left.
pub async fn put(c: &mut Connection, project: i64, name: &str, sha: &CommitSha, now: Millis) -> Result<(), StoreError> {
    if name.len() > NAME_BYTES_MAX || ![TAGS, HEADS].iter().any(|kind| name.starts_with(kind)) {
        return Ok(());
    }
    sql("INSERT INTO refs (project_id, name, sha, seen_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, name) DO UPDATE SET sha = excluded.sha, seen_ms = excluded.seen_ms")
    .bind(project)
    .bind(name)
    .bind(sha.as_str())
    .bind(now)
    .execute(&mut *c)
    .await?;
    sql("DELETE FROM refs WHERE project_id = $1 AND name NOT IN
             (SELECT name FROM refs WHERE project_id = $1 ORDER BY seen_ms DESC, name LIMIT $2)
         AND (SELECT COUNT(*) FROM refs WHERE project_id = $1) > $2")
    .bind(project)
    .bind(REFS_MAX)
    .execute(c)
    .await?;
    Ok(())
}

/// Forgets a name.
pub async fn remove(c: &mut Connection, project: i64, name: &str) -> Result<(), StoreError> {
    sql("DELETE FROM refs WHERE project_id = $1 AND name = $2").bind(project).bind(name).execute(c).await?;
    Ok(())
}

/// The commit that a tag, else a branch, of this short name points to.
pub async fn find(c: &mut Connection, project: i64, name: &str) -> Result<Option<CommitSha>, StoreError> {
    let sha: Option<String> = sql("SELECT sha FROM refs WHERE project_id = $1 AND name IN ($2, $3) ORDER BY name DESC LIMIT 1")
        .bind(project)
        .bind(format!("{TAGS}{name}"))
        .bind(format!("{HEADS}{name}"))
        .fetch_optional(c)
        .await?;
    sha.as_deref().map(stored).transpose()
}

/// The tags put there last, the newest first.
pub async fn tags(c: &mut Connection, project: i64, limit: i64) -> Result<Vec<Tag>, StoreError> {
    let rows: Vec<Row> = sql(
        "SELECT name, sha, seen_ms FROM refs WHERE project_id = $1 AND name LIKE 'refs/tags/%' ORDER BY seen_ms DESC, name DESC LIMIT $2",
    )
    .bind(project)
    .bind(limit)
    .fetch_all(c)
    .await?;
    rows.iter()
        .map(|row| {
            let name: String = row.try_get("name")?;
            Ok(Tag {
                name: name.strip_prefix(TAGS).unwrap_or(&name).to_owned(),
                sha: stored(row.try_get("sha")?)?,
                seen_ms: row.try_get("seen_ms")?,
            })
        })
        .collect()
}
