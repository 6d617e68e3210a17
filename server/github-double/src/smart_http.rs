//! Git over HTTP by the real `git http-backend`, run as a CGI child for each request.
//!
//! Reading a public repository needs no token; a private one, and every push, needs one as the password of Basic authentication.

use crate::api::auth::{actor_of_token, may_read, may_write};
use crate::double::World;
use crate::git;
use crate::state::key;
use anyhow::{Context, Result};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The largest request (a pushed pack).
const REQUEST_BYTES_MAX: usize = 256 * 1024 * 1024;
/// The largest answer (a fetched pack).
const RESPONSE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// `GET /{owner}/{repo}.git/info/refs`
pub async fn info_refs(State(world): State<Arc<World>>, Path((owner, repo)): Path<(String, String)>, request: Request) -> Response {
    serve(&world, &owner, &repo, "info/refs", request).await
}

/// `POST /{owner}/{repo}.git/git-upload-pack`
pub async fn upload_pack(State(world): State<Arc<World>>, Path((owner, repo)): Path<(String, String)>, request: Request) -> Response {
    serve(&world, &owner, &repo, "git-upload-pack", request).await
}

/// `POST /{owner}/{repo}.git/git-receive-pack`
pub async fn receive_pack(State(world): State<Arc<World>>, Path((owner, repo)): Path<(String, String)>, request: Request) -> Response {
    serve(&world, &owner, &repo, "git-receive-pack", request).await
}

async fn serve(world: &Arc<World>, owner: &str, repo: &str, service: &str, request: Request) -> Response {
    let full = key(owner, repo.strip_suffix(".git").unwrap_or(repo));
    let pushes = service == "git-receive-pack" || request.uri().query().is_some_and(|query| query.contains("git-receive-pack"));
    let actor = basic_password(request.headers()).and_then(|token| actor_of_token(world, &token));
    let known = world.state().repos.get(&full).cloned();
    let allowed = known.as_ref().is_some_and(|repo| match (&actor, pushes) {
        (Some(actor), true) => may_write(actor, repo, "contents"),
        (None, true) => false,
        (Some(actor), false) => !repo.private || may_read(actor, repo, "contents"),
        (None, false) => !repo.private,
    });
    let (Some(repo), true) = (known, allowed) else {
        // As GitHub: without credentials one is asked for some, with them it is as if the repository did not exist.
        return if actor.is_none() {
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")], "authentication required").into_response()
        } else {
            (StatusCode::NOT_FOUND, "Repository not found.").into_response()
        };
    };

    let before = if service == "git-receive-pack" { repo.bare.branches().await.ok() } else { None };
    let path = repo.bare.path().to_owned();
    let answer = match backend(&path, service, request).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!("git http-backend: {error:#}");
            return (StatusCode::INTERNAL_SERVER_ERROR, "git http-backend failed").into_response();
        }
    };
    if let Some(before) = before
        && let Err(error) = world.branches_moved(&full, &before, "pusher").await
    {
        tracing::error!("after a push: {error:#}");
    }
    answer
}

fn basic_password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    Some(text.split_once(':')?.1.to_owned())
}

/// Runs the CGI program for one request.
async fn backend(repository: &std::path::Path, service: &str, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, REQUEST_BYTES_MAX).await.context("reading the request")?;
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();

    let mut command = git::command();
    command.arg("http-backend");
    command
        .env("GIT_PROJECT_ROOT", repository)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{service}"))
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("QUERY_STRING", parts.uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_USER", "double")
        .env("REMOTE_ADDR", "127.0.0.1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("starting git http-backend")?;
    let mut stdin = child.stdin.take().context("its standard input")?;
    let stdout = child.stdout.take().context("its standard output")?;
    let mut stderr = child.stderr.take().context("its standard error")?;

    let write = async {
        // A backend that has heard enough closes its input: not an error of ours.
        let _ = stdin.write_all(&body).await;
        drop(stdin);
    };
    let mut answer = Vec::new();
    let mut complaint = String::new();
    let mut limited = stdout.take(RESPONSE_BYTES_MAX);
    let (_, read, _) = tokio::join!(write, limited.read_to_end(&mut answer), stderr.read_to_string(&mut complaint));
    read.context("reading its answer")?;
    let status = child.wait().await?;
    if !status.success() && answer.is_empty() {
        anyhow::bail!("{status}: {}", complaint.trim());
    }
    cgi_response(answer)
}

/// Splits a CGI answer into headers and body.
fn cgi_response(answer: Vec<u8>) -> Result<Response> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").context("a CGI answer without end of headers")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let body = Bytes::from(answer).slice(end + 4..);
    let mut response = Response::new(Body::from(body));
    for line in head.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split_whitespace().next().and_then(|code| code.parse().ok()).unwrap_or(500);
            *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        } else {
            response.headers_mut().append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
    }
    Ok(response)
}
