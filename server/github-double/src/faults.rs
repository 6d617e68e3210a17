//! Trouble on request, and the log of what was asked: one layer around everything that is GitHub's own.

use crate::api::error::{ApiError, with_header};
use crate::clock::real_s;
use crate::double::World;
use crate::state::LoggedRequest;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// The largest body of an API request (git's own go elsewhere).
const API_BODY_MAX: usize = 8 * 1024 * 1024;

/// The next requests that match go wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    /// Part of `METHOD /path`, such as `POST /repos/ounce/pyrite/issues`; empty for every request.
    pub matching: String,
    /// How many requests, counting down.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens to them.
    #[serde(flatten)]
    pub kind: FaultKind,
}

fn once() -> u32 {
    1
}

/// What goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// Nothing is done; this status is answered.
    Status {
        /// Such as 502.
        status: u16,
    },
    /// 429 with `retry-after`.
    TooManyRequests {
        /// Seconds.
        retry_after_s: u64,
    },
    /// 403 as the secondary rate limit says it, with `retry-after`.
    SecondaryLimit {
        /// Seconds.
        retry_after_s: u64,
    },
    /// 403 with `x-ratelimit-remaining: 0` and the time it is reset.
    PrimaryLimit {
        /// Seconds until the reset.
        reset_in_s: u64,
    },
    /// The request is done, and 502 is answered all the same.
    DoneThenBadGateway,
    /// The request is done; half of the answer comes, then the connection breaks.
    Half,
    /// The request is done; the answer, or each item of it, lacks this field.
    Lacks {
        /// Its name.
        field: String,
    },
    /// The request is done; the answer comes this much later.
    Slow {
        /// Milliseconds.
        delay_ms: u64,
    },
}

/// Applies the first fault that matches, and notes the request.
pub async fn layer(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let is_git = path.ends_with("/info/refs") || path.ends_with("/git-upload-pack") || path.ends_with("/git-receive-pack");

    let (request, body) = if is_git { (request, Value::Null) } else { split_body(request).await };
    let fault = take_fault(&world, &format!("{method} {path}"));
    let mut response = match fault {
        Some(FaultKind::DoneThenBadGateway) => {
            next.run(request).await;
            ApiError::plain(StatusCode::BAD_GATEWAY, "Server Error").into_response()
        }
        Some(FaultKind::Half) => half(next.run(request).await).await,
        Some(FaultKind::Lacks { field }) => lacking(next.run(request).await, &field).await,
        Some(FaultKind::Slow { delay_ms }) => {
            let response = next.run(request).await;
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            response
        }
        Some(other) => refusal(other),
        None => next.run(request).await,
    };
    let mut state = world.state();
    let status = response.status().as_u16();
    state.note(LoggedRequest { n: 0, method: method.to_string(), path, query, status, body });
    drop(state);
    if !is_git {
        let headers = response.headers_mut();
        with_header(headers, "x-ratelimit-limit", "5000");
        with_header(headers, "x-ratelimit-remaining", "4999");
        with_header(headers, "x-ratelimit-reset", &(real_s() + 3600).to_string());
        with_header(headers, "x-github-media-type", "github.v3; format=json");
    }
    response
}

/// Reads the body so that it can be logged, and puts it back.
async fn split_body(request: Request) -> (Request, Value) {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, API_BODY_MAX).await.unwrap_or_default();
    let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    (Request::from_parts(parts, Body::from(bytes)), value)
}

fn take_fault(world: &World, line: &str) -> Option<FaultKind> {
    let mut state = world.state();
    let position = state.faults.iter().position(|fault| fault.times > 0 && line.contains(&fault.matching))?;
    let fault = &mut state.faults[position];
    fault.times -= 1;
    let kind = fault.kind.clone();
    if fault.times == 0 {
        state.faults.remove(position);
    }
    Some(kind)
}

fn refusal(kind: FaultKind) -> Response {
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    match kind {
        FaultKind::Status { status } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            ApiError::plain(status, status.canonical_reason().unwrap_or("Error")).into_response()
        }
        FaultKind::TooManyRequests { retry_after_s } => {
            let mut response = ApiError::plain(StatusCode::TOO_MANY_REQUESTS, secondary).into_response();
            with_header(response.headers_mut(), "retry-after", &retry_after_s.to_string());
            response
        }
        FaultKind::SecondaryLimit { retry_after_s } => {
            let mut response = ApiError::plain(StatusCode::FORBIDDEN, secondary).into_response();
            with_header(response.headers_mut(), "retry-after", &retry_after_s.to_string());
            response
        }
        FaultKind::PrimaryLimit { reset_in_s } => {
            let mut response = ApiError::plain(StatusCode::FORBIDDEN, "API rate limit exceeded for installation.").into_response();
            with_header(response.headers_mut(), "x-ratelimit-remaining", "0");
            with_header(response.headers_mut(), "x-ratelimit-reset", &(real_s() + reset_in_s).to_string());
            response
        }
        FaultKind::DoneThenBadGateway | FaultKind::Half | FaultKind::Lacks { .. } | FaultKind::Slow { .. } => {
            unreachable!("handled where the request is run")
        }
    }
}

/// An answer without one of its fields.
async fn lacking(response: Response, field: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, API_BODY_MAX).await.unwrap_or_default();
    let mut value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let items = match &mut value {
        Value::Array(items) => items.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for object in items.iter_mut().filter_map(Value::as_object_mut) {
        object.remove(field);
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(value.to_string()))
}

/// An answer that breaks off in the middle.
async fn half(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, API_BODY_MAX).await.unwrap_or_default();
    let first = bytes.slice(..bytes.len() / 2);
    Response::from_parts(parts, Body::new(Broken(Some(first))))
}

/// A body that gives one piece and then fails.
struct Broken(Option<axum::body::Bytes>);

impl HttpBody for Broken {
    type Data = axum::body::Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Poll::Ready(Some(self.0.take().map(Frame::data).ok_or_else(|| std::io::Error::other("broken off on request"))))
    }
}
