//! Projects, their runs, and their boards' history.

use super::super::access::Sight;
use super::super::run_filter::Asked;
use super::answers::{Board, Commit, History, Project, ProjectSummary, Run, Series, Tools};
use super::{Api, ApiProblem, NotFound, PREFIX, Page, Problem, repo};
use crate::store::{figures, pages, run_list};
use axum::Json;
use axum::extract::{Path, Query, State};
use ounce_protocol::Manifest;
use ounce_protocol::ids::BoardName;
use std::collections::BTreeMap;

/// The projects with their newest runs, by repository: those everybody may see, and those that who asks may read.
#[utoipa::path(get, path = "/projects", tag = "projects", responses((status = 200, body = Vec<ProjectSummary>)))]
pub async fn projects(State(api): State<Api>, sight: Sight) -> Result<Json<Vec<ProjectSummary>>, ApiProblem> {
    let rows = pages::projects(&mut *api.store.connection().await?, &sight.also).await?;
    Ok(Json(rows.into_iter().map(ProjectSummary::from).collect()))
}

/// A project with what its boards weigh on the default branch.
#[utoipa::path(
    get, path = "/projects/{owner}/{name}", tag = "projects",
    params(("owner" = String, Path, description = "The repository's owner"), ("name" = String, Path, description = "The repository")),
    responses((status = 200, body = Project), (status = 404, body = Problem))
)]
pub async fn project(State(api): State<Api>, Path((owner, name)): Path<(String, String)>) -> Result<Json<Project>, ApiProblem> {
    let repo = repo(&owner, &name)?;
    let mut c = api.store.connection().await?;
    let project = pages::project(&mut c, &repo).await?.ok_or(NotFound::Project)?;
    let manifest = pages::manifest(&mut c, project.id).await?.and_then(|text| Manifest::parse(&text).ok());
    let size = |board: &str, region: &str| {
        let board = manifest.as_ref()?.boards.get(&BoardName::parse(board).ok()?)?;
        board.regions.iter().find(|r| r.name.as_str() == region).map(|r| r.size)
    };
    let latest = pages::latest(&mut c, project.id).await?;
    let boards = latest.chunk_by(|a, b| a.board == b.board).map(|rows| Board::new(rows, size)).collect();
    Ok(Json(Project { repo: project.repo, title: project.title, default_branch: project.default_branch, boards }))
}

/// A project's runs, the newest first, filtered by what is asked for.
///
/// Where little is like it, an answer may have few runs or none and `next` all the same: then it has looked at some thousands.
#[utoipa::path(
    get, path = "/projects/{owner}/{name}/runs", tag = "projects",
    params(("owner" = String, Path), ("name" = String, Path), Asked),
    responses((status = 200, body = Page<Run>), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub async fn project_runs(
    State(api): State<Api>,
    Path((owner, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<Run>>, ApiProblem> {
    let repo = repo(&owner, &name)?;
    let before = asked.before().map_err(ApiProblem::Parameter)?;
    let filter = asked.filter().map_err(ApiProblem::Parameter)?;
    let mut c = api.store.connection().await?;
    let project = pages::project(&mut c, &repo).await?.ok_or(NotFound::Project)?;
    let found = run_list::list(&mut c, project.id, &filter, before).await?;
    let next = found.older.map(|run| format!("{PREFIX}/projects/{repo}/runs?{}", asked.query(run)));
    Ok(Json(Page { items: found.runs.into_iter().map(Run::from).collect(), next }))
}

/// A board's figures on the default branch.
#[utoipa::path(
    get, path = "/projects/{owner}/{name}/boards/{board}/history", tag = "projects",
    params(("owner" = String, Path), ("name" = String, Path), ("board" = String, Path)),
    responses((status = 200, body = History), (status = 404, body = Problem))
)]
pub async fn board_history(
    State(api): State<Api>,
    Path((owner, name, board)): Path<(String, String, String)>,
) -> Result<Json<History>, ApiProblem> {
    let repo = repo(&owner, &name)?;
    let board = BoardName::parse(&board).map_err(|_| NotFound::Board)?;
    let mut c = api.store.connection().await?;
    let project = pages::project(&mut c, &repo).await?.ok_or(NotFound::Project)?;
    let commits = figures::commits(&mut c, project.id, None, pages::HISTORY_COMMITS_MAX).await?;
    let place: BTreeMap<i64, usize> = commits.iter().enumerate().map(|(at, commit)| (commit.id, at)).collect();
    let mut series: BTreeMap<(String, String, i64), (bool, Vec<Option<i64>>)> = BTreeMap::new();
    for row in figures::at_commits(&mut c, project.id, Some(&board), &place.keys().copied().collect::<Vec<_>>()).await? {
        let key = row.key;
        if !matches!(key.kind.as_str(), "region" | "instructions") {
            continue;
        }
        for point in row.points {
            let Some(&at) = place.get(&point.commit_id) else { continue };
            let of = series.entry((key.kind.clone(), key.name.clone(), point.tools));
            let (exact, values) = of.or_insert_with(|| (true, vec![None; commits.len()]));
            *exact &= point.exact;
            values[at] = Some(point.value);
        }
    }
    if series.is_empty() {
        return Err(NotFound::Board.into());
    }
    let shas: Vec<&str> = commits.iter().map(|commit| commit.sha.as_str()).collect();
    let runs: BTreeMap<String, i64> = pages::runs_of_commits(&mut c, project.id, &shas).await?.into_iter().collect();
    let tools = pages::tools(&mut c, project.id, &board).await?;
    let commits = commits.into_iter().map(|commit| Commit {
        run: runs.get(&commit.sha).copied(),
        sha: commit.sha,
        summary: commit.summary,
        committed_ms: commit.committed_ms,
    });
    let series = series.into_iter().map(|((kind, name, tools), (exact, values))| Series::new(kind, name, tools, exact, values));
    Ok(Json(History { commits: commits.collect(), tools: tools.into_iter().map(Tools::from).collect(), series: series.collect() }))
}
