//! One or many series on one chart: what a commit weighs and costs over time, with what happened in between.
//!
//! Everything that is left out for lack of room is counted in the picture itself: a chart is trusted only if it says what it does not
//! show. Series are told apart by the name at their end and by their dash, marks by their shape and their label, never by colour alone.

mod chart;
mod lines;
mod marks;
mod names;

use crate::axis::{self, Axis};
use crate::colours::{LIMIT_LINE, QUIET, recoloured, told};
use crate::escape::clip;
use crate::frame::{Margins, Plot, TICKS_HEIGHT, frame, ticks_width};
use crate::legend::Legend;
use crate::svg::{figure, px, text};
use lines::Line;
use ounce_protocol::units::grouped;

pub use chart::{Along, Certainty, ChartCommit, Gap, Link, Mark, MarkKind, SERIES_DRAWN_MAX, Scale, Series, SeriesChart, SeriesPoint};

/// Width of the picture, pixels.
const WIDTH: u32 = 900;
/// Height of the chart in it, pixels.
const CHART_HEIGHT: u32 = 280;
/// Above the chart, for the title and what is drawn, pixels.
const HEAD_HEIGHT: u32 = 52;
/// Right of the chart, for the names of the series, pixels.
const NAMES_WIDTH: u32 = 190;
/// Longest short id of a commit, in characters.
const COMMIT_CHARS_MAX: usize = 12;

/// Where the commits lie along x.
struct Places {
    /// The x of each commit.
    x: Vec<f64>,
    /// Indices of commits, from left to right.
    order: Vec<usize>,
}

impl Places {
    /// By date they are sorted: a rebased commit is younger than its child.
    fn of(chart: &SeriesChart) -> Places {
        let mut order: Vec<usize> = (0..chart.commits.len()).collect();
        let x = match chart.along {
            Along::Commits => order.iter().map(|&i| i as f64).collect(),
            Along::Dates => chart.commits.iter().map(|c| c.at_ms as f64).collect(),
        };
        if chart.along == Along::Dates {
            order.sort_by_key(|&i| chart.commits[i].at_ms);
        }
        Places { x, order }
    }

    fn axis(&self, chart: &SeriesChart) -> Axis {
        let at = |i: Option<&usize>| i.map_or(0.0, |&i| self.x[i]);
        let (first, last) = (at(self.order.first()), at(self.order.last()));
        // A lone point lies in the middle; the others keep a little off the edges.
        let pad = if last > first { (last - first) * 0.015 } else { 1.0 };
        let (from, to) = (first - pad, last + pad);
        let ticks = match chart.along {
            Along::Dates => axis::days(from, to, 6),
            Along::Commits => {
                let tick = |i: usize| (i as f64, clip(&chart.commits[i].label, COMMIT_CHARS_MAX));
                axis::spread(chart.commits.len(), 7).into_iter().map(tick).collect()
            }
        };
        Axis { from, to, ticks }
    }
}

/// The chart as SVG.
pub fn series_svg(chart: &SeriesChart) -> String {
    let places = Places::of(chart);
    let mut legend = Legend::default();
    let lines = lines::lines(chart, &places, &mut legend);
    if lines.is_empty() {
        return empty(chart, &legend);
    }
    let (y, limit) = y_axis(chart, &lines, &mut legend);
    let x = places.axis(chart);
    let mut plot = Plot {
        size: (WIDTH, HEAD_HEIGHT + CHART_HEIGHT + TICKS_HEIGHT),
        margins: Margins { left: ticks_width(&y).max(64), top: HEAD_HEIGHT, right: NAMES_WIDTH, bottom: TICKS_HEIGHT },
        x: &x,
        y: &y,
    };
    // Marks and legend take as much room as they need; x does not change by that, so that they can be laid out first.
    let marks = marks::Marks::laid(chart, &places, &plot, &mut legend);
    let gaps = marks::gaps(chart, &lines);
    gaps.note(chart, &mut legend);
    plot.margins.top += marks.height();
    plot.size.1 += marks.height();
    // The legend lies below the chart, and what is left out of the lines is known before it.
    let drawn: Vec<lines::Drawn> = lines.iter().map(|line| line.drawn(chart, &places, &plot, lines.len())).collect();
    lines::note(&drawn, &mut legend);
    let (below, legend_height) = legend.drawn(plot.left(), f64::from(plot.size.1) + 6.0, f64::from(WIDTH) - 12.0);
    plot.size.1 += legend_height;
    plot.margins.bottom += legend_height;

    let Some(frame) = frame(&plot) else { return empty(chart, &legend) };
    let mut above = String::from("<g font-family=\"system-ui, sans-serif\" fill=\"currentColor\">\n");
    above.push_str(&text(plot.left(), 20.0, 15.0, "font-weight=\"600\"", &clip(&chart.title, 90)));
    above.push_str(&text(plot.left(), 38.0, 12.0, &format!("fill=\"{QUIET}\""), &caption(chart, &lines)));
    above.push_str(&gaps.drawn(chart, &places, &plot));
    if let Some(limit) = limit {
        let y = px(plot.y(limit as f64));
        let (left, right) = (px(plot.left()), px(plot.right()));
        above.push_str(&format!(
            "<path d=\"M{left} {y}H{right}\" stroke=\"{LIMIT_LINE}\" stroke-width=\"1.5\" stroke-dasharray=\"10 3\"/>\n"
        ));
        let words = format!("limit {} {}", figure(limit), unit(&lines));
        above.push_str(&text(plot.left() + 6.0, plot.y(limit as f64) - 5.0, 11.5, &format!("fill=\"{LIMIT_LINE}\""), &words));
    }
    above.push_str(&marks.lines(&plot));
    drawn.iter().for_each(|d| above.push_str(&d.svg));
    above.push_str(&marks.drawn(&plot));
    above.push_str(&names::names(&lines, &plot));
    above.push_str(&below);
    above.push_str("</g>\n");
    recoloured(&frame, &chart.title, &desc(chart, &lines, &gaps), &above)
}

/// The unit, where all series have the same.
fn unit<'a>(lines: &[Line<'a>]) -> &'a str {
    match lines {
        [first, rest @ ..] if rest.iter().all(|l| l.series.unit == first.series.unit) => &first.series.unit,
        _ => "",
    }
}

/// What y counts, in words.
fn caption(chart: &SeriesChart, lines: &[Line]) -> String {
    let along = if chart.along == Along::Dates { "by date (UTC)" } else { "by commit" };
    let label = |i: usize| chart.commits.get(i).map_or(String::new(), |c| clip(&c.label, COMMIT_CHARS_MAX));
    match (chart.scale, unit(lines)) {
        (Scale::Since(i), _) => format!("change since {} in percent, {along}", label(i)),
        (Scale::Absolute, "") => format!("figures in their units, {along}"),
        (Scale::Absolute, unit) => format!("{}, {along}", clip(unit, 40)),
    }
}

/// The range of all lines, a little widened so that a flat one is not on the edge, and the limit if it is drawn.
fn y_axis(chart: &SeriesChart, lines: &[Line], legend: &mut Legend) -> (Axis, Option<i128>) {
    let (min, max) = lines.iter().map(Line::range).fold((f64::MAX, f64::MIN), |(min, max), r| (min.min(r.0), max.max(r.1)));
    if let Scale::Since(_) = chart.scale {
        let (min, max) = (min.min(0.0), max.max(0.0));
        let pad = ((max - min) / 8.0).max(0.05);
        let (from, to) = (min - pad, max + pad);
        return (Axis { from, to, ticks: axis::percents(from, to, 5) }, None);
    }
    let pad = ((max - min) / 8.0).max(max.abs() / 200.0).max(4.0);
    let near = |limit: &i128| (min - pad * 6.0..=max + pad * 6.0).contains(&(*limit as f64));
    let limit = chart.limit.filter(near);
    if let Some(far) = chart.limit.filter(|_| limit.is_none()) {
        let side = if far as f64 > max { "above" } else { "below" };
        legend.note(format!("the limit of {} {} is far {side} this picture", figure(far), unit(lines)));
    }
    let (min, max) = limit.map_or((min, max), |l| (min.min(l as f64), max.max(l as f64)));
    let from = if min >= 0.0 { (min - pad).max(0.0) } else { min - pad };
    let to = max + pad;
    (Axis { from, to, ticks: axis::figures(from, to, 5) }, limit)
}

/// What a reader hears who does not see the picture.
fn desc(chart: &SeriesChart, lines: &[Line], gaps: &marks::Gaps) -> String {
    let mut out = format!("{} of {} commits. ", caption(chart, lines), grouped(chart.commits.len() as u64));
    lines.iter().for_each(|line| out.push_str(&line.told()));
    if !chart.marks.is_empty() {
        out.push_str(&format!("Marks: {}. ", grouped(chart.marks.len() as u64)));
    }
    gaps.tell(chart, &mut out);
    out.trim_end().to_owned()
}

/// What is shown where there is nothing to draw.
fn empty(chart: &SeriesChart, legend: &Legend) -> String {
    let title = told(&chart.title, "No figures.");
    let why = legend.notes().next().map_or("They appear with the first push to the default branch.".to_owned(), |note| format!("{note}."));
    format!(
        "<svg width=\"{WIDTH}\" height=\"64\" viewBox=\"0 0 {WIDTH} 64\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\">\n{title}\
         <g font-family=\"system-ui, sans-serif\" fill=\"currentColor\">\n{}{}</g>\n</svg>\n",
        text(8.0, 22.0, 15.0, "font-weight=\"600\"", &clip(&chart.title, 90)),
        text(8.0, 46.0, 13.0, &format!("fill=\"{QUIET}\""), &format!("No figures yet. {why}")),
    )
}
