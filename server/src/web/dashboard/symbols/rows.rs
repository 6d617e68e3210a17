//! The rows of the list: owners, or groups, of one region of one build, with what they cost and how they changed.

use crate::store::life::ChangeRow;
use crate::store::symbols::{cut, word};
use ounce_analysis::weighed::{WeighedOwner, WeighedRegion};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// What the rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Size,
    Name,
    Instructions,
    Change,
}

/// One owner, or one group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Hostile text, as `group`; empty where it is a group.
    pub name: String,
    pub group: String,
    pub bytes: u64,
    pub instructions: Option<u64>,
    /// Bytes more, or less, in the period.
    pub delta: i64,
    /// Of a group: how many owners.
    pub owners: usize,
}

/// The rows of a region whose name or group has the text in it, sorted.
pub fn rows(region: &WeighedRegion, changes: &[ChangeRow], by_group: bool, text: &str, sort: Sort) -> Vec<Row> {
    let mut of_name: HashMap<&str, Vec<&ChangeRow>> = HashMap::new();
    for change in changes {
        of_name.entry(&change.name).or_default().push(change);
    }
    let delta = |owner: &WeighedOwner| {
        let changes = of_name.get(cut(&owner.name).as_str())?;
        let (kind, group) = (word(&owner.owner), cut(&owner.group));
        changes.iter().find(|change| change.owner == kind && change.grp == group).map(|change| change.delta)
    };
    let text = text.to_lowercase();
    let has = |name: &str| name.to_lowercase().contains(&text);
    let owner = |owner: &WeighedOwner| Row {
        delta: delta(owner).unwrap_or(0),
        name: owner.name.clone(),
        group: owner.group.clone(),
        bytes: owner.bytes,
        instructions: owner.instructions,
        owners: 1,
    };
    let mut rows: Vec<Row> = match by_group {
        false => region.owners.iter().filter(|o| text.is_empty() || has(&o.name) || has(&o.group)).map(owner).collect(),
        true => groups(region, changes).into_iter().filter(|row| text.is_empty() || has(&row.group)).collect(),
    };
    rows.sort_by(|a, b| order(a, b, sort).then_with(|| b.bytes.cmp(&a.bytes)).then_with(|| (&a.name, &a.group).cmp(&(&b.name, &b.group))));
    rows
}

fn order(a: &Row, b: &Row, sort: Sort) -> Ordering {
    match sort {
        Sort::Size => Ordering::Equal,
        Sort::Name => (&a.name, &a.group).cmp(&(&b.name, &b.group)),
        Sort::Instructions => b.instructions.cmp(&a.instructions),
        Sort::Change => b.delta.unsigned_abs().cmp(&a.delta.unsigned_abs()),
    }
}

/// The groups of a region, those that are all gone not among them.
fn groups(region: &WeighedRegion, changes: &[ChangeRow]) -> Vec<Row> {
    let mut groups: BTreeMap<&str, Row> = BTreeMap::new();
    for owner in &region.owners {
        let row = groups.entry(&owner.group).or_insert_with(|| Row { group: owner.group.clone(), ..Row::default() });
        row.bytes = row.bytes.saturating_add(owner.bytes);
        row.instructions = match (row.instructions, owner.instructions) {
            (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
            (sum, more) => sum.or(more),
        };
        row.owners += 1;
    }
    let mut deltas: HashMap<&str, i64> = HashMap::new();
    for change in changes {
        let sum = deltas.entry(&change.grp).or_default();
        *sum = sum.saturating_add(change.delta);
    }
    let with_delta = |row: Row| Row { delta: deltas.get(cut(&row.group).as_str()).copied().unwrap_or(0), ..row };
    groups.into_values().map(with_delta).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ounce_protocol::ids::RegionName;
    use ounce_protocol::measurement::{Owner, RegionKind};

    fn region() -> WeighedRegion {
        let owner = |name: &str, group: &str, bytes, instructions| WeighedOwner {
            owner: Owner::Symbol,
            name: name.into(),
            group: group.into(),
            bytes,
            instructions,
        };
        let owners = vec![owner("run", "vm", 40, Some(7)), owner("Send", "uart", 30, None), owner("alloc", "vm", 10, Some(9))];
        WeighedRegion { name: RegionName::parse("flash").unwrap(), kind: RegionKind::Flash, size_bytes: 100, used_bytes: 80, owners }
    }

    fn changed(name: &str, grp: &str, delta: i64) -> ChangeRow {
        ChangeRow { owner: "symbol".into(), name: name.into(), grp: grp.into(), delta }
    }

    #[test]
    fn owners_and_groups_sort_and_are_searched() {
        let changes = [changed("alloc", "vm", -90), changed("run", "vm", 20), changed("gone", "vm", -5)];
        let check = |by_group: bool, text: &str, sort: Sort, expected: &[(&str, u64, i64)]| {
            let rows = rows(&region(), &changes, by_group, text, sort);
            let told: Vec<(&str, u64, i64)> =
                rows.iter().map(|row| (if by_group { row.group.as_str() } else { row.name.as_str() }, row.bytes, row.delta)).collect();
            assert_eq!(told, expected, "{by_group} {text} {sort:?}");
        };
        check(false, "", Sort::Size, &[("run", 40, 20), ("Send", 30, 0), ("alloc", 10, -90)]);
        check(false, "", Sort::Change, &[("alloc", 10, -90), ("run", 40, 20), ("Send", 30, 0)]);
        check(false, "", Sort::Instructions, &[("alloc", 10, -90), ("run", 40, 20), ("Send", 30, 0)]);
        check(false, "", Sort::Name, &[("Send", 30, 0), ("alloc", 10, -90), ("run", 40, 20)]);
        check(false, "UART", Sort::Size, &[("Send", 30, 0)]);
        check(false, "send", Sort::Size, &[("Send", 30, 0)]);
        check(true, "", Sort::Size, &[("vm", 50, -75), ("uart", 30, 0)]);
        check(true, "run", Sort::Size, &[]);
    }
}
