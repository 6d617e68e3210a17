//! What is at work, put together from rows for pages and programs: only what who looks may see.

use super::waits::{Taker, Waiting, Waits, waits};
use crate::store::at_work::{self, DAY_MS, DayRow, EndedRow, LATELY_MS, LeasesRow, QueuedRow, RunnerRow, RunningRow};
use crate::store::numbers::RUNNER_SEEN_MS;
use crate::store::tallies::{self, Ended, Tally};
use crate::store::units::{self, Unit};
use crate::store::{Connection, StoreError, sight};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Millis;
use std::collections::BTreeMap;

/// What is at work.
#[derive(Debug)]
pub struct AtWork {
    /// The head of the queue, each with what it waits for.
    pub queue: Vec<(QueuedRow, Waits)>,
    /// How many wait, at most `store::at_work::COUNTED_MAX`.
    pub queued: i64,
    /// Since when the first of them waits.
    pub oldest_ms: Option<Millis>,
    /// What runs, the longest first.
    pub running: Vec<RunningRow>,
    /// What ended within a day, the failed first, then the latest first.
    pub ended: Vec<EndedRow>,
    /// The runners.
    pub runners: Vec<AtRunner>,
    /// The units of their labs.
    pub units: Vec<Unit>,
}

/// A runner, and what came of its work lately.
#[derive(Debug)]
pub struct AtRunner {
    /// Its row.
    pub row: RunnerRow,
    /// What it offers.
    pub offers: Vec<String>,
    /// How it stands.
    pub stands: Stands,
    /// How its leases of the last day came out.
    pub day: Outcomes,
    /// Of a thousand leases ever given to it, how many came to nothing for reasons of infrastructure; none while it has had too few.
    pub infra_per_mille: Option<i64>,
}

/// How a runner stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It has a job.
    Busy,
    /// It asks for work.
    Idle,
    /// It was not heard of lately.
    Away,
    /// It never asked for work.
    Never,
    /// It kept failing and gets no work, or one job to show that it works.
    Aside,
    /// Its token was taken from it.
    Revoked,
}

impl Stands {
    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Stands::Busy => "busy",
            Stands::Idle => "idle",
            Stands::Away => "away",
            Stands::Never => "never_seen",
            Stands::Aside => "aside",
            Stands::Revoked => "revoked",
        }
    }

    fn of(row: &RunnerRow, now: Millis) -> Stands {
        let heard = row.seen_ms.is_some_and(|seen| seen >= now.saturating_sub(RUNNER_SEEN_MS));
        match () {
            () if row.revoked_ms.is_some() => Stands::Revoked,
            () if row.aside_until_ms.is_some() => Stands::Aside,
            () if row.holds > 0 => Stands::Busy,
            () if heard => Stands::Idle,
            () if row.seen_ms.is_none() => Stands::Never,
            () => Stands::Away,
        }
    }
}

/// How leases came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// With both measurements.
    pub done: i64,
    /// It took longer than it may.
    pub timeout: i64,
    /// For reasons of infrastructure, or the runner was lost.
    pub infra: i64,
    /// A newer head arrived.
    pub superseded: i64,
    /// Under way.
    pub running: i64,
    /// Of those for infrastructure: the same commits on the same board were measured by a later lease. The outcome was the runner's.
    pub flaky: i64,
}

impl Outcomes {
    /// All leases that have come to an end by themselves.
    pub fn ended(self) -> i64 {
        self.done + self.timeout + self.infra
    }

    fn add(&mut self, row: &LeasesRow) {
        let kind = row.failure_kind.as_deref();
        let of = match (row.is_latest, row.state.as_str()) {
            (true, "done") => &mut self.done,
            (true, "superseded") => &mut self.superseded,
            (true, "leased") => &mut self.running,
            (true, "failed") if kind == Some("timeout") => &mut self.timeout,
            _ => &mut self.infra,
        };
        *of += row.leases;
        if !row.is_latest && row.state == "done" {
            self.flaky += row.leases;
        }
    }
}

/// How leases came out, by runner.
fn outcomes(rows: &[LeasesRow]) -> BTreeMap<&str, Outcomes> {
    let mut all: BTreeMap<&str, Outcomes> = BTreeMap::new();
    for row in rows {
        all.entry(row.runner.as_str()).or_default().add(row);
    }
    all
}

/// With fewer leases a share says nothing.
const LEASES_MIN: i64 = 10;

fn infra_per_mille(runner: &str, tallies: &[Tally]) -> Option<i64> {
    let mine = |name: &str, label: &str| {
        let found = tallies.iter().find(|tally| tally.name == name && tally.runner == runner && tally.label == label);
        found.map_or(0, |tally| tally.value)
    };
    let given = mine(tallies::LEASES, "");
    let failed = mine(tallies::LEASES_ENDED, Ended::Infra.word()) + mine(tallies::LEASES_ENDED, Ended::Lost.word());
    (given >= LEASES_MIN).then(|| failed.saturating_mul(1_000) / given)
}

fn at_runner(row: RunnerRow, day: Outcomes, tallies: &[Tally], now: Millis) -> AtRunner {
    AtRunner {
        offers: serde_json::from_str(&row.can_run).unwrap_or_default(),
        stands: Stands::of(&row, now),
        infra_per_mille: infra_per_mille(&row.name, tallies),
        day,
        row,
    }
}

/// Looks at everything.
pub async fn look(c: &mut Connection, also: &[i64], now: Millis) -> Result<AtWork, StoreError> {
    let since = now.saturating_sub(LATELY_MS);
    let leases = at_work::leases(c, also, since).await?;
    let tallies = tallies::of_leases(c).await?;
    let of = outcomes(&leases);
    let runner = |row: RunnerRow| {
        let day = of.get(row.name.as_str()).copied().unwrap_or_default();
        at_runner(row, day, &tallies, now)
    };
    let runners: Vec<AtRunner> = at_work::runners(c).await?.into_iter().map(runner).collect();
    let takers: Vec<Taker<'_>> =
        runners.iter().filter(|runner| runner.stands != Stands::Revoked).map(|runner| taker(runner, now)).collect();
    let queue = at_work::queue(c, also).await?.into_iter().map(|row| {
        let waiting = Waiting {
            needs: row.needs.as_deref(),
            trusted: row.trusted,
            not_before_ms: row.not_before_ms,
            avoids: row.runner.as_deref().map(|name| (name, row.avoid_until_ms)),
        };
        let waits = waits(waiting, &takers, now);
        (row, waits)
    });
    let queue = queue.collect();
    let (queued, oldest_ms) = at_work::queued(c, also).await?;
    let mut ended = at_work::ended(c, also, since).await?;
    ended.sort_by_key(|row| row.state != "failed");
    Ok(AtWork {
        queue,
        queued,
        oldest_ms,
        running: at_work::running(c, also).await?,
        ended,
        runners,
        units: units::list(c, None, now).await?,
    })
}

fn taker(runner: &AtRunner, now: Millis) -> Taker<'_> {
    Taker {
        name: &runner.row.name,
        offers: &runner.offers,
        sandbox: runner.row.sandbox,
        present: matches!(runner.stands, Stands::Busy | Stands::Idle | Stands::Aside),
        // After its time it gets one job, to show that it works.
        aside: runner.row.aside_until_ms.is_some_and(|until| until > now || runner.row.holds > 0),
        busy: runner.row.holds > 0,
    }
}

/// One runner, with what it did.
#[derive(Debug)]
pub struct OneRunner {
    /// As it stands.
    pub at: AtRunner,
    /// What it has under way, as far as who looks may see it.
    pub running: Vec<RunningRow>,
    /// What ended at it, the latest first.
    pub ended: Vec<EndedRow>,
    /// What ended at it, by day.
    pub days: Vec<DayRow>,
    /// What was done to it.
    pub done: Vec<at_work::DoneRow>,
    /// The units of its lab.
    pub units: Vec<Unit>,
    /// Whether who looks may read why it was set aside: the job it failed at last may be a private project's.
    pub may_read_why: bool,
}

/// Looks at one runner; none where there is none of that name.
pub async fn look_at(
    c: &mut Connection,
    name: &RunnerName,
    also: &[i64],
    is_operator: bool,
    now: Millis,
) -> Result<Option<OneRunner>, StoreError> {
    let Some(row) = at_work::runner(c, name).await? else { return Ok(None) };
    let leases = at_work::leases(c, also, now.saturating_sub(LATELY_MS)).await?;
    let day = outcomes(&leases).get(name.as_str()).copied().unwrap_or_default();
    let at = at_runner(row, day, &tallies::of_leases(c).await?, now);
    let since = now.saturating_sub(at_work::DAYS * DAY_MS);
    let running = at_work::running(c, also).await?.into_iter().filter(|row| row.runner.as_deref() == Some(name.as_str())).collect();
    let may_read_why = is_operator || may_read(c, &at.row.aside_why, also).await?;
    Ok(Some(OneRunner {
        running,
        ended: at_work::ended_at(c, also, since, name).await?,
        days: at_work::days(c, also, since, name).await?,
        done: at_work::done_to(c, name).await?,
        units: units::list(c, Some(name), now).await?,
        may_read_why,
        at,
    }))
}

/// The job that a reason begins with (`lease::failed_at`), where it is of a project that who looks may see.
async fn may_read(c: &mut Connection, why: &str, also: &[i64]) -> Result<bool, StoreError> {
    let job = why.strip_prefix("job ").and_then(|rest| rest.split_once(':')).and_then(|(id, _)| id.parse().ok());
    let Some(job) = job else { return Ok(false) };
    Ok(sight::of_job(c, job).await?.is_some_and(|seen| !seen.hidden || also.contains(&seen.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_counts_as_what_came_of_it() {
        let check = |is_latest, state: &str, kind: Option<&str>, expected: &str| {
            let row = LeasesRow { runner: "desk".into(), is_latest, state: state.into(), failure_kind: kind.map(str::to_owned), leases: 2 };
            let out = outcomes(&[row])["desk"];
            let told = [
                ("done", out.done),
                ("timeout", out.timeout),
                ("infra", out.infra),
                ("superseded", out.superseded),
                ("running", out.running),
                ("flaky", out.flaky),
            ];
            let told: Vec<&str> = told.into_iter().filter(|(_, n)| *n == 2).map(|(word, _)| word).collect();
            assert_eq!(told.join(" "), expected, "{is_latest} {state} {kind:?}");
        };
        check(true, "done", None, "done");
        check(true, "failed", Some("timeout"), "timeout");
        check(true, "failed", Some("infra"), "infra");
        check(true, "superseded", None, "superseded");
        check(true, "leased", None, "running");
        check(true, "queued", None, "infra");
        check(false, "leased", None, "infra");
        check(false, "done", None, "infra flaky");
        check(false, "failed", Some("timeout"), "infra");
    }

    #[test]
    fn a_share_of_few_leases_is_not_told() {
        let tally = |name: &str, label: &str, value| Tally { name: name.into(), runner: "desk".into(), label: label.into(), value };
        let check = |given, infra, lost, expected| {
            let tallies = [tally("leases", "", given), tally("leases_ended", "infra", infra), tally("leases_ended", "lost", lost)];
            assert_eq!(infra_per_mille("desk", &tallies), expected, "{given} {infra} {lost}");
        };
        check(9, 9, 0, None);
        check(10, 1, 1, Some(200));
        check(400, 0, 1, Some(2));
        check(400, 0, 0, Some(0));
    }
}
