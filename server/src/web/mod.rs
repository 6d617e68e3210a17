//! The doors: one file each. An extractor proves, a handler arranges, `work` and `store` do.

pub mod dashboard;
pub mod health;
pub mod metrics;
pub mod runner_api;
pub mod webhook;

use crate::forge::Forge;
use crate::secret::Secret;
use crate::store::StoreError;
use crate::work::Context;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use ounce_protocol::runner_api::{PROTOCOL, PROTOCOL_HEADER};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

/// How long a request's body may take to arrive.
pub const BODY_MS_MAX: u64 = 20_000;
/// How long any answer may take; a claim waits for work up to `CLAIM_WAIT_MS_MAX` of it.
pub const ANSWER_MS_MAX: u64 = 60_000;
/// Bodies of webhooks held in memory at once; the others wait.
pub const WEBHOOKS_MAX: usize = 8;
/// Bodies of runners held in memory at once; the others wait.
pub const UPLOADS_MAX: usize = 8;

/// What the doors share.
#[derive(Debug)]
pub struct App<F> {
    /// The rows, the forge, the time and the bells.
    pub cx: Arc<Context<F>>,
    /// What signs webhooks.
    pub webhook_secrets: Arc<[Secret]>,
    /// Room for webhooks' bodies.
    pub webhooks: Arc<Semaphore>,
    /// Room for runners' bodies.
    pub uploads: Arc<Semaphore>,
}

impl<F> Clone for App<F> {
    fn clone(&self) -> Self {
        App {
            cx: Arc::clone(&self.cx),
            webhook_secrets: Arc::clone(&self.webhook_secrets),
            webhooks: Arc::clone(&self.webhooks),
            uploads: Arc::clone(&self.uploads),
        }
    }
}

impl<F: Forge> App<F> {
    /// The doors of a server.
    pub fn new(cx: Arc<Context<F>>, webhook_secrets: &[Secret]) -> App<F> {
        App {
            cx,
            webhook_secrets: webhook_secrets.into(),
            webhooks: Arc::new(Semaphore::new(WEBHOOKS_MAX)),
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
        }
    }
}

/// All routes.
pub fn router<F: Forge>(app: App<F>) -> Router {
    let nosniff = SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Router::new()
        .merge(webhook::routes())
        .merge(runner_api::routes())
        .merge(health::routes())
        .merge(metrics::routes())
        .merge(dashboard::routes())
        .with_state(app)
        .fallback(dashboard::not_found)
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(ANSWER_MS_MAX)))
        .layer(nosniff)
}

/// What a door answers when it is not what was asked for.
#[derive(Debug)]
pub enum ApiError {
    /// The request makes no sense.
    BadRequest(String),
    /// Who asks is not known.
    Unauthorized(&'static str),
    /// The body took too long.
    TooSlow,
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
        let (status, error) = match self {
            ApiError::BadRequest(why) => (StatusCode::BAD_REQUEST, why),
            ApiError::Unauthorized(why) => (StatusCode::UNAUTHORIZED, why.to_owned()),
            ApiError::TooSlow => (StatusCode::REQUEST_TIMEOUT, format!("the body did not come within {} s", BODY_MS_MAX / 1000)),
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
        (status, Json(ounce_protocol::runner_api::ApiError { error })).into_response()
    }
}

/// Reads a body of at most `bytes_max` bytes while there is room for it.
async fn read_body<'a>(room: &'a Semaphore, body: Body, bytes_max: usize) -> Result<(axum::body::Bytes, SemaphorePermit<'a>), ApiError> {
    let reading = async {
        let permit = room.acquire().await.map_err(|_| ApiError::TooSlow)?;
        // The one error of a body that is not the peer's going away is that it is too long.
        let bytes = axum::body::to_bytes(body, bytes_max).await.map_err(|_| ApiError::TooLarge(bytes_max))?;
        Ok((bytes, permit))
    };
    tokio::time::timeout(Duration::from_millis(BODY_MS_MAX), reading).await.unwrap_or(Err(ApiError::TooSlow))
}
