//! The worst case of an image's stack in words: `ounce size ELF --stack`.

use crate::doc::{Align, Block, Line, Table};
use crate::figures::counted;
use crate::{markdown, terminal};
use ounce_analysis::stack::{EntryKind, EntryStack, Open, StackReport, Unbounded};
use ounce_protocol::units::grouped;

/// Places named for each entry that make it unbounded; the others are counted.
const OPEN_NAMED_MAX: usize = 4;

/// For a terminal `width` columns wide: a table of entries, then for the `top` deepest the chain of calls and what is open.
pub fn stack_terminal(report: &StackReport, top: usize, width: usize, colour: bool) -> String {
    terminal::write(&compose(report, top), width, colour)
}

/// The same as markdown.
pub fn stack_markdown(report: &StackReport, top: usize) -> String {
    markdown::write(&compose(report, top))
}

fn compose(report: &StackReport, top: usize) -> Vec<Block> {
    let known = format!("{} of {} functions state their frame.", grouped(report.frames_known), grouped(report.functions));
    let mut out = vec![Block::Paragraph(known.into())];
    if report.cut {
        out.push(Block::Paragraph(Line::new().bad("The image is larger than what is read of it: no figure here is a worst case.")));
    }
    if !report.not_found.is_empty() {
        let names = report.not_found.iter().fold(Line::new().bad("no such function:"), |line, name| line.text(" ").code(name));
        out.push(Block::Paragraph(names));
    }
    let mut table = Table::new(&[("stack", Align::Right), ("from", Align::Name), ("", Align::Left)]);
    for entry in report.entries.iter().take(top) {
        let kind = match entry.kind {
            EntryKind::Named => "",
            EntryKind::Start => "at reset",
            EntryKind::Interrupt => "interrupt",
            EntryKind::Root => "called by nothing known",
        };
        table.row(vec![depth(entry), Line::new().code(&entry.name), kind.into()]);
    }
    out.push(Block::Table(table));
    let left_out = report.entries_left_out + u64::try_from(report.entries.len().saturating_sub(top)).unwrap_or(u64::MAX);
    if left_out > 0 {
        out.push(Block::Paragraph(
            format!("{} more.", counted(usize::try_from(left_out).unwrap_or(usize::MAX), "entry", "entries")).into(),
        ));
    }
    out.extend(report.entries.iter().take(top).flat_map(chain));
    out
}

fn depth(entry: &EntryStack) -> Line {
    let bytes = grouped(entry.bytes);
    if entry.bounded { format!("{bytes} B").into() } else { format!("≥ {bytes} B").into() }
}

/// How the depth comes about, and what keeps it from being a limit.
fn chain(entry: &EntryStack) -> Vec<Block> {
    let title = Line::new().code(&entry.name).text(": ").join(depth(entry)).text(if entry.bounded { ", at most" } else { ", unbounded" });
    let mut table = Table::new(&[("frame", Align::Right), ("on the way", Align::Name)]);
    for step in &entry.path {
        let frame = step.frame_bytes.map_or("?".into(), |bytes| format!("{} B", grouped(bytes)));
        table.row(vec![frame.into(), Line::new().code(&step.name)]);
    }
    let mut blocks = vec![Block::Paragraph(title), Block::Table(table)];
    if entry.path_left_out > 0 {
        blocks.push(Block::Paragraph(format!("and {} more on this way", grouped(entry.path_left_out)).into()));
    }
    let mut places: Vec<Line> = entry.open.iter().take(OPEN_NAMED_MAX).map(open).collect();
    let more = entry.open_left_out + u64::try_from(entry.open.len().saturating_sub(OPEN_NAMED_MAX)).unwrap_or(u64::MAX);
    if more > 0 {
        places.push(format!("{} more", grouped(more)).into());
    }
    if !places.is_empty() {
        blocks.push(Block::List(places));
    }
    blocks
}

fn open(open: &Open) -> Line {
    let line = Line::new().code(&open.name);
    let line = match &open.source {
        Some(source) => line.text(" (").code(&format!("{}:{}", source.file, source.line)).text(")"),
        None => line,
    };
    match &open.why {
        Unbounded::Recursion { cycle, .. } => {
            let mut line = line.text(" can call itself: ");
            for (at, name) in cycle.iter().enumerate() {
                line = line.text(if at == 0 { "" } else { " → " }).code(name);
            }
            line
        }
        Unbounded::IndirectCalls { calls } => {
            line.text(format!(" calls through a register in {}", counted(usize::try_from(*calls).unwrap_or(usize::MAX), "place", "places")))
        }
        Unbounded::DynamicFrame => line.text(" has a frame that grows as it runs"),
        Unbounded::UnknownFrame => line.text(" does not state its frame"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ounce_analysis::stack::Step;

    #[test]
    fn a_stack_is_told_with_its_chain_and_what_is_open() {
        let step = |name: &str, frame_bytes| Step { name: name.into(), frame_bytes };
        let main = EntryStack {
            name: "main".into(),
            source: None,
            kind: EntryKind::Start,
            bytes: 1_240,
            bounded: false,
            path: vec![step("main", Some(40)), step("parse", Some(1_200)), step("memcpy", None)],
            path_left_out: 0,
            open: vec![
                Open {
                    name: "parse".into(),
                    source: None,
                    why: Unbounded::Recursion { cycle: vec!["parse".into(), "parse".into()], functions: 1 },
                },
                Open { name: "memcpy".into(), source: None, why: Unbounded::UnknownFrame },
            ],
            open_left_out: 3,
        };
        let report = StackReport { entries: vec![main], entries_left_out: 2, functions: 3, frames_known: 2, ..StackReport::default() };
        insta::assert_snapshot!(stack_terminal(&report, 5, 80, false), @r"
        2 of 3 functions state their frame.

            stack  from
        ≥ 1,240 B  main  at reset

        2 entries more.

        main: ≥ 1,240 B, unbounded

          frame  on the way
           40 B  main
        1,200 B  parse
              ?  memcpy

        - parse can call itself: parse → parse
        - memcpy does not state its frame
        - 3 more
        ");
    }
}
