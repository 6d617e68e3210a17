//! Who did what, for operators.

use super::super::access::Sight;
use super::words::{When, when};
use super::{Page, PageError, Pages, Top, URLS, Urls, id, shown};
use crate::store::audit;
use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

/// Entries on one page.
const ENTRIES: u32 = 100;

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit {
    urls: &'static Urls,
    top: Top,
    entries: Vec<Entry>,
    older: Option<i64>,
    paged: bool,
}

struct Entry {
    when: When,
    who: String,
    what: String,
    target: String,
    origin: String,
    result: String,
}

#[derive(Deserialize)]
pub(super) struct Paging {
    before: Option<String>,
}

pub(super) async fn page(State(state): State<Pages>, Query(paging): Query<Paging>, sight: Sight) -> Result<Page, PageError> {
    let before = paging.before.as_deref().and_then(id);
    let rows = audit::list(&mut *state.store.connection().await?, before, ENTRIES).await?;
    let now = state.clock.now();
    let is_full = u32::try_from(rows.len()).is_ok_and(|n| n == ENTRIES);
    Page::of(&Audit {
        urls: &URLS,
        top: Top::of(&sight),
        older: rows.last().filter(|_| is_full).map(|row| row.id),
        paged: before.is_some(),
        entries: rows
            .into_iter()
            .map(|row| Entry {
                when: when(row.at_ms, now),
                who: shown(&row.who),
                what: shown(&row.what),
                target: shown(&row.target),
                origin: shown(&row.origin),
                result: shown(&row.result),
            })
            .collect(),
    })
}
