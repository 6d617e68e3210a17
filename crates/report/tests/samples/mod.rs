//! Comparisons to write about: the story of a Python VM on six boards, and small builders for the special cases.
#![allow(dead_code, reason = "each test file uses its own part")]

use ounce_analysis::comparison::*;
use ounce_protocol::ids::{BenchName, BoardName, CommitSha, RegionName};
use ounce_protocol::measurement::{BenchFailure, Owner, RegionKind, Stage};

pub fn sha(digit: char) -> CommitSha {
    CommitSha::parse(&digit.to_string().repeat(40)).unwrap()
}

pub fn region(name: &str, kind: RegionKind, size_bytes: u64, base_bytes: u64, rows: Vec<RowDelta>) -> RegionDelta {
    let d: i64 = rows.iter().map(|r| r.head_bytes as i64 - r.base_bytes as i64).sum();
    let head_bytes = base_bytes.checked_add_signed(d).unwrap();
    RegionDelta { name: RegionName::parse(name).unwrap(), kind, size_bytes, base_bytes, head_bytes, rows }
}

pub fn row(name: &str, group: &str, base_bytes: u64, head_bytes: u64) -> RowDelta {
    let change = match (base_bytes, head_bytes) {
        (0, _) => Change::Added,
        (_, 0) => Change::Removed,
        (a, b) if a < b => Change::Grown,
        _ => Change::Shrunk,
    };
    RowDelta {
        owner: Owner::Symbol,
        name: name.into(),
        group: group.into(),
        of: None,
        change,
        base_bytes,
        head_bytes,
        instructions: None,
        why: Vec::new(),
        written: None,
    }
}

pub fn renamed(from: &str, to: &str, group: &str, bytes: u64) -> RowDelta {
    RowDelta { change: Change::Renamed { from: from.into() }, ..row(to, group, bytes, bytes) }
}

pub fn counted(instructions: u64) -> BenchSide {
    BenchSide::Counted { instructions, exact: true, stack_peak_bytes: Some(1024), heap_peak_bytes: Some(4096), estimated_cycles: None }
}

pub fn bench(name: &str, base: BenchSide, head: BenchSide, functions: &[(&str, u64, u64)]) -> BenchDelta {
    let functions = functions.iter().map(|&(name, base, head)| FunctionDelta { name: name.into(), base, head }).collect();
    BenchDelta { name: BenchName::parse(name).unwrap(), base, head, functions, cycles: None }
}

pub fn board(name: &str, title: &str, state: BoardState) -> BoardComparison {
    BoardComparison { board: BoardName::parse(name).unwrap(), title: title.into(), state, fingerprint_changes: vec![] }
}

pub fn compared(tendency: Tendency, ppm: Option<i64>, regions: Vec<RegionDelta>, benches: Vec<BenchDelta>) -> BoardState {
    BoardState::Compared(Box::new(Compared {
        identical: false,
        tendency,
        exchange: None,
        regions,
        benches,
        instructions_ppm: ppm,
        reused: vec![],
    }))
}

pub fn identical() -> BoardState {
    let regions = vec![region("flash", RegionKind::Flash, 262_144, 201_000, vec![]), region("ram", RegionKind::Ram, 16_384, 9_000, vec![])];
    let benches = vec![bench("fib", counted(1000), counted(1000), &[])];
    BoardState::Compared(Box::new(Compared {
        identical: true,
        tendency: Tendency::Free,
        exchange: None,
        regions,
        benches,
        instructions_ppm: Some(0),
        reused: vec![],
    }))
}

pub fn comparison(verdict: Verdict, boards: Vec<BoardComparison>) -> Comparison {
    Comparison { schema: SCHEMA, project: "pyrite".into(), base: sha('1'), head: sha('2'), verdict, boards, budgets: vec![], notes: vec![] }
}

pub fn budget(rule: &str, holds: bool, findings: &[&str]) -> BudgetCheck {
    BudgetCheck { rule: rule.into(), holds, findings: findings.iter().map(|&f| f.into()).collect(), left: vec![], accepted: vec![] }
}

pub const LOG: &str = "   Compiling vm v0.1.0\r\n\u{1b}[31merror\u{1b}[0m: linking with `rust-lld` failed\n  = note: region `FLASH' overflowed by 212 bytes\n";

/// Six boards, one of each kind, over the flash budget on one of them.
pub fn six_boards() -> Comparison {
    let vm = |grow: u64| {
        vec![
            row("vm::interp::run", "vm", 4_000, 4_000 + grow),
            row("vm::gc::mark", "vm", 300, 260),
            row("core::fmt::write", "core", 0, 52),
            row("memset", "C", 120, 0),
            renamed("vm::old_name", "vm::new_name", "vm", 88),
            RowDelta { owner: Owner::Unattributed, ..row("unattributed", ".rodata", 900, 908) },
        ]
    };
    let flash = |size, base, rows| region("flash", RegionKind::Flash, size, base, rows);
    let ram = |rows| region("ram", RegionKind::Ram, 16_384, 9_000, rows);
    let mut trade = compared(
        Tendency::Trade,
        Some(-12_000),
        vec![flash(262_144, 241_024, vm(228)), ram(vec![])],
        vec![
            bench(
                "fib",
                counted(1_000_000),
                counted(988_000),
                &[("vm::interp::run", 700_000, 689_000), ("vm::gc::mark", 300_000, 299_000)],
            ),
            bench("sort", counted(500), counted(500), &[]),
        ],
    );
    if let BoardState::Compared(c) = &mut trade {
        c.exchange = Some("128 B for 1.20 % fewer instructions".into());
    }
    let cost = compared(
        Tendency::Cost,
        Some(0),
        vec![flash(262_144, 262_044, vm(412)), ram(vec![row("HEAP", "port", 0, 16)])],
        vec![bench("fib", counted(70), counted(70), &[])],
    );
    let win = compared(
        Tendency::Win,
        Some(-31),
        vec![flash(131_072, 100_000, vec![row("vm::interp::run", "vm", 4_000, 3_920)]), ram(vec![])],
        vec![
            bench("fib", counted(1_000_000), counted(999_969), &[("?", 31, 0)]),
            bench("sort", BenchSide::NoFit { detail: "MemoryError".into() }, BenchSide::NoFit { detail: "MemoryError".into() }, &[]),
        ],
    );
    Comparison {
        budgets: vec![
            budget("RAM may grow by 64 B", true, &["microbit: +16 B, 48 B left"]),
            budget("flash may grow by 256 B", false, &["microbit: +312 B, 56 B over"]),
        ],
        notes: vec!["This pull request changes ounce.toml; the base's was used.".into()],
        ..comparison(
            Verdict::OverBudget,
            vec![
                board("microbit", "BBC micro:bit v1", cost),
                board("pyboard", "Pyboard v1.1", trade),
                board("mps2-an385", "Arm MPS2 AN385 (QEMU)", win),
                board("mps2-an500", "Arm MPS2 AN500 (QEMU)", identical()),
                board("netduino2", "Netduino 2", BoardState::BaseFailed { stage: Stage::Build, log_tail: LOG.into(), head_builds: true }),
                board("esp32c3", "ESP32-C3", BoardState::Missing { detail: "the runner was lost three times".into() }),
            ],
        )
    }
}

/// One board does not build any more, on another a benchmark is wrong.
pub fn broken() -> Comparison {
    let regions = || vec![region("flash", RegionKind::Flash, 1_000, 900, vec![row("f", "C", 10, 12)])];
    let wrong = BenchSide::Failed { why: BenchFailure::WrongResult, detail: "printed \"5\", expected \"6\"".into() };
    comparison(
        Verdict::Broken,
        vec![
            board("microbit", "BBC micro:bit v1", BoardState::HeadFailed { stage: Stage::Build, log_tail: LOG.into() }),
            board("pyboard", "Pyboard v1.1", compared(Tendency::Cost, None, regions(), vec![bench("fib", counted(100), wrong, &[])])),
        ],
    )
}
