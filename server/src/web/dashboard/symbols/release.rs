//! What a release cost and what it bought: bytes of each board and instructions of each benchmark between a tag and now, and which changes did most of it.

use super::asked::{Named, Period};
use super::{Commit, Moved, Places, figure, moved, moved_ppm};
use crate::store::life::{self, BuildRow, FigureRow};
use crate::store::{Connection, StoreError, tradeoffs};
use ounce_analysis::mean_ppm;
use ounce_protocol::Manifest;
use ounce_protocol::ids::BoardName;
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::{delta, grouped, percent};
use std::collections::BTreeMap;

/// Boards told of.
const BOARDS_MAX: usize = 24;
/// Changes told of, those that moved most.
const CHANGES_TOLD: i64 = 10;

/// A release against now.
pub struct Release {
    pub tag: String,
    pub at: Commit,
    pub boards: Vec<BoardLine>,
    /// How many more boards there are.
    pub boards_left: usize,
    /// Of the board that the page is about.
    pub benches: Vec<BenchLine>,
    pub changes: Vec<ChangeLine>,
}

/// A board in the summary.
pub struct BoardLine {
    pub board: String,
    pub href: String,
    pub flash: Cell,
    pub ram: Cell,
    /// All benchmarks together.
    pub instructions: Option<Moved>,
}

/// Bytes then and now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// `1,000 → 1,040 B`, or why there is none.
    pub text: String,
    pub change: Moved,
}

/// A benchmark then and now.
pub struct BenchLine {
    pub name: String,
    pub base: String,
    pub head: String,
    pub change: Moved,
    pub percent: String,
}

/// A change that did much of it.
pub struct ChangeLine {
    pub commit: Commit,
    pub run: i64,
    pub flash: Moved,
    pub instructions: Option<Moved>,
    pub tendency: String,
}

/// The figures of one board at two commits, by series: only those of the same tools are subtracted.
#[derive(Default)]
struct Pairs {
    regions: BTreeMap<String, (u64, u64)>,
    benches: BTreeMap<String, (u64, u64)>,
    /// Whether each side has figures of bytes at all.
    has: [bool; 2],
}

impl Pairs {
    fn of(rows: &[FigureRow], board: &str, base: i64, head: i64) -> Pairs {
        let mut pairs = Pairs::default();
        let at = |commit: i64| rows.iter().filter(move |row| row.board == board && row.commit_id == commit);
        pairs.has = [base, head].map(|commit| at(commit).any(|row| row.kind == "region"));
        for then in at(base) {
            // By newer tools later: those stay.
            let Some(now) = at(head).find(|row| row.series_id == then.series_id) else { continue };
            let kind = if then.kind == "region" { &mut pairs.regions } else { &mut pairs.benches };
            kind.insert(then.name.clone(), (figure(then.value), figure(now.value)));
        }
        pairs
    }

    /// The regions of a kind together.
    fn cell(&self, kinds: &BTreeMap<String, RegionKind>, kind: RegionKind) -> Cell {
        let is = |name: &str| kinds.get(name).copied().unwrap_or(RegionKind::Flash) == kind;
        let of_kind: Vec<(u64, u64)> = self.regions.iter().filter(|(name, _)| is(name)).map(|(_, pair)| *pair).collect();
        let words = |text: &str| Cell { text: text.to_owned(), change: Moved::default() };
        match (self.has, of_kind.is_empty()) {
            ([false, _], _) => words("not weighed then"),
            ([_, false], _) => words("not weighed now"),
            (_, true) if self.regions.is_empty() => words("other tools"),
            (_, true) => words("–"),
            (_, false) => {
                let sum = |side: fn(&(u64, u64)) -> u64| of_kind.iter().map(side).fold(0, u64::saturating_add);
                let (base, head) = (sum(|pair| pair.0), sum(|pair| pair.1));
                Cell { text: format!("{} → {} B", grouped(base), grouped(head)), change: moved(delta(base, head), " B") }
            }
        }
    }
}

/// The summary of a period that begins at a tag. `board` is the one that the page is about.
pub async fn release(
    c: &mut Connection,
    project: i64,
    period: &Period,
    named: &Named,
    board: &BuildOf<'_>,
    manifest: Option<&Manifest>,
    places: &Places,
) -> Result<Release, StoreError> {
    let names: Vec<String> = life::boards(c, project).await?.into_iter().map(|(name, _)| name).collect();
    let boards_left = names.len().saturating_sub(BOARDS_MAX);
    let mut builds: Vec<(String, i64)> = Vec::new();
    for name in names.into_iter().take(BOARDS_MAX) {
        if let Some(build) = life::newest(c, project, &name).await? {
            builds.push((name, build.commit_id));
        }
    }
    let mut commits: Vec<i64> = builds.iter().map(|(_, commit)| *commit).chain([named.commit_id, board.build.commit_id]).collect();
    commits.sort_unstable();
    commits.dedup();
    let figures = life::figures(c, project, &commits).await?;
    let line = |(name, commit): &(String, i64)| {
        let declared = BoardName::parse(name).ok().and_then(|name| manifest?.boards.get(&name));
        let kinds = declared.map(|b| b.regions.iter().map(|r| (r.name.to_string(), r.kind)).collect()).unwrap_or_default();
        let pairs = Pairs::of(&figures, name, named.commit_id, *commit);
        BoardLine {
            href: super::asked::address(&format!("/p/{}/symbols", places.repo), &[("board", name), ("since", &named.name)]),
            board: name.clone(),
            flash: pairs.cell(&kinds, RegionKind::Flash),
            ram: pairs.cell(&kinds, RegionKind::Ram),
            instructions: mean_ppm(pairs.benches.values().copied()).map(moved_ppm),
        }
    };
    let boards = builds.iter().map(line).collect();
    let own = Pairs::of(&figures, board.name, named.commit_id, board.build.commit_id);
    let bench = |(name, (base, head)): (String, (u64, u64))| BenchLine {
        name,
        base: grouped(base),
        head: grouped(head),
        change: moved(delta(base, head), ""),
        percent: percent(base, head),
    };
    let mut changes = tradeoffs::largest(c, project, board.name, period.after, CHANGES_TOLD).await?;
    changes.sort_by_key(|row| std::cmp::Reverse(row.flash_delta.unsigned_abs()));
    changes.retain(|row| row.flash_delta != 0);
    let change = |row: tradeoffs::TradeRow| ChangeLine {
        commit: places.view(&row.sha, &row.subject, &row.author, row.pull, row.at_ms),
        run: row.run_id,
        flash: moved(row.flash_delta, " B"),
        instructions: row.instructions_ppm.map(moved_ppm),
        tendency: row.tendency,
    };
    Ok(Release {
        tag: super::shown(&named.name),
        at: places.view(&named.sha, "", "", None, period.after.0),
        boards,
        boards_left,
        benches: own.benches.into_iter().map(bench).collect(),
        changes: changes.into_iter().map(change).collect(),
    })
}

/// The build that a page is about.
pub struct BuildOf<'a> {
    pub name: &'a str,
    pub build: &'a BuildRow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_other_tools_are_not_subtracted() {
        let row = |series_id, commit_id, kind: &str, name: &str, value| FigureRow {
            series_id,
            commit_id,
            board: "b".into(),
            kind: kind.into(),
            name: name.into(),
            value,
        };
        let check = |rows: &[FigureRow], flash: &str, ram: &str| {
            let pairs = Pairs::of(rows, "b", 1, 2);
            let kinds = BTreeMap::from([("flash".to_owned(), RegionKind::Flash), ("ram".to_owned(), RegionKind::Ram)]);
            assert_eq!(
                (pairs.cell(&kinds, RegionKind::Flash).text.as_str(), pairs.cell(&kinds, RegionKind::Ram).text.as_str()),
                (flash, ram)
            );
        };
        let then = row(1, 1, "region", "flash", 1_000);
        check(&[then.clone(), row(1, 2, "region", "flash", 1_040)], "1,000 → 1,040 B", "–");
        check(&[then.clone(), row(9, 2, "region", "flash", 1_040)], "other tools", "other tools");
        check(std::slice::from_ref(&then), "not weighed now", "not weighed now");
        check(&[], "not weighed then", "not weighed then");
    }
}
