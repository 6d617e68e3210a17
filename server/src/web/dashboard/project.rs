//! One project: what its boards weigh on the default branch, and its runs.

use super::super::access::Sight;
use super::words::{Label, When, run_label, when};
use super::{NO_PROJECT, Page, PageError, Pages, STYLE_URL, Top, id, repo, short, shown};
use crate::store::pages::{self, LatestRow, RunRow};
use askama::Template;
use axum::extract::{Path, Query, State};
use ounce_protocol::Manifest;
use ounce_protocol::ids::BoardName;
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::Board;
use ounce_protocol::units::{delta, grouped};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "project.html")]
struct Project {
    style: &'static str,
    top: Top,
    repo: String,
    title: String,
    default_branch: String,
    forge: Option<String>,
    boards: Vec<BoardView>,
    runs: Vec<RunView>,
    older: Option<i64>,
    paged: bool,
}

struct BoardView {
    name: String,
    title: String,
    regions: Vec<RegionView>,
    sha: String,
}

/// A region's bytes in words and as a meter.
pub(super) struct RegionView {
    pub name: String,
    pub used_bytes: u64,
    pub used: String,
    /// Where the manifest still knows the region.
    pub size: Option<RegionSize>,
}

pub(super) struct RegionSize {
    pub bytes: u64,
    /// From here the meter warns: nine tenths.
    pub nearly: u64,
    /// From here it alarms.
    pub full: u64,
    pub text: String,
    pub left: String,
    pub over: bool,
}

/// A run in a list.
pub(super) struct RunView {
    pub id: i64,
    pub subject: String,
    pub what: String,
    pub label: Label,
    pub when: When,
}

#[derive(Deserialize)]
pub(super) struct Paging {
    before: Option<String>,
}

pub(super) async fn page(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    Query(paging): Query<Paging>,
    sight: Sight,
) -> Result<Page, PageError> {
    let repo = repo(&owner, &name)?;
    let mut c = state.store.connection().await?;
    let project = pages::project(&mut c, &repo).await?.ok_or(PageError::NotFound(NO_PROJECT))?;
    let before = paging.before.as_deref().and_then(id);
    let manifest = pages::manifest(&mut c, project.id).await?.and_then(|text| Manifest::parse(&text).ok());
    let latest = pages::latest(&mut c, project.id).await?;
    let runs = pages::runs(&mut c, project.id, before).await?;
    let now = state.clock.now();
    let full = i64::try_from(runs.len()).is_ok_and(|n| n == pages::RUNS_PER_PAGE);
    Page::of(&Project {
        style: &STYLE_URL,
        top: Top::of(&sight),
        forge: state.forge_url(&repo),
        repo: project.repo,
        title: shown(&project.title),
        default_branch: shown(&project.default_branch),
        boards: boards(&latest, manifest.as_ref()),
        older: runs.last().filter(|_| full).map(|run| run.id),
        runs: runs.into_iter().map(|run| run_view(&run, now)).collect(),
        paged: before.is_some(),
    })
}

/// The rows are in the boards' order.
fn boards(latest: &[LatestRow], manifest: Option<&Manifest>) -> Vec<BoardView> {
    let view = |rows: &[LatestRow]| {
        let name = &rows[0].board;
        let board = BoardName::parse(name).ok().and_then(|name| manifest?.boards.get(&name));
        BoardView {
            title: shown(board.and_then(|b| b.title.as_deref()).unwrap_or_default()),
            name: name.clone(),
            regions: rows.iter().map(|row| region(&row.region, row.value, board)).collect(),
            sha: short(&rows[0].sha),
        }
    };
    latest.chunk_by(|a, b| a.board == b.board).map(view).collect()
}

/// A region's latest figure against its size in the manifest.
pub(super) fn region(name: &str, value: i64, board: Option<&Board>) -> RegionView {
    let used_bytes = u64::try_from(value).unwrap_or(0);
    let size = board.and_then(|b| b.regions.iter().find(|r| r.name.as_str() == name)).map(|r| {
        let left = delta(used_bytes, r.size);
        let text = grouped(left.unsigned_abs());
        RegionSize {
            bytes: r.size,
            nearly: r.size / 10 * 9,
            full: r.size.saturating_sub(1),
            text: grouped(r.size),
            left: if left < 0 { format!("over by {text} B") } else { format!("{text} B left") },
            over: left < 0,
        }
    });
    RegionView { name: name.to_owned(), used_bytes, used: grouped(used_bytes), size }
}

/// A run in a list.
pub(super) fn run_view(run: &RunRow, now: Millis) -> RunView {
    let what = match run.pull_number {
        Some(n) if run.author.is_empty() => format!("pull request #{n}"),
        Some(n) => format!("pull request #{n} by {}", shown(&run.author)),
        None => format!("push {}", short(&run.shown_sha)),
    };
    let subject = if run.subject.trim().is_empty() { what.clone() } else { shown(&run.subject) };
    RunView { id: run.id, subject, what, label: run_label(&run.state, run.verdict.as_deref()), when: when(run.created_ms, now) }
}
