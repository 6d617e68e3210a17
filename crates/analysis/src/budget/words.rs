//! A budget and its figures in words.

use ounce_protocol::manifest::{BenchMetric, Budget, Percent};
use ounce_protocol::units::grouped;

/// How much of a limit is left, in whole percent of it and never more than there is: `75 %`, `<1 %`; nothing where the limit is nothing.
pub(super) fn share(left: i128, limit: i128) -> Option<String> {
    if limit <= 0 || left < 0 {
        return None;
    }
    let percent = left.saturating_mul(100) / limit;
    Some(if percent == 0 && left > 0 { "<1 %".into() } else { format!("{} %", grouped(u64::try_from(percent).unwrap_or(u64::MAX))) })
}

/// Without its sign.
pub(super) fn amount(n: i128) -> String {
    grouped(u64::try_from(n.unsigned_abs()).unwrap_or(u64::MAX))
}

/// `150` → `1.5 %`, as people write it in a manifest.
pub(super) fn hundredths_text(hundredths: u64) -> String {
    let text = format!("{}.{:02}", grouped(hundredths / 100), hundredths % 100);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The budget in words.
pub(super) fn rule(budget: &Budget) -> String {
    let mut subject = match (&budget.region, budget.metric) {
        (Some(region), _) => budget.group.as_ref().map_or(region.to_string(), |group| format!("{group} in {region}")),
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
    let since = budget.since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
    let grow = grow.map(|text| text + &since);
    let keep = budget.min_headroom.map(|least| format!("must keep {} B free", grouped(least)));
    let limits: Vec<String> = grow.into_iter().chain(keep).collect();
    format!("{subject} {}", limits.join(" and "))
}

fn list(names: &[impl ToString]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
