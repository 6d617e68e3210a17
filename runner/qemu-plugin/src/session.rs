//! One run: joins arguments, counters, windows, stack mark and result file. It may touch what they touch.
//!
//! Locks are taken in one order, file before windows before counters, and none is held while QEMU runs guest code.

use std::ffi::{c_uint, c_void};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::accesses::Accesses;
use crate::api::{self, Api, Block};
use crate::args::Args;
use crate::counters::{Counters, instructions};
use crate::jumps::Jumps;
use crate::output::{Report, ResultFile};
use crate::stack::StackMark;
use crate::watchdog;
use crate::windows::Windows;

/// The run, from QEMU's start on.
static SESSION: OnceLock<Session> = OnceLock::new();

/// Beside the session, because it is asked at every store.
static STACK: StackMark = StackMark::new();

/// Likewise.
static ACCESSES: Accesses = Accesses::new();

/// Likewise, where it is asked for.
static JUMPS: OnceLock<Jumps> = OnceLock::new();

/// Everything known of a run.
pub struct Session {
    api: Api,
    args: Args,
    counters: Mutex<Counters>,
    windows: Mutex<Windows>,
    /// Gone when it has been written.
    file: Mutex<Option<ResultFile>>,
    faults: AtomicU64,
}

/// Starts counting.
///
/// # Errors
/// One sentence for whoever started QEMU.
pub fn start(id: u64, args: Args) -> Result<(), String> {
    let api = Api::find()?;
    let file = ResultFile::open(&args.out).map_err(|error| format!("cannot write {}: {error}", args.out.display()))?;
    if let Some(window) = args.stack {
        STACK.watch(window);
    }
    if args.jumps {
        JUMPS.get_or_init(Jumps::new);
    }
    let budget = args.budget;
    let fresh = Session {
        api,
        args,
        counters: Mutex::new(Counters::new(api)),
        windows: Mutex::new(Windows::default()),
        file: Mutex::new(Some(file)),
        faults: AtomicU64::new(0),
    };
    if SESSION.set(fresh).is_err() {
        return Err("the plugin is given twice".into());
    }
    let Some(session) = SESSION.get() else { return Err("no session".into()) };
    if let Some(budget) = budget {
        watchdog::start(session, budget).map_err(|error| format!("cannot start the budget's thread: {error}"))?;
    }
    api.on_translate(id, on_translate);
    api.on_exit(id, on_exit);
    Ok(())
}

impl Session {
    /// Instructions so far. May be called from any thread.
    pub fn total(&self) -> u64 {
        lock(&self.counters).instructions()
    }

    /// Whether the result file has been written.
    pub fn is_finished(&self) -> bool {
        lock(&self.file).is_none()
    }

    /// Writes the result file if that has not been done, and if so calls `then` before anyone else who wants to finish
    /// goes on.
    pub fn finish_then(&self, then: impl FnOnce()) {
        let mut slot = lock(&self.file);
        let Some(file) = slot.take() else { return };
        if let Err(error) = file.publish(&self.report()) {
            complain(&format!("cannot write {}: {error}", self.args.out.display()));
        }
        then();
    }

    fn report(&self) -> String {
        let mut windows = lock(&self.windows);
        let counters = lock(&self.counters);
        let mut now = Vec::new();
        counters.read_into(&mut now, ACCESSES.so_far());
        if windows.finish(&now) {
            STACK.leave();
        }
        Report {
            qemu_api: api::version(),
            total: instructions(&now),
            measured: windows.instructions(),
            markers: windows.totals(),
            budget: self.args.budget,
            stack: self.args.stack.map(|_| (STACK.low(), STACK.low_measured())),
            memory: self.args.memory,
            faults: self.faults.load(Ordering::Relaxed),
            counts: windows.measured(),
            addresses: counters.addresses(),
            jumps: JUMPS.get().map(Jumps::seen),
        }
        .text()
    }

    fn translated(&self, block: *mut Block) {
        let mut counters = lock(&self.counters);
        self.api.each_insn(block, |insn, address, place| {
            // Before the counter, so that a marker's call sees the counters without the marker.
            if address == self.args.begin {
                self.api.on_execute(insn, on_begin, 0);
            } else if address == self.args.end {
                self.api.on_execute(insn, on_end, 0);
            }
            let slot = counters.count_execution(insn, address);
            if let Some(jumps) = JUMPS.get() {
                jumps.know(slot, address);
                if place.is_first {
                    self.api.on_execute(insn, on_arrival, slot);
                }
                if place.is_last {
                    self.api.on_execute(insn, on_leaving, slot);
                }
            }
            if self.args.memory || self.args.stack.is_some() {
                self.api.on_access(insn, on_access);
            }
        });
    }

    fn begun(&self) {
        let mut windows = lock(&self.windows);
        if windows.begin(|tally| lock(&self.counters).read_into(tally, ACCESSES.so_far())) {
            STACK.enter();
            count_jumps(true);
        }
    }

    fn ended(&self) {
        let mut windows = lock(&self.windows);
        let mut now = Vec::new();
        lock(&self.counters).read_into(&mut now, ACCESSES.so_far());
        if windows.end(&now) {
            STACK.leave();
            count_jumps(false);
        }
    }
}

/// A message to whoever reads QEMU's standard error.
pub fn complain(message: &str) {
    // Nothing can be done when standard error is closed.
    let _ = writeln!(std::io::stderr(), "ounce-qemu-plugin: {message}");
}

/// A panic while a lock was held has been noted as a fault; the run goes on and its file says so.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls the session from C: no panic may leave.
fn with_session(act: impl FnOnce(&Session)) {
    let Some(session) = SESSION.get() else { return };
    if catch_unwind(AssertUnwindSafe(|| act(session))).is_err() {
        session.faults.fetch_add(1, Ordering::Relaxed);
    }
}

extern "C" fn on_translate(_id: u64, block: *mut Block) {
    with_session(|session| session.translated(block));
}

extern "C" fn on_begin(_vcpu: c_uint, _data: *mut c_void) {
    with_session(Session::begun);
}

extern "C" fn on_end(_vcpu: c_uint, _data: *mut c_void) {
    with_session(Session::ended);
}

fn count_jumps(is_on: bool) {
    if let Some(jumps) = JUMPS.get() {
        jumps.count(is_on);
    }
}

extern "C" fn on_arrival(_vcpu: c_uint, slot: *mut c_void) {
    if let Some(jumps) = JUMPS.get() {
        jumps.arrived(slot.addr());
    }
}

extern "C" fn on_leaving(_vcpu: c_uint, slot: *mut c_void) {
    if let Some(jumps) = JUMPS.get() {
        jumps.leaving(slot.addr());
    }
}

extern "C" fn on_access(_vcpu: c_uint, kind: u32, address: u64, _data: *mut c_void) {
    let Some(session) = SESSION.get() else { return };
    let is_store = session.api.is_store(kind);
    ACCESSES.note(is_store);
    if is_store {
        STACK.stored(address);
    }
}

extern "C" fn on_exit(_id: u64, _data: *mut c_void) {
    with_session(|session| session.finish_then(|| {}));
}
