//! What the demo plays on: built programs, a bare clone of this repository, and a branch with the demo's patch.

use super::lab;
use crate::root;
use crate::run::{about_this_package, is_everything_built};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The change that the demo's pull request makes; `xtask/demo/change.patch` says in its head what it does to the firmware.
const PATCH: &str = "xtask/demo/change.patch";
/// The branch it is on.
pub const BRANCH: &str = "demo";

/// The stage. Dropping it removes the clone.
pub struct Stage {
    /// Scratch space.
    pub scratch: tempfile::TempDir,
    /// The repository's name on the stand-in.
    pub repo: String,
    /// The bare clone.
    pub bare: PathBuf,
    /// The commit that the pull request is for.
    pub base: String,
    /// The pull request's commit.
    pub head: String,
    /// Where the built programs are.
    pub bin: PathBuf,
    /// Where the agent keeps its caches.
    pub home: PathBuf,
}

impl Stage {
    /// Builds the programs and prepares the clone of this repository.
    pub async fn set() -> Result<Stage> {
        Stage::set_as(None).await
    }

    /// The same where the project weighs on units of a lab, too.
    pub async fn set_with_lab() -> Result<Stage> {
        lab::build().await?;
        Stage::set_as(Some(&lab::manifest()?)).await
    }

    /// With another manifest than ours.
    async fn set_as(manifest: Option<&str>) -> Result<Stage> {
        Stage::build_programs().await?;
        let root = root();
        let scratch = tempfile::Builder::new().prefix("ounce-demo-").tempdir()?;
        let bare = scratch.path().join("pyrite.git");
        run(git(&root).args(["init", "--quiet", "--bare", "--initial-branch=main"]).arg(&bare)).await?;
        run(git(&bare).args(["fetch", "--quiet", "--no-tags", "--update-shallow"]).arg(&root).arg("HEAD:refs/heads/main")).await?;
        if let Some(manifest) = manifest {
            commit_manifest(manifest, &bare, scratch.path()).await?;
        }
        let base = said(git(&bare).args(["rev-parse", "refs/heads/main"])).await?;
        let head = commit_patch(&root, &bare, scratch.path()).await?;
        let home = root.join("target/demo/home");
        Ok(Stage { scratch, repo: "ounce/pyrite".into(), bare, base, head, bin: Stage::bin(), home })
    }

    /// Builds server, runner and counter.
    pub async fn build_programs() -> Result<()> {
        if is_everything_built() {
            return Ok(());
        }
        eprintln!("demo: building server, runner and counter");
        let packages = ["build", "--quiet", "-p", "ounce-server", "-p", "ounce", "-p", "ounce-qemu-plugin"];
        run(program("cargo").args(packages).current_dir(root())).await
    }

    /// Where they are then.
    pub fn bin() -> PathBuf {
        root().join(std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)).join("debug")
    }
}

/// Commits the patch on the demo's branch without any checkout. Names and times are fixed: the same base gives the same commit.
async fn commit_patch(root: &Path, bare: &Path, scratch: &Path) -> Result<String> {
    let index = scratch.join("index");
    let with_index = || {
        let mut command = git(bare);
        command.env("GIT_INDEX_FILE", &index);
        command
    };
    run(with_index().args(["read-tree", "refs/heads/main"])).await?;
    let applied = run(with_index().args(["apply", "--cached", "--whitespace=nowarn"]).arg(root.join(PATCH))).await;
    applied.with_context(|| format!("{PATCH} does not apply any more: make it again for today's firmware"))?;
    commit(bare, &index, super::TITLE, BRANCH).await
}

/// Puts another manifest on the default branch.
async fn commit_manifest(manifest: &str, bare: &Path, scratch: &Path) -> Result<()> {
    let (index, file) = (scratch.join("index"), scratch.join("ounce.toml"));
    std::fs::write(&file, manifest)?;
    let blob = said(git(bare).args(["hash-object", "-w"]).arg(&file)).await?;
    run(git(bare).env("GIT_INDEX_FILE", &index).args(["read-tree", "refs/heads/main"])).await?;
    let entry = format!("100644,{blob},ounce.toml");
    run(git(bare).env("GIT_INDEX_FILE", &index).args(["update-index", "--cacheinfo", &entry])).await?;
    commit(bare, &index, "weigh on the lab's units, too", "main").await.map(|_| ())
}

/// Commits an index upon the default branch, as the head of a branch.
async fn commit(bare: &Path, index: &Path, message: &str, branch: &str) -> Result<String> {
    let tree = said(git(bare).env("GIT_INDEX_FILE", index).arg("write-tree")).await?;
    let commit = said(git(bare).args(["commit-tree", &tree, "-p", "refs/heads/main", "-m", message])).await?;
    run(git(bare).args(["update-ref", &format!("refs/heads/{branch}"), &commit])).await?;
    Ok(commit)
}

/// git in a folder, without anybody's configuration and with a fixed identity.
pub fn git(folder: &Path) -> Command {
    let mut git = program("git");
    // A file and not variables: those do not reach the process on the other side of a fetch.
    let config = root().join("xtask/demo/gitconfig");
    git.arg("-C").arg(folder).env("GIT_CONFIG_GLOBAL", config).env("GIT_CONFIG_NOSYSTEM", "1");
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    for (key, value) in [("NAME", "Octo Dev"), ("EMAIL", "octo-dev@example.invalid"), ("DATE", "2026-01-01T00:00:00Z")] {
        git.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
    }
    git
}

/// A program of this repository or of the developer's machine.
pub fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
    let mut command = Command::new(name);
    command.kill_on_drop(true).stdin(std::process::Stdio::null());
    for name in about_this_package() {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end.
pub async fn run(command: &mut Command) -> Result<()> {
    let status = command.status().await.with_context(|| format!("{command:?} cannot be started"))?;
    if !status.success() {
        bail!("{:?} failed: {status}", command.as_std());
    }
    Ok(())
}

/// Runs a command and gives what it said, without the last line's end.
pub async fn said(command: &mut Command) -> Result<String> {
    let out = command.output().await.with_context(|| format!("{command:?} cannot be started"))?;
    if !out.status.success() {
        bail!("{:?} failed: {}", command.as_std(), String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(String::from_utf8(out.stdout)?.trim_end().to_owned())
}
