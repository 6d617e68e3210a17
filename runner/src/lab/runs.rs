//! The benchmarks of one image on one unit: the same programs, the same verdicts and the same row of a report as in QEMU. What only a counter
//! inside an emulator knows, the instructions, a board cannot tell.

use crate::bench::probe::talk::{self, Span, Wiring, Work};
use crate::bench::probe::{Done, ProbeBench};
use crate::bench::verdict::{self, Meaning};
use crate::exec::LogSink;
use crate::home::Home;
use crate::lab::inventory::{Console, Lab};
use crate::lab::recover::Watched;
use crate::lab::taken::Taken;
use crate::reading::Reader;
use crate::weigh::{Program, does_not_fit};
use crate::workshop::sandbox::Sandbox;
use anyhow::{Context, Result, bail};
use ounce_protocol::BenchName;
use ounce_protocol::ids::ImageId;
use ounce_protocol::manifest::{Board, Markers};
use ounce_protocol::measurement::{BenchFailure, BenchOutcome, RegionKind};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// The symbol of the ring that a console by RTT is read from.
const RTT_SYMBOL: &str = "_SEGGER_RTT";

/// A unit that a job has, and the board of the manifest that it is one of.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The unit.
    pub taken: &'a Taken<'a>,
    /// The board.
    pub board: &'a Board,
    /// Scratch space and locks.
    pub home: &'a Home,
    /// How an image is read.
    pub sandbox: &'a Sandbox,
}

/// An image that was read, and is to be run.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// Its file.
    pub elf: &'a Path,
    /// What its bytes are known by.
    pub id: &'a ImageId,
    /// Addresses of the two markers.
    pub markers: (u64, u64),
    /// The stack's window, where it is known.
    pub stack: Option<(u64, u64)>,
}

impl Place<'_> {
    /// Reads an image and runs the programs one after another.
    ///
    /// # Errors
    /// Reasons of infrastructure: the probe, the cable, the board, this machine.
    pub async fn run(
        &self,
        elf: &Path,
        markers: &Markers,
        programs: &[&Program],
        log: &dyn LogSink,
    ) -> Result<BTreeMap<BenchName, BenchOutcome>> {
        let all = |outcome: BenchOutcome| Ok(programs.iter().map(|p| (p.name.clone(), outcome.clone())).collect());
        let reader = self.reader();
        let declared = self.board.run.as_ref().and_then(|run| run.stack).map(|w| (w.start, w.start.saturating_add(w.size)));
        let ram = self.board.regions.iter().find(|r| r.kind == RegionKind::Ram && declared.is_none()).cloned();
        let wanted = Some((markers.begin.clone(), markers.end.clone()));
        let read = match reader.weigh(elf, &self.board.regions, wanted, ram).await? {
            Ok(read) => read,
            Err(why) => return all(refused(why)),
        };
        if let Some(outcome) = does_not_fit(&read.ledger) {
            return all(outcome);
        }
        let (Some(begin), Some(end)) = read.markers else { return all(no_markers(markers)) };
        let image = Image { elf, id: &read.ledger.image, markers: (begin, end), stack: declared.or(read.stack) };
        self.run_read(&image, programs, log).await
    }

    /// Runs the programs one after another on an image that was read.
    ///
    /// # Errors
    /// Reasons of infrastructure: the probe, the cable, the board, this machine.
    pub async fn run_read(&self, image: &Image<'_>, programs: &[&Program], log: &dyn LogSink) -> Result<BTreeMap<BenchName, BenchOutcome>> {
        let Some(run) = &self.board.run else { bail!("the board runs nowhere: its manifest entry has no `run`") };
        let reader = self.reader();
        let console = match self.console(&reader, image.elf).await? {
            Ok(console) => console,
            Err(detail) => {
                let outcome = BenchOutcome::Failed { why: BenchFailure::Silent, detail };
                return Ok(programs.iter().map(|p| (p.name.clone(), outcome.clone())).collect());
            }
        };
        let mut watched = self.taken.watched()?;
        watched.may_work()?;
        let work = self.work_on(image, console, run.timeout_s);
        let mut outcomes = BTreeMap::new();
        for program in programs {
            let outcome = self.one(&mut watched, &reader, image, program, &work, log).await?;
            watched.saw(&binary(image, program)?, &outcome)?;
            outcomes.insert(program.name.clone(), outcome);
        }
        Ok(outcomes)
    }

    async fn one(
        &self,
        watched: &mut Watched<'_>,
        reader: &Reader<'_>,
        image: &Image<'_>,
        program: &Program,
        work: &Work,
        log: &dyn LogSink,
    ) -> Result<BenchOutcome> {
        let (load_at, load_size) = self.board.run.as_ref().map_or((None, None), |run| (run.load_at, run.load_size));
        let placed = program.file.clone().zip(load_at);
        if let (Some((file, _)), Some(size)) = (&placed, load_size) {
            let bytes = file.metadata()?.len();
            if bytes > size {
                let detail = format!("the program has {bytes} B, the board holds {size} B: over by {} B", bytes - size);
                return Ok(BenchOutcome::NoFit { detail });
            }
        }
        let (mut evidence, state) = match self.with_recovery(watched, Work { program: placed, ..work.clone() }, log).await? {
            Done::Refused(why) => return Ok(refused(why)),
            Done::Ran { image: held, .. } if held != image.id.to_string() => {
                bail!("flash holds image {held} where {} was meant: is another program writing to this board?", image.id)
            }
            Done::Ran { evidence, state, .. } => (evidence, state),
        };
        if let Some(state) = state {
            let names = self.names(reader, image.elf, &[state.pc, state.lr]).await?;
            evidence.stood = Some(state.words(|address| names.get(&address).cloned()));
        }
        let stack_low = evidence.counts.as_ref().and_then(|counts| counts.stack_low);
        Ok(match verdict::judge(&evidence, &program.expect) {
            Meaning::NoFit(detail) => BenchOutcome::NoFit { detail },
            Meaning::Failed(why, detail) => BenchOutcome::Failed { why, detail },
            Meaning::Valid => BenchOutcome::Ran {
                stack_peak_bytes: stack_low.zip(work.stack).map(|(low, (_, high))| high.saturating_sub(low)),
                heap_peak_bytes: evidence.console.heap_peak_bytes,
                cycles: None,
            },
        })
    }

    fn work_on(&self, image: &Image<'_>, console: talk::Console, timeout_s: u64) -> Work {
        Work {
            elf: image.elf.to_owned(),
            program: None,
            allowed: self.allowed(),
            is_keepers: false,
            protected: self.taken.unit.protected(),
            markers: image.markers,
            stack: image.stack,
            console,
            run_ms: timeout_s.saturating_mul(1000),
            takes: 0,
            clock_hz: self.taken.unit.clock_hz,
        }
    }

    /// How an image is flashed and run that ran here before.
    ///
    /// # Errors
    /// Where it cannot be read any more.
    pub(super) async fn work(&self, elf: &Path, markers: &Markers) -> Result<Work> {
        let Some(run) = &self.board.run else { bail!("the board runs nowhere: its manifest entry has no `run`") };
        let reader = self.reader();
        let wanted = Some((markers.begin.clone(), markers.end.clone()));
        let read = reader.weigh(elf, &self.board.regions, wanted, None).await?.map_err(anyhow::Error::msg)?;
        let (Some(begin), Some(end)) = read.markers else { bail!("the image has no markers any more") };
        let console = self.console(&reader, elf).await?.map_err(anyhow::Error::msg)?;
        let image = Image { elf, id: &read.ledger.image, markers: (begin, end), stack: None };
        Ok(self.work_on(&image, console, run.timeout_s))
    }

    /// The same with a program in its place; none where the board cannot hold it.
    pub(super) fn with_program(&self, work: &Work, program: &Program) -> Option<Work> {
        let run = self.board.run.as_ref()?;
        let fits = |file: &Path, size: u64| file.metadata().is_ok_and(|data| data.len() <= size);
        if program.file.as_deref().zip(run.load_size).is_some_and(|(file, size)| !fits(file, size)) {
            return None;
        }
        Some(Work { program: program.file.clone().zip(run.load_at), ..work.clone() })
    }

    fn reader(&self) -> Reader<'_> {
        Reader { sandbox: self.sandbox, home: self.home }
    }

    /// One job; where the board does not answer it is brought back, once, and the job is done again.
    pub(super) async fn with_recovery(&self, watched: &mut Watched<'_>, work: Work, log: &dyn LogSink) -> Result<Done> {
        let bench = |wiring: &Wiring| ProbeBench { wiring: wiring.clone(), home: self.home };
        let done = match bench(watched.wiring()).run(work.clone(), log).await {
            Ok(done) => done,
            Err(failed) => {
                watched.bring_back(failed, log).await?;
                match bench(watched.wiring()).run(work, log).await {
                    Ok(done) => done,
                    Err(failed) => return Err(watched.gave_up(failed, log)?),
                }
            }
        };
        watched.answered()?;
        Ok(done)
    }

    /// What its figures depend on, besides the image's own tools.
    pub fn fingerprint(&self) -> BTreeMap<&'static str, String> {
        let unit = self.taken.unit;
        let clock = unit.clock_hz.map_or("clock not stated".into(), |hz| format!("{hz} Hz"));
        let waits = unit.wait_states.map_or("wait states not stated".into(), |n| format!("{n} wait states"));
        BTreeMap::from([("chip", unit.chip.clone()), ("clock", format!("{clock}, {waits}"))])
    }

    /// What may be written: the board's flash, and the window for programs.
    fn allowed(&self) -> Vec<Span> {
        let flash = self.board.regions.iter().filter(|region| region.kind == RegionKind::Flash);
        let mut spans: Vec<Span> = flash.map(|r| Span { name: r.name.to_string(), start: r.start, end: r.end() }).collect();
        if let Some((start, size)) = self.board.run.as_ref().and_then(|run| run.load_at.zip(run.load_size)) {
            spans.push(Span { name: "the window for programs".into(), start, end: start.saturating_add(size) });
        }
        spans
    }

    async fn console(&self, reader: &Reader<'_>, elf: &Path) -> Result<Result<talk::Console, String>> {
        Ok(match &self.taken.unit.console {
            Console::Uart { port, baud } => Ok(talk::Console::Uart { port: port.clone(), baud: *baud }),
            Console::Rtt => {
                let symbol = Some((RTT_SYMBOL.to_owned(), RTT_SYMBOL.to_owned()));
                let read = reader.weigh(elf, &self.board.regions, symbol, None).await?;
                let address = read.ok().and_then(|read| read.markers.0);
                let none = || format!("the image has no symbol {RTT_SYMBOL}, and the unit's console is \"rtt\"");
                address.map(|address| talk::Console::Rtt { address }).ok_or_else(none)
            }
        })
    }

    /// The functions of these addresses.
    async fn names(&self, reader: &Reader<'_>, elf: &Path, addresses: &[u64]) -> Result<BTreeMap<u64, String>> {
        let mut names = BTreeMap::new();
        for address in addresses {
            // The return address of Thumb code is odd.
            let profile = reader.profile(elf, vec![(address & !1, 1)], None).await?.unwrap_or_default().functions;
            if let Some(function) = profile.first().filter(|function| function.name != "?") {
                names.insert(*address, function.name.clone());
            }
        }
        Ok(names)
    }
}

/// What decides how a program ends on a unit: the image, the program beside it and what is expected of it.
fn binary(image: &Image<'_>, program: &Program) -> Result<String> {
    let bytes = match &program.file {
        Some(file) => std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?,
        None => vec![],
    };
    let mut hash = Sha256::new();
    for part in [image.id.to_string().as_bytes(), &bytes, program.expect.as_bytes()] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part);
    }
    Ok(format!("{} {}", program.name, hex::encode(&hash.finalize()[..16])))
}

fn refused(why: String) -> BenchOutcome {
    BenchOutcome::Failed { why: BenchFailure::Refused, detail: why }
}

/// What is said where an image lacks a marker.
pub(crate) fn no_markers(markers: &Markers) -> BenchOutcome {
    let detail = format!("the image has no symbol {} or {}", markers.begin, markers.end);
    BenchOutcome::Failed { why: BenchFailure::Markers, detail }
}

/// Reads a lab's file: the one named, else `lab.toml` in the current folder, else an empty lab.
///
/// # Errors
/// Where it cannot be read or has a mistake.
pub fn read_lab(file: Option<&Path>) -> Result<Lab> {
    let default = Path::new(super::inventory::FILE_NAME);
    let file = match file {
        Some(file) => file,
        None if default.is_file() => default,
        None => return Ok(Lab::default()),
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let folder = file.canonicalize().ok().and_then(|file| file.parent().map(Path::to_owned)).unwrap_or_default();
    Lab::parse(&text, &folder).with_context(|| file.display().to_string())
}
