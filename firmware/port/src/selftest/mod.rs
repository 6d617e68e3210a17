//! The self-test of a board: its RAM, its flash as the core reads it, its console and its clock. An image built with the feature `selftest` runs this
//! instead of a workload; chips, memory maps and `main.rs` of a board are the same.
//!
//! # Orders
//!
//! The workload's window holds what is to be tested, as little-endian words: the bytes `OST1`; ticks of a clock window; two words that
//! are told back, so that whoever reads the console knows that it is this board's; how many ranges of flash there are, at most [`RANGES_MAX`];
//! and the address and length of each.
//!
//! # What it tells
//!
//! After the line `hello`, either `ounce: error WHAT` and exit code 106, or
//! `ounce: result ram TESTED/ALL, image HASH, token TOKEN, ticks N` and `ounce: done`. RAM is in bytes; what is not tested is the image's own statics. HASH is
//! the identity of an image with these ranges: SHA-256, as `ounce size` says it of the ELF file. Each of [`WINDOWS`] windows of N ticks of the core's
//! own counter lies between the two markers: a probe that stops there knows how long it was.
#![deny(unsafe_code)]

mod bus;
mod clock;
mod ram;
mod sha256;

use core::mem::MaybeUninit;

use crate::marks::{ounce_begin, ounce_end};
use crate::{Chip, Console, Window, exit};
use sha256::Sha256;

/// The most ranges of flash that are hashed: an image of ours has three.
const RANGES_MAX: usize = 16;
/// Clock windows: the shortest as its debugger saw it is the one least disturbed.
const WINDOWS: usize = 3;
/// What the orders begin with.
const MAGIC: &[u8] = b"OST1";
/// What the identity of an image begins with.
const DOMAIN: &[u8] = b"ounce image v1\0";

/// The orders, word by word.
struct Orders(&'static [u8]);

impl Orders {
    fn word(&self, index: usize) -> Option<u32> {
        let bytes = self.0.get(index * 4..index * 4 + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A range's address and length.
    fn range(&self, index: usize) -> Option<(usize, usize)> {
        Some((self.word(5 + index * 2)? as usize, self.word(6 + index * 2)? as usize))
    }
}

/// Tests the board as the orders in `window` say, and ends the image.
pub fn run<C: Chip>(board: &str, _heap: &mut [MaybeUninit<u64>], window: Window) -> ! {
    let console = Console::<C>::new();
    console.begin("hello 1 ");
    console.send(board.as_bytes());
    console.end();
    let orders = Orders(window.bytes());
    let n_ranges = orders.word(4).map_or(0, |n| n as usize);
    if !orders.0.starts_with(MAGIC) || n_ranges > RANGES_MAX {
        console.line("error", "refused: no orders for a self-test at the workload address");
        exit::exit(exit::BAD_WORKLOAD)
    }
    let ram = match ram::test() {
        Ok(ram) => ram,
        Err(wrong) => {
            console.begin("error RAM at ");
            console.hex(wrong.address);
            console.send(b" holds ");
            console.hex(wrong.found as usize);
            console.send(b" where ");
            console.hex(wrong.wanted as usize);
            console.send(b" was written");
            console.end();
            exit::exit(exit::BAD_BOARD)
        }
    };
    let hash = image(&orders, n_ranges);
    let ticks = orders.word(1).unwrap_or(0);
    for _ in 0..WINDOWS {
        ounce_begin();
        let is_counted = clock::wait(ticks);
        ounce_end();
        if !is_counted {
            console.line("error", "the core's counter stands still");
            exit::exit(exit::BAD_BOARD)
        }
    }
    console.begin("result ram ");
    console.decimal(ram.tested_bytes);
    console.send(b"/");
    console.decimal(ram.all_bytes);
    console.send(b", image ");
    digits(&console, &hash);
    console.send(b", token ");
    digits(&console, orders.0.get(8..16).unwrap_or_default());
    console.send(b", ticks ");
    console.decimal(ticks as usize);
    console.end();
    console.begin("done");
    console.end();
    exit::exit(exit::DONE)
}

/// The identity of what the core reads in the ranges.
fn image(orders: &Orders, n_ranges: usize) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    for (address, len) in (0..n_ranges).filter_map(|index| orders.range(index)) {
        for number in [address, len] {
            hash.update(&(number as u64).to_le_bytes());
        }
        for at in address..address.saturating_add(len) {
            hash.update(&[bus::read_byte(at)]);
        }
    }
    hash.finish()
}

fn digits<C: Chip>(console: &Console<C>, bytes: &[u8]) {
    for byte in bytes {
        console.send(&[b"0123456789abcdef"[usize::from(byte >> 4)], b"0123456789abcdef"[usize::from(byte & 15)]]);
    }
}
