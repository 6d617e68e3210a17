//! What `/ounce bisect` looks for while builds are missing, and what is known of the commits it looks through.

use super::sql::{Row, sql};
use super::{Connection, StoreError, stored};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use std::collections::{BTreeMap, HashMap};

/// A figure's series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The board.
    pub board: String,
    /// `region`, `instructions`, `stack` or `heap`.
    pub kind: String,
    /// The region, or the benchmark.
    pub name: String,
}

/// A search under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bisect {
    /// Its row.
    pub id: i64,
    /// The project.
    pub project: i64,
    /// The pull request on which it was asked.
    pub pull: u64,
    /// The comment that asked.
    pub answers: u64,
    /// What is looked for.
    pub series: Series,
    /// The commits by first parents, oldest first.
    pub line: Vec<CommitSha>,
    /// The run that measures a commit; none where it cannot be measured.
    pub asked: BTreeMap<CommitSha, Option<i64>>,
    /// Times in a row that the forge failed.
    pub attempts: u32,
}

/// How a search ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was answered.
    Answered,
    /// Somebody cancelled it.
    Cancelled,
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Decode(Box::new(e)))
}

fn text<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Encode(Box::new(e)))
}

const COLUMNS: &str = "id, project_id, pull_number, answers, board, kind, name, line, asked, attempts";

fn bisect(row: &Row) -> Result<Bisect, StoreError> {
    let number = |column: &str| row.try_get::<i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    Ok(Bisect {
        id: row.try_get("id")?,
        project: row.try_get("project_id")?,
        pull: number("pull_number")?,
        answers: number("answers")?,
        series: Series { board: row.try_get("board")?, kind: row.try_get("kind")?, name: row.try_get("name")? },
        line: json(row.try_get("line")?)?,
        asked: json(row.try_get("asked")?)?,
        attempts: row.try_get("attempts")?,
    })
}

/// A search to be begun.
#[derive(Debug, Clone, Copy)]
pub struct NewBisect<'a> {
    /// The project.
    pub project: i64,
    /// The pull request on which it was asked.
    pub pull: u64,
    /// The comment that asked.
    pub answers: u64,
    /// What is looked for.
    pub series: &'a Series,
    /// The commits by first parents, oldest first.
    pub line: &'a [CommitSha],
}

/// Begins a search.
pub async fn insert(c: &mut Connection, new: NewBisect<'_>, now: Millis) -> Result<i64, StoreError> {
    sql("INSERT INTO bisects (project_id, pull_number, answers, board, kind, name, line, state, due_ms, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $8) RETURNING id")
    .bind(new.project)
    .bind(i64::try_from(new.pull).unwrap_or(i64::MAX))
    .bind(i64::try_from(new.answers).unwrap_or(i64::MAX))
    .bind(&new.series.board)
    .bind(&new.series.kind)
    .bind(&new.series.name)
    .bind(text(&new.line)?)
    .bind(now)
    .fetch_one(c)
    .await
}

/// How many searches of a project are under way.
pub async fn open(c: &mut Connection, project: i64) -> Result<i64, StoreError> {
    sql("SELECT COUNT(*) FROM bisects WHERE project_id = $1 AND state = 'open'").bind(project).fetch_one(c).await
}

/// The searches to look at.
pub async fn due(c: &mut Connection, now: Millis) -> Result<Vec<Bisect>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM bisects WHERE state = 'open' AND due_ms <= $1 ORDER BY id");
    let rows: Vec<Row> = sql(text).bind(now).fetch_all(c).await?;
    rows.iter().map(bisect).collect()
}

/// The searches under way that were asked for on a pull request.
pub async fn of_pull(c: &mut Connection, project: i64, pull: u64) -> Result<Vec<Bisect>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM bisects WHERE state = 'open' AND project_id = $1 AND pull_number = $2 ORDER BY id");
    let rows: Vec<Row> = sql(text).bind(project).bind(i64::try_from(pull).unwrap_or(i64::MAX)).fetch_all(c).await?;
    rows.iter().map(bisect).collect()
}

/// Keeps what was asked for. False where the search has ended meanwhile.
pub async fn asked(c: &mut Connection, id: i64, asked: &BTreeMap<CommitSha, Option<i64>>) -> Result<bool, StoreError> {
    let keep = sql("UPDATE bisects SET asked = $2, attempts = 0 WHERE id = $1 AND state = 'open'");
    Ok(keep.bind(id).bind(text(asked)?).execute(c).await? == 1)
}

/// Looks again later: the forge failed.
pub async fn later(c: &mut Connection, id: i64, due: Millis) -> Result<(), StoreError> {
    let put = sql("UPDATE bisects SET attempts = attempts + 1, due_ms = $2 WHERE id = $1 AND state = 'open'");
    put.bind(id).bind(due).execute(c).await.map(|_| ())
}

/// Ends a search. False where it has ended.
pub async fn end(c: &mut Connection, id: i64, how: End) -> Result<bool, StoreError> {
    let word = match how {
        End::Answered => "answered",
        End::Cancelled => "cancelled",
    };
    Ok(sql("UPDATE bisects SET state = $2 WHERE id = $1 AND state = 'open'").bind(id).bind(word).execute(c).await? == 1)
}

/// The figures of a series at these commits, and whether each is exact: those by the tools that made its newest figure, for figures of others say
/// nothing of a difference.
pub async fn figures(
    c: &mut Connection,
    project: i64,
    series: &Series,
    line: &[CommitSha],
) -> Result<HashMap<CommitSha, (u64, bool)>, StoreError> {
    let rows: Vec<Row> =
        sql("WITH there AS (SELECT series.id, commits.sha, points.value, points.exact, commits.committed_ms, commits.id AS commit_id
             FROM series JOIN points ON points.series_id = series.id JOIN commits ON commits.id = points.commit_id
             WHERE series.project_id = $1 AND series.board = $2 AND series.kind = $3 AND series.name = $4 AND commits.sha IN LIST($5))
         SELECT sha, value, exact FROM there
         WHERE id = (SELECT id FROM there ORDER BY committed_ms DESC, commit_id DESC, id DESC LIMIT 1)")
        .bind(project)
        .bind(&series.board)
        .bind(&series.kind)
        .bind(&series.name)
        .bind(text(&line)?)
        .fetch_all(c)
        .await?;
    rows.iter()
        .map(|r| {
            let value = u64::try_from(r.try_get::<i64>("value")?).unwrap_or(0);
            Ok((stored(r.try_get("sha")?)?, (value, r.try_get("exact")?)))
        })
        .collect()
}

/// Whether somebody measures a commit on a board already, whose figure will be in the history.
pub async fn is_measured(c: &mut Connection, project: i64, board: &str, sha: &CommitSha) -> Result<bool, StoreError> {
    let found: Option<i64> = sql("SELECT 1 FROM runs JOIN jobs ON jobs.run_id = runs.id AND jobs.board = $3 AND jobs.state IN ('queued', 'leased', 'done')
         WHERE runs.project_id = $1 AND runs.state = 'measuring' AND runs.trusted = 1 AND (runs.head_sha = $2 OR runs.base_sha = $2) LIMIT 1")
    .bind(project)
    .bind(sha.as_str())
    .bind(board)
    .fetch_optional(c)
    .await?;
    Ok(found.is_some())
}

/// Whether a run has yet to end.
pub async fn is_under_way(c: &mut Connection, run: i64) -> Result<bool, StoreError> {
    let found: Option<i64> = sql("SELECT 1 FROM runs WHERE id = $1 AND state = 'measuring'").bind(run).fetch_optional(c).await?;
    Ok(found.is_some())
}
