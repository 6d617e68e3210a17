//! Addresses of our own pages with what they are asked, as filters and pages of a table change it.

use std::collections::HashMap;
use std::fmt::{Display, Formatter, Write as _};

/// A page's address: a path and what is asked, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    path: String,
    asked: Vec<(&'static str, String)>,
}

impl Link {
    /// The page with nothing asked. The path is written as it is: its parts are names that need no escape.
    pub fn to(path: String) -> Link {
        Link { path, asked: Vec::new() }
    }

    /// The same with this asked too, in the place of what was asked by that name before; an empty text asks nothing.
    #[must_use]
    pub fn with(&self, key: &'static str, value: &str) -> Link {
        let mut link = self.clone();
        let at = link.asked.iter().position(|(there, _)| *there == key);
        match (at, value.is_empty()) {
            (Some(at), true) => drop(link.asked.remove(at)),
            (Some(at), false) => value.clone_into(&mut link.asked[at].1),
            (None, true) => {}
            (None, false) => link.asked.push((key, value.to_owned())),
        }
        link
    }

    /// What is asked but for these, for a form's hidden fields: what is not one visible line is no field of ours.
    pub fn asked_but(&self, but: &[&str]) -> Vec<(&'static str, String)> {
        self.asked.iter().filter(|(key, value)| !but.contains(key) && is_plain(value)).cloned().collect()
    }
}

impl Display for Link {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        for (n, (key, value)) in self.asked.iter().enumerate() {
            write!(f, "{}{key}={}", if n == 0 { '?' } else { '&' }, encoded(value))?;
        }
        Ok(())
    }
}

/// Text as a part of an address: what is no letter, digit or one of `-_.~` is escaped.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Whether a text from outside can be a form's value as it is: a short line, all of it visible.
pub(super) fn is_plain(text: &str) -> bool {
    super::shown(text) == text
}

/// A sentence that may end in a hint.
pub(super) fn ended(near: &str) -> String {
    if near.is_empty() { ".".to_owned() } else { super::shown(near) }
}

/// Longest address of a symbol's page: of longer names there is no link, so that pages stay small.
const SYMBOL_LINK_BYTES_MAX: usize = 420;

/// The page of a symbol's life.
pub(super) fn symbol(repo: &str, board: &str, name: &str) -> Option<String> {
    let link = Link::to(format!("/p/{repo}/symbol")).with("board", board).with("name", &crate::store::symbols::cut(name)).to_string();
    (link.len() <= SYMBOL_LINK_BYTES_MAX && !name.is_empty()).then_some(link)
}

/// What a page is asked: the last of each name.
pub(super) struct Asked(pub HashMap<String, String>);

impl Asked {
    /// What is asked by this name, without blanks around; empty where nothing is.
    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |value| value.trim())
    }

    /// Whether that name is there at all.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

/// One of several things to choose from.
#[derive(Clone)]
pub(super) struct Choice {
    pub value: &'static str,
    pub name: &'static str,
    pub is_chosen: bool,
}

/// The choices with what is chosen, or what is wrong with it in a sentence.
pub(super) fn choose(what: &str, word: &str, choices: &[(&'static str, &'static str)]) -> Result<Vec<Choice>, String> {
    let wanted = if word.is_empty() { choices[0].0 } else { word };
    if !choices.iter().any(|(value, _)| *value == wanted) {
        let known = || choices.iter().map(|(value, _)| *value);
        let near = ounce_protocol::manifest::nearest(wanted, known());
        let list: Vec<&str> = known().collect();
        return Err(format!("{what}={:?} is none of {}{near}", super::shown(wanted), list.join(", ")));
    }
    Ok(choices.iter().map(|(value, name)| Choice { value, name, is_chosen: *value == wanted }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_changes_in_its_place() {
        let link = Link::to("/p/o/r/compare".into()).with("base", "v1").with("head", "#12").with("page", "2");
        let check = |link: &Link, text: &str| assert_eq!(link.to_string(), text);
        check(&link, "/p/o/r/compare?base=v1&head=%2312&page=2");
        check(&link.with("base", "a b/c"), "/p/o/r/compare?base=a%20b%2Fc&head=%2312&page=2");
        check(&link.with("page", "").with("q", ""), "/p/o/r/compare?base=v1&head=%2312");
        assert_eq!(link.asked_but(&["base", "page"]), [("head", "#12".to_owned())]);
        assert_eq!(encoded("\"><ä\u{202e}"), "%22%3E%3C%C3%A4%E2%80%AE");
    }

    #[test]
    fn a_choice_that_is_none_is_told_what_there_is() {
        const SORTS: [(&str, &str); 2] = [("bytes", "most bytes"), ("name", "name")];
        let chosen = |word| choose("sort", word, &SORTS).map(|all| all.iter().position(|choice| choice.is_chosen));
        assert_eq!([chosen(""), chosen("name")], [Ok(Some(0)), Ok(Some(1))]);
        assert_eq!(chosen("nane"), Err("sort=\"nane\" is none of bytes, name; did you mean `name`?".into()));
    }
}
