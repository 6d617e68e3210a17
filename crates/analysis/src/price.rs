//! What a feature costs: built with it less built without it.

use crate::mean::mean_ppm;
use ounce_protocol::prices::Figures;
use ounce_protocol::units::delta;
use serde::Serialize;

/// A price. Negative is a feature that saves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Price {
    /// Bytes of flash.
    pub flash_bytes: i64,
    /// Bytes of RAM.
    pub ram_bytes: i64,
    /// Geometric mean over the workloads that run in both builds, in parts per million more instructions; none where no workload does.
    pub instructions_ppm: Option<i64>,
}

impl Price {
    /// With it, and without it.
    pub fn of(on: &Figures, off: &Figures) -> Price {
        let pairs = off.instructions.iter().filter_map(|(name, &off)| Some((off, *on.instructions.get(name)?)));
        Price {
            flash_bytes: delta(off.flash_bytes, on.flash_bytes),
            ram_bytes: delta(off.ram_bytes, on.ram_bytes),
            instructions_ppm: mean_ppm(pairs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_with_less_without() {
        let check = |on: (u64, u64, &str), off: (u64, u64, &str), expected: (i64, i64, Option<i64>)| {
            let side = |(flash_bytes, ram_bytes, counts): (u64, u64, &str)| Figures {
                flash_bytes,
                ram_bytes,
                instructions: serde_json::from_str(counts).unwrap(),
            };
            let price = Price::of(&side(on), &side(off));
            assert_eq!((price.flash_bytes, price.ram_bytes, price.instructions_ppm), expected);
        };
        check((900, 64, "{}"), (700, 80, "{}"), (200, -16, None));
        check((1, 1, r#"{"fib":110,"sort":100}"#), (1, 1, r#"{"fib":100,"gc":5}"#), (0, 0, Some(100_000)));
        check((1, 1, r#"{"a":200,"b":50}"#), (1, 1, r#"{"a":100,"b":100}"#), (0, 0, Some(0)));
        check((0, 0, r#"{"a":0}"#), (u64::MAX, 0, r#"{"a":0}"#), (i64::MIN, 0, Some(0)));
    }
}
