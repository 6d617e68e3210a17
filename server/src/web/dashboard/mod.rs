//! The pages: projects, one project, one run, one board's history, a job's log. Read-only, rendered here, no script.
//!
//! Everything that came from a build, a board or a pull request is escaped: by the templates, or by `ounce-report` where a
//! template says `safe`. The content security policy allows no inline style or script at all, should an escape fail.

mod audit;
mod board;
mod job;
mod project;
mod projects;
mod run;
#[cfg(test)]
mod tests;
mod words;

use super::access::{About, Sight};
use super::{App, login};
use crate::clock::Clock;
use crate::forge::Forge;
use crate::store::{Store, StoreError};
use askama::Template;
use axum::Router;
use axum::extract::FromRef;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use ounce_protocol::ids::RepoName;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};
use tower_http::set_header::SetResponseHeaderLayer;

const STYLE: &str = include_str!("../../../../dashboards/assets/ounce.css");
const ICON: &str = include_str!("../../../../dashboards/assets/icon.svg");
/// Longest title, summary or name from outside on a page, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// On every answer of the server. A form's origin is told to ourselves and to nobody else.
const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// The style sheet's address changes with its content, so that browsers may keep it.
static STYLE_URL: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(STYLE.as_bytes());
    format!("/assets/ounce.css?v={}", hex::encode(&digest[..6]))
});

/// What the pages need of a server: its rows, its time, and where a repository is cloned from.
#[derive(Clone)]
struct Pages {
    store: Store,
    clock: Clock,
    clone_url: Arc<dyn Fn(&RepoName) -> String + Send + Sync>,
}

impl<F: Forge> FromRef<App<F>> for Pages {
    fn from_ref(app: &App<F>) -> Pages {
        let cx = Arc::clone(&app.cx);
        Pages { store: cx.store.clone(), clock: cx.clock.clone(), clone_url: Arc::new(move |repo| cx.forge.clone_url(repo)) }
    }
}

impl Pages {
    /// The repository's own page on the forge, where clones come over HTTP.
    fn forge_url(&self, repo: &RepoName) -> Option<String> {
        let url = (self.clone_url)(repo);
        let web = url.starts_with("https://") || url.starts_with("http://");
        web.then(|| url.trim_end_matches(".git").to_owned())
    }
}

/// Each answer of these routes with [`HEADERS`].
pub(super) fn with_headers(routes: Router) -> Router {
    let layer = |(name, value)| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    HEADERS.into_iter().fold(routes, |routes, header| routes.layer(layer(header)))
}

/// All pages and their assets.
pub fn routes<F: Forge>() -> Router<App<F>> {
    routes_of()
}

/// Style sheet and icon.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let asset = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=86400")], text) })
    };
    Router::new()
        .route("/assets/ounce.css", asset("text/css; charset=utf-8", STYLE))
        .route("/assets/icon.svg", asset("image/svg+xml", ICON))
}

/// The style sheet's address.
pub fn style_url() -> &'static str {
    &STYLE_URL
}

fn routes_of<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new()
        .route("/", get(projects::page))
        .route("/p/{owner}/{name}", get(project::page))
        .route("/p/{owner}/{name}/boards/{board}", get(board::page))
        .route("/p/{owner}/{name}/boards/{board}/badge.svg", get(board::badge))
        .route("/runs/{id}", get(run::page))
        .route("/jobs/{id}", get(job::page))
        .route("/audit", get(audit::page))
        .merge(assets())
}

/// The page for an address that leads nowhere: for the router's fallback.
pub async fn not_found() -> Response {
    PageError::NotFound(NO_PAGE).into_response()
}

/// What is said where nothing is, or nothing that may be seen. A stranger is asked to log in, wherever it is.
pub(super) fn nothing_there(about: About, sight: &Sight) -> Response {
    let text = match about {
        About::Project => NO_PROJECT,
        About::Run => NO_RUN,
        About::Job => NO_JOB,
        About::Nothing | About::Proved | About::Projects | About::Operators => NO_PAGE,
    };
    message(StatusCode::NOT_FOUND, Top::of(sight), "Not found", text)
}

/// What is said where something of ours failed.
pub(super) fn failed(error: StoreError) -> Response {
    PageError::Internal(error).into_response()
}

/// A page of a few words.
pub(super) fn message(status: StatusCode, top: Top, heading: &'static str, text: impl Into<String>) -> Response {
    match (Message { style: &STYLE_URL, top, heading, text: text.into() }).render() {
        Ok(html) => (status, [(header::CACHE_CONTROL, "no-cache")], Html(html)).into_response(),
        Err(_) => (status, heading).into_response(),
    }
}

/// What stands at the top of every page: who is logged in.
#[derive(Debug, Clone, Default)]
pub(super) struct Top {
    /// The account, and what its forms carry.
    pub person: Option<(String, String)>,
    /// Where a stranger logs in, where that can be.
    pub login: Option<String>,
    /// Whether there is more for an operator.
    pub is_operator: bool,
}

impl Top {
    /// For who looks.
    pub fn of(sight: &Sight) -> Top {
        let person = sight.viewer.person().map(|person| (person.login.clone(), person.csrf.clone()));
        let login = (person.is_none() && sight.has_login).then(|| login::address(&sight.here));
        Top { person, login, is_operator: sight.is_operator }
    }
}

/// A rendered page.
struct Page(Html<String>);

impl Page {
    fn of(template: &impl Template) -> Result<Page, PageError> {
        template.render().map(|html| Page(Html(html))).map_err(|error| PageError::Internal(StoreError::Encode(Box::new(error))))
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, "no-cache")], self.0).into_response()
    }
}

/// Why there is no page.
#[derive(Debug)]
enum PageError {
    /// Nothing is there; the sentence says what was looked for.
    NotFound(&'static str),
    /// Ours; logged, and nothing told.
    Internal(StoreError),
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> PageError {
        PageError::Internal(error)
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    style: &'static str,
    top: Top,
    heading: &'static str,
    text: String,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, heading, text) = match self {
            PageError::NotFound(text) => (StatusCode::NOT_FOUND, "Not found", text),
            PageError::Internal(error) => {
                tracing::error!(%error, "a page failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "Something failed here", "The server's log says what. Try again in a moment.")
            }
        };
        message(status, Top::default(), heading, text)
    }
}

/// The repository an address names.
fn repo(owner: &str, name: &str) -> Result<RepoName, PageError> {
    RepoName::parse(&format!("{owner}/{name}")).map_err(|_| PageError::NotFound(NO_PROJECT))
}

const NO_PROJECT: &str = "No such project is known here, or none that you may see. It appears with its first event from the forge.";
const NO_RUN: &str = "No run has this number, or none that you may see.";
const NO_JOB: &str = "No job has this number, or none that you may see.";
const NO_PAGE: &str = "There is no page at this address.";

/// A row's id in an address.
fn id(text: &str) -> Option<i64> {
    text.parse().ok().filter(|&id: &i64| id > 0)
}

/// Text from outside as one visible line.
fn shown(text: &str) -> String {
    ounce_report::visible(text, TEXT_CHARS_MAX)
}

/// The first ten digits of a commit.
fn short(sha: &str) -> String {
    sha.chars().take(10).collect()
}
