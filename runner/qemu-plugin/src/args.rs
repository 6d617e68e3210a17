//! The plugin's arguments, from QEMU's `name=value` strings to resolved types. Pure: touches nothing outside.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Bit 0 of a code address says "Thumb" in symbol tables; the address of the instruction itself is even.
const THUMB_BIT: u64 = 1;

/// Addresses from `low` (inside) to `high` (outside).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackWindow {
    /// Lowest address of the window.
    pub low: u64,
    /// First address above it: the initial stack pointer.
    pub high: u64,
}

/// What a run is asked to count.
#[derive(Debug, PartialEq, Eq)]
pub struct Args {
    /// Address of the begin marker's first instruction.
    pub begin: u64,
    /// Address of the end marker's first instruction.
    pub end: u64,
    /// The result file.
    pub out: PathBuf,
    /// Instructions the whole run may execute.
    pub budget: Option<u64>,
    /// Where the stack is.
    pub stack: Option<StackWindow>,
    /// Whether loads and stores are counted.
    pub memory: bool,
    /// Whether it is counted where the code goes elsewhere than on.
    pub jumps: bool,
}

impl Args {
    /// Reads all arguments.
    ///
    /// # Errors
    /// One sentence naming the argument that is wrong, doubled, unknown or missing.
    pub fn parse<'a>(raw: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, String> {
        let (mut begin, mut end, mut out, mut budget) = (None, None, None, None);
        let (mut stack, mut memory, mut jumps) = (None, None, None);
        for argument in raw {
            let Some(split) = argument.iter().position(|&byte| byte == b'=') else {
                return Err(format!("argument {:?} is not name=value", String::from_utf8_lossy(argument)));
            };
            let (name, value) = (&argument[..split], &argument[split + 1..]);
            match name {
                b"begin" => once("begin", &mut begin, number("begin", value)? & !THUMB_BIT)?,
                b"end" => once("end", &mut end, number("end", value)? & !THUMB_BIT)?,
                b"out" if value.is_empty() => return Err("out is empty".into()),
                b"out" => once("out", &mut out, PathBuf::from(OsStr::from_bytes(value)))?,
                b"budget" => once("budget", &mut budget, number("budget", value)?)?,
                b"stack" => once("stack", &mut stack, window(value)?)?,
                b"mem" => once("mem", &mut memory, switch("mem", value)?)?,
                b"jumps" => once("jumps", &mut jumps, switch("jumps", value)?)?,
                _ => {
                    let name = String::from_utf8_lossy(name);
                    return Err(format!("unknown argument {name:?}; known are begin, end, out, budget, stack, mem, jumps"));
                }
            }
        }
        let begin = begin.ok_or("begin= (address of the begin marker) is missing")?;
        let end = end.ok_or("end= (address of the end marker) is missing")?;
        let out = out.ok_or("out= (path of the result file) is missing")?;
        if begin == end {
            return Err(format!(
                "begin and end are the same address {begin:#x}: the linker merged the two marker functions; give them different bodies"
            ));
        }
        Ok(Self { begin, end, out, budget, stack, memory: memory.unwrap_or(false), jumps: jumps.unwrap_or(false) })
    }
}

fn once<T>(name: &str, slot: &mut Option<T>, value: T) -> Result<(), String> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("{name} is given twice")),
    }
}

/// A decimal or `0x` number of 64 bits; no sign, no space.
fn number(name: &str, value: &[u8]) -> Result<u64, String> {
    let wrong = || format!("{name}={:?} is not a number (decimal or 0x…, up to 64 bits)", String::from_utf8_lossy(value));
    let text = std::str::from_utf8(value).map_err(|_| wrong())?;
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None => (text, 10),
    };
    // The standard parser takes a leading plus, which is a typing error here.
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    u64::from_str_radix(digits, radix).map_err(|_| wrong())
}

fn window(value: &[u8]) -> Result<StackWindow, String> {
    let Some(split) = value.iter().position(|&byte| byte == b':') else {
        return Err(format!("stack={:?} is not LO:HI", String::from_utf8_lossy(value)));
    };
    let low = number("stack", &value[..split])?;
    let high = number("stack", &value[split + 1..])?;
    if low >= high {
        return Err(format!("stack={low:#x}:{high:#x} is empty: LO must be below HI"));
    }
    Ok(StackWindow { low, high })
}

fn switch(name: &str, value: &[u8]) -> Result<bool, String> {
    match value {
        b"on" => Ok(true),
        b"off" => Ok(false),
        _ => Err(format!("{name}={:?} is neither on nor off", String::from_utf8_lossy(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(line.split(',').map(str::as_bytes))
    }

    #[test]
    fn all_arguments_are_read() {
        let args = parse("begin=0x101,end=514,out=/tmp/x=y,budget=18446744073709551615,stack=0x20000000:0x20004000,mem=on,jumps=on");
        let expected = Args {
            begin: 0x100,
            end: 0x202,
            out: "/tmp/x=y".into(),
            budget: Some(u64::MAX),
            stack: Some(StackWindow { low: 0x2000_0000, high: 0x2000_4000 }),
            memory: true,
            jumps: true,
        };
        assert_eq!(args, Ok(expected));
    }

    #[test]
    fn only_the_markers_and_the_file_are_needed() {
        let args = parse("out=o,end=0x3,begin=0x0").unwrap();
        assert_eq!((args.begin, args.end, args.budget, args.stack, args.memory, args.jumps), (0, 2, None, None, false, false));
    }

    #[test]
    fn a_wrong_line_is_refused_with_its_reason() {
        fn check(line: &str, says: &str) {
            let error = parse(line).unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
        check("end=2,out=o", "begin= (address");
        check("begin=2,out=o", "end= (address");
        check("begin=2,end=4", "out= (path");
        check("begin=2,end=4,out=", "out is empty");
        check("begin=0x100,end=0x101,out=o", "different bodies");
        check("begin=2,begin=2,end=4,out=o", "begin is given twice");
        check("begin=2,end=4,out=o,bugdet=7", "unknown argument \"bugdet\"");
        check("begin=2,end=4,out=o,budget", "not name=value");
        check("begin=main,end=4,out=o", "begin=\"main\" is not a number");
        check("begin=+2,end=4,out=o", "is not a number");
        check("begin=0x+2,end=4,out=o", "is not a number");
        check("begin=0x,end=4,out=o", "is not a number");
        check("begin=2,end=4,out=o,budget=18446744073709551616", "up to 64 bits");
        check("begin=2,end=4,out=o,stack=0x20", "is not LO:HI");
        check("begin=2,end=4,out=o,stack=0x20:0x20", "LO must be below HI");
        check("begin=2,end=4,out=o,mem=yes", "neither on nor off");
    }
}
