@ A loop of narrow and wide instructions across the end of a page (1 KiB for QEMU's Cortex-M), moved by SHIFT halfwords,
@ so that the page ends between, before or within instructions.
@ Measured: 2 + 2 (movs, b.w) + 40 * (12 * 2 + 2) + 1 = 1045, whatever SHIFT is.
    .include "common.inc"
    .section .text.main, "ax"
    .balign 4096
    .global main
    .thumb_func
main:
    mov r7, lr
    bl begin
    movs r4, #40
    b.w 1f
    .org 4096 - 36 + SHIFT * 2
1:  .rept 12
    adds r0, #1
    add.w r1, r1, #1
    .endr
    subs r4, #1
    bne 1b
    bl end
    bx r7
