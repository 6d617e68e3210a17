//! What is looked at after each attempt: the comment and the page.

use crate::demo::cast::Cast;
use anyhow::{Result, ensure};

/// Our report on a pull request, of which there is one.
///
/// # Errors
/// Where there is none, or another one.
pub fn one_report(cast: &Cast, repo: &str, pull: u64) -> Result<String> {
    let ours = cast.double.comments(repo, pull).into_iter().filter(|c| c.body.trim_end().ends_with("<!-- ounce:report -->"));
    let mut bodies: Vec<String> = ours.map(|c| c.body).collect();
    ensure!(bodies.len() == 1, "{} reports where one was meant:\n{}", bodies.len(), bodies.join("\n=====\n"));
    Ok(bodies.remove(0))
}

/// The rows of the boards.
pub fn figures(report: &str) -> Vec<String> {
    report.lines().filter(|line| line.starts_with("| ") && line.contains("`an38")).map(str::to_owned).collect()
}

/// Nothing of what a build printed means anything: in the comment it stands in a block that it cannot close, on the page it is text.
///
/// # Errors
/// The line that lives.
pub fn live_text(page: &str, report: &str) -> Result<()> {
    for element in ["<img src=x", "<script>alert", "onerror=alert(1)>"] {
        ensure!(!page.contains(element), "the page has a live {element}");
    }
    let text = report.trim_end().trim_end_matches("<!-- ounce:report -->");
    let mut fence: Option<&str> = None;
    for line in text.lines().map(str::trim_start) {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if ticks.len() >= open.len() && line == ticks => fence = None,
            None => {
                for word in ["<!--", "@everyone", "<img", "<script"] {
                    ensure!(!line.contains(word), "{word} outside of a block: {line}");
                }
            }
            Some(_) => {}
        }
    }
    ensure!(fence.is_none(), "a block that was not closed:\n{report}");
    Ok(())
}
