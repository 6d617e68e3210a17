//! One run: the report where there is one, and how each board's job stands.

use super::super::access::Sight;
use super::super::orders::is_once;
use super::project::{RunView, run_view};
use super::words::{Label, job_label, took};
use super::{Page, PageError, Pages, STYLE_URL, Top, id, short, shown};
use crate::forge::Role;
use crate::secret::random_token;
use crate::store::pages::{self, JobRow};
use crate::store::{Connection, StoreError, commands, projects, stored};
use crate::work::order::page::source;
use askama::Template;
use axum::extract::{Path, Query as InQuery, State};
use ounce_analysis::comparison::{BoardComparison, BoardState, Comparison};
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;
use serde::Deserialize;

/// A page of a run that is under way loads itself again after this many seconds.
const RELOAD_S: u32 = 15;

#[derive(Template)]
#[template(path = "run.html")]
struct Run {
    style: &'static str,
    top: Top,
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
struct Orders {
    csrf: String,
    /// What tells these forms from those of another load of the page.
    once: String,
    /// The last part of the address, and the button's words.
    offers: Vec<(&'static str, &'static str)>,
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

pub(super) async fn page(
    State(state): State<Pages>,
    Path(text): Path<String>,
    InQuery(query): InQuery<Query>,
    sight: Sight,
) -> Result<Page, PageError> {
    const NO_RUN: PageError = PageError::NotFound(super::NO_RUN);
    let mut c = state.store.connection().await?;
    let run = id(&text).ok_or(NO_RUN)?;
    let (row, repo, comparison) = pages::run(&mut c, run).await?.ok_or(NO_RUN)?;
    let jobs = pages::jobs(&mut c, run).await?;
    let now = state.clock.now();
    let comparison: Option<Comparison> =
        comparison.map(|doc| serde_json::from_str(&doc)).transpose().map_err(|e| StoreError::Decode(Box::new(e)))?;
    let said = match (query.asked.filter(|once| is_once(once)), sight.viewer.person()) {
        (Some(once), Some(person)) => Some(said(&mut c, &stored::<RepoName>(&repo)?, &person.login, &once).await?),
        _ => None,
    };
    let person = sight.viewer.person().filter(|_| row.kind == "pull" && sight.role >= Some(Role::Write));
    let orders = person.map(|person| Orders { csrf: person.csrf.clone(), once: random_token(), offers: offers(&row.state) });
    let forge = state.forge_url(&stored::<RepoName>(&repo)?);
    let commit = |sha: &str| Commit { short: short(sha), url: forge.as_ref().map(|url| format!("{url}/commit/{sha}")) };
    Page::of(&Run {
        style: &STYLE_URL,
        top: Top::of(&sight),
        reload_s: (row.state == "measuring").then_some(RELOAD_S),
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
    })
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
    }
}
