//! The symbols of an image as a run needs them: addresses of markers, and which function a program counter is in.

use crate::elf::{Elf, ElfError, Place, SymbolKind};
use crate::names;
use crate::spans::{Partition, Span};
use ounce_protocol::measurement::FunctionCount;
use std::collections::{BTreeMap, HashMap};

/// The name under which instructions outside any function are counted.
pub const UNKNOWN_FUNCTION: &str = "?";

/// The symbols of one image.
#[derive(Debug, Clone)]
pub struct Symbols {
    addresses: HashMap<String, u64>,
    /// Index into `names` by run address.
    functions: Partition<u32>,
    names: Vec<String>,
}

impl Symbols {
    /// Reads the symbols of an ELF file.
    ///
    /// # Errors
    /// [`ElfError`] where it is not a linked image or is damaged.
    pub fn read(elf: &[u8]) -> Result<Self, ElfError> {
        let elf = Elf::read(elf)?;
        let mut addresses = HashMap::with_capacity(elf.symbols.len());
        for symbol in &elf.symbols {
            // The first is the preferred one.
            addresses.entry(String::from_utf8_lossy(symbol.name).into_owned()).or_insert(symbol.address);
        }
        let spans = functions(&elf);
        let mut names = Vec::new();
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        let numbered = spans.iter().map(|span| {
            let number = *numbers.entry(span.value).or_insert_with(|| {
                let symbol = usize::try_from(span.value).ok().and_then(|i| elf.symbols.get(i));
                names.push(names::name(symbol.map_or(&[][..], |s| s.name)).display);
                u32::try_from(names.len() - 1).unwrap_or(u32::MAX)
            });
            Span::new(span.start, span.end, number)
        });
        let functions = Partition::from_sorted(numbered.collect());
        Ok(Symbols { addresses, functions, names })
    }

    /// The address of the symbol with this linkage name, without the Thumb bit: markers, and names that the linker's script
    /// gives to addresses.
    pub fn find(&self, name: &str) -> Option<u64> {
        self.addresses.get(name).copied()
    }

    /// The demangled name of the function at a run address.
    pub fn function_at(&self, address: u64) -> Option<&str> {
        let number = self.functions.at(address)?.value;
        usize::try_from(number).ok().and_then(|i| self.names.get(i)).map(String::as_str)
    }
}

/// The symbol at each address of code. Sized functions have their bytes, as in the ledger; what is left of a section belongs to the label before
/// it, for code written in assembler often states no sizes.
pub(crate) fn functions(elf: &Elf<'_>) -> Partition<u32> {
    let code: HashMap<usize, (u64, u64)> =
        elf.sections.iter().filter(|s| s.executable).map(|s| (s.index, (s.run, s.run.saturating_add(s.size)))).collect();
    let mut sized = Vec::new();
    let mut labels: BTreeMap<u64, (u64, u32)> = BTreeMap::new();
    for (id, symbol) in (0u32..).zip(&elf.symbols) {
        let Place::Section(header) = symbol.place else { continue };
        let Some(&(start, end)) = code.get(&header) else { continue };
        if symbol.kind == SymbolKind::Object || symbol.address < start || symbol.address >= end {
            continue;
        }
        if symbol.size > 0 {
            sized.push(Span::new(symbol.address, symbol.address.saturating_add(symbol.size).min(end), id));
        } else if !symbol.name.starts_with(b".L") {
            // Compilers' own labels, which RISC-V keeps for relaxation, are inside a function. The preferred name comes first.
            labels.entry(symbol.address).or_insert((end, id));
        }
    }
    let sized = Partition::innermost(sized);
    let mut all: Vec<Span<u32>> = sized.iter().collect();
    let starts: Vec<u64> = labels.keys().copied().chain([u64::MAX]).collect();
    for ((&start, &(end, id)), &next) in labels.iter().zip(&starts[1..]) {
        // Up to the next label, section's end or sized function; nothing where a sized function is.
        if let Some(gap) = sized.over(start, end.min(next)).next()
            && gap.value.is_none()
        {
            all.push(Span::new(gap.start, gap.end, id));
        }
    }
    all.sort_unstable_by_key(|s| s.start);
    Partition::from_sorted(all)
}

/// Instructions by function, largest first, from counts by program counter. Sums to the sum of the counts; what is in no
/// function is [`UNKNOWN_FUNCTION`].
pub fn profile(symbols: &Symbols, pcs: impl Iterator<Item = (u64, u64)>) -> Vec<FunctionCount> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (pc, count) in pcs {
        let sum = counts.entry(symbols.function_at(pc & !1).unwrap_or(UNKNOWN_FUNCTION)).or_default();
        *sum = sum.saturating_add(count);
    }
    let mut rows: Vec<FunctionCount> = counts
        .into_iter()
        .filter(|&(_, n)| n > 0)
        .map(|(name, instructions)| FunctionCount { name: name.to_owned(), instructions })
        .collect();
    // Stable: equal counts stay in the order of their names.
    rows.sort_by_key(|row| std::cmp::Reverse(row.instructions));
    rows
}
