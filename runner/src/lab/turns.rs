//! Cycles of two images on one unit, measured in turns: base, head, head, base; and once more the other way round where a difference has to be confirmed.
//!
//! What two blocks of one binary differ by is kept in the unit's `NAME.pairs.json`, a list for each benchmark: that is the noise of this board. It begins
//! anew where the unit's chip, clock or wait states are others.

use super::runs::Place;
use crate::bench::probe::talk::Work;
use crate::bench::probe::{Done, Takes};
use crate::exec::LogSink;
use crate::weigh::Program;
use anyhow::{Context, Result};
use ounce_analysis::cycles::{self, PAIRS_MAX, ROUND, TAKES};
use ounce_protocol::BenchName;
use ounce_protocol::manifest::Markers;
use ounce_protocol::measurement::{Apart, Block, Conditions, Cycles};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How often a block is taken whose cycles were not all seen: the counter of a quick core goes round while a busy machine does something else.
const TRIES_MAX: usize = 3;

/// Cycles by benchmark.
pub type Counted = BTreeMap<BenchName, Cycles>;

/// Measures two images in turns. Benchmarks whose cycles this unit cannot count are left out, and so is one that does not do the same each time.
///
/// # Errors
/// Reasons of infrastructure: the probe, the cable, the board, this machine.
pub async fn measure(
    place: &Place<'_>,
    sides: [&Path; 2],
    markers: &Markers,
    programs: &[&Program],
    log: &dyn LogSink,
) -> Result<[Counted; 2]> {
    let mut turns = Turns::of(place, &sides, &["base", "head"], markers, programs, log).await?;
    turns.round(&ROUND[0].map(usize::from)).await?;
    turns.programs.retain(|program| {
        let is_empty = markers.empty.as_ref() == Some(&program.name);
        is_empty || turns.counted[0].get(&program.name).zip(turns.counted[1].get(&program.name)).is_some_and(wants)
    });
    let is_more_than_empty = turns.programs.iter().any(|program| markers.empty.as_ref() != Some(&program.name));
    if is_more_than_empty {
        log.text("cycles: a difference is to be confirmed: a second round\n");
        turns.round(&ROUND[1].map(usize::from)).await?;
    }
    let [mut base, mut head] = turns.end()?.try_into().unwrap_or_default();
    for counted in [&mut base, &mut head] {
        counted.retain(|name, _| markers.empty.as_ref() != Some(name));
    }
    Ok([base, head])
}

fn wants((base, head): (&Cycles, &Cycles)) -> bool {
    cycles::wants_confirmation(base, head)
}

/// Measures one image with itself: what is learnt is its cycles, and the board's noise.
///
/// # Errors
/// As [`measure`].
pub async fn measure_alone(place: &Place<'_>, elf: &Path, markers: &Markers, programs: &[&Program], log: &dyn LogSink) -> Result<Counted> {
    let mut turns = Turns::of(place, &[elf], &["it"], markers, programs, log).await?;
    turns.round(&[0, 0]).await?;
    Ok(turns.end()?.pop().unwrap_or_default())
}

/// Measures layout variants of one commit, each twice, there and back; what a rebuild alone moves each benchmark by is kept for this unit.
/// Gives it in parts per million, for benchmarks whose cycles could be counted in all variants.
///
/// # Errors
/// As [`measure`].
pub async fn measure_layouts(
    place: &Place<'_>,
    variants: &[&Path],
    markers: &Markers,
    programs: &[&Program],
    log: &dyn LogSink,
) -> Result<BTreeMap<BenchName, u32>> {
    let names: Vec<String> = (1..=variants.len()).map(|nth| format!("layout {nth}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut turns = Turns::of(place, variants, &names, markers, programs, log).await?;
    let there: Vec<usize> = (0..variants.len()).collect();
    let back: Vec<usize> = there.iter().rev().copied().collect();
    turns.round(&[there, back].concat()).await?;
    let counted = turns.end()?;
    let band = |name: &BenchName| {
        let all: Vec<Cycles> = counted.iter().map(|side| side.get(name).cloned()).collect::<Option<_>>()?;
        cycles::layout_band(&all)
    };
    let programs = programs.iter().filter(|program| markers.empty.as_ref() != Some(&program.name));
    let bands: BTreeMap<BenchName, u32> = programs.filter_map(|program| Some((program.name.clone(), band(&program.name)?))).collect();
    let mut noise = Noise::read(place)?;
    noise.layouts.extend(bands.clone());
    noise.keep()?;
    Ok(bands)
}

struct Turns<'a> {
    place: &'a Place<'a>,
    /// How each side is flashed and run.
    works: Vec<Work>,
    /// What each is called.
    names: Vec<String>,
    programs: Vec<&'a Program>,
    empty: Option<&'a BenchName>,
    counted: Vec<Counted>,
    /// Benchmarks that are left out.
    out: Vec<BenchName>,
    log: &'a dyn LogSink,
}

impl<'a> Turns<'a> {
    async fn of(
        place: &'a Place<'a>,
        sides: &[&Path],
        names: &[&str],
        markers: &'a Markers,
        programs: &[&'a Program],
        log: &'a dyn LogSink,
    ) -> Result<Turns<'a>> {
        let noise = Noise::read(place)?;
        let mut works = Vec::new();
        for elf in sides {
            works.push(place.work(elf, markers).await?);
        }
        let mut counted: Vec<Counted> = sides.iter().map(|_| Counted::new()).collect();
        for program in programs {
            for (nth, side) in counted.iter_mut().enumerate() {
                let pairs = if nth == 0 { noise.pairs.get(&program.name).cloned().unwrap_or_default() } else { Vec::new() };
                let layout_ppm = noise.layouts.get(&program.name).copied().filter(|_| nth == 0);
                side.insert(program.name.clone(), Cycles { pairs, layout_ppm, ..Cycles::default() });
            }
        }
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Ok(Turns { place, works, names, programs: programs.to_vec(), empty: markers.empty.as_ref(), counted, out: Vec::new(), log })
    }

    /// A block of each program for each turn, which is a side.
    async fn round(&mut self, turns: &[usize]) -> Result<()> {
        for &side in turns {
            self.log.text(&format!("cycles: {} in turn, {TAKES} takes and a cold one each\n", self.names[side]));
            let mut blocks = Vec::new();
            let programs: Vec<&Program> = self.programs.iter().copied().filter(|program| !self.out.contains(&program.name)).collect();
            for program in programs {
                match self.block(side, program).await? {
                    Some(block) => blocks.push((program.name.clone(), block)),
                    None => self.out.push(program.name.clone()),
                }
            }
            let cost = blocks.iter().find(|(name, _)| self.empty == Some(name)).map_or(0, |(_, (_, block, _))| cost(block));
            for (name, (counter, mut block, told)) in blocks {
                if self.empty != Some(&name) {
                    block.take_off(cost);
                }
                let Some(cycles) = self.counted[side].get_mut(&name) else { continue };
                cycles.counter = counter;
                cycles.blocks.push(block);
                if told != Conditions::default() {
                    cycles.conditions.push(told);
                }
            }
        }
        Ok(())
    }

    async fn block(&self, side: usize, program: &Program) -> Result<Option<(String, Block, Conditions)>> {
        let Some(work) = self.place.with_program(&self.works[side], program) else { return Ok(None) };
        let work = Work { takes: TAKES, ..work };
        for _ in 0..TRIES_MAX {
            let mut watched = self.place.taken.watched()?;
            let done = self.place.with_recovery(&mut watched, work.clone(), &()).await?;
            let Done::Ran { takes: Takes { counter, cycles, is_flaky, conditions }, .. } = done else { return Ok(None) };
            watched.ran_again(is_flaky)?;
            if is_flaky {
                self.log.text(&format!("cycles: {}: the same binary did not do the same each time: not counted\n", program.name));
                return Ok(None);
            }
            if let Some((cold, warm)) = cycles.split_first() {
                return Ok(Some((counter, Block { cold: *cold, warm: warm.to_vec() }, conditions)));
            }
        }
        self.log.text(&format!(
            "cycles: {}: not counted: the core has no counter that the firmware leaves free, or this machine looked at it too seldom. State \
             clock_hz of the unit in lab.toml, or give this machine less to do\n",
            program.name
        ));
        Ok(None)
    }

    /// Both sides' cycles; what was learnt of the noise is kept.
    fn end(mut self) -> Result<Vec<Counted>> {
        for counted in &mut self.counted {
            counted.retain(|name, cycles| !self.out.contains(name) && !cycles.blocks.is_empty());
        }
        let mut noise = Noise::read(self.place)?;
        for (name, cycles) in self.counted.iter().flatten() {
            let known = noise.pairs.entry(name.clone()).or_default();
            known.extend(cycles::pairs(&cycles.blocks));
            known.drain(..known.len().saturating_sub(PAIRS_MAX));
        }
        noise.keep()?;
        Ok(self.counted)
    }
}

/// What the markers cost, by takes of the empty benchmark: the middle one. It is taken off a whole block at once, so a wild take, as the least one is
/// where noise has tails to both sides, would move all of the block.
fn cost(empty: &Block) -> u64 {
    let mut warm = empty.warm.clone();
    warm.sort_unstable();
    warm.get(warm.len() / 2).copied().unwrap_or(0)
}

trait TakeOff {
    /// Less what the markers cost.
    fn take_off(&mut self, cost: u64);
}

impl TakeOff for Block {
    fn take_off(&mut self, cost: u64) {
        self.cold = self.cold.saturating_sub(cost);
        self.warm.iter_mut().for_each(|take| *take = take.saturating_sub(cost));
    }
}

/// What is known of a unit's noise.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Noise {
    #[serde(skip)]
    file: PathBuf,
    /// The chip, its clock and its wait states.
    of: BTreeMap<String, String>,
    pairs: BTreeMap<BenchName, Vec<Apart>>,
    /// How far layout variants of one commit lay apart, parts per million.
    #[serde(default)]
    layouts: BTreeMap<BenchName, u32>,
}

impl Noise {
    /// What cannot be understood is nothing: it is learnt again.
    fn read(place: &Place<'_>) -> Result<Noise> {
        let file = place.home.unit_record(&place.taken.name.to_string())?.with_extension("pairs.json");
        let of: BTreeMap<String, String> = place.fingerprint().into_iter().map(|(what, is)| (what.to_owned(), is)).collect();
        let known: Noise = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let known = if known.of == of { known } else { Noise::default() };
        Ok(Noise { file, of, ..known })
    }

    fn keep(&self) -> Result<()> {
        let new = self.file.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(self)?)
            .and_then(|()| std::fs::rename(&new, &self.file))
            .with_context(|| format!("{} cannot be written", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wild_take_of_the_empty_benchmark_moves_no_block() {
        let check = |warm: &[u64], is: u64| assert_eq!(cost(&Block { cold: 900, warm: warm.to_vec() }), is, "{warm:?}");
        check(&[100, 101, 100, 99, 100], 100);
        check(&[100, 101, 7, 99, 100], 100);
        check(&[100, 5_000, 101, 99, 100], 100);
        check(&[], 0);
    }
}
