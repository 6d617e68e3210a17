//! Cycles counted on a board's core: both sides, the noise of that board beside the difference, and the instructions, which tell a change of the code
//! from a change of its place.

use crate::doc::{Align, Block, Line, Table};
use crate::figures::ppm_percent;
use ounce_analysis::comparison::{Compared, Moved};
use ounce_analysis::cycles::{Answer, CycleDelta};
use ounce_protocol::units::{delta, grouped, signed};

/// A table of the benchmarks with cycles; nothing where there is none.
pub(crate) fn blocks(c: &Compared) -> Option<Block> {
    let columns = [
        ("benchmark", Align::Name),
        ("cycles", Align::Right),
        ("change", Align::Right),
        ("noise", Align::Right),
        ("instructions", Align::Right),
        ("", Align::Name),
    ];
    let mut table = Table::new(&columns);
    for bench in &c.benches {
        let Some(cycles) = &bench.cycles else { continue };
        let change = ppm_percent(cycles.ppm);
        table.row(vec![
            Line::new().code(bench.name.as_str()),
            format!("{} → {}", grouped(cycles.base), grouped(cycles.head)).into(),
            if cycles.answer == Answer::Different { Line::new().figure(change, cycles.ppm) } else { change.into() },
            cycles.band_ppm.map_or("not known".into(), |ppm| format!("± {}.{:02} %", ppm / 10_000, ppm % 10_000 / 100)).into(),
            cycles.instructions.map_or("–".into(), |Moved { base, head }| signed(delta(base, head))).into(),
            words(cycles).into(),
        ]);
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

fn words(cycles: &CycleDelta) -> &'static str {
    match (cycles.answer, cycles.in_layout, cycles.instructions) {
        (Answer::Different, _, Some(Moved { base, head })) if base == head => "different, with the same instructions",
        (Answer::Different, ..) => "different",
        (Answer::Same, true, _) => "same: within what a rebuild alone may move",
        (Answer::Same, false, _) => "same",
        (Answer::CannotTell, ..) if cycles.band_ppm.is_none() => "cannot tell: this board's noise is not known yet",
        (Answer::CannotTell, ..) => "cannot tell: the second round does not confirm it",
    }
}
