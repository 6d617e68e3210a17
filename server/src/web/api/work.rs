//! What is at work, and one runner: what the pages of that name show.

use super::super::access::Sight;
use super::answers::Runner;
use super::lab::Unit;
use super::{Api, ApiProblem, NotFound, Problem};
use crate::store::at_work::{EndedRow, QueuedRow, RunningRow};
use crate::work::at_work::{self, AtRunner, AtWork};
use crate::work::waits::Waits;
use axum::Json;
use axum::extract::{Path, State};
use ounce_protocol::ids::RunnerName;
use serde::Serialize;
use utoipa::ToSchema;

/// What is at work now, as far as who asks may see it; counts too.
#[derive(Debug, Serialize, ToSchema)]
pub struct Work {
    /// How many jobs wait; 1000 stands for as many or more.
    pub queued: i64,
    /// The head of the queue, in its order: at most 100.
    pub queue: Vec<QueuedJob>,
    /// What runs, the longest first: at most 100.
    pub running: Vec<RunningJob>,
    /// What ended within a day, the failed first, then the latest first: at most 30.
    pub ended: Vec<EndedJob>,
    /// The runners, by name.
    pub runners: Vec<RunnerAtWork>,
}

/// A job that waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueuedJob {
    /// Its number.
    pub id: i64,
    /// Its run.
    pub run: i64,
    /// The repository.
    pub repo: String,
    /// The pull request; null for a push.
    pub pull: Option<i64>,
    /// The board.
    pub board: String,
    /// What a runner must offer; null: nothing.
    pub needs: Option<String>,
    /// Lower first.
    pub priority: i64,
    /// Leases given so far, which came to nothing.
    pub attempts: i64,
    /// Since when it waits.
    pub queued_ms: i64,
    /// What it waits for, in a sentence.
    #[schema(example = "needs qemu:microbit; no runner offers it")]
    pub waits_for: String,
    /// Whether somebody has to do something before it goes on.
    pub stuck: bool,
    /// What came of the latest lease. From outside: escape it.
    pub detail: String,
}

impl From<(QueuedRow, Waits)> for QueuedJob {
    fn from((row, waits): (QueuedRow, Waits)) -> QueuedJob {
        QueuedJob {
            id: row.id,
            run: row.run_id,
            repo: row.repo,
            pull: row.pull_number,
            board: row.board,
            needs: row.needs,
            priority: row.priority,
            attempts: row.attempts,
            queued_ms: row.queued_ms,
            waits_for: waits.to_string(),
            stuck: waits.is_stuck(),
            detail: row.detail,
        }
    }
}

/// A job under way.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunningJob {
    /// Its number.
    pub id: i64,
    /// Its run.
    pub run: i64,
    /// The repository.
    pub repo: String,
    /// The pull request; null for a push.
    pub pull: Option<i64>,
    /// The board.
    pub board: String,
    /// Who has it.
    pub runner: Option<String>,
    /// What the runner said in its last heartbeat. From outside: escape it.
    pub doing: String,
    /// Leases given so far, this one among them.
    pub attempts: i64,
    /// When the lease began.
    pub started_ms: Option<i64>,
}

impl From<RunningRow> for RunningJob {
    fn from(row: RunningRow) -> RunningJob {
        RunningJob {
            id: row.id,
            run: row.run_id,
            repo: row.repo,
            pull: row.pull_number,
            board: row.board,
            runner: row.runner,
            doing: row.doing,
            attempts: row.attempts,
            started_ms: row.started_ms,
        }
    }
}

/// A job that ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndedJob {
    /// Its number.
    pub id: i64,
    /// Its run.
    pub run: i64,
    /// The repository.
    pub repo: String,
    /// The pull request; null for a push.
    pub pull: Option<i64>,
    /// The board.
    pub board: String,
    /// `done`, `failed` or `superseded`.
    pub state: String,
    /// `infra` or `timeout`, of a failed one.
    pub failure: Option<String>,
    /// Why it failed. From outside: escape it.
    pub detail: String,
    /// Who had it last.
    pub runner: Option<String>,
    /// Leases given.
    pub attempts: i64,
    /// When its last lease began.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: i64,
}

impl From<EndedRow> for EndedJob {
    fn from(row: EndedRow) -> EndedJob {
        EndedJob {
            id: row.id,
            run: row.run_id,
            repo: row.repo,
            pull: row.pull_number,
            board: row.board,
            state: row.state,
            failure: row.failure_kind,
            detail: row.detail,
            runner: row.runner,
            attempts: row.attempts,
            started_ms: row.started_ms,
            ended_ms: row.ended_ms,
        }
    }
}

/// A runner with what came of its work lately.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunnerAtWork {
    /// The runner.
    #[serde(flatten)]
    pub runner: Runner,
    /// `busy`, `idle`, `away`, `never_seen`, `aside` or `revoked`.
    pub stands: String,
    /// Until when it is set aside; then it gets one job at a time until one is done.
    pub aside_until_ms: Option<i64>,
    /// Failures in a row.
    pub failures: i64,
    /// When it was enrolled first.
    pub enrolled_ms: i64,
    /// Since when its token counts.
    pub token_ms: i64,
    /// When its token was taken from it.
    pub revoked_ms: Option<i64>,
    /// How its leases of the last day came out.
    pub last_day: LastDay,
    /// Of a thousand leases ever given to it, how many came to nothing for reasons of infrastructure; null while it has had too few.
    pub infra_per_mille: Option<i64>,
}

/// How leases came out.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastDay {
    /// With both measurements.
    pub done: i64,
    /// It took longer than it may.
    pub timeout: i64,
    /// For reasons of infrastructure, or the runner was lost.
    pub infra: i64,
    /// A newer head arrived.
    pub superseded: i64,
    /// Of those for infrastructure: the same commits on the same board were measured by a later lease.
    pub flaky: i64,
}

impl From<AtRunner> for RunnerAtWork {
    fn from(at: AtRunner) -> RunnerAtWork {
        let AtRunner { row, offers, stands, day, infra_per_mille } = at;
        let present = matches!(stands, at_work::Stands::Busy | at_work::Stands::Idle);
        RunnerAtWork {
            runner: Runner { name: row.name, present, seen_ms: row.seen_ms, sandbox: row.sandbox, can_run: offers },
            stands: stands.word().to_owned(),
            aside_until_ms: row.aside_until_ms,
            failures: row.failures,
            enrolled_ms: row.created_ms,
            token_ms: row.token_ms,
            revoked_ms: row.revoked_ms,
            last_day: LastDay { done: day.done, timeout: day.timeout, infra: day.infra, superseded: day.superseded, flaky: day.flaky },
            infra_per_mille,
        }
    }
}

/// What is at work now: the queue with what each job waits for, what runs, what ended lately, the runners.
#[utoipa::path(get, path = "/work", tag = "runs", responses((status = 200, body = Work)))]
pub async fn work(State(api): State<Api>, sight: Sight) -> Result<Json<Work>, ApiProblem> {
    let AtWork { queue, queued, running, ended, runners, .. } =
        at_work::look(&mut *api.store.connection().await?, &sight.also, api.clock.now()).await?;
    Ok(Json(Work {
        queued,
        queue: queue.into_iter().map(QueuedJob::from).collect(),
        running: running.into_iter().map(RunningJob::from).collect(),
        ended: ended.into_iter().map(EndedJob::from).collect(),
        runners: runners.into_iter().map(RunnerAtWork::from).collect(),
    }))
}

/// One runner with what it does and did, as far as who asks may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunnerDetail {
    /// The runner.
    #[serde(flatten)]
    pub at: RunnerAtWork,
    /// What runs there.
    pub running: Vec<RunningJob>,
    /// What ended there within 30 days, the latest first: at most 30.
    pub ended: Vec<EndedJob>,
    /// What ended there within 30 days, by day, the oldest first.
    pub days: Vec<Day>,
    /// What was done to it, the latest first.
    pub done: Vec<DoneTo>,
    /// The units of its lab, by name.
    pub units: Vec<Unit>,
}

/// Jobs that ended on one day and in one way.
#[derive(Debug, Serialize, ToSchema)]
pub struct Day {
    /// Days since the Unix epoch, UTC.
    pub day: i64,
    /// `done`, `failed` or `superseded`.
    pub state: String,
    /// `infra` or `timeout`, of failed ones.
    pub failure: Option<String>,
    /// How many.
    pub jobs: i64,
}

/// What was done to a runner.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoneTo {
    /// When.
    pub at_ms: i64,
    /// `enroll`, `enrolment code`, `set aside`, `restore runner` or `revoke`.
    pub what: String,
}

/// One runner: how it stands, what came of its work, what was done to it.
#[utoipa::path(
    get, path = "/runners/{runner}", tag = "runs", params(("runner" = String, Path, description = "Its name")),
    responses((status = 200, body = RunnerDetail), (status = 404, body = Problem))
)]
pub async fn runner(State(api): State<Api>, Path(name): Path<String>, sight: Sight) -> Result<Json<RunnerDetail>, ApiProblem> {
    let name = RunnerName::parse(&name).map_err(|_| NotFound::Runner)?;
    let mut c = api.store.connection().await?;
    let found = at_work::look_at(&mut c, &name, &sight.also, false, api.clock.now()).await?.ok_or(NotFound::Runner)?;
    let day = |row: crate::store::at_work::DayRow| Day { day: row.day, state: row.state, failure: row.failure_kind, jobs: row.jobs };
    Ok(Json(RunnerDetail {
        at: found.at.into(),
        running: found.running.into_iter().map(RunningJob::from).collect(),
        ended: found.ended.into_iter().map(EndedJob::from).collect(),
        days: found.days.into_iter().map(day).collect(),
        done: found.done.into_iter().map(|row| DoneTo { at_ms: row.at_ms, what: row.what }).collect(),
        units: found.units.into_iter().map(Unit::from).collect(),
    }))
}
