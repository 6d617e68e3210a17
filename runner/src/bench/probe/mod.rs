//! A board on a probe as a bench. Each job is a process of its own, [`child`]: a call of probe-rs may block for ever or panic, and then the
//! process is killed and the agent is as before. What it tells becomes [`Evidence`], which is judged by the same rules as a run in QEMU.
//!
//! What the firmware does wrong is evidence. What the probe, the cable or the board does wrong is [`ProbeError::Failed`]: infrastructure, never a
//! verdict about a commit.

mod attach;
pub mod child;
#[cfg(test)]
mod chips;
mod console;
mod cycles;
mod flash;
mod run;
pub mod segments;
mod sensors;
pub mod state;
pub mod talk;

use super::{Evidence, counts::Counts};
use crate::exec::limits::Exceeded;
use crate::exec::{LogSink, Program, own_program};
use crate::home::Home;
use anyhow::Context;
use ounce_protocol::console::Transcript;
use ounce_protocol::measurement::Conditions;
use std::time::Duration;
use talk::{Event, Order, Ran, Stage, Wiring, Work};

/// How much longer than its own limits a child may take until it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How much of a child's last words is told, characters.
const WORDS_CHARS_MAX: usize = 300;

/// Why there is no evidence.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The probe, the cable or the board failed.
    #[error("probe {selector}: {}: {why}", stage.words())]
    Failed {
        /// Which probe.
        selector: String,
        /// At which stage.
        stage: Stage,
        /// What was seen.
        why: String,
    },
    /// The process that held the probe ended without having said how its job did.
    #[error("probe {selector}: its driver broke off: {why}")]
    BrokeOff {
        /// Which probe.
        selector: String,
        /// How it ended, and its last words.
        why: String,
    },
    /// The chip answers, and fails its self-test.
    #[error("probe {selector}: the board fails its self-test: {why}")]
    SelfTest {
        /// Which probe.
        selector: String,
        /// What is wrong.
        why: String,
    },
    /// Something of ours: no scratch space, no process.
    #[error(transparent)]
    Ours(#[from] anyhow::Error),
}

impl ProbeError {
    /// Whether recovering the board may help: not where somebody else works with it, or its entry has a mistake.
    pub fn is_of_board(&self) -> bool {
        match self {
            ProbeError::Failed { stage, .. } => !matches!(stage, Stage::Chip | Stage::Lock | Stage::Console),
            ProbeError::BrokeOff { .. } | ProbeError::SelfTest { .. } => true,
            ProbeError::Ours(_) => false,
        }
    }
}

/// What came of a job.
#[derive(Debug)]
pub enum Done {
    /// It ran.
    Ran {
        /// What is judged.
        evidence: Box<Evidence>,
        /// Where it stood, where it did not end by itself.
        state: Option<state::State>,
        /// The identity of the image that flash holds.
        image: String,
        /// Cycles of this run and of those after it, where they were wanted.
        takes: Takes,
        /// How long its first windows between the markers were by this machine's clock, microseconds.
        windows_us: Vec<u64>,
    },
    /// It may not be flashed: the job's own fault.
    Refused(String),
}

/// Cycles of one binary that was flashed once and ran several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Takes {
    /// What counted them.
    pub counter: String,
    /// One a run, the cold one first; empty where one of them could not be counted.
    pub cycles: Vec<u64>,
    /// A run did something else than the first one.
    pub is_flaky: bool,
    /// What the chip told of itself after them.
    pub conditions: Conditions,
}

/// One board on one probe.
#[derive(Debug)]
pub struct ProbeBench<'a> {
    /// How the chip is reached.
    pub wiring: Wiring,
    /// Scratch space.
    pub home: &'a Home,
}

impl ProbeBench<'_> {
    /// Whether the chip can be attached to.
    ///
    /// # Errors
    /// Where it cannot, with the reason.
    pub async fn attach(&self) -> Result<(), ProbeError> {
        let events = self.ask(None, false, &()).await?;
        if events.contains(&Event::Attached) { Ok(()) } else { Err(self.failed(Stage::Attach, "it said nothing")) }
    }

    /// Erases all of the chip, also where it is locked.
    ///
    /// # Errors
    /// Where it cannot, with the reason.
    pub async fn erase_all(&self) -> Result<(), ProbeError> {
        let events = self.ask(None, true, &()).await?;
        if events.contains(&Event::Erased) { Ok(()) } else { Err(self.failed(Stage::Erase, "it said nothing")) }
    }

    /// Brings an image into flash and runs it. `log` hears what happens, and what the board prints, as it comes.
    ///
    /// # Errors
    /// Reasons of infrastructure only.
    pub async fn run(&self, work: Work, log: &dyn LogSink) -> Result<Done, ProbeError> {
        let events = self.ask(Some(work), false, &Telling::new(log)).await?;
        let (mut console, mut image, mut first) = (Vec::new(), String::new(), None);
        let (mut takes, mut all) = (Takes::default(), Vec::new());
        for event in events {
            match event {
                Event::Console { hex } => console.extend(hex::decode(hex).unwrap_or_default()),
                Event::Flashed { image: held } => image = held,
                Event::Refused { why } => return Ok(Done::Refused(why)),
                Event::Ran(ran) => {
                    takes.counter = ran.cycles.as_ref().map_or(String::new(), |(counter, _)| counter.clone());
                    all.push(ran.cycles.as_ref().map(|(_, cycles)| *cycles));
                    first = Some(ran);
                }
                Event::Again { is_same, cycles } => {
                    takes.is_flaky |= !is_same;
                    all.push(cycles);
                }
                Event::Conditions(told) => takes.conditions = told,
                Event::Attached | Event::Erased | Event::Compared { .. } | Event::Flashing { .. } | Event::Failed { .. } => {}
            }
        }
        let Some(ran) = first else { return Err(self.failed(Stage::Run, "it said nothing")) };
        takes.cycles = all.into_iter().collect::<Option<_>>().unwrap_or_default();
        Ok(Done::Ran { evidence: Box::new(evidence(&ran, &console)), state: ran.state, image, takes, windows_us: ran.windows_us })
    }

    fn failed(&self, stage: Stage, why: &str) -> ProbeError {
        ProbeError::Failed { selector: self.wiring.selector.clone(), stage, why: why.into() }
    }

    /// What a child tells of a job, up to its end.
    async fn ask(&self, work: Option<Work>, erase_all: bool, log: &dyn LogSink) -> Result<Vec<Event>, ProbeError> {
        let is_again_wanted = work.as_ref().is_some_and(|work| work.takes > 0);
        let scratch = self.home.scratch()?;
        let file = scratch.path().join("order");
        let wall = child::wall(work.as_ref().map_or(Duration::ZERO, Work::runs_max)) + GRACE;
        let order = serde_json::to_vec(&Order { wiring: self.wiring.clone(), work, erase_all }).context("an order cannot be written")?;
        std::fs::write(&file, order).with_context(|| format!("{} cannot be written", file.display()))?;
        let own = own_program().map_err(anyhow::Error::from)?;
        let ran = Program::new(own).arg("probe").arg(&file).timeout(wall).run(log).await.map_err(anyhow::Error::from)?;
        let mut events = Vec::new();
        for line in ran.stdout.split(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(Event::Failed { stage, why }) => return Err(self.failed(stage, &why)),
                Ok(event) => {
                    let is_last = match &event {
                        Event::Refused { .. } => true,
                        Event::Ran(_) => !is_again_wanted,
                        Event::Conditions(_) => true,
                        _ => false,
                    };
                    events.push(event);
                    if is_last {
                        return Ok(events);
                    }
                }
                // The end of what was cut off.
                Err(_) => {}
            }
        }
        if ran.ok() {
            return Ok(events);
        }
        let words: String = String::from_utf8_lossy(&ran.stderr).trim().chars().take(WORDS_CHARS_MAX).collect();
        Err(ProbeError::BrokeOff { selector: self.wiring.selector.clone(), why: format!("{}: {words}", ran.how()) })
    }
}

fn evidence(ran: &Ran, console: &[u8]) -> Evidence {
    let (begin_hits, end_hits) = ran.hits;
    Evidence {
        code: ran.code,
        timed_out: ran.timed_out,
        exceeded: ran.is_flood.then_some(Exceeded::Output(run::CONSOLE_BYTES_MAX)),
        console: Transcript::read(console),
        counts: Some(Counts { begin_hits, end_hits, stack_low: ran.stack_low, ..Counts::default() }),
        complaint: String::new(),
        stood: None,
    }
}

/// Tells a log what a child tells, in words; half lines wait for their other half.
struct Telling<'a> {
    log: &'a dyn LogSink,
    rest: std::sync::Mutex<String>,
}

impl<'a> Telling<'a> {
    fn new(log: &'a dyn LogSink) -> Telling<'a> {
        Telling { log, rest: std::sync::Mutex::new(String::new()) }
    }
}

impl LogSink for Telling<'_> {
    fn text(&self, text: &str) {
        let mut rest = self.rest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        rest.push_str(text);
        while let Some(at) = rest.find('\n') {
            let line: String = rest.drain(..=at).collect();
            match serde_json::from_str(&line) {
                Ok(event) => told(&event).into_iter().for_each(|words| self.log.text(&words)),
                Err(_) => self.log.text(&line),
            }
        }
    }
}

fn told(event: &Event) -> Option<String> {
    Some(match event {
        Event::Attached => "probe: attached\n".into(),
        Event::Erased => "probe: all of the chip is erased\n".into(),
        Event::Compared { bytes, changed_bytes: 0 } => format!("probe: flash holds the image already, {bytes} B\n"),
        Event::Compared { bytes, changed_bytes } => format!("probe: {changed_bytes} of {bytes} B are to be flashed\n"),
        Event::Flashing { doing, bytes } => format!("probe: {doing}, {bytes} B\n"),
        Event::Flashed { image } => format!("probe: flash holds image {image}\n"),
        Event::Console { hex } => String::from_utf8_lossy(&hex::decode(hex).unwrap_or_default()).into_owned(),
        Event::Again { is_same: false, .. } => "probe: the same binary did something else than the first time\n".into(),
        Event::Ran(_) | Event::Again { .. } | Event::Conditions(_) | Event::Refused { .. } | Event::Failed { .. } => return None,
    })
}
