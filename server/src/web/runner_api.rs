//! The door for runners: `/api/runner/v1`, as `ounce_protocol::runner_api` states it.

use super::peer::Peer;
use super::{ApiError, App, BODY_MS_MAX, ENROLMENT_MS_MAX, Room, read_body};
use crate::forge::Forge;
use crate::secret::sha256_hex;
use crate::store::runners::{self, Held, Proved, ROTATE_MS, TOKEN_MS};
use crate::trace;
use crate::work::lease::{self, Given, LeaseError};
use crate::work::reuse;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Refused;
use ounce_protocol::lab::{UNIT_TEXT_BYTES_MAX, UNITS_MAX};
use ounce_protocol::runner_api::{
    ASIDE_HEADER, BODY_BYTES_MAX, Claim, Earlier, EarlierAnswer, Enroll, Enrolled, Finish, Heartbeat, HeartbeatAnswer, LOG_CHUNK_BYTES_MAX,
    PROTOCOL, PROTOCOL_HEADER, ROTATE, ROTATE_HEADER, Upload,
};
use serde::de::DeserializeOwned;

/// Before each of the routes.
pub const PREFIX: &str = "/api/runner/v1";
/// A byte of a log is at most so many of JSON: a control character is written `\u0000`.
const ESCAPED_BYTES: usize = 6;
/// Largest body of a heartbeat or an end: a heartbeat's log, each byte of it escaped, and room for the rest.
pub const SMALL_BYTES_MAX: usize = LOG_CHUNK_BYTES_MAX * ESCAPED_BYTES + 32 * 1024;
/// Most that is said of one unit, bytes: six texts whose every byte may be escaped by another, and room for the rest.
const UNIT_BYTES_MAX: usize = 6 * 2 * UNIT_TEXT_BYTES_MAX + 1_200;
/// Largest body of a claim: what is offered, and all units.
pub const CLAIM_BYTES_MAX: usize = SMALL_BYTES_MAX + UNITS_MAX * UNIT_BYTES_MAX;
/// Largest body of an enrolment: a code and a name.
pub const ENROLMENT_BYTES_MAX: usize = 4 * 1024;

/// The runners' routes.
pub fn routes<F: Forge>() -> Router<App<F>> {
    let routes = Router::new()
        .route("/enroll", post(enroll::<F>))
        .route("/rotate", post(rotate::<F>))
        .route("/confirm", post(confirm))
        .route("/claim", post(claim::<F>))
        .route("/jobs/{id}/heartbeat", post(heartbeat::<F>))
        .route("/jobs/{id}/earlier", post(earlier::<F>))
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

/// What a request proves itself with, and where it comes from.
struct Bearer {
    sha256: String,
    from: Peer,
}

const UNKNOWN: ApiError =
    ApiError::Unauthorized("no runner has this token: enroll with a code of `ounce-server runner enroll --name NAME`");

/// The token, while guesses from there are still looked up.
async fn bearer<F: Forge>(parts: &mut Parts, app: &App<F>) -> Result<Bearer, ApiError> {
    let Ok(from) = Peer::from_request_parts(parts, app).await;
    let token = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    let Some(token) = token else { return Err(UNKNOWN) };
    let sha256 = sha256_hex(token);
    app.guesses.may(from.0, &sha256, app.cx.clock.now()).map_err(ApiError::TooMany)?;
    Ok(Bearer { sha256, from })
}

/// Proof that a runner asks: its name, and since when its token counts. For what is about no job.
struct Authorized(Proved);

impl<F: Forge> FromRequestParts<App<F>> for Authorized {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App<F>) -> Result<Self, ApiError> {
        let Bearer { sha256, from } = bearer(parts, app).await?;
        let now = app.cx.clock.now();
        let Some(proved) = runners::prove(&mut *app.cx.store.connection().await?, &sha256, now).await? else {
            app.guesses.wrong(from.0, &sha256, now);
            return Err(UNKNOWN);
        };
        if proved.since_ms < now.saturating_sub(TOKEN_MS) {
            return Err(ApiError::Unauthorized(
                "this runner's token has come to its end unused: enroll with a code of `ounce-server runner enroll --name NAME`",
            ));
        }
        app.guesses.right(&sha256, now);
        Ok(Authorized(proved))
    }
}

/// Proof that the holder of a lease asks. Whether the lease still holds is for the job's row to say.
struct Holding(Held);

impl<F: Forge> FromRequestParts<App<F>> for Holding {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App<F>) -> Result<Self, ApiError> {
        let Bearer { sha256, from } = bearer(parts, app).await?;
        let now = app.cx.clock.now();
        let job = Path::<i64>::from_request_parts(parts, app).await.map_err(|e| ApiError::BadRequest(e.to_string()))?.0;
        match runners::lease(&mut *app.cx.store.connection().await?, &sha256).await? {
            Some(held) if held.job == job => {
                app.guesses.right(&sha256, now);
                Ok(Holding(held))
            }
            _ => {
                app.guesses.wrong(from.0, &sha256, now);
                Err(ApiError::Unauthorized("this is not the token of a lease of this job: claim another job"))
            }
        }
    }
}

impl Holding {
    /// The holder, where its body names the lease that its token is for.
    fn of(&self, token: u64) -> Result<(&RunnerName, i64), ApiError> {
        match token == self.0.fence {
            true => Ok((&self.0.runner, self.0.job)),
            false => Err(LeaseError::Refused(Refused::StaleToken).into()),
        }
    }
}

impl From<LeaseError> for ApiError {
    fn from(error: LeaseError) -> ApiError {
        match error {
            LeaseError::Code => ApiError::Unauthorized(
                "this code is unknown, used, expired or for another name; make a new one with `ounce-server runner enroll --name NAME`",
            ),
            LeaseError::Revoked => UNKNOWN,
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

async fn enroll<F: Forge>(State(app): State<App<F>>, from: Peer, body: Body) -> Result<Json<Enrolled>, ApiError> {
    let room = Room { places: &app.enrolments, bytes_max: ENROLMENT_BYTES_MAX, ms_max: ENROLMENT_MS_MAX };
    let body: Enroll = read(room, body).await?;
    let (sha256, now) = (sha256_hex(&body.code), app.cx.clock.now());
    app.guesses.may(from.0, &sha256, now).map_err(ApiError::TooMany)?;
    let enrolled = lease::enroll(&app.cx, &body).await;
    if matches!(enrolled, Err(LeaseError::Code)) {
        app.guesses.wrong(from.0, &sha256, now);
    }
    Ok(Json(enrolled?))
}

async fn rotate<F: Forge>(State(app): State<App<F>>, Authorized(runner): Authorized) -> Result<Json<Enrolled>, ApiError> {
    Ok(Json(lease::rotate(&app.cx, &runner.name).await?))
}

/// Its proof is all there is to it: who comes with a token that was to follow has it follow.
async fn confirm(_: Authorized) -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn claim<F: Forge>(State(app): State<App<F>>, Authorized(runner): Authorized, body: Body) -> Result<Response, ApiError> {
    let room = Room { places: &app.smalls, bytes_max: CLAIM_BYTES_MAX, ms_max: BODY_MS_MAX };
    let body: Claim = read(room, body).await?;
    let mut response = match lease::claim(&app.cx, &runner.name, &body).await? {
        Given::Lease(lease) => {
            trace::about("job", lease.job);
            Json(lease).into_response()
        }
        Given::Nothing => StatusCode::NO_CONTENT.into_response(),
        Given::Aside(why) => (StatusCode::NO_CONTENT, [(ASIDE_HEADER, header_text(&why))]).into_response(),
    };
    if runner.since_ms <= app.cx.clock.now().saturating_sub(ROTATE_MS) {
        response.headers_mut().insert(ROTATE_HEADER, HeaderValue::from_static(ROTATE));
    }
    Ok(response)
}

/// What a header can hold of a text: visible ASCII.
fn header_text(text: &str) -> String {
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}

async fn heartbeat<F: Forge>(State(app): State<App<F>>, holding: Holding, body: Body) -> Result<Json<HeartbeatAnswer>, ApiError> {
    let body: Heartbeat = read_small(&app, body).await?;
    let (runner, job) = holding.of(body.token)?;
    Ok(Json(lease::heartbeat(&app.cx, runner, job, &body).await?))
}

async fn earlier<F: Forge>(State(app): State<App<F>>, holding: Holding, body: Body) -> Result<Json<EarlierAnswer>, ApiError> {
    let body: Earlier = read_small(&app, body).await?;
    let (runner, job) = holding.of(body.token)?;
    Ok(Json(reuse::earlier(&app.cx, runner, job, &body).await?))
}

async fn measurement<F: Forge>(State(app): State<App<F>>, holding: Holding, body: Body) -> Result<StatusCode, ApiError> {
    let room = Room { places: &app.uploads, bytes_max: BODY_BYTES_MAX, ms_max: BODY_MS_MAX };
    let body: Upload = read(room, body).await?;
    let (runner, job) = holding.of(body.token)?;
    lease::upload(&app.cx, runner, job, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn finish<F: Forge>(State(app): State<App<F>>, holding: Holding, body: Body) -> Result<StatusCode, ApiError> {
    let body: Finish = read_small(&app, body).await?;
    let (runner, job) = holding.of(body.token)?;
    lease::finish(&app.cx, runner, job, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}
