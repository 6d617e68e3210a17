//! A project's runs: all of them, filtered by what one looks for, a page at a time.

use super::super::access::Sight;
use super::super::run_filter::{Asked, KINDS, STATES, VERDICTS};
use super::project::{RunView, run_view};
use super::{Page, PageError, Pages, Tab, Top, URLS, Urls, project_of, repo, shown};
use crate::store::{pages, run_list};
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, Query, State};
use axum::routing::get;
use ounce_protocol::Manifest;
use ounce_protocol::ids::BoardName;

/// Boards offered to choose from.
const BOARDS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "runs.html")]
struct Runs {
    urls: &'static Urls,
    top: Top,
    repo: String,
    choices: Vec<Choice>,
    author: String,
    pull: String,
    text: String,
    runs: Vec<RunView>,
    older: Option<String>,
    is_filtered: bool,
    is_paged: bool,
}

/// A field with its words to choose from.
struct Choice {
    name: &'static str,
    title: &'static str,
    options: Vec<Offered>,
}

struct Offered {
    value: String,
    word: String,
    is_chosen: bool,
}

impl Choice {
    fn new(name: &'static str, title: &'static str, words: impl IntoIterator<Item = String>, asked: &Asked) -> Choice {
        let chosen = asked.value(name);
        let option = |value: String| Offered { word: value.replace('_', " "), is_chosen: value == chosen, value };
        let any = Offered { value: String::new(), word: "any".into(), is_chosen: chosen.is_empty() };
        Choice { name, title, options: std::iter::once(any).chain(words.into_iter().map(option)).collect() }
    }
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/runs", get(page))
}

async fn page(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    sight: Sight,
) -> Result<Page, PageError> {
    let repo = repo(&owner, &name)?;
    let next = |mistake: String| PageError::Asked(format!("{mistake}. All runs of {repo} are at /p/{repo}/runs."));
    let filter = asked.filter().map_err(next)?;
    let before = asked.before().map_err(next)?;
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let found = run_list::list(&mut c, project.id, &filter, before).await?;
    let manifest = pages::manifest(&mut c, project.id).await?.and_then(|text| Manifest::parse(&text).ok());
    drop(c);
    let mut boards: Vec<String> =
        manifest.iter().flat_map(|manifest| manifest.boards.keys().map(BoardName::to_string)).take(BOARDS_MAX).collect();
    // One of earlier that the newest manifest has no more can be asked for all the same.
    boards.extend(filter.board.as_ref().map(BoardName::to_string).filter(|board| !boards.contains(board)));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let now = state.clock.now();
    Page::of(&Runs {
        urls: &URLS,
        top: Top::of_project(&sight, &project.repo, Tab::Runs),
        repo: project.repo,
        choices: vec![
            Choice::new("state", "State", words(&STATES), &asked),
            Choice::new("verdict", "Verdict", words(&VERDICTS), &asked),
            Choice::new("kind", "Kind", words(&KINDS), &asked),
            Choice::new("board", "Board", boards, &asked),
        ],
        author: shown(asked.value("author")),
        pull: shown(asked.value("pull")),
        text: shown(asked.value("text")),
        is_filtered: filter != run_list::Filter::default(),
        is_paged: before.is_some(),
        older: found.older.map(|run| asked.query(run)),
        runs: found.runs.iter().map(|run| run_view(run, now)).collect(),
    })
}
