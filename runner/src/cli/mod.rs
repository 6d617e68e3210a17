//! The command line: one file a command. Reports go to standard output, progress and errors to standard error.
//!
//! Exit codes: 0 within the budgets, 1 over a budget or broken, 2 anything that kept the answer from being found.

mod agent;
mod bench;
mod boards;
mod compare;
mod inside;
mod layouts;
mod on_unit;
mod probe;
mod read;
mod size;
mod units;

use crate::home::Home;
use crate::settings::Settings;
use crate::workshop::checkout::LocalRepo;
use crate::workshop::sandbox::Sandbox;
use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use ounce_protocol::manifest::{self, Manifest};
use ounce_protocol::{BoardName, manifest::FILE_NAME};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Weighs firmware: bytes, instructions, and what a change costs on each board.
#[derive(Debug, Parser)]
#[command(name = "ounce", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Where mirrors, checkouts and caches are kept [default: $OUNCE_HOME, else `ounce` in the user's cache folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    home: Option<PathBuf>,
    /// What this machine's operator decides: limits, and the way to dependencies (docs/operating.md)
    #[arg(long, global = true, value_name = "FILE", env = "OUNCE_RUNNER_CONFIG")]
    config: Option<PathBuf>,
    /// The boards attached to this machine (docs/operating.md) [default: lab.toml in the current folder]
    #[arg(long, global = true, value_name = "FILE", env = "OUNCE_LAB")]
    lab: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Where an ELF's bytes are, or how two differ
    Size(size::Size),
    /// Run the benchmarks and count their instructions
    Bench(bench::Bench),
    /// Build two commits at one path, measure both, report the difference
    Compare(compare::Compare),
    /// The boards of this project, and whether they can run here
    Boards(boards::Boards),
    /// Work for a server
    Agent(agent::Agent),
    #[command(hide = true)]
    Inside(inside::Inside),
    #[command(hide = true)]
    Read(read::Read),
    #[command(hide = true)]
    Probe(probe::Probe),
}

/// What a line of the command line comes to.
pub enum Task {
    /// Done already, before there were any threads: the exit code.
    Done(u8),
    /// To be run.
    Run(Box<Cli>),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All is well.
    Fine,
    /// The answer is no: over a budget, broken, not valid.
    No,
    /// There is no answer.
    Error,
}

impl End {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            End::Fine => 0,
            End::No => 1,
            End::Error => 2,
        }
    }
}

impl Cli {
    /// Does what has to be done by a process without threads.
    pub fn begin(self) -> Task {
        match self.command {
            Command::Inside(inside) => Task::Done(inside.run()),
            Command::Read(read) => Task::Done(read.run()),
            Command::Probe(probe) => Task::Done(probe.run()),
            _ => Task::Run(Box::new(self)),
        }
    }

    /// Runs the command.
    ///
    /// # Errors
    /// Anything that kept the answer from being found.
    pub async fn run(self) -> Result<End> {
        let home = || Home::open(self.home.as_deref());
        let sandbox = async || anyhow::Ok(Sandbox::detect(Settings::read(self.config.as_deref())?).await);
        match self.command {
            Command::Size(size) => size.run().await,
            Command::Bench(bench) => bench.run(&home()?, &sandbox().await?, self.lab.as_deref()).await,
            Command::Compare(compare) => compare.run(&home()?, &sandbox().await?, self.lab.as_deref()).await,
            Command::Boards(boards) => boards.run(&home()?, self.lab.as_deref()).await,
            Command::Agent(agent) => agent.run(&home()?, sandbox().await?, self.lab.as_deref()).await,
            Command::Inside(_) | Command::Read(_) | Command::Probe(_) => anyhow::bail!("this is done before there are threads"),
        }
    }
}

/// How a report is written.
#[derive(Debug, Clone, Copy, Args)]
struct Format {
    /// Print JSON (its format is in docs/interfaces.md)
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print markdown, the same bytes as the comment on a pull request
    #[arg(long)]
    markdown: bool,
}

/// Writes to standard output; a reader that went away is not an error.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out
        .write_all(text.as_bytes())
        .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })
        .and_then(|()| out.flush())
    {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output cannot be written"),
    }
}

/// The terminal's width and whether colours are wanted.
fn terminal() -> (usize, bool) {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let width = rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col)).filter(|&w| w > 0);
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    (width.or_else(columns).unwrap_or(100).clamp(40, 200), colour)
}

/// The manifest of the repository around the current folder, as it lies there now.
async fn local_manifest() -> Result<(LocalRepo, Manifest)> {
    let repo = LocalRepo::around(Path::new(".")).await?;
    let manifest = read_manifest(&repo.root.join(FILE_NAME))?;
    Ok((repo, manifest))
}

fn read_manifest(path: &Path) -> Result<Manifest> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read: docs/interfaces.md shows how to write one", path.display()))?;
    Ok(Manifest::parse(&text)?)
}

/// The boards asked for, or all; unknown ones are an error that lists those there are.
fn chosen(asked: &[BoardName], manifest: &manifest::Manifest) -> Result<Vec<BoardName>> {
    for name in asked {
        manifest.board(name)?;
    }
    Ok(if asked.is_empty() { manifest.boards.keys().cloned().collect() } else { asked.to_vec() })
}
