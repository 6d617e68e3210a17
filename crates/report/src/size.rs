//! One image's ledger in words, without anything to compare it with: `ounce size ELF`.

use crate::by;
use crate::doc::{Align, Block, Line, Table};
use crate::figures::{counted, headroom};
use crate::owner;
use crate::{markdown, terminal};
use ounce_analysis::tree::{By, NO_OBJECT, tree};
use ounce_protocol::measurement::{Ledger, Owner, RegionLedger, Row};
use ounce_protocol::units::grouped;
use std::collections::BTreeMap;

/// Ranges outside all regions named; the others are summed.
const OUTSIDE_NAMED_MAX: usize = 8;

/// The ledger for a terminal `width` columns wide: regions, then for each region its groups and its `top` largest owners,
/// the others in one row, so that each table adds up to the bytes in use.
pub fn size_terminal(ledger: &Ledger, by: By, top: usize, width: usize, colour: bool) -> String {
    terminal::write(&compose(ledger, by, top), width, colour)
}

/// The same as markdown.
pub fn size_markdown(ledger: &Ledger, by: By, top: usize) -> String {
    markdown::write(&compose(ledger, by, top))
}

fn compose(ledger: &Ledger, by: By, top: usize) -> Vec<Block> {
    let mut out = Vec::new();
    let mut table = Table::new(&[("region", Align::Name), ("used", Align::Right), ("of", Align::Right), ("", Align::Right)]);
    for r in &ledger.regions {
        let left = headroom(r.size_bytes, r.used_bytes);
        let left = if r.used_bytes > r.size_bytes { Line::new().bad(left) } else { left.into() };
        table.row(vec![Line::new().code(r.name.as_str()), bytes(r.used_bytes), bytes(r.size_bytes), left]);
    }
    out.push(Block::Table(table));
    out.extend(outside(ledger));
    for region in ledger.regions.iter().filter(|r| !r.rows.is_empty()) {
        out.extend(region_blocks(region, by, top));
    }
    out
}

fn bytes(n: u64) -> Line {
    format!("{} B", grouped(n)).into()
}

fn sum<'a>(rows: impl Iterator<Item = &'a Row>) -> u64 {
    rows.fold(0, |sum, row| sum.saturating_add(row.bytes))
}

fn outside(ledger: &Ledger) -> Vec<Block> {
    if ledger.outside.is_empty() {
        return Vec::new();
    }
    let total = ledger.outside.iter().fold(0u64, |sum, o| sum.saturating_add(o.bytes));
    let title = Line::new().bad(format!("{} B lie in no region of the manifest:", grouped(total)));
    let mut rows: Vec<Line> =
        ledger.outside.iter().take(OUTSIDE_NAMED_MAX).map(|o| format!("{} B at {:#010x}", grouped(o.bytes), o.start).into()).collect();
    let rest = &ledger.outside[ledger.outside.len().min(OUTSIDE_NAMED_MAX)..];
    if !rest.is_empty() {
        let left = rest.iter().fold(0u64, |sum, o| sum.saturating_add(o.bytes));
        rows.push(format!("{} B in {} more", grouped(left), counted(rest.len(), "range", "ranges")).into());
    }
    vec![Block::Paragraph(title), Block::List(rows)]
}

/// A share in percent: `12.3 %`.
pub(crate) fn share(part: u64, whole: u64) -> String {
    let tenths = if whole == 0 { 0 } else { u128::from(part) * 1000 / u128::from(whole) };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn region_blocks(region: &RegionLedger, by: By, top: usize) -> Vec<Block> {
    let total = sum(region.rows.iter());
    let title = |what: &str| Block::Paragraph(Line::new().code(region.name.as_str()).strong(format!(" {what}")));
    let sum_row = |columns: usize| {
        let mut row = vec![Line::new().strong(format!("{} B", grouped(total))), "sum".into()];
        row.resize(columns, Line::new());
        row
    };

    let groups = groups(region, by);
    let mut by_group = Table::new(&[("bytes", Align::Right), (by::title(by), Align::Name), ("share", Align::Right)]);
    for (group, n) in groups.iter().take(top) {
        by_group.row(vec![bytes(*n), Line::new().code(group), share(*n, total).into()]);
    }
    let rest = &groups[groups.len().min(top)..];
    if !rest.is_empty() {
        let n = rest.iter().fold(0u64, |sum, g| sum.saturating_add(g.1));
        by_group.row(vec![bytes(n), format!("{} more", rest.len()).into(), share(n, total).into()]);
    }
    by_group.row(sum_row(3));

    let mut rows: Vec<&Row> = region.rows.iter().collect();
    rows.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.cmp(b)));
    let (shown, rest) = rows.split_at(rows.len().min(top));
    let third = if by == By::Object { by::title(by) } else { "group" };
    let mut owners = Table::new(&[("bytes", Align::Right), ("owner", Align::Name), (third, Align::Name), ("section", Align::Name)]);
    for row in shown {
        let group = if by == By::Object { object(row) } else { &row.group };
        owners.row(vec![bytes(row.bytes), owner::of_row(row), Line::new().code(group), Line::new().code(&row.section)]);
    }
    if !rest.is_empty() {
        owners.row(vec![bytes(sum(rest.iter().copied())), format!("{} more", rest.len()).into(), "".into(), "".into()]);
    }
    owners.row(sum_row(4));
    vec![title(&format!("by {}", by::title(by))), Block::Table(by_group), title("by owner"), Block::Table(owners)]
}

/// The groups of a region, largest first; object files with the members of archives each for itself.
fn groups(region: &RegionLedger, by: By) -> Vec<(String, u64)> {
    if by != By::Object {
        return tree(region, by).children.into_iter().map(|node| (node.name, node.bytes)).collect();
    }
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &region.rows {
        let sum = sums.entry(object(row)).or_default();
        *sum = sum.saturating_add(row.bytes);
    }
    let mut groups: Vec<(String, u64)> = sums.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    groups.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    groups
}

fn object(row: &Row) -> &str {
    match row.owner {
        Owner::Padding => "(padding)",
        Owner::Unattributed => "(unattributed)",
        _ => row.object.as_deref().unwrap_or(NO_OBJECT),
    }
}
