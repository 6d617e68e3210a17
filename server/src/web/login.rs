//! `/login`, `/login/callback`, `/logout`: who somebody is, as the forge says it.
//!
//! The way there and back is bound to the browser by a cookie with a state and a verifier (RFC 7636), so that nobody is logged in as somebody
//! else by a link. Of what comes back only the account's login is kept. A session is 256 random bits that only the browser holds.

use super::access::{Sight, cookie, cookie_name};
use super::dashboard::{self, Top};
use super::{ApiError, App};
use crate::forge::Forge;
use crate::secret::{random_token, sha256_hex};
use crate::store::sessions::{self, SESSION_MS};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Where people log in.
pub const PATH: &str = "/login";
/// Where the forge sends the browser back to.
pub const BACK: &str = "/login/callback";
/// Where people log out.
pub const OUT: &str = "/logout";
/// How long the way to the forge and back may take, seconds.
pub const VISIT_S_MAX: u32 = 600;
/// Longest address to come back to, bytes.
pub const NEXT_BYTES_MAX: usize = 500;
/// Largest form taken, bytes.
pub const FORM_BYTES_MAX: usize = 4 * 1024;

/// The routes.
pub fn routes<F: Forge>() -> Router<App<F>> {
    Router::new()
        .route(PATH, get(begin::<F>))
        .route(BACK, get(back::<F>))
        .route(OUT, post(out::<F>))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}

/// The address at which a stranger logs in to come back to this one.
pub fn address(here: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'/');
    let next: String = here.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    format!("{PATH}?next={next}")
}

/// The address to come back to: one of ours, or the first page. Browsers read `//host` and `/\host` as another host.
fn next(asked: &str) -> &str {
    let ours = asked.starts_with('/')
        && !asked[1..].starts_with(['/', '\\'])
        && asked.len() <= NEXT_BYTES_MAX
        && asked.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        && !asked.starts_with(PATH)
        && !asked.starts_with(OUT);
    if ours { asked } else { "/" }
}

/// The cookie of a visit to the forge.
fn visit_name(https: bool) -> String {
    format!("{}-visit", cookie_name(https))
}

/// A cookie for all of this host and nobody else, not for scripts.
fn set_cookie(name: &str, value: &str, max_age_s: i64, https: bool) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).expect("names, hexadecimal digits and addresses that were looked at")
}

fn to(location: &str) -> Response {
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]).into_response()
}

fn says(status: StatusCode, sight: &Sight, text: impl Into<String>) -> Response {
    // Coming back to the way there would only go round.
    let sight = Sight { here: "/".into(), ..sight.clone() };
    dashboard::message(status, Top::of(&sight), "Log in", text)
}

const NO_LOGIN: &str = "Nobody can log in here: the server has no `client_file`.";

/// Sends the browser to the forge.
async fn begin<F: Forge>(State(app): State<App<F>>, sight: Sight, query: Query<HashMap<String, String>>) -> Response {
    let (Some(login), Some(public_url)) = (&app.login, &app.cx.public_url) else { return says(StatusCode::NOT_FOUND, &sight, NO_LOGIN) };
    let next = next(query.get("next").map_or("/", String::as_str));
    let (state, verifier) = (random_token(), random_token());
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let mut response = to(&login.ask(&format!("{public_url}{BACK}"), &state, &challenge));
    // A cookie's value has no `;`, which an address may have.
    let value = format!("{state}.{verifier}.{}", hex::encode(next));
    let cookie = set_cookie(&visit_name(app.is_https()), &value, VISIT_S_MAX.into(), app.is_https());
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// The forge's answer: a session, where it belongs to a visit of this browser.
async fn back<F: Forge>(
    State(app): State<App<F>>,
    sight: Sight,
    headers: HeaderMap,
    query: Query<HashMap<String, String>>,
) -> Result<Response, ApiError> {
    let (Some(login), Some(public_url)) = (&app.login, &app.cx.public_url) else {
        return Ok(says(StatusCode::NOT_FOUND, &sight, NO_LOGIN));
    };
    let https = app.is_https();
    let field = |name: &str| query.get(name).map_or("", String::as_str);
    let visit: Vec<&str> = cookie(&headers, &visit_name(https)).unwrap_or_default().split('.').collect();
    let over = set_cookie(&visit_name(https), "", 0, https);
    let ended = |mut response: Response| {
        response.headers_mut().append(header::SET_COOKIE, over.clone());
        response
    };
    // By their hashes: how alike they are shows in no time that it takes.
    let (verifier, after) = match visit[..] {
        [state, verifier, after] if !state.is_empty() && sha256_hex(state) == sha256_hex(field("state")) => (verifier, after),
        _ => return Ok(says(StatusCode::FORBIDDEN, &sight, "This answer belongs to no visit that began in this browser. Log in again.")),
    };
    if !field("error").is_empty() {
        return Ok(ended(says(StatusCode::FORBIDDEN, &sight, "You were not logged in: the forge says that you did not agree.")));
    }
    let account = match login.who(field("code"), verifier, &format!("{public_url}{BACK}")).await {
        Ok(account) => account,
        Err(error) => {
            tracing::warn!(%error, "somebody could not be logged in");
            return Ok(ended(says(StatusCode::BAD_GATEWAY, &sight, "The forge did not say who you are. Log in again.")));
        }
    };
    let after = hex::decode(after).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let session = random_token();
    let mut tx = app.cx.store.write().await?;
    if let Some(before) = sight.viewer.person() {
        sessions::end(&mut tx, &before.sha256).await?;
    }
    sessions::begin(&mut tx, &sha256_hex(&session), &account, app.cx.clock.now()).await?;
    tx.commit().await?;
    tracing::info!(login = account, "logged in");
    let mut response = ended(to(next(&after)));
    response.headers_mut().append(header::SET_COOKIE, set_cookie(cookie_name(https), &session, SESSION_MS / 1000, https));
    Ok(response)
}

/// Ends the session.
async fn out<F: Forge>(State(app): State<App<F>>, sight: Sight, headers: HeaderMap, body: Bytes) -> Result<Response, ApiError> {
    let https = app.is_https();
    if let Some(person) = sight.viewer.person() {
        if !is_own_form(&app, &headers, &form(&body), &person.csrf) {
            return Ok(says(StatusCode::FORBIDDEN, &sight, NOT_OWN));
        }
        sessions::end(&mut *app.cx.store.connection().await?, &person.sha256).await?;
    }
    let mut response = to("/");
    response.headers_mut().append(header::SET_COOKIE, set_cookie(cookie_name(https), "", 0, https));
    Ok(response)
}

/// What is said where a form is none of ours.
pub(super) const NOT_OWN: &str =
    "This form is not one of this server's pages in your session. Go back, load the page again, and try once more.";

/// Fields of a form; none where it cannot be read.
pub(super) fn form(body: &[u8]) -> HashMap<String, String> {
    let uri = std::str::from_utf8(body).ok().and_then(|text| format!("/?{}", text.trim()).parse().ok());
    uri.and_then(|uri| Query::try_from_uri(&uri).ok()).map(|Query(form)| form).unwrap_or_default()
}

/// Whether a form came from a page of ours in this session: it carries what only such a page knows, and the browser says that it
/// came from here. A browser that says nothing of where a form is from is not believed.
pub(super) fn is_own_form<F>(app: &App<F>, headers: &HeaderMap, form: &HashMap<String, String>, csrf: &str) -> bool {
    let carried = form.get("csrf").is_some_and(|given| sha256_hex(given) == sha256_hex(csrf));
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    carried && is_same_origin(app.cx.public_url.as_deref(), said("origin"), said("sec-fetch-site"))
}

fn is_same_origin(public_url: Option<&str>, origin: Option<&str>, site: Option<&str>) -> bool {
    let Some((scheme, rest)) = public_url.and_then(|url| url.split_once("://")) else { return false };
    let ours = format!("{scheme}://{}", rest.split('/').next().unwrap_or(""));
    match (origin, site) {
        (Some(origin), Some(site)) => origin.eq_ignore_ascii_case(&ours) && site == "same-origin",
        (Some(origin), None) => origin.eq_ignore_ascii_case(&ours),
        (None, Some(site)) => site == "same-origin",
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_logging_in() {
        let check = |asked: &str, expected: &str| assert_eq!(next(asked), expected, "{asked:?}");
        check("/runs/3?before=4", "/runs/3?before=4");
        check("/", "/");
        for bad in [
            "",
            "runs/3",
            "//evil.example",
            "/\\evil.example",
            "/\\/evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: x=y",
            "/a b",
            "/\t/evil.example",
            "/login?next=/",
            "/logout",
            "/a\\b",
            "/ü",
        ] {
            check(bad, "/");
        }
        check(&format!("/{}", "a".repeat(NEXT_BYTES_MAX)), "/");
        assert_eq!(address("/p/o/r?before=4&x=%2f"), "/login?next=/p/o/r%3Fbefore%3D4%26x%3D%252f");
    }

    #[test]
    fn a_form_is_ours_only_from_our_origin() {
        let check = |origin: Option<&str>, site: Option<&str>, expected: bool| {
            assert_eq!(is_same_origin(Some("https://ounce.example.org/sub"), origin, site), expected, "{origin:?} {site:?}");
        };
        let ours = Some("https://ounce.example.org");
        check(ours, Some("same-origin"), true);
        check(ours, None, true);
        check(None, Some("same-origin"), true);
        check(None, None, false);
        check(Some("null"), Some("same-origin"), false);
        check(Some("null"), None, false);
        check(Some("https://evil.example"), Some("same-origin"), false);
        check(Some("http://ounce.example.org"), None, false);
        check(Some("https://ounce.example.org.evil.example"), None, false);
        check(ours, Some("same-site"), false);
        check(ours, Some("cross-site"), false);
        check(None, Some("none"), false);
        assert!(!is_same_origin(None, ours, Some("same-origin")));
    }
}
