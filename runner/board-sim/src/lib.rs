//! A simulated board behind a real probe-rs: for tests of programs that flash and watch boards, without a board.
//!
//! probe-rs, unmodified, opens a Unix socket by its driver for the Glasgow "probe-rs applet", with the selector `20b7:9db1:unix:PATH`.
//! Behind the socket are a debug port and a memory access port ([`dap`]), behind these the debug registers of a Cortex-M ([`core`]), and behind
//! these a machine in QEMU ([`qemu`]): its core by the debugger's socket, its memory and devices by the test socket. README.md says how to use it.

pub mod board;
pub mod bus;
mod cobs;
pub mod core;
pub mod dap;
pub mod faults;
pub mod noise;
pub mod power;
pub mod qemu;
pub mod sensors;
pub mod serve;
pub mod wire;
