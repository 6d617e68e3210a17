//! Check runs, with the limits GitHub sets them. Only an App may write them.

use super::auth::Need;
use super::error::{ApiError, ApiResult};
use super::page::{Query, Wrap, page};
use super::parse;
use crate::diff::encoded;
use crate::double::World;
use crate::shape;
use crate::state::{Actor, CheckRun};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

const TEXT_CHARS_MAX: usize = 65_535;
const ACTIONS_MAX: usize = 3;
const ANNOTATIONS_MAX: usize = 50;
const LEVELS: [&str; 3] = ["notice", "warning", "failure"];
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
const TITLE_CHARS_MAX: usize = 255;
const ACTION_FIELDS: [(&str, usize); 3] = [("label", 20), ("description", 40), ("identifier", 20)];
const STATES: [&str; 3] = ["queued", "in_progress", "completed"];
const CONCLUSIONS: [&str; 7] = ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"];
const READ: Need<'static> = Need::Read(&["checks"]);
const WRITE: Need<'static> = Need::Write(&["checks"]);

fn invalid(field: &str, message: &str) -> ApiError {
    ApiError::invalid("CheckRun", field, message)
}

fn only_apps(actor: &Actor) -> ApiResult<()> {
    match actor {
        Actor::Installation(_) => Ok(()),
        _ => Err(ApiError::forbidden("You must authenticate via a GitHub App.")),
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_owned)
}

/// Takes over what a request says; what it does not name stays as it is.
fn apply(run: &mut CheckRun, value: &Value, now: &str) -> ApiResult<()> {
    if let Some(name) = text(value, "name") {
        run.name = name;
    }
    if let Some(external_id) = text(value, "external_id") {
        run.external_id = external_id;
    }
    if let Some(details_url) = text(value, "details_url") {
        run.details_url = Some(details_url);
    }
    let conclusion = text(value, "conclusion");
    if conclusion.as_ref().is_some_and(|conclusion| !CONCLUSIONS.contains(&conclusion.as_str())) {
        return Err(invalid("conclusion", "conclusion is not included in the list"));
    }
    match text(value, "status") {
        Some(status) if !STATES.contains(&status.as_str()) => return Err(invalid("status", "status is not included in the list")),
        Some(status) if status == "completed" && conclusion.is_none() => {
            return Err(invalid("conclusion", "conclusion is required when status is completed"));
        }
        Some(status) => {
            if status != "completed" {
                (run.conclusion, run.completed_at) = (None, None);
            }
            run.status = status;
        }
        None => {}
    }
    if let Some(conclusion) = conclusion {
        // Giving a conclusion completes a run.
        run.status = "completed".into();
        run.conclusion = Some(conclusion);
        run.completed_at = Some(text(value, "completed_at").unwrap_or_else(|| now.to_owned()));
    }
    if let Some(output) = value.get("output").filter(|output| !output.is_null()) {
        apply_output(run, output)?;
    }
    if let Some(actions) = value.get("actions").filter(|actions| !actions.is_null()) {
        let actions = actions.as_array().ok_or_else(|| invalid("actions", "actions is not an array"))?;
        if actions.len() > ACTIONS_MAX {
            return Err(invalid("actions", "actions may have at most 3 items"));
        }
        for action in actions {
            for (field, limit) in ACTION_FIELDS {
                let length = action[field].as_str().map_or(0, |text| text.chars().count());
                if length == 0 || length > limit {
                    return Err(invalid("actions", &format!("{field} must have 1 to {limit} characters")));
                }
            }
        }
        run.actions.clone_from(actions);
    }
    Ok(())
}

fn apply_output(run: &mut CheckRun, output: &Value) -> ApiResult<()> {
    let summary = text(output, "summary").ok_or_else(|| invalid("output", "output.summary is required"))?;
    let title = text(output, "title").or_else(|| run.title.clone()).ok_or_else(|| invalid("output", "output.title is required"))?;
    let long = text(output, "text");
    for (name, value) in [("summary", Some(&summary)), ("text", long.as_ref())] {
        if value.is_some_and(|value| value.chars().count() > TEXT_CHARS_MAX) {
            return Err(invalid("output", &format!("{name} exceeds a maximum character limit of 65535")));
        }
    }
    let annotations = output["annotations"].as_array().map_or(&[][..], Vec::as_slice);
    if annotations.len() > ANNOTATIONS_MAX {
        return Err(invalid("output", "annotations may have at most 50 items"));
    }
    annotations.iter().try_for_each(annotation)?;
    (run.title, run.summary) = (Some(title), Some(summary));
    if long.is_some() {
        run.text = long;
    }
    run.annotations.extend_from_slice(annotations);
    Ok(())
}

/// What an annotation has to have.
fn annotation(value: &Value) -> ApiResult<()> {
    let lines = (value["start_line"].as_u64(), value["end_line"].as_u64());
    if text(value, "path").is_none_or(|path| path.is_empty()) || !matches!(lines, (Some(1..), Some(1..))) {
        return Err(invalid("annotations", "path, start_line and end_line are required"));
    }
    if lines.0 > lines.1 {
        return Err(invalid("annotations", "end_line is before start_line"));
    }
    if text(value, "annotation_level").is_none_or(|level| !LEVELS.contains(&level.as_str())) {
        return Err(invalid("annotations", "annotation_level is not included in the list"));
    }
    if text(value, "message").is_none_or(|message| message.is_empty() || message.len() > MESSAGE_BYTES_MAX) {
        return Err(invalid("annotations", "message must have 1 to 65536 bytes"));
    }
    if text(value, "title").is_some_and(|title| title.chars().count() > TITLE_CHARS_MAX) {
        return Err(invalid("annotations", "title must have at most 255 characters"));
    }
    Ok(())
}

/// `GET /repos/{owner}/{repo}/check-runs/{id}/annotations`
pub async fn annotations(
    State(world): State<Arc<World>>,
    Path((owner, repo, id)): Path<(String, String, u64)>,
    query: Query,
    actor: Actor,
) -> ApiResult<Response> {
    let found = world.access(&actor, &owner, &repo, READ)?;
    let run = found.check_runs.get(&id).ok_or_else(ApiError::not_found)?;
    let at = |annotation: &Value| encoded(annotation["path"].as_str().unwrap_or_default());
    let whole = |annotation: &Value| {
        let mut whole = annotation.clone();
        whole["blob_href"] = format!("{}/{}/blob/{}/{}", world.base_url, found.full_name(), run.head_sha, at(annotation)).into();
        for field in ["start_column", "end_column", "title", "raw_details"] {
            whole[field] = annotation[field].clone();
        }
        whole
    };
    let items: Vec<Value> = run.annotations.iter().map(whole).collect();
    Ok(page(&world, &format!("/repos/{owner}/{repo}/check-runs/{id}/annotations"), &query, &items, Wrap::Array))
}

/// `POST /repos/{owner}/{repo}/check-runs`
pub async fn create(
    State(world): State<Arc<World>>,
    Path((owner, repo)): Path<(String, String)>,
    actor: Actor,
    bytes: Bytes,
) -> ApiResult<(StatusCode, Json<Value>)> {
    only_apps(&actor)?;
    let found = world.access(&actor, &owner, &repo, WRITE)?;
    let value = parse(&bytes)?;
    let name = text(&value, "name").filter(|name| !name.is_empty()).ok_or_else(|| invalid("name", "name is missing"))?;
    let head_sha = text(&value, "head_sha").ok_or_else(|| invalid("head_sha", "head_sha is missing"))?;
    let known = found.bare.resolve(&head_sha).await?.filter(|known| *known == head_sha);
    known.ok_or_else(|| ApiError::unprocessable(&format!("No commit found for SHA: {head_sha}")))?;
    let mut state = world.state();
    let (id, now) = (state.next_id(), state.now());
    let mut run = CheckRun {
        id,
        head_sha,
        name,
        external_id: String::new(),
        status: "queued".into(),
        conclusion: None,
        details_url: None,
        title: None,
        summary: None,
        text: None,
        annotations: Vec::new(),
        actions: Vec::new(),
        updates: 0,
        started_at: text(&value, "started_at").unwrap_or_else(|| now.clone()),
        completed_at: None,
    };
    apply(&mut run, &value, &now)?;
    if let Some(repo) = state.repos.get_mut(&found.full_name().to_lowercase()) {
        repo.check_runs.insert(id, run.clone());
    }
    Ok((StatusCode::CREATED, Json(shape::check_run(&world, &mut state, &found, &run))))
}

/// `PATCH /repos/{owner}/{repo}/check-runs/{id}`
pub async fn update(
    State(world): State<Arc<World>>,
    Path((owner, repo, id)): Path<(String, String, u64)>,
    actor: Actor,
    bytes: Bytes,
) -> ApiResult<Json<Value>> {
    only_apps(&actor)?;
    let found = world.access(&actor, &owner, &repo, WRITE)?;
    let value = parse(&bytes)?;
    let mut run = found.check_runs.get(&id).cloned().ok_or_else(ApiError::not_found)?;
    let mut state = world.state();
    let now = state.now();
    apply(&mut run, &value, &now)?;
    run.updates += 1;
    if let Some(repo) = state.repos.get_mut(&found.full_name().to_lowercase()) {
        repo.check_runs.insert(id, run.clone());
    }
    Ok(Json(shape::check_run(&world, &mut state, &found, &run)))
}

/// `GET /repos/{owner}/{repo}/check-runs/{id}`
pub async fn read(
    State(world): State<Arc<World>>,
    Path((owner, repo, id)): Path<(String, String, u64)>,
    actor: Actor,
) -> ApiResult<Json<Value>> {
    let found = world.access(&actor, &owner, &repo, READ)?;
    let run = found.check_runs.get(&id).ok_or_else(ApiError::not_found)?;
    Ok(Json(shape::check_run(&world, &mut world.state(), &found, run)))
}

/// `GET /repos/{owner}/{repo}/commits/{ref}/check-runs?check_name=&status=&filter=latest|all`, newest first.
pub async fn list(
    State(world): State<Arc<World>>,
    Path((owner, repo, name)): Path<(String, String, String)>,
    query: Query,
    actor: Actor,
) -> ApiResult<Response> {
    let found = world.access(&actor, &owner, &repo, READ)?;
    let sha = found.bare.resolve(&name).await?.ok_or_else(|| ApiError::unprocessable(&format!("No commit found for SHA: {name}")))?;
    let all = query.get("filter").is_some_and(|filter| filter == "all");
    let mut shown: Vec<&CheckRun> = Vec::new();
    for run in found.check_runs.values().rev().filter(|run| run.head_sha == sha) {
        let right_name = query.get("check_name").is_none_or(|name| *name == run.name);
        let right_status = query.get("status").is_none_or(|status| *status == run.status);
        let newest = all || !shown.iter().any(|known| known.name == run.name);
        if right_name && right_status && newest {
            shown.push(run);
        }
    }
    let items: Vec<Value> = shown.iter().map(|run| shape::check_run(&world, &mut world.state(), &found, run)).collect();
    Ok(page(&world, &format!("/repos/{owner}/{repo}/commits/{name}/check-runs"), &query, &items, Wrap::Object("check_runs")))
}
