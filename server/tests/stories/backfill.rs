//! A history that nobody weighed is filled, behind all other work, and what is known is left alone.

use crate::world::{MANIFEST, REPO, World, deaf};
use ounce_protocol::ids::{BoardName, RepoName};
use ounce_server::serve;
use ounce_server::store::{backfills, projects};
use ounce_server::work::backfill::{self, BackfillError, Report, Wish};
use std::collections::BTreeSet;

/// A world with this many commits on the default branch, oldest first, of which the server heard nothing.
async fn unheard(commits: usize) -> (World, Vec<String>) {
    let world = World::new().await;
    // The project becomes known by an event of its own.
    let pull = world.pull("first").await;
    world.comment_saying(pull, "Ounce").await;
    world.double.close_pull(REPO, pull, "maintainer").await.unwrap();
    world.row("the end of it", "SELECT 1 WHERE (SELECT COUNT(*) FROM jobs WHERE state = 'superseded') = 2").await;
    let hook = deaf(&world);
    let mut line = vec![world.head("main").await];
    for n in 1..commits {
        world.double.commit(REPO, "main", None, &format!("commit {n}"), &[("main.c", Some(&format!("int n{n};")))]).await.unwrap();
        line.push(world.head("main").await);
    }
    world.double.set_webhook(hook);
    (world, line)
}

fn wish() -> Wish {
    Wish { repo: RepoName::parse(REPO).unwrap(), last: 200, since: None, boards: BTreeSet::new(), dry_run: false }
}

async fn fill(world: &World, wish: &Wish) -> Result<Report, BackfillError> {
    let forge = serve::connect(&world.config.forge, world.clock.clone()).unwrap();
    backfill::fill(&world.store, &forge, wish, || world.clock.now(), |_| {}).await
}

/// The pairs of a report as places in the history, newest first.
fn pairs(report: &Report, line: &[String]) -> Vec<(usize, usize)> {
    let at = |sha: &str| line.iter().position(|s| s == sha).unwrap();
    report.planned.iter().map(|p| (at(p.base.as_str()), at(p.head.as_str()))).collect()
}

#[tokio::test]
async fn a_history_is_filled_with_half_as_many_runs_and_once() {
    let (world, line) = unheard(5).await;
    let dry = fill(&world, &Wish { dry_run: true, ..wish() }).await.unwrap();
    assert_eq!(world.count("SELECT COUNT(*) FROM runs WHERE kind = 'push'").await, 0, "a dry run plans nothing");
    let report = fill(&world, &wish()).await.unwrap();
    assert_eq!((report.commits, report.known), (5, 2));
    assert_eq!(pairs(&report, &line), [(3, 4), (1, 2), (0, 1)], "newest first; the first commit has no parent");
    assert_eq!(pairs(&dry, &line), pairs(&report, &line));
    let again = fill(&world, &wish()).await.unwrap();
    assert_eq!((again.known, again.planned.len(), again.skipped.len()), (5, 0, 0), "what waits is not planned twice");

    // A pull request comes before all of it.
    let (runner, other) = (world.runner("desk").await, world.runner("other").await);
    let first = other.claim().await;
    assert_eq!(first.work.head.as_str(), line[4]);
    let pull = world.pull("urgent").await;
    world.row("its jobs", "SELECT 1 WHERE (SELECT COUNT(*) FROM jobs WHERE state = 'queued' AND priority = 0) = 2").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        assert!(!line.contains(&lease.work.head.to_string()), "interactive work first");
        runner.measure(&lease, 1_000, 1_000).await;
    }
    world.comment_saying(pull, "No change").await;
    other.measure(&first, 1_000, 1_010).await;
    for _ in 0..5 {
        let lease = runner.claim().await;
        let bytes = |sha: &str| 960 + 10 * line.iter().position(|s| s == sha).unwrap() as u64;
        runner.measure(&lease, bytes(lease.work.base.as_str()), bytes(lease.work.head.as_str())).await;
    }
    let points = "SELECT COUNT(*) FROM points JOIN series ON series.id = series_id JOIN commits ON commits.id = commit_id AND on_default = 1 WHERE kind = 'region' AND board = 'mini'";
    world.row("all points", "SELECT 1 WHERE (SELECT COUNT(*) FROM runs WHERE kind = 'push' AND state = 'judged') = 3").await;
    assert_eq!(world.count(points).await, 5, "each commit has its figure");
    assert_eq!(fill(&world, &wish()).await.unwrap().known, 5);
    let progress = progress(&world).await;
    assert_eq!((progress.queued, progress.running, progress.done), (0, 0, 6));
}

async fn progress(world: &World) -> backfills::Progress {
    let mut c = world.store.connection().await.unwrap();
    let project = projects::find(&mut c, &wish().repo).await.unwrap().unwrap();
    backfills::progress(&mut c, project).await.unwrap()
}

#[tokio::test]
async fn a_backfill_stops_where_it_is_told_goes_on_and_is_cancelled() {
    let (world, line) = unheard(6).await;
    world.double.tag(REPO, "v1", &line[2], None).await.unwrap();
    let since = |name: &str| Wish { since: Some(name.to_owned()), ..wish() };
    let error = fill(&world, &since("v2")).await.unwrap_err().to_string();
    assert!(error.contains("no tag \"v2\""), "{error}");
    let error = fill(&world, &Wish { last: 2, ..since("v1") }).await.unwrap_err().to_string();
    assert!(error.contains("not among the last 2 commits"), "{error}");
    let error = fill(&world, &Wish { last: 0, ..wish() }).await.unwrap_err().to_string();
    assert!(error.contains("1 to 1000"), "{error}");

    let mini = BTreeSet::from([BoardName::parse("mini").unwrap()]);
    let report = fill(&world, &Wish { boards: mini.clone(), ..since(&line[4]) }).await.unwrap();
    assert_eq!(pairs(&report, &line), [(4, 5)]);
    assert_eq!(report.planned[0].boards, Vec::from_iter(mini), "only the board asked for");
    let report = fill(&world, &since("v1")).await.unwrap();
    assert_eq!(pairs(&report, &line), [(2, 3)], "goes on below what waits");
    assert_eq!(progress(&world).await.queued, 3);

    let mut tx = world.store.write().await.unwrap();
    let project = projects::find(&mut tx, &wish().repo).await.unwrap().unwrap();
    assert_eq!(backfills::cancel(&mut tx, project, world.clock.now()).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let after = progress(&world).await;
    assert_eq!((after.queued, after.cancelled), (0, 3));
    let report = fill(&world, &since("v1")).await.unwrap();
    assert_eq!(pairs(&report, &line), [(4, 5), (2, 3)], "what was cancelled is missing again");
}

#[tokio::test]
async fn commits_without_a_manifest_are_named_and_the_rest_is_filled() {
    let world = World::with(None, |_| {}).await;
    let pull = world.pull("first").await;
    world.row("the first event", "SELECT id FROM runs").await;
    world.double.close_pull(REPO, pull, "maintainer").await.unwrap();
    let hook = deaf(&world);
    let mut line = vec![world.head("main").await];
    for files in [
        [("ounce.toml", None), ("a.c", Some("1"))],
        [("ounce.toml", Some(MANIFEST)), ("a.c", Some("2"))],
        [("ounce.toml", Some(MANIFEST)), ("a.c", Some("3"))],
    ] {
        let files: Vec<_> = files.into_iter().filter(|(_, text)| text.is_some()).collect();
        world.double.commit(REPO, "main", None, "next", &files).await.unwrap();
        line.push(world.head("main").await);
    }
    world.double.set_webhook(hook);
    let report = fill(&world, &wish()).await.unwrap();
    assert_eq!(pairs(&report, &line), [(2, 3)]);
    let skipped: Vec<&str> = report.skipped.iter().map(|s| s.commit.as_str()).collect();
    assert_eq!(skipped, [&line[1], &line[0]]);
    assert!(report.skipped[0].why.contains("has no ounce.toml"), "{:?}", report.skipped);
}
