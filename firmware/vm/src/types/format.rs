//! Values as text with a width, an alignment, a sign, a base: `text % values`; with the feature `format` the format language of
//! `format(value, spec)`, and with `fstrings` the method `str.format`, which is what f-strings are compiled to.

use crate::heap::Kind;
use crate::ops;
use crate::print;
use crate::qstr::Qstr;
use crate::sink::Sink;
use crate::types::str::{self, byte_at, char_count, text};
use crate::types::tuple;
use crate::value::{Obj, Res};
#[cfg(any(feature = "bigint", feature = "format"))]
use crate::vm::Kept;
use crate::vm::Vm;

/// What is said about how a value is to look.
pub(crate) struct Spec<'t> {
    /// What kind of text it is to be; 0 for the usual one.
    letter: u8,
    side: Side,
    /// Fill between the sign and the digits.
    zero: bool,
    /// What stands before the digits; 0 for nothing. First what the spec asks for before numbers that are not negative, `+` or a space.
    sign: u8,
    width: usize,
    /// The point before a precision; 0 without.
    point: u8,
    precision: usize,
    /// A character.
    fill: &'t [u8],
    #[cfg(feature = "format")]
    more: More,
}

/// Where what is written stands, by how often the filled space is halved to get what comes before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Right = 0,
    #[cfg(feature = "format")]
    Center = 1,
    Left = 31,
}

/// What only the format language can say.
#[cfg(feature = "format")]
#[derive(Default)]
struct More {
    /// The letters of the alignment, of the alternate form (`#`) and of what stands between groups of digits; 0 for what was not given.
    align: u8,
    alternate: u8,
    group: u8,
    /// The letter of the base that stands behind a 0 before the digits; 0 for neither.
    base: u8,
}

const NUMBER_MAX: usize = 1000;

impl Spec<'_> {
    fn new(letter: u8) -> Self {
        Spec {
            letter,
            side: Side::Right,
            zero: false,
            sign: 0,
            width: 0,
            point: 0,
            precision: 0,
            fill: b" ",
            #[cfg(feature = "format")]
            more: More::default(),
        }
    }

    /// The width, or behind a point the precision.
    fn number(&mut self) -> &mut usize {
        if self.point != 0 { &mut self.precision } else { &mut self.width }
    }

    /// Takes the digits of a number off, if there are any. A 0 before a width is a flag as well.
    #[inline(never)]
    fn digits<'r>(&mut self, mut rest: &'r [u8]) -> &'r [u8] {
        while let [digit @ b'0'..=b'9', after @ ..] = rest {
            self.zero |= *digit == b'0' && self.width == 0 && self.point == 0;
            let number = self.number();
            *number = (*number * 10 + usize::from(digit - b'0')).min(NUMBER_MAX);
            rest = after;
        }
        rest
    }
}

/// `text % values`: `%s %r %c %d %i %u %x %X %o %%`, with `-`, `0`, a width, and a precision for texts. With `format` also
/// `%e %f %g`, the flags `+`, space and `#`, `*` and names.
pub(crate) fn percent(vm: &mut Vm, template: Obj, values: Obj) -> Res {
    let sink = Sink::new(vm)?;
    let kept = vm.kept();
    #[cfg(not(feature = "bytes"))]
    let mut rest = str::bytes(vm, template);
    #[cfg(feature = "bytes")]
    let mut rest = text(vm, template).or_else(|| crate::types::bytes::buffer(template)).unwrap_or(b"");
    let mut used = 0;
    let next_value = |vm: &mut Vm, used: &mut usize| {
        let value = if values.is(Kind::Tuple) { tuple::items(values).get(*used).copied() } else { (*used == 0).then_some(values) };
        *used += 1;
        match value {
            Some(value) => Ok(value),
            None => vm.type_error(Qstr::M_FORMAT_ARGS),
        }
    };
    loop {
        vm.release(kept);
        let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
        sink.put(vm, &rest[..plain]);
        let Some(after) = rest.get(plain + 1..) else { break };
        rest = after;
        let mut spec = Spec::new(0);
        #[cfg(feature = "format")]
        let mut named = Obj::NULL;
        loop {
            rest = spec.digits(rest);
            let [byte, after @ ..] = rest else { return vm.value_error(Qstr::M_FORMAT_BAD) };
            rest = after;
            match *byte {
                b'-' => spec.side = Side::Left,
                b'.' => spec.point = b'.',
                #[cfg(feature = "format")]
                b'+' | b' ' => spec.sign = spec.sign.max(*byte),
                #[cfg(feature = "format")]
                b'#' => spec.more.alternate = b'#',
                #[cfg(feature = "format")]
                b'*' => {
                    let value = next_value(vm, &mut used)?;
                    let value = ops::as_int(vm, value)?;
                    *spec.number() = (value.unsigned_abs() as usize).min(NUMBER_MAX);
                    if value < 0 && spec.point == 0 {
                        spec.side = Side::Left;
                    }
                }
                #[cfg(feature = "format")]
                b'(' => {
                    let Some(len) = rest.iter().position(|byte| *byte == b')') else {
                        return vm.value_error(Qstr::M_FORMAT_BAD);
                    };
                    let name = &rest[..len];
                    #[cfg(feature = "bytes")]
                    let key = if str::is(template) { str::new(vm, name) } else { crate::types::bytes::new(vm, name) };
                    #[cfg(not(feature = "bytes"))]
                    let key = str::new(vm, name);
                    let key = key.kept(vm)?;
                    named = crate::subscr::load(vm, values, key, None).kept(vm)?;
                    rest = &rest[len + 1..];
                }
                letter => {
                    spec.letter = letter;
                    break;
                }
            }
        }
        if spec.letter == b'%' {
            sink.put(vm, b"%");
            continue;
        }
        #[cfg(feature = "format")]
        let value = if named == Obj::NULL { next_value(vm, &mut used)? } else { named };
        #[cfg(not(feature = "format"))]
        let value = next_value(vm, &mut used)?;
        spec.zero &= spec.side == Side::Right;
        if spec.zero {
            spec.fill = b"0";
        }
        one_of_percent(vm, sink, &mut spec, value, str::is(template))?;
    }
    let wanted = if values.is(Kind::Tuple) { tuple::len(values) } else { 1 };
    if used < wanted && !values.is(Kind::Dict) {
        return vm.type_error(Qstr::M_FORMAT_MANY);
    }
    vm.unkeep(1);
    sink.finish(vm)
}

/// `%s`, `%b` and `%c` of a pattern that is bytes: bytes, or one as a number.
#[cfg(feature = "bytes")]
fn bytes_of(vm: &mut Vm, sink: Sink, spec: &mut Spec, value: Obj) -> Res<()> {
    use crate::types::bytes;
    let one;
    let all = match bytes::raw(value) {
        Some(all) if spec.letter != b'c' || all.len() == 1 => all,
        None if spec.letter == b'c' => {
            one = [bytes::byte(vm, value)?];
            &one[..]
        }
        _ => return vm.type_error(Qstr::M_EXPECTED_BYTES),
    };
    let all = if spec.point != 0 { &all[..all.len().min(spec.precision)] } else { all };
    // Bytes are counted, not characters, and filled with spaces.
    spec.width = (spec.width + char_count(all)).saturating_sub(all.len());
    (spec.fill, spec.sign) = (b" ", 0);
    pad(vm, sink, spec, all)
}

fn one_of_percent(vm: &mut Vm, sink: Sink, spec: &mut Spec, value: Obj, _is_text: bool) -> Res<()> {
    match spec.letter {
        #[cfg(feature = "bytes")]
        b's' | b'b' | b'c' if !_is_text => bytes_of(vm, sink, spec, value),
        b's' | b'r' => text_of(vm, sink, spec, value),
        b'c' => character(vm, sink, spec, value),
        b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => {
            #[cfg(all(feature = "format", feature = "float"))]
            if value.is(Kind::Float) && matches!(spec.letter, b'd' | b'i' | b'u') {
                let whole = crate::types::float::int_of(vm, value).kept(vm)?;
                return int(vm, sink, spec, whole);
            }
            int(vm, sink, spec, value)
        }
        #[cfg(all(feature = "format", feature = "float"))]
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => float(vm, sink, spec, value),
        _ => vm.value_error(Qstr::M_FORMAT_BAD),
    }
}

// What these functions make on their way is held until the caller releases it.

/// `str(value)` or `repr(value)`, cut off at the precision.
fn text_of(vm: &mut Vm, sink: Sink, spec: &mut Spec, value: Obj) -> Res<()> {
    if cfg!(feature = "format") && spec.width == 0 && spec.point == 0 {
        return if spec.letter == b'r' { print::repr(vm, sink, value) } else { print::str(vm, sink, value) };
    }
    let done = as_text(vm, value, char::from(spec.letter))?;
    let bytes = str::bytes(vm, done);
    let bytes = if spec.point != 0 { &bytes[..byte_at(bytes, spec.precision)] } else { bytes };
    spec.sign = 0;
    pad(vm, sink, spec, bytes)
}

/// `repr(value)` or `str(value)` of a rooted value as a letter says.
fn as_text(vm: &mut Vm, value: Obj, how: char) -> Res {
    match how {
        'r' => print::repr_of(vm, value),
        's' => str::of(vm, value),
        _ => vm.value_error(Qstr::M_FORMAT_BAD),
    }
}

fn character(vm: &mut Vm, sink: Sink, spec: &mut Spec, value: Obj) -> Res<()> {
    let done = if value.is_int() { crate::builtins::char_of(vm, value.as_int())? } else { value };
    vm.keep(done)?;
    spec.sign = 0;
    match text(vm, done) {
        Some(bytes) if char_count(bytes) == 1 => pad(vm, sink, spec, bytes),
        _ => vm.type_error(Qstr::M_ORD),
    }
}

/// An int in the base its letter says.
fn int(vm: &mut Vm, sink: Sink, spec: &mut Spec, value: Obj) -> Res<()> {
    let base = match spec.letter {
        b'x' | b'X' => 16,
        b'o' => 8,
        #[cfg(feature = "format")]
        b'b' => 2,
        _ => 10,
    };
    let mut out = [0; 33];
    #[cfg(feature = "bigint")]
    let long = value.is(Kind::Int);
    #[cfg(not(feature = "bigint"))]
    let long = false;
    let mut digits: &mut [u8] = if long {
        #[cfg(feature = "bigint")]
        {
            let made = crate::types::bigint::digits(vm, value, base).kept(vm)?;
            made.bytes_mut(1, made.raw(0))
        }
        #[cfg(not(feature = "bigint"))]
        &mut []
    } else {
        crate::types::int::digits(ops::as_int(vm, value)?, base, &mut out)
    };
    if let [b'-', rest @ ..] = digits {
        spec.sign = b'-';
        digits = rest;
    }
    if spec.letter == b'X' {
        digits.make_ascii_uppercase();
    }
    #[cfg(feature = "format")]
    if spec.more.alternate != 0 && base != 10 {
        spec.more.base = spec.letter;
    }
    pad(vm, sink, spec, digits)
}

/// Writes `bytes` behind sign and base, at least as wide as the spec wants, with the fill where it wants it.
fn pad(vm: &mut Vm, sink: Sink, spec: &Spec, bytes: &[u8]) -> Res<()> {
    #[cfg(feature = "format")]
    let base = spec.more.base;
    #[cfg(not(feature = "format"))]
    let base = 0;
    let prefix = [spec.sign, b'0', base];
    let prefix = &prefix[usize::from(spec.sign == 0)..if base == 0 { 1 } else { 3 }];
    // Only the digits before a point are grouped.
    #[cfg(feature = "format")]
    let mut whole = bytes.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(bytes.len());
    #[cfg(feature = "format")]
    let mut groups = if spec.more.group == 0 { 0 } else { whole.saturating_sub(1) / 3 };
    #[cfg(not(feature = "format"))]
    let groups = 0;
    let missing = spec.width.saturating_sub(char_count(bytes) + prefix.len() + groups);
    let before = missing >> spec.side as u8;
    if spec.zero {
        sink.put(vm, prefix);
    }
    sink.fill(vm, spec.fill, before)?;
    if !spec.zero {
        sink.put(vm, prefix);
    }
    #[cfg(feature = "format")]
    let mut bytes = bytes;
    #[cfg(feature = "format")]
    while groups > 0 {
        let (group, rest) = bytes.split_at(whole - 3 * groups);
        sink.put(vm, group);
        sink.put(vm, &[spec.more.group]);
        (bytes, whole) = (rest, 3 * groups);
        groups -= 1;
    }
    sink.put(vm, bytes);
    sink.fill(vm, spec.fill, missing - before)
}

/// A float as its letter says; 0 is the form of `str`, or with a precision that of `g` with a point in it.
#[cfg(all(feature = "format", feature = "float"))]
fn float(vm: &mut Vm, sink: Sink, spec: &mut Spec, value: Obj) -> Res<()> {
    use crate::types::float;
    let value = float::argument(vm, value)?;
    let precision = if spec.point != 0 { spec.precision as i32 } else { 6 };
    let kind = spec.letter;
    let (mut shown, mut letter) = (value, kind.to_ascii_lowercase());
    if kind == b'%' {
        (shown, letter) = (value * 100.0, b'f');
    }
    if kind == 0 || kind == b'n' {
        letter = if spec.point == 0 { b'r' } else { b'g' };
    }
    let mut made = float::text(shown, letter, precision, spec.more.alternate != 0);
    let end: &[u8] = match kind {
        b'%' => b"%",
        0 if value.is_finite() && made.bytes().iter().all(u8::is_ascii_digit) => b".0",
        _ => b"",
    };
    for byte in end {
        made.push(*byte);
    }
    if kind.is_ascii_uppercase() {
        made.bytes_mut().make_ascii_uppercase();
    }
    if value.is_sign_negative() && !value.is_nan() {
        spec.sign = b'-';
    }
    pad(vm, sink, spec, made.bytes())
}

#[cfg(feature = "format")]
mod language {
    use super::{Side, Spec, character, int, text_of};
    use crate::attr;
    use crate::call::{self, Args};
    #[cfg(any(feature = "float", feature = "bigint"))]
    use crate::heap::Kind;
    use crate::ops;
    use crate::print;
    use crate::qstr::Qstr;
    use crate::sink::Sink;
    use crate::types::str::{self, char_len, has};
    use crate::value::{Obj, Res};
    use crate::vm::{Kept, Vm};

    /// Takes off the next byte, if it is one of these; 0 when it is none.
    fn take(rest: &mut &[u8], wanted: &[u8]) -> u8 {
        match rest.split_first() {
            Some((first, after)) if has(wanted, *first) => {
                *rest = after;
                *first
            }
            _ => 0,
        }
    }

    /// Takes a spec apart, which is not empty: `[[fill]align][sign][#][0][width][group][.precision][letter]`. False: it is none.
    fn parse<'t>(spec: &mut Spec<'t>, mut rest: &'t [u8]) -> bool {
        let fill_len = char_len(rest[0]);
        let has_fill = rest.get(fill_len).is_some_and(|byte| has(b"<>=^", *byte));
        if has_fill {
            (spec.fill, rest) = rest.split_at(fill_len);
        }
        let align = take(&mut rest, b"<>=^");
        spec.side = match align {
            b'<' => Side::Left,
            b'^' => Side::Center,
            _ => Side::Right,
        };
        spec.more.align = align;
        spec.sign = take(&mut rest, b"+- ");
        if spec.sign == b'-' {
            spec.sign = 0;
        }
        spec.more.alternate = take(&mut rest, b"#");
        // It can stay: a number may begin with it.
        let zero = rest.first() == Some(&b'0');
        if zero && !has_fill {
            spec.fill = b"0";
        }
        rest = spec.digits(rest);
        spec.zero = align == b'=' || zero && align == 0;
        spec.more.group = take(&mut rest, b",_");
        spec.point = take(&mut rest, b".");
        if spec.point != 0 {
            rest = spec.digits(rest);
        }
        spec.letter = rest.first().copied().unwrap_or(0);
        rest.len() <= 1
    }

    /// Texts stand on the left when nothing else is said.
    fn left<'s, 't>(spec: &'s mut Spec<'t>) -> &'s mut Spec<'t> {
        if spec.more.align == 0 {
            spec.side = Side::Left;
        }
        spec
    }

    /// Writes a rooted value as a rooted spec says.
    pub(super) fn formatted(vm: &mut Vm, sink: Sink, value: Obj, given: Obj) -> Res<()> {
        let text = str::required(vm, given)?;
        let function = attr::special(vm, value, Qstr::D_FORMAT);
        if function != Obj::NULL {
            let made = call::call(vm, function, &[value, given]).kept(vm)?;
            return print::str(vm, sink, made);
        }
        if text.is_empty() {
            return print::str(vm, sink, value);
        }
        let spec = &mut Spec::new(0);
        let good = parse(spec, text);
        #[cfg(feature = "float")]
        let is_float = value.is(Kind::Float);
        #[cfg(not(feature = "float"))]
        let is_float = false;
        #[cfg(feature = "bigint")]
        let is_int = value.is(Kind::Int) || ops::small(value).is_some();
        #[cfg(not(feature = "bigint"))]
        let is_int = ops::small(value).is_some();
        let is_text = str::is(value);
        match spec.letter {
            _ if !good => {}
            0 | b's' if is_text && !(spec.zero && spec.more.align != 0) => {
                spec.letter = b's';
                return text_of(vm, sink, left(spec), value);
            }
            _ if is_text => {}
            #[cfg(feature = "float")]
            0 | b'n' if is_float => return super::float(vm, sink, spec, value),
            #[cfg(feature = "float")]
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' => return super::float(vm, sink, spec, value),
            0 | b'd' | b'n' | b'b' | b'o' | b'x' | b'X' if is_int => return int(vm, sink, spec, value),
            b'c' if is_int => return character(vm, sink, left(spec), value),
            _ if is_float || is_int => {}
            // Other values know no spec of their own.
            _ => return vm.type_error(Qstr::M_FORMAT_BAD),
        }
        vm.value_error(Qstr::M_FORMAT_BAD)
    }

    /// `format(value, spec)`.
    pub(crate) fn builtin(vm: &mut Vm, args: Args) -> Res {
        let spec = args.opt(1).unwrap_or(Obj::name(Qstr::EMPTY));
        let sink = Sink::new(vm)?;
        formatted(vm, sink, args.get(0), spec)?;
        sink.finish(vm)
    }

    /// `hex(value)`, `oct(value)` and `bin(value)`.
    fn in_base(vm: &mut Vm, args: Args, letter: u8) -> Res {
        let mut spec = Spec::new(letter);
        spec.more.alternate = b'#';
        let sink = Sink::new(vm)?;
        int(vm, sink, &mut spec, args.get(0))?;
        sink.finish(vm)
    }

    pub(crate) fn hex(vm: &mut Vm, args: Args) -> Res {
        in_base(vm, args, b'x')
    }

    pub(crate) fn oct(vm: &mut Vm, args: Args) -> Res {
        in_base(vm, args, b'o')
    }

    pub(crate) fn bin(vm: &mut Vm, args: Args) -> Res {
        in_base(vm, args, b'b')
    }
}
#[cfg(feature = "format")]
pub(crate) use language::{bin, builtin, hex, oct};

/// `str.format`.
#[cfg(feature = "fstrings")]
mod fields {
    use super::as_text;
    use super::language::formatted;
    use crate::call::Args;
    use crate::qstr::Qstr;
    use crate::sink::Sink;
    use crate::types::str;
    use crate::types::{T, int};
    use crate::value::{Obj, Res};
    use crate::vm::Vm;

    /// A pattern on its way into a text.
    struct Fields<'t> {
        rest: &'t [u8],
        /// What `until` has found.
        part: &'t [u8],
        args: &'t Args,
        /// How many fields without a name there were.
        n_unnamed: usize,
    }

    pub(crate) fn method(vm: &mut Vm, args: Args) -> Res {
        let rest = str::required(vm, args.get(0))?;
        fill(vm, &mut Fields { rest, part: rest, args: &args, n_unnamed: 0 }, 0)
    }

    impl Fields<'_> {
        /// Takes off what stands before the first of three characters, and that one, which it gives; 0 where none of them follows. The first `plain` bytes are
        /// none of them.
        fn until(&mut self, plain: usize, one: char, other: char) -> char {
            let all = self.rest;
            let stops = |at: &usize| matches!(char::from(all[*at]), it if it == one || it == other || it == '}');
            let at = (plain..all.len()).find(stops).unwrap_or(all.len());
            (self.part, self.rest) = all.split_at(at);
            self.next_char()
        }

        /// Takes off a byte; 0 at the end.
        fn next_char(&mut self) -> char {
            match self.rest {
                [first, rest @ ..] => {
                    self.rest = rest;
                    char::from(*first)
                }
                [] => '\0',
            }
        }

        /// The argument that the part names.
        fn argument(&mut self, vm: &mut Vm) -> Res {
            let (found, missing) = if self.part.is_empty() {
                self.n_unnamed += 1;
                (self.args.opt(self.n_unnamed), T::IndexError)
            } else if self.part[0].is_ascii_digit() {
                (int::parse(self.part, 10).and_then(|at| self.args.opt(at as usize + 1)), T::IndexError)
            } else {
                (vm.find_name(self.part).and_then(|name| self.args.kw_named(name.as_name())), T::KeyError)
            };
            found.ok_or_else(|| vm.raise(missing, Qstr::M_FORMAT_ARGS))
        }
    }

    /// A pattern with its fields filled in, up to where it ends; held until the caller releases it. A field's spec may have fields itself, but not those
    /// again: it is filled by the same function, one deeper, up to the brace that ends it.
    fn fill(vm: &mut Vm, fields: &mut Fields, depth: u8) -> Res {
        let sink = Sink::new(vm)?;
        let mut plain = 0;
        loop {
            let brace = fields.until(plain, '{', '}');
            sink.put(vm, fields.part);
            if brace == if depth == 0 { '\0' } else { '}' } {
                return sink.finish(vm);
            }
            let mut stop = '\0';
            if depth < 2 {
                // The second one of a doubled brace stands for itself.
                plain = usize::from(fields.rest.first() == Some(&(brace as u8)));
                if plain != 0 {
                    continue;
                }
                if brace == '{' {
                    stop = fields.until(0, '!', ':');
                }
            }
            if stop == '\0' {
                return Err(vm.raise(T::ValueError, Qstr::M_FORMAT_BAD));
            }
            let kept = vm.kept();
            let mut value = fields.argument(vm)?;
            if stop == '!' {
                let how = fields.next_char();
                value = as_text(vm, value, how)?;
                stop = fields.next_char();
            }
            let mut spec = Obj::name(Qstr::EMPTY);
            if stop == ':' {
                spec = fill(vm, fields, depth + 1)?;
                stop = '}';
            }
            if stop != '}' {
                return Err(vm.raise(T::ValueError, Qstr::M_FORMAT_BAD));
            }
            formatted(vm, sink, value, spec)?;
            vm.release(kept);
        }
    }
}
#[cfg(feature = "fstrings")]
pub(crate) use fields::method;
