//! The page of one file: nothing from outside of it, no text that is more than text, every figure, and no size it cannot have.

mod samples;

use base64::Engine as _;
use ounce_analysis::comparison::{Change, Moved, Reason, RegionDelta, RowDelta};
use ounce_analysis::tree::By;
use ounce_protocol::ids::{ImageId, RegionName};
use ounce_protocol::measurement::*;
use ounce_report::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

const HOSTILE: &[&str] = &[
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</style><!-- ]]>",
    "\u{202e}reversed\u{2066}\u{0}\u{1b}[31m\r\n",
    "日本語の名前🦀",
    "&lt;b&gt; &#0; &quot",
    "vm::<Vec<[u8; 3]> as fn() -> \"x\">::f",
    "",
];

fn image() -> ImageId {
    ImageId::parse(&"0a".repeat(32)).unwrap()
}

fn row(name: &str, group: &str, section: &str, bytes: u64) -> Row {
    Row { name: name.into(), group: group.into(), section: section.into(), bytes, ..Row::default() }
}

fn region(name: &str, kind: RegionKind, rows: Vec<Row>) -> RegionLedger {
    let used_bytes = rows.iter().map(|r| r.bytes).sum();
    RegionLedger { name: RegionName::parse(name).unwrap(), kind, size_bytes: 1 << 20, used_bytes, rows }
}

fn ledger(regions: Vec<RegionLedger>) -> Ledger {
    Ledger { image: image(), regions, outside: vec![], anatomy: None }
}

/// As many functions of a firmware as asked for, in crates and modules, and their constants.
fn firmware(rows: u64) -> Ledger {
    let function = |n: u64| {
        let krate = ["kernel", "embedded_hal", "core", "net_stack", "app"][(n % 5) as usize];
        let name = match n % 3 {
            0 => format!("<{krate}::module{}::driver::Driver<stm32::Peripheral{}> as core::fmt::Debug>::function_{n}", n % 17, n % 7),
            _ => format!("{krate}::module{}::driver::function_{n}", n % 17),
        };
        let row = row(&name, krate, ".text", 40_000 / (n / 8 + 1) + n % 50 + 2);
        match n % 4 {
            0 => Row { owner: Owner::Reference, name: format!("\"message {n}\""), of: Some(name), section: ".rodata".into(), ..row },
            _ => row,
        }
    };
    ledger(vec![
        region("flash", RegionKind::Flash, (0..rows).map(function).collect()),
        region(
            "ram",
            RegionKind::Ram,
            vec![row("HEAP", "app", ".bss", 65_536), Row { owner: Owner::Padding, ..row("padding", ".bss", ".bss", 3) }],
        ),
    ])
}

fn hostile(rows: usize, times: usize) -> Ledger {
    let text = |n: usize| HOSTILE[n % HOSTILE.len()].repeat(times);
    let row = |n: usize| Row {
        owner: [Owner::Symbol, Owner::Map, Owner::Reference, Owner::Shared, Owner::Section][n % 5],
        linkage: Some(text(n + 1)),
        of: Some(text(n + 2)),
        object: Some(text(n + 3)),
        ..row(&format!("{}{}", text(n), text(n / 9)), &text(n / 5), &text(n / 7), n as u64)
    };
    ledger(vec![region("flash", RegionKind::Flash, (0..rows).map(row).collect())])
}

fn size(ledger: &Ledger, by: By) -> String {
    size_html(&SizePage { title: "app.elf", ledger, by })
}

fn changes() -> Vec<RegionDelta> {
    let mut rows: Vec<RowDelta> = Vec::new();
    for (n, text) in HOSTILE.iter().enumerate() {
        let mut row = samples::row(text, HOSTILE[n / 2], 10 * n as u64, 50);
        row.of = Some((*text).into());
        row.owner = [Owner::Symbol, Owner::Reference][n % 2];
        row.why = vec![Reason::PulledIn { path: HOSTILE.iter().map(|&t| t.into()).collect() }, Reason::Unused { by: (*text).into() }];
        row.instructions = (n % 3 == 0).then_some(Moved { base: 5, head: 1_005 });
        if n == 4 {
            row.change = Change::Renamed { from: HOSTILE[1].into() };
        }
        rows.push(row);
    }
    vec![samples::region("flash", RegionKind::Flash, 1 << 20, 5_000, rows), samples::region("ram", RegionKind::Ram, 64, 60, vec![])]
}

fn difference(regions: &[RegionDelta]) -> String {
    let none = ledger(vec![]);
    delta_html(&DeltaPage { title: HOSTILE[1], difference: Difference { base: &none, head: &none, regions, by: By::Crate } })
}

/// The page without what stands in its style and script, which are ours.
fn markup(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, rest) = rest.rsplit_once("<script>").unwrap();
    format!("{head}{body}{}", rest.split_once("</script>").unwrap().1)
}

#[test]
fn nothing_comes_from_the_network() {
    let regions = vec![samples::region("flash", RegionKind::Flash, 99, 60, vec![samples::row("f", "C", 1, 9)])];
    let none = ledger(vec![]);
    let difference = Difference { base: &none, head: &none, regions: &regions, by: By::Crate };
    let change = delta_html(&DeltaPage { title: "a.elf → b.elf", difference });
    for page in [size(&firmware(50), By::Crate), change] {
        let page = page.to_lowercase();
        for bad in ["http:", "https:", "//", "url(", "src=", "import", "<link", "<iframe", "<img", "<object", "<base", "fetch(", "xmlhttp"]
        {
            let found =
                page.match_indices(bad).filter(|(at, _)| !is_comment(&page, *at)).map(|(at, _)| &page[at..(at + 60).min(page.len())]);
            assert_eq!(found.collect::<Vec<_>>(), [""; 0], "{bad}");
        }
        assert!(page.contains("default-src 'none'"));
    }
}

/// A comment of our script begins with two slashes, and nothing else does.
fn is_comment(page: &str, at: usize) -> bool {
    page[at..].starts_with("// ") && page[..at].rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
}

#[test]
fn the_policy_lets_only_our_script_run() {
    let page = size(&hostile(40, 1), By::Crate);
    let script = page.rsplit_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script.as_bytes()));
    assert!(page.contains(&format!("script-src 'sha256-{digest}';")), "{digest}");
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (1, 1));
    assert_eq!((page.matches("<style").count(), page.matches("</style").count()), (1, 1));
}

#[test]
fn hostile_names_are_only_text() {
    const TAGS: &[&str] = &[
        "!DOCTYPE", "html", "head", "meta", "title", "body", "header", "main", "section", "div", "p", "h1", "h2", "b", "i", "span",
        "strong", "code", "label", "input", "ol", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "svg", "text", "rect",
        "polyline",
    ];
    const ATTRIBUTES: &[&str] = &[
        "html",
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "id",
        "hidden",
        "type",
        "autocomplete",
        "spellcheck",
        "role",
        "aria-hidden",
        "data-r",
        "data-name",
        "style",
        "open",
        "colspan",
        "tabindex",
        "width",
        "height",
        "viewBox",
        "x",
        "y",
        "dx",
        "dy",
        "text-anchor",
        "font-family",
        "font-size",
        "opacity",
        "fill",
        "stroke",
        "stroke-width",
        "points",
    ];
    for page in
        [size(&hostile(80, 1), By::Crate), size(&hostile(80, 1), By::Object), size(&hostile(80, 1), By::Section), difference(&changes())]
    {
        for bad in ["\u{0}", "\u{202e}", "\u{2066}", "\u{1b}", "\r"] {
            assert!(!page.contains(bad), "{bad:?}");
        }
        for tag in markup(&page).split('<').skip(1) {
            let (tag, _) = tag.split_once('>').unwrap();
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
            assert!(TAGS.contains(&name), "<{tag}>");
            for attribute in attributes(tag) {
                assert!(ATTRIBUTES.contains(&attribute.as_str()), "{attribute} in <{tag}>");
            }
        }
    }
}

/// The names of a tag's attributes.
fn attributes(tag: &str) -> Vec<String> {
    let (mut out, mut name, mut quoted, mut value) = (Vec::new(), String::new(), false, false);
    for c in tag.split_once(' ').map_or("", |(_, rest)| rest).chars().chain([' ']) {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            ' ' | '/' | '\n' => {
                out.extend(Some(std::mem::take(&mut name)).filter(|n| !n.is_empty()));
                value = false;
            }
            '=' => value = true,
            c if !value => name.push(c),
            _ => {}
        }
    }
    out
}

/// Checks that each folded group is the sum of what is in it, and gives back what the regions come to.
fn regions_that_sum(page: &str) -> Vec<i128> {
    let figure = |text: &str| -> i128 {
        let digits: String = text.chars().take_while(|c| !" <".contains(*c)).filter(|c| c.is_ascii_digit() || *c == '−').collect();
        digits.replace('−', "-").parse().unwrap_or_else(|_| panic!("{text:.40}"))
    };
    let mut regions = Vec::new();
    // What the open groups say they are, and what was found in them so far.
    let mut open: Vec<(i128, i128)> = Vec::new();
    for line in markup(page).lines() {
        if line.starts_with("<div class=tree") {
            open.push((0, 0));
        } else if line.starts_with("<details") {
            open.push((figure(line.split_once("</code><span>").unwrap().1), 0));
        } else if let Some((_, row)) = line.split_once("<td>").filter(|_| line.starts_with("<tr")) {
            open.last_mut().unwrap().1 += figure(row);
        } else if line == "</details>" {
            let (says, found) = open.pop().unwrap();
            assert_eq!(says, found);
            open.last_mut().unwrap().1 += found;
        } else if line == "</div>" && open.len() == 1 {
            regions.push(open.pop().unwrap().1);
        }
    }
    regions
}

#[test]
fn every_group_is_the_sum_of_its_parts() {
    let check = |ledger: &Ledger| {
        for by in [By::Crate, By::Object, By::Section, By::Generic] {
            let used: Vec<i128> = ledger.regions.iter().map(|r| i128::from(r.used_bytes)).collect();
            assert_eq!(regions_that_sum(&size(ledger, by)), used, "{by:?}");
        }
    };
    check(&firmware(300));
    check(&hostile(200, 1));
    let regions = changes();
    let moved = i128::from(regions[0].head_bytes) - i128::from(regions[0].base_bytes);
    assert_eq!(regions_that_sum(&difference(&regions)), [moved]);
    assert!(difference(&regions).contains("No owner of bytes changed."));
    // Other groupings than by crate come from the two ledgers.
    let (base, head) = (firmware(300), firmware(280));
    let regions = ounce_analysis::delta::region_deltas(&base, &head);
    let moved = |r: &RegionDelta| i128::from(r.head_bytes) - i128::from(r.base_bytes);
    for by in [By::Crate, By::Object, By::Section, By::Generic] {
        let difference = Difference { base: &base, head: &head, regions: &regions, by };
        assert_eq!(regions_that_sum(&delta_html(&DeltaPage { title: "", difference })), [moved(&regions[0])], "{by:?}");
    }
}

#[test]
fn each_row_has_its_cell() {
    let page = size(&firmware(400), By::Crate);
    let numbers = |before: &str| -> BTreeSet<u32> {
        let all: Vec<u32> =
            page.split(before).skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()).collect();
        let set: BTreeSet<u32> = all.iter().copied().collect();
        assert_eq!(all.len(), set.len(), "{before} twice");
        set
    };
    let (rows, cells) = (numbers(" id=r"), numbers(" data-r="));
    assert_eq!(rows.len(), 402 + page.matches("<details").count() + 2);
    assert_eq!(rows.difference(&cells).count(), 0, "rows without a cell");
    assert_eq!(cells.difference(&rows).count(), 0, "cells without a row");
}

#[test]
fn a_firmware_of_five_thousand_rows_is_shown_whole() {
    let page = size(&firmware(5_000), By::Crate);
    assert!(page.len() < PAGE_BYTES_MAX, "{} bytes", page.len());
    assert_eq!(page.matches("<tr id=").count(), 5_002);
    assert!(!page.contains(" more\n"));
}

#[test]
fn a_page_of_any_ledger_can_be_opened() {
    let check = |ledger: &Ledger| {
        let page = size(ledger, By::Crate);
        assert!(page.len() <= PAGE_BYTES_MAX, "{} bytes", page.len());
        assert!(page.contains("Not all rows fit this page") && page.contains(" more\n"));
        let used: Vec<i128> = ledger.regions.iter().map(|r| i128::from(r.used_bytes)).collect();
        assert_eq!(regions_that_sum(&page), used);
        page
    };
    let page = check(&firmware(200_000));
    assert!(page.matches("<tr id=").count() >= 3_000, "{}", page.matches("<tr id=").count());
    check(&hostile(9_000, 5));
}

#[test]
fn the_same_ledger_gives_the_same_bytes() {
    assert_eq!(size(&firmware(50), By::Crate), size(&firmware(50), By::Crate));
    let empty = size(&ledger(vec![]), By::Crate);
    assert!(empty.ends_with("</html>\n"));
    assert!(size(&ledger(vec![region("flash", RegionKind::Flash, vec![])]), By::Crate).contains("No bytes."));
}
