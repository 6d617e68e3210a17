//! What `ounce bench --probe` shows: the board's console as it comes, on standard error, and then the same rows as for QEMU.

use super::bench::heading;
use super::{End, print};
use crate::exec::LogSink;
use crate::lab::runs::Place;
use crate::lab::turns;
use crate::weigh::Program;
use anyhow::{Result, bail};
use ounce_analysis::cycles::{self, Answer, CycleDelta};
use ounce_protocol::manifest::Markers;
use ounce_protocol::measurement::BenchOutcome;
use ounce_protocol::{BenchName, BoardName};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Shows what a board prints.
#[derive(Debug, Clone, Copy)]
pub struct Loud;

impl LogSink for Loud {
    fn text(&self, text: &str) {
        eprint!("{}", tame(text));
    }
}

/// Counts the cycles of what ran well, on a unit that does.
///
/// # Errors
/// Reasons of infrastructure.
pub async fn add_cycles(
    outcomes: &mut BTreeMap<BenchName, BenchOutcome>,
    place: &Place<'_>,
    elf: &Path,
    markers: &Markers,
    programs: &[&Program],
) -> Result<()> {
    let ran: Vec<&Program> =
        programs.iter().copied().filter(|program| matches!(outcomes.get(&program.name), Some(BenchOutcome::Ran { .. }))).collect();
    for (name, counted) in turns::measure_alone(place, elf, markers, &ran, &Loud).await? {
        if let Some(BenchOutcome::Ran { cycles, .. }) = outcomes.get_mut(&name) {
            *cycles = Some(counted);
        }
    }
    Ok(())
}

/// Runs both images once for their results, and then in turns for their cycles; the base first. Benchmarks whose cycles cannot be counted are left out.
///
/// # Errors
/// Reasons of infrastructure, and a benchmark that does not give its result on either side: the message names it.
pub async fn in_turns(
    place: &Place<'_>,
    sides: [&Path; 2],
    markers: &Markers,
    programs: &[&Program],
) -> Result<BTreeMap<BenchName, CycleDelta>> {
    for elf in sides {
        for (name, outcome) in place.run(elf, markers, programs, &Loud).await? {
            if !matches!(outcome, BenchOutcome::Ran { .. }) {
                bail!("{}: {name}: {}: there is nothing to compare", elf.display(), super::bench::line(&outcome));
            }
        }
    }
    let [base, head] = turns::measure(place, sides, markers, programs, &Loud).await?;
    Ok(base.iter().filter_map(|(name, base)| Some((name.clone(), cycles::judge(base, head.get(name)?)?))).collect())
}

/// Text without what a terminal takes for orders.
fn tame(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '·' } else { c }).collect()
}

/// What `ounce bench --probe --json` prints.
#[derive(Debug, Serialize)]
struct Output<'a> {
    schema: u32,
    board: &'a BoardName,
    fingerprint: BTreeMap<&'static str, String>,
    benches: &'a BTreeMap<BenchName, BenchOutcome>,
}

/// Prints all, and says whether all are valid.
///
/// # Errors
/// Where standard output cannot be written.
pub fn print_all(
    fingerprint: BTreeMap<&'static str, String>,
    board: &BoardName,
    benches: &BTreeMap<BenchName, BenchOutcome>,
    json: bool,
) -> Result<End> {
    if json {
        print(&serde_json::to_string_pretty(&Output { schema: 1, board, fingerprint, benches })?)?;
    } else {
        print(&table(board, benches))?;
    }
    let good = !benches.values().any(|outcome| matches!(outcome, BenchOutcome::Failed { .. }));
    Ok(if good { End::Fine } else { End::No })
}

/// What `ounce bench --against --json` prints.
#[derive(Debug, Serialize)]
struct Deltas<'a> {
    schema: u32,
    board: &'a BoardName,
    fingerprint: BTreeMap<&'static str, String>,
    cycles: &'a BTreeMap<BenchName, CycleDelta>,
}

/// Prints what two images' cycles say. None of it is a failure: no budget is applied to cycles.
///
/// # Errors
/// Where standard output cannot be written.
pub fn print_deltas(
    fingerprint: BTreeMap<&'static str, String>,
    board: &BoardName,
    cycles: &BTreeMap<BenchName, CycleDelta>,
    json: bool,
) -> Result<End> {
    if json {
        print(&serde_json::to_string_pretty(&Deltas { schema: 1, board, fingerprint, cycles })?)?;
    } else {
        print(&deltas_table(board, cycles))?;
    }
    Ok(End::Fine)
}

fn deltas_table(board: &BoardName, cycles: &BTreeMap<BenchName, CycleDelta>) -> String {
    let mut out = format!(
        "{board}\n  {:<16} {:>14} {:>14} {:>10} {:>10} {:>10}\n",
        "benchmark", "base cycles", "head cycles", "change", "noise", "layout"
    );
    for (name, delta) in cycles {
        let grouped = ounce_protocol::units::grouped;
        #[expect(clippy::cast_precision_loss, reason = "parts per million, for people")]
        let percent = |ppm: i64| format!("{:+.2} %", ppm as f64 / 10_000.0);
        let band = |ppm: Option<u64>| ppm.map_or("—".into(), |ppm| format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100));
        let (band, layout) = (band(delta.band_ppm), band(delta.layout_ppm.map(u64::from)));
        let answer = match (delta.answer, delta.band_ppm) {
            (Answer::Different, _) => "different",
            (Answer::Same, _) => "same",
            (Answer::CannotTell, None) => "cannot tell: this board's noise is not known yet",
            (Answer::CannotTell, Some(_)) => "cannot tell: two rounds do not agree",
        };
        let (base, head, ppm) = (grouped(delta.base), grouped(delta.head), percent(delta.ppm));
        let _ = writeln!(out, "  {:<16} {base:>14} {head:>14} {ppm:>10} {band:>10} {layout:>10}  {answer}", name.as_str());
    }
    if cycles.is_empty() {
        out.push_str("  no benchmark whose cycles could be counted\n");
    }
    out
}

fn table(board: &BoardName, benches: &BTreeMap<BenchName, BenchOutcome>) -> String {
    let mut out = format!("{board}\n");
    if benches.is_empty() {
        return out + "  no benchmark runs here\n";
    }
    out.push_str(&heading());
    for (name, outcome) in benches {
        let line = super::bench::line(outcome);
        let _ = writeln!(out, "  {:<16} {line}", name.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_gives_a_terminal_no_orders() {
        let check = |said: &str, shown: &str| assert_eq!(tame(said), shown);
        check("ounce: result 1\tä\n", "ounce: result 1\tä\n");
        check("\u{1b}[2J\u{9b}5n\r\u{7}", "·[2J·5n··");
    }
}
