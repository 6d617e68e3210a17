//! Comments on pull requests. Only PATCH edits: a POST to a comment is 404.

use super::auth::{Need, may_write};
use super::error::{ApiError, ApiResult};
use super::page::{Query, Wrap, page};
use super::parse;
use crate::double::World;
use crate::shape;
use crate::state::{Actor, Comment};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

/// Characters in a comment; not in GitHub's description of its API, but so it is.
const BODY_CHARS_MAX: usize = 65_536;
const READ: Need<'static> = Need::Read(&["issues", "pull_requests"]);
const SPEAK: Need<'static> = Need::Speak(&["issues", "pull_requests"]);

fn body_text(bytes: &[u8]) -> ApiResult<String> {
    let value = parse(bytes)?;
    let text = value["body"].as_str().ok_or_else(|| ApiError::invalid("IssueComment", "body", "Body can't be blank"))?;
    if text.trim().is_empty() {
        return Err(ApiError::invalid("IssueComment", "body", "Body can't be blank"));
    }
    if text.chars().count() > BODY_CHARS_MAX {
        return Err(ApiError::invalid("IssueComment", "data", "Body is too long (maximum is 65536 characters)"));
    }
    Ok(text.to_owned())
}

/// `GET /repos/{owner}/{repo}/issues/{number}/comments`, oldest first.
pub async fn list(
    State(world): State<Arc<World>>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    query: Query,
    actor: Actor,
) -> ApiResult<Response> {
    let found = world.access(&actor, &owner, &repo, READ)?;
    if !found.pulls.contains_key(&number) {
        return Err(ApiError::not_found());
    }
    let ours = found.comments.values().filter(|comment| comment.number == number);
    let items: Vec<Value> = ours.map(|comment| shape::comment(&world, &mut world.state(), &found, comment)).collect();
    Ok(page(&world, &format!("/repos/{owner}/{repo}/issues/{number}/comments"), &query, &items, Wrap::Array))
}

/// `POST /repos/{owner}/{repo}/issues/{number}/comments`
pub async fn create(
    State(world): State<Arc<World>>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    actor: Actor,
    bytes: Bytes,
) -> ApiResult<(StatusCode, Json<Value>)> {
    let found = world.access(&actor, &owner, &repo, SPEAK)?;
    if !found.pulls.contains_key(&number) {
        return Err(ApiError::not_found());
    }
    let text = body_text(&bytes)?;
    let comment = world.add_comment(&found.full_name(), number, &world.login_of(&actor), &text)?;
    echo(&world, &found.full_name(), &comment, "created");
    let value = shape::comment(&world, &mut world.state(), &found, &comment);
    Ok((StatusCode::CREATED, Json(value)))
}

/// `GET /repos/{owner}/{repo}/issues/comments/{id}`
pub async fn read(
    State(world): State<Arc<World>>,
    Path((owner, repo, id)): Path<(String, String, u64)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, READ)?;
    let comment = found.comments.get(&id).ok_or_else(ApiError::not_found)?;
    Ok(Json(shape::comment(&world, &mut world.state(), &found, comment)))
}

/// `PATCH /repos/{owner}/{repo}/issues/comments/{id}`
pub async fn update(
    State(world): State<Arc<World>>,
    Path((owner, repo, id)): Path<(String, String, u64)>,
    actor: Actor,
    bytes: Bytes,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, SPEAK)?;
    let old = found.comments.get(&id).ok_or_else(ApiError::not_found)?;
    let own = old.author == world.login_of(&actor);
    if !own && !may_write(&actor, &found, "issues") && !may_write(&actor, &found, "pull_requests") {
        return Err(ApiError::forbidden("You can't edit this comment."));
    }
    let text = body_text(&bytes)?;
    let comment = {
        let mut state = world.state();
        let now = state.now();
        let comment = state.repos.get_mut(&found.full_name().to_lowercase()).and_then(|repo| repo.comments.get_mut(&id));
        let comment = comment.ok_or_else(ApiError::not_found)?;
        comment.body = text;
        comment.edits += 1;
        comment.updated_at = now;
        comment.clone()
    };
    echo(&world, &found.full_name(), &comment, "edited");
    Ok(Json(shape::comment(&world, &mut world.state(), &found, &comment)))
}

/// `DELETE /repos/{owner}/{repo}/issues/comments/{id}`
pub async fn delete(
    State(world): State<Arc<World>>,
    Path((owner, repo, id)): Path<(String, String, u64)>,
    actor: Actor,
) -> ApiResult<StatusCode> {
    let found = world.access(&actor, &owner, &repo, SPEAK)?;
    let old = found.comments.get(&id).ok_or_else(ApiError::not_found)?;
    let own = old.author == world.login_of(&actor);
    if !own && !may_write(&actor, &found, "issues") && !may_write(&actor, &found, "pull_requests") {
        return Err(ApiError::forbidden("You can't delete this comment."));
    }
    world.delete_comment(&found.full_name(), id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// GitHub tells an App of its own comments too. In the background: the writer must not wait for its own endpoint.
fn echo(world: &Arc<World>, repo: &str, comment: &Comment, action: &'static str) {
    if !world.echo {
        return;
    }
    match world.comment_event(repo, comment, action, &comment.author) {
        Ok(payload) => {
            let world = world.clone();
            tokio::spawn(async move { world.send("issue_comment", &payload).await });
        }
        Err(error) => tracing::error!("the event of a comment: {error:#}"),
    }
}
