//! The image definition: the smallest block by which the ROM takes flash for an image (RP2350 Datasheet, 5.9.5 "Minimum viable image metadata").
//!
//! It may lie anywhere in the first 4 KiB. Here it follows the vector table, which starts flash: without an item that says where to begin, the ROM takes the
//! stack pointer and the entry from there.

use core::arch::global_asm;

global_asm!(
    ".section .block, \"a\", %progbits",
    ".balign 4",
    ".global rp2350_block",
    ".type rp2350_block, %object",
    "rp2350_block:",
    ".word 0xffffded3", // a block begins
    ".word 0x10210142", // item 0x42, image type, of 1 word: an executable, secure, for Arm, for RP2350
    ".word 0x000001ff", // the last item: 1 word came before it
    ".word 0",          // the next block, from here: this one again, so the loop has one
    ".word 0xab123579", // a block ends
    ".size rp2350_block, . - rp2350_block",
);
