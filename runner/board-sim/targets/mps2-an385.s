@ The flash algorithm of the simulated MPS2 AN385, whose code memory is RAM that is treated as flash: sectors of 16 KiB, erased to ones.
@ Position independent, for any Cortex-M; functions as CMSIS-Pack describes them, each returns 0. Assemble:
@   arm-none-eabi-as -o a.o mps2-an385.s && arm-none-eabi-objcopy -O binary a.o a.bin && base64 -w0 a.bin
.syntax unified
.cpu cortex-m0
.thumb
init:                   @ 0x00, and uninit
    movs r0, #0
    bx lr
erase_all:              @ 0x04
    movs r0, #0
    movs r1, #1
    lsls r1, r1, #22    @ 4 MiB
    b fill
erase_sector:           @ 0x0c: address in r0
    movs r1, #1
    lsls r1, r1, #14    @ 16 KiB
fill:
    movs r2, #0
    mvns r2, r2
1:  stmia r0!, {r2}
    subs r1, #4
    bne 1b
    movs r0, #0
    bx lr
program_page:           @ 0x1e: address in r0, bytes in r1, data at r2
    ldmia r2!, {r3}
    stmia r0!, {r3}
    subs r1, #4
    bne program_page
    movs r0, #0
    bx lr
