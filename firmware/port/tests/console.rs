//! What goes over the wire, byte for byte.
#![forbid(unsafe_code)]

use std::cell::RefCell;

use pyrite_port::{Chip, Console};

thread_local! {
    static WIRE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A UART whose receiver is the test.
struct Wire;

impl Chip for Wire {
    fn start() {}

    fn send(byte: u8) {
        WIRE.with_borrow_mut(|wire| wire.push(byte));
    }
}

#[track_caller]
fn check(send: impl FnOnce(&Console<Wire>), expected: &str) {
    send(&Console::new());
    let wire = WIRE.take();
    assert_eq!(String::from_utf8_lossy(&wire), expected);
}

#[test]
fn a_line_is_prefix_word_and_text() {
    check(|c| c.line("program", "calls.py"), "ounce: program calls.py\n");
}

#[test]
fn figures_are_decimal() {
    check(|c| c.figure("heap_peak_bytes", 0), "ounce: heap_peak_bytes 0\n");
    check(|c| c.figure("heap_peak_bytes", 143_360), "ounce: heap_peak_bytes 143360\n");
    check(|c| c.figure("heap_peak_bytes", u32::MAX as usize), "ounce: heap_peak_bytes 4294967295\n");
}

#[test]
fn addresses_are_eight_digits() {
    check(|c| c.hex(0x2000_0fb8), "0x20000fb8");
    check(|c| c.hex(0), "0x00000000");
}

#[test]
fn a_protocol_line_never_continues_a_line_of_the_program() {
    let after = |printed: &'static [u8], expected| {
        check(
            |c| {
                c.send(printed);
                c.line("result", "7");
            },
            expected,
        );
    };
    after(b"half a line", "half a line\nounce: result 7\n");
    after(b"a line\n", "a line\nounce: result 7\n");
    after(b"", "ounce: result 7\n");
}

#[test]
fn text_of_the_program_cannot_end_a_protocol_line() {
    check(
        |c| {
            c.begin("error ");
            c.send(b"ValueError: five\nounce: done\n");
            c.end();
            c.send(b"a\nb\n");
        },
        "ounce: error ValueError: five ounce: done \na\nb\n",
    );
}
