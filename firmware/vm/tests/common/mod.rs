//! What all tests share: a machine on a host arena whose output is a text.

use core::mem::MaybeUninit;
use std::path::PathBuf;

use pyrite::{Out, Stop, Vm};

/// Collects the output.
#[derive(Default)]
pub struct Text(pub Vec<u8>);

impl Out for Text {
    fn write(&mut self, text: &[u8]) {
        self.0.extend_from_slice(text);
    }
}

/// An arena of so many bytes.
pub fn arena(bytes: usize) -> Vec<MaybeUninit<u64>> {
    vec![MaybeUninit::uninit(); bytes / 8]
}

/// Loads a file and calls its `main`; the output, then `repr` of the result or the exception's text, and how it ended.
#[allow(dead_code, reason = "not every test file uses it")]
pub fn run_with(mpy: &[u8], arena_bytes: usize, prepare: impl FnOnce(&mut Vm)) -> (String, Result<(), Stop>) {
    let mut arena = arena(arena_bytes);
    let mut out = Text::default();
    let ended = match Vm::new(&mut arena, &mut out) {
        Err(stop) => Err(stop),
        Ok(mut vm) => {
            prepare(&mut vm);
            let ended = vm.load(mpy).and_then(|()| vm.call_main());
            match ended {
                Ok(value) => vm.print_repr(value),
                Err(_) => vm.print_exception(),
            }
            ended.map(|_| ())
        }
    };
    (String::from_utf8_lossy(&out.0).into_owned(), ended)
}

/// Runs a file as a script in 64 KiB; what it printed, an uncaught exception among it. The file must be one that is accepted.
#[allow(dead_code, reason = "not every test file uses it")]
pub fn run_script(mpy: &[u8], prepare: impl FnOnce(&mut Vm)) -> String {
    let mut arena = arena(64 * 1024);
    let mut out = Text::default();
    {
        let mut vm = Vm::new(&mut arena, &mut out).expect("large enough");
        prepare(&mut vm);
        match vm.run_script(mpy) {
            Ok(()) => {}
            Err(Stop::Malformed(malformed)) => panic!("{malformed:?}"),
            Err(_) => vm.print_exception(),
        }
    }
    String::from_utf8_lossy(&out.0).into_owned()
}

/// The repository's workload programs.
#[allow(dead_code, reason = "not every test file uses it")]
pub fn workloads() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../benchmarks/workloads")
}

/// The six programs this build has to run.
#[allow(dead_code, reason = "not every test file uses it")]
pub const WORKLOADS: [&str; 6] = ["calls", "intloop", "lists", "classes", "generators", "errors"];
