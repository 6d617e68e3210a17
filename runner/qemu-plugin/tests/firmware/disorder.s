@ end without begin, twice; then begin twice, one end; then a window that stays open over 5 nops, the return and exit.
@ Measured: 2 + 3 nops + 1 (bl begin) + 2 + 1 (bl end) = 9, and 2 + 5 + 1 (bx) + 6 = 14.
    .include "common.inc"
    .global main
    .thumb_func
main:
    mov r7, lr
    bl end
    bl end
    bl begin
    nop
    nop
    nop
    bl begin
    bl end
    bl begin
    nop
    nop
    nop
    nop
    nop
    bx r7
