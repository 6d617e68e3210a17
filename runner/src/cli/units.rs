//! The lab's part of `ounce boards`: which units there are, what each is missing, and which probes have no unit; `check` looks whether each answers.

use super::on_unit::Loud;
use super::{End, print};
use crate::home::Home;
use crate::lab::inventory::{Console, Lab, Unit, UnitName, entry};
use crate::lab::ladder::Repeats;
use crate::lab::presence::{Found, Presence, look, presence};
use crate::lab::quarantine::{Quarantine, kept, lift, today};
use crate::lab::recover::Watched;
use crate::lab::taken::Taken;
use anyhow::Result;
use ounce_protocol::job::Millis;
use ounce_protocol::lab::Tested;
use ounce_protocol::manifest::Manifest;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// A unit as it is now.
#[derive(Debug, Serialize)]
pub struct UnitNow {
    name: String,
    board: String,
    probe: String,
    /// How it stands: `well`, `suspect …`, `offline …`.
    standing: String,
    /// How often one binary ran again here, and how often it ended otherwise.
    flake_score: Repeats,
    /// Who keeps it from jobs, until when and why; or that this is over.
    quarantine: Option<String>,
    /// Its last self-test: whether it passed, what was said, when (milliseconds since 1970).
    tested: Option<Tested>,
    /// What keeps it from working, with the next step.
    missing: Vec<String>,
    /// For people.
    notes: Option<String>,
}

/// All units, and the probes that none of them has.
#[derive(Debug, Default, Serialize)]
pub struct LabNow {
    units: Vec<UnitNow>,
    probes: Vec<Found>,
}

impl LabNow {
    /// Looks around.
    ///
    /// # Errors
    /// Where the probes cannot be listed.
    pub async fn look(lab: &Lab, manifest: Option<&Manifest>, home: &Home) -> Result<LabNow> {
        let found = look().await?;
        let mut now = LabNow::default();
        for (name, unit) in &lab.units {
            let watched = Watched::open(name, unit, lab.wiring(unit, home)?, home)?;
            let record = watched.record();
            now.units.push(UnitNow {
                name: name.to_string(),
                board: unit.board.to_string(),
                probe: unit.probe.as_str().to_owned(),
                standing: record.words(),
                flake_score: record.repeats,
                tested: record.tested.clone(),
                quarantine: kept(name, home, today())?.words(),
                missing: missing(unit, &watched.wiring().targets, manifest, presence(&unit.probe, &found)),
                notes: unit.notes.clone(),
            });
        }
        let is_new = |probe: &Found| !lab.units.values().any(|unit| unit.probe.as_str().eq_ignore_ascii_case(&probe.selector));
        now.probes = found.into_iter().filter(is_new).collect();
        Ok(now)
    }

    /// For people; nothing where there is no lab and no probe.
    pub fn text(&self) -> String {
        let mut out = String::new();
        if !self.units.is_empty() {
            out.push_str("\nunits of the lab\n");
        }
        for unit in &self.units {
            let is_ready = if unit.missing.is_empty() { "there" } else { "not ready" };
            let _ = writeln!(out, "{:<14} {}, {is_ready}, {}; probe {}", unit.name, unit.board, unit.standing, unit.probe);
            unit.tested.iter().for_each(|tested| {
                let how = if tested.passed { "passed" } else { "failed" };
                let _ = writeln!(out, "{:<14} its last self-test {how} {}: {}", "", ago(tested.at_ms), tested.said);
            });
            unit.quarantine.iter().for_each(|kept| out.push_str(&format!("{:<14} {kept}\n", "")));
            unit.missing.iter().for_each(|why| out.push_str(&format!("{:<14} {why}\n", "")));
            unit.notes.iter().for_each(|notes| out.push_str(&format!("{:<14} note: {notes}\n", "")));
        }
        if !self.probes.is_empty() {
            out.push_str("\nprobes that no unit has; fill in what is in capitals and add it to lab.toml\n");
        }
        for probe in &self.probes {
            out.push_str(&entry(&probe.selector, &probe.described));
            if !probe.may_open {
                let _ = writeln!(out, "# this user may not open it: deploy/udev has the rules");
            }
        }
        out
    }
}

/// How long ago something was, in the largest unit of time: `3 h ago`.
fn ago(at_ms: Millis) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    match now.saturating_sub(u64::try_from(at_ms).unwrap_or(0) / 1000) {
        seconds @ 0..60 => format!("{seconds} s ago"),
        seconds @ 60..3_600 => format!("{} min ago", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

/// What keeps a unit from working.
fn missing(unit: &Unit, targets: &[std::path::PathBuf], manifest: Option<&Manifest>, presence: Presence) -> Vec<String> {
    let mut missing = Vec::new();
    let hub = unit.hub_port.as_ref().map_or(String::new(), |port| format!(" (hub port {port})"));
    match presence {
        Presence::There => {}
        Presence::Missing => missing.push(format!("its probe is not plugged in: look at its cable{hub}")),
        Presence::Forbidden => missing.push("this user may not open its probe: deploy/udev has the rules".into()),
    }
    if let Some(why) = manifest.and_then(|manifest| manifest.board(&unit.board).err()) {
        missing.push(format!("its board: {why}"));
    }
    if let Console::Uart { port, .. } = &unit.console {
        let path = port.strip_prefix("unix:").unwrap_or(port);
        if !port.starts_with("tcp:") && !Path::new(path).exists() {
            missing.push(format!("its console {port} is not there"));
        }
    }
    let absent = |files: &mut dyn Iterator<Item = &std::path::PathBuf>, what: &str| -> Vec<String> {
        files.filter(|file| !file.is_file()).map(|file| format!("its {what} {} is not there", file.display())).collect()
    };
    missing.extend(absent(&mut targets.iter(), "target"));
    missing.extend(absent(&mut unit.selftest.iter(), "self-test"));
    missing
}

async fn one(lab: &Lab, name: &UnitName, unit: &Unit, home: &Home) -> Result<String> {
    let taken = Taken::take(lab, name, unit, home)?;
    let checked = taken.watched()?.check(&Loud).await;
    taken.give_back();
    Ok(match checked? {
        Some(passed) => format!("it answers and passes its self-test: {}", passed.words()),
        None => "it answers; `selftest` in lab.toml names no image that would test it".into(),
    })
}

/// Keeps a unit from jobs, or ends that where no owner, date and reason are given.
///
/// # Errors
/// Where there is no such unit, what is said of it is not whole, or it cannot be noted.
pub fn quarantine(lab: &Lab, asked: &str, said: Option<(&str, &str, &str)>, home: &Home) -> Result<End> {
    let (name, _) = lab.unit(asked)?;
    let words = match said {
        Some((owner, until, why)) => {
            let quarantine = Quarantine::new(owner, until, why, today())?;
            quarantine.begin(name, home)?;
            quarantine.words()
        }
        None => match lift(name, home)? {
            Some(was) => format!("no longer in quarantine by {}", was.owner),
            None => "was not in quarantine".into(),
        },
    };
    print(&format!("{:<14} {words}\n", name.to_string()))?;
    Ok(End::Fine)
}

/// Tests each unit, or those named, and climbs where one does not answer or fails its test. Whether all are well.
///
/// # Errors
/// Where there is no such unit, or no place for records.
pub async fn check(lab: &Lab, asked: &[String], home: &Home) -> Result<End> {
    let units: Vec<_> = match asked {
        [] => lab.units.iter().collect(),
        asked => asked.iter().map(|asked| lab.unit(asked)).collect::<Result<_, _>>()?,
    };
    if units.is_empty() {
        anyhow::bail!("there is no unit to check: `ounce boards` prints the entry for each probe that is plugged in");
    }
    let mut end = End::Fine;
    for (name, unit) in units {
        let said = match one(lab, name, unit, home).await {
            Ok(said) => said,
            Err(error) => {
                end = End::No;
                format!("{error:#}")
            }
        };
        print(&format!("{:<14} {said}\n", name.to_string()))?;
    }
    Ok(end)
}
