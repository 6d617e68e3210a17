//! Spans: one for each request, one for each step of a loop that did something. What they say is listed here, and is never from outside:
//! names and keys are ours, values are the routes' templates, statuses, counts and the ids of rows.
//!
//! They are made for a collector ([`crate::otlp`]) and are in no log. Where nothing collects them they cost a look at a flag.

use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::{Empty, Value};
use tracing::{Metadata, Span};

/// What spans for a collector are told apart by.
pub const TARGET: &str = "ounce::trace";
/// What stands for a method that no standard names, as OpenTelemetry wants it.
const OTHER_METHOD: &str = "_OTHER";
/// Jobs that one span names.
const JOBS_MAX: usize = 16;

/// Whether it is one of these spans: everything else, above all each line of the log, stays here.
pub fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == TARGET
}

/// A step of that loop. Nothing is told of a step that said nothing with [`about`], for it did nothing.
pub fn step(name: &'static str) -> Span {
    tracing::info_span!(
        target: TARGET, "step",
        otel.name = name, otel.status_code = Empty,
        delivery = Empty, run = Empty, job = Empty, jobs = Empty, installation = Empty, bisect = Empty,
        given_up = Empty, bodies = Empty, logs = Empty, missed = Empty,
    )
}

/// Says what the step or request at hand is about: an id of a row, or a count.
pub fn about(key: &'static str, value: impl Value) {
    let span = Span::current();
    let ours = span.metadata().is_some_and(is_ours);
    debug_assert!(!ours || span.has_field(key), "no span has the field {key}: trace.rs lists them");
    if ours {
        span.record(key, value);
    }
}

/// Names jobs, where there are any.
pub fn about_jobs(jobs: impl Iterator<Item = i64>) {
    let words: Vec<String> = jobs.take(JOBS_MAX).map(|job| job.to_string()).collect();
    if !words.is_empty() {
        about("jobs", words.join(","));
    }
}

/// That a step failed; the log says how.
pub fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

/// Tells of a request: method, route and status, and the row that the route names. Neither address nor headers nor body: they hold what
/// strangers and secrets say.
pub async fn request(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method(request.method());
    let verb = if method == OTHER_METHOD { "HTTP" } else { method };
    let name = route.as_ref().map_or_else(|| verb.to_owned(), |route| format!("{verb} {}", route.as_str()));
    let span = tracing::info_span!(
        target: TARGET, "request",
        otel.name = name, otel.kind = "server", otel.status_code = Empty,
        http.request.method = method, http.route = route.as_ref().map(MatchedPath::as_str), http.response.status_code = Empty,
        run = Empty, job = Empty,
    );
    if span.is_disabled() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    if let Some((key, id)) = row(route.as_ref(), &mut parts).await {
        span.record(key, id);
    }
    let response = tracing::Instrument::instrument(next.run(Request::from_parts(parts, body)), span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        failed(&span);
    }
    response
}

/// The methods that RFC 9110 and RFC 5789 name; every other one is a stranger's word.
fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or(OTHER_METHOD)
}

/// The row that a route names with its `id`.
async fn row(route: Option<&MatchedPath>, parts: &mut axum::http::request::Parts) -> Option<(&'static str, i64)> {
    let route = route?.as_str();
    let key = [("run", "/runs/{id}"), ("job", "/jobs/{id}")].into_iter().find(|(_, part)| route.contains(part))?.0;
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let id = params.iter().find(|(name, _)| *name == "id")?.1.parse().ok()?;
    Some((key, id))
}
