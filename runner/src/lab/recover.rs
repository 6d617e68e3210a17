//! Climbs the ladder for a unit that does not answer. Each rung is told to the log and counted in the unit's record.

use super::inventory::{Unit, UnitName};
use super::ladder::{Climb, Record, Rung, Standing};
use super::presence::{Presence, look, presence};
use crate::bench::probe::talk::Wiring;
use crate::bench::probe::{ProbeBench, ProbeError};
use crate::exec::{LogSink, Program};
use crate::home::Home;
use anyhow::{Context, Result};
use ounce_protocol::manifest::Command;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the command that cycles power may take.
const POWER_MAX: Duration = Duration::from_secs(30);
/// How long a probe may take to be there again after its power came back.
const BACK_MAX: Duration = Duration::from_secs(10);
/// How often it is looked for.
const BACK_POLL: Duration = Duration::from_millis(100);
/// The clock of the wires where they are suspected.
const SLOW_KHZ: u32 = 100;
/// How much of a command's last words is told, characters.
const WORDS_CHARS_MAX: usize = 200;

/// A unit failed, and not the runner that it is attached to.
#[derive(Debug, thiserror::Error)]
#[error("unit {unit} is {}", word(*standing))]
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
}

impl<'a> Watched<'a> {
    /// Reads its record. One that cannot be understood is a new one: it only counts.
    ///
    /// # Errors
    /// Where there is no place for records.
    pub fn open(name: &'a UnitName, unit: &'a Unit, wiring: Wiring, home: &'a Home) -> Result<Watched<'a>> {
        let file = home.unit_record(&name.to_string())?;
        let record = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Ok(Watched { name, unit, wiring, home, file, record })
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
        let mut climb = Climb::new(self.unit.power.is_some());
        let mut had_power_cycled = false;
        while let Some(rung) = climb.step() {
            let tried = self.step(rung).await;
            let word = match &tried {
                Ok(()) => "done".to_owned(),
                Err(why) => format!("{why:#}"),
            };
            log.text(&format!("unit {}: {}: {word}\n", self.name, rung.words()));
            self.record.tried(rung);
            if rung == Rung::PowerCycle {
                // Whether that helped is only said by the attach after it.
                had_power_cycled = true;
            } else if tried.is_ok() {
                self.record.helped(if had_power_cycled { Rung::PowerCycle } else { rung });
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

    /// Looks whether it can be attached to, and climbs where it cannot, also where it is offline: what a keeper asks for.
    ///
    /// # Errors
    /// Where no rung helped.
    pub async fn check(&mut self, log: &dyn LogSink) -> Result<()> {
        let attached = ProbeBench { wiring: self.wiring.clone(), home: self.home }.attach().await;
        if let Err(failed) = attached {
            self.bring_back(failed, log).await?;
        }
        self.answered()
    }

    async fn step(&mut self, rung: Rung) -> Result<()> {
        match rung {
            Rung::Attach => self.attach(self.unit.under_reset, self.unit.speed_khz).await,
            Rung::UnderReset => self.attach(true, self.unit.speed_khz).await,
            Rung::Slower => self.attach(self.unit.under_reset, Some(self.unit.speed_khz.unwrap_or(SLOW_KHZ).min(SLOW_KHZ))).await,
            Rung::PowerCycle => {
                let command = self.unit.power.as_ref().context("it has no `power` in lab.toml")?;
                cycle(command).await?;
                self.is_back().await
            }
        }
    }

    async fn attach(&mut self, under_reset: bool, speed_khz: Option<u32>) -> Result<()> {
        let wiring = Wiring { under_reset, speed_khz, ..self.wiring.clone() };
        ProbeBench { wiring: wiring.clone(), home: self.home }.attach().await?;
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
        let text = serde_json::to_vec_pretty(&self.record)?;
        let new = self.file.with_extension("new");
        std::fs::write(&new, text)
            .and_then(|()| std::fs::rename(&new, &self.file))
            .with_context(|| format!("{} cannot be written", self.file.display()))
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Well => "well",
        Standing::Suspect => "suspect",
        Standing::Offline => "offline",
    }
}

async fn cycle(command: &Command) -> Result<()> {
    let ran = Program::new(command.program()).args(command.args()).timeout(POWER_MAX).run(&()).await?;
    let words: String = ran.tail.trim().chars().take(WORDS_CHARS_MAX).collect();
    anyhow::ensure!(ran.ok(), "`{}` of lab.toml: {}: {words}", command.program(), ran.how());
    Ok(())
}
