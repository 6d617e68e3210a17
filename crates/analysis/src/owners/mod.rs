//! Who owns each byte of a section, asked level by level.
//!
//! A byte belongs to the innermost symbol with a size that covers it. What no symbol covers is cut further: a label without a size
//! in code has what follows it; then the linker's map, where there is one, says which input section it is; then what code
//! refers to is cut at each place referred to ([`constants`]); then what reads as text is told apart; then short fill is
//! padding; the rest is unattributed. A section about which nothing but its own name is known owns itself.
//!
//! Everything here counts from the section's first byte, so no address can overflow.

mod constants;
mod padding;
mod places;

pub(crate) use constants::Constant;
pub use padding::PADDING_ALIGN_MAX;
pub(crate) use padding::{alignment_of, is_fill, is_padding};
pub(crate) use places::{Places, piece, symbol};

use crate::code::{How, Scan};
use crate::elf::{Elf, Mapping, Section, SymbolKind};
use crate::linker::{LinkerMap, Piece};
use crate::reading::Reading;
use crate::spans::{Partition, Span};
use constants::Draft;
use std::cell::OnceCell;
use std::collections::HashMap;

/// More constants without a symbol are unattributed.
const CONSTANTS_MAX: usize = 2_000_000;

/// The owner of some bytes of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum OwnerId {
    /// The symbol at this index of [`Elf::symbols`].
    Symbol(u32),
    /// The constant at this index of [`Owners::constants`].
    Constant(u32),
    Section,
    Padding,
    Unattributed,
}

/// What may be asked beside the symbols.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Evidence<'m> {
    pub map: Option<&'m LinkerMap>,
    /// Whether code is read for what it refers to.
    pub references: bool,
}

/// The owners of all sections.
#[derive(Debug)]
pub(crate) struct Owners {
    /// For each section of the file, its bytes cut by owner. Every byte of it is in exactly one span.
    pub sections: Vec<Partition<OwnerId>>,
    pub constants: Vec<Constant>,
    /// The map's pieces by run address.
    pub pieces: Option<Partition<u32>>,
}

/// Cuts all sections.
pub(crate) fn owners<'e, 'a>(elf: &'e Elf<'a>, places: &Places, reading: &Reading<'e, 'a>, evidence: Evidence<'_>) -> Owners {
    let pieces = evidence.map.map(|map| pieces_of(elf, map));
    let mut cutter = Cutter {
        elf,
        places,
        evidence,
        pieces,
        reading,
        targets: OnceCell::new(),
        jumps: OnceCell::new(),
        unnamed: OnceCell::new(),
        drafts: Vec::new(),
    };
    let sections = (0..elf.sections.len()).map(|index| cutter.section(index)).collect();
    let constants = constants::settle(elf, evidence.map, cutter.drafts);
    Owners { sections, constants, pieces: cutter.pieces }
}

/// The pieces of a map by run address: those that lie in an allocated section of their output section's name. A map lists what is not
/// loaded as well, at address 0, and may be of another build.
fn pieces_of(elf: &Elf<'_>, map: &LinkerMap) -> Partition<u32> {
    let mut sections: HashMap<&str, Vec<(u64, u64)>> = HashMap::new();
    for section in elf.sections.iter().filter(|s| s.takes_memory()) {
        sections.entry(&section.name).or_default().push((section.run, section.run.saturating_add(section.size)));
    }
    let lies_in = |piece: &Piece, (start, end): (u64, u64)| start <= piece.start && piece.end() <= end;
    let is_real = |piece: &Piece| sections.get(&*piece.output).is_some_and(|all| all.iter().any(|range| lies_in(piece, *range)));
    let all = (0u32..).zip(&map.pieces).filter(|(_, piece)| is_real(piece));
    Partition::innermost(all.map(|(id, piece)| Span::new(piece.start, piece.end(), id)).collect())
}

struct Cutter<'c, 'e, 'a, 'm> {
    elf: &'e Elf<'a>,
    places: &'c Places,
    evidence: Evidence<'m>,
    pieces: Option<Partition<u32>>,
    reading: &'c Reading<'e, 'a>,
    /// Data referred to and by what, sorted: `(to, at)`.
    targets: OnceCell<Vec<(u64, u64)>>,
    /// Code jumped to or called, the same way.
    jumps: OnceCell<Vec<(u64, u64)>>,
    /// Functions that only the unwind tables know, by run address.
    unnamed: OnceCell<Partition<()>>,
    drafts: Vec<Draft>,
}

/// Bytes of a section that no sized symbol covers, and what the map says of them.
#[derive(Debug, Clone, Copy)]
struct Gap {
    section: usize,
    start: u64,
    end: u64,
    piece: Option<u32>,
}

impl Gap {
    fn part(self, start: u64, end: u64) -> Gap {
        Gap { start, end, ..self }
    }
}

type Cuts = Vec<Span<OwnerId>>;

impl Cutter<'_, '_, '_, '_> {
    fn section(&mut self, index: usize) -> Partition<OwnerId> {
        let section = &self.elf.sections[index];
        let symbols = &self.places.symbols[index];
        if symbols.iter().next().is_none() && !self.is_known_inside(section) {
            return Partition::from_sorted(vec![Span::new(0, section.size, OwnerId::Section)]);
        }
        let mut cuts = Vec::new();
        for part in symbols.over(0, section.size) {
            match part.value {
                Some(id) if places::is_compilers_own(self.elf, id) => self.own_constant(index, part.start, part.end, &mut cuts),
                Some(id) => cuts.push(Span::new(part.start, part.end, OwnerId::Symbol(id))),
                None => self.gap(Gap { section: index, start: part.start, end: part.end, piece: None }, &mut cuts),
            }
        }
        Partition::from_sorted(cuts)
    }

    /// A constant that the compiler numbered: its symbol says how long it is, what it holds names it.
    fn own_constant(&mut self, section: usize, start: u64, end: u64, cuts: &mut Cuts) {
        let about = &self.elf.sections[section];
        let piece = self.pieces.as_ref().and_then(|pieces| pieces.at(about.run.saturating_add(start))).map(|span| span.value);
        let mut draft = Draft::new(section, start, end, piece);
        draft.has_symbol = true;
        for (_, at) in self.targets_in(about, start, end) {
            draft.used_at(self.elf, self.places, *at);
        }
        self.push(draft, cuts);
    }

    /// Whether a section without sized symbols can be cut all the same: the map lists more than it as a whole, or code refers to more than its
    /// start.
    fn is_known_inside(&self, section: &Section<'_>) -> bool {
        let end = section.run.saturating_add(section.size);
        if let Some(pieces) = &self.pieces
            && pieces.over(section.run, end).any(|part| part.value.is_some())
        {
            return true;
        }
        if section.nobits || is_made_by_the_linker(&section.name) {
            return false;
        }
        self.targets_in(section, 0, section.size).iter().any(|(to, _)| *to != section.run)
    }

    fn gap(&mut self, gap: Gap, cuts: &mut Cuts) {
        let elf = self.elf;
        let section = &elf.sections[gap.section];
        if is_padding(section, elf.machine, gap.start, gap.end) {
            cuts.push(Span::new(gap.start, gap.end, OwnerId::Padding));
            return;
        }
        if !section.executable {
            return self.by_map(gap, cuts);
        }
        let run = |at: u64| section.run.saturating_add(at);
        // Labels without a size, and what lies between them.
        let labels: Vec<_> = self.places.functions(elf).over(run(gap.start), run(gap.end)).collect();
        for part in labels {
            let part_of = gap.part(part.start - section.run, (part.end - section.run).min(section.size));
            match part.value.filter(|id| self.is_code_label(*id)) {
                Some(id) => {
                    let end = self.label_end(part_of);
                    cuts.push(Span::new(part_of.start, end, OwnerId::Symbol(id)));
                    if end < part_of.end {
                        self.by_map(gap.part(end, part_of.end), cuts);
                    }
                }
                None => self.by_map(part_of, cuts),
            }
        }
    }

    /// A function without a size, or a label at which instructions begin; not a name that the linker's script gives to an address.
    fn is_code_label(&self, id: u32) -> bool {
        let Some(symbol) = places::symbol(self.elf, id) else { return false };
        let mapping = &self.elf.mapping;
        let before = mapping.partition_point(|(at, _)| *at <= symbol.address);
        if symbol.size > 0 {
            return false;
        }
        symbol.kind == SymbolKind::Function
            || mapping[..before]
                .last()
                .is_some_and(|(_, kind)| *kind != Mapping::Data && mapping.binary_search_by_key(&symbol.address, |m| m.0).is_ok())
    }

    /// Where a label's code ends: at the first data after it that others refer to.
    fn label_end(&self, gap: Gap) -> u64 {
        let section = &self.elf.sections[gap.section];
        let inside = section.run.saturating_add(gap.start)..section.run.saturating_add(gap.end);
        let data = self.targets_in(section, gap.start + 1, gap.end).iter().find(|(_, at)| !inside.contains(at));
        data.map_or(gap.end, |(to, _)| to - section.run)
    }

    fn by_map(&mut self, gap: Gap, cuts: &mut Cuts) {
        let Some(pieces) = &self.pieces else { return self.by_references(gap, cuts) };
        let section = &self.elf.sections[gap.section];
        let run = |at: u64| section.run.saturating_add(at);
        let parts: Vec<_> = pieces.over(run(gap.start), run(gap.end)).collect();
        for part in parts {
            let piece = part.value;
            let gap = Gap { section: gap.section, start: part.start - section.run, end: part.end - section.run, piece };
            if self.piece_is_fill(piece) {
                cuts.push(Span::new(gap.start, gap.end, OwnerId::Padding));
            } else {
                self.by_references(gap, cuts);
            }
        }
    }

    fn piece_is_fill(&self, piece: Option<u32>) -> bool {
        piece.and_then(|id| places::piece(self.evidence.map, id)).is_some_and(|piece| piece.fill)
    }

    fn by_references(&mut self, gap: Gap, cuts: &mut Cuts) {
        let section = &self.elf.sections[gap.section];
        let targets = self.targets_in(section, gap.start, gap.end).to_vec();
        let mut at = gap.start;
        let mut rest = &targets[..];
        while let Some(&(to, _)) = rest.first() {
            let start = to - section.run;
            if at < start {
                self.unreferenced(gap.part(at, start), cuts);
            }
            let same = rest.partition_point(|(other, _)| *other == to);
            let (here, after) = rest.split_at(same);
            let end = after.first().map_or(gap.end, |(next, _)| next - section.run);
            self.referenced(gap.part(start, end), here, cuts);
            (at, rest) = (end, after);
        }
        if at < gap.end {
            self.unreferenced(gap.part(at, gap.end), cuts);
        }
    }

    /// From one place that is referred to up to the next: one constant, or a text and what follows it.
    fn referenced(&mut self, gap: Gap, from: &[(u64, u64)], cuts: &mut Cuts) {
        let elf = self.elf;
        let section = &elf.sections[gap.section];
        let end = match self.is_merged_texts(gap.piece) {
            true => constants::zero_after(section, gap.start, gap.end),
            false => constants::first_text_end(section, gap.start, gap.end).unwrap_or(gap.end),
        };
        let mut draft = Draft::new(gap.section, gap.start, end, gap.piece);
        for (_, at) in from {
            draft.used_at(elf, self.places, *at);
        }
        self.push(draft, cuts);
        if end < gap.end {
            self.unreferenced(gap.part(end, gap.end), cuts);
        }
    }

    /// Bytes that nothing refers to: fill, an input section of the map, a function of the unwind tables, texts, or unattributed.
    fn unreferenced(&mut self, gap: Gap, cuts: &mut Cuts) {
        let elf = self.elf;
        let section = &elf.sections[gap.section];
        if is_padding(section, elf.machine, gap.start, gap.end) {
            cuts.push(Span::new(gap.start, gap.end, OwnerId::Padding));
            return;
        }
        if gap.piece.is_some() {
            return self.of_piece(gap, cuts);
        }
        if section.executable {
            return self.by_jumps(gap, cuts);
        }
        self.texts(gap, cuts);
    }

    /// Bytes of an input section that nothing refers to: one constant, or where they are many texts, each of them and the fill between.
    fn of_piece(&mut self, gap: Gap, cuts: &mut Cuts) {
        let section = &self.elf.sections[gap.section];
        if !self.is_merged_texts(gap.piece) && !constants::are_only_texts(section, gap.start, gap.end) {
            self.push(Draft::new(gap.section, gap.start, gap.end, gap.piece), cuts);
            return;
        }
        let mut at = gap.start;
        while at < gap.end {
            let start = constants::zeroes_after(section, at, gap.end);
            if at < start && is_padding(section, self.elf.machine, at, start) {
                cuts.push(Span::new(at, start, OwnerId::Padding));
            } else if at < start {
                self.push(Draft::new(gap.section, at, start, gap.piece), cuts);
            }
            at = constants::zero_after(section, start, gap.end);
            if start < at {
                self.push(Draft::new(gap.section, start, at, gap.piece), cuts);
            }
        }
    }

    /// Whether the map says that this is where texts of many objects were merged.
    fn is_merged_texts(&self, piece: Option<u32>) -> bool {
        piece.and_then(|id| places::piece(self.evidence.map, id)).is_some_and(|piece| constants::is_merged_texts(&piece.section))
    }

    /// Code without a symbol that other code jumps into: its tail, or what its author did not name.
    fn by_jumps(&mut self, gap: Gap, cuts: &mut Cuts) {
        let section = &self.elf.sections[gap.section];
        let inside = section.run.saturating_add(gap.start)..section.run.saturating_add(gap.end);
        let from: Vec<(u64, u64)> = match self.evidence.references {
            true => within(self.jumps.get_or_init(|| jumps(self.reading.scan())), &inside).to_vec(),
            false => Vec::new(),
        };
        let from: Vec<(u64, u64)> = from.into_iter().filter(|(_, at)| !inside.contains(at)).collect();
        let Some((first, _)) = from.first() else { return self.by_unwind(gap, cuts) };
        let start = first - section.run;
        if gap.start < start {
            let before = gap.part(gap.start, start);
            if is_padding(section, self.elf.machine, before.start, before.end) {
                cuts.push(Span::new(before.start, before.end, OwnerId::Padding));
            } else {
                self.by_unwind(before, cuts);
            }
        }
        let mut draft = Draft::new(gap.section, start, gap.end, None);
        draft.is_code = true;
        for (_, at) in from {
            draft.used_at(self.elf, self.places, at);
        }
        self.push(draft, cuts);
    }

    fn by_unwind(&mut self, gap: Gap, cuts: &mut Cuts) {
        let section = &self.elf.sections[gap.section];
        let unnamed = self.unnamed.get_or_init(|| {
            let all = crate::unwind::functions(self.elf);
            Partition::innermost(all.into_iter().map(|(start, end)| Span::new(start, end, ())).collect())
        });
        let run = |at: u64| section.run.saturating_add(at);
        let parts: Vec<_> = unnamed.over(run(gap.start), run(gap.end)).collect();
        for part in parts {
            let gap = gap.part(part.start - section.run, part.end - section.run);
            if part.value.is_some() {
                let mut draft = Draft::new(gap.section, gap.start, gap.end, None);
                draft.is_function = true;
                draft.is_code = true;
                self.push(draft, cuts);
            } else if is_padding(section, self.elf.machine, gap.start, gap.end) {
                cuts.push(Span::new(gap.start, gap.end, OwnerId::Padding));
            } else {
                self.texts(gap, cuts);
            }
        }
    }

    /// Tells texts from what is unattributed.
    fn texts(&mut self, gap: Gap, cuts: &mut Cuts) {
        let section = &self.elf.sections[gap.section];
        let mut at = gap.start;
        let mut after_text = self.ends_in_text(gap.section, gap.start, cuts);
        while at < gap.end {
            let text = constants::text_within(section, at, gap.end, after_text);
            let before = text.map_or(gap.end, |(start, _)| start);
            if at < before {
                let is_fill = is_padding(section, self.elf.machine, at, before);
                cuts.push(Span::new(at, before, if is_fill { OwnerId::Padding } else { OwnerId::Unattributed }));
            }
            if let Some((start, end)) = text {
                self.push(Draft::new(gap.section, start, end, None), cuts);
            }
            after_text = true;
            at = text.map_or(gap.end, |(_, end)| end);
        }
    }

    /// Whether what was cut last is a text that ends there.
    fn ends_in_text(&self, section: usize, at: u64, cuts: &Cuts) -> bool {
        let Some(Span { start, end, value: OwnerId::Constant(_) }) = cuts.last().copied() else { return false };
        end == at && constants::first_text_end(&self.elf.sections[section], start, end) == Some(end)
    }

    fn push(&mut self, draft: Draft, cuts: &mut Cuts) {
        if self.drafts.len() >= CONSTANTS_MAX {
            cuts.push(Span::new(draft.start, draft.end, OwnerId::Unattributed));
            return;
        }
        let id = u32::try_from(self.drafts.len()).unwrap_or(u32::MAX);
        cuts.push(Span::new(draft.start, draft.end, OwnerId::Constant(id)));
        self.drafts.push(draft);
    }

    /// What in the section's bytes `start..end` is referred to, with the places that do.
    fn targets_in(&self, section: &Section<'_>, start: u64, end: u64) -> &[(u64, u64)] {
        if !self.evidence.references {
            return &[];
        }
        let targets = self.targets.get_or_init(|| targets(self.reading.scan()));
        within(targets, &(section.run.saturating_add(start)..section.run.saturating_add(end)))
    }
}

/// Those that refer to the addresses.
fn within<'t>(targets: &'t [(u64, u64)], addresses: &std::ops::Range<u64>) -> &'t [(u64, u64)] {
    let first = targets.partition_point(|(to, _)| *to < addresses.start);
    let after = targets.partition_point(|(to, _)| *to < addresses.end);
    targets.get(first..after).unwrap_or_default()
}

/// Data, not code: jumps go anywhere within a function, and what is called is found by its symbol.
fn targets(scan: &Scan) -> Vec<(u64, u64)> {
    let data = scan.references.iter().filter(|r| !matches!(r.how, How::Call | How::Jump));
    let mut targets: Vec<(u64, u64)> = data.map(|r| (r.to, r.at)).collect();
    targets.sort_unstable();
    targets
}

/// Code.
fn jumps(scan: &Scan) -> Vec<(u64, u64)> {
    let code = scan.references.iter().filter(|r| matches!(r.how, How::Call | How::Jump));
    let mut jumps: Vec<(u64, u64)> = code.map(|r| (r.to, r.at)).collect();
    jumps.sort_unstable();
    jumps
}

/// Tables that linkers and compilers make for loaders and unwinders: what refers into them is no owner.
fn is_made_by_the_linker(name: &str) -> bool {
    const BEGINNINGS: [&str; 14] = [
        ".ARM.",
        ".eh_frame",
        ".gcc_except_table",
        ".got",
        ".plt",
        ".init_array",
        ".fini_array",
        ".preinit_array",
        ".dyn",
        ".gnu.",
        ".rel",
        ".hash",
        ".interp",
        ".note",
    ];
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

impl Owners {
    /// The constant with this number.
    pub fn constant(&self, id: u32) -> Option<&Constant> {
        self.constants.get(usize::try_from(id).ok()?)
    }
}
