//! What changed between two ledgers, told in rows that sum to the byte.

mod support;

use ounce_analysis::comparison::{Change, RegionDelta};
use ounce_analysis::delta::{function_deltas, region_deltas};
use ounce_protocol::ids::{ImageId, RegionName};
use ounce_protocol::measurement::{FunctionCount, Ledger, Owner, RegionKind, RegionLedger, Row};
use ounce_protocol::units;
use support::Seeded;

fn row(owner: Owner, name: &str, linkage: &str, section: &str, bytes: u64) -> Row {
    let linkage = (linkage != name).then(|| linkage.to_owned());
    Row { owner, name: name.into(), linkage, group: "C".into(), section: section.into(), bytes, ..Row::default() }
}

fn f(name: &str, bytes: u64) -> Row {
    row(Owner::Symbol, name, name, ".text", bytes)
}

fn ledger(rows: Vec<Row>) -> Ledger {
    let region = RegionLedger {
        name: RegionName::parse("flash").unwrap(),
        kind: RegionKind::Flash,
        size_bytes: 1 << 20,
        used_bytes: rows.iter().map(|r| r.bytes).sum(),
        rows,
    };
    Ledger { image: ImageId::parse(&"0".repeat(64)).unwrap(), regions: vec![region], outside: vec![], anatomy: None }
}

fn delta(base: Vec<Row>, head: Vec<Row>) -> RegionDelta {
    let delta = region_deltas(&ledger(base), &ledger(head)).remove(0);
    let sum: i64 = delta.rows.iter().map(|r| units::delta(r.base_bytes, r.head_bytes)).sum();
    assert_eq!(sum, units::delta(delta.base_bytes, delta.head_bytes));
    delta
}

/// The rows as `+8 f grown`, joined by commas.
fn told(base: Vec<Row>, head: Vec<Row>) -> String {
    let word = |change: &Change| match change {
        Change::Renamed { from } => format!("was {from}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let line =
        |r: ounce_analysis::comparison::RowDelta| format!("{:+} {} {}", units::delta(r.base_bytes, r.head_bytes), r.name, word(&r.change));
    delta(base, head).rows.into_iter().map(line).collect::<Vec<_>>().join(", ")
}

#[test]
fn owners_are_matched_by_what_a_rebuild_leaves_alone() {
    let check = |base: &[Row], head: &[Row], want: &str| assert_eq!(told(base.to_vec(), head.to_vec()), want);
    check(&[], &[], "");
    check(&[f("a", 8)], &[f("a", 8)], "");
    check(&[f("a", 8)], &[f("a", 12)], "+4 a grown");
    check(&[f("a", 8)], &[f("a", 2)], "-6 a shrunk");
    check(&[f("a", 8)], &[], "-8 a removed");
    check(&[], &[f("a", 8)], "+8 a added");
    // Largest change first.
    check(&[f("a", 8), f("b", 8)], &[f("a", 9), f("b", 2), f("c", 3)], "-6 b shrunk, +3 c added, +1 a grown");
    // Another section.
    check(&[row(Owner::Symbol, "a", "a", ".text", 8)], &[row(Owner::Symbol, "a", "a", ".fast", 8)], "");
    // A crate's new version: other disambiguators, the same name.
    let v0 = |hash: &str, bytes| row(Owner::Symbol, "core::fmt::write", &format!("_RNvNtCs{hash}_4core3fmt5write"), ".text", bytes);
    check(&[v0("1", 8)], &[v0("2", 8)], "");
    check(&[v0("1", 8)], &[v0("2", 10)], "+2 core::fmt::write grown");
    // Instances of one generic: those of one size are the same ones.
    let two = |a: &str, b: &str, x, y| vec![v0(a, x), v0(b, y)];
    check(&two("1", "2", 8, 20), &two("3", "4", 20, 8), "");
    check(&two("1", "2", 8, 20), &two("3", "4", 20, 9), "+1 core::fmt::write grown");
    check(&two("1", "2", 8, 20), &[v0("3", 20)], "-8 core::fmt::write removed");
    // Clone suffixes and numbers.
    check(&[f("a.llvm.17", 8)], &[f("a.llvm.99", 8)], "");
    check(&[f("a.part.0", 8)], &[f("a.part.1", 9)], "+1 a.part.1 grown");
    check(&[f("OUTLINED_FUNCTION_0", 4), f("OUTLINED_FUNCTION_1", 6)], &[f("OUTLINED_FUNCTION_0", 6)], "-4 OUTLINED_FUNCTION_0 removed");
    // A new name or another module, the same size.
    check(&[f("a::old::run", 40)], &[f("a::new::run", 40)], "+0 a::new::run was a::old::run");
    check(&[f("a::old::run", 40)], &[f("a::new::run", 44)], "+44 a::new::run added, -40 a::old::run removed");
    check(&[f("a::run", 40)], &[f("a::walk", 40)], "-40 a::run removed, +40 a::walk added");
}

#[test]
fn what_has_no_name_is_summed() {
    let base = vec![
        f("a", 8),
        row(Owner::Padding, "padding in .text", "padding in .text", ".text", 2),
        row(Owner::Padding, "p", "p", ".rodata", 1),
    ];
    let literals = row(Owner::Unattributed, "unattributed in .rodata", "unattributed in .rodata", ".rodata", 90);
    let head = vec![f("a", 8), row(Owner::Padding, "padding in .text", "padding in .text", ".text", 7), literals];
    assert_eq!(told(base, head), "+90 unattributed added, +4 padding grown");
    let vectors = |bytes| vec![row(Owner::Section, ".vectors", ".vectors", ".vectors", bytes)];
    assert_eq!(told(vectors(64), vectors(68)), "+4 .vectors grown");
}

#[test]
fn a_region_that_is_new_is_all_added() {
    let mut base = ledger(vec![]);
    base.regions.clear();
    let delta = region_deltas(&base, &ledger(vec![f("a", 8)])).remove(0);
    assert_eq!((delta.base_bytes, delta.head_bytes, delta.rows.len()), (0, 8, 1));
}

#[test]
fn rows_sum_to_the_difference_whatever_the_ledgers() {
    let mut changes = 0;
    for seed in 0..2000 {
        let random = &mut Seeded(seed);
        let names =
            ["a::f", "b::f", "c::g::<u8>", "x.llvm.1", "x.llvm.2", "y.0", "OUTLINED_FUNCTION_1", "OUTLINED_FUNCTION_2", "<A as B>::f"];
        let mut side = || {
            let rows = (0..random.below(12)).map(|_| {
                let owner =
                    *random.pick(&[Owner::Symbol, Owner::Symbol, Owner::Symbol, Owner::Section, Owner::Padding, Owner::Unattributed]);
                let linkage = format!("l{}", random.below(6));
                row(owner, names[random.below(names.len())], &linkage, [".text", ".rodata"][random.below(2)], 1 + random.below(6) as u64)
            });
            rows.collect::<Vec<_>>()
        };
        let (base, head) = (side(), side());
        let there = delta(base.clone(), head.clone());
        let back = delta(head.clone(), base.clone());
        let sizes = |d: &RegionDelta, swap: bool| {
            let mut all: Vec<_> =
                d.rows.iter().map(|r| if swap { (r.head_bytes, r.base_bytes) } else { (r.base_bytes, r.head_bytes) }).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(sizes(&there, false), sizes(&back, true), "there and back, seed {seed}");
        assert_eq!(delta(base.clone(), base).rows, [], "a ledger does not differ from itself, seed {seed}");
        changes += there.rows.len();
    }
    assert!(changes > 5000);
}

#[test]
fn functions_sum_to_the_difference_of_their_profiles() {
    let profile =
        |rows: &[(&str, u64)]| rows.iter().map(|&(n, instructions)| FunctionCount { name: n.into(), instructions }).collect::<Vec<_>>();
    let base =
        profile(&[("loop", 1000), ("hash.llvm.1", 50), ("gone", 7), ("same", 5), ("OUTLINED_FUNCTION_1", 3), ("OUTLINED_FUNCTION_2", 4)]);
    let head = profile(&[("loop", 900), ("hash.llvm.2", 50), ("new", 9), ("same", 5), ("OUTLINED_FUNCTION_1", 4)]);
    let rows: Vec<_> = function_deltas(&base, &head).into_iter().map(|f| (f.name, f.base, f.head)).collect();
    let want = [("loop", 1000, 900), ("new", 0, 9), ("gone", 7, 0), ("OUTLINED_FUNCTION_*", 7, 4)];
    assert_eq!(rows, want.map(|(n, b, h)| (n.to_owned(), b, h)));
    let total = |p: &[FunctionCount]| p.iter().map(|f| f.instructions).sum::<u64>();
    let sum: i64 = rows.iter().map(|(_, b, h)| units::delta(*b, *h)).sum();
    assert_eq!(sum, units::delta(total(&base), total(&head)));
}
