//! The units of runners' labs: how each stands, who keeps it, how often it was brought back, and what its keeper should know.

use super::super::access::Sight;
use super::words::{Label, When, when};
use super::{Page, PageError, Pages, Top, URLS, Urls, shown, work};
use crate::store::units::{self, Health, UNITS_MAX, Unit};
use askama::Template;
use axum::extract::State;
use ounce_protocol::job::Millis;
use ounce_protocol::lab::{KeptBy, UNIT_TEXT_BYTES_MAX};
use ounce_protocol::units::grouped;

/// What was told longer ago is said to be so. A runner that works does not ask for work, and tells nothing.
const FRESH_MS: Millis = 60_000;

#[derive(Template)]
#[template(path = "lab.html")]
struct Lab {
    urls: &'static Urls,
    top: Top,
    reload_s: u32,
    /// In a line, and whether somebody has to do something about it.
    summary: Vec<(String, bool)>,
    notes: Vec<Note>,
    units: Vec<UnitView>,
    is_cut: bool,
}

/// What a keeper should know.
pub(super) struct Note {
    pub unit: String,
    pub runner: String,
    pub label: Label,
    pub since: Option<When>,
    pub said: String,
    /// Whether the unit comes back only once somebody has looked after it.
    pub is_for_keeper: bool,
}

/// A unit in a table.
pub(super) struct UnitView {
    pub name: String,
    pub runner: String,
    pub board: String,
    pub probe: String,
    pub label: Label,
    pub kept: Option<(String, String, String)>,
    pub flakes: String,
    pub is_flaky: bool,
    /// Each rung that was tried: what it is, and how it went.
    pub rungs: Vec<(&'static str, String)>,
    pub tested: Option<(bool, String, When)>,
    pub seen: Option<When>,
    /// When it was told of, where that is not now.
    pub told: Option<When>,
}

pub(super) async fn page(State(state): State<Pages>, sight: Sight) -> Result<Page, PageError> {
    let now = state.clock.now();
    let found = units::list(&mut *state.store.connection().await?, None, now).await?;
    Page::of(&Lab {
        urls: &URLS,
        top: Top { at_work: true, ..Top::of(&sight) },
        reload_s: work::RELOAD_S,
        summary: summary(&found),
        notes: notes(&found, now),
        is_cut: i64::try_from(found.len()).is_ok_and(|n| n == UNITS_MAX),
        units: views(found, now),
    })
}

/// All units in a line: how many are in which health.
pub(super) fn summary(units: &[Unit]) -> Vec<(String, bool)> {
    let some = units::by_health(units).into_iter().filter(|(_, count)| *count > 0);
    some.map(|(health, count)| (format!("{count} {}", label(health).word), label(health).class == "bad")).collect()
}

fn label(health: Health) -> Label {
    let (word, class) = match health {
        Health::Ready => ("ready", "good"),
        Health::InUse => ("in use", "busy"),
        Health::Quarantined => ("in quarantine", "plain"),
        Health::Suspect => ("suspect", "bad"),
        Health::Missing => ("missing", "bad"),
        Health::Offline => ("offline", "bad"),
        Health::Away => ("away", "bad"),
    };
    Label { word: word.into(), class }
}

/// Text about a unit as one visible line.
fn line(text: &str) -> String {
    ounce_report::visible(text, UNIT_TEXT_BYTES_MAX)
}

/// What keepers should know, the hardest first.
pub(super) fn notes(units: &[Unit], now: Millis) -> Vec<Note> {
    let hard = [Health::Offline, Health::Missing, Health::Suspect];
    let of = |health: Health| units.iter().filter(move |unit| unit.health == health);
    let note = |unit: &Unit| Note {
        unit: unit.state.name.to_string(),
        runner: unit.runner.clone(),
        label: label(unit.health),
        since: match unit.health {
            Health::Missing => unit.seen_ms.map(|seen| when(seen, now)),
            _ => Some(when(unit.since_ms, now)),
        },
        said: line(unit.state.missing.as_deref().filter(|_| unit.health == Health::Missing).or(unit.state.note.as_deref()).unwrap_or("")),
        is_for_keeper: unit.health == Health::Offline,
    };
    hard.into_iter().flat_map(of).map(note).collect()
}

/// Rows of the table.
pub(super) fn views(units: Vec<Unit>, now: Millis) -> Vec<UnitView> {
    let view = |unit: Unit| {
        let state = unit.state;
        let repeats = state.repeats;
        let kept = |kept: KeptBy| (shown(&kept.owner), shown(&kept.until), line(&kept.why));
        UnitView {
            name: state.name.to_string(),
            board: state.board.to_string(),
            probe: shown(&state.probe),
            label: label(unit.health),
            kept: state.quarantine.map(kept),
            flakes: if repeats.all == 0 { "–".into() } else { format!("{} of {}", grouped(repeats.flaky), grouped(repeats.all)) },
            is_flaky: repeats.flaky > 0,
            rungs: state
                .rungs
                .into_iter()
                .map(|(rung, tally)| (rung.words(), format!("{} of {} helped", grouped(tally.helped), grouped(tally.tried))))
                .collect(),
            tested: state.tested.map(|tested| (tested.passed, line(&tested.said), when(tested.at_ms, now))),
            seen: unit.seen_ms.map(|seen| when(seen, now)),
            told: (unit.told_ms < now.saturating_sub(FRESH_MS)).then(|| when(unit.told_ms, now)),
            runner: unit.runner,
        }
    };
    units.into_iter().map(view).collect()
}
