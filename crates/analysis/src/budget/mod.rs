//! The project's own limits: each budget checked on every board (and benchmark) it applies to.
//!
//! A budget counts growth from the base, or, with `since`, from a baseline: the figure at a tag or a date, moved up by the growth that was
//! accepted after it. Comparisons are of whole numbers; a limit that is met exactly holds. What cannot be judged is said, never passed over: a board whose tools
//! differ between the two sides, a benchmark whose two takes differ, a peak that only the base has, and a baseline without a figure, or with
//! that of other tools. A budget of free bytes, or since a baseline, that the base broke already is not exceeded by a change that does not make
//! it worse; its finding says so. Growth that was accepted at exactly this head is over the limit and does not fail.

mod words;

use crate::comparison::{Acceptance, BenchSide, BoardComparison, BoardState, BudgetCheck, Compared, Left, LeftState, RegionDelta};
use crate::judge::{BoardInput, Judgement};
use crate::past::{Accepted, Baseline, Figure, Past, Place};
use ounce_protocol::ids::BoardName;
use ounce_protocol::manifest::{BenchMetric, Budget, Percent, Since, nearest};
use ounce_protocol::measurement::{Fingerprint, Ledger, Outcome};
use ounce_protocol::units::{delta, grouped, percent, percent_hundredths, signed};
use std::collections::BTreeSet;
use words::{amount, hundredths_text, rule, share};

/// Checks the budgets, in the manifest's order. A budget that applies to nothing that was measured is left out. Images that no longer
/// fit break a budget that every project has without writing it down; it is listed, first, only then.
pub(crate) fn check(input: &Judgement<'_>, past: &Past, boards: &[BoardComparison]) -> Vec<BudgetCheck> {
    let one = |budget| {
        Checking { budget, input, past, findings: Vec::new(), not_judged: Vec::new(), other_groups: BTreeSet::new() }.check(boards)
    };
    fit(boards).into_iter().chain(input.manifest.budgets.iter().filter_map(one)).collect()
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
    (!findings.is_empty()).then(|| BudgetCheck {
        rule: "an image must fit its regions".into(),
        holds: false,
        findings,
        left: Vec::new(),
        accepted: Vec::new(),
    })
}

/// One limit at one place.
struct Finding {
    /// How much of the limit is used, in millionths of it: what makes one place tighter than another.
    use_ppm: i128,
    text: String,
    left: Left,
}

/// A figure at base and head.
#[derive(Clone, Copy)]
struct Sides {
    base: u64,
    head: u64,
}

/// From what growth is counted.
struct Start<'a> {
    value: u64,
    /// Where it is not the base: the tag or the date, and how much of the value was accepted since.
    since: Option<(&'a Since, u64)>,
}

/// One budget while it is checked.
struct Checking<'a> {
    budget: &'a Budget,
    input: &'a Judgement<'a>,
    past: &'a Past,
    findings: Vec<Finding>,
    not_judged: Vec<String>,
    /// All groups of the region, on boards without the budget's own.
    other_groups: BTreeSet<&'a str>,
}

impl<'a> Checking<'a> {
    fn check(mut self, boards: &[BoardComparison]) -> Option<BudgetCheck> {
        let budget = self.budget;
        for board in boards.iter().filter(|b| budget.boards.as_ref().is_none_or(|names| names.contains(&b.board))) {
            let BoardState::Compared(compared) = &board.state else { continue };
            if !board.fingerprint_changes.is_empty() {
                if applies(budget, compared) {
                    self.not_judged.push(BudgetCheck::not_judged_on(board.board.as_str(), "its tools differ between base and head"));
                }
                continue;
            }
            for region in compared.regions.iter().filter(|r| budget.region.as_ref() == Some(&r.name)) {
                self.region(&board.board, region);
            }
            if let Some(metric) = budget.metric {
                self.benches(&board.board, metric, compared);
            }
        }
        if let (Some(group), Some(region), true) = (&budget.group, &budget.region, self.findings.is_empty() && self.not_judged.is_empty())
            && !self.other_groups.is_empty()
        {
            // Else a misspelt group would hold for ever.
            let hint = nearest(group, self.other_groups.iter().copied());
            self.not_judged.push(BudgetCheck::not_judged_on("any board", &format!("no group {group} in {region}{hint}")));
        }
        self.finish()
    }

    fn finish(mut self) -> Option<BudgetCheck> {
        if self.findings.is_empty() && self.not_judged.is_empty() {
            return None;
        }
        let rank = |f: &Finding| std::cmp::Reverse((f.left.state, f.use_ppm));
        self.findings.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.text.cmp(&b.text)));
        let state = self.findings.first().map_or(LeftState::Holds, |f| f.left.state);
        let loud = self.findings.iter().filter(|f| f.left.state != LeftState::Holds).count();
        // Where nothing is over, the tightest place.
        let shown = if loud == 0 { self.findings.len().min(1) } else { loud };
        let findings = self.findings.iter().take(shown).map(|f| f.text.clone()).chain(std::mem::take(&mut self.not_judged)).collect();
        let over = self.findings.iter().filter(|f| f.left.state == LeftState::Accepted);
        let accepted: BTreeSet<Acceptance> =
            over.filter_map(|f| self.accepted(&f.left.place, f.left.growth)).map(Acceptance::from).collect();
        let mut boards = BTreeSet::new();
        let keep = |left: &Left| boards.insert(left.place.board.clone()) || left.state != LeftState::Holds;
        let left = self.findings.into_iter().map(|f| f.left).filter(keep).collect();
        let holds = state != LeftState::Exceeded;
        Some(BudgetCheck { rule: rule(self.budget), holds, findings, left, accepted: accepted.into_iter().collect() })
    }

    fn region(&mut self, board: &BoardName, region: &RegionDelta) {
        let place =
            Place { board: board.clone(), figure: Figure::Region { region: region.name.clone(), group: self.budget.group.clone() } };
        let sides = match &self.budget.group {
            None => Sides { base: region.base_bytes, head: region.head_bytes },
            Some(group) => {
                let Some((base, head)) = ledgers(self.input, board) else { return };
                let (at_base, at_head) = (group_bytes(base, region, group), group_bytes(head, region, group));
                let before = self.budget.since.as_ref().and_then(|since| self.start(since, &place).ok());
                if at_base.is_none() && at_head.is_none() && before.is_none_or(|start| start.value == 0) {
                    let rows = [base, head].into_iter().flat_map(|l| &l.regions).filter(|r| r.name == region.name).flat_map(|r| &r.rows);
                    self.other_groups.extend(rows.map(|row| row.group.as_str()));
                    return;
                }
                Sides { base: at_base.unwrap_or(0), head: at_head.unwrap_or(0) }
            }
        };
        self.growth(board.as_str(), &place, sides);
        if let Some(least) = self.budget.min_headroom {
            self.headroom(least, place, region);
        }
    }

    fn benches(&mut self, board: &BoardName, metric: BenchMetric, compared: &Compared) {
        let budget = self.budget;
        let named = |name| budget.benchmarks.as_ref().is_none_or(|names| names.contains(name));
        for bench in compared.benches.iter().filter(|b| named(&b.name)) {
            let text = format!("{board}, {}", bench.name);
            let (base, head) = match (side(&bench.base, metric), side(&bench.head, metric)) {
                (Some(base), Some(head)) => (base, head),
                // A baseline knows what a base without the benchmark does not.
                (None, Some(head)) if budget.since.is_some() => (head, head),
                // Else a change gets rid of a limit by no longer reporting what it limits.
                (Some(_), None) if bench.head.is_valid() => {
                    let why = format!("a {} peak at the base, none at the head", metric.word());
                    self.not_judged.push(BudgetCheck::not_judged_on(&text, &why));
                    continue;
                }
                _ => continue,
            };
            if base.noisy || head.noisy {
                self.not_judged.push(BudgetCheck::not_judged_on(&text, "its two takes differ"));
                continue;
            }
            let place = Place { board: board.clone(), figure: Figure::Bench { benchmark: bench.name.clone(), metric } };
            self.growth(&text, &place, Sides { base: base.value, head: head.value });
        }
    }

    /// From what growth at the place is counted since then, or why that is not known.
    fn start(&self, since: &'a Since, place: &Place) -> Result<Start<'a>, String> {
        let none = || format!("no figure at {since}");
        let baseline: &Baseline = self.past.baselines.iter().find(|b| b.since == *since).ok_or_else(none)?;
        if baseline.sha.is_none() {
            return Err(format!("there is no commit for {since}"));
        }
        let figures = baseline.boards.get(&place.board).ok_or_else(none)?;
        let value = figures.figure(&place.figure).ok_or_else(none)?;
        if let Some(tool) = fingerprint(self.input, &place.board).and_then(|now| figures.other_tool(now, &place.figure)) {
            return Err(format!("{since} was measured with another {tool}"));
        }
        let accepted = baseline.accepted_at(place);
        Ok(Start { value: value.saturating_add(accepted), since: Some((since, accepted)) })
    }

    /// The acceptance that covers this growth of the change that is judged.
    fn accepted(&self, place: &Place, growth: i64) -> Option<&'a Accepted> {
        let covers = |a: &&Accepted| a.place == *place && a.sha == *self.input.head && i128::from(growth) <= i128::from(a.growth);
        self.past.accepted.iter().rev().find(covers)
    }

    /// What over the limit comes to, and what is said of it.
    fn over(&self, place: &Place, growth: i64) -> (LeftState, String) {
        if self.accepted(place, growth).is_some() {
            return (LeftState::Accepted, ", accepted".into());
        }
        let said = match self.past.accepted.iter().rev().find(|a| a.place == *place) {
            Some(a) if a.sha == *self.input.head => format!(", {}{} of it accepted", grouped(a.growth), place.figure.unit()),
            Some(a) => format!(", accepted at {} only", a.sha.short()),
            None => String::new(),
        };
        (LeftState::Exceeded, said)
    }

    fn growth(&mut self, text: &str, place: &Place, sides: Sides) {
        if self.budget.max_growth.is_none() && self.budget.max_growth_percent.is_none() {
            return;
        }
        let start = match &self.budget.since {
            None => Start { value: sides.base, since: None },
            Some(since) => match self.start(since, place) {
                Ok(start) => start,
                Err(why) => return self.not_judged.push(BudgetCheck::not_judged_on(text, &why)),
            },
        };
        let budget = self.budget;
        if let Some(most) = budget.max_growth {
            self.findings.push(self.limit(text, place, sides, &start, Limit::Amount(most)));
        }
        if let Some(most) = budget.max_growth_percent {
            self.findings.push(self.limit(text, place, sides, &start, Limit::Share(most)));
        }
    }

    fn limit(&self, text: &str, place: &Place, sides: Sides, start: &Start<'_>, most: Limit) -> Finding {
        let unit = place.figure.unit();
        let used = i128::from(sides.head) - i128::from(start.value);
        // Figures are whole: growth is within a percentage where it is within the whole part of it.
        let limit = match most {
            Limit::Amount(most) => i128::from(most),
            Limit::Share(Percent { hundredths }) => i128::from(hundredths) * i128::from(start.value) / 10_000,
        };
        let left = limit - used;
        let own = delta(sides.base, sides.head);
        let (state, said) = match (left < 0, start.since) {
            (false, _) => (LeftState::Holds, String::new()),
            (true, Some(_)) if sides.head <= sides.base => (LeftState::Holds, ", no worse than at the base".into()),
            (true, _) => self.over(place, own),
        };
        let word = if left < 0 { "over" } else { "left" };
        let rest = match most {
            Limit::Amount(_) => {
                let of = share(left, limit).map(|share| format!(" ({share})")).unwrap_or_default();
                format!("{}{unit} {word}{of}", amount(left))
            }
            Limit::Share(Percent { hundredths }) => match percent_hundredths(start.value, sides.head) {
                None if left < 0 => "from nothing, over".to_owned(),
                None => start.since.map_or("nothing at the base".to_owned(), |(since, _)| format!("nothing at {since}")),
                Some(of) => {
                    let rest = of.saturating_sub(hundredths).unsigned_abs();
                    let rest = if rest == 0 && left < 0 { "<0.01 %".to_owned() } else { hundredths_text(rest) };
                    format!("{rest} {word} ({}{unit})", amount(left))
                }
            },
        };
        let difference = format!("{}{unit}", signed(delta(start.value, sides.head)));
        let difference = match most {
            Limit::Amount(_) => difference,
            Limit::Share(_) => format!("{} ({difference})", percent(start.value, sides.head)),
        };
        let (counted, before) = match start.since {
            None => (String::new(), String::new()),
            Some((since, accepted)) => {
                let before =
                    if accepted > 0 { format!("; {}{unit} accepted before not counted", grouped(accepted)) } else { String::new() };
                (format!(" since {since} ({}{unit} here)", signed(own)), before)
            }
        };
        Finding {
            use_ppm: used * ONE / limit.max(1),
            text: format!("{text}: {difference}{counted}, {rest}{said}{before}"),
            left: Left { place: place.clone(), limit: narrow(limit), used: narrow(used), left: narrow(left), growth: own, state },
        }
    }

    fn headroom(&mut self, least: u64, place: Place, region: &RegionDelta) {
        let free = |used: u64| i128::from(region.size_bytes) - i128::from(used);
        let (free_base, free_head) = (free(region.base_bytes), free(region.head_bytes));
        let (limit, used) = (free(least), i128::from(region.head_bytes));
        let left = limit - used;
        let own = delta(region.base_bytes, region.head_bytes);
        let free = if free_head < 0 {
            format!("over {} by {} B", region.name, amount(free_head))
        } else {
            format!("{} B free", amount(free_head))
        };
        let was_broken = free_base < i128::from(least);
        let (state, said) = match (left < 0, was_broken && free_head >= free_base) {
            (false, _) => (LeftState::Holds, String::new()),
            (true, true) => (LeftState::Holds, ", no worse than at the base".into()),
            (true, false) => self.over(&place, own),
        };
        let rest = match (left < 0, share(left, limit)) {
            (true, _) => format!("{} B short", amount(left)),
            (false, Some(share)) => format!("{} B left ({share})", amount(left)),
            (false, None) => format!("{} B left", amount(left)),
        };
        self.findings.push(Finding {
            use_ppm: ONE - left * ONE / i128::from(least).max(1),
            text: format!("{}: {free}, {rest}{said}", place.board),
            left: Left { place, limit: narrow(limit), used: narrow(used), left: narrow(left), growth: own, state },
        });
    }
}

/// How much growth a budget allows.
#[derive(Clone, Copy)]
enum Limit {
    Amount(u64),
    Share(Percent),
}

const ONE: i128 = 1_000_000;

fn narrow(n: i128) -> i64 {
    i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX })
}

fn applies(budget: &Budget, compared: &Compared) -> bool {
    compared.regions.iter().any(|r| budget.region.as_ref() == Some(&r.name)) || (budget.metric.is_some() && !compared.benches.is_empty())
}

/// Both ledgers of a board.
fn ledgers<'a>(input: &'a Judgement<'a>, board: &BoardName) -> Option<(&'a Ledger, &'a Ledger)> {
    match input.boards.get(board) {
        Some(BoardInput::Measured { base, head }) => match (&base.outcome, &head.outcome) {
            (Outcome::Built { ledger: base, .. }, Outcome::Built { ledger: head, .. }) => Some((base, head)),
            _ => None,
        },
        _ => None,
    }
}

/// What a group owns of a region; `None` where there is no such group.
fn group_bytes(ledger: &Ledger, region: &RegionDelta, group: &str) -> Option<u64> {
    let rows = ledger.regions.iter().filter(|r| r.name == region.name).flat_map(|r| &r.rows);
    rows.filter(|row| row.group == group).fold(None, |sum: Option<u64>, row| Some(sum.unwrap_or(0).saturating_add(row.bytes)))
}

/// The head's tools.
fn fingerprint<'a>(input: &'a Judgement<'a>, board: &BoardName) -> Option<&'a Fingerprint> {
    match input.boards.get(board) {
        Some(BoardInput::Measured { head, .. }) => Some(&head.fingerprint),
        _ => None,
    }
}

/// A figure on one side.
#[derive(Clone, Copy)]
struct Side {
    value: u64,
    noisy: bool,
}

fn side(side: &BenchSide, metric: BenchMetric) -> Option<Side> {
    let (stack_peak_bytes, heap_peak_bytes) = side.peaks()?;
    let value = match metric {
        BenchMetric::Instructions => side.instructions(),
        BenchMetric::Stack => stack_peak_bytes,
        BenchMetric::Heap => heap_peak_bytes,
    };
    let noisy = matches!(side, BenchSide::Counted { exact: false, .. });
    value.map(|value| Side { value, noisy })
}

impl From<&Accepted> for Acceptance {
    fn from(a: &Accepted) -> Acceptance {
        Acceptance { who: a.who.clone(), why: a.why.clone(), when_text: a.when_text.clone() }
    }
}
