//! `memoryview`: a look at the bytes of another object, which are not copied. Fields: the object (bytes, a byte array or an array), first
//! byte, how many bytes, the code of an item.
//!
//! The object may become shorter while it is looked at: a view then has fewer items. It never shows what is no longer the object's.

use crate::call::Args;
use crate::heap::Kind;
use crate::natives::N;
use crate::qstr::Qstr;
use crate::types::T;
use crate::types::{Method, bytes, packed};
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) const METHODS: &[Method] = &[(Qstr::TOBYTES, N::PackedToBytes), (Qstr::TOLIST, N::PackedToList)];

const OF: usize = 0;
const START: usize = 1;
const LEN: usize = 2;
const CODE: usize = 3;

fn new(vm: &mut Vm, of: Obj, start: usize, len: usize, code: u8) -> Res {
    let made = vm.alloc(Kind::MemoryView, 4)?;
    made.set_field(OF, of);
    made.set_field(START, Obj::count(start));
    made.set_field(LEN, Obj::count(len));
    made.set_field(CODE, Obj::int(code.into()));
    Ok(made)
}

/// `memoryview(object)`.
pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    let of = args.get(0);
    if let Some((all, code)) = packed::parts(of) {
        return if of.is(Kind::MemoryView) {
            new(vm, of.field(OF), number(of, START), all.len(), code)
        } else {
            new(vm, of, 0, all.len(), code)
        };
    }
    let all = bytes::argument(vm, of)?;
    new(vm, of, 0, all.len(), b'B')
}

fn number(view: Obj, field: usize) -> usize {
    view.field(field).as_int() as usize
}

/// From which byte to which the object is looked at, of the `len` that it has now.
fn span(view: Obj, len: usize) -> core::ops::Range<usize> {
    let start = number(view, START).min(len);
    start..start + number(view, LEN).min(len - start)
}

pub(crate) fn parts<'x>(view: Obj) -> (&'x [u8], u8) {
    let all = bytes::raw(view.field(OF)).unwrap_or(b"");
    (&all[span(view, all.len())], number(view, CODE) as u8)
}

/// The bytes to be written; `None` when the object is one that does not change.
pub(crate) fn writable<'x>(view: Obj) -> Option<&'x mut [u8]> {
    let all = packed::writable(view.field(OF))?;
    let span = span(view, all.len());
    Some(&mut all[span])
}

/// `view[slice]`: another view.
pub(crate) fn load_slice(vm: &mut Vm, view: Obj, at: Obj) -> Res {
    let (start, stop) = packed::ends(vm, view, at)?;
    new(vm, view.field(OF), number(view, START) + start, stop - start, number(view, CODE) as u8)
}

/// `view[index] = value`, and `view[slice] = bytes` of the same length and code. `del` there is none (NULL).
#[inline(never)]
pub(crate) fn store(vm: &mut Vm, view: Obj, at: Obj, value: Obj) -> Res<()> {
    if value == Obj::NULL || writable(view).is_none() {
        return vm.type_error(Qstr::M_READ_ONLY);
    }
    if at.is(Kind::Slice) {
        let (start, stop) = packed::ends(vm, view, at)?;
        let code = packed::parts(value).map_or(b'B', |(_, code)| code);
        let all = bytes::argument(vm, value)?;
        if all.len() != stop - start || usize::from(code) != number(view, CODE) {
            return vm.value_error(Qstr::M_BUFFER_SIZE);
        }
        // A copy: the value may show the same bytes.
        let copy = bytes::new(vm, all)?;
        if let Some(part) = writable(view).and_then(|all| all.get_mut(start..stop)) {
            part.copy_from_slice(copy.bytes(1, copy.raw(0)));
        }
        return Ok(());
    }
    packed::store(vm, view, at, value)
}
