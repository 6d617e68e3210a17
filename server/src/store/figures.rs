//! Figures along the default branch, as the pages and the API draw them. Nothing here writes.
//!
//! A figure is named as `/ounce bisect` names it: board, kind and name. Of one commit there may be several, by different tools.

use super::sql::{Row, rows, sql};
use super::{Connection, StoreError};
use ounce_protocol::ids::BoardName;
use ounce_protocol::job::Millis;

/// Commits of one chart at most, the newest.
pub const COMMITS_MAX: i64 = 10_000;
/// Figures of one series that are read at most: each commit may have one for each set of tools.
const POINTS_MAX: i64 = 50_000;
/// Series of a project that are told of.
pub const SERIES_MAX: i64 = 2_000;
/// Of so many commits each is looked up by itself.
const LOOKED_UP_MAX: usize = 1_000;
/// Commits weighed by two sets of tools that are looked at.
const JOINTS_MAX: i64 = 50;
/// Names, acceptances and pull requests of one chart.
const MARKS_MAX: i64 = 2_000;

rows! {
    /// A commit of the default branch.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CommitRow {
        /// Its row.
        pub id: i64,
        /// Its id.
        pub sha: String,
        /// First line of its message, hostile text.
        pub summary: String,
        /// Who wrote it, hostile text; empty where not known.
        pub author: String,
        /// Committer time.
        pub committed_ms: Millis,
    }
}

rows! {
    /// A figure at a commit.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PointRow {
        /// The commit's row.
        pub commit_id: i64,
        /// The row of the tools behind it.
        pub tools: i64,
        /// Bytes or instructions.
        pub value: i64,
        /// Whether two takes agreed.
        pub exact: bool,
    }
}

/// A series by one set of tools, with figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesRow {
    /// Its name.
    pub key: Key,
    /// The figures, in no order.
    pub points: Vec<PointRow>,
}

/// All figures of a group as one text: a database hands over one long text many times faster than as many rows.
macro_rules! together {
    () => {
        "string_agg(CAST(p.commit_id AS TEXT) || ' ' || CAST(p.value AS TEXT) || ' ' || CAST(p.exact AS TEXT), ' ') AS points"
    };
}

/// The figures in such a text, by one set of tools.
fn apart(text: &str, tools: i64) -> Result<Vec<PointRow>, StoreError> {
    let mut numbers = text.split(' ').map(|n| n.parse::<i64>().map_err(|e| StoreError::Decode(Box::new(e))));
    let mut points = Vec::with_capacity(text.len() / 12);
    while let (Some(commit), Some(value), Some(exact)) = (numbers.next(), numbers.next(), numbers.next()) {
        points.push(PointRow { commit_id: commit?, tools, value: value?, exact: exact? != 0 });
    }
    Ok(points)
}

/// Stretches of rows in which these commits lie close together, as those of a branch do: then reading all of a stretch takes less than looking each
/// up. None where they are strewn.
pub(super) fn stretches(commits: &[i64]) -> Option<Vec<(i64, i64)>> {
    /// Rows between two commits that are read in vain.
    const GAP_MAX: i64 = 20;
    const STRETCHES_MAX: usize = 4;
    let mut sorted = commits.to_vec();
    sorted.sort_unstable();
    let close = sorted.chunk_by(|a, b| b.saturating_sub(*a) <= GAP_MAX);
    let stretches: Vec<(i64, i64)> = close.filter_map(|some| Some((*some.first()?, *some.last()?))).collect();
    (stretches.len() <= STRETCHES_MAX).then_some(stretches)
}

/// What stands between the parts of a commit, and between commits, in a text of many: no part has them.
const PART: &str = "\u{1f}";
const ROW: &str = "\u{1e}";

/// The newest commits of the default branch up to a time, oldest first. They come as one text, as figures do.
pub async fn commits(c: &mut Connection, project: i64, until_ms: Option<Millis>, limit: i64) -> Result<Vec<CommitRow>, StoreError> {
    let text: Option<String> = sql("SELECT string_agg(CAST(id AS TEXT) || $4 || sha || $4 || CAST(committed_ms AS TEXT) || $4
             || replace(replace(author, $4, ' '), $5, ' ') || $4 || replace(replace(summary, $4, ' '), $5, ' '), $5)
         FROM (SELECT id, sha, summary, author, committed_ms FROM commits
             WHERE project_id = $1 AND on_default = 1 AND committed_ms <= $2 ORDER BY committed_ms DESC, id DESC LIMIT $3) AS newest")
    .bind(project)
    .bind(until_ms.unwrap_or(i64::MAX))
    .bind(limit.min(COMMITS_MAX))
    .bind(PART)
    .bind(ROW)
    .fetch_one(c)
    .await?;
    let mut commits = commits_apart(text.as_deref().unwrap_or_default())?;
    commits.sort_unstable_by_key(|commit| (commit.committed_ms, commit.id));
    Ok(commits)
}

/// The commits in such a text.
fn commits_apart(text: &str) -> Result<Vec<CommitRow>, StoreError> {
    let number = |text: &str| text.parse::<i64>().map_err(|e| StoreError::Decode(Box::new(e)));
    let commit = |row: &str| {
        let mut parts = row.splitn(5, PART);
        let mut next = || parts.next().unwrap_or_default();
        let (id, sha, committed_ms) = (number(next())?, next().to_owned(), number(next())?);
        Ok(CommitRow { id, sha, committed_ms, author: next().to_owned(), summary: next().to_owned() })
    };
    text.split(ROW).filter(|row| !row.is_empty()).map(commit).collect()
}

/// All figures of one board, or of all, at these commits, and maybe at others between them. A series may come in several parts.
pub async fn at_commits(
    c: &mut Connection,
    project: i64,
    board: Option<&BoardName>,
    commits: &[i64],
) -> Result<Vec<SeriesRow>, StoreError> {
    macro_rules! at {
        ($which:literal) => {
            concat!(
                "SELECT s.board, s.kind, s.name, s.tools_id, ",
                together!(),
                " FROM series s CROSS JOIN points p WHERE s.project_id = $1 AND (s.board = $2 OR $2 = '') AND p.series_id = s.id AND ",
                $which,
                " GROUP BY s.id"
            )
        };
    }
    let board = board.map_or("", BoardName::as_str);
    let mut rows: Vec<Row> = Vec::new();
    match stretches(commits) {
        Some(stretches) => {
            for (first, last) in stretches {
                let reading = sql(at!("p.commit_id BETWEEN $3 AND $4")).bind(project).bind(board).bind(first).bind(last);
                rows.append(&mut reading.fetch_all(c).await?);
            }
        }
        None => {
            let ids = serde_json::to_string(commits).map_err(|e| StoreError::Encode(Box::new(e)))?;
            rows = sql(at!("p.commit_id IN IDS($3)")).bind(project).bind(board).bind(ids).fetch_all(c).await?;
        }
    }
    let series = |row: &Row| {
        let key = Key { board: row.try_get("board")?, kind: row.try_get("kind")?, name: row.try_get("name")? };
        Ok(SeriesRow { key, points: apart(row.try_get("points")?, row.try_get("tools_id")?)? })
    };
    rows.iter().map(series).collect()
}

/// The commits of the default branch, between these two rows, that were weighed by two sets of tools, oldest first: there the figures of both
/// can be told apart, and growth adds up across.
pub async fn joints(c: &mut Connection, project: i64, after: i64, before: i64) -> Result<Vec<CommitRow>, StoreError> {
    sql("SELECT id, sha, summary, author, committed_ms FROM commits WHERE on_default = 1 AND id IN (
             SELECT q.commit_id FROM series s JOIN series t ON t.project_id = s.project_id AND t.board = s.board AND t.kind = s.kind AND t.name = s.name
                 AND t.tools_id > s.tools_id
             JOIN points p ON p.series_id = s.id AND p.commit_id > $2 AND p.commit_id < $3
             JOIN points q ON q.series_id = t.id AND q.commit_id = p.commit_id
             WHERE s.project_id = $1 AND s.kind = 'region')
         ORDER BY committed_ms, id LIMIT $4")
    .bind(project)
    .bind(after)
    .bind(before)
    .bind(JOINTS_MAX)
    .fetch_all(c)
    .await
}

/// A series' name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The board.
    pub board: String,
    /// `region`, `instructions`, `stack` or `heap`.
    pub kind: String,
    /// The region, or the benchmark.
    pub name: String,
}

/// The figures of one series at the commits whose rows lie between these two, by any tools, in no order.
pub async fn of_series(c: &mut Connection, project: i64, key: &Key, (first, last): (i64, i64)) -> Result<Vec<PointRow>, StoreError> {
    let rows: Vec<Row> = sql(concat!(
        "SELECT p.tools_id, ",
        together!(),
        " FROM (SELECT q.commit_id, q.value, q.exact, s.tools_id FROM series s CROSS JOIN points q
             WHERE s.project_id = $1 AND s.board = $2 AND s.kind = $3 AND s.name = $4 AND q.series_id = s.id AND q.commit_id BETWEEN $5 AND $6
             LIMIT $7) AS p GROUP BY p.tools_id"
    ))
    .bind(project)
    .bind(&key.board)
    .bind(&key.kind)
    .bind(&key.name)
    .bind(first)
    .bind(last)
    .bind(POINTS_MAX)
    .fetch_all(c)
    .await?;
    let mut points = Vec::new();
    for row in &rows {
        points.append(&mut apart(row.try_get("points")?, row.try_get("tools_id")?)?);
    }
    Ok(points)
}

/// The figures of one series at these commits, by any tools, in no order.
pub async fn of_series_at(c: &mut Connection, project: i64, key: &Key, commits: &[i64]) -> Result<Vec<PointRow>, StoreError> {
    sql("SELECT p.commit_id, s.tools_id AS tools, p.value, p.exact FROM series s CROSS JOIN points p
         WHERE s.project_id = $1 AND s.board = $2 AND s.kind = $3 AND s.name = $4 AND p.series_id = s.id AND p.commit_id IN IDS($5)")
    .bind(project)
    .bind(&key.board)
    .bind(&key.kind)
    .bind(&key.name)
    .bind(serde_json::to_string(commits).map_err(|e| StoreError::Encode(Box::new(e)))?)
    .fetch_all(c)
    .await
}

/// The names of a project's series, sorted.
pub async fn keys(c: &mut Connection, project: i64) -> Result<Vec<Key>, StoreError> {
    let rows: Vec<(String, String, String)> =
        sql("SELECT DISTINCT board, kind, name FROM series WHERE project_id = $1 ORDER BY board, kind, name LIMIT $2")
            .bind(project)
            .bind(SERIES_MAX)
            .fetch_all(c)
            .await?;
    Ok(rows.into_iter().map(|(board, kind, name)| Key { board, kind, name }).collect())
}

/// The names of the tools with these rows.
pub async fn tools(c: &mut Connection, ids: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
    sql("SELECT id, names FROM tools WHERE id IN IDS($1) ORDER BY id")
        .bind(serde_json::to_string(ids).map_err(|e| StoreError::Encode(Box::new(e)))?)
        .fetch_all(c)
        .await
}

/// By which of these commits pull requests landed: the commit and the number. Of many commits it may be those of others too, the newest first.
pub async fn landed(c: &mut Connection, project: i64, shas: &[&str]) -> Result<Vec<(String, i64)>, StoreError> {
    if shas.len() <= LOOKED_UP_MAX {
        return sql("SELECT landed_sha, number FROM pulls WHERE project_id = $1 AND landed_sha IS NOT NULL AND landed_sha IN LIST($2)")
            .bind(project)
            .bind(serde_json::to_string(shas).map_err(|e| StoreError::Encode(Box::new(e)))?)
            .fetch_all(c)
            .await;
    }
    sql("SELECT landed_sha, number FROM pulls WHERE project_id = $1 AND landed_sha IS NOT NULL ORDER BY number DESC LIMIT $2")
        .bind(project)
        .bind(COMMITS_MAX)
        .fetch_all(c)
        .await
}

rows! {
    /// Growth that somebody accepted and that landed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AcceptanceRow {
        /// The pull request.
        pub pull_number: i64,
        /// The board.
        pub board: String,
        /// Bytes or instructions.
        pub growth: i64,
        /// Who.
        pub login: String,
        /// Why; hostile text.
        pub reason: String,
        /// Committer time of the commit by which it landed.
        pub landed_ms: Millis,
    }
}

/// What was accepted on these boards, and landed since a time, the newest first.
pub async fn accepted(c: &mut Connection, project: i64, boards: &[&str], since: Millis) -> Result<Vec<AcceptanceRow>, StoreError> {
    sql("SELECT pull_number, board, growth, login, reason, landed_ms FROM acceptances
         WHERE project_id = $1 AND landed_ms IS NOT NULL AND landed_ms >= $4 AND board IN LIST($2) ORDER BY landed_ms DESC, id DESC LIMIT $3")
    .bind(project)
    .bind(serde_json::to_string(boards).map_err(|e| StoreError::Encode(Box::new(e)))?)
    .bind(MARKS_MAX)
    .bind(since)
    .fetch_all(c)
    .await
}

/// Of these commits those with a measurement on a board, and whether any of these has an image.
pub async fn built(c: &mut Connection, commits: &[i64], board: &str) -> Result<Vec<(i64, bool)>, StoreError> {
    sql("SELECT commit_id, MAX(CASE WHEN image IS NULL THEN 0 ELSE 1 END) FROM measurements
         WHERE commit_id IN IDS($1) AND board = $2 AND trusted = 1 GROUP BY commit_id")
    .bind(serde_json::to_string(commits).map_err(|e| StoreError::Encode(Box::new(e)))?)
    .bind(board)
    .fetch_all(c)
    .await
}

/// The comparison of the newest push that was judged.
pub async fn newest_comparison(c: &mut Connection, project: i64) -> Result<Option<String>, StoreError> {
    sql("SELECT comparison FROM runs WHERE project_id = $1 AND kind = 'push' AND state = 'judged' AND comparison IS NOT NULL ORDER BY id DESC LIMIT 1")
        .bind(project)
        .fetch_optional(c)
        .await
}

/// Committer time of the commit of the default branch with these first digits.
pub async fn committed(c: &mut Connection, project: i64, digits: &str) -> Result<Option<Millis>, StoreError> {
    sql("SELECT committed_ms FROM commits WHERE project_id = $1 AND on_default = 1 AND sha >= $2 AND sha < $3 ORDER BY sha LIMIT 1")
        .bind(project)
        .bind(digits)
        .bind(format!("{digits}g"))
        .fetch_optional(c)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_came_as_one_text_are_told_apart() {
        let point = |commit_id, value, exact| PointRow { commit_id, tools: 3, value, exact };
        assert_eq!(apart("7 1000 1 9 -2 0", 3).unwrap(), [point(7, 1_000, true), point(9, -2, false)]);
        assert!(apart("7 x 1", 3).is_err());
    }

    #[test]
    fn commits_that_came_as_one_text_are_told_apart() {
        let commit = |id, summary: &str| CommitRow { id, sha: "a1".into(), summary: summary.into(), author: "Ada".into(), committed_ms: 9 };
        let text = "7\u{1f}a1\u{1f}9\u{1f}Ada\u{1f}vm: add\u{1e}8\u{1f}a1\u{1f}9\u{1f}Ada\u{1f}";
        assert_eq!(commits_apart(text).unwrap(), [commit(7, "vm: add"), commit(8, "")]);
        assert_eq!(commits_apart("").unwrap(), []);
        assert!(commits_apart("x\u{1f}a1\u{1f}9\u{1f}\u{1f}").is_err());
    }

    #[test]
    fn commits_close_together_are_read_in_stretches() {
        assert_eq!(stretches(&[7, 5, 6, 900, 901]), Some(vec![(5, 7), (900, 901)]));
        assert_eq!(stretches(&[1, 100, 200, 300, 400]), None, "most of what is between would be read in vain");
        assert_eq!(stretches(&[]), Some(vec![]));
    }
}
