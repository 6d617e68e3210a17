//! Counts that were computed by hand.

use crate::tools::{Counts, MICROBIT, MPS2, Machine, RISCV, firmware, firmware_with};

fn check(counts: &Counts, measured: u64) {
    assert_eq!(counts.get("measured"), measured, "{counts:#?}");
    assert_eq!(counts.errors(), [], "{counts:#?}");
    assert_eq!(counts.get("over_budget"), 0);
}

#[test]
fn a_loop_counts_the_same_on_both_cores() {
    for machine in [MICROBIT, MPS2] {
        let counts = firmware(machine, "loop").counts(",mem=on");
        check(&counts, 204);
        assert_eq!(counts.get("total"), 216, "{}", machine.name);
        assert_eq!((counts.get("begin_hits"), counts.get("end_hits")), (1, 1));
        assert_eq!((counts.get("loads"), counts.get("stores")), (0, 0));
    }
}

#[test]
fn the_profile_says_how_often_each_address_ran() {
    let firmware = firmware(MICROBIT, "loop");
    let (begin, main) = (firmware.address("begin"), firmware.address("main"));
    let expected = [
        (begin, 1),
        (begin + 2, 1),
        (main + 6, 1),    // movs, after mov (2 bytes) and bl (4 bytes)
        (main + 8, 100),  // subs
        (main + 10, 100), // bne
        (main + 12, 1),   // bl end
    ];
    assert_eq!(firmware.counts("").profile, expected.into());
}

#[test]
fn a_branch_is_left_as_often_as_it_is_taken() {
    for machine in [MICROBIT, MPS2] {
        let firmware = firmware(machine, "loop");
        let (begin, main) = (firmware.address("begin"), firmware.address("main"));
        let counts = firmware.counts(",jumps=on");
        check(&counts, 204);
        // bx lr and bne; and the calls of begin and end, of four bytes: nobody asks about those.
        let calls = [main + 2, main + 12];
        let branches: Vec<(u64, u64)> = counts.left.into_iter().filter(|(address, _)| !calls.contains(address)).collect();
        assert_eq!(branches, [(begin + 2, 1), (main + 10, 99)], "{}", machine.name);
    }
    assert!(firmware(MICROBIT, "loop").counts("").left.is_empty());
}

#[test]
fn addresses_with_the_thumb_bit_are_the_same() {
    let firmware = firmware(MICROBIT, "loop");
    let (begin, end) = (firmware.address("begin") | 1, firmware.address("end") | 1);
    let run = firmware.run_raw(&format!("begin={begin},end={end:#x},out={}", firmware.out().display()));
    check(&run.counts(), 204);
}

#[test]
fn loads_and_stores_are_counted_on_request_only() {
    let counts = firmware(MICROBIT, "loop").counts("");
    check(&counts, 204);
    assert_eq!((counts.find("loads"), counts.find("stores")), (None, None));
}

#[test]
fn several_windows_add_up() {
    let counts = firmware(MICROBIT, "windows").counts("");
    check(&counts, 132);
    assert_eq!((counts.get("begin_hits"), counts.get("end_hits")), (3, 3));
}

#[test]
fn markers_out_of_order_are_reported() {
    let counts = firmware(MICROBIT, "disorder").counts("");
    assert_eq!(counts.errors(), [("begin_twice", 1), ("begin_without_end", 1), ("end_without_begin", 2)]);
    assert_eq!((counts.get("begin_hits"), counts.get("end_hits")), (3, 3));
    assert_eq!(counts.get("measured"), 9 + 14);
}

#[test]
fn a_begin_that_never_runs_is_reported() {
    let firmware = firmware(MICROBIT, "loop");
    let run = firmware.run_raw(&format!("begin=0x10,end={},out={}", firmware.address("end"), firmware.out().display()));
    assert_eq!(run.counts().errors(), [("begin_missing", 0), ("end_without_begin", 1)]);
}

#[test]
fn blocks_with_device_accesses_count_once() {
    for machine in [MICROBIT, MPS2] {
        let counts = firmware(machine, "device").counts(",mem=on");
        check(&counts, 355);
        assert_eq!((counts.get("loads"), counts.get("stores")), (101, 50), "{}", machine.name);
    }
}

#[test]
fn page_ends_and_moved_code_change_nothing() {
    for shift in 0..4 {
        check(&firmware_with(MPS2, "pages", &[("SHIFT", shift)], None).counts(""), 1045);
    }
}

#[test]
fn skipped_instructions_count() {
    check(&firmware(MPS2, "skipped").counts(""), 244);
}

#[test]
fn overwritten_code_keeps_its_counter() {
    for machine in [MICROBIT, MPS2] {
        let counts = firmware(machine, "patched").counts("");
        check(&counts, 208);
        assert_eq!(counts.profile.get(&0x2000_0100), Some(&20), "{}", machine.name);
    }
}

#[test]
fn a_fault_counts_the_instruction_that_faulted() {
    let run = firmware(MPS2, "undefined").run("");
    assert_eq!(run.status.code(), Some(1));
    let counts = run.counts();
    assert_eq!(counts.get("measured"), 9);
    assert_eq!(counts.errors(), [("begin_without_end", 1)]);
}

#[test]
fn riscv_counts_compressed_and_full_instructions() {
    let counts = firmware(RISCV, "riscv").counts(",mem=on");
    check(&counts, 304);
    assert_eq!(counts.get("total"), 319);
    assert_eq!((counts.get("loads"), counts.get("stores")), (0, 100));
}

#[test]
fn nothing_that_is_asked_for_beside_changes_a_count() {
    fn check(machine: Machine, source: &str) {
        let firmware = firmware(machine, source);
        let plain = firmware.counts("");
        let full = firmware.counts(",mem=on,budget=100000000,stack=0x20003000:0x20004000");
        assert_eq!(full.profile, plain.profile, "{source}");
        assert_eq!(full.get("total"), plain.get("total"), "{source}");
    }
    check(MICROBIT, "windows");
    check(MICROBIT, "device");
    check(MPS2, "patched");
    check(MPS2, "systick");
    check(MICROBIT, "stack");
}
