//! A route without a line in the table is there for nobody.

use super::ROUTES;
use crate::clock::Clock;
use crate::config::Keep;
use crate::forge::github::GitHub;
use crate::store::Store;
use crate::web::{App, guarded};
use crate::work::{Context, Wake};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

#[tokio::test]
async fn a_route_that_says_not_what_it_is_about_is_there_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("ounce.db")).await.unwrap();
    store.migrate().await.unwrap();
    let cx = Context {
        store,
        forge: GitHub::with_token("http://127.0.0.1:9", "http://127.0.0.1:9", "none").unwrap(),
        clock: Clock::default(),
        wake: Arc::new(Wake::default()),
        stopping: watch::channel(false).1,
        projects: Vec::new(),
        public_url: None,
        keep: Keep::default(),
        started_ms: 0,
    };
    let routes = Router::new().route("/p/{owner}/{name}/new", get(|| async { "secret" })).route("/healthz", get(|| async { "ok" }));
    let router = guarded(routes, App::new(Arc::new(cx), &[]));
    for (path, status) in [("/p/acme/blinky/new", StatusCode::NOT_FOUND), ("/healthz", StatusCode::OK)] {
        let answer = router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
}

#[test]
fn each_route_has_one_line() {
    let paths: BTreeSet<&str> = ROUTES.iter().map(|(path, _)| *path).collect();
    assert_eq!(paths.len(), ROUTES.len());
}
