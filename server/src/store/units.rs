//! The units of runners' labs, as each runner told of them when it asked for work last. All of it is for people, and hostile text: no job is given or kept
//! by what stands here.

use super::numbers::RUNNER_SEEN_MS;
use super::sql::{Row, sql};
use super::{Connection, StoreError};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Millis;
use ounce_protocol::lab::{Standing, UnitState};
use std::collections::BTreeMap;

/// Units listed and counted, by runner and name: of fifteen labs as large as a lab can be, and some more.
pub const UNITS_MAX: i64 = 1_000;

/// A unit as it was told of, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Whose lab it is in.
    pub runner: String,
    /// What was told.
    pub state: UnitState,
    /// Since when it stands as it does, as far as we were told.
    pub since_ms: Millis,
    /// When its probe was there last, or somebody worked with it; none where it never was.
    pub seen_ms: Option<Millis>,
    /// When the runner told of it last.
    pub told_ms: Millis,
    /// What it can do now.
    pub health: Health,
}

/// What a unit can do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It waits for a job.
    Ready,
    /// A job, or a person, works with it.
    InUse,
    /// A person keeps it from jobs.
    Quarantined,
    /// It did not answer the last time; the next job tries.
    Suspect,
    /// What it needs is not there, as its probe.
    Missing,
    /// It did not answer several times in a row: no job waits for it until its keeper has looked.
    Offline,
    /// Its runner was not heard of lately: nobody knows.
    Away,
}

impl Health {
    /// All there are.
    pub const ALL: [Health; 7] =
        [Health::Ready, Health::InUse, Health::Quarantined, Health::Suspect, Health::Missing, Health::Offline, Health::Away];

    /// Its word in the API and in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Health::Ready => "ready",
            Health::InUse => "in_use",
            Health::Quarantined => "quarantined",
            Health::Suspect => "suspect",
            Health::Missing => "missing",
            Health::Offline => "offline",
            Health::Away => "away",
        }
    }

    /// What keeps it from jobs, the hardest first.
    fn of(state: &UnitState, is_runner_there: bool) -> Health {
        match state.standing {
            _ if !is_runner_there => Health::Away,
            Standing::Offline => Health::Offline,
            _ if state.quarantine.is_some() => Health::Quarantined,
            _ if state.missing.is_some() => Health::Missing,
            Standing::Suspect => Health::Suspect,
            Standing::Well if state.in_use => Health::InUse,
            Standing::Well => Health::Ready,
        }
    }
}

/// Keeps what a runner tells of its units, in place of all that it told before. Gives those that fell: each stands worse than the last time.
pub async fn tell<'u>(
    c: &mut Connection,
    runner: &RunnerName,
    units: &'u [UnitState],
    now: Millis,
) -> Result<Vec<&'u UnitState>, StoreError> {
    let rows: Vec<(String, String, String)> =
        sql("SELECT name, standing, doc FROM units WHERE runner = $1").bind(runner.as_str()).fetch_all(&mut *c).await?;
    let mut known: BTreeMap<String, (String, String)> = rows.into_iter().map(|(name, standing, doc)| (name, (standing, doc))).collect();
    let mut fell = Vec::new();
    let mut seen = Vec::new();
    for unit in units {
        let doc = serde_json::to_string(unit).map_err(|e| StoreError::Encode(Box::new(e)))?;
        let before = known.remove(unit.name.as_str());
        if before.as_ref().is_none_or(|(_, before)| *before != doc) {
            put(c, runner, unit, &doc, now).await?;
        }
        let stood = before.map_or(Standing::Well, |(standing, _)| standing_of(&standing));
        if rank(unit.standing) > rank(stood) {
            fell.push(unit);
        }
        if unit.missing.is_none() {
            seen.push(unit.name.as_str());
        }
    }
    for name in known.keys() {
        sql("DELETE FROM units WHERE runner = $1 AND name = $2").bind(runner.as_str()).bind(name).execute(&mut *c).await?;
    }
    if !units.is_empty() {
        sql("UPDATE units SET told_ms = $2, seen_ms = CASE WHEN name IN LIST($3) THEN $2 ELSE seen_ms END WHERE runner = $1")
            .bind(runner.as_str())
            .bind(now)
            .bind(serde_json::to_string(&seen).map_err(|e| StoreError::Encode(Box::new(e)))?)
            .execute(c)
            .await?;
    }
    Ok(fell)
}

async fn put(c: &mut Connection, runner: &RunnerName, unit: &UnitState, doc: &str, now: Millis) -> Result<(), StoreError> {
    sql("INSERT INTO units (runner, name, standing, doc, since_ms, told_ms) VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (runner, name) DO UPDATE SET doc = $4, standing = $3,
             since_ms = CASE WHEN units.standing = $3 THEN units.since_ms ELSE $5 END")
    .bind(runner.as_str())
    .bind(unit.name.as_str())
    .bind(unit.standing.word())
    .bind(doc)
    .bind(now)
    .execute(c)
    .await?;
    Ok(())
}

fn standing_of(word: &str) -> Standing {
    [Standing::Suspect, Standing::Offline].into_iter().find(|standing| standing.word() == word).unwrap_or_default()
}

fn rank(standing: Standing) -> u8 {
    match standing {
        Standing::Well => 0,
        Standing::Suspect => 1,
        Standing::Offline => 2,
    }
}

/// The units of all runners that have a token, or of one, by runner and name.
pub async fn list(c: &mut Connection, of: Option<&RunnerName>, now: Millis) -> Result<Vec<Unit>, StoreError> {
    let rows: Vec<Row> = sql("SELECT u.runner, u.doc, u.since_ms, u.seen_ms, u.told_ms,
             CASE WHEN r.seen_ms >= $1 OR EXISTS (SELECT 1 FROM jobs WHERE jobs.state = 'leased' AND jobs.runner = u.runner) THEN 1 ELSE 0 END AS there
         FROM units u JOIN runners r ON r.name = u.runner
         WHERE r.revoked_ms IS NULL AND ($2 = '' OR u.runner = $2) ORDER BY u.runner, u.name LIMIT $3")
    .bind(now.saturating_sub(RUNNER_SEEN_MS))
    .bind(of.map_or("", RunnerName::as_str))
    .bind(UNITS_MAX)
    .fetch_all(c)
    .await?;
    rows.iter()
        .map(|row| {
            let state: UnitState = serde_json::from_str(row.try_get("doc")?).map_err(|e| StoreError::Decode(Box::new(e)))?;
            Ok(Unit {
                health: Health::of(&state, row.try_get("there")?),
                runner: row.try_get("runner")?,
                since_ms: row.try_get("since_ms")?,
                seen_ms: row.try_get("seen_ms")?,
                told_ms: row.try_get("told_ms")?,
                state,
            })
        })
        .collect()
}

/// How many units are in which health, each told also where none is.
pub fn by_health(units: &[Unit]) -> [(Health, usize); 7] {
    Health::ALL.map(|health| (health, units.iter().filter(|unit| unit.health == health).count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_what_keeps_it_from_jobs_most() {
        let check = |json: &str, is_runner_there: bool, expected: &str| {
            let state: UnitState =
                serde_json::from_str(&format!(r#"{{"name":"left","board":"b","probe":"p","standing":{json}}}"#)).unwrap();
            assert_eq!(Health::of(&state, is_runner_there).word(), expected, "{json}");
        };
        let kept = r#""quarantine":{"owner":"ann","until":"2026-12-24","why":"w"}"#;
        check(r#""well""#, true, "ready");
        check(r#""well","in_use":true"#, true, "in_use");
        check(r#""suspect","in_use":true"#, true, "suspect");
        check(r#""suspect","missing":"no probe""#, true, "missing");
        check(&format!(r#""suspect","missing":"no probe",{kept}"#), true, "quarantined");
        check(&format!(r#""offline",{kept}"#), true, "offline");
        check(r#""offline""#, false, "away");
    }
}
