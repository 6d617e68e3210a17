//! Which units a runner offers, and which of them a job gets.

use super::inventory::{Lab, Trust, Unit, UnitName};
use super::ladder::{Record, Standing};
use super::presence::{Found, Presence, look, presence};
use super::quarantine::{self, Kept};
use super::recover::Watched;
use super::taken::Taken;
use crate::exec::LogSink;
use crate::home::{Home, Trust as Whose};
use anyhow::{Result, bail};
use ounce_protocol::BoardName;
use ounce_protocol::lab::{KeptBy, UnitState};
use ounce_protocol::manifest::offer_of;
use std::time::{Duration, Instant};

/// How long a job waits for a unit that another job has.
const FREE_MAX: Duration = Duration::from_secs(10 * 60);
/// How often it looks whether one is free.
const FREE_POLL: Duration = Duration::from_millis(500);

/// A unit, and whether it can be offered.
#[derive(Debug)]
pub struct Offered<'a> {
    /// Its name.
    pub name: &'a UnitName,
    /// The unit.
    pub unit: &'a Unit,
    /// How it stands.
    standing: Standing,
    /// Whether somebody has it now.
    is_taken: bool,
    /// Why it is not offered.
    pub why_not: Option<String>,
    /// What a server is told of it.
    pub state: UnitState,
}

impl Offered<'_> {
    /// Whether it works, be it for somebody else now.
    pub fn is_able(&self) -> bool {
        self.is_taken || self.why_not.is_none()
    }

    /// What is offered with it, in the words of a claim.
    pub fn words(&self) -> Vec<String> {
        let for_whom: &[bool] = match (&self.why_not, self.unit.trust) {
            (Some(_), _) => &[],
            (None, Trust::Own) => &[true],
            (None, Trust::Strangers) => &[true, false],
        };
        for_whom.iter().map(|trusted| offer_of(&self.unit.board, *trusted)).collect()
    }
}

/// All units of a lab as they are now.
///
/// # Errors
/// Where there is no place for records.
pub async fn offers<'a>(lab: &'a Lab, home: &Home) -> Result<Vec<Offered<'a>>> {
    if lab.units.is_empty() {
        return Ok(Vec::new());
    }
    let found = look().await;
    lab.units.iter().map(|(name, unit)| offered(lab, name, unit, &found, home)).collect()
}

fn offered<'a>(lab: &Lab, name: &'a UnitName, unit: &'a Unit, found: &Result<Vec<Found>>, home: &Home) -> Result<Offered<'a>> {
    let watched = Watched::open(name, unit, lab.wiring(unit, home)?, home)?;
    let is_taken = Taken::is_taken(name, home)?;
    let kept = quarantine::kept(name, home, quarantine::today());
    let missing = match (found.as_ref().map(|found| presence(&unit.probe, found)), &kept) {
        // One that cannot be read keeps its unit, and no other.
        (_, Err(why)) => Some(format!("{why:#}")),
        // Whether its probe is there cannot be seen meanwhile.
        _ if is_taken => None,
        (Err(why), _) => Some(format!("{why:#}")),
        (Ok(Presence::Missing), _) => Some("its probe is not plugged in".into()),
        (Ok(Presence::Forbidden), _) => Some("this user may not open its probe: deploy/udev has the rules".into()),
        (Ok(Presence::There), _) => None,
    };
    let kept = kept.unwrap_or(Kept::No);
    let why_not = match (watched.may_work(), &kept) {
        (Err(why), _) => Some(why.to_string()),
        (Ok(()), Kept::Yes(quarantine)) => Some(quarantine.words()),
        (Ok(()), _) if missing.is_some() => missing.clone(),
        (Ok(()), _) => is_taken.then(|| "somebody works with it".into()),
    };
    let state = state(name, unit, watched.record(), is_taken, missing, kept);
    Ok(Offered { name, unit, standing: watched.record().standing, is_taken, why_not, state })
}

/// What a server is told of a unit.
fn state(name: &UnitName, unit: &Unit, record: &Record, in_use: bool, missing: Option<String>, kept: Kept) -> UnitState {
    let quarantine = match kept {
        Kept::Yes(kept) => Some(KeptBy { owner: kept.owner, until: kept.until, why: kept.why }),
        Kept::No | Kept::Over(_) => None,
    };
    let told = UnitState {
        name: name.clone(),
        board: unit.board.clone(),
        probe: unit.probe.as_str().to_owned(),
        standing: record.standing,
        note: record.note.clone(),
        in_use,
        missing,
        quarantine,
        repeats: record.repeats,
        rungs: record.rungs.clone(),
        tested: record.tested.clone(),
    };
    told.cut()
}

/// Takes a unit of this kind that may run this code, once one is free. One that answered the last time comes before one that did not.
///
/// # Errors
/// Where there is none, none becomes free in its time, or the one that is free cannot be brought back.
pub async fn take<'a>(lab: &'a Lab, kind: &BoardName, whose: Whose, home: &'a Home, log: &dyn LogSink) -> Result<Taken<'a>> {
    let may_run = |unit: &Unit| whose == Whose::Own || unit.trust == Trust::Strangers;
    if !lab.units.values().any(|unit| unit.board == *kind && may_run(unit)) {
        let strangers = if whose == Whose::Own { "" } else { " that strangers may use (`trust` in lab.toml)" };
        bail!("lab.toml has no unit with board = \"{kind}\"{strangers}");
    }
    let began = Instant::now();
    let mut has_said = false;
    loop {
        let mut all = offers(lab, home).await?;
        all.retain(|offered| offered.unit.board == *kind && may_run(offered.unit));
        all.sort_by_key(|offered| offered.standing != Standing::Well);
        let mut failed = None;
        for offered in all.iter().filter(|offered| offered.why_not.is_none()) {
            if let Some(mut taken) = Taken::try_take(lab, offered.name, offered.unit, home)? {
                log.text(&format!("unit {}: taken for {kind}\n", taken.name));
                if let Kept::Over(_) = quarantine::kept(offered.name, home, quarantine::today())?
                    && let Some(over) = quarantine::lift(offered.name, home)?
                {
                    log.text(&format!("unit {}: {}\n", taken.name, over.words_over()));
                }
                match taken.ready(log).await {
                    Ok(()) => return Ok(taken),
                    // Another unit of the kind may do.
                    Err(error) => {
                        log.text(&format!("unit {}: {error:#}\n", taken.name));
                        failed.get_or_insert(error);
                    }
                }
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let is_any_taken = all.iter().any(|offered| offered.is_taken);
        let said: Vec<String> = all.iter().filter_map(|o| Some(format!("unit {}: {}", o.name, o.why_not.as_ref()?))).collect();
        if !is_any_taken && said.len() == all.len() {
            bail!("no unit with board = \"{kind}\" can be used: {}", said.join("; "));
        }
        if began.elapsed() >= FREE_MAX {
            bail!("no unit with board = \"{kind}\" became free within {} minutes", FREE_MAX.as_secs() / 60);
        }
        if !std::mem::replace(&mut has_said, true) {
            log.text(&format!("waiting for a unit with board = \"{kind}\": other jobs have them\n"));
        }
        tokio::time::sleep(FREE_POLL).await;
    }
}
