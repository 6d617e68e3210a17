//! The colours of all pictures: `currentColor` and the page's variables, so that one picture reads on a light and on a dark page.
//!
//! plotters knows no variables: it draws with stand-ins, which are replaced in its text.

use crate::escape::{clip, html};
use plotters::prelude::RGBColor;

/// Stand-ins drawn by plotters, and what takes their place.
pub(crate) const INK: RGBColor = RGBColor(1, 2, 3);
pub(crate) const GRID: RGBColor = RGBColor(1, 2, 4);
pub(crate) const LIMIT: RGBColor = RGBColor(1, 2, 5);
/// Colours of series before they are used again, with another dash.
pub(crate) const COLOURS: usize = 6;
/// Okabe and Ito's colours, which people with any colour vision tell apart; the pages may set lighter ones.
pub(crate) const SERIES: [(RGBColor, &str); COLOURS] = [
    (RGBColor(2, 0, 1), "var(--series-1, #0072b2)"),
    (RGBColor(2, 0, 2), "var(--series-2, #d55e00)"),
    (RGBColor(2, 0, 3), "var(--series-3, #009e73)"),
    (RGBColor(2, 0, 4), "var(--series-4, #cc79a7)"),
    (RGBColor(2, 0, 5), "var(--series-5, #e69f00)"),
    (RGBColor(2, 0, 6), "var(--series-6, #56b4e9)"),
];
/// Names in a link that is no text: not in a link's colour, which reads badly on an area.
pub(crate) const NAME: &str = "var(--ink, currentColor)";
/// What is neither a figure nor its name.
pub(crate) const QUIET: &str = "var(--quiet, currentColor)";
pub(crate) const LIMIT_LINE: &str = "var(--limit, #b3261e)";
/// Less and more bytes or instructions, always beside a sign or a shape.
pub(crate) const LESS: &str = SERIES[0].1;
pub(crate) const MORE: &str = SERIES[1].1;

/// Longest title of a picture, in characters.
const TITLE_CHARS_MAX: usize = 120;
/// Longest description of a picture, in characters.
const DESC_CHARS_MAX: usize = 1_200;

/// Puts the page's colours, a title, a description and what lies above it all into what plotters drew.
pub(crate) fn recoloured(svg: &str, title: &str, desc: &str, above: &str) -> String {
    let stand_in = |c: RGBColor| format!("\"#{:02X}{:02X}{:02X}\"", c.0, c.1, c.2);
    let mut svg = svg.replace(&stand_in(INK), "\"currentColor\"").replace(&stand_in(GRID), "\"var(--grid, #80808060)\"");
    svg = svg.replace(&stand_in(LIMIT), &format!("\"{LIMIT_LINE}\""));
    for (colour, variable) in SERIES {
        svg = svg.replace(&stand_in(colour), &format!("\"{variable}\""));
    }
    let svg = svg.replacen('>', &format!(" role=\"{}\">\n{}", role(above), told(title, desc)), 1);
    match svg.rfind("</svg>") {
        Some(end) => format!("{}{above}</svg>\n", &svg[..end]),
        None => svg,
    }
}

/// What a picture is to a screen reader: with links in it no image, since what is in an image cannot be reached.
pub(crate) fn role(svg: &str) -> &'static str {
    if svg.contains("<a ") { "group" } else { "img" }
}

/// A picture's title and its description, which may be empty.
pub(crate) fn told(title: &str, desc: &str) -> String {
    let title = format!("<title>{}</title>\n", html(&clip(title, TITLE_CHARS_MAX)));
    if desc.is_empty() { title } else { format!("{title}<desc>{}</desc>\n", html(&clip(desc, DESC_CHARS_MAX))) }
}
