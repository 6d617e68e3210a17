//! `lab.toml`, version 1: the boards of a lab. Pure: text in, units out; the example with every key is in docs/operating.md.

use crate::bench::probe::talk::{Span, Wiring};
use crate::home::Home;
use crate::settings::Size;
use ounce_protocol::BoardName;
pub use ounce_protocol::ids::UnitName;
use ounce_protocol::lab::UNITS_MAX;
use ounce_protocol::manifest::{Board, Command, On, nearest, with_hint};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file's name, where none is named.
pub const FILE_NAME: &str = "lab.toml";
/// The fastest clock of the wires that makes sense, kHz.
const SPEED_KHZ_MAX: u32 = 50_000;

/// What is wrong with a lab's file, with the place and the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("lab.toml: {0}")]
pub struct LabError(String);

/// The lab.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lab {
    /// The units, by name.
    pub units: BTreeMap<UnitName, Unit>,
    /// The folder that relative paths begin at.
    folder: PathBuf,
}

/// One piece of hardware.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its probe.
    pub probe: Selector,
    /// The manifest's board that it is one of.
    pub board: BoardName,
    /// The chip, as probe-rs calls it.
    pub chip: String,
    /// A description of the chip where probe-rs knows none, beside `lab.toml`.
    #[serde(default)]
    pub target: Option<PathBuf>,
    /// The clock of the wires.
    #[serde(default)]
    pub speed_khz: Option<u32>,
    /// Whether the reset line is held while it is attached to.
    #[serde(default)]
    pub under_reset: bool,
    /// Where it prints.
    pub console: Console,
    /// What switches the power of this unit off and on, and of no other.
    #[serde(default)]
    pub power: Option<Command>,
    /// The image that tests this unit, beside `lab.toml`: `firmware/build BOARD --selftest` makes those of our boards.
    #[serde(default)]
    pub selftest: Option<PathBuf>,
    /// Whether all of the chip may be erased where nothing else brings it back: what else is kept in it is lost.
    #[serde(default)]
    pub erase_all: bool,
    /// Which port of which hub it hangs on, for people.
    #[serde(default)]
    pub hub_port: Option<String>,
    /// The core's clock: part of what its figures mean.
    #[serde(default)]
    pub clock_hz: Option<u64>,
    /// Whether cycles are counted on its core, base and head in turns: that takes some minutes more.
    #[serde(default)]
    pub cycles: bool,
    /// Wait states of its flash at that clock.
    #[serde(default)]
    pub wait_states: Option<u32>,
    /// Whose images may run on it.
    #[serde(default)]
    pub trust: Trust,
    /// Memory that is never written.
    #[serde(default)]
    pub protected: Vec<Protected>,
    /// For people.
    #[serde(default)]
    pub notes: Option<String>,
}

/// Whose images may run on a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// The project's own.
    #[default]
    Own,
    /// A stranger's too, once a maintainer has approved the commit.
    Strangers,
}

/// A probe: `VID:PID:SERIAL`, the serial number as the probe tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Selector(String);

impl Selector {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The serial number.
    pub fn serial(&self) -> &str {
        self.0.splitn(3, ':').nth(2).unwrap_or_default()
    }
}

impl TryFrom<String> for Selector {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = text.splitn(3, ':');
        let is_id = |part: Option<&str>| part.is_some_and(|p| p.len() == 4 && p.bytes().all(|b| b.is_ascii_hexdigit()));
        if !is_id(parts.next()) || !is_id(parts.next()) {
            return Err(format!(
                "{text:?} is no probe: VID:PID:SERIAL with four hexadecimal digits each; `ounce boards` lists those plugged in"
            ));
        }
        if parts.next().is_none_or(str::is_empty) {
            return Err(format!("{text:?} does not say which probe: add its serial number, which `ounce boards` shows"));
        }
        let (ids, serial) = text.split_at(10);
        Ok(Selector(format!("{}{serial}", ids.to_ascii_lowercase())))
    }
}

/// Where a unit prints: `rtt`, or `uart:PORT@BAUD`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Console {
    /// A ring in RAM, read by the probe.
    Rtt,
    /// A serial port: a device, `unix:SOCKET` or `tcp:HOST:PORT`.
    Uart {
        /// Which.
        port: String,
        /// Its speed.
        baud: u32,
    },
}

impl TryFrom<String> for Console {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text == "rtt" {
            return Ok(Console::Rtt);
        }
        let parts = text.strip_prefix("uart:").and_then(|rest| rest.rsplit_once('@'));
        match parts.and_then(|(port, baud)| Some((port, baud.parse().ok()?))) {
            Some((port, baud)) if !port.is_empty() && baud > 0 => Ok(Console::Uart { port: port.into(), baud }),
            _ => Err(format!("{text:?} is no console: \"rtt\", or \"uart:PORT@BAUD\" with a device, unix:SOCKET or tcp:HOST:PORT")),
        }
    }
}

/// A range of memory that is never written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    /// What it is, such as `bootloader`.
    pub name: String,
    /// The first address.
    pub start: u64,
    /// Its size, such as `"16K"`.
    pub size: Size,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: Option<u32>,
    #[serde(default)]
    units: BTreeMap<UnitName, Unit>,
}

impl Lab {
    /// Reads a lab's text. Relative paths in it begin at `folder`.
    ///
    /// # Errors
    /// Anything that version 1 does not allow, with its place and the next step.
    pub fn parse(text: &str, folder: &Path) -> Result<Lab, LabError> {
        let raw: Raw = toml::from_str(text).map_err(|e| LabError(with_hint(&e.to_string())))?;
        match raw.version {
            Some(1) => {}
            Some(other) => return Err(LabError(format!("version = {other} is not known here; this Ounce reads version = 1"))),
            None => return Err(LabError("the first line must be `version = 1`".into())),
        }
        let mut lab = Lab { units: raw.units, folder: folder.to_owned() };
        for unit in lab.units.values_mut() {
            unit.selftest = unit.selftest.take().map(|file| folder.join(file));
        }
        lab.check().map_err(LabError)?;
        Ok(lab)
    }

    fn check(&self) -> Result<(), String> {
        if self.units.len() > UNITS_MAX {
            return Err(format!("more than {UNITS_MAX} units"));
        }
        let mut probes: BTreeMap<&Selector, &UnitName> = BTreeMap::new();
        for (name, unit) in &self.units {
            let at = |why: String| format!("units.{name}: {why}");
            if let Some(other) = probes.insert(&unit.probe, name) {
                return Err(at(format!("its probe {} is that of {other}, too: a probe has one board", unit.probe.as_str())));
            }
            if unit.speed_khz.is_some_and(|khz| khz == 0 || khz > SPEED_KHZ_MAX) {
                return Err(at(format!("speed_khz is 1 to {SPEED_KHZ_MAX}")));
            }
            if unit.erase_all && !unit.protected.is_empty() {
                return Err(at("erase_all would erase what `protected` keeps: leave one of them out".into()));
            }
            if unit.chip.is_empty() {
                return Err(at("chip is empty: its name as probe-rs has it, such as \"nRF51822_xxAA\"".into()));
            }
        }
        Ok(())
    }

    /// The unit of this name, or with this probe.
    ///
    /// # Errors
    /// Where there is none; the message lists those there are, or says how to add one.
    pub fn unit(&self, asked: &str) -> Result<(&UnitName, &Unit), LabError> {
        let is_asked = |(name, unit): &(&UnitName, &Unit)| name.as_str() == asked || unit.probe.as_str().eq_ignore_ascii_case(asked);
        self.units.iter().find(is_asked).ok_or_else(|| {
            if self.units.is_empty() {
                return LabError(format!(
                    "no unit has the probe {asked}, and there are none: `ounce boards` prints the entry for a new one"
                ));
            }
            let names = || self.units.keys().map(UnitName::as_str);
            let all: Vec<&str> = names().collect();
            LabError(format!("no unit {asked}{}; there are: {}", nearest(asked, names()), all.join(", ")))
        })
    }

    /// How a unit's chip is reached.
    pub fn wiring(&self, unit: &Unit, home: &Home) -> anyhow::Result<Wiring> {
        Ok(Wiring {
            selector: unit.probe.0.clone(),
            chip: unit.chip.clone(),
            targets: unit.target.iter().map(|file| self.folder.join(file)).collect(),
            speed_khz: unit.speed_khz,
            under_reset: unit.under_reset,
            lock: home.probe_lock(unit.probe.as_str())?,
        })
    }
}

impl Unit {
    /// Whether a board of a manifest can run on it: by its name, or because it runs on a probe of this kind.
    pub fn is_for(&self, name: &BoardName, board: &Board) -> bool {
        match board.run.as_ref().map(|run| &run.on) {
            Some(On::Probe(kind)) => self.board == *kind,
            _ => self.board == *name,
        }
    }

    /// What is never written on it.
    pub fn protected(&self) -> Vec<Span> {
        let span = |p: &Protected| Span { name: p.name.clone(), start: p.start, end: p.start.saturating_add(p.size.bytes()) };
        self.protected.iter().map(span).collect()
    }
}

/// The entry for a probe that no unit has, to be filled in.
pub fn entry(selector: &str, described: &str) -> String {
    let described: String = described.chars().filter(|c| !c.is_control()).collect();
    format!(
        "[units.NAME]                     # {described}\nprobe = \"{selector}\"\nboard = \"BOARD\"                   # of ounce.toml\n\
         chip = \"CHIP\"                     # as `probe-rs chip list` has it\nconsole = \"uart:/dev/ttyACM0@115200\" # or \"rtt\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
version = 1
[units.left]
probe = "0D28:0204:9900aa"
board = "microbit"
chip = "nRF51822_xxAA"
console = "uart:/dev/ttyACM0@115200"
power = ["uhubctl", "-l", "1-1", "-p", "2", "-a", "cycle"]
hub_port = "1-1.2"
clock_hz = 16000000
wait_states = 0
trust = "strangers"
protected = [{ name = "bootloader", start = 0x0003_C000, size = "16K" }]
notes = "the display is broken"
[units.sim]
probe = "20b7:9db1:unix:/run/board:1"
board = "mps2-an385"
chip = "mps2-an385"
target = "mps2.yaml"
speed_khz = 1000
under_reset = true
console = "rtt"
selftest = "mps2-selftest.elf"
erase_all = true
"#;

    #[test]
    fn every_key_has_a_meaning() {
        let lab = Lab::parse(GOOD, Path::new("/etc/ounce")).unwrap();
        let (_, left) = lab.unit("left").unwrap();
        assert_eq!((left.probe.as_str(), left.probe.serial(), left.trust), ("0d28:0204:9900aa", "9900aa", Trust::Strangers));
        assert_eq!(left.console, Console::Uart { port: "/dev/ttyACM0".into(), baud: 115_200 });
        assert_eq!(left.protected(), [Span { name: "bootloader".into(), start: 0x3_c000, end: 0x4_0000 }]);
        let (name, sim) = lab.unit("20b7:9db1:unix:/run/board:1").unwrap();
        assert_eq!((name.to_string().as_str(), sim.trust, &sim.console), ("sim", Trust::Own, &Console::Rtt));
        let folder = tempfile::tempdir().unwrap();
        let wiring = lab.wiring(sim, &Home::open(Some(folder.path())).unwrap()).unwrap();
        assert_eq!((sim.selftest.clone(), sim.erase_all), (Some(PathBuf::from("/etc/ounce/mps2-selftest.elf")), true));
        assert_eq!((wiring.targets, wiring.under_reset), (vec![PathBuf::from("/etc/ounce/mps2.yaml")], true));
    }

    #[test]
    fn mistakes_are_named_with_the_next_step() {
        let check = |from: &str, to: &str, says: &str| {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from} is not in the file");
            let error = Lab::parse(&text, Path::new("")).unwrap_err().to_string();
            assert!(error.starts_with("lab.toml: ") && error.contains(says), "{from} → {to}: {error}");
        };
        check("version = 1", "version = 2", "this Ounce reads version = 1");
        check("version = 1", "", "the first line must be `version = 1`");
        check("[units.left]", "[unit.left]", "did you mean `units`?");
        check("[units.left]", "[units.Left]", "\"Left\" is not a valid name of a unit: 1 to 64 lower case letters, digits and '-'");
        check("hub_port", "port_hub", "unknown field `port_hub`");
        check("speed_khz = 1000", "speed_kHz = 1000", "did you mean `speed_khz`?");
        check("speed_khz = 1000", "speed_khz = 0", "units.sim: speed_khz is 1 to 50000");
        check("0D28:0204:9900aa", "0D28:0204", "add its serial number, which `ounce boards` shows");
        check("0D28:0204:9900aa", "micro:bit", "VID:PID:SERIAL");
        check("0D28:0204:9900aa", "20B7:9DB1:unix:/run/board:1", "is that of left, too: a probe has one board");
        check("uart:/dev/ttyACM0@115200", "uart:/dev/ttyACM0", "uart:PORT@BAUD");
        check("console = \"rtt\"", "", "missing field `console`");
        check("\"strangers\"", "\"all\"", "unknown variant `all`");
        check("size = \"16K\"", "size = \"16Q\"", "the unit is K or M");
        check("[\"uhubctl\", \"-l\", \"1-1\", \"-p\", \"2\", \"-a\", \"cycle\"]", "[]", "a command is a list of words");
        check("hub_port = \"1-1.2\"", "erase_all = true", "units.left: erase_all would erase what `protected` keeps");
        check("chip = \"nRF51822_xxAA\"", "chip = \"\"", "units.left: chip is empty");
    }

    #[test]
    fn who_asks_for_a_unit_that_is_not_there_hears_which_are() {
        let lab = Lab::parse(GOOD, Path::new("")).unwrap();
        assert_eq!(lab.unit("lefd").unwrap_err().to_string(), "lab.toml: no unit lefd; did you mean `left`?; there are: left, sim");
        let none = Lab::default().unit("0d28:0204:1").unwrap_err().to_string();
        assert!(none.contains("`ounce boards` prints the entry"), "{none}");
    }

    #[test]
    fn the_entry_for_a_new_unit_is_read_once_it_is_filled_in() {
        let text = format!("version = 1\n{}", entry("0d28:0204:77", "micro:bit\nCMSIS-DAP"));
        assert!(Lab::parse(&text, Path::new("")).is_err(), "a name in capitals has to be filled in");
        let filled = text.replace("NAME", "new").replace("BOARD", "microbit");
        assert_eq!(Lab::parse(&filled, Path::new("")).unwrap().unit("new").unwrap().1.probe.serial(), "77");
    }
}
