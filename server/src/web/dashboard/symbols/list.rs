//! The largest owners of bytes of today, who added bytes lately, and what a release cost.

use super::super::super::access::Sight;
use super::super::words::{When, when};
use super::super::{Page, Pages, Tab, Top, URLS, Urls, project_of, repo, short, shown};
use super::asked::{Choice, Failure, Here, Params, Period, address, choices, days_offered, tags};
use super::release::{BuildOf, Release, release};
use super::rows::{Row, Sort, rows};
use super::{Commit, Moved, Places, figure, ledgers, line, moved, share};
use crate::store::life::{self, GrowthRow, SymbolRow};
use crate::store::pages;
use crate::store::symbols::cut;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use ounce_analysis::weighed::Weighed;
use ounce_protocol::Manifest;
use ounce_protocol::units::grouped;
use std::collections::{HashMap, HashSet};

/// Rows on one page.
const PER_PAGE: usize = 50;
/// Highest page.
const PAGES_MAX: i64 = 10_000;
/// Growths told of.
const GROWTHS_TOLD: i64 = 25;
/// Symbols told of that are gone.
const GONE_TOLD: i64 = 40;

#[derive(Template)]
#[template(path = "symbols.html")]
struct List {
    urls: &'static Urls,
    top: Top,
    repo: String,
    board: String,
    region: String,
    by_group: bool,
    q: String,
    page: usize,
    boards: Vec<Choice>,
    regions: Vec<Choice>,
    sorts: Vec<Choice>,
    days: Vec<Choice>,
    tags: Vec<Choice>,
    by: Vec<Choice>,
    period: String,
    build: Option<Build>,
    rows: Vec<RowView>,
    count: String,
    span: String,
    before: Option<String>,
    after: Option<String>,
    gone: Vec<Gone>,
    growths: Vec<Growth>,
    release: Option<Release>,
}

struct Build {
    short: String,
    href: String,
    when: When,
    used: String,
    size: String,
    has_counts: bool,
}

struct RowView {
    name: String,
    href: String,
    group: String,
    group_href: String,
    owners: usize,
    bytes: String,
    share: String,
    instructions: Option<String>,
    change: Moved,
}

struct Gone {
    name: String,
    group: String,
    href: String,
}

struct Growth {
    name: String,
    group: String,
    href: String,
    change: String,
    from_to: String,
    moved: Moved,
    commit: Commit,
}

pub async fn page(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    sight: Sight,
) -> Result<Response, Failure> {
    let repo = repo(&owner, &name)?;
    let params = Params(query);
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let here = Here { sight: &sight, repo: &project.repo, tab: Tab::Symbols };
    let now = state.clock.now();
    let by_group = params.word(here, "by", &[("symbol", false), ("group", true)])?;
    let sort = params.word(
        here,
        "sort",
        &[("size", Sort::Size), ("change", Sort::Change), ("instructions", Sort::Instructions), ("name", Sort::Name)],
    )?;
    let page = usize::try_from(params.number(here, "page", 1, PAGES_MAX)?).unwrap_or(1);
    let q = params.text(here, "q")?.unwrap_or_default().trim().to_owned();
    let period = Period::read(&mut c, project.id, &params, here, now).await?;
    let boards: Vec<String> = life::boards(&mut c, project.id).await?.into_iter().map(|(board, _)| board).collect();
    let board = board(&params, here, &boards)?;
    let places = Places { repo: project.repo.clone(), forge: state.forge_url(&repo), now };
    let tags = tags(&mut c, project.id).await?;
    let manifest = pages::manifest(&mut c, project.id).await?.and_then(|text| Manifest::parse(&text).ok());
    drop(c);
    let newest = match &board {
        Some(board) => ledgers::newest(&state.store, project.id, board).await?,
        None => None,
    };
    let mut list = List {
        urls: &URLS,
        top: here.top(),
        repo: project.repo.clone(),
        region: String::new(),
        by_group,
        page,
        boards: choices(boards.iter().map(String::as_str), board.as_deref().unwrap_or_default()),
        regions: Vec::new(),
        sorts: choices(["size", "change", "instructions", "name"], params.get("sort").unwrap_or("size")),
        days: days_offered(period.days),
        tags: choices(std::iter::once("").chain(tags.iter().map(String::as_str)), period.since()),
        by: choices(["symbol", "group"], if by_group { "group" } else { "symbol" }),
        period: period.words.clone(),
        board: board.clone().unwrap_or_default(),
        q: shown(&q),
        build: None,
        rows: Vec::new(),
        count: String::new(),
        span: String::new(),
        before: None,
        after: None,
        gone: Vec::new(),
        growths: Vec::new(),
        release: None,
    };
    if list.tags.iter().all(|tag| !tag.is_chosen) {
        // A branch, or a commit.
        list.tags.push(Choice { value: period.since().to_owned(), text: shown(period.since()), is_chosen: true });
    }
    let (Some(board), Some((build, weighed))) = (board, newest) else { return Ok(Page::of(&list)?.into_response()) };
    let region = match params.text(here, "region")? {
        None => weighed.regions.first(),
        Some(asked) => match weighed.regions.iter().find(|region| region.name.as_str() == asked) {
            Some(region) => Some(region),
            None => {
                let known: Vec<&str> = weighed.regions.iter().map(|region| region.name.as_str()).collect();
                return Err(here.missing(format!("{board} has no region {:?}. It has: {}.", shown(asked), known.join(", "))));
            }
        },
    };
    let Some(region) = region else { return Ok(Page::of(&list)?.into_response()) };
    let mut c = state.store.connection().await?;
    let place = (board.as_str(), region.name.as_str());
    let changes = life::changes(&mut c, project.id, place, period.after).await?;
    let all = rows(region, &changes, by_group, &q, sort);
    let view = |row: &Row| RowView {
        name: line(&row.name),
        href: places.symbol(&row.name, &row.group),
        group: line(&row.group),
        group_href: places.group(&row.group),
        owners: row.owners,
        bytes: grouped(row.bytes),
        share: share(row.bytes, region.used_bytes),
        instructions: row.instructions.map(grouped),
        change: moved(row.delta, " B"),
    };
    let from = (page - 1).saturating_mul(PER_PAGE);
    list.rows = all.iter().skip(from).take(PER_PAGE).map(view).collect();
    list.count = grouped(all.len() as u64);
    list.span = format!("{} to {}", grouped(from as u64 + 1), grouped((from + list.rows.len()) as u64));
    let (key, value) = period.param();
    let to_page = |page: usize| {
        let page = page.to_string();
        let sort = params.get("sort").unwrap_or_default();
        let by = if by_group { "group" } else { "" };
        let params =
            [("board", board.as_str()), ("region", place.1), ("by", by), ("q", &q), ("sort", sort), (key, &value), ("page", &page)];
        address(&format!("/p/{}/symbols", places.repo), &params)
    };
    list.before = (page > 1).then(|| to_page(page - 1));
    list.after = (all.len() > from.saturating_add(PER_PAGE)).then(|| to_page(page + 1));
    if !q.is_empty() && !by_group {
        list.gone = gone(life::search(&mut c, project.id, &q, GONE_TOLD).await?, &weighed, &places);
    }
    let growths = life::growths(&mut c, project.id, place, period.after, GROWTHS_TOLD).await?;
    list.growths = growths.iter().map(|row| growth(row, &places)).collect();
    if let Some(named) = &period.named {
        let of = BuildOf { name: &board, build: &build };
        list.release = Some(release(&mut c, project.id, &period, named, &of, manifest.as_ref(), &places).await?);
    }
    list.regions = choices(weighed.regions.iter().map(|region| region.name.as_str()), place.1);
    list.region = place.1.to_owned();
    list.build = Some(Build {
        short: short(&build.sha),
        href: places.commit(&build.sha),
        when: when(build.committed_ms, now),
        used: grouped(region.used_bytes),
        size: grouped(region.size_bytes),
        has_counts: !weighed.benches.is_empty(),
    });
    Ok(Page::of(&list)?.into_response())
}

/// The board asked for, or the first.
pub fn board(params: &Params, here: Here<'_>, boards: &[String]) -> Result<Option<String>, Failure> {
    let Some(asked) = params.text(here, "board")? else { return Ok(boards.first().cloned()) };
    match boards.iter().find(|board| *board == asked) {
        Some(board) => Ok(Some(board.clone())),
        None => {
            let known = if boards.is_empty() { "None has any yet.".to_owned() } else { format!("Those that have: {}.", boards.join(", ")) };
            Err(here.missing(format!("No board {:?} has figures in this project. {known}", shown(asked))))
        }
    }
}

/// Those of these symbols that the newest build does not have.
fn gone(found: Vec<SymbolRow>, weighed: &Weighed, places: &Places) -> Vec<Gone> {
    let there: HashSet<(String, String)> =
        weighed.regions.iter().flat_map(|region| &region.owners).map(|owner| (cut(&owner.name), cut(&owner.group))).collect();
    let is_gone = |row: &SymbolRow| !there.contains(&(row.name.clone(), row.grp.clone()));
    let view = |row: SymbolRow| Gone { name: line(&row.name), group: line(&row.grp), href: places.symbol(&row.name, &row.grp) };
    found.into_iter().filter(is_gone).map(view).collect()
}

fn growth(row: &GrowthRow, places: &Places) -> Growth {
    Growth {
        name: line(&row.name),
        group: line(&row.grp),
        href: places.symbol(&row.name, &row.grp),
        change: row.change.clone(),
        from_to: format!("{} → {} B", grouped(figure(row.base_bytes)), grouped(figure(row.head_bytes))),
        moved: moved(row.head_bytes.saturating_sub(row.base_bytes), " B"),
        commit: places.view(&row.sha, &row.summary, &row.author, row.pull, row.committed_ms),
    }
}
