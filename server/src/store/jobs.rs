//! Jobs and their leases: the rules of `ounce_protocol::job`, in SQL. A seeded test plays both and compares.

use super::sql::{Row, sql};
use super::tallies::{self, Ended};
use super::{Connection, StoreError, stored};
use ounce_protocol::ids::{BoardName, RunnerName};
use ounce_protocol::job::{ATTEMPTS_MAX, FORSAKEN, FailureKind, JobState, LEASE_MS, Millis, Refused};
use ounce_protocol::runner_api::LOG_BYTES_MAX;

/// How long a job that failed for reasons of infrastructure waits: after its first attempt, after each later one.
pub const RETRY_MS: [Millis; 2] = [5_000, 20_000];
/// How long such a job is kept for other runners than the one that failed, where one is there: one broken runner may not eat the queue.
pub const AVOID_MS: Millis = 10 * 60_000;
/// Another runner is there when it was heard of within this time.
pub const HEARD_MS: Millis = 2 * 60_000;

/// What the store says when a lease's holder asks for something.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A job just claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The job.
    pub job: i64,
    /// Its run.
    pub run: i64,
    /// Its board.
    pub board: BoardName,
    /// The fencing token of this lease.
    pub token: u64,
    /// Leases given so far, this one among them.
    pub attempt: u32,
}

/// Who asks: the lease's holder as it sees itself.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// The job.
    pub job: i64,
    /// The runner, as its token proved it.
    pub runner: &'a RunnerName,
    /// The fencing token it was given.
    pub token: u64,
}

impl Holder<'_> {
    /// Tokens are small and kept as BIGINT; one beyond that range matches no lease.
    fn token(&self) -> i64 {
        i64::try_from(self.token).unwrap_or(-1)
    }
}

/// What a runner offers.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// Who.
    pub runner: &'a RunnerName,
    /// What it can run, such as `qemu:microbit`.
    pub can_run: &'a [String],
    /// Whether it has a sandbox: else it gets trusted work only.
    pub sandbox: bool,
}

/// Queues one board of a run.
pub async fn insert(
    c: &mut Connection,
    run: i64,
    board: &BoardName,
    needs: Option<&str>,
    trusted: bool,
    priority: i64,
    now: Millis,
) -> Result<i64, StoreError> {
    sql("INSERT INTO jobs (run_id, board, needs, trusted, priority, state, created_ms, queued_ms) VALUES ($1, $2, $3, $4, $5, 'queued', $6, $6) RETURNING id")
        .bind(run)
        .bind(board.as_str())
        .bind(needs)
        .bind(trusted)
        .bind(priority)
        .bind(now)
        .fetch_one(c)
        .await
}

/// Takes over a board that another run of the same commits has measured, with its figures. False where that has none.
pub async fn take_over(c: &mut Connection, from: i64, to: i64, board: &BoardName) -> Result<bool, StoreError> {
    let rows = sql(
        "INSERT INTO jobs (run_id, board, needs, trusted, priority, state, attempts, token, runner, created_ms, queued_ms, started_ms, ended_ms)
         SELECT $2, board, needs, trusted, priority, state, attempts, token, runner, created_ms, queued_ms, started_ms, ended_ms
         FROM jobs WHERE run_id = $1 AND board = $3 AND state = 'done'",
    )
    .bind(from)
    .bind(to)
    .bind(board.as_str())
    .execute(&mut *c)
    .await?;
    if rows == 0 {
        return Ok(false);
    }
    sql("INSERT INTO measurements (run_id, board, commit_id, image, doc, packed, token, trusted, received_ms)
         SELECT $2, board, commit_id, image, doc, packed, token, trusted, received_ms FROM measurements WHERE run_id = $1 AND board = $3")
    .bind(from)
    .bind(to)
    .bind(board.as_str())
    .execute(c)
    .await?;
    Ok(true)
}

/// Leases the first job the runner can do, in one statement, and counts it. A job that failed at it is for others, while one that could do it is there.
/// Who is set aside gets nothing before its time, and then one job at a time. In a transaction the lease and its count are written, and wait for the
/// disk, once.
pub async fn claim(c: &mut Connection, offer: Offer<'_>, now: Millis) -> Result<Option<Claimed>, StoreError> {
    let row: Option<Row> = sql(
        "UPDATE jobs SET state = 'leased', attempts = attempts + 1, token = token + 1, runner = $1, until_ms = $2, started_ms = $3, doing = '', detail = '',
             avoid_until_ms = 0
         WHERE id = (SELECT id FROM jobs WHERE state = 'queued' AND (trusted = 1 OR $4 = 1)
                     AND not_before_ms <= $3 AND (needs IS NULL OR needs IN LIST($5))
                     AND (avoid_until_ms <= $3 OR runner IS DISTINCT FROM $1 OR NOT EXISTS (SELECT 1 FROM runners other WHERE other.name <> $1
                          AND other.seen_ms >= $6 AND other.aside_until_ms IS NULL AND (jobs.trusted = 1 OR other.sandbox = 1)
                          AND (jobs.needs IS NULL OR jobs.needs IN LIST(other.can_run))))
                     AND NOT EXISTS (SELECT 1 FROM runners me WHERE me.name = $1 AND (me.aside_until_ms > $3 OR me.aside_until_ms IS NOT NULL
                          AND EXISTS (SELECT 1 FROM jobs mine WHERE mine.state = 'leased' AND mine.runner = $1)))
                     ORDER BY priority, id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, run_id, board, token, attempts, queued_ms",
    )
    .bind(offer.runner.as_str())
    .bind(now.saturating_add(LEASE_MS))
    .bind(now)
    .bind(offer.sandbox)
    .bind(serde_json::to_string(offer.can_run).unwrap_or_else(|_| "[]".into()))
    .bind(now.saturating_sub(HEARD_MS))
    .fetch_optional(&mut *c)
    .await?;
    let Some(r) = row else { return Ok(None) };
    tallies::leased(c, offer.runner, now.saturating_sub(r.try_get("queued_ms")?)).await?;
    let token: i64 = r.try_get("token")?;
    Ok(Some(Claimed {
        job: r.try_get("id")?,
        run: r.try_get("run_id")?,
        board: stored(r.try_get("board")?)?,
        token: u64::try_from(token).unwrap_or(0),
        attempt: r.try_get("attempts")?,
    }))
}

/// Prolongs a lease and keeps what the runner does.
pub async fn heartbeat(c: &mut Connection, holder: Holder<'_>, doing: &str, now: Millis) -> Result<(), JobError> {
    let done = sql("UPDATE jobs SET until_ms = $4, doing = $5 WHERE id = $1 AND state = 'leased' AND runner = $2 AND token = $3")
        .bind(holder.job)
        .bind(holder.runner.as_str())
        .bind(holder.token())
        .bind(now.saturating_add(LEASE_MS))
        .bind(doing)
        .execute(&mut *c)
        .await?;
    held(c, holder.job, done).await
}

/// Says whether the lease still holds, and for which run and board. In a transaction it goes on holding to the end of it.
pub async fn holds(c: &mut Connection, holder: Holder<'_>) -> Result<(i64, BoardName), JobError> {
    let row: Option<Row> =
        sql("SELECT run_id, board FROM jobs WHERE id = $1 AND state = 'leased' AND runner = $2 AND token = $3 FOR UPDATE")
            .bind(holder.job)
            .bind(holder.runner.as_str())
            .bind(holder.token())
            .fetch_optional(&mut *c)
            .await?;
    match row {
        Some(r) => Ok((r.try_get("run_id")?, stored(r.try_get("board")?)?)),
        None => Err(refusal(c, holder.job).await?),
    }
}

/// Whether the holder's job was superseded under its lease.
pub async fn was_superseded(c: &mut Connection, holder: Holder<'_>) -> Result<bool, StoreError> {
    let found: Option<i64> = sql("SELECT 1 FROM jobs WHERE id = $1 AND state = 'superseded' AND runner = $2 AND token = $3")
        .bind(holder.job)
        .bind(holder.runner.as_str())
        .bind(holder.token())
        .fetch_optional(c)
        .await?;
    Ok(found.is_some())
}

/// Ends a job with its results.
pub async fn finish(c: &mut Connection, holder: Holder<'_>, now: Millis) -> Result<(), JobError> {
    let row: Option<Row> = sql(
        "UPDATE jobs SET state = 'done', until_ms = NULL, ended_ms = $4 WHERE id = $1 AND state = 'leased' AND runner = $2 AND token = $3
         RETURNING started_ms",
    )
    .bind(holder.job)
    .bind(holder.runner.as_str())
    .bind(holder.token())
    .bind(now)
    .fetch_optional(&mut *c)
    .await?;
    held(c, holder.job, row.is_some().into()).await?;
    tallies::lease_ended(c, holder.runner.as_str(), Ended::Done).await?;
    if let Some(started) = row.map(|r| r.try_get::<Option<Millis>>("started_ms")).transpose()?.flatten() {
        tallies::took(c, tallies::JOB_TIME, holder.runner.as_str(), now.saturating_sub(started)).await?;
    }
    Ok(())
}

/// Ends a job without results; for reasons of infrastructure it is queued again up to the limit, after a wait and for others first.
pub async fn fail(c: &mut Connection, holder: Holder<'_>, kind: FailureKind, detail: &str, now: Millis) -> Result<(), JobError> {
    let done = sql("UPDATE jobs SET state = CASE WHEN $4 = 'infra' AND attempts < $6 THEN 'queued' ELSE 'failed' END,
             failure_kind = $4, detail = $5, until_ms = NULL, ended_ms = CASE WHEN $4 = 'infra' AND attempts < $6 THEN NULL ELSE $7 END,
             queued_ms = $7, not_before_ms = CASE WHEN attempts <= 1 THEN $8 ELSE $9 END, avoid_until_ms = $10
         WHERE id = $1 AND state = 'leased' AND runner = $2 AND token = $3")
    .bind(holder.job)
    .bind(holder.runner.as_str())
    .bind(holder.token())
    .bind(kind.word())
    .bind(detail)
    .bind(ATTEMPTS_MAX)
    .bind(now)
    .bind(now.saturating_add(RETRY_MS[0]))
    .bind(now.saturating_add(RETRY_MS[1]))
    .bind(now.saturating_add(AVOID_MS))
    .execute(&mut *c)
    .await?;
    held(c, holder.job, done).await?;
    let ended = match kind {
        FailureKind::Infra => Ended::Infra,
        FailureKind::Timeout => Ended::Timeout,
    };
    tallies::lease_ended(c, holder.runner.as_str(), ended).await?;
    Ok(())
}

/// Takes back a lease that its runner never learned of: the attempt does not count, the token stays used, and the time it has
/// waited goes on.
pub async fn give_back(c: &mut Connection, holder: Holder<'_>, detail: &str, not_before: Millis) -> Result<(), JobError> {
    let done = sql("UPDATE jobs SET state = 'queued', attempts = attempts - 1, detail = $4, until_ms = NULL, not_before_ms = $5
         WHERE id = $1 AND state = 'leased' AND runner = $2 AND token = $3")
    .bind(holder.job)
    .bind(holder.runner.as_str())
    .bind(holder.token())
    .bind(detail)
    .bind(not_before)
    .execute(&mut *c)
    .await?;
    held(c, holder.job, done).await?;
    tallies::lease_ended(c, holder.runner.as_str(), Ended::GivenBack).await?;
    Ok(())
}

/// Gives none of a project's queued jobs to anybody before that time.
pub async fn hold(c: &mut Connection, project: i64, not_before: Millis) -> Result<(), StoreError> {
    sql("UPDATE jobs SET not_before_ms = $2
         WHERE state = 'queued' AND not_before_ms < $2 AND run_id IN (SELECT id FROM runs WHERE project_id = $1)")
    .bind(project)
    .bind(not_before)
    .execute(c)
    .await?;
    Ok(())
}

/// A lease that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lapsed {
    /// The job.
    pub job: i64,
    /// Who had it.
    pub runner: RunnerName,
    /// Whether the code was the project's own.
    pub trusted: bool,
}

/// Takes back the leases that have lapsed: queued again, for others first, or failed at the limit.
pub async fn sweep(c: &mut Connection, now: Millis) -> Result<Vec<Lapsed>, StoreError> {
    let rows: Vec<Row> = sql(
        "UPDATE jobs SET state = CASE WHEN attempts < $2 THEN 'queued' ELSE 'failed' END, failure_kind = 'infra', detail = 'the runner was lost',
             until_ms = NULL, queued_ms = $1, avoid_until_ms = $3, ended_ms = CASE WHEN attempts < $2 THEN NULL ELSE $1 END
         WHERE state = 'leased' AND until_ms < $1 RETURNING id, runner, trusted",
    )
    .bind(now)
    .bind(ATTEMPTS_MAX)
    .bind(now.saturating_add(AVOID_MS))
    .fetch_all(&mut *c)
    .await?;
    lost(c, &rows).await
}

/// Whether a job's code is the project's own.
pub async fn is_trusted(c: &mut Connection, job: i64) -> Result<bool, StoreError> {
    sql("SELECT trusted FROM jobs WHERE id = $1").bind(job).fetch_one(c).await
}

/// Whether a runner holds the lease of another job than those that it says it works on.
pub async fn has_forsaken(c: &mut Connection, runner: &RunnerName, works_on: &[i64]) -> Result<bool, StoreError> {
    let found: Option<i64> = sql("SELECT id FROM jobs WHERE state = 'leased' AND runner = $1 AND NOT (id IN IDS($2)) LIMIT 1")
        .bind(runner.as_str())
        .bind(ids(works_on))
        .fetch_optional(c)
        .await?;
    Ok(found.is_some())
}

fn ids(jobs: &[i64]) -> String {
    serde_json::to_string(jobs).unwrap_or_else(|_| "[]".into())
}

/// Takes back what a runner holds that asks for work and does not say that it works on it: it was restarted, or never heard of the lease.
/// Queued again, for others first, or failed at the limit.
pub async fn take_back(c: &mut Connection, runner: &RunnerName, works_on: &[i64], now: Millis) -> Result<Vec<Lapsed>, StoreError> {
    let rows: Vec<Row> =
        sql("UPDATE jobs SET state = CASE WHEN attempts < $3 THEN 'queued' ELSE 'failed' END, failure_kind = 'infra', detail = $4,
             until_ms = NULL, queued_ms = $2, avoid_until_ms = $5, ended_ms = CASE WHEN attempts < $3 THEN NULL ELSE $2 END
         WHERE state = 'leased' AND runner = $1 AND NOT (id IN IDS($6)) RETURNING id, runner, trusted")
        .bind(runner.as_str())
        .bind(now)
        .bind(ATTEMPTS_MAX)
        .bind(FORSAKEN)
        .bind(now.saturating_add(AVOID_MS))
        .bind(ids(works_on))
        .fetch_all(&mut *c)
        .await?;
    lost(c, &rows).await
}

/// The leases that these rows were, each counted as lost.
async fn lost(c: &mut Connection, rows: &[Row]) -> Result<Vec<Lapsed>, StoreError> {
    let mut all = Vec::with_capacity(rows.len());
    for r in rows {
        let one = Lapsed { job: r.try_get("id")?, runner: stored(r.try_get("runner")?)?, trusted: r.try_get("trusted")? };
        tallies::lease_ended(c, one.runner.as_str(), Ended::Lost).await?;
        all.push(one);
    }
    Ok(all)
}

/// Gives up the jobs that have waited for a runner since before that time. Gives how many.
pub async fn give_up(c: &mut Connection, queued_before: Millis, now: Millis) -> Result<u64, StoreError> {
    let done = sql("UPDATE jobs SET state = 'failed', failure_kind = 'infra', ended_ms = $2,
             detail = 'no runner took it' || COALESCE(': it takes one that offers ' || needs, '')
                 || CASE WHEN detail = '' THEN '' ELSE '; before that: ' || detail END
         WHERE state = 'queued' AND queued_ms < $1")
    .bind(queued_before)
    .bind(now)
    .execute(c)
    .await?;
    Ok(done)
}

/// Ends the jobs of a run that a newer head made pointless.
pub async fn supersede(c: &mut Connection, run: i64, now: Millis) -> Result<(), StoreError> {
    let leased: Vec<Option<String>> =
        sql("UPDATE jobs SET state = 'superseded', until_ms = NULL, ended_ms = $2 WHERE run_id = $1 AND state = 'leased' RETURNING runner")
            .bind(run)
            .bind(now)
            .fetch_all(&mut *c)
            .await?;
    sql("UPDATE jobs SET state = 'superseded', ended_ms = $2 WHERE run_id = $1 AND state = 'queued'")
        .bind(run)
        .bind(now)
        .execute(&mut *c)
        .await?;
    for runner in &leased {
        tallies::lease_ended(c, runner.as_deref().unwrap_or(""), Ended::Superseded).await?;
    }
    Ok(())
}

/// Appends to a job's log up to the limit; what is beyond it is counted.
pub async fn append_log(c: &mut Connection, job: i64, text: &str) -> Result<(), StoreError> {
    if text.is_empty() {
        return Ok(());
    }
    let kept: Option<i64> = sql("SELECT octet_length(text) FROM job_logs WHERE job_id = $1").bind(job).fetch_optional(&mut *c).await?;
    let room = LOG_BYTES_MAX.saturating_sub(kept.and_then(|n| usize::try_from(n).ok()).unwrap_or(0));
    let fits = &text[..text.floor_char_boundary(room)];
    sql(
        "INSERT INTO job_logs (job_id, text, dropped_bytes) VALUES ($1, $2, $3)
         ON CONFLICT (job_id) DO UPDATE SET text = job_logs.text || excluded.text, dropped_bytes = job_logs.dropped_bytes + excluded.dropped_bytes",
    )
    .bind(job)
    .bind(fits)
    .bind(i64::try_from(text.len() - fits.len()).unwrap_or(i64::MAX))
    .execute(c)
    .await?;
    Ok(())
}

/// Drops the logs of jobs that ended before that time.
pub async fn forget_logs(c: &mut Connection, ended_before: Millis) -> Result<u64, StoreError> {
    let done =
        sql("DELETE FROM job_logs WHERE (SELECT ended_ms FROM jobs WHERE jobs.id = job_id) < $1").bind(ended_before).execute(c).await?;
    Ok(done)
}

/// The boards of a run with where each job stands, by name.
pub async fn of_run(c: &mut Connection, run: i64) -> Result<Vec<(BoardName, JobState)>, StoreError> {
    let rows: Vec<Row> = sql("SELECT id, board FROM jobs WHERE run_id = $1 ORDER BY board").bind(run).fetch_all(&mut *c).await?;
    let mut jobs = Vec::with_capacity(rows.len());
    for row in rows {
        jobs.push((stored(row.try_get("board")?)?, state(c, row.try_get("id")?).await?));
    }
    Ok(jobs)
}

/// Where a job stands, in the protocol's words.
pub async fn state(c: &mut Connection, job: i64) -> Result<JobState, StoreError> {
    let r: Row =
        sql("SELECT state, attempts, runner, token, until_ms, failure_kind, detail FROM jobs WHERE id = $1").bind(job).fetch_one(c).await?;
    let attempts: u32 = r.try_get("attempts")?;
    Ok(match r.try_get::<&str>("state")? {
        "queued" => JobState::Queued { attempts },
        "leased" => JobState::Leased {
            runner: stored(r.try_get("runner")?)?,
            token: u64::try_from(r.try_get::<i64>("token")?).unwrap_or(0),
            until: r.try_get("until_ms")?,
            attempts,
        },
        "done" => JobState::Done,
        "failed" => JobState::Failed {
            kind: if r.try_get::<Option<&str>>("failure_kind")? == Some("timeout") { FailureKind::Timeout } else { FailureKind::Infra },
            detail: r.try_get("detail")?,
        },
        _ => JobState::Superseded,
    })
}

async fn held(c: &mut Connection, job: i64, rows: u64) -> Result<(), JobError> {
    if rows == 1 { Ok(()) } else { Err(refusal(c, job).await?) }
}

/// Why nothing matched: the job has ended (or never was), or its lease is another's.
async fn refusal(c: &mut Connection, job: i64) -> Result<JobError, StoreError> {
    let state: Option<String> = sql("SELECT state FROM jobs WHERE id = $1").bind(job).fetch_optional(c).await?;
    Ok(JobError::Refused(match state.as_deref() {
        Some("queued" | "leased") => Refused::StaleToken,
        _ => Refused::Ended,
    }))
}
