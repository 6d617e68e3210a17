//! From a commit to an image: checkout at a fixed path, the build command in its sandbox, the ELF it leaves.
//!
//! Base and head are built at the same path (`/src` inside the sandbox, one folder outside), because paths get into
//! images. The checkout has no `.git`: a build that asks git for a version would put the commit into flash.

pub mod checkout;
mod inside;
mod leftovers;
pub mod sandbox;

use crate::aside::aside;
use crate::exec::limits::Limits;
use crate::exec::{LogSink, Ran, on_disk};
use crate::home::{Hold, Home, Trust};
use crate::proxy::Proxy;
use crate::proxy::rules::{Hosts, Rules};
use anyhow::{Context, Result, bail};
use checkout::Mirror;
use inside::{copy_inside, read_inside, remove_inside};
use ounce_protocol::CommitSha;
use ounce_protocol::fetch::Fetch;
use ounce_protocol::manifest::{Board, Manifest, RepoPath};
use ounce_protocol::measurement::{LOG_TAIL_BYTES_MAX, Stage};
use sandbox::{Phase, SIGKILL, Sandbox};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Pause before a fetch command that failed is run once more.
const FETCH_PAUSE: Duration = Duration::from_secs(2);

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
    trust: Trust,
    _hold: Hold,
}

impl Workshop {
    /// Opens the workshop of a repository, waiting while another process works in it. A stranger's begins empty: what another stranger's build left
    /// there could change what this one's measures. So does one whose caches have grown over half of what a build may use.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub async fn open(home: &Home, key: &str, trust: Trust, sandbox: Sandbox) -> Result<Workshop> {
        let folder = home.workshop(key, trust);
        let hold = Hold::take(&folder).await?;
        let source = folder.join("src");
        let cargo_home = folder.join("cargo");
        for folder in [&source, &cargo_home] {
            std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let (caches, limits) = ([source.clone(), cargo_home.clone()], sandbox.settings().limits.build());
        aside(move || empty_caches(&caches, trust, &limits)).await??;
        let mirror = Mirror::open(&folder.join("mirror.git")).await?;
        Ok(Workshop { mirror, source, sandbox, cargo_home, trust, _hold: hold })
    }

    /// Where commits come from and are looked up.
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Puts the commit's files into the source folder and runs the manifest's fetch command.
    ///
    /// # Errors
    /// The outer error is ours (git missing, disk full); the inner one is the commit's.
    pub async fn prepare(&self, commit: &CommitSha, fetch: Option<&Fetch>, log: &dyn LogSink) -> Result<Result<(), StageFailed>> {
        self.mirror.checkout(commit, &self.source).await?;
        let Some(fetch) = fetch else { return Ok(Ok(())) };
        // Without a sandbox the command has the machine's own network, and its user's trust.
        let proxy = match self.sandbox.is_on() {
            true => {
                let hosts = Hosts::of(fetch, self.trust == Trust::Own);
                Some(Proxy::start(Rules { hosts, settings: self.sandbox.settings().fetch.clone() })?)
            }
            false => None,
        };
        let socket = proxy.as_ref().map(Proxy::socket);
        let program = self.sandbox.program(Phase::Fetch(socket.as_deref()), &self.source, &self.cargo_home, &fetch.command);
        let mut ran = program.run(log).await?;
        let mut refused = proxy.as_ref().map(|proxy| proxy.tell(log)).unwrap_or_default();
        if !ran.ok() && !ran.timed_out && ran.exceeded.is_none() {
            log.text(&format!("[fetch: {}; once more, as it may be the network]\n", ran.how()));
            tokio::time::sleep(FETCH_PAUSE).await;
            ran = program.run(log).await?;
            refused = proxy.as_ref().map(|proxy| proxy.tell(log)).unwrap_or_default();
        }
        self.says_something("the fetch command", &ran)?;
        Ok(judge_stage(Stage::Fetch, &ran, &refused))
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
        let ran = self.sandbox.program(Phase::Build, &self.source, &self.cargo_home, &board.build).run(log).await?;
        self.says_something("the build", &ran)?;
        if let Err(failed) = judge_stage(Stage::Build, &ran, "") {
            return Ok(Err(failed));
        }
        let failed = |log_tail: String| Ok(Err(StageFailed { stage: Stage::Read, log_tail }));
        match copy_inside(&self.source, &board.elf, into)? {
            Ok(()) => {
                if let Some(map) = &board.map
                    && let Err(why) = copy_inside(&self.source, map, &map_beside(into))?
                {
                    log.text(&format!("the linker's map is not used: {why}\n"));
                }
                Ok(Ok(()))
            }
            Err(why) => failed(format!("the build succeeded, but {why}")),
        }
    }

    /// Reads a file of the commit that is checked out.
    ///
    /// # Errors
    /// Where it is missing, too large, or a link out of the checkout.
    pub fn file(&self, path: &RepoPath) -> Result<Vec<u8>, String> {
        read_inside(&self.source, path)
    }

    /// A command that was killed from outside, or because this machine is too small, says nothing about the commit.
    fn says_something(&self, what: &str, ran: &Ran) -> Result<()> {
        if let Some(exceeded) = ran.exceeded.filter(|e| e.is_of_machine()) {
            bail!("{what} {exceeded} and was stopped: give it more, or fewer runners at once. Its last words: {}", ran.tail.trim());
        }
        if self.sandbox.signal(ran) == Some(SIGKILL) {
            bail!("{what} was killed: has this machine enough memory? Its last words: {}", ran.tail.trim());
        }
        Ok(())
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

/// Empties a checkout and its caches where they may not be kept.
fn empty_caches(folders: &[PathBuf], trust: Trust, limits: &Limits) -> Result<()> {
    let too_large = || {
        let on_disk = on_disk(folders, limits.disk_bytes / 2, limits.disk_entries / 2);
        let large = on_disk.bytes > limits.disk_bytes / 2 || on_disk.entries > limits.disk_entries / 2 || on_disk.too_deep;
        if large {
            tracing::warn!("the caches beside {} are over half of what a build may use: emptied", folders[0].display());
        }
        large
    };
    if trust == Trust::Stranger || too_large() {
        folders.iter().try_for_each(|folder| leftovers::empty(folder))?;
    }
    Ok(())
}

/// Whether a stage succeeded; where not, the end of its log, with this about it from our side.
fn judge_stage(stage: Stage, ran: &Ran, about: &str) -> Result<(), StageFailed> {
    if ran.ok() {
        return Ok(());
    }
    let mut from = about.len().saturating_sub(LOG_TAIL_BYTES_MAX / 2);
    while !about.is_char_boundary(from) {
        from += 1;
    }
    let how = format!("\n{}[{}: {}]", &about[from..], stage.word(), ran.how());
    let room = LOG_TAIL_BYTES_MAX - how.len();
    let mut from = ran.tail.len().saturating_sub(room);
    while !ran.tail.is_char_boundary(from) {
        from += 1;
    }
    // From the beginning of a line, where the cut leaves one.
    let cut = &ran.tail[from..];
    let text = if from > 0 { cut.split_once('\n').map_or(cut, |(_, rest)| rest) } else { cut };
    Err(StageFailed { stage, log_tail: format!("{}{how}", text.trim_end()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_build_keeps_its_last_lines_within_the_limit() {
        let ran = Ran { code: Some(2), tail: "é\n".repeat(3000), ..Ran::default() };
        let failed = judge_stage(Stage::Build, &ran, "").unwrap_err();
        assert!(failed.log_tail.len() <= LOG_TAIL_BYTES_MAX);
        assert!(failed.log_tail.ends_with("[build: exit code 2]"), "{}", failed.log_tail);
    }
}
