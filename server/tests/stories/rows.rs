//! What the store says of its rows, the same on either database: orders, comparisons with NULL, lists, and all that pages read.

use crate::database::Database;
use crate::world::{REPO, World};
use ounce_protocol::ids::{BoardName, CommitSha, RepoName, RunnerName};
use ounce_server::forge::CommitInfo;
use ounce_server::store::runs::{self, NewRun, RunKind, RunState};
use ounce_server::store::{Connection, figures, jobs, numbers, outbox, pages, projects, runners};

fn sha(n: u64) -> CommitSha {
    CommitSha::parse(&format!("{n:040x}")).unwrap()
}

async fn project(c: &mut Connection, repo: &str) -> i64 {
    projects::project(c, &RepoName::parse(repo).unwrap(), "main", 1).await.unwrap()
}

async fn run(c: &mut Connection, project: i64, n: u64) -> i64 {
    let head = sha(n);
    let commit = CommitInfo { sha: head.clone(), parents: vec![], committed_s: 0, summary: format!("change {n}"), author: String::new() };
    projects::put_commit(c, project, &commit, true).await.unwrap();
    runs::insert(c, &push(project, &head), 1).await.unwrap()
}

fn push(project: i64, head: &CommitSha) -> NewRun<'_> {
    NewRun {
        project,
        kind: RunKind::Push,
        pull: None,
        shown: head,
        base: head,
        head,
        conflict: false,
        trusted: true,
        manifest: "",
        manifest_changed: false,
        state: RunState::Measuring,
        note: "",
    }
}

#[tokio::test]
async fn names_sort_by_their_bytes() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut c = store.write().await.unwrap();
    let mut all = Vec::new();
    for repo in ["b/x", "B/x", "a-b/x", "ab/x", "a_b/x"] {
        all.push(project(&mut c, repo).await);
    }
    let listed: Vec<String> = pages::projects(&mut c, &all).await.unwrap().into_iter().map(|p| p.repo).collect();
    assert_eq!(listed, ["B/x", "a-b/x", "a_b/x", "ab/x", "b/x"]);

    let project = project(&mut c, "a/x").await;
    let run = run(&mut c, project, 1).await;
    for board in ["zero", "ten-2", "ten_1", "ten"] {
        jobs::insert(&mut c, run, &BoardName::parse(board).unwrap(), None, true, 0, 1).await.unwrap();
    }
    let mut sorted = ["zero", "ten-2", "ten_1", "ten"];
    sorted.sort_unstable();
    let listed: Vec<String> = pages::jobs(&mut c, run).await.unwrap().into_iter().map(|j| j.board).collect();
    assert_eq!(listed, sorted);
    let listed: Vec<String> = jobs::of_run(&mut c, run).await.unwrap().into_iter().map(|(board, _)| board.to_string()).collect();
    assert_eq!(listed, sorted);
    for runner in ["b2", "b-1", "b"] {
        runners::put(&mut c, &RunnerName::parse(runner).unwrap(), runner, 1).await.unwrap();
    }
    let listed: Vec<String> = runners::list(&mut c).await.unwrap().into_iter().map(|r| r.name.to_string()).collect();
    assert_eq!(listed, ["b", "b-1", "b2"]);
}

#[tokio::test]
async fn a_push_without_a_pull_request_is_found_again() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut c = store.write().await.unwrap();
    let project = project(&mut c, "a/x").await;
    let id = run(&mut c, project, 7).await;
    let head = sha(7);
    assert_eq!(runs::same(&mut c, &push(project, &head)).await.unwrap().map(|run| run.id), Some(id), "NULL is the same as NULL");
    let pull = NewRun { kind: RunKind::Pull, pull: Some(1), ..push(project, &head) };
    assert_eq!(runs::same(&mut c, &pull).await.unwrap(), None);
    let found = pages::runs_of_commits(&mut c, project, &[head.as_str(), "a'b\"\\"]).await.unwrap();
    assert_eq!(found, [(head.to_string(), id)]);
    assert!(pages::runs_of_commits(&mut c, project, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_runner_gets_what_it_offers_whatever_it_is_called() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut c = store.write().await.unwrap();
    let project = project(&mut c, "a/x").await;
    let run = run(&mut c, project, 7).await;
    let needs = "qemu:'\"\\,ü";
    jobs::insert(&mut c, run, &BoardName::parse("b").unwrap(), Some(needs), true, 0, 1).await.unwrap();
    c.commit().await.unwrap();
    let runner = RunnerName::parse("r").unwrap();
    for (offers, gets) in
        [(vec![], false), (vec!["qemu:".to_owned(), String::new()], false), (vec!["x".to_owned(), needs.to_owned()], true)]
    {
        let offer = jobs::Offer { runner: &runner, can_run: &offers, sandbox: true };
        let claimed = jobs::claim(&mut store.connection().await.unwrap(), offer, 5).await.unwrap();
        assert_eq!(claimed.is_some(), gets, "{offers:?}");
    }
}

#[tokio::test]
async fn the_outbox_keeps_one_row_a_target_and_the_wait_after_a_failure() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut c = store.write().await.unwrap();
    let project = project(&mut c, "a/x").await;
    let wish = |payload: &'static str| outbox::Wished { project, run: None, target: "comment:1", payload, passing: false };
    outbox::wish(&mut c, wish("one"), 10).await.unwrap();
    outbox::wish(&mut c, wish("one"), 11).await.unwrap();
    let due = outbox::due(&mut c, 0, 20).await.unwrap().unwrap();
    assert_eq!((due.version, due.payload.as_str(), due.forge_id), (1, "one", None), "the same wish again is no newer one");
    outbox::failed(&mut c, &due, "down", Some(500)).await.unwrap();
    assert_eq!(outbox::due(&mut c, 0, 499).await.unwrap(), None);
    outbox::wish(&mut c, wish("two"), 30).await.unwrap();
    assert_eq!(outbox::due(&mut c, 0, 499).await.unwrap(), None, "a newer wish does not shorten the wait");
    let due = outbox::due(&mut c, 0, 500).await.unwrap().unwrap();
    assert_eq!((due.version, due.payload.as_str(), due.attempts), (2, "two", 0));
    outbox::sent(&mut c, &due, Some(77), 501).await.unwrap();
    assert_eq!(outbox::due(&mut c, 0, 10_000).await.unwrap(), None);
    outbox::wish(&mut c, wish("three"), 600).await.unwrap();
    let due = outbox::due(&mut c, 0, 600).await.unwrap().unwrap();
    assert_eq!((due.version, due.forge_id), (3, Some(77)));
    outbox::hold(&mut c, project, 900).await.unwrap();
    outbox::hold(&mut c, project, 700).await.unwrap();
    assert_eq!(outbox::due(&mut c, 0, 899).await.unwrap(), None, "the longer hold counts");
    outbox::failed(&mut c, &due, "gone", None).await.unwrap();
    assert_eq!(outbox::due(&mut c, 0, 1_000).await.unwrap(), None, "given up");
    outbox::wish(&mut c, wish("three"), 1_000).await.unwrap();
    assert_eq!(outbox::due(&mut c, 0, 1_000).await.unwrap().map(|due| due.version), Some(4), "wished again, though the same");
}

#[tokio::test]
async fn pages_read_what_a_weighed_pull_request_left() {
    let world = World::new().await;
    let pull = world.pull("shown").await;
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.heartbeat(&lease, "cc ü\n").await;
        runner.measure(&lease, 1_000, 1_257).await;
    }
    world.comment_saying(pull, "Over budget").await;
    let mut c = world.store.connection().await.unwrap();
    let all = pages::projects(&mut c, &[]).await.unwrap();
    assert_eq!((all.len(), all[0].repo.as_str(), all[0].verdict.as_deref()), (1, REPO, Some("over_budget")));
    let project = pages::project(&mut c, &RepoName::parse(REPO).unwrap()).await.unwrap().unwrap();
    assert_eq!(project.title, "blinky");
    assert!(pages::manifest(&mut c, project.id).await.unwrap().unwrap().contains("boards.mini"));
    let runs = pages::runs(&mut c, project.id, None).await.unwrap();
    let newest = runs.iter().find(|run| run.pull_number == i64::try_from(pull).ok()).unwrap();
    assert_eq!((newest.subject.as_str(), newest.state.as_str(), newest.conflict), ("Faster", "judged", false));
    let (row, repo, comparison) = pages::run(&mut c, newest.id).await.unwrap().unwrap();
    assert_eq!((&row, repo.as_str()), (newest, REPO));
    assert!(comparison.unwrap().contains("over_budget"));
    assert!(pages::run(&mut c, 1 << 40).await.unwrap().is_none());
    let jobs = pages::jobs(&mut c, newest.id).await.unwrap();
    assert_eq!(jobs.iter().map(|job| (job.board.as_str(), job.log_bytes)).collect::<Vec<_>>(), [("disco", Some(6)), ("mini", Some(6))]);
    assert_eq!(pages::job(&mut c, jobs[0].id).await.unwrap(), Some((jobs[0].clone(), REPO.to_owned())));
    assert_eq!(pages::log(&mut c, jobs[0].id).await.unwrap(), Some(("cc ü\n".to_owned(), 0)));
    let latest = pages::latest(&mut c, project.id).await.unwrap();
    let boards: Vec<(&str, i64)> = latest.iter().map(|row| (row.board.as_str(), row.value)).collect();
    assert_eq!(boards, [("disco", 1_000), ("mini", 1_000)], "the base is on the default branch, the head is not");
    let commits = figures::commits(&mut c, project.id, None, pages::HISTORY_COMMITS_MAX).await.unwrap();
    assert_eq!(commits.len(), 1);
    let ids = [commits[0].id];
    let figures_of = async |c: &mut Connection, board: Option<&BoardName>| {
        let rows = figures::at_commits(c, project.id, board, &ids).await.unwrap();
        let value = |row: &figures::SeriesRow| format!("{}/{} {}", row.key.board, row.key.kind, row.points[0].value);
        let mut values: Vec<String> = rows.iter().map(value).filter(|text| !text.contains("/stack") && !text.contains("/heap")).collect();
        values.sort_unstable();
        values
    };
    let disco = BoardName::parse("disco").unwrap();
    let of_disco = ["disco/instructions 2000", "disco/region 1000"];
    assert_eq!(figures_of(&mut c, Some(&disco)).await, of_disco);
    assert_eq!(figures_of(&mut c, None).await, [of_disco[0], of_disco[1], "mini/region 1000"]);
    let numbers = numbers::all(&mut c, world.clock.now()).await.unwrap();
    let done = numbers.standing.iter().find(|s| (s.of, s.state.as_str()) == (numbers::JOBS, "done")).map(|s| s.count);
    assert_eq!((done, numbers.outbox_given_up), (Some(2), 0), "{numbers:?}");
}
