//! Small pieces of which the pictures are written: texts that fit, links that lead to pages only, figures.

use crate::escape::{clip, html};
use ounce_protocol::units::grouped;

/// Longest title of a mark in a picture, in characters.
const TITLE_CHARS_MAX: usize = 240;
/// Longest address a mark leads to, in bytes; a longer one is not of our making.
const HREF_BYTES_MAX: usize = 2_000;
/// No more of a text fits anywhere in a picture, in characters.
const FITTED_CHARS_MAX: usize = 200;
/// A text of which less fits is left out, in characters.
const CUT_CHARS_MIN: usize = 6;

/// What a figure is called in a picture: whole numbers with their sign. Wide enough for each `u64` and for a headroom below zero.
pub(crate) fn figure(n: i128) -> String {
    let digits = grouped(u64::try_from(n.unsigned_abs()).unwrap_or(u64::MAX));
    if n < 0 { format!("−{digits}") } else { digits }
}

/// A difference with its sign.
pub(crate) fn signed(n: i128) -> String {
    if n > 0 { format!("+{}", figure(n)) } else { figure(n) }
}

/// A share of change with its sign: `+1.25 %`; no number is called that.
pub(crate) fn signed_percent(percent: f64) -> String {
    match percent {
        p if !p.is_finite() => "no percent".into(),
        0.0 => "0 %".into(),
        p if p.abs() < 0.005 => if p > 0.0 { "<+0.01 %" } else { ">−0.01 %" }.into(),
        p => {
            let (sign, hundredths) = (if p < 0.0 { "−" } else { "+" }, (p.abs() * 100.0).round() as u64);
            format!("{sign}{}.{:02} %", grouped(hundredths / 100), hundredths % 100)
        }
    }
}

/// A short figure for where there is little room: exact up to nine digits, then in G, T, P or E with `decimals`.
pub(crate) fn short(n: f64, decimals: usize) -> String {
    let sign = if n < 0.0 { "−" } else { "" };
    let size = n.abs();
    let (unit, name) = match size {
        s if s < 1e9 => return format!("{sign}{}", grouped(s.round() as u64)),
        s if s < 1e12 => (1e9, "G"),
        s if s < 1e15 => (1e12, "T"),
        s if s < 1e18 => (1e15, "P"),
        _ => (1e18, "E"),
    };
    format!("{sign}{:.decimals$} {name}", size / unit)
}

/// A mark's title: what the pointer and a screen reader say.
pub(crate) fn title(text: &str) -> String {
    format!("<title>{}</title>", html(&clip(text, TITLE_CHARS_MAX)))
}

/// `inner` as a link where there is an address of a page; an address that would run something is none. The title comes first in it, so
/// that it is the link's name.
pub(crate) fn link(href: Option<&str>, text: &str, inner: &str) -> String {
    let leads = |href: &&str| {
        let is_ours = href.starts_with(['/', '#', '?']) || href.starts_with("https://") || href.starts_with("http://");
        is_ours && href.len() <= HREF_BYTES_MAX
    };
    match href.filter(leads) {
        Some(href) => format!("<a href=\"{}\">{}{inner}</a>", html(href), title(text)),
        None => format!("<g>{}{inner}</g>", title(text)),
    }
}

/// As wide as this text becomes at most, pixels, in the sans-serif fonts of the usual systems; the widest is DejaVu Sans.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let of_em = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.34,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '-' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 1.0,
        'A'..='Z' | '+' | '−' | '<' | '>' | '=' | '#' | '~' => 0.8,
        c if c < '\u{2e80}' => 0.64,
        _ => 1.1,
    };
    text.chars().map(of_em).sum::<f64>() * size
}

/// The text as far as it fits, its middle left out where it is longer. Empty where so little fits that it would say nothing.
pub(crate) fn fitted(text: &str, size: f64, width_px: f64) -> String {
    // What is no number is no room.
    let width_px = width_px.max(0.0);
    let mut kept = clip(text, FITTED_CHARS_MAX);
    let mut chars = kept.chars().count();
    while width(&kept, size) > width_px && chars > 0 {
        chars -= 1;
        kept = clip(&kept, chars);
    }
    let is_whole = kept.chars().nth(CUT_CHARS_MIN - 1).is_some() || kept == text;
    if is_whole { kept } else { String::new() }
}

/// A line of text; `more` are further attributes, ours.
pub(crate) fn text(x: f64, y: f64, size: f64, more: &str, text: &str) -> String {
    let space = if more.is_empty() { "" } else { " " };
    format!("<text x=\"{}\" y=\"{}\" font-size=\"{size}\"{space}{more}>{}</text>\n", px(x), px(y), html(text))
}

/// A coordinate to a tenth of a pixel.
pub(crate) fn px(v: f64) -> String {
    let text = format!("{v:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".into(),
        Some(whole) => whole.to_owned(),
        None if text == "-0.0" => "0".into(),
        None => text,
    }
}

/// A name for a pattern, which has to differ from those of other pictures of a page: made of the picture's title (FNV-1a).
pub(crate) fn id(kind: &str, of: &str) -> String {
    let hash = of.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    format!("{kind}{hash:x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_whole_and_short_ones_are_short() {
        let check = |n: i128, exact: &str, brief: &str| assert_eq!((figure(n).as_str(), short(n as f64, 2).as_str()), (exact, brief));
        check(0, "0", "0");
        check(-1_234, "−1,234", "−1,234");
        check(999_999_999, "999,999,999", "999,999,999");
        check(u64::MAX.into(), "18,446,744,073,709,551,615", "18.45 E");
        check(-2_500_000_000, "−2,500,000,000", "−2.50 G");
    }

    #[test]
    fn percents_never_hide_a_change() {
        let check = |p: f64, text: &str| assert_eq!(signed_percent(p), text);
        check(0.0, "0 %");
        check(1.25, "+1.25 %");
        check(-0.001, ">−0.01 %");
        check(0.001, "<+0.01 %");
        check(f64::NAN, "no percent");
        check(f64::INFINITY, "no percent");
        check(-12_345.678, "−12,345.68 %");
    }

    #[test]
    fn only_pages_are_led_to() {
        let check = |href: &str, leads: bool| assert_eq!(link(Some(href), "t", "x").starts_with("<a "), leads, "{href:.40}");
        check("/runs/1", true);
        check("#row", true);
        check("https://example.org/", true);
        check("javascript:alert(1)", false);
        check("data:text/html,x", false);
        check("", false);
        check(&format!("/{}", "x".repeat(HREF_BYTES_MAX)), false);
        assert_eq!(link(Some("/\"><script>"), "<b>", ""), "<a href=\"/&quot;&gt;&lt;script&gt;\"><title>&lt;b&gt;</title></a>");
    }

    #[test]
    fn a_text_fits_or_is_left_out() {
        let check = |text: &str, width_px: f64, kept: &str| {
            assert_eq!(fitted(text, 10.0, width_px), kept);
            assert!(width(kept, 10.0) <= width_px.max(0.0), "{text} {kept}");
        };
        check("abc", 19.5, "abc");
        check("abcdefgh", 45.0, "abc…gh");
        check("abcdefgh", 40.0, "");
        check("a::b::c", 34.0, "a::b::c");
        check("", 0.0, "");
        check("字字字字", 30.0, "");
        check("字字字字", 44.0, "字字字字");
        check("x", -1.0, "");
        check("x", f64::NAN, "");
    }
}
