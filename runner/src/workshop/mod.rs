//! From a commit to an image: checkout at a fixed path, the build command in its sandbox, the ELF it leaves.
//!
//! Base and head are built at the same path (`/src` inside the sandbox, one folder outside), because paths get into
//! images. The checkout has no `.git`: a build that asks git for a version would put the commit into flash.

pub mod checkout;
mod leftovers;
pub mod sandbox;

use crate::exec::{LogSink, Program, Ran};
use crate::home::{Hold, Home};
use anyhow::{Context, Result, bail};
use checkout::Mirror;
use ounce_protocol::CommitSha;
use ounce_protocol::manifest::{Board, Command, Manifest, RepoPath};
use ounce_protocol::measurement::Stage;
use sandbox::{Phase, SIGKILL, Sandbox};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest a board's build may take.
pub const BUILD_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// Longest the fetch command may take.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// Pause before a fetch command that failed is run once more.
const FETCH_PAUSE: Duration = Duration::from_secs(2);
/// An ELF larger than this is not read, bytes.
pub const ELF_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// A benchmark file larger than this is not read, bytes.
pub const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A stage that failed because of what is in the commit: a result, not an error of ours.
#[derive(Debug, Clone)]
pub struct StageFailed {
    /// How far it came.
    pub stage: Stage,
    /// The last lines of the log.
    pub log_tail: String,
}

/// One repository's folder on this machine, held by this process.
#[derive(Debug)]
pub struct Workshop {
    mirror: Mirror,
    source: PathBuf,
    sandbox: Sandbox,
    cargo_home: PathBuf,
    _hold: Hold,
}

impl Workshop {
    /// Opens the workshop of a repository, waiting while another process works in it.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub async fn open(home: &Home, key: &str, sandbox: Sandbox) -> Result<Workshop> {
        let folder = home.workshop(key);
        let hold = Hold::take(&folder).await?;
        let source = folder.join("src");
        std::fs::create_dir_all(&source).with_context(|| format!("{} cannot be made", source.display()))?;
        let mirror = Mirror::open(&folder.join("mirror.git")).await?;
        Ok(Workshop { mirror, source, sandbox, cargo_home: home.cargo_home(), _hold: hold })
    }

    /// Where commits come from and are looked up.
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Puts the commit's files into the source folder and runs the manifest's fetch command.
    ///
    /// # Errors
    /// The outer error is ours (git missing, disk full); the inner one is the commit's.
    pub async fn prepare(&self, commit: &CommitSha, fetch: Option<&Command>, log: &dyn LogSink) -> Result<Result<(), StageFailed>> {
        self.mirror.checkout(commit, &self.source).await?;
        std::fs::create_dir_all(&self.cargo_home)?;
        let Some(fetch) = fetch else { return Ok(Ok(())) };
        let program = self.sandboxed(Phase::Fetch, fetch).timeout(FETCH_TIMEOUT);
        let mut ran = program.run(log).await?;
        if !ran.ok() && !ran.timed_out {
            log.text(&format!("[fetch: {}; once more, as it may be the network]\n", ran.how()));
            tokio::time::sleep(FETCH_PAUSE).await;
            ran = program.run(log).await?;
        }
        self.not_killed("the fetch command", &ran)?;
        Ok(judge_stage(Stage::Fetch, &ran))
    }

    /// Builds one board and copies its ELF to `into`.
    ///
    /// # Errors
    /// The outer error is ours; the inner one is the commit's.
    pub async fn build(&self, board: &Board, into: &Path, log: &dyn LogSink) -> Result<Result<(), StageFailed>> {
        // An image left by an earlier commit must never be taken for this one's.
        remove_inside(&self.source, &board.elf);
        if let Some(map) = &board.map {
            remove_inside(&self.source, map);
        }
        let ran = self.sandboxed(Phase::Build, &board.build).timeout(BUILD_TIMEOUT).run(log).await?;
        self.not_killed("the build", &ran)?;
        if let Err(failed) = judge_stage(Stage::Build, &ran) {
            return Ok(Err(failed));
        }
        let failed = |log_tail: String| Ok(Err(StageFailed { stage: Stage::Read, log_tail }));
        match read_inside(&self.source, &board.elf, ELF_BYTES_MAX) {
            Ok(bytes) => {
                std::fs::write(into, bytes).with_context(|| format!("{} cannot be written", into.display()))?;
                if let Some(map) = &board.map {
                    self.take_map(map, into, log)?;
                }
                Ok(Ok(()))
            }
            Err(why) => failed(format!("the build succeeded, but {why}")),
        }
    }

    /// Copies the linker's map beside the image. A build that leaves none is weighed without: the log says so.
    fn take_map(&self, map: &RepoPath, elf: &Path, log: &dyn LogSink) -> Result<()> {
        match read_inside(&self.source, map, ELF_BYTES_MAX) {
            Ok(text) => {
                let copy = map_beside(elf);
                std::fs::write(&copy, text).with_context(|| format!("{} cannot be written", copy.display()))
            }
            Err(why) => {
                log.text(&format!("the linker's map is not used: {why}\n"));
                Ok(())
            }
        }
    }

    /// Reads a file of the commit that is checked out.
    ///
    /// # Errors
    /// Where it is missing, too large, or a link out of the checkout.
    pub fn file(&self, path: &RepoPath) -> Result<Vec<u8>, String> {
        read_inside(&self.source, path, FILE_BYTES_MAX)
    }

    /// A command that was killed from outside says nothing about the commit.
    fn not_killed(&self, what: &str, ran: &Ran) -> Result<()> {
        if self.sandbox.signal(ran) == Some(SIGKILL) {
            bail!("{what} was killed: has this machine enough memory? Its last words: {}", ran.tail.trim());
        }
        Ok(())
    }

    fn sandboxed(&self, phase: Phase, command: &Command) -> Program {
        self.sandbox.program(phase, &self.source, &self.cargo_home, command)
    }

    /// The manifest's text at a commit; `None` where there is none.
    ///
    /// # Errors
    /// Where git fails.
    pub async fn manifest_text(&self, commit: &CommitSha) -> Result<Option<String>> {
        self.mirror.text(commit, ounce_protocol::manifest::FILE_NAME).await
    }

    /// The manifest at a commit.
    ///
    /// # Errors
    /// Where there is none, or it is not valid.
    pub async fn manifest(&self, commit: &CommitSha) -> Result<Manifest> {
        let text = self
            .manifest_text(commit)
            .await?
            .with_context(|| format!("there is no ounce.toml at {commit}: it is read from the base; docs/interfaces.md has an example"))?;
        Ok(Manifest::parse(&text)?)
    }
}

/// Where the linker's map of an image lies, when there is one.
pub fn map_beside(elf: &Path) -> PathBuf {
    elf.with_extension("map")
}

fn judge_stage(stage: Stage, ran: &Ran) -> Result<(), StageFailed> {
    if ran.ok() {
        return Ok(());
    }
    let how = format!("\n[{}: {}]", stage.word(), ran.how());
    let room = ounce_protocol::measurement::LOG_TAIL_BYTES_MAX - how.len();
    let mut from = ran.tail.len().saturating_sub(room);
    while !ran.tail.is_char_boundary(from) {
        from += 1;
    }
    // From the beginning of a line, where the cut leaves one.
    let cut = &ran.tail[from..];
    let text = if from > 0 { cut.split_once('\n').map_or(cut, |(_, rest)| rest) } else { cut };
    Err(StageFailed { stage, log_tail: format!("{}{how}", text.trim_end()) })
}

/// Removes a file below `root`, if there is one. A folder on the way to it may be a link of the commit's that leads out: there nothing is removed.
fn remove_inside(root: &Path, path: &RepoPath) {
    let file = root.join(path.as_str());
    if file.parent().and_then(|folder| folder.canonicalize().ok()).is_some_and(|folder| folder.starts_with(root)) {
        let _ = std::fs::remove_file(file);
    }
}

/// Reads a file below `root`, refusing links that leave it: the checkout is a stranger's.
fn read_inside(root: &Path, path: &RepoPath, bytes_max: u64) -> Result<Vec<u8>, String> {
    let name = path.as_str();
    let real = root.join(name).canonicalize().map_err(|_| format!("there is no file {name}"))?;
    if !real.starts_with(root) {
        return Err(format!("{name} is a link that leaves the checkout"));
    }
    let meta = real.metadata().map_err(|e| format!("{name} cannot be read: {e}"))?;
    if !meta.is_file() {
        return Err(format!("{name} is not a file"));
    }
    if meta.len() > bytes_max {
        return Err(format!("{name} has {} bytes, at most {bytes_max} are read", meta.len()));
    }
    std::fs::read(&real).map_err(|e| format!("{name} cannot be read: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_out_of_the_checkout_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::write(root.join("good"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.join("bad")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("dir")).unwrap();
        let check = |path: &str, says: Result<&[u8], &str>| {
            let got = read_inside(&root, &RepoPath::try_from(path.to_owned()).unwrap(), 10);
            match (&got, says) {
                (Ok(bytes), Ok(expected)) => assert_eq!(bytes, expected),
                (Err(e), Err(part)) => assert!(e.contains(part), "{e}"),
                _ => panic!("{path}: {got:?}"),
            }
        };
        check("good", Ok(b"x"));
        check("bad", Err("leaves the checkout"));
        check("dir/passwd", Err("leaves the checkout"));
        check("none", Err("there is no file"));
        std::fs::write(root.join("big"), [0; 11]).unwrap();
        check("big", Err("at most 10"));
    }

    #[test]
    fn a_file_is_removed_inside_the_checkout_only() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().canonicalize().unwrap().join("root"), dir.path().join("outside"));
        std::fs::create_dir_all(root.join("out")).unwrap();
        std::fs::create_dir(&outside).unwrap();
        for file in [root.join("out/image"), outside.join("image")] {
            std::fs::write(file, "x").unwrap();
        }
        std::os::unix::fs::symlink(&outside, root.join("link")).unwrap();
        std::os::unix::fs::symlink(outside.join("image"), root.join("image")).unwrap();
        for path in ["out/image", "link/image", "image", "no/image"] {
            remove_inside(&root, &RepoPath::try_from(path.to_owned()).unwrap());
        }
        assert!(!root.join("out/image").exists());
        assert!(root.join("image").symlink_metadata().is_err(), "the link itself is inside");
        assert!(outside.join("image").exists());
    }

    #[test]
    fn a_failed_build_keeps_its_last_lines_within_the_limit() {
        let ran = Ran { code: Some(2), signal: None, timed_out: false, stdout: vec![], stderr: vec![], tail: "é\n".repeat(3000) };
        let failed = judge_stage(Stage::Build, &ran).unwrap_err();
        assert!(failed.log_tail.len() <= ounce_protocol::measurement::LOG_TAIL_BYTES_MAX);
        assert!(failed.log_tail.ends_with("[build: exit code 2]"), "{}", failed.log_tail);
    }
}
