//! What is decided beyond single instructions: what a number means, how far a register is followed, what is data in code.

use super::*;
use super::{scan, shape};
use crate::elf::{Binding, Place, Symbol, SymbolKind};

const CODE: u64 = 0x1000;

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}

fn function<'a>(name: &'a [u8], address: u64) -> Symbol<'a> {
    Symbol { name, address, size: 0, place: Place::Section(1), kind: SymbolKind::Function, binding: Binding::Global }
}

#[track_caller]
fn check_marked(machine: Machine, code: &str, mapping: &[(u64, Mapping)], want: &str) {
    let code = bytes(code);
    let mut image = image(machine, false, CODE, &code, mapping);
    image.symbols.push(function(b"f", 0x1000));
    assert_eq!(said(&scan(&image)), want);
}

#[test]
fn a_literal_is_a_reference_where_its_value_is_an_address() {
    let check = |word: &str, want: &str| {
        check_marked(Machine::Arm, &format!("0048 7047 {word}"), &[(0x1000, Mapping::Thumb), (0x1004, Mapping::Data)], want);
    };
    check("04000020", "literal 1000>20000004 word 1004:4");
    // The end of memory, and beyond it.
    check("00200020", "literal 1000>20002000 word 1004:4");
    check("04200020", "word 1004:4");
    // A function has the Thumb bit and a name; another place in code is a number.
    check("01100000", "literal 1000>1000 word 1004:4");
    check("00100000", "word 1004:4");
    check("03100000", "word 1004:4");
    // Nobody else loads a literal of this code.
    check("04100000", "word 1004:4");
    // Data in code.
    check("08100000 78563412", "literal 1000>1008 word 1004:4");
    // A text at an odd address is not a function with a Thumb bit; nor is an odd number that leads to a literal.
    check("09100000 00616263", "literal 1000>1009 word 1004:4");
    check("05100000", "word 1004:4");
}

#[test]
fn a_register_is_followed_until_it_is_written() {
    let check = |code: &str, want: &str| check_marked(Machine::Arm, code, &[(0x1000, Mapping::Thumb)], want);
    let (movw, movt) = ("41f23420", "c2f20000"); // r0 = 0x1234, then r0 |= 0x2000 << 16
    check(&format!("{movw} {movt}"), "pair 1004>20001234");
    // Another register's number between.
    check(&format!("{movw} 0121 c1f20001 {movt}"), "pair 100a>20001234");
    // An upper half of 0 is that of an address, a lower half alone is a number.
    check("41f20000 c0f20000", "pair 1004>1000");
    check("41f20000", "");
    // A comparison, a store and a branch with a condition between.
    check(&format!("{movw} 0028 0160 00d1 {movt}"), "jump 1008>100c pair 100a>20001234");
    // Another number, an addition, a load, a call, the end of the function.
    check(&format!("{movw} 0430 {movt}"), "");
    check(&format!("{movw} 0868 {movt}"), "");
    check(&format!("{movw} 00f000f8 {movt}"), "call 1004>1008");
    check(&format!("{movw} 7047 {movt}"), "");
    // r4 is kept across a call.
    check("41f23424 00f000f8 c2f20004", "call 1004>1008 pair 1008>20001234");
}

#[test]
fn a_call_of_a_literal_is_known() {
    // ldr r3, =f; blx r3
    let marks = [(0x1000, Mapping::Thumb), (0x1004, Mapping::Data)];
    check_marked(Machine::Arm, "0049 8847 01100000", &marks, "literal 1000>1000 call 1002>1000 word 1004:4");
    // ldr r1, =a function of another image
    check_marked(Machine::Arm, "0049 8847 01100070", &marks, "indirect 1002 word 1004:4");
    // A distance: ldr r1, =x - here; add r1, pc
    check_marked(Machine::Arm, "0049 7944 faefff1f", &marks, "pair 1002>20000000 word 1004:4");
}

#[test]
fn without_mapping_symbols_literals_and_tables_are_data() {
    let check = |code: &str, want: &str| check_marked(Machine::Arm, code, &[], want);
    // The pool word would be a call of itself.
    check("0048 7047 fff7feff 7047", "word 1004:4");
    check("0048 fff7feff", "call 1002>1002");
    // tbb [pc, r2] with three entries that lead to bx lr: 0xd0 bytes would be branches.
    check("dfe802f0 0202 02d0 7047 7047 fee7", "jump 100c>100c");
    // tbh
    check("dfe812f0 0300 0400 0300 7047 7047", "");
}

#[test]
fn riscv_registers_are_followed_across_calls_only_where_they_are_kept() {
    let check = |code: &str, want: &str| check_marked(Machine::Riscv, code, &[], want);
    // lui a0 / s0, 0x20000; jal; lw a1, 4(a0 / s0)
    check("37050020 ef004000 83254500", "call 1004>1008");
    check("37040020 ef004000 83254400", "call 1004>1008 pair 1008>20000004");
    // A stack of two: the upper part belongs to the first only.
    check("37050020 0145 83254500", "");
    // Two lower parts of one upper part, a copy of it.
    check("37050020 83254500 03268500", "pair 1004>20000004 pair 1008>20000008");
    check("37050020 aa85 83a54500", "pair 1006>20000004");
    // sh2add a0, a0, a1; lw a0, 0(a0); jr a0: a table. lw a5, 0(a0); jr a5: whoever was given.
    check("3345b520 03250500 67000500", "");
    check("83270500 67800700", "indirect 1004");
}

#[test]
fn a_shape_does_not_know_where_it_lies() {
    let shape_at = |run: u64, code: &str, marks: &[u64], data: &[u64]| {
        let code = bytes(code);
        let mut mapping: Vec<_> = marks.iter().map(|&m| (run + m, Mapping::Thumb)).collect();
        mapping.extend(data.iter().map(|&m| (run + m, Mapping::Data)));
        mapping.sort_unstable();
        let image = image(Machine::Arm, false, run, &code, &mapping);
        shape(&image, run, run + code.len() as u64).unwrap()
    };
    let thumb = |run, code: &str| shape_at(run, code, &[0], &[]);
    let pool = |run, code: &str| shape_at(run, code, &[0], &[4]);
    let first = thumb(0x1000, "10b5 01f000f8 10bd");
    assert_eq!(first, thumb(0x3000, "10b5 fff700f8 10bd"), "a call of something else, from somewhere else");
    assert_ne!(first, thumb(0x1000, "10b5 00f000f8 10bd"), "a call of itself");
    assert_ne!(first, thumb(0x1000, "11b5 01f000f8 10bd"), "another register saved");
    assert_ne!(thumb(0x1000, "00d0 0120 0220"), thumb(0x1000, "00d0 0120 0320"), "a constant");
    assert_ne!(thumb(0x1000, "00d0 0120 7047"), thumb(0x1000, "fed0 0120 7047"), "a branch inside");
    assert_eq!(thumb(0x1000, "41f23420 c2f20000"), thumb(0x1000, "41f23520 c2f20000"), "two addresses");
    assert_ne!(thumb(0x1000, "41f23420 c5f20000"), thumb(0x1000, "41f23520 c5f20000"), "two numbers");
    assert_eq!(pool(0x1000, "0048 7047 04000020"), pool(0x5000, "0048 7047 08000020"), "literals that are addresses");
    assert_ne!(pool(0x1000, "0048 7047 04000050"), pool(0x5000, "0048 7047 08000050"), "literals that are numbers");
}

#[test]
fn a_shape_does_not_know_how_far_a_riscv_linker_shortened() {
    let shaped = |code: &str| {
        let code = bytes(code);
        let image = image(Machine::Riscv, false, CODE, &code, &[]);
        shape(&image, CODE, CODE + code.len() as u64).unwrap()
    };
    // auipc ra; jalr ra, ... and jal; then a branch back over the call.
    let long = shaped("97100000 e7800000 e3fcc5fe 67800000");
    assert_eq!(long, shaped("ef100000 e3fec5fe 67800000"), "a call");
    assert_ne!(long, shaped("ef100000 63f2c500 67800000"), "a branch to another place");
    // lui a0; lw a1, 4(a0)
    assert_eq!(shaped("37050020 83254500"), shaped("37150020 83258500"), "an address");
    assert_ne!(shaped("37050020 83254500"), shaped("37050020 03264500"), "another register");
}

#[test]
fn ranges_without_a_shape() {
    let code = bytes("0048 7047 04000020");
    let arm = image(Machine::Arm, false, CODE, &code, &[]);
    assert!(shape(&arm, 0x1000, 0x1008).is_some());
    assert_eq!(shape(&arm, 0x1000, 0x1009), None, "beyond the section");
    assert_eq!(shape(&arm, 0xfff, 0x1001), None, "before it");
    assert_eq!(shape(&arm, 0x1004, 0x1004), None, "empty");
    assert_eq!(shape(&arm, MEMORY, MEMORY + 4), None, "no bytes");
    assert_eq!(shape(&arm, 0x1004, u64::MAX), None);
    let other = image(Machine::Other, false, CODE, &code, &[]);
    assert_eq!(shape(&other, 0x1000, 0x1004), None, "instructions that are not decoded");
}
