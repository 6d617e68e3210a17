//! Where a core stood when it was halted, and what its fault registers say: read by the child, told in words by ounce.
//!
//! Bits of the Armv7-M fault status registers: ARM DDI 0403, B3.2. An Armv6-M core has none of them.

use serde::{Deserialize, Serialize};

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Program counter.
    pub pc: u64,
    /// Return address.
    pub lr: u64,
    /// Stack pointer.
    pub sp: u64,
    /// r0 to r12, on Arm.
    pub registers: Vec<u32>,
    /// xPSR, on Arm.
    pub xpsr: Option<u32>,
    /// Configurable fault status, on Armv7-M and later.
    pub cfsr: Option<u32>,
    /// Hard fault status, on the same.
    pub hfsr: Option<u32>,
    /// The address of a memory fault, where it is valid.
    pub mmfar: Option<u32>,
    /// The address of a bus fault, where it is valid.
    pub bfar: Option<u32>,
    /// Whether it was locked up: a fault in a fault handler.
    pub is_locked_up: bool,
    /// Why it was halted, where nobody asked it to.
    pub halted: Option<String>,
}

/// CFSR: MMFAR holds an address.
pub const MMARVALID: u32 = 1 << 7;
/// CFSR: BFAR holds an address.
pub const BFARVALID: u32 = 1 << 15;

/// What each bit of CFSR says.
const CFSR: [(u32, &str); 16] = [
    (0, "instruction fetched from where none may be"),
    (1, "access to memory that is protected"),
    (3, "memory fault while leaving an exception"),
    (4, "memory fault while entering an exception"),
    (5, "memory fault while saving floating point state"),
    (8, "bus fault on an instruction fetch"),
    (9, "bus fault on a data access"),
    (10, "bus fault on an earlier write"),
    (11, "bus fault while leaving an exception"),
    (12, "bus fault while entering an exception"),
    (13, "bus fault while saving floating point state"),
    (16, "undefined instruction"),
    (17, "jump to an address that is no Thumb code"),
    (18, "invalid exception return"),
    (19, "coprocessor or floating point unit that is off or missing"),
    (24, "unaligned access"),
];
const DIVIDED_BY_ZERO: (u32, &str) = (25, "division by zero");
/// HFSR: a fault while a vector was read.
const VECTTBL: u32 = 1 << 1;

/// Exceptions that have a name: the number in the low bits of xPSR.
const EXCEPTIONS: [(u32, &str); 8] =
    [(2, "NMI"), (3, "HardFault"), (4, "MemManage"), (5, "BusFault"), (6, "UsageFault"), (11, "SVCall"), (14, "PendSV"), (15, "SysTick")];

impl State {
    /// One line: where it stood, in which exception, why. `name` tells the function of an address, where one is known.
    pub fn words(&self, name: impl Fn(u64) -> Option<String>) -> String {
        let at = |address: u64| name(address).map_or(format!("{address:#010x}"), |function| format!("{address:#010x} in {function}"));
        let mut parts = vec![format!("pc {}", at(self.pc)), format!("lr {}", at(self.lr)), format!("sp {:#010x}", self.sp)];
        if self.is_locked_up {
            parts.push("locked up".into());
        }
        match self.xpsr.map(|xpsr| xpsr & 0x1ff) {
            None | Some(0) => {}
            Some(number) => match EXCEPTIONS.iter().find(|(known, _)| *known == number) {
                Some((_, name)) => parts.push(format!("in {name}")),
                None => parts.push(format!("in exception {number}")),
            },
        }
        parts.extend(self.causes().into_iter().map(str::to_owned));
        parts.extend(self.mmfar.or(self.bfar).map(|address| format!("at {address:#010x}")));
        parts.extend(self.halted.clone());
        parts.join(", ")
    }

    fn causes(&self) -> Vec<&'static str> {
        let cfsr = self.cfsr.unwrap_or(0);
        let set = |(bit, words): &(u32, &'static str)| (cfsr >> bit & 1 == 1).then_some(*words);
        let mut causes: Vec<&str> = CFSR.iter().chain([&DIVIDED_BY_ZERO]).filter_map(set).collect();
        if self.hfsr.unwrap_or(0) & VECTTBL != 0 {
            causes.push("bus fault while a vector was read");
        }
        causes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halt_is_told_with_its_place_and_its_cause() {
        let stood = State { pc: 0x1234, lr: 0x99, sp: 0x2000_0ff0, ..State::default() };
        let name = |address| (address == 0x1234).then(|| "spin".to_owned());
        let faulted = State { xpsr: Some(0x0100_0003), cfsr: Some(1 << 9 | BFARVALID), bfar: Some(0x6000_0000), ..stood.clone() };
        let twice = State { xpsr: Some(0x10), cfsr: Some(1 << 16 | 1 << 25), hfsr: Some(VECTTBL), is_locked_up: true, ..stood.clone() };
        insta::assert_snapshot!([stood, faulted, twice].map(|state| state.words(name)).join("\n"), @r"
        pc 0x00001234 in spin, lr 0x00000099, sp 0x20000ff0
        pc 0x00001234 in spin, lr 0x00000099, sp 0x20000ff0, in HardFault, bus fault on a data access, at 0x60000000
        pc 0x00001234 in spin, lr 0x00000099, sp 0x20000ff0, locked up, in exception 16, undefined instruction, division by zero, bus fault while a vector was read
        ");
    }
}
