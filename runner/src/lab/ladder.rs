//! How a board that does not answer is brought back: rungs, each tried a limited number of times, and what becomes of a unit that none of them helped.
//! Pure: [`super::recover`] does what is said here.
//!
//! Attach again; attach while the reset line is held; attach at a slower clock of the wires; cycle the power of that unit's port, and again from below; where
//! its keeper allows it, erase all of the chip, and once more from below. After each rung the unit has to pass its self-test, where it has one. A unit that stays silent is *suspect*: the
//! next job tries once more. One that stays silent several times in a row is *offline*: nobody waits for it any more until its keeper has looked.

pub use ounce_protocol::lab::{Repeats, Rung, Standing, Tally, Tested};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often it is attached to again before anything else, and after each cycle of power.
pub const ATTACHES_MAX: u32 = 2;
/// How often power is cycled in one climb.
pub const POWER_CYCLES_MAX: u32 = 2;
/// How often all of the chip is erased in one climb.
pub const ERASES_MAX: u32 = 1;
/// After this many climbs in a row that did not help a unit is offline.
pub const CLIMBS_MAX: u32 = 3;
/// How much of a reason is kept, characters.
const WHY_CHARS_MAX: usize = 300;

/// Whether only the attach after a rung says that it helped.
pub fn is_no_answer_yet(rung: Rung) -> bool {
    matches!(rung, Rung::PowerCycle | Rung::EraseAll)
}

/// One climb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Climb {
    can_cycle_power: bool,
    may_erase: bool,
    tried: Vec<Rung>,
}

impl Climb {
    /// From the lowest rung.
    pub fn new(can_cycle_power: bool, may_erase: bool) -> Climb {
        Climb { can_cycle_power, may_erase, tried: vec![] }
    }

    /// The next rung, where there is one: each call is one try. Power that was cycled and a chip that was erased are no answer yet: after
    /// them, it is attached to.
    pub fn step(&mut self) -> Option<Rung> {
        let since_then = self.tried.iter().rev().take_while(|rung| !is_no_answer_yet(**rung));
        let (mut attaches, mut under_reset, mut slower) = (0, false, false);
        for rung in since_then {
            match rung {
                Rung::Attach => attaches += 1,
                Rung::UnderReset => under_reset = true,
                Rung::Slower => slower = true,
                Rung::PowerCycle | Rung::EraseAll => {}
            }
        }
        let is_left = |of: Rung, max: u32| {
            let tried = self.tried.iter().filter(|rung| **rung == of).count();
            u32::try_from(tried).is_ok_and(|tried| tried < max)
        };
        let is_erased = self.tried.contains(&Rung::EraseAll);
        let next = if attaches < ATTACHES_MAX {
            Rung::Attach
        } else if !under_reset {
            Rung::UnderReset
        } else if !slower {
            Rung::Slower
        } else if self.can_cycle_power && !is_erased && is_left(Rung::PowerCycle, POWER_CYCLES_MAX) {
            Rung::PowerCycle
        } else if self.may_erase && is_left(Rung::EraseAll, ERASES_MAX) {
            Rung::EraseAll
        } else {
            return None;
        };
        self.tried.push(next);
        Some(next)
    }
}

/// What is known of a unit's past, kept between jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// How it stands.
    pub standing: Standing,
    /// Climbs in a row that did not help.
    pub in_vain: u32,
    /// Each rung's tries.
    pub rungs: BTreeMap<Rung, Tally>,
    /// How often one binary ran several times here, and how often it did not do the same each time.
    #[serde(default)]
    pub repeats: Repeats,
    /// For the keeper: what was seen last.
    #[serde(default)]
    pub note: Option<String>,
    /// Its last self-test.
    #[serde(default)]
    pub tested: Option<Tested>,
}

impl Record {
    /// A rung was tried.
    pub fn tried(&mut self, rung: Rung) {
        self.rungs.entry(rung).or_default().tried += 1;
    }

    /// It answered after a rung.
    pub fn helped(&mut self, rung: Rung) {
        self.rungs.entry(rung).or_default().helped += 1;
    }

    /// One binary ran several times.
    pub fn ran_again(&mut self, is_flaky: bool) {
        self.repeats.all += 1;
        self.repeats.flaky += u64::from(is_flaky);
    }

    /// It answers.
    pub fn answers(&mut self) {
        (self.standing, self.in_vain, self.note) = (Standing::Well, 0, None);
    }

    /// No rung helped, or the job failed again after one did.
    pub fn climbed_in_vain(&mut self, why: &str) {
        self.in_vain += 1;
        self.standing = if self.in_vain >= CLIMBS_MAX { Standing::Offline } else { Standing::Suspect };
        self.note = Some(why.chars().take(WHY_CHARS_MAX).collect());
    }

    /// `offline since 3 climbs in a row did not help: the chip does not answer`.
    pub fn words(&self) -> String {
        let note = self.note.as_deref().unwrap_or("nothing was noted");
        let words = match self.standing {
            Standing::Well => "well".into(),
            Standing::Suspect => format!("suspect, tried {} of {CLIMBS_MAX} times in vain: {note}", self.in_vain),
            Standing::Offline => format!("offline since it was tried {} times in vain: {note}", self.in_vain),
        };
        match self.repeats {
            Repeats { flaky: 0, .. } => words,
            Repeats { flaky, all } => format!("{words}; flake score {flaky} of {all}: repeats of one binary that ended otherwise"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_climb_goes_rung_by_rung_and_ends() {
        let check = |can_cycle_power: bool, may_erase: bool, rungs: &[Rung]| {
            let mut climb = Climb::new(can_cycle_power, may_erase);
            let all: Vec<Rung> = std::iter::from_fn(|| climb.step()).take(100).collect();
            assert_eq!(all, rungs);
        };
        use Rung::{Attach as A, EraseAll as E, PowerCycle as P, Slower as S, UnderReset as R};
        check(false, false, &[A, A, R, S]);
        check(false, true, &[A, A, R, S, E, A, A, R, S]);
        check(true, true, &[A, A, R, S, P, A, A, R, S, P, A, A, R, S, E, A, A, R, S]);
        check(true, false, &[A, A, R, S, P, A, A, R, S, P, A, A, R, S]);
    }

    #[test]
    fn a_unit_is_as_flaky_as_what_it_repeats_otherwise() {
        let mut record = Record::default();
        record.ran_again(false);
        assert_eq!(record.words(), "well");
        record.ran_again(true);
        assert_eq!(record.words(), "well; flake score 1 of 2: repeats of one binary that ended otherwise");
    }

    #[test]
    fn a_unit_falls_step_by_step_and_one_answer_brings_it_back() {
        let mut record = Record::default();
        let mut falls = || {
            record.climbed_in_vain("the chip does not answer");
            record.words()
        };
        insta::assert_snapshot!([falls(), falls(), falls()].join("\n"), @r"
        suspect, tried 1 of 3 times in vain: the chip does not answer
        suspect, tried 2 of 3 times in vain: the chip does not answer
        offline since it was tried 3 times in vain: the chip does not answer
        ");
        record.tried(Rung::PowerCycle);
        record.helped(Rung::PowerCycle);
        record.answers();
        assert_eq!((record.words().as_str(), record.in_vain), ("well", 0));
        assert_eq!(record.rungs[&Rung::PowerCycle], Tally { tried: 1, helped: 1 });
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    }
}
