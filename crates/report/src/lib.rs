//! The scribe: a comparison in, text out. Markdown for the pull request, the same facts for a terminal and a page,
//! SVG for a board's history.
//!
//! This crate knows no clock, no file, no network and no database, and puts no time and no id of a server into a text:
//! the desk tool and the service write the same bytes. Every text that comes from a build or a board is hostile here
//! and goes through `escape`.

pub mod annotate;
mod axis;
mod badge;
mod bars;
mod board;
mod body;
mod by;
mod changes;
mod colours;
mod compose;
mod csv;
mod cycles;
mod delta;
mod doc;
mod downsample;
mod escape;
mod figures;
mod frame;
mod headline;
mod history;
mod html;
mod legend;
mod life;
mod log;
mod markdown;
mod owner;
mod page;
mod scatter;
mod series;
mod size;
mod source;
mod sparkline;
mod squarified;
mod stack;
mod svg;
mod terminal;
mod treemap;
mod unfolded;

pub use badge::{BadgeTone, badge_svg};
pub use bars::{groups_svg, regions_svg};
pub use body::{COMMENT_BYTES_MAX, body, body_within};
pub use csv::{Csv, comparison_csv, delta_csv, size_csv};
pub use delta::{Difference, delta_markdown, delta_terminal};
pub use downsample::{POINTS_DRAWN_MAX, downsampled};
pub use escape::visible;
pub use headline::{CHECK_TITLE_CHARS_MAX, check_title};
pub use history::{BENCHES_DRAWN_MAX, HistoryPoint, history_svg};
pub use html::html_fragment;
pub use life::{LifeStep, life_csv};
pub use log::{LOG_LINE_CHARS_MAX, LogLine, LogLines, log_html, log_text};
pub use page::{DeltaPage, PAGE_BYTES_MAX, SizePage, delta_html, size_html};
pub use scatter::{PULLS_DRAWN_MAX, ScatterChart, ScatterPoint, scatter_svg};
pub use series::{
    Along, Certainty, ChartCommit, Gap, Link, Mark, MarkKind, SERIES_DRAWN_MAX, Scale, Series, SeriesChart, SeriesPoint, series_svg,
};
pub use size::{share, size_markdown, size_terminal};
pub use source::{source_markdown, source_terminal};
pub use sparkline::sparkline_svg;
pub use stack::{stack_markdown, stack_terminal};
pub use terminal::{WIDTH_MIN, terminal};
pub use treemap::{TreeCell, Treemap, build_cells, difference_cells, treemap_svg};
pub use unfolded::{BoardParts, ChangeWords, board_parts, change_words, overview_html, owner_html};
