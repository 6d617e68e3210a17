//! Cycles by the model of a core, against sums by hand from the manuals' tables.

mod support;

use ounce_analysis::estimate::{self, EstimateError};
use ounce_protocol::manifest::CoreModel::{self, CortexM0, CortexM0Plus};
use support::Image;

/// A function's code at 0x100.
fn image(code: &[u16]) -> Vec<u8> {
    let bytes: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).collect();
    let size = u32::try_from(bytes.len()).unwrap();
    Image::arm().segment(0x100, 0x100, bytes).section(".text", 6, 0, size, 4).func("f", 0, size).build()
}

fn check(code: &[u16], executed: &[(u64, u64)], left: &[(u64, u64)], cycles: [u64; 2]) {
    let of = |core: CoreModel| estimate::cycles(&image(code), core, executed, left).unwrap();
    assert_eq!([CortexM0, CortexM0Plus].map(of), cycles, "{code:x?}");
}

#[test]
fn a_loop_takes_a_cycle_an_instruction_and_more_where_it_jumps() {
    // movs r4, #100; subs r4, #1; bne; bl: 1 + 100 + 100 + 99 taken + 4.
    let code = [0x2464, 0x3c01, 0xd1fd, 0xf7ff, 0xfffe];
    check(&code, &[(0x100, 1), (0x102, 100), (0x104, 100), (0x106, 1)], &[(0x104, 99), (0x106, 1)], [403, 303]);
}

#[test]
fn words_are_paid_for_one_by_one_and_a_return_from_the_stack_as_the_manuals_say() {
    // push {r4-r7, lr}: 1 + 5; ldm r1!, {r2, r3}: 1 + 2; ldrb: 2; pop {r4-r7, pc}: 4 + 5, 3 + 5.
    check(&[0xb5f0, 0xc90c, 0x7808, 0xbdf0], &[(0x100, 1), (0x102, 1), (0x104, 1), (0x106, 1)], &[], [20, 19]);
    // bx lr, mov pc, r0; dsb.
    check(&[0x4770, 0x4687], &[(0x100, 1), (0x102, 1)], &[], [6, 4]);
    check(&[0xf3bf, 0x8f4f], &[(0x100, 1)], &[], [4, 3]);
}

#[test]
fn nobody_believes_a_branch_that_was_taken_more_often_than_it_was_executed() {
    check(&[0xd1fd], &[(0x100, 2)], &[(0x100, u64::MAX)], [6, 4]);
}

#[test]
fn code_that_is_not_in_the_image_or_not_of_such_a_core_has_no_estimate() {
    let of = |code: &[u16], at: u64| estimate::cycles(&image(code), CortexM0, &[(at, 1)], &[]).unwrap_err();
    assert!(matches!(of(&[0xbf00], 0x2000_0000), EstimateError::Outside(0x2000_0000)));
    assert!(matches!(of(&[0xf7ff], 0x100), EstimateError::Outside(0x102)));
    // mul.w
    let foreign = of(&[0xfb01, 0xf000], 0x100);
    assert_eq!(foreign.to_string(), "the instruction 0xfb01 at 0x100 is none of Armv6-M: is `estimate_cycles` right for this board?");
}
