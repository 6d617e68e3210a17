//! `ounce size`: the ledger of one ELF, or the difference of two. Nothing is built and nothing is run.

use super::{End, Format, local_manifest, print, terminal};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use ounce_analysis::comparison::RegionDelta;
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
    /// What the rows are grouped by
    #[arg(long, value_enum, default_value_t = By::Crate, conflicts_with_all = ["json", "csv"])]
    by: By,
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
}

impl From<By> for ounce_analysis::tree::By {
    fn from(by: By) -> Self {
        match by {
            By::Crate => Self::Crate,
            By::Object => Self::Object,
            By::Section => Self::Section,
            By::Generic => Self::Generic,
        }
    }
}

/// What `ounce size --json` prints.
#[derive(Debug, Serialize)]
struct Output<'a> {
    schema: u32,
    #[serde(flatten)]
    ledger: &'a Ledger,
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
        let regions = if self.region.is_empty() { self.regions().await? } else { self.region.clone() };
        let base = read(&self.elf, &regions)?;
        match &self.head {
            None => self.one(&base)?,
            Some(head) => self.two(&base, &read(head, &regions)?, head)?,
        }
        Ok(End::Fine)
    }

    fn one(&self, ledger: &Ledger) -> Result<()> {
        let (width, colour) = terminal();
        let by = self.by.into();
        if let Some(file) = &self.html {
            let title = file_name(&self.elf);
            return write(file, &ounce_report::size_html(&SizePage { title: &title, ledger, by }));
        }
        print(&match (self.format.json, self.format.markdown, self.csv) {
            (true, ..) => serde_json::to_string_pretty(&Output { schema: 1, ledger })?,
            (_, true, _) => ounce_report::size_markdown(ledger, by, self.top),
            (.., true) => ounce_report::size_csv(ledger),
            _ => ounce_report::size_terminal(ledger, by, self.top, width, colour),
        })
    }

    fn two(&self, base: &Ledger, head: &Ledger, head_file: &Path) -> Result<()> {
        let regions = ounce_analysis::delta::region_deltas(base, head);
        let difference = Difference { base, head, regions: &regions, by: self.by.into() };
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

    async fn regions(&self) -> Result<Vec<Region>> {
        let how = "name the board with --board, or its memory with --region flash:flash:0x0:256K";
        let (repo, manifest) = local_manifest().await.with_context(|| format!("whose memory is it? {how}"))?;
        let name = match &self.board {
            Some(name) => name.clone(),
            None => {
                board_of(&self.elf, &repo.root, &manifest).with_context(|| format!("which board is {} for? {how}", self.elf.display()))?
            }
        };
        Ok(manifest.board(&name)?.regions.clone())
    }
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

fn read(path: &Path, regions: &[Region]) -> Result<Ledger> {
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    if !file.metadata()?.is_file() {
        bail!("{} is not a file", path.display());
    }
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    ounce_analysis::weigh(&bytes, regions).with_context(|| format!("{} cannot be weighed", path.display()))
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
