//! What is kept of the default branch for those who look back: what each commit did to each symbol, what commits are called, how they came.

use crate::runner::{ScriptedRunner, build_failed, built};
use crate::world::{REPO, World};
use ounce_protocol::measurement::{Measurement, Outcome, Row};
use ounce_protocol::runner_api::Lease;
use ounce_server::store::sql::{FromRow, sql};

/// A region's rows, by name and bytes, in the place of what the runner would have said.
fn with(mut measurement: Measurement, rows: &[(&str, u64)]) -> Measurement {
    let Outcome::Built { ledger, .. } = &mut measurement.outcome else { return measurement };
    let row = |(name, bytes): &(&str, u64)| Row {
        name: (*name).into(),
        group: "uart".into(),
        section: ".text".into(),
        bytes: *bytes,
        ..Row::default()
    };
    ledger.regions[0].rows = rows.iter().map(row).collect();
    measurement
}

pub async fn measured(runner: &ScriptedRunner, base: &[(&str, u64)], head: &[(&str, u64)]) {
    let sum = |rows: &[(&str, u64)]| rows.iter().map(|(_, bytes)| bytes).sum();
    for _ in 0..2 {
        let lease: Lease = runner.claim().await;
        let side = |sha, rows: &[(&str, u64)]| with(built(&lease, sha, sum(rows)), rows);
        runner.measured(&lease, side(&lease.work.base, base), side(&lease.work.head, head)).await;
    }
}

async fn rows<T: FromRow>(world: &World, text: &'static str) -> Vec<T> {
    sql(text).fetch_all(&mut world.store.connection().await.unwrap()).await.unwrap()
}

pub const JUDGED: &str = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM runs WHERE state <> 'judged')";
const STEPS: &str = "SELECT symbols.name || ' ' || change || ' ' || base_bytes || ' ' || head_bytes || ' ' || commits.summary || ' by ' || commits.author
    FROM symbol_steps JOIN symbols ON symbols.id = symbol_id JOIN commits ON commits.id = commit_id WHERE board = 'disco' ORDER BY commits.id, symbols.name";

#[tokio::test]
async fn what_a_commit_did_to_a_symbol_is_kept_once_it_is_on_the_default_branch() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    world.double.commit(REPO, "main", None, "send faster", &[("main.c", Some("1"))]).await.unwrap();
    // Two static functions of one name are one owner: their sum.
    measured(&runner, &[("send", 100), ("init", 10), ("init", 20)], &[("send", 140), ("init", 12), ("init", 22), ("flush", 8)]).await;
    world.row("judged", JUDGED).await;
    let expected = [
        "flush added 0 8 send faster by Octo Cat",
        "init grown 30 34 send faster by Octo Cat",
        "send grown 100 140 send faster by Octo Cat",
    ];
    let steps: Vec<String> = rows(&world, STEPS).await;
    let author = steps[0].rsplit(" by ").next().unwrap().to_owned();
    assert!(!author.is_empty(), "{steps:?}");
    assert_eq!(steps, expected.map(|step| step.replace("Octo Cat", &author)));

    // A pull request's have yet to land.
    let pull = world.pull("more").await;
    measured(&runner, &[("send", 140)], &[("send", 190)]).await;
    world.comment_saying(pull, "Within budget").await;
    assert_eq!(rows::<String>(&world, STEPS).await.len(), expected.len());

    // It lands, and the push says what it did; the pull request knows by which commit.
    let by = world.double.merge_pull(REPO, pull, "octocat").await.unwrap();
    measured(&runner, &[("send", 140)], &[("send", 190)]).await;
    world.row("landed", "SELECT 1 FROM pulls WHERE landed_sha IS NOT NULL").await;
    assert_eq!(rows::<String>(&world, "SELECT landed_sha FROM pulls").await, [by]);
    world.row("judged", JUDGED).await;
    assert!(rows::<String>(&world, STEPS).await.last().unwrap().starts_with("send grown 140 190 "));
}

#[tokio::test]
async fn tags_and_branches_are_known_by_the_commits_they_lead_to() {
    let world = World::new().await;
    world.pull("known").await;
    world.row("the project", "SELECT id FROM projects").await;
    let tip = world.head("main").await;
    world.double.tag(REPO, "v1.0", &tip, None).await.unwrap();
    world.double.tag(REPO, "v1.1", &tip, Some("an object of its own")).await.unwrap();
    world.double.commit(REPO, "side", Some("main"), "aside", &[("side.c", Some("1"))]).await.unwrap();
    world
        .row(
            "three names",
            "SELECT 1 WHERE (SELECT COUNT(*) FROM refs WHERE name IN ('refs/tags/v1.0', 'refs/tags/v1.1', 'refs/heads/side')) = 3",
        )
        .await;
    let named: Vec<String> = rows(&world, "SELECT sha FROM refs WHERE name LIKE 'refs/tags/%' ORDER BY name").await;
    assert_eq!(named, [tip.clone(), tip]);
}

/// The chart's figures come with what happened along them, and why some are missing.
#[tokio::test]
async fn a_history_is_drawn_with_what_happened_in_it() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let commit = async |n: &str| world.double.commit(REPO, "main", None, &format!("step {n}"), &[("main.c", Some(n))]).await.unwrap();
    let second = commit("2").await;
    measured(&runner, &[("send", 1_000)], &[("send", 1_100)]).await;
    world.row("judged", JUDGED).await;
    world.double.tag(REPO, "v1", &second, None).await.unwrap();
    world.row("the tag", "SELECT 1 FROM refs WHERE name = 'refs/tags/v1'").await;
    let third = commit("3").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        let failed = build_failed(&lease, &lease.work.head, "main.c:1: error");
        runner.measured(&lease, with(built(&lease, &lease.work.base, 1_100), &[("send", 1_100)]), failed).await;
    }
    world.row("judged", JUDGED).await;

    let get = async |path: String| world.http.get(world.url(&path)).send().await.unwrap();
    let figures: serde_json::Value = get(format!("/api/v1/projects/{REPO}/series?s=disco/flash")).await.json().await.unwrap();
    assert_eq!(figures["series"][0]["values"], serde_json::json!([1_000, 1_100, null]), "{figures}");
    let marks: Vec<String> =
        figures["marks"].as_array().unwrap().iter().map(|m| format!("{} {} {}", m["commit"], m["kind"], m["label"])).collect();
    assert_eq!(marks, ["1 \"step\" \"+100\"", "1 \"release\" \"v1\""]);
    assert_eq!(figures["gaps"], serde_json::json!([{ "first": 2, "last": 2, "reason": "it does not build" }]));

    let csv = get(format!("/api/v1/projects/{REPO}/series?s=disco/flash&format=csv")).await;
    assert!(csv.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    let csv = csv.text().await.unwrap();
    assert!(
        csv.starts_with("commit,committed,author,pull,summary,disco/flash,disco/flash tools\r\n") && csv.contains(",step 2,1100,"),
        "{csv}"
    );
    assert!(csv.lines().last().unwrap().ends_with(",step 3,,"), "{csv}");

    let page = get(format!("/p/{REPO}/series?s=disco/flash&s=mini/flash")).await.text().await.unwrap();
    for part in ["it does not build", "release v1", "+100 (+10.00 %)", &format!("/p/{REPO}/commits/{third}"), "data-series=\"/api/v1/"] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let wrong = get(format!("/p/{REPO}/series?s=disco/flahs")).await;
    assert_eq!(wrong.status(), 400);
    assert!(wrong.text().await.unwrap().contains("did you mean"));
    assert_eq!(get(format!("/p/{REPO}/series?until=0123456")).await.status(), 400);
}

#[tokio::test]
async fn a_search_finds_commits_pull_requests_symbols_and_projects() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let tip = world.double.commit(REPO, "main", None, "send faster", &[("main.c", Some("1"))]).await.unwrap();
    measured(&runner, &[("uart::send", 100)], &[("uart::send", 140)]).await;
    world.row("judged", JUDGED).await;
    let pull = world.pull("more").await;
    measured(&runner, &[("uart::send", 140)], &[("uart::send", 141)]).await;
    world.comment_saying(pull, "Within budget").await;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let get = async |query: &str| http.get(world.url(&format!("/search?{query}"))).send().await.unwrap();
    let leads = async |query: &str, to: &str| {
        let answer = get(query).await;
        assert_eq!(answer.headers().get("location").map(|to| to.to_str().unwrap()), Some(to), "{query}");
    };
    leads(&format!("q={}", &tip[..9]), &format!("/p/{REPO}/commits/{tip}")).await;
    leads(&format!("q=%23{pull}"), "/runs/2").await;
    let says = async |query: &str, part: &str| {
        let page = get(query).await.text().await.unwrap();
        assert!(page.contains(part), "{query}: {part}\n{page}");
    };
    says(&format!("q=send&in={REPO}"), &format!("/p/{REPO}/symbol?name=uart%3A%3Asend")).await;
    says("q=send", "Symbols are found from the pages of their project").await;
    says("q=blinky", &format!("href=\"/p/{REPO}\"")).await;
    says("q=%25", "Nothing has").await;

    // What may not be seen is not found, however it is asked for.
    world.emptied("UPDATE projects SET visibility = 'private'").await;
    for query in [format!("q={}", &tip[..9]), format!("q=%23{pull}"), format!("q=send&in={REPO}"), "q=blinky".into()] {
        let answer = get(&query).await;
        assert!(answer.headers().get("location").is_none(), "{query}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("Nothing has") && !page.contains("acme"), "{query}\n{page}");
    }
}
