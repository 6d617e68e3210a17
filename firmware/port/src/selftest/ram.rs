//! RAM: every word holds what is written to it, and no write reaches another word.
//!
//! What nobody uses is written all over with words that depend on their addresses, read from the other end while each is
//! written anew with its complement, and read once more: stuck bits, shorted lines of data and address lines that lead nowhere are seen. The part of the stack that is in use, where
//! that would pull the ground away, is tested word by word, each put back at once. The image's statics are left alone: a probe may be reading a ring that lies there.
#![expect(unsafe_code, reason = "writes to memory that is no Rust object's")]

use super::bus;

/// Below the stack pointer the functions of this file have their frames.
const FRAMES_BYTES: usize = 512;
/// Words next to each other differ in many bits.
const SPREAD: u32 = 0x9e37_79b1;

/// What was tested.
pub struct Tested {
    /// So many bytes.
    pub tested_bytes: usize,
    /// Of these.
    pub all_bytes: usize,
}

/// A word that is not what was written.
pub struct Wrong {
    /// Where.
    pub address: usize,
    /// What it is.
    pub found: u32,
    /// What it should be.
    pub wanted: u32,
}

/// Tests all RAM of the linker's map but the image's statics.
#[inline(never)]
pub fn test() -> Result<Tested, Wrong> {
    unsafe extern "C" {
        static _stack_end: u8;
        static _stack_start: u8;
        static _ram_start: u8;
        static _ram_end: u8;
        static _bss_end: u8;
    }
    let (stack_end, stack_start) = ((&raw const _stack_end).addr(), (&raw const _stack_start).addr());
    let (ram_start, ram_end) = ((&raw const _ram_start).addr(), (&raw const _ram_end).addr());
    let statics_end = (&raw const _bss_end).addr();
    let frames = (bus::stack_pointer() & !3).saturating_sub(FRAMES_BYTES).max(stack_end);
    // The Python heap behind the statics is nobody's: no program runs here.
    march(statics_end, ram_end)?;
    march(stack_end, frames)?;
    for at in (frames..stack_start).step_by(4) {
        let word = pattern(at);
        let (first, second) = bus::exchange(at, word, !word);
        check(at, first, word)?;
        check(at, second, !word)?;
    }
    let all_bytes = (stack_start - stack_end) + (ram_end - ram_start);
    Ok(Tested { tested_bytes: (stack_start - stack_end) + (ram_end - statics_end), all_bytes })
}

fn pattern(address: usize) -> u32 {
    (address as u32).wrapping_mul(SPREAD)
}

/// From one word to another that nobody uses.
#[inline(never)]
fn march(start: usize, end: usize) -> Result<(), Wrong> {
    for at in (start..end).step_by(4) {
        // SAFETY: between the statics and the end of RAM, or below all frames of the stack, lies nothing of Rust's but the Python heap, which nothing uses.
        unsafe { bus::write(at, pattern(at)) };
    }
    let mut at = end;
    while at > start {
        at -= 4;
        check(at, bus::read(at), pattern(at))?;
        // SAFETY: as above.
        unsafe { bus::write(at, !pattern(at)) };
    }
    for at in (start..end).step_by(4) {
        check(at, bus::read(at), !pattern(at))?;
    }
    Ok(())
}

fn check(address: usize, found: u32, wanted: u32) -> Result<(), Wrong> {
    if found == wanted { Ok(()) } else { Err(Wrong { address, found, wanted }) }
}
