//! A small badge: a label and a value side by side, for a README.

use crate::escape::{clip, html};

/// Longest text on either side, in characters.
const TEXT_CHARS_MAX: usize = 40;
/// Width of a character of the badge's font on average, tenths of a pixel.
const CHAR_TENTHS: usize = 66;

/// How a badge's value is meant; each with a colour on which white text reads well (at least 4.5 : 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadgeTone {
    /// Within budget.
    Good,
    /// Over budget or broken.
    Bad,
    /// Just a figure.
    Neutral,
}

/// An SVG badge: `label` on grey, `value` on the tone's colour.
pub fn badge_svg(label: &str, value: &str, tone: BadgeTone) -> String {
    let (label, value) = (clip(label, TEXT_CHARS_MAX), clip(value, TEXT_CHARS_MAX));
    let width = |text: &str| text.chars().count() * CHAR_TENTHS / 10 + 12;
    let (left, right) = (width(&label), width(&value));
    let (all, label, value) = (left + right, html(&label), html(&value));
    let colour = match tone {
        BadgeTone::Good => "#1a7f37",
        BadgeTone::Bad => "#b3261e",
        BadgeTone::Neutral => "#0b62a4",
    };
    let text = |x: usize, text: &str| format!("<text x=\"{x}\" y=\"14\" text-anchor=\"middle\">{text}</text>\n");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{all}\" height=\"20\" role=\"img\" aria-label=\"{label}: {value}\">\n\
         <title>{label}: {value}</title>\n\
         <clipPath id=\"r\"><rect width=\"{all}\" height=\"20\" rx=\"3\"/></clipPath>\n\
         <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"20\" fill=\"#4b5258\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{colour}\"/></g>\n\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\n{}{}</g>\n</svg>\n",
        text(left / 2, &label),
        text(left + right / 2, &value),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_only_its_text() {
        let svg = badge_svg("flash", "<script>alert(1)</script>", BadgeTone::Bad);
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("aria-label=\"flash: &lt;script&gt;"), "{svg}");
    }
}
