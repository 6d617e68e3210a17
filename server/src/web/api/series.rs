//! Figures over the history: what the charts draw.

use super::super::series::{Happened, Kind, Loaded, Selection, happened, key_text, load, unit};
use super::{Api, ApiProblem, NotFound, Problem, repo};
use crate::store::figures;
use crate::store::pages;
use crate::time;
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ounce_protocol::ids::RepoName;
use ounce_report::Csv;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Series along the default branch.
#[derive(Debug, Serialize, ToSchema)]
pub struct Figures {
    /// The commits, the oldest first.
    pub commits: Vec<Commit>,
    /// The series, as they were asked for.
    pub series: Vec<Series>,
    /// What happened at commits.
    pub marks: Vec<Mark>,
    /// Commits without any of the figures.
    pub gaps: Vec<Gap>,
    /// The tools behind figures, by their number.
    pub tools: BTreeMap<i64, BTreeMap<String, String>>,
}

/// A commit of a chart.
#[derive(Debug, Serialize, ToSchema)]
pub struct Commit {
    /// The commit.
    pub sha: String,
    /// First line of its message. From outside: escape it.
    pub summary: String,
    /// Who wrote it. From outside: escape it.
    pub author: String,
    /// Committer time.
    pub committed_ms: i64,
    /// The pull request by which it came.
    pub pull: Option<i64>,
    /// Its page.
    pub href: String,
}

/// A series.
#[derive(Debug, Serialize, ToSchema)]
pub struct Series {
    /// `disco/flash`, `disco/fib`, `disco/fib:stack`.
    pub name: String,
    /// The board.
    pub board: String,
    /// `region`, `instructions`, `stack` or `heap`.
    pub kind: String,
    /// `B` or `instructions`.
    pub unit: String,
    /// Whether all takes agreed.
    pub exact: bool,
    /// One for each commit, by the newest tools; null where there is none.
    pub values: Vec<Option<u64>>,
    /// The number of the tools behind each. Figures of different ones are not to be subtracted.
    pub tools: Vec<Option<i64>>,
    /// Where other tools' figures begin; empty where the tools never changed.
    pub links: Vec<Link>,
}

/// From a commit on, figures are by other tools.
#[derive(Debug, Serialize, ToSchema)]
pub struct Link {
    /// The first such commit, by its place.
    pub commit: usize,
    /// What values from here on are multiplied by to be as those of the first tools, by commits weighed with both; null where there is none.
    pub factor: Option<f64>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mark {
    /// The commit, by its place.
    pub commit: usize,
    /// `step`, `change_point`, `acceptance`, `release` or `tools`.
    pub kind: String,
    /// A word or two. From outside: escape it.
    pub label: String,
    /// A sentence. From outside: escape it.
    pub title: String,
    /// Of a change point: how probable as much is by chance.
    pub p: Option<f64>,
}

/// Commits without figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct Gap {
    /// The first, by its place.
    pub first: usize,
    /// The last.
    pub last: usize,
    /// Why.
    pub reason: String,
}

/// Series along the default branch: `s=BOARD/NAME` for each, at most twelve; without any, the first region of each board.
///
/// `board=B` is its regions. `last=N` commits (200; at most 10000), not newer than `until=SHA`. `format=csv` gives a line a commit.
#[utoipa::path(
    get, path = "/projects/{owner}/{name}/series", tag = "projects",
    params(
        ("owner" = String, Path), ("name" = String, Path),
        ("s" = Option<Vec<String>>, Query, description = "BOARD/REGION, BOARD/BENCHMARK (instructions), BOARD/BENCHMARK:stack or :heap"),
        ("board" = Option<String>, Query), ("last" = Option<i64>, Query), ("until" = Option<String>, Query), ("format" = Option<String>, Query)
    ),
    responses((status = 200, body = Figures), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub async fn series(
    State(api): State<Api>,
    Path((owner, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiProblem> {
    let repo = repo(&owner, &name)?;
    let query = query.unwrap_or_default();
    let format = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "format").map(|(_, format)| format.into_owned());
    let is_csv = match format.as_deref() {
        None | Some("" | "json") => false,
        Some("csv") => true,
        Some(other) => return Err(ApiProblem::Parameter(format!("format={other:?} is not known: json or csv"))),
    };
    let mut c = api.store.connection().await?;
    let project = pages::project(&mut c, &repo).await?.ok_or(NotFound::Project)?;
    let known = figures::keys(&mut c, project.id).await?;
    let selection = Selection::read(&query, &known).map_err(|error| ApiProblem::Parameter(error.to_string()))?;
    let loaded = load(&mut c, project.id, &selection).await?;
    let loaded = loaded.ok_or_else(|| ApiProblem::Parameter("until: no commit of the default branch begins with these digits".into()))?;
    if is_csv {
        return Ok(csv(&repo, &loaded));
    }
    let (events, gaps) = happened(&mut c, project.id, &loaded).await?;
    let gaps = gaps.into_iter().map(|gap| Gap { first: gap.first, last: gap.last, reason: gap.reason }).collect();
    let commits = loaded.commits.iter().map(|commit| Commit {
        sha: commit.sha.clone(),
        summary: commit.summary.clone(),
        author: commit.author.clone(),
        committed_ms: commit.committed_ms,
        pull: loaded.pulls.get(&commit.sha).copied(),
        href: format!("/p/{repo}/commits/{}", commit.sha),
    });
    let names = |text: &String| serde_json::from_str(text).unwrap_or_default();
    let answer = Figures {
        commits: commits.collect(),
        series: lines(&loaded),
        marks: events.iter().map(mark).collect(),
        gaps,
        tools: loaded.tools.iter().map(|(id, text)| (*id, names(text))).collect(),
    };
    Ok(Json(answer).into_response())
}

fn lines(loaded: &Loaded) -> Vec<Series> {
    let line = |(key, track): &(figures::Key, super::super::series::Track)| {
        let shown: Vec<_> = (0..track.0.len()).map(|at| track.at(at)).collect();
        Series {
            name: key_text(key),
            board: key.board.clone(),
            kind: key.kind.clone(),
            unit: unit(&key.kind).to_owned(),
            exact: track.is_exact(),
            values: shown.iter().map(|figure| figure.map(|figure| figure.value)).collect(),
            tools: shown.iter().map(|figure| figure.map(|figure| figure.tools)).collect(),
            links: track.links().into_iter().map(|(commit, factor)| Link { commit, factor }).collect(),
        }
    };
    loaded.tracks.iter().map(line).collect()
}

fn mark(happened: &Happened) -> Mark {
    let (kind, p) = match happened.kind {
        Kind::Step => ("step", None),
        Kind::ChangePoint(p) => ("change_point", Some(p)),
        Kind::Acceptance => ("acceptance", None),
        Kind::Release => ("release", None),
        Kind::Toolchain => ("tools", None),
    };
    Mark { commit: happened.commit, kind: kind.to_owned(), label: happened.label.clone(), title: happened.title.clone(), p }
}

/// A line a commit: its id, time, author, pull request, message, and a column for each series with one for its tools.
fn csv(repo: &RepoName, loaded: &Loaded) -> Response {
    let mut columns: Vec<String> = ["commit", "committed", "author", "pull", "summary"].map(str::to_owned).into();
    for (key, _) in &loaded.tracks {
        columns.extend([key_text(key), format!("{} tools", key_text(key))]);
    }
    let mut csv = Csv::new(&columns);
    for (at, commit) in loaded.commits.iter().enumerate() {
        csv.text(&commit.sha).text(&time::text(commit.committed_ms / 1_000)).text(&commit.author);
        csv.text(&loaded.pulls.get(&commit.sha).map_or_else(String::new, ToString::to_string)).text(&commit.summary);
        for (_, track) in &loaded.tracks {
            match track.at(at) {
                Some(figure) => csv.figure(figure.value).figure(figure.tools),
                None => csv.text("").text(""),
            };
        }
        csv.end();
    }
    let name = format!("attachment; filename=\"{}-history.csv\"", repo.to_string().replace('/', "-"));
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], csv.into_text()).into_response()
}
