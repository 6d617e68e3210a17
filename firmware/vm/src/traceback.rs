//! Where an exception came by: the functions and lines it left on its way, noted without any allocation.
//!
//! The machine notes a fixed number of places for one exception, the one on its way last. Raising the same one again goes on where it was;
//! another one begins anew. Where there are more places than room the innermost and the outermost are kept.

use crate::code::CodePtr;
use crate::frame::FramePtr;
use crate::lines;
use crate::sink::Sink;
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// Places that are kept.
const PLACES: usize = 10;
/// Of these, the innermost ones that stay when more come.
const INNERMOST: usize = 5;

/// The places of one exception.
#[derive(Clone, Copy)]
pub(crate) struct Traceback {
    /// The exception.
    pub(crate) of: Obj,
    places: [Option<(CodePtr, u16)>; PLACES],
    len: u8,
    /// Some in the middle were dropped.
    gap: bool,
}

impl Traceback {
    pub(crate) const NONE: Traceback = Traceback { of: Obj::NULL, places: [None; PLACES], len: 0, gap: false };

    /// The exception `error` leaves `frame`, or is handled in it.
    pub(crate) fn note(&mut self, error: Obj, frame: FramePtr) {
        if self.of != error {
            *self = Traceback { of: error, ..Traceback::NONE };
        }
        let code = frame.code();
        let place = Some((code, frame.ip().offset(code.get().start) as u16));
        let len = usize::from(self.len);
        // Raised again where it was handled: the same function goes on.
        if len > 0 && matches!(self.places[len - 1], Some((last, _)) if last == code && self.handled_in(frame)) {
            return;
        }
        if len == PLACES {
            self.places.copy_within(INNERMOST + 1.., INNERMOST);
            self.places[PLACES - 1] = place;
            self.gap = true;
        } else {
            self.places[len] = place;
            self.len += 1;
        }
    }

    /// Whether a handler of the frame is under way, so that its last place is this very frame's.
    fn handled_in(&self, frame: FramePtr) -> bool {
        (0..frame.n_blocks()).any(|index| frame.block(index).value() == self.of)
    }
}

/// Prints the places of `error`, the outermost first.
pub(crate) fn print(vm: &mut Vm, error: Obj) -> Res<()> {
    let traceback = vm.traceback;
    if traceback.of != error || traceback.len == 0 {
        return Ok(());
    }
    vm.write(b"Traceback (most recent call last):\n");
    for index in (0..usize::from(traceback.len)).rev() {
        let Some((code, offset)) = traceback.places[index] else { continue };
        vm.write(b"  File \"");
        Sink::OUT.put_name(vm, code.get().module.name(0));
        vm.write(b"\", line ");
        // The place is behind the opcode that raised.
        let line = lines::line(code.line_steps(), usize::from(offset).saturating_sub(1));
        crate::print::repr(vm, Sink::OUT, Obj::count(line))?;
        vm.write(b", in ");
        Sink::OUT.put_name(vm, code.name());
        vm.write(b"\n");
        if traceback.gap && index == INNERMOST {
            vm.write(b"  ...\n");
        }
    }
    Ok(())
}
