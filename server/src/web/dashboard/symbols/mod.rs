//! Who owns the bytes: the largest of today, who added them, and the life of one symbol, module or crate.

pub(super) mod asked;
mod drawn;
mod gather;
mod ledgers;
mod list;
mod one;
mod release;
mod rows;
#[cfg(test)]
pub(super) mod tests;
mod told;

use super::{Pages, shown};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
pub(super) use list::board;
use ounce_protocol::units::{grouped, signed};

/// The routes of this folder.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/p/{owner}/{name}/symbols", get(list::page)).route("/p/{owner}/{name}/symbol", get(one::page))
}

/// Longest name of a symbol in a table, in characters; the whole is in its address.
const NAME_CHARS_MAX: usize = 140;

/// A name from a build as one visible line, its middle left out where it is long.
fn line(text: &str) -> String {
    ounce_report::visible(text, NAME_CHARS_MAX)
}

/// A difference in words: the sign says which way it goes, the class only colours it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Moved {
    /// For scripts that sort.
    pub value: i64,
    /// `+1,234`; empty for none.
    pub text: String,
    /// `worse`, `better` or nothing.
    pub class: &'static str,
}

/// More is worse.
pub(super) fn moved(delta: i64, unit: &str) -> Moved {
    let class = match delta {
        1.. => "worse",
        0 => "",
        _ => "better",
    };
    Moved { value: delta, text: if delta == 0 { String::new() } else { format!("{}{unit}", signed(delta)) }, class }
}

/// Parts per million as a difference: `+1.25 %`.
pub(super) fn moved_ppm(ppm: i64) -> Moved {
    let hundredths = ppm.unsigned_abs().saturating_add(50) / 100;
    let text = match (ppm, hundredths) {
        (0, _) => "0 %".to_owned(),
        (1.., 0) => "<+0.01 %".to_owned(),
        (_, 0) => ">−0.01 %".to_owned(),
        (n, h) => format!("{}{}.{:02} %", if n > 0 { "+" } else { "−" }, grouped(h / 100), h % 100),
    };
    Moved { value: ppm, text, ..moved(ppm, "") }
}

/// A share: `12.34 %`.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    let hundredths = u64::try_from(u128::from(part) * 10_000 / u128::from(whole)).unwrap_or(u64::MAX);
    match (part, hundredths) {
        (1.., 0) => "<0.01 %".to_owned(),
        _ => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
    }
}

/// A stored figure.
fn figure(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A commit with who wrote it and how it came, as the tables of these pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    pub short: String,
    pub href: String,
    pub summary: String,
    pub author: String,
    /// The pull request: its number, and its page at the forge.
    pub pull: Option<(i64, Option<String>)>,
    pub when: super::words::When,
}

/// Pages of a project: where its commits and pull requests are.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub repo: String,
    pub forge: Option<String>,
    pub now: i64,
}

impl Places {
    /// A commit's page.
    pub fn commit(&self, sha: &str) -> String {
        format!("/p/{}/commits/{sha}", self.repo)
    }

    /// A pull request with its page at the forge.
    pub fn pull(&self, number: i64) -> (i64, Option<String>) {
        (number, self.forge.as_ref().map(|url| format!("{url}/pull/{number}")))
    }

    /// A commit for a table.
    pub fn view(&self, sha: &str, summary: &str, author: &str, pull: Option<i64>, at_ms: i64) -> Commit {
        Commit {
            short: super::short(sha),
            href: self.commit(sha),
            summary: ounce_report::visible(summary, SUMMARY_CHARS_MAX),
            author: ounce_report::visible(author, AUTHOR_CHARS_MAX),
            pull: pull.map(|number| self.pull(number)),
            when: super::words::when(at_ms, self.now),
        }
    }

    /// The page of a symbol.
    pub fn symbol(&self, name: &str, group: &str) -> String {
        asked::address(
            &format!("/p/{}/symbol", self.repo),
            &[("name", &crate::store::symbols::cut(name)), ("group", &crate::store::symbols::cut(group))],
        )
    }

    /// The page of a module, a crate or another group.
    pub fn group(&self, group: &str) -> String {
        self.symbol("", group)
    }
}

const SUMMARY_CHARS_MAX: usize = 100;
const AUTHOR_CHARS_MAX: usize = 60;

#[cfg(test)]
mod words {
    use super::*;

    #[test]
    fn shares_and_differences_never_hide_something() {
        let check = |part, whole, text: &str| assert_eq!(share(part, whole), text);
        check(1, 3, "33.33 %");
        check(0, 3, "0.00 %");
        check(1, 1_000_000, "<0.01 %");
        check(1, 0, "");
        check(u64::MAX, u64::MAX, "100.00 %");
        let check = |ppm, text: &str| assert_eq!(moved_ppm(ppm).text, text);
        check(0, "0 %");
        check(12_500, "+1.25 %");
        check(-40, ">−0.01 %");
        check(40, "<+0.01 %");
        check(i64::MIN, "−922,337,203,685,477.58 %");
        assert_eq!(
            (moved(5, " B").text.as_str(), moved(5, "").class, moved(-5, "").class, moved(0, "").text.as_str()),
            ("+5 B", "worse", "better", "")
        );
    }
}
