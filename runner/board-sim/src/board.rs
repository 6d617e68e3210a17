//! The boards there are: which machine of QEMU's, and what its debug port says.

use crate::dap::Identity;
use std::ops::Range;

/// A board.
#[derive(Debug)]
pub struct Board {
    /// How it is called here.
    pub name: &'static str,
    /// QEMU's machine.
    pub machine: &'static str,
    /// The chip as probe-rs calls it.
    pub chip: &'static str,
    /// Who the chip says it is.
    pub identity: Identity,
    /// Comparators of its breakpoint unit.
    pub breakpoints: usize,
    /// Where its flash is, as the core boots from it.
    pub flash: Range<u32>,
    /// Where its RAM is.
    pub ram: Range<u32>,
}

const CORTEX_M0: Identity = Identity { dp: 0x0bb1_1477, ap: 0x0477_0021 };

/// All boards.
pub const BOARDS: &[Board] = &[Board {
    name: "microbit",
    machine: "microbit",
    chip: "nRF51822_xxAA",
    identity: CORTEX_M0,
    breakpoints: 4,
    flash: 0..0x4_0000,
    ram: 0x2000_0000..0x2000_4000,
}];

/// The board of this name.
pub fn find(name: &str) -> Option<&'static Board> {
    BOARDS.iter().find(|board| board.name == name)
}
