//! Where text goes: to the machine's output, or into a text being built.

use crate::heap::{Kind, WORD};
use crate::types::int;
use crate::types::str::{grown, text, with_room};
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};

/// The machine's output, or a text being built: a block that grows, in a holder that `Vm::keep` roots.
#[derive(Clone, Copy)]
pub(crate) struct Sink {
    holder: Obj,
}

impl Sink {
    /// The machine's output, which takes what is added at once.
    pub(crate) const OUT: Sink = Sink { holder: Obj::NULL };

    /// A text to be built, held until it is let go of.
    pub(crate) fn new(vm: &mut Vm) -> Res<Sink> {
        let holder = vm.alloc(Kind::Cell, 1).kept(vm)?;
        let block = with_room(vm, 24)?;
        block.set_raw(0, 0);
        holder.set_field(0, block);
        Ok(Sink { holder })
    }

    /// Adds bytes, which may be those of a rooted value. Where memory was short once nothing is added any more, and [`Sink::finish`] says so:
    /// who adds need not look.
    pub(crate) fn push(self, vm: &mut Vm, bytes: &[u8]) -> Res<()> {
        if self.holder == Obj::NULL {
            vm.write(bytes);
            return Ok(());
        }
        let len = self.block(vm)?.raw(0);
        let block = grown(vm, self.holder, 0, len, len + bytes.len());
        if block.is_err() {
            self.holder.set_field(0, Obj::NULL);
        }
        let block = block?;
        block.write_bytes(len, bytes);
        block.set_raw(0, len + bytes.len());
        Ok(())
    }

    /// The same, so many times.
    #[cfg(any(feature = "percent", feature = "strings"))]
    #[inline(never)]
    pub(crate) fn fill(self, vm: &mut Vm, bytes: &[u8], times: usize) -> Res<()> {
        for _ in 0..times {
            self.push(vm, bytes)?;
        }
        Ok(())
    }

    /// Adds bytes; that there was no memory is told at the end.
    pub(crate) fn put(self, vm: &mut Vm, bytes: &[u8]) {
        let _ = self.push(vm, bytes);
    }

    pub(crate) fn put_byte(self, vm: &mut Vm, byte: u8) {
        self.put(vm, &[byte]);
    }

    pub(crate) fn put_int(self, vm: &mut Vm, value: i32) {
        let mut out = [0; 33];
        self.put(vm, int::digits(value, 10, &mut out));
    }

    pub(crate) fn put_name(self, vm: &mut Vm, value: Obj) {
        let bytes = text(vm, value).unwrap_or(b"?");
        self.put(vm, bytes);
    }

    fn block(self, vm: &mut Vm) -> Res {
        let block = self.holder.field(0);
        if block == Obj::NULL { vm.no_memory() } else { Ok(block) }
    }

    /// The text, in a block no larger than it needs. The sink must not be used after.
    pub(crate) fn finish(self, vm: &mut Vm) -> Res {
        let block = self.block(vm)?;
        vm.heap.shrink(block, 1 + block.raw(0).div_ceil(WORD));
        Ok(block)
    }
}
