//! STM32F405: 168 MHz from the internal oscillator, flash wait states and caches, USART1 on PB6.
//!
//! Registers: ST RM0090, chapters 3 (flash), 7 (RCC), 8 (GPIO) and 30 (USART).

#![no_std]

use core::sync::atomic::{AtomicU32, Ordering};

use pyrite_port::Chip;
use pyrite_port::register::Register;

/// The chip with its console on USART1, transmit line PB6, 115 200 baud, 8N1.
pub struct Stm32f405;

const RCC: usize = 0x4002_3800;
const FLASH: usize = 0x4002_3c00;
const GPIOB: usize = 0x4002_0400;
const USART1: usize = 0x4001_1000;

// SAFETY: for all of these: addresses of peripheral registers from RM0090; none is memory.
const RCC_CR: Register = unsafe { Register::at(RCC) };
// SAFETY: as above.
const RCC_PLLCFGR: Register = unsafe { Register::at(RCC + 0x04) };
// SAFETY: as above.
const RCC_CFGR: Register = unsafe { Register::at(RCC + 0x08) };
// SAFETY: as above.
const RCC_AHB1ENR: Register = unsafe { Register::at(RCC + 0x30) };
// SAFETY: as above.
const RCC_APB2ENR: Register = unsafe { Register::at(RCC + 0x44) };
// SAFETY: as above.
const FLASH_ACR: Register = unsafe { Register::at(FLASH) };
// SAFETY: as above.
const GPIOB_MODER: Register = unsafe { Register::at(GPIOB) };
// SAFETY: as above.
const GPIOB_AFRL: Register = unsafe { Register::at(GPIOB + 0x20) };
// SAFETY: as above.
const USART_SR: Register = unsafe { Register::at(USART1) };
// SAFETY: as above.
const USART_DR: Register = unsafe { Register::at(USART1 + 0x04) };
// SAFETY: as above.
const USART_BRR: Register = unsafe { Register::at(USART1 + 0x08) };
// SAFETY: as above.
const USART_CR1: Register = unsafe { Register::at(USART1 + 0x0c) };

/// The internal oscillator: what the chip starts with, and what it stays with when the PLL does not lock.
const HSI_HZ: u32 = 16_000_000;
/// HSI / 16 * 336 / 2 = 168 MHz; 336 / 7 = 48 MHz for USB. Source HSI, so no crystal has to be known.
const PLL_168_MHZ: u32 = 16 | 336 << 6 | 7 << 24;
const PLL_ON: u32 = 1 << 24;
const PLL_READY: u32 = 1 << 25;
/// 5 wait states (for 150 to 168 MHz at 2.7 V and more), prefetch, both caches. They are part of the board's identity:
/// wrong wait states change cycle counts by a third.
const WAIT_STATES_168_MHZ: u32 = 5 | 1 << 8 | 1 << 9 | 1 << 10;
/// APB1 a quarter (42 MHz), APB2 a half (84 MHz) of the core clock, the highest they may run at.
const BUS_DIVIDERS: u32 = 0b101 << 10 | 0b100 << 13;
const SWITCH_TO_PLL: u32 = 2;
const SWITCHED_TO_PLL: u32 = 2 << 2;
const APB2_168_MHZ_HZ: u32 = 84_000_000;
/// The PLL locks in 0.3 ms at most; each read takes at least 4 cycles of 16 MHz. QEMU models no clock controller and never says ready.
const CLOCK_READS_MAX: u32 = 5_000;

const BAUD: u32 = 115_200;
/// `SR`: the transmit register is empty.
const TX_EMPTY: u32 = 1 << 7;
/// `CR1`: USART and transmitter on.
const USART_ON: u32 = 1 << 13 | 1 << 3;
/// A byte leaves in 87 µs; each read takes at least 4 cycles of 168 MHz.
const BYTE_READS_MAX: u32 = 10_000;

/// The clock USART1 gets: the fallback until the PLL runs.
static APB2_HZ: AtomicU32 = AtomicU32::new(HSI_HZ);

/// Goes to 168 MHz, or stays at 16 MHz where the PLL does not lock.
fn start_clock() {
    RCC_PLLCFGR.write(PLL_168_MHZ);
    RCC_CR.change(0, PLL_ON);
    if !RCC_CR.wait(PLL_READY, PLL_READY, CLOCK_READS_MAX) {
        return;
    }
    // Wait states before the faster clock, never after.
    FLASH_ACR.write(WAIT_STATES_168_MHZ);
    RCC_CFGR.write(BUS_DIVIDERS | SWITCH_TO_PLL);
    if RCC_CFGR.wait(SWITCHED_TO_PLL, SWITCHED_TO_PLL, CLOCK_READS_MAX) {
        APB2_HZ.store(APB2_168_MHZ_HZ, Ordering::Relaxed);
    }
}

impl Chip for Stm32f405 {
    /// As long as the PLL locks.
    const CORE_HZ: u32 = 168_000_000;

    fn start() {
        start_clock();
        RCC_AHB1ENR.change(0, 1 << 1);
        RCC_APB2ENR.change(0, 1 << 4);
        // PB6: alternate function 7, USART1_TX.
        GPIOB_AFRL.change(0xf << 24, 7 << 24);
        GPIOB_MODER.change(0b11 << 12, 0b10 << 12);
        USART_BRR.write(APB2_HZ.load(Ordering::Relaxed) / BAUD);
        USART_CR1.write(USART_ON);
    }

    fn send(byte: u8) {
        USART_SR.wait(TX_EMPTY, TX_EMPTY, BYTE_READS_MAX);
        USART_DR.write(byte.into());
    }
}
