//! A firmware that changes from commit to commit: who owns how many bytes on each board, and what each benchmark costs there.
//!
//! All figures of a made history come from here, so that they agree: a region is the sum of its owners, a count the sum of its functions, and what
//! a commit did is the difference of two states.

use fuzz_cases::Seeded;

/// A board as the repository's own manifest names it.
#[derive(Debug, Clone, Copy)]
pub struct Board {
    /// Its name.
    pub name: &'static str,
    /// What a runner must offer for it.
    pub needs: &'static str,
    /// Bytes of code on it, in percent of the first one's.
    code_percent: u32,
    /// Whether its counts vary from take to take.
    pub noisy: bool,
}

const fn board(name: &'static str, needs: &'static str, code_percent: u32, noisy: bool) -> Board {
    Board { name, needs, code_percent, noisy }
}

/// The boards, by name, as the judge takes them.
pub const BOARDS: [Board; 6] = [
    board("hifive1", "qemu:sifive_e", 128, false),
    board("microbit", "qemu:microbit", 92, false),
    board("mps2-an385", "qemu:mps2-an385", 100, false),
    board("mps2-an500", "qemu:mps2-an500", 104, false),
    board("mps2-an505", "qemu:mps2-an505", 102, false),
    board("pyboard", "qemu:netduinoplus2", 106, true),
];

/// The benchmarks; of the empty one there is no heap, so that a board has forty series.
pub const BENCHES: [&str; 13] = [
    "empty",
    "calls",
    "classes",
    "errors",
    "generators",
    "intloop",
    "lists",
    "closures",
    "dicts",
    "floats",
    "slices",
    "sorting",
    "strings",
];
/// Series of a board: two regions, three figures of each benchmark, but no heap of the empty one.
pub const SERIES: usize = 2 + 3 * BENCHES.len() - 1;
/// Functions in a profile. They are the owners of the first slots, which are never removed.
pub const FUNCTIONS: usize = 8;
const STAYING: usize = 60;
const FLASH_SLOTS: usize = 200;
const RAM_SLOTS: usize = 40;
/// Bytes of code that the first board has at the end, about.
const CODE_BYTES: u64 = 104_000;

/// What a commit is, as its author would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing that is built.
    Quiet,
    /// A few functions.
    Touched,
    /// Something new.
    Feature,
    /// Something new, and more than the budget.
    Heavy,
    /// Bytes given back.
    Smaller,
    /// Fewer instructions.
    Faster,
    /// It does not build everywhere.
    Breaks,
    /// Other tools from here on: those of this place in the list.
    Tools(usize),
}

/// A benchmark on a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bench {
    /// Instructions of each function.
    pub functions: [u32; FUNCTIONS],
    /// Stack peak, bytes.
    pub stack: u32,
    /// Heap peak, bytes.
    pub heap: u32,
}

impl Bench {
    /// Instructions in all.
    pub fn instructions(&self) -> u32 {
        self.functions.iter().sum()
    }
}

/// A board's firmware at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Bytes of each owner in flash, by slot; 0 is not there.
    pub flash: Vec<u32>,
    /// The same in RAM.
    pub ram: Vec<u32>,
    /// The benchmarks.
    pub benches: Vec<Bench>,
    /// Counts how often it changed.
    pub version: u32,
}

impl State {
    /// Bytes of flash.
    pub fn flash_bytes(&self) -> u32 {
        self.flash.iter().sum()
    }

    /// Bytes of RAM.
    pub fn ram_bytes(&self) -> u32 {
        self.ram.iter().sum()
    }
}

/// What a commit did to an owner on a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// The board's place.
    pub board: u8,
    /// Whether it is RAM.
    pub is_ram: bool,
    /// Which owner.
    pub slot: u16,
    /// Bytes before.
    pub base: u32,
    /// Bytes after.
    pub head: u32,
}

/// The firmware on all boards.
#[derive(Debug, Clone)]
pub struct Model {
    /// Each board's.
    pub states: Vec<State>,
}

/// The function of a profile: the slot of its owner.
pub fn function(bench: usize, at: usize) -> usize {
    // A multiple of a number that shares no factor with it: all different.
    (bench * 7 + at * 11) % STAYING
}

impl Model {
    /// The firmware before its first commit.
    pub fn new(dice: &mut Seeded) -> Model {
        let flash: Vec<u32> = (0..FLASH_SLOTS).map(|_| number(24 + 4 * dice.below(60) + 16 * dice.below(12) * dice.below(6))).collect();
        let ram: Vec<u32> = (0..RAM_SLOTS).map(|_| number(4 + 4 * dice.below(16) + 8 * dice.below(5) * dice.below(10))).collect();
        let benches: Vec<Bench> = (0..BENCHES.len())
            .map(|bench| Bench {
                functions: std::array::from_fn(|_| number(if bench == 0 { 1 + dice.below(9) } else { 2_000 + dice.below(400_000) })),
                stack: number(400 + 8 * dice.below(120)),
                heap: if bench == 0 { 0 } else { number(512 + 16 * dice.below(300)) },
            })
            .collect();
        let states = BOARDS.iter().map(|board| {
            let scaled = |value: &u32| percent(*value, board.code_percent);
            let flash = flash.iter().map(|bytes| scaled(bytes) & !1).collect();
            let mut benches = benches.clone();
            benches.iter_mut().flat_map(|bench| &mut bench.functions).for_each(|count| *count = scaled(count));
            State { flash, ram: ram.clone(), benches, version: 0 }
        });
        Model { states: states.collect() }
    }

    /// Plays a commit; `done` of `all` lie before it. Says what it did to whose bytes.
    pub fn commit(&mut self, dice: &mut Seeded, kind: Kind, (done, all): (usize, usize)) -> Vec<Effect> {
        let mut effects = Vec::new();
        let target = CODE_BYTES * (3 * all as u64 + done as u64) / (4 * all.max(1) as u64);
        let is_below = u64::from(self.states[2].flash_bytes()) < target;
        let (touches, most) = match kind {
            Kind::Quiet | Kind::Tools(_) | Kind::Breaks => (0, 0),
            Kind::Touched => (1 + dice.below(5), 24),
            Kind::Feature => (2 + dice.below(3), 44),
            Kind::Heavy => (3, 200),
            Kind::Smaller => (1 + dice.below(4), 56),
            Kind::Faster => (1, 16),
        };
        let mut slots: Vec<usize> = Vec::new();
        for _ in 0..touches {
            let slot = dice.below(self.states[0].flash.len());
            if self.states[0].flash[slot] > 0 && !slots.contains(&slot) {
                slots.push(slot);
            }
        }
        for slot in slots {
            let grows = match kind {
                Kind::Smaller => false,
                Kind::Feature | Kind::Heavy => true,
                _ => dice.below(10) < if is_below { 7 } else { 3 },
            };
            let by = number(4 + 4 * dice.below(most / 4));
            self.resize(dice, &mut effects, false, slot, |bytes| match grows {
                true => bytes + by,
                false => bytes.saturating_sub(by).max(4),
            });
        }
        if matches!(kind, Kind::Feature | Kind::Heavy) || (kind == Kind::Touched && is_below && dice.one_in(5)) {
            let bytes = number(16 + 4 * dice.below(if kind == Kind::Heavy { 80 } else { 30 }));
            let slot = self.states[0].flash.len();
            self.states.iter_mut().for_each(|state| state.flash.push(0));
            self.resize(dice, &mut effects, false, slot, |_| bytes);
        }
        if matches!(kind, Kind::Smaller) && !is_below {
            let slot = STAYING + dice.below(self.states[0].flash.len() - STAYING);
            if !effects.iter().any(|effect| usize::from(effect.slot) == slot) && self.states[0].flash[slot] > 0 {
                self.resize(dice, &mut effects, false, slot, |_| 0);
            }
        }
        if !matches!(kind, Kind::Quiet | Kind::Breaks | Kind::Tools(_)) && dice.one_in(7) {
            let (slot, by) = (dice.below(RAM_SLOTS), number(4 + 4 * dice.below(6)));
            let grows = self.states[0].ram_bytes() < 6_000;
            self.resize(dice, &mut effects, true, slot, |bytes| if grows { bytes + by } else { bytes.saturating_sub(by).max(4) });
        }
        self.speed(dice, kind);
        effects.sort_by_key(|effect| (effect.board, effect.is_ram, effect.slot));
        effects
    }

    /// Changes an owner's bytes on each board, a little differently on each.
    fn resize(&mut self, dice: &mut Seeded, effects: &mut Vec<Effect>, is_ram: bool, slot: usize, to: impl Fn(u32) -> u32) {
        for (board, state) in (0u8..).zip(&mut self.states) {
            let bytes = if is_ram { &mut state.ram[slot] } else { &mut state.flash[slot] };
            let base = *bytes;
            let wanted = to(base);
            let by = (percent(wanted.abs_diff(base), 85 + number(dice.below(30))) & !1).max(2);
            let head = match wanted {
                0 => 0,
                _ if is_ram || wanted == base => wanted,
                _ if wanted > base => base + by,
                _ => base.saturating_sub(by).max(2),
            };
            if head != base {
                *bytes = head;
                state.version += 1;
                effects.push(Effect { board, is_ram, slot: u16::try_from(slot).unwrap_or(u16::MAX), base, head });
            }
        }
    }

    /// Changes what benchmarks cost.
    fn speed(&mut self, dice: &mut Seeded, kind: Kind) {
        let (times, faster) = match kind {
            Kind::Quiet | Kind::Breaks | Kind::Tools(_) => (0, false),
            Kind::Faster => (1 + dice.below(4), true),
            Kind::Heavy => (1 + dice.below(3), dice.one_in(2)),
            _ => (dice.below(2) * dice.below(3), dice.below(5) < 2),
        };
        for _ in 0..times {
            let (bench, at, per_mille) = (1 + dice.below(BENCHES.len() - 1), dice.below(FUNCTIONS), number(1 + dice.below(12)));
            for state in &mut self.states {
                let count = &mut state.benches[bench].functions[at];
                let by = (u64::from(*count) * u64::from(per_mille) / 1_000).max(1);
                let by = u32::try_from(by).unwrap_or(1);
                // A function that became free, or took over all, would be no history.
                *count = if (faster && *count > 2_000) || *count > 900_000 { *count - by } else { *count + by };
                state.version += 1;
            }
        }
        if times > 0 && dice.one_in(4) {
            let (bench, by, grows) = (1 + dice.below(BENCHES.len() - 1), number(8 * (1 + dice.below(6))), dice.one_in(2));
            for bench in self.states.iter_mut().map(|state| &mut state.benches[bench]) {
                bench.stack = if grows && bench.stack < 3_000 { bench.stack + by } else { bench.stack.saturating_sub(by).max(200) };
                bench.heap = if grows { bench.heap.saturating_sub(by).max(256) } else { bench.heap + by };
            }
        }
    }

    /// The same sources by other tools: sizes and counts where the compiler is another one, counts alone where the emulator is.
    pub fn other_tools(&mut self, sizes: bool) {
        for state in &mut self.states {
            if sizes {
                state.flash.iter_mut().filter(|bytes| **bytes > 40).for_each(|bytes| *bytes = percent(*bytes, 98) & !1);
            }
            let counts = state.benches.iter_mut().skip(1).flat_map(|bench| &mut bench.functions);
            counts.for_each(|count| *count += *count / if sizes { 60 } else { 700 });
            state.version += 1;
        }
    }

    /// A change in how fast the noisy board is that no image explains.
    pub fn slower_board(&mut self, board: usize) {
        let counts = self.states[board].benches.iter_mut().skip(1).flat_map(|bench| &mut bench.functions);
        counts.for_each(|count| *count += *count / 40);
    }
}

/// A count of a noisy board: both takes, which differ.
pub fn takes(count: u32, at: (usize, usize)) -> (u32, u32) {
    let mut dice = Seeded::of(0x7a6e + at.0 as u64 * 64 + at.1 as u64);
    let mut take = || count + u32::try_from(u64::from(count) * dice.below(6_000) as u64 / 1_000_000).unwrap_or(0);
    let (first, second) = (take(), take());
    (first, if second == first { second + 1 } else { second })
}

fn percent(value: u32, percent: u32) -> u32 {
    u32::try_from(u64::from(value) * u64::from(percent) / 100).unwrap_or(u32::MAX)
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
