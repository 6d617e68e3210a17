@ Sleeps for ever in the window: nothing is executed and nothing will wake it.
    .include "common.inc"
    .global main
    .thumb_func
main:
    bl begin
    cpsid i
1:  wfi
    b 1b
