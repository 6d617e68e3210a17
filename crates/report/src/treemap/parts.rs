//! What the cells of a treemap are, so that their bytes are those of the whole.

use super::{TreeCell, Treemap};
use crate::escape::clip;
use ounce_protocol::units::grouped;

/// What would be smaller than this goes into one cell with the others, square pixels.
const CELL_AREA_MIN: f64 = 150.0;
/// What a group's own bytes are called beside its parts.
pub(super) const ITSELF: &str = "(itself)";
const NAME_CHARS_MAX: usize = 80;

/// A rectangle without parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tile<'a> {
    pub name: String,
    /// Its bytes, or what came less what went.
    pub net: i128,
    /// What came and what went.
    pub up: u128,
    pub down: u128,
    /// The cell it is, if it is one alone.
    pub of: Option<&'a TreeCell>,
}

/// A cell below the root with its parts; none where it is a rectangle itself.
pub(super) struct Group<'a> {
    pub tile: Tile<'a>,
    pub tiles: Vec<Tile<'a>>,
}

impl<'a> Tile<'a> {
    fn new(name: &str, net: i128, of: Option<&'a TreeCell>) -> Tile<'a> {
        let (up, down) = (if net > 0 { net.unsigned_abs() } else { 0 }, if net < 0 { net.unsigned_abs() } else { 0 });
        Tile { name: clip(name, NAME_CHARS_MAX), net, up, down, of }
    }

    pub fn area(&self) -> u128 {
        self.up + self.down
    }

    /// Several as one.
    pub fn sum<'b>(name: String, tiles: impl IntoIterator<Item = &'b Tile<'a>>) -> Tile<'a>
    where
        'a: 'b,
    {
        let (mut net, mut up, mut down) = (0, 0, 0);
        tiles.into_iter().for_each(|t| (net, up, down) = (net + t.net, up + t.up, down + t.down));
        Tile { name, net, up, down, of: None }
    }
}

impl<'a> Group<'a> {
    /// A difference's group is as large as what moved in it, which its net may hide.
    fn new(tile: Tile<'a>, of: Treemap) -> Group<'a> {
        let parts = tile.of.filter(|c| !c.children.is_empty()).map_or(Vec::new(), |c| parts(c, of));
        let tiles: Vec<Tile> = parts.into_iter().filter(|t| t.area() > 0).collect();
        let tile = if tiles.is_empty() { tile } else { Tile { of: tile.of, ..Tile::sum(tile.name, &tiles) } };
        Group { tile, tiles }
    }
}

/// The groups of a map of `room` square pixels, largest first.
pub(super) fn groups(root: &TreeCell, of: Treemap, room: f64) -> Vec<Group<'_>> {
    let groups = parts(root, of).into_iter().map(|tile| Group::new(tile, of)).filter(|g| g.tile.area() > 0).collect();
    without_small(groups, room, |g| &g.tile, |tile| Group { tile, tiles: Vec::new() })
}

/// The parts of a cell and what is its own: less than nothing where its parts are more than the difference.
fn parts(cell: &TreeCell, of: Treemap) -> Vec<Tile<'_>> {
    let mut tiles: Vec<Tile> = cell.children.iter().map(|c| Tile::new(&c.name, net(c, of), Some(c))).collect();
    let own = net(cell, of) - tiles.iter().map(|t| t.net).sum::<i128>();
    if own != 0 {
        tiles.push(Tile::new(ITSELF, own, None));
    }
    tiles
}

/// What a cell comes to. A build's cell is no less than its parts, whatever it says. As deep as the tree, which the analysis limits.
fn net(cell: &TreeCell, of: Treemap) -> i128 {
    match of {
        Treemap::Build => i128::from(cell.bytes).max(cell.children.iter().map(|c| net(c, of)).sum()),
        Treemap::Difference => cell.delta_bytes.map_or_else(|| cell.children.iter().map(|c| net(c, of)).sum(), i128::from),
    }
}

/// What is large enough to be seen of what shares `room` square pixels, largest first; the others are one. `tile` gives an item's tile.
pub(super) fn without_small<'a, T>(items: Vec<T>, room: f64, tile: impl Fn(&T) -> &Tile<'a>, one: impl Fn(Tile<'a>) -> T) -> Vec<T> {
    let total: u128 = items.iter().map(|i| tile(i).area()).sum();
    let is_large = |i: &T| tile(i).area() as f64 / total.max(1) as f64 * room >= CELL_AREA_MIN;
    let (mut kept, small): (Vec<T>, Vec<T>) = items.into_iter().partition(is_large);
    if small.len() < 2 {
        kept.extend(small);
    } else {
        let name = format!("{} smaller", grouped(small.len() as u64));
        kept.push(one(Tile::sum(name, small.iter().map(&tile))));
    }
    kept.sort_by(|a, b| tile(b).area().cmp(&tile(a).area()).then_with(|| tile(a).name.cmp(&tile(b).name)));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name=bytes` or `name=bytes/delta`, with parts in brackets: `vm=9(run=4,gc=3)`.
    fn tree(text: &mut &str) -> TreeCell {
        let end = text.find(['(', ')', ',']).unwrap_or(text.len());
        let (head, rest) = text.split_at(end);
        let (name, figures) = head.split_once('=').unwrap();
        let (bytes, delta) = figures.split_once('/').map_or((figures, None), |(b, d)| (b, d.parse().ok()));
        let mut cell = TreeCell { name: name.into(), bytes: bytes.parse().unwrap(), delta_bytes: delta, ..TreeCell::default() };
        *text = rest;
        if let Some(mut rest) = text.strip_prefix('(') {
            while !rest.starts_with(')') {
                cell.children.push(tree(&mut rest));
                rest = rest.strip_prefix(',').unwrap_or(rest);
            }
            *text = &rest[1..];
        }
        cell
    }

    fn told(groups: &[Group]) -> String {
        let tile = |t: &Tile| format!("{} {}", t.name, t.net);
        let group = |g: &Group| {
            if g.tiles.is_empty() {
                tile(&g.tile)
            } else {
                format!("{} [{}]", tile(&g.tile), g.tiles.iter().map(tile).collect::<Vec<_>>().join(", "))
            }
        };
        groups.iter().map(group).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn the_cells_bytes_are_those_of_the_whole() {
        let check = |of: Treemap, mut text: &str, expected: &str| {
            let root = tree(&mut text);
            let groups = groups(&root, of, 1e6);
            assert_eq!(told(&groups), expected);
            let leaves = groups.iter().flat_map(|g| if g.tiles.is_empty() { vec![&g.tile] } else { g.tiles.iter().collect() });
            assert_eq!(leaves.map(|t| t.net).sum::<i128>(), net(&root, of));
        };
        check(Treemap::Build, "flash=9(vm=6(run=4,gc=2),core=3)", "vm 6 [run 4, gc 2]; core 3");
        check(Treemap::Build, "flash=12(vm=7(run=4,gc=2),core=3)", "vm 7 [run 4, gc 2, (itself) 1]; core 3; (itself) 2");
        // A tree that lies is still as large as what is in it.
        check(Treemap::Build, "flash=1(vm=1(run=4,gc=2),core=3)", "vm 6 [run 4, gc 2]; core 3");
        check(Treemap::Build, "flash=0(a=18446744073709551615,b=18446744073709551615)", "a 18446744073709551615; b 18446744073709551615");
        check(Treemap::Build, "flash=0", "");
        check(Treemap::Difference, "flash=9/5(vm=6/7(run=4/9,gc=2/-2),core=3/-2)", "vm 7 [run 9, gc -2]; core -2");
        check(Treemap::Difference, "flash=9(vm=6(run=4/9,gc=2/-9),core=3/0)", "vm 0 [run 9, gc -9]");
        check(Treemap::Difference, "flash=9/1(vm=6/4(run=4/9))", "vm 4 [run 9, (itself) -5]; (itself) -3");
        check(Treemap::Difference, "flash=9(vm=6,core=3)", "");
    }

    #[test]
    fn what_is_too_small_is_one() {
        let children =
            (0..1_000).map(|n| TreeCell { name: format!("f{n}"), bytes: if n < 3 { 1_000_000 } else { 1 }, ..TreeCell::default() });
        let root = TreeCell { bytes: 3_000_997, children: children.collect(), ..TreeCell::default() };
        let groups = groups(&root, Treemap::Build, 400_000.0);
        assert_eq!(told(&groups), "f0 1000000; f1 1000000; f2 1000000; 997 smaller 997");
    }
}
