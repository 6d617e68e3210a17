@ Waits for 200 SysTick interrupts, each after 998 cycles of 40 instructions (25 MHz, icount shift=0), while it computes something of uneven length.
    .set OWN_SYSTICK, 1
    .include "common.inc"
    .global main
    .thumb_func
main:
    mov r7, lr
    ldr r5, =0x20000100
    movs r0, #0
    str r0, [r5]
    ldr r6, =0xe000e010         @ SysTick
    ldr r0, =997
    str r0, [r6, #4]
    str r0, [r6, #8]
    bl begin
    movs r0, #7                 @ enabled, interrupt, processor clock
    str r0, [r6]
    movs r4, #1
1:  lsls r0, r4, #5
    eors r4, r0
    lsrs r0, r4, #7
    beq 2f
    eors r4, r0
2:  adds r4, #3
    ldr r0, [r5]
    cmp r0, #200
    blo 1b
    movs r0, #0
    str r0, [r6]
    bl end
    bx r7
    .global systick
    .thumb_func
systick:
    push {r4, r5, lr}
    ldr r5, =0x20000100
    ldr r4, [r5]
    adds r4, #1
    str r4, [r5]
    pop {r4, r5, pc}
    .pool
