//! What a runner tells of its lab: the units attached to it, each as it stands when the runner asks for work. A *unit* is one piece of hardware; the board that
//! it is of is the manifest's.
//!
//! All of it is for people: no job is given or kept by what stands here, but by what a claim offers. Texts are the keeper's, the probe's and the board's own
//! words, so hostile like everything from a runner.

use crate::ids::{BoardName, UnitName};
use crate::job::Millis;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most units of one lab.
pub const UNITS_MAX: usize = 64;
/// Longest text about a unit, bytes.
pub const UNIT_TEXT_BYTES_MAX: usize = 400;
/// A date, `YYYY-MM-DD`, bytes.
const DATE_BYTES: usize = 10;

/// How much a unit is trusted to answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It answers.
    #[default]
    Well,
    /// The last climb did not help.
    Suspect,
    /// No job waits for it until its keeper has looked.
    Offline,
}

impl Standing {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Well => "well",
            Standing::Suspect => "suspect",
            Standing::Offline => "offline",
        }
    }
}

/// What is done to bring back a unit that does not answer, from the lowest rung of the ladder to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Attach as always.
    Attach,
    /// Attach while the reset line is held.
    UnderReset,
    /// Attach at a clock that long or bad wires carry, too.
    Slower,
    /// Cycle the power of its port.
    PowerCycle,
    /// Erase all of the chip.
    EraseAll,
}

impl Rung {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Rung::Attach => "attach",
            Rung::UnderReset => "under_reset",
            Rung::Slower => "slower",
            Rung::PowerCycle => "power_cycle",
            Rung::EraseAll => "erase_all",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Rung::Attach => "attach again",
            Rung::UnderReset => "attach under reset",
            Rung::Slower => "attach at a slower clock",
            Rung::PowerCycle => "cycle its power",
            Rung::EraseAll => "erase all of it",
        }
    }
}

/// How often a rung was tried, and how often it helped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Tries.
    pub tried: u64,
    /// After how many of them it answered.
    pub helped: u64,
}

/// The same binary several times on one unit: the flake score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// How often.
    pub all: u64,
    /// Those with different outcomes.
    pub flaky: u64,
}

/// A self-test that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// Whether it was passed.
    pub passed: bool,
    /// What it found.
    pub said: String,
    /// When it ended, by the runner's clock.
    pub at_ms: Millis,
}

/// That a person keeps a unit from jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBy {
    /// Who.
    pub owner: String,
    /// The last day of it, UTC: `YYYY-MM-DD`.
    pub until: String,
    /// Why.
    pub why: String,
}

/// A unit as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitState {
    /// Its name, unique in its lab.
    pub name: UnitName,
    /// The board that it is of.
    pub board: BoardName,
    /// Its probe, `VID:PID:SERIAL`.
    pub probe: String,
    /// How it stands.
    pub standing: Standing,
    /// For the keeper: what was seen last of one that is not well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether a job, or a person, works with it now.
    #[serde(default)]
    pub in_use: bool,
    /// What is not there that it needs, as its probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Who keeps it from jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<KeptBy>,
    /// Its flake score.
    #[serde(default)]
    pub repeats: Repeats,
    /// The rungs that were ever tried.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rungs: BTreeMap<Rung, Tally>,
    /// Its last self-test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<Tested>,
}

impl UnitState {
    /// All that is free text, each with what it is.
    fn texts(&self) -> [(&'static str, &str); 6] {
        let kept = self.quarantine.as_ref();
        [
            ("probe", &self.probe),
            ("note", self.note.as_deref().unwrap_or_default()),
            ("missing", self.missing.as_deref().unwrap_or_default()),
            ("quarantine.owner", kept.map_or("", |kept| &kept.owner)),
            ("quarantine.why", kept.map_or("", |kept| &kept.why)),
            ("tested.said", self.tested.as_ref().map_or("", |tested| &tested.said)),
        ]
    }

    /// The same with each text on one line and cut to [`UNIT_TEXT_BYTES_MAX`], as a server takes it.
    #[must_use]
    pub fn cut(self) -> UnitState {
        let line = |text: String| {
            let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            line[..line.floor_char_boundary(UNIT_TEXT_BYTES_MAX)].to_owned()
        };
        UnitState {
            probe: line(self.probe),
            note: self.note.map(line),
            missing: self.missing.map(line),
            quarantine: self.quarantine.map(|kept| KeptBy { owner: line(kept.owner), why: line(kept.why), ..kept }),
            tested: self.tested.map(|tested| Tested { said: line(tested.said), ..tested }),
            ..self
        }
    }

    fn check(&self) -> Result<(), String> {
        if let Some((what, _)) = self.texts().iter().find(|(_, text)| text.len() > UNIT_TEXT_BYTES_MAX) {
            return Err(format!("{what} has more than {UNIT_TEXT_BYTES_MAX} bytes"));
        }
        match &self.quarantine {
            Some(kept) if !is_date(&kept.until) => Err("quarantine.until is no date: YYYY-MM-DD, its last day".into()),
            _ => Ok(()),
        }
    }
}

/// Whether what a runner tells of its units is within what is stated here.
///
/// # Errors
/// Where it is not: which unit, and what of it.
pub fn check(units: &[UnitState]) -> Result<(), String> {
    if units.len() > UNITS_MAX {
        return Err(format!("{} units are told of, and a lab has at most {UNITS_MAX}", units.len()));
    }
    let mut names = BTreeSet::new();
    for unit in units {
        unit.check().map_err(|why| format!("units: {}: {why}", unit.name))?;
        if !names.insert(&unit.name) {
            return Err(format!("units: {} is told of twice", unit.name));
        }
    }
    Ok(())
}

/// Whether it has a date's shape; that there is such a day is the runner's to know.
fn is_date(text: &str) -> bool {
    let is_right = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == DATE_BYTES && text.bytes().enumerate().all(is_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(json: &str) -> UnitState {
        let least = r#"{"name":"left","board":"microbit","probe":"0d28:0204:1","standing":"well""#;
        serde_json::from_str(&format!("{least}{json}}}")).unwrap()
    }

    #[test]
    fn what_is_told_of_a_unit_is_bounded() {
        let check = |json: &str, says: &str| {
            let told = super::check(&[unit(json)]).err().unwrap_or_default();
            assert_eq!(told, says, "{json}");
        };
        let long = "ä".repeat(UNIT_TEXT_BYTES_MAX / 2);
        check("", "");
        check(&format!(r#","note":"{long}""#), "");
        check(&format!(r#","note":"{long}x""#), "units: left: note has more than 400 bytes");
        check(&format!(r#","tested":{{"passed":true,"said":"{long}x","at_ms":1}}"#), "units: left: tested.said has more than 400 bytes");
        check(
            &format!(r#","quarantine":{{"owner":"{long}x","until":"2026-12-24","why":""}}"#),
            "units: left: quarantine.owner has more than 400 bytes",
        );
        let no_date = "units: left: quarantine.until is no date: YYYY-MM-DD, its last day";
        check(r#","quarantine":{"owner":"ann","until":"<b>6-12-24","why":""}"#, no_date);
        check(r#","quarantine":{"owner":"ann","until":"2026-12-245","why":""}"#, no_date);
        assert_eq!(super::check(&[unit(""), unit("")]), Err("units: left is told of twice".into()));
        assert!(super::check(&vec![unit(""); UNITS_MAX + 1]).unwrap_err().starts_with("65 units are told of"));
        assert!(serde_json::from_str::<UnitState>(r#"{"name":"../x","board":"b","probe":"","standing":"well"}"#).is_err());
    }

    #[test]
    fn what_is_cut_is_taken() {
        let mut long = unit("");
        long.note = Some(format!("a\u{1b}[2J\n{}", "ä".repeat(UNIT_TEXT_BYTES_MAX)));
        let cut = [long.cut()];
        assert_eq!(check(&cut), Ok(()));
        assert!(cut[0].note.as_ref().is_some_and(|note| note.starts_with("a [2J ää") && note.ends_with('ä')));
    }
}
