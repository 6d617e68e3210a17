//! `ounce size`: the ledger of one ELF, or the difference of two. Nothing is built and nothing is run.

use super::{End, Format, local_manifest, print, terminal};
use anyhow::{Context, Result, bail};
use clap::Args;
use ounce_analysis::comparison::{Change, RegionDelta};
use ounce_protocol::BoardName;
use ounce_protocol::ids::RegionName;
use ounce_protocol::manifest::{Manifest, Region};
use ounce_protocol::measurement::{Ledger, RegionKind};
use ounce_protocol::units::{delta, grouped, signed};
use serde::Serialize;
use std::fmt::Write as _;
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
    #[command(flatten)]
    format: Format,
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
struct DeltaOutput {
    schema: u32,
    base: ounce_protocol::ImageId,
    head: ounce_protocol::ImageId,
    regions: Vec<RegionDelta>,
}

impl Size {
    /// Runs it.
    ///
    /// # Errors
    /// Where a file is no ELF, or its memory is not known.
    pub async fn run(self) -> Result<End> {
        let regions = if self.region.is_empty() { self.regions().await? } else { self.region.clone() };
        let base = read(&self.elf, &regions)?;
        let Some(head) = &self.head else {
            let (width, colour) = terminal();
            print(&match (self.format.json, self.format.markdown) {
                (true, _) => serde_json::to_string_pretty(&Output { schema: 1, ledger: &base })?,
                (_, true) => ounce_report::size_markdown(&base, self.top),
                _ => ounce_report::size_terminal(&base, self.top, width, colour),
            })?;
            return Ok(End::Fine);
        };
        let head = read(head, &regions)?;
        let regions = ounce_analysis::delta::region_deltas(&base, &head);
        if self.format.json {
            print(&serde_json::to_string_pretty(&DeltaOutput { schema: 1, base: base.image, head: head.image, regions })?)?;
        } else {
            print(&table(&regions, self.top, self.format.markdown))?;
        }
        Ok(End::Fine)
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

/// Regions and their changed rows, for a terminal or as markdown code.
fn table(regions: &[RegionDelta], top: usize, markdown: bool) -> String {
    let mut out = String::new();
    for region in regions {
        let d = delta(region.base_bytes, region.head_bytes);
        let _ = writeln!(out, "{}: {} → {} B ({})", region.name, grouped(region.base_bytes), grouped(region.head_bytes), signed(d));
        for row in region.rows.iter().take(top) {
            let what = match &row.change {
                Change::Added => "added".to_owned(),
                Change::Removed => "removed".to_owned(),
                Change::Grown => "grown".to_owned(),
                Change::Shrunk => "shrunk".to_owned(),
                Change::Renamed { from } => format!("renamed from {}", plain(from)),
                Change::Moved { from } => format!("moved from {}", plain(from)),
                Change::Copies { base, head } => format!("{base} → {head} copies"),
            };
            let _ = writeln!(
                out,
                "  {:>9}  {} ({}; {what})",
                signed(delta(row.base_bytes, row.head_bytes)),
                plain(&row.name),
                plain(&row.group)
            );
        }
        if let Some(rest) = region.rows.get(top..).filter(|rest| !rest.is_empty()) {
            let sum: i64 = rest.iter().map(|row| delta(row.base_bytes, row.head_bytes)).fold(0, i64::saturating_add);
            let _ = writeln!(out, "  {:>9}  {} more rows", signed(sum), rest.len());
        }
    }
    if markdown {
        // Indented code cannot be ended by what a symbol is called.
        out.lines().map(|l| format!("    {l}\n")).collect()
    } else {
        out
    }
}

/// A name from an ELF without control characters.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
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
