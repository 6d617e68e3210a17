//! Reads a compiled file for people: its names, constants, functions and opcodes, one item after another.
//!
//! Apart from the loader because it makes no objects: any `.mpy` file whose structure is sound can be looked at, also one that the
//! machine would not execute.

use crate::lines;
use crate::mpy::{self, Parse, Prelude, Reader};
use crate::opcodes::{self, OPS, Op, Operand, binary, effects};
use crate::qstr;
use crate::reasons::Reason;

pub use crate::vm::Malformed;

/// One thing found in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item<'a> {
    /// Name `index` of the file.
    Name {
        /// Its number in the file.
        index: usize,
        /// Its text.
        text: &'a str,
    },
    /// A constant; tuples show only how many items they have, which follow.
    Const {
        /// Its type, as the format names it.
        kind: &'static str,
        /// Its text, or for a tuple nothing.
        text: &'a [u8],
        /// How many items follow that are parts of it.
        items: usize,
    },
    /// A function begins; its opcodes follow, then the functions it makes.
    Function {
        /// How many functions it is inside of.
        depth: usize,
        /// Index of its name.
        name: usize,
        /// Slots of locals and stack together.
        n_state: usize,
        /// Exception blocks.
        n_exc: usize,
        /// Positional and keyword-only arguments.
        n_args: (usize, usize),
        /// Bit 0: a generator, 1: `**`, 2: `*`.
        flags: u8,
        /// Bytes of code.
        len: usize,
    },
    /// One opcode.
    Opcode {
        /// Where in the function's code.
        offset: usize,
        /// Line of the source.
        line: usize,
        /// The opcode itself.
        byte: u8,
        /// The operation's name.
        name: &'static str,
        /// What follows it.
        operand: Value,
    },
}

/// What an opcode says beside what it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// Nothing.
    None,
    /// Index of a name.
    Name(usize),
    /// A number.
    Number(i64),
    /// A number and a byte.
    NumberByte(i64, u8),
    /// Where a jump goes, in the function's code.
    Target(i64),
    /// The same and a byte.
    TargetByte(i64, u8),
    /// An operator.
    Operator(&'static str),
}

/// How deep functions and tuples may be nested.
const NESTING_MAX: usize = 12;
const KINDS: [&str; 11] = ["function table", "None", "False", "True", "Ellipsis", "str", "bytes", "int", "float", "complex", "tuple"];
const UNARY: [&str; 4] = ["+", "-", "~", "not"];
const BINARY: [&str; 35] = [
    "<", ">", "==", "<=", ">=", "!=", "in", "is", "except", "|=", "^=", "&=", "<<=", ">>=", "+=", "-=", "*=", "@=", "//=", "/=", "%=",
    "**=", "|", "^", "&", "<<", ">>", "+", "-", "*", "@", "//", "/", "%", "**",
];

/// Shows all of `file` to `see`, in the order of the file.
///
/// # Errors
/// Where the file's structure is not sound: what was found up to there has been shown.
pub fn walk<'a>(file: &'a [u8], see: &mut dyn FnMut(Item<'a>)) -> Result<(), Malformed> {
    Ok(all(file, see)?)
}

fn all<'a>(file: &'a [u8], see: &mut dyn FnMut(Item<'a>)) -> Parse<()> {
    let mut reader = Reader::new(file);
    mpy::header(&mut reader)?;
    let (n_names, n_consts) = (reader.uint()?, reader.uint()?);
    for index in 0..n_names {
        let text = match mpy::name_text(&mut reader)? {
            Ok(known) => qstr::text(known.as_name()).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or(""),
            Err(text) => core::str::from_utf8(text).unwrap_or("?"),
        };
        see(Item::Name { index, text });
    }
    for _ in 0..n_consts {
        constant(&mut reader, see, 0)?;
    }
    function(&mut reader, see, 0)
}

fn constant<'a>(reader: &mut Reader<'a>, see: &mut dyn FnMut(Item<'a>), depth: usize) -> Parse<()> {
    let number = usize::from(reader.byte()?);
    let Some(kind) = KINDS.get(number) else { return reader.bad(Reason::UnknownConstant) };
    let (mut text, mut items): (&[u8], usize) = (b"", 0);
    match number {
        1..=4 => {}
        5 | 6 => {
            let len = reader.uint()?;
            text = reader.take(len)?;
            reader.byte()?;
        }
        7..=9 => {
            let len = reader.uint()?;
            text = reader.take(len)?;
        }
        10 if depth < NESTING_MAX => items = reader.uint()?,
        _ => return reader.bad(Reason::NotShown),
    }
    see(Item::Const { kind, text, items });
    for _ in 0..items {
        constant(reader, see, depth + 1)?;
    }
    Ok(())
}

fn function<'a>(reader: &mut Reader<'a>, see: &mut dyn FnMut(Item<'a>), depth: usize) -> Parse<()> {
    if depth == NESTING_MAX {
        return reader.bad(Reason::NestedTooDeep);
    }
    let (body, n_children) = mpy::function_head(reader)?;
    let prelude = mpy::prelude(body)?;
    let mut names = Reader::new(prelude.names);
    let name = names.uint()?;
    see(Item::Function {
        depth,
        name,
        n_state: prelude.n_state,
        n_exc: prelude.n_exc,
        n_args: (prelude.n_pos, prelude.n_kwonly),
        flags: prelude.flags,
        len: prelude.len(),
    });
    for _ in 0..prelude.n_pos + prelude.n_kwonly {
        names.uint()?;
    }
    let steps = prelude.names.get(names.at..).unwrap_or(&[]);
    opcodes(&prelude, steps, see)?;
    for _ in 0..n_children {
        function(reader, see, depth + 1)?;
    }
    Ok(())
}

fn opcodes<'a>(prelude: &Prelude<'a>, steps: &[u8], see: &mut dyn FnMut(Item<'a>)) -> Parse<()> {
    let mut reader = Reader::new(prelude.code());
    while reader.at < prelude.len() {
        let offset = reader.at;
        let byte = reader.byte()?;
        let op = OPS[usize::from(byte)];
        if matches!(op, Op::Invalid | Op::Halt) {
            return reader.bad(Reason::UnknownOpcode);
        }
        let operand = match effects(op).2 {
            Operand::None => implied(byte),
            Operand::Name => Value::Name(reader.uint()?),
            Operand::Int => Value::Number(signed(&mut reader)?),
            Operand::Uint => Value::Number(reader.uint()? as i64),
            Operand::UintByte => Value::NumberByte(reader.uint()? as i64, reader.byte()?),
            Operand::Forward => Value::Target(target(&mut reader, false)?),
            Operand::Signed => Value::Target(target(&mut reader, true)?),
            Operand::SignedByte => Value::TargetByte(target(&mut reader, true)?, reader.byte()?),
        };
        see(Item::Opcode { offset, line: lines::line(steps, offset), byte, name: opcodes::NAMES[op as usize], operand });
    }
    Ok(())
}

/// What the opcode's own low bits say.
fn implied(byte: u8) -> Value {
    match byte {
        opcodes::INT_MULTI..opcodes::LOAD_FAST_MULTI => Value::Number(i64::from(byte) - i64::from(opcodes::INT_MULTI_ZERO)),
        opcodes::LOAD_FAST_MULTI..opcodes::UNARY_MULTI => Value::Number(i64::from(byte & 0xf)),
        opcodes::UNARY_MULTI..opcodes::BINARY_MULTI => Value::Operator(UNARY[usize::from(byte - opcodes::UNARY_MULTI) % UNARY.len()]),
        opcodes::BINARY_MULTI.. => Value::Operator(BINARY[usize::from(byte - opcodes::BINARY_MULTI).min(binary::POWER as usize)]),
        _ => Value::None,
    }
}

fn signed(reader: &mut Reader) -> Parse<i64> {
    let first = reader.byte()?;
    let mut value = i64::from(first & 0x7f) - if first & 0x40 != 0 { 0x80 } else { 0 };
    let mut byte = first;
    while byte >= 0x80 {
        byte = reader.byte()?;
        value = value.wrapping_shl(7) | i64::from(byte & 0x7f);
    }
    Ok(value)
}

fn target(reader: &mut Reader, may_be_negative: bool) -> Parse<i64> {
    let low = i64::from(reader.byte()?);
    let (distance, bias) = if low < 0x80 { (low, 0x40) } else { (low & 0x7f | i64::from(reader.byte()?) << 7, 0x4000) };
    Ok(reader.at as i64 + distance - if may_be_negative { bias } else { 0 })
}

#[cfg(all(test, feature = "full"))]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Everything that bytecode can say is said by one of the scripts, whose outputs are compared with CPython's.
    #[test]
    fn each_operation_is_in_a_script() {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
        let folders = std::fs::read_dir(scripts).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
        let (mut operations, mut operators) = (BTreeSet::new(), BTreeSet::new());
        for path in files.filter(|path| path.extension().is_some_and(|ending| ending == "mpy")) {
            let read = walk(&std::fs::read(&path).unwrap(), &mut |item| {
                if let Item::Opcode { name, operand, .. } = item {
                    operations.insert(name);
                    if let Value::Operator(operator) = operand {
                        operators.insert(operator);
                    }
                }
            });
            assert!(read.is_ok(), "{}: {read:?}", path.display());
        }
        // Two that no file may hold.
        let missing: Vec<&str> =
            opcodes::NAMES.into_iter().filter(|name| !operations.contains(name) && !["Invalid", "Halt"].contains(name)).collect();
        assert!(missing.is_empty(), "no script has {missing:?}");
        let missing: Vec<&str> = UNARY.iter().chain(BINARY.iter()).copied().filter(|operator| !operators.contains(operator)).collect();
        assert!(missing.is_empty(), "no script has the operators {missing:?}");
    }
}
