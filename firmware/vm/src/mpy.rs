//! The loader: reads a `.mpy` file (MicroPython's compiled module, version 6) and makes the module's tables.
//!
//! The file is hostile input: every read is bounded, every count has a limit, and each function's bytecode goes through
//! `verify.rs` before anything may execute it. Bytecode, texts and argument names stay where they are, in the file.
//!
//! Format (from MicroPython's documentation of `.mpy` files): `'M' 6 features small-int-bits`, number of names, number of constants,
//! names, constants, then functions, each followed by the functions it makes.

use crate::code::{Code, ModulePtr, Tables};
use crate::heap::Kind;
use crate::qstr::{self, Qstr};
use crate::reasons::Reason;
use crate::types::{self, tuple};
use crate::value::{Obj, Raised};
use crate::verify;
use crate::vm::{Malformed, Stop, Vm};

const VERSION: u8 = 6;
const INT_BITS_MAX: u8 = 31;
const NAMES_MAX: usize = 4096;
const CONSTS_MAX: usize = 4096;
const CODES_MAX: usize = 1024;
/// How deep functions may be nested in functions, and tuples in tuples.
const NESTING_MAX: usize = 12;

/// Reads the file with bounds.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a [u8],
    pub(crate) at: usize,
}

pub(crate) type Parse<V> = Result<V, Refused>;

/// What a user of this crate is told as [`Malformed`], or that memory is short. Two words, so that `Parse` of a number fits two registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    pub(crate) reason: Reason,
    /// Where in the file; [`Refused::NO_MEMORY`] has one that no file has.
    pub(crate) offset: u32,
}

impl Refused {
    /// The arena is too small for the file. Kept among the refusals, so that all of the loader has one kind of error, of two registers.
    pub(crate) const NO_MEMORY: Refused = Refused { reason: Reason::EndsEarly, offset: u32::MAX };
}

impl From<Raised> for Refused {
    /// All that loading asks of the machine fails for want of memory alone.
    fn from(_: Raised) -> Refused {
        Refused::NO_MEMORY
    }
}

impl From<Refused> for Malformed {
    fn from(refused: Refused) -> Malformed {
        Malformed { reason: refused.reason, offset: refused.offset as usize }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a [u8]) -> Reader<'a> {
        Reader { file, at: 0 }
    }

    pub(crate) fn bad<V>(&self, reason: Reason) -> Parse<V> {
        self.lacks(reason.or_malformed())
    }

    /// The file is refused because of what this build does not have, which every build has words for.
    pub(crate) fn lacks<V>(&self, reason: Reason) -> Parse<V> {
        Err(Refused { reason, offset: self.at as u32 })
    }

    pub(crate) fn byte(&mut self) -> Parse<u8> {
        match self.file.get(self.at) {
            Some(byte) => {
                self.at += 1;
                Ok(*byte)
            }
            None => self.bad(Reason::EndsEarly),
        }
    }

    /// Groups of seven bits; at most 28 bits, which is more than any count or offset may be.
    pub(crate) fn uint(&mut self) -> Parse<usize> {
        let mut value = 0_usize;
        for _ in 0..4 {
            let byte = self.byte()?;
            value = (value << 7) | usize::from(byte & 0x7f);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        self.bad(Reason::NumberTooLarge)
    }

    pub(crate) fn take(&mut self, len: usize) -> Parse<&'a [u8]> {
        match self.at.checked_add(len).and_then(|end| self.file.get(self.at..end)) {
            Some(bytes) => {
                self.at += len;
                Ok(bytes)
            }
            None => self.bad(Reason::EndsEarly),
        }
    }

    fn count(&mut self, max: usize, reason: Reason) -> Parse<usize> {
        let value = self.uint()?;
        if value > max { self.bad(reason) } else { Ok(value) }
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Stop {
        if refused == Refused::NO_MEMORY { Stop::NoMemory } else { Stop::Malformed(refused.into()) }
    }
}

/// A function's head, decoded.
pub(crate) struct Prelude<'a> {
    pub(crate) n_state: usize,
    pub(crate) n_exc: usize,
    pub(crate) flags: u8,
    pub(crate) n_pos: usize,
    pub(crate) n_kwonly: usize,
    pub(crate) n_default: usize,
    /// Name and argument names, then line numbers.
    pub(crate) names: &'a [u8],
    pub(crate) cells: &'a [u8],
    /// Where the bytecode begins: a reader that ends with the function.
    pub(crate) start: Reader<'a>,
}

impl<'a> Prelude<'a> {
    /// The bytecode.
    pub(crate) fn code(&self) -> &'a [u8] {
        self.start.file.get(self.start.at..).unwrap_or(&[])
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.start.file.len() - self.start.at
    }
}

/// Reads the file and makes a module; its code has not run yet.
pub(crate) fn load<'a>(vm: &mut Vm<'a>, file: &'a [u8]) -> Result<ModulePtr, Stop> {
    let kept = vm.kept();
    let loaded = load_file(vm, file);
    vm.release(kept);
    Ok(loaded?)
}

fn load_file<'a>(vm: &mut Vm<'a>, file: &'a [u8]) -> Parse<ModulePtr> {
    let mut reader = Reader::new(file);
    header(&mut reader)?;
    let n_names = reader.count(NAMES_MAX, Reason::TooManyNames)?;
    let n_consts = reader.count(CONSTS_MAX, Reason::TooManyConstants)?;
    if n_names == 0 {
        return reader.bad(Reason::NoNames);
    }

    // First walk: are names, constants and functions well formed, and how many are there of what.
    let mut walk = reader;
    let mut new_names = 0;
    for _ in 0..n_names {
        if name_text(&mut walk)?.is_err() {
            new_names += 1;
        }
    }
    for _ in 0..n_consts {
        constant(vm, &mut walk, false, 0)?;
    }
    let mut n_codes = 0;
    count_codes(&mut walk, 0, &mut n_codes)?;

    // Tables first and permanent, then what can be collected again if the file is refused after all.
    let block = vm.alloc(Kind::Permanent, Tables::words(n_names, n_codes))?;
    let names = vm.alloc(Kind::Permanent, 2 * new_names + 1)?;
    vm.begin_names(names);
    let loaded = fill(vm, reader, block, (n_names, n_consts, n_codes));
    if loaded.is_err() {
        vm.drop_names();
        vm.heap.free(names);
        vm.heap.free(block);
    }
    let module = loaded?;
    module.update(|tables| tables.next = vm.modules);
    vm.modules = Some(module);
    Ok(module)
}

/// Fills the tables. What it makes is kept by `vm.keep`.
fn fill<'a>(vm: &mut Vm<'a>, mut reader: Reader<'a>, block: Obj, counts: (usize, usize, usize)) -> Parse<ModulePtr> {
    let (n_names, n_consts, n_codes) = counts;
    let mut tables = Tables::new(block, n_names, n_consts, n_codes);
    for index in 0..n_names {
        let name = match name_text(&mut reader)? {
            Ok(known) => known,
            Err(text) => match vm.intern(text) {
                Some(name) => name,
                None => return reader.bad(Reason::TooManyNames),
            },
        };
        tables.set_name(index, name);
    }
    objects(vm, &mut reader, tables.module(), n_consts)?;
    function(vm, &mut reader, &mut tables, n_codes, &mut 0)?;
    Ok(tables.module())
}

/// Constants and globals; both are kept by `vm.keep` while the rest is checked.
fn objects<'a>(vm: &mut Vm<'a>, reader: &mut Reader<'a>, module: ModulePtr, n_consts: usize) -> Parse<()> {
    let consts = tuple::with_room(vm, n_consts)?;
    vm.keep(consts)?;
    for index in 0..n_consts {
        let value = constant(vm, reader, true, 0)?;
        tuple::set(consts, index, value);
    }
    let globals = vm.alloc(Kind::Module, 2)?;
    vm.keep(globals)?;
    let name = module_name(vm, module);
    globals.set_field(types::MODULE_NAME, name);
    crate::map::set(vm, globals, types::MODULE_TABLE, Obj::name(Qstr::D_NAME), name)?;
    module.update(|tables| {
        tables.consts = consts;
        tables.globals = globals;
    });
    Ok(())
}

/// `__name__`: the source's name without its ending where that is a known name; never `__main__`, which is for scripts.
fn module_name(vm: &mut Vm, module: ModulePtr) -> Obj {
    let source = vm.name_text(module.name(0).as_name());
    let stem = source.strip_suffix(b".py").unwrap_or(source);
    match types::str::new(vm, stem) {
        Ok(name) if stem != b"__main__" => name,
        _ => module.name(0),
    }
}

pub(crate) fn header(reader: &mut Reader) -> Parse<()> {
    if reader.byte()? != b'M' {
        return reader.bad(Reason::NotMpy);
    }
    if reader.byte()? != VERSION {
        return reader.bad(Reason::OtherVersion);
    }
    // The lowest two bits, the sub-version, concern machine code only.
    let features = reader.byte()?;
    if features & 0x3c != 0 {
        return reader.lacks(Reason::MachineCode);
    }
    if reader.byte()? > INT_BITS_MAX {
        return reader.lacks(Reason::LargerInts);
    }
    if features & 0x40 != 0 {
        reader.uint()?;
    }
    Ok(())
}

/// A name: known at build time, or its text.
pub(crate) fn name_text<'a>(reader: &mut Reader<'a>) -> Parse<Result<Obj, &'a [u8]>> {
    let len = reader.uint()?;
    if len & 1 != 0 {
        let number = len >> 1;
        if number == 0 || number > usize::from(qstr::STATIC_LAST) {
            return reader.bad(Reason::UnknownName);
        }
        return Ok(Ok(Obj::name(qstr::fixed(number as u16))));
    }
    let text = reader.take(len >> 1)?;
    #[cfg(feature = "unicode")]
    if !crate::utf8::is_valid(text) {
        return reader.bad(Reason::NameNotUtf8);
    }
    if reader.byte()? != 0 {
        return reader.bad(Reason::NameNoEnd);
    }
    Ok(match qstr::find(text) {
        Some(known) => Ok(Obj::name(known)),
        None => Err(text),
    })
}

const OBJ_FUN_TABLE: u8 = 0;
const OBJ_ELLIPSIS: u8 = 4;
const OBJ_STR: u8 = 5;
const OBJ_BYTES: u8 = 6;
const OBJ_INT: u8 = 7;
#[cfg(feature = "float")]
const OBJ_FLOAT: u8 = 8;
const OBJ_TUPLE: u8 = 10;

/// Walks over a constant, checks it, and makes it if `make` says so: else it gives None, as for one that has no memory of its own.
fn constant<'a>(vm: &mut Vm<'a>, reader: &mut Reader<'a>, make: bool, depth: usize) -> Parse<Obj> {
    let kind = reader.byte()?;
    if matches!(kind, 1..=OBJ_ELLIPSIS) {
        return Ok([Obj::NONE, Obj::FALSE, Obj::TRUE, Obj::ELLIPSIS][usize::from(kind) - 1]);
    }
    if kind == OBJ_FUN_TABLE {
        return reader.lacks(Reason::MachineCode);
    }
    if kind > OBJ_TUPLE {
        return reader.bad(Reason::UnknownConstant);
    }
    let len = reader.uint()?;
    if kind == OBJ_TUPLE {
        if depth == NESTING_MAX {
            return reader.bad(Reason::NestedTooDeep);
        }
        let made = if make { tuple::with_room(vm, len)? } else { Obj::NONE };
        vm.keep(made)?;
        for index in 0..len {
            let value = constant(vm, reader, make, depth + 1)?;
            if make {
                tuple::set(made, index, value);
            }
        }
        vm.unkeep(1);
        return Ok(made);
    }
    let text = reader.take(len)?;
    if kind <= OBJ_BYTES {
        #[cfg(feature = "unicode")]
        if kind == OBJ_STR && !make && !crate::utf8::is_valid(text) {
            return reader.bad(Reason::TextNotUtf8);
        }
        if reader.byte()? != 0 {
            return reader.bad(Reason::TextNoEnd);
        }
    }
    if !make {
        return Ok(Obj::NONE);
    }
    match kind {
        OBJ_STR => Ok(types::str::constant(vm, text)?),
        #[cfg(feature = "bigint")]
        OBJ_INT => match types::bigint::parse(vm, text, 10)? {
            it if it == Obj::NULL => reader.bad(Reason::BadInt),
            value => Ok(value),
        },
        #[cfg(not(feature = "bigint"))]
        OBJ_INT => match types::int::parse(text, 10) {
            Some(value) if (crate::value::INT_MIN..=crate::value::INT_MAX).contains(&value) => Ok(Obj::int(value)),
            _ => reader.lacks(Reason::IntTooLarge),
        },
        #[cfg(feature = "float")]
        OBJ_FLOAT => match crate::decimal::parse(text) {
            Some(value) => Ok(types::float::new(vm, value)?),
            None => reader.bad(Reason::BadFloat),
        },
        #[cfg(feature = "bytes")]
        OBJ_BYTES => Ok(types::bytes::constant(vm, text)?),
        #[cfg(not(feature = "bytes"))]
        OBJ_BYTES => reader.lacks(Reason::NoBytes),
        // `OBJ_COMPLEX`, the only one left.
        #[cfg(feature = "complex")]
        _ => match types::complex::parse(text) {
            Some(value) => Ok(types::complex::new(vm, value)?),
            None => reader.bad(Reason::BadFloat),
        },
        #[cfg(not(feature = "complex"))]
        _ => reader.lacks(Reason::NoFloats),
    }
}

/// The function that follows, as a reader that ends where it does and counts from the file's start, and how many functions follow that it makes.
pub(crate) fn function_head<'a>(reader: &mut Reader<'a>) -> Parse<(Reader<'a>, usize)> {
    let head = reader.uint()?;
    if head & 3 != 0 {
        return reader.lacks(Reason::MachineCode);
    }
    let at = reader.at;
    reader.take(head >> 3)?;
    let body = Reader { file: reader.file.get(..reader.at).unwrap_or(&[]), at };
    let n_children = if head & 4 != 0 { reader.uint()? } else { 0 };
    Ok((body, n_children))
}

fn count_codes(reader: &mut Reader, depth: usize, count: &mut usize) -> Parse<()> {
    if depth == NESTING_MAX {
        return reader.bad(Reason::NestedTooDeep);
    }
    let (_, n_children) = function_head(reader)?;
    *count += 1;
    if *count + n_children > CODES_MAX {
        return reader.bad(Reason::TooManyFunctions);
    }
    for _ in 0..n_children {
        count_codes(reader, depth + 1, count)?;
    }
    Ok(())
}

/// Checks a function and those it makes, and enters them into the tables. Gives its number.
fn function<'a>(vm: &mut Vm<'a>, reader: &mut Reader<'a>, tables: &mut Tables, n_codes: usize, next_child: &mut usize) -> Parse<u16> {
    let (body, n_children) = function_head(reader)?;
    let module = tables.module();
    let prelude = prelude(body)?;
    let limits = verify::Limits { n_names: usize::from(module.get().n_names), n_consts: usize::from(module.get().n_consts), n_children };
    verify::function(vm, &prelude, &limits)?;
    let code = Code::new(
        body.file,
        prelude.code(),
        prelude.names,
        module,
        prelude.n_state as u16,
        n_children as u16,
        prelude.n_exc as u8,
        (prelude.n_pos as u8, prelude.n_kwonly as u8, prelude.n_default as u8),
        prelude.flags,
        prelude.cells.len() as u8,
    );
    let number = tables.push_code(code, n_codes);
    let first_child = *next_child;
    *next_child += n_children;
    tables.set_children_at(number, first_child as u16);
    for index in 0..n_children {
        let child = function(vm, reader, tables, n_codes, next_child)?;
        tables.set_child(first_child + index, child, n_codes);
    }
    Ok(number)
}

pub(crate) const STATE_MAX: usize = 1000;
pub(crate) const EXC_MAX: usize = 14;
const ARGS_MAX: usize = 255;
pub(crate) const CODE_MAX: usize = 32_000;

/// Decodes a function's head: signature bits `xSSSSEAA` then `xFSSKAED`, sizes `xIIIIIIC`, names and lines, cells.
pub(crate) fn prelude(mut reader: Reader<'_>) -> Parse<Prelude<'_>> {
    let first = usize::from(reader.byte()?);
    let (mut n_state, mut n_exc, mut n_pos) = ((first >> 3) & 0xf, (first >> 2) & 1, first & 3);
    let (mut flags, mut n_kwonly, mut n_default) = (0, 0, 0);
    let mut more = first & 0x80 != 0;
    let mut n = 0;
    while more {
        if n == 8 {
            return reader.bad(Reason::SignatureTooLong);
        }
        let byte = usize::from(reader.byte()?);
        n_state |= (byte & 0x30) << (2 * n);
        n_exc |= (byte & 0x02) << n;
        flags |= ((byte & 0x40) >> 6) << n;
        n_pos |= (byte & 0x04) << n;
        n_kwonly |= ((byte & 0x08) >> 3) << n;
        n_default |= (byte & 0x01) << n;
        more = byte & 0x80 != 0;
        n += 1;
    }
    n_state += 1;

    let (mut n_info, mut n_cells) = (0, 0);
    let mut n = 0;
    loop {
        if n == 3 {
            return reader.bad(Reason::HeadTooLong);
        }
        let byte = usize::from(reader.byte()?);
        n_cells |= (byte & 1) << n;
        n_info |= ((byte & 0x7e) >> 1) << (6 * n);
        n += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let names = reader.take(n_info)?;
    let cells = reader.take(n_cells)?;
    if n_state > STATE_MAX || n_exc > EXC_MAX || n_pos > ARGS_MAX || n_kwonly > ARGS_MAX || flags > 0xf {
        return reader.bad(Reason::FunctionTooLarge);
    }
    let len = reader.file.len() - reader.at;
    if len == 0 || len > CODE_MAX {
        return reader.bad(Reason::FunctionSize);
    }
    Ok(Prelude { n_state, n_exc, flags: flags as u8, n_pos, n_kwonly, n_default, names, cells, start: reader })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_taken_apart() {
        // fib(n): three slots more than one, one argument.
        let bytes = [0x31, 0x0e, 0x03, 0x07, 0x01, 0x31, 0x07, 0x01, 0x32, 0x51, 0x63];
        let prelude = prelude(Reader::new(&bytes)).expect("well formed");
        assert_eq!((prelude.n_state, prelude.n_exc, prelude.n_pos), (7, 0, 1));
        assert_eq!((prelude.names.len(), prelude.cells.len(), prelude.len()), (7, 0, 2));
    }

    #[test]
    fn reads_stop_at_the_end() {
        assert_eq!(Reader::new(&[0x80]).uint(), Err(Refused { reason: Reason::EndsEarly.or_malformed(), offset: 1 }));
        assert!(Reader::new(&[0xff; 9]).uint().is_err());
        assert!(Reader::new(&[1, 2]).take(3).is_err());
    }
}
