//! The life of one symbol, of a module or of a crate: what it costs today, and what each commit did to it, on every board.

use super::super::super::access::Sight;
use super::super::{Page, Pages, Tab, Top, URLS, Urls, project_of, repo, shown};
use super::asked::{Choice, Failure, Here, Params, address, choices, exact, instead, or_all};
use super::drawn::drawn;
use super::gather::{Gathered, Place, gather, instructions, largest};
use super::{Commit, Moved, Places, figure, ledgers, line, list, moved, share, told};
use crate::store::life::{self, LifeRow, Who};
use crate::store::symbols::cut;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ounce_analysis::near::near;
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::grouped;
use std::collections::{BTreeSet, HashMap};

/// Changes listed; the CSV has more.
const STEPS_LISTED: usize = 60;
/// Owners listed of a module or a group.
const LARGEST_LISTED: usize = 20;
/// Names suggested for one that is not there.
const NEAR_TOLD: usize = 8;
/// Names looked through for those.
const NEAR_SEARCHED: i64 = 200;
/// What is told as lately.
const LATELY_MS: i64 = 30 * 24 * 3_600_000;

#[derive(Template)]
#[template(path = "symbol.html")]
struct One {
    urls: &'static Urls,
    top: Top,
    repo: String,
    title: String,
    /// `symbol`, `module` or `group`.
    what: &'static str,
    /// The groups it is in, each with its page; of a symbol.
    groups: Vec<(String, String)>,
    /// How its owners are known.
    owners: Vec<String>,
    /// The parts of the address for the form, escaped already.
    name: String,
    group: String,
    boards: Vec<Choice>,
    memories: Vec<Choice>,
    chart: String,
    today: Vec<Today>,
    boards_left: usize,
    boards_read: usize,
    renames: Vec<Rename>,
    away: Vec<Rename>,
    steps: Vec<StepView>,
    steps_all: usize,
    is_cut: bool,
    largest: Vec<Part>,
    csv: String,
    json: String,
    of_many: bool,
}

struct Today {
    board: String,
    region: String,
    bytes: Option<String>,
    share: String,
    owners: usize,
    lately: Moved,
    counts: Vec<Count>,
    build: Option<(String, String)>,
}

struct Count {
    bench: String,
    n: String,
    share: String,
}

struct Rename {
    name: String,
    href: String,
    commit: Commit,
}

struct StepView {
    commit: Commit,
    board: String,
    region: String,
    change: String,
    symbol: Option<(String, String)>,
    from: Option<(String, String)>,
    bytes: String,
    moved: Moved,
    instructions: Option<(String, Moved)>,
}

struct Part {
    name: String,
    href: String,
    bytes: String,
    share: String,
}

#[derive(Template)]
#[template(path = "symbol_unknown.html")]
struct Unknown {
    urls: &'static Urls,
    top: Top,
    repo: String,
    asked: String,
    near: Vec<(String, String)>,
    search: String,
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
    let [name, group] = ["name", "group"].map(|key| params.text(here, key).map(|text| text.map(cut)));
    let (name, group) = (name?, group?);
    let who = match (name.as_deref(), group.as_deref()) {
        (None, None) => return Err(here.bad("Say which symbol: name=, or group= for a crate, or a name that ends in :: for a module.")),
        (None, Some(group)) => Who::Group(group),
        (Some(name), _) if name.ends_with("::") && name.len() > 2 => Who::Module(name),
        (Some(name), group) => Who::Name(name, group),
    };
    let format = params.word(here, "format", &[("html", "html"), ("csv", "csv"), ("json", "json")])?;
    let memory = params.word(here, "memory", &[("", None), ("flash", Some(RegionKind::Flash)), ("ram", Some(RegionKind::Ram))])?;
    let boards: Vec<String> = life::boards(&mut c, project.id).await?.into_iter().map(|(board, _)| board).collect();
    let only = match params.get("board") {
        Some(_) => list::board(&params, here, &boards)?,
        None => None,
    };
    let oldest = life::oldest(&mut c, project.id).await?;
    drop(c);
    let places = Places { repo: project.repo.clone(), forge: state.forge_url(&repo), now: state.clock.now() };
    let gathered = gather(&state, project.id, &who, &boards, only.as_deref()).await?;
    if gathered.members.is_empty() && gathered.places.is_empty() {
        return Err(unknown(&state, project.id, here, &who, &boards, &places).await?);
    }
    match format {
        "csv" => return Ok(told::csv(&gathered)),
        "json" => return Ok(told::json(&project.repo, &who, &gathered)),
        _ => {}
    }
    let has = |kind: RegionKind| gathered.places.iter().any(|place| place.kind == kind);
    let kind = memory.unwrap_or(if has(RegionKind::Flash) || !has(RegionKind::Ram) { RegionKind::Flash } else { RegionKind::Ram });
    let title = title(&who);
    let memory_word = if kind == RegionKind::Flash { "flash" } else { "RAM" };
    // What was before the changes that were read is not known.
    let oldest = oldest.filter(|_| !gathered.is_cut).map(|row| ((row.committed_ms, row.id), row.sha));
    let chart = drawn(&format!("{title}: bytes of {memory_word}"), &gathered, kind, oldest, &places);
    let of_many = !matches!(who, Who::Name(..)) || gathered.members.len() > 1;
    let at = |format: &str| {
        let params = [
            ("name", name.as_deref().unwrap_or_default()),
            ("group", group.as_deref().unwrap_or_default()),
            ("board", only.as_deref().unwrap_or_default()),
            ("format", format),
        ];
        address(&format!("/p/{}/symbol", places.repo), &params)
    };
    let memories = [(RegionKind::Flash, "flash"), (RegionKind::Ram, "ram")].into_iter().filter(|(kind, _)| has(*kind));
    let mut one = One {
        urls: &URLS,
        top: here.top(),
        repo: project.repo.clone(),
        what: match who {
            Who::Name(..) => "symbol",
            Who::Module(_) => "module",
            Who::Group(_) => "group",
        },
        groups: groups(&who, &gathered, &places),
        owners: gathered.members.iter().map(|row| row.owner.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
        boards: or_all(choices(boards.iter().map(String::as_str), only.as_deref().unwrap_or_default())),
        memories: memories.map(|(of, word)| Choice { value: word.into(), text: word.into(), is_chosen: of == kind }).collect(),
        chart,
        today: gathered.places.iter().map(|place| today(place, &who, &gathered, &places)).collect(),
        boards_left: gathered.boards_left,
        boards_read: gathered.boards.len(),
        renames: renames(&gathered, &places),
        away: away(&gathered, &places),
        steps: gathered.steps.iter().take(STEPS_LISTED).map(|row| step(row, &gathered, of_many, &places)).collect(),
        steps_all: gathered.steps.len(),
        is_cut: gathered.is_cut,
        largest: Vec::new(),
        csv: at("csv"),
        json: at("json"),
        title,
        name: exact(name.as_deref().unwrap_or_default()),
        group: exact(group.as_deref().unwrap_or_default()),
        of_many,
    };
    if let (false, Some(board)) = (matches!(who, Who::Name(..)), gathered.boards.first()) {
        let all: u64 = gathered.places.iter().filter(|p| p.board == board.name && p.kind == kind).filter_map(|p| p.bytes).sum();
        let part = |(owner, bytes): (&ounce_analysis::weighed::WeighedOwner, u64)| Part {
            name: line(&owner.name),
            href: places.symbol(&owner.name, &owner.group),
            bytes: grouped(bytes),
            share: share(bytes, all),
        };
        one.largest = largest(&who, &board.weighed, kind, LARGEST_LISTED).into_iter().map(part).collect();
    }
    Ok(Page::of(&one)?.into_response())
}

fn title(who: &Who<'_>) -> String {
    match who {
        Who::Name(text, _) | Who::Module(text) | Who::Group(text) => line(text),
    }
}

/// The groups that a symbol is in, each with its page.
fn groups(who: &Who<'_>, gathered: &Gathered, places: &Places) -> Vec<(String, String)> {
    let Who::Name(name, _) = who else { return Vec::new() };
    let known = gathered.members.iter().map(|row| row.grp.clone());
    let owners = gathered.boards.iter().flat_map(|board| &board.weighed.regions).flat_map(|region| &region.owners);
    let there = owners.filter(|owner| owner.name == *name).map(|owner| cut(&owner.group));
    let groups: BTreeSet<String> = known.chain(there).collect();
    groups.into_iter().take(NEAR_TOLD).map(|group| (line(&group), places.group(&group))).collect()
}

fn today(place: &Place, who: &Who<'_>, gathered: &Gathered, places: &Places) -> Today {
    let board = gathered.boards.iter().find(|board| board.name == place.board);
    let since = places.now.saturating_sub(LATELY_MS);
    let lately = gathered.steps.iter().filter(|row| row.board == place.board && row.region == place.region && row.committed_ms >= since);
    let counts = board.map(|board| instructions(who, &board.weighed)).unwrap_or_default();
    Today {
        board: place.board.clone(),
        region: place.region.clone(),
        bytes: place.bytes.map(grouped),
        share: place.bytes.map_or(String::new(), |bytes| share(bytes, place.used_bytes)),
        owners: place.owners,
        lately: moved(lately.fold(0i64, |sum, row| sum.saturating_add(row.head_bytes.saturating_sub(row.base_bytes))), " B"),
        // Code is in flash: there its instructions are told.
        counts: counts
            .into_iter()
            .filter(|_| place.kind == RegionKind::Flash)
            .map(|(bench, n, all)| Count { bench: bench.to_string(), n: grouped(n), share: share(n, all) })
            .collect(),
        build: board.map(|board| (super::super::short(&board.build.sha), places.commit(&board.build.sha))),
    }
}

/// What it was called before, one line a name.
fn renames(gathered: &Gathered, places: &Places) -> Vec<Rename> {
    let mut seen = BTreeSet::new();
    let rows = gathered.steps.iter().filter_map(|row| Some((row, gathered.names.get(&row.from_id?)?)));
    let rows = rows.filter(|(row, from)| seen.insert((from.id, row.commit_id)));
    rows.take(NEAR_TOLD).map(|(row, from)| rename(row, &from.name, &from.grp, places)).collect()
}

/// What it is called since.
fn away(gathered: &Gathered, places: &Places) -> Vec<Rename> {
    let mut seen = BTreeSet::new();
    let members: BTreeSet<i64> = gathered.members.iter().map(|row| row.id).collect();
    let rows = gathered
        .away
        .iter()
        .filter(|row| !members.contains(&row.symbol_id))
        .filter_map(|row| Some((row, gathered.names.get(&row.symbol_id)?)));
    let rows = rows.filter(|(row, to)| seen.insert((to.id, row.commit_id)));
    rows.take(NEAR_TOLD).map(|(row, to)| rename(row, &to.name, &to.grp, places)).collect()
}

fn rename(row: &LifeRow, name: &str, group: &str, places: &Places) -> Rename {
    Rename { name: line(name), href: places.symbol(name, group), commit: commit(row, places) }
}

fn commit(row: &LifeRow, places: &Places) -> Commit {
    places.view(&row.sha, &row.summary, &row.author, row.pull, row.committed_ms)
}

/// What happened, in words.
fn change(word: &str) -> &str {
    match word {
        "renamed" => "renamed from",
        "moved" => "moved from",
        "copies" => "another number of copies",
        word => word,
    }
}

fn step(row: &LifeRow, gathered: &Gathered, of_many: bool, places: &Places) -> StepView {
    let named = |id: i64| gathered.names.get(&id).map(|symbol| (line(&symbol.name), places.symbol(&symbol.name, &symbol.grp)));
    let instructions = row.base_instructions.zip(row.head_instructions);
    StepView {
        commit: commit(row, places),
        board: row.board.clone(),
        region: row.region.clone(),
        change: change(&row.change).to_owned(),
        symbol: named(row.symbol_id).filter(|_| of_many),
        from: row.from_id.and_then(named),
        bytes: format!("{} → {}", grouped(figure(row.base_bytes)), grouped(figure(row.head_bytes))),
        moved: moved(row.head_bytes.saturating_sub(row.base_bytes), " B"),
        instructions: instructions
            .map(|(base, head)| (format!("{} → {}", grouped(figure(base)), grouped(figure(head))), moved(head.saturating_sub(base), ""))),
    }
}

/// What is said of a name that is not there: those like it.
async fn unknown(
    state: &Pages,
    project: i64,
    here: Here<'_>,
    who: &Who<'_>,
    boards: &[String],
    places: &Places,
) -> Result<Failure, Failure> {
    let (Who::Name(asked, _) | Who::Module(asked) | Who::Group(asked)) = *who;
    let last = asked.trim_end_matches("::").rsplit("::").next().unwrap_or(asked);
    let found = life::search(&mut *state.store.connection().await?, project, last, NEAR_SEARCHED).await?;
    let mut known: BTreeSet<(String, String)> = found.into_iter().map(|row| (row.name, row.grp)).collect();
    if let Some(board) = boards.first()
        && let Some((_, weighed)) = ledgers::newest(&state.store, project, board).await?
    {
        known.extend(weighed.regions.iter().flat_map(|region| &region.owners).map(|owner| (owner.name.clone(), owner.group.clone())));
    }
    let near = match who {
        Who::Group(_) => {
            let groups: BTreeSet<&str> = known.iter().map(|(_, group)| group.as_str()).collect();
            near(asked, groups.into_iter(), NEAR_TOLD).into_iter().map(|group| (line(group), places.group(group))).collect()
        }
        _ => {
            let names: BTreeSet<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
            near(asked, names.into_iter(), NEAR_TOLD).into_iter().map(|name| (line(name), places.symbol(name, ""))).collect()
        }
    };
    let page = Page::of(&Unknown {
        urls: &URLS,
        top: here.top(),
        repo: here.repo.to_owned(),
        asked: shown(asked),
        near,
        search: address(&format!("/p/{}/symbols", here.repo), &[("q", last)]),
    })?;
    Ok(instead((StatusCode::NOT_FOUND, page).into_response()))
}
