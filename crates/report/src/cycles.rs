//! Cycles counted on a board's core: both sides, the noise of that board beside the difference, and the instructions, which tell a change of the code
//! from a change of its place.

use crate::doc::{Align, Block, Line, Table};
use crate::figures::ppm_percent;
use ounce_analysis::comparison::{BenchSide, Compared, Moved};
use ounce_analysis::cycles::{Answer, CycleDelta};
use ounce_protocol::units::{delta, grouped, percent, signed};

/// A table of the benchmarks with cycles, and what the chip told meanwhile; nothing where there is none.
pub(crate) fn blocks(c: &Compared) -> Vec<Block> {
    let is_estimated = c.benches.iter().filter_map(|bench| bench.cycles).any(|cycles| cycles.estimated.is_some());
    let mut columns = vec![
        ("benchmark", Align::Name),
        ("cycles", Align::Right),
        ("change", Align::Right),
        ("noise", Align::Right),
        ("instructions", Align::Right),
    ];
    if is_estimated {
        columns.push(("estimated", Align::Right));
    }
    columns.push(("", Align::Name));
    let mut table = Table::new(&columns);
    for bench in &c.benches {
        let Some(cycles) = &bench.cycles else { continue };
        let change = ppm_percent(cycles.ppm);
        let mut row = vec![
            Line::new().code(bench.name.as_str()),
            format!("{} → {}", grouped(cycles.base), grouped(cycles.head)).into(),
            if cycles.answer == Answer::Different { Line::new().figure(change, cycles.ppm) } else { change.into() },
            cycles.band_ppm.map_or("not known".into(), |ppm| format!("± {}.{:02} %", ppm / 10_000, ppm % 10_000 / 100)).into(),
            cycles.instructions.map_or("–".into(), |Moved { base, head }| signed(delta(base, head))).into(),
        ];
        if is_estimated {
            row.push(cycles.estimated.map_or("–".into(), estimated).into());
        }
        row.push(words(cycles).into());
        table.row(row);
    }
    if table.rows.is_empty() {
        return Vec::new();
    }
    let told = conditions(c).map(|text| Block::Paragraph(text.into()));
    [Block::Table(table)].into_iter().chain(told).collect()
}

/// `The chip told 23.50 to 24.00 °C and a supply of 3.29 V meanwhile.`
fn conditions(c: &Compared) -> Option<String> {
    let all = || c.benches.iter().filter_map(|bench| bench.cycles.as_ref());
    let wide = |lows: Vec<i64>, highs: Vec<i64>| lows.into_iter().min().zip(highs.into_iter().max());
    let of = |range: fn(&CycleDelta) -> Option<(i64, i64)>, text: &dyn Fn(i64) -> String, unit: &str| {
        let (lows, highs) = all().filter_map(range).unzip();
        wide(lows, highs).map(|(low, high)| match low == high {
            true => format!("{} {unit}", text(low)),
            false => format!("{} to {} {unit}", text(low), text(high)),
        })
    };
    let hundredths = |n: i64| format!("{}{}.{:02}", if n < 0 { "−" } else { "" }, n.abs() / 100, n.abs() % 100);
    let warm = of(|cycles| cycles.temperature_quarter_c.map(|(low, high)| (low.into(), high.into())), &|n| hundredths(n * 25), "°C");
    let supply = of(|cycles| cycles.supply_mv.map(|(low, high)| (low.into(), high.into())), &|n| hundredths(n / 10), "V");
    let supply = supply.map(|volts| format!("a supply of {volts}"));
    let told: Vec<String> = [warm, supply].into_iter().flatten().collect();
    (!told.is_empty()).then(|| format!("The chip told {} meanwhile.", told.join(" and ")))
}

/// What a model of a core says of its cycles: `≈ 1 234 (+0.5 %)`.
fn estimated(Moved { base, head }: Moved) -> String {
    let share = percent(base, head);
    format!("≈ {}{}", grouped(head), if share.is_empty() { share } else { format!(" ({share})") })
}

/// Benchmarks whose estimated cycles moved, on a board whose core has a model; nothing where there is none.
pub(crate) fn estimates(c: &Compared) -> Vec<Block> {
    let mut rows = Vec::new();
    for bench in &c.benches {
        let (BenchSide::Counted { estimated_cycles: Some(base), .. }, BenchSide::Counted { estimated_cycles: Some(head), .. }) =
            (&bench.base, &bench.head)
        else {
            continue;
        };
        if base != head {
            let text = format!(": {} → {} ({})", grouped(*base), grouped(*head), percent(*base, *head));
            rows.push(Line::new().code(bench.name.as_str()).text(text));
        }
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let what = "Cycles, estimated by a model of the core with memory that never makes it wait; not measured:";
    vec![Block::Paragraph(what.into()), Block::List(rows)]
}

fn words(cycles: &CycleDelta) -> &'static str {
    match (cycles.answer, cycles.in_layout, cycles.instructions) {
        (Answer::Different, _, Some(Moved { base, head })) if base == head => "different, with the same instructions",
        (Answer::Different, ..) => "different",
        (Answer::Same, true, _) if cycles.layout_ppm.is_some() => "same: within what rebuilds alone moved here",
        (Answer::Same, true, _) => "same: within what a rebuild alone may move",
        (Answer::Same, false, _) => "same",
        (Answer::CannotTell, ..) if cycles.band_ppm.is_none() => "cannot tell: this board's noise is not known yet",
        (Answer::CannotTell, ..) => "cannot tell: the second round does not confirm it",
    }
}
