//! What programs read: the same that the pages show, as JSON.

use crate::commands::{answer, says};
use crate::runner::built;
use crate::world::{REPO, World};
use ounce_protocol::measurement::Measurement;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

async fn get(world: &World, path: &str) -> Response {
    world.http.get(world.url(path)).send().await.unwrap()
}

async fn json(world: &World, path: &str) -> Value {
    let answer = get(world, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.json().await.unwrap()
}

/// A world with a pull request that was weighed, and a push.
async fn weighed() -> World {
    let world = World::new().await;
    let pull = world.pull("faster").await;
    world.comment_saying(pull, "**Weighing**").await;
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.heartbeat(&lease, "cc main.c\n").await;
        runner.measure(&lease, 1_000, 1_100).await;
    }
    world.comment_saying(pull, "Within budget").await;
    world
}

#[tokio::test]
async fn a_run_is_read_from_the_project_down_to_the_log() {
    let world = weighed().await;
    let projects = json(&world, "/api/v1/projects").await;
    assert_eq!(projects[0]["repo"], REPO);
    assert_eq!(projects[0]["latest_run"]["verdict"], "within_budget");

    let project = json(&world, &format!("/api/v1/projects/{REPO}")).await;
    let figures = json!([{ "name": "flash", "used_bytes": 1_000, "size_bytes": 1_048_576, "sha": world.head("main").await }]);
    assert_eq!(project["boards"][0]["regions"], figures, "what the default branch weighs");

    let runs = json(&world, &format!("/api/v1/projects/{REPO}/runs")).await;
    let id = runs["items"][0]["id"].as_i64().unwrap();
    assert_eq!((&runs["items"][0]["subject"], &runs["next"]), (&json!("Faster"), &Value::Null));

    let run = json(&world, &format!("/api/v1/runs/{id}")).await;
    let boards: Vec<&Value> = run["jobs"].as_array().unwrap().iter().map(|job| &job["board"]).collect();
    assert_eq!((&run["repo"], boards), (&json!(REPO), vec![&json!("disco"), &json!("mini")]));
    assert_eq!(run["jobs"][0]["state"], "done");
    let comparison = json(&world, &format!("/api/v1/runs/{id}/comparison")).await;
    assert_eq!(comparison["verdict"], "within_budget");

    let job = run["jobs"][0]["id"].as_i64().unwrap();
    assert_eq!(json(&world, &format!("/api/v1/jobs/{job}")).await["run"], id);
    assert_eq!(json(&world, &format!("/api/v1/jobs/{job}/log")).await["text"], "cc main.c\n");
    let runners = json(&world, "/api/v1/runners").await;
    assert_eq!((&runners[0]["name"], &runners[0]["present"]), (&json!("desk"), &json!(true)));
}

#[tokio::test]
async fn a_boards_history_has_a_value_or_null_for_each_commit() {
    let world = weighed().await;
    let history = json(&world, &format!("/api/v1/projects/{REPO}/boards/disco/history")).await;
    let commits = history["commits"].as_array().unwrap().len();
    let series = history["series"].as_array().unwrap();
    assert!(series.iter().all(|one| one["values"].as_array().unwrap().len() == commits), "{history}");
    let flash = series.iter().find(|one| one["name"] == "flash").unwrap();
    assert_eq!(flash["values"].as_array().unwrap().last(), Some(&json!(1_000)));
}

#[tokio::test]
async fn who_has_the_answer_is_told_so_in_a_line() {
    let world = weighed().await;
    let path = format!("/api/v1/projects/{REPO}/runs");
    let first = get(&world, &path).await;
    let tag = first.headers()[header::ETAG].clone();
    let again = world.http.get(world.url(&path)).header(header::IF_NONE_MATCH, &tag).send().await.unwrap();
    assert_eq!((again.status(), again.headers().get(header::ETAG)), (StatusCode::NOT_MODIFIED, Some(&tag)));
    assert_eq!(again.bytes().await.unwrap().len(), 0);

    world.pull("slower").await;
    world.row("the second run", "SELECT id FROM runs WHERE pull_number = 2").await;
    let changed = world.http.get(world.url(&path)).header(header::IF_NONE_MATCH, &tag).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(changed.headers()[header::ETAG], tag);
}

#[tokio::test]
async fn what_is_not_there_is_said_with_the_next_step() {
    let world = World::new().await;
    world.pull("known").await;
    world.row("the project", "SELECT id FROM projects WHERE is_private = 0").await;
    let check = async |path: &str, status: StatusCode, says: &str| {
        let answer = get(&world, path).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json", "{path}");
        let error = answer.json::<Value>().await.unwrap()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(says), "{path}: {error}");
    };
    check("/api/v1/nothing", StatusCode::NOT_FOUND, "/api/v1/openapi.json lists what there is").await;
    check("/api/v1/projects/no/body", StatusCode::NOT_FOUND, "appears with its first event").await;
    check("/api/v1/projects/..%2f/x", StatusCode::NOT_FOUND, "no such project").await;
    check("/api/v1/runs/77", StatusCode::NOT_FOUND, "no run has this number").await;
    check("/api/v1/runs/-1", StatusCode::NOT_FOUND, "no run has this number").await;
    check("/api/v1/runs/77/comparison", StatusCode::NOT_FOUND, "no run").await;
    check("/api/v1/jobs/1e9/log", StatusCode::NOT_FOUND, "no job").await;
    check(&format!("/api/v1/projects/{REPO}/runs?before=x"), StatusCode::BAD_REQUEST, "before=\"x\" is no run's number").await;
    check(&format!("/api/v1/projects/{REPO}/boards/%00/history"), StatusCode::NOT_FOUND, "no board of this name").await;
}

/// The description is a file of docs/, so that a change of the API is seen in review: `OUNCE_BLESS=1` writes it anew.
#[tokio::test]
async fn the_description_in_docs_is_the_servers() {
    let world = World::new().await;
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let described = serde_json::to_string_pretty(&json(&world, "/api/v1/openapi.json").await).unwrap() + "\n";
    if std::env::var_os("OUNCE_BLESS").is_some() {
        std::fs::write(&file, &described).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == described,
        "docs/openapi.json is not what the server says: OUNCE_BLESS=1 cargo test -p ounce-server --test stories api"
    );
}

/// A new compiler makes everything larger: that is no commit's doing. Each push is weighed against its parent by one compiler, so nothing is lost.
#[tokio::test]
async fn figures_of_other_tools_are_a_series_of_their_own() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let first = world.head("main").await;
    let push = async |cc: &str, n: &str, base: u64, head: u64| {
        let tip = world.double.commit(REPO, "main", None, &format!("step {n}"), &[("main.c", Some(n))]).await.unwrap();
        for _ in 0..2 {
            let lease = runner.claim().await;
            let by = |mut measurement: Measurement| {
                measurement.fingerprint.0.insert("cc".into(), cc.into());
                measurement.fingerprint.0.insert("emulator".into(), format!("for {cc}"));
                measurement
            };
            runner.measured(&lease, by(built(&lease, &lease.work.base, base)), by(built(&lease, &lease.work.head, head))).await;
        }
        world.row("all judged", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM runs WHERE state <> 'judged')").await;
        tip
    };
    let second = push("cc 1", "2", 1_000, 1_100).await;
    let third = push("cc 2", "3", 1_300, 1_305).await;

    let history = json(&world, &format!("/api/v1/projects/{REPO}/boards/disco/history")).await;
    let shas: Vec<&str> = history["commits"].as_array().unwrap().iter().map(|commit| commit["sha"].as_str().unwrap()).collect();
    assert_eq!(shas, [first.as_str(), &second, &third]);
    let flash: Vec<&Value> = history["series"].as_array().unwrap().iter().filter(|one| one["kind"] == "region").collect();
    let told: Vec<Value> = flash.iter().map(|one| json!([one["values"], one["steps"]])).collect();
    let step =
        |from: usize, before: u64, after: u64| json!([{ "last_before": from, "first_after": from + 1, "before": before, "after": after }]);
    assert_eq!(told, [json!([[1_000, 1_100, null], step(0, 1_000, 1_100)]), json!([[null, 1_300, 1_305], step(1, 1_300, 1_305)])]);
    let names =
        |series: &Value| history["tools"].as_array().unwrap().iter().find(|tools| tools["id"] == series["tools"]).unwrap()["names"].clone();
    assert_eq!(
        [names(flash[0]), names(flash[1])],
        [json!({ "cc": "cc 1" }), json!({ "cc": "cc 2" })],
        "what only runs images has no say in sizes"
    );
    let counted = history["series"].as_array().unwrap().iter().find(|one| one["kind"] == "instructions").unwrap();
    assert_eq!(names(counted), json!({ "cc": "cc 1", "emulator": "for cc 1" }));

    let page = world.http.get(world.url(&format!("/p/{REPO}/boards/disco"))).send().await.unwrap().text().await.unwrap();
    // The commit where the tools change has figures by both: each difference is by one set.
    for part in ["cc: cc 1 before, cc 2 from here on", ">+5 (+0.38 %)</td>", ">+100 (+10.00 %)</td>"] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("+200") && !page.contains("+300"), "{page}");
    let project = json(&world, &format!("/api/v1/projects/{REPO}")).await;
    assert_eq!(project["boards"][0]["regions"].as_array().unwrap().len(), 1, "one newest figure of a region: {project}");
    assert_eq!(project["boards"][0]["regions"][0]["used_bytes"], 1_305);

    let pull = world.pull("asks").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, 1_000, 1_000).await;
    }
    world.comment_saying(pull, "No change").await;
    let order = says(&world, pull, "/ounce bisect disco/flash").await;
    let said = answer(&world, pull, order, "only figures by the same ones are compared").await;
    assert!(said.body.contains(&format!("| {second} | +100 |")) && said.body.contains(&format!("| {third} | +5 |")), "{}", said.body);
}
