//! `./dev demo`: the main job on this machine. A server, an agent and a stand-in for GitHub on loopback; a clone of this
//! repository with a pull request that really changes the firmware; the webhook; the finished comment.
//!
//! Everything but GitHub is the real thing. What it makes is removed when it ends, also when it is interrupted; the
//! workshop's caches stay in `target/demo`, so the next run is quick.

pub mod cast;
pub mod chaos;
mod check;
pub mod lab;
pub mod stage;

use anyhow::{Context, Result};
use cast::Cast;
use clap::Args;
use stage::{BRANCH, Stage};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use chaos::check as check_with_accidents;
pub use check::check;

/// What the demo's commit and its pull request are called.
const TITLE: &str = "vm: one copy of the quick operators and subscripts";
/// Longest the whole demo may take: a cold one compiles the core library for five targets.
const DEMO_TIMEOUT: Duration = Duration::from_secs(45 * 60);

/// The demo's command line.
#[derive(Args, Default)]
pub struct Demo {
    /// Leave server, agent and GitHub's stand-in running until Ctrl-C
    #[arg(long)]
    keep: bool,
    /// Weigh on simulated boards behind real probes, too: three boards, each in QEMU and on its unit
    #[arg(long)]
    lab: bool,
    /// Write the comparison as JSON to this file: what `/tour` shows is such a file
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// What the demo showed.
pub struct Shown {
    /// The comment's whole text.
    pub comment: String,
    /// How the check ended, and its line.
    pub check: (String, String),
    /// The commits compared.
    pub commits: (String, String),
    /// From the webhook to the finished comment.
    pub took: Duration,
    /// What of it was compiling and emulating.
    pub working: Duration,
}

impl Demo {
    /// Runs it.
    ///
    /// # Errors
    /// Where something of it fails or does not end in time.
    pub fn run(self) -> Result<()> {
        on_runtime(DEMO_TIMEOUT, async {
            let stage = if self.lab { Stage::set_with_lab().await? } else { Stage::set().await? };
            let _bench = if self.lab { Some(lab::Bench::set(&stage).await?) } else { None };
            let mut cast = Cast::enter(&stage).await?;
            let shown = play(&stage, &mut cast).await?;
            let mut out = std::io::stdout().lock();
            writeln!(out, "\n{}\n", shown.comment.trim_end())?;
            writeln!(out, "check: {} — {}", shown.check.0, shown.check.1)?;
            for link in cast.links() {
                writeln!(out, "page:  {link}")?;
            }
            let rest = shown.took.saturating_sub(shown.working);
            writeln!(
                out,
                "took:  {:.1} s from webhook to comment, {:.1} s of it building and emulating, {:.1} s everything else",
                shown.took.as_secs_f32(),
                shown.working.as_secs_f32(),
                rest.as_secs_f32()
            )?;
            drop(out);
            if self.lab {
                lab::shows(&shown)?;
            }
            if let Some(file) = &self.record {
                let comparison = cast.comparison().await?;
                std::fs::write(file, comparison).with_context(|| format!("{} cannot be written", file.display()))?;
            }
            if self.keep {
                println!("\nOpen {} to see the pull request there. All of it keeps running; end it with Ctrl-C.", cast.run_page());
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }
}

/// Runs the future until it is done or somebody wants it to stop; what it holds is cleaned up either way.
pub fn on_runtime<T>(limit: Duration, play: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            done = tokio::time::timeout(limit, play) => done.context("it took too long")?,
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted; everything is cleaned up"),
            _ = terminate.recv() => anyhow::bail!("stopped; everything is cleaned up"),
        }
    })
}

/// Opens the pull request and waits for the finished comment.
async fn play(stage: &Stage, cast: &mut Cast) -> Result<Shown> {
    let began = Instant::now();
    let number = cast.open_pull(TITLE, BRANCH).await?;
    eprintln!("demo: pull request #{number} is open, its webhook is sent");
    let check = cast.end_of_check(&stage.head).await?;
    let comment = cast.comments(number).into_iter().next().context("the check ended, but there is no comment")?;
    let took = began.elapsed();
    // The merge is what was weighed; its first parent is what it was compared with.
    let merge = cast.merge_commit(number).await?;
    Ok(Shown { comment, check, commits: (stage.base.clone(), merge), took, working: cast.heard.working() })
}
