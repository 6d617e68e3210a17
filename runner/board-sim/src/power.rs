//! The board's power, as the port of a hub that can be switched: a socket beside the probe's, which takes one line for each order.
//!
//! `cycle` switches it off and on; `off` and `on` do that one by one. Each is answered by `ok`. While power is off nobody can open the probe.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Off.
    Off,
    /// On.
    On,
    /// Off, then on.
    Cycle,
}

/// Where a board's power is switched.
pub fn socket_of(probe: &Path) -> PathBuf {
    let mut name = probe.as_os_str().to_owned();
    name.push(".power");
    PathBuf::from(name)
}

impl Order {
    /// The order that a line says.
    pub fn read(line: &str) -> Option<Order> {
        match line.trim() {
            "off" => Some(Order::Off),
            "on" => Some(Order::On),
            "cycle" => Some(Order::Cycle),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Order::Off => "off",
            Order::On => "on",
            Order::Cycle => "cycle",
        }
    }
}

/// Hands each order over, and answers when it was carried out. Ends when nobody carries out any more.
pub fn listen(listener: &UnixListener, mut carry_out: impl FnMut(Order) -> bool) {
    for socket in listener.incoming().map_while(Result::ok) {
        let Ok(read) = socket.try_clone() else { continue };
        for line in BufReader::new(read).lines().map_while(Result::ok) {
            let answer = match Order::read(&line) {
                Some(order) if carry_out(order) => "ok\n",
                Some(_) => return,
                None => "off, on or cycle\n",
            };
            if (&socket).write_all(answer.as_bytes()).is_err() {
                break;
            }
        }
    }
}

/// Gives an order to the board with this probe, and waits until it was carried out.
///
/// # Errors
/// Where no board listens there, or it refuses.
pub fn order(probe: &Path, order: Order) -> std::io::Result<()> {
    let mut socket = UnixStream::connect(socket_of(probe))?;
    socket.write_all(format!("{}\n", order.word()).as_bytes())?;
    let mut answer = String::new();
    BufReader::new(socket).read_line(&mut answer)?;
    match answer.trim() {
        "ok" => Ok(()),
        other => Err(std::io::Error::other(format!("the board's power answers {other:?}"))),
    }
}
