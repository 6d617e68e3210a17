//! GitHub's refusals, in GitHub's words.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// A refusal.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Value,
}

pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A status and a message.
    pub fn plain(status: StatusCode, message: &str) -> ApiError {
        let body = json!({ "message": message, "documentation_url": DOCUMENTATION, "status": status.as_u16().to_string() });
        ApiError { status, body }
    }
    /// 404.
    pub fn not_found() -> ApiError {
        ApiError::plain(StatusCode::NOT_FOUND, "Not Found")
    }
    /// 401 for a wrong token.
    pub fn bad_credentials() -> ApiError {
        ApiError::plain(StatusCode::UNAUTHORIZED, "Bad credentials")
    }
    /// 403.
    pub fn forbidden(message: &str) -> ApiError {
        ApiError::plain(StatusCode::FORBIDDEN, message)
    }
    /// 422 for one field.
    pub fn invalid(resource: &str, field: &str, message: &str) -> ApiError {
        let errors = json!([{ "resource": resource, "code": "custom", "field": field, "message": message }]);
        let body = json!({ "message": "Validation Failed", "errors": errors, "documentation_url": DOCUMENTATION, "status": "422" });
        ApiError { status: StatusCode::UNPROCESSABLE_ENTITY, body }
    }
    /// 422 with a sentence of its own.
    pub fn unprocessable(message: &str) -> ApiError {
        ApiError::plain(StatusCode::UNPROCESSABLE_ENTITY, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// The double's own trouble (git failing, say) is a 500 that says what it was: nobody's secret is in it.
impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> ApiError {
        tracing::error!("github-double: {error:#}");
        ApiError::plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("github-double: {error:#}"))
    }
}

/// Sets a header unless it is there already.
pub fn with_header(headers: &mut HeaderMap, name: &'static str, value: &str) {
    let name = HeaderName::from_static(name);
    if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}
