//! One image in words, without anything to compare it with: `ounce size ELF`.

use crate::by;
use crate::doc::{Align, Block, Line, Table};
use crate::figures::{counted, headroom};
use crate::owner;
use crate::{markdown, terminal};
use ounce_analysis::tree::By;
use ounce_analysis::{RegionSummary, Summary, first_group};
use ounce_protocol::units::grouped;

/// Ranges outside all regions named; the others are summed.
const OUTSIDE_NAMED_MAX: usize = 8;

/// An image for a terminal `width` columns wide: regions, then for each region its `top` largest groups and owners,
/// the others in one row, so that each table adds up to the bytes in use.
pub fn size_terminal(summary: &Summary, by: By, top: usize, width: usize, colour: bool) -> String {
    terminal::write(&compose(summary, by, top), width, colour)
}

/// The same as markdown.
pub fn size_markdown(summary: &Summary, by: By, top: usize) -> String {
    markdown::write(&compose(summary, by, top))
}

fn compose(summary: &Summary, by: By, top: usize) -> Vec<Block> {
    let mut out = Vec::new();
    let mut table = Table::new(&[("region", Align::Name), ("used", Align::Right), ("of", Align::Right), ("", Align::Right)]);
    for r in &summary.regions {
        let left = headroom(r.size_bytes, r.used_bytes);
        let left = if r.used_bytes > r.size_bytes { Line::new().bad(left) } else { left.into() };
        table.row(vec![Line::new().code(r.name.as_str()), bytes(r.used_bytes), bytes(r.size_bytes), left]);
    }
    out.push(Block::Table(table));
    out.extend(outside(summary));
    for region in summary.regions.iter().filter(|r| !r.largest.is_empty()) {
        out.extend(region_blocks(region, by, top));
    }
    out
}

fn bytes(n: u64) -> Line {
    format!("{} B", grouped(n)).into()
}

fn outside(summary: &Summary) -> Vec<Block> {
    if summary.outside.is_empty() {
        return Vec::new();
    }
    let total = summary.outside.iter().fold(0u64, |sum, o| sum.saturating_add(o.bytes));
    let title = Line::new().bad(format!("{} B lie in no region of the manifest:", grouped(total)));
    let mut rows: Vec<Line> =
        summary.outside.iter().take(OUTSIDE_NAMED_MAX).map(|o| format!("{} B at {:#010x}", grouped(o.bytes), o.start).into()).collect();
    let rest = &summary.outside[summary.outside.len().min(OUTSIDE_NAMED_MAX)..];
    if !rest.is_empty() {
        let left = rest.iter().fold(0u64, |sum, o| sum.saturating_add(o.bytes));
        rows.push(format!("{} B in {} more", grouped(left), counted(rest.len(), "range", "ranges")).into());
    }
    vec![Block::Paragraph(title), Block::List(rows)]
}

/// A share in percent: `12.3 %`.
pub fn share(part: u64, whole: u64) -> String {
    let tenths = if whole == 0 { 0 } else { u128::from(part) * 1000 / u128::from(whole) };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn region_blocks(region: &RegionSummary, by: By, top: usize) -> Vec<Block> {
    let total = region.used_bytes;
    let title = |what: &str| Block::Paragraph(Line::new().code(region.name.as_str()).strong(format!(" {what}")));
    let sum_row = |columns: usize| {
        let mut row = vec![Line::new().strong(format!("{} B", grouped(total))), "sum".into()];
        row.resize(columns, Line::new());
        row
    };

    let groups = &region.groups;
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

    let shown = &region.largest[..region.largest.len().min(top)];
    let shown_bytes = shown.iter().fold(0u64, |sum, row| sum.saturating_add(row.bytes));
    let others = region.other_rows + region.largest.len() - shown.len();
    let third = if by == By::Object { by::title(by) } else { "group" };
    let mut owners = Table::new(&[("bytes", Align::Right), ("owner", Align::Name), (third, Align::Name), ("section", Align::Name)]);
    for row in shown {
        let group = if by == By::Object { first_group(row, by) } else { &row.group };
        owners.row(vec![bytes(row.bytes), owner::of_row(row), Line::new().code(group), Line::new().code(&row.section)]);
    }
    if others > 0 {
        owners.row(vec![bytes(total - shown_bytes.min(total)), format!("{others} more").into(), "".into(), "".into()]);
    }
    owners.row(sum_row(4));
    vec![title(&format!("by {}", by::title(by))), Block::Table(by_group), title("by owner"), Block::Table(owners)]
}
