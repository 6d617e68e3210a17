//! The first page: all projects, each with how its latest run stands.

use super::super::access::Sight;
use super::words::{Label, When, run_label, when};
use super::{Page, PageError, Pages, Top, URLS, Urls, shown};
use crate::store::pages;
use askama::Template;
use axum::extract::State;

#[derive(Template)]
#[template(path = "projects.html")]
struct Projects {
    urls: &'static Urls,
    top: Top,
    projects: Vec<Project>,
}

struct Project {
    repo: String,
    title: String,
    run: Option<Run>,
}

struct Run {
    id: i64,
    label: Label,
    when: When,
}

pub(super) async fn page(State(state): State<Pages>, sight: Sight) -> Result<Page, PageError> {
    let mut c = state.store.connection().await?;
    let now = state.clock.now();
    let rows = pages::projects(&mut c, &sight.also).await?;
    let project = |row: pages::ProjectRow| {
        let run = match (row.run_id, &row.state, row.created_ms) {
            (Some(id), Some(state), Some(ms)) => Some(Run { id, label: run_label(state, row.verdict.as_deref()), when: when(ms, now) }),
            _ => None,
        };
        Project { title: shown(&row.title), repo: row.repo, run }
    };
    Page::of(&Projects { urls: &URLS, top: Top::of(&sight), projects: rows.into_iter().map(project).collect() })
}
