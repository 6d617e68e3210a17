//! What goes out: one comment, whatever goes wrong between writing it and knowing that it was written.

use crate::world::{REPO, World};
use github_double::FaultKind;
use std::time::Duration;

async fn measured(world: &World, base: u64, head: u64) {
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, base, head).await;
    }
}

#[tokio::test]
async fn a_server_cut_off_in_the_middle_still_comments_once() {
    let mut world = World::new().await;
    let pull = world.pull("restart").await;
    let runner = world.runner("desk").await;
    let first = runner.claim().await;
    runner.measure(&first, 1_000, 1_010).await;
    world.comment_saying(pull, "**Weighing**").await;
    world.kill().await;

    world.start().await;
    let runner = world.runner("desk").await;
    let second = runner.claim().await;
    assert_ne!(second.work.board, first.work.board, "what was done is not done again");
    runner.measure(&second, 1_000, 1_010).await;
    world.comment_saying(pull, "Within budget").await;
}

#[tokio::test]
async fn a_server_cut_off_before_planning_plans_when_it_is_back() {
    let mut world = World::new().await;
    world.double.inject("GET /repos/acme/blinky/pulls", 1_000, FaultKind::Status { status: 503 });
    let pull = world.pull("restart").await;
    world.row("a delivery that was put back", "SELECT id FROM deliveries WHERE attempts > 0").await;
    world.kill().await;
    world.double.clear_faults();
    world.start().await;
    world.pass(600_000);
    world.comment_saying(pull, "**Weighing**").await;
}

#[tokio::test]
async fn a_comment_written_but_not_acknowledged_is_found_again() {
    let world = World::new().await;
    world.double.inject("POST /repos/acme/blinky/issues", 1, FaultKind::DoneThenBadGateway);
    let pull = world.pull("lost").await;
    world.row("a failed attempt", "SELECT id FROM outbox WHERE attempts = 1").await;
    world.pass(60_000);
    world.row("a wish that stands", "SELECT id FROM outbox WHERE target LIKE 'comment:%' AND sent_version = version").await;
    world.comment_saying(pull, "**Weighing**").await;
    assert_eq!(world.double.count("POST", "/issues/"), 1, "it was written once");
    measured(&world, 1_000, 1_000).await;
    world.comment_saying(pull, "No change").await;
}

#[tokio::test]
async fn a_restart_after_an_unacknowledged_comment_does_not_write_twice() {
    let mut world = World::new().await;
    world.double.inject("POST /repos/acme/blinky/issues", 1, FaultKind::DoneThenBadGateway);
    let pull = world.pull("lost").await;
    world.row("a failed attempt", "SELECT id FROM outbox WHERE attempts = 1").await;
    world.kill().await;
    world.start().await;
    world.pass(60_000);
    world.row("a wish that stands", "SELECT id FROM outbox WHERE target LIKE 'comment:%' AND sent_version = version").await;
    world.comment_saying(pull, "**Weighing**").await;
}

#[tokio::test]
async fn a_failing_forge_is_asked_again_and_not_hammered() {
    let world = World::new().await;
    world.double.inject("POST /repos/acme/blinky/issues", 3, FaultKind::Status { status: 502 });
    let pull = world.pull("down").await;
    for sql in
        ["SELECT id FROM outbox WHERE attempts = 1", "SELECT id FROM outbox WHERE attempts = 2", "SELECT id FROM outbox WHERE attempts = 3"]
    {
        world.row("one more failed attempt", sql).await;
        world.pass(5_000);
    }
    world.comment_saying(pull, "**Weighing**").await;
    assert_eq!(world.double.count("POST", "/issues/"), 4, "one attempt a wait");
}

#[tokio::test]
async fn a_rate_limit_holds_back_everything_of_the_project() {
    let world = World::new().await;
    world.double.inject("/repos/acme/blinky/issues", 1, FaultKind::SecondaryLimit { retry_after_s: 120 });
    let pull = world.pull("limited").await;
    world.row("a project that waits", "SELECT id FROM projects WHERE hold_until_ms >= created_ms + 100000").await;
    world.double.clear_requests();
    world.pass(60_000);
    world.double.commit(REPO, "limited", None, "more", &[("main.c", Some("more"))]).await.unwrap();
    world.row("the run of the newer head", "SELECT id FROM runs WHERE id = 2").await;
    world.settle().await;
    assert_eq!(world.double.count("POST", "/"), 0, "nothing is written while the limit holds");
    world.pass(61_000);
    world.comment_saying(pull, "**Weighing**").await;
}

#[tokio::test]
async fn a_comment_that_was_deleted_is_written_again() {
    let world = World::new().await;
    let pull = world.pull("gone").await;
    let first = world.comment_saying(pull, "**Weighing**").await;
    world.double.delete_comment(REPO, first.id).unwrap();
    measured(&world, 1_000, 1_000).await;
    assert_ne!(world.comment_saying(pull, "No change").await.id, first.id);
}

#[tokio::test]
async fn a_forged_marker_of_another_author_is_left_alone() {
    let world = World::new().await;
    world.double.inject("/repos/acme/blinky/issues", 1, FaultKind::Status { status: 502 });
    let pull = world.pull("forged").await;
    world.row("a failed attempt", "SELECT id FROM outbox WHERE attempts = 1").await;
    let theirs = world.double.comment_as(REPO, pull, "stranger", "<!-- ounce:report -->").await.unwrap();
    world.pass(60_000);
    let ours = world.eventually("our own comment", || world.double.comments(REPO, pull).into_iter().find(|c| c.id != theirs)).await;
    assert!(ours.body.contains("**Weighing**"));
    let comments = world.double.comments(REPO, pull);
    assert_eq!(comments.iter().find(|c| c.id == theirs).unwrap().body, "<!-- ounce:report -->");
}

#[tokio::test]
async fn a_server_stops_in_order_and_soon_although_a_runner_waits() {
    let mut world = World::new().await;
    let runner = world.runner("desk").await;
    let waiting = tokio::spawn(async move { runner.try_claim().await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let took = world.stop().await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(waiting.await.unwrap().is_none(), "the waiting runner gets an answer");
}

/// What is done and never answered is waited for as long as a request may take (20 s between two pieces of an answer, 40 s in all), and then read
/// before it is written again.
#[tokio::test]
async fn a_forge_that_never_answers_is_given_up_and_read_before_it_is_written_to_again() {
    let world = World::new().await;
    let (never, began) = (FaultKind::Slow { delay_ms: 600_000 }, std::time::Instant::now());
    world.double.inject("POST /repos/acme/blinky/issues", 1, never.clone());
    world.double.inject("POST /repos/acme/blinky/statuses", 1, never);
    let pull = world.pull("mute").await;
    let asked = "SELECT id FROM outbox WHERE attempts = 1 AND target LIKE 'comment:%'";
    while world.asked::<i64>(asked).await.is_none() {
        assert!(began.elapsed() < Duration::from_secs(90), "it is waited for without end");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(began.elapsed() > Duration::from_secs(10), "nothing was waited for");
    // Both were given up; each is tried again when its time comes.
    while world.asked::<i64>("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE sent_version < version)").await.is_none() {
        assert!(began.elapsed() < Duration::from_secs(150), "it never gets there");
        world.pass(60_000);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    measured(&world, 1_000, 1_000).await;
    world.comment_saying(pull, "No change").await;
    assert_eq!(world.double.comments(crate::world::REPO, pull).len(), 1, "it was written once");
}
