//! Running other programs: the only place that starts one. Every run has a time limit, a bounded log, no standard input,
//! and takes its whole process group with it when it is stopped; one that runs a stranger's code has [`limits`] besides.

pub mod cgroup;
mod group;
pub mod limits;
mod tree;
mod usage;
mod watch;

use cgroup::Cgroups;
use group::Group;
use limits::{Exceeded, Limits};
pub use usage::on_disk;
use watch::Watch;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Notify;

/// Output kept of one run, bytes; what comes after is read and dropped.
pub const OUTPUT_BYTES_MAX: usize = 1024 * 1024;
/// The end of the output kept besides, so that a long log still has its last lines, bytes.
pub const TAIL_BYTES_MAX: usize = 4096;

/// A program, its arguments, and all it may know of the world.
#[derive(Debug, Clone)]
pub struct Program {
    program: OsString,
    args: Vec<OsString>,
    dir: Option<PathBuf>,
    env: Vec<(OsString, OsString)>,
    clear_env: bool,
    forgotten: Option<&'static str>,
    timeout: Duration,
    watch: Option<Watch>,
    cgroups: Option<Arc<Cgroups>>,
}

/// Why a run gave no exit status of its own.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// The program is not on this machine.
    #[error("{program} is missing on this machine: `./dev setup` (or your package manager) installs it")]
    Missing {
        /// Its name.
        program: String,
    },
    /// It could not be started.
    #[error("{program} could not be started: {source}")]
    Start {
        /// Its name.
        program: String,
        /// Why.
        source: std::io::Error,
    },
}

/// What a run left.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// The exit code; `None` where a signal or the time limit ended it.
    pub code: Option<i32>,
    /// The number of the signal that ended it, where one did and it was not sent at the time limit.
    pub signal: Option<i32>,
    /// Whether the time limit ended it.
    pub timed_out: bool,
    /// What it used too much of and was stopped for.
    pub exceeded: Option<Exceeded>,
    /// Standard output, cut at [`OUTPUT_BYTES_MAX`].
    pub stdout: Vec<u8>,
    /// Standard output and error as they came, at most [`OUTPUT_BYTES_MAX`] of each, then [`TAIL_BYTES_MAX`] of the end.
    pub stderr: Vec<u8>,
    /// The last bytes of both, in the order of arrival.
    pub tail: String,
}

impl Ran {
    /// Whether it ended by itself with code 0.
    pub fn ok(&self) -> bool {
        self.code == Some(0)
    }

    /// `"exit code 1"`, `"killed by signal 9"`, `"stopped after its time limit"`, `"it used more than 4 GiB of memory and was stopped"`.
    pub fn how(&self) -> String {
        if let Some(exceeded) = self.exceeded {
            return format!("it {exceeded} and was stopped");
        }
        match (self.timed_out, self.code, self.signal) {
            (true, ..) => "stopped after its time limit".into(),
            (false, Some(code), _) => format!("exit code {code}"),
            (false, None, Some(signal)) => format!("killed by signal {signal}"),
            (false, None, None) => "killed by a signal".into(),
        }
    }
}

/// Takes what a program says while it runs. Called with whole or partial lines, lossily decoded.
pub trait LogSink: Send + Sync {
    /// Some more text.
    fn text(&self, text: &str);
}

/// Drops it.
impl LogSink for () {
    fn text(&self, _: &str) {}
}

impl Program {
    /// A program by name or path, with the caller's environment and a limit of one minute.
    pub fn new(program: impl AsRef<OsStr>) -> Program {
        Program {
            program: program.as_ref().to_owned(),
            args: vec![],
            dir: None,
            env: vec![],
            clear_env: false,
            forgotten: None,
            timeout: Duration::from_secs(60),
            watch: None,
            cgroups: None,
        }
    }
    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Program {
        self.args.push(arg.as_ref().to_owned());
        self
    }
    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Program {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }
    /// Sets the working directory.
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Program {
        self.dir = Some(dir.as_ref().to_owned());
        self
    }
    /// Sets a variable.
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Program {
        self.env.push((key.into(), value.as_ref().to_owned()));
        self
    }
    /// Starts from an empty environment.
    pub fn clear_env(mut self) -> Program {
        self.clear_env = true;
        self
    }
    /// Leaves out what the caller's environment has under names with this beginning; what is set by [`Program::env`] stays.
    pub fn forget_env(mut self, prefix: &'static str) -> Program {
        self.forgotten = Some(prefix);
        self
    }
    /// Sets the time limit.
    pub fn timeout(mut self, timeout: Duration) -> Program {
        self.timeout = timeout;
        self
    }

    /// Holds it to limits: its time, its output, and what it and all that it starts use of the machine, these folders included.
    pub fn limits(mut self, limits: Limits, folders: Vec<PathBuf>) -> Program {
        self.timeout = limits.wall;
        self.watch = Some(Watch { limits, folders });
        self
    }

    /// Runs it in a control group of its own, where there are any: its limit of processes then holds even for root.
    pub fn grouped(mut self, cgroups: Option<Arc<Cgroups>>) -> Program {
        self.cgroups = cgroups;
        self
    }

    /// The first words of the line that goes into a group before it becomes the program.
    const INTO_GROUP: [&str; 3] = ["/bin/sh", "-c", "echo $$ > \"$0\" && exec \"$@\""];

    fn name(&self) -> String {
        Path::new(&self.program).file_name().unwrap_or(&self.program).to_string_lossy().into_owned()
    }

    /// Runs it to its end or to its limit. When the future is dropped, the process group is killed.
    ///
    /// # Errors
    /// Where the program cannot be started; a bad exit is not an error here.
    pub async fn run(&self, log: &dyn LogSink) -> Result<Ran, ExecError> {
        let group = match (&self.cgroups, &self.watch) {
            (Some(cgroups), Some(watch)) => {
                let group = cgroups.group(watch.limits.processes_of_kernel());
                Some(group.map_err(|source| ExecError::Start { program: self.name(), source })?)
            }
            _ => None,
        };
        let [shell, words @ ..] = Program::INTO_GROUP;
        #[expect(clippy::disallowed_methods, reason = "the one place where processes are started")]
        let mut command = tokio::process::Command::new(if group.is_some() { OsStr::new(shell) } else { &self.program });
        if let Some(group) = &group {
            command.args(words).arg(group.door()).arg(&self.program);
        }
        command.args(&self.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true).process_group(0);
        if self.clear_env {
            command.env_clear();
        }
        if let Some(prefix) = self.forgotten {
            let is_forgotten = |name: &OsString| name.as_encoded_bytes().starts_with(prefix.as_bytes());
            std::env::vars_os().map(|(name, _)| name).filter(is_forgotten).for_each(|name| {
                command.env_remove(name);
            });
        }
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        let mut child = command.spawn().map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound if self.dir.as_ref().is_none_or(|d| d.is_dir()) => ExecError::Missing { program: self.name() },
            _ => ExecError::Start { program: self.name(), source },
        })?;
        let (leader, processes) = (child.id(), Group::led_by(child.id()));
        let tail = std::sync::Mutex::new(Tail::default());
        let heard =
            Heard { log, tail: &tail, room: self.watch.as_ref().map_or(u64::MAX, |w| w.limits.output_bytes).into(), full: Notify::new() };
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let waiting = async {
            let (stdout, stderr) = tokio::join!(heard.read(out), heard.read(err));
            (child.wait().await, stdout, stderr)
        };
        let watching = async {
            match (&self.watch, leader) {
                (Some(watch), Some(leader)) => watch.exceeded(leader).await,
                _ => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            done = waiting => Ended::ByItself(done),
            () = tokio::time::sleep(self.timeout) => Ended::Late,
            exceeded = watching => Ended::Exceeded(exceeded),
            () = heard.full.notified() => Ended::Exceeded(Exceeded::Output(self.watch.as_ref().map_or(0, |w| w.limits.output_bytes))),
        };
        let mut ran = Ran::default();
        match ended {
            Ended::ByItself((status, stdout, stderr)) => {
                use std::os::unix::process::ExitStatusExt as _;
                processes.over();
                (ran.code, ran.signal) = status.map_or((None, None), |s| (s.code(), s.signal()));
                (ran.stdout, ran.stderr) = (stdout, stderr);
            }
            Ended::Late => {
                processes.end().await;
                ran.timed_out = true;
            }
            Ended::Exceeded(exceeded) => {
                processes.end().await;
                ran.exceeded = Some(exceeded);
            }
        }
        ran.tail = tail.lock().unwrap_or_else(|e| e.into_inner()).text();
        Ok(ran)
    }
}

/// How a run came to its end.
enum Ended<T> {
    ByItself(T),
    Late,
    Exceeded(Exceeded),
}

#[derive(Default)]
struct Tail(Vec<u8>);

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        let over = self.0.len().saturating_sub(TAIL_BYTES_MAX);
        self.0.drain(..over);
    }
    fn text(&self) -> String {
        // Replacement characters are three bytes: cut again after decoding.
        let text = String::from_utf8_lossy(&self.0);
        let mut from = text.len().saturating_sub(TAIL_BYTES_MAX);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        text[from..].to_owned()
    }
}

/// Where output goes, and how much of it is still taken.
struct Heard<'a> {
    log: &'a dyn LogSink,
    tail: &'a std::sync::Mutex<Tail>,
    room: AtomicU64,
    full: Notify,
}

impl Heard<'_> {
    async fn read(&self, pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
        let mut kept = Vec::new();
        let Some(mut pipe) = pipe else { return kept };
        // On the heap: a future holds what it awaits over, and those of a whole job would fill a stack.
        let mut chunk = vec![0u8; 8192];
        while let Ok(n) = pipe.read(&mut chunk).await {
            if n == 0 {
                break;
            }
            let room = OUTPUT_BYTES_MAX - kept.len();
            kept.extend_from_slice(&chunk[..n.min(room)]);
            self.tail.lock().unwrap_or_else(|e| e.into_inner()).push(&chunk[..n]);
            self.log.text(&String::from_utf8_lossy(&chunk[..n]));
            let taken = u64::try_from(n).unwrap_or(u64::MAX);
            let before = self.room.fetch_update(Relaxed, Relaxed, |room| Some(room.saturating_sub(taken))).unwrap_or(0);
            if before < taken {
                self.full.notify_one();
            }
        }
        kept
    }
}

/// This program's own file, to be started again for work of its own.
///
/// # Errors
/// Where it is there no more: an upgrade replaced it, say, while this process goes on with the old one.
pub fn own_program() -> std::io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    if own.is_file() {
        return Ok(own);
    }
    let name = own.to_string_lossy();
    let name = name.strip_suffix(" (deleted)").unwrap_or(&name);
    Err(std::io::Error::new(std::io::ErrorKind::NotFound, format!("{name} was replaced or removed while it runs: start it again")))
}

/// Where a program is, as the shell would find it.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| {
        use std::os::unix::fs::PermissionsExt;
        file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::new("sh").arg("-c").arg(script)
    }

    #[tokio::test]
    async fn a_run_gives_code_output_and_tail() {
        let ran = shell("echo out; echo err >&2; exit 3").run(&()).await.unwrap();
        assert_eq!((ran.code, ran.stdout.as_slice(), ran.stderr.as_slice()), (Some(3), &b"out\n"[..], &b"err\n"[..]));
        assert!(ran.tail.contains("out") && ran.tail.contains("err"));
    }

    #[tokio::test]
    async fn a_signal_is_told_from_a_code_and_from_the_time_limit() {
        let check = async |script: &str, code: Option<i32>, signal: Option<i32>, how: &str| {
            let ran = shell(script).timeout(Duration::from_secs(1)).run(&()).await.unwrap();
            assert_eq!((ran.code, ran.signal, ran.how().as_str()), (code, signal, how), "{script}");
        };
        check("kill -KILL $$", None, Some(9), "killed by signal 9").await;
        check("kill -ABRT $$", None, Some(6), "killed by signal 6").await;
        check("exit 137", Some(137), None, "exit code 137").await;
        check("sleep 9", None, None, "stopped after its time limit").await;
    }

    #[tokio::test]
    async fn variables_are_forgotten_by_the_beginning_of_their_names() {
        // Cargo sets them for its tests.
        let script = "echo ${CARGO_PKG_NAME-none} ${CARGO_MANIFEST_DIR-none} ${CARGO_X-none} ${PATH:+path}";
        let ran = shell(script).env("CARGO_X", "x").run(&()).await.unwrap();
        assert!(ran.tail.starts_with("ounce /"), "{}", ran.tail);
        let ran = shell(script).env("CARGO_X", "x").forget_env("CARGO_").run(&()).await.unwrap();
        assert_eq!(ran.tail, "none none x path\n");
    }

    #[tokio::test]
    async fn a_flood_is_bounded() {
        let ran = shell("head -c 5000000 /dev/zero | tr '\\0' x; echo; echo last").run(&()).await.unwrap();
        assert_eq!(ran.stdout.len(), OUTPUT_BYTES_MAX);
        assert!(ran.tail.len() <= TAIL_BYTES_MAX && ran.tail.ends_with("last\n"));
    }

    #[tokio::test]
    async fn the_time_limit_takes_the_children_too() {
        let marker = tempfile::NamedTempFile::new().unwrap();
        let script = format!("(sleep 1; echo alive > {}) & sleep 60", marker.path().display());
        let ran = shell(&script).timeout(Duration::from_millis(200)).run(&()).await.unwrap();
        assert!(ran.timed_out);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(std::fs::read(marker.path()).unwrap(), b"", "a grandchild lived on");
    }

    #[tokio::test]
    async fn the_time_limit_takes_children_in_sessions_of_their_own_too() {
        let marker = tempfile::NamedTempFile::new().unwrap();
        let script = format!("setsid sh -c 'sh -c \"sleep 1; echo alive > {}\"; true'; true", marker.path().display());
        let ran = shell(&script).timeout(Duration::from_millis(300)).run(&()).await.unwrap();
        assert!(ran.timed_out);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(std::fs::read(marker.path()).unwrap(), b"", "a process in another session lived on");
    }

    const TIGHT: Limits =
        Limits { processes: 20, memory_bytes: 100 << 20, disk_bytes: 20 << 20, disk_entries: 2000, output_bytes: 1 << 20, ..Limits::BUILD };

    #[tokio::test]
    async fn what_all_processes_of_a_run_use_is_held_to_its_limits() {
        let check = async |script: &str, limits: Limits, exceeded: Option<Exceeded>| {
            let dir = tempfile::tempdir().unwrap();
            let ran = shell(script).dir(dir.path()).limits(limits, vec![dir.path().to_owned()]).run(&()).await.unwrap();
            assert_eq!(ran.exceeded, exceeded, "{script}: {ran:?}");
        };
        check("true", TIGHT, None).await;
        check("for i in $(seq 40); do sleep 60 & done; wait", TIGHT, Some(Exceeded::Processes(20))).await;
        let ten = "for i in $(seq 5); do head -c 30000000 /dev/zero | tail -n 1 | sleep 9 & done; wait";
        check(ten, TIGHT, Some(Exceeded::Memory(100 << 20))).await;
        check("head -c 60000000 /dev/zero > big; sleep 9", TIGHT, Some(Exceeded::Disk(20 << 20))).await;
        check("seq 5000 | while read n; do : > f$n; done; sleep 9", TIGHT, Some(Exceeded::Entries(2000))).await;
        check("yes", TIGHT, Some(Exceeded::Output(1 << 20))).await;
        check("yes >&2", TIGHT, Some(Exceeded::Output(1 << 20))).await;
        let second = Duration::from_secs(1);
        check("(while :; do :; done) & while :; do :; done", Limits { cpu: second, ..TIGHT }, Some(Exceeded::Cpu(second))).await;
    }

    #[tokio::test]
    async fn a_missing_program_is_named_with_the_next_step() {
        let error = Program::new("no-such-program-here").run(&()).await.unwrap_err().to_string();
        assert_eq!(error, "no-such-program-here is missing on this machine: `./dev setup` (or your package manager) installs it");
    }
}
