//! What is at work: the queue, what runs, what ended lately, the runners. Nothing here writes.
//!
//! Of a private project there is nothing but for who may see it, also not in counts: each query that tells of jobs takes the private projects
//! that are shown (`also`). All are bounded, and asked every few seconds.

use super::sight::hidden;
use super::sql::{Sql, rows, sql};
use super::{Connection, StoreError};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Millis;

/// Queued jobs listed.
pub const QUEUE_MAX: i64 = 100;
/// Queued jobs counted; with more it is "so many or more".
pub const COUNTED_MAX: i64 = 1_000;
/// Jobs under way listed.
pub const RUNNING_MAX: i64 = 100;
/// Jobs that ended lately listed, on one page.
pub const ENDED_MAX: i64 = 30;
/// How long ago is lately.
pub const LATELY_MS: Millis = 24 * 3_600_000;
/// Runners listed.
pub const RUNNERS_MAX: i64 = 200;
/// Leases of the last day that are added up: the newest.
pub const LEASES_MAX: i64 = 2_000;
/// Days of a runner's results.
pub const DAYS: i64 = 30;
/// Jobs added up for them: the newest.
pub const DAYS_JOBS_MAX: i64 = 3_000;
/// A day.
pub const DAY_MS: Millis = 24 * 3_600_000;
/// Entries of the audit about one runner.
pub const ENTRIES_MAX: i64 = 50;

/// A job's run and project, where who looks may see it. `$1` is what is shown beside the public ones.
macro_rules! visible {
    () => {
        concat!("r.id = j.run_id AND p.id = r.project_id AND (", hidden!(), " = 0 OR p.id IN IDS($1))")
    };
}

/// A statement whose `$1` is the private projects that are shown.
fn seeing<'q>(text: &'static str, also: &[i64]) -> Result<Sql<'q>, StoreError> {
    Ok(sql(text).bind(serde_json::to_string(also).map_err(|e| StoreError::Encode(Box::new(e)))?))
}

rows! {
    /// A job that waits.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct QueuedRow {
        /// Its id.
        pub id: i64,
        /// Its run.
        pub run_id: i64,
        /// The repository.
        pub repo: String,
        /// The pull request; none for a push.
        pub pull_number: Option<i64>,
        /// The board.
        pub board: String,
        /// What a runner must offer.
        pub needs: Option<String>,
        /// Whether a runner without a sandbox may have it.
        pub trusted: bool,
        /// Lower first.
        pub priority: i64,
        /// Leases given so far.
        pub attempts: i64,
        /// Who failed at it last.
        pub runner: Option<String>,
        /// What came of the latest lease; hostile text.
        pub detail: String,
        /// Since when it waits.
        pub queued_ms: Millis,
        /// Given to nobody before.
        pub not_before_ms: Millis,
        /// Not given to `runner` before, while others are there.
        pub avoid_until_ms: Millis,
    }
}

/// The head of the queue, in its order.
pub async fn queue(c: &mut Connection, also: &[i64]) -> Result<Vec<QueuedRow>, StoreError> {
    const TEXT: &str = concat!(
        "SELECT j.id, j.run_id, p.repo, r.pull_number, j.board, j.needs, j.trusted, j.priority, j.attempts, j.runner, j.detail, j.queued_ms,
             j.not_before_ms, j.avoid_until_ms
         FROM jobs j CROSS JOIN runs r CROSS JOIN projects p WHERE ",
        visible!(),
        " AND j.state = 'queued' ORDER BY j.priority, j.id LIMIT $2"
    );
    seeing(TEXT, also)?.bind(QUEUE_MAX).fetch_all(c).await
}

/// How many wait, at most [`COUNTED_MAX`], and since when the first of them.
pub async fn queued(c: &mut Connection, also: &[i64]) -> Result<(i64, Option<Millis>), StoreError> {
    const TEXT: &str = concat!(
        "SELECT COUNT(*), MIN(queued_ms) FROM (SELECT j.queued_ms FROM jobs j CROSS JOIN runs r CROSS JOIN projects p WHERE ",
        visible!(),
        " AND j.state = 'queued' ORDER BY j.priority, j.id LIMIT $2) AS waiting"
    );
    seeing(TEXT, also)?.bind(COUNTED_MAX).fetch_one(c).await
}

rows! {
    /// A job under way.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RunningRow {
        /// Its id.
        pub id: i64,
        /// Its run.
        pub run_id: i64,
        /// The repository.
        pub repo: String,
        /// The pull request; none for a push.
        pub pull_number: Option<i64>,
        /// The board.
        pub board: String,
        /// Leases given so far, this one among them.
        pub attempts: i64,
        /// Who has it.
        pub runner: Option<String>,
        /// The runner's words in its last heartbeat; hostile text.
        pub doing: String,
        /// When the lease began.
        pub started_ms: Option<Millis>,
    }
}

/// What runs, the longest first. Each has an `until_ms`: said here, or SQLite reads all jobs instead of the index of those leased.
pub async fn running(c: &mut Connection, also: &[i64]) -> Result<Vec<RunningRow>, StoreError> {
    const TEXT: &str = concat!(
        "SELECT j.id, j.run_id, p.repo, r.pull_number, j.board, j.attempts, j.runner, j.doing, j.started_ms
         FROM jobs j CROSS JOIN runs r CROSS JOIN projects p WHERE ",
        visible!(),
        " AND j.state = 'leased' AND j.until_ms > 0 ORDER BY j.started_ms, j.id LIMIT $2"
    );
    seeing(TEXT, also)?.bind(RUNNING_MAX).fetch_all(c).await
}

rows! {
    /// A job that ended.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct EndedRow {
        /// Its id.
        pub id: i64,
        /// Its run.
        pub run_id: i64,
        /// The repository.
        pub repo: String,
        /// The pull request; none for a push.
        pub pull_number: Option<i64>,
        /// The board.
        pub board: String,
        /// `done`, `failed` or `superseded`.
        pub state: String,
        /// `infra` or `timeout`, of a failed one.
        pub failure_kind: Option<String>,
        /// Why it failed; hostile text.
        pub detail: String,
        /// Leases given.
        pub attempts: i64,
        /// Who had it last.
        pub runner: Option<String>,
        /// When its last lease began.
        pub started_ms: Option<Millis>,
        /// When it ended.
        pub ended_ms: Millis,
    }
}

macro_rules! ended {
    ($which:literal) => {
        concat!(
            "SELECT j.id, j.run_id, p.repo, r.pull_number, j.board, j.state, CASE j.state WHEN 'failed' THEN j.failure_kind END AS failure_kind,
                 j.detail, j.attempts, j.runner, j.started_ms, j.ended_ms
             FROM jobs j CROSS JOIN runs r CROSS JOIN projects p WHERE ",
            visible!(),
            $which,
            " AND j.ended_ms >= $2 ORDER BY j.ended_ms DESC, j.id DESC LIMIT $3"
        )
    };
}

/// What ended since that time, the latest first; what a newer head made pointless is left out.
pub async fn ended(c: &mut Connection, also: &[i64], since: Millis) -> Result<Vec<EndedRow>, StoreError> {
    seeing(ended!(" AND j.state <> 'superseded'"), also)?.bind(since).bind(ENDED_MAX).fetch_all(c).await
}

/// What ended at a runner since that time, the latest first.
pub async fn ended_at(c: &mut Connection, also: &[i64], since: Millis, runner: &RunnerName) -> Result<Vec<EndedRow>, StoreError> {
    seeing(ended!(" AND j.runner = $4"), also)?.bind(since).bind(ENDED_MAX).bind(runner.as_str()).fetch_all(c).await
}

rows! {
    /// A runner as it stands.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RunnerRow {
        /// Its name.
        pub name: String,
        /// What it offered last, JSON.
        pub can_run: String,
        /// Whether it has a sandbox.
        pub sandbox: bool,
        /// When it was enrolled first.
        pub created_ms: Millis,
        /// When it was heard of last.
        pub seen_ms: Option<Millis>,
        /// Failures in a row.
        pub failures: i64,
        /// Until when it is set aside.
        pub aside_until_ms: Option<Millis>,
        /// The latest of those failures. Hostile text, and of whichever project's job.
        pub aside_why: String,
        /// Since when its token counts.
        pub token_ms: Millis,
        /// When its token was taken from it.
        pub revoked_ms: Option<Millis>,
        /// Jobs it holds, of whichever project.
        pub holds: i64,
    }
}

const RUNNER_COLUMNS: &str = "name, can_run, sandbox, created_ms, seen_ms, failures, aside_until_ms, aside_why, token_ms, revoked_ms,
    (SELECT COUNT(*) FROM jobs WHERE jobs.state = 'leased' AND jobs.runner = runners.name) AS holds";

/// The runners by name, those whose token was taken last.
pub async fn runners(c: &mut Connection) -> Result<Vec<RunnerRow>, StoreError> {
    let text = format!("SELECT {RUNNER_COLUMNS} FROM runners ORDER BY CASE WHEN revoked_ms IS NULL THEN 0 ELSE 1 END, name LIMIT $1");
    sql(text).bind(RUNNERS_MAX).fetch_all(c).await
}

/// One runner.
pub async fn runner(c: &mut Connection, name: &RunnerName) -> Result<Option<RunnerRow>, StoreError> {
    sql(format!("SELECT {RUNNER_COLUMNS} FROM runners WHERE name = $1")).bind(name.as_str()).fetch_optional(c).await
}

rows! {
    /// Leases of one runner that stand alike.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LeasesRow {
        /// Whose.
        pub runner: String,
        /// Whether it is the job's latest lease; else it came to nothing, and somebody was given another.
        pub is_latest: bool,
        /// How the job stands.
        pub state: String,
        /// Of a failed job: `infra` or `timeout`.
        pub failure_kind: Option<String>,
        /// How many.
        pub leases: i64,
    }
}

/// How the leases given since that time came out, by runner.
pub async fn leases(c: &mut Connection, also: &[i64], since: Millis) -> Result<Vec<LeasesRow>, StoreError> {
    const TEXT: &str = concat!(
        "SELECT runner, is_latest, state, failure_kind, COUNT(*) AS leases FROM (
             SELECT l.runner, CASE WHEN l.fence = j.token THEN 1 ELSE 0 END AS is_latest, j.state,
                 CASE j.state WHEN 'failed' THEN j.failure_kind END AS failure_kind
             FROM (SELECT job_id, runner, fence FROM lease_tokens WHERE made_ms >= $2 ORDER BY made_ms DESC LIMIT $3) AS l
             CROSS JOIN jobs j CROSS JOIN runs r CROSS JOIN projects p WHERE j.id = l.job_id AND ",
        visible!(),
        ") AS given GROUP BY runner, is_latest, state, failure_kind ORDER BY runner, is_latest, state, failure_kind"
    );
    seeing(TEXT, also)?.bind(since).bind(LEASES_MAX).fetch_all(c).await
}

rows! {
    /// Jobs that ended at a runner on one day and in one way.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DayRow {
        /// Days since the Unix epoch, UTC.
        pub day: i64,
        /// How they ended.
        pub state: String,
        /// Of failed ones: `infra` or `timeout`.
        pub failure_kind: Option<String>,
        /// How many.
        pub jobs: i64,
    }
}

/// What ended at a runner since that time, by day.
pub async fn days(c: &mut Connection, also: &[i64], since: Millis, runner: &RunnerName) -> Result<Vec<DayRow>, StoreError> {
    const TEXT: &str = concat!(
        "SELECT day, state, failure_kind, COUNT(*) AS jobs FROM (
             SELECT j.ended_ms / 86400000 AS day, j.state, CASE j.state WHEN 'failed' THEN j.failure_kind END AS failure_kind
             FROM jobs j CROSS JOIN runs r CROSS JOIN projects p WHERE ",
        visible!(),
        " AND j.runner = $4 AND j.ended_ms >= $2 ORDER BY j.ended_ms DESC LIMIT $3) AS ended
         GROUP BY day, state, failure_kind ORDER BY day, state, failure_kind"
    );
    seeing(TEXT, also)?.bind(since).bind(DAYS_JOBS_MAX).bind(runner.as_str()).fetch_all(c).await
}

rows! {
    /// What was done to a runner.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DoneRow {
        /// When.
        pub at_ms: Millis,
        /// A word.
        pub what: String,
        /// Who. For operators.
        pub who: String,
        /// What came of it; may name a private project's job. For operators.
        pub result: String,
    }
}

/// What a runner's set-aside is noted as in the audit.
pub const SET_ASIDE: &str = "set aside";

/// What was done to a runner, the latest first: enrolled, set aside, restored, revoked.
pub async fn done_to(c: &mut Connection, runner: &RunnerName) -> Result<Vec<DoneRow>, StoreError> {
    sql("SELECT at_ms, what, who, result FROM audit
         WHERE target = $1 AND what IN ('enroll', 'enrolment code', 'set aside', 'restore runner', 'revoke') ORDER BY id DESC LIMIT $2")
    .bind(runner.as_str())
    .bind(ENTRIES_MAX)
    .fetch_all(c)
    .await
}
