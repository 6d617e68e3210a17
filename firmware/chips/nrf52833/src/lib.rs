//! nRF52833: 64 MHz from the crystal, the instruction cache, and UARTE0.
//!
//! Register names and numbers: nRF52833 Product Specification, chapters CLOCK, NVMC, UARTE, GPIO and "Access port protection".

#![no_std]

use core::sync::atomic::{AtomicU32, Ordering};

use pyrite_port::register::Register;
use pyrite_port::{Chip, guard};

/// The chip with its console's transmit line on pin P0.`TX_PIN` (below 32), 115 200 baud, 8N1.
pub struct Nrf52833<const TX_PIN: usize>;

const CLOCK: usize = 0x4000_0000;
const UARTE0: usize = 0x4000_2000;
const NVMC: usize = 0x4001_e000;
const GPIO: usize = 0x5000_0000;

// SAFETY: for all of these: addresses of peripheral registers from the product specification; none is memory.
const TASKS_HFCLKSTART: Register = unsafe { Register::at(CLOCK) };
// SAFETY: as above.
const EVENTS_HFCLKSTARTED: Register = unsafe { Register::at(CLOCK + 0x100) };
// SAFETY: as above.
const APPROTECT_DISABLE: Register = unsafe { Register::at(CLOCK + 0x558) };
// SAFETY: as above.
const ICACHECNF: Register = unsafe { Register::at(NVMC + 0x540) };
// SAFETY: as above. The transmitter reads memory by itself, of `BYTE` alone, and writes none.
const TASKS_STARTTX: Register = unsafe { Register::at(UARTE0 + 0x008) };
// SAFETY: as above.
const EVENTS_ENDTX: Register = unsafe { Register::at(UARTE0 + 0x120) };
// SAFETY: as above.
const ENABLE: Register = unsafe { Register::at(UARTE0 + 0x500) };
// SAFETY: as above.
const PSEL_TXD: Register = unsafe { Register::at(UARTE0 + 0x50c) };
// SAFETY: as above.
const BAUDRATE: Register = unsafe { Register::at(UARTE0 + 0x524) };
// SAFETY: as above.
const TXD_PTR: Register = unsafe { Register::at(UARTE0 + 0x544) };
// SAFETY: as above.
const TXD_MAXCNT: Register = unsafe { Register::at(UARTE0 + 0x548) };
// SAFETY: as above.
const OUTSET: Register = unsafe { Register::at(GPIO + 0x508) };
// SAFETY: as above.
const DIRSET: Register = unsafe { Register::at(GPIO + 0x518) };

/// `APPROTECT.DISABLE`: later revisions of the chip lock the debug port at each reset until the program says this.
const OPEN_TO_DEBUGGERS: u32 = 0x5a;
/// `ICACHECNF`: on, without counting hits. Flash alone makes the core wait; the cache is part of the board's identity.
const CACHE_ON: u32 = 1;
/// `ENABLE`: the UARTE owns its pins.
const ENABLED: u32 = 8;
/// `BAUDRATE` for 115 200.
const BAUD_115200: u32 = 0x01d6_0000;
/// The crystal starts in about 0.4 ms; each read takes at least 4 cycles of 64 MHz.
const CRYSTAL_READS_MAX: u32 = 100_000;
/// A byte leaves in 87 µs; each read takes at least 4 cycles of 64 MHz.
const BYTE_READS_MAX: u32 = 10_000;

/// What the transmitter reads: it takes bytes from RAM only.
static BYTE: AtomicU32 = AtomicU32::new(0);

impl<const TX_PIN: usize> Chip for Nrf52833<TX_PIN> {
    const CORE_HZ: u32 = 64_000_000;

    fn start() {
        guard::armv7m();
        APPROTECT_DISABLE.write(OPEN_TO_DEBUGGERS);
        EVENTS_HFCLKSTARTED.write(0);
        TASKS_HFCLKSTART.write(1);
        // Without the crystal the internal oscillator keeps running at 64 MHz, off by some per cent at most.
        EVENTS_HFCLKSTARTED.wait(1, 1, CRYSTAL_READS_MAX);
        ICACHECNF.write(CACHE_ON);

        // The idle level is high; set it before the pin drives, or the receiver sees a first byte that is none.
        OUTSET.write(1 << TX_PIN);
        DIRSET.write(1 << TX_PIN);
        PSEL_TXD.write(TX_PIN as u32);
        BAUDRATE.write(BAUD_115200);
        TXD_PTR.write(BYTE.as_ptr().expose_provenance() as u32);
        TXD_MAXCNT.write(1);
        ENABLE.write(ENABLED);
    }

    fn send(byte: u8) {
        // The lowest byte comes first in memory. The fence of this order keeps the store before the task that makes the transmitter read it.
        BYTE.store(byte.into(), Ordering::SeqCst);
        EVENTS_ENDTX.write(0);
        TASKS_STARTTX.write(1);
        EVENTS_ENDTX.wait(1, 1, BYTE_READS_MAX);
    }
}
