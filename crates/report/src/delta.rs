//! The difference of two images in words: `ounce size BASE HEAD`.

use crate::by;
use crate::changes::{Shown, blocks};
use crate::doc::{Align, Block, Line, Table};
use crate::figures::headroom;
use crate::{markdown, terminal};
use ounce_analysis::comparison::RegionDelta;
use ounce_analysis::tree::{By, DeltaNode, tree_delta};
use ounce_protocol::ids::RegionName;
use ounce_protocol::measurement::{Ledger, RegionLedger};
use ounce_protocol::units::{delta, grouped, percent, signed};

/// Reasons are given of at most this many owners of a region.
const WHYS_MAX: usize = 20;

/// Two images and what changed between them.
#[derive(Debug, Clone, Copy)]
pub struct Difference<'a> {
    /// The image compared with.
    pub base: &'a Ledger,
    /// The image compared.
    pub head: &'a Ledger,
    /// What changed, as [`ounce_analysis::delta::region_deltas`] says of these two.
    pub regions: &'a [RegionDelta],
    /// What it is grouped by.
    pub by: By,
}

impl Difference<'_> {
    /// A region of the two laid over each other.
    pub(crate) fn tree(&self, region: &RegionName) -> DeltaNode {
        let of = |ledger: &Ledger| ledger.regions.iter().find(|r| r.name == *region).cloned();
        let Some(head) = of(self.head) else { return DeltaNode::default() };
        // A region that the base does not have is all added.
        let base = of(self.base).unwrap_or_else(|| RegionLedger { rows: Vec::new(), used_bytes: 0, ..head.clone() });
        tree_delta(&base, &head, self.by)
    }
}

/// The difference for a terminal `width` columns wide: regions, then for each region its `top` largest moves, the others in one row, so
/// that each table adds up to the region's difference.
pub fn delta_terminal(difference: &Difference, top: usize, width: usize, colour: bool) -> String {
    terminal::write(&compose(difference, top), width, colour)
}

/// The same as markdown.
pub fn delta_markdown(difference: &Difference, top: usize) -> String {
    markdown::write(&compose(difference, top))
}

fn compose(difference: &Difference, top: usize) -> Vec<Block> {
    let regions = difference.regions;
    let columns = [("region", Align::Name), ("base", Align::Right), ("head", Align::Right), ("change", Align::Right), ("", Align::Right)];
    let mut table = Table::new(&columns);
    for r in regions {
        let d = delta(r.base_bytes, r.head_bytes);
        let share = percent(r.base_bytes, r.head_bytes);
        let change = if d == 0 { "same".into() } else { Line::new().figure(format!("{} B ({share})", signed(d)), d) };
        let left = headroom(r.size_bytes, r.head_bytes);
        let left = if r.head_bytes > r.size_bytes { Line::new().bad(left) } else { left.into() };
        let bytes = |n: u64| Line::from(format!("{} B", grouped(n)));
        table.row(vec![Line::new().code(r.name.as_str()), bytes(r.base_bytes), bytes(r.head_bytes), change, left]);
    }
    let mut out = vec![Block::Table(table)];
    let shown = Shown { owners: top, constants: true, whys: top.min(WHYS_MAX) };
    for region in regions.iter().filter(|region| !region.rows.is_empty()) {
        if difference.by != By::Crate {
            out.extend(groups(difference, region, top));
        }
        out.extend(blocks(region, &shown));
    }
    if regions.iter().all(|r| r.rows.is_empty()) {
        out.push(Block::Paragraph("No owner of bytes changed.".into()));
    }
    out
}

/// What the groups of a region came to, other than by crate, which the line above the owners says.
fn groups(difference: &Difference, region: &RegionDelta, top: usize) -> Vec<Block> {
    let tree = difference.tree(&region.name);
    let d = |node: &DeltaNode| delta(node.base_bytes, node.head_bytes);
    let changed: Vec<&DeltaNode> = tree.children.iter().filter(|node| d(node) != 0).collect();
    let (shown, rest) = changed.split_at(changed.len().min(top));
    let columns = [("change", Align::Right), (by::title(difference.by), Align::Name), ("base", Align::Right), ("head", Align::Right)];
    let mut table = Table::new(&columns);
    let figure = |d: i64| Line::new().figure(format!("{} B", signed(d)), d);
    for node in shown {
        table.row(vec![figure(d(node)), Line::new().code(&node.name), grouped(node.base_bytes).into(), grouped(node.head_bytes).into()]);
    }
    let sum = |nodes: &[&DeltaNode]| nodes.iter().fold(0i64, |sum, node| sum.saturating_add(d(node)));
    if !rest.is_empty() {
        table.row(vec![figure(sum(rest)), format!("{} more", rest.len()).into(), "".into(), "".into()]);
    }
    table.row(vec![Line::new().strong(format!("{} B", signed(sum(&changed)))), "sum".into(), "".into(), "".into()]);
    let title = Line::new().code(region.name.as_str()).strong(format!(" by {}", by::word(difference.by)));
    vec![Block::Paragraph(title), Block::Table(table)]
}
