//! The benchmark programs give what CPython gives, also in little memory.

#![cfg(feature = "core")]

mod common;

use common::{WORKLOADS, run_with, workloads};

fn check(name: &str, arena_bytes: usize) {
    let mpy = std::fs::read(workloads().join(format!("{name}.mpy"))).expect("the workload is there");
    let expected = std::fs::read_to_string(workloads().join(format!("expected/{name}.txt"))).expect("its output is there");
    let (output, ended) = run_with(&mpy, arena_bytes, |_| {});
    assert_eq!((output.as_str(), ended), (expected.trim_end(), Ok(())), "{name} in {arena_bytes} bytes");
}

#[test]
fn each_program_prints_what_cpython_prints() {
    for name in WORKLOADS {
        check(name, 128 * 1024);
    }
}

/// Words are twice as long here as on the boards: 18 KB stand for their 9 KB.
#[test]
fn five_programs_run_in_a_small_arena() {
    for name in ["calls", "intloop", "classes", "generators", "errors"] {
        check(name, 18 * 1024);
    }
}
