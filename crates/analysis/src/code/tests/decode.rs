//! Instructions as `objdump -d` lists them, and what each refers to.
//!
//! The rows are the disassembler's own: of GNU binutils for Arm and RISC-V, of LLVM for `AArch64` (there the bytes are in the order of
//! memory). They lie one behind the other from 0x1000; what stands behind the bar is what the instruction is to be reported for.

use super::scan;
use super::*;
use crate::elf::{Binding, Place, Symbol, SymbolKind};

const THUMB: &str = "
f7fffffe  bl 1000                       | call 1000
f000f87f  bl 1106                       | call 1106
e00e      b.n 1028                      | jump 1028
f001bffe  b.w 300a                      | jump 300a
d00e      beq.n 102e                    | jump 102e
f04187fe  bne.w 3010                    | jump 3010
f67faefe  bls.w e14                     | jump e14
b173      cbz r3, 1038                  | jump 1038
bbef      cbnz r7, 1098                 | jump 1098
4798      blx r3                        | indirect
4718      bx r3                         | indirect
4770      bx lr                         |
4804      ldr r0, [pc, #16]             | word 1034:4
f8df9010  ldr.w r9, [pc, #16]           | word 1038:4
f85f9010  ldr.w r9, [pc, #-16]          | word 101c:4
e9df0104  ldrd r0, r1, [pc, #16]        | word 1040:4 word 1044:4
e95f0104  ldrd r0, r1, [pc, #-16]       | word 1024:4 word 1028:4
eddf0a04  vldr s1, [pc, #16]            | word 1048:4
ed1f3b04  vldr d3, [pc, #-16]           | word 102c:8
f89f0011  ldrb.w r0, [pc, #17]          | word 1051:1
f9bf0012  ldrsh.w r0, [pc, #18]         | word 1056:2
a308      add r3, pc, #32               | pair 1068
f20f0322  addw r3, pc, #34              | pair 106a
f2af0326  subw r3, pc, #38              | pair 1026
f2412134  movw r1, #4660                |
f2c20100  movt r1, #8192                | pair 20001234
f64a3ccd  movw ip, #43981               |
f6c00c00  movt ip, #2048                |
f44f6080  mov.w r0, #1024               |
f2c20000  movt r0, #8192                | pair 20000400
2004      movs r0, #4                   |
f2c20000  movt r0, #8192                | pair 20000004
e8dff002  tbb [pc, r2]                  |
e8dff012  tbh [pc, r2, lsl #1]          |
447b      add r3, pc                    |
bc08      pop {r3}                      |
bd00      pop {pc}                      |
f85dfb04  ldr.w pc, [sp], #4            |
f8dff000  ldr.w pc, [pc]                | word 1080:4
f853f022  ldr.w pc, [r3, r2, lsl #2]    |
469f      mov pc, r3                    |
f64f70ff  movw r0, #65535               |
f6cf70ff  movt r0, #65535               |
";

const A32: &str = "
f000e800  blx 1004                      | call 1004
eb00003e  bl 1104                       | call 1104
0bffffbe  bleq f08                      | call f08
ea00000e  b 104c                        | jump 104c
1a00000e  bne 1050                      | jump 1050
e59f0010  ldr r0, [pc, #16]             | word 102c:4
e51f0010  ldr r0, [pc, #-16]            | word 1010:4
e1cf01d0  ldrd r0, [pc, #16]            | word 1034:4 word 1038:4
e1df01b2  ldrh r0, [pc, #18]            | word 103a:2
e15f00d5  ldrsb r0, [pc, #-5]           | word 1027:1
e3011234  movw r1, #4660                |
e3421000  movt r1, #8192                | pair 20001234
e28f0040  add r0, pc, #64               | pair 1078
e24f0040  sub r0, pc, #64               | pair ffc
e12fff33  blx r3                        | indirect
e12fff13  bx r3                         | indirect
e12fff1e  bx lr                         |
fb00003e  blx 1146                      | call 1146
e51ff004  ldr pc, [pc, #-4]             | word 104c:4
ed9f0b02  vldr d0, [pc, #8]             | word 105c:8
";

const RISCV: &str = "
000000ef  jal 1000                      | call 1000
000010ef  jal 2004                      | call 2004
f01ff2ef  jal t0,f08                    | call f08
4000006f  j 140c                        | jump 140c
10b50063  beq a0,a1,1110                | jump 1110
f0b570e3  bgeu a0,a1,f14                | jump f14
00001097  auipc ra,0x1                  |
ffc080e7  jalr -4(ra)                   | call 2014
00001317  auipc t1,0x1                  |
01030067  jr 16(t1)                     | jump 2030
1ffff517  auipc a0,0x1ffff              |
ff050513  add a0,a0,-16                 | pair 20000018
200005b7  lui a1,0x20000                |
ffc5a603  lw a2,-4(a1)                  |
0085a683  lw a3,8(a1)                   | pair 20000008
00d5a623  sw a3,12(a1)                  | pair 2000000c
00d586a3  sb a3,13(a1)                  | pair 2000000d
0105a507  flw fa0,16(a1)                | pair 20000010
00a5bc27  fsd fa0,24(a1)                | pair 20000018
02058593  add a1,a1,32                  | pair 20000020
ff018513  add a0,gp,-16                 | pair 200007f0
0141a503  lw a0,20(gp)                  | pair 20000814
fea1a623  sw a0,-20(gp)                 | pair 200007ec
000500e7  jalr a0                       | indirect
00050067  jr a0                         | indirect
00008067  ret                           |
a201      j 1168                        | jump 1168
3701      jal f6a                       | call f6a
c121      beqz a0,10ac                  | jump 10ac
f0e1      bnez s1,102e                  | jump 102e
8782      jr a5                         | indirect
9782      jalr a5                       | indirect
6505      lui a0,0x1                    |
0521      add a0,a0,8                   | pair 1008
6485      lui s1,0x1                    |
40d0      lw a2,4(s1)                   | pair 1004
c0b0      sw a2,64(s1)                  | pair 1040
2488      fld fa0,8(s1)                 | pair 1008
8426      mv s0,s1                      |
9722      add a4,a4,s0                  |
4318      lw a4,0(a4)                   |
8702      jr a4                         |
";

const AARCH64: &str = "
40000094  bl 0x1100                     | call 1100
f0ffff17  b 0xfc4                       | jump fc4
00020054  b.eq 0x1048                   | jump 1048
030400b4  cbz x3, 0x108c                | jump 108c
03ff2737  tbnz w3, #4, 0xff0            | jump ff0
20010010  adr x0, #36                   | pair 1038
01000090  adrp x1, 0x1000               |
21400091  add x1, x1, #16               | pair 1010
220440f9  ldr x2, [x1, #8]              |
03000090  adrp x3, 0x1000               |
640c40b9  ldr w4, [x3, #12]             | pair 100c
600800fd  str d0, [x3, #16]             | pair 1010
6108c03d  ldr q1, [x3, #32]             | pair 1020
05020058  ldr x5, 0x1074                | word 1074:8
05020018  ldr w5, 0x1078                | word 1078:4
05020098  ldrsw x5, 0x107c              | word 107c:4
0502005c  ldr d5, 0x1080                | word 1080:8
0502009c  ldr q5, 0x1084                | word 1084:8 word 108c:8
00013fd6  blr x8                        | indirect
00011fd6  br x8                         |
c0035fd6  ret                           |
";

/// How a listing writes the bytes of an instruction.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Halves,
    Words,
    Memory,
}

fn bytes_of(text: &str, order: Order) -> Vec<u8> {
    let mut bytes = hex::decode(text).unwrap();
    match order {
        Order::Halves => bytes.chunks_mut(2).for_each(<[u8]>::reverse),
        Order::Words => bytes.reverse(),
        Order::Memory => {}
    }
    bytes
}

/// Puts a listing at 0x1000 of an image with 16 KiB of flash at 0 and 8 KiB of memory, and compares row by row.
#[track_caller]
fn check(listing: &str, machine: u16, is_64: bool, order: Order, mapping: &[(u64, Mapping)]) {
    let mut code = vec![0; 0x1000];
    let mut rows = Vec::new();
    for line in listing.trim().lines() {
        let (left, want) = line.split_once('|').unwrap();
        let (digits, text) = left.split_once(' ').unwrap();
        rows.push((code.len() as u64, text.trim(), want.trim()));
        code.extend(bytes_of(digits, order));
    }
    let end = code.len() as u64;
    // No address of the image.
    code.resize(0x4000, 0xee);
    // The machine's number is read from the header.
    code[18..20].copy_from_slice(&machine.to_le_bytes());
    let kind = match machine {
        40 => Machine::Arm,
        243 => Machine::Riscv,
        _ => Machine::Other,
    };
    let mut mapping = mapping.to_vec();
    mapping.extend([(0, Mapping::Data), (end, Mapping::Data)]);
    mapping.sort_unstable();
    let mut image = image(kind, is_64, 0, &code, &mapping);
    image.symbols.push(Symbol {
        name: b"__global_pointer$",
        address: MEMORY + 0x800,
        size: 0,
        place: Place::Absolute,
        kind: SymbolKind::Other,
        binding: Binding::Global,
    });
    let scan = scan(&image);
    for (index, &(at, text, want)) in rows.iter().enumerate() {
        let next = rows.get(index + 1).map_or(end, |r| r.0);
        let here = |a: u64| (at..next).contains(&a);
        let references = scan.references.iter().filter(|r| here(r.at)).map(|r| format!("{} {:x}", how(r.how), r.to));
        let indirect = scan.indirect_calls.iter().filter(|&&a| here(a)).map(|_| "indirect".to_owned());
        let got = references.chain(indirect).collect::<Vec<_>>().join(" ");
        let (words, others): (Vec<_>, Vec<_>) = want.split(" word ").map(|w| w.trim_start_matches("word ")).partition(|w| w.contains(':'));
        assert_eq!(got, others.join(" "), "{at:x}: {text}");
        for word in words {
            let (address, size) = word.split_once(':').unwrap();
            let word = (u64::from_str_radix(address, 16).unwrap(), size.parse().unwrap());
            assert!(scan.literal_words.contains(&word), "{at:x}: {text}: {:x?}", scan.literal_words);
        }
    }
    let words = rows.iter().map(|r| r.2.matches("word").count()).sum::<usize>();
    assert_eq!(scan.literal_words.len(), words, "literals of no row: {:x?}", scan.literal_words);
    assert!(!scan.cut);
}

#[test]
fn thumb_as_listed() {
    check(THUMB, 40, false, Order::Halves, &[(0x1000, Mapping::Thumb)]);
}

#[test]
fn a32_as_listed() {
    // The first row is Thumb's way to Arm instructions.
    let (first, rest) = A32.trim().split_once('\n').unwrap();
    check(first, 40, false, Order::Halves, &[(0x1000, Mapping::Thumb)]);
    let rest = rest.replace("  ", " ");
    let shifted = format!("e1a00000  nop |\n{rest}");
    check(&shifted, 40, false, Order::Words, &[(0x1000, Mapping::Arm)]);
}

#[test]
fn riscv_as_listed() {
    check(RISCV, 243, false, Order::Words, &[(0x1000, Mapping::Code)]);
}

#[test]
fn aarch64_as_listed() {
    check(AARCH64, 183, true, Order::Memory, &[(0x1000, Mapping::Code)]);
}
