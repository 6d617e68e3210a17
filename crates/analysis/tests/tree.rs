//! A region's bytes level by level: where each row is, and that all levels sum.

mod support;

use ounce_analysis::names;
use ounce_analysis::tree::{By, DEPTH_MAX, DeltaNode, Node, tree, tree_delta};
use ounce_protocol::ids::RegionName;
use ounce_protocol::measurement::{Owner, RegionKind, RegionLedger, Row};
use support::Seeded;

fn region(rows: Vec<Row>) -> RegionLedger {
    let used_bytes = rows.iter().map(|r| r.bytes).sum();
    RegionLedger { name: RegionName::parse("flash").unwrap(), kind: RegionKind::Flash, size_bytes: 1 << 20, used_bytes, rows }
}

/// A symbol as the ledger makes it of a linkage name.
fn symbol(linkage: &str, bytes: u64) -> Row {
    let names::Name { display, group } = names::name(linkage.as_bytes());
    let linkage = (linkage != display).then(|| linkage.to_owned());
    Row { name: display, linkage, group, section: ".text".into(), bytes, ..Row::default() }
}

fn other(owner: Owner, name: &str, section: &str, bytes: u64) -> Row {
    Row { owner, name: name.into(), group: section.into(), section: section.into(), bytes, ..Row::default() }
}

/// A constant of a function.
fn constant(name: &str, function: &Row, bytes: u64) -> Row {
    let of = Some(function.name.clone());
    Row { of, group: function.group.clone(), ..other(Owner::Reference, name, ".rodata", bytes) }
}

/// The tree as lines of `bytes name`, indented.
fn drawn(node: &Node) -> String {
    fn draw(node: &Node, depth: usize, out: &mut String) {
        *out += &format!("{}{} {}\n", "  ".repeat(depth), node.bytes, node.name);
        node.children.iter().for_each(|child| draw(child, depth + 1, out));
    }
    let mut out = String::new();
    draw(node, 0, &mut out);
    out
}

/// An image with some of all.
fn image() -> RegionLedger {
    let run = symbol("_RNvNtCs1_2my3app3run", 300);
    let object = |row: Row, object: &str| Row { object: Some(object.into()), ..row };
    region(vec![
        run.clone(),
        constant("\"started\"", &run, 8),
        symbol("_RNCNvNtCs1_2my3app3run0B5_", 40),
        symbol("_RNvXs_NtCs1_2my3fooNtB4_3BarNtNtCs5_4core3fmt5Debug3fmt", 90),
        symbol("_RINvNtCs9_4core3ptr4readhECs1_2my", 10),
        symbol("_RINvNtCs9_4core3ptr4readtECs1_2my", 12),
        symbol("_RINvNtCs9_4core3ptr5writehECs1_2my", 9),
        object(symbol("sin", 200), "libm.a(sin.o)"),
        object(symbol("buffer.3", 64), "main.o"),
        symbol("_ZNSt6vectorIiSaIiEE9push_backEOi", 60),
        other(Owner::Section, ".vectors", ".vectors", 128),
        other(Owner::Shared, "\"ok\"", ".rodata", 3),
        other(Owner::Padding, "padding in .text", ".text", 5),
        other(Owner::Padding, "padding in .rodata", ".rodata", 1),
        other(Owner::Unattributed, "unattributed in .rodata", ".rodata", 7),
    ])
}

#[test]
fn a_program_is_crates_modules_and_functions_with_their_constants() {
    let root = tree(&image(), By::Crate);
    insta::assert_snapshot!(drawn(&root), @r#"
    937 flash
      438 my
        348 app
          348 run
            40 {closure#0}
            8 "started"
        90 foo
          90 Bar
            90 Debug::fmt
      264 C
        200 libm.a
          200 sin.o
            200 sin
        64 main.o
          64 buffer
      128 .vectors
      60 C++
        60 std
          60 vector<_>
            60 push_back
      31 core
        31 ptr
          22 read::<_>
          9 write::<_>
      7 (unattributed)
      6 (padding)
      3 .rodata
        3 "ok"
    "#);
    let run = &root.children[0].children[0].children[0];
    assert_eq!((run.name.as_str(), run.bytes, run.own_bytes(), &run.rows[..]), ("run", 348, 300, &[0][..]));
}

#[test]
fn objects_are_members_of_their_archive() {
    insta::assert_snapshot!(drawn(&tree(&image(), By::Object)), @r#"
    937 flash
      660 (no object known)
        521 .text
          300 my::app::run
          90 <my::foo::Bar as core::fmt::Debug>::fmt
          60 std::vector<int, std::allocator<int> >::push_back(int&&)
          40 my::app::run::{closure#0}
          12 core::ptr::read::<u16>
          10 core::ptr::read::<u8>
          9 core::ptr::write::<u8>
        128 .vectors
        11 .rodata
          8 "started"
          3 "ok"
      200 libm.a
        200 sin.o
          200 .text
            200 sin
      64 main.o
        64 .text
          64 buffer
      7 (unattributed)
      6 (padding)
    "#);
}

#[test]
fn sections_hold_groups() {
    insta::assert_snapshot!(drawn(&tree(&image(), By::Section)), @r#"
    937 flash
      790 .text
        430 my
          300 my::app::run
          90 <my::foo::Bar as core::fmt::Debug>::fmt
          40 my::app::run::{closure#0}
        264 C
          200 sin
          64 buffer
        60 C++
          60 std::vector<int, std::allocator<int> >::push_back(int&&)
        31 core
          12 core::ptr::read::<u16>
          10 core::ptr::read::<u8>
          9 core::ptr::write::<u8>
        5 (padding)
      128 .vectors
      19 .rodata
        8 my
          8 "started"
        7 (unattributed)
        3 .rodata
          3 "ok"
        1 (padding)
    "#);
}

#[test]
fn generics_have_their_copies() {
    let root = tree(&image(), By::Generic);
    insta::assert_snapshot!(drawn(&root), @r#"
    937 flash
      833 (not generic)
      69 (single instances)
      22 core::ptr::read::<_>
        12 core::ptr::read::<u16>
        10 core::ptr::read::<u8>
      7 (unattributed)
      6 (padding)
    "#);
    let read = root.children.iter().find(|node| node.name == "core::ptr::read::<_>").unwrap();
    assert_eq!((read.row_count(), read.bytes), (2, 22));
}

#[test]
fn two_images_are_laid_over_each_other() {
    let before = region(vec![symbol("_RNvNtCs1_2my1a1f", 40), symbol("_RNvNtCs1_2my1a1g", 7), symbol("buffer.1", 64)]);
    let after = region(vec![symbol("_RNvNtCs7_2my1b1f", 44), symbol("_RNvNtCs7_2my1a1g", 7), symbol("buffer.2", 64)]);
    let check = |node: &DeltaNode, base: u64, head: u64, children: &[&str]| {
        let names: Vec<&str> = node.children.iter().map(|c| c.name.as_str()).collect();
        assert_eq!((node.base_bytes, node.head_bytes, &names[..]), (base, head, children), "{}", node.name);
    };
    let root = tree_delta(&before, &after, By::Crate);
    check(&root, 111, 115, &["my", "C"]);
    let my = &root.children[0];
    check(my, 47, 51, &["b", "a"]);
    check(&my.children[0], 0, 44, &["f"]);
    check(&my.children[1], 47, 7, &["f", "g"]);
    // Renumbered is the same.
    check(&root.children[1], 64, 64, &["buffer"]);
    // A generic with one instance at the base and two at the head is one node.
    let instance = |t: &str| symbol(&format!("_RINvNtCs9_4core3ptr4read{t}ECs1_2my"), 10);
    let root = tree_delta(&region(vec![instance("h")]), &region(vec![instance("h"), instance("t")]), By::Generic);
    check(&root, 10, 20, &["core::ptr::read::<_>"]);
}

#[test]
fn small_parts_are_one_part_of_a_picture() {
    let rows = [("a", 100), ("b", 9), ("c", 8), ("d", 7)].map(|(name, bytes)| symbol(name, bytes));
    let pruned = |bytes_min| drawn(&tree(&region(rows.to_vec()), By::Crate).pruned(bytes_min));
    assert_eq!(pruned(0), "124 flash\n  124 C\n    100 a\n    9 b\n    8 c\n    7 d\n");
    assert_eq!(pruned(8), pruned(0), "one alone keeps its name");
    assert_eq!(pruned(10), "124 flash\n  124 C\n    100 a\n    24 (3 smaller)\n");
    assert_eq!(pruned(1000), "124 flash\n  124 C\n");
}

fn assert_sums(node: &Node, region: &RegionLedger, depth: usize, seen: &mut Vec<usize>) {
    let own: u64 = node.rows.iter().map(|&row| region.rows[row].bytes).sum();
    let below: u64 = node.children.iter().map(|child| child.bytes).sum();
    assert_eq!(node.bytes, own + below, "{}", node.name);
    assert_eq!(node.own_bytes(), own);
    assert!(depth <= DEPTH_MAX && !node.name.is_empty());
    assert!(node.children.is_sorted_by(|a, b| (b.bytes, &a.name) <= (a.bytes, &b.name)), "{}", node.name);
    seen.extend(&node.rows);
    node.children.iter().for_each(|child| assert_sums(child, region, depth + 1, seen));
}

fn assert_delta_sums(node: &DeltaNode, base: Option<&Node>, head: Option<&Node>) {
    assert_eq!((node.base_bytes, node.head_bytes), (base.map_or(0, |n| n.bytes), head.map_or(0, |n| n.bytes)), "{}", node.name);
    for child in &node.children {
        let of = |side: Option<&'_ Node>| side.and_then(|n| n.children.iter().position(|c| c.name == child.name));
        let (b, h) = (of(base), of(head));
        assert!(b.is_some() || h.is_some(), "{}", child.name);
        assert_delta_sums(child, b.map(|at| &base.unwrap().children[at]), h.map(|at| &head.unwrap().children[at]));
    }
}

#[test]
fn every_level_sums_whatever_the_ledger() {
    use Owner::{Map, Padding, Reference, Section, Shared, Symbol, Text, Unattributed, Unwind};
    let deep = "a::".repeat(300) + "f";
    let closures = format!("<{}x as y>::z{}", "a::".repeat(99), "::{closure#0}".repeat(60));
    let names = [
        "a::f",
        "a::f::{closure#0}",
        "a::g::<u8>",
        "a::g::<u16>",
        "<a::B as c::D>::e",
        "",
        "::",
        "x.llvm.1",
        "OUTLINED_FUNCTION_4",
        "(padding)",
        "<<<",
        &deep,
        &closures,
    ];
    for seed in 0..1000 {
        let random = &mut Seeded(seed);
        let mut side = || {
            let rows = (0..random.below(20)).map(|_| Row {
                owner: *random.pick(&[Symbol, Symbol, Symbol, Map, Reference, Shared, Text, Unwind, Section, Padding, Unattributed]),
                name: random.pick(&names).to_string(),
                linkage: random.one_in(3).then(|| "_RNvYhNtC1a1b".into()),
                group: random.pick(&["a", "C", "C++", "", ".text"]).to_string(),
                section: random.pick(&[".text", ".rodata"]).to_string(),
                of: random.one_in(4).then(|| random.pick(&names).to_string()),
                object: random.one_in(3).then(|| random.pick(&["x.o", "lib.a(x.o)", "", "()", "lib.a("]).to_string()),
                shape: None,
                bytes: random.below(30) as u64,
            });
            region(rows.collect())
        };
        let (base, head) = (side(), side());
        for by in [By::Crate, By::Object, By::Section] {
            let [b, h] = [&base, &head].map(|region| {
                let (root, mut seen) = (tree(region, by), Vec::new());
                assert_eq!(root.bytes, region.used_bytes);
                assert_sums(&root, region, 0, &mut seen);
                seen.sort_unstable();
                assert_eq!(seen, (0..region.rows.len()).collect::<Vec<_>>(), "each row is at one node, seed {seed}");
                root
            });
            assert_delta_sums(&tree_delta(&base, &head, by), Some(&b), Some(&h));
        }
        let generic = tree_delta(&base, &head, By::Generic);
        assert_eq!((generic.base_bytes, generic.head_bytes), (base.used_bytes, head.used_bytes));
        assert_sums(&tree(&base, By::Generic), &base, 0, &mut Vec::new());
    }
}

#[test]
fn a_tree_is_read_back_from_json_however_deep() {
    let deep = symbol(&("a::".repeat(300) + "f"), 5);
    let function = Row { group: "a".into(), ..deep };
    let root = tree(&region(vec![constant("\"x\"", &function, 2), function]), By::Crate);
    let text = serde_json::to_string(&root).unwrap();
    assert_eq!(serde_json::from_str::<Node>(&text).unwrap(), root);
    assert!(text.starts_with(r#"{"name":"flash","bytes":7,"children":["#), "{text}");
}
