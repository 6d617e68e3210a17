//! Names and identifiers. Each is parsed once at the door; inside, a value of the type is valid.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is not a valid identifier. The message names the kind, the text (shortened) and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid {kind}: {rule}")]
pub struct InvalidId {
    /// What the text was meant to be, such as "commit sha".
    pub kind: &'static str,
    /// The offending text, cut after 80 characters.
    pub text: String,
    /// The rule it breaks.
    pub rule: &'static str,
}

impl InvalidId {
    fn new(kind: &'static str, text: &str, rule: &'static str) -> Self {
        InvalidId { kind, text: text.chars().take(80).collect(), rule }
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses the text, or says which rule it breaks.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok($name(text.to_owned())) } else { Err(InvalidId::new($kind, text, $rule)) }
            }
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }
    };
}

fn is_lower_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A name as used for boards, benchmarks, regions and projects: short, and safe in a path, a URL and a table cell.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.as_bytes()[0].is_ascii_alphanumeric()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

text_id!(
    /// A full commit id: 40 lower-case hexadecimal digits. Never abbreviated.
    CommitSha, "commit sha", "40 lower-case hexadecimal digits", |t| is_lower_hex(t, 40)
);
text_id!(
    /// The identity of an image: SHA-256, in hexadecimal, over its loadable segments (see `ounce-analysis`, `image`).
    ImageId, "image id", "64 lower-case hexadecimal digits", |t| is_lower_hex(t, 64)
);
text_id!(
    /// What the figures of a board's benchmarks depend on, all of it: SHA-256, in hexadecimal, over the image, the names of its functions, the programs
    /// with their expected lines, and the machine with its counter.
    RunKey, "run key", "64 lower-case hexadecimal digits", |t| is_lower_hex(t, 64)
);
text_id!(
    /// A board's name in the manifest.
    BoardName, "board name", "1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit", is_name
);
text_id!(
    /// A benchmark's name in the manifest.
    BenchName, "benchmark name", "1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit", is_name
);
text_id!(
    /// A memory region's name in the manifest.
    RegionName, "region name", "1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit", is_name
);
text_id!(
    /// A runner's name, unique on its server.
    RunnerName, "runner name", "1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit", is_name
);
text_id!(
    /// A unit's name, unique in its lab.
    UnitName, "name of a unit", "1 to 64 lower case letters, digits and '-'",
    |t| (1..=64).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);

impl CommitSha {
    /// The first ten digits, for people. Never used to look anything up.
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

/// A repository as the forge names it: `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName {
    owner: String,
    name: String,
}

impl RepoName {
    /// Parses `owner/name`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let rule = "owner/name, each of letters, digits, '-', '_' or '.'";
        match text.split_once('/') {
            Some((owner, name)) if is_name(owner) && (is_name(name) || (name.starts_with('.') && is_name(&name[1..]))) => {
                Ok(RepoName { owner: owner.into(), name: name.into() })
            }
            _ => Err(InvalidId::new("repository name", text, rule)),
        }
    }
    /// The account or organisation.
    pub fn owner(&self) -> &str {
        &self.owner
    }
    /// The repository below it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}
impl TryFrom<String> for RepoName {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}
impl From<RepoName> for String {
    fn from(repo: RepoName) -> String {
        repo.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_forty_lower_case_digits() {
        let check = |text: &str, ok: bool| assert_eq!(CommitSha::parse(text).is_ok(), ok, "{text}");
        check(&"a".repeat(40), true);
        check(&"A".repeat(40), false);
        check(&"a".repeat(39), false);
        check("", false);
        check("--upload-pack=touch /tmp/x-------------", false);
    }

    #[test]
    fn a_name_is_safe_in_a_path() {
        let check = |text: &str, ok: bool| assert_eq!(BoardName::parse(text).is_ok(), ok, "{text}");
        check("mps2-an385", true);
        check("..", false);
        check("a/b", false);
        check("-x", false);
        check("", false);
    }

    #[test]
    fn a_repository_has_two_parts() {
        let check = |text: &str, ok: bool| assert_eq!(RepoName::parse(text).is_ok(), ok, "{text}");
        check("ounce/pyrite", true);
        check("ounce/.github", true);
        check("ounce", false);
        check("a/b/c", false);
        check("../b", false);
    }
}
