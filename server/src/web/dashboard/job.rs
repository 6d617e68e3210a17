//! A job's log, as its runner sent it.

use super::super::access::Sight;
use super::run::{JobView, job_view};
use super::{Page, PageError, Pages, STYLE_URL, Top, id};
use crate::store::pages;
use askama::Template;
use axum::extract::{Path, State};
use ounce_protocol::units::grouped;

#[derive(Template)]
#[template(path = "job.html")]
struct Job {
    style: &'static str,
    top: Top,
    repo: String,
    run: i64,
    job: JobView,
    /// HTML text by `ounce_report::log_html`.
    log: String,
    dropped: Option<String>,
}

pub(super) async fn page(State(state): State<Pages>, Path(text): Path<String>, sight: Sight) -> Result<Page, PageError> {
    const NO_JOB: PageError = PageError::NotFound(super::NO_JOB);
    let mut c = state.store.connection().await?;
    let job = id(&text).ok_or(NO_JOB)?;
    let (row, repo) = pages::job(&mut c, job).await?.ok_or(NO_JOB)?;
    let (log, dropped) = pages::log(&mut c, job).await?.unwrap_or_default();
    Page::of(&Job {
        style: &STYLE_URL,
        top: Top::of(&sight),
        repo,
        run: row.run_id,
        job: job_view(&row, state.clock.now()),
        log: ounce_report::log_html(&log),
        dropped: u64::try_from(dropped).ok().filter(|&n| n > 0).map(grouped),
    })
}
