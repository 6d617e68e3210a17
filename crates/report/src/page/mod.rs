//! One HTML file that shows where an image's bytes are, or what changed between two: a treemap to zoom into and the same as nested tables.
//!
//! The file stands alone: no request leaves it, and its Content-Security-Policy would stop one. Its one script is ours, allowed by its
//! digest; without it the page is the nested tables and a treemap that stands still. Styles are `'unsafe-inline'`, since each cell's place
//! is a style of its own; they can fetch nothing, and no text from outside gets into one.

mod kind;
mod tree;
mod write;

use crate::bars::{groups_svg, regions_svg};
use crate::by;
use crate::delta::Difference;
use crate::doc::Line;
use crate::escape::{NAME_CHARS_MAX, clip, html};
use crate::figures::headroom;
use crate::owner::{self, moved};
use base64::Engine as _;
use kind::{Kind, kind};
use ounce_analysis::comparison::{RegionDelta, RowDelta};
use ounce_analysis::tree::By;
use ounce_protocol::ids::ImageId;
use ounce_protocol::measurement::{Ledger, RegionLedger};
use ounce_protocol::units::{delta, grouped, percent, signed};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use tree::{Leaf, Node, Sum};
use write::{Column, View};

/// No page is longer, in bytes: where one would be, fewer rows have a line of their own and the rest are summed.
pub const PAGE_BYTES_MAX: usize = 1_500_000;
/// More rows than this never have a line of their own.
const ROWS_MAX: usize = 8_000;
/// Times it is tried with fewer rows, each time as many as the last try lets one expect to fit.
const TRIES_MAX: usize = 6;
/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 200;
/// Reasons written of a row.
const REASONS_MAX: usize = 8;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page about one image.
#[derive(Debug, Clone, Copy)]
pub struct SizePage<'a> {
    /// What stands on top of it: the image's name. Hostile text.
    pub title: &'a str,
    /// Where its bytes are.
    pub ledger: &'a Ledger,
    /// How the rows are grouped.
    pub by: By,
}

/// A page about the difference of two images.
#[derive(Debug, Clone, Copy)]
pub struct DeltaPage<'a> {
    /// What stands on top of it: the images' names. Hostile text.
    pub title: &'a str,
    /// What changed, and what it is grouped by.
    pub difference: Difference<'a>,
}

/// Where an image's bytes are, as one HTML file of at most [`PAGE_BYTES_MAX`] bytes.
pub fn size_html(page: &SizePage) -> String {
    let about = format!("<p class=quiet>Image <code>{}</code>, by {}.</p>\n", short(&page.ledger.image), by::word(page.by));
    let chart = regions_svg(page.ledger);
    let outside = page.ledger.outside.iter().fold(0u64, |sum, o| sum.saturating_add(o.bytes));
    let outside = match outside {
        0 => String::new(),
        n => format!("<p class=bad><strong>{} B lie in no region of the manifest.</strong></p>\n", grouped(n)),
    };
    let legend = legend(page.ledger);
    let leaves = page.ledger.regions.iter().map(|region| tree::leaves(&ounce_analysis::tree::tree(region, page.by), region));
    let leaves: Vec<Vec<Leaf>> = leaves.collect();
    within_limit(&leaves, page.by, |trees| {
        let views = page.ledger.regions.iter().zip(trees).map(|(region, tree)| size_view(region, tree)).collect();
        document(page.title, &format!("{about}{outside}"), &chart, &legend, views)
    })
}

/// What changed between two images, as one HTML file of at most [`PAGE_BYTES_MAX`] bytes.
pub fn delta_html(page: &DeltaPage) -> String {
    let Difference { base, head, regions, by } = page.difference;
    let about = format!(
        "<p class=quiet>Image <code>{}</code> against <code>{}</code>, by {}.</p>\n",
        short(&head.image),
        short(&base.image),
        by::word(by)
    );
    let chart = groups_svg(regions);
    let legend = "<p class=legend><span class=up>grown</span> <span class=down>shrunk</span> A cell is as large as its change.</p>\n";
    if by == By::Crate {
        // The rows themselves, with what happened to each and why.
        let leaf = |(row, r): (usize, &RowDelta)| {
            let (path, label) = tree::place(r);
            Leaf { path, label, row, area: moved(r).unsigned_abs(), net: moved(r) }
        };
        let leaves: Vec<Vec<Leaf>> = regions.iter().map(|region| region.rows.iter().enumerate().map(leaf).collect()).collect();
        return within_limit(&leaves, by, |trees| {
            let views = regions.iter().zip(trees).map(|(region, tree)| delta_view(region, tree)).collect();
            document(page.title, &about, &chart, legend, views)
        });
    }
    let (leaves, sums): (Vec<Vec<Leaf>>, Vec<Vec<Sum>>) =
        regions.iter().map(|region| tree::delta_leaves(&page.difference.tree(&region.name))).unzip();
    within_limit(&leaves, by, |trees| {
        let views = regions.iter().zip(&sums).zip(trees).map(|((region, sums), tree)| sums_view(region, sums, tree)).collect();
        document(page.title, &about, &chart, legend, views)
    })
}

fn short(image: &ImageId) -> String {
    html(&image.as_str().chars().take(12).collect::<String>())
}

/// Writes the page with fewer and fewer of the largest rows of all regions, until it is below the limit.
fn within_limit(regions: &[Vec<Leaf>], by: By, write: impl Fn(Vec<Node>) -> String) -> String {
    let mut order: Vec<(usize, usize)> = regions.iter().enumerate().flat_map(|(i, rows)| (0..rows.len()).map(move |j| (i, j))).collect();
    order.sort_by_key(|&(i, j)| (std::cmp::Reverse(regions[i][j].area), i, j));
    let between = if by == By::Crate { "::" } else { " / " };
    let page = |rows_max: usize| {
        let mut shown: Vec<Vec<bool>> = regions.iter().map(|rows| vec![false; rows.len()]).collect();
        order.iter().take(rows_max).for_each(|&(i, j)| shown[i][j] = true);
        write(regions.iter().zip(&shown).map(|(leaves, shown)| tree::grow("", leaves, shown, between)).collect())
    };
    let mut rows = order.len().min(ROWS_MAX);
    for _ in 0..TRIES_MAX {
        let text = page(rows);
        if text.len() <= PAGE_BYTES_MAX {
            return text;
        }
        rows = rows * (PAGE_BYTES_MAX / 10 * 9) / text.len();
    }
    page(0)
}

fn size_view(region: &RegionLedger, tree: Node) -> View<'_> {
    let used = format!("{} of {} B", grouped(region.used_bytes), grouped(region.size_bytes));
    let left = headroom(region.size_bytes, region.used_bytes);
    let left = if region.used_bytes > region.size_bytes { Line::new().bad(left) } else { left.into() };
    let total = tree.area;
    View {
        name: region.name.as_str(),
        summary: Line::from(format!("{used}, ")).join(left),
        columns: &[Column::Figure("bytes"), Column::Figure("share"), Column::Text("owner"), Column::Text("section")],
        figure: |net| grouped(net.unsigned_abs()),
        share: Box::new(move |node| {
            // Less than half a tenth of a percent is not worth a thousand cells of zeros.
            let is_small = node.row.is_some() && u128::from(node.area) * 2_000 < u128::from(total);
            Some(if is_small { String::new() } else { crate::size::share(node.area, total) })
        }),
        class: Box::new(move |node| match node.row {
            Some(i) => kind(region.rows[i].owner, &region.rows[i].section, region.kind).class(),
            None => "",
        }),
        nothing: "No bytes.",
        figures_from_ppm: 2_500,
        cells: Box::new(move |node| {
            let row = &region.rows[node.row.unwrap_or(0)];
            vec![owner::of_row(row), Line::new().text(clip(&row.section, NAME_CHARS_MAX))]
        }),
        why: Box::new(|_| None),
        tree,
    }
}

/// `1,000 → 1,200 B (+200 B, +20.00 %)`.
fn change(region: &RegionDelta) -> Line {
    let d = delta(region.base_bytes, region.head_bytes);
    let change = if d == 0 { "same".into() } else { format!("{} B, {}", signed(d), percent(region.base_bytes, region.head_bytes)) };
    format!("{} → {} B ({change})", grouped(region.base_bytes), grouped(region.head_bytes)).into()
}

/// Grown, shrunk, or neither.
fn direction(node: &Node) -> &'static str {
    match node.net {
        _ if node.row.is_none() => "",
        1.. => "up",
        0 => "k5",
        _ => "down",
    }
}

/// A region's parts that changed, where the rows of a comparison are not grouped so: without what happened to each.
fn sums_view<'a>(region: &'a RegionDelta, sums: &'a [Sum], tree: Node) -> View<'a> {
    View {
        name: region.name.as_str(),
        summary: change(region),
        columns: &[Column::Figure("change"), Column::Text("owner"), Column::Text("what")],
        figure: signed,
        share: Box::new(|_| None),
        class: Box::new(direction),
        nothing: "No owner of bytes changed.",
        figures_from_ppm: 0,
        cells: Box::new(move |node| {
            let sum = &sums[node.row.unwrap_or(0)];
            let what = match (sum.base_bytes, sum.head_bytes) {
                (0, _) => "added".into(),
                (_, 0) => "removed".into(),
                (base, head) => format!("{} → {}", grouped(base), grouped(head)),
            };
            vec![Line::new().code(&sum.name), what.into()]
        }),
        why: Box::new(|_| None),
        tree,
    }
}

fn delta_view(region: &RegionDelta, tree: Node) -> View<'_> {
    let instructions = region.rows.iter().any(|row| row.instructions.is_some());
    View {
        name: region.name.as_str(),
        summary: change(region),
        columns: if instructions {
            &[Column::Figure("change"), Column::Figure("instructions"), Column::Text("owner"), Column::Text("what")]
        } else {
            &[Column::Figure("change"), Column::Text("owner"), Column::Text("what")]
        },
        figure: signed,
        share: Box::new(move |node| {
            let row = instructions.then(|| node.row.map(|i| &region.rows[i]))?;
            Some(row.and_then(|row| row.instructions).map_or(String::new(), |i| signed(delta(i.base, i.head))))
        }),
        class: Box::new(direction),
        nothing: "No owner of bytes changed.",
        figures_from_ppm: 0,
        cells: Box::new(move |node| {
            let row = &region.rows[node.row.unwrap_or(0)];
            vec![owner::of_delta(row), owner::what(row).into()]
        }),
        why: Box::new(move |node| owner::why(&region.rows[node.row?], REASONS_MAX)),
        tree,
    }
}

/// The kinds there are, each on its colour.
fn legend(ledger: &Ledger) -> String {
    let kinds = ledger.regions.iter().flat_map(|r| r.rows.iter().map(|row| kind(row.owner, &row.section, r.kind)));
    let kinds: BTreeSet<Kind> = kinds.collect();
    let entries: Vec<String> = kinds.iter().map(|kind| format!("<span class={}>{}</span>", kind.class(), kind.word())).collect();
    if entries.is_empty() { String::new() } else { format!("<p class=legend>{}</p>\n", entries.join(" ")) }
}

/// The whole file around the views.
fn document(title: &str, about: &str, chart: &str, legend: &str, mut views: Vec<View>) -> String {
    let title = html(&clip(title, TITLE_CHARS_MAX));
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    // Inside HTML an SVG needs no name space, which would read like an address.
    let chart = chart.replace(" xmlns=\"http://www.w3.org/2000/svg\"", "");
    let mut next = 0;
    views.iter_mut().for_each(|view| view.tree.number(&mut next));
    let is_cut = views.iter().any(|view| has_cut(&view.tree));
    let cut = if is_cut { "<p>Not all rows fit this page: the smallest are summed as “more” in their groups.</p>\n" } else { "" };
    let sections: String = views.iter().map(write::section).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
         <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<header>\n<h1>{title}</h1>\n{about}</header>\n<main>\n<div class=\"scroll chart\" tabindex=0>{chart}</div>\n{cut}\
         <div class=search hidden><label>Search <input type=search autocomplete=off spellcheck=false></label>\
         <p role=status></p><ol></ol></div>\n{legend}{sections}</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn has_cut(node: &Node) -> bool {
    node.cut.is_some() || node.children.iter().any(has_cut)
}
