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
        "**Waiting for approval.** This pull request comes from a fork, so nothing of it is built or run by itself. \
         Someone with write access must approve exactly this commit first: `{}`. A push revokes the approval.\n",
        run.shown
    )
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

/// A text from outside as a code block that it cannot end: the fence is longer than any run of backticks in it.
pub fn fenced(text: &str) -> String {
    const CHARS_MAX: usize = 4_000;
    let text: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(CHARS_MAX).collect();
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
