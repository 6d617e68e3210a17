//! The server in a process of its own, so that its memory is its own too.

use ounce_benchmarks::seed::{KEPT_VARIABLE, served};
use ounce_server::clock::Clock;
use ounce_server::logging::{self, Format};
use ounce_server::store::{Place, Store};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Names the database to this program where it is to be the server.
pub const ADDRESS_OF: &str = "OUNCE_PAGES_DATABASE";

/// The time.
pub fn now() -> i64 {
    Clock::default().now()
}

/// Is the server, until nobody holds the other end of its standard input.
pub fn run(place: &str) {
    logging::start(Format::Text, None);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let place = Place::parse(place, Path::new("/")).expect("an address");
        let store = Store::open(&place).await.expect("a database");
        let running = served(place, store, ([127, 0, 0, 1], 0).into()).await.expect("a server");
        println!("http://{}", running.addr);
        let held = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        let _ = held.await;
        running.stop().await;
    });
}

/// The server's process.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Server {
    /// Starts it and waits until it listens. Pages are kept for so many milliseconds, or as long as everywhere.
    pub fn start(place: &str, kept_ms: Option<u32>) -> Server {
        #[expect(clippy::disallowed_methods, reason = "this program itself")]
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        if std::env::var_os("RUST_LOG").is_none() {
            command.env("RUST_LOG", "error");
        }
        if let Some(ms) = kept_ms {
            command.env(KEPT_VARIABLE, ms.to_string());
        }
        let mut child = command.env(ADDRESS_OF, place).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a server");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut url).expect("its address");
        Server { child, url: url.trim_end().to_owned() }
    }

    /// The most memory it had, from the kernel.
    pub fn peak_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
    }

    /// Processor time of all its threads so far, from the kernel: what a page costs whoever else works on this machine.
    pub fn worked(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten().flatten();
        let ns = tasks.filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(ns.sum())
    }

    /// How long its statements took so far, as it tells itself.
    pub async fn statements(&self) -> Statements {
        let text = reqwest::get(format!("{}/metrics", self.url)).await.expect("metrics").text().await.expect("metrics");
        let buckets = text.lines().filter_map(|line| {
            let (bound, count) = line.strip_prefix("ounce_statement_duration_seconds_bucket{le=\"")?.split_once("\"} ")?;
            Some((bound.parse().unwrap_or(f64::INFINITY), count.parse().ok()?))
        });
        let buckets: Vec<(f64, u64)> = buckets.collect();
        Statements { count: buckets.last().map_or(0, |(_, count)| *count), buckets }
    }

    /// Ends it in order.
    pub fn end(mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Statements by time.
#[derive(Debug)]
pub struct Statements {
    count: u64,
    buckets: Vec<(f64, u64)>,
}

impl Statements {
    /// The smallest bound that this share of them is within, seconds.
    pub fn within(&self, share: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let enough = |count: u64| count as f64 >= self.count as f64 * share;
        self.buckets.iter().find(|(_, count)| enough(*count)).map_or(f64::INFINITY, |(bound, _)| *bound)
    }
}
