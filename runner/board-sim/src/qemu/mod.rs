//! A machine in QEMU, held by two sockets: one for its core, one for its memory.

mod gdb;
mod qtest;

pub use gdb::{Gdb, Stop};
pub use qtest::{BYTES_MAX, Qtest};

use crate::bus::Gone;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long QEMU may take until its sockets are there.
const START_MAX: Duration = Duration::from_secs(20);

/// Nanoseconds of an instruction where time is counted in them, as a power of two.
const INSTRUCTION_NS_LOG2: u8 = 5;

/// A machine.
#[derive(Debug)]
pub struct Machine {
    qemu: Child,
    /// Its core.
    pub gdb: Gdb,
    /// Its memory.
    pub qtest: Qtest,
    _folder: tempfile::TempDir,
}

impl Machine {
    /// Powers it on; its core stands at the reset vector of empty flash. Its first serial port is the socket `uart`, where one is named;
    /// `is_exact`: its time is counted in instructions, so that its timers say the same each time.
    pub fn start(program: &Path, machine: &str, uart: Option<&Path>, is_exact: bool) -> Result<Machine, Gone> {
        let folder = tempfile::tempdir()?;
        let (gdb, qtest) = (folder.path().join("gdb"), folder.path().join("qtest"));
        // It ends with us, whatever ends us.
        #[expect(clippy::disallowed_methods, reason = "QEMU ends with us, and its sockets have limits of their own")]
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(["-M", machine, "-nographic", "-S"]);
        command.args(["-monitor", "none", "-qtest-log", "none"]);
        if is_exact {
            command.args(["-icount", &format!("shift={INSTRUCTION_NS_LOG2}")]);
        }
        match uart {
            Some(path) => command.arg("-serial").arg(format!("unix:{},server=on,wait=off", path.display())),
            None => command.args(["-serial", "none"]),
        };
        command.arg("-chardev").arg(format!("socket,path={},server=on,wait=off,id=g", gdb.display())).args(["-gdb", "chardev:g"]);
        command.arg("-qtest").arg(format!("unix:{},server=on,wait=off", qtest.display()));
        let qemu = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let mut qemu = qemu.map_err(|e| Gone(format!("{} cannot be started: {e}", program.display())))?;
        let until = Instant::now() + START_MAX;
        let (gdb, qtest) = (connect(&gdb, until, &mut qemu)?, connect(&qtest, until, &mut qemu)?);
        Ok(Machine { gdb: Gdb::begin(gdb)?, qtest: Qtest::begin(qtest)?, qemu, _folder: folder })
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> Result<bool, Gone> {
        Ok(self.qemu.try_wait()?.is_some())
    }

    /// Resets all of it; the core stands or runs as before.
    pub fn reset(&mut self) -> Result<(), Gone> {
        let was_running = self.gdb.halt()?.is_some();
        self.gdb.monitor("system_reset")?;
        // The reset happens in QEMU's main loop after the command: an answer to anything asked later comes after it.
        self.qtest.read_value('l', 0)?;
        self.gdb.register(15)?;
        if was_running { self.gdb.resume() } else { Ok(()) }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It holds nothing that wants to be kept.
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

fn connect(path: &Path, until: Instant, qemu: &mut Child) -> Result<UnixStream, Gone> {
    loop {
        match UnixStream::connect(path) {
            Ok(socket) => return Ok(socket),
            Err(_) if qemu.try_wait()?.is_some() => return Err(Gone("QEMU ended at its start; its words are above".into())),
            Err(error) if Instant::now() > until => return Err(Gone(format!("QEMU's socket is not there: {error}"))),
            Err(_) => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}
