//! Cycles between the markers, counted by the core itself: its cycle counter (DWT CYCCNT) where it has one, else SysTick. The probe sets the counter up at
//! the first marker and reads it at the second, while the core stands: neither counts then. So an image needs nothing but its markers.

use probe_rs::{Architecture, Core, Error, MemoryInterface};
use std::time::{Duration, Instant};

/// DEMCR, and its bit that gives the trace unit its clock. A debugger clears it when it leaves, so it is set for each window.
const DEMCR: u64 = 0xe000_edfc;
const TRCENA: u32 = 1 << 24;
/// DWT_CTRL: counting is on, and whether there is a counter at all.
const DWT_CTRL: u64 = 0xe000_1000;
const CYCCNTENA: u32 = 1;
const NOCYCCNT: u32 = 1 << 25;
const DWT_CYCCNT: u64 = 0xe000_1004;
/// SysTick: control, reload, current value. It counts down.
const SYST_CSR: u64 = 0xe000_e010;
const SYST_RVR: u64 = 0xe000_e014;
const SYST_CVR: u64 = 0xe000_e018;
/// On, by the core's own clock, without an interrupt.
const ENABLE: u32 = 1;
const BY_CORE_CLOCK: u32 = 1 << 2;
/// It has 24 bits.
const TICKS: u32 = 1 << 24;
/// A core's clock where nobody states it: as fast as any is that has no other counter.
const CLOCK_HZ: u64 = 160_000_000;

/// What counts on this core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counter {
    Dwt,
    SysTick,
}

/// Cycles of one run.
#[derive(Debug, Default)]
pub struct Cycles {
    /// How long may pass between two looks at SysTick: less than a lap of it, or one may not be seen.
    look_max: Duration,
    counter: Option<Counter>,
    window: Option<Window>,
    sum: u64,
    /// Something of it was not seen.
    is_void: bool,
}

/// From the first marker on.
#[derive(Debug)]
struct Window {
    /// Whole laps of SysTick's counter.
    laps: u64,
    last: u32,
    looked: Instant,
}

impl Cycles {
    /// Of a core with this clock.
    pub fn at(clock_hz: Option<u64>) -> Cycles {
        let lap_us = u64::from(TICKS) * 1_000_000 / clock_hz.unwrap_or(CLOCK_HZ).max(1);
        Cycles { look_max: Duration::from_micros(lap_us / 10 * 9), ..Cycles::default() }
    }

    /// The core stands at the first marker: counting begins with the next instruction.
    pub fn begin(&mut self, core: &mut Core<'_>) -> Result<(), Error> {
        if core.architecture() != Architecture::Arm || self.is_void {
            return Ok(());
        }
        let counter = match self.counter {
            Some(counter) => Some(counter),
            None => find(core)?,
        };
        self.counter = counter;
        match counter {
            Some(Counter::Dwt) => core.write_word_32(DWT_CYCCNT, 0)?,
            Some(Counter::SysTick) => {
                core.write_word_32(SYST_RVR, TICKS - 1)?;
                // Any value clears it; the first tick loads it again.
                core.write_word_32(SYST_CVR, 0)?;
                core.write_word_32(SYST_CSR, ENABLE | BY_CORE_CLOCK)?;
            }
            None => return Ok(()),
        }
        self.window = Some(Window { laps: 0, last: 0, looked: Instant::now() });
        Ok(())
    }

    /// Looks at a counter that goes round soon, while the core runs.
    pub fn look(&mut self, core: &mut Core<'_>) -> Result<(), Error> {
        let (Some(Counter::SysTick), Some(window)) = (self.counter, &mut self.window) else { return Ok(()) };
        let value = elapsed(core.read_word_32(SYST_CVR)?);
        window.laps += u64::from(value < window.last);
        window.last = value;
        self.is_void |= window.looked.elapsed() > self.look_max;
        window.looked = Instant::now();
        Ok(())
    }

    /// The core stands at the second marker.
    pub fn end(&mut self, core: &mut Core<'_>) -> Result<(), Error> {
        self.look(core)?;
        let Some(window) = self.window.take() else { return Ok(()) };
        let counted = match self.counter {
            Some(Counter::Dwt) => u64::from(core.read_word_32(DWT_CYCCNT)?),
            Some(Counter::SysTick) => {
                core.write_word_32(SYST_CSR, 0)?;
                window.laps * u64::from(TICKS) + u64::from(window.last)
            }
            None => 0,
        };
        self.sum = self.sum.saturating_add(counted);
        Ok(())
    }

    /// All windows together, and what counted them; none where the core cannot, or something was not seen.
    pub fn counted(&self) -> Option<(&'static str, u64)> {
        let name = match self.counter? {
            Counter::Dwt => "DWT CYCCNT",
            Counter::SysTick => "SysTick",
        };
        (!self.is_void && self.window.is_none()).then_some((name, self.sum))
    }
}

fn elapsed(value: u32) -> u32 {
    (TICKS - 1) - (value & (TICKS - 1))
}

/// The best counter that this core has free.
fn find(core: &mut Core<'_>) -> Result<Option<Counter>, Error> {
    let demcr = core.read_word_32(DEMCR)?;
    core.write_word_32(DEMCR, demcr | TRCENA)?;
    let control = core.read_word_32(DWT_CTRL)?;
    if control & NOCYCCNT == 0 {
        // A core of Armv6-M has these bits, too, and they stay as they are.
        core.write_word_32(DWT_CTRL, control | CYCCNTENA)?;
        if core.read_word_32(DWT_CTRL)? & CYCCNTENA != 0 {
            return Ok(Some(Counter::Dwt));
        }
    }
    // A firmware that uses SysTick keeps it.
    Ok((core.read_word_32(SYST_CSR)? & ENABLE == 0).then_some(Counter::SysTick))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_goes_down_tells_what_has_passed() {
        let check = |value: u32, passed: u32| assert_eq!(elapsed(value), passed);
        check(TICKS - 1, 0);
        check(TICKS - 101, 100);
        check(0, TICKS - 1);
        // Bits that are not the counter's.
        check(0xff00_0000, TICKS - 1);
    }

    #[test]
    fn what_was_not_seen_to_its_end_is_no_figure() {
        let cycles = |window, is_void| Cycles { counter: Some(Counter::SysTick), window, sum: 7, is_void, ..Cycles::at(None) };
        assert_eq!(cycles(None, false).counted(), Some(("SysTick", 7)));
        assert_eq!(cycles(None, true).counted(), None);
        assert_eq!(cycles(Some(Window { laps: 0, last: 0, looked: Instant::now() }), false).counted(), None);
        assert_eq!(Cycles::default().counted(), None);
    }
}
