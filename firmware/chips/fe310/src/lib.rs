//! SiFive FE310: the 16 MHz crystal without the PLL, and UART0.
//!
//! Registers: SiFive FE310-G000 Manual, chapters PRCI, GPIO and UART.

#![no_std]

use pyrite_port::Chip;
use pyrite_port::register::Register;

/// The chip with its console on UART0, transmit line GPIO 17, 115 200 baud, 8N1.
pub struct Fe310;

const PRCI: usize = 0x1000_8000;
const GPIO0: usize = 0x1001_2000;
const UART0: usize = 0x1001_3000;

// SAFETY: for all of these: addresses of peripheral registers from the manual; none is memory.
const HFXOSCCFG: Register = unsafe { Register::at(PRCI + 0x04) };
// SAFETY: as above.
const PLLCFG: Register = unsafe { Register::at(PRCI + 0x08) };
// SAFETY: as above.
const IOF_EN: Register = unsafe { Register::at(GPIO0 + 0x38) };
// SAFETY: as above.
const IOF_SEL: Register = unsafe { Register::at(GPIO0 + 0x3c) };
// SAFETY: as above.
const TXDATA: Register = unsafe { Register::at(UART0) };
// SAFETY: as above.
const TXCTRL: Register = unsafe { Register::at(UART0 + 0x08) };
// SAFETY: as above.
const DIV: Register = unsafe { Register::at(UART0 + 0x18) };

const CRYSTAL_HZ: u32 = 16_000_000;
const CRYSTAL_ON: u32 = 1 << 30;
const CRYSTAL_READY: u32 = 1 << 31;
/// `PLLCFG`: core clock from the PLL block, its input the crystal, the PLL itself bypassed.
const FROM_CRYSTAL: u32 = 1 << 16 | 1 << 17 | 1 << 18;
/// The crystal starts within some ms; each read takes at least 4 cycles of the 14 MHz start-up oscillator.
const CRYSTAL_READS_MAX: u32 = 50_000;

const BAUD: u32 = 115_200;
/// `TXDATA`: the queue is full.
const TX_FULL: u32 = 1 << 31;
/// `TXCTRL`: transmitter on, one stop bit.
const TX_ENABLE: u32 = 1;
const TX_PIN: u32 = 1 << 17;
/// A byte leaves in 87 µs; each read takes at least 4 cycles of 16 MHz.
const BYTE_READS_MAX: u32 = 5_000;

impl Chip for Fe310 {
    const PERIPHERALS: core::ops::Range<u32> = 0x1000_0000..0x2000_0000;

    fn start() {
        HFXOSCCFG.write(CRYSTAL_ON);
        if HFXOSCCFG.wait(CRYSTAL_READY, CRYSTAL_READY, CRYSTAL_READS_MAX) {
            PLLCFG.write(FROM_CRYSTAL);
        }
        DIV.write(CRYSTAL_HZ / BAUD - 1);
        TXCTRL.write(TX_ENABLE);
        IOF_SEL.change(TX_PIN, 0);
        IOF_EN.change(0, TX_PIN);
    }

    fn send(byte: u8) {
        TXDATA.wait(TX_FULL, 0, BYTE_READS_MAX);
        TXDATA.write(byte.into());
    }
}
