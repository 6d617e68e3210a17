//! Events, checks and the `/_double` routes, as another process sees them.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode as Answered};
use github_double::{Config, Double, NewPull, RepositoryConfig, WebhookConfig};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const REPO: &str = "acme/scale";
const SECRET: &str = "a secret";

/// What arrived at the endpoint: headers and raw body.
type Inbox = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

struct Stage {
    double: Double,
    http: Client,
    inbox: Inbox,
    folder: TempDir,
}

impl Stage {
    async fn new(change: impl FnOnce(&mut Config)) -> Stage {
        let inbox = Inbox::default();
        let kept = inbox.clone();
        let hook = async move |headers: HeaderMap, body: Bytes| {
            kept.lock().unwrap().push((headers, body));
            Answered::ACCEPTED
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/hook", axum::routing::post(hook));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        let webhook = Some(WebhookConfig { url, secret: SECRET.into() });
        let repositories = vec![RepositoryConfig::new(REPO, &folder.path().join("scale.git"))];
        let mut config = Config { webhook, repositories, ..Config::default() };
        change(&mut config);
        let double = Double::start(config).await.unwrap();
        double.commit(REPO, "main", None, "first", &[("a", Some("1"))]).await.unwrap();
        double.commit(REPO, "topic", Some("main"), "change", &[("a", Some("2"))]).await.unwrap();
        Stage { double, http: Client::new(), inbox, folder }
    }

    /// The events since the last look: name and payload.
    fn events(&self) -> Vec<(String, Value)> {
        let read = |(headers, body): &(HeaderMap, Bytes)| {
            (headers["x-github-event"].to_str().unwrap().to_owned(), serde_json::from_slice(body).unwrap())
        };
        let mut inbox = self.inbox.lock().unwrap();
        let events = inbox.iter().map(read).collect();
        inbox.clear();
        events
    }

    async fn admin(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method, format!("{}/_double{path}", self.double.base_url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn check_run(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/repos/{REPO}/check-runs{path}", self.double.base_url());
        let answer = self.http.request(method, url).bearer_auth(self.double.installation_token()).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_signed_and_named_and_repeats_under_its_name() {
    let stage = Stage::new(|_| {}).await;
    stage.inbox.lock().unwrap().clear();
    let first = stage.double.ping().await.unwrap();
    let again = stage.double.redeliver(first.id).await.unwrap();
    assert_eq!((first.status_code, again.status_code, again.redelivery), (202, 202, true));
    assert_ne!(first.id, again.id);
    let inbox = stage.inbox.lock().unwrap();
    let [(headers, body), (headers_again, body_again)] = &inbox[..] else { panic!("{} deliveries", inbox.len()) };
    assert_eq!(headers["x-github-delivery"], headers_again["x-github-delivery"]);
    assert_eq!(body, body_again);
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(headers["x-hub-signature-256"], expected.as_str());
    assert_eq!((&headers["x-github-event"], &headers["content-type"]), (&"ping".parse().unwrap(), &"application/json".parse().unwrap()));
    assert!(headers["user-agent"].to_str().unwrap().starts_with("GitHub-Hookshot/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_pull_request_is_told_in_events() {
    let stage = Stage::new(|_| {}).await;
    stage.events();
    let number = stage.double.open_pull(REPO, NewPull::from_branch("A change", "topic")).await.unwrap();
    stage.double.comment_as(REPO, number, "octo-dev", "/ounce run").await.unwrap();
    let before = stage.double.branches(REPO).await.unwrap()["topic"].clone();
    let after = stage.double.commit(REPO, "topic", None, "more", &[("b", Some("1"))]).await.unwrap();
    let landed = stage.double.merge_pull(REPO, number, "acme").await.unwrap();

    let events = stage.events();
    let told: Vec<String> = events.iter().map(|(name, payload)| format!("{name} {}", payload["action"].as_str().unwrap_or("-"))).collect();
    let story = ["pull_request opened", "issue_comment created", "push -", "pull_request synchronize", "pull_request closed", "push -"];
    assert_eq!(told, story);
    let payload = |n: usize| &events[n].1;
    for (name, payload) in &events {
        assert_eq!(payload["repository"]["full_name"], REPO, "{name}");
        assert_eq!(payload["installation"]["id"], 9_001, "{name}");
        assert!(payload["sender"]["login"].is_string(), "{name}");
    }
    assert_eq!((&payload(0)["number"], &payload(0)["pull_request"]["head"]["sha"]), (&json!(number), &json!(before)));
    assert_eq!(payload(1)["comment"]["body"], "/ounce run");
    assert!(payload(1)["issue"]["pull_request"]["url"].is_string());
    assert_eq!(
        (&payload(2)["ref"], &payload(2)["before"], &payload(2)["after"]),
        (&json!("refs/heads/topic"), &json!(before), &json!(after))
    );
    assert_eq!(payload(2)["commits"].as_array().unwrap().len(), 1);
    assert_eq!((&payload(3)["before"], &payload(3)["after"]), (&json!(before), &json!(after)));
    assert_eq!((&payload(4)["pull_request"]["merged"], &payload(4)["pull_request"]["merge_commit_sha"]), (&json!(true), &json!(landed)));
    assert_eq!((&payload(5)["ref"], &payload(5)["after"]), (&json!("refs/heads/main"), &json!(landed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_runs_keep_githubs_limits_and_their_buttons_can_be_pressed() {
    let stage = Stage::new(|_| {}).await;
    let head = stage.double.branches(REPO).await.unwrap()["topic"].clone();
    let with = |extra: Value| {
        let mut body = json!({ "name": "ounce", "head_sha": head, "external_id": "run-1" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let action = |label: &str| json!({ "label": label, "description": "d", "identifier": "approve" });
    let cases = [
        (with(json!({ "status": "completed" })), 422),
        (with(json!({ "status": "completed", "conclusion": "fine" })), 422),
        (with(json!({ "status": "waiting" })), 422),
        (with(json!({ "head_sha": "0".repeat(40) })), 422),
        (json!({ "name": "ounce" }), 422),
        (with(json!({ "output": { "title": "t", "summary": "s".repeat(65_536) } })), 422),
        (with(json!({ "output": { "title": "t" } })), 422),
        (with(json!({ "actions": [action("1"), action("2"), action("3"), action("4")] })), 422),
        (with(json!({ "actions": [action(&"l".repeat(21))] })), 422),
        (with(json!({ "output": { "title": "t", "summary": "s".repeat(65_535) }, "actions": [action("Run")] })), 201),
    ];
    let mut made = Value::Null;
    for (body, expected) in cases {
        let (status, value) = stage.check_run(Method::POST, "", body.clone()).await;
        assert_eq!(status, expected, "{:.200} {value}", body.to_string());
        made = value;
    }
    assert_eq!((&made["status"], &made["external_id"]), (&json!("queued"), &json!("run-1")));
    let path = format!("/{}", made["id"]);
    assert_eq!(stage.check_run(Method::PATCH, &path, json!({ "status": "completed" })).await.0, 422);
    let (status, done) = stage.check_run(Method::PATCH, &path, json!({ "conclusion": "success" })).await;
    assert_eq!((status, &done["status"], &done["output"]["title"]), (200, &json!("completed"), &json!("t")));

    stage.events();
    let press = format!("/repos/{REPO}/check-runs/{}/press", made["id"]);
    assert_eq!(stage.admin(Method::POST, &press, json!({ "by": "acme", "identifier": "explode" })).await.0, 422);
    assert_eq!(stage.admin(Method::POST, &press, json!({ "by": "acme", "identifier": "approve" })).await.0, 200);
    let (name, payload) = stage.events().remove(0);
    assert_eq!((name.as_str(), &payload["action"]), ("check_run", &json!("requested_action")));
    assert_eq!((&payload["requested_action"]["identifier"], &payload["check_run"]["head_sha"]), (&json!("approve"), &json!(head)));
    assert_eq!(payload["sender"]["login"], "acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_hears_itself_where_that_is_wanted() {
    let stage = Stage::new(|config| config.echo = true).await;
    let number = stage.double.open_pull(REPO, NewPull::from_branch("A change", "topic")).await.unwrap();
    stage.events();
    let url = format!("{}/repos/{REPO}/issues/{number}/comments", stage.double.base_url());
    let request = stage.http.post(url).bearer_auth(stage.double.installation_token()).json(&json!({ "body": "hello" }));
    assert_eq!(request.send().await.unwrap().status(), 201);
    for _ in 0..500 {
        if !stage.inbox.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let (name, payload) = stage.events().remove(0);
    assert_eq!(
        (name.as_str(), &payload["sender"]["login"], &payload["sender"]["type"]),
        ("issue_comment", &json!("ounce[bot]"), &json!("Bot"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_can_do_all_of_it() {
    let stage = Stage::new(|_| {}).await;
    let repo = format!("/repos/{REPO}");
    let ok = async |method: Method, path: &str, body: Value| {
        let (status, value) = stage.admin(method, path, body).await;
        assert_eq!(status, 200, "{path}: {value}");
        value
    };
    assert_eq!(ok(Method::GET, "/health", Value::Null).await["repositories"], json!([REPO]));
    let fork = json!({ "full_name": "stranger/scale", "path": stage.folder.path().join("fork.git") });
    ok(Method::POST, &format!("{repo}/fork"), fork).await;
    let files = json!({ "branch": "gift", "from": "main", "message": "gift", "files": { "g": "1", "a": null } });
    let sha = ok(Method::POST, "/repos/stranger/scale/commits", files).await["sha"].clone();
    let pull = json!({ "title": "A gift", "head": "gift", "head_repo": "stranger/scale", "author": "stranger" });
    let number = ok(Method::POST, &format!("{repo}/pulls"), pull).await["number"].clone();
    assert!(ok(Method::POST, &format!("{repo}/pulls/{number}/settle"), Value::Null).await["merge_commit_sha"].is_string());
    ok(Method::POST, &format!("{repo}/permissions/mia"), json!({ "permission": "write" })).await;
    let comment = ok(Method::POST, &format!("{repo}/pulls/{number}/comments"), json!({ "login": "mia", "body": "hi" })).await;
    let comments = ok(Method::GET, &format!("{repo}/pulls/{number}/comments"), Value::Null).await;
    assert_eq!((&comments[0]["id"], &comments[0]["author"]), (&comment["id"], &json!("mia")));
    assert_eq!(ok(Method::GET, &format!("{repo}/checks/{}", sha.as_str().unwrap()), Value::Null).await, json!([]));
    assert_eq!(ok(Method::GET, &format!("{repo}/statuses/{}", sha.as_str().unwrap()), Value::Null).await, json!([]));
    ok(Method::DELETE, &format!("{repo}/comments/{}", comment["id"]), Value::Null).await;
    let token = ok(Method::POST, "/users/mia/token", Value::Null).await["token"].as_str().unwrap().to_owned();

    ok(Method::POST, "/faults", json!({ "matching": "GET /user", "times": 1, "kind": "status", "status": 502 })).await;
    ok(Method::POST, "/faults", json!({ "matching": "", "kind": "too_many_requests", "retry_after_s": 5 })).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        let request = stage.http.get(format!("{}/user", stage.double.base_url())).bearer_auth(&token);
        answers.push(request.send().await.unwrap().status().as_u16());
    }
    assert_eq!(answers, [502, 429, 200]);
    let requests = ok(Method::GET, "/requests?method=GET&path=/user", Value::Null).await;
    assert_eq!(requests.as_array().unwrap().iter().map(|request| &request["status"]).collect::<Vec<_>>(), [502, 429, 200]);
    ok(Method::DELETE, "/requests", Value::Null).await;

    ok(Method::POST, &format!("{repo}/pulls/{number}/close"), Value::Null).await;
    ok(Method::POST, "/ping", Value::Null).await;
    ok(Method::POST, "/events", json!({ "event": "watch", "payload": { "action": "started" } })).await;
    let deliveries = ok(Method::GET, "/deliveries", Value::Null).await;
    let last = deliveries.as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["event"], &last["action"], &last["status_code"]), (&json!("watch"), &json!("started"), &json!(202)));
    assert_eq!(ok(Method::POST, &format!("/deliveries/{}/redeliver", last["id"]), Value::Null).await["guid"], last["guid"]);
    ok(Method::POST, "/webhook", json!({ "url": null })).await;
    assert_eq!(ok(Method::POST, "/ping", Value::Null).await, Value::Null);
    assert_eq!(stage.admin(Method::POST, &format!("{repo}/pulls"), json!({ "title": "x", "head": "no-such-branch" })).await.0, 422);
}
