//! What the mangled names of Rust say beside the demangled one: the crate whose source it is, and whether it is an instance.
//!
//! v0 names are read here as far as needed, in preorder and with limits; the demangling itself is not done here.

/// A legacy Rust name is a C++ name by its looks; it ends in `17h`, 16 hexadecimal digits and `E`, before any suffix of LLVM.
pub(super) fn is_legacy(text: &str) -> bool {
    let Some((_, tail)) = text.strip_prefix("_ZN").and_then(|rest| rest.rsplit_once("17h")) else { return false };
    let (Some(hash), Some(rest)) = (tail.get(..16), tail.get(16..)) else { return false };
    hash.bytes().all(|b| b.is_ascii_hexdigit()) && (rest == "E" || rest.starts_with("E."))
}

/// The first crate in a v0 name, following the grammar in preorder: paths `N`, `M`, `X`, `Y`, `I`, the types before a crate, and
/// back references. `None` where the name has something else there.
pub(super) fn v0_crate(linkage: &str) -> Option<&str> {
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
pub(super) fn displayed_crate(display: &str) -> Option<&str> {
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

/// Whether a v0 name is of a method that a trait has by default, so that the type before it (`<T as Trait>::f`) is an argument like those of
/// a generic: `Y`, under closures, inner items and arguments of its own.
pub(super) fn is_default_method(linkage: &str) -> bool {
    let Some(path) = linkage.strip_prefix("_R") else { return false };
    let mut bytes = path.bytes().skip_while(u8::is_ascii_digit);
    loop {
        match bytes.next() {
            Some(b'N') => drop(bytes.next()),
            Some(b'I') => {}
            tag => return tag == Some(b'Y'),
        }
    }
}

/// Whether the name holds what makes two instances of one function differ where the demangled name does not: a legacy hash, or the
/// crate that v0 says it was made in.
pub(super) fn is_mangled(linkage: &str) -> bool {
    linkage.starts_with("_R") || is_legacy(linkage)
}
