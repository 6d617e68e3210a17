//! The difference of two images in words: `ounce size BASE HEAD`.

use crate::changes::{Shown, blocks};
use crate::doc::{Align, Block, Line, Table};
use crate::figures::headroom;
use crate::{markdown, terminal};
use ounce_analysis::comparison::RegionDelta;
use ounce_protocol::units::{delta, grouped, percent, signed};

/// Reasons are given of at most this many owners of a region.
const WHYS_MAX: usize = 20;

/// The difference for a terminal `width` columns wide: regions, then for each region its `top` largest moves, the others in one row, so
/// that each table adds up to the region's difference.
pub fn delta_terminal(regions: &[RegionDelta], top: usize, width: usize, colour: bool) -> String {
    terminal::write(&compose(regions, top), width, colour)
}

/// The same as markdown.
pub fn delta_markdown(regions: &[RegionDelta], top: usize) -> String {
    markdown::write(&compose(regions, top))
}

fn compose(regions: &[RegionDelta], top: usize) -> Vec<Block> {
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
    out.extend(regions.iter().flat_map(|region| blocks(region, &shown)));
    if regions.iter().all(|r| r.rows.is_empty()) {
        out.push(Block::Paragraph("No owner of bytes changed.".into()));
    }
    out
}
