//! One start of QEMU: a runner's image, a bundle, the counting plugin; out come the console and the counts.
//!
//! Semihosting answers nothing but the exit (`target=gdb`), QEMU starts no programs of its own, and a budget of instructions, which
//! does not depend on this machine's speed, ends a program that would run for ever.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// What is known of a board: its `board.toml` and the map of its image.
pub struct Board {
    toml: BTreeMap<String, String>,
    elf: PathBuf,
    plugin: PathBuf,
    markers: (u64, u64),
    /// Bytes of the workload window.
    pub window_bytes: usize,
}

/// What one start gave.
pub struct Started {
    /// All bytes of the console.
    pub console: Vec<u8>,
    /// QEMU's exit code.
    pub code: Option<i32>,
    /// Instructions between the markers.
    pub measured: Option<u64>,
    /// Bytes of stack used.
    pub stack_bytes: Option<u64>,
    /// What QEMU said itself.
    pub complaint: String,
}

impl Board {
    /// Reads what is to be known.
    ///
    /// # Errors
    /// Where the board, its image or the plugin is missing; the message names the next step.
    pub fn open(name: &str, set: Option<&str>) -> Result<Board, String> {
        let firmware = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let data = firmware.join("boards").join(name).join("board.toml");
        let text = std::fs::read_to_string(&data).map_err(|_| format!("there is no board {name:?}; `firmware/build --list` names them"))?;
        let toml = keys(&text);
        if !toml.contains_key("qemu_machine") {
            return Err(format!("QEMU has no machine for {name}: it runs on a probe, see its README.md"));
        }
        let image = set.map_or_else(|| format!("{name}-bundle"), |set| format!("{name}-{set}-bundle"));
        let (elf, map) = (firmware.join(format!("target/boards/{image}.elf")), firmware.join(format!("target/boards/{image}.map")));
        let said = std::fs::read_to_string(&map)
            .map_err(|_| format!("{image} is not built: `firmware/build {name} --bundle`, or `./dev pyrite`"))?;
        let markers = (symbol(&said, "ounce_begin"), symbol(&said, "ounce_end"));
        let (Some(begin), Some(end)) = markers else { return Err(format!("{} names no markers", map.display())) };
        let window_bytes = number(&toml, "workload.size")? as usize;
        Ok(Board { toml, elf, plugin: plugin()?, markers: (begin, end), window_bytes })
    }

    /// Starts QEMU once.
    ///
    /// # Errors
    /// Where QEMU or a file is missing. What programs do wrong is in the answer.
    pub fn start(&self, bundle: &[u8], count: Count, budget: u64) -> Result<Started, String> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number_of_start = STARTED.fetch_add(1, Ordering::Relaxed);
        let scratch = std::env::temp_dir().join(format!("pyrite-{}-{number_of_start}", std::process::id()));
        std::fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        let started = self.start_in(&scratch, bundle, count, budget);
        let _ = std::fs::remove_dir_all(&scratch);
        started
    }

    fn start_in(&self, scratch: &Path, bundle: &[u8], count: Count, budget: u64) -> Result<Started, String> {
        let (file, counts) = (scratch.join("bundle"), scratch.join("counts"));
        std::fs::write(&file, bundle).map_err(|error| format!("{}: {error}", file.display()))?;
        let machine = &self.toml["qemu_machine"];
        let riscv = self.toml["target"].starts_with("riscv");
        let program = if riscv { "qemu-system-riscv32" } else { "qemu-system-arm" };
        let mut qemu = Command::new(program);
        qemu.args(["-machine", machine, "-display", "none", "-monitor", "none", "-serial", "stdio", "-nodefaults"]);
        qemu.args(["-semihosting-config", "enable=on,target=gdb"]);
        qemu.args(["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]);
        qemu.args(["-icount", "shift=0,sleep=off"]).arg("-kernel").arg(&self.elf);
        let load_at = &self.toml["workload.start"];
        qemu.arg("-device").arg(format!("loader,file={},addr={load_at},force-raw=on", comma(&file)));
        if count != Count::Nothing {
            let (begin, end) = self.markers;
            let mut plugin = format!("file={},begin={begin:#x},end={end:#x},out={},budget={budget}", comma(&self.plugin), comma(&counts));
            if count == Count::WithStack {
                let (low, size) = (number(&self.toml, "stack.start")?, number(&self.toml, "stack.size")?);
                plugin.push_str(&format!(",stack={low:#x}:{:#x}", low + size));
            }
            qemu.arg("-plugin").arg(plugin);
        }
        let said = qemu
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{program} cannot be started: {error}; `./dev setup` installs it"))?;
        let text = std::fs::read_to_string(&counts).unwrap_or_default();
        let figure = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')).and_then(parse);
        let top = number(&self.toml, "stack.start")? + number(&self.toml, "stack.size")?;
        Ok(Started {
            console: said.stdout,
            code: said.status.code(),
            measured: figure("measured").filter(|_| figure("begin_hits").is_some_and(|hits| hits > 0)),
            stack_bytes: figure("stack_low").map(|low| top.saturating_sub(low)),
            complaint: String::from_utf8_lossy(&said.stderr).trim().to_owned(),
        })
    }
}

/// What is to be counted. The stack's mark makes QEMU nearly twice as slow, counting itself costs little.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    /// Nothing: the quickest.
    Nothing,
    /// Instructions.
    Instructions,
    /// Instructions, and the deepest stack.
    WithStack,
}

/// The subset of TOML that board.toml uses: `key = value` below `[table]`, as `table.key`.
fn keys(text: &str) -> BTreeMap<String, String> {
    let mut table = String::new();
    let mut keys = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = format!("{name}.");
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            keys.insert(format!("{table}{}", key.trim()), value.trim().trim_matches('"').to_owned());
        }
    }
    keys
}

fn number(toml: &BTreeMap<String, String>, key: &str) -> Result<u64, String> {
    toml.get(key).and_then(|text| parse(text)).ok_or_else(|| format!("board.toml has no number {key}"))
}

fn parse(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The address of a symbol in a linker's map: `address … name`.
fn symbol(map: &str, name: &str) -> Option<u64> {
    let line = map.lines().find(|line| line.split_whitespace().last() == Some(name))?;
    u64::from_str_radix(line.split_whitespace().next()?, 16).ok()
}

/// In QEMU's option syntax a comma inside a value is written twice.
fn comma(path: &Path) -> String {
    path.to_string_lossy().replace(',', ",,")
}

/// The counting plugin: `$OUNCE_QEMU_PLUGIN`, or where a build of this checkout leaves it.
fn plugin() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("OUNCE_QEMU_PLUGIN") {
        return Ok(named.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    let built = target.join("debug/libounce_qemu_plugin.so");
    if built.is_file() {
        Ok(built)
    } else {
        Err("the counting plugin is not built: `cargo build -p ounce-qemu-plugin`, or `./dev pyrite`".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbols_address_is_found_in_the_map() {
        let map = "     VMA      LMA     Size Align Out     In      Symbol\n    1b2c     1b2c        4     2                 ounce_begin\n";
        assert_eq!((symbol(map, "ounce_begin"), symbol(map, "ounce_end")), (Some(0x1b2c), None));
    }

    #[test]
    fn board_data_is_read_by_table_and_key() {
        let toml = keys("name = \"b\" \n# no = 1\n[stack]\nstart = 0x20000000\nsize = 4096\n");
        assert_eq!((toml["name"].as_str(), number(&toml, "stack.start"), number(&toml, "stack.size")), ("b", Ok(0x2000_0000), Ok(4096)));
    }
}
