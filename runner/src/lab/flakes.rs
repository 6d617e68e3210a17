//! What each binary did on a unit the last time: one that does something else the next time is flaky, or the unit is. Kept in `units/NAME.outcomes.json`;
//! how often that was is the unit's flake score, in its record.

use ounce_protocol::measurement::BenchOutcome;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::Path;

/// How many outcomes are kept of a unit; the oldest go first.
const OUTCOMES_MAX: usize = 512;

/// The outcomes of a unit, the newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes(VecDeque<(String, String)>);

impl Outcomes {
    /// Reads them. What cannot be understood is begun anew: it only counts.
    pub fn read(file: &Path) -> Outcomes {
        std::fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Notes what a binary did, `key` being all that decides what it should do. Whether it is something else than the last time; none where it was not
    /// seen before.
    pub fn saw(&mut self, key: &str, outcome: &BenchOutcome) -> Option<bool> {
        let outcome = class(outcome);
        let known = self.0.iter().position(|(known, _)| known == key);
        let before = known.and_then(|at| self.0.remove(at));
        let is_other = before.map(|(_, before)| before != outcome);
        self.0.push_back((key.to_owned(), outcome));
        while self.0.len() > OUTCOMES_MAX {
            self.0.pop_front();
        }
        is_other
    }
}

/// What counts as the same: how it ended, not where it stood or how many cycles it took.
fn class(outcome: &BenchOutcome) -> String {
    match outcome {
        BenchOutcome::Failed { why, .. } => format!("failed {why:?}"),
        BenchOutcome::NoFit { .. } => "does not fit".into(),
        _ => "ran".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ounce_protocol::measurement::BenchFailure;

    #[test]
    fn a_binary_is_compared_with_itself_alone() {
        let mut outcomes = Outcomes::default();
        let hang = |detail: &str| BenchOutcome::Failed { why: BenchFailure::Hang, detail: detail.into() };
        let fit = BenchOutcome::NoFit { detail: String::new() };
        assert_eq!(outcomes.saw("a", &hang("pc 0x10")), None);
        assert_eq!(outcomes.saw("b", &fit), None);
        assert_eq!(outcomes.saw("a", &hang("pc 0x12")), Some(false));
        assert_eq!(outcomes.saw("a", &fit), Some(true));
        assert_eq!(outcomes.saw("a", &fit), Some(false));
        for n in 0..OUTCOMES_MAX {
            outcomes.saw(&n.to_string(), &fit);
        }
        assert_eq!((outcomes.0.len(), outcomes.saw("a", &fit)), (OUTCOMES_MAX, None));
    }
}
