//! The report as GitHub-flavoured markdown, tidy as source and as rendered.

use crate::doc::{Align, Block, Line, Span, Style, Table};
use crate::escape;

/// A column of the source is padded up to this width, so that short tables line up and long names cost no spaces.
const COLUMN_CHARS_MAX: usize = 40;

/// Blocks with an empty line between them, one line end at the end.
pub(crate) fn write(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        write_block(&mut out, block);
    }
    out
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Paragraph(line) => {
            out.push_str(&inline(line, false));
            out.push('\n');
        }
        Block::List(lines) => {
            for line in lines {
                out.push_str("- ");
                out.push_str(&inline(line, false));
                out.push('\n');
            }
        }
        Block::Table(t) => table(out, t),
        Block::Log(lines, left_out) => {
            let before = (*left_out > 0).then(|| format!("… {left_out} lines before"));
            let lines: Vec<String> = before.into_iter().chain(lines.iter().cloned()).collect();
            out.push_str(&escape::fenced(&lines));
            out.push('\n');
        }
        Block::Details { summary, body, open: _ } => {
            out.push_str("<details>\n<summary>");
            out.push_str(&summary_html(summary));
            // Without the empty line GitHub reads what follows as HTML, not as markdown.
            out.push_str("</summary>\n\n");
            out.push_str(&write(body));
            out.push_str("\n</details>\n");
        }
    }
}

/// One line's markdown; in a table's cell pipes are escaped in code spans too.
pub(crate) fn inline(line: &Line, in_cell: bool) -> String {
    let mut out = String::new();
    for Span { text, style } in &line.0 {
        match style {
            Style::Code => out.push_str(&escape::code_span(text, in_cell)),
            Style::Plain | Style::Good => out.push_str(&escape::markdown(text)),
            Style::Strong | Style::Bad => {
                // Markdown wants the stars next to the word.
                let word = text.trim();
                let (before, after) = (text.len() - text.trim_start().len(), text.len() - text.trim_end().len());
                out.push_str(&text[..before]);
                out.push_str(&format!("**{}**", escape::markdown(word)));
                out.push_str(&text[text.len() - after..]);
            }
        }
    }
    out
}

fn summary_html(line: &Line) -> String {
    let write = |Span { text, style }: &Span| match style {
        Style::Code => format!("<code>{}</code>", escape::html(text)),
        Style::Plain | Style::Good => escape::html_in_markdown(text),
        Style::Strong | Style::Bad => format!("<b>{}</b>", escape::html_in_markdown(text)),
    };
    line.0.iter().map(write).collect()
}

fn table(out: &mut String, table: &Table) {
    let cells: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(|cell| inline(cell, true)).collect()).collect();
    let chars = |text: &str| text.chars().count();
    let width = |i: usize| {
        let head = chars(table.columns[i].0).max(3);
        cells.iter().map(|row| chars(&row[i])).filter(|&w| w <= COLUMN_CHARS_MAX).fold(head, usize::max)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let mut row = |texts: Vec<&str>| {
        out.push('|');
        for ((text, &width), (_, align)) in texts.iter().zip(&widths).zip(&table.columns) {
            let pad = " ".repeat(width.saturating_sub(chars(text)));
            match align {
                Align::Left | Align::Name => out.push_str(&format!(" {text}{pad} |")),
                Align::Right => out.push_str(&format!(" {pad}{text} |")),
            }
        }
        out.push('\n');
    };
    row(table.columns.iter().map(|(title, _)| *title).collect());
    let rule = |(width, (_, align)): (&usize, &(&str, Align))| match align {
        Align::Left | Align::Name => format!(":{}", "-".repeat(width - 1)),
        Align::Right => format!("{}:", "-".repeat(width - 1)),
    };
    let rules: Vec<String> = widths.iter().zip(&table.columns).map(rule).collect();
    row(rules.iter().map(String::as_str).collect());
    for line in &cells {
        row(line.iter().map(String::as_str).collect());
    }
}
