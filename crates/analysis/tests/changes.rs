//! What a change of a program does to its account, told of real images: compiled before and after the change, weighed, compared, explained.
//!
//! `cargo test -p ounce-analysis --test changes -- --nocapture` says what was not tried for want of a compiler.
#![expect(clippy::disallowed_methods, reason = "compilers and linkers on files of this test, which end by themselves")]

#[path = "changes/c.rs"]
mod c;
#[path = "changes/images.rs"]
mod images;
#[path = "changes/reasons.rs"]
mod reasons;
#[path = "changes/rust.rs"]
mod rust;
mod support;
#[path = "corpus/workbench.rs"]
#[expect(dead_code, reason = "the corpus uses more of it")]
mod workbench;
