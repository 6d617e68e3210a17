//! Which commit changed a figure, where commits in between were never weighed: the fewest builds tell.

use crate::commands::{answer, says};
use crate::runner::{ScriptedRunner, build_failed, built};
use crate::world::{REPO, World, deaf};
use ounce_protocol::runner_api::Lease;
use ounce_server::work::bisect::OPEN_MAX;

/// A history of which only the two first and the two last commits are weighed, oldest first, and a pull request to ask on. From `culprit` on
/// the flash is 300 B larger.
struct History {
    world: World,
    runner: ScriptedRunner,
    line: Vec<String>,
    culprit: usize,
    pull: u64,
}

impl History {
    async fn new(commits: usize, culprit: usize) -> History {
        let world = World::new().await;
        let runner = world.runner("desk").await;
        let line = vec![world.head("main").await];
        let mut history = History { world, runner, line, culprit, pull: 0 };
        history.commit().await;
        history.measure_two().await;
        let hook = deaf(&history.world);
        for _ in 2..commits - 1 {
            history.commit().await;
        }
        history.world.double.set_webhook(hook);
        history.commit().await;
        history.measure_two().await;
        history.world.row("both judged", "SELECT 1 WHERE (SELECT COUNT(*) FROM runs WHERE state = 'judged') = 2").await;
        history.pull = history.world.pull("asks").await;
        history.measure_two().await;
        history.world.comment_saying(history.pull, "No change").await;
        history
    }

    async fn commit(&mut self) {
        let n = self.line.len().to_string();
        let tip = self.world.double.commit(REPO, "main", None, &format!("step {n}"), &[("main.c", Some(&n))]).await.unwrap();
        self.line.push(tip);
    }

    /// What a commit weighs; one of the pull request as the tip.
    fn bytes(&self, sha: &str) -> u64 {
        let at = self.line.iter().position(|s| s == sha).unwrap_or(self.line.len());
        if at >= self.culprit { 1_300 } else { 1_000 }
    }

    async fn measure(&self, lease: &Lease) {
        let bytes = |sha: &str| self.bytes(sha);
        self.runner.measure(lease, bytes(lease.work.base.as_str()), bytes(lease.work.head.as_str())).await;
    }

    async fn measure_two(&self) {
        for _ in 0..2 {
            let lease = self.runner.claim().await;
            self.measure(&lease).await;
        }
    }

    /// The next build, as the places of its two commits.
    async fn build(&self) -> (Lease, (usize, usize)) {
        let lease = self.runner.claim().await;
        let at = |sha: &str| self.line.iter().position(|s| s == sha).unwrap();
        let pair = (at(lease.work.base.as_str()), at(lease.work.head.as_str()));
        assert_eq!(lease.work.board.as_str(), "disco", "only the board asked for");
        (lease, pair)
    }
}

#[tokio::test]
async fn the_fewest_builds_find_the_commit_also_after_a_restart() {
    let mut history = History::new(20, 11).await;
    let order = says(&history.world, history.pull, "/ounce bisect disco/flash").await;
    let said = answer(&history.world, history.pull, order, "the answer comes here").await;
    assert!(said.body.contains("16 have no figure"), "{}", said.body);
    for (n, expected) in [(8, 9), (12, 13), (9, 10), (10, 11)].into_iter().enumerate() {
        let (lease, pair) = history.build().await;
        assert_eq!(pair, expected, "build {n}");
        if n == 1 {
            history.world.kill().await;
            history.world.start().await;
            let address = history.world.url("").trim_start_matches("http://").parse().unwrap();
            history.runner.turn_to(address);
        }
        history.measure(&lease).await;
    }
    let said = answer(&history.world, history.pull, order, "4 builds for this").await;
    assert!(said.body.contains(&format!("| {} | +300 |", history.line[11])), "{}", said.body);
    history.world.settle().await;
    assert_eq!(history.world.count("SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'leased')").await, 0);

    // What is known now is told at once.
    let order = says(&history.world, history.pull, "/ounce bisect disco/flash").await;
    let said = answer(&history.world, history.pull, order, "+300").await;
    assert!(!said.body.contains("comes here") && said.body.contains(&history.line[11]), "{}", said.body);
}

#[tokio::test]
async fn what_does_not_build_is_left_out_and_the_two_around_it_are_named() {
    let history = History::new(6, 3).await;
    let order = says(&history.world, history.pull, "/ounce bisect disco/flash").await;
    // Known: 0, 1 and 4, 5. Neither 2 nor 3 builds.
    let mut builds = 0;
    while history.world.asked::<i64>("SELECT 1 FROM bisects WHERE state = 'open'").await.is_some() || builds == 0 {
        let (lease, pair) = history.build().await;
        let side = |at: usize, sha| match at {
            2 | 3 => build_failed(&lease, sha, "main.c:1: error"),
            _ => built(&lease, sha, history.bytes(sha.as_str())),
        };
        history.runner.measured(&lease, side(pair.0, &lease.work.base), side(pair.1, &lease.work.head)).await;
        builds += 1;
        history.world.row("the next step", "SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs WHERE state = 'queued') OR NOT EXISTS (SELECT 1 FROM bisects WHERE state = 'open')").await;
    }
    let said = answer(&history.world, history.pull, order, "for this").await;
    assert!(said.body.contains("those in between were not weighed") && said.body.contains(&history.line[4]), "{}", said.body);
    assert_eq!(builds, 2, "each was tried");
}

#[tokio::test]
async fn searches_are_limited_and_cancelled() {
    let history = History::new(12, 6).await;
    let world = &history.world;
    for _ in 0..OPEN_MAX {
        let order = says(world, history.pull, "/ounce bisect disco/flash").await;
        answer(world, history.pull, order, "the answer comes here").await;
    }
    let order = says(world, history.pull, "/ounce bisect disco/flash").await;
    answer(world, history.pull, order, "2 searches are under way").await;
    world.row("a build waits", "SELECT id FROM jobs WHERE state = 'queued'").await;
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'queued'").await, 1, "both need the same one");
    let order = says(world, history.pull, "/ounce cancel").await;
    answer(world, history.pull, order, "2 runs stopped").await;
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'leased')").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM bisects WHERE state = 'cancelled'").await, OPEN_MAX);
}
