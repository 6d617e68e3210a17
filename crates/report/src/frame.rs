//! The frame of a chart: its grid and the ticks beside it, drawn by plotters, and from a value to its pixel.

use crate::axis::Axis;
use crate::colours::{GRID, INK};
use crate::escape::{clip, line};
use crate::svg::width;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;
use std::ops::Range;

/// Longest text at a tick, in characters.
const TICK_CHARS_MAX: usize = 16;
/// plotters writes a font's size over this.
const PLOTTERS_SIZE: f64 = 1.24;
const FONT_PX: f64 = 11.5;
/// Below a chart, for the ticks' texts, pixels.
pub(crate) const TICKS_HEIGHT: u32 = 26;

/// Free space around a chart, pixels; ticks are written in what is left of it and below.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Margins {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
}

/// Where a chart lies in its picture, and what it shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plot<'a> {
    /// Width and height of the picture, pixels.
    pub size: (u32, u32),
    pub margins: Margins,
    pub x: &'a Axis,
    pub y: &'a Axis,
}

impl Plot<'_> {
    pub(crate) fn left(&self) -> f64 {
        f64::from(self.margins.left)
    }

    pub(crate) fn right(&self) -> f64 {
        f64::from(self.size.0) - f64::from(self.margins.right)
    }

    pub(crate) fn top(&self) -> f64 {
        f64::from(self.margins.top)
    }

    pub(crate) fn bottom(&self) -> f64 {
        f64::from(self.size.1) - f64::from(self.margins.bottom)
    }

    /// The pixel of a value; of one far outside, a pixel far outside, never one that is no number.
    pub(crate) fn x(&self, v: f64) -> f64 {
        self.left() + share(v, self.x) * (self.right() - self.left())
    }

    /// As `x`; upwards is more.
    pub(crate) fn y(&self, v: f64) -> f64 {
        self.bottom() - share(v, self.y) * (self.bottom() - self.top())
    }
}

fn share(v: f64, axis: &Axis) -> f64 {
    let share = (v - axis.from) / (axis.to - axis.from);
    if share.is_nan() { 0.5 } else { share.clamp(-10.0, 10.0) }
}

/// So that plotters draws our ticks, where `Plot` puts them.
impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, v: &f64, (from, to): (i32, i32)) -> i32 {
        (f64::from(from) + share(*v, self) * (f64::from(to) - f64::from(from))).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.iter().map(|t| t.0).collect() }
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, v: &f64) -> String {
        let tick = self.ticks.iter().find(|t| t.0 == *v);
        tick.map_or(String::new(), |t| line(&clip(&t.1, TICK_CHARS_MAX)))
    }
}

/// Left of a chart, for the longest tick's text, pixels.
pub(crate) fn ticks_width(axis: &Axis) -> u32 {
    let widest = axis.ticks.iter().map(|t| width(&clip(&t.1, TICK_CHARS_MAX), FONT_PX)).fold(0.0, f64::max);
    widest as u32 + 16
}

/// Grid and ticks as plotters draws them, in stand-in colours. None if plotters could not, which a string never causes.
pub(crate) fn frame(plot: &Plot) -> Option<String> {
    let Plot { size, margins, x, y } = *plot;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let font = ("system-ui, sans-serif", FONT_PX * PLOTTERS_SIZE).into_font().color(&INK);
        let mut chart = ChartBuilder::on(&root)
            .margin_top(margins.top)
            .margin_right(margins.right)
            .margin_bottom(margins.bottom.saturating_sub(TICKS_HEIGHT))
            .x_label_area_size(TICKS_HEIGHT)
            .y_label_area_size(margins.left)
            .build_cartesian_2d(x.clone(), y.clone())
            .ok()?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GRID)
            .set_all_tick_mark_size(4)
            .x_label_style(font.clone())
            .y_label_style(font)
            .draw()
            .ok()?;
        root.present().ok()?;
    }
    Some(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_above_the_frame_meets_its_ticks() {
        let axis = |from: f64, to: f64| Axis { from, to, ticks: [from, (from + to) / 2.0, to].map(|v| (v, format!("t{v}"))).into() };
        let check = |x: &Axis, y: &Axis| {
            let plot = Plot { size: (400, 300), margins: Margins { left: 70, top: 20, right: 30, bottom: 50 }, x, y };
            let svg = frame(&plot).unwrap();
            let place = |text: &str, name: &str| {
                let tag = svg.split("<text ").find(|tag| tag.contains(&format!("\n{text}\n"))).unwrap_or_else(|| panic!("{text}: {svg}"));
                tag.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap()
            };
            for (v, text) in &x.ticks {
                assert!((place(text, "x") - plot.x(*v)).abs() <= 1.5, "x {v}: {svg}");
            }
            for (v, text) in &y.ticks {
                assert!((place(text, "y") - plot.y(*v)).abs() <= 1.5, "y {v}: {svg}");
            }
        };
        check(&axis(0.0, 10.0), &axis(20.0, 44.0));
        check(&axis(-1e9, 1e9), &axis(-0.25, 0.5));
    }

    #[test]
    fn a_pixel_is_always_a_number() {
        let axis = |from: f64, to: f64| Axis { from, to, ticks: vec![] };
        let check = |v: f64, from: f64, to: f64| {
            let (x, y) = (axis(from, to), axis(from, to));
            let plot = Plot { size: (400, 300), margins: Margins { left: 70, top: 20, right: 30, bottom: 50 }, x: &x, y: &y };
            assert!(plot.x(v).is_finite() && plot.y(v).is_finite(), "{v} in {from} to {to}");
        };
        check(f64::NAN, 0.0, 1.0);
        check(f64::INFINITY, 0.0, 1.0);
        check(1.0, 1.0, 1.0);
        check(f64::MAX, f64::MIN, f64::MAX);
    }
}
