//! One run: a board with its fault, a job on it, and what is there afterwards.

use super::Kind;
use crate::demo::lab::{EMPTY, LAB, Twin, entry, powered};
use crate::demo::stage::{Stage, program, said};
use crate::processes::running_with;
use crate::root;
use anyhow::{Context, Result, bail, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::Value;
use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// Longest one job may take: twice what the limits of its child allow (`runner/src/bench/probe/child.rs`), for it is done again after a recovery, whose
/// attaches are what is left. Far more than it takes: on a machine with much else to do, flash alone may take a minute to be written.
const DEADLINE: Duration = Duration::from_secs(9 * 60);
/// How long afterwards until nothing of it is left.
const SETTLE_MAX: Duration = Duration::from_secs(30);
/// The last transfer that a fault is drawn for, and the last page.
const TRANSFERS: u32 = 6_000;
const PAGES: u32 = 50;
/// A runner that is killed is killed this part of what a board that goes away has: while it flashes.
const KILLED_PART: u32 = 20;
/// The benchmark that is run.
const BENCH: &str = "calls";

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// With figures.
    Done,
    /// With a reason of infrastructure.
    Infra,
}

/// A job that ended.
#[derive(Debug)]
pub struct Job {
    /// How.
    pub ended: Ended,
    /// What it measured.
    pub figures: Value,
    /// The last line that it said.
    pub said: String,
}

/// A board under power, its lab and a home of its own.
pub struct Bed {
    scratch: tempfile::TempDir,
    twin: &'static Twin,
    sim: Child,
}

impl Bed {
    /// Gives a board power.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub async fn make(twin: &'static Twin, fault: Option<&str>, can_cycle_power: bool) -> Result<Bed> {
        let scratch = tempfile::Builder::new().prefix("ounce-lab-faults-").tempdir()?;
        let (sim, folder) = (Stage::bin().join("board-sim"), scratch.path());
        std::fs::write(folder.join("sim.yaml"), said(program(&sim).arg("targets")).await?)?;
        let (probe, uart) = (folder.join("probe"), folder.join("uart"));
        let mut lab = format!("{EMPTY}{}", entry(twin, &probe, &uart));
        if can_cycle_power {
            lab.push_str(&format!("power = [\"{}\", \"power\", \"--socket\", \"{}\", \"cycle\"]\n", sim.display(), probe.display()));
        }
        std::fs::write(folder.join(LAB), lab)?;
        let mut command = program(&sim);
        command.args(["run", "--board", twin.sim, "--socket"]).arg(&probe).arg("--uart").arg(&uart);
        command.args(fault.iter().flat_map(|fault| ["--fault", fault]));
        let sim = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("board-sim cannot be started")?;
        powered(&probe).await?;
        Ok(Bed { scratch, twin, sim })
    }

    fn ounce(&self) -> Command {
        let board = self.twin.board;
        let mut ounce = program(Stage::bin().join("ounce"));
        ounce.args(["bench", "--json", "--bench", BENCH, "--board", board, "--probe", board, "--elf"]);
        ounce.arg(root().join(format!("firmware/target/boards/{board}.elf")));
        ounce.arg("--home").arg(self.scratch.path().join("home")).arg("--lab").arg(self.scratch.path().join(LAB));
        ounce.current_dir(root()).stdout(Stdio::piped()).stderr(Stdio::piped());
        ounce
    }

    /// A job, to its end.
    ///
    /// # Errors
    /// Where it ends in no way that a job may.
    pub async fn job(&self) -> Result<Job> {
        read(tokio::time::timeout(DEADLINE, self.ounce().output()).await.context("not done within its deadline")??)
    }

    /// Nothing of a job is left, and the board can be had.
    async fn settled(&self, has_power: bool) -> Result<()> {
        let began = Instant::now();
        loop {
            let mut left = running_with(&format!("probe {}", self.scratch.path().join("home").display()));
            left.extend(self.locked()?);
            if has_power && !self.scratch.path().join("probe").exists() {
                left.push("the board cannot be opened".into());
            }
            if left.is_empty() {
                return Ok(());
            }
            ensure!(began.elapsed() < SETTLE_MAX, "left behind: {}", left.join("; "));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Files of the home that somebody has locked.
    fn locked(&self) -> Result<Vec<String>> {
        let mut locked = Vec::new();
        for folder in ["units", "probes"] {
            for entry in std::fs::read_dir(self.scratch.path().join("home").join(folder)).into_iter().flatten() {
                let path = entry?.path();
                if File::open(&path)?.try_lock().is_err() {
                    locked.push(format!("{} is locked", path.display()));
                }
            }
        }
        Ok(locked)
    }
}

/// Waits until a job programs flash. What it says from there on comes back.
async fn flashing(running: &mut Child) -> Result<Lines<BufReader<ChildStderr>>> {
    let mut said = BufReader::new(running.stderr.take().context("it has no stderr")?).lines();
    let is_flashing = async {
        while let Some(line) = said.next_line().await? {
            if line.starts_with("probe: program, ") {
                return Ok(said);
            }
        }
        bail!("it ended before it flashed anything")
    };
    tokio::time::timeout(DEADLINE, is_flashing).await.context("not flashed within its deadline")?
}

fn read(ran: std::process::Output) -> Result<Job> {
    let words = String::from_utf8_lossy(&ran.stderr).into_owned();
    ensure!(!words.contains("ounce: panicked"), "{words}");
    let said = words.lines().last().unwrap_or_default().to_owned();
    match ran.status.code() {
        Some(0) => Ok(Job { ended: Ended::Done, figures: serde_json::from_slice::<Value>(&ran.stdout)?["benches"].take(), said }),
        Some(2) if ran.stdout.is_empty() => Ok(Job { ended: Ended::Infra, figures: Value::Null, said }),
        _ => bail!("a good image was judged, or the runner broke: {}\n{}\n{words}", ran.status, String::from_utf8_lossy(&ran.stdout)),
    }
}

/// What is done in one run.
#[derive(Debug)]
pub struct Trial {
    board: &'static str,
    kind: Kind,
    fault: Option<String>,
    /// When something is done to it, where something is.
    after: Duration,
    #[expect(dead_code, reason = "told where the run goes wrong")]
    what: &'static str,
}

impl Trial {
    /// The next one of the seed.
    pub fn draw(twin: &'static Twin, kind: Kind, rng: &mut StdRng) -> Trial {
        let (transfer, page) = (rng.random_range(1..TRANSFERS), rng.random_range(1..PAGES));
        let (what, fault, _) = kind.told();
        let fault = fault.map(|fault| fault.replace('N', &transfer.to_string()).replace('P', &page.to_string()));
        Trial { board: twin.board, kind, fault, after: Duration::from_millis(rng.random_range(50..3_000)), what }
    }

    /// Plays it: how the job ended, and how long it took.
    ///
    /// # Errors
    /// Where it ended otherwise than it should, too late, or left something behind.
    pub async fn play(&self, right: &Value) -> Result<(Ended, Duration)> {
        let twin = crate::demo::lab::TWINS.iter().find(|twin| twin.board == self.board).context("no such board")?;
        let mut bed = Bed::make(twin, self.fault.as_deref(), self.kind.can_cycle_power()).await?;
        let began = Instant::now();
        let job = match self.kind {
            Kind::Gone => self.gone(&mut bed).await?,
            Kind::GoneFlashing => self.gone_flashing(&mut bed).await?,
            Kind::Two => self.two(&bed, right).await?,
            Kind::Killed => self.killed(&bed).await?,
            _ => bed.job().await?,
        };
        let took = began.elapsed();
        ensure!(self.kind.told().2.contains(&job.ended), "it ended as {:?}: {}", job.ended, job.said);
        ensure!(job.ended == Ended::Infra || job.figures == *right, "wrong figures: {} where {right} is right", job.figures);
        bed.settled(![Kind::Gone, Kind::GoneFlashing].contains(&self.kind)).await?;
        Ok((job.ended, took))
    }

    /// Its board goes away in the middle.
    async fn gone(&self, bed: &mut Bed) -> Result<Job> {
        let running = bed.ounce().spawn()?;
        tokio::time::sleep(self.after).await;
        bed.sim.kill().await?;
        read(tokio::time::timeout(DEADLINE, running.wait_with_output()).await.context("not done within its deadline")??)
    }

    /// Its board goes away while it is flashed.
    async fn gone_flashing(&self, bed: &mut Bed) -> Result<Job> {
        let mut running = bed.ounce().spawn()?;
        let mut said = flashing(&mut running).await?;
        tokio::time::sleep(self.after / KILLED_PART).await;
        bed.sim.kill().await?;
        let ends = async {
            let mut words = Vec::new();
            while let Some(line) = said.next_line().await? {
                words.extend([line.as_bytes(), b"\n"].concat());
            }
            anyhow::Ok(std::process::Output { stderr: words, ..running.wait_with_output().await? })
        };
        read(tokio::time::timeout(DEADLINE, ends).await.context("not done within its deadline")??)
    }

    /// Its runner is killed while it flashes, and so is its child with it, as by a machine that goes down. What the next job does and says comes back.
    async fn killed(&self, bed: &Bed) -> Result<Job> {
        let mut running = bed.ounce().stdout(Stdio::null()).process_group(0).spawn()?;
        let _said = flashing(&mut running).await?;
        tokio::time::sleep(self.after / KILLED_PART).await;
        running.kill().await?;
        let next = bed.ounce().output();
        let next = tokio::time::timeout(DEADLINE, next).await.context("not done within its deadline")??;
        ensure!(
            String::from_utf8_lossy(&next.stderr).contains("it was left in the middle of a job"),
            "the next job did not begin with recovery: {}",
            String::from_utf8_lossy(&next.stderr)
        );
        read(next)
    }

    /// Another runner wants it meanwhile: it has figures or hears at once that the board is in use, and the first is not disturbed.
    async fn two(&self, bed: &Bed, right: &Value) -> Result<Job> {
        let running = bed.ounce().spawn()?;
        tokio::time::sleep(self.after).await;
        let second = bed.job().await?;
        ensure!(second.ended == Ended::Infra || second.figures == *right, "the second has wrong figures: {}", second.figures);
        let first = read(tokio::time::timeout(DEADLINE, running.wait_with_output()).await.context("not done within its deadline")??)?;
        ensure!([first.ended, second.ended].contains(&Ended::Done), "neither of the two got it");
        Ok(if first.ended == Ended::Done { second } else { first })
    }
}
