//! Names for people: demangling, the group a name is counted under, and what is left of a name when a rebuild may change the rest.
//!
//! Names come from the build and are hostile: what is demangled is limited in input and output. They are not escaped here.
//!
//! **Groups.** A Rust name belongs to the crate whose source it is from. A v0 name says so itself: the first crate in it is
//! that of the path, of the `impl` block (`<T as Trait>::f` belongs to the crate with the `impl`, which need not be the one
//! of `T`), or of the trait with a default method called on a primitive type. A legacy name shows only `<T as Trait>::f`; it is counted under
//! the crate of `T`, or of `Trait` where `T` is a primitive type. Mangled C++ names are `C++`; everything else is `C`, `#[no_mangle]` functions of
//! Rust among them.

mod last;
mod parts;
mod pieces;
mod rebuild;
mod rust;

pub(crate) use last::last_segment;
pub use parts::{PATH_DEPTH_MAX, generic, path};
pub(crate) use parts::{UNNAMED, family, tail};
pub(crate) use rebuild::{is_numbered, normalised};

use cpp_demangle::{DemangleOptions, ParseOptions};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Linkage names longer than this are not demangled.
pub const DEMANGLED_INPUT_BYTES_MAX: usize = 4096;
/// Names and groups for people are no longer than this; longer ones end in `…` and a few digits of their hash.
pub const DISPLAY_BYTES_MAX: usize = 1024;

/// A demangled name is written this far before it is cut to [`DISPLAY_BYTES_MAX`]; two that differ only beyond are shown alike.
const DEMANGLED_OUTPUT_BYTES_MAX: usize = 16 * 1024;

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

/// [`name`] of a symbol, and its linkage name where that differs: as a row or a part has them.
pub(crate) fn with_linkage(raw: &[u8]) -> (Name, Option<String>) {
    let name = name(raw);
    let linkage = shortened(&String::from_utf8_lossy(raw));
    let linkage = (linkage != name.display).then_some(linkage);
    (name, linkage)
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
    if (text.starts_with("_R") || rust::is_legacy(text))
        && let Ok(rust) = rustc_demangle::try_demangle(text)
    {
        let mut out = Limited::default();
        // An error means the limit was met: what there is is kept.
        let _ = write!(out, "{rust:#}");
        let group = rust::v0_crate(text).or_else(|| rust::displayed_crate(&out.text)).unwrap_or("Rust").to_owned();
        return Some(Name { display: out.finish(), group });
    }
    if text.starts_with("_Z") {
        let parse = ParseOptions::default().recursion_limit(CPP_DEPTH_MAX);
        let show = DemangleOptions::new().recursion_limit(CPP_DEPTH_MAX);
        let symbol = cpp_demangle::Symbol::new_with_options(text, &parse).ok()?;
        let mut out = Limited::default();
        if symbol.structured_demangle(&mut out, &show).is_err() && !out.full {
            return None;
        }
        return Some(Name { display: out.finish(), group: "C++".into() });
    }
    None
}

/// Text of limited length, and the formatters' way to write to it.
#[derive(Default)]
struct Limited {
    text: String,
    full: bool,
}

impl Limited {
    /// A name that is cut ends in the hash of what it is cut from, not of its linkage name: crate disambiguators and hashes are in the latter, and
    /// would make a new name of it in each build.
    fn finish(self) -> String {
        shortened(&self.text)
    }
}

impl Write for Limited {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        if self.full || self.text.len().saturating_add(s.len()) > DEMANGLED_OUTPUT_BYTES_MAX {
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
}
