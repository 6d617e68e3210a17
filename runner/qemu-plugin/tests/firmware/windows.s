@ Three windows with loops of 10, 20 and 30 rounds: 3 * 4 + 2 * 60 = 132; between them loops that must not count.
    .include "common.inc"
    .macro rounds count
    movs r4, #\count
1:  subs r4, #1
    bne 1b
    .endm
    .global main
    .thumb_func
main:
    mov r7, lr
    .irp count, 10, 20, 30
    rounds 200
    bl begin
    rounds \count
    bl end
    .endr
    rounds 200
    bx r7
