//! Orders from the page of a run: cancel, weigh again, approve. Here it is only made sure that a page of ours sent the form, for
//! somebody who is logged in; `work::order` asks the forge what the account may do, and does it.

use super::access::{About, Sight};
use super::dashboard::{self, Top};
use super::login::{FORM_BYTES_MAX, NOT_OWN, form, is_own_form};
use super::peer::Peer;
use super::{ApiError, App};
use crate::forge::{Forge, Role};
use crate::secret::sha256_hex;
use crate::store::{audit, commands, pages, projects, stored};
use crate::work::order::page::{self, ONCE_DIGITS, PageOrder, What};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ounce_protocol::ids::RepoName;
use std::time::{Duration, Instant};

/// How long an answer waits to tell what came of an order; the page tells it later all the same.
pub const WAIT_MS_MAX: u64 = 3_000;
/// How often it looks.
const LOOK_MS: u64 = 50;

/// The routes.
pub fn routes<F: Forge>() -> Router<App<F>> {
    Router::new()
        .route("/runs/{id}/cancel", post(cancel::<F>))
        .route("/runs/{id}/run", post(run::<F>))
        .route("/runs/{id}/approve", post(approve::<F>))
        .route("/jobs/{id}/retry", post(retry::<F>))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}

/// Whether this is what tells one form from another.
pub fn is_once(text: &str) -> bool {
    text.len() == ONCE_DIGITS && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A form as it came.
struct Form {
    sight: Sight,
    from: Peer,
    run: i64,
    headers: HeaderMap,
    body: Bytes,
}

async fn cancel<F: Forge>(
    State(app): State<App<F>>,
    sight: Sight,
    from: Peer,
    Path(run): Path<i64>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    order(&app, Form { sight, from, run, headers, body }, |_| Some(What::Cancel)).await
}

async fn run<F: Forge>(
    State(app): State<App<F>>,
    sight: Sight,
    from: Peer,
    Path(run): Path<i64>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    order(&app, Form { sight, from, run, headers, body }, |_| Some(What::Run)).await
}

/// Exactly the commit that the page of the run shows.
async fn approve<F: Forge>(
    State(app): State<App<F>>,
    sight: Sight,
    from: Peer,
    Path(run): Path<i64>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    order(&app, Form { sight, from, run, headers, body }, |row| stored(&row.shown_sha).ok().map(What::Approve)).await
}

/// The board of a job that failed, where its run is over.
async fn retry<F: Forge>(
    State(app): State<App<F>>,
    sight: Sight,
    from: Peer,
    Path(job): Path<i64>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let found = pages::job(&mut *app.cx.store.connection().await?, job).await?;
    let Some((job, _)) = found else { return Ok(dashboard::nothing_there(About::Job, &sight)) };
    if job.state != "failed" {
        let text = "Only a board that failed is weighed again by itself; the run's page offers to weigh all of them again.";
        return Ok(dashboard::message(StatusCode::CONFLICT, Top::of(&sight), "Not done", text));
    }
    let board = stored(&job.board)?;
    order(&app, Form { sight, from, run: job.run_id, headers, body }, |_| Some(What::Retry(board))).await
}

async fn order<F: Forge>(app: &App<F>, given: Form, what: impl FnOnce(&pages::RunRow) -> Option<What>) -> Result<Response, ApiError> {
    let Form { sight, from, run, headers, body } = given;
    let says = |status, text: &str| Ok(dashboard::message(status, Top::of(&sight), "Not done", text));
    let Some(person) = sight.viewer.person() else { return says(StatusCode::FORBIDDEN, "Log in first.") };
    let form = form(&body);
    let once = form.get("once").map_or("", String::as_str);
    if !is_own_form(app, &headers, &form, &person.csrf) || !is_once(once) {
        return says(StatusCode::FORBIDDEN, NOT_OWN);
    }
    let (now, key) = (app.cx.clock.now(), sha256_hex(&format!("orders of {}", person.login)));
    app.guesses.may(from.0, &key, now).map_err(ApiError::TooMany)?;
    let mut c = app.cx.store.connection().await?;
    let row = pages::run(&mut c, run).await?;
    let of_pull =
        row.and_then(|(row, repo, _)| Some((u64::try_from(row.pull_number?).ok()?, what(&row)?, repo)).filter(|_| row.kind == "pull"));
    let Some((pull, what, repo)) = of_pull else { return says(StatusCode::NOT_FOUND, "This run is of no pull request.") };
    let repo: RepoName = stored(&repo)?;
    // Who may not as of a moment ago is not asked about again, and leaves no delivery; the planner asks afresh about who may.
    let role = sight.role.unwrap_or(Role::None);
    if role < Role::Write {
        app.guesses.wrong(from.0, &key, now);
        let (command, target) = (what.command().to_string(), format!("{repo}#{pull}"));
        let result = format!("refused: the account has no write access ({})", role.word());
        let done = audit::Done { who: &person.login, what: &command, target: &target, origin: "page", result: &result };
        audit::note(&mut c, done, now).await?;
        return says(StatusCode::FORBIDDEN, "The forge says that your account has no write access to this repository.");
    }
    let project = projects::find(&mut c, &repo).await?.ok_or(crate::store::StoreError::RowNotFound)?;
    let (_, branch) = projects::repo(&mut c, project).await?;
    drop(c);
    let order = PageOrder { repository: page::repository(repo, branch), pull, login: person.login.clone(), once: once.to_owned(), what };
    page::note(&app.cx, &order).await?;
    let (source, end) = (page::source(&person.login, once), Instant::now() + Duration::from_millis(WAIT_MS_MAX));
    while Instant::now() < end && commands::came_of(&mut *app.cx.store.connection().await?, project, &source).await?.is_none() {
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
    let location = HeaderValue::try_from(format!("/runs/{run}?asked={once}")).expect("digits");
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}
