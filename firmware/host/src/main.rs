//! Pyrite on a developer's machine.
//!
//! ```text
//! pyrite [--heap BYTES] FILE [ARGS…]            runs a .py or .mpy here; exit status 0, or 1 with the exception on stderr
//! pyrite dis FILE                               shows a compiled file
//! pyrite price                                  what each set and feature costs: fills in the tables of docs/pyrite.md
//! pyrite sizes --board BOARD                    bytes that objects take, beside MicroPython's
//! pyrite --board BOARD [OPTIONS] FILE…          runs each file on an emulated board, see `board.rs`
//! ```
//!
//! It knows the VM, the runner's images that `firmware/build --bundle` leaves, and QEMU; nothing of what weighs firmware.

mod board;
mod bundle;
mod compile;
mod dis;
mod elf;
mod emulator;
mod here;
mod json;
mod price;
mod sizes;
mod transcript;

use std::process::ExitCode;

const USAGE: &str = "usage: pyrite [--heap BYTES] FILE [ARGS]
       pyrite dis FILE
       pyrite sizes --board BOARD
       pyrite price [--board BOARD]… [--feature FEATURE]… [--json]
       pyrite --board BOARD [--set minimal|core|standard|full] [--count all|main] [--heap BYTES] [--json] [--fast] [--module FILE]… FILE…";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.first().map(String::as_str) {
        None | Some("--help" | "-h") => {
            println!("{USAGE}");
            return if args.is_empty() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
        Some("dis") => dis::run(&args[1..]),
        Some("price") => price::run(&args[1..]),
        Some("sizes") => sizes::run(&args[1..]),
        _ if args.iter().any(|arg| arg == "--board") => board::run(&args),
        _ => here::run(&args),
    };
    match done {
        Ok(code) => code,
        Err(why) => {
            eprintln!("pyrite: {why}");
            ExitCode::from(2)
        }
    }
}

/// A size: bytes, or a number of K or M.
fn bytes(text: &str) -> Result<usize, String> {
    let (digits, factor) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 1 << 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    let size = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(factor));
    size.ok_or_else(|| format!("{text:?} is not a size: bytes, or a number of K or M"))
}
