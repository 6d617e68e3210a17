//! Ounce's plugin for QEMU: exact instruction counts between two markers, an instruction budget, and a stack mark.
//!
//! It may touch the C functions that QEMU exports to plugins (`api`), the one output file, and the clock of its budget
//! thread; nothing of the guest can be changed through it. It knows no ELF, no symbols and no boards: addresses come in,
//! counts go out.
//!
//! # Use
//!
//! ```text
//! qemu-system-arm … -icount shift=0,sleep=off -plugin file=LIB,begin=0x…,end=0x…,out=PATH[,budget=N][,stack=0xLO:0xHI][,mem=on][,jumps=on]
//! ```
//!
//! | argument | meaning |
//! |---|---|
//! | `begin`, `end` | address of the first instruction of each marker function; bit 0 (Thumb) is ignored; they must differ |
//! | `out` | the result file; an older file of that name is removed when QEMU starts |
//! | `budget` | instructions the whole run may execute |
//! | `stack` | window of addresses, `LO` inside and `HI` (the initial stack pointer) outside it |
//! | `mem` | `on`: count loads and stores between the markers too (`off` is the default) |
//! | `jumps` | `on`: count where the code goes elsewhere than on (`off` is the default) |
//!
//! Numbers are decimal or `0x…`. A wrong, doubled, unknown or missing argument ends QEMU at its start with a message. In
//! QEMU's own syntax a comma inside a path is written twice.
//!
//! # What is counted
//!
//! An instruction is counted when it starts, one count a start, whatever it does then: a conditional instruction that is
//! skipped counts, and so does one that faults, and again when it is restarted after the fault. Hardware does things that
//! are not instructions (stacking on exception entry, waiting in `wfi`); they count nothing.
//!
//! A **window** opens just before the instruction at `begin` and closes just before the instruction at `end`. So it holds
//! the whole body of the begin marker and the call that leads to the end marker, not the end marker's body, and every
//! interrupt handler that ran in between. What the markers themselves cost is a constant: the count of an empty benchmark.
//! Several windows in one run add up.
//!
//! There is one counter for each address ever executed, so blocks that QEMU translates again, splits or re-executes because
//! of a device access change nothing. With interrupts, `-icount` is what makes counts repeat. One virtual processor is
//! assumed: with several, without `-icount`, an old QEMU (interface 1) may lose counts.
//!
//! # The result file, version 1
//!
//! Plain ASCII lines, fields separated by one space. It is written under another name and renamed when it is whole: at
//! every orderly end of QEMU (guest's semihosting exit, SIGTERM, SIGINT, monitor) and by the budget. After SIGKILL, or when
//! QEMU aborts itself (a Cortex-M lockup does that), there is no file.
//!
//! | line | meaning |
//! |---|---|
//! | `ounce-qemu 1` | always the first line; the number is the version of this format |
//! | `qemu_api N` | generation of QEMU's plugin interface in use: 1 (QEMU up to 8), 2, 4 or 5 |
//! | `total N` | instructions in the whole run, from reset to QEMU's end |
//! | `measured N` | instructions in all windows: the sum of the `pc` lines (see `error pc_limit`) |
//! | `begin_hits N`, `end_hits N` | how often each marker's first instruction started |
//! | `over_budget 0\|1` | 1 when `total` is greater than the budget; 0 when it is not, or when there is none |
//! | `budget N` | only with `budget=`: the budget given |
//! | `stack_low 0x…` | only with `stack=`: lowest address in the window stored to in the whole run; `HI` when there was no store |
//! | `stack_low_measured 0x…` | only with `stack=`: the same for stores within counting windows |
//! | `loads N`, `stores N` | only with `mem=on`: data accesses in all windows |
//! | `error WORD N` | something that makes the figures doubtful, see below; none, one or several lines |
//! | `pc 0xADDR COUNT` | one line for each address with a count in the windows, sorted by address; `COUNT` is never 0 |
//! | `left 0xADDR COUNT` | only with `jumps=on`: how often, in all windows, another instruction than the one two bytes further came after this one; sorted by address, `COUNT` is never 0 |
//! | `end` | always the last line: without it the file is not whole |
//!
//! Addresses are lower-case hexadecimal without leading zeros, all other numbers decimal; all fit in 64 bits without sign.
//! Keys come once each (but `error`, `pc` and `left`), in this order. A reader of version 1 passes over keys it does not know.
//!
//! | error | meaning; N is |
//! |---|---|
//! | `begin_missing` | the begin marker never ran; always 0 |
//! | `begin_twice` | begin ran within an open window, which stayed open; how often |
//! | `end_without_begin` | end ran while no window was open; how often |
//! | `begin_without_end` | the run ended in an open window, whose counts up to there are included; always 1 |
//! | `pc_limit` | more than 1 048 576 addresses: this many instructions of `measured` have no `pc` line |
//! | `internal` | a fault of this plugin: no figure is to be trusted; how often |
//!
//! **A measurement is valid when there is no `error` line and `over_budget` is 0.** An open window is included so that a
//! benchmark that hangs shows where.
//!
//! # Budget
//!
//! A thread looks at the total every 10 ms; once it is above the budget the file is written and QEMU ends with exit code
//! 124. When QEMU ends by itself before that, the total is compared as well. So whether a run is over its budget depends
//! only on what the guest executes, never on the host's speed; but the other figures of a run that was stopped do, and
//! must not be compared. A guest that waits for ever without executing anything (`wfi` and no interrupt to come) uses up no
//! budget: for that a wall-clock limit outside is needed (SIGTERM still gives a whole file).
//!
//! A guest should end QEMU through semihosting, which stops at that very instruction. Ending through a device (the test
//! device of RISC-V's `virt`) takes QEMU a moment in which the guest runs on: `total`, and so the verdict of a budget that is
//! almost used up, then varies by some hundred thousand. `measured` does not.
//!
//! # Stack
//!
//! The mark sees stores by instructions. It does not see the frame that a Cortex-M stacks by itself on exception entry
//! (32 bytes, 104 with floating point), unless the handler stores something below it. It counts any store into `stack=`'s
//! window, so the window must hold the stack alone.
//!
//! # Loads and stores
//!
//! One for each access to memory that an instruction makes: a load or store of several registers (`ldm`, `push`, `ldrd`)
//! counts each word, bytes and halfwords count as one, literal loads count, fetching instructions does not.
//!
//! # Jumps
//!
//! `left` lines come for the last instructions of QEMU's blocks, so for all branches, and for a few others: one of four bytes at a block's end is "left"
//! whatever follows. For a branch of two bytes (`b`, `beq`, `c.bnez`) the count is how often it was taken, and that of interrupts right after it
//! where it was not.
//!
//! # Cost
//!
//! Processor time as a multiple of QEMU without the plugin. The loop is a hard one: 19 instructions with ten accesses. With
//! `-icount`, QEMU alone ran 1000 million guest instructions a second (7.2) or 960 (10.0); without it 1170 or 1060.
//!
//! | | 7.2 | 10.0 | of QEMU without `-icount` |
//! |---|---|---|---|
//! | counts, with or without budget | 1.2 | 1.1 | 1.4, 1.1 |
//! | `mem=on` | 1.8 | 1.9 | 2.1, 1.9 |
//! | `stack=` | 1.8 | 1.9 | 2.1, 1.9 |
//! | both | 1.8 | 1.9 | 2.1, 1.9 |
//!
//! What costs is a call for each access, 1.2 ns; `mem` and `stack` share it. They change no count, so it is enough to ask
//! for both in one of two takes. An address that runs for the first time costs 1 µs, a window 1 µs for each thousand
//! addresses.

mod accesses;
mod api;
mod args;
mod counters;
mod install;
mod jumps;
mod output;
mod session;
mod stack;
mod watchdog;
mod windows;
