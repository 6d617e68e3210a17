//! The steps of figures as an Atom feed (RFC 4287): one entry for each commit at which one of them changed, the newest first.
//!
//! It takes the same address as the chart: who follows a chart follows just its figures.

use super::super::series::{Happened, Loaded, steps, title};
use super::series::selected;
use super::words::rfc3339;
use super::{PageError, Pages, project_of, repo, short, shown};
use crate::store::figures;
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Commits told of, the newest.
const ENTRIES_MAX: usize = 50;
/// Lines of one entry; the chart has the rest.
const LINES_MAX: usize = 24;
/// Steps looked at.
const STEPS_MAX: usize = 2_000;
/// How long a reader may keep it, seconds.
const KEPT_S: u32 = 300;

#[derive(Template)]
#[template(path = "steps.atom.xml")]
struct Feed {
    id: String,
    title: String,
    /// Before each address; empty where the server does not know its own, then they are relative.
    root: String,
    repo: String,
    query: String,
    updated: String,
    entries: Vec<Entry>,
}

struct Entry {
    id: String,
    sha: String,
    title: String,
    author: String,
    updated: String,
    lines: Vec<String>,
    more: usize,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/steps.atom", get(feed))
}

async fn feed(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let repo = repo(&owner, &name)?;
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let known = figures::keys(&mut c, project.id).await?;
    let (selection, loaded) = selected(&mut c, project.id, &known, query.as_deref()).await?;
    drop(c);
    let entries = entries(state.public_url.as_deref().unwrap_or_default(), &project.repo, &loaded);
    let newest = loaded.commits.last().map_or(0, |commit| commit.committed_ms);
    let root = state.public_url.unwrap_or_default();
    let feed = Feed {
        id: name_of(&root, &format!("/p/{}/steps.atom?{}", project.repo, selection.query())),
        title: format!("{}: {}", project.repo, title(&selection.keys)),
        updated: entries.first().map_or_else(|| rfc3339(newest), |entry| entry.updated.clone()),
        query: selection.query(),
        repo: project.repo,
        entries,
        root,
    };
    let xml = feed.render().map_err(|error| PageError::Internal(crate::store::StoreError::Encode(Box::new(error))))?;
    let kept = format!("max-age={KEPT_S}");
    Ok(([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8".to_owned()), (header::CACHE_CONTROL, kept)], xml).into_response())
}

/// The name by which a reader knows a feed or an entry again: an address where the server knows its own, else a tag (RFC 4151).
fn name_of(root: &str, path: &str) -> String {
    match root {
        "" => format!("tag:localhost,2026:{path}"),
        root => format!("{root}{path}"),
    }
}

/// One for each commit, the newest first.
fn entries(root: &str, repo: &str, loaded: &Loaded) -> Vec<Entry> {
    let steps = steps(loaded, STEPS_MAX);
    let by_commit: Vec<&[Happened]> = steps.chunk_by(|a, b| a.commit == b.commit).collect();
    by_commit.iter().rev().take(ENTRIES_MAX).map(|happened| entry(root, repo, loaded, happened)).collect()
}

fn entry(root: &str, repo: &str, loaded: &Loaded, happened: &[Happened]) -> Entry {
    let commit = &loaded.commits[happened[0].commit];
    let of = loaded.pulls.get(&commit.sha).map(|number| format!(" (#{number})")).unwrap_or_default();
    Entry {
        id: name_of(root, &format!("/p/{repo}/commits/{}#steps", commit.sha)),
        title: format!("{} {}{of}", short(&commit.sha), shown(&commit.summary)),
        author: if commit.author.is_empty() { "unknown".into() } else { shown(&commit.author) },
        updated: rfc3339(commit.committed_ms),
        lines: happened.iter().take(LINES_MAX).map(|step| shown(&step.title)).collect(),
        more: happened.len().saturating_sub(LINES_MAX),
        sha: commit.sha.clone(),
    }
}
