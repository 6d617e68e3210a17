//! The doors: one file each. An extractor proves, a handler arranges, `work` and `store` do.

pub mod access;
pub mod api;
pub mod dashboard;
pub mod guess;
pub mod health;
pub mod kept;
pub mod log_stream;
pub mod login;
pub mod metrics;
pub mod orders;
pub mod peer;
pub mod run_filter;
pub mod runner_api;
pub mod series;
pub mod setup;
pub mod streams;
pub mod webhook;

use crate::forge::Forge;
use crate::forge::github::login::Login;
use crate::secret::Secret;
use crate::store::StoreError;
use crate::trace;
use crate::work::Context;
use crate::work::compositions::Compositions;
use access::Permits;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, middleware};
use ounce_protocol::runner_api::{PROTOCOL, PROTOCOL_HEADER};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tower_http::timeout::TimeoutLayer;

/// How long a request's body may take to arrive.
pub const BODY_MS_MAX: u64 = 20_000;
/// How long any answer may take; a claim waits for work up to `CLAIM_WAIT_MS_MAX` of it.
pub const ANSWER_MS_MAX: u64 = 60_000;
/// Bodies of webhooks held in memory at once; the others wait.
pub const WEBHOOKS_MAX: usize = 8;
/// Measurements held in memory at once; the others wait.
pub const UPLOADS_MAX: usize = 8;
/// Claims, heartbeats and ends held in memory at once, each of at most `runner_api::CLAIM_BYTES_MAX`; the others wait.
pub const SMALLS_MAX: usize = 32;
/// Enrolments read at once: anybody may send one, so they wait for each other only.
pub const ENROLMENTS_MAX: usize = 4;
/// How long an enrolment's body may take to arrive.
pub const ENROLMENT_MS_MAX: u64 = 3_000;

/// What the doors share.
#[derive(Debug)]
pub struct App<F> {
    /// The rows, the forge, the time and the bells.
    pub cx: Arc<Context<F>>,
    /// What signs webhooks.
    pub webhook_secrets: Arc<[Secret]>,
    /// Room for webhooks' bodies.
    pub webhooks: Arc<Semaphore>,
    /// Room for runners' measurements.
    pub uploads: Arc<Semaphore>,
    /// Room for runners' small bodies: a heartbeat never waits for an upload.
    pub smalls: Arc<Semaphore>,
    /// Room for enrolments, the one body of a runner that comes without proof.
    pub enrolments: Arc<Semaphore>,
    /// Wrong tokens and codes of late.
    pub guesses: Arc<guess::Guesses>,
    /// The operator's proxies before us, which say for whom they ask.
    pub behind: Arc<[IpAddr]>,
    /// The forge's accounts that see what operators see.
    pub admins: Arc<[String]>,
    /// How people log in; none where nobody can.
    pub login: Option<Arc<Login>>,
    /// What the forge said a short while ago that people may do.
    pub permits: Arc<Permits>,
    /// Comparisons that pages compose.
    pub compositions: Arc<Compositions>,
    /// Webhooks refused for their signature since the start. They leave no row, or strangers could fill the database.
    pub webhooks_refused: Arc<AtomicU64>,
    /// Logs that are followed now.
    pub streams: Arc<streams::Streams>,
    /// Answers given again for a moment.
    pub kept: Arc<kept::Kept>,
}

impl<F> Clone for App<F> {
    fn clone(&self) -> Self {
        App {
            cx: Arc::clone(&self.cx),
            webhook_secrets: Arc::clone(&self.webhook_secrets),
            webhooks: Arc::clone(&self.webhooks),
            uploads: Arc::clone(&self.uploads),
            smalls: Arc::clone(&self.smalls),
            enrolments: Arc::clone(&self.enrolments),
            guesses: Arc::clone(&self.guesses),
            behind: Arc::clone(&self.behind),
            admins: Arc::clone(&self.admins),
            login: self.login.clone(),
            permits: Arc::clone(&self.permits),
            compositions: Arc::clone(&self.compositions),
            webhooks_refused: Arc::clone(&self.webhooks_refused),
            streams: Arc::clone(&self.streams),
            kept: Arc::clone(&self.kept),
        }
    }
}

impl<F: Forge> App<F> {
    /// The doors of a server.
    pub fn new(cx: Arc<Context<F>>, webhook_secrets: &[Secret]) -> App<F> {
        let kept = kept::Kept::new(Duration::from_millis(cx.keep.pages_ms.into()));
        App {
            cx,
            webhook_secrets: webhook_secrets.into(),
            webhooks: Arc::new(Semaphore::new(WEBHOOKS_MAX)),
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
            smalls: Arc::new(Semaphore::new(SMALLS_MAX)),
            enrolments: Arc::new(Semaphore::new(ENROLMENTS_MAX)),
            guesses: Arc::default(),
            behind: Arc::new([]),
            admins: Arc::new([]),
            login: None,
            permits: Arc::default(),
            compositions: Arc::default(),
            webhooks_refused: Arc::default(),
            streams: Arc::default(),
            kept: Arc::new(kept),
        }
    }

    /// The same behind these proxies.
    #[must_use]
    pub fn behind(mut self, proxies: &[IpAddr]) -> App<F> {
        self.behind = proxies.into();
        self
    }

    /// The same with these operators.
    #[must_use]
    pub fn admins(mut self, admins: &[String]) -> App<F> {
        self.admins = admins.into();
        self
    }

    /// The same with a login.
    #[must_use]
    pub fn login(mut self, login: Option<Login>) -> App<F> {
        self.login = login.map(Arc::new);
        self
    }

    /// Whether people come over https: then no cookie of ours goes any other way.
    fn is_https(&self) -> bool {
        self.cx.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// All routes.
pub fn router<F: Forge>(app: App<F>) -> Router {
    let routes = Router::new()
        .merge(webhook::routes())
        .merge(runner_api::routes())
        .merge(api::routes())
        .merge(health::routes())
        .merge(metrics::routes())
        .merge(dashboard::routes())
        .merge(log_stream::routes())
        .merge(login::routes())
        .merge(orders::routes());
    guarded(routes, app)
}

/// Routes behind the guard, each answer with the headers that browsers obey.
fn guarded<F: Forge>(routes: Router<App<F>>, app: App<F>) -> Router {
    let routes = routes
        .with_state(app.clone())
        .fallback(dashboard::not_found)
        .layer(middleware::from_fn_with_state(app, access::guard))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(ANSWER_MS_MAX)))
        .layer(middleware::from_fn(trace::request));
    dashboard::with_headers(routes)
}

/// What a door answers when it is not what was asked for.
#[derive(Debug)]
pub enum ApiError {
    /// The request makes no sense.
    BadRequest(String),
    /// Who asks is not known.
    Unauthorized(&'static str),
    /// Too many wrong tokens or codes came from there: again after so many seconds.
    TooMany(u64),
    /// The body took longer than this many milliseconds.
    TooSlow(u64),
    /// The state of things does not allow it.
    Conflict(String),
    /// The body is over this many bytes.
    TooLarge(usize),
    /// The body is not what the door takes.
    Unprocessable(String),
    /// Another version of the runner API.
    OtherProtocol,
    /// Ours; logged, and nothing told.
    Internal(StoreError),
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        ApiError::Internal(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let retry_after_s = if let ApiError::TooMany(s) = &self { Some(*s) } else { None };
        let (status, error) = match self {
            ApiError::BadRequest(why) => (StatusCode::BAD_REQUEST, why),
            ApiError::Unauthorized(why) => (StatusCode::UNAUTHORIZED, why.to_owned()),
            ApiError::TooMany(s) => (StatusCode::TOO_MANY_REQUESTS, format!("too many wrong tokens or codes: again in {s} s")),
            ApiError::TooSlow(ms) => (StatusCode::REQUEST_TIMEOUT, format!("the body did not come within {} s", ms / 1000)),
            ApiError::Conflict(why) => (StatusCode::CONFLICT, why),
            ApiError::TooLarge(bytes) => (StatusCode::PAYLOAD_TOO_LARGE, format!("the body is over {bytes} bytes")),
            ApiError::Unprocessable(why) => (StatusCode::UNPROCESSABLE_ENTITY, why),
            ApiError::OtherProtocol => (
                StatusCode::UPGRADE_REQUIRED,
                format!(
                    "this server speaks version {PROTOCOL} of the runner API: send the header {PROTOCOL_HEADER}: {PROTOCOL}, or update the older of the two"
                ),
            ),
            ApiError::Internal(error) => {
                tracing::error!(%error, "a request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "something failed on the server; its log says what".to_owned())
            }
        };
        let mut response = (status, Json(ounce_protocol::runner_api::ApiError { error })).into_response();
        if let Some(s) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(s));
        }
        response
    }
}

/// Where a body is read, and how large and slow it may be.
#[derive(Debug, Clone, Copy)]
struct Room<'a> {
    /// How many of them at once.
    places: &'a Semaphore,
    bytes_max: usize,
    /// With the wait for a place.
    ms_max: u64,
}

/// Reads a body, and keeps its place until the permit is dropped.
async fn read_body(room: Room<'_>, body: Body) -> Result<(axum::body::Bytes, SemaphorePermit<'_>), ApiError> {
    let Room { places, bytes_max, ms_max } = room;
    let reading = async {
        let permit = places.acquire().await.map_err(|_| ApiError::TooSlow(ms_max))?;
        // The one error of a body that is not the peer's going away is that it is too long.
        let bytes = axum::body::to_bytes(body, bytes_max).await.map_err(|_| ApiError::TooLarge(bytes_max))?;
        Ok((bytes, permit))
    };
    tokio::time::timeout(Duration::from_millis(ms_max), reading).await.unwrap_or(Err(ApiError::TooSlow(ms_max)))
}
