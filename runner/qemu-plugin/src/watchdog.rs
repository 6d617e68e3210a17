//! The budget's thread: looks at the total now and then, and ends QEMU when it is too high. It may touch the process.
//!
//! It only shortens a hopeless run. The verdict is made of the total alone, here and at an orderly end alike.

use std::ffi::{c_int, c_void};
use std::thread;
use std::time::{Duration, Instant};
use std::{io, mem, ptr};

use crate::session::Session;

/// How often the total is looked at: a run goes over its budget by a few million instructions at most.
const PERIOD: Duration = Duration::from_millis(10);

/// Looking holds up the translation of new code, so the next look waits this many times as long as the last one took.
const REST: u32 = 20;

/// QEMU's exit code when the budget is used up; the one that `timeout` has.
const EXIT_OVER_BUDGET: c_int = 124;

/// `SIG_SETMASK` of Linux on the processors QEMU's plugins run on.
const SIG_SETMASK: c_int = 2;

/// `sigset_t` of Linux's C libraries: 1024 bits.
#[repr(C)]
struct SignalSet([u64; 16]);

unsafe extern "C" {
    fn sigfillset(set: *mut SignalSet) -> c_int;
    fn pthread_sigmask(how: c_int, set: *const SignalSet, old: *mut SignalSet) -> c_int;
    fn _exit(code: c_int) -> !;
}

/// Starts the thread.
///
/// # Errors
/// The system gives no thread.
pub fn start(session: &'static Session, budget: u64) -> io::Result<()> {
    // QEMU waits for some signals in a thread of its choice. A thread that does not block them could take one instead, and
    // die of it. A new thread has the mask of its parent.
    with_signals_blocked(|| thread::Builder::new().name("ounce-budget".into()).spawn(move || watch(session, budget)))?;
    Ok(())
}

fn watch(session: &Session, budget: u64) {
    let mut pause = PERIOD;
    loop {
        thread::sleep(pause);
        if session.is_finished() {
            return;
        }
        let looked = Instant::now();
        let total = session.total();
        pause = PERIOD.max(looked.elapsed().saturating_mul(REST));
        if total > budget {
            session.finish_then(|| {
                // SAFETY: ends the process, without running QEMU's own clean-up, which is not for this thread.
                unsafe { _exit(EXIT_OVER_BUDGET) }
            });
            return;
        }
    }
}

fn with_signals_blocked<T>(act: impl FnOnce() -> T) -> T {
    let mut all = SignalSet([0; 16]);
    let mut before = SignalSet([0; 16]);
    // SAFETY: the set is large enough.
    unsafe { sigfillset(&raw mut all) };
    // SAFETY: both sets are valid.
    let changed = unsafe { pthread_sigmask(SIG_SETMASK, &raw const all, &raw mut before) } == 0;
    let result = act();
    if changed {
        // SAFETY: `before` was filled by the call that succeeded; the old mask is not asked for.
        unsafe { pthread_sigmask(SIG_SETMASK, &raw const before, ptr::null_mut()) };
    }
    result
}

const _: () = assert!(mem::size_of::<SignalSet>() == 128 && mem::size_of::<*mut c_void>() == 8);
