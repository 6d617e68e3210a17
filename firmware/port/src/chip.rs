//! What a chip must offer, and nothing else: the one door between this crate and registers.
//!
//! The functions take no `self`: the console must work from a panic or a fault, where no value can be handed over.
#![forbid(unsafe_code)]

use core::ops::Range;

/// A microcontroller with its clocks and the UART that is its console.
pub trait Chip: 'static {
    /// Sets up clocks and the console's UART. Called once, right after memory is initialised.
    ///
    /// Must return: every wait for hardware is bounded, because emulators model few clock controllers.
    fn start();

    /// Sends one byte on the console, waiting for room a bounded time.
    ///
    /// May be called before [`Chip::start`] (a fault can come at any time); the byte may then be lost, but the call returns.
    fn send(byte: u8);

    /// Clock of the core, which its SysTick counts; 0 where it has none, or none that is known.
    const CORE_HZ: u32 = 0;
    /// Whether there is an interrupt of each millisecond: [`Chip::start_ticks`] starts one.
    const HAS_TICKS: bool = Self::CORE_HZ > 0;
    /// Where the chip's peripherals are, which programs may read and write by `machine.mem32`: the peripheral region of every Cortex-M.
    const PERIPHERALS: Range<u32> = 0x4000_0000..0x6000_0000;

    /// Starts an interrupt each millisecond, for a chip that [`Chip::HAS_TICKS`]. SysTick, unless the chip has another.
    fn start_ticks() {
        crate::machine::start_systick(Self::CORE_HZ);
    }

    /// Called in the interrupt: takes back what asked for it, where that does not go by itself.
    fn end_tick() {}

    /// Microseconds since the last of these interrupts, less than 1000.
    fn tick_us() -> u32 {
        crate::machine::systick_us(Self::CORE_HZ)
    }

    /// Makes pin number `pin` an output or an input, pulled up, down or neither; nothing where there is no such pin.
    fn configure_pin(_pin: u32, _output: bool, _pull: Option<bool>) -> Option<()> {
        None
    }

    /// Drives a pin high or low.
    fn write_pin(_pin: u32, _high: bool) -> Option<()> {
        None
    }

    /// Whether a pin is high.
    fn read_pin(_pin: u32) -> Option<bool> {
        None
    }
}
