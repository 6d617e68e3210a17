//! The rows of a region as a tree of groups, and the same tree cut to what a page can hold.
//!
//! A node's area is the sum of its leaves' (bytes of an image, or the sizes of its changes); what is cut is counted and summed where it
//! was, so that every node is still the sum of its parts.

use std::collections::BTreeMap;

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
pub(super) struct Leaf {
    /// The groups around it, outermost first.
    pub path: Vec<String>,
    pub label: String,
    pub row: usize,
    pub area: u64,
    pub net: i64,
}

/// Groups the leaves by their paths. The rows whose index `is_shown` is false are summed in the innermost group that is still there.
pub(super) fn grow(label: &str, leaves: impl Iterator<Item = Leaf>, is_shown: impl Fn(usize) -> bool) -> Node {
    let mut root = Group::default();
    let mut cut = Vec::new();
    for leaf in leaves {
        if is_shown(leaf.row) {
            let mut group = &mut root;
            for name in leaf.path {
                group = group.groups.entry(name).or_default();
            }
            group.leaves.push(Node { label: leaf.label, row: Some(leaf.row), area: leaf.area, net: leaf.net, ..Node::default() });
        } else {
            cut.push(leaf);
        }
    }
    for leaf in cut {
        let mut group = &mut root;
        for name in &leaf.path {
            if !group.groups.contains_key(name) {
                break;
            }
            group = group.groups.get_mut(name).expect("just looked up");
        }
        group.cut.rows += 1;
        group.cut.area = group.cut.area.saturating_add(leaf.area);
        group.cut.net = group.cut.net.saturating_add(leaf.net);
    }
    let mut root = root.node(label.to_owned());
    root.children.iter_mut().for_each(Node::flatten);
    root
}

impl Node {
    /// The rows below it that are shown.
    pub fn rows(&self) -> usize {
        usize::from(self.row.is_some()) + self.children.iter().map(Node::rows).sum::<usize>()
    }

    /// A group inside this one that holds one thing only is that thing: `gc` with `mark` is `gc::mark`.
    fn flatten(&mut self) {
        for child in &mut self.children {
            child.flatten();
            if child.row.is_none() && child.cut.is_none() && child.children.len() == 1 {
                let only = child.children.pop().expect("one");
                *child = Node { label: format!("{}::{}", child.label, only.label), ..only };
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
    /// Depth is that of the paths, which whoever makes them limits.
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
        let leaves =
            || [leaf("vm gc", "mark", 0, 50), leaf("vm gc", "sweep", 1, 7), leaf("vm", "run", 2, 60), leaf("core fmt", "pad", 3, 3)];
        let tree = grow("flash", leaves().into_iter(), |row| row % 2 == 0);
        assert_eq!((tree.area, tree.net, tree.cut), (120, 120, Some(Cut { rows: 1, area: 3, net: 3 })));
        let vm = &tree.children[0];
        assert_eq!((vm.label.as_str(), vm.area, vm.cut), ("vm", 117, None));
        assert_eq!(vm.children.iter().map(|c| (c.label.as_str(), c.area)).collect::<Vec<_>>(), [("run", 60), ("gc", 57)]);
        assert_eq!(vm.children[1].cut, Some(Cut { rows: 1, area: 7, net: 7 }));
    }

    #[test]
    fn a_group_of_one_is_that_one() {
        let tree = grow("flash", [leaf("vm gc mark", "run", 0, 50), leaf("core", "pad", 1, 3)].into_iter(), |_| true);
        let labels: Vec<(&str, &str)> = tree.children.iter().map(|c| (c.label.as_str(), c.children[0].label.as_str())).collect();
        assert_eq!(labels, [("vm", "gc::mark::run"), ("core", "pad")]);
    }
}
