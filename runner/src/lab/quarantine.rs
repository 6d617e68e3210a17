//! A unit that a person keeps from jobs, for a while: the file `units/NAME.quarantine` says who, until when and why. It ends by itself, so that no
//! board is forgotten; who looks after it works with it meanwhile, by `ounce bench --probe` and `ounce boards check`.

use super::inventory::UnitName;
use crate::home::Home;
use anyhow::{Context, Result, bail};
use ounce_protocol::manifest::Since;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::SystemTime;

/// The longest quarantine, days: who needs more takes the unit out of `lab.toml`.
const DAYS_MAX: i64 = 366;
/// How long a name and a reason may be, characters.
const OWNER_CHARS_MAX: usize = 64;
const WHY_CHARS_MAX: usize = 300;

/// Who keeps a unit, until when, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// Who.
    pub owner: String,
    /// The last day of it, UTC: `YYYY-MM-DD`.
    pub until: String,
    /// Why.
    pub why: String,
}

/// Whether a unit is kept from jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Nobody keeps it.
    No,
    /// It gets no jobs.
    Yes(Quarantine),
    /// It was kept, and its time is over: jobs get it again.
    Over(Quarantine),
}

impl Kept {
    /// What is to be said of it, where there is anything.
    pub fn words(&self) -> Option<String> {
        match self {
            Kept::No => None,
            Kept::Yes(quarantine) => Some(quarantine.words()),
            Kept::Over(quarantine) => Some(quarantine.words_over()),
        }
    }
}

impl Quarantine {
    /// A quarantine that begins on the day `today`, as [`today`] counts.
    ///
    /// # Errors
    /// Where the date is none, is past or too far away, or a text is empty or too long; the message says which.
    pub fn new(owner: &str, until: &str, why: &str, today: i64) -> Result<Quarantine> {
        let text = |what: &str, text: &str, max: usize| match text.trim() {
            "" => bail!("{what} is empty: say it, so that others know"),
            text if text.chars().count() > max => bail!("{what} has more than {max} characters"),
            text if text.chars().any(char::is_control) => bail!("{what} is one line of text"),
            text => Ok(text.to_owned()),
        };
        let Some(day) = day(until) else { bail!("--until {until:?} is no date: YYYY-MM-DD, its last day") };
        if day < today {
            bail!("--until {until} is past");
        }
        if day - today > DAYS_MAX {
            bail!("--until {until} is more than {DAYS_MAX} days away: take the unit out of lab.toml instead");
        }
        Ok(Quarantine { owner: text("--owner", owner, OWNER_CHARS_MAX)?, until: until.to_owned(), why: text("--why", why, WHY_CHARS_MAX)? })
    }

    /// `in quarantine by ann until 2026-12-24: the display flickers`.
    pub fn words(&self) -> String {
        format!("in quarantine by {} until {}: {}", self.owner, self.until, self.why)
    }

    /// `its quarantine by ann ended after 2026-12-24`.
    pub fn words_over(&self) -> String {
        format!("its quarantine by {} ended after {}", self.owner, self.until)
    }

    /// Notes it; another one of the same unit ends.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn begin(&self, unit: &UnitName, home: &Home) -> Result<()> {
        let file = file(unit, home)?;
        let new = file.with_extension("quarantine-new");
        std::fs::write(&new, serde_json::to_vec_pretty(self)?)
            .and_then(|()| std::fs::rename(&new, &file))
            .with_context(|| format!("{} cannot be written", file.display()))
    }
}

/// Ends a unit's quarantine. Which one it was; none where nobody kept it.
///
/// # Errors
/// Where its file cannot be read or removed.
pub fn lift(unit: &UnitName, home: &Home) -> Result<Option<Quarantine>> {
    let (Kept::Yes(was) | Kept::Over(was)) = kept(unit, home, today())? else { return Ok(None) };
    let file = file(unit, home)?;
    std::fs::remove_file(&file).with_context(|| format!("{} cannot be removed", file.display()))?;
    Ok(Some(was))
}

/// Whether a unit is kept from jobs on this day.
///
/// # Errors
/// Where its file cannot be read: better no job than one on a board that somebody keeps.
pub fn kept(unit: &UnitName, home: &Home, today: i64) -> Result<Kept> {
    let file = file(unit, home)?;
    let text = match std::fs::read(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Kept::No),
        read => read.with_context(|| format!("{} cannot be read", file.display()))?,
    };
    let next = || format!("{} makes no sense: `ounce boards quarantine {unit}` writes it anew", file.display());
    let found: Quarantine = serde_json::from_slice(&text).with_context(next)?;
    let last = day(&found.until).with_context(next)?;
    Ok(if today > last { Kept::Over(found) } else { Kept::Yes(found) })
}

/// Today, in days since 1970-01-01 UTC.
pub fn today() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs() / 86_400).unwrap_or(i64::MAX)
}

fn file(unit: &UnitName, home: &Home) -> Result<PathBuf> {
    Ok(home.unit_record(&unit.to_string())?.with_extension("quarantine"))
}

/// The day of a date, in days since 1970-01-01. Howard Hinnant's `days_from_civil`.
fn day(date: &str) -> Option<i64> {
    let Ok(Since::Date { year, month, day }) = Since::parse(date) else { return None };
    let (month, day) = (i64::from(month), i64::from(day));
    let year = i64::from(year) - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarantine_ends_after_its_last_day() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(Some(folder.path())).unwrap();
        let unit = UnitName::try_from("left".to_owned()).unwrap();
        let last = day("2026-12-24").unwrap();
        assert_eq!((day("1970-01-01"), day("2000-03-01"), last), (Some(0), Some(11_017), 20_811));
        assert_eq!(kept(&unit, &home, last).unwrap(), Kept::No);
        let kept_by = Quarantine::new("ann", "2026-12-24", " the display flickers ", last - 3).unwrap();
        kept_by.begin(&unit, &home).unwrap();
        assert_eq!(kept_by.words(), "in quarantine by ann until 2026-12-24: the display flickers");
        assert_eq!(kept(&unit, &home, last).unwrap(), Kept::Yes(kept_by.clone()));
        assert_eq!(kept(&unit, &home, last + 1).unwrap(), Kept::Over(kept_by.clone()));
        assert_eq!(lift(&unit, &home).unwrap(), Some(kept_by));
        assert_eq!(lift(&unit, &home).unwrap(), None);
        std::fs::write(file(&unit, &home).unwrap(), "{").unwrap();
        assert!(kept(&unit, &home, last).unwrap_err().to_string().contains("`ounce boards quarantine left` writes it anew"));
    }

    #[test]
    fn a_quarantine_has_an_owner_an_end_and_a_reason() {
        let today = day("2026-12-01").unwrap();
        let check = |owner: &str, until: &str, why: &str, says: &str| {
            let said = Quarantine::new(owner, until, why, today).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
        };
        check("", "2026-12-24", "w", "--owner is empty");
        check("ann", "2026-12-24", " ", "--why is empty");
        check("ann", "2026-12-24", "a\nb", "--why is one line");
        check("ann", "2026-11-30", "w", "--until 2026-11-30 is past");
        check("ann", "2027-12-03", "w", "more than 366 days away");
        check("ann", "2026-02-30", "w", "is no date: YYYY-MM-DD");
        check("ann", "tomorrow", "w", "is no date: YYYY-MM-DD");
        assert!(Quarantine::new("ann", "2026-12-01", "w", today).is_ok(), "until the end of today");
    }
}
