//! What the operator of this machine decides, and no manifest can: `--config FILE`. The example with every key is in docs/operating.md.

use crate::exec::limits::Limits;
use anyhow::{Context, Result};
use ounce_protocol::manifest::{parse_size, with_hint};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

/// The file's contents. All of it has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Of fetching dependencies.
    #[serde(default)]
    pub fetch: FetchSettings,
    /// Of fetching and building.
    #[serde(default)]
    pub limits: LimitSettings,
}

/// How the proxy for dependencies gets out, and where else than to the internet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchSettings {
    /// The proxy that this machine has to use itself. It resolves names, so it has to refuse addresses of its own network.
    #[serde(default)]
    pub upstream: Option<Upstream>,
    /// Hosts that may have private addresses.
    #[serde(default)]
    pub private_hosts: Vec<PrivateHost>,
}

/// `http://HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Upstream {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl TryFrom<String> for Upstream {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let at = text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')).and_then(|rest| rest.rsplit_once(':'));
        match at.and_then(|(host, port)| Some((host, port.parse().ok()?))) {
            Some((host, port)) if !host.is_empty() && !host.contains(['@', '/']) => {
                Ok(Upstream { host: host.trim_matches(['[', ']']).into(), port })
            }
            _ => Err(format!("{text:?} is not a proxy: http://HOST:PORT, without a password")),
        }
    }
}

/// `HOST`, for ports 443 and 80, or `HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PrivateHost {
    host: String,
    port: Option<u16>,
}

impl PrivateHost {
    /// Whether this host, in lower case, on this port is meant.
    pub fn means(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port.map_or(matches!(port, 443 | 80), |p| p == port)
    }
}

impl TryFrom<String> for PrivateHost {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let bad = || format!("{text:?} is not a host: NAME or NAME:PORT");
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| bad())?)),
            None => (text.as_str(), None),
        };
        if host.is_empty() || host.contains(['/', '*', ' ']) {
            return Err(bad());
        }
        Ok(PrivateHost { host: host.to_ascii_lowercase(), port })
    }
}

/// Limits of fetch and build that differ from the usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Minutes of a build.
    #[serde(default)]
    pub build_minutes: Option<u64>,
    /// Memory, such as `"8192M"`.
    #[serde(default)]
    pub memory: Option<Size>,
    /// Disk of a checkout and its cache.
    #[serde(default)]
    pub disk: Option<Size>,
    /// The longest file.
    #[serde(default)]
    pub file: Option<Size>,
    /// Output of one command.
    #[serde(default)]
    pub output: Option<Size>,
    /// Processes and threads at once.
    #[serde(default)]
    pub processes: Option<u64>,
    /// Memory of the process that reads an image.
    #[serde(default)]
    pub reader_memory: Option<Size>,
    /// Its time.
    #[serde(default)]
    pub reader_seconds: Option<u64>,
}

/// A size as in a manifest: `"512M"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Size(u64);

impl Size {
    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl TryFrom<String> for Size {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        parse_size(&text).map(Size)
    }
}

impl LimitSettings {
    /// The usual limits with what is set here in their place.
    pub fn over(&self, usual: Limits) -> Limits {
        let size = |set: Option<Size>, usual: u64| set.map_or(usual, |Size(bytes)| bytes);
        Limits {
            memory_bytes: size(self.memory, usual.memory_bytes),
            disk_bytes: size(self.disk, usual.disk_bytes),
            file_bytes: size(self.file, usual.file_bytes),
            output_bytes: size(self.output, usual.output_bytes),
            processes: self.processes.unwrap_or(usual.processes),
            ..usual
        }
    }

    /// The limits of a build.
    pub fn build(&self) -> Limits {
        let usual = self.over(Limits::BUILD);
        Limits { wall: self.build_minutes.map_or(usual.wall, |minutes| Duration::from_secs(minutes.saturating_mul(60))), ..usual }
    }

    /// The limits of reading an image.
    pub fn reader(&self) -> Limits {
        let usual = Limits::READER;
        let wall = self.reader_seconds.map_or(usual.wall, Duration::from_secs);
        Limits { wall, cpu: wall, memory_bytes: self.reader_memory.map_or(usual.memory_bytes, |Size(bytes)| bytes), ..usual }
    }

    /// The limits of a fetch.
    pub fn fetch(&self) -> Limits {
        self.over(Limits::FETCH)
    }
}

impl Settings {
    /// Reads the file; the defaults where none is named.
    ///
    /// # Errors
    /// Where it cannot be read or says something that is not known here.
    pub fn read(file: Option<&Path>) -> Result<Settings> {
        let Some(file) = file else { return Ok(Settings::default()) };
        let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        toml::from_str(&text).map_err(|e| anyhow::anyhow!("{}: {}", file.display(), with_hint(&e.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Settings::read(Some(file.path())).map_err(|e| format!("{e:#}"))
    }

    #[test]
    fn every_key_has_a_meaning_and_a_default() {
        assert_eq!(read(""), Ok(Settings::read(None).unwrap()));
        let all = read("[fetch]\nupstream = \"http://proxy.lan:3128/\"\nprivate_hosts = [\"Registry.lan\", \"10.0.0.5:8080\"]\n\
                        [limits]\nbuild_minutes = 60\nmemory = \"8192M\"\ndisk = \"1M\"\nfile = \"2K\"\noutput = \"3K\"\nprocesses = 9\nreader_memory = \"5M\"\nreader_seconds = 7\n")
        .unwrap();
        assert_eq!(all.fetch.upstream, Some(Upstream { host: "proxy.lan".into(), port: 3128 }));
        let [registry, address] = &all.fetch.private_hosts[..] else { panic!() };
        assert!(registry.means("registry.lan", 443) && !registry.means("registry.lan", 8080) && address.means("10.0.0.5", 8080));
        let build = all.limits.build();
        assert_eq!((build.wall.as_secs(), build.memory_bytes, build.disk_bytes), (3600, 8192 << 20, 1 << 20));
        assert_eq!((build.file_bytes, build.output_bytes, build.processes), (2048, 3072, 9));
        let reader = all.limits.reader();
        assert_eq!((reader.memory_bytes, reader.wall.as_secs(), reader.cpu.as_secs()), (5 << 20, 7, 7));
        assert_eq!(all.limits.fetch().wall, Limits::FETCH.wall);
    }

    #[test]
    fn mistakes_are_named() {
        let check = |text: &str, says: &str| assert!(read(text).unwrap_err().contains(says), "{text}: {:?}", read(text));
        check("[fetch]\nprivate_host = []", "did you mean `private_hosts`?");
        check("[fetch]\nupstream = \"http://user:word@proxy.lan:3128\"", "without a password");
        check("[fetch]\nupstream = \"https://proxy.lan\"", "is not a proxy");
        check("[fetch]\nprivate_hosts = [\"*.lan\"]", "is not a host");
        check("[limits]\nmemory = \"8Q\"", "the unit is K or M");
    }
}
