//! The doors of the server over a long history: how long every page of a project takes to its first byte, alone, with twenty readers of a page a second, and with twenty who never pause; how
//! large it is, what processor time it takes, what the database and webhooks take meanwhile, and the most memory the server ever had.
//!
//! `OUNCE_POINTS_MAX=10000000` also plays the longest of 10⁵, 10⁶ and 10⁷ points; without it, a million. `OUNCE_POINTS_MIN` leaves shorter ones out,
//! `OUNCE_DATABASE` is `sqlite` or `postgres` where only one is wished, `OUNCE_ROUNDS` how often a reader walks over all pages. The history is the one
//! of `./dev seed`; the server is a process of its own: this program again, with the database's address. With `RUST_LOG=ounce_server::store=debug` it
//! names its slow statements.

#[path = "pages/reader.rs"]
mod reader;
#[path = "pages/server.rs"]
mod server;

use ounce_benchmarks::seed::{WHOLE_RUNS, Wanted, fill};
use ounce_server::store::sql::sql;
use ounce_server::store::{Place, Store};
use reader::{Figures, Reader, Webhooks, paths};
use scratch_postgres::Cluster;
use server::{ADDRESS_OF, Server};
use std::path::Path;
use std::time::{Duration, Instant};

/// Points in the histories.
const POINTS: [u64; 3] = [100_000, 1_000_000, 10_000_000];
const POINTS_MAX: u64 = 1_000_000;
/// Readers at once.
const READERS: usize = 20;
/// Times each reader walks over all pages.
const ROUNDS: u64 = 10;
/// How long a reader looks at a page, where it is one who reads.
const PAUSE: Duration = Duration::from_secs(1);
/// The limits: to the first byte, of a webhook, of a statement, of a page and of the server.
const FIRST_BYTE_MS: f64 = 100.0;
const WEBHOOK_MS: f64 = 20.0;
const STATEMENT_MS: f64 = 50.0;
const PAGE_KB: usize = 150;
const MEMORY_MB: u64 = 150;

fn number(name: &str, without: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(without)
}

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    if let Ok(place) = std::env::var(ADDRESS_OF) {
        return server::run(&place);
    }
    let (least, most) = (number("OUNCE_POINTS_MIN", 0), number("OUNCE_POINTS_MAX", POINTS_MAX));
    let only = std::env::var("OUNCE_DATABASE").unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for points in POINTS.into_iter().filter(|points| (least..=most).contains(points)) {
            if only != "postgres" {
                let folder = tempfile::tempdir().expect("a folder");
                let file = folder.path().join("pages");
                measure("SQLite", &file.display().to_string(), points).await;
            }
            if only != "sqlite" {
                match Cluster::start() {
                    Err(why) => println!("PostgreSQL: left out: {why}"),
                    Ok(cluster) => {
                        let database = cluster.database().await.expect("a database");
                        measure("PostgreSQL", &database.url, points).await;
                    }
                }
            }
        }
    });
}

async fn measure(name: &str, place: &str, points: u64) {
    let begin = Instant::now();
    let store = Store::open(&Place::parse(place, Path::new("/")).expect("an address")).await.expect("a database");
    store.migrate().await.expect("tables");
    let made = fill(&store, Wanted { points, seed: 1, until_ms: server::now(), whole_runs: WHOLE_RUNS }).await.expect("a history");
    let megabytes = stored_bytes(&store).await >> 20;
    store.close().await;
    println!("\n{name}, {points} points: made in {:.0} s, {megabytes} MB in the database", begin.elapsed().as_secs_f64());

    let paths = paths(&made);
    let rounds = number("OUNCE_ROUNDS", ROUNDS);
    // Made anew for each reader: what a page costs.
    let server = Server::start(place, Some(0));
    let (mut alone, reader) = (Figures::default(), Reader::new(&server.url));
    // Once before, so that what is kept is there.
    for path in &paths {
        reader.read(path, &mut Figures::default()).await;
    }
    let mut worked: Vec<Duration> = Vec::new();
    for path in &paths {
        let before = server.worked();
        for _ in 0..rounds {
            reader.read(path, &mut alone).await;
        }
        worked.push((server.worked() - before) / u32::try_from(rounds).unwrap_or(u32::MAX));
    }
    let people = together(&server, &paths, 1, PAUSE).await;
    let anew = together(&server, &paths, rounds, Duration::ZERO).await;
    let peak_kb = server.peak_kb();
    server.end();
    // As it is: what many strangers ask for within a second is made once.
    let server = Server::start(place, None);
    let kept = together(&server, &paths, rounds, Duration::ZERO).await;

    println!(
        "{:>9} {:>9} {:>9} | {:>9} {:>9} | {:>9} {:>9} | {:>9} {:>9} {:>6}  page",
        "p50 ms", "p99 ms", "CPU ms", "20: p50", "p99", "busy: p50", "p99", "kept: p50", "p99", "KB"
    );
    let mut over = Vec::new();
    for (path, worked) in paths.iter().zip(&worked) {
        let a = alone.of(path);
        let kb = a.bytes.div_ceil(1024);
        let cpu = worked.as_secs_f64() * 1e3;
        let [b, c, d] = [&people, &anew, &kept].map(|read| {
            let of = read.pages.of(path);
            format!("{:9.1} {:9.1}", of.at(50), of.at(99))
        });
        println!("{:9.1} {:9.1} {cpu:9.1} | {b} | {c} | {d} {kb:6}  {path}", a.at(50), a.at(99));
        if a.at(99) > FIRST_BYTE_MS || kb > PAGE_KB {
            over.push(path.clone());
        }
    }
    for (what, read) in
        [("a page a second each, made anew", &people), ("who never pause, made anew", &anew), ("who never pause, kept for a second", &kept)]
    {
        let (all, webhook) = (read.pages.all(), &read.webhooks.0);
        println!(
            "{READERS} readers, {what}: first byte p50 {:.1} ms, p99 {:.1} ms, limit {FIRST_BYTE_MS} ms; {:.0} pages/s; webhooks meanwhile p50 {:.1} ms, p99 {:.1} ms, limit {WEBHOOK_MS} ms; statements p99 within {:.1} ms, limit {STATEMENT_MS} ms",
            all.at(50),
            all.at(99),
            read.per_second,
            webhook.at(50),
            webhook.at(99),
            read.statement_s * 1e3
        );
    }
    println!("memory: {} MB at most, limit {MEMORY_MB} MB", server.peak_kb().max(peak_kb) / 1024);
    println!("over a limit alone (first byte {FIRST_BYTE_MS} ms, {PAGE_KB} KB): {over:?}");
    server.end();
}

/// What twenty readers and a webhook every 50 ms took.
struct Read {
    pages: Figures,
    webhooks: Webhooks,
    per_second: f64,
    statement_s: f64,
}

async fn together(server: &Server, paths: &[String], rounds: u64, pause: Duration) -> Read {
    let begin = Instant::now();
    let mut readers = tokio::task::JoinSet::new();
    for at in 0..READERS {
        let (paths, reader) = (paths.to_vec(), Reader::new(&server.url));
        readers.spawn(async move {
            let mut figures = Figures::default();
            // Not all in one moment.
            tokio::time::sleep(pause * u32::try_from(at).unwrap_or(0) / u32::try_from(READERS).unwrap_or(1)).await;
            for _ in 0..rounds {
                // Each begins at another page, as people do.
                for path in paths.iter().cycle().skip(at * paths.len() / READERS).take(paths.len()) {
                    reader.read(path, &mut figures).await;
                    tokio::time::sleep(pause).await;
                }
            }
            figures
        });
    }
    let (mut pages, mut webhooks) = (Figures::default(), Webhooks::default());
    let sender = Reader::new(&server.url);
    while !readers.is_empty() {
        tokio::select! {
            Some(done) = readers.join_next() => pages.add(done.expect("a reader")),
            () = tokio::time::sleep(Duration::from_millis(50)) => webhooks.send(&sender).await,
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let per_second = (READERS * paths.len()) as f64 * rounds as f64 / begin.elapsed().as_secs_f64();
    Read { pages, webhooks, per_second, statement_s: server.statements().await.within(0.99) }
}

async fn stored_bytes(store: &Store) -> i64 {
    let size = match store.is_file() {
        true => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        false => "SELECT pg_database_size(current_database())",
    };
    let mut c = store.connection().await.expect("a connection");
    sql(size).fetch_one(&mut c).await.expect("its size")
}
