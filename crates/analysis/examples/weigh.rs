//! The ledger of an ELF file in a few lines: `cargo run --release -p ounce-analysis --example weigh -- FILE`.
//!
//! Takes all of memory as one region of flash at the load addresses and prints the ten largest owners.

use ounce_analysis::weigh;
use ounce_protocol::ids::RegionName;
use ounce_protocol::manifest::Region;
use ounce_protocol::measurement::RegionKind;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which ELF file?")?;
    let everything = Region { name: RegionName::parse("loaded")?, kind: RegionKind::Flash, start: 0, size: u64::MAX };
    let ledger = weigh(&std::fs::read(path)?, &[everything])?;
    for region in &ledger.regions {
        println!("{}: {} B in {} rows", region.name, region.used_bytes, region.rows.len());
        for row in region.rows.iter().take(10) {
            println!("{:>9}  {:?}  {}", row.bytes, row.owner, row.name);
        }
    }
    Ok(())
}
