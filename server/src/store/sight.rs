//! Which projects are private, and which project a run or a job belongs to. Who may see them is for `web::access` to say.

use super::sql::{rows, sql};
use super::{Connection, StoreError};
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;

/// Private projects that a list looks at for one person.
pub const PRIVATE_MAX: i64 = 200;

/// What the operator says of a project, over the forge's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// As the repository is on the forge.
    Forge,
    /// Everybody sees it.
    Public,
    /// Who may read the repository sees it.
    Private,
}

impl Visibility {
    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            Visibility::Forge => "forge",
            Visibility::Public => "public",
            Visibility::Private => "private",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Result<Visibility, String> {
        let all = [Visibility::Forge, Visibility::Public, Visibility::Private];
        all.into_iter().find(|v| v.word() == word).ok_or_else(|| format!("{word:?} is not forge, public or private"))
    }
}

rows! {
    /// A project as a guard sees it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Seen {
        /// Its row.
        pub id: i64,
        /// `owner/name`.
        pub repo: String,
        /// Whether only some may see it.
        pub hidden: bool,
    }
}

/// Whether only some may see a project: the operator's word, else the forge's.
macro_rules! hidden {
    () => {
        "CASE p.visibility WHEN 'public' THEN 0 WHEN 'private' THEN 1 ELSE p.is_private END"
    };
}
pub(super) use hidden;

const SEEN: &str = concat!("p.id, p.repo, CAST(", hidden!(), " AS BIGINT) AS hidden");

/// The project of this repository.
pub async fn of_repo(c: &mut Connection, repo: &RepoName) -> Result<Option<Seen>, StoreError> {
    sql(format!("SELECT {SEEN} FROM projects p WHERE p.repo = $1")).bind(repo.to_string()).fetch_optional(c).await
}

/// The project of a run.
pub async fn of_run(c: &mut Connection, run: i64) -> Result<Option<Seen>, StoreError> {
    sql(format!("SELECT {SEEN} FROM projects p JOIN runs r ON r.project_id = p.id WHERE r.id = $1")).bind(run).fetch_optional(c).await
}

/// The project of a job.
pub async fn of_job(c: &mut Connection, job: i64) -> Result<Option<Seen>, StoreError> {
    let text = format!("SELECT {SEEN} FROM projects p JOIN runs r ON r.project_id = p.id JOIN jobs j ON j.run_id = r.id WHERE j.id = $1");
    sql(text).bind(job).fetch_optional(c).await
}

/// The projects that not everybody may see and that the App is not removed from, by repository; at most [`PRIVATE_MAX`].
pub async fn private(c: &mut Connection) -> Result<Vec<Seen>, StoreError> {
    let text =
        format!(concat!("SELECT {} FROM projects p WHERE ", hidden!(), " = 1 AND p.removed_ms IS NULL ORDER BY p.repo LIMIT $1"), SEEN);
    sql(text).bind(PRIVATE_MAX).fetch_all(c).await
}

/// An event says whether a repository is private. It may be one of long ago that is sent again: so it hides a project at once, and shows
/// one only as long as the forge was not asked.
pub async fn heard(c: &mut Connection, project: i64, private: bool) -> Result<(), StoreError> {
    sql("UPDATE projects SET is_private = $2 WHERE id = $1 AND ($2 = 1 OR asked_ms = 0)").bind(project).bind(private).execute(c).await?;
    Ok(())
}

/// Keeps what the forge answered when it was asked.
pub async fn told(c: &mut Connection, project: i64, private: bool, at: Millis) -> Result<(), StoreError> {
    sql("UPDATE projects SET is_private = $2, asked_ms = $3 WHERE id = $1").bind(project).bind(private).bind(at).execute(c).await?;
    Ok(())
}

/// Projects of which the forge was not asked since that time, the longest ago first.
pub async fn due(c: &mut Connection, since: Millis, limit: i64) -> Result<Vec<(i64, String)>, StoreError> {
    sql("SELECT id, repo FROM projects WHERE asked_ms < $1 AND removed_ms IS NULL ORDER BY asked_ms, id LIMIT $2")
        .bind(since)
        .bind(limit)
        .fetch_all(c)
        .await
}

/// Keeps what the operator says of a project.
pub async fn set(c: &mut Connection, project: i64, visibility: Visibility) -> Result<(), StoreError> {
    sql("UPDATE projects SET visibility = $2 WHERE id = $1").bind(project).bind(visibility.word()).execute(c).await?;
    Ok(())
}

rows! {
    /// A project as an operator sees it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Listed {
        /// `owner/name`.
        pub repo: String,
        /// What the forge said last; true also where it has said nothing yet.
        pub is_private: bool,
        /// What the operator said.
        pub visibility: String,
        /// When the forge was asked last; 0 for never.
        pub asked_ms: Millis,
    }
}

/// All projects, by repository.
pub async fn list(c: &mut Connection) -> Result<Vec<Listed>, StoreError> {
    sql("SELECT repo, is_private, visibility, asked_ms FROM projects ORDER BY repo").fetch_all(c).await
}
