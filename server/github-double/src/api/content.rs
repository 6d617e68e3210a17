//! Repositories, commits, comparisons and files: what git knows, in GitHub's shape.

use super::auth::Need;
use super::error::{ApiError, ApiResult};
use super::page::{Query, Wrap, page};
use crate::diff::{self, encoded};
use crate::double::World;
use crate::git::Entry;
use crate::shape;
use crate::state::{Actor, Repo};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

/// The largest file the API gives away at all.
const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// The largest file whose content stands in the JSON.
const INLINE_BYTES_MAX: u64 = 1024 * 1024;
/// Commits that a history is listed of.
const HISTORY_COMMITS_MAX: usize = 2_000;
/// Files listed in a comparison, all of them on its first page.
const COMPARE_FILES_MAX: usize = 300;
/// Commits listed in a comparison.
const COMPARE_COMMITS_MAX: usize = 250;

/// `GET /repos/{owner}/{repo}`
pub async fn repository(
    State(world): State<Arc<World>>,
    Path((owner, repo)): Path<(String, String)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, Need::Read(&["metadata"]))?;
    let mut value = shape::repo(&world.base_url, &mut world.state(), &found);
    if let Actor::User(login) = &actor {
        let permission = found.permission(login).legacy_name();
        value["permissions"] =
            json!({ "admin": permission == "admin", "push": matches!(permission, "admin" | "write"), "pull": permission != "none" });
    }
    Ok(Json(value))
}

/// `GET /repos/{owner}/{repo}/collaborators/{login}/permission`
pub async fn permission(
    State(world): State<Arc<World>>,
    Path((owner, repo, login)): Path<(String, String, String)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, Need::Read(&["metadata"]))?;
    let account = world.state().users.get(&login.to_lowercase()).cloned();
    let account = account.ok_or_else(|| ApiError::plain(axum::http::StatusCode::NOT_FOUND, &format!("{login} is not a user")))?;
    let permission = found.permission(&account.login);
    let mut user = shape::user(&world.base_url, &account);
    user["role_name"] = permission.role_name().into();
    Ok(Json(json!({ "permission": permission.legacy_name(), "role_name": permission.role_name(), "user": user })))
}

async fn find(repo: &Repo, name: &str) -> ApiResult<String> {
    let found = repo.bare.resolve(name).await?;
    found.ok_or_else(|| ApiError::unprocessable(&format!("No commit found for SHA: {name}")))
}

/// `GET /repos/{owner}/{repo}/git/commits/{sha}`
pub async fn git_commit(
    State(world): State<Arc<World>>,
    Path((owner, repo, sha)): Path<(String, String, String)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, Need::Read(&["contents"]))?;
    let commit = found.bare.commit(&sha).await?.filter(|commit| commit.sha == sha).ok_or_else(ApiError::not_found)?;
    Ok(Json(shape::git_commit(&world.base_url, &found.full_name(), &commit)))
}

/// `GET /repos/{owner}/{repo}/commits/{ref}`
pub async fn commit(
    State(world): State<Arc<World>>,
    Path((owner, repo, name)): Path<(String, String, String)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, Need::Read(&["contents"]))?;
    let sha = find(&found, &name).await?;
    let commit = found.bare.commit(&sha).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(shape::commit(&world.base_url, &found.full_name(), &commit)))
}

/// `GET /repos/{owner}/{repo}/commits?sha=&since=&until=`
pub async fn commits(
    State(world): State<Arc<World>>,
    Path((owner, repo)): Path<(String, String)>,
    query: Query,
    actor: Actor,
) -> ApiResult<Response> {
    let found = world.access(&actor, &owner, &repo, Need::Read(&["contents"]))?;
    let name = query.get("sha").cloned().unwrap_or_else(|| found.default_branch.clone());
    let tip = found.bare.resolve(&name).await?.ok_or_else(ApiError::not_found)?;
    let time = |name: &str| query.get(name).map(String::as_str);
    let (url, full_name) = (&world.base_url, found.full_name());
    let mut commits = Vec::new();
    for sha in found.bare.history(&tip, time("since"), time("until"), HISTORY_COMMITS_MAX).await? {
        if let Some(commit) = found.bare.commit(&sha).await? {
            commits.push(shape::commit(url, &full_name, &commit));
        }
    }
    Ok(page(&world, &format!("/repos/{full_name}/commits"), &query, &commits, Wrap::Array))
}

/// `GET /repos/{owner}/{repo}/compare/{base}...{head}`
pub async fn compare(
    State(world): State<Arc<World>>,
    Path((owner, repo, basehead)): Path<(String, String, String)>,
    query: Query,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, Need::Read(&["contents"]))?;
    let (base, head) = basehead.split_once("...").ok_or_else(ApiError::not_found)?;
    let (base, head) = match (found.bare.resolve(base).await?, found.bare.resolve(head).await?) {
        (Some(base), Some(head)) => (base, head),
        _ => return Err(ApiError::not_found()),
    };
    let merge_base = found.bare.merge_base(&base, &head).await?;
    let merge_base = merge_base.ok_or_else(|| {
        let message = format!("No common ancestor between {base} and {head}.");
        ApiError::plain(axum::http::StatusCode::NOT_FOUND, &message)
    })?;
    let (ahead, behind) = (found.bare.ahead(&base, &head).await?, found.bare.ahead(&head, &base).await?);
    let status = match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let (url, full_name) = (&world.base_url, found.full_name());
    let mut commits = Vec::new();
    for sha in found.bare.between(&base, &head, COMPARE_COMMITS_MAX).await? {
        if let Some(commit) = found.bare.commit(&sha).await? {
            commits.push(shape::commit(url, &full_name, &commit));
        }
    }
    let files: Vec<Value> = if query.get("page").is_none_or(|page| page == "1") {
        let mut files = diff::files(&world.base_url, &found, &merge_base, &head).await?;
        files.truncate(COMPARE_FILES_MAX);
        files
    } else {
        Vec::new()
    };
    let missing = || ApiError::not_found();
    let base_commit = found.bare.commit(&base).await?.ok_or_else(missing)?;
    let merge_commit = found.bare.commit(&merge_base).await?.ok_or_else(missing)?;
    let html = format!("{url}/{full_name}/compare/{basehead}");
    Ok(Json(json!({
        "url": format!("{url}/repos/{full_name}/compare/{basehead}"), "status": status,
        "html_url": html, "permalink_url": format!("{url}/{full_name}/compare/{base}...{head}"),
        "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
        "ahead_by": ahead, "behind_by": behind, "total_commits": ahead,
        "base_commit": shape::commit(url, &full_name, &base_commit),
        "merge_base_commit": shape::commit(url, &full_name, &merge_commit),
        "commits": commits, "files": files,
    })))
}

/// `GET /repos/{owner}/{repo}/contents/{path}?ref=`
pub async fn contents(
    State(world): State<Arc<World>>,
    Path((owner, repo, path)): Path<(String, String, String)>,
    query: Query,
    headers: HeaderMap,
    actor: Actor,
) -> ApiResult<Response> {
    let found = world.access(&actor, &owner, &repo, Need::Read(&["contents"]))?;
    let name = query.get("ref").cloned().unwrap_or_else(|| found.default_branch.clone());
    let no_commit = || ApiError::plain(axum::http::StatusCode::NOT_FOUND, &format!("No commit found for the ref {name}"));
    let sha = found.bare.resolve(&name).await?.ok_or_else(no_commit)?;
    let address = |path: &str| format!("{}/repos/{}/contents/{}?ref={name}", world.base_url, found.full_name(), encoded(path));
    let (blob, size) = match found.bare.entry(&sha, &path).await? {
        None => return Err(ApiError::not_found()),
        Some(Entry::Directory(entries)) => {
            let entries = entries.iter().map(|(kind, sha, name)| {
                let kind = if kind == "tree" { "dir" } else { "file" };
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                json!({
                    "type": kind, "name": name, "path": path, "sha": sha, "size": 0, "url": address(&path), "git_url": null, "html_url": null,
                    "download_url": null, "_links": { "self": address(&path), "git": null, "html": null },
                })
            });
            return Ok(Json(entries.collect::<Vec<_>>()).into_response());
        }
        Some(Entry::File { blob, size }) => (blob, size),
    };
    if size > FILE_BYTES_MAX {
        return Err(ApiError::forbidden("This API returns blobs up to 100 MB in size."));
    }
    let bytes = found.bare.blob(&blob).await?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("application/vnd.github.raw") || accept.contains("application/vnd.github.v3.raw") {
        return Ok(([(header::CONTENT_TYPE, "application/vnd.github.raw+json; charset=utf-8")], bytes).into_response());
    }
    let inline = size <= INLINE_BYTES_MAX;
    let (encoding, content) = if inline { ("base64", lines_of_sixty(&STANDARD.encode(&bytes))) } else { ("none", String::new()) };
    let name = path.rsplit('/').next().unwrap_or(&path);
    Ok(Json(json!({
        "type": "file", "name": name, "path": path, "sha": blob, "size": size, "encoding": encoding, "content": content,
        "url": address(&path), "git_url": null, "html_url": null, "download_url": null,
        "_links": { "self": address(&path), "git": null, "html": null },
    }))
    .into_response())
}

/// GitHub breaks its base64 into lines.
fn lines_of_sixty(text: &str) -> String {
    text.as_bytes().chunks(60).map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect()
}
