//! What nobody here wrote: GitHub's own examples of payloads go in, and GitHub's own description of its API is held against what is
//! said in both directions, what the server asks and what the double answers.
//!
//! `server/github-double/contract/fetch` brings both into target/contract. Where it cannot, these tests say so and hold nothing.
//!
//! Not in the description, and so not held against it: `/login/oauth/access_token`, which is GitHub's website and not its API; the raw
//! form of a file; refusals whose status is not listed for the operation. Webhooks are the payloads' matter.

mod fetch;
mod prism;

use crate::annotations;
use crate::browser::Browser;
use crate::world::{REPO, SECRET, World, deaf};
use fetch::{Kind, fetched};
use github_double::{FaultKind, Permission, WebhookConfig};
use ounce_protocol::ids::RepoName;
use ounce_server::forge::github::manifest;
use ounce_server::serve;
use ounce_server::store::outbox::EDIT_MS;
use ounce_server::web::webhook;
use ounce_server::work::backfill::{self, Wish};
use prism::Prism;
use reqwest::{StatusCode, redirect};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// The slice of GitHub's description.
const DESCRIPTION: &str = "github-4.json";

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
    comment["issue"]["pull_request"] = json!({ "url": "https://api.github.com/repos/Codertocat/Hello-World/pulls/1" });
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

#[tokio::test]
async fn both_sides_speak_as_github_describes() {
    let Some(description) = fetched(Kind::All, DESCRIPTION).await else { return };
    let Some(_) = fetched(Kind::All, "prism/node_modules/.bin/prism").await else { return };
    let mut done = as_an_app(&description).await;
    done.extend(as_an_account(&description).await);
    let left: Vec<_> = prism::operations(&description).difference(&done).cloned().collect();
    assert_eq!(left, Vec::<String>::new(), "each operation of the slice was asked for, and answered");
}

/// The server opposite Prism, which stands before the double.
async fn opposite_prism(mut world: World, description: &Path) -> (World, Prism) {
    world.stop().await;
    let prism = Prism::before(world.double.base_url(), description).await;
    world.config.forge.api_url.clone_from(&prism.url);
    world.start().await;
    (world, prism)
}

/// Waits until all that the server has to say was said, and answered. Edits wait for each other.
async fn all_sent(world: &World) {
    for _ in 0..100 {
        world.pass(EDIT_MS);
        world.settle().await;
        if world.count("SELECT COUNT(*) FROM outbox WHERE sent_version < version").await == 0 {
            return;
        }
    }
    panic!("not all was sent");
}

/// A server that is an App: a pull request with all that is said on it, somebody who logs in, a delivery that was missed, a history to
/// be filled, and one more App. Gives the operations that were answered.
async fn as_an_app(description: &Path) -> BTreeSet<String> {
    let (mut world, prism) = opposite_prism(World::as_app().await, description).await;
    world.double.set_permission(REPO, "mia", Permission::Write).unwrap();
    let begin = world.head("main").await;
    world.double.tag(REPO, "v1", &begin, Some("the first")).await.unwrap();
    let pull = world.pull("spoken").await;
    let said = |text: &'static str| world.double.comments(REPO, pull).into_iter().find(|c| c.body.contains(text));
    world.eventually("the first words", || said("**Weighing**")).await;
    let head = world.head("spoken").await;
    let check = |annotated: bool| world.double.check_runs(REPO, &head).into_iter().find(|run| run.annotations.is_empty() != annotated);
    world.eventually("the check", || check(false)).await;
    let runner = world.runner("desk").await;
    annotations::measured(&runner, 1_000, 1_300).await;
    world.eventually("the report", || said("Over budget")).await;
    world.eventually("the check that was changed", || check(true)).await;
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

    let hook = deaf(&world);
    world.double.set_webhook(Some(WebhookConfig { url: "http://127.0.0.1:9/nowhere".into(), secret: SECRET.into() }));
    world.double.comment_as(REPO, pull, "mia", "/ounce run").await.unwrap();
    world.double.set_webhook(hook);
    world.settle().await;
    world.row("what was missed", "SELECT 1 WHERE (SELECT COUNT(*) FROM commands) = 5").await;
    all_sent(&world).await;
    Browser::of(&world, "mia").await;
    let forge = serve::connect(&world.config.forge, world.clock.clone()).unwrap();
    let wish = Wish { repo: RepoName::parse(REPO).unwrap(), last: 10, since: None, boards: BTreeSet::new(), dry_run: true };
    backfill::fill(&world.store, &forge, &wish, || world.clock.now(), |_| {}).await.unwrap();
    manifest::exchange(&prism.url, &agreed(&world).await).await.unwrap();
    assert_eq!(prism.objections(), Vec::<String>::new());
    world.stop().await;
    wrong_is_refused(&world, &prism, pull).await;
    prism.done()
}

/// Prism does look, in both directions. The server is not there to take the fault instead.
async fn wrong_is_refused(world: &World, prism: &Prism, pull: u64) {
    let comments = format!("{}/repos/{REPO}/issues/{pull}/comments", prism.url);
    let token = world.double.installation_token();
    let write = world.http.post(&comments).bearer_auth(&token).json(&json!({ "boddy": "x" }));
    assert_eq!(write.send().await.unwrap().status(), 422);
    assert!(prism.objections()[0].contains("must have required property 'body'"));
    let read = async || world.http.get(&comments).bearer_auth(&token).send().await.unwrap().status();
    assert_eq!((read().await, prism.objections()), (StatusCode::OK, Vec::new()));
    world.double.inject("/comments", 1, FaultKind::Lacks { field: "issue_url".into() });
    assert_eq!(read().await, 500);
    assert!(prism.objections()[0].contains("must have required property 'issue_url'"));
}

/// Agrees to an App on the forge; gives the code that is exchanged for it.
async fn agreed(world: &World) -> String {
    let manifest = json!({
        "url": "https://ounce.example.org", "redirect_url": "https://ounce.example.org/setup",
        "hook_attributes": { "url": world.url(webhook::PATH) }, "default_permissions": { "checks": "write" },
    });
    let form: String = manifest.to_string().bytes().map(|b| format!("%{b:02X}")).collect();
    let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    let url = format!("{}/settings/apps/new", world.double.base_url());
    let answer = http.post(url).header("content-type", "application/x-www-form-urlencoded").body(format!("manifest={form}")).send().await;
    let answer = answer.unwrap();
    let back = answer.headers()["location"].to_str().unwrap();
    back.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned()
}

/// A server that is an account like any other: it has statuses for checks.
async fn as_an_account(description: &Path) -> BTreeSet<String> {
    let (world, prism) = opposite_prism(World::new().await, description).await;
    let pull = world.pull("spoken").await;
    world.comment_saying(pull, "**Weighing**").await;
    annotations::measured(&world.runner("desk").await, 1_000, 1_000).await;
    world.comment_saying(pull, "No change").await;
    all_sent(&world).await;
    assert_eq!(world.double.statuses(REPO, &world.head("spoken").await).pop().unwrap().state, "success");
    assert_eq!(prism.objections(), Vec::<String>::new());
    prism.done()
}
