//! Files that are cut off, changed or made up are refused or run harmlessly: never a panic, never an endless run.

mod common;

use common::{WORKLOADS, run_with, workloads};
use pyrite::Stop;

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

/// Steps a changed program may take.
const BUDGET: u64 = 3_000;
const ARENA: usize = 40 * 1024;

fn run(bytes: &[u8]) -> Result<(), Stop> {
    run_with(bytes, ARENA, |vm| vm.set_budget(BUDGET)).1
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

/// How many changed files are run; more with PYRITE_MUTATIONS set.
fn mutations() -> usize {
    std::env::var("PYRITE_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

#[test]
fn one_changed_byte_does_no_harm() {
    let mut numbers = Numbers(0x0dd_b1a5e5);
    let mut refused = 0;
    let mut total = 0;
    for (name, bytes) in files() {
        for _ in 0..mutations() {
            let mut changed = bytes.clone();
            let at = numbers.below(changed.len());
            changed[at] = numbers.next() as u8;
            let ended = run(&changed);
            assert!(!matches!(&ended, Err(Stop::Malformed(what)) if what.offset > changed.len()), "{name}: {ended:?}");
            refused += usize::from(matches!(ended, Err(Stop::Malformed(_))));
            total += 1;
        }
    }
    // Both happen: some changes break the format, some only change a number.
    assert!(refused > total / 10 && refused < total, "{refused} of {total} refused");
}

#[test]
fn several_changed_bytes_do_no_harm() {
    let mut numbers = Numbers(0x5eed);
    for (_, bytes) in files() {
        for _ in 0..mutations() {
            let mut changed = bytes.clone();
            for _ in 0..2 + numbers.below(4) {
                let at = numbers.below(changed.len());
                // Bytes from elsewhere in the file are more often meaningful than any byte.
                changed[at] = bytes[numbers.below(bytes.len())];
            }
            let _ = run(&changed);
        }
    }
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
    let (_, bytes) = files().swap_remove(5);
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
    assert_eq!((output.as_str(), ended), ("NameError: name 'main' isn't defined", Err(Stop::Raised)));
}

#[test]
fn a_stack_limit_ends_what_goes_deep_with_an_exception() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/printing.mpy");
    let bytes = std::fs::read(path).expect("the program is there");
    // No address of a stack is above this one.
    let (output, ended) = run_with(&bytes, 64 * 1024, |vm| vm.set_stack_limit(usize::MAX));
    assert!(output.ends_with("RecursionError: maximum recursion depth exceeded") && ended == Err(Stop::Raised), "{output} {ended:?}");
}
