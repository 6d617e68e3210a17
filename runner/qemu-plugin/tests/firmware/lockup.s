@ A fault in the fault handler: the processor locks up, and QEMU aborts itself.
    .set OWN_FAULT, 1
    .include "common.inc"
    .global main
    .thumb_func
main:
    bl begin
    udf #0
    .global fault
    .thumb_func
fault:
    udf #1
