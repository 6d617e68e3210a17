//! The store under load, on SQLite and on PostgreSQL: reports taken in a second, and how long a claim takes in a long queue.
//!
//! A report is what one commit brings: 6 boards, on each 500 symbols and 40 benchmarks, one upload a board, each a transaction of
//! its own as a runner's upload is. PostgreSQL is a server of its own with its usual settings, so that a commit is on the disk.

use ounce_protocol::ids::{BenchName, BoardName, CommitSha, ImageId, RegionName, RepoName, RunnerName};
use ounce_protocol::measurement::{
    BenchOutcome, Count, Fingerprint, FunctionCount, Ledger, Measurement, Outcome, RegionKind, RegionLedger, Row, SCHEMA,
};
use ounce_server::forge::CommitInfo;
use ounce_server::store::jobs::{self, Holder, Offer};
use ounce_server::store::measurements::{self, Packed};
use ounce_server::store::runs::{self, NewRun, RunKind, RunState};
use ounce_server::store::{Place, Store, projects};
use scratch_postgres::Cluster;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const BOARDS: usize = 6;
const SYMBOLS: usize = 500;
const BENCHES: u64 = 40;
const REPORTS: u64 = 300;
/// Runners that upload at once: the agents of the queue below.
const UPLOADERS: u64 = AGENTS;
const QUEUED: u64 = 10_000;
const AGENTS: u64 = 50;
const CLAIMS: u64 = 2_500;
/// Each agent's first claims that are not counted.
const WARM_UP: u64 = 10;
/// How often each agent claims where they are paced: a real one does once in minutes.
const PACE: Duration = Duration::from_millis(250);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        measure("SQLite", ["ingest", "claims"].map(|name| Place::File(folder.path().join(name)))).await;
        match Cluster::shared() {
            Err(why) => println!("PostgreSQL: left out: {why}"),
            Ok(cluster) => {
                let databases = [cluster.database().await.expect("a database"), cluster.database().await.expect("a database")];
                let place = |url: &str| Place::parse(url, Path::new("/")).expect("an address");
                measure("PostgreSQL", [place(&databases[0].url), place(&databases[1].url)]).await;
            }
        }
    });
}

async fn measure(name: &str, [for_ingest, for_claims]: [Place; 2]) {
    ingest(name, &opened(&for_ingest).await).await;
    claims(name, &opened(&for_claims).await).await;
}

async fn opened(place: &Place) -> Store {
    let store = Store::open(place).await.expect("a database");
    store.migrate().await.expect("tables");
    store
}

fn sha(n: u64) -> CommitSha {
    CommitSha::parse(&format!("{n:040x}")).expect("40 digits")
}

/// A run with a job for each of so many boards.
async fn queued(store: &Store, n: u64, boards: usize) {
    let mut tx = store.write().await.expect("a transaction");
    let repo = RepoName::parse("acme/blinky").expect("a name");
    let project = projects::project(&mut tx, &repo, "main", 0).await.expect("a project");
    let head = sha(n);
    let commit = CommitInfo { sha: head.clone(), parents: vec![], committed_s: 0, summary: "change".into(), author: String::new() };
    projects::put_commit(&mut tx, project, &commit, true).await.expect("a commit");
    let new = NewRun {
        project,
        kind: RunKind::Push,
        pull: None,
        shown: &head,
        base: &head,
        head: &head,
        conflict: false,
        trusted: true,
        manifest: "",
        manifest_changed: false,
        state: RunState::Measuring,
        note: "",
    };
    let run = runs::insert(&mut tx, &new, 0).await.expect("a run");
    for board in 0..boards {
        jobs::insert(&mut tx, run, &board_name(board), None, true, 0, 0).await.expect("a job");
    }
    tx.commit().await.expect("committed");
}

fn board_name(n: usize) -> BoardName {
    BoardName::parse(&format!("board{n}")).expect("a name")
}

fn measurement(n: u64, board: &BoardName) -> Measurement {
    let rows: Vec<Row> = (0..SYMBOLS)
        .map(|at| Row {
            name: format!("drivers::spi{}::transfer_block_{}", at % 7, at * 31 % 997),
            group: "drivers".into(),
            section: ".text".into(),
            bytes: 16 + u64::try_from(at).unwrap_or(0) * 13 % 900 + n % 3,
            ..Row::default()
        })
        .collect();
    let used_bytes = rows.iter().map(|row| row.bytes).sum();
    let region =
        RegionLedger { name: RegionName::parse("flash").expect("a name"), kind: RegionKind::Flash, size_bytes: 1 << 20, used_bytes, rows };
    let benches = (0..BENCHES)
        .map(|at| {
            let instructions = 10_000 + at * 377 + n;
            let profile = vec![FunctionCount { name: "main".into(), instructions }];
            let count = Count { instructions, second_take: None, stack_peak_bytes: Some(96), heap_peak_bytes: None, profile };
            (BenchName::parse(&format!("bench{at}")).expect("a name"), BenchOutcome::Counted(count))
        })
        .collect();
    let image = ImageId::parse(&format!("{n:064x}")).expect("64 digits");
    let ledger = Ledger { image, regions: vec![region], outside: vec![], anatomy: None };
    let fingerprint = Fingerprint(BTreeMap::from([("cc".into(), "cc 1.0".into())]));
    Measurement {
        schema: SCHEMA,
        board: board.clone(),
        commit: sha(n),
        fingerprint,
        outcome: Outcome::Built { ledger, benches },
        run_key: None,
        reused: None,
    }
}

/// Reports a second, with everything the server does for an upload but HTTP.
async fn ingest(name: &str, store: &Store) {
    for n in 0..REPORTS {
        queued(store, n, BOARDS).await;
    }
    let runner = RunnerName::parse("bench").expect("a name");
    let offer = Offer { runner: &runner, can_run: &[], sandbox: true };
    let mut leases = Vec::new();
    while let Some(claimed) = jobs::claim(&mut store.connection().await.expect("a connection"), offer, 0).await.expect("a claim") {
        let n = u64::try_from(claimed.run).unwrap_or(1) - 1;
        leases.push((claimed.job, claimed.token, measurement(n, &claimed.board)));
    }
    let json: usize = leases.iter().take(BOARDS).map(|(_, _, m)| serde_json_len(m)).sum();
    let leases = Arc::new(leases);
    let next = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let mut uploaders = tokio::task::JoinSet::new();
    for _ in 0..UPLOADERS {
        let (store, leases, next, runner) = (store.clone(), Arc::clone(&leases), Arc::clone(&next), runner.clone());
        uploaders.spawn(async move {
            let mut packed_bytes = 0;
            loop {
                let at = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX);
                let Some((job, token, measurement)) = leases.get(at) else { return packed_bytes };
                let packed = Packed::of(measurement).expect("packed");
                packed_bytes += packed.len();
                let mut tx = store.write_beside().await.expect("a transaction");
                let (run, _) = jobs::holds(&mut tx, Holder { job: *job, runner: &runner, token: *token }).await.expect("held");
                let run = runs::get(&mut tx, run).await.expect("a run");
                measurements::put(&mut tx, run.id, *token, &packed, 1).await.expect("put");
                tx.commit().await.expect("committed");
            }
        });
    }
    let packed: usize = uploaders.join_all().await.into_iter().sum();
    let rate = f64::from(u32::try_from(REPORTS).unwrap_or(1)) / begin.elapsed().as_secs_f64();
    println!(
        "{name}: {rate:.0} reports/s ({BOARDS} boards, {} symbols, {BENCHES} benchmarks a board; {} KB of JSON, {} KB stored each; {UPLOADERS} at once)",
        BOARDS * SYMBOLS,
        json / 1024,
        packed / usize::try_from(REPORTS).unwrap_or(1) / 1024,
    );
}

fn serde_json_len(measurement: &Measurement) -> usize {
    serde_json::to_vec(measurement).map_or(0, |v| v.len())
}

/// Times of claims in a queue of [`QUEUED`] jobs: each agent at once again and again, and each at its pace.
async fn claims(name: &str, store: &Store) {
    for n in 0..QUEUED / 100 {
        queued(store, n, 100).await;
    }
    for (how, pace) in [("at its pace", Some(PACE)), ("again at once", None)] {
        let left = Arc::new(AtomicU64::new(CLAIMS));
        let mut agents = tokio::task::JoinSet::new();
        let begin = Instant::now();
        for agent in 0..AGENTS {
            let (store, left) = (store.clone(), Arc::clone(&left));
            agents.spawn(async move {
                let runner = RunnerName::parse(&format!("agent{agent}")).expect("a name");
                let offer = Offer { runner: &runner, can_run: &[], sandbox: true };
                let mut times = Vec::new();
                if let Some(pace) = pace {
                    tokio::time::sleep(pace * u32::try_from(agent).unwrap_or(0) / 50).await;
                }
                // What a connection prepares once is not what a claim takes.
                let mut cold = WARM_UP;
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let begin = Instant::now();
                    let mut tx = store.write_beside().await.expect("a transaction");
                    jobs::claim(&mut tx, offer, 1).await.expect("a claim").expect("the queue is long");
                    tx.commit().await.expect("a lease");
                    if cold == 0 {
                        times.push(begin.elapsed());
                    }
                    cold = cold.saturating_sub(1);
                    if let Some(pace) = pace {
                        tokio::time::sleep(pace.saturating_sub(begin.elapsed())).await;
                    }
                }
                times
            });
        }
        let mut times: Vec<Duration> = agents.join_all().await.into_iter().flatten().collect();
        let elapsed = begin.elapsed();
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
        println!(
            "{name}: claim among {QUEUED} queued jobs, {AGENTS} agents, each {how}: p50 {:.2} ms, p99 {:.2} ms, {:.0} claims/s",
            at(50),
            at(99),
            f64::from(u32::try_from(times.len()).unwrap_or(1)) / elapsed.as_secs_f64(),
        );
    }
}
