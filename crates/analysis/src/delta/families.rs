//! Instances of one generic: where their number changed, they are one row, for "3 → 4 copies" is what happened.

use super::matching::{How, Matching, Pair, Side};
use super::pairing::Alike;
use std::collections::{BTreeMap, HashMap, HashSet};

/// All instances of one generic, on both sides.
#[derive(Debug, Default)]
pub(super) struct Copies {
    /// The generic: `Foo<_>::bar`.
    pub name: String,
    pub base: Vec<u32>,
    pub head: Vec<u32>,
}

/// What was found of generics.
#[derive(Debug, Default)]
pub(super) struct Families<'s> {
    /// Those whose number changed.
    pub copies: Vec<Copies>,
    /// Those that only one side has.
    one_sided: HashSet<&'s str>,
}

/// Of generics that both sides have: pairs the instances that are alike where their number is the same, and takes all of them where not.
pub(super) fn settle<'s>(m: &mut Matching<'s, '_>) -> Families<'s> {
    let mut found = left_families(m);
    // Instances that have their partner count too; only a pair within one family does.
    let mut paired: HashMap<&str, Vec<usize>> = HashMap::new();
    if !found.is_empty() {
        for (at, pair) in m.pairs.iter().enumerate() {
            let (base, head) = (m.item(Side::Base, pair.base), m.item(Side::Head, pair.head));
            if let Some(name) = base.family().filter(|name| found.contains_key(name))
                && head.family() == Some(name)
            {
                paired.entry(name).or_default().push(at);
            }
        }
    }
    let mut families = Families::default();
    let mut taken: [HashSet<u32>; 2] = Default::default();
    let mut same_number: HashSet<&str> = HashSet::new();
    for (name, mut copies) in std::mem::take(&mut found) {
        let pairs = paired.remove(name).unwrap_or_default();
        if copies.base.len() == copies.head.len() {
            same_number.insert(name);
            continue;
        }
        if pairs.is_empty() && (copies.base.is_empty() || copies.head.is_empty()) {
            families.one_sided.insert(name);
            continue;
        }
        taken[0].extend(&copies.base);
        taken[1].extend(&copies.head);
        for at in pairs {
            let pair: &mut Pair = &mut m.pairs[at];
            pair.how = How::Copied;
            copies.base.push(pair.base);
            copies.head.push(pair.head);
        }
        families.copies.push(Copies { name: name.to_owned(), ..copies });
    }
    m.take(&taken);
    m.pass(How::Renamed, Alike::ContentOrSize, |i| i.family().filter(|name| same_number.contains(name)));
    families
}

impl<'s> Families<'s> {
    /// Of generics that only one side has: those with several instances without a partner elsewhere.
    pub fn gather_rest(&mut self, m: &mut Matching<'s, '_>) {
        if self.one_sided.is_empty() {
            return;
        }
        let mut taken: [HashSet<u32>; 2] = Default::default();
        for (name, copies) in left_families(m) {
            if self.one_sided.contains(name) && copies.base.len().max(copies.head.len()) > 1 {
                taken[0].extend(&copies.base);
                taken[1].extend(&copies.head);
                self.copies.push(Copies { name: name.to_owned(), ..copies });
            }
        }
        m.take(&taken);
    }
}

/// The items without a partner, by family.
fn left_families<'s>(m: &Matching<'s, '_>) -> BTreeMap<&'s str, Copies> {
    let mut found: BTreeMap<&'s str, Copies> = BTreeMap::new();
    for side in [Side::Base, Side::Head] {
        for &at in &m.left[side as usize] {
            if let Some(name) = m.item(side, at).family() {
                let copies = found.entry(name).or_default();
                if side == Side::Base { copies.base.push(at) } else { copies.head.push(at) }
            }
        }
    }
    found
}

impl Matching<'_, '_> {
    /// Takes items out of those without a partner.
    fn take(&mut self, taken: &[HashSet<u32>; 2]) {
        for (left, taken) in self.left.iter_mut().zip(taken) {
            left.retain(|at| !taken.contains(at));
        }
    }
}
