//! One board of a comparison: the largest changes in short, or everything.

use super::super::link::{Link, is_plain, symbol};
use super::super::revision::Revision;
use super::super::shown;
use super::changes::{self, Filter, by_group};
use ounce_analysis::beside::{FunctionBeside, functions_beside};
use ounce_analysis::comparison::{BoardComparison, BoardState, RegionDelta, RowDelta};
use ounce_protocol::measurement::Owner;
use ounce_protocol::units::{delta, grouped, percent, signed};
use ounce_report::{BoardParts, Treemap, change_words, difference_cells, treemap_svg};

/// Rows on a page of one board.
const ROWS_PER_PAGE: usize = 100;
/// Functions whose bytes and instructions stand side by side.
const FUNCTIONS_BESIDE_MAX: usize = 40;
/// Benchmarks named of one of these.
const BENCHES_NAMED_MAX: usize = 4;
/// Groups that one can choose.
const GROUPS_MAX: usize = 40;
/// Groups named above the table.
const GROUPS_NAMED_MAX: usize = 10;
/// Cells of a treemap.
const CELLS_MAX: usize = 60;
/// Longest whole name in a title, characters.
const TITLE_CHARS_MAX: usize = 300;
/// Regions that have one, and owners that moved in such a one: of fewer the table says it all.
const MAPS_MAX: usize = 2;
const MAPPED_MIN: usize = 3;

pub(super) struct BoardView {
    pub name: String,
    pub title: String,
    pub in_short: String,
    /// The board alone.
    pub alone: Option<String>,
    pub base_build: String,
    pub head_build: String,
    pub before: String,
    pub after: String,
    pub is_missing: bool,
    pub maps: Vec<String>,
    pub functions: Vec<FunctionView>,
    pub functions_left_out: usize,
    pub changes: Option<Changes>,
}

pub(super) struct FunctionView {
    pub name: String,
    pub href: Option<String>,
    pub bytes: String,
    pub bytes_exact: i64,
    pub base: String,
    pub base_exact: u64,
    pub head: String,
    pub head_exact: u64,
    pub delta: String,
    pub delta_exact: i64,
    pub share: String,
    pub class: &'static str,
    pub benches: String,
}

/// The table of owners that moved.
pub(super) struct Changes {
    pub total: usize,
    pub matching: usize,
    pub first: usize,
    pub last: usize,
    /// What the matching ones come to.
    pub sum: String,
    pub rows: Vec<RowView>,
    pub has_instructions: bool,
    pub has_regions: bool,
    pub groups: Vec<(String, String, String)>,
    pub form: Option<Form>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// What can be asked of the table.
pub(super) struct Form {
    pub filter: Filter,
    pub hidden: Vec<(&'static str, String)>,
    pub groups: Vec<(String, bool)>,
    pub regions: Vec<(String, bool)>,
    pub is_narrow: bool,
    pub reset: String,
    pub text: String,
}

pub(super) struct RowView {
    pub bytes: String,
    pub exact: i64,
    pub class: &'static str,
    pub instructions: String,
    pub instructions_exact: i64,
    pub what: String,
    pub owner: String,
    pub name: String,
    pub href: Option<String>,
    pub group: String,
    pub region: String,
    pub why: Option<String>,
}

fn class(delta: i64) -> &'static str {
    match delta {
        0 => "",
        1.. => "worse",
        _ => "better",
    }
}

/// One board of a comparison.
pub(super) struct BoardOf<'a> {
    pub repo: &'a str,
    pub part: &'a BoardParts,
    pub compared: &'a BoardComparison,
    pub sides: [&'a Revision; 2],
    /// The page as it is asked for.
    pub here: &'a Link,
}

impl BoardOf<'_> {
    fn regions(&self) -> &[RegionDelta] {
        match &self.compared.state {
            BoardState::Compared(compared) if self.part.is_subtracted => &compared.regions,
            _ => &[],
        }
    }

    fn view(&self, alone: Option<String>, changes: Option<Changes>) -> BoardView {
        let build = |revision: &Revision| format!("/p/{}/builds/{}/{}", self.repo, revision.sha, self.part.board);
        BoardView {
            name: self.part.board.to_string(),
            title: self.part.title.as_deref().map(shown).unwrap_or_default(),
            in_short: self.part.in_short.clone(),
            alone,
            base_build: build(self.sides[0]),
            head_build: build(self.sides[1]),
            before: self.part.before.clone(),
            after: self.part.after.clone(),
            is_missing: matches!(self.compared.state, BoardState::Missing { .. }),
            maps: Vec::new(),
            functions: Vec::new(),
            functions_left_out: 0,
            changes,
        }
    }

    /// The largest changes of one of several boards.
    pub fn in_short(&self, rows: usize, page: &Link) -> BoardView {
        let alone = page.with("board", self.part.board.as_str()).to_string();
        let changes = self.changes(&Filter::none(), rows);
        self.view(Some(alone), changes)
    }

    /// Everything of a board.
    pub fn alone(&self, filter: &Filter) -> BoardView {
        let mut view = self.view(None, self.changes(filter, ROWS_PER_PAGE));
        let regions = self.regions();
        let here = self.here.with("board", self.part.board.as_str());
        if let Some(changes) = &mut view.changes {
            let reset = ["kind", "group", "region", "q", "sort"].iter().fold(here.clone(), |link, key| link.with(key, ""));
            let groups = by_group(regions);
            let named = groups.iter().filter(|(_, sum)| *sum != 0).take(GROUPS_NAMED_MAX);
            changes.groups = named
                .map(|(group, sum)| (shown(group), format!("{} B", signed(*sum)), here.with("group", group).to_string()))
                .filter(|_| groups.len() > 1)
                .collect();
            let chosen = |value: &str, there: &str| (value.to_owned(), value == there);
            let plain = groups.iter().map(|(group, _)| *group).filter(|group| is_plain(group));
            let mut groups: Vec<(String, bool)> = plain.take(GROUPS_MAX).map(|group| chosen(group, &filter.group)).collect();
            // One that a link led to stays chosen.
            if !filter.group.is_empty() && is_plain(&filter.group) && !groups.iter().any(|(_, is_chosen)| *is_chosen) {
                groups.push((filter.group.clone(), true));
            }
            let with_rows = || regions.iter().filter(|region| !region.rows.is_empty());
            changes.form = Some(Form {
                hidden: here.asked_but(&["kind", "group", "region", "q", "sort"]),
                groups,
                regions: with_rows().map(|region| chosen(region.name.as_str(), &filter.region)).collect(),
                is_narrow: filter.is_narrow(),
                reset: reset.to_string(),
                text: ounce_report::visible(&filter.text, changes::TEXT_CHARS_MAX),
                filter: filter.clone(),
            });
            let turned = |page: usize| here.with("page", &page.to_string()).to_string();
            changes.previous = (filter.page > 1).then(|| turned(filter.page - 1));
            changes.next = (changes.last < changes.matching).then(|| turned(filter.page + 1));
        }
        let moved = |region: &&RegionDelta| region.rows.iter().filter(|row| row.base_bytes != row.head_bytes).count() >= MAPPED_MIN;
        let maps = regions.iter().filter(moved).take(MAPS_MAX);
        view.maps = maps.map(|region| self.map(region, &here)).collect();
        let functions = functions_beside(self.compared);
        view.functions_left_out = functions.len().saturating_sub(FUNCTIONS_BESIDE_MAX);
        view.functions = functions.iter().take(FUNCTIONS_BESIDE_MAX).map(|function| self.function(function)).collect();
        view
    }

    fn function(&self, function: &FunctionBeside) -> FunctionView {
        let d = delta(function.instructions.base, function.instructions.head);
        let bytes = function.bytes.map_or(0, |moved| delta(moved.base, moved.head));
        let named = function.benches.iter().take(BENCHES_NAMED_MAX);
        let mut benches: Vec<String> = named.map(|(bench, moved)| format!("{bench} {}", signed(delta(moved.base, moved.head)))).collect();
        let more = function.benches.len().saturating_sub(BENCHES_NAMED_MAX);
        benches.extend((more > 0).then(|| format!("{more} more")));
        let is_outside = function.name == "?";
        FunctionView {
            name: if is_outside { "outside any function".into() } else { ounce_report::visible(&function.name, 96) },
            href: if is_outside { None } else { symbol(self.repo, self.part.board.as_str(), &function.name) },
            bytes: if bytes == 0 { "same".into() } else { format!("{} B", signed(bytes)) },
            bytes_exact: bytes,
            base: grouped(function.instructions.base),
            base_exact: function.instructions.base,
            head: grouped(function.instructions.head),
            head_exact: function.instructions.head,
            delta: signed(d),
            delta_exact: d,
            share: percent(function.instructions.base, function.instructions.head),
            class: class(d),
            benches: benches.join(", "),
        }
    }

    fn map(&self, region: &RegionDelta, here: &Link) -> String {
        let (repo, board) = (self.repo, self.part.board.as_str());
        let reset = ["kind", "q", "sort"].iter().fold(here.with("region", region.name.as_str()), |link, key| link.with(key, ""));
        let cells = difference_cells(region, CELLS_MAX, |group, row| match row {
            None => Some(reset.with("group", group).to_string()),
            Some(row) => leads_to(repo, board, row),
        });
        treemap_svg(&format!("What came and went in {} of {board}", region.name), &cells, Treemap::Difference)
    }

    fn changes(&self, filter: &Filter, rows: usize) -> Option<Changes> {
        let regions = self.regions();
        let total: usize = regions.iter().map(|region| region.rows.len()).sum();
        if total == 0 {
            return None;
        }
        let selected = filter.select(regions);
        let first = (filter.page - 1).saturating_mul(rows).min(selected.len());
        let last = first.saturating_add(rows).min(selected.len());
        let sum = selected.iter().fold(0i64, |sum, (_, row)| sum.saturating_add(delta(row.base_bytes, row.head_bytes)));
        let has_instructions = selected.iter().any(|(_, row)| row.instructions.is_some());
        Some(Changes {
            total,
            matching: selected.len(),
            first: first + 1,
            last,
            sum: format!("{} B", signed(sum)),
            rows: selected[first..last].iter().map(|(region, row)| self.row(region, row)).collect(),
            has_instructions,
            has_regions: regions.iter().filter(|region| !region.rows.is_empty()).count() > 1,
            groups: Vec::new(),
            form: None,
            previous: None,
            next: None,
        })
    }

    fn row(&self, region: &RegionDelta, row: &RowDelta) -> RowView {
        let words = change_words(row);
        let bytes = delta(row.base_bytes, row.head_bytes);
        let instructions = row.instructions.map(|moved| delta(moved.base, moved.head));
        RowView {
            bytes: format!("{} B", signed(bytes)),
            exact: bytes,
            class: class(bytes),
            instructions: instructions.map_or_else(String::new, signed),
            instructions_exact: instructions.unwrap_or(0),
            what: words.what,
            owner: words.owner,
            name: ounce_report::visible(&row.name, TITLE_CHARS_MAX),
            href: leads_to(self.repo, self.part.board.as_str(), row),
            group: ounce_report::visible(&row.group, 96),
            region: region.name.to_string(),
            why: words.why,
        }
    }
}

/// The symbol's page; of what has no name there is none.
fn leads_to(repo: &str, board: &str, row: &RowDelta) -> Option<String> {
    let has_name = !matches!(row.owner, Owner::Padding | Owner::Unattributed);
    has_name.then(|| symbol(repo, board, &row.name)).flatten()
}
