//! Where functions are, from the tables that unwinding needs: for images whose symbols have been stripped.
//!
//! Three tables say it: `.eh_frame` and `.debug_frame`, which have a start and a length for each function, and Arm's `.ARM.exidx`, which has starts only.
//! What the first two say counts before the last. A damaged table gives what was read before the damage: without it the ledger
//! only knows less.
//!
//! Linkers merge neighbours with the same entry in `.ARM.exidx`, so an extent from there may be of several functions. Its entries that say "cannot be
//! unwound" end the function before them and are no functions themselves: most are made by the linker, where code without tables follows.

use crate::dwarf::sections::Sections;
use crate::elf::{Elf, ElfError, Machine, Section};
use crate::spans::{Partition, Span};
use gimli::{
    BaseAddresses, CieOrFde, CommonInformationEntry, DebugFrame, EhFrame, EndianSlice, RunTimeEndian, UnwindOffset, UnwindSection,
};
use object::{Endian, Endianness};
use std::collections::HashMap;

/// The most functions that unwind tables may name.
pub const UNWOUND_FUNCTIONS_MAX: usize = 1_000_000;
/// The most common entries of an unwind table; each is read once.
pub const COMMON_ENTRIES_MAX: usize = 65_536;

/// Bytes of an entry of `.ARM.exidx`: where the function is, and how it is unwound.
const EXIDX_ENTRY_BYTES: usize = 8;
/// "Cannot be unwound".
const EXIDX_CANTUNWIND: u32 = 1;

/// The functions that the unwind tables of an image name: start and end by run address, sorted and disjoint.
///
/// # Errors
/// [`ElfError`] where the file is no linked image or is damaged. Damage in the tables themselves is no error.
pub fn function_extents(elf: &[u8]) -> Result<Vec<(u64, u64)>, ElfError> {
    Ok(functions(&Elf::read(elf)?))
}

type Slice<'a> = EndianSlice<'a, RunTimeEndian>;

/// As [`function_extents`].
pub(crate) fn functions(elf: &Elf<'_>) -> Vec<(u64, u64)> {
    let code: Vec<Span<()>> =
        elf.sections.iter().filter(|s| s.executable).map(|s| Span::new(s.run, s.run.saturating_add(s.size), ())).collect();
    let code = Partition::innermost(code);
    let endian = if elf.endian.is_big_endian() { RunTimeEndian::Big } else { RunTimeEndian::Little };
    let address_size = if elf.is_64 { 8 } else { 4 };
    let thumb = if elf.machine == Machine::Arm { !1 } else { !0 };
    let mut found: Vec<Span<()>> = Vec::new();
    let add = |start: u64, end: u64, found: &mut Vec<Span<()>>| {
        let (start, end) = (start & thumb, end & thumb);
        if let Some(inside) = code.at(start)
            && start < end
        {
            found.push(Span::new(start, end.min(inside.end), ()));
        }
    };
    for section in elf.sections.iter().filter(|s| s.name == ".eh_frame") {
        let mut table = EhFrame::new(section.bytes, endian);
        table.set_address_size(address_size);
        extents(&table, &BaseAddresses::default().set_eh_frame(section.run), &mut |start, end| add(start, end, &mut found));
    }
    if let Ok(sections) = Sections::read(elf.data, &|name| name == "debug_frame") {
        let mut table = DebugFrame::new(sections.get("debug_frame"), endian);
        table.set_address_size(address_size);
        // A removed function is left at 0 here. In `.eh_frame` the linker removes it.
        extents(&table, &BaseAddresses::default(), &mut |start, end| {
            if start & thumb != 0 {
                add(start, end, &mut found);
            }
        });
    }
    found.sort_unstable_by_key(|s| (s.start, s.end));
    found.truncate(UNWOUND_FUNCTIONS_MAX);
    let found = disjoint(found);
    let mut index: Vec<(u64, bool)> = Vec::new();
    for section in elf.sections.iter().filter(|s| elf.machine == Machine::Arm && s.name.starts_with(".ARM.exidx")) {
        index.extend(exidx(section, elf.endian));
    }
    let known = Partition::from_sorted(found.clone());
    let mut all = found;
    all.extend(between(index, &code, &known));
    all.sort_unstable_by_key(|s| s.start);
    all.into_iter().map(|s| (s.start, s.end)).collect()
}

/// Of overlapping extents each ends where the next one starts; of several with one start the longest counts.
fn disjoint(sorted: Vec<Span<()>>) -> Vec<Span<()>> {
    let mut out: Vec<Span<()>> = Vec::with_capacity(sorted.len());
    for span in sorted {
        if let Some(last) = out.last_mut() {
            if last.start == span.start {
                last.end = last.end.max(span.end);
                continue;
            }
            last.end = last.end.min(span.start);
        }
        out.push(span);
    }
    out
}

/// Reads a table of frames as far as it makes sense.
fn extents<'a, S>(table: &S, bases: &BaseAddresses, add: &mut dyn FnMut(u64, u64))
where
    S: UnwindSection<Slice<'a>>,
    S::Offset: UnwindOffset<usize>,
{
    let mut common: HashMap<usize, gimli::Result<CommonInformationEntry<Slice<'a>>>> = HashMap::new();
    let mut entries = table.entries(bases);
    let mut count = 0;
    while let Ok(Some(entry)) = entries.next() {
        let CieOrFde::Fde(partial) = entry else { continue };
        count += 1;
        if count > UNWOUND_FUNCTIONS_MAX {
            return;
        }
        let frame = partial.parse(|table, bases, offset| {
            let at = UnwindOffset::into(offset);
            if common.len() >= COMMON_ENTRIES_MAX && !common.contains_key(&at) {
                return Err(gimli::Error::OffsetOutOfBounds(0));
            }
            common.entry(at).or_insert_with(|| table.cie_from_offset(bases, offset)).clone()
        });
        if let Ok(frame) = frame {
            add(frame.initial_address(), frame.initial_address().saturating_add(frame.len()));
        }
    }
}

/// The entries of `.ARM.exidx`: an address, and whether a function starts there.
fn exidx(section: &Section<'_>, endian: Endianness) -> Vec<(u64, bool)> {
    let entry = |(number, bytes): (usize, &[u8])| {
        let word = |at: usize| Some(endian.read_u32(*bytes.get(at..)?.first_chunk()?));
        let (place, how) = (word(0)?, word(4)?);
        if place >> 31 != 0 {
            return None;
        }
        // 31 bits with a sign, from where the entry itself is.
        let offset = i64::from(((place << 1).cast_signed()) >> 1);
        let here = section.run.checked_add(u64::try_from(number * EXIDX_ENTRY_BYTES).ok()?)?;
        Some((here.checked_add_signed(offset)? & !1, how != EXIDX_CANTUNWIND))
    };
    section.bytes.chunks_exact(EXIDX_ENTRY_BYTES).take(UNWOUND_FUNCTIONS_MAX).enumerate().filter_map(entry).collect()
}

/// Each start with the code up to the next start, as far as its section goes and no extent is known.
fn between(mut starts: Vec<(u64, bool)>, code: &Partition<()>, known: &Partition<()>) -> Vec<Span<()>> {
    starts.sort_unstable();
    // Of several entries for one start, one that is a function counts.
    starts.dedup_by(|b, a| {
        a.1 |= a.0 == b.0 && b.1;
        a.0 == b.0
    });
    let mut spans = Vec::new();
    for (number, &(start, function)) in starts.iter().enumerate() {
        let (true, Some(inside)) = (function, code.at(start)) else { continue };
        let next = starts.get(number + 1).map_or(u64::MAX, |s| s.0);
        let free = known.over(start, inside.end.min(next)).next().filter(|part| part.value.is_none());
        spans.extend(free.map(|part| Span::new(part.start, part.end, ())));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_extent_ends_where_the_next_starts() {
        let check = |spans: &[(u64, u64)], want: &[(u64, u64)]| {
            let spans = spans.iter().map(|&(s, e)| Span::new(s, e, ())).collect();
            let got: Vec<_> = disjoint(spans).iter().map(|s| (s.start, s.end)).collect();
            assert_eq!(got, want);
        };
        check(&[], &[]);
        check(&[(0, 4), (4, 8)], &[(0, 4), (4, 8)]);
        check(&[(0, 4), (0, 8), (6, 9)], &[(0, 6), (6, 9)]);
        check(&[(0, 20), (4, 8)], &[(0, 4), (4, 8)]);
    }

    #[test]
    fn a_start_reaches_to_the_next_or_to_what_is_known() {
        let code = Partition::from_sorted(vec![Span::new(0x100, 0x200, ())]);
        let known = Partition::from_sorted(vec![Span::new(0x180, 0x190, ())]);
        let check = |starts: &[(u64, bool)], want: &[(u64, u64)]| {
            let got: Vec<_> = between(starts.to_vec(), &code, &known).iter().map(|s| (s.start, s.end)).collect();
            assert_eq!(got, want, "{starts:x?}");
        };
        check(&[], &[]);
        check(&[(0x100, true), (0x120, true)], &[(0x100, 0x120), (0x120, 0x180)]);
        // What cannot be unwound ends the function before it.
        check(&[(0x100, true), (0x110, false)], &[(0x100, 0x110)]);
        // To the section's end; outside of code there is nothing; what is known is left out; one start is one function.
        check(&[(0x190, true)], &[(0x190, 0x200)]);
        check(&[(0x10, true), (0x200, true)], &[]);
        check(&[(0x184, true)], &[]);
        check(&[(0x100, true), (0x100, true), (0x110, true)], &[(0x100, 0x110), (0x110, 0x180)]);
    }
}
