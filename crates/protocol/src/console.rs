//! The console protocol between firmware and runner, version 1: lines on the board's UART that begin with `ounce:`.
//!
//! Everything else on the console is the program's own output. The format is stated in docs/interfaces.md. What a
//! board prints is hostile: lines are cut at [`LINE_BYTES_MAX`], and at most [`LINES_MAX`] are kept.

use serde::{Deserialize, Serialize};

/// A console line longer than this is cut.
pub const LINE_BYTES_MAX: usize = 4096;
/// Lines beyond this many are counted and dropped.
pub const LINES_MAX: usize = 10_000;

/// What the firmware said, read from its whole console output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// The board's name from `ounce: hello 1 BOARD`; `None` where the line never came.
    pub hello: Option<String>,
    /// The program's name from `ounce: program NAME`.
    pub program: Option<String>,
    /// The result's text from `ounce: result REPR`.
    pub result: Option<String>,
    /// The text of `ounce: error TEXT`.
    pub error: Option<String>,
    /// Size of the firmware's heap, bytes.
    pub heap_size_bytes: Option<u64>,
    /// Most bytes of the heap in use at any time.
    pub heap_peak_bytes: Option<u64>,
    /// Whether `ounce: done` came.
    pub done: bool,
    /// Lines that are not of the protocol.
    pub output: Vec<String>,
    /// How many bytes were not UTF-8 or were control characters: a sign of a wrong baud rate or of garbage.
    pub garbage_bytes: usize,
    /// Lines dropped beyond [`LINES_MAX`].
    pub lines_dropped: usize,
}

impl Transcript {
    /// Reads a console's bytes. Never fails: what is not understood is kept as output.
    pub fn read(bytes: &[u8]) -> Transcript {
        let mut t = Transcript::default();
        for (index, raw) in bytes.split(|&b| b == b'\n').enumerate() {
            let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
            if raw.is_empty() {
                continue;
            }
            if index >= LINES_MAX {
                t.lines_dropped += 1;
                continue;
            }
            let raw = &raw[..raw.len().min(LINE_BYTES_MAX)];
            let text = String::from_utf8_lossy(raw);
            t.garbage_bytes += text.chars().filter(|&c| c == '\u{fffd}' || (c.is_control() && c != '\t')).count();
            match text.strip_prefix("ounce: ") {
                Some(rest) => t.read_protocol_line(rest),
                None => t.output.push(text.into_owned()),
            }
        }
        t
    }

    fn read_protocol_line(&mut self, rest: &str) {
        let (word, value) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "hello" => self.hello = value.strip_prefix("1 ").map(str::to_owned),
            "program" => self.program = Some(value.to_owned()),
            "result" => self.result = Some(value.to_owned()),
            "error" => self.error = Some(value.to_owned()),
            "heap_size_bytes" => self.heap_size_bytes = value.parse().ok(),
            "heap_peak_bytes" => self.heap_peak_bytes = value.parse().ok(),
            "done" => self.done = true,
            _ => self.output.push(format!("ounce: {rest}")),
        }
    }

    /// Whether a line of the program's own output, or the result, equals the text.
    pub fn says(&self, expected: &str) -> bool {
        self.result.as_deref() == Some(expected) || self.output.iter().any(|line| line == expected)
    }
}

/// What the exit code of a firmware means (semihosting `SYS_EXIT_EXTENDED`), version 1.
pub mod exit {
    /// The program ran to its end.
    pub const OK: i32 = 0;
    /// A Rust panic, or a C `abort`.
    pub const PANIC: i32 = 101;
    /// A HardFault (Arm) or an unexpected trap (RISC-V).
    pub const FAULT: i32 = 102;
    /// The program needs more memory than the board has.
    pub const NO_FIT: i32 = 103;
    /// The program ended with an uncaught exception.
    pub const EXCEPTION: i32 = 104;
    /// There is no program at the workload address, or it is malformed.
    pub const NO_WORKLOAD: i32 = 105;
    /// The self-test of a board found a part of it that does not do what it should.
    pub const BAD_BOARD: i32 = 106;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_run_is_read() {
        let t = Transcript::read(
            b"ounce: hello 1 microbit\r\nounce: program calls.py\nhi\nounce: result (1, 2)\nounce: heap_peak_bytes 12\nounce: done\n",
        );
        assert_eq!(t.hello.as_deref(), Some("microbit"));
        assert!(t.says("(1, 2)") && t.says("hi") && !t.says("h"));
        assert_eq!((t.heap_peak_bytes, t.done, t.garbage_bytes), (Some(12), true, 0));
    }

    #[test]
    fn garbage_is_counted_and_limits_hold() {
        let t = Transcript::read(&[0xff, 0xfe, 0x01, b'a']);
        assert_eq!(t.garbage_bytes, 3);
        let long = vec![b'x'; LINE_BYTES_MAX * 2];
        assert_eq!(Transcript::read(&long).output[0].len(), LINE_BYTES_MAX);
        let many = b"y\n".repeat(LINES_MAX + 5);
        assert_eq!(Transcript::read(&many).lines_dropped, 5);
        assert_eq!(Transcript::read(b"ounce: heap_peak_bytes -4").heap_peak_bytes, None);
    }
}
