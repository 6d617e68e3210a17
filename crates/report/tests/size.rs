//! One image's size in words, and the terminal's report, as inline snapshots.

mod samples;

use insta::assert_snapshot;
use ounce_analysis::Summary;
use ounce_analysis::comparison::{Change, Moved, Reason, RegionDelta, RowDelta};
use ounce_analysis::tree::By;
use ounce_protocol::ids::{ImageId, RegionName};
use ounce_protocol::measurement::*;
use ounce_report::{Difference, delta_csv, delta_markdown, delta_terminal, size_csv, size_markdown, size_terminal, terminal};

fn ledger() -> Ledger {
    let row =
        |name: &str, group: &str, bytes| Row { name: name.into(), group: group.into(), section: ".text".into(), bytes, ..Row::default() };
    let rows = vec![
        row("vm::interp::run", "vm", 4_412),
        row("vm::gc::mark", "vm", 260),
        row("memcpy", "C", 1_020),
        row("core::fmt::write", "core", 90),
        Row { owner: Owner::Unattributed, section: ".rodata".into(), ..row("unattributed", ".rodata", 600) },
        Row { owner: Owner::Padding, ..row("padding", ".text", 6) },
    ];
    let region = |name: &str, kind, size_bytes, rows: Vec<Row>| RegionLedger {
        name: RegionName::parse(name).unwrap(),
        kind,
        size_bytes,
        used_bytes: rows.iter().map(|r| r.bytes).sum(),
        rows,
    };
    Ledger {
        image: ImageId::parse(&"0".repeat(64)).unwrap(),
        regions: vec![
            region("flash", RegionKind::Flash, 6_176, rows),
            region("ram", RegionKind::Ram, 16_384, vec![Row { section: ".bss".into(), ..row("HEAP", "port", 8_192) }]),
        ],
        outside: vec![OutsideRange { start: 0x1000_1000, bytes: 8 }],
        anatomy: None,
    }
}

#[test]
fn one_image_in_a_terminal() {
    assert_snapshot!(size_terminal(&Summary::of(&ledger(), By::Crate, 4), By::Crate, 4, 72, false), @r"
    region     used        of
    flash   6,388 B   6,176 B  over by 212 B
    ram     8,192 B  16,384 B   8,192 B left

    8 B lie in no region of the manifest:

    - 8 B at 0x10001000

    flash by group

      bytes  group            share
    4,672 B  vm              73.1 %
    1,020 B  C               15.9 %
      600 B  (unattributed)   9.3 %
       90 B  core             1.4 %
        6 B  1 more           0.0 %
    6,388 B  sum

    flash by owner

      bytes  owner                            group    section
    4,412 B  vm::interp::run                  vm       .text
    1,020 B  memcpy                           C        .text
      600 B  no symbol (literals, constants)  .rodata  .rodata
      260 B  vm::gc::mark                     vm       .text
       96 B  2 more
    6,388 B  sum

    ram by group

      bytes  group    share
    8,192 B  port   100.0 %
    8,192 B  sum

    ram by owner

      bytes  owner  group  section
    8,192 B  HEAP   port   .bss
    8,192 B  sum
    ");
}

#[test]
fn one_image_as_markdown() {
    assert_snapshot!(size_markdown(&Summary::of(&ledger(), By::Crate, 2), By::Crate, 2), @r"
    | region  |    used |       of |                   |
    | :------ | ------: | -------: | ----------------: |
    | `flash` | 6,388 B |  6,176 B | **over by 212 B** |
    | `ram`   | 8,192 B | 16,384 B |      8,192 B left |

    **8 B lie in no region of the manifest:**

    - 8 B at 0x10001000

    `flash` **by group**

    |       bytes | group  |  share |
    | ----------: | :----- | -----: |
    |     4,672 B | `vm`   | 73.1 % |
    |     1,020 B | `C`    | 15.9 % |
    |       696 B | 3 more | 10.8 % |
    | **6,388 B** | sum    |        |

    `flash` **by owner**

    |       bytes | owner             | group | section |
    | ----------: | :---------------- | :---- | :------ |
    |     4,412 B | `vm::interp::run` | `vm`  | `.text` |
    |     1,020 B | `memcpy`          | `C`   | `.text` |
    |       956 B | 4 more            |       |         |
    | **6,388 B** | sum               |       |         |

    `ram` **by group**

    |       bytes | group  |   share |
    | ----------: | :----- | ------: |
    |     8,192 B | `port` | 100.0 % |
    | **8,192 B** | sum    |         |

    `ram` **by owner**

    |       bytes | owner  | group  | section |
    | ----------: | :----- | :----- | :------ |
    |     8,192 B | `HEAP` | `port` | `.bss`  |
    | **8,192 B** | sum    |        |         |
    ");
}

/// A row of each kind, and of each change.
fn changes() -> Vec<RegionDelta> {
    let with = |owner, name: &str, of: Option<&str>, base, head| RowDelta {
        owner,
        of: of.map(Into::into),
        ..samples::row(name, "vm", base, head)
    };
    let rows = vec![
        RowDelta {
            instructions: Some(Moved { base: 700_000, head: 689_000 }),
            why: vec![
                Reason::Inlined { name: "fmt::write".into(), bytes: 120 },
                Reason::Uses { name: "\"hello-owner\"".into(), bytes: 12 },
                Reason::Unused { by: "main".into() },
                Reason::NotInlined { name: "vm::pop".into(), bytes: 8 },
            ],
            ..samples::row("vm::interp::run", "vm", 4_000, 4_412)
        },
        RowDelta {
            why: vec![Reason::PulledIn { path: ["main", "format", "__aeabi_ddiv"].map(Into::into).to_vec() }],
            ..samples::row("__aeabi_ddiv", "C", 0, 300)
        },
        with(Owner::Reference, "\"hello-owner\"", Some("vm::interp::run"), 0, 12),
        with(Owner::Shared, "\"index out of range\"", None, 24, 20),
        with(Owner::Map, ".rodata.str1.4", None, 40, 48),
        with(Owner::Unwind, "function at 0x8000", None, 100, 90),
        RowDelta { change: Change::Copies { base: 3, head: 4 }, ..samples::row("vm::map::Map<_>::get", "vm", 300, 400) },
        RowDelta { change: Change::Moved { from: "vm::old::mark".into() }, ..samples::row("vm::gc::mark", "vm", 260, 260) },
        samples::renamed("vm::old_name", "vm::new_name", "vm", 88),
    ];
    vec![
        samples::region("flash", RegionKind::Flash, 262_144, 241_024, rows),
        samples::region("ram", RegionKind::Ram, 16_384, 9_000, vec![]),
    ]
}

fn difference(regions: &[RegionDelta]) -> Difference<'_> {
    // By crate, the rows say all.
    static EMPTY: std::sync::LazyLock<Ledger> = std::sync::LazyLock::new(|| Ledger { regions: vec![], ..ledger() });
    Difference { base: &EMPTY, head: &EMPTY, regions, by: By::Crate }
}

#[test]
fn two_images_by_section() {
    let (base, mut head) = (ledger(), ledger());
    head.regions[0].rows[0].bytes += 20;
    head.regions[0].rows[4].bytes -= 8;
    head.regions[0].used_bytes += 12;
    let regions = ounce_analysis::delta::region_deltas(&base, &head);
    let text = delta_terminal(&Difference { base: &base, head: &head, regions: &regions, by: By::Section }, 8, 80, false);
    assert_snapshot!(text.split("Where").next().unwrap(), @r"
    region     base     head           change
    flash   6,388 B  6,400 B  +12 B (+0.19 %)  over by 224 B
    ram     8,192 B  8,192 B             same   8,192 B left

    flash by section

    change  section   base   head
     +20 B  .text    5,788  5,808
      −8 B  .rodata    600    592
     +12 B  sum
    ");
}

#[test]
fn two_images_in_a_terminal() {
    assert_snapshot!(delta_terminal(&difference(&changes()), 8, 100, false), @r#"
    region       base       head            change
    flash   241,024 B  241,842 B  +818 B (+0.34 %)  20,302 B left
    ram       9,000 B    9,000 B              same   7,384 B left

    Where the bytes of flash went, by group: vm +518 B, C +300 B.

    change  instructions  what                  owner                                    group
    +412 B       −11,000  grown, 4,000 → 4,412  vm::interp::run                          vm
    +300 B                added                 __aeabi_ddiv                             C
    +100 B                3 → 4 copies          vm::map::Map<_>::get                     vm
     +12 B                added                 "hello-owner" of vm::interp::run         vm
     −10 B                shrunk, 100 → 90      function at 0x8000 by the unwind tables  vm
      +8 B                grown, 40 → 48        .rodata.str1.4 by the linker's map       vm
      −4 B                shrunk, 24 → 20       "index out of range" shared              vm
       0 B                moved, 260 B          vm::gc::mark from vm::old::mark          vm
       0 B                1 more
    +818 B                sum                   flash

    Why, as far as the two images say:

    - vm::interp::run +412 B: now inlines fmt::write (+120 B); new string "hello-owner" (12 B); no
      longer used by main; 1 more
    - __aeabi_ddiv +300 B: pulled in by main → format → __aeabi_ddiv
    "#);
}

#[test]
fn two_images_as_markdown() {
    assert_snapshot!(delta_markdown(&difference(&changes()), 3), @r#"
    | region  |      base |      head |           change |               |
    | :------ | --------: | --------: | ---------------: | ------------: |
    | `flash` | 241,024 B | 241,842 B | +818 B (+0.34 %) | 20,302 B left |
    | `ram`   |   9,000 B |   9,000 B |             same |  7,384 B left |

    Where the bytes of `flash` went, by group: `vm` +518 B, `C` +300 B.

    |     change | instructions | what                 | owner                  | group |
    | ---------: | -----------: | :------------------- | :--------------------- | :---- |
    |     +412 B |      −11,000 | grown, 4,000 → 4,412 | `vm::interp::run`      | `vm`  |
    |     +300 B |              | added                | `__aeabi_ddiv`         | `C`   |
    |     +100 B |              | 3 → 4 copies         | `vm::map::Map<_>::get` | `vm`  |
    |       +6 B |              | 6 more               |                        |       |
    | **+818 B** |              | sum                  | `flash`                |       |

    Why, as far as the two images say:

    - `vm::interp::run` +412 B: now inlines `fmt::write` (+120 B); new string `"hello-owner"` (12 B); no longer used by `main`; 1 more
    - `__aeabi_ddiv` +300 B: pulled in by `main` → `format` → `__aeabi_ddiv`
    "#);
}

#[test]
fn two_images_that_are_the_same() {
    let same = vec![samples::region("flash", RegionKind::Flash, 262_144, 241_024, vec![])];
    assert_snapshot!(delta_terminal(&difference(&same), 8, 60, false), @r"
    region       base       head  change
    flash   241,024 B  241,024 B    same  21,120 B left

    No owner of bytes changed.
    ");
}

#[test]
fn by_section_and_by_object() {
    let mut ledger = ledger();
    ledger.regions.truncate(1);
    ledger.regions[0].rows[2].object = Some("libc.a(memcpy.o)".into());
    let groups = |by| {
        size_terminal(&Summary::of(&ledger, by, 9), by, 9, 80, false)
            .split("by owner")
            .next()
            .unwrap()
            .split("left\n")
            .last()
            .unwrap()
            .to_owned()
    };
    assert_snapshot!(groups(By::Section), @r"
    region     used       of
    flash   6,388 B  6,176 B  over by 212 B

    8 B lie in no region of the manifest:

    - 8 B at 0x10001000

    flash by section

      bytes  section   share
    5,788 B  .text    90.6 %
      600 B  .rodata   9.3 %
    6,388 B  sum

    flash
    ");
    assert_snapshot!(groups(By::Object), @r"
    region     used       of
    flash   6,388 B  6,176 B  over by 212 B

    8 B lie in no region of the manifest:

    - 8 B at 0x10001000

    flash by object

      bytes  object              share
    4,762 B  (no object known)  74.5 %
    1,020 B  libc.a(memcpy.o)   15.9 %
      600 B  (unattributed)      9.3 %
        6 B  (padding)           0.0 %
    6,388 B  sum

    flash
    ");
}

#[test]
fn a_ledger_as_csv() {
    let mut ledger = ledger();
    ledger.regions[0].rows[0].linkage = Some("_RNv".into());
    ledger.regions[0].rows[2].object = Some("libc.a(memcpy.o)".into());
    assert_snapshot!(size_csv(&ledger).replace("\r\n", "\n"), @r"
    region,kind,owner,name,linkage,group,section,of,object,bytes
    flash,flash,symbol,vm::interp::run,_RNv,vm,.text,,,4412
    flash,flash,symbol,vm::gc::mark,,vm,.text,,,260
    flash,flash,symbol,memcpy,,C,.text,,libc.a(memcpy.o),1020
    flash,flash,symbol,core::fmt::write,,core,.text,,,90
    flash,flash,unattributed,unattributed,,.rodata,.rodata,,,600
    flash,flash,padding,padding,,.text,.text,,,6
    ram,ram,symbol,HEAP,,port,.bss,,,8192
    ,,outside,0x10001000,,,,,,8
    ");
}

#[test]
fn a_difference_as_csv() {
    assert_snapshot!(delta_csv(&changes()).replace("\r\n", "\n"), @r#"
    region,kind,change,owner,name,group,of,from,base_bytes,head_bytes,delta_bytes,base_instructions,head_instructions,base_copies,head_copies,why
    flash,flash,grown,symbol,vm::interp::run,vm,,,4000,4412,412,700000,689000,,,"now inlines fmt::write (+120 B); new string ""hello-owner"" (12 B); no longer used by main; no longer inlines vm::pop (−8 B)"
    flash,flash,added,symbol,__aeabi_ddiv,C,,,0,300,300,,,,,pulled in by main → format → __aeabi_ddiv
    flash,flash,added,reference,"""hello-owner""",vm,vm::interp::run,,0,12,12,,,,,
    flash,flash,shrunk,shared,"""index out of range""",vm,,,24,20,-4,,,,,
    flash,flash,grown,map,.rodata.str1.4,vm,,,40,48,8,,,,,
    flash,flash,shrunk,unwind,function at 0x8000,vm,,,100,90,-10,,,,,
    flash,flash,copies,symbol,vm::map::Map<_>::get,vm,,,300,400,100,,,3,4,
    flash,flash,moved,symbol,vm::gc::mark,vm,,vm::old::mark,260,260,0,,,,,
    flash,flash,renamed,symbol,vm::new_name,vm,,vm::old_name,88,88,0,,,,,
    "#);
}

#[test]
fn a_table_too_wide_for_the_terminal_becomes_a_list_with_every_figure() {
    let text = terminal(&samples::six_boards(), 40, false);
    let row = "- board: microbit cost\n  flash: +312 B, over by 212 B\n  RAM: +16 B\n  instructions: same\n";
    assert!(text.contains(row), "{text}");
}

#[test]
fn a_comparison_in_a_terminal() {
    assert_snapshot!(terminal(&samples::broken(), 64, false), @r#"
    Broken on 2 of 2 boards. microbit: build fails; pyboard:
    benchmark fib: wrong result. Cost on pyboard: costs 2 B of
    flash.

    pyrite: head 2222222222 against base 1111111111.

    board                  flash  RAM  instructions
    microbit broken  build fails    –             –
    pyboard broken          +2 B    –       1 fails

    == microbit BBC micro:bit v1: build fails

    The end of the head's log:

      |    Compiling vm v0.1.0
      | error: linking with `rust-lld` failed
      |   = note: region `FLASH' overflowed by 212 bytes

    == pyboard Pyboard v1.1: flash +2 B

    region            used       left          change
    flash   902 of 1,000 B  98 B left  +2 B (+0.22 %)

    Where the bytes of flash went.

    change  what            owner  group
      +2 B  grown, 10 → 12  f      C
      +2 B  sum             flash

    benchmark  instructions                  change
    fib                 100  counted → wrong result

    1 benchmark without a figure at the head:

    - fib wrong result: printed "5", expected "6"
    "#);
}
