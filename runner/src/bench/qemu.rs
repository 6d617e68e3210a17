//! A QEMU machine as a bench: our counting plugin, `-icount`, console on the UART, semihosting for the exit code only.
//!
//! `target=gdb` keeps semihosting away from the host's files and commands, `-sandbox` keeps QEMU from starting programs,
//! and the whole process runs inside bubblewrap where that is present.

use super::counts::{self, Counts};
use super::{Bench, Evidence, Job};
use crate::aside::aside;
use crate::exec::limits::{Exceeded, Limits};
use crate::exec::{LogSink, find_program};
use crate::home::Home;
use crate::workshop::sandbox::{SIGKILL, Sandbox};
use anyhow::{Context, Result, bail};
use ounce_protocol::console::Transcript;
use ounce_protocol::manifest::{Qemu, Run};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The plugin's file name, found beside `ounce` itself.
const PLUGIN_FILE: &str = "libounce_qemu_plugin.so";

/// QEMU's own filter of system calls.
const SECCOMP: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

/// One machine of QEMU.
#[derive(Debug, Clone)]
pub struct QemuBench {
    run: Run,
    qemu: Qemu,
    plugin: PathBuf,
    version: String,
    sandbox: Sandbox,
    home: Home,
}

impl QemuBench {
    /// Makes sure that the emulator and the plugin are here.
    ///
    /// # Errors
    /// Where one is missing, with the next step.
    pub async fn open(run: &Run, sandbox: &Sandbox, home: &Home) -> Result<QemuBench> {
        let qemu = run.qemu().context("it does not run on a machine of QEMU's")?.clone();
        let program = qemu.system.program();
        if find_program(program).is_none() {
            bail!("{program} is missing on this machine: `./dev setup` installs it");
        }
        let said = crate::exec::Program::new(program).arg("--version").run(&()).await?;
        let version = String::from_utf8_lossy(&said.stdout).lines().next().unwrap_or("").trim().to_owned();
        Ok(QemuBench { run: run.clone(), qemu, plugin: find_plugin()?, version, sandbox: sandbox.clone(), home: home.clone() })
    }
}

/// The counting plugin: `$OUNCE_QEMU_PLUGIN`, or beside the program itself.
fn find_plugin() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("OUNCE_QEMU_PLUGIN") {
        let path = PathBuf::from(path);
        if path.is_file() {
            return Ok(path);
        }
        bail!("OUNCE_QEMU_PLUGIN is {}, which is not a file", path.display());
    }
    let exe = std::env::current_exe().context("the program's own place is unknown")?;
    // Beside the program, or one folder up: tests run from target/debug/deps.
    let found = exe.ancestors().skip(1).take(2).map(|dir| dir.join(PLUGIN_FILE)).find(|file| file.is_file());
    found.with_context(|| format!("{PLUGIN_FILE} is not beside {}: `cargo build -p ounce-qemu-plugin` makes it", exe.display()))
}

impl Bench for QemuBench {
    async fn run(&self, job: &Job, log: &dyn LogSink) -> Result<Evidence> {
        let scratch = self.home.scratch()?;
        let out = scratch.path().join("counts");
        let mut read: Vec<&Path> = vec![&job.elf, &self.plugin];
        read.extend(job.program.as_deref());
        let qemu = &self.qemu;
        let limits = Limits { wall: Duration::from_secs(self.run.timeout_s), ..Limits::EMULATOR };
        let mut p = self.sandbox.worker(qemu.system.program(), limits, &read, scratch.path());
        p = p.args(["-machine", &qemu.machine, "-display", "none", "-monitor", "none", "-serial", "stdio", "-nodefaults"]);
        p = p.args(["-semihosting-config", "enable=on,target=gdb", "-sandbox", SECCOMP]);
        p = p.args(["-icount", "shift=0,sleep=off"]);
        if qemu.no_bios {
            p = p.args(["-bios", "none"]);
        }
        for global in &qemu.globals {
            p = p.arg("-global").arg(global);
        }
        p = p.arg("-kernel").arg(&job.elf);
        if let (Some(program), Some(at)) = (&job.program, self.run.load_at) {
            p = p.arg("-device").arg(format!("loader,file={},addr={at:#x},force-raw=on", comma(program)));
        }
        let (begin, end) = job.markers;
        let mut plugin = format!(
            "file={},begin={begin:#x},end={end:#x},out={},budget={}",
            comma(&self.plugin),
            comma(&out),
            self.run.instruction_budget
        );
        if let Some((low, high)) = job.stack {
            plugin.push_str(&format!(",stack={low:#x}:{high:#x}"));
        }
        if job.jumps {
            plugin.push_str(",jumps=on");
        }
        let ran = p.arg("-plugin").arg(plugin).run(log).await?;
        // A file that is missing or not whole is evidence too: QEMU was killed or aborted itself.
        let counts = aside(move || read_counts(&out).and_then(|text| Counts::read(&text))).await?;
        // A code that tells of a signal may be the firmware's own choice: then QEMU ended by itself, and the counters are there.
        let signal = if counts.is_err() { self.sandbox.signal(&ran) } else { ran.signal };
        if signal == Some(SIGKILL) {
            bail!("the emulator was killed: has this machine enough memory? Its last words: {}", ran.tail.trim());
        }
        if let Some(exceeded) = ran.exceeded.filter(|e| !matches!(e, Exceeded::Output(_) | Exceeded::Cpu(_))) {
            bail!("the emulator {exceeded} and was stopped: this is not the firmware's doing. Its last words: {}", ran.tail.trim());
        }
        let code = ran.code.filter(|_| signal.is_none());
        let mut complaint = String::from_utf8_lossy(&ran.stderr).into_owned();
        if let Err(why) = &counts {
            complaint.push_str(&format!("\ncounters: {why}"));
        }
        Ok(Evidence {
            code,
            timed_out: ran.timed_out,
            exceeded: ran.exceeded,
            console: Transcript::read(&ran.stdout),
            counts: counts.ok(),
            complaint,
            stood: None,
        })
    }

    fn fingerprint(&self) -> Vec<(String, String)> {
        vec![
            ("emulator".into(), format!("{}, -machine {}, icount shift=0", self.version, self.qemu.machine)),
            ("counter".into(), "ounce-qemu 1".into()),
        ]
    }
}

fn read_counts(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|_| "no file was written".to_owned())?;
    let mut text = String::new();
    file.take(counts::BYTES_MAX).read_to_string(&mut text).map_err(|e| e.to_string())?;
    Ok(text)
}

/// In QEMU's option syntax a comma inside a value is written twice.
fn comma(path: &Path) -> String {
    path.to_string_lossy().replace(',', ",,")
}
