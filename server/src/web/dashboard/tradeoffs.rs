//! Size against speed: what landed in a period, each change as a point, and the same as a table.

use super::super::access::Sight;
use super::symbols::asked::{Choice, Failure, Here, Params, Period, choices, days_offered, tags};
use super::symbols::{Commit, Moved, Places, moved, moved_ppm};
use super::{Page, Pages, Tab, Top, URLS, Urls, project_of, repo, shown};
use crate::store::life;
use crate::store::tradeoffs::{self, TradeRow};
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ounce_analysis::comparison::Tendency;
use ounce_report::{ScatterChart, ScatterPoint, scatter_svg};
use std::collections::HashMap;

/// Changes listed; the picture has more.
const LISTED: usize = 80;

/// The routes of this file.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/tradeoffs", get(page))
}

#[derive(Template)]
#[template(path = "tradeoffs.html")]
struct TradeOffs {
    urls: &'static Urls,
    top: Top,
    repo: String,
    board: String,
    period: String,
    boards: Vec<Choice>,
    days: Vec<Choice>,
    tags: Vec<Choice>,
    kinds: Vec<Kind>,
    chart: String,
    rows: Vec<RowView>,
    all: usize,
}

/// All changes of a kind that landed.
struct Kind {
    word: &'static str,
    meaning: &'static str,
    count: usize,
    bytes: Moved,
}

struct RowView {
    commit: Commit,
    tendency: String,
    is_open: bool,
    flash: Moved,
    ram: Moved,
    instructions: Option<Moved>,
    run: i64,
}

/// What is kept of a tendency, what several are called, what that means.
const KINDS: [(&str, &str, &str, Tendency); 4] = [
    ("win", "wins", "less of one, not more of the other", Tendency::Win),
    ("trade", "trades", "one for the other", Tendency::Trade),
    ("cost", "costs", "more of one, not less of the other", Tendency::Cost),
    ("free", "free", "neither moved", Tendency::Free),
];

async fn page(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    sight: Sight,
) -> Result<Response, Failure> {
    let repo = repo(&owner, &name)?;
    let mut params = Params(query);
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let here = Here { sight: &sight, repo: &project.repo, tab: Tab::TradeOffs };
    let now = state.clock.now();
    if params.get("since").is_none() && params.get("days").is_none() {
        params.0.insert("days".into(), "90".into());
    }
    let period = Period::read(&mut c, project.id, &params, here, now).await?;
    let boards = life::boards(&mut c, project.id).await?;
    let names: Vec<String> = boards.iter().map(|(name, _)| name.clone()).collect();
    let board = match params.get("board") {
        Some(_) => super::symbols::board(&params, here, &names)?,
        // Where nothing is counted, there is no speed to see.
        None => boards.iter().find(|(_, counts)| *counts).or(boards.first()).map(|(name, _)| name.clone()),
    };
    let places = Places { repo: project.repo.clone(), forge: state.forge_url(&repo), now };
    let (landed, open) = match &board {
        Some(board) => {
            (tradeoffs::landed(&mut c, project.id, board, period.after).await?, tradeoffs::open(&mut c, project.id, board).await?)
        }
        None => (Vec::new(), Vec::new()),
    };
    let tags = tags(&mut c, project.id).await?;
    drop(c);
    let board = board.unwrap_or_default();
    let both = || open.iter().map(|row| (row, true)).chain(landed.iter().map(|row| (row, false)));
    let points = both().map(|(row, is_open)| point(row, is_open)).collect();
    let title = format!("What landed {} on {board}", period.words);
    let kinds = KINDS.into_iter().map(|(word, several, meaning, _)| {
        let rows: Vec<&TradeRow> = landed.iter().filter(|row| row.tendency == word).collect();
        let bytes = rows.iter().fold(0i64, |sum, row| sum.saturating_add(row.flash_delta));
        Kind { word: several, meaning, count: rows.len(), bytes: moved(bytes, " B") }
    });
    let view = |(row, is_open): (&TradeRow, bool)| RowView {
        commit: places.view(&row.sha, &row.subject, &row.author, row.pull, row.at_ms),
        tendency: row.tendency.clone(),
        is_open,
        flash: moved(row.flash_delta, " B"),
        ram: moved(row.ram_delta, " B"),
        instructions: row.instructions_ppm.map(moved_ppm),
        run: row.run_id,
    };
    let page = TradeOffs {
        urls: &URLS,
        top: here.top(),
        period: period.words.clone(),
        boards: choices(names.iter().map(String::as_str), &board),
        days: days_offered(period.days),
        tags: choices(std::iter::once("").chain(tags.iter().map(String::as_str)), period.since()),
        kinds: kinds.collect(),
        chart: scatter_svg(&ScatterChart { title, region: "flash".into(), points }),
        rows: both().take(LISTED).map(view).collect(),
        all: landed.len() + open.len(),
        repo: project.repo.clone(),
        board,
    };
    Ok(Page::of(&page)?.into_response())
}

fn point(row: &TradeRow, is_open: bool) -> ScatterPoint {
    let tendency = KINDS.into_iter().find(|(word, ..)| *word == row.tendency).map_or(Tendency::Free, |(.., tendency)| tendency);
    ScatterPoint {
        label: row.pull.map_or_else(|| super::short(&row.sha), |number| format!("#{number}")),
        title: shown(&row.subject),
        href: Some(format!("/runs/{}", row.run_id)),
        bytes: row.flash_delta,
        percent: row.instructions_ppm.map_or(f64::NAN, percent),
        tendency,
        is_open,
    }
}

pub(super) fn percent(ppm: i64) -> f64 {
    ppm as f64 / 10_000.0
}
