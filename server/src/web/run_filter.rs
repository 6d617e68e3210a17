//! Which runs of a project an address asks for: of a page or of the API, in the same words.

use crate::store::run_list::Filter;
use form_urlencoded::Serializer;
use ounce_protocol::ids::BoardName;
use serde::Deserialize;
use utoipa::IntoParams;

/// States a run may be asked for in.
pub const STATES: [&str; 5] = ["waiting", "measuring", "judged", "refused", "superseded"];
/// Verdicts.
pub const VERDICTS: [&str; 5] = ["unchanged", "within_budget", "over_budget", "incomplete", "broken"];
/// Kinds.
pub const KINDS: [&str; 3] = ["pull", "push", "compare"];
/// Longest author or text looked for, bytes.
pub const PART_BYTES_MAX: usize = 200;

/// The parameters as they came. An empty one is none: a form sends all of its fields.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `waiting`, `measuring`, `judged`, `refused` or `superseded`.
    #[serde(default)]
    state: Option<String>,
    /// `unchanged`, `within_budget`, `over_budget`, `incomplete` or `broken`.
    #[serde(default)]
    verdict: Option<String>,
    /// `pull`, `push` or `compare`.
    #[serde(default)]
    kind: Option<String>,
    /// A board that was to be weighed.
    #[serde(default)]
    board: Option<String>,
    /// A part of the author's name, in any case.
    #[serde(default)]
    author: Option<String>,
    /// A pull request's number.
    #[serde(default)]
    pull: Option<String>,
    /// A part of the title, in any case, or the first digits of a commit's id.
    #[serde(default)]
    text: Option<String>,
    /// Only runs with smaller numbers.
    #[serde(default)]
    before: Option<String>,
}

impl Asked {
    /// The parameters that say something, by name, without `before`.
    fn said(&self) -> [(&'static str, &str); 7] {
        [
            ("state", &self.state),
            ("verdict", &self.verdict),
            ("kind", &self.kind),
            ("board", &self.board),
            ("author", &self.author),
            ("pull", &self.pull),
            ("text", &self.text),
        ]
        .map(|(name, value)| (name, value.as_deref().unwrap_or("").trim()))
    }

    /// What a parameter says; empty where it says nothing.
    pub fn value(&self, name: &str) -> &str {
        self.said().into_iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The same question, going on below that run.
    pub fn query(&self, before: i64) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.said().into_iter().filter(|(_, value)| !value.is_empty()));
        query.append_pair("before", &before.to_string());
        query.finish()
    }

    /// Below which run; the mistake in it, in a sentence.
    pub fn before(&self) -> Result<Option<i64>, String> {
        number("before", self.before.as_deref().unwrap_or("").trim(), "run")
    }

    /// What is meant, or the first mistake, in a sentence.
    pub fn filter(&self) -> Result<Filter, String> {
        let text = |name: &str| Some(self.value(name)).filter(|value| !value.is_empty());
        let word = |name: &str, known: &[&str]| match text(name) {
            Some(value) if !known.contains(&value) => Err(format!("{name}={:?} is none of {}", short(value), known.join(", "))),
            value => Ok(value.map(str::to_owned)),
        };
        let part = |name: &str| match text(name) {
            Some(value) if value.len() > PART_BYTES_MAX => {
                Err(format!("{name} is longer than {PART_BYTES_MAX} bytes: look for a part of it"))
            }
            value => Ok(value.map(str::to_owned)),
        };
        let board = text("board").map(|board| BoardName::parse(board).map_err(|e| format!("board={:?}: {e}", short(board))));
        Ok(Filter {
            state: word("state", &STATES)?,
            verdict: word("verdict", &VERDICTS)?,
            kind: word("kind", &KINDS)?,
            board: board.transpose()?,
            author: part("author")?,
            pull: number("pull", self.value("pull").trim_start_matches('#'), "pull request")?,
            text: part("text")?,
        })
    }
}

fn number(name: &str, text: &str, what: &str) -> Result<Option<i64>, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ if text.is_empty() => Ok(None),
        _ => Err(format!("{name}={:?} is no {what}'s number", short(text))),
    }
}

/// A word of who asks, cut: it is shown in the answer.
fn short(word: &str) -> String {
    ounce_report::visible(word, 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        let of = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Asked {
            state: of("state"),
            verdict: of("verdict"),
            kind: of("kind"),
            board: of("board"),
            author: of("author"),
            pull: of("pull"),
            text: of("text"),
            before: of("before"),
        }
    }

    #[test]
    fn a_mistake_is_named() {
        let check = |name: &str, value: &str, expected: &str| {
            assert_eq!(asked(&[(name, value)]).filter().map(|_| "good".to_owned()).unwrap_or_else(|e| e), expected, "{name}={value}");
        };
        check("state", "judged", "good");
        check("state", "", "good");
        check("state", "<b>", "state=\"<b>\" is none of waiting, measuring, judged, refused, superseded");
        check("verdict", "x", "verdict=\"x\" is none of unchanged, within_budget, over_budget, incomplete, broken");
        check("kind", "bisect", "kind=\"bisect\" is none of pull, push, compare");
        check("pull", "#12", "good");
        check("pull", "-1", "pull=\"-1\" is no pull request's number");
        check("pull", "99999999999999999999", "pull=\"99999999999999999999\" is no pull request's number");
        check("text", &"x".repeat(201), "text is longer than 200 bytes: look for a part of it");
        assert!(asked(&[("board", "a b")]).filter().is_err());
        assert_eq!(asked(&[("before", "x")]).before(), Err("before=\"x\" is no run's number".into()));
    }

    #[test]
    fn an_older_page_asks_the_same() {
        let asked = asked(&[("state", "judged"), ("text", "a&b=c ü"), ("author", " "), ("before", "40")]);
        assert_eq!(asked.query(7), "state=judged&text=a%26b%3Dc+%C3%BC&before=7");
        assert_eq!(asked.filter().unwrap().text.as_deref(), Some("a&b=c ü"));
    }
}
