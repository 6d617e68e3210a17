//! The set `minimal`: what it has gives what CPython gives, and what it leaves out is a clear error. Run by `--no-default-features`.
#![cfg(not(feature = "core"))]

mod common;

use std::path::{Path, PathBuf};

use common::{Text, arena};
use pyrite::{Stop, Vm};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/minimal")
}

fn run(name: &str) -> (String, Result<(), Stop>) {
    let mpy = std::fs::read(folder().join(format!("{name}.mpy"))).expect("the program is there");
    let mut arena = arena(96 * 1024);
    let mut out = Text::default();
    let ended = {
        let mut vm = Vm::new(&mut arena, &mut out).expect("large enough");
        let ended = vm.run_script(&mpy);
        if ended.is_err() {
            vm.print_exception();
        }
        ended
    };
    (String::from_utf8_lossy(&out.0).into_owned(), ended)
}

fn prints(name: &str) {
    let expected = std::fs::read_to_string(folder().join(format!("{name}.txt"))).expect("its output is there");
    let (output, ended) = run(name);
    assert_eq!((output.as_str(), ended), (expected.as_str(), Ok(())), "{name}");
}

#[test]
fn what_the_set_has_prints_what_cpython_prints() {
    prints("fits");
}

#[test]
fn what_the_set_lacks_is_an_exception() {
    prints("lacks");
}

/// Constants of types and statements that are not there: nothing of the file is executed.
#[test]
fn a_file_that_needs_more_is_refused_and_told_why() {
    for (name, reason) in [
        ("floats", "floats are not in this build"),
        ("bytes", "bytes are not in this build"),
        ("long", "an int constant is too large for this build"),
        ("contexts", "a statement that is not in this build"),
        ("starred", "a statement that is not in this build"),
    ] {
        let (output, ended) = run(name);
        assert_eq!(output, "", "{name}");
        assert!(matches!(ended, Err(Stop::Malformed(refused)) if refused.reason.to_string() == reason), "{name} ended {ended:?}");
    }
}
