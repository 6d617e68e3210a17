//! From an image, or from what changed between two, to the cells of a treemap: two levels, and of each only the largest, the others summed.

use super::TreeCell;
use ounce_analysis::comparison::{RegionDelta, RowDelta};
use ounce_analysis::tree::Node;
use ounce_protocol::units::{delta, grouped};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The parts of a node and theirs; at most about `cells_max` of each level are cells of their own. `href` gives an address to a path of names
/// below the node.
pub fn build_cells(node: &Node, cells_max: usize, href: impl Fn(&[&str], &Node) -> Option<String>) -> TreeCell {
    let mut sizes: Vec<u64> = node.children.iter().flat_map(|child| child.children.iter().map(|part| part.bytes)).collect();
    let smallest = nth_largest(&mut sizes, cells_max);
    let (shown, rest) = node.children.split_at(node.children.len().min(cells_max));
    let mut children: Vec<TreeCell> = shown
        .iter()
        .map(|child| {
            let (large, small): (Vec<&Node>, Vec<&Node>) = child.children.iter().partition(|part| part.bytes >= smallest);
            let cell = |part: &Node| TreeCell {
                name: part.name.clone(),
                bytes: part.bytes,
                href: href(&[child.name.as_str(), part.name.as_str()], part),
                ..TreeCell::default()
            };
            let mut children: Vec<TreeCell> = large.into_iter().map(cell).collect();
            children.extend(summed(&small));
            TreeCell {
                name: child.name.clone(),
                bytes: child.bytes,
                delta_bytes: None,
                children,
                href: href(&[child.name.as_str()], child),
            }
        })
        .collect();
    children.extend(summed(&rest.iter().collect::<Vec<_>>()));
    TreeCell { name: node.name.clone(), bytes: node.bytes, children, ..TreeCell::default() }
}

fn summed(small: &[&Node]) -> Option<TreeCell> {
    let bytes = small.iter().fold(0u64, |sum, node| sum.saturating_add(node.bytes));
    (!small.is_empty()).then(|| TreeCell { name: smaller(small.len()), bytes, ..TreeCell::default() })
}

fn smaller(n: usize) -> String {
    format!("{} smaller", grouped(u64::try_from(n).unwrap_or(u64::MAX)))
}

/// The `n`-th largest, from which on a size is shown; 0 where there are no more.
fn nth_largest(sizes: &mut [u64], n: usize) -> u64 {
    sizes.sort_unstable_by_key(|size| Reverse(*size));
    if sizes.len() > n { sizes.get(n.saturating_sub(1)).copied().unwrap_or(u64::MAX) } else { 0 }
}

/// What came and went in a region: its groups and their owners, of which the `cells_max` that moved most are cells of their own; what came of
/// the others is one cell a group, what went another. `href` gives an address to a group (no row) and to a row.
pub fn difference_cells(region: &RegionDelta, cells_max: usize, href: impl Fn(&str, Option<&RowDelta>) -> Option<String>) -> TreeCell {
    let moved = |row: &RowDelta| delta(row.base_bytes, row.head_bytes);
    let mut sizes: Vec<u64> = region.rows.iter().map(|row| moved(row).unsigned_abs()).collect();
    let smallest = nth_largest(&mut sizes, cells_max);
    let mut groups: BTreeMap<&str, Vec<&RowDelta>> = BTreeMap::new();
    region.rows.iter().filter(|row| moved(row) != 0).for_each(|row| groups.entry(&row.group).or_default().push(row));
    let mut shown = 0;
    let mut group = |(name, rows): (&str, Vec<&RowDelta>)| {
        let mut cells = Vec::new();
        // How many are not shown, and their sum: what came, and what went.
        let mut rest = [(0usize, 0i64); 2];
        for row in rows {
            let d = moved(row);
            if d.unsigned_abs() >= smallest && shown < cells_max {
                shown += 1;
                let href = href(name, Some(row));
                // What stands in the group's box needs not say so again.
                let own = row.name.strip_prefix(name).and_then(|rest| rest.strip_prefix("::")).filter(|own| !own.is_empty());
                let own = own.unwrap_or(&row.name).to_owned();
                cells.push(TreeCell { name: own, bytes: row.head_bytes, delta_bytes: Some(d), href, ..TreeCell::default() });
            } else {
                let (n, sum) = &mut rest[usize::from(d < 0)];
                (*n, *sum) = (*n + 1, sum.saturating_add(d));
            }
        }
        let rest = rest.into_iter().filter(|(n, _)| *n > 0);
        cells.extend(rest.map(|(n, sum)| TreeCell { name: smaller(n), delta_bytes: Some(sum), ..TreeCell::default() }));
        TreeCell { name: name.to_owned(), children: cells, href: href(name, None), ..TreeCell::default() }
    };
    let children: Vec<TreeCell> = groups.into_iter().map(&mut group).collect();
    TreeCell { name: region.name.to_string(), bytes: region.head_bytes, children, ..TreeCell::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ounce_analysis::comparison::Change;
    use ounce_protocol::ids::RegionName;
    use ounce_protocol::measurement::{Owner, RegionKind};

    fn node(name: &str, bytes: u64, children: Vec<Node>) -> Node {
        Node { name: name.into(), bytes, children, ..Node::default() }
    }

    fn told(cell: &TreeCell) -> String {
        let size = cell.delta_bytes.map_or_else(|| cell.bytes.to_string(), |d| format!("{d:+}"));
        let link = if cell.href.is_some() { "*" } else { "" };
        let parts: Vec<String> = cell.children.iter().map(told).collect();
        if parts.is_empty() { format!("{} {size}{link}", cell.name) } else { format!("{} {size}{link} [{}]", cell.name, parts.join(", ")) }
    }

    #[test]
    fn of_an_image_the_largest_are_shown_and_the_others_summed() {
        let vm = node("vm", 9, vec![node("run", 6, vec![]), node("gc", 2, vec![]), node("mark", 1, vec![])]);
        let flash = node("flash", 13, vec![vm, node("core", 3, vec![]), node("alloc", 1, vec![])]);
        let check = |max, expected: &str| assert_eq!(told(&build_cells(&flash, max, |path, _| Some(path.join("/")))), expected);
        check(9, "flash 13 [vm 9* [run 6*, gc 2*, mark 1*], core 3*, alloc 1*]");
        check(2, "flash 13 [vm 9* [run 6*, gc 2*, 1 smaller 1], core 3*, 1 smaller 1]");
    }

    #[test]
    fn of_a_difference_what_came_and_what_went_is_summed_apart() {
        let row = |name: &str, group: &str, base_bytes, head_bytes| RowDelta {
            owner: Owner::Symbol,
            name: name.into(),
            group: group.into(),
            of: None,
            change: Change::Grown,
            base_bytes,
            head_bytes,
            instructions: None,
            why: Vec::new(),
            written: None,
        };
        let rows =
            vec![row("vm::run", "vm", 0, 60), row("gc", "vm", 7, 0), row("a", "vm", 0, 2), row("same", "vm", 9, 9), row("b", "core", 5, 1)];
        let region = RegionDelta {
            name: RegionName::parse("flash").unwrap(),
            kind: RegionKind::Flash,
            size_bytes: 100,
            base_bytes: 20,
            head_bytes: 71,
            rows,
        };
        let check = |max, expected: &str| {
            let href = |group: &str, row: Option<&RowDelta>| Some(format!("{group}{}", row.map_or("", |r| &r.name)));
            assert_eq!(told(&difference_cells(&region, max, href)), expected);
        };
        check(9, "flash 71 [core 0* [b -4*], vm 0* [run +60*, gc -7*, a +2*]]");
        check(1, "flash 71 [core 0* [1 smaller -4], vm 0* [run +60*, 1 smaller +2, 1 smaller -7]]");
    }
}
