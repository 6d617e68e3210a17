//! One run: the report where there is one, and how each board's job stands.

use super::super::access::Sight;
use super::super::orders::is_once;
use super::project::{RunView, run_view};
use super::words::{Label, job_label, run_label, took};
use super::work::PART_S;
use super::{Page, PageError, Pages, Top, URLS, Urls, id, short, shown};
use crate::forge::Role;
use crate::secret::random_token;
use crate::store::pages::{self, JobRow};
use crate::store::{Connection, StoreError, commands, projects, stored};
use crate::work::order::page::source;
use askama::Template;
use axum::extract::{Path, Query as InQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use ounce_analysis::comparison::{BoardComparison, BoardState, Comparison};
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;
use serde::Deserialize;

/// A page of a run that is under way loads itself again after this many seconds.
const RELOAD_S: u32 = 15;

/// Says that the script asks, for a part of the page.
const PART_ASKED: &str = "hx-request";
/// Tells the script to load the whole page.
const WHOLE_PAGE: &str = "hx-refresh";

#[derive(Template)]
#[template(path = "run.html")]
struct Run {
    urls: &'static Urls,
    top: Top,
    reload_s: Option<u32>,
    /// The part with the jobs, while they are under way, is asked for again after so many seconds.
    part_s: u32,
    progress: Option<Progress>,
    repo: String,
    run: RunView,
    /// The answer in one line.
    headline: String,
    state: String,
    pull_url: Option<String>,
    base: Commit,
    head: Commit,
    shown_sha: String,
    conflict: bool,
    note: String,
    report: Option<String>,
    not_run: Vec<NotRun>,
    jobs: Vec<JobView>,
    /// What came of an order just given here.
    said: Option<Said>,
    /// What somebody who may command can order here.
    orders: Option<Orders>,
}

struct Said {
    class: String,
    words: String,
}

/// The forms of a page.
pub(super) struct Orders {
    pub csrf: String,
    /// What tells these forms from those of another load of the page.
    pub once: String,
    /// The last part of the address, and the button's words.
    pub offers: Vec<(&'static str, &'static str)>,
    /// Whether one board that failed can be weighed again by itself.
    pub retries: bool,
}

impl Orders {
    /// What who looks can order for a run of this kind that stands like this.
    pub fn of(sight: &Sight, kind: &str, state: &str) -> Option<Orders> {
        let person = sight.viewer.person().filter(|_| kind == "pull" && sight.role >= Some(Role::Write))?;
        Some(Orders { csrf: person.csrf.clone(), once: random_token(), offers: offers(state), retries: state == "judged" })
    }
}

/// How far the jobs of a run are.
struct Progress {
    ended: usize,
    all: usize,
    words: String,
}

/// In words: `3 of 6 boards done, 1 failed, 2 running`.
fn progress(jobs: &[JobRow]) -> Progress {
    let count = |state: &str| jobs.iter().filter(|job| job.state == state).count();
    let (done, all) = (count("done"), jobs.len());
    let others = [("failed", "failed"), ("leased", "running"), ("queued", "queued")];
    let others = others.iter().map(|(state, word)| (count(state), word)).filter(|(n, _)| *n > 0);
    let others: String = others.map(|(n, word)| format!(", {n} {word}")).collect();
    let words = format!("{done} of {all} {} done{others}", if all == 1 { "board" } else { "boards" });
    Progress { ended: all - count("leased") - count("queued"), all, words }
}

/// What can be ordered for a run that stands like this.
fn offers(state: &str) -> Vec<(&'static str, &'static str)> {
    match state {
        "measuring" => vec![("cancel", "Cancel")],
        "waiting" => vec![("approve", "Approve exactly this commit"), ("cancel", "Cancel")],
        _ => vec![("run", "Weigh again")],
    }
}

#[derive(Deserialize)]
pub(super) struct Query {
    /// An order given here just now.
    asked: Option<String>,
}

/// A side with the figures of an earlier run.
struct NotRun {
    board: String,
    side: &'static str,
    run: i64,
    commit: String,
}

fn not_run(comparison: &Comparison) -> Vec<NotRun> {
    let of = |board: &BoardComparison| {
        let BoardState::Compared(compared) = &board.state else { return Vec::new() };
        let sides = compared.reused.iter().map(|side| NotRun {
            board: board.board.to_string(),
            side: if side.is_head { "Head" } else { "Base" },
            run: side.from.run,
            commit: side.from.commit.short().to_owned(),
        });
        sides.collect()
    };
    comparison.boards.iter().flat_map(of).collect()
}

struct Commit {
    sha: String,
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
    pub has_failed: bool,
}

pub(super) async fn page(
    State(state): State<Pages>,
    Path(text): Path<String>,
    InQuery(query): InQuery<Query>,
    headers: HeaderMap,
    sight: Sight,
) -> Result<Response, PageError> {
    const NO_RUN: PageError = PageError::NotFound(super::NO_RUN);
    let mut c = state.store.connection().await?;
    let run = id(&text).ok_or(NO_RUN)?;
    let (row, repo, comparison) = pages::run(&mut c, run).await?.ok_or(NO_RUN)?;
    if headers.contains_key(PART_ASKED) && row.state != "measuring" {
        // The part that was looked at is over: the whole page has the report now.
        return Ok([(WHOLE_PAGE, "true")].into_response());
    }
    let jobs = pages::jobs(&mut c, run).await?;
    let now = state.clock.now();
    let comparison: Option<Comparison> =
        comparison.map(|doc| serde_json::from_str(&doc)).transpose().map_err(|e| StoreError::Decode(Box::new(e)))?;
    let said = match (query.asked.filter(|once| is_once(once)), sight.viewer.person()) {
        (Some(once), Some(person)) => Some(said(&mut c, &stored::<RepoName>(&repo)?, &person.login, &once).await?),
        _ => None,
    };
    let orders = Orders::of(&sight, &row.kind, &row.state);
    let forge = state.forge_url(&stored::<RepoName>(&repo)?);
    let commit =
        |sha: &str| Commit { sha: sha.to_owned(), short: short(sha), url: forge.as_ref().map(|url| format!("{url}/commit/{sha}")) };
    let page = Page::of(&Run {
        urls: &URLS,
        top: Top::of_project(&sight, &repo, None),
        reload_s: (row.state == "measuring").then_some(RELOAD_S),
        part_s: PART_S,
        progress: (row.state == "measuring" && !jobs.is_empty()).then(|| progress(&jobs)),
        headline: match &comparison {
            Some(comparison) => ounce_report::check_title(comparison),
            None => run_label(&row.state, row.verdict.as_deref()).word,
        },
        run: run_view(&row, now),
        pull_url: forge.as_ref().zip(row.pull_number).map(|(url, n)| format!("{url}/pull/{n}")),
        base: commit(&row.base_sha),
        head: commit(&row.head_sha),
        not_run: comparison.as_ref().map(not_run).unwrap_or_default(),
        report: comparison.as_ref().map(ounce_report::html_fragment),
        jobs: jobs.iter().map(|job| job_view(job, now)).collect(),
        said,
        orders,
        repo,
        state: row.state,
        shown_sha: row.shown_sha,
        conflict: row.conflict,
        note: shown(&row.note),
    })?;
    Ok(page.into_response())
}

/// What came of an order given on this page.
async fn said(c: &mut Connection, repo: &RepoName, login: &str, once: &str) -> Result<Said, StoreError> {
    let came = match projects::find(c, repo).await? {
        Some(project) => commands::came_of(c, project, &source(login, once)).await?,
        None => None,
    };
    Ok(match came {
        Some((outcome, note)) => Said { words: format!("{outcome}: {}", shown(&note)), class: outcome },
        None => Said {
            class: "noted".into(),
            words: "Noted. It is carried out as soon as the forge has answered what your account may do.".into(),
        },
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
        has_failed: job.state == "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_words() {
        let check = |states: &[&str], ended: usize, expected: &str| {
            let job = |state: &&str| JobRow {
                id: 1,
                run_id: 1,
                board: "b".into(),
                state: (*state).into(),
                attempts: 0,
                runner: None,
                detail: String::new(),
                doing: String::new(),
                started_ms: None,
                ended_ms: None,
                log_bytes: None,
            };
            let progress = progress(&states.iter().map(job).collect::<Vec<_>>());
            assert_eq!((progress.words.as_str(), progress.ended, progress.all), (expected, ended, states.len()));
        };
        check(&["queued"], 0, "0 of 1 board done, 1 queued");
        check(&["done", "done", "leased", "failed"], 3, "2 of 4 boards done, 1 failed, 1 running");
        check(&["done", "done"], 2, "2 of 2 boards done");
    }
}
