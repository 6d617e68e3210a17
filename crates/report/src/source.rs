//! Bytes of code by source file and line in words: `ounce size ELF --by source`.

use crate::doc::{Align, Block, Line, Table};
use crate::{markdown, terminal};
use ounce_analysis::dwarf::SourceRow;
use ounce_protocol::units::grouped;
use std::collections::BTreeMap;

/// Rows of [`ounce_analysis::dwarf::by_source`] and the files they count in. For a terminal `width` columns wide: the `top` largest files, then the `top` largest lines; the others in one row each, so that both
/// tables add up to the code.
pub fn source_terminal(files: &[String], rows: &[SourceRow], top: usize, width: usize, colour: bool) -> String {
    terminal::write(&compose(files, rows, top), width, colour)
}

/// The same as markdown.
pub fn source_markdown(files: &[String], rows: &[SourceRow], top: usize) -> String {
    markdown::write(&compose(files, rows, top))
}

fn compose(files: &[String], rows: &[SourceRow], top: usize) -> Vec<Block> {
    let file = |row: &SourceRow| row.file.and_then(|n| files.get(usize::try_from(n).ok()?)).map_or("(no line)", String::as_str);
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(file(row)).or_default();
        *sum = sum.saturating_add(row.bytes);
    }
    let mut by_file: Vec<(u64, String)> = sums.into_iter().map(|(name, bytes)| (bytes, name.to_owned())).collect();
    by_file.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let place = |row: &SourceRow| if row.line > 0 { format!("{}:{}", file(row), row.line) } else { file(row).to_owned() };
    let by_line: Vec<(u64, String)> = rows.iter().map(|row| (row.bytes, place(row))).collect();
    vec![table("file", &by_file, top), table("line", &by_line, top)]
}

fn table(what: &'static str, rows: &[(u64, String)], top: usize) -> Block {
    let mut table = Table::new(&[("bytes", Align::Right), (what, Align::Name)]);
    let bytes = |n: u64| Line::from(format!("{} B", grouped(n)));
    let sum = |rows: &[(u64, String)]| rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.0));
    let (shown, rest) = rows.split_at(rows.len().min(top));
    for (n, name) in shown {
        table.row(vec![bytes(*n), Line::new().code(name)]);
    }
    if !rest.is_empty() {
        table.row(vec![bytes(sum(rest)), format!("{} more", rest.len()).into()]);
    }
    table.row(vec![Line::new().strong(format!("{} B", grouped(sum(rows)))), "sum".into()]);
    Block::Table(table)
}
