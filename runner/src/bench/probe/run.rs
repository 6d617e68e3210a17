//! One run of what is in flash: from the reset to its exit, its fault or the end of its time.

use super::attach::{HALT_MAX, chain};
use super::child::{Child, Stopped};
use super::console::Source;
use super::cycles::Cycles;
use super::sensors;
use super::state::{BFARVALID, MMARVALID, State};
use super::talk::{Event, Ran, Stage, Work};
use probe_rs::semihosting::SemihostingCommand;
use probe_rs::{BreakpointCause, Core, CoreStatus, HaltReason, MemoryInterface, RegisterId, Session};
use std::time::{Duration, Instant};

/// More output than this is a flood, bytes.
pub const CONSOLE_BYTES_MAX: u64 = 128 * 1024;
/// How often a core that runs is looked at.
const LOOK: Duration = Duration::from_millis(1);
/// How long a console has to be quiet after the end until it has told all.
const QUIET: Duration = Duration::from_millis(30);
/// How much of a stack's window is painted, from its top down, bytes: a probe writes some ten thousand in a second.
const PAINT_BYTES_MAX: u64 = 64 * 1024;
/// How much of it is written or read at once, after a sign of life, words: half a second at the slowest clock of a ladder.
const AT_ONCE_WORDS: usize = 1024;
/// What an unused stack is filled with.
const PAINT: u32 = 0xa5c3_96e1;
/// Windows whose time by this machine's clock is told.
const WINDOWS_MAX: usize = 16;
/// Fault registers of Armv7-M: CFSR, HFSR, MMFAR, BFAR.
const CFSR: u64 = 0xe000_ed28;
const HFSR: u64 = 0xe000_ed2c;
const MMFAR: u64 = 0xe000_ed34;
const BFAR: u64 = 0xe000_ed38;
/// xPSR, as probe-rs numbers the registers of a Cortex-M.
const XPSR: RegisterId = RegisterId(16);

/// Resets the board and runs it, and where it is wanted again and again for its cycles: each is told.
pub fn run_all(session: &mut Session, work: &Work, child: &Child) -> Result<(), Stopped> {
    let first = run(session, work, child, true)?;
    child.say(&Event::Ran(first.ran.clone()));
    for _ in 0..work.takes {
        let again = run(session, &Work { stack: None, ..work.clone() }, child, false)?;
        let is_same = again.ran.code == first.ran.code && again.ran.hits == first.ran.hits && again.printed == first.printed;
        child.say(&Event::Again { is_same, cycles: again.ran.cycles.map(|(_, cycles)| cycles) });
    }
    if work.takes > 0 {
        let chip = session.target().name.clone();
        let mut core = session.core(0).map_err(lost)?;
        // Without it the cycles are still what they are.
        child.say(&Event::Conditions(sensors::read(&chip, &mut core).unwrap_or_default()));
    }
    Ok(())
}

/// A run, and what it printed.
struct Told {
    ran: Ran,
    printed: Vec<u8>,
}

fn run(session: &mut Session, work: &Work, child: &Child, is_loud: bool) -> Result<Told, Stopped> {
    child.enter(Stage::Console);
    let source = Source::open(&work.console)?;
    child.enter(Stage::Run);
    let mut core = session.core(0).map_err(|e| Stopped::failed(Stage::Run, chain(&e)))?;
    core.reset_and_halt(HALT_MAX).map_err(|e| Stopped::failed(Stage::Run, chain(&e)))?;
    let mut run = Run {
        core,
        source,
        work,
        child,
        is_loud,
        printed: Vec::new(),
        began: None,
        cycles: Cycles::at(work.clock_hz),
        ran: Ran::default(),
    };
    run.prepare()?;
    run.watch()?;
    run.finish()?;
    run.ran.cycles = run.cycles.counted().map(|(counter, cycles)| (counter.to_owned(), cycles));
    Ok(Told { ran: run.ran, printed: run.printed })
}

struct Run<'a> {
    core: Core<'a>,
    source: Source,
    work: &'a Work,
    child: &'a Child,
    /// Whether what it prints is told.
    is_loud: bool,
    printed: Vec<u8>,
    /// When the window began that is open.
    began: Option<Instant>,
    cycles: Cycles,
    ran: Ran,
}

impl Run<'_> {
    fn prepare(&mut self) -> Result<(), Stopped> {
        self.source.begin(&mut self.core)?;
        if let Some((low, high)) = self.painted() {
            for (part, at) in vec![PAINT; words(low, high)].chunks(AT_ONCE_WORDS).zip((low..).step_by(AT_ONCE_WORDS * 4)) {
                self.child.enter(Stage::Run);
                self.core.write_32(at, part).map_err(lost)?;
            }
        }
        for marker in [self.work.markers.0, self.work.markers.1] {
            self.core.set_hw_breakpoint(marker & !1).map_err(lost)?;
        }
        Ok(())
    }

    /// Runs it until it ends, and notes how.
    fn watch(&mut self) -> Result<(), Stopped> {
        let until = Instant::now() + self.work.run_max();
        self.core.run().map_err(lost)?;
        let mut looked = Instant::now();
        loop {
            self.child.enter(Stage::Run);
            let mut is_quiet = true;
            if looked.elapsed() >= self.cycles.leave() {
                is_quiet = self.listen()? == 0;
                self.cycles.look(&mut self.core).map_err(lost)?;
                looked = Instant::now();
            }
            if self.has_flooded() {
                self.ran.is_flood = true;
                return self.stop(None);
            }
            match self.core.status().map_err(lost)? {
                CoreStatus::Halted(reason) => {
                    if self.has_ended(reason)? {
                        return Ok(());
                    }
                    looked = Instant::now();
                    self.core.run().map_err(lost)?;
                }
                CoreStatus::LockedUp => {
                    self.stop(None)?;
                    if let Some(state) = &mut self.ran.state {
                        state.is_locked_up = true;
                    }
                    return Ok(());
                }
                _ if Instant::now() >= until => {
                    self.ran.timed_out = true;
                    return self.stop(None);
                }
                _ if is_quiet => std::thread::sleep(LOOK),
                _ => {}
            }
        }
    }

    /// Whether it does not go on after this halt.
    fn has_ended(&mut self, reason: HaltReason) -> Result<bool, Stopped> {
        let now = Instant::now();
        match reason {
            HaltReason::Breakpoint(BreakpointCause::Semihosting(SemihostingCommand::ExitSuccess)) => self.ran.code = Some(0),
            HaltReason::Breakpoint(BreakpointCause::Semihosting(SemihostingCommand::ExitError(error))) => {
                // A code that is none of ours is one all the same.
                self.ran.code = Some(error.exit_status.and_then(|code| i32::try_from(code).ok()).unwrap_or(i32::MAX));
            }
            _ => {
                let pc: u64 = self.register(self.core.program_counter().id())?;
                let (begin, end) = self.work.markers;
                if pc == begin & !1 {
                    self.ran.hits.0 += 1;
                    if self.work.takes > 0 {
                        self.cycles.begin(&mut self.core).map_err(lost)?;
                    }
                    self.began = Some(Instant::now());
                } else if pc == end & !1 {
                    self.ran.hits.1 += 1;
                    if let Some(began) = self.began.take().filter(|_| self.ran.windows_us.len() < WINDOWS_MAX) {
                        self.ran.windows_us.push(u64::try_from(now.duration_since(began).as_micros()).unwrap_or(u64::MAX));
                    }
                    self.cycles.end(&mut self.core).map_err(lost)?;
                } else {
                    self.stop(Some(reason))?;
                    return Ok(true);
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Halts it and reads where it stands.
    fn stop(&mut self, reason: Option<HaltReason>) -> Result<(), Stopped> {
        self.core.halt(HALT_MAX).map_err(lost)?;
        let (pc, lr, sp) = (self.core.program_counter().id(), self.core.return_address().id(), self.core.stack_pointer().id());
        let mut state = State { pc: self.register(pc)?, lr: self.register(lr)?, sp: self.register(sp)?, ..State::default() };
        if self.core.architecture() == probe_rs::Architecture::Arm {
            state.registers = (0..=12).map(|n| self.core.read_core_reg(RegisterId(n))).collect::<Result<_, _>>().map_err(lost)?;
            state.xpsr = self.core.read_core_reg(XPSR).ok();
            // An Armv6-M core has no such registers: they read as nothing, or not at all.
            let mut word = |address| self.core.read_word_32(address).ok().filter(|word| *word != 0);
            (state.cfsr, state.hfsr) = (word(CFSR), word(HFSR));
            let says = |bit| state.cfsr.is_some_and(|cfsr| cfsr & bit != 0);
            state.mmfar = says(MMARVALID).then(|| word(MMFAR)).flatten();
            state.bfar = says(BFARVALID).then(|| word(BFAR)).flatten();
        }
        state.halted = reason.map(|reason| format!("halted by itself: {reason:?}"));
        self.ran.state = Some(state);
        Ok(())
    }

    /// All that is still to come, and the stack's mark.
    fn finish(&mut self) -> Result<(), Stopped> {
        let mut since = Instant::now();
        while since.elapsed() < QUIET && !self.has_flooded() {
            if self.listen()? > 0 {
                since = Instant::now();
            } else {
                std::thread::sleep(LOOK);
            }
        }
        if let Some((low, high)) = self.painted() {
            let mut stack = vec![0; words(low, high)];
            for (part, at) in stack.chunks_mut(AT_ONCE_WORDS).zip((low..).step_by(AT_ONCE_WORDS * 4)) {
                self.child.enter(Stage::Run);
                self.core.read_32(at, part).map_err(lost)?;
            }
            let used = (low..).step_by(4).zip(stack).find(|(_, word)| *word != PAINT).map(|(address, _)| address);
            // Where all that was painted is used, more may be.
            let is_whole = self.work.stack.is_some_and(|(lowest, _)| lowest == low);
            self.ran.stack_low = used.filter(|address| is_whole || *address > low);
        }
        Ok(())
    }

    /// The part of the stack's window that is painted.
    fn painted(&self) -> Option<(u64, u64)> {
        self.work.stack.map(|(low, high)| (low.max(high.saturating_sub(PAINT_BYTES_MAX)), high))
    }

    fn listen(&mut self) -> Result<usize, Stopped> {
        let bytes = self.source.read(&mut self.core)?;
        if !bytes.is_empty() {
            self.printed.extend(&bytes);
            if self.is_loud {
                self.child.say(&Event::Console { hex: hex::encode(&bytes) });
            }
        }
        Ok(bytes.len())
    }

    fn has_flooded(&self) -> bool {
        u64::try_from(self.printed.len()).unwrap_or(u64::MAX) > CONSOLE_BYTES_MAX
    }

    fn register(&mut self, id: RegisterId) -> Result<u64, Stopped> {
        let value: probe_rs::RegisterValue = self.core.read_core_reg(id).map_err(lost)?;
        value.try_into().map_err(lost)
    }
}

fn lost(error: probe_rs::Error) -> Stopped {
    Stopped::failed(Stage::Run, chain(&error))
}

fn words(low: u64, high: u64) -> usize {
    usize::try_from(high.saturating_sub(low) / 4).unwrap_or(0)
}
