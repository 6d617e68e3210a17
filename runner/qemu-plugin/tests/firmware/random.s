@ Runs what random.inc holds; after a fault it goes on two bytes further, within that code.
    .set OWN_FAULT, 1
    .include "common.inc"
    .global main
    .thumb_func
main:
    bl begin
    ldr r0, =random + 1
    bx r0
    .global fault
    .thumb_func
fault:                          @ a frame of its own each time: registers and stack pointer may be anything now
    ldr r0, =stack_high - 64
    mov sp, r0
    ldr r1, =position
    ldr r2, [r1]
    adds r2, #2
    ldr r3, =0x3ffe
    ands r2, r3
    str r2, [r1]
    ldr r3, =random
    adds r2, r3
    str r2, [sp, #24]           @ where the frame has the address to return to
    movs r2, #1
    lsls r2, #24
    str r2, [sp, #28]           @ and its flags: Thumb
    movs r0, #6
    mvns r0, r0                 @ 0xfffffff9: to thread mode, main stack
    bx r0
    .pool
    .bss
position: .space 4
    .section .text.random, "ax"
    .balign 4
random:
    .include "random.inc"
