//! RP2040: our second-stage boot loader, 125 MHz from the crystal, and UART0 on GPIO 0.
//!
//! Registers: RP2040 Datasheet, chapters 2.2 (addresses), 2.4.5 (memory protection unit) and 2.14 (resets).

#![no_std]

#[cfg(target_arch = "arm")]
mod boot2;

use pyrite_port::{Chip, guard};
use rp2::{Map, Rp2};

/// The chip with its console on UART0, transmit line GPIO 0, 115 200 baud, 8N1.
pub struct Rp2040;

// SAFETY: the addresses of chapter 2.2, the bits of chapter 2.14.
unsafe impl Map for Rp2040 {
    const RESETS: usize = 0x4000_c000;
    const CLOCKS: usize = 0x4000_8000;
    const XOSC: usize = 0x4002_4000;
    const PLL_SYS: usize = 0x4002_8000;
    const IO_BANK0: usize = 0x4001_4000;
    const PADS_BANK0: usize = 0x4001_c000;
    const UART0: usize = 0x4003_4000;
    const RESET_BITS: [u32; 4] = [1 << 5, 1 << 8, 1 << 12, 1 << 22];
    /// 125 MHz.
    const POST_DIVIDERS: [u32; 2] = [6, 2];
}

impl Chip for Rp2040 {
    const CORE_HZ: u32 = 125_000_000;

    fn start() {
        // What lies below RAM belongs to the flash interface: a write there would not fault.
        guard::armv7m();
        Rp2::<Self>::start();
    }

    fn send(byte: u8) {
        Rp2::<Self>::send(byte);
    }
}
