//! The report for a terminal of a given width, with or without colour. No line is wider, and no figure is cut: only the
//! middle of a name is left out, and where that is not enough a table becomes a list of its cells.

use crate::compose::{Detail, compose};
use crate::doc::{Align, Block, Line, Style, Table};
use crate::escape;
use ounce_analysis::comparison::Comparison;

/// Narrower terminals are written to as if they had this many columns.
pub const WIDTH_MIN: usize = 40;
/// A name is not cut below this many columns.
const NAME_COLUMNS_MIN: usize = 12;
/// Between two columns of a table.
const GAP: usize = 2;

/// The same facts as [`crate::body`] for a terminal `width` columns wide (at least [`WIDTH_MIN`]), ending in a line end.
/// Colours are ANSI escapes; without `colour` the text is plain.
pub fn terminal(c: &Comparison, width: usize, colour: bool) -> String {
    write(&compose(c, &Detail::NORMAL), width, colour)
}

/// One character of a line with its style.
type Cell = (char, Style);

struct Terminal {
    width: usize,
    colour: bool,
    out: String,
}

/// Blocks with an empty line between them.
pub(crate) fn write(blocks: &[Block], width: usize, colour: bool) -> String {
    let mut terminal = Terminal { width: width.max(WIDTH_MIN), colour, out: String::new() };
    terminal.blocks(blocks);
    terminal.out
}

/// Columns a character takes. An approximation of Unicode's East Asian Width, wide where in doubt.
fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x1ab0..=0x1aff | 0x20d0..=0x20ff => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xa960..=0xa97f | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe10..=0xfe6f => 2,
        0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f000..=0x1ffff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Words between spaces; a figure is one word with its unit.
fn words(text: &[Cell]) -> Vec<&[Cell]> {
    let is_unit = |word: &[Cell]| {
        let word: String = word.iter().map(|c| c.0).take(4).collect();
        matches!(word.trim_end_matches([',', '.', ';', ':', ')']), "B" | "%")
    };
    let (mut out, mut from, mut at): (Vec<&[Cell]>, usize, usize) = (Vec::new(), 0, 0);
    while at <= text.len() {
        let end = text[at..].iter().position(|(c, _)| *c == ' ').map_or(text.len(), |n| at + n);
        let next = &text[text.len().min(end + 1)..];
        let next = &next[..next.iter().position(|(c, _)| *c == ' ').unwrap_or(next.len())];
        let ends_in_figure = end > at && text[end - 1].0.is_ascii_digit();
        if !(ends_in_figure && is_unit(next)) {
            out.push(&text[from..end]);
            from = end + 1;
        }
        at = end + 1;
    }
    out
}

fn width_of(cells: &[Cell]) -> usize {
    cells.iter().map(|(c, _)| columns_of(*c)).sum()
}

fn cells(line: &Line) -> Vec<Cell> {
    line.0.iter().flat_map(|span| escape::line(&span.text).chars().map(|c| (c, span.style)).collect::<Vec<_>>()).collect()
}

impl Terminal {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            if !self.out.is_empty() {
                self.out.push('\n');
            }
            match block {
                Block::Paragraph(line) => self.wrapped(&cells(line), "", ""),
                Block::List(lines) => lines.iter().for_each(|line| self.wrapped(&cells(line), "- ", "  ")),
                Block::Table(table) => self.table(table),
                Block::Log(lines, left_out) => self.log(lines, *left_out),
                Block::Details { summary, body, .. } => {
                    let mut head = cells(summary);
                    for (_, style) in &mut head {
                        *style = if *style == Style::Bad { Style::Bad } else { Style::Strong };
                    }
                    self.wrapped(&head, "== ", "   ");
                    self.blocks(body);
                }
            }
        }
    }

    /// Words on as many lines as it takes; a word longer than a line is broken.
    fn wrapped(&mut self, text: &[Cell], first: &str, others: &str) {
        let room = self.width - first.len().max(others.len());
        let (mut line, mut used): (Vec<Cell>, usize) = (Vec::new(), 0);
        let mut lines: Vec<Vec<Cell>> = Vec::new();
        for word in words(text) {
            if !line.is_empty() {
                if used + 1 + width_of(word) > room {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                } else {
                    // The space belongs to a style only where it is inside one.
                    let (before, after) = (line.last().map(|c| c.1), word.first().map(|c| c.1));
                    line.push((' ', before.filter(|_| before == after).unwrap_or(Style::Plain)));
                    used += 1;
                }
            }
            for &cell in word {
                if used + columns_of(cell.0) > room {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push(cell);
                used += columns_of(cell.0);
            }
        }
        lines.push(line);
        for (i, line) in lines.iter().enumerate() {
            self.out.push_str(if i == 0 { first } else { others });
            self.styled(line);
            self.out.push('\n');
        }
    }

    fn styled(&mut self, line: &[Cell]) {
        for run in line.chunk_by(|a, b| a.1 == b.1) {
            let code = match run[0].1 {
                Style::Plain => "",
                Style::Strong => "1",
                Style::Bad => "1;31",
                Style::Good => "32",
                Style::Code => "36",
            };
            let text = run.iter().map(|(c, _)| c);
            if self.colour && !code.is_empty() {
                self.out.push_str(&format!("\u{1b}[{code}m"));
                self.out.extend(text);
                self.out.push_str("\u{1b}[0m");
            } else {
                self.out.extend(text);
            }
        }
    }

    fn table(&mut self, table: &Table) {
        let rows: Vec<Vec<Vec<Cell>>> = table.rows.iter().map(|row| row.iter().map(cells).collect()).collect();
        let natural = |i: usize| rows.iter().map(|row| width_of(&row[i])).fold(table.columns[i].0.chars().count(), usize::max);
        let mut widths: Vec<usize> = (0..table.columns.len()).map(natural).collect();
        let room = self.width.saturating_sub(GAP * (widths.len() - 1));
        while widths.iter().sum::<usize>() > room {
            let widest =
                (0..widths.len()).filter(|&i| table.columns[i].1 == Align::Name && widths[i] > NAME_COLUMNS_MIN).max_by_key(|&i| widths[i]);
            let Some(widest) = widest else { return self.records(table, &rows) };
            widths[widest] -= 1;
        }
        let head: Vec<Vec<Cell>> = table.columns.iter().map(|(title, _)| title.chars().map(|c| (c, Style::Strong)).collect()).collect();
        for row in std::iter::once(&head).chain(&rows) {
            let mut line: Vec<Cell> = Vec::new();
            for (i, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                if i > 0 {
                    line.extend([(' ', Style::Plain); GAP]);
                }
                let cell = elided(cell, width);
                let pad = vec![(' ', Style::Plain); width.saturating_sub(width_of(&cell))];
                match table.columns[i].1 {
                    Align::Left | Align::Name => line.extend(cell.into_iter().chain(pad)),
                    Align::Right => line.extend(pad.into_iter().chain(cell)),
                }
            }
            while line.last().is_some_and(|(c, _)| *c == ' ') {
                line.pop();
            }
            self.styled(&line);
            self.out.push('\n');
        }
    }

    /// A table too wide for the terminal: each row's cells below each other, under their titles.
    fn records(&mut self, table: &Table, rows: &[Vec<Vec<Cell>>]) {
        for row in rows {
            let mut first = true;
            for (cell, (title, _)) in row.iter().zip(&table.columns).filter(|(cell, _)| !cell.is_empty()) {
                let title = if title.is_empty() { String::new() } else { format!("{title}: ") };
                let text: Vec<Cell> = title.chars().map(|c| (c, Style::Plain)).chain(cell.iter().copied()).collect();
                self.wrapped(&text, if first { "- " } else { "  " }, "    ");
                first = false;
            }
        }
    }

    fn log(&mut self, lines: &[String], left_out: usize) {
        let before = (left_out > 0).then(|| format!("… {left_out} lines before"));
        for text in before.iter().chain(lines) {
            let text: Vec<Cell> = escape::line(text).chars().map(|c| (c, Style::Plain)).collect();
            let mut line: Vec<Cell> = Vec::new();
            let mut put = |line: &mut Vec<Cell>| {
                self.out.push_str("  | ");
                self.out.extend(line.drain(..).map(|(c, _)| c));
                self.out.push('\n');
            };
            for cell in text {
                if width_of(&line) + columns_of(cell.0) + 4 > self.width {
                    put(&mut line);
                }
                line.push(cell);
            }
            put(&mut line);
        }
    }
}

/// The cell in at most `width` columns, its middle left out.
fn elided(cell: &[Cell], width: usize) -> Vec<Cell> {
    if width_of(cell) <= width {
        return cell.to_vec();
    }
    let (mut front, mut back) = (Vec::new(), Vec::new());
    let (mut left, mut from_front) = (width.saturating_sub(1), true);
    let (mut a, mut b) = (0, cell.len());
    while a < b {
        let next = if from_front { cell[a] } else { cell[b - 1] };
        let columns = columns_of(next.0);
        if columns > left {
            break;
        }
        left -= columns;
        if from_front {
            front.push(next);
            a += 1;
        } else {
            back.push(next);
            b -= 1;
        }
        from_front = !from_front;
    }
    let style = front.last().map_or(Style::Plain, |c| c.1);
    front.push(('…', style));
    front.extend(back.into_iter().rev());
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_its_middle() {
        let check = |text: &str, width, short: &str| {
            let got: String = elided(&cells(&Line::from(text)), width).iter().map(|c| c.0).collect();
            assert_eq!(got, short);
        };
        check("abcdef", 6, "abcdef");
        check("abcdefgh", 5, "ab…gh");
        check("日本語日本語", 6, "日…語");
    }

    #[test]
    fn words_wrap_and_long_words_break() {
        let text = Line::from("a word ").code(&"x".repeat(50)).text(" end");
        let got = write(&[Block::List(vec![text])], 40, false);
        assert_eq!(got, format!("- a word\n  {}\n  {} end\n", "x".repeat(38), "x".repeat(12)));
    }

    #[test]
    fn a_figure_keeps_its_unit() {
        let check = |text: &str, lines: &str| assert_eq!(write(&[Block::Paragraph(text.into())], 40, false), format!("{lines}\n"));
        check("it has grown by as much as it could: 312 B, or 1 %.", "it has grown by as much as it could:\n312 B, or 1 %.");
        check("it has grown by as much as it can: 1312 B", "it has grown by as much as it can:\n1312 B");
        check("a  b ", "a  b ");
        check("", "");
    }
}
