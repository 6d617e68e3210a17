//! What budgets need of the past: from where those count that count since a tag or a day, and the growth that people accepted.

use super::measurements;
use super::runs::{self, Run};
use super::sql::{Row, sql};
use super::{Connection, StoreError, stored};
use crate::time;
use ounce_analysis::past::{Accepted, Place};
use ounce_protocol::ids::{BoardName, CommitSha};
use ounce_protocol::job::Millis;
use ounce_protocol::measurement::Measurement;

/// Acceptances of one pull request that are read, the newest.
const OF_PULL_MAX: i64 = 1_000;
/// Acceptances since a start that are read, the newest.
const SINCE_MAX: i64 = 20_000;

/// A start that was looked for: as the manifest writes it, and its commit, where there is one.
pub type Start = (String, Option<CommitSha>);

/// Growth that somebody accepts of a run.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// Who.
    pub login: &'a str,
    /// Why; hostile text.
    pub reason: &'a str,
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Keeps from where a run's budgets count.
pub async fn put_start(c: &mut Connection, run: i64, since: &str, sha: Option<&CommitSha>) -> Result<(), StoreError> {
    sql("INSERT INTO starts (run_id, since, sha) VALUES ($1, $2, $3) ON CONFLICT (run_id, since) DO UPDATE SET sha = excluded.sha")
        .bind(run)
        .bind(since)
        .bind(sha.map(CommitSha::as_str))
        .execute(c)
        .await?;
    Ok(())
}

/// The same starts for another run of the same commits.
pub async fn copy_starts(c: &mut Connection, from: i64, to: i64) -> Result<(), StoreError> {
    sql("INSERT INTO starts (run_id, since, sha) SELECT $2, since, sha FROM starts WHERE run_id = $1 ON CONFLICT (run_id, since) DO NOTHING")
        .bind(from)
        .bind(to)
        .execute(c)
        .await?;
    Ok(())
}

/// From where a run's budgets count.
pub async fn starts(c: &mut Connection, run: i64) -> Result<Vec<Start>, StoreError> {
    let rows: Vec<(String, Option<String>)> =
        sql("SELECT since, sha FROM starts WHERE run_id = $1 ORDER BY since").bind(run).fetch_all(c).await?;
    rows.into_iter().map(|(since, sha)| Ok((since, sha.as_deref().map(stored).transpose()?))).collect()
}

/// The newest trusted measurement of a commit on a board that has an image, with that of the commit it was then compared with.
pub async fn measured(
    c: &mut Connection,
    project: i64,
    sha: &CommitSha,
    board: &BoardName,
) -> Result<Option<(Measurement, Option<Measurement>)>, StoreError> {
    let run: Option<i64> = sql("SELECT measurements.run_id FROM measurements JOIN commits ON commits.id = commit_id
         WHERE commits.project_id = $1 AND commits.sha = $2 AND board = $3 AND measurements.trusted = 1 AND image IS NOT NULL
         ORDER BY measurements.id DESC LIMIT 1")
    .bind(project)
    .bind(sha.as_str())
    .bind(board.as_str())
    .fetch_optional(&mut *c)
    .await?;
    let Some(run) = run else { return Ok(None) };
    let base = runs::get(c, run).await?.base;
    let Some((_, measurement)) = measurements::get(c, run, board, sha).await? else { return Ok(None) };
    let base = measurements::get(c, run, board, &base).await?.map(|(_, base)| base);
    Ok(Some((measurement, base)))
}

/// Whether all these boards have an image of a commit that a trusted job measured.
pub async fn is_measured(c: &mut Connection, project: i64, sha: &CommitSha, boards: &[BoardName]) -> Result<bool, StoreError> {
    let there: Vec<String> = sql("SELECT DISTINCT board FROM measurements JOIN commits ON commits.id = commit_id
         WHERE commits.project_id = $1 AND commits.sha = $2 AND measurements.trusted = 1 AND image IS NOT NULL")
    .bind(project)
    .bind(sha.as_str())
    .fetch_all(c)
    .await?;
    Ok(boards.iter().all(|board| there.iter().any(|name| name == board.as_str())))
}

/// Notes that this growth of a run is meant to be.
pub async fn accept(c: &mut Connection, run: &Run, place: &Place, growth: u64, word: Word<'_>, now: Millis) -> Result<(), StoreError> {
    let figure = serde_json::to_string(&place.figure).map_err(|e| StoreError::Encode(Box::new(e)))?;
    sql("INSERT INTO acceptances (project_id, pull_number, run_id, shown_sha, head_sha, board, figure, growth, login, reason, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (run_id, board, figure) DO NOTHING")
    .bind(run.project)
    .bind(number(run.pull.unwrap_or(0)))
    .bind(run.id)
    .bind(run.shown.as_str())
    .bind(run.head.as_str())
    .bind(place.board.as_str())
    .bind(figure)
    .bind(number(growth))
    .bind(word.login)
    .bind(word.reason)
    .bind(now)
    .execute(c)
    .await?;
    Ok(())
}

/// Who accepted growth of this run first, and why.
pub async fn accepted_by(c: &mut Connection, run: i64) -> Result<Option<(String, String)>, StoreError> {
    sql("SELECT login, reason FROM acceptances WHERE run_id = $1 ORDER BY id LIMIT 1").bind(run).fetch_optional(c).await
}

const COLUMNS: &str = "acceptances.board, acceptances.figure, acceptances.growth, acceptances.login, acceptances.reason,
    acceptances.at_ms, acceptances.head_sha";

fn accepted(row: &Row) -> Result<Accepted, StoreError> {
    let figure: &str = row.try_get("figure")?;
    let at_ms: Millis = row.try_get("at_ms")?;
    Ok(Accepted {
        who: row.try_get("login")?,
        why: row.try_get("reason")?,
        when_text: Some(time::text(at_ms / 1_000).chars().take(DAY_CHARS).collect()),
        sha: stored(row.try_get("head_sha")?)?,
        place: Place {
            board: stored(row.try_get("board")?)?,
            figure: serde_json::from_str(figure).map_err(|e| StoreError::Decode(Box::new(e)))?,
        },
        growth: u64::try_from(row.try_get::<i64>("growth")?).unwrap_or(0),
    })
}

/// `2026-10-01`
const DAY_CHARS: usize = 10;

/// What was accepted of a pull request, at any of its heads, oldest first.
pub async fn of_pull(c: &mut Connection, project: i64, pull: u64) -> Result<Vec<Accepted>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM acceptances WHERE project_id = $1 AND pull_number = $2 ORDER BY id DESC LIMIT $3");
    let rows: Vec<Row> = sql(text).bind(project).bind(number(pull)).bind(OF_PULL_MAX).fetch_all(c).await?;
    rows.iter().rev().map(accepted).collect()
}

/// What was accepted and landed after one commit of the default branch and up to another, that one included, oldest first: by the
/// committer times, which the forge sets when it lands a pull request.
pub async fn landed_between(c: &mut Connection, project: i64, after: &CommitSha, up_to: &CommitSha) -> Result<Vec<Accepted>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM acceptances
             JOIN commits AS first ON first.project_id = acceptances.project_id AND first.sha = $2
             JOIN commits AS last ON last.project_id = acceptances.project_id AND last.sha = $3
         WHERE acceptances.project_id = $1 AND landed_ms > first.committed_ms AND landed_ms <= last.committed_ms
         ORDER BY acceptances.id DESC LIMIT $4"
    );
    let rows: Vec<Row> = sql(text).bind(project).bind(after.as_str()).bind(up_to.as_str()).bind(SINCE_MAX).fetch_all(c).await?;
    rows.iter().rev().map(accepted).collect()
}

/// Whether growth of this head was accepted and is not known to have landed.
pub async fn awaits_landing(c: &mut Connection, project: i64, pull: u64, shown: &CommitSha) -> Result<bool, StoreError> {
    let found: Option<i64> =
        sql("SELECT id FROM acceptances WHERE project_id = $1 AND pull_number = $2 AND shown_sha = $3 AND landed_ms IS NULL LIMIT 1")
            .bind(project)
            .bind(number(pull))
            .bind(shown.as_str())
            .fetch_optional(c)
            .await?;
    Ok(found.is_some())
}

/// The pull request has landed with this head. Where the head was weighed several times, against other bases, the latest acceptance of each
/// figure is the one that landed.
pub async fn land(c: &mut Connection, project: i64, pull: u64, shown: &CommitSha, landed_ms: Millis) -> Result<(), StoreError> {
    sql("UPDATE acceptances SET landed_ms = $4 WHERE project_id = $1 AND pull_number = $2 AND shown_sha = $3 AND landed_ms IS NULL
         AND id IN (SELECT MAX(id) FROM acceptances WHERE project_id = $1 AND pull_number = $2 AND shown_sha = $3 GROUP BY board, figure)")
    .bind(project)
    .bind(number(pull))
    .bind(shown.as_str())
    .bind(landed_ms)
    .execute(c)
    .await?;
    Ok(())
}
