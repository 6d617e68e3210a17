//! Images before and after a change, and what is told of the two.

use crate::support::{assert_adds_up, region};
use crate::workbench::{Workbench, installed, links};
use ounce_analysis::Weighing;
use ounce_analysis::comparison::{Change, RegionDelta, RowDelta};
use ounce_analysis::delta::region_deltas;
use ounce_analysis::linker::{LinkerMap, regions, script_memory};
use ounce_analysis::tree::{By, DeltaNode, tree_delta};
use ounce_analysis::why::explain;
use ounce_protocol::manifest::Region;
use ounce_protocol::measurement::{Ledger, Owner, RegionKind};
use ounce_protocol::units;

/// An image and what it is weighed by.
pub struct Image {
    pub elf: Vec<u8>,
    map: Option<LinkerMap>,
    regions: Vec<Region>,
}

impl Image {
    fn ledger(&self) -> Ledger {
        let ledger = Weighing::of(&self.elf, &self.regions).map(self.map.as_ref()).anatomy().ledger().unwrap();
        assert_adds_up(&ledger.regions);
        assert!(ledger.outside.is_empty(), "{:?}", ledger.outside);
        ledger
    }
}

/// A compiler for a microcontroller, and how it is asked.
#[derive(Clone, Copy)]
pub struct Chip {
    tools: &'static str,
    options: &'static str,
    libraries: &'static str,
    /// Constants lie among the code, as many scripts have it.
    one_section: bool,
}

const BARE: &str = "-ffreestanding -ffunction-sections -fdata-sections -nostdlib -Wl,-n -Wl,--gc-sections -Wl,--no-warn-rwx-segments";

const ARM: Chip = Chip { tools: "arm-none-eabi", options: "-mcpu=cortex-m3 -mthumb -Os", libraries: "-lgcc", one_section: false };
const RISCV: Chip =
    Chip { tools: "riscv64-unknown-elf", options: "-march=rv32imac -mabi=ilp32 -nostdinc -Os", libraries: "-lgcc", one_section: false };

impl Chip {
    /// With other options behind its own: the last one counts.
    pub fn with(self, options: &'static str) -> Chip {
        Chip { options: [self.options, " ", options].concat().leak(), ..self }
    }

    /// With constants among the code.
    pub fn in_one_section(self) -> Chip {
        Chip { one_section: true, ..self }
    }

    /// With a C library; none where the compiler came without.
    pub fn with_library(self, what: &str) -> Option<Chip> {
        let chip = Chip { libraries: "-lc -lgcc -lnosys", ..self };
        links(what, &self.compiler("gcc"), self.options).then_some(chip)
    }

    /// Whether its compiler is here; said where not.
    fn is_here(self, what: &str) -> bool {
        installed(what, &[&self.compiler("gcc"), &self.compiler("g++")])
    }

    fn compiler(self, name: &str) -> String {
        format!("{}-{name}", self.tools)
    }

    /// The program of these files with a start-up and vectors.
    pub fn linked(self, evidence: Evidence, files: &[(&str, &str)]) -> Image {
        let bench = Workbench::new("changes");
        let (mut script, rodata) = (include_str!("../corpus/chip.ld").to_owned(), "*(.rodata .rodata.*)");
        if self.one_section {
            script = script.replace(rodata, "").replace("*(.text .text.*)", &format!("*(.text .text.*) {rodata}"));
        }
        bench.write("chip.ld", &script);
        let mut objects = String::new();
        let start = ("start.c", include_str!("../corpus/start.c"));
        for (name, text) in files.iter().chain([&start]) {
            bench.write(name, text);
        }
        for (name, _) in files.iter().chain([&start]).filter(|(name, _)| !name.ends_with(".h")) {
            let compiler = self.compiler(if name.ends_with(".cpp") { "g++" } else { "gcc" });
            let object = name.replace('.', "_") + ".o";
            let options: Vec<&str> = BARE.split(' ').filter(|o| !o.starts_with("-Wl,") && *o != "-nostdlib").collect();
            bench.run(&format!("{compiler} {} {} -c {name} -o {object}", options.join(" "), self.options));
            objects = objects + " " + &object;
        }
        let relocations = if evidence == Evidence::Relocations { "-Wl,--emit-relocs" } else { "" };
        let compiler = self.compiler("gcc");
        let (options, libraries) = (self.options, self.libraries);
        bench.run(&format!("{compiler} {BARE} {options} {relocations} -T chip.ld -Wl,-Map=a.map {objects} -o a.elf {libraries}"));
        Image {
            elf: bench.read("a.elf"),
            map: (evidence == Evidence::Map).then(|| LinkerMap::parse(&bench.read("a.map")).unwrap()),
            regions: regions(&script_memory(&script).unwrap()),
        }
    }
}

/// Tells a story for each chip whose compiler is here.
pub fn for_chips(what: &str, story: impl Fn(Chip)) {
    for chip in [ARM, RISCV] {
        if chip.is_here(what) {
            story(chip);
        }
    }
}

/// What is known beside an image's symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    Symbols,
    Map,
    Relocations,
}

pub const ALL_EVIDENCE: [Evidence; 3] = [Evidence::Symbols, Evidence::Map, Evidence::Relocations];

/// A program of the machine this runs on: commands, the last of which makes `a.elf`.
pub fn hosted(files: &[(&str, &str)], commands: &[&str]) -> Image {
    let bench = Workbench::new("changes-host");
    for (name, text) in files {
        bench.write(name, text);
    }
    for command in commands {
        bench.run(command);
    }
    Image { elf: bench.read("a.elf"), map: None, regions: vec![region("all", RegionKind::Flash, 0, 1 << 47)] }
}

/// What two images are to each other.
pub struct Told {
    base: Ledger,
    head: Ledger,
    pub regions: Vec<RegionDelta>,
}

/// Weighs both, compares and explains all. That all adds up is checked here for every story.
pub fn told(base: &Image, head: &Image) -> Told {
    let (base, head) = (base.ledger(), head.ledger());
    let mut regions = region_deltas(&base, &head);
    for region in &regions {
        let parts: i64 = region.rows.iter().map(bytes).sum();
        assert_eq!(parts, units::delta(region.base_bytes, region.head_bytes), "{}", region.name);
    }
    explain(&base, &head, &mut regions, usize::MAX);
    Told { base, head, regions }
}

/// How many bytes more.
pub fn bytes(row: &RowDelta) -> i64 {
    units::delta(row.base_bytes, row.head_bytes)
}

impl Told {
    /// All rows but padding, a line each: `flash: +12 "hello-owner" of greet added`.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        for region in &self.regions {
            for row in region.rows.iter().filter(|row| row.owner != Owner::Padding) {
                let word = match &row.change {
                    Change::Renamed { from } => format!("was {from}"),
                    Change::Moved { from } => format!("moved from {from}"),
                    Change::Copies { base, head } => format!("{base} → {head} copies"),
                    other => format!("{other:?}").to_lowercase(),
                };
                let of = row.of.as_ref().map_or(String::new(), |of| format!(" of {of}"));
                lines += &format!("{}: {:+} {}{of} {word}\n", region.name, bytes(row), row.name);
            }
        }
        lines
    }

    /// The rows but padding are these and no others, in whatever order.
    #[track_caller]
    pub fn is(&self, what: impl std::fmt::Debug, want: &[&str]) {
        let lines = self.lines();
        let (mut got, mut want): (Vec<&str>, Vec<&str>) = (lines.lines().collect(), want.to_vec());
        got.sort_unstable();
        want.sort_unstable();
        assert_eq!(got, want, "{what:?}");
    }

    pub fn row(&self, name: &str) -> &RowDelta {
        let found = self.regions.iter().flat_map(|r| &r.rows).find(|row| row.name == name);
        found.unwrap_or_else(|| panic!("no row {name}:\n{}", self.lines()))
    }

    /// Bytes of padding more in a region.
    pub fn padding(&self, region: &str) -> i64 {
        self.region(region).rows.iter().filter(|row| row.owner == Owner::Padding).map(bytes).sum()
    }

    pub fn region(&self, name: &str) -> &RegionDelta {
        self.regions.iter().find(|r| r.name.as_str() == name).unwrap()
    }

    /// A node of the tree of a region, by its path.
    pub fn node(&self, region: &str, by: By, path: &[&str]) -> DeltaNode {
        let ledger = |ledger: &Ledger| ledger.regions.iter().find(|r| r.name.as_str() == region).unwrap().clone();
        let mut node = tree_delta(&ledger(&self.base), &ledger(&self.head), by);
        for name in path {
            let names: Vec<String> = node.children.iter().map(|child| child.name.clone()).collect();
            let found = node.children.into_iter().find(|child| child.name == *name);
            node = found.unwrap_or_else(|| panic!("no {name} of {path:?} among {names:?}"));
        }
        node
    }
}
