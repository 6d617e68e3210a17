//! The App: itself, its installation, its tokens, its deliveries. All of it by a signed JSON web token.

use super::error::{ApiError, ApiResult, with_header};
use super::page::Query;
use crate::clock::{iso, real_s};
use crate::double::{App, World};
use crate::shape;
use crate::state::{Actor, Delivery, InstallationToken, Token, key};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An installation token's life, seconds.
pub const TOKEN_S: u64 = 3600;
/// What the installation was granted.
const GRANTED: [(&str, &str); 6] = [
    ("checks", "write"),
    ("contents", "read"),
    ("issues", "write"),
    ("metadata", "read"),
    ("pull_requests", "write"),
    ("statuses", "write"),
];

/// What it is told about.
pub const EVENTS: [&str; 4] = ["check_run", "issue_comment", "pull_request", "push"];

/// The App, for a request that is signed by it.
fn as_app<'a>(world: &'a World, actor: &Actor) -> ApiResult<&'a App> {
    match (actor, &world.app) {
        (Actor::App, Some(app)) => Ok(app),
        _ => Err(ApiError::plain(StatusCode::UNAUTHORIZED, "A JSON web token could not be decoded")),
    }
}

/// What the installation was granted, as GitHub lists it.
pub fn permissions() -> BTreeMap<String, String> {
    GRANTED.iter().map(|(name, level)| ((*name).to_owned(), (*level).to_owned())).collect()
}

/// `GET /app`
pub async fn app(State(world): State<Arc<World>>, actor: Actor) -> ApiResult<Json<Value>> {
    let app = as_app(&world, &actor)?;
    let mut value = shape::app(&world.base_url, &mut world.state(), app);
    value["installations_count"] = 1.into();
    Ok(Json(value))
}

/// `GET /app/installations`
pub async fn installations(State(world): State<Arc<World>>, actor: Actor) -> ApiResult<Json<Value>> {
    let app = as_app(&world, &actor)?;
    let mut state = world.state();
    let account = state.repos.values().find(|repo| repo.fork_of.is_none()).map_or_else(|| app.slug.clone(), |repo| repo.owner.clone());
    Ok(Json(json!([shape::installation(&world.base_url, &mut state, app, &account)])))
}

/// `GET /repos/{owner}/{repo}/installation`. Forks are other people's: the App is not installed there.
pub async fn repository_installation(
    State(world): State<Arc<World>>,
    Path((owner, repo)): Path<(String, String)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let app = as_app(&world, &actor)?;
    let mut state = world.state();
    let installed = state.repos.get(&key(&owner, &repo)).filter(|repo| repo.fork_of.is_none());
    let account = installed.map(|repo| repo.owner.clone()).ok_or_else(ApiError::not_found)?;
    Ok(Json(shape::installation(&world.base_url, &mut state, app, &account)))
}

/// `POST /app/installations/{id}/access_tokens`, limited to what is asked for.
pub async fn create_token(
    State(world): State<Arc<World>>,
    Path(id): Path<u64>,
    actor: Actor,
    bytes: Bytes,
) -> ApiResult<(StatusCode, Json<Value>)> {
    let app = as_app(&world, &actor)?;
    if id != app.installation_id {
        return Err(ApiError::not_found());
    }
    let request = if bytes.is_empty() { json!({}) } else { super::parse(&bytes)? };
    let mut state = world.state();
    let installed: Vec<_> = state.repos.values().filter(|repo| repo.fork_of.is_none()).cloned().collect();
    let mut chosen = installed.clone();
    if let Some(names) = request["repositories"].as_array() {
        chosen.clear();
        for name in names {
            let found = installed.iter().find(|repo| name.as_str().is_some_and(|name| repo.name.eq_ignore_ascii_case(name)));
            chosen.push(found.cloned().ok_or_else(|| {
                ApiError::unprocessable(
                    "There is at least one repository that does not exist or is not accessible to the parent installation.",
                )
            })?);
        }
    }
    let mut granted = permissions();
    if let Some(wanted) = request["permissions"].as_object() {
        let mut limited = BTreeMap::from([("metadata".to_owned(), "read".to_owned())]);
        for (name, level) in wanted {
            let level = level.as_str().unwrap_or_default();
            let enough =
                matches!((granted.get(name).map(String::as_str), level), (Some("write"), "read" | "write") | (Some("read"), "read"));
            if !enough {
                return Err(ApiError::unprocessable("The permissions requested are not granted to this installation."));
            }
            limited.insert(name.clone(), level.to_owned());
        }
        granted = limited;
    }
    let expires_s = real_s() + TOKEN_S;
    let token = format!("ghs_double{}", state.next_id());
    let all = request["repositories"].is_null();
    let names = chosen.iter().map(|repo| repo.full_name().to_lowercase()).collect();
    let kept = InstallationToken { repositories: (!all).then_some(names), permissions: granted.clone(), expires_s };
    state.tokens.insert(token.clone(), Token::Installation(kept));
    let repositories: Vec<Value> = chosen.iter().map(|repo| shape::repo(&world.base_url, &mut state, repo)).collect();
    let selection = if all { "all" } else { "selected" };
    let answer = json!({
        "token": token, "expires_at": iso(expires_s), "permissions": granted, "repository_selection": selection,
        "repositories": repositories,
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

fn delivery_json(delivery: &Delivery) -> Value {
    let status = match delivery.status_code {
        200..=299 => "OK",
        0 => "failed to connect to host",
        _ => "Invalid HTTP Response",
    };
    json!({
        "id": delivery.id, "guid": delivery.guid, "delivered_at": iso(delivery.delivered_s), "redelivery": delivery.redelivery,
        "duration": 0.1, "status": status, "status_code": delivery.status_code, "event": delivery.event, "action": delivery.action,
        "installation_id": null, "repository_id": null, "throttled_at": null,
    })
}

/// `GET /app/hook/deliveries?per_page=&cursor=`, newest first. Here GitHub pages by cursor, not by number.
pub async fn deliveries(State(world): State<Arc<World>>, query: Query, actor: Actor) -> ApiResult<Response> {
    as_app(&world, &actor)?;
    let per_page = query.get("per_page").and_then(|text| text.parse().ok()).unwrap_or(30usize).clamp(1, 100);
    let below = query.get("cursor").and_then(|cursor| cursor.strip_prefix("v1_")).and_then(|id| id.parse().ok()).unwrap_or(u64::MAX);
    let state = world.state();
    let mut left = state.deliveries.iter().rev().filter(|delivery| delivery.id < below);
    let shown: Vec<&Delivery> = left.by_ref().take(per_page).collect();
    let more = left.next().is_some();
    let items: Vec<Value> = shown.iter().map(|delivery| delivery_json(delivery)).collect();
    let mut response = Json(items).into_response();
    if let (true, Some(last)) = (more, shown.last()) {
        let next = format!("<{}/app/hook/deliveries?per_page={per_page}&cursor=v1_{}>; rel=\"next\"", world.base_url, last.id);
        with_header(response.headers_mut(), "link", &next);
    }
    Ok(response)
}

/// `GET /app/hook/deliveries/{id}`
pub async fn delivery(State(world): State<Arc<World>>, Path(id): Path<u64>, actor: Actor) -> ApiResult<Json<Value>> {
    as_app(&world, &actor)?;
    let found = world.state().deliveries.iter().find(|delivery| delivery.id == id).cloned().ok_or_else(ApiError::not_found)?;
    let mut value = delivery_json(&found);
    let payload: Value = serde_json::from_str(&found.payload).unwrap_or(Value::Null);
    value["request"] = json!({ "headers": { "X-GitHub-Delivery": found.guid, "X-GitHub-Event": found.event }, "payload": payload });
    value["response"] = json!({ "headers": {}, "payload": found.response });
    Ok(Json(value))
}

/// `POST /app/hook/deliveries/{id}/attempts`: accepted at once, sent in the background.
pub async fn redeliver(State(world): State<Arc<World>>, Path(id): Path<u64>, actor: Actor) -> ApiResult<(StatusCode, Json<Value>)> {
    as_app(&world, &actor)?;
    if !world.state().deliveries.iter().any(|delivery| delivery.id == id) {
        return Err(ApiError::not_found());
    }
    let sender = world.clone();
    tokio::spawn(async move {
        if let Err(error) = sender.redeliver(id).await {
            tracing::error!("redelivering {id}: {error:#}");
        }
    });
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}
