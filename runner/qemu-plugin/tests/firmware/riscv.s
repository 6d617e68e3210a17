# A loop of compressed and full instructions. Measured: 2 + 1 + 100 * 3 + 1 = 304, with one store a round.
# Total: 304 + 6 (virt's own ROM) + 2 before + 2 (end) + 3 and 2 to leave through semihosting = 319.
    .option norelax
    .option norvc
    .global _start
_start:
    lui s1, 0x80001
    jal begin
    li s0, 100
    .option rvc
1:  c.addi s0, -1
    sw s0, 0(s1)
    bnez s0, 1b
    .option norvc
    jal end
    li a0, 0x18                 # SYS_EXIT
    lui a1, 0x20                # 0x20026, success
    addi a1, a1, 0x26
    slli x0, x0, 0x1f           # these three together are the call to semihosting
    ebreak
    srai x0, x0, 7
    .global begin
begin:
    nop
    ret
    .global end
end:
    li a0, 1
    ret
