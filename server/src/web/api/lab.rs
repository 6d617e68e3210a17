//! The units of runners' labs: what the page of that name shows.

use super::{Api, ApiProblem};
use crate::store::units;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The labs of all runners.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lab {
    /// The units, by runner and name: at most 1000.
    pub units: Vec<Unit>,
}

/// A unit, one piece of hardware, as its runner told of it last. All texts are from outside: escape them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unit {
    /// The runner whose lab it is in.
    pub runner: String,
    /// Its name in that lab.
    pub name: String,
    /// The board that it is of.
    #[schema(example = "microbit")]
    pub board: String,
    /// Its probe, `VID:PID:SERIAL`.
    pub probe: String,
    /// What it can do now: `ready`, `in_use`, `quarantined`, `suspect`, `missing`, `offline`, or `away` with its runner.
    pub health: String,
    /// How it answered the last time: `well`, `suspect` or `offline`.
    pub standing: String,
    /// Since when it stands so.
    pub since_ms: i64,
    /// For its keeper: what was seen last of one that is not well.
    pub note: Option<String>,
    /// What it lacks, as its probe.
    pub missing: Option<String>,
    /// Who keeps it from jobs.
    pub quarantine: Option<Quarantine>,
    /// How often one binary ended otherwise than the time before.
    pub flake_score: FlakeScore,
    /// The rungs of the ladder that were ever tried, from the lowest.
    pub recoveries: Vec<Recovery>,
    /// Its last self-test; null where it has none, or none was run yet.
    pub selftest: Option<SelfTest>,
    /// When its probe was there last, or somebody worked with it; null: never.
    pub seen_ms: Option<i64>,
    /// When its runner told of it last. A runner that works does not.
    pub told_ms: i64,
}

/// Who keeps a unit from jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quarantine {
    /// Who.
    pub owner: String,
    /// The last day of it, UTC.
    #[schema(example = "2026-12-24")]
    pub until: String,
    /// Why.
    pub why: String,
}

/// The same binary several times on one unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct FlakeScore {
    /// How often one ran again.
    pub repeats: u64,
    /// How often it then ended otherwise.
    pub flaky: u64,
}

/// A rung of the ladder by which a unit that does not answer is brought back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recovery {
    /// `attach`, `under_reset`, `slower`, `power_cycle` or `erase_all`.
    pub rung: String,
    /// How often it was tried.
    pub tried: u64,
    /// After how many of them the unit answered.
    pub helped: u64,
}

/// A self-test that was run.
#[derive(Debug, Serialize, ToSchema)]
pub struct SelfTest {
    /// Whether it was passed.
    pub passed: bool,
    /// What it found.
    pub said: String,
    /// When, by the runner's clock.
    pub at_ms: i64,
}

impl From<units::Unit> for Unit {
    fn from(unit: units::Unit) -> Unit {
        let state = unit.state;
        let recovery = |(rung, tally): (ounce_protocol::lab::Rung, ounce_protocol::lab::Tally)| Recovery {
            rung: rung.word().to_owned(),
            tried: tally.tried,
            helped: tally.helped,
        };
        Unit {
            runner: unit.runner,
            name: state.name.to_string(),
            board: state.board.to_string(),
            probe: state.probe,
            health: unit.health.word().to_owned(),
            standing: state.standing.word().to_owned(),
            since_ms: unit.since_ms,
            note: state.note,
            missing: state.missing,
            quarantine: state.quarantine.map(|kept| Quarantine { owner: kept.owner, until: kept.until, why: kept.why }),
            flake_score: FlakeScore { repeats: state.repeats.all, flaky: state.repeats.flaky },
            recoveries: state.rungs.into_iter().map(recovery).collect(),
            selftest: state.tested.map(|tested| SelfTest { passed: tested.passed, said: tested.said, at_ms: tested.at_ms }),
            seen_ms: unit.seen_ms,
            told_ms: unit.told_ms,
        }
    }
}

/// The units of all runners' labs, as each runner told of them last.
#[utoipa::path(get, path = "/lab", tag = "runs", responses((status = 200, body = Lab)))]
pub async fn lab(State(api): State<Api>) -> Result<Json<Lab>, ApiProblem> {
    let units = units::list(&mut *api.store.connection().await?, None, api.clock.now()).await?;
    Ok(Json(Lab { units: units.into_iter().map(Unit::from).collect() }))
}
