//! `./dev lab-faults`: one job after another on simulated boards that suffer what real ones do. Each has to end as it should, within its deadline, with the
//! board free again, no lock and no process left, and never with a wrong figure.
//!
//! The seed gives boards, faults and the transfer that each strikes at; when a board goes away or a runner is killed is real time.

mod trial;

use crate::demo::lab::{TWINS, Twin};
use crate::demo::stage::{program, run};
use crate::root;
use anyhow::{Result, ensure};
use clap::Args;
use futures_util::StreamExt as _;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use trial::{Bed, Ended, Trial};

/// Longest all runs together may take, for each run.
const RUN_MAX: Duration = Duration::from_secs(10 * 60);

/// How many runs later it is told how far it is.
const TOLD_EVERY: u32 = 10;

/// `cargo xtask lab-faults`
#[derive(Args)]
pub struct LabFaults {
    /// How many runs
    #[arg(long, default_value_t = 100, value_name = "N")]
    runs: u32,
    /// Gives boards and faults
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// How many at a time
    #[arg(long, default_value_t = 2, value_name = "N")]
    at_once: usize,
    /// Only what the table calls this
    #[arg(long, value_name = "WHAT")]
    only: Option<String>,
    /// Only this run of the seed, as a message names it: played again
    #[arg(long, value_name = "N")]
    nth: Option<u32>,
    /// Take the programs as they are
    #[arg(long)]
    no_build: bool,
}

/// What a board suffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing.
    Nothing,
    /// A transfer is answered with WAIT, once.
    Wait,
    /// A transfer fails, once.
    Fault,
    /// One bit of one page is programmed wrong.
    Flip,
    /// The cable is pulled, and put back.
    Dead,
    /// Endless silence, and nobody can switch its power.
    Silent,
    /// The same where its power can be cycled.
    SilentPower,
    /// The debug port hangs from power-on.
    Wedged,
    /// The same where its power can be cycled.
    WedgedPower,
    /// The reset line leads nowhere.
    NoReset,
    /// The core is locked up.
    Lockup,
    /// The debug pins are taken by the firmware.
    PinsTaken,
    /// Flash takes nothing.
    StuckFlash,
    /// It is gone while it is worked with.
    Gone,
    /// It is gone while it is flashed.
    GoneFlashing,
    /// Two runners want it.
    Two,
    /// Its runner is killed while it is flashed: the next job begins with recovery.
    Killed,
}

impl Kind {
    const ALL: [Kind; 17] = [
        Kind::Nothing,
        Kind::Wait,
        Kind::Fault,
        Kind::Flip,
        Kind::Dead,
        Kind::Silent,
        Kind::SilentPower,
        Kind::Wedged,
        Kind::WedgedPower,
        Kind::NoReset,
        Kind::Lockup,
        Kind::PinsTaken,
        Kind::StuckFlash,
        Kind::Gone,
        Kind::GoneFlashing,
        Kind::Two,
        Kind::Killed,
    ];

    /// Its name in the table, what board-sim is told, and how a job ends that meets it; `N` is drawn.
    fn told(self) -> (&'static str, Option<&'static str>, &'static [Ended]) {
        const DONE: &[Ended] = &[Ended::Done];
        const INFRA: &[Ended] = &[Ended::Infra];
        match self {
            // Each board comes blank, as from the factory.
            Kind::Nothing => ("nothing: a blank board", None, DONE),
            Kind::Wait => ("WAIT, once", Some("wait@Nx1"), DONE),
            Kind::Fault => ("FAULT, once", Some("fault@Nx1"), DONE),
            Kind::Flip => ("a flipped bit", Some("flip@Px1"), DONE),
            Kind::Dead => ("a dead socket, once", Some("dead@Nx1"), DONE),
            Kind::Silent => ("endless silence", Some("silent@N"), &[Ended::Infra, Ended::Done]),
            Kind::SilentPower => ("endless silence, power can be cycled", Some("silent@N"), DONE),
            Kind::Wedged => ("a wedged debug port", Some("wedged"), INFRA),
            Kind::WedgedPower => ("a wedged debug port, power can be cycled", Some("wedged"), DONE),
            Kind::NoReset => ("reset not wired", Some("no-reset"), DONE),
            Kind::Lockup => ("lockup", Some("lockup"), DONE),
            Kind::PinsTaken => ("debug pins taken", Some("pins-taken"), DONE),
            Kind::StuckFlash => ("flash takes nothing", Some("stuck-flash"), INFRA),
            Kind::Gone => ("gone in the middle", None, &[Ended::Infra, Ended::Done]),
            Kind::GoneFlashing => ("gone in mid-flash", None, INFRA),
            Kind::Two => ("two runners on one probe", None, &[Ended::Infra, Ended::Done]),
            Kind::Killed => ("its runner killed in mid-flash", None, DONE),
        }
    }

    fn can_cycle_power(self) -> bool {
        matches!(self, Kind::SilentPower | Kind::WedgedPower)
    }
}

impl LabFaults {
    /// Plays all runs, and prints the table of what was done and how it ended.
    ///
    /// # Errors
    /// Where runs did not end as they should: each is told with its number and the seed, and the others are played all the same.
    pub fn run(self) -> Result<()> {
        crate::demo::on_runtime(RUN_MAX * self.runs.max(1), async {
            if !self.no_build {
                run(program("cargo").args(["build", "--quiet", "-p", "ounce", "-p", "board-sim"]).current_dir(root())).await?;
            }
            let boards: Vec<&Twin> = TWINS.iter().filter(|twin| twin.board != "pyboard").collect();
            for twin in &boards {
                let elf = root().join(format!("firmware/target/boards/{}.elf", twin.board));
                if !elf.is_file() {
                    run(program(root().join("firmware/build")).arg("fetch")).await?;
                    run(program(root().join("firmware/build")).arg(twin.board)).await?;
                }
            }
            let began = Instant::now();
            let mut right = BTreeMap::new();
            for twin in &boards {
                let first = Bed::make(twin, None, false).await?.job().await?;
                ensure!(first.ended == Ended::Done, "{} without any fault: {first:?}", twin.board);
                right.insert(twin.board, first.figures);
            }
            let kinds: Vec<Kind> =
                Kind::ALL.into_iter().filter(|kind| self.only.as_ref().is_none_or(|only| kind.told().0 == only)).collect();
            ensure!(!kinds.is_empty(), "nothing in the table is called {:?}", self.only);
            let mut rng = StdRng::seed_from_u64(self.seed);
            let all = self.nth.map_or(0..self.runs, |nth| 0..nth.saturating_add(1));
            let trials = all.map(|nth| {
                let twin = boards[rng.random_range(0..boards.len())];
                let kind = kinds[rng.random_range(0..kinds.len())];
                (nth, kind, Trial::draw(twin, kind, &mut rng), &right[twin.board])
            });
            let trials = trials.filter(|(nth, ..)| self.nth.is_none_or(|wanted| wanted == *nth));
            // Most of a run is waiting for what does not come. They share nothing: each has a board, a lab and a home of its own.
            let mut played = futures_util::stream::iter(trials)
                .map(async |(nth, kind, trial, right)| {
                    let wrong = |error: anyhow::Error| error.context(format!("run {nth} of seed {}: {trial:?}", self.seed));
                    trial.play(right).await.map(|(ended, took)| (kind, ended, took)).map_err(wrong)
                })
                .buffer_unordered(self.at_once.max(1));
            let mut table: BTreeMap<Kind, BTreeMap<Ended, u32>> = BTreeMap::new();
            let (mut longest, mut done, mut wrong) = (Duration::ZERO, 0u32, 0u32);
            while let Some(one) = played.next().await {
                done += 1;
                match one {
                    Ok((kind, ended, took)) => {
                        longest = longest.max(took);
                        *table.entry(kind).or_default().entry(ended).or_default() += 1;
                    }
                    Err(error) => {
                        wrong += 1;
                        eprintln!("lab-faults: {error:#}");
                    }
                }
                if done.is_multiple_of(TOLD_EVERY) {
                    eprintln!(
                        "lab-faults: {done} of {} runs, {wrong} not as they should, after {} s",
                        self.runs,
                        began.elapsed().as_secs()
                    );
                }
            }
            println!(
                "{}\n{done} runs of seed {} in {} s, {wrong} not as they should; the longest took {:.1} s",
                shown(&table),
                self.seed,
                began.elapsed().as_secs(),
                longest.as_secs_f32()
            );
            ensure!(
                wrong == 0,
                "{wrong} of {done} runs did not end as they should: each is above, and --seed {} --nth N plays it again",
                self.seed
            );
            Ok(())
        })
    }
}

fn shown(table: &BTreeMap<Kind, BTreeMap<Ended, u32>>) -> String {
    let mut out = format!("{:<44} {:>6} {:>6}\n", "what happened to the board", "done", "infra");
    for (kind, ends) in table {
        let count = |ended| ends.get(&ended).copied().unwrap_or(0);
        let _ = writeln!(out, "{:<44} {:>6} {:>6}", kind.told().0, count(Ended::Done), count(Ended::Infra));
    }
    out
}
