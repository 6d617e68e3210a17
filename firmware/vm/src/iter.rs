//! Iteration: the four-slot iterators of `for` loops, iterator objects (the same four slots in a block), and unpacking.
//!
//! | first slot | others |
//! |---|---|
//! | RANGE_LOOP | next, stop, step |
//! | list, tuple, str | index (for a str: of the byte) |
//! | dict | entry, what to give, count at the start |
//! | generator, iterator object, instance with `__next__` | – |
//! | NULL | the iterator (generator expressions lay it out so) |
//! | type zip, map, filter, enumerate, reversed | its parts |

use crate::call::{self, Args};
use crate::frame::{Action, Slots};
use crate::heap::Kind;
use crate::qstr::Qstr;
use crate::types::{T, dict, list, range, str, tuple};
use crate::value::{Obj, Res};
use crate::vm::Vm;
use crate::{attr, ops};

pub(crate) const SLOTS: usize = 4;
pub(crate) const DICT_KEYS: i32 = 0;
pub(crate) const DICT_ITEMS: i32 = 1;
pub(crate) const DICT_VALUES: i32 = 2;

/// The type of an iterator object.
pub(crate) fn type_of(iterator: Obj) -> T {
    iterator.field(0).as_type_index().map_or(T::Iterator, T::from_index)
}

/// Lays out the iterator of a rooted value; the value itself when it is an iterator. False: it has none of these forms.
fn lay_out(at: Slots, value: Obj) -> bool {
    let slots = if value.is(Kind::Range) {
        let (start, stop, step) = range::parts(value);
        [Obj::RANGE_LOOP, Obj::int(start), Obj::int(stop), Obj::int(step)]
    } else if is_dict(value) {
        [value, Obj::int(0), Obj::int(DICT_KEYS), Obj::count(dict::len(value))]
    } else if let Some(slots) = lay_out_more(value) {
        slots
    } else if value.is(Kind::List) || value.is(Kind::Tuple) || str::is(value) {
        [value, Obj::int(0), Obj::NULL, Obj::NULL]
    } else if is_bytes(value) || is_numbers(value) {
        [value, Obj::int(0), Obj::NULL, Obj::NULL]
    } else if is_iterator(value) {
        [value, Obj::NULL, Obj::NULL, Obj::NULL]
    } else {
        return false;
    };
    for (index, slot) in slots.iter().enumerate() {
        at.set(index as isize, *slot);
    }
    true
}

/// A dict, or a set, which is laid out as one.
fn is_dict(value: Obj) -> bool {
    #[cfg(feature = "set")]
    if crate::types::set::is(value) {
        return true;
    }
    value.is(Kind::Dict)
}

fn is_bytes(_value: Obj) -> bool {
    #[cfg(feature = "bytes")]
    return crate::types::bytes::buffer(_value).is_some();
    #[cfg(not(feature = "bytes"))]
    false
}

/// An array or a view.
#[cfg_attr(feature = "speed", inline(always))]
fn is_numbers(_value: Obj) -> bool {
    #[cfg(any(feature = "array", feature = "memoryview"))]
    return crate::types::packed::parts(_value).is_some();
    #[cfg(not(any(feature = "array", feature = "memoryview")))]
    false
}

#[cfg(not(feature = "language"))]
#[cfg_attr(feature = "speed", inline(always))]
fn lay_out_more(_value: Obj) -> Option<[Obj; SLOTS]> {
    None
}

/// The same for views, built-in parts of instances and what is iterated by its `__getitem__`.
#[cfg(feature = "language")]
fn lay_out_more(value: Obj) -> Option<[Obj; SLOTS]> {
    if value.is(Kind::View) {
        let (of, what) = crate::types::view::parts(value);
        return Some([of, Obj::int(0), Obj::int(what), Obj::count(dict::len(of))]);
    }
    #[cfg(feature = "collections")]
    if value.is(Kind::Deque) {
        return Some([T::Iterator.obj(), value, Obj::int(0), Obj::count(crate::modules::deque::len(value))]);
    }
    if !value.is(Kind::Instance) || is_iterator(value) {
        return None;
    }
    if attr::of_class(value, Obj::name(Qstr::D_GETITEM)) != Obj::NULL {
        return Some([T::Iterator.obj(), value, Obj::int(0), Obj::NULL]);
    }
    let part = crate::types::class::native_part(value)?;
    let mut slots = [Obj::NULL; SLOTS];
    lay_out(Slots::of_array(&mut slots), part).then_some(slots)
}

fn is_iterator(value: Obj) -> bool {
    #[cfg(feature = "io")]
    if value.is(Kind::Stream) {
        return true;
    }
    value.is(Kind::Generator) || value.is(Kind::Iter) || attr::of_class(value, Obj::name(Qstr::D_NEXT)) != Obj::NULL
}

/// GET_ITER_STACK: the value at `at` becomes an iterator in four slots.
#[inline(never)]
pub(crate) fn get_on_stack(vm: &mut Vm, at: Slots) -> Res<()> {
    let value = at.get(0);
    // An instance that is an iterator but has an `__iter__` of its own is asked.
    if attr::of_class(value, Obj::name(Qstr::D_ITER)) == Obj::NULL && lay_out(at, value) {
        return Ok(());
    }
    let iterator = from_class(vm, value)?;
    if lay_out(at, iterator) { Ok(()) } else { vm.type_error(Qstr::M_NOT_ITERABLE) }
}

/// What an instance's `__iter__` gives.
fn from_class(vm: &mut Vm, value: Obj) -> Res {
    match attr::of_class(value, Obj::name(Qstr::D_ITER)) {
        it if it == Obj::NULL => vm.type_error(Qstr::M_NOT_ITERABLE),
        function => call::call(vm, function, &[value]),
    }
}

/// GET_ITER: an iterator object for a rooted value.
pub(crate) fn get(vm: &mut Vm, value: Obj) -> Res {
    if attr::of_class(value, Obj::name(Qstr::D_ITER)) != Obj::NULL {
        return from_class(vm, value);
    }
    if is_iterator(value) {
        return Ok(value);
    }
    vm.keep(value)?;
    let made = new(vm, &[])?;
    vm.unkeep(1);
    if lay_out(Slots::of(made, 0), value) { Ok(made) } else { vm.type_error(Qstr::M_NOT_ITERABLE) }
}

/// The same, for natives that go on with `next`.
pub(crate) fn get_native(vm: &mut Vm, value: Obj) -> Res {
    let iterator = get(vm, value)?;
    if is_iterator(iterator) { Ok(iterator) } else { vm.type_error(Qstr::M_NOT_ITERABLE) }
}

fn new(vm: &mut Vm, slots: &[Obj]) -> Res {
    let made = vm.alloc(Kind::Iter, SLOTS)?;
    for (index, slot) in slots.iter().enumerate() {
        made.set_field(index, *slot);
    }
    Ok(made)
}

/// An iterator over a rooted dict's keys, values or pairs.
#[cfg(not(feature = "language"))]
pub(crate) fn over_dict(vm: &mut Vm, of: Obj, what: i32) -> Res {
    let count = Obj::count(dict::len(of));
    new(vm, &[of, Obj::int(0), Obj::int(what), count])
}

/// The next value of a rooted iterator object; STOP when there is none. Runs Python code to its end.
pub(crate) fn next(vm: &mut Vm, iterator: Obj) -> Res {
    if iterator.is(Kind::Generator) {
        return call::resume_nested(vm, iterator);
    }
    if iterator.is(Kind::Iter) {
        return next_in(vm, Slots::of(iterator, 0));
    }
    #[cfg(feature = "io")]
    if iterator.is(Kind::Stream) {
        return crate::modules::io::next_line(vm, iterator);
    }
    match attr::of_class(iterator, Obj::name(Qstr::D_NEXT)) {
        it if it == Obj::NULL => vm.type_error(Qstr::M_NOT_ITERABLE),
        function => stop_to_value(vm, |vm| call::call(vm, function, &[iterator])),
    }
}

/// Turns StopIteration into STOP.
fn stop_to_value(vm: &mut Vm, what: impl FnOnce(&mut Vm) -> Res) -> Res {
    let level = vm.level();
    match what(vm) {
        Err(_) if !vm.halted && call::error_is(vm, T::StopIteration) => {
            vm.return_to(level);
            Ok(Obj::STOP)
        }
        other => other,
    }
}

/// The next int of a loop over a range, whose next, stop and step are in these slots from 1 on; none at its end.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn next_of_range(slots: Slots) -> Option<Obj> {
    let (now, stop, step) = (slots.get(1), slots.get(2), slots.get(3));
    let more = if step.tagged() > 0 { now.tagged() < stop.tagged() } else { now.tagged() > stop.tagged() };
    // The three are ints unless the slots were tampered with: then the loop ends.
    if !more || now.word() & stop.word() & step.word() & 1 == 0 {
        return None;
    }
    // Where the next one would leave the small ints, the end is reached as well.
    let next = now.tagged().checked_add(step.tagged() - 1);
    slots.set(1, next.map_or(stop, Obj::from_tagged));
    Some(now)
}

/// FOR_ITER: the next value of the iterator in four slots, or STOP, or `CALL` when a frame was pushed that knows where the loop ends.
#[inline(never)]
#[cfg_attr(all(target_os = "none", feature = "speed"), optimize(speed))]
pub(crate) fn next_for_loop(vm: &mut Vm, slots: Slots, end: usize) -> Res {
    let subject = match slots.get(0) {
        it if it == Obj::NULL => slots.get(1),
        subject => subject,
    };
    if cfg!(feature = "speed") && subject.is(Kind::List) {
        return Ok(next_of_list(slots, subject));
    }
    #[cfg(feature = "bytes")]
    if subject.is(Kind::ByteArray) || subject.is(Kind::Bytes) {
        let index = slots.get(1);
        let item = crate::types::bytes::quick(subject, index.as_int());
        if item != Obj::NULL {
            slots.set(1, Obj::int(index.as_int() + 1));
            return Ok(item);
        }
        return Ok(Obj::STOP);
    }
    if subject.is(Kind::Generator) {
        return call::resume(vm, subject, Obj::NONE, Action::ForGenerator, Obj::int(end as i32));
    }
    if subject.is(Kind::Instance) {
        let function = attr::of_class(subject, Obj::name(Qstr::D_NEXT));
        if function.is(Kind::Function) {
            let mut argument = [subject];
            let begun = call::start_with_self(vm, function, Vm::slots(&mut argument), 1, 0)?;
            if let (true, Some(frame)) = (begun == Obj::CALL, vm.frame) {
                frame.set_action(Action::ForNext);
                frame.set_extra(Obj::int(end as i32));
            }
            return Ok(begun);
        }
    }
    if slots.get(0) == Obj::NULL {
        return next(vm, subject);
    }
    next_in(vm, slots)
}

#[cfg_attr(feature = "speed", inline(always))]
fn next_of_list(slots: Slots, list: Obj) -> Obj {
    let index = slots.get(1).as_int();
    match list::items(list).get(index as usize) {
        Some(value) => {
            slots.set(1, Obj::int(index + 1));
            *value
        }
        None => Obj::STOP,
    }
}

fn next_in(vm: &mut Vm, slots: Slots) -> Res {
    let subject = slots.get(0);
    if subject == Obj::RANGE_LOOP {
        let (now, stop, step) = (slots.get(1).as_int(), slots.get(2).as_int(), slots.get(3).as_int());
        if if step > 0 { now >= stop } else { now <= stop } {
            return Ok(Obj::STOP);
        }
        slots.set(1, Obj::int((now + step).clamp(crate::value::INT_MIN, crate::value::INT_MAX)));
        return Ok(Obj::int(now));
    }
    if let Some(index) = subject.as_type_index() {
        return next_of_parts(vm, T::from_index(index), slots);
    }
    let index = slots.get(1);
    if subject.is(Kind::List) {
        return Ok(next_of_list(slots, subject));
    }
    if subject.is(Kind::Tuple) && index.is_int() {
        return Ok(match tuple::items(subject).get(index.as_int() as usize) {
            Some(value) => {
                slots.set(1, Obj::int(index.as_int() + 1));
                *value
            }
            None => Obj::STOP,
        });
    }
    #[cfg(feature = "bytes")]
    if let Some(bytes) = crate::types::bytes::buffer(subject) {
        let at = index.as_int() as usize;
        slots.set(1, Obj::count(at + 1));
        return Ok(bytes.get(at).map_or(Obj::STOP, |byte| Obj::int(i32::from(*byte))));
    }
    #[cfg(any(feature = "array", feature = "memoryview"))]
    if is_numbers(subject) {
        slots.set(1, Obj::int(index.as_int() + 1));
        return crate::types::packed::item(vm, subject, index.as_int() as usize);
    }
    if let Some(text) = str::text(vm, subject)
        && index.is_int()
    {
        let at = index.as_int() as usize;
        if at >= text.len() {
            return Ok(Obj::STOP);
        }
        let len = str::char_len(text[at]);
        slots.set(1, Obj::count(at + len));
        return str::new(vm, text.get(at..at + len).unwrap_or(b""));
    }
    if is_dict(subject) {
        return next_of_dict(vm, slots, subject);
    }
    next(vm, subject)
}

fn next_of_dict(vm: &mut Vm, slots: Slots, subject: Obj) -> Res {
    if slots.get(3) != Obj::count(dict::len(subject)) {
        return Err(vm.raise(T::RuntimeError, Qstr::M_DICT_CHANGED));
    }
    let Some((key, value, next)) = dict::entry(subject, slots.get(1).as_int() as usize) else { return Ok(Obj::STOP) };
    slots.set(1, Obj::count(next));
    match slots.get(2).as_int() {
        DICT_ITEMS => tuple::new(vm, &[key, value]),
        DICT_VALUES => Ok(value),
        _ => Ok(key),
    }
}

/// The next item of something that is iterated by position.
#[cfg(feature = "language")]
fn next_by_position(vm: &mut Vm, slots: Slots) -> Res {
    let (object, at) = (slots.get(1), slots.get(2));
    slots.set(2, Obj::count_at_most(at.as_int() as usize + 1));
    #[cfg(feature = "collections")]
    if object.is(Kind::Deque) {
        if slots.get(3) != Obj::count(crate::modules::deque::len(object)) {
            return Err(vm.raise(T::RuntimeError, Qstr::M_DICT_CHANGED));
        }
        return Ok(crate::modules::deque::item(object, at.as_int() as usize));
    }
    let function = attr::of_class(object, Obj::name(Qstr::D_GETITEM));
    let level = vm.level();
    match call::call(vm, function, &[object, at]) {
        Err(_) if !vm.halted && (call::error_is(vm, T::IndexError) || call::error_is(vm, T::StopIteration)) => {
            vm.return_to(level);
            Ok(Obj::STOP)
        }
        other => other,
    }
}

/// One step of `yield from` something that is no generator. When it has ended the value is in `vm.error`, if it is a StopIteration.
#[cfg(feature = "language")]
pub(crate) fn delegate(vm: &mut Vm, inner: Obj, sent: Obj) -> Res {
    vm.error = Obj::NULL;
    if inner.is(Kind::Instance) && sent != Obj::NONE {
        let function = attr::of_class(inner, Obj::name(Qstr::SEND));
        if function != Obj::NULL {
            return stop_to_value(vm, |vm| call::call(vm, function, &[inner, sent]));
        }
        return Err(attr::no_attribute(vm, inner, Obj::name(Qstr::SEND)));
    }
    next(vm, inner)
}

#[cfg(not(feature = "language"))]
pub(crate) fn delegate(vm: &mut Vm, inner: Obj, _sent: Obj) -> Res {
    next(vm, inner)
}

/// The value of a `yield from` that has ended without a frame returning.
pub(crate) fn delegated(vm: &Vm, inner: Obj) -> Obj {
    let ended = cfg!(feature = "language") && !inner.is(Kind::Generator) && call::error_is(vm, T::StopIteration);
    if ended { crate::types::exception::value(vm.error) } else { Obj::NONE }
}

/// `zip`, `map` and so on. Parts are rooted by the iterator.
fn next_of_parts(vm: &mut Vm, class: T, slots: Slots) -> Res {
    let (first, second) = (slots.get(1), slots.get(2));
    match class {
        #[cfg(feature = "language")]
        T::Iterator => next_by_position(vm, slots),
        #[cfg(feature = "builtins")]
        T::Zip if first.is(Kind::Tuple) => {
            let n = tuple::len(first);
            if n == 0 {
                return Ok(Obj::STOP);
            }
            next_of_all(vm, first)
        }
        #[cfg(feature = "builtins")]
        T::Map if second.is(Kind::Tuple) => {
            if tuple::len(second) == 1 {
                let value = next(vm, tuple::items(second)[0])?;
                return if value == Obj::STOP { Ok(value) } else { call::call(vm, first, &[value]) };
            }
            let values = next_of_all(vm, second)?;
            if values == Obj::STOP { Ok(values) } else { call::call(vm, first, tuple::items(values)) }
        }
        #[cfg(feature = "builtins")]
        T::Filter => loop {
            let value = next(vm, second)?;
            if value == Obj::STOP {
                return Ok(value);
            }
            vm.keep(value)?;
            let passed = if first == Obj::NONE { value } else { call::call(vm, first, &[value])? };
            let passed = ops::truth(vm, passed)?;
            vm.unkeep(1);
            if passed {
                return Ok(value);
            }
        },
        #[cfg(feature = "builtins")]
        T::Enumerate => {
            let value = next(vm, first)?;
            if value == Obj::STOP {
                return Ok(value);
            }
            slots.set(2, Obj::count_at_most(second.as_int() as usize + 1));
            vm.keep(value)?;
            let pair = tuple::new(vm, &[second, value]);
            vm.unkeep(1);
            pair
        }
        #[cfg(feature = "builtins")]
        T::Reversed => {
            let left = second.as_int();
            if left <= 0 {
                return Ok(Obj::STOP);
            }
            slots.set(2, Obj::int(left - 1));
            crate::subscr::load(vm, first, Obj::int(left - 1), None)
        }
        _ => vm.type_error(Qstr::M_NOT_ITERABLE),
    }
}

/// The next value of each iterator of a tuple, as a tuple; STOP when one has ended.
#[cfg(feature = "builtins")]
fn next_of_all(vm: &mut Vm, iterators: Obj) -> Res {
    let n = tuple::len(iterators);
    let values = tuple::with_room(vm, n)?;
    vm.keep(values)?;
    for index in 0..n {
        let value = next(vm, tuple::items(iterators)[index])?;
        if value == Obj::STOP {
            vm.unkeep(1);
            return Ok(Obj::STOP);
        }
        tuple::set(values, index, value);
    }
    vm.unkeep(1);
    Ok(values)
}

/// `zip(…)`, `map(…)`, `filter(…)`, `enumerate(…)`, `reversed(…)`.
#[cfg(feature = "builtins")]
pub(crate) fn construct(vm: &mut Vm, class: T, args: Args) -> Res {
    if class == T::Reversed {
        let len = ops::len(vm, args.get(0))?;
        return new(vm, &[class.obj(), args.get(0), Obj::count_at_most(len)]);
    }
    let (has_function, has_one) = (matches!(class, T::Map | T::Filter), class == T::Enumerate);
    let first_iterable = usize::from(has_function);
    let n_iterables = if has_one { 1 } else { args.n - first_iterable };
    for index in 0..n_iterables {
        let iterator = get_native(vm, args.get(first_iterable + index))?;
        args.set(first_iterable + index, iterator);
    }
    match class {
        T::Enumerate => {
            let start = args.opt(1).or_else(|| args.kw_named(Qstr::START)).unwrap_or(Obj::int(0));
            let start = ops::as_int(vm, start)?;
            new(vm, &[class.obj(), args.get(0), Obj::int(start)])
        }
        T::Filter => new(vm, &[class.obj(), args.get(0), args.get(1)]),
        _ => {
            if n_iterables > 4 {
                return vm.type_error(Qstr::M_ARG_COUNT);
            }
            let iterators = tuple::new(vm, args.at.plus(first_iterable as isize).as_slice(n_iterables))?;
            vm.keep(iterators)?;
            if class == T::Zip { new(vm, &[class.obj(), iterators]) } else { new(vm, &[class.obj(), args.get(0), iterators]) }
        }
    }
}

/// UNPACK_SEQUENCE: the value at `at` becomes `n` values, the first on top.
#[inline(never)]
pub(crate) fn unpack(vm: &mut Vm, at: Slots, n: usize) -> Res<()> {
    let value = at.get(0);
    let mut items = tuple::sequence(value);
    if items.is_none() {
        let all = list::from_iterable(vm, value)?;
        at.set(0, all);
        items = tuple::sequence(all);
    }
    let items = items.unwrap_or(&[]);
    if items.len() != n {
        return vm.value_error(if items.len() > n { Qstr::M_UNPACK_MORE } else { Qstr::M_UNPACK_FEWER });
    }
    for (index, item) in items.iter().enumerate() {
        at.set((n - 1 - index) as isize, *item);
    }
    Ok(())
}

/// UNPACK_EX: `left` values, a list of what is between, `right` values; the first on top.
#[inline(never)]
pub(crate) fn unpack_ex(vm: &mut Vm, at: Slots, left: usize, right: usize) -> Res<()> {
    let all = list::from_iterable(vm, at.get(0))?;
    at.set(0, all);
    let n = list::len(all);
    if n < left + right {
        return vm.value_error(Qstr::M_UNPACK_FEWER);
    }
    vm.keep(all)?;
    let middle = list::new(vm, &list::items(all)[left..n - right])?;
    vm.unkeep(1);
    let items = list::items(all);
    for index in 0..right {
        at.set(index as isize, items[n - 1 - index]);
    }
    at.set(right as isize, middle);
    for (index, item) in items.iter().take(left).enumerate() {
        at.set((right + left - index) as isize, *item);
    }
    Ok(())
}

/// Gives each item of a rooted iterable, held, to a function, together with the rooted value it is meant for.
pub(crate) fn each(vm: &mut Vm, source: Obj, target: Obj, take: fn(&mut Vm, Obj, Obj) -> Res<()>) -> Res<()> {
    let iterator = get_native(vm, source)?;
    vm.keep(iterator)?;
    loop {
        let item = next(vm, iterator)?;
        if item == Obj::STOP {
            break;
        }
        vm.keep(item)?;
        take(vm, target, item)?;
        vm.unkeep(1);
    }
    vm.unkeep(1);
    Ok(())
}
