//! How the rows of a ledger are grouped: by crate, by object file or by section.

use ounce_protocol::measurement::Row;

/// What rows are grouped by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// The crate, `C`, `C++`, or the section of what has no symbol.
    #[default]
    Crate,
    /// The object file, where a linker's map says it.
    Object,
    /// The output section.
    Section,
}

/// The group of rows whose object file is not known.
const NO_OBJECT: &str = "(no object known)";

impl By {
    /// For headings: `crate`.
    pub fn word(self) -> &'static str {
        match self {
            By::Crate => "crate",
            By::Object => "object",
            By::Section => "section",
        }
    }

    /// For a column of groups.
    pub(crate) fn title(self) -> &'static str {
        if self == By::Crate { "group" } else { self.word() }
    }

    /// The row's group.
    pub(crate) fn group(self, row: &Row) -> &str {
        match self {
            By::Crate => &row.group,
            By::Object => row.object.as_deref().unwrap_or(NO_OBJECT),
            By::Section => &row.section,
        }
    }

    /// The groups around the row, outermost first.
    pub(crate) fn path(self, row: &Row) -> Vec<String> {
        vec![self.group(row).to_owned()]
    }

    /// What the row is called inside them.
    pub(crate) fn label(self, row: &Row) -> String {
        if self == By::Crate { inside(&row.group, &row.name).to_owned() } else { row.name.clone() }
    }
}

/// A name without the crate it is in.
pub(crate) fn inside<'a>(group: &str, name: &'a str) -> &'a str {
    name.strip_prefix(group).and_then(|rest| rest.strip_prefix("::")).filter(|rest| !rest.is_empty()).unwrap_or(name)
}
