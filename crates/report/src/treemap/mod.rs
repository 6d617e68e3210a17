//! Where the bytes are, as areas: the groups of an image or of a difference, and what is in each.
//!
//! Two levels are drawn; a group's own address leads to the picture of what is deeper in it. What is too small to be seen is one cell, so
//! that the cells' bytes are those of the whole, to the byte.

mod cells;
mod draw;
mod parts;

pub use cells::{build_cells, difference_cells};

use crate::colours::{LESS, MORE, NAME, QUIET, role, told};
use crate::escape::clip;
use crate::legend::Legend;
use crate::squarified::{Rect, squarified};
use crate::svg::{id, text};
use draw::{Map, layout_area, scaled};
use parts::Tile;

const WIDTH: f64 = 900.0;
const MAP_HEIGHT: f64 = 480.0;
/// Above the map, for the title and the total, pixels.
const HEAD_HEIGHT: f64 = 48.0;

/// A part of an image. All texts may be hostile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreeCell {
    /// What it is called inside its parent.
    pub name: String,
    /// Its bytes with those of its children; of a difference, those of the head.
    pub bytes: u64,
    /// The difference to the base, with its children's; drawn as area by [`Treemap::Difference`], in words by [`Treemap::Build`].
    pub delta_bytes: Option<i64>,
    /// Its parts. What they leave over is the cell's own.
    pub children: Vec<TreeCell>,
    /// Where it leads.
    pub href: Option<String>,
}

/// What an area counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treemap {
    /// Bytes of one image.
    Build,
    /// Bytes that came or went.
    Difference,
}

/// The map of a cell's children and of theirs.
pub fn treemap_svg(title: &str, root: &TreeCell, of: Treemap) -> String {
    let groups = parts::groups(root, of, WIDTH * MAP_HEIGHT);
    let whole = Tile::sum(String::new(), groups.iter().map(|g| &g.tile));
    let map = Map { of, whole: whole.area(), hatch: id("less", title) };
    let mut body = String::new();
    let areas: Vec<u64> = groups.iter().map(|g| layout_area(&g.tile)).collect();
    for (n, (group, rect)) in groups.iter().zip(squarified(&areas, WIDTH / MAP_HEIGHT)).enumerate() {
        let rect = scaled(rect, Rect { x: 0.0, y: HEAD_HEIGHT, w: WIDTH, h: MAP_HEIGHT });
        map.group(&mut body, group, rect, n);
    }
    let mut legend = Legend::default();
    if of == Treemap::Difference && !groups.is_empty() {
        let square = |fill: &str| format!("<path d=\"M-6-6H6V6H-6Z\" {fill}/>");
        legend.shape(square(&format!("fill=\"{MORE}\" fill-opacity=\"0.5\"")), "+ came, filled");
        legend.shape(square(&format!("fill=\"url(#{})\" stroke=\"{LESS}\"", map.hatch)), "− went, hatched");
        legend.note("An area is as large as what came and went in it.".into());
    }
    let (below, legend_height) = legend.drawn(0.0, HEAD_HEIGHT + MAP_HEIGHT + 8.0, WIDTH);
    let height = if groups.is_empty() { 64.0 } else { HEAD_HEIGHT + MAP_HEIGHT + f64::from(legend_height) + 4.0 };
    let total = map.total(&whole, groups.is_empty());
    let largest: Vec<String> = groups.iter().take(8).map(|g| format!("{} {}", g.tile.name, map.figure(&g.tile))).collect();
    let desc = format!("{total} Largest first: {}.", largest.join("; "));
    format!(
        "<svg width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" xmlns=\"http://www.w3.org/2000/svg\" role=\"{}\">\n\
         {}{}<g font-family=\"system-ui, sans-serif\" fill=\"{NAME}\">\n{}{}{body}{below}</g>\n</svg>\n",
        role(&body),
        told(title, if groups.is_empty() { &total } else { &desc }),
        map.pattern(),
        text(1.0, 18.0, 15.0, "font-weight=\"600\"", &clip(title, 90)),
        text(1.0, 37.0, 12.0, &format!("fill=\"{QUIET}\""), &total),
    )
}
