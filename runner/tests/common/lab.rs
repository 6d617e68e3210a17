//! A lab beside a desk: simulated boards behind real probe-rs. `runner/board-sim/README.md` says what they can do.

use super::{Desk, Ran, program, tool, wait_until};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// A board of a lab, in QEMU.
pub struct Sim {
    board: String,
    name: String,
    folder: tempfile::TempDir,
    more: Vec<String>,
    daemon: Option<Child>,
}

/// The program, built beside `ounce`.
fn board_sim() -> PathBuf {
    let path = program().with_file_name("board-sim");
    assert!(path.is_file(), "{} is not there: run `cargo build -p board-sim` before these tests", path.display());
    path
}

impl Sim {
    /// A board with power.
    pub fn start(name: &str, board: &str, faults: &[&str]) -> Sim {
        let mut sim = Sim::unplugged(name, board);
        sim.plug_in(faults);
        sim
    }

    /// A board that lies in a drawer.
    pub fn unplugged(name: &str, board: &str) -> Sim {
        let folder = tempfile::Builder::new().prefix("ounce-lab-").tempdir().unwrap();
        Sim { board: board.into(), name: name.into(), folder, more: Vec::new(), daemon: None }
    }

    /// Lets its runs vary, from the next time it gets power; what board-sim takes as `--noise`.
    pub fn noise(&mut self, noise: &str) {
        self.more.extend(["--noise".into(), noise.into()]);
    }

    /// Gives it sensors that say this, from then on; what board-sim takes as `--sensors`.
    pub fn sensors(&mut self, told: &str) {
        self.more.extend(["--sensors".into(), told.into()]);
    }

    /// Gives it power.
    pub fn plug_in(&mut self, faults: &[&str]) {
        let (folder, board) = (&self.folder, &self.board);
        let mut command = tool("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(board_sim()).args(["run", "--board", board, "--socket"]);
        command.arg(folder.path().join("probe")).arg("--uart").arg(folder.path().join("uart"));
        command.args(faults.iter().flat_map(|fault| ["--fault", fault]));
        command.args(&self.more);
        self.daemon = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        wait_until("the board can be opened", || self.folder.path().join("probe").exists());
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

    /// Where its sockets are.
    pub fn folder(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// Takes its power or gives it: `off`, `on`.
    pub fn switch(&self, order: &str) {
        let socket = self.folder.path().join("probe");
        let done = tool(board_sim()).args(["power", "--socket"]).arg(&socket).arg(order).status().unwrap();
        assert!(done.success() && (order == "on" || !socket.exists()), "{order}");
    }

    /// The command that cycles its power.
    pub fn power(&self) -> String {
        format!("power = [\"{}\", \"power\", \"--socket\", \"{}/probe\", \"cycle\"]", board_sim().display(), self.folder.path().display())
    }
}

/// The line of a unit whose image tests it.
pub fn selftest(board: &str) -> String {
    let name = format!("{board}-selftest");
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../firmware/target/boards/{name}.elf"));
    assert!(image.is_file(), "{name}.elf is not there: run `firmware/build {board} --selftest` before these tests");
    format!("selftest = \"{}\"\n", image.canonicalize().unwrap().display())
}

/// Our own boards, for images that are built already.
pub fn pyrite() -> Desk {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let desk = Desk::with_manifest(&fs::read_to_string(root.join("ounce.toml")).unwrap());
    fs::create_dir_all(desk.repo().join("benchmarks")).unwrap();
    std::os::unix::fs::symlink(root.join("benchmarks/workloads").canonicalize().unwrap(), desk.repo().join("benchmarks/workloads"))
        .unwrap();
    desk
}

/// An image of ours.
pub fn image(board: &str) -> PathBuf {
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../firmware/target/boards/{board}.elf"));
    assert!(image.is_file(), "{board}.elf is not there: run `firmware/build fetch` and `firmware/build {board}` before these tests");
    image.canonicalize().unwrap()
}

impl Drop for Sim {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

impl Desk {
    /// The shortest benchmark on the unit called `unit`.
    pub fn bench_on_unit(&self, board: &str) -> Ran {
        let elf = image(board);
        self.ounce(&["bench", "--board", board, "--bench", "empty", "--probe", "unit", "--elf", elf.to_str().unwrap()])
    }

    /// Writes `lab.toml` with these entries, and the descriptions of chips that it needs.
    pub fn lab(&self, entries: &[String]) {
        self.write("lab.toml", &format!("version = 1\n{}", entries.concat()));
        let targets = tool(board_sim()).arg("targets").output().unwrap();
        fs::write(self.repo().join("sim.yaml"), targets.stdout).unwrap();
    }
}
