//! Frames: what a running Python function needs, on the machine's own frame stack or inside a generator object.
//!
//! ```text
//! Frame (6 words) | function | extra | locals and value stack: n_state | exception blocks: 3 slots each
//! ```
//! Everything behind the six words is values, so the collector reads a frame as it reads a tuple. A frame is filled with `NULL` before it
//! is entered and scanned whole. `Slots` and `FramePtr` read and write without bounds checks: the verifier has proved that a
//! function stays between its first slot and `n_state`, and that its exception blocks number at most `n_exc`.

use core::ptr::NonNull;

use crate::code::{CodePtr, Ip};
use crate::heap::{Heap, WORD};
use crate::value::Obj;

/// What becomes of the value a frame returns (for a generator also: yields).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Action {
    /// To the caller's stack.
    Push,
    /// `__init__`: must be None; the new object is on the caller's stack already.
    Init,
    /// The body of a class: the class goes to the caller's stack.
    Class,
    /// `__eq__` for `!=`: the opposite to the caller's stack.
    Not,
    /// Its truth to the caller's stack.
    Truth,
    /// `__enter__`: to the stack, and the with block begins.
    Enter,
    /// `__exit__`: may swallow the exception.
    Exit,
    /// An iterator's `__next__` for a `for` loop; StopIteration ends the loop.
    ForNext,
    /// A generator for a `for` loop.
    ForGenerator,
    /// A generator for `next` and `send`.
    Send,
    /// A generator behind `yield from`.
    Delegate,
    /// A generator being closed.
    Close,
}

/// How far a generator is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum State {
    Fresh,
    Running,
    Suspended,
    Done,
}

/// Where a frame lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Home {
    Stack,
    Generator,
    /// In a block of its own, because the frame stack could not grow.
    Heap,
}

#[repr(C)]
struct Frame {
    prev: Option<FramePtr>,
    code: CodePtr,
    ip: Ip,
    sp: Slots,
    locals: Slots,
    n_blocks: u8,
    action: Action,
    home: Home,
    state: State,
}

/// Words of a frame that are not values.
pub(crate) const FRAME_WORDS: usize = size_of::<Frame>() / WORD;
const _: () = assert!(FRAME_WORDS.is_multiple_of(2));
/// `function` and `extra`.
const OWN_SLOTS: usize = 2;
const BLOCK_SLOTS: usize = 3;

/// Words a frame takes, by its function's head: whole granules, and an even number, see `fill`.
pub(crate) fn words_for(n_state: u16, n_exc: u8) -> u16 {
    let words = FRAME_WORDS + OWN_SLOTS + usize::from(n_state) + BLOCK_SLOTS * usize::from(n_exc);
    words.next_multiple_of(2.max(crate::heap::GRANULE / WORD)) as u16
}

/// Words a frame for `code` takes.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn frame_words(code: CodePtr) -> usize {
    usize::from(code.get().frame_words)
}

/// A frame.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct FramePtr(NonNull<Frame>);

/// A position among a frame's slots.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Slots(*mut Obj);

impl Slots {
    /// The slots of a heap object's fields from `index` on.
    pub(crate) fn of(obj: Obj, index: usize) -> Slots {
        Slots(obj.field_ptr(index))
    }

    /// The elements of a Rust array that outlives the use.
    pub(crate) fn of_array(values: &mut [Obj]) -> Slots {
        Slots(values.as_mut_ptr())
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn get(self, index: isize) -> Obj {
        // SAFETY: see the head of this file.
        unsafe { self.0.offset(index).read() }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set(self, index: isize, value: Obj) {
        // SAFETY: see the head of this file.
        unsafe { self.0.offset(index).write(value) }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn plus(self, count: isize) -> Slots {
        Slots(self.0.wrapping_offset(count))
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn push(&mut self, value: Obj) {
        *self = self.plus(1);
        self.set(0, value);
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn pop(&mut self) -> Obj {
        let value = self.get(0);
        *self = self.plus(-1);
        value
    }

    /// What the compiler knows of the position ends here, for the run loop: else it begins to hold the next position early, beside this
    /// one, and moves it at every step.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn forget(&mut self) {
        #[cfg(target_os = "none")]
        // SAFETY: no instruction.
        unsafe {
            core::arch::asm!("/* {} */", inout(reg) self.0, options(pure, nomem, nostack, preserves_flags));
        }
    }

    /// Slots between `start` and this.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn index(self, start: Slots) -> usize {
        (self.0.addr() - start.0.addr()) / WORD
    }

    /// `len` slots as a slice, for natives that read their arguments; nothing may write them while it is used.
    pub(crate) fn as_slice<'x>(self, len: usize) -> &'x [Obj] {
        // SAFETY: the caller counts slots that exist; frames do not move.
        unsafe { core::slice::from_raw_parts(self.0, len) }
    }
}

/// The kind of an exception block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BlockKind {
    Except = 0,
    Finally = 1,
    With = 2,
}

/// Why a finally block runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pending {
    Nothing = 0,
    Exception = 1,
    Return = 2,
    Jump = 3,
}

/// One exception block: three values, the first its `value`, the others small ints in whose bits the rest is.
#[derive(Clone, Copy)]
pub(crate) struct Block(Slots);

const KIND_SHIFT: u32 = 16;
const PENDING_SHIFT: u32 = 18;
const UNWIND_SHIFT: u32 = 20;
const DEPTH_SHIFT: u32 = 16;

impl Block {
    /// The exception being handled, or the value being returned.
    pub(crate) fn value(self) -> Obj {
        self.0.get(0)
    }

    pub(crate) fn set_value(self, value: Obj) {
        self.0.set(0, value);
    }

    /// Offset of the handler in the function.
    pub(crate) fn handler(self) -> usize {
        self.0.get(1).as_int() as usize & 0xffff
    }

    pub(crate) fn kind(self) -> BlockKind {
        match self.0.get(1).as_int() >> KIND_SHIFT & 3 {
            0 => BlockKind::Except,
            1 => BlockKind::Finally,
            _ => BlockKind::With,
        }
    }

    pub(crate) fn pending(self) -> Pending {
        match self.0.get(1).as_int() >> PENDING_SHIFT & 3 {
            0 => Pending::Nothing,
            1 => Pending::Exception,
            2 => Pending::Return,
            _ => Pending::Jump,
        }
    }

    pub(crate) fn set_pending(self, pending: Pending) {
        let others = self.0.get(1).as_int() & !(3 << PENDING_SHIFT);
        self.0.set(1, Obj::int(others | (pending as i32) << PENDING_SHIFT));
    }

    /// Of a pending jump: blocks still to leave, and 0x80 when a loop's iterator goes with it; and the offset it goes to.
    pub(crate) fn jump(self) -> (u8, usize) {
        ((self.0.get(1).as_int() >> UNWIND_SHIFT) as u8, self.0.get(2).as_int() as usize & 0xffff)
    }

    pub(crate) fn set_jump(self, unwind: u8, target: usize) {
        let others = self.0.get(1).as_int() & ((1 << PENDING_SHIFT) - 1);
        self.0.set(1, Obj::int(others | (Pending::Jump as i32) << PENDING_SHIFT | i32::from(unwind) << UNWIND_SHIFT));
        self.0.set(2, Obj::int((self.depth() as i32) << DEPTH_SHIFT | target as i32));
    }

    /// How many values the stack held when the block began.
    pub(crate) fn depth(self) -> usize {
        (self.0.get(2).as_int() >> DEPTH_SHIFT) as usize
    }
}

impl FramePtr {
    #[cfg_attr(feature = "speed", inline(always))]
    fn get(&self) -> &Frame {
        // SAFETY: frames are made by `push` and `in_generator` and are valid until popped; the machine holds no pointer to a popped one.
        unsafe { self.0.as_ref() }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn get_mut(&mut self) -> &mut Frame {
        // SAFETY: as `get`; references are never held across calls.
        unsafe { self.0.as_mut() }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn prev(self) -> Option<FramePtr> {
        self.get().prev
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_prev(mut self, prev: Option<FramePtr>) {
        self.get_mut().prev = prev;
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn code(self) -> CodePtr {
        self.get().code
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn ip(self) -> Ip {
        self.get().ip
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_ip(mut self, ip: Ip) {
        self.get_mut().ip = ip;
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn sp(self) -> Slots {
        self.get().sp
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_sp(mut self, sp: Slots) {
        self.get_mut().sp = sp;
    }

    /// Local 0; local `i` is at index `-i`.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn locals(self) -> Slots {
        self.get().locals
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn action(self) -> Action {
        self.get().action
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_action(mut self, action: Action) {
        self.get_mut().action = action;
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn is_generator(self) -> bool {
        self.get().home == Home::Generator
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn state(self) -> State {
        self.get().state
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_state(mut self, state: State) {
        self.get_mut().state = state;
    }

    /// The object the frame of a generator, or one on the heap, lies in.
    fn object(self) -> Obj {
        debug_assert!(self.get().home != Home::Stack);
        // SAFETY: such a frame starts right behind the header word of its object.
        let at = unsafe { self.0.as_ptr().cast::<usize>().sub(1) };
        NonNull::new(at.cast()).map_or(Obj::NULL, Obj::from_heap)
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn own(self) -> Slots {
        // SAFETY: the slots follow the frame's six words.
        Slots(unsafe { self.0.as_ptr().add(1).cast::<Obj>() })
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn extra(self) -> Obj {
        self.own().get(1)
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_extra(self, value: Obj) {
        self.own().set(1, value);
    }

    /// First slot of the value stack.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn stack(self) -> Slots {
        self.own().plus(OWN_SLOTS as isize)
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn n_blocks(self) -> usize {
        usize::from(self.get().n_blocks)
    }

    pub(crate) fn set_n_blocks(mut self, count: usize) {
        self.get_mut().n_blocks = count as u8;
    }

    fn block_slot(self, index: usize) -> Slots {
        debug_assert!(index < usize::from(self.code().get().n_exc));
        self.stack().plus((usize::from(self.code().get().n_state) + BLOCK_SLOTS * index) as isize)
    }

    pub(crate) fn push_block(self, kind: BlockKind, handler: usize, sp: Slots) {
        let depth = sp.plus(1).index(self.stack());
        let at = self.block_slot(self.n_blocks());
        at.set(0, Obj::NULL);
        at.set(1, Obj::int(handler as i32 | (kind as i32) << KIND_SHIFT));
        at.set(2, Obj::int((depth as i32) << DEPTH_SHIFT));
        self.set_n_blocks(self.n_blocks() + 1);
    }

    pub(crate) fn pop_block(self) {
        debug_assert!(self.n_blocks() > 0);
        self.set_n_blocks(self.n_blocks() - 1);
        self.block_slot(self.n_blocks()).set(0, Obj::NULL);
    }

    /// A block by its number.
    pub(crate) fn block(self, index: usize) -> Block {
        Block(self.block_slot(index))
    }

    /// The innermost block; there is one.
    pub(crate) fn last_block(self) -> Block {
        self.block(self.n_blocks() - 1)
    }

    /// Marks what the frame refers to.
    pub(crate) fn mark(self, heap: &mut Heap) {
        if self.get().home != Home::Stack {
            heap.mark(self.object());
            return;
        }
        let slots = self.own();
        for index in 0..frame_words(self.code()) - FRAME_WORDS {
            heap.mark(slots.get(index as isize));
        }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn fill(at: NonNull<Frame>, code: CodePtr, function: Obj, home: Home) -> FramePtr {
        let n = frame_words(code) - FRAME_WORDS;
        // SAFETY: `at` has room for `frame_words(code)` words.
        unsafe {
            let slots = at.as_ptr().add(1).cast::<Obj>();
            // Two at a time: their number is even, as `frame_words` and `FRAME_WORDS` are.
            for pair in 0..n / 2 {
                slots.add(2 * pair).write(Obj::NULL);
                slots.add(2 * pair + 1).write(Obj::NULL);
            }
            slots.write(function);
            let stack = slots.add(OWN_SLOTS);
            at.as_ptr().write(Frame {
                prev: None,
                code,
                ip: code.get().start,
                sp: Slots(stack.wrapping_sub(1)),
                locals: Slots(stack.wrapping_add(usize::from(code.get().n_state)).wrapping_sub(1)),
                n_blocks: 0,
                action: Action::Push,
                home,
                state: State::Fresh,
            });
        }
        FramePtr(at)
    }

    /// A new frame on the frame stack, not yet linked. `None`: no room between heap and stack.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn push(heap: &mut Heap, code: CodePtr, function: Obj) -> Option<FramePtr> {
        let bytes = frame_words(code) * WORD;
        if heap.stack_low.addr() - heap.stack_limit().addr() < bytes {
            return None;
        }
        heap.stack_low = heap.stack_low.wrapping_byte_sub(bytes);
        let at = NonNull::new(heap.stack_low.cast::<Frame>())?;
        Some(FramePtr::fill(at, code, function, Home::Stack))
    }

    /// Gives a stack frame's room back; it must be the lowest.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn pop(self, heap: &mut Heap) {
        if self.get().home == Home::Heap {
            heap.free(self.object());
            return;
        }
        let bytes = frame_words(self.code()) * WORD;
        debug_assert!(self.0.as_ptr().addr() == heap.stack_low.addr());
        heap.stack_low = heap.stack_low.wrapping_byte_add(bytes);
    }

    /// The frame of a new object, which has `frame_words(code)` words.
    pub(crate) fn start_in(object: Obj, code: CodePtr, function: Obj) -> FramePtr {
        assert!(object.words() >= frame_words(code));
        let at = object.field_ptr(0).cast::<Frame>();
        let home = if object.is(crate::heap::Kind::Generator) { Home::Generator } else { Home::Heap };
        // SAFETY: the address of a field is not null.
        let at = unsafe { NonNull::new_unchecked(at) };
        FramePtr::fill(at, code, function, home)
    }

    /// Bytes the frame takes.
    pub(crate) fn bytes(self) -> usize {
        frame_words(self.code()) * WORD
    }

    /// The frame inside a generator object.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn of_generator(generator: Obj) -> FramePtr {
        debug_assert!(generator.is(crate::heap::Kind::Generator));
        // SAFETY: the address of a field is not null, and generators are filled when they are made.
        FramePtr(unsafe { NonNull::new_unchecked(generator.field_ptr(0).cast::<Frame>()) })
    }
}
