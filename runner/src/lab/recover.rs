//! Climbs the ladder for a unit that does not answer, or fails its self-test. Each rung is told to the log and counted in the unit's record; one helped
//! where the unit then passes its self-test, or, where it has none, answers.

use super::flakes::Outcomes;
use super::inventory::{Unit, UnitName};
use super::ladder::{Climb, Record, Rung, Standing, Tested, is_no_answer_yet};
use super::presence::{Presence, look, presence};
use super::selftest::{self, Passed};
use crate::bench::probe::talk::Wiring;
use crate::bench::probe::{ProbeBench, ProbeError};
use crate::exec::{LogSink, Program};
use crate::home::Home;
use anyhow::{Context, Result};
use ounce_protocol::manifest::Command;
use ounce_protocol::measurement::BenchOutcome;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How long the command that cycles power may take.
const POWER_MAX: Duration = Duration::from_secs(30);
/// How long a probe may take to be there again after its power came back.
const BACK_MAX: Duration = Duration::from_secs(10);
/// How often it is looked for.
const BACK_POLL: Duration = Duration::from_millis(100);
/// The clock of the wires where they are suspected.
const SLOW_KHZ: u32 = 100;
/// How much of what a self-test found is kept, characters.
const SAID_CHARS_MAX: usize = 300;
/// How much of a command's last words is told, characters.
const WORDS_CHARS_MAX: usize = 200;

/// A unit failed, and not the runner that it is attached to.
#[derive(Debug, thiserror::Error)]
#[error("unit {unit} is {}", standing.word())]
pub struct UnitFailed {
    /// Which.
    pub unit: UnitName,
    /// How it stands now.
    standing: Standing,
}

/// A unit with its past.
#[derive(Debug)]
pub struct Watched<'a> {
    name: &'a UnitName,
    unit: &'a Unit,
    wiring: Wiring,
    home: &'a Home,
    file: PathBuf,
    record: Record,
    /// The self-test that it passed last.
    passed: Option<Passed>,
}

impl<'a> Watched<'a> {
    /// Reads its record. One that cannot be understood is a new one: it only counts.
    ///
    /// # Errors
    /// Where there is no place for records.
    pub fn open(name: &'a UnitName, unit: &'a Unit, wiring: Wiring, home: &'a Home) -> Result<Watched<'a>> {
        let file = home.unit_record(&name.to_string())?;
        let record = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Ok(Watched { name, unit, wiring, home, file, record, passed: None })
    }

    /// How it stands.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Whether a job may go to it.
    ///
    /// # Errors
    /// Where it is offline; the message says why, and what brings it back.
    pub fn may_work(&self) -> Result<()> {
        if self.record.standing == Standing::Offline {
            anyhow::bail!(
                "unit {} is {}; once it is mended, `ounce boards check {}` brings it back",
                self.name,
                self.record.words(),
                self.name
            );
        }
        Ok(())
    }

    /// How its chip is reached.
    pub fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// Climbs until the chip can be attached to. How that was done is kept for this job.
    ///
    /// # Errors
    /// Where no rung helped: the first failure; the unit is then suspect, or offline.
    pub async fn bring_back(&mut self, failed: ProbeError, log: &dyn LogSink) -> Result<()> {
        if !failed.is_of_board() {
            return Err(failed.into());
        }
        log.text(&format!("unit {}: {failed}\n", self.name));
        let mut climb = Climb::new(self.unit.power.is_some(), self.unit.erase_all);
        let mut highest = None;
        while let Some(rung) = climb.step() {
            let tried = self.step(rung, log).await;
            let word = match &tried {
                Ok(()) => "done".to_owned(),
                Err(why) => format!("{why:#}"),
            };
            log.text(&format!("unit {}: {}: {word}\n", self.name, rung.words()));
            self.record.tried(rung);
            if is_no_answer_yet(rung) {
                // Whether that helped is only said by the attach after it.
                highest = Some(rung);
            } else if tried.is_ok() {
                self.record.helped(highest.unwrap_or(rung));
                return self.keep();
            }
        }
        Err(self.gave_up(failed, log)?)
    }

    /// The job failed although the ladder was climbed. What is to be said of it comes back.
    ///
    /// # Errors
    /// Where its record cannot be written.
    pub fn gave_up(&mut self, failed: ProbeError, log: &dyn LogSink) -> Result<anyhow::Error> {
        if !failed.is_of_board() {
            return Ok(failed.into());
        }
        self.record.climbed_in_vain(&failed.to_string());
        self.keep()?;
        log.text(&format!("unit {}: {}\n", self.name, self.record.words()));
        Ok(anyhow::Error::from(failed).context(UnitFailed { unit: self.name.clone(), standing: self.record.standing }))
    }

    /// One binary ran several times, each time with the same outcome or not.
    ///
    /// # Errors
    /// Where its record cannot be written.
    pub fn ran_again(&mut self, is_flaky: bool) -> Result<()> {
        self.record.ran_again(is_flaky);
        self.keep()
    }

    /// A binary did this; `key` is all that decides what it should do. Where it ran here before, that is a repeat of it.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn saw(&mut self, key: &str, outcome: &BenchOutcome) -> Result<()> {
        let file = self.file.with_extension("outcomes.json");
        let mut outcomes = Outcomes::read(&file);
        let is_other = outcomes.saw(key, outcome);
        write(&file, &serde_json::to_vec(&outcomes)?)?;
        match is_other {
            Some(is_other) => self.ran_again(is_other),
            None => Ok(()),
        }
    }

    /// It did what it should.
    ///
    /// # Errors
    /// Where its record cannot be written.
    pub fn answered(&mut self) -> Result<()> {
        if self.record.standing == Standing::Well {
            return Ok(());
        }
        self.record.answers();
        self.keep()
    }

    /// Tests it, and climbs where it does not answer or fails its test, also where it is offline: what a keeper asks for.
    /// What its self-test found comes back, where it has one.
    ///
    /// # Errors
    /// Where no rung helped.
    pub async fn check(&mut self, log: &dyn LogSink) -> Result<Option<Passed>> {
        match self.test(&self.wiring.clone(), log).await {
            Ok(passed) => self.passed = passed,
            Err(failed) => self.bring_back(failed, log).await?,
        }
        self.answered()?;
        Ok(self.passed.take())
    }

    /// Runs its self-test, and notes what came of it; where it has none it is attached to.
    async fn test(&mut self, wiring: &Wiring, log: &dyn LogSink) -> Result<Option<Passed>, ProbeError> {
        let Some(elf) = &self.unit.selftest else {
            return ProbeBench { wiring: wiring.clone(), home: self.home }.attach().await.map(|()| None);
        };
        let tested = selftest::run(self.name, self.unit, elf, wiring, self.home, log).await;
        let said = match &tested {
            Ok(passed) => Some(passed.words()),
            // One that did not take place says nothing about the board.
            Err(failed) => failed.is_of_board().then(|| failed.to_string()),
        };
        if let Some(said) = said {
            let at_ms = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
            let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
            self.record.tested = Some(Tested { passed: tested.is_ok(), said: said.chars().take(SAID_CHARS_MAX).collect(), at_ms });
            self.keep()?;
        }
        tested.map(Some)
    }

    async fn step(&mut self, rung: Rung, log: &dyn LogSink) -> Result<()> {
        match rung {
            Rung::Attach => self.attach(self.unit.under_reset, self.unit.speed_khz, log).await,
            Rung::UnderReset => self.attach(true, self.unit.speed_khz, log).await,
            Rung::Slower => self.attach(self.unit.under_reset, Some(self.unit.speed_khz.unwrap_or(SLOW_KHZ).min(SLOW_KHZ)), log).await,
            Rung::EraseAll => {
                let bench = |under_reset| ProbeBench { wiring: Wiring { under_reset, ..self.wiring.clone() }, home: self.home };
                match bench(self.unit.under_reset).erase_all().await {
                    // What runs there may be what keeps the chip from answering.
                    Err(failed) if failed.is_of_board() && !self.unit.under_reset => Ok(bench(true).erase_all().await?),
                    other => Ok(other?),
                }
            }
            Rung::PowerCycle => {
                let command = self.unit.power.as_ref().context("it has no `power` in lab.toml")?;
                cycle(command).await?;
                self.is_back().await
            }
        }
    }

    async fn attach(&mut self, under_reset: bool, speed_khz: Option<u32>, log: &dyn LogSink) -> Result<()> {
        let wiring = Wiring { under_reset, speed_khz, ..self.wiring.clone() };
        self.passed = self.test(&wiring, log).await?;
        self.wiring = wiring;
        Ok(())
    }

    /// Waits until the probe is there again.
    async fn is_back(&self) -> Result<()> {
        let began = Instant::now();
        while presence(&self.unit.probe, &look().await?) != Presence::There {
            anyhow::ensure!(began.elapsed() < BACK_MAX, "its probe is not there {} s after its power was", BACK_MAX.as_secs());
            tokio::time::sleep(BACK_POLL).await;
        }
        Ok(())
    }

    fn keep(&self) -> Result<()> {
        write(&self.file, &serde_json::to_vec_pretty(&self.record)?)
    }
}

/// Writes a file at once: whoever reads it meanwhile reads the old one.
fn write(file: &Path, text: &[u8]) -> Result<()> {
    let new = file.with_extension("new");
    std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, file)).with_context(|| format!("{} cannot be written", file.display()))
}

async fn cycle(command: &Command) -> Result<()> {
    let ran = Program::new(command.program()).args(command.args()).timeout(POWER_MAX).run(&()).await?;
    let words: String = ran.tail.trim().chars().take(WORDS_CHARS_MAX).collect();
    anyhow::ensure!(ran.ok(), "`{}` of lab.toml: {}: {words}", command.program(), ran.how());
    Ok(())
}
