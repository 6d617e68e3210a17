//! `/ounce bisect`: which commit of the default branch changed a figure.
//!
//! Figures are exact and each push is weighed against its first parent, so little has to be searched: where a commit and its
//! parent both have a figure, their difference is the commit's own. Where commits in between have none, the fewest builds that tell are
//! queued (`work/bisect.rs`), and the answer comes with them. Where they cannot be built, the two around them are named.

use super::super::bisect::{self, COMMITS_MAX, OPEN_MAX};
use super::super::text::code;
use super::super::{Context, backfill};
use super::{Order, Ready as Prepared, Reply, Stop};
use crate::forge::Forge;
use crate::store::bisects::{self, NewBisect, Series};
use crate::store::history::{self, Step};
use crate::store::{Connection, StoreError, projects};
use ounce_analysis::bisect::{Known, Next, next};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::nearest;
use ounce_protocol::units::grouped;
use std::collections::{BTreeMap, HashMap};

/// Changes named in an answer, newest first.
const CHANGES_MAX: usize = 10;
const KINDS: [&str; 4] = ["region", "instructions", "stack", "heap"];

/// A change of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change<'a> {
    /// This commit's own.
    Of { step: &'a Step, before: u64 },
    /// Of one of those after `older`, up to `newer`.
    Within { newer: &'a Step, older: &'a Step },
}

/// What is looked for, and in which commits.
pub(super) struct Ready {
    series: Series,
    /// The commits by first parents, oldest first, from the oldest with a figure to the branch's tip.
    line: Vec<CommitSha>,
}

/// Finds the series and the commits.
pub(super) async fn prepare<F: Forge>(cx: &Context<F>, order: &Order<'_>, metric: &str) -> Result<Prepared, Stop> {
    let mistaken = |note: &str, text: String| Ok(Prepared::Reply(Reply::mistaken(note, text)));
    let mut c = cx.store.connection().await?;
    let project = projects::find(&mut c, order.repo()).await?;
    let known = match project {
        Some(project) => history::series(&mut c, project).await?,
        None => Vec::new(),
    };
    let (Some(project), Some((board, kind, name))) = (project, find(&known, metric)) else {
        let names: Vec<String> = known.iter().map(|(board, kind, name)| shown(board, kind, name)).collect();
        let hint = nearest(metric, names.iter().map(String::as_str));
        let some: Vec<String> = names.iter().take(CHANGES_MAX).map(|name| code(name)).collect();
        let there_are = if some.is_empty() {
            "nothing was weighed on the default branch yet".to_owned()
        } else {
            format!("there are, among others, {}", some.join(", "))
        };
        return mistaken("no such metric", format!("There is no history of {}{hint}; {there_are}.", code(metric)));
    };
    let series = Series { board: board.to_owned(), kind: kind.to_owned(), name: name.to_owned() };
    drop(c);
    let branch = &order.repository.default_branch;
    let Some(tip) = cx.forge.named(order.repo(), branch).await? else {
        return mistaken("no default branch", format!("The repository has no branch {}.", code(branch)));
    };
    let mut line: Vec<CommitSha> =
        backfill::line(&cx.forge, order.repo(), &tip.sha, COMMITS_MAX).await?.into_iter().map(|commit| commit.sha).collect();
    let figures = bisects::figures(&mut *cx.store.connection().await?, project, &series, &line).await?;
    if !figures.is_empty() && figures.values().all(|(_, exact)| !exact) {
        let text =
            format!("{} is not exact: two takes of one commit differ, so that no commit can be blamed for a difference.", code(metric));
        return mistaken("not exact", text);
    }
    // Nothing is said of the time before the first figure.
    line.truncate(line.iter().rposition(|sha| figures.contains_key(sha)).map_or(0, |at| at + 1));
    line.reverse();
    Ok(Prepared::Bisect(Box::new(Ready { series, line })))
}

/// Answers from the history, or begins to look for what is missing in it.
pub(super) async fn write<F>(
    tx: &mut Connection,
    cx: &Context<F>,
    order: &Order<'_>,
    project: i64,
    ready: Ready,
    now: Millis,
) -> Result<Reply, StoreError> {
    let Ready { series, line } = ready;
    let known = bisect::known(tx, project, &series, &line, &BTreeMap::new()).await?.unwrap_or_default();
    let mut text = from_history(tx, project, &order.repository.default_branch, &series).await?;
    let (Next::Measure { .. }, Some(comment)) = (next(&known), order.comment) else {
        return Ok(Reply::done("answered from the history", text));
    };
    if bisects::open(tx, project).await? >= OPEN_MAX {
        text.push_str(&format!(
            "\n\n{OPEN_MAX} searches are under way in this project: ask again when one of them is answered, or `/ounce cancel` it where it was asked."
        ));
        return Ok(Reply::done("answered from the history; too many searches", text));
    }
    let id = bisects::insert(tx, NewBisect { project, pull: order.pull, answers: comment, series: &series, line: &line }, now).await?;
    cx.wake.bisect.notify_one();
    let missing = known.iter().filter(|known| **known == Known::Unknown).count();
    text.push_str(&format!(
        "\n\nOf the last {} commits {missing} have no figure. The fewest that tell are built now, after all other work; the answer comes here.",
        line.len()
    ));
    Ok(Reply::done(&format!("search {id}"), text))
}

/// What the history says.
pub async fn from_history(tx: &mut Connection, project: i64, branch: &str, series: &Series) -> Result<String, StoreError> {
    let Series { board, kind, name } = series;
    let steps = history::steps(tx, project, board, kind, name).await?;
    Ok(answer(&shown(board, kind, name), branch, unit(kind), &steps))
}

fn shown(board: &str, kind: &str, name: &str) -> String {
    match kind {
        "region" | "instructions" => format!("{board}/{name}"),
        other => format!("{board}/{name}:{other}"),
    }
}

fn unit(kind: &str) -> &'static str {
    if kind == "instructions" { "instructions" } else { "B" }
}

/// The series that `BOARD/NAME` or `BOARD/NAME:KIND` names; a region before a benchmark's instructions.
fn find<'a>(known: &'a [(String, String, String)], metric: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (board, name) = metric.split_once('/')?;
    let (name, kinds) = match name.split_once(':') {
        Some((name, kind)) => (name, vec![kind]),
        None => (name, KINDS[..2].to_vec()),
    };
    let is = |kind: &str| known.iter().find(|(b, k, n)| b == board && k == kind && n == name);
    kinds.into_iter().find_map(is).map(|(b, k, n)| (b.as_str(), k.as_str(), n.as_str()))
}

/// The changes, newest first. Only figures of the same tools are compared; of a commit that several measured, the newest tools' word counts.
fn changes(steps: &[Step]) -> Vec<Change<'_>> {
    let mut of_tools: HashMap<i64, Vec<(usize, &Step)>> = HashMap::new();
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| step.exact) {
        of_tools.entry(step.tools).or_default().push((at, step));
    }
    let mut changes: Vec<(usize, &Step, Change<'_>)> = Vec::new();
    for exact in of_tools.values() {
        let by_sha: HashMap<&str, &Step> = exact.iter().map(|(_, step)| (step.sha.as_str(), *step)).collect();
        for (nth, (at, step)) in exact.iter().copied().enumerate() {
            let parent = step.parent.as_ref().and_then(|parent| by_sha.get(parent.as_str()));
            let change = match (parent, exact.get(nth + 1)) {
                (Some(parent), _) if parent.value != step.value => Change::Of { step, before: parent.value },
                (None, Some((_, older))) if older.value != step.value => Change::Within { newer: step, older },
                _ => continue,
            };
            changes.push((at, step, change));
        }
    }
    changes.sort_by_key(|(at, ..)| *at);
    changes.dedup_by_key(|(_, step, _)| &step.sha);
    changes.into_iter().map(|(_, _, change)| change).collect()
}

fn answer(metric: &str, branch: &str, unit: &str, steps: &[Step]) -> String {
    let Some(newest) = steps.first() else { return format!("There is no history of {} on {} yet.", code(metric), code(branch)) };
    let mut text = format!(
        "{} is {} {unit} at `{}`, the newest commit of {} that was weighed. ",
        code(metric),
        grouped(newest.value),
        newest.sha.short(),
        code(branch)
    );
    let changes = changes(steps);
    // Of one commit, figures stand together.
    let weighed = steps.chunk_by(|a, b| a.sha == b.sha).count();
    let other_tools = match steps.iter().any(|step| step.tools != newest.tools) {
        true => " The tools were not the same all the time: only figures by the same ones are compared.",
        false => "",
    };
    if changes.is_empty() {
        text.push_str(&format!("It is the same in all {weighed} that were weighed."));
        text.push_str(other_tools);
        return text;
    }
    let signed = |before: u64, after: u64| match after.checked_sub(before) {
        Some(more) => format!("+{}", grouped(more)),
        None => format!("−{}", grouped(before - after)),
    };
    text.push_str(&format!(
        "Of the last {weighed} weighed, these changed it.{other_tools}\n\n| commit | {unit} | to | what |\n|---|---:|---:|---|\n"
    ));
    for change in changes.iter().take(CHANGES_MAX) {
        let row = match change {
            Change::Of { step, before } => {
                format!("| {} | {} | {} | {} |\n", step.sha, signed(*before, step.value), grouped(step.value), cell(&step.summary))
            }
            Change::Within { newer, older } => format!(
                "| after {} up to {} | {} | {} | one of these or more; those in between were not weighed |\n",
                older.sha.short(),
                newer.sha,
                signed(older.value, newer.value),
                grouped(newer.value)
            ),
        };
        text.push_str(&row);
    }
    if changes.len() > CHANGES_MAX {
        text.push_str(&format!("\n{} older changes are left out.", changes.len() - CHANGES_MAX));
    }
    text
}

/// Text from outside in a cell.
fn cell(text: &str) -> String {
    code(&text.replace('|', "¦"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(digit: char) -> CommitSha {
        CommitSha::parse(&String::from(digit).repeat(40)).unwrap()
    }

    /// Newest first: commit, parent, value; `~` before the value: noisy; `'` after it: by other tools.
    fn steps(text: &str) -> Vec<Step> {
        let step = |word: &str| {
            let mut parts = word.split(',');
            let mut one = || parts.next().unwrap();
            let (commit, parent, value) = (one().chars().next().unwrap(), one().chars().next(), one());
            let (exact, tools) = (!value.starts_with('~'), i64::from(value.ends_with('\'')));
            let value = value.trim_matches(['~', '\'']).parse().unwrap();
            Step { sha: sha(commit), parent: parent.map(sha), summary: "x | `y` @all".into(), value, exact, tools }
        };
        text.split_whitespace().map(step).collect()
    }

    #[test]
    fn a_change_is_a_commits_own_or_of_those_not_weighed() {
        let check = |history: &str, expected: &str| {
            let steps = steps(history);
            let first = |sha: &CommitSha| sha.as_str()[..1].to_owned();
            let said: Vec<String> = changes(&steps)
                .iter()
                .map(|change| match change {
                    Change::Of { step, before } => format!("{}:{before}>{}", first(&step.sha), step.value),
                    Change::Within { newer, older } => format!("{}..{}", first(&older.sha), first(&newer.sha)),
                })
                .collect();
            assert_eq!(said.join(" "), expected, "{history}");
        };
        check("c,b,7 b,a,7 a,,7", "");
        check("c,b,9 b,a,7 a,,5", "c:7>9 b:5>7");
        check("d,c,9 b,a,7 a,,7", "b..d");
        check("d,c,7 b,a,7 a,,7", "");
        check("c,b,9 b,a,~8 a,,7", "a..c");
        check("", "");
        // Other tools from c on; b was measured by both.
        check("d,c,9 c,b,8 b,a,8 b,a,7' a,,6'", "d:8>9 b:6>7");
        check("c,b,9 b,a,7' a,,7'", "");
        check("c,b,9 c,b,8' b,a,7 b,a,7' a,,7'", "c:7>9");
    }

    #[test]
    fn the_answer_names_the_commit_and_escapes_its_message() {
        let text = answer("disco/flash", "main", "B", &steps("c,b,1300 b,a,1000 a,,1000"));
        assert!(text.starts_with("`disco/flash` is 1 300 B") || text.starts_with("`disco/flash` is 1,300 B"), "{text}");
        assert!(text.contains(&format!("| {} | +300 |", sha('c'))) && text.contains("``x ¦ `y` @all``"), "{text}");
        assert!(answer("m/f", "main", "B", &steps("b,a,7 a,,7")).contains("the same in all 2"));
    }
}
