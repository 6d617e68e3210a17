//! The second-stage boot loader: the first 256 bytes of flash.
//!
//! The ROM copies them to RAM, checks the checksum in the last four and jumps to them (RP2040 Datasheet, 2.8.1.3 "Boot Stage 2"). They run from
//! where they were copied to, so all addresses in them are absolute. Then flash must be readable at 0x1000_0000: here by the plainest command there is, 03h (read, one data
//! line, no mode bits, no dummy cycles), which every flash chip knows and which leaves nothing in the flash chip that a reset of the core
//! alone would have to undo. It is slower than the four-line commands; the cache of 16 KiB hides most of that, and what it costs is part of the board's
//! identity. Registers: chapter 4.10.13 "SSI".

use core::arch::global_asm;

global_asm!(
    ".section .boot, \"ax\", %progbits",
    ".balign 256",
    ".global rp2040_boot2",
    ".type rp2040_boot2, %function",
    ".thumb_func",
    "rp2040_boot2:",
    "ldr r0, =0x18000000", // SSI
    "movs r1, #0",
    "str r1, [r0, #0x08]", // SSIENR: off, or nothing else can be written
    "movs r1, #4",
    "str r1, [r0, #0x14]", // BAUDR: the system clock by 4, 31.25 MHz at 125 MHz
    "ldr r1, =0x001f0300",
    "str r1, [r0, #0x00]", // CTRLR0: one line, frames of 32 bits (31), TMOD 3, "EEPROM read"
    "movs r1, #0",
    "str r1, [r0, #0x04]", // CTRLR1: one frame at a time
    "ldr r1, =0x03000218",
    "movs r2, #0xf4",
    "str r1, [r0, r2]", // SPI_CTRLR0: command 03h of 8 bits, address of 24 bits, both on one line
    "movs r1, #1",
    "str r1, [r0, #0x08]", // SSIENR: on
    "ldr r0, =0xe000ed08", // VTOR
    "ldr r1, =pyrite_vectors",
    "str r1, [r0]",
    "ldr r2, [r1]",
    "mov sp, r2",
    "ldr r2, [r1, #4]",
    "bx r2",
    ".balign 4",
    ".ltorg",
    ".org rp2040_boot2 + 252",
    // CRC-32 of the 252 bytes before it: polynomial 0x04c11db7, start 0xffff_ffff, nothing reflected or inverted. `cargo xtask images` computes it again.
    ".word {checksum}",
    ".size rp2040_boot2, . - rp2040_boot2",
    checksum = const CHECKSUM,
);

/// The literal pool holds the address of the vector table, which lies right behind this loader on every board.
const CHECKSUM: u32 = 0x7311_7362;
