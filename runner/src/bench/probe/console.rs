//! Where a board's output comes from: a serial port, or a ring in its RAM that the probe reads. Reading never waits.

use super::attach::chain;
use super::child::Stopped;
use super::talk::{Console, Stage};
use probe_rs::rtt::Rtt;
use probe_rs::{Core, MemoryInterface};
use rustix::fs::{Mode, OFlags};
use rustix::termios::{self, OptionalActions, QueueSelector};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

/// Bytes of the ring's control block with one channel: cleared before a run, as a block of the firmware before may lie there.
const BLOCK_BYTES: usize = 48;
/// Bytes taken at once.
const PIECE_BYTES: usize = 4096;

/// An open console.
pub enum Source {
    /// A serial port.
    Port(Box<dyn Read>),
    /// A ring; none until the firmware has made it.
    Ring(u64, Option<Rtt>),
}

impl Source {
    /// Opens it, and drops what somebody else's firmware has printed.
    pub fn open(console: &Console) -> Result<Source, Stopped> {
        let Console::Uart { port, baud } = console else {
            let Console::Rtt { address } = console else { return Err(Stopped::failed(Stage::Console, "it is none")) };
            return Ok(Source::Ring(*address, None));
        };
        let opened = match port.split_once(':') {
            Some(("unix", path)) => UnixStream::connect(path).and_then(|s| s.set_nonblocking(true).map(|()| Box::new(s) as Box<dyn Read>)),
            Some(("tcp", at)) => TcpStream::connect(at).and_then(|s| s.set_nonblocking(true).map(|()| Box::new(s) as Box<dyn Read>)),
            _ => device(port, *baud).map(|file| Box::new(file) as Box<dyn Read>),
        };
        Ok(Source::Port(opened.map_err(|e| Stopped::failed(Stage::Console, format!("{port}: {e}; correct `console` in lab.toml")))?))
    }

    /// The core stands after its reset: nothing of the firmware before counts.
    pub fn begin(&mut self, core: &mut Core<'_>) -> Result<(), Stopped> {
        match self {
            Source::Port(_) => while !self.read(core)?.is_empty() {},
            Source::Ring(address, ring) => {
                *ring = None;
                core.write_8(*address, &[0; BLOCK_BYTES]).map_err(|e| Stopped::failed(Stage::Console, chain(&e)))?;
            }
        }
        Ok(())
    }

    /// What has come by now.
    pub fn read(&mut self, core: &mut Core<'_>) -> Result<Vec<u8>, Stopped> {
        let mut bytes = vec![0; PIECE_BYTES];
        let n = match self {
            Source::Port(port) => match port.read(&mut bytes) {
                Ok(n) => n,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
                Err(error) => return Err(Stopped::failed(Stage::Run, format!("the console: {error}"))),
            },
            Source::Ring(address, ring) => {
                if ring.is_none() {
                    // Until the firmware has made it there is none, which is no failure: a firmware that never does is silent.
                    *ring = Rtt::attach_at(core, *address).ok();
                }
                match ring.as_mut().and_then(|ring| ring.up_channel(0)) {
                    Some(channel) => channel.read(core, &mut bytes).map_err(|e| Stopped::failed(Stage::Run, chain(&e)))?,
                    None => 0,
                }
            }
        };
        bytes.truncate(n);
        Ok(bytes)
    }
}

/// A serial port's device, without any processing of its bytes.
fn device(path: &str, baud: u32) -> std::io::Result<File> {
    let port = rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
    let mut settings = termios::tcgetattr(&port)?;
    settings.make_raw();
    settings.set_speed(baud)?;
    termios::tcsetattr(&port, OptionalActions::Now, &settings)?;
    termios::tcflush(&port, QueueSelector::IFlush)?;
    Ok(File::from(port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::io::Write;

    #[test]
    fn a_serial_port_gives_the_bytes_as_they_came() {
        let board = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&board).unwrap();
        unlockpt(&board).unwrap();
        let path = ptsname(&board, Vec::new()).unwrap().into_string().unwrap();
        let mut board = File::from(board);
        let mut port = device(&path, 9600).unwrap();
        assert_eq!(termios::tcgetattr(&port).unwrap().output_speed(), 9600);
        let mut bytes = [0; 64];
        assert_eq!(port.read(&mut bytes).unwrap_err().kind(), ErrorKind::WouldBlock, "reading never waits");
        // Line ends and what a terminal takes for orders.
        let said = b"ounce: done\r\n\x03\x04\xff";
        board.write_all(said).unwrap();
        let n = port.read(&mut bytes).unwrap();
        assert_eq!(&bytes[..n], said);
    }
}
