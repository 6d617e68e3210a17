//! What pages read of the history of symbols: what is there today, who changed it, and what became of names.

use super::sql::{rows, sql};
use super::symbols::cut;
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;

/// Boards of a project.
pub const BOARDS_MAX: i64 = 200;
/// A board's newest build is looked for in this many commits of the default branch.
pub const NEWEST_COMMITS_MAX: i64 = 100;
/// Commits of a period that are looked through, the newest.
pub const PERIOD_COMMITS_MAX: i64 = 2_000;
/// Owners of a period whose change is told, those that changed most.
pub const CHANGES_MAX: i64 = 5_000;
/// Owners that a name, a module or a group may stand for.
pub const MEMBERS_MAX: i64 = 5_000;
/// Changes of an owner, or of a module's, read at once: the newest.
pub const STEPS_READ_MAX: i64 = 1_500;
/// Of more owners than this, changes are looked for in the newest commits and not by each owner.
pub const FEW: usize = 32;
/// Those commits.
pub const MANY_COMMITS_MAX: i64 = 1_000;
/// Names looked through for a text inside them.
pub const SEARCHED_MAX: i64 = 50_000;
/// Commits that were not weighed, of one board.
pub const HOLES_MAX: i64 = 2_000;

/// The boards that have figures, by name, and which of them count instructions.
pub async fn boards(c: &mut Connection, project: i64) -> Result<Vec<(String, bool)>, StoreError> {
    sql("SELECT board, MAX(CASE WHEN kind = 'instructions' THEN 1 ELSE 0 END) FROM series WHERE project_id = $1 GROUP BY board ORDER BY board LIMIT $2")
        .bind(project)
        .bind(BOARDS_MAX)
        .fetch_all(c)
        .await
}

rows! {
    /// A build of a board.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct BuildRow {
        /// Its measurement.
        pub id: i64,
        /// Of which run.
        pub run_id: i64,
        /// The lease it came under: a later one would replace it.
        pub token: i64,
        /// The commit.
        pub commit_id: i64,
        /// Its id.
        pub sha: String,
        /// Its time.
        pub committed_ms: Millis,
    }
}

/// The build of the newest commit of the default branch that gave an image for this board.
pub async fn newest(c: &mut Connection, project: i64, board: &str) -> Result<Option<BuildRow>, StoreError> {
    sql("SELECT m.id, m.run_id, m.token, c.id AS commit_id, c.sha, c.committed_ms
         FROM (SELECT id, sha, committed_ms FROM commits WHERE project_id = $1 AND on_default = 1 ORDER BY committed_ms DESC, id DESC LIMIT $3) c
             JOIN measurements m ON m.commit_id = c.id AND m.board = $2
         WHERE m.trusted = 1 AND m.image IS NOT NULL ORDER BY c.committed_ms DESC, c.id DESC, m.id DESC LIMIT 1")
    .bind(project)
    .bind(board)
    .bind(NEWEST_COMMITS_MAX)
    .fetch_optional(c)
    .await
}

/// The other side of a build's run, on its board.
pub async fn other_side(c: &mut Connection, build: &BuildRow, board: &str) -> Result<Option<i64>, StoreError> {
    sql("SELECT id FROM measurements WHERE run_id = $1 AND board = $2 AND id <> $3 ORDER BY id LIMIT 1")
        .bind(build.run_id)
        .bind(board)
        .bind(build.id)
        .fetch_optional(c)
        .await
}

rows! {
    /// A commit of the default branch.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PlacedRow {
        /// Its row.
        pub id: i64,
        /// Its id.
        pub sha: String,
        /// Its time.
        pub committed_ms: Millis,
    }
}

/// A commit, where it is on the default branch.
pub async fn on_default(c: &mut Connection, project: i64, sha: &str) -> Result<Option<PlacedRow>, StoreError> {
    sql("SELECT id, sha, committed_ms FROM commits WHERE project_id = $1 AND sha = $2 AND on_default = 1")
        .bind(project)
        .bind(sha)
        .fetch_optional(c)
        .await
}

/// The commits of a period on the default branch, newest first: those after a time and, of one time, a row.
macro_rules! period {
    () => {
        "(SELECT id, project_id, sha, summary, author, committed_ms FROM commits WHERE project_id = $1 AND on_default = 1 AND committed_ms >= $2
              AND (committed_ms > $2 OR id > $3) ORDER BY committed_ms DESC, id DESC LIMIT $4) c"
    };
}

/// The pull request by which a commit `c` landed.
macro_rules! pull {
    () => {
        "(SELECT MIN(p.number) FROM pulls p WHERE p.project_id = c.project_id AND p.landed_sha = c.sha AND p.landed_sha IS NOT NULL)"
    };
}

rows! {
    /// A growth with who did it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct GrowthRow {
        /// Whose bytes: hostile text, as `grp`.
        pub name: String,
        /// What it is counted under.
        pub grp: String,
        /// What happened: one word.
        pub change: String,
        /// Bytes before.
        pub base_bytes: i64,
        /// Bytes after.
        pub head_bytes: i64,
        /// The commit.
        pub sha: String,
        /// First line of its message; hostile text.
        pub summary: String,
        /// Who wrote it; hostile text.
        pub author: String,
        /// Its time.
        pub committed_ms: Millis,
        /// The pull request that landed by it.
        pub pull: Option<i64>,
    }
}

/// The largest growths of a region of a board after a commit, largest first.
pub async fn growths(
    c: &mut Connection,
    project: i64,
    place: (&str, &str),
    after: (Millis, i64),
    limit: i64,
) -> Result<Vec<GrowthRow>, StoreError> {
    sql(concat!(
        "SELECT c.name, c.grp, c.change, c.base_bytes, c.head_bytes, c.sha, c.summary, c.author, c.committed_ms, ",
        pull!(),
        " AS pull FROM (SELECT y.name, y.grp, s.change, s.base_bytes, s.head_bytes, s.symbol_id, c.project_id, c.sha, c.summary, c.author, c.committed_ms FROM ",
        period!(),
        " JOIN symbol_steps s ON s.commit_id = c.id AND s.board = $5 JOIN symbols y ON y.id = s.symbol_id
              WHERE s.region = $6 AND s.head_bytes > s.base_bytes ORDER BY s.head_bytes - s.base_bytes DESC, c.committed_ms DESC, s.symbol_id LIMIT $7) c
          ORDER BY c.head_bytes - c.base_bytes DESC, c.committed_ms DESC, c.symbol_id"
    ))
    .bind(project)
    .bind(after.0)
    .bind(after.1)
    .bind(PERIOD_COMMITS_MAX)
    .bind(place.0)
    .bind(place.1)
    .bind(limit)
    .fetch_all(c)
    .await
}

rows! {
    /// How much an owner changed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ChangeRow {
        /// How it is known: a word.
        pub owner: String,
        /// Its name, cut where it is long; hostile text, as `grp`.
        pub name: String,
        /// What it is counted under.
        pub grp: String,
        /// Bytes more, or less.
        pub delta: i64,
    }
}

/// How much owners of a region of a board changed after a commit, those that changed most first.
pub async fn changes(c: &mut Connection, project: i64, place: (&str, &str), after: (Millis, i64)) -> Result<Vec<ChangeRow>, StoreError> {
    sql(concat!(
        "SELECT y.owner, y.name, y.grp, d.delta FROM (SELECT s.symbol_id, CAST(SUM(s.head_bytes - s.base_bytes) AS BIGINT) AS delta FROM ",
        period!(),
        " JOIN symbol_steps s ON s.commit_id = c.id AND s.board = $5 WHERE s.region = $6 GROUP BY s.symbol_id
              ORDER BY ABS(SUM(s.head_bytes - s.base_bytes)) DESC, s.symbol_id LIMIT $7) d JOIN symbols y ON y.id = d.symbol_id"
    ))
    .bind(project)
    .bind(after.0)
    .bind(after.1)
    .bind(PERIOD_COMMITS_MAX)
    .bind(place.0)
    .bind(place.1)
    .bind(CHANGES_MAX)
    .fetch_all(c)
    .await
}

rows! {
    /// An owner of bytes whose size ever changed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SymbolRow {
        /// Its row.
        pub id: i64,
        /// How it is known: a word.
        pub owner: String,
        /// Its name, cut where it is long; hostile text, as `grp`.
        pub name: String,
        /// What it is counted under.
        pub grp: String,
    }
}

/// What an address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who<'a> {
    /// All owners of a name, or the one in a group.
    Name(&'a str, Option<&'a str>),
    /// All whose name begins like this, which ends in `::`.
    Module(&'a str),
    /// All of a group.
    Group(&'a str),
}

/// Those owners, as far as they ever changed.
pub async fn members(c: &mut Connection, project: i64, who: &Who<'_>) -> Result<Vec<SymbolRow>, StoreError> {
    const COLUMNS: &str = "SELECT id, owner, name, grp FROM symbols WHERE project_id = $1 AND";
    let query = |rest: &str| sql(format!("{COLUMNS} {rest} LIMIT {MEMBERS_MAX}")).bind(project);
    match who {
        Who::Name(name, None) => query("name = $2 ORDER BY name, id").bind(cut(name)).fetch_all(c).await,
        Who::Name(name, Some(group)) => {
            query("name = $2 AND grp = $3 ORDER BY name, id").bind(cut(name)).bind(cut(group)).fetch_all(c).await
        }
        Who::Group(group) => query("grp = $2 ORDER BY grp, id").bind(cut(group)).fetch_all(c).await,
        Who::Module(prefix) => {
            let mut all = Vec::new();
            // Methods of an implementation are named after their type: `<vm::heap::Heap as Drop>::drop`.
            for from in [(*prefix).to_owned(), format!("<{prefix}")] {
                let end = format!("{};", from.strip_suffix(':').unwrap_or(&from));
                let some: Vec<SymbolRow> =
                    query("name >= $2 AND name < $3 ORDER BY name, id").bind(from).bind(end).fetch_all(&mut *c).await?;
                all.extend(some);
            }
            Ok(all)
        }
    }
}

/// The owners of these rows.
pub async fn symbols(c: &mut Connection, ids: &[i64]) -> Result<Vec<SymbolRow>, StoreError> {
    sql("SELECT id, owner, name, grp FROM symbols WHERE id IN IDS($1)").bind(list(ids)?).fetch_all(c).await
}

/// Names that contain a text, whatever its case, shortest first; of a project of very many names, those that come first are looked through.
pub async fn search(c: &mut Connection, project: i64, text: &str, limit: i64) -> Result<Vec<SymbolRow>, StoreError> {
    let escaped = text.to_ascii_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    sql("SELECT y.id, y.owner, y.name, y.grp FROM (SELECT id, name FROM symbols WHERE project_id = $1 ORDER BY name LIMIT $2) n JOIN symbols y ON y.id = n.id
         WHERE LOWER(n.name) LIKE $3 ESCAPE '\\' ORDER BY LENGTH(n.name), n.name, n.id LIMIT $4")
    .bind(project)
    .bind(SEARCHED_MAX)
    .bind(format!("%{escaped}%"))
    .bind(limit)
    .fetch_all(c)
    .await
}

rows! {
    /// What a commit did to an owner.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LifeRow {
        /// The owner.
        pub symbol_id: i64,
        /// The board.
        pub board: String,
        /// The region.
        pub region: String,
        /// The run that says so.
        pub run_id: i64,
        /// What happened: one word.
        pub change: String,
        /// Of one renamed or moved: what it was.
        pub from_id: Option<i64>,
        /// Bytes before.
        pub base_bytes: i64,
        /// Bytes after.
        pub head_bytes: i64,
        /// Instructions before, where they changed.
        pub base_instructions: Option<i64>,
        /// Instructions after.
        pub head_instructions: Option<i64>,
        /// The commit's row.
        pub commit_id: i64,
        /// The commit.
        pub sha: String,
        /// First line of its message; hostile text.
        pub summary: String,
        /// Who wrote it; hostile text.
        pub author: String,
        /// Its time.
        pub committed_ms: Millis,
        /// The pull request that landed by it.
        pub pull: Option<i64>,
    }
}

/// The changes whose keys are found by `$found`, with their commits; pull requests are looked up for those only.
macro_rules! steps {
    ($found:expr) => {
        concat!(
            "SELECT s.symbol_id, s.board, s.region, s.run_id, s.change, s.from_id, s.base_bytes, s.head_bytes, s.base_instructions, s.head_instructions,
                 c.id AS commit_id, c.sha, c.summary, c.author, c.committed_ms, ",
            pull!(),
            " AS pull FROM (SELECT s.symbol_id, s.board, s.region, s.commit_id FROM ",
            $found,
            " ORDER BY c.committed_ms DESC, c.id DESC, s.board, s.region, s.symbol_id LIMIT $2) k
                 JOIN symbol_steps s ON s.symbol_id = k.symbol_id AND s.board = k.board AND s.region = k.region AND s.commit_id = k.commit_id
                 JOIN commits c ON c.id = k.commit_id
             ORDER BY c.committed_ms DESC, c.id DESC, s.board, s.region, s.symbol_id"
        )
    };
}

/// What commits did to these owners, newest first, at most [`STEPS_READ_MAX`]; of many owners, what the newest [`MANY_COMMITS_MAX`] commits did.
pub async fn steps(c: &mut Connection, project: i64, ids: &[i64]) -> Result<Vec<LifeRow>, StoreError> {
    let found = match ids.len() {
        ..=FEW => sql(steps!("symbol_steps s JOIN commits c ON c.id = s.commit_id WHERE s.symbol_id IN IDS($1)")),
        _ => sql(steps!(
            "(SELECT id, committed_ms FROM commits WHERE project_id = $3 AND on_default = 1 ORDER BY committed_ms DESC, id DESC LIMIT $4) c
                 JOIN symbol_steps s ON s.commit_id = c.id WHERE s.symbol_id IN IDS($1)"
        )),
    };
    let found = found.bind(list(ids)?).bind(STEPS_READ_MAX);
    let found = if ids.len() > FEW { found.bind(project).bind(MANY_COMMITS_MAX) } else { found };
    found.fetch_all(c).await
}

/// The commits by which these owners went under another name, newest first.
pub async fn renamed_away(c: &mut Connection, ids: &[i64]) -> Result<Vec<LifeRow>, StoreError> {
    sql(steps!("symbol_steps s JOIN commits c ON c.id = s.commit_id WHERE s.from_id IN IDS($1)"))
        .bind(list(ids)?)
        .bind(STEPS_READ_MAX)
        .fetch_all(c)
        .await
}

/// Commits of the default branch since a time that say nothing of what they did to a board's symbols, oldest first: not weighed, or by other tools
/// than their parents. None at all where there are more than are told.
pub async fn holes(c: &mut Connection, project: i64, board: &str, since: Millis) -> Result<Vec<PlacedRow>, StoreError> {
    let mut rows: Vec<PlacedRow> =
        sql("SELECT c.id, c.sha, c.committed_ms FROM commits c WHERE c.project_id = $1 AND c.on_default = 1 AND c.committed_ms >= $3
             AND NOT EXISTS (SELECT 1 FROM tradeoffs t WHERE t.commit_id = c.id AND t.board = $2)
         ORDER BY c.committed_ms DESC, c.id DESC LIMIT $4")
        .bind(project)
        .bind(board)
        .bind(since)
        .bind(HOLES_MAX)
        .fetch_all(c)
        .await?;
    if i64::try_from(rows.len()).is_ok_and(|n| n >= HOLES_MAX) {
        rows.clear();
    }
    rows.reverse();
    Ok(rows)
}

/// The oldest commit of the default branch that is known.
pub async fn oldest(c: &mut Connection, project: i64) -> Result<Option<PlacedRow>, StoreError> {
    sql("SELECT id, sha, committed_ms FROM commits WHERE project_id = $1 AND on_default = 1 ORDER BY committed_ms, id LIMIT 1")
        .bind(project)
        .fetch_optional(c)
        .await
}

rows! {
    /// A figure at a commit.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FigureRow {
        /// Its series: figures of one by other tools are in another.
        pub series_id: i64,
        /// The commit's row.
        pub commit_id: i64,
        /// The board.
        pub board: String,
        /// `region` or `instructions`.
        pub kind: String,
        /// The region, or the benchmark.
        pub name: String,
        /// Bytes or instructions.
        pub value: i64,
    }
}

/// The figures of all boards at these commits.
pub async fn figures(c: &mut Connection, project: i64, commits: &[i64]) -> Result<Vec<FigureRow>, StoreError> {
    sql("SELECT s.id AS series_id, p.commit_id, s.board, s.kind, s.name, p.value FROM series s CROSS JOIN points p
         WHERE s.project_id = $1 AND s.kind IN ('region', 'instructions') AND p.series_id = s.id AND p.commit_id IN IDS($2) ORDER BY s.board, s.kind DESC, s.name, s.id")
    .bind(project)
    .bind(list(commits)?)
    .fetch_all(c)
    .await
}

fn list(ids: &[i64]) -> Result<String, StoreError> {
    serde_json::to_string(ids).map_err(|e| StoreError::Encode(Box::new(e)))
}
