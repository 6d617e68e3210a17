//! Badges for README files: a board's flash, any figure, or how the newest push was judged. Small SVG pictures that only say text.

use super::super::series::{Selection, key_text, unit};
use super::words::run_label;
use super::{PageError, Pages, project_of, repo, shown};
use crate::store::{figures, pages};
use axum::Router;
use axum::extract::{FromRef, Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ounce_protocol::Manifest;
use ounce_protocol::ids::BoardName;
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::grouped;
use ounce_report::BadgeTone;
use std::collections::BTreeSet;

/// How long a reader may keep one, seconds.
const KEPT: &str = "max-age=300";
/// Commits looked through for a figure, the newest.
const COMMITS: i64 = 50;
const NO_BOARD: PageError = PageError::NotFound("No board of this name has figures in this project.");

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/badge.svg", get(any)).route("/p/{owner}/{name}/boards/{board}/badge.svg", get(flash))
}

fn svg(label: &str, value: &str, tone: BadgeTone) -> Response {
    let svg = ounce_report::badge_svg(label, value, tone);
    ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, KEPT)], svg).into_response()
}

/// With `s=BOARD/NAME` that figure on the default branch; without, how the newest push was judged.
async fn any(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let repo = repo(&owner, &name)?;
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let query = query.unwrap_or_default();
    if !form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "s") {
        let Some(verdict) = pages::newest_verdict(&mut c, project.id).await? else {
            return Ok(svg("firmware", "not weighed yet", BadgeTone::Neutral));
        };
        let label = run_label("judged", Some(&verdict));
        let tone = match label.class {
            "good" | "plain" => BadgeTone::Good,
            "bad" => BadgeTone::Bad,
            _ => BadgeTone::Neutral,
        };
        return Ok(svg("firmware", &label.word, tone));
    }
    let known = figures::keys(&mut c, project.id).await?;
    let selection = Selection::read(&query, &known).map_err(|error| PageError::Asked(error.to_string()))?;
    let key = selection.keys.first().ok_or(NO_BOARD)?;
    let label = shown(&key_text(key));
    let commits: Vec<i64> = figures::commits(&mut c, project.id, None, COMMITS).await?.into_iter().rev().map(|commit| commit.id).collect();
    let points = figures::of_series_at(&mut c, project.id, key, &commits).await?;
    let newest = commits.iter().find_map(|id| points.iter().filter(|point| point.commit_id == *id).max_by_key(|point| point.tools));
    Ok(match newest {
        None => svg(&label, "no figure yet", BadgeTone::Neutral),
        Some(point) => {
            let value = grouped(u64::try_from(point.value).unwrap_or(0));
            svg(&label, &format!("{value} {}", unit(&key.kind)), BadgeTone::Neutral)
        }
    })
}

/// The board's flash on the default branch, against its size.
async fn flash(State(state): State<Pages>, Path((owner, name, board)): Path<(String, String, String)>) -> Result<Response, PageError> {
    let repo = repo(&owner, &name)?;
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let manifest = pages::manifest(&mut c, project.id).await?.and_then(|text| Manifest::parse(&text).ok());
    let board = BoardName::parse(&board).map_err(|_| NO_BOARD)?;
    let declared = manifest.as_ref().and_then(|m| m.boards.get(&board)).ok_or(NO_BOARD)?;
    let flash: BTreeSet<&str> = declared.regions.iter().filter(|r| r.kind == RegionKind::Flash).map(|r| r.name.as_str()).collect();
    let size = declared.regions.iter().filter(|r| r.kind == RegionKind::Flash).fold(0u64, |sum, r| sum.saturating_add(r.size));
    let rows = pages::latest(&mut c, project.id).await?;
    let rows = rows.iter().filter(|row| row.board == board.as_str() && flash.contains(row.region.as_str()));
    let used = rows.fold(None, |sum: Option<u64>, row| Some(sum.unwrap_or(0).saturating_add(u64::try_from(row.value).unwrap_or(0))));
    let (value, tone) = match used {
        None => ("no figure yet".to_owned(), BadgeTone::Neutral),
        Some(n) if n > size => (format!("{} B, over by {} B", grouped(n), grouped(n - size)), BadgeTone::Bad),
        Some(n) => (format!("{} B", grouped(n)), BadgeTone::Good),
    };
    Ok(svg(&format!("{board} flash"), &value, tone))
}
