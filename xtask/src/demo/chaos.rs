//! The same play with accidents, on the small C firmware because it builds in a second: the agent is killed with a job in its
//! hands, the server is killed before the figures are in, the webhook comes twice. The comment still comes, once.

use super::cast::Cast;
use super::stage::{Stage, git, run, said};
use super::{DEMO_TIMEOUT, on_runtime};
use crate::root;
use anyhow::{Result, ensure};
use std::path::Path;
use std::time::Duration;

/// Where the fixture lies.
pub const FIXTURE: &str = "runner/tests/fixtures/c-firmware";

/// Plays it.
///
/// # Errors
/// Where the comment does not come, or comes twice, or a board is missing.
pub fn check() -> Result<()> {
    on_runtime(DEMO_TIMEOUT, async {
        let stage = stage(2.0).await?;
        let mut cast = Cast::enter(&stage).await?;
        let number = cast.open_pull("crc: four bits at a time", "change").await?;
        // With a job in its hands: the build sleeps for a moment.
        until(&mut cast, |heard| heard.contains("job ")).await?;
        cast.restart_agent().await?;
        let first = cast.double.deliveries().into_iter().find(|d| d.event == "pull_request");
        if let Some(delivery) = first {
            cast.double.redeliver(delivery.id).await?;
        }
        until(&mut cast, |heard| heard.contains("done, ")).await?;
        cast.restart_server().await?;
        let (state, line) = cast.end_of_check(&stage.head).await?;
        let comments = cast.comments(number);
        ensure!(comments.len() == 1, "{} comments where one was meant:\n{}", comments.len(), comments.join("\n=====\n"));
        ensure!(cast.double.count("POST", "/comments") == 1, "a comment was written more than once");
        ensure!(state == "success", "the check is {state} ({line}):\n{}", comments[0]);
        for board in ["an385", "an386"] {
            ensure!(comments[0].lines().any(|l| l.starts_with('|') && l.contains(board)), "no row for {board}:\n{}", comments[0]);
        }
        ensure!(!comments[0].contains("identical"), "nothing changed:\n{}", comments[0]);
        ensure!(cast.heard.text().contains("(attempt 2)"), "the killed agent's job was not given again:\n{}", cast.heard.text());
        println!("agent killed, webhook twice, server killed: one comment, both boards, {line}");
        Ok(())
    })
}

async fn until(cast: &mut Cast, heard: impl Fn(&str) -> bool) -> Result<()> {
    while !heard(&cast.heard.text()) {
        cast.check_alive()?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// The fixture as a repository with a change on a branch. Its builds take so many seconds longer than make alone.
pub async fn stage(longer_s: f32) -> Result<Stage> {
    Stage::build_programs().await?;
    let scratch = tempfile::Builder::new().prefix("ounce-chaos-").tempdir()?;
    let work = scratch.path().join("work");
    small_firmware(&work, longer_s).await?;
    run(git(&work).args(["init", "--quiet", "--initial-branch=main"])).await?;
    run(git(&work).args(["add", "."])).await?;
    run(git(&work).args(["commit", "--quiet", "-m", "a small firmware"])).await?;
    run(git(&work).args(["checkout", "--quiet", "-b", "change"])).await?;
    edit(&work.join("src/config.h"), "CRC_BY_NIBBLE 0", "CRC_BY_NIBBLE 1")?;
    run(git(&work).args(["commit", "--quiet", "-am", "crc: four bits at a time"])).await?;
    let bare = scratch.path().join("firmware.git");
    run(git(&work).args(["clone", "--quiet", "--bare", "."]).arg(&bare)).await?;
    run(git(&bare).args(["symbolic-ref", "HEAD", "refs/heads/main"])).await?;
    let base = said(git(&bare).args(["rev-parse", "main"])).await?;
    let head = said(git(&bare).args(["rev-parse", "change"])).await?;
    let home = scratch.path().join("home");
    Ok(Stage { bin: Stage::bin(), repo: "ounce/firmware".into(), home, bare, base, head, scratch })
}

/// Copies the fixture; its builds take so many seconds longer than make alone.
pub async fn small_firmware(work: &Path, longer_s: f32) -> Result<()> {
    run(super::stage::program("cp").arg("-r").arg(root().join(FIXTURE)).arg(work)).await?;
    let build = format!("build = [\"sh\", \"-c\", \"sleep {longer_s}; make BOARD=$1\", \"-\", \"");
    edit(&work.join("ounce.toml"), "build = [\"make\", \"BOARD=", &build)?;
    Ok(std::fs::write(work.join(".gitignore"), "build\n")?)
}

/// Replaces each occurrence, of which there must be one.
pub fn edit(path: &Path, from: &str, to: &str) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    ensure!(text.contains(from), "{} does not contain {from:?} any more", path.display());
    Ok(std::fs::write(path, text.replace(from, to))?)
}
