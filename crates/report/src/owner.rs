//! Owners of bytes in words: a name, how it is known where it is no symbol's, and why its bytes changed.
//!
//! What is said here is the same in a comment, a terminal and a page.

use crate::doc::Line;
use crate::escape::clip;
use ounce_analysis::comparison::{Change, Reason, RowDelta};
use ounce_protocol::measurement::{Owner, Row};
use ounce_protocol::units::{delta, grouped, signed};

/// Names shown of a path that pulls something in; of a longer one the first and the last.
const PATH_NAMES_MAX: usize = 6;
/// Longest name inside a sentence, in characters.
const NAME_CHARS_MAX: usize = 64;

/// An owner of bytes in an image.
pub(crate) fn of_row(row: &Row) -> Line {
    known(row.owner, &row.name, row.of.as_deref(), row.object.as_deref())
}

/// An owner whose bytes changed, with the name it had before.
pub(crate) fn of_delta(row: &RowDelta) -> Line {
    let line = known(row.owner, &row.name, row.of.as_deref(), None);
    match &row.change {
        Change::Renamed { from } => line.text(" was ").code(from),
        Change::Moved { from } => line.text(" from ").code(from),
        Change::Added | Change::Removed | Change::Grown | Change::Shrunk | Change::Copies { .. } => line,
    }
}

fn known(owner: Owner, name: &str, of: Option<&str>, object: Option<&str>) -> Line {
    match (owner, of, object) {
        (Owner::Symbol | Owner::Label, ..) => Line::new().code(name),
        (Owner::Map, _, Some(object)) => Line::new().code(name).text(" in ").code(object),
        (Owner::Map, ..) => Line::new().code(name).text(" by the linker's map"),
        (Owner::Reference, Some(of), _) => Line::new().code(name).text(" of ").code(of),
        (Owner::Reference, None, _) => Line::new().code(name).text(" of one function"),
        (Owner::Shared, ..) => Line::new().code(name).text(" shared"),
        (Owner::Text, ..) => Line::new().code(name).text(" user not known"),
        (Owner::Unwind, ..) => Line::new().code(name).text(" by the unwind tables"),
        (Owner::Section, ..) => Line::from("section ").code(name),
        (Owner::Padding, ..) => "padding".into(),
        (Owner::Unattributed, ..) => "no symbol (literals, constants)".into(),
    }
}

/// How an owner is known, in a word or two.
pub(crate) fn word(owner: Owner) -> &'static str {
    match owner {
        Owner::Symbol => "symbol",
        Owner::Label => "label",
        Owner::Map => "map",
        Owner::Reference => "reference",
        Owner::Shared => "shared",
        Owner::Text => "text",
        Owner::Unwind => "unwind",
        Owner::Section => "section",
        Owner::Padding => "padding",
        Owner::Unattributed => "unattributed",
    }
}

/// Whether these bytes are what code refers to: a string, a literal, a table without a symbol.
pub(crate) fn is_constant(owner: Owner) -> bool {
    matches!(owner, Owner::Reference | Owner::Shared | Owner::Text)
}

/// What happened to an owner: `grown, 4,000 → 4,412`, `3 → 4 copies`.
pub(crate) fn what(row: &RowDelta) -> String {
    let (base, head) = (grouped(row.base_bytes), grouped(row.head_bytes));
    match &row.change {
        Change::Added => "added".into(),
        Change::Removed => "removed".into(),
        Change::Grown => format!("grown, {base} → {head}"),
        Change::Shrunk => format!("shrunk, {base} → {head}"),
        Change::Renamed { .. } if row.base_bytes == row.head_bytes => format!("renamed, {head} B"),
        Change::Renamed { .. } => format!("renamed, {base} → {head}"),
        Change::Moved { .. } if row.base_bytes == row.head_bytes => format!("moved, {head} B"),
        Change::Moved { .. } => format!("moved, {base} → {head}"),
        Change::Copies { base, head } => format!("{} → {} copies", grouped(*base), grouped(*head)),
    }
}

/// A row's difference in bytes.
pub(crate) fn moved(row: &RowDelta) -> i64 {
    delta(row.base_bytes, row.head_bytes)
}

/// Why an owner changed, as one sentence without its name: at most `reasons_max` reasons, the others counted. `None` where nothing is known.
pub(crate) fn why(row: &RowDelta, reasons_max: usize) -> Option<Line> {
    let mut reasons = row.why.iter();
    let mut line = reason(reasons.next()?);
    for next in reasons.by_ref().take(reasons_max.saturating_sub(1)) {
        line = line.text("; ").join(reason(next));
    }
    Some(match reasons.count() {
        0 => line,
        n => line.text(format!("; {n} more")),
    })
}

fn reason(reason: &Reason) -> Line {
    let name = |name: &str| Line::new().code(&clip(name, NAME_CHARS_MAX));
    let bytes = |n: &u64| delta(0, *n);
    match reason {
        Reason::Inlined { name: n, bytes: b } => Line::from("now inlines ").join(name(n)).text(format!(" ({} B)", signed(bytes(b)))),
        Reason::NotInlined { name: n, bytes: b } => {
            Line::from("no longer inlines ").join(name(n)).text(format!(" ({} B)", signed(bytes(b).saturating_neg())))
        }
        Reason::Uses { name: n, bytes: b } => {
            let word = if n.starts_with('"') { "new string " } else { "now uses " };
            Line::from(word).join(name(n)).text(format!(" ({} B)", grouped(*b)))
        }
        Reason::PulledIn { path } => Line::from("pulled in by ").join(self::path(path)),
        Reason::Unused { by } => Line::from("no longer used by ").join(name(by)),
    }
}

/// `main → format → __aeabi_ddiv`, one run of text where all fits.
fn path(names: &[String]) -> Line {
    let left_out = names.len().saturating_sub(PATH_NAMES_MAX);
    let front = names.len().min(PATH_NAMES_MAX).div_ceil(2);
    let mut line = Line::new();
    for (i, name) in names.iter().enumerate() {
        if left_out > 0 && (front..front + left_out).contains(&i) {
            if i == front {
                line = line.text(format!(" → … {left_out} more …"));
            }
            continue;
        }
        line = if i == 0 { line } else { line.text(" → ") };
        line = line.code(&clip(name, NAME_CHARS_MAX));
    }
    if names.is_empty() { line.text("code that changed") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_how_it_is_known() {
        let check = |owner, of: Option<&str>, object: Option<&str>, text: &str| {
            let row = Row { owner, name: "n".into(), of: of.map(Into::into), object: object.map(Into::into), ..Row::default() };
            assert_eq!(of_row(&row).plain(), text);
        };
        check(Owner::Symbol, None, Some("libc.a(x.o)"), "n");
        check(Owner::Map, None, Some("libc.a(x.o)"), "n in libc.a(x.o)");
        check(Owner::Map, None, None, "n by the linker's map");
        check(Owner::Reference, Some("main"), None, "n of main");
        check(Owner::Shared, None, None, "n shared");
        check(Owner::Text, None, None, "n user not known");
        check(Owner::Unwind, None, None, "n by the unwind tables");
        check(Owner::Section, None, None, "section n");
        check(Owner::Padding, None, None, "padding");
        check(Owner::Unattributed, None, None, "no symbol (literals, constants)");
    }

    #[test]
    fn reasons_are_one_short_sentence() {
        let check = |why: Vec<Reason>, text: &str| {
            let row = RowDelta {
                owner: Owner::Symbol,
                name: "f".into(),
                group: "C".into(),
                of: None,
                change: Change::Grown,
                base_bytes: 1,
                head_bytes: 2,
                instructions: None,
                why,
                written: None,
            };
            assert_eq!(super::why(&row, 2).map(|line| line.plain()).unwrap_or_default(), text);
        };
        let inlined = || Reason::Inlined { name: "fmt::write".into(), bytes: 120 };
        let uses = |name: &str| Reason::Uses { name: name.into(), bytes: 12 };
        check(vec![], "");
        check(vec![inlined()], "now inlines fmt::write (+120 B)");
        check(vec![Reason::NotInlined { name: "g".into(), bytes: 1_200 }], "no longer inlines g (−1,200 B)");
        check(vec![uses("\"hello\""), uses("TABLE")], "new string \"hello\" (12 B); now uses TABLE (12 B)");
        check(vec![inlined(), inlined(), inlined(), uses("x")], "now inlines fmt::write (+120 B); now inlines fmt::write (+120 B); 2 more");
        check(vec![Reason::Unused { by: "main".into() }], "no longer used by main");
        let path = |names: &str| Reason::PulledIn { path: names.split(' ').map(Into::into).collect() };
        check(vec![path("main format __aeabi_ddiv")], "pulled in by main → format → __aeabi_ddiv");
        check(vec![path("a b c d e f g h")], "pulled in by a → b → c → … 2 more … → f → g → h");
        check(vec![Reason::PulledIn { path: vec![] }], "pulled in by code that changed");
    }
}
