//! The workloads, once for all: the same programs that the boards run, ready for host benches and tests.
//!
//! May read the files of `benchmarks/workloads`, at compile time only.

pub mod seed;

use pyrite::{Out, Stop, Vm};
use std::mem::MaybeUninit;

/// A program and the line it must print.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// Its name in ounce.toml.
    pub name: &'static str,
    /// Its bytecode.
    pub mpy: &'static [u8],
    /// What `repr(main())` gives.
    pub expected: &'static str,
}

macro_rules! workloads {
    ($($name:literal),*) => {
        /// All programs that ounce.toml names, by name.
        pub const WORKLOADS: &[Workload] = &[$(Workload {
            name: $name,
            mpy: include_bytes!(concat!("../workloads/", $name, ".mpy")),
            expected: include_str!(concat!("../workloads/expected/", $name, ".txt")).trim_ascii_end(),
        }),*];
    };
}
workloads!("calls", "classes", "empty", "errors", "generators", "intloop", "lists");

/// Arena of the host's runs, in words of 8 bytes: twice what the largest board gives, as pointers are twice as long.
pub const ARENA_WORDS: usize = 2 * 143_360 / 8;

/// Collects what a program prints.
#[derive(Debug, Default)]
pub struct Text(pub Vec<u8>);

impl Out for Text {
    fn write(&mut self, text: &[u8]) {
        self.0.extend_from_slice(text);
    }
}

/// Loads a program into the arena, runs its `main` and gives the result's text.
///
/// # Errors
/// What the VM says.
pub fn run(workload: &Workload, arena: &mut [MaybeUninit<u64>]) -> Result<String, Stop> {
    let mut out = Text::default();
    {
        let mut vm = Vm::new(arena, &mut out)?;
        vm.load(workload.mpy)?;
        let value = vm.call_main()?;
        vm.print_repr(value);
    }
    Ok(String::from_utf8_lossy(&out.0).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list here and the manifest's are one list.
    #[test]
    fn the_manifest_names_the_same_programs() {
        let text = include_str!("../../ounce.toml");
        let manifest = ounce_protocol::Manifest::parse(text).unwrap();
        let named: Vec<&str> = manifest.benchmarks.keys().map(|n| n.as_str()).collect();
        let ours: Vec<&str> = WORKLOADS.iter().map(|w| w.name).collect();
        assert_eq!(named, ours);
    }

    #[test]
    fn each_program_gives_its_result_on_the_host() {
        let mut arena = vec![MaybeUninit::new(0); ARENA_WORDS];
        for workload in WORKLOADS {
            assert_eq!(run(workload, &mut arena).ok().as_deref(), Some(workload.expected), "{}", workload.name);
        }
    }
}
