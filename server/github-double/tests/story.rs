//! The double by itself, with real git: what a client of GitHub would see, over HTTP.

use github_double::{Config, Double, FaultKind, NewPull, Permission, RepositoryConfig};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const REPO: &str = "acme/scale";

struct Stage {
    double: Double,
    http: Client,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Stage {
        Stage::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config { repositories: vec![RepositoryConfig::new(REPO, &folder.path().join("scale.git"))], ..Config::default() };
        change(&mut config);
        let double = Double::start(config).await.unwrap();
        let stage = Stage { double, http: Client::new(), folder };
        stage
            .double
            .commit(REPO, "main", None, "first", &[("ounce.toml", Some("version = 1\n")), ("src/a.c", Some("int a;\n"))])
            .await
            .unwrap();
        stage
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask_as("double-token", method, path, body).await
    }

    async fn ask_as(&self, token: &str, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.http.request(method, format!("{}{path}", self.double.base_url())).bearer_auth(token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, value) = self.ask(Method::GET, path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    /// A pull request from a branch that changes one file.
    async fn pull(&self, branch: &str, content: &str) -> u64 {
        self.double.commit(REPO, branch, Some("main"), "change", &[("src/a.c", Some(content))]).await.unwrap();
        self.double.open_pull(REPO, NewPull::from_branch("A change", branch)).await.unwrap()
    }

    fn git(&self, arguments: &[&str]) -> (bool, String) {
        git(self.folder.path(), arguments)
    }
}

#[expect(clippy::disallowed_methods, reason = "the test is a user with a git client")]
fn git(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder).env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).trim().to_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_is_mergeable_only_once_somebody_has_asked() {
    let stage = Stage::new().await;
    let number = stage.pull("topic", "int a = 1;\n").await;
    let path = format!("/repos/{REPO}/pulls/{number}");

    let first = stage.get(&path).await;
    assert_eq!((&first["mergeable"], &first["merge_commit_sha"]), (&Value::Null, &Value::Null));
    let second = stage.get(&path).await;
    assert_eq!(second["mergeable"], true);
    assert_eq!(["commits", "changed_files", "additions", "deletions"].map(|field| second[field].as_u64().unwrap()), [1, 1, 1, 1]);
    let merge = second["merge_commit_sha"].as_str().unwrap();

    let commit = stage.get(&format!("/repos/{REPO}/git/commits/{merge}")).await;
    let parents: Vec<&Value> = commit["parents"].as_array().unwrap().iter().map(|parent| &parent["sha"]).collect();
    assert_eq!(parents, [&second["base"]["sha"], &second["head"]["sha"]]);

    // The base branch moves on: GitHub looks again, and names the old test merge until it has.
    stage.double.commit(REPO, "main", None, "meanwhile", &[("src/b.c", Some("int b;\n"))]).await.unwrap();
    let stale = stage.get(&path).await;
    assert_eq!((&stale["mergeable"], stale["merge_commit_sha"].as_str()), (&Value::Null, Some(merge)));
    let fresh = stage.get(&path).await;
    assert_ne!(fresh["merge_commit_sha"], merge);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_story_gives_the_same_commits() {
    let mut merges = Vec::new();
    for _ in 0..2 {
        let stage = Stage::new().await;
        let number = stage.pull("topic", "int a = 1;\n").await;
        merges.push(stage.double.settle(REPO, number).await.unwrap().unwrap());
    }
    assert_eq!(merges[0], merges[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_has_no_test_merge() {
    let stage = Stage::new().await;
    let number = stage.pull("topic", "int a = 1;\n").await;
    stage.double.commit(REPO, "main", None, "other", &[("src/a.c", Some("long a;\n"))]).await.unwrap();
    stage.double.settle(REPO, number).await.unwrap();
    let pull = stage.get(&format!("/repos/{REPO}/pulls/{number}")).await;
    assert_eq!((&pull["mergeable"], &pull["merge_commit_sha"]), (&json!(false), &Value::Null));
    assert_eq!(pull["mergeable_state"], "dirty");
    let branches = stage.double.branches(REPO).await.unwrap();
    let compare = stage.get(&format!("/repos/{REPO}/compare/{}...{}", branches["main"], branches["topic"])).await;
    assert_eq!((&compare["status"], &compare["ahead_by"]), (&json!("diverged"), &json!(1)));
    let main = stage.get(&format!("/repos/{REPO}/commits/main")).await;
    assert_eq!(compare["merge_base_commit"]["sha"], main["parents"][0]["sha"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn git_fetches_test_merges_by_ref_and_by_sha() {
    let stage = Stage::new().await;
    let number = stage.pull("topic", "int a = 1;\n").await;
    let merge = stage.double.settle(REPO, number).await.unwrap().unwrap();
    let url = format!("{}/{REPO}.git", stage.double.base_url());
    assert!(stage.git(&["clone", "--quiet", &url, "clone"]).0);
    let clone = stage.folder.path().join("clone");
    let refs = git(&clone, &["ls-remote", "origin", "refs/pull/*"]).1;
    assert!(refs.contains(&format!("{merge}\trefs/pull/{number}/merge")), "{refs}");
    assert!(refs.contains(&format!("refs/pull/{number}/head")), "{refs}");
    let (fetched, told) = git(&clone, &["fetch", "--quiet", "--depth=1", "origin", &merge]);
    assert!(fetched, "{told}");
    assert_eq!(git(&clone, &["show", &format!("{merge}:src/a.c")]).1, "int a = 1;");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_over_http_moves_the_pull_request() {
    let stage = Stage::new().await;
    let number = stage.pull("topic", "int a = 1;\n").await;
    let (host, url) = (stage.double.address(), format!("/{REPO}.git"));
    assert!(stage.git(&["clone", "--quiet", "--branch", "topic", &format!("http://{host}{url}"), "clone"]).0);
    let clone = stage.folder.path().join("clone");
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.invalid"];
    assert!(git(&clone, &[&identity[..], &["commit", "--quiet", "--allow-empty", "-m", "more"]].concat()).0);
    let head = git(&clone, &["rev-parse", "HEAD"]).1;
    assert!(!git(&clone, &["push", "--quiet", "origin", "topic"]).0, "a push without a token");
    assert!(!git(&clone, &["push", "--quiet", &format!("http://x:wrong@{host}{url}"), "topic"]).0, "a push with a wrong token");
    let (pushed, told) = git(&clone, &["push", "--quiet", &format!("http://x:double-token@{host}{url}"), "topic"]);
    assert!(pushed, "{told}");
    let pull = stage.get(&format!("/repos/{REPO}/pulls/{number}")).await;
    assert_eq!(pull["head"]["sha"], head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_brings_its_commits_along() {
    let stage = Stage::new().await;
    let fork = "stranger/scale";
    stage.double.fork(REPO, fork, &stage.folder.path().join("fork.git")).await.unwrap();
    let head = stage.double.commit(fork, "topic", Some("main"), "gift", &[("src/a.c", Some("int gift;\n"))]).await.unwrap();
    let new = NewPull { head_repo: Some(fork.into()), author: "stranger".into(), ..NewPull::from_branch("A gift", "topic") };
    let number = stage.double.open_pull(REPO, new).await.unwrap();
    let pull = stage.get(&format!("/repos/{REPO}/pulls/{number}")).await;
    assert_eq!((&pull["head"]["repo"]["full_name"], &pull["head"]["repo"]["fork"]), (&json!(fork), &json!(true)));
    assert_eq!(pull["base"]["repo"]["full_name"], REPO);
    let commit = stage.get(&format!("/repos/{REPO}/git/commits/{head}")).await;
    assert_eq!(commit["message"], "gift");
    let newer = stage.double.commit(fork, "topic", None, "more", &[("src/c.c", Some("int c;\n"))]).await.unwrap();
    assert_eq!(stage.get(&format!("/repos/{REPO}/pulls/{number}")).await["head"]["sha"], newer);
    assert_eq!(stage.double.settle(REPO, number).await.unwrap().map(|sha| sha.len()), Some(40));
}

#[tokio::test(flavor = "multi_thread")]
async fn merging_lands_on_the_base_branch() {
    let stage = Stage::new().await;
    let number = stage.pull("topic", "int a = 1;\n").await;
    let landed = stage.double.merge_pull(REPO, number, "acme").await.unwrap();
    assert_eq!(stage.double.branches(REPO).await.unwrap()["main"], landed);
    let pull = stage.get(&format!("/repos/{REPO}/pulls/{number}")).await;
    assert_eq!((&pull["state"], &pull["merged"], &pull["merge_commit_sha"]), (&json!("closed"), &json!(true), &json!(landed)));
    assert_eq!(stage.get(&format!("/repos/{REPO}/pulls")).await, json!([]));
    assert_eq!(stage.get(&format!("/repos/{REPO}/pulls?state=all")).await.as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_refused_as_github_refuses_them() {
    let stage = Stage::new().await;
    let number = stage.pull("topic", "int a = 1;\n").await;
    let comments = format!("/repos/{REPO}/issues/{number}/comments");
    let (status, comment) = stage.ask(Method::POST, &comments, json!({ "body": "hello" })).await;
    assert_eq!(status, StatusCode::CREATED);
    let own = format!("/repos/{REPO}/issues/comments/{}", comment["id"]);
    let head = stage.double.branches(REPO).await.unwrap()["topic"].clone();
    let statuses = format!("/repos/{REPO}/statuses/{head}");
    let cases = [
        (Method::POST, own.clone(), json!({ "body": "edited" }), 404),
        (Method::PATCH, own.clone(), json!({ "body": "edited" }), 200),
        (Method::PATCH, own.clone(), json!({ "body": "" }), 422),
        (Method::PATCH, own.clone(), json!([1]), 400),
        (Method::POST, comments.clone(), json!({ "body": "x".repeat(65_536) }), 201),
        (Method::POST, comments.clone(), json!({ "body": "é".repeat(65_536) }), 201),
        (Method::POST, comments.clone(), json!({ "body": "x".repeat(65_537) }), 422),
        (Method::POST, format!("/repos/{REPO}/issues/99/comments"), json!({ "body": "x" }), 404),
        (Method::POST, statuses.clone(), json!({ "state": "success", "context": "ounce" }), 201),
        (Method::POST, statuses.clone(), json!({ "state": "neutral", "context": "ounce" }), 422),
        (Method::POST, statuses.clone(), json!({ "state": "success", "description": "x".repeat(141) }), 422),
        (Method::POST, format!("/repos/{REPO}/statuses/{}", "0".repeat(40)), json!({ "state": "success" }), 422),
        (Method::POST, format!("/repos/{REPO}/check-runs"), json!({ "name": "ounce", "head_sha": head }), 403),
        (Method::GET, format!("/repos/{REPO}/git/commits/{}", "0".repeat(40)), Value::Null, 404),
        (Method::GET, "/repos/acme/nothing".into(), Value::Null, 404),
        (Method::GET, "/nowhere".into(), Value::Null, 404),
        (Method::GET, format!("/repos/{REPO}/contents/ounce.toml?ref={}", "0".repeat(40)), Value::Null, 404),
        (Method::GET, "/app".into(), Value::Null, 401),
        (Method::GET, format!("/api/v3/repos/{REPO}"), Value::Null, 200),
        (Method::DELETE, own.clone(), Value::Null, 204),
        (Method::GET, own.clone(), Value::Null, 404),
    ];
    for (method, path, body, expected) in cases {
        let (status, value) = stage.ask(method.clone(), &path, body).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}: {value}");
    }
    let (status, value) = stage.ask_as("wrong", Method::GET, "/user", Value::Null).await;
    assert_eq!((status, &value["message"]), (StatusCode::UNAUTHORIZED, &json!("Bad credentials")));
    let answer = stage.http.get(format!("{}/user", stage.double.base_url())).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages() {
    let stage = Stage::new().await;
    let number = stage.pull("topic", "int a = 1;\n").await;
    for n in 0..35 {
        stage.double.comment_as(REPO, number, "someone", &format!("comment {n}")).await.unwrap();
    }
    let url = format!("{}/repos/{REPO}/issues/{number}/comments", stage.double.base_url());
    let answer = stage.http.get(&url).bearer_auth("double-token").send().await.unwrap();
    let link = answer.headers()["link"].to_str().unwrap().to_owned();
    assert!(link.contains("page=2>; rel=\"next\"") && link.contains("rel=\"last\""), "{link}");
    assert_eq!(answer.json::<Vec<Value>>().await.unwrap().len(), 30);
    let second = stage.get(&format!("/repos/{REPO}/issues/{number}/comments?page=2")).await;
    assert_eq!((second.as_array().unwrap().len(), &second[0]["body"]), (5, &json!("comment 30")));
    assert_eq!(stage.get(&format!("/repos/{REPO}/issues/{number}/comments?page=3")).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_raw_and_in_base64() {
    let stage = Stage::new().await;
    let path = format!("/repos/{REPO}/contents/ounce.toml?ref=main");
    let json = stage.get(&path).await;
    assert_eq!((&json["encoding"], &json["content"]), (&json!("base64"), &json!("dmVyc2lvbiA9IDEK\n")));
    let request = stage.http.get(format!("{}{path}", stage.double.base_url())).bearer_auth("double-token");
    let raw = request.header("accept", "application/vnd.github.raw+json").send().await.unwrap();
    assert_eq!(raw.text().await.unwrap(), "version = 1\n");
    assert_eq!(stage.get(&format!("/repos/{REPO}/contents/src")).await[0]["name"], "a.c");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_told_in_both_of_githubs_words() {
    let stage = Stage::new().await;
    stage.double.set_permission(REPO, "mia", Permission::Maintain).unwrap();
    let answer = stage.get(&format!("/repos/{REPO}/collaborators/mia/permission")).await;
    assert_eq!((&answer["permission"], &answer["role_name"]), (&json!("write"), &json!("maintain")));
    stage.double.add_user("tom");
    assert_eq!(stage.get(&format!("/repos/{REPO}/collaborators/tom/permission")).await["permission"], "read");
    let (status, _) = stage.ask(Method::GET, &format!("/repos/{REPO}/collaborators/nobody/permission"), Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let token = stage.double.token_for("tom");
    let head = stage.double.branches(REPO).await.unwrap()["main"].clone();
    let (status, _) = stage.ask_as(&token, Method::POST, &format!("/repos/{REPO}/statuses/{head}"), json!({ "state": "success" })).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_repository_does_not_exist_for_strangers() {
    let stage = Stage::with(|config| config.repositories[0].private = true).await;
    let stranger = stage.double.token_for("stranger");
    let (status, _) = stage.ask_as(&stranger, Method::GET, &format!("/repos/{REPO}"), Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let host = stage.double.address();
    assert!(!stage.git(&["clone", "--quiet", &format!("http://{host}/{REPO}.git"), "a"]).0);
    assert!(!stage.git(&["clone", "--quiet", &format!("http://x:{stranger}@{host}/{REPO}.git"), "b"]).0);
    assert!(stage.git(&["clone", "--quiet", &format!("http://x:double-token@{host}/{REPO}.git"), "c"]).0);
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_comes_when_it_is_asked_for() {
    let stage = Stage::new().await;
    let number = stage.pull("topic", "int a = 1;\n").await;
    let comments = format!("/repos/{REPO}/issues/{number}/comments");
    let check = async |kind, expected: u16, kept: usize| {
        stage.double.inject("POST /repos/acme/scale/issues", 1, kind);
        let (status, _) = stage.ask(Method::POST, &comments, json!({ "body": "x" })).await;
        assert_eq!(status.as_u16(), expected);
        assert_eq!(stage.double.comments(REPO, number).len(), kept);
    };
    check(FaultKind::Status { status: 502 }, 502, 0).await;
    check(FaultKind::TooManyRequests { retry_after_s: 7 }, 429, 0).await;
    check(FaultKind::SecondaryLimit { retry_after_s: 7 }, 403, 0).await;
    check(FaultKind::PrimaryLimit { reset_in_s: 7 }, 403, 0).await;
    check(FaultKind::DoneThenBadGateway, 502, 1).await;
    check(FaultKind::Slow { delay_ms: 1 }, 201, 2).await;
    assert_eq!(stage.double.count("POST", "/comments"), 6);
    assert_eq!(stage.double.requests().last().map(|request| request.body.clone()), Some(json!({ "body": "x" })));
    stage.double.inject("/comments", 1, FaultKind::Lacks { field: "issue_url".into() });
    for there in [false, true] {
        let listed = stage.get(&comments).await;
        let items = listed.as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert!(items.iter().all(|item| item["url"].is_string() && item["issue_url"].is_string() == there));
    }
}
