//! What comes over the socket: the commands of the Glasgow "probe-rs" applet, version 01, and its answers.
//!
//! Each frame names an endpoint; what an endpoint hears is a stream, frames mean nothing to it.

use crate::cobs;
use std::collections::VecDeque;

/// How the applet calls itself.
pub const IDENTIFIER: &[u8; 12] = b"probe-rs,v01";
/// Its clock before the divisor, hertz.
pub const CLOCK_HZ: u32 = 48_000_000;
/// Longest frame taken; probe-rs sends a flash page with its transfers in one.
const FRAME_BYTES_MAX: usize = 1 << 20;

/// Who is spoken to, and who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The applet itself.
    Root,
    /// The debug port's wires.
    Swd,
}

/// What a debugger wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Who is there?
    Identify,
    /// The clock before the divisor.
    Clock,
    /// The divisor.
    Divisor,
    /// Another divisor.
    SetDivisor(u16),
    /// Pull the reset line, or let it go.
    Reset(bool),
    /// So many bits on the data line, the lowest first.
    Line {
        /// 1 to 32.
        bits: u8,
        /// The bits.
        value: u32,
    },
    /// Read or write a register of the debug port or of an access port.
    Transfer(Transfer),
}

/// One transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Whether it is an access port's register.
    pub ap: bool,
    /// The register's address within its bank: 0, 4, 8 or 12.
    pub address: u8,
    /// What is written; none for a read.
    pub write: Option<u32>,
}

/// How a transfer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// It was read.
    Data(u32),
    /// It was written.
    Ok,
    /// Not now.
    Wait,
    /// Never: an earlier access failed.
    Fault,
    /// Nobody drove the line.
    Protocol,
}

impl Ack {
    /// As the applet sends it.
    pub fn bytes(self, out: &mut Vec<u8>) {
        match self {
            Ack::Data(value) => {
                out.push(0x01);
                out.extend_from_slice(&value.to_le_bytes());
            }
            Ack::Ok => out.push(0x11),
            Ack::Wait => out.push(0x12),
            Ack::Fault => out.push(0x14),
            Ack::Protocol => out.push(0x20),
        }
    }
}

/// A frame of an answer.
pub fn answer(endpoint: Endpoint, bytes: &[u8]) -> Vec<u8> {
    let mut data = vec![match endpoint {
        Endpoint::Root => 0,
        Endpoint::Swd => 1,
    }];
    data.extend_from_slice(bytes);
    cobs::encode(&data)
}

/// Why a connection is not understood any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It never ends.
    #[error("a frame is longer than {FRAME_BYTES_MAX} bytes")]
    TooLong,
    /// Not COBS, or for nobody.
    #[error("a frame cannot be read")]
    Frame,
    /// No such command.
    #[error("command {0:#04x} is not known")]
    Unknown(u8),
}

/// Puts commands together from bytes as they come.
#[derive(Debug, Default)]
pub struct Reader {
    frame: Vec<u8>,
    root: Vec<u8>,
    swd: Vec<u8>,
    ready: VecDeque<Command>,
}

impl Reader {
    /// Takes bytes.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        for piece in bytes.split_inclusive(|byte| *byte == 0) {
            self.frame.extend_from_slice(piece);
            if self.frame.len() > FRAME_BYTES_MAX {
                return Err(WireError::TooLong);
            }
            if self.frame.pop_if(|byte| *byte == 0).is_some() {
                let data = cobs::decode(&std::mem::take(&mut self.frame)).ok_or(WireError::Frame)?;
                match data.split_first() {
                    Some((0, rest)) => self.root.extend_from_slice(rest),
                    Some((1, rest)) => self.swd.extend_from_slice(rest),
                    _ => return Err(WireError::Frame),
                }
                self.take_root()?;
                self.take_swd();
            }
        }
        Ok(())
    }

    /// The next whole command.
    pub fn take(&mut self) -> Option<Command> {
        self.ready.pop_front()
    }

    fn take_root(&mut self) -> Result<(), WireError> {
        let mut at = 0;
        while let Some(&code) = self.root.get(at) {
            let (command, length) = match code {
                0x00 => (Command::Identify, 1),
                0x10 => (Command::Clock, 1),
                0x11 => (Command::Divisor, 1),
                0x12 => match self.root.get(at + 1..at + 3) {
                    Some(bytes) => (Command::SetDivisor(u16::from_le_bytes([bytes[0], bytes[1]])), 3),
                    None => break,
                },
                0x20 => (Command::Reset(true), 1),
                0x21 => (Command::Reset(false), 1),
                other => return Err(WireError::Unknown(other)),
            };
            self.ready.push_back(command);
            at += length;
        }
        self.root.drain(..at);
        Ok(())
    }

    fn take_swd(&mut self) {
        let mut at = 0;
        while let Some(&code) = self.swd.get(at) {
            let word = self.swd.get(at + 1..at + 5).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
            let command = if code & 0x20 != 0 {
                let Some(value) = word else { break };
                at += 5;
                // 32 is written as 0: the field has five bits.
                Command::Line { bits: if code & 0x1f == 0 { 32 } else { code & 0x1f }, value }
            } else {
                let write = match (code & 2 != 0, word) {
                    (true, _) => None,
                    (false, Some(value)) => Some(value),
                    (false, None) => break,
                };
                at += if write.is_some() { 5 } else { 1 };
                Command::Transfer(Transfer { ap: code & 1 != 0, address: code & 0x0c, write })
            };
            self.ready.push_back(command);
        }
        self.swd.drain(..at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(reader: &mut Reader) -> Vec<Command> {
        std::iter::from_fn(|| reader.take()).collect()
    }

    #[test]
    fn commands_come_in_any_pieces() {
        let mut bytes = cobs::encode(&[0, 0x00, 0x10, 0x12, 0x07]);
        bytes.extend(cobs::encode(&[0, 0x00, 0x20]));
        bytes.extend(cobs::encode(&[1, 0x20, 0xff, 0xff, 0xff, 0xff, 0x02, 0x05, 1, 0, 0]));
        bytes.extend(cobs::encode(&[1, 0, 0x2b, 2, 0, 0, 0]));
        let expected = [
            Command::Identify,
            Command::Clock,
            Command::SetDivisor(7),
            Command::Reset(true),
            Command::Line { bits: 32, value: 0xffff_ffff },
            Command::Transfer(Transfer { ap: false, address: 0, write: None }),
            Command::Transfer(Transfer { ap: true, address: 4, write: Some(1) }),
            Command::Line { bits: 11, value: 2 },
        ];
        for size in 1..bytes.len() {
            let mut reader = Reader::default();
            let mut seen = Vec::new();
            for piece in bytes.chunks(size) {
                reader.feed(piece).unwrap();
                seen.extend(all(&mut reader));
            }
            assert_eq!(seen, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn nonsense_is_named() {
        let check = |bytes: &[u8], error: WireError| assert_eq!(Reader::default().feed(bytes), Err(error));
        check(&cobs::encode(&[0, 0x77]), WireError::Unknown(0x77));
        check(&cobs::encode(&[2, 0]), WireError::Frame);
        check(&[0], WireError::Frame);
        check(&[9, 1, 0], WireError::Frame);
        check(&vec![1; FRAME_BYTES_MAX + 1], WireError::TooLong);
    }
}
