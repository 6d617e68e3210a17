//! Building a firmware, running it in QEMU with the plugin, and reading the result. It may touch its own folder in the
//! system's folder for temporary files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

/// No run here takes more than seconds; one that does is a failure with a name.
const WALL_CLOCK_MAX: Duration = Duration::from_secs(60);

/// A QEMU machine with what the sources need to know of it.
#[derive(Clone, Copy)]
pub struct Machine {
    pub name: &'static str,
    qemu: &'static str,
    cpu: &'static str,
    options: &'static [&'static str],
    /// A device's register that can be read and written without effect (the rate of a serial port).
    device: u32,
}

pub const MICROBIT: Machine = Machine { name: "microbit", qemu: "qemu-system-arm", cpu: "cortex-m0", options: &[], device: 0x4000_2524 };
pub const MPS2: Machine = Machine { name: "mps2-an385", qemu: "qemu-system-arm", cpu: "cortex-m3", options: &[], device: 0x4000_4010 };
pub const RISCV: Machine = Machine { name: "virt", qemu: "qemu-system-riscv32", cpu: "", options: &["-bios", "none"], device: 0 };

/// A folder that is gone when the test is over.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ounce-qemu-plugin-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A linked firmware.
pub struct Firmware {
    machine: Machine,
    folder: Folder,
    symbols: BTreeMap<String, u64>,
}

/// What a run left.
pub struct Run {
    pub status: ExitStatus,
    /// The result file's text, if there is one.
    pub text: Option<String>,
    pub stderr: String,
}

/// The result file, read as the crate's head describes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Counts {
    keys: BTreeMap<String, u64>,
    pub errors: BTreeMap<String, u64>,
    pub profile: BTreeMap<u64, u64>,
    /// How often the code went elsewhere than on to the next halfword, by address.
    pub left: BTreeMap<u64, u64>,
}

/// A program of the host.
#[expect(
    clippy::disallowed_methods,
    reason = "a test's tools: the runner's own way to start processes is in a crate that this one may not see"
)]
pub fn tool(name: &str) -> Command {
    Command::new(name)
}

fn must_start<T>(tool: &Command, outcome: std::io::Result<T>) -> T {
    outcome.unwrap_or_else(|error| panic!("cannot start {:?}: {error}; run `./dev setup`", tool.get_program()))
}

fn must_succeed(tool: &mut Command) -> String {
    let outcome = tool.output();
    let output = must_start(tool, outcome);
    assert!(output.status.success(), "{tool:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Builds `tests/firmware/{source}.s` for a machine.
pub fn firmware(machine: Machine, source: &str) -> Firmware {
    firmware_with(machine, source, &[], None)
}

/// The same with symbols of the assembler and, for sources that include it, a `random.inc`.
pub fn firmware_with(machine: Machine, source: &str, symbols: &[(&str, u32)], random: Option<&str>) -> Firmware {
    let folder = Folder::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/firmware");
    let source = sources.join(format!("{source}.s"));
    let elf = folder.path("firmware.elf");
    let binutils = if machine.cpu.is_empty() { "riscv64-unknown-elf" } else { "arm-none-eabi" };
    if let Some(text) = random {
        fs::write(folder.path("random.inc"), text).unwrap();
    }
    if machine.cpu.is_empty() {
        let object = folder.path("firmware.o");
        let mut assembler = tool("riscv64-unknown-elf-as");
        must_succeed(assembler.args(["-march=rv32imac", "-mabi=ilp32", "-o"]).arg(&object).arg(&source));
        let mut linker = tool("riscv64-unknown-elf-ld");
        linker.args(["-m", "elf32lriscv", "-T"]).arg(sources.join("riscv.ld"));
        must_succeed(linker.arg("-o").arg(&elf).arg(&object));
    } else {
        let mut compiler = tool("arm-none-eabi-gcc");
        compiler.args(["-nostdlib", "-mthumb", "-Wl,--no-warn-rwx-segments", &format!("-mcpu={}", machine.cpu)]);
        compiler.arg(format!("-Wa,--defsym,DEVICE={:#x}", machine.device));
        for (name, value) in symbols {
            compiler.arg(format!("-Wa,--defsym,{name}={value:#x}"));
        }
        for place in [&sources, &folder.0] {
            compiler.arg(format!("-Wa,-I,{}", place.display()));
        }
        compiler.arg(format!("-Wl,-T,{}", sources.join("arm.ld").display()));
        must_succeed(compiler.arg("-o").arg(&elf).arg(&source));
    }
    let symbols = must_succeed(tool(&format!("{binutils}-nm")).arg(&elf))
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            let address = u64::from_str_radix(fields.next()?, 16).ok()?;
            Some((fields.nth(1)?.to_owned(), address))
        })
        .collect();
    Firmware { machine, folder, symbols }
}

/// The plugin, where cargo puts it for this test: beside the test itself.
pub fn plugin() -> PathBuf {
    let test = env::current_exe().unwrap();
    let path = test.with_file_name("libounce_qemu_plugin.so");
    assert!(path.exists(), "cargo did not build {}", path.display());
    path
}

impl Firmware {
    /// The address of a symbol.
    pub fn address(&self, symbol: &str) -> u64 {
        *self.symbols.get(symbol).unwrap_or_else(|| panic!("no symbol {symbol}"))
    }

    /// `begin=…,end=…` of this firmware.
    pub fn markers(&self) -> String {
        format!("begin={:#x},end={:#x}", self.address("begin"), self.address("end"))
    }

    /// Where this firmware's runs leave their results.
    pub fn out(&self) -> PathBuf {
        self.folder.path("counts")
    }

    /// Starts QEMU with the plugin and these arguments, as the runner does.
    pub fn spawn(&self, arguments: &str) -> Child {
        let mut qemu = tool(self.machine.qemu);
        qemu.args(["-M", self.machine.name, "-display", "none", "-monitor", "none", "-serial", "stdio"]);
        qemu.args(["-semihosting-config", "enable=on,target=gdb", "-sandbox", "on,spawn=deny"]);
        qemu.args(["-icount", "shift=0,sleep=off", "-kernel"]).arg(self.folder.path("firmware.elf"));
        qemu.args(self.machine.options);
        qemu.arg("-plugin").arg(format!("file={},{arguments}", plugin().display()));
        // Where a QEMU that aborts would leave its memory.
        qemu.current_dir(&self.folder.0).stdin(Stdio::null()).stdout(Stdio::null());
        qemu.stderr(fs::File::create(self.folder.path("stderr")).unwrap());
        let child = qemu.spawn();
        must_start(&qemu, child)
    }

    /// Waits for QEMU's end.
    pub fn wait(&self, mut qemu: Child) -> Run {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = qemu.try_wait().unwrap() {
                break status;
            }
            if started.elapsed() > WALL_CLOCK_MAX {
                let _ = qemu.kill();
                panic!("QEMU did not end within {WALL_CLOCK_MAX:?}");
            }
            thread::sleep(Duration::from_millis(2));
        };
        let text = fs::read_to_string(self.out()).ok();
        let stderr = fs::read_to_string(self.folder.path("stderr")).unwrap_or_default();
        Run { status, text, stderr }
    }

    /// Runs to the end with exactly these arguments of the plugin.
    pub fn run_raw(&self, arguments: &str) -> Run {
        self.wait(self.spawn(arguments))
    }

    /// Runs to the end with markers, result file and `more` arguments (each with its comma in front).
    pub fn run(&self, more: &str) -> Run {
        self.run_raw(&format!("{},out={}{more}", self.markers(), self.out().display()))
    }

    /// Runs to a successful end, and gives the counts.
    pub fn counts(&self, more: &str) -> Counts {
        let run = self.run(more);
        assert!(run.status.success(), "{}: {:?} {}", self.machine.name, run.status, run.stderr);
        run.counts()
    }
}

impl Run {
    /// The counts, of a run that has them.
    pub fn counts(&self) -> Counts {
        let text = self.text.as_deref().unwrap_or_else(|| panic!("no result file: {:?} {}", self.status, self.stderr));
        Counts::read(text)
    }
}

impl Counts {
    /// Reads a whole file and holds it against everything its format promises.
    pub fn read(text: &str) -> Self {
        let mut lines: Vec<&str> = text.lines().collect();
        assert!(text.ends_with('\n'), "a torn line at the end");
        assert_eq!(lines.remove(0), "ounce-qemu 1");
        assert_eq!(lines.pop(), Some("end"), "not whole:\n{text}");
        let (mut keys, mut errors, mut profile, mut left) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut last_pc = None;
        for line in lines {
            let fields: Vec<&str> = line.split(' ').collect();
            match fields[..] {
                ["pc", address, count] => {
                    let (address, count) = (number(address), number(count));
                    assert!(last_pc < Some(address), "unsorted: {line}");
                    assert_ne!(count, 0, "{line}");
                    last_pc = Some(address);
                    profile.insert(address, count);
                }
                ["left", address, count] => {
                    assert_eq!(left.insert(number(address), number(count)), None, "{line}");
                }
                ["error", word, times] => assert_eq!(errors.insert(word.to_owned(), number(times)), None, "{line}"),
                [key, value] => assert_eq!(keys.insert(key.to_owned(), number(value)), None, "{line}"),
                _ => panic!("not of the format: {line:?}"),
            }
        }
        let counts = Self { keys, errors, profile, left };
        let listed: u64 = counts.profile.values().sum();
        let unlisted = counts.errors.get("pc_limit").copied().unwrap_or(0);
        assert_eq!(counts.get("measured"), listed + unlisted, "the parts must sum to the whole");
        assert!(counts.get("measured") <= counts.get("total"));
        assert!([1, 2, 4, 5].contains(&counts.get("qemu_api")));
        counts
    }

    /// The value of a line that must be there.
    pub fn get(&self, key: &str) -> u64 {
        self.find(key).unwrap_or_else(|| panic!("no line {key}"))
    }

    /// The value of a line that may be there.
    pub fn find(&self, key: &str) -> Option<u64> {
        self.keys.get(key).copied()
    }

    /// The errors as words.
    pub fn errors(&self) -> Vec<(&str, u64)> {
        self.errors.iter().map(|(word, &times)| (word.as_str(), times)).collect()
    }
}

fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}
