//! The console: program output passes through, protocol lines start on a line of their own.
#![forbid(unsafe_code)]

use core::cell::Cell;
use core::marker::PhantomData;

use pyrite::Out;

use crate::Chip;

/// What every protocol line begins with.
const PREFIX: &[u8] = b"ounce: ";

/// The chip's UART as lines. One is made for a run and shared by the VM and the protocol.
pub struct Console<C> {
    mid_line: Cell<bool>,
    protocol: Cell<bool>,
    chip: PhantomData<C>,
}

impl<C: Chip> Console<C> {
    /// A console at the start of a line.
    pub const fn new() -> Self {
        Self { mid_line: Cell::new(false), protocol: Cell::new(false), chip: PhantomData }
    }

    /// Sends `text` as it is; inside a protocol line its line ends become spaces, since a Python program chose that text.
    pub fn send(&self, text: &[u8]) {
        for &byte in text {
            C::send(if byte == b'\n' && self.protocol.get() { b' ' } else { byte });
        }
        if let Some(&last) = text.last() {
            self.mid_line.set(last != b'\n');
        }
    }

    /// Begins a protocol line of the kind `word`; what is sent up to the next [`Console::end`] belongs to it.
    pub fn begin(&self, word: &str) {
        if self.mid_line.get() {
            self.send(b"\n");
        }
        self.send(PREFIX);
        self.send(word.as_bytes());
        self.protocol.set(true);
    }

    /// Ends a protocol line.
    pub fn end(&self) {
        self.protocol.set(false);
        self.send(b"\n");
    }

    /// A whole protocol line: `ounce: WORD TEXT`.
    pub fn line(&self, word: &str, text: &str) {
        self.begin(word);
        self.send(b" ");
        self.send(text.as_bytes());
        self.end();
    }

    /// A whole protocol line with a decimal number: `ounce: WORD N`.
    pub fn figure(&self, word: &str, number: usize) {
        self.begin(word);
        self.send(b" ");
        self.decimal(number);
        self.end();
    }

    /// A decimal number.
    pub fn decimal(&self, number: usize) {
        let mut digits = [0; 20];
        let mut rest = number;
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 || at == 0 {
                break;
            }
        }
        self.send(&digits[at..]);
    }

    /// Eight hexadecimal digits, for addresses.
    pub fn hex(&self, word: usize) {
        self.send(b"0x");
        for shift in (0..32).step_by(4).rev() {
            self.send(&[b"0123456789abcdef"[word >> shift & 15]]);
        }
    }
}

impl<C: Chip> Default for Console<C> {
    fn default() -> Self {
        Self::new()
    }
}

/// The VM's way out: program output as it is.
impl<C: Chip> Out for &Console<C> {
    fn write(&mut self, text: &[u8]) {
        self.send(text);
    }
}
