//! The empty benchmark: what the markers themselves cost, taken off all others.

use ounce_protocol::BenchName;
use ounce_protocol::measurement::{BenchOutcome, Count, FunctionCount};
use std::collections::BTreeMap;

/// Takes the empty benchmark, the cost of the markers, off the others: in sum and function by function, so that a profile
/// sums to its count.
pub(crate) fn subtract_empty(benches: &mut BTreeMap<BenchName, BenchOutcome>, empty: Option<&BenchName>) {
    let Some(name) = empty else { return };
    let Some(BenchOutcome::Counted(Count { instructions: cost, profile, estimated_cycles, .. })) = benches.get(name).cloned() else {
        return;
    };
    for (_, outcome) in benches.iter_mut().filter(|(n, _)| *n != name) {
        if let BenchOutcome::Counted(count) = outcome {
            count.instructions = count.instructions.saturating_sub(cost);
            count.second_take = count.second_take.map(|n| n.saturating_sub(cost));
            count.estimated_cycles = count.estimated_cycles.zip(estimated_cycles).map(|(n, cost)| n.saturating_sub(cost));
            subtract_profile(&mut count.profile, &profile);
        }
    }
}

/// What a function has less of than the empty benchmark is taken off the largest: the sum stays right.
fn subtract_profile(profile: &mut Vec<FunctionCount>, empty: &[FunctionCount]) {
    let mut owed = 0u64;
    for cost in empty {
        let have = profile.iter_mut().find(|f| f.name == cost.name);
        let taken = have.map_or(0, |f| {
            let taken = cost.instructions.min(f.instructions);
            f.instructions -= taken;
            taken
        });
        owed = owed.saturating_add(cost.instructions - taken);
    }
    if let Some(largest) = profile.iter_mut().max_by_key(|f| f.instructions) {
        largest.instructions = largest.instructions.saturating_sub(owed);
    }
    profile.retain(|f| f.instructions > 0);
    profile.sort_by(|a, b| b.instructions.cmp(&a.instructions).then_with(|| a.name.cmp(&b.name)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(functions: &[(&str, u64)]) -> BenchOutcome {
        let profile: Vec<FunctionCount> =
            functions.iter().map(|&(name, instructions)| FunctionCount { name: name.into(), instructions }).collect();
        let instructions = profile.iter().map(|f| f.instructions).sum();
        BenchOutcome::Counted(Count {
            instructions,
            second_take: None,
            stack_peak_bytes: None,
            heap_peak_bytes: None,
            estimated_cycles: Some(2 * instructions),
            profile,
        })
    }

    #[test]
    fn the_empty_benchmark_is_taken_off_in_sum_and_by_function() {
        let name = |n: &str| BenchName::parse(n).unwrap();
        let check = |bench: &[(&str, u64)], empty: &[(&str, u64)], left: &[(&str, u64)]| {
            let mut benches = BTreeMap::from([(name("b"), counted(bench)), (name("empty"), counted(empty))]);
            subtract_empty(&mut benches, Some(&name("empty")));
            assert_eq!(benches[&name("b")], counted(left));
            assert_eq!(benches[&name("empty")], counted(empty));
        };
        check(&[("run", 100), ("call", 9)], &[("call", 9), ("run", 1)], &[("run", 99)]);
        check(&[("run", 100), ("call", 9)], &[("call", 10), ("mark", 4)], &[("run", 95)]);
    }
}
