//! With the feature `stress` (each allocation collects): outputs stay the same, and whichever allocation fails, nothing breaks.
#![cfg(all(feature = "stress", feature = "core"))]

mod common;

use common::{WORKLOADS, run_with, workloads};
use pyrite::Stop;

#[test]
fn collecting_at_every_allocation_changes_no_output() {
    for name in ["calls", "classes", "errors"] {
        let mpy = std::fs::read(workloads().join(format!("{name}.mpy"))).expect("the workload is there");
        let expected = std::fs::read_to_string(workloads().join(format!("expected/{name}.txt"))).expect("its output is there");
        let (output, ended) = run_with(&mpy, 64 * 1024, |_| {});
        assert_eq!((output.as_str(), ended), (expected.trim_end(), Ok(())), "{name}");
    }
}

#[test]
fn any_allocation_may_fail() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    for name in ["classes", "exceptions", "generators", "operators", "dicts", "functions", "printing", "strings", "lists", "growing"] {
        let mpy = std::fs::read(folder.join(format!("{name}.mpy"))).expect("the program is there");
        let expected = std::fs::read_to_string(folder.join(format!("{name}.txt"))).expect("its output is there");
        for allocations in 0..400 {
            let (output, ended) = run_with(&mpy, 64 * 1024, |vm| vm.fail_after(allocations));
            // These three catch any exception on purpose, and then print what they caught.
            let catches = ["exceptions", "generators", "functions"].contains(&name);
            let right = output.trim_end() == expected.trim_end() || output.contains("<repr failed>") || catches;
            assert!(ended != Ok(()) || right, "{name} after {allocations}: {output}");
            assert!(!matches!(ended, Err(Stop::Malformed(_) | Stop::Budget)), "{name} after {allocations}: {ended:?}");
        }
    }
    for name in WORKLOADS {
        let mpy = std::fs::read(workloads().join(format!("{name}.mpy"))).expect("the workload is there");
        for allocations in (0..300).step_by(7) {
            let (_, ended) = run_with(&mpy, 64 * 1024, |vm| {
                vm.fail_after(allocations);
                vm.set_budget(3_000);
            });
            assert!(!matches!(ended, Err(Stop::Malformed(_))), "{name} after {allocations}: {ended:?}");
        }
    }
}
