//! The scribe: a comparison in, text out. Markdown for the pull request, the same facts for a terminal and a page,
//! SVG for a board's history.
//!
//! This crate knows no clock, no file, no network and no database, and puts no time and no id of a server into a text:
//! the desk tool and the service write the same bytes. Every text that comes from a build or a board is hostile here
//! and goes through `escape`.

mod board;
mod body;
mod compose;
mod doc;
mod escape;
mod figures;
mod headline;
mod markdown;

pub use body::{COMMENT_BYTES_MAX, body, body_within};
pub use headline::{CHECK_TITLE_CHARS_MAX, check_title};
