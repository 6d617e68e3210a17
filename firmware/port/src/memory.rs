//! What the image gets from its linker map: the Python heap, the window of the workload, the end of the stack, the code.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

/// The Python heap of a board: `BYTES` bytes (a multiple of 8) that nobody initialises, handed out once.
#[repr(C, align(8))]
pub struct Heap<const BYTES: usize>(UnsafeCell<[MaybeUninit<u8>; BYTES]>);

/// Outside of [`Heap`], so that the heap's own bytes can stay in a section without start values.
static TAKEN: AtomicBool = AtomicBool::new(false);

// SAFETY: the cell is reached through `take` alone, which succeeds once; an image has one core, and its one interrupt touches no heap.
unsafe impl<const BYTES: usize> Sync for Heap<BYTES> {}

impl<const BYTES: usize> Heap<BYTES> {
    /// A heap to be placed in a `.uninit` section.
    pub const fn new() -> Self {
        const { assert!(BYTES.is_multiple_of(8), "a heap is a whole number of 8-byte words") };
        Self(UnsafeCell::new([MaybeUninit::uninit(); BYTES]))
    }

    /// The heap's words, for the one that asks first.
    ///
    /// # Panics
    /// When asked a second time.
    #[expect(clippy::mut_from_ref, reason = "succeeds once, so that the reference is the only one")]
    pub fn take(&'static self) -> &'static mut [MaybeUninit<u64>] {
        assert!(!TAKEN.load(Ordering::Relaxed));
        TAKEN.store(true, Ordering::Relaxed);
        // SAFETY: aligned to 8 by `repr`, as long as BYTES says, alive for ever, and TAKEN makes this the only reference.
        unsafe { core::slice::from_raw_parts_mut(self.0.get().cast(), BYTES / 8) }
    }
}

impl<const BYTES: usize> Default for Heap<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

/// The part of flash that the image leaves to the workload.
#[derive(Clone, Copy)]
pub struct Window(&'static [u8]);

impl Window {
    /// The window the board's `memory.x` names `WORKLOAD`.
    pub fn workload() -> Self {
        unsafe extern "C" {
            static _workload_start: u8;
            static _workload_end: u8;
        }
        let start = &raw const _workload_start;
        let end = &raw const _workload_end;
        // SAFETY: memory.x reserves these addresses for the workload: they are readable, no section of the image lies there, and
        // nothing writes to them while the image runs.
        Self(unsafe { core::slice::from_raw_parts(start, end.addr() - start.addr()) })
    }

    /// The whole window.
    #[cfg(any(feature = "bundle", feature = "selftest"))]
    pub(crate) fn bytes(self) -> &'static [u8] {
        self.0
    }

    /// The whole window if it begins like an `.mpy` file of version 6; the file's own structure tells where it ends.
    pub fn mpy(self) -> Option<&'static [u8]> {
        self.0.starts_with(&[b'M', 6]).then_some(self.0)
    }
}

/// The lowest address of the stack; a stack pointer below it has left RAM.
pub(crate) fn stack_end() -> usize {
    unsafe extern "C" {
        static _stack_end: u8;
    }
    (&raw const _stack_end).addr()
}

/// What the compiler puts where a panic ends: `udf #254` in Thumb code, the compressed `unimp` on RISC-V.
const TRAP: u16 = if cfg!(target_arch = "arm") { 0xdefe } else { 0 };

/// Whether `pc` is an instruction of this image that the compiler put there to trap. A jump into data or into blank memory is not.
pub(crate) fn is_trap(pc: usize) -> bool {
    unsafe extern "C" {
        static _text_start: u8;
        static _text_end: u8;
    }
    let code = (&raw const _text_start).addr()..(&raw const _text_end).addr();
    code.contains(&pc) && pc.is_multiple_of(2) && {
        // SAFETY: an even address inside the image's code, whose ends are multiples of 4.
        let code = unsafe { code_at(pc) };
        code == TRAP
    }
}

/// Two bytes of code. The ESP32-C3, the one core here without atomic instructions, reads code by whole words only.
///
/// # Safety
/// `pc` is an even address of this image's code, which begins and ends at multiples of 4.
unsafe fn code_at(pc: usize) -> u16 {
    if cfg!(all(target_arch = "riscv32", not(target_feature = "a"))) {
        // SAFETY: as promised: four readable bytes.
        let word = unsafe { core::ptr::with_exposed_provenance::<u32>(pc & !3).read_volatile() };
        (word >> (pc % 4 * 8)) as u16
    } else {
        // SAFETY: as promised: two readable bytes.
        unsafe { core::ptr::with_exposed_provenance::<u16>(pc).read() }
    }
}
