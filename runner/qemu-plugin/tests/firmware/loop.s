@ Measured: 2 (begin) + 1 + 100 * 2 (loop) + 1 (bl end) = 204; total: 204 + 7 + 3 (main outside) + 2 (end) = 216.
    .include "common.inc"
    .global main
    .thumb_func
main:
    mov r7, lr
    bl begin
    movs r4, #100
1:  subs r4, #1
    bne 1b
    bl end
    bx r7
