//! The server as a GitHub App: buttons of its checks, where it is installed, deliveries it missed, limits of the forge.

use crate::world::{REPO, World};
use github_double::{CheckRun, FaultKind, NewPull, Permission, WebhookConfig};
use ounce_server::store::outbox::EDIT_MS;
use ounce_server::work::housekeeping::MISSED_S;
use serde_json::json;

const FORK: &str = "stranger/blinky";

/// The commit's one check run, once it has this conclusion ("" while it is under way).
async fn check(world: &World, sha: &str, conclusion: &str) -> CheckRun {
    let found = || world.double.check_runs(REPO, sha).pop().filter(|run| run.conclusion.as_deref().unwrap_or("") == conclusion);
    let run = world.eventually(&format!("a check that ended with {conclusion:?}"), found).await;
    assert_eq!(world.double.check_runs(REPO, sha).len(), 1, "one check run, whatever it says");
    run
}

fn buttons(run: &CheckRun) -> Vec<&str> {
    run.actions.iter().map(|action| action["identifier"].as_str().unwrap()).collect()
}

async fn measure_all(world: &World, head_bytes: u64) {
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, 1_000, head_bytes).await;
    }
}

#[tokio::test]
async fn a_button_approves_exactly_the_commit_it_stands_on() {
    let world = World::as_app().await;
    world.double.set_permission(REPO, "mia", Permission::Maintain).unwrap();
    world.double.set_permission(REPO, "tia", Permission::Triage).unwrap();
    world.double.fork(REPO, FORK, &world.folder().join("fork.git")).await.unwrap();
    let head = world.double.commit(FORK, "gift", Some("main"), "one", &[("gift.c", Some("one"))]).await.unwrap();
    let pull = NewPull { head_repo: Some(FORK.into()), author: "stranger".into(), ..NewPull::from_branch("Gift", "gift") };
    let pull = world.double.open_pull(REPO, pull).await.unwrap();
    let waiting = check(&world, &head, "action_required").await;
    assert_eq!(buttons(&waiting), ["approve"]);
    assert!(waiting.summary.as_deref().unwrap().contains(&format!("/ounce approve {head}")));

    world.double.press(REPO, waiting.id, Some("approve"), "tia").await.unwrap();
    world.row("refused", "SELECT 1 FROM commands WHERE outcome = 'refused' AND role = 'read' AND source LIKE 'button:%'").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs").await, 0, "no right, no run");

    // Another App's button, and one of another check of ours, say nothing to us.
    let delivery = world.double.deliveries().into_iter().rev().find(|d| d.event == "check_run").unwrap();
    for (path, value) in
        [("/check_run/app/id", json!(1)), ("/check_run/external_id", json!("other")), ("/requested_action/identifier", json!("deploy"))]
    {
        let mut payload: serde_json::Value = serde_json::from_str(&delivery.payload).unwrap();
        payload["sender"]["login"] = "mia".into();
        *payload.pointer_mut(path).unwrap() = value;
        world.double.send_event("check_run", payload).await.unwrap();
    }
    world.row("all looked at", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE state = 'noted')").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM commands").await, 1);

    world.double.press(REPO, waiting.id, Some("approve"), "mia").await.unwrap();
    world.row("approved", "SELECT 1 FROM approvals WHERE login = 'mia' AND role = 'maintain' AND source LIKE 'button:%'").await;
    check(&world, &head, "").await;
    measure_all(&world, 1_010).await;
    assert_eq!(buttons(&check(&world, &head, "success").await), ["rerun"]);
    world.comment_saying(pull, "Within budget").await;

    // The button of a commit that is the head no more approves nothing.
    let second = world.double.commit(FORK, "gift", None, "two", &[("gift.c", Some("two"))]).await.unwrap();
    check(&world, &second, "action_required").await;
    let mut payload: serde_json::Value = serde_json::from_str(&delivery.payload).unwrap();
    payload["sender"]["login"] = "mia".into();
    world.double.send_event("check_run", payload).await.unwrap();
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM approvals WHERE revoked_ms IS NULL").await, 0);
}

#[tokio::test]
async fn growth_is_accepted_and_weighed_again_with_buttons() {
    let world = World::as_app().await;
    world.double.set_permission(REPO, "mia", Permission::Write).unwrap();
    let pull = world.pull("table").await;
    let head = world.head("table").await;
    check(&world, &head, "").await;
    measure_all(&world, 1_300).await;
    let failed = check(&world, &head, "failure").await;
    assert_eq!(buttons(&failed), ["accept", "rerun"]);
    world.double.press(REPO, failed.id, Some("accept"), "mia").await.unwrap();
    let accepted = check(&world, &head, "success").await;
    assert!(
        accepted.title.as_deref().unwrap().contains("as accepted")
            && accepted.summary.as_deref().unwrap().contains("with the check's button")
    );
    world.double.press(REPO, failed.id, None, "mia").await.unwrap();
    check(&world, &head, "").await;
    measure_all(&world, 1_004).await;
    check(&world, &head, "success").await;

    // GitHub's own button for all checks of a commit.
    let delivery = world.double.deliveries().into_iter().rev().find(|d| d.event == "check_run").unwrap();
    let mut payload: serde_json::Value = serde_json::from_str(&delivery.payload).unwrap();
    let run = payload.as_object_mut().unwrap().remove("check_run").unwrap();
    payload["check_suite"] = json!({ "id": 1, "head_sha": run["head_sha"], "app": run["app"] });
    world.double.send_event("check_suite", payload).await.unwrap();
    check(&world, &head, "").await;
    world.comment_saying(pull, "**Weighing**").await;
}

#[tokio::test]
async fn an_app_works_where_it_is_installed_and_stops_where_it_is_removed() {
    let world = World::as_app_anywhere().await;
    let pull = world.pull("one").await;
    world.comment_saying(pull, "**Weighing**").await;
    let runner = world.runner("desk").await;
    let lease = runner.claim().await;

    let installation = json!({ "id": 9_001 });
    let changed = |action: &str, added: &[&str], removed: &[&str]| {
        let repos = |names: &[&str]| names.iter().map(|name| json!({ "full_name": name })).collect::<Vec<_>>();
        json!({ "action": action, "installation": installation, "repositories_added": repos(added), "repositories_removed": repos(removed) })
    };
    world.double.send_event("installation_repositories", changed("added", &["acme/other"], &[])).await.unwrap();
    world.row("the new project", "SELECT id FROM projects WHERE repo = 'acme/other' AND installation_id = 9001").await;
    world.double.send_event("installation_repositories", changed("removed", &[], &[REPO])).await.unwrap();
    world.row("removed", "SELECT id FROM projects WHERE repo = 'acme/blinky' AND removed_ms IS NOT NULL").await;
    assert!(runner.heartbeat(&lease, "").await.1, "its runs stop");
    world.settle().await;
    world.double.clear_requests();
    world.pass(600_000);
    world.settle().await;
    assert_eq!(
        world.double.count("POST", "/repos/acme/blinky") + world.double.count("PATCH", "/repos/acme/blinky"),
        0,
        "and it is left alone"
    );

    // An event of it can only come once the App is back.
    world.double.commit(REPO, "one", None, "again", &[("main.c", Some("again"))]).await.unwrap();
    world.row("back", "SELECT id FROM projects WHERE repo = 'acme/blinky' AND removed_ms IS NULL").await;
    for (action, gone) in [("suspend", 2), ("unsuspend", 0), ("deleted", 2)] {
        world.double.send_event("installation", json!({ "action": action, "installation": installation })).await.unwrap();
        world.row("looked at", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE state = 'noted')").await;
        assert_eq!(world.count("SELECT COUNT(*) FROM projects WHERE removed_ms IS NOT NULL").await, gone, "{action}");
    }
}

#[tokio::test]
async fn a_listed_project_is_the_only_one_although_the_app_sees_more() {
    let world = World::as_app().await;
    let payload = json!({ "action": "created", "installation": { "id": 9_001 }, "repositories": [{ "full_name": "acme/other" }, { "full_name": REPO }] });
    world.double.send_event("installation", payload).await.unwrap();
    world.row("the listed one", "SELECT id FROM projects WHERE repo = 'acme/blinky'").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM projects").await, 1);
}

#[tokio::test]
async fn a_missed_delivery_is_asked_for_once() {
    let world = World::as_app().await;
    let real = world.url("/webhooks/github");
    let hook = |url: String| Some(WebhookConfig { url, secret: crate::world::SECRET.into() });
    world.double.set_webhook(hook("http://127.0.0.1:9/nowhere".into()));
    world.double.commit(REPO, "missed", Some("main"), "change", &[("main.c", Some("missed"))]).await.unwrap();
    let pull = world.double.open_pull(REPO, NewPull::from_branch("Missed", "missed")).await.unwrap();
    // Still out of reach: both are asked for, and neither a second time.
    for _ in 0..3 {
        world.settle().await;
    }
    assert_eq!(world.double.count("POST", "/attempts"), 2, "the push and the pull request, once each");
    world.double.set_webhook(hook(real));
    world.settle().await;
    assert_eq!(world.double.count("POST", "/attempts"), 2);
    assert!(world.double.comments(REPO, pull).is_empty());
    // What cannot be asked for now is asked for later.
    world.double.set_webhook(hook("http://127.0.0.1:9/nowhere".into()));
    world.double.commit(REPO, "missed", None, "more", &[("main.c", Some("more"))]).await.unwrap();
    world.double.set_webhook(hook(world.url("/webhooks/github")));
    world.double.inject("/attempts", 1, FaultKind::Status { status: 502 });
    world.settle().await;
    world.settle().await;
    world.comment_saying(pull, "**Weighing**").await;
    const { assert!(MISSED_S >= 3_600, "an outage of an hour loses nothing") };
}

#[tokio::test]
async fn a_limit_holds_the_whole_installation_and_no_other() {
    let world = World::as_app_anywhere().await;
    let added = json!({ "action": "added", "installation": { "id": 9_001 }, "repositories_added": [{ "full_name": "acme/sister" }] });
    world.double.send_event("installation_repositories", added).await.unwrap();
    let added = json!({ "action": "added", "installation": { "id": 9_002 }, "repositories_added": [{ "full_name": "else/where" }] });
    world.double.send_event("installation_repositories", added).await.unwrap();
    world.row("all projects", "SELECT id FROM projects WHERE repo = 'else/where'").await;
    world.double.inject("/issues", 1, FaultKind::PrimaryLimit { reset_in_s: 300 });
    world.pull("limited").await;
    world.row("held", "SELECT id FROM projects WHERE repo = 'acme/blinky' AND hold_until_ms > created_ms + 200000").await;
    world.row("with its sister", "SELECT id FROM projects WHERE repo = 'acme/sister' AND hold_until_ms > created_ms + 200000").await;
    assert_eq!(world.count("SELECT hold_until_ms FROM projects WHERE repo = 'else/where'").await, 0);
    world.double.clear_requests();
    world.pass(100_000);
    world.settle().await;
    assert_eq!(world.double.count("POST", "/repos/"), 0, "nothing is written while the limit holds");
}

#[tokio::test]
async fn edits_wait_a_while_but_the_last_word_does_not() {
    let world = World::new().await;
    let pull = world.pull("busy").await;
    let first = world.comment_saying(pull, "**Weighing**").await;
    let head = world.double.commit(REPO, "busy", None, "more", &[("main.c", Some("more"))]).await.unwrap();
    world.row("the second run", "SELECT id FROM runs WHERE id = 2").await;
    world.settle().await;
    assert_eq!(world.comment_saying(pull, "**Weighing**").await.edits, 0, "so soon after the first");
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, 1_000, 1_000).await;
    }
    let last = world.comment_saying(pull, "No change").await;
    assert_eq!((last.id, last.edits), (first.id, 1), "the passing text was never sent");
    assert_eq!(world.status_saying(&head, "No change").await.state, "success");
    const { assert!(EDIT_MS >= 10_000) };
}
