//! ARM MPS2 FPGA images (AN385, AN500, AN505): the CMSDK UART. Clocks are fixed by the FPGA image.
//!
//! Registers: Cortex-M System Design Kit Technical Reference Manual, chapter APB UART; ARMv7-M Architecture Reference Manual,
//! chapter B3.5 (memory protection unit).

#![no_std]

use pyrite_port::Chip;
use pyrite_port::register::Register;

/// An MPS2 image whose console is the UART at `UART`, clocked with `CLOCK_HZ`; 115 200 baud, 8N1.
///
/// `UART` must be the base address of a CMSDK APB UART of that image: application notes 385, 500 and 505 list them. `GUARD`: forbid the
/// 64 KiB below RAM to the program with an ARMv7-M memory protection unit. AN385 and AN500 do not fault there by themselves, and an
/// overflowing stack must.
pub struct Mps2<const UART: usize, const CLOCK_HZ: u32, const GUARD: bool>;

/// AN385 and AN500: UART0 on the 25 MHz peripheral clock.
pub type An385 = Mps2<0x4000_4000, 25_000_000, true>;
/// AN500 has the peripherals of AN385 around a Cortex-M7.
pub type An500 = An385;
/// AN505: UART0 by its secure address, on the 20 MHz system clock.
pub type An505 = Mps2<0x5020_0000, 20_000_000, false>;

// SAFETY: registers of the memory protection unit. The only region ever set lies outside of all memory that Rust code uses.
const MPU_CTRL: Register = unsafe { Register::at(0xe000_ed94) };
// SAFETY: as above.
const MPU_RBAR: Register = unsafe { Register::at(0xe000_ed9c) };
// SAFETY: as above.
const MPU_RASR: Register = unsafe { Register::at(0xe000_eda0) };
/// `RBAR`: region 0 starts 64 KiB below RAM.
const GUARD_START: u32 = 0x1fff_0000 | 1 << 4;
/// `RASR`: no access for anyone, nothing executed, 2^(15+1) bytes, on.
const GUARD_NO_ACCESS: u32 = 1 << 28 | 15 << 1 | 1;
/// `CTRL`: on, all other addresses as without it.
const MPU_ON: u32 = 1 << 2 | 1;

const BAUD: u32 = 115_200;
/// `STATE`: the transmit buffer is full.
const TX_FULL: u32 = 1;
/// `CTRL`: transmitter on, no interrupts.
const TX_ENABLE: u32 = 1;
/// A byte leaves in 87 µs; each read takes at least 4 cycles of 25 MHz.
const BYTE_READS_MAX: u32 = 5_000;

impl<const UART: usize, const CLOCK_HZ: u32, const GUARD: bool> Mps2<UART, CLOCK_HZ, GUARD> {
    // SAFETY: for all of these: UART is a CMSDK UART's base address as the type demands; these are its registers, none is memory.
    const DATA: Register = unsafe { Register::at(UART) };
    // SAFETY: as above.
    const STATE: Register = unsafe { Register::at(UART + 0x04) };
    // SAFETY: as above.
    const CTRL: Register = unsafe { Register::at(UART + 0x08) };
    // SAFETY: as above.
    const BAUDDIV: Register = unsafe { Register::at(UART + 0x10) };
}

impl<const UART: usize, const CLOCK_HZ: u32, const GUARD: bool> Chip for Mps2<UART, CLOCK_HZ, GUARD> {
    const CORE_HZ: u32 = CLOCK_HZ;

    fn start() {
        if GUARD {
            MPU_RBAR.write(GUARD_START);
            MPU_RASR.write(GUARD_NO_ACCESS);
            MPU_CTRL.write(MPU_ON);
        }
        Self::BAUDDIV.write(CLOCK_HZ / BAUD);
        Self::CTRL.write(TX_ENABLE);
    }

    fn send(byte: u8) {
        Self::STATE.wait(TX_FULL, 0, BYTE_READS_MAX);
        Self::DATA.write(byte.into());
    }
}
