//! The owners of bytes that moved on one board, as somebody wants to see them: of a kind, of a group, with words in their names, in an order.

use super::super::link::{Asked, Choice, choose};
use super::super::shown;
use ounce_analysis::comparison::{Change, RegionDelta, RowDelta};
use ounce_protocol::measurement::Owner;
use ounce_protocol::units::delta;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Longest text that is looked for, characters.
pub(super) const TEXT_CHARS_MAX: usize = 200;
/// Pages that one can turn to: no table has more.
const PAGES_MAX: usize = 100_000;

const KINDS: [(&str, &str); 5] = [
    ("all", "all kinds"),
    ("symbols", "functions and variables"),
    ("strings", "strings and constants"),
    ("generics", "copies of generics"),
    ("rest", "padding and sections"),
];
const SORTS: [(&str, &str); 6] = [
    ("bytes", "largest change"),
    ("grown", "most grown"),
    ("shrunk", "most shrunk"),
    ("instructions", "instructions"),
    ("name", "name"),
    ("group", "group"),
];

/// What is to be shown, and in which order.
#[derive(Clone)]
pub(super) struct Filter {
    pub kinds: Vec<Choice>,
    pub sorts: Vec<Choice>,
    /// Only this group.
    pub group: String,
    /// Only this region.
    pub region: String,
    /// Only names with all these words.
    pub text: String,
    /// The page, from 1.
    pub page: usize,
}

/// The page that is asked for.
pub(in super::super) fn page_number(asked: &Asked) -> Result<usize, String> {
    match asked.text("page") {
        "" => Ok(1),
        text => match text.parse() {
            Ok(page) if (1..=PAGES_MAX).contains(&page) => Ok(page),
            _ => Err(format!("page={:?} is no page: they are counted from 1", shown(text))),
        },
    }
}

impl Filter {
    /// What is asked for, or what is wrong with it.
    pub fn of(asked: &Asked) -> Result<Filter, String> {
        let text = asked.text("q");
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(format!("the text to look for has more than {TEXT_CHARS_MAX} characters"));
        }
        Ok(Filter {
            kinds: choose("kind", asked.text("kind"), &KINDS)?,
            sorts: choose("sort", asked.text("sort"), &SORTS)?,
            group: asked.text("group").to_owned(),
            region: asked.text("region").to_owned(),
            text: text.to_owned(),
            page: page_number(asked)?,
        })
    }

    /// The largest changes of all kinds.
    pub fn none() -> Filter {
        let all = |choices: &[(&'static str, &'static str)]| choose("", "", choices).unwrap_or_default();
        Filter { kinds: all(&KINDS), sorts: all(&SORTS), group: String::new(), region: String::new(), text: String::new(), page: 1 }
    }

    fn chosen(choices: &[Choice]) -> &'static str {
        choices.iter().find(|choice| choice.is_chosen).map_or("", |choice| choice.value)
    }

    /// Whether it leaves anything out.
    pub fn is_narrow(&self) -> bool {
        let is_all = matches!(Filter::chosen(&self.kinds), "all" | "");
        !is_all || [&self.group, &self.region, &self.text].iter().any(|text| !text.is_empty())
    }

    fn has(&self, region: &RegionDelta, row: &RowDelta) -> bool {
        let kind = match Filter::chosen(&self.kinds) {
            "all" | "" => true,
            kind => kind == kind_of(row),
        };
        let is = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
        kind && is(&self.group, &row.group) && is(&self.region, region.name.as_str()) && has_words(&self.text, texts(row))
    }

    /// The rows that are asked for, in order.
    pub fn select<'a>(&self, regions: &'a [RegionDelta]) -> Vec<(&'a RegionDelta, &'a RowDelta)> {
        let all = regions.iter().flat_map(|region| region.rows.iter().map(move |row| (region, row)));
        let mut rows: Vec<_> = all.filter(|(region, row)| self.has(region, row)).collect();
        let bytes = |row: &RowDelta| delta(row.base_bytes, row.head_bytes);
        let instructions = |row: &RowDelta| row.instructions.map_or(0, |moved| delta(moved.base, moved.head).unsigned_abs());
        match Filter::chosen(&self.sorts) {
            "grown" => rows.sort_by_key(|(_, row)| Reverse(bytes(row))),
            "shrunk" => rows.sort_by_key(|(_, row)| bytes(row)),
            "instructions" => rows.sort_by_key(|(_, row)| Reverse((instructions(row), bytes(row).unsigned_abs()))),
            "name" => rows.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name)),
            "group" => rows.sort_by(|(_, a), (_, b)| (&a.group, &a.name).cmp(&(&b.group, &b.name))),
            _ => rows.sort_by_key(|(_, row)| Reverse(bytes(row).unsigned_abs())),
        }
        rows
    }
}

/// The kind that a row is filtered by.
pub(super) fn kind_of(row: &RowDelta) -> &'static str {
    match (&row.change, row.owner) {
        (Change::Copies { .. }, _) => "generics",
        (_, Owner::Reference | Owner::Shared | Owner::Text) => "strings",
        (_, Owner::Symbol | Owner::Label | Owner::Map | Owner::Unwind) => "symbols",
        (_, Owner::Section | Owner::Padding | Owner::Unattributed) => "rest",
    }
}

fn texts(row: &RowDelta) -> Vec<&str> {
    let from = match &row.change {
        Change::Renamed { from } | Change::Moved { from } => Some(from.as_str()),
        _ => None,
    };
    [Some(row.name.as_str()), Some(row.group.as_str()), row.of.as_deref(), from].into_iter().flatten().collect()
}

/// Whether each word is in one of the texts, in any case.
pub(in super::super) fn has_words(words: &str, texts: Vec<&str>) -> bool {
    if words.is_empty() {
        return true;
    }
    let texts: Vec<String> = texts.into_iter().map(str::to_lowercase).collect();
    words.to_lowercase().split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
}

/// What moved of each group, the largest first.
pub(super) fn by_group(regions: &[RegionDelta]) -> Vec<(&str, i64)> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for row in regions.iter().flat_map(|region| &region.rows) {
        let sum = sums.entry(&row.group).or_default();
        *sum = sum.saturating_add(delta(row.base_bytes, row.head_bytes));
    }
    let mut sums: Vec<(&str, i64)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| Reverse(sum.unsigned_abs()));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use ounce_analysis::comparison::Moved;
    use ounce_protocol::ids::RegionName;
    use ounce_protocol::measurement::RegionKind;
    use std::collections::HashMap;

    fn region() -> RegionDelta {
        let row = |owner, name: &str, group: &str, change, base_bytes, head_bytes, instructions| RowDelta {
            owner,
            name: name.into(),
            group: group.into(),
            of: None,
            change,
            base_bytes,
            head_bytes,
            instructions,
            why: Vec::new(),
            written: None,
        };
        let fast = Some(Moved { base: 900, head: 100 });
        let rows = vec![
            row(Owner::Symbol, "vm::Run", "vm", Change::Grown, 10, 40, None),
            row(Owner::Symbol, "vm::gc", "vm", Change::Shrunk, 90, 20, fast),
            row(Owner::Text, "\"hello Run\"", "core", Change::Added, 0, 12, None),
            row(Owner::Symbol, "alloc::push", "alloc", Change::Copies { base: 1, head: 2 }, 8, 16, None),
            row(Owner::Padding, "padding", "padding", Change::Grown, 1, 2, None),
        ];
        RegionDelta {
            name: RegionName::parse("flash").unwrap(),
            kind: RegionKind::Flash,
            size_bytes: 999,
            base_bytes: 109,
            head_bytes: 90,
            rows,
        }
    }

    #[test]
    fn rows_are_chosen_and_ordered_as_asked() {
        let regions = [region()];
        let check = |asked: &[(&str, &str)], expected: &[&str]| {
            let map: HashMap<String, String> = asked.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
            let filter = Filter::of(&Asked(map)).unwrap();
            let names: Vec<&str> = filter.select(&regions).into_iter().map(|(_, row)| row.name.as_str()).collect();
            assert_eq!(names, expected, "{asked:?}");
        };
        check(&[], &["vm::gc", "vm::Run", "\"hello Run\"", "alloc::push", "padding"]);
        check(&[("sort", "grown")], &["vm::Run", "\"hello Run\"", "alloc::push", "padding", "vm::gc"]);
        check(&[("sort", "shrunk"), ("kind", "symbols")], &["vm::gc", "vm::Run"]);
        check(&[("sort", "instructions"), ("group", "vm")], &["vm::gc", "vm::Run"]);
        check(&[("kind", "strings")], &["\"hello Run\""]);
        check(&[("kind", "generics")], &["alloc::push"]);
        check(&[("kind", "rest")], &["padding"]);
        check(&[("q", "run")], &["vm::Run", "\"hello Run\""]);
        check(&[("q", " RUN core ")], &["\"hello Run\""]);
        check(&[("region", "ram")], &[]);
        assert_eq!(by_group(&regions)[0], ("vm", -40));
    }

    #[test]
    fn what_cannot_be_asked_is_said() {
        let check = |key: &str, value: &str, says: &str| {
            let error = Filter::of(&Asked(HashMap::from([(key.into(), value.into())]))).err().unwrap_or_default();
            assert!(error.contains(says), "{key}={value}: {error}");
        };
        check("kind", "string", "did you mean `strings`?");
        check("sort", "<b>", "is none of bytes, grown");
        check("page", "0", "counted from 1");
        check("page", "x", "counted from 1");
        check("q", &"x".repeat(TEXT_CHARS_MAX + 1), "more than 200 characters");
    }
}
