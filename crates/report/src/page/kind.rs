//! What bytes are for, as a page colours them: code, constants, variables, fill, and what nobody owns.
//!
//! Read off how an owner is known and the name of its section. Names of sections are a convention: what follows none is "other".

use ounce_protocol::measurement::{Owner, RegionKind};

/// What bytes are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Code,
    Constant,
    /// Variables with a first value.
    Data,
    /// Variables that begin as zero, or as anything.
    Zeroed,
    Other,
    Padding,
    Unattributed,
}

impl Kind {
    /// For the legend.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Code => "code",
            Kind::Constant => "constants",
            Kind::Data => "initialised variables",
            Kind::Zeroed => "zeroed or unset variables",
            Kind::Other => "other",
            Kind::Padding => "padding",
            Kind::Unattributed => "no symbol",
        }
    }

    /// The class in the page's style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Kind::Code => "k1",
            Kind::Constant => "k2",
            Kind::Data => "k3",
            Kind::Zeroed => "k4",
            Kind::Other => "k5",
            Kind::Padding => "k6",
            Kind::Unattributed => "k7",
        }
    }
}

/// What a row's bytes are for.
pub(super) fn kind(owner: Owner, section: &str, region: RegionKind) -> Kind {
    let is = |stems: &[&str]| stems.iter().any(|stem| section.split(['.', '_']).any(|part| part.eq_ignore_ascii_case(stem)));
    match owner {
        Owner::Padding => Kind::Padding,
        Owner::Unattributed => Kind::Unattributed,
        Owner::Unwind | Owner::Label => Kind::Code,
        Owner::Reference | Owner::Shared | Owner::Text => Kind::Constant,
        Owner::Symbol | Owner::Map | Owner::Section => {
            if is(&["rodata", "srodata", "rodata1", "const", "constdata", "strings", "eh", "ARM", "vector", "vectors", "isr"]) {
                Kind::Constant
            } else if is(&["bss", "sbss", "tbss", "noinit", "uninit", "COMMON", "stack", "heap"]) {
                Kind::Zeroed
            } else if is(&["data", "sdata", "tdata"]) {
                Kind::Data
            } else if is(&["text", "init", "fini", "plt", "code", "trap", "iram0", "ramfunc", "fastcode"]) {
                Kind::Code
            } else if region == RegionKind::Ram {
                Kind::Zeroed
            } else {
                Kind::Other
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_says_what_its_bytes_are_for() {
        let check = |section: &str, region, want: Kind| assert_eq!(kind(Owner::Symbol, section, region), want, "{section}");
        check(".text", RegionKind::Flash, Kind::Code);
        check(".text.startup", RegionKind::Flash, Kind::Code);
        check(".rodata.str1.4", RegionKind::Flash, Kind::Constant);
        check(".vector_table", RegionKind::Flash, Kind::Constant);
        check(".isr_vector", RegionKind::Flash, Kind::Constant);
        check(".ARM.exidx", RegionKind::Flash, Kind::Constant);
        check(".data", RegionKind::Ram, Kind::Data);
        check(".bss", RegionKind::Ram, Kind::Zeroed);
        check(".uninit", RegionKind::Ram, Kind::Zeroed);
        check(".dma", RegionKind::Ram, Kind::Zeroed);
        check(".contexts", RegionKind::Flash, Kind::Other);
        check("", RegionKind::Flash, Kind::Other);
        assert_eq!(kind(Owner::Text, ".text", RegionKind::Flash), Kind::Constant);
        assert_eq!(kind(Owner::Padding, ".bss", RegionKind::Ram), Kind::Padding);
    }
}
