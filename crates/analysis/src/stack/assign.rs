//! Which function of an image a line of a `.su` file is about.
//!
//! In passes, each over what the passes before it left: the name as it is; without what a rebuild may change (`parse.constprop` for
//! `parse.constprop.0`); without the types around it (`static int ns::S::f(const char*)` for `ns::S::f(char const*)`); the place alone. Where
//! several lines or functions have one name, file and line tell them apart, where the image has them; else they get a frame
//! only if all lines say the same. Nothing is guessed: a function that stays in doubt has no frame.

use super::calls::at;
use super::su::{SuEntry, SuKind};
use crate::names::normalised;
use ounce_protocol::measurement::{Anatomy, Part, Source};
use std::collections::{BTreeSet, HashMap};

/// Of more lines or functions of one name than this, none is looked for by its place.
pub const SAME_NAME_MAX: usize = 64;

/// What came of assigning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assigned {
    /// Functions that have their frame now.
    pub functions: u64,
    /// Those of them whose frame grows by an unknown amount as they run: indices of [`Anatomy::parts`], for
    /// [`worst_case_with`](super::worst_case_with).
    pub dynamic: BTreeSet<u32>,
    /// Functions that share their name, of which lines say different things.
    pub in_doubt: u64,
}

/// Writes [`Part::frame_bytes`] of the functions that the lines are about, over what is there. Lines about functions that the image does
/// not have (inlined, collected) are many, and no error.
pub fn assign(anatomy: &mut Anatomy, entries: &[SuEntry]) -> Assigned {
    let mut matching =
        Matching { parts: &anatomy.parts, entries, entry_of: vec![None; anatomy.parts.len()], taken: vec![false; entries.len()] };
    matching.pass(|p| Some(p.linkage.clone().unwrap_or_else(|| p.name.clone())), |e| Some(e.function.clone()));
    matching.pass(|p| p.linkage.is_some().then(|| p.name.clone()), |e| Some(e.function.clone()));
    matching.pass(|p| Some(normalised(&p.name).into_owned()), |e| Some(normalised(&e.function).into_owned()));
    // Only C++ has types to leave out.
    let declared = |text: &str| text.contains('(').then(|| bare(text));
    matching.pass(|p| declared(&p.name), |e| declared(&e.function));
    let in_doubt = matching.in_doubt();
    matching.by_place();
    let entry_of = matching.entry_of;
    let mut assigned = Assigned::default();
    for (index, (part, entry)) in (0u32..).zip(anatomy.parts.iter_mut().zip(&entry_of)) {
        let Some(entry) = entry.map(|e| &entries[e]) else { continue };
        part.frame_bytes = Some(entry.bytes);
        assigned.functions = assigned.functions.saturating_add(1);
        if entry.kind == SuKind::Dynamic {
            assigned.dynamic.insert(index);
        }
    }
    let still = |i: &&u32| entry_of[at(**i)].is_none();
    assigned.in_doubt = u64::try_from(in_doubt.iter().filter(still).count()).unwrap_or(u64::MAX);
    assigned
}

struct Matching<'a> {
    parts: &'a [Part],
    entries: &'a [SuEntry],
    /// The line of each part.
    entry_of: Vec<Option<usize>>,
    taken: Vec<bool>,
}

#[derive(Default)]
struct Group {
    parts: Vec<u32>,
    entries: Vec<usize>,
}

impl Group {
    fn has_both(&self) -> bool {
        !self.parts.is_empty() && !self.entries.is_empty()
    }
}

impl Matching<'_> {
    fn pass(&mut self, part_key: impl Fn(&Part) -> Option<String>, entry_key: impl Fn(&SuEntry) -> Option<String>) {
        for mut group in self.groups(part_key, entry_key).into_values().filter(Group::has_both) {
            if group.parts.len().max(group.entries.len()) > 1 {
                self.tell_apart(&mut group);
            }
            let Some((&first, others)) = group.entries.split_first() else { continue };
            if others.iter().all(|&e| says(&self.entries[e]) == says(&self.entries[first])) {
                self.give(&group.parts, first);
                group.entries.iter().for_each(|&e| self.taken[e] = true);
            }
        }
    }

    /// Where a function has the only place of its file's name and line, whatever its name.
    fn by_place(&mut self) {
        let groups = self.groups(|p| p.source.as_ref().map(|s| place(&s.file, s.line)), |e| e.line.map(|line| place(&e.file, line)));
        for mut group in groups.into_values().filter(|g| g.parts.len() == 1 && g.entries.len() == 1) {
            self.tell_apart(&mut group);
        }
    }

    fn groups(&self, part_key: impl Fn(&Part) -> Option<String>, entry_key: impl Fn(&SuEntry) -> Option<String>) -> HashMap<String, Group> {
        let mut groups: HashMap<String, Group> = HashMap::new();
        for (at, entry) in self.entries.iter().enumerate().filter(|(at, _)| !self.taken[*at]) {
            if let Some(key) = entry_key(entry) {
                groups.entry(key).or_default().entries.push(at);
            }
        }
        for (i, part) in (0u32..).zip(self.parts).filter(|(i, part)| part.code && self.entry_of[at(*i)].is_none()) {
            if let Some(group) = part_key(part).and_then(|key| groups.get_mut(&key)) {
                group.parts.push(i);
            }
        }
        groups
    }

    /// Takes out of a group the functions that have a line with their place.
    fn tell_apart(&mut self, group: &mut Group) {
        if group.parts.len().max(group.entries.len()) > SAME_NAME_MAX {
            return;
        }
        for part in std::mem::take(&mut group.parts) {
            let here = self.parts[at(part)].source.as_ref().map_or_else(Vec::new, |source| {
                let is_here = |e: &usize| is_at(&self.entries[*e], source);
                group.entries.iter().copied().filter(is_here).collect()
            });
            match here.split_first() {
                // Several lines of one place: instances of a template, which must agree.
                Some((&first, others)) if others.iter().all(|&e| says(&self.entries[e]) == says(&self.entries[first])) => {
                    self.give(&[part], first);
                }
                _ => group.parts.push(part),
            }
        }
        group.entries.retain(|&e| !self.taken[e]);
    }

    fn give(&mut self, parts: &[u32], entry: usize) {
        for &part in parts {
            self.entry_of[at(part)] = Some(entry);
            self.taken[entry] = true;
        }
    }

    /// Functions without a line whose name some lines that are left have.
    fn in_doubt(&self) -> Vec<u32> {
        let groups = self.groups(|p| Some(bare(&p.name)), |e| Some(bare(&e.function)));
        groups.into_values().filter(|g| !g.entries.is_empty()).flat_map(|g| g.parts).collect()
    }
}

fn says(entry: &SuEntry) -> (u64, SuKind) {
    (entry.bytes, entry.kind)
}

/// Whether a line is about this place. The paths may be of different folders: the one is the end of the other.
fn is_at(entry: &SuEntry, source: &Source) -> bool {
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '\\']));
    let (a, b) = (relative(&entry.file), relative(&source.file));
    entry.line == Some(source.line) && !a.is_empty() && !b.is_empty() && (ends(a, b) || ends(b, a))
}

fn relative(path: &str) -> &str {
    path.trim_start_matches("./")
}

/// A file's own name and the line.
fn place(file: &str, line: u32) -> String {
    format!("{}:{line}", file.rsplit(['/', '\\']).next().unwrap_or(file))
}

/// A C++ function without what stands around its name: the type before it, its parameters and what is behind them, and the arguments of
/// templates. Of a function within another (`f(int)::Local::g()`) only the last one's surroundings are at the ends; the rest goes alike.
fn bare(declaration: &str) -> String {
    // Of what holds the function, not of it.
    let declaration = declaration.replace(") const::", ")::");
    let mut name = String::new();
    let mut depth = 0usize;
    for (at, c) in declaration.char_indices() {
        let rest = &declaration[at..];
        if depth == 0
            && !name.ends_with(|c: char| c.is_alphanumeric() || c == '_')
            && let Some(sign) = rest.strip_prefix("operator").filter(|sign| !sign.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        {
            // The call operator's brackets are its name.
            let skip = if sign.starts_with("()") { 2 } else { 0 };
            let end = sign[skip..].find('(').map_or(sign.len(), |end| skip + end);
            return name + "operator" + &sign[..end];
        }
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' | ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                // `f(int)::g`, `(anonymous namespace)::g`: not the parameters of what is named.
                if depth == 0 && c == ')' && !rest.starts_with(")::") {
                    break;
                }
            }
            ' ' | '*' | '&' if depth == 0 => name.clear(),
            c if depth == 0 => name.push(c),
            _ => {}
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_left_with_their_names() {
        let check = |declaration: &str, want: &str| assert_eq!(bare(declaration), want, "{declaration}");
        check("main", "main");
        check("virtual int ns::S::f(int, const char*) const", "ns::S::f");
        check("ns::S::f(int, char const*) const", "ns::S::f");
        check("T ns::S::g(T) [with T = long long int]", "ns::S::g");
        check("long long ns::S::g<long long>(long long)", "ns::S::g");
        check("static char* ns::S::h()", "ns::S::h");
        check("std::pair<int, char*>* f(int)", "f");
        check("ns::S::~S()", "ns::S::~S");
        check("int operator+(const ns::S&, int)", "operator+");
        check("bool ns::S::operator<(const ns::S&) const", "ns::S::operator<");
        check("int ns::S::operator()(int) const", "ns::S::operator()");
        check("ns::S::operator bool() const", "ns::S::operator bool");
        check("int operator_count(int)", "operator_count");
        check("void {anonymous}::tick()", "::tick");
        check("(anonymous namespace)::tick()", "::tick");
        check("f(int)::Local::g(int)", "f::Local::g");
        check("int S::f() const::Local::g(int) const", "S::f::Local::g");
        check("((((", "");
        check("", "");
    }
}
