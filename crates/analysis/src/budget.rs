//! The project's own limits: each budget checked on every board (and benchmark) it applies to.
//!
//! Comparisons are of whole numbers; a limit that is met exactly holds. What cannot be judged is said, never passed over: a board whose tools
//! differ between the two sides, a benchmark whose two takes differ, and a peak that only the base has. A budget of free bytes that the base broke already is not exceeded by a
//! change that does not make it worse; its finding says so.

use crate::comparison::{BenchSide, BoardComparison, BoardState, BudgetCheck, Compared, RegionDelta};
use ounce_protocol::manifest::{BenchMetric, Budget, Percent};
use ounce_protocol::units::{delta, grouped, percent, percent_hundredths, signed};

/// Checks the budgets, in the manifest's order. A budget that applies to nothing that was measured is left out. Images that no longer
/// fit break a budget that every project has without writing it down; it is listed, first, only then.
pub(crate) fn check(budgets: &[Budget], boards: &[BoardComparison]) -> Vec<BudgetCheck> {
    fit(boards).into_iter().chain(budgets.iter().filter_map(|budget| check_one(budget, boards))).collect()
}

/// Regions that the base's image fits and the head's does not.
fn fit(boards: &[BoardComparison]) -> Option<BudgetCheck> {
    let mut over = Vec::new();
    for board in boards.iter().filter(|b| b.fingerprint_changes.is_empty()) {
        let BoardState::Compared(compared) = &board.state else { continue };
        for region in compared.regions.iter().filter(|r| r.base_bytes <= r.size_bytes && r.head_bytes > r.size_bytes) {
            let bytes = region.head_bytes - region.size_bytes;
            over.push((std::cmp::Reverse(bytes), format!("{}: {} over by {} B", board.board, region.name, grouped(bytes))));
        }
    }
    over.sort();
    let findings: Vec<String> = over.into_iter().map(|(_, text)| text).collect();
    (!findings.is_empty()).then(|| BudgetCheck { rule: "an image must fit its regions".into(), holds: false, findings })
}

/// One limit at one place.
struct Finding {
    exceeded: bool,
    /// How much of the limit is used, in millionths of it: what makes one place tighter than another.
    use_ppm: i128,
    text: String,
}

fn check_one(budget: &Budget, boards: &[BoardComparison]) -> Option<BudgetCheck> {
    let mut findings = Vec::new();
    let mut not_judged = Vec::new();
    for board in boards.iter().filter(|b| budget.boards.as_ref().is_none_or(|names| names.contains(&b.board))) {
        let BoardState::Compared(compared) = &board.state else { continue };
        if !board.fingerprint_changes.is_empty() {
            if applies(budget, compared) {
                not_judged.push(BudgetCheck::not_judged_on(board.board.as_str(), "its tools differ between base and head"));
            }
            continue;
        }
        for region in compared.regions.iter().filter(|r| budget.region.as_ref() == Some(&r.name)) {
            check_region(budget, board.board.as_str(), region, &mut findings);
        }
        if let Some(metric) = budget.metric {
            check_benches(budget, metric, board.board.as_str(), compared, &mut findings, &mut not_judged);
        }
    }
    if findings.is_empty() && not_judged.is_empty() {
        return None;
    }
    findings.sort_by(|a, b| b.exceeded.cmp(&a.exceeded).then(b.use_ppm.cmp(&a.use_ppm)).then_with(|| a.text.cmp(&b.text)));
    let holds = findings.iter().all(|f| !f.exceeded);
    let shown = if holds { findings.len().min(1) } else { findings.iter().filter(|f| f.exceeded).count() };
    let findings = findings.into_iter().take(shown).map(|f| f.text).chain(not_judged).collect();
    Some(BudgetCheck { rule: rule(budget), holds, findings })
}

fn applies(budget: &Budget, compared: &Compared) -> bool {
    compared.regions.iter().any(|r| budget.region.as_ref() == Some(&r.name)) || (budget.metric.is_some() && !compared.benches.is_empty())
}

fn check_region(budget: &Budget, place: &str, region: &RegionDelta, findings: &mut Vec<Finding>) {
    growth(budget, place, region.base_bytes, region.head_bytes, " B", findings);
    if let Some(least) = budget.min_headroom {
        findings.push(headroom(least, place, region));
    }
}

fn check_benches(
    budget: &Budget,
    metric: BenchMetric,
    board: &str,
    compared: &Compared,
    findings: &mut Vec<Finding>,
    not_judged: &mut Vec<String>,
) {
    let named = |name| budget.benchmarks.as_ref().is_none_or(|names| names.contains(name));
    for bench in compared.benches.iter().filter(|b| named(&b.name)) {
        let place = format!("{board}, {}", bench.name);
        let (base, head) = match (figure(&bench.base, metric), figure(&bench.head, metric)) {
            (Some(base), Some(head)) => (base, head),
            // Else a change gets rid of a limit by no longer reporting what it limits.
            (Some(_), None) if bench.head.instructions().is_some() => {
                let why = format!("a {} peak at the base, none at the head", metric.word());
                not_judged.push(BudgetCheck::not_judged_on(&place, &why));
                continue;
            }
            _ => continue,
        };
        if base.noisy || head.noisy {
            not_judged.push(BudgetCheck::not_judged_on(&place, "its two takes differ"));
            continue;
        }
        let unit = if metric == BenchMetric::Instructions { "" } else { " B" };
        growth(budget, &place, base.value, head.value, unit, findings);
    }
}

struct Figure {
    value: u64,
    noisy: bool,
}

fn figure(side: &BenchSide, metric: BenchMetric) -> Option<Figure> {
    let BenchSide::Counted { instructions, exact, stack_peak_bytes, heap_peak_bytes } = side else { return None };
    let value = match metric {
        BenchMetric::Instructions => Some(*instructions),
        BenchMetric::Stack => *stack_peak_bytes,
        BenchMetric::Heap => *heap_peak_bytes,
    };
    value.map(|value| Figure { value, noisy: !exact })
}

const ONE: i128 = 1_000_000;

fn growth(budget: &Budget, place: &str, base: u64, head: u64, unit: &str, findings: &mut Vec<Finding>) {
    let change = i128::from(head) - i128::from(base);
    let difference = format!("{}{unit}", signed(delta(base, head)));
    if let Some(most) = budget.max_growth {
        let most = i128::from(most);
        let rest = grouped(u64::try_from((change - most).abs()).unwrap_or(u64::MAX));
        let exceeded = change > most;
        let word = if exceeded { "over" } else { "left" };
        findings.push(Finding {
            exceeded,
            use_ppm: change * ONE / most.max(1),
            text: format!("{place}: {difference}, {rest}{unit} {word}"),
        });
    }
    if let Some(Percent { hundredths }) = budget.max_growth_percent {
        let (scaled, most) = (change * 10_000, i128::from(hundredths) * i128::from(base));
        let exceeded = scaled > most;
        let rest = match percent_hundredths(base, head) {
            None if exceeded => "from nothing, over".to_owned(),
            None => "nothing at the base".to_owned(),
            Some(of) => match (of.saturating_sub(hundredths).unsigned_abs(), exceeded) {
                (0, true) => "<0.01 % over".to_owned(),
                (over, true) => format!("{} over", hundredths_text(over)),
                (left, false) => format!("{} left", hundredths_text(left)),
            },
        };
        let text = format!("{place}: {} ({difference}), {rest}", percent(base, head));
        findings.push(Finding { exceeded, use_ppm: scaled * ONE / most.max(1), text });
    }
}

fn headroom(least: u64, place: &str, region: &RegionDelta) -> Finding {
    let free = |used: u64| i128::from(region.size_bytes) - i128::from(used);
    let (free_base, free_head) = (free(region.base_bytes), free(region.head_bytes));
    let missing = i128::from(least) - free_head;
    let amount = |n: i128| grouped(u64::try_from(n.abs()).unwrap_or(u64::MAX));
    let state =
        if free_head < 0 { format!("over {} by {} B", region.name, amount(free_head)) } else { format!("{} B free", amount(free_head)) };
    let was_broken = free_base < i128::from(least);
    let exceeded = missing > 0 && !(was_broken && free_head >= free_base);
    let rest = match (missing > 0, exceeded) {
        (true, true) => format!("{} B short", amount(missing)),
        (true, false) => format!("{} B short, no worse than at the base", amount(missing)),
        _ => format!("{} B left", amount(missing)),
    };
    Finding { exceeded, use_ppm: ONE + missing * ONE / i128::from(least).max(1), text: format!("{place}: {state}, {rest}") }
}

/// `150` → `1.5 %`, as people write it in a manifest.
fn hundredths_text(hundredths: u64) -> String {
    let text = format!("{}.{:02}", grouped(hundredths / 100), hundredths % 100);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The budget in words.
fn rule(budget: &Budget) -> String {
    let mut subject = match (&budget.region, budget.metric) {
        (Some(region), _) => region.to_string(),
        (None, Some(metric)) => metric.word().to_owned(),
        (None, None) => String::new(),
    };
    if let Some(benchmarks) = &budget.benchmarks {
        subject = format!("{subject} of {}", list(benchmarks));
    }
    if let Some(boards) = &budget.boards {
        subject = format!("{subject} on {}", list(boards));
    }
    let unit = if budget.metric == Some(BenchMetric::Instructions) { "" } else { " B" };
    let grow = match (budget.max_growth, budget.max_growth_percent) {
        (None, None) => None,
        (Some(0), _) | (_, Some(Percent { hundredths: 0 })) => Some("may not grow".to_owned()),
        (Some(most), None) => Some(format!("may grow by {}{unit}", grouped(most))),
        (None, Some(p)) => Some(format!("may grow by {}", hundredths_text(p.hundredths.unsigned_abs()))),
        (Some(most), Some(p)) => {
            Some(format!("may grow by {}{unit} and by no more than {}", grouped(most), hundredths_text(p.hundredths.unsigned_abs())))
        }
    };
    let keep = budget.min_headroom.map(|least| format!("must keep {} B free", grouped(least)));
    let limits: Vec<String> = grow.into_iter().chain(keep).collect();
    format!("{subject} {}", limits.join(" and "))
}

fn list(names: &[impl ToString]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
