//! The price list of a project's features: what each costs on each board, measured by building the firmware with it and without it.
//!
//! A project makes it with whatever it has for leaving features out, and an operator brings it to the server. Schema 1, stated in
//! docs/interfaces.md.

use crate::ids::{BenchName, BoardName, CommitSha};
use crate::measurement::Fingerprint;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version of this format, in the `schema` field.
pub const SCHEMA: u32 = 1;
/// Longest list, bytes of its JSON.
pub const BYTES_MAX: usize = 1 << 20;
/// Most features in a list.
pub const FEATURES_MAX: usize = 200;
/// Most boards in a list.
pub const BOARDS_MAX: usize = 50;
/// Longest name or title of a feature, or reason, in characters.
pub const TEXT_CHARS_MAX: usize = 200;

/// What features cost at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The commit that was built.
    pub commit: CommitSha,
    /// The tools it was built and run with, as in a measurement.
    #[serde(default)]
    pub tools: Fingerprint,
    /// The boards, in the order in which they are shown.
    pub boards: Vec<BoardName>,
    /// The features.
    pub features: Vec<Feature>,
}

/// Something that firmware may have or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// What its builds call it; by it a list is compared with the one before.
    pub name: String,
    /// What people call it; the name where it is left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// On each board that has it.
    pub boards: BTreeMap<BoardName, OnBoard>,
}

/// A feature on a board: both figures, or why there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnBoard {
    /// Built with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Figures>,
    /// Built without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<Figures>,
    /// Why there are no figures: "does not fit without it".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// What a build weighs and what its workloads cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Bytes of flash used.
    pub flash_bytes: u64,
    /// Bytes of RAM used.
    pub ram_bytes: u64,
    /// Instructions of each workload that runs in this build.
    #[serde(default)]
    pub instructions: BTreeMap<BenchName, u64>,
}

impl Feature {
    /// What it is called on a page.
    pub fn shown(&self) -> &str {
        if self.title.trim().is_empty() { &self.name } else { &self.title }
    }
}

impl Prices {
    /// Reads a list. The message names the first thing that is wrong, and where.
    pub fn parse(text: &str) -> Result<Prices, String> {
        if text.len() > BYTES_MAX {
            return Err(format!("{} bytes of JSON, at most {BYTES_MAX}", text.len()));
        }
        let prices: Prices = serde_json::from_str(text).map_err(|error| format!("not a price list: {error}"))?;
        prices.check()?;
        Ok(prices)
    }

    fn check(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("schema {} where {SCHEMA} is spoken here", self.schema));
        }
        let limit = |what: &str, n: usize, max: usize| match n {
            0 => Err(format!("no {what} in the list")),
            n if n > max => Err(format!("{n} {what}, at most {max}")),
            _ => Ok(()),
        };
        limit("boards", self.boards.len(), BOARDS_MAX)?;
        limit("features", self.features.len(), FEATURES_MAX)?;
        if let Some(board) = twice(self.boards.iter().map(BoardName::as_str)) {
            return Err(format!("board {board} is in `boards` twice"));
        }
        if let Some(name) = twice(self.features.iter().map(|feature| feature.name.as_str())) {
            return Err(format!("feature {name:?} is in the list twice"));
        }
        self.features.iter().enumerate().try_for_each(|(at, feature)| self.check_feature(at, feature))
    }

    fn check_feature(&self, at: usize, feature: &Feature) -> Result<(), String> {
        if feature.name.trim().is_empty() {
            return Err(format!("features[{at}] has no name"));
        }
        let name: String = feature.name.chars().take(TEXT_CHARS_MAX).collect();
        let whole = |text: &str| text.chars().nth(TEXT_CHARS_MAX).is_none();
        if !whole(&feature.name) || !whole(&feature.title) {
            return Err(format!("feature {name:?}: its name or title is longer than {TEXT_CHARS_MAX} characters"));
        }
        for (board, on_board) in &feature.boards {
            if !self.boards.contains(board) {
                return Err(format!("feature {name:?}: board {board} is not in `boards`"));
            }
            match (&on_board.on, &on_board.off, &on_board.missing) {
                (Some(_), Some(_), None) => {}
                (None, None, Some(why)) if whole(why) => {}
                (None, None, Some(_)) => {
                    return Err(format!("feature {name:?} on {board}: `missing` is longer than {TEXT_CHARS_MAX} characters"));
                }
                _ => return Err(format!("feature {name:?} on {board}: give both `on` and `off`, or `missing` with the reason")),
            }
        }
        Ok(())
    }
}

fn twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn list() -> Value {
        let side = |flash: u64| json!({ "flash_bytes": flash, "ram_bytes": 64, "instructions": { "fib": 1_000 } });
        json!({ "schema": 1, "commit": "1".repeat(40), "tools": { "rustc": "1" }, "boards": ["a", "b"], "features": [
            { "name": "floats", "title": "Floats", "boards": { "a": { "on": side(900), "off": side(700) }, "b": { "missing": "no fit" } } }] })
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let check = |pointer: &str, value: Value, says: &str| {
            let mut list = list();
            *list.pointer_mut(pointer).unwrap() = value;
            let said = Prices::parse(&list.to_string()).unwrap_err();
            assert!(said.contains(says), "{pointer}: {said}");
        };
        assert_eq!(Prices::parse(&list().to_string()).unwrap().features[0].shown(), "Floats");
        check("/schema", json!(2), "schema 2 where 1 is spoken here");
        check("/commit", json!("main"), "commit sha");
        check("/boards", json!([]), "no boards in the list");
        check("/boards", json!(["a", "a", "b"]), "board a is in `boards` twice");
        check("/boards", json!(["a"]), "board b is not in `boards`");
        check("/features", json!([]), "no features in the list");
        check("/features/0/name", json!(" "), "features[0] has no name");
        check("/features/0/title", json!("x".repeat(201)), "longer than 200 characters");
        check("/features/0/boards/a", json!({ "on": { "flash_bytes": 1, "ram_bytes": 1 } }), "\"floats\" on a: give both `on` and `off`");
        check("/features/0/boards/b", json!({}), "or `missing` with the reason");
        check("/features/0/boards/a/on/flash_bytes", json!(-1), "not a price list: ");
        let named_twice = json!([list()["features"][0], list()["features"][0]]);
        check("/features", named_twice, "feature \"floats\" is in the list twice");
        assert!(Prices::parse(&" ".repeat(BYTES_MAX + 1)).unwrap_err().contains("at most 1048576"));
    }
}
