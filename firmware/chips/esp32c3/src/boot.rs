//! What the ROM looks for: with this word twice at the start of flash it maps 4 MiB of flash to 0x4200_0000 for code and to 0x3c00_0000 for data, and
//! jumps to 0x4200_0008 (direct boot, from chip revision 0.3 on; Espressif's "ESP32-C3 direct boot" example states it).

use core::arch::global_asm;

global_asm!(
    ".section .boot, \"a\", @progbits",
    ".global esp32c3_boot",
    ".type esp32c3_boot, @object",
    "esp32c3_boot:",
    ".word 0xaedb041d",
    ".word 0xaedb041d",
    ".size esp32c3_boot, . - esp32c3_boot",
);
