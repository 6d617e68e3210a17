//! How many logs are followed at once: per address, and all together. In memory, each server for itself.

use super::guess::party;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Open at once on one server.
pub const STREAMS_MAX: usize = 200;
/// Open at once from one address; of IPv6 from one network.
pub const STREAMS_OF_ADDRESS_MAX: usize = 20;

/// The streams that are open.
#[derive(Debug, Default)]
pub struct Streams {
    open: Mutex<HashMap<IpAddr, usize>>,
    refused: AtomicU64,
}

/// Why another one is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// This address has [`STREAMS_OF_ADDRESS_MAX`].
    Address,
    /// All together are [`STREAMS_MAX`].
    Server,
}

/// Room for one stream, until it is dropped.
#[derive(Debug)]
pub struct Place {
    streams: Arc<Streams>,
    of: IpAddr,
}

impl Streams {
    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Room for one more from there.
    pub fn place(self: &Arc<Self>, from: IpAddr) -> Result<Place, Full> {
        let of = party(from);
        let mut open = self.open();
        let full = match (open.values().sum::<usize>(), open.get(&of)) {
            (STREAMS_MAX.., _) => Some(Full::Server),
            (_, Some(STREAMS_OF_ADDRESS_MAX..)) => Some(Full::Address),
            _ => None,
        };
        if let Some(full) = full {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(full);
        }
        *open.entry(of).or_default() += 1;
        Ok(Place { streams: Arc::clone(self), of })
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open().values().sum()
    }

    /// How many were refused since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open();
        match open.get_mut(&self.of) {
            Some(2..) => *open.entry(self.of).or_default() -= 1,
            _ => {
                open.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: usize) -> IpAddr {
        IpAddr::V4(u32::try_from(n).unwrap().into())
    }

    #[test]
    fn each_address_has_so_many_and_all_together_have_so_many() {
        let streams = Arc::new(Streams::default());
        let mut held = Vec::new();
        for _ in 0..STREAMS_OF_ADDRESS_MAX {
            held.push(streams.place(ip(1)).unwrap());
        }
        assert_eq!(streams.place(ip(1)).unwrap_err(), Full::Address);
        let mapped: IpAddr = "::ffff:0.0.0.1".parse().unwrap();
        assert_eq!(streams.place(mapped).unwrap_err(), Full::Address, "the same address, in other words");
        for n in 0..STREAMS_MAX - STREAMS_OF_ADDRESS_MAX {
            held.push(streams.place(ip(2 + n)).unwrap());
        }
        assert_eq!(streams.place(ip(9_999)).unwrap_err(), Full::Server);
        assert_eq!((streams.count(), streams.refused()), (STREAMS_MAX, 3));
        held.remove(0);
        held.push(streams.place(ip(1)).unwrap());
        held.clear();
        assert_eq!((streams.count(), streams.open().len()), (0, 0), "nothing is remembered");
    }
}
