//! All that is known of one symbol, one module or one crate: its owners, what commits did to them, and what they weigh today on each board.

use super::super::Pages;
use super::ledgers;
use crate::store::life::{self, BuildRow, LifeRow, SymbolRow, Who};
use crate::store::symbols::{NAME_BYTES_MAX, cut, word};
use crate::store::{Connection, StoreError};
use ounce_analysis::life::{Asked, At, Life, Step};
use ounce_analysis::weighed::{Weighed, WeighedOwner};
use ounce_protocol::ids::BenchName;
use ounce_protocol::measurement::RegionKind;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Boards whose newest build is read for one page, by name.
pub const BOARDS_READ_MAX: usize = 16;
/// Names that one is followed through.
const NAMES_FOLLOWED_MAX: usize = 20;

/// A board as far as it is known.
pub struct Board {
    pub name: String,
    pub build: BuildRow,
    pub weighed: Arc<Weighed>,
}

/// What is known.
pub struct Gathered {
    /// Who is asked for, as far as they ever changed.
    pub members: Vec<SymbolRow>,
    /// Those, and what they were called before.
    pub names: HashMap<i64, SymbolRow>,
    /// What commits did to them, newest first.
    pub steps: Vec<LifeRow>,
    /// Commits by which members went under another name, newest first.
    pub away: Vec<LifeRow>,
    /// Whether there may be older changes than are read.
    pub is_cut: bool,
    /// The boards that were read.
    pub boards: Vec<Board>,
    /// How many more there are.
    pub boards_left: usize,
    /// The places on boards where there is, or was, something of it.
    pub places: Vec<Place>,
}

/// A region of a board.
pub struct Place {
    pub board: String,
    pub region: String,
    pub kind: RegionKind,
    /// Bytes today; none where the board has no build.
    pub bytes: Option<u64>,
    /// Bytes used in the region by all, and how many owners of these.
    pub used_bytes: u64,
    pub owners: usize,
    pub life: Life,
    /// Commits of the default branch that say nothing of this board.
    pub holes: Vec<(At, String)>,
}

/// Whether a name of a ledger is kept as this one.
fn same(whole: &str, kept: &str) -> bool {
    if whole.len() <= NAME_BYTES_MAX { whole == kept } else { cut(whole) == kept }
}

/// Whether a ledger's owner is one of those asked for; names as they are kept.
fn is(who: &Who<'_>, owner: &WeighedOwner) -> bool {
    match who {
        Who::Name(name, group) => same(&owner.name, name) && group.is_none_or(|group| same(&owner.group, group)),
        Who::Group(group) => same(&owner.group, group),
        Who::Module(prefix) => owner.name.strip_prefix('<').unwrap_or(&owner.name).starts_with(prefix) || owner.name.starts_with(prefix),
    }
}

/// All of it; only of one board where that is asked for.
pub async fn gather(state: &Pages, project: i64, who: &Who<'_>, boards: &[String], only: Option<&str>) -> Result<Gathered, StoreError> {
    let wanted: Vec<&String> = boards.iter().filter(|board| only.is_none_or(|only| only == *board)).collect();
    let mut read = Vec::new();
    for name in wanted.iter().take(BOARDS_READ_MAX) {
        if let Some((build, weighed)) = ledgers::newest(&state.store, project, name).await? {
            read.push(Board { name: (*name).clone(), build, weighed });
        }
    }
    let mut c = state.store.connection().await?;
    let members = life::members(&mut c, project, who).await?;
    let follow = matches!(who, Who::Name(..));
    let (steps, names) = steps(&mut c, project, &members, follow).await?;
    let ids: Vec<i64> = members.iter().map(|row| row.id).collect();
    let away = if ids.is_empty() { Vec::new() } else { life::renamed_away(&mut c, &ids).await? };
    let in_sight = |row: &LifeRow| only.is_none_or(|only| only == row.board);
    let is_full = i64::try_from(steps.len()).is_ok_and(|n| n >= life::STEPS_READ_MAX);
    let mut gathered = Gathered {
        members,
        names,
        steps: steps.into_iter().filter(in_sight).collect(),
        away: away.into_iter().filter(in_sight).collect(),
        is_cut: is_full || ids.len() > life::FEW,
        boards_left: wanted.len().saturating_sub(BOARDS_READ_MAX),
        boards: read,
        places: Vec::new(),
    };
    gathered.places = places(&mut c, project, who, &gathered, follow).await?;
    // Of names that went to somebody else's, the new ones are told.
    let unknown: Vec<i64> = gathered.away.iter().map(|row| row.symbol_id).filter(|id| !gathered.names.contains_key(id)).collect();
    for row in life::symbols(&mut c, &unknown).await? {
        gathered.names.insert(row.id, row);
    }
    Ok(gathered)
}

/// What commits did to these and, where they are followed, to what they were before.
async fn steps(
    c: &mut Connection,
    project: i64,
    members: &[SymbolRow],
    follow: bool,
) -> Result<(Vec<LifeRow>, HashMap<i64, SymbolRow>), StoreError> {
    let mut names: HashMap<i64, SymbolRow> = members.iter().map(|row| (row.id, row.clone())).collect();
    let mut ids: Vec<i64> = names.keys().copied().collect();
    let mut all: Vec<LifeRow> = Vec::new();
    for _ in 0..NAMES_FOLLOWED_MAX {
        if ids.is_empty() {
            break;
        }
        let some = life::steps(c, project, &ids).await?;
        let from: BTreeSet<i64> = some.iter().filter_map(|row| row.from_id).filter(|id| !names.contains_key(id)).collect();
        all.extend(some);
        ids = from.into_iter().collect();
        for row in life::symbols(c, &ids).await? {
            names.insert(row.id, row);
        }
        if !follow {
            break;
        }
    }
    all.sort_by(|a, b| {
        (b.committed_ms, b.commit_id).cmp(&(a.committed_ms, a.commit_id)).then_with(|| (&a.board, &a.region).cmp(&(&b.board, &b.region)))
    });
    Ok((all, names))
}

fn step(row: &LifeRow) -> Step {
    Step {
        symbol: row.symbol_id,
        from: row.from_id,
        at: (row.committed_ms, row.commit_id),
        base: super::figure(row.base_bytes),
        head: super::figure(row.head_bytes),
    }
}

/// Each region of each board with its life.
async fn places(c: &mut Connection, project: i64, who: &Who<'_>, gathered: &Gathered, follow: bool) -> Result<Vec<Place>, StoreError> {
    let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &gathered.steps {
        keys.entry(&row.board).or_default().insert(&row.region);
    }
    for board in &gathered.boards {
        let regions = board.weighed.regions.iter().filter(|region| region.owners.iter().any(|owner| is(who, owner)));
        regions.for_each(|region| {
            keys.entry(&board.name).or_default().insert(region.name.as_str());
        });
    }
    let mut all = Vec::new();
    for (name, regions) in keys {
        let board = gathered.boards.iter().find(|board| board.name == name);
        let mut places: Vec<Place> = regions.iter().map(|region| place(who, gathered, follow, (name, region), board, &[])).collect();
        // Only where something is not known it is asked which commits were not weighed.
        if let Some(since) = places.iter().flat_map(|place| place.life.unknown()).map(|(from, _)| from.0).min() {
            let holes = life::holes(c, project, name, since).await?;
            let holes: Vec<(At, String)> = holes.into_iter().map(|row| ((row.committed_ms, row.id), row.sha)).collect();
            places = regions.iter().map(|region| place(who, gathered, follow, (name, region), board, &holes)).collect();
        }
        all.extend(places);
    }
    Ok(all)
}

fn place(
    who: &Who<'_>,
    gathered: &Gathered,
    follow: bool,
    (board, region): (&str, &str),
    build: Option<&Board>,
    holes: &[(At, String)],
) -> Place {
    let weighed = build.and_then(|build| build.weighed.regions.iter().find(|r| r.name.as_str() == region));
    let mut owners: HashMap<(String, String, String), u64> = HashMap::new();
    for owner in weighed.into_iter().flat_map(|region| &region.owners).filter(|owner| is(who, owner)) {
        let sum = owners.entry((word(&owner.owner), cut(&owner.name), cut(&owner.group))).or_default();
        *sum = sum.saturating_add(owner.bytes);
    }
    let (bytes, count) = (weighed.map(|_| owners.values().fold(0, |sum: u64, n| sum.saturating_add(*n))), owners.len());
    let mut asked = Asked { follow, holes: holes.iter().map(|(at, _)| *at).collect(), ..Asked::default() };
    if let Some(build) = build {
        asked.today = (build.build.committed_ms, build.build.commit_id);
    }
    for row in &gathered.members {
        let today = owners.remove(&(row.owner.clone(), row.name.clone(), row.grp.clone()));
        asked.members.insert(row.id, weighed.map(|_| today.unwrap_or(0)));
    }
    // Those that never changed have no row.
    for (at, bytes) in (1..).zip(owners.into_values()) {
        asked.members.insert(-at, Some(bytes));
    }
    let here = |row: &&LifeRow| row.board == board && row.region == region;
    let mut seen = BTreeSet::new();
    let rows = gathered.steps.iter().chain(&gathered.away).filter(here).filter(|row| seen.insert((row.symbol_id, row.commit_id)));
    let steps: Vec<Step> = rows.map(step).collect();
    Place {
        board: board.to_owned(),
        region: region.to_owned(),
        kind: weighed.map_or_else(|| if region.contains("ram") { RegionKind::Ram } else { RegionKind::Flash }, |region| region.kind),
        bytes,
        used_bytes: weighed.map_or(0, |region| region.used_bytes),
        owners: count,
        life: Life::of(&asked, &steps),
        holes: holes.to_vec(),
    }
}

/// Instructions executed today in these owners on a board, by benchmark, with what the benchmark counts in all.
pub fn instructions<'a>(who: &Who<'_>, weighed: &'a Weighed) -> Vec<(&'a BenchName, u64, u64)> {
    let mut sums: BTreeMap<&BenchName, u64> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let owners = weighed.regions.iter().flat_map(|region| &region.owners).filter(|owner| owner.instructions.is_some() && is(who, owner));
    // A function that is loaded from flash and runs from RAM is in both, and counted once.
    for owner in owners.filter(|owner| seen.insert(&owner.name)) {
        for (bench, n) in weighed.instructions(&owner.name) {
            let sum = sums.entry(bench).or_default();
            *sum = sum.saturating_add(n);
        }
    }
    let all = |bench: &BenchName| weighed.benches.iter().find(|(name, _)| name == bench).map_or(0, |(_, all)| *all);
    sums.into_iter().map(|(bench, n)| (bench, n, all(bench))).collect()
}

/// The largest of these owners on a board today, each with its bytes in all regions of a kind.
pub fn largest<'a>(who: &Who<'_>, weighed: &'a Weighed, kind: RegionKind, max: usize) -> Vec<(&'a WeighedOwner, u64)> {
    let regions = weighed.regions.iter().filter(|region| region.kind == kind);
    let mut all: Vec<(&WeighedOwner, u64)> =
        regions.flat_map(|region| &region.owners).filter(|owner| is(who, owner)).map(|owner| (owner, owner.bytes)).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    all.truncate(max);
    all
}
