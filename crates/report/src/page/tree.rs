//! A region's rows as a tree of groups, cut to what a page can hold.
//!
//! A node's area is the sum of its leaves' (bytes of an image, or the sizes of its changes); what is cut is counted and summed where it
//! was, so that every node is still the sum of its parts.

use ounce_analysis::comparison::RowDelta;
use ounce_analysis::names;
use ounce_analysis::tree as analysis;
use ounce_protocol::measurement::{Owner, RegionLedger};
use ounce_protocol::units::delta;
use std::collections::BTreeMap;

/// What a group's own bytes are called beside its parts: those of a function beside its constants'.
const ITSELF: &str = "(itself)";

/// A group of rows, or one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// What it is called inside its parent.
    pub label: String,
    /// Its number on the page.
    pub id: usize,
    /// The row it is, by its index; `None` for a group.
    pub row: Option<usize>,
    /// The size it is drawn with.
    pub area: u64,
    /// What it comes to: its bytes, or their difference.
    pub net: i64,
    /// Its parts, largest area first.
    pub children: Vec<Node>,
    /// The rows directly or deeper in it that are not shown: how many, their area and what they come to.
    pub cut: Option<Cut>,
}

/// Rows left out of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cut {
    pub rows: usize,
    pub area: u64,
    pub net: i64,
}

/// One row, where it belongs.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// The groups around it, outermost first.
    pub path: Vec<String>,
    pub label: String,
    pub area: u64,
    pub net: i64,
    /// What it is known by: a row's index, or that of a sum of rows.
    pub row: usize,
}

/// The rows of an image's region.
pub(super) fn leaves(root: &analysis::Node, region: &RegionLedger) -> Vec<Leaf> {
    let mut out = Vec::new();
    let mut path = Vec::new();
    root.children.iter().for_each(|child| image_leaves(child, region, &mut path, &mut out));
    out
}

fn image_leaves(node: &analysis::Node, region: &RegionLedger, path: &mut Vec<String>, out: &mut Vec<Leaf>) {
    let leaf = |row: usize, label: &str, path: &[String]| {
        let area = region.rows[row].bytes;
        Leaf { path: path.to_vec(), label: label.to_owned(), area, net: i64::try_from(area).unwrap_or(i64::MAX), row }
    };
    if let ([row], []) = (&node.rows[..], &node.children[..]) {
        return out.push(leaf(*row, &node.name, path));
    }
    path.push(node.name.clone());
    let own = |row: usize| if node.children.is_empty() { region.rows[row].name.as_str() } else { ITSELF };
    out.extend(node.rows.iter().map(|&row| leaf(row, own(row), path)));
    node.children.iter().for_each(|child| image_leaves(child, region, path, out));
    path.pop();
}

/// A part of a region on both sides, for which there is no row of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    pub name: String,
    pub base_bytes: u64,
    pub head_bytes: u64,
}

/// What changed of a region laid over another: its leaves, and what each of them is by its `row`.
pub(super) fn delta_leaves(root: &analysis::DeltaNode) -> (Vec<Leaf>, Vec<Sum>) {
    let (mut leaves, mut sums, mut path) = (Vec::new(), Vec::new(), Vec::new());
    root.children.iter().for_each(|child| changed_leaves(child, &mut path, &mut leaves, &mut sums));
    (leaves, sums)
}

fn changed_leaves(node: &analysis::DeltaNode, path: &mut Vec<String>, leaves: &mut Vec<Leaf>, sums: &mut Vec<Sum>) {
    let of_children = |bytes: fn(&analysis::DeltaNode) -> u64| node.children.iter().fold(0u64, |sum, c| sum.saturating_add(bytes(c)));
    let base_bytes = node.base_bytes.saturating_sub(of_children(|c| c.base_bytes));
    let head_bytes = node.head_bytes.saturating_sub(of_children(|c| c.head_bytes));
    let is_leaf = node.children.is_empty();
    if !is_leaf {
        path.push(node.name.clone());
    }
    if base_bytes != head_bytes {
        let label = if is_leaf { node.name.as_str() } else { ITSELF };
        let net = delta(base_bytes, head_bytes);
        leaves.push(Leaf { path: path.clone(), label: label.to_owned(), area: net.unsigned_abs(), net, row: sums.len() });
        sums.push(Sum { name: node.name.clone(), base_bytes, head_bytes });
    }
    node.children.iter().for_each(|child| changed_leaves(child, path, leaves, sums));
    if !is_leaf {
        path.pop();
    }
}

/// Where a changed owner is: its modules, and what it is called in them. A constant is in its function's place; other bytes without a
/// symbol's name are in their group.
pub(super) fn place(row: &RowDelta) -> (Vec<String>, String) {
    match (row.owner, &row.of) {
        (Owner::Symbol | Owner::Label, None) => {
            let mut path = names::path(&row.name, &row.group);
            let label = path.pop().unwrap_or_else(|| row.name.clone());
            (path, label)
        }
        (_, Some(of)) => (names::path(of, &row.group), row.name.clone()),
        (_, None) => (vec![row.group.clone()], row.name.clone()),
    }
}

/// Groups the leaves by their paths. The leaves for which `is_shown` is false are summed in the innermost group that is still there.
/// `between` stands between the names of groups that are one.
pub(super) fn grow(label: &str, leaves: &[Leaf], is_shown: &[bool], between: &str) -> Node {
    let mut root = Group::default();
    let (shown, cut): (Vec<_>, Vec<_>) = leaves.iter().zip(is_shown).partition(|(_, shown)| **shown);
    for (leaf, _) in shown {
        let mut group = &mut root;
        for name in &leaf.path {
            if !group.groups.contains_key(name) {
                group.groups.insert(name.clone(), Group::default());
            }
            group = group.groups.get_mut(name).expect("it is there now");
        }
        group.leaves.push(Node { label: leaf.label.clone(), row: Some(leaf.row), area: leaf.area, net: leaf.net, ..Node::default() });
    }
    for (leaf, _) in cut {
        let mut group = &mut root;
        for name in &leaf.path {
            if !group.groups.contains_key(name) {
                break;
            }
            group = group.groups.get_mut(name).expect("it is there");
        }
        group.cut.rows += 1;
        group.cut.area = group.cut.area.saturating_add(leaf.area);
        group.cut.net = group.cut.net.saturating_add(leaf.net);
    }
    let mut root = root.node(label.to_owned());
    root.children.iter_mut().for_each(|child| child.flatten(between));
    root
}

impl Node {
    /// The rows below it that are shown.
    pub fn rows(&self) -> usize {
        usize::from(self.row.is_some()) + self.children.iter().map(Node::rows).sum::<usize>()
    }

    /// A group inside this one that holds one thing only is that thing: `gc` with `mark` is `gc::mark`.
    fn flatten(&mut self, between: &str) {
        for child in &mut self.children {
            child.flatten(between);
            if child.row.is_none() && child.cut.is_none() && child.children.len() == 1 {
                let only = child.children.pop().expect("one");
                *child = Node { label: format!("{}{between}{}", child.label, only.label), ..only };
            }
        }
    }

    /// Numbers this node and all below it, from `next` on, which is then the first number free.
    pub fn number(&mut self, next: &mut usize) {
        self.id = *next;
        *next += 1;
        self.children.iter_mut().for_each(|child| child.number(next));
    }
}

#[derive(Default)]
struct Group {
    groups: BTreeMap<String, Group>,
    leaves: Vec<Node>,
    cut: Cut,
}

impl Group {
    /// As deep as the paths, which the analysis limits.
    fn node(self, label: String) -> Node {
        let mut children: Vec<Node> = self.groups.into_iter().map(|(name, group)| group.node(name)).collect();
        children.extend(self.leaves);
        children.sort_by(|a, b| b.area.cmp(&a.area).then_with(|| a.label.cmp(&b.label)).then(a.row.cmp(&b.row)));
        let area = children.iter().fold(self.cut.area, |sum, c| sum.saturating_add(c.area));
        let net = children.iter().fold(self.cut.net, |sum, c| sum.saturating_add(c.net));
        Node { label, area, net, children, cut: (self.cut.rows > 0).then_some(self.cut), ..Node::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(path: &str, label: &str, row: usize, area: u64) -> Leaf {
        let path = path.split(' ').map(Into::into).collect();
        Leaf { path, label: label.into(), row, area, net: area.cast_signed() }
    }

    #[test]
    fn what_is_cut_is_summed_where_it_was() {
        let leaves = [leaf("vm gc", "mark", 0, 50), leaf("vm gc", "sweep", 1, 7), leaf("vm", "run", 2, 60), leaf("core fmt", "pad", 3, 3)];
        let tree = grow("flash", &leaves, &[true, false, true, false], "::");
        assert_eq!((tree.area, tree.net, tree.cut), (120, 120, Some(Cut { rows: 1, area: 3, net: 3 })));
        let vm = &tree.children[0];
        assert_eq!((vm.label.as_str(), vm.area, vm.cut), ("vm", 117, None));
        assert_eq!(vm.children.iter().map(|c| (c.label.as_str(), c.area)).collect::<Vec<_>>(), [("run", 60), ("gc", 57)]);
        assert_eq!(vm.children[1].cut, Some(Cut { rows: 1, area: 7, net: 7 }));
    }

    #[test]
    fn a_group_of_one_is_that_one() {
        let tree = grow("flash", &[leaf("vm gc mark", "run", 0, 50), leaf("core", "pad", 1, 3)], &[true; 2], "::");
        let labels: Vec<(&str, &str)> = tree.children.iter().map(|c| (c.label.as_str(), c.children[0].label.as_str())).collect();
        assert_eq!(labels, [("vm", "gc::mark::run"), ("core", "pad")]);
    }

    #[test]
    fn a_function_stands_beside_its_constants_and_unchanged_parts_are_no_leaves() {
        let node =
            |name: &str, base_bytes, head_bytes, children| analysis::DeltaNode { name: name.into(), base_bytes, head_bytes, children };
        let function = node("run", 100, 150, vec![node("\"text\"", 0, 12, vec![]), node("\"same\"", 8, 8, vec![])]);
        let (leaves, sums) = delta_leaves(&node("flash", 100, 150, vec![node("vm", 100, 150, vec![function])]));
        let told: Vec<(String, &str, i64)> = leaves.iter().map(|l| (l.path.join(" "), l.label.as_str(), l.net)).collect();
        assert_eq!(told, [("vm run".into(), "(itself)", 38), ("vm run".into(), "\"text\"", 12)]);
        assert_eq!(sums[0], Sum { name: "run".into(), base_bytes: 92, head_bytes: 130 });
    }

    #[test]
    fn a_changed_constant_is_in_its_functions_place() {
        let check = |owner, name: &str, of: Option<&str>, place: &str| {
            let change = ounce_analysis::comparison::Change::Added;
            let (base_bytes, head_bytes, instructions, why) = (0, 1, None, Vec::new());
            let (name, of) = (name.to_owned(), of.map(str::to_owned));
            let row = RowDelta { owner, name, group: "vm".into(), of, change, base_bytes, head_bytes, instructions, why, written: None };
            let (mut path, label) = super::place(&row);
            path.push(label);
            assert_eq!(path.join(" | "), place);
        };
        check(Owner::Symbol, "vm::gc::mark", None, "vm | gc | mark");
        check(Owner::Reference, "\"a b::c\"", Some("vm::gc::mark"), "vm | gc | mark | \"a b::c\"");
        check(Owner::Shared, "\"a b::c\"", None, "vm | \"a b::c\"");
        check(Owner::Unwind, "function at 0x8000", None, "vm | function at 0x8000");
    }
}
