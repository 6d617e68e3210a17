//! What a table shows of an image: each region's groups and its largest owners. The rows that no table shows are counted and not kept, so that
//! a library of a hundred megabytes is told of in little memory.

use crate::elf::{Elf, ElfError};
use crate::ledger::Weighing;
use crate::rows::largest_first;
use crate::tree::{self, By, NO_OBJECT, PADDING, UNATTRIBUTED};
use ounce_protocol::ids::RegionName;
use ounce_protocol::manifest::Region;
use ounce_protocol::measurement::{Ledger, OutsideRange, Owner, RegionKind, RegionLedger, Row};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// An image in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// In the order of the manifest.
    pub regions: Vec<RegionSummary>,
    /// As [`Ledger::outside`].
    pub outside: Vec<OutsideRange>,
}

/// A region in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionSummary {
    /// Its name.
    pub name: RegionName,
    /// What it is.
    pub kind: RegionKind,
    /// Its size, bytes.
    pub size_bytes: u64,
    /// What is used of it: the sum of its groups, and of its rows.
    pub used_bytes: u64,
    /// The groups with their bytes, largest first, then by name. By object, the members of an archive are each a group; else they are the
    /// first level of [`tree::tree`].
    pub groups: Vec<(String, u64)>,
    /// The largest rows, in the ledger's order.
    pub largest: Vec<Row>,
    /// How many rows there are beside these.
    pub other_rows: usize,
}

impl Summary {
    /// What a table of `top` rows a region shows of a ledger.
    pub fn of(ledger: &Ledger, by: By, top: usize) -> Summary {
        let regions = ledger.regions.iter().map(|region| {
            let mut collector = Collector::new(by, top);
            region.rows.iter().for_each(|row| collector.add(row.clone()));
            let groups = by_generic(by, region);
            collector.finish(&region.name, region.kind, region.size_bytes, groups)
        });
        Summary { regions: regions.collect(), outside: ledger.outside.clone() }
    }
}

impl Weighing<'_> {
    /// What a table of `top` rows a region shows, without keeping the rest.
    ///
    /// # Errors
    /// [`ElfError`], as [`crate::weigh`].
    pub fn summary(self, by: By, top: usize) -> Result<Summary, ElfError> {
        if by == By::Generic {
            // Which generics have several instances is known when all rows are.
            return Ok(Summary::of(&self.ledger()?, by, top));
        }
        let elf = Elf::read(self.elf)?;
        let ((collectors, outside), _) = self.rows(&elf, |mut rows, names| {
            let outside = std::mem::take(&mut rows.outside);
            let mut collectors: Vec<Collector> = self.regions.iter().map(|_| Collector::new(by, top)).collect();
            rows.each(names, |region, row| collectors[region].add(row));
            (collectors, outside)
        });
        let with_region = |(collector, region): (Collector, &Region)| collector.finish(&region.name, region.kind, region.size, None);
        Ok(Summary { regions: collectors.into_iter().zip(self.regions).map(with_region).collect(), outside })
    }
}

fn by_generic(by: By, region: &RegionLedger) -> Option<Vec<(String, u64)>> {
    (by == By::Generic).then(|| tree::tree(region, by).children.into_iter().map(|node| (node.name, node.bytes)).collect())
}

/// The group that a row counts for in [`RegionSummary::groups`]; by generic, which is not known from the row alone, its crate.
pub fn first_group(row: &Row, by: By) -> &str {
    let name = match (row.owner, by) {
        (_, By::Section) | (Owner::Section, By::Crate) => &row.section,
        (Owner::Padding, _) => PADDING,
        (Owner::Unattributed, _) => UNATTRIBUTED,
        (_, By::Object) => row.object.as_deref().unwrap_or(NO_OBJECT),
        (_, By::Crate | By::Generic) => &row.group,
    };
    if name.is_empty() { crate::names::UNNAMED } else { name }
}

/// A region while rows come in.
struct Collector {
    by: By,
    top: usize,
    groups: HashMap<String, u64>,
    /// The `top` largest so far; the smallest of them on top.
    largest: BinaryHeap<Ranked>,
    rows: usize,
}

/// A row in the ledger's order: the last one is the greatest.
struct Ranked(Row);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        largest_first(&self.0, &other.0)
    }
}
impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl Eq for Ranked {}

impl Collector {
    fn new(by: By, top: usize) -> Self {
        Collector { by, top, groups: HashMap::new(), largest: BinaryHeap::new(), rows: 0 }
    }

    fn add(&mut self, row: Row) {
        self.rows += 1;
        let group = first_group(&row, self.by);
        match self.groups.get_mut(group) {
            Some(sum) => *sum = sum.saturating_add(row.bytes),
            None => drop(self.groups.insert(group.to_owned(), row.bytes)),
        }
        if self.largest.len() < self.top {
            self.largest.push(Ranked(row));
        } else if let Some(mut last) = self.largest.peek_mut()
            && largest_first(&row, &last.0) == Ordering::Less
        {
            *last = Ranked(row);
        }
    }

    fn finish(self, name: &RegionName, kind: RegionKind, size_bytes: u64, groups: Option<Vec<(String, u64)>>) -> RegionSummary {
        let used_bytes = self.groups.values().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes));
        let groups = groups.unwrap_or_else(|| {
            let mut groups: Vec<(String, u64)> = self.groups.into_iter().collect();
            groups.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            groups
        });
        let largest: Vec<Row> = self.largest.into_sorted_vec().into_iter().map(|ranked| ranked.0).collect();
        RegionSummary { name: name.clone(), kind, size_bytes, used_bytes, groups, other_rows: self.rows - largest.len(), largest }
    }
}
