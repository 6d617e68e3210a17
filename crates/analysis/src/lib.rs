//! ELF bytes and samples in; ledgers, deltas and verdicts out.
//!
//! This crate knows no clock, no file, no network and no database: all functions are pure. ELF files and samples are
//! hostile input: arithmetic saturates, every count has a limit, no size field is trusted.

pub mod comparison;

pub use comparison::Comparison;
