//! Inlined ranges, one inside another, cut so that each address has one: the innermost.

use super::{DebugInfo, InlinedRange, NO_PARENT, count, index};
use std::cmp::Reverse;

/// Addresses whose innermost inlined range is one of [`DebugInfo::inlines`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub start: u64,
    pub end: u64,
    pub inlined: u32,
}

/// Sorts the inlined ranges, tells each its parent, and cuts them.
///
/// Two units may describe the same copy, where the linker kept one function of many: the first counts. A range that reaches beyond the one it
/// starts in is cut there; compilers do not do that.
pub(super) fn nest(info: &mut DebugInfo) {
    let mut all = std::mem::take(&mut info.inlines);
    all.sort_unstable_by_key(|r| (r.start, Reverse(r.end), r.depth, r.name, r.function, r.call_file, r.call_line));
    all.dedup_by(|b, a| (a.start, a.end, a.depth, a.name) == (b.start, b.end, b.depth, b.name));
    let mut pieces: Vec<Piece> = Vec::with_capacity(all.len());
    let mut open: Vec<u32> = Vec::new();
    let mut at = 0;
    for number in 0..all.len() {
        let start = all[number].start;
        close(&all, &mut open, &mut at, start, &mut pieces);
        if let Some(&outer) = open.last() {
            let end = all[index(outer)].end;
            push(&mut pieces, at, start, outer);
            all[number].parent = outer;
            all[number].end = all[number].end.min(end);
        } else {
            all[number].parent = NO_PARENT;
        }
        at = start;
        open.push(count(number));
    }
    close(&all, &mut open, &mut at, u64::MAX, &mut pieces);
    info.inlines = all;
    info.innermost = pieces;
}

/// Closes the open ranges that end at or before `until`, innermost first.
fn close(all: &[InlinedRange], open: &mut Vec<u32>, at: &mut u64, until: u64, pieces: &mut Vec<Piece>) {
    while let Some(&last) = open.last() {
        let end = all[index(last)].end;
        if end > until {
            return;
        }
        push(pieces, *at, end, last);
        *at = (*at).max(end);
        open.pop();
    }
}

fn push(pieces: &mut Vec<Piece>, start: u64, end: u64, inlined: u32) {
    if start < end {
        pieces.push(Piece { start, end, inlined });
    }
}
