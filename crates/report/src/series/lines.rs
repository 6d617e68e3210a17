//! The lines of a chart, the dots on them, and their names.

use super::{Along, COMMIT_CHARS_MAX, Certainty, Mark, MarkKind, Places, SERIES_DRAWN_MAX, Scale, Series, SeriesChart};
use crate::axis::civil;
use crate::colours::{COLOURS, SERIES};
use crate::downsample::{POINTS_DRAWN_MAX, downsampled};
use crate::escape::clip;
use crate::frame::Plot;
use crate::legend::Legend;
use crate::svg::{figure, link, px, signed, signed_percent};
use ounce_protocol::units::grouped;

/// Dots with a title and a link, of all series together; where there would be more, a few at the largest changes.
const DOTS_MAX: usize = 150;
const LARGEST_MAX: usize = 80;
/// Where not all points are drawn, a line goes over a hole that is narrower than this, pixels.
const HOLE_WIDTH_MIN: f64 = 4.0;
/// Longest name of a series where there is room, in characters.
const NAME_CHARS_MAX: usize = 40;
/// A dash for each line, so that colour alone tells nothing.
const DASHES: [&str; SERIES_DRAWN_MAX] =
    ["", "7 3", "2 2", "10 3 2 3", "14 4", "5 2 1 2", "1 3", "8 2 2 2 2 2", "3 4", "16 3 5 3", "6 6", "4 2 4 5"];

/// A series that is drawn.
pub(super) struct Line<'a> {
    pub series: &'a Series,
    /// Its colour and dash.
    pub n: usize,
    /// What its changes are relative to, as the first tools' figures are.
    pub since: Option<f64>,
    /// Which places of the order are drawn.
    kept: Vec<usize>,
    /// How many could be.
    points: usize,
    /// Commits with its first and its last figure.
    pub ends: (usize, usize),
}

/// The series that can be drawn; of the others it is said why not.
pub(super) fn lines<'a>(chart: &'a SeriesChart, places: &Places, legend: &mut Legend) -> Vec<Line<'a>> {
    let many = chart.series.len().saturating_sub(SERIES_DRAWN_MAX);
    if many > 0 {
        legend.note(format!("{many} more series are not drawn"));
    }
    let series = &chart.series[..chart.series.len() - many];
    let points_max = POINTS_DRAWN_MAX / series.len().max(1);
    let mut without = Vec::new();
    let lines: Vec<Line> =
        series.iter().enumerate().filter_map(|(n, series)| line(chart, places, series, n, points_max, &mut without)).collect();
    if !without.is_empty() {
        legend.note(format!("without figures to draw: {}", without.join(", ")));
    }
    let (kept, points) = lines.iter().fold((0, 0), |sum, l| (sum.0 + l.kept.len(), sum.1 + l.points));
    if kept < points {
        legend.note(format!("{} of {} points drawn; extremes kept", grouped(kept as u64), grouped(points as u64)));
    }
    lines
}

fn line<'a>(
    chart: &SeriesChart,
    places: &Places,
    series: &'a Series,
    n: usize,
    points_max: usize,
    without: &mut Vec<String>,
) -> Option<Line<'a>> {
    let is_relative = chart.scale != Scale::Absolute;
    let value = |i: usize| series.points.get(i).and_then(|p| p.value).filter(|_| !is_relative || series.factor(i).is_some());
    let linked = |i: usize| Some(value(i)? as f64 * series.factor(i)?);
    let len = chart.commits.len();
    let ends = (0..len).find(|&i| value(i).is_some()).zip((0..len).rev().find(|&i| value(i).is_some()));
    let since = match chart.scale {
        Scale::Absolute => None,
        Scale::Since(at) => (at.min(len)..len).find_map(linked).or_else(|| (0..at.min(len)).rev().find_map(linked)),
    };
    let is_drawable = chart.scale == Scale::Absolute || since.is_some_and(|v| v > 0.0);
    let Some(ends) = ends.filter(|_| is_drawable) else {
        without.push(clip(&series.name, 24));
        return None;
    };
    let values: Vec<Option<i128>> = places.order.iter().map(|&i| value(i)).collect();
    let points = values.iter().flatten().count();
    Some(Line { series, n, since, kept: downsampled(&values, points_max), points, ends })
}

/// A line as drawn, with what had to be left out.
pub(super) struct Drawn {
    pub svg: String,
    holes_bridged: usize,
    dots_left_out: usize,
}

/// Says what of the lines is not drawn.
pub(super) fn note(drawn: &[Drawn], legend: &mut Legend) {
    let holes: usize = drawn.iter().map(|d| d.holes_bridged).sum();
    if holes > 0 {
        legend.note(format!("{} holes too narrow to draw", grouped(holes as u64)));
    }
    if drawn.iter().any(|d| d.dots_left_out > 0) {
        legend.note("dots at the largest changes only".into());
    }
}

impl Line<'_> {
    /// The figure at a commit, where it can be drawn.
    pub fn value(&self, commit: usize) -> Option<i128> {
        let is_linked = self.since.is_none() || self.series.factor(commit).is_some();
        self.series.points.get(commit).and_then(|p| p.value).filter(|_| is_linked)
    }

    /// The y of the figure at a commit.
    pub fn y(&self, commit: usize, value: i128) -> f64 {
        let linked = |since: f64| (value as f64 * self.series.factor(commit).unwrap_or(f64::NAN) / since - 1.0) * 100.0;
        self.since.map_or(value as f64, linked)
    }

    /// Its least and its most y; those are always among the points kept, but this needs no drawing.
    pub fn range(&self) -> (f64, f64) {
        let values = (0..self.series.points.len()).filter_map(|commit| Some(self.y(commit, self.value(commit)?)));
        values.fold((f64::MAX, f64::MIN), |(min, max), y| (min.min(y), max.max(y)))
    }

    /// The figure at the commit before that has one, and how far it is from there. None across a change of tools: that is no difference.
    fn change(&self, chart: &SeriesChart, commit: usize) -> Option<(i128, i128)> {
        let from = (0..commit).rev().find(|&i| self.value(i).is_some())?;
        let (before, now) = (self.value(from)?, self.value(commit)?);
        let crosses = |mark: &Mark| mark.kind == MarkKind::Toolchain && mark.commit > from && mark.commit <= commit;
        (!chart.marks.iter().any(crosses)).then(|| (before, now.saturating_sub(before)))
    }

    /// One of `count` lines of a picture, with those points as dots that have room.
    pub fn drawn(&self, chart: &SeriesChart, places: &Places, plot: &Plot, count: usize) -> Drawn {
        let colour = SERIES[self.n % COLOURS].1;
        let is_exact = self.series.certainty == Certainty::Exact;
        let (path, holes_bridged) = self.path(places, plot);
        let stroke = if is_exact { "stroke-width=\"2\"" } else { "stroke-width=\"1.25\" stroke-opacity=\"0.7\"" };
        // The dots' rings that nobody sees are what a finger can hit.
        let mut svg = format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" {stroke}{} stroke-linejoin=\"round\"/>\n<g fill=\"{colour}\" stroke=\"none\" stroke-width=\"9\" pointer-events=\"all\">\n",
            dash(self.n)
        );
        let commits = self.kept.iter().map(|&at| places.order[at]);
        let mut dots: Vec<(usize, Option<(i128, i128)>)> = commits.map(|commit| (commit, self.change(chart, commit))).collect();
        let dots_max = if dots.len() > DOTS_MAX / count { LARGEST_MAX / count } else { dots.len() };
        let dots_left_out = dots.len() - dots_max;
        if dots_left_out > 0 {
            let size = |dot: &(usize, Option<(i128, i128)>)| {
                let is_end = dot.0 == self.ends.0 || dot.0 == self.ends.1;
                (is_end, dot.1.map_or(0, |c| c.1.unsigned_abs()))
            };
            dots.sort_by_key(|dot| (std::cmp::Reverse(size(dot)), dot.0));
            dots.truncate(dots_max);
            dots.sort_by_key(|dot| dot.0);
        }
        for (commit, change) in dots {
            let Some(value) = self.value(commit) else { continue };
            let (x, y) = (px(plot.x(places.x[commit])), px(plot.y(self.y(commit, value))));
            let radius = match (is_exact, change) {
                (false, _) => "2.5",
                (true, Some((_, 0))) => "1.75",
                (true, _) if dots_left_out > 0 => "2.5",
                (true, _) => "3.25",
            };
            let href = self.series.points.get(commit).and_then(|p| p.href.as_deref()).or(chart.commits[commit].href.as_deref());
            let dot = format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>");
            svg.push_str(&link(href, &self.title(chart, commit, value, change), &dot));
            svg.push('\n');
        }
        svg.push_str("</g>\n");
        Drawn { svg, holes_bridged, dots_left_out }
    }

    /// The path, and over how many holes it goes.
    fn path(&self, places: &Places, plot: &Plot) -> (String, usize) {
        let is_exact = self.series.certainty == Certainty::Exact;
        let all_are_drawn = self.kept.len() == self.points;
        let x = |at: usize| plot.x(places.x[places.order[at]]);
        let (mut path, mut bridged, mut before) = (String::new(), 0, None);
        for &at in &self.kept {
            let Some(value) = self.value(places.order[at]) else { continue };
            let y = px(plot.y(self.y(places.order[at], value)));
            let holes = before.map(|from: usize| self.holes(places, from, at));
            let is_open = |hole: &(usize, usize)| all_are_drawn || x(hole.1) - x(hole.0) >= HOLE_WIDTH_MIN;
            match holes {
                Some(holes) if !holes.iter().any(is_open) => {
                    bridged += holes.len();
                    let x = px(x(at));
                    path.push_str(&if is_exact { format!("H{x}V{y}") } else { format!("L{x} {y}") });
                }
                // A point between two holes is still a dash.
                _ => path.push_str(&format!("M{} {y}h1", px(x(at) - 0.5))),
            }
            before = Some(at);
        }
        (path, bridged)
    }

    /// The holes between two points that are drawn: the places of the figures around each.
    fn holes(&self, places: &Places, from: usize, to: usize) -> Vec<(usize, usize)> {
        let (mut holes, mut last) = (Vec::new(), from);
        for at in from + 1..=to {
            if self.value(places.order[at]).is_some() {
                if at - last > 1 {
                    holes.push((last, at));
                }
                last = at;
            }
        }
        holes
    }

    /// What a dot says: the exact figure, and how far it is from the one before.
    fn title(&self, chart: &SeriesChart, commit: usize, value: i128, change: Option<(i128, i128)>) -> String {
        let at = &chart.commits[commit];
        let mut out = clip(&at.label, 40);
        if chart.along == Along::Dates {
            let (year, month, day) = civil(at.at_ms.div_euclid(86_400_000).clamp(-10_000_000, 10_000_000));
            out.push_str(&format!(", {year}-{month:02}-{day:02}"));
        }
        let unit = clip(&self.series.unit, 16);
        out.push_str(&format!(": {} {} {unit}", clip(&self.series.name, NAME_CHARS_MAX), figure(value)));
        match change {
            None => {}
            Some((_, 0)) => out.push_str(" (same)"),
            Some((before, by)) if before > 0 => {
                out.push_str(&format!(" ({}, {})", signed(by), signed_percent(by as f64 / before as f64 * 100.0)));
            }
            Some((_, by)) => out.push_str(&format!(" ({})", signed(by))),
        }
        if let (Some(_), Scale::Since(since)) = (self.since, chart.scale) {
            let label = chart.commits.get(since).map_or(String::new(), |c| clip(&c.label, COMMIT_CHARS_MAX));
            out.push_str(&format!("; {} since {label}", signed_percent(self.y(commit, value))));
        }
        out
    }

    /// A sentence for who does not see the line.
    pub fn told(&self) -> String {
        let end = |commit: usize| self.value(commit).map_or(String::new(), figure);
        let values = || self.series.points.iter().filter_map(|p| p.value);
        let (least, most) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
        let (name, unit) = (clip(&self.series.name, NAME_CHARS_MAX), clip(&self.series.unit, 16));
        format!("{name}: from {} to {} {unit}, least {}, most {}. ", end(self.ends.0), end(self.ends.1), figure(least), figure(most))
    }
}

pub(super) fn dash(n: usize) -> String {
    let dash = DASHES[n % SERIES_DRAWN_MAX];
    if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") }
}
