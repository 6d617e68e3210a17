//! How a person logs in somewhere else: the browser is sent here and back with a code, which is exchanged for a token of that person.
//!
//! Whose browser it is, is said by [`crate::Double::browser_of`]; who is there agrees at once.

use super::error::{ApiError, ApiResult};
use crate::double::World;
use crate::state::Token;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// The App's client id.
pub const CLIENT_ID: &str = "Iv1.d0b1e";
/// The App's client secret. It is public on purpose: it opens nothing but this double.
pub const CLIENT_SECRET: &str = "double-client-secret";

/// What somebody agreed to, until its code is used.
#[derive(Debug, Clone)]
pub struct Grant {
    login: String,
    redirect_uri: String,
    challenge: Option<String>,
}

/// `GET /login/oauth/authorize`
pub async fn authorize(State(world): State<Arc<World>>, query: Query<HashMap<String, String>>) -> ApiResult<Response> {
    let field = |name: &str| query.get(name).cloned().unwrap_or_default();
    let redirect_uri = field("redirect_uri");
    if field("client_id") != CLIENT_ID || redirect_uri.is_empty() {
        return Err(ApiError::not_found());
    }
    if query.contains_key("code_challenge") && field("code_challenge_method") != "S256" {
        return Err(ApiError::unprocessable("code_challenge_method must be S256"));
    }
    let answer = {
        let mut state = world.state();
        match state.browser.clone() {
            None => "error=access_denied&error_description=The+user+has+denied+your+application+access.".to_owned(),
            Some(login) => {
                let code = format!("{:020x}", state.next_id());
                state.grants.insert(
                    code.clone(),
                    Grant { login, redirect_uri: redirect_uri.clone(), challenge: query.get("code_challenge").cloned() },
                );
                format!("code={code}")
            }
        }
    };
    let back = format!("{redirect_uri}?{answer}&state={}", field("state"));
    Ok((StatusCode::FOUND, [(header::LOCATION, back)]).into_response())
}

/// `POST /login/oauth/access_token`, JSON in, JSON out. A refusal is 200, as GitHub's is.
pub async fn access_token(State(world): State<Arc<World>>, body: Bytes) -> ApiResult<Json<Value>> {
    let asked = super::parse(&body)?;
    let field = |name: &str| asked[name].as_str().unwrap_or_default();
    let refused = |error: &str| Ok(Json(json!({ "error": error, "error_description": "refused", "error_uri": "https://docs.github.com" })));
    if field("client_id") != CLIENT_ID || field("client_secret") != CLIENT_SECRET {
        return refused("incorrect_client_credentials");
    }
    let mut state = world.state();
    let Some(grant) = state.grants.remove(field("code")) else { return refused("bad_verification_code") };
    let verified =
        grant.challenge.is_none_or(|challenge| challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier").as_bytes())));
    if !verified {
        return refused("bad_verification_code");
    }
    if grant.redirect_uri != field("redirect_uri") {
        return refused("redirect_uri_mismatch");
    }
    state.user(&grant.login);
    let token = format!("ghu_{}_{}", grant.login, state.next_id());
    state.tokens.insert(token.clone(), Token::User(grant.login));
    Ok(Json(json!({ "access_token": token, "token_type": "bearer", "scope": "" })))
}
