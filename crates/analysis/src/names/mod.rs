//! Names for people: demangling, the group a name is counted under, and what is left of a name when a rebuild may change the rest.
//!
//! Names come from the build and are hostile: what is demangled is limited in input and output. They are not escaped here.
//!
//! **Groups.** A Rust name belongs to the crate whose source it is from. A v0 name says so itself: the first crate in it is
//! that of the path, of the `impl` block (`<T as Trait>::f` belongs to the crate with the `impl`, which need not be the one
//! of `T`), or of the trait with a default method called on a primitive type. A legacy name shows only `<T as Trait>::f`; it is counted under
//! the crate of `T`, or of `Trait` where `T` is a primitive type. Mangled C++ names are `C++`; everything else is `C`, `#[no_mangle]` functions of
//! Rust among them.

use cpp_demangle::{DemangleOptions, ParseOptions};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt::Write;

/// Linkage names longer than this are not demangled.
pub const DEMANGLED_INPUT_BYTES_MAX: usize = 4096;
/// Names and groups for people are no longer than this; longer ones end in `…` and a few digits of their hash.
pub const DISPLAY_BYTES_MAX: usize = 1024;

/// How deep a C++ name may nest.
const CPP_DEPTH_MAX: u32 = 64;

/// A linkage name made readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// For people: demangled, without hash and crate disambiguators.
    pub display: String,
    /// A Rust crate, `C++` or `C`.
    pub group: String,
}

/// Demangles a linkage name and finds its group.
pub fn name(linkage: &[u8]) -> Name {
    let text = String::from_utf8_lossy(linkage);
    // A table that LLVM makes of a `match`: named after its function.
    if let Some(function) = text.strip_prefix("switch.table.").or_else(|| text.strip_prefix(".Lswitch.table."))
        && let Some(of) = demangled(function)
    {
        return Name { display: shortened(&format!("switch table of {}", of.display)), group: of.group };
    }
    demangled(&text).unwrap_or_else(|| Name { display: shortened(&text), group: "C".into() })
}

fn demangled(text: &str) -> Option<Name> {
    if text.len() > DEMANGLED_INPUT_BYTES_MAX {
        return None;
    }
    if (text.starts_with("_R") || is_legacy_rust(text))
        && let Ok(rust) = rustc_demangle::try_demangle(text)
    {
        let mut out = Limited::default();
        // An error means the limit was met: what there is is kept.
        let _ = write!(out, "{rust:#}");
        let group = v0_crate(text).or_else(|| displayed_crate(&out.text)).unwrap_or("Rust").to_owned();
        return Some(Name { display: out.finish(text), group });
    }
    if text.starts_with("_Z") {
        let parse = ParseOptions::default().recursion_limit(CPP_DEPTH_MAX);
        let show = DemangleOptions::new().recursion_limit(CPP_DEPTH_MAX);
        let symbol = cpp_demangle::Symbol::new_with_options(text, &parse).ok()?;
        let mut out = Limited::default();
        if symbol.structured_demangle(&mut out, &show).is_err() && !out.full {
            return None;
        }
        return Some(Name { display: out.finish(text), group: "C++".into() });
    }
    None
}

/// A legacy Rust name is a C++ name by its looks; it ends in `17h`, 16 hexadecimal digits and `E`, before any suffix of LLVM.
fn is_legacy_rust(text: &str) -> bool {
    let Some((_, tail)) = text.strip_prefix("_ZN").and_then(|rest| rest.rsplit_once("17h")) else { return false };
    let (Some(hash), Some(rest)) = (tail.get(..16), tail.get(16..)) else { return false };
    hash.bytes().all(|b| b.is_ascii_hexdigit()) && (rest == "E" || rest.starts_with("E."))
}

/// The first crate in a v0 name, following the grammar in preorder: paths `N`, `M`, `X`, `Y`, `I`, the types before a crate, and
/// back references. `None` where the name has something else there.
fn v0_crate(linkage: &str) -> Option<&str> {
    const HOPS_MAX: usize = 64;
    let text = linkage.strip_prefix("_R")?;
    let bytes = text.as_bytes();
    let mut at = bytes.iter().position(|b| !b.is_ascii_digit())?;
    let mut hops = 0;
    loop {
        let tag = *bytes.get(at)?;
        at += 1;
        match tag {
            b'N' => at += 1,
            b'M' | b'X' => at = after_base62(bytes, at, b's')?,
            b'R' | b'Q' => at = after_base62(bytes, at, b'L')?,
            b'Y' | b'I' | b'P' | b'O' | b'A' | b'S' | b'T' | b'E' => {}
            b'a'..=b'z' => {}
            b'B' => {
                hops += 1;
                let end = at + text.get(at..)?.find('_')?;
                let target = base62(bytes.get(at..end)?)?;
                if hops > HOPS_MAX || target >= at - 1 {
                    return None;
                }
                at = target;
            }
            b'C' => {
                at = after_base62(bytes, at, b's')?;
                let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
                let length: usize = text.get(at..at + digits)?.parse().ok()?;
                let start = at + digits + usize::from(bytes.get(at + digits) == Some(&b'_'));
                return text.get(start..start.checked_add(length)?).filter(|name| !name.is_empty());
            }
            _ => return None,
        }
    }
}

/// Skips an optional number that `tag` introduces and `_` ends.
fn after_base62(bytes: &[u8], at: usize, tag: u8) -> Option<usize> {
    if bytes.get(at) != Some(&tag) {
        return Some(at);
    }
    Some(at + 1 + bytes.get(at + 1..)?.iter().position(|&b| b == b'_')? + 1)
}

/// v0's numbers: no digits is 0, else the value plus 1.
fn base62(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() {
        return Some(0);
    }
    let value = digits.iter().try_fold(0usize, |n, &b| {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'z' => b - b'a' + 10,
            b'A'..=b'Z' => b - b'A' + 36,
            _ => return None,
        };
        n.checked_mul(62)?.checked_add(usize::from(digit))
    })?;
    value.checked_add(1)
}

/// The crate in a demangled legacy name: the first path, or the trait's where a primitive type comes first.
fn displayed_crate(display: &str) -> Option<&str> {
    let first = |text: &str| -> Option<(usize, usize)> {
        let start = text.find(|c: char| c.is_alphabetic() || c == '_')?;
        let length = text[start..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len() - start);
        Some((start, start + length))
    };
    let mut rest = display;
    loop {
        let (start, end) = first(rest)?;
        let word = &rest[start..end];
        rest = &rest[end..];
        if rest.starts_with("::") {
            return Some(word);
        }
        // `<&mut u8 as core::fmt::Display>`: keywords and primitive types have no path.
    }
}

/// Text of limited length, and the formatters' way to write to it.
#[derive(Default)]
struct Limited {
    text: String,
    full: bool,
}

impl Limited {
    fn finish(self, linkage: &str) -> String {
        if self.full { cut(&self.text, linkage) } else { self.text }
    }
}

impl Write for Limited {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        if self.full || self.text.len().saturating_add(s.len()) > DISPLAY_BYTES_MAX {
            self.full = true;
            return Err(std::fmt::Error);
        }
        self.text.push_str(s);
        Ok(())
    }
}

/// The text itself, or its beginning and a hash of it where it is longer than [`DISPLAY_BYTES_MAX`].
pub(crate) fn shortened(text: &str) -> String {
    if text.len() <= DISPLAY_BYTES_MAX { text.to_owned() } else { cut(text, text) }
}

fn cut(text: &str, whole: &str) -> String {
    const HASH_BYTES: usize = 4;
    let room = DISPLAY_BYTES_MAX - "…".len() - 2 * HASH_BYTES;
    let end = (0..=room.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    format!("{}…{}", &text[..end], hex::encode(&Sha256::digest(whole.as_bytes())[..HASH_BYTES]))
}

/// A display name without what a rebuild may change: clone suffixes (`.llvm.123`, `.cold`, `.part.0`, `.isra.0`, `.constprop.0`,
/// `.lto_priv.0`), trailing numbers (`.0`), the number of an `OUTLINED_FUNCTION_` and of an anonymous constant.
pub(crate) fn normalised(display: &str) -> Cow<'_, str> {
    let (stem, _) = split_number(display, "OUTLINED_FUNCTION_");
    if stem != display {
        return Cow::Owned(format!("{stem}*"));
    }
    if let Some(rest) = display.strip_prefix("anon.").or_else(|| display.strip_prefix(".Lanon."))
        && rest.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.')
    {
        return Cow::Borrowed("anon.*");
    }
    let mut stem = display;
    while let Some((before, word)) = stem.rsplit_once('.') {
        let known = matches!(word, "llvm" | "cold" | "part" | "isra" | "constprop" | "lto_priv");
        let number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        if before.is_empty() || !(known || number) {
            break;
        }
        stem = before;
    }
    Cow::Borrowed(stem)
}

/// `text` up to and with `prefix` where only digits follow it, else all of it.
fn split_number<'a>(text: &'a str, prefix: &str) -> (&'a str, &'a str) {
    match text.strip_prefix(prefix) {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => text.split_at(prefix.len()),
        _ => (text, ""),
    }
}

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
    fn names_are_demangled_and_grouped() {
        let check = |linkage: &str, display: &str, group: &str| {
            assert_eq!(name(linkage.as_bytes()), Name { display: display.into(), group: group.into() }, "{linkage}");
        };
        check("main", "main", "C");
        check("__aeabi_memcpy", "__aeabi_memcpy", "C");
        check("", "", "C");
        // v0: paths, inherent impls, impls of a trait, default methods, generics.
        check("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar", "mycrate");
        check("_RNvMs_NtCs1_4core3fmtNtB4_9Formatter3pad", "<core::fmt::Formatter>::pad", "core");
        // `impl core::fmt::Debug for my::Bar`, in my: my's. `impl my::T for u8`, in my: my's.
        check("_RNvXs_NtCs1_2my3fooNtB4_3BarNtNtCs5_4core3fmt5Debug3fmt", "<my::foo::Bar as core::fmt::Debug>::fmt", "my");
        check("_RNvXs_Cs1_2myhNtB4_1T1f", "<u8 as my::T>::f", "my");
        // An impl of my trait for someone's type is where the impl is, not where the type is.
        check("_RNvXs_Cs1_2myNtCs5_4core3NumNtB4_1T1f", "<core::Num as my::T>::f", "my");
        check("_RNvYhNtCs1_2my1T1f", "<u8 as my::T>::f", "my");
        check("_RNvYRNtCs5_4core3NumNtCs1_2my1T1f", "<&core::Num as my::T>::f", "core");
        check("_RINvNtCs9_4core3ptr4readhECs1_2my", "core::ptr::read::<u8>", "core");
        check("_RNCNvCs1_2my3runs_0B3_", "my::run::{closure#1}", "my");
        check("_RNvCs1_2my3run.llvm.9512345678901234567", "my::run", "my");
        // A trait object is beyond the walk of the mangled name: the first crate shown is taken.
        check("_RNvYDNtCs1_2my1TEL_NtCs5_4core3Foo1f", "<dyn my::T as core::Foo>::f", "my");
        // Legacy: the hash goes; `<T as Trait>` is T's, or Trait's where T is primitive.
        check("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad", "core");
        check("_ZN44_$LT$my..Bar$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE", "<my::Bar as core::fmt::Debug>::fmt", "my");
        check("_ZN43_$LT$$RF$u8$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE", "<&u8 as core::fmt::Debug>::fmt", "core");
        check("switch.table._RNvNtCs1_2my3foo3bar", "switch table of my::foo::bar", "my");
        // C++, which may look like legacy Rust.
        check("_ZN3foo3barE", "foo::bar", "C++");
        check("_ZN3foo3barEi", "foo::bar(int)", "C++");
        check("_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector<int, std::allocator<int> >::push_back(int&&)", "C++");
        // What only looks mangled.
        check("_Z", "_Z", "C");
        check("_Reset", "_Reset", "C");
        check("_RNvC", "_RNvC", "C");
    }

    #[test]
    fn a_long_name_ends_in_its_hash() {
        let [a, b] = ["a", "b"].map(|end| name(format!("{}{end}", "x".repeat(5000)).as_bytes()).display);
        assert_eq!(a.len(), DISPLAY_BYTES_MAX);
        assert!(a.starts_with("xxx") && a.contains('…') && a != b);
        // Small to write, endless to read: each back reference doubles.
        let bomb = (0..40).fold("_RINvC1a1b".to_owned(), |name, i| if i == 0 { name + "TTuuE" } else { name + "TB8_B8_E" }) + "E";
        assert!(name(bomb.as_bytes()).display.len() <= DISPLAY_BYTES_MAX);
    }

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
        check("anonymous.method", "anonymous.method");
        check(".data", ".data");
        check("a.b", "a.b");
        check(".0", ".0");
    }

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
