//! The child: one job over one probe, in a process of its own. A call of probe-rs may never come back, so each stage has to give signs of life, else
//! the process ends whatever it is doing; the system then takes its lock and its probe away.

use super::talk::{Event, Order, Span, Stage, Wiring, Work};
use super::{attach, flash, run, segments};
use crate::image::Image;
use ounce_analysis::{LoadableSegment, identity_of, loadable_segments};
use probe_rs::Target;
use probe_rs::config::MemoryRegion;
use rustix::event::{PollFd, PollFlags, Timespec};
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long each stage may be without a sign of life. Erasing a large sector takes some seconds, in which a chip says nothing.
const LIMITS: [(Stage, Duration); 9] = [
    // Nobody is waited for: the descriptions of all chips are read, which is slow only where the machine is.
    (Stage::Chip, Duration::from_secs(30)),
    (Stage::Lock, Duration::from_secs(2)),
    (Stage::Attach, Duration::from_secs(5)),
    // A chip erases 1 MiB in 16 s, and 2 MiB in 32 s, without a word.
    (Stage::Erase, Duration::from_secs(60)),
    (Stage::Compare, Duration::from_secs(5)),
    (Stage::Flash, Duration::from_secs(15)),
    (Stage::Verify, Duration::from_secs(5)),
    (Stage::Console, Duration::from_secs(5)),
    (Stage::Run, Duration::from_secs(5)),
];
/// How long a job may take in all, besides the run itself.
const JOB_MAX: Duration = Duration::from_secs(180);
/// How often it is looked whether a limit has passed, or nobody listens any more.
const WATCH: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
/// Exit code of a child that has told how its job ended, and of one that could not.
const TOLD: u8 = 0;
const NOT_TOLD: u8 = 2;

/// The most time a job with a run of this length can take.
pub fn wall(run: Duration) -> Duration {
    JOB_MAX + run
}

/// Why a job came to an end before its run did.
#[derive(Debug)]
pub enum Stopped {
    /// It may not be flashed.
    Refused(String),
    /// The probe, the cable or the board.
    Failed(Stage, String),
}

impl Stopped {
    /// A failure at a stage.
    pub fn failed(stage: Stage, why: impl Into<String>) -> Stopped {
        Stopped::Failed(stage, why.into())
    }
}

/// What a job tells, and its limits.
#[derive(Debug)]
pub struct Child {
    limit: Arc<Mutex<(Stage, Instant)>>,
}

/// Does what the order in this file says, and gives the exit code.
pub fn main(order: &Path) -> u8 {
    let read = std::fs::read(order).map_err(|e| e.to_string()).and_then(|text| serde_json::from_slice(&text).map_err(|e| e.to_string()));
    let order: Order = match read {
        Ok(order) => order,
        Err(why) => {
            eprintln!("ounce: {}: {why}", order.display());
            return NOT_TOLD;
        }
    };
    let child = Child::watched();
    let last = match job(&order, &child) {
        Ok(None) => return TOLD,
        Ok(Some(last)) => last,
        Err(Stopped::Refused(why)) => Event::Refused { why },
        Err(Stopped::Failed(stage, why)) => Event::Failed { stage, why },
    };
    child.say(&last);
    TOLD
}

fn job(order: &Order, child: &Child) -> Result<Option<Event>, Stopped> {
    let registry = attach::registry(&order.wiring)?;
    let chip = attach::chip(&order.wiring, &registry)?;
    let image = order.work.as_ref().map(|work| Wanted::read(work, &chip)).transpose()?;
    child.enter(Stage::Lock);
    let _held = lock(&order.wiring)?;
    child.enter(Stage::Attach);
    let mut session = attach::attach(&order.wiring, &registry, order.erase_all)?;
    child.say(&Event::Attached);
    if order.erase_all {
        child.enter(Stage::Erase);
        flash::erase_all(&mut session)?;
        child.say(&Event::Erased);
    }
    let (Some(work), Some(image)) = (&order.work, image) else { return Ok(None) };
    session
        .core(0)
        .and_then(|mut core| core.reset_and_halt(attach::HALT_MAX).map(drop))
        .map_err(|e| Stopped::failed(Stage::Attach, attach::chain(&e)))?;
    let there = flash::bring(&mut session, &image.pieces, child)?;
    child.say(&Event::Flashed { image: image.identity(&there) });
    run::run_all(&mut session, work, child)?;
    Ok(None)
}

/// Takes the probe for this job; the system gives it back when the process ends, whatever ends it.
fn lock(wiring: &Wiring) -> Result<File, Stopped> {
    let failed = |why: String| Stopped::failed(Stage::Lock, why);
    let file = File::options().create(true).truncate(false).write(true).open(&wiring.lock);
    let file = file.map_err(|e| failed(format!("{}: {e}", wiring.lock.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(failed("another ounce has it".into())),
        Err(TryLockError::Error(error)) => Err(failed(error.to_string())),
    }
}

/// What flash is to hold: the pieces of the image first, then the program.
struct Wanted {
    pieces: Vec<segments::Piece>,
    of_image: usize,
}

impl Wanted {
    fn read(work: &Work, target: &Target) -> Result<Wanted, Stopped> {
        let refused = |why: String| Stopped::Refused(why);
        let image = Image::open(&work.elf).map_err(|e| refused(format!("{e:#}")))?;
        let mut pieces = segments::of_image(&loadable_segments(image.bytes()).map_err(|e| refused(e.to_string()))?);
        let of_image = pieces.len();
        if let Some((file, address)) = &work.program {
            let bytes = std::fs::read(file).map_err(|e| refused(format!("{}: {e}", file.display())))?;
            if !bytes.is_empty() {
                pieces.push(segments::Piece { name: "the program".into(), address: *address, bytes });
            }
        }
        let chip: Vec<Span> = target.memory_map.iter().map(span).collect();
        let protected: Vec<Span> = work.protected.iter().map(|span| whole(span, target)).collect();
        let own: Vec<Span> = target.memory_map.iter().filter(|region| matches!(region, MemoryRegion::Nvm(_))).map(span).collect();
        let allowed = if work.is_keepers { &own } else { &work.allowed };
        segments::check(&pieces, allowed, &protected, &chip).map_err(refused)?;
        Ok(Wanted { pieces, of_image })
    }

    /// The identity of the image as it was read back.
    fn identity(&self, there: &[Vec<u8>]) -> String {
        let read = self.pieces.iter().zip(there).take(self.of_image);
        let segments: Vec<LoadableSegment<'_>> = read.map(|(piece, bytes)| LoadableSegment { address: piece.address, bytes }).collect();
        identity_of(&segments).to_string()
    }
}

/// A protected range with all of the sectors that it lies in.
fn whole(span: &Span, target: &Target) -> Span {
    let flash = target.flash_algorithms.iter().map(|algorithm| &algorithm.flash_properties).find(|f| f.address_range.contains(&span.start));
    let Some(flash) = flash else { return span.clone() };
    let sectors: Vec<(u64, u64)> = flash.sectors.iter().map(|sector| (sector.address, sector.size)).collect();
    segments::in_sectors(span.clone(), &flash.address_range, &sectors)
}

fn span(region: &MemoryRegion) -> Span {
    let (name, kind) = match region {
        MemoryRegion::Ram(ram) => (&ram.name, "RAM"),
        MemoryRegion::Nvm(nvm) => (&nvm.name, "flash"),
        MemoryRegion::Generic(other) => (&other.name, "memory"),
    };
    let range = region.address_range();
    Span { name: name.clone().unwrap_or_else(|| kind.into()), start: range.start, end: range.end }
}

impl Child {
    fn watched() -> Child {
        let child = Child { limit: Arc::new(Mutex::new((Stage::Chip, Instant::now() + limit(Stage::Chip)))) };
        let limit = Arc::clone(&child.limit);
        // Where there is no thread for it, whoever started this process has a limit too.
        let _ = std::thread::Builder::new().spawn(move || watch(&limit));
        child
    }

    /// A stage begins, or goes on: its limit counts from now.
    pub fn enter(&self, stage: Stage) {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner) = (stage, Instant::now() + limit(stage));
    }

    /// Tells something. Where nobody listens any more the job is over.
    pub fn say(&self, event: &Event) {
        say(event);
    }
}

fn say(event: &Event) {
    let mut line = serde_json::to_vec(event).unwrap_or_default();
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    if out.write_all(&line).and_then(|()| out.flush()).is_err() {
        std::process::exit(i32::from(NOT_TOLD));
    }
}

fn limit(stage: Stage) -> Duration {
    LIMITS.iter().find(|(known, _)| *known == stage).map_or(Duration::ZERO, |(_, limit)| *limit)
}

/// What is said of a stage that took too long: what was seen, and what it may be where that is not the board.
fn late(stage: Stage) -> String {
    match stage {
        Stage::Chip => format!(
            "its description was not read within {} s: this machine has too much else to do, or `target` in lab.toml names a file that cannot be read to \
             its end, as one on a network that is away",
            limit(stage).as_secs()
        ),
        _ => "nothing came back within its time".into(),
    }
}

/// Ends the process when a stage takes too long, or when nobody reads its output.
fn watch(limit: &Mutex<(Stage, Instant)>) {
    let out = std::io::stdout();
    loop {
        let mut polled = [PollFd::new(&out, PollFlags::empty())];
        let is_unread = rustix::event::poll(&mut polled, Some(&WATCH)).is_ok() && polled[0].revents().contains(PollFlags::ERR);
        if is_unread {
            std::process::exit(i32::from(NOT_TOLD));
        }
        let (stage, until) = *limit.lock().unwrap_or_else(PoisonError::into_inner);
        if Instant::now() > until {
            say(&Event::Failed { stage, why: late(stage) });
            std::process::exit(i32::from(TOLD));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_that_was_not_looked_up_in_time_is_not_blamed_on_lab_toml_alone() {
        let words = |stage: Stage| format!("{}: {}", stage.words(), late(stage));
        insta::assert_snapshot!([words(Stage::Chip), words(Stage::Attach)].join("\n"), @r"
        its chip cannot be looked up: its description was not read within 30 s: this machine has too much else to do, or `target` in lab.toml names a file that cannot be read to its end, as one on a network that is away
        the chip does not answer: nothing came back within its time
        ");
    }
}
