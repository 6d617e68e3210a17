//! Units one by one: their roots, their abbreviations, their line program's header; then lines and entries of each.
//!
//! gimli can do this too (`Unit::new`), but reads a line program's header before anyone could ask how large it is, and shared tables again
//! for every unit without counting.

use super::lines::{Files, Lines};
use super::sections::Sections;
use super::walk::Walk;
use super::{DebugInfo, DwarfError, LINE_HEADER_BYTES_MAX, REREAD_FACTOR_MAX, UNITS_MAX, Wanted, nest, resolve};
use gimli::{
    Abbreviations, AttributeValue, DebugAddrBase, DebugInfoOffset, DebugLineOffset, DebugLocListsBase, DebugRngListsBase,
    DebugStrOffsetsBase, Dwarf, DwarfFileType, EndianSlice, Endianity, IncompleteLineProgram, Reader, Section, SectionId, Unit, UnitHeader,
    UnitType, constants,
};
use std::collections::HashSet;
use std::sync::Arc;

pub(super) type Slice<'a, E> = EndianSlice<'a, E>;

/// Errors of gimli as ours: with the section and offset where it stopped, or else of the unit.
pub(super) struct Blame<'d, 'a, E: Endianity> {
    dwarf: &'d Dwarf<Slice<'a, E>>,
    pub section: &'static str,
    pub offset: u64,
}

impl<E: Endianity> Blame<'_, '_, E> {
    pub fn error(&self, error: gimli::Error) -> DwarfError {
        let (mut section, mut offset) = (self.section, self.offset);
        if let gimli::Error::UnexpectedEof(id) = error
            && let Some((_, at, bytes)) = self.dwarf.lookup_offset_id(id)
        {
            (section, offset) = (at.name().trim_start_matches('.'), wide(bytes));
        }
        // Its own text has addresses of this process in it where input ends early.
        let what = if matches!(error, gimli::Error::UnexpectedEof(_)) { "ends too early".into() } else { error.to_string() };
        DwarfError::Damaged { section, offset, what }
    }

    fn error_of(&self, what: &str) -> DwarfError {
        DwarfError::Damaged { section: self.section, offset: self.offset, what: what.into() }
    }
}

pub(super) fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Counts bytes that are read more than once.
struct Budget {
    left: u64,
    what: &'static str,
    max: u64,
}

impl Budget {
    fn new(section: &[u8], what: &'static str) -> Self {
        const SMALL: u64 = 1 << 20;
        let max = wide(section.len()).saturating_mul(REREAD_FACTOR_MAX).saturating_add(SMALL);
        Budget { left: max, what, max }
    }
    fn take(&mut self, bytes: usize) -> Result<(), DwarfError> {
        self.left = self.left.checked_sub(wide(bytes)).ok_or(DwarfError::TooMany { what: self.what, max: self.max })?;
        Ok(())
    }
}

/// What a unit's root says.
pub(super) struct Root<'a, E: Endianity> {
    pub unit: Unit<Slice<'a, E>>,
    /// Its line program's offset in `.debug_line`.
    pub stmt_list: Option<usize>,
    /// Its entries are in another file.
    pub split: bool,
}

/// Reads all units.
pub(super) fn read<E: Endianity>(sections: &Sections<'_>, endian: E, wanted: Wanted) -> Result<DebugInfo, DwarfError> {
    let load = |id: SectionId| Ok::<_, DwarfError>(EndianSlice::new(sections.get(id.name()), endian));
    let dwarf = Dwarf::load(load)?;
    let mut tables = Tables::new(sections.get("debug_abbrev"));
    let mut programs = Programs::new(sections.get("debug_line"));
    let mut lines_seen: HashSet<usize> = HashSet::new();
    let (mut info, mut files, mut lines) = (DebugInfo::default(), Files::default(), Lines::default());
    let mut walk = Walk::new(sections);
    let debug_info = sections.get("debug_info");
    let (mut next, mut number) = (0, 0);
    while next < debug_info.len() {
        let at = next;
        let mut blame = Blame { dwarf: &dwarf, section: "debug_info", offset: wide(at) };
        number += 1;
        if number > UNITS_MAX {
            return Err(DwarfError::TooMany { what: "units", max: wide(UNITS_MAX) });
        }
        next = end_of(debug_info, at, endian).ok_or_else(|| blame.error_of("a unit reaches beyond the section"))?;
        let header = match dwarf.debug_info.header_from_offset(DebugInfoOffset(at)) {
            Ok(header) => header,
            // Its length is known, its form is not: the next one may be of a known version again.
            Err(gimli::Error::UnknownVersion(_) | gimli::Error::UnknownUnitType(_)) => {
                info.skipped.unknown_units += 1;
                continue;
            }
            Err(error) => return Err(blame.error(error)),
        };
        if matches!(header.type_(), UnitType::Type { .. } | UnitType::SplitType { .. }) {
            continue;
        }
        let table = tables.get(&dwarf, &header).map_err(|e| e.into_error(&blame))?;
        let Root { unit, stmt_list, split } = root(&dwarf, header, table).map_err(|e| blame.error(e))?;
        if split {
            info.skipped.split_units += 1;
        }
        files.next_unit();
        let program = match stmt_list {
            Some(offset) => {
                blame = Blame { dwarf: &dwarf, section: "debug_line", offset: wide(offset) };
                Some(programs.get(&dwarf, &unit, offset).map_err(|e| e.into_error(&blame))?)
            }
            None => None,
        };
        if let Some((offset, program)) = program
            && wanted.lines
            && lines_seen.insert(*offset)
        {
            lines.run(program.clone(), &dwarf, &unit, &mut files, sections).map_err(|e| e.into_error(&blame))?;
        }
        if wanted.inlines {
            blame = Blame { dwarf: &dwarf, section: "debug_info", offset: wide(at) };
            let header = program.map(|(_, program)| program.header());
            walk.unit(&dwarf, &unit, header, at, &mut files).map_err(|e| e.into_error(&blame))?;
        }
    }
    info.lines = lines.finish();
    resolve::resolve(walk.finish(), sections, &mut info)?;
    info.files = files.finish();
    nest::nest(&mut info);
    Ok(info)
}

/// An error of gimli, which gets its place later, or one of ours.
pub(super) enum Failed {
    Gimli(gimli::Error),
    Ours(DwarfError),
}

impl Failed {
    pub fn into_error<E: Endianity>(self, blame: &Blame<'_, '_, E>) -> DwarfError {
        match self {
            Failed::Gimli(error) => blame.error(error),
            Failed::Ours(error) => error,
        }
    }
}

impl From<gimli::Error> for Failed {
    fn from(error: gimli::Error) -> Self {
        Failed::Gimli(error)
    }
}

impl From<DwarfError> for Failed {
    fn from(error: DwarfError) -> Self {
        Failed::Ours(error)
    }
}

/// The offset after the unit or line program that starts at `at`, as its length says; within the section.
fn end_of<E: Endianity>(section: &[u8], at: usize, endian: E) -> Option<usize> {
    let mut input = EndianSlice::new(section.get(at..)?, endian);
    let (length, format) = input.read_initial_length().ok()?;
    at.checked_add(usize::from(format.initial_length_size()))?.checked_add(length).filter(|&end| end <= section.len())
}

/// The size of a line program's header: everything before its instructions.
fn line_header_bytes<E: Endianity>(section: &[u8], at: usize, endian: E) -> gimli::Result<usize> {
    let mut input = EndianSlice::new(section.get(at..).ok_or(gimli::Error::OffsetOutOfBounds(wide(at)))?, endian);
    let (_, format) = input.read_initial_length()?;
    let version = input.read_u16()?;
    if version >= 5 {
        input.skip(2)?;
    }
    input.read_length(format)
}

/// Abbreviation tables. Units of one object often share one, one after the other: the last is kept.
struct Tables<'a> {
    section: &'a [u8],
    budget: Budget,
    last: Option<(usize, Arc<Abbreviations>)>,
}

impl<'a> Tables<'a> {
    fn new(section: &'a [u8]) -> Self {
        let budget = Budget::new(section, "bytes of abbreviations, counted for each unit that shares them,");
        Tables { section, budget, last: None }
    }

    fn get<E: Endianity>(&mut self, dwarf: &Dwarf<Slice<'_, E>>, header: &UnitHeader<Slice<'_, E>>) -> Result<Arc<Abbreviations>, Failed> {
        let offset = header.debug_abbrev_offset().0;
        if let Some((at, table)) = &self.last
            && *at == offset
        {
            return Ok(Arc::clone(table));
        }
        let bytes = table_bytes(self.section.get(offset..).unwrap_or_default());
        self.budget.take(bytes)?;
        let table = Arc::new(header.abbreviations(&dwarf.debug_abbrev)?);
        self.last = Some((offset, Arc::clone(&table)));
        Ok(table)
    }
}

/// Line programs with their headers read. Units that were cut from one share one: the last is kept.
struct Programs<'a, E: Endianity> {
    section: &'a [u8],
    budget: Budget,
    last: Option<(usize, IncompleteLineProgram<Slice<'a, E>>)>,
}

impl<'a, E: Endianity> Programs<'a, E> {
    fn new(section: &'a [u8]) -> Self {
        let budget = Budget::new(section, "bytes of line programs, counted for each unit that shares them,");
        Programs { section, budget, last: None }
    }

    /// The program at an offset of `.debug_line`, and that offset.
    fn get(
        &mut self,
        dwarf: &Dwarf<Slice<'a, E>>,
        unit: &Unit<Slice<'a, E>>,
        offset: usize,
    ) -> Result<&(usize, IncompleteLineProgram<Slice<'a, E>>), Failed> {
        let kept = self.last.take().filter(|(at, _)| *at == offset);
        let program = match kept {
            Some(kept) => kept,
            None => {
                let endian = dwarf.debug_line.reader().endian();
                let size = line_header_bytes(self.section, offset, endian)?;
                if wide(size) > LINE_HEADER_BYTES_MAX {
                    let what = "bytes in the header of a line program";
                    return Err(DwarfError::TooMany { what, max: LINE_HEADER_BYTES_MAX }.into());
                }
                self.budget.take(size)?;
                let program = dwarf.debug_line.program(DebugLineOffset(offset), unit.header.address_size(), unit.comp_dir, unit.name)?;
                // Its instructions are run once, but programs may lie over one another.
                self.budget.take(program.header().raw_program_buf().len())?;
                (offset, program)
            }
        };
        Ok(self.last.insert(program))
    }
}

/// The length of the abbreviation table that the bytes start with: it ends where a code is 0.
fn table_bytes(bytes: &[u8]) -> usize {
    const IMPLICIT_CONST: u8 = constants::DW_FORM_implicit_const.0 as u8;
    let mut at = 0;
    // The value of a number as far as it matters here: whether it is 0, and whether it is the one form with a value after it.
    let mut number = || {
        let (first, start) = (*bytes.get(at)?, at);
        at += bytes[at..].iter().position(|b| b & 0x80 == 0)? + 1;
        Some(if at - start == 1 { first } else { 0xff })
    };
    let mut measure = || -> Option<()> {
        while number()? != 0 {
            number()?;
            number()?;
            loop {
                let (name, form) = (number()?, number()?);
                if form == IMPLICIT_CONST {
                    number()?;
                }
                if name == 0 && form == 0 {
                    break;
                }
            }
        }
        Some(())
    };
    match measure() {
        Some(()) => at,
        None => bytes.len(),
    }
}

/// Reads a unit's root: its bases, its directory, its line program.
fn root<'a, E: Endianity>(
    dwarf: &Dwarf<Slice<'a, E>>,
    header: UnitHeader<Slice<'a, E>>,
    abbreviations: Arc<Abbreviations>,
) -> gimli::Result<Root<'a, E>> {
    let encoding = header.encoding();
    let mut unit = Unit {
        abbreviations,
        name: None,
        comp_dir: None,
        low_pc: 0,
        str_offsets_base: DebugStrOffsetsBase::default_for_encoding_and_file(encoding, DwarfFileType::Main),
        addr_base: DebugAddrBase(0),
        loclists_base: DebugLocListsBase(0),
        rnglists_base: DebugRngListsBase(0),
        line_program: None,
        dwo_id: None,
        header,
    };
    let mut split = matches!(unit.header.type_(), UnitType::Skeleton(_) | UnitType::SplitCompilation(_));
    let (mut stmt_list, mut name, mut directory, mut low) = (None, None, None, None);
    let abbreviations = Arc::clone(&unit.abbreviations);
    let mut entries = unit.header.entries_raw(&abbreviations, None)?;
    if let Some(abbreviation) = entries.read_abbreviation()? {
        for &spec in abbreviation.attributes() {
            let attribute = entries.read_attribute(spec)?;
            match (attribute.name(), attribute.value()) {
                (constants::DW_AT_name, value) => name = Some(value),
                (constants::DW_AT_comp_dir, value) => directory = Some(value),
                (constants::DW_AT_low_pc, value) => low = Some(value),
                (constants::DW_AT_stmt_list, AttributeValue::DebugLineRef(offset)) => stmt_list = Some(offset.0),
                (constants::DW_AT_str_offsets_base, AttributeValue::DebugStrOffsetsBase(base)) => unit.str_offsets_base = base,
                (constants::DW_AT_addr_base | constants::DW_AT_GNU_addr_base, AttributeValue::DebugAddrBase(base)) => unit.addr_base = base,
                (constants::DW_AT_rnglists_base | constants::DW_AT_GNU_ranges_base, AttributeValue::DebugRngListsBase(base)) => {
                    unit.rnglists_base = base;
                }
                (constants::DW_AT_dwo_name | constants::DW_AT_GNU_dwo_name, _) => split = true,
                _ => {}
            }
        }
    }
    // The bases may come after what needs them.
    unit.name = name.and_then(|value| dwarf.attr_string(&unit, value).ok());
    unit.comp_dir = directory.and_then(|value| dwarf.attr_string(&unit, value).ok());
    if let Some(value) = low {
        unit.low_pc = dwarf.attr_address(&unit, value)?.unwrap_or(0);
    }
    Ok(Root { unit, stmt_list, split })
}
