//! The socket at which a debugger finds the board: one at a time, as a probe on a cable; and the one at which its power is switched.

use crate::board::Board;
use crate::bus::Gone;
use crate::core::{Core, Unpowered};
use crate::dap::Dap;
use crate::faults::Fate;
use crate::power::{self, Order};
use crate::qemu::Machine;
use crate::wire::{self, Ack, Command, Endpoint, Reader, Transfer};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Gives a machine power.
type Start = Box<dyn Fn(&Board) -> Result<Machine, Gone>>;

/// The board's debug port.
pub struct Port {
    board: &'static Board,
    dap: Dap,
    divisor: u16,
    start: Start,
}

/// The board, with power or without.
enum Powered {
    On(Box<Core>),
    Off(Unpowered),
}

/// What happens at the board.
enum Event {
    Debugger(UnixStream),
    Power(Order, Sender<()>),
}

/// Who is at the board now.
#[derive(Debug, Default)]
enum There {
    /// Nobody: one may come.
    #[default]
    Nobody,
    /// A debugger.
    Debugger(UnixStream),
    /// It has no power.
    Off,
}

type Now = Arc<Mutex<There>>;

/// How long a machine may take to end whose sockets did.
const END_MAX: Duration = Duration::from_secs(2);
/// How often it is looked whether somebody comes.
const GLANCE: Duration = Duration::from_millis(1);

impl Port {
    /// The port of a board; `start` gives it a machine whenever its power comes.
    pub fn new(board: &'static Board, start: impl Fn(&Board) -> Result<Machine, Gone> + 'static) -> Port {
        Port { board, dap: Dap::new(board.identity), divisor: 0, start: Box::new(start) }
    }

    /// Gives the board power and serves one debugger after the other until the machine is gone. Who comes while another is there is turned away
    /// at once: two programs cannot hold one probe.
    pub fn serve(mut self, board: Unpowered, probe: &Path, power: UnixListener, ready: impl FnOnce()) -> Result<(), Gone> {
        let mut board = Powered::On(Box::new(board.power_on(&self.start)?));
        let now = Now::default();
        let events = events(probe, power, &now);
        ready();
        for event in events {
            match event {
                Event::Debugger(socket) => {
                    // Who came in the moment in which power went finds nobody.
                    let Powered::On(core) = &mut board else { continue };
                    match self.talk(core, socket) {
                        Ok(()) => {}
                        Err(Ended::Machine(gone)) => return Err(gone),
                        Err(Ended::Connection(why)) => eprintln!("board-sim: a debugger left: {why}"),
                    }
                    *locked(&now) = There::Nobody;
                }
                Event::Power(order, done) => {
                    board = self.switch(order, board)?;
                    let is_on = matches!(board, Powered::On(_));
                    *locked(&now) = if is_on { There::Nobody } else { There::Off };
                    // Who switched it off finds that nobody can open it any more.
                    let until = Instant::now() + END_MAX;
                    while !is_on && probe.exists() && Instant::now() < until {
                        std::thread::sleep(GLANCE);
                    }
                    // Who asked may have gone.
                    let _ = done.send(());
                }
            }
        }
        Ok(())
    }

    /// Carries out an order about power. On for a board that has it changes nothing.
    fn switch(&mut self, order: Order, board: Powered) -> Result<Powered, Gone> {
        let unpowered = match (order, board) {
            (Order::On, Powered::On(core)) => return Ok(Powered::On(core)),
            (_, Powered::On(core)) => core.power_off()?,
            (_, Powered::Off(unpowered)) => unpowered,
        };
        if order == Order::Off {
            return Ok(Powered::Off(unpowered));
        }
        self.dap = Dap::new(self.board.identity);
        self.divisor = 0;
        Ok(Powered::On(Box::new(unpowered.power_on(&self.start)?)))
    }

    fn talk(&mut self, core: &mut Core, mut socket: UnixStream) -> Result<(), Ended> {
        let mut reader = Reader::default();
        let mut bytes = vec![0; 1 << 16];
        let mut is_silent = false;
        loop {
            let n = socket.read(&mut bytes).map_err(|e| Ended::Connection(e.to_string()))?;
            if n == 0 {
                return Ok(());
            }
            if is_silent {
                continue;
            }
            // Before anything is asked of it: a core that locked up since is there to be debugged.
            core.revive(&self.start).map_err(Ended::Machine)?;
            reader.feed(&bytes[..n]).map_err(|e| Ended::Connection(e.to_string()))?;
            let mut out = Vec::new();
            match self.answer(core, &mut reader, &mut out) {
                Ok(Answered::Whole) => {}
                Ok(Answered::Silent) => is_silent = true,
                Ok(Answered::Dead) => return Err(Ended::Connection("its cable was pulled".into())),
                // It locked up in the middle of this: what was answered cannot be told from what was not.
                Err(gone) => {
                    self.lives(core, gone)?;
                    return Err(Ended::Connection("its core locked up while it was asked something".into()));
                }
            }
            socket.write_all(&out).map_err(|e| Ended::Connection(e.to_string()))?;
        }
    }

    /// Whether the machine ended over a core that locked up: then there is another one.
    fn lives(&self, core: &mut Core, gone: Gone) -> Result<(), Ended> {
        // Its sockets end a moment before it does.
        let until = Instant::now() + END_MAX;
        while Instant::now() < until {
            if core.revive(&self.start).map_err(Ended::Machine)? {
                return Ok(());
            }
            std::thread::sleep(GLANCE);
        }
        Err(Ended::Machine(gone))
    }

    /// All answers to what has come, as frames.
    fn answer(&mut self, core: &mut Core, reader: &mut Reader, out: &mut Vec<u8>) -> Result<Answered, Gone> {
        let mut transfers: Vec<Transfer> = Vec::new();
        while let Some(command) = reader.take() {
            if let Command::Transfer(transfer) = command {
                transfers.push(transfer);
                continue;
            }
            let answered = self.transfer(core, &mut transfers, out)?;
            if answered != Answered::Whole {
                return Ok(answered);
            }
            if let Some(said) = self.root(core, command)? {
                out.extend(wire::answer(Endpoint::Root, &said));
            }
        }
        self.transfer(core, &mut transfers, out)
    }

    /// Carries out a command that is no transfer; what is to be said to it.
    fn root(&mut self, core: &mut Core, command: Command) -> Result<Option<Vec<u8>>, Gone> {
        match command {
            Command::Identify => return Ok(Some(wire::IDENTIFIER.to_vec())),
            Command::Clock => return Ok(Some(wire::CLOCK_HZ.to_le_bytes().to_vec())),
            Command::Divisor => return Ok(Some(self.divisor.to_le_bytes().to_vec())),
            Command::SetDivisor(divisor) => self.divisor = divisor,
            Command::Reset(is_pulled) => core.reset_line(is_pulled)?,
            Command::Line { bits, value } => self.dap.line(bits, value),
            Command::Transfer(_) => {}
        }
        Ok(None)
    }

    fn transfer(&mut self, core: &mut Core, transfers: &mut Vec<Transfer>, out: &mut Vec<u8>) -> Result<Answered, Gone> {
        let mut answered = Answered::Whole;
        let mut acks: Vec<Ack> = Vec::with_capacity(transfers.len());
        if core.plan.spares_transfers() {
            self.dap.transfers(transfers, core, &mut acks)?;
        } else {
            for transfer in &*transfers {
                let is_tame = core.is_tame();
                match core.plan.next(*transfer, self.divisor, is_tame) {
                    Fate::Done => self.dap.transfers(std::slice::from_ref(transfer), core, &mut acks)?,
                    Fate::Answered(ack) => acks.push(ack),
                    Fate::Fails => acks.push(self.dap.fail()),
                    Fate::Dead => answered = Answered::Dead,
                    Fate::Silent => answered = Answered::Silent,
                }
                if answered != Answered::Whole {
                    break;
                }
            }
        }
        transfers.clear();
        let mut bytes = Vec::new();
        acks.into_iter().for_each(|ack| ack.bytes(&mut bytes));
        if !bytes.is_empty() {
            out.extend(wire::answer(Endpoint::Swd, &bytes));
        }
        Ok(answered)
    }
}

/// What comes at both sockets.
fn events(probe: &Path, power: UnixListener, now: &Now) -> Receiver<Event> {
    let (send, events) = mpsc::channel();
    let (debuggers, there, path) = (send.clone(), Arc::clone(now), probe.to_owned());
    std::thread::spawn(move || {
        // Nobody listens any more: the board is gone.
        while let Some(socket) = next(&path, &there) {
            if debuggers.send(Event::Debugger(socket)).is_err() {
                return;
            }
        }
    });
    let there = Arc::clone(now);
    std::thread::spawn(move || {
        power::listen(&power, |order| {
            // Who debugs a board whose power goes is cut off.
            if let There::Debugger(socket) = &*locked(&there) {
                let _ = socket.shutdown(Shutdown::Both);
            }
            let (done, is_done) = mpsc::channel();
            send.send(Event::Power(order, done)).is_ok() && is_done.recv().is_ok()
        });
    });
    events
}

/// The next debugger. The socket is there only while the board could be opened: who comes at another time is refused by the system, as by a
/// probe that is in use.
fn next(path: &Path, there: &Now) -> Option<UnixStream> {
    let mut listener: Option<UnixListener> = None;
    loop {
        if matches!(*locked(there), There::Nobody) {
            let open = match listener.take() {
                Some(open) => open,
                None => listen(path).ok()?,
            };
            match open.accept() {
                Ok((socket, _)) => {
                    let _ = std::fs::remove_file(path);
                    socket.set_nonblocking(false).ok()?;
                    *locked(there) = There::Debugger(socket.try_clone().ok()?);
                    return Some(socket);
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => listener = Some(open),
                Err(_) => return None,
            }
        } else if listener.take().is_some() {
            let _ = std::fs::remove_file(path);
        }
        std::thread::sleep(GLANCE);
    }
}

/// Listens at a path. The name is there only when somebody listens: between the two steps of the system's a debugger would be refused.
fn listen(path: &Path) -> std::io::Result<UnixListener> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    // A socket that an earlier one left behind is nobody's.
    let _ = std::fs::remove_file(&name);
    let listener = UnixListener::bind(&name)?;
    listener.set_nonblocking(true)?;
    std::fs::rename(&name, path)?;
    Ok(listener)
}

fn locked(there: &Now) -> MutexGuard<'_, There> {
    there.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How far a debugger was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Whole,
    Silent,
    Dead,
}

/// Why a conversation ended.
#[derive(Debug)]
enum Ended {
    Connection(String),
    Machine(Gone),
}
