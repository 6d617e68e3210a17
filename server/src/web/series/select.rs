//! Which series an address asks for, and how they are to be drawn.

use crate::store::figures::{COMMITS_MAX, Key};
use ounce_protocol::manifest::nearest;
use ounce_report::SERIES_DRAWN_MAX;
use std::fmt::Write;

/// Commits drawn where the address does not say.
const LAST: i64 = 200;
const KINDS: [&str; 4] = ["region", "instructions", "stack", "heap"];
/// Longest word of an address that is repeated in an answer, in characters.
const WORD_CHARS_MAX: usize = 80;

/// What y counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// Bytes or instructions.
    #[default]
    Absolute,
    /// Percent since the first commit drawn.
    Relative,
}

/// What x counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Along {
    /// Each commit as wide as the next.
    #[default]
    Commits,
    /// Time.
    Dates,
}

/// What an address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The series, in their order; those that are not known are left out of it.
    pub keys: Vec<Key>,
    /// What y counts.
    pub scale: Scale,
    /// What x counts.
    pub along: Along,
    /// How many commits.
    pub last: i64,
    /// Not newer than this commit.
    pub until: Option<String>,
}

/// Why an address cannot be answered, with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No series has this name.
    #[error(
        "There is no figure {0}. A figure is BOARD/NAME, such as disco/flash, or BOARD/NAME:stack; the list on this page has all of them."
    )]
    Unknown(String),
    /// Too many.
    #[error("At most {SERIES_DRAWN_MAX} figures are drawn at once: choose fewer.")]
    TooMany,
    /// A parameter has no such value.
    #[error("{0}")]
    Parameter(String),
}

fn word(text: &str) -> String {
    format!("“{}”", ounce_report::visible(text, WORD_CHARS_MAX))
}

/// A series' name in addresses and for people: `disco/flash`, `disco/fib:stack`.
pub fn key_text(key: &Key) -> String {
    match key.kind.as_str() {
        "region" | "instructions" => format!("{}/{}", key.board, key.name),
        kind => format!("{}/{}:{kind}", key.board, key.name),
    }
}

/// What its figures count.
pub fn unit(kind: &str) -> &'static str {
    if kind == "instructions" { "instructions" } else { "B" }
}

/// The series of this name; a region before a benchmark's instructions.
fn find<'k>(known: &'k [Key], text: &str) -> Option<&'k Key> {
    let (board, name) = text.split_once('/')?;
    let kinds: Vec<&str> = match name.rsplit_once(':') {
        Some((_, kind)) if KINDS.contains(&kind) => vec![kind],
        _ => KINDS[..2].to_vec(),
    };
    let name = name.rsplit_once(':').filter(|(_, kind)| KINDS.contains(kind)).map_or(name, |(name, _)| name);
    kinds.into_iter().find_map(|kind| known.iter().find(|key| key.board == board && key.kind == kind && key.name == name))
}

impl Selection {
    /// Reads the part of an address after `?`: `s=BOARD/NAME` again and again, or `board=BOARD` for its regions; `scale=relative`, `along=dates`,
    /// `last=N`, `until=SHA`. Without any series it is the first region of each board.
    pub fn read(query: &str, known: &[Key]) -> Result<Selection, SelectError> {
        let mut selection = Selection { keys: Vec::new(), scale: Scale::Absolute, along: Along::Commits, last: LAST, until: None };
        let mut board = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                (_, "") | ("scale", "absolute") | ("along", "commits") => {}
                ("s", text) => match find(known, text) {
                    Some(key) if selection.keys.contains(key) => {}
                    Some(key) => selection.keys.push(key.clone()),
                    None => {
                        let names: Vec<String> = known.iter().map(key_text).collect();
                        let hint = nearest(text, names.iter().map(String::as_str));
                        return Err(SelectError::Unknown(format!("{}{}", word(text), ounce_report::visible(&hint, WORD_CHARS_MAX))));
                    }
                },
                ("board", name) => board = Some(name.to_owned()),
                ("scale", "relative") => selection.scale = Scale::Relative,
                ("along", "dates") => selection.along = Along::Dates,
                ("last", text) => match text.parse() {
                    Ok(n) if (2..=COMMITS_MAX).contains(&n) => selection.last = n,
                    _ => return Err(SelectError::Parameter(format!("last={} is no number from 2 to {COMMITS_MAX}.", word(text)))),
                },
                ("until", sha) => match sha.len() >= 7 && sha.len() <= 40 && sha.bytes().all(|b| b.is_ascii_hexdigit()) {
                    true => selection.until = Some(sha.to_ascii_lowercase()),
                    false => return Err(SelectError::Parameter(format!("until={} is no commit: 7 to 40 of its digits.", word(sha)))),
                },
                ("scale" | "along", text) => {
                    return Err(SelectError::Parameter(format!(
                        "{name}={} is not known: scale=absolute or relative, along=commits or dates.",
                        word(text)
                    )));
                }
                // What other pages or programs add to an address is theirs.
                _ => {}
            }
        }
        if selection.keys.is_empty() {
            selection.keys = first(known, board.as_deref());
            if let (true, Some(board)) = (selection.keys.is_empty() && !known.is_empty(), board) {
                return Err(SelectError::Unknown(word(&board)));
            }
        }
        if selection.keys.len() > SERIES_DRAWN_MAX {
            return Err(SelectError::TooMany);
        }
        Ok(selection)
    }

    /// The same as an address's part after `?`.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for key in &self.keys {
            query.append_pair("s", &key_text(key));
        }
        if self.scale == Scale::Relative {
            query.append_pair("scale", "relative");
        }
        if self.along == Along::Dates {
            query.append_pair("along", "dates");
        }
        query.append_pair("last", &self.last.to_string());
        if let Some(sha) = &self.until {
            query.append_pair("until", sha);
        }
        query.finish()
    }
}

/// A board's regions; without a board the first region of each.
fn first(known: &[Key], board: Option<&str>) -> Vec<Key> {
    let regions = known.iter().filter(|key| key.kind == "region");
    match board {
        Some(board) => regions.filter(|key| key.board == board).cloned().collect(),
        None => {
            let mut firsts: Vec<Key> = Vec::new();
            for key in regions {
                if firsts.last().is_none_or(|last| last.board != key.board) {
                    firsts.push(key.clone());
                }
            }
            firsts.truncate(SERIES_DRAWN_MAX);
            firsts
        }
    }
}

/// A selection's series as a sentence for the title.
pub fn title(keys: &[Key]) -> String {
    let mut title = String::new();
    for (at, key) in keys.iter().take(3).enumerate() {
        let _ = write!(title, "{}{}", if at > 0 { ", " } else { "" }, key_text(key));
    }
    if keys.len() > 3 {
        let _ = write!(title, " and {} more", keys.len() - 3);
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Key> {
        let key = |text: &str| {
            let (board, rest) = text.split_once('/').unwrap();
            let (kind, name) = rest.split_once('/').unwrap();
            Key { board: board.into(), kind: kind.into(), name: name.into() }
        };
        ["disco/instructions/fib", "disco/region/flash", "disco/region/ram", "disco/stack/fib", "mini/region/flash"].map(key).to_vec()
    }

    #[test]
    fn an_address_names_its_series() {
        let check = |query: &str, expected: &str| {
            let read = Selection::read(query, &known()).unwrap_or_else(|e| panic!("{query}: {e}"));
            assert_eq!(read.query(), expected, "{query}");
            assert_eq!(Selection::read(&read.query(), &known()), Ok(read), "{query}, again");
        };
        check("", "s=disco%2Fflash&s=mini%2Fflash&last=200");
        check("board=disco", "s=disco%2Fflash&s=disco%2Fram&last=200");
        check("s=disco/fib&s=disco/fib:stack&s=disco/fib", "s=disco%2Ffib&s=disco%2Ffib%3Astack&last=200");
        check(
            "s=mini/flash&scale=relative&along=dates&last=9&until=ABCDEF0&utm=x",
            "s=mini%2Fflash&scale=relative&along=dates&last=9&until=abcdef0",
        );
    }

    #[test]
    fn a_mistake_is_named_with_the_next_step() {
        let check = |query: &str, says: &str| {
            let error = Selection::read(query, &known()).unwrap_err().to_string();
            assert!(error.contains(says), "{query}: {error}");
        };
        check("s=disco/flahs", "did you mean");
        check("s=disco", "A figure is BOARD/NAME");
        check("s=disco/fib:heap", "There is no figure");
        check("board=none", "There is no figure “none”");
        check("last=0", "no number from 2");
        check("last=99999999999999999999", "no number from 2");
        check("until=main", "7 to 40");
        check("scale=log", "not known");
        check("s=%E2%80%AE%3Cscript%3E", "<script>");
        let many: String = (0..13).map(|n| format!("s=b{n}/flash&")).collect();
        let keys: Vec<Key> = (0..13).map(|n| Key { board: format!("b{n}"), kind: "region".into(), name: "flash".into() }).collect();
        assert_eq!(Selection::read(&many, &keys), Err(SelectError::TooMany));
    }
}
