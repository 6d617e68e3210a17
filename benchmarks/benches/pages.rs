//! The doors of the server over a long history: how long every page of a project takes to its first byte, alone and with twenty readers at once, how
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

use ounce_benchmarks::seed::{Wanted, fill};
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
    let made = fill(&store, Wanted { points, seed: 1, until_ms: server::now() }).await.expect("a history");
    let megabytes = stored_bytes(&store).await >> 20;
    store.close().await;
    println!("\n{name}, {points} points: made in {:.0} s, {megabytes} MB in the database", begin.elapsed().as_secs_f64());

    let server = Server::start(place);
    let paths = paths(&made);
    let rounds = number("OUNCE_ROUNDS", ROUNDS);
    let (mut alone, reader) = (Figures::default(), Reader::new(&server.url));
    // Once before, so that what is kept is there.
    reader.walk(&paths, 0, &mut Figures::default()).await;
    let mut worked: Vec<Duration> = Vec::new();
    for path in &paths {
        let before = server.worked();
        for _ in 0..rounds {
            reader.walk(std::slice::from_ref(path), 0, &mut alone).await;
        }
        worked.push((server.worked() - before) / u32::try_from(rounds).unwrap_or(u32::MAX));
    }
    let mut webhooks = Webhooks::default();
    let mut readers = tokio::task::JoinSet::new();
    for at in 0..READERS {
        let (paths, reader) = (paths.clone(), Reader::new(&server.url));
        readers.spawn(async move {
            let mut figures = Figures::default();
            for _ in 0..rounds {
                // Each begins at another page, as people do.
                reader.walk(&paths, at * paths.len() / READERS, &mut figures).await;
            }
            figures
        });
    }
    let mut together = Figures::default();
    let sender = Reader::new(&server.url);
    while !readers.is_empty() {
        tokio::select! {
            Some(done) = readers.join_next() => together.add(done.expect("a reader")),
            () = tokio::time::sleep(Duration::from_millis(50)) => webhooks.send(&sender).await,
        }
    }
    println!("{:>9} {:>9} {:>9} {:>9} {:>9} {:>8}  page", "p50 ms", "p99 ms", "CPU ms", "20: p50", "20: p99", "KB");
    let mut over = Vec::new();
    for (path, worked) in paths.iter().zip(&worked) {
        let (a, b) = (alone.of(path), together.of(path));
        let kb = a.bytes.div_ceil(1024);
        let cpu = worked.as_secs_f64() * 1e3;
        println!("{:9.1} {:9.1} {cpu:9.1} {:9.1} {:9.1} {kb:8}  {path}", a.at(50), a.at(99), b.at(50), b.at(99));
        if a.at(99) > FIRST_BYTE_MS || kb > PAGE_KB {
            over.push(path.clone());
        }
    }
    let (everything, webhook) = (together.all(), webhooks.0);
    println!(
        "{:9} {:9} {:9} {:9.1} {:9.1} {:8}  all pages, {READERS} readers, limit {FIRST_BYTE_MS} ms",
        "",
        "",
        "",
        everything.at(50),
        everything.at(99),
        ""
    );
    println!(
        "{:9} {:9} {:9} {:9.1} {:9.1} {:8}  webhooks meanwhile, limit {WEBHOOK_MS} ms",
        "",
        "",
        "",
        webhook.at(50),
        webhook.at(99),
        ""
    );
    let statements = server.statements().await;
    println!("statements: {} in all, 99 of 100 within {:.1} ms, limit {STATEMENT_MS} ms", statements.count, statements.within(0.99) * 1e3);
    println!("memory: {} MB at most, limit {MEMORY_MB} MB", server.peak_kb() / 1024);
    println!("over a limit alone (first byte {FIRST_BYTE_MS} ms, {PAGE_KB} KB): {over:?}");
    server.end();
}

async fn stored_bytes(store: &Store) -> i64 {
    let size = match store.is_file() {
        true => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        false => "SELECT pg_database_size(current_database())",
    };
    let mut c = store.connection().await.expect("a connection");
    sql(size).fetch_one(&mut c).await.expect("its size")
}
