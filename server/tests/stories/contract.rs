//! What nobody here wrote: GitHub's own examples of payloads go in, and GitHub's own description of its API is held against what
//! comes out. The double's answers are not: they have only the fields that a client may lean on.
//!
//! `server/github-double/contract/fetch` brings both into target/contract. Where it cannot, these tests say so and hold nothing.

use crate::annotations;
use crate::world::{REPO, World};
use github_double::{LoggedRequest, Permission};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

/// The slice of GitHub's description.
const DESCRIPTION: &str = "github-3.json";

/// Longest that fetching may take; the script ends what it started earlier, by limits of its own.
const FETCH_MAX: Duration = Duration::from_secs(500);

/// What is fetched together, in the order of fetching.
enum Kind {
    Payloads,
    All,
}

/// A file of target/contract, fetched where it is not there yet; none where that cannot be done.
async fn fetched(kind: Kind, file: &str) -> Option<PathBuf> {
    // What goes in and out of the server has nothing to do with its database: once is enough.
    if crate::ON_POSTGRES {
        return None;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/contract").join(file);
    if !file.exists() {
        fetch(kind).await;
    }
    if !file.exists() {
        eprintln!("LEFT OUT: {} is not there and cannot be fetched; see server/github-double/contract/fetch", file.display());
        return None;
    }
    Some(file)
}

/// Fetches once in a run: where it failed, the next test does not wait as long again. Says whether it went well.
async fn fetch(kind: Kind) -> bool {
    static PAYLOADS: OnceCell<bool> = OnceCell::const_new();
    static ALL: OnceCell<bool> = OnceCell::const_new();
    let run = async |arguments: &[&str]| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("github-double/contract/fetch");
        let ended = command(&script).args(arguments).stdout(Stdio::null()).status();
        tokio::time::timeout(FETCH_MAX, ended).await.is_ok_and(|status| status.is_ok_and(|status| status.success()))
    };
    let payloads = *PAYLOADS.get_or_init(|| run(&["payloads"])).await;
    match kind {
        Kind::Payloads => payloads,
        Kind::All => payloads && *ALL.get_or_init(|| run(&[])).await,
    }
}

#[expect(clippy::disallowed_methods, reason = "these are the test's own helpers, and end with it")]
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// All of GitHub's examples: event and payload.
fn payloads(file: &Path) -> Vec<(String, Value)> {
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let events = all.as_array().unwrap().iter();
    let examples = |event: &Value| {
        let name = event["name"].as_str().unwrap().to_owned();
        event["examples"].as_array().unwrap().iter().map(|payload| (name.clone(), payload.clone())).collect::<Vec<_>>()
    };
    events.flat_map(examples).collect()
}

/// Examples that GitHub does not have: a pull request from a fork, and a comment on a pull request.
fn derived(all: &[(String, Value)]) -> Vec<(String, Value)> {
    let of = |name: &str, action: &str| all.iter().find(|(event, payload)| event == name && payload["action"] == action).unwrap().1.clone();
    let mut fork = of("pull_request", "opened");
    fork["pull_request"]["head"]["repo"]["full_name"] = "stranger/Hello-World".into();
    let mut gone = of("pull_request", "opened");
    gone["pull_request"]["head"]["repo"] = Value::Null;
    let mut comment = of("issue_comment", "created");
    comment["issue"]["pull_request"] = serde_json::json!({ "url": "https://api.github.com/repos/Codertocat/Hello-World/pulls/1" });
    comment["comment"]["body"] = "/ounce run".into();
    [("pull_request", fork), ("pull_request", gone), ("issue_comment", comment)].map(|(event, payload)| (event.to_owned(), payload)).into()
}

#[tokio::test]
async fn each_payload_of_githubs_own_is_taken_and_stops_nothing() {
    let Some(file) = fetched(Kind::Payloads, "payloads.json").await else { return };
    let mut all = payloads(&file);
    assert_eq!(all.len(), 329, "of the version that is pinned");
    all.extend(derived(&all));
    let world = World::as_app_anywhere().await;
    for (event, payload) in &all {
        let delivery = world.double.send_event(event, payload.clone()).await.unwrap();
        assert!((200..300).contains(&delivery.status_code), "{event}: {} {}", delivery.status_code, delivery.response);
    }
    let noted = "SELECT COUNT(*) FROM deliveries WHERE state = 'noted'";
    for _ in 0..240 {
        if world.count(noted).await == 0 {
            break;
        }
        world.pass(600_000);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(world.count(noted).await, 0, "each came to an end");
    assert_eq!(world.count("SELECT COUNT(*) FROM deliveries WHERE note LIKE 'not a %event as we know it%'").await, 0, "each could be read");
    // And the server works on.
    let pull = world.pull("after").await;
    world.comment_saying(pull, "**Weighing**").await;
}

/// Prism in GitHub's place: a request that is not as GitHub describes is refused.
struct Prism {
    url: String,
    http: reqwest::Client,
    _child: Child,
}

impl Prism {
    async fn start(description: &Path) -> Prism {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = description.with_file_name("prism").join("node_modules/.bin/prism");
        let mut prism = command(&program);
        prism.args(["mock", "--errors", "--host", "127.0.0.1", "--port", &port.to_string()]).arg(description);
        let child = prism.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let prism = Prism { url: format!("http://127.0.0.1:{port}"), http, _child: child };
        let mut tries = 0;
        while prism.http.get(&prism.url).send().await.is_err() {
            tries += 1;
            assert!(tries < 300, "Prism does not start");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        prism
    }

    /// What is wrong with a request, where something is.
    async fn objects(&self, asked: &LoggedRequest) -> Option<String> {
        // A path's last part may hold slashes, which Prism wants as %2F.
        let path = ["/git/ref/", "/contents/"].iter().find_map(|part| {
            let (before, after) = asked.path.split_once(part)?;
            Some(format!("{before}{part}{}", after.replace('/', "%2F")))
        });
        let path = path.unwrap_or_else(|| asked.path.clone());
        let url = format!("{}{path}?{}", self.url, asked.query);
        let request = self.http.request(asked.method.parse().unwrap(), url);
        let request = if asked.body.is_null() { request } else { request.json(&asked.body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        // It accepts this request and then has no words for GitHub's own media type.
        let speechless = text.contains("Cannot find serializer for application/vnd.github");
        (!status.is_success() && !speechless).then(|| format!("{} {}?{}: {status} {text}", asked.method, asked.path, asked.query))
    }
}

#[tokio::test]
async fn what_the_server_asks_is_as_github_describes() {
    let Some(description) = fetched(Kind::All, DESCRIPTION).await else { return };
    let Some(_) = fetched(Kind::All, "prism/node_modules/.bin/prism").await else { return };
    let world = World::as_app().await;
    world.double.set_permission(REPO, "mia", Permission::Write).unwrap();
    let begin = world.head("main").await;
    world.double.tag(REPO, "v1", &begin, Some("the first")).await.unwrap();
    let pull = world.pull("spoken").await;
    let said = |text: &'static str| world.double.comments(REPO, pull).into_iter().find(|c| c.body.contains(text));
    world.eventually("the first words", || said("**Weighing**")).await;
    let runner = world.runner("desk").await;
    annotations::measured(&runner, 1_000, 1_300).await;
    world.eventually("the report", || said("Over budget")).await;
    let commands = [
        ("/ounce help", "on a line of its own"),
        ("/ounce compare v1..spoken", "**Weighing**"),
        ("/ounce accept \"so\"", "Accepted: `so`"),
    ];
    for (command, answer) in commands {
        world.double.comment_as(REPO, pull, "mia", command).await.unwrap();
        world.eventually(answer, || said(answer)).await;
    }
    world.double.delete_comment(REPO, said("ounce:report").unwrap().id).unwrap();
    world.double.comment_as(REPO, pull, "mia", "/ounce cancel").await.unwrap();
    world.eventually("the end", || said("stopped")).await;
    world.double.comment_as(REPO, pull, "mia", "/ounce run").await.unwrap();
    world.row("all sent", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE sent_version < version)").await;
    world.settle().await;

    let prism = Prism::start(&description).await;
    let asked = world.double.requests();
    for part in [
        "/access_tokens",
        "/check-runs",
        "/comments",
        "/permission",
        "/compare/",
        "/git/ref/",
        "/git/tags/",
        "/hook/deliveries",
        "/pulls/",
        "/files",
        "/annotations",
    ] {
        assert!(asked.iter().any(|request| request.path.contains(part)), "nothing was asked of {part}");
    }
    let mut objections = Vec::new();
    for request in &asked {
        objections.extend(prism.objects(request).await);
    }
    assert_eq!(objections, Vec::<String>::new());
    // It does look: what is wrong is refused.
    let mut wrong = asked.into_iter().find(|request| request.method == "POST" && request.path.ends_with("/comments")).unwrap();
    wrong.body = serde_json::json!({ "boddy": "x" });
    assert!(prism.objects(&wrong).await.is_some());
}
