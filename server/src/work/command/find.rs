//! The line of a comment that is a command. Markdown decides what is the writer's own text, as the forge renders it.

use super::COMMENT_BYTES_MAX;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::ops::Range;

/// What a command begins with.
pub const CALL: &str = "/ounce";

/// Whether a line, without the space before it, begins with the call and not with a longer word.
fn calls(line: &str) -> bool {
    line.get(..CALL.len()).is_some_and(|start| start.eq_ignore_ascii_case(CALL))
        && line[CALL.len()..].chars().next().is_none_or(char::is_whitespace)
}

/// The first line that calls us in a paragraph (or a heading) of the comment itself.
pub fn line(comment: &str) -> Option<&str> {
    if comment.len() > COMMENT_BYTES_MAX || !comment.lines().any(|line| calls(line.trim())) {
        return None;
    }
    // GitHub's dialect, as far as it says what is a table, a footnote or struck out.
    let dialect = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut depth = 0u32;
    let mut own: Option<Range<usize>> = None;
    let mut covered: Vec<Range<usize>> = Vec::new();
    for (event, range) in Parser::new_ext(comment, dialect).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                match tag {
                    Tag::Paragraph | Tag::Heading { .. } if depth == 0 => own = Some(range),
                    Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough => covered.push(range),
                    _ => {}
                }
                depth += 1;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    if let Some(line) = own.take().and_then(|own| called(comment, own, &covered)) {
                        return Some(line);
                    }
                    covered.clear();
                }
            }
            Event::Code(_) | Event::InlineHtml(_) | Event::Html(_) => covered.push(range),
            _ => {}
        }
    }
    None
}

/// The first line of a paragraph that calls us, and that no code, HTML or link reaches into.
fn called<'a>(comment: &'a str, own: Range<usize>, covered: &[Range<usize>]) -> Option<&'a str> {
    let mut at = own.start;
    for line in comment.get(own)?.split_inclusive('\n') {
        let text = line.trim();
        let begin = at + (line.len() - line.trim_start().len());
        at += line.len();
        if calls(text) && !covered.iter().any(|covered| covered.contains(&begin)) {
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_writers_own_text_is_a_command() {
        let check = |comment: &str, expected: Option<&str>| assert_eq!(line(comment), expected, "{comment:?}");
        check("/ounce run", Some("/ounce run"));
        check("  /ounce run  \r\n", Some("/ounce run"));
        check("Thanks!\n/ounce run\nSee you", Some("/ounce run"));
        check("Thanks!\n\n/ounce run\n\n/ounce cancel", Some("/ounce run"));
        check("/ounce run\n---\nme", Some("/ounce run"));
        check("> /ounce run\n\n/ounce cancel", Some("/ounce cancel"));
        check("`code` before\n/ounce run", Some("/ounce run"));

        check("please /ounce run", None);
        check("/ounces run", None);
        check("/ounce-run", None);
        check("\\/ounce run", None);
        check("> /ounce run", None);
        check("> quoted\n/ounce run", None);
        check("```\n/ounce run\n```", None);
        check("```\n/ounce run", None);
        check("~~~sh\n/ounce run\n~~~", None);
        check("    /ounce run", None);
        check("`\n/ounce run\n`", None);
        check("- /ounce run", None);
        check("- they say\n  /ounce run", None);
        check("1. one\n\n   /ounce run", None);
        check("<!-- /ounce run -->", None);
        check("<!--\n\n/ounce run\n\n-->", None);
        check("hi <!--\n/ounce run\n-->", None);
        check("<pre>\n/ounce run\n</pre>", None);
        check("<div>\n/ounce run\n</div>", None);
        check("[text\n/ounce run](https://x)", None);
        check("~~gone\n/ounce run~~", None);
        check("a | b\n--- | ---\n/ounce run | c", None);
        check("[^1]\n\n[^1]: /ounce run", None);
        check("", None);
    }

    #[test]
    fn a_comment_larger_than_the_forges_limit_is_not_read() {
        let padded = |len: usize| format!("/ounce run\n\n{}", " ".repeat(len));
        assert!(line(&padded(100)).is_some());
        assert!(line(&padded(COMMENT_BYTES_MAX)).is_none());
    }
}
