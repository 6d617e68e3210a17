//! The report as an HTML fragment for the pages: no inline style or script, every text escaped.
//!
//! Classes the page's style sheet knows: `verdict`, `bad`, `good`, `num`, `scroll`, `log`.

use crate::compose::{Detail, compose};
use crate::doc::{Align, Block, Line, Span, Style, Table};
use crate::escape;
use ounce_analysis::comparison::Comparison;

/// The whole report of a comparison, more detailed than the comment, as an HTML fragment.
pub fn html_fragment(c: &Comparison) -> String {
    let mut blocks = compose(c, &Detail::PAGE).into_iter();
    let mut out = String::new();
    if let Some(Block::Paragraph(first)) = blocks.next() {
        out.push_str(&format!("<p class=\"verdict\">{}</p>\n", inline(&first)));
    }
    out.push_str(&write(&blocks.collect::<Vec<_>>()));
    out
}

/// Blocks, one after another.
pub(crate) fn write(blocks: &[Block]) -> String {
    blocks.iter().map(block).collect()
}

fn block(block: &Block) -> String {
    match block {
        Block::Paragraph(line) => format!("<p>{}</p>\n", inline(line)),
        Block::List(lines) => {
            let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", inline(line))).collect();
            format!("<ul>\n{items}</ul>\n")
        }
        Block::Table(t) => table(t),
        Block::Log(lines, left_out) => {
            let before = if *left_out > 0 { format!("… {left_out} lines before\n") } else { String::new() };
            let lines: Vec<String> = lines.iter().map(|line| escape::html(line)).collect();
            format!("<pre class=\"log\" tabindex=\"0\">{before}{}</pre>\n", lines.join("\n"))
        }
        Block::Details { summary, body, open } => {
            let open = if *open { " open" } else { "" };
            format!("<details{open}>\n<summary>{}</summary>\n{}</details>\n", inline(summary), write(body))
        }
    }
}

/// One line as HTML.
pub(crate) fn inline(line: &Line) -> String {
    let write = |Span { text, style }: &Span| {
        let text = if *style == Style::Code { escape::html(text) } else { figures_together(&escape::html(text)) };
        match style {
            Style::Plain => text,
            Style::Strong => format!("<strong>{text}</strong>"),
            Style::Bad => format!("<strong class=\"bad\">{text}</strong>"),
            Style::Good => format!("<span class=\"good\">{text}</span>"),
            Style::Code => format!("<code>{text}</code>"),
        }
    };
    line.0.iter().map(write).collect()
}

/// A figure and its unit stay on one line where a narrow cell wraps.
fn figures_together(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, part) in text.split(' ').enumerate() {
        let is_unit = matches!(part.trim_end_matches([',', '.', ';', ')']), "B" | "%");
        if i > 0 {
            out.push_str(if is_unit { "&nbsp;" } else { " " });
        }
        out.push_str(part);
    }
    out
}

fn table(table: &Table) -> String {
    let class = |align: Align| if align == Align::Right { " class=\"num\"" } else { "" };
    // A heading without words would be read aloud as one.
    let head = |(title, align): &(&str, Align)| match *title {
        "" => "<td></td>".to_owned(),
        title => format!("<th scope=\"col\"{}>{title}</th>", class(*align)),
    };
    let heads: String = table.columns.iter().map(head).collect();
    let row = |cells: &Vec<Line>| {
        let cells: String =
            cells.iter().zip(&table.columns).map(|(cell, (_, align))| format!("<td{}>{}</td>", class(*align), inline(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(row).collect();
    // A table wider than a phone scrolls by itself, not the page; the keyboard can reach it.
    format!("<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n")
}
