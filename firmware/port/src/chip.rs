//! What a chip must offer, and nothing else: the one door between this crate and registers.
//!
//! The functions take no `self`: the console must work from a panic or a fault, where no value can be handed over.
#![forbid(unsafe_code)]

/// A microcontroller with its clocks and the UART that is its console.
pub trait Chip {
    /// Sets up clocks and the console's UART. Called once, right after memory is initialised.
    ///
    /// Must return: every wait for hardware is bounded, because emulators model few clock controllers.
    fn start();

    /// Sends one byte on the console, waiting for room a bounded time.
    ///
    /// May be called before [`Chip::start`] (a fault can come at any time); the byte may then be lost, but the call returns.
    fn send(byte: u8);
}
