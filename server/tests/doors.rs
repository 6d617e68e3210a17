//! Damaged bodies through the real doors: whatever a forge's or a runner's request says, it is answered and told apart, never a 500.
//!
//! The reader of comments has its own such test (`src/work/command/hostile.rs`), manifest and measurement theirs (`crates/protocol/tests/hostile.rs`).

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hmac::{Hmac, KeyInit, Mac};
use ounce_protocol::ids::{BoardName, RepoName, RunnerName};
use ounce_protocol::runner_api::{PROTOCOL, PROTOCOL_HEADER};
use ounce_server::clock::Clock;
use ounce_server::config::Config;
use ounce_server::forge::CommitInfo;
use ounce_server::secret::{Secret, sha256_hex};
use ounce_server::serve;
use ounce_server::store::jobs::{self, Offer};
use ounce_server::store::runs::{self, NewRun, RunKind, RunState};
use ounce_server::store::sql::script;
use ounce_server::store::{Store, projects, runners};
use ounce_server::web::runner_api::PREFIX;
use ounce_server::web::{self, App, webhook};
use ounce_server::work::event::{Event, KNOWN};
use ounce_server::work::{Context, Wake};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt as _;

const SECRET: &str = "of-the-hook";
const TOKEN: &str = "of-the-runner";
const LEASE_TOKEN: &str = "of-the-lease";
/// Whose measurement `crates/protocol/tests/measurement.json` is.
const BOARD: &str = "microbit";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// What was noted is forgotten after so many cases, or a long run would fill the disk.
const FORGET_EVERY: u64 = 20_000;

/// How many cases are run: more with OUNCE_FUZZ_CASES set, as `./dev soak` does.
fn cases() -> u64 {
    std::env::var("OUNCE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

/// A small generator of repeatable numbers (xorshift).
struct Seeded(u64);

impl Seeded {
    fn of(seed: u64) -> Seeded {
        Seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n.max(1) as u64).unwrap()
    }

    /// Cuts, doubles, moves and overwrites pieces, with what means something in JSON.
    fn damage(&mut self, text: &[u8]) -> Vec<u8> {
        const PIECES: [&[u8]; 14] = [
            b"\"",
            b"{",
            b"}",
            b"[",
            b"]",
            b"null",
            b"-1",
            b"1e999",
            b"99999999999999999999999",
            b"\\u0000",
            b"\\ud800",
            b"\xff",
            b"\"a\":",
            b"../",
        ];
        let mut text = text.to_vec();
        // Some stay as they are.
        for _ in 0..self.below(4) {
            let at = self.below(text.len());
            let end = (at + self.below(30)).min(text.len());
            match self.below(5) {
                0 => drop(text.drain(at..end)),
                1 => text.extend_from_within(at..end),
                2 => drop(text.splice(at..end, PIECES[self.below(PIECES.len())].iter().copied())),
                3 => drop(text.splice(at..at, PIECES[self.below(PIECES.len())].iter().copied())),
                _ if at < text.len() => text[at] ^= 1 << self.below(8),
                _ => {}
            }
        }
        text
    }
}

/// A server without its loops: what comes in is answered, and stays.
struct Doors {
    router: Router,
    store: Store,
    job: i64,
    _stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

impl Doors {
    async fn new() -> Doors {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::default();
        let text = "projects = [\"acme/blinky\"]\n[forge]\nmode = \"token\"\ntoken = \"t\"\nwebhook_secrets = [\"s\"]\napi_url = \"http://127.0.0.1:9\"\n";
        let config = Config::parse(text, folder.path(), &|_| None).unwrap();
        let forge = serve::connect(&config.forge, clock.clone()).unwrap();
        let store = Store::open(folder.path().join("ounce.sqlite3").as_path()).await.unwrap();
        store.migrate().await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let cx = Context {
            store: store.clone(),
            forge,
            clock: clock.clone(),
            wake: Arc::new(Wake::default()),
            stopping,
            projects: config.projects,
            public_url: None,
            keep: config.keep,
            started_ms: clock.now(),
        };
        let router = web::router(App::new(Arc::new(cx), &[Secret::new(SECRET)]));
        let runner = RunnerName::parse("lab").unwrap();
        runners::put(&mut store.connection().await.unwrap(), &runner, &sha256_hex(TOKEN), clock.now()).await.unwrap();
        let mut doors = Doors { router, store, job: 0, _stop: stop, _folder: folder };
        doors.lease().await;
        doors
    }

    /// Gives the runner a job of its own, so that its requests are about something.
    async fn lease(&mut self) {
        let mut c = self.store.write().await.unwrap();
        let now = Clock::default().now();
        let project = projects::project(&mut c, &RepoName::parse("acme/blinky").unwrap(), "main", now).await.unwrap();
        let head = ounce_protocol::ids::CommitSha::parse(COMMIT).unwrap();
        let commit = CommitInfo { sha: head.clone(), parents: vec![], committed_s: 0, summary: "a change".into() };
        projects::put_commit(&mut c, project, &commit, true).await.unwrap();
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
        let run = runs::insert(&mut c, &new, now).await.unwrap();
        jobs::insert(&mut c, run, &BoardName::parse(BOARD).unwrap(), None, true, 0, now).await.unwrap();
        let runner = RunnerName::parse("lab").unwrap();
        // For a day: nobody sends a heartbeat but by chance.
        let offer = Offer { runner: &runner, can_run: &[], sandbox: true };
        let lease = jobs::claim(&mut c, offer, now + 86_400_000).await.unwrap().expect("the job that was just queued");
        assert_eq!(lease.token, 1, "the templates below name this token");
        let held = runners::Held { runner, job: lease.job, fence: lease.token };
        assert!(runners::put_lease(&mut c, &sha256_hex(LEASE_TOKEN), &held, now).await.unwrap());
        c.commit().await.unwrap();
        self.job = lease.job;
    }

    async fn send(&self, request: Request<Body>) -> u16 {
        self.router.clone().oneshot(request).await.expect("a router always answers").status().as_u16()
    }

    async fn forget(&self, what: &'static str) {
        script(&mut self.store.connection().await.unwrap(), what).await.unwrap();
    }
}

fn events() -> Vec<(&'static str, String)> {
    let repository = r#""repository":{"full_name":"acme/blinky","default_branch":"main"},"installation":{"id":9001},"sender":{"login":"dev","type":"User"}"#;
    let bodies = [
        ("ping", "\"zen\":\"Speak like a human.\",\"hook_id\":1".to_owned()),
        (
            "pull_request",
            format!(
                "\"action\":\"synchronize\",\"number\":7,\"before\":\"{COMMIT}\",\"changes\":{{\"base\":{{}}}},\"pull_request\":{{\"title\":\"x\",\
                 \"user\":{{\"login\":\"dev\",\"type\":\"User\"}},\"head\":{{\"sha\":\"{COMMIT}\",\"repo\":{{\"full_name\":\"acme/blinky\"}}}}}}"
            ),
        ),
        ("push", format!("\"ref\":\"refs/heads/main\",\"after\":\"{COMMIT}\",\"deleted\":false")),
        (
            "issue_comment",
            "\"action\":\"created\",\"issue\":{\"number\":7,\"pull_request\":{}},\"comment\":{\"id\":5,\"body\":\"/ounce run\",\
             \"user\":{\"login\":\"dev\",\"type\":\"User\"},\"author_association\":\"OWNER\"}"
                .to_owned(),
        ),
        (
            "check_run",
            format!(
                "\"action\":\"requested_action\",\"requested_action\":{{\"identifier\":\"run\"}},\"check_run\":{{\"id\":3,\"name\":\"ounce\",\
                 \"head_sha\":\"{COMMIT}\",\"external_id\":\"1\",\"app\":{{\"id\":7001}}}}"
            ),
        ),
        (
            "check_suite",
            format!("\"action\":\"rerequested\",\"check_suite\":{{\"id\":3,\"head_sha\":\"{COMMIT}\",\"app\":{{\"id\":7001}}}}"),
        ),
        ("installation", "\"action\":\"created\",\"repositories\":[{\"full_name\":\"acme/blinky\"}]".to_owned()),
        (
            "installation_repositories",
            "\"action\":\"added\",\"repositories_added\":[{\"full_name\":\"acme/blinky\"}],\"repositories_removed\":[]".to_owned(),
        ),
    ];
    bodies.into_iter().map(|(event, body)| (event, format!("{{{body},{repository}}}"))).collect()
}

#[tokio::test]
async fn no_damaged_webhook_breaks_the_gate_or_its_reader() {
    let doors = Doors::new().await;
    let events = events();
    assert_eq!(events.iter().map(|(event, _)| *event).collect::<Vec<_>>(), KNOWN, "an event has no body here");
    for (event, body) in &events {
        Event::parse(event, body.as_bytes()).unwrap_or_else(|error| panic!("{event}, undamaged: {error}"));
    }
    let mut answers: BTreeMap<u16, u64> = BTreeMap::new();
    let (mut understood, mut not) = (0_u64, 0_u64);
    for seed in 1..=cases() {
        let mut seeded = Seeded::of(seed);
        let (event, body) = &events[seeded.below(events.len())];
        let body = seeded.damage(body.as_bytes());
        let forged = seeded.below(8) == 0;
        let mut mac = Hmac::<Sha256>::new_from_slice(if forged { b"of-another" } else { SECRET.as_bytes() }).unwrap();
        mac.update(&body);
        match Event::parse(event, &body) {
            Ok(_) => understood += 1,
            Err(_) => not += 1,
        }
        let request = Request::post(webhook::PATH)
            .header("x-hub-signature-256", format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
            .header("x-github-delivery", seed.to_string())
            .header("x-github-event", *event)
            .body(Body::from(body))
            .unwrap();
        let status = doors.send(request).await;
        assert!(if forged { status == 401 } else { [202, 400].contains(&status) }, "seed {seed}: {event} was answered {status}");
        *answers.entry(status).or_default() += 1;
        if seed % FORGET_EVERY == 0 {
            doors.forget("DELETE FROM deliveries").await;
        }
    }
    eprintln!("{} webhooks: {answers:?}, {understood} understood, {not} not", cases());
    assert!(understood > cases() / 5 && not > cases() / 5, "too tame or too wild: {understood} understood, {not} not");
    assert!(answers[&202] > 0 && answers[&400] > 0 && answers[&401] > 0, "{answers:?}");
}

#[tokio::test]
async fn no_damaged_request_of_a_runner_breaks_its_door() {
    let mut doors = Doors::new().await;
    let measurement = include_str!("../../crates/protocol/tests/measurement.json");
    let upload = format!("{{\"token\":1,\"measurement\":{measurement}}}");
    let requests: [(&str, &str); 6] = [
        ("/enroll", r#"{"code":"0123456789abcdef","name":"lab2"}"#),
        ("/claim", r#"{"wait_ms":0,"can_run":["qemu:microbit","board:disco"],"sandbox":true}"#),
        ("/jobs/{}/heartbeat", r#"{"token":1,"doing":"building head","log":"cc -c main.c\n"}"#),
        ("/jobs/{}/measurement", &upload),
        ("/jobs/{}/finish", r#"{"token":1,"end":{"kind":"done"}}"#),
        ("/jobs/{}/finish", r#"{"token":2,"end":{"kind":"failed","why":"infra","detail":"no disk"}}"#),
    ];
    let mut answers: BTreeMap<u16, u64> = BTreeMap::new();
    for seed in 1..=cases() {
        let mut seeded = Seeded::of(seed);
        let (path, body) = requests[seeded.below(requests.len())];
        let body = seeded.damage(body.as_bytes());
        let request = Request::post(format!("{PREFIX}{}", path.replace("{}", &doors.job.to_string())))
            .header("authorization", format!("Bearer {}", if path.starts_with("/jobs/") { LEASE_TOKEN } else { TOKEN }))
            .header(PROTOCOL_HEADER, PROTOCOL)
            .body(Body::from(body))
            .unwrap();
        let status = doors.send(request).await;
        assert!([200, 204, 401, 409, 422, 429].contains(&status), "seed {seed}: {path} was answered {status}");
        *answers.entry(status).or_default() += 1;
        let over = (path.ends_with("finish") && status == 204) || (path.ends_with("claim") && status < 300);
        if over || seed % FORGET_EVERY == 0 {
            // The job has ended, or went back when the runner asked for work: another, or all that follows would be refused for that.
            doors.forget("DELETE FROM points; DELETE FROM measurements; DELETE FROM job_logs; DELETE FROM lease_tokens; DELETE FROM jobs; DELETE FROM runs").await;
            doors.lease().await;
        }
    }
    eprintln!("{} requests of a runner: {answers:?}", cases());
    assert!(answers[&200] + answers[&204] > cases() / 10 && answers[&422] > cases() / 5, "too tame or too wild: {answers:?}");
    assert!(answers[&401] > 0 && answers[&409] > 0, "{answers:?}");
}
