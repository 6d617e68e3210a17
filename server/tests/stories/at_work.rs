//! What is at work, as people and programs see it: the queue and what it waits for, the runners, and what each may see of it.

use crate::browser::Browser;
use crate::orders::form;
use crate::world::{REPO, World};
use github_double::Permission;
use ounce_protocol::job::{FailureKind, LEASE_MS};
use ounce_server::store::health::FAILURES_MAX;
use ounce_server::work::housekeeping::SWEEP_MS;
use reqwest::StatusCode;
use serde_json::Value;

async fn page(world: &World, path: &str) -> String {
    let answer = world.http.get(world.url(path)).send().await.unwrap();
    let status = answer.status();
    let body = answer.text().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{path}\n{body}");
    body
}

async fn json(world: &World, path: &str) -> Value {
    serde_json::from_str(&page(world, path).await).unwrap()
}

fn has(body: &str, parts: &[&str]) {
    for part in parts {
        assert!(body.contains(part), "{part}\n{body}");
    }
}

/// What the queue waits for, board by board.
fn waits(work: &Value) -> Vec<(&str, &str, bool)> {
    let queue = work["queue"].as_array().unwrap();
    queue.iter().map(|job| (job["board"].as_str().unwrap(), job["waits_for"].as_str().unwrap(), job["stuck"].as_bool().unwrap())).collect()
}

#[tokio::test]
async fn a_job_says_what_it_waits_for_and_is_seen_until_it_ended() {
    let world = World::new().await;
    has(&page(&world, "/work").await, &["No job runs now", "No job waits", "No runner is enrolled", "ounce-server runner enroll"]);
    let pull = world.pull("seen").await;
    world.comment_saying(pull, "**Weighing**").await;
    let nobody = "no runner is enrolled";
    assert_eq!(waits(&json(&world, "/api/v1/work").await), [("disco", nobody, true), ("mini", nobody, true)]);

    let mut desk = world.runner("desk").await;
    desk.can_run = vec!["qemu:microbit".into()];
    let lease = desk.claim().await;
    assert_eq!(lease.work.board.as_str(), "mini", "which needs nothing but to be built");
    desk.heartbeat(&lease, "cc main.c\n").await;
    let work = json(&world, "/api/v1/work").await;
    assert_eq!(waits(&work), [("disco", "needs qemu:netduinoplus2; no runner offers it", true)]);
    assert_eq!((&work["queued"], &work["running"][0]["doing"]), (&1.into(), &"building".into()));
    assert_eq!(work["runners"][0]["stands"], "busy");
    let body = page(&world, "/work").await;
    has(
        &body,
        &[
            "stuck:",
            "needs qemu:netduinoplus2; no runner offers it",
            "building",
            "1 job waits",
            "1 stuck",
            "href=\"/runners/desk\"",
            ">busy<",
        ],
    );
    assert!(page(&world, "/work/part").await.len() < body.len(), "the part is less than the page");

    desk.measure(&lease, 1_000, 1_000).await;
    desk.can_run = vec!["qemu:netduinoplus2".into()];
    let lease = desk.claim().await;
    desk.give_up(&lease, FailureKind::Timeout, "<b>forever\u{202e}").await;
    let body = page(&world, "/work").await;
    has(&body, &["took too long", "&#60;b&#62;forever\u{fffd}", "1 done, 1 took too long"]);
    let ended = body.split_once("id=\"ended\"").unwrap().1;
    assert!(ended.find(">took too long<").unwrap() < ended.find(">done<").unwrap(), "what failed stands first: {ended}");
    assert_eq!(json(&world, "/api/v1/work").await["ended"][0]["failure"], "timeout");
}

#[tokio::test]
async fn of_a_private_project_nothing_is_seen_but_that_a_runner_is_busy() {
    let world = World::as_app().await;
    world.pull("hidden").await;
    world.row("a run", "SELECT id FROM runs WHERE state = 'measuring'").await;
    let desk = world.runner("desk").await;
    let lease = desk.claim().await;
    desk.heartbeat(&lease, "cc secret.c\n").await;
    world.double.set_permission(REPO, "mia", Permission::Read).unwrap();
    let (mut stranger, mut mia) = (Browser::new(), Browser::of(&world, "mia").await);
    for (path, sees) in
        [("/work", "acme/blinky"), ("/work/part", "acme/blinky"), ("/api/v1/work", "acme/blinky"), ("/runners/desk", "acme/blinky")]
    {
        let hidden = stranger.get(&world, path).await;
        assert_eq!(hidden.status, StatusCode::OK, "{path}");
        for trace in [sees, "disco", "mini", "building", "/jobs/", "/runs/"] {
            assert!(!hidden.body.contains(trace), "{path}: {trace}\n{}", hidden.body);
        }
        assert!(hidden.body.contains("busy"), "{path}\n{}", hidden.body);
        assert!(mia.get(&world, path).await.body.contains(sees), "{path}: mia may see it");
    }
    let work: Value = serde_json::from_str(&stranger.get(&world, "/api/v1/work").await.body).unwrap();
    assert_eq!((&work["queued"], work["running"].as_array().unwrap().len()), (&0.into(), 0), "also not in counts");
    assert_eq!(work["runners"][0]["last_day"]["done"], 0);

    // Three failures set it aside: why is the private job's words.
    desk.give_up(&lease, FailureKind::Infra, "no room for secret.c").await;
    for _ in 1..FAILURES_MAX {
        world.clock.advance(60_000);
        let lease = desk.claim().await;
        desk.give_up(&lease, FailureKind::Infra, "no room for secret.c").await;
    }
    for path in ["/work", "/runners/desk"] {
        let hidden = stranger.get(&world, path).await.body;
        assert!(hidden.contains("set aside") && !hidden.contains("secret.c"), "{path}\n{hidden}");
    }
    let seen = mia.get(&world, "/runners/desk").await.body;
    has(&seen, &["set aside", "no room for secret.c", "ounce-server runner restore desk"]);
    assert!(!seen.contains("by whom"), "who did what is for operators");
}

#[tokio::test]
async fn what_another_runner_could_do_is_a_flake_of_the_one_that_failed() {
    let world = World::new().await;
    let pull = world.pull("flaky").await;
    world.comment_saying(pull, "**Weighing**").await;
    let (desk, lab) = (world.runner("desk").await, world.runner("lab").await);
    let lease = desk.claim().await;
    desk.give_up(&lease, FailureKind::Infra, "no disk").await;
    world.clock.advance(60_000);
    let again = lab.claim().await;
    assert_eq!(again.job, lease.job, "others first");
    lab.measure(&again, 1_000, 1_000).await;
    // A lease that lapses counts like one that failed; nobody has done this job yet.
    desk.claim().await;
    world.pass(LEASE_MS + SWEEP_MS as i64 + 1_000);
    world.row("a job that came back", "SELECT id FROM jobs WHERE state = 'queued'").await;
    let work = json(&world, "/api/v1/work").await;
    let day = |at: usize| ["done", "infra", "flaky"].map(|key| work["runners"][at]["last_day"][key].as_i64().unwrap());
    assert_eq!((day(0), day(1)), ([0, 2, 1], [1, 0, 0]), "{work}");
    let detail = json(&world, "/api/v1/runners/lab").await;
    assert_eq!((&detail["days"][0]["jobs"], &detail["ended"][0]["board"]), (&1.into(), &"disco".into()));
    assert_eq!(detail["done"][0]["what"], "enroll");
    has(&page(&world, "/runners/lab").await, &["1 done", "Jobs done a day", "disco", "enrolled"]);
    has(&page(&world, "/runners/desk").await, &["2 failed here", "1 of 2 in a day"]);
}

#[tokio::test]
async fn a_runner_that_is_not_there_is_said_to_be_not_there() {
    let world = World::new().await;
    for path in ["/runners/nobody", "/runners/..%2f", "/runners/%3Cscript%3E", "/api/v1/runners/nobody"] {
        let answer = world.http.get(world.url(path)).send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status == StatusCode::NOT_FOUND && !body.contains("<script>"), "{path} {status}\n{body}");
        assert!(body.to_lowercase().contains("no runner of this name"), "{path}\n{body}");
    }
}

#[tokio::test]
async fn a_run_under_way_tells_how_far_it_is_and_becomes_its_report() {
    let world = World::new().await;
    let pull = world.pull("far").await;
    world.comment_saying(pull, "**Weighing**").await;
    has(&page(&world, "/runs/1").await, &["0 of 2 boards done, 2 queued", "hx-get=\"/runs/1\"", "<noscript><meta http-equiv=\"refresh\""]);
    let desk = world.runner("desk").await;
    let lease = desk.claim().await;
    desk.measure(&lease, 1_000, 1_000).await;
    has(&page(&world, "/runs/1").await, &["1 of 2 boards done, 1 queued"]);
    let part = async || world.http.get(world.url("/runs/1")).header("hx-request", "true").send().await.unwrap();
    assert_eq!(part().await.headers().get("hx-refresh"), None);
    let lease = desk.claim().await;
    desk.measure(&lease, 1_000, 1_000).await;
    world.comment_saying(pull, "No change").await;
    assert_eq!(part().await.headers()["hx-refresh"], "true", "the whole page has the report");
    let body = page(&world, "/runs/1").await;
    assert!(!body.contains("hx-get") && !body.contains("refresh"), "it does not change any more: {body}");
}

#[tokio::test]
async fn a_board_that_failed_is_weighed_again_by_itself() {
    let world = World::as_app().await;
    world.double.set_permission(REPO, "mia", Permission::Write).unwrap();
    world.double.set_permission(REPO, "rea", Permission::Read).unwrap();
    let pull = world.pull("again").await;
    world.row("under way", "SELECT id FROM runs WHERE state = 'measuring'").await;
    let desk = world.runner("desk").await;
    let first = desk.claim().await;
    desk.give_up(&first, FailureKind::Timeout, "too slow").await;
    let (mut mia, mut rea) = (Browser::of(&world, "mia").await, Browser::of(&world, "rea").await);
    assert!(!mia.get(&world, "/runs/1").await.body.contains("/retry"), "the run is still under way");
    let second = desk.claim().await;
    desk.measure(&second, 1_000, 1_010).await;
    world.row("judged", "SELECT id FROM runs WHERE id = 1 AND state = 'judged'").await;

    let failed = format!("/jobs/{}", first.job);
    assert!(!rea.get(&world, &failed).await.body.contains("/retry"), "who may only read is offered nothing");
    let offered = mia.get(&world, &failed).await;
    has(&offered.body, &["Weigh this board again", "too slow"]);
    has(&mia.get(&world, "/runs/1").await.body, &[&format!("action=\"{failed}/retry\"")]);
    let done = mia.post(&world, &format!("/jobs/{}/retry", second.job), &form(&offered)).await;
    assert_eq!(done.status, StatusCode::CONFLICT, "{}", done.body);
    let foreign = mia.post_from(&world, &format!("{failed}/retry"), &form(&offered), &[("origin", "https://evil.example")]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{}", foreign.body);
    let csrf = rea.get(&world, &failed).await.csrf().to_owned();
    let refused = rea.post(&world, &format!("{failed}/retry"), &format!("csrf={csrf}&once={}", "a".repeat(64))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);

    let ordered = mia.post(&world, &format!("{failed}/retry"), &form(&offered)).await;
    assert!(ordered.location().starts_with("/runs/1?asked="), "{} {}", ordered.status, ordered.body);
    has(&mia.get(&world, ordered.location()).await.body, &["done: run 2"]);
    let stands =
        "SELECT COUNT(*) FROM jobs WHERE run_id = 2 AND ((board = 'disco' AND state = 'queued') OR (board = 'mini' AND state = 'done'))";
    assert_eq!((first.work.board.as_str(), world.count(stands).await), ("disco", 2), "the other board keeps its figures");
    let noted: String = world.asked("SELECT command FROM commands WHERE login = 'mia'").await.unwrap();
    assert_eq!((noted.as_str(), pull), ("/ounce run boards=disco", 1));
}

#[tokio::test]
async fn the_runs_of_a_project_are_found_by_what_one_remembers_of_them() {
    let world = World::new().await;
    let pull = world.pull("first").await;
    world.comment_saying(pull, "**Weighing**").await;
    let desk = world.runner("desk").await;
    for _ in 0..2 {
        let lease = desk.claim().await;
        desk.measure(&lease, 1_000, 1_400).await;
    }
    world.comment_saying(pull, "Over budget").await;
    world.double.commit(REPO, "main", None, "100% uart_fast", &[("main.c", Some("3"))]).await.unwrap();
    world.row("a push", "SELECT id FROM runs WHERE kind = 'push'").await;
    let sha = world.head("main").await;
    let found = async |query: &str| {
        let runs = json(&world, &format!("/api/v1/projects/{REPO}/runs?{query}")).await;
        let ids: Vec<i64> = runs["items"].as_array().unwrap().iter().map(|run| run["id"].as_i64().unwrap()).collect();
        let shown = page(&world, &format!("/p/{REPO}/runs?{query}")).await;
        let listed: Vec<i64> = ids.iter().copied().filter(|id| shown.contains(&format!("href=\"/runs/{id}\""))).collect();
        assert_eq!(listed, ids, "the page shows the same: {query}\n{shown}");
        ids
    };
    let check = async |query: &str, ids: &[i64]| assert_eq!(found(query).await, ids, "{query}");
    check("", &[2, 1]).await;
    check("state=&verdict=&kind=&text=", &[2, 1]).await;
    check("state=judged", &[1]).await;
    check("verdict=over_budget&kind=pull", &[1]).await;
    check("verdict=broken", &[]).await;
    check("kind=push", &[2]).await;
    check("board=mini", &[2, 1]).await;
    check("board=other", &[]).await;
    check("pull=1", &[1]).await;
    check("pull=%231", &[1]).await;
    check("text=FASTER", &[1]).await;
    check("text=100%25", &[2]).await;
    check("text=100%25_", &[]).await;
    check("text=uart_FAST", &[2]).await;
    check(&format!("text={}", &sha[..8]), &[2]).await;
    check("before=2", &[1]).await;
    let author: String = world.asked("SELECT author FROM pulls").await.unwrap();
    check(&format!("author={}&kind=pull", author.to_uppercase()), &[1]).await;
    check("author=nobody", &[]).await;

    for (query, says) in [
        ("state=x", "none of waiting"),
        ("pull=x", "no pull request&#39;s number"),
        ("board=a%20b", "board="),
        ("before=-1", "no run&#39;s number"),
    ] {
        let answer = world.http.get(world.url(&format!("/p/{REPO}/runs?{query}"))).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
        has(&answer.text().await.unwrap(), &[says, &format!("/p/{REPO}/runs")]);
        let answer = world.http.get(world.url(&format!("/api/v1/projects/{REPO}/runs?{query}"))).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
    }
}
