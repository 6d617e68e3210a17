//! Pull requests, read. They are changed by `/_double` and by pushes.

use super::auth::Need;
use super::error::{ApiError, ApiResult};
use super::page::{Query, Wrap, page};
use crate::diff;
use crate::double::World;
use crate::shape;
use crate::state::Actor;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

/// Files listed of a pull request.
const FILES_MAX: usize = 3_000;
const NEED: Need<'static> = Need::Read(&["pull_requests"]);

/// `GET /repos/{owner}/{repo}/pulls/{number}`. Like GitHub, looks whether it can be merged only once somebody asks.
pub async fn read(
    State(world): State<Arc<World>>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, NEED)?;
    let pull = found.pulls.get(&number).ok_or_else(ApiError::not_found)?;
    let extent = diff::extent(&found, &pull.base_sha, &pull.head_sha).await?;
    let value = shape::pull(&world.base_url, &mut world.state(), &found, pull, extent);
    world.answered_lazily(&found.full_name(), number).await?;
    Ok(Json(value))
}

/// `GET /repos/{owner}/{repo}/pulls/{number}/files`: what the pull request itself changes, from where it left its base.
pub async fn files(
    State(world): State<Arc<World>>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    query: Query,
    actor: Actor,
) -> ApiResult<Response> {
    let found = world.access(&actor, &owner, &repo, NEED)?;
    let pull = found.pulls.get(&number).ok_or_else(ApiError::not_found)?;
    let merge_base = found.bare.merge_base(&pull.base_sha, &pull.head_sha).await?.ok_or_else(ApiError::not_found)?;
    let mut files = diff::files(&world.base_url, &found, &merge_base, &pull.head_sha).await?;
    files.truncate(FILES_MAX);
    Ok(page(&world, &format!("/repos/{owner}/{repo}/pulls/{number}/files"), &query, &files, Wrap::Array))
}

/// `GET /repos/{owner}/{repo}/pulls?state=open|closed|all&head=&base=`. The list never says whether a pull request can be merged.
pub async fn list(
    State(world): State<Arc<World>>,
    Path((owner, repo)): Path<(String, String)>,
    query: Query,
    actor: Actor,
) -> ApiResult<Response> {
    let found = world.access(&actor, &owner, &repo, NEED)?;
    let wanted = query.get("state").map_or("open", String::as_str);
    let mut items = Vec::new();
    for pull in found.pulls.values().rev() {
        let label = format!("{}:{}", pull.head_owner, pull.head_branch);
        let right_state = wanted == "all" || (wanted == "open") == pull.open;
        let right_head = query.get("head").is_none_or(|head| *head == label);
        let right_base = query.get("base").is_none_or(|base| *base == pull.base_branch);
        if right_state && right_head && right_base {
            items.push(shape::listed_pull(&world.base_url, &mut world.state(), &found, pull));
        }
    }
    Ok(page(&world, &format!("/repos/{owner}/{repo}/pulls"), &query, &items, Wrap::Array))
}
