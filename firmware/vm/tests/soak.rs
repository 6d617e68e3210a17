//! A heap of fixed size in which objects come and go for very long: it never becomes too divided to go on.
//!
//! `soak/churn.mpy` is compiled from `soak/churn.py` by `regenerate.sh`. `./dev soak --only vm-heap` runs this.
#![cfg(feature = "full")]

mod common;

use common::{Text, arena};
use pyrite::Vm;

/// Objects that one call of the program's `main` makes, at least: what its operators make on the way is not counted.
const OBJECTS_PER_CALL: u64 = 1_000_000;
/// About twice what the program keeps.
const ARENA_BYTES: usize = 96 * 1024;

/// How many objects are made; `OUNCE_FUZZ_CASES` says otherwise.
fn objects() -> u64 {
    std::env::var("OUNCE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000_000)
}

#[test]
#[ignore = "takes minutes: ./dev soak --only vm-heap"]
fn a_heap_does_not_become_too_divided() {
    let mpy = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/soak/churn.mpy")).expect("the program is there");
    let mut arena = arena(ARENA_BYTES);
    let mut out = Text::default();
    let mut blocks = Vec::new();
    {
        let mut vm = Vm::new(&mut arena, &mut out).expect("large enough");
        vm.load(&mpy).expect("loads");
        let calls = objects().div_ceil(OBJECTS_PER_CALL);
        for call in 1..=calls {
            match vm.call_main() {
                Ok(largest) => vm.print_repr(largest),
                Err(stop) => {
                    vm.print_exception();
                    drop(vm);
                    panic!("call {call} of {calls} ended {stop:?}: {}", String::from_utf8_lossy(&out.0));
                }
            }
            vm.print_text("\n");
        }
    }
    for line in String::from_utf8_lossy(&out.0).lines() {
        blocks.push(line.parse::<u64>().expect("the largest free block"));
    }
    let (first, last, least) = (blocks[0], blocks[blocks.len() - 1], blocks.iter().copied().min().unwrap_or(0));
    println!(
        "{} objects in {ARENA_BYTES} bytes: the largest free block was {first} bytes after the first million, {least} at the least, {last} at the end",
        blocks.len() as u64 * OBJECTS_PER_CALL
    );
    let early = blocks.iter().take(10).copied().min().unwrap_or(0);
    assert!(least * 2 > early, "the largest free block fell from {early} bytes to {least}: {blocks:?}");
}
