//! Budgets since a release or a day, over all pull requests: what is left, what was accepted, and where nobody has measured yet.

use crate::runner::ScriptedRunner;
use crate::world::{MANIFEST, REPO, World};
use github_double::{Comment, Permission};

/// The usual boards with one budget: 100 B of flash since then.
fn since(text: &str) -> String {
    let boards = MANIFEST.split("[[budgets]]").next().unwrap();
    format!("{boards}[[budgets]]\nregion = \"flash\"\nsince = {text:?}\nmax_growth = 100\n")
}

/// Measures what is queued: both boards of one run.
async fn measure(world: &World, runner: &ScriptedRunner, base: u64, head: u64) {
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, base, head).await;
    }
    world.settle().await;
}

async fn report(world: &World, pull: u64, text: &str) -> Comment {
    let comments = || world.double.comments(REPO, pull).into_iter();
    let found = || comments().find(|c| c.body.contains("<!-- ounce:report -->") && c.body.contains(text));
    world.eventually(&format!("a report that says {text:?}: {:?}", comments().last()), found).await
}

async fn says(world: &World, pull: u64, text: &str) {
    world.double.set_permission(REPO, "mia", Permission::Write).unwrap();
    world.double.comment_as(REPO, pull, "mia", text).await.unwrap();
}

/// A release on the default branch that was weighed.
async fn released(world: &World, runner: &ScriptedRunner) {
    let release = world.double.commit(REPO, "main", None, "release", &[("main.c", Some("int main = 1;"))]).await.unwrap();
    world.double.tag(REPO, "v1", &release, Some("the first")).await.unwrap();
    measure(world, runner, 1_000, 1_000).await;
}

#[tokio::test]
async fn the_core_grows_no_more_than_a_release_may_unless_somebody_says_so() {
    let world = World::with(Some(&since("v1")), |_| {}).await;
    let runner = world.runner("desk").await;
    released(&world, &runner).await;

    let first = world.pull("one").await;
    measure(&world, &runner, 1_000, 1_060).await;
    report(&world, first, "40 B left").await;
    world.double.merge_pull(REPO, first, "mia").await.unwrap();
    measure(&world, &runner, 1_000, 1_060).await;

    let second = world.pull("two").await;
    measure(&world, &runner, 1_060, 1_120).await;
    report(&world, second, "20 B over").await;
    let head = world.head("two").await;
    assert_eq!(world.status_saying(&head, "Over budget").await.state, "failure");
    says(&world, second, "/ounce accept \"the parser pays\"").await;
    let accepted = report(&world, second, "as accepted").await;
    assert!(accepted.body.contains("mia") && accepted.body.contains("the parser pays"), "{}", accepted.body);
    assert_eq!(world.status_saying(&head, "as accepted").await.state, "success");
    assert_eq!(world.count("SELECT COUNT(*) FROM acceptances WHERE growth = 60 AND landed_ms IS NULL").await, 2, "on each board");
    world.double.merge_pull(REPO, second, "mia").await.unwrap();
    measure(&world, &runner, 1_060, 1_120).await;
    assert_eq!(world.count("SELECT COUNT(*) FROM acceptances WHERE landed_ms IS NOT NULL").await, 2);

    // 60 of the 150 were accepted: they are the release's now.
    let third = world.pull("three").await;
    measure(&world, &runner, 1_120, 1_150).await;
    report(&world, third, "10 B left").await;
}

#[tokio::test]
async fn what_was_accepted_and_never_landed_moves_nothing() {
    let world = World::with(Some(&since("v1")), |_| {}).await;
    let runner = world.runner("desk").await;
    released(&world, &runner).await;
    let pull = world.pull("one").await;
    measure(&world, &runner, 1_000, 1_130).await;
    report(&world, pull, "30 B over").await;
    says(&world, pull, "/ounce accept \"yes\"").await;
    report(&world, pull, "as accepted").await;
    world.double.commit(REPO, "one", None, "more", &[("main.c", Some("more"))]).await.unwrap();
    measure(&world, &runner, 1_000, 1_140).await;
    report(&world, pull, "accepted at").await;
    world.double.close_pull(REPO, pull, "mia").await.unwrap();
    world.settle().await;
    let next = world.pull("two").await;
    measure(&world, &runner, 1_000, 1_010).await;
    report(&world, next, "90 B left").await;
}

#[tokio::test]
async fn a_release_that_nobody_has_weighed_is_weighed_first() {
    let world = World::with(Some(&since("v1")), |_| {}).await;
    // No event of the default branch tells of it.
    let release = world.double.commit(REPO, "release-1", Some("main"), "release", &[("main.c", Some("int main = 1;"))]).await.unwrap();
    world.double.tag(REPO, "v1", &release, None).await.unwrap();
    let runner = world.runner("desk").await;
    let pull = world.pull("one").await;
    measure(&world, &runner, 1_000, 1_060).await;
    report(&world, pull, "**Weighing**").await;
    measure(&world, &runner, 1_000, 1_020).await;
    report(&world, pull, "60 B left").await;
    world.pull("two").await;
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM runs WHERE kind = 'push'").await, 1, "once");
}

#[tokio::test]
async fn a_budget_without_a_start_is_not_judged_and_says_why() {
    for (text, why) in [("v9", "there is no commit for v9"), ("2024-01-01", "there is no commit for 2024-01-01")] {
        let world = World::with(Some(&since(text)), |_| {}).await;
        let runner = world.runner("desk").await;
        let pull = world.pull("one").await;
        measure(&world, &runner, 1_000, 1_060).await;
        report(&world, pull, why).await;
    }
}

#[tokio::test]
async fn a_budget_since_a_day_counts_from_the_last_commit_before_it() {
    let world = World::with(Some(&since("2999-01-01")), |_| {}).await;
    let runner = world.runner("desk").await;
    let pull = world.pull("one").await;
    measure(&world, &runner, 1_000, 1_060).await;
    report(&world, pull, "40 B left").await;
}
