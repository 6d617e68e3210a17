# A loop of compressed and full instructions. Measured: 2 + 1 + 100 * 3 + 1 = 304, with one store a round.
# Total: 304 + 6 (virt's own ROM) + 2 before + 2 (end) + 4 to leave through virt's test device = 318.
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
    lui t0, 0x100
    lui t1, 0x5
    addi t1, t1, 0x555
    sw t1, 0(t0)
2:  j 2b
    .global begin
begin:
    nop
    ret
    .global end
end:
    li a0, 1
    ret
