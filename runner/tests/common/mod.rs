//! A desk: a scratch repository, a home of its own for Ounce, and the built program. Tests say what lies on it, run
//! `ounce`, and look at what came out. It may touch its own temporary folder only.

pub mod hostile;
pub mod lab;
pub mod server;

use ounce_analysis::Comparison;
use ounce_analysis::comparison::{BoardState, Compared};
use ounce_protocol::measurement::{BenchOutcome, Count, Ledger, Measurement, Outcome};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No run here takes more than seconds; one that does is a failure with a name.
const WALL_CLOCK_MAX: Duration = Duration::from_secs(90);

/// A program of the host.
#[expect(clippy::disallowed_methods, reason = "a test's tools, and the program under test itself, seen from outside")]
pub fn tool(name: impl AsRef<OsStr>) -> Command {
    Command::new(name)
}

/// The program under test, with the counting plugin beside it.
pub fn program() -> PathBuf {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_ounce"));
    let plugin = program.with_file_name("libounce_qemu_plugin.so");
    assert!(plugin.is_file(), "{} is not there: run `cargo build -p ounce-qemu-plugin` before these tests", plugin.display());
    program
}

/// Runs a tool that must succeed, and gives what it printed.
pub fn must(name: &str, dir: &Path, args: &[&str]) -> String {
    let output = tool(name).args(args).current_dir(dir).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("cannot start {name}: {error}; run `./dev setup`"));
    assert!(output.status.success(), "{name} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a tool, however it ends, and gives what it printed.
pub fn said(name: &str, dir: &Path, args: &[&str]) -> String {
    let output = tool(name).args(args).current_dir(dir).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("cannot start {name}: {error}; run `./dev setup`"));
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// An image that misbehaves, built by `firmware/build faults`.
pub fn fault_image(name: &str) -> PathBuf {
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../firmware/target/boards/fault-{name}.elf"));
    assert!(image.is_file(), "fault-{name}.elf is not there: run `firmware/build fetch` and `firmware/build faults` before these tests");
    image.canonicalize().unwrap()
}

/// A repository and a home, gone when the test is over.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// An empty folder, no repository yet.
    pub fn bare() -> Desk {
        let folder = tempfile::Builder::new().prefix("ounce-desk-").tempdir().unwrap();
        fs::create_dir(folder.path().join("repo")).unwrap();
        Desk { folder }
    }

    /// A repository whose only file is this manifest.
    pub fn with_manifest(text: &str) -> Desk {
        let desk = Desk::bare();
        desk.write("ounce.toml", text);
        desk.git(&["init", "-q"]);
        desk.commit("a manifest");
        desk
    }

    /// A repository with the C firmware of `tests/fixtures`, one commit.
    pub fn with_firmware() -> Desk {
        let desk = Desk::bare();
        copy_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/c-firmware"), &desk.repo());
        desk.git(&["init", "-q"]);
        desk.commit("a firmware");
        desk
    }

    /// The C firmware with the manifest's boards cut down to the first, for what one board shows as well as two.
    pub fn with_one_board() -> Desk {
        let desk = Desk::with_firmware();
        let text = desk.read("ounce.toml");
        let (start, end) = (text.find("[boards.an386]").unwrap(), text.find("# The check value").unwrap());
        desk.write("ounce.toml", &format!("{}{}", &text[..start], &text[end..]));
        desk.commit("one board");
        desk
    }

    /// The repository.
    pub fn repo(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    /// Ounce's home.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A place beside the repository.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.repo().join(path)).unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.repo().join(path), text).unwrap();
    }

    /// Changes a file that must hold `from`.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} does not hold {from:?}");
        self.write(path, &text.replace(from, to));
    }

    /// Commits all that is there.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// Stages a file, for a commit that is not made.
    pub fn stage(&self, path: &str) {
        self.git(&["add", path]);
    }

    fn git(&self, args: &[&str]) {
        let who = ["-c", "user.name=desk", "-c", "user.email=desk@example.invalid", "-c", "commit.gpgsign=false"];
        must("git", &self.repo(), &[&who, args].concat());
    }

    /// What this machine's operator decides, for every `ounce` of this desk.
    pub fn settings(&self, text: &str) {
        fs::write(self.beside("runner.toml"), text).unwrap();
    }

    /// A commit's id.
    pub fn id(&self, name: &str) -> String {
        must("git", &self.repo(), &["rev-parse", name]).trim().to_owned()
    }

    /// The firmware's image, built by make in the repository itself.
    pub fn made(&self, board: &str) -> PathBuf {
        must("make", &self.repo(), &["--quiet", &format!("BOARD={board}")]);
        self.repo().join(format!("build/{board}/firmware.elf"))
    }

    /// A folder with links to these programs and no others, to be `PATH`.
    pub fn path_with(&self, programs: &[&str]) -> PathBuf {
        let folder = self.beside("path");
        fs::create_dir(&folder).unwrap();
        for name in programs {
            let real = ounce_runner::exec::find_program(name).unwrap_or_else(|| panic!("no {name}: run `./dev setup`"));
            std::os::unix::fs::symlink(real, folder.join(name)).unwrap();
        }
        folder
    }

    /// `ounce` with these arguments, in the repository.
    pub fn ounce(&self, args: &[&str]) -> Ran {
        self.start(program(), args, &[]).finish()
    }

    /// The same with variables set.
    pub fn ounce_with(&self, args: &[&str], env: &[(&str, &OsStr)]) -> Ran {
        self.start(program(), args, env).finish()
    }

    /// Another copy of the program.
    pub fn other_ounce(&self, program: &Path, args: &[&str]) -> Ran {
        self.start(program.to_owned(), args, &[]).finish()
    }

    /// Starts `ounce` and lets it run.
    pub fn start_ounce(&self, args: &[&str]) -> Running {
        self.start(program(), args, &[])
    }

    /// The same with variables set.
    pub fn start_ounce_with(&self, args: &[&str], env: &[(&str, &OsStr)]) -> Running {
        self.start(program(), args, env)
    }

    /// The same, of another copy of the program.
    pub fn start(&self, program: PathBuf, args: &[&str], env: &[(&str, &OsStr)]) -> Running {
        // Files instead of pipes: whoever waits need not read meanwhile.
        let outputs = tempfile::Builder::new().prefix("outputs-").tempdir_in(self.folder.path()).unwrap();
        let (out, err) = (outputs.path().join("out"), outputs.path().join("err"));
        let mut command = tool(program);
        command.args(args).current_dir(self.repo()).env("OUNCE_HOME", self.home()).env("COLUMNS", "200");
        // What a developer's shell or a git hook may have set.
        for name in ["OUNCE_QEMU_PLUGIN", "OUNCE_LOG", "OUNCE_RUNNER_CONFIG", "OUNCE_LAB", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            command.env_remove(name);
        }
        if self.beside("runner.toml").is_file() {
            command.env("OUNCE_RUNNER_CONFIG", self.beside("runner.toml"));
        }
        command.envs(env.iter().copied());
        command.stdin(Stdio::null()).stdout(File::create(out).unwrap()).stderr(File::create(err).unwrap());
        Running { what: format!("ounce {}", args.join(" ")), child: command.spawn().unwrap(), outputs }
    }

    /// What is in the scratch folder: nothing, once all runs are over.
    pub fn scratch(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.home().join("scratch")).map(|dir| dir.map(|e| e.unwrap().path()).collect());
        entries.unwrap_or_default()
    }
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        } else if entry.file_name() != "build" {
            fs::create_dir(&target).unwrap();
            copy_tree(&entry.path(), &target);
        }
    }
}

/// The year, UTC: near enough, as a mean year is counted.
pub fn this_year() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
    (since.as_secs() / 31_556_952 + 1970).to_string()
}

/// Processes with this text among their arguments.
pub fn processes_with(text: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " ")).filter(|line| line.contains(text)).collect()
}

/// Sends a signal to the processes whose arguments begin with one text and hold another.
pub fn signal_processes(program: &str, text: &str, signal: rustix::process::Signal) {
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let Ok(bytes) = fs::read(entry.path().join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&bytes).replace('\0', " ");
        if let (true, true, Ok(id)) = (line.starts_with(program), line.contains(text), entry.file_name().to_string_lossy().parse()) {
            let _ = rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), signal);
        }
    }
}

/// Waits until something holds; a panic names what was waited for.
pub fn wait_until(what: &str, holds: impl FnMut() -> bool) {
    wait_long(what, Duration::from_secs(20), holds);
}

/// The same for what takes its time.
pub fn wait_long(what: &str, longest: Duration, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < longest, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `ounce` at work.
pub struct Running {
    what: String,
    child: Child,
    outputs: tempfile::TempDir,
}

impl Drop for Running {
    /// A test that ends before it leaves nothing behind: an agent would go on for ever.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Running {
    /// What Ctrl-C in a terminal sends.
    pub fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    /// What a service manager sends.
    pub fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// What takes it away without a word.
    pub fn kill(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// What it has said on standard error so far.
    pub fn stderr(&self) -> String {
        fs::read_to_string(self.outputs.path().join("err")).unwrap()
    }

    pub fn finish(mut self) -> Ran {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > WALL_CLOCK_MAX {
                let _ = self.child.kill();
                panic!("{} did not end within {WALL_CLOCK_MAX:?}", self.what);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let text = |name| String::from_utf8(fs::read(self.outputs.path().join(name)).unwrap()).unwrap();
        Ran { what: std::mem::take(&mut self.what), code: status.code(), stdout: text("out"), stderr: text("err") }
    }
}

/// What a run of `ounce` left.
#[derive(Debug)]
pub struct Ran {
    what: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// It ended with this code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{}\n--- stdout\n{}--- stderr\n{}", self.what, self.stdout, self.stderr);
        self
    }

    /// There is no answer: exit code 2, nothing on standard output, and the reason, which holds all of these, is the last
    /// thing on standard error.
    #[track_caller]
    pub fn refuses(self, says: &[&str]) -> Ran {
        let ran = self.ends(2);
        assert_eq!(ran.stdout, "", "{}", ran.what);
        let reason = ran.stderr.split_once("ounce: ").map(|(_, reason)| reason).unwrap_or_default();
        for part in says {
            assert!(reason.contains(part), "{} does not say {part:?}:\n{}", ran.what, ran.stderr);
        }
        assert!(!ran.stderr.contains("panicked"), "{}\n{}", ran.what, ran.stderr);
        ran
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{}: {e}\n{}\n{}", self.what, self.stdout, self.stderr))
    }

    /// What `ounce bench --json` printed.
    #[track_caller]
    pub fn measurements(&self) -> Vec<Measurement> {
        let json = self.json();
        assert_eq!(json["schema"], 1);
        let all: Vec<Measurement> = serde_json::from_value(json["measurements"].clone()).unwrap();
        for measurement in &all {
            measurement.check().unwrap();
        }
        all
    }

    /// The one measurement.
    #[track_caller]
    pub fn measurement(&self) -> Measurement {
        let mut all = self.measurements();
        assert_eq!(all.len(), 1, "{}", self.stdout);
        all.remove(0)
    }

    /// What `ounce compare --json` printed. Everything a comparison promises is checked on the way.
    #[track_caller]
    pub fn comparison(&self) -> Comparison {
        let comparison: Comparison = serde_json::from_value(self.json()).unwrap();
        assert_eq!(comparison.schema, 1);
        for board in &comparison.boards {
            let BoardState::Compared(compared) = &board.state else { continue };
            for region in &compared.regions {
                let parts: i64 = region.rows.iter().map(|r| ounce_protocol::units::delta(r.base_bytes, r.head_bytes)).sum();
                assert_eq!(parts, ounce_protocol::units::delta(region.base_bytes, region.head_bytes), "{} {}", board.board, region.name);
            }
        }
        comparison
    }
}

/// A board's comparison, which must be one.
#[track_caller]
pub fn compared<'a>(comparison: &'a Comparison, board: &str) -> &'a Compared {
    let found = comparison.boards.iter().find(|b| b.board.as_str() == board).unwrap_or_else(|| panic!("no board {board}"));
    match &found.state {
        BoardState::Compared(compared) => compared,
        other => panic!("{board}: {other:?}"),
    }
}

/// A benchmark's outcome.
#[track_caller]
pub fn outcome<'a>(measurement: &'a Measurement, bench: &str) -> &'a BenchOutcome {
    match &measurement.outcome {
        Outcome::Built { benches, .. } => benches.iter().find(|(name, _)| name.as_str() == bench).unwrap_or_else(|| panic!("no {bench}")).1,
        Outcome::Failed { stage, log_tail } => panic!("{stage:?}: {log_tail}"),
    }
}

/// A benchmark's count, which must be one.
#[track_caller]
pub fn count<'a>(measurement: &'a Measurement, bench: &str) -> &'a Count {
    match outcome(measurement, bench) {
        BenchOutcome::Counted(count) => count,
        other => panic!("{bench}: {other:?}"),
    }
}

/// What a region uses, bytes.
#[track_caller]
pub fn used(ledger: &Ledger, region: &str) -> u64 {
    ledger.regions.iter().find(|r| r.name.as_str() == region).unwrap_or_else(|| panic!("no region {region}")).used_bytes
}
