//! What happened along a chart: marks above it with a line down through it, and bands where figures are missing.

use super::lines::Line;
use super::{Mark, MarkKind, Places, SeriesChart};
use crate::colours::QUIET;
use crate::escape::clip;
use crate::frame::Plot;
use crate::legend::Legend;
use crate::svg::{fitted, id, link, px, text, title, width};
use ounce_protocol::units::grouped;

/// Marks drawn; the newest where there are more.
const MARKS_DRAWN_MAX: usize = 60;
/// Rows of labels above a chart.
const ROWS_MAX: usize = 3;
const ROW_HEIGHT: f64 = 17.0;
const LABEL_PX: f64 = 11.5;
const LABEL_CHARS_MAX: usize = 18;
/// Half of a mark's shape, with the space around it, pixels.
const SHAPE_HALF: f64 = 8.0;
/// Bands drawn; the widest where there are more.
const BANDS_DRAWN_MAX: usize = 40;
/// A band is at least as wide, pixels.
const BAND_WIDTH_MIN: f64 = 3.0;
/// A band needs this width for its reason to be written along it, pixels.
const BAND_WIDTH_WRITTEN: f64 = 15.0;

impl MarkKind {
    /// Its shape around 0, 0; what it is called in the legend; the dash of its line.
    fn drawn(self) -> (&'static str, &'static str, &'static str) {
        match self {
            MarkKind::Step => {
                ("<path d=\"M-5 4H0V-4H5\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/>", "step of an exact figure", "")
            }
            MarkKind::ChangePoint(_) => {
                ("<path d=\"M0-5.5L5.5 0L0 5.5L-5.5 0Z\"/>", "change point of a noisy figure (p: how likely by chance)", "2 3")
            }
            MarkKind::Acceptance => {
                ("<path d=\"M-5 0L-1.5 4L5-4.5\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.5\"/>", "growth accepted", "6 3")
            }
            MarkKind::Release => ("<path d=\"M-4-6V6H-2.5V1H5L3-2.5L5-6Z\"/>", "release", ""),
            MarkKind::Toolchain => (
                "<path d=\"M-2.8-5H2.8L5.6 0L2.8 5H-2.8L-5.6 0Z\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/>",
                "toolchain changed",
                "9 3 2 3",
            ),
        }
    }
}

/// The label, with a change point's chance.
fn label(mark: &Mark) -> String {
    let chance = match mark.kind {
        MarkKind::ChangePoint(p) if !(0.0..=1.0).contains(&p) => "p unknown".into(),
        MarkKind::ChangePoint(p) if p < 0.001 => "p<0.001".into(),
        MarkKind::ChangePoint(p) => format!("p={p:.3}"),
        _ => return clip(&mark.label, LABEL_CHARS_MAX),
    };
    format!("{} {chance}", clip(&mark.label, LABEL_CHARS_MAX - chance.len())).trim_start().to_owned()
}

/// Marks with their places: each has a row, and a label where there was room for it.
pub(super) struct Marks<'a> {
    placed: Vec<Placed<'a>>,
    rows: usize,
}

struct Placed<'a> {
    mark: &'a Mark,
    x: f64,
    row: usize,
    label: String,
}

impl<'a> Marks<'a> {
    /// Laid out from left to right. A mark gets the topmost row in which, and below which, no label is in the way of it and of its line;
    /// the others have no label, in a row of their own below.
    pub fn laid(chart: &'a SeriesChart, places: &Places, plot: &Plot, legend: &mut Legend) -> Marks<'a> {
        let mut marks: Vec<&Mark> = chart.marks.iter().filter(|m| m.commit < chart.commits.len()).collect();
        let x = |mark: &Mark| plot.x(places.x[mark.commit]);
        marks.sort_by(|a, b| x(a).total_cmp(&x(b)));
        let many = marks.len().saturating_sub(MARKS_DRAWN_MAX);
        let left_out = many + chart.marks.len() - marks.len();
        if left_out > 0 {
            legend.note(format!("{} more marks are not drawn", grouped(left_out as u64)));
        }
        let mut busy = [f64::MIN; ROWS_MAX];
        let mut placed = Vec::new();
        for mark in marks.split_off(many) {
            let (x, label) = (x(mark), label(mark));
            let free = (0..ROWS_MAX).find(|&row| busy[row..].iter().all(|&end| end < x - SHAPE_HALF));
            if let Some(row) = free {
                busy[row] = x + SHAPE_HALF + width(&label, LABEL_PX) + 4.0;
            }
            placed.push(Placed { mark, x, row: free.unwrap_or(usize::MAX), label: if free.is_some() { label } else { String::new() } });
        }
        let labelled = placed.iter().filter(|p| p.row < ROWS_MAX).map(|p| p.row + 1).max().unwrap_or(0);
        let bare = placed.iter().any(|p| p.row == usize::MAX);
        placed.iter_mut().for_each(|p| p.row = p.row.min(labelled));
        placed.iter().for_each(|p| legend.shape(p.mark.kind.drawn().0.to_owned(), p.mark.kind.drawn().1));
        Marks { placed, rows: labelled + usize::from(bare) }
    }

    /// What they need above the chart, pixels.
    pub fn height(&self) -> u32 {
        (self.rows as f64 * ROW_HEIGHT) as u32
    }

    fn y(&self, row: usize, plot: &Plot) -> f64 {
        plot.top() - (self.rows - row) as f64 * ROW_HEIGHT + ROW_HEIGHT / 2.0 - 3.0
    }

    /// The lines, which lie below the series.
    pub fn lines(&self, plot: &Plot) -> String {
        let line = |p: &Placed| {
            let (_, _, dash) = p.mark.kind.drawn();
            let wide = if p.mark.kind == MarkKind::Release { 2 } else { 1 };
            // Where there is no room for labels, lines would hide the series.
            let ink = if p.label.is_empty() { "0.15" } else { "0.35" };
            let (x, y, bottom) = (px(p.x), px(self.y(p.row, plot) + SHAPE_HALF), px(plot.bottom()));
            let dash = if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") };
            format!("<path d=\"M{x} {y}V{bottom}\" stroke=\"currentColor\" stroke-opacity=\"{ink}\" stroke-width=\"{wide}\"{dash}/>\n")
        };
        self.placed.iter().map(line).collect()
    }

    /// The shapes and labels.
    pub fn drawn(&self, plot: &Plot) -> String {
        let mark = |p: &Placed| {
            let (shape, name, _) = p.mark.kind.drawn();
            let y = self.y(p.row, plot);
            let words = if p.label.is_empty() { String::new() } else { text(SHAPE_HALF, 4.0, LABEL_PX, "", &p.label) };
            // Under the shape lies what a finger can hit.
            let inner = format!(
                "<g transform=\"translate({} {})\"><path d=\"M-9-9H9V9H-9Z\" fill=\"none\" pointer-events=\"all\"/>{shape}{words}</g>",
                px(p.x),
                px(y)
            );
            let told = if p.mark.title.is_empty() { &p.mark.label } else { &p.mark.title };
            link(p.mark.href.as_deref(), &format!("{name}: {told}"), &inner) + "\n"
        };
        self.placed.iter().map(mark).collect()
    }
}

/// Commits without figures, with the reason.
pub(super) struct Gaps {
    bands: Vec<(usize, usize, String)>,
    left_out: usize,
}

/// The gaps that are given, and the commits at which no line has a figure and nobody says why.
pub(super) fn gaps(chart: &SeriesChart, lines: &[Line]) -> Gaps {
    let len = chart.commits.len();
    let mut is_told = vec![false; len];
    let mut bands = Vec::new();
    for gap in chart.gaps.iter().filter(|g| g.first <= g.last && g.first < len) {
        let last = gap.last.min(len - 1);
        is_told[gap.first..=last].fill(true);
        bands.push((gap.first, last, clip(&gap.reason, 120)));
    }
    for (i, is_told) in is_told.into_iter().enumerate() {
        if is_told || lines.iter().any(|l| l.series.points.get(i).is_some_and(|p| p.value.is_some())) {
            continue;
        }
        match bands.last_mut() {
            Some((_, last, reason)) if *last + 1 == i && reason.is_empty() => *last = i,
            _ => bands.push((i, i, String::new())),
        }
    }
    bands.iter_mut().filter(|b| b.2.is_empty()).for_each(|b| b.2 = "no figures; the reason is not known".into());
    bands.sort_by_key(|b| (std::cmp::Reverse(b.1 - b.0), b.0));
    let left_out = bands.len().saturating_sub(BANDS_DRAWN_MAX);
    bands.truncate(BANDS_DRAWN_MAX);
    bands.sort();
    Gaps { bands, left_out }
}

impl Gaps {
    /// What hatching means, and how much of it is left out.
    pub fn note(&self, chart: &SeriesChart, legend: &mut Legend) {
        if !self.bands.is_empty() {
            legend.shape(format!("<path d=\"M-6-6H6V6H-6Z\" fill=\"url(#{})\"/>", id("gap", &chart.title)), "no data, with the reason");
        }
        if self.left_out > 0 {
            legend.note(format!("{} more gaps are not hatched", grouped(self.left_out as u64)));
        }
    }

    /// The reasons, for who does not see the bands.
    pub fn tell(&self, chart: &SeriesChart, out: &mut String) {
        for (first, last, reason) in &self.bands {
            let label = |i: usize| clip(&chart.commits[i].label, 12);
            let commits =
                if first == last { format!("at {}", label(*first)) } else { format!("from {} to {}", label(*first), label(*last)) };
            out.push_str(&format!("No data {commits}: {reason}. "));
        }
    }

    /// The bands, which lie below all else.
    pub fn drawn(&self, chart: &SeriesChart, places: &Places, plot: &Plot) -> String {
        if self.bands.is_empty() {
            return String::new();
        }
        let id = id("gap", &chart.title);
        let mut out = format!(
            "<defs><pattern id=\"{id}\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
             <path d=\"M0 0V7\" stroke=\"{QUIET}\" stroke-opacity=\"0.55\" stroke-width=\"2\"/></pattern></defs>\n"
        );
        let mut rank = vec![0; places.order.len()];
        places.order.iter().enumerate().for_each(|(at, &commit)| rank[commit] = at);
        for (first, last, reason) in &self.bands {
            let ranks = || (*first..=*last).map(|i| rank[i]);
            let x = |at: usize| plot.x(places.x[places.order[at]]);
            // As far as half way to the commits around.
            let left = ranks().min().filter(|&r| r > 0).map_or(plot.left(), |r| (x(r - 1) + x(r)) / 2.0);
            let right = ranks().max().filter(|&r| r + 1 < rank.len()).map_or(plot.right(), |r| (x(r) + x(r + 1)) / 2.0);
            let wide = (right - left).max(BAND_WIDTH_MIN);
            let (top, high) = (plot.top(), plot.bottom() - plot.top());
            out.push_str(&format!(
                "<g>{}<path d=\"M{} {}h{}v{}h{}z\" fill=\"url(#{id})\"/>",
                title(&format!("no data: {reason}")),
                px(left),
                px(top),
                px(wide),
                px(high),
                px(-wide)
            ));
            let halo = "stroke=\"var(--ground, none)\" stroke-width=\"4\" paint-order=\"stroke\" text-anchor=\"middle\"";
            let middle = left + wide / 2.0;
            if width(reason, LABEL_PX) + 8.0 <= wide {
                out.push_str(&text(middle, top + 16.0, LABEL_PX, halo, reason));
            } else if wide >= BAND_WIDTH_WRITTEN {
                let (x, y) = (middle + 4.0, top + high / 2.0);
                let turned = format!("{halo} transform=\"rotate(-90 {} {})\"", px(x), px(y));
                out.push_str(&text(x, y, LABEL_PX, &turned, &fitted(reason, LABEL_PX, high - 12.0)));
            }
            out.push_str("</g>\n");
        }
        out
    }
}
