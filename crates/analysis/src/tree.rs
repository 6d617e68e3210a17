//! A region's bytes as a hierarchy: by crate and module, by object file, by section, or by generic.
//!
//! A node's bytes are those of all rows at it and below it, so each level sums to the one above, to the byte, and the root to the region.
//! Padding and unattributed bytes are nodes of their own. What a rebuild renumbers is one node ([`names::path`]), so that the trees of two
//! images can be laid over each other by name ([`tree_delta`]).
//!
//! Plain data for JSON and pictures: no node is deeper than [`DEPTH_MAX`], and children come largest first, then by name.

use crate::names;
use ounce_protocol::measurement::{Owner, RegionLedger, Row};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// No node is deeper; the root is at 0. What a name has beyond is one node.
pub const DEPTH_MAX: usize = 48;

/// The node of all padding. Like the others that are no names of the build, in parentheses: no crate is called so.
pub const PADDING: &str = "(padding)";
/// The node of all bytes that nobody owns as far as is known.
pub const UNATTRIBUTED: &str = "(unattributed)";
/// The node of owners whose object file is not known.
pub const NO_OBJECT: &str = "(no object known)";
/// By generic: the node of instances that are the only one of theirs.
pub const SINGLE: &str = "(single instances)";
/// By generic: the node of what is no instance of a generic.
pub const NOT_GENERIC: &str = "(not generic)";

/// What the levels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Crate, modules, type, function; a function's closures and constants are under it. C++ by namespace and class, C by object file
    /// where it is known.
    Crate,
    /// Archive, object, output section, symbol.
    Object,
    /// Output section, group, symbol.
    Section,
    /// The generic, then its instances. Generics with one instance are summed, and so is what is not generic.
    Generic,
}

/// A part of a region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name under its parent's; the root's is the region's. From the build, so not escaped.
    pub name: String,
    /// Bytes of all that is at this node and below.
    pub bytes: u64,
    /// The rows at this node itself, as indices into the region's: a function's own, while its constants' are below. Ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<usize>,
    /// Its parts, largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Node>,
}

impl Node {
    /// How many rows are at this node and below: of a generic, its copies.
    pub fn row_count(&self) -> usize {
        self.children.iter().fold(self.rows.len(), |sum, child| sum.saturating_add(child.row_count()))
    }

    /// The same tree for a picture: parts of fewer bytes are one part with their sum, `(12 smaller)`, without their rows.
    #[must_use]
    pub fn pruned(self, bytes_min: u64) -> Node {
        let (large, small): (Vec<Node>, Vec<Node>) = self.children.into_iter().partition(|child| child.bytes >= bytes_min);
        let mut children: Vec<Node> = large.into_iter().map(|child| child.pruned(bytes_min)).collect();
        match <[Node; 1]>::try_from(small) {
            // Its name takes no more room than that of a sum.
            Ok([one]) => children.push(Node { children: Vec::new(), ..one }),
            Err(small) if small.is_empty() => {}
            Err(small) => {
                let bytes = small.iter().fold(0u64, |sum, child| sum.saturating_add(child.bytes));
                children.push(Node { name: format!("({} smaller)", small.len()), bytes, ..Node::default() });
                children.sort_by_key(|child| Reverse(child.bytes));
            }
        }
        Node { children, ..self }
    }

    /// Bytes at this node itself, without those of its parts.
    pub fn own_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.children.iter().fold(0, |sum, child| sum.saturating_add(child.bytes)))
    }
}

/// A part of a region on both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeltaNode {
    /// Its name under its parent's, the same on both sides.
    pub name: String,
    /// Bytes at the base, of all that is at this node and below; 0 where it is not there.
    pub base_bytes: u64,
    /// The same at the head.
    pub head_bytes: u64,
    /// Its parts, largest change first, then the largest. Those that did not change are here too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<DeltaNode>,
}

/// The bytes of a region, level by level.
pub fn tree(region: &RegionLedger, by: By) -> Node {
    let families = if by == By::Generic { Families::of(&[region]) } else { Families::default() };
    grow(region, by, &families)
}

/// The bytes of a region on both sides, laid over each other by name. A function that moved is at its old place at the base and at its new
/// one at the head, as its modules' sums say. The root has the head's name.
pub fn tree_delta(base: &RegionLedger, head: &RegionLedger, by: By) -> DeltaNode {
    // A generic with several instances on either side is one on both.
    let families = if by == By::Generic { Families::of(&[base, head]) } else { Families::default() };
    over(Some(grow(base, by, &families)), Some(grow(head, by, &families)))
}

fn grow(region: &RegionLedger, by: By, families: &Families) -> Node {
    let mut root = Branch::default();
    for (index, row) in region.rows.iter().enumerate() {
        root.add(place(row, by, families), index, row.bytes);
    }
    root.node(region.name.to_string())
}

/// A node while rows are added.
#[derive(Default)]
struct Branch {
    bytes: u64,
    rows: Vec<usize>,
    children: BTreeMap<String, Branch>,
}

impl Branch {
    fn add(&mut self, mut place: Vec<String>, index: usize, bytes: u64) {
        if place.len() > DEPTH_MAX {
            let rest = place.split_off(DEPTH_MAX - 1).join("::");
            place.push(names::shortened(&rest));
        }
        let mut at = self;
        at.bytes = at.bytes.saturating_add(bytes);
        for name in place {
            let name = if name.is_empty() { names::UNNAMED.to_owned() } else { name };
            at = at.children.entry(name).or_default();
            at.bytes = at.bytes.saturating_add(bytes);
        }
        at.rows.push(index);
    }

    /// At most [`DEPTH_MAX`] deep, as the places are.
    fn node(self, name: String) -> Node {
        let mut children: Vec<Node> = self.children.into_iter().map(|(name, branch)| branch.node(name)).collect();
        // Stable: of one size, they stay in the order of their names.
        children.sort_by_key(|child| Reverse(child.bytes));
        Node { name, bytes: self.bytes, rows: self.rows, children }
    }
}

/// The names from under the root down to a row's own node. Never empty.
fn place(row: &Row, by: By, families: &Families) -> Vec<String> {
    match (row.owner, by) {
        (Owner::Padding, By::Section) => return vec![row.section.clone(), PADDING.into()],
        (Owner::Unattributed, By::Section) => return vec![row.section.clone(), UNATTRIBUTED.into()],
        (Owner::Padding, _) => return vec![PADDING.into()],
        (Owner::Unattributed, _) => return vec![UNATTRIBUTED.into()],
        _ => {}
    }
    match by {
        By::Crate => of_program(row),
        By::Object => {
            let mut place = object(row).unwrap_or_else(|| vec![NO_OBJECT.into()]);
            place.push(row.section.clone());
            place.extend((row.owner != Owner::Section).then(|| own_name(row)));
            place
        }
        By::Section if row.owner == Owner::Section => vec![row.section.clone()],
        By::Section => vec![row.section.clone(), row.group.clone(), own_name(row)],
        By::Generic => match family(row) {
            Some(family) if families.several.contains(&family) => vec![family, own_name(row)],
            // A mangled name may be an instance that does not show its arguments; that of one there is nothing to say.
            Some(_) if names::generic(&row.name).is_some() => vec![SINGLE.into()],
            _ => vec![NOT_GENERIC.into()],
        },
    }
}

/// Crate, modules, function, constant.
fn of_program(row: &Row) -> Vec<String> {
    if row.owner == Owner::Section {
        return vec![row.section.clone()];
    }
    let mut path = match &row.of {
        Some(of) => names::path(of, &row.group),
        None if is_symbol(row) => names::path(&row.name, &row.group),
        // A text that several use or nobody does.
        None => vec![row.group.clone(), own_name(row)],
    };
    if row.of.is_some() {
        path.push(own_name(row));
    }
    if row.group == "C" {
        path.splice(1..1, object(row).unwrap_or_default());
    }
    path
}

/// The archive and its member, or the object.
fn object(row: &Row) -> Option<Vec<String>> {
    let object = row.object.as_ref().filter(|object| !object.is_empty())?;
    Some(match object.strip_suffix(')').and_then(|o| o.split_once('(')) {
        Some((archive, member)) if !archive.is_empty() && !member.is_empty() => vec![archive.to_owned(), member.to_owned()],
        _ => vec![object.clone()],
    })
}

fn is_symbol(row: &Row) -> bool {
    matches!(row.owner, Owner::Symbol | Owner::Unwind)
}

/// A symbol's name without what a rebuild may change; a text as it is.
fn own_name(row: &Row) -> String {
    if is_symbol(row) { names::normalised(&row.name).into_owned() } else { row.name.clone() }
}

fn family(row: &Row) -> Option<String> {
    let linkage = row.linkage.as_deref().unwrap_or(&row.name);
    (is_symbol(row) && row.of.is_none()).then(|| names::family(&row.name, linkage)).flatten()
}

/// Which generics have several instances.
#[derive(Default)]
struct Families {
    several: BTreeSet<String>,
}

impl Families {
    fn of(regions: &[&RegionLedger]) -> Families {
        let mut several = BTreeSet::new();
        for region in regions {
            let mut once = BTreeSet::new();
            for family in region.rows.iter().filter_map(family) {
                if !once.insert(family.clone()) {
                    several.insert(family);
                }
            }
        }
        Families { several }
    }
}

/// One of the two at least is there.
fn over(base: Option<Node>, head: Option<Node>) -> DeltaNode {
    let name = head.as_ref().or(base.as_ref()).map(|node| node.name.clone()).unwrap_or_default();
    let bytes = |node: &Option<Node>| node.as_ref().map_or(0, |node| node.bytes);
    let (base_bytes, head_bytes) = (bytes(&base), bytes(&head));
    let mut both: BTreeMap<String, [Option<Node>; 2]> = BTreeMap::new();
    for (side, node) in [base, head].into_iter().enumerate() {
        for child in node.into_iter().flat_map(|node| node.children) {
            let name = child.name.clone();
            both.entry(name).or_default()[side] = Some(child);
        }
    }
    let mut children: Vec<DeltaNode> = both.into_values().map(|[base, head]| over(base, head)).collect();
    children.sort_by_key(|child| (Reverse(child.base_bytes.abs_diff(child.head_bytes)), Reverse(child.base_bytes.max(child.head_bytes))));
    DeltaNode { name, base_bytes, head_bytes, children }
}
