//! `/healthz`: the process answers. `/readyz`: its database answers too, and has the tables this program knows.

use super::App;
use crate::forge::Forge;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

/// The two routes.
pub fn routes<F: Forge>() -> Router<App<F>> {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready::<F>))
}

async fn ready<F: Forge>(State(app): State<App<F>>) -> (StatusCode, &'static str) {
    match app.cx.store.is_current().await {
        Ok(true) => (StatusCode::OK, "ready\n"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the database is of another version: run `ounce-server migrate`\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
