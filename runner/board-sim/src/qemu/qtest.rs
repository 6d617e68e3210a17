//! QEMU's socket for tests: memory and registers of devices, through the devices' own models, also while the guest runs.

use crate::bus::Gone;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Bytes of one command; its line has two digits for each.
pub const BYTES_MAX: usize = 4096;

/// The socket.
#[derive(Debug)]
pub struct Qtest {
    out: UnixStream,
    answers: BufReader<UnixStream>,
}

impl Qtest {
    /// Begins.
    pub fn begin(socket: UnixStream) -> Result<Qtest, Gone> {
        socket.set_read_timeout(Some(ANSWER_MAX))?;
        Ok(Qtest { answers: BufReader::new(socket.try_clone()?), out: socket })
    }

    /// Reads bytes as a block.
    pub fn read(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), Gone> {
        let mut at = address;
        for piece in bytes.chunks_mut(BYTES_MAX) {
            let answer = self.ask(&format!("read {at:#x} {:#x}", piece.len()))?;
            let digits = answer.strip_prefix("0x").unwrap_or(&answer);
            if digits.len() != piece.len() * 2 {
                return Err(Gone(format!("QEMU read {} digits at {at:#x} for {} bytes", digits.len(), piece.len())));
            }
            for (byte, pair) in piece.iter_mut().zip(digits.as_bytes().chunks(2)) {
                let pair = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
                *byte = pair.ok_or_else(|| Gone("QEMU read what are no digits".into()))?;
            }
            at = at.wrapping_add(u32::try_from(piece.len()).unwrap_or(0));
        }
        Ok(())
    }

    /// Writes bytes as a block.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), Gone> {
        let mut at = address;
        for piece in bytes.chunks(BYTES_MAX) {
            let mut line = format!("write {at:#x} {:#x} 0x", piece.len());
            piece.iter().for_each(|byte| line.push_str(&format!("{byte:02x}")));
            self.ask(&line)?;
            at = at.wrapping_add(u32::try_from(piece.len()).unwrap_or(0));
        }
        Ok(())
    }

    /// Reads one value of a width: `b`, `w` or `l`, as a device sees it.
    pub fn read_value(&mut self, width: char, address: u32) -> Result<u32, Gone> {
        let answer = self.ask(&format!("read{width} {address:#x}"))?;
        let digits = answer.strip_prefix("0x").unwrap_or(&answer);
        let value = u64::from_str_radix(digits, 16).map_err(|_| Gone(format!("QEMU reads {answer:?} at {address:#x}")))?;
        u32::try_from(value & u64::from(u32::MAX)).map_err(|_| Gone("a word is too long".into()))
    }

    /// Writes one value of a width.
    pub fn write_value(&mut self, width: char, address: u32, value: u32) -> Result<(), Gone> {
        self.ask(&format!("write{width} {address:#x} {value:#x}")).map(drop)
    }

    /// What comes after `OK`.
    fn ask(&mut self, line: &str) -> Result<String, Gone> {
        self.out.write_all(format!("{line}\n").as_bytes())?;
        loop {
            let mut answer = String::new();
            if self.answers.read_line(&mut answer)? == 0 {
                return Err(Gone("QEMU closed its test socket".into()));
            }
            let answer = answer.trim_end();
            match answer.strip_prefix("OK") {
                Some(rest) => return Ok(rest.trim_start().to_owned()),
                // A line that tells of an interrupt's wire is nobody's answer.
                None if answer.starts_with("IRQ") => {}
                None => return Err(Gone(format!("QEMU answers {answer:?} to {:?}", line.split(' ').next().unwrap_or_default()))),
            }
        }
    }
}
