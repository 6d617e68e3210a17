//! References and annotated tags, as git has them.

use super::auth::Need;
use super::error::{ApiError, ApiResult};
use crate::double::World;
use crate::state::Actor;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use std::sync::Arc;

const NEED: Need<'static> = Need::Read(&["contents"]);

/// `GET /repos/{owner}/{repo}/git/ref/{heads/NAME | tags/NAME}`: the whole name or nothing.
pub async fn reference(
    State(world): State<Arc<World>>,
    Path((owner, repo, name)): Path<(String, String, String)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, NEED)?;
    let name = format!("refs/{name}");
    let (sha, kind) = found.bare.reference(&name).await?.ok_or_else(ApiError::not_found)?;
    let api = format!("{}/repos/{}/git", world.base_url, found.full_name());
    let object = json!({ "type": kind, "sha": sha, "url": format!("{api}/{kind}s/{sha}") });
    Ok(Json(json!({ "ref": name, "node_id": format!("REF_{sha}"), "url": format!("{api}/{name}"), "object": object })))
}

/// `GET /repos/{owner}/{repo}/git/tags/{sha}`
pub async fn tag(
    State(world): State<Arc<World>>,
    Path((owner, repo, sha)): Path<(String, String, String)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, NEED)?;
    let tag = found.bare.tagged(&sha).await?.ok_or_else(ApiError::not_found)?;
    let api = format!("{}/repos/{}/git", world.base_url, found.full_name());
    let object = json!({ "type": tag.kind, "sha": tag.target, "url": format!("{api}/{}s/{}", tag.kind, tag.target) });
    let tagger = json!({ "name": "Octo", "email": "octo@example.invalid", "date": "2025-01-01T00:00:00Z" });
    Ok(Json(json!({
        "sha": sha, "node_id": format!("TAG_{sha}"), "url": format!("{api}/tags/{sha}"), "tag": tag.name, "message": tag.message,
        "tagger": tagger, "object": object,
    })))
}
