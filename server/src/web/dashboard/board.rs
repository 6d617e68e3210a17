//! One board's history on the default branch: the chart, the same figures as tables, and its badge.

use super::super::access::Sight;
use super::project::{RegionView, region};
use super::words::{When, when};
use super::{NO_PROJECT, Page, PageError, Pages, STYLE_URL, Top, repo, short, shown};
use crate::store::pages::{self, CommitRow, PointRow};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ounce_protocol::Manifest;
use ounce_protocol::ids::{BenchName, BoardName};
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::Board as ManifestBoard;
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::{delta, grouped, percent, signed};
use ounce_report::{BadgeTone, HistoryPoint};
use std::collections::{BTreeMap, BTreeSet};

/// Commits listed below the chart.
const COMMITS_LISTED_MAX: usize = 50;
const NO_BOARD: PageError = PageError::NotFound("No board of this name has figures in this project.");

#[derive(Template)]
#[template(path = "board.html")]
struct Board {
    style: &'static str,
    top: Top,
    repo: String,
    board: String,
    title: String,
    others: Vec<String>,
    regions: Vec<RegionView>,
    chart: String,
    benches: Vec<Bench>,
    commits: Vec<Commit>,
    drawn: usize,
}

struct Bench {
    name: String,
    now: String,
    change: String,
}

struct Commit {
    short: String,
    run: Option<i64>,
    summary: String,
    when: When,
    flash: Memory,
    ram: Memory,
}

/// Bytes and the difference to the commit before, in words.
#[derive(Default)]
struct Memory {
    bytes: String,
    change: String,
}

/// A commit's figures.
#[derive(Default)]
struct Figures {
    regions: BTreeMap<String, u64>,
    benches: BTreeMap<BenchName, u64>,
}

/// A board's history as read.
struct History {
    commits: Vec<(CommitRow, Figures)>,
    board: Option<ManifestBoard>,
}

impl History {
    fn new(commits: Vec<CommitRow>, points: Vec<PointRow>, board: Option<ManifestBoard>) -> History {
        let mut figures: BTreeMap<i64, Figures> = BTreeMap::new();
        for point in points {
            let at = figures.entry(point.commit_id).or_default();
            let value = u64::try_from(point.value).unwrap_or(0);
            if point.kind == "region" {
                at.regions.insert(point.name, value);
            } else if let Ok(name) = BenchName::parse(&point.name) {
                at.benches.insert(name, value);
            }
        }
        let commits = commits
            .into_iter()
            .map(|c| {
                let f = figures.remove(&c.id).unwrap_or_default();
                (c, f)
            })
            .collect();
        History { commits, board }
    }

    /// The sum of a kind's regions at a commit; none where it has none of them.
    fn bytes(&self, figures: &Figures, kind: RegionKind) -> Option<u64> {
        let regions = self.board.as_ref()?.regions.iter().filter(|r| r.kind == kind);
        regions
            .filter_map(|r| figures.regions.get(r.name.as_str()))
            .fold(None, |sum: Option<u64>, &n| Some(sum.unwrap_or(0).saturating_add(n)))
    }

    fn flash_limit(&self) -> Option<u64> {
        let sizes = self.board.as_ref()?.regions.iter().filter(|r| r.kind == RegionKind::Flash).map(|r| r.size);
        Some(sizes.fold(0, u64::saturating_add)).filter(|&n| n > 0)
    }

    fn latest(&self) -> Option<&Figures> {
        self.commits.iter().rev().map(|(_, f)| f).find(|f| !f.regions.is_empty())
    }

    fn points(&self, runs: &BTreeMap<String, i64>) -> Vec<HistoryPoint> {
        let point = |(commit, figures): &(CommitRow, Figures)| HistoryPoint {
            label: short(&commit.sha),
            href: runs.get(&commit.sha).map(|id| format!("/runs/{id}")),
            flash_bytes: self.bytes(figures, RegionKind::Flash),
            instructions: figures.benches.clone(),
        };
        // What came before the board's first figure would only be an empty margin.
        self.commits.iter().skip_while(|(_, f)| f.regions.is_empty()).map(point).collect()
    }

    /// The benchmarks of the newest commit that has any, against the first commit drawn that has them.
    fn benches(&self) -> Vec<Bench> {
        let Some((_, latest)) = self.commits.iter().rev().find(|(_, f)| !f.benches.is_empty()) else { return Vec::new() };
        let first = |name: &BenchName| self.commits.iter().find_map(|(_, f)| f.benches.get(name).copied());
        let bench = |(name, &now): (&BenchName, &u64)| {
            let before = first(name).unwrap_or(now);
            let change = if before == now { "same".into() } else { format!("{} ({})", signed(delta(before, now)), percent(before, now)) };
            Bench { name: name.to_string(), now: grouped(now), change }
        };
        latest.benches.iter().map(bench).collect()
    }

    /// The newest commits first, each with the difference to the one before it that has a figure.
    fn list(&self, runs: &BTreeMap<String, i64>, now: Millis) -> Vec<Commit> {
        let mut before: [Option<u64>; 2] = [None, None];
        let mut commits: Vec<Commit> = Vec::new();
        for (commit, figures) in &self.commits {
            let [flash, ram] = [(0, RegionKind::Flash), (1, RegionKind::Ram)].map(|(i, kind)| {
                let Some(bytes) = self.bytes(figures, kind) else { return Memory::default() };
                let change = match before[i].replace(bytes) {
                    None => String::new(),
                    Some(b) if b == bytes => "same".into(),
                    Some(b) => format!("{} B", signed(delta(b, bytes))),
                };
                Memory { bytes: format!("{} B", grouped(bytes)), change }
            });
            let summary = shown(&commit.summary);
            commits.push(Commit {
                short: short(&commit.sha),
                run: runs.get(&commit.sha).copied(),
                summary,
                when: when(commit.committed_ms, now),
                flash,
                ram,
            });
        }
        commits.into_iter().rev().take(COMMITS_LISTED_MAX).collect()
    }
}

pub(super) async fn page(
    State(state): State<Pages>,
    Path((owner, name, board)): Path<(String, String, String)>,
    sight: Sight,
) -> Result<Page, PageError> {
    let repo = repo(&owner, &name)?;
    let board = BoardName::parse(&board).map_err(|_| NO_BOARD)?;
    let mut c = state.store.connection().await?;
    let project = pages::project(&mut c, &repo).await?.ok_or(PageError::NotFound(NO_PROJECT))?;
    let manifest = pages::manifest(&mut c, project.id).await?.and_then(|text| Manifest::parse(&text).ok());
    let (commits, points) = pages::history(&mut c, project.id, &board).await?;
    let declared = manifest.as_ref().and_then(|m| m.boards.get(&board));
    if points.is_empty() && declared.is_none() {
        return Err(NO_BOARD);
    }
    let shas: Vec<&str> = commits.iter().map(|c| c.sha.as_str()).collect();
    let runs: BTreeMap<String, i64> = pages::runs_of_commits(&mut c, project.id, &shas).await?.into_iter().collect();
    let mut others: BTreeSet<String> = manifest.iter().flat_map(|m| m.boards.keys().map(BoardName::to_string)).collect();
    others.remove(board.as_str());
    let history = History::new(commits, points, declared.cloned());
    let drawn = history.points(&runs);
    let title = declared.and_then(|b| b.title.as_deref()).unwrap_or_default();
    Page::of(&Board {
        style: &STYLE_URL,
        top: Top::of(&sight),
        repo: project.repo,
        title: shown(title),
        others: others.into_iter().collect(),
        regions: history
            .latest()
            .map(|f| f.regions.iter().map(|(n, &v)| region(n, i64::try_from(v).unwrap_or(i64::MAX), declared)).collect())
            .unwrap_or_default(),
        chart: ounce_report::history_svg(&format!("History of {board}"), &drawn, history.flash_limit()),
        benches: history.benches(),
        commits: history.list(&runs, state.clock.now()),
        drawn: drawn.len(),
        board: board.to_string(),
    })
}

/// The board's flash on the default branch, for a README.
pub(super) async fn badge(
    State(state): State<Pages>,
    Path((owner, name, board)): Path<(String, String, String)>,
) -> Result<Response, PageError> {
    let repo = repo(&owner, &name)?;
    let mut c = state.store.connection().await?;
    let project = pages::project(&mut c, &repo).await?.ok_or(PageError::NotFound(NO_PROJECT))?;
    let manifest = pages::manifest(&mut c, project.id).await?.and_then(|text| Manifest::parse(&text).ok());
    let board = BoardName::parse(&board).map_err(|_| NO_BOARD)?;
    let declared = manifest.as_ref().and_then(|m| m.boards.get(&board)).ok_or(NO_BOARD)?;
    let flash: BTreeSet<&str> = declared.regions.iter().filter(|r| r.kind == RegionKind::Flash).map(|r| r.name.as_str()).collect();
    let size = declared.regions.iter().filter(|r| r.kind == RegionKind::Flash).fold(0u64, |sum, r| sum.saturating_add(r.size));
    let rows = pages::latest(&mut c, project.id).await?;
    let rows = rows.iter().filter(|row| row.board == board.as_str() && flash.contains(row.region.as_str()));
    let used = rows.fold(None, |sum: Option<u64>, row| Some(sum.unwrap_or(0).saturating_add(u64::try_from(row.value).unwrap_or(0))));
    let (value, tone) = match used {
        None => ("no figure yet".to_owned(), BadgeTone::Neutral),
        Some(n) if n > size => (format!("{} B, over by {} B", grouped(n), grouped(n - size)), BadgeTone::Bad),
        Some(n) => (format!("{} B", grouped(n)), BadgeTone::Good),
    };
    let svg = ounce_report::badge_svg(&format!("{board} flash"), &value, tone);
    Ok(([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=300")], svg).into_response())
}
