//! The ledger of an ELF file in a few lines: `cargo run --release -p ounce-analysis --example weigh -- FILE [MAP]`.
//!
//! Takes all of memory as one region of flash at the load addresses; prints how each byte's owner is known and the largest owners.

use ounce_analysis::Weighing;
use ounce_analysis::linker::LinkerMap;
use ounce_protocol::ids::RegionName;
use ounce_protocol::manifest::Region;
use ounce_protocol::measurement::{Owner, RegionKind};
use std::collections::BTreeMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("which ELF file?")?;
    let map = args.next().map(|map| LinkerMap::parse(&std::fs::read(map)?).map_err(Box::<dyn std::error::Error>::from)).transpose()?;
    let everything = [Region { name: RegionName::parse("loaded")?, kind: RegionKind::Flash, start: 0, size: u64::MAX }];
    let elf = std::fs::read(path)?;
    let ledger = Weighing::of(&elf, &everything).map(map.as_ref()).ledger()?;
    for region in &ledger.regions {
        println!("{}: {} B in {} rows", region.name, region.used_bytes, region.rows.len());
        let mut levels: BTreeMap<Owner, u64> = BTreeMap::new();
        for row in &region.rows {
            *levels.entry(row.owner).or_default() += row.bytes;
        }
        for (owner, bytes) in levels {
            println!("{bytes:>9}  {owner:?}");
        }
        for row in region.rows.iter().take(10) {
            println!("{:>9}  {:?}  {}", row.bytes, row.owner, row.name);
        }
    }
    Ok(())
}
