//! What `machine` and `time` stand on: a clock that an interrupt counts each millisecond, the chip's peripherals by their addresses, and its pins.
//!
//! The interrupt adds one to a number and does nothing else: it shares no memory with the Python machine, which looks at the number when it waits or has
//! an alarm, and it allocates nothing. It is not started before a program asks for the time, so that programs which do not are counted without it.
//! Registers of SysTick: Armv6-M and Armv7-M Architecture Reference Manuals, B3.3.

use core::sync::atomic::{AtomicU32, Ordering};

#[cfg(target_arch = "arm")]
use crate::register::Register;

// SAFETY: for all of these: SysTick's registers, at the same place in every Cortex-M; none is memory.
#[cfg(target_arch = "arm")]
const CONTROL: Register = unsafe { Register::at(0xe000_e010) };
// SAFETY: as above.
#[cfg(target_arch = "arm")]
const RELOAD: Register = unsafe { Register::at(0xe000_e014) };
// SAFETY: as above.
#[cfg(target_arch = "arm")]
const CURRENT: Register = unsafe { Register::at(0xe000_e018) };
/// `CONTROL`: on, by the core's own clock, with its interrupt.
#[cfg(target_arch = "arm")]
const ON: u32 = 1 | 1 << 1 | 1 << 2;

/// Milliseconds since the clock was started. The interrupt alone writes it.
static MILLISECONDS: AtomicU32 = AtomicU32::new(0);

/// The interrupt of each millisecond.
pub fn tick<C: crate::Chip>() {
    C::end_tick();
    MILLISECONDS.store(MILLISECONDS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Starts the core's SysTick, which counts `core_hz`. Nothing on a core without one.
pub fn start_systick(core_hz: u32) {
    #[cfg(target_arch = "arm")]
    {
        RELOAD.write(core_hz / 1000 - 1);
        CURRENT.write(0);
        CONTROL.write(ON);
    }
    #[cfg(not(target_arch = "arm"))]
    let _ = core_hz;
}

/// Microseconds since SysTick's last interrupt.
pub fn systick_us(core_hz: u32) -> u32 {
    #[cfg(target_arch = "arm")]
    {
        (core_hz / 1000 - 1).saturating_sub(CURRENT.read()) / (core_hz / 1_000_000).max(1)
    }
    #[cfg(not(target_arch = "arm"))]
    {
        let _ = core_hz;
        0
    }
}

#[cfg(feature = "machine")]
pub(crate) use given::give;

#[cfg(feature = "machine")]
mod given {
    use core::marker::PhantomData;
    use core::sync::atomic::{AtomicBool, Ordering};

    use pyrite::{Clock, Memory, Pins, Vm};

    use super::MILLISECONDS;
    use crate::Chip;

    /// Whether the clock was started.
    static STARTED: AtomicBool = AtomicBool::new(false);

    /// The chip, as programs see it.
    struct Board<C>(PhantomData<C>);

    /// Gives the machine what the chip has.
    pub(crate) fn give<C: Chip>(vm: &mut Vm) {
        let board: &'static Board<C> = &Board(PhantomData);
        vm.set_memory(board);
        vm.set_pins(board);
        // Without a clock the machine's own goes on by as much as programs wait.
        if C::HAS_TICKS {
            vm.set_clock(board);
        }
    }

    impl<C: Chip> Clock for Board<C> {
        fn now_us(&self) -> u64 {
            // What comes first: an interrupt between the two readings makes them anew.
            loop {
                let (before, part) = (self.now_ms(), C::tick_us());
                if self.now_ms() == before {
                    return u64::from(before) * 1000 + u64::from(part);
                }
            }
        }

        fn now_ms(&self) -> u32 {
            if !STARTED.load(Ordering::Relaxed) {
                STARTED.store(true, Ordering::Relaxed);
                C::start_ticks();
            }
            MILLISECONDS.load(Ordering::Relaxed)
        }

        fn wait_us(&self, microseconds: u64) {
            let end = self.now_us() + microseconds;
            loop {
                let left = end.saturating_sub(self.now_us());
                if left == 0 {
                    return;
                }
                // The next tick ends the core's sleep. It may come just before: then this wait is up to a millisecond longer, and no more.
                if left >= 1000 {
                    sleep();
                }
            }
        }
    }

    /// Until the next interrupt.
    fn sleep() {
        #[cfg(target_arch = "arm")]
        // SAFETY: waits; changes no memory and no register.
        unsafe {
            core::arch::asm!("wfi", options(nomem, nostack, preserves_flags));
        }
    }

    impl<C: Chip> Memory for Board<C> {
        fn read(&self, address: u32, width: u8) -> Option<u32> {
            let at = peripheral::<C>(address, width)?;
            // SAFETY: for all of these: aligned, and in the region of peripherals, where no object of Rust's lies.
            Some(match width {
                1 => u32::from(unsafe { core::ptr::with_exposed_provenance::<u8>(at).read_volatile() }),
                // SAFETY: as above.
                2 => u32::from(unsafe { core::ptr::with_exposed_provenance::<u16>(at).read_volatile() }),
                // SAFETY: as above.
                _ => unsafe { core::ptr::with_exposed_provenance::<u32>(at).read_volatile() },
            })
        }

        fn write(&self, address: u32, width: u8, value: u32) -> Option<()> {
            let at = peripheral::<C>(address, width)?;
            match width {
                // SAFETY: for all of these: aligned, and in the region of peripherals, where no object of Rust's lies. A program that sets up a
                // peripheral to write to memory by itself may break the machine, as it may in any language.
                1 => unsafe { core::ptr::with_exposed_provenance_mut::<u8>(at).write_volatile(value as u8) },
                // SAFETY: as above.
                2 => unsafe { core::ptr::with_exposed_provenance_mut::<u16>(at).write_volatile(value as u16) },
                // SAFETY: as above.
                _ => unsafe { core::ptr::with_exposed_provenance_mut::<u32>(at).write_volatile(value) },
            }
            Some(())
        }
    }

    /// An aligned address in the region of the chip's peripherals.
    fn peripheral<C: Chip>(address: u32, width: u8) -> Option<usize> {
        (C::PERIPHERALS.contains(&address) && address.is_multiple_of(u32::from(width))).then_some(address as usize)
    }

    impl<C: Chip> Pins for Board<C> {
        fn configure(&self, pin: u32, output: bool, pull: Option<bool>) -> Option<()> {
            C::configure_pin(pin, output, pull)
        }

        fn write(&self, pin: u32, high: bool) -> Option<()> {
            C::write_pin(pin, high)
        }

        fn read(&self, pin: u32) -> Option<bool> {
            C::read_pin(pin)
        }
    }
}
