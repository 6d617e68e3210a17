//! What RP2040 and RP2350 have in common, at other addresses: the crystal of 12 MHz, the system PLL and UART0 on GPIO 0.
//!
//! Registers: RP2040 Datasheet, chapters 2.14 (resets), 2.15 (clocks), 2.16 (crystal), 2.18 (PLL), 2.19 (GPIO) and 4.2 (UART); RP2350 Datasheet,
//! chapters 7.5, 8.1, 8.2, 8.6, 9 and 12.1. The blocks have the same registers, but for the isolation of RP2350's pads.

#![no_std]

use core::marker::PhantomData;

use pyrite_port::register::Register;

/// Where a chip has these blocks, and how fast it runs.
///
/// # Safety
/// The addresses are those of the chip's datasheet.
pub unsafe trait Map {
    /// Base of the reset controller.
    const RESETS: usize;
    /// Base of the clock controller.
    const CLOCKS: usize;
    /// Base of the crystal oscillator.
    const XOSC: usize;
    /// Base of the system PLL.
    const PLL_SYS: usize;
    /// Base of the pins' functions.
    const IO_BANK0: usize;
    /// Base of the pins' pads.
    const PADS_BANK0: usize;
    /// Base of the first UART.
    const UART0: usize;
    /// Bits of the reset controller: pins' functions, pads, system PLL, first UART.
    const RESET_BITS: [u32; 4];
    /// The two dividers behind the oscillator of 1500 MHz, the larger one first.
    const POST_DIVIDERS: [u32; 2];
}

/// Both chips' blocks by the map of one.
pub struct Rp2<M>(PhantomData<M>);

/// 12 MHz times this is the PLL's own oscillator.
const FEEDBACK: u32 = 125;
const PLL_HZ: u32 = 12_000_000 * FEEDBACK;
/// `XOSC_CTRL`: on, for a crystal of 1 to 15 MHz.
const CRYSTAL_ON: u32 = 0xfab << 12 | 0xaa0;
/// `XOSC_STARTUP`: 1 ms, in 256 cycles of 12 MHz.
const CRYSTAL_STARTUP: u32 = 47;
/// `STATUS` of the crystal, `CS` of the PLL: ready.
const READY: u32 = 1 << 31;
/// `PLL_PWR`: everything off; the oscillator off too; the dividers off.
const PLL_DOWN: u32 = 1;
const PLL_VCO_DOWN: u32 = 1 << 5;
const PLL_DIVIDERS_DOWN: u32 = 1 << 3;
/// `PLL_PWR`: no modulation of a fraction.
const PLL_NO_FRACTION: u32 = 1 << 2;
/// `CLK_REF_CTRL`: from the crystal; `CLK_REF_SELECTED` then has the bit of that number.
const REF_FROM_CRYSTAL: u32 = 2;
/// `CLK_SYS_CTRL`: from the auxiliary source, which with all other bits 0 is the system PLL; 0 is from the reference.
const SYS_FROM_PLL: u32 = 1;
/// `CLK_PERI_CTRL`: on, from the system clock.
const PERI_ON: u32 = 1 << 11;
/// 2 ms of the start-up oscillator, which runs at 12 MHz at most; a read takes at least 4 cycles.
const CLOCK_READS_MAX: u32 = 50_000;

/// Function 2 of GPIO 0: UART0's transmit line.
const UART_FUNCTION: u32 = 2;
/// `PADS_BANK0_GPIO0`: on RP2350 the pad keeps its last level while this is set, as it is after a reset; RP2040 has nothing there.
const PAD_ISOLATED: u32 = 1 << 8;
const BAUD: u32 = 115_200;
/// The clock the UART has when the crystal or the PLL do not start: about that of the start-up oscillator.
const FALLBACK_HZ: u32 = 6_500_000;
/// `UARTLCR_H`: 8 bits, queues on.
const EIGHT_BITS: u32 = 0b11 << 5 | 1 << 4;
/// `UARTCR`: UART and transmitter on.
const UART_ON: u32 = 1 | 1 << 8;
/// `UARTFR`: the transmit queue is full.
const TX_FULL: u32 = 1 << 5;
/// A byte leaves in 87 µs; each read takes at least 4 cycles of 150 MHz.
const BYTE_READS_MAX: u32 = 10_000;

impl<M: Map> Rp2<M> {
    // SAFETY: for all of these: registers of the chip's datasheet at the base that the map promises; none is memory.
    const RESET: Register = unsafe { Register::at(M::RESETS) };
    // SAFETY: as above.
    const RESET_DONE: Register = unsafe { Register::at(M::RESETS + 0x08) };
    // SAFETY: as above.
    const CLK_REF_CTRL: Register = unsafe { Register::at(M::CLOCKS + 0x30) };
    // SAFETY: as above.
    const CLK_REF_SELECTED: Register = unsafe { Register::at(M::CLOCKS + 0x38) };
    // SAFETY: as above.
    const CLK_SYS_CTRL: Register = unsafe { Register::at(M::CLOCKS + 0x3c) };
    // SAFETY: as above.
    const CLK_SYS_SELECTED: Register = unsafe { Register::at(M::CLOCKS + 0x44) };
    // SAFETY: as above.
    const CLK_PERI_CTRL: Register = unsafe { Register::at(M::CLOCKS + 0x48) };
    // SAFETY: as above.
    const XOSC_CTRL: Register = unsafe { Register::at(M::XOSC) };
    // SAFETY: as above.
    const XOSC_STATUS: Register = unsafe { Register::at(M::XOSC + 0x04) };
    // SAFETY: as above.
    const XOSC_STARTUP: Register = unsafe { Register::at(M::XOSC + 0x0c) };
    // SAFETY: as above.
    const PLL_CS: Register = unsafe { Register::at(M::PLL_SYS) };
    // SAFETY: as above.
    const PLL_PWR: Register = unsafe { Register::at(M::PLL_SYS + 0x04) };
    // SAFETY: as above.
    const PLL_FBDIV: Register = unsafe { Register::at(M::PLL_SYS + 0x08) };
    // SAFETY: as above.
    const PLL_PRIM: Register = unsafe { Register::at(M::PLL_SYS + 0x0c) };
    // SAFETY: as above.
    const GPIO0_CTRL: Register = unsafe { Register::at(M::IO_BANK0 + 0x04) };
    // SAFETY: as above.
    const PAD_GPIO0: Register = unsafe { Register::at(M::PADS_BANK0 + 0x04) };
    // SAFETY: as above.
    const UART_DR: Register = unsafe { Register::at(M::UART0) };
    // SAFETY: as above.
    const UART_FR: Register = unsafe { Register::at(M::UART0 + 0x18) };
    // SAFETY: as above.
    const UART_IBRD: Register = unsafe { Register::at(M::UART0 + 0x24) };
    // SAFETY: as above.
    const UART_FBRD: Register = unsafe { Register::at(M::UART0 + 0x28) };
    // SAFETY: as above.
    const UART_LCR_H: Register = unsafe { Register::at(M::UART0 + 0x2c) };
    // SAFETY: as above.
    const UART_CR: Register = unsafe { Register::at(M::UART0 + 0x30) };

    const SYS_HZ: u32 = PLL_HZ / M::POST_DIVIDERS[0] / M::POST_DIVIDERS[1];

    /// Clocks and the UART.
    pub fn start() {
        let [pins, pads, pll, uart] = M::RESET_BITS;
        let clock_hz = if Self::start_clock(pll) { Self::SYS_HZ } else { FALLBACK_HZ };
        Self::CLK_PERI_CTRL.write(PERI_ON);
        Self::release(pins | pads | uart);
        // In 64ths of a bit's sixteenth, rounded.
        let divider = (clock_hz * 4 + BAUD / 2) / BAUD;
        Self::UART_IBRD.write(divider >> 6);
        Self::UART_FBRD.write(divider & 63);
        Self::UART_LCR_H.write(EIGHT_BITS);
        Self::UART_CR.write(UART_ON);
        Self::GPIO0_CTRL.write(UART_FUNCTION);
        Self::PAD_GPIO0.change(PAD_ISOLATED, 0);
    }

    /// Sends one byte.
    pub fn send(byte: u8) {
        Self::UART_FR.wait(TX_FULL, 0, BYTE_READS_MAX);
        Self::UART_DR.write(byte.into());
    }

    /// Goes to the PLL's clock, or says that something did not start.
    fn start_clock(pll: u32) -> bool {
        Self::XOSC_STARTUP.write(CRYSTAL_STARTUP);
        Self::XOSC_CTRL.write(CRYSTAL_ON);
        if !Self::XOSC_STATUS.wait(READY, READY, CLOCK_READS_MAX) {
            return false;
        }
        // A debugger's reset leaves clocks as they are: leave the PLL before it is set up again.
        Self::CLK_SYS_CTRL.write(0);
        Self::CLK_REF_CTRL.write(REF_FROM_CRYSTAL);
        let is_ref = Self::CLK_REF_SELECTED.wait(u32::MAX, 1 << REF_FROM_CRYSTAL, CLOCK_READS_MAX);
        if !is_ref || !Self::CLK_SYS_SELECTED.wait(u32::MAX, 1, CLOCK_READS_MAX) {
            return false;
        }
        Self::RESET.change(0, pll);
        Self::release(pll);
        Self::PLL_CS.write(1);
        Self::PLL_FBDIV.write(FEEDBACK);
        Self::PLL_PWR.change(PLL_DOWN | PLL_VCO_DOWN, PLL_NO_FRACTION);
        if !Self::PLL_CS.wait(READY, READY, CLOCK_READS_MAX) {
            return false;
        }
        Self::PLL_PRIM.write(M::POST_DIVIDERS[0] << 16 | M::POST_DIVIDERS[1] << 12);
        Self::PLL_PWR.change(PLL_DIVIDERS_DOWN, 0);
        Self::CLK_SYS_CTRL.write(SYS_FROM_PLL);
        Self::CLK_SYS_SELECTED.wait(u32::MAX, 1 << SYS_FROM_PLL, CLOCK_READS_MAX)
    }

    fn release(blocks: u32) {
        Self::RESET.change(blocks, 0);
        Self::RESET_DONE.wait(blocks, blocks, CLOCK_READS_MAX);
    }
}
