//! The pages, one file each. Read-only, rendered here; what they say is there without script, which only adds zooming, sorting and live parts.
//!
//! Everything that came from a build, a board or a pull request is escaped: by the templates, or by `ounce-report` where a
//! template says `safe`. The content security policy allows only our own files of script and style, none in a page, should an escape fail.

pub mod assets;
mod audit;
mod badge;
mod board;
mod build;
mod commit;
mod compare;
mod feed;
mod job;
mod lab;
mod link;
mod matrix;
mod prices;
mod project;
mod projects;
mod revision;
mod run;
mod runner;
mod runs;
mod search;
mod series;
mod symbols;
#[cfg(test)]
mod tests;
mod tour;
mod tradeoffs;
mod words;
mod work;

pub use assets::{URLS, Urls};

use super::access::{About, Sight};
use super::{App, login};
use crate::clock::Clock;
use crate::forge::{Forge, ForgeError, Named};
use crate::store::{Connection, Store, StoreError, pages};
use crate::work::compositions::Compositions;
use askama::Template;
use axum::Router;
use axum::extract::FromRef;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use ounce_protocol::ids::RepoName;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tower_http::set_header::SetResponseHeaderLayer;

/// Longest title, summary or name from outside on a page, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// On every answer of the server. A form's origin is told to ourselves and to nobody else.
const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// What the forge answers to who asks for a tag or a branch.
type Asking = Pin<Box<dyn Future<Output = Result<Option<Named>, ForgeError>> + Send>>;

/// What the pages need of a server: its rows, its time, where a repository is cloned from, and what they may ask the forge: a name that no
/// push told of.
#[derive(Clone)]
struct Pages {
    store: Store,
    clock: Clock,
    clone_url: Arc<dyn Fn(&RepoName) -> String + Send + Sync>,
    named: Arc<dyn Fn(RepoName, String) -> Asking + Send + Sync>,
    compositions: Arc<Compositions>,
    /// Where people reach this server, without a slash at the end; none where the operator did not say.
    public_url: Option<String>,
}

impl<F: Forge> FromRef<App<F>> for Pages {
    fn from_ref(app: &App<F>) -> Pages {
        let cx = Arc::clone(&app.cx);
        let asked = Arc::clone(&app.cx);
        Pages {
            store: cx.store.clone(),
            clock: cx.clock.clone(),
            public_url: cx.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned()),
            clone_url: Arc::new(move |repo| cx.forge.clone_url(repo)),
            named: Arc::new(move |repo, name| {
                let cx = Arc::clone(&asked);
                Box::pin(async move { cx.forge.named(&repo, &name).await })
            }),
            compositions: Arc::clone(&app.compositions),
        }
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

fn routes_of<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new()
        .route("/", get(projects::page))
        .route("/p/{owner}/{name}/boards/{board}", get(board::page))
        .route("/runs/{id}", get(run::page))
        .route("/audit", get(audit::page))
        .route("/lab", get(lab::page))
        .merge(badge::routes())
        .merge(feed::routes())
        .merge(symbols::routes())
        .merge(tour::routes())
        .merge(tradeoffs::routes())
        .merge(prices::routes())
        .merge(assets::routes())
        .merge(project::routes())
        .merge(search::routes())
        .merge(series::routes())
        .merge(job::routes())
        .merge(runner::routes())
        .merge(runs::routes())
        .merge(work::routes())
        .merge(compare::routes())
        .merge(commit::routes())
        .merge(build::routes())
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
    match (Message { urls: &URLS, top, heading, text: text.into() }).render() {
        Ok(html) => (status, [(header::CACHE_CONTROL, "no-cache")], Html(html)).into_response(),
        Err(_) => (status, heading).into_response(),
    }
}

/// A page of a project, as the line below the top names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    History,
    Compare,
    Symbols,
    TradeOffs,
    Runs,
}

impl Tab {
    const ALL: [(Tab, &str, &str); 6] = [
        (Tab::Overview, "Overview", ""),
        (Tab::History, "History", "/series"),
        (Tab::Compare, "Compare", "/compare"),
        (Tab::Symbols, "Symbols", "/symbols"),
        (Tab::TradeOffs, "Size against speed", "/tradeoffs"),
        (Tab::Runs, "Runs", "/runs"),
    ];
}

/// The project whose page it is.
#[derive(Debug, Clone)]
pub(super) struct ProjectTop {
    pub repo: String,
    here: Option<Tab>,
}

/// One of a project's pages.
pub(super) struct TabView {
    pub name: &'static str,
    pub href: String,
    pub is_here: bool,
}

impl ProjectTop {
    pub fn tabs(&self) -> Vec<TabView> {
        let view = |(tab, name, path): (Tab, &'static str, &str)| TabView {
            name,
            href: format!("/p/{}{path}", self.repo),
            is_here: self.here == Some(tab),
        };
        Tab::ALL.into_iter().map(view).collect()
    }
}

/// What stands at the top of every page: who is logged in, and the project's own pages.
#[derive(Debug, Clone, Default)]
pub(super) struct Top {
    /// The account, and what its forms carry.
    pub person: Option<(String, String)>,
    /// Where a stranger logs in, where that can be.
    pub login: Option<String>,
    /// Whether there is more for an operator.
    pub is_operator: bool,
    /// The project.
    pub project: Option<ProjectTop>,
    /// Whether this is the page of what is at work.
    pub at_work: bool,
    /// Whether there are no other pages yet.
    pub is_bare: bool,
}

impl Top {
    /// For who looks.
    pub fn of(sight: &Sight) -> Top {
        let person = sight.viewer.person().map(|person| (person.login.clone(), person.csrf.clone()));
        let login = (person.is_none() && sight.has_login).then(|| login::address(&sight.here));
        Top { person, login, is_operator: sight.is_operator, project: None, at_work: false, is_bare: false }
    }

    /// On a page of this project; `here` where it is one of those named.
    pub fn of_project(sight: &Sight, repo: &str, here: impl Into<Option<Tab>>) -> Top {
        Top { project: Some(ProjectTop { repo: repo.to_owned(), here: here.into() }), ..Top::of(sight) }
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
    /// What was asked for cannot be answered; the sentence says why, and the next step.
    Asked(String),
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
    urls: &'static Urls,
    top: Top,
    heading: &'static str,
    text: String,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, heading, text) = match self {
            PageError::NotFound(text) => (StatusCode::NOT_FOUND, "Not found", text.to_owned()),
            PageError::Asked(text) => (StatusCode::BAD_REQUEST, "This cannot be shown", text),
            PageError::Internal(error) => {
                tracing::error!(%error, "a page failed");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Something failed here",
                    "The server's log says what. Try again in a moment.".to_owned(),
                )
            }
        };
        message(status, Top::default(), heading, text)
    }
}

/// The project of a repository.
async fn project_of(c: &mut Connection, repo: &RepoName) -> Result<pages::Project, PageError> {
    pages::project(c, repo).await?.ok_or(PageError::NotFound(NO_PROJECT))
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
