//! The answer in words: the verdict first, then what the change costs and what it saves, and on which boards.
//!
//! The first line of the comment, and the title of the check.

use crate::compose::by_whom;
use crate::doc::Line;
use crate::escape::{clip, line};
use crate::figures::{bench_broke, boards_over, counted, delta_of, is_broken, is_incomplete, listed, ppm_size};
use ounce_analysis::comparison::{Acceptance, BenchSide, BoardComparison, BoardState, Compared, Comparison, Tendency, Verdict};
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::grouped;
use std::collections::BTreeSet;

/// Longest title of a check, in characters.
pub const CHECK_TITLE_CHARS_MAX: usize = 140;
/// More boards than this are counted, not named.
const BOARDS_NAMED_MAX: usize = 2;
/// More broken boards than this are counted, not described.
const BROKEN_DESCRIBED_MAX: usize = 3;

/// In the order a reviewer asks.
const TENDENCIES: [(Tendency, &str); 4] =
    [(Tendency::Cost, "Cost"), (Tendency::Trade, "Trade"), (Tendency::Win, "Win"), (Tendency::Free, "Free")];

/// The first line: the verdict, then sentences.
pub(crate) fn headline(c: &Comparison) -> Line {
    let verdict = verdict(c);
    let verdict = if c.verdict.is_failure() { Line::new().bad(verdict) } else { Line::new().strong(verdict) };
    sentences(c).into_iter().fold(verdict, |line, s| line.text(" ").join(s))
}

/// The check's title: plain text of at most [`CHECK_TITLE_CHARS_MAX`] characters, whole sentences as far as they fit.
pub fn check_title(c: &Comparison) -> String {
    let mut title = clip(&verdict(c), CHECK_TITLE_CHARS_MAX);
    for sentence in sentences(c) {
        let longer = format!("{title} {}", line(&sentence.plain()));
        if longer.chars().count() > CHECK_TITLE_CHARS_MAX {
            break;
        }
        title = longer;
    }
    title
}

/// The verdict as one short sentence. Holds nothing but our own words and figures.
pub(crate) fn verdict(c: &Comparison) -> String {
    let total = c.boards.len();
    let missing = c.boards.iter().filter(|b| matches!(b.state, BoardState::Missing { .. })).count();
    match c.verdict {
        Verdict::Unchanged if all_identical(c) => "No change: identical binaries.".into(),
        Verdict::Unchanged => "No change.".into(),
        Verdict::WithinBudget if c.budgets.is_empty() => "Changed; no budgets are set.".into(),
        Verdict::WithinBudget if c.budgets.iter().any(|b| !b.accepted.is_empty()) => "Within budget, as accepted.".into(),
        Verdict::WithinBudget => "Within budget.".into(),
        Verdict::OverBudget => match boards_over(c).len() {
            0 if c.budgets.iter().all(|b| b.holds) => "Over budget.".into(),
            0 => format!("Over budget: {} exceeded.", of(c.budgets.iter().filter(|b| !b.holds).count(), c.budgets.len(), "budget")),
            n => format!("Over budget on {}.", of(n, total, "board")),
        },
        Verdict::Broken => format!("Broken on {}.", of(c.boards.iter().filter(|b| is_broken(b)).count(), total, "board")),
        Verdict::Incomplete => match c.boards.iter().filter(|b| is_incomplete(c, b)).count() {
            // The empty benchmark is in no table; a note names it.
            0 => "Incomplete: not all could be judged.".into(),
            n if n == missing => format!("Incomplete: {} missing.", of(missing, total, "board")),
            n => format!("Incomplete: not all figures on {}.", of(n, total, "board")),
        },
    }
}

/// `1 of 6 boards`, `the only board`.
fn of(n: usize, total: usize, what: &str) -> String {
    match (n, total) {
        (1, 1) => format!("the only {what}"),
        (_, 1) => format!("{n} of {total} {what}"),
        _ => format!("{n} of {total} {what}s"),
    }
}

fn all_identical(c: &Comparison) -> bool {
    !c.boards.is_empty() && c.boards.iter().all(|b| matches!(&b.state, BoardState::Compared(c) if c.identical))
}

fn sentences(c: &Comparison) -> Vec<Line> {
    let mut out = Vec::new();
    if let Some(budget) = c.budgets.iter().find(|b| !b.holds) {
        let finding = budget.findings.first().map(|f| format!(" ({f})")).unwrap_or_default();
        out.push(Line::from("Exceeded: ").sentence(&format!("{}{finding}", budget.rule)).text("."));
    }
    let accepted: BTreeSet<&Acceptance> = c.budgets.iter().filter(|b| b.holds).flat_map(|b| &b.accepted).collect();
    let mut accepted = accepted.into_iter();
    if let Some(first) = accepted.next() {
        let more = match accepted.count() {
            0 => String::new(),
            n => format!(", and {n} more"),
        };
        out.push(Line::from("Growth accepted ").join(by_whom(first)).text(format!("{more}.")));
    }
    out.extend(broken(c).map(Line::from));
    let tendencies = if c.verdict == Verdict::Unchanged { &[][..] } else { &TENDENCIES };
    for &(tendency, word) in tendencies {
        out.extend(tendency_sentence(c, tendency, word).map(Line::from));
    }
    let base_failed = c.boards.iter().filter(|b| matches!(b.state, BoardState::BaseFailed { .. })).count();
    if base_failed > 0 {
        out.push(format!("Nothing to compare on {}: the base does not build.", counted(base_failed, "board", "boards")).into());
    }
    let missing: Vec<&BoardComparison> = c.boards.iter().filter(|b| matches!(b.state, BoardState::Missing { .. })).collect();
    if !missing.is_empty() {
        out.push(format!("Not measured: {}.", boards_in_words(&missing)).into());
    }
    out
}

/// What broke, board by board.
fn broken(c: &Comparison) -> Option<String> {
    let broken: Vec<&BoardComparison> = c.boards.iter().filter(|b| is_broken(b)).collect();
    let mut parts: Vec<String> = broken.iter().take(BROKEN_DESCRIBED_MAX).map(|b| format!("{}: {}", b.board, what_broke(b))).collect();
    if broken.len() > BROKEN_DESCRIBED_MAX {
        parts.push(format!("{} more", broken.len() - BROKEN_DESCRIBED_MAX));
    }
    (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
}

fn what_broke(board: &BoardComparison) -> String {
    match &board.state {
        BoardState::HeadFailed { stage, .. } => format!("{} fails", stage.word()),
        BoardState::Compared(c) => {
            let mut broke = c.benches.iter().filter(|b| bench_broke(b));
            let Some(first) = broke.next() else { return String::new() };
            let how = match &first.head {
                BenchSide::Failed { why, .. } => why.word(),
                _ => "does not fit any more",
            };
            match broke.count() {
                0 => format!("benchmark {}: {how}", first.name),
                n => format!("benchmark {}: {how}, and {n} more", first.name),
            }
        }
        BoardState::BaseFailed { .. } | BoardState::Missing { .. } => String::new(),
    }
}

/// `microbit`, `a and b`, `4 boards`.
fn boards_in_words(boards: &[&BoardComparison]) -> String {
    if boards.len() <= BOARDS_NAMED_MAX {
        listed(&boards.iter().map(|b| b.board.to_string()).collect::<Vec<_>>())
    } else {
        format!("{} boards", boards.len())
    }
}

/// `Trade on microbit: costs 128 B of flash, saves 1.20 % of the instructions.`
fn tendency_sentence(c: &Comparison, tendency: Tendency, word: &str) -> Option<String> {
    let of_tendency =
        |b: &&BoardComparison| matches!(&b.state, BoardState::Compared(c) if c.tendency == tendency) && b.fingerprint_changes.is_empty();
    let boards: Vec<&BoardComparison> = c.boards.iter().filter(of_tendency).collect();
    if boards.is_empty() {
        return None;
    }
    let on = if boards.len() == c.boards.len() && boards.len() > BOARDS_NAMED_MAX {
        format!("all {} boards", boards.len())
    } else {
        boards_in_words(&boards)
    };
    let compared: Vec<&Compared> =
        boards.iter().filter_map(|b| if let BoardState::Compared(c) = &b.state { Some(&**c) } else { None }).collect();
    let (costs, saves) = (quantities(&compared, 1), quantities(&compared, -1));
    let mut parts = Vec::new();
    if !costs.is_empty() {
        parts.push(format!("costs {}", listed(&costs)));
    }
    if !saves.is_empty() {
        parts.push(format!("saves {}", listed(&saves)));
    }
    let rest = match parts.is_empty() {
        false => format!(": {}", parts.join(", ")),
        true if tendency == Tendency::Free => String::new(),
        // Size and instructions decide the tendency, and the size is the same.
        true => ": by less than one instruction in a million".into(),
    };
    Some(format!("{word} on {on}{rest}."))
}

/// What goes up (`sign` 1) or down (−1) on these boards, a range where they differ.
fn quantities(compared: &[&Compared], sign: i64) -> Vec<String> {
    let bytes = |kind| compared.iter().map(move |c| delta_of(c, kind).saturating_mul(sign)).collect::<Vec<_>>();
    let instructions: Vec<i64> = compared.iter().filter_map(|c| c.instructions_ppm).map(|ppm| ppm.saturating_mul(sign)).collect();
    let grouped = |n: i64| grouped(n.unsigned_abs());
    let mut out = Vec::new();
    out.extend(range(&bytes(RegionKind::Flash), &grouped).map(|r| format!("{r} B of flash")));
    out.extend(range(&bytes(RegionKind::Ram), &grouped).map(|r| format!("{r} B of RAM")));
    let without_unit = |ppm: i64| ppm_size(ppm).trim_end_matches(" %").to_owned();
    let of = if sign > 0 { "more" } else { "of the" };
    out.extend(range(&instructions, &without_unit).map(|r| format!("{r} % {of} instructions")));
    out
}

/// `312`, `80 to 312`, `up to 312` where some have none; `None` where none has any.
fn range(values: &[i64], write: &dyn Fn(i64) -> String) -> Option<String> {
    let max = values.iter().copied().max().filter(|&m| m > 0)?;
    let min = values.iter().copied().min().unwrap_or(max).max(0);
    let (low, high) = (write(min), write(max));
    Some(if min == 0 {
        format!("up to {high}")
    } else if low == high {
        high
    } else {
        format!("{low} to {high}")
    })
}
