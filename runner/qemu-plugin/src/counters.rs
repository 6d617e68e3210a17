//! One counter for each address ever executed, in storage that never moves. It may touch QEMU only through [`Api`].
//!
//! Why one for each address and not for each block: QEMU translates the same code again and again (cut short by a timer,
//! joined differently, once more after a device access), so a block is not a thing that can be counted; an instruction is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::api::{Api, Bank, Insn};

/// Distinct addresses that get a counter of their own. Two megabytes of Thumb code and more; the counters of so many take
/// 8 MiB. Beyond it, instructions share one counter: sums stay exact, the profile does not.
pub const PC_LIMIT: usize = 1 << 20;

/// Counters made at once.
const BANK_LEN: usize = 4096;

/// Slot of the loads: in a tally only, no instruction adds to it here.
pub const LOADS: usize = 0;
/// Slot of the stores, likewise.
pub const STORES: usize = 1;
/// Slot of all instructions at addresses over the limit.
pub const UNLISTED: usize = 2;
/// The first slot of an address. All slots from [`UNLISTED`] on count instructions.
pub const FIRST_PC: usize = 3;

/// Which slot belongs to which address.
struct Slots {
    limit: usize,
    slot_of: HashMap<u64, usize>,
    /// The address of slot `FIRST_PC + index`.
    addresses: Vec<u64>,
}

impl Slots {
    fn new(limit: usize) -> Self {
        Self { limit, slot_of: HashMap::new(), addresses: Vec::new() }
    }

    /// The slot of an address, always the same one; [`UNLISTED`] for a new address over the limit.
    fn slot(&mut self, address: u64) -> usize {
        if let Some(&slot) = self.slot_of.get(&address) {
            return slot;
        }
        if self.addresses.len() >= self.limit {
            return UNLISTED;
        }
        let slot = FIRST_PC + self.addresses.len();
        self.addresses.push(address);
        self.slot_of.insert(address, slot);
        slot
    }

    /// Slots in use.
    fn len(&self) -> usize {
        FIRST_PC + self.addresses.len()
    }
}

/// All counters of a run.
pub struct Counters {
    api: Api,
    slots: Slots,
    banks: Vec<Bank>,
}

impl Counters {
    /// No address counted yet.
    pub fn new(api: Api) -> Self {
        let first = api.new_bank(BANK_LEN);
        Self { api, slots: Slots::new(PC_LIMIT), banks: vec![first] }
    }

    /// Counts the executions of an instruction that is being translated, and gives its slot.
    pub fn count_execution(&mut self, insn: *mut Insn, address: u64) -> usize {
        let slot = self.slots.slot(address);
        while self.banks.len() * BANK_LEN <= slot {
            self.banks.push(self.api.new_bank(BANK_LEN));
        }
        if let Some(bank) = self.banks.get(slot / BANK_LEN) {
            self.api.count_execution(insn, bank, slot % BANK_LEN);
        }
        slot
    }

    /// Writes the value of every slot in use into `tally`, whatever it held before; the accesses are given.
    pub fn read_into(&self, tally: &mut Vec<u64>, (loads, stores): (u64, u64)) {
        tally.clear();
        tally.resize(self.slots.len(), 0);
        for (bank, values) in self.banks.iter().zip(tally.chunks_mut(BANK_LEN)) {
            self.api.read_bank(bank, |cells| add(values, cells));
        }
        for (slot, value) in [(LOADS, loads), (STORES, stores)] {
            if let Some(place) = tally.get_mut(slot) {
                *place = value;
            }
        }
    }

    /// Instructions so far. Cheaper than a tally: it takes no memory.
    pub fn instructions(&self) -> u64 {
        let mut total = 0_u64;
        for (index, bank) in self.banks.iter().enumerate() {
            // LOADS and STORES are slots of the first bank.
            let skipped = if index == 0 { UNLISTED } else { 0 };
            self.api.read_bank(bank, |cells| {
                total = cells.iter().skip(skipped).fold(total, |sum, cell| sum.wrapping_add(cell.load(Ordering::Relaxed)));
            });
        }
        total
    }

    /// The addresses, in the order of their slots from [`FIRST_PC`] on.
    pub fn addresses(&self) -> &[u64] {
        &self.slots.addresses
    }
}

fn add(values: &mut [u64], cells: &[AtomicU64]) {
    for (value, cell) in values.iter_mut().zip(cells) {
        *value = value.wrapping_add(cell.load(Ordering::Relaxed));
    }
}

/// The instructions in a tally.
pub fn instructions(tally: &[u64]) -> u64 {
    tally.iter().skip(UNLISTED).fold(0, |sum, &count| sum.wrapping_add(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_slot() {
        let mut slots = Slots::new(10);
        let (first, second) = (slots.slot(0x100), slots.slot(0x102));
        assert_eq!((first, second), (FIRST_PC, FIRST_PC + 1));
        assert_eq!((slots.slot(0x102), slots.slot(0x100)), (second, first));
        assert_eq!(slots.addresses, [0x100, 0x102]);
    }

    #[test]
    fn over_the_limit_new_addresses_share_a_slot_and_old_ones_keep_theirs() {
        let mut slots = Slots::new(2);
        let known = slots.slot(0x100);
        slots.slot(0x102);
        assert_eq!([slots.slot(0x104), slots.slot(0x106)], [UNLISTED, UNLISTED]);
        assert_eq!(slots.slot(0x100), known);
        assert_eq!(slots.len(), FIRST_PC + 2);
    }

    #[test]
    fn instructions_are_all_slots_but_loads_and_stores() {
        assert_eq!(instructions(&[1000, 2000, 7, 30, 400]), 437);
        assert_eq!(instructions(&[]), 0);
    }
}
