//! Damaged bodies through the real doors: whatever a forge's or a runner's request says, it is answered and told apart, never a 500.
//!
//! The reader of comments has its own such test (`src/work/command/hostile.rs`), manifest and measurement theirs (`crates/protocol/tests/hostile.rs`).

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request};
use fuzz_cases::{Cases, Seeded};
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
use ounce_server::web::{self, ANSWER_MS_MAX, App, webhook};
use ounce_server::work::event::{Event, KNOWN};
use ounce_server::work::{Context, Wake};
use serde::de::IgnoredAny;
use sha2::Sha256;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt as _;

const SECRET: &str = "of-the-hook";
const TOKEN: &str = "of-the-runner";
const LEASE_TOKEN: &str = "of-the-lease";
/// Whose measurement `crates/protocol/tests/measurement.json` is.
const BOARD: &str = "microbit";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// What a runner may be answered: done, nothing to do, not proved, another's, not understood, another protocol, too many guesses.
const ANSWERS: [u16; 7] = [200, 204, 401, 409, 422, 426, 429];
/// What was noted is forgotten after so many cases, or a long run would fill the disk.
const FORGET_EVERY: u64 = 20_000;

/// What means something in JSON.
const PIECES: [&[u8]; 16] = [
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
    b"{\"a\":[",
    b"true",
];

/// Some stay as they are.
fn damaged(seeded: &mut Seeded, body: &[u8]) -> Vec<u8> {
    let places = seeded.below(4);
    seeded.damage(body, places, &PIECES)
}

/// Where a database costs no disk: memory, where the system has such a folder.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A server without its loops: what comes in is answered, and stays.
struct Doors {
    router: Router,
    store: Store,
    job: i64,
    /// Beside the server's own connections: tells whether another one has written.
    watch: SqliteConnection,
    _stop: watch::Sender<bool>,
    _folder: TempDir,
}

impl Doors {
    async fn new() -> Doors {
        let folder = folder();
        let clock = Clock::default();
        let text = "projects = [\"acme/blinky\"]\n[forge]\nmode = \"token\"\ntoken = \"t\"\nwebhook_secrets = [\"s\"]\napi_url = \"http://127.0.0.1:9\"\n";
        let config = Config::parse(text, folder.path(), &|_| None).unwrap();
        let forge = serve::connect(&config.forge, clock.clone()).unwrap();
        let file = folder.path().join("ounce.sqlite3");
        let store = Store::open(file.as_path()).await.unwrap();
        store.migrate().await.unwrap();
        let watch = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
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
        let mut doors = Doors { router, store, job: 0, watch, _stop: stop, _folder: folder };
        doors.lease().await;
        doors
    }

    /// Gives the runner a job of its own, so that its requests are about something.
    async fn lease(&mut self) {
        let mut c = self.store.write().await.unwrap();
        let now = Clock::default().now();
        let project = projects::project(&mut c, &RepoName::parse("acme/blinky").unwrap(), "main", now).await.unwrap();
        let head = ounce_protocol::ids::CommitSha::parse(COMMIT).unwrap();
        let commit = CommitInfo { sha: head.clone(), parents: vec![], committed_s: 0, summary: "a change".into(), author: String::new() };
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

    /// What a request is answered, and whether the database is another one since.
    ///
    /// On a machine that stood still for longer than an answer may take, the door says so: then it is asked once more.
    async fn send(&mut self, request: impl Fn() -> Request<Body>) -> (u16, bool) {
        let mut answer = self.send_once(request()).await;
        if answer.0 == 504 {
            eprintln!("an answer took longer than {ANSWER_MS_MAX} ms: asked again");
            answer = self.send_once(request()).await;
        }
        answer
    }

    async fn send_once(&mut self, request: Request<Body>) -> (u16, bool) {
        let before = self.version().await;
        let status = self.router.clone().oneshot(request).await.expect("a router always answers").status().as_u16();
        (status, self.version().await != before)
    }

    /// SQLite's own number, another after each transaction of another connection that wrote.
    async fn version(&mut self) -> i64 {
        sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut self.watch).await.unwrap()
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
    let mut doors = Doors::new().await;
    let events = events();
    assert_eq!(events.iter().map(|(event, _)| *event).collect::<Vec<_>>(), KNOWN, "an event has no body here");
    for (event, body) in &events {
        Event::parse(event, body.as_bytes()).unwrap_or_else(|error| panic!("{event}, undamaged: {error}"));
    }
    let mut cases = Cases::of("damaged webhooks", 2_000);
    while let Some(mut seeded) = cases.another() {
        let (event, body) = seeded.pick(&events);
        let body = damaged(&mut seeded, body.as_bytes());
        cases.note(if Event::parse(event, &body).is_ok() { "understood" } else { "not understood" });
        let is_json = serde_json::from_slice::<IgnoredAny>(&body).is_ok();
        let (forged, anonymous, unknown) = (seeded.one_in(8), seeded.one_in(50), seeded.one_in(50));
        let mut mac = Hmac::<Sha256>::new_from_slice(if forged { b"of-another" } else { SECRET.as_bytes() }).unwrap();
        mac.update(&body);
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes())).into_bytes();
        // No damage makes a signature right.
        let signature = if forged { damaged(&mut seeded, &signature) } else { signature };
        let request = || {
            let mut request = Request::post(webhook::PATH).header("x-github-event", if unknown { "star" } else { *event });
            if let Ok(signature) = HeaderValue::from_bytes(&signature) {
                request = request.header("x-hub-signature-256", signature);
            }
            if !anonymous {
                request = request.header("x-github-delivery", cases.seed().to_string());
            }
            request.body(Body::from(body.clone())).unwrap()
        };
        let (status, written) = doors.send(request).await;
        let expected = match (forged, anonymous, is_json) {
            (true, _, _) => (401, false),
            (_, true, _) => (400, false),
            // Who has the secret, and sends something else than JSON, finds that among the deliveries.
            (_, _, false) => (400, true),
            (_, _, true) => (202, true),
        };
        assert_eq!((status, written), expected, "{event}: (status, written)");
        cases.note(&status.to_string());
        if cases.seed().is_multiple_of(FORGET_EVERY) {
            doors.forget("DELETE FROM deliveries").await;
        }
    }
    cases.finish(&[("understood", 5), ("not understood", 5), ("202", 5), ("400", 20), ("401", 20)]);
}

#[tokio::test]
async fn no_damaged_request_of_a_runner_breaks_its_door() {
    let mut doors = Doors::new().await;
    let measurement = include_str!("../../crates/protocol/tests/measurement.json");
    let upload = format!("{{\"token\":1,\"measurement\":{measurement}}}");
    let requests: [(&str, &str); 6] = [
        ("/enroll", r#"{"code":"0123456789abcdef","name":"lab2"}"#),
        (
            "/claim",
            r#"{"wait_ms":0,"can_run":["qemu:microbit","board:disco"],"sandbox":true,"units":[{"name":"left","board":"disco","probe":"0d28:0204:99","standing":"suspect",
                "note":"the chip does not answer","quarantine":{"owner":"ann","until":"2026-12-24","why":"mine"},"rungs":{"attach":{"tried":9,"helped":4}}}]}"#,
        ),
        ("/jobs/{}/heartbeat", r#"{"token":1,"doing":"building head","log":"cc -c main.c\n"}"#),
        ("/jobs/{}/measurement", &upload),
        ("/jobs/{}/finish", r#"{"token":1,"end":{"kind":"done"}}"#),
        ("/jobs/{}/finish", r#"{"token":2,"end":{"kind":"failed","why":"infra","detail":"no disk"}}"#),
    ];
    let mut cases = Cases::of("damaged requests of a runner", 2_000);
    while let Some(mut seeded) = cases.another() {
        let (path, body) = *seeded.pick(&requests);
        let body = damaged(&mut seeded, body.as_bytes());
        let token = if path.starts_with("/jobs/") { LEASE_TOKEN } else { TOKEN };
        let token = if seeded.one_in(30) { damaged(&mut seeded, token.as_bytes()) } else { token.into() };
        let authorization = HeaderValue::from_bytes(&[b"Bearer ", &token[..]].concat());
        let target = format!("{PREFIX}{}", path.replace("{}", &doors.job.to_string()));
        let protocol = if seeded.one_in(50) { "1" } else { PROTOCOL };
        let request = || {
            let mut request = Request::post(&target).header(PROTOCOL_HEADER, protocol);
            if let Ok(authorization) = &authorization {
                request = request.header("authorization", authorization);
            }
            request.body(Body::from(body.clone())).unwrap()
        };
        let (status, written) = doors.send(request).await;
        assert!(ANSWERS.contains(&status), "{path} was answered {status}");
        assert!(status < 300 || !written, "{path} was refused with {status}, and left something");
        cases.note(&status.to_string());
        let over = (path.ends_with("finish") && status == 204) || (path.ends_with("claim") && status < 300);
        if over || cases.seed().is_multiple_of(FORGET_EVERY) {
            // The job has ended, or went back when the runner asked for work: another, or all that follows would be refused for that.
            doors.forget("DELETE FROM points; DELETE FROM measurements; DELETE FROM job_logs; DELETE FROM lease_tokens; DELETE FROM jobs; DELETE FROM runs").await;
            doors.lease().await;
        }
    }
    cases.finish(&[("200", 50), ("204", 20), ("401", 1_000), ("409", 100), ("422", 5), ("426", 200)]);
}
