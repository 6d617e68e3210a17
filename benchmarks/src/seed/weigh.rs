//! The firmware as a runner would send it: ledgers, counts and fingerprints, and the manifest by which they are judged.

use super::model::{BENCHES, BOARDS, FUNCTIONS, State, function, takes};
use super::words::{self, Owner};
use fuzz_cases::Seeded;
use ounce_analysis::past::tools_behind;
use ounce_protocol::ids::{BenchName, BoardName, CommitSha, ImageId, RegionName};
use ounce_protocol::manifest::Manifest;
use ounce_protocol::measurement::{
    Anatomy, BenchOutcome, Count, Fingerprint, FunctionCount, Ledger, Measurement, Outcome, Owner as Known, Part, RegionKind, RegionLedger,
    Row, SCHEMA, Source, Stage,
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What the workloads here do not have: more benchmarks than this repository's own.
const MORE_BENCHES: usize = 7;

/// The manifest: this repository's own with another name and more benchmarks. The noisy board's counts have no budget, as no budget judges noise.
pub fn manifest() -> String {
    let mut text = include_str!("../../../ounce.toml").replace("name = \"pyrite\"", "name = \"blinky\"");
    let exact: Vec<String> = BOARDS.iter().filter(|board| !board.noisy).map(|board| format!("\"{}\"", board.name)).collect();
    text = text.replace("metric = \"instructions\"\n", &format!("metric = \"instructions\"\nboards = [{}]\n", exact.join(", ")));
    for bench in &BENCHES[MORE_BENCHES..] {
        text += &format!(
            "\n[benchmarks.{bench}]\nfile = \"benchmarks/workloads/{bench}.mpy\"\nexpect_file = \"benchmarks/workloads/expected/{bench}.txt\"\n"
        );
    }
    text
}

/// The sets of tools, one after the other: another compiler first, then only another emulator.
pub fn fingerprint(era: usize) -> Fingerprint {
    let rustc = if era == 0 { "rustc 1.94.0 (2026-03-05)" } else { "rustc 1.95.0 (2026-04-16)" };
    let linker = if era == 0 { "LLD 21.1.8" } else { "LLD 22.1.2" };
    let emulator = if era < 2 { "QEMU emulator version 10.0.2" } else { "QEMU emulator version 10.1.0" };
    let all = [("rustc", rustc), ("linker", linker), ("emulator", emulator), ("counter", "ounce-qemu-plugin 0.1.0")];
    Fingerprint(all.map(|(tool, name)| (tool.to_owned(), name.to_owned())).into())
}

/// The tools behind sizes, or counts, as a row names them: digest and names.
pub fn tools(era: usize, is_run: bool) -> (String, String) {
    let names = serde_json::Value::from_iter(tools_behind(&fingerprint(era), is_run).0).to_string();
    (hex::encode(Sha256::digest(&names)), names)
}

/// The identity of a board's image.
pub fn image(repo: &str, board: usize, version: u32, era: usize) -> ImageId {
    // The emulator is no part of an image.
    let digest = Sha256::digest(format!("{repo} {board} {version} {}", era.min(1)));
    ImageId::parse(&hex::encode(digest)).expect("64 digits")
}

/// Of what a measurement is.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The repository.
    pub repo: &'a str,
    /// The board's place.
    pub board: usize,
    /// The commit.
    pub sha: &'a CommitSha,
    /// What noise is of: the commit's place.
    pub commit: usize,
    /// The tools.
    pub era: usize,
}

fn of(at: &At<'_>, outcome: Outcome) -> Measurement {
    Measurement {
        schema: SCHEMA,
        board: board_name(at.board),
        commit: at.sha.clone(),
        fingerprint: fingerprint(at.era),
        outcome,
        run_key: None,
        reused: None,
    }
}

/// A board's name.
pub fn board_name(board: usize) -> BoardName {
    BoardName::parse(BOARDS[board].name).expect("a name")
}

/// What a build that fails leaves.
pub fn failed(at: &At<'_>) -> Measurement {
    let log_tail = "   Compiling blinky v0.9.0\nerror[E0308]: mismatched types\n  --> src/hal/uart.rs:118:21\n    |\n118 |         self.write(<script>alert(3)</script>);\n    |                    ^ expected `&[u8]`, found `Word`\n\nerror: could not compile `blinky` (lib) due to 1 previous error\n";
    of(at, Outcome::Failed { stage: Stage::Build, log_tail: log_tail.into() })
}

/// What a build that was weighed long ago leaves here: its regions, and that nobody knows any more whose bytes they are.
pub fn forgotten(at: &At<'_>) -> Measurement {
    let image = ImageId::parse(&"0".repeat(64)).expect("64 digits");
    let regions = [("flash", RegionKind::Flash), ("ram", RegionKind::Ram)];
    let region = |(name, kind)| RegionLedger { name: region(name), kind, size_bytes: 1 << 20, used_bytes: 0, rows: Vec::new() };
    let ledger = Ledger { image, regions: regions.map(region).into(), outside: Vec::new(), anatomy: None };
    of(at, Outcome::Built { ledger, benches: BTreeMap::new() })
}

fn region(name: &str) -> RegionName {
    RegionName::parse(name).expect("a name")
}

/// What a runner would send of a firmware.
pub fn measured(at: &At<'_>, state: &State, manifest: &Manifest) -> Measurement {
    let rows = |bytes: &[u32], owner: fn(usize) -> Owner, section: fn(bool) -> &'static str| -> Vec<Row> {
        let there = bytes.iter().enumerate().filter(|(_, bytes)| **bytes > 0);
        there
            .map(|(slot, bytes)| {
                let Owner { name, group, is_constant } = owner(slot);
                Row {
                    owner: if is_constant { Known::Reference } else { Known::Symbol },
                    name,
                    group,
                    section: section(is_constant).into(),
                    bytes: u64::from(*bytes),
                    ..Row::default()
                }
            })
            .collect()
    };
    let board = board_name(at.board);
    let regions = manifest.boards[&board].regions.iter().map(|declared| {
        let rows = match declared.kind {
            RegionKind::Flash => rows(&state.flash, words::flash, |is_constant| if is_constant { ".rodata" } else { ".text" }),
            RegionKind::Ram => rows(&state.ram, words::ram, |_| ".bss"),
        };
        let used_bytes = rows.iter().map(|row| row.bytes).sum();
        RegionLedger { name: declared.name.clone(), kind: declared.kind, size_bytes: declared.size, used_bytes, rows }
    });
    let ledger = Ledger {
        image: image(at.repo, at.board, state.version, at.era),
        regions: regions.collect(),
        outside: Vec::new(),
        anatomy: Some(anatomy(state)),
    };
    let benches = BENCHES.iter().enumerate().map(|(n, name)| {
        let bench = &state.benches[n];
        let exact = bench.instructions();
        let (first, second) = if BOARDS[at.board].noisy { takes(exact, (at.commit, n)) } else { (exact, exact) };
        let mut profile: Vec<FunctionCount> = (0..FUNCTIONS)
            .map(|f| FunctionCount { name: words::flash(function(n, f)).name, instructions: u64::from(bench.functions[f]) })
            .collect();
        // Where a take has more than the functions say, it is code that nobody knows.
        if first > exact {
            profile.push(FunctionCount { name: "?".into(), instructions: u64::from(first - exact) });
        }
        profile.sort_by_key(|count| std::cmp::Reverse(count.instructions));
        let count = Count {
            instructions: u64::from(first),
            second_take: (second != first).then_some(u64::from(second)),
            stack_peak_bytes: Some(u64::from(bench.stack)),
            heap_peak_bytes: (n > 0).then_some(u64::from(bench.heap)),
            estimated_cycles: None,
            profile,
        };
        (BenchName::parse(name).expect("a name"), BenchOutcome::Counted(count))
    });
    of(at, Outcome::Built { ledger, benches: benches.collect() })
}

/// What the code is made of: who calls whom, and how deep it gets.
fn anatomy(state: &State) -> Anatomy {
    let there: Vec<usize> = (0..state.flash.len()).filter(|slot| state.flash[*slot] > 0).collect();
    let part = |(at, slot): (usize, &usize)| {
        let mut dice = Seeded::of(0xa7a7 + *slot as u64);
        let Owner { name, group, is_constant } = words::flash(*slot);
        let line = u32::try_from(10 + dice.below(600)).unwrap_or(1);
        // Calls go one way, so that the deepest stack is known.
        let mut uses: Vec<u32> = (0..dice.below(4)).filter_map(|_| u32::try_from(at + 1 + dice.below(20)).ok()).collect();
        uses.retain(|used| !is_constant && usize::try_from(*used).is_ok_and(|used| used < there.len()));
        uses.sort_unstable();
        uses.dedup();
        Part {
            source: (!is_constant).then(|| Source { file: format!("src/{}.rs", group.to_lowercase()), line }),
            last_line: (!is_constant).then_some(line + 20),
            frame_bytes: (!is_constant).then(|| 8 * (1 + dice.below(12) as u64)),
            name,
            group,
            bytes: u64::from(state.flash[*slot]),
            code: !is_constant,
            uses,
            ..Part::default()
        }
    };
    Anatomy { parts: there.iter().enumerate().map(part).collect(), cut: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::model::Model;

    #[test]
    fn the_manifest_has_every_board_and_every_benchmark() {
        let manifest = Manifest::parse(&manifest()).unwrap();
        let boards: Vec<&str> = manifest.boards.keys().map(BoardName::as_str).collect();
        assert_eq!(boards, BOARDS.map(|board| board.name));
        let mut benches: Vec<&str> = manifest.benchmarks.keys().map(BenchName::as_str).collect();
        let mut ours = BENCHES;
        benches.sort_unstable();
        ours.sort_unstable();
        assert_eq!(benches, ours);
        for (name, board) in &manifest.boards {
            let ours = BOARDS.iter().find(|b| b.name == name.as_str()).unwrap();
            assert_eq!(board.run.as_ref().unwrap().needs(true), ours.needs);
        }
    }

    #[test]
    fn what_is_weighed_adds_up() {
        let model = Model::new(&mut Seeded::of(1));
        let (manifest, sha) = (Manifest::parse(&manifest()).unwrap(), CommitSha::parse(&"1".repeat(40)).unwrap());
        for board in 0..BOARDS.len() {
            let at = At { repo: "a/b", board, sha: &sha, commit: 3, era: 0 };
            let measured = measured(&at, &model.states[board], &manifest);
            measured.check().unwrap();
            let Outcome::Built { benches, .. } = &measured.outcome else { panic!("it was built") };
            for (name, outcome) in benches {
                let BenchOutcome::Counted(count) = outcome else { panic!("{name} was counted") };
                assert_eq!(count.profile.iter().map(|f| f.instructions).sum::<u64>(), count.instructions, "{name}");
                assert_eq!(count.second_take.is_some(), BOARDS[board].noisy, "{name}");
            }
        }
    }
}
