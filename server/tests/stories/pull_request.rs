//! From a pull request to the comment under it.

use crate::runner::{build_failed, built};
use crate::world::{MANIFEST, REPO, World};
use github_double::{FaultKind, NewPull};
use ounce_protocol::job::FailureKind;
use ounce_server::store::jobs::AVOID_MS;
use ounce_server::work::lease::TOKEN_WAIT_MS;

#[tokio::test]
async fn a_pull_request_is_weighed_as_it_would_land() {
    let world = World::new().await;
    let base = world.head("main").await;
    let pull = world.pull("faster").await;
    let head = world.head("faster").await;

    let first = world.comment_saying(pull, "**Weighing**").await;
    assert!(first.body.contains("2 boards"), "{}", first.body);
    assert_eq!(world.status_saying(&head, "weighing 2 boards").await.state, "pending");

    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        assert_eq!(lease.work.base.as_str(), base);
        let merge = world.double.settle(REPO, pull).await.unwrap().unwrap();
        assert_eq!(lease.work.head.as_str(), merge, "the head is the test merge, not the branch");
        assert_eq!(lease.work.manifest, MANIFEST);
        assert_eq!(lease.work.refs, [format!("refs/pull/{pull}/merge"), format!("refs/pull/{pull}/head")]);
        runner.measure(&lease, 1_000, 1_100).await;
    }

    let last = world.comment_saying(pull, "Within budget").await;
    assert_eq!(last.id, first.id, "the comment was edited, not written again");
    assert!(last.body.contains("+100") && last.body.contains("https://ounce.example.org/runs/1"), "{}", last.body);
    assert!(last.body.trim_end().ends_with("<!-- ounce:report -->"), "{}", last.body);
    assert_eq!(world.status_saying(&head, "Within budget").await.state, "success");
    let points = world.count("SELECT COUNT(*) FROM points JOIN commits ON commits.id = commit_id WHERE on_default = 1").await;
    assert_eq!(points, 4, "flash of two boards, instructions and stack of one benchmark, at the base");
}

#[tokio::test]
async fn an_app_speaks_in_check_runs_and_lends_a_token_to_clone() {
    let world = World::as_app().await;
    let pull = world.pull("app").await;
    let head = world.head("app").await;
    world.comment_saying(pull, "**Weighing**").await;
    let check = world.eventually("a check run", || world.double.check_runs(REPO, &head).pop()).await;
    assert_eq!((check.status.as_str(), check.conclusion.as_deref()), ("in_progress", None));

    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        assert!(lease.work.clone_token.is_some(), "a private repository is cloned with a token of its own");
        runner.measure(&lease, 1_000, 1_257).await;
    }
    world.comment_saying(pull, "Over budget").await;
    let failed = || world.double.check_runs(REPO, &head).pop().filter(|c| c.conclusion.is_some());
    let check = world.eventually("the check's conclusion", failed).await;
    assert_eq!(check.conclusion.as_deref(), Some("failure"));
    assert!(check.title.unwrap().contains("Over budget") && check.summary.unwrap().contains("+257"));
    assert_eq!(world.double.check_runs(REPO, &head).len(), 1, "one check run, whichever text it has");
}

#[tokio::test]
async fn a_job_without_a_token_to_clone_goes_back() {
    let world = World::as_app().await;
    let pull = world.pull("app").await;
    world.comment_saying(pull, "**Weighing**").await;
    world.row("everything sent", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE sent_version < version)").await;
    world.double.expire_installation_tokens();
    world.double.inject("/access_tokens", 1, FaultKind::Status { status: 503 });
    let runner = world.runner("desk").await;
    assert!(runner.try_claim().await.is_none(), "no lease without what it needs");
    let held = "SELECT COUNT(*) FROM jobs WHERE state = 'queued' AND attempts = 0 AND not_before_ms > created_ms + 10000";
    assert_eq!(world.count(held).await, 2, "the project's other job waits too: the forge is not hammered");
    world.pass(TOKEN_WAIT_MS + 1_000);
    let lease = runner.claim().await;
    assert_eq!(lease.attempt, 1, "an outage of the forge costs no attempt");
    assert!(lease.work.clone_token.is_some());
}

#[tokio::test]
async fn growth_over_the_budget_fails_the_check() {
    let world = World::new().await;
    let pull = world.pull("larger").await;
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, 1_000, 1_257).await;
    }
    world.comment_saying(pull, "Over budget").await;
    assert_eq!(world.status_saying(&world.head("larger").await, "Over budget").await.state, "failure");
}

#[tokio::test]
async fn a_board_that_does_not_build_hides_no_other() {
    let world = World::new().await;
    let pull = world.pull("breaks").await;
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        let (base, head) = (&lease.work.base, &lease.work.head);
        let head = match lease.work.board.as_str() {
            "mini" => build_failed(&lease, head, "main.c:1: error: `<!-- ounce:report -->` @everyone"),
            _ => built(&lease, head, 1_004),
        };
        runner.measured(&lease, built(&lease, base, 1_000), head).await;
    }
    let comment = world.comment_saying(pull, "Broken").await;
    assert!(comment.body.contains("+4") && comment.body.contains("main.c:1: error"), "{}", comment.body);
    assert_eq!(world.status_saying(&world.head("breaks").await, "Broken").await.state, "failure");
}

#[tokio::test]
async fn trouble_of_ours_is_never_red() {
    let world = World::new().await;
    let pull = world.pull("fine").await;
    let runner = world.runner("desk").await;
    for _ in 0..4 {
        let lease = runner.claim().await;
        match lease.work.board.as_str() {
            "mini" => runner.give_up(&lease, FailureKind::Infra, "no disk space: free some").await,
            _ => runner.measure(&lease, 1_000, 1_000).await,
        }
        world.pass(AVOID_MS + 1_000);
    }
    let comment = world.comment_saying(pull, "Incomplete").await;
    assert!(comment.body.contains("no disk space"), "{}", comment.body);
    let status = world.status_saying(&world.head("fine").await, "Incomplete").await;
    assert_eq!(status.state, "error", "neither the pull request's fault nor a pass");
}

#[tokio::test]
async fn a_newer_head_supersedes_what_is_under_way() {
    let world = World::new().await;
    let pull = world.pull("again").await;
    let old_head = world.head("again").await;
    let runner = world.runner("desk").await;
    let old = runner.claim().await;
    assert_eq!(runner.heartbeat(&old, "").await, (200.try_into().unwrap(), false));

    world.double.commit(REPO, "again", None, "more", &[("main.c", Some("more"))]).await.unwrap();
    world.status_saying(&old_head, "superseded").await;
    assert_eq!(runner.heartbeat(&old, "").await, (200.try_into().unwrap(), true), "the runner is told to stop");
    assert_eq!(runner.upload(&old, built(&old, &old.work.head, 1)).await, 409, "a late result is refused");

    for _ in 0..2 {
        let lease = runner.claim().await;
        assert_ne!(lease.work.head, old.work.head);
        runner.measure(&lease, 1_000, 1_000).await;
    }
    world.comment_saying(pull, "No change").await;
}

#[tokio::test]
async fn a_closed_pull_request_stops_its_jobs() {
    let world = World::new().await;
    let pull = world.pull("dropped").await;
    let mut runner = world.runner("desk").await;
    let lease = runner.claim().await;
    world.double.close_pull(REPO, pull, "octo-dev").await.unwrap();
    world.comment_saying(pull, "closed before").await;
    assert!(runner.heartbeat(&lease, "").await.1);
    runner.wait_ms = 0;
    assert!(runner.try_claim().await.is_none(), "nothing is left to do");
}

#[tokio::test]
async fn a_fork_waits_for_approval() {
    let world = World::with(Some(&format!("{MANIFEST}[trust]\nforks = \"approve\"\n")), |_| {}).await;
    let fork = "stranger/blinky";
    world.double.fork(REPO, fork, &world.folder().join("fork.git")).await.unwrap();
    let head = world.double.commit(fork, "evil", Some("main"), "evil", &[("main.c", Some("evil"))]).await.unwrap();
    let pull = NewPull { head_repo: Some(fork.into()), author: "stranger".into(), ..NewPull::from_branch("Gift", "evil") };
    let pull = world.double.open_pull(REPO, pull).await.unwrap();

    let comment = world.comment_saying(pull, "Waiting for approval").await;
    assert!(comment.body.contains(&head), "the whole commit id is named: {}", comment.body);
    assert_eq!(world.status_saying(&head, "waiting for approval").await.state, "pending");
    let mut runner = world.runner("desk").await;
    runner.wait_ms = 300;
    assert!(runner.try_claim().await.is_none(), "a stranger's commit was given to a runner");
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs").await, 0);
}

#[tokio::test]
async fn pull_requests_of_one_commit_share_a_check_that_shows_the_worst() {
    let world = World::new().await;
    let first = world.pull("same").await;
    let head = world.head("same").await;
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, 1_000, 1_257).await;
    }
    assert_eq!(world.status_saying(&head, "Over budget").await.state, "failure");

    let fork = "stranger/blinky";
    world.double.fork(REPO, fork, &world.folder().join("fork.git")).await.unwrap();
    let pull = NewPull { head_repo: Some(fork.into()), author: "stranger".into(), ..NewPull::from_branch("Mine now", "same") };
    let theirs = world.double.open_pull(REPO, pull).await.unwrap();
    world.comment_saying(theirs, "Waiting for approval").await;
    world.settle().await;
    let newest = || world.double.statuses(REPO, &head).pop().unwrap();
    assert_eq!(newest().state, "failure", "a stranger's pull request hides nothing: {:?}", newest().description);

    world.double.commit(REPO, "next", Some("main"), "next", &[("next.c", Some("next"))]).await.unwrap();
    let pull = NewPull { base_branch: Some("next".into()), ..NewPull::from_branch("Backport", "same") };
    let second = world.double.open_pull(REPO, pull).await.unwrap();
    world.comment_saying(second, "**Weighing**").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, 1_000, 1_100).await;
    }
    world.comment_saying(second, "Within budget").await;
    world.settle().await;
    assert_eq!(newest().state, "failure", "the worst of the two is shown: {:?}", newest().description);
    world.double.close_pull(REPO, first, "octo-dev").await.unwrap();
    assert_eq!(world.status_saying(&head, "Within budget").await.state, "success", "what the one that is left says");
}

#[tokio::test]
async fn without_a_manifest_the_check_says_how_to_add_one() {
    let world = World::with(None, |_| {}).await;
    let pull = world.pull("any").await;
    let status = world.status_saying(&world.head("any").await, "add one at the root").await;
    assert_ne!(status.state, "failure");
    world.settle().await;
    assert!(world.double.comments(REPO, pull).is_empty(), "no comment on projects that did not ask for one");
}

#[tokio::test]
async fn a_mistake_in_the_manifest_is_shown_and_is_not_red() {
    let world = World::with(Some(&MANIFEST.replace("elf =", "elff =")), |_| {}).await;
    let pull = world.pull("any").await;
    world.comment_saying(pull, "did you mean `elf`?").await;
    let status = world.status_saying(&world.head("any").await, "not weighed").await;
    assert_ne!(status.state, "failure");
}

#[tokio::test]
async fn a_changed_manifest_is_not_used_and_that_is_said() {
    let world = World::new().await;
    let changed = MANIFEST.replace("max_growth = 256", "max_growth = 99999");
    world.double.commit(REPO, "sly", Some("main"), "budget", &[("ounce.toml", Some(&changed))]).await.unwrap();
    let pull = world.double.open_pull(REPO, NewPull::from_branch("Sly", "sly")).await.unwrap();
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        assert_eq!(lease.work.manifest, MANIFEST, "the base's manifest counts");
        runner.measure(&lease, 1_000, 1_300).await;
    }
    let comment = world.comment_saying(pull, "Over budget").await;
    assert!(comment.body.contains("the base's was used"), "{}", comment.body);
}

#[tokio::test]
async fn a_conflict_is_weighed_against_the_merge_base() {
    let world = World::new().await;
    let fork_point = world.head("main").await;
    world.double.commit(REPO, "clash", Some("main"), "ours", &[("main.c", Some("ours"))]).await.unwrap();
    world.double.commit(REPO, "main", None, "theirs", &[("main.c", Some("theirs"))]).await.unwrap();
    let pull = world.double.open_pull(REPO, NewPull::from_branch("Clash", "clash")).await.unwrap();
    world.comment_saying(pull, "it conflicts with its base branch").await;
    let runner = world.runner("desk").await;
    let mut lease = runner.claim().await;
    while !lease.work.refs[0].contains("/pull/") {
        lease = runner.claim().await;
    }
    assert_eq!((lease.work.base.as_str(), lease.work.head.as_str()), (fork_point.as_str(), world.head("clash").await.as_str()));
}

#[tokio::test]
async fn an_unsettled_merge_is_asked_for_again() {
    let world = World::with(Some(MANIFEST), |double| double.lazy_answers = 2).await;
    let pull = world.pull("lazy").await;
    for attempts in [
        "SELECT id FROM deliveries WHERE attempts = 1 AND event = 'pull_request'",
        "SELECT id FROM deliveries WHERE attempts = 2 AND event = 'pull_request'",
    ] {
        world.row("a delivery that was put back", attempts).await;
        world.pass(5_000);
    }
    world.comment_saying(pull, "**Weighing**").await;
}

#[tokio::test]
async fn a_push_to_the_default_branch_is_history() {
    let world = World::new().await;
    let before = world.head("main").await;
    let after = world.double.commit(REPO, "main", None, "landed", &[("main.c", Some("landed"))]).await.unwrap();
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        assert_eq!((lease.work.base.as_str(), lease.work.head.as_str()), (before.as_str(), after.as_str()));
        assert_eq!(lease.work.refs, ["refs/heads/main"]);
        runner.measure(&lease, 1_000, 1_010).await;
    }
    world.row("a judged push", "SELECT id FROM runs WHERE kind = 'push' AND state = 'judged'").await;
    let points = world.count("SELECT COUNT(*) FROM points JOIN commits ON commits.id = commit_id WHERE on_default = 1").await;
    assert_eq!(points, 8, "four figures at each of two commits");
    world.settle().await;
    assert_eq!(world.double.count("POST", "/comments") + world.double.count("POST", "/statuses"), 0, "nobody is told of a push");
}
