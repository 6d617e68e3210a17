//! The JSON API: everything that the pages show, for programs. `/api/v1/openapi.json` describes it.
//!
//! Read-only. Ids are the rows' own and never given twice; lists go from the newest backwards by `before`. An answer carries an `ETag`, so that
//! who asks again with `If-None-Match` is told in a line that nothing changed. Texts from builds, boards and pull requests are handed out as they
//! came: whoever shows them escapes them.

mod answers;
mod audit;
mod etag;
mod lab;
mod projects;
mod runs;
mod series;
mod work;

use super::App;
use super::access::About;
use crate::clock::Clock;
use crate::forge::Forge;
use crate::store::{Store, StoreError};
use axum::extract::FromRef;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use ounce_protocol::ids::RepoName;
use serde::Serialize;
use std::sync::Arc;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Before each of the routes.
pub const PREFIX: &str = "/api/v1";

/// What the API needs of a server.
#[derive(Clone)]
struct Api {
    store: Store,
    clock: Clock,
}

impl<F: Forge> FromRef<App<F>> for Api {
    fn from_ref(app: &App<F>) -> Api {
        let cx = Arc::clone(&app.cx);
        Api { store: cx.store.clone(), clock: cx.clock.clone() }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ounce",
        description = "What firmware weighs: projects, runs, reports and history. Read-only. What belongs to a private project is there for a token of `ounce-server token add` (`Authorization: Bearer …`) and for sessions of who may read the repository; for all others it is not there. Sizes in bytes, times in milliseconds since the Unix epoch.",
        version = "1",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags((name = "projects", description = "Projects, their boards and their history"), (name = "runs", description = "Runs, their jobs and reports; the runners"),
        (name = "operators", description = "For the server's admins"))
)]
struct Description;

/// The routes, and what describes them.
fn described<S: Clone + Send + Sync + 'static>() -> (Router<S>, utoipa::openapi::OpenApi)
where
    Api: FromRef<S>,
{
    OpenApiRouter::with_openapi(Description::openapi())
        .nest(
            PREFIX,
            OpenApiRouter::new()
                .routes(routes!(projects::projects))
                .routes(routes!(projects::project))
                .routes(routes!(projects::project_runs))
                .routes(routes!(projects::board_history))
                .routes(routes!(series::series))
                .routes(routes!(runs::run))
                .routes(routes!(runs::comparison))
                .routes(routes!(runs::job))
                .routes(routes!(runs::job_log))
                .routes(routes!(runs::runners))
                .routes(routes!(work::work))
                .routes(routes!(work::runner))
                .routes(routes!(lab::lab))
                .routes(routes!(audit::entries)),
        )
        .split_for_parts()
}

/// All of the API.
pub fn routes<F: Forge>() -> Router<App<F>> {
    routes_of()
}

fn routes_of<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Api: FromRef<S>,
{
    let (router, description) = described::<S>();
    let description = Arc::new(description);
    let openapi = get(move || async move { Json((*description).clone()) });
    router
        .route(&format!("{PREFIX}/openapi.json"), openapi)
        .route(&format!("{PREFIX}/{{*rest}}"), get(async || NotFound::Address.into_response()))
        .layer(middleware::from_fn(etag::tagged))
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
struct Page<T> {
    /// The newest first.
    items: Vec<T>,
    /// Where the list goes on; null at its end.
    next: Option<String>,
}

/// An answer that is no success.
#[derive(Debug, Serialize, ToSchema)]
struct Problem {
    /// What is wrong, in a sentence.
    error: String,
}

/// What was asked for and is not there.
#[derive(Debug, Clone, Copy)]
enum NotFound {
    Address,
    Project,
    Board,
    Run,
    Comparison,
    Job,
    Log,
    Runner,
}

impl NotFound {
    fn sentence(self) -> &'static str {
        match self {
            NotFound::Address => "nothing is at this address: /api/v1/openapi.json lists what there is",
            NotFound::Project => "no such project is known here: it appears with its first event from the forge",
            NotFound::Board => "no board of this name has figures in this project",
            NotFound::Run => "no run has this number",
            NotFound::Comparison => "this run has no comparison: see its state",
            NotFound::Job => "no job has this number",
            NotFound::Runner => "no runner of this name is enrolled: /api/v1/runners lists them",
            NotFound::Log => "this job has no log: it has not begun, or its log is kept no longer",
        }
    }
}

impl IntoResponse for NotFound {
    fn into_response(self) -> Response {
        (StatusCode::NOT_FOUND, Json(Problem { error: self.sentence().to_owned() })).into_response()
    }
}

/// What is said where nothing is, or nothing that may be seen.
pub(super) fn nothing_there(about: About) -> Response {
    let what = match about {
        About::Project => NotFound::Project,
        About::Run => NotFound::Run,
        About::Job => NotFound::Job,
        About::Nothing | About::Proved | About::Projects | About::Operators => NotFound::Address,
    };
    what.into_response()
}

/// What is said where something of ours failed.
pub(super) fn failed(error: StoreError) -> Response {
    ApiProblem::Internal(error).into_response()
}

/// Why there is no answer.
#[derive(Debug)]
enum ApiProblem {
    NotFound(NotFound),
    /// A parameter says something it may not.
    Parameter(String),
    Internal(StoreError),
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> ApiProblem {
        ApiProblem::Internal(error)
    }
}

impl From<NotFound> for ApiProblem {
    fn from(what: NotFound) -> ApiProblem {
        ApiProblem::NotFound(what)
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        match self {
            ApiProblem::NotFound(what) => what.into_response(),
            ApiProblem::Parameter(error) => (StatusCode::BAD_REQUEST, Json(Problem { error })).into_response(),
            ApiProblem::Internal(error) => {
                tracing::error!(%error, "an answer of the API failed");
                let error = "something failed on the server; its log says what".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, Json(Problem { error })).into_response()
            }
        }
    }
}

/// The repository an address names.
fn repo(owner: &str, name: &str) -> Result<RepoName, ApiProblem> {
    RepoName::parse(&format!("{owner}/{name}")).map_err(|_| NotFound::Project.into())
}

/// A row's id in an address.
fn id(text: &str, what: NotFound) -> Result<i64, ApiProblem> {
    text.parse().ok().filter(|&id: &i64| id > 0).ok_or_else(|| what.into())
}

/// JSON text as it is stored.
fn stored_json(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}
