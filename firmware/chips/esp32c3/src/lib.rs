//! ESP32-C3: the ROM's direct boot, 40 MHz from the crystal, no watchdogs, the core's counter, and the console over the chip's own USB.
//!
//! Registers: ESP32-C3 Technical Reference Manual, chapters 1 (core: PMP and performance counter), 6 (reset and clock), 12 (timer group watchdogs), 9 (RTC
//! watchdogs) and 30 (USB Serial/JTAG Controller).

#![no_std]

#[cfg(target_arch = "riscv32")]
mod boot;

use pyrite_port::register::Register;
use pyrite_port::{Chip, guard};

/// The chip with its console on the USB Serial/JTAG port.
pub struct Esp32c3;

const RTC_CNTL: usize = 0x6000_8000;
const TIMG0: usize = 0x6001_f000;
const USB: usize = 0x6004_3000;
const SYSTEM: usize = 0x600c_0000;

// SAFETY: for all of these: addresses of peripheral registers from the reference manual; none is memory.
const RTC_WDT_CONFIG0: Register = unsafe { Register::at(RTC_CNTL + 0x90) };
// SAFETY: as above.
const RTC_WDT_PROTECT: Register = unsafe { Register::at(RTC_CNTL + 0xa8) };
// SAFETY: as above.
const SUPER_WDT_CONFIG: Register = unsafe { Register::at(RTC_CNTL + 0xac) };
// SAFETY: as above.
const SUPER_WDT_PROTECT: Register = unsafe { Register::at(RTC_CNTL + 0xb0) };
// SAFETY: as above.
const TIMG0_WDT_CONFIG0: Register = unsafe { Register::at(TIMG0 + 0x48) };
// SAFETY: as above.
const TIMG0_WDT_PROTECT: Register = unsafe { Register::at(TIMG0 + 0x64) };
// SAFETY: as above.
const SYSCLK_CONF: Register = unsafe { Register::at(SYSTEM + 0x58) };
// SAFETY: as above.
const USB_EP1: Register = unsafe { Register::at(USB) };
// SAFETY: as above.
const USB_EP1_CONF: Register = unsafe { Register::at(USB + 0x04) };

/// What opens the watchdogs' registers, and the super watchdog's.
const WDT_KEY: u32 = 0x50d8_3aa1;
const SUPER_WDT_KEY: u32 = 0x8f1d_312a;
/// `SWD_CONF`: it is fed by the hardware. It cannot be switched off.
const SUPER_WDT_FED: u32 = 1 << 31;
/// `SYSCLK_CONF`: the clock's source (0 is the crystal of 40 MHz) and its divider less one (0 is none).
const CLOCK_SOURCE: u32 = 0b11 << 10;
const CLOCK_DIVIDER: u32 = 0x3ff;
/// `EP1_CONF`: the bytes are complete and go; there is room for another.
const SEND: u32 = 1;
const HAS_ROOM: u32 = 1 << 1;
/// The host asks each millisecond; a read takes at least 4 cycles of 40 MHz. Where no host reads, each byte waits that long and is lost.
const ROOM_READS_MAX: u32 = 20_000;

impl Chip for Esp32c3 {
    const PERIPHERALS: core::ops::Range<u32> = 0x6000_0000..0x600d_1000;

    fn start() {
        // The ROM starts two watchdogs before it jumps to flash.
        RTC_WDT_PROTECT.write(WDT_KEY);
        RTC_WDT_CONFIG0.write(0);
        RTC_WDT_PROTECT.write(0);
        TIMG0_WDT_PROTECT.write(WDT_KEY);
        TIMG0_WDT_CONFIG0.write(0);
        TIMG0_WDT_PROTECT.write(0);
        SUPER_WDT_PROTECT.write(SUPER_WDT_KEY);
        SUPER_WDT_CONFIG.change(0, SUPER_WDT_FED);
        SUPER_WDT_PROTECT.write(0);
        guard::pmp();
        SYSCLK_CONF.change(CLOCK_SOURCE | CLOCK_DIVIDER, 0);
        start_counter();
    }

    fn send(byte: u8) {
        USB_EP1_CONF.wait(HAS_ROOM, HAS_ROOM, ROOM_READS_MAX);
        USB_EP1.write(byte.into());
        if byte == b'\n' {
            USB_EP1_CONF.change(0, SEND);
        }
    }
}

/// Lets `mpccr` (0x7e2) count cycles: this core has no `mcycle`. `mpcer` (0x7e0) chooses what is counted, `mpcmr` (0x7e1) lets it run.
fn start_counter() {
    #[cfg(target_arch = "riscv32")]
    // SAFETY: the three registers count and do nothing else.
    unsafe {
        core::arch::asm!("csrwi 0x7e0, 1", "csrwi 0x7e1, 1", "csrwi 0x7e2, 0", options(nomem, nostack));
    }
}
