//! A comparison in, the report's parts out: the answer, one row a board, the budgets, each board folded, the notes.
//!
//! What is left out at a coarser [`Detail`] is said in words, never silently dropped.

use crate::board;
use crate::doc::{Align, Block, Line, Table};
use crate::figures::{bench_counts, bytes_delta, bytes_of, counted, delta_of, is_broken, is_quiet, over_by, ppm_percent};
use crate::headline::headline;
use ounce_analysis::comparison::{Acceptance, BoardComparison, BoardState, BudgetCheck, Compared, Comparison, Tendency};
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::{delta, grouped};

/// With more boards to tell about than this, a page folds them all.
const OPEN_BOARDS_MAX: usize = 6;

/// How much of the report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detail {
    /// A row in the table for boards without change too.
    pub quiet_rows: bool,
    /// Folded parts for boards without change too.
    pub quiet_details: bool,
    /// Boards with a folded part; where there are more, those that matter most are chosen.
    pub boards: usize,
    /// Owners of bytes shown for each region; the others are summed in one row.
    pub owners: usize,
    /// Strings, literals and other constants without a symbol are rows of their own; else they are one row.
    pub constants: bool,
    /// Owners of each region of which it is said why they changed, as far as that is known.
    pub whys: usize,
    /// Functions shown for each benchmark; the others are summed.
    pub functions: usize,
    /// Lines of a failed build's log.
    pub log_lines: usize,
    /// Findings shown for each budget.
    pub findings: usize,
    /// Notes shown.
    pub notes: usize,
}

impl Detail {
    /// What a comment and a terminal show.
    pub const NORMAL: Detail = Detail {
        quiet_rows: true,
        quiet_details: false,
        boards: usize::MAX,
        owners: 10,
        constants: true,
        whys: 4,
        functions: 5,
        log_lines: 20,
        findings: 3,
        notes: 20,
    };
    /// What a page shows.
    pub const PAGE: Detail = Detail {
        quiet_rows: true,
        quiet_details: true,
        boards: usize::MAX,
        owners: 200,
        constants: true,
        whys: 40,
        functions: 40,
        log_lines: 40,
        findings: 20,
        notes: 200,
    };
    /// Without what a comment that would be too long loses first: the reasons, then the constants' own rows.
    const SHORT: Detail = Detail { whys: 0, constants: false, ..Detail::NORMAL };
    /// Coarser and coarser, for a comment that would be too long.
    pub const STEPS: [Detail; 8] = [
        Detail::NORMAL,
        Detail { whys: 0, ..Detail::NORMAL },
        Detail::SHORT,
        Detail { owners: 4, functions: 2, log_lines: 8, ..Detail::SHORT },
        Detail { boards: 16, owners: 4, functions: 2, log_lines: 8, ..Detail::SHORT },
        Detail { quiet_rows: false, boards: 16, owners: 4, functions: 2, log_lines: 8, findings: 1, notes: 5, ..Detail::SHORT },
        Detail { quiet_rows: false, boards: 4, owners: 2, functions: 0, log_lines: 3, findings: 1, notes: 5, ..Detail::SHORT },
        Detail { quiet_rows: false, boards: 0, findings: 1, notes: 5, ..Detail::SHORT },
    ];
}

/// The whole report.
pub(crate) fn compose(c: &Comparison, detail: &Detail) -> Vec<Block> {
    let mut out = beginning(c, detail);
    let quiet = c.boards.iter().filter(|b| is_quiet(b)).count();
    let mut loud: Vec<&BoardComparison> = c.boards.iter().filter(|b| detail.quiet_details || !is_quiet(b)).collect();
    let left_out = loud.len().saturating_sub(detail.boards);
    if left_out > 0 {
        loud.sort_by_key(|b| std::cmp::Reverse(weight(b)));
        loud.truncate(detail.boards);
        loud.sort_by_key(|b| c.boards.iter().position(|other| other.board == b.board));
    }
    let few = c.boards.len() - quiet <= OPEN_BOARDS_MAX;
    out.extend(loud.into_iter().map(|b| board::details(b, detail, few && !is_quiet(b))));
    if left_out > 0 {
        out.push(Block::Paragraph(
            format!("Too long for this place: the details of {} are left out.", counted(left_out, "board", "boards")).into(),
        ));
    }
    out.extend(notes(c, detail));
    out
}

/// The answer, one row a board, the budgets.
pub(crate) fn beginning(c: &Comparison, detail: &Detail) -> Vec<Block> {
    let mut out = vec![Block::Paragraph(headline(c)), Block::Paragraph(commits(c))];
    let quiet = c.boards.iter().filter(|b| is_quiet(b)).count();
    let mut table = Table::new(&[("board", Align::Name), ("flash", Align::Right), ("RAM", Align::Right), ("instructions", Align::Right)]);
    for board in c.boards.iter().filter(|b| detail.quiet_rows || !is_quiet(b)) {
        table.row(board_row(board));
    }
    if !table.rows.is_empty() {
        out.push(Block::Table(table));
    }
    if !detail.quiet_rows && quiet > 0 {
        out.push(Block::Paragraph(format!("{} without change, not listed.", counted(quiet, "board", "boards")).into()));
    }
    if !c.budgets.is_empty() {
        out.extend(budgets(&c.budgets, detail));
    }
    out
}

/// What the reader must know beside the figures.
pub(crate) fn notes(c: &Comparison, detail: &Detail) -> Option<Block> {
    if c.notes.is_empty() {
        return None;
    }
    let mut notes: Vec<Line> = c.notes.iter().take(detail.notes).map(|n| Line::from("Note: ").sentence(n)).collect();
    let left_out = c.notes.len().saturating_sub(detail.notes);
    if left_out > 0 {
        notes.push(format!("{} more.", counted(left_out, "note", "notes")).into());
    }
    Some(Block::List(notes))
}

/// How much a board matters to a reader who cannot see them all: broken before over its region before much changed.
pub(crate) fn weight(board: &BoardComparison) -> (bool, bool, u64) {
    let (over, moved) = match &board.state {
        BoardState::Compared(c) => (over_by(c, RegionKind::Flash).is_some(), delta_of(c, RegionKind::Flash).unsigned_abs()),
        _ => (false, 0),
    };
    (is_broken(board), over, moved)
}

fn commits(c: &Comparison) -> Line {
    // Without code spans: GitHub links a commit it knows.
    Line::new().sentence(&c.project).text(format!(": head {} against base {}.", c.head.short(), c.base.short()))
}

/// The board's row: what moved, or in words why nothing is known. Short enough for a phone; the board's own part says the rest.
fn board_row(board: &BoardComparison) -> Vec<Line> {
    let name = |word: &str| Line::new().code(board.board.as_str()).text(if word.is_empty() { String::new() } else { format!(" {word}") });
    let none = || Line::from("–");
    match &board.state {
        BoardState::Compared(c) if !board.fingerprint_changes.is_empty() => {
            vec![name("tools differ"), plain_bytes(c, RegionKind::Flash), plain_bytes(c, RegionKind::Ram), "not compared".into()]
        }
        BoardState::Compared(c) => {
            let word = match c.tendency {
                Tendency::Win => "win",
                Tendency::Trade => "trade",
                Tendency::Cost => "cost",
                Tendency::Free => "free",
            };
            let name = if is_broken(board) { name("").bad(" broken") } else { name(word) };
            vec![name, bytes_cell(c, RegionKind::Flash), bytes_cell(c, RegionKind::Ram), instructions_cell(c)]
        }
        BoardState::HeadFailed { stage, .. } => {
            vec![name("").bad(" broken"), Line::new().bad(format!("{} fails", stage.word())), none(), none()]
        }
        BoardState::BaseFailed { stage, head_builds: true, .. } => {
            vec![name("repaired"), format!("base: {} fails", stage.word()).into(), none(), none()]
        }
        BoardState::BaseFailed { stage, head_builds: false, .. } => {
            vec![name("fails as before"), format!("{} fails", stage.word()).into(), none(), none()]
        }
        BoardState::Missing { .. } => vec![name("missing"), "not measured".into(), none(), none()],
    }
}

fn bytes_cell(c: &Compared, kind: RegionKind) -> Line {
    let Some((base, head)) = bytes_of(&c.regions, kind) else { return "–".into() };
    let d = delta(base, head);
    let moved = c.regions.iter().any(|r| r.kind == kind && r.base_bytes != r.head_bytes);
    // Two regions that moved by as much in opposite directions are not "same".
    let line = Line::new().figure(if d == 0 && moved { "0 B in all".into() } else { bytes_delta(d) }, d);
    let Some((_, over)) = over_by(c, kind) else { return line };
    // With both kinds over, the row has no room for the differences.
    let both = [RegionKind::Flash, RegionKind::Ram].into_iter().all(|kind| over_by(c, kind).is_some());
    let line = if both { Line::new() } else { line.text(", ") };
    line.bad(format!("over by {} B", grouped(over)))
}

/// The head's bytes alone, where the difference would not be the change's.
fn plain_bytes(c: &Compared, kind: RegionKind) -> Line {
    bytes_of(&c.regions, kind).map_or("–".into(), |(_, head)| format!("{} B", grouped(head)).into())
}

fn instructions_cell(c: &Compared) -> Line {
    // What an image over its region comes to: short, for its row says by how much already.
    if c.benches.is_empty() {
        return "none".into();
    }
    let counts = bench_counts(&c.benches);
    if counts.no_fit == c.benches.len() {
        return "no fit".into();
    }
    if c.identical {
        return "identical binary, not run".into();
    }
    let line = match c.instructions_ppm {
        None => Line::new(),
        Some(0) if counts.changed == 0 => "same".into(),
        Some(0) => "mean 0 %".into(),
        Some(ppm) => Line::new().figure(ppm_percent(ppm), ppm),
    };
    // Worst first. Of several kinds the row names one and counts the others; the mean is then left to the board's part.
    let kinds = [
        (counts.failed, if counts.failed == 1 { "fails" } else { "fail" }, true),
        (counts.no_fit, "no fit", false),
        (counts.noisy, "noisy", false),
        (counts.new, "new", false),
        (counts.gone, "gone", false),
    ];
    let mut kinds = kinds.into_iter().filter(|(n, ..)| *n > 0);
    let Some((n, word, bad)) = kinds.next() else {
        return match (line.0.is_empty(), counts.ran) {
            (false, _) => line,
            (true, 0) => "not run".into(),
            (true, _) => "ran, not counted".into(),
        };
    };
    let text = format!("{n} {word}");
    let others: usize = kinds.map(|(n, ..)| n).sum();
    let line = match (line.0.is_empty(), others) {
        (false, 0) => line.text(", "),
        _ => Line::new(),
    };
    let line = if bad { line.bad(text) } else { line.text(text) };
    if others > 0 { line.text(format!(", {others} other")) } else { line }
}

fn budgets(budgets: &[BudgetCheck], detail: &Detail) -> Vec<Block> {
    let exceeded = budgets.iter().filter(|b| !b.holds).count();
    let unjudged = budgets.iter().filter(|b| b.holds && b.not_judged().next().is_some()).count();
    let accepted = budgets.iter().filter(|b| b.holds && !b.accepted.is_empty()).count();
    let title = match (exceeded, budgets.len()) {
        (0, n) if accepted > 0 => {
            let unjudged = if unjudged > 0 { format!(" {unjudged} not judged everywhere.") } else { String::new() };
            Line::new().strong(format!("{accepted} of {} exceeded and accepted.{unjudged}", counted(n, "budget", "budgets")))
        }
        (0, n) if unjudged > 0 => Line::new().strong(format!("{unjudged} of {} not judged everywhere.", counted(n, "budget", "budgets"))),
        (0, 1) => Line::new().strong("The budget holds."),
        (0, n) => Line::new().strong(format!("All {n} budgets hold.")),
        (e, n) => Line::new().bad(format!("{e} of {} exceeded.", counted(n, "budget", "budgets"))),
    };
    let row = |b: &BudgetCheck| {
        let word = match (b.holds, b.not_judged().count()) {
            (false, _) => Line::new().bad("Exceeded: "),
            (true, _) if !b.accepted.is_empty() => Line::new().strong("Accepted: "),
            (true, 0) => "Holds: ".into(),
            (true, n) if n == b.findings.len() => Line::new().strong("Not judged: "),
            (true, _) => Line::new().strong("Holds where judged: "),
        };
        let mut line = word.sentence(&b.rule);
        for (i, finding) in b.findings.iter().take(detail.findings).enumerate() {
            line = line.text(if i == 0 { " → " } else { "; " }).sentence(finding);
        }
        let more = b.findings.len().saturating_sub(detail.findings);
        let line = if more > 0 { line.text(format!("; {more} more")) } else { line };
        let line = b.accepted.iter().take(detail.findings).fold(line, |line, a| line.text("; ").join(by_whom(a)));
        let more = b.accepted.len().saturating_sub(detail.findings);
        if more > 0 { line.text(format!("; {more} more accepted")) } else { line }
    };
    // Exceeded ones first, otherwise in the manifest's order.
    let rows = budgets.iter().filter(|b| !b.holds).chain(budgets.iter().filter(|b| b.holds)).map(row).collect();
    vec![Block::Paragraph(title), Block::List(rows)]
}

/// `by ada (1 October): “the table pays”`.
pub(crate) fn by_whom(a: &Acceptance) -> Line {
    let line = Line::from("by ").code(&a.who);
    let line = match &a.when_text {
        Some(when) => line.text(" (").sentence(when).text(")"),
        None => line,
    };
    line.text(": “").sentence(&a.why).text("”")
}
