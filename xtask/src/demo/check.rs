//! The demo as a test: what it must show, and that the desk tool says the same bytes as the bot.

use super::cast::Cast;
use super::stage::{Stage, git, program, run};
use super::{DEMO_TIMEOUT, Shown, on_runtime, play};
use crate::{boards, root};
use anyhow::{Context, Result, ensure};

/// Plays the demo twice, then weighs the same pair with `ounce compare`, in a workshop of its own.
///
/// # Errors
/// Where the comment does not show what it must, or the two differ.
pub fn check() -> Result<()> {
    on_runtime(DEMO_TIMEOUT, async {
        let (stage, shown) = once().await?;
        shows(&shown)?;
        let posted = body_of(&shown.comment);
        let (_, again) = once().await?;
        ensure!(posted == body_of(&again.comment), "the same demo twice:\n--- first\n{posted}\n--- second\n{}", again.comment);
        let desk = compare(&stage, &shown).await?;
        ensure!(posted == desk.trim_end(), "the bot and the desk differ.\n--- bot\n{posted}\n--- desk\n{desk}");
        println!("the bot's comment ({} bytes) twice, and `ounce compare` on the desk, are the same", posted.len());
        Ok(())
    })
}

async fn once() -> Result<(Stage, Shown)> {
    let stage = Stage::set().await?;
    let mut cast = Cast::enter(&stage).await?;
    let shown = play(&stage, &mut cast).await?;
    Ok((stage, shown))
}

fn shows(shown: &Shown) -> Result<()> {
    let (state, line) = &shown.check;
    ensure!(state == "failure", "the demo's check is {state} ({line}), not failure: the patch exceeds a budget");
    let boards = boards::emulated(&root())?;
    let mut moved = 0;
    for board in &boards {
        let row = shown.comment.lines().find(|l| l.starts_with('|') && l.contains(&format!("`{board}`")));
        let row = row.with_context(|| format!("the comment has no row for {board}:\n{}", shown.comment))?;
        let figures: Vec<&str> = row.split('|').map(str::trim).collect();
        ensure!(figures.len() == 6, "{row:?} has not four columns");
        moved += usize::from(figures[2].ends_with(" B") && figures[4].contains(" %"));
    }
    ensure!(moved == boards.len(), "bytes and instructions moved on {moved} of {} boards:\n{}", boards.len(), shown.comment);
    for named in ["`pyrite::ops::quick`", "`pyrite::run::execute`", "function `pyrite::"] {
        ensure!(shown.comment.contains(named), "the comment does not name {named}:\n{}", shown.comment);
    }
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
