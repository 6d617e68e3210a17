//! The same bytes are not run again: whose figures a job may have, and what is said of it.

use crate::commands::{answer, gift, push, report, says};
use crate::runner::{ScriptedRunner, built};
use crate::world::World;
use ounce_protocol::RunKey;
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::LEASE_MS;
use ounce_protocol::measurement::{BenchOutcome, Measurement, Outcome};
use ounce_protocol::runner_api::{Earlier, EarlierAnswer, Found, Lease};
use ounce_server::work::housekeeping::SWEEP_MS;
use reqwest::StatusCode;

fn key(of: u64) -> RunKey {
    RunKey::parse(&format!("{of:064x}")).unwrap()
}

/// A side that was run: its key is that of its bytes.
fn ran(lease: &Lease, commit: &CommitSha, bytes: u64) -> Measurement {
    Measurement { run_key: Some(key(bytes)), ..built(lease, commit, bytes) }
}

/// A side that was not run, with the figures of another.
fn not_run(lease: &Lease, commit: &CommitSha, bytes: u64, found: &Found) -> Measurement {
    let Outcome::Built { ledger, .. } = built(lease, commit, bytes).outcome else { unreachable!() };
    let outcome = Outcome::Built { ledger, benches: found.benches.clone() };
    Measurement { outcome, reused: Some(found.from.clone()), ..ran(lease, commit, bytes) }
}

async fn earlier(runner: &ScriptedRunner, lease: &Lease, bytes: u64) -> Option<Found> {
    let answer = runner.post_about(lease, "earlier", &Earlier { token: lease.token, run_key: key(bytes) }).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json::<EarlierAnswer>().await.unwrap().found
}

/// Runs both sides of both boards; gives the lease of the board with a benchmark.
async fn weigh(world: &World, runner: &ScriptedRunner, base_bytes: u64, head_bytes: u64) -> Lease {
    let mut leases = Vec::new();
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measured(&lease, ran(&lease, &lease.work.base, base_bytes), ran(&lease, &lease.work.head, head_bytes)).await;
        leases.push(lease);
    }
    world.settle().await;
    leases.into_iter().find(|lease| lease.work.board.as_str() == "disco").unwrap()
}

/// The next lease of the board with a benchmark; the other board is measured.
async fn next(runner: &ScriptedRunner) -> Lease {
    loop {
        let lease = runner.claim().await;
        if lease.work.board.as_str() == "disco" {
            return lease;
        }
        runner.measure(&lease, 1_000, 1_000).await;
    }
}

/// The board without a benchmark, where it is still to be measured.
async fn rest(world: &World, runner: &ScriptedRunner) {
    let lease = runner.claim().await;
    runner.measure(&lease, 1_000, 1_000).await;
    world.settle().await;
}

#[tokio::test]
async fn what_was_run_before_is_not_run_again_and_that_is_said() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let first = world.pull("first").await;
    let before = weigh(&world, &runner, 1_000, 1_040).await;
    world.comment_saying(first, "+40 B").await;

    let second = world.pull("second").await;
    let lease = next(&runner).await;
    assert_eq!(earlier(&runner, &lease, 1_001).await, None, "nobody ran these");
    let base = earlier(&runner, &lease, 1_000).await.expect("the base was run");
    let head = earlier(&runner, &lease, 1_040).await.expect("the first's head was run");
    assert_eq!((&base.from.commit, &head.from.commit), (&before.work.base, &before.work.head));
    runner.measured(&lease, not_run(&lease, &lease.work.base, 1_000, &base), not_run(&lease, &lease.work.head, 1_040, &head)).await;
    rest(&world, &runner).await;

    let said = world.comment_saying(second, "not run again").await.body;
    for (side, commit) in [("Base", &before.work.base), ("Head", &before.work.head)] {
        let sentence =
            format!("{side} not run again: the same bytes, run in the same way, were measured at <code>{}</code>.", commit.short());
        assert!(
            said.contains(&sentence) || said.contains(&sentence.replace("<code>", "`").replace("</code>", "`")),
            "{sentence} in {said}"
        );
    }
    assert!(said.contains("2,000 → 2,040"), "the figures are those: {said}");
    let metrics = world.http.get(world.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("ounce_results_reused_total 2"), "{metrics}");
    let page = world.http.get(world.url(&format!("/runs/{}", base.from.run + 1))).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("<a href=\"/runs/{}\">", base.from.run)), "the page links to the run that has them");

    // A third finds what was run, not what was taken over.
    world.pull("third").await;
    let lease = next(&runner).await;
    assert_eq!(earlier(&runner, &lease, 1_040).await, Some(head));
}

#[tokio::test]
async fn figures_are_taken_over_only_from_who_has_them() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    world.pull("first").await;
    weigh(&world, &runner, 1_000, 1_040).await;
    world.pull("second").await;
    let lease = next(&runner).await;
    let found = earlier(&runner, &lease, 1_040).await.unwrap();
    let good = not_run(&lease, &lease.work.head, 1_040, &found);
    let check = async |what: &str, spoil: &dyn Fn(&mut Measurement)| {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert_eq!(runner.upload(&lease, bad).await, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
    };
    check("another figure", &|m| {
        let Outcome::Built { benches, .. } = &mut m.outcome else { unreachable!() };
        for bench in benches.values_mut() {
            let BenchOutcome::Counted(count) = bench else { unreachable!() };
            count.instructions -= 1;
        }
    })
    .await;
    check("a run that never was", &|m| m.reused.as_mut().unwrap().run += 1_000).await;
    check("another commit", &|m| m.reused.as_mut().unwrap().commit = lease.work.head.clone()).await;
    check("another key", &|m| m.run_key = Some(key(1))).await;
    check("no key", &|m| m.run_key = None).await;
    assert_eq!(world.count("SELECT COUNT(*) FROM measurements WHERE run_id = 2 AND board = 'disco'").await, 0, "nothing of it was kept");
    assert_eq!(runner.upload(&lease, good).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn figures_of_two_takes_that_differ_are_nobody_elses() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    world.pull("first").await;
    let lease = next(&runner).await;
    let mut noisy = ran(&lease, &lease.work.head, 1_040);
    let Outcome::Built { benches, .. } = &mut noisy.outcome else { unreachable!() };
    for bench in benches.values_mut() {
        let BenchOutcome::Counted(count) = bench else { unreachable!() };
        count.second_take = Some(7);
    }
    runner.measured(&lease, ran(&lease, &lease.work.base, 1_000), noisy).await;
    world.pull("second").await;
    let lease = next(&runner).await;
    assert_eq!(earlier(&runner, &lease, 1_040).await, None);
    assert!(earlier(&runner, &lease, 1_000).await.is_some());
}

#[tokio::test]
async fn what_a_stranger_gave_counts_for_that_pull_request_alone() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let (pull, head) = gift(&world).await;
    let order = says(&world, pull, &format!("/ounce approve {head}")).await;
    answer(&world, pull, order, "Approved").await;
    weigh(&world, &runner, 1_000, 1_040).await;

    world.pull("own").await;
    let lease = next(&runner).await;
    assert_eq!(earlier(&runner, &lease, 1_040).await, None, "the project's own is not weighed with a stranger's figures");
    runner.measured(&lease, ran(&lease, &lease.work.base, 1_000), ran(&lease, &lease.work.head, 1_050)).await;
    rest(&world, &runner).await;

    let head = push(&world, "two").await;
    report(&world, pull, &head).await;
    let order = says(&world, pull, &format!("/ounce approve {head}")).await;
    answer(&world, pull, order, "Approved").await;
    let lease = next(&runner).await;
    assert!(!lease.work.trusted);
    assert!(earlier(&runner, &lease, 1_040).await.is_some(), "its own of before");
    assert!(earlier(&runner, &lease, 1_050).await.is_some(), "the project's, to which nobody could add");
}

#[tokio::test]
async fn who_asks_for_a_run_gets_one() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let pull = world.pull("first").await;
    weigh(&world, &runner, 1_000, 1_040).await;
    let order = says(&world, pull, "/ounce run").await;
    answer(&world, pull, order, "weighed again").await;
    let lease = next(&runner).await;
    assert_eq!(earlier(&runner, &lease, 1_040).await, None, "it is measured afresh");
}

#[tokio::test]
async fn another_projects_figures_and_a_lost_lease_answer_nothing() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    world.pull("first").await;
    weigh(&world, &runner, 1_000, 1_040).await;
    // The run moves to another project.
    world
        .emptied(
            "INSERT INTO projects (id, repo, default_branch, created_ms) VALUES (77, 'acme/other', 'main', 0);
             UPDATE runs SET project_id = 77 WHERE id = 1",
        )
        .await;
    world.pull("second").await;
    let lease = next(&runner).await;
    assert_eq!(earlier(&runner, &lease, 1_000).await, None);
    let stale = Earlier { token: lease.token + 1, run_key: key(1_000) };
    assert_eq!(runner.post_about(&lease, "earlier", &stale).await.status(), StatusCode::CONFLICT);
    let none = runner.post_as("nobody", &format!("jobs/{}/earlier", lease.job), &stale).await;
    assert_eq!(none.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn figures_of_a_job_that_is_not_done_are_nobodys_yet() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    world.pull("first").await;
    let lost = next(&runner).await;
    assert_eq!(runner.upload(&lost, ran(&lost, &lost.work.base, 1_000)).await, StatusCode::NO_CONTENT);
    world.pass(LEASE_MS + SWEEP_MS as i64 + 1_000);
    let lease = next(&runner).await;
    assert_eq!((lease.job, lease.token > lost.token), (lost.job, true), "the same job, again");
    // What the lost lease left is replaced by what comes now: it is no source, least of all for its own job.
    assert_eq!(earlier(&runner, &lease, 1_000).await, None);
    runner.measured(&lease, ran(&lease, &lease.work.base, 1_000), ran(&lease, &lease.work.head, 1_040)).await;
    world.pull("second").await;
    let lease = next(&runner).await;
    assert!(earlier(&runner, &lease, 1_000).await.is_some(), "now it is done");
}

#[tokio::test]
async fn what_was_taken_over_may_be_sent_again() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    world.pull("first").await;
    weigh(&world, &runner, 1_000, 1_040).await;
    world.pull("second").await;
    let lease = next(&runner).await;
    let found = earlier(&runner, &lease, 1_000).await.unwrap();
    let side = not_run(&lease, &lease.work.base, 1_000, &found);
    for _ in 0..2 {
        assert_eq!(runner.upload(&lease, side.clone()).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(world.count("SELECT value FROM tallies WHERE name = 'reused'").await, 1, "and counts once");
}
