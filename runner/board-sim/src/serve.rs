//! The socket at which a debugger finds the board: one at a time, as a probe on a cable.

use crate::bus::Gone;
use crate::core::Core;
use crate::dap::Dap;
use crate::wire::{self, Ack, Command, Endpoint, Reader, Transfer};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

/// The board with its debug port.
#[derive(Debug)]
pub struct Port {
    core: Core,
    dap: Dap,
    divisor: u16,
}

impl Port {
    /// The port of a core.
    pub fn new(core: Core, dap: Dap) -> Port {
        Port { core, dap, divisor: 0 }
    }

    /// Serves one debugger after the other until the machine is gone. Who comes while another is there is turned away at once: two programs
    /// cannot hold one probe.
    pub fn serve(mut self, listener: UnixListener) -> Result<(), Gone> {
        let (send, sockets) = mpsc::channel::<UnixStream>();
        let is_busy = std::sync::Arc::new(AtomicBool::new(false));
        let busy = std::sync::Arc::clone(&is_busy);
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                if busy.swap(true, Ordering::SeqCst) || send.send(socket).is_err() {
                    continue;
                }
            }
        });
        for socket in sockets {
            let ended = self.talk(socket);
            is_busy.store(false, Ordering::SeqCst);
            match ended {
                Ok(()) => {}
                Err(Ended::Machine(gone)) => return Err(gone),
                Err(Ended::Connection(why)) => eprintln!("board-sim: a debugger left: {why}"),
            }
        }
        Ok(())
    }

    fn talk(&mut self, mut socket: UnixStream) -> Result<(), Ended> {
        let mut reader = Reader::default();
        let mut bytes = vec![0; 1 << 16];
        loop {
            let n = socket.read(&mut bytes).map_err(|e| Ended::Connection(e.to_string()))?;
            if n == 0 {
                return Ok(());
            }
            reader.feed(&bytes[..n]).map_err(|e| Ended::Connection(e.to_string()))?;
            let out = self.answer(&mut reader).map_err(Ended::Machine)?;
            socket.write_all(&out).map_err(|e| Ended::Connection(e.to_string()))?;
        }
    }

    /// All answers to what has come, as frames.
    fn answer(&mut self, reader: &mut Reader) -> Result<Vec<u8>, Gone> {
        let mut out = Vec::new();
        let mut transfers: Vec<Transfer> = Vec::new();
        while let Some(command) = reader.next() {
            if let Command::Transfer(transfer) = command {
                transfers.push(transfer);
                continue;
            }
            self.transfer(&mut transfers, &mut out)?;
            let said: Vec<u8> = match command {
                Command::Identify => wire::IDENTIFIER.to_vec(),
                Command::Clock => wire::CLOCK_HZ.to_le_bytes().to_vec(),
                Command::Divisor => self.divisor.to_le_bytes().to_vec(),
                Command::SetDivisor(divisor) => {
                    self.divisor = divisor;
                    continue;
                }
                Command::Reset(is_pulled) => {
                    self.core.reset_line(is_pulled)?;
                    continue;
                }
                Command::Line { bits, value } => {
                    self.dap.line(bits, value);
                    continue;
                }
                Command::Transfer(_) => continue,
            };
            out.extend(wire::answer(Endpoint::Root, &said));
        }
        self.transfer(&mut transfers, &mut out)?;
        Ok(out)
    }

    fn transfer(&mut self, transfers: &mut Vec<Transfer>, out: &mut Vec<u8>) -> Result<(), Gone> {
        if transfers.is_empty() {
            return Ok(());
        }
        let mut acks: Vec<Ack> = Vec::with_capacity(transfers.len());
        self.dap.transfers(transfers, &mut self.core, &mut acks)?;
        let mut bytes = Vec::new();
        acks.into_iter().for_each(|ack| ack.bytes(&mut bytes));
        out.extend(wire::answer(Endpoint::Swd, &bytes));
        transfers.clear();
        Ok(())
    }
}

/// Why a conversation ended.
#[derive(Debug)]
enum Ended {
    Connection(String),
    Machine(Gone),
}
