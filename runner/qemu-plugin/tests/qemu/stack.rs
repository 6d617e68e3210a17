//! The stack's high-water mark.

use crate::tools::{MICROBIT, MPS2, firmware};

#[test]
fn the_mark_is_exact_for_the_run_and_between_the_markers() {
    for machine in [MICROBIT, MPS2] {
        let firmware = firmware(machine, "stack");
        let (low, high) = (firmware.address("stack_low"), firmware.address("stack_high"));
        let counts = firmware.counts(&format!(",stack={low:#x}:{high:#x}"));
        assert_eq!(high - counts.get("stack_low"), 8 + 12 * 12);
        assert_eq!(high - counts.get("stack_low_measured"), 8 + 4 * 12);
    }
}

#[test]
fn a_window_without_a_store_is_unused() {
    let counts = firmware(MICROBIT, "loop").counts(",stack=0x20003000:0x20004000");
    assert_eq!((counts.get("stack_low"), counts.get("stack_low_measured")), (0x2000_4000, 0x2000_4000));
}

#[test]
fn without_the_argument_there_is_no_line() {
    let counts = firmware(MICROBIT, "stack").counts("");
    assert_eq!((counts.find("stack_low"), counts.find("stack_low_measured")), (None, None));
}

#[test]
fn what_a_handler_stores_below_its_frame_counts() {
    // Main stores nothing; the processor's frame is 32 bytes, and the handler pushes three words below it.
    let counts = firmware(MPS2, "systick").counts(",stack=0x20003000:0x20004000");
    assert_eq!(0x2000_4000 - counts.get("stack_low"), 32 + 12);
}
