//! The demo as a test: what it must show, and that the desk tool says the same bytes as the bot.

use super::cast::Cast;
use super::stage::{Stage, git, program, run};
use super::{Shown, on_runtime, play};
use crate::root;
use anyhow::{Context, Result, ensure};

/// The boards of this repository's own manifest.
const BOARDS: [&str; 6] = ["microbit", "pyboard", "mps2-an385", "mps2-an500", "mps2-an505", "hifive1"];

/// Plays the demo, then weighs the same pair with `ounce compare`, in a workshop of its own.
///
/// # Errors
/// Where the comment does not show what it must, or the two differ.
pub fn check() -> Result<()> {
    on_runtime(async {
        let stage = Stage::set().await?;
        let mut cast = Cast::enter(&stage).await?;
        let shown = play(&stage, &mut cast).await?;
        shows(&shown)?;
        let desk = compare(&stage, &shown).await?;
        let posted = body_of(&shown.comment);
        ensure!(posted == desk.trim_end(), "the bot and the desk differ.\n--- bot\n{posted}\n--- desk\n{desk}");
        println!("the bot's comment ({} bytes) and `ounce compare` on the desk are the same", posted.len());
        Ok(())
    })
}

fn shows(shown: &Shown) -> Result<()> {
    let (state, line) = &shown.check;
    ensure!(state == "failure", "the demo's check is {state} ({line}), not failure: the patch exceeds a budget");
    for board in BOARDS {
        let row = shown.comment.lines().find(|l| l.starts_with('|') && l.contains(board));
        row.with_context(|| format!("the comment has no row for {board}:\n{}", shown.comment))?;
    }
    ensure!(
        shown.comment.contains("microbit") && shown.comment.contains("pyrite"),
        "the comment names no symbol of the VM:\n{}",
        shown.comment
    );
    Ok(())
}

/// The comment without what Post adds: the footer and the marker.
fn body_of(comment: &str) -> &str {
    comment.split_once("\n\n<sub>Weighed by Ounce").map_or(comment, |(body, _)| body).trim()
}

async fn compare(stage: &Stage, shown: &Shown) -> Result<String> {
    // At a fixed place, so that its workshop is warm the next time.
    let clone = root().join("target/demo/clone");
    if !clone.join(".git").is_dir() {
        std::fs::create_dir_all(&clone)?;
        run(git(&clone).args(["init", "--quiet"])).await?;
    }
    let (base, head) = &shown.commits;
    run(git(&clone).args(["fetch", "--quiet", "--no-tags"]).arg(&stage.bare).args([base, head])).await?;
    let out = program(stage.bin.join("ounce"))
        .args(["compare", &format!("{base}..{head}"), "--markdown", "--home"])
        .arg(root().join("target/demo/desk-home"))
        .current_dir(&clone)
        .stderr(std::process::Stdio::inherit())
        .output()
        .await?;
    // 1 is the answer "over a budget"; anything else is no answer.
    ensure!(out.status.code() == Some(1), "ounce compare ended with {}, not with 1 for a budget that is exceeded", out.status);
    Ok(String::from_utf8(out.stdout)?)
}
