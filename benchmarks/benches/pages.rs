//! The doors of the server over a long history: how long pages, API and webhooks take to answer with 10⁵, 10⁶ and 10⁷ points of one
//! project, on both databases, and the most memory the process ever had.
//!
//! `OUNCE_POINTS_MAX=10000000` also plays the longest, which takes minutes and gigabytes; without it, a million. The rows are made by
//! SQL; the answers are those of the real doors over HTTP on loopback, one after the other.

use hmac::{Hmac, KeyInit, Mac};
use ounce_server::clock::Clock;
use ounce_server::config::Config;
use ounce_server::serve;
use ounce_server::store::sql::{script, sql};
use ounce_server::store::{Place, Store};
use scratch_postgres::Cluster;
use std::path::Path;
use std::time::{Duration, Instant};

const BOARDS: u64 = 6;
/// Series of a board: two regions, and three figures of each of the rest.
const SERIES: u64 = 40;
/// Points in the histories.
const POINTS: [u64; 3] = [100_000, 1_000_000, 10_000_000];
const POINTS_MAX: u64 = 1_000_000;
/// Commits whose points are written in one statement.
const CHUNK: u64 = 2_000;
/// Times each page is asked for.
const ASKED: usize = 200;
const SECRET: &str = "bench";

/// One project with so many commits, each with one run, and on each board a measurement; nothing is in the documents, which no page
/// of a history reads.
const ROWS: &str = "
INSERT INTO projects (id, repo, default_branch, visibility, created_ms) VALUES (1, 'acme/blinky', 'main', 'public', 0);
INSERT INTO commits (project_id, sha, parent_sha, summary, committed_ms, on_default)
    WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {commits})
    SELECT 1, '000000000000000000000000000000' || CAST(1000000000 + i AS TEXT), '000000000000000000000000000000' || CAST(999999999 + i AS TEXT),
        'change number ' || CAST(i AS TEXT), 1600000000000 + i * 3600000, 1 FROM n;
INSERT INTO runs (project_id, kind, shown_sha, base_sha, head_sha, trusted, manifest, state, verdict, comparison, created_ms, judged_ms)
    SELECT 1, 'push', sha, parent_sha, sha, 1, 'version = 1', 'judged', 'unchanged', '{}', committed_ms, committed_ms FROM commits;
INSERT INTO tools (id, project_id, sha256, names) VALUES (1, 1, 'x', '{}');
INSERT INTO series (project_id, board, kind, name, tools_id)
    WITH RECURSIVE b(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM b WHERE i < {boards}), s(j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM s WHERE j < {series})
    SELECT 1, 'board' || CAST(i AS TEXT), CASE WHEN j <= 2 THEN 'region' WHEN j % 3 = 0 THEN 'stack' WHEN j % 3 = 1 THEN 'heap' ELSE 'instructions' END,
        'figure' || CAST(j AS TEXT), 1 FROM b, s;
INSERT INTO measurements (run_id, board, commit_id, doc, packed, token, trusted, received_ms)
    SELECT runs.id, boards.board, commits.id, '', NULL, 1, 1, 0 FROM commits JOIN runs ON runs.head_sha = commits.sha AND runs.project_id = 1,
        (SELECT DISTINCT board FROM series) AS boards;
";

/// The points of the commits of a range.
const CHUNK_ROWS: &str = "INSERT INTO points (series_id, commit_id, measurement_id, value, exact)
    SELECT series.id, commits.id, measurements.id, 1000 + commits.id % 97, 1 FROM commits
        JOIN measurements ON measurements.commit_id = commits.id JOIN series ON series.project_id = 1 AND series.board = measurements.board
    WHERE commits.id > $1 AND commits.id <= $2";

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let most = std::env::var("OUNCE_POINTS_MAX").ok().and_then(|n| n.parse().ok()).unwrap_or(POINTS_MAX);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for points in POINTS.into_iter().filter(|points| *points <= most) {
            let folder = tempfile::tempdir().expect("a folder");
            measure("SQLite", Place::File(folder.path().join("pages")), points).await;
            match Cluster::start() {
                Err(why) => println!("PostgreSQL: left out: {why}"),
                Ok(cluster) => {
                    let database = cluster.database().await.expect("a database");
                    measure("PostgreSQL", Place::parse(&database.url, Path::new("/")).expect("an address"), points).await;
                }
            }
        }
    });
}

async fn measure(name: &str, place: Place, points: u64) {
    let store = Store::open(&place).await.expect("a database");
    store.migrate().await.expect("tables");
    let begin = Instant::now();
    fill(&store, points).await;
    println!(
        "{name}, {points} points: made in {:.0} s, {} MB in the database",
        begin.elapsed().as_secs_f64(),
        stored_bytes(&store).await >> 20
    );

    let text = format!(
        "listen = \"127.0.0.1:0\"\nprojects = [\"acme/blinky\"]\n[forge]\nmode = \"token\"\napi_url = \"http://127.0.0.1:9\"\ntoken = \"none\"\nwebhook_secrets = [\"{SECRET}\"]\n"
    );
    let mut config = Config::parse(&text, Path::new("/"), &|_| None).expect("a configuration");
    config.database = place;
    let clock = Clock::default();
    let forge = serve::connect(&config.forge, clock.clone()).expect("a forge");
    let running = serve::start(&config, store, forge, clock).await.expect("a server");
    let url = format!("http://{}", running.addr);
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    for path in [
        "/",
        "/p/acme/blinky",
        "/p/acme/blinky/boards/board3",
        "/api/v1/projects",
        "/api/v1/projects/acme/blinky",
        "/api/v1/projects/acme/blinky/runs",
        "/api/v1/projects/acme/blinky/runs?before=100",
        "/api/v1/projects/acme/blinky/boards/board3/history",
        "/metrics",
    ] {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..ASKED {
            let begin = Instant::now();
            let answer = http.get(format!("{url}{path}")).send().await.expect("an answer");
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            bytes = answer.bytes().await.expect("a body").len();
            times.push(begin.elapsed());
        }
        say(name, points, &format!("GET {path} ({} KB)", bytes / 1024), times);
    }
    let mut times = Vec::new();
    for n in 0..ASKED {
        let body = format!(
            "{{\"ref\":\"refs/heads/topic-{n}\",\"after\":\"{n:040x}\",\"deleted\":false,\"repository\":{{\"full_name\":\"acme/blinky\",\"default_branch\":\"main\"}}}}"
        );
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(body.as_bytes());
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        let request = http.post(format!("{url}/webhooks/github")).header("x-github-event", "push").header("x-hub-signature-256", signature);
        let begin = Instant::now();
        let answer = request.header("x-github-delivery", format!("guid-{n}")).body(body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "webhook: {}", answer.status());
        times.push(begin.elapsed());
    }
    say(name, points, "POST webhook", times);
    println!("{name}, {points} points: {} MB of memory at most, this bench included", peak_kb() / 1024);
    running.stop().await;
}

async fn fill(store: &Store, points: u64) {
    let commits = points / (BOARDS * SERIES);
    let mut c = store.connection().await.expect("a connection");
    let rows = ROWS.replace("{commits}", &commits.to_string()).replace("{boards}", &BOARDS.to_string());
    script(&mut c, rows.replace("{series}", &SERIES.to_string())).await.expect("rows");
    drop(c);
    let commits = i64::try_from(commits).unwrap_or(i64::MAX);
    let step = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    for from in (0..commits).step_by(usize::try_from(CHUNK).unwrap_or(1)) {
        let mut tx = store.write().await.expect("a transaction");
        sql(CHUNK_ROWS).bind(from).bind(from + step).execute(&mut tx).await.expect("points");
        tx.commit().await.expect("committed");
    }
    let mut c = store.connection().await.expect("a connection");
    script(&mut c, "ANALYZE").await.expect("analysed");
}

async fn stored_bytes(store: &Store) -> i64 {
    let size = match store.is_file() {
        true => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        false => "SELECT pg_database_size(current_database())",
    };
    let mut c = store.connection().await.expect("a connection");
    sql(size).fetch_one(&mut c).await.expect("its size")
}

fn say(name: &str, points: u64, what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!("{name}, {points} points: {what}: p50 {:.1} ms, p99 {:.1} ms", at(50), at(99));
}

/// The most memory this process had, from the kernel.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}
