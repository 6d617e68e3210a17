//! From sums by owner to the rows of a ledger: names, groups, and one row for what is one thing to a reader.

use crate::elf::Elf;
use crate::ledger::{Key, NO_SECTION};
use crate::linker::{LinkerMap, short_section};
use crate::names::{self, Name};
use crate::owners::{self, OwnerId, Owners};
use crate::reading::Reading;
use ounce_protocol::ids::ImageId;
use ounce_protocol::manifest::Region;
use ounce_protocol::measurement::{Ledger, OutsideRange, Owner, RegionLedger, Row};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

/// What was weighed, by owner.
pub(crate) struct Rows {
    pub image: ImageId,
    /// `((region, (owner, section)), bytes)`, in any order.
    pub sums: Vec<((usize, Key), u64)>,
    pub outside: Vec<OutsideRange>,
}

impl Rows {
    pub fn into_ledger(self, regions: &[Region], mut names: Names<'_, '_, '_>) -> Ledger {
        let mut sums = self.sums;
        let rows_of = |region: usize| sums.iter().filter(|((other, _), _)| *other == region).count();
        let mut by_region: Vec<Vec<Row>> = (0..regions.len()).map(|region| Vec::with_capacity(rows_of(region))).collect();
        sums.sort_unstable_by_key(|(key, _)| *key);
        for ((region, (owner, section)), bytes) in sums {
            by_region[region].push(names.row(owner, section, bytes));
        }
        let ledgers = regions.iter().zip(by_region).map(|(region, rows)| {
            let rows = merged(rows);
            RegionLedger {
                name: region.name.clone(),
                kind: region.kind,
                size_bytes: region.size,
                used_bytes: rows.iter().fold(0, |sum: u64, row| sum.saturating_add(row.bytes)),
                rows,
            }
        });
        Ledger { image: self.image, regions: ledgers.collect(), outside: self.outside, anatomy: None }
    }
}

/// One row for what differs in nothing but its bytes; largest first, then by name.
fn merged(mut rows: Vec<Row>) -> Vec<Row> {
    // Names are long and begin alike: they are compared only where their hashes are equal.
    let hashes = RandomState::new();
    let mut order: Vec<(u64, usize)> = rows.iter().enumerate().map(|(at, row)| (hashes.hash_one(identity(row)), at)).collect();
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rows[a.1].cmp(&rows[b.1])));
    let mut gone = vec![false; rows.len()];
    let mut first = 0;
    for next in 1..order.len() {
        let (one, other) = (order[first], order[next]);
        if one.0 != other.0 || identity(&rows[one.1]) != identity(&rows[other.1]) {
            first = next;
            continue;
        }
        let (bytes, shape) = (rows[other.1].bytes, rows[other.1].shape);
        let row = &mut rows[one.1];
        row.bytes = row.bytes.saturating_add(bytes);
        if row.shape != shape {
            row.shape = None;
        }
        gone[other.1] = true;
    }
    let mut at = 0;
    rows.retain(|_| {
        at += 1;
        !gone[at - 1]
    });
    rows.sort_unstable_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)).then_with(|| a.cmp(b)));
    rows.shrink_to_fit();
    rows
}

/// All that makes a row one of its own.
fn identity(row: &Row) -> impl Hash + PartialEq + '_ {
    (row.owner, &row.name, &row.linkage, &row.group, &row.section, &row.of, &row.object)
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
