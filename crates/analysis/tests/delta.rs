//! What changed between two ledgers, told in rows that sum to the byte.

mod support;

use ounce_analysis::comparison::{BoardState, Change, Moved, RegionDelta, RowDelta};
use ounce_analysis::delta::{Profiles, function_deltas, region_deltas, region_deltas_with};
use ounce_analysis::{BoardInput, Judgement, judge};
use ounce_protocol::ids::{BenchName, BoardName, CommitSha, ImageId, RegionName};
use ounce_protocol::manifest::Manifest;
use ounce_protocol::measurement::{
    BenchOutcome, Count, Fingerprint, FunctionCount, Ledger, Measurement, Outcome, Owner, RegionKind, RegionLedger, Row, SCHEMA,
};
use ounce_protocol::units;
use support::Seeded;

fn row(owner: Owner, name: &str, linkage: &str, section: &str, bytes: u64) -> Row {
    let linkage = (linkage != name).then(|| linkage.to_owned());
    Row { owner, name: name.into(), linkage, group: "C".into(), section: section.into(), bytes, ..Row::default() }
}

/// A function.
fn f(name: &str, bytes: u64) -> Row {
    row(Owner::Symbol, name, name, ".text", bytes)
}

/// A symbol with its mangled name: what the ledger makes of it.
fn mangled(linkage: &str, bytes: u64) -> Row {
    let name = ounce_analysis::names::name(linkage.as_bytes());
    Row { group: name.group, ..row(Owner::Symbol, &name.display, linkage, ".text", bytes) }
}

fn shaped(row: Row, shape: u32) -> Row {
    Row { shape: Some(shape), ..row }
}

/// A text that `of` refers to, or several.
fn text(name: &str, of: Option<&str>, bytes: u64) -> Row {
    let owner = if of.is_some() { Owner::Reference } else { Owner::Shared };
    Row { of: of.map(str::to_owned), ..row(owner, name, name, ".rodata", bytes) }
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
    assert_eq!(sum(&delta), units::delta(delta.base_bytes, delta.head_bytes));
    delta
}

fn sum(delta: &RegionDelta) -> i64 {
    delta.rows.iter().map(|r| units::delta(r.base_bytes, r.head_bytes)).sum()
}

/// A row as `+8 f grown`.
fn line(r: &RowDelta) -> String {
    let word = match &r.change {
        Change::Renamed { from } => format!("was {from}"),
        Change::Moved { from } => format!("moved from {from}"),
        Change::Copies { base, head } => format!("{base} → {head} copies"),
        other => format!("{other:?}").to_lowercase(),
    };
    let of = r.of.as_ref().map_or(String::new(), |of| format!(" of {of}"));
    format!("{:+} {}{of} {word}", units::delta(r.base_bytes, r.head_bytes), r.name)
}

/// The rows, joined by commas.
fn told(base: Vec<Row>, head: Vec<Row>) -> String {
    delta(base, head).rows.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn check(base: &[Row], head: &[Row], want: &str) {
    assert_eq!(told(base.to_vec(), head.to_vec()), want);
}

#[test]
fn owners_are_matched_by_what_a_rebuild_leaves_alone() {
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
    // Those of one name and size are the same ones.
    let two = |a: &str, b: &str, x, y| vec![v0(a, x), v0(b, y)];
    check(&two("1", "2", 8, 20), &two("3", "4", 20, 8), "");
    check(&two("1", "2", 8, 20), &two("3", "4", 20, 9), "+1 core::fmt::write grown");
    check(&two("1", "2", 8, 20), &[v0("3", 20)], "-8 core::fmt::write 2 → 1 copies");
    // Clone suffixes and numbers.
    check(&[f("a.llvm.17", 8)], &[f("a.llvm.99", 8)], "");
    check(&[f("a.part.0", 8)], &[f("a.part.1", 9)], "+1 a.part.1 grown");
    check(&[f("a.lto_priv.0", 8), f("a", 8)], &[f("a", 8), f("a.lto_priv.3", 8)], "");
    check(&[f("g(int) [clone .part.0]", 8)], &[f("g(int) [clone .part.1]", 8)], "");
}

#[test]
fn a_crate_version_bump_alone_changes_nothing() {
    // Other disambiguators, which are of another length and so move all that refers back; another crate that instances are made in; other hashes.
    let build = |core: &str, my: &str, hash: &str| {
        vec![
            mangled(&format!("_RNvNtCs{core}_4core3fmt5write"), 80),
            mangled(&format!("_RINvNtCs{core}_4core3ptr4readhECs{my}_2my"), 6),
            mangled(&format!("_RNvCs{my}_2my3run.llvm.{hash}"), 300),
            mangled(&format!("_ZN4core3fmt9Formatter3pad17h{hash}E"), 120),
            mangled(&format!("switch.table._RNvCs{my}_2my3run"), 16),
            row(Owner::Symbol, &format!("anon.{hash}.3"), &format!("anon.{hash}.3"), ".rodata", 12),
        ]
    };
    let (base, head) = (build("1", "2", "0123456789012345"), build("kPaZ9", "4gH", "9876543210987654"));
    assert!(base.iter().zip(&head).all(|(b, h)| b.linkage != h.linkage || b.name != h.name), "a bump changes the linkage names");
    check(&base, &head, "");
    // So do the names of rustc's object files.
    let from = |object: &str, rows: &[Row]| -> Vec<Row> { rows.iter().map(|r| Row { object: Some(object.into()), ..r.clone() }).collect() };
    check(&from("my.1a-cgu.0.o", &base), &from("my.2b-cgu.0.o", &head), "");
}

#[test]
fn a_name_too_long_to_show_outlives_a_version_bump() {
    let long = |crate_hash: &str| {
        let modules: String = (0..90).map(|i| format!("15module_number{i:02}")).collect();
        mangled(&format!("_R{}Cs{crate_hash}_2my{modules}", "Nt".repeat(89) + "Nv"), 40)
    };
    let (base, head) = (long("1"), long("2"));
    assert!(base.name.contains('…'), "{}", base.name);
    assert_eq!(base.name, head.name);
    check(&[base], &[head], "");
}

#[test]
fn outlined_functions_renumbered_are_nothing() {
    let outlined = |sizes: &[u64]| -> Vec<Row> {
        let number = |(n, &bytes): (usize, &u64)| f(&format!("OUTLINED_FUNCTION_{n}"), bytes);
        sizes.iter().enumerate().map(number).collect()
    };
    check(&outlined(&[4, 6, 8, 10]), &outlined(&[10, 4, 8, 6]), "");
    // One more at the front renumbers all.
    check(&outlined(&[4, 6, 8]), &outlined(&[12, 4, 6, 8]), "+12 OUTLINED_FUNCTION_* 3 → 4 copies");
    check(&outlined(&[4, 6]), &outlined(&[6]), "-4 OUTLINED_FUNCTION_* 2 → 1 copies");
    check(&outlined(&[4, 6]), &outlined(&[6, 5]), "+1 OUTLINED_FUNCTION_1 grown");
    // What is in them tells more than their sizes.
    let by_content = |all: &[(u32, u64)]| -> Vec<Row> {
        all.iter().enumerate().map(|(n, &(shape, bytes))| shaped(f(&format!("buffer.{n}"), bytes), shape)).collect()
    };
    check(&by_content(&[(1, 8), (2, 8)]), &by_content(&[(2, 8), (3, 12)]), "+4 buffer.1 grown");
    // Nor in the number: the nearest in size.
    check(&outlined(&[4, 100]), &outlined(&[103, 6]), "+3 OUTLINED_FUNCTION_0 grown, +2 OUTLINED_FUNCTION_1 grown");
    check(&[f("b.1", 100)], &[f("b.1", 8), f("b.2", 104)], "+8 b.1 added, +4 b.2 grown");
}

#[test]
fn a_function_moved_to_another_module_is_one_moved_row() {
    check(&[f("a::old::run", 40)], &[f("a::new::run", 40)], "+0 a::new::run moved from a::old::run");
    // It changed on the way: the only one of its name on each side.
    check(&[f("a::old::run", 40)], &[f("a::new::run", 44)], "+4 a::new::run moved from a::old::run");
    check(
        &[f("<a::x::Foo>::new", 40), f("a::new", 7)],
        &[f("<a::y::Foo>::new", 44), f("a::new", 7)],
        "+4 <a::y::Foo>::new moved from <a::x::Foo>::new",
    );
    // Several have the name: size alone must tell.
    let three = ["a::x::init", "a::y::init", "a::z::init"];
    check(
        &three.map(|n| f(n, 9)),
        &[f("a::x::init", 9), f("a::w::init", 9), f("a::v::init", 9)],
        "+0 a::v::init moved from a::y::init, +0 a::w::init moved from a::z::init",
    );
    check(
        &[f("a::x::init", 9), f("a::y::init", 8)],
        &[f("a::x::init", 9), f("a::w::init", 7)],
        "-8 a::y::init removed, +7 a::w::init added",
    );
    // Content before size.
    check(
        &[shaped(f("a::x::run", 40), 1), shaped(f("a::y::run", 40), 2)],
        &[shaped(f("a::v::run", 40), 2), shaped(f("a::w::run", 40), 1)],
        "+0 a::v::run moved from a::y::run, +0 a::w::run moved from a::x::run",
    );
    // Another section or object alone is no row.
    let object = |section: &str, object: &str| Row { object: Some(object.into()), ..row(Owner::Symbol, "a", "a", section, 8) };
    check(&[object(".text", "x.o")], &[object(".fast", "y.o")], "");
    // Statics of one name in two files.
    let (x, y) = (|bytes| Row { bytes, ..object(".text", "x.o") }, |bytes| Row { bytes, ..object(".text", "y.o") });
    check(&[x(8), y(20)], &[x(20), y(8)], "+12 a grown, -12 a shrunk");
    // Numbered, and those of one name in two sections.
    let numbered = |n: u8, row: Row| Row { name: format!("a.{n}"), ..row };
    check(&[numbered(1, x(8)), numbered(2, y(20))], &[numbered(3, x(20)), numbered(4, y(8))], "+12 a.3 grown, -12 a.4 shrunk");
    check(&[f("a", 8), object(".fast", "x.o")], &[f("a", 9), object(".fast", "x.o")], "+1 a grown");
    let fast = |bytes| row(Owner::Symbol, "a", "a", ".fast", bytes);
    check(&[f("a", 8), fast(20)], &[f("a", 20), fast(8)], "+12 a grown, -12 a shrunk");
    // Its type is another one too.
    check(&[f("<a::Foo>::run", 40)], &[f("<b::Bar>::run", 40)], "+0 <b::Bar>::run moved from <a::Foo>::run");
    check(&[shaped(f("<a::Foo>::run", 4), 1)], &[shaped(f("<b::Bar>::run", 4), 1)], "+0 <b::Bar>::run moved from <a::Foo>::run");
    // Not because all types have a `clone`, many of one size; nor what is short, from another crate.
    let of = |group: &str, name: &str, bytes| Row { group: group.into(), ..f(name, bytes) };
    check(
        &[of("a", "<a::U as core::clone::Clone>::clone", 40)],
        &[of("b", "<b::V as core::clone::Clone>::clone", 40)],
        "-40 <a::U as core::clone::Clone>::clone removed, +40 <b::V as core::clone::Clone>::clone added",
    );
    check(&[of("a", "a::init", 8)], &[of("b", "b::init", 8)], "-8 a::init removed, +8 b::init added");
    check(&[of("a", "a::init", 80)], &[of("b", "b::init", 80)], "+0 b::init moved from a::init");
    // Among many of one name and size, those of its type.
    let stay = [f("<a::w::Foo>::new", 7), f("<a::w::Bar>::new", 7)];
    let with = |more: [&str; 2]| [&stay[..], &more.map(|name| f(name, 40))].concat();
    check(
        &with(["<a::x::Foo>::new", "<a::y::Bar>::new"]),
        &with(["<a::z::Foo>::new", "<a::v::Bar>::new"]),
        "+0 <a::v::Bar>::new moved from <a::y::Bar>::new, +0 <a::z::Foo>::new moved from <a::x::Foo>::new",
    );
}

#[test]
fn a_function_by_another_name_is_one_renamed_row() {
    check(&[f("a::run", 40)], &[f("a::walk", 40)], "+0 a::walk was a::run");
    check(&[f("run", 40)], &[f("walk", 40)], "+0 walk was run");
    // Which one of two is not known; nor is it worth a guess for what is small.
    check(&[f("run", 40)], &[f("walk", 40), f("swim", 40)], "-40 run removed, +40 swim added, +40 walk added");
    check(&[f("run", 4)], &[f("walk", 4)], "-4 run removed, +4 walk added");
    // Where many came and went, some have one size by chance.
    let many = |prefix: &str, bytes: u64| -> Vec<Row> { (0..17).map(|n| f(&format!("{prefix}{n}"), bytes + 100 * n)).collect() };
    assert!(delta(many("old", 40), many("new", 40)).rows.iter().all(|r| matches!(r.change, Change::Added | Change::Removed)));
    // Content tells.
    check(&[shaped(f("run", 4), 1)], &[shaped(f("walk", 4), 1)], "+0 walk was run");
    let of = |group: &str, name: &str| Row { group: group.into(), ..shaped(f(name, 4), 1) };
    check(&[of("a", "run")], &[of("b", "walk")], "+0 walk was run");
    check(&[of("a", "m"), of("b", "n")], &[of("b", "o"), of("a", "p")], "+0 o was n, +0 p was m");
    check(&[shaped(f("run", 40), 1)], &[shaped(f("walk", 40), 2)], "-40 run removed, +40 walk added");
    check(&[shaped(f("run", 40), 1)], &[shaped(f("walk", 40), 1), shaped(f("swim", 40), 2)], "+40 swim added, +0 walk was run");
}

#[test]
fn a_string_added_to_a_function_is_that_functions() {
    let base = [f("main", 80), text("\"hello\"", Some("main"), 6)];
    let more = [base.to_vec(), vec![text("\"bye\"", Some("main"), 4)]].concat();
    check(&base, &more, "+4 \"bye\" of main added");
    // Corrected: the one of that function that changed is the one it was.
    check(&base, &[f("main", 80), text("\"hello!\"", Some("main"), 7)], "+1 \"hello!\" of main was \"hello\"");
    // Another function uses it too: no byte of it came or went.
    check(&base, &[f("main", 80), text("\"hello\"", None, 6)], "");
    check(&[text("\"a\"", Some("f"), 2), text("\"a\"", Some("g"), 2)], &[text("\"a\"", Some("g"), 2)], "-2 \"a\" of f removed");
    let elsewhere = Row { section: ".text".into(), ..text("\"a\"", Some("g"), 2) };
    check(&[text("\"a\"", Some("f"), 2), text("\"a\"", Some("g"), 2)], &[elsewhere], "-2 \"a\" of f removed");
    // Anonymous constants are numbered anew: each is its function's.
    let anon = |n: u8, of: &str, object: &str, bytes| Row {
        of: Some(of.into()),
        object: Some(object.into()),
        ..f(&format!("anon.ab.{n}"), bytes)
    };
    check(
        &[anon(1, "f", "1.o", 8), anon(2, "g", "1.o", 20)],
        &[anon(7, "f", "2.o", 20), anon(8, "g", "2.o", 8)],
        "+12 anon.ab.7 of f grown, -12 anon.ab.8 of g shrunk",
    );
    // A constant whose name is its place.
    check(&[shaped(text("16 B", Some("f"), 16), 7)], &[shaped(text("16 B at 8", None, 16), 7)], "+0 16 B at 8 was 16 B");
    // A table that has a name stays what it is when another function uses it too.
    let table = |of: Option<&str>| Row { of: of.map(str::to_owned), ..f("table", 64) };
    check(&[table(Some("f"))], &[table(None)], "");
    // Input sections of one name are told apart by what is in them.
    let map = |name: &str, bytes| row(Owner::Map, name, ".rodata.str1.1", ".rodata", bytes);
    check(&[map("\"a\"", 2), map("\"bcd\"", 4)], &[map("\"bcd\"", 4), map("\"a\"", 2)], "");
}

#[test]
fn one_more_instance_of_a_generic_is_three_to_four_copies() {
    let instances = |all: &[(&str, u64)]| -> Vec<Row> { all.iter().map(|(t, bytes)| f(&format!("<a::Foo<{t}>>::bar"), *bytes)).collect() };
    let three = instances(&[("u8", 100), ("u16", 110), ("u32", 120)]);
    let with = |more: &[(&str, u64)]| [three.clone(), instances(more)].concat();
    check(&three, &with(&[("u64", 184)]), "+184 a::Foo<_>::bar 3 → 4 copies");
    check(&with(&[("u64", 184)]), &three, "-184 a::Foo<_>::bar 4 → 3 copies");
    let row = delta(three.clone(), with(&[("u64", 184)])).rows.remove(0);
    assert_eq!((row.base_bytes, row.head_bytes), (330, 514));
    // Those that changed beside are in it.
    check(&three, &instances(&[("u8", 104), ("u16", 110), ("u32", 120), ("u64", 10)]), "+14 a::Foo<_>::bar 3 → 4 copies");
    // The number is the same: each for itself.
    check(&three, &instances(&[("u8", 104), ("u16", 108), ("u32", 120)]), "+4 <a::Foo<u8>>::bar grown, -2 <a::Foo<u16>>::bar shrunk");
    check(&three, &instances(&[("u8", 100), ("u16", 110), ("i32", 120)]), "+0 <a::Foo<i32>>::bar was <a::Foo<u32>>::bar");
    check(&three, &instances(&[("u8", 100), ("u16", 110), ("i32", 99)]), "-120 <a::Foo<u32>>::bar removed, +99 <a::Foo<i32>>::bar added");
    // A generic that is new, and one with a single instance.
    check(&[], &three, "+330 a::Foo<_>::bar 0 → 3 copies");
    check(&[], &three[..1], "+100 <a::Foo<u8>>::bar added");
    // It moved with all its instances.
    let moved: Vec<Row> = three.iter().map(|r| f(&r.name.replace("a::Foo", "a::new::Foo"), r.bytes)).collect();
    assert!(delta(three.clone(), moved).rows.iter().all(|r| matches!(r.change, Change::Moved { .. }) && r.base_bytes == r.head_bytes));
    // C++.
    let push = |t: &str, bytes| f(&format!("std::vector<{t}, std::allocator<{t}> >::push_back({t}&&)"), bytes);
    check(&[push("int", 60)], &[push("int", 60), push("char", 58)], "+58 std::vector<_>::push_back 1 → 2 copies");
    // Legacy names do not show what they are instances of.
    let legacy = |hash: &str, bytes| mangled(&format!("_ZN4core3ptr4read17h{hash}E"), bytes);
    let (one, two) = ("0123456789abcdef", "fedcba9876543210");
    check(&[legacy(one, 8)], &[legacy(one, 8), legacy(two, 12)], "+12 core::ptr::read 1 → 2 copies");
    // A second static function of a name is a second function.
    check(&[f("init", 8)], &[f("init", 8), f("init", 12)], "+12 init added");
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
fn bss_of_1024_more_is_1024_in_that_region_and_nowhere_else() {
    let build = |buffer: u64| {
        let mut both = ledger(vec![f("main", 80)]);
        let rows = vec![row(Owner::Symbol, "buffer", "buffer", ".bss", buffer), row(Owner::Symbol, "state", "state", ".data", 4)];
        let ram = RegionLedger { name: RegionName::parse("ram").unwrap(), kind: RegionKind::Ram, ..ledger(rows).regions.remove(0) };
        both.regions.push(ram);
        both
    };
    let deltas = region_deltas(&build(512), &build(1536));
    assert_eq!(deltas[0].rows, []);
    assert_eq!(deltas[1].rows.iter().map(line).collect::<Vec<_>>(), ["+1024 buffer grown"]);
}

#[test]
fn a_region_that_is_new_is_all_added() {
    let mut base = ledger(vec![]);
    base.regions.clear();
    let delta = region_deltas(&base, &ledger(vec![f("a", 8)])).remove(0);
    assert_eq!((delta.base_bytes, delta.head_bytes, delta.rows.len()), (0, 8, 1));
}

/// A ledger of owners of all kinds, most of them with namesakes.
fn any_side(random: &mut Seeded) -> Vec<Row> {
    use Owner::{Map, Padding, Reference, Section, Shared, Symbol, Text, Unattributed, Unwind};
    const OWNERS: [Owner; 13] =
        [Symbol, Symbol, Symbol, Symbol, Symbol, Map, Reference, Shared, Text, Unwind, Section, Padding, Unattributed];
    const NAMES: [&str; 16] = [
        "a::f",
        "b::f",
        "b::c::f",
        "c::g::<u8>",
        "c::g::<u16>",
        "c::g::<u32>",
        "x.llvm.1",
        "x.llvm.2",
        "y.0",
        "OUTLINED_FUNCTION_1",
        "OUTLINED_FUNCTION_2",
        "<A as B>::f",
        "<a::A<u8>>::h",
        "<b::A<u8>>::h",
        "\"text\"",
        "anon.12.3",
    ];
    let rows = (0..random.below(14)).map(|_| {
        let linkage = format!("{}{}", random.pick(&["l", "_RNvYhNtC1a1b"]), random.below(6));
        let (owner, name, section) = (*random.pick(&OWNERS), *random.pick(&NAMES), *random.pick(&[".text", ".rodata"]));
        let bytes = if random.one_in(10) { 0 } else { 14 + random.below(6) as u64 };
        Row {
            of: random.one_in(4).then(|| random.pick(&NAMES).to_string()),
            object: random.one_in(4).then(|| random.pick(&["x.o", "libm.a(y.o)"]).to_string()),
            shape: random.one_in(3).then(|| random.below(4) as u32),
            ..row(owner, name, &linkage, section, bytes)
        }
    });
    rows.collect()
}

#[test]
fn rows_sum_to_the_difference_whatever_the_ledgers() {
    let mut kinds = [0u32; 7];
    for seed in 0..4000 {
        let random = &mut Seeded(seed);
        let (base, head) = (any_side(random), any_side(random));
        let there = delta(base.clone(), head.clone());
        let back = delta(head.clone(), base.clone());
        let sizes = |d: &RegionDelta, swap: bool| {
            let mut all: Vec<_> =
                d.rows.iter().map(|r| if swap { (r.head_bytes, r.base_bytes) } else { (r.base_bytes, r.head_bytes) }).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(sizes(&there, false), sizes(&back, true), "there and back, seed {seed}");
        assert_eq!(delta(base.clone(), base.clone()).rows, [], "a ledger does not differ from itself, seed {seed}");
        // The order of the rows says nothing.
        let mut shuffled = [base, head];
        for rows in &mut shuffled {
            (1..rows.len()).for_each(|at| rows.swap(at, random.below(at + 1)));
        }
        let [base, head] = shuffled;
        assert_eq!(delta(base.clone(), head.clone()).rows, there.rows, "in another order, seed {seed}");
        // No row of the delta is of bytes that neither side has.
        let all = |rows: &[Row]| rows.iter().map(|r| r.bytes).sum::<u64>();
        assert!(there.rows.iter().map(|r| r.base_bytes).sum::<u64>() <= all(&base), "seed {seed}");
        assert!(there.rows.iter().map(|r| r.head_bytes).sum::<u64>() <= all(&head), "seed {seed}");
        for row in &there.rows {
            let kind = match row.change {
                Change::Added => 0,
                Change::Removed => 1,
                Change::Grown => 2,
                Change::Shrunk => 3,
                Change::Renamed { .. } => 4,
                Change::Moved { .. } => 5,
                Change::Copies { .. } => 6,
            };
            kinds[kind] += 1;
        }
    }
    assert!(kinds.iter().all(|&n| n > 200), "all kinds of change came up: {kinds:?}");
}

#[test]
fn a_changed_function_shows_its_own_instructions() {
    let profile = |rows: &[(&str, u64)]| -> Vec<FunctionCount> {
        rows.iter().map(|&(name, instructions)| FunctionCount { name: name.into(), instructions }).collect()
    };
    let instances = |all: &[(&str, u64)]| -> Vec<Row> { all.iter().map(|(t, bytes)| f(&format!("a::g::<{t}>"), *bytes)).collect() };
    let common = [f("same", 8), f("twice", 8), f("twice", 12), f("still", 10)];
    let base = [&common[..], &[f("loop", 80), f("a::x::hash", 60), f("gone", 20)], &instances(&[("u8", 40)])].concat();
    let head = [
        &common[..3],
        &[f("still", 16), f("loop", 90), f("a::y::hash", 60), f("new", 30), f("twice", 16), text("loop", Some("new"), 5)],
        &instances(&[("u8", 40), ("u16", 44)]),
    ]
    .concat();
    let mut profiles = Profiles::default();
    profiles.add(
        &profile(&[("loop", 900), ("a::x::hash", 500), ("gone", 7), ("same", 5), ("twice", 10), ("a::g::<u8>", 50), ("still", 3)]),
        &profile(&[
            ("loop", 700),
            ("a::y::hash", 400),
            ("new", 9),
            ("same", 6),
            ("twice", 20),
            ("a::g::<u8>", 20),
            ("a::g::<u16>", 35),
            ("still", 3),
        ]),
    );
    // A second benchmark.
    profiles.add(&profile(&[("loop", 100)]), &profile(&[("loop", 50)]));
    let delta = region_deltas_with(&ledger(base), &ledger(head), &profiles).remove(0);
    let told = |r: &RowDelta| r.instructions.map_or_else(|| format!("{}: -", r.name), |i| format!("{}: {} → {}", r.name, i.base, i.head));
    let told: Vec<String> = delta.rows.iter().map(told).collect();
    // `same` has no row, as none of its bytes changed. Nobody knows whose the count of one `twice` is. `still` executes what it did.
    let want =
        ["a::g::<_>: 50 → 55", "new: 0 → 9", "gone: 7 → 0", "twice: -", "loop: 1000 → 750", "still: -", "loop: -", "a::y::hash: 500 → 400"];
    assert_eq!(told, want);
}

#[test]
fn the_judge_hands_rows_the_instructions_that_are_exact_on_both_sides() {
    let manifest = Manifest::parse(
        r#"
version = 1
name = "pyrite"
[markers]
empty = "empty"
[boards.disco]
build = ["make"]
elf = "disco.elf"
regions = [{ name = "flash", kind = "flash", start = 0, size = 10000 }]
run = { qemu = { system = "arm", machine = "m" } }
[benchmarks.empty]
expect = "x"
[benchmarks.fib]
expect = "x"
[benchmarks.sort]
expect = "x"
"#,
    )
    .unwrap();
    let side = |bytes, instructions, image: &str, sort_is_exact: bool| {
        let count = |instructions, second_take| {
            let profile = vec![FunctionCount { name: "run".into(), instructions }];
            BenchOutcome::Counted(Count {
                instructions,
                second_take,
                stack_peak_bytes: None,
                heap_peak_bytes: None,
                estimated_cycles: None,
                profile,
            })
        };
        let sort = count(5000, Some(if sort_is_exact { 5000 } else { 5001 }));
        let benches = [("empty", count(70, None)), ("fib", count(instructions, None)), ("sort", sort)];
        let ledger = Ledger { image: ImageId::parse(&image.repeat(64)).unwrap(), ..ledger(vec![f("run", bytes)]) };
        Measurement {
            run_key: None,
            reused: None,
            schema: SCHEMA,
            board: BoardName::parse("disco").unwrap(),
            commit: CommitSha::parse(&"1".repeat(40)).unwrap(),
            fingerprint: Fingerprint::default(),
            outcome: Outcome::Built { ledger, benches: benches.map(|(name, o)| (BenchName::parse(name).unwrap(), o)).into() },
        }
    };
    let (base, head) = (side(80, 900, "1", true), side(84, 850, "2", false));
    let sha = CommitSha::parse(&"1".repeat(40)).unwrap();
    let boards = [(base.board.clone(), BoardInput::Measured { base: &base, head: &head })].into();
    let comparison = judge(&Judgement { manifest: &manifest, base: &sha, head: &sha, boards, manifest_changed: false });
    let BoardState::Compared(compared) = &comparison.boards[0].state else { panic!("{:?}", comparison.boards[0]) };
    // Not `sort`, whose takes differ at the head, and not the empty one.
    assert_eq!(compared.regions[0].rows[0].instructions, Some(Moved { base: 900, head: 850 }));
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
