@ Conditional instructions of an IT block: the skipped ones count like the others.
@ Measured: 2 + 1 + 30 * 8 + 1 = 244.
    .include "common.inc"
    .global main
    .thumb_func
main:
    mov r7, lr
    bl begin
    movs r4, #30
1:  tst r4, #1
    itete eq
    addeq r0, #1
    addne r1, #1
    addeq r2, #1
    addne r3, #1
    subs r4, #1
    bne 1b
    bl end
    bx r7
