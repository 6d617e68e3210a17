//! Control groups, for the one thing that nothing else bounds: the number of processes of a run, where the runner is root. The kernel holds nobody who is
//! root to `RLIMIT_NPROC`, whatever rights he has lost, and who forks without end fills a machine before anybody comes to look.
//!
//! Both versions are known: the second's one tree where the controller is ours to use, and the first's tree for `pids`.

use super::tree;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// What the names of our groups begin with; the number of the process that made it follows, and one of its own.
const PREFIX: &str = "ounce-";
/// The group that this process itself moves to where the second version wants that: a group with processes has no bounded groups below it.
const OWN: &str = "ounce-itself";

/// A place where groups can be made.
#[derive(Debug)]
pub struct Cgroups {
    parent: PathBuf,
    made: AtomicU64,
    in_use: Mutex<HashSet<PathBuf>>,
}

/// One group, gone when it is dropped and its processes have ended.
#[derive(Debug)]
pub struct Cgroup {
    of: Arc<Cgroups>,
    folder: PathBuf,
}

impl Cgroups {
    /// Finds a place where this process may make groups with a bound; `None` where there is none.
    pub fn detect() -> Option<Arc<Cgroups>> {
        let own = std::fs::read_to_string("/proc/self/cgroup").ok()?;
        let places = places(&own, Path::new("/sys/fs/cgroup"));
        places.into_iter().map(Cgroups::at).map(Arc::new).find(|groups| {
            let works = || groups.group(1).is_ok();
            works() || (enable(&groups.parent).is_ok() && works())
        })
    }

    fn at(parent: PathBuf) -> Cgroups {
        Cgroups { parent, made: 0.into(), in_use: Mutex::default() }
    }

    /// Makes a group with at most this many processes and threads.
    ///
    /// # Errors
    /// Where it cannot be made or bounded.
    pub fn group(self: &Arc<Self>, processes: u64) -> io::Result<Cgroup> {
        self.sweep();
        let folder = self.parent.join(format!("{PREFIX}{}-{}", std::process::id(), self.made.fetch_add(1, Relaxed)));
        self.in_use.lock().unwrap_or_else(|e| e.into_inner()).insert(folder.clone());
        let group = Cgroup { of: self.clone(), folder };
        std::fs::create_dir(&group.folder)?;
        std::fs::OpenOptions::new().write(true).open(group.folder.join("pids.max")).and_then(|mut file| {
            use io::Write as _;
            file.write_all(processes.to_string().as_bytes())
        })?;
        Ok(group)
    }

    /// Removes what is left of runs that were broken off. The system refuses where there are processes.
    fn sweep(&self) {
        for entry in std::fs::read_dir(&self.parent).into_iter().flatten().filter_map(Result::ok) {
            let (name, path) = (entry.file_name(), entry.path());
            let maker = name.to_str().and_then(|n| n.strip_prefix(PREFIX)?.split('-').next()?.parse::<u32>().ok());
            let Some(maker) = maker else { continue };
            let over = match maker == std::process::id() {
                true => !self.in_use.lock().unwrap_or_else(|e| e.into_inner()).contains(&path),
                false => tree::process(maker).is_none(),
            };
            if over {
                let _ = std::fs::remove_dir(path);
            }
        }
    }
}

impl Cgroup {
    /// The file that takes a process in: its number is written there.
    pub fn door(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Where something in there is only just ending, the next sweep removes it.
        let _ = std::fs::remove_dir(&self.folder);
        self.of.in_use.lock().unwrap_or_else(|e| e.into_inner()).remove(&self.folder);
    }
}

/// The folders of this process's own groups that may have the controller, from the text of `/proc/self/cgroup`.
fn places(own: &str, root: &Path) -> Vec<PathBuf> {
    let place = |line: &str| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let path = path.strip_prefix('/')?;
        if controllers.split(',').any(|c| c == "pids") {
            return Some(root.join("pids").join(path));
        }
        (controllers.is_empty() && root.join("cgroup.controllers").is_file()).then(|| root.join(path))
    };
    own.lines().filter_map(place).collect()
}

/// Second version: the controller is given to the groups below, for which this process has to go out of the way.
fn enable(parent: &Path) -> io::Result<()> {
    let control = parent.join("cgroup.subtree_control");
    if std::fs::write(&control, "+pids").is_ok() {
        return Ok(());
    }
    let own = parent.join(OWN);
    match std::fs::create_dir(&own) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    std::fs::write(own.join("cgroup.procs"), std::process::id().to_string())?;
    std::fs::write(control, "+pids")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_both_versions() {
        let root = tempfile::tempdir().unwrap();
        let first = "9:name=systemd:/\n8:pids:/a/b\n3:cpuset:/\n0::/\n";
        assert_eq!(places(first, root.path()), [root.path().join("pids/a/b")]);
        let second = "0::/system.slice/ounce-agent.service\n";
        assert_eq!(places(second, root.path()), Vec::<PathBuf>::new());
        std::fs::write(root.path().join("cgroup.controllers"), "pids").unwrap();
        assert_eq!(places(second, root.path()), [root.path().join("system.slice/ounce-agent.service")]);
        assert_eq!(places("nonsense", root.path()), Vec::<PathBuf>::new());
    }

    #[test]
    fn groups_of_runs_that_were_broken_off_are_swept() {
        // A folder like any other, where the bound's file is there before.
        let root = tempfile::tempdir().unwrap();
        let groups = Arc::new(Cgroups::at(root.path().to_owned()));
        assert!(groups.group(9).is_err(), "a group without a bound is none");
        let (left, of_others, of_the_living) =
            (root.path().join("ounce-4294967295-3"), root.path().join("other"), root.path().join("ounce-1-0"));
        for folder in [&left, &of_others, &of_the_living] {
            std::fs::create_dir(folder).unwrap();
        }
        groups.sweep();
        assert!(!left.exists() && of_others.exists() && of_the_living.exists());
    }
}
