//! How an image ends: one exit code for each reason a runner treats differently.
#![forbid(unsafe_code)]

use core::sync::atomic::{AtomicBool, Ordering};

use crate::semihosting;

/// The program ran and its result was printed.
pub const DONE: u32 = 0;
/// A panic of the Rust code: a defect of the firmware.
pub const PANIC: u32 = 101;
/// A HardFault, a trap or a stack overflow.
pub const FAULT: u32 = 102;
/// The program needs more heap than the board has.
pub const DOES_NOT_FIT: u32 = 103;
/// `main()` raised an exception and nothing caught it.
pub const UNCAUGHT: u32 = 104;
/// There is no workload in the window, or it is not one this VM takes.
pub const BAD_WORKLOAD: u32 = 105;
/// The self-test found a part of the board that does not do what it should.
pub const BAD_BOARD: u32 = 106;

static ENDED: AtomicBool = AtomicBool::new(false);

/// Ends the image with `code`, one of the constants above.
///
/// Without a debugger or an emulator the request itself faults: that second ending waits for ever and says nothing.
pub fn exit(code: u32) -> ! {
    if !ENDED.load(Ordering::Relaxed) {
        ENDED.store(true, Ordering::Relaxed);
        semihosting::exit(code);
    }
    loop {
        core::hint::spin_loop();
    }
}

/// Whether [`exit()`] was called before: a fault after that comes from the exit itself.
pub(crate) fn ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}
