//! `/setup`: the page on which the GitHub App is made. It is served only while no App is configured, and opens with the code that
//! the server printed at its start: whoever reads the server's log may make its App.
//!
//! The forge's form makes the App from a manifest, and sends the browser back with a code that is exchanged for the App's number,
//! key and webhook secret. They go into files that only the server's own user may read, and never through the browser.

use super::{dashboard, health, login, webhook};
use crate::config::{AppFiles, Config};
use crate::forge::github::manifest::{self, NewApp};
use crate::secret::{Secret, random_token, sha256_hex};
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch;
use tower_http::set_header::SetResponseHeaderLayer;

/// The page.
pub const PATH: &str = "/setup";
/// Where the forge sends the browser back to.
const CALLBACK: &str = "/setup/callback";
/// Largest form taken, bytes.
const FORM_BYTES_MAX: usize = 4 * 1024;
/// Visits to the forge that may be under way at once; the oldest is forgotten.
const VISITS_MAX: usize = 8;

/// What the page needs.
#[derive(Debug)]
pub struct Setup {
    code_sha256: String,
    /// Digests of the states of visits to the forge.
    visits: Mutex<VecDeque<String>>,
    /// Held while the App's files are written.
    writing: tokio::sync::Mutex<()>,
    files: AppFiles,
    api_url: String,
    /// The forge's address for browsers.
    web_url: String,
    public_url: String,
    made: watch::Sender<bool>,
}

impl Setup {
    /// The page of a configuration without an App; `code` opens it, `made` becomes true once the App is there.
    pub fn new(config: &Config, files: AppFiles, code: &str, made: watch::Sender<bool>) -> Setup {
        Setup {
            code_sha256: sha256_hex(code),
            visits: Mutex::default(),
            writing: tokio::sync::Mutex::new(()),
            files,
            api_url: config.forge.api_url.clone(),
            web_url: config.forge.clone_url.clone(),
            public_url: config.public_url.clone().unwrap_or_default(),
            made,
        }
    }

    fn visits(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.visits.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// A visit to the forge, and the state it comes back with.
    fn begin_visit(&self) -> String {
        let state = random_token();
        let mut visits = self.visits();
        visits.push_back(sha256_hex(&state));
        while visits.len() > VISITS_MAX {
            visits.pop_front();
        }
        state
    }

    /// Whether a visit came back with this state; each comes back once.
    fn end_visit(&self, state: &str) -> bool {
        let digest = sha256_hex(state);
        let mut visits = self.visits();
        let found = visits.iter().position(|known| *known == digest);
        found.and_then(|at| visits.remove(at)).is_some()
    }
}

/// What there is to do on the page.
enum Step {
    /// Enter the code.
    Code,
    /// Go to the forge with the manifest.
    Manifest { action: String, manifest: String },
    /// Go on elsewhere.
    Link { url: String, words: &'static str },
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Page {
    urls: &'static dashboard::Urls,
    top: dashboard::Top,
    heading: &'static str,
    text: String,
    step: Step,
}

fn page(status: StatusCode, heading: &'static str, text: impl Into<String>, step: Step) -> Response {
    match (Page {
        urls: &dashboard::URLS,
        top: dashboard::Top { is_bare: true, ..dashboard::Top::default() },
        heading,
        text: text.into(),
        step,
    })
    .render()
    {
        Ok(html) => (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the setup page cannot be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, heading).into_response()
        }
    }
}

/// All routes of a server without an App.
pub fn router(setup: Setup) -> Router {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self' {}; frame-ancestors 'none'",
        setup.web_url
    );
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    let routes = Router::new()
        .route(PATH, get(ask).post(open))
        .route(CALLBACK, get(back))
        .merge(health::routes_of_setup())
        .merge(dashboard::assets::routes())
        .fallback(elsewhere)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(Arc::new(setup));
    headers.into_iter().fold(routes, |routes, (name, value)| routes.layer(SetResponseHeaderLayer::overriding(name, value)))
}

async fn elsewhere() -> Response {
    let step = Step::Link { url: PATH.into(), words: "To the setup" };
    page(StatusCode::SERVICE_UNAVAILABLE, "Not set up yet", "This server has no App on the forge yet.", step)
}

async fn ask() -> Response {
    page(StatusCode::OK, "Set up", "This server has no App on the forge yet. Its log has a code that opens the next step.", Step::Code)
}

/// The right code → the manifest, in a form that goes to the forge.
async fn open(State(setup): State<Arc<Setup>>, body: Bytes) -> Response {
    let form = login::form(&body);
    let field = |name: &str| form.get(name).map_or("", String::as_str).trim();
    if sha256_hex(field("code")) != setup.code_sha256 {
        return page(StatusCode::FORBIDDEN, "Set up", "That is not the code. The server printed it when it started.", Step::Code);
    }
    let organisation = field("organisation");
    let good = organisation.len() <= 100 && organisation.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !good {
        return page(StatusCode::BAD_REQUEST, "Set up", "An organisation's name has letters, digits and hyphens only.", Step::Code);
    }
    let owner = if organisation.is_empty() { String::new() } else { format!("/organizations/{organisation}") };
    let action = format!("{}{owner}/settings/apps/new?state={}", setup.web_url, setup.begin_visit());
    let manifest = manifest::manifest(&setup.public_url, webhook::PATH, CALLBACK, login::BACK).to_string();
    let text = "The forge shows the App once more, with its permissions, before it makes it. You may give it another name there.";
    page(StatusCode::OK, "Make the App", text, Step::Manifest { action, manifest })
}

/// The forge's code → the App, into files.
async fn back(State(setup): State<Arc<Setup>>, query: Query<HashMap<String, String>>) -> Response {
    let field = |name: &str| query.get(name).map_or("", String::as_str);
    let again = Step::Link { url: PATH.into(), words: "Begin again" };
    if !setup.end_visit(field("state")) {
        return page(StatusCode::FORBIDDEN, "Set up", "This answer belongs to no visit that began here.", again);
    }
    let _writing = setup.writing.lock().await;
    if *setup.made.borrow() {
        return page(StatusCode::CONFLICT, "Set up", "The App was made already, by another visit.", again);
    }
    let app = match manifest::exchange(&setup.api_url, field("code")).await {
        Ok(app) => app,
        Err(error) => {
            tracing::error!(%error, "the App cannot be fetched");
            return page(StatusCode::BAD_GATEWAY, "The App could not be fetched", error.to_string(), again);
        }
    };
    if let Err(error) = keep(&setup.files, &app) {
        tracing::error!(%error, "the App cannot be kept");
        let text = format!("{error}. The App exists on the forge: delete it there, mend this, and begin again.");
        return page(StatusCode::INTERNAL_SERVER_ERROR, "The App could not be kept", text, again);
    }
    setup.made.send_replace(true);
    tracing::info!(app = app.id, "the App is made");
    let text =
        "Its key and secret are kept in the configured files, and the server works with it from now on. Install it where it shall work.";
    let web = app.html_url.starts_with("https://") || app.html_url.starts_with("http://");
    let url = if web { format!("{}/installations/new", app.html_url) } else { setup.web_url.clone() };
    page(StatusCode::OK, "The App is made", text, Step::Link { url, words: "Install it" })
}

/// Writes the files, the number last: only with it the App counts as configured.
fn keep(files: &AppFiles, app: &NewApp) -> Result<(), String> {
    let id = Secret::new(&app.id.to_string());
    let all = [(&files.key, &app.key), (&files.webhook_secret, &app.webhook_secret), (&files.client, &app.client), (&files.id, &id)];
    for (at, (file, secret)) in all.iter().enumerate() {
        if let Err(error) = write_new(file, secret) {
            for (file, _) in &all[..at] {
                let _ = std::fs::remove_file(file);
            }
            return Err(format!("{}: {error}", file.display()));
        }
    }
    Ok(())
}

/// A new file that only its owner may read. One that is there is never overwritten.
fn write_new(file: &Path, secret: &Secret) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file)?;
    writeln!(out, "{}", secret.expose())?;
    out.sync_all()
}
