//! One image's size in words, and the terminal's report, as inline snapshots.

mod samples;

use insta::assert_snapshot;
use ounce_protocol::ids::{ImageId, RegionName};
use ounce_protocol::measurement::*;
use ounce_report::{By, size_markdown, size_terminal, terminal};

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
    assert_snapshot!(size_terminal(&ledger(), By::Crate, 4, 72, false), @r"
    region     used        of
    flash   6,388 B   6,176 B  over by 212 B
    ram     8,192 B  16,384 B   8,192 B left

    8 B lie in no region of the manifest:

    - 8 B at 0x10001000

    flash by group

      bytes  group     share
    4,672 B  vm       73.1 %
    1,020 B  C        15.9 %
      600 B  .rodata   9.3 %
       90 B  core      1.4 %
        6 B  1 more    0.0 %
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
    assert_snapshot!(size_markdown(&ledger(), By::Crate, 2), @r"
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
