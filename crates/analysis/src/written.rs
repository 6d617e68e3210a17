//! Where functions that changed are written: the one who reads a pull request sees there what a line costs.
//!
//! Facts only, as in [`crate::why`]: of functions that share a name none is said to be the one.

use crate::comparison::{RegionDelta, Written};
use ounce_protocol::measurement::{Ledger, Owner, Part, RegionKind};
use std::cmp::Reverse;
use std::collections::HashMap;

/// How many rows of a region are located where nothing else is asked for: more than anybody is told of, and a bound for what is stored, some
/// 100 bytes each.
pub const LOCATED_ROWS: usize = 200;

/// Fills [`RowDelta::written`](crate::comparison::RowDelta::written) of the `top` largest changes of each flash region that are functions of the head,
/// from its anatomy.
pub fn locate(head: &Ledger, deltas: &mut [RegionDelta], top: usize) {
    let Some(anatomy) = &head.anatomy else { return };
    let mut by_name: HashMap<&str, Option<&Part>> = HashMap::new();
    for part in anatomy.parts.iter().filter(|part| part.code) {
        by_name.entry(&part.name).and_modify(|one| *one = None).or_insert(Some(part));
    }
    for region in deltas.iter_mut().filter(|region| region.kind == RegionKind::Flash) {
        let is_function = |owner: Owner| matches!(owner, Owner::Symbol | Owner::Label);
        let mut rows: Vec<_> = region.rows.iter_mut().filter(|row| is_function(row.owner) && row.head_bytes > 0).collect();
        rows.sort_by_key(|row| Reverse(row.base_bytes.abs_diff(row.head_bytes)));
        for row in rows.into_iter().take(top) {
            row.written = by_name.get(row.name.as_str()).copied().flatten().and_then(written);
        }
    }
}

fn written(part: &Part) -> Option<Written> {
    let source = part.source.as_ref().filter(|source| source.line > 0)?;
    let last_line = part.last_line.filter(|last| *last >= source.line)?;
    Some(Written { file: source.file.clone(), first_line: source.line, last_line })
}
