//! ELF bytes and samples in; ledgers, deltas and verdicts out.
//!
//! This crate knows no clock, no file, no network and no database: all functions are pure. ELF files and samples are
//! hostile input: arithmetic saturates, every count has a limit, no size field is trusted.

mod anatomy;
pub mod beside;
pub mod bisect;
mod budget;
mod code;
pub mod comparison;
pub mod cycles;
pub mod delta;
pub mod dwarf;
mod elf;
pub mod estimate;
pub mod image;
mod judge;
mod ledger;
pub mod life;
pub mod linker;
mod mean;
pub mod names;
pub mod near;
mod owners;
pub mod past;
pub mod price;
mod reading;
mod rows;
pub mod series;
mod spans;
pub mod stack;
mod summary;
mod symbols;
mod toolchain;
pub mod tree;
pub mod unwind;
pub mod weighed;
pub mod why;
pub mod written;

pub use comparison::Comparison;
pub use elf::{ElfError, LOADED_BYTES_MAX, NAME_BYTES_MAX, SECTIONS_MAX, SEGMENTS_MAX, SYMBOLS_MAX};
pub use image::{LoadableSegment, identity_of, image_id, loadable_segments};
pub use judge::{BoardInput, Judgement, judge, judge_since};
pub use ledger::{NO_SECTION, SPILL_GAP_BYTES_MAX, Weighing, code_ranges, ram_statics_end, weigh};
pub use mean::mean_ppm;
pub use owners::PADDING_ALIGN_MAX;
pub use summary::{RegionSummary, Summary, first_group};
pub use symbols::{Symbols, UNKNOWN_FUNCTION, profile};
pub use toolchain::toolchain;
