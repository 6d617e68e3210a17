//! What a machine's owner gives it beside memory and a way out: modules, a clock, memory by address; and what interrupts ask for.

use super::Vm;
#[cfg(feature = "micropython")]
use super::{DEPTH_MAX, SCHEDULED_MAX};
#[cfg(feature = "import")]
use super::{MODULES_MAX, Stop};
#[cfg(feature = "micropython")]
use crate::{
    call,
    qstr::Qstr,
    types::T,
    value::{Obj, Res},
};

impl<'a> Vm<'a> {
    /// Says what programs may import beside the built-in modules. Without the feature `import` they may import nothing.
    pub fn set_modules(&mut self, files: &'a dyn crate::Modules<'a>) {
        #[cfg(feature = "import")]
        {
            self.files = Some(files);
        }
        #[cfg(not(feature = "import"))]
        let _ = files;
    }

    #[cfg(feature = "import")]
    pub(crate) fn module_file(&self, name: &[u8]) -> Option<crate::ModuleFile<'a>> {
        #[cfg(feature = "asyncio")]
        if name == b"asyncio" {
            return Some(crate::ModuleFile { mpy: crate::ASYNCIO, package: false });
        }
        #[cfg(feature = "machine")]
        if name == b"machine" {
            return Some(crate::ModuleFile { mpy: crate::MACHINE, package: false });
        }
        self.files?.find(name)
    }

    #[cfg(feature = "io")]
    pub(crate) fn file(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.files?.open(name)
    }

    /// Whether another file can be loaded.
    #[cfg(feature = "import")]
    pub(crate) fn room_for_module(&self) -> Result<(), Stop> {
        if self.n_names == MODULES_MAX { Err(Stop::NoMemory) } else { Ok(()) }
    }

    /// Gives the machine the memory that `machine` is about.
    #[cfg(feature = "machine")]
    pub fn set_memory(&mut self, memory: &'a dyn crate::Memory) {
        self.memory = Some(memory);
    }

    #[cfg(feature = "machine")]
    pub(crate) fn memory(&self) -> Option<&'a dyn crate::Memory> {
        self.memory
    }

    /// Gives the machine the pins that `machine` is about.
    #[cfg(feature = "machine")]
    pub fn set_pins(&mut self, pins: &'a dyn crate::Pins) {
        self.pins = Some(pins);
    }

    #[cfg(feature = "machine")]
    pub(crate) fn pins(&self) -> Option<&'a dyn crate::Pins> {
        self.pins
    }

    #[cfg(feature = "machine")]
    fn now_ms(&self) -> u32 {
        self.clock.map_or(crate::limbs::quotient(self.waited_us, 1000) as u32, |clock| clock.now_ms())
    }

    /// Calls `function` with `None` in `ms` milliseconds, at the next jump back or call of Python code from then on; null: no longer. There is one
    /// alarm. Until it is due each jump back looks at the clock's milliseconds, which an interrupt counts and nothing else: so that interrupts
    /// share no memory with the machine, and a loop without an alarm pays nothing.
    #[cfg(feature = "machine")]
    pub(crate) fn set_alarm(&mut self, ms: u32, function: Obj) {
        self.alarm = function;
        self.alarm_ms = self.now_ms().wrapping_add(ms);
        self.watch = true;
    }

    #[cfg(feature = "machine")]
    pub(crate) fn has_alarm(&self) -> bool {
        self.alarm != Obj::NULL
    }

    /// Notes the alarm's function where it is due; with a full queue it stays due.
    #[cfg(feature = "machine")]
    pub(super) fn look_at_alarm(&mut self) {
        let due = self.alarm != Obj::NULL && self.now_ms().wrapping_sub(self.alarm_ms) as i32 >= 0;
        if due && self.n_scheduled < SCHEDULED_MAX {
            self.scheduled[self.n_scheduled] = (self.alarm, Obj::NONE);
            self.n_scheduled += 1;
            self.alarm = Obj::NULL;
        }
    }

    /// Gives the machine a clock.
    #[cfg(feature = "time")]
    pub fn set_clock(&mut self, clock: &'a dyn crate::Clock) {
        self.clock = Some(clock);
    }

    #[cfg(feature = "time")]
    pub(crate) fn now_us(&self) -> u64 {
        self.clock.map_or(self.waited_us, |clock| clock.now_us())
    }

    #[cfg(feature = "time")]
    pub(crate) fn wait_us(&mut self, microseconds: u64) {
        match self.clock {
            Some(clock) => clock.wait_us(microseconds),
            None => self.waited_us += microseconds,
        }
    }

    /// Notes a function to be called at the next jump back or call of Python code.
    #[cfg(feature = "micropython")]
    pub(crate) fn schedule(&mut self, function: Obj, argument: Obj) -> Res<()> {
        if self.n_scheduled == SCHEDULED_MAX {
            return Err(self.raise(T::RuntimeError, Qstr::M_SCHEDULE_FULL));
        }
        self.scheduled[self.n_scheduled] = (function, argument);
        self.n_scheduled += 1;
        self.watch = true;
        Ok(())
    }

    /// Calls what was scheduled.
    #[cfg(feature = "micropython")]
    pub(super) fn run_scheduled(&mut self) -> Res<()> {
        while self.n_scheduled > 0 && self.depth < DEPTH_MAX / 2 {
            let (function, argument) = self.scheduled[0];
            self.n_scheduled -= 1;
            self.scheduled.rotate_left(1);
            call::call(self, function, &[argument])?;
        }
        Ok(())
    }
}
