//! Whose request it is: the address it came from, or, where a proxy of the operator's stands before us, the one that proxy names.

use super::App;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where proxies say for whom they ask; each appends to what it was told.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl<F: Send + Sync> FromRequestParts<App<F>> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App<F>) -> Result<Self, Infallible> {
        // Without a connection, as in tests, it is nobody's.
        let from = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
        let said = parts.headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        Ok(Peer(named(from.to_canonical(), said, &app.behind)))
    }
}

/// Goes back from the address of the connection through the proxies that are believed, to the first that is none of them.
fn named<'a>(from: IpAddr, said: impl Iterator<Item = &'a str>, behind: &[IpAddr]) -> IpAddr {
    let said: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut address = from;
    for next in said.iter().rev() {
        if !behind.contains(&address) {
            break;
        }
        let Ok(next) = next.parse::<IpAddr>() else { break };
        address = next.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_operators_proxies_say_for_whom_they_ask() {
        let check = |from: &str, said: &[&str], expected: &str| {
            let behind = ["10.0.0.1", "10.0.0.2"].map(|a| a.parse().unwrap());
            assert_eq!(named(from.parse().unwrap(), said.iter().copied(), &behind).to_string(), expected, "{from} {said:?}");
        };
        check("192.0.2.1", &[], "192.0.2.1");
        check("192.0.2.1", &["198.51.100.7"], "192.0.2.1");
        check("10.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7");
        check("10.0.0.1", &["203.0.113.9", "198.51.100.7, 10.0.0.2"], "198.51.100.7");
        check("10.0.0.1", &["198.51.100.7, nonsense"], "10.0.0.1");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["::ffff:192.0.2.5"], "192.0.2.5");
    }
}
