//! What can go wrong with a board, its probe and the cable between: each from a script, or from a seed.
//!
//! A fault is written as `KIND`, `KIND@N` (from the N-th transfer since power-on) or `KIND@NxK` (K times).

use crate::wire::{Ack, CLOCK_HZ, Transfer};
use std::fmt;
use std::str::FromStr;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A transfer is answered with WAIT.
    Wait,
    /// An access through the memory access port fails: FAULT until it is cleared.
    Fault,
    /// One bit of what was programmed is another one: counted in pages instead of transfers.
    Flip,
    /// The connection ends: the cable was pulled. The board goes on.
    Dead,
    /// Nothing is answered any more, and the connection stays: until power is cycled.
    Silent,
    /// The reset line leads nowhere.
    NoReset,
    /// The core is locked up from power-on until it is reset by its debugger.
    Lockup,
    /// The debug pins answer only while the reset line is pulled or the core is halted: the firmware uses them for something else, until there is
    /// another one.
    PinsTaken,
    /// Nothing answers while the clock is above 1 MHz: the wires are too long.
    LongWires,
    /// The debug port does not answer until power is cycled.
    Wedged,
    /// Every page that is programmed has a wrong bit, until all of flash was erased at once.
    StuckFlash,
    /// The core reads one bit of its flash otherwise than the probe does, as with too few wait states: the lowest one of the byte at an offset.
    Misread,
}

impl Kind {
    /// All of them with their names.
    pub const ALL: [(Kind, &str); 12] = [
        (Kind::Wait, "wait"),
        (Kind::Fault, "fault"),
        (Kind::Flip, "flip"),
        (Kind::Dead, "dead"),
        (Kind::Silent, "silent"),
        (Kind::NoReset, "no-reset"),
        (Kind::Lockup, "lockup"),
        (Kind::PinsTaken, "pins-taken"),
        (Kind::LongWires, "long-wires"),
        (Kind::Wedged, "wedged"),
        (Kind::StuckFlash, "stuck-flash"),
        (Kind::Misread, "misread"),
    ];

    fn name(self) -> &'static str {
        Kind::ALL.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Whether it strikes at transfers, and not at pages, at power-on or at the reset line.
    fn strikes_transfers(self) -> bool {
        !matches!(self, Kind::Flip | Kind::NoReset | Kind::Lockup | Kind::StuckFlash)
    }

    /// Whether it is gone when power was off.
    fn ends_with_power(self) -> bool {
        matches!(self, Kind::Silent | Kind::Wedged | Kind::Lockup)
    }
}

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: Kind,
    /// From which transfer on, 1 is the first.
    pub from: u64,
    /// How many times; for ever where it says none.
    pub times: Option<u64>,
}

/// A fault that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no fault: KIND, KIND@N or KIND@NxTIMES, where KIND is one of {names}", names = names())]
pub struct NoFault(String);

fn names() -> String {
    Kind::ALL.map(|(_, name)| name).join(", ")
}

impl FromStr for Fault {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Fault, NoFault> {
        let no = || NoFault(text.to_owned());
        let (name, place) = text.split_once('@').map_or((text, None), |(name, place)| (name, Some(place)));
        let (kind, _) = Kind::ALL.into_iter().find(|(_, known)| *known == name).ok_or_else(no)?;
        let (from, times) = match place {
            None => ("1", None),
            Some(place) => place.split_once('x').map_or((place, None), |(from, times)| (from, Some(times))),
        };
        let number = |text: &str| text.parse().ok().filter(|n: &u64| *n > 0).ok_or_else(no);
        Ok(Fault { kind, from: number(from)?, times: times.map(number).transpose()? })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.kind.name(), self.from)?;
        self.times.map_or(Ok(()), |times| write!(f, "x{times}"))
    }
}

/// What a board has to suffer, and how far it is.
#[derive(Debug, Default)]
pub struct Plan {
    faults: Vec<(Fault, u64)>,
    transfers: u64,
    flashed: u64,
}

/// What becomes of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// What it should.
    Done,
    /// Another answer, and nothing happens.
    Answered(Ack),
    /// It fails behind the access port.
    Fails,
    /// The connection ends.
    Dead,
    /// No answer, ever.
    Silent,
}

impl Plan {
    /// A plan of these faults.
    pub fn new(faults: &[Fault]) -> Plan {
        Plan { faults: faults.iter().map(|fault| (*fault, 0)).collect(), transfers: 0, flashed: 0 }
    }

    /// Power was off and is on: counting begins anew, and some faults are over.
    pub fn power_cycled(&mut self) {
        self.faults.retain(|(fault, _)| !fault.kind.ends_with_power());
        self.transfers = 0;
    }

    /// Flash was written: whatever firmware comes next is another one than what took the pins.
    pub fn written(&mut self) {
        self.faults.retain(|(fault, _)| fault.kind != Kind::PinsTaken);
    }

    /// All of flash was erased.
    pub fn erased(&mut self) {
        self.faults.retain(|(fault, _)| fault.kind != Kind::StuckFlash);
    }

    /// Whether it matters that all of flash is erased.
    pub fn is_stuck(&self) -> bool {
        self.faults.iter().any(|(fault, _)| fault.kind == Kind::StuckFlash)
    }

    /// Whether a fault of this kind is on, and counts it as having happened.
    fn strikes(&mut self, kind: Kind, at: u64) -> bool {
        let on = |(fault, happened): &&mut (Fault, u64)| {
            fault.kind == kind && fault.from <= at && fault.times.is_none_or(|times| *happened < times)
        };
        match self.faults.iter_mut().find(on) {
            Some((_, happened)) => {
                *happened += 1;
                true
            }
            None => false,
        }
    }

    /// Where in flash the core reads a wrong bit.
    pub fn misread(&self) -> Option<u32> {
        let wrong = self.faults.iter().find(|(fault, _)| fault.kind == Kind::Misread);
        wrong.and_then(|(fault, _)| u32::try_from(fault.from).ok())
    }

    /// Whether the reset line leads to the chip.
    pub fn has_reset_line(&mut self) -> bool {
        !self.strikes(Kind::NoReset, u64::MAX)
    }

    /// Whether the core is locked up when power comes.
    pub fn locks_up(&mut self) -> bool {
        self.strikes(Kind::Lockup, u64::MAX)
    }

    /// A page was programmed: whether a bit of it is another one.
    pub fn flips(&mut self) -> bool {
        self.flashed += 1;
        self.strikes(Kind::Flip, self.flashed) || self.strikes(Kind::StuckFlash, self.flashed)
    }

    /// Whether nothing has to be suffered at all.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether no fault can strike a transfer any more: else each has to be looked at by itself.
    pub fn spares_transfers(&self) -> bool {
        let is_over = |(fault, happened): &(Fault, u64)| fault.times.is_some_and(|times| *happened >= times);
        self.faults.iter().all(|plan| !plan.0.kind.strikes_transfers() || is_over(plan))
    }

    /// What becomes of the next transfer; `is_tame`: the firmware does not run, for the core is held in reset or halted.
    pub fn next(&mut self, transfer: Transfer, divisor: u16, is_tame: bool) -> Fate {
        self.transfers += 1;
        let at = self.transfers;
        if self.strikes(Kind::Dead, at) {
            return Fate::Dead;
        }
        if self.strikes(Kind::Silent, at) {
            return Fate::Silent;
        }
        let is_fast = CLOCK_HZ / (u32::from(divisor) + 1) > 1_000_000;
        let is_mute = self.strikes(Kind::Wedged, at)
            || (!is_tame && self.strikes(Kind::PinsTaken, at))
            || (is_fast && self.strikes(Kind::LongWires, at));
        if is_mute {
            return Fate::Answered(Ack::Protocol);
        }
        if transfer.ap && self.strikes(Kind::Wait, at) {
            return Fate::Answered(Ack::Wait);
        }
        if transfer.ap && self.strikes(Kind::Fault, at) { Fate::Fails } else { Fate::Done }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_it_is_written() {
        let check = |text: &str, fault: Fault| {
            assert_eq!(text.parse(), Ok(fault));
            assert_eq!(fault.to_string().parse(), Ok(fault));
        };
        check("wedged", Fault { kind: Kind::Wedged, from: 1, times: None });
        check("wait@120", Fault { kind: Kind::Wait, from: 120, times: None });
        check("fault@7x2", Fault { kind: Kind::Fault, from: 7, times: Some(2) });
        for bad in ["", "wai", "wait@", "wait@0", "wait@1x", "wait@1x0", "wait@-1"] {
            let said = bad.parse::<Fault>().unwrap_err().to_string();
            assert!(said.contains("long-wires"), "{said}");
        }
    }

    #[test]
    fn a_fault_strikes_from_its_transfer_on_and_so_many_times() {
        let transfer = Transfer { ap: true, address: 0xc, write: None };
        let check = |fault: &str, fates: [Fate; 5]| {
            let mut plan = Plan::new(&[fault.parse().unwrap()]);
            assert_eq!([0; 5].map(|_| plan.next(transfer, 0, false)), fates, "{fault}");
        };
        use Fate::{Answered, Dead, Done, Fails, Silent};
        let wait = Answered(Ack::Wait);
        check("wait@2x3", [Done, wait, wait, wait, Done]);
        check("fault@4", [Done, Done, Done, Fails, Fails]);
        check("dead@3x1", [Done, Done, Dead, Done, Done]);
        check("silent@5", [Done, Done, Done, Done, Silent]);
        let mut plan = Plan::new(&["wait@1x2".parse().unwrap()]);
        let over = [0; 3].map(|_| (plan.spares_transfers(), plan.next(transfer, 0, false)).0);
        assert_eq!(over, [false, false, true]);
        assert!(Plan::new(&["lockup".parse().unwrap()]).spares_transfers());
    }

    #[test]
    fn each_rung_of_a_ladder_helps_against_its_fault() {
        let transfer = Transfer { ap: false, address: 0, write: None };
        let answers = |plan: &mut Plan, divisor, reset| plan.next(transfer, divisor, reset) == Fate::Done;
        let plan = |fault: &str| Plan::new(&[fault.parse().unwrap()]);
        let mut taken = plan("pins-taken");
        assert!(!answers(&mut taken, 0, false) && answers(&mut taken, 0, true));
        taken.written();
        assert!(answers(&mut taken, 0, false));
        let mut wires = plan("long-wires");
        assert!(!answers(&mut wires, 11, false) && answers(&mut wires, 479, false));
        let mut wedged = plan("wedged");
        assert!(!answers(&mut wedged, 479, true));
        wedged.power_cycled();
        assert!(answers(&mut wedged, 0, false));
        let mut stuck = plan("stuck-flash");
        stuck.power_cycled();
        assert!(stuck.is_stuck() && stuck.flips() && stuck.flips());
        stuck.erased();
        assert!(!stuck.flips());
    }
}
