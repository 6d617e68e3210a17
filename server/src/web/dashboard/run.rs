//! One run: the report where there is one, and how each board's job stands.

use super::project::{RunView, run_view};
use super::words::{Label, job_label, took};
use super::{Page, PageError, Pages, STYLE_URL, id, short, shown};
use crate::store::pages::{self, JobRow};
use crate::store::{StoreError, stored};
use askama::Template;
use axum::extract::{Path, State};
use ounce_analysis::Comparison;
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;

/// A page of a run that is under way loads itself again after this many seconds.
const RELOAD_S: u32 = 15;

#[derive(Template)]
#[template(path = "run.html")]
struct Run {
    style: &'static str,
    reload_s: Option<u32>,
    repo: String,
    run: RunView,
    state: String,
    pull_url: Option<String>,
    base: Commit,
    head: Commit,
    shown_sha: String,
    conflict: bool,
    note: String,
    report: Option<String>,
    jobs: Vec<JobView>,
}

struct Commit {
    short: String,
    url: Option<String>,
}

pub(super) struct JobView {
    pub id: i64,
    pub board: String,
    pub label: Label,
    pub said: String,
    pub runner: String,
    pub took: String,
    pub has_log: bool,
}

pub(super) async fn page(State(state): State<Pages>, Path(text): Path<String>) -> Result<Page, PageError> {
    const NO_RUN: PageError = PageError::NotFound("No run has this number.");
    let mut c = state.store.connection().await?;
    let run = id(&text).ok_or(NO_RUN)?;
    let (row, repo, comparison) = pages::run(&mut c, run).await?.ok_or(NO_RUN)?;
    let jobs = pages::jobs(&mut c, run).await?;
    let now = state.clock.now();
    let comparison: Option<Comparison> =
        comparison.map(|doc| serde_json::from_str(&doc)).transpose().map_err(|e| StoreError::Decode(Box::new(e)))?;
    let forge = state.forge_url(&stored::<RepoName>(&repo)?);
    let commit = |sha: &str| Commit { short: short(sha), url: forge.as_ref().map(|url| format!("{url}/commit/{sha}")) };
    Page::of(&Run {
        style: &STYLE_URL,
        reload_s: (row.state == "measuring").then_some(RELOAD_S),
        run: run_view(&row, now),
        pull_url: forge.as_ref().zip(row.pull_number).map(|(url, n)| format!("{url}/pull/{n}")),
        base: commit(&row.base_sha),
        head: commit(&row.head_sha),
        report: comparison.as_ref().map(ounce_report::html_fragment),
        jobs: jobs.iter().map(|job| job_view(job, now)).collect(),
        repo,
        state: row.state,
        shown_sha: row.shown_sha,
        conflict: row.conflict,
        note: shown(&row.note),
    })
}

/// A job in a table.
pub(super) fn job_view(job: &JobRow, now: Millis) -> JobView {
    let said = if job.state == "leased" { &job.doing } else { &job.detail };
    let again = if job.attempts > 1 { format!(" (attempt {})", job.attempts) } else { String::new() };
    JobView {
        id: job.id,
        board: job.board.clone(),
        label: job_label(&job.state),
        said: format!("{}{again}", shown(said)),
        runner: shown(job.runner.as_deref().unwrap_or_default()),
        took: match (job.started_ms, job.state.as_str()) {
            (Some(started), "leased") => took(now.saturating_sub(started)),
            (Some(started), _) => job.ended_ms.map_or(String::new(), |ended| took(ended.saturating_sub(started))),
            (None, _) => String::new(),
        },
        has_log: job.log_bytes.is_some_and(|n| n > 0),
    }
}
