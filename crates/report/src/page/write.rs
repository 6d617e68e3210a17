//! One region of a page: its treemap's cells and its nested tables, which say the same.
//!
//! Closing tags that HTML lets one leave out are left out: most of a page is rows.

use super::tree::{Cut, Node};
use crate::doc::Line;
use crate::escape::{clip, html};
use crate::html::inline;
use crate::squarified::{Rect, squarified};
use ounce_protocol::units::grouped;
use std::fmt::Write as _;

/// Width of a treemap over its height, for which cells are laid out. Between a desk's and a phone's.
const MAP_ASPECT: f64 = 1.5;
/// Longest label of a cell, in characters.
const LABEL_CHARS_MAX: usize = 40;
/// A cell with less than this share of the whole, in millionths, is not drawn: it would be too small to see at any zoom of its group.
const CELL_PPM_MIN: u128 = 2;

/// A cell of a row with less than this share of the whole, in millionths, is too small for a label before it is zoomed into; the script
/// then takes the label from the row.
const LABEL_PPM_MIN: u128 = 100;
/// A region with no more rows has all its groups unfolded.
const ROWS_OPEN_MAX: usize = 40;

/// The treemap of a region with no more rows is low.
const ROWS_LOW_MAX: usize = 6;

/// A column of a region's tables.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    Figure(&'static str),
    Text(&'static str),
}

/// What a view says of a node.
type OfNode<'a, T> = Box<dyn Fn(&Node) -> T + 'a>;

/// A region and how it is told.
pub(super) struct View<'a> {
    pub name: &'a str,
    pub summary: Line,
    pub columns: &'static [Column],
    pub tree: Node,
    /// What is said where there is no row.
    pub nothing: &'static str,
    /// Cells of rows with this share of the region, in millionths, show their figure too.
    pub figures_from_ppm: u128,
    /// Writes what a node comes to.
    pub figure: fn(i64) -> String,
    /// The second figure of a row, where there is such a column.
    pub share: OfNode<'a, Option<String>>,
    /// The style sheet's class of a node.
    pub class: OfNode<'a, &'static str>,
    /// The cells of text of a row.
    pub cells: OfNode<'a, Vec<Line>>,
    /// Why a row is as it is.
    pub why: OfNode<'a, Option<Line>>,
}

/// The region's part of the page.
pub(super) fn section(view: &View) -> String {
    let name = html(view.name);
    let mut out = format!("<section>\n<h2><code>{name}</code></h2>\n<p>{}</p>\n", inline(&view.summary));
    if view.tree.area > 0 {
        let low = if view.tree.rows() <= ROWS_LOW_MAX { " low" } else { "" };
        let _ = writeln!(out, "<div class=\"map{low}\" aria-hidden=true data-r={} data-name=\"{name}\"><div class=in>", view.tree.id);
        cells(&mut out, view, &view.tree, MAP_ASPECT);
        out.push_str("</div></div>\n");
    }
    if view.tree.children.is_empty() && view.tree.cut.is_none() {
        let _ = writeln!(out, "<p>{}</p>", view.nothing);
    } else {
        let _ = writeln!(out, "<div class=tree id=r{}>", view.tree.id);
        parts(&mut out, view, &view.tree);
        out.push_str("</div>\n");
    }
    out.push_str("</section>\n");
    out
}

/// The cells inside a node's cell, which is `aspect` as wide as high.
fn cells(out: &mut String, view: &View, node: &Node, aspect: f64) {
    let areas: Vec<u64> = node.children.iter().map(|c| c.area).chain(node.cut.map(|c| c.area)).collect();
    let rects = squarified(&areas, aspect);
    for (child, rect) in node.children.iter().zip(&rects) {
        let share_ppm = u128::from(child.area) * 1_000_000 / u128::from(view.tree.area.max(1));
        if share_ppm < CELL_PPM_MIN {
            continue;
        }
        let (class, place, id) = ((view.class)(child), inset(*rect), child.id);
        let mut label = html(&clip(&child.label, LABEL_CHARS_MAX));
        if child.row.is_none() || share_ppm >= view.figures_from_ppm {
            let _ = write!(label, " <i>{}</i>", (view.figure)(child.net));
        }
        if child.row.is_some() {
            let label = if share_ppm < LABEL_PPM_MIN { String::new() } else { format!("<b>{label}</b>") };
            let _ = writeln!(out, "<div class=\"c {class}\" data-r={id} style=\"inset:{place}\">{label}</div>");
        } else {
            let _ = writeln!(out, "<div class=\"c g\" data-r={id} style=\"inset:{place}\"><b>{label}</b><div class=in>");
            cells(out, view, child, aspect * rect.w / rect.h.max(1e-9));
            out.push_str("</div></div>\n");
        }
    }
    if let (Some(cut), Some(rect)) = (&node.cut, rects.last())
        && cut.area > 0
    {
        let _ = writeln!(out, "<div class=\"c k5\" style=\"inset:{}\"><b>{} more</b></div>", inset(*rect), grouped(cut.rows as u64));
    }
}

/// Distances from the four edges, in percent.
fn inset(rect: Rect) -> String {
    let percent = |v: f64| {
        let text = format!("{:.2}", (v * 100.0).clamp(0.0, 100.0));
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if text == "0" { text.to_owned() } else { format!("{text}%") }
    };
    let Rect { x, y, w, h } = rect;
    format!("{} {} {} {}", percent(y), percent(1.0 - x - w), percent(1.0 - y - h), percent(x))
}

/// A node's groups, each folded, then a table of its rows; what was cut is a row too.
fn parts(out: &mut String, view: &View, node: &Node) {
    let open = if view.tree.rows() <= ROWS_OPEN_MAX { " open" } else { "" };
    for group in node.children.iter().filter(|c| c.row.is_none()) {
        let second = (view.share)(group).filter(|s| !s.is_empty()).map(|s| format!("<span>{s}</span>")).unwrap_or_default();
        let _ = writeln!(
            out,
            "<details id=r{}{open}><summary><code>{}</code><span>{} B</span>{second}</summary>",
            group.id,
            html(&clip(&group.label, crate::escape::NAME_CHARS_MAX)),
            (view.figure)(group.net),
        );
        parts(out, view, group);
        out.push_str("</details>\n");
    }
    let rows: Vec<&Node> = node.children.iter().filter(|c| c.row.is_some()).collect();
    if rows.is_empty() && node.cut.is_none() {
        return;
    }
    // How many of the first columns are figures is the table's class: less than a class at each cell.
    let figures = view.columns.iter().filter(|c| matches!(c, Column::Figure(_))).count();
    let _ = write!(out, "<table class=n{figures}><thead><tr>");
    for Column::Figure(title) | Column::Text(title) in view.columns {
        let _ = write!(out, "<th>{title}");
    }
    out.push_str("<tbody>\n");
    for row in rows {
        let _ = write!(out, "<tr id=r{}><td>{}", row.id, (view.figure)(row.net));
        if let Some(second) = (view.share)(row) {
            let _ = write!(out, "<td>{second}");
        }
        for (i, cell) in (view.cells)(row).iter().enumerate() {
            let class = if i == 0 { format!(" class={}", (view.class)(row)) } else { String::new() };
            let _ = write!(out, "<td{class}>{}", inline(cell));
            if let Some(why) = (view.why)(row).filter(|_| i == 0) {
                let _ = write!(out, "<div class=why>{}</div>", inline(&why));
            }
        }
        out.push('\n');
    }
    if let Some(Cut { rows, net, .. }) = node.cut {
        let blank = "<td>".repeat(figures - 1);
        let _ = writeln!(out, "<tr><td>{}{blank}<td colspan=2>{} more", (view.figure)(net), grouped(rows as u64));
    }
    out.push_str("</table>\n");
}
