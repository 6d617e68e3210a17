//! Figures over the history: one or many series on one chart, drawn here and zoomed in the browser, with the same as a table.

use super::super::access::Sight;
use super::super::series::{Along, Happened, Kind, Loaded, Missing, Scale, Selection, Track, happened, key_text, load, title, unit};
use super::words::{When, when};
use super::{Page, PageError, Pages, Tab, Top, URLS, Urls, project_of, repo, short, shown};
use crate::store::Connection;
use crate::store::figures::{self, Key};
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, RawQuery, State};
use axum::routing::get;
use ounce_protocol::job::Millis;
use ounce_protocol::units::{delta, grouped, percent, signed};
use ounce_report::{Certainty, ChartCommit, Gap, Link, Mark, MarkKind, SeriesChart, SeriesPoint, series_svg};

/// Commits in the table below the chart, the newest, and figures in all of it: pages stay small.
const ROWS_MAX: usize = 60;
const CELLS_MAX: usize = 150;
/// So many commits are listed whatever each has.
const ROWS_MIN: usize = 25;
/// Things that happened that are listed, the newest.
const HAPPENED_MAX: usize = 60;
/// How many commits one can choose to see.
const LASTS: [i64; 5] = [50, 200, 1_000, 5_000, 10_000];

#[derive(Template)]
#[template(path = "series.html")]
struct Series {
    urls: &'static Urls,
    top: Top,
    repo: String,
    title: String,
    json: String,
    csv: String,
    feed: String,
    /// Of a single figure.
    badge: Option<String>,
    chart: String,
    relative: bool,
    dates: bool,
    until: Option<String>,
    lasts: Vec<(i64, bool)>,
    choices: Vec<Choice>,
    /// The series drawn.
    names: Vec<String>,
    rows: Vec<Row>,
    commits: usize,
    happened: Vec<HappenedView>,
    older: Option<String>,
}

/// A board's figures to choose from.
struct Choice {
    board: String,
    figures: Vec<(String, String, bool)>,
}

/// A commit in a table of figures.
pub(super) struct Row {
    pub sha: String,
    pub short: String,
    pub summary: String,
    pub author: String,
    pub pull: Option<i64>,
    pub when: When,
    pub cells: Vec<Cell>,
}

/// A figure and its difference to the one before by the same tools.
#[derive(Default)]
pub(super) struct Cell {
    pub value: String,
    pub change: String,
    pub class: &'static str,
}

struct HappenedView {
    kind: &'static str,
    title: String,
    sha: String,
    short: String,
    when: When,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/series", get(page))
}

async fn page(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    sight: Sight,
) -> Result<Page, PageError> {
    let repo = repo(&owner, &name)?;
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let known = figures::keys(&mut c, project.id).await?;
    let (selection, loaded) = selected(&mut c, project.id, &known, query.as_deref()).await?;
    let (events, gaps) = happened(&mut c, project.id, &loaded).await?;
    drop(c);
    let now = state.clock.now();
    let title = title(&selection.keys);
    let repo = project.repo;
    let query = selection.query();
    let chart = chart(&repo, &title, &selection, &loaded, &events, &gaps);
    let names = selection.keys.iter().map(key_text).collect();
    let older = older(&selection, &loaded);
    let view = |h: &Happened| HappenedView {
        kind: kind(h.kind),
        title: h.title.clone(),
        sha: loaded.commits[h.commit].sha.clone(),
        short: short(&loaded.commits[h.commit].sha),
        when: when(loaded.commits[h.commit].committed_ms, now),
    };
    Page::of(&Series {
        urls: &URLS,
        top: Top::of_project(&sight, &repo, Tab::History),
        json: format!("/api/v1/projects/{repo}/series?{query}"),
        csv: format!("/api/v1/projects/{repo}/series?{query}&format=csv"),
        feed: format!("/p/{repo}/steps.atom?{query}"),
        badge: (selection.keys.len() == 1).then(|| format!("/p/{repo}/badge.svg?{query}")),
        title,
        chart: series_svg(&chart),
        relative: selection.scale == Scale::Relative,
        dates: selection.along == Along::Dates,
        until: selection.until.clone(),
        lasts: LASTS.iter().map(|&n| (n, n == selection.last)).collect(),
        choices: choices(&known, &selection.keys),
        names,
        rows: rows(&loaded, now),
        commits: loaded.commits.len(),
        happened: events.iter().rev().take(HAPPENED_MAX).map(view).collect(),
        older: older.map(|query| format!("/p/{repo}/series?{query}")),
        repo,
    })
}

/// What an address asks for, with its rows.
pub(super) async fn selected(
    c: &mut Connection,
    project: i64,
    known: &[Key],
    query: Option<&str>,
) -> Result<(Selection, Loaded), PageError> {
    let selection = Selection::read(query.unwrap_or(""), known).map_err(|error| PageError::Asked(error.to_string()))?;
    let loaded = load(c, project, &selection).await?;
    let loaded = loaded.ok_or_else(|| {
        PageError::Asked("No commit of the default branch begins with these digits: until=SHA takes one that was pushed there.".into())
    })?;
    Ok((selection, loaded))
}

/// The same chart of the commits before, where there are as many as were asked for.
fn older(selection: &Selection, loaded: &Loaded) -> Option<String> {
    let oldest = loaded.commits.first()?;
    let full = i64::try_from(loaded.commits.len()).is_ok_and(|n| n >= selection.last);
    full.then(|| Selection { until: Some(oldest.sha.clone()), ..selection.clone() }.query())
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Step => "step",
        Kind::ChangePoint(_) => "change point",
        Kind::Acceptance => "accepted",
        Kind::Release => "release",
        Kind::Toolchain => "other tools",
    }
}

/// The picture's data. A series whose tools changed is a line for each set of tools: what is not of one kind is not joined.
pub(super) fn chart(repo: &str, title: &str, selection: &Selection, loaded: &Loaded, events: &[Happened], gaps: &[Missing]) -> SeriesChart {
    let href = |sha: &str| Some(format!("/p/{repo}/commits/{sha}"));
    let mark = |h: &Happened| Mark {
        commit: h.commit,
        kind: match h.kind {
            Kind::Step => MarkKind::Step,
            Kind::ChangePoint(p) => MarkKind::ChangePoint(p),
            Kind::Acceptance => MarkKind::Acceptance,
            Kind::Release => MarkKind::Release,
            Kind::Toolchain => MarkKind::Toolchain,
        },
        label: h.label.clone(),
        title: h.title.clone(),
        href: href(&loaded.commits[h.commit].sha),
    };
    SeriesChart {
        title: title.to_owned(),
        commits: loaded
            .commits
            .iter()
            .map(|commit| ChartCommit { label: short(&commit.sha), href: href(&commit.sha), at_ms: commit.committed_ms })
            .collect(),
        series: loaded.tracks.iter().map(|(key, track)| line(key, track)).collect(),
        scale: match selection.scale {
            Scale::Absolute => ounce_report::Scale::Absolute,
            Scale::Relative => ounce_report::Scale::Since(0),
        },
        along: match selection.along {
            Along::Commits => ounce_report::Along::Commits,
            Along::Dates => ounce_report::Along::Dates,
        },
        marks: events.iter().map(mark).collect(),
        gaps: gaps.iter().map(|gap| Gap { first: gap.first, last: gap.last, reason: gap.reason.clone() }).collect(),
        limit: None,
    }
}

fn line(key: &Key, track: &Track) -> ounce_report::Series {
    let point = |at: usize| SeriesPoint { value: track.at(at).map(|figure| figure.value.into()), href: None };
    ounce_report::Series {
        name: key_text(key),
        unit: unit(&key.kind).to_owned(),
        certainty: if track.is_exact() { Certainty::Exact } else { Certainty::Noisy },
        points: (0..track.0.len()).map(point).collect(),
        links: track.links().into_iter().map(|(commit, factor)| Link { commit, factor }).collect(),
    }
}

fn choices(known: &[Key], chosen: &[Key]) -> Vec<Choice> {
    let board = |keys: &[Key]| Choice {
        board: keys[0].board.clone(),
        figures: keys
            .iter()
            .map(|key| {
                let text = key_text(key);
                let name = text.split_once('/').map_or(text.as_str(), |(_, name)| name).to_owned();
                (text, name, chosen.contains(key))
            })
            .collect(),
    };
    known.chunk_by(|a, b| a.board == b.board).map(board).collect()
}

/// The newest commits first.
pub(super) fn rows(loaded: &Loaded, now: Millis) -> Vec<Row> {
    let row = |at: usize| {
        let commit = &loaded.commits[at];
        Row {
            sha: commit.sha.clone(),
            short: short(&commit.sha),
            summary: shown(&commit.summary),
            author: shown(&commit.author),
            pull: loaded.pulls.get(&commit.sha).copied(),
            when: when(commit.committed_ms, now),
            cells: loaded.tracks.iter().map(|(key, track)| cell(key, track, at)).collect(),
        }
    };
    let most = (CELLS_MAX / loaded.tracks.len().max(1)).clamp(ROWS_MIN, ROWS_MAX);
    (0..loaded.commits.len()).rev().take(most).map(row).collect()
}

/// A figure, and what it is against the last one before it: by the newest tools that have both.
fn cell(key: &Key, track: &Track, at: usize) -> Cell {
    let Some(figure) = track.at(at) else { return Cell::default() };
    let value = format!("{} {}", grouped(figure.value), if key.kind == "instructions" { "" } else { "B" }).trim_end().to_owned();
    let Some(before) = (0..at).rev().find(|&before| !track.0[before].is_empty()) else { return Cell { value, ..Cell::default() } };
    let pair = track.0[at].iter().filter_map(|after| {
        let same = track.0[before].iter().find(|figure| figure.tools == after.tools)?;
        Some((after.tools, same.value, after.value))
    });
    match pair.max_by_key(|(tools, ..)| *tools) {
        None => Cell { value, change: "other tools".into(), class: "quiet" },
        Some((_, before, after)) if before == after => Cell { value, change: "same".into(), class: "quiet" },
        Some((_, before, after)) => Cell {
            value,
            change: format!("{} ({})", signed(delta(before, after)), percent(before, after)),
            class: if after > before { "worse" } else { "better" },
        },
    }
}
