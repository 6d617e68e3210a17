//! `ounce bench --layouts`: how far a rebuild alone moves the benchmarks on a unit. One commit is built several times with its code laid out otherwise,
//! and the spread of what these images take is the unit's layout band.
//!
//! How a project lays its code out otherwise is its own affair: its build is told a number in [`VARIABLE`].

use super::on_unit::Loud;
use super::{End, print};
use crate::lab::runs::Place;
use crate::lab::turns;
use crate::reading::Reader;
use crate::weigh::Program;
use crate::workshop::Workshop;
use anyhow::{Result, bail};
use ounce_analysis::cycles::LAYOUTS;
use ounce_protocol::manifest::{Board, Markers};
use ounce_protocol::measurement::BenchOutcome;
use ounce_protocol::{BenchName, BoardName};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The variable that a build is told the number of a layout by, from 1 on. Without it the build is as always.
pub const VARIABLE: &str = "OUNCE_LAYOUT";

/// How many layouts are asked for.
///
/// # Errors
/// Where it is no number of [`LAYOUTS`].
pub fn number(text: &str) -> Result<u32, String> {
    let (least, most) = (LAYOUTS.start(), LAYOUTS.end());
    text.parse().ok().filter(|n| LAYOUTS.contains(n)).ok_or(format!("from {least} to {most} layouts of a commit are measured"))
}

/// Builds the layouts of the commit that is checked out.
///
/// # Errors
/// Reasons of infrastructure, a build that fails, and one that takes no notice of [`VARIABLE`].
pub async fn build(workshop: &Workshop, reader: &Reader<'_>, board: &Board, layouts: u32, scratch: &Path) -> Result<Vec<PathBuf>> {
    let mut images: BTreeMap<String, u32> = BTreeMap::new();
    let mut built = Vec::new();
    for nth in 1..=layouts {
        let elf = scratch.join(format!("layout-{nth}.elf"));
        let varied = Board { build: board.build.with_env(VARIABLE, &nth.to_string()), ..board.clone() };
        if let Err(failed) = workshop.build(&varied, &elf, &()).await? {
            bail!("layout {nth}: {} failed:\n{}", failed.stage.word(), failed.log_tail);
        }
        let read = reader.weigh(&elf, &board.regions, None, None).await?.map_err(anyhow::Error::msg)?;
        if let Some(other) = images.insert(read.ledger.image.to_string(), nth) {
            bail!(
                "with {VARIABLE}={nth} the build gives the bytes of {VARIABLE}={other}: it has to lay the code out otherwise for each number; \
                 docs/operating.md says how"
            );
        }
        built.push(elf);
    }
    Ok(built)
}

/// What `ounce bench --layouts --json` prints.
#[derive(Debug, Serialize)]
struct Output<'a> {
    schema: u32,
    board: &'a BoardName,
    fingerprint: BTreeMap<&'static str, String>,
    layouts: usize,
    layout_ppm: &'a BTreeMap<BenchName, u32>,
}

/// Measures them on a unit, in turns, and prints its layout band.
///
/// # Errors
/// Reasons of infrastructure, and a benchmark that does not give its result in one of them.
pub async fn measure(
    place: &Place<'_>,
    name: &BoardName,
    built: &[PathBuf],
    markers: &Markers,
    programs: &[&Program],
    json: bool,
) -> Result<End> {
    for elf in built {
        for (bench, outcome) in place.run(elf, markers, programs, &Loud).await? {
            if !matches!(outcome, BenchOutcome::Ran { .. }) {
                bail!("{}: {bench}: {}: a layout has to do the same as all others", elf.display(), super::bench::line(&outcome));
            }
        }
    }
    let paths: Vec<&Path> = built.iter().map(PathBuf::as_path).collect();
    let bands = turns::measure_layouts(place, &paths, markers, programs, &Loud).await?;
    if json {
        let output = Output { schema: 1, board: name, fingerprint: place.fingerprint(), layouts: built.len(), layout_ppm: &bands };
        print(&serde_json::to_string_pretty(&output)?)?;
        return Ok(End::Fine);
    }
    let mut out = format!("{name}, {} layouts of one commit\n", built.len());
    for (bench, ppm) in &bands {
        let _ = writeln!(out, "  {:<16} ± {}.{:02} %", bench.as_str(), ppm / 10_000, ppm % 10_000 / 100);
    }
    if bands.is_empty() {
        out.push_str("  no benchmark whose cycles could be counted\n");
    }
    print(&out)?;
    Ok(End::Fine)
}
