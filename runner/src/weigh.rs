//! Two commits on some boards: both built at one path, both weighed, both run side by side.
//!
//! The agent and `ounce compare` come through here, so the desk and the service measure the same way. The manifest is
//! the base's, and so are the benchmark programs: a pull request cannot change what it is measured with.

use crate::bench::qemu::QemuBench;
use crate::bench::verdict::{self, Meaning};
use crate::bench::{Bench, Job};
use crate::earlier::{Earlier, Setting};
use crate::empty::subtract_empty;
use crate::exec::LogSink;
use crate::home::{Home, Scratch, Trust};
use crate::lab::inventory::Lab;
use crate::lab::offer;
use crate::lab::runs::{Image, Place, no_markers};
use crate::lab::taken::Taken;
use crate::lab::turns;
use crate::progress::Progress;
use crate::reading::{Profile, Reader};
use crate::workshop::sandbox::Sandbox;
use crate::workshop::{StageFailed, Workshop};
use anyhow::{Context, Result};
use ounce_protocol::manifest::{Benchmark, Board, Manifest, On};
use ounce_protocol::measurement::{
    BenchFailure, BenchOutcome, Count, Fingerprint, LOG_TAIL_BYTES_MAX, Ledger, Measurement, Outcome, RegionKind, SCHEMA, Stage,
};
use ounce_protocol::runner_api::Found;
use ounce_protocol::{BenchName, BoardName, CommitSha, RunKey};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What to measure.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The base's manifest.
    pub manifest: &'a Manifest,
    /// The boards, all of them in the manifest.
    pub boards: &'a [BoardName],
    /// The commit compared with.
    pub base: &'a CommitSha,
    /// The commit weighed.
    pub head: &'a CommitSha,
}

/// Where to do it.
#[derive(Debug, Clone, Copy)]
pub struct Room<'a> {
    /// Scratch space and caches.
    pub home: &'a Home,
    /// How commands are shut in.
    pub sandbox: &'a Sandbox,
    /// Adds up what is spent building and emulating.
    pub spent: &'a Spent,
    /// Who may have measured the same bytes before; none on the desk.
    pub earlier: Option<&'a dyn Earlier>,
    /// The units of this machine, for boards that run on a probe.
    pub lab: &'a Lab,
    /// Whose code it is: a stranger's gets only units that are for strangers too.
    pub whose: Trust,
}

impl<'a> Room<'a> {
    /// Takes a unit for a board that runs on a probe, once one is free; none for any other.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn unit_for(&self, board: &Board, log: &dyn LogSink) -> Result<Option<Taken<'a>>> {
        match board.run.as_ref().map(|run| &run.on) {
            Some(On::Probe(kind)) => Ok(Some(offer::take(self.lab, kind, self.whose, self.home, log).await?)),
            Some(On::Qemu(_)) | None => Ok(None),
        }
    }
}

/// Time spent in other people's programs: fetching, building, emulating. The rest of a job is ours.
#[derive(Debug, Default)]
pub struct Spent(std::sync::atomic::AtomicU64);

impl Spent {
    /// Does this, and adds the time it takes.
    pub async fn on<T>(&self, work: impl Future<Output = T>) -> T {
        let began = std::time::Instant::now();
        let done = work.await;
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(ms, std::sync::atomic::Ordering::Relaxed);
        done
    }

    /// The sum so far.
    pub fn so_far(&self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.load(std::sync::atomic::Ordering::Relaxed))
    }
}

/// Both sides of one board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The base's figures.
    pub base: Measurement,
    /// The head's.
    pub head: Measurement,
}

impl Pair {
    /// Counts the cycles of what ran on both sides, in turns.
    async fn count_cycles(
        &mut self,
        place: &Place<'_>,
        images: [&Path; 2],
        manifest: &Manifest,
        programs: &[Program],
        log: &dyn LogSink,
    ) -> Result<()> {
        let (Outcome::Built { benches: base, .. }, Outcome::Built { benches: head, .. }) = (&mut self.base.outcome, &mut self.head.outcome)
        else {
            return Ok(());
        };
        let ran = |benches: &BTreeMap<BenchName, BenchOutcome>, name| matches!(benches.get(name), Some(BenchOutcome::Ran { .. }));
        let both: Vec<&Program> = programs.iter().filter(|program| ran(base, &program.name) && ran(head, &program.name)).collect();
        if both.is_empty() {
            return Ok(());
        }
        let counted = turns::measure(place, images, &manifest.markers, &both, log).await?;
        for (benches, counted) in [base, head].into_iter().zip(counted) {
            for (name, taken) in counted {
                if let Some(BenchOutcome::Ran { cycles, .. }) = benches.get_mut(&name) {
                    *cycles = Some(taken);
                }
            }
        }
        Ok(())
    }
}

/// A benchmark's program and its expected line, read from the base.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name in the manifest.
    pub name: BenchName,
    /// The file to load; none where the image holds the program.
    pub file: Option<PathBuf>,
    /// The line it must print.
    pub expect: String,
}

/// What was built of two commits, out of the workshop: nothing that is measured needs that any more.
#[derive(Debug)]
pub struct Built {
    /// The images and the programs lie in it.
    _scratch: Scratch,
    /// Each board's image at the base and at the head.
    images: BTreeMap<BoardName, [Result<PathBuf, StageFailed>; 2]>,
    programs: Vec<Program>,
}

/// Builds and measures all boards at both commits.
///
/// # Errors
/// Reasons of infrastructure only: what a commit does wrong is in the measurements.
pub async fn pairs(
    order: &Order<'_>,
    workshop: &Workshop,
    room: &Room<'_>,
    log: &dyn LogSink,
    progress: &dyn Progress,
) -> Result<BTreeMap<BoardName, Pair>> {
    let built = build(order, workshop, room, log, progress).await?;
    measure(order, &built, room, log, progress).await
}

/// Builds all boards at both commits. Who gives the workshop to the next job afterwards keeps nobody waiting while boards run.
///
/// # Errors
/// Reasons of infrastructure only.
pub async fn build(order: &Order<'_>, workshop: &Workshop, room: &Room<'_>, log: &dyn LogSink, progress: &dyn Progress) -> Result<Built> {
    let scratch = room.home.scratch()?;
    let all = order.boards.len() * 4;
    let mut images: BTreeMap<BoardName, Vec<Result<PathBuf, StageFailed>>> = BTreeMap::new();
    let mut programs = Vec::new();
    let mut done = 0;
    for (is_head, commit) in [(false, order.base), (true, order.head)] {
        let side = if is_head { "head" } else { "base" };
        progress.step(done, all, &format!("checking out {side} {}", commit.short()));
        let prepared = room.spent.on(workshop.prepare(commit, order.manifest.fetch.as_ref(), log)).await?;
        if !is_head {
            programs = copy_programs(order.manifest, workshop, scratch.path())?;
        }
        for board in order.boards {
            progress.step(done, all, &format!("building {board} at {side} {}", commit.short()));
            let elf = scratch.path().join(format!("{board}-{side}.elf"));
            let outcome = match &prepared {
                Ok(()) => room.spent.on(workshop.build(order.manifest.board(board)?, &elf, log)).await?.map(|()| elf),
                Err(failed) => Err(failed.clone()),
            };
            images.entry(board.clone()).or_default().push(outcome);
            done += 1;
        }
    }
    let both = |(board, sides): (BoardName, Vec<_>)| <[_; 2]>::try_from(sides).ok().map(|sides| (board, sides));
    Ok(Built { _scratch: scratch, images: images.into_iter().filter_map(both).collect(), programs })
}

/// Measures what was built.
///
/// # Errors
/// Reasons of infrastructure only.
pub async fn measure(
    order: &Order<'_>,
    built: &Built,
    room: &Room<'_>,
    log: &dyn LogSink,
    progress: &dyn Progress,
) -> Result<BTreeMap<BoardName, Pair>> {
    let (mut done, all) = (order.boards.len() * 2, order.boards.len() * 4);
    let mut pairs = BTreeMap::new();
    for name in order.boards {
        let board = order.manifest.board(name)?;
        let [base_image, head_image] = built.images.get(name).context("every board was built on both sides")?.clone();
        // Both sides on one unit, and nobody else on it in between.
        let unit = room.unit_for(board, log).await?;
        let scale = Scale { name, board, manifest: order.manifest, programs: &built.programs, room, unit: unit.as_ref(), log };
        let both = async {
            progress.step(done, all, &format!("measuring {name} at base"));
            let base = scale.measure(order.base, base_image.clone(), None).await?;
            progress.step(done + 1, all, &format!("measuring {name} at head"));
            let head = scale.measure(order.head, head_image.clone(), base.ledger()).await?;
            let mut pair = Pair { base, head };
            if let (Some(taken), Ok(base), Ok(head)) = (unit.as_ref().filter(|taken| taken.unit.cycles), base_image, head_image) {
                progress.step(done + 1, all, &format!("counting cycles of {name}, base and head in turns"));
                let place = Place { taken, board, home: room.home, sandbox: room.sandbox };
                room.spent.on(pair.count_cycles(&place, [&base, &head], order.manifest, &built.programs, log)).await?;
            }
            anyhow::Ok(pair)
        };
        let both = both.await;
        unit.into_iter().for_each(Taken::give_back);
        pairs.insert(name.clone(), both?);
        done += 2;
    }
    progress.step(all, all, "measured");
    Ok(pairs)
}

/// Copies the benchmark programs out of the base's checkout, before the head's takes its place.
fn copy_programs(manifest: &Manifest, workshop: &Workshop, scratch: &Path) -> Result<Vec<Program>> {
    let read = |path: &ounce_protocol::manifest::RepoPath, name: &BenchName| {
        workshop.file(path).map_err(|why| anyhow::anyhow!("benchmarks.{name} of the base's ounce.toml: {why}"))
    };
    manifest.benchmarks.iter().map(|(name, bench)| load_program(name, bench, scratch, &|path| read(path, name))).collect()
}

/// Makes a program ready from wherever its files are read.
///
/// # Errors
/// Where a file is missing or the expected line is not text.
pub fn load_program(
    name: &BenchName,
    bench: &Benchmark,
    scratch: &Path,
    read: &dyn Fn(&ounce_protocol::manifest::RepoPath) -> Result<Vec<u8>>,
) -> Result<Program> {
    let file = match &bench.file {
        None => None,
        Some(path) => {
            let copy = scratch.join(format!("{name}.program"));
            std::fs::write(&copy, read(path)?).with_context(|| format!("{} cannot be written", copy.display()))?;
            Some(copy)
        }
    };
    let expect = match (&bench.expect, &bench.expect_file) {
        (Some(line), _) => line.clone(),
        (None, Some(path)) => {
            let text = String::from_utf8(read(path)?).with_context(|| format!("benchmarks.{name}: {} is not text", path.as_str()))?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
        (None, None) => anyhow::bail!("benchmarks.{name} has no expected line"),
    };
    Ok(Program { name: name.clone(), file, expect })
}

/// What a board's programs run on.
enum OnWhat<'a> {
    Qemu(QemuBench),
    Unit(Place<'a>),
}

impl OnWhat<'_> {
    fn tools(&self) -> Vec<(String, String)> {
        match self {
            OnWhat::Qemu(bench) => bench.fingerprint(),
            OnWhat::Unit(place) => place.fingerprint().into_iter().map(|(tool, which)| (tool.to_owned(), which)).collect(),
        }
    }
}

/// One board of one manifest, ready to measure images.
pub struct Scale<'a> {
    /// Its name.
    pub name: &'a BoardName,
    /// Its description.
    pub board: &'a Board,
    /// The manifest it is from.
    pub manifest: &'a Manifest,
    /// All programs; those not for this board are passed over.
    pub programs: &'a [Program],
    /// Where to work.
    pub room: &'a Room<'a>,
    /// The unit that the job has, for a board that runs on a probe.
    pub unit: Option<&'a Taken<'a>>,
    /// Where the emulator's or the board's output goes.
    pub log: &'a dyn LogSink,
}

impl Scale<'_> {
    /// Weighs and runs an image. Where its loadable bytes are those of `base`, it is not run again.
    ///
    /// # Errors
    /// Reasons of infrastructure only.
    pub async fn measure(&self, commit: &CommitSha, image: Result<PathBuf, StageFailed>, base: Option<&Ledger>) -> Result<Measurement> {
        let failed = |stage, log_tail| Outcome::Failed { stage, log_tail };
        let mut measurement = Measurement {
            schema: SCHEMA,
            board: self.name.clone(),
            commit: commit.clone(),
            fingerprint: Fingerprint::default(),
            outcome: failed(Stage::Read, String::new()),
            run_key: None,
            reused: None,
        };
        measurement.outcome = match image {
            Err(StageFailed { stage, log_tail }) => failed(stage, log_tail),
            Ok(elf) => match self.weigh(&elf, base, &mut measurement).await? {
                Ok((ledger, benches)) => Outcome::Built { ledger, benches },
                Err(why) => failed(Stage::Read, why.chars().take(LOG_TAIL_BYTES_MAX / 4).collect()),
            },
        };
        Ok(measurement)
    }

    async fn weigh(
        &self,
        elf: &Path,
        base: Option<&Ledger>,
        into: &mut Measurement,
    ) -> Result<Result<(Ledger, BTreeMap<BenchName, BenchOutcome>), String>> {
        let run = self.board.run.as_ref();
        let markers = &self.manifest.markers;
        let wanted = run.map(|_| (markers.begin.clone(), markers.end.clone()));
        let declared = run.and_then(|run| run.stack).map(|window| (window.start, window.start.saturating_add(window.size)));
        let ram = self.board.regions.iter().find(|r| r.kind == RegionKind::Ram && run.is_some() && declared.is_none()).cloned();
        let reader = Reader { sandbox: self.room.sandbox, home: self.room.home };
        let read = match reader.weigh(elf, &self.board.regions, wanted, ram).await? {
            Ok(read) => read,
            Err(why) => return Ok(Err(why)),
        };
        if let Some(why) = read.map_not_used {
            self.log.text(&format!("{why}\n"));
        }
        let (ledger, tools) = (read.ledger, read.tools);
        into.fingerprint.0.insert("toolchain".into(), if tools.is_empty() { "unknown".into() } else { tools.join("; ") });
        into.fingerprint.0.insert("sandbox".into(), if self.room.sandbox.is_on() { "bubblewrap" } else { "none" }.into());
        let mut benches = BTreeMap::new();
        let Some(run) = run else { return Ok(Ok((ledger, benches))) };
        let programs: Vec<&Program> =
            self.programs.iter().filter(|p| self.manifest.benchmarks.get(&p.name).is_some_and(|b| b.runs_on(self.name))).collect();
        if programs.is_empty() {
            return Ok(Ok((ledger, benches)));
        }
        let on = match (&run.on, self.unit) {
            (On::Qemu(_), _) => OnWhat::Qemu(QemuBench::open(run, self.room.sandbox, self.room.home).await?),
            (On::Probe(_), Some(taken)) => {
                OnWhat::Unit(Place { taken, board: self.board, home: self.room.home, sandbox: self.room.sandbox })
            }
            (On::Probe(kind), None) => anyhow::bail!("it runs on a probe, and nobody took a unit with board = \"{kind}\" for it"),
        };
        let tools = on.tools();
        into.fingerprint.0.extend(tools.iter().cloned());
        if base.is_some_and(|base| base.image == ledger.image) {
            benches.extend(programs.iter().map(|p| (p.name.clone(), BenchOutcome::Identical)));
            return Ok(Ok((ledger, benches)));
        }
        if let Some(outcome) = does_not_fit(&ledger) {
            benches.extend(programs.iter().map(|p| (p.name.clone(), outcome.clone())));
            return Ok(Ok((ledger, benches)));
        }
        let (Some(begin), Some(end)) = read.markers else {
            benches.extend(programs.iter().map(|p| (p.name.clone(), no_markers(markers))));
            return Ok(Ok((ledger, benches)));
        };
        let bench = match on {
            OnWhat::Qemu(bench) => bench,
            OnWhat::Unit(place) => {
                let image = Image { elf, id: &ledger.image, markers: (begin, end), stack: declared.or(read.stack) };
                let benches = self.room.spent.on(place.run_read(&image, &programs, self.log)).await?;
                return Ok(Ok((ledger, benches)));
            }
        };
        let job = Job { elf: elf.to_owned(), program: None, markers: (begin, end), stack: declared.or(read.stack), jumps: false };
        let (markers, stack) = (job.markers, job.stack);
        let setting = Setting { ledger: &ledger, run, markers, stack, tools: &tools, programs: &programs, manifest: self.manifest };
        let key = setting.key()?;
        if let Some(found) = self.found(&key, &programs).await {
            (into.run_key, into.reused) = (Some(key), Some(found.from));
            return Ok(Ok((ledger, found.benches)));
        }
        into.run_key = Some(key);
        for program in programs {
            match self.bench(&bench, &reader, program, &Job { program: program.file.clone(), ..job.clone() }).await? {
                Ok(outcome) => benches.insert(program.name.clone(), outcome),
                Err(why) => return Ok(Err(why)),
            };
        }
        subtract_empty(&mut benches, self.manifest.markers.empty.as_ref());
        Ok(Ok((ledger, benches)))
    }

    /// What was measured before with this key, where it is about these programs.
    async fn found(&self, key: &RunKey, programs: &[&Program]) -> Option<Found> {
        let found = self.room.earlier?.find(key).await?;
        let same = found.benches.len() == programs.len() && programs.iter().all(|program| found.benches.contains_key(&program.name));
        if same {
            self.log.text(&format!(
                "{}: the same bytes were measured at {}, in run {}; not run again\n",
                self.name, found.from.commit, found.from.run
            ));
        }
        same.then_some(found)
    }

    /// Two takes of one program, side by side. The stack's mark is asked for in the second only, jumps in the first: they cost time.
    async fn bench(&self, bench: &QemuBench, reader: &Reader<'_>, program: &Program, job: &Job) -> Result<Result<BenchOutcome, String>> {
        if let (Some(file), Some(size)) = (&program.file, self.board.run.as_ref().and_then(|run| run.load_size)) {
            let len = file.metadata()?.len();
            if len > size {
                let detail = format!("the program has {len} B, the board holds {size} B: over by {} B", len - size);
                return Ok(Ok(BenchOutcome::NoFit { detail }));
            }
        }
        let model = self.board.run.as_ref().and_then(|run| run.estimate_cycles);
        let plain = Job { stack: None, jumps: model.is_some(), ..job.clone() };
        let takes = async { tokio::try_join!(bench.run(&plain, self.log), bench.run(job, self.log)) };
        let (first, second) = self.room.spent.on(takes).await?;
        // Both takes must be valid; where one is not, that is the answer.
        for take in [&first, &second] {
            match verdict::judge(take, &program.expect) {
                Meaning::Valid => {}
                Meaning::NoFit(detail) => return Ok(Ok(BenchOutcome::NoFit { detail })),
                Meaning::Failed(why, detail) => return Ok(Ok(BenchOutcome::Failed { why, detail })),
            }
        }
        let heap_peak_bytes = first.console.heap_peak_bytes;
        let (Some(one), Some(two)) = (first.counts, second.counts) else {
            return Ok(Ok(BenchOutcome::Failed { why: BenchFailure::Markers, detail: "the counters are missing".into() }));
        };
        let high = job.stack.map(|(_, high)| high);
        let instructions = one.measured;
        let estimate = model.map(|model| (model, one.left));
        Ok(reader.profile(&job.elf, one.pcs, estimate).await?.map(|Profile { functions: profile, estimated_cycles, no_estimate }| {
            if let Some(why) = no_estimate {
                self.log.text(&format!("{}: {}: cycles are not estimated: {why}\n", self.name, program.name));
            }
            BenchOutcome::Counted(Count {
                instructions,
                second_take: (two.measured != instructions).then_some(two.measured),
                stack_peak_bytes: two.stack_low.zip(high).map(|(low, high)| high.saturating_sub(low)),
                heap_peak_bytes,
                estimated_cycles,
                profile,
            })
        }))
    }
}

/// An image over its flash or RAM cannot run: a row of the report, with the figure.
pub(crate) fn does_not_fit(ledger: &Ledger) -> Option<BenchOutcome> {
    let over = ledger.regions.iter().find(|r| r.headroom_bytes() < 0)?;
    let detail = format!("{} is over by {} B", over.name, over.headroom_bytes().unsigned_abs());
    Some(BenchOutcome::NoFit { detail })
}
