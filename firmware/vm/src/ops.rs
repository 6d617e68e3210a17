//! Operators on values: arithmetic, comparison, truth, length. Special methods of classes are begun or called from here.

use crate::call;
use crate::frame::{Action, Slots};
use crate::heap::Kind;
use crate::opcodes::{binary as op, unary as un};
use crate::qstr::Qstr;
#[cfg(feature = "language")]
use crate::types::class;
use crate::types::{self, dict, exception, int, list, range, str, tuple};
use crate::value::{INT_MAX, Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;
use crate::{attr, iter};

/// Two small ints and an operator that has a quick answer; NULL when it has not.
#[inline(always)]
pub(crate) fn quick(operator: u8, left: Obj, right: Obj) -> Obj {
    if left.word() & right.word() & 1 == 0 {
        return Obj::NULL;
    }
    let (a, b) = (left.tagged(), right.tagged());
    match operator {
        op::LESS => Obj::bool(a < b),
        op::MORE => Obj::bool(a > b),
        op::EQUAL => Obj::bool(a == b),
        op::LESS_EQUAL => Obj::bool(a <= b),
        op::MORE_EQUAL => Obj::bool(a >= b),
        op::NOT_EQUAL => Obj::bool(a != b),
        // Tagged words are twice the value plus one, so their sums overflow 32 bits exactly when the values leave 31.
        op::ADD | IN_PLACE_ADD => match a.checked_add(b - 1) {
            Some(sum) => Obj::from_tagged(sum),
            None => Obj::NULL,
        },
        op::SUBTRACT | IN_PLACE_SUBTRACT => match a.checked_sub(b - 1) {
            Some(difference) => Obj::from_tagged(difference),
            None => Obj::NULL,
        },
        op::MULTIPLY | IN_PLACE_MULTIPLY => match (a - 1).checked_mul(b >> 1) {
            Some(product) => Obj::from_tagged(product | 1),
            None => Obj::NULL,
        },
        op::AND | IN_PLACE_AND => Obj::from_tagged(a & b),
        op::OR | op::IN_PLACE_OR => Obj::from_tagged(a | b),
        // In builds with more than the core, whose programs shift more.
        #[cfg(any(feature = "bytes", feature = "bigint"))]
        op::SHIFT_LEFT | IN_PLACE_SHIFT_LEFT if (b >> 1) as u32 <= 30 => {
            let shifted = (a - 1) << (b >> 1);
            if shifted >> (b >> 1) == a - 1 { Obj::from_tagged(shifted | 1) } else { Obj::NULL }
        }
        op::MODULO | IN_PLACE_MODULO if b != 1 => Obj::int(int::divide(a >> 1, b >> 1).1),
        op::FLOOR_DIVIDE | IN_PLACE_FLOOR_DIVIDE if b > 1 => Obj::int(int::divide(a >> 1, b >> 1).0),
        _ => Obj::NULL,
    }
}

mod compare;
pub(crate) use compare::{equal, less};

/// From an in-place operator to its plain form.
pub(crate) use crate::opcodes::TO_PLAIN;
pub(crate) const IN_PLACE_LAST: u8 = op::OR - 1;
pub(crate) const IN_PLACE_ADD: u8 = op::ADD - TO_PLAIN;
pub(crate) const IN_PLACE_SUBTRACT: u8 = op::SUBTRACT - TO_PLAIN;
pub(crate) const IN_PLACE_MULTIPLY: u8 = op::MULTIPLY - TO_PLAIN;
const IN_PLACE_AND: u8 = op::AND - TO_PLAIN;
#[cfg(any(feature = "bytes", feature = "bigint"))]
const IN_PLACE_SHIFT_LEFT: u8 = op::SHIFT_LEFT - TO_PLAIN;
const IN_PLACE_MODULO: u8 = op::MODULO - TO_PLAIN;
const IN_PLACE_FLOOR_DIVIDE: u8 = op::FLOOR_DIVIDE - TO_PLAIN;

#[cfg(feature = "operators")]
/// Names of special methods, by operator from LESS on (IN, IS and EXCEPTION_MATCH have none here).
pub(crate) static METHODS: [Qstr; 35] = [
    Qstr::D_LT,
    Qstr::D_GT,
    Qstr::D_EQ,
    Qstr::D_LE,
    Qstr::D_GE,
    Qstr::D_NE,
    Qstr::NEWLINE,
    Qstr::NEWLINE,
    Qstr::NEWLINE,
    Qstr::D_IOR,
    Qstr::D_IXOR,
    Qstr::D_IAND,
    Qstr::D_ILSHIFT,
    Qstr::D_IRSHIFT,
    Qstr::D_IADD,
    Qstr::D_ISUB,
    Qstr::D_IMUL,
    Qstr::D_IMATMUL,
    Qstr::D_IFLOORDIV,
    Qstr::D_ITRUEDIV,
    Qstr::D_IMOD,
    Qstr::D_IPOW,
    Qstr::D_OR,
    Qstr::D_XOR,
    Qstr::D_AND,
    Qstr::D_LSHIFT,
    Qstr::D_RSHIFT,
    Qstr::D_ADD,
    Qstr::D_SUB,
    Qstr::D_MUL,
    Qstr::D_MATMUL,
    Qstr::D_FLOORDIV,
    Qstr::D_TRUEDIV,
    Qstr::D_MOD,
    Qstr::D_POW,
];

#[cfg(feature = "operators")]
/// Names of the reflected arithmetic methods, from OR on.
pub(crate) static REFLECTED: [Qstr; 13] = [
    Qstr::D_ROR,
    Qstr::D_RXOR,
    Qstr::D_RAND,
    Qstr::D_RLSHIFT,
    Qstr::D_RRSHIFT,
    Qstr::D_RADD,
    Qstr::D_RSUB,
    Qstr::D_RMUL,
    Qstr::D_RMATMUL,
    Qstr::D_RFLOORDIV,
    Qstr::D_RTRUEDIV,
    Qstr::D_RMOD,
    Qstr::D_RPOW,
];

/// The plain form of an arithmetic operator.
pub(crate) fn plain(operator: u8) -> u8 {
    if operator <= IN_PLACE_LAST { operator + TO_PLAIN } else { operator }
}

/// The same, run to its end: for natives.
#[inline(never)]
pub(crate) fn apply(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    binary(vm, operator, left, right, None)
}

/// Any binary operator on rooted values. With `args` (two slots that hold them) a Python method is begun and `CALL` given;
/// without, it is run to its end.
#[inline(never)]
pub(crate) fn binary(vm: &mut Vm, operator: u8, left: Obj, right: Obj, args: Option<Slots>) -> Res {
    let (l, r) = (left.kind_or_free(), right.kind_or_free());
    match operator {
        op::EQUAL | op::NOT_EQUAL if cfg!(feature = "speed") && str::is(left) && str::is(right) => {
            return Ok(Obj::bool(str::same(vm, left, right) == (operator == op::EQUAL)));
        }
        op::IS => return Ok(Obj::bool(left == right)),
        op::EXCEPTION_MATCH => return Ok(Obj::bool(exception::matches(vm, left, right)?)),
        op::IN => return contains(vm, right, left, args),
        _ => {}
    }
    #[cfg(feature = "float")]
    if l == Kind::Float || r == Kind::Float {
        let value = types::float::binary(vm, operator, left, right)?;
        if value != Obj::NULL {
            return Ok(value);
        }
    }
    // A text with `%` formats whatever follows.
    let formats = cfg!(feature = "percent") && str::is(left) && plain(operator) == op::MODULO;
    if (l == Kind::Instance || r == Kind::Instance) && !formats {
        return binary_of_objects(vm, operator, left, right, args);
    }
    #[cfg(feature = "bigint")]
    if l == Kind::Int || r == Kind::Int {
        let value = types::int::binary(vm, operator, left, right)?;
        if value != Obj::NULL {
            return Ok(value);
        }
    }
    #[cfg(feature = "set")]
    if operator != op::EQUAL && operator != op::NOT_EQUAL && types::set::is(left) {
        let value = types::set::binary(vm, operator, left, right)?;
        if value != Obj::NULL {
            return Ok(value);
        }
    }
    if operator <= op::NOT_EQUAL {
        #[cfg(feature = "complex")]
        if l == Kind::Complex && matches!(operator, op::EQUAL | op::NOT_EQUAL) {
            return Ok(Obj::bool(types::complex::equal(left, right) == (operator == op::EQUAL)));
        }
        let (low, high) = if matches!(operator, op::MORE | op::LESS_EQUAL) { (right, left) } else { (left, right) };
        let answer = if matches!(operator, op::EQUAL | op::NOT_EQUAL) { equal(vm, left, right)? } else { less(vm, low, high)? };
        return Ok(Obj::bool(answer != (operator > op::EQUAL)));
    }
    match operator {
        op::IN_PLACE_ADD if l == Kind::List => {
            list::extend(vm, left, right)?;
            Ok(left)
        }
        #[cfg(feature = "language")]
        op::OR | op::IN_PLACE_OR if l == Kind::Dict && r == Kind::Dict => {
            let made = if operator == op::OR { dict::new(vm)? } else { left };
            vm.keep(made)?;
            if made != left {
                dict::update(vm, made, left)?;
            }
            dict::update(vm, made, right)?;
            vm.unkeep(1);
            Ok(made)
        }
        #[cfg(feature = "bytes")]
        op::IN_PLACE_ADD if l == Kind::ByteArray => {
            types::bytes::extend(vm, left, right)?;
            Ok(left)
        }
        #[cfg(feature = "array")]
        op::IN_PLACE_ADD if l == Kind::Array => {
            types::array::extend(vm, left, right)?;
            Ok(left)
        }
        _ => arithmetic(vm, plain(operator), left, right),
    }
}

fn arithmetic(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    if let (Some(a), Some(b)) = (small(left), small(right)) {
        let both_bool = left.is_bool() && right.is_bool();
        let value = int::arithmetic(vm, operator, a, b)?;
        return Ok(if both_bool && operator <= op::AND { Obj::bool(value == Obj::int(1)) } else { value });
    }
    if str::is(left) {
        return str::operator(vm, operator, left, right);
    }
    #[cfg(feature = "complex")]
    if left.is(Kind::Complex) || right.is(Kind::Complex) {
        return types::complex::arithmetic(vm, operator, left, right);
    }
    if operator == op::MULTIPLY && small(left).is_some() {
        return arithmetic_of_sequence(vm, operator, right, left);
    }
    arithmetic_of_sequence(vm, operator, left, right)
}

fn arithmetic_of_sequence(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    if str::is(left) {
        return str::operator(vm, operator, left, right);
    }
    #[cfg(feature = "bytes")]
    if types::bytes::buffer(left).is_some() {
        return types::bytes::operator(vm, operator, left, right);
    }
    #[cfg(feature = "array")]
    if left.is(Kind::Array) {
        return types::array::operator(vm, operator, left, right);
    }
    let Some(items) = tuple::sequence(left) else { return vm.type_error(Qstr::M_BAD_OPERANDS) };
    let is_list = left.is(Kind::List);
    #[cfg(not(feature = "speed"))]
    return {
        // What is added, and how often: to what is on the left, or to nothing.
        let (more, times) = match (operator, small(right)) {
            (op::MULTIPLY, Some(times)) => (left, times),
            (op::ADD, _) if is_list == right.is(Kind::List) && tuple::sequence(right).is_some() => (right, 1),
            _ => return vm.type_error(Qstr::M_BAD_OPERANDS),
        };
        let made = list::new(vm, if operator == op::ADD { items } else { &[] }).kept(vm)?;
        for _ in 0..if items.is_empty() && operator == op::MULTIPLY { 0 } else { times } {
            list::extend(vm, made, more)?;
        }
        vm.unkeep(1);
        if is_list {
            return Ok(made);
        }
        vm.keep(made)?;
        let all = tuple::new(vm, list::items(made));
        vm.unkeep(1);
        all
    };
    // What comes behind the items, again and again, until there are so many.
    #[cfg(feature = "speed")]
    let (more, total) = match (operator, small(right)) {
        (op::MULTIPLY, Some(times)) => match items.len().checked_mul(times.max(0) as usize).filter(|total| *total < INT_MAX as usize) {
            Some(total) => (items, total),
            None => return vm.no_memory(),
        },
        (op::ADD, _) if left.kind() == right.kind_or_free() => {
            let more = tuple::sequence(right).unwrap_or(&[]);
            (more, items.len() + more.len())
        }
        _ => return vm.type_error(Qstr::M_BAD_OPERANDS),
    };
    #[cfg(feature = "speed")]
    {
        let (made, to) = tuple::sequence_with_len(vm, is_list, total)?;
        for (index, item) in items.iter().chain(more.iter().cycle()).take(total).enumerate() {
            to.set(index as isize, *item);
        }
        Ok(made)
    }
}

/// The value of an int or bool.
pub(crate) fn small(value: Obj) -> Option<i32> {
    match value {
        it if it == Obj::FALSE => Some(0),
        it if it == Obj::TRUE => Some(1),
        _ => value.is_int().then(|| value.as_int()),
    }
}

pub(crate) fn as_int(vm: &mut Vm, value: Obj) -> Res<i32> {
    match small(value) {
        Some(value) => Ok(value),
        #[cfg(feature = "bigint")]
        None if value.is(Kind::Int) => Err(vm.raise(types::T::OverflowError, Qstr::M_INT_MACHINE)),
        None => {
            #[cfg(feature = "language")]
            if let Some(native) = class::native_part(value) {
                return as_int(vm, native);
            }
            #[cfg(feature = "language")]
            if value.is(Kind::Instance) {
                let answer = crate::operators::ask(vm, value, Qstr::D_INDEX)?;
                if let Some(number) = small(answer) {
                    return Ok(number);
                }
            }
            vm.type_error(Qstr::M_EXPECTED_INT)
        }
    }
}

/// Begins a method with two arguments where `args` are, or calls it.
pub(crate) fn method(vm: &mut Vm, function: Obj, left: Obj, right: Obj, args: Option<Slots>) -> Res {
    match args {
        Some(at) => {
            at.set(0, left);
            at.set(1, right);
            call::start_with_self(vm, function, at, 2, 0)
        }
        None => call::call(vm, function, &[left, right]),
    }
}

/// Where classes have few operators: comparisons, `+` and `-`, of which an in-place one is the plain one.
#[cfg(not(feature = "operators"))]
fn binary_of_objects(vm: &mut Vm, operator: u8, left: Obj, right: Obj, args: Option<Slots>) -> Res {
    const COMPARISONS: [Qstr; 5] = [Qstr::D_LT, Qstr::D_GT, Qstr::D_EQ, Qstr::D_LE, Qstr::D_GE];
    let name = match if operator < op::IN_PLACE_OR { operator } else { plain(operator) } {
        op::NOT_EQUAL => {
            let same = binary_of_objects(vm, op::EQUAL, left, right, args)?;
            if same != Obj::CALL {
                return Ok(Obj::bool(!truth(vm, same)?));
            }
            if let Some(frame) = vm.frame {
                frame.set_action(Action::Not);
            }
            return Ok(Obj::CALL);
        }
        op::ADD => Qstr::D_ADD,
        op::SUBTRACT => Qstr::D_SUB,
        comparison if usize::from(comparison) < COMPARISONS.len() => COMPARISONS[usize::from(comparison)],
        _ => return vm.lacks(),
    };
    let found = attr::special(vm, left, name);
    if found != Obj::NULL {
        return method(vm, found, left, right, args);
    }
    if operator <= op::MORE_EQUAL {
        // LESS and MORE, LESS_EQUAL and MORE_EQUAL ask the other side each other's question.
        let mirrored = [op::MORE, op::LESS, op::EQUAL, op::MORE_EQUAL, op::LESS_EQUAL][usize::from(operator)];
        let found = attr::special(vm, right, COMPARISONS[usize::from(mirrored)]);
        if found != Obj::NULL {
            return method(vm, found, right, left, args);
        }
        if operator == op::EQUAL {
            return Ok(Obj::bool(left == right));
        }
    }
    vm.type_error(Qstr::M_BAD_OPERANDS)
}

#[cfg(all(feature = "operators", not(feature = "language")))]
fn binary_of_objects(vm: &mut Vm, operator: u8, left: Obj, right: Obj, args: Option<Slots>) -> Res {
    let name = METHODS[usize::from(operator)];
    let found = attr::special(vm, left, name);
    if found != Obj::NULL {
        return method(vm, found, left, right, args);
    }
    if (op::IN_PLACE_OR..=IN_PLACE_LAST).contains(&operator) {
        return binary_of_objects(vm, operator + TO_PLAIN, left, right, args);
    }
    match operator {
        op::NOT_EQUAL => {
            let same = attr::special(vm, left, Qstr::D_EQ);
            if same == Obj::NULL {
                return Ok(Obj::bool(left != right));
            }
            let value = method(vm, same, left, right, args)?;
            if value != Obj::CALL {
                return Ok(Obj::bool(!truth(vm, value)?));
            }
            if let Some(frame) = vm.frame {
                frame.set_action(Action::Not);
            }
            Ok(Obj::CALL)
        }
        op::LESS..=op::MORE_EQUAL => {
            let mirrored = [op::MORE, op::LESS, op::EQUAL, op::MORE_EQUAL, op::LESS_EQUAL][usize::from(operator)];
            let found = attr::special(vm, right, METHODS[usize::from(mirrored)]);
            if found != Obj::NULL {
                return method(vm, found, right, left, args);
            }
            if operator == op::EQUAL { Ok(Obj::bool(left == right)) } else { vm.type_error(Qstr::M_BAD_OPERANDS) }
        }
        _ => {
            let found = attr::special(vm, right, REFLECTED[usize::from(operator - op::OR)]);
            if found != Obj::NULL {
                return method(vm, found, right, left, args);
            }
            vm.type_error(Qstr::M_BAD_OPERANDS)
        }
    }
}

#[cfg(feature = "language")]
pub(crate) use crate::operators::binary_of_objects;

/// `item in container`.
#[inline(never)]
fn contains(vm: &mut Vm, container: Obj, item: Obj, args: Option<Slots>) -> Res {
    let kind = container.kind_or_free();
    if cfg!(feature = "speed") && (kind == Kind::List || kind == Kind::Tuple) {
        return Ok(Obj::bool(tuple::position(vm, container, item, 0)?.is_some()));
    }
    #[cfg(feature = "set")]
    if types::set::is(container) {
        return Ok(Obj::bool(dict::get(vm, container, item)? != Obj::NULL));
    }
    if kind == Kind::Dict {
        return Ok(Obj::bool(dict::get(vm, container, item)? != Obj::NULL));
    }
    if let (true, Some(value)) = (cfg!(feature = "speed") && kind == Kind::Range, small(item)) {
        return Ok(Obj::bool(range::contains(container, value)));
    }
    if let Some(text) = str::text(vm, container) {
        return match str::text(vm, item) {
            Some(part) => Ok(Obj::bool(str::find(text, part).is_some())),
            None => vm.type_error(Qstr::M_EXPECTED_STR),
        };
    }
    #[cfg(feature = "bytes")]
    if let Some(bytes) = types::bytes::buffer(container) {
        return types::bytes::contains(vm, bytes, item);
    }
    let function = attr::special(vm, container, Qstr::D_CONTAINS);
    if function != Obj::NULL {
        let value = method(vm, function, container, item, args)?;
        if value != Obj::CALL {
            return Ok(Obj::bool(truth(vm, value)?));
        }
        if let Some(frame) = vm.frame {
            frame.set_action(Action::Truth);
        }
        return Ok(Obj::CALL);
    }
    #[cfg(feature = "language")]
    if let Some(native) = class::native_part(container) {
        return contains(vm, native, item, None);
    }
    #[cfg(feature = "language")]
    if kind == Kind::View
        && let Some(there) = crate::types::view::contains(vm, container, item)?
    {
        return Ok(Obj::bool(there));
    }
    let iterator = iter::get_native(vm, container).kept(vm)?;
    loop {
        let value = iter::next(vm, iterator)?;
        if value == Obj::STOP {
            vm.unkeep(1);
            return Ok(Obj::FALSE);
        }
        vm.keep(value)?;
        let same = equal(vm, value, item)?;
        vm.unkeep(1);
        if same {
            vm.unkeep(1);
            return Ok(Obj::TRUE);
        }
    }
}

/// Whether a rooted value counts as true.
#[inline(never)]
pub(crate) fn truth(vm: &mut Vm, value: Obj) -> Res<bool> {
    if value.is_int() {
        return Ok(value != Obj::int(0));
    }
    if value == Obj::TRUE {
        return Ok(true);
    }
    if value == Obj::FALSE || value == Obj::NONE {
        return Ok(false);
    }
    if value.is_name() {
        return Ok(value != Obj::name(Qstr::EMPTY));
    }
    if !value.is_heap() {
        return Ok(true);
    }
    match value.kind() {
        #[cfg(feature = "float")]
        Kind::Float => Ok(types::float::get(value) != 0.0),
        #[cfg(feature = "complex")]
        Kind::Complex => Ok(types::complex::parts(value) != (0.0, 0.0)),
        // A text's characters need not be counted.
        #[cfg(feature = "speed")]
        Kind::Str | Kind::ConstStr => Ok(str::text(vm, value).is_some_and(|text| !text.is_empty())),
        Kind::Instance => {
            for name in [Qstr::D_BOOL, Qstr::D_LEN] {
                let function = attr::special(vm, value, name);
                if function != Obj::NULL {
                    let answer = call::call(vm, function, &[value])?;
                    return Ok(answer != Obj::FALSE && answer != Obj::int(0));
                }
            }
            #[cfg(feature = "language")]
            if let Some(native) = class::native_part(value) {
                return truth(vm, native);
            }
            Ok(true)
        }
        _ => Ok(len_of(vm, value) != Some(0)),
    }
}

/// A unary operator other than `not`. May begin a Python method.
#[inline(never)]
pub(crate) fn unary(vm: &mut Vm, operator: u8, value: Obj) -> Res {
    if let Some(number) = small(value) {
        return match operator {
            un::NEGATIVE => int::new(vm, -i64::from(number)),
            un::INVERT => Ok(Obj::int(!number)),
            _ => Ok(Obj::int(number)),
        };
    }
    #[cfg(feature = "float")]
    if types::float::is_inexact(value) {
        return types::float::unary(vm, operator, value);
    }
    #[cfg(feature = "bigint")]
    if value.is(Kind::Int) {
        return types::bigint::unary(vm, operator, value);
    }
    #[cfg(not(feature = "operators"))]
    return if value.is(Kind::Instance) { vm.lacks() } else { vm.type_error(Qstr::M_BAD_OPERAND) };
    #[cfg(feature = "operators")]
    unary_of_object(vm, operator, value)
}

#[cfg(feature = "operators")]
fn unary_of_object(vm: &mut Vm, operator: u8, value: Obj) -> Res {
    let name = match operator {
        un::POSITIVE => Qstr::D_POS,
        un::NEGATIVE => Qstr::D_NEG,
        _ => Qstr::D_INVERT,
    };
    match attr::special(vm, value, name) {
        it if it == Obj::NULL => {
            #[cfg(feature = "language")]
            if let Some(native) = class::native_part(value) {
                return unary(vm, operator, native);
            }
            vm.type_error(Qstr::M_BAD_OPERAND)
        }
        function => call::call(vm, function, &[value]),
    }
}

/// The length of what has one whatever a program says.
fn len_of(vm: &Vm, value: Obj) -> Option<usize> {
    match value.kind_or_free() {
        Kind::List => return Some(list::len(value)),
        Kind::Tuple => return Some(tuple::len(value)),
        Kind::Dict => return Some(dict::len(value)),
        #[cfg(feature = "set")]
        Kind::Set | Kind::FrozenSet => return Some(dict::len(value)),
        Kind::Range => return Some(range::len(value)),
        #[cfg(feature = "language")]
        Kind::View => return Some(crate::types::view::len(value)),
        #[cfg(feature = "collections")]
        Kind::Deque => return Some(crate::modules::deque::len(value)),
        _ => {}
    }
    if let Some(text) = str::text(vm, value) {
        return Some(str::char_count(text));
    }
    #[cfg(any(feature = "array", feature = "memoryview"))]
    if types::packed::parts(value).is_some() {
        return Some(types::packed::len(value));
    }
    #[cfg(feature = "bytes")]
    return types::bytes::buffer(value).map(<[u8]>::len);
    #[cfg(not(feature = "bytes"))]
    None
}

/// `len(value)`.
pub(crate) fn len(vm: &mut Vm, value: Obj) -> Res<usize> {
    if let Some(len) = len_of(vm, value) {
        return Ok(len);
    }
    if value.is(Kind::Instance) {
        let function = attr::special(vm, value, Qstr::D_LEN);
        if function != Obj::NULL {
            let answer = call::call(vm, function, &[value])?;
            return Ok(as_int(vm, answer)?.max(0) as usize);
        }
        #[cfg(feature = "language")]
        if let Some(native) = class::native_part(value) {
            return len(vm, native);
        }
    }
    vm.type_error(Qstr::M_NO_LEN)
}

/// `isinstance(value, class)`, where `class` may be a tuple of classes.
pub(crate) fn is_instance(value: Obj, class: Obj) -> bool {
    if class.is(Kind::Tuple) {
        return tuple::items(class).iter().any(|one| is_instance(value, *one));
    }
    exception::is_subclass(types::type_of(value), class)
}
