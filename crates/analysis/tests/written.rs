//! Where functions that changed are said to be written: only where exactly one function is meant.

use ounce_analysis::comparison::{Change, RegionDelta, RowDelta};
use ounce_analysis::written::locate;
use ounce_protocol::ids::{ImageId, RegionName};
use ounce_protocol::measurement::{Anatomy, Ledger, Owner, Part, RegionKind, Source};

fn part(name: &str, line: u32, last_line: Option<u32>) -> Part {
    let source = Some(Source { file: "/src/vm/gc.c".into(), line });
    Part { name: name.into(), code: true, bytes: 10, source, last_line, ..Part::default() }
}

fn ledger(parts: Vec<Part>) -> Ledger {
    let image = ImageId::parse(&"0".repeat(64)).unwrap();
    Ledger { image, regions: vec![], outside: vec![], anatomy: Some(Anatomy { parts, cut: false }) }
}

fn row(owner: Owner, name: &str, base_bytes: u64, head_bytes: u64) -> RowDelta {
    let change = Change::Grown;
    let (name, group) = (name.into(), "C".into());
    RowDelta { owner, name, group, of: None, change, base_bytes, head_bytes, instructions: None, why: vec![], written: None }
}

fn region(kind: RegionKind, rows: Vec<RowDelta>) -> RegionDelta {
    let name = RegionName::parse("memory").unwrap();
    RegionDelta { name, kind, size_bytes: 1 << 20, base_bytes: 0, head_bytes: 0, rows }
}

/// `first-last` of each row, `?` where nothing is said.
fn located(parts: Vec<Part>, kind: RegionKind, rows: Vec<RowDelta>, top: usize) -> String {
    let mut deltas = vec![region(kind, rows)];
    locate(&ledger(parts), &mut deltas, top);
    let text = |row: &RowDelta| row.written.as_ref().map_or("?".to_owned(), |w| format!("{}-{}", w.first_line, w.last_line));
    deltas[0].rows.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[test]
fn only_what_is_certain_is_said() {
    let symbol = |base, head| vec![row(Owner::Symbol, "mark", base, head)];
    let check = |parts: Vec<Part>, rows: Vec<RowDelta>, expected: &str| {
        assert_eq!(located(parts.clone(), RegionKind::Flash, rows.clone(), 9), expected, "{parts:?} {rows:?}");
        assert_eq!(located(parts, RegionKind::Ram, rows, 9), "?", "RAM is not told of");
    };
    check(vec![part("mark", 10, Some(20))], symbol(4, 8), "10-20");
    check(vec![part("mark", 10, Some(10))], symbol(0, 8), "10-10");
    check(vec![part("mark", 10, Some(20))], vec![row(Owner::Label, "mark", 4, 8)], "10-20");
    // Gone at the head, another name, two of the name, data.
    check(vec![part("mark", 10, Some(20))], symbol(4, 0), "?");
    check(vec![part("sweep", 10, Some(20))], symbol(4, 8), "?");
    check(vec![part("mark", 10, Some(20)), part("mark", 50, Some(60))], symbol(4, 8), "?");
    check(vec![Part { code: false, ..part("mark", 10, Some(20)) }], symbol(4, 8), "?");
    check(vec![part("mark", 10, Some(20))], vec![row(Owner::Reference, "mark", 4, 8)], "?");
    // No debug information, or of another compiler's kind; a hostile one.
    check(vec![Part { source: None, ..part("mark", 10, Some(20)) }], symbol(4, 8), "?");
    check(vec![part("mark", 10, None)], symbol(4, 8), "?");
    check(vec![part("mark", 10, Some(9))], symbol(4, 8), "?");
    check(vec![part("mark", 0, Some(9))], symbol(4, 8), "?");
}

#[test]
fn the_largest_changes_are_located_first() {
    let parts = vec![part("a", 1, Some(2)), part("b", 3, Some(4)), part("c", 5, Some(6))];
    let rows = || vec![row(Owner::Symbol, "a", 4, 8), row(Owner::Symbol, "b", 400, 4), row(Owner::Symbol, "c", 4, 80)];
    assert_eq!(located(parts.clone(), RegionKind::Flash, rows(), 2), "? 3-4 5-6");
    assert_eq!(located(parts, RegionKind::Flash, rows(), 3), "1-2 3-4 5-6");
}
