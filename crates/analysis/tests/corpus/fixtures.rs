//! The images of the corpus: what each is made of and what of it is known beside the file.

use super::workbench::{Workbench, firmware, installed, links};
use ounce_analysis::linker::{regions, script_memory};
use ounce_protocol::ids::RegionName;
use ounce_protocol::manifest::{Manifest, Region};
use ounce_protocol::measurement::RegionKind;

/// An image, and what it is weighed by.
pub struct Fixture {
    pub name: String,
    pub elf: Vec<u8>,
    pub map: Option<Vec<u8>>,
    pub regions: Vec<Region>,
    /// What the toolchain's objcopy makes of it; none where it goes by something else than load segments.
    pub flat: Option<Vec<u8>>,
    /// Linked with `--emit-relocs`.
    pub relocations: bool,
}

const ARM: &str = "arm-none-eabi";
const RISCV: &str = "riscv64-unknown-elf";
const M0: &str = "-mcpu=cortex-m0 -mthumb";
const M3: &str = "-mcpu=cortex-m3 -mthumb";
const M4: &str = "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16";
const BARE: &str = "-Os -g -ffreestanding -fcommon -ffunction-sections -fdata-sections -nostdlib -Wl,-n -Wl,--gc-sections";
const METER: &str = "meter.c line.c start.c";

/// How one program is built.
struct Recipe {
    name: &'static str,
    tools: &'static str,
    compiler: &'static str,
    options: String,
    sources: &'static str,
    script: &'static str,
    last: &'static str,
    map: bool,
}

impl Recipe {
    fn meter(name: &'static str, options: &str) -> Self {
        let options = format!("{BARE} {options}");
        Recipe { name, tools: ARM, compiler: "gcc", options, sources: METER, script: "chip.ld", last: "-lgcc", map: true }
    }

    /// The image; none where the machine has not got the tools, which is printed.
    fn made(&self) -> Option<Fixture> {
        let (compiler, objcopy) = (format!("{}-{}", self.tools, self.compiler), format!("{}-objcopy", self.tools));
        if !installed(self.name, &[&compiler, &objcopy]) {
            return None;
        }
        let bench = Workbench::new("corpus");
        for (name, text) in [
            ("meter.c", include_str!("meter.c")),
            ("meter.h", include_str!("meter.h")),
            ("line.c", include_str!("line.c")),
            ("start.c", include_str!("start.c")),
            ("logger.c", include_str!("logger.c")),
            ("shapes.cpp", include_str!("shapes.cpp")),
            ("threads.c", include_str!("threads.c")),
            ("aliases.c", include_str!("aliases.c")),
            ("chip.ld", include_str!("chip.ld")),
            ("ram.ld", include_str!("ram.ld")),
        ] {
            bench.write(name, text);
        }
        // Compiled one by one, as a project does: the map then names the objects.
        let mut objects = String::new();
        for source in self.sources.split(' ') {
            let compiler = if source.ends_with(".c") { format!("{}-gcc", self.tools) } else { compiler.clone() };
            let object = source.replace('.', "_") + ".o";
            let options: Vec<&str> = self.options.split(' ').filter(|o| !o.starts_with("-Wl,") && *o != "-nostdlib").collect();
            bench.run(&format!("{compiler} {} -c {source} -o {object}", options.join(" ")));
            objects = objects + " " + &object;
        }
        bench.run(&format!("{compiler} {} -T {} -Wl,-Map=a.map {objects} -o a.elf {}", self.options, self.script, self.last));
        let elf = bench.read("a.elf");
        let script = if self.script == "ram.ld" { include_str!("ram.ld") } else { include_str!("chip.ld") };
        Some(Fixture {
            name: self.name.to_owned(),
            map: self.map.then(|| bench.read("a.map")),
            regions: regions(&script_memory(script).unwrap()),
            flat: Some(bench.objcopied(&objcopy, &elf)),
            relocations: self.options.contains("--emit-relocs"),
            elf,
        })
    }
}

fn region(name: &str, kind: RegionKind, start: u64, size: u64) -> Region {
    Region { name: RegionName::parse(name).unwrap(), kind, start, size }
}

/// C and C++ for microcontrollers, compiled here.
pub fn compiled() -> Vec<Fixture> {
    let recipes = [
        Recipe { map: false, ..Recipe::meter("C, Cortex-M0", M0) },
        Recipe { map: false, ..Recipe::meter("C, Cortex-M3", M3) },
        Recipe::meter("C, Cortex-M3, map", M3),
        Recipe::meter("C, Cortex-M4F, map", M4),
        Recipe { map: false, ..Recipe::meter("C, Cortex-M4F, -O2", &format!("{M4} -O2")) },
        Recipe { map: false, ..Recipe::meter("C, Cortex-M3, relocations", &format!("{M3} -Wl,--emit-relocs")) },
        Recipe::meter("C, Cortex-M3, link-time optimisation, map", &format!("{M3} -flto")),
        Recipe { tools: RISCV, ..Recipe::meter("C, rv32imac, map", "-march=rv32imac -mabi=ilp32 -nostdinc -msmall-data-limit=0") },
        Recipe {
            tools: RISCV,
            map: false,
            ..Recipe::meter("C, rv32imac, relocations", "-march=rv32imac -mabi=ilp32 -nostdinc -Wl,--emit-relocs")
        },
        Recipe { tools: RISCV, map: false, ..Recipe::meter("C, rv64imac", "-march=rv64imac -mabi=lp64 -mcmodel=medany -nostdinc") },
        Recipe { sources: "threads.c start.c", ..Recipe::meter("C with variables of threads, Cortex-M3, map", &format!("{M3} -mtp=soft")) },
        Recipe { sources: "aliases.c start.c", map: false, ..Recipe::meter("C with aliases, Cortex-M3", M3) },
        Recipe { script: "ram.ld", ..Recipe::meter("C that runs from RAM, Cortex-M0, map", M0) },
        Recipe {
            compiler: "g++",
            sources: "shapes.cpp start.c",
            ..Recipe::meter("C++, Cortex-M3, map", &format!("{M3} -fno-exceptions -fno-rtti -fno-threadsafe-statics"))
        },
    ];
    let mut fixtures: Vec<Fixture> = recipes.iter().filter_map(Recipe::made).collect();

    if links("C with newlib", "arm-none-eabi-gcc", M4) {
        let options = format!("{M4} -Os -g -ffunction-sections -fdata-sections -nostartfiles --specs=nosys.specs -Wl,-n -Wl,--gc-sections");
        let newlib = |name, options, map| Recipe { name, options, sources: "logger.c start.c", last: "-lm", map, ..Recipe::meter("", "") };
        fixtures.extend(newlib("C with newlib, Cortex-M4F, map", options.clone(), true).made());
        fixtures.extend(newlib("C with newlib, Cortex-M4F", options.clone(), false).made());
        fixtures.extend(newlib("C with newlib, Cortex-M4F, relocations", options + " -Wl,--emit-relocs", false).made());
    }
    for fixture in &mut fixtures {
        if fixture.name.contains("from RAM") {
            // It is loaded where it runs: flash is the part of RAM that a loader fills.
            fixture.regions.push(region("loaded", RegionKind::Flash, 0x2000_0000, 32 * 1024));
        }
    }
    if let Some(mut over) = Recipe::meter("C over its region, Cortex-M3, map", M3).made() {
        over.regions[0].size = 2048;
        fixtures.push(over);
    }
    fixtures
}

/// The images of this repository's own boards, as far as they have been built.
pub fn boards() -> Vec<Fixture> {
    let manifest = Manifest::parse(&std::fs::read_to_string(firmware().join("../ounce.toml")).unwrap()).unwrap();
    let mut fixtures = Vec::new();
    for (name, board) in &manifest.boards {
        let root = firmware().join("..");
        let Ok(elf) = std::fs::read(root.join(board.elf.as_str())) else {
            println!("not tried, there is no {} (firmware/build {name} makes it)", board.elf.as_str());
            continue;
        };
        let riscv = elf.get(18..20) == Some(&[243, 0]);
        let objcopy = format!("{}-objcopy", if riscv { RISCV } else { ARM });
        let flat = installed("objcopy of a board's image", &[&objcopy]).then(|| Workbench::new("boards").objcopied(&objcopy, &elf));
        let map = board.map.as_ref().and_then(|map| std::fs::read(root.join(map.as_str())).ok());
        let name = format!("Pyrite on {name}, map");
        fixtures.push(Fixture { name, elf, map, regions: board.regions.clone(), flat, relocations: false });
    }
    fixtures
}

/// Programs of the machine this runs on: large, position-independent, with sections no microcontroller has.
pub fn hosted() -> Vec<Fixture> {
    let everything = || vec![region("all", RegionKind::Flash, 0, 1 << 47)];
    let fixture = |name: String, elf| Fixture { name, elf, map: None, regions: everything(), flat: None, relocations: false };
    let mut fixtures = vec![];
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    if own.starts_with(b"\x7fELF") {
        fixtures.push(fixture("Rust, this test".into(), own));
    } else {
        println!("not tried, this test is no ELF file");
    }
    let libraries = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"].map(|f| format!("{f}/libz.so.1"));
    match libraries.iter().find_map(|path| std::fs::read(path).ok()) {
        Some(elf) => fixtures.push(fixture("C, libz.so.1".into(), elf)),
        None => println!("not tried, there is no libz.so.1"),
    }
    fixtures
}
