//! Sends 64 KiB of noise, the same every time, with all byte values in it and hardly a line end; exits with 0.

#![no_std]
#![no_main]

use faults::{between_marks, hello};
use pyrite_port::exit;

pyrite_port::entry! { chip: faults::Chip, main: run }

/// How many bytes of noise.
const NOISE_BYTES: u32 = 64 * 1024;

fn run() -> ! {
    let console = hello();
    between_marks(|| {
        let mut state = 0x2545_f491_u32;
        for _ in 0..NOISE_BYTES {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            console.send(&[(state >> 11) as u8]);
        }
    });
    exit::exit(exit::DONE)
}
