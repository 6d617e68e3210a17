//! Below a picture: what its shapes mean, in words, and what it does not show.

use crate::colours::QUIET;
use crate::svg::{px, text, width};

const FONT_PX: f64 = 11.5;
const LINE_HEIGHT: f64 = 18.0;
/// Between two entries, pixels.
const APART: f64 = 18.0;
/// Room of a shape before its words, pixels.
const SHAPE_WIDTH: f64 = 16.0;

/// Entries in the order in which they are noted.
#[derive(Default)]
pub(crate) struct Legend {
    shapes: Vec<(String, &'static str)>,
    notes: Vec<String>,
}

impl Legend {
    /// A shape, drawn around 0, 0 and about 12 pixels high, with its meaning.
    pub(crate) fn shape(&mut self, shape: String, words: &'static str) {
        if self.shapes.iter().all(|s| s.1 != words) {
            self.shapes.push((shape, words));
        }
    }

    /// Something that is not shown, or not as it is.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(crate) fn notes(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().map(String::as_str)
    }

    /// The entries from a left upper corner on, broken into lines, and the height they need, pixels.
    pub(crate) fn drawn(&self, left: f64, top: f64, right: f64) -> (String, u32) {
        let shapes = self.shapes.iter().map(|(shape, words)| (Some(shape), *words));
        let notes = self.notes().map(|note| (None, note));
        let mut out = String::new();
        let (mut x, mut y) = (left, top);
        let mut is_noting = false;
        for (shape, words) in shapes.chain(notes) {
            let before = if shape.is_some() { SHAPE_WIDTH } else { 0.0 };
            let wide = before + width(words, FONT_PX);
            if x > left && (x + wide > right || (shape.is_none() && !is_noting)) {
                (x, y) = (left, y + LINE_HEIGHT);
            }
            is_noting = shape.is_none();
            if let Some(shape) = shape {
                out.push_str(&format!("<g transform=\"translate({} {})\">{shape}</g>\n", px(x + 6.0), px(y + LINE_HEIGHT / 2.0)));
            }
            out.push_str(&text(x + before, y + 13.0, FONT_PX, &format!("fill=\"{QUIET}\""), words));
            x += wide + APART;
        }
        let height = if out.is_empty() { 0.0 } else { y - top + LINE_HEIGHT + 12.0 };
        (out, height as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_broken_into_lines() {
        let check = |shapes: usize, notes: usize, right: f64, height: u32| {
            let mut legend = Legend::default();
            let words = ["step", "release", "toolchain"];
            words[..shapes].iter().for_each(|w| legend.shape("<path/>".into(), w));
            (0..notes).for_each(|n| legend.note(format!("{n} points are not drawn")));
            assert_eq!(legend.drawn(0.0, 0.0, right).1, height);
        };
        check(0, 0, 500.0, 0);
        check(3, 0, 500.0, 30);
        check(3, 0, 80.0, 66);
        check(3, 1, 500.0, 48);
        check(0, 2, 500.0, 30);
        check(0, 2, 1.0, 48);
    }
}
