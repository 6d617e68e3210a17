//! One board's history on the default branch: its regions and benchmarks as charts, and the same figures as tables.

use super::super::access::Sight;
use super::super::series::{Along, Happened, Loaded, Missing, Scale, Selection, Track, happened, landmarks, load, missing};
use super::project::{RegionView, region};
use super::series::{Row, chart, rows};
use super::{Page, PageError, Pages, Top, URLS, Urls, project_of, repo, shown};
use crate::store::figures::{self, Key};
use crate::store::pages;
use askama::Template;
use axum::extract::{Path, State};
use ounce_analysis::series::track::Growth;
use ounce_protocol::Manifest;
use ounce_protocol::ids::BoardName;
use ounce_protocol::units::{grouped, percent, signed};
use ounce_report::{SERIES_DRAWN_MAX, series_svg};
use std::collections::BTreeSet;

/// Commits of the default branch drawn.
const COMMITS_MAX: i64 = 200;
/// Commits listed, the newest; the history of a region lists more.
const ROWS_MAX: usize = 40;
const NO_BOARD: PageError = PageError::NotFound("No board of this name has figures in this project.");

#[derive(Template)]
#[template(path = "board.html")]
struct Board {
    urls: &'static Urls,
    top: Top,
    repo: String,
    board: String,
    title: String,
    others: Vec<String>,
    regions: Vec<RegionView>,
    /// A picture for each region: their sizes differ too much for one.
    sizes: Vec<String>,
    sizes_href: String,
    counts: String,
    counts_href: String,
    benches: Vec<Bench>,
    names: Vec<String>,
    rows: Vec<Row>,
    drawn: usize,
    head: Option<String>,
}

struct Bench {
    name: String,
    href: String,
    now: String,
    change: String,
    class: &'static str,
}

pub(super) async fn page(
    State(state): State<Pages>,
    Path((owner, name, board)): Path<(String, String, String)>,
    sight: Sight,
) -> Result<Page, PageError> {
    let repo = repo(&owner, &name)?;
    let board = BoardName::parse(&board).map_err(|_| NO_BOARD)?;
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let manifest = pages::manifest(&mut c, project.id).await?.and_then(|text| Manifest::parse(&text).ok());
    let declared = manifest.as_ref().and_then(|m| m.boards.get(&board));
    let keys = figures::keys(&mut c, project.id).await?;
    let mut others: BTreeSet<String> = manifest.iter().flat_map(|m| m.boards.keys().map(BoardName::to_string)).collect();
    others.extend(keys.iter().map(|key| key.board.clone()));
    others.remove(board.as_str());
    let of = |kind: &str| -> Vec<Key> {
        keys.iter().filter(|key| key.board == board.as_str() && key.kind == kind).take(SERIES_DRAWN_MAX).cloned().collect()
    };
    let select = |keys: Vec<Key>, scale: Scale| Selection { keys, scale, along: Along::Commits, last: COMMITS_MAX, until: None };
    let (sizes, counts) = (select(of("region"), Scale::Absolute), select(of("instructions"), Scale::Relative));
    if sizes.keys.is_empty() && counts.keys.is_empty() && declared.is_none() {
        return Err(NO_BOARD);
    }
    let size_rows = load(&mut c, project.id, &sizes).await?.ok_or(NO_BOARD)?;
    let count_rows = load(&mut c, project.id, &counts).await?.ok_or(NO_BOARD)?;
    let picture = |title: &str, selection: &Selection, loaded: &Loaded, events: &[Happened], gaps: &[Missing]| {
        series_svg(&chart(&project.repo, title, selection, loaded, events, gaps))
    };
    let mut pictures = Vec::new();
    for (key, track) in &size_rows.tracks {
        let one = size_rows.only(key, track);
        let (events, gaps) = happened(&mut c, project.id, &one).await?;
        pictures.push(picture(&format!("{} on {board}", key.name), &sizes, &one, &events, &gaps));
    }
    // The steps of many benchmarks would hide each other; a benchmark's own page has them.
    let (count_events, count_gaps) = (landmarks(&count_rows), missing(&mut c, &count_rows).await?);
    drop(c);
    let href = |selection: &Selection| format!("/p/{}/series?{}", project.repo, selection.query());
    let latest = |key: &Key| {
        let (_, track) = size_rows.tracks.iter().find(|(other, _)| other == key)?;
        Some(i64::try_from(track.latest()?.1.value).unwrap_or(i64::MAX))
    };
    Page::of(&Board {
        urls: &URLS,
        top: Top::of_project(&sight, &project.repo, None),
        title: shown(declared.and_then(|b| b.title.as_deref()).unwrap_or_default()),
        others: others.into_iter().collect(),
        regions: sizes.keys.iter().filter_map(|key| Some(region(&key.name, latest(key)?, declared))).collect(),
        sizes: pictures,
        sizes_href: href(&sizes),
        counts: picture("Instructions, percent since the first commit", &counts, &count_rows, &count_events, &count_gaps),
        counts_href: href(&counts),
        benches: benches(&project.repo, &count_rows),
        names: sizes.keys.iter().map(|key| key.name.clone()).collect(),
        rows: rows(&size_rows, state.clock.now()).into_iter().take(ROWS_MAX).collect(),
        drawn: size_rows.commits.len(),
        head: size_rows.commits.last().map(|commit| commit.sha.clone()),
        board: board.to_string(),
        repo: project.repo,
    })
}

/// Each benchmark now, and what it grew by since the first commit drawn, counting only differences by one set of tools.
fn benches(repo: &str, loaded: &Loaded) -> Vec<Bench> {
    let bench = |(key, track): &(Key, Track)| {
        let (_, now) = track.latest()?;
        let (change, class) = match track.growth(0) {
            Growth::By(0) | Growth::Unknown => ("same".to_owned(), "quiet"),
            Growth::OtherTools => ("other tools".to_owned(), "quiet"),
            Growth::By(by) => {
                let before = now.value.saturating_add_signed(by.saturating_neg());
                (format!("{} ({})", signed(by), percent(before, now.value)), if by > 0 { "worse" } else { "better" })
            }
        };
        Some(Bench {
            name: key.name.clone(),
            href: super::matrix::href(repo, &[key]),
            now: format!("{} {}", grouped(now.value), if now.exact { "" } else { "(noisy)" }).trim_end().to_owned(),
            change,
            class,
        })
    };
    loaded.tracks.iter().filter_map(bench).collect()
}
