//! The memory that a linker script declares: its MEMORY blocks, with the expressions linker scripts have.
//!
//! Only what lies at the top of a script is looked at: MEMORY blocks, and assignments such as `FLASH_SIZE = 256K;` that their expressions
//! may name. Nothing is included, run or looked up elsewhere: a script that keeps its memory in another file (`INCLUDE memory.x`) is
//! an error that names that file.

use super::MemoryRegion;
use crate::names::shortened;
use std::collections::HashMap;

/// A linker script longer than this is refused, bytes.
pub const SCRIPT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most memory regions a script or a map may declare.
pub const REGIONS_MAX: usize = 256;
/// How deep parentheses and signs of an expression may nest.
pub const EXPRESSION_DEPTH_MAX: usize = 64;

/// Why a linker script's memory cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// No MEMORY block and nothing that would lead to one.
    #[error("the linker script has no MEMORY block; give the script that has it, often memory.x or *_flash.ld, or write `regions` by hand")]
    NoMemory,
    /// The memory is, or may be, in another file.
    #[error("line {line}: INCLUDE {file} is not followed; give {file} itself, or write `regions` by hand")]
    Include {
        /// Where.
        line: usize,
        /// The file.
        file: String,
    },
    /// Something else than a linker script has there.
    #[error("line {line}: {found} where {wanted} should be; is it a linker script, after the preprocessor?")]
    Unexpected {
        /// Where.
        line: usize,
        /// What stands there.
        found: String,
        /// What should.
        wanted: &'static str,
    },
    /// An expression that needs more than this file.
    #[error(
        "line {line}: {name} has no value in this file; write `regions` by hand, the linker's map has the figures under \"Memory Configuration\""
    )]
    Unknown {
        /// Where.
        line: usize,
        /// The symbol.
        name: String,
    },
    /// An expression without a 64-bit value.
    #[error("line {line}: the value is not a number from 0 to 2^64-1; check the expression")]
    Value {
        /// Where.
        line: usize,
    },
    /// More than is read.
    #[error("line {line}: the linker script has more than {max} {what}; is it a linker script?")]
    TooMany {
        /// Where the limit was met.
        line: usize,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
}

/// The regions of a linker script's MEMORY blocks, in its order.
///
/// `ORIGIN` may be written `org` or `o`, `LENGTH` `len` or `l`. Numbers are decimal, hexadecimal or octal, with K or M; expressions have
/// `+ - * / % << >> & | ~ ( )`, `ORIGIN(X)` and `LENGTH(X)` of regions before, and symbols assigned before at the top of the script.
///
/// # Errors
/// [`ScriptError`] where there is no MEMORY block, or it cannot be understood.
pub fn script_memory(text: &str) -> Result<Vec<MemoryRegion>, ScriptError> {
    if text.len() > SCRIPT_BYTES_MAX {
        return Err(ScriptError::TooMany { line: 1, what: "bytes", max: SCRIPT_BYTES_MAX });
    }
    let mut reader = Reader { tokens: tokens(text)?, at: 0, memory: vec![], symbols: HashMap::new() };
    reader.script()?;
    Ok(reader.memory)
}

/// A word, a number or a sign, and the line it is on.
#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    text: &'t str,
    line: usize,
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$')
}

/// The script's words and signs, without comments, preprocessor lines and blanks. Text in quotes is one word, quotes included.
fn tokens(text: &str) -> Result<Vec<Token<'_>>, ScriptError> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut at_margin = true;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let enclosed = |open: &str, close: &str| rest[open.len()..].find(close).map(|end| open.len() + end + close.len());
        let length = if rest.starts_with("/*") {
            enclosed("/*", "*/").ok_or(ScriptError::Unexpected { line, found: "a comment without an end".into(), wanted: "`*/`" })?
        } else if rest.starts_with("//") || (first == '#' && at_margin) {
            rest.find('\n').unwrap_or(rest.len())
        } else if first.is_whitespace() {
            first.len_utf8()
        } else {
            let length = if first == '"' {
                enclosed("\"", "\"").ok_or(ScriptError::Unexpected { line, found: "a quote without an end".into(), wanted: "`\"`" })?
            } else if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("<<") || rest.starts_with(">>") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push(Token { text: &rest[..length], line });
            length
        };
        let (passed, after) = rest.split_at(length);
        line += passed.matches('\n').count();
        at_margin = passed.ends_with('\n') || (at_margin && first.is_whitespace());
        rest = after;
    }
    Ok(tokens)
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    memory: Vec<MemoryRegion>,
    symbols: HashMap<&'t str, u64>,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&'t str> {
        self.tokens.get(self.at).map(|t| t.text)
    }
    fn line(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |t| t.line)
    }
    fn next(&mut self) -> Option<&'t str> {
        let token = self.peek();
        self.at += usize::from(token.is_some());
        token
    }
    fn takes(&mut self, text: &str) -> bool {
        let takes = self.peek() == Some(text);
        self.at += usize::from(takes);
        takes
    }
    fn unexpected(&self, wanted: &'static str) -> ScriptError {
        let found = self.peek().map_or_else(|| "the end of the file".to_owned(), |text| format!("`{}`", shortened(text)));
        ScriptError::Unexpected { line: self.line(), found, wanted }
    }
    fn expect(&mut self, text: &'static str, wanted: &'static str) -> Result<(), ScriptError> {
        if self.takes(text) { Ok(()) } else { Err(self.unexpected(wanted)) }
    }

    fn script(&mut self) -> Result<(), ScriptError> {
        let mut depth = 0usize;
        let mut include = None;
        while let Some(text) = self.peek() {
            let line = self.line();
            self.at += 1;
            match text {
                "MEMORY" if depth == 0 && self.takes("{") => self.memory_block()?,
                "INCLUDE" if depth == 0 => include = include.or_else(|| Some(ScriptError::Include { line, file: self.file_name() })),
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                name if depth == 0 && name.starts_with(is_word) && self.peek() == Some("=") => self.assignment(name),
                _ => {}
            }
        }
        if self.memory.is_empty() { Err(include.unwrap_or(ScriptError::NoMemory)) } else { Ok(()) }
    }

    /// The words of a path, which ends with its line.
    fn file_name(&mut self) -> String {
        let line = self.tokens.get(self.at.saturating_sub(1)).map_or(0, |t| t.line);
        let mut name = String::new();
        while let Some(token) = self.tokens.get(self.at).filter(|t| t.line == line && !matches!(t.text, ";" | "{" | "}")) {
            name.push_str(token.text);
            self.at += 1;
        }
        shortened(name.trim_matches('"'))
    }

    /// `NAME = expression;` A value that cannot be known is not an error: most assignments are of addresses.
    fn assignment(&mut self, name: &'t str) {
        let start = self.at;
        self.at += 1;
        match self.expression(0) {
            Ok(value) if matches!(self.peek(), Some(";") | None) => {
                if let Ok(value) = u64::try_from(value) {
                    self.symbols.insert(name, value);
                }
            }
            _ => {
                self.symbols.remove(name);
                self.at = start;
            }
        }
    }

    fn memory_block(&mut self) -> Result<(), ScriptError> {
        while !self.takes("}") {
            match self.peek() {
                Some("INCLUDE") => {
                    let line = self.line();
                    self.at += 1;
                    return Err(ScriptError::Include { line, file: self.file_name() });
                }
                Some(name) if name.starts_with(|c| is_word(c) || c == '"') => self.region()?,
                _ => return Err(self.unexpected("a memory region or `}`")),
            }
        }
        Ok(())
    }

    /// `FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 256K`
    fn region(&mut self) -> Result<(), ScriptError> {
        if self.memory.len() >= REGIONS_MAX {
            return Err(ScriptError::TooMany { line: self.line(), what: "memory regions", max: REGIONS_MAX });
        }
        let mut name = shortened(self.next().unwrap_or_default().trim_matches('"'));
        // In a name, unlike in an expression, a hyphen is a letter.
        while let Some(part) = self.peek().filter(|part| *part == "-" || (name.ends_with('-') && part.starts_with(is_word))) {
            name.push_str(part);
            self.at += 1;
        }
        let mut attributes = String::new();
        if self.takes("(") {
            while let Some(part) = self.peek().filter(|part| *part == "!" || part.starts_with(is_word)) {
                attributes.push_str(part);
                self.at += 1;
            }
            self.expect(")", "`)` after the attributes")?;
        }
        self.expect(":", "`:`")?;
        let start = self.field(["ORIGIN", "org", "o"], "`ORIGIN =`")?;
        // ORIGIN(X) of a region within its own LENGTH is allowed.
        self.memory.push(MemoryRegion { name, start, size: 0, attributes: shortened(&attributes) });
        self.takes(",");
        let size = self.field(["LENGTH", "len", "l"], "`LENGTH =`")?;
        if let Some(region) = self.memory.last_mut() {
            region.size = size;
        }
        self.takes(",");
        self.takes(";");
        Ok(())
    }

    fn field(&mut self, names: [&str; 3], wanted: &'static str) -> Result<u64, ScriptError> {
        if !self.peek().is_some_and(|text| names.contains(&text)) {
            return Err(self.unexpected(wanted));
        }
        self.at += 1;
        self.expect("=", "`=`")?;
        let line = self.line();
        let value = self.expression(0)?;
        u64::try_from(value).map_err(|_| ScriptError::Value { line })
    }

    fn expression(&mut self, depth: usize) -> Result<i128, ScriptError> {
        self.binary(depth, 0)
    }

    /// Binary operators of at least this binding strength; all bind to the left.
    fn binary(&mut self, depth: usize, strength: usize) -> Result<i128, ScriptError> {
        let mut left = self.operand(depth)?;
        loop {
            let line = self.line();
            let Some((operator, binds)) = self.peek().and_then(operator) else { return Ok(left) };
            if binds < strength {
                return Ok(left);
            }
            self.at += 1;
            let right = self.binary(depth, binds + 1)?;
            let small = |n: i128| u32::try_from(n).ok().filter(|n| *n < 64);
            let value = match operator {
                '+' => left.checked_add(right),
                '-' => left.checked_sub(right),
                '*' => left.checked_mul(right),
                '/' => left.checked_div(right),
                '%' => left.checked_rem(right),
                '<' => small(right).and_then(|n| left.checked_mul(1 << n)),
                '>' => small(right).map(|n| left >> n),
                '&' => Some(left & right),
                _ => Some(left | right),
            };
            left = value.ok_or(ScriptError::Value { line })?;
        }
    }

    fn operand(&mut self, depth: usize) -> Result<i128, ScriptError> {
        let line = self.line();
        if depth >= EXPRESSION_DEPTH_MAX {
            return Err(ScriptError::TooMany { line, what: "nested parentheses", max: EXPRESSION_DEPTH_MAX });
        }
        let Some(text) = self.peek().filter(|text| matches!(*text, "-" | "+" | "~" | "(") || text.starts_with(is_word)) else {
            return Err(self.unexpected("a number"));
        };
        self.at += 1;
        match text {
            "-" => self.operand(depth + 1).map(|n| n.saturating_neg()),
            "+" => self.operand(depth + 1),
            // All numbers are of 64 bits.
            "~" => self.operand(depth + 1).map(|n| !n & i128::from(u64::MAX)),
            "(" => {
                let value = self.expression(depth + 1)?;
                self.expect(")", "`)`")?;
                Ok(value)
            }
            "ORIGIN" | "org" | "LENGTH" | "len" if self.takes("(") => {
                let name = self.next().unwrap_or_default().trim_matches('"');
                self.expect(")", "`)` after the name of a memory region")?;
                let region = self.memory.iter().find(|r| r.name == name);
                let region = region.ok_or_else(|| ScriptError::Unknown { line, name: format!("{text}({})", shortened(name)) })?;
                Ok(if matches!(text, "ORIGIN" | "org") { region.start } else { region.size }.into())
            }
            _ if text.starts_with(|c: char| c.is_ascii_digit()) => number(text).ok_or(ScriptError::Value { line }),
            _ => self.symbols.get(text).map(|&n| n.into()).ok_or_else(|| ScriptError::Unknown { line, name: shortened(text) }),
        }
    }
}

/// An operator and how strongly it binds.
fn operator(text: &str) -> Option<(char, usize)> {
    Some(match text {
        "|" => ('|', 0),
        "&" => ('&', 1),
        "<<" => ('<', 2),
        ">>" => ('>', 2),
        "+" => ('+', 3),
        "-" => ('-', 3),
        "*" => ('*', 4),
        "/" => ('/', 4),
        "%" => ('%', 4),
        _ => return None,
    })
}

/// `262144`, `0x40000`, `01000000`, `256K`, `1M`.
fn number(text: &str) -> Option<i128> {
    let (text, factor) = match text.as_bytes().last()? {
        b'K' | b'k' => (&text[..text.len() - 1], 1024),
        b'M' | b'm' => (&text[..text.len() - 1], 1024 * 1024),
        _ => (text, 1),
    };
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None if text.len() > 1 && text.starts_with('0') => u64::from_str_radix(text, 8),
        None => text.parse(),
    };
    i128::from(value.ok()?).checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match script_memory(text) {
            Ok(memory) => {
                memory.iter().map(|m| format!("{}({}) {:x}+{:x}", m.name, m.attributes, m.start, m.size)).collect::<Vec<_>>().join(", ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn regions_are_read() {
        let check = |text: &str, want: &str| assert_eq!(shown(text), want, "{text}");
        check("MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 256K }", "FLASH(rx) 8000000+40000");
        check("MEMORY\n{\n  rom : org = 0, len = 1M\n  ram (!rx) : o = 0x20000000 l = 010 ;\n}", "rom() 0+100000, ram(!rx) 20000000+8");
        check("/* MEMORY { X } */ MEMORY { A : ORIGIN = 0x10, /* here */ LENGTH = 16 } // end\n", "A() 10+10");
        check("MEMORY { A : ORIGIN = 0, LENGTH = 64K - 4K * 2 }", "A() 0+e000");
        check("MEMORY { A : ORIGIN = (1 + 2) * 0x10, LENGTH = 7 / 2 + 9 % 4 }", "A() 30+4");
        check("MEMORY { A : ORIGIN = 1 << 4 + 1, LENGTH = 0xff & ~0xf | 1 }", "A() 20+f1");
        check("MEMORY { A : ORIGIN = 16, LENGTH = 8 B : ORIGIN = ORIGIN(A) + LENGTH(A), LENGTH = 4 }", "A() 10+8, B() 18+4");
        check("MEMORY { A : ORIGIN = 16, LENGTH = 0x100 - ORIGIN(A) }", "A() 10+f0");
        check(
            "MEMORY { A : ORIGIN = 1, LENGTH = 2 } SECTIONS { .x : { *(.x) } > A } MEMORY { B : ORIGIN = 3, LENGTH = 4 }",
            "A() 1+2, B() 3+4",
        );
        check("SIZE = 8K; NEXT = DEFINED(x) ? 1 : 2; MEMORY { A : ORIGIN = 0, LENGTH = SIZE / 2 }", "A() 0+1000");
        check("MEMORY { \"A B\" (r w) : ORIGIN = 1, LENGTH = 2 c-d : ORIGIN = 3, LENGTH = 4 }", "A B(rw) 1+2, c-d() 3+4");
        check("#define X 1\n  #include <y>\nMEMORY { A : ORIGIN = 1, LENGTH = 2 }", "A() 1+2");
        check("INCLUDE other.x\nMEMORY { A : ORIGIN = 1, LENGTH = 2 }", "A() 1+2");
    }

    #[test]
    fn mistakes_name_the_line_and_the_next_step() {
        let check = |text: &str, want: &str| {
            let got = shown(text);
            assert!(got.contains(want), "{text}: {got}");
        };
        check("", "no MEMORY block");
        check("SECTIONS { MEMORY { } }", "no MEMORY block");
        check(
            "/* x */\nINCLUDE boards/memory-1.x\nSECTIONS {}",
            "line 2: INCLUDE boards/memory-1.x is not followed; give boards/memory-1.x itself",
        );
        check("MEMORY {\n INCLUDE \"m.x\"\n}", "line 2: INCLUDE m.x");
        check("MEMORY { A : ORIGIN = 0,\n LENGTH = __size }", "line 2: __size has no value");
        check("MEMORY { A : ORIGIN = ORIGIN(B), LENGTH = 1 }", "ORIGIN(B) has no value");
        check("MEMORY { A : ORIGIN = 0 - 1, LENGTH = 1 }", "line 1: the value is not a number");
        check("MEMORY { A : ORIGIN = 1 / 0, LENGTH = 1 }", "the value is not");
        check("MEMORY { A : ORIGIN = 09, LENGTH = 1 }", "the value is not");
        check("MEMORY { A : ORIGIN = 0xffffffffffffffff + 1, LENGTH = 1 }", "the value is not");
        check("MEMORY { A : LENGTH = 1 }", "`LENGTH` where `ORIGIN =` should be");
        check("MEMORY { A\n", "line 1: the end of the file where `:`");
        check("MEMORY { A : ORIGIN = , LENGTH = 1 }", "`,` where a number");
        check("MEMORY { /* ", "a comment without an end");
        check("MEMORY { \"", "a quote without an end");
        check(&format!("MEMORY {{ A : ORIGIN = {} 1, LENGTH = 1 }}", "(".repeat(1000)), "more than 64 nested");
        check(&format!("MEMORY {{ A : ORIGIN = {} 1, LENGTH = 1 }}", "- ".repeat(1000)), "more than 64 nested");
        check(&format!("MEMORY {{ {} }}", "A : ORIGIN = 0, LENGTH = 1 ".repeat(300)), "more than 256 memory regions");
        check(&" ".repeat(SCRIPT_BYTES_MAX + 1), "more than 4194304 bytes");
        check(&format!("x = {};", "(".repeat(1 << 20)), "no MEMORY block");
    }
}
