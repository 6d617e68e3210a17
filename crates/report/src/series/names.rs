//! The names of the lines, at their ends.

use super::NAMES_WIDTH;
use super::lines::{Line, dash};
use crate::colours::{COLOURS, SERIES};
use crate::frame::Plot;
use crate::svg::{fitted, px, short, signed_percent, text, width};

/// From one name to the next, pixels.
const NAME_HEIGHT: f64 = 16.0;
const NAME_PX: f64 = 12.0;
/// From the chart to the names, for a piece of the line, pixels.
const SAMPLE_WIDTH: f64 = 36.0;

/// The name and the last figure of each line at its end, moved apart where ends are close together.
pub(super) fn names(lines: &[Line], plot: &Plot) -> String {
    let end = |line: &Line| line.value(line.ends.1).map_or(0.0, |v| plot.y(line.y(line.ends.1, v)));
    let mut ends: Vec<(f64, &Line)> = lines.iter().map(|line| (end(line), line)).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.n.cmp(&b.1.n)));
    let places = apart(&ends.iter().map(|end| end.0).collect::<Vec<_>>(), (plot.top() + 4.0, plot.bottom()));
    let mut out = String::new();
    for ((from, line), y) in ends.into_iter().zip(places) {
        let (x, colour) = (plot.right(), SERIES[line.n % COLOURS].1);
        let (start, bend, stop) = (px(x + 2.0), px(x + 12.0), px(x + SAMPLE_WIDTH - 4.0));
        let (from, to, dash) = (px(from), px(y), dash(line.n));
        out.push_str(&format!(
            "<path d=\"M{start} {from}L{bend} {to}H{stop}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>\n"
        ));
        let Some(value) = line.value(line.ends.1) else { continue };
        let now = if line.since.is_some() { signed_percent(line.y(line.ends.1, value)) } else { short(value as f64, 2) };
        let room = f64::from(NAMES_WIDTH) - SAMPLE_WIDTH - 6.0 - width(&now, NAME_PX) - NAME_PX;
        let name = fitted(&line.series.name, NAME_PX, room);
        out.push_str(&text(x + SAMPLE_WIDTH, y + 4.0, NAME_PX, "", &format!("{name} {now}")));
    }
    out
}

/// Moves places, which are sorted, as far apart as names are high, and all of a crowd as little as that needs: each crowd lies around the
/// middle of where its members were. None leaves the range as long as all fit into it.
fn apart(places: &[f64], (from, to): (f64, f64)) -> Vec<f64> {
    // A crowd: how many, and where its first is.
    let mut crowds: Vec<(usize, f64)> = Vec::new();
    let end = |&(len, at): &(usize, f64)| at + len as f64 * NAME_HEIGHT;
    for &place in places {
        let mut crowd = (1, place);
        while let Some(&above) = crowds.last().filter(|above| end(above) > crowd.1) {
            crowds.pop();
            let (a, b) = (above.0 as f64, crowd.0 as f64);
            crowd = (above.0 + crowd.0, (above.1 * a + (crowd.1 - a * NAME_HEIGHT) * b) / (a + b));
        }
        crowds.push(crowd);
    }
    let mut out: Vec<f64> = crowds.iter().flat_map(|&(len, at)| (0..len).map(move |n| at + n as f64 * NAME_HEIGHT)).collect();
    let (mut above, mut below) = (from, to);
    for place in &mut out {
        *place = place.max(above);
        above = *place + NAME_HEIGHT;
    }
    for place in out.iter_mut().rev() {
        *place = place.min(below);
        below = *place - NAME_HEIGHT;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lie_around_their_ends() {
        let check = |ends: &[f64], places: &[f64]| assert_eq!(apart(ends, (0.0, 100.0)), places);
        check(&[], &[]);
        check(&[50.0], &[50.0]);
        check(&[10.0, 80.0], &[10.0, 80.0]);
        check(&[50.0, 50.0], &[42.0, 58.0]);
        check(&[40.0, 50.0, 60.0], &[34.0, 50.0, 66.0]);
        check(&[0.0, 0.0], &[0.0, 16.0]);
        check(&[99.0, 99.0], &[84.0, 100.0]);
        check(&[30.0, 54.0, 54.0], &[30.0, 46.0, 62.0]);
    }
}
