//! Small pieces of code as bytes, in the order in which they lie in memory, and what they refer to.

use super::super::scan;
use super::*;

fn bytes(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    hex::decode(digits).unwrap()
}

#[track_caller]
fn check_as(machine: Machine, is_64: bool, code: &str, want: &str) {
    let code = bytes(code);
    assert_eq!(said(&scan(&image(machine, is_64, &code, &[]))), want);
}

#[test]
fn thumb_calls_and_branches() {
    let check = |code: &str, want: &str| check_as(Machine::Arm, false, &format!("{code} {}", "00bf".repeat(16)), want);
    check("fff7 feff", "call 1000>1000");
    check("00f0 04f8", "call 1000>100c");
    check("04e0", "jump 1000>100c");
    check("fee7", "jump 1000>1000");
    check("04d0", "jump 1000>100c");
    check("00f0 04b8", "jump 1000>100c");
    check("00f0 0480", "jump 1000>100c");
    check("20b1", "jump 1000>100c");
    check("20b9", "jump 1000>100c");
    check("00f0 04e8", "call 1000>100c");
    check("9847", "indirect 1000");
    check("1847", "indirect 1000");
    check("7047", "");
    check("08bc 1847", "");
}

#[test]
fn thumb_literals_and_addresses() {
    let check = |code: &str, want: &str| check_as(Machine::Arm, false, code, want);
    check("0048 7047 04000020", "literal 1000>20000004 word 1004:4");
    check("0048 7047 04000030", "word 1004:4");
    check("dff8 0400 7047 00bf 04000020", "literal 1000>20000004 word 1008:4");
}

#[test]
fn riscv_calls_and_addresses() {
    let check = |code: &str, want: &str| check_as(Machine::Riscv, false, &format!("{code} {}", "0100".repeat(16)), want);
    check("ef00c000", "call 1000>100c");
    check("6f00c000", "jump 1000>100c");
    check("97000000 e780c000", "call 1004>100c");
    check("17030000 6700c300", "jump 1004>100c");
}
