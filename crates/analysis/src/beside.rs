//! What a change does to each function, bytes and instructions side by side.
//!
//! Profiles know functions by name only: where several owners of bytes have a function's name, its bytes are not told.

use crate::comparison::{BenchSide, BoardComparison, BoardState, Change, Moved};
use crate::names::normalised;
use ounce_protocol::ids::BenchName;
use ounce_protocol::measurement::{Owner, RegionKind};
use ounce_protocol::units::delta;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A function whose own instructions changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionBeside {
    /// Its name, or `?` for what is outside any function.
    pub name: String,
    /// Its bytes of flash; `None` where they did not change, or are not known by the name alone.
    pub bytes: Option<Moved>,
    /// Instructions executed in it, in all benchmarks where that changed.
    pub instructions: Moved,
    /// The same by benchmark.
    pub benches: Vec<(BenchName, Moved)>,
}

/// The functions whose instructions changed in benchmarks that were counted exactly on both sides, by one set of tools; the largest
/// change first.
pub fn functions_beside(board: &BoardComparison) -> Vec<FunctionBeside> {
    let BoardState::Compared(compared) = &board.state else { return Vec::new() };
    if !board.fingerprint_changes.is_empty() {
        return Vec::new();
    }
    let mut by_name: BTreeMap<&str, Vec<(BenchName, Moved)>> = BTreeMap::new();
    let is_exact = |side: &BenchSide| matches!(side, BenchSide::Counted { exact: true, .. });
    for bench in compared.benches.iter().filter(|bench| is_exact(&bench.base) && is_exact(&bench.head)) {
        for function in &bench.functions {
            by_name.entry(&function.name).or_default().push((bench.name.clone(), Moved { base: function.base, head: function.head }));
        }
    }
    // Of each name its bytes, as long as one owner has it.
    let mut bytes: BTreeMap<String, Option<Moved>> = BTreeMap::new();
    for row in compared.regions.iter().filter(|region| region.kind == RegionKind::Flash).flat_map(|region| &region.rows) {
        if row.owner == Owner::Symbol && !matches!(row.change, Change::Copies { .. }) {
            let moved = Moved { base: row.base_bytes, head: row.head_bytes };
            bytes.entry(normalised(&row.name).into_owned()).and_modify(|one| *one = None).or_insert(Some(moved));
        }
    }
    let sum = |benches: &[(BenchName, Moved)], of: fn(&Moved) -> u64| benches.iter().fold(0u64, |sum, (_, m)| sum.saturating_add(of(m)));
    let mut functions: Vec<FunctionBeside> = by_name
        .into_iter()
        .map(|(name, benches)| FunctionBeside {
            name: name.to_owned(),
            bytes: bytes.get(name).copied().flatten(),
            instructions: Moved { base: sum(&benches, |m| m.base), head: sum(&benches, |m| m.head) },
            benches,
        })
        .collect();
    functions.sort_by_key(|function| Reverse(delta(function.instructions.base, function.instructions.head).unsigned_abs()));
    functions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::Comparison;

    fn told(benches: &str, rows: &str, tools: &str) -> Vec<String> {
        let text = format!(
            r#"{{"schema":1,"project":"p","base":"{0}","head":"{0}","verdict":"within_budget","budgets":[],"notes":[],"boards":[{{"board":"b","title":"",
            "fingerprint_changes":{tools},"state":{{"state":"compared","identical":false,"tendency":"cost","exchange":null,"instructions_ppm":0,
            "benches":{benches},"regions":[{{"name":"flash","kind":"flash","size_bytes":99,"base_bytes":1,"head_bytes":2,"rows":{rows}}}]}}}}]}}"#,
            "0".repeat(40)
        );
        let comparison: Comparison = serde_json::from_str(&text).unwrap();
        let moved = |m: &Moved| format!("{}>{}", m.base, m.head);
        let line = |f: &FunctionBeside| {
            let benches: Vec<String> = f.benches.iter().map(|(bench, m)| format!("{bench} {}", moved(m))).collect();
            format!("{} {} {} ({})", f.name, f.bytes.as_ref().map_or("-".into(), moved), moved(&f.instructions), benches.join(", "))
        };
        functions_beside(&comparison.boards[0]).iter().map(line).collect()
    }

    fn bench(name: &str, exact: bool, functions: &str) -> String {
        let side = format!(r#"{{"kind":"counted","instructions":9,"exact":{exact},"stack_peak_bytes":null,"heap_peak_bytes":null}}"#);
        format!(r#"{{"name":"{name}","base":{side},"head":{side},"functions":[{functions}]}}"#)
    }

    fn row(name: &str, base: u64, head: u64) -> String {
        format!(r#"{{"owner":"symbol","name":"{name}","group":"g","change":"grown","base_bytes":{base},"head_bytes":{head}}}"#)
    }

    #[test]
    fn bytes_and_instructions_of_a_function_stand_side_by_side() {
        let run = r#"{"name":"run","base":100,"head":70}"#;
        let gc = r#"{"name":"gc","base":5,"head":9},{"name":"two","base":1,"head":2}"#;
        let benches =
            format!("[{},{},{}]", bench("fib", true, run), bench("sort", true, &format!("{run},{gc}")), bench("noisy", false, run));
        let rows = format!("[{},{},{},{}]", row("run", 10, 14), row("two", 1, 2), row("two", 3, 4), row("other", 1, 9));
        let expected = ["run 10>14 200>140 (fib 100>70, sort 100>70)", "gc - 5>9 (sort 5>9)", "two - 1>2 (sort 1>2)"];
        assert_eq!(told(&benches, &rows, "[]"), expected);
        assert!(told(&benches, &rows, r#"["cc: 1 at the base, 2 at the head"]"#).is_empty(), "figures of other tools are not subtracted");
    }
}
