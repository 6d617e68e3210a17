//! `./dev faults`: real faults on the real programs. Servers and agents are killed without a word in the middle of their work,
//! PostgreSQL is cut off, the disk is full, the lab's network breaks or falls silent, the forge answers nonsense; meanwhile people
//! push to their pull requests. Then all is calm, and what is there is held against what was pushed: nothing lost, nothing doubled,
//! every figure and every verdict right.
//!
//! The seed gives the order of the faults. When they strike is real time, so a seed does not repeat a run as `./dev simulate` does.

mod audit;
mod load;
mod scene;
mod storm;
mod wire;

use crate::demo::stage::Stage;
use anyhow::{Context, Result, ensure};
use audit::Found;
use clap::{Args, ValueEnum};
use rand::SeedableRng;
use rand::rngs::StdRng;
use scene::Scene;
use std::time::Duration;
use storm::Storm;

/// Longest one database's storm may take.
const STORM_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// `cargo xtask faults`
#[derive(Args)]
pub struct Faults {
    /// How often a server or an agent is killed, for each database
    #[arg(long, default_value_t = 200, value_name = "N")]
    kills: u32,
    /// How often PostgreSQL is cut off and started again
    #[arg(long, default_value_t = 20, value_name = "N")]
    restarts: u32,
    /// Gives the order of the faults
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// On which database
    #[arg(long, value_enum, default_value_t = Which::Both)]
    database: Which,
}

/// The databases to play on.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Sqlite,
    Postgres,
    Both,
}

impl Faults {
    /// What `./dev test` plays: a few of each.
    pub fn few() -> Faults {
        Faults { kills: 12, restarts: 2, seed: 1, database: Which::Both }
    }

    /// Plays them, and prints the table of what was done and what was found.
    ///
    /// # Errors
    /// Where something is lost, doubled or wrong, or does not come to rest.
    pub fn run(self) -> Result<()> {
        crate::demo::on_runtime(STORM_TIMEOUT * 2, async {
            Stage::build_programs().await?;
            for (which, postgres) in [(Which::Sqlite, false), (Which::Postgres, true)] {
                if self.database != which && self.database != Which::Both {
                    continue;
                }
                if postgres && scratch_postgres::left_out() {
                    println!("faults: PostgreSQL is left out, as the environment asks");
                    continue;
                }
                let played = tokio::time::timeout(STORM_TIMEOUT, self.play(postgres));
                println!("\n{}\n", played.await.context("the storm took too long")??);
            }
            Ok(())
        })
    }

    async fn play(&self, postgres: bool) -> Result<String> {
        let scene = Scene::set(postgres).await?;
        let name = scene.database_name();
        eprintln!("faults: {name}: {} server(s), {} agents, seed {}", scene.servers(), scene.agents(), self.seed);
        let mut rng = StdRng::seed_from_u64(self.seed);
        let mut storm = Storm::brew(&scene, self.kills, if postgres { self.restarts } else { 0 }, &mut rng);
        let pushed = load::while_it_lasts(&scene, self.seed, storm.rage(&scene, &mut rng)).await?;
        let kept = |error: anyhow::Error| error.context(format!("what was left of it: {}", scene.keep()));
        let settled_s = audit::settle(&scene, &pushed).await.map_err(kept)?;
        let found = Found::look(&scene, &pushed).await?;
        let wrong = found.wrong();
        let table = format!("{}\n{}\nAt rest {settled_s} s after the last fault.", storm.table(name), found.sums());
        ensure!(wrong.is_empty(), "{name}: {table}\n\n{}\nwhat was left of it: {}", wrong.join("\n"), scene.keep());
        scene.strike().await?;
        Ok(table)
    }
}
