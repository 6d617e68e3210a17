//! GitHub's REST API, the part of it that Ounce uses: one file per thing.

pub mod apps;
pub mod auth;
pub mod checks;
pub mod comments;
pub mod content;
pub mod error;
pub mod manifest;
pub mod oauth;
pub mod page;
pub mod pulls;
pub mod refs;
pub mod statuses;

use crate::double::World;
use crate::{admin, faults, smart_http};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use error::{ApiError, ApiResult};
use serde_json::Value;
use std::sync::Arc;

/// Everything the double answers.
pub fn router(world: Arc<World>) -> Router {
    let rest = rest();
    let git = Router::new()
        .route("/{owner}/{repo}/info/refs", get(smart_http::info_refs))
        .route("/{owner}/{repo}/git-upload-pack", post(smart_http::upload_pack))
        .route("/{owner}/{repo}/git-receive-pack", post(smart_http::receive_pack))
        .layer(DefaultBodyLimit::disable());
    let github = Router::new()
        .merge(rest.clone())
        .nest("/api/v3", rest)
        .merge(git)
        .route("/login/oauth/authorize", get(oauth::authorize))
        .route("/login/oauth/access_token", post(oauth::access_token))
        .route("/settings/apps/new", post(manifest::create))
        .route("/organizations/{organization}/settings/apps/new", post(manifest::create))
        .fallback(nothing_here)
        .method_not_allowed_fallback(nothing_here)
        .layer(axum::middleware::from_fn_with_state(world.clone(), faults::layer));
    Router::new().nest("/_double", admin::router()).merge(github).with_state(world)
}

fn rest() -> Router<Arc<World>> {
    Router::new()
        .route("/user", get(auth::user))
        .route("/app-manifests/{code}/conversions", post(manifest::convert))
        .route("/app", get(apps::app))
        .route("/app/installations", get(apps::installations))
        .route("/app/installations/{id}/access_tokens", post(apps::create_token))
        .route("/app/hook/deliveries", get(apps::deliveries))
        .route("/app/hook/deliveries/{id}", get(apps::delivery))
        .route("/app/hook/deliveries/{id}/attempts", post(apps::redeliver))
        .route("/repos/{owner}/{repo}", get(content::repository))
        .route("/repos/{owner}/{repo}/installation", get(apps::repository_installation))
        .route("/repos/{owner}/{repo}/collaborators/{login}/permission", get(content::permission))
        .route("/repos/{owner}/{repo}/git/commits/{sha}", get(content::git_commit))
        .route("/repos/{owner}/{repo}/git/ref/{*name}", get(refs::reference))
        .route("/repos/{owner}/{repo}/git/tags/{sha}", get(refs::tag))
        .route("/repos/{owner}/{repo}/commits", get(content::commits))
        .route("/repos/{owner}/{repo}/commits/{sha}", get(content::commit))
        .route("/repos/{owner}/{repo}/compare/{*basehead}", get(content::compare))
        .route("/repos/{owner}/{repo}/contents/{*path}", get(content::contents))
        .route("/repos/{owner}/{repo}/pulls", get(pulls::list))
        .route("/repos/{owner}/{repo}/pulls/{number}", get(pulls::read))
        .route("/repos/{owner}/{repo}/pulls/{number}/files", get(pulls::files))
        .route("/repos/{owner}/{repo}/issues/{number}/comments", get(comments::list).post(comments::create))
        .route("/repos/{owner}/{repo}/issues/comments/{id}", get(comments::read).patch(comments::update).delete(comments::delete))
        .route("/repos/{owner}/{repo}/statuses/{sha}", post(statuses::create))
        .route("/repos/{owner}/{repo}/commits/{sha}/statuses", get(statuses::list))
        .route("/repos/{owner}/{repo}/commits/{sha}/status", get(statuses::combined))
        .route("/repos/{owner}/{repo}/check-runs", post(checks::create))
        .route("/repos/{owner}/{repo}/check-runs/{id}", get(checks::read).patch(checks::update))
        .route("/repos/{owner}/{repo}/check-runs/{id}/annotations", get(checks::annotations))
        .route("/repos/{owner}/{repo}/commits/{sha}/check-runs", get(checks::list))
}

/// GitHub answers a wrong method as it answers a wrong path.
async fn nothing_here() -> Response {
    ApiError::not_found().into_response()
}

/// A request's JSON.
pub fn parse(body: &[u8]) -> ApiResult<Value> {
    let value = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    value.ok_or_else(|| ApiError::plain(axum::http::StatusCode::BAD_REQUEST, "Problems parsing JSON"))
}
