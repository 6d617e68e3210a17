//! QEMU's debugger's socket: run control, registers, breakpoints, the monitor. Never memory: it serves that only while the guest stands.
//!
//! The GDB remote protocol as QEMU 7.2 to 10 speak it. Two habits of theirs are kept here: an answer wants its `+`, and any byte while the
//! guest runs stops it, so a `+` that is owed goes out with the next command.

use crate::bus::Gone;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// How long a byte is waited for, when it is only looked whether one is there.
const GLANCE: Duration = Duration::from_micros(50);
/// Bytes written past the devices by one packet: QEMU takes packets of 4096 characters.
const FORCED_BYTES_MAX: usize = 1024;
/// Longest packet taken.
const PACKET_BYTES_MAX: usize = 1 << 16;

/// Why the guest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It was asked to.
    Asked,
    /// A breakpoint, or the end of a step.
    Trap,
}

/// The socket.
#[derive(Debug)]
pub struct Gdb {
    socket: UnixStream,
    heard: Vec<u8>,
    owes_plus: bool,
    is_running: bool,
}

impl Gdb {
    /// Begins: the guest stands. Registers answer only after the descriptions were read.
    pub fn begin(socket: UnixStream) -> Result<Gdb, Gone> {
        let mut gdb = Gdb { socket, heard: Vec::new(), owes_plus: false, is_running: false };
        gdb.ask("qSupported:swbreak+;hwbreak+;qXfer:features:read+")?;
        for document in ["target.xml", "arm-m-profile.xml"] {
            gdb.document(document)?;
        }
        gdb.ask("?")?;
        Ok(gdb)
    }

    /// Whether the guest runs, as far as was heard.
    pub fn is_running(&self) -> bool {
        self.is_running
    }

    /// Reads a described document to its end; only that it was read matters.
    fn document(&mut self, name: &str) -> Result<(), Gone> {
        let mut at = 0;
        loop {
            let answer = self.ask(&format!("qXfer:features:read:{name}:{at:x},7f0"))?;
            match answer.as_bytes().first() {
                Some(b'm') => at += answer.len() - 1,
                Some(b'l') => return Ok(()),
                // A core without that description has none to read.
                _ => return Ok(()),
            }
        }
    }

    /// A register.
    pub fn register(&mut self, number: u32) -> Result<u32, Gone> {
        let answer = self.ask(&format!("p{number:x}"))?;
        let word = u32::from_str_radix(&answer, 16).map_err(|_| Gone(format!("register {number} answers {answer:?}")))?;
        Ok(word.swap_bytes())
    }

    /// Writes a register.
    pub fn set_register(&mut self, number: u32, value: u32) -> Result<(), Gone> {
        self.ordered(&format!("P{number:x}={:08x}", value.swap_bytes()))
    }

    /// A breakpoint of the machine's, at an instruction.
    pub fn breakpoint(&mut self, address: u32, is_set: bool) -> Result<(), Gone> {
        self.ordered(&format!("{}1,{address:x},2", if is_set { 'Z' } else { 'z' }))
    }

    /// Writes memory past its devices, read-only memory, too; the guest must stand.
    pub fn force(&mut self, address: u32, bytes: &[u8]) -> Result<(), Gone> {
        let mut at = address;
        for piece in bytes.chunks(FORCED_BYTES_MAX) {
            let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
            self.ordered(&format!("M{at:x},{:x}:{hex}", piece.len()))?;
            at = at.wrapping_add(u32::try_from(piece.len()).unwrap_or(0));
        }
        Ok(())
    }

    /// A command of the monitor's.
    pub fn monitor(&mut self, command: &str) -> Result<(), Gone> {
        let hex: String = command.bytes().map(|byte| format!("{byte:02x}")).collect();
        let mut answer = self.ask(&format!("qRcmd,{hex}"))?;
        // What it prints comes before its answer.
        while answer.starts_with('O') && answer != "OK" {
            answer = self.packet()?;
        }
        Ok(())
    }

    /// Lets it run.
    pub fn resume(&mut self) -> Result<(), Gone> {
        self.send("c")?;
        self.is_running = true;
        Ok(())
    }

    /// One instruction.
    pub fn step(&mut self) -> Result<(), Gone> {
        self.send("s")?;
        self.is_running = true;
        self.stopped().map(drop)
    }

    /// Stops it, where it runs.
    pub fn halt(&mut self) -> Result<Option<Stop>, Gone> {
        if !self.is_running {
            return Ok(None);
        }
        self.write(&[0x03])?;
        self.stopped().map(Some)
    }

    /// Whether it has stopped by itself by now.
    pub fn look(&mut self) -> Result<Option<Stop>, Gone> {
        if !self.is_running {
            return Ok(None);
        }
        self.socket.set_read_timeout(Some(GLANCE))?;
        let mut bytes = [0; 4096];
        match self.socket.read(&mut bytes) {
            Ok(0) => return Err(Gone("QEMU closed its debugger's socket".into())),
            Ok(n) => self.heard.extend_from_slice(&bytes[..n]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
        if self.heard.contains(&b'#') { self.stopped().map(Some) } else { Ok(None) }
    }

    fn stopped(&mut self) -> Result<Stop, Gone> {
        let answer = self.packet()?;
        self.is_running = false;
        match answer.get(..3) {
            Some("T02" | "S02") => Ok(Stop::Asked),
            Some(stop) if stop.starts_with(['T', 'S']) => Ok(Stop::Trap),
            _ => Err(Gone(format!("QEMU says {answer:?}, which is no stop"))),
        }
    }

    fn ordered(&mut self, packet: &str) -> Result<(), Gone> {
        match self.ask(packet)?.as_str() {
            "OK" => Ok(()),
            other => Err(Gone(format!("{packet:?} was answered by {other:?}"))),
        }
    }

    fn ask(&mut self, packet: &str) -> Result<String, Gone> {
        self.send(packet)?;
        self.packet()
    }

    fn send(&mut self, packet: &str) -> Result<(), Gone> {
        let sum = packet.bytes().fold(0u8, u8::wrapping_add);
        self.write(format!("${packet}#{sum:02x}").as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        let mut out = Vec::with_capacity(bytes.len() + 1);
        if std::mem::take(&mut self.owes_plus) {
            out.push(b'+');
        }
        out.extend_from_slice(bytes);
        Ok(self.socket.write_all(&out)?)
    }

    /// The next packet; what is between packets is only their receipts.
    fn packet(&mut self) -> Result<String, Gone> {
        let until = Instant::now() + ANSWER_MAX;
        loop {
            if let Some(begin) = self.heard.iter().position(|byte| *byte == b'$')
                && let Some(length) = self.heard[begin..].iter().position(|byte| *byte == b'#')
                && self.heard.len() >= begin + length + 3
            {
                let text = String::from_utf8_lossy(&self.heard[begin + 1..begin + length]).into_owned();
                self.heard.drain(..begin + length + 3);
                self.owes_plus = true;
                return Ok(text);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.heard.len() > PACKET_BYTES_MAX {
                return Err(Gone(format!("QEMU's debugger said nothing whole within {} s", ANSWER_MAX.as_secs())));
            }
            self.socket.set_read_timeout(Some(left))?;
            let mut bytes = [0; 4096];
            match self.socket.read(&mut bytes) {
                Ok(0) => return Err(Gone("QEMU closed its debugger's socket".into())),
                Ok(n) => self.heard.extend_from_slice(&bytes[..n]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
