//! How the rows of a ledger are grouped: by crate, by object file or by section.

use ounce_protocol::measurement::Row;

/// What rows are grouped by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// The crate, `C`, `C++`, or the section of what has no symbol.
    #[default]
    Crate,
    /// The object file, where a linker's map says it.
    Object,
    /// The output section.
    Section,
}

/// The group of rows whose object file is not known.
const NO_OBJECT: &str = "(no object known)";

/// Groups around a row, at most.
const DEPTH_MAX: usize = 6;

impl By {
    /// For headings: `crate`.
    pub fn word(self) -> &'static str {
        match self {
            By::Crate => "crate",
            By::Object => "object",
            By::Section => "section",
        }
    }

    /// For a column of groups.
    pub(crate) fn title(self) -> &'static str {
        if self == By::Crate { "group" } else { self.word() }
    }

    /// The row's group.
    pub(crate) fn group(self, row: &Row) -> &str {
        match self {
            By::Crate => &row.group,
            By::Object => row.object.as_deref().unwrap_or(NO_OBJECT),
            By::Section => &row.section,
        }
    }

    /// The groups around the row, outermost first, and what it is called inside them.
    pub(crate) fn place(self, row: &Row) -> (Vec<String>, String) {
        if self == By::Crate {
            return place(&row.group, &row.name);
        }
        (vec![self.group(row).to_owned()], row.name.clone())
    }
}

/// The crate, the modules and the type a name is in, outermost first and at most [`DEPTH_MAX`], and what is left of it. A name that does
/// not begin with its crate is left whole.
pub(crate) fn place(group: &str, name: &str) -> (Vec<String>, String) {
    let mut path = vec![group.to_owned()];
    let (around, last) = match implemented(name) {
        // `<vm::heap::Heap as core::ops::Drop>::drop` is `Drop::drop` in vm, heap, Heap.
        Some((own, Some(of), last)) => (own, format!("{}::{last}", segments(of).last().unwrap_or(&of))),
        Some((own, None, last)) => (own, last.to_owned()),
        None => match segments(name).split_last() {
            Some((last, [_, ..])) => (name.strip_suffix(last).and_then(|n| n.strip_suffix("::")).unwrap_or(""), (*last).to_owned()),
            _ => return (path, name.to_owned()),
        },
    };
    let mut segments = segments(around).into_iter();
    if segments.next() != Some(group) || last.is_empty() {
        return (path, name.to_owned());
    }
    path.extend(segments.by_ref().take(DEPTH_MAX - 1).map(str::to_owned));
    let deeper: String = segments.map(|segment| format!("{segment}::")).collect();
    (path, deeper + &last)
}

/// The type, the trait and the rest of `<type as trait>::rest`.
fn implemented(name: &str) -> Option<(&str, Option<&str>, &str)> {
    let inner = name.strip_prefix('<')?;
    let (mut depth, mut as_at) = (0usize, None);
    for (i, c) in inner.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            // An arrow is no bracket.
            '>' if inner[..i].ends_with('-') => {}
            '>' if depth == 0 => {
                let (own, of) = as_at.map_or((&inner[..i], None), |at: usize| (&inner[..at], Some(&inner[at + " as ".len()..i])));
                return inner[i..].strip_prefix(">::").map(|rest| (own, of, rest));
            }
            '>' | ')' | ']' => depth = depth.checked_sub(1)?,
            ' ' if depth == 0 && as_at.is_none() && inner[i..].starts_with(" as ") => as_at = Some(i),
            _ => {}
        }
    }
    None
}

/// The parts of a path between its `::`, type arguments with the part they belong to.
fn segments(path: &str) -> Vec<&str> {
    let (mut out, mut depth, mut from) = (Vec::new(), 0usize, 0);
    for (i, c) in path.char_indices() {
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if path[..i].ends_with('-') => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && i >= from && path[i..].starts_with("::") => {
                // `::<u8>` belongs to what is before it.
                if !path[i + 2..].starts_with('<') {
                    out.push(&path[from..i]);
                    from = i + 2;
                }
            }
            _ => {}
        }
    }
    out.push(&path[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_its_modules() {
        let check = |group: &str, name: &str, path: &str, label: &str| {
            let (got, rest) = place(group, name);
            assert_eq!((got.join(" "), rest.as_str()), (path.to_owned(), label), "{name}");
        };
        check("vm", "vm::types::str::operator", "vm types str", "operator");
        check("vm", "vm::run", "vm", "run");
        check("vm", "<vm::heap::Heap>::grow", "vm heap Heap", "grow");
        check("vm", "<vm::heap::Heap as core::ops::drop::Drop>::drop", "vm heap Heap", "Drop::drop");
        check("vm", "vm::sort::<core::Less, fn(u8) -> [u8; 2]>", "vm", "sort::<core::Less, fn(u8) -> [u8; 2]>");
        check("vm", "<vm::Map<u8, a::b>>::get::{closure#0}", "vm Map<u8, a::b>", "get::{closure#0}");
        check("vm", "vm::a::b::c::d::e::f::g", "vm a b c d e", "f::g");
        check("core", "<u8 as core::fmt::Debug>::fmt", "core", "<u8 as core::fmt::Debug>::fmt");
        check("C", "memcpy", "C", "memcpy");
        check("C++", "ns::f(std::a<int>)", "C++", "ns::f(std::a<int>)");
        check(".rodata", "\"a::b\"", ".rodata", "\"a::b\"");
        check("vm", "vm::", "vm", "vm::");
        check("vm", "<<>>::", "vm", "<<>>::");
        check("", "", "", "");
        check("vm", "", "vm", "");
        check("vm", ">::)::<", "vm", ">::)::<");
    }
}
