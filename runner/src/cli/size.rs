//! `ounce size`: the ledger of one ELF, or the difference of two. Nothing is built and nothing is run.

use super::{End, Format, local_manifest, print, terminal};
use crate::image::{Image, linker_map};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use ounce_analysis::comparison::RegionDelta;
use ounce_analysis::dwarf::{self, DebugInfo, SourceRow};
use ounce_analysis::image::BinaryImage;
use ounce_analysis::linker::{self, LinkerMap};
use ounce_analysis::{Weighing, stack, tree, why};
use ounce_protocol::ids::RegionName;
use ounce_protocol::manifest::{Manifest, Region};
use ounce_protocol::measurement::{Ledger, RegionKind};
use ounce_protocol::units::grouped;
use ounce_protocol::{BoardName, ImageId};
use ounce_report::{DeltaPage, Difference, SizePage};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Who owns each byte of an ELF: symbols first, the remainder said. Regions come from a board of ounce.toml or from --region.
#[derive(Debug, Args)]
pub struct Size {
    /// The image
    elf: PathBuf,
    /// A second image: what changed from the first to it
    head: Option<PathBuf>,
    /// The board of ounce.toml whose memory it is for [default: the board whose `elf` this is, or the only one]
    #[arg(long, value_name = "NAME", conflicts_with = "region")]
    board: Option<BoardName>,
    /// A memory region, instead of a board's: flash:FLASH:0x08000000:1M (repeat it)
    #[arg(long, value_name = "NAME:KIND:START:SIZE", value_parser = parse_region)]
    region: Vec<Region>,
    /// Rows shown of each region
    #[arg(long, default_value_t = 20, value_name = "N")]
    top: usize,
    /// The linker's map of the image, and of the second one [default: the board's `map`, where the image is the board's `elf`]
    #[arg(long, value_name = "FILE")]
    map: Vec<PathBuf>,
    /// A linker script whose MEMORY is the memory, instead of a board's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["board", "region"])]
    memory: Option<PathBuf>,
    /// By symbols alone, without reading code: the quickest, with more bytes unattributed
    #[arg(long)]
    symbols_only: bool,
    /// What the rows are grouped by
    #[arg(long, value_enum, default_value_t = By::Crate, conflicts_with = "csv")]
    by: By,
    /// The worst case of the stack along calls instead, by the frames that the compiler states (-Z emit-stack-sizes, -fstack-size-section)
    #[arg(long, conflicts_with_all = ["csv", "html", "by", "head", "symbols_only"])]
    stack: bool,
    /// With --stack: GCC's .su files, for frames the image does not state (repeat it)
    #[arg(long, value_name = "FILE", requires = "stack")]
    su: Vec<PathBuf>,
    /// With --stack: begin at this function, not at reset, interrupts and what nothing calls (repeat it)
    #[arg(long, value_name = "FUNCTION", requires = "stack")]
    from: Vec<String>,
    #[command(flatten)]
    format: Format,
    /// Print CSV, a line each row (its columns are in docs/interfaces.md)
    #[arg(long, conflicts_with_all = ["json", "markdown", "html"])]
    csv: bool,
    /// Write a page to look at in a browser, one file that needs no other
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "markdown"])]
    html: Option<PathBuf>,
}

/// What rows can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// The crate, C or C++
    Crate,
    /// The object file, where a linker's map says it
    Object,
    /// The section
    Section,
    /// The generic function, its instances together
    Generic,
    /// The source file and line, by the debug information
    Source,
}

impl By {
    /// The hierarchy; none for lines of source, which are no rows.
    fn tree(self) -> Option<tree::By> {
        Some(match self {
            By::Crate => tree::By::Crate,
            By::Object => tree::By::Object,
            By::Section => tree::By::Section,
            By::Generic => tree::By::Generic,
            By::Source => return None,
        })
    }
}

/// What `ounce size --json` prints.
#[derive(Debug, Serialize)]
struct Output<'a> {
    schema: u32,
    #[serde(flatten)]
    ledger: &'a Ledger,
}

/// What `ounce size --by source --json` prints.
#[derive(Debug, Serialize)]
struct SourceOutput<'a> {
    schema: u32,
    files: &'a [String],
    lines: &'a [SourceRow],
}

/// What `ounce size --stack --json` prints.
#[derive(Debug, Serialize)]
struct StackOutput<'a> {
    schema: u32,
    #[serde(flatten)]
    report: &'a stack::StackReport,
}

/// What `ounce size --json` prints of two images.
#[derive(Debug, Serialize)]
struct DeltaOutput<'a> {
    schema: u32,
    base: &'a ImageId,
    head: &'a ImageId,
    regions: &'a [RegionDelta],
}

impl Size {
    /// Runs it.
    ///
    /// # Errors
    /// Where a file is no ELF, or its memory is not known.
    pub async fn run(self) -> Result<End> {
        if self.stack {
            return self.stack().map(|()| End::Fine);
        }
        if self.format.json && !matches!(self.by, By::Crate | By::Source) {
            bail!("JSON has every row with all it could be grouped by: leave --by out, or --json");
        }
        let Some(by) = self.by.tree() else { return self.source().map(|()| End::Fine) };
        let memory = self.find_memory().await?;
        let map = |at: usize| self.map.get(at).map(|file| linker_map(file)).transpose();
        let (map, head_map) = (map(0)?, map(1)?);
        let map = map.or(memory.map);
        let base = Image::open(&self.elf)?;
        match &self.head {
            None => self.one(&base, self.weighing(&base, &memory.regions, map.as_ref(), false), by)?,
            Some(file) => {
                let head = Image::open(file)?;
                let base = self.weigh(&self.elf, &base, &memory.regions, map.as_ref(), true)?;
                let head = self.weigh(file, &head, &memory.regions, head_map.as_ref(), true)?;
                self.two(&base, &head, file, by)?;
            }
        }
        Ok(End::Fine)
    }

    fn weigh(&self, file: &Path, image: &Image, regions: &[Region], map: Option<&LinkerMap>, explained: bool) -> Result<Ledger> {
        self.weighing(image, regions, map, explained).ledger().with_context(|| cannot_be_weighed(file))
    }

    fn weighing<'w>(&self, image: &'w Image, regions: &'w [Region], map: Option<&'w LinkerMap>, explained: bool) -> Weighing<'w> {
        let weighing = Weighing::of(image.bytes(), regions).map(map);
        match (self.symbols_only, explained) {
            (true, _) => weighing.by_symbols_only(),
            (_, true) => weighing.anatomy(),
            _ => weighing,
        }
    }

    /// Bytes of code by source file and line.
    fn source(&self) -> Result<()> {
        if self.head.is_some() || self.html.is_some() {
            bail!("--by source is told of one image, as a table or as JSON");
        }
        let image = Image::open(&self.elf)?;
        let cannot = || cannot_be_weighed(&self.elf);
        let code = ounce_analysis::code_ranges(image.bytes()).with_context(cannot)?;
        let Some(info) = DebugInfo::read(image.bytes()).with_context(cannot)? else {
            bail!(
                "{} has no debug information: build it with -g (Cargo: debug = true in the profile), it is not loaded",
                self.elf.display()
            );
        };
        let rows = dwarf::by_source(&info, code);
        let (width, colour) = terminal();
        print(&match (self.format.json, self.format.markdown) {
            (true, _) => serde_json::to_string_pretty(&SourceOutput { schema: 1, files: info.files(), lines: &rows })?,
            (_, true) => ounce_report::source_markdown(info.files(), &rows, self.top),
            _ => ounce_report::source_terminal(info.files(), &rows, self.top, width, colour),
        })
    }

    /// The worst case of the stack.
    fn stack(&self) -> Result<()> {
        let image = Image::open(&self.elf)?;
        // The calls are the same in whatever region code lies.
        let everywhere = Region { name: RegionName::parse("all").expect("a name"), kind: RegionKind::Flash, start: 0, size: u64::MAX };
        let ledger = self.weigh(&self.elf, &image, &[everywhere], None, true)?;
        let mut anatomy = ledger.anatomy.context("an anatomy was asked for")?;
        let mut entries = Vec::new();
        for file in &self.su {
            let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            entries.extend(stack::parse_su(&text).entries);
        }
        let assigned = stack::assign(&mut anatomy, &entries);
        if anatomy.parts.iter().all(|part| part.frame_bytes.is_none()) {
            bail!(
                "{} states no stack frames: build with -Z emit-stack-sizes (rustc) or -fstack-size-section (clang), or give GCC's files of -fstack-usage with --su",
                self.elf.display()
            );
        }
        let from: Vec<&str> = self.from.iter().map(String::as_str).collect();
        let report = stack::worst_case_with(&anatomy, &from, &assigned.dynamic);
        let (width, colour) = terminal();
        print(&match (self.format.json, self.format.markdown) {
            (true, _) => serde_json::to_string_pretty(&StackOutput { schema: 1, report: &report })?,
            (_, true) => ounce_report::stack_markdown(&report, self.top),
            _ => ounce_report::stack_terminal(&report, self.top, width, colour),
        })
    }

    fn one(&self, image: &Image, weighing: Weighing<'_>, by: tree::By) -> Result<()> {
        let cannot = || cannot_be_weighed(&self.elf);
        if let Some(file) = &self.html {
            let (title, ledger) = (file_name(&self.elf), weighing.ledger().with_context(cannot)?);
            return write(file, &ounce_report::size_html(&SizePage { title: &title, ledger: &ledger, by }));
        }
        if self.format.json {
            let ledger = weighing.ledger().with_context(cannot)?;
            return print(&serde_json::to_string_pretty(&Output { schema: 1, ledger: &ledger })?);
        }
        if self.csv {
            return print(&ounce_report::size_csv(&weighing.ledger().with_context(cannot)?));
        }
        let summary = weighing.summary(by, self.top).with_context(cannot)?;
        if self.format.markdown {
            return print(&ounce_report::size_markdown(&summary, by, self.top));
        }
        let (width, colour) = terminal();
        let table = ounce_report::size_terminal(&summary, by, self.top, width, colour);
        print(&format!("{table}\n{}\n", as_one_file(&ounce_analysis::image::binary(image.bytes())?)))
    }

    fn two(&self, base: &Ledger, head: &Ledger, head_file: &Path, by: tree::By) -> Result<()> {
        let mut regions = ounce_analysis::delta::region_deltas(base, head);
        why::explain(base, head, &mut regions, why::EXPLAINED_ROWS);
        let difference = Difference { base, head, regions: &regions, by };
        let (width, colour) = terminal();
        if let Some(file) = &self.html {
            let title = format!("{} → {}", file_name(&self.elf), file_name(head_file));
            return write(file, &ounce_report::delta_html(&DeltaPage { title: &title, difference }));
        }
        print(&match (self.format.json, self.format.markdown, self.csv) {
            (true, ..) => {
                serde_json::to_string_pretty(&DeltaOutput { schema: 1, base: &base.image, head: &head.image, regions: &regions })?
            }
            (_, true, _) => ounce_report::delta_markdown(&difference, self.top),
            (.., true) => ounce_report::delta_csv(&regions),
            _ => ounce_report::delta_terminal(&difference, self.top, width, colour),
        })
    }

    async fn find_memory(&self) -> Result<Memory> {
        if !self.region.is_empty() {
            return Ok(Memory { regions: self.region.clone(), map: None });
        }
        if let Some(script) = &self.memory {
            let text = std::fs::read_to_string(script).with_context(|| format!("{} cannot be read", script.display()))?;
            let memory = linker::script_memory(&text).with_context(|| format!("{} is not read as a linker script", script.display()))?;
            return found(linker::regions(&memory), script);
        }
        match self.board_memory().await {
            Ok(memory) => Ok(memory),
            // Without a manifest the map may say it.
            Err(no_board) => match self.map.first().filter(|_| self.board.is_none()) {
                Some(file) => found(linker::regions(&linker_map(file)?.memory), file),
                None => Err(no_board),
            },
        }
    }

    async fn board_memory(&self) -> Result<Memory> {
        let how = "name the board with --board, or its memory with --region flash:flash:0x0:256K or --memory SCRIPT";
        let (repo, manifest) = local_manifest().await.with_context(|| format!("whose memory is it? {how}"))?;
        let name = match &self.board {
            Some(name) => name.clone(),
            None => {
                board_of(&self.elf, &repo.root, &manifest).with_context(|| format!("which board is {} for? {how}", self.elf.display()))?
            }
        };
        let board = manifest.board(&name)?;
        let is_its = |file: &Path| self.elf.canonicalize().ok().is_some_and(|elf| file.canonicalize().is_ok_and(|its| its == elf));
        let map = board.map.as_ref().map(|map| repo.root.join(map.as_str())).filter(|map| map.is_file());
        let map =
            map.filter(|_| self.map.is_empty() && is_its(&repo.root.join(board.elf.as_str()))).map(|map| linker_map(&map)).transpose()?;
        Ok(Memory { regions: board.regions.clone(), map })
    }
}

/// Where an image's bytes may lie, and the map that comes with that.
struct Memory {
    regions: Vec<Region>,
    map: Option<LinkerMap>,
}

/// The regions of a script or a map.
fn found(regions: Vec<Region>, file: &Path) -> Result<Memory> {
    if regions.is_empty() {
        bail!("{} states no memory: name it with --region flash:flash:0x0:256K", file.display());
    }
    Ok(Memory { regions, map: None })
}

/// What an image is as one flat file.
fn as_one_file(binary: &BinaryImage) -> String {
    let fill = if binary.fill_bytes == 0 { "no fill".to_owned() } else { format!("{} B of it fill", grouped(binary.fill_bytes)) };
    format!("As one file (objcopy -O binary): {} B from {:#x}, {fill}.", grouped(binary.length), binary.start)
}

fn cannot_be_weighed(file: &Path) -> String {
    format!("{} cannot be weighed", file.display())
}

/// A file's name without its folder, which is nobody's business who gets the page.
fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn board_of(elf: &Path, root: &Path, manifest: &Manifest) -> Option<BoardName> {
    let real = elf.canonicalize().ok()?;
    let named = manifest.boards.iter().find(|(_, board)| root.join(board.elf.as_str()).canonicalize().is_ok_and(|p| p == real));
    let only = || (manifest.boards.len() == 1).then(|| manifest.boards.iter().next()).flatten();
    named.or_else(only).map(|(name, _)| name.clone())
}

/// Writes a page and says where it is.
fn write(file: &Path, page: &str) -> Result<()> {
    std::fs::write(file, page).with_context(|| format!("{} cannot be written", file.display()))?;
    eprintln!("{}: {} bytes, to be opened in a browser", file.display(), grouped(page.len() as u64));
    Ok(())
}

fn parse_region(text: &str) -> Result<Region, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let [name, kind, start, size] = parts[..] else { return Err("give NAME:KIND:START:SIZE, such as flash:flash:0x0:256K".into()) };
    let kind = match kind {
        "flash" => RegionKind::Flash,
        "ram" => RegionKind::Ram,
        other => return Err(format!("{other:?} is no kind of memory: flash or ram")),
    };
    let start = match start.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => start.parse(),
    }
    .map_err(|_| format!("{start:?} is no address"))?;
    let size = ounce_protocol::manifest::parse_size(size)?;
    Ok(Region { name: RegionName::parse(name).map_err(|e| e.to_string())?, kind, start, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_read_from_the_command_line() {
        let region = parse_region("flash:flash:0x08000000:1M").unwrap();
        assert_eq!((region.start, region.size, region.kind), (0x0800_0000, 1 << 20, RegionKind::Flash));
        let check = |text: &str, says: &str| assert!(parse_region(text).unwrap_err().contains(says), "{text}");
        check("flash", "NAME:KIND:START:SIZE");
        check("x:rom:0:1K", "no kind of memory");
        check("x:ram:zero:1K", "no address");
        check("x:ram:0:1Q", "K or M");
        check("a b:ram:0:1K", "not a valid region name");
    }
}
