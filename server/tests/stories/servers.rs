//! Several servers on one PostgreSQL database, and a database that goes away in the middle. A SQLite file is one server's alone.

use crate::database::{Database, on_postgres};
use crate::runner::{ScriptedRunner, built};
use crate::world::{REPO, World};
use ounce_protocol::runner_api::End;
use ounce_server::store::claims;
use scratch_postgres::Cluster;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Does all work there is; gives the jobs it was leased.
async fn work(runner: &mut ScriptedRunner) -> Vec<i64> {
    runner.wait_ms = 1_500;
    let mut leased = Vec::new();
    while let Some(lease) = runner.try_claim().await {
        leased.push(lease.job);
        runner.measure(&lease, 1_000, 1_000).await;
    }
    leased
}

#[tokio::test]
async fn two_servers_share_the_work_and_do_nothing_twice() {
    if !on_postgres() {
        return;
    }
    const PULLS: usize = 5;
    let world = World::new().await;
    let second = world.another_server().await;
    let (mut here, mut there) = (world.runner("here").await, world.runner("there").await);
    there.turn_to(second.addr);
    let mut pulls = Vec::new();
    for n in 0..PULLS {
        pulls.push(world.pull(&format!("shared-{n}")).await);
    }
    world.row("all jobs", "SELECT COUNT(*) FROM jobs HAVING COUNT(*) = 10").await;
    let (ours, theirs) = tokio::join!(work(&mut here), work(&mut there));
    let mut jobs = [ours.clone(), theirs.clone()].concat();
    jobs.sort_unstable();
    jobs.dedup();
    assert_eq!(jobs.len(), ours.len() + theirs.len(), "a job was given twice: {ours:?}, {theirs:?}");
    assert_eq!(jobs.len(), 2 * PULLS);
    for pull in pulls {
        world.comment_saying(pull, "No change").await;
    }
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM runs WHERE state = 'judged'").await, 5);
    assert_eq!(
        world.count("SELECT COUNT(*) FROM points").await,
        world.count("SELECT COUNT(*) FROM (SELECT DISTINCT series_id, commit_id FROM points) AS p").await
    );
    second.stop().await;
}

#[tokio::test]
async fn one_servers_bell_is_heard_by_the_other() {
    if !on_postgres() {
        return;
    }
    let world = World::new().await;
    let second = world.another_server().await;
    let mut there = world.runner("there").await;
    there.turn_to(second.addr);
    // The first server notes, plans and queues; the runner waits at the second, whose own look is two seconds apart.
    let mut waits = Vec::new();
    for n in 0..4 {
        let claim = async {
            let lease = there.claim().await;
            (lease, Instant::now())
        };
        let push = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            world.pull(&format!("heard-{n}")).await;
            world.row("a job", "SELECT COUNT(*) FROM jobs HAVING COUNT(*) > 0").await;
            Instant::now()
        };
        let ((lease, claimed), queued) = tokio::join!(claim, push);
        waits.push(claimed.saturating_duration_since(queued).as_millis());
        there.measure(&lease, 1_000, 1_000).await;
        let second_board = there.claim().await;
        there.measure(&second_board, 1_000, 1_000).await;
        world.emptied("DELETE FROM job_logs; DELETE FROM lease_tokens; UPDATE runs SET state = 'superseded'; DELETE FROM jobs").await;
    }
    assert!(waits.iter().all(|ms| *ms < 700), "polled, not woken: {waits:?} ms");
    second.stop().await;
}

#[tokio::test]
async fn what_a_dead_server_held_is_another_ones_after_a_while() {
    let database = Database::new().await;
    let (store, mut now) = (database.store().await, 1_000);
    let mut c = store.connection().await.unwrap();
    assert!(claims::take(&mut c, "plan", "dead", now, now + 100).await.unwrap());
    assert!(claims::take(&mut c, "plan", "dead", now, now + 200).await.unwrap(), "prolonged");
    assert!(!claims::take(&mut c, "plan", "alive", now + 199, now + 500).await.unwrap(), "held");
    now += 200;
    assert!(claims::take(&mut c, "plan", "alive", now, now + 100).await.unwrap(), "lapsed");
    assert!(!claims::take(&mut c, "plan", "dead", now, now + 100).await.unwrap());
    claims::release(&mut c, "plan", "dead").await.unwrap();
    assert!(!claims::take(&mut c, "plan", "third", now, now + 100).await.unwrap(), "only its holder gives it up");
    claims::release_all(&mut c, "alive").await.unwrap();
    assert!(claims::take(&mut c, "plan", "third", now, now + 100).await.unwrap());
}

#[tokio::test]
async fn a_database_that_crashes_in_the_middle_of_a_run_loses_nothing() {
    if !on_postgres() {
        return;
    }
    let cluster = Cluster::start().unwrap();
    let database = Database::of(&cluster).await;
    let world = World::as_app_over(database).await;
    let before = world.pull("before").await;
    let (mut runner, other) = (world.runner("desk").await, world.runner("other").await);
    let (lease, others) = (&runner.claim().await, other.claim().await);
    assert_eq!(runner.upload(lease, built(lease, &lease.work.base, 1_000)).await, 204);

    let cluster = tokio::task::spawn_blocking(move || {
        cluster.crash();
        cluster
    });
    let cluster = cluster.await.unwrap();
    runner.wait_ms = 0;
    assert_eq!(runner.upload(lease, built(lease, &lease.work.head, 1_000)).await, 500, "nothing is acknowledged that is not kept");
    // What the forge delivers now fails, and is asked for when the database is back.
    let during = world.pull("during").await;
    let _cluster = tokio::task::spawn_blocking(move || {
        cluster.go_on().unwrap();
        cluster
    })
    .await
    .unwrap();

    assert_eq!(runner.upload(lease, built(lease, &lease.work.head, 1_000)).await, 204, "the same lease");
    assert_eq!(runner.finish(lease, End::Done).await, 204, "the base's figures are there still");
    other.measure(&others, 1_000, 1_000).await;
    world.comment_saying(before, "No change").await;
    world.pass(10 * 60_000);
    runner.wait_ms = 20_000;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, 1_000, 1_000).await;
    }
    world.comment_saying(during, "No change").await;
    let mut comments = BTreeMap::new();
    for pull in [before, during] {
        comments.insert(pull, world.double.comments(REPO, pull).len());
    }
    assert!(comments.values().all(|n| *n == 1), "{comments:?}");
}
