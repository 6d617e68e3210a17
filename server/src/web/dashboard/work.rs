//! What is at work now: the queue, what runs, what ended lately, the runners. The part that changes is asked for again by itself.

use super::super::access::Sight;
use super::words::{Label, When, job_label, took, when};
use super::{Page, PageError, Pages, Top, URLS, Urls, lab, shown};
use crate::store::at_work::{COUNTED_MAX, EndedRow, RunningRow};
use crate::store::backfills;
use crate::work::at_work::{self, AtRunner, AtWork, Outcomes, Stands};
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::get;
use ounce_protocol::job::Millis;
use ounce_protocol::units::grouped;

/// The page loads its part again after this many seconds, with script.
pub(super) const PART_S: u32 = 3;
/// Without script the whole page after this many.
pub(super) const RELOAD_S: u32 = 15;
/// Offers of a runner named in a list.
const OFFERS_SHOWN_MAX: usize = 4;

#[derive(Template)]
#[template(path = "work.html")]
struct Work {
    urls: &'static Urls,
    top: Top,
    part_s: u32,
    reload_s: u32,
    part: Part,
}

#[derive(Template)]
#[template(path = "work_part.html")]
struct PartPage {
    part: Part,
}

/// What changes.
struct Part {
    /// In a line, and whether somebody has to do something about it.
    summary: Vec<(String, bool)>,
    queue: Vec<Queued>,
    queue_words: String,
    running: Vec<Running>,
    ended: Vec<Ended>,
    runners: Vec<RunnerView>,
    /// How many units of runners' labs are in which health, and whether that is bad.
    units: Vec<(String, bool)>,
}

struct Queued {
    id: i64,
    of: Of,
    first: &'static str,
    since: When,
    waits: String,
    is_stuck: bool,
    again: String,
}

/// What a job is of.
pub(super) struct Of {
    pub repo: String,
    pub run: i64,
    pub pull: Option<i64>,
    pub board: String,
}

/// A job under way.
pub(super) struct Running {
    pub id: i64,
    pub of: Of,
    pub runner: String,
    pub doing: String,
    pub took: String,
    pub again: String,
}

/// A job that ended.
pub(super) struct Ended {
    pub id: i64,
    pub of: Of,
    pub label: Label,
    pub said: String,
    pub runner: String,
    pub took: String,
    pub when: When,
}

/// A runner in a list.
struct RunnerView {
    name: String,
    label: Label,
    said: String,
    at: Vec<(i64, String)>,
    offers: String,
    more: usize,
    sandbox: bool,
    day: String,
    flakes: String,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/work", get(page)).route("/work/part", get(part_page))
}

async fn part(state: &Pages, sight: &Sight) -> Result<Part, PageError> {
    let now = state.clock.now();
    let found = at_work::look(&mut *state.store.connection().await?, &sight.also, now).await?;
    Ok(view(found, now))
}

async fn page(State(state): State<Pages>, sight: Sight) -> Result<Page, PageError> {
    let top = Top { at_work: true, ..Top::of(&sight) };
    Page::of(&Work { urls: &URLS, top, part_s: PART_S, reload_s: RELOAD_S, part: part(&state, &sight).await? })
}

async fn part_page(State(state): State<Pages>, sight: Sight) -> Result<Page, PageError> {
    Page::of(&PartPage { part: part(&state, &sight).await? })
}

/// Whose turn it is, in words for its priority.
fn first(priority: i64) -> &'static str {
    match priority {
        ..=0 => "pull request",
        1..backfills::PRIORITY => "push",
        backfills::PRIORITY.. => "history",
    }
}

/// Leases that came to nothing so far.
fn again(attempts: i64) -> String {
    if attempts > 1 { format!("attempt {attempts}") } else { String::new() }
}

pub(super) fn running(row: RunningRow, now: Millis) -> Running {
    Running {
        id: row.id,
        runner: row.runner.unwrap_or_default(),
        doing: shown(&row.doing),
        took: row.started_ms.map(|started| took(now.saturating_sub(started))).unwrap_or_default(),
        again: again(row.attempts),
        of: Of { repo: row.repo, run: row.run_id, pull: row.pull_number, board: row.board },
    }
}

pub(super) fn ended(row: EndedRow, now: Millis) -> Ended {
    let mut label = job_label(&row.state);
    match row.failure_kind.as_deref() {
        Some("timeout") => label.word = "took too long".into(),
        Some("infra") => label.word = "infrastructure failed".into(),
        _ => {}
    }
    let again = again(row.attempts);
    let said = [shown(&row.detail), again].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    Ended {
        id: row.id,
        label,
        said,
        runner: row.runner.unwrap_or_default(),
        took: row.started_ms.map(|started| took(row.ended_ms.saturating_sub(started))).unwrap_or_default(),
        when: when(row.ended_ms, now),
        of: Of { repo: row.repo, run: row.run_id, pull: row.pull_number, board: row.board },
    }
}

fn view(found: AtWork, now: Millis) -> Part {
    let queue_words = match (found.queued, found.oldest_ms) {
        (0, _) | (_, None) => String::new(),
        (n, Some(oldest)) => {
            let count = if n >= COUNTED_MAX { format!("{} or more wait", grouped(n.unsigned_abs())) } else { waiting(n) };
            format!("{count}, the first since {}", took(now.saturating_sub(oldest)))
        }
    };
    let runners = found.runners.iter().map(|runner| runner_view(runner, &found.running, now)).collect();
    let queue = found.queue.into_iter().map(|(row, waits)| Queued {
        id: row.id,
        first: first(row.priority),
        since: when(row.queued_ms, now),
        waits: shown(&waits.to_string()),
        is_stuck: waits.is_stuck(),
        again: match (row.attempts, row.detail.is_empty()) {
            (0, true) => String::new(),
            (0, false) => shown(&row.detail),
            (n, true) => format!("{n} of its leases came to nothing"),
            (n, false) => format!("{n} of its leases came to nothing; the latest: {}", shown(&row.detail)),
        },
        of: Of { repo: row.repo, run: row.run_id, pull: row.pull_number, board: row.board },
    });
    let queue: Vec<Queued> = queue.collect();
    Part {
        summary: summary(&queue, found.queued, found.running.len(), &found.runners),
        queue,
        queue_words,
        running: found.running.into_iter().map(|row| running(row, now)).collect(),
        ended: found.ended.into_iter().map(|row| ended(row, now)).collect(),
        runners,
        units: lab::summary(&found.units),
    }
}

/// All of it in a line.
fn summary(queue: &[Queued], queued: i64, running: usize, runners: &[AtRunner]) -> Vec<(String, bool)> {
    let stuck = queue.iter().filter(|job| job.is_stuck).count();
    let count = |of: &[Stands]| runners.iter().filter(|runner| of.contains(&runner.stands)).count();
    let at_hand = count(&[Stands::Busy, Stands::Idle]);
    let parts = [
        (format!("{running} running"), false, true),
        (if queued >= COUNTED_MAX { format!("{queued} or more waiting") } else { format!("{queued} waiting") }, false, true),
        (format!("{stuck} stuck"), true, stuck > 0),
        (format!("{at_hand} {} at hand", if at_hand == 1 { "runner" } else { "runners" }), false, true),
        (format!("{} away", count(&[Stands::Away])), true, count(&[Stands::Away]) > 0),
        (format!("{} set aside", count(&[Stands::Aside])), true, count(&[Stands::Aside]) > 0),
    ];
    parts.into_iter().filter(|(.., shown)| *shown).map(|(words, bad, _)| (words, bad)).collect()
}

fn waiting(n: i64) -> String {
    if n == 1 { "1 job waits".into() } else { format!("{n} jobs wait") }
}

/// A runner's state as a label.
pub(super) fn stands_label(stands: Stands) -> Label {
    let (word, class) = match stands {
        Stands::Busy => ("busy", "busy"),
        Stands::Idle => ("idle", "good"),
        Stands::Away => ("away", "bad"),
        Stands::Never => ("never seen", "plain"),
        Stands::Aside => ("set aside", "bad"),
        Stands::Revoked => ("revoked", "plain"),
    };
    Label { word: word.into(), class }
}

/// What there is to say of a runner's state, without why it was set aside.
pub(super) fn stands_words(runner: &AtRunner, now: Millis) -> String {
    let row = &runner.row;
    match runner.stands {
        Stands::Busy => String::new(),
        Stands::Idle => "asks for work".into(),
        Stands::Away => row.seen_ms.map(|seen| format!("last heard of {}", when(seen, now).near)).unwrap_or_default(),
        Stands::Never => format!("enrolled {}, and never asked for work", when(row.created_ms, now).near),
        Stands::Aside => {
            let left = row.aside_until_ms.unwrap_or(now).saturating_sub(now);
            let next = if left > 0 { format!("gets one job in {}", took(left)) } else { "gets one job at a time until one is done".into() };
            format!("after {} failures in a row; {next}", row.failures)
        }
        Stands::Revoked => row.revoked_ms.map(|at| when(at, now).near).unwrap_or_default(),
    }
}

/// How the leases of a day came out.
pub(super) fn day_words(day: Outcomes) -> String {
    let some = [(day.done, "done"), (day.timeout, "took too long"), (day.infra, "failed here"), (day.superseded, "superseded")];
    let words: Vec<String> = some.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if words.is_empty() { "nothing".into() } else { words.join(", ") }
}

/// How far its outcomes are its own: the same commits on the same board were measured by a later lease.
pub(super) fn flake_words(runner: &AtRunner) -> String {
    let day = runner.day;
    let lately = (day.ended() > 0).then(|| format!("{} of {} in a day", day.flaky, day.ended()));
    let ever = runner.infra_per_mille.map(|n| format!("{}.{} of 100 ever failed here", n / 10, n % 10));
    let words: Vec<String> = lately.into_iter().chain(ever).collect();
    if words.is_empty() { "too few leases to say".into() } else { words.join("; ") }
}

fn runner_view(runner: &AtRunner, running: &[RunningRow], now: Millis) -> RunnerView {
    let name = &runner.row.name;
    let at = running.iter().filter(|row| row.runner.as_deref() == Some(name.as_str()));
    RunnerView {
        label: stands_label(runner.stands),
        said: stands_words(runner, now),
        at: at.map(|row| (row.id, row.board.clone())).collect(),
        offers: runner.offers.iter().take(OFFERS_SHOWN_MAX).map(|offer| shown(offer)).collect::<Vec<_>>().join(", "),
        more: runner.offers.len().saturating_sub(OFFERS_SHOWN_MAX),
        sandbox: runner.row.sandbox,
        day: day_words(runner.day),
        flakes: flake_words(runner),
        name: name.clone(),
    }
}
