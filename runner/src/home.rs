//! Where a runner keeps its things between jobs: mirrors, checkouts, caches. All of it can be deleted at any time.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a hold that someone has is asked for.
const HOLD_POLL: Duration = Duration::from_millis(100);

/// How much of a probe's selector is in the name of its lock, characters.
const LOCK_NAME_MAX: usize = 60;
/// What the names of scratch folders begin with.
const SCRATCH_PREFIX: &str = "job-";
/// How long a scratch folder may stand before it is locked.
const SCRATCH_YOUNG: Duration = Duration::from_secs(60);

/// Whose code a workshop holds. Workshops of different trust share nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The project's own, or the desk's.
    Own,
    /// A stranger's: nothing of it is kept for the next job.
    Stranger,
}

/// The folder: `$OUNCE_HOME`, else `ounce` in the user's cache folder.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// Finds and makes the folder.
    ///
    /// # Errors
    /// Where no place is known or it cannot be made.
    pub fn open(explicit: Option<&Path>) -> Result<Home> {
        let root = match explicit {
            Some(path) => path.to_owned(),
            None => default_root().context("no OUNCE_HOME, XDG_CACHE_HOME or HOME is set: say where to work with --home")?,
        };
        std::fs::create_dir_all(&root).with_context(|| format!("{} cannot be made", root.display()))?;
        let root = root.canonicalize().with_context(|| format!("{} cannot be read", root.display()))?;
        Ok(Home { root })
    }

    /// The folder of one repository's workshop, by its key: mirror, checkout and caches.
    pub fn workshop(&self, key: &str, trust: Trust) -> PathBuf {
        let level = match trust {
            Trust::Own => "workshops",
            Trust::Stranger => "strangers",
        };
        self.root.join(level).join(key)
    }

    /// Scratch space for one job, removed when it is dropped. It is locked meanwhile, so that nobody takes it for a leftover.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn scratch(&self) -> Result<Scratch> {
        let dir = self.scratches();
        std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        let folder = tempfile::Builder::new().prefix(SCRATCH_PREFIX).tempdir_in(&dir).context("no scratch folder can be made")?;
        let held = File::open(folder.path()).context("the scratch folder cannot be opened")?;
        held.try_lock().context("the scratch folder cannot be locked")?;
        Ok(Scratch { folder, _held: held })
    }

    /// Removes the scratch folders of processes that were killed: those that nobody has locked. The system takes a lock from a process
    /// that ends, whatever ended it. What was made within [`SCRATCH_YOUNG`] is left alone: its maker may be about to lock it.
    pub fn sweep(&self) {
        for entry in std::fs::read_dir(self.scratches()).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            let young = entry.metadata().and_then(|m| m.modified()).is_ok_and(|at| at.elapsed().is_ok_and(|age| age < SCRATCH_YOUNG));
            let ours = entry.file_name().as_encoded_bytes().starts_with(SCRATCH_PREFIX.as_bytes());
            if young || !ours || !entry.file_type().is_ok_and(|t| t.is_dir()) {
                continue;
            }
            let Ok(folder) = File::open(&path) else { continue };
            if folder.try_lock().is_ok() {
                match std::fs::remove_dir_all(&path) {
                    Ok(()) => tracing::info!("{} was left by a process that was killed: removed", path.display()),
                    Err(error) => tracing::warn!("{} is a leftover and cannot be removed: {error}", path.display()),
                }
            }
        }
    }

    /// The file whose lock means that a probe is in use.
    ///
    /// # Errors
    /// Where its folder cannot be made.
    pub fn probe_lock(&self, selector: &str) -> Result<PathBuf> {
        let dir = self.root.join("probes");
        std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        // A serial number is any text, a path of a socket too.
        let name: String = selector.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let digest = hex::encode(&Sha256::digest(selector)[..4]);
        Ok(dir.join(format!("{}-{digest}.lock", &name[..name.len().min(LOCK_NAME_MAX)])))
    }

    /// The file with what is known of a unit's past.
    ///
    /// # Errors
    /// Where its folder cannot be made.
    pub fn unit_record(&self, unit: &str) -> Result<PathBuf> {
        let dir = self.root.join("units");
        std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        Ok(dir.join(format!("{unit}.json")))
    }

    /// The file that is locked while a job has a unit, and says whose it is.
    ///
    /// # Errors
    /// Where its folder cannot be made.
    pub fn unit_use(&self, unit: &str) -> Result<PathBuf> {
        Ok(self.unit_record(unit)?.with_extension("use"))
    }

    fn scratches(&self) -> PathBuf {
        self.root.join("scratch")
    }
}

/// A scratch folder, gone when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: tempfile::TempDir,
    _held: File,
}

impl Scratch {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn default_root() -> Option<PathBuf> {
    let set = |key| std::env::var_os(key).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("OUNCE_HOME").or_else(|| set("XDG_CACHE_HOME").map(|p| p.join("ounce"))).or_else(|| set("HOME").map(|p| p.join(".cache/ounce")))
}

/// An exclusive hold on a folder, until dropped or the process ends.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

impl Hold {
    /// Takes the hold, waiting for whoever has it. Asks again and again, as a thread that waits in the system cannot be stopped.
    ///
    /// # Errors
    /// Where the lock file cannot be made.
    pub async fn take(folder: &Path) -> Result<Hold> {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let path = folder.join("lock");
        let file = File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        let mut said = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Hold { _file: file }),
                Err(TryLockError::WouldBlock) if said => {}
                Err(TryLockError::WouldBlock) => {
                    tracing::warn!("waiting for another ounce, which works in {}", folder.display());
                    said = true;
                }
                Err(TryLockError::Error(source)) => return Err(source).with_context(|| format!("{} cannot be locked", path.display())),
            }
            tokio::time::sleep(HOLD_POLL).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn scratch_that_nobody_holds_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::open(Some(dir.path())).unwrap();
        let make = |name: &str, age: Duration| {
            let path = home.scratches().join(name);
            std::fs::create_dir_all(path.join("deep")).unwrap();
            File::open(&path).unwrap().set_modified(SystemTime::now() - age).unwrap();
            path
        };
        let hour = Duration::from_secs(60 * 60);
        let at_work = home.scratch().unwrap();
        std::fs::write(at_work.path().join("image"), "").unwrap();
        File::open(at_work.path()).unwrap().set_modified(SystemTime::now() - hour).unwrap();
        let (left, young, other) = (make("job-left", hour), make("job-young", Duration::ZERO), make("mine", hour));
        home.sweep();
        assert!(!left.exists());
        assert!(young.exists() && other.exists() && at_work.path().join("image").exists());
        let path = at_work.path().to_owned();
        drop(at_work);
        assert!(!path.exists());
    }
}
