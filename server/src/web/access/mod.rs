//! Who may see what: the one guard before all routes.
//!
//! Each route has a line in [`ROUTES`] that says what it is about; one without a line is there for nobody. A private project, with all
//! that belongs to it, is for who does not see it exactly what is not there: both are answered here, by the same lines.

mod permits;
#[cfg(test)]
mod tests;
mod viewer;

pub use permits::{Permits, ROLE_MS};
pub use viewer::{COOKIE, COOKIE_HTTPS, Person, Viewer, cookie, cookie_name};

use super::App;
use super::api;
use super::dashboard;
use crate::forge::{Forge, Role};
use crate::store::StoreError;
use crate::store::sight::{self, Seen};
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ounce_protocol::ids::RepoName;
use std::convert::Infallible;

/// What a route is about, and so who may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Nothing of a project: for everybody.
    Nothing,
    /// What proves itself: signed webhooks, runners with their tokens.
    Proved,
    /// Many projects: for everybody, each project only for who may see it.
    Projects,
    /// The project that `owner` and `name` say.
    Project,
    /// The run that `id` says.
    Run,
    /// The job that `id` says.
    Job,
    /// What operators see.
    Operators,
}

/// All routes of a server, as axum writes them.
pub const ROUTES: &[(&str, About)] = &[
    ("/healthz", About::Nothing),
    ("/readyz", About::Nothing),
    ("/metrics", About::Nothing),
    ("/assets/ounce.css", About::Nothing),
    ("/assets/icon.svg", About::Nothing),
    ("/assets/ounce.js", About::Nothing),
    ("/assets/chart.js", About::Nothing),
    ("/assets/uplot.js", About::Nothing),
    ("/assets/htmx.js", About::Nothing),
    ("/assets/log.js", About::Nothing),
    ("/login", About::Nothing),
    ("/login/callback", About::Nothing),
    ("/logout", About::Nothing),
    ("/webhooks/github", About::Proved),
    ("/api/runner/v1/enroll", About::Proved),
    ("/api/runner/v1/rotate", About::Proved),
    ("/api/runner/v1/confirm", About::Proved),
    ("/api/runner/v1/claim", About::Proved),
    ("/api/runner/v1/jobs/{id}/heartbeat", About::Proved),
    ("/api/runner/v1/jobs/{id}/earlier", About::Proved),
    ("/api/runner/v1/jobs/{id}/measurement", About::Proved),
    ("/api/runner/v1/jobs/{id}/finish", About::Proved),
    ("/", About::Projects),
    ("/p/{owner}/{name}", About::Project),
    ("/tour", About::Nothing),
    ("/search", About::Projects),
    ("/work", About::Projects),
    ("/work/part", About::Projects),
    ("/p/{owner}/{name}/series", About::Project),
    ("/p/{owner}/{name}/steps.atom", About::Project),
    ("/p/{owner}/{name}/badge.svg", About::Project),
    ("/p/{owner}/{name}/runs", About::Project),
    ("/p/{owner}/{name}/compare", About::Project),
    ("/p/{owner}/{name}/commits/{sha}", About::Project),
    ("/p/{owner}/{name}/builds/{sha}/{board}", About::Project),
    ("/p/{owner}/{name}/symbols", About::Project),
    ("/p/{owner}/{name}/symbol", About::Project),
    ("/p/{owner}/{name}/tradeoffs", About::Project),
    ("/p/{owner}/{name}/prices", About::Project),
    ("/runners/{runner}", About::Projects),
    ("/lab", About::Nothing),
    ("/jobs/{id}/log", About::Job),
    ("/jobs/{id}/log/stream", About::Job),
    ("/jobs/{id}/retry", About::Job),
    ("/p/{owner}/{name}/boards/{board}", About::Project),
    ("/p/{owner}/{name}/boards/{board}/badge.svg", About::Project),
    ("/runs/{id}", About::Run),
    ("/runs/{id}/cancel", About::Run),
    ("/runs/{id}/run", About::Run),
    ("/runs/{id}/approve", About::Run),
    ("/jobs/{id}", About::Job),
    ("/audit", About::Operators),
    ("/api/v1/audit", About::Operators),
    ("/api/v1/openapi.json", About::Nothing),
    ("/api/v1/{*rest}", About::Nothing),
    ("/api/v1/runners", About::Nothing),
    ("/api/v1/runners/{runner}", About::Projects),
    ("/api/v1/work", About::Projects),
    ("/api/v1/lab", About::Nothing),
    ("/api/v1/projects", About::Projects),
    ("/api/v1/projects/{owner}/{name}", About::Project),
    ("/api/v1/projects/{owner}/{name}/runs", About::Project),
    ("/api/v1/projects/{owner}/{name}/series", About::Project),
    ("/api/v1/projects/{owner}/{name}/boards/{board}/history", About::Project),
    ("/api/v1/runs/{id}", About::Run),
    ("/api/v1/runs/{id}/comparison", About::Run),
    ("/api/v1/jobs/{id}", About::Job),
    ("/api/v1/jobs/{id}/log", About::Job),
];

/// Who looks, and what was found out on the way: for the handlers behind the guard. Without the guard it is a stranger's.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// Who looks.
    pub viewer: Viewer,
    /// Of one project: what a person may do there.
    pub role: Option<Role>,
    /// Of a list: the private projects that are shown as well.
    pub also: Vec<i64>,
    /// The address looked at, with its query, to come back to.
    pub here: String,
    /// Whether people can log in.
    pub has_login: bool,
    /// Whether who looks is an operator.
    pub is_operator: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Sight {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Sight>().cloned().unwrap_or_default())
    }
}

/// What a route is about; none where it has no line.
fn about(path: &str) -> Option<About> {
    ROUTES.iter().find(|(route, _)| *route == path).map(|(_, about)| *about)
}

/// What is said to who does not see it, and where nothing is. A program is told in JSON.
fn nothing_there(about: About, path: &str, sight: &Sight) -> Response {
    if path.starts_with(api::PREFIX) { api::nothing_there(about) } else { dashboard::nothing_there(about, sight) }
}

fn failed(error: StoreError, path: &str) -> Response {
    if path.starts_with(api::PREFIX) { api::failed(error) } else { dashboard::failed(error) }
}

/// Lets a request through to what it may see.
pub async fn guard<F: Forge>(State(app): State<App<F>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    // No route matched: the fallback says so to everybody.
    let Some(path) = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned()) else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let mut sight = Sight {
        here: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        has_login: app.login.is_some(),
        ..Sight::default()
    };
    let Some(about) = about(&path) else {
        tracing::error!(path, "a route that says not what it is about is there for nobody: web::access::ROUTES");
        return nothing_there(About::Nothing, &path, &sight);
    };
    if about == About::Proved {
        return next.run(Request::from_parts(parts, body)).await;
    }
    sight.viewer = match viewer::viewer(&mut parts, &app, path.starts_with(api::PREFIX)).await {
        Ok(viewer) => viewer,
        Err(refusal) => return refusal,
    };
    let is_admin = |login: &str| app.admins.iter().any(|admin| admin.eq_ignore_ascii_case(login));
    sight.is_operator = sight.viewer.person().is_some_and(|person| is_admin(&person.login));
    let mut hidden = false;
    let looking = look(&app, about, &path, &mut parts, &mut sight).await;
    match looking {
        Ok(Some(found)) => hidden = found.hidden,
        Ok(None) if matches!(about, About::Nothing | About::Projects) => {}
        Ok(None) => return nothing_there(about, &path, &sight),
        Err(error) => return failed(error, &path),
    }
    let own = hidden || !matches!(sight.viewer, Viewer::Stranger);
    let is_asset = path.starts_with("/assets/");
    let is_kept = about == About::Project && !own && parts.method == Method::GET && !path.starts_with(api::PREFIX);
    let address = sight.here.clone();
    parts.extensions.insert(sight);
    let make = next.run(Request::from_parts(parts, body));
    let mut response = if is_kept { app.kept.or_make(&address, make).await } else { make.await };
    if own && !is_asset {
        // Nothing between us and who may see it keeps it for others.
        let keep = if path.starts_with(api::PREFIX) { "private, no-cache" } else { "private, no-store" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    }
    response
}

/// The project asked about, where it is there for who looks.
async fn look<F: Forge>(app: &App<F>, about: About, path: &str, parts: &mut Parts, sight: &mut Sight) -> Result<Option<Seen>, StoreError> {
    let seen = match about {
        About::Nothing | About::Proved => return Ok(None),
        About::Projects => {
            sight.also = app.permits.visible(app, &sight.viewer).await?;
            return Ok(None);
        }
        About::Operators => {
            return Ok(sight.is_operator.then(|| Seen { id: 0, repo: String::new(), hidden: true }));
        }
        About::Project | About::Run | About::Job => find(app, about, parts).await?,
    };
    let Some(seen) = seen else { return Ok(None) };
    let may = match &sight.viewer {
        Viewer::Token { project } => !seen.hidden || *project == seen.id,
        Viewer::Person(person) => {
            // Of what everybody sees, the role only says what a page offers to do.
            let is_asked = seen.hidden || (matches!(about, About::Run | About::Job) && !path.starts_with(api::PREFIX));
            sight.role = if is_asked { app.permits.role(app, &person.login, &seen).await } else { None };
            !seen.hidden || sight.role.is_some_and(|role| role >= Role::Read)
        }
        Viewer::Stranger => !seen.hidden,
    };
    Ok(may.then_some(seen))
}

/// The project that the address names.
async fn find<F: Forge>(app: &App<F>, about: About, parts: &mut Parts) -> Result<Option<Seen>, StoreError> {
    let Ok(params) = RawPathParams::from_request_parts(parts, &()).await else { return Ok(None) };
    let param = |name: &str| params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    let mut c = app.cx.store.connection().await?;
    if about == About::Project {
        let Ok(repo) = RepoName::parse(&format!("{}/{}", param("owner"), param("name"))) else { return Ok(None) };
        return sight::of_repo(&mut c, &repo).await;
    }
    let Some(id) = param("id").parse().ok().filter(|&id: &i64| id > 0) else { return Ok(None) };
    if about == About::Run { sight::of_run(&mut c, id).await } else { sight::of_job(&mut c, id).await }
}

/// For answers that are given without a door of their own.
pub(super) fn refused(error: super::ApiError) -> Response {
    error.into_response()
}
