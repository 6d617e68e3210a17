//! A lab beside a desk: simulated boards behind real probe-rs. `runner/board-sim/README.md` says what they can do.

use super::{Desk, program, tool, wait_until};
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};

/// A board of a lab, in QEMU.
pub struct Sim {
    board: String,
    name: String,
    folder: tempfile::TempDir,
    daemon: Child,
}

/// The program, built beside `ounce`.
fn board_sim() -> PathBuf {
    let path = program().with_file_name("board-sim");
    assert!(path.is_file(), "{} is not there: run `cargo build -p board-sim` before these tests", path.display());
    path
}

impl Sim {
    /// Gives a board power.
    pub fn start(name: &str, board: &str, faults: &[&str]) -> Sim {
        let folder = tempfile::Builder::new().prefix("ounce-lab-").tempdir().unwrap();
        let mut command = tool("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(board_sim()).args(["run", "--board", board, "--socket"]);
        command.arg(folder.path().join("probe")).arg("--uart").arg(folder.path().join("uart"));
        command.args(faults.iter().flat_map(|fault| ["--fault", fault]));
        let daemon = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let sim = Sim { board: board.into(), name: name.into(), folder, daemon };
        wait_until("the board can be opened", || sim.folder.path().join("probe").exists());
        sim
    }

    /// Its entry in `lab.toml`, with more lines.
    pub fn entry(&self, more: &str) -> String {
        let uart = format!("uart:unix:{}/uart@115200", self.folder.path().display());
        self.entry_with(&uart, more)
    }

    /// The same with another console.
    pub fn entry_with(&self, console: &str, more: &str) -> String {
        let (name, board, folder) = (&self.name, &self.board, self.folder.path().display());
        let chip = match board.as_str() {
            "microbit" => "nRF51822_xxAA",
            other => other,
        };
        let target = if chip == board.as_str() { "target = \"sim.yaml\"\n" } else { "" };
        format!(
            "[units.{name}]\nprobe = \"20b7:9db1:unix:{folder}/probe\"\nboard = \"{board}\"\nchip = \"{chip}\"\n{target}\
             console = \"{console}\"\n{more}\n"
        )
    }

    /// The command that cycles its power.
    pub fn power(&self) -> String {
        format!("power = [\"{}\", \"power\", \"--socket\", \"{}/probe\", \"cycle\"]", board_sim().display(), self.folder.path().display())
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Desk {
    /// Writes `lab.toml` with these entries, and the descriptions of chips that it needs.
    pub fn lab(&self, entries: &[String]) {
        self.write("lab.toml", &format!("version = 1\n{}", entries.concat()));
        let targets = tool(board_sim()).arg("targets").output().unwrap();
        fs::write(self.repo().join("sim.yaml"), targets.stdout).unwrap();
    }
}
