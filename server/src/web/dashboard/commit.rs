//! One commit: what it is, how it came, what it weighs on each board, and what it changed.

mod boards;

use super::super::access::Sight;
use super::compare::found;
use super::link::Link;
use super::revision::{LATEST, Revision, Side, commit_page, compare_page, resolve};
use super::words::{Label, When, run_label, when};
use super::{Page, PageError, Pages, Top, URLS, Urls, message, project_of, repo, short, shown};
use crate::store::pages::Project;
use crate::store::refs::TAGS;
use crate::store::revisions::{self, Commit};
use crate::store::stored;
use crate::store::{at_commit, builds};
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use boards::{BoardView, Boards, OWNERS_OF_BOARD_MAX};
use ounce_analysis::past;
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use ounce_protocol::units::signed;

#[derive(Template)]
#[template(path = "commit.html")]
struct CommitPage {
    urls: &'static Urls,
    top: Top,
    repo: String,
    sha: String,
    short: String,
    summary: String,
    author: String,
    when: When,
    on_default: bool,
    forge: Option<String>,
    parent: Option<(String, String)>,
    pull: Option<PullView>,
    names: Vec<(&'static str, String)>,
    links: Vec<(String, String)>,
    boards: Vec<BoardView>,
    runs: Vec<RunView>,
    accepted: Vec<AcceptedView>,
}

struct PullView {
    number: i64,
    title: String,
    author: String,
    href: Option<String>,
    landed: bool,
}

struct RunView {
    id: i64,
    what: String,
    label: Label,
    when: When,
}

struct AcceptedView {
    board: String,
    figure: String,
    growth: String,
    who: String,
    why: String,
    when: When,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/commits/{sha}", get(page))
}

/// A commit of an address: the whole id, or what leads to it, or what is said instead.
pub(super) enum Wanted {
    Commit(Box<Commit>),
    /// The page of the whole id.
    Elsewhere(CommitSha),
    Nothing(Response),
}

/// Finds the commit that an address names. The forge is not asked.
pub(super) async fn wanted(
    state: &Pages,
    project: &Project,
    repo: &ounce_protocol::ids::RepoName,
    word: &str,
    sight: &Sight,
) -> Result<Wanted, PageError> {
    if let Ok(sha) = CommitSha::parse(word)
        && let Some(commit) = revisions::commit(&mut *state.store.connection().await?, project.id, &sha).await?
    {
        return Ok(Wanted::Commit(Box::new(commit)));
    }
    Ok(match found(resolve(state, project, repo, (word, Side::Head), false).await)? {
        Ok(Revision { sha, commit: Some(_), .. }) if sha.as_str() != word => Wanted::Elsewhere(sha),
        Ok(Revision { commit: Some(commit), .. }) => Wanted::Commit(Box::new(commit)),
        Ok(Revision { sha, .. }) => {
            let text =
                format!("{sha} was never seen here: it was neither pushed to the default branch nor weighed since this server watches.");
            Wanted::Nothing(message(axum::http::StatusCode::NOT_FOUND, Top::of_project(sight, &project.repo, None), "Not found", text))
        }
        Err(problem) => {
            let several: Vec<&str> = problem.candidates.iter().map(|commit| commit.sha.as_str()).collect();
            let text = if several.is_empty() { problem.text } else { format!("{} They are {}.", problem.text, several.join(", ")) };
            Wanted::Nothing(message(problem.status, Top::of_project(sight, &project.repo, None), "Not found", text))
        }
    })
}

async fn page(
    State(state): State<Pages>,
    Path((owner, name, word)): Path<(String, String, String)>,
    sight: Sight,
) -> Result<Response, PageError> {
    let repo = repo(&owner, &name)?;
    let project = project_of(&mut *state.store.connection().await?, &repo).await?;
    let commit = match wanted(&state, &project, &repo, &word, &sight).await? {
        Wanted::Commit(commit) => *commit,
        Wanted::Elsewhere(sha) => return Ok(Redirect::to(&commit_page(&project.repo, sha.as_str())).into_response()),
        Wanted::Nothing(response) => return Ok(response),
    };
    let sha: CommitSha = stored(&commit.sha)?;
    let now = state.clock.now();
    let forge = state.forge_url(&repo);
    let mut c = state.store.connection().await?;
    let c = &mut *c;
    let parent = match CommitSha::parse(&commit.parent_sha) {
        Ok(parent) => revisions::commit(c, project.id, &parent).await?,
        Err(_) => None,
    };
    let runs = at_commit::runs_of(c, project.id, &sha).await?;
    let landed = at_commit::landed_by(c, project.id, &sha).await?;
    let is_landed = landed.is_some();
    let of_run = runs.iter().filter(|run| run.kind == "pull").find_map(|run| run.pull_number);
    let pull = match (landed, of_run) {
        (Some(pull), _) => Some(pull),
        (None, Some(number)) => at_commit::pull(c, project.id, number).await?,
        (None, None) => None,
    };
    let accepted = match &pull {
        Some(pull) => at_commit::accepted(c, project.id, pull.number, &sha).await?,
        None => Vec::new(),
    };
    let names = revisions::names_of(c, project.id, &sha).await?;
    let tag = revisions::tag_before(c, project.id, &commit).await?;
    let latest = revisions::latest(c, project.id).await?;
    let boards = Boards {
        builds: builds::of_commit(c, project.id, commit.id).await?,
        figures: at_commit::figures(
            c,
            project.id,
            &[Some(commit.id), parent.as_ref().map(|p| p.id)].into_iter().flatten().collect::<Vec<_>>(),
        )
        .await?,
        changed: at_commit::changed(c, commit.id).await?,
        owners: at_commit::changed_most(c, commit.id, OWNERS_OF_BOARD_MAX).await?,
    };
    let repo = project.repo;
    let mut links: Vec<(String, String)> = Vec::new();
    let mut pair = |base: &str, head: &str, text: String| links.push((compare_page(&repo, base, head).to_string(), text));
    if !commit.parent_sha.is_empty() {
        pair(&commit.parent_sha, &commit.sha, format!("with its parent {}", short(&commit.parent_sha)));
    }
    if let Some(tag) = tag {
        pair(&tag, &commit.sha, format!("with {}, the last tag before it", shown(&tag)));
    }
    if latest.is_some_and(|latest| latest.sha != commit.sha) {
        pair(&commit.sha, LATEST, "with the newest weighed commit".into());
    }
    let name = |name: String| (if name.starts_with(TAGS) { "tag" } else { "branch" }, shown(&revisions::short_name(name)));
    Ok(Page::of(&CommitPage {
        urls: &URLS,
        top: Top::of_project(&sight, &repo, None),
        short: short(&commit.sha),
        summary: shown(&commit.summary),
        author: shown(&commit.author),
        when: when(commit.committed_ms, now),
        on_default: commit.on_default,
        forge: forge.as_ref().map(|url| format!("{url}/commit/{}", commit.sha)),
        parent: (!commit.parent_sha.is_empty()).then(|| (commit_page(&repo, &commit.parent_sha), short(&commit.parent_sha))),
        pull: pull.map(|pull| PullView {
            number: pull.number,
            title: shown(&pull.title),
            author: shown(&pull.author),
            href: forge.as_ref().map(|url| format!("{url}/pull/{}", pull.number)),
            landed: is_landed,
        }),
        names: names.into_iter().map(name).collect(),
        links,
        boards: boards.views(&repo, &commit, parent.as_ref()),
        runs: runs.iter().map(|run| run_view(run, &commit.sha, now)).collect(),
        accepted: accepted.iter().map(|accepted| accepted_view(accepted, now)).collect(),
        sha: commit.sha,
        repo,
    })?
    .into_response())
}

fn run_view(run: &at_commit::RunOf, sha: &str, now: Millis) -> RunView {
    let as_what = if run.head_sha == sha { "weighed" } else { "weighed as it would land" };
    let for_what = match (run.kind.as_str(), run.pull_number) {
        ("pull", Some(number)) => format!(" for pull request #{number}"),
        ("compare", Some(number)) => format!(" because somebody asked on pull request #{number}"),
        _ => " because it was pushed".into(),
    };
    RunView {
        id: run.id,
        what: format!("{as_what} against {}{for_what}", short(&run.base_sha)),
        label: run_label(&run.state, run.verdict.as_deref()),
        when: when(run.created_ms, now),
    }
}

fn accepted_view(accepted: &at_commit::AcceptanceOf, now: Millis) -> AcceptedView {
    let (figure, unit) = match serde_json::from_str::<past::Figure>(&accepted.figure) {
        Ok(past::Figure::Region { region, group: None }) => (region.to_string(), " B"),
        Ok(past::Figure::Region { region, group: Some(group) }) => (format!("{} in {region}", shown(&group)), " B"),
        Ok(figure @ past::Figure::Bench { .. }) => {
            let unit = figure.unit();
            let past::Figure::Bench { benchmark, metric } = figure else { return AcceptedView::unknown(accepted, now) };
            let metric = serde_json::to_value(metric).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
            (format!("{benchmark}, {metric}"), unit)
        }
        Err(_) => return AcceptedView::unknown(accepted, now),
    };
    AcceptedView { figure, growth: format!("{}{unit}", signed(accepted.growth)), ..AcceptedView::unknown(accepted, now) }
}

impl AcceptedView {
    /// Of a figure that this version does not know.
    fn unknown(accepted: &at_commit::AcceptanceOf, now: Millis) -> AcceptedView {
        AcceptedView {
            board: accepted.board.clone(),
            figure: "a figure".into(),
            growth: signed(accepted.growth),
            who: shown(&accepted.login),
            why: shown(&accepted.reason),
            when: when(accepted.at_ms, now),
        }
    }
}

/// The page of one build, with its board.
pub(super) fn build_page(repo: &str, sha: &str, board: &str) -> Link {
    Link::to(format!("/p/{repo}/builds/{sha}/{board}"))
}
