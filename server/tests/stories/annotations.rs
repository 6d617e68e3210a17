//! What a change costs, beside the lines that cost it: once, whatever goes wrong on the way.

use crate::runner::{ScriptedRunner, built};
use crate::world::{REPO, World};
use github_double::{CheckRun, FaultKind, Permission};
use ounce_protocol::measurement::{Anatomy, Measurement, Outcome, Part, Source};
use ounce_protocol::runner_api::Lease;

/// The one function of the image is the one line of `main.c`.
fn written(lease: &Lease, bytes: u64, head: bool) -> Measurement {
    let mut measurement = built(lease, if head { &lease.work.head } else { &lease.work.base }, bytes);
    let Outcome::Built { ledger, .. } = &mut measurement.outcome else { unreachable!("it was built") };
    let source = Some(Source { file: "/src/main.c".into(), line: 1 });
    let main = Part { name: "main".into(), group: "C".into(), bytes, code: true, source, last_line: Some(1), ..Part::default() };
    ledger.anatomy = Some(Anatomy { parts: vec![main], cut: false });
    measurement
}

/// Measures both boards: this many bytes of flash at the base and at the head, all of one function.
pub async fn measured(runner: &ScriptedRunner, base: u64, head: u64) {
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measured(&lease, written(&lease, base, false), written(&lease, head, true)).await;
    }
}

async fn check_saying(world: &World, sha: &str, title: &str) -> CheckRun {
    let newest = || world.double.check_runs(REPO, sha).into_iter().next_back();
    let says = |run: &CheckRun| run.title.as_deref().is_some_and(|said| said.contains(title));
    world.eventually(&format!("a check that says {title:?}"), || newest().filter(says)).await
}

/// Each annotation of a check run in one line.
fn lines(run: &CheckRun) -> Vec<String> {
    let word = |value: &serde_json::Value| value.to_string().trim_matches('"').to_owned();
    let line =
        |a: &serde_json::Value| ["path", "start_line", "end_line", "annotation_level", "title"].map(|field| word(&a[field])).join(" ");
    run.annotations.iter().map(line).collect()
}

#[tokio::test]
async fn a_function_that_grew_is_annotated_at_the_line_that_was_changed() {
    let world = World::as_app().await;
    world.pull("grown").await;
    let runner = world.runner("desk").await;
    measured(&runner, 1_000, 1_010).await;
    let head = world.head("grown").await;
    let check = check_saying(&world, &head, "ithin budget").await;
    assert_eq!(lines(&check), ["main.c 1 1 notice `main` +10 B on disco, +10 B on mini"]);
    let message = check.annotations[0]["message"].as_str().unwrap();
    assert_eq!(message, "disco: 1,000 → 1,010 B of flash (+10)\nmini: 1,000 → 1,010 B of flash (+10)");
    assert_eq!(world.double.check_runs(REPO, &head).len(), 1);
}

#[tokio::test]
async fn over_a_budget_it_is_a_warning() {
    let world = World::as_app().await;
    world.pull("grown").await;
    measured(&world.runner("desk").await, 1_000, 1_300).await;
    let check = check_saying(&world, &world.head("grown").await, "ver budget").await;
    assert_eq!(lines(&check), ["main.c 1 1 warning `main` +300 B on disco, +300 B on mini"]);
}

#[tokio::test]
async fn a_check_sent_again_is_annotated_once() {
    let world = World::as_app().await;
    world.pull("lost").await;
    let runner = world.runner("desk").await;
    let head = world.head("lost").await;
    check_saying(&world, &head, "weighing").await;
    world.settle().await;
    world.double.inject("PATCH /repos/acme/blinky/check-runs", 1, FaultKind::DoneThenBadGateway);
    measured(&runner, 1_000, 1_010).await;
    world.row("a failed attempt", "SELECT id FROM outbox WHERE attempts = 1").await;
    world.pass(60_000);
    world.row("all sent", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE sent_version < version)").await;
    let check = check_saying(&world, &head, "ithin budget").await;
    assert_eq!(check.annotations.len(), 1, "{:?}", lines(&check));
    assert!(world.double.count("PATCH", "/check-runs/") >= 2, "it was sent again");
    assert_eq!(world.double.check_runs(REPO, &head).len(), 1);
}

#[tokio::test]
async fn a_commit_weighed_again_with_other_figures_has_a_check_of_its_own() {
    let world = World::as_app().await;
    world.double.set_permission(REPO, "mia", Permission::Write).unwrap();
    world.pull("again").await;
    let runner = world.runner("desk").await;
    measured(&runner, 1_000, 1_010).await;
    let head = world.head("again").await;
    let first = check_saying(&world, &head, "ithin budget").await;
    world.double.press(REPO, first.id, Some("rerun"), "mia").await.unwrap();
    check_saying(&world, &head, "weighing").await;
    measured(&runner, 1_000, 1_020).await;
    let second = check_saying(&world, &head, "ithin budget").await;
    assert_eq!(lines(&second), ["main.c 1 1 notice `main` +20 B on disco, +20 B on mini"]);
    let runs = world.double.check_runs(REPO, &head);
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [first.id, second.id], "nothing is left half said");
    assert_eq!(runs[0].status, "completed");
}

#[tokio::test]
async fn a_forge_that_will_not_say_what_changed_gets_the_check_without_annotations() {
    let world = World::as_app().await;
    world.double.inject("GET /repos/acme/blinky/pulls/1/files", 1_000, FaultKind::Status { status: 502 });
    world.pull("silent").await;
    measured(&world.runner("desk").await, 1_000, 1_010).await;
    for sql in
        ["SELECT id FROM outbox WHERE attempts = 1", "SELECT id FROM outbox WHERE attempts = 2", "SELECT id FROM outbox WHERE attempts = 3"]
    {
        world.row("one more failed attempt", sql).await;
        world.pass(60_000);
    }
    let check = check_saying(&world, &world.head("silent").await, "ithin budget").await;
    assert_eq!((check.annotations.len(), check.conclusion.as_deref()), (0, Some("success")));
}

#[tokio::test]
async fn an_account_without_check_runs_asks_nothing_of_the_diff() {
    let world = World::new().await;
    let pull = world.pull("token").await;
    measured(&world.runner("desk").await, 1_000, 1_010).await;
    world.comment_saying(pull, "Within budget").await;
    assert_eq!(world.double.count("GET", "/files"), 0);
}
