//! What people ask for in comments and with buttons, from a stranger's gift to its report.

use crate::runner::ScriptedRunner;
use crate::world::{MANIFEST, REPO, World};
use github_double::{Comment, FaultKind, NewPull, Permission};
use ounce_protocol::runner_api::Lease;
use ounce_server::work::order::REFUSALS_MAX;

const FORK: &str = "stranger/blinky";

/// A pull request from a fork: its number and head.
pub async fn gift(world: &World) -> (u64, String) {
    world.double.fork(REPO, FORK, &world.folder().join("fork.git")).await.unwrap();
    let head = push(world, "one").await;
    let pull = NewPull { head_repo: Some(FORK.into()), author: "stranger".into(), ..NewPull::from_branch("Gift", "gift") };
    let pull = world.double.open_pull(REPO, pull).await.unwrap();
    world.comment_saying(pull, "Waiting for approval").await;
    (pull, head)
}

/// The stranger pushes to the gift.
pub async fn push(world: &World, text: &str) -> String {
    world.double.commit(FORK, "gift", Some("main"), text, &[("gift.c", Some(text))]).await.unwrap()
}

/// Somebody with write access writes a comment; gives its id.
pub async fn says(world: &World, pull: u64, text: &str) -> u64 {
    world.double.set_permission(REPO, "mia", Permission::Write).unwrap();
    world.double.comment_as(REPO, pull, "mia", text).await.unwrap()
}

/// Our answer to a comment, once it contains this.
pub async fn answer(world: &World, pull: u64, to: u64, text: &str) -> Comment {
    let marker = format!("<!-- ounce:answer:{to} -->");
    let found =
        || world.double.comments(REPO, pull).into_iter().find(|c| c.body.ends_with(&format!("{marker}\n")) && c.body.contains(text));
    world.eventually(&format!("an answer that says {text:?}"), found).await
}

/// The report's comment, once it contains this.
pub async fn report(world: &World, pull: u64, text: &str) -> Comment {
    let found =
        || world.double.comments(REPO, pull).into_iter().find(|c| c.body.contains("<!-- ounce:report -->") && c.body.contains(text));
    world.eventually(&format!("a report that says {text:?}"), found).await
}

async fn measure_all(world: &World, runner: &ScriptedRunner, boards: usize, head_bytes: u64) -> Vec<Lease> {
    let mut leases = Vec::new();
    for _ in 0..boards {
        let lease = runner.claim().await;
        runner.measure(&lease, 1_000, head_bytes).await;
        leases.push(lease);
    }
    world.settle().await;
    leases
}

#[tokio::test]
async fn a_strangers_gift_is_approved_weighed_and_reported() {
    let world = World::new().await;
    let (pull, head) = gift(&world).await;
    let mut runner = world.runner("desk").await;
    runner.wait_ms = 300;
    assert!(runner.try_claim().await.is_none(), "a stranger's commit was given to a runner");

    let order = says(&world, pull, &format!("Looks harmless.\n\n/ounce approve {head}")).await;
    answer(&world, pull, order, "2 boards").await;
    runner.wait_ms = 5_000;
    let leases = measure_all(&world, &runner, 2, 1_010).await;
    assert!(leases.iter().all(|l| l.work.refs[0].starts_with("refs/pull/")));
    report(&world, pull, "Within budget").await;
    assert_eq!(world.status_saying(&head, "Within budget").await.state, "success");
    assert_eq!(world.count("SELECT COUNT(*) FROM runs WHERE trusted = 0").await, 1, "it stays a stranger's");
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE trusted = 0").await, 2);
    assert_eq!(world.count("SELECT COUNT(*) FROM points").await, 0, "and draws no history");
    let noted =
        "SELECT COUNT(*) FROM approvals WHERE login = 'mia' AND role = 'write' AND length(sha) = 40 AND revoked_ms IS NULL AND at_ms > 0";
    assert_eq!(world.count(noted).await, 1, "who, as what, when, and exactly which commit");
}

#[tokio::test]
async fn a_push_revokes_an_approval_also_one_that_comes_back() {
    let world = World::new().await;
    let (pull, first) = gift(&world).await;
    let order = says(&world, pull, &format!("/ounce approve {first}")).await;
    answer(&world, pull, order, "Approved").await;
    let second = push(&world, "two").await;
    report(&world, pull, &second).await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'leased')").await, 0, "nothing of the second is run");
    let order = says(&world, pull, &format!("/ounce approve {first}")).await;
    assert!(answer(&world, pull, order, "Not approved").await.body.contains(&second), "the head is named");

    // The same commit again: force-pushed back.
    world.double.force(FORK, "gift", &first, "stranger").await.unwrap();
    report(&world, pull, &first).await;
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'leased')").await, 0, "a push revokes, also back to it");
    assert_eq!(world.count("SELECT COUNT(*) FROM approvals WHERE revoked_ms IS NULL").await, 0);
}

#[tokio::test]
async fn only_write_access_commands_and_a_refusal_is_said_once() {
    let world = World::new().await;
    let (pull, head) = gift(&world).await;
    world.double.set_permission(REPO, "tia", Permission::Triage).unwrap();
    let first = world.double.comment_as(REPO, pull, "stranger", &format!("/ounce approve {head}")).await.unwrap();
    answer(&world, pull, first, "accounts with write access").await;
    world.double.comment_as(REPO, pull, "stranger", "/ounce run").await.unwrap();
    world.double.comment_as(REPO, pull, "tia", "/ounce cancel").await.unwrap();
    for n in 0..REFUSALS_MAX + 3 {
        world.double.comment_as(REPO, pull, &format!("sock{n}"), "/ounce frobnicate").await.unwrap();
    }
    world.row("all refused", "SELECT 1 FROM commands WHERE outcome = 'refused' GROUP BY outcome HAVING COUNT(*) = 11").await;
    world.settle().await;
    let answers = world.double.comments(REPO, pull).into_iter().filter(|c| c.body.contains("ounce:answer")).count();
    assert_eq!(i64::try_from(answers).unwrap(), REFUSALS_MAX, "a flood is not answered with a flood");
    assert_eq!(world.count("SELECT COUNT(*) FROM approvals").await + world.count("SELECT COUNT(*) FROM jobs").await, 0);

    // The role is asked afresh: who may today is obeyed.
    let order = says(&world, pull, &format!("/ounce approve {head}")).await;
    answer(&world, pull, order, "Approved").await;
    world.double.set_permission(REPO, "mia", Permission::Read).unwrap();
    let order = world.double.comment_as(REPO, pull, "mia", "/ounce cancel").await.unwrap();
    world.row("refused", "SELECT 1 FROM commands WHERE login = 'mia' AND outcome = 'refused' AND role = 'read'").await;
    world.settle().await;
    assert!(!world.double.comments(REPO, pull).iter().any(|c| c.body.contains(&format!("answer:{order}")) && c.body.contains("stopped")));
}

#[tokio::test]
async fn edits_bots_ourselves_and_other_talk_command_nothing() {
    let world = World::with(Some(MANIFEST), |double| double.echo = true).await;
    let pull = world.pull("quiet").await;
    world.comment_saying(pull, "**Weighing**").await;
    for login in ["renovate[bot]", "ounce-bot"] {
        world.double.set_permission(REPO, login, Permission::Admin).unwrap();
        world.double.comment_as(REPO, pull, login, "/ounce cancel").await.unwrap();
    }
    says(&world, pull, "I would say\n> /ounce cancel\n\nor `/ounce cancel`").await;
    says(&world, pull, "/ouncecancel").await;
    let payload: serde_json::Value =
        serde_json::from_str(&world.double.deliveries().iter().rev().find(|d| d.event == "issue_comment").unwrap().payload).unwrap();
    for (path, value) in [("/action", "edited"), ("/action", "deleted")] {
        let mut edited = payload.clone();
        edited["comment"]["body"] = "/ounce cancel".into();
        *edited.pointer_mut(path).unwrap() = value.into();
        assert_eq!(world.double.send_event("issue_comment", edited).await.unwrap().status_code, 202);
    }
    let mut on_issue = payload.clone();
    on_issue["comment"]["body"] = "/ounce cancel".into();
    on_issue["issue"].as_object_mut().unwrap().remove("pull_request");
    world.double.send_event("issue_comment", on_issue).await.unwrap();
    world.row("all looked at", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE state = 'noted')").await;
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM commands").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM runs WHERE state = 'measuring'").await, 1);
}

#[tokio::test]
async fn a_command_is_carried_out_once_however_often_it_comes() {
    let world = World::new().await;
    let (pull, head) = gift(&world).await;
    let order = says(&world, pull, &format!("/ounce approve {head}")).await;
    answer(&world, pull, order, "Approved").await;
    let delivery =
        world.double.deliveries().into_iter().rev().find(|d| d.event == "issue_comment" && d.payload.contains("/ounce approve")).unwrap();
    assert_eq!(world.double.redeliver(delivery.id).await.unwrap().status_code, 200, "the same delivery");
    let payload = serde_json::from_str(&delivery.payload).unwrap();
    assert_eq!(world.double.send_event("issue_comment", payload).await.unwrap().status_code, 202, "the same event under another id");
    world.row("looked at again", "SELECT 1 FROM deliveries WHERE note = 'was done before'").await;
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM approvals").await, 1);
    let answers = world.double.comments(REPO, pull).into_iter().filter(|c| c.body.contains("ounce:answer")).count();
    assert_eq!(answers, 1);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_not_written_twice() {
    let world = World::new().await;
    let pull = world.pull("lost").await;
    world.comment_saying(pull, "**Weighing**").await;
    for kind in [FaultKind::DoneThenBadGateway, FaultKind::Half] {
        world.double.inject("POST /repos/acme/blinky/issues", 1, kind);
        let order = says(&world, pull, "/ounce help").await;
        world.row("a failed attempt", "SELECT id FROM outbox WHERE attempts = 1").await;
        world.pass(5_000);
        world.row("all sent", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE sent_version < version)").await;
        let found = world.double.comments(REPO, pull).into_iter().filter(|c| c.body.contains(&format!("answer:{order} "))).count();
        assert_eq!(found, 1);
    }
}

#[tokio::test]
async fn a_mistake_is_answered_with_what_was_meant() {
    let world = World::new().await;
    let pull = world.pull("words").await;
    report(&world, pull, "**Weighing**").await;
    let order = says(&world, pull, "/ounce aprove <!-- ounce:report --> @everyone").await;
    let said = answer(&world, pull, order, "did you mean `approve`?").await;
    assert!(said.body.contains("| `/ounce run`") && !said.body.contains("<!-- ounce:report -->"), "{}", said.body);
    let order = says(&world, pull, "/ounce approve 0123456").await;
    answer(&world, pull, order, "40 hexadecimal digits").await;
    let order = says(&world, pull, &format!("/ounce approve {}", world.head("words").await)).await;
    answer(&world, pull, order, "nothing to approve").await;
    let order = says(&world, pull, "/ounce run boards=disko").await;
    world.row("is under way", "SELECT 1 FROM commands WHERE note = 'is under way'").await;
    answer(&world, pull, order, "being weighed already").await;
}

#[tokio::test]
async fn cancel_stops_the_agent_and_run_begins_again() {
    let world = World::new().await;
    let pull = world.pull("slow").await;
    report(&world, pull, "**Weighing**").await;
    let runner = world.runner("desk").await;
    let lease = runner.claim().await;
    let order = says(&world, pull, "/ounce cancel").await;
    answer(&world, pull, order, "1 run stopped").await;
    assert!(runner.heartbeat(&lease, "").await.1, "the runner is told with its next heartbeat");
    report(&world, pull, "**Cancelled** by `mia`").await;
    assert_eq!(world.status_saying(&world.head("slow").await, "cancelled").await.state, "success", "neutral: nobody is held up");
    let order = says(&world, pull, "/ounce cancel").await;
    answer(&world, pull, order, "Nothing is under way").await;

    let order = says(&world, pull, "/ounce run").await;
    answer(&world, pull, order, "on 2 boards").await;
    measure_all(&world, &runner, 2, 1_020).await;
    report(&world, pull, "Within budget").await;
}

#[tokio::test]
async fn a_part_is_measured_again_and_the_rest_kept() {
    let world = World::new().await;
    let pull = world.pull("part").await;
    let runner = world.runner("desk").await;
    measure_all(&world, &runner, 2, 1_300).await;
    report(&world, pull, "Over budget").await;

    let order = says(&world, pull, "/ounce run bench=sum").await;
    answer(&world, pull, order, "on 1 board.").await;
    let leases = measure_all(&world, &runner, 1, 1_004).await;
    assert_eq!(leases[0].work.board.as_str(), "disco");
    let said = report(&world, pull, "+4").await;
    assert!(said.body.contains("+300") && said.body.contains("Over budget"), "mini's figures are kept: {}", said.body);
    assert_eq!(world.count("SELECT COUNT(*) FROM runs WHERE kind = 'pull' AND state = 'judged'").await, 2);

    let order = says(&world, pull, "/ounce run boards=mini").await;
    answer(&world, pull, order, "on 1 board.").await;
    measure_all(&world, &runner, 1, 1_000).await;
    report(&world, pull, "Within budget").await;
}

#[tokio::test]
async fn growth_that_is_meant_is_accepted_with_a_reason() {
    let world = World::new().await;
    let pull = world.pull("table").await;
    let head = world.head("table").await;
    let order = says(&world, pull, "/ounce accept \"early\"").await;
    answer(&world, pull, order, "no figures").await;
    let runner = world.runner("desk").await;
    measure_all(&world, &runner, 2, 1_300).await;
    assert_eq!(world.status_saying(&head, "Over budget").await.state, "failure");
    let order = says(&world, pull, "/ounce accept \"the table pays <!-- ounce:report --> @all\"").await;
    answer(&world, pull, order, "Accepted").await;
    let said = report(&world, pull, "as accepted").await;
    assert!(
        said.body.contains("the table pays") && said.body.matches("ounce:report -->").count() == 1 && said.body.contains("+300"),
        "{}",
        said.body
    );
    assert_eq!(world.status_saying(&head, "as accepted").await.state, "success");
    let order = says(&world, pull, "/ounce accept \"again\"").await;
    answer(&world, pull, order, "accepted already by `mia`").await;

    // It counted for that head only.
    let next = world.double.commit(REPO, "table", None, "more", &[("main.c", Some("more"))]).await.unwrap();
    measure_all(&world, &runner, 2, 1_400).await;
    assert_eq!(world.status_saying(&next, "Over budget").await.state, "failure");
    let order = says(&world, pull, "/ounce cancel").await;
    answer(&world, pull, order, "Nothing is under way").await;
}

#[tokio::test]
async fn what_broke_is_not_accepted() {
    let world = World::new().await;
    let pull = world.pull("broken").await;
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        let head = crate::runner::build_failed(&lease, &lease.work.head, "no");
        runner.measured(&lease, crate::runner::built(&lease, &lease.work.base, 1_000), head).await;
    }
    report(&world, pull, "Broken").await;
    let order = says(&world, pull, "/ounce accept \"whatever\"").await;
    answer(&world, pull, order, "only mended").await;
    assert_eq!(world.status_saying(&world.head("broken").await, "Broken").await.state, "failure");
}

#[tokio::test]
async fn two_commits_are_compared_on_request() {
    let world = World::new().await;
    let begin = world.head("main").await;
    world.double.tag(REPO, "v1", &begin, None).await.unwrap();
    let pull = world.pull("topic").await;
    report(&world, pull, "**Weighing**").await;
    let cancel = says(&world, pull, "/ounce cancel").await;
    answer(&world, pull, cancel, "stopped").await;
    let next = world.double.commit(REPO, "next", Some("main"), "next", &[("next.c", Some("n"))]).await.unwrap();

    let order = says(&world, pull, "/ounce compare v1..next").await;
    answer(&world, pull, order, "**Weighing**").await;
    let runner = world.runner("desk").await;
    let leases = measure_all(&world, &runner, 2, 1_257).await;
    assert_eq!((leases[0].work.base.as_str(), leases[0].work.head.as_str()), (begin.as_str(), next.as_str()));
    assert_eq!(leases[0].work.refs, ["refs/heads/main", "refs/tags/v1", "refs/heads/next"]);
    let said = answer(&world, pull, order, "Over budget").await;
    assert!(said.body.contains("+257"), "{}", said.body);
    assert!(report(&world, pull, "Cancelled").await.body.contains("Cancelled"), "the report is not touched");
    assert!(world.double.statuses(REPO, &next).is_empty(), "nor any check");
    let check = async |what: &str, says_: &str| {
        let order = says(&world, pull, &format!("/ounce compare {what}")).await;
        answer(&world, pull, order, says_).await;
    };
    check("v1..nothing", "no branch, tag or commit `nothing`").await;
    check(&format!("{}..main", &begin[..10]), "no branch, tag or commit").await;
    check("v1..main", "nothing to compare").await;
}

#[tokio::test]
async fn a_strangers_commit_is_compared_in_the_sandbox_only_and_never_as_the_base() {
    let world = World::new().await;
    let (pull, head) = gift(&world).await;
    let order = says(&world, pull, &format!("/ounce compare {head}..main")).await;
    answer(&world, pull, order, "no history of the default branch").await;
    let order = says(&world, pull, &format!("/ounce compare main..{head}")).await;
    answer(&world, pull, order, "**Weighing**").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE trusted = 1").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE trusted = 0").await, 2);
}

#[tokio::test]
async fn a_forge_that_does_not_say_who_may_is_asked_again() {
    let world = World::new().await;
    let pull = world.pull("asks").await;
    report(&world, pull, "**Weighing**").await;
    world.double.inject("/permission", 2, FaultKind::Status { status: 500 });
    let order = says(&world, pull, "/ounce cancel").await;
    world.row("put back", "SELECT id FROM deliveries WHERE attempts = 1 AND event = 'issue_comment'").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM commands").await, 0, "nobody is obeyed meanwhile");
    world.pass(5_000);
    world.row("put back again", "SELECT id FROM deliveries WHERE attempts = 2 AND event = 'issue_comment'").await;
    world.pass(5_000);
    answer(&world, pull, order, "stopped").await;
}

#[tokio::test]
async fn forks_may_be_unwanted() {
    let world = World::with(Some(&format!("{MANIFEST}[trust]\nforks = \"never\"\n")), |_| {}).await;
    world.double.fork(REPO, FORK, &world.folder().join("fork.git")).await.unwrap();
    let head = push(&world, "one").await;
    let pull = NewPull { head_repo: Some(FORK.into()), author: "stranger".into(), ..NewPull::from_branch("Gift", "gift") };
    let pull = world.double.open_pull(REPO, pull).await.unwrap();
    world.status_saying(&head, "never run").await;
    let order = says(&world, pull, &format!("/ounce approve {head}")).await;
    answer(&world, pull, order, "never run").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs").await, 0);
}

#[tokio::test]
async fn the_commit_that_changed_a_figure_is_named_from_the_history() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let mut bytes = 1_000;
    let mut culprit = String::new();
    for (n, grows) in [0, 300, 0].into_iter().enumerate() {
        let text = n.to_string();
        let tip = world.double.commit(REPO, "main", None, &format!("step {n} | @all"), &[("main.c", Some(&text))]).await.unwrap();
        for _ in 0..2 {
            let lease = runner.claim().await;
            runner.measure(&lease, bytes, bytes + grows).await;
        }
        bytes += grows;
        if grows > 0 {
            culprit = tip;
        }
    }
    world.row("all judged", "SELECT 1 FROM runs WHERE kind = 'push' AND state = 'judged' GROUP BY kind HAVING COUNT(*) = 3").await;
    let pull = world.pull("asks").await;
    let order = says(&world, pull, "/ounce bisect disco/flash").await;
    let said = answer(&world, pull, order, "the newest commit").await;
    assert!(said.body.contains(&format!("| {culprit} | +300 |")), "{}", said.body);
    assert_eq!(said.body.matches("\n| ").count(), 2, "only that one: {}", said.body);
    let order = says(&world, pull, "/ounce bisect disco/flush").await;
    answer(&world, pull, order, "did you mean `disco/flash`?").await;
}
