//! What is left of a name when all goes that a rebuild may change.

use std::borrow::Cow;

/// A display name without what a rebuild may change: clone suffixes (`.llvm.123`, `.cold`, `.part.0`, `.isra.0`, `.constprop.0`,
/// `.lto_priv.0`, and those of C++, ` [clone .part.0]`), trailing numbers (`.0`), and the number or hash of what compilers name themselves: outlined
/// functions, anonymous constants. Those end in `*`.
pub(crate) fn normalised(display: &str) -> Cow<'_, str> {
    if let Some(stem) = made_up(display) {
        return Cow::Owned(format!("{stem}*"));
    }
    let mut stem = display;
    while let Some(open) = stem.strip_suffix(']').and_then(|s| s.rfind(" [clone .")).filter(|&open| open > 0) {
        stem = &stem[..open];
    }
    while let Some((before, word)) = stem.rsplit_once('.') {
        let known = matches!(word, "llvm" | "cold" | "part" | "isra" | "constprop" | "lto_priv" | "localalias" | "__uniq");
        if before.is_empty() || !(known || is_number(word)) {
            break;
        }
        stem = before;
    }
    Cow::Borrowed(stem)
}

/// Whether the number in a name is given anew in each build, so that the same number on both sides says nothing.
pub(crate) fn is_numbered(display: &str) -> bool {
    if let Some(stem) = made_up(display) {
        // Named by what is in it: the same name is the same constant.
        return stem != ALLOC;
    }
    let end = display.strip_suffix(']').unwrap_or(display);
    end.rsplit_once('.').is_some_and(|(before, word)| !before.is_empty() && is_number(word))
}

/// Whether a compiler made up the name, so that only its number or hash tells it from others.
pub(crate) fn is_made_up(display: &str) -> bool {
    made_up(display).is_some()
}

/// rustc's constants, named by a hash of their content.
const ALLOC: &str = "alloc_";

/// What a compiler's own name has in front of its number.
fn made_up(display: &str) -> Option<&'static str> {
    // Link-time optimisation gives what it shares between its parts a number more.
    let display = display.rsplit_once(".llvm.").filter(|(_, number)| is_number(number)).map_or(display, |(before, _)| before);
    let local = display.strip_prefix(".L").unwrap_or(display);
    if let Some(rest) = local.strip_prefix("anon.") {
        return rest.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.').then_some("anon.");
    }
    if let Some(hash) = local.strip_prefix(ALLOC) {
        return (hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_hexdigit())).then_some(ALLOC);
    }
    if let Some(number) = display.strip_prefix(".LC") {
        return is_number(number).then_some(".LC");
    }
    ["OUTLINED_FUNCTION_", "__unnamed_"].into_iter().find(|prefix| local.strip_prefix(prefix).is_some_and(is_number))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rebuild_changes_is_left_out() {
        let check = |display: &str, want: &str| assert_eq!(normalised(display), want);
        check("main", "main");
        check("foo.llvm.123", "foo");
        check("foo.cold", "foo");
        check("foo.part.0.isra.1", "foo");
        check("foo.constprop.12.cold", "foo");
        check("buffer.17", "buffer");
        check("OUTLINED_FUNCTION_17", "OUTLINED_FUNCTION_*");
        check("OUTLINED_FUNCTION_", "OUTLINED_FUNCTION_");
        check("anon.0123abcd.17", "anon.*");
        check(".Lanon.0123abcd.17", "anon.*");
        check("anon.0123abcd.17.llvm.9876543210", "anon.*");
        check("anon.0123abcd.17.llvm.", "anon.0123abcd.17.llvm.");
        check("alloc_0123456789abcdef0123456789abcdef", "alloc_*");
        check("alloc_error", "alloc_error");
        check(".L__unnamed_12", "__unnamed_*");
        check(".LC0", ".LC*");
        check("f(int) [clone .part.0] [clone .cold]", "f(int)");
        check(" [clone .cold]", " [clone .cold]");
        check("anonymous.method", "anonymous.method");
        check(".data", ".data");
        check("a.b", "a.b");
        check(".0", ".0");
    }

    #[test]
    fn numbers_of_a_build_are_told_from_names() {
        let check = |display: &str, want: bool| assert_eq!(is_numbered(display), want, "{display}");
        check("main", false);
        check("foo.cold", false);
        check("buffer.17", true);
        check("foo.llvm.123", true);
        check("anon.0123abcd.17.llvm.123", true);
        check("f(int) [clone .part.0]", true);
        check("f(int) [clone .cold]", false);
        check("OUTLINED_FUNCTION_17", true);
        check("alloc_0123456789abcdef0123456789abcdef", false);
        check(".0", false);
    }
}
