//! The heap: a fixed arena of 8-byte granules, mark and sweep, objects never move.
//!
//! Every block starts with one header word (kind, size, mark bit), so the arena can be walked from its start;
//! there are no tables beside it. New blocks are cut off the current free run. The far end of the arena belongs to the frame
//! stack (`frame.rs`), which grows towards the heap; the border between them moves. Marking keeps a short fixed stack and walks
//! the arena again where that is not enough, so its own memory is bounded.
//!
//! Who calls: an `Obj` held in a Rust local is not a root. Whatever must live over an allocation is in a frame slot, in a rooted
//! object or in `Vm::keep`; the `stress` feature, which collects at every allocation, is how that is checked.

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::value::Obj;

mod kind;
pub(crate) use kind::Kind;
use kind::raw_words;

pub(crate) const WORD: usize = size_of::<usize>();
pub(crate) const GRANULE: usize = 8;
const GRANULE_WORDS: usize = GRANULE / WORD;
/// Granules the frame stack is given at once beyond what it asks for, and may keep when the heap is short.
pub(crate) const STACK_SPARE: usize = 48;
/// The highest bit of a header: outside of a collection it is never set, so kind and size are read without taking it away.
const MARKED: usize = 1 << (usize::BITS - 1);
const MARK_STACK: usize = 24;
/// What a header can count, on a core of 32 bits: an arena of 32 MiB.
const GRANULES_MAX: usize = (1 << 22) - 1;

/// The kind in the lowest byte, where one load finds it; above it how many words the block has, this one included.
#[cfg_attr(feature = "speed", inline(always))]
fn header(kind: Kind, granules: usize) -> usize {
    ((granules * GRANULE_WORDS) << 8) | kind as usize
}

#[cfg_attr(feature = "speed", inline(always))]
fn granules_of(header: usize) -> usize {
    ((header & !MARKED) >> 8) / GRANULE_WORDS
}

#[cfg_attr(feature = "speed", inline(always))]
fn kind_of(header: usize) -> u8 {
    header as u8
}

/// Where an object's fields lie. These methods trust that `self` is a live heap object of a kind that has the field: kinds are
/// tested by the callers, and fields are fixed by the kind. Debug builds check the index against the block's size.
impl Obj {
    #[cfg_attr(feature = "speed", inline(always))]
    fn header(self) -> usize {
        // SAFETY: a heap `Obj` is the address of a block of the arena, and a block starts with its header word.
        unsafe { self.heap_ptr().cast::<usize>().read() }
    }

    /// True for a heap object of this kind.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn is(self, kind: Kind) -> bool {
        self.is_heap() && kind_of(self.header()) == kind as u8
    }

    /// The kind of a heap object, as a number to match on.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn kind(self) -> Kind {
        debug_assert!(kind_of(self.header()) <= Kind::Module as u8);
        // SAFETY: headers are written by `Heap` alone, from a `Kind`.
        unsafe { core::mem::transmute::<u8, Kind>(kind_of(self.header())) }
    }

    /// The same, and `Free` for what is no heap object: for those who ask a value for many kinds.
    pub(crate) fn kind_or_free(self) -> Kind {
        if self.is_heap() { self.kind() } else { Kind::Free }
    }

    /// How many words the block has behind its header.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn words(self) -> usize {
        debug_assert!(self.header() & MARKED == 0);
        (self.header() >> 8) - 1
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn at(self, index: usize) -> *mut usize {
        debug_assert!(1 + index < granules_of(self.header()) * GRANULE_WORDS, "field {index} is outside of its block");
        // SAFETY: the field lies within the block (see the note above this `impl`).
        unsafe { self.heap_ptr().cast::<usize>().add(1 + index) }
    }

    /// Field `index` as a value.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn field(self, index: usize) -> Obj {
        // SAFETY: in bounds (`at`); value fields are filled when the block is made and only ever hold values.
        unsafe { self.at(index).cast::<Obj>().read() }
    }

    /// Whether a collection that is under way has found it.
    #[cfg(feature = "traceback")]
    pub(crate) fn is_marked(self) -> bool {
        self.header() & MARKED != 0
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_field(self, index: usize, value: Obj) {
        // SAFETY: in bounds (`at`).
        unsafe { self.at(index).cast::<Obj>().write(value) }
    }

    /// Field `index` as a plain number.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn raw(self, index: usize) -> usize {
        // SAFETY: in bounds (`at`); raw fields are written before they are read.
        unsafe { self.at(index).read() }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_raw(self, index: usize, value: usize) {
        // SAFETY: in bounds (`at`).
        unsafe { self.at(index).write(value) }
    }

    /// Field `index` as a pointer that was stored with `set_pointer`.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn pointer<T>(self, index: usize) -> *const T {
        // SAFETY: in bounds (`at`).
        unsafe { self.at(index).cast::<*const T>().read() }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_pointer<T>(self, index: usize, value: *const T) {
        // SAFETY: in bounds (`at`).
        unsafe { self.at(index).cast::<*const T>().write(value) }
    }

    /// The address of field `index`.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn field_ptr(self, index: usize) -> *mut Obj {
        self.at(index).cast()
    }

    /// `len` bytes from field `index` on. The slice is good until the object is freed: not longer than the object is rooted.
    pub(crate) fn bytes<'x>(self, index: usize, len: usize) -> &'x [u8] {
        debug_assert!(index * WORD + len <= self.words() * WORD);
        // SAFETY: in bounds by the assertion's invariant; bytes of a text are written before it is handed out.
        unsafe { core::slice::from_raw_parts(self.heap_ptr().cast::<usize>().add(1 + index).cast::<u8>(), len) }
    }

    /// The same to be written: only for a block that nothing else looks at.
    #[cfg(any(feature = "bigint", feature = "bytes"))]
    pub(crate) fn bytes_mut<'x>(self, index: usize, len: usize) -> &'x mut [u8] {
        assert!(index * WORD + len <= self.words() * WORD);
        // SAFETY: in bounds by the assertion; a new block is nobody else's, and any bytes are a `u8`.
        unsafe { core::slice::from_raw_parts_mut(self.heap_ptr().cast::<usize>().add(1 + index).cast::<u8>(), len) }
    }

    /// `len` limbs of a long int from field `index` on; good as long as the object is rooted.
    #[cfg(feature = "bigint")]
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn limbs<'x>(self, index: usize, len: usize) -> &'x [u32] {
        debug_assert!(index * WORD + len * 4 <= self.words() * WORD);
        // SAFETY: in bounds, as a long int's block is made for its length; a field is aligned for a limb, which is no larger.
        unsafe { core::slice::from_raw_parts(self.heap_ptr().cast::<usize>().add(1 + index).cast::<u32>(), len) }
    }

    /// The same to be written: only for a block that nothing else looks at.
    #[cfg(feature = "bigint")]
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn limbs_mut<'x>(self, index: usize, len: usize) -> &'x mut [u32] {
        debug_assert!(index * WORD + len * 4 <= self.words() * WORD);
        // SAFETY: as for `limbs`, and a new block is nobody else's.
        unsafe { core::slice::from_raw_parts_mut(self.heap_ptr().cast::<usize>().add(1 + index).cast::<u32>(), len) }
    }

    /// The `at`-th 16-bit number from field `index` on; callers stay inside the block.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn half(self, index: usize, at: usize) -> u16 {
        debug_assert!(index * WORD + 2 * at + 2 <= self.words() * WORD);
        // SAFETY: in bounds, as the caller made the block for so many numbers; a field is aligned for one.
        unsafe { self.heap_ptr().cast::<usize>().add(1 + index).cast::<u16>().add(at).read() }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn set_half(self, index: usize, at: usize, value: u16) {
        debug_assert!(index * WORD + 2 * at + 2 <= self.words() * WORD);
        // SAFETY: as `half`.
        unsafe { self.heap_ptr().cast::<usize>().add(1 + index).cast::<u16>().add(at).write(value) }
    }

    /// Writes `text` into the block's bytes from `offset` bytes behind the first field on.
    pub(crate) fn write_bytes(self, offset: usize, text: &[u8]) {
        self.write_at(WORD + offset, text);
    }

    /// The same from `offset` bytes behind the header on.
    #[inline(never)]
    pub(crate) fn write_at(self, offset: usize, text: &[u8]) {
        assert!(offset + text.len() <= self.words() * WORD);
        // SAFETY: in bounds by the assertion; the source is a Rust slice that does not overlap a block being written.
        unsafe {
            let to = self.heap_ptr().cast::<usize>().add(1).cast::<u8>().add(offset);
            core::ptr::copy_nonoverlapping(text.as_ptr(), to, text.len());
        }
    }
}

/// The bytes of a constant text that lies in the loaded file or in the table of names.
pub(crate) fn const_bytes<'x>(at: *const u8, len: usize) -> &'x [u8] {
    // SAFETY: pointer and length were taken from a slice of the loaded file, which outlives the machine, or are those of a text of the table.
    unsafe { core::slice::from_raw_parts(at, len) }
}

/// The arena and its free space. In this order, the array last: what lies near the start is read by shorter code.
#[repr(C)]
pub(crate) struct Heap<'a> {
    base: *mut u64,
    /// First granule that is not the heap's.
    end: *mut u64,
    /// Lowest granule the frame stack uses.
    pub(crate) stack_low: *mut u64,
    arena_end: *mut u64,
    end_lowest: *mut u64,
    /// The free run new blocks are cut from.
    cursor: *mut u64,
    run_end: *mut u64,
    /// Bytes in blocks, garbage included until it is found.
    used: usize,
    peak: usize,
    mark_len: usize,
    mark_overflow: bool,
    mark: [(Option<Obj>, u32); MARK_STACK],
    life: PhantomData<&'a mut [u64]>,
}

impl<'a> Heap<'a> {
    /// Takes an arena. Granules beyond what a header can count are left unused.
    pub(crate) fn new(arena: &'a mut [MaybeUninit<u64>]) -> Heap<'a> {
        let len = arena.len().min(GRANULES_MAX);
        let base = arena.as_mut_ptr().cast::<u64>();
        // SAFETY: `len` is within the slice.
        let end = unsafe { base.add(len) };
        Heap {
            base,
            end,
            stack_low: end,
            arena_end: end,
            end_lowest: end,
            cursor: base,
            run_end: end,
            used: 0,
            peak: 0,
            mark: [(None, 0); MARK_STACK],
            mark_len: 0,
            mark_overflow: false,
            life: PhantomData,
        }
    }

    /// Leaves the frame stack its first room. False: the arena is too small for anything.
    pub(crate) fn start(&mut self) -> bool {
        let granules = Heap::granules(self.base, self.end);
        if granules < 4 * STACK_SPARE {
            return false;
        }
        self.end = self.end.wrapping_sub(STACK_SPARE);
        self.end_lowest = self.end;
        self.run_end = self.end;
        true
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.arena_end.addr() - self.base.addr()
    }

    /// What blocks take now, garbage included until a collection has found it.
    #[cfg(any(feature = "gc", feature = "micropython"))]
    pub(crate) fn used_bytes(&self) -> usize {
        self.used
    }

    /// A number for an object's place.
    #[cfg(feature = "language")]
    pub(crate) fn place(&self, obj: Obj) -> usize {
        (obj.word() - self.base.addr()) / GRANULE
    }

    /// The most the objects took, and the most the frame stack was given.
    pub(crate) fn peak_bytes(&self) -> usize {
        self.peak + (self.arena_end.addr() - self.end_lowest.addr())
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn granules(from: *mut u64, to: *mut u64) -> usize {
        (to.addr() - from.addr()) / GRANULE
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn plus(at: *mut u64, granules: usize) -> *mut u64 {
        // Stays inside the arena in all uses; `wrapping` so that a comparison may look one block too far.
        at.wrapping_add(granules)
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn read_header(at: *mut u64) -> usize {
        // SAFETY: `at` is the start of a block of this arena; see `close_run` for the open run.
        unsafe { at.cast::<usize>().read() }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn write_header(at: *mut u64, value: usize) {
        // SAFETY: `at` is a granule of this arena.
        unsafe { at.cast::<usize>().write(value) }
    }

    /// Cuts a block of `words` payload words off the current run, its payload not yet filled. `None`: no room in the run.
    #[cfg_attr(feature = "speed", inline(always))]
    fn bump(&mut self, kind: Kind, granules: usize) -> Option<Obj> {
        if Heap::granules(self.cursor, self.run_end) < granules {
            return None;
        }
        let at = self.cursor;
        self.cursor = Heap::plus(at, granules);
        Heap::write_header(at, header(kind, granules));
        self.note_used(granules * GRANULE);
        NonNull::new(at).map(Obj::from_heap)
    }

    #[cfg_attr(feature = "speed", inline(always))]
    fn note_used(&mut self, bytes: usize) {
        self.used += bytes;
        if self.used > self.peak {
            self.peak = self.used;
        }
    }

    /// A block of `words` payload words; values are `NULL`, raw kinds are left as they are. `None`: collect and ask again.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn alloc(&mut self, kind: Kind, words: usize) -> Option<Obj> {
        let granules = (words + 1).div_ceil(GRANULE_WORDS);
        let obj = match self.bump(kind, granules) {
            Some(obj) => obj,
            None => self.alloc_elsewhere(kind, granules)?,
        };
        if kind as u8 > Kind::Str as u8 {
            for index in 0..granules * GRANULE_WORDS - 1 {
                obj.set_field(index, Obj::NULL);
            }
        }
        Some(obj)
    }

    /// Looks for room behind the current run. A small block moves the run there; a large one is cut off the far end of what it finds.
    #[inline(never)]
    fn alloc_elsewhere(&mut self, kind: Kind, granules: usize) -> Option<Obj> {
        if granules > Heap::granules(self.base, self.arena_end) {
            return None;
        }
        let mut at = self.run_end;
        while at.addr() < self.end.addr() {
            let head = Heap::read_header(at);
            let size = granules_of(head);
            if kind_of(head) == Kind::Free as u8 && size >= granules {
                if granules <= 8 {
                    self.close_run();
                    self.cursor = at;
                    self.run_end = Heap::plus(at, size);
                    return self.bump(kind, granules);
                }
                let rest = size - granules;
                if rest > 0 {
                    Heap::write_header(at, header(Kind::Free, rest));
                }
                let block = Heap::plus(at, rest);
                Heap::write_header(block, header(kind, granules));
                self.note_used(granules * GRANULE);
                return NonNull::new(block).map(Obj::from_heap);
            }
            at = Heap::plus(at, size);
        }
        None
    }

    /// Makes the last block of the current run longer in place, new values `NULL`. True when that worked.
    pub(crate) fn extend(&mut self, obj: Obj, words: usize) -> bool {
        // Saves copying, and nothing else.
        if cfg!(not(feature = "speed")) {
            return false;
        }
        let old = granules_of(obj.header());
        let new = (words + 1).div_ceil(GRANULE_WORDS);
        let at = obj.heap_ptr();
        if new <= old || Heap::plus(at, old) != self.cursor || Heap::granules(at, self.run_end) < new {
            return false;
        }
        self.cursor = Heap::plus(at, new);
        Heap::write_header(at, header(obj.kind(), new));
        self.note_used((new - old) * GRANULE);
        if kind_of(obj.header()) > Kind::Str as u8 {
            for index in old * GRANULE_WORDS - 1..new * GRANULE_WORDS - 1 {
                obj.set_field(index, Obj::NULL);
            }
        }
        true
    }

    /// Gives back what a block has behind its first `words` payload words.
    pub(crate) fn shrink(&mut self, obj: Obj, words: usize) {
        let (old, new) = (granules_of(obj.header()), (words + 1).div_ceil(GRANULE_WORDS));
        if new >= old {
            return;
        }
        let at = obj.heap_ptr();
        Heap::write_header(at, header(obj.kind(), new));
        self.used -= (old - new) * GRANULE;
        if Heap::plus(at, old) == self.cursor {
            self.cursor = Heap::plus(at, new);
        } else {
            Heap::write_header(Heap::plus(at, new), header(Kind::Free, old - new));
        }
    }

    /// Gives back a block at once; only for one that nothing refers to any more.
    pub(crate) fn free(&mut self, obj: Obj) {
        let size = granules_of(obj.header());
        self.used -= size * GRANULE;
        if Heap::plus(obj.heap_ptr(), size) == self.cursor {
            self.cursor = obj.heap_ptr();
        } else {
            Heap::write_header(obj.heap_ptr(), header(Kind::Free, size));
        }
    }

    /// Writes a header over what is left of the current run, so that the arena can be walked.
    fn close_run(&mut self) {
        let rest = Heap::granules(self.cursor, self.run_end);
        if rest > 0 {
            Heap::write_header(self.cursor, header(Kind::Free, rest));
        }
        self.run_end = self.cursor;
    }

    /// Makes `granules` more room between heap and frame stack. False: the top of the heap is in use.
    #[inline(never)]
    pub(crate) fn give_to_stack(&mut self, granules: usize) -> bool {
        self.close_run();
        let mut at = self.base;
        let mut last_free = None;
        while at.addr() < self.end.addr() {
            let head = Heap::read_header(at);
            let size = granules_of(head);
            // Free neighbours count as one.
            last_free = match (kind_of(head) == Kind::Free as u8, last_free) {
                (true, None) => Some(at),
                (true, earlier) => earlier,
                (false, _) => None,
            };
            at = Heap::plus(at, size);
        }
        let free_from = last_free.unwrap_or(self.end);
        let free = Heap::granules(free_from, self.end);
        // The run that was open is where allocation goes on, if it still exists.
        let given = free >= granules;
        if given {
            self.end = self.end.wrapping_sub(granules);
            self.end_lowest = self.end_lowest.min(self.end);
            if free > granules {
                Heap::write_header(free_from, header(Kind::Free, free - granules));
            }
        }
        self.reopen(free_from);
        given
    }

    /// Opens the last free run again after `close_run`.
    fn reopen(&mut self, free_from: *mut u64) {
        if self.cursor.addr() >= free_from.addr() {
            self.cursor = free_from.min(self.end);
            self.run_end = self.end;
        } else {
            // The closed rest in the middle stays a free block behind the cursor: open it again.
            let head = Heap::read_header(self.cursor);
            if kind_of(head) == Kind::Free as u8 {
                self.run_end = Heap::plus(self.cursor, granules_of(head));
            }
        }
    }

    /// Takes room the frame stack does not use (any more), except `keep` granules. True when there was some.
    pub(crate) fn take_from_stack(&mut self, keep: usize) -> bool {
        let spare = Heap::granules(self.end, self.stack_low);
        if spare <= keep {
            return false;
        }
        Heap::write_header(self.end, header(Kind::Free, spare - keep));
        self.end = Heap::plus(self.end, spare - keep);
        true
    }

    /// Lowest granule the frame stack may grow down to.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn stack_limit(&self) -> *mut u64 {
        self.end
    }

    /// Before marking: makes the arena walkable.
    pub(crate) fn begin_mark(&mut self) {
        self.close_run();
        self.mark_len = 0;
        self.mark_overflow = false;
    }

    /// Marks one value and everything that can be reached from it.
    pub(crate) fn mark(&mut self, value: Obj) {
        self.mark_one(value);
        self.drain();
    }

    fn mark_one(&mut self, value: Obj) {
        if !value.is_heap() {
            return;
        }
        let head = value.header();
        if head & MARKED != 0 {
            return;
        }
        Heap::write_header(value.heap_ptr(), head | MARKED);
        let kind = kind_of(head);
        if kind <= Kind::Str as u8 || kind == Kind::ConstStr as u8 {
            return;
        }
        let first = raw_words(value.kind());
        match self.mark.get_mut(self.mark_len) {
            Some(entry) => {
                *entry = (Some(value), first as u32);
                self.mark_len += 1;
            }
            None => self.mark_overflow = true,
        }
    }

    fn drain(&mut self) {
        while self.mark_len > 0 {
            let Some((Some(obj), next)) = self.mark.get(self.mark_len - 1).copied() else { return };
            let words = granules_of(obj.header()) * GRANULE_WORDS - 1;
            let mut index = next as usize;
            while index < words {
                let child = obj.field(index);
                index += 1;
                if child.is_heap() && child.header() & MARKED == 0 {
                    // Come back for the rest, unless there is none: so a chain of objects takes one entry.
                    if index < words {
                        self.mark[self.mark_len - 1].1 = index as u32;
                    } else {
                        self.mark_len -= 1;
                    }
                    self.mark_one(child);
                    index = usize::MAX;
                }
            }
            if index != usize::MAX {
                self.mark_len -= 1;
            }
        }
    }

    /// After all roots: walks the arena as long as the mark stack was too short for something.
    pub(crate) fn finish(&mut self) {
        while self.mark_overflow {
            self.mark_overflow = false;
            let mut at = self.base;
            while at.addr() < self.end.addr() {
                let head = Heap::read_header(at);
                if head & MARKED != 0
                    && let Some(obj) = NonNull::new(at).map(Obj::from_heap)
                {
                    // As if met for the first time: its children that are marked already cost one look.
                    Heap::write_header(at, head & !MARKED);
                    self.mark_one(obj);
                    self.drain();
                }
                at = Heap::plus(at, granules_of(head));
            }
        }
    }

    /// After that: frees what is not marked.
    pub(crate) fn sweep(&mut self) {
        let lives = |head: usize| head & MARKED != 0 || kind_of(head) == Kind::Permanent as u8;
        let end = self.end;
        let mut at = self.base;
        let mut first: Option<*mut u64> = None;
        let mut live = 0;
        while at.addr() < end.addr() {
            let mut head = Heap::read_header(at);
            if lives(head) {
                Heap::write_header(at, head & !MARKED);
                live += granules_of(head) * GRANULE;
                at = Heap::plus(at, granules_of(head));
                continue;
            }
            // What is not marked, and all that follows it and is not marked either, is one free run.
            let from = at;
            loop {
                at = Heap::plus(at, granules_of(head));
                if at.addr() >= end.addr() {
                    break;
                }
                head = Heap::read_header(at);
                if lives(head) {
                    break;
                }
            }
            Heap::write_header(from, header(Kind::Free, Heap::granules(from, at)));
            first.get_or_insert(from);
        }
        self.used = live;
        match first {
            Some(from) => {
                self.cursor = from;
                self.run_end = Heap::plus(from, granules_of(Heap::read_header(from)));
            }
            None => {
                self.cursor = self.end;
                self.run_end = self.end;
            }
        }
    }
}
