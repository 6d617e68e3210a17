@ 1 100 000 different instructions in a row, more than the plugin has counters for.
@ Measured: 2 + 2 + 1 100 000 + 1 (bx) + 1 = 1 100 006; the instructions of the last lines are over the limit.
    .include "common.inc"
    .global main
    .thumb_func
main:
    mov r7, lr
    bl begin
    ldr r0, =sea
    blx r0
    bl end
    bx r7
    .pool
    .section .big, "ax"
    .thumb_func
    .global sea
sea:
    .rept 1100000
    nop
    .endr
    bx lr
