//! What each commit of the default branch did to each owner of bytes: a row where something changed, none where nothing did.
//!
//! So the size of a symbol over the whole history is few rows, and "who added these bytes" is one question. The rows are those of the comparison
//! that judged the push: both sides by the same tools, their sum the difference to the byte.

use super::sql::{Row, sql};
use super::{Connection, StoreError};
use ounce_analysis::comparison::{BoardState, Change, Comparison, RowDelta};
use sha2::{Digest, Sha256};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// Changes kept of one region of one board at one commit, the largest.
pub const STEPS_MAX: usize = 2_000;
/// Longest name kept, bytes: what an index can hold.
pub const NAME_BYTES_MAX: usize = 600;
/// Rows in one statement.
const ROWS_MAX: usize = 64;

/// An owner of bytes, by what makes it one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Symbol {
    sha256: String,
    owner: String,
    name: String,
    group: String,
}

impl Symbol {
    fn of(owner: &str, name: &str, group: &str) -> Symbol {
        Symbol { sha256: digest(owner, name, group), owner: owner.to_owned(), name: cut(name), group: cut(group) }
    }
}

/// What a symbol's row is known by.
pub fn digest(owner: &str, name: &str, group: &str) -> String {
    let mut hash = Sha256::new();
    for part in [owner, group, name] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// A name as it is kept.
pub fn cut(name: &str) -> String {
    match name.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= NAME_BYTES_MAX).last() {
        Some(end) if end < name.len() => format!("{}…", &name[..end]),
        _ => name.to_owned(),
    }
}

/// A step before its symbols have rows.
struct Step {
    board: String,
    region: String,
    symbol: Symbol,
    from: Option<Symbol>,
    change: &'static str,
    /// Bytes before and after, then instructions.
    figures: [Option<i64>; 4],
}

/// Where a step is: symbol, board, region.
type Place = (i64, String, String);

/// A step as it is stored: change, what it was, and the figures.
type Stored = (&'static str, Option<i64>, [Option<i64>; 4]);

/// The steps of a comparison, of each region the largest, and how many are left out.
fn steps(comparison: &Comparison) -> (Vec<Step>, usize) {
    let (mut steps, mut left_out) = (Vec::new(), 0);
    for board in &comparison.boards {
        let BoardState::Compared(compared) = &board.state else { continue };
        if !board.fingerprint_changes.is_empty() {
            continue;
        }
        for region in &compared.regions {
            let mut rows: Vec<&RowDelta> = region.rows.iter().collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row.base_bytes.abs_diff(row.head_bytes)));
            left_out += rows.len().saturating_sub(STEPS_MAX);
            steps.extend(rows.into_iter().take(STEPS_MAX).map(|row| {
                let owner = word(&row.owner);
                let from = match &row.change {
                    Change::Renamed { from } | Change::Moved { from } => Some(Symbol::of(&owner, from, &row.group)),
                    _ => None,
                };
                let instructions = row.instructions.as_ref();
                Step {
                    board: board.board.to_string(),
                    region: region.name.to_string(),
                    symbol: Symbol::of(&owner, &row.name, &row.group),
                    from,
                    change: change(&row.change),
                    figures: [
                        Some(number(row.base_bytes)),
                        Some(number(row.head_bytes)),
                        instructions.map(|moved| number(moved.base)),
                        instructions.map(|moved| number(moved.head)),
                    ],
                }
            }));
        }
    }
    (steps, left_out)
}

/// Keeps what a judged push did, at its commit. Doing it again changes nothing. Gives how many changes were over [`STEPS_MAX`] and left out.
pub async fn put_steps(c: &mut Connection, project: i64, commit: i64, run: i64, comparison: &Comparison) -> Result<usize, StoreError> {
    let (steps, left_out) = steps(comparison);
    let symbols: BTreeMap<String, Symbol> =
        steps.iter().flat_map(|step| std::iter::once(&step.symbol).chain(&step.from)).map(|s| (s.sha256.clone(), s.clone())).collect();
    let ids = ids(c, project, &symbols.into_values().collect::<Vec<_>>()).await?;
    for some in stored(steps, &ids).chunks(ROWS_MAX) {
        let mut put = sql(format!(
            "INSERT INTO symbol_steps (symbol_id, board, region, commit_id, run_id, change, from_id, base_bytes, head_bytes, base_instructions, head_instructions)
             VALUES {} ON CONFLICT (symbol_id, board, region, commit_id) DO UPDATE SET run_id = excluded.run_id, change = excluded.change,
                 from_id = excluded.from_id, base_bytes = excluded.base_bytes, head_bytes = excluded.head_bytes,
                 base_instructions = excluded.base_instructions, head_instructions = excluded.head_instructions",
            places(some.len(), 11)
        ));
        for ((id, board, region), (change, from, figures)) in some {
            put = put.bind(*id).bind(board).bind(region).bind(commit).bind(run).bind(*change).bind(*from);
            for figure in figures {
                put = put.bind(*figure);
            }
        }
        put.execute(&mut *c).await?;
    }
    Ok(left_out)
}

/// One row for each place. Several of one name (static functions of different files, constants of equal text) are one owner here: their sum.
fn stored(steps: Vec<Step>, ids: &HashMap<String, i64>) -> Vec<(Place, Stored)> {
    let mut rows: BTreeMap<Place, Stored> = BTreeMap::new();
    for step in steps {
        let Some(&id) = ids.get(&step.symbol.sha256) else { continue };
        let from = step.from.as_ref().and_then(|from| ids.get(&from.sha256).copied());
        match rows.entry((id, step.board, step.region)) {
            Entry::Vacant(entry) => {
                entry.insert((step.change, from, step.figures));
            }
            Entry::Occupied(mut entry) => {
                let (change, _, sums) = entry.get_mut();
                for (sum, more) in sums.iter_mut().zip(step.figures) {
                    *sum = sum.zip(more).map(|(sum, more)| sum.saturating_add(more));
                }
                *change = match *sums {
                    [Some(0), ..] => "added",
                    [_, Some(0), ..] => "removed",
                    [base, head, ..] if base > head => "shrunk",
                    _ => "grown",
                };
            }
        }
    }
    rows.into_iter().collect()
}

/// The rows of these symbols, made where they are missing, by their digest.
async fn ids(c: &mut Connection, project: i64, symbols: &[Symbol]) -> Result<HashMap<String, i64>, StoreError> {
    let mut ids = HashMap::new();
    for some in symbols.chunks(ROWS_MAX) {
        let mut put = sql(format!(
            "INSERT INTO symbols (project_id, sha256, owner, name, grp) VALUES {} ON CONFLICT (project_id, sha256) DO NOTHING",
            places(some.len(), 5)
        ));
        for symbol in some {
            put = put.bind(project).bind(&symbol.sha256).bind(&symbol.owner).bind(&symbol.name).bind(&symbol.group);
        }
        put.execute(&mut *c).await?;
        let digests: Vec<&str> = some.iter().map(|symbol| symbol.sha256.as_str()).collect();
        let digests = serde_json::to_string(&digests).map_err(|e| StoreError::Encode(Box::new(e)))?;
        let rows: Vec<Row> = sql("SELECT id, sha256 FROM symbols WHERE project_id = $1 AND sha256 IN LIST($2)")
            .bind(project)
            .bind(digests)
            .fetch_all(&mut *c)
            .await?;
        for row in rows {
            ids.insert(row.try_get("sha256")?, row.try_get("id")?);
        }
    }
    Ok(ids)
}

/// `($1, $2), ($3, $4)`: so many rows of so many values.
fn places(rows: usize, values: usize) -> String {
    let row = |n: usize| (1..=values).map(|at| format!("${}", n * values + at)).collect::<Vec<_>>().join(", ");
    (0..rows).map(|n| format!("({})", row(n))).collect::<Vec<_>>().join(", ")
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The owner's word, as in the JSON.
pub fn word(owner: &ounce_protocol::measurement::Owner) -> String {
    serde_json::to_value(owner).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn change(change: &Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Grown => "grown",
        Change::Shrunk => "shrunk",
        Change::Renamed { .. } => "renamed",
        Change::Moved { .. } => "moved",
        Change::Copies { .. } => "copies",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_between_characters_and_stays_its_own() {
        let long = "ä".repeat(NAME_BYTES_MAX);
        assert_eq!(cut(&long), format!("{}…", "ä".repeat(NAME_BYTES_MAX / 2)));
        assert_eq!(cut("short"), "short");
        assert_ne!(Symbol::of("symbol", &long, "g").sha256, Symbol::of("symbol", &format!("{long}2"), "g").sha256);
        assert_ne!(Symbol::of("symbol", "ab", "c").sha256, Symbol::of("symbol", "b", "ca").sha256);
    }

    #[test]
    fn places_are_numbered_through() {
        assert_eq!(places(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }
}
