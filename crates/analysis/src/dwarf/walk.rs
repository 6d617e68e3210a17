//! One pass over the entries of `.debug_info`: subprograms, what is inlined into them, and where names can be found.
//!
//! Nothing is allocated for an entry that does not matter, and no name is read: what is kept are offsets, which `resolve` turns into names.

use super::lines::Files;
use super::sections::Sections;
use super::unit::{Failed, Slice, wide};
use super::{DwarfError, InlinedRange, NESTING_MAX, NO_FILE, NO_PARENT, RANGES_MAX, SUBPROGRAMS_MAX, count};
use gimli::{AttributeValue, Dwarf, Endianity, EntriesRaw, LineProgramHeader, Reader, Section, Unit, UnitOffset, constants};

/// No entry, no scope, no subprogram.
pub(super) const NONE: u32 = u32::MAX;

/// Where a text is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Text {
    /// Nowhere.
    #[default]
    None,
    /// In `.debug_str`.
    Str(u32),
    /// In `.debug_line_str`.
    LineStr(u32),
    /// In `.debug_info` itself.
    Info(u32),
}

/// A subprogram: with code, a declaration, or the abstract one that inlined copies refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subprogram {
    /// Its offset in `.debug_info`. The list is in the order of these.
    pub offset: u32,
    /// The offset of the entry that it completes, or [`NONE`].
    pub origin: u32,
    pub linkage: Text,
    pub name: Text,
    /// Index of the namespace or type it is in, or [`NONE`].
    pub scope: u32,
    pub file: u32,
    pub line: u32,
}

/// A namespace or a type with a subprogram that has no linkage name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    pub parent: u32,
    pub name: Text,
    /// It is a namespace rather than a type.
    pub namespace: bool,
}

/// A subprogram with code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coded {
    /// Index of its subprogram.
    pub subprogram: u32,
    /// Where its ranges are, and how many.
    pub ranges: (u32, u32),
}

/// What the pass over all units leaves.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub subprograms: Vec<Subprogram>,
    pub scopes: Vec<Scope>,
    pub functions: Vec<Coded>,
    pub function_ranges: Vec<(u64, u64)>,
    /// Their `name` is still the offset of the entry that was inlined.
    pub inlines: Vec<InlinedRange>,
}

/// What is around an entry.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// The depth of its children.
    depth: isize,
    /// The entry, where it is a namespace or type: its offset in the unit.
    names: Option<usize>,
    /// The index of its scope, made when something in it needs one; [`NONE`] until then.
    scope: u32,
    /// Index of the function that its children are in, or [`NONE`].
    function: u32,
    inlined: u16,
}

const OUTERMOST: Frame = Frame { depth: isize::MIN, names: None, scope: NONE, function: NONE, inlined: 0 };

pub(super) struct Walk<'s> {
    sections: &'s Sections<'s>,
    found: Found,
    /// Ranges looked at, kept or not.
    ranges_seen: usize,
    /// The ranges of the entry at hand.
    ranges: Vec<(u64, u64)>,
    frames: Vec<Frame>,
}

/// The attributes of a subprogram or inlined subroutine that matter.
struct Entry<'a, E: Endianity> {
    linkage: Option<AttributeValue<Slice<'a, E>>>,
    name: Option<AttributeValue<Slice<'a, E>>>,
    origin: u32,
    low: Option<AttributeValue<Slice<'a, E>>>,
    high: Option<AttributeValue<Slice<'a, E>>>,
    ranges: Option<AttributeValue<Slice<'a, E>>>,
    /// Of its declaration, or of the call.
    file: Option<u64>,
    line: u32,
}

impl<'s> Walk<'s> {
    pub fn new(sections: &'s Sections<'s>) -> Self {
        Walk { sections, found: Found::default(), ranges_seen: 0, ranges: Vec::new(), frames: Vec::new() }
    }

    pub fn finish(self) -> Found {
        self.found
    }

    /// Walks the unit at offset `start`.
    pub fn unit<'a, E: Endianity>(
        &mut self,
        dwarf: &Dwarf<Slice<'a, E>>,
        unit: &Unit<Slice<'a, E>>,
        line_header: Option<&LineProgramHeader<Slice<'a, E>>>,
        start: usize,
        files: &mut Files,
    ) -> Result<(), Failed> {
        let mut number = |file| file_number(file, line_header, dwarf, unit, files);
        let mut entries = unit.entries_raw(None)?;
        self.frames.clear();
        while !entries.is_empty() {
            let depth = entries.next_depth();
            let in_unit = entries.next_offset().0;
            let offset = count(start.saturating_add(in_unit));
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            while self.frames.last().is_some_and(|f| f.depth > depth) {
                self.frames.pop();
            }
            let children = abbreviation.has_children();
            let specs = abbreviation.attributes();
            let around = self.frames.last().copied().unwrap_or(OUTERMOST);
            let inside = Frame { depth: depth.saturating_add(1), ..around };
            match abbreviation.tag() {
                constants::DW_TAG_subprogram => {
                    let entry = entry(&mut entries, specs, start, false)?;
                    let function = self.subprogram(&entry, offset, number(entry.file)?, dwarf, unit)?;
                    if children {
                        self.push(Frame { function, inlined: 0, names: None, ..inside })?;
                    }
                }
                constants::DW_TAG_inlined_subroutine => {
                    let entry = entry(&mut entries, specs, start, true)?;
                    let inlined = around.inlined.saturating_add(1);
                    if around.function != NONE {
                        self.inlined(&entry, (inlined, around.function), &mut number, dwarf, unit)?;
                    }
                    if children {
                        self.push(Frame { inlined, names: None, ..inside })?;
                    }
                }
                constants::DW_TAG_namespace
                | constants::DW_TAG_structure_type
                | constants::DW_TAG_class_type
                | constants::DW_TAG_union_type
                | constants::DW_TAG_enumeration_type
                | constants::DW_TAG_interface_type
                | constants::DW_TAG_module
                    if children =>
                {
                    entries.skip_attributes(specs)?;
                    self.push(Frame { names: Some(in_unit), scope: NONE, function: NONE, inlined: 0, ..inside })?;
                }
                _ => entries.skip_attributes(specs)?,
            }
        }
        Ok(())
    }

    fn push(&mut self, frame: Frame) -> Result<(), DwarfError> {
        if self.frames.len() >= NESTING_MAX {
            return Err(DwarfError::TooMany { what: "entries nested in one another", max: wide(NESTING_MAX) });
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Notes a subprogram. The index of its function, or [`NONE`] where it has no code.
    fn subprogram<'a, E: Endianity>(
        &mut self,
        entry: &Entry<'a, E>,
        offset: u32,
        file: u32,
        dwarf: &Dwarf<Slice<'a, E>>,
        unit: &Unit<Slice<'a, E>>,
    ) -> Result<u32, Failed> {
        if self.found.subprograms.len() >= SUBPROGRAMS_MAX {
            return Err(DwarfError::TooMany { what: "subprograms", max: wide(SUBPROGRAMS_MAX) }.into());
        }
        let linkage = self.text(entry.linkage, dwarf, unit)?;
        // What has a linkage name needs no other.
        let name = if linkage == Text::None { self.text(entry.name, dwarf, unit)? } else { Text::None };
        let scope = if linkage == Text::None { self.scope(dwarf, unit)? } else { NONE };
        let number = count(self.found.subprograms.len());
        self.found.subprograms.push(Subprogram { offset, origin: entry.origin, linkage, name, scope, file, line: entry.line });
        self.read_ranges(entry, dwarf, unit)?;
        if self.ranges.is_empty() {
            return Ok(NONE);
        }
        self.ranges.sort_unstable();
        let first = count(self.found.function_ranges.len());
        self.found.function_ranges.append(&mut self.ranges);
        let ranges = (first, count(self.found.function_ranges.len()) - first);
        self.found.functions.push(Coded { subprogram: number, ranges });
        Ok(count(self.found.functions.len() - 1))
    }

    fn inlined<'a, E: Endianity>(
        &mut self,
        entry: &Entry<'a, E>,
        (depth, function): (u16, u32),
        file_number: &mut dyn FnMut(Option<u64>) -> Result<u32, DwarfError>,
        dwarf: &Dwarf<Slice<'a, E>>,
        unit: &Unit<Slice<'a, E>>,
    ) -> Result<(), Failed> {
        self.read_ranges(entry, dwarf, unit)?;
        if self.ranges.is_empty() {
            return Ok(());
        }
        let call_file = file_number(entry.file)?;
        let call_line = entry.line;
        for &(start, end) in &self.ranges {
            let parent = NO_PARENT;
            self.found.inlines.push(InlinedRange { start, end, name: entry.origin, function, call_file, call_line, parent, depth });
        }
        Ok(())
    }

    /// Reads an entry's ranges of code into `self.ranges`, without those of removed functions.
    fn read_ranges<'a, E: Endianity>(
        &mut self,
        entry: &Entry<'a, E>,
        dwarf: &Dwarf<Slice<'a, E>>,
        unit: &Unit<Slice<'a, E>>,
    ) -> Result<(), Failed> {
        self.ranges.clear();
        if let Some(offset) = entry.ranges {
            if let Some(mut ranges) = dwarf.attr_ranges(unit, offset)? {
                while let Some(range) = ranges.next()? {
                    self.add_range(range.begin, range.end)?;
                }
            }
            return Ok(());
        }
        let (Some(low), Some(high)) = (entry.low, entry.high) else { return Ok(()) };
        let Some(start) = dwarf.attr_address(unit, low)? else { return Ok(()) };
        let end = match dwarf.attr_address(unit, high)? {
            Some(end) => end,
            None => start.saturating_add(high.udata_value().unwrap_or(0)),
        };
        self.add_range(start, end)?;
        Ok(())
    }

    fn add_range(&mut self, start: u64, end: u64) -> Result<(), DwarfError> {
        self.ranges_seen += 1;
        if self.ranges_seen > RANGES_MAX {
            return Err(DwarfError::TooMany { what: "ranges of functions", max: wide(RANGES_MAX) });
        }
        let thumb = if self.sections.arm { !1 } else { !0 };
        self.ranges.extend(self.sections.code.keep(start & thumb, end & thumb));
        Ok(())
    }

    /// The scope that the entry at hand is in: namespaces and types up to the next function around it.
    fn scope<'a, E: Endianity>(&mut self, dwarf: &Dwarf<Slice<'a, E>>, unit: &Unit<Slice<'a, E>>) -> Result<u32, Failed> {
        // From the innermost that has its scope already, so that each is made once and looked at little more often.
        let done = self.frames.iter().rposition(|f| f.names.is_none() || f.scope != NONE);
        let mut parent = done.map(|at| self.frames[at]).filter(|f| f.names.is_some()).map_or(NONE, |f| f.scope);
        for at in done.map_or(0, |at| at + 1)..self.frames.len() {
            let Some(entry) = self.frames[at].names else { continue };
            parent = {
                let mut entries = unit.entries_raw(Some(UnitOffset(entry)))?;
                let (mut name, mut namespace) = (None, false);
                if let Some(abbreviation) = entries.read_abbreviation()? {
                    namespace = abbreviation.tag() == constants::DW_TAG_namespace;
                    for &spec in abbreviation.attributes() {
                        let attribute = entries.read_attribute(spec)?;
                        if attribute.name() == constants::DW_AT_name {
                            name = Some(attribute.value());
                        }
                    }
                }
                let name = self.text(name, dwarf, unit)?;
                self.found.scopes.push(Scope { parent, name, namespace });
                count(self.found.scopes.len() - 1)
            };
            self.frames[at].scope = parent;
        }
        Ok(parent)
    }

    /// Where a text is. An index into `.debug_str_offsets` is looked up: it means nothing outside its unit.
    fn text<'a, E: Endianity>(
        &self,
        value: Option<AttributeValue<Slice<'a, E>>>,
        dwarf: &Dwarf<Slice<'a, E>>,
        unit: &Unit<Slice<'a, E>>,
    ) -> Result<Text, Failed> {
        Ok(match value {
            Some(AttributeValue::DebugStrRef(offset)) => Text::Str(count(offset.0)),
            Some(AttributeValue::DebugLineStrRef(offset)) => Text::LineStr(count(offset.0)),
            Some(AttributeValue::DebugStrOffsetsIndex(at)) => Text::Str(count(dwarf.string_offset(unit, at)?.0)),
            // A slice of the section: its place in it.
            Some(AttributeValue::String(slice)) => {
                let place = dwarf.debug_info.lookup_offset_id(slice.offset_id());
                place.map_or(Text::None, |(_, at)| Text::Info(count(at)))
            }
            _ => Text::None,
        })
    }
}

/// Reads the attributes of a subprogram or of an inlined subroutine.
fn entry<'a, E: Endianity>(
    entries: &mut EntriesRaw<'_, Slice<'a, E>>,
    specs: &[gimli::AttributeSpecification],
    start: usize,
    inlined: bool,
) -> Result<Entry<'a, E>, Failed> {
    let (file_name, line_name) = if inlined {
        (constants::DW_AT_call_file, constants::DW_AT_call_line)
    } else {
        (constants::DW_AT_decl_file, constants::DW_AT_decl_line)
    };
    let mut entry = Entry { linkage: None, name: None, origin: NONE, low: None, high: None, ranges: None, file: None, line: 0 };
    for &spec in specs {
        let name = spec.name();
        let known = matches!(
            name,
            constants::DW_AT_linkage_name
                | constants::DW_AT_MIPS_linkage_name
                | constants::DW_AT_name
                | constants::DW_AT_abstract_origin
                | constants::DW_AT_specification
                | constants::DW_AT_low_pc
                | constants::DW_AT_high_pc
                | constants::DW_AT_ranges
        );
        if !known && name != file_name && name != line_name {
            entries.skip_attributes(std::slice::from_ref(&spec))?;
            continue;
        }
        let value = entries.read_attribute(spec)?.value();
        match name {
            constants::DW_AT_linkage_name | constants::DW_AT_MIPS_linkage_name => entry.linkage = Some(value),
            constants::DW_AT_name => entry.name = Some(value),
            constants::DW_AT_abstract_origin | constants::DW_AT_specification => entry.origin = reference(&value, start),
            constants::DW_AT_low_pc => entry.low = Some(value),
            constants::DW_AT_high_pc => entry.high = Some(value),
            constants::DW_AT_ranges => entry.ranges = Some(value),
            _ if name == file_name => {
                entry.file = match value {
                    AttributeValue::FileIndex(file) => Some(file),
                    other => other.udata_value(),
                };
            }
            _ => entry.line = value.udata_value().and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
        }
    }
    Ok(entry)
}

/// The offset in `.debug_info` of the entry referred to; [`NONE`] where that is in another file.
fn reference<E: Endianity>(value: &AttributeValue<Slice<'_, E>>, start: usize) -> u32 {
    match value {
        AttributeValue::UnitRef(offset) => count(start.saturating_add(offset.0)),
        AttributeValue::DebugInfoRef(offset) => count(offset.0),
        _ => NONE,
    }
}

fn file_number<E: Endianity>(
    file: Option<u64>,
    line_header: Option<&LineProgramHeader<Slice<'_, E>>>,
    dwarf: &Dwarf<Slice<'_, E>>,
    unit: &Unit<Slice<'_, E>>,
    files: &mut Files,
) -> Result<u32, DwarfError> {
    match (file, line_header) {
        // Before version 5, file 0 means that none is known.
        (Some(0), _) if unit.header.version() < 5 => Ok(NO_FILE),
        (Some(file), Some(header)) => files.number(header, dwarf, unit, file),
        _ => Ok(NO_FILE),
    }
}
