@ Uses 12 levels of 12 bytes before the window, 4 levels in it: lowest stores 0x20004000 - 8 - 12 * 12 and - 8 - 4 * 12.
@ Stores below the stack's window and loads inside it are none of it.
    .include "common.inc"
    .global main
    .thumb_func
main:
    push {r7, lr}
    movs r0, #12
    bl descend
    ldr r5, =0x20000200
    str r0, [r5]
    bl begin
    movs r0, #4
    bl descend
    str r0, [r5]
    ldr r5, =stack_low
    ldr r0, [r5]
    bl end
    pop {r7, pc}
    .thumb_func
descend:                        @ r0 levels of three words
    push {r0, r4, lr}
    subs r0, #1
    beq 1f
    bl descend
1:  pop {r0, r4, pc}
    .pool
