//! nRF51822: the 16 MHz crystal and UART0.
//!
//! Register names and numbers: nRF51 Series Reference Manual 3.0, chapters CLOCK, GPIO and UART.

#![no_std]

use pyrite_port::Chip;
use pyrite_port::register::Register;

/// The chip with its console's transmit line on pin P0.`TX_PIN` (below 32), 115 200 baud, 8N1.
pub struct Nrf51<const TX_PIN: usize>;

const CLOCK: usize = 0x4000_0000;
const UART0: usize = 0x4000_2000;
const GPIO: usize = 0x5000_0000;

// SAFETY: for all of these: addresses of peripheral registers from the reference manual; none is memory.
const TASKS_HFCLKSTART: Register = unsafe { Register::at(CLOCK) };
// SAFETY: as above.
const EVENTS_HFCLKSTARTED: Register = unsafe { Register::at(CLOCK + 0x100) };
// SAFETY: as above.
const TASKS_STARTTX: Register = unsafe { Register::at(UART0 + 0x008) };
// SAFETY: as above.
const EVENTS_TXDRDY: Register = unsafe { Register::at(UART0 + 0x11c) };
// SAFETY: as above.
const ENABLE: Register = unsafe { Register::at(UART0 + 0x500) };
// SAFETY: as above.
const PSELTXD: Register = unsafe { Register::at(UART0 + 0x50c) };
// SAFETY: as above.
const TXD: Register = unsafe { Register::at(UART0 + 0x51c) };
// SAFETY: as above.
const BAUDRATE: Register = unsafe { Register::at(UART0 + 0x524) };
// SAFETY: as above.
const OUTSET: Register = unsafe { Register::at(GPIO + 0x508) };
// SAFETY: as above.
const DIRSET: Register = unsafe { Register::at(GPIO + 0x518) };

/// `ENABLE`: the UART owns its pins.
const ENABLED: u32 = 4;
/// `BAUDRATE` for 115 200.
const BAUD_115200: u32 = 0x01d7_e000;
/// The crystal starts in about 1 ms; each read takes at least 4 cycles of 16 MHz.
const CRYSTAL_READS_MAX: u32 = 50_000;
/// A byte leaves in 87 µs; each read takes at least 4 cycles of 16 MHz.
const BYTE_READS_MAX: u32 = 5_000;

impl<const TX_PIN: usize> Chip for Nrf51<TX_PIN> {
    fn start() {
        EVENTS_HFCLKSTARTED.write(0);
        TASKS_HFCLKSTART.write(1);
        // Without the crystal the internal oscillator keeps running: the baud rate is then off by up to 1 %, which still reads.
        EVENTS_HFCLKSTARTED.wait(1, 1, CRYSTAL_READS_MAX);

        // The idle level is high; set it before the pin drives, or the receiver sees a first byte that is none.
        OUTSET.write(1 << TX_PIN);
        DIRSET.write(1 << TX_PIN);
        PSELTXD.write(TX_PIN as u32);
        BAUDRATE.write(BAUD_115200);
        ENABLE.write(ENABLED);
        TASKS_STARTTX.write(1);
    }

    fn send(byte: u8) {
        EVENTS_TXDRDY.write(0);
        TXD.write(byte.into());
        EVENTS_TXDRDY.wait(1, 1, BYTE_READS_MAX);
    }
}
