//! Values as text with a width, an alignment, a sign, a base: `text % values`; with the feature `format` the format language of
//! `format(value, spec)`, and with `fstrings` the method `str.format`, which is what f-strings are compiled to.

use crate::heap::Kind;
use crate::ops;
use crate::print;
use crate::qstr::Qstr;
use crate::types::str::{self, Builder, byte_at, char_count, text};
use crate::types::tuple;
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// What is said about how a value is to look.
#[derive(Default)]
pub(crate) struct Spec {
    left: bool,
    /// Fill between the sign and the digits.
    zero: bool,
    width: usize,
    has_precision: bool,
    precision: usize,
    #[cfg(feature = "format")]
    more: More,
}

/// What only the format language can say.
#[cfg(feature = "format")]
#[derive(Default)]
struct More {
    center: bool,
    /// The alignment was given.
    aligned: bool,
    /// `+` or a space before numbers that are not negative; 0 for none.
    plus: u8,
    alternate: bool,
    /// What stands between groups of digits; 0 for nothing.
    group: u8,
    /// The fill as a character, and how many bytes that has; none for the usual.
    fill: [u8; 4],
    fill_len: usize,
}

const NUMBER_MAX: usize = 1000;

/// `text % values`: `%s %r %c %d %i %u %x %X %o %%`, with `-`, `0`, a width, and a precision for texts. With `format` also
/// `%e %f %g`, the flags `+`, space and `#`, `*` and names.
pub(crate) fn percent(vm: &mut Vm, template: Obj, values: Obj) -> Res {
    let kept = vm.kept();
    let builder = Builder::new(vm)?;
    #[cfg(not(feature = "bytes"))]
    let pattern = str::bytes(vm, template);
    #[cfg(feature = "bytes")]
    let pattern = text(vm, template).or_else(|| crate::types::bytes::buffer(template)).unwrap_or(b"");
    let mut bytes = pattern.iter().copied().enumerate();
    let mut used = 0;
    let mut plain_from = 0;
    let next_value = |vm: &mut Vm, used: &mut usize| {
        let value = if values.is(Kind::Tuple) { tuple::items(values).get(*used).copied() } else { (*used == 0).then_some(values) };
        *used += 1;
        match value {
            Some(value) => Ok(value),
            None => vm.type_error(Qstr::M_FORMAT_ARGS),
        }
    };
    while let Some((at, byte)) = bytes.next() {
        if byte != b'%' {
            continue;
        }
        if at > plain_from {
            builder.push(vm, &pattern[plain_from..at])?;
        }
        let mut spec = Spec::default();
        #[cfg(feature = "format")]
        let mut named = Obj::NULL;
        let kind = loop {
            match bytes.next() {
                Some((_, b'-')) => spec.left = true,
                Some((_, b'0')) if spec.width == 0 && !spec.has_precision => spec.zero = true,
                Some((_, b'.')) => spec.has_precision = true,
                Some((_, digit @ b'0'..=b'9')) => {
                    let number = if spec.has_precision { &mut spec.precision } else { &mut spec.width };
                    *number = (*number * 10 + usize::from(digit - b'0')).min(NUMBER_MAX);
                }
                #[cfg(feature = "format")]
                Some((_, flag @ (b'+' | b' '))) => spec.more.plus = spec.more.plus.max(flag),
                #[cfg(feature = "format")]
                Some((_, b'#')) => spec.more.alternate = true,
                #[cfg(feature = "format")]
                Some((_, b'*')) => {
                    let value = next_value(vm, &mut used)?;
                    let value = ops::as_int(vm, value)?;
                    let number = if spec.has_precision { &mut spec.precision } else { &mut spec.width };
                    *number = (value.unsigned_abs() as usize).min(NUMBER_MAX);
                    spec.left |= value < 0 && !spec.has_precision;
                }
                #[cfg(feature = "format")]
                Some((from, b'(')) => {
                    let Some(len) = pattern[from..].iter().position(|byte| *byte == b')') else {
                        return vm.value_error(Qstr::M_FORMAT_BAD);
                    };
                    #[cfg(feature = "bytes")]
                    let key = {
                        let name = &pattern[from + 1..from + len];
                        if str::is(template) { str::new(vm, name)? } else { crate::types::bytes::new(vm, name)? }
                    };
                    #[cfg(not(feature = "bytes"))]
                    let key = str::new(vm, &pattern[from + 1..from + len])?;
                    vm.keep(key)?;
                    named = crate::subscr::load(vm, values, key, None)?;
                    vm.keep(named)?;
                    bytes.nth(len - 1);
                }
                Some((end, kind)) => {
                    plain_from = end + 1;
                    break kind;
                }
                None => return vm.value_error(Qstr::M_FORMAT_BAD),
            }
        };
        if kind == b'%' {
            builder.push(vm, b"%")?;
            continue;
        }
        #[cfg(feature = "format")]
        let value = if named == Obj::NULL { next_value(vm, &mut used)? } else { named };
        #[cfg(not(feature = "format"))]
        let value = next_value(vm, &mut used)?;
        #[cfg(feature = "bytes")]
        if matches!(kind, b's' | b'b' | b'c') && !str::is(template) {
            bytes_of(vm, builder, kind, &spec, value)?;
            continue;
        }
        one_of_percent(vm, builder, kind, &spec, value)?;
    }
    if plain_from < pattern.len() {
        builder.push(vm, &pattern[plain_from..])?;
    }
    let wanted = if values.is(Kind::Tuple) { tuple::len(values) } else { 1 };
    if used < wanted && !values.is(Kind::Dict) {
        return vm.type_error(Qstr::M_FORMAT_MANY);
    }
    vm.release(kept);
    builder.finish(vm)
}

/// `%s`, `%b` and `%c` of a pattern that is bytes: bytes, or one as a number.
#[cfg(feature = "bytes")]
fn bytes_of(vm: &mut Vm, builder: Builder, kind: u8, spec: &Spec, value: Obj) -> Res<()> {
    use crate::types::bytes;
    let one;
    let all = match bytes::raw(value) {
        Some(all) if kind != b'c' || all.len() == 1 => all,
        None if kind == b'c' => {
            one = [bytes::byte(vm, value)?];
            &one[..]
        }
        _ => return vm.type_error(Qstr::M_EXPECTED_BYTES),
    };
    let all = if spec.has_precision { &all[..all.len().min(spec.precision)] } else { all };
    let spaces = spec.width.saturating_sub(all.len());
    if spec.left {
        builder.push(vm, all)?;
    }
    for _ in 0..spaces {
        builder.push(vm, b" ")?;
    }
    if spec.left { Ok(()) } else { builder.push(vm, all) }
}

fn one_of_percent(vm: &mut Vm, builder: Builder, kind: u8, spec: &Spec, value: Obj) -> Res<()> {
    match kind {
        b's' | b'r' => text_of(vm, builder, spec, value, char::from(kind)),
        b'c' => character(vm, builder, spec, value),
        b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => {
            #[cfg(all(feature = "format", feature = "float"))]
            if value.is(Kind::Float) && matches!(kind, b'd' | b'i' | b'u') {
                let whole = crate::types::float::int_of(vm, value)?;
                vm.keep(whole)?;
                int(vm, builder, kind, spec, whole)?;
                vm.unkeep(1);
                return Ok(());
            }
            int(vm, builder, kind, spec, value)
        }
        #[cfg(all(feature = "format", feature = "float"))]
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => float(vm, builder, kind, spec, value),
        _ => vm.value_error(Qstr::M_FORMAT_BAD),
    }
}

/// `str(value)` or `repr(value)`, cut off at the precision.
fn text_of(vm: &mut Vm, builder: Builder, spec: &Spec, value: Obj, how: char) -> Res<()> {
    if cfg!(feature = "format") && spec.width == 0 && !spec.has_precision {
        return if how == 'r' { print::repr(vm, builder, value) } else { print::str(vm, builder, value) };
    }
    let kept = vm.kept();
    let done = as_text(vm, value, how)?;
    let bytes = str::bytes(vm, done);
    let bytes = if spec.has_precision { &bytes[..byte_at(bytes, spec.precision)] } else { bytes };
    pad(vm, builder, spec, bytes, b"")?;
    vm.release(kept);
    Ok(())
}

/// `repr(value)` or `str(value)` of a rooted value as a letter says, held until the caller releases it.
fn as_text(vm: &mut Vm, value: Obj, how: char) -> Res {
    match how {
        'r' => print::repr_of(vm, value),
        's' => str::of(vm, value),
        _ => vm.value_error(Qstr::M_FORMAT_BAD),
    }
}

fn character(vm: &mut Vm, builder: Builder, spec: &Spec, value: Obj) -> Res<()> {
    let done = if value.is_int() { crate::builtins::char_of(vm, value.as_int())? } else { value };
    vm.keep(done)?;
    match text(vm, done) {
        Some(bytes) if char_count(bytes) == 1 => pad(vm, builder, spec, bytes, b"")?,
        _ => return vm.type_error(Qstr::M_ORD),
    }
    vm.unkeep(1);
    Ok(())
}

/// An int in the base its letter says.
fn int(vm: &mut Vm, builder: Builder, kind: u8, spec: &Spec, value: Obj) -> Res<()> {
    let base = match kind {
        b'x' | b'X' => 16,
        b'o' => 8,
        #[cfg(feature = "format")]
        b'b' => 2,
        _ => 10,
    };
    let kept = vm.kept();
    let mut out = [0; 33];
    let mut copy = [0; 33];
    #[cfg(feature = "bigint")]
    let long = value.is(Kind::Int);
    #[cfg(not(feature = "bigint"))]
    let long = false;
    let digits: &mut [u8] = if long {
        #[cfg(feature = "bigint")]
        {
            let made = crate::types::bigint::digits(vm, value, base)?;
            vm.keep(made)?;
            made.bytes_mut(1, made.raw(0))
        }
        #[cfg(not(feature = "bigint"))]
        &mut []
    } else {
        let number = ops::as_int(vm, value)?;
        let written = crate::types::int::digits(number, base, &mut out);
        let digits = &mut copy[..written.len()];
        digits.copy_from_slice(written);
        digits
    };
    if kind == b'X' {
        digits.make_ascii_uppercase();
    }
    let (negative, digits): (bool, &[u8]) = match digits {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    #[cfg(feature = "format")]
    if spec.more.alternate && base != 10 {
        let prefix = [sign_of(spec, negative), b'0', if kind == b'X' { b'X' } else { kind }];
        pad(vm, builder, spec, digits, if prefix[0] == 0 { &prefix[1..] } else { &prefix })?;
        vm.release(kept);
        return Ok(());
    }
    signed(vm, builder, spec, digits, negative)?;
    vm.release(kept);
    Ok(())
}

/// The sign to write; 0 for none.
#[cfg(feature = "format")]
fn sign_of(spec: &Spec, negative: bool) -> u8 {
    if negative { b'-' } else { spec.more.plus }
}

fn signed(vm: &mut Vm, builder: Builder, spec: &Spec, digits: &[u8], negative: bool) -> Res<()> {
    #[cfg(feature = "format")]
    let sign = [sign_of(spec, negative)];
    #[cfg(not(feature = "format"))]
    let sign = [if negative { b'-' } else { 0 }];
    pad(vm, builder, spec, digits, if sign[0] == 0 { b"" } else { &sign })
}

/// Writes `bytes` at least as wide as the spec wants, with the fill where it wants it.
fn pad(vm: &mut Vm, builder: Builder, spec: &Spec, bytes: &[u8], sign: &[u8]) -> Res<()> {
    #[cfg(feature = "format")]
    let (more, whole) = {
        // Only the digits before a point are grouped.
        let whole = bytes.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(bytes.len());
        (if spec.more.group == 0 { 0 } else { whole.saturating_sub(1) / 3 }, whole)
    };
    #[cfg(not(feature = "format"))]
    let more = 0;
    let missing = spec.width.saturating_sub(char_count(bytes) + sign.len() + more);
    let zeros = spec.zero && !spec.left;
    #[cfg(feature = "format")]
    let before = if spec.more.center {
        missing / 2
    } else if spec.left {
        0
    } else {
        missing
    };
    #[cfg(not(feature = "format"))]
    let before = if spec.left { 0 } else { missing };
    #[cfg(feature = "format")]
    let fill = match &spec.more.fill[..spec.more.fill_len] {
        [] if zeros => b"0",
        [] => b" ",
        given => given,
    };
    #[cfg(not(feature = "format"))]
    let fill: &[u8] = if zeros { b"0" } else { b" " };
    if zeros {
        builder.push(vm, sign)?;
    }
    for _ in 0..before {
        builder.push(vm, fill)?;
    }
    if !zeros && !sign.is_empty() {
        builder.push(vm, sign)?;
    }
    #[cfg(feature = "format")]
    if more > 0 {
        for (at, digit) in bytes[..whole].iter().enumerate() {
            if at > 0 && (whole - at).is_multiple_of(3) {
                builder.push(vm, &[spec.more.group])?;
            }
            builder.push(vm, &[*digit])?;
        }
        builder.push(vm, &bytes[whole..])?;
    }
    if more == 0 {
        builder.push(vm, bytes)?;
    }
    for _ in before..missing {
        builder.push(vm, fill)?;
    }
    Ok(())
}

/// A float as its letter says; 0 is the form of `str`, or with a precision that of `g` with a point in it.
#[cfg(all(feature = "format", feature = "float"))]
fn float(vm: &mut Vm, builder: Builder, kind: u8, spec: &Spec, value: Obj) -> Res<()> {
    use crate::types::float;
    let value = float::argument(vm, value)?;
    let precision = if spec.has_precision { spec.precision as i32 } else { 6 };
    let (shown, letter) = match kind {
        b'%' => (value * 100.0, b'f'),
        0 | b'n' if !spec.has_precision => (value, b'r'),
        0 | b'n' => (value, b'g'),
        letter => (value, letter.to_ascii_lowercase()),
    };
    let mut made = float::text(shown, letter, precision, spec.more.alternate);
    if kind == b'%' {
        made.push(b'%');
    }
    if kind == 0 && value.is_finite() && made.bytes().iter().all(u8::is_ascii_digit) {
        made.push(b'.');
        made.push(b'0');
    }
    if kind.is_ascii_uppercase() {
        made.bytes_mut().make_ascii_uppercase();
    }
    signed(vm, builder, spec, made.bytes(), value.is_sign_negative() && !value.is_nan())
}

#[cfg(feature = "format")]
mod language {
    use super::{NUMBER_MAX, Spec, character, int, text_of};
    use crate::attr;
    use crate::call::{self, Args};
    #[cfg(any(feature = "float", feature = "bigint"))]
    use crate::heap::Kind;
    use crate::ops;
    use crate::print;
    use crate::qstr::Qstr;
    use crate::types::str::{self, Builder, char_len};
    use crate::value::{Obj, Res};
    use crate::vm::Vm;

    /// Takes a spec apart: `[[fill]align][sign][#][0][width][group][.precision][letter]`. Gives the letter, 0 for none.
    fn parse(vm: &mut Vm, mut rest: &[u8]) -> Res<(Spec, u8)> {
        let mut spec = Spec::default();
        let is_align = |byte: Option<&u8>| byte.is_some_and(|byte| b"<>=^".contains(byte));
        let fill_len = rest.first().map_or(0, |first| char_len(*first)).min(rest.len());
        if fill_len > 0 && is_align(rest.get(fill_len)) {
            spec.more.fill[..fill_len].copy_from_slice(&rest[..fill_len]);
            spec.more.fill_len = fill_len;
            rest = &rest[fill_len..];
        }
        // The next byte, if it is one of these.
        let take = |rest: &mut &[u8], wanted: &[u8]| match rest.split_first() {
            Some((first, after)) if wanted.contains(first) => {
                *rest = after;
                *first
            }
            _ => 0,
        };
        let number = |rest: &mut &[u8]| {
            let mut value = 0;
            while let [digit @ b'0'..=b'9', after @ ..] = rest {
                value = (value * 10 + usize::from(digit - b'0')).min(NUMBER_MAX);
                *rest = after;
            }
            value
        };
        let align = take(&mut rest, b"<>=^");
        spec.left = align == b'<';
        spec.more.center = align == b'^';
        spec.more.aligned = align != 0;
        spec.zero = align == b'=';
        spec.more.plus = take(&mut rest, b"+- ");
        if spec.more.plus == b'-' {
            spec.more.plus = 0;
        }
        spec.more.alternate = take(&mut rest, b"#") != 0;
        if take(&mut rest, b"0") != 0 {
            if spec.more.fill_len == 0 {
                (spec.more.fill[0], spec.more.fill_len) = (b'0', 1);
            }
            spec.zero |= align == 0;
        } else if spec.zero && spec.more.fill_len == 0 {
            (spec.more.fill[0], spec.more.fill_len) = (b' ', 1);
        }
        spec.width = number(&mut rest);
        spec.more.group = take(&mut rest, b",_");
        if take(&mut rest, b".") != 0 {
            (spec.has_precision, spec.precision) = (true, number(&mut rest));
        }
        match *rest {
            [] => Ok((spec, 0)),
            [letter] => Ok((spec, letter)),
            _ => vm.value_error(Qstr::M_FORMAT_BAD),
        }
    }

    /// Writes a rooted value as the spec says.
    pub(super) fn formatted(vm: &mut Vm, builder: Builder, value: Obj, spec: &[u8]) -> Res<()> {
        let function = attr::special(vm, value, Qstr::D_FORMAT);
        if function != Obj::NULL {
            let argument = str::new(vm, spec)?;
            let made = call::call(vm, function, &[value, argument])?;
            vm.keep(made)?;
            print::str(vm, builder, made)?;
            vm.unkeep(1);
            return Ok(());
        }
        if spec.is_empty() {
            return print::str(vm, builder, value);
        }
        let (mut spec, letter) = parse(vm, spec)?;
        if str::is(value) {
            if letter != 0 && letter != b's' || spec.zero && spec.more.aligned {
                return vm.value_error(Qstr::M_FORMAT_BAD);
            }
            spec.left |= !spec.more.aligned;
            return text_of(vm, builder, &spec, value, 's');
        }
        #[cfg(feature = "float")]
        {
            if value.is(Kind::Float) && (letter == 0 || letter == b'n') || matches!(letter, b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%')
            {
                return super::float(vm, builder, letter, &spec, value);
            }
        }
        #[cfg(feature = "bigint")]
        let is_int = value.is(Kind::Int) || ops::small(value).is_some();
        #[cfg(not(feature = "bigint"))]
        let is_int = ops::small(value).is_some();
        match letter {
            0 | b'd' | b'n' | b'b' | b'o' | b'x' | b'X' if is_int => int(vm, builder, letter, &spec, value),
            b'c' if is_int => {
                spec.left |= !spec.more.aligned;
                character(vm, builder, &spec, value)
            }
            #[cfg(feature = "float")]
            _ if value.is(Kind::Float) => vm.value_error(Qstr::M_FORMAT_BAD),
            _ if is_int => vm.value_error(Qstr::M_FORMAT_BAD),
            // Other values know no spec of their own.
            _ => vm.type_error(Qstr::M_FORMAT_BAD),
        }
    }

    /// `format(value, spec)`.
    pub(crate) fn builtin(vm: &mut Vm, args: Args) -> Res {
        let spec = match args.opt(1) {
            None => b"",
            Some(given) => str::required(vm, given)?,
        };
        let builder = Builder::new(vm)?;
        formatted(vm, builder, args.get(0), spec)?;
        builder.finish(vm)
    }

    /// `hex(value)`, `oct(value)` and `bin(value)`.
    fn in_base(vm: &mut Vm, args: Args, letter: u8) -> Res {
        let spec = Spec { more: super::More { alternate: true, ..super::More::default() }, ..Spec::default() };
        let builder = Builder::new(vm)?;
        int(vm, builder, letter, &spec, args.get(0))?;
        builder.finish(vm)
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
    use crate::types::str::{self, Builder};
    use crate::types::{T, int};
    use crate::value::Res;
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
        fill(vm, &mut Fields { rest, part: rest, args: &args, n_unnamed: 0 }, '\0')
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
    /// again: it is filled by the same function, up to the brace that ends it.
    fn fill(vm: &mut Vm, fields: &mut Fields, end: char) -> Res {
        let builder = Builder::new(vm)?;
        let mut plain = 0;
        loop {
            let brace = fields.until(plain, '{', '}');
            builder.push(vm, fields.part)?;
            if brace == end {
                return builder.finish(vm);
            }
            // The second one of a doubled brace stands for itself.
            plain = usize::from(fields.rest.first() == Some(&(brace as u8)));
            if plain != 0 {
                continue;
            }
            let mut stop = if brace == '{' { fields.until(0, '!', ':') } else { '\0' };
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
            // None, until one is there.
            let mut spec = &fields.part[..0];
            if stop == ':' {
                if end == '\0' {
                    let made = fill(vm, fields, '}')?;
                    spec = str::bytes(vm, made);
                    stop = '}';
                } else {
                    stop = fields.until(0, '{', '}');
                    spec = fields.part;
                }
            }
            if stop != '}' {
                return Err(vm.raise(T::ValueError, Qstr::M_FORMAT_BAD));
            }
            formatted(vm, builder, value, spec)?;
            vm.release(kept);
        }
    }
}
#[cfg(feature = "fstrings")]
pub(crate) use fields::method;
