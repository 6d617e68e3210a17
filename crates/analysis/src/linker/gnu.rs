//! The map of GNU ld: "Memory Configuration", then "Linker script and memory map".
//!
//! What a line is follows from its indent. At the margin is an output section, after one space an input section, a `*fill*` or a
//! pattern of the script, further in an address with a symbol or an assignment. A name that is too long for its column has its
//! numbers on the next line. The tables before (archive members, common symbols, discarded sections) and after (cross references)
//! say nothing of where bytes lie.

use super::{Builder, Lines, LinkerMap, MapError, MapFormat, MemoryRegion, REGIONS_MAX, Source, What, hex, word};
use crate::names::shortened;

/// Which part of the file a line is in.
enum Part {
    Before,
    Memory,
    Sections,
}

/// A name whose numbers are on the next line.
enum Pending {
    Output(String),
    Input(String),
}

pub(super) fn parse(text: &[u8]) -> Result<LinkerMap, MapError> {
    let mut part = Part::Before;
    let mut memory: Vec<MemoryRegion> = Vec::new();
    let mut body = Body { builder: Builder::default(), pending: None };
    let mut lines = 0;
    for line in Lines::of(text) {
        let (number, line) = line?;
        lines = number;
        let line = line.as_ref();
        match (&part, line.trim_end()) {
            (Part::Before, "Memory Configuration") => part = Part::Memory,
            (Part::Before | Part::Memory, "Linker script and memory map") => part = Part::Sections,
            (Part::Before, _) => {}
            (Part::Memory, line) => {
                if let Some(region) = memory_region(number, line)? {
                    if memory.len() >= REGIONS_MAX {
                        return Err(MapError::TooMany { line: number, what: "memory regions", max: REGIONS_MAX });
                    }
                    memory.push(region);
                }
            }
            (Part::Sections, "Cross Reference Table") => break,
            (Part::Sections, line) => body.line(number, line)?,
        }
    }
    match part {
        Part::Before => Err(MapError::NotAMap { lines }),
        Part::Memory => Err(MapError::Unfinished { line: lines }),
        Part::Sections => Ok(body.builder.finish(memory, MapFormat::GnuLd)),
    }
}

/// `FLASH            0x08000000         0x00040000         xr`
fn memory_region(number: usize, line: &str) -> Result<Option<MemoryRegion>, MapError> {
    let (name, rest) = word(line);
    let Some((start, rest)) = prefixed(number, rest)? else { return Ok(None) };
    let Some((size, rest)) = prefixed(number, rest)? else { return Ok(None) };
    let named = name != "*default*";
    Ok(named.then(|| MemoryRegion { name: shortened(name), start, size, attributes: shortened(rest.trim()) }))
}

/// A number with `0x` and what follows it; none where the next word is something else.
fn prefixed(line: usize, text: &str) -> Result<Option<(u64, &str)>, MapError> {
    let (digits, rest) = word(text);
    digits.strip_prefix("0x").map(|digits| Ok((hex(line, digits)?, rest))).transpose()
}

/// An address, a size, and what follows them.
fn place(line: usize, text: &str) -> Result<Option<(u64, u64, &str)>, MapError> {
    let Some((start, rest)) = prefixed(line, text)? else { return Ok(None) };
    Ok(prefixed(line, rest)?.map(|(size, rest)| (start, size, rest.trim())))
}

struct Body {
    builder: Builder,
    pending: Option<Pending>,
}

impl Body {
    fn line(&mut self, number: usize, line: &str) -> Result<(), MapError> {
        let pending = self.pending.take();
        let text = line.trim_start();
        match line.len() - text.len() {
            _ if text.is_empty() => Ok(()),
            0 => self.output(number, text),
            1 => self.input(number, text),
            _ => self.numbers(number, text, pending),
        }
    }

    fn output(&mut self, number: usize, text: &str) -> Result<(), MapError> {
        let (name, rest) = word(text);
        if rest.is_empty() {
            // `OUTPUT(a.elf elf32-littlearm)` and its like have a blank in them, sections named like a function have not.
            self.builder.close();
            self.pending = Some(Pending::Output(name.to_owned()));
        } else if let Some((start, size, _)) = place(number, rest)? {
            self.builder.open(name, start, size);
        }
        Ok(())
    }

    fn input(&mut self, number: usize, text: &str) -> Result<(), MapError> {
        let (name, rest) = word(text);
        // `*(.text*)`, `KEEP (*(.isr_vector))`, `SORT_BY_NAME(…)`: what the script asks for.
        if name.contains('(') || rest.trim_start().starts_with('(') {
            return Ok(());
        }
        if rest.is_empty() {
            self.pending = Some(Pending::Input(name.to_owned()));
            return Ok(());
        }
        let Some((start, size, object)) = place(number, rest)? else { return Ok(()) };
        if name == "*fill*" { self.builder.add(number, start, size, What::Fill) } else { self.section(number, (start, size), name, object) }
    }

    fn section(&mut self, number: usize, (start, size): (u64, u64), name: &str, object: &str) -> Result<(), MapError> {
        // Most of a map is sections that nothing is left of: they are not worth their names.
        if size == 0 {
            return Ok(());
        }
        self.builder.add(number, start, size, What::Input { source: &Source::new(name, object), symbol: None })
    }

    fn numbers(&mut self, number: usize, text: &str, pending: Option<Pending>) -> Result<(), MapError> {
        match pending {
            Some(Pending::Output(name)) => {
                if let Some((start, size, _)) = place(number, text)? {
                    self.builder.open(&name, start, size);
                }
                Ok(())
            }
            Some(Pending::Input(section)) => match place(number, text)? {
                Some((start, size, object)) => self.section(number, (start, size), &section, object),
                None => Ok(()),
            },
            // `0x08000000        0x4 LONG 0xdeadbeef`; all else in here is symbols, assignments, "(size before relaxing)".
            None => {
                const DATA: [&str; 5] = ["BYTE", "SHORT", "LONG", "QUAD", "SQUAD"];
                if !DATA.iter().any(|d| text.contains(d)) {
                    return Ok(());
                }
                match place(number, text)? {
                    Some((start, size, rest)) if DATA.contains(&word(rest).0) => self.builder.add(number, start, size, What::Script),
                    _ => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LinkerMap, MapError};

    /// The pieces of a map whose body this is, one a line.
    fn pieces(body: &str) -> String {
        let map = LinkerMap::parse(format!("Memory Configuration\n\nLinker script and memory map\n\n{body}").as_bytes()).unwrap();
        let shown = map
            .pieces
            .iter()
            .map(|p| format!("{:x}+{:x} {} {} {}{}", p.start, p.size, p.output, p.section, p.object, if p.fill { "fill" } else { "" }));
        shown.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_lies_where_is_read() {
        let check = |body: &str, want: &str| assert_eq!(pieces(body), want, "{body}");
        check(".text  0x8000  0x20\n *(.text*)\n .text  0x8000  0x20 a.o\n        0x8000   main\n", "8000+20 .text .text a.o");
        // Names too long for their column.
        check(
            ".a_rather_long_name\n     0x100     0x8\n .text.a_rather_long_function\n     0x100     0x8 b/c.o\n",
            "100+8 .a_rather_long_name .text.a_rather_long_function c.o",
        );
        check(".text 0x0 0x8\n .text 0x0 0x4 /x/libm.a(sin.o)\n *fill* 0x4 0x4 00bf\n", "0+4 .text .text libm.a(sin.o)\n4+4 .text  fill");
        check(".d 0x20 0x8 load address 0x08000000\n .data 0x20 0x8 a b.o\n", "20+8 .d .data a b.o");
        check(
            ".d 0x20 0x8\n    0x20   0x4 LONG 0x1\n COMMON 0x24 0x4 a.o\n     0x24      LONGITUDE\n",
            "20+4 .d .d (linker script)\n24+4 .d COMMON a.o",
        );
        check(".v 0x0 0x8\n FILL mask 0xff\n KEEP (*(.v))\n .v 0x0 0x8 linker stubs\n", "0+8 .v .v (linker)");
        check(".text 0x0 0x4\r\n .text 0x0 0x4 a.o\r\n", "0+4 .text .text a.o");
    }

    #[test]
    fn what_is_not_loaded_is_left_out() {
        let check = |body: &str| assert_eq!(pieces(body), "", "{body}");
        check(".debug_info 0x0 0x40\n .debug_info 0x0 0x40 a.o\n");
        check("/DISCARD/\n *(.x)\n .x 0x0 0x40 a.o\n");
        check(".interp\n *(.interp)\n .interp 0x0 0x40 a.o\n");
        check(".text 0x0 0x40\n .text 0x0 0x0 a.o\n");
        check(".rela.text 0x0 0x40\n .rela.text 0x0 0x40 a.o\n");
        check("LOAD a.o\nSTART GROUP\nOUTPUT(a.elf elf32-littlearm)\n .text 0x0 0x4 a.o\n");
        check(".text 0x0 0x40\n\nCross Reference Table\n .text 0x0 0x4 a.o\n");
    }

    #[test]
    fn pieces_end_where_the_next_begins() {
        let check = |body: &str, want: &str| assert_eq!(pieces(&format!(".r 0x100 0x20\n{body}")), want, "{body}");
        // Sizes from before merging: too long, and of one that vanished.
        check(" .s1 0x100 0x10 a.o\n    0x1a (size before relaxing)\n .s2 0x108 0x8 b.o\n", "100+8 .r .s1 a.o\n108+8 .r .s2 b.o");
        check(" .s1 0x100 0x2f a.o\n .r 0x100 0x20 b.o\n", "100+20 .r .r b.o");
        // Never beyond the output section, on either side.
        check(" .r 0x118 0x20 a.o\n", "118+8 .r .r a.o");
        check(" .r 0xf0 0x18 a.o\n", "100+8 .r .r a.o");
        check(" .r 0x0 0x8 a.o\n .r 0x120 0x8 a.o\n", "");
        check(" .r 0x110 0xffffffffffffffff a.o\n .r 0x108 0x4 b.o\n", "108+4 .r .r b.o\n110+10 .r .r a.o");
    }

    #[test]
    fn memory_is_read() {
        let text = "Memory Configuration\n\nName  Origin  Length  Attributes\nFLASH 0x08000000 0x00040000 xr\nRAM 0x20000000 0x10000\n*default* 0x0 0xffffffff\n\nLinker script and memory map\n";
        let map = LinkerMap::parse(text.as_bytes()).unwrap();
        let shown: Vec<String> = map.memory.iter().map(|m| format!("{} {:x}+{:x} {}", m.name, m.start, m.size, m.attributes)).collect();
        assert_eq!(shown, ["FLASH 8000000+40000 xr", "RAM 20000000+10000 "]);
    }

    #[test]
    fn mistakes_name_the_line() {
        let check = |text: &str, want: &str| {
            let error = LinkerMap::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check("", "line 1 is the last");
        check("int main;\nhello\n", "line 2 is the last, and none is the headline");
        check("\nMemory Configuration\n\n", "line 3 is the last, before");
        check("Linker script and memory map\n.text 0x0 0x11112222333344445\n", "line 2: \"11112222333344445\" is not a 64-bit");
        check("Linker script and memory map\n.text 0xzz 0x4\n", "line 2: \"zz\"");
        let lines = vec![b'\n'; super::super::MAP_LINES_MAX + 2];
        assert_eq!(LinkerMap::parse(&lines), Err(MapError::TooMany { line: 4_000_001, what: "lines", max: 4_000_000 }));
    }
}
