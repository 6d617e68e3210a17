//! The server's own words on a pull request: what stands there when there is no report, and what goes around the report.
//!
//! The report itself is the scribe's. Only here are the marker, the links and the footer added.

use crate::store::runs::Run;
use ounce_analysis::Comparison;
use ounce_protocol::manifest::FILE_NAME;

/// Finds our comment again. The last line of each.
pub const MARKER: &str = "<!-- ounce:report -->";
/// Longest title of a check: a commit status has no more room.
pub const CHECK_TITLE_CHARS_MAX: usize = 140;

/// The page of a run, where the server has a public address.
pub fn run_url(public_url: Option<&str>, run: i64) -> Option<String> {
    public_url.map(|url| format!("{url}/runs/{run}"))
}

/// A comment: the text, the footer, the marker.
pub fn comment(body: &str, url: Option<&str>) -> String {
    let footer = match url {
        Some(url) => format!("<sub>Weighed by Ounce · [all figures]({url})</sub>"),
        None => "<sub>Weighed by Ounce</sub>".to_owned(),
    };
    format!("{}\n\n{footer}\n{MARKER}\n", body.trim_end())
}

/// Finds our answer to a command again. The last line of each.
pub fn answer_marker(to: u64) -> String {
    format!("<!-- ounce:answer:{to} -->")
}

/// An answer to a command: the text, the link, the marker.
pub fn answer(body: &str, url: Option<&str>, to: u64) -> String {
    let footer = url.map_or(String::new(), |url| format!("\n\n<sub>[all figures]({url})</sub>"));
    format!("{}{footer}\n{}\n", body.trim_end(), answer_marker(to))
}

/// The report, cut to what a comment may hold with what goes around it.
pub fn report(comparison: &Comparison) -> String {
    ounce_report::body_within(comparison, ounce_report::COMMENT_BYTES_MAX)
}

/// What stands on the pull request while it is weighed.
pub fn measuring(run: &Run, boards: usize) -> String {
    format!("**Weighing** {} on {}. The figures will stand here.\n", pair(run), counted(boards, "board"))
}

/// What stands there while a fork's commit waits.
pub fn waiting(run: &Run) -> String {
    format!(
        "**Waiting for approval.** This pull request comes from a fork, so nothing of it is built or run by itself. Someone with \
         write access must look at exactly this commit and approve it, with the check's button or with this line in a comment:\n\n\
         ```text\n/ounce approve {}\n```\n\nIt is then built and run in a sandbox. A push revokes the approval.\n",
        run.shown
    )
}

/// Why a fork's pull request is not weighed where the project does not want that.
pub const FORKS_NEVER: &str = "this project's manifest says that pull requests from forks are never run";

/// What stands there when somebody cancelled it.
pub fn cancelled(run: &Run, login: &str) -> String {
    format!("**Cancelled** by {} before {} was weighed. `/ounce run` weighs it.\n", code(login), pair(run))
}

/// Why a run whose jobs ended has no comparison.
pub const NOT_JUDGED: &str = "the comparison failed on the server; its log says why. Push again to try once more";

/// What stands there when the figures came and could not be compared.
pub fn not_judged(run: &Run) -> String {
    format!("**Not weighed.** {}: {}.\n", pair(run), run.note)
}

/// What stands there when the base's manifest has a mistake.
pub fn refused(run: &Run) -> String {
    format!(
        "**Not weighed.** The manifest of the base commit `{}` cannot be used:\n\n{}\n\nMend `{FILE_NAME}` on the base branch; \
         a pull request's own manifest counts once it has landed.\n",
        run.base.short(),
        fenced(&run.note)
    )
}

/// What stands there when the pull request was closed before the figures came.
pub fn closed(run: &Run) -> String {
    format!("**Not weighed.** The pull request was closed before {} was weighed.\n", pair(run))
}

/// Why a pull request without a manifest is not weighed.
pub fn no_manifest(head_has_one: bool) -> String {
    if head_has_one {
        format!("the base has no {FILE_NAME}; the one of this pull request counts once it has landed")
    } else {
        format!("the base has no {FILE_NAME}: add one at the root of the repository that lists boards, build commands and regions")
    }
}

/// Why a pull request could not be planned.
pub fn not_planned(why: &str) -> String {
    format!("Ounce could not find out what to weigh: {why}. Push again, or close and reopen the pull request, to try once more")
}

/// A title of a check: one line, cut.
pub fn title(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(CHECK_TITLE_CHARS_MAX) {
        None => line,
        Some(_) => line.chars().take(CHECK_TITLE_CHARS_MAX - 1).chain(['…']).collect(),
    }
}

/// `6 boards`, `1 board`.
pub fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn pair(run: &Run) -> String {
    let how = if run.conflict { " (it conflicts with its base branch: its own head against the merge base)" } else { "" };
    format!("`{}` against `{}`{how}", run.head.short(), run.base.short())
}

/// A text from outside as a code span on one line that it cannot end, and that holds no marker and mentions nobody.
pub fn code(text: &str) -> String {
    const CHARS_MAX: usize = 600;
    let text = ounce_report::visible(text, CHARS_MAX).replace("<!--", "<! --");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A text from outside as a code block that it cannot end: the fence is longer than any run of backticks in it.
pub fn fenced(text: &str) -> String {
    const CHARS_MAX: usize = 4_000;
    let text: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(CHARS_MAX).collect();
    let text = text.replace("<!--", "<! --");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{}\n{fence}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("a\n"), "```text\na\n```");
        assert_eq!(fenced("``` @all\u{1b}"), "````text\n``` @all\n````");
    }

    #[test]
    fn a_span_holds_what_it_holds() {
        let check = |text: &str, expected: &str| assert_eq!(code(text), expected);
        check("octo-dev", "`octo-dev`");
        check("a `b` @all", "``a `b` @all``");
        check("`b`", "`` `b` ``");
        check("one\ntwo <!-- ounce:report -->", "`one two <! -- ounce:report -->`");
        check("", "`  `");
    }

    #[test]
    fn an_answer_ends_with_the_marker_of_what_it_answers() {
        assert_eq!(answer("hi\n", None, 7), "hi\n<!-- ounce:answer:7 -->\n");
        assert_eq!(
            answer("hi", Some("https://o/runs/1"), 7),
            "hi\n\n<sub>[all figures](https://o/runs/1)</sub>\n<!-- ounce:answer:7 -->\n"
        );
    }

    #[test]
    fn a_title_is_one_short_line() {
        assert_eq!(title("a\nb"), "a b");
        let long = title(&"ü".repeat(200));
        assert_eq!((long.chars().count(), long.chars().last()), (CHECK_TITLE_CHARS_MAX, Some('…')));
        assert_eq!(title(&"x".repeat(140)), "x".repeat(140));
    }

    #[test]
    fn a_comment_ends_with_its_marker() {
        assert_eq!(comment("hi\n", None), "hi\n\n<sub>Weighed by Ounce</sub>\n<!-- ounce:report -->\n");
        assert!(comment("hi", Some("https://o/runs/1")).contains("[all figures](https://o/runs/1)"));
    }
}
