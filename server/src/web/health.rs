//! `/healthz`: the process answers. `/readyz`: its database answers too, and has the tables this program knows.
//!
//! [`ask`] is the other side, for `ounce-server ready`: an image without a shell or curl has no other way to ask.

use super::App;
use crate::forge::Forge;
use anyhow::{Context as _, bail};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Whether a server may be sent requests.
pub const READY_PATH: &str = "/readyz";
/// How long the database may take to answer; whoever asks has limits of their own, of a few seconds as a rule.
pub const DATABASE_MS_MAX: u64 = 2_000;
/// How long [`ask`] waits for an answer.
pub const ASK_MS_MAX: u64 = 4_000;
/// Longest answer that [`ask`] reads.
const ANSWER_BYTES_MAX: u64 = 4_096;

/// The two routes.
pub fn routes<F: Forge>() -> Router<App<F>> {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route(READY_PATH, get(ready::<F>))
}

/// The same for a server that only offers the setup page: it has no database yet, and is ready for that.
pub fn routes_of_setup<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let ok = || async { "ready to make the App\n" };
    Router::new().route("/healthz", get(ok)).route(READY_PATH, get(ok))
}

async fn ready<F: Forge>(State(app): State<App<F>>) -> (StatusCode, &'static str) {
    if *app.cx.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n");
    }
    let away = (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n");
    match tokio::time::timeout(Duration::from_millis(DATABASE_MS_MAX), app.cx.store.is_current()).await {
        Ok(Ok(true)) => (StatusCode::OK, "ready\n"),
        Ok(Ok(false)) => (StatusCode::SERVICE_UNAVAILABLE, "the database is of another version: run `ounce-server migrate`\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            away
        }
        Err(_) => {
            tracing::warn!("not ready: the database did not answer within {} s", DATABASE_MS_MAX / 1000);
            away
        }
    }
}

/// Asks the server that listens there whether it is ready; gives its answer.
///
/// # Errors
/// Where nobody listens there, it does not answer in time, or it is not ready.
pub async fn ask(listen: SocketAddr) -> anyhow::Result<String> {
    let addr = SocketAddr::new(reachable(listen.ip()), listen.port());
    let asking = async {
        let mut stream = TcpStream::connect(addr).await?;
        let request = format!("GET {READY_PATH} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
        std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = tokio::time::timeout(Duration::from_millis(ASK_MS_MAX), asking).await;
    let answer = answer.with_context(|| format!("{addr} did not answer within {} s", ASK_MS_MAX / 1000))?;
    let answer = answer.with_context(|| format!("asking the server at {addr}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.split(' ').nth(1) != Some("200") {
        bail!("the server at {addr} is not ready: {}", body.trim_end());
    }
    Ok(body.trim_end().to_owned())
}

/// Who listens on all addresses is reached on this machine's own.
fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}
