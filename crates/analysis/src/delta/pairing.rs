//! Who belongs to whom among several owners with one key: what is most alike first.
//!
//! Whatever the order in which they come, the pairs are the same but for owners that do not differ in anything.

use super::matching::{Item, Side, item};
use ounce_protocol::measurement::Row;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// How alike owners with one key must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alike {
    /// Not at all: as many pairs as there can be.
    No,
    /// The same content or the same size.
    ContentOrSize,
    /// There is one on each side.
    OnlyOnes,
}

/// Takes pairs out of both lists: the same content, then the same size, then what differs least in size.
pub(super) fn pair(sides: &[Vec<Item<'_>>; 2], base: &mut Vec<u32>, head: &mut Vec<u32>, alike: Alike) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    if base.is_empty() || head.is_empty() {
        return pairs;
    }
    if alike == Alike::OnlyOnes {
        if let ([b], [h]) = (&base[..], &head[..]) {
            pairs.push((*b, *h));
            base.clear();
            head.clear();
        }
        return pairs;
    }
    let mut group = Group { sides, base, head, pairs: &mut pairs };
    group.equal(|i| i.row.shape.map(|shape| (shape, i.row.bytes)));
    group.equal(|i| Some(i.row.bytes));
    if alike == Alike::No {
        group.nearest();
    }
    pairs
}

struct Group<'g, 's, 'a> {
    sides: &'s [Vec<Item<'a>>; 2],
    base: &'g mut Vec<u32>,
    head: &'g mut Vec<u32>,
    pairs: &'g mut Vec<(u32, u32)>,
}

impl<'s, 'a> Group<'_, 's, 'a> {
    /// Pairs what has an equal key.
    fn equal<K: Ord>(&mut self, key: impl Fn(&'s Item<'a>) -> Option<K>) {
        if self.base.is_empty() || self.head.is_empty() {
            return;
        }
        let sides = self.sides;
        let order = |side: Side| {
            let key = &key;
            move |at: &u32| {
                let item = item(sides, side, *at);
                (key(item), item.row)
            }
        };
        let mut keyed = |side: Side| {
            let list = if side == Side::Base { &mut *self.base } else { &mut *self.head };
            let mut all: Vec<_> = std::mem::take(list).into_iter().map(|at| (order(side)(&at), at)).collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all.into_iter().peekable()
        };
        let (mut b, mut h) = (keyed(Side::Base), keyed(Side::Head));
        loop {
            let order = match (b.peek(), h.peek()) {
                (Some(((b, _), _)), Some(((h, _), _))) if b == h && b.is_some() => Ordering::Equal,
                (Some(((b, _), _)), Some(((h, _), _))) if b <= h => Ordering::Less,
                (Some(_), None) => Ordering::Less,
                (_, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            match order {
                Ordering::Equal => self.pairs.extend(b.next().zip(h.next()).map(|((_, b), (_, h))| (b, h))),
                Ordering::Less => self.base.extend(b.next().map(|(_, at)| at)),
                Ordering::Greater => self.head.extend(h.next().map(|(_, at)| at)),
            }
        }
    }

    /// Pairs what differs least in size until one side is empty. In the order of their sizes, the two that differ least are neighbours: so
    /// only neighbours of different sides are looked at, and when a pair is gone, the two beside it are neighbours.
    fn nearest(&mut self) {
        if self.base.is_empty() || self.head.is_empty() {
            return;
        }
        let sides = self.sides;
        let row = |(side, at): (Side, u32)| -> &'s Row { item(sides, side, at).row };
        let tagged = |side: Side, all: &mut Vec<u32>| std::mem::take(all).into_iter().map(move |at| (side, at));
        let mut all: Vec<(Side, u32)> = tagged(Side::Base, self.base).chain(tagged(Side::Head, self.head)).collect();
        all.sort_by(|&a, &b| row(a).bytes.cmp(&row(b).bytes).then_with(|| row(a).cmp(row(b))).then(a.0.cmp(&b.0)));
        let bytes: Vec<u64> = all.iter().map(|&a| row(a).bytes).collect();
        let mut before: Vec<Option<usize>> = (0..all.len()).map(|at| at.checked_sub(1)).collect();
        let mut after: Vec<Option<usize>> = (1..=all.len()).map(|at| (at < all.len()).then_some(at)).collect();
        let mut gone = vec![false; all.len()];
        let mut heap: BinaryHeap<Reverse<(u64, usize, usize)>> = BinaryHeap::new();
        let offer = |heap: &mut BinaryHeap<_>, left: usize, right: usize| {
            if all[left].0 != all[right].0 {
                heap.push(Reverse((bytes[right].saturating_sub(bytes[left]), left, right)));
            }
        };
        (1..all.len()).for_each(|right| offer(&mut heap, right - 1, right));
        while let Some(Reverse((_, left, right))) = heap.pop() {
            if gone[left] || gone[right] {
                continue;
            }
            (gone[left], gone[right]) = (true, true);
            let (base, head) = if all[left].0 == Side::Base { (left, right) } else { (right, left) };
            self.pairs.push((all[base].1, all[head].1));
            let (outer_left, outer_right) = (before[left], after[right]);
            if let Some(at) = outer_left {
                after[at] = outer_right;
            }
            if let Some(at) = outer_right {
                before[at] = outer_left;
            }
            if let (Some(l), Some(r)) = (outer_left, outer_right) {
                offer(&mut heap, l, r);
            }
        }
        for (&(side, at), _) in all.iter().zip(&gone).filter(|(_, gone)| !**gone) {
            if side == Side::Base { self.base.push(at) } else { self.head.push(at) }
        }
    }
}
