//! The comment's body, whole or shortened in steps to what a place allows.

use crate::compose::{Detail, compose};
use crate::headline::{headline, verdict};
use crate::markdown;
use ounce_analysis::comparison::Comparison;

/// What a comment or a check's summary may hold, bytes: below GitHub's 65 536 characters, with room for marker, links and footer.
pub const COMMENT_BYTES_MAX: usize = 60_000;

/// The report as markdown, ending in a line end. The same comparison gives the same bytes everywhere.
pub fn body(c: &Comparison) -> String {
    markdown::write(&compose(c, &Detail::NORMAL))
}

/// The report as markdown in at most `bytes_max` bytes: [`body`] where it fits, then without the reasons, then with all constants
/// of a region in one row, then fewer rows for each board, then only boards with a change, then no details, then the first line, then the
/// verdict alone. A caller that gets less than the whole adds the link to it.
pub fn body_within(c: &Comparison, bytes_max: usize) -> String {
    let fits = |text: &String| text.len() <= bytes_max;
    let steps = Detail::STEPS.iter().map(|detail| markdown::write(&compose(c, detail)));
    let line = || format!("{}\n", markdown::inline(&headline(c), false));
    let verdict_only = || format!("{}\n", verdict(c));
    let chain = steps.chain(std::iter::once_with(line)).chain(std::iter::once_with(verdict_only));
    chain.into_iter().find(fits).unwrap_or_else(|| {
        // Our own words only: cutting them leaves no open markup.
        let mut text = verdict(c);
        text.truncate(text.floor_char_boundary(bytes_max));
        text
    })
}
