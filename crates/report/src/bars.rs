//! Bars for a page: how full each region is, and by which groups a difference comes about.
//!
//! Drawn by plotters with stand-in colours that become `currentColor` and the page's variables, as a board's history is, so that one picture
//! reads on a light and on a dark page. Every bar has its figure beside it. The same figures give the same bytes.

use crate::colours::{GRID, INK, LIMIT, SERIES, recoloured};
use crate::escape::{clip, line};
use crate::figures::headroom;
use crate::owner::moved;
use crate::size::share;
use ounce_analysis::comparison::RegionDelta;
use ounce_protocol::measurement::Ledger;
use ounce_protocol::units::{grouped, signed};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::collections::BTreeMap;

/// Width of a picture, pixels.
const WIDTH: i32 = 520;
/// Height of a bar with its text, pixels.
const LINE_HEIGHT: i32 = 26;
/// Height of a bar, pixels.
const BAR_HEIGHT: i32 = 14;
/// Left of the bars, for names, pixels.
const NAMES_WIDTH: i32 = 140;
/// Beside the longest bar of a group on either side, for its figure, pixels.
const FIGURE_WIDTH: i32 = 100;
/// Groups drawn of each region; the others are one bar.
const GROUPS_MAX: usize = 10;
/// Regions drawn.
const REGIONS_MAX: usize = 32;
/// Longest name drawn, in characters.
const NAME_CHARS_MAX: usize = 16;

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// How full each region is: a bar as wide as the region, filled as far as the image uses it.
pub fn regions_svg(ledger: &Ledger) -> String {
    let regions = &ledger.regions[..ledger.regions.len().min(REGIONS_MAX)];
    drawn("Memory in use", regions.len() * 2, |area| {
        for (i, region) in regions.iter().enumerate() {
            let (left, right, middle, above) = (1, WIDTH - 1, middle(2 * i + 1) - LINE_HEIGHT / 4, middle(2 * i));
            let whole = region.size_bytes.max(region.used_bytes).max(1);
            let at = |bytes: u64| left + (f64::from(right - left) * (bytes as f64 / whole as f64)).round() as i32;
            let over = region.used_bytes > region.size_bytes;
            bar(area, middle, left, right, &GRID.filled())?;
            bar(area, middle, left, at(region.used_bytes.min(region.size_bytes)), &SERIES[0].0.filled())?;
            if over {
                bar(area, middle, at(region.size_bytes), right, &LIMIT.filled())?;
            }
            bar(area, middle, left, right, &INK.stroke_width(1))?;
            let used = share(region.used_bytes, region.size_bytes);
            let text = format!("{} B, {used}, {}", grouped(region.used_bytes), headroom(region.size_bytes, region.used_bytes));
            words(area, (left, above), &clip(region.name.as_str(), NAME_CHARS_MAX), HPos::Left, INK)?;
            words(area, (right, above), &text, HPos::Right, if over { LIMIT } else { INK })?;
        }
        Some(())
    })
}

/// By which groups each region grew and shrank: bars to the right and to the left of a line, the largest first.
pub fn groups_svg(regions: &[RegionDelta]) -> String {
    let lists: Vec<(&str, Vec<(String, i64)>)> =
        regions.iter().take(REGIONS_MAX).map(|r| (r.name.as_str(), groups(r))).filter(|(_, groups)| !groups.is_empty()).collect();
    let lines = lists.iter().map(|(_, groups)| groups.len() + 1).sum();
    drawn("Change by group", lines, |area| {
        let mut i = 0;
        for (region, groups) in &lists {
            let total = groups.iter().fold(0i64, |sum, g| sum.saturating_add(g.1));
            words(area, (0, middle(i)), &format!("{region}: {} B", signed(total)), HPos::Left, INK)?;
            let most = groups.iter().map(|g| g.1.unsigned_abs()).max().unwrap_or(1).max(1);
            let half = f64::from((WIDTH - NAMES_WIDTH) / 2 - FIGURE_WIDTH);
            let zero = NAMES_WIDTH + (WIDTH - NAMES_WIDTH) / 2;
            for (group, d) in groups {
                i += 1;
                let middle = middle(i);
                name(area, middle, group)?;
                let long = ((half * (d.unsigned_abs() as f64 / most as f64)).round() as i32).max(1);
                let (from, to, colour) = if *d < 0 { (zero - long, zero, SERIES[0].0) } else { (zero, zero + long, SERIES[1].0) };
                // Growth is filled, what shrank is an outline: told apart without colour too.
                let style = if *d < 0 { colour.stroke_width(2) } else { colour.filled() };
                bar(area, middle, from, to, &style)?;
                let (x, side) = if *d < 0 { (from - 6, HPos::Right) } else { (to + 6, HPos::Left) };
                words(area, (x, middle), &format!("{} B", signed(*d)), side, INK)?;
            }
            let (top, bottom) = (middle(i + 1 - groups.len()) - LINE_HEIGHT / 2, middle(i) + LINE_HEIGHT / 2);
            area.draw(&PathElement::new(vec![(zero, top), (zero, bottom)], INK)).ok()?;
            i += 1;
        }
        Some(())
    })
}

/// What the groups of a region came to, largest first; the small ones in one.
fn groups(region: &RegionDelta) -> Vec<(String, i64)> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for row in &region.rows {
        let sum = sums.entry(&row.group).or_default();
        *sum = sum.saturating_add(moved(row));
    }
    let mut sums: Vec<(&str, i64)> = sums.into_iter().filter(|(_, d)| *d != 0).collect();
    sums.sort_by(|a, b| b.1.unsigned_abs().cmp(&a.1.unsigned_abs()).then(a.0.cmp(b.0)));
    let rest = sums.split_off(sums.len().min(GROUPS_MAX));
    let mut out: Vec<(String, i64)> = sums.into_iter().map(|(group, d)| (group.to_owned(), d)).collect();
    if !rest.is_empty() {
        out.push((format!("{} more", rest.len()), rest.iter().fold(0i64, |sum, (_, d)| sum.saturating_add(*d))));
    }
    out
}

/// The picture of `lines` lines; empty where there are none.
fn drawn(title: &str, lines: usize, draw: impl Fn(&Area) -> Option<()>) -> String {
    let mut svg = String::new();
    let height = u32::try_from(lines).unwrap_or(u32::MAX).saturating_mul(LINE_HEIGHT.unsigned_abs());
    if height == 0 {
        return svg;
    }
    let done = {
        let area = SVGBackend::with_string(&mut svg, (WIDTH.unsigned_abs(), height)).into_drawing_area();
        draw(&area).and_then(|()| area.present().ok())
    };
    // A string takes any drawing; plotters still wants the case handled.
    if done.is_some() { recoloured(&svg, title, "", "") } else { String::new() }
}

fn middle(line: usize) -> i32 {
    LINE_HEIGHT * i32::try_from(line).unwrap_or(i32::MAX / LINE_HEIGHT - 1) + LINE_HEIGHT / 2
}

fn bar(area: &Area, middle: i32, left: i32, right: i32, style: &ShapeStyle) -> Option<()> {
    let (top, bottom) = (middle - BAR_HEIGHT / 2, middle + BAR_HEIGHT / 2);
    area.draw(&Rectangle::new([(left, top), (right, bottom)], *style)).ok()
}

fn name(area: &Area, middle: i32, name: &str) -> Option<()> {
    words(area, (NAMES_WIDTH - 10, middle), &clip(name, NAME_CHARS_MAX), HPos::Right, INK)
}

fn words(area: &Area, at: (i32, i32), text: &str, side: HPos, colour: RGBColor) -> Option<()> {
    let style = ("sans-serif", 20).into_font().color(&colour).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(line(text), at, style)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ounce_analysis::comparison::{Change, RowDelta};
    use ounce_protocol::ids::{ImageId, RegionName};
    use ounce_protocol::measurement::{Owner, RegionKind, RegionLedger};
    use ounce_protocol::units::delta;

    fn ledger(size_bytes: u64, used_bytes: u64) -> Ledger {
        let region =
            RegionLedger { name: RegionName::parse("flash").unwrap(), kind: RegionKind::Flash, size_bytes, used_bytes, rows: vec![] };
        Ledger { image: ImageId::parse(&"0".repeat(64)).unwrap(), regions: vec![region], outside: vec![], anatomy: None }
    }

    fn change(rows: &[(&str, u64, u64)]) -> RegionDelta {
        let row = |&(group, base_bytes, head_bytes): &(&str, u64, u64)| RowDelta {
            owner: Owner::Symbol,
            name: "f".into(),
            group: group.into(),
            of: None,
            change: Change::Grown,
            base_bytes,
            head_bytes,
            instructions: None,
            why: vec![],
            written: None,
        };
        RegionDelta {
            name: RegionName::parse("flash").unwrap(),
            kind: RegionKind::Flash,
            size_bytes: 1,
            base_bytes: 0,
            head_bytes: 0,
            rows: rows.iter().map(row).collect(),
        }
    }

    #[test]
    fn each_bar_has_its_figure_and_the_pages_colours() {
        let check = |svg: String, texts: &[&str]| {
            for text in texts {
                assert!(svg.contains(text), "{text}\n{svg}");
            }
            for colour in svg.split("fill=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(colour == "none" || colour == "currentColor" || colour.starts_with("var(--"), "{colour}\n{svg}");
            }
            assert!(svg.ends_with("</svg>\n") && !svg.contains("<script"), "{svg}");
        };
        check(regions_svg(&ledger(1_000, 250)), &["250 B, 25.0 %, 750 B left"]);
        check(regions_svg(&ledger(1_000, 1_250)), &["1,250 B, 125.0 %, over by 250 B"]);
        check(regions_svg(&ledger(0, 0)), &["0 B, 0.0 %, full"]);
        check(regions_svg(&ledger(1, u64::MAX)), &["over by"]);
        check(
            groups_svg(&[change(&[("vm", 0, 80), ("<script>", 30, 0), ("same", 1, 1)])]),
            &["flash: +50 B", "+80 B", "−30 B", "&lt;script&gt;"],
        );
        check(groups_svg(&[change(&[("a", 0, u64::MAX), ("b", u64::MAX, 0)])]), &["flash: "]);
        assert_eq!(groups_svg(&[change(&[])]), "");
    }

    #[test]
    fn small_groups_are_one_bar() {
        let rows: Vec<(String, u64)> = (0..30).map(|n| (format!("g{n}"), 100 - n)).collect();
        let rows: Vec<(&str, u64, u64)> = rows.iter().map(|(g, n)| (g.as_str(), 0, *n)).collect();
        let svg = groups_svg(&[change(&rows)]);
        let rest: u64 = rows[GROUPS_MAX..].iter().map(|r| r.2).sum();
        assert!(svg.contains("20 more") && svg.contains(&format!("+{} B", grouped(rest))), "{svg}");
        assert_eq!(delta(0, rest), signed_sum(&change(&rows)));
    }

    fn signed_sum(region: &RegionDelta) -> i64 {
        groups(region).last().unwrap().1
    }
}
