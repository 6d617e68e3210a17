//! The gate: a webhook is proved to be the forge's, noted in one row, and answered. Nothing is decided here.

use super::{ApiError, App, BODY_MS_MAX, Room, read_body};
use crate::forge::Forge;
use crate::secret::signature_holds;
use crate::store::deliveries;
use crate::work::event;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::de::IgnoredAny;
use std::sync::atomic::Ordering;

/// Where the forge sends its webhooks.
pub const PATH: &str = "/webhooks/github";
/// Largest body taken. GitHub sends up to 25 MB, but events of the kinds acted on stay below a tenth of this.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest delivery id and event name.
const HEADER_BYTES_MAX: usize = 100;

/// The gate's route.
pub fn routes<F: Forge>() -> Router<App<F>> {
    Router::new().route(PATH, post(receive::<F>))
}

async fn receive<F: Forge>(State(app): State<App<F>>, headers: HeaderMap, body: Body) -> Result<(StatusCode, &'static str), ApiError> {
    let (body, _room) = read_body(Room { places: &app.webhooks, bytes_max: BODY_BYTES_MAX, ms_max: BODY_MS_MAX }, body).await?;
    let signature = headers.get("x-hub-signature-256").and_then(|v| v.to_str().ok()).unwrap_or("");
    if !signature_holds(&app.webhook_secrets, &body, signature) {
        app.webhooks_refused.fetch_add(1, Ordering::Relaxed);
        return Err(ApiError::Unauthorized("the signature in X-Hub-Signature-256 is not right for this body and a secret known here"));
    }
    let (guid, name) = (header(&headers, "x-github-delivery")?, header(&headers, "x-github-event")?);
    let now = app.cx.clock.now();
    let mut c = app.cx.store.connection().await?;
    let is_json = serde_json::from_slice::<IgnoredAny>(&body).is_ok();
    let fresh = match (is_json, event::KNOWN.contains(&name)) {
        (false, _) => {
            deliveries::note_ignored(&mut c, guid, name, "the body is not JSON; set the webhook's content type to application/json", now)
                .await?
        }
        (true, false) => deliveries::note_ignored(&mut c, guid, name, "an event of no interest here", now).await?,
        (true, true) => deliveries::note(&mut c, guid, name, &body, now).await?,
    };
    app.cx.wake.plan.notify_one();
    match (is_json, fresh) {
        (false, _) => Err(ApiError::BadRequest("the body is not JSON; set the webhook's content type to application/json".into())),
        (true, true) => Ok((StatusCode::ACCEPTED, "noted\n")),
        (true, false) => Ok((StatusCode::OK, "known already\n")),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, ApiError> {
    let value = headers.get(name).and_then(|v| v.to_str().ok()).filter(|v| !v.is_empty() && v.len() <= HEADER_BYTES_MAX);
    value.ok_or_else(|| ApiError::BadRequest(format!("the header {name} is missing, or longer than {HEADER_BYTES_MAX} bytes")))
}
