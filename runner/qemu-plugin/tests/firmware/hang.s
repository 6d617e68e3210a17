@ Never leaves the window.
    .include "common.inc"
    .global main
    .thumb_func
main:
    bl begin
    .global hang
hang:
    adds r0, #1
    b hang
