//! `ounce inside`: the first process of a sandbox. Takes limits upon itself, which all that it starts inherit, opens the way to the proxy where there
//! is one, runs one program and ends as that ends. It trusts nobody: it has no more rights than what it runs.
//!
//! As process 1 of its own namespace it is waited for by nobody who could be cheated, and all others end with it. It ends when nobody reads its
//! output any more: a runner that is killed while bubblewrap is still setting up a sandbox has not become its parent yet, and does not take it along.

use clap::Args;
use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitOptions, WaitStatus};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Where the proxy is found: the port that `PROXY_INSIDE` in `workshop/sandbox.rs` names.
const PORT: u16 = 3128;
/// Connections at once; more are closed.
const CONNECTIONS_MAX: usize = 64;
/// How much the processes inside yield to those outside.
const NICE: i32 = 5;
/// Exit codes of a shell for a program that is not there or cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;
/// Of one that was ended because nobody listens: as by the signal that did it.
const UNREAD: u8 = 128 + 9;

/// Runs a program within limits (used by ounce itself).
#[derive(Debug, Args)]
pub struct Inside {
    #[arg(long, value_name = "SECONDS")]
    cpu_s: u64,
    #[arg(long, value_name = "BYTES")]
    address_bytes: u64,
    #[arg(long, value_name = "NUMBER")]
    processes: u64,
    #[arg(long, value_name = "NUMBER")]
    open_files: u64,
    #[arg(long, value_name = "BYTES")]
    file_bytes: u64,
    #[arg(long, value_name = "SOCKET")]
    relay: Option<PathBuf>,
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

impl Inside {
    /// Does it, and gives the exit code.
    pub fn run(self) -> u8 {
        match self.start() {
            Ok(code) => code,
            Err((code, error)) => {
                eprintln!("ounce: {}: {error}: what is run here must be in the checkout or below /usr", self.program[0].to_string_lossy());
                code
            }
        }
    }

    fn start(&self) -> Result<u8, (u8, io::Error)> {
        let not_run = |error: io::Error| (NOT_RUN, error);
        if let Some(socket) = &self.relay {
            let listener = TcpListener::bind(("127.0.0.1", PORT)).map_err(not_run)?;
            let socket = socket.clone();
            std::thread::Builder::new().spawn(move || relay(&listener, &socket)).map_err(not_run)?;
        }
        self.limit().map_err(not_run)?;
        let (program, args) = self.program.split_first().ok_or((NOT_RUN, io::ErrorKind::InvalidInput.into()))?;
        #[expect(clippy::disallowed_methods, reason = "the program inside; whoever started us has the time limit and the log")]
        let mut command = std::process::Command::new(program);
        let child = command.args(args).spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => (NOT_FOUND, error),
            _ => (NOT_RUN, error),
        })?;
        let child = Pid::from_child(&child);
        std::thread::Builder::new().spawn(move || end_with_reader(child)).map_err(not_run)?;
        wait_for(child).map_err(not_run)
    }

    fn limit(&self) -> io::Result<()> {
        let limits = [
            (Resource::Cpu, self.cpu_s),
            (Resource::As, self.address_bytes),
            (Resource::Nproc, self.processes),
            (Resource::Nofile, self.open_files),
            (Resource::Fsize, self.file_bytes),
            (Resource::Core, 0),
        ];
        for (resource, limit) in limits {
            // What holds already may be less, and then stays.
            let most = rustix::process::getrlimit(resource).maximum.map_or(limit, |most| most.min(limit));
            rustix::process::setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
        }
        // Somebody who may not be nicer is nice enough.
        let _ = rustix::process::setpriority_process(None, NICE);
        Ok(())
    }
}

/// Waits until nobody reads our output any more, and ends everything then. Where that is no pipe, this never happens.
fn end_with_reader(child: Pid) {
    let out = io::stdout();
    loop {
        let mut polled = [PollFd::new(&out, PollFlags::empty())];
        match rustix::event::poll(&mut polled, None) {
            Ok(_) if polled[0].revents().contains(PollFlags::ERR) => {
                let _ = rustix::process::kill_process(child, Signal::KILL);
                std::process::exit(i32::from(UNREAD));
            }
            // A terminal that hangs up, or a file: what is run goes on, as it did.
            Ok(_) => return,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// Waits for the program, and meanwhile for whatever it leaves to process 1.
fn wait_for(child: Pid) -> io::Result<u8> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == child => return Ok(code(status)),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A shell's exit code for an end: 128 and the signal's number where one ended it.
fn code(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(NOT_RUN)
}

/// Carries each connection to the proxy's socket.
fn relay(listener: &TcpListener, socket: &PathBuf) {
    let open = Arc::new(AtomicUsize::new(0));
    for near in listener.incoming().filter_map(Result::ok) {
        if open.load(Relaxed) >= CONNECTIONS_MAX {
            continue;
        }
        let Ok(far) = UnixStream::connect(socket) else { continue };
        let (Ok(near_too), Ok(far_too)) = (near.try_clone(), far.try_clone()) else { continue };
        open.fetch_add(1, Relaxed);
        let open = open.clone();
        // Without a thread to carry it the connection is dropped, and so closed.
        let _ = std::thread::Builder::new().spawn(move || {
            let back =
                std::thread::Builder::new().spawn(move || carry(far_too, near_too, |near: &TcpStream| near.shutdown(Shutdown::Write)));
            carry(near, far, |far: &UnixStream| far.shutdown(Shutdown::Write));
            let _ = back.map(std::thread::JoinHandle::join);
            open.fetch_sub(1, Relaxed);
        });
    }
}

/// Copies to the end, and passes the end on.
fn carry<T: Write>(mut from: impl Read, mut to: T, end: impl Fn(&T) -> io::Result<()>) {
    let mut chunk = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut chunk) {
        if to.write_all(&chunk[..n]).is_err() {
            break;
        }
    }
    let _ = end(&to);
}
