//! Hostile text made harmless, once for each place it can appear in: markdown text, code spans, table cells, fenced
//! blocks, HTML, and a terminal.
//!
//! Symbol names, logs and benchmark details come from builds that strangers wrote. Nothing of them may forge our comment
//! marker, mention a person, link somewhere, break a table, start markup, move the cursor or reorder the line.

/// Longest name shown, in characters; the middle of a longer one is left out.
pub(crate) const NAME_CHARS_MAX: usize = 96;
/// Longest sentence taken from outside, in characters.
pub(crate) const SENTENCE_CHARS_MAX: usize = 400;
/// What stands where a character is not shown.
const HIDDEN: char = '\u{fffd}';

/// Whether a character reorders, joins or hides its neighbours: bidi controls, zero-width characters, tags. So do the two that no XML,
/// and so no SVG, may hold.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line of visible characters: line ends and tabs become spaces, what is invisible becomes U+FFFD.
pub(crate) fn line(text: &str) -> String {
    let show = |c: char| match c {
        '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        c if c.is_control() || is_invisible(c) => HIDDEN,
        c => c,
    };
    text.chars().map(show).collect()
}

/// Text from outside as one visible line of at most `chars_max` characters, for a page's own template to escape: no control,
/// bidi or zero-width characters, the middle left out where it is longer.
pub fn visible(text: &str, chars_max: usize) -> String {
    clip(&line(text), chars_max)
}

/// At most `chars_max` characters: the middle is replaced by `…`, since a symbol's two ends say most.
pub(crate) fn clip(text: &str, chars_max: usize) -> String {
    let count = text.chars().count();
    if count <= chars_max {
        return text.to_owned();
    }
    let kept = chars_max.saturating_sub(1);
    let front = kept.div_ceil(2);
    let mut out: String = text.chars().take(front).collect();
    if chars_max > 0 {
        out.push('…');
    }
    out.extend(text.chars().skip(count - (kept - front)));
    out
}

/// Breaks what would become a comment marker where entities are not decoded: code spans and fenced blocks.
fn without_comment(text: &str) -> String {
    text.replace("<!--", "<! --").replace("-->", "-- >")
}

fn longest_run_of_backticks(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A markdown code span with a fence longer than any run of backticks inside. In a table cell a pipe is escaped too,
/// as GitHub's tables are split before their cells are read.
pub(crate) fn code_span(text: &str, in_cell: bool) -> String {
    let text = without_comment(&line(text));
    let text = if in_cell { text.replace('|', "\\|") } else { text };
    if text.trim().is_empty() {
        return "(no name)".into();
    }
    let run = longest_run_of_backticks(&text);
    let fence = "`".repeat(if run == 0 { 1 } else { run + 1 });
    let edge = |c: Option<char>| matches!(c, Some('`' | ' '));
    // A space at each end is taken away again by the renderer.
    let pad = if edge(text.chars().next()) || edge(text.chars().last()) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A fenced block, its fence longer than any run of backticks inside.
pub(crate) fn fenced(lines: &[String]) -> String {
    let text = without_comment(&lines.join("\n"));
    let fence = "`".repeat(longest_run_of_backticks(&text).max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

/// Markdown text that reads as itself: no markup, no mention, no reference, no link, no mathematics.
pub(crate) fn markdown(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut before: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied();
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '_' if is_word(before) && is_word(after) => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            '-' | '+' if before.is_none() && after == Some(' ') => out.extend(['\\', c]),
            '.' | ')' if after == Some(' ') && is_ordinal(&out) => out.extend(['\\', c]),
            _ => push_unlinked(&mut out, c, after, &text, before),
        }
        before = Some(c);
    }
    out
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

/// Whether a dot after this would make a numbered list of the line.
fn is_ordinal(so_far: &str) -> bool {
    !so_far.is_empty() && so_far.len() <= 9 && so_far.bytes().all(|b| b.is_ascii_digit())
}

/// GitHub turns `@name`, `#1`, `GH-1`, `https://…` and `www.…` into notifications and links; a zero-width space between prevents it.
fn push_unlinked(out: &mut String, c: char, after: Option<char>, text: &str, before: Option<char>) {
    match c {
        '@' => out.push_str("@&#8203;"),
        '#' if before.is_none() && !is_word(after) => out.push_str("\\#"),
        '#' => out.push_str("#&#8203;"),
        ':' if after == Some('/') && text.contains("://") => out.push_str(":&#8203;"),
        '.' if ends_with_ignoring_case(out, "www") => out.push_str("&#8203;."),
        '-' if ends_with_ignoring_case(out, "gh") => out.push_str("-&#8203;"),
        c => out.push(c),
    }
}

fn ends_with_ignoring_case(text: &str, end: &str) -> bool {
    text.len() >= end.len() && text.as_bytes()[text.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}

/// HTML text or a quoted attribute's value.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// HTML text inside a markdown comment, where GitHub still looks for mentions, references and links.
pub(crate) fn html_in_markdown(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut before: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => out.push_str(&html(c.encode_utf8(&mut [0; 4]))),
            c => push_unlinked(&mut out, c, chars.peek().copied(), &text, before),
        }
        before = Some(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_holds_anything() {
        let check = |text: &str, span: &str| assert_eq!(code_span(text, false), span, "{text:?}");
        check("core::fmt::write", "`core::fmt::write`");
        check("a`b", "``a`b``");
        check("a``b", "```a``b```");
        check("`a`", "`` `a` ``");
        check(" a ", "`  a  `");
        check("a\nb\tc\r\nd", "`a b c  d`");
        check("<!-- ounce -->", "`<! -- ounce -- >`");
        check("@root", "`@root`");
        check("a\u{202e}b\u{0}c\u{200b}", "`a\u{fffd}b\u{fffd}c\u{fffd}`");
        check("", "(no name)");
        check(" ", "(no name)");
    }

    #[test]
    fn a_pipe_does_not_end_a_cell() {
        let check = |text: &str, span: &str| assert_eq!(code_span(text, true), span, "{text:?}");
        check("a|b", "`a\\|b`");
        check("|", "`\\|`");
        check("a\\|b", "`a\\\\|b`");
    }

    #[test]
    fn text_reads_as_itself() {
        let check = |text: &str, escaped: &str| assert_eq!(markdown(text), escaped, "{text:?}");
        check("flash may grow by 256 B", "flash may grow by 256 B");
        check("snake_case", "snake_case");
        check("_em_", "\\_em\\_");
        check("**bold** `code`", "\\*\\*bold\\*\\* \\`code\\`");
        check("<script>&amp;", "&lt;script&gt;&amp;amp;");
        check("<!-- ounce:1 -->", "&lt;!-- ounce:1 --&gt;");
        check("thanks @root", "thanks @&#8203;root");
        check("see #12 and o/r#3", "see #&#8203;12 and o/r#&#8203;3");
        check("# title", "\\# title");
        check("- item", "\\- item");
        check("-12 B", "-12 B");
        check("12. item", "12\\. item");
        check("by 1. 2", "by 1. 2");
        check("[a](https://x.y)", "\\[a\\](https:&#8203;//x.y)");
        check("www.x.y", "www&#8203;.x.y");
        check("GH-12", "GH-&#8203;12");
        check("a|b $x$ ~~y~~", "a\\|b \\$x\\$ \\~\\~y\\~\\~");
        check("a\nb", "a b");
    }

    #[test]
    fn html_is_only_text() {
        let check = |text: &str, escaped: &str| assert_eq!(html(text), escaped, "{text:?}");
        check("<script>alert('1')</script>", "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
        check("\" onload=\"x", "&quot; onload=&quot;x");
        check("\u{2066}x", "\u{fffd}x");
        assert_eq!(html_in_markdown("<b>@root"), "&lt;b&gt;@&#8203;root");
    }

    #[test]
    fn what_is_hidden_is_seen_to_be() {
        assert_eq!(visible("a\u{202e}\nb", 9), "a\u{fffd} b");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        let check = |text: &str, fence: &str| {
            let block = fenced(&[text.to_owned()]);
            assert!(block.starts_with(&format!("{fence}text\n")) && block.ends_with(&format!("\n{fence}")), "{block}");
        };
        check("x", "```");
        check("```", "````");
        check("`````\n```", "``````");
        assert!(!fenced(&["<!-- ounce -->".into()]).contains("<!--"));
    }

    #[test]
    fn both_ends_of_a_long_name_stay() {
        let check = |text: &str, max: usize, short: &str| assert_eq!(clip(text, max), short);
        check("abcdef", 6, "abcdef");
        check("abcdefg", 6, "abc…fg");
        check("ééééééé", 4, "éé…é");
        check("abc", 1, "…");
        check("abc", 0, "");
    }
}
