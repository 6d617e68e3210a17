//! One board's part of the report: memory, who owns the bytes that moved, benchmarks and functions, failures.
//!
//! The rows of each table add up to its total: what is not shown is summed in a row of its own.

use crate::compose::Detail;
use crate::doc::{Align, Block, Line, Table};
use crate::figures::{bytes_delta, counted, delta_of, headroom, ppm_percent};
use crate::log::log_tail;
use crate::{changes, cycles};
use ounce_analysis::comparison::{BenchDelta, BenchSide, BoardComparison, BoardState, Compared};
use ounce_protocol::measurement::{RegionKind, Stage};
use ounce_protocol::units::{delta, grouped, percent, signed};

/// Longest line of a log, in characters.
const LOG_LINE_CHARS_MAX: usize = 160;

/// The folded part of a board.
pub(crate) fn details(board: &BoardComparison, detail: &Detail, open: bool) -> Block {
    let name = Line::new().code(board.board.as_str());
    let title = if board.title.is_empty() || board.title == board.board.as_str() {
        Line::new()
    } else {
        Line::new().text(" ").sentence(&board.title)
    };
    let mut body = before(board, detail);
    if let Some(c) = subtracted(board) {
        body.extend(c.regions.iter().flat_map(|region| changes::blocks(region, &changes::Shown::of(detail))));
    }
    body.extend(after(board, detail));
    Block::Details { summary: name.join(title).text(": ").join(in_short(board)), body, open }
}

/// What came of a board, in a few words.
pub(crate) fn in_short(board: &BoardComparison) -> Line {
    match &board.state {
        BoardState::Compared(c) => figures_in_short(board, c).into(),
        BoardState::HeadFailed { stage, .. } => Line::new().bad(format!("{} fails", stage.word())),
        BoardState::BaseFailed { stage, head_builds, .. } => {
            let now = if *head_builds { "builds at the head" } else { "fails at the head too" };
            format!("{} fails at the base, {now}", stage.word()).into()
        }
        BoardState::Missing { .. } => "missing".into(),
    }
}

/// Both sides, where their figures may be subtracted.
pub(crate) fn subtracted(board: &BoardComparison) -> Option<&Compared> {
    match &board.state {
        BoardState::Compared(c) if board.fingerprint_changes.is_empty() => Some(c),
        _ => None,
    }
}

/// What stands before the owners of bytes that moved: why nothing can be compared, or the memory.
pub(crate) fn before(board: &BoardComparison, detail: &Detail) -> Vec<Block> {
    match &board.state {
        BoardState::Compared(c) => memory_blocks(board, c),
        BoardState::HeadFailed { stage, log_tail } => said(*stage, "head", log_tail, detail),
        BoardState::BaseFailed { stage, log_tail, .. } => said(*stage, "base", log_tail, detail),
        BoardState::Missing { detail } => {
            vec![Block::Paragraph(Line::from("Not measured, for reasons that are not the change's: ").sentence(detail))]
        }
    }
}

/// What stands after them: benchmarks, functions, peaks, failures.
pub(crate) fn after(board: &BoardComparison, detail: &Detail) -> Vec<Block> {
    let BoardState::Compared(c) = &board.state else { return Vec::new() };
    let mut out = benches(c, subtracted(board).is_none());
    if subtracted(board).is_some() {
        out.extend(functions(c, detail));
    }
    out.extend(peaks(c));
    out.extend(cycles::estimates(c));
    out.extend(c.reused.iter().map(|side| {
        let which = if side.is_head { "Head" } else { "Base" };
        let line = Line::new().text(format!("{which} not run again: the same bytes, run in the same way, were measured at "));
        Block::Paragraph(line.code(side.from.commit.short()).text("."))
    }));
    out.extend(bench_failures(c));
    out
}

fn said(stage: Stage, side: &str, log: &str, detail: &Detail) -> Vec<Block> {
    let (lines, left_out) = log_tail(log, detail.log_lines, LOG_LINE_CHARS_MAX);
    if lines.is_empty() {
        return vec![Block::Paragraph(format!("The log of the {side} says nothing ({} fails).", stage.word()).into())];
    }
    vec![Block::Paragraph(format!("The end of the {side}'s log:").into()), Block::Log(lines, left_out)]
}

fn figures_in_short(board: &BoardComparison, c: &Compared) -> String {
    if !board.fingerprint_changes.is_empty() {
        return "the tools of the two sides differ".into();
    }
    if c.identical {
        return "identical binary, not run".into();
    }
    let mut parts = Vec::new();
    for (kind, word) in [(RegionKind::Flash, "flash"), (RegionKind::Ram, "RAM")] {
        let d = delta_of(c, kind);
        if d != 0 {
            parts.push(format!("{word} {}", bytes_delta(d)));
        }
    }
    if let Some(ppm) = c.instructions_ppm.filter(|&p| p != 0) {
        parts.push(format!("instructions {}", ppm_percent(ppm)));
    }
    if parts.is_empty() { "details".into() } else { parts.join(", ") }
}

fn memory_blocks(board: &BoardComparison, c: &Compared) -> Vec<Block> {
    let differ = !board.fingerprint_changes.is_empty();
    let mut out = Vec::new();
    if differ {
        out.push(Block::Paragraph("The tools of the two sides differ, so their figures are not subtracted:".into()));
        out.push(Block::List(board.fingerprint_changes.iter().map(|s| Line::new().sentence(s)).collect()));
    }
    out.push(Block::Table(memory(c, differ)));
    if let Some(exchange) = &c.exchange {
        out.push(Block::Paragraph(Line::new().text("Exchange rate: ").sentence(exchange).text(".")));
    }
    out
}

/// Regions: used, left, change.
fn memory(c: &Compared, differ: bool) -> Table {
    let mut table = Table::new(&[("region", Align::Name), ("used", Align::Right), ("left", Align::Right), ("change", Align::Right)]);
    for r in &c.regions {
        let left = headroom(r.size_bytes, r.head_bytes);
        let left = if r.head_bytes > r.size_bytes { Line::new().bad(left) } else { left.into() };
        let d = delta(r.base_bytes, r.head_bytes);
        let change = if differ {
            format!("base {} B", grouped(r.base_bytes)).into()
        } else if d == 0 {
            "same".into()
        } else {
            Line::new().figure(format!("{} B ({})", signed(d), percent(r.base_bytes, r.head_bytes)), d)
        };
        let used = format!("{} of {} B", grouped(r.head_bytes), grouped(r.size_bytes));
        table.row(vec![Line::new().code(r.name.as_str()), used.into(), left, change]);
    }
    table
}

/// Instructions of each benchmark that changed or is not plain; the others are counted.
fn benches(c: &Compared, differ: bool) -> Vec<Block> {
    if c.benches.is_empty() || c.identical {
        return Vec::new();
    }
    let mut table = Table::new(&[("benchmark", Align::Name), ("instructions", Align::Right), ("change", Align::Right), ("", Align::Right)]);
    let (mut same, mut ran) = (0, 0);
    for bench in &c.benches {
        let name = Line::new().code(bench.name.as_str());
        match (&bench.base, &bench.head) {
            (BenchSide::Counted { instructions: a, exact: x, .. }, BenchSide::Counted { instructions: b, exact: y, .. }) => {
                if a == b && *x && *y {
                    same += 1;
                    continue;
                }
                let d = delta(*a, *b);
                let noisy = if *x && *y { "" } else { ", noisy: two takes differ" };
                let (change, share) = if differ { ("not compared".into(), String::new()) } else { (signed(d), percent(*a, *b)) };
                table.row(vec![
                    name,
                    format!("{} → {}", grouped(*a), grouped(*b)).into(),
                    Line::new().figure(change, d),
                    format!("{share}{noisy}").into(),
                ]);
            }
            (BenchSide::Ran { .. }, BenchSide::Ran { .. }) => ran += 1,
            (base, head) => {
                let count = base.instructions().or(head.instructions()).map_or("–".into(), grouped);
                table.row(vec![name, count.into(), became(base, head), "".into()]);
            }
        }
    }
    let mut out = Vec::new();
    if !table.rows.is_empty() {
        out.push(Block::Table(table));
    }
    if same > 0 {
        let also = if same == c.benches.len() { "" } else { " more" };
        out.push(Block::Paragraph(
            format!("{same}{also} {} without change, to the instruction.", if same == 1 { "benchmark" } else { "benchmarks" }).into(),
        ));
    }
    if !differ {
        out.extend(cycles::blocks(c));
    }
    if ran > 0 {
        let text = format!(
            "{} ran on the board and gave the right result; instructions are not counted there.",
            counted(ran, "benchmark", "benchmarks")
        );
        out.push(Block::Paragraph(text.into()));
    }
    out
}

/// `does not fit` where both sides say the same, else `counted → does not fit`.
fn became(base: &BenchSide, head: &BenchSide) -> Line {
    let (was, now) = (side(base), side(head));
    let before = if was == now { Line::new() } else { format!("{was} → ").into() };
    if bad_now(base, head) { before.bad(now) } else { before.text(now) }
}

fn bad_now(base: &BenchSide, head: &BenchSide) -> bool {
    matches!(head, BenchSide::Failed { .. }) || (matches!(head, BenchSide::NoFit { .. }) && base.is_valid())
}

/// One side of a benchmark in words.
fn side(side: &BenchSide) -> &'static str {
    match side {
        BenchSide::Counted { .. } => "counted",
        BenchSide::Ran { .. } => "ran",
        BenchSide::NoFit { .. } => "does not fit",
        BenchSide::Failed { why, .. } => why.word(),
        BenchSide::Absent => "not there",
    }
}

/// Functions whose own instructions moved, a line for each benchmark.
fn functions(c: &Compared, detail: &Detail) -> Vec<Block> {
    if detail.functions == 0 {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for bench in c.benches.iter().filter(|b| !b.functions.is_empty()) {
        let moved = |f: &ounce_analysis::comparison::FunctionDelta| delta(f.base, f.head);
        let mut line = Line::new().code(bench.name.as_str()).text(": ");
        for (i, f) in bench.functions.iter().take(detail.functions).enumerate() {
            let name = if f.name == "?" { Line::from("outside any function") } else { Line::from("function ").code(&f.name) };
            line = line.text(if i == 0 { "" } else { ", " }).join(name).text(format!(" {}", signed(moved(f))));
        }
        let rest = &bench.functions[bench.functions.len().min(detail.functions)..];
        if !rest.is_empty() {
            let d = rest.iter().fold(0i64, |sum, f| sum.saturating_add(moved(f)));
            line = line.text(format!(", {} more {}", rest.len(), signed(d)));
        }
        let sum = bench.functions.iter().fold(0i64, |sum, f| sum.saturating_add(moved(f)));
        rows.push(line.text(format!("; sum {}", signed(sum))));
    }
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Block::Paragraph("Instructions by function, callees not counted:".into()), Block::List(rows)]
}

/// Stack and heap peaks that moved.
fn peaks(c: &Compared) -> Vec<Block> {
    let mut rows = Vec::new();
    for bench in &c.benches {
        let (Some((s0, h0)), Some((s1, h1))) = (bench.base.peaks(), bench.head.peaks()) else { continue };
        for (what, base, head) in [("stack", s0, s1), ("heap", h0, h1)] {
            if let (Some(base), Some(head)) = (base, head)
                && base != head
            {
                let text = format!(": {what} peak {} → {} B ({} B)", grouped(base), grouped(head), signed(delta(base, head)));
                rows.push(Line::new().code(bench.name.as_str()).text(text));
            }
        }
    }
    if rows.is_empty() { Vec::new() } else { vec![Block::List(rows)] }
}

/// What was seen of benchmarks that are not valid at the head, or do not fit.
fn bench_failures(c: &Compared) -> Vec<Block> {
    let seen = |bench: &BenchDelta| match &bench.head {
        BenchSide::Failed { why, detail } => Some(Line::new().code(bench.name.as_str()).bad(format!(" {}: ", why.word())).sentence(detail)),
        BenchSide::NoFit { detail } => Some(Line::new().code(bench.name.as_str()).text(" does not fit: ").sentence(detail)),
        BenchSide::Counted { .. } | BenchSide::Ran { .. } | BenchSide::Absent => None,
    };
    let rows: Vec<Line> = c.benches.iter().filter_map(seen).collect();
    let same = counted(rows.len(), "benchmark", "benchmarks");
    if rows.is_empty() {
        Vec::new()
    } else {
        vec![Block::Paragraph(format!("{same} without a figure at the head:").into()), Block::List(rows)]
    }
}
