//! What changed between two ledgers, and between two profiles.
//!
//! Owners are matched in passes, each over what the passes before it left ([`passes`]): the linkage name; the name for people without what a
//! rebuild may change; for texts and constants, the text and whose it is; instances of generics; then what moved to another module,
//! and what has another name. Where several owners share a key, those alike are paired first ([`pairing`]). Instances of a generic whose number
//! changed are one row ([`families`]). Padding and unattributed bytes are summed, one row a region.
//!
//! So every byte of both sides is in exactly one row, and the rows' differences sum to the region's, to the byte; and the rows do not
//! depend on the order of those of the ledgers.

mod families;
mod matching;
mod pairing;
mod passes;
mod profiles;

pub use profiles::Profiles;

use crate::comparison::{Change, FunctionDelta, RegionDelta, RowDelta};
use crate::names::normalised;
use families::Copies;
use matching::{How, Item, Matching, Side};
use ounce_protocol::measurement::{FunctionCount, Ledger, Owner, RegionLedger, Row};
use ounce_protocol::units;
use profiles::Callers;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// All regions of the head, in its order; one that the base does not have is all added.
pub fn region_deltas(base: &Ledger, head: &Ledger) -> Vec<RegionDelta> {
    region_deltas_with(base, head, &Profiles::default())
}

/// As [`region_deltas`], with the instructions executed in the functions that changed.
pub fn region_deltas_with(base: &Ledger, head: &Ledger, profiles: &Profiles) -> Vec<RegionDelta> {
    let at_base = |region: &RegionLedger| base.regions.iter().find(|b| b.name == region.name);
    head.regions.iter().map(|region| region_delta(at_base(region), region, profiles)).collect()
}

fn region_delta(base: Option<&RegionLedger>, head: &RegionLedger, profiles: &Profiles) -> RegionDelta {
    let base_rows = base.map_or(&[][..], |b| &b.rows);
    let sides = [Item::all(base_rows), Item::all(&head.rows)];
    let mut matching = Matching::new(&sides);
    passes::same(&mut matching);
    let mut families = families::settle(&mut matching);
    passes::elsewhere(&mut matching);
    families.gather_rest(&mut matching);

    let mut rows = Rows { sides: &sides, callers: Callers::new(&sides, profiles), rows: Vec::new() };
    rows.pairs(&matching);
    families.copies.iter().for_each(|copies| rows.copies(copies));
    let mut rows = rows.rows;
    for (owner, word) in [(Owner::Padding, "padding"), (Owner::Unattributed, "unattributed")] {
        let sum = |rows: &[Row]| rows.iter().filter(|r| r.owner == owner).fold(0u64, |sum, r| sum.saturating_add(r.bytes));
        let (base_bytes, head_bytes) = (sum(base_rows), sum(&head.rows));
        if let Some(change) = resized(base_bytes, head_bytes) {
            let row = Row { owner, name: word.into(), group: word.into(), ..Row::default() };
            rows.push(row_delta(&row, change, base_bytes, head_bytes));
        }
    }
    rows.sort_by(|a, b| order(a).cmp(&order(b)));
    RegionDelta {
        name: head.name.clone(),
        kind: head.kind,
        size_bytes: head.size_bytes,
        base_bytes: base.map_or(0, |b| b.used_bytes),
        head_bytes: head.used_bytes,
        rows,
    }
}

/// Largest change first; then by all that could tell two rows apart, so that the order is one.
fn order(row: &RowDelta) -> impl Ord + '_ {
    let from = match &row.change {
        Change::Renamed { from } | Change::Moved { from } => from.as_str(),
        _ => "",
    };
    let change = Reverse(row.base_bytes.abs_diff(row.head_bytes));
    (change, row.owner, &row.name, row.base_bytes, row.head_bytes, row.of.as_deref(), &row.group, from)
}

/// How a size changed; `None` where it did not.
fn resized(base_bytes: u64, head_bytes: u64) -> Option<Change> {
    match (base_bytes, head_bytes) {
        (b, h) if b == h => None,
        (0, _) => Some(Change::Added),
        (_, 0) => Some(Change::Removed),
        (b, h) if h > b => Some(Change::Grown),
        _ => Some(Change::Shrunk),
    }
}

fn row_delta(row: &Row, change: Change, base_bytes: u64, head_bytes: u64) -> RowDelta {
    RowDelta {
        owner: row.owner,
        name: row.name.clone(),
        group: row.group.clone(),
        of: row.of.clone(),
        change,
        base_bytes,
        head_bytes,
        instructions: None,
        why: Vec::new(),
        written: None,
    }
}

/// What was matched, as rows of what changed.
struct Rows<'s, 'a> {
    sides: &'s [Vec<Item<'a>>; 2],
    callers: Callers<'s>,
    rows: Vec<RowDelta>,
}

impl<'s, 'a> Rows<'s, 'a> {
    fn item(&self, side: Side, at: u32) -> &'s Item<'a> {
        matching::item(self.sides, side, at)
    }

    fn pairs(&mut self, matching: &Matching<'_, '_>) {
        for pair in &matching.pairs {
            let (base, head) = (self.item(Side::Base, pair.base), self.item(Side::Head, pair.head));
            let (b, h) = (base.row, head.row);
            let change = match pair.how {
                How::Same => resized(b.bytes, h.bytes),
                How::Moved => Some(Change::Moved { from: b.name.clone() }),
                How::Renamed => Some(Change::Renamed { from: b.name.clone() }),
                How::Copied => None,
            };
            let Some(change) = change else { continue };
            let instructions = self.callers.moved(&[base], &[head]);
            self.rows.push(RowDelta { instructions, ..row_delta(h, change, b.bytes, h.bytes) });
        }
        for &at in &matching.left[Side::Base as usize] {
            let item = self.item(Side::Base, at);
            let instructions = self.callers.moved(&[item], &[]);
            self.rows.push(RowDelta { instructions, ..row_delta(item.row, Change::Removed, item.row.bytes, 0) });
        }
        for &at in &matching.left[Side::Head as usize] {
            let item = self.item(Side::Head, at);
            let instructions = self.callers.moved(&[], &[item]);
            self.rows.push(RowDelta { instructions, ..row_delta(item.row, Change::Added, 0, item.row.bytes) });
        }
    }

    /// Instances of one generic whose number changed: all of them, those that did not change among them, so that "3 → 4 copies" has the bytes of 3
    /// and of 4.
    fn copies(&mut self, copies: &Copies) {
        let items = |side: Side, all: &[u32]| all.iter().map(|&at| self.item(side, at)).collect::<Vec<_>>();
        let (base, head) = (items(Side::Base, &copies.base), items(Side::Head, &copies.head));
        let sum = |items: &[&Item<'_>]| items.iter().fold(0u64, |sum, item| sum.saturating_add(item.row.bytes));
        let number = |items: &[&Item<'_>]| u64::try_from(items.len()).unwrap_or(u64::MAX);
        // Of all copies the one that is first whatever their order in the ledgers.
        let first = |items: &[&'s Item<'a>]| items.iter().map(|item| item.row).min();
        let Some(row) = first(&head).or_else(|| first(&base)) else { return };
        let change = Change::Copies { base: number(&base), head: number(&head) };
        let instructions = self.callers.moved(&base, &head);
        self.rows.push(RowDelta { name: copies.name.clone(), instructions, ..row_delta(row, change, sum(&base), sum(&head)) });
    }
}

/// Functions whose own count changed, largest change first. Sums to the difference of the two profiles' totals. Functions that
/// differ in clone suffixes or trailing numbers only are one row.
pub fn function_deltas(base: &[FunctionCount], head: &[FunctionCount]) -> Vec<FunctionDelta> {
    let mut sums: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for (side, profile) in [base, head].into_iter().enumerate() {
        for row in profile {
            let sum = &mut sums.entry(normalised(&row.name).into_owned()).or_default()[side];
            *sum = sum.saturating_add(row.instructions);
        }
    }
    let changed = sums.into_iter().filter(|(_, [base, head])| base != head);
    let mut rows: Vec<FunctionDelta> = changed.map(|(name, [base, head])| FunctionDelta { name, base, head }).collect();
    rows.sort_by_key(|row| Reverse(units::delta(row.base, row.head).unsigned_abs()));
    rows
}
