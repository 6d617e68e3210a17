//! Runs, their jobs, reports and logs; the runners.

use super::answers::{Job, Log, Run, RunDetail, Runner};
use super::{Api, ApiProblem, NotFound, Problem, id, stored_json};
use crate::store::numbers::RUNNER_SEEN_MS;
use crate::store::{pages, runners};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;

/// A run with its jobs.
#[utoipa::path(
    get, path = "/runs/{id}", tag = "runs", params(("id" = i64, Path)),
    responses((status = 200, body = RunDetail), (status = 404, body = Problem))
)]
pub async fn run(State(api): State<Api>, Path(text): Path<String>) -> Result<Json<RunDetail>, ApiProblem> {
    let id = id(&text, NotFound::Run)?;
    let mut c = api.store.connection().await?;
    let (row, repo, _) = pages::run(&mut c, id).await?.ok_or(NotFound::Run)?;
    let jobs = pages::jobs(&mut c, id).await?;
    Ok(Json(RunDetail { repo, run: Run::from(row), jobs: jobs.into_iter().map(Job::from).collect() }))
}

/// What was found: the comparison from which the comment and the pages are written.
///
/// Regions, symbols, benchmarks and budgets, board by board. `ounce compare --json` prints the same.
#[utoipa::path(
    get, path = "/runs/{id}/comparison", tag = "runs", params(("id" = i64, Path)),
    responses(
        (status = 200, description = "The comparison; its fields are described in docs/interfaces.md", body = serde_json::Value),
        (status = 404, body = Problem)
    )
)]
pub async fn comparison(State(api): State<Api>, Path(text): Path<String>) -> Result<Response, ApiProblem> {
    let id = id(&text, NotFound::Run)?;
    let (.., comparison) = pages::run(&mut *api.store.connection().await?, id).await?.ok_or(NotFound::Run)?;
    Ok(stored_json(comparison.ok_or(NotFound::Comparison)?))
}

/// A job.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "runs", params(("id" = i64, Path)),
    responses((status = 200, body = Job), (status = 404, body = Problem))
)]
pub async fn job(State(api): State<Api>, Path(text): Path<String>) -> Result<Json<Job>, ApiProblem> {
    let id = id(&text, NotFound::Job)?;
    let (row, _) = pages::job(&mut *api.store.connection().await?, id).await?.ok_or(NotFound::Job)?;
    Ok(Json(Job::from(row)))
}

/// A job's log.
#[utoipa::path(
    get, path = "/jobs/{id}/log", tag = "runs", params(("id" = i64, Path)),
    responses((status = 200, body = Log), (status = 404, body = Problem))
)]
pub async fn job_log(State(api): State<Api>, Path(text): Path<String>) -> Result<Json<Log>, ApiProblem> {
    let id = id(&text, NotFound::Job)?;
    let (text, dropped_bytes) = pages::log(&mut *api.store.connection().await?, id).await?.ok_or(NotFound::Log)?;
    Ok(Json(Log { text, dropped_bytes }))
}

/// The runners, by name.
#[utoipa::path(get, path = "/runners", tag = "runs", responses((status = 200, body = Vec<Runner>)))]
pub async fn runners(State(api): State<Api>) -> Result<Json<Vec<Runner>>, ApiProblem> {
    let seen_from = api.clock.now().saturating_sub(RUNNER_SEEN_MS);
    let rows = runners::list(&mut *api.store.connection().await?).await?;
    let runner = |row: runners::Runner| Runner {
        name: row.name.to_string(),
        present: row.seen_ms.is_some_and(|seen| seen >= seen_from),
        seen_ms: row.seen_ms,
        sandbox: row.sandbox,
        can_run: serde_json::from_str(&row.can_run).unwrap_or_default(),
    };
    Ok(Json(rows.into_iter().map(runner).collect()))
}
