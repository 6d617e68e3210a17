//! nRF51822: the 16 MHz crystal, UART0, TIMER0 as the clock (its core has no SysTick), and the pins.
//!
//! Register names and numbers: nRF51 Series Reference Manual 3.0, chapters CLOCK, GPIO, TIMER and UART.

#![no_std]

use pyrite_port::Chip;
use pyrite_port::register::Register;

/// The chip with its console's transmit line on pin P0.`TX_PIN` (below 32), 115 200 baud, 8N1.
pub struct Nrf51<const TX_PIN: usize>;

const CLOCK: usize = 0x4000_0000;
const UART0: usize = 0x4000_2000;
const TIMER0: usize = 0x4000_8000;
const GPIO: usize = 0x5000_0000;
/// P0.00 to P0.31; the last one is not led out.
const PINS: u32 = 32;

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
const OUTCLR: Register = unsafe { Register::at(GPIO + 0x50c) };
// SAFETY: as above.
const IN: Register = unsafe { Register::at(GPIO + 0x510) };
// SAFETY: as above.
const TIMER_START: Register = unsafe { Register::at(TIMER0) };
// SAFETY: as above.
const TIMER_CAPTURE1: Register = unsafe { Register::at(TIMER0 + 0x044) };
// SAFETY: as above.
const TIMER_COMPARE0: Register = unsafe { Register::at(TIMER0 + 0x140) };
// SAFETY: as above.
const TIMER_SHORTS: Register = unsafe { Register::at(TIMER0 + 0x200) };
// SAFETY: as above.
const TIMER_INTENSET: Register = unsafe { Register::at(TIMER0 + 0x304) };
// SAFETY: as above.
const TIMER_PRESCALER: Register = unsafe { Register::at(TIMER0 + 0x510) };
// SAFETY: as above.
const TIMER_CC0: Register = unsafe { Register::at(TIMER0 + 0x540) };
// SAFETY: as above.
const TIMER_CC1: Register = unsafe { Register::at(TIMER0 + 0x544) };
// SAFETY: the core's register that enables interrupts, as above.
const NVIC_ISER: Register = unsafe { Register::at(0xe000_e100) };
// SAFETY: as above.
const DIRSET: Register = unsafe { Register::at(GPIO + 0x518) };

/// TIMER0's number among the interrupts.
const TIMER_IRQ: u32 = 8;
/// `PRESCALER`: 16 MHz by 2^4, a microsecond each.
const BY_16: u32 = 4;
/// `SHORTS`: begin again at the compared value.
const COMPARE0_CLEAR: u32 = 1;
/// `INTENSET`: on reaching the compared value.
const ON_COMPARE0: u32 = 1 << 16;
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

    const HAS_TICKS: bool = true;

    fn start_ticks() {
        TIMER_PRESCALER.write(BY_16);
        TIMER_CC0.write(1000);
        TIMER_SHORTS.write(COMPARE0_CLEAR);
        TIMER_INTENSET.write(ON_COMPARE0);
        NVIC_ISER.write(1 << TIMER_IRQ);
        TIMER_START.write(1);
    }

    fn end_tick() {
        TIMER_COMPARE0.write(0);
    }

    fn tick_us() -> u32 {
        TIMER_CAPTURE1.write(1);
        TIMER_CC1.read()
    }

    fn configure_pin(pin: u32, output: bool, pull: Option<bool>) -> Option<()> {
        if pin >= PINS || pin == TX_PIN as u32 {
            return None;
        }
        // PIN_CNF: an output bit; the input is connected in any case, so that what an output drives can be read; the pull.
        let pull = match pull {
            None => 0,
            Some(false) => 1 << 2,
            Some(true) => 3 << 2,
        };
        // SAFETY: the configuration of a pin that there is, as above.
        unsafe { Register::at(GPIO + 0x700 + 4 * pin as usize) }.write(u32::from(output) | pull);
        Some(())
    }

    fn write_pin(pin: u32, high: bool) -> Option<()> {
        if pin >= PINS || pin == TX_PIN as u32 {
            return None;
        }
        if high { OUTSET } else { OUTCLR }.write(1 << pin);
        Some(())
    }

    fn read_pin(pin: u32) -> Option<bool> {
        (pin < PINS).then(|| IN.read() >> pin & 1 == 1)
    }
}
