//! A board's power: what is there without it, and what comes with it.

use super::{Core, Shadows};
use crate::board::Board;
use crate::bus::Gone;
use crate::faults::Plan;
use crate::noise::Noise;
use crate::qemu::{self, Machine};
use crate::sensors::Sensors;
use std::collections::BTreeSet;

/// A board without power: what it is, what outlives power, and what it will have to suffer.
#[derive(Debug)]
pub struct Unpowered {
    board: &'static Board,
    /// As it was; empty where nothing was ever in it.
    flash: Vec<u8>,
    plan: Plan,
    noise: Option<Noise>,
    sensors: Option<Sensors>,
}

impl Unpowered {
    /// A board with an image in its flash; none is a blank board, as it comes from the factory.
    ///
    /// # Errors
    /// Where the image is longer than the flash; the message says both sizes.
    pub fn new(board: &'static Board, image: Vec<u8>, plan: Plan) -> Result<Unpowered, String> {
        let room = usize::try_from(board.flash.end - board.flash.start).unwrap_or(0);
        match image.len() <= room {
            true => Ok(Unpowered { board, flash: image, plan, noise: None, sensors: None }),
            false => Err(format!("the image has {} bytes, the flash of {} has {room}", image.len(), board.name)),
        }
    }

    /// The same whose runs vary.
    pub fn noisy(self, noise: Option<Noise>) -> Unpowered {
        Unpowered { noise, ..self }
    }

    /// The same that tells its temperature and supply.
    pub fn sensing(self, sensors: Option<Sensors>) -> Unpowered {
        Unpowered { sensors, ..self }
    }

    /// Gives it power, which is a machine: what is in its flash runs.
    pub fn power_on(self, start: impl FnOnce(&Board) -> Result<Machine, Gone>) -> Result<Core, Gone> {
        let machine = with_flash(self.board, &self.flash, start)?;
        let mut core = Core::new(self.board, machine, self.plan);
        core.noise = self.noise;
        core.sensors = self.sensors;
        core.kept = self.flash;
        if core.plan.locks_up() {
            core.is_locked_up = true;
        } else {
            core.after_reset()?;
        }
        Ok(core)
    }
}

impl Core {
    fn new(board: &'static Board, machine: Machine, plan: Plan) -> Core {
        Core {
            board,
            machine,
            dhcsr: 0,
            demcr: 0,
            dfsr: 0,
            dcrdr: 0,
            has_reset: true,
            is_locked_up: false,
            fp_enabled: false,
            comparators: vec![0; board.breakpoints],
            shadows: Shadows::default(),
            placed: BTreeSet::new(),
            image: BTreeSet::new(),
            is_reset_held: false,
            is_flashing: false,
            arguments: [0; 4],
            stack: 0,
            kept: Vec::new(),
            is_kept: true,
            is_misreading: false,
            plan,
            noise: None,
            sensors: None,
        }
    }

    /// Takes its power: the machine ends, and only what was in flash is still there.
    pub fn power_off(mut self) -> Result<Unpowered, Gone> {
        // Of a machine that ended over its core there is what was kept.
        if !self.machine.has_ended()? {
            if self.is_misreading {
                self.machine.gdb.halt()?;
                self.misread(false)?;
            }
            let range = self.board.flash.clone();
            self.kept.resize(usize::try_from(range.end - range.start).unwrap_or(0), 0);
            self.machine.qtest.read(range.start, &mut self.kept)?;
        }
        self.plan.power_cycled();
        Ok(Unpowered { board: self.board, flash: self.kept, plan: self.plan, noise: self.noise, sensors: self.sensors })
    }

    /// Notes the image in flash before the core runs freely, where it was written since: the machine may end over it.
    pub(super) fn keep_flash(&mut self) -> Result<(), Gone> {
        if !self.is_kept {
            self.kept = self.image_bytes()?;
            self.is_kept = true;
        }
        Ok(())
    }

    /// A core that faults in its fault handler locks up and waits for its debugger; QEMU ends. Where it did, the core is locked up in another machine,
    /// with the flash of the one that ended. Says whether it did.
    pub fn revive(&mut self, start: impl FnOnce(&Board) -> Result<Machine, Gone>) -> Result<bool, Gone> {
        if !self.machine.has_ended()? {
            return Ok(false);
        }
        self.machine = with_flash(self.board, &self.kept, start)?;
        self.placed.clear();
        self.is_flashing = false;
        self.is_misreading = false;
        self.is_locked_up = true;
        Ok(true)
    }
}

/// A machine that stands, with this in its flash.
fn with_flash(board: &Board, flash: &[u8], start: impl FnOnce(&Board) -> Result<Machine, Gone>) -> Result<Machine, Gone> {
    let mut machine = start(board)?;
    for (piece, at) in flash.chunks(qemu::BYTES_MAX).zip(board.flash.clone().step_by(qemu::BYTES_MAX)) {
        let mut there = vec![0; piece.len()];
        machine.qtest.read(at, &mut there)?;
        // Most of a flash is as the machine has it anyway, and reading is quicker.
        if there != piece {
            machine.gdb.force(at, piece)?;
        }
    }
    // The core looked for its vectors before they were there.
    machine.reset()?;
    Ok(machine)
}
