//! One project: the matrix of what its boards weigh, its budgets with what is left of them, and its newest runs.

use super::super::access::Sight;
use super::matrix::{Matrix, SPARK_COMMITS, Table};
use super::words::{Label, When, run_label, when};
use super::{Page, PageError, Pages, Tab, Top, URLS, Urls, project_of, repo, short, shown};
use crate::store::figures;
use crate::store::pages::{self, RunRow};
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, Query, State};
use axum::routing::get;
use ounce_analysis::comparison::{BudgetCheck, Left, LeftState};
use ounce_analysis::past::Figure;
use ounce_protocol::Manifest;
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::{BenchMetric, Board};
use ounce_protocol::units::{delta, grouped, signed};
use serde::Deserialize;

/// Runs shown; the others have a page of their own.
const RUNS_MAX: usize = 10;
/// What "the last 30 days" are.
const MONTH_MS: Millis = 30 * 86_400_000;
/// Commits looked at before the month, for a figure to begin from.
const BEFORE_MAX: i64 = 5;
/// Places of budgets shown, the tightest.
const BUDGETS_MAX: usize = 60;

#[derive(Template)]
#[template(path = "project.html")]
struct Project {
    urls: &'static Urls,
    top: Top,
    repo: String,
    title: String,
    default_branch: String,
    forge: Option<String>,
    head: Option<Head>,
    table: Table,
    show: String,
    words: String,
    sort: String,
    query: String,
    budgets: Vec<BudgetView>,
    runs: Vec<RunView>,
}

/// The newest commit of the default branch.
struct Head {
    sha: String,
    short: String,
    summary: String,
    when: When,
}

/// A budget at one of its places.
struct BudgetView {
    rule: String,
    place: String,
    used: String,
    limit: String,
    left: String,
    meter: Option<(i64, i64)>,
    label: Label,
    pace: String,
    href: Option<String>,
}

/// A region's bytes in words and as a meter.
pub(super) struct RegionView {
    pub name: String,
    pub used_bytes: u64,
    pub used: String,
    /// Where the manifest still knows the region.
    pub size: Option<RegionSize>,
}

pub(super) struct RegionSize {
    pub bytes: u64,
    /// From here the meter warns: nine tenths.
    pub nearly: u64,
    /// From here it alarms.
    pub full: u64,
    pub text: String,
    pub left: String,
    pub over: bool,
}

/// A run in a list.
pub(super) struct RunView {
    pub id: i64,
    pub subject: String,
    pub what: String,
    pub label: Label,
    pub when: When,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: String,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}", get(page))
}

async fn page(
    State(state): State<Pages>,
    Path((owner, name)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    sight: Sight,
) -> Result<Page, PageError> {
    let repo = repo(&owner, &name)?;
    let mut c = state.store.connection().await?;
    let project = project_of(&mut c, &repo).await?;
    let now = state.clock.now();
    let manifest = pages::manifest(&mut c, project.id).await?.and_then(|text| Manifest::parse(&text).ok());
    let recent = figures::commits(&mut c, project.id, None, i64::try_from(SPARK_COMMITS).unwrap_or(i64::MAX)).await?;
    let begin_ms = now.saturating_sub(MONTH_MS);
    let mut commits = match recent.first() {
        Some(oldest) if oldest.committed_ms > begin_ms => figures::commits(&mut c, project.id, Some(begin_ms), BEFORE_MAX).await?,
        _ => Vec::new(),
    };
    // Between the two are commits that nothing is drawn of; only those where tools changed are needed for the sum.
    if let (Some(before), Some(oldest)) = (commits.last(), recent.first()) {
        let joints = figures::joints(&mut c, project.id, before.id, oldest.id).await?;
        commits.extend(joints);
    }
    commits.extend(recent);
    let month = commits.iter().rposition(|commit| commit.committed_ms <= begin_ms).unwrap_or(0);
    let ids: Vec<i64> = commits.iter().map(|commit| commit.id).collect();
    let cells = figures::at_commits(&mut c, project.id, None, &ids).await?;
    let comparison = figures::newest_comparison(&mut c, project.id).await?;
    let runs = pages::runs(&mut c, project.id, None).await?;
    drop(c);
    let matrix = Matrix::new(&commits, month, cells, manifest.as_ref());
    let (show, words, sort) = (word(&asked.show), word(&asked.q), word(&asked.sort));
    Page::of(&Project {
        urls: &URLS,
        top: Top::of_project(&sight, &project.repo, Tab::Overview),
        forge: state.forge_url(&repo),
        title: shown(&project.title),
        default_branch: shown(&project.default_branch),
        head: commits.last().map(|commit| Head {
            sha: commit.sha.clone(),
            short: short(&commit.sha),
            summary: shown(&commit.summary),
            when: when(commit.committed_ms, now),
        }),
        table: matrix.table(&project.repo, &show, &words, &sort),
        budgets: budgets(&project.repo, comparison.as_deref(), &matrix),
        runs: runs.iter().take(RUNS_MAX).map(|run| run_view(run, now)).collect(),
        query: form_urlencoded::Serializer::new(String::new()).append_pair("show", &show).append_pair("q", &words).finish(),
        repo: project.repo,
        show,
        words,
        sort,
    })
}

/// A parameter as it is kept: a long one is nobody's board.
fn word(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// What the newest judged push says of the budgets. Other parts of the comparison may be large and are not read.
fn budgets(repo: &str, comparison: Option<&str>, matrix: &Matrix<'_>) -> Vec<BudgetView> {
    #[derive(Deserialize)]
    struct Only {
        budgets: Vec<BudgetCheck>,
    }
    let Some(Only { budgets }) = comparison.and_then(|text| serde_json::from_str(text).ok()) else { return Vec::new() };
    let views = budgets.iter().flat_map(|budget| budget.left.iter().map(move |left| (budget, left)));
    views.take(BUDGETS_MAX).map(|(budget, left)| budget_view(repo, budget, left, matrix)).collect()
}

fn budget_view(repo: &str, budget: &BudgetCheck, left: &Left, matrix: &Matrix<'_>) -> BudgetView {
    let board = left.place.board.as_str();
    let (kind, name, group, unit) = match &left.place.figure {
        Figure::Region { region, group } => ("region", region.as_str(), group.as_deref(), "B"),
        Figure::Bench { benchmark, metric } => match metric {
            BenchMetric::Instructions => ("instructions", benchmark.as_str(), None, "instructions"),
            BenchMetric::Stack => ("stack", benchmark.as_str(), None, "B"),
            BenchMetric::Heap => ("heap", benchmark.as_str(), None, "B"),
        },
    };
    let key = figures::Key { board: board.to_owned(), kind: kind.to_owned(), name: name.to_owned() };
    let place = match group {
        Some(group) => format!("{board}/{name}, {}", shown(group)),
        None => super::super::series::key_text(&key),
    };
    let label = match left.state {
        LeftState::Holds => Label { word: "holds".into(), class: "plain" },
        LeftState::Accepted => Label { word: "accepted".into(), class: "busy" },
        LeftState::Exceeded => Label { word: "over".into(), class: "bad" },
    };
    // A group's own pace is on its page; the region's is another figure.
    let pace = group.is_none().then(|| matrix.pace(board, kind, name)).flatten();
    let pace = match pace {
        None => "not known".to_owned(),
        Some(by) if by <= 0 => format!("{} {unit}", signed(by)),
        Some(by) if left.left > 0 => {
            let days = i128::from(left.left) * 30 / i128::from(by);
            format!(
                "{} {unit}: what is left lasts {}",
                signed(by),
                if days > 3_650 { "for years".to_owned() } else { format!("{days} days") }
            )
        }
        Some(by) => format!("{} {unit}", signed(by)),
    };
    let value = |n: i64| format!("{}{} {unit}", if n < 0 { "−" } else { "" }, grouped(n.unsigned_abs()));
    BudgetView {
        rule: shown(&budget.rule),
        place,
        used: value(left.used),
        limit: value(left.limit),
        left: if left.left < 0 { format!("over by {} {unit}", grouped(left.left.unsigned_abs())) } else { value(left.left) },
        meter: (left.limit > 0).then_some((left.used.clamp(0, left.limit), left.limit)),
        label,
        pace,
        href: group.is_none().then(|| super::matrix::href(repo, &[&key])),
    }
}

/// A region's latest figure against its size in the manifest.
pub(super) fn region(name: &str, value: i64, board: Option<&Board>) -> RegionView {
    let used_bytes = u64::try_from(value).unwrap_or(0);
    let size = board.and_then(|b| b.regions.iter().find(|r| r.name.as_str() == name)).map(|r| {
        let left = delta(used_bytes, r.size);
        let text = grouped(left.unsigned_abs());
        RegionSize {
            bytes: r.size,
            nearly: r.size / 10 * 9,
            full: r.size.saturating_sub(1),
            text: grouped(r.size),
            left: if left < 0 { format!("over by {text} B") } else { format!("{text} B left") },
            over: left < 0,
        }
    });
    RegionView { name: name.to_owned(), used_bytes, used: grouped(used_bytes), size }
}

/// A run in a list.
pub(super) fn run_view(run: &RunRow, now: Millis) -> RunView {
    let what = match run.pull_number {
        Some(n) if run.author.is_empty() => format!("pull request #{n}"),
        Some(n) => format!("pull request #{n} by {}", shown(&run.author)),
        None => format!("push {}", short(&run.shown_sha)),
    };
    let subject = if run.subject.trim().is_empty() { what.clone() } else { shown(&run.subject) };
    RunView { id: run.id, subject, what, label: run_label(&run.state, run.verdict.as_deref()), when: when(run.created_ms, now) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW_MS, Seeded, execute, sha};

    /// Four commits a day for 40 days, 16 bytes more each; from the 60th on other tools, which make everything a thousand bytes larger. The overview
    /// draws the newest 60.
    async fn forty_days(is_weighed_by_both: bool) -> Seeded {
        let seeded = Seeded::empty().await;
        let mut tx = seeded.store().write().await.unwrap();
        let c = &mut *tx;
        for text in [
            "INSERT INTO projects (id, repo, title, default_branch, is_private, created_ms) VALUES (1, 'o/r', '', 'main', 0, 0)",
            "INSERT INTO tools VALUES (1, 1, 'a', '{\"cc\":\"1\"}'), (2, 1, 'b', '{\"cc\":\"2\"}')",
            "INSERT INTO series VALUES (1, 1, 'disco', 'region', 'flash', 1), (2, 1, 'disco', 'region', 'flash', 2)",
        ] {
            execute(c, text.to_owned()).await;
        }
        for n in 1..=160i64 {
            let at = NOW_MS - (160 - n) * 21_600_000;
            let sha = sha(u64::try_from(n).unwrap());
            execute(
                c,
                format!(
                    "INSERT INTO commits (id, project_id, sha, summary, committed_ms, on_default) VALUES ({n}, 1, '{sha}', '', {at}, 1)"
                ),
            )
            .await;
            if n == 1 {
                execute(c, format!("INSERT INTO runs (id, project_id, kind, shown_sha, base_sha, head_sha, trusted, state, created_ms) VALUES (1, 1, 'push', '{sha}', '{sha}', '{sha}', 1, 'judged', 0)")).await;
                execute(c, "INSERT INTO measurements (id, run_id, board, commit_id, doc, token, trusted, received_ms) VALUES (1, 1, 'disco', 1, '', 1, 1, 0)".to_owned()).await;
            }
            let bytes = 10_000 + n * 16;
            if n < 60 || (n == 60 && is_weighed_by_both) {
                execute(c, format!("INSERT INTO points VALUES (1, {n}, 1, {bytes}, 1)")).await;
            }
            if n >= 60 {
                execute(c, format!("INSERT INTO points VALUES (2, {n}, 1, {}, 1)", bytes + 1_000)).await;
            }
        }
        tx.commit().await.unwrap();
        seeded
    }

    #[tokio::test]
    async fn growth_adds_up_across_other_tools_where_one_commit_was_weighed_by_both() {
        let (_, _, page) = forty_days(true).await.get("/p/o/r").await;
        assert!(page.contains("+1,920 B"), "120 commits in 30 days, 16 bytes each, nothing of the thousand: {page}");
        let (_, _, page) = forty_days(false).await.get("/p/o/r").await;
        assert!(page.contains("other tools"), "{page}");
    }
}
