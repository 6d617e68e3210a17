//! One build of one board: where its bytes are, level by level, whose they are, and what it runs like.

mod benches;
mod ledger;

use super::super::access::Sight;
use super::commit::{Wanted, build_page, wanted};
use super::compare::download;
use super::link::{Asked, choose, ended};
use super::project::{RegionSize, RegionView};
use super::revision::{LATEST, commit_page, compare_page};
use super::words::{When, when};
use super::{Page, PageError, Pages, Top, URLS, Urls, message, project_of, repo, short, shown};
use crate::store::pages;
use crate::store::{StoreError, builds, revisions};
use crate::work::compositions::{self, NotComposed};
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use benches::BenchView;
use ledger::{LedgerView, Place, Wish};
use ounce_protocol::Manifest;
use ounce_protocol::ids::BoardName;
use ounce_protocol::manifest::nearest;
use ounce_protocol::measurement::{Measurement, Outcome};
use ounce_protocol::units::grouped;
use std::collections::HashMap;

/// Tools named, and the longest of their names, characters.
const TOOLS_MAX: usize = 40;
const TOOL_CHARS_MAX: usize = 300;
/// Ranges outside all regions that are named.
const OUTSIDE_MAX: usize = 5;

#[derive(Template)]
#[template(path = "build.html")]
struct BuildPage {
    urls: &'static Urls,
    top: Top,
    repo: String,
    board: String,
    title: String,
    short: String,
    commit: String,
    summary: String,
    when: When,
    trusted: bool,
    links: Vec<(String, String)>,
    csv: Option<String>,
    json: Option<String>,
    regions: Vec<RegionView>,
    outside: Option<String>,
    /// Why there is no image, and the end of the log.
    failed: Option<(&'static str, String)>,
    ledger: Option<LedgerView>,
    benches: Vec<BenchView>,
    reused: Option<(i64, String)>,
    tools: Vec<(String, String)>,
    image: String,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/builds/{sha}/{board}", get(page))
}

async fn page(
    State(state): State<Pages>,
    Path((owner, name, word, board)): Path<(String, String, String, String)>,
    Query(asked): Query<HashMap<String, String>>,
    sight: Sight,
) -> Result<Response, PageError> {
    const FORMATS: [(&str, &str); 3] = [("page", ""), ("csv", ""), ("json", "")];
    let (asked, repo) = (Asked(asked), repo(&owner, &name)?);
    let project = project_of(&mut *state.store.connection().await?, &repo).await?;
    let commit = match wanted(&state, &project, &repo, &word, &sight).await? {
        Wanted::Commit(commit) => *commit,
        Wanted::Elsewhere(sha) => {
            let link = build_page(&project.repo, sha.as_str(), &super::link::encoded(&board));
            let keys = ["format", "region", "by", "root", "kind", "q", "sort"];
            return Ok(Redirect::to(&keys.iter().fold(link, |link, key| link.with(key, asked.text(key))).to_string()).into_response());
        }
        Wanted::Nothing(response) => return Ok(response),
    };
    let say = |status: StatusCode, text: String| {
        let heading = if status == StatusCode::NOT_FOUND { "Not found" } else { "This cannot be shown" };
        Ok(message(status, Top::of_project(&sight, &project.repo, None), heading, text))
    };
    let format = match choose("format", asked.text("format"), &FORMATS) {
        Ok(formats) => formats.into_iter().find(|format| format.is_chosen).map_or("page", |format| format.value),
        Err(why) => return say(StatusCode::BAD_REQUEST, format!("{why}.")),
    };
    let mut c = state.store.connection().await?;
    let boards = builds::of_commit(&mut c, project.id, commit.id).await?;
    let found = BoardName::parse(&board).ok().and_then(|board| Some((boards.get(board.as_str())?.first()?.clone(), board)));
    let Some((build, board)) = found else {
        let near = nearest(&board, boards.keys().map(String::as_str));
        let there = match boards.is_empty() {
            true => " Nothing was measured there.".to_owned(),
            false => format!(" There is {}.", boards.keys().cloned().collect::<Vec<_>>().join(", ")),
        };
        return say(
            StatusCode::NOT_FOUND,
            format!("No board {:?} was measured at {}{}{there}", shown(&board), short(&commit.sha), ended(&near)),
        );
    };
    let manifest = pages::manifest(&mut c, project.id).await?;
    let latest = revisions::latest(&mut c, project.id).await?;
    let tag = revisions::tag_before(&mut c, project.id, &commit).await?;
    drop(c);
    // A ledger is some megabytes when it is open: few at once, and not where others wait.
    let turn = match state.compositions.room().await {
        Ok(turn) => turn,
        Err(NotComposed::Store(error)) => return Err(error.into()),
        Err(busy) => return say(StatusCode::SERVICE_UNAVAILABLE, format!("{busy}.")),
    };
    let kept = builds::kept(&mut *state.store.connection().await?, build.id).await?;
    let place =
        Place { repo: project.repo.clone(), board: board.to_string(), page: build_page(&project.repo, &commit.sha, board.as_str()) };
    let stem = format!("{}-{board}-{}", repo.name(), short(&commit.sha));
    let working = tokio::task::spawn_blocking(move || opened(&kept, format, &place, &asked, &stem));
    let opened = working.await.map_err(|e| StoreError::Decode(Box::new(e)))??;
    drop(turn);
    let opened = match opened {
        Opened::File(response) => return Ok(response),
        Opened::Wrong(status, why) => return say(status, why),
        Opened::Page(opened) => *opened,
    };
    let manifest = manifest.and_then(|text| Manifest::parse(&text).ok());
    let declared = manifest.as_ref().and_then(|manifest| manifest.boards.get(&board));
    let repo = project.repo;
    let on = |base: &str, head: &str| compare_page(&repo, base, head).with("board", board.as_str()).to_string();
    let mut links = vec![(format!("/p/{repo}/boards/{board}"), "history of the board".to_owned())];
    if !commit.parent_sha.is_empty() {
        links.push((on(&commit.parent_sha, &commit.sha), "against its parent".into()));
    }
    links.extend(tag.map(|tag| (on(&tag, &commit.sha), format!("against {}", shown(&tag)))));
    if latest.is_some_and(|latest| latest.sha != commit.sha) {
        links.push((on(&commit.sha, LATEST), "against the newest weighed commit".into()));
    }
    let file =
        |format: &str| opened.ledger.as_ref().map(|_| build_page(&repo, &commit.sha, board.as_str()).with("format", format).to_string());
    Ok(Page::of(&BuildPage {
        urls: &URLS,
        top: Top::of_project(&sight, &repo, None),
        title: shown(declared.and_then(|board| board.title.as_deref()).unwrap_or_default()),
        short: short(&commit.sha),
        commit: commit_page(&repo, &commit.sha),
        summary: shown(&commit.summary),
        when: when(commit.committed_ms, state.clock.now()),
        trusted: build.trusted,
        links,
        csv: file("csv"),
        json: file("json"),
        regions: opened.regions,
        outside: opened.outside,
        failed: opened.failed,
        ledger: opened.ledger,
        benches: opened.benches,
        reused: opened.reused,
        tools: opened.tools,
        image: opened.image,
        board: board.to_string(),
        repo,
    })?
    .into_response())
}

/// What came of opening a build.
enum Opened {
    File(Response),
    Wrong(StatusCode, String),
    Page(Box<Parts>),
}

/// The parts of the page that are the build's own.
struct Parts {
    regions: Vec<RegionView>,
    outside: Option<String>,
    failed: Option<(&'static str, String)>,
    ledger: Option<LedgerView>,
    benches: Vec<BenchView>,
    reused: Option<(i64, String)>,
    tools: Vec<(String, String)>,
    image: String,
}

fn opened(
    kept: &(builds::Kept, Option<builds::Kept>),
    format: &str,
    place: &Place,
    asked: &Asked,
    stem: &str,
) -> Result<Opened, StoreError> {
    let measurement = compositions::open(kept)?;
    let ledger = measurement.ledger();
    match (format, ledger) {
        ("page", _) => {}
        (_, None) => {
            let text = "This build gave no image, so it has no ledger: its page says why.".to_owned();
            return Ok(Opened::Wrong(StatusCode::NOT_FOUND, text));
        }
        ("csv", Some(ledger)) => {
            return Ok(Opened::File(download(&format!("{stem}.csv"), "text/csv; charset=utf-8", ounce_report::size_csv(ledger))));
        }
        (_, Some(ledger)) => {
            // As `ounce size --json` prints it.
            let document = serde_json::json!({ "schema": 1, "image": ledger.image, "regions": ledger.regions, "outside": ledger.outside });
            let text = serde_json::to_string_pretty(&document).map_err(|e| StoreError::Encode(Box::new(e)))?;
            return Ok(Opened::File(download(&format!("{stem}.json"), "application/json", text + "\n")));
        }
    }
    let view = match ledger.map(|ledger| Wish::of(asked, ledger).and_then(|wish| LedgerView::of(ledger, &wish, place))).transpose() {
        Ok(view) => view,
        Err((status, why)) => return Ok(Opened::Wrong(status, why)),
    };
    Ok(Opened::Page(Box::new(parts(&measurement, view))))
}

fn parts(measurement: &Measurement, view: Option<LedgerView>) -> Parts {
    let tools = measurement.fingerprint.0.iter().take(TOOLS_MAX);
    let ledger = measurement.ledger();
    let outside = ledger.map_or(&[][..], |ledger| &ledger.outside);
    let bytes = outside.iter().fold(0u64, |sum, range| sum.saturating_add(range.bytes));
    let ranges: Vec<String> = outside.iter().take(OUTSIDE_MAX).map(|range| format!("{:#x}", range.start)).collect();
    Parts {
        regions: ledger.map_or_else(Vec::new, |ledger| ledger.regions.iter().map(region_view).collect()),
        outside: (!outside.is_empty())
            .then(|| format!("{} B of the image lie in no declared region, at {}", grouped(bytes), ranges.join(", "))),
        failed: match &measurement.outcome {
            Outcome::Failed { stage, log_tail } => Some((stage.word(), ounce_report::log_html(log_tail))),
            Outcome::Built { .. } => None,
        },
        ledger: view,
        benches: benches::views(measurement),
        reused: measurement.reused.as_ref().map(|reused| (reused.run, reused.commit.short().to_owned())),
        tools: tools.map(|(tool, which)| (shown(tool), ounce_report::visible(which, TOOL_CHARS_MAX))).collect(),
        image: ledger.map_or_else(String::new, |ledger| ledger.image.to_string()),
    }
}

/// A region's meter, with the size that the build itself had.
fn region_view(of: &ounce_protocol::measurement::RegionLedger) -> RegionView {
    let left = of.headroom_bytes();
    let text = grouped(left.unsigned_abs());
    let size = RegionSize {
        bytes: of.size_bytes,
        nearly: of.size_bytes / 10 * 9,
        full: of.size_bytes.saturating_sub(1),
        text: grouped(of.size_bytes),
        left: if left < 0 { format!("over by {text} B") } else { format!("{text} B left") },
        over: left < 0,
    };
    RegionView { name: of.name.to_string(), used_bytes: of.used_bytes, used: grouped(of.used_bytes), size: Some(size) }
}
