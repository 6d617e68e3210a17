//! Who owns the bytes of a region that moved: the largest moves, the rest in one row, the sum, and why, as far as it is known.

use crate::compose::Detail;
use crate::doc::{Align, Block, Line, Table};
use crate::figures::counted;
use crate::owner::{self, moved};
use ounce_analysis::comparison::{RegionDelta, RowDelta};
use ounce_protocol::units::{delta, signed};
use std::collections::BTreeMap;

/// Groups named in the line that sums by group.
const GROUPS_NAMED_MAX: usize = 5;
/// Reasons given of one owner.
const REASONS_MAX: usize = 3;

/// How much of a region's changes is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    /// Owners with a row of their own.
    pub owners: usize,
    /// Whether constants have rows of their own too.
    pub constants: bool,
    /// Owners of which it is said why.
    pub whys: usize,
}

impl Shown {
    /// What a report of this detail shows.
    pub fn of(detail: &Detail) -> Shown {
        Shown { owners: detail.owners, constants: detail.constants, whys: detail.whys }
    }
}

/// A line with the sums by group, the table, and the reasons. Nothing where nothing moved.
pub(crate) fn blocks(region: &RegionDelta, shown: &Shown) -> Vec<Block> {
    if region.rows.is_empty() {
        return Vec::new();
    }
    let mut rows: Vec<&RowDelta> = region.rows.iter().collect();
    rows.sort_by(|a, b| moved(b).unsigned_abs().cmp(&moved(a).unsigned_abs()).then_with(|| (&a.name, &a.group).cmp(&(&b.name, &b.group))));
    let title = Line::from("Where the bytes of ").code(region.name.as_str()).text(" went").join(by_group(&rows));
    let (constants, owners): (Vec<&RowDelta>, Vec<&RowDelta>) =
        rows.iter().partition(|row| !shown.constants && owner::is_constant(row.owner));
    let (told, rest) = owners.split_at(owners.len().min(shown.owners));
    let mut table = Moves::new(rows.iter().any(|row| row.instructions.is_some()));
    for row in told {
        table.row(moved(row), instructions(&[row]), owner::what(row), owner::of_delta(row), Line::new().code(&row.group));
    }
    for (rows, text) in [(&constants[..], counted(constants.len(), "constant", "constants")), (rest, format!("{} more", rest.len()))] {
        if !rows.is_empty() {
            table.row(sum(rows), instructions(rows), text, Line::new(), Line::new());
        }
    }
    table.sum(sum(&rows), region.name.as_str());
    let mut out = vec![Block::Paragraph(title), Block::Table(table.table)];
    let whys: Vec<Line> = told.iter().filter_map(|row| why(row)).take(shown.whys).collect();
    if !whys.is_empty() {
        out.push(Block::Paragraph("Why, as far as the two images say:".into()));
        out.push(Block::List(whys));
    }
    out
}

/// `name +412 B: now inlines …`.
fn why(row: &RowDelta) -> Option<Line> {
    let why = owner::why(row, REASONS_MAX)?;
    let d = moved(row);
    Some(Line::new().code(&row.name).text(if d == 0 { ": ".into() } else { format!(" {} B: ", signed(d)) }).join(why))
}

fn sum(rows: &[&RowDelta]) -> i64 {
    rows.iter().fold(0i64, |sum, r| sum.saturating_add(moved(r)))
}

/// The difference in instructions of these rows together, where any has one.
fn instructions(rows: &[&RowDelta]) -> Option<i64> {
    let known = rows.iter().filter_map(|row| row.instructions);
    known.map(|i| delta(i.base, i.head)).reduce(i64::saturating_add)
}

/// The table of moves, with a column for instructions where they are known of any row.
struct Moves {
    table: Table,
    instructions: bool,
}

impl Moves {
    fn new(instructions: bool) -> Moves {
        let mut columns = vec![("change", Align::Right), ("what", Align::Left), ("owner", Align::Name), ("group", Align::Name)];
        if instructions {
            columns.insert(1, ("instructions", Align::Right));
        }
        Moves { table: Table::new(&columns), instructions }
    }

    fn row(&mut self, bytes: i64, instructions: Option<i64>, what: String, owner: Line, group: Line) {
        let bytes = Line::new().figure(format!("{} B", signed(bytes)), bytes);
        let instructions = instructions.map_or(Line::new(), |d| Line::new().figure(signed(d), d));
        let mut cells = vec![bytes, what.into(), owner, group];
        if self.instructions {
            cells.insert(1, instructions);
        }
        self.table.row(cells);
    }

    fn sum(&mut self, bytes: i64, region: &str) {
        let mut cells = vec![Line::new().strong(format!("{} B", signed(bytes))), "sum".into(), Line::new().code(region), Line::new()];
        if self.instructions {
            cells.insert(1, Line::new());
        }
        self.table.row(cells);
    }
}

/// `, by group: vm +280 B, core +32 B`: the sums of all rows, the smaller ones together.
fn by_group(rows: &[&RowDelta]) -> Line {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(&row.group).or_default();
        *sum = sum.saturating_add(moved(row));
    }
    let mut sums: Vec<(&str, i64)> = sums.into_iter().filter(|(_, d)| *d != 0).collect();
    if sums.len() < 2 {
        return ".".into();
    }
    sums.sort_by(|a, b| b.1.unsigned_abs().cmp(&a.1.unsigned_abs()).then(a.0.cmp(b.0)));
    let mut line = Line::from(", by group: ");
    for (i, (group, d)) in sums.iter().take(GROUPS_NAMED_MAX).enumerate() {
        line = line.text(if i == 0 { "" } else { ", " }).code(group).text(format!(" {} B", signed(*d)));
    }
    let rest = &sums[sums.len().min(GROUPS_NAMED_MAX)..];
    if rest.is_empty() {
        return line.text(".");
    }
    let d = rest.iter().fold(0i64, |sum, (_, d)| sum.saturating_add(*d));
    line.text(format!(", {} more {} B.", rest.len(), signed(d)))
}
