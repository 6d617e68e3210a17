//! `pyrite dis FILE`: a compiled file as text.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use pyrite::inspect::{self, Item, Value};

use crate::compile;

/// Prints the file's names, constants and functions.
///
/// # Errors
/// Where the file cannot be read; what could be shown was shown.
pub fn run(args: &[String]) -> Result<ExitCode, String> {
    let [file] = args else { return Err(crate::USAGE.into()) };
    let mpy = compile::load(Path::new(file))?;
    let (text, ended) = text(&mpy);
    print!("{text}");
    match ended {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(malformed) => Err(format!("{file}: {}, at byte {}", malformed.reason, malformed.offset)),
    }
}

/// The text, and how reading ended.
fn text(mpy: &[u8]) -> (String, Result<(), inspect::Malformed>) {
    let (mut out, mut names) = (String::new(), Vec::new());
    let mut consts = 0;
    let ended = inspect::walk(mpy, &mut |item| show(&mut out, &mut names, &mut consts, item));
    (out, ended)
}

fn show<'a>(out: &mut String, names: &mut Vec<&'a str>, consts: &mut usize, item: Item<'a>) {
    // Writing to a String cannot fail.
    let _ = match item {
        Item::Name { index, text } => {
            names.push(text);
            writeln!(out, "name {index:3} {text:?}")
        }
        Item::Const { kind, text, items } => {
            *consts += 1;
            let count = if kind == "tuple" { format!(" of {items}") } else { String::new() };
            writeln!(out, "const {:2} {kind}{count} {}", *consts - 1, text.escape_ascii())
        }
        Item::Function { depth, name, n_state, n_exc, n_args: (positional, keyword), flags, len } => {
            let mut about = format!("{positional} arguments, {n_state} slots, {n_exc} blocks, {len} bytes");
            for (bit, what) in [(1, ", generator"), (4, ", *args"), (2, ", **kwargs")] {
                if flags & bit != 0 {
                    about.push_str(what);
                }
            }
            if keyword > 0 {
                let _ = write!(about, ", {keyword} keyword-only");
            }
            writeln!(out, "\n{:indent$}function {} ({about})", "", names.get(name).unwrap_or(&"?"), indent = 2 * depth)
        }
        Item::Opcode { offset, line, byte, name, operand } => {
            let operand = match operand {
                Value::None => String::new(),
                Value::Name(index) => names.get(index).map_or_else(|| format!("name {index}?"), |name| (*name).to_owned()),
                Value::Number(number) => number.to_string(),
                Value::NumberByte(number, byte) => format!("{number}, {byte}"),
                Value::Target(target) => format!("to {target}"),
                Value::TargetByte(target, byte) => format!("to {target}, {byte}"),
                Value::Operator(operator) => operator.to_owned(),
            };
            writeln!(out, "{}", format!("{line:5} {offset:5}  {byte:02x} {name:22} {operand}").trim_end())
        }
    };
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_compiled_file_is_shown_with_lines_names_and_targets() {
        let mpy = include_bytes!("../../vm/tests/programs/loops.mpy");
        let (text, ended) = text(mpy);
        assert_eq!(ended, Ok(()));
        for part in ["name   0 \"loops.py\"", "function main (0 arguments", "ForIter", "LoadMethod             append", "Return"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn what_is_no_compiled_file_is_refused_with_the_place() {
        assert_eq!(text(b"M\x05").1.unwrap_err().reason.to_string(), "another version of .mpy");
        let mpy = include_bytes!("../../vm/tests/programs/loops.mpy");
        assert!(text(&mpy[..mpy.len() / 2]).1.is_err());
    }
}
