//! What the code of an image is made of: parts, what each uses, what was compiled into it.

use crate::code::{How, Scan};
use crate::dwarf::{DebugInfo, Function, Wanted};
use crate::elf::{Binding, Elf, Symbol, SymbolKind};
use crate::names;
use crate::owners::{self, OwnerId, Owners, Places};
use ounce_protocol::measurement::{Anatomy, Part, Source};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Parts of one image at most.
pub const PARTS_MAX: usize = 100_000;
/// Edges of one image at most.
pub const USES_MAX: usize = 1_000_000;

/// A part before it has a number: its first run address and all its ranges.
struct Found {
    owner: OwnerId,
    ranges: Vec<(u64, u64)>,
    code: bool,
}

pub(crate) fn anatomy(elf: &Elf<'_>, places: &Places, owners: &Owners, scan: &Scan) -> Anatomy {
    let (found, mut cut) = parts(elf, owners);
    let mut numbers: HashMap<OwnerId, u32> = HashMap::with_capacity(found.len());
    for (number, part) in (0u32..).zip(&found) {
        numbers.insert(part.owner, number);
    }
    let part_at = |address: u64| {
        let (section, offset) = places.section_at(elf, address)?;
        numbers.get(&owners.sections.get(section)?.at(offset)?.value).copied()
    };
    let marks = marks(elf);
    let mut uses: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let mut edges = 0;
    for reference in &scan.references {
        let (Some(from), Some(to)) = (part_at(reference.at), part_at(reference.to)) else { continue };
        let is_mark = !matches!(reference.how, How::Call | How::Jump) && marks.contains(&reference.to);
        if from == to && reference.how == How::Jump || is_mark && usize::try_from(to).is_ok_and(|to| !found[to].code) {
            continue;
        }
        if edges == USES_MAX {
            cut = true;
            break;
        }
        edges += usize::from(uses.entry(from).or_default().insert(to));
    }
    let mut indirect: HashMap<u32, u32> = HashMap::new();
    for at in &scan.indirect_calls {
        if let Some(from) = part_at(*at) {
            *indirect.entry(from).or_default() += 1;
        }
    }
    let debug = DebugInfo::read_wanted(elf.data, Wanted::ALL).ok().flatten();
    let frames: HashMap<u64, u64> =
        crate::stack::frames(elf.data).unwrap_or_default().into_iter().map(|f| (f.address & !1, f.bytes)).collect();
    let declared = debug.as_ref().map(Declared::new);
    let parts = (0u32..).zip(&found).map(|(number, part)| {
        let start = part.ranges.first().map_or(0, |r| r.0);
        let mut inlined: BTreeMap<String, u64> = BTreeMap::new();
        if let Some(debug) = debug.as_ref().filter(|_| part.code) {
            for callee in part.ranges.iter().flat_map(|(start, end)| debug.inlined_in(*start, *end)) {
                let sum = inlined.entry(callee.name).or_default();
                *sum = sum.saturating_add(callee.bytes);
            }
        }
        let (name, linkage, group) = name_of(elf, owners, part.owner);
        let (source, last_line) = declared.as_ref().filter(|_| part.code).and_then(|d| d.at(start)).unzip();
        Part {
            name,
            linkage,
            group,
            bytes: part.ranges.iter().fold(0, |sum, (start, end)| end.saturating_sub(*start).saturating_add(sum)),
            code: part.code,
            source,
            last_line: last_line.flatten(),
            uses: uses.remove(&number).map(|set| set.into_iter().collect()).unwrap_or_default(),
            inlined: inlined.into_iter().map(|(name, bytes)| ounce_protocol::measurement::Inlined { name, bytes }).collect(),
            frame_bytes: frames.get(&start).copied().filter(|_| part.code),
            indirect_calls: indirect.get(&number).copied().unwrap_or(0),
        }
    });
    Anatomy { parts: parts.collect(), cut: cut || scan.cut }
}

/// Addresses that the linker's script gives a name: `data_start` is where the first variable is, and who refers to the address means the
/// one or the other.
fn marks(elf: &Elf<'_>) -> HashSet<u64> {
    let is_mark = |s: &&Symbol<'_>| s.size == 0 && s.kind == SymbolKind::Other && s.binding == Binding::Global;
    elf.symbols.iter().filter(is_mark).map(|s| s.address).collect()
}

/// Symbols and constants that have bytes, by address.
fn parts(elf: &Elf<'_>, owners: &Owners) -> (Vec<Found>, bool) {
    let mut found: HashMap<OwnerId, Found> = HashMap::new();
    let mut cut = false;
    for (section, partition) in elf.sections.iter().zip(&owners.sections) {
        for span in partition.iter().filter(|span| matches!(span.value, OwnerId::Symbol(_) | OwnerId::Constant(_))) {
            let code = match span.value {
                OwnerId::Constant(id) => owners.constant(id).is_some_and(|c| c.code),
                OwnerId::Symbol(id) => section.executable && owners::symbol(elf, id).is_some_and(|s| s.kind != SymbolKind::Object),
                _ => false,
            };
            if found.len() == PARTS_MAX && !found.contains_key(&span.value) {
                cut = true;
                continue;
            }
            let run = (section.run.saturating_add(span.start), section.run.saturating_add(span.end));
            let part = found.entry(span.value).or_insert_with(|| Found { owner: span.value, ranges: Vec::new(), code });
            part.ranges.push(run);
        }
    }
    let mut found: Vec<Found> = found.into_values().collect();
    found.sort_by_key(|part| (part.ranges.first().copied(), part.owner));
    (found, cut)
}

fn name_of(elf: &Elf<'_>, owners: &Owners, owner: OwnerId) -> (String, Option<String>, String) {
    match owner {
        OwnerId::Constant(id) => owners.constant(id).map_or_else(Default::default, |constant| {
            let of = constant.of.map(|id| names::name(owners::symbol(elf, id).map_or(&[][..], |s| s.name)).group);
            let group = constant.group.clone().or(of).unwrap_or_else(|| elf.sections[constant.section].name.clone());
            (constant.name.clone(), None, group)
        }),
        OwnerId::Symbol(id) => {
            let raw = owners::symbol(elf, id).map_or(&[][..], |s| s.name);
            let (name, linkage) = names::with_linkage(raw);
            (name.display, linkage, name.group)
        }
        _ => Default::default(),
    }
}

/// Where functions are declared, by address.
struct Declared<'a>(&'a DebugInfo, HashMap<u64, &'a Function>);

impl<'a> Declared<'a> {
    fn new(debug: &'a DebugInfo) -> Self {
        let all = debug.functions().iter().filter(|f| f.declared.is_some());
        Declared(debug, all.filter_map(|f| Some((debug.ranges(f).first()?.0, f))).collect())
    }
    /// Where the function at this address begins, and its last line.
    fn at(&self, start: u64) -> Option<(Source, Option<u32>)> {
        let function = self.1.get(&start)?;
        Some((self.0.source(function)?, self.0.last_line(function)))
    }
}
