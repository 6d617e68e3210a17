//! A treemap's cells as rectangles with their names.

use super::Treemap;
use super::parts::{Group, ITSELF, Tile, without_small};
use crate::colours::{COLOURS, LESS, MORE, QUIET, SERIES};
use crate::squarified::{Rect, squarified};
use crate::svg::{figure, fitted, link, px, signed, text, width};
use ounce_protocol::units::grouped;

/// A group's line with its name, pixels.
const NAME_HEIGHT: f64 = 20.0;
const NAME_PX: f64 = 12.0;
const TILE_PX: f64 = 11.5;
const FIGURE_PX: f64 = 11.0;

pub(super) struct Map {
    pub of: Treemap,
    /// The area of all.
    pub whole: u128,
    /// The name of what lies over bytes that went.
    pub hatch: String,
}

impl Map {
    pub fn pattern(&self) -> String {
        match self.of {
            Treemap::Build => String::new(),
            Treemap::Difference => format!(
                "<defs><pattern id=\"{}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
                 <path d=\"M0 0H8V8H0Z\" fill=\"{LESS}\" fill-opacity=\"0.2\"/><path d=\"M0 0V8\" stroke=\"{LESS}\" stroke-opacity=\"0.3\" \
                 stroke-width=\"3\"/></pattern></defs>\n",
                self.hatch
            ),
        }
    }

    pub fn total(&self, whole: &Tile, is_empty: bool) -> String {
        match self.of {
            Treemap::Build if is_empty => "No bytes.".into(),
            Treemap::Difference if is_empty => "No bytes came or went.".into(),
            Treemap::Build => format!("{} B", figure(whole.net)),
            Treemap::Difference => format!("{} B: {}", signed(whole.net), came_and_went(whole)),
        }
    }

    pub fn figure(&self, tile: &Tile) -> String {
        match (self.of, tile.of.and_then(|c| c.delta_bytes)) {
            (Treemap::Difference, _) => format!("{} B", signed(tile.net)),
            (Treemap::Build, Some(delta)) if delta != 0 => format!("{} B ({})", figure(tile.net), signed(delta.into())),
            (Treemap::Build, _) => format!("{} B", figure(tile.net)),
        }
    }

    fn title(&self, tile: &Tile, within: &str) -> String {
        let share = tile.area() as f64 / self.whole.max(1) as f64 * 100.0;
        let name = if within.is_empty() { tile.name.clone() } else { format!("{within} › {}", tile.name) };
        match self.of {
            Treemap::Build => format!("{name}: {}, {share:.1} %", self.figure(tile)),
            Treemap::Difference if tile.up > 0 && tile.down > 0 => format!("{name}: {} ({})", self.figure(tile), came_and_went(tile)),
            Treemap::Difference => {
                let now = tile.of.map_or(String::new(), |c| format!(", {} B now", grouped(c.bytes)));
                format!("{name}: {}{now}", self.figure(tile))
            }
        }
    }

    pub fn group(&self, out: &mut String, group: &Group, rect: Rect, n: usize) {
        if group.tiles.is_empty() {
            return self.tile(out, &group.tile, "", rect, n);
        }
        let has_name = rect.w >= 2.0 * NAME_HEIGHT && rect.h >= 2.0 * NAME_HEIGHT;
        let head = if has_name { NAME_HEIGHT } else { 0.0 };
        if has_name {
            let figure = self.figure(&group.tile);
            let name = fitted(&group.tile.name, NAME_PX * 1.1, rect.w - 10.0);
            let left = rect.w - width(&name, NAME_PX * 1.1) - 20.0;
            let mut inner = path(Rect { h: NAME_HEIGHT, ..rect }, "fill=\"none\" pointer-events=\"all\"");
            inner.push_str(&text(rect.x + 5.0, rect.y + 14.5, NAME_PX, "font-weight=\"600\"", &name));
            if width(&figure, FIGURE_PX) <= left {
                let more = format!("text-anchor=\"end\" fill=\"{QUIET}\"");
                inner.push_str(&text(rect.x + rect.w - 6.0, rect.y + 14.5, FIGURE_PX, &more, &figure));
            }
            out.push_str(&link(group.tile.of.and_then(|c| c.href.as_deref()), &self.title(&group.tile, ""), &inner));
            out.push('\n');
        }
        let inner = Rect { y: rect.y + head, h: rect.h - head, ..rect };
        let tiles = without_small(group.tiles.clone(), inner.w * inner.h, |t| t, |t| t);
        let areas: Vec<u64> = tiles.iter().map(layout_area).collect();
        for (tile, rect) in tiles.iter().zip(squarified(&areas, inner.w / inner.h.max(1e-9))) {
            self.tile(out, tile, &group.tile.name, scaled(rect, inner), n);
        }
    }

    fn tile(&self, out: &mut String, tile: &Tile, within: &str, rect: Rect, n: usize) {
        let fill = match self.of {
            _ if tile.of.is_none() && tile.name != ITSELF => "fill=\"var(--grid, #80808040)\"".to_owned(),
            Treemap::Build => format!("fill=\"{}\" fill-opacity=\"0.26\"", SERIES[n % COLOURS].1),
            Treemap::Difference if tile.net < 0 => format!("fill=\"url(#{})\"", self.hatch),
            Treemap::Difference => format!("fill=\"{MORE}\" fill-opacity=\"0.42\""),
        };
        let mut inner = path(rect, &fill);
        let name = if rect.h >= 17.0 { fitted(&tile.name, TILE_PX, rect.w - 9.0) } else { String::new() };
        let (figure, at) = (self.figure(tile), if name.is_empty() { 14.0 } else { 28.5 });
        if !name.is_empty() {
            inner.push_str(&text(rect.x + 5.0, rect.y + 14.0, TILE_PX, "", &name));
        }
        // Where there is no room for the figure, a difference still has its sign.
        let sign = if tile.net < 0 { "−" } else { "+" };
        let shown = [figure.as_str(), if self.of == Treemap::Difference && name.is_empty() && tile.of.is_some() { sign } else { "" }];
        if let Some(shown) = shown.into_iter().find(|words| rect.h >= at + 3.0 && width(words, FIGURE_PX) <= rect.w - 8.0)
            && !shown.is_empty()
        {
            inner.push_str(&text(rect.x + 5.0, rect.y + at, FIGURE_PX, "", shown));
        }
        out.push_str(&link(tile.of.and_then(|c| c.href.as_deref()), &self.title(tile, within), &inner));
        out.push('\n');
    }
}

fn came_and_went(tile: &Tile) -> String {
    let exact = |n: u128| figure(i128::try_from(n).unwrap_or(i128::MAX));
    format!("{} came, {} went", exact(tile.up), exact(tile.down))
}

/// A rectangle with a pixel of ground around it, which is what separates cells on any ground.
fn path(r: Rect, fill: &str) -> String {
    let gap = |side: f64| (side - 1.0).max(side / 2.0);
    format!("<path d=\"M{} {}h{}v{}h{}z\" {fill}/>", px(r.x + 0.5), px(r.y + 0.5), px(gap(r.w)), px(gap(r.h)), px(-gap(r.w)))
}

/// Only where a rectangle lies hangs on this, so more than a `u64` may be as much as one.
pub(super) fn layout_area(tile: &Tile) -> u64 {
    u64::try_from(tile.area()).unwrap_or(u64::MAX)
}

/// From shares of a rectangle to pixels.
pub(super) fn scaled(r: Rect, outer: Rect) -> Rect {
    Rect { x: outer.x + r.x * outer.w, y: outer.y + r.y * outer.h, w: r.w * outer.w, h: r.h * outer.h }
}
