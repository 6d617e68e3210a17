//! The door for runners: `/api/runner/v1`, as `ounce_protocol::runner_api` states it.

use super::{ApiError, App, BODY_MS_MAX, ENROLMENT_MS_MAX, Room, read_body};
use crate::forge::Forge;
use crate::secret::sha256_hex;
use crate::store::runners;
use crate::work::lease::{self, Given, LeaseError};
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::runner_api::{
    ASIDE_HEADER, BODY_BYTES_MAX, Claim, Enroll, Enrolled, Finish, Heartbeat, HeartbeatAnswer, LOG_CHUNK_BYTES_MAX, PROTOCOL,
    PROTOCOL_HEADER, Upload,
};
use serde::de::DeserializeOwned;

/// Before each of the routes.
pub const PREFIX: &str = "/api/runner/v1";
/// A byte of a log is at most so many of JSON: a control character is written `\u0000`.
const ESCAPED_BYTES: usize = 6;
/// Largest body of a claim, a heartbeat or an end: a heartbeat's log, each byte of it escaped, and room for the rest.
pub const SMALL_BYTES_MAX: usize = LOG_CHUNK_BYTES_MAX * ESCAPED_BYTES + 32 * 1024;
/// Largest body of an enrolment: a code and a name.
pub const ENROLMENT_BYTES_MAX: usize = 4 * 1024;

/// The runners' routes.
pub fn routes<F: Forge>() -> Router<App<F>> {
    let routes = Router::new()
        .route("/enroll", post(enroll::<F>))
        .route("/claim", post(claim::<F>))
        .route("/jobs/{id}/heartbeat", post(heartbeat::<F>))
        .route("/jobs/{id}/measurement", post(measurement::<F>))
        .route("/jobs/{id}/finish", post(finish::<F>))
        .layer(middleware::from_fn(same_protocol));
    Router::new().nest(PREFIX, routes)
}

/// Refuses other versions before anything else is looked at, and names ours in each answer.
async fn same_protocol(request: Request<Body>, next: Next) -> Response {
    let same = request.headers().get(PROTOCOL_HEADER).is_some_and(|v| v.as_bytes() == PROTOCOL.as_bytes());
    let mut response = if same { next.run(request).await } else { ApiError::OtherProtocol.into_response() };
    response.headers_mut().insert(PROTOCOL_HEADER, HeaderValue::from_static(PROTOCOL));
    response
}

/// Proof that a runner asks: its name.
struct Authorized(RunnerName);

impl<F: Forge> FromRequestParts<App<F>> for Authorized {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App<F>) -> Result<Self, ApiError> {
        let token = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
        let unknown = ApiError::Unauthorized("no runner has this token: enroll with a code of `ounce-server runner enroll --name NAME`");
        let Some(token) = token else { return Err(unknown) };
        let name = runners::by_token(&mut *app.cx.store.connection().await?, &sha256_hex(token)).await?;
        name.map(Authorized).ok_or(unknown)
    }
}

impl From<LeaseError> for ApiError {
    fn from(error: LeaseError) -> ApiError {
        match error {
            LeaseError::Code => ApiError::Unauthorized(
                "this code is unknown, used, expired or for another name; make a new one with `ounce-server runner enroll --name NAME`",
            ),
            LeaseError::Refused(refused) => ApiError::Conflict(refused.to_string()),
            LeaseError::Invalid(why) => ApiError::Unprocessable(why),
            LeaseError::Store(error) => ApiError::Internal(error),
        }
    }
}

async fn read_small<F, T: DeserializeOwned>(app: &App<F>, body: Body) -> Result<T, ApiError> {
    read(Room { places: &app.smalls, bytes_max: SMALL_BYTES_MAX, ms_max: BODY_MS_MAX }, body).await
}

async fn read<T: DeserializeOwned>(room: Room<'_>, body: Body) -> Result<T, ApiError> {
    let (bytes, _place) = read_body(room, body).await?;
    serde_json::from_slice(&bytes).map_err(|e| ApiError::Unprocessable(format!("the body is not what this route takes: {e}")))
}

async fn enroll<F: Forge>(State(app): State<App<F>>, body: Body) -> Result<Json<Enrolled>, ApiError> {
    let room = Room { places: &app.enrolments, bytes_max: ENROLMENT_BYTES_MAX, ms_max: ENROLMENT_MS_MAX };
    let body: Enroll = read(room, body).await?;
    Ok(Json(lease::enroll(&app.cx, &body).await?))
}

async fn claim<F: Forge>(State(app): State<App<F>>, Authorized(runner): Authorized, body: Body) -> Result<Response, ApiError> {
    let body: Claim = read_small(&app, body).await?;
    Ok(match lease::claim(&app.cx, &runner, &body).await? {
        Given::Lease(lease) => Json(lease).into_response(),
        Given::Nothing => StatusCode::NO_CONTENT.into_response(),
        Given::Aside(why) => (StatusCode::NO_CONTENT, [(ASIDE_HEADER, header_text(&why))]).into_response(),
    })
}

/// What a header can hold of a text: visible ASCII.
fn header_text(text: &str) -> String {
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}

async fn heartbeat<F: Forge>(
    State(app): State<App<F>>,
    Authorized(runner): Authorized,
    Path(job): Path<i64>,
    body: Body,
) -> Result<Json<HeartbeatAnswer>, ApiError> {
    let body: Heartbeat = read_small(&app, body).await?;
    Ok(Json(lease::heartbeat(&app.cx, &runner, job, &body).await?))
}

async fn measurement<F: Forge>(
    State(app): State<App<F>>,
    Authorized(runner): Authorized,
    Path(job): Path<i64>,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let room = Room { places: &app.uploads, bytes_max: BODY_BYTES_MAX, ms_max: BODY_MS_MAX };
    let body: Upload = read(room, body).await?;
    lease::upload(&app.cx, &runner, job, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn finish<F: Forge>(
    State(app): State<App<F>>,
    Authorized(runner): Authorized,
    Path(job): Path<i64>,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let body: Finish = read_small(&app, body).await?;
    lease::finish(&app.cx, &runner, job, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}
