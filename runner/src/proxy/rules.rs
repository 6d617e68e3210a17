//! Who may be reached through the proxy, and the words for who may not. Decides; connects to nobody.

use super::address::is_public;
use crate::settings::FetchSettings;
use ounce_protocol::fetch::{Fetch, Host, is_host_name};
use std::fmt;
use std::net::SocketAddr;

/// The ports of https and http.
const PORTS: [u16; 2] = [443, 80];

/// The hosts that one fetch may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// Any that is public: the project's own commit, whose manifest declares none.
    Public,
    /// These and no others.
    These(Vec<Host>),
}

impl Hosts {
    /// What the base's manifest and the trust in the commit come to.
    pub fn of(fetch: &Fetch, trusted: bool) -> Hosts {
        match &fetch.hosts {
            Some(hosts) => Hosts::These(hosts.clone()),
            None if trusted => Hosts::Public,
            None => Hosts::These(vec![]),
        }
    }
}

/// What holds for one fetch.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Of the manifest.
    pub hosts: Hosts,
    /// Of this machine's operator.
    pub settings: FetchSettings,
}

/// Why somebody is not reached. Each message names it and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Something else than `CONNECT name:port`.
    NotConnect(String),
    /// An address instead of a name.
    Address(String),
    /// Another port.
    Port(String, u16),
    /// The manifest does not declare it.
    NotDeclared(String),
    /// The name means only addresses that are not public.
    Private(String),
    /// The name means nothing, or nobody answers.
    Unreachable(String, String),
    /// A limit of the proxy's.
    Limit(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotConnect(line) => write!(f, "{line:?} is not CONNECT NAME:PORT: only https goes through, so use https:// URLs"),
            Refusal::Address(host) => write!(f, "{host} is an address: only names are reached, so use the host's name"),
            Refusal::Port(host, port) => write!(f, "{host}:{port}: only ports 443 and 80 are reached"),
            Refusal::NotDeclared(host) => write!(f, "{host} is not declared: add it to `hosts` of [fetch] in the base's ounce.toml"),
            Refusal::Private(host) => {
                write!(
                    f,
                    "{host} is in a private network: only the runner's operator can allow it, with `private_hosts` of [fetch] in the runner's settings"
                )
            }
            Refusal::Unreachable(host, why) => write!(f, "{host} cannot be reached: {why}"),
            Refusal::Limit(what) => write!(f, "{what}: fetch less, or in fewer steps"),
        }
    }
}

/// Whom a request may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The name, in lower case.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether the operator allows it to be in a private network.
    pub may_be_private: bool,
}

impl Rules {
    /// Judges `name:port`.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn target(&self, authority: &str) -> Result<Target, Refusal> {
        let not_connect = || Refusal::NotConnect(authority.into());
        let (host, port) = authority.rsplit_once(':').ok_or_else(not_connect)?;
        let port: u16 = port.parse().map_err(|_| not_connect())?;
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let may_be_private = self.settings.private_hosts.iter().any(|allowed| allowed.means(&host, port));
        if !may_be_private {
            if !is_host_name(&host) {
                return Err(Refusal::Address(host));
            }
            if !PORTS.contains(&port) {
                return Err(Refusal::Port(host, port));
            }
        }
        match &self.hosts {
            Hosts::These(declared) if !declared.iter().any(|d| d.means(&host)) => Err(Refusal::NotDeclared(host)),
            _ => Ok(Target { host, port, may_be_private }),
        }
    }
}

impl Target {
    /// The addresses among those of its name that may be connected to. Who connects must take one of these, and not ask for the name again: it
    /// may mean something else the next time.
    ///
    /// # Errors
    /// Where there is none.
    pub fn allowed(&self, resolved: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Refusal> {
        let allowed: Vec<SocketAddr> = resolved.filter(|at| self.may_be_private || is_public(at.ip())).collect();
        if allowed.is_empty() { Err(Refusal::Private(self.host.clone())) } else { Ok(allowed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::PrivateHost;

    fn rules(hosts: Hosts, private: &[&str]) -> Rules {
        let private_hosts = private.iter().map(|p| PrivateHost::try_from(p.to_string()).unwrap()).collect();
        Rules { hosts, settings: FetchSettings { upstream: None, private_hosts } }
    }

    fn these(hosts: &[&str]) -> Hosts {
        Hosts::These(hosts.iter().map(|h| Host::try_from(h.to_string()).unwrap()).collect())
    }

    #[test]
    fn only_declared_names_on_two_ports_are_reached() {
        let check = |rules: &Rules, authority: &str, says: Option<&str>| match (rules.target(authority), says) {
            (Ok(_), None) => {}
            (Err(refusal), Some(says)) => assert!(refusal.to_string().contains(says), "{authority}: {refusal}"),
            (other, _) => panic!("{authority}: {other:?}"),
        };
        let declared = rules(these(&["a.example", "*.b.example"]), &[]);
        check(&declared, "a.example:443", None);
        check(&declared, "A.Example.:80", None);
        check(&declared, "x.b.example:443", None);
        check(&declared, "c.example:443", Some("c.example is not declared: add it to `hosts`"));
        check(&declared, "a.example:22", Some("only ports 443 and 80"));
        check(&declared, "a.example", Some("is not CONNECT NAME:PORT"));
        check(&declared, "a.example:https", Some("is not CONNECT NAME:PORT"));
        let public = rules(Hosts::Public, &[]);
        check(&public, "c.example:443", None);
        for address in [
            "169.254.169.254:80",
            "0x7f.1:80",
            "0251.0376.0251.0376:80",
            "2852039166:80",
            "[::1]:443",
            "localhost:80",
            "[::ffff:10.0.0.1]:80",
        ] {
            check(&public, address, Some("is an address"));
        }
        let none = rules(these(&[]), &[]);
        check(&none, "a.example:443", Some("is not declared"));
    }

    #[test]
    fn a_stranger_reaches_what_is_declared_and_the_project_what_is_public() {
        let fetch = |hosts: Option<Vec<Host>>| Fetch { command: vec!["make".to_owned()].try_into().unwrap(), hosts };
        let one = || vec![Host::try_from("a.example".to_owned()).unwrap()];
        assert_eq!(Hosts::of(&fetch(None), true), Hosts::Public);
        assert_eq!(Hosts::of(&fetch(None), false), Hosts::These(vec![]));
        for trusted in [true, false] {
            assert_eq!(Hosts::of(&fetch(Some(one())), trusted), Hosts::These(one()));
        }
    }

    #[test]
    fn a_name_that_means_a_private_address_is_refused_unless_the_operator_allows_it() {
        let at = |all: &[&str]| -> Vec<SocketAddr> { all.iter().map(|a| SocketAddr::new(a.parse().unwrap(), 443)).collect() };
        let public = rules(Hosts::Public, &["registry.lan:8443", "10.0.0.5:8080"]);
        let target = public.target("rebind.example:443").unwrap();
        let refusal = target.allowed(at(&["127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"]).into_iter()).unwrap_err().to_string();
        assert!(refusal.contains("rebind.example is in a private network") && refusal.contains("`private_hosts`"), "{refusal}");
        assert_eq!(target.allowed(at(&["10.0.0.1", "8.8.8.8"]).into_iter()).unwrap(), at(&["8.8.8.8"]));
        assert!(target.allowed([].into_iter()).is_err());
        let ours = public.target("registry.lan:8443").unwrap();
        assert_eq!(ours.allowed(at(&["10.0.0.1"]).into_iter()).unwrap(), at(&["10.0.0.1"]));
        assert!(public.target("10.0.0.5:8080").is_ok() && public.target("10.0.0.5:80").is_err() && public.target("10.0.0.6:8080").is_err());
        // Allowed by the operator, but the manifest has to ask for it all the same.
        assert!(rules(these(&["a.example"]), &["registry.lan:8443"]).target("registry.lan:8443").is_err());
    }
}
