//! The faults, in an order that a seed gives, and the count of what was done.

use super::scene::{REPO, Scene};
use super::wire::Wire;
use anyhow::{Result, anyhow};
use github_double::FaultKind;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    KillServer,
    KillAgent,
    Postgres,
    DiskFull,
    NetworkCut,
    NetworkSilent,
    /// One of [`forge`], by its place.
    Forge(usize),
}

/// The faults of one play.
pub struct Storm {
    order: Vec<Fault>,
    done: BTreeMap<Fault, u32>,
    kept_up: u32,
}

/// What the forge does wrong: for people, which requests, how many, what.
fn forge() -> Vec<(&'static str, String, u32, FaultKind)> {
    let comments = format!("/repos/{REPO}/issues");
    vec![
        ("forge answers 500", String::new(), 3, FaultKind::Status { status: 500 }),
        ("forge answers 502", String::new(), 3, FaultKind::Status { status: 502 }),
        ("forge does it and answers 502", "POST ".into(), 2, FaultKind::DoneThenBadGateway),
        ("forge does it, half an answer", String::new(), 2, FaultKind::Half),
        ("forge answers 403, retry-after", String::new(), 2, FaultKind::SecondaryLimit { retry_after_s: 2 }),
        ("forge answers 403, limit used up", String::new(), 1, FaultKind::PrimaryLimit { reset_in_s: 3 }),
        ("forge answers 429", String::new(), 2, FaultKind::TooManyRequests { retry_after_s: 2 }),
        ("forge answers 404 for the comment", format!("PATCH {comments}/comments"), 1, FaultKind::Status { status: 404 }),
        ("forge does it, answers after our patience", "POST ".into(), 1, FaultKind::Slow { delay_ms: 45_000 }),
    ]
}

impl Storm {
    /// So many kills, and of each other kind a share.
    pub fn brew(scene: &Scene, kills: u32, restarts: u32, rng: &mut StdRng) -> Storm {
        let mut order = Vec::new();
        let mut add = |fault, times| order.extend((0..times).map(|_| fault));
        add(Fault::KillServer, kills / 2);
        add(Fault::KillAgent, kills - kills / 2);
        add(Fault::Postgres, restarts);
        add(Fault::NetworkCut, (kills / 20).max(1));
        add(Fault::NetworkSilent, (kills / 40).max(1));
        add(Fault::DiskFull, if scene.disk.is_some() { (kills / 40).max(1) } else { 0 });
        for nth in 0..forge().len() {
            add(Fault::Forge(nth), (kills / 20).max(1));
        }
        order.shuffle(rng);
        Storm { order, done: BTreeMap::new(), kept_up: 0 }
    }

    /// Lets them strike, one after the other.
    pub async fn rage(&mut self, scene: &Scene, rng: &mut StdRng) -> Result<()> {
        let all = self.order.len();
        for (nth, fault) in self.order.clone().into_iter().enumerate() {
            tokio::time::sleep(Duration::from_millis(rng.random_range(800..4_000))).await;
            strike(fault, scene, rng).await.map_err(|e| e.context(format!("after {fault:?}")))?;
            *self.done.entry(fault).or_default() += 1;
            self.kept_up += scene.keep_up().await?;
            if (nth + 1) % 25 == 0 {
                scene.restore().await?;
                eprintln!("faults: {} of {all}", nth + 1);
            }
        }
        scene.double.clear_faults();
        scene.restore().await
    }

    /// What was done, for people.
    pub fn table(&self, name: &str) -> String {
        let mut table = format!("| {name}: injected | times |\n|---|--:|\n");
        for (fault, times) in &self.done {
            let _ = writeln!(table, "| {} | {times} |", fault.words());
        }
        let _ = writeln!(table, "| programs that ended by themselves and were started again | {} |", self.kept_up);
        if !self.done.contains_key(&Fault::DiskFull) {
            table.push_str("| disk full: left out, this user may not mount a disk | 0 |\n");
        }
        table
    }
}

impl Fault {
    fn words(self) -> &'static str {
        match self {
            Fault::KillServer => "`kill -9` of a server",
            Fault::KillAgent => "`kill -9` of an agent",
            Fault::Postgres => "PostgreSQL cut off and started again",
            Fault::DiskFull => "the database's disk full",
            Fault::NetworkCut => "network of the lab cut",
            Fault::NetworkSilent => "network of the lab silent",
            Fault::Forge(nth) => forge()[nth].0,
        }
    }
}

async fn strike(fault: Fault, scene: &Scene, rng: &mut StdRng) -> Result<()> {
    let pause = Duration::from_millis(rng.random_range(0..1_500));
    match fault {
        Fault::KillServer => scene.kill_server(rng.random_range(0..scene.servers()), pause).await,
        Fault::KillAgent => scene.kill_agent(rng.random_range(0..scene.agents()), pause).await,
        Fault::Postgres => restart_postgres(scene, pause).await,
        Fault::DiskFull => {
            let disk = scene.disk.as_ref().ok_or_else(|| anyhow!("no disk of its own"))?;
            let fill = disk.folder().join("fill");
            fill_up(&fill)?;
            tokio::time::sleep(Duration::from_secs(3)).await;
            std::fs::remove_file(&fill)?;
            // PostgreSQL may have ended for want of room for its log; with room again it is started by who keeps it.
            restart_postgres(scene, Duration::ZERO).await
        }
        Fault::NetworkCut | Fault::NetworkSilent => {
            scene.lab.set(if fault == Fault::NetworkCut { Wire::Cut } else { Wire::Silent });
            tokio::time::sleep(Duration::from_millis(rng.random_range(500..8_000))).await;
            scene.lab.set(Wire::Whole);
            Ok(())
        }
        Fault::Forge(nth) => {
            let (_, matching, times, kind) = forge().swap_remove(nth);
            scene.double.inject(&matching, times, kind);
            Ok(())
        }
    }
}

async fn restart_postgres(scene: &Scene, pause: Duration) -> Result<()> {
    let Some(cluster) = &scene.cluster else { return Ok(()) };
    tokio::task::block_in_place(|| cluster.crash());
    tokio::time::sleep(pause).await;
    tokio::task::block_in_place(|| cluster.go_on()).map_err(anyhow::Error::msg)
}

/// Writes until nothing more fits.
fn fill_up(path: &Path) -> Result<()> {
    let mut file = std::fs::File::create(path)?;
    for size in [1 << 16, 1 << 9, 1] {
        let block = vec![0x5a; size];
        while file.write_all(&block).is_ok() {}
    }
    Ok(())
}
