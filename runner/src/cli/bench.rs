//! `ounce bench`: the benchmarks of an image, counted, without any second commit.

use super::on_unit::{self, Loud};
use super::{End, chosen, layouts, local_manifest, print};
use crate::home::{Home, Trust};
use crate::lab::runs::{Place, read_lab};
use crate::lab::taken::Taken;
use crate::progress::{Progress, Terminal};
use crate::reading::Reader;
use crate::weigh::{Room, Scale, Spent, load_program};
use crate::workshop::Workshop;
use crate::workshop::checkout::LocalRepo;
use crate::workshop::sandbox::Sandbox;
use anyhow::{Context, Result, bail};
use clap::Args;
use ounce_protocol::manifest::{Manifest, RepoPath};
use ounce_protocol::measurement::{BenchOutcome, Measurement, Outcome};
use ounce_protocol::{BenchName, BoardName};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Counts the instructions of each benchmark on an image, twice. Without --elf it measures the commit HEAD.
#[derive(Debug, Args)]
pub struct Bench {
    /// Only these boards (repeat it)
    #[arg(long, value_name = "NAME")]
    board: Vec<BoardName>,
    /// Only these benchmarks (repeat it)
    #[arg(long, value_name = "NAME")]
    bench: Vec<BenchName>,
    /// Measure this image instead of building one; needs one --board
    #[arg(long, value_name = "FILE")]
    elf: Option<PathBuf>,
    /// Run on this unit of the lab instead of in QEMU: its name, or its probe's VID:PID:SERIAL; needs one --board
    #[arg(long, value_name = "SEL")]
    probe: Option<String>,
    /// Count the cycles of this image and of --elf in turns on the unit, and say whether they differ; needs --elf and --probe
    #[arg(long, value_name = "FILE", requires = "elf", requires = "probe")]
    against: Option<PathBuf>,
    /// Build HEAD in so many layouts (3 to 5) and learn how far a rebuild alone moves each benchmark on the unit; needs --probe
    #[arg(long, value_name = "N", requires = "probe", conflicts_with_all = ["elf", "against"], value_parser = layouts::number)]
    layouts: Option<u32>,
    /// Print JSON (its format is in docs/interfaces.md)
    #[arg(long)]
    json: bool,
}

/// What `ounce bench --json` prints.
#[derive(Debug, Serialize)]
struct Output {
    schema: u32,
    measurements: Vec<Measurement>,
}

impl Bench {
    /// Runs it.
    ///
    /// # Errors
    /// Where the answer could not be found.
    pub async fn run(self, home: &Home, sandbox: &Sandbox, lab: Option<&Path>) -> Result<End> {
        let lab = read_lab(lab)?;
        let unit = self.probe.as_deref().map(|asked| lab.unit(asked)).transpose()?;
        let (repo, mut manifest) = local_manifest().await?;
        let head = repo.commit("HEAD").await?;
        let workshop = Workshop::open(home, &repo.key(), Trust::Own, sandbox.clone()).await?;
        let progress = Terminal::new();
        if self.elf.is_none() {
            workshop.mirror().bring(&[&head], &repo.origin()).await?;
            manifest = workshop.manifest(&head).await?;
        }
        let boards = chosen(&self.board, &manifest)?;
        self.keep_benches(&mut manifest)?;
        if self.elf.is_some() && boards.len() != 1 {
            bail!("--elf is the image of one board: name it with --board");
        }
        match (unit, &boards[..]) {
            (Some((unit_name, unit)), [board]) if !unit.is_for(board, manifest.board(board)?) => {
                bail!("the unit {unit_name} is a {}, not a {board}: correct --board, or `board` in lab.toml", unit.board)
            }
            (Some(_), [_]) | (None, _) => {}
            (Some(_), _) => bail!("--probe is one board: name it with --board"),
        }
        let room = Room { home, sandbox, spent: &Spent::default(), earlier: None, lab: &lab, whose: Trust::Own };
        let scratch = home.scratch()?;
        let prepared = match &self.elf {
            Some(_) => Ok(()),
            None => workshop.prepare(&head, manifest.fetch.as_ref(), &()).await?,
        };
        let mut programs = Vec::new();
        for (name, bench) in &manifest.benchmarks {
            programs.push(load_program(name, bench, scratch.path(), &|path| self.read(path, &workshop, &repo))?);
        }
        let mut measurements = Vec::new();
        for (index, name) in boards.iter().enumerate() {
            let board = manifest.board(name)?;
            progress.step(index, boards.len(), &format!("measuring {name}"));
            let image = match (&self.elf, &prepared) {
                (Some(elf), _) => Ok(elf.canonicalize().with_context(|| format!("{} cannot be read", elf.display()))?),
                (None, Err(failed)) => Err(failed.clone()),
                (None, Ok(())) => {
                    let elf = scratch.path().join(format!("{name}.elf"));
                    workshop.build(board, &elf, &()).await?.map(|()| elf)
                }
            };
            if let Some((unit_name, unit)) = unit {
                let here: Vec<_> = programs.iter().filter(|p| manifest.benchmarks.get(&p.name).is_some_and(|b| b.runs_on(name))).collect();
                return match (image, self.layouts) {
                    (Ok(_), Some(layouts)) => {
                        let reader = Reader { sandbox, home };
                        let built = layouts::build(&workshop, &reader, board, layouts, scratch.path()).await?;
                        let mut taken = Taken::take(&lab, unit_name, unit, home)?;
                        taken.ready(&Loud).await?;
                        let place = Place { taken: &taken, board, home, sandbox };
                        let end = layouts::measure(&place, name, &built, &manifest.markers, &here, self.json).await;
                        taken.give_back();
                        end
                    }
                    (Ok(elf), None) => {
                        let mut taken = Taken::take(&lab, unit_name, unit, home)?;
                        taken.ready(&Loud).await?;
                        let place = Place { taken: &taken, board, home, sandbox };
                        if let Some(base) = &self.against {
                            let base = base.canonicalize().with_context(|| format!("{} cannot be read", base.display()))?;
                            let deltas = on_unit::in_turns(&place, [&base, &elf], &manifest.markers, &here).await;
                            let fingerprint = place.fingerprint();
                            taken.give_back();
                            let deltas = deltas?;
                            drop(progress);
                            return on_unit::print_deltas(fingerprint, name, &deltas, self.json);
                        }
                        let mut outcomes = place.run(&elf, &manifest.markers, &here, &Loud).await;
                        if let (true, Ok(outcomes)) = (unit.cycles, &mut outcomes) {
                            on_unit::add_cycles(outcomes, &place, &elf, &manifest.markers, &here).await?;
                        }
                        let fingerprint = place.fingerprint();
                        taken.give_back();
                        let outcomes = outcomes?;
                        drop(progress);
                        on_unit::print_all(fingerprint, name, &outcomes, self.json)
                    }
                    (Err(failed), _) => bail!("{} failed:\n{}", failed.stage.word(), failed.log_tail),
                };
            }
            let taken = room.unit_for(board, &Loud).await?;
            let scale = Scale { name, board, manifest: &manifest, programs: &programs, room: &room, unit: taken.as_ref(), log: &() };
            let measured = scale.measure(&head, image, None).await;
            taken.into_iter().for_each(Taken::give_back);
            measurements.push(measured?);
        }
        drop(progress);
        let good = measurements.iter().all(is_good);
        if self.json {
            print(&serde_json::to_string_pretty(&Output { schema: 1, measurements })?)?;
        } else {
            print(&table(&measurements))?;
        }
        Ok(if good { End::Fine } else { End::No })
    }

    fn keep_benches(&self, manifest: &mut Manifest) -> Result<()> {
        for name in &self.bench {
            if !manifest.benchmarks.contains_key(name) {
                let known: Vec<&str> = manifest.benchmarks.keys().map(BenchName::as_str).collect();
                bail!("no benchmark {name}; there are: {}", known.join(", "));
            }
        }
        if !self.bench.is_empty() {
            let empty = manifest.markers.empty.clone();
            manifest.benchmarks.retain(|name, _| self.bench.contains(name) || empty.as_ref() == Some(name));
        }
        Ok(())
    }

    /// A benchmark's file: of the commit that is measured, or of the working tree for a given image.
    fn read(&self, path: &RepoPath, workshop: &Workshop, repo: &LocalRepo) -> Result<Vec<u8>> {
        match self.elf {
            None => workshop.file(path).map_err(|why| anyhow::anyhow!(why)),
            Some(_) => std::fs::read(repo.root.join(path.as_str())).with_context(|| format!("{} cannot be read", path.as_str())),
        }
    }
}

fn is_good(m: &Measurement) -> bool {
    match &m.outcome {
        Outcome::Failed { .. } => false,
        Outcome::Built { benches, .. } => !benches.values().any(|b| matches!(b, BenchOutcome::Failed { .. })),
    }
}

/// The first line of a table of benchmarks.
pub fn heading() -> String {
    format!("  {:<16} {:>16} {:>10} {:>10}\n", "benchmark", "instructions", "stack B", "heap B")
}

/// The figures of one benchmark, in the columns of [`heading`]; what is not known is a dash.
fn figures(instructions: Option<u64>, stack_bytes: Option<u64>, heap_bytes: Option<u64>) -> String {
    let figure = |figure: Option<u64>| figure.map_or("—".into(), ounce_protocol::units::grouped);
    format!("{:>16} {:>10} {:>10}", figure(instructions), figure(stack_bytes), figure(heap_bytes))
}

/// What came of one benchmark, in the columns of [`heading`].
pub fn line(outcome: &BenchOutcome) -> String {
    match outcome {
        BenchOutcome::Counted(c) => {
            let noisy = |n| format!("  noisy: second take {}", ounce_protocol::units::grouped(n));
            let noisy = c.second_take.map_or(String::new(), noisy);
            let estimated = |n| format!("  ≈ {} cycles, estimated", ounce_protocol::units::grouped(n));
            let estimated = c.estimated_cycles.map_or(String::new(), estimated);
            format!("{}{estimated}{noisy}", figures(Some(c.instructions), c.stack_peak_bytes, c.heap_peak_bytes))
        }
        BenchOutcome::Ran { stack_peak_bytes, heap_peak_bytes, cycles } => {
            let least = cycles.as_ref().and_then(|c| Some((c.blocks.iter().flat_map(|block| &block.warm).min()?, &c.counter)));
            let least = least.map_or(String::new(), |(n, by)| format!("  {} cycles by {by}", ounce_protocol::units::grouped(*n)));
            format!("{}{least}", figures(None, *stack_peak_bytes, *heap_peak_bytes))
        }
        BenchOutcome::NoFit { detail } => format!("no fit: {detail}"),
        BenchOutcome::Identical => "identical binary".into(),
        BenchOutcome::Failed { why, detail } => format!("{}: {detail}", why.word()),
    }
}

fn table(measurements: &[Measurement]) -> String {
    let mut out = String::new();
    for m in measurements {
        let _ = writeln!(out, "{}", m.board);
        match &m.outcome {
            Outcome::Failed { stage, log_tail } => {
                let _ = writeln!(out, "  {} failed:\n{log_tail}", stage.word());
            }
            Outcome::Built { benches, .. } if benches.is_empty() => out.push_str("  no benchmark runs here\n"),
            Outcome::Built { benches, .. } => {
                out.push_str(&heading());
                for (name, outcome) in benches {
                    let _ = writeln!(out, "  {:<16} {}", name.as_str(), line(outcome));
                }
            }
        }
    }
    out
}
