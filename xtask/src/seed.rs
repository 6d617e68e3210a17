//! `cargo xtask seed`: a made history in an empty database, by `benchmarks/src/bin/seed.rs`.

use crate::root;
use crate::run::about_this_package;
use anyhow::{Context, Result, ensure};
use std::process::Command;

/// From so many points on the program is built optimised: making them takes longer than the build.
const RELEASE_POINTS: u64 = 200_000;

/// Fills an empty database with a believable history, and serves it where that is wished.
#[derive(Debug, clap::Args)]
pub struct Seed {
    /// Figures in the history, about: 240 of each commit. Left out with --serve: what is there is served
    #[arg(long, required_unless_present = "serve")]
    points: Option<u64>,
    /// Where the numbers come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A SQLite file, or postgres://…; without it, a file below target/seed
    #[arg(long, value_name = "PLACE")]
    database: Option<String>,
    /// Starts the server on it, until Ctrl-C
    #[arg(long)]
    serve: bool,
    /// Where that listens; 127.0.0.1:8420 where it is left out
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Seed {
    /// Builds the program and runs it.
    ///
    /// # Errors
    /// Where it ends badly; it has said why.
    pub fn run(self) -> Result<()> {
        #[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
        let mut command = Command::new("cargo");
        for name in about_this_package() {
            command.env_remove(name);
        }
        command.current_dir(root()).args(["run", "--quiet", "--package", "ounce-benchmarks", "--bin", "seed"]);
        if self.points.is_some_and(|points| points >= RELEASE_POINTS) {
            command.arg("--release");
        }
        command.arg("--").args(["--seed", &self.seed.to_string()]);
        let points = self.points.map(|points| points.to_string());
        for (option, value) in [("--points", points), ("--database", self.database), ("--listen", self.listen)] {
            if let Some(value) = value {
                command.args([option, &value]);
            }
        }
        if self.serve {
            command.arg("--serve");
        }
        let status = command.status().context("cargo cannot be started")?;
        ensure!(status.success(), "the seed ended with {status}");
        Ok(())
    }
}
