//! From sums by owner to the rows of a ledger: names, groups, and one row for what is one thing to a reader.

use crate::elf::Elf;
use crate::ledger::{Key, NO_SECTION};
use crate::linker::{LinkerMap, short_section};
use crate::names::{self, Name};
use crate::owners::{self, OwnerId, Owners};
use crate::reading::Reading;
use ounce_protocol::manifest::Region;
use ounce_protocol::measurement::{OutsideRange, Owner, RegionLedger, Row};
use std::cmp::Ordering;
use std::collections::HashMap;

/// What was weighed, by owner.
pub(crate) struct Rows {
    /// `((region, (owner, section)), bytes)`, by region, owner and section, each once.
    pub sums: Vec<((usize, Key), u64)>,
    pub outside: Vec<OutsideRange>,
}

impl Rows {
    /// Hands over each row once, with its region's index, in no order that means anything. What differs in nothing but its bytes is one row.
    pub fn each(self, names: &mut Names<'_, '_, '_>, mut take: impl FnMut(usize, Row)) {
        // Names are long and begin alike: they are made and compared only where their hashes are equal.
        let hashed =
            self.sums.iter().zip(0u32..).map(|(((region, (owner, section)), _), at)| (*region, names.fingerprint(*owner, *section), at));
        let mut order: Vec<(usize, u64, u32)> = hashed.collect();
        order.sort_unstable();
        for alike in order.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut row = |at: u32| {
                let ((_, (owner, section)), bytes) = self.sums[usize::try_from(at).unwrap_or(usize::MAX)];
                names.row(owner, section, bytes)
            };
            match alike {
                [(region, _, at)] => take(*region, row(*at)),
                _ => merged(alike.iter().map(|(.., at)| row(*at)).collect()).into_iter().for_each(|row| take(alike[0].0, row)),
            }
        }
    }

    /// The regions with all rows, and what lies outside.
    pub fn into_regions(mut self, regions: &[Region], names: &mut Names<'_, '_, '_>) -> (Vec<RegionLedger>, Vec<OutsideRange>) {
        let outside = std::mem::take(&mut self.outside);
        let mut by_region: Vec<Vec<Row>> = vec![Vec::new(); regions.len()];
        self.each(names, |region, row| by_region[region].push(row));
        let ledgers = regions.iter().zip(by_region).map(|(region, mut rows)| {
            rows.sort_unstable_by(largest_first);
            rows.shrink_to_fit();
            RegionLedger {
                name: region.name.clone(),
                kind: region.kind,
                size_bytes: region.size,
                used_bytes: rows.iter().fold(0, |sum: u64, row| sum.saturating_add(row.bytes)),
                rows,
            }
        });
        (ledgers.collect(), outside)
    }
}

/// The order of a region's rows: by size, largest first, then by name.
pub(crate) fn largest_first(a: &Row, b: &Row) -> Ordering {
    b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)).then_with(|| a.cmp(b))
}

/// One row for what differs in nothing but its bytes.
fn merged(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_unstable();
    rows.dedup_by(|next, kept| {
        let same = identity(next) == identity(kept);
        if same {
            kept.bytes = kept.bytes.saturating_add(next.bytes);
            if kept.shape != next.shape {
                kept.shape = None;
            }
        }
        same
    });
    rows
}

/// All that makes a row one of its own: what a row is compared by before its bytes.
fn identity(row: &Row) -> impl PartialEq + '_ {
    (row.owner, &row.name, &row.linkage, &row.group, &row.section, &row.of, &row.object)
}

/// A quick hash of a name. Names that were made to collide cost comparisons, no more.
fn hash(name: &[u8]) -> u64 {
    // The multiplier of FNV-1a, 64 bits, here on eight bytes at a time.
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let (words, rest) = name.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let rest = rest.iter().map(|byte| u64::from(*byte));
    words.chain(rest).fold(0, |hash: u64, word| (hash.rotate_left(23) ^ word).wrapping_mul(PRIME))
}

/// Gives owners their names.
pub(crate) struct Names<'n, 'e, 'a> {
    pub elf: &'e Elf<'a>,
    pub owners: &'n Owners,
    pub map: Option<&'n LinkerMap>,
    /// Where shapes are wanted.
    pub shapes: Option<&'n Reading<'e, 'a>>,
    /// Names of symbols that own constants.
    pub known: HashMap<u32, Name>,
}

impl Names<'_, '_, '_> {
    /// Equal for owners whose rows are called the same; seldom equal for others.
    fn fingerprint(&self, owner: OwnerId, section: Option<usize>) -> u64 {
        match owner {
            OwnerId::Symbol(id) => {
                let raw = owners::symbol(self.elf, id).map_or(&[][..], |s| s.name);
                match str::from_utf8(raw) {
                    Ok(name) if name.len() <= names::DISPLAY_BYTES_MAX => hash(raw),
                    _ => hash(names::shortened(&String::from_utf8_lossy(raw)).as_bytes()),
                }
            }
            OwnerId::Constant(id) => hash(self.owners.constant(id).map_or(&[][..], |c| c.name.as_bytes())),
            OwnerId::Section | OwnerId::Padding | OwnerId::Unattributed => {
                hash(section.map_or(&[][..], |i| self.elf.sections[i].name.as_bytes()))
            }
        }
    }

    fn row(&mut self, owner: OwnerId, section: Option<usize>, bytes: u64) -> Row {
        let in_section = section.is_some();
        let section_name = section.map_or_else(|| NO_SECTION.to_owned(), |i| names::shortened(&self.elf.sections[i].name));
        let plain =
            |owner, name: String| Row { owner, name, group: section_name.clone(), section: section_name.clone(), bytes, ..Row::default() };
        match owner {
            OwnerId::Section if !in_section => plain(Owner::Section, "ELF headers".into()),
            OwnerId::Section => plain(Owner::Section, section_name.clone()),
            OwnerId::Padding if !in_section => plain(Owner::Padding, "padding between sections".into()),
            OwnerId::Unattributed if !in_section => plain(Owner::Unattributed, "unattributed outside sections".into()),
            OwnerId::Padding => plain(Owner::Padding, format!("padding in {section_name}")),
            OwnerId::Unattributed => plain(Owner::Unattributed, format!("unattributed in {section_name}")),
            OwnerId::Symbol(id) => self.symbol(id, section_name, bytes),
            OwnerId::Constant(id) => self.constant(id, section_name, bytes),
        }
    }

    fn symbol(&self, id: u32, section: String, bytes: u64) -> Row {
        let symbol = owners::symbol(self.elf, id);
        let raw = symbol.map_or(&[][..], |s| s.name);
        let (name, linkage) = names::with_linkage(raw);
        Row {
            owner: if symbol.is_some_and(|s| s.size == 0) { Owner::Label } else { Owner::Symbol },
            linkage,
            name: name.display,
            group: name.group,
            section,
            of: None,
            object: symbol.and_then(|s| self.object_at(s.address)),
            shape: symbol.and_then(|s| self.shapes?.shape(s.address, s.address.saturating_add(s.size))),
            bytes,
        }
    }

    fn constant(&mut self, id: u32, section: String, bytes: u64) -> Row {
        let Some(constant) = self.owners.constant(id) else { return Row::default() };
        let run = self.elf.sections[constant.section].run;
        let user = constant.of.map(|id| self.user(id));
        let piece = constant.piece.and_then(|id| owners::piece(self.map, id));
        Row {
            owner: constant.owner,
            name: constant.name.clone(),
            linkage: piece.map(|piece| names::shortened(&short_section(&piece.section))).filter(|input| *input != constant.name),
            group: constant.group.clone().or_else(|| user.as_ref().map(|u| u.group.clone())).unwrap_or_else(|| section.clone()),
            section,
            of: user.map(|u| u.display),
            object: piece.map(|piece| names::shortened(&piece.object)),
            shape: self.shapes.and_then(|r| r.shape(run.saturating_add(constant.start), run.saturating_add(constant.end))),
            bytes,
        }
    }

    fn user(&mut self, id: u32) -> Name {
        let elf = self.elf;
        self.known.entry(id).or_insert_with(|| names::name(owners::symbol(elf, id).map_or(&[][..], |s| s.name))).clone()
    }

    fn object_at(&self, address: u64) -> Option<String> {
        let map = self.map?;
        let piece = self.owners.pieces.as_ref()?.at(address)?;
        owners::piece(Some(map), piece.value).map(|piece| names::shortened(&piece.object))
    }
}
