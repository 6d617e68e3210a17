//! A name for people taken apart: its modules, types and function, and which of its parts are arguments of a generic.
//!
//! Reads what the demanglers of Rust and C++ write. Names are hostile: any text gives some parts, and types within types are read
//! [`TYPES_DEPTH_MAX`] deep.

use super::pieces::{Piece, Pieces};
use super::{last_segment, normalised, rebuild, rust, shortened};

/// A path has at most so many parts; the rest of a deeper one is its last part.
pub const PATH_DEPTH_MAX: usize = 32;

/// `<<T as A>::B as C>::f` is read so deep; what is deeper stays as it is written.
const TYPES_DEPTH_MAX: u32 = 8;

/// What a part without a name is called.
pub(crate) const UNNAMED: &str = "(unnamed)";

/// The generic that a name is an instance of, with `_` for its arguments and without the parameters of C++: `alloc::vec::Vec<_>::push`,
/// `core::ptr::read::<_>`, `std::vector<_>::push_back`, `<&_ as core::fmt::Debug>::fmt`. `None` for what is no instance as far as its name says.
pub fn generic(display: &str) -> Option<String> {
    // The one way to write arguments; most names have none.
    let parsed = display.contains('<').then(|| Parsed::new(display, 0))?;
    parsed.generic.then(|| parsed.joined())
}

/// What a symbol is counted with as one of several copies: its generic, where v0 says so that of a method which a trait has by default
/// (`<_ as my::Trait>::f`); what compilers number (`OUTLINED_FUNCTION_*`); and for mangled Rust the name itself, as instances whose arguments the
/// name does not show have it in common.
pub(crate) fn family(display: &str, linkage: &str) -> Option<String> {
    if rust::is_default_method(linkage) && display.contains('<') {
        let mut parsed = Parsed::new(display, 0);
        if let Some(Part::As(of, _)) = parsed.parts.first_mut() {
            *of = Type::opaque("_");
        }
        return Some(parsed.joined());
    }
    if let Some(generic) = generic(display) {
        return Some(generic);
    }
    let stem = normalised(display);
    (rebuild::is_made_up(display) || rust::is_mangled(linkage)).then(|| stem.into_owned())
}

/// Where a name is in the hierarchy of its program: its group first, then modules or namespaces, type, function, and under that its closures
/// and what is local to it. Instances of one generic are in one place.
///
/// `<T as Trait>::f` is at `Trait::f` of the type `T` where `T` is of the crate that has the `impl` (which is the group); else in `Trait`'s
/// module as `<T as Trait>`. A table of a function (`switch table of f`) is under it. Names of the group `C` have no parts.
///
/// At least two parts, at most [`PATH_DEPTH_MAX`], none empty.
pub fn path(display: &str, group: &str) -> Vec<String> {
    let mut out = vec![group.to_owned()];
    if group == "C" {
        out.push(normalised(display).into_owned());
    } else {
        let parsed = Parsed::new(&normalised(display), 0);
        let what = parsed.what;
        let mut parts = parsed.parts.into_iter();
        match parts.next() {
            Some(first @ Part::Name(_)) if first.text() == group => {}
            Some(Part::Own(of)) => out.extend(of.places(group)),
            Some(Part::As(of, by)) => {
                let method = parts.next().map_or_else(String::new, |part| part.text());
                if of.is_of(group) {
                    out.extend(of.places(group));
                    out.push(format!("{}::{method}", by.last));
                } else {
                    let block = format!("<{} as {}>", of.text, by.last);
                    if by.is_of(group) {
                        let modules = by.places(group);
                        out.extend(modules.into_iter().rev().skip(1).rev());
                    }
                    out.extend([block, method]);
                }
            }
            Some(first) => out.push(first.text()),
            None => {}
        }
        out.extend(parts.map(|part| part.text()));
        if out.len() == 1 {
            out.push(display.to_owned());
        }
        out.extend(what);
    }
    if out.len() > PATH_DEPTH_MAX {
        let rest = out.split_off(PATH_DEPTH_MAX - 1).join("::");
        out.push(rest);
    }
    for part in &mut out {
        *part = if part.is_empty() { UNNAMED.to_owned() } else { shortened(part) };
    }
    out
}

/// What is left of a name when it moves to another module: the function with its type (`<Foo as Debug>::fmt`, `Foo::new`), with `_` for
/// arguments. A function of a module is its last part alone.
pub(crate) fn tail(display: &str) -> String {
    let parsed = Parsed::new(&normalised(display), 0);
    let parts = &parsed.parts;
    let inner = |part: &&Part| matches!(part, Part::Name(name) if name.starts_with('{'));
    let local = parts.iter().rev().take_while(inner).count();
    let Some(function) = parts.len().checked_sub(local + 1) else { return parsed.joined() };
    let of = function.checked_sub(1).and_then(|at| match &parts[at] {
        Part::Name(name) => name.starts_with(char::is_uppercase).then(|| name.clone()),
        Part::Own(of) => Some(of.last.clone()),
        Part::As(of, by) => Some(format!("<{} as {}>", of.last, by.last)),
    });
    let mut out: Vec<String> = of.into_iter().chain(parts[function..].iter().map(Part::text)).collect();
    out.extend(parsed.what);
    out.join("::")
}

/// A name's parts, with `_` for arguments.
#[derive(Debug)]
struct Parsed {
    /// What of the thing named it is, where it is not that itself: `vtable`, `switch table`.
    what: Option<String>,
    parts: Vec<Part>,
    /// Whether there are arguments.
    generic: bool,
}

#[derive(Debug)]
enum Part {
    /// A module, type or function.
    Name(String),
    /// `<T>`.
    Own(Type),
    /// `<T as Trait>`.
    As(Type, Type),
}

impl Part {
    fn text(&self) -> String {
        match self {
            Part::Name(name) => name.clone(),
            Part::Own(of) if of.parts.is_empty() => format!("<{}>", of.text),
            Part::Own(of) => of.text.clone(),
            Part::As(of, by) => format!("<{} as {}>", of.text, by.text),
        }
    }
}

/// A type or trait before a method.
#[derive(Debug)]
struct Type {
    text: String,
    /// Where it is a path.
    parts: Vec<String>,
    /// The same without modules.
    last: String,
    generic: bool,
}

impl Type {
    fn opaque(text: &str) -> Type {
        Type { text: text.to_owned(), parts: Vec::new(), last: last_segment(text).to_owned(), generic: false }
    }

    fn new(text: &str, depth: u32) -> Type {
        let argument = |text: &str| Type { generic: true, ..Type::opaque(text) };
        for reference in ["&mut ", "*const ", "*mut ", "&"] {
            if let Some(to) = text.strip_prefix(reference) {
                let to = if depth < TYPES_DEPTH_MAX { Type::new(to, depth + 1).last } else { to.to_owned() };
                return Type { last: format!("{reference}{to}"), ..argument(&format!("{reference}_")) };
            }
        }
        match text.bytes().next() {
            Some(b'[') => return argument("[_]"),
            Some(b'(') if text != "()" => return argument("(_)"),
            _ => {}
        }
        let keyword = ["dyn ", "fn(", "unsafe ", "extern ", "for<", "impl "].into_iter().any(|word| text.starts_with(word));
        if keyword || depth >= TYPES_DEPTH_MAX || !(text.contains("::") || text.contains('<')) {
            return Type::opaque(text);
        }
        let parsed = Parsed::new(text, depth + 1);
        let parts: Vec<String> = parsed.parts.iter().map(Part::text).collect();
        let last = parts.last().cloned().unwrap_or_default();
        Type { text: parsed.joined(), parts, last, generic: parsed.generic }
    }

    fn is_of(&self, group: &str) -> bool {
        self.parts.len() > 1 && self.parts[0] == group
    }

    /// Its parts under the group.
    fn places(self, group: &str) -> Vec<String> {
        let under = usize::from(self.is_of(group));
        if self.parts.is_empty() { vec![format!("<{}>", self.text)] } else { self.parts.into_iter().skip(under).collect() }
    }
}

impl Parsed {
    fn new(display: &str, depth: u32) -> Parsed {
        let (what, text) = subject(display);
        let mut parsed = Parsed { what: what.map(str::to_owned), parts: Vec::new(), generic: false };
        let mut current = String::new();
        let mut after_parameters = false;
        for piece in (Pieces { text, at: 0 }) {
            match piece {
                Piece::Separator => {
                    parsed.push(&mut current);
                    after_parameters = false;
                }
                // `const` after parameters, or the type that a C++ function returns.
                _ if after_parameters => {}
                Piece::Space if current.starts_with("operator") => current.push(' '),
                Piece::Space => {
                    current.clear();
                    parsed.parts.clear();
                    parsed.generic = false;
                }
                Piece::Word(word) => current.push_str(word),
                Piece::Group(group) => match (group.as_bytes()[0], current.is_empty(), parsed.parts.last_mut()) {
                    (b'<', true, None) => parsed.qualified(group, depth),
                    (b'<', true, Some(Part::Name(before))) if !group.starts_with("<impl ") => {
                        before.push_str("::<_>");
                        parsed.generic = true;
                    }
                    (b'<', false, _) => {
                        current.push_str("<_>");
                        parsed.generic = true;
                    }
                    (b'(', false, _) => after_parameters = true,
                    _ => current.push_str(group),
                },
            }
        }
        parsed.push(&mut current);
        parsed
    }

    fn push(&mut self, current: &mut String) {
        if !current.is_empty() {
            self.parts.push(Part::Name(std::mem::take(current)));
        }
    }

    /// `<T>` or `<T as Trait>`.
    fn qualified(&mut self, group: &str, depth: u32) {
        let inner = group.strip_prefix('<').unwrap_or(group);
        let inner = inner.strip_suffix('>').unwrap_or(inner);
        let mut pieces = Pieces { text: inner, at: 0 };
        let mut found = None;
        while let Some(piece) = pieces.next() {
            if matches!(piece, Piece::Space) && inner[pieces.at..].starts_with("as ") {
                found = Some((&inner[..pieces.at - 1], &inner[pieces.at + "as ".len()..]));
                break;
            }
        }
        let part = match found {
            None => Part::Own(Type::new(inner, depth)),
            Some((of, by)) => Part::As(Type::new(of, depth), Type::new(by, depth)),
        };
        self.generic |= match &part {
            Part::Own(of) => of.generic,
            Part::As(of, by) => of.generic || by.generic,
            Part::Name(_) => false,
        };
        self.parts.push(part);
    }

    fn joined(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(Part::text).collect();
        let path = parts.join("::");
        self.what.as_ref().map_or(path.clone(), |what| format!("{what} of {path}"))
    }
}

/// Splits off what a name says about the thing it names.
fn subject(display: &str) -> (Option<&str>, &str) {
    const WORDS: [&str; 5] = ["switch table", "typeinfo name", "typeinfo", "guard variable", "vtable"];
    for word in WORDS {
        if let Some(of) = display.strip_prefix(word).and_then(|rest| rest.strip_prefix(" of ").or_else(|| rest.strip_prefix(" for "))) {
            return (Some(word), of);
        }
    }
    // `{vtable(Foo)}`, `{virtual override thunk({offset(-8)}, Foo::bar())}`.
    if let Some((word, of)) = display.strip_prefix('{').and_then(|d| d.strip_suffix(")}")).and_then(|d| d.split_once('('))
        && !of.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ')
    {
        return (Some(word), of.rsplit_once("}, ").map_or(of, |(_, of)| of));
    }
    (None, display)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_generics_become_one_blank() {
        let check = |display: &str, want: &str| assert_eq!(generic(display).as_deref().unwrap_or("-"), want, "{display}");
        check("main", "-");
        check("a::b", "-");
        check("core::ptr::read::<u8>", "core::ptr::read::<_>");
        check("core::ptr::drop_in_place<a::B<c>>", "core::ptr::drop_in_place<_>");
        check("<alloc::vec::Vec<u8>>::push", "alloc::vec::Vec<_>::push");
        check("<alloc::vec::Vec<u8>>::extend::<a::B<c>>", "alloc::vec::Vec<_>::extend::<_>");
        check("<alloc::vec::Vec<u8> as core::ops::Drop>::drop", "<alloc::vec::Vec<_> as core::ops::Drop>::drop");
        check("<a::B as core::convert::From<c::D>>::from", "<a::B as core::convert::From<_>>::from");
        check("<a::B as core::fmt::Debug>::fmt", "-");
        check("<&a::B as core::fmt::Debug>::fmt", "<&_ as core::fmt::Debug>::fmt");
        check("<[u8]>::copy_from_slice", "<[_]>::copy_from_slice");
        check("<str>::len", "-");
        check("<dyn a::B as c::D>::e", "-");
        check("a::b::<c>::{closure#0}", "a::b::<_>::{closure#0}");
        check("a::run::<'<'>", "a::run::<_>");
        check("a::run::<'\\''>::g", "a::run::<_>::g");
        check("<a::B<fn(c) -> d>>::e", "a::B<_>::e");
        check("core::slice::<impl [T]>::len", "-");
        check("<<a::B<c> as d::E>::F as g::H>::i", "<<a::B<_> as d::E>::F as g::H>::i");
        check("switch table of a::b::<c>", "switch table of a::b::<_>");
        check("std::vector<int, std::allocator<int> >::push_back(int&&)", "std::vector<_>::push_back");
        check("int max<int>(int, int)", "max<_>");
        check("std::vector<int> f<int>(int)", "f<_>");
        check("void A<int>::f<char>(char)", "A<_>::f<_>");
        check("void f<((1)>(2))>()", "f<_>");
        check("Foo::operator<(Foo const&)", "-");
        check("operator<<(std::ostream&, Foo)", "-");
        check("a<b>::operator<<(c)", "a<_>::operator<<");
        check("std::function<void (int)>::function(std::function<void (int)> const&)", "std::function<_>::function");
        check("std::array<int, (unsigned long)3>::size() const", "std::array<_>::size");
        check("f(std::vector<int>)", "-");
        check("{vtable(a<b>)}", "vtable of a<_>");
        check("<", "-");
        check("a<", "a<_>");
    }

    #[test]
    fn copies_of_one_thing_have_one_family() {
        let check = |display: &str, linkage: &str, want: &str| assert_eq!(family(display, linkage).as_deref().unwrap_or("-"), want);
        check("main", "main", "-");
        check("a::f", "a::f", "-");
        // A legacy instance does not show its arguments, only its hash.
        check("a::f", "_ZN1a1f17h0123456789abcdefE", "a::f");
        check("<u8 as my::T>::f", "_RNvYhNtCs1_2my1T1f", "<_ as my::T>::f");
        check("<u8 as my::T>::f::{closure#0}", "_RNCNvYhNtCs1_2my1T1f0B4_", "<_ as my::T>::f::{closure#0}");
        check("<my::A as my::T>::f", "_RNvXs_Cs1_2myNtB4_1ANtB4_1T1f", "<my::A as my::T>::f");
        check("OUTLINED_FUNCTION_3", "OUTLINED_FUNCTION_3", "OUTLINED_FUNCTION_*");
        check("buffer.3", "buffer.3", "-");
    }

    #[test]
    fn a_name_has_its_place_in_its_program() {
        let check = |display: &str, group: &str, want: &str| assert_eq!(path(display, group).join(" / "), want, "{display}");
        check("main", "C", "C / main");
        check("buffer.3", "C", "C / buffer");
        check("", "C", "C / (unnamed)");
        check("my::foo::bar", "my", "my / foo / bar");
        check("my::foo::bar::{closure#0}", "my", "my / foo / bar / {closure#0}");
        check("<my::foo::Bar>::new", "my", "my / foo / Bar / new");
        check("<my::foo::Bar as core::fmt::Debug>::fmt", "my", "my / foo / Bar / Debug::fmt");
        check("<my::foo::Bar as core::fmt::Debug>::fmt::{closure#0}", "my", "my / foo / Bar / Debug::fmt / {closure#0}");
        // Of another crate or of none: in the module of the trait.
        check("<core::Num as my::t::T>::f", "my", "my / t / <core::Num as T> / f");
        check("<u8 as my::t::T>::f", "my", "my / t / <u8 as T> / f");
        check("<u8 as core::T>::f", "my", "my / <u8 as T> / f");
        check("<str>::len", "core", "core / <str> / len");
        check("<[u8]>::len", "core", "core / <[_]> / len");
        check("<alloc::vec::Vec<u8>>::push", "alloc", "alloc / vec / Vec<_> / push");
        check("core::ptr::read::<u8>", "core", "core / ptr / read::<_>");
        check("switch table of my::foo", "my", "my / foo / switch table");
        check(
            "core::fmt::num::<impl core::fmt::Display for u32>::fmt",
            "core",
            "core / fmt / num / <impl core::fmt::Display for u32> / fmt",
        );
        check("std::vector<int>::push_back(int&&)", "C++", "C++ / std / vector<_> / push_back");
        check("(anonymous namespace)::foo()", "C++", "C++ / (anonymous namespace) / foo");
        check("main::{lambda()#1}::operator()() const", "C++", "C++ / main / {lambda()#1} / operator()");
        check("Foo::operator unsigned int()", "C++", "C++ / Foo / operator unsigned int");
        check("guard variable for foo()::x", "C++", "C++ / foo / x / guard variable");
        check("{vtable(ns::Foo)}", "C++", "C++ / ns / Foo / vtable");
        check("{virtual override thunk({offset(-8)}, Foo::bar())}", "C++", "C++ / Foo / bar / virtual override thunk");
        check("foo(int) [clone .cold]", "C++", "C++ / foo");
        check("::", "my", "my / ::");
        check("my", "my", "my / my");
    }

    #[test]
    fn a_function_keeps_its_tail_when_it_moves() {
        let check = |display: &str, want: &str| assert_eq!(tail(display), want, "{display}");
        check("a::b::checksum", "checksum");
        check("a::b::checksum.llvm.3", "checksum");
        check("<a::b::Foo>::new", "Foo::new");
        check("a::b::Foo::new", "Foo::new");
        check("<a::b::Foo as core::fmt::Debug>::fmt", "<Foo as Debug>::fmt");
        check("<&a::b::Foo as core::fmt::Debug>::fmt", "<&Foo as Debug>::fmt");
        check("<&&mut a::Foo<u8> as core::fmt::Debug>::fmt", "<&&mut Foo<_> as Debug>::fmt");
        check("a::b::run::{closure#0}::{closure#1}", "run::{closure#0}::{closure#1}");
        check("{{closure}}", "{{closure}}");
        check("main", "main");
        check("", "");
    }

    #[test]
    fn hostile_names_have_parts_too() {
        let deep = |n: usize| format!("{}a::b{}::c", "<".repeat(n), " as d::e>".repeat(n));
        for text in
            ["<".repeat(5000), ">".repeat(5000), "a::".repeat(5000), deep(500), "'<".repeat(99), "é'é'<é>::é".into(), "(((\'".into()]
        {
            for group in ["a", "C", "C++", ""] {
                let path = path(&text, group);
                assert!(path.len() >= 2 && path.len() <= PATH_DEPTH_MAX && path.iter().all(|part| !part.is_empty()), "{path:?}");
                assert!(path.iter().all(|part| part.len() <= super::super::DISPLAY_BYTES_MAX));
            }
            let _ = (generic(&text), tail(&text), family(&text, "_RNvY"));
        }
    }
}
