//! `/_double/…`: what [`crate::Double`] does, over HTTP, for a demo or a test in another process. JSON in, JSON out, no token.
//!
//! It listens on 127.0.0.1 only; whoever can reach it may change everything, which is what it is for.

use crate::clock::real_s;
use crate::double::{NewPull, RepositoryConfig, WebhookConfig, World};
use crate::faults::Fault;
use crate::state::Permission;
use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

type Shared = State<Arc<World>>;
type Answer = Result<Json<Value>, Refused>;

/// Something that cannot be done, in one sentence: 422.
pub struct Refused(anyhow::Error);

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Refused {
        Refused(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": format!("{:#}", self.0) }))).into_response()
    }
}

/// All routes.
pub fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/health", get(health))
        .route("/webhook", post(webhook))
        .route("/users/{login}/token", post(user_token))
        .route("/repos", post(add_repository))
        .route("/repos/{owner}/{repo}/fork", post(fork))
        .route("/repos/{owner}/{repo}/branches", get(branches))
        .route("/repos/{owner}/{repo}/commits", post(commit))
        .route("/repos/{owner}/{repo}/pushed", post(pushed))
        .route("/repos/{owner}/{repo}/permissions/{login}", post(permission))
        .route("/repos/{owner}/{repo}/pulls", post(open_pull))
        .route("/repos/{owner}/{repo}/pulls/{number}/close", post(close_pull))
        .route("/repos/{owner}/{repo}/pulls/{number}/merge", post(merge_pull))
        .route("/repos/{owner}/{repo}/pulls/{number}/settle", post(settle))
        .route("/repos/{owner}/{repo}/pulls/{number}/comments", get(comments).post(comment))
        .route("/repos/{owner}/{repo}/comments/{id}", delete(delete_comment))
        .route("/repos/{owner}/{repo}/checks/{sha}", get(checks))
        .route("/repos/{owner}/{repo}/statuses/{sha}", get(statuses))
        .route("/repos/{owner}/{repo}/check-runs/{id}/press", post(press))
        .route("/events", post(event))
        .route("/ping", post(ping))
        .route("/deliveries", get(deliveries))
        .route("/deliveries/{id}/redeliver", post(redeliver))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/tokens/expire", post(expire_tokens))
        .route("/browser", post(browser))
}

async fn health(State(world): Shared) -> Json<Value> {
    let repositories: Vec<String> = world.state().repos.values().map(crate::state::Repo::full_name).collect();
    Json(json!({ "status": "ok", "base_url": world.base_url, "repositories": repositories, "time_s": real_s() }))
}

#[derive(Deserialize)]
struct Webhook {
    url: Option<String>,
    #[serde(default)]
    secret: String,
}

async fn webhook(State(world): Shared, Json(body): Json<Webhook>) -> Json<Value> {
    world.set_webhook(body.url.map(|url| WebhookConfig { url, secret: body.secret }));
    Json(json!({}))
}

async fn user_token(State(world): Shared, Path(login): Path<String>) -> Json<Value> {
    Json(json!({ "token": world.token_for(&login) }))
}

#[derive(Deserialize)]
struct NewRepository {
    full_name: String,
    path: PathBuf,
    default_branch: Option<String>,
    #[serde(default)]
    private: bool,
    writer: Option<String>,
}

async fn add_repository(State(world): Shared, Json(body): Json<NewRepository>) -> Answer {
    let default_branch = body.default_branch.unwrap_or_else(|| "main".into());
    let config = RepositoryConfig { full_name: body.full_name, path: body.path, default_branch, private: body.private };
    world.add_repository(&config, body.writer.as_deref(), None).await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct Fork {
    full_name: String,
    path: PathBuf,
}

async fn fork(State(world): Shared, Path((owner, repo)): Path<(String, String)>, Json(body): Json<Fork>) -> Answer {
    world.fork(&format!("{owner}/{repo}"), &body.full_name, &body.path).await?;
    Ok(Json(json!({})))
}

async fn branches(State(world): Shared, Path((owner, repo)): Path<(String, String)>) -> Answer {
    let branches = world.repo(&format!("{owner}/{repo}"))?.bare.branches().await?;
    Ok(Json(json!(branches)))
}

#[derive(Deserialize)]
struct NewCommit {
    branch: String,
    from: Option<String>,
    message: String,
    files: BTreeMap<String, Option<String>>,
}

async fn commit(State(world): Shared, Path((owner, repo)): Path<(String, String)>, Json(body): Json<NewCommit>) -> Answer {
    let full_name = format!("{owner}/{repo}");
    let sha = world.commit_files(&full_name, &body.branch, body.from.as_deref(), &body.message, &body.files).await?;
    Ok(Json(json!({ "sha": sha })))
}

#[derive(Deserialize)]
struct Pushed {
    before: BTreeMap<String, String>,
    by: Option<String>,
}

async fn pushed(State(world): Shared, Path((owner, repo)): Path<(String, String)>, Json(body): Json<Pushed>) -> Answer {
    let by = body.by.as_deref().unwrap_or("pusher");
    world.branches_moved(&format!("{owner}/{repo}").to_lowercase(), &body.before, by).await?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct NewPermission {
    permission: Permission,
}

async fn permission(
    State(world): Shared,
    Path((owner, repo, login)): Path<(String, String, String)>,
    Json(body): Json<NewPermission>,
) -> Answer {
    world.set_permission(&format!("{owner}/{repo}"), &login, body.permission)?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
struct PullBody {
    title: String,
    #[serde(default)]
    body: String,
    author: Option<String>,
    head: String,
    head_repo: Option<String>,
    base: Option<String>,
}

async fn open_pull(State(world): Shared, Path((owner, repo)): Path<(String, String)>, Json(body): Json<PullBody>) -> Answer {
    let mut new = NewPull::from_branch(&body.title, &body.head);
    new.body = body.body;
    new.author = body.author.unwrap_or(new.author);
    new.head_repo = body.head_repo;
    new.base_branch = body.base;
    let number = world.open_pull(&format!("{owner}/{repo}"), new).await?;
    Ok(Json(json!({ "number": number })))
}

async fn close_pull(State(world): Shared, Path((owner, repo, number)): Path<(String, String, u64)>) -> Answer {
    world.close_pull(&format!("{owner}/{repo}"), number, &owner, false).await?;
    Ok(Json(json!({})))
}

async fn merge_pull(State(world): Shared, Path((owner, repo, number)): Path<(String, String, u64)>) -> Answer {
    let sha = world.close_pull(&format!("{owner}/{repo}"), number, &owner, true).await?;
    Ok(Json(json!({ "sha": sha })))
}

async fn settle(State(world): Shared, Path((owner, repo, number)): Path<(String, String, u64)>) -> Answer {
    let merge = world.settle(&format!("{owner}/{repo}"), number).await?;
    Ok(Json(json!({ "merge_commit_sha": merge })))
}

async fn comments(State(world): Shared, Path((owner, repo, number)): Path<(String, String, u64)>) -> Answer {
    let repo = world.repo(&format!("{owner}/{repo}"))?;
    let comments: Vec<_> = repo.comments.values().filter(|comment| comment.number == number).collect();
    Ok(Json(json!(comments)))
}

#[derive(Deserialize)]
struct NewComment {
    login: String,
    body: String,
}

async fn comment(State(world): Shared, Path((owner, repo, number)): Path<(String, String, u64)>, Json(body): Json<NewComment>) -> Answer {
    let id = world.comment_as(&format!("{owner}/{repo}"), number, &body.login, &body.body).await?;
    Ok(Json(json!({ "id": id })))
}

async fn delete_comment(State(world): Shared, Path((owner, repo, id)): Path<(String, String, u64)>) -> Answer {
    world.delete_comment(&format!("{owner}/{repo}"), id)?;
    Ok(Json(json!({})))
}

async fn checks(State(world): Shared, Path((owner, repo, sha)): Path<(String, String, String)>) -> Answer {
    let repo = world.repo(&format!("{owner}/{repo}"))?;
    let runs: Vec<_> = repo.check_runs.values().filter(|run| run.head_sha == sha).collect();
    Ok(Json(json!(runs)))
}

async fn statuses(State(world): Shared, Path((owner, repo, sha)): Path<(String, String, String)>) -> Answer {
    let repo = world.repo(&format!("{owner}/{repo}"))?;
    let statuses: Vec<_> = repo.statuses.iter().filter(|status| status.sha == sha).collect();
    Ok(Json(json!(statuses)))
}

#[derive(Deserialize)]
struct Press {
    identifier: Option<String>,
    by: String,
}

async fn press(State(world): Shared, Path((owner, repo, id)): Path<(String, String, u64)>, Json(body): Json<Press>) -> Answer {
    let delivery = world.press(&format!("{owner}/{repo}"), id, body.identifier.as_deref(), &body.by).await?;
    Ok(Json(json!(delivery)))
}

#[derive(Deserialize)]
struct Event {
    event: String,
    payload: Value,
}

async fn event(State(world): Shared, Json(body): Json<Event>) -> Answer {
    Ok(Json(json!(world.send(&body.event, &body.payload).await?)))
}

async fn ping(State(world): Shared) -> Answer {
    Ok(Json(json!(world.ping().await?)))
}

async fn deliveries(State(world): Shared) -> Json<Value> {
    Json(json!(world.state().deliveries))
}

async fn redeliver(State(world): Shared, Path(id): Path<u64>) -> Answer {
    Ok(Json(json!(world.redeliver(id).await?)))
}

#[derive(Deserialize)]
struct Browser {
    login: Option<String>,
}

async fn browser(State(world): Shared, Json(body): Json<Browser>) -> Json<Value> {
    world.state().browser = body.login;
    Json(json!({}))
}

async fn faults(State(world): Shared) -> Json<Value> {
    Json(json!(world.state().faults))
}

async fn add_fault(State(world): Shared, Json(fault): Json<Fault>) -> Json<Value> {
    world.state().faults.push(fault);
    Json(json!({}))
}

async fn clear_faults(State(world): Shared) -> Json<Value> {
    world.state().faults.clear();
    Json(json!({}))
}

/// `?method=POST&path=comments` keeps those of this method whose path contains this text.
async fn requests(State(world): Shared, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let state = world.state();
    let method = query.get("method");
    let part = query.get("path");
    let kept = state.log.iter().filter(|request| {
        method.is_none_or(|method| request.method.eq_ignore_ascii_case(method))
            && part.is_none_or(|part| request.path.contains(part.as_str()))
    });
    Json(json!(kept.collect::<Vec<_>>()))
}

async fn clear_requests(State(world): Shared) -> Json<Value> {
    world.state().log.clear();
    Json(json!({}))
}

async fn expire_tokens(State(world): Shared) -> Json<Value> {
    world.expire_installation_tokens();
    Json(json!({}))
}
