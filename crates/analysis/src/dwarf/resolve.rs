//! From offsets to names: origins are followed, texts are read and demangled, each once.

use super::sections::Sections;
use super::unit::wide;
use super::walk::{Found, NONE, Scope, Subprogram, Text};
use super::{DebugInfo, DwarfError, Function, HOPS_MAX, NO_FILE, NO_NAME, TEXT_BYTES_MAX, count, index};
use crate::names;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// How much of a text is read.
const TEXT_READ_MAX: usize = 2 * names::DEMANGLED_INPUT_BYTES_MAX;

/// Names what the walk has found and puts it into `info`.
pub(super) fn resolve(mut found: Found, sections: &Sections<'_>, info: &mut DebugInfo) -> Result<(), DwarfError> {
    let mut named = vec![NONE; found.subprograms.len()];
    let mut inlines = std::mem::take(&mut found.inlines);
    let mut names = Names::new(sections, &found);
    let mut functions: Vec<(u32, Function)> = Vec::with_capacity(found.functions.len());
    let mut linkages: HashMap<Text, (u32, u32)> = HashMap::new();
    for (number, coded) in (0u32..).zip(&found.functions) {
        let facts = names.facts(coded.subprogram);
        let linkage = match linkages.entry(facts.linkage) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let start = count(info.linkage.len());
                info.linkage.push_str(&String::from_utf8_lossy(names.bytes(facts.linkage)));
                names.account(info.linkage.len() - index(start))?;
                *new.insert((start, count(info.linkage.len())))
            }
        };
        let name = names.name(coded.subprogram, &mut named)?;
        let declared = (facts.file != NO_FILE && facts.line > 0).then_some((facts.file, facts.line));
        functions.push((number, Function { name, declared, linkage, ranges: coded.ranges }));
    }
    // By address; what refers to them follows.
    let start = |f: &Function| found.function_ranges.get(index(f.ranges.0)).copied();
    functions.sort_unstable_by_key(|(number, f)| (start(f), *number));
    let mut moved = vec![0; functions.len()];
    for (to, (from, _)) in (0u32..).zip(&functions) {
        moved[index(*from)] = to;
    }
    let mut unnamed = NONE;
    for inlined in &mut inlines {
        inlined.function = moved[index(inlined.function)];
        inlined.name = match names.subprogram_at(inlined.name) {
            Some(subprogram) => names.name(subprogram, &mut named)?,
            None => {
                if unnamed == NONE {
                    unnamed = names.add(NO_NAME.to_owned())?;
                }
                unnamed
            }
        };
    }
    info.functions = functions.into_iter().map(|(_, f)| f).collect();
    info.names = names.shown;
    info.inlines = inlines;
    info.function_ranges = found.function_ranges;
    let mut by_address = Vec::with_capacity(info.function_ranges.len());
    for (number, function) in (0u32..).zip(&info.functions) {
        by_address.extend(info.ranges(function).iter().map(|&(start, end)| (start, end, number)));
    }
    by_address.sort_unstable();
    info.by_address = by_address;
    Ok(())
}

/// What a subprogram and those it completes say together.
struct Facts {
    linkage: Text,
    name: Text,
    scope: u32,
    file: u32,
    line: u32,
}

struct Names<'f, 's> {
    sections: &'s Sections<'s>,
    subprograms: &'f [Subprogram],
    scopes: &'f [Scope],
    shown: Vec<String>,
    by_text: HashMap<(Text, u32), u32>,
    by_shown: HashMap<String, u32>,
    bytes: usize,
}

impl<'f, 's> Names<'f, 's> {
    fn new(sections: &'s Sections<'s>, found: &'f Found) -> Self {
        Names {
            sections,
            subprograms: &found.subprograms,
            scopes: &found.scopes,
            shown: Vec::new(),
            by_text: HashMap::new(),
            by_shown: HashMap::new(),
            bytes: 0,
        }
    }

    fn subprogram_at(&self, offset: u32) -> Option<u32> {
        self.subprograms.binary_search_by_key(&offset, |s| s.offset).ok().map(count)
    }

    /// Follows `DW_AT_abstract_origin` and `DW_AT_specification`: the first answer to each question counts. The scope is the declaration's: a
    /// definition is outside of it. A chain that does not end is left after [`HOPS_MAX`].
    fn facts(&self, subprogram: u32) -> Facts {
        let mut facts = Facts { linkage: Text::None, name: Text::None, scope: NONE, file: NO_FILE, line: 0 };
        let mut next = Some(subprogram);
        for _ in 0..=HOPS_MAX {
            let Some(s) = next.and_then(|n| self.subprograms.get(index(n))) else { break };
            if facts.linkage == Text::None {
                facts.linkage = s.linkage;
            }
            if facts.name == Text::None {
                facts.name = s.name;
            }
            if s.scope != NONE {
                facts.scope = s.scope;
            }
            if facts.line == 0 && s.line > 0 {
                facts.line = s.line;
            }
            if facts.file == NO_FILE {
                facts.file = s.file;
            }
            next = self.subprogram_at(s.origin);
        }
        facts
    }

    fn name(&mut self, subprogram: u32, named: &mut [u32]) -> Result<u32, DwarfError> {
        let known = named[index(subprogram)];
        if known != NONE {
            return Ok(known);
        }
        let facts = self.facts(subprogram);
        let key = if facts.linkage == Text::None { (facts.name, facts.scope) } else { (facts.linkage, NONE) };
        let number = match self.by_text.get(&key) {
            Some(&number) => number,
            None => {
                // What is read counts, not what is shown: many texts may be shown as one.
                self.account(self.bytes(key.0).len())?;
                let number = self.add(self.shown_name(&facts))?;
                self.by_text.insert(key, number);
                number
            }
        };
        named[index(subprogram)] = number;
        Ok(number)
    }

    fn shown_name(&self, facts: &Facts) -> String {
        if facts.linkage != Text::None {
            return names::name(self.bytes(facts.linkage)).display;
        }
        let name = String::from_utf8_lossy(self.bytes(facts.name));
        let mut parts = vec![if name.is_empty() { NO_NAME.into() } else { name }];
        let mut next = facts.scope;
        for _ in 0..=HOPS_MAX {
            let Some(scope) = self.scopes.get(index(next)) else { break };
            let text = String::from_utf8_lossy(self.bytes(scope.name));
            // As the demangler has it.
            let unnamed = if scope.namespace { "(anonymous namespace)" } else { "(anonymous)" };
            parts.push(if text.is_empty() { unnamed.into() } else { text });
            next = scope.parent;
        }
        parts.reverse();
        names::shortened(&parts.join("::"))
    }

    fn add(&mut self, shown: String) -> Result<u32, DwarfError> {
        if let Some(&number) = self.by_shown.get(&shown) {
            return Ok(number);
        }
        self.account(shown.len())?;
        let number = count(self.shown.len());
        self.shown.push(shown.clone());
        self.by_shown.insert(shown, number);
        Ok(number)
    }

    fn account(&mut self, bytes: usize) -> Result<(), DwarfError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > TEXT_BYTES_MAX {
            return Err(DwarfError::TooMany { what: "bytes of names", max: wide(TEXT_BYTES_MAX) });
        }
        Ok(())
    }

    /// A text up to its NUL, or as much of it as is read.
    fn bytes(&self, text: Text) -> &'s [u8] {
        let (section, offset) = match text {
            Text::None => return &[],
            Text::Str(offset) => ("debug_str", offset),
            Text::LineStr(offset) => ("debug_line_str", offset),
            Text::Info(offset) => ("debug_info", offset),
        };
        let rest = self.sections.get(section).get(index(offset)..).unwrap_or_default();
        let rest = &rest[..rest.len().min(TEXT_READ_MAX)];
        rest.iter().position(|&b| b == 0).map_or(rest, |nul| &rest[..nul])
    }
}
