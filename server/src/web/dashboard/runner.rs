//! One runner: how it stands, what it offers, what came of its work, what was done to it.

use super::super::access::Sight;
use super::lab::{self, Note, UnitView};
use super::words::{Label, When, when};
use super::work::{self, Ended, Running};
use super::{Page, PageError, Pages, Top, URLS, Urls, shown};
use crate::store::at_work::{DAY_MS, DAYS, DayRow};
use crate::work::at_work::{self, OneRunner};
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, State};
use axum::routing::get;
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Millis;

/// Offers listed.
const OFFERS_MAX: usize = 400;

const NO_RUNNER: PageError =
    PageError::NotFound("No runner of this name is enrolled here. All of them are on the page of what is at work.");

#[derive(Template)]
#[template(path = "runner.html")]
struct Runner {
    urls: &'static Urls,
    top: Top,
    reload_s: u32,
    name: String,
    label: Label,
    said: String,
    why: Option<String>,
    is_aside: bool,
    is_revoked: bool,
    is_there: bool,
    facts: Facts,
    offers: Vec<String>,
    more: usize,
    running: Vec<Running>,
    ended: Vec<Ended>,
    day: String,
    flakes: String,
    days: Vec<Day>,
    sparkline: String,
    done: Vec<Done>,
    notes: Vec<Note>,
    units: Vec<UnitView>,
    is_operator: bool,
}

struct Facts {
    enrolled: When,
    seen: Option<When>,
    token: When,
    sandbox: bool,
}

/// What ended on a day.
struct Day {
    date: String,
    done: i64,
    timeout: i64,
    infra: i64,
    superseded: i64,
}

/// What was done to it.
struct Done {
    what: String,
    when: When,
    /// For operators.
    who: String,
    result: String,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/runners/{runner}", get(page))
}

async fn page(State(state): State<Pages>, Path(name): Path<String>, sight: Sight) -> Result<Page, PageError> {
    let name = RunnerName::parse(&name).map_err(|_| NO_RUNNER)?;
    let now = state.clock.now();
    let mut c = state.store.connection().await?;
    let found = at_work::look_at(&mut c, &name, &sight.also, sight.is_operator, now).await?.ok_or(NO_RUNNER)?;
    drop(c);
    Page::of(&view(found, &sight, now))
}

fn view(found: OneRunner, sight: &Sight, now: Millis) -> Runner {
    let OneRunner { at, running, ended, days, done, units, may_read_why } = found;
    let days = by_day(&days, now);
    let values: Vec<Option<i128>> = days.iter().map(|day| Some(i128::from(day.done))).collect();
    let done = done.into_iter().map(|row| Done {
        when: when(row.at_ms, now),
        who: if sight.is_operator { shown(&row.who) } else { String::new() },
        result: if sight.is_operator { shown(&row.result) } else { String::new() },
        what: done_word(&row.what),
    });
    let row = &at.row;
    Runner {
        urls: &URLS,
        top: Top { at_work: true, ..Top::of(sight) },
        reload_s: work::RELOAD_S,
        label: work::stands_label(at.stands),
        said: work::stands_words(&at, now),
        is_aside: at.stands == at_work::Stands::Aside,
        is_revoked: at.stands == at_work::Stands::Revoked,
        is_there: matches!(at.stands, at_work::Stands::Busy | at_work::Stands::Idle),
        why: Some(shown(&row.aside_why)).filter(|why| may_read_why && !why.is_empty() && at.stands == at_work::Stands::Aside),
        facts: Facts {
            enrolled: when(row.created_ms, now),
            seen: row.seen_ms.map(|seen| when(seen, now)),
            token: when(row.token_ms, now),
            sandbox: row.sandbox,
        },
        offers: at.offers.iter().take(OFFERS_MAX).map(|offer| shown(offer)).collect(),
        more: at.offers.len().saturating_sub(OFFERS_MAX),
        running: running.into_iter().map(|row| work::running(row, now)).collect(),
        ended: ended.into_iter().map(|row| work::ended(row, now)).collect(),
        day: work::day_words(at.day),
        flakes: work::flake_words(&at),
        sparkline: ounce_report::sparkline_svg("Jobs done a day", &values, "jobs"),
        days: days.into_iter().rev().filter(|day| day.done + day.timeout + day.infra + day.superseded > 0).collect(),
        done: done.collect(),
        notes: lab::notes(&units, now),
        units: lab::views(units, now),
        is_operator: sight.is_operator,
        name: row.name.clone(),
    }
}

/// What was done, as a person says it.
fn done_word(what: &str) -> String {
    let known = [("enroll", "enrolled"), ("enrolment code", "a code was made"), ("restore runner", "restored"), ("revoke", "revoked")];
    known.iter().find(|(word, _)| *word == what).map_or_else(|| shown(what), |(_, words)| (*words).to_owned())
}

/// Every day up to today, the oldest first.
fn by_day(rows: &[DayRow], now: Millis) -> Vec<Day> {
    let today = now.div_euclid(DAY_MS);
    let day = |at: i64| {
        let exact = when(at.saturating_mul(DAY_MS), now).exact;
        let mut day = Day { date: exact.chars().take(10).collect(), done: 0, timeout: 0, infra: 0, superseded: 0 };
        for row in rows.iter().filter(|row| row.day == at) {
            match (row.state.as_str(), row.failure_kind.as_deref()) {
                ("done", _) => day.done += row.jobs,
                ("superseded", _) => day.superseded += row.jobs,
                (_, Some("timeout")) => day.timeout += row.jobs,
                _ => day.infra += row.jobs,
            }
        }
        day
    };
    (today - DAYS + 1..=today).map(day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_work_is_a_day_all_the_same() {
        let row =
            |day, state: &str, kind: Option<&str>, jobs| DayRow { day, state: state.into(), failure_kind: kind.map(str::to_owned), jobs };
        let rows = [
            row(100, "done", None, 3),
            row(100, "failed", Some("infra"), 1),
            row(100, "failed", Some("timeout"), 2),
            row(102, "superseded", None, 4),
        ];
        let days = by_day(&rows, 102 * DAY_MS + 5);
        assert_eq!(days.len(), usize::try_from(DAYS).unwrap());
        let told: Vec<_> =
            days[days.len() - 3..].iter().map(|day| (day.date.as_str(), day.done, day.timeout, day.infra, day.superseded)).collect();
        assert_eq!(told, [("1970-04-11", 3, 2, 1, 0), ("1970-04-12", 0, 0, 0, 0), ("1970-04-13", 0, 0, 0, 4)]);
    }
}
