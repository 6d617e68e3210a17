//! What the instructions of an image refer to: calls, branches, literals, addresses formed from immediates, and relocated words.
//!
//! A linear pass over the code, by mapping symbols where there are any; each instruction is decoded as far as addresses go and no further.
//! What is reported is seen in the bytes, never guessed from a number in a table that looks like an address. Still a literal is only a
//! number: where flash begins at 0, a small constant in a pool may read as an address in it. So on Arm a literal is an address in code only
//! where it has the Thumb bit and a function begins there, or where mapping symbols say that data is there: a text among code may begin at an
//! odd address. Relocations that the linker
//! kept (`--emit-relocs`) settle it: a section that has them reports those of its literals and pairs that are relocated and no others.
//!
//! Hostile input: at most as many bytes are decoded as the file has, and lists end at [`REFERENCES_MAX`].

mod a32;
mod aarch64;
mod relocations;
mod riscv;
mod shape;
mod step;
mod sweep;
#[cfg(test)]
mod tests;
mod thumb;
mod x86;

use crate::elf::{Elf, Mapping, SymbolKind};
use crate::spans::{Partition, Span};
use relocations::Relocations;
use step::{Step, What, Window};
use sweep::{Isa, Processor};

/// The most references, indirect calls and literals that are listed of an image, each.
pub(crate) const REFERENCES_MAX: usize = 4_000_000;

/// Mapping symbols are looked at so many times: once for each section that is at their addresses.
const OVERLAYS_MAX: usize = 8;

/// About as much code has one reference: only to have room from the start.
const BYTES_PER_REFERENCE: usize = 8;

/// One thing of the image refers to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Reference {
    /// Run address of the instruction that completes the reference, or of the relocated word.
    pub at: u64,
    /// Run address of what is meant, without the Thumb bit where it is code. In an allocated section, or the end of one.
    pub to: u64,
    pub how: How,
}

/// How a reference is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum How {
    /// A call with a known target.
    Call,
    /// A branch with a known target, with a condition or without: inside a function, or a tail call.
    Jump,
    /// A load of a word near the code whose value is an address.
    Literal,
    /// An address that instructions form: two halves, a distance from the program counter or global pointer, or one from such an address.
    Pair,
    /// A word that a relocation marks as an address.
    Relocation,
}

/// Everything found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// By `at`, then `to`, then `how`; each once.
    pub references: Vec<Reference>,
    /// Run addresses of calls through a register whose target is not known, and of jumps through one that neither return nor are seen to
    /// use a table of the function: ascending.
    pub indirect_calls: Vec<u64>,
    /// Run address and size of values that lie near the code and are loaded by it, ascending: data inside code.
    pub literal_words: Vec<(u64, u64)>,
    /// The linker kept the relocations of code, so the references are complete and no literal is mistaken for an address. On x86, whose
    /// instructions are not decoded, they are those that the linker saw: an assembler resolves what stays in one section of one object.
    pub relocated: bool,
    /// A limit was met: something is missing.
    pub cut: bool,
}

/// An image prepared for questions about its code.
pub(crate) struct Code<'e, 'a> {
    elf: &'e Elf<'a>,
    processor: Processor,
    places: Allocated<'e, 'a>,
    /// Sections with bytes, by run address.
    sections: Partition<usize>,
    relocations: Relocations,
}

impl<'e, 'a> Code<'e, 'a> {
    pub fn new(elf: &'e Elf<'a>) -> Self {
        let processor = Processor::new(elf);
        let places = Allocated::new(elf, processor.is_arm());
        let with_bytes = elf.sections.iter().enumerate().filter(|(_, s)| !s.bytes.is_empty());
        let spans = with_bytes.map(|(i, s)| Span::new(s.run, processor.window(s).end(), i));
        let sections = Partition::innermost(spans.collect());
        let relocations = Relocations::read(elf, &processor, &places, &sections);
        Code { elf, processor, places, sections, relocations }
    }

    /// Whether a number that an instruction loads or forms may be meant as an address, as far as can be seen from it.
    fn plausible(&self, number: u64) -> bool {
        if !self.processor.is_arm() || !self.places.is_code(number) {
            return true;
        }
        number & 1 == 1 && self.places.may_be_function(number & !1) || self.places.is_data(number)
    }

    /// Goes through all code once.
    pub fn scan(&self) -> Scan {
        let mut scan = Scan { relocated: self.relocations.of_code, cut: self.relocations.cut, ..Scan::default() };
        let mut order: Vec<usize> = (0..self.elf.sections.len()).collect();
        order.sort_by_key(|&i| self.elf.sections[i].run);
        let mut left = self.elf.data.len();
        let mut symbols_left = self.elf.mapping.len().saturating_mul(OVERLAYS_MAX);
        let mut doubtful = Vec::new();
        for section in order.into_iter().map(|i| &self.elf.sections[i]) {
            let window = self.processor.window(section);
            let whole = self.processor.stretches(
                self.elf,
                section,
                (section.run, window.end()),
                &mut symbols_left,
                &mut |start, end, isa, marked| {
                    if isa == Isa::Data {
                        return;
                    }
                    let length = usize::try_from(end - start).unwrap_or(usize::MAX);
                    if length > left || scan.references.len() > REFERENCES_MAX {
                        scan.cut = true;
                        return;
                    }
                    left -= length;
                    scan.references.reserve((length / BYTES_PER_REFERENCE).min(REFERENCES_MAX));
                    let confirmed = self.relocations.sections.contains(&section.index);
                    let mut notes = Notes {
                        doubtful: &mut doubtful,
                        code: self,
                        window: &window,
                        confirmed,
                        code_section: section.executable,
                        scan: &mut scan,
                    };
                    self.processor.sweep(&window, (start, end), isa, marked, &mut |at, _, step| notes.note(at, step));
                },
            );
            scan.cut |= !whole;
        }
        scan.indirect_calls.sort_unstable();
        scan.indirect_calls.dedup();
        scan.literal_words.sort_unstable();
        scan.literal_words.dedup();
        // A literal is of the code that loads it: who seems to point at one has a small number.
        doubtful.retain(|r: &Reference| {
            let before = scan.literal_words.partition_point(|w| w.0 <= r.to);
            scan.literal_words[..before].last().is_none_or(|w| w.0.saturating_add(w.1) <= r.to)
        });
        scan.references.extend(doubtful);
        scan.references.extend(&self.relocations.references);
        if self.processor.machine() == object::elf::EM_X86_64 {
            x86::references(self.elf, &self.sections, REFERENCES_MAX, &mut scan.references);
        }
        // In the order of addresses already for the most part.
        scan.references.sort();
        scan.references.dedup();
        let cut = |length: usize| length > REFERENCES_MAX;
        scan.cut |= cut(scan.references.len()) || cut(scan.indirect_calls.len()) || cut(scan.literal_words.len());
        scan.references.truncate(REFERENCES_MAX);
        scan.indirect_calls.truncate(REFERENCES_MAX);
        scan.literal_words.truncate(REFERENCES_MAX);
        scan
    }
}

/// Writes down what the instructions of one section refer to.
struct Notes<'n, 'e, 'a> {
    code: &'n Code<'e, 'a>,
    /// References to data in code that no relocation confirms.
    doubtful: &'n mut Vec<Reference>,
    window: &'n Window<'n>,
    /// Relocations say which numbers are addresses.
    confirmed: bool,
    /// The section itself is executable.
    code_section: bool,
    scan: &'n mut Scan,
}

impl Notes<'_, '_, '_> {
    #[inline(always)]
    fn note(&mut self, at: u64, step: Step) {
        match step.what {
            What::Plain | What::Half | What::Table { .. } => {}
            What::Call { to, .. } => self.refer(at, to, How::Call),
            What::Jump { to, .. } => self.refer(at, to, How::Jump),
            What::CallRegister => self.scan.indirect_calls.push(at),
            What::CallKnown { to } => {
                if self.code.places.is_code(self.code.places.without_thumb_bit(to)) {
                    self.refer(at, to, How::Call);
                } else {
                    self.scan.indirect_calls.push(at);
                }
            }
            What::Offset { base, to, access } => {
                let places = &self.code.places;
                // An address of memory, or of constants: a sum with a place in code is one of numbers.
                if places.same(base, to) && (access || !places.is_code(base)) {
                    self.refer(at, to, How::Pair);
                }
            }
            What::Load { pool, bytes, count, value } => self.literal(at, pool, bytes, count, value),
            What::Address { to, first, certain } => {
                if certain || self.code.is_address(to, self.confirmed, [first, at]) {
                    self.refer(at, to, How::Pair);
                }
            }
        }
    }

    fn literal(&mut self, at: u64, pool: u64, bytes: u64, count: u64, value: bool) {
        let window = self.window;
        for index in 0..count {
            let pool = pool.saturating_add(index.saturating_mul(bytes));
            let Some(number) = usize::try_from(bytes).ok().and_then(|bytes| window.number(pool, bytes)) else { continue };
            self.scan.literal_words.push((pool, bytes));
            if value && self.code.is_address(number, self.confirmed, [pool, pool]) {
                let places = &self.code.places;
                if !self.confirmed && self.code.processor.is_arm() && places.is_code(number) && places.meant(number) == number {
                    self.doubtful.push(Reference { at, to: number, how: How::Literal });
                } else {
                    self.refer(at, number, How::Literal);
                }
            }
        }
    }

    #[inline]
    fn refer(&mut self, at: u64, to: u64, how: How) {
        // Nearly all branches stay in their section.
        if self.code_section && self.window.base <= to && to < self.window.end() {
            let places = &self.code.places;
            let to = if matches!(how, How::Call | How::Jump) { places.without_thumb_bit(to) } else { places.meant(to) };
            self.scan.references.push(Reference { at, to, how });
            return;
        }
        if let Some(to) = self.code.places.resolve(to) {
            self.scan.references.push(Reference { at, to, how });
        }
    }
}

impl Code<'_, '_> {
    /// Whether a number that instructions load or form is an address: by the relocations of its places where there are any, else by what
    /// is at that address.
    fn is_address(&self, number: u64, confirmed: bool, places: [u64; 2]) -> bool {
        if confirmed { places.iter().any(|&at| self.relocations.marks(at)) } else { self.plausible(number) }
    }
}

fn functions(elf: &Elf<'_>) -> Vec<u64> {
    let functions = elf.symbols.iter().filter(|s| s.kind == SymbolKind::Function);
    let mut starts: Vec<u64> = functions.map(|s| s.address).collect();
    starts.sort_unstable();
    starts
}

/// What takes up addresses, and which of it is code.
struct Allocated<'e, 'a> {
    elf: &'e Elf<'a>,
    all: Partition<bool>,
    arm: bool,
    /// Where functions begin, ascending; only asked on Arm.
    functions: Vec<u64>,
}

impl<'e, 'a> Allocated<'e, 'a> {
    fn new(elf: &'e Elf<'a>, arm: bool) -> Self {
        let sections = elf.sections.iter().filter(|s| s.takes_memory());
        let all = Partition::innermost(sections.map(|s| Span::new(s.run, s.run.saturating_add(s.size), s.executable)).collect());
        Allocated { elf, all, arm, functions: if arm { functions(elf) } else { Vec::new() } }
    }

    /// Whether a function begins at an address, or no function is known at all.
    fn may_be_function(&self, address: u64) -> bool {
        self.functions.is_empty() || self.functions.binary_search(&address).is_ok()
    }

    /// Whether mapping symbols say that an address of code holds data.
    fn is_data(&self, address: u64) -> bool {
        let mapping = &self.elf.mapping;
        let after = mapping.partition_point(|m| m.0 <= address);
        let here = mapping[..after].last().map_or(after, |last| mapping.partition_point(|m| m.0 < last.0));
        mapping.get(here).is_some_and(|m| m.0 <= address && m.1 == Mapping::Data)
    }

    fn without_thumb_bit(&self, address: u64) -> u64 {
        if self.arm { address & !1 } else { address }
    }

    /// An address in code without its Thumb bit. It has none where data is and no function begins before it.
    fn meant(&self, address: u64) -> u64 {
        if !self.arm || address & 1 == 0 {
            return address;
        }
        let is_data = self.functions.binary_search(&(address & !1)).is_err() && self.is_data(address);
        if is_data { address } else { address & !1 }
    }

    fn is_code(&self, address: u64) -> bool {
        self.all.at(address).is_some_and(|s| s.value)
    }

    /// Whether two addresses are in one section.
    fn same(&self, one: u64, other: u64) -> bool {
        self.all.at(one).is_some_and(|place| (place.start..place.end).contains(&other))
    }

    /// An address as it is reported; none where nothing is there.
    fn resolve(&self, address: u64) -> Option<u64> {
        match self.all.at(address) {
            Some(place) => Some(if place.value { self.meant(address) } else { address }),
            None => address.checked_sub(1).and_then(|before| self.all.at(before)).map(|_| address),
        }
    }
}
