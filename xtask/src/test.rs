//! Everything CI checks, in order: cheap rules first, then the libraries, the images, and the whole main job.

use crate::browser::{self, Browser};
use crate::faults::Faults;
use crate::images::Images;
use crate::run::{BUILD_EVERYTHING, Meanwhile, Tally, built, everything_is_built, step};
use crate::{demo, hostile, root, soak, tidy, workloads};
use anyhow::Result;
use std::path::Path;

/// The parts of it that follow the build, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
enum Part {
    /// All tests of the workspace
    Tests,
    /// Ten thousand plays of the simulation, beside what follows
    Plays,
    /// The pages in a browser
    Pages,
    /// The main job with accidents, real faults, a pull request that means harm, and the main job
    Jobs,
}

/// `cargo xtask test`
#[derive(Debug, clap::Args)]
pub struct Test {
    /// Goes on from here, after one that failed
    #[arg(long, value_enum, default_value = "tests", value_name = "PART")]
    from: Part,
}

impl Test {
    /// Runs all of it and closes with the sum of all tests.
    ///
    /// # Errors
    /// At the first step that fails.
    pub fn run(self) -> Result<()> {
        let root = root();
        let firmware = root.join("firmware");
        let mut tally = Tally::default();
        tidy::run()?;
        workloads::run(true)?;
        step("server, runner, tools and their tests", &root, "cargo", &BUILD_EVERYTHING, &mut tally)?;
        everything_is_built();
        step("firmware, on the host", &firmware, "cargo", &["test", "--quiet", "-p", "pyrite", "-p", "pyrite-port"], &mut tally)?;
        let least = ["test", "--quiet", "-p", "pyrite", "--no-default-features"];
        step("firmware, as little of the language as there is, on the host", &firmware, "cargo", &least, &mut tally)?;
        for features in ["pyrite/full", "pyrite/full,pyrite/f64", "pyrite/full,pyrite/stress"] {
            let whole = ["test", "--quiet", "-p", "pyrite", "-p", "pyrite-host", "--features", features];
            step("firmware, the whole language, on the host", &firmware, "cargo", &whole, &mut tally)?;
        }
        soak::miri(&root, &mut tally)?;
        step("sources for the boards", &root, "firmware/build", &["fetch"], &mut tally)?;
        println!("\n=== the image of every board");
        Images::default().run()?;
        step("an image that tests its board", &root, "firmware/build", &["mps2-an385", "--selftest"], &mut tally)?;
        step("the same for a small board", &root, "firmware/build", &["microbit", "--selftest"], &mut tally)?;
        for board in ["mps2-an385", "microbit"] {
            step("scripts on a board", &root, "bash", &["-c", ON_BOARD, "on-board", board], &mut tally)?;
        }
        step("images that misbehave", &root, "firmware/build", &["faults"], &mut tally)?;
        // Most of what follows waits for programs, agents and clocks: the plays, which wait for nothing, take what is left of the machine.
        let plays = if self.from <= Part::Plays { Some(plays_beside(&root)?) } else { None };
        if self.from <= Part::Tests {
            step("tests", &root, "cargo", &["test", "--workspace", "--quiet", "--no-fail-fast"], &mut tally)?;
        }
        let looked = if self.from <= Part::Pages { pages()? } else { 0 };
        println!("\n=== the main job with accidents");
        demo::check_with_accidents()?;
        println!("\n=== real faults on the real programs");
        Faults::few().run()?;
        println!("\n=== a pull request that means harm");
        hostile::run()?;
        println!("\n=== the main job, end to end, and the same on the desk");
        demo::check()?;
        if let Some(plays) = plays {
            plays.wait(&mut tally)?;
        }
        let left_out = if self.from == Part::Tests { "" } else { "; parts before were left out" };
        println!("\n{} passed, {} failed, {} skipped{left_out}", tally.passed + 5 + looked, tally.failed, tally.ignored);
        Ok(())
    }
}

/// The VM's scripts on an emulated board, and those about its own pins: one start of QEMU for many of them.
const ON_BOARD: &str = "./dev pyrite --board $1 --set full --fast --check --module firmware/vm/tests/scripts/files/pkg firmware/vm/tests/scripts/[!f]*/*.mpy $(find firmware/vm/tests/boards -path \"*/$1/*.mpy\")";

/// The pages in a browser, where there is one and what it is driven with can be fetched; says so where not. Gives how many plays that are.
fn pages() -> Result<u64> {
    if let Some(missing) = browser::missing() {
        println!("\n=== the pages in a browser: left out: {missing}");
        return Ok(0);
    }
    println!("\n=== the pages in a browser");
    if let Err(why) = browser::prepare() {
        println!("left out: {why:#}");
        return Ok(0);
    }
    Browser::default().run()?;
    Ok(1)
}

/// Plays of the service's life that CI looks at.
const PLAYS: u64 = 10_000;

/// `cargo xtask simulate`
#[derive(Debug, clap::Args)]
pub struct Simulate {
    /// How many plays, from seed 0 on
    #[arg(long, default_value_t = PLAYS, value_name = "N")]
    seeds: u64,
    /// Only this one again
    #[arg(long, value_name = "S", conflicts_with = "seeds")]
    seed: Option<u64>,
}

impl Simulate {
    /// Plays them, and prints what was checked.
    ///
    /// # Errors
    /// Where a play breaks a rule; its seed is printed.
    pub fn run(self) -> Result<()> {
        let which = self.seed.map_or_else(|| format!("OUNCE_SEEDS={}", self.seeds), |seed| format!("OUNCE_SEED={seed}"));
        let args =
            [which.as_str(), "cargo", "test", "--quiet", "-p", "ounce-server", "--test", "simulation", SIMULATION, "--", "--nocapture"];
        step("the service's life, from seeds", &root(), "env", &args, &mut Tally::default())
    }
}

/// The plays, beside the rest, after everything was built.
fn plays_beside(root: &Path) -> Result<Meanwhile> {
    let plays = built(root, "simulation")?;
    Meanwhile::begin(
        "the service's life, from seeds",
        &root.join("server"),
        &plays,
        &[SIMULATION, "--nocapture"],
        ("OUNCE_SEEDS", &PLAYS.to_string()),
    )
}

/// The simulation's one test, `server/tests/simulation`.
const SIMULATION: &str = "whatever_happens_nothing_is_lost_or_doubled";
