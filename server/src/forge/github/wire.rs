//! One request and its answer, with every limit named; what went wrong, in [`ForgeError`]'s words. No paths here.

use super::super::ForgeError;
use super::SetupError;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use http::{Method, StatusCode};
use octocrab::service::middleware::retry::RetryConfig;
use octocrab::{DefaultOctocrabBuilderConfig, NoAuth, NoSvc, NotLayerReady, Octocrab, OctocrabBuilder};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CONNECT_S_MAX: u64 = 10;
/// Between two pieces of an answer.
const READ_S_MAX: u64 = 20;
/// The whole request, from the first byte to the last.
const REQUEST_S_MAX: u64 = 40;
/// An answer in JSON, bytes.
const JSON_BYTES_MAX: usize = 16 * 1024 * 1024;
/// An answer that is an error, bytes.
const ERROR_BYTES_MAX: usize = 64 * 1024;
/// Characters of GitHub's own words that are passed on.
const DETAIL_CHARS_MAX: usize = 500;
/// How long to wait where a limit does not say: GitHub asks for a minute at least.
const LIMITED_S: u64 = 60;
/// The longest wait that is believed; GitHub's own limits are by the hour.
const LIMITED_S_MAX: u64 = 3600;

type Builder = OctocrabBuilder<NoSvc, DefaultOctocrabBuilderConfig, NoAuth, NotLayerReady>;

/// A client's builder for a base URL: no retries (they belong to the outbox), timeouts set.
pub fn builder(base_url: &str) -> Result<Builder, SetupError> {
    let wrong = || SetupError::Url { url: base_url.to_owned() };
    let trimmed = base_url.trim_end_matches('/');
    let host = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
    if host.is_none_or(|host| host.is_empty() || host.contains(['@', '?', '#'])) {
        return Err(wrong());
    }
    let builder = Octocrab::builder()
        .add_retry_config(RetryConfig::None)
        .set_connect_timeout(Some(Duration::from_secs(CONNECT_S_MAX)))
        .set_read_timeout(Some(Duration::from_secs(READ_S_MAX)))
        .set_write_timeout(Some(Duration::from_secs(READ_S_MAX)));
    builder.base_uri(trimmed).map_err(|_| wrong())
}

/// The client.
pub fn build(builder: Builder) -> Result<Octocrab, SetupError> {
    builder.build().map_err(|error| SetupError::Client { detail: cut(&error.to_string()) })
}

/// A request.
#[derive(Debug, Clone)]
pub struct Ask {
    method: Method,
    /// For people: what it is about.
    what: String,
    path: String,
    accept: &'static str,
    body: Option<Value>,
    limit: usize,
}

impl Ask {
    /// To read.
    pub fn get(what: &str, path: String) -> Ask {
        let accept = "application/vnd.github+json";
        Ask { method: Method::GET, what: what.to_owned(), path, accept, body: None, limit: JSON_BYTES_MAX }
    }
    /// To write.
    pub fn write(method: Method, what: &str, path: String, body: Value) -> Ask {
        Ask { method, body: Some(body), ..Ask::get(what, path) }
    }
    /// To set something going, with nothing to say about it: GitHub describes no body there.
    pub fn post(what: &str, path: String) -> Ask {
        Ask { method: Method::POST, ..Ask::get(what, path) }
    }
    /// Another form of answer.
    pub fn accept(self, accept: &'static str) -> Ask {
        Ask { accept, ..self }
    }
    /// The largest answer, bytes.
    pub fn limit(self, limit: usize) -> Ask {
        Ask { limit, ..self }
    }
}

/// An answer of success.
#[derive(Debug)]
pub struct Answer {
    what: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body, read as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ForgeError> {
        serde_json::from_slice(&self.body).map_err(|error| strange(&self.what, &error.to_string()))
    }
    /// Whether a request for a raw file was answered with JSON: it was a folder, or something else that is no file.
    pub fn is_listing(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        kind.starts_with("application/json")
    }
}

/// An answer that is not what GitHub documents.
pub fn strange(what: &str, detail: &str) -> ForgeError {
    ForgeError::Unavailable { what: what.to_owned(), detail: cut(&format!("GitHub's answer is not understood: {detail}")) }
}

fn cut(text: &str) -> String {
    text.chars().take(DETAIL_CHARS_MAX).collect()
}

/// A text as one segment of a path.
pub fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Sends it, once.
pub async fn send(crab: &Octocrab, ask: Ask) -> Result<Answer, ForgeError> {
    let what = ask.what.clone();
    let limit = Duration::from_secs(REQUEST_S_MAX);
    match tokio::time::timeout(limit, send_untimed(crab, ask)).await {
        Ok(answer) => answer,
        Err(_) => Err(ForgeError::Unavailable { what, detail: format!("no complete answer within {REQUEST_S_MAX} s") }),
    }
}

async fn send_untimed(crab: &Octocrab, ask: Ask) -> Result<Answer, ForgeError> {
    let Ask { method, what, path, accept, body, limit } = ask;
    let failed = |error: octocrab::Error| match error {
        octocrab::Error::Service { .. } | octocrab::Error::Hyper { .. } => {
            ForgeError::Unavailable { what: what.clone(), detail: cut(&chain(&error)) }
        }
        other => ForgeError::Invalid { what: what.clone(), status: 0, detail: cut(&other.to_string()) },
    };
    let request = http::request::Builder::new().method(method).uri(&path).header(ACCEPT, accept);
    let request = crab.build_request(request, body.as_ref()).map_err(failed)?;
    let (head, body) = crab.execute(request).await.map_err(failed)?.into_parts();
    let success = head.status.is_success();
    let limit = if success { limit } else { ERROR_BYTES_MAX };
    let read = axum::body::to_bytes(axum::body::Body::new(body), limit).await;
    if !success {
        // Whatever could be read of an error is only for its message.
        return Err(refusal(what, head.status, &head.headers, &read.unwrap_or_default()));
    }
    let body = read.map_err(|error| match over_limit(&error) {
        true => ForgeError::Invalid { what: what.clone(), status: 0, detail: format!("the answer is larger than {limit} bytes") },
        false => ForgeError::Unavailable { what: what.clone(), detail: cut(&format!("the answer broke off: {error}")) },
    })?;
    Ok(Answer { what, headers: head.headers, body: body.into() })
}

/// An error with its causes, which carry the reason (`connection refused`).
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

fn over_limit(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// What a status that is not success means.
fn refusal(what: String, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ForgeError {
    let detail = words(body).unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason given").to_owned());
    if let Some(retry_after_s) = rate_limit(status, headers, &detail) {
        return ForgeError::RateLimited { retry_after_s };
    }
    match status.as_u16() {
        404 | 410 => ForgeError::NotFound { what },
        401 | 403 | 451 => ForgeError::Forbidden { what, status: status.as_u16() },
        300..=399 => {
            let detail = "GitHub answers from elsewhere: was the repository renamed? Configure its new name".to_owned();
            ForgeError::Invalid { what, status: status.as_u16(), detail }
        }
        408 | 500.. => ForgeError::Unavailable { what, detail: format!("GitHub answered {}: {detail}", status.as_u16()) },
        other => ForgeError::Invalid { what, status: other, detail },
    }
}

/// Seconds to wait, where the refusal is a rate limit.
fn rate_limit(status: StatusCode, headers: &HeaderMap, detail: &str) -> Option<u64> {
    if status != StatusCode::TOO_MANY_REQUESTS && status != StatusCode::FORBIDDEN {
        return None;
    }
    let retry_after_s = number(headers, "retry-after");
    let used_up = number(headers, "x-ratelimit-remaining") == Some(0);
    let secondary = detail.contains("secondary rate limit");
    if status == StatusCode::FORBIDDEN && retry_after_s.is_none() && !used_up && !secondary {
        return None;
    }
    let until_reset_s = || {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        used_up.then(|| number(headers, "x-ratelimit-reset"))?.map(|reset_s| reset_s.saturating_sub(now_s).saturating_add(1))
    };
    Some(retry_after_s.or_else(until_reset_s).unwrap_or(LIMITED_S).clamp(1, LIMITED_S_MAX))
}

/// GitHub's message and its list of errors, in one line.
fn words(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let mut text = value["message"].as_str()?.to_owned();
    for error in value["errors"].as_array().into_iter().flatten() {
        let part = error["message"].as_str().or_else(|| error["code"].as_str()).or_else(|| error.as_str());
        if let Some(part) = part {
            text = format!("{text}; {part}");
        }
    }
    Some(cut(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_path_is_one_segment() {
        let check = |text: &str, expected: &str| assert_eq!(encoded(text), expected);
        check("ounce.toml", "ounce.toml");
        check("a b/c", "a%20b%2Fc");
        check("x?ref=y#z", "x%3Fref%3Dy%23z");
        check("renovate[bot]", "renovate%5Bbot%5D");
        check("é", "%C3%A9");
    }

    #[test]
    fn refusals_are_told_apart() {
        let check = |status: u16, headers: &[(&'static str, &'static str)], body: &str, expected: &str| {
            let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value))).collect();
            let error = refusal("it".into(), StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes());
            assert_eq!(error.to_string(), expected);
        };
        check(404, &[], "{}", "it: not found (or this token may not see it)");
        check(401, &[], r#"{"message":"Bad credentials"}"#, "it: refused (401): check the token's permissions");
        check(403, &[("x-ratelimit-remaining", "4000")], "", "it: refused (403): check the token's permissions");
        check(403, &[("retry-after", "17")], "", "rate limited: again in 17 s");
        check(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "0")], "", "rate limited: again in 1 s");
        check(403, &[], r#"{"message":"You have exceeded a secondary rate limit."}"#, "rate limited: again in 60 s");
        check(429, &[], "", "rate limited: again in 60 s");
        check(429, &[("retry-after", "999999")], "", "rate limited: again in 3600 s");
        check(502, &[], "<html>", "it: GitHub answered 502: Bad Gateway");
        let long = r#"{"message":"Validation Failed","errors":[{"message":"Body is too long"},{"code":"custom"}]}"#;
        check(422, &[], long, "it: refused as invalid (422): Validation Failed; Body is too long; custom");
    }

    #[test]
    fn a_base_url_is_checked_before_anything_is_sent() {
        let check = |url: &str, good: bool| assert_eq!(builder(url).is_ok(), good, "{url}");
        check("https://api.github.com", true);
        check("https://host.example/api/v3/", true);
        check("http://127.0.0.1:8080", true);
        check("api.github.com", false);
        check("https://", false);
        check("https://user@host", false);
        check("https://host?x=1", false);
        check("", false);
    }
}
