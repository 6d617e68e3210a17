//! What an address asks for, read once: its parameters, a period of the history, and what is said where it makes no sense.

use super::super::super::access::Sight;
use super::super::{PageError, Tab, Top, message, shown};
use crate::store::{Connection, StoreError, life, refs};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use std::collections::HashMap;

/// Longest value of a parameter, bytes: a name as it is kept may be 600, and each of its bytes a sign of its own.
const VALUE_BYTES_MAX: usize = 4_000;
/// Days of a period where the address says none.
const DAYS: i64 = 30;
/// Longest period, days.
const DAYS_MAX: i64 = 3_650;
const DAY_MS: i64 = 24 * 3_600_000;
/// Tags offered, the newest.
const TAGS_OFFERED: i64 = 30;

/// Why there is no page: the answer to be given instead.
#[derive(Debug)]
pub struct Failure(Box<Response>);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<PageError> for Failure {
    fn from(error: PageError) -> Failure {
        Failure(Box::new(error.into_response()))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        PageError::Internal(error).into()
    }
}

/// A project's page, for what is said instead of it.
#[derive(Clone, Copy)]
pub struct Here<'a> {
    pub sight: &'a Sight,
    pub repo: &'a str,
    pub tab: Tab,
}

impl Here<'_> {
    /// What stands at the top.
    pub fn top(&self) -> Top {
        Top::of_project(self.sight, self.repo, self.tab)
    }

    /// The address makes no sense; the sentence names what, and the next step.
    pub fn bad(&self, text: impl Into<String>) -> Failure {
        Failure(Box::new(message(StatusCode::BAD_REQUEST, self.top(), "That address makes no sense here", text)))
    }

    /// What it asks for is not there.
    pub fn missing(&self, text: impl Into<String>) -> Failure {
        Failure(Box::new(message(StatusCode::NOT_FOUND, self.top(), "Not found", text)))
    }
}

/// An answer instead of a page, for handlers that give one.
pub fn instead(response: Response) -> Failure {
    Failure(Box::new(response))
}

/// The parameters of an address.
#[derive(Debug, Clone, Default)]
pub struct Params(pub HashMap<String, String>);

impl Params {
    /// A parameter that says something.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// The same, in bounds.
    pub fn text(&self, here: Here<'_>, key: &str) -> Result<Option<&str>, Failure> {
        match self.get(key) {
            Some(value) if value.len() > VALUE_BYTES_MAX => {
                Err(here.bad(format!("{key} is longer than {VALUE_BYTES_MAX} bytes: shorten it.")))
            }
            value => Ok(value),
        }
    }

    /// One of these words; the first where nothing is said.
    pub fn word<T: Copy>(&self, here: Here<'_>, key: &str, words: &[(&str, T)]) -> Result<T, Failure> {
        let Some(asked) = self.text(here, key)? else { return Ok(words[0].1) };
        words.iter().find(|(word, _)| *word == asked).map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            here.bad(format!("{key}={:?} is none of: {}.", shown(asked), known.join(", ")))
        })
    }

    /// A whole number from 1 to a limit.
    pub fn number(&self, here: Here<'_>, key: &str, otherwise: i64, max: i64) -> Result<i64, Failure> {
        let Some(asked) = self.text(here, key)? else { return Ok(otherwise) };
        let number = asked.trim().parse().ok().filter(|n| (1..=max).contains(n));
        number.ok_or_else(|| here.bad(format!("{key}={:?} is no whole number from 1 to {max}.", shown(asked))))
    }
}

/// A tag, or another name of a commit, that a period begins at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As asked for: hostile text.
    pub name: String,
    /// The commit.
    pub sha: String,
    /// Its row.
    pub commit_id: i64,
}

/// A period of the history: all commits of the default branch after one, or of so many days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// `in the last 30 days`, `since v1.2`: may be hostile text, one visible line.
    pub words: String,
    /// It begins after this time, and, of one time, this row.
    pub after: (Millis, i64),
    /// What it begins at, where that has a name.
    pub named: Option<Named>,
    /// Its days, where it has none.
    pub days: i64,
}

impl Period {
    /// What an address asks for by `since=` or `days=`.
    pub async fn read(c: &mut Connection, project: i64, params: &Params, here: Here<'_>, now: Millis) -> Result<Period, Failure> {
        let Some(since) = params.text(here, "since")? else {
            let days = params.number(here, "days", DAYS, DAYS_MAX)?;
            let words = if days == 1 { "in the last day".to_owned() } else { format!("in the last {days} days") };
            return Ok(Period { words, after: (now.saturating_sub(days * DAY_MS), 0), named: None, days });
        };
        let asked = shown(since);
        let sha = match CommitSha::parse(since) {
            Ok(sha) => Some(sha),
            Err(_) => refs::find(c, project, since).await?,
        };
        let Some(sha) = sha else {
            let known: Vec<String> = tags(c, project).await?.into_iter().take(8).map(|tag| shown(&tag)).collect();
            let known = if known.is_empty() {
                "No tag is known yet: they are, once pushed.".to_owned()
            } else {
                format!("Known are: {}.", known.join(", "))
            };
            return Err(here.missing(format!("since={asked:?} is no tag or branch known here, nor a commit by its 40 digits. {known}")));
        };
        let Some(commit) = life::on_default(c, project, sha.as_str()).await? else {
            let short = sha.short();
            return Err(here.missing(format!("{asked} is commit {short}, which is not on the default branch as far as it is known here. Weigh it with `ounce-server backfill --since`.")));
        };
        let named = Named { name: since.to_owned(), sha: commit.sha, commit_id: commit.id };
        Ok(Period { words: format!("since {asked}"), after: (commit.committed_ms, commit.id), named: Some(named), days: DAYS })
    }

    /// As a parameter of an address.
    pub fn param(&self) -> (&'static str, String) {
        match &self.named {
            Some(named) => ("since", named.name.clone()),
            None => ("days", self.days.to_string()),
        }
    }

    /// The name it begins at, for a form.
    pub fn since(&self) -> &str {
        self.named.as_ref().map_or("", |named| &named.name)
    }
}

/// The newest tags.
pub async fn tags(c: &mut Connection, project: i64) -> Result<Vec<String>, StoreError> {
    Ok(refs::tags(c, project, TAGS_OFFERED).await?.into_iter().map(|tag| tag.name).collect())
}

/// An address with parameters; those that say nothing are left out.
pub fn address(path: &str, params: &[(&str, &str)]) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b':' | b'/');
    let mut out = path.to_owned();
    for (at, (key, value)) in params.iter().filter(|(_, value)| !value.is_empty()).enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        out.push_str(key);
        out.push('=');
        value.bytes().for_each(|b| if plain(b) { out.push(char::from(b)) } else { out.push_str(&format!("%{b:02X}")) });
    }
    out
}

/// A text as an attribute's value, exactly: a form gives it back as it was. All but plain signs are written by number, so that nothing in it is
/// markup, and nothing invisible stands in the page's own text.
pub fn exact(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | ':' | '/');
    let write = |c: char| if plain(c) { c.to_string() } else { format!("&#{};", u32::from(c)) };
    // No number of a character reference means NUL.
    text.chars().filter(|c| *c != '\0').map(write).collect()
}

/// Choices of a form's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub text: String,
    /// Whether it is the one.
    pub is_chosen: bool,
}

impl Choice {
    /// Its value for the template, which must not escape it again.
    pub fn exact(&self) -> String {
        exact(&self.value)
    }
}

/// A choice of each of these values; they are shown as one visible line.
pub fn choices<'a>(values: impl IntoIterator<Item = &'a str>, chosen: &str) -> Vec<Choice> {
    values.into_iter().map(|value| Choice { value: value.to_owned(), text: shown(value), is_chosen: value == chosen }).collect()
}

/// With all of them before: nothing is sent for those.
pub fn or_all(choices: Vec<Choice>) -> Vec<Choice> {
    let is_chosen = choices.iter().all(|choice| !choice.is_chosen);
    std::iter::once(Choice { value: String::new(), text: "all".to_owned(), is_chosen }).chain(choices).collect()
}

/// The periods that a form offers, and the one asked for.
pub fn days_offered(days: i64) -> Vec<Choice> {
    let mut all = vec![7, 30, 90, 365];
    if !all.contains(&days) {
        all.push(days);
        all.sort_unstable();
    }
    let choice =
        |n: i64| Choice { value: n.to_string(), text: if n == 1 { "1 day".into() } else { format!("{n} days") }, is_chosen: n == days };
    all.into_iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_any_name() {
        let check = |params: &[(&str, &str)], expected: &str| assert_eq!(address("/p/o/r/symbol", params), expected);
        check(&[], "/p/o/r/symbol");
        check(&[("name", "vm::run"), ("board", ""), ("group", "a b")], "/p/o/r/symbol?name=vm::run&group=a%20b");
        check(&[("name", "\"><&=#é")], "/p/o/r/symbol?name=%22%3E%3C%26%3D%23%C3%A9");
    }

    #[test]
    fn a_form_gives_a_text_back_and_nothing_in_it_is_markup() {
        assert_eq!(exact("vm::run<T> \"\u{202e}\0é"), "vm::run&#60;T&#62; &#34;&#8238;&#233;");
    }
}
