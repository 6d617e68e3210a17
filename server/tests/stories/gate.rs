//! What comes in: only what the forge signed, once, and of a size; only runners that were enrolled and speak our version.

use crate::world::{SECRET, World};
use hmac::{Hmac, KeyInit, Mac};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::runner_api::{BODY_BYTES_MAX, Claim, Enroll, LOG_CHUNK_BYTES_MAX, PROTOCOL, PROTOCOL_HEADER};
use ounce_server::store::sql::sql;
use ounce_server::web::webhook;
use ounce_server::work::lease;
use reqwest::{Response, StatusCode};
use serde_json::json;
use sha2::Sha256;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

async fn send(world: &World, secret: &str, guid: &str, event: &str, body: &[u8]) -> Response {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let request = world.http.post(world.url(webhook::PATH)).header("x-hub-signature-256", signature);
    request.header("x-github-delivery", guid).header("x-github-event", event).body(body.to_vec()).send().await.unwrap()
}

async fn deliveries(world: &World, state: &'static str) -> i64 {
    let counting = sql("SELECT COUNT(*) FROM deliveries WHERE state = $1").bind(state);
    counting.fetch_one(&mut world.store.connection().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn only_what_the_forge_signed_is_noted() {
    let world = World::new().await;
    assert_eq!(send(&world, "guess", "g-1", "ping", b"{}").await.status(), StatusCode::UNAUTHORIZED);
    let unsigned = world.http.post(world.url(webhook::PATH)).header("x-github-delivery", "g-2").header("x-github-event", "ping").body("{}");
    assert_eq!(unsigned.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(world.count("SELECT COUNT(*) FROM deliveries").await, 0, "a stranger leaves no row");
    assert_eq!(send(&world, SECRET, "g-3", "ping", b"{}").await.status(), StatusCode::ACCEPTED);
    assert_eq!(send(&world, "older", "g-4", "ping", b"{}").await.status(), StatusCode::ACCEPTED, "the secret that is being replaced");
}

#[tokio::test]
async fn what_is_not_for_us_is_noted_and_left_alone() {
    let world = World::new().await;
    let check = async |guid: &str, event: &str, body: &[u8], status: StatusCode| {
        assert_eq!(send(&world, SECRET, guid, event, body).await.status(), status, "{event} {}", String::from_utf8_lossy(body));
    };
    check("g-1", "star", b"{}", StatusCode::ACCEPTED).await;
    check("g-2", "pull_request", b"{\"action\":", StatusCode::BAD_REQUEST).await;
    check("g-3", "push", b"payload=%7B%7D", StatusCode::BAD_REQUEST).await;
    assert_eq!(deliveries(&world, "ignored").await, 3);
    assert_eq!(world.count("SELECT COALESCE(SUM(length(body)), 0) FROM deliveries").await, 0, "nothing of them is kept");
    let other =
        json!({"ref": "refs/heads/main", "after": "a".repeat(40), "repository": {"full_name": "other/repo", "default_branch": "main"}});
    check("g-4", "push", other.to_string().as_bytes(), StatusCode::ACCEPTED).await;
    world.row("an ignored repository", "SELECT id FROM deliveries WHERE state = 'ignored' AND note LIKE '%other/repo is not in%'").await;
    check("g-5", "push", b"{\"ref\": 7}", StatusCode::ACCEPTED).await;
    world.row("a push that is none", "SELECT id FROM deliveries WHERE state = 'failed' AND note LIKE 'not a push event%'").await;
    check("", "push", b"{}", StatusCode::BAD_REQUEST).await;
    check(&"g".repeat(101), "push", b"{}", StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let world = World::new().await;
    let fits = vec![b' '; webhook::BODY_BYTES_MAX];
    assert_eq!(send(&world, SECRET, "g-1", "star", &fits).await.status(), StatusCode::BAD_REQUEST, "read to its end");
    let over = vec![b' '; webhook::BODY_BYTES_MAX + 1];
    assert_eq!(send(&world, SECRET, "g-2", "star", &over).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_same_delivery_twice_is_one_run_and_one_comment() {
    let world = World::new().await;
    let pull = world.pull("twice").await;
    world.comment_saying(pull, "**Weighing**").await;
    let delivery = world.double.deliveries().into_iter().find(|d| d.event == "pull_request").unwrap();
    assert_eq!(world.double.redeliver(delivery.id).await.unwrap().status_code, 200);
    world.settle().await;
    world.comment_saying(pull, "**Weighing**").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM runs").await, 1);

    // The same event under another id: a row of its own, and still the same run.
    let body = world.double.deliveries().into_iter().find(|d| d.event == "pull_request").unwrap().payload;
    assert_eq!(send(&world, SECRET, "another", "pull_request", body.as_bytes()).await.status(), StatusCode::ACCEPTED);
    world.row("the second delivery's end", "SELECT id FROM deliveries WHERE guid = 'another' AND state = 'done'").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM runs").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs").await, 2);
    world.settle().await;
    assert_eq!(world.double.count("POST", "/statuses"), 1, "what stands there is not said again");
}

#[tokio::test]
async fn a_runner_proves_itself_and_its_version() {
    let world = World::new().await;
    let mut runner = world.runner("desk").await;
    let claim = Claim { wait_ms: 0, can_run: vec![], sandbox: false, works_on: vec![], units: vec![] };
    assert_eq!(runner.post("claim", &claim).await.status(), StatusCode::NO_CONTENT);
    runner.token = "0".repeat(64);
    assert_eq!(runner.post("claim", &claim).await.status(), StatusCode::UNAUTHORIZED);

    let url = world.url("/api/runner/v1/claim");
    for version in [None, Some("1"), Some("3")] {
        let mut request = world.http.post(&url).json(&claim);
        if let Some(version) = version {
            request = request.header(PROTOCOL_HEADER, version);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UPGRADE_REQUIRED);
        assert_eq!(answer.headers()[PROTOCOL_HEADER], PROTOCOL, "the answer names the version spoken");
        assert!(answer.text().await.unwrap().contains("version 2"));
    }
}

#[tokio::test]
async fn an_enrolment_code_is_good_once_for_one_name_for_a_day() {
    let world = World::new().await;
    let (name, other) = (RunnerName::parse("desk").unwrap(), RunnerName::parse("thief").unwrap());
    let enroll = async |name: &RunnerName, code: &str| {
        let body = Enroll { code: code.into(), name: name.clone() };
        let request = world.http.post(world.url("/api/runner/v1/enroll")).header(PROTOCOL_HEADER, PROTOCOL).json(&body);
        request.send().await.unwrap().status()
    };
    let code = lease::new_code(&world.store, &name, world.clock.now()).await.unwrap();
    assert_eq!(enroll(&other, &code).await, StatusCode::UNAUTHORIZED);
    assert_eq!(enroll(&name, "guess").await, StatusCode::UNAUTHORIZED);
    assert_eq!(enroll(&name, &code).await, StatusCode::OK);
    assert_eq!(enroll(&name, &code).await, StatusCode::UNAUTHORIZED);
    let late = lease::new_code(&world.store, &name, world.clock.now()).await.unwrap();
    world.clock.advance(lease::CODE_MS + 60_000);
    assert_eq!(enroll(&name, &late).await, StatusCode::UNAUTHORIZED);

    let hashes = sql("SELECT code_sha256 FROM enrolments UNION ALL SELECT token_sha256 FROM runners");
    let kept: Vec<String> = hashes.fetch_all(&mut world.store.connection().await.unwrap()).await.unwrap();
    let kept = kept.concat();
    assert!(!kept.contains(&code), "codes are kept as hashes only");
}

#[tokio::test]
async fn a_new_token_of_a_runner_ends_the_old_one() {
    let world = World::new().await;
    let (old, new) = (world.runner("desk").await, world.runner("desk").await);
    let claim = Claim { wait_ms: 0, can_run: vec![], sandbox: false, works_on: vec![], units: vec![] };
    assert_eq!(old.post("claim", &claim).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(new.post("claim", &claim).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_runner_cannot_fill_the_memory() {
    let world = World::new().await;
    world.pull("big").await;
    let runner = world.runner("desk").await;
    let lease = runner.claim().await;
    let big = "x".repeat(BODY_BYTES_MAX + 1);
    assert_eq!(runner.post_about(&lease, "measurement", &big).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(runner.post("claim", &"x".repeat(600_000)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(runner.post("claim", &json!({"wait_ms": "soon"})).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn strangers_and_slow_uploads_keep_no_heartbeat_waiting() {
    let world = World::new().await;
    world.pull("slow").await;
    let runner = world.runner("desk").await;
    let lease = runner.claim().await;
    let host = world.url("").replace("http://", "");
    let mut slow = Vec::new();
    for (path, proof) in [("enroll", String::new()), ("jobs/1/measurement", format!("authorization: Bearer {}\r\n", lease.job_token))] {
        for _ in 0..40 {
            let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
            let head = format!(
                "POST /api/runner/v1/{path} HTTP/1.1\r\nhost: {host}\r\n{PROTOCOL_HEADER}: {PROTOCOL}\r\n{proof}content-length: 900\r\n\r\n{{"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            slow.push(stream);
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let worst = "\u{1}".repeat(LOG_CHUNK_BYTES_MAX);
    let beat = tokio::time::timeout(Duration::from_secs(2), runner.heartbeat(&lease, &worst)).await;
    assert_eq!(beat.expect("the heartbeat waited for others").0, StatusCode::OK, "a log of control characters only");
    let large = Enroll { code: "x".repeat(5_000), name: RunnerName::parse("desk").unwrap() };
    drop(slow);
    assert_eq!(runner.post("enroll", &large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn what_is_kept_too_long_is_dropped_and_a_replay_stays_known() {
    let world = World::new().await;
    world.pull("old").await;
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        assert_eq!(runner.heartbeat(&lease, "cc main.c").await.0, StatusCode::OK);
        runner.measure(&lease, 1_000, 1_000).await;
    }
    world.row("a judged run", "SELECT id FROM runs WHERE state = 'judged'").await;
    let kept = "SELECT (SELECT COUNT(*) FROM job_logs) + (SELECT COUNT(*) FROM deliveries WHERE length(body) > 0)";
    world.pass(13 * 24 * 3_600_000);
    world.settle().await;
    assert_eq!(world.count(kept).await, 4, "two logs, the push of the branch, the pull request");
    world.pass(18 * 24 * 3_600_000);
    world
        .row(
            "nothing kept any more",
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM job_logs) AND NOT EXISTS (SELECT 1 FROM deliveries WHERE length(body) > 0)",
        )
        .await;
    let delivery = world.double.deliveries().into_iter().find(|d| d.event == "pull_request").unwrap();
    assert_eq!(world.double.redeliver(delivery.id).await.unwrap().status_code, 200);
}
