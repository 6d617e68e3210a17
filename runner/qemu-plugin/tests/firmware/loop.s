@ Between the markers: 2 (begin) + 1 (movs) + 100 * 2 (loop) + 1 (bl end) = 204.
    .include "common.inc"
    .global main
    .thumb_func
main:
    mov r7, lr                  @ 1
    bl begin                    @ 1, then 2 measured
    movs r4, #100
1:  subs r4, #1
    bne 1b
    bl end                      @ measured, then 2
    bx r7                       @ 1
