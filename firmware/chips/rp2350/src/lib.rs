//! RP2350 on its Cortex-M33: the image block for the ROM, 150 MHz from the crystal, and UART0 on GPIO 0.
//!
//! How flash is read (command, lines, divider) stays as the ROM finds it out at each start: RP2350 Datasheet, chapter 5.2.
//! Registers: the same, chapters 2.2 (addresses), 7.5 (resets); Armv8-M Architecture Reference Manual (VTOR).

#![no_std]

#[cfg(target_arch = "arm")]
mod block;

use pyrite_port::{Chip, guard};
use rp2::{Map, Rp2};

/// The chip with its console on UART0, transmit line GPIO 0, 115 200 baud, 8N1.
pub struct Rp2350;

// SAFETY: the addresses of chapter 2.2, the bits of chapter 7.5.
unsafe impl Map for Rp2350 {
    const RESETS: usize = 0x4002_0000;
    const CLOCKS: usize = 0x4001_0000;
    const XOSC: usize = 0x4004_8000;
    const PLL_SYS: usize = 0x4005_0000;
    const IO_BANK0: usize = 0x4002_8000;
    const PADS_BANK0: usize = 0x4003_8000;
    const UART0: usize = 0x4007_0000;
    const RESET_BITS: [u32; 4] = [1 << 6, 1 << 9, 1 << 14, 1 << 26];
    /// 150 MHz.
    const POST_DIVIDERS: [u32; 2] = [5, 2];
}

impl Chip for Rp2350 {
    const CORE_HZ: u32 = 150_000_000;

    fn start() {
        guard::take_vectors();
        // What lies below RAM are windows to flash: a write there would not fault.
        guard::armv8m();
        Rp2::<Self>::start();
    }

    fn send(byte: u8) {
        Rp2::<Self>::send(byte);
    }
}
