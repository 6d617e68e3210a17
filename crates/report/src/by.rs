//! What the rows of a ledger are grouped by, in words.

use ounce_analysis::tree::By;

/// For a sentence: `by object file`.
pub(crate) fn word(by: By) -> &'static str {
    match by {
        By::Crate => "crate",
        By::Object => "object file",
        By::Section => "section",
        By::Generic => "generic",
    }
}

/// For a column.
pub(crate) fn title(by: By) -> &'static str {
    match by {
        By::Crate => "group",
        By::Object => "object",
        By::Section => "section",
        By::Generic => "generic",
    }
}
