//! What one build weighs, owner by owner: the ledger of a measurement with the instructions of its benchmarks beside the bytes.
//!
//! Owners of one name, group and kind are one here, as in the history of symbols: static functions of different files, equal constants.

use ounce_protocol::ids::{BenchName, RegionName};
use ounce_protocol::measurement::{BenchOutcome, Measurement, Outcome, Owner, RegionKind};
use std::collections::{BTreeMap, HashMap};

/// A build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weighed {
    /// In the manifest's order.
    pub regions: Vec<WeighedRegion>,
    /// The benchmarks with a profile, and what each counted in all.
    pub benches: Vec<(BenchName, u64)>,
    /// By the name of a function: its own instructions in each of [`Weighed::benches`] that has any, by index.
    profile: HashMap<String, Vec<(usize, u64)>>,
}

/// A region of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeighedRegion {
    /// Its name.
    pub name: RegionName,
    /// What it is.
    pub kind: RegionKind,
    /// Its size on the chip, bytes.
    pub size_bytes: u64,
    /// Bytes used: the sum of its owners.
    pub used_bytes: u64,
    /// Largest first, then by name.
    pub owners: Vec<WeighedOwner>,
}

/// Who owns bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeighedOwner {
    /// How it is known.
    pub owner: Owner,
    /// From the build, hostile.
    pub name: String,
    /// Hostile too.
    pub group: String,
    /// Bytes.
    pub bytes: u64,
    /// Instructions executed in it, all benchmarks together. None where that is not known: nothing ran, it is no function, or several owners of
    /// the region have its name, as profiles know names only.
    pub instructions: Option<u64>,
}

impl Weighed {
    /// Of a measurement. `base` is the one whose counts hold where the image is the same.
    pub fn of(measurement: &Measurement, base: Option<&Measurement>) -> Weighed {
        let Outcome::Built { ledger, benches } = &measurement.outcome else { return Weighed::default() };
        let mut weighed = Weighed::default();
        for (name, outcome) in benches {
            let outcome = match (outcome, base.map(|base| &base.outcome)) {
                (BenchOutcome::Identical, Some(Outcome::Built { benches, .. })) => benches.get(name),
                (outcome, _) => Some(outcome),
            };
            let Some(BenchOutcome::Counted(count)) = outcome else { continue };
            if count.profile.is_empty() {
                continue;
            }
            let at = weighed.benches.len();
            weighed.benches.push((name.clone(), count.instructions));
            for function in &count.profile {
                weighed.profile.entry(function.name.clone()).or_default().push((at, function.instructions));
            }
        }
        for region in &ledger.regions {
            let mut sums: BTreeMap<(Owner, &str, &str), u64> = BTreeMap::new();
            for row in &region.rows {
                let sum = sums.entry((row.owner, &row.name, &row.group)).or_default();
                *sum = sum.saturating_add(row.bytes);
            }
            let mut of_name: HashMap<&str, usize> = HashMap::new();
            for (_, name, _) in sums.keys().filter(|(owner, ..)| is_function(*owner)) {
                *of_name.entry(name).or_default() += 1;
            }
            let owner = |((owner, name, group), bytes): ((Owner, &str, &str), u64)| WeighedOwner {
                owner,
                name: name.to_owned(),
                group: group.to_owned(),
                bytes,
                instructions: (is_function(owner) && of_name.get(name) == Some(&1)).then(|| weighed.sum(name)).flatten(),
            };
            let mut owners: Vec<WeighedOwner> = sums.into_iter().map(owner).collect();
            owners.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.cmp(b)));
            let (name, kind) = (region.name.clone(), region.kind);
            weighed.regions.push(WeighedRegion { name, kind, size_bytes: region.size_bytes, used_bytes: region.used_bytes, owners });
        }
        weighed
    }

    fn sum(&self, name: &str) -> Option<u64> {
        let counts = self.profile.get(name)?;
        Some(counts.iter().fold(0, |sum, (_, n)| sum.saturating_add(*n)))
    }

    /// The instructions executed in a function itself, by benchmark; those where there were none are left out.
    pub fn instructions(&self, name: &str) -> impl Iterator<Item = (&BenchName, u64)> {
        let counts = self.profile.get(name).into_iter().flatten();
        counts.filter_map(|(at, n)| Some((&self.benches.get(*at)?.0, *n)))
    }

    /// About as many bytes of memory as this takes.
    pub fn memory_bytes(&self) -> usize {
        let owners = self.regions.iter().flat_map(|region| &region.owners);
        let owners: usize = owners.map(|o| size_of::<WeighedOwner>() + o.name.len() + o.group.len()).sum();
        let profile: usize = self.profile.iter().map(|(name, counts)| 96 + name.len() + counts.len() * size_of::<(usize, u64)>()).sum();
        owners + profile + 256
    }
}

/// Whether it can be in a profile.
fn is_function(owner: Owner) -> bool {
    matches!(owner, Owner::Symbol | Owner::Label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn measured(benches: &serde_json::Value) -> Measurement {
        let row = |owner: &str, name: &str, group: &str, bytes: u64| json!({ "owner": owner, "name": name, "group": group, "section": ".text", "bytes": bytes });
        let rows = [
            row("symbol", "run", "vm", 40),
            row("symbol", "init", "uart", 10),
            row("symbol", "init", "uart", 20),
            row("symbol", "init", "spi", 5),
            row("padding", "padding", ".text", 2),
        ];
        serde_json::from_value(json!({ "schema": 1, "board": "b", "commit": "1".repeat(40), "fingerprint": {}, "outcome": { "kind": "built",
            "ledger": { "image": "0".repeat(64), "outside": [], "regions": [{ "name": "flash", "kind": "flash", "size_bytes": 100, "used_bytes": 77, "rows": rows }] },
            "benches": benches } }))
        .unwrap()
    }

    fn counted(instructions: u64, profile: &[(&str, u64)]) -> serde_json::Value {
        let profile: Vec<_> = profile.iter().map(|(name, n)| json!({ "name": name, "instructions": n })).collect();
        json!({ "kind": "counted", "instructions": instructions, "profile": profile })
    }

    #[test]
    fn owners_of_one_name_are_one_and_functions_have_their_instructions() {
        let ran = json!({ "fib": counted(90, &[("run", 70), ("init", 20)]), "sort": counted(30, &[("run", 30)]), "none": { "kind": "no_fit", "detail": "" } });
        let check = |weighed: &Weighed| {
            let owners: Vec<_> =
                weighed.regions[0].owners.iter().map(|o| (o.name.as_str(), o.group.as_str(), o.bytes, o.instructions)).collect();
            // Which `init` the profile means is not known.
            assert_eq!(
                owners,
                [("run", "vm", 40, Some(100)), ("init", "uart", 30, None), ("init", "spi", 5, None), ("padding", ".text", 2, None)]
            );
            let counts: Vec<_> = weighed.instructions("run").map(|(bench, n)| (bench.as_str(), n)).collect();
            assert_eq!(counts, [("fib", 70), ("sort", 30)]);
        };
        check(&Weighed::of(&measured(&ran), None));
        let same = json!({ "fib": { "kind": "identical" }, "sort": { "kind": "identical" } });
        check(&Weighed::of(&measured(&same), Some(&measured(&ran))));
        assert_eq!(Weighed::of(&measured(&same), None).benches, []);
    }
}
