//! `time`: ticks and waiting. The clock is the machine's owner's ([`crate::Clock`]); without one, time passes only by waiting.

use crate::call::Args;
use crate::limbs::quotient;
use crate::modules::Entry;
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::value::{INT_MAX, Obj, Res};
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::SLEEP, Entry::native(N::TimeSleep)),
    (Qstr::SLEEP_MS, Entry::native(N::TimeSleepMs)),
    (Qstr::SLEEP_US, Entry::native(N::TimeSleepUs)),
    (Qstr::TICKS_ADD, Entry::native(N::TimeTicksAdd)),
    (Qstr::TICKS_CPU, Entry::native(N::TimeTicksUs)),
    (Qstr::TICKS_DIFF, Entry::native(N::TimeTicksDiff)),
    (Qstr::TICKS_MS, Entry::native(N::TimeTicksMs)),
    (Qstr::TICKS_US, Entry::native(N::TimeTicksUs)),
    (Qstr::TIME, Entry::native(N::TimeTime)),
];

/// Ticks count round in as many bits as a small int has without its sign, less one: so that differences fit.
const PERIOD: u64 = (INT_MAX as u64 + 1) / 2;

fn ticks(count: u64) -> Res {
    Ok(Obj::int((count % PERIOD) as i32))
}

pub(crate) fn ticks_ms(vm: &mut Vm, _args: Args) -> Res {
    ticks(quotient(vm.now_us(), 1000))
}

pub(crate) fn ticks_us(vm: &mut Vm, _args: Args) -> Res {
    ticks(vm.now_us())
}

/// Seconds since the machine began.
pub(crate) fn time(vm: &mut Vm, _args: Args) -> Res {
    Ok(Obj::count_at_most(quotient(vm.now_us(), 1_000_000) as usize))
}

/// `ticks_add(ticks, delta)`, round the period.
pub(crate) fn ticks_add(vm: &mut Vm, args: Args) -> Res {
    let (ticks, delta) = (ops::as_int(vm, args.get(0))?, ops::as_int(vm, args.get(1))?);
    Ok(Obj::int((i64::from(ticks) + i64::from(delta)).rem_euclid(PERIOD as i64) as i32))
}

/// `ticks_diff(end, start)`: the signed difference, right as long as it is less than half the period.
pub(crate) fn ticks_diff(vm: &mut Vm, args: Args) -> Res {
    let (end, start) = (ops::as_int(vm, args.get(0))?, ops::as_int(vm, args.get(1))?);
    let half = PERIOD as i64 / 2;
    let apart = (i64::from(end) - i64::from(start) + half).rem_euclid(PERIOD as i64) - half;
    Ok(Obj::int(apart as i32))
}

fn wait(vm: &mut Vm, args: Args, unit: u64) -> Res {
    let many = ops::as_int(vm, args.get(0))?;
    if many > 0 {
        wait_us(vm, many as u64 * unit)?;
    }
    Ok(Obj::NONE)
}

/// Waits; while an alarm is set by pieces of a millisecond, between which it may go off.
fn wait_us(vm: &mut Vm, microseconds: u64) -> Res<()> {
    #[cfg(feature = "machine")]
    {
        let end = vm.now_us() + microseconds;
        while vm.has_alarm() {
            let left = end.saturating_sub(vm.now_us());
            if left == 0 {
                return Ok(());
            }
            vm.wait_us(left.min(1000));
            vm.attend()?;
        }
        let left = end.saturating_sub(vm.now_us());
        vm.wait_us(left);
        Ok(())
    }
    #[cfg(not(feature = "machine"))]
    {
        vm.wait_us(microseconds);
        Ok(())
    }
}

/// `sleep(seconds)`.
pub(crate) fn sleep(vm: &mut Vm, args: Args) -> Res {
    #[cfg(feature = "float")]
    if let Some(seconds) = crate::types::float::of(args.get(0)) {
        // No time at all where it is below zero or a nan.
        wait_us(vm, crate::decimal::to_u64(seconds * 1_000_000.0))?;
        return Ok(Obj::NONE);
    }
    wait(vm, args, 1_000_000)
}

pub(crate) fn sleep_ms(vm: &mut Vm, args: Args) -> Res {
    wait(vm, args, 1000)
}

pub(crate) fn sleep_us(vm: &mut Vm, args: Args) -> Res {
    wait(vm, args, 1)
}
