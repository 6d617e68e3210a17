//! `_machine`, on which `vm/modules/machine.py` makes `machine`: memory by its address and pins by their numbers, through the machine's owner
//! ([`crate::Memory`], [`crate::Pins`]), who alone knows what may be touched, and one alarm, on which timers stand.

use crate::call::Args;
use crate::modules::{Entry, Made};
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::int;
use crate::value::{Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::MEM8, Entry::made(Made::Mem8)),
    (Qstr::MEM16, Entry::made(Made::Mem16)),
    (Qstr::MEM32, Entry::made(Made::Mem32)),
    (Qstr::ALARM, Entry::native(N::MachineAlarm)),
    (Qstr::PIN, Entry::native(N::MachinePin)),
    (Qstr::PIN_MODE, Entry::native(N::MachinePinMode)),
];

/// Bytes that `mem8`, `mem16` and `mem32` move; `None` for anything else.
pub(crate) fn width(object: Obj) -> Option<u8> {
    match object {
        it if it == Obj::MEM8 => Some(1),
        it if it == Obj::MEM16 => Some(2),
        it if it == Obj::MEM32 => Some(4),
        _ => None,
    }
}

/// An address or a value: 32 bits of a small or any int.
fn word(vm: &mut Vm, value: Obj) -> Res<u32> {
    if let Some(small) = ops::small(value) {
        return Ok(small as u32);
    }
    #[cfg(feature = "bigint")]
    if value.is(crate::heap::Kind::Int) {
        // The lowest 32 bits, by the operators there are: two halves of what is small.
        let low = ops::apply(vm, crate::opcodes::binary::AND, value, Obj::int(0xffff))?;
        let high = ops::apply(vm, crate::opcodes::binary::SHIFT_RIGHT, value, Obj::int(16)).kept(vm)?;
        let high = ops::apply(vm, crate::opcodes::binary::AND, high, Obj::int(0xffff))?;
        vm.unkeep(1);
        return Ok((ops::as_int(vm, high)? as u32) << 16 | ops::as_int(vm, low)? as u32);
    }
    vm.type_error(Qstr::M_EXPECTED_INT)
}

pub(crate) fn read(vm: &mut Vm, width: u8, at: Obj) -> Res {
    let address = word(vm, at)?;
    match vm.memory().and_then(|memory| memory.read(address, width)) {
        Some(value) => int::new(vm, i64::from(value)),
        None => vm.value_error(Qstr::M_ADDRESS),
    }
}

pub(crate) fn write(vm: &mut Vm, width: u8, at: Obj, value: Obj) -> Res<()> {
    let (address, value) = (word(vm, at)?, word(vm, value)?);
    match vm.memory().and_then(|memory| memory.write(address, width, value)) {
        Some(()) => Ok(()),
        None => vm.value_error(Qstr::M_ADDRESS),
    }
}

/// `alarm(ms, function)`: calls it with `None` in so many milliseconds, instead of what was to be called before; `None`: nothing.
pub(crate) fn alarm(vm: &mut Vm, args: Args) -> Res {
    let ms = ops::as_int(vm, args.get(0))?;
    let function = if args.get(1) == Obj::NONE { Obj::NULL } else { args.get(1) };
    vm.set_alarm(ms.max(0) as u32, function);
    Ok(Obj::NONE)
}

fn done(vm: &mut Vm, done: Option<()>) -> Res {
    match done {
        Some(()) => Ok(Obj::NONE),
        None => vm.value_error(Qstr::M_NO_PIN),
    }
}

/// `pin(number)`: 1 where it is high, 0 where it is low. `pin(number, value)` drives it.
pub(crate) fn pin(vm: &mut Vm, args: Args) -> Res {
    let pin = ops::as_int(vm, args.get(0))? as u32;
    if args.n == 2 {
        let high = ops::truth(vm, args.get(1))?;
        let driven = vm.pins().and_then(|pins| pins.write(pin, high));
        return done(vm, driven);
    }
    match vm.pins().and_then(|pins| pins.read(pin)) {
        Some(high) => Ok(Obj::int(i32::from(high))),
        None => vm.value_error(Qstr::M_NO_PIN),
    }
}

/// `pin_mode(number, output, pull)`: `pull` is 1 for up, 2 for down, anything else for neither.
pub(crate) fn pin_mode(vm: &mut Vm, args: Args) -> Res {
    let pin = ops::as_int(vm, args.get(0))? as u32;
    let output = ops::truth(vm, args.get(1))?;
    let pull = match args.get(2) {
        it if it == Obj::int(1) => Some(true),
        it if it == Obj::int(2) => Some(false),
        _ => None,
    };
    let configured = vm.pins().and_then(|pins| pins.configure(pin, output, pull));
    done(vm, configured)
}
