//! Everything CI checks, in order: cheap rules first, then the libraries, the images, and the whole main job.

use crate::faults::Faults;
use crate::run::{Tally, step};
use crate::{demo, root, tidy, workloads};
use anyhow::Result;

/// Runs all of it and closes with the sum of all tests.
///
/// # Errors
/// At the first step that fails.
pub fn run() -> Result<()> {
    let root = root();
    let firmware = root.join("firmware");
    let mut tally = Tally::default();
    tidy::run()?;
    workloads::run(true)?;
    step("server, runner, tools", &root, "cargo", &["build", "--workspace", "--quiet"], &mut tally)?;
    step("firmware, on the host", &firmware, "cargo", &["test", "--quiet", "-p", "pyrite", "-p", "pyrite-port"], &mut tally)?;
    step("sources for the boards", &root, "firmware/build", &["fetch"], &mut tally)?;
    step("an image of each kind", &root, "firmware/build", &["mps2-an385"], &mut tally)?;
    step("images that misbehave", &root, "firmware/build", &["faults"], &mut tally)?;
    step("tests", &root, "cargo", &["test", "--workspace", "--quiet"], &mut tally)?;
    plays(format!("OUNCE_SEEDS={PLAYS}"), &mut tally)?;
    println!("\n=== the main job with accidents");
    demo::check_with_accidents()?;
    println!("\n=== real faults on the real programs");
    Faults::few().run()?;
    println!("\n=== the main job, end to end, and the same on the desk");
    demo::check()?;
    println!("\n{} passed, {} failed, {} skipped", tally.passed + 3, tally.failed, tally.ignored);
    Ok(())
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
        plays(self.seed.map_or_else(|| format!("OUNCE_SEEDS={}", self.seeds), |seed| format!("OUNCE_SEED={seed}")), &mut Tally::default())
    }
}

fn plays(which: String, tally: &mut Tally) -> Result<()> {
    let args = [which.as_str(), "cargo", "test", "--quiet", "-p", "ounce-server", "--test", "simulation", "--", "--nocapture"];
    step("the service's life, from seeds", &root(), "env", &args, tally)
}

/// The long runs: the same tests with more cases.
///
/// # Errors
/// At the first step that fails.
pub fn soak() -> Result<()> {
    let root = root();
    let mut tally = Tally::default();
    // Each fuzzing test reads how many cases it shall run; the VM's, how many for each of its two dozen files.
    let long = ["OUNCE_FUZZ_CASES=1000000", "PYRITE_MUTATIONS=40000", "cargo", "test", "--release"];
    let crates = [&long[..], &["-p", "ounce-analysis", "-p", "ounce-protocol"]].concat();
    step("fuzzing, crates", &root, "env", &crates, &mut tally)?;
    step("fuzzing, comments", &root, "env", &[&long[..], &["-p", "ounce-server", "--lib", "hostile"]].concat(), &mut tally)?;
    step("fuzzing, VM", &root.join("firmware"), "env", &[&long[..], &["-p", "pyrite"]].concat(), &mut tally)?;
    println!("\n{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.ignored);
    Ok(())
}
