//! The search at the top of every page: a commit by its first digits, a pull request by number, a symbol of the project one is in, a project.

use super::super::access::Sight;
use super::link::Link;
use super::words::{When, when};
use super::{Page, PageError, Pages, Top, URLS, Urls, short, shown};
use crate::store::{life, pages, search};
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use ounce_protocol::ids::RepoName;
use serde::Deserialize;

/// Longest text that is looked for, in characters.
const WORDS_CHARS_MAX: usize = 200;
/// Symbols listed.
const SYMBOLS_MAX: i64 = 20;
/// Digits from which on a word may be a commit.
const DIGITS_MIN: usize = 4;

#[derive(Template)]
#[template(path = "search.html")]
struct Search {
    urls: &'static Urls,
    top: Top,
    words: String,
    within: String,
    commits: Vec<Commit>,
    pulls: Vec<Pull>,
    symbols: Vec<Symbol>,
    all_symbols: String,
    projects: Vec<String>,
}

struct Commit {
    repo: String,
    sha: String,
    short: String,
    summary: String,
    when: When,
}

struct Pull {
    repo: String,
    title: String,
    href: String,
}

struct Symbol {
    name: String,
    group: String,
    href: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default, rename = "in")]
    within: String,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/search", get(page))
}

async fn page(State(state): State<Pages>, Query(asked): Query<Asked>, sight: Sight) -> Result<Response, PageError> {
    let words: String = asked.q.trim().chars().filter(|c| !c.is_control()).take(WORDS_CHARS_MAX).collect();
    let mut c = state.store.connection().await?;
    // The project one comes from, where it may be seen by who asks; any other is as none.
    let within = match RepoName::parse(&asked.within) {
        Ok(repo) if pages::projects(&mut c, &sight.also).await?.iter().any(|project| project.repo == repo.to_string()) => Some(repo),
        _ => None,
    };
    let project = match &within {
        Some(repo) => pages::project(&mut c, repo).await?,
        None => None,
    };
    let repo = project.as_ref().map_or("", |project| project.repo.as_str());
    let digits = words.to_ascii_lowercase();
    let is_commit = (DIGITS_MIN..=40).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let commits = if is_commit { search::commits(&mut c, &sight.also, &digits, repo).await? } else { Vec::new() };
    let number = words.strip_prefix('#').unwrap_or(&words).parse().ok().filter(|n: &i64| *n > 0);
    let pulls = match number {
        Some(number) => search::pulls(&mut c, &sight.also, number, repo).await?,
        None => Vec::new(),
    };
    let symbols = match &project {
        Some(project) if !words.is_empty() => life::search(&mut c, project.id, &words, SYMBOLS_MAX).await?,
        _ => Vec::new(),
    };
    let projects = if words.is_empty() { Vec::new() } else { search::projects(&mut c, &sight.also, &words).await? };
    // What can be meant by only one thing is gone to.
    if let ([only], [], []) = (commits.as_slice(), pulls.as_slice(), symbols.as_slice()) {
        return Ok(Redirect::to(&format!("/p/{}/commits/{}", only.repo, only.sha)).into_response());
    }
    if let ([], [only], true) = (commits.as_slice(), pulls.as_slice(), words.starts_with('#'))
        && let Some(run) = only.run_id
    {
        return Ok(Redirect::to(&format!("/runs/{run}")).into_response());
    }
    let now = state.clock.now();
    let symbols_of = Link::to(format!("/p/{repo}/symbols"));
    let symbol = |row: life::SymbolRow| Symbol {
        href: Link::to(format!("/p/{repo}/symbol")).with("name", &row.name).to_string(),
        name: shown(&row.name),
        group: shown(&row.grp),
    };
    let top = match &project {
        Some(project) => Top::of_project(&sight, &project.repo, None),
        None => Top::of(&sight),
    };
    let page = Page::of(&Search {
        urls: &URLS,
        top,
        all_symbols: symbols_of.with("q", &words).to_string(),
        within: repo.to_owned(),
        commits: commits
            .into_iter()
            .map(|row| Commit {
                short: short(&row.sha),
                summary: shown(&row.summary),
                when: when(row.committed_ms, now),
                repo: row.repo,
                sha: row.sha,
            })
            .collect(),
        pulls: pulls
            .into_iter()
            .map(|row| Pull {
                href: match row.run_id {
                    Some(run) => format!("/runs/{run}"),
                    None => Link::to(format!("/p/{}/runs", row.repo)).with("pull", &number.unwrap_or(0).to_string()).to_string(),
                },
                title: shown(&row.title),
                repo: row.repo,
            })
            .collect(),
        symbols: symbols.into_iter().map(symbol).collect(),
        projects,
        words,
    })?;
    Ok(page.into_response())
}
