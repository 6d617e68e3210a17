//! Who guesses tokens or codes is held up: per address, and all together. In memory, each server for itself.
//!
//! With 256 random bits nobody guesses one; the limit spares the database and the log. What proved itself lately is never held up, so
//! that strangers' guesses, also from behind the same proxy, keep no runner from its work.

use ounce_protocol::job::Millis;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};

/// Over which time wrong tokens and codes are counted.
pub const WINDOW_MS: Millis = 60_000;
/// Wrong ones that are looked up for one address in that time.
pub const WRONG_OF_ADDRESS_MAX: u32 = 20;
/// Wrong ones that are looked up in that time for all together.
pub const WRONG_MAX: u32 = 300;
/// Addresses that are remembered; with more at once only the bound of all together holds.
pub const ADDRESSES_MAX: usize = 10_000;
/// Proofs that are remembered, and so never held up.
pub const KNOWN_MAX: usize = 10_000;
/// How long a proof is remembered.
pub const KNOWN_MS: Millis = 3_600_000;

/// What was guessed lately.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    of: HashMap<IpAddr, Window>,
    all: Window,
    known: HashMap<String, Millis>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Window {
    from: Millis,
    wrong: u32,
}

impl Window {
    fn is_over(&self, now: Millis) -> bool {
        now.saturating_sub(self.from) >= WINDOW_MS
    }

    /// Milliseconds to wait; none where another guess may be made.
    fn wait(&self, max: u32, now: Millis) -> Option<Millis> {
        (!self.is_over(now) && self.wrong >= max).then(|| self.from.saturating_add(WINDOW_MS).saturating_sub(now))
    }

    fn count(&mut self, now: Millis) {
        if self.wrong == 0 || self.is_over(now) {
            *self = Window { from: now, wrong: 0 };
        }
        self.wrong = self.wrong.saturating_add(1);
    }
}

/// An address that one party has: of IPv6 the network, as whoever has one address there has all.
pub(super) fn party(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

impl Guesses {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Whether something may be looked up that comes from there; else the seconds to wait.
    pub fn may(&self, from: IpAddr, sha256: &str, now: Millis) -> Result<(), u64> {
        let inner = self.inner();
        if inner.known.get(sha256).is_some_and(|at| now.saturating_sub(*at) < KNOWN_MS) {
            return Ok(());
        }
        let of = inner.of.get(&party(from)).and_then(|window| window.wait(WRONG_OF_ADDRESS_MAX, now));
        match of.max(inner.all.wait(WRONG_MAX, now)) {
            Some(ms) => Err(u64::try_from(ms).unwrap_or(0).div_ceil(1000).max(1)),
            None => Ok(()),
        }
    }

    /// It was right.
    pub fn right(&self, sha256: &str, now: Millis) {
        let mut inner = self.inner();
        if inner.known.len() >= KNOWN_MAX {
            inner.known.retain(|_, at| now.saturating_sub(*at) < KNOWN_MS);
        }
        if inner.known.len() < KNOWN_MAX || inner.known.contains_key(sha256) {
            inner.known.insert(sha256.to_owned(), now);
        }
    }

    /// It was wrong: it is no proof any more, and counts.
    pub fn wrong(&self, from: IpAddr, sha256: &str, now: Millis) {
        let mut inner = self.inner();
        inner.known.remove(sha256);
        inner.all.count(now);
        if inner.of.len() >= ADDRESSES_MAX {
            inner.of.retain(|_, window| !window.is_over(now));
        }
        let address = party(from);
        if inner.of.len() < ADDRESSES_MAX || inner.of.contains_key(&address) {
            inner.of.entry(address).or_default().count(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_that_guesses_waits_and_others_do_not() {
        let guesses = Guesses::default();
        for at in 0..WRONG_OF_ADDRESS_MAX {
            assert_eq!(guesses.may(ip("192.0.2.1"), "x", 5), Ok(()), "guess {at}");
            guesses.wrong(ip("192.0.2.1"), "x", 5);
        }
        assert_eq!(guesses.may(ip("192.0.2.1"), "x", 5), Err(60));
        assert_eq!(guesses.may(ip("::ffff:192.0.2.1"), "x", 5), Err(60), "the same address, in other words");
        assert_eq!(guesses.may(ip("192.0.2.2"), "x", 5), Ok(()));
        assert_eq!(guesses.may(ip("192.0.2.1"), "x", 5 + WINDOW_MS - 1), Err(1));
        assert_eq!(guesses.may(ip("192.0.2.1"), "x", 5 + WINDOW_MS), Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_party() {
        let guesses = Guesses::default();
        for host in 0..WRONG_OF_ADDRESS_MAX {
            guesses.wrong(ip(&format!("2001:db8::{host:x}")), "x", 0);
        }
        assert!(guesses.may(ip("2001:db8::ffff:1"), "x", 0).is_err());
        assert!(guesses.may(ip("2001:db8:0:1::1"), "x", 0).is_ok());
    }

    #[test]
    fn many_addresses_together_wait_too_and_a_proof_does_not() {
        let guesses = Guesses::default();
        guesses.right("token", 0);
        for at in 0..WRONG_MAX {
            guesses.wrong(IpAddr::V4(at.into()), "x", 0);
        }
        assert!(guesses.may(ip("198.51.100.1"), "x", 0).is_err());
        assert!(guesses.may(ip("198.51.100.1"), "token", 0).is_ok());
        guesses.wrong(ip("198.51.100.1"), "token", 0);
        assert!(guesses.may(ip("198.51.100.1"), "token", 0).is_err(), "it was revoked");
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let guesses = Guesses::default();
        for at in 0..2 * u32::try_from(ADDRESSES_MAX).unwrap() {
            guesses.wrong(IpAddr::V4(at.into()), "x", 0);
            guesses.right(&at.to_string(), 0);
        }
        let inner = guesses.inner();
        assert_eq!((inner.of.len(), inner.known.len()), (ADDRESSES_MAX, KNOWN_MAX));
    }
}
