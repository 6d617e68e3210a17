//! The machine: what a user of this crate calls, and the state everything else works on.

use core::mem::MaybeUninit;

use crate::code::{Code, CodePtr, ModulePtr, Tables};
use crate::frame::{FramePtr, Slots};
use crate::heap::{Heap, Kind};
use crate::opcodes;
use crate::qstr::{self, Qstr};
use crate::reasons::Reason;
use crate::sink::Sink;
use crate::types::{self, T, exception, list};
use crate::value::{Obj, Raised, Res};
use crate::{call, map, mpy, print};

mod names;
mod owner;
mod raising;

/// Where a program's output goes.
pub trait Out {
    /// Writes all of `text` (UTF-8, any part of it).
    fn write(&mut self, text: &[u8]);
}

/// Why a file was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// What is wrong.
    pub reason: Reason,
    /// Where in the file, in bytes.
    pub offset: usize,
}

/// Why the machine stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The file is not one this machine executes; nothing of it was executed.
    Malformed(Malformed),
    /// The arena is too small: an uncaught MemoryError, or not even room to begin.
    NoMemory,
    /// An uncaught exception, see [`Vm::print_exception`].
    Raised,
    /// The budget given to [`Vm::set_budget`] is used up.
    Budget,
}

/// How many files one machine may load; with `import` also blocks of names that are made at run time.
const MODULES_MAX: usize = if cfg!(feature = "import") { 24 } else { 8 };
/// Names in a block of those made at run time.
#[cfg(any(feature = "import", feature = "language"))]
const OWN_NAMES: usize = 16;
/// How many calls `schedule` may note.
#[cfg(feature = "micropython")]
const SCHEDULED_MAX: usize = 4;
/// How many values natives may hold at once over allocations.
const KEEP: usize = 48;
/// How deep natives may call back into Python code, or walk nested containers, however much machine stack there is.
const DEPTH_MAX: u8 = 12;

/// Names of one loaded file that were new to the machine.
#[derive(Clone, Copy)]
struct Names {
    /// Pointer and length of each.
    block: Obj,
    first: u16,
    count: u16,
}

/// A Python machine in an arena of its own. In this order, what is used most first and arrays last: what lies near the start is read by
/// shorter code, above all on a Cortex-M0.
#[repr(C)]
pub struct Vm<'a> {
    /// The running function.
    pub(crate) frame: Option<FramePtr>,
    /// Something wants attention at the next jump back or call: the budget.
    pub(crate) watch: bool,
    /// The budget is used up: no handler may catch what is raised.
    pub(crate) halted: bool,
    depth: u8,
    /// The exception `Raised` stands for.
    pub(crate) error: Obj,
    keep_len: usize,
    pub(crate) boundary: CodePtr,
    /// The slots of empty lists, see `types/list.rs`; permanent.
    pub(crate) empty: Obj,
    memory_error: Obj,
    /// What is raised when frames have filled the arena, which leaves no room to make it then.
    recursion_error: Obj,
    result: Obj,
    stack_limit: usize,
    pub(crate) heap: Heap<'a>,
    pub(crate) modules: Option<ModulePtr>,
    /// The file that was loaded by its owner last.
    main: Option<ModulePtr>,
    out: &'a mut dyn Out,
    n_names: usize,
    /// `n_names` when the last block was one of names made at run time.
    #[cfg(any(feature = "import", feature = "language"))]
    own_names: usize,
    next_name: u16,
    /// There is a budget.
    #[cfg(feature = "micropython")]
    limited: bool,
    budget: u64,
    #[cfg(feature = "traceback")]
    pub(crate) tracebacks: crate::traceback::Tracebacks,
    #[cfg(feature = "import")]
    files: Option<&'a dyn crate::Modules<'a>>,
    #[cfg(feature = "machine")]
    memory: Option<&'a dyn crate::Memory>,
    #[cfg(feature = "machine")]
    pins: Option<&'a dyn crate::Pins>,
    /// What is to be called once the clock shows `alarm_ms`; null where nothing is.
    #[cfg(feature = "machine")]
    alarm: Obj,
    #[cfg(feature = "machine")]
    alarm_ms: u32,
    #[cfg(feature = "time")]
    clock: Option<&'a dyn crate::Clock>,
    /// Microseconds waited where there is no clock.
    #[cfg(feature = "time")]
    waited_us: u64,
    /// Where the sequence of `random` stands.
    #[cfg(feature = "random")]
    pub(crate) random: u64,
    #[cfg(feature = "stress")]
    allocations_left: Option<u64>,
    /// What `schedule` was asked to call: function and argument of each.
    #[cfg(feature = "micropython")]
    scheduled: [(Obj, Obj); SCHEDULED_MAX],
    #[cfg(feature = "micropython")]
    n_scheduled: usize,
    names: [Names; MODULES_MAX],
    keep: [Obj; KEEP],
}

static HALT_CODE: [u8; 1] = [opcodes::HALT];
/// Slots of a boundary frame: what native code passes to a Python function.
const BOUNDARY_SLOTS: u16 = 8;

/// Allocation where it need not be quick.
#[inline(never)]
fn alloc_by_call(heap: &mut Heap, kind: Kind, words: usize) -> Option<Obj> {
    heap.alloc(kind, words)
}

impl<'a> Vm<'a> {
    /// A machine in `arena`, printing to `out`.
    ///
    /// # Errors
    /// [`Stop::NoMemory`] when the arena cannot even hold the machine's own few objects.
    pub fn new(arena: &'a mut [MaybeUninit<u64>], out: &'a mut dyn Out) -> Result<Vm<'a>, Stop> {
        let mut heap = Heap::new(arena);
        if !heap.start() {
            return Err(Stop::NoMemory);
        }
        let (Some(block), Some(empty), Some(memory_error), Some(recursion_error)) = (
            alloc_by_call(&mut heap, Kind::Permanent, Tables::words(0, 1)),
            alloc_by_call(&mut heap, Kind::Permanent, 1),
            alloc_by_call(&mut heap, Kind::Exception, exception::FIELDS),
            alloc_by_call(&mut heap, Kind::Exception, exception::FIELDS),
        ) else {
            return Err(Stop::NoMemory);
        };
        let mut tables = Tables::new(block, 0, 0, 1);
        let code = Code::new(&HALT_CODE, &HALT_CODE, &HALT_CODE, tables.module(), BOUNDARY_SLOTS, 0, 0, (0, 0, 0), 0, 0);
        tables.push_code(code, 1);
        empty.set_field(list::LEN, Obj::int(0));
        memory_error.set_field(exception::CLASS, T::MemoryError.obj());
        recursion_error.set_field(exception::CLASS, T::RecursionError.obj());
        recursion_error.set_field(exception::ARGS, Obj::name(Qstr::M_RECURSION));
        Ok(Vm {
            heap,
            frame: None,
            watch: false,
            budget: 0,
            halted: false,
            error: Obj::NULL,
            memory_error,
            recursion_error,
            boundary: tables.module().code(0),
            empty,
            modules: None,
            #[cfg(feature = "traceback")]
            tracebacks: crate::traceback::Tracebacks::NONE,
            main: None,
            #[cfg(feature = "import")]
            files: None,
            #[cfg(feature = "machine")]
            memory: None,
            #[cfg(feature = "machine")]
            pins: None,
            #[cfg(feature = "machine")]
            alarm: Obj::NULL,
            #[cfg(feature = "machine")]
            alarm_ms: 0,
            #[cfg(feature = "time")]
            clock: None,
            #[cfg(feature = "time")]
            waited_us: 0,
            #[cfg(feature = "random")]
            random: crate::modules::random::seeded(0),
            #[cfg(feature = "micropython")]
            scheduled: [(Obj::NULL, Obj::NULL); SCHEDULED_MAX],
            #[cfg(feature = "micropython")]
            n_scheduled: 0,
            #[cfg(feature = "micropython")]
            limited: false,
            names: [Names { block: Obj::NULL, first: 0, count: 0 }; MODULES_MAX],
            n_names: 0,
            #[cfg(any(feature = "import", feature = "language"))]
            own_names: 0,
            next_name: qstr::DYNAMIC_FIRST,
            keep: [Obj::NULL; KEEP],
            keep_len: 0,
            depth: 0,
            stack_limit: 0,
            result: Obj::NULL,
            #[cfg(feature = "stress")]
            allocations_left: None,
            out,
        })
    }

    /// Reads, checks and executes a compiled file, its `__name__` being the file's name without its ending. `mpy` may be longer
    /// than the file: the format says itself where it ends. The bytecode is executed where it lies.
    ///
    /// # Errors
    /// [`Stop::Malformed`] when the file was refused; nothing of it was executed then. Otherwise what its execution ended with.
    pub fn load(&mut self, mpy: &'a [u8]) -> Result<(), Stop> {
        let module = self.read(mpy)?;
        let ran = call::run_module(self, module);
        self.end(ran).map(|_| ())
    }

    /// The same with `__main__` for its `__name__`: the file is a script.
    ///
    /// # Errors
    /// As [`Vm::load`].
    pub fn run_script(&mut self, mpy: &'a [u8]) -> Result<(), Stop> {
        let module = self.read(mpy)?;
        let ran = self.set_global(module, Obj::name(Qstr::D_NAME), Obj::name(Qstr::D_MAIN)).and_then(|()| call::run_module(self, module));
        self.end(ran).map(|_| ())
    }

    fn read(&mut self, mpy: &'a [u8]) -> Result<ModulePtr, Stop> {
        if self.n_names == MODULES_MAX {
            return Err(Stop::Malformed(Malformed { reason: Reason::TooManyFiles.or_malformed(), offset: 0 }));
        }
        let module = mpy::load(self, mpy)?;
        self.main = Some(module);
        Ok(module)
    }

    /// Calls the global `main` of the file loaded last, without arguments. The value stays good until the next call.
    ///
    /// # Errors
    /// [`Stop::Raised`] with a NameError when there is no `main`; otherwise what its execution ended with.
    pub fn call_main(&mut self) -> Result<Obj, Stop> {
        let name = Obj::name(Qstr::MAIN);
        let found = match self.main {
            Some(module) => map::get(module.get().globals.field(types::MODULE_TABLE), name),
            None => Obj::NULL,
        };
        let found = if found == Obj::NULL { Err(self.raise_name(T::NameError, name)) } else { Ok(found) };
        let result = found.and_then(|main| call::call(self, main, &[]));
        self.end(result)
    }

    /// Prints `repr(value)`, no newline. Should that raise, what is printed ends there.
    pub fn print_repr(&mut self, value: Obj) {
        self.result = value;
        if print::repr(self, Sink::OUT, value).is_err() {
            self.write(b"<repr failed>");
        }
    }

    /// Prints `text` as the program would.
    pub fn print_text(&mut self, text: &str) {
        self.write(text.as_bytes());
    }

    /// Prints the exception that [`Stop::Raised`] or [`Stop::NoMemory`] reported, as `ValueError: text`, no newline.
    pub fn print_exception(&mut self) {
        if self.error == Obj::NULL {
            return;
        }
        let error = self.error;
        if print::exception(self, error).is_err() {
            self.write(b"<str failed>");
        }
        self.error = error;
    }

    /// The name of the file loaded last, as its compiler was told.
    #[must_use]
    pub fn source_name(&self) -> &[u8] {
        let Some(module) = self.main else { return b"" };
        self.name_text(module.name(0).as_name())
    }

    /// The most bytes that objects took at once, garbage included until a collection has found it, and the most the frame stack was given.
    #[must_use]
    pub fn heap_peak_bytes(&self) -> usize {
        self.heap.peak_bytes()
    }

    /// The size of the arena, in bytes.
    #[must_use]
    pub fn heap_size_bytes(&self) -> usize {
        self.heap.size_bytes()
    }

    /// The lowest address of the machine stack at which natives may still call back or walk deeper: below it that is a
    /// `RecursionError`. Each level takes up to 700 bytes on a 32-bit core; leave room for one level and an interrupt.
    pub fn set_stack_limit(&mut self, address: usize) {
        self.stack_limit = address;
    }

    /// Lets the machine make at most `steps` jumps back and calls from now on; then it ends with [`Stop::Budget`].
    pub fn set_budget(&mut self, steps: u64) {
        self.budget = steps;
        self.watch = true;
        #[cfg(feature = "micropython")]
        {
            self.limited = true;
        }
        self.halted = false;
    }

    /// Makes every allocation after the next `count` fail. For tests.
    #[cfg(feature = "stress")]
    pub fn fail_after(&mut self, count: u64) {
        self.allocations_left = Some(count);
    }

    /// Turns how an execution ended into what the caller is told, and leaves the machine ready for another.
    #[inline(never)]
    fn end(&mut self, result: Res) -> Result<Obj, Stop> {
        self.keep_len = 0;
        self.depth = 0;
        match result {
            Ok(value) => {
                self.result = value;
                Ok(value)
            }
            Err(Raised) if self.halted => Err(Stop::Budget),
            Err(Raised) if self.error == self.memory_error => Err(Stop::NoMemory),
            Err(Raised) => Err(Stop::Raised),
        }
    }

    /// One step of the budget; raises when it is used up.
    #[inline(never)]
    #[cold]
    pub(crate) fn attend(&mut self) -> Res<()> {
        #[cfg(feature = "micropython")]
        {
            #[cfg(feature = "machine")]
            self.look_at_alarm();
            self.run_scheduled()?;
            self.watch = self.limited || self.n_scheduled > 0;
            #[cfg(feature = "machine")]
            {
                self.watch |= self.alarm != Obj::NULL;
            }
            if !self.limited {
                return Ok(());
            }
        }
        match self.budget.checked_sub(1) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => {
                self.halted = true;
                self.error = self.memory_error;
                Err(Raised)
            }
        }
    }

    pub(crate) fn write(&mut self, text: &[u8]) {
        self.out.write(text);
    }

    // ----- memory

    /// A new object whose values are NULL (raw kinds: whatever was there). Everything not rooted may be gone afterwards.
    #[inline(never)]
    pub(crate) fn alloc(&mut self, kind: Kind, words: usize) -> Res {
        #[cfg(feature = "stress")]
        self.stress()?;
        match self.heap.alloc(kind, words) {
            Some(obj) => Ok(obj),
            None => self.alloc_slow(kind, words),
        }
    }

    #[cfg(feature = "stress")]
    fn stress(&mut self) -> Res<()> {
        if let Some(left) = self.allocations_left {
            match left.checked_sub(1) {
                Some(left) => self.allocations_left = Some(left),
                None => return self.no_memory(),
            }
        }
        self.collect();
        Ok(())
    }

    #[inline(never)]
    #[cold]
    fn alloc_slow(&mut self, kind: Kind, words: usize) -> Res {
        self.collect();
        if let Some(obj) = alloc_by_call(&mut self.heap, kind, words) {
            return Ok(obj);
        }
        if cfg!(feature = "speed") && self.heap.take_from_stack(crate::heap::STACK_SPARE) {
            self.collect();
            if let Some(obj) = alloc_by_call(&mut self.heap, kind, words) {
                return Ok(obj);
            }
        }
        self.no_memory()
    }

    #[cold]
    pub(crate) fn no_memory<V>(&mut self) -> Res<V> {
        self.raise_standing(self.memory_error);
        Err(Raised)
    }

    /// A new frame on the frame stack; not linked yet.
    pub(crate) fn push_frame(&mut self, code: CodePtr, function: Obj) -> Res<FramePtr> {
        match FramePtr::push(&mut self.heap, code, function) {
            Some(frame) => Ok(frame),
            None => self.push_frame_slow(code, function),
        }
    }

    /// Gives the frame stack more of the arena; where the heap's end is in use, or size counts, the frame becomes a block of the heap.
    #[inline(never)]
    #[cold]
    fn push_frame_slow(&mut self, code: CodePtr, function: Obj) -> Res<FramePtr> {
        let granules = (crate::frame::frame_words(code) * crate::heap::WORD).div_ceil(crate::heap::GRANULE);
        if cfg!(feature = "speed") && (self.heap.give_to_stack(granules + crate::heap::STACK_SPARE) || self.heap.give_to_stack(granules)) {
            return self.push_frame(code, function);
        }
        self.keep(function)?;
        let object = self.alloc(Kind::Frame, crate::frame::frame_words(code));
        self.unkeep(1);
        match object {
            Ok(object) => Ok(FramePtr::start_in(object, code, function)),
            Err(raised) => Err(self.explain_no_frame(raised)),
        }
    }

    /// No room for a frame: where it is frames that fill the arena, that is a recursion too deep.
    fn explain_no_frame(&mut self, raised: Raised) -> Raised {
        let (mut bytes, mut frame) = (0, self.frame);
        while let Some(at) = frame {
            bytes += at.bytes();
            frame = at.prev();
        }
        if bytes >= self.heap.size_bytes() / 4 {
            self.raise_standing(self.recursion_error);
        }
        raised
    }

    /// Holds a value over allocations until `unkeep`, or until the native function that is running returns.
    pub(crate) fn keep(&mut self, value: Obj) -> Res {
        Ok(value).kept(self)
    }

    /// A native's positional arguments as a tuple, held.
    pub(crate) fn keep_tuple(&mut self, args: call::Args) -> Res {
        let made = crate::types::tuple::new(self, args.at.as_slice(args.n))?;
        self.keep(made)
    }

    pub(crate) fn unkeep(&mut self, count: usize) {
        self.keep_len -= count;
    }

    /// For `release`: how many values are held.
    pub(crate) fn kept(&self) -> usize {
        self.keep_len
    }

    /// Lets go of everything held since `kept` gave `mark`.
    pub(crate) fn release(&mut self, mark: usize) {
        self.keep_len = mark;
    }

    /// What natives hold and how deep they are.
    pub(crate) fn level(&self) -> (usize, u8) {
        (self.keep_len, self.depth)
    }

    /// Back to an earlier `level`, after something was raised above it.
    pub(crate) fn return_to(&mut self, level: (usize, u8)) {
        (self.keep_len, self.depth) = level;
    }

    /// One level deeper in natives that call back or walk containers; `leave` must follow.
    pub(crate) fn enter(&mut self) -> Res<()> {
        let here = 0u8;
        if self.depth >= DEPTH_MAX || (&raw const here).addr() < self.stack_limit {
            return Err(self.raise(T::RecursionError, Qstr::M_RECURSION));
        }
        self.depth += 1;
        Ok(())
    }

    // By a call: many leave, and inlined it is twice as long.
    #[inline(never)]
    pub(crate) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Frees what cannot be reached.
    #[inline(never)]
    pub(crate) fn collect(&mut self) {
        let heap = &mut self.heap;
        heap.begin_mark();
        for value in [self.error, self.memory_error, self.recursion_error, self.result] {
            heap.mark(value);
        }
        #[cfg(feature = "machine")]
        heap.mark(self.alarm);
        #[cfg(feature = "micropython")]
        for (function, argument) in &self.scheduled[..self.n_scheduled] {
            heap.mark(*function);
            heap.mark(*argument);
        }
        for value in &self.keep[..self.keep_len] {
            heap.mark(*value);
        }
        let mut module = self.modules;
        while let Some(at) = module {
            heap.mark(at.get().globals);
            heap.mark(at.get().consts);
            module = at.get().next;
        }
        let mut frame = self.frame;
        while let Some(at) = frame {
            at.mark(heap);
            frame = at.prev();
        }
        heap.finish();
        #[cfg(feature = "traceback")]
        self.tracebacks.forget(|of| !of.is_marked());
        heap.sweep();
    }

    /// Slots that natives may pass around for `values`, which must outlive their use.
    pub(crate) fn slots(values: &mut [Obj]) -> Slots {
        Slots::of_array(values)
    }

    /// Sets a global of the module.
    pub(crate) fn set_global(&mut self, module: ModulePtr, name: Obj, value: Obj) -> Res<()> {
        let globals = module.get().globals;
        map::set(self, globals, crate::types::MODULE_TABLE, name, value)
    }
}

/// Holding what was just made, see [`Vm::keep`].
pub(crate) trait Kept {
    /// The value, held; if there is none, why. One way out for both is less code than one for each.
    fn kept(self, vm: &mut Vm) -> Res;
}

impl Kept for Res {
    #[inline(never)]
    fn kept(self, vm: &mut Vm) -> Res {
        let value = self?;
        match vm.keep.get_mut(vm.keep_len) {
            Some(place) => {
                *place = value;
                vm.keep_len += 1;
                Ok(value)
            }
            None => Err(vm.raise(T::RecursionError, Qstr::M_RECURSION)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_room_to_hold_values_is_an_exception() {
        let mut arena = [MaybeUninit::<u64>::uninit(); 1024];
        let mut out = Nowhere;
        let mut vm = Vm::new(&mut arena, &mut out).expect("the arena is large enough");
        while vm.keep(Obj::NONE).is_ok() {}
        for _ in 0..2 {
            assert_eq!((vm.kept(), call::error_is(&vm, T::RecursionError)), (KEEP, true));
            vm.error = Obj::NULL;
            let _ = vm.raise_value(T::ValueError, Obj::NONE);
        }
    }

    struct Nowhere;

    impl Out for Nowhere {
        fn write(&mut self, _: &[u8]) {}
    }
}
