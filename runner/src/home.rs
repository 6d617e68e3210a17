//! Where a runner keeps its things between jobs: mirrors, checkouts, caches. All of it can be deleted at any time.

use anyhow::{Context, Result};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a hold that someone has is asked for.
const HOLD_POLL: Duration = Duration::from_millis(100);

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

    /// The folder of one repository's workshop, by its key.
    pub fn workshop(&self, key: &str) -> PathBuf {
        self.root.join("workshops").join(key)
    }

    /// Cargo's cache of sources, shared by all jobs of this trust level.
    pub fn cargo_home(&self) -> PathBuf {
        self.root.join("cargo")
    }

    /// Scratch space for one job, removed when it is dropped.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn scratch(&self) -> Result<tempfile::TempDir> {
        let dir = self.root.join("scratch");
        std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
        tempfile::Builder::new().prefix("job-").tempdir_in(&dir).context("no scratch folder can be made")
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
