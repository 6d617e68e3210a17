//! What changed between two ledgers, and between two profiles.
//!
//! Owners are matched in passes, each over what the passes before it left:
//!
//! 1. the same linkage name in the same section (not for names that are numbers only: outlined functions, anonymous constants);
//! 2. the same linkage name in another section;
//! 3. the same name for people, without what a rebuild may change: hashes and crate disambiguators (which that name does not
//!    have), clone suffixes, trailing numbers;
//! 4. the same size and the same last part of the path: it was renamed or moved.
//!
//! Where several owners share a key, those of one size are paired first, then the rest, largest first. Padding and
//! unattributed bytes are summed, one row a region. So every byte of both sides is in exactly one row, and the rows'
//! differences sum to the region's, to the byte.

use crate::comparison::{Change, FunctionDelta, RegionDelta, RowDelta};
use crate::names::{last_segment, normalised};
use ounce_protocol::measurement::{FunctionCount, Ledger, Owner, RegionLedger, Row};
use ounce_protocol::units;
use std::collections::BTreeMap;

/// All regions of the head, in its order; one that the base does not have is all added.
pub fn region_deltas(base: &Ledger, head: &Ledger) -> Vec<RegionDelta> {
    let at_base = |region: &RegionLedger| base.regions.iter().find(|b| b.name == region.name);
    head.regions.iter().map(|region| region_delta(at_base(region), region)).collect()
}

fn region_delta(base: Option<&RegionLedger>, head: &RegionLedger) -> RegionDelta {
    let base_rows = base.map_or(&[][..], |b| &b.rows);
    let mut pairs = Pairs { base: owned(base_rows), head: owned(&head.rows), rows: Vec::new() };
    pairs.by(|row| (!is_numbered(row)).then(|| (row.owner, linkage(row).to_owned(), row.section.clone())), same);
    pairs.by(|row| (!is_numbered(row)).then(|| (row.owner, linkage(row).to_owned())), same);
    pairs.by(|row| Some((row.owner, normalised(&row.name).into_owned())), same);
    let place = |row: &Row| (row.bytes, last_segment(&normalised(&row.name)).to_owned());
    pairs.by(|row| (row.owner == Owner::Symbol).then(|| place(row)), renamed);
    let mut rows = pairs.finish();
    for (owner, word) in [(Owner::Padding, "padding"), (Owner::Unattributed, "unattributed")] {
        let sum = |rows: &[Row]| rows.iter().filter(|r| r.owner == owner).fold(0u64, |sum, r| sum.saturating_add(r.bytes));
        let (base_bytes, head_bytes) = (sum(base_rows), sum(&head.rows));
        if let Some(change) = resized(base_bytes, head_bytes) {
            rows.push(RowDelta {
                owner,
                name: word.into(),
                group: word.into(),
                of: None,
                change,
                base_bytes,
                head_bytes,
                instructions: None,
                why: Vec::new(),
            });
        }
    }
    let weight = |row: &RowDelta| std::cmp::Reverse(row.base_bytes.abs_diff(row.head_bytes));
    rows.sort_by(|a, b| {
        let key = |r: &RowDelta| (weight(r), r.owner);
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name)).then(a.base_bytes.cmp(&b.base_bytes)).then(a.head_bytes.cmp(&b.head_bytes))
    });
    RegionDelta {
        name: head.name.clone(),
        kind: head.kind,
        size_bytes: head.size_bytes,
        base_bytes: base.map_or(0, |b| b.used_bytes),
        head_bytes: head.used_bytes,
        rows,
    }
}

fn linkage(row: &Row) -> &str {
    row.linkage.as_deref().unwrap_or(&row.name)
}

/// Outlined functions and anonymous constants: their numbers are given anew in each build, so only their sizes tell them apart.
fn is_numbered(row: &Row) -> bool {
    normalised(&row.name).ends_with('*') && !row.name.ends_with('*')
}

fn owned(rows: &[Row]) -> Vec<&Row> {
    rows.iter().filter(|r| !matches!(r.owner, Owner::Padding | Owner::Unattributed)).collect()
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

/// A pair that is the same thing: a row where its size changed.
fn same(base: &Row, head: &Row) -> Option<RowDelta> {
    resized(base.bytes, head.bytes).map(|change| row_delta(head, change, base.bytes, head.bytes))
}

/// A pair of one size under two names: always a row.
fn renamed(base: &Row, head: &Row) -> Option<RowDelta> {
    Some(row_delta(head, Change::Renamed { from: base.name.clone() }, base.bytes, head.bytes))
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
    }
}

/// What is not matched yet, and the rows found so far.
struct Pairs<'a> {
    base: Vec<&'a Row>,
    head: Vec<&'a Row>,
    rows: Vec<RowDelta>,
}

impl<'a> Pairs<'a> {
    /// One pass: matches what has one key; no key, no match.
    fn by<K: Ord>(&mut self, key: impl Fn(&Row) -> Option<K>, emit: impl Fn(&Row, &Row) -> Option<RowDelta>) {
        let mut sides: BTreeMap<K, [Vec<&'a Row>; 2]> = BTreeMap::new();
        let mut left: [Vec<&'a Row>; 2] = [Vec::new(), Vec::new()];
        for (side, rows) in [std::mem::take(&mut self.base), std::mem::take(&mut self.head)].into_iter().enumerate() {
            for row in rows {
                match key(row) {
                    Some(key) => sides.entry(key).or_default()[side].push(row),
                    None => left[side].push(row),
                }
            }
        }
        for (_, [base, head]) in sides {
            let (base, head) = self.pair_equal_sizes(base, head, &emit);
            let both = base.len().min(head.len());
            self.rows.extend(base.iter().zip(&head).filter_map(|(b, h)| emit(b, h)));
            left[0].extend(&base[both..]);
            left[1].extend(&head[both..]);
        }
        [self.base, self.head] = left;
    }

    /// Takes the pairs of one size out of both lists; both come back largest first.
    fn pair_equal_sizes(
        &mut self,
        base: Vec<&'a Row>,
        mut head: Vec<&'a Row>,
        emit: &impl Fn(&Row, &Row) -> Option<RowDelta>,
    ) -> (Vec<&'a Row>, Vec<&'a Row>) {
        let order = |row: &&Row| (std::cmp::Reverse(row.bytes), linkage(row).to_owned(), row.section.clone());
        let mut base = base;
        base.sort_by_cached_key(order);
        head.sort_by_cached_key(order);
        let (mut base_left, mut head_left) = (Vec::new(), Vec::new());
        let (mut b, mut h) = (base.into_iter().peekable(), head.into_iter().peekable());
        while let (Some(at_base), Some(at_head)) = (b.peek(), h.peek()) {
            match at_base.bytes.cmp(&at_head.bytes) {
                std::cmp::Ordering::Equal => {
                    self.rows.extend(emit(at_base, at_head));
                    b.next();
                    h.next();
                }
                std::cmp::Ordering::Greater => base_left.extend(b.next()),
                std::cmp::Ordering::Less => head_left.extend(h.next()),
            }
        }
        base_left.extend(b);
        head_left.extend(h);
        (base_left, head_left)
    }

    fn finish(self) -> Vec<RowDelta> {
        let mut rows = self.rows;
        rows.extend(self.base.iter().filter(|r| r.bytes > 0).map(|r| row_delta(r, Change::Removed, r.bytes, 0)));
        rows.extend(self.head.iter().filter(|r| r.bytes > 0).map(|r| row_delta(r, Change::Added, 0, r.bytes)));
        rows
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
    rows.sort_by_key(|row| std::cmp::Reverse(units::delta(row.base, row.head).unsigned_abs()));
    rows
}
