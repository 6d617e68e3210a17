//! What programs read: the same that the pages show, as JSON.

use crate::world::{REPO, World};
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
