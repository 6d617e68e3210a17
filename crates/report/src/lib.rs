//! The scribe: a comparison in, text out. Markdown for the pull request, the same facts for a terminal and a page,
//! SVG for a board's history.
//!
//! This crate knows no clock, no file, no network and no database, and puts no time and no id of a server into a text:
//! the desk tool and the service write the same bytes. Every text that comes from a build or a board is hostile here
//! and goes through `escape`.

pub mod annotate;
mod badge;
mod bars;
mod board;
mod body;
mod by;
mod changes;
mod compose;
mod csv;
mod delta;
mod doc;
mod escape;
mod figures;
mod headline;
mod history;
mod html;
mod markdown;
mod owner;
mod page;
mod size;
mod source;
mod stack;
mod terminal;

pub use badge::{BadgeTone, badge_svg};
pub use bars::{groups_svg, regions_svg};
pub use body::{COMMENT_BYTES_MAX, body, body_within};
pub use csv::{delta_csv, size_csv};
pub use delta::{Difference, delta_markdown, delta_terminal};
pub use escape::{log_html, visible};
pub use headline::{CHECK_TITLE_CHARS_MAX, check_title};
pub use history::{BENCHES_DRAWN_MAX, HistoryPoint, history_svg};
pub use html::html_fragment;
pub use page::{DeltaPage, PAGE_BYTES_MAX, SizePage, delta_html, size_html};
pub use size::{size_markdown, size_terminal};
pub use source::{source_markdown, source_terminal};
pub use stack::{stack_markdown, stack_terminal};
pub use terminal::{WIDTH_MIN, terminal};
