//! Any two commits against each other: the report unfolded, all owners of bytes that moved, the same as files.

mod board;
mod changes;
mod choices;
mod found;
mod view;

pub(super) use changes::{has_words, page_number};

use super::super::access::Sight;
use super::link::Asked;
use super::revision::{self, Revision, Side, Unresolved};
use super::{Page, PageError, Pages, Tab, Top, URLS, Urls, project_of, repo, shown};
use crate::store::pages;
use crate::work::compositions::NotComposed;
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use choices::{Candidate, Often, Word};
use found::{Found, Missing};
use ounce_protocol::ids::BoardName;
use ounce_protocol::manifest::nearest;
use std::collections::HashMap;
use view::Compared;

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/compare", get(page))
}

#[derive(Template)]
#[template(path = "compare.html")]
struct Compare {
    urls: &'static Urls,
    top: Top,
    repo: String,
    base: String,
    head: String,
    /// The board that is shown alone; empty for all.
    board: String,
    words: Vec<Word>,
    problem: Option<String>,
    candidates: Vec<Candidate>,
    often: Vec<Often>,
    result: Option<Compared>,
}

/// Why there is nothing to show, and how that is answered.
pub(super) struct Problem {
    pub status: StatusCode,
    pub text: String,
    pub candidates: Vec<Candidate>,
}

impl Problem {
    pub fn new(status: StatusCode, text: impl Into<String>) -> Problem {
        Problem { status, text: text.into(), candidates: Vec::new() }
    }
}

/// What is said where there is no comparison.
fn nothing(missing: Missing) -> Result<Answer, PageError> {
    let status = match missing {
        Missing::NoManifest => StatusCode::NOT_FOUND,
        Missing::NotComposed(NotComposed::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Missing::NotComposed(NotComposed::TooMany(_)) => StatusCode::BAD_REQUEST,
        Missing::NotComposed(NotComposed::Store(error)) => return Err(PageError::Internal(error)),
    };
    Ok(Answer::Problem(Problem::new(status, missing.text())))
}

/// What is answered.
enum Answer {
    Page(Box<Compared>),
    File(Response),
    Problem(Problem),
}

async fn page(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    Query(asked): Query<HashMap<String, String>>,
    sight: Sight,
) -> Result<Response, PageError> {
    let (asked, repo) = (Asked(asked), repo(&owner, &name)?);
    let project = project_of(&mut *state.store.connection().await?, &repo).await?;
    let answer = match asked.has("base") || asked.has("head") {
        true => Some(answer(&state, &project, &repo, &asked).await?),
        false => None,
    };
    let (result, problem) = match answer {
        Some(Answer::File(response)) => return Ok(response),
        Some(Answer::Page(result)) => (Some(*result), None),
        Some(Answer::Problem(problem)) => (None, Some(problem)),
        None => (None, None),
    };
    let mut c = state.store.connection().await?;
    let words = choices::words(&mut c, &project).await?;
    let often = if result.is_none() { choices::often(&mut c, &project).await? } else { Vec::new() };
    drop(c);
    let word = |key: &str| ounce_report::visible(asked.text(key), revision::WORD_BYTES_MAX);
    let (status, problem, candidates) = match problem {
        Some(problem) => (problem.status, Some(problem.text), problem.candidates),
        None => (StatusCode::OK, None, Vec::new()),
    };
    let page = Page::of(&Compare {
        urls: &URLS,
        top: Top::of_project(&sight, &project.repo, Tab::Compare),
        base: word("base"),
        head: word("head"),
        board: word("board"),
        words,
        problem,
        candidates,
        often,
        result,
        repo: project.repo,
    })?;
    Ok((status, page).into_response())
}

async fn answer(state: &Pages, project: &pages::Project, repo: &ounce_protocol::ids::RepoName, asked: &Asked) -> Result<Answer, PageError> {
    const FORMATS: [(&str, &str); 4] = [("page", ""), ("csv", ""), ("json", ""), ("md", "")];
    let bad = |text: String| Ok(Answer::Problem(Problem::new(StatusCode::BAD_REQUEST, format!("{}.", text.trim_end_matches('.')))));
    let format = match super::link::choose("format", asked.text("format"), &FORMATS) {
        Ok(formats) => formats.into_iter().find(|format| format.is_chosen).map_or("page", |format| format.value),
        Err(why) => return bad(why),
    };
    let filter = match changes::Filter::of(asked) {
        Ok(filter) => filter,
        Err(why) => return bad(why),
    };
    let board = match asked.text("board") {
        "" => None,
        text => match BoardName::parse(text) {
            Ok(board) => Some(board),
            Err(error) => return bad(error.to_string()),
        },
    };
    let base = match found(revision::resolve(state, project, repo, (asked.text("base"), Side::Base), true).await)? {
        Ok(base) => base,
        Err(problem) => return Ok(Answer::Problem(problem)),
    };
    let head = match found(revision::resolve(state, project, repo, (asked.text("head"), Side::Head), true).await)? {
        Ok(head) => head,
        Err(problem) => return Ok(Answer::Problem(problem)),
    };
    if base.sha == head.sha {
        let same = format!("Both are {}: nothing to compare. Choose another base or another head.", base.sha);
        return Ok(Answer::Problem(Problem::new(StatusCode::BAD_REQUEST, same)));
    }
    let found = match found::find(state, project, (&base, &head), board.as_ref()).await {
        Ok(found) => found,
        Err(missing) => return nothing(missing),
    };
    if let Some(board) = &board
        && !found.comparison.boards.iter().any(|there| there.board == *board)
    {
        let near = nearest(board.as_str(), found.comparison.boards.iter().map(|b| b.board.as_str()));
        let text =
            format!("There is no board {:?} in this comparison{} Without board= there are all.", board.as_str(), super::link::ended(&near));
        return Ok(Answer::Problem(Problem::new(StatusCode::NOT_FOUND, text)));
    }
    Ok(match format {
        "page" => {
            let now = state.clock.now();
            let view = tokio::task::spawn_blocking({
                let (repo, asked) = (project.repo.clone(), view::kept(asked));
                move || view::compared(&repo, [&base, &head], &found, board.as_ref(), &filter, &asked, now)
            });
            Answer::Page(Box::new(view.await.map_err(|e| crate::store::StoreError::Decode(Box::new(e)))?))
        }
        format => Answer::File(file(format, repo.name(), &found, board.as_ref())?),
    })
}

/// What a word was found to mean, or what is said instead.
pub(super) fn found(resolved: Result<Revision, Unresolved>) -> Result<Result<Revision, Problem>, PageError> {
    Ok(match resolved {
        Ok(revision) => Ok(revision),
        Err(Unresolved::Wrong(text)) => Err(Problem::new(StatusCode::BAD_REQUEST, text)),
        Err(Unresolved::Unknown(text)) => Err(Problem::new(StatusCode::NOT_FOUND, text)),
        Err(Unresolved::Several(text, commits)) => {
            let candidates = commits.into_iter().map(|commit| Candidate { summary: shown(&commit.summary), sha: commit.sha }).collect();
            Err(Problem { candidates, ..Problem::new(StatusCode::NOT_FOUND, text) })
        }
        Err(Unresolved::Store(error)) => return Err(error.into()),
    })
}

/// The comparison as a file.
fn file(format: &str, name: &str, found: &Found, board: Option<&BoardName>) -> Result<Response, PageError> {
    let comparison = &found.comparison;
    let stem = format!("{name}-{}-{}", comparison.base.short(), comparison.head.short());
    Ok(match format {
        "csv" => {
            let boards = comparison.boards.iter().filter(|there| board.is_none_or(|board| there.board == *board));
            let stem = board.map_or_else(|| stem.clone(), |board| format!("{stem}-{board}"));
            download(&format!("{stem}.csv"), "text/csv; charset=utf-8", ounce_report::comparison_csv(boards))
        }
        "json" => {
            let text = serde_json::to_string_pretty(comparison.as_ref()).map_err(|e| crate::store::StoreError::Encode(Box::new(e)))?;
            download(&format!("{stem}.json"), "application/json", text + "\n")
        }
        _ => download(&format!("{stem}.md"), "text/markdown; charset=utf-8", ounce_report::body(comparison)),
    })
}

/// A file with its name: of names that are safe in one.
pub(super) fn download(name: &str, kind: &'static str, text: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers: [(HeaderName, String); 3] = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (headers, text).into_response()
}
