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
use crate::types::{self, tuple};
use crate::value::Obj;
use crate::verify;
use crate::vm::{Malformed, Stop, Vm, why};

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
    file: &'a [u8],
    pub(crate) at: usize,
}

pub(crate) type Parse<V> = Result<V, Refused>;

/// Why a file is refused: a pointer alone, so that `Parse` of a number fits two registers.
pub(crate) type Reason = &'static &'static str;

/// What a user of this crate is told as [`Malformed`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    pub(crate) reason: Reason,
    pub(crate) offset: u32,
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
        self.lacks(why(reason))
    }

    /// The file is refused because of what this build does not have, which every build has words for.
    fn lacks<V>(&self, reason: Reason) -> Parse<V> {
        Err(Refused { reason, offset: self.at as u32 })
    }

    pub(crate) fn byte(&mut self) -> Parse<u8> {
        match self.file.get(self.at) {
            Some(byte) => {
                self.at += 1;
                Ok(*byte)
            }
            None => self.bad(&"ends too early"),
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
        self.bad(&"number too large")
    }

    pub(crate) fn take(&mut self, len: usize) -> Parse<&'a [u8]> {
        match self.at.checked_add(len).and_then(|end| self.file.get(self.at..end)) {
            Some(bytes) => {
                self.at += len;
                Ok(bytes)
            }
            None => self.bad(&"ends too early"),
        }
    }

    fn count(&mut self, max: usize, reason: Reason) -> Parse<usize> {
        let value = self.uint()?;
        if value > max { self.bad(reason) } else { Ok(value) }
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Stop {
        Stop::Malformed(refused.into())
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
    pub(crate) code: &'a [u8],
}

/// Reads the file and makes a module; its code has not run yet.
pub(crate) fn load<'a>(vm: &mut Vm<'a>, file: &'a [u8]) -> Result<ModulePtr, Stop> {
    let mut reader = Reader::new(file);
    header(&mut reader)?;
    let n_names = reader.count(NAMES_MAX, &"too many names")?;
    let n_consts = reader.count(CONSTS_MAX, &"too many constants")?;
    if n_names == 0 {
        return Ok(reader.bad(&"no names")?);
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
        skip_const(&mut walk, 0)?;
    }
    let mut n_codes = 0;
    count_codes(&mut walk, 0, &mut n_codes)?;

    // Tables first and permanent, then what can be collected again if the file is refused after all.
    let no_memory = |_| Stop::NoMemory;
    let block = vm.alloc(Kind::Permanent, Tables::words(n_names, n_codes)).map_err(no_memory)?;
    let names = vm.alloc(Kind::Permanent, 2 * new_names + 1).map_err(no_memory)?;
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

fn fill<'a>(vm: &mut Vm<'a>, mut reader: Reader<'a>, block: Obj, counts: (usize, usize, usize)) -> Result<ModulePtr, Stop> {
    let (n_names, n_consts, n_codes) = counts;
    let mut tables = Tables::new(block, n_names, n_consts, n_codes);
    for index in 0..n_names {
        let name = match name_text(&mut reader)? {
            Ok(known) => known,
            Err(text) => match vm.intern(text) {
                Some(name) => name,
                None => return Ok(reader.bad(&"too many names")?),
            },
        };
        tables.set_name(index, name);
    }
    let kept = vm.kept();
    let objects = objects(vm, &mut reader, tables.module(), n_consts);
    let verified = match objects {
        Ok(()) => functions(vm, &mut reader, &mut tables, n_codes),
        Err(stop) => Err(stop),
    };
    vm.release(kept);
    verified?;
    Ok(tables.module())
}

/// Constants and globals; both are kept by `vm.keep` while the rest is checked.
fn objects<'a>(vm: &mut Vm<'a>, reader: &mut Reader<'a>, module: ModulePtr, n_consts: usize) -> Result<(), Stop> {
    let no_memory = |_| Stop::NoMemory;
    let consts = tuple::with_room(vm, n_consts).map_err(no_memory)?;
    vm.keep(consts).map_err(no_memory)?;
    for index in 0..n_consts {
        let value = constant(vm, reader)?;
        tuple::set(consts, index, value);
    }
    let globals = vm.alloc(Kind::Module, 2).map_err(no_memory)?;
    vm.keep(globals).map_err(no_memory)?;
    let name = module_name(vm, module);
    globals.set_field(types::MODULE_NAME, name);
    crate::map::set(vm, globals, types::MODULE_TABLE, Obj::name(Qstr::D_NAME), name).map_err(no_memory)?;
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

fn functions<'a>(vm: &mut Vm<'a>, reader: &mut Reader<'a>, tables: &mut Tables, n_codes: usize) -> Result<(), Stop> {
    let mut next_child = 0;
    function(vm, reader, tables, (0, n_codes), &mut next_child).map(|_| ())
}

pub(crate) fn header(reader: &mut Reader) -> Parse<()> {
    if reader.byte()? != b'M' {
        return reader.bad(&"not a .mpy file");
    }
    if reader.byte()? != VERSION {
        return reader.bad(&"another version of .mpy");
    }
    // The lowest two bits, the sub-version, concern machine code only.
    let features = reader.byte()?;
    if features & 0x3c != 0 {
        return reader.lacks(&"contains machine code");
    }
    if reader.byte()? > INT_BITS_MAX {
        return reader.lacks(&"needs larger small ints");
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
            return reader.bad(&"unknown name");
        }
        return Ok(Ok(Obj::name(Qstr(number as u16))));
    }
    let text = reader.take(len >> 1)?;
    if cfg!(feature = "unicode") && core::str::from_utf8(text).is_err() {
        return reader.bad(&"a name is not UTF-8");
    }
    if reader.byte()? != 0 {
        return reader.bad(&"a name does not end");
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
const OBJ_COMPLEX: u8 = 9;
const OBJ_TUPLE: u8 = 10;

fn skip_const(reader: &mut Reader, depth: usize) -> Parse<()> {
    match reader.byte()? {
        OBJ_FUN_TABLE => reader.lacks(&"contains machine code"),
        1..=OBJ_ELLIPSIS => Ok(()),
        kind @ (OBJ_STR | OBJ_BYTES) => {
            let len = reader.uint()?;
            let text = reader.take(len)?;
            if cfg!(feature = "unicode") && kind == OBJ_STR && core::str::from_utf8(text).is_err() {
                return reader.bad(&"a text is not UTF-8");
            }
            if reader.byte()? == 0 { Ok(()) } else { reader.bad(&"a text does not end") }
        }
        OBJ_INT..=OBJ_COMPLEX => {
            let len = reader.uint()?;
            reader.take(len).map(|_| ())
        }
        OBJ_TUPLE => {
            if depth == NESTING_MAX {
                return reader.bad(&"nested too deep");
            }
            for _ in 0..reader.uint()? {
                skip_const(reader, depth + 1)?;
            }
            Ok(())
        }
        _ => reader.bad(&"unknown constant"),
    }
}

/// Makes a constant that `skip_const` has walked over.
fn constant<'a>(vm: &mut Vm<'a>, reader: &mut Reader<'a>) -> Result<Obj, Stop> {
    let no_memory = |_| Stop::NoMemory;
    let kind = reader.byte()?;
    Ok(match kind {
        1 => Obj::NONE,
        2 => Obj::FALSE,
        3 => Obj::TRUE,
        OBJ_ELLIPSIS => Obj::ELLIPSIS,
        OBJ_STR => {
            let len = reader.uint()?;
            let text = reader.take(len)?;
            reader.byte()?;
            types::str::constant(vm, text).map_err(no_memory)?
        }
        OBJ_INT => {
            let len = reader.uint()?;
            let text = reader.take(len)?;
            #[cfg(feature = "bigint")]
            return match types::bigint::parse(vm, text, 10).map_err(no_memory)? {
                it if it == Obj::NULL => Ok(reader.bad(&"an int constant is malformed")?),
                value => Ok(value),
            };
            #[cfg(not(feature = "bigint"))]
            match types::int::parse(text, 10) {
                Some(value) if (crate::value::INT_MIN..=crate::value::INT_MAX).contains(&value) => Obj::int(value),
                _ => return Ok(reader.lacks(&"an int constant is too large for this build")?),
            }
        }
        OBJ_TUPLE => {
            let len = reader.uint()?;
            let made = tuple::with_room(vm, len).map_err(no_memory)?;
            vm.keep(made).map_err(no_memory)?;
            for index in 0..len {
                let value = constant(vm, reader)?;
                tuple::set(made, index, value);
            }
            vm.unkeep(1);
            made
        }
        #[cfg(feature = "float")]
        OBJ_FLOAT => {
            let len = reader.uint()?;
            match crate::decimal::parse(reader.take(len)?) {
                Some(value) => types::float::new(vm, value).map_err(no_memory)?,
                None => return Ok(reader.bad(&"a float constant is malformed")?),
            }
        }
        #[cfg(feature = "bytes")]
        OBJ_BYTES => {
            let len = reader.uint()?;
            let bytes = reader.take(len)?;
            reader.byte()?;
            types::bytes::constant(vm, bytes).map_err(no_memory)?
        }
        #[cfg(not(feature = "bytes"))]
        OBJ_BYTES => return Ok(reader.lacks(&"bytes are not in this build")?),
        _ => return Ok(reader.lacks(&"floats are not in this build")?),
    })
}

/// Length, kind and whether functions follow that this one makes.
pub(crate) fn function_head<'a>(reader: &mut Reader<'a>) -> Parse<(&'a [u8], usize, usize)> {
    let head = reader.uint()?;
    if head & 3 != 0 {
        return reader.lacks(&"contains machine code");
    }
    let at = reader.at;
    let bytes = reader.take(head >> 3)?;
    let n_children = if head & 4 != 0 { reader.uint()? } else { 0 };
    Ok((bytes, n_children, at))
}

fn count_codes(reader: &mut Reader, depth: usize, count: &mut usize) -> Parse<()> {
    if depth == NESTING_MAX {
        return reader.bad(&"nested too deep");
    }
    let (_, n_children, _) = function_head(reader)?;
    *count += 1;
    if *count + n_children > CODES_MAX {
        return reader.bad(&"too many functions");
    }
    for _ in 0..n_children {
        count_codes(reader, depth + 1, count)?;
    }
    Ok(())
}

/// Checks a function and those it makes, and enters them into the tables. Gives its number.
fn function<'a>(
    vm: &mut Vm<'a>,
    reader: &mut Reader<'a>,
    tables: &mut Tables,
    room: (usize, usize),
    next_child: &mut usize,
) -> Result<u16, Stop> {
    let (depth, n_codes) = room;
    let (bytes, n_children, at) = function_head(reader)?;
    let module = tables.module();
    let prelude = prelude(bytes, at)?;
    let limits = verify::Limits {
        n_names: usize::from(module.get().n_names),
        n_consts: usize::from(module.get().n_consts),
        n_children,
        file_offset: at + bytes.len() - prelude.code.len(),
    };
    verify::function(vm, &prelude, &limits)?;
    let code = Code::new(
        prelude.code,
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
        let child = function(vm, reader, tables, (depth + 1, n_codes), next_child)?;
        tables.set_child(first_child + index, child, n_codes);
    }
    Ok(number)
}

const STATE_MAX: usize = 1000;
const EXC_MAX: usize = 14;
const ARGS_MAX: usize = 255;
const CODE_MAX: usize = 32_000;

/// Decodes a function's head: signature bits `xSSSSEAA` then `xFSSKAED`, sizes `xIIIIIIC`, names and lines, cells.
pub(crate) fn prelude(bytes: &[u8], offset: usize) -> Parse<Prelude<'_>> {
    let mut reader = Reader::new(bytes);
    let fail = |reader: &Reader, reason| Err(Refused { reason: why(reason), offset: (offset + reader.at) as u32 });
    let shift = |refused: Refused| Refused { offset: refused.offset + offset as u32, ..refused };

    let first = usize::from(reader.byte().map_err(shift)?);
    let (mut n_state, mut n_exc, mut n_pos) = ((first >> 3) & 0xf, (first >> 2) & 1, first & 3);
    let (mut flags, mut n_kwonly, mut n_default) = (0, 0, 0);
    let mut more = first & 0x80 != 0;
    let mut n = 0;
    while more {
        if n == 8 {
            return fail(&reader, &"a function's signature is too long");
        }
        let byte = usize::from(reader.byte().map_err(shift)?);
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
            return fail(&reader, &"a function's head is too long");
        }
        let byte = usize::from(reader.byte().map_err(shift)?);
        n_cells |= (byte & 1) << n;
        n_info |= ((byte & 0x7e) >> 1) << (6 * n);
        n += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let names = reader.take(n_info).map_err(shift)?;
    let cells = reader.take(n_cells).map_err(shift)?;
    let code = &bytes[reader.at..];
    if n_state > STATE_MAX || n_exc > EXC_MAX || n_pos > ARGS_MAX || n_kwonly > ARGS_MAX || flags > 0xf {
        return fail(&reader, &"a function is too large");
    }
    if code.is_empty() || code.len() > CODE_MAX {
        return fail(&reader, &"a function is too large or empty");
    }
    Ok(Prelude { n_state, n_exc, flags: flags as u8, n_pos, n_kwonly, n_default, names, cells, code })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_taken_apart() {
        // fib(n): three slots more than one, one argument.
        let bytes = [0x31, 0x0e, 0x03, 0x07, 0x01, 0x31, 0x07, 0x01, 0x32, 0x51, 0x63];
        let prelude = prelude(&bytes, 0).expect("well formed");
        assert_eq!((prelude.n_state, prelude.n_exc, prelude.n_pos), (7, 0, 1));
        assert_eq!((prelude.names.len(), prelude.cells.len(), prelude.code.len()), (7, 0, 2));
    }

    #[test]
    fn reads_stop_at_the_end() {
        assert_eq!(Reader::new(&[0x80]).uint(), Err(Refused { reason: why(&"ends too early"), offset: 1 }));
        assert!(Reader::new(&[0xff; 9]).uint().is_err());
        assert!(Reader::new(&[1, 2]).take(3).is_err());
    }
}
