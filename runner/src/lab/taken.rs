//! A unit that one job has, from its first image to its last: nobody flashes another one between base and head.
//!
//! The file `units/NAME.use` is locked meanwhile and says who has it. The system takes the lock from a process that ends, whatever ended it; what the file says stays
//! behind where the process was killed, or its job dropped in the middle of anything. Whoever gets the unit then looks after it before anything else.

use super::inventory::{Lab, Unit, UnitName};
use super::recover::Watched;
use crate::exec::LogSink;
use crate::home::Home;
use anyhow::{Context, Result};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::time::Duration;

/// How often more a unit is tried that somebody has: who only looks whether it is taken locks its file for a moment, too.
const LOOKS_MAX: u32 = 3;
/// How long after each try.
const LOOK: Duration = Duration::from_millis(5);

/// A unit, and that nobody else has it.
#[derive(Debug)]
pub struct Taken<'a> {
    /// The lab that it is in.
    pub lab: &'a Lab,
    /// Its name.
    pub name: &'a UnitName,
    /// The unit.
    pub unit: &'a Unit,
    home: &'a Home,
    file: File,
    /// What its last user left in the file.
    left: String,
}

impl<'a> Taken<'a> {
    /// Takes a unit; none where somebody has it.
    ///
    /// # Errors
    /// Where its file cannot be made or written.
    pub fn try_take(lab: &'a Lab, name: &'a UnitName, unit: &'a Unit, home: &'a Home) -> Result<Option<Taken<'a>>> {
        let path = home.unit_use(&name.to_string())?;
        let at = || format!("{} cannot be used", path.display());
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(&path).with_context(at)?;
        let mut looks = 0;
        while let Err(error) = file.try_lock() {
            match error {
                TryLockError::WouldBlock if looks == LOOKS_MAX => return Ok(None),
                TryLockError::WouldBlock => std::thread::sleep(LOOK),
                TryLockError::Error(error) => return Err(error).with_context(at),
            }
            looks += 1;
        }
        let mut left = String::new();
        file.read_to_string(&mut left).with_context(at)?;
        let mut taken = Taken { lab, name, unit, home, file, left };
        taken.write(&format!("process {}\n", std::process::id())).with_context(at)?;
        Ok(Some(taken))
    }

    /// Whether somebody has a unit.
    ///
    /// # Errors
    /// Where there is no place for its file.
    pub fn is_taken(name: &UnitName, home: &Home) -> Result<bool> {
        let Ok(file) = File::open(home.unit_use(&name.to_string())?) else { return Ok(false) };
        Ok(matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The same for who will not wait.
    ///
    /// # Errors
    /// Where somebody has it, too.
    pub fn take(lab: &'a Lab, name: &'a UnitName, unit: &'a Unit, home: &'a Home) -> Result<Taken<'a>> {
        let taken = Taken::try_take(lab, name, unit, home)?;
        taken.with_context(|| format!("unit {name}, probe {}: it is in use: another ounce has it", unit.probe.as_str()))
    }

    /// Its past.
    ///
    /// # Errors
    /// Where there is no place for records.
    pub fn watched(&self) -> Result<Watched<'a>> {
        Watched::open(self.name, self.unit, self.lab.wiring(self.unit, self.home)?, self.home)
    }

    /// Makes sure that a job may begin: a unit whose last user was killed is looked at, and brought back where it does not answer.
    ///
    /// # Errors
    /// Where it is offline, or no rung helped.
    pub async fn ready(&mut self, log: &dyn LogSink) -> Result<()> {
        let mut watched = self.watched()?;
        watched.may_work()?;
        if !self.left.is_empty() {
            log.text(&format!("unit {}: it was left in the middle of a job ({}): looked at first\n", self.name, self.left.trim()));
            watched.check(log).await?;
            self.left.clear();
        }
        Ok(())
    }

    /// The job has come to an end of its own, good or bad: the next one finds a unit that nobody left.
    pub fn give_back(mut self) {
        if let Err(error) = self.write("") {
            tracing::warn!("unit {}: that it was given back cannot be noted, so the next job looks at it first: {error}", self.name);
        }
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        use std::io::Seek as _;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_unit_has_one_user_and_knows_whether_the_last_one_left_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(Some(folder.path())).unwrap();
        let text = "version = 1\n[units.left]\nprobe = \"0d28:0204:1\"\nboard = \"b\"\nchip = \"c\"\nconsole = \"rtt\"\n";
        let lab = Lab::parse(text, Path::new("")).unwrap();
        let (name, unit) = lab.unit("left").unwrap();
        let take = || Taken::try_take(&lab, name, unit, &home).unwrap();
        let first = take().unwrap();
        assert_eq!(first.left, "");
        assert!(take().is_none() && Taken::is_taken(name, &home).unwrap());
        assert!(Taken::take(&lab, name, unit, &home).unwrap_err().to_string().contains("unit left, probe 0d28:0204:1: it is in use"));
        // Dropped in the middle of something.
        drop(first);
        assert!(!Taken::is_taken(name, &home).unwrap());
        let second = take().unwrap();
        assert_eq!(second.left, format!("process {}\n", std::process::id()));
        second.give_back();
        assert_eq!(take().unwrap().left, "");
    }
}
