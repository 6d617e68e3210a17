//! Where the App is installed, who writes to an installation's repositories, and which missed deliveries were asked for.

use super::sql::sql;
use super::{Connection, StoreError};
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;

fn number(installation: u64) -> i64 {
    i64::try_from(installation).unwrap_or(i64::MAX)
}

/// Notes that an event of a project came through this installation (0: we are an account), at that time: so the App is there,
/// unless it was removed later.
pub async fn heard(c: &mut Connection, project: i64, installation: u64, received_ms: Millis) -> Result<(), StoreError> {
    sql("UPDATE projects SET installation_id = $2, removed_ms = CASE WHEN removed_ms < $3 THEN NULL ELSE removed_ms END
         WHERE id = $1 AND (installation_id <> $2 OR removed_ms < $3)")
    .bind(project)
    .bind(number(installation))
    .bind(received_ms)
    .execute(c)
    .await?;
    Ok(())
}

/// The App was installed on a repository: its row, made where there is none. Gives its id.
pub async fn added(c: &mut Connection, repo: &RepoName, installation: u64, now: Millis) -> Result<i64, StoreError> {
    sql("INSERT INTO projects (repo, installation_id, created_ms) VALUES ($1, $2, $3)
         ON CONFLICT (repo) DO UPDATE SET installation_id = excluded.installation_id, removed_ms = NULL RETURNING id")
    .bind(repo.to_string())
    .bind(number(installation))
    .bind(now)
    .fetch_one(c)
    .await
}

/// The App was removed from a repository. Gives its project, where there is one.
pub async fn removed(c: &mut Connection, repo: &RepoName, now: Millis) -> Result<Option<i64>, StoreError> {
    sql("UPDATE projects SET removed_ms = $2 WHERE LOWER(repo) = LOWER($1) RETURNING id")
        .bind(repo.to_string())
        .bind(now)
        .fetch_optional(c)
        .await
}

/// All projects of an installation that are not removed.
pub async fn projects(c: &mut Connection, installation: u64) -> Result<Vec<i64>, StoreError> {
    sql("SELECT id FROM projects WHERE installation_id = $1 AND installation_id <> 0 AND removed_ms IS NULL ORDER BY id")
        .bind(number(installation))
        .fetch_all(c)
        .await
}

/// The installation is gone, or sleeps: so are all its projects.
pub async fn all_removed(c: &mut Connection, installation: u64, now: Millis) -> Result<(), StoreError> {
    sql("UPDATE projects SET removed_ms = $2 WHERE installation_id = $1 AND installation_id <> 0 AND removed_ms IS NULL")
        .bind(number(installation))
        .bind(now)
        .execute(c)
        .await?;
    Ok(())
}

/// The installation is awake again: its projects are back.
pub async fn all_back(c: &mut Connection, installation: u64) -> Result<(), StoreError> {
    sql("UPDATE projects SET removed_ms = NULL WHERE installation_id = $1 AND installation_id <> 0")
        .bind(number(installation))
        .execute(c)
        .await?;
    Ok(())
}

/// Makes this writer the one of an installation until then. False where another writes.
pub async fn take(c: &mut Connection, installation: i64, holder: &str, now: Millis, until: Millis) -> Result<bool, StoreError> {
    let rows = sql("INSERT INTO writers (installation_id, holder, until_ms) VALUES ($1, $2, $4)
         ON CONFLICT (installation_id) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
             WHERE writers.holder = excluded.holder OR writers.until_ms < $3")
    .bind(installation)
    .bind(holder)
    .bind(now)
    .bind(until)
    .execute(c)
    .await?;
    Ok(rows == 1)
}

/// Lets others write again.
pub async fn give_back(c: &mut Connection, installation: i64, holder: &str) -> Result<(), StoreError> {
    sql("DELETE FROM writers WHERE installation_id = $1 AND holder = $2").bind(installation).bind(holder).execute(c).await?;
    Ok(())
}

/// Forgets all writers: for a database that no other server uses, when the server starts.
pub async fn no_writers(c: &mut Connection) -> Result<(), StoreError> {
    sql("DELETE FROM writers").execute(c).await?;
    Ok(())
}

/// Notes that a missed delivery is asked for. False where it was asked for before.
pub async fn ask_again(c: &mut Connection, guid: &str, now: Millis) -> Result<bool, StoreError> {
    let rows = sql("INSERT INTO redeliveries (guid, asked_ms) VALUES ($1, $2) ON CONFLICT (guid) DO NOTHING")
        .bind(guid)
        .bind(now)
        .execute(c)
        .await?;
    Ok(rows == 1)
}

/// Takes that back, where the forge could not be asked.
pub async fn not_asked(c: &mut Connection, guid: &str) -> Result<(), StoreError> {
    sql("DELETE FROM redeliveries WHERE guid = $1").bind(guid).execute(c).await?;
    Ok(())
}

/// Forgets which deliveries were asked for before that time.
pub async fn forget_asked(c: &mut Connection, asked_before: Millis) -> Result<u64, StoreError> {
    sql("DELETE FROM redeliveries WHERE asked_ms < $1").bind(asked_before).execute(c).await
}
