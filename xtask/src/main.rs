//! What people and CI run in this repository beside cargo itself: `cargo xtask …`, or through `./dev`.

mod boards;
mod browser;
mod demo;
mod faults;
mod figures;
mod hostile;
mod images;
mod lab_faults;
mod price;
mod processes;
mod run;
mod seed;
mod soak;
mod test;
mod tidy;
mod workloads;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The main job, end to end, on this machine
    Demo(demo::Demo),
    /// The demo as tests: with accidents, or against the desk tool
    DemoCheck {
        /// The one with accidents only
        #[arg(long)]
        accidents: bool,
    },
    /// Everything CI checks, in order
    Test(test::Test),
    /// The long fuzzing runs
    Soak(soak::Soak),
    /// The service's whole life, played from seeds with faults
    Simulate(test::Simulate),
    /// Real faults on the real programs, on both databases
    Faults(faults::Faults),
    /// Simulated boards that suffer what real ones do
    LabFaults(lab_faults::LabFaults),
    /// Builds the image of every board and looks whether its chip would start it: memory, vectors, what the chip's ROM wants to see
    Images(images::Images),
    /// A pull request that means harm, on the real programs
    Hostile,
    /// The dashboards in a real browser: walks, accessibility, zooming (needs node and chromium)
    Browser(browser::Browser),
    /// Pictures of all pages, to look at (needs node and chromium)
    Shots(browser::Shots),
    /// A believable history of any length in an empty database, and the server on it
    Seed(seed::Seed),
    /// What weighing costs, beside GNU nm (needs valgrind)
    Figures(figures::Figures),
    /// What each set and feature of Pyrite costs, on every board: writes docs/pyrite.md
    Price(price::Price),
    /// The rules of this repository that no compiler checks
    Tidy,
    /// Compile the workloads' .py to .mpy
    Workloads {
        /// Change nothing; fail where a file differs
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(demo) => demo.run(),
        Command::DemoCheck { accidents: true } => demo::check_with_accidents(),
        Command::DemoCheck { accidents: false } => demo::check(),
        Command::Test(test) => test.run(),
        Command::Soak(soak) => soak.run(),
        Command::Simulate(simulate) => simulate.run(),
        Command::Faults(faults) => faults.run(),
        Command::LabFaults(faults) => faults.run(),
        Command::Images(images) => images.run(),
        Command::Hostile => hostile::run(),
        Command::Browser(browser) => browser.run(),
        Command::Shots(shots) => shots.run(),
        Command::Seed(seed) => seed.run(),
        Command::Figures(figures) => figures.run(),
        Command::Price(price) => price.run(),
        Command::Tidy => tidy::run(),
        Command::Workloads { check } => workloads::run(check),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's root.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map(PathBuf::from).unwrap_or_default()
}
