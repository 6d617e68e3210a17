//! The map of lld: columns VMA, LMA, Size, Align in hexadecimal, then an output section, an input section eight columns further in, or a
//! symbol sixteen columns further in.
//!
//! Assignments of the script stand where they happen, with the size they move the location counter by.

use super::{Builder, LINKER, Lines, LinkerMap, MapError, MapFormat, Source, What, by_symbol, hex, word};
use crate::spans::Span;

/// How far in an input section stands, counted from the output section's column.
const INPUT_INDENT: usize = 8;
/// How far in a symbol stands.
const SYMBOL_INDENT: usize = 16;

pub(super) fn is_headline(line: &str) -> bool {
    line.split_whitespace().eq(["VMA", "LMA", "Size", "Align", "Out", "In", "Symbol"])
}

pub(super) fn parse(text: &[u8]) -> Result<LinkerMap, MapError> {
    let mut builder = Builder::default();
    let mut input: Option<Input> = None;
    for line in Lines::of(text).skip(1) {
        let (number, line) = line?;
        let Some(row) = row(number, &line)? else { continue };
        match row.indent {
            SYMBOL_INDENT.. => {
                if let Some(input) = &mut input {
                    input.symbol(number, &row)?;
                }
                continue;
            }
            _ => flush(&mut builder, input.take())?,
        }
        let section = row.text.strip_suffix(')').and_then(|text| text.rsplit_once(":("));
        match (row.indent >= INPUT_INDENT, section) {
            (true, Some((object, section))) => {
                let object = if object == "<internal>" { LINKER } else { object };
                let range = Span::new(row.start, row.start.saturating_add(row.size), ());
                input =
                    Some(Input { line: number, range, source: Source::new(section, object), symbols: vec![], names: vec![], thumb: false });
            }
            (true, None) => {
                let data = ["BYTE", "SHORT", "LONG", "QUAD"].contains(&word(row.text).0);
                builder.add(number, row.start, row.size, if data { What::Script } else { What::Fill })?;
            }
            // An assignment between output sections has blanks in it and no size.
            (false, _) if row.text.contains(" = ") => {}
            (false, _) => builder.open(row.text, row.start, row.size),
        }
    }
    flush(&mut builder, input)?;
    Ok(builder.finish(vec![], MapFormat::Lld))
}

/// A line taken apart.
struct Row<'t> {
    start: u64,
    size: u64,
    indent: usize,
    text: &'t str,
}

fn row(number: usize, line: &str) -> Result<Option<Row<'_>>, MapError> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    let (start, rest) = word(line);
    let (_load, rest) = word(rest);
    let (size, rest) = word(rest);
    let (_align, rest) = word(rest);
    let Some(rest) = rest.strip_prefix(' ') else { return Ok(None) };
    let text = rest.trim_start_matches(' ');
    Ok(Some(Row { start: hex(number, start)?, size: hex(number, size)?, indent: rest.len() - text.len(), text }))
}

/// An input section, and the symbols listed after it.
struct Input {
    line: usize,
    range: Span<()>,
    source: Source,
    symbols: Vec<Span<usize>>,
    names: Vec<String>,
    /// The last mapping symbol was `$t`: functions have their lowest address bit set.
    thumb: bool,
}

impl Input {
    fn symbol(&mut self, number: usize, row: &Row<'_>) -> Result<(), MapError> {
        match row.text.as_bytes() {
            [b'$', b't', ..] => self.thumb = true,
            [b'$', b'a' | b'd' | b'x', ..] => self.thumb = false,
            _ if row.size > 0 => {
                if self.names.len() >= super::PIECES_MAX {
                    return Err(MapError::TooMany { line: number, what: "pieces", max: super::PIECES_MAX });
                }
                let start = if self.thumb { row.start & !1 } else { row.start };
                self.symbols.push(Span::new(start, start.saturating_add(row.size), self.names.len()));
                self.names.push(crate::names::shortened(row.text));
            }
            _ => {}
        }
        Ok(())
    }
}

fn flush(builder: &mut Builder, input: Option<Input>) -> Result<(), MapError> {
    let Some(input) = input else { return Ok(()) };
    for part in by_symbol(input.range, &input.symbols) {
        let symbol = part.value.map(|i| input.names[i].as_str());
        let what = What::Input { source: &input.source, symbol };
        builder.add(input.line, part.start, part.bytes(), what)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(body: &str) -> String {
        let map = LinkerMap::parse(format!("     VMA      LMA     Size Align Out     In      Symbol\n{body}").as_bytes()).unwrap();
        assert_eq!(map.format, MapFormat::Lld);
        let shown = map.pieces.iter().map(|p| {
            let rest = format!("{} {} {}", p.section, p.object, p.symbol.as_deref().unwrap_or(if p.fill { "fill" } else { "" }));
            format!("{:x}+{:x} {} {}", p.start, p.size, p.output, rest.trim())
        });
        shown.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_lies_where_is_read() {
        let check = |body: &str, want: &str| assert_eq!(pieces(body), want, "{body}");
        check(
            "  40  40  20   4 .text\n  40  40   0   1         _text = .\n  40  40  10   4         x/a.o:(.text.f)\n  40  40   0   1                 $t\n\
             \x20 41  41   c   1                 f\n  4c  4c   0   1                 $d\n  50  50   4   1         . = ALIGN ( 4 )\n\
             \x20 54  54   4   1         LONG ( 0x1 )\n  58  58   8   1         <internal>:(.rodata)\n",
            "40+c .text .text.f a.o f\n4c+4 .text .text.f a.o\n50+4 .text fill\n54+4 .text .text (linker script)\n58+8 .text .rodata (linker)",
        );
        // Two names of one function; a symbol at an odd address that is no function; names with blanks.
        check(
            " 0 0 8 1 .r\n 0 0 8 1         a.o:(.r)\n 0 0 0 1                 $d\n 1 1 3 1                 <T as U>::x\n 1 1 3 1                 y\n",
            "0+1 .r .r a.o\n1+3 .r .r a.o <T as U>::x\n4+4 .r .r a.o",
        );
        check(" 20000000 100 4 8 .data\n 20000000 100 4 8         libx.a(b.o):(.data)\n", "20000000+4 .data .data libx.a(b.o)");
        check("0 0 4 1 _x = ORIGIN ( A )\n0 0 4 1         a.o:(.text)\n", "");
        check("0 0 4 1 .comment\n0 0 4 1         a.o:(.comment)\n", "");
        check("0 0 4 1 .t\n8 8 4 1         a.o:(.t)\n0 0 ffffffffffffffff 1         b.o:(.t)\n", "0+4 .t .t b.o");
    }

    #[test]
    fn mistakes_name_the_line() {
        let check = |body: &str, want: &str| {
            let text = format!("VMA LMA Size Align Out In Symbol\n{body}");
            let error = LinkerMap::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check("0 0 4 1 .t\n0 0 4q 1         a.o:(.t)\n", "line 3: \"4q\" is not a 64-bit");
        check("-1 0 4 1 .t\n", "line 2: \"-1\"");
    }
}
