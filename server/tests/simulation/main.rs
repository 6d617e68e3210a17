//! Seeded plays of the whole life of the service: `./dev simulate --seeds N [--seed S]`.
//!
//! The server is the real one, with its doors, its loops and its database; the forge, the agents, the network and the clock are played. Everything
//! moves one effect at a time, as a number says: answers fail, come late or get lost, webhooks are lost, repeated and reordered, agents die and some
//! come back, and the power fails between any two effects. Then the faults end, everything must come to rest, and what is said must be true.

mod agents;
mod check;
mod forge;
mod schedule;
mod seed;
mod world;

use ounce_server::store::Store;
use ounce_server::store::sql::sql;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use world::{Tally, World};

/// Plays of `cargo test`; `./dev test` and `./dev simulate` ask for more.
const SEEDS: u64 = 200;
/// Plays that fail before the rest is let be.
const FAILURES_MAX: usize = 3;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text:?} is no number")))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A migrated database that each play begins with a copy of.
fn template(folder: &Path) -> PathBuf {
    let file = folder.join("template.db");
    runtime().block_on(async {
        let store = Store::open(file.as_path()).await.unwrap();
        store.migrate().await.unwrap();
        // Copies are of this one file: nothing may be left in the log beside it.
        let busy: i64 = sql("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut store.connection().await.unwrap()).await.unwrap();
        assert_eq!(busy, 0, "somebody still reads the template");
        store.close().await;
    });
    file
}

#[test]
fn whatever_happens_nothing_is_lost_or_doubled() {
    let only = number("OUNCE_SEED");
    let seeds = only.map_or_else(|| (0, number("OUNCE_SEEDS").unwrap_or(SEEDS)), |seed| (seed, seed + 1));
    // In memory where the system has such a folder: plays care about order, not about a disk.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let template = Arc::new(template(folder.path()));
    let (next, all, failed) = (Arc::new(AtomicU64::new(seeds.0)), Arc::new(Mutex::new(Tally::default())), Arc::new(Mutex::new(Vec::new())));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let players: Vec<_> = (0..threads)
        .map(|_| {
            let (template, next, all, failed) = (Arc::clone(&template), Arc::clone(&next), Arc::clone(&all), Arc::clone(&failed));
            let folder = folder.path().to_owned();
            std::thread::spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.1 || failed.lock().unwrap().len() >= FAILURES_MAX {
                        return;
                    }
                    match play(seed, &template, &folder) {
                        Ok(tally) => all.lock().unwrap().add(&tally),
                        Err(why) => failed.lock().unwrap().push(format!("seed {seed}: {why}\nagain: ./dev simulate --seed {seed}")),
                    }
                    if (seed + 1) % 1_000 == 0 {
                        let _ = writeln!(std::io::stderr(), "simulation: {} plays begun", seed + 1 - seeds.0);
                    }
                }
            })
        })
        .collect();
    players.into_iter().for_each(|player| player.join().unwrap());
    let (all, failed) = (*all.lock().unwrap(), failed.lock().unwrap().join("\n\n"));
    assert!(failed.is_empty(), "{failed}");
    println!(
        "simulation: {} plays, {} effects. What happened: {} power cuts, {} connections cut off, {} answers or deliveries of the forge failed, {} deliveries lost, \
         {} repeated, {} agents lost, {} requests of agents thought dead.\nWhat was checked: {} runs, {} jobs, {} leases, {} sides not run again, {} comments; no job lost, no comment \
         doubled, no figure of an old lease, nothing of a fork without approval, every verdict right.",
        seeds.1 - seeds.0,
        all.effects,
        all.crashes,
        all.cut_off,
        all.faults,
        all.lost,
        all.repeated,
        all.agents_lost,
        all.undead,
        all.runs,
        all.jobs,
        all.leases,
        all.reused,
        all.comments,
    );
}

/// A play in a file of its own: what a cut-off connection of an earlier play still closes is another file.
fn play(seed: u64, template: &Path, folder: &Path) -> Result<Tally, String> {
    let file = folder.join(format!("{seed}.db"));
    std::fs::copy(template, &file).map_err(|e| format!("{}: {e}", file.display()))?;
    let done = runtime().block_on(async { World::new(seed, &file).await.play().await });
    for rest in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{rest}", file.display()));
    }
    done
}
