//! A board's history as an SVG of two charts: flash bytes as steps, and each benchmark's instructions relative to its
//! first figure.
//!
//! Drawn by plotters with stand-in colours which are then replaced by `currentColor` and the page's variables, so that one
//! picture reads on a light and on a dark page. Lines are told apart by a name at their end, not by colour alone. The
//! same points give the same bytes.

use crate::escape::{clip, html};
use ounce_protocol::ids::BenchName;
use ounce_protocol::units::{delta, grouped, percent, signed};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use std::collections::BTreeMap;

/// Width of the picture, pixels.
const WIDTH: u32 = 760;
/// Height of one chart, pixels.
const CHART_HEIGHT: u32 = 260;
/// Right of a chart, for the names of the lines, pixels.
const NAMES_WIDTH: u32 = 150;
/// More benchmarks than this are not drawn, and the picture says so.
pub const BENCHES_DRAWN_MAX: usize = 6;
/// With more points than this, points have no marks and no titles of their own.
const MARKS_MAX: usize = 400;
/// A name at a line's end is kept this far from the next, pixels.
const NAME_DISTANCE: i32 = 14;

/// Stand-ins drawn by plotters, and what takes their place.
pub(crate) const INK: RGBColor = RGBColor(1, 2, 3);
pub(crate) const GRID: RGBColor = RGBColor(1, 2, 4);
pub(crate) const LIMIT: RGBColor = RGBColor(1, 2, 5);
/// Okabe and Ito's colours, which people with any colour vision tell apart; the pages may set lighter ones.
pub(crate) const SERIES: [(RGBColor, &str, &str); BENCHES_DRAWN_MAX] = [
    (RGBColor(2, 0, 1), "\"#020001\"", "\"var(--series-1, #0072b2)\""),
    (RGBColor(2, 0, 2), "\"#020002\"", "\"var(--series-2, #d55e00)\""),
    (RGBColor(2, 0, 3), "\"#020003\"", "\"var(--series-3, #009e73)\""),
    (RGBColor(2, 0, 4), "\"#020004\"", "\"var(--series-4, #cc79a7)\""),
    (RGBColor(2, 0, 5), "\"#020005\"", "\"var(--series-5, #e69f00)\""),
    (RGBColor(2, 0, 6), "\"#020006\"", "\"var(--series-6, #56b4e9)\""),
];

/// One commit's figures on the board, oldest first in a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryPoint {
    /// What the commit is called: its short id.
    pub label: String,
    /// Where a click on the point leads, if anywhere.
    pub href: Option<String>,
    /// Flash bytes in use; `None` where the commit gave no image.
    pub flash_bytes: Option<u64>,
    /// Instructions of each benchmark counted at this commit.
    pub instructions: BTreeMap<BenchName, u64>,
}

/// The charts of one board. `limit_bytes` is drawn where the figures come near it. `title` and the labels may be hostile.
pub fn history_svg(title: &str, points: &[HistoryPoint], limit_bytes: Option<u64>) -> String {
    let names: Vec<&BenchName> =
        points.iter().flat_map(|p| p.instructions.keys()).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let has_flash = points.iter().any(|p| p.flash_bytes.is_some());
    let charts = u32::from(has_flash) + u32::from(!names.is_empty());
    if charts == 0 {
        return empty(title);
    }
    let mut svg = String::new();
    let mut marks = String::new();
    let drawn = {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, charts * CHART_HEIGHT)).into_drawing_area();
        let areas = root.split_evenly((charts as usize, 1));
        let mut areas = areas.iter();
        let flash = if has_flash { areas.next().map_or(Ok(()), |a| flash_chart(a, points, limit_bytes, &mut marks)) } else { Ok(()) };
        let counts = areas.next().map_or(Ok(()), |a| instructions_chart(a, points, &names, &mut marks));
        flash.and(counts).and(root.present().map_err(|_| ()))
    };
    if drawn.is_err() {
        // A string takes any drawing; plotters still wants the case handled.
        return empty(title);
    }
    recoloured(svg, title, &marks)
}

fn empty(title: &str) -> String {
    format!(
        "<svg width=\"{WIDTH}\" height=\"60\" viewBox=\"0 0 {WIDTH} 60\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\">\n\
         <title>{}</title>\n<text x=\"8\" y=\"34\" font-family=\"sans-serif\" font-size=\"14\" fill=\"currentColor\">\
         No figures yet: they appear with the first push to the default branch.</text>\n</svg>\n",
        html(&clip(title, 120))
    )
}

/// Puts the page's colours, a title and the points' marks into what plotters drew.
pub(crate) fn recoloured(svg: String, title: &str, marks: &str) -> String {
    let mut svg = svg.replace("\"#010203\"", "\"currentColor\"").replace("\"#010204\"", "\"var(--grid, #80808060)\"");
    svg = svg.replace("\"#010205\"", "\"var(--limit, #b3261e)\"");
    for (_, stand_in, colour) in SERIES {
        svg = svg.replace(stand_in, colour);
    }
    let title = format!(" role=\"img\">\n<title>{}</title>", html(&clip(title, 120)));
    let svg = svg.replacen('>', &title, 1);
    match svg.rfind("</svg>") {
        Some(end) => format!("{}{marks}</svg>\n", &svg[..end]),
        None => svg,
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Chart<'a, 'b> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Axes and caption of a chart; `y` is widened so that a flat line is not on its edge.
fn chart<'a, 'b>(
    area: &'b Area<'a>,
    caption: &str,
    points: &[HistoryPoint],
    y: (f64, f64),
    write: &dyn Fn(&f64) -> String,
) -> Result<Chart<'a, 'b>, ()> {
    let font = |size: i32| ("sans-serif", size).into_font().color(&INK);
    let last = points.len().saturating_sub(1).max(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .caption(caption, font(15))
        .margin(8)
        .margin_right(NAMES_WIDTH)
        .x_label_area_size(26)
        .y_label_area_size(78)
        .build_cartesian_2d(0f64..last, y.0..y.1)
        .map_err(|_| ())?;
    let label = |x: &f64| {
        let i = x.round();
        let on_point = (x - i).abs() < 1e-6 && i >= 0.0;
        if on_point { points.get(i as usize).map_or(String::new(), |p| clip(&p.label, 12)) } else { String::new() }
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .x_labels(points.len().clamp(1, 6))
        .y_labels(5)
        .x_label_style(font(11))
        .y_label_style(font(11))
        .x_label_formatter(&label)
        .y_label_formatter(&|y| write(y))
        .draw()
        .map_err(|_| ())?;
    Ok(chart)
}

fn flash_chart(area: &Area, points: &[HistoryPoint], limit_bytes: Option<u64>, marks: &mut String) -> Result<(), ()> {
    let values: Vec<u64> = points.iter().filter_map(|p| p.flash_bytes).collect();
    let (min, max) = (values.iter().copied().min().unwrap_or(0), values.iter().copied().max().unwrap_or(0));
    let pad = ((max - min) / 8).max(max / 200).max(4);
    let near = |limit: &u64| *limit <= max.saturating_add(pad.saturating_mul(8));
    let limit = limit_bytes.filter(near);
    let top = limit.unwrap_or(max).max(max).saturating_add(pad);
    let y = (min.saturating_sub(pad) as f64, top as f64);
    let mut chart = chart(area, "flash, bytes", points, y, &|y| grouped(y.round().max(0.0) as u64))?;
    if let Some(limit) = limit {
        let end = points.len().saturating_sub(1).max(1) as f64;
        chart.draw_series(LineSeries::new([(0.0, limit as f64), (end, limit as f64)], LIMIT.stroke_width(1))).map_err(|_| ())?;
        let (x, y) = chart.backend_coord(&(end, limit as f64));
        name_at(area, (x + 8, y - 6), &format!("limit {} B", grouped(limit)), LIMIT)?;
    }
    for run in runs(points, |p| p.flash_bytes) {
        let mut steps = Vec::with_capacity(run.len() * 2);
        for (n, &(i, v)) in run.iter().enumerate() {
            if n > 0 {
                steps.push((i as f64, run[n - 1].1 as f64));
            }
            steps.push((i as f64, v as f64));
        }
        chart.draw_series(LineSeries::new(steps, SERIES[0].0.stroke_width(2))).map_err(|_| ())?;
    }
    let mut before = None;
    for (i, point) in points.iter().enumerate() {
        let Some(bytes) = point.flash_bytes else { continue };
        let change = before.map_or(String::new(), |b| format!(" ({} B)", signed(delta(b, bytes))));
        before = Some(bytes);
        let (x, y) = chart.backend_coord(&(i as f64, bytes as f64));
        mark(marks, points.len(), point, (x, y), 0, &format!("{} B{change}", grouped(bytes)));
    }
    if let Some((i, bytes)) = points.iter().enumerate().rev().find_map(|(i, p)| p.flash_bytes.map(|b| (i, b))) {
        let (x, y) = chart.backend_coord(&(i as f64, bytes as f64));
        name_at(area, (x + 8, y - 6), &format!("{} B", grouped(bytes)), SERIES[0].0)?;
    }
    Ok(())
}

fn instructions_chart(area: &Area, points: &[HistoryPoint], names: &[&BenchName], marks: &mut String) -> Result<(), ()> {
    let drawn = &names[..names.len().min(BENCHES_DRAWN_MAX)];
    let first = |name: &BenchName| points.iter().find_map(|p| p.instructions.get(name).copied()).filter(|&v| v > 0);
    let relative = |value: u64, first: u64| (value as f64 / first as f64 - 1.0) * 100.0;
    let all: Vec<f64> = drawn
        .iter()
        .filter_map(|name| first(name).map(|f| (name, f)))
        .flat_map(|(name, f)| points.iter().filter_map(move |p| p.instructions.get(*name).map(|&v| relative(v, f))))
        .collect();
    let (min, max) = all.iter().fold((0f64, 0f64), |(min, max), &v| (min.min(v), max.max(v)));
    let pad = ((max - min) / 8.0).max(0.05);
    let more = names.len() - drawn.len();
    let more = if more > 0 { format!(" ({more} more benchmarks not drawn)") } else { String::new() };
    let caption = format!("instructions, % of change since {}{more}", points.first().map_or(String::new(), |p| clip(&p.label, 12)));
    let write = |y: &f64| if y.abs() < 0.005 { "0 %".into() } else { format!("{}{:.2} %", if *y < 0.0 { "−" } else { "+" }, y.abs()) };
    let mut chart = chart(area, &caption, points, (min - pad, max + pad), &write)?;
    let mut ends: Vec<(i32, i32, String, usize)> = Vec::new();
    for (n, name) in drawn.iter().enumerate() {
        let Some(first) = first(name) else { continue };
        for run in runs(points, |p| p.instructions.get(*name).copied()) {
            let line = run.iter().map(|&(i, v)| (i as f64, relative(v, first)));
            chart.draw_series(LineSeries::new(line, SERIES[n].0.stroke_width(2))).map_err(|_| ())?;
        }
        let mut end = None;
        for (i, point) in points.iter().enumerate() {
            let Some(&count) = point.instructions.get(*name) else { continue };
            let at = chart.backend_coord(&(i as f64, relative(count, first)));
            mark(marks, points.len(), point, at, n, &format!("{name} {} ({})", grouped(count), percent(first, count)));
            end = Some((at, count));
        }
        if let Some(((x, y), count)) = end {
            ends.push((x, y, format!("{} {}", clip(name.as_str(), 12), percent(first, count)), n));
        }
    }
    // Names of lines that end close together are moved apart, downwards.
    ends.sort_by_key(|end| (end.1, end.3));
    let mut free = i32::MIN;
    for (x, y, text, n) in ends {
        let y = y.max(free);
        free = y + NAME_DISTANCE;
        name_at(area, (x + 8, y - 6), &text, SERIES[n].0)?;
    }
    Ok(())
}

/// Writes a line's name beside its end. `at` is in pixels of the picture.
fn name_at(area: &Area, at: (i32, i32), text: &str, colour: RGBColor) -> Result<(), ()> {
    let (x0, y0) = area.get_base_pixel();
    let style = ("sans-serif", 11).into_font().color(&colour);
    area.draw(&Text::new(text.to_owned(), (at.0 - x0, at.1 - y0), style)).map_err(|_| ())
}

/// Consecutive points that have a figure: a line is not drawn over a hole.
fn runs(points: &[HistoryPoint], value: impl Fn(&HistoryPoint) -> Option<u64>) -> Vec<Vec<(usize, u64)>> {
    let mut out: Vec<Vec<(usize, u64)>> = vec![Vec::new()];
    for (i, point) in points.iter().enumerate() {
        match value(point) {
            Some(v) => out.last_mut().expect("never empty").push((i, v)),
            None => out.push(Vec::new()),
        }
    }
    out.retain(|run| !run.is_empty());
    out
}

/// A dot with a title the pointer shows, and a link where there is one: what the picture says without any script.
fn mark(marks: &mut String, points: usize, point: &HistoryPoint, (x, y): (i32, i32), series: usize, figure: &str) {
    if points > MARKS_MAX {
        return;
    }
    let title = html(&clip(&format!("{}: {figure}", point.label), 120));
    let colour = SERIES[series].2;
    let dot = format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill={colour}><title>{title}</title></circle>");
    match &point.href {
        Some(href) => marks.push_str(&format!("<a href=\"{}\">{dot}</a>\n", html(href))),
        None => marks.push_str(&format!("{dot}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(flash: &[Option<u64>]) -> Vec<HistoryPoint> {
        let bench = BenchName::parse("fib").unwrap();
        let point = |(i, &flash_bytes): (usize, &Option<u64>)| HistoryPoint {
            label: format!("commit{i}"),
            href: None,
            flash_bytes,
            instructions: [(bench.clone(), 1000 + i as u64)].into(),
        };
        flash.iter().enumerate().map(point).collect()
    }

    #[test]
    fn the_same_points_give_the_same_bytes() {
        let points = points(&[Some(100), None, Some(120)]);
        assert_eq!(history_svg("b", &points, Some(128)), history_svg("b", &points, Some(128)));
    }

    #[test]
    fn a_picture_has_only_the_pages_colours() {
        let svg = history_svg("microbit", &points(&[Some(100), Some(120)]), Some(128));
        let allowed = |c: &str| c.starts_with("currentColor") || c.starts_with("var(--") || c == "none";
        for attribute in ["fill=\"", "stroke=\""] {
            for colour in svg.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(allowed(colour), "{attribute}{colour}\n{svg}");
            }
        }
        assert!(svg.contains("currentColor") && svg.contains("limit 128 B") && !svg.contains("style="), "{svg}");
    }

    #[test]
    fn every_figure_can_be_read_at_its_point() {
        let svg = history_svg("microbit", &points(&[Some(100), None, Some(1_120)]), None);
        assert!(svg.contains("<title>commit2: 1,120 B (+1,020 B)</title>"), "{svg}");
        assert!(svg.contains("<title>commit1: fib 1,001 (+0.10 %)</title>"), "{svg}");
    }

    #[test]
    fn extremes_are_drawn_too() {
        let check = |flash: &[Option<u64>]| assert!(history_svg("x", &points(flash), Some(1)).ends_with("</svg>\n"));
        check(&[]);
        check(&[Some(0)]);
        check(&[Some(u64::MAX), Some(0)]);
        check(&[None, None]);
        assert!(history_svg("x", &[], None).contains("No figures yet"));
    }

    #[test]
    fn hostile_labels_stay_text() {
        let mut points = points(&[Some(1), Some(2)]);
        points[1].label = "<script>\"#010203\"".into();
        points[1].href = Some("/x\" onclick=\"y".into());
        let svg = history_svg("<script>", &points, None);
        assert!(!svg.contains("<script") && !svg.contains("\" onclick"), "{svg}");
    }
}
