//! Figures of a board, read off a comparison and put in words: sums by kind of memory, percentages, ranges.
//!
//! Says nothing about how the text is laid out. All arithmetic saturates: the figures come from files that may lie.

use ounce_analysis::comparison::{BenchDelta, BenchSide, BoardComparison, BoardState, Compared, Comparison, RegionDelta};
use ounce_analysis::cycles::Answer;
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::{delta, grouped, signed};

/// Base and head bytes of all regions of a kind; `None` where the board has none.
pub(crate) fn bytes_of(regions: &[RegionDelta], kind: RegionKind) -> Option<(u64, u64)> {
    regions.iter().filter(|r| r.kind == kind).fold(None, |sum, r| {
        let (base, head) = sum.unwrap_or((0u64, 0u64));
        Some((base.saturating_add(r.base_bytes), head.saturating_add(r.head_bytes)))
    })
}

/// The difference of all regions of a kind.
pub(crate) fn delta_of(compared: &Compared, kind: RegionKind) -> i64 {
    bytes_of(&compared.regions, kind).map_or(0, |(base, head)| delta(base, head))
}

/// The first region of a kind the head does not fit in, and by how much.
pub(crate) fn over_by(compared: &Compared, kind: RegionKind) -> Option<(&RegionDelta, u64)> {
    let over = |r: &RegionDelta| r.head_bytes.checked_sub(r.size_bytes).filter(|&b| b > 0);
    compared.regions.iter().filter(|r| r.kind == kind).find_map(|r| over(r).map(|b| (r, b)))
}

/// `+312 B`, `same`.
pub(crate) fn bytes_delta(delta: i64) -> String {
    if delta == 0 { "same".into() } else { format!("{} B", signed(delta)) }
}

/// What is left of a region: `20,808 B left`, `full`, `over by 212 B`.
pub(crate) fn headroom(size_bytes: u64, used_bytes: u64) -> String {
    match delta(used_bytes, size_bytes) {
        0 => "full".into(),
        left if left > 0 => format!("{} B left", grouped(left.unsigned_abs())),
        over => format!("over by {} B", grouped(over.unsigned_abs())),
    }
}

/// Parts per million as a percentage without its sign: `1.20 %`, `<0.01 %`.
pub(crate) fn ppm_size(ppm: i64) -> String {
    let hundredths = ppm.unsigned_abs().saturating_add(50) / 100;
    if hundredths == 0 && ppm != 0 { "<0.01 %".into() } else { format!("{}.{:02} %", grouped(hundredths / 100), hundredths % 100) }
}

/// Parts per million as a signed percentage: `−1.20 %`, `0 %`.
pub(crate) fn ppm_percent(ppm: i64) -> String {
    match (ppm, ppm_size(ppm)) {
        (0, _) => "0 %".into(),
        (1.., size) if size.starts_with('<') => "<+0.01 %".into(),
        (_, size) if size.starts_with('<') => ">−0.01 %".into(),
        (1.., size) => format!("+{size}"),
        (_, size) => format!("−{size}"),
    }
}

/// How the head's benchmarks stand, counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BenchCounts {
    /// Counted on both sides.
    pub both: usize,
    /// Of these, with different counts.
    pub changed: usize,
    /// Of these, where the takes of a side differ.
    pub noisy: usize,
    /// Right at the head, where nobody counts instructions.
    pub ran: usize,
    /// Not valid at the head.
    pub failed: usize,
    /// Too big for the board at the head.
    pub no_fit: usize,
    /// Only at the head.
    pub new: usize,
    /// Only at the base.
    pub gone: usize,
}

pub(crate) fn bench_counts(benches: &[BenchDelta]) -> BenchCounts {
    let mut counts = BenchCounts::default();
    for bench in benches {
        match (&bench.base, &bench.head) {
            (BenchSide::Counted { instructions: a, exact: x, .. }, BenchSide::Counted { instructions: b, exact: y, .. }) => {
                counts.both += 1;
                counts.changed += usize::from(a != b);
                counts.noisy += usize::from(!(*x && *y));
            }
            (_, BenchSide::Failed { .. }) => counts.failed += 1,
            (_, BenchSide::NoFit { .. }) => counts.no_fit += 1,
            (_, BenchSide::Ran { .. }) => counts.ran += 1,
            (_, BenchSide::Counted { .. }) => counts.new += 1,
            (BenchSide::Absent, BenchSide::Absent) => {}
            (_, BenchSide::Absent) => counts.gone += 1,
        }
    }
    counts
}

/// Whether a benchmark that was valid at the base is not at the head.
pub(crate) fn bench_broke(bench: &BenchDelta) -> bool {
    bench.base.is_valid() && matches!(bench.head, BenchSide::Failed { .. } | BenchSide::NoFit { .. })
}

/// Whether the head breaks the board: no image any more, or a benchmark not valid any more.
pub(crate) fn is_broken(board: &BoardComparison) -> bool {
    match &board.state {
        BoardState::HeadFailed { .. } => true,
        BoardState::Compared(c) => c.benches.iter().any(bench_broke),
        BoardState::BaseFailed { .. } | BoardState::Missing { .. } => false,
    }
}

/// Whether a figure is not there, or cannot be judged.
pub(crate) fn is_incomplete(c: &Comparison, board: &BoardComparison) -> bool {
    match &board.state {
        BoardState::Missing { .. } | BoardState::BaseFailed { .. } => true,
        BoardState::HeadFailed { .. } => false,
        BoardState::Compared(compared) => {
            let unknown = |b: &BenchDelta| match (&b.base, &b.head) {
                (BenchSide::Absent, _) | (_, BenchSide::Absent) => true,
                (base, head) => matches!((base, head), (BenchSide::Failed { .. }, BenchSide::Failed { .. })),
            };
            let mut not_judged = c.budgets.iter().flat_map(|b| b.not_judged());
            !board.fingerprint_changes.is_empty()
                || compared.benches.iter().any(unknown)
                || not_judged.any(|place| names(place, board.board.as_str()))
        }
    }
}

/// Whether a finding is of this board: `microbit: …`, `microbit, fib: …`.
fn names(finding: &str, board: &str) -> bool {
    finding.strip_prefix(board).is_some_and(|rest| rest.starts_with([':', ',', ' ', '/']))
}

/// Whether a board has nothing to say beyond its row in the table.
pub(crate) fn is_quiet(board: &BoardComparison) -> bool {
    match &board.state {
        BoardState::Compared(c) => {
            board.fingerprint_changes.is_empty()
                && c.regions.iter().all(|r| r.base_bytes == r.head_bytes && r.rows.is_empty() && r.head_bytes <= r.size_bytes)
                && c.benches.iter().all(|b| b.base == b.head && !matches!(b.head, BenchSide::Failed { .. }) && !are_cycles_different(b))
        }
        _ => false,
    }
}

fn are_cycles_different(bench: &BenchDelta) -> bool {
    bench.cycles.is_some_and(|cycles| cycles.answer == Answer::Different)
}

/// The boards a budget is exceeded on, as far as its findings name them (`microbit: …`), in the manifest's order.
pub(crate) fn boards_over(c: &Comparison) -> Vec<&str> {
    let findings = || c.budgets.iter().filter(|b| !b.holds).flat_map(|b| &b.findings);
    c.boards.iter().map(|b| b.board.as_str()).filter(|b| findings().any(|f| names(f, b))).collect()
}

/// `1 board`, `3 boards`.
pub(crate) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_never_hide_a_change() {
        let check = |ppm, text: &str| assert_eq!(ppm_percent(ppm), text, "{ppm}");
        check(0, "0 %");
        check(12_000, "+1.20 %");
        check(-1_200, "−0.12 %");
        check(49, "<+0.01 %");
        check(50, "+0.01 %");
        check(-3, ">−0.01 %");
        check(i64::MIN, "−922,337,203,685,477.58 %");
    }

    #[test]
    fn headroom_is_told_in_words() {
        let check = |size, used, text: &str| assert_eq!(headroom(size, used), text);
        check(100, 40, "60 B left");
        check(100, 100, "full");
        check(100, 312, "over by 212 B");
    }

    #[test]
    fn lists_read_as_a_sentence() {
        let check = |parts: &[&str], text: &str| assert_eq!(listed(&parts.iter().map(|&p| p.into()).collect::<Vec<_>>()), text);
        check(&[], "");
        check(&["a"], "a");
        check(&["a", "b"], "a and b");
        check(&["a", "b", "c"], "a, b and c");
    }
}
