//! Tries to get out of the emulator through semihosting: a command, two files, a line on the host's console.
//!
//! Reports on the UART what each call answered. A call nobody serves leaves the operation's own number. What counts is the host: no
//! file `ounce-escape` may exist afterwards, and `escaped` may appear only in the report.

#![no_std]
#![no_main]

use faults::{Chip, between_marks, farewell, hello};
use pyrite_port::{Console, semihosting};

pyrite_port::entry! { chip: faults::Chip, main: run }

const SYS_OPEN: usize = 0x01;
const SYS_WRITE0: usize = 0x04;
const SYS_READ: usize = 0x06;
const SYS_SYSTEM: usize = 0x12;
/// Mode numbers of `SYS_OPEN`: those of `fopen`'s "r" and "w".
const READ: usize = 0;
const WRITE: usize = 4;

fn run() -> ! {
    let console = hello();
    between_marks(|| {
        system(&console, c"touch ounce-escape /tmp/ounce-escape");
        open(&console, "open for writing", c"/tmp/ounce-escape", WRITE);
        if let Some(file) = open(&console, "open for reading", c"/etc/passwd", READ) {
            read(&console, file);
        }
        write0(&console, c"escaped to the host's console\n");
    });
    farewell(&console, "'attempts made'")
}

fn system(console: &Console<Chip>, command: &core::ffi::CStr) {
    let block = [command.as_ptr().addr(), command.count_bytes()];
    // SAFETY: SYS_SYSTEM takes the address and the length of a string that ends in NUL; the host reads it only.
    report(console, "run a command", unsafe { semihosting::call(SYS_SYSTEM, block.as_ptr()) });
}

fn open(console: &Console<Chip>, what: &str, path: &core::ffi::CStr, mode: usize) -> Option<usize> {
    let block = [path.as_ptr().addr(), mode, path.count_bytes()];
    // SAFETY: SYS_OPEN takes the address of a string that ends in NUL, a mode and the length; the host reads it only.
    let answer = unsafe { semihosting::call(SYS_OPEN, block.as_ptr()) };
    report(console, what, answer);
    usize::try_from(answer).ok()
}

fn read(console: &Console<Chip>, file: usize) {
    let mut bytes = [0_u8; 32];
    let block = [file, bytes.as_mut_ptr().expose_provenance(), bytes.len()];
    // SAFETY: SYS_READ takes a handle, the address of a buffer and its length; the host writes into the buffer only.
    report(console, "read", unsafe { semihosting::call(SYS_READ, block.as_ptr()) });
    console.send(b"escape: contents ");
    for byte in bytes {
        console.send(&[if byte.is_ascii_graphic() { byte } else { b'.' }]);
    }
    console.send(b"\n");
}

fn write0(console: &Console<Chip>, text: &core::ffi::CStr) {
    // SAFETY: SYS_WRITE0 takes the address of the text itself, which ends in NUL; the host reads it only.
    report(console, "write on the console", unsafe { semihosting::call(SYS_WRITE0, text.as_ptr().cast()) });
}

fn report(console: &Console<Chip>, what: &str, answer: isize) {
    console.send(b"escape: ");
    console.send(what.as_bytes());
    console.send(b" answered ");
    console.hex(answer as usize);
    console.send(b"\n");
}
