//! Who reads pages, and how long that takes.

use hmac::{Hmac, KeyInit, Mac};
use ounce_benchmarks::seed::{Made, REPO, WEBHOOK_SECRET};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Every kind of page and of answer of a project.
pub fn paths(made: &Made) -> Vec<String> {
    let project = [
        "",
        "/series",
        "/series?s=microbit/flash",
        "/series?s=pyboard/dicts&last=1000",
        "/series?s=microbit/flash&s=hifive1/flash&s=mps2-an385/flash&s=microbit/lists&s=microbit/calls:heap&scale=relative&last=500",
        "/series?s=mps2-an385/flash&last=10000",
        "/series?s=microbit/flash&format=csv",
        "/boards/microbit",
        "/boards/pyboard",
        "/compare",
        "/compare?base=stable&head=latest",
        "/compare?base=stable&head=latest&board=microbit",
        "/compare?base=stable&head=latest&format=csv",
        "/commits/stable",
        "/builds/{tip}/microbit",
        "/builds/{tip}/microbit?root=core",
        "/symbols",
        "/symbols?board=microbit&days=365",
        "/symbols?board=microbit&since=stable",
        "/symbols?board=microbit&q=uart",
        "/symbol?name={symbol}",
        "/tradeoffs",
        "/tradeoffs?board=microbit&days=365",
        "/prices",
        "/runs",
        "/runs?verdict=over_budget",
    ];
    let rest = [
        "/",
        "/work",
        "/runs/{run}",
        "/runners/lab-1",
        "/lab",
        "/search?q={tip7}",
        "/search?q=uart",
        "/metrics",
        "/api/v1/projects",
        "/api/v1/projects/{repo}",
        "/api/v1/projects/{repo}/runs",
        "/api/v1/projects/{repo}/boards/microbit/history",
        "/api/v1/projects/{repo}/series?s=microbit/flash",
        "/api/v1/runs/{run}",
        "/api/v1/work",
    ];
    let project = project.iter().map(|path| format!("/p/{REPO}{path}"));
    let filled = |path: String| {
        path.replace("{tip7}", &made.tip[..7])
            .replace("{tip}", &made.tip)
            .replace("{run}", &made.run.to_string())
            .replace("{repo}", REPO)
            .replace("{symbol}", &encoded(&made.symbol))
    };
    project.chain(rest.iter().map(|path| (*path).to_owned())).map(filled).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The times of one page, and how large it was.
#[derive(Debug, Clone, Default)]
pub struct Times {
    all: Vec<Duration>,
    /// The largest answer.
    pub bytes: usize,
}

impl Times {
    /// The time within which so many of a hundred are, milliseconds.
    pub fn at(&self, percent: usize) -> f64 {
        let mut all = self.all.clone();
        all.sort_unstable();
        all.get((all.len() * percent / 100).min(all.len().saturating_sub(1))).map_or(0.0, |took| took.as_secs_f64() * 1e3)
    }
}

/// The times of all pages.
#[derive(Debug, Default)]
pub struct Figures(BTreeMap<String, Times>);

impl Figures {
    /// Those of one page.
    pub fn of(&self, path: &str) -> Times {
        self.0.get(path).cloned().unwrap_or_default()
    }

    /// Those of all pages together.
    pub fn all(&self) -> Times {
        Times { all: self.0.values().flat_map(|times| times.all.iter().copied()).collect(), bytes: 0 }
    }

    /// Notes one answer.
    fn took(&mut self, path: &str, took: Duration, bytes: usize) {
        let times = self.0.entry(path.to_owned()).or_default();
        times.all.push(took);
        times.bytes = times.bytes.max(bytes);
    }

    /// Adds another reader's.
    pub fn add(&mut self, other: Figures) {
        for (path, times) in other.0 {
            let mine = self.0.entry(path).or_default();
            mine.all.extend(times.all);
            mine.bytes = mine.bytes.max(times.bytes);
        }
    }
}

/// A browser without the drawing.
#[derive(Debug, Clone)]
pub struct Reader {
    http: reqwest::Client,
    url: String,
}

impl Reader {
    /// One that has not read anything yet.
    pub fn new(url: &str) -> Reader {
        Reader { http: reqwest::Client::builder().no_proxy().build().expect("a client"), url: url.to_owned() }
    }

    /// Reads a page.
    pub async fn read(&self, path: &str, figures: &mut Figures) {
        let begin = Instant::now();
        let mut answer = self.http.get(format!("{}{path}", self.url)).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let first = answer.chunk().await.expect("a first byte").map_or(0, |chunk| chunk.len());
        let took = begin.elapsed();
        let bytes = first + answer.bytes().await.expect("a body").len();
        figures.took(path, took, bytes);
    }
}

/// What webhooks take.
#[derive(Debug, Default)]
pub struct Webhooks(pub Times);

impl Webhooks {
    /// Sends one, signed.
    pub async fn send(&mut self, reader: &Reader) {
        // One that no server had before.
        let n = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let body = format!(
            "{{\"ref\":\"refs/heads/topic-{n}\",\"after\":\"{n:040x}\",\"deleted\":false,\"repository\":{{\"full_name\":\"{REPO}\",\"default_branch\":\"main\"}}}}"
        );
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).expect("a key");
        mac.update(body.as_bytes());
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        let request = reader.http.post(format!("{}/webhooks/github", reader.url)).header("x-github-event", "push");
        let request = request.header("x-hub-signature-256", signature).header("x-github-delivery", format!("guid-{n}")).body(body);
        let begin = Instant::now();
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "webhook: {}", answer.status());
        self.0.all.push(begin.elapsed());
    }
}
