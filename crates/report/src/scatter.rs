//! Size against speed: each pull request as a point, so that what did both is seen apart from what paid for one with the other.
//!
//! Both axes are symmetric logarithms, as one rewrite would squash a year of small changes into the origin; what stands at their ticks are
//! the true values. Kinds have shapes of their own.

use crate::axis::{Axis, SymLog, Tick};
use crate::colours::{LESS, MORE, NAME, QUIET, SERIES, recoloured, told};
use crate::escape::clip;
use crate::frame::{Margins, Plot, TICKS_HEIGHT, frame, ticks_width};
use crate::legend::Legend;
use crate::svg::{link, px, short, signed, signed_percent, text, width};
use ounce_analysis::comparison::Tendency;
use ounce_protocol::units::grouped;

/// Pull requests drawn; those that moved most where there are more.
pub const PULLS_DRAWN_MAX: usize = 500;

const WIDTH: u32 = 900;
const CHART_HEIGHT: u32 = 460;
const HEAD_HEIGHT: u32 = 70;
/// Names written beside points, of those that moved most.
const NAMES_MAX: usize = 14;
const NAME_PX: f64 = 11.5;
/// The side with less on it still has this share of the other.
const SIDE_SHARE_MIN: f64 = 0.45;
/// Ticks are kept this far apart, pixels.
const X_TICKS_APART: f64 = 66.0;
const Y_TICKS_APART: f64 = 24.0;

/// What is drawn. All texts may be hostile.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScatterChart {
    /// What the picture is called.
    pub title: String,
    /// Whose bytes x counts: `flash`.
    pub region: String,
    /// In any order.
    pub points: Vec<ScatterPoint>,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterPoint {
    /// What it is called for short: `#123`.
    pub label: String,
    /// Its title.
    pub title: String,
    /// Where it leads.
    pub href: Option<String>,
    /// Head less base.
    pub bytes: i64,
    /// The change of instructions, in percent of the base. One that is no number is not drawn, but counted.
    pub percent: f64,
    /// Which way it goes.
    pub tendency: Tendency,
    /// Whether it has yet to land: drawn hollow.
    pub is_open: bool,
}

/// A tendency's shape around 0, 0, and what it is called. What has yet to land is hollow; what is hollow anyway is then dashed.
fn shape(tendency: Tendency, is_open: bool) -> (String, &'static str) {
    let (figure, colour, name) = match tendency {
        Tendency::Win => ("circle r=\"4.5\"", LESS, "win"),
        Tendency::Trade => ("path d=\"M0-6L6 0L0 6L-6 0Z\"", SERIES[3].1, "trade"),
        Tendency::Cost => ("path d=\"M0-5.5L5.5 4.5H-5.5Z\"", MORE, "cost"),
        Tendency::Free => ("circle r=\"3.75\"", NAME, "free"),
    };
    let shape = match (tendency, is_open) {
        (Tendency::Free, true) => format!("<{figure} fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" stroke-dasharray=\"2 1.6\"/>"),
        (Tendency::Free, false) => format!("<{figure} fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"),
        (_, true) => format!("<{figure} fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.75\"/>"),
        (_, false) => format!("<{figure} fill=\"{colour}\"/>"),
    };
    (shape, name)
}

/// A scale and its axis for values of which `least` and `most` are the ends.
fn axis(log: SymLog, least: f64, most: f64, pixels: f64, apart: f64, write: impl Fn(f64) -> String) -> Axis {
    let (low, high) = (log.at(-least.min(0.0)), log.at(most.max(0.0)));
    let side = |own: f64, other: f64| own.max(other * SIDE_SHARE_MIN).max(log.at(log.knee)) * 1.1;
    let (from, to) = (-side(low, high), side(high, low));
    let scale = pixels / (to - from);
    let mut ticks: Vec<Tick> = vec![(0.0, write(0.0))];
    // From zero outwards, on both sides alike; the last one kept may push its neighbour out.
    let places = log.places(least.abs().max(most.abs()).max(log.knee));
    let mut before = 0.0;
    for v in places.into_iter().filter(|&v| v > 0.0) {
        let at = log.at(v);
        if (at - before) * scale >= apart {
            ticks.extend([(at, write(v)), (-at, write(-v))]);
            before = at;
        }
    }
    ticks.retain(|t| (from..=to).contains(&t.0));
    Axis { from, to, ticks }
}

/// What the words in a corner need, in pixels.
const CORNER_HEIGHT: f64 = 34.0;

/// The axis with room at both ends for the words in the corners, which lie on no point then.
fn with_room(axis: Axis, pixels: f64) -> Axis {
    let room = CORNER_HEIGHT * (axis.to - axis.from) / (pixels - 2.0 * CORNER_HEIGHT);
    Axis { from: axis.from - room, to: axis.to + room, ..axis }
}

/// The chart as SVG.
pub fn scatter_svg(chart: &ScatterChart) -> String {
    let mut points: Vec<&ScatterPoint> = chart.points.iter().filter(|p| p.percent.is_finite()).collect();
    let mut legend = Legend::default();
    let without = chart.points.len() - points.len();
    let drawable = points.len();
    let (x_log, y_log) = (SymLog::of(points.iter().map(|p| p.bytes as f64), 1.0), SymLog::of(points.iter().map(|p| p.percent), 0.01));
    let at = |p: &ScatterPoint| (x_log.at(p.bytes as f64), y_log.at(p.percent));
    let ends = |of: fn(&ScatterPoint) -> f64| points.iter().map(|p| of(p)).fold((0f64, 0f64), |(min, max), v| (min.min(v), max.max(v)));
    let ((x_min, x_max), (y_min, y_max)) = (ends(|p| p.bytes as f64), ends(|p| p.percent));
    // What moved most lies on top.
    let moved =
        |p: &ScatterPoint| at(p).0.abs() / x_log.at(x_max.max(-x_min).max(1.0)) + at(p).1.abs() / y_log.at(y_max.max(-y_min).max(0.01));
    points.sort_by(|a, b| moved(a).total_cmp(&moved(b)).then_with(|| a.label.cmp(&b.label)).then_with(|| a.title.cmp(&b.title)));
    points.drain(..points.len().saturating_sub(PULLS_DRAWN_MAX));
    for tendency in [Tendency::Win, Tendency::Trade, Tendency::Cost, Tendency::Free] {
        if points.iter().any(|p| p.tendency == tendency) {
            let (shape, _) = shape(tendency, false);
            legend.shape(shape, meaning(tendency));
        }
    }
    if points.iter().any(|p| p.is_open) {
        legend.shape(shape(Tendency::Win, true).0, "hollow: still open");
    }
    if points.len() < drawable {
        legend.note(format!(
            "{} of {} pull requests drawn; those that moved least are left out",
            grouped(points.len() as u64),
            grouped(drawable as u64)
        ));
    }
    if without > 0 {
        legend.note(format!("{} more have no figure of instructions", grouped(without as u64)));
    }
    if points.is_empty() {
        return empty(chart, &legend);
    }
    let (wide, high) = (f64::from(WIDTH) - 130.0, f64::from(CHART_HEIGHT));
    let bytes = |v: f64| if v == 0.0 { "0 B".to_owned() } else { format!("{}{} B", if v > 0.0 { "+" } else { "" }, short(v, 0)) };
    let x = axis(x_log, x_min, x_max, wide, X_TICKS_APART, bytes);
    let y = with_room(axis(y_log, y_min, y_max, high - 2.0 * CORNER_HEIGHT, Y_TICKS_APART, percent_tick), high);
    let left = ticks_width(&y).max(70);
    let (below, legend_height) =
        legend.drawn(f64::from(left), f64::from(HEAD_HEIGHT + CHART_HEIGHT + TICKS_HEIGHT + 26), f64::from(WIDTH) - 12.0);
    let bottom = TICKS_HEIGHT + 22 + legend_height;
    let size = (WIDTH, HEAD_HEIGHT + CHART_HEIGHT + bottom);
    let plot = Plot { size, margins: Margins { left, top: HEAD_HEIGHT, right: 24, bottom }, x: &x, y: &y };
    let Some(frame) = frame(&plot) else { return empty(chart, &legend) };

    let quiet = format!("fill=\"{QUIET}\"");
    let mut above = String::from("<g font-family=\"system-ui, sans-serif\" fill=\"currentColor\">\n");
    above.push_str(&text(plot.left(), 20.0, 15.0, "font-weight=\"600\"", &clip(&chart.title, 90)));
    above.push_str(&text(
        plot.left(),
        38.0,
        12.0,
        &quiet,
        "both scales are logarithms to either side of zero; their ticks say true values",
    ));
    above.push_str(&text(plot.left(), 58.0, 12.0, "", "↑ more instructions"));
    let region = clip(&chart.region, 32);
    let y_words = plot.bottom() + f64::from(TICKS_HEIGHT) + 14.0;
    above.push_str(&text(plot.right(), y_words, 12.0, "text-anchor=\"end\"", &format!("more bytes of {region} →")));
    quadrants(&mut above, &plot, points.iter().filter(|p| p.tendency == Tendency::Free).count());
    for point in &points {
        let (x, y) = at(point);
        let (shape, name) = shape(point.tendency, point.is_open);
        let open = if point.is_open { ", still open" } else { "" };
        let told = format!(
            "{} {}: {} B, {} instructions ({name}{open})",
            clip(&point.label, 24),
            clip(&point.title, 100),
            signed(point.bytes.into()),
            signed_percent(point.percent)
        );
        let inner = format!(
            "<g transform=\"translate({} {})\" opacity=\"0.85\"><circle r=\"9\" fill=\"none\" pointer-events=\"all\"/>{shape}</g>",
            px(plot.x(x)),
            px(plot.y(y))
        );
        above.push_str(&link(point.href.as_deref(), &told, &inner));
        above.push('\n');
    }
    let places: Vec<(f64, f64)> = points.iter().map(|p| (plot.x(at(p).0), plot.y(at(p).1))).collect();
    names(&mut above, &points, &places, &plot);
    above.push_str(&below);
    above.push_str("</g>\n");
    recoloured(&frame, &chart.title, &desc(&points, &region), &above)
}

fn meaning(tendency: Tendency) -> &'static str {
    match tendency {
        Tendency::Win => "win: less of one, not more of the other",
        Tendency::Trade => "trade: one for the other",
        Tendency::Cost => "cost: more of one, not less of the other",
        Tendency::Free => "free: neither moved",
    }
}

fn percent_tick(v: f64) -> String {
    match v {
        0.0 => "0 %".into(),
        v => format!(
            "{}{} %",
            if v > 0.0 { "+" } else { "−" },
            if v.abs() < 1.0 { format!("{}", (v.abs() * 1e4).round() / 1e4) } else { short(v.abs(), 0) }
        ),
    }
}

/// The two axes through zero, and what each quarter is called. `free` points lie where they cross.
fn quadrants(out: &mut String, plot: &Plot, free: usize) {
    let (x, y) = (plot.x(0.0), plot.y(0.0));
    let (left, right, top, bottom) = (plot.left(), plot.right(), plot.top(), plot.bottom());
    let area = |x0: f64, y0: f64, x1: f64, y1: f64, colour: &str| {
        let d = format!("M{} {}H{}V{}H{}Z", px(x0), px(y0), px(x1), px(y1), px(x0));
        format!("<path d=\"{d}\" fill=\"{colour}\" fill-opacity=\"0.07\"/>\n")
    };
    out.push_str(&area(left, y, x, bottom, LESS));
    out.push_str(&area(x, top, right, y, MORE));
    out.push_str(&format!(
        "<path d=\"M{} {}H{}M{} {}V{}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.55\"/>\n",
        px(left),
        px(y),
        px(right),
        px(x),
        px(top),
        px(bottom)
    ));
    let mut corner = |x: f64, y: f64, anchor: &str, name: &str, words: &str| {
        out.push_str(&text(x, y, 14.0, &format!("font-weight=\"600\" text-anchor=\"{anchor}\""), name));
        out.push_str(&text(x, y + 15.0, 11.0, &format!("text-anchor=\"{anchor}\" fill=\"{QUIET}\""), words));
    };
    corner(left + 8.0, bottom - 24.0, "start", "win", "smaller, faster");
    corner(left + 8.0, top + 18.0, "start", "trade", "smaller, slower");
    corner(right - 8.0, bottom - 24.0, "end", "trade", "larger, faster");
    corner(right - 8.0, top + 18.0, "end", "cost", "larger, slower");
    let free = if free > 0 { format!("free ({})", grouped(free as u64)) } else { "free".to_owned() };
    out.push_str(&text(x + 9.0, y + 16.0, 12.0, &format!("font-weight=\"600\" {HALO}"), &free));
}

/// So that a name is legible on a line; nothing where the page does not say what its ground is.
const HALO: &str = "stroke=\"var(--ground, none)\" stroke-width=\"3\" paint-order=\"stroke\"";

/// The names of the points that moved most, where they are in nobody's way. The points are sorted by how far they moved.
fn names(out: &mut String, points: &[&ScatterPoint], places: &[(f64, f64)], plot: &Plot) {
    // Left, right and middle of each name that is there: those of the quarters first.
    let corner = |y: f64| [(plot.left(), plot.left() + 110.0, y), (plot.right() - 110.0, plot.right(), y)];
    let mut busy: Vec<(f64, f64, f64)> = [14.0, 28.0].into_iter().flat_map(|d| corner(plot.top() + d)).collect();
    busy.extend([14.0, 28.0].into_iter().flat_map(|d| corner(plot.bottom() - d)));
    for (i, point) in points.iter().enumerate().rev().filter(|(_, p)| p.tendency != Tendency::Free).take(NAMES_MAX) {
        let (x, y) = places[i];
        let label = clip(&point.label, 14);
        let wide = width(&label, NAME_PX);
        let sides = [(x + 9.0, x + 9.0 + wide), (x - 9.0 - wide, x - 9.0)];
        let is_free = |&(from, to): &(f64, f64)| {
            let inside = from >= plot.left() + 2.0 && to <= plot.right() - 2.0;
            let of_names = busy.iter().any(|b| from < b.1 && to > b.0 && (y - b.2).abs() < 13.0);
            let of_points =
                places.iter().enumerate().any(|(j, p)| j != i && (from - 5.0..=to + 5.0).contains(&p.0) && (y - p.1).abs() < 10.0);
            inside && !of_names && !of_points
        };
        if let Some((from, to)) = sides.into_iter().find(is_free) {
            busy.push((from, to, y));
            out.push_str(&text(from, y + 4.0, NAME_PX, HALO, &label));
        }
    }
}

fn desc(points: &[&ScatterPoint], region: &str) -> String {
    let mut out = format!("{} pull requests by the bytes of {region} and the instructions they changed: ", grouped(points.len() as u64));
    let count = |tendency: Tendency| points.iter().filter(|p| p.tendency == tendency).count();
    let counts = [Tendency::Win, Tendency::Trade, Tendency::Cost, Tendency::Free].map(|t| format!("{} {}", count(t), shape(t, false).1));
    out.push_str(&counts.join(", "));
    out.push('.');
    out
}

fn empty(chart: &ScatterChart, legend: &Legend) -> String {
    let why =
        legend.notes().next().map_or("No pull request of this time has figures.".to_owned(), |note| format!("No point to draw: {note}."));
    format!(
        "<svg width=\"{WIDTH}\" height=\"64\" viewBox=\"0 0 {WIDTH} 64\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\">\n{}\
         <g font-family=\"system-ui, sans-serif\" fill=\"currentColor\">\n{}{}</g>\n</svg>\n",
        told(&chart.title, &why),
        text(8.0, 22.0, 15.0, "font-weight=\"600\"", &clip(&chart.title, 90)),
        text(8.0, 46.0, 13.0, &format!("fill=\"{QUIET}\""), &why),
    )
}
