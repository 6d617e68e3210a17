//! Weighs an ELF file: every byte of every region gets exactly one owner.
//!
//! **Flash** is what is loaded: the file bytes of the load segments, by load address, the start values of `.data` among them.
//! **RAM** is what is allocated: load segments with their zero-filled part and allocated sections, `NOLOAD` ones among
//! them, by run address, each address once. Where a region of RAM lies over a declared region of flash (an image that
//! runs from RAM), read-only bytes that are loaded in place are flash only.
//!
//! **An image may be larger than its region.** What follows on the end of a region without a gap of more than
//! [`SPILL_GAP_BYTES_MAX`] is counted as that region's, and `used_bytes` is then above `size_bytes`. Whatever else no
//! region holds is listed as outside.

use crate::anatomy;
use crate::elf::{Elf, ElfError, Machine, Section, Segment};
use crate::image;
use crate::linker::LinkerMap;
use crate::owners::{self, Evidence, OwnerId, Owners, Places};
use crate::reading::Reading;
use crate::rows::{Names, Rows};
use crate::spans::{Partition, Span};
use ounce_protocol::manifest::Region;
use ounce_protocol::measurement::{Anatomy, Ledger, OutsideRange, RegionKind};
use std::collections::HashMap;

/// The longest gap between the end of a region's bytes and bytes beyond the region that are still counted as its.
pub const SPILL_GAP_BYTES_MAX: u64 = 4096;

/// The section shown for bytes of a load segment that are in no section.
pub const NO_SECTION: &str = "(no section)";

/// Weighs an ELF file by a board's regions.
///
/// The rows of a region sum to its `used_bytes` and are sorted by size, largest first, then by name. There is one row a
/// linkage name and output section: instances of one generic are rows of their own with one `name`.
///
/// # Errors
/// [`ElfError`] where it is not a linked image, is damaged, or is beyond a limit.
pub fn weigh(elf: &[u8], regions: &[Region]) -> Result<Ledger, ElfError> {
    Weighing::of(elf, regions).ledger()
}

/// What to weigh and how closely.
#[derive(Debug, Clone, Copy)]
pub struct Weighing<'w> {
    pub(crate) elf: &'w [u8],
    pub(crate) regions: &'w [Region],
    evidence: Evidence<'w>,
    shapes: bool,
    anatomy: bool,
}

impl<'w> Weighing<'w> {
    /// An ELF file by a board's regions, as [`weigh`] does it.
    pub fn of(elf: &'w [u8], regions: &'w [Region]) -> Self {
        Weighing { elf, regions, evidence: Evidence { map: None, references: true }, shapes: false, anatomy: false }
    }

    /// With the linker's map of this image.
    #[must_use]
    pub fn map(mut self, map: Option<&'w LinkerMap>) -> Self {
        self.evidence.map = map;
        self
    }

    /// By symbols alone, without reading code: the quickest, with more left unattributed.
    #[must_use]
    pub fn by_symbols_only(mut self) -> Self {
        self.evidence.references = false;
        self
    }

    /// With each row's [`Row::shape`], by which a comparison knows what only moved.
    #[must_use]
    pub fn shapes(mut self) -> Self {
        self.shapes = true;
        self
    }

    /// With [`Ledger::anatomy`], from which a comparison explains itself; and with shapes.
    #[must_use]
    pub fn anatomy(mut self) -> Self {
        self.anatomy = true;
        self.shapes()
    }

    /// Weighs it.
    ///
    /// # Errors
    /// As [`weigh`]. Damaged debug information is no error: what it would have told is left out.
    pub fn ledger(self) -> Result<Ledger, ElfError> {
        let elf = Elf::read(self.elf)?;
        let ((regions, outside), anatomy) = self.rows(&elf, |rows, names| rows.into_regions(self.regions, names));
        Ok(Ledger { image: image::identity(&elf), regions, outside, anatomy })
    }

    /// Weighs it, and has something made of the rows.
    pub(crate) fn rows<R>(self, elf: &Elf<'_>, make: impl FnOnce(Rows, &mut Names<'_, '_, '_>) -> R) -> (R, Option<Anatomy>) {
        let places = Places::new(elf);
        let reading = Reading::of(elf);
        let mut owners = owners::owners(elf, &places, &reading, self.evidence);
        let rows = {
            let map = Map::new(elf, self.regions, &owners);
            let mut scale = Scale::new(&map);
            scale.weigh_flash();
            scale.weigh_ram();
            scale.finish()
        };
        let places = self.anatomy.then_some(places);
        if places.is_none() {
            // Where each byte lies is not asked any more: the sums are all that rows are made of.
            owners.sections = Vec::new();
        }
        let mut names =
            Names { elf, owners: &owners, map: self.evidence.map, shapes: self.shapes.then_some(&reading), known: HashMap::new() };
        let made = make(rows, &mut names);
        (made, places.map(|places| anatomy::anatomy(elf, &places, &owners, reading.scan())))
    }
}

/// The first address in the region after everything that the image allocates there, by run address; the region's start where
/// nothing is. Never beyond the region's end. The stack of a program that puts it at the end of RAM has its room from here.
///
/// # Errors
/// [`ElfError`], as [`weigh`].
pub fn ram_statics_end(elf: &[u8], region: &Region) -> Result<u64, ElfError> {
    let elf = Elf::read(elf)?;
    let ends = allocations(&elf).filter(|a| a.start < region.end() && a.end > region.start).map(|a| a.end.min(region.end()));
    Ok(ends.max().unwrap_or(region.start))
}

/// The run addresses (start, end) of each section of code: what [`crate::dwarf::by_source`] can tell lines of.
///
/// # Errors
/// [`ElfError`], as [`weigh`].
pub fn code_ranges(elf: &[u8]) -> Result<Vec<(u64, u64)>, ElfError> {
    let elf = Elf::read(elf)?;
    let code = elf.sections.iter().filter(|s| s.executable && !s.nobits).map(|s| Span::new(s.run, s.run.saturating_add(s.size), ()));
    Ok(Partition::innermost(code.collect()).iter().map(|s| (s.start, s.end)).collect())
}

/// What takes up memory, by run address; overlapping.
fn allocations<'e>(elf: &'e Elf<'_>) -> impl Iterator<Item = Span<()>> + 'e {
    let segments = elf.segments.iter().map(|s| Span::new(s.run, s.run.saturating_add(s.mem_bytes), ()));
    let sections = elf.sections.iter().filter(|s| s.takes_memory()).map(|s| Span::new(s.run, s.run.saturating_add(s.size), ()));
    segments.chain(sections).filter(|a| a.start < a.end)
}

/// Where everything is. Indices are those of [`Elf`]'s lists and of the manifest's regions.
struct Map<'e, 'a> {
    elf: &'e Elf<'a>,
    /// Segment by load address, by run address.
    loaded: Partition<usize>,
    run_segments: Partition<usize>,
    /// Section by file offset, by run address; those without bytes in the file by run address.
    file_sections: Partition<usize>,
    run_sections: Partition<usize>,
    nobits_sections: Partition<usize>,
    /// Memory in use, by run address.
    allocated: Partition<()>,
    owners: &'e Owners,
    /// Region by address, each stretched over what spills from it.
    flash: Partition<usize>,
    ram: Partition<usize>,
}

impl<'e, 'a> Map<'e, 'a> {
    fn new(elf: &'e Elf<'a>, regions: &[Region], owners: &'e Owners) -> Self {
        let spans = |pick: &dyn Fn(&Segment<'_>) -> (u64, u64)| {
            let all = elf.segments.iter().enumerate().map(|(i, s)| {
                let (start, bytes) = pick(s);
                Span::new(start, start.saturating_add(bytes), i)
            });
            Partition::innermost(all.collect())
        };
        let sections = |pick: &dyn Fn(&Section<'_>) -> Option<u64>| {
            let all = elf.sections.iter().enumerate();
            let all = all.filter_map(|(i, s)| pick(s).map(|start| Span::new(start, start.saturating_add(s.size), i)));
            Partition::innermost(all.collect())
        };
        let loaded = spans(&|s| (s.load, s.file_bytes()));
        let allocated = Partition::innermost(allocations(elf).collect());
        let all_of = |kind| {
            Partition::innermost(
                regions.iter().enumerate().filter(|(_, r)| r.kind == kind).map(|(i, r)| Span::new(r.start, r.end(), i)).collect(),
            )
        };
        let (flash, ram) = (all_of(RegionKind::Flash), all_of(RegionKind::Ram));
        Map {
            elf,
            run_segments: spans(&|s| (s.run, s.mem_bytes)),
            file_sections: sections(&|s| (!s.nobits).then_some(s.offset)),
            run_sections: sections(&|s| s.takes_memory().then_some(s.run)),
            nobits_sections: sections(&|s| (s.nobits && s.takes_memory()).then_some(s.run)),
            owners,
            flash: stretched(&flash, &ram, loaded.iter().map(|s| (s.start, s.end))),
            ram: stretched(&ram, &flash, allocated.iter().map(|s| (s.start, s.end))),
            loaded,
            allocated,
        }
    }

    /// The segment whose file bytes are those of the section, if any.
    fn segment_of(&self, section: &Section<'_>) -> Option<&Segment<'a>> {
        let holds = |s: &&Segment<'a>| !section.nobits && s.offset <= section.offset && section.offset - s.offset < s.file_bytes();
        self.elf.segments.iter().find(holds)
    }
}

/// The zones of one kind with what spills from them: used ranges beyond a zone's end that go on where its used ranges end.
fn stretched(zones: &Partition<usize>, other_kind: &Partition<usize>, used: impl Iterator<Item = (u64, u64)>) -> Partition<usize> {
    let mut all: Vec<Span<usize>> = zones.iter().collect();
    let mut before: Option<(u64, usize)> = None;
    for (start, end) in used {
        for part in zones.over(start, end) {
            let zone = match (part.value, before) {
                (Some(zone), _) => Some(zone),
                (None, Some((last, zone))) if part.start - last <= SPILL_GAP_BYTES_MAX => {
                    // Only as far as memory of the other kind begins.
                    let free = other_kind.over(part.start, part.end).next().filter(|p| p.value.is_none());
                    free.map(|free| {
                        all.push(Span::new(free.start, free.end, zone));
                        zone
                    })
                }
                _ => None,
            };
            before = zone.map(|zone| (part.end, zone));
        }
    }
    all.sort_unstable_by_key(|s| s.start);
    Partition::from_sorted(all)
}

/// What bytes are kept under while they are added: the owner and the section's index, if any.
pub(crate) type Key = (OwnerId, Option<usize>);

struct Scale<'m, 'e, 'a> {
    map: &'m Map<'e, 'a>,
    /// `((region, (owner, section)), bytes)` of each piece.
    pieces: Vec<((usize, Key), u64)>,
    outside: Vec<Span<()>>,
}

impl<'m, 'e, 'a> Scale<'m, 'e, 'a> {
    fn new(map: &'m Map<'e, 'a>) -> Self {
        Scale { map, pieces: Vec::new(), outside: Vec::new() }
    }

    fn add(&mut self, region: usize, key: Key, bytes: u64) {
        match self.pieces.last_mut() {
            Some((last, sum)) if *last == (region, key) => *sum = sum.saturating_add(bytes),
            _ => self.pieces.push(((region, key), bytes)),
        }
    }

    /// All file bytes of load segments, by load address.
    fn weigh_flash(&mut self) {
        let map = self.map;
        for piece in map.loaded.iter() {
            let segment = &map.elf.segments[piece.value];
            for zone in map.flash.over(piece.start, piece.end) {
                match zone.value {
                    Some(region) => self.weigh_loaded(region, segment, zone.start - segment.load, zone.end - segment.load),
                    None => self.loaded_elsewhere(segment, zone.start, zone.end),
                }
            }
        }
    }

    /// Bytes loaded into no flash: counted with RAM where they are loaded there and stay, else outside.
    fn loaded_elsewhere(&mut self, segment: &Segment<'_>, start: u64, end: u64) {
        for part in self.map.ram.over(start, end) {
            if part.value.is_none() || !segment.in_place() {
                self.outside.push(Span::new(part.start, part.end, ()));
            }
        }
    }

    /// The segment's file bytes `start..end`, counted from its first.
    fn weigh_loaded(&mut self, region: usize, segment: &Segment<'_>, start: u64, end: u64) {
        let map = self.map;
        let offset = segment.offset;
        for part in map.file_sections.over(offset.saturating_add(start), offset.saturating_add(end)) {
            if let Some(section) = part.value {
                let first = map.elf.sections[section].offset;
                self.weigh_section(region, section, part.start - first, part.end - first);
                continue;
            }
            if part.end <= map.elf.headers_end {
                self.add(region, (OwnerId::Section, None), part.bytes());
                continue;
            }
            // A section marked as without bytes may have some all the same, where others follow it in its segment.
            let run = |at: u64| segment.run.saturating_add(at - offset);
            if run(part.end) - run(part.start) < part.bytes() {
                self.add(region, (OwnerId::Unattributed, None), part.bytes());
                continue;
            }
            for part in map.nobits_sections.over(run(part.start), run(part.end)) {
                self.weigh_run(region, part);
            }
        }
    }

    /// Everything allocated in RAM, by run address.
    fn weigh_ram(&mut self) {
        let map = self.map;
        for piece in map.allocated.iter() {
            for part in map.run_sections.over(piece.start, piece.end) {
                for part in map.run_segments.over(part.start, part.end).map(|s| Span::new(s.start, s.end, (part.value, s.value))) {
                    self.weigh_allocated(part);
                }
            }
        }
    }

    fn weigh_allocated(&mut self, part: Span<(Option<usize>, Option<usize>)>) {
        let map = self.map;
        let section = part.value.0.map(|i| &map.elf.sections[i]);
        let segment = match section {
            Some(section) => map.segment_of(section),
            None => part.value.1.map(|i| &map.elf.segments[i]),
        };
        let in_place = segment.is_some_and(Segment::in_place);
        let read_only = section.map_or(segment.is_some_and(|s| !s.writable), |s| !s.writable);
        // Beyond the file's bytes a segment is zeroes: nothing that flash holds.
        let loaded_up_to = segment.map_or(part.start, |s| s.run.saturating_add(s.file_bytes()));
        for zone in map.ram.over(part.start, part.end) {
            for flash in map.flash.over(zone.start, zone.end) {
                let loaded_here = in_place && flash.end <= loaded_up_to;
                match (zone.value, flash.value) {
                    (Some(_), Some(_)) if loaded_here && read_only => {}
                    (Some(region), _) => self.weigh_run(region, Span::new(flash.start, flash.end, part.value.0)),
                    (None, Some(_)) => {}
                    (None, None) if loaded_here => {}
                    (None, None) => self.outside.push(Span::new(flash.start, flash.end, ())),
                }
            }
        }
    }

    /// A range of run addresses, in a section or in none.
    fn weigh_run(&mut self, region: usize, part: Span<Option<usize>>) {
        match part.value {
            Some(section) => {
                let first = self.map.elf.sections[section].run;
                self.weigh_section(region, section, part.start - first, part.end - first);
            }
            None => {
                let owner = if self.is_padding(part.start, part.end) { OwnerId::Padding } else { OwnerId::Unattributed };
                self.add(region, (owner, None), part.bytes());
            }
        }
    }

    fn weigh_section(&mut self, region: usize, section: usize, start: u64, end: u64) {
        for part in self.map.owners.sections[section].over(start, end) {
            self.add(region, (part.value.unwrap_or(OwnerId::Unattributed), Some(section)), part.bytes());
        }
    }

    /// Whether a range of a segment without a section is what aligns the section after it: the rule of [`owners`], without a
    /// section's own alignment.
    fn is_padding(&self, start: u64, end: u64) -> bool {
        if end - start >= owners::alignment_of(end) {
            return false;
        }
        let Some(segment) = self.map.run_segments.at(start).map(|s| &self.map.elf.segments[s.value]) else { return false };
        let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(segment.bytes.len());
        let bytes = &segment.bytes[index(start - segment.run)..index(end - segment.run)];
        owners::is_fill(bytes, Machine::Other, start)
    }

    fn finish(self) -> Rows {
        let outside = Partition::innermost(self.outside);
        let mut sums = self.pieces;
        sums.sort_unstable_by_key(|(key, _)| *key);
        sums.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        Rows { sums, outside: outside.iter().map(|s| OutsideRange { start: s.start, bytes: s.bytes() }).collect() }
    }
}
