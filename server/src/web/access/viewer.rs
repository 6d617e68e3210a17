//! Who looks: a stranger, a program with a token, or a person with a session.

use super::super::peer::Peer;
use super::super::{ApiError, App};
use crate::forge::Forge;
use crate::secret::sha256_hex;
use crate::store::{sessions, tokens};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;

/// The cookie that holds a session where people come over https: no other host and no other path can set it.
pub const COOKIE_HTTPS: &str = "__Host-ounce";
/// The same over http, where browsers refuse that name.
pub const COOKIE: &str = "ounce";
/// Hexadecimal digits of what a cookie holds: 256 bits.
const DIGITS: usize = 64;

/// Who looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Viewer {
    /// Nobody we know.
    #[default]
    Stranger,
    /// A program that may read one project.
    Token {
        /// The project.
        project: i64,
    },
    /// Somebody who is logged in.
    Person(Person),
}

/// Somebody who is logged in.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The forge's account.
    pub login: String,
    /// What is kept of the session.
    pub sha256: String,
    /// What each form of this session carries.
    pub csrf: String,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("login", &self.login).finish_non_exhaustive()
    }
}

impl Viewer {
    /// The person, where it is one.
    pub fn person(&self) -> Option<&Person> {
        if let Viewer::Person(person) = self { Some(person) } else { None }
    }
}

/// The session's cookie for people who come to this address.
pub fn cookie_name(https: bool) -> &'static str {
    if https { COOKIE_HTTPS } else { COOKIE }
}

/// A cookie's value: the first of that name.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
    all.filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// What forms of a session carry. It follows from what only the browser holds, and that does not follow from it.
fn csrf(session: &str) -> String {
    sha256_hex(&format!("form of {session}"))
}

/// Who sends this. A token that is none is refused; a cookie that is none is a stranger's.
pub async fn viewer<F: Forge>(parts: &mut Parts, app: &App<F>, is_api: bool) -> Result<Viewer, Response> {
    let now = app.cx.clock.now();
    let failed = |error| super::refused(ApiError::Internal(error));
    // Another scheme is for a proxy before us.
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if is_api && let Some(token) = given.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned) {
        const UNKNOWN: ApiError = ApiError::Unauthorized("no token like this reads anything here: make one with `ounce-server token add`");
        let Ok(from) = Peer::from_request_parts(parts, app).await;
        let sha256 = sha256_hex(token.trim());
        app.guesses.may(from.0, &sha256, now).map_err(|wait_s| super::refused(ApiError::TooMany(wait_s)))?;
        let proved = match app.cx.store.connection().await {
            Ok(mut c) => tokens::prove(&mut c, &sha256, now).await.map_err(failed)?,
            Err(error) => return Err(failed(error)),
        };
        let Some(project) = proved else {
            app.guesses.wrong(from.0, &sha256, now);
            return Err(super::refused(UNKNOWN));
        };
        app.guesses.right(&sha256, now);
        return Ok(Viewer::Token { project });
    }
    let Some(session) = cookie(&parts.headers, cookie_name(app.is_https())) else { return Ok(Viewer::Stranger) };
    if session.len() != DIGITS {
        return Ok(Viewer::Stranger);
    }
    let sha256 = sha256_hex(session);
    let csrf = csrf(session);
    let login = match app.cx.store.connection().await {
        Ok(mut c) => sessions::of(&mut c, &sha256, now).await.map_err(failed)?,
        Err(error) => return Err(failed(error)),
    };
    Ok(login.map_or(Viewer::Stranger, |login| Viewer::Person(Person { login, sha256, csrf })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let check = |lines: &[&str], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, line.parse().unwrap());
            }
            assert_eq!(cookie(&headers, "ounce"), expected, "{lines:?}");
        };
        check(&["ounce=a"], Some("a"));
        check(&["x=1; ounce=a;y=2"], Some("a"));
        check(&["x=1", "ounce=a"], Some("a"));
        check(&["ounce=a; ounce=b"], Some("a"));
        check(&["xounce=a", "ounce-login=b", "ounce"], None);
        check(&[], None);
    }

    #[test]
    fn what_forms_carry_is_not_what_is_kept() {
        let session = "0".repeat(DIGITS);
        assert_ne!(csrf(&session), sha256_hex(&session));
        assert_ne!(csrf(&session), csrf(&"1".repeat(DIGITS)));
    }
}
