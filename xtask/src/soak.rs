//! `cargo xtask soak`: what takes too long for CI: the fuzzing tests with more cases, and Pyrite under tools that watch its memory.

use crate::root;
use crate::run::{Tally, step};
use anyhow::Result;
use std::path::Path;

/// `cargo xtask soak`
#[derive(Debug, clap::Args)]
pub struct Soak {
    /// How many cases each test runs
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    cases: u64,
    /// Only this case of each test again
    #[arg(long, value_name = "S", conflicts_with = "cases")]
    seed: Option<u64>,
    /// Only these
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    only: Vec<Soaked>,
}

/// What is run for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Soaked {
    /// Webhooks, through the gate
    Webhooks,
    /// Requests of a runner, through its door
    Runner,
    /// Manifest, console and measurement
    Protocol,
    /// Comments and commands
    Commands,
    /// ELF, DWARF, linker maps, code
    Analysis,
    /// The VM's own files: loader, verifier and VM
    Vm,
    /// All tests of the VM and a tenth of its fuzzing under AddressSanitizer, where there is a nightly toolchain
    VmAsan,
    /// All programs of the VM's tests under valgrind, where it is installed
    VmValgrind,
    /// The same in Miri, where it is installed: which accesses to memory Rust's rules allow
    VmMiri,
    /// A hundred objects a case in a heap of fixed size
    VmHeap,
}

/// The VM's tests with the whole language.
const VM: [&str; 4] = ["-p", "pyrite", "--features", "full"];

impl Soaked {
    const ALL: [Soaked; 10] = [
        Soaked::Webhooks,
        Soaked::Runner,
        Soaked::Protocol,
        Soaked::Commands,
        Soaked::Analysis,
        Soaked::Vm,
        Soaked::VmAsan,
        Soaked::VmValgrind,
        Soaked::VmMiri,
        Soaked::VmHeap,
    ];

    /// Title, arguments of cargo, and arguments of the tests.
    fn test(self) -> (&'static str, Vec<&'static str>, Vec<&'static str>) {
        let vm = |more: &[&'static str]| [&["test", "--release"], &VM[..], more].concat();
        let root = |more: &[&'static str]| [&["test", "--release"], more].concat();
        match self {
            Soaked::Webhooks => ("fuzzing, webhooks", root(&["-p", "ounce-server", "--test", "doors", "webhook"]), vec![]),
            Soaked::Runner => ("fuzzing, the runner API", root(&["-p", "ounce-server", "--test", "doors", "runner"]), vec![]),
            Soaked::Protocol => ("fuzzing, manifest and measurement", root(&["-p", "ounce-protocol", "--test", "hostile"]), vec![]),
            Soaked::Commands => ("fuzzing, comments", root(&["-p", "ounce-server", "--lib", "hostile"]), vec![]),
            Soaked::Analysis => ("fuzzing, ELF files", root(&["-p", "ounce-analysis"]), vec![]),
            Soaked::Vm => ("fuzzing, VM", vm(&["--test", "hostile"]), vec![]),
            // Code is made for a target of its own, so that build scripts are not sanitized. The tests' own files are never freed.
            Soaked::VmAsan => (
                "VM under AddressSanitizer",
                [&["+nightly", "test", "--release", "--target", HOST, "--target-dir", "target/asan"], &VM[..]].concat(),
                vec![],
            ),
            Soaked::VmValgrind => (
                "VM under valgrind",
                [&["test", "--config", VALGRIND], &VM[..], &["--test", "scripts", "--test", "programs", "each_"]].concat(),
                vec![],
            ),
            Soaked::VmMiri => {
                ("VM in Miri", [&MIRI[..], &VM[..], &["--test", "programs", "--test", "machine"]].concat(), vec!["each_", "a_"])
            }
            Soaked::VmHeap => ("a heap of fixed size", vm(&["--test", "soak"]), vec!["--ignored"]),
        }
    }

    /// What the environment says to cargo and the tests: which cases, all of them or one again, and how they are built.
    fn environment(self, cases: u64, seed: Option<u64>) -> Vec<String> {
        let cases = match self {
            Soaked::VmAsan => cases.div_ceil(10),
            Soaked::VmHeap => cases.saturating_mul(100),
            _ => cases,
        };
        let mut all = vec![seed.map_or_else(|| format!("OUNCE_FUZZ_CASES={cases}"), |seed| format!("OUNCE_FUZZ_SEED={seed}"))];
        if self == Soaked::VmAsan {
            all.extend(ASAN.map(str::to_owned));
        } else if self == Soaked::VmMiri {
            all.push(MIRIFLAGS.to_owned());
        }
        all
    }

    /// What it needs that is not there.
    fn missing(self) -> Option<&'static str> {
        let answers = |program: &str, args: &[&str]| {
            #[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
            let said = std::process::Command::new(program).args(args).output();
            said.is_ok_and(|said| said.status.success())
        };
        match self {
            Soaked::VmAsan if !answers("cargo", &["+nightly", "--version"]) => {
                Some("no nightly toolchain: `rustup toolchain install nightly`")
            }
            Soaked::VmMiri if !answers("cargo", &["+nightly", "miri", "--version"]) => {
                Some("no Miri: `rustup component add --toolchain nightly miri rust-src`")
            }
            Soaked::VmValgrind if !answers("valgrind", &["--version"]) => Some("no valgrind: `apt-get install valgrind`"),
            _ => None,
        }
    }

    fn of_the_firmware(self) -> bool {
        matches!(self, Soaked::Vm | Soaked::VmAsan | Soaked::VmValgrind | Soaked::VmMiri | Soaked::VmHeap)
    }
}

/// The target whose sanitizer is used.
const HOST: &str = "x86_64-unknown-linux-gnu";
/// Optimized, but with all checks of a debug build.
const ASAN: [&str; 4] = [
    "RUSTFLAGS=-Zsanitizer=address",
    "ASAN_OPTIONS=detect_leaks=0",
    "CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true",
    "CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS=true",
];
/// In a folder of its own, as it compiles everything otherwise.
const MIRI: [&str; 5] = ["+nightly", "miri", "test", "--target-dir", "target/miri"];
/// Pointers are made of pointers and not of numbers; the tests read their files, and never free them.
const MIRIFLAGS: &str = "MIRIFLAGS=-Zmiri-strict-provenance -Zmiri-disable-isolation -Zmiri-ignore-leaks";
/// Tests run in valgrind: reads of what was never written are errors too.
const VALGRIND: &str = "target.'cfg(all())'.runner = ['valgrind', '--quiet', '--error-exitcode=9']";

/// Programs of the smallest set through loader, verifier, heap and run loop in Miri, as part of all tests: more of it is `soak --only vm-miri`.
///
/// # Errors
/// Where it fails. Where Miri is not installed that is said, and no error.
pub fn miri(root: &Path, tally: &mut Tally) -> Result<()> {
    if let Some(missing) = Soaked::VmMiri.missing() {
        println!("\n=== programs in Miri: left out: {missing}");
        return Ok(());
    }
    let cargo = [&[MIRIFLAGS, "cargo"], &MIRI[..], &["--quiet", "-p", "pyrite", "--no-default-features", "--test", "minimal"]].concat();
    step("programs in Miri", &root.join("firmware"), "env", &cargo, tally)
}

impl Soak {
    /// Runs them one after another; each prints how far it is, and a case that fails its number.
    ///
    /// # Errors
    /// At the first step that fails.
    pub fn run(self) -> Result<()> {
        let root = root();
        let mut tally = Tally::default();
        for what in Soaked::ALL.into_iter().filter(|what| self.only.is_empty() || self.only.contains(what)) {
            self.one(what, &root, &mut tally)?;
        }
        println!("\n{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.ignored);
        Ok(())
    }

    fn one(&self, what: Soaked, root: &Path, tally: &mut Tally) -> Result<()> {
        let (title, cargo, tests) = what.test();
        if let Some(missing) = what.missing() {
            println!("\n=== {title}: left out: {missing}");
            return Ok(());
        }
        let environment = what.environment(self.cases, self.seed);
        let mut args: Vec<&str> = environment.iter().map(String::as_str).collect();
        args.push("cargo");
        args.extend(cargo);
        args.extend(["--", "--nocapture"]);
        args.extend(tests);
        let dir = if what.of_the_firmware() { root.join("firmware") } else { root.to_owned() };
        step(title, &dir, "env", &args, tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_played_again_is_watched_as_the_first_time() {
        let check = |what: Soaked, seed: Option<u64>, first: &str| {
            let environment = what.environment(1000, seed);
            assert_eq!(environment[0], first);
            assert_eq!(environment[1..].contains(&ASAN[0].to_owned()), what == Soaked::VmAsan, "{what:?}, {seed:?}");
        };
        check(Soaked::Webhooks, None, "OUNCE_FUZZ_CASES=1000");
        check(Soaked::VmAsan, None, "OUNCE_FUZZ_CASES=100");
        check(Soaked::VmAsan, Some(7), "OUNCE_FUZZ_SEED=7");
        check(Soaked::VmHeap, None, "OUNCE_FUZZ_CASES=100000");
    }
}
