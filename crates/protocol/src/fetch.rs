//! How a manifest says where dependencies come from: a command, and the hosts it may reach through the runner's proxy.

use crate::manifest::Command;
use serde::Deserialize;
use serde::de::{self, value};
use std::fmt;

/// The most hosts one manifest may declare.
pub const HOSTS_MAX: usize = 64;
/// Longest name of a host, characters (RFC 1035).
const HOST_CHARS_MAX: usize = 253;
/// Longest part between two dots.
const LABEL_CHARS_MAX: usize = 63;

/// The command that brings what builds need, run once for each commit before any build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// The command.
    pub command: Command,
    /// The hosts it may reach, on the ports of https and http. Where they are left out: any public host for a commit of the project's own, none
    /// for a stranger's.
    pub hosts: Option<Vec<Host>>,
}

/// A host's name, or `*.` and the end of the names of several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Host(String);

impl Host {
    /// As it was written, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it means this name, given in lower case. `*.example.org` means all names below `example.org` and not itself.
    pub fn means(&self, name: &str) -> bool {
        match self.0.strip_prefix('*') {
            Some(end) => name.len() > end.len() && name.ends_with(end),
            None => self.0 == name,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Host {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let name = text.to_ascii_lowercase();
        if is_host_name(name.strip_prefix("*.").unwrap_or(&name)) {
            Ok(Host(name))
        } else {
            Err(format!("{text:?} is not a host: a name with a dot such as `crates.example.org` or `*.example.org`, no address, no port"))
        }
    }
}

/// Whether a text in lower case is the name of a host and not an address in any of the ways that one can be written: at least two parts, the last
/// of which begins with a letter.
pub fn is_host_name(text: &str) -> bool {
    let label = |part: &str| {
        (1..=LABEL_CHARS_MAX).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let parts: Vec<&str> = text.split('.').collect();
    text.len() <= HOST_CHARS_MAX
        && parts.len() >= 2
        && parts.iter().all(|part| label(part))
        && parts.last().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    command: Command,
    hosts: Vec<Host>,
}

impl<'de> Deserialize<'de> for Fetch {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Fetch;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a command such as [\"make\", \"deps\"], or a table with `command` and `hosts`")
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, words: A) -> Result<Fetch, A::Error> {
                let command = Command::deserialize(value::SeqAccessDeserializer::new(words))?;
                Ok(Fetch { command, hosts: None })
            }
            fn visit_map<A: de::MapAccess<'de>>(self, table: A) -> Result<Fetch, A::Error> {
                let Table { command, hosts } = Table::deserialize(value::MapAccessDeserializer::new(table))?;
                if hosts.len() > HOSTS_MAX {
                    return Err(de::Error::custom(format!("{} hosts, at most {HOSTS_MAX} are read", hosts.len())));
                }
                Ok(Fetch { command, hosts: Some(hosts) })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    fn fetch(lines: &str) -> Result<Option<Fetch>, String> {
        let board = "[boards.b]\nbuild = [\"make\"]\nelf = \"e\"\nregions = [{ name = \"f\", kind = \"flash\", start = 0, size = 1 }]\n";
        let text = format!("version = 1\nname = \"n\"\n{lines}\n{board}");
        Manifest::parse(&text).map(|m| m.fetch).map_err(|e| e.to_string())
    }

    #[test]
    fn a_command_alone_declares_no_hosts_and_a_table_does() {
        assert_eq!(fetch(""), Ok(None));
        let alone = fetch("fetch = [\"make\", \"deps\"]").unwrap().unwrap();
        assert_eq!((alone.command.program(), alone.hosts), ("make", None));
        let table = fetch("[fetch]\ncommand = [\"make\"]\nhosts = [\"Crates.example.org\", \"*.example.net\"]").unwrap().unwrap();
        let hosts = table.hosts.unwrap();
        assert_eq!(hosts.iter().map(Host::as_str).collect::<Vec<_>>(), ["crates.example.org", "*.example.net"]);
        let none = fetch("[fetch]\ncommand = [\"make\"]\nhosts = []").unwrap().unwrap();
        assert_eq!(none.hosts, Some(vec![]));
    }

    #[test]
    fn mistakes_are_named_with_the_next_step() {
        let check = |lines: &str, says: &str| {
            let error = fetch(lines).unwrap_err();
            assert!(error.contains(says), "{lines}: {error}");
        };
        check("[fetch]\ncommand = [\"make\"]\nhost = []", "did you mean `hosts`?");
        check("[fetch]\ncommand = [\"make\"]", "missing field `hosts`");
        check("[fetch]\nhosts = []", "missing field `command`");
        check("fetch = \"make deps\"", "a command such as");
        check("fetch = []", "a command is a list of words");
        for host in
            ["10.0.0.1", "0x7f.1", "2130706433", "[::1]", "a.example:443", "localhost", "*.org.*", "*", "https://a.example", "-a.example"]
        {
            check(&format!("[fetch]\ncommand = [\"make\"]\nhosts = [\"{host}\"]"), "is not a host: a name with a dot");
        }
        let many: Vec<String> = (0..=HOSTS_MAX).map(|n| format!("\"h{n}.example\"")).collect();
        check(&format!("[fetch]\ncommand = [\"make\"]\nhosts = [{}]", many.join(",")), "at most 64");
    }

    #[test]
    fn a_star_means_the_names_below() {
        let check = |host: &str, name: &str, means: bool| {
            assert_eq!(Host::try_from(host.to_owned()).unwrap().means(name), means, "{host} {name}");
        };
        check("a.example", "a.example", true);
        check("a.example", "b.a.example", false);
        check("*.a.example", "b.a.example", true);
        check("*.a.example", "c.b.a.example", true);
        check("*.a.example", "a.example", false);
        check("*.a.example", "ba.example", false);
    }
}
