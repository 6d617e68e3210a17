//! Running other programs: the only place that starts one. Every run has a time limit, a bounded log, no standard input,
//! and takes its whole process group with it when it is stopped.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};

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
#[derive(Debug, Clone)]
pub struct Ran {
    /// The exit code; `None` where a signal or the time limit ended it.
    pub code: Option<i32>,
    /// The number of the signal that ended it, where one did and it was not sent at the time limit.
    pub signal: Option<i32>,
    /// Whether the time limit ended it.
    pub timed_out: bool,
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

    /// `"exit code 1"`, `"killed by signal 9"`, `"stopped after its time limit"`.
    pub fn how(&self) -> String {
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

    fn name(&self) -> String {
        Path::new(&self.program).file_name().unwrap_or(&self.program).to_string_lossy().into_owned()
    }

    /// Runs it to its end or to its limit. When the future is dropped, the process group is killed.
    ///
    /// # Errors
    /// Where the program cannot be started; a bad exit is not an error here.
    pub async fn run(&self, log: &dyn LogSink) -> Result<Ran, ExecError> {
        #[expect(clippy::disallowed_methods, reason = "the one place where processes are started")]
        let mut command = tokio::process::Command::new(&self.program);
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
        let mut group = Group { leader: child.id(), running: true };
        let tail = std::sync::Mutex::new(Tail::default());
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let reading = async { tokio::join!(read(out, log, &tail), read(err, log, &tail)) };
        let waiting = async {
            let (stdout, stderr) = reading.await;
            (child.wait().await, stdout, stderr)
        };
        let ran = tokio::time::timeout(self.timeout, waiting).await;
        group.running = ran.is_err();
        drop(group);
        let tail_text = |tail: &std::sync::Mutex<Tail>| tail.lock().unwrap_or_else(|e| e.into_inner()).text();
        Ok(match ran {
            Ok((status, stdout, stderr)) => {
                use std::os::unix::process::ExitStatusExt as _;
                let (code, signal) = status.map_or((None, None), |s| (s.code(), s.signal()));
                Ran { code, signal, timed_out: false, stdout, stderr, tail: tail_text(&tail) }
            }
            Err(_) => Ran { code: None, signal: None, timed_out: true, stdout: vec![], stderr: vec![], tail: tail_text(&tail) },
        })
    }
}

/// Kills what is left of a process group when the run is over or dropped, and all descendants of a leader that still runs.
struct Group {
    leader: Option<u32>,
    running: bool,
}

impl Drop for Group {
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process, kill_process_group};
        let pid = |id: u32| i32::try_from(id).ok().and_then(Pid::from_raw);
        let Some((leader_id, leader)) = self.leader.and_then(|id| Some((id, pid(id)?))) else { return };
        if self.running {
            // A sandbox has a session of its own, so it is not in the group; and while it is only being set up, it does not die with
            // its parent yet. The leader is stopped first, so that it starts nothing more.
            let _ = kill_process(leader, Signal::STOP);
            for descendant in descendants(leader_id).into_iter().filter_map(pid) {
                let _ = kill_process(descendant, Signal::KILL);
            }
        }
        // The group may be gone already: that is the usual case.
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

/// The processes below a process, as `/proc` shows them now; none where there is no `/proc`.
fn descendants(ancestor: u32) -> Vec<u32> {
    let ids = std::fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> =
        ids.filter_map(|id| Some((id, parent(&std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?))).collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(&above) = found.get(next) {
        found.extend(parents.iter().filter(|(_, parent)| *parent == above).map(|(id, _)| *id));
        next += 1;
    }
    found.split_off(1)
}

/// The parent's number in a line of `/proc/PID/stat`: the second word after the name, which stands in parentheses and may hold some.
fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
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

async fn read(pipe: Option<impl AsyncRead + Unpin>, log: &dyn LogSink, tail: &std::sync::Mutex<Tail>) -> Vec<u8> {
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
        tail.lock().unwrap_or_else(|e| e.into_inner()).push(&chunk[..n]);
        log.text(&String::from_utf8_lossy(&chunk[..n]));
    }
    kept
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

    #[test]
    fn a_process_may_be_called_anything() {
        assert_eq!(parent("17 (a) b (c)) S 4 17 17 0"), Some(4));
        assert_eq!(parent("17 (a"), None);
    }

    #[tokio::test]
    async fn a_missing_program_is_named_with_the_next_step() {
        let error = Program::new("no-such-program-here").run(&()).await.unwrap_err().to_string();
        assert_eq!(error, "no-such-program-here is missing on this machine: `./dev setup` (or your package manager) installs it");
    }
}
