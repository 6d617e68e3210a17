//! Commit statuses: of each context the newest counts.

use super::auth::Need;
use super::error::{ApiError, ApiResult};
use super::page::{Query, Wrap, page};
use super::parse;
use crate::double::World;
use crate::shape;
use crate::state::{Actor, Repo, Status};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

const DESCRIPTION_CHARS_MAX: usize = 140;
/// Statuses of one commit and context.
const STATUSES_MAX: usize = 1000;
const READ: Need<'static> = Need::Read(&["statuses"]);

/// `POST /repos/{owner}/{repo}/statuses/{sha}`
pub async fn create(
    State(world): State<Arc<World>>,
    Path((owner, repo, sha)): Path<(String, String, String)>,
    actor: Actor,
    bytes: Bytes,
) -> ApiResult<(StatusCode, Json<Value>)> {
    let found = world.access(&actor, &owner, &repo, Need::Write(&["statuses"]))?;
    let value = parse(&bytes)?;
    let known = found.bare.resolve(&sha).await?.filter(|found| *found == sha);
    known.ok_or_else(|| ApiError::unprocessable(&format!("No commit found for SHA: {sha}")))?;
    let state_name = value["state"].as_str().unwrap_or_default().to_owned();
    if !["error", "failure", "pending", "success"].contains(&state_name.as_str()) {
        return Err(ApiError::invalid("Status", "state", "state is not included in the list"));
    }
    let description = value["description"].as_str().map(str::to_owned);
    if description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
        return Err(ApiError::invalid("Status", "description", "description is too long (maximum is 140 characters)"));
    }
    let target_url = value["target_url"].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    if target_url.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(ApiError::invalid("Status", "target_url", "target_url must use http(s) scheme"));
    }
    let context = value["context"].as_str().unwrap_or("default").to_owned();
    if found.statuses.iter().filter(|status| status.sha == sha && status.context == context).count() >= STATUSES_MAX {
        return Err(ApiError::unprocessable("This SHA and context has reached the maximum number of statuses."));
    }
    let creator = world.login_of(&actor);
    let mut state = world.state();
    let (id, created_at) = (state.next_id(), state.now());
    let status = Status { id, sha, state: state_name, context, description, target_url, creator, created_at };
    if let Some(repo) = state.repos.get_mut(&found.full_name().to_lowercase()) {
        repo.statuses.push(status.clone());
    }
    Ok((StatusCode::CREATED, Json(shape::status(&world.base_url, &mut state, &found.full_name(), &status))))
}

async fn of_commit(repo: &Repo, name: &str) -> ApiResult<(String, Vec<Status>)> {
    let sha = repo.bare.resolve(name).await?.ok_or_else(ApiError::not_found)?;
    let statuses = repo.statuses.iter().rev().filter(|status| status.sha == sha).cloned().collect();
    Ok((sha, statuses))
}

/// `GET /repos/{owner}/{repo}/commits/{ref}/statuses`, newest first.
pub async fn list(
    State(world): State<Arc<World>>,
    Path((owner, repo, name)): Path<(String, String, String)>,
    query: Query,
    actor: Actor,
) -> ApiResult<Response> {
    let found = world.access(&actor, &owner, &repo, READ)?;
    let (_, statuses) = of_commit(&found, &name).await?;
    let items: Vec<Value> =
        statuses.iter().map(|status| shape::status(&world.base_url, &mut world.state(), &found.full_name(), status)).collect();
    Ok(page(&world, &format!("/repos/{owner}/{repo}/commits/{name}/statuses"), &query, &items, Wrap::Array))
}

/// `GET /repos/{owner}/{repo}/commits/{ref}/status`: the newest of each context, and the worst of them.
pub async fn combined(
    State(world): State<Arc<World>>,
    Path((owner, repo, name)): Path<(String, String, String)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, READ)?;
    let (sha, statuses) = of_commit(&found, &name).await?;
    let mut newest: Vec<&Status> = Vec::new();
    for status in &statuses {
        if !newest.iter().any(|known| known.context == status.context) {
            newest.push(status);
        }
    }
    let any = |wanted: &[&str]| newest.iter().any(|status| wanted.contains(&status.state.as_str()));
    let state = match () {
        () if any(&["error", "failure"]) => "failure",
        () if newest.is_empty() || any(&["pending"]) => "pending",
        () => "success",
    };
    let mut memory = world.state();
    let shown: Vec<Value> = newest.iter().map(|status| shape::status(&world.base_url, &mut memory, &found.full_name(), status)).collect();
    let repository = shape::repo(&world.base_url, &mut memory, &found);
    Ok(Json(json!({ "state": state, "sha": sha, "total_count": shown.len(), "statuses": shown, "repository": repository })))
}
