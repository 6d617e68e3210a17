//! The price list: what each feature costs on each board, and how that changed since the list before.

use super::super::access::Sight;
use super::symbols::asked::{Choice, Failure, Here, Params, address, choices, or_all};
use super::symbols::{Moved, moved_ppm};
use super::words::{When, when};
use super::{Page, Pages, Tab, Top, URLS, Urls, project_of, repo, short, shown};
use crate::store::prices;
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ounce_analysis::price::Price;
use ounce_protocol::ids::BoardName;
use ounce_protocol::prices::{Feature, Prices};
use ounce_protocol::units::signed;
use serde_json::json;
use std::cmp::Reverse;
use std::collections::HashMap;

/// The routes of this file.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/prices", get(page))
}

#[derive(Template)]
#[template(path = "prices.html")]
struct PriceList {
    urls: &'static Urls,
    top: Top,
    repo: String,
    shown_list: Option<Shown>,
    /// The list before: its address, and its commit.
    before: Option<(String, String)>,
    lists: Vec<Choice>,
    sorts: Vec<Choice>,
    boards: Vec<Choice>,
    columns: Vec<String>,
    features: Vec<FeatureView>,
    tools: Vec<(String, String)>,
    json: String,
}

struct Shown {
    short: String,
    href: String,
    when: When,
}

struct FeatureView {
    title: String,
    is_new: bool,
    cells: Vec<Cell>,
}

/// A feature on a board.
struct Cell {
    /// What the table sorts by.
    value: Option<i64>,
    price: Option<PriceView>,
    missing: Option<String>,
}

struct PriceView {
    exact: String,
    flash: String,
    /// RAM and instructions, where they moved.
    also: Vec<String>,
    /// How the flash changed since the list before.
    change: Option<Moved>,
}

/// What the features are sorted by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Flash,
    Ram,
    Instructions,
    Name,
}

async fn page(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    sight: Sight,
) -> Result<Response, Failure> {
    let repo = repo(&owner, &name)?;
    let params = Params(query);
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let here = Here { sight: &sight, repo: &project.repo, tab: Tab::TradeOffs };
    let is_json = params.word(here, "format", &[("html", false), ("json", true)])?;
    let sort = params.word(
        here,
        "sort",
        &[("flash", Sort::Flash), ("ram", Sort::Ram), ("instructions", Sort::Instructions), ("name", Sort::Name)],
    )?;
    let lists = prices::list(&mut c, project.id).await?;
    let at = match params.text(here, "commit")? {
        None => 0,
        Some(asked) => lists.iter().position(|kept| kept.sha == asked).ok_or_else(|| {
            let known: Vec<String> = lists.iter().take(4).map(|kept| kept.sha.clone()).collect();
            here.missing(format!("No price list of commit {:?} is kept here. The newest are of: {}.", shown(asked), known.join(", ")))
        })?,
    };
    let now = match lists.get(at) {
        Some(kept) => prices::get(&mut c, kept.id).await?.map(|prices| (kept, prices)),
        None => None,
    };
    let before = match lists.get(at + 1) {
        Some(kept) => prices::get(&mut c, kept.id).await?.map(|prices| (kept, prices)),
        None => None,
    };
    drop(c);
    let path = format!("/p/{}/prices", project.repo);
    if is_json {
        let document = now.as_ref().map(|(_, prices)| json_of(prices, before.as_ref().map(|(_, prices)| prices)));
        let document = document.ok_or_else(|| here.missing("No price list yet: `ounce-server prices put` brings one in."))?;
        return Ok(axum::Json(document).into_response());
    }
    let mut page = PriceList {
        urls: &URLS,
        top: here.top(),
        shown_list: None,
        before: before.as_ref().map(|(kept, _)| (address(&path, &[("commit", &kept.sha)]), short(&kept.sha))),
        lists: lists
            .iter()
            .enumerate()
            .map(|(i, kept)| Choice { value: kept.sha.clone(), text: short(&kept.sha), is_chosen: i == at })
            .collect(),
        sorts: choices(["flash", "ram", "instructions", "name"], params.get("sort").unwrap_or("flash")),
        boards: Vec::new(),
        columns: Vec::new(),
        features: Vec::new(),
        tools: Vec::new(),
        json: String::new(),
        repo: project.repo.clone(),
    };
    if let Some((kept, prices)) = now {
        fill(&mut page, &params, here, sort, &prices, before.as_ref().map(|(_, prices)| prices))?;
        page.shown_list = Some(Shown {
            short: short(&kept.sha),
            href: format!("/p/{}/commits/{}", project.repo, kept.sha),
            when: when(kept.at_ms, state.clock.now()),
        });
        page.json = address(&path, &[("commit", &kept.sha), ("format", "json")]);
    }
    Ok(Page::of(&page)?.into_response())
}

fn fill(
    page: &mut PriceList,
    params: &Params,
    here: Here<'_>,
    sort: Sort,
    prices: &Prices,
    before: Option<&Prices>,
) -> Result<(), Failure> {
    let asked = params.text(here, "board")?;
    let boards: Vec<&BoardName> = prices.boards.iter().filter(|board| asked.is_none_or(|asked| board.as_str() == asked)).collect();
    if boards.is_empty() {
        let known: Vec<&str> = prices.boards.iter().map(BoardName::as_str).collect();
        return Err(here.missing(format!(
            "No board {:?} is in this list. It has: {}.",
            shown(asked.unwrap_or_default()),
            known.join(", ")
        )));
    }
    let mut features: Vec<&Feature> = prices.features.iter().collect();
    features.sort_by_key(|feature| {
        let of = |board: &&BoardName| price(feature, board).and_then(|price| figure(price, sort));
        (Reverse(boards.iter().filter_map(of).max()), feature.shown().to_lowercase())
    });
    if sort == Sort::Name {
        features.sort_by_key(|feature| feature.shown().to_lowercase());
    }
    let old = |name: &str| before.and_then(|before| before.features.iter().find(|feature| feature.name == name));
    let view = |feature: &&Feature| FeatureView {
        title: shown(feature.shown()),
        is_new: before.is_some() && old(&feature.name).is_none(),
        cells: boards.iter().map(|board| cell(feature, board, old(&feature.name), sort)).collect(),
    };
    page.features = features.iter().map(view).collect();
    page.columns = boards.iter().map(ToString::to_string).collect();
    page.boards = or_all(choices(prices.boards.iter().map(BoardName::as_str), asked.unwrap_or_default()));
    page.tools = prices.tools.0.iter().map(|(tool, version)| (shown(tool), shown(version))).collect();
    Ok(())
}

/// The price of a feature on a board, where both builds are there.
fn price(feature: &Feature, board: &BoardName) -> Option<Price> {
    let on_board = feature.boards.get(board)?;
    Some(Price::of(on_board.on.as_ref()?, on_board.off.as_ref()?))
}

/// What a price is sorted by.
fn figure(price: Price, sort: Sort) -> Option<i64> {
    match sort {
        Sort::Flash | Sort::Name => Some(price.flash_bytes),
        Sort::Ram => Some(price.ram_bytes),
        Sort::Instructions => price.instructions_ppm,
    }
}

fn cell(feature: &Feature, board: &BoardName, old: Option<&Feature>, sort: Sort) -> Cell {
    let now = price(feature, board);
    let view = |price: Price| {
        let instructions = price.instructions_ppm.map(|ppm| moved_ppm(ppm).text);
        let was = old.and_then(|old| self::price(old, board));
        let change = was.map(|was| price.flash_bytes.saturating_sub(was.flash_bytes)).filter(|delta| *delta != 0);
        let ram = (price.ram_bytes != 0).then(|| format!("RAM {} B", signed(price.ram_bytes)));
        let counts = price.instructions_ppm.filter(|ppm| *ppm != 0).and(instructions.as_ref()).map(|text| format!("instructions {text}"));
        let counted = instructions.as_deref().unwrap_or("not counted");
        PriceView {
            exact: format!("flash {} B, RAM {} B, instructions {counted}", signed(price.flash_bytes), signed(price.ram_bytes)),
            flash: format!("{} B", signed(price.flash_bytes)),
            also: ram.into_iter().chain(counts).collect(),
            change: change.map(|delta| super::symbols::moved(delta, " B")),
        }
    };
    Cell {
        value: now.and_then(|price| figure(price, sort)),
        price: now.map(view),
        missing: feature.boards.get(board).and_then(|on_board| on_board.missing.as_deref()).map(shown),
    }
}

/// The list as it was brought, with the prices beside it.
fn json_of(prices: &Prices, before: Option<&Prices>) -> serde_json::Value {
    let of = |feature: &Feature| {
        let prices: HashMap<&str, Price> =
            feature.boards.keys().filter_map(|board| Some((board.as_str(), price(feature, board)?))).collect();
        json!({ "name": feature.name, "title": feature.shown(), "prices": prices })
    };
    json!({
        "schema": 1,
        "commit": prices.commit,
        "before": before.map(|before| &before.commit),
        "features": prices.features.iter().map(of).collect::<Vec<_>>(),
        "list": prices,
    })
}
