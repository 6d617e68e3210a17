@ Accesses to a device's register (address DEVICE) in the middle of blocks, which QEMU re-executes under icount.
@ Measured: 2 + 2 (ldr, movs) + 50 * 7 + 1 = 355; loads: 1 literal + 50 * 2, stores: 50.
    .include "common.inc"
    .global main
    .thumb_func
main:
    mov r7, lr
    bl begin
    ldr r5, =DEVICE
    movs r4, #50
1:  adds r0, r4, #1
    str r0, [r5]
    ldr r1, [r5]
    adds r0, r1, #1
    ldr r1, [r5]
    subs r4, #1
    bne 1b
    bl end
    bx r7
    .pool
