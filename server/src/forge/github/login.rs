//! Who somebody is, by the web flow of OAuth: <https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app>.
//!
//! The browser is sent to the forge and comes back with a code; the code, with what only we know, is exchanged for a token that asks
//! once who it is of. The token is dropped with that answer: what an account may do is asked as ourselves.

use super::super::ForgeError;
use super::wire::{Ask, build, builder, encoded, send, strange};
use super::{SetupError, shapes};
use crate::secret::Secret;
use http::Method;
use serde_json::json;

/// Longest code taken; GitHub's have twenty characters.
const CODE_BYTES_MAX: usize = 200;
/// Longest token taken.
const TOKEN_BYTES_MAX: usize = 1_000;
/// Longest login; GitHub's have at most 39 characters, an Enterprise server's some more.
const LOGIN_BYTES_MAX: usize = 100;

/// The forge, as it lets people log in.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its address for browsers, without a slash at its end.
    web_url: String,
    api_url: String,
    client_id: String,
    client_secret: Secret,
}

impl Login {
    /// The forge at these addresses, and what we are called there.
    pub fn new(web_url: &str, api_url: &str, client_id: &str, client_secret: &Secret) -> Login {
        let (web_url, api_url) = (web_url.trim_end_matches('/').to_owned(), api_url.to_owned());
        Login { web_url, api_url, client_id: client_id.to_owned(), client_secret: client_secret.clone() }
    }

    /// Where the browser is sent. `challenge` is the SHA-256 of the verifier that [`Login::who`] is given, as RFC 7636 writes it (S256).
    pub fn ask(&self, redirect_uri: &str, state: &str, challenge: &str) -> String {
        format!(
            "{}/login/oauth/authorize?client_id={}&redirect_uri={}&state={}&code_challenge={}&code_challenge_method=S256",
            self.web_url,
            encoded(&self.client_id),
            encoded(redirect_uri),
            encoded(state),
            encoded(challenge)
        )
    }

    /// Gives the code back for the account's login. A code works once, within ten minutes.
    pub async fn who(&self, code: &str, verifier: &str, redirect_uri: &str) -> Result<String, ForgeError> {
        let what = "who logs in";
        let invalid = |detail: &str| ForgeError::Invalid { what: what.into(), status: 0, detail: detail.into() };
        if code.is_empty() || code.len() > CODE_BYTES_MAX {
            return Err(invalid("the code is empty or too long"));
        }
        let client = |url: &str| builder(url).and_then(build).map_err(|error: SetupError| strange(what, &error.to_string()));
        let body = json!({
            "client_id": self.client_id, "client_secret": self.client_secret.expose(), "code": code, "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        });
        let ask = Ask::write(Method::POST, what, "/login/oauth/access_token".into(), body).accept("application/json");
        // A refusal is answered with 200, too.
        let given: shapes::UserToken = send(&client(&self.web_url)?, ask).await?.json()?;
        let token = given.access_token.filter(|token| !token.is_empty() && token.len() <= TOKEN_BYTES_MAX);
        let Some(token) = token else { return Err(invalid(given.error.as_deref().unwrap_or("the forge gave no token"))) };
        let client = client(&self.api_url)?.user_access_token(token).map_err(|_| strange(what, "the token has characters no token has"))?;
        let account: shapes::Account = send(&client, Ask::get(what, "/user".into())).await?.json()?;
        let good =
            !account.login.is_empty() && account.login.len() <= LOGIN_BYTES_MAX && account.login.bytes().all(|b| b.is_ascii_graphic());
        if good { Ok(account.login) } else { Err(strange(what, "the account has no login")) }
    }
}
