//! How an App is made from a manifest: what the form holds, and the exchange of the code that comes back.

use super::super::ForgeError;
use super::wire::{Ask, build, builder, encoded, send, strange};
use super::{SetupError, shapes};
use crate::secret::Secret;
use serde_json::{Value, json};

/// Longest code taken; GitHub's have some forty characters.
const CODE_BYTES_MAX: usize = 200;
/// What the App may do: no more than the server's own work asks for.
const PERMISSIONS: [(&str, &str); 4] = [("checks", "write"), ("contents", "read"), ("metadata", "read"), ("pull_requests", "write")];
/// The events it hears of. `installation` and `installation_repositories` come to every App by themselves.
const EVENTS: [&str; 5] = ["check_run", "check_suite", "issue_comment", "pull_request", "push"];

/// An App just made.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// Its number.
    pub id: u64,
    /// Its page, from which it is installed.
    pub html_url: String,
    /// Its private key, PEM.
    pub key: Secret,
    /// What signs its webhooks.
    pub webhook_secret: Secret,
    /// Its client id and secret, a line each: with them people log in.
    pub client: Secret,
}

/// The manifest of the App of a server at this public URL.
pub fn manifest(public_url: &str, webhook_path: &str, callback_path: &str, login_path: &str) -> Value {
    let permissions: serde_json::Map<String, Value> = PERMISSIONS.iter().map(|(name, level)| ((*name).to_owned(), json!(level))).collect();
    json!({
        "name": "Ounce",
        "url": public_url,
        "description": "Says what a pull request costs on each board, in bytes and instructions.",
        "hook_attributes": { "url": format!("{public_url}{webhook_path}"), "active": true },
        "redirect_url": format!("{public_url}{callback_path}"),
        "callback_urls": [format!("{public_url}{login_path}")],
        "request_oauth_on_install": false,
        "public": false,
        "default_permissions": permissions,
        "default_events": EVENTS,
    })
}

/// Gives the code back for the App. A code works once, within an hour.
pub async fn exchange(api_url: &str, code: &str) -> Result<NewApp, ForgeError> {
    let what = "the new App";
    if code.is_empty() || code.len() > CODE_BYTES_MAX {
        return Err(ForgeError::Invalid { what: what.into(), status: 0, detail: "the code is empty or too long".into() });
    }
    let client = builder(api_url).and_then(build).map_err(|error: SetupError| strange(what, &error.to_string()))?;
    let ask = Ask::post(what, format!("/app-manifests/{}/conversions", encoded(code)));
    let made: shapes::NewApp = send(&client, ask).await?.json()?;
    let (key, webhook_secret) = (Secret::new(&made.pem), Secret::new(made.webhook_secret.as_deref().unwrap_or("")));
    if key.is_empty() || webhook_secret.is_empty() {
        return Err(strange(what, "it has no private key, or no webhook secret"));
    }
    let client = Secret::new(&format!("{}\n{}", made.client_id, made.client_secret));
    Ok(NewApp { id: made.id, html_url: made.html_url, key, webhook_secret, client })
}
