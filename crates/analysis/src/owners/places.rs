//! Which symbol an address belongs to, section by section.

use crate::elf::{Elf, Place, Symbol};
use crate::linker::{LinkerMap, Piece};
use crate::spans::{Partition, Span};
use crate::symbols;
use std::cell::OnceCell;

/// Symbols by address.
#[derive(Debug)]
pub(crate) struct Places {
    /// For each section of the file, its sized symbols; counted from the section's first byte.
    pub symbols: Vec<Partition<u32>>,
    /// Asked for only where no sized symbol is.
    functions: OnceCell<Partition<u32>>,
    /// Sections that take up memory by run address.
    sections: Partition<u32>,
}

impl Places {
    pub fn new(elf: &Elf<'_>) -> Self {
        let mut by_section: Vec<Vec<Span<u32>>> = elf.sections.iter().map(|_| Vec::new()).collect();
        let mut positions = vec![None; elf.sections.iter().map(|s| s.index + 1).max().unwrap_or(0)];
        for (at, section) in elf.sections.iter().enumerate() {
            positions[section.index] = Some(at);
        }
        for (id, symbol) in (0u32..).zip(&elf.symbols) {
            let Place::Section(header) = symbol.place else { continue };
            let Some(at) = positions.get(header).copied().flatten() else { continue };
            let section = &elf.sections[at];
            let start = symbol.address.checked_sub(section.run).unwrap_or(section.size).min(section.size);
            let end = start.saturating_add(symbol.size).min(section.size);
            if start < end {
                by_section[at].push(Span::new(start, end, id));
            }
        }
        let sections = (0u32..).zip(&elf.sections).filter(|(_, s)| s.takes_memory());
        Places {
            symbols: by_section.into_iter().map(Partition::innermost).collect(),
            functions: OnceCell::new(),
            sections: Partition::innermost(sections.map(|(at, s)| Span::new(s.run, s.run.saturating_add(s.size), at)).collect()),
        }
    }

    /// Functions by run address, labels of code without a size among them.
    pub fn functions(&self, elf: &Elf<'_>) -> &Partition<u32> {
        self.functions.get_or_init(|| symbols::functions(elf))
    }

    /// The section at a run address, and how far into it that is.
    pub fn section_at(&self, elf: &Elf<'_>, address: u64) -> Option<(usize, u64)> {
        let index = usize::try_from(self.sections.at(address)?.value).ok()?;
        Some((index, address - elf.sections.get(index)?.run))
    }

    /// The symbol at a run address: the innermost sized one, else a label of code. None for a constant that only the compiler named.
    pub fn symbol_at(&self, elf: &Elf<'_>, address: u64) -> Option<u32> {
        let sized = self.section_at(elf, address).and_then(|(section, offset)| self.symbols.get(section)?.at(offset));
        if sized.is_some_and(|span| is_compilers_own(elf, span.value)) {
            return None;
        }
        sized.or_else(|| self.functions(elf).at(address)).map(|span| span.value)
    }
}

/// What LLVM puts before the number of a module.
const LLVM: &[u8] = b".llvm.";

/// Whether a symbol is the compiler's own name for a constant: it says where that is, and nothing to a reader. Linkers drop such names but
/// where they keep relocations.
pub(crate) fn is_compilers_own(elf: &Elf<'_>, id: u32) -> bool {
    symbol(elf, id).is_some_and(|s| s.name.starts_with(b".L") || is_numbered(s.name))
}

/// `anon.<digits>.<number>`, as LLVM calls constants, and `.llvm.<digits>` behind it where other modules use it.
fn is_numbered(name: &[u8]) -> bool {
    let is_number = |text: &[u8]| text.iter().all(|b| b.is_ascii_hexdigit() || *b == b'.');
    name.strip_prefix(b"anon.").is_some_and(|rest| {
        let suffix = rest.windows(LLVM.len()).position(|part| part == LLVM);
        let (own, module) = suffix.map_or((rest, &b""[..]), |at| (&rest[..at], &rest[at + LLVM.len()..]));
        is_number(own) && is_number(module)
    })
}

/// The symbol with this number.
pub(crate) fn symbol<'e, 'a>(elf: &'e Elf<'a>, id: u32) -> Option<&'e Symbol<'a>> {
    elf.symbols.get(usize::try_from(id).ok()?)
}

/// The map's piece with this number.
pub(crate) fn piece(map: Option<&LinkerMap>, id: u32) -> Option<&Piece> {
    map?.pieces.get(usize::try_from(id).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_that_the_compiler_numbered_is_no_name() {
        let check = |name: &str, want: bool| assert_eq!(is_numbered(name.as_bytes()), want, "{name}");
        check("anon.946d366a60c45ef0414253168e98b5a4.22", true);
        check("anon.946d366a60c45ef0414253168e98b5a4.22.llvm.11180764511168388677", true);
        check("anon.946d366a60c45ef0414253168e98b5a4.22.llvm.1.cold", false);
        check("anon.table", false);
        check("anonymous", false);
        check("anon.1.llvm", false);
    }
}
