//! `pyrite sizes --board BOARD`: bytes of heap that objects take, beside what they take in MicroPython.
//!
//! Both run `vm/tests/micropython/objects.py` and tell by `gc.mem_alloc`: Pyrite on the emulated board, MicroPython in its WebAssembly build, which
//! has words of 32 bits as the boards have. What that said is kept beside the program, `micropython/regenerate.sh` makes it again.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use crate::bundle::{Bundle, Kind};
use crate::compile;
use crate::emulator::{Board, Count};
use crate::transcript::Transcript;

const SET: &str = "full";

/// Prints the table.
///
/// # Errors
/// Where it is used wrongly, a tool or the board's image is missing, or the program does not come to its end.
pub fn run(args: &[String]) -> Result<ExitCode, String> {
    let [option, board] = args else { return Err(crate::USAGE.into()) };
    if option != "--board" {
        return Err(crate::USAGE.into());
    }
    print!("{}", table(board)?);
    Ok(ExitCode::SUCCESS)
}

/// The table, of a board whose runner's image with the whole language is built.
///
/// # Errors
/// Where that image or a tool is missing, or the program does not come to its end.
pub fn table(board: &str) -> Result<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vm/tests/micropython");
    let kept = folder.join("objects.txt");
    let theirs = std::fs::read_to_string(&kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    let theirs: BTreeMap<&str, u64> = theirs.lines().filter_map(pair).collect();
    let mut bundle = Bundle::new(0);
    bundle.add(Kind::Script, "objects", &compile::load(&folder.join("objects.py"))?);
    let started = Board::open(board, Some(SET))?.start(&bundle.bytes(), Count::Nothing, 0)?;
    let ran = Transcript::read(&started.console).programs.into_iter().next().unwrap_or_default();
    if ran.exit.as_ref().is_none_or(|(code, _)| *code != 0) {
        return Err(format!("the program ended with {:?}: {}", ran.exit, started.complaint));
    }
    let mut table = format!("| object | Pyrite on {board}, bytes | MicroPython, bytes |\n|---|---:|---:|\n");
    let mut larger = Vec::new();
    for (object, ours) in ran.stdout.lines().filter_map(pair) {
        let theirs = theirs.get(object).ok_or_else(|| format!("{} does not know {object}: micropython/regenerate.sh", kept.display()))?;
        table.push_str(&format!("| {object} | {ours} | {theirs} |\n"));
        if ours > *theirs {
            larger.push(object);
        }
    }
    match larger.as_slice() {
        [] => eprintln!("sizes: none is larger than MicroPython's"),
        larger => eprintln!("sizes: larger than MicroPython's: {}", larger.join(", ")),
    }
    Ok(table)
}

/// `name number`, where the name may have blanks.
fn pair(line: &str) -> Option<(&str, u64)> {
    let (name, number) = line.trim().rsplit_once(' ')?;
    Some((name, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::pair;

    #[test]
    fn a_name_may_have_blanks() {
        assert_eq!(pair("int of 41 bits 16"), Some(("int of 41 bits", 16)));
        assert_eq!(pair("Traceback"), None);
    }
}
