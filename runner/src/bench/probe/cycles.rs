//! Cycles between the markers, counted by the core itself: its cycle counter (DWT CYCCNT; `mcycle` of RISC-V) where it has one, else SysTick. The probe sets the counter up at
//! the first marker and reads it at the second, while the core stands: neither counts then, so no barriers are needed and an image needs nothing but
//! its markers. In between it is looked at while the core runs, for either goes round: SysTick each 2^24 cycles, CYCCNT each 2^32;
//! `mcycle` has 64 bits.

use probe_rs::{Architecture, Core, Error, MemoryInterface, RegisterId};
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
/// It has come to nothing since this was read last. A probe may be wired so that its reads leave this set: then it says so once too often.
const COUNTFLAG: u32 = 1 << 16;
/// It has 24 bits.
const TICKS: u32 = 1 << 24;
/// RISC-V, registers of the privileged architecture: `mcycle`, its upper half, and what keeps it from counting.
const MCYCLE: RegisterId = RegisterId(0xb00);
const MCYCLEH: RegisterId = RegisterId(0xb80);
const MCOUNTINHIBIT: RegisterId = RegisterId(0x320);
/// RISC-V Debug: `dcsr`, and its bit that stops counters while the core stands. A core may not have it: then it counts the probe's time, too.
const DCSR: RegisterId = RegisterId(0x7b0);
const STOPCOUNT: u32 = 1 << 10;
/// How long a core that counts is left alone between two looks at it, at the most. A look takes turns with it on its bus, and a simulated core stands still for it:
/// beside other work on its host that alone is some percents of a run of some milliseconds.
const LEAVE: Duration = Duration::from_millis(20);
/// A core's clock where nobody states it: as fast as any is that has no other counter.
const CLOCK_HZ: u64 = 160_000_000;

/// What counts on this core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counter {
    Dwt,
    SysTick,
    Mcycle,
}

/// Cycles of one run.
#[derive(Debug, Default)]
pub struct Cycles {
    clock_hz: u64,
    counter: Option<Counter>,
    window: Option<Window>,
    sum: u64,
    /// Something of it was not seen.
    is_void: bool,
}

impl Counter {
    /// Cycles until it begins anew.
    fn lap(self) -> u64 {
        match self {
            Counter::Dwt => 1 << 32,
            Counter::SysTick => u64::from(TICKS),
            // Nobody waits for it.
            Counter::Mcycle => u64::MAX,
        }
    }

    /// How long may pass between two looks: less than a lap, or one may not be seen.
    fn look_max(self, clock_hz: u64) -> Duration {
        Duration::from_micros(self.lap().saturating_mul(900_000) / clock_hz.max(1))
    }
}

/// From the first marker on.
#[derive(Debug)]
struct Window {
    /// Whole laps of the counter.
    laps: u64,
    last: u32,
    looked: Instant,
}

/// What a look at a counter found.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// Cycles since the counter began, less its laps.
    value: u32,
    /// It may have begun anew since the last look, as far as it can tell itself.
    may_be_round: bool,
    /// So long ago was the last look that there is room for more than a lap.
    is_late: bool,
}

impl Window {
    fn new() -> Window {
        Window { laps: 0, last: 0, looked: Instant::now() }
    }

    /// Counts what has passed; says whether that is sure.
    fn see(&mut self, look: Look) -> bool {
        let is_round = look.value < self.last;
        self.laps += u64::from(is_round);
        self.last = look.value;
        !look.is_late || !(is_round || look.may_be_round)
    }

    fn cycles(&self, lap: u64) -> u64 {
        self.laps.saturating_mul(lap).saturating_add(self.last.into())
    }
}

impl Cycles {
    /// Of a core with this clock.
    pub fn at(clock_hz: Option<u64>) -> Cycles {
        Cycles { clock_hz: clock_hz.unwrap_or(CLOCK_HZ), ..Cycles::default() }
    }

    /// The core stands at the first marker: counting begins with the next instruction.
    pub fn begin(&mut self, core: &mut Core<'_>) -> Result<(), Error> {
        if !matches!(core.architecture(), Architecture::Arm | Architecture::Riscv) || self.is_void {
            return Ok(());
        }
        let counter = match self.counter {
            Some(counter) => Some(counter),
            None if core.architecture() == Architecture::Riscv => find_mcycle(core)?,
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
            Some(Counter::Mcycle) => {
                core.write_core_reg(MCYCLE, 0u32)?;
                core.write_core_reg(MCYCLEH, 0u32)?;
            }
            None => return Ok(()),
        }
        self.window = Some(Window::new());
        Ok(())
    }

    /// How long the core may be left alone before the next look: no time where nothing is counted, well less than a lap where something is.
    pub fn leave(&self) -> Duration {
        match (self.counter, &self.window) {
            (Some(counter), Some(_)) => LEAVE.min(counter.look_max(self.clock_hz) / 4),
            _ => Duration::ZERO,
        }
    }

    /// Looks at the counter, which goes round, while the core runs.
    pub fn look(&mut self, core: &mut Core<'_>) -> Result<(), Error> {
        let (Some(counter), Some(window)) = (self.counter, &mut self.window) else { return Ok(()) };
        let (before, began) = (window.looked, Instant::now());
        let (value, may_be_round) = match counter {
            Counter::Dwt => (core.read_word_32(DWT_CYCCNT)?, true),
            Counter::SysTick => {
                // The flag after the value: where it is not set, the counter has gone on without a break since both were read last.
                let value = elapsed(core.read_word_32(SYST_CVR)?);
                (value, core.read_word_32(SYST_CSR)? & COUNTFLAG != 0)
            }
            Counter::Mcycle => return Ok(()),
        };
        let is_late = before.elapsed() > counter.look_max(self.clock_hz);
        window.looked = began;
        self.is_void |= !window.see(Look { value, may_be_round, is_late });
        Ok(())
    }

    /// The core stands at the second marker.
    pub fn end(&mut self, core: &mut Core<'_>) -> Result<(), Error> {
        self.look(core)?;
        let (Some(window), Some(counter)) = (self.window.take(), self.counter) else { return Ok(()) };
        if counter == Counter::SysTick {
            core.write_word_32(SYST_CSR, 0)?;
        }
        let cycles = match counter {
            Counter::Mcycle => {
                let (high, low): (u32, u32) = (core.read_core_reg(MCYCLEH)?, core.read_core_reg(MCYCLE)?);
                u64::from(high) << 32 | u64::from(low)
            }
            Counter::Dwt | Counter::SysTick => window.cycles(counter.lap()),
        };
        self.sum = self.sum.saturating_add(cycles);
        Ok(())
    }

    /// All windows together, and what counted them; none where the core cannot, or something was not seen.
    pub fn counted(&self) -> Option<(&'static str, u64)> {
        let name = match self.counter? {
            Counter::Dwt => "DWT CYCCNT",
            Counter::SysTick => "SysTick",
            Counter::Mcycle => "mcycle",
        };
        (!self.is_void && self.window.is_none()).then_some((name, self.sum))
    }
}

/// `mcycle`, where it stands while the core does.
fn find_mcycle(core: &mut Core<'_>) -> Result<Option<Counter>, Error> {
    let dcsr: u32 = core.read_core_reg(DCSR)?;
    core.write_core_reg(DCSR, dcsr | STOPCOUNT)?;
    if core.read_core_reg::<u32>(DCSR)? & STOPCOUNT == 0 {
        return Ok(None);
    }
    // Only newer cores have it.
    if let Ok(inhibited) = core.read_core_reg::<u32>(MCOUNTINHIBIT) {
        core.write_core_reg(MCOUNTINHIBIT, inhibited & !1)?;
    }
    Ok(Some(Counter::Mcycle))
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
    fn a_core_that_counts_is_left_alone_for_less_than_a_lap() {
        let check = |counter: Option<Counter>, clock_hz: u64, micros: u128| {
            let counting = Cycles { counter, clock_hz, window: counter.map(|_| Window::new()), ..Cycles::default() };
            assert_eq!(counting.leave().as_micros(), micros, "{counter:?} {clock_hz}");
        };
        check(None, 16_000_000, 0);
        check(Some(Counter::SysTick), 16_000_000, 20_000);
        check(Some(Counter::Dwt), 168_000_000, 20_000);
        check(Some(Counter::Mcycle), 320_000_000, 20_000);
        // 2^24 ticks are 15.1 ms of 1 GHz, less a tenth.
        check(Some(Counter::SysTick), 1_000_000_000, 3_774);
    }

    fn look(value: u32) -> Look {
        Look { value, may_be_round: false, is_late: false }
    }

    #[test]
    fn a_counter_that_goes_round_is_counted_on() {
        let check = |counter: Counter, looks: &[u32], passed: u64| {
            let mut window = Window::new();
            assert!(looks.iter().all(|value| window.see(look(*value))), "{looks:?}");
            assert_eq!(window.cycles(counter.lap()), passed, "{counter:?} {looks:?}");
        };
        check(Counter::Dwt, &[7], 7);
        check(Counter::Dwt, &[u32::MAX, 3], (1 << 32) + 3);
        check(Counter::Dwt, &[9, 8, 8, 7], (2 << 32) + 7);
        check(Counter::SysTick, &[TICKS - 1, 0], 1 << 24);
        check(Counter::SysTick, &[5, 4, 3], (2 << 24) + 3);
    }

    #[test]
    fn a_late_look_is_sure_only_where_the_counter_has_not_begun_anew() {
        let check = |value: u32, may_be_round: bool, is_late: bool, is_sure: bool| {
            let mut window = Window { last: 100, ..Window::new() };
            assert_eq!(window.see(Look { value, may_be_round, is_late }), is_sure, "{value} {may_be_round} {is_late}");
        };
        check(101, false, true, true);
        check(101, true, false, true);
        check(99, true, false, true);
        check(101, true, true, false);
        check(99, false, true, false);
        // 2^24 cycles of 16 MHz are 1.05 s, 2^32 of 160 MHz are 26.8 s.
        assert_eq!(Counter::SysTick.look_max(16_000_000), Duration::from_micros(943_718));
        assert_eq!(Counter::Dwt.look_max(CLOCK_HZ), Duration::from_micros(24_159_191));
    }

    #[test]
    fn what_was_not_seen_to_its_end_is_no_figure() {
        let cycles = |window, is_void| Cycles { counter: Some(Counter::SysTick), window, sum: 7, is_void, ..Cycles::at(None) };
        assert_eq!(cycles(None, false).counted(), Some(("SysTick", 7)));
        assert_eq!(cycles(None, true).counted(), None);
        assert_eq!(cycles(Some(Window::new()), false).counted(), None);
        assert_eq!(Cycles::default().counted(), None);
    }
}
