//! Where an exception came by: the functions and lines it left on its way, noted without any allocation.
//!
//! The machine notes a fixed number of places for the exception on its way last; with `chaining`, of what that came of, too. Raising the same
//! one again goes on where it was; another one begins anew. Where there are more places than room the innermost and the outermost are kept.

use crate::code::CodePtr;
use crate::frame::FramePtr;
use crate::lines;
use crate::sink::Sink;
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// Exceptions whose places are kept.
const KEPT: usize = if cfg!(feature = "chaining") { 3 } else { 1 };
/// Places that are kept.
const PLACES: usize = 10;
/// Of these, the innermost ones that stay when more come.
const INNERMOST: usize = 5;

/// The places of one exception.
#[derive(Clone, Copy)]
struct Traceback {
    /// The exception; NULL where there is none. Of no weight in a collection: what nobody else holds is forgotten.
    of: Obj,
    codes: [Option<CodePtr>; PLACES],
    /// How far in each.
    offsets: [u16; PLACES],
    len: u8,
    /// Some in the middle were dropped.
    gap: bool,
}

/// The places of the exceptions that were on their way last.
pub(crate) struct Tracebacks {
    all: [Traceback; KEPT],
    /// The one that is given up next.
    next: usize,
}

impl Tracebacks {
    pub(crate) const NONE: Tracebacks = Tracebacks { all: [Traceback::NONE; KEPT], next: 0 };

    /// The exception `error` leaves `frame`, or is handled in it.
    pub(crate) fn note(&mut self, error: Obj, frame: FramePtr) {
        if let Some(known) = self.all.iter_mut().find(|traceback| traceback.of == error) {
            known.note(frame);
            return;
        }
        let new = &mut self.all[self.next];
        self.next = if self.next + 1 < KEPT { self.next + 1 } else { 0 };
        // Behind `len` there may be whatever was there.
        (new.of, new.len, new.gap) = (error, 0, false);
        new.note(frame);
    }

    /// Forgets those of some exceptions.
    pub(crate) fn forget(&mut self, is_to_go: impl Fn(Obj) -> bool) {
        for traceback in &mut self.all {
            if traceback.of != Obj::NULL && is_to_go(traceback.of) {
                traceback.of = Obj::NULL;
            }
        }
    }
}

impl Traceback {
    const NONE: Traceback = Traceback { of: Obj::NULL, codes: [None; PLACES], offsets: [0; PLACES], len: 0, gap: false };

    #[inline(never)]
    fn note(&mut self, frame: FramePtr) {
        let code = frame.code();
        let mut len = usize::from(self.len);
        // Raised again where it was handled: the same function goes on.
        if len > 0 && self.codes[len - 1] == Some(code) && self.handled_in(frame) {
            return;
        }
        if len == PLACES {
            self.codes.copy_within(INNERMOST + 1.., INNERMOST);
            self.offsets.copy_within(INNERMOST + 1.., INNERMOST);
            self.gap = true;
            len -= 1;
        }
        self.codes[len] = Some(code);
        self.offsets[len] = frame.ip().offset(code.get().start) as u16;
        self.len = len as u8 + 1;
    }

    /// Whether a handler of the frame is under way, so that its last place is this very frame's.
    fn handled_in(&self, frame: FramePtr) -> bool {
        (0..frame.n_blocks()).any(|index| frame.block(index).value() == self.of)
    }
}

/// Prints the places of `error`, the outermost first.
pub(crate) fn print(vm: &mut Vm, error: Obj) -> Res<()> {
    let Some(at) = vm.tracebacks.all.iter().position(|traceback| traceback.of == error) else { return Ok(()) };
    vm.write(b"Traceback (most recent call last):\n");
    for index in (0..usize::from(vm.tracebacks.all[at].len)).rev() {
        let traceback = &vm.tracebacks.all[at];
        let (Some(code), offset, gap) = (traceback.codes[index], traceback.offsets[index], traceback.gap) else { continue };
        vm.write(b"  File \"");
        Sink::OUT.put_name(vm, code.get().module.name(0));
        vm.write(b"\", line ");
        // The place is behind the opcode that raised.
        let line = lines::line(code.line_steps(), usize::from(offset).saturating_sub(1));
        crate::print::repr(vm, Sink::OUT, Obj::count(line))?;
        vm.write(b", in ");
        Sink::OUT.put_name(vm, code.name());
        vm.write(b"\n");
        if gap && index == INNERMOST {
            vm.write(b"  ...\n");
        }
    }
    Ok(())
}
