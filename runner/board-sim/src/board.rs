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
    /// Where QEMU has no flash controller: the functions of the chip's flash algorithm, which are carried out for the core.
    pub flash_for_it: Option<Functions>,
}

/// Where the functions of a flash algorithm begin, from its first instruction on, and the sectors that it erases.
#[derive(Debug)]
pub struct Functions {
    /// Init and UnInit.
    pub nothing: [u32; 2],
    /// EraseChip.
    pub erase_all: u32,
    /// EraseSector.
    pub erase_sector: u32,
    /// ProgramPage.
    pub program_page: u32,
    /// Sectors: from this offset on each has this many bytes.
    pub sectors: &'static [(u32, u32)],
}

impl Functions {
    /// Bytes of the sector at this offset in flash.
    pub fn sector_bytes(&self, offset: u32) -> u32 {
        self.sectors.iter().rev().find(|(from, _)| *from <= offset).map_or(0, |(_, bytes)| *bytes)
    }
}

impl Board {
    /// Where a run's noise is: the last word of RAM.
    pub fn noise_word(&self) -> u32 {
        self.ram.end - 4
    }
}

const CORTEX_M0: Identity = Identity { dp: 0x0bb1_1477, ap: 0x0477_0021 };
const CORTEX_M3_M4: Identity = Identity { dp: 0x2ba0_1477, ap: 0x2477_0011 };

/// All boards.
pub const BOARDS: &[Board] = &[
    Board {
        name: "microbit",
        machine: "microbit",
        chip: "nRF51822_xxAA",
        identity: CORTEX_M0,
        breakpoints: 4,
        flash: 0..0x4_0000,
        ram: 0x2000_0000..0x2000_4000,
        flash_for_it: None,
    },
    // No chip that one can buy: probe-rs learns of it from targets/mps2-an385.yaml.
    Board {
        name: "mps2-an385",
        machine: "mps2-an385",
        chip: "mps2-an385",
        identity: CORTEX_M3_M4,
        breakpoints: 6,
        flash: 0..0x40_0000,
        ram: 0x2000_0000..0x2040_0000,
        flash_for_it: None,
    },
    Board {
        name: "netduinoplus2",
        machine: "netduinoplus2",
        chip: "STM32F405RGTx",
        identity: CORTEX_M3_M4,
        breakpoints: 6,
        flash: 0x0800_0000..0x0810_0000,
        ram: 0x2000_0000..0x2002_0000,
        // Of the algorithm stm32f4xx_1024 in probe-rs 0.32.
        flash_for_it: Some(Functions {
            nothing: [0x1c, 0x4e],
            erase_all: 0x5c,
            erase_sector: 0x88,
            program_page: 0xd4,
            sectors: &[(0, 0x4000), (0x1_0000, 0x1_0000), (0x2_0000, 0x2_0000)],
        }),
    },
];

/// What probe-rs has to be told of the boards that it does not know: a family of targets as YAML.
pub const OWN_TARGETS: &str = include_str!("../targets/mps2-an385.yaml");

/// The board of this name.
pub fn find(name: &str) -> Option<&'static Board> {
    BOARDS.iter().find(|board| board.name == name)
}
