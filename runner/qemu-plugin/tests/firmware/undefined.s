@ An undefined instruction in the window: it counts when it starts, and the fault handler ends the run with code 1.
@ Measured up to the end: 2 + 1 (udf) + 2 (failure) + 4 (exit without the ldr) = 9.
    .include "common.inc"
    .global main
    .thumb_func
main:
    bl begin
    udf #0
