//! The last part of a path, found from its end without reading the rest: asked for every row of a ledger.

/// The last part of a path, without generic arguments and parameters: `a::b::<T>` → `b`, `<T as Trait>::f` → `f`, `a::b::{closure#0}` →
/// `b::{closure#0}`.
pub(crate) fn last_segment(display: &str) -> &str {
    let mut text = display;
    while let Some(open) = trailing_bracket(text).filter(|&open| open > 0) {
        text = text[..open].strip_suffix("::").unwrap_or(&text[..open]);
    }
    let bytes = text.as_bytes();
    let mut depth = 0u32;
    for at in (1..bytes.len()).rev() {
        match bytes[at] {
            b'>' if matches!(bytes[at - 1], b'-' | b'=') => {}
            b'>' | b')' | b']' | b'}' => depth += 1,
            b'<' | b'(' | b'[' | b'{' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes[at - 1] == b':' && bytes.get(at + 1) != Some(&b'{') => return &text[at + 1..],
            _ => {}
        }
    }
    text
}

/// Where the `<…>` or `(…)` opens that ends the text.
fn trailing_bracket(text: &str) -> Option<usize> {
    if !text.ends_with(['>', ')']) {
        return None;
    }
    let bytes = text.as_bytes();
    let mut depth = 0u32;
    for at in (0..bytes.len()).rev() {
        match bytes[at] {
            b'>' if at > 0 && matches!(bytes[at - 1], b'-' | b'=') => {}
            b'>' | b')' => depth += 1,
            b'<' | b'(' if depth == 1 => return Some(at),
            b'<' | b'(' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_path_has_no_arguments() {
        let check = |display: &str, want: &str| assert_eq!(last_segment(display), want, "{display}");
        check("main", "main");
        check("a::b::c", "c");
        check("a::b::<c::D>", "b");
        check("<a::B as c::D>::e", "e");
        check("<a::B as c::D<x::Y>>::e::<f::G>", "e");
        check("<fn(a::B) -> c::D as e::F>::g", "g");
        check("a::b::{closure#0}", "b::{closure#0}");
        check("std::vector<int>::push_back(int&&)", "push_back");
        check("<a::B>", "<a::B>");
        check("operator>", "operator>");
        check("->", "->");
        check("", "");
        check("::", "");
    }
}
