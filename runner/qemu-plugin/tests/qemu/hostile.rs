//! Wrong arguments, odd code, and a QEMU that dies.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;

use crate::tools::{MICROBIT, MPS2, firmware, firmware_with};

const SIGABRT: i32 = 6;

#[test]
fn wrong_arguments_end_qemu_before_the_guest_runs() {
    let firmware = firmware(MICROBIT, "loop");
    let markers = firmware.markers();
    let out = firmware.out();
    let out = out.display();
    let check = |arguments: &str, says: &str| {
        let run = firmware.run_raw(arguments);
        assert!(!run.status.success(), "{arguments}");
        assert!(run.stderr.contains(says), "{arguments}: {}", run.stderr);
        assert_eq!(run.text, None, "{arguments}");
    };
    check(&format!("out={out}"), "begin= (address of the begin marker) is missing");
    check(&format!("{markers},out={out},bugdet=1"), "unknown argument");
    check(&format!("begin=2,end=2,out={out}"), "different bodies");
    check(&format!("{markers},out={out}/absent/file"), "cannot write");
}

#[test]
fn an_older_result_never_stays() {
    let firmware = firmware(MPS2, "lockup");
    fs::write(firmware.out(), "of an earlier run").unwrap();
    let run = firmware.run("");
    assert_eq!(run.status.signal(), Some(SIGABRT), "a lockup aborts QEMU: {}", run.stderr);
    assert_eq!(run.text, None);
}

#[test]
fn random_code_never_harms_the_plugin() {
    for seed in 1..=16_u32 {
        // Marsaglia's xorshift: any order will do, so long as a failure's number gives it again.
        let mut state = seed.wrapping_mul(0x9e37_79b9);
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state & 0xffff
        };
        let mut words = String::new();
        for _ in 0..8192 {
            writeln!(words, ".hword {:#06x}", next()).unwrap();
        }
        let firmware = firmware_with(MPS2, "random", &[], Some(&words));
        let run = firmware.run(",budget=300000,stack=0x20000000:0x20004000");
        match &run.text {
            Some(_) => {
                let counts = run.counts();
                assert!(!counts.errors.contains_key("internal"), "seed {seed}: {}", run.stderr);
            }
            None => assert_eq!(run.status.signal(), Some(SIGABRT), "seed {seed}: {:?} {}", run.status, run.stderr),
        }
    }
}
