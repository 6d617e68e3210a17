//! Files that are cut off, changed or made up are refused or run harmlessly: never a panic, never an endless run.

mod common;

use common::{Text, WORKLOADS, arena, run_with, workloads};
use pyrite::{Stop, Vm};

fn files() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = WORKLOADS
        .map(|name| (name.to_string(), std::fs::read(workloads().join(format!("{name}.mpy"))).expect("the workload is there")))
        .into();
    for name in ["exceptions", "with_blocks", "generators", "functions", "wide", "strings"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/programs/{name}.mpy"));
        all.push((name.to_string(), std::fs::read(path).expect("the program is there")));
    }
    all
}

/// These, and every script: what is changed at random.
fn files_to_change() -> Vec<(String, Vec<u8>)> {
    let mut all = files();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let folders = std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("readable").path());
    let mut scripts: Vec<_> = folders
        .filter(|path| path.is_dir())
        .flat_map(|path| std::fs::read_dir(path).expect("readable"))
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "mpy"))
        .collect();
    scripts.sort();
    all.extend(scripts.into_iter().map(|path| (path.display().to_string(), std::fs::read(&path).expect("readable"))));
    all
}

/// Steps a changed program may take.
const BUDGET: u64 = 3_000;
const ARENA: usize = 40 * 1024;

fn run(bytes: &[u8]) -> Result<(), Stop> {
    run_with(bytes, ARENA, |vm| vm.set_budget(BUDGET)).1
}

/// Runs a file to its end, and its `main` where it has one.
fn run_either(bytes: &[u8]) -> Result<(), Stop> {
    let mut arena = arena(ARENA);
    let mut out = Text::default();
    let mut vm = Vm::new(&mut arena, &mut out)?;
    vm.set_budget(BUDGET);
    let ended = vm.run_script(bytes);
    if ended.is_err() {
        vm.print_exception();
        return ended;
    }
    match vm.call_main() {
        Ok(value) => vm.print_repr(value),
        Err(_) => vm.print_exception(),
    }
    Ok(())
}

#[test]
fn every_prefix_is_refused() {
    for (name, bytes) in files() {
        for len in 0..bytes.len() {
            let ended = run(&bytes[..len]);
            assert!(matches!(ended, Err(Stop::Malformed(_))), "{name} cut to {len} of {} bytes ended {ended:?}", bytes.len());
        }
    }
}

/// A small generator of repeatable numbers (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

/// What a case changes: bytes to any others, bytes to others of the file, one bit, or a piece to one of another file.
fn changed(numbers: &mut Numbers, files: &[(String, Vec<u8>)]) -> (usize, Vec<u8>) {
    let which = numbers.below(files.len());
    let original = &files[which].1;
    let mut bytes = original.clone();
    match numbers.below(4) {
        0 => {
            let at = numbers.below(bytes.len());
            bytes[at] = numbers.next() as u8;
        }
        1 => {
            for _ in 0..2 + numbers.below(4) {
                let at = numbers.below(bytes.len());
                // Bytes from elsewhere in the file are more often meaningful than any byte.
                bytes[at] = original[numbers.below(original.len())];
            }
        }
        2 => {
            let at = numbers.below(bytes.len());
            bytes[at] ^= 1 << numbers.below(8);
        }
        _ => {
            let other = &files[numbers.below(files.len())].1;
            let len = 1 + numbers.below(24.min(other.len()).min(bytes.len()));
            let (from, to) = (numbers.below(other.len() - len + 1), numbers.below(bytes.len() - len + 1));
            bytes[to..to + len].copy_from_slice(&other[from..from + len]);
        }
    }
    (which, bytes)
}

/// Each case is made from its number: OUNCE_FUZZ_CASES says how many there are, OUNCE_FUZZ_SEED that only this one is run.
#[test]
fn changed_files_do_no_harm() {
    let files = files_to_change();
    let only = number("OUNCE_FUZZ_SEED");
    let cases = number("OUNCE_FUZZ_CASES").unwrap_or(8_000);
    let mut why: std::collections::BTreeMap<String, u64> = Default::default();
    let (mut refused, mut ended, mut raised, mut stopped) = (0_u64, 0_u64, 0_u64, 0_u64);
    for case in only.map_or(1..=cases, |only| only..=only) {
        let mut numbers = Numbers(case.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (which, bytes) = changed(&mut numbers, &files);
        let Ok(done) = std::panic::catch_unwind(|| run_either(&bytes)) else {
            panic!("case {case}, {} changed: OUNCE_FUZZ_SEED={case} runs it alone", files[which].0)
        };
        assert!(!matches!(&done, Err(Stop::Malformed(what)) if what.offset > bytes.len()), "case {case}, {}: {done:?}", files[which].0);
        match done {
            Err(Stop::Malformed(what)) => {
                refused += 1;
                *why.entry(what.reason.to_string()).or_default() += 1;
            }
            Ok(()) => ended += 1,
            Err(Stop::Raised) => raised += 1,
            Err(_) => stopped += 1,
        }
    }
    println!(
        "{cases} changed files: {refused} refused by loader or verifier; {} were run: {ended} to their end, {raised} to an exception, {stopped} until the budget or the memory was used up",
        ended + raised + stopped
    );
    println!("{why:?}");
    // Both happen: some changes break the format, some only change a number.
    assert!(only.is_some() || refused > cases / 10 && refused < cases, "{refused} of {cases} refused");
}

#[test]
fn what_follows_the_file_is_ignored() {
    for (name, mut bytes) in files().into_iter().take(2) {
        let expected = std::fs::read_to_string(workloads().join(format!("expected/{name}.txt"))).expect("its output is there");
        bytes.extend_from_slice(&[0xff; 100]);
        let (output, ended) = run_with(&bytes, 64 * 1024, |_| {});
        assert_eq!((output.as_str(), ended), (expected.trim_end(), Ok(())));
    }
}

#[test]
fn a_budget_ends_a_run_and_cannot_be_caught() {
    // `errors` has with statements.
    let name = if cfg!(feature = "statements") { "errors" } else { "generators" };
    let (_, bytes) = files().into_iter().find(|(known, _)| known == name).expect("it is one of the workloads");
    let (_, ended) = run_with(&bytes, 64 * 1024, |vm| vm.set_budget(500));
    assert_eq!(ended, Err(Stop::Budget));
}

#[test]
fn an_arena_too_small_is_said_at_once() {
    let (_, bytes) = files().swap_remove(0);
    for arena in [0, 8, 64, 512, 1024] {
        assert_eq!(run_with(&bytes, arena, |_| {}).1, Err(Stop::NoMemory), "{arena} bytes");
    }
}

#[test]
fn a_file_without_main_raises() {
    // `pass` compiled: names `t.py` and `<module>`, one function that returns None.
    let bytes = b"M\x06\x00\x1f\x02\x00\x08t.py\x00\x0f\x28\x00\x02\x01\x51\x63";
    let (output, ended) = run_with(bytes, 16 * 1024, |_| {});
    let told = if cfg!(feature = "messages") { "NameError: name 'main' isn't defined" } else { "NameError: main" };
    assert_eq!((output.as_str(), ended), (told, Err(Stop::Raised)));
}

#[test]
fn a_stack_limit_ends_what_goes_deep_with_an_exception() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/printing.mpy");
    let bytes = std::fs::read(path).expect("the program is there");
    // No address of a stack is above this one.
    let (output, ended) = run_with(&bytes, 64 * 1024, |vm| vm.set_stack_limit(usize::MAX));
    let told = if cfg!(feature = "messages") { "RecursionError: maximum recursion depth exceeded" } else { "RecursionError" };
    assert!(output.ends_with(told) && ended == Err(Stop::Raised), "{output} {ended:?}");
}
