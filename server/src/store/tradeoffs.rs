//! Size against speed: a short row for each board of each judged run, so that a page of many runs reads no comparison.

use super::sql::{rows, sql};
use super::{Connection, StoreError};
use ounce_analysis::comparison::{BoardState, Comparison, Tendency};
use ounce_protocol::job::Millis;
use ounce_protocol::measurement::RegionKind;

/// Runs of landed commits given at once, the newest.
pub const LANDED_MAX: i64 = 250;
/// Commits of the default branch looked through for them, the newest.
pub const COMMITS_MAX: i64 = 1_000;
/// Pull requests looked through for open ones, the newest.
pub const PULLS_MAX: i64 = 300;

/// The word kept.
pub fn word(tendency: Tendency) -> &'static str {
    match tendency {
        Tendency::Win => "win",
        Tendency::Trade => "trade",
        Tendency::Cost => "cost",
        Tendency::Free => "free",
    }
}

/// Keeps what a judged run did to each board whose figures may be subtracted. Doing it again, with what is judged now, leaves only that.
pub async fn put(c: &mut Connection, run: i64, comparison: &Comparison) -> Result<(), StoreError> {
    sql("DELETE FROM tradeoffs WHERE run_id = $1").bind(run).execute(&mut *c).await?;
    for board in &comparison.boards {
        let BoardState::Compared(compared) = &board.state else { continue };
        if !board.fingerprint_changes.is_empty() {
            continue;
        }
        sql("INSERT INTO tradeoffs (run_id, board, commit_id, flash_delta, ram_delta, instructions_ppm, tendency)
             SELECT runs.id, $2, commits.id, $3, $4, $5, $6 FROM runs JOIN commits ON commits.project_id = runs.project_id AND commits.sha = runs.head_sha
             WHERE runs.id = $1")
        .bind(run)
        .bind(board.board.as_str())
        .bind(compared.bytes_moved(RegionKind::Flash))
        .bind(compared.bytes_moved(RegionKind::Ram))
        .bind(compared.instructions_ppm)
        .bind(word(compared.tendency))
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}

rows! {
    /// What a run did to a board.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct TradeRow {
        /// The run.
        pub run_id: i64,
        /// The commit weighed.
        pub sha: String,
        /// Its time; of a pull request that is open, when the run was made.
        pub at_ms: Millis,
        /// Who wrote it, or opened the pull request; hostile text.
        pub author: String,
        /// First line of the commit's message, or the pull request's title; hostile text.
        pub subject: String,
        /// The pull request that it is, or by which it landed.
        pub pull: Option<i64>,
        /// Bytes of flash, head less base.
        pub flash_delta: i64,
        /// Bytes of RAM.
        pub ram_delta: i64,
        /// Instructions, in parts per million; none where no benchmark counts.
        pub instructions_ppm: Option<i64>,
        /// `win`, `trade`, `cost` or `free`.
        pub tendency: String,
    }
}

/// What commits of the default branch did to a board, in an order. Pull requests are looked up for those given only.
macro_rules! landed {
    ($order:literal) => {
        concat!(
            "SELECT d.run_id, d.sha, d.committed_ms AS at_ms, COALESCE(p.author, d.author) AS author, COALESCE(p.title, d.summary) AS subject, p.number AS pull,
                 d.flash_delta, d.ram_delta, d.instructions_ppm, d.tendency
             FROM (SELECT t.run_id, t.flash_delta, t.ram_delta, t.instructions_ppm, t.tendency, c.id, c.project_id, c.sha, c.committed_ms, c.author, c.summary
                   FROM (SELECT id, project_id, sha, committed_ms, author, summary FROM commits WHERE project_id = $1 AND on_default = 1 AND committed_ms >= $3
                             AND (committed_ms > $3 OR id > $4) ORDER BY committed_ms DESC, id DESC LIMIT $5) c
                       JOIN tradeoffs t ON t.commit_id = c.id AND t.board = $2 AND t.run_id = (SELECT MAX(u.run_id) FROM tradeoffs u
                           JOIN runs ON runs.id = u.run_id WHERE u.commit_id = c.id AND u.board = $2 AND runs.kind = 'push')
                   ORDER BY ",
            $order,
            "c.committed_ms DESC, c.id DESC LIMIT $6) d
                 LEFT JOIN pulls p ON p.project_id = d.project_id AND p.number =
                     (SELECT MIN(q.number) FROM pulls q WHERE q.project_id = d.project_id AND q.landed_sha = d.sha AND q.landed_sha IS NOT NULL)
             ORDER BY d.committed_ms DESC, d.id DESC"
        )
    };
}

/// What the newest commits of the default branch did to a board, newest first, at most [`LANDED_MAX`]: those after this time and, of one time, this row.
pub async fn landed(c: &mut Connection, project: i64, board: &str, after: (Millis, i64)) -> Result<Vec<TradeRow>, StoreError> {
    let landed = sql(landed!("")).bind(project).bind(board).bind(after.0).bind(after.1);
    landed.bind(COMMITS_MAX).bind(LANDED_MAX).fetch_all(c).await
}

/// Those of them that moved most bytes of flash, at most so many, newest first.
pub async fn largest(c: &mut Connection, project: i64, board: &str, after: (Millis, i64), limit: i64) -> Result<Vec<TradeRow>, StoreError> {
    let largest = sql(landed!("ABS(t.flash_delta) DESC, ")).bind(project).bind(board).bind(after.0).bind(after.1);
    largest.bind(COMMITS_MAX).bind(limit).fetch_all(c).await
}

/// What the latest judged run of each open pull request did to a board, newest first.
pub async fn open(c: &mut Connection, project: i64, board: &str) -> Result<Vec<TradeRow>, StoreError> {
    sql("SELECT t.run_id, r.shown_sha AS sha, r.created_ms AS at_ms, p.author, p.title AS subject, p.number AS pull, t.flash_delta, t.ram_delta, t.instructions_ppm, t.tendency
         FROM (SELECT project_id, number, author, title, is_open FROM pulls WHERE project_id = $1 ORDER BY number DESC LIMIT $3) p
             JOIN runs r ON r.id = (SELECT MAX(id) FROM runs WHERE project_id = p.project_id AND kind = 'pull' AND pull_number = p.number AND state = 'judged')
             JOIN tradeoffs t ON t.run_id = r.id AND t.board = $2
         WHERE p.is_open = 1 ORDER BY p.number DESC")
    .bind(project)
    .bind(board)
    .bind(PULLS_MAX)
    .fetch_all(c)
    .await
}
