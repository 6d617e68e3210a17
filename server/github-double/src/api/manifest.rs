//! How an App is made from a manifest: a form in a browser, a code in the redirect, an exchange. There is one App to hand out.

use super::error::{ApiError, ApiResult};
use crate::double::{WebhookConfig, World};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// A manifest somebody agreed to, until its code is used.
#[derive(Debug, Clone)]
pub struct Agreed {
    webhook_url: String,
    name: String,
}

fn invalid(field: &str, message: &str) -> ApiError {
    ApiError::invalid("Integration", field, message)
}

/// `POST /settings/apps/new?state=` with the form field `manifest`: here everybody agrees at once, and is sent back with a code.
pub async fn create(State(world): State<Arc<World>>, query: Query<HashMap<String, String>>, bytes: Bytes) -> ApiResult<Response> {
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let uri: Uri = format!("/?{text}").parse().map_err(|_| ApiError::unprocessable("the form cannot be read"))?;
    let form = Query::<HashMap<String, String>>::try_from_uri(&uri).map_err(|_| ApiError::unprocessable("the form cannot be read"))?;
    let manifest: Value = form.get("manifest").and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let text = |path: &str| manifest.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let redirect = text("/redirect_url").ok_or_else(|| invalid("redirect_url", "redirect_url is missing"))?;
    let webhook_url = text("/hook_attributes/url").ok_or_else(|| invalid("hook_attributes", "hook_attributes.url is missing"))?;
    text("/url").ok_or_else(|| invalid("url", "url is missing"))?;
    let known = ["checks", "contents", "issues", "metadata", "pull_requests", "statuses"];
    for (name, level) in manifest["default_permissions"].as_object().into_iter().flatten() {
        if !known.contains(&name.as_str()) || !matches!(level.as_str(), Some("read" | "write")) {
            return Err(invalid("default_permissions", &format!("{name}: {level} is not a permission of this App")));
        }
    }
    let name = text("/name").unwrap_or_else(|| "ounce".into());
    let code = {
        let mut state = world.state();
        let code = format!("c0de{:x}", state.next_id());
        state.agreed.insert(code.clone(), Agreed { webhook_url, name });
        code
    };
    let back = format!("{redirect}?code={code}&state={}", query.get("state").map_or("", String::as_str));
    Ok((StatusCode::FOUND, [(header::LOCATION, back)]).into_response())
}

/// `POST /app-manifests/{code}/conversions`, without any token: the code is the proof, and good once.
pub async fn convert(State(world): State<Arc<World>>, Path(code): Path<String>) -> ApiResult<(StatusCode, Json<Value>)> {
    let agreed = world.state().agreed.remove(&code).ok_or_else(ApiError::not_found)?;
    let app = world.app.as_ref().ok_or_else(ApiError::not_found)?;
    let secret = format!("hook-{code}");
    world.set_webhook(Some(WebhookConfig { url: agreed.webhook_url, secret: secret.clone() }));
    let mut answer = crate::shape::app(&world.base_url, &mut world.state(), app);
    let own = [
        ("name", agreed.name),
        ("client_secret", super::oauth::CLIENT_SECRET.to_owned()),
        ("webhook_secret", secret),
        ("pem", app.pem.clone()),
    ];
    for (name, value) in own {
        answer[name] = value.into();
    }
    Ok((StatusCode::CREATED, Json(answer)))
}
