//! A figure's history in a table's cell: a step line as high as a line of text, its last point marked.
//!
//! A page has hundreds of them, so each is a few hundred bytes: steps in whole pixels, fewer where they would be too many. Values hold until
//! the next one; nothing is smoothed, since a figure that was never measured must not be seen.

use crate::colours::{QUIET, SERIES};
use crate::downsample::downsampled;
use crate::escape::{clip, html};
use crate::svg::figure;

const WIDTH: i128 = 120;
const HEIGHT: i128 = 24;
/// Around the line, so that the mark at its end is whole; pixels.
const EDGE: i128 = 3;
/// Longest path, in bytes: what keeps the whole below 600.
const PATH_BYTES_MAX: usize = 210;
/// Longest name in the title, in characters.
const NAME_CHARS_MAX: usize = 32;

/// `values` oldest first, at equal distances, `None` where there is no figure; `unit` follows each figure in the title (`B`).
pub fn sparkline_svg(name: &str, values: &[Option<i128>], unit: &str) -> String {
    let (name, unit) = (html(&clip(name, NAME_CHARS_MAX)), html(&clip(unit, 8)));
    let present = || values.iter().copied().enumerate().filter_map(|(i, v)| v.map(|v| (i, v)));
    let head = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\"><title>{name}"
    );
    let middle = HEIGHT / 2;
    let (Some((last, now)), Some(least), Some(most)) = (present().next_back(), present().map(|p| p.1).min(), present().map(|p| p.1).max())
    else {
        return format!("{head}: no figures</title><path d=\"M3 {middle}h114\" stroke=\"{QUIET}\" stroke-dasharray=\"1 4\"/></svg>");
    };
    let place = Place { last: values.len() - 1, least, most };
    let mut points_max = WIDTH as usize;
    let mut path = steps(values, points_max, &place);
    while path.len() > PATH_BYTES_MAX && points_max > 4 {
        points_max = points_max * 3 / 4;
        path = steps(values, points_max, &place);
    }
    let (x, y, colour) = (place.x(last), place.y(now), SERIES[0].1);
    let told = format!("now {} {unit}, least {}, most {}", figure(now), figure(least), figure(most));
    format!(
        "{head}: {told}</title><g stroke=\"{colour}\" stroke-linecap=\"round\"><path d=\"{path}\" fill=\"none\" stroke-width=\"1.5\"/>\
         <path d=\"M{x} {y}h0\" stroke-width=\"5\"/></g></svg>"
    )
}

/// From a value to its pixel.
struct Place {
    last: usize,
    least: i128,
    most: i128,
}

impl Place {
    fn x(&self, i: usize) -> i128 {
        if self.last == 0 { WIDTH / 2 } else { EDGE + (WIDTH - 2 * EDGE) * i as i128 / self.last as i128 }
    }

    /// Values that are all the same lie in the middle.
    fn y(&self, value: i128) -> i128 {
        let span = self.most.saturating_sub(self.least) as f64;
        if span <= 0.0 {
            return HEIGHT / 2;
        }
        let share = value.saturating_sub(self.least) as f64 / span;
        HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) as f64 * share).round() as i128
    }

    /// Whether so much is missing between two drawn values that the line has a hole there: of more values than pixels, more than a pixel.
    fn breaks(&self, between: &[Option<i128>]) -> bool {
        let missing = between.split(Option::is_some).map(<[_]>::len).max().unwrap_or(0);
        missing > 0 && (self.last < WIDTH as usize || missing as i128 * (WIDTH - 2 * EDGE) > self.last as i128)
    }
}

/// The line from the first value to the last.
fn steps(values: &[Option<i128>], points_max: usize, place: &Place) -> String {
    let kept = downsampled(values, points_max);
    let mut path = String::new();
    let mut before: Option<(usize, i128, i128)> = None;
    let mut flat = 0;
    let across = |path: &mut String, flat: &mut i128| {
        if *flat > 0 {
            path.push_str(&format!("h{flat}"));
        }
        *flat = 0;
    };
    for i in kept {
        let Some(value) = values[i] else { continue };
        let (x, y) = (place.x(i), place.y(value));
        match before {
            Some((from, x0, y0)) if !place.breaks(&values[from..=i]) => {
                flat += x - x0;
                if y != y0 {
                    across(&mut path, &mut flat);
                    path.push_str(&format!("v{}", y - y0));
                }
            }
            _ => {
                across(&mut path, &mut flat);
                path.push_str(&format!("M{x} {y}h0"));
            }
        }
        before = Some((i, x, y));
    }
    across(&mut path, &mut flat);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(values: &[Option<i128>]) -> String {
        let svg = sparkline_svg("flash", values, "B");
        svg.split("d=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    #[test]
    fn a_line_of_steps() {
        let check = |values: &[Option<i128>], line: &str| assert_eq!(path(values), line, "{values:?}");
        check(&[], "M3 12h114");
        check(&[None, None], "M3 12h114");
        check(&[Some(7)], "M60 12h0");
        check(&[Some(7), Some(7), Some(7)], "M3 12h0h114");
        check(&[Some(0), Some(10)], "M3 21h0h114v-18");
        check(&[Some(10), Some(0), Some(10)], "M3 3h0h57v18h57v-18");
        check(&[Some(1), None, Some(2)], "M3 21h0M117 3h0");
        check(&[Some(-50), Some(50)], "M3 21h0h114v-18");
        check(&[Some(0), Some(u64::MAX.into())], "M3 21h0h114v-18");
        check(&[Some(i128::MIN), Some(i128::MAX)], "M3 21h0h114v-18");
    }

    #[test]
    fn a_sparkline_is_small_and_keeps_its_extremes() {
        let check = |name: &str, values: &[Option<i128>]| {
            let svg = sparkline_svg(name, values, "instructions");
            assert!(svg.len() < 600, "{}: {svg}", svg.len());
            assert!(!svg.contains("<script") && svg.ends_with("</svg>"), "{svg}");
            svg
        };
        let noise = |n: i128| Some(1_000_000_000 + n * 7_919 % 1_013);
        let mut values: Vec<Option<i128>> = (0..100_000).map(noise).collect();
        values[55_555] = Some(u64::MAX.into());
        let svg = check("a benchmark with a rather long name, and more", &values);
        assert!(svg.contains("most 18,446,744,073,709,551,615"), "{svg}");
        let path = path(&values);
        assert!(path.contains("v-18") && path.contains("v18"), "the peak is there: {path}");
        check(&"<script>\"\"\"\"".repeat(100_000), &[Some(u64::MAX.into()), Some(0)]);
        check("\u{202e}", &(0..500).map(|i| (i % 2 == 0).then_some(i)).collect::<Vec<_>>());
        check("x", &(0..90).map(|i| (i % 2 == 0).then_some(i)).collect::<Vec<_>>());
    }

    #[test]
    fn the_title_says_the_figures() {
        let svg = sparkline_svg("microbit, flash", &[Some(1_300), None, Some(900), Some(1_120)], "B");
        insta::assert_snapshot!(svg, @r##"<svg xmlns="http://www.w3.org/2000/svg" width="120" height="24" viewBox="0 0 120 24" role="img"><title>microbit, flash: now 1,120 B, least 900, most 1,300</title><g stroke="var(--series-1, #0072b2)" stroke-linecap="round"><path d="M3 3h0M79 21h0h38v-10" fill="none" stroke-width="1.5"/><path d="M117 11h0" stroke-width="5"/></g></svg>"##);
        insta::assert_snapshot!(sparkline_svg("new", &[], "B"), @r#"<svg xmlns="http://www.w3.org/2000/svg" width="120" height="24" viewBox="0 0 120 24" role="img"><title>new: no figures</title><path d="M3 12h114" stroke="var(--quiet, currentColor)" stroke-dasharray="1 4"/></svg>"#);
    }
}
