//! The debug port and its one memory access port, as in ARM's Debug Interface v5.2 (IHI 0031), as far as a debugger of a Cortex-M uses them.

use crate::bus::{Bus, Gone};
use crate::wire::{Ack, Transfer};

/// CTRL/STAT: an access failed; nothing goes through an access port until it is cleared.
const STICKYERR: u32 = 1 << 5;
/// CTRL/STAT: power is wanted (debug, system); the bit above each says that it is there.
const POWER_WANTED: u32 = 1 << 28 | 1 << 30;
/// ABORT: clears STICKYERR.
const STKERRCLR: u32 = 1 << 2;
/// CSW: the width of a transfer, and whether the address grows.
const SIZE: u32 = 0b111;
const INCREMENT: u32 = 0b11 << 4;
/// CSW: always readable as these: the access port is enabled, and the bus protected as a debugger asks.
const DEVICE_EN: u32 = 1 << 6;
/// An address grows within this many bytes, then it wraps.
const WRAP: u32 = 1024;
/// Where the core's table of debug components lies; present, format of a memory access port.
const BASE: u32 = 0xe00f_f003;

/// Who a chip says it is on its wires.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// DPIDR.
    pub dp: u32,
    /// IDR of access port 0.
    pub ap: u32,
}

/// The registers.
#[derive(Debug)]
pub struct Dap {
    identity: Identity,
    select: u32,
    control: u32,
    /// What the latest read of an access port found: it is told with the next transfer.
    posted: u32,
    csw: u32,
    tar: u32,
    /// Ones in a row on the line: fifty of them reset it.
    ones: u32,
}

impl Dap {
    /// As after power-on.
    pub fn new(identity: Identity) -> Dap {
        Dap { identity, select: 0, control: 0, posted: 0, csw: DEVICE_EN | 2, tar: 0, ones: 0 }
    }

    /// Bits on the line. Only a line reset means anything here: whether it speaks SWD is not asked.
    pub fn line(&mut self, bits: u8, value: u32) {
        for bit in 0..bits {
            self.ones = if value >> bit & 1 == 1 { self.ones + 1 } else { 0 };
            if self.ones == 50 {
                self.select = 0;
            }
        }
    }

    /// Transfers one after another. Runs of the same full-word access become one access of the bus: that is what makes flashing quick.
    pub fn transfers(&mut self, transfers: &[Transfer], bus: &mut impl Bus, out: &mut Vec<Ack>) -> Result<(), Gone> {
        let mut rest = transfers;
        while let Some((first, after)) = rest.split_first() {
            let run = self.run(rest);
            if run > 1 {
                let (now, later) = rest.split_at(run);
                self.block(now, bus, out)?;
                rest = later;
            } else {
                out.push(self.transfer(*first, bus)?);
                rest = after;
            }
        }
        Ok(())
    }

    /// An access fails.
    pub fn fail(&mut self) -> Ack {
        self.control |= STICKYERR;
        Ack::Fault
    }

    /// How many of the next transfers read, or write, one full word after the other.
    fn run(&self, transfers: &[Transfer]) -> usize {
        let Some(first) = transfers.first() else { return 0 };
        let is_drw = first.ap && first.address == 0xc && self.select & 0xf0 == 0 && self.select >> 24 == 0;
        let is_plain = self.csw & SIZE == 2 && self.csw & INCREMENT == 0x10 && self.tar & 3 == 0 && self.control & STICKYERR == 0;
        if !is_drw || !is_plain {
            return 1;
        }
        let room = usize::try_from((WRAP - self.tar % WRAP) / 4).unwrap_or(1);
        let same = |t: &&Transfer| t.ap && t.address == 0xc && t.write.is_some() == first.write.is_some();
        transfers.iter().take(room).take_while(same).count()
    }

    fn block(&mut self, transfers: &[Transfer], bus: &mut impl Bus, out: &mut Vec<Ack>) -> Result<(), Gone> {
        let from = self.tar;
        if transfers[0].write.is_some() {
            let words: Vec<u32> = transfers.iter().filter_map(|t| t.write).collect();
            self.sticky(bus.write_words(from, &words)?);
            out.extend(transfers.iter().map(|_| Ack::Ok));
        } else {
            let mut words = vec![0; transfers.len()];
            let is_there = bus.read_words(from, &mut words)?;
            self.sticky(is_there);
            for word in words {
                out.push(Ack::Data(std::mem::replace(&mut self.posted, word)));
            }
        }
        self.grow(u32::try_from(transfers.len()).unwrap_or(0) * 4);
        Ok(())
    }

    fn sticky(&mut self, is_there: bool) {
        if !is_there {
            self.control |= STICKYERR;
        }
    }

    /// The address grows within its block.
    fn grow(&mut self, bytes: u32) {
        self.tar = self.tar / WRAP * WRAP + (self.tar % WRAP + bytes) % WRAP;
    }

    fn transfer(&mut self, transfer: Transfer, bus: &mut impl Bus) -> Result<Ack, Gone> {
        match (transfer.ap, transfer.write) {
            (false, None) => Ok(self.read_dp(transfer.address)),
            (false, Some(value)) => Ok(self.write_dp(transfer.address, value)),
            (true, _) if self.control & STICKYERR != 0 => Ok(Ack::Fault),
            (true, None) => {
                let found = self.read_ap(transfer.address, bus)?;
                Ok(Ack::Data(std::mem::replace(&mut self.posted, found)))
            }
            (true, Some(value)) => {
                self.write_ap(transfer.address, value, bus)?;
                Ok(Ack::Ok)
            }
        }
    }

    fn read_dp(&mut self, address: u8) -> Ack {
        match (address, self.select & 0xf) {
            (0x0, _) => Ack::Data(self.identity.dp),
            // Power is there as soon as it is wanted.
            (0x4, 0) => Ack::Data(self.control | (self.control & POWER_WANTED) << 1),
            (0xc, _) if self.control & STICKYERR != 0 => Ack::Fault,
            (0x8 | 0xc, _) => Ack::Data(self.posted),
            _ => Ack::Data(0),
        }
    }

    fn write_dp(&mut self, address: u8, value: u32) -> Ack {
        match (address, self.select & 0xf) {
            (0x0, _) if value & STKERRCLR != 0 => self.control &= !STICKYERR,
            (0x4, 0) => self.control = self.control & STICKYERR | value & POWER_WANTED,
            (0x8, _) => self.select = value,
            _ => {}
        }
        Ack::Ok
    }

    /// The register's address within the access port.
    fn register(&self, address: u8) -> Option<u32> {
        (self.select >> 24 == 0).then_some(self.select & 0xf0 | u32::from(address))
    }

    fn read_ap(&mut self, address: u8, bus: &mut impl Bus) -> Result<u32, Gone> {
        Ok(match self.register(address) {
            Some(0x00) => self.csw,
            Some(0x04) => self.tar,
            Some(0x0c) => {
                let found = self.read_sized(bus)?;
                self.grown();
                found
            }
            Some(bank @ 0x10..=0x1c) => {
                let mut word = [0];
                let is_there = bus.read_words(self.tar & !0xf | bank & 0xc, &mut word)?;
                self.sticky(is_there);
                word[0]
            }
            Some(0xf8) => BASE,
            Some(0xfc) => self.identity.ap,
            _ => 0,
        })
    }

    fn write_ap(&mut self, address: u8, value: u32, bus: &mut impl Bus) -> Result<(), Gone> {
        match self.register(address) {
            // Only the three plain widths, and growth by one access: the others are optional, and a debugger asks.
            Some(0x00) => {
                let size = if value & SIZE > 2 { 2 } else { value & SIZE };
                let increment = if value & INCREMENT == 0x20 { 0 } else { value & INCREMENT };
                self.csw = value & !(SIZE | INCREMENT) | size | increment | DEVICE_EN;
            }
            Some(0x04) => self.tar = value,
            Some(0x0c) => {
                self.write_sized(value, bus)?;
                self.grown();
            }
            Some(bank @ 0x10..=0x1c) => {
                let is_there = bus.write_words(self.tar & !0xf | bank & 0xc, &[value])?;
                self.sticky(is_there);
            }
            _ => {}
        }
        Ok(())
    }

    fn grown(&mut self) {
        if self.csw & INCREMENT != 0 {
            self.grow(1 << (self.csw & SIZE));
        }
    }

    /// Bytes lie in a word where their address says.
    fn read_sized(&mut self, bus: &mut impl Bus) -> Result<u32, Gone> {
        let lane = (self.tar & 3) * 8;
        let (found, is_there) = match self.csw & SIZE {
            0 => bus.read_byte(self.tar)?.map_or((0, false), |byte| (u32::from(byte) << lane, true)),
            1 => bus.read_half(self.tar & !1)?.map_or((0, false), |half| (u32::from(half) << (lane & 16), true)),
            _ => {
                let mut word = [0];
                let is_there = bus.read_words(self.tar & !3, &mut word)?;
                (word[0], is_there)
            }
        };
        self.sticky(is_there);
        Ok(found)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lane is cut out of the word")]
    fn write_sized(&mut self, value: u32, bus: &mut impl Bus) -> Result<(), Gone> {
        let lane = (self.tar & 3) * 8;
        let is_there = match self.csw & SIZE {
            0 => bus.write_byte(self.tar, (value >> lane) as u8)?,
            1 => bus.write_half(self.tar & !1, (value >> (lane & 16)) as u16)?,
            _ => bus.write_words(self.tar & !3, &[value])?,
        };
        self.sticky(is_there);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 words from 0x2000_0000.
    struct Words([u32; 64], Vec<String>);

    impl Words {
        fn at(address: u32) -> Option<usize> {
            let at = usize::try_from(address.checked_sub(0x2000_0000)? / 4).ok()?;
            (at < 64).then_some(at)
        }
    }

    impl Bus for Words {
        fn read_words(&mut self, address: u32, words: &mut [u32]) -> Result<bool, Gone> {
            self.1.push(format!("read {}", words.len()));
            for (n, word) in (0..).zip(words) {
                let Some(at) = Words::at(address + n * 4) else { return Ok(false) };
                *word = self.0[at];
            }
            Ok(true)
        }
        fn write_words(&mut self, address: u32, words: &[u32]) -> Result<bool, Gone> {
            self.1.push(format!("write {}", words.len()));
            for (n, word) in (0..).zip(words) {
                let Some(at) = Words::at(address + n * 4) else { return Ok(false) };
                self.0[at] = *word;
            }
            Ok(true)
        }
        fn read_byte(&mut self, address: u32) -> Result<Option<u8>, Gone> {
            Ok(Words::at(address).map(|at| self.0[at].to_le_bytes()[(address & 3) as usize]))
        }
        fn read_half(&mut self, address: u32) -> Result<Option<u16>, Gone> {
            Ok(Words::at(address).map(|at| (self.0[at] >> (8 * (address & 2))) as u16))
        }
        fn write_byte(&mut self, address: u32, value: u8) -> Result<bool, Gone> {
            let Some(at) = Words::at(address) else { return Ok(false) };
            let mut bytes = self.0[at].to_le_bytes();
            bytes[(address & 3) as usize] = value;
            self.0[at] = u32::from_le_bytes(bytes);
            Ok(true)
        }
        fn write_half(&mut self, address: u32, value: u16) -> Result<bool, Gone> {
            Ok(self.write_byte(address, value as u8)? && self.write_byte(address + 1, (value >> 8) as u8)?)
        }
    }

    fn ap(address: u8, write: Option<u32>) -> Transfer {
        Transfer { ap: true, address, write }
    }

    fn dp(address: u8, write: Option<u32>) -> Transfer {
        Transfer { ap: false, address, write }
    }

    fn play(transfers: &[Transfer]) -> (Vec<Ack>, Words) {
        let mut bus = Words([0; 64], Vec::new());
        let mut dap = Dap::new(Identity { dp: 0x0bb1_1477, ap: 0x0477_0021 });
        let mut acks = Vec::new();
        dap.transfers(transfers, &mut bus, &mut acks).unwrap();
        (acks, bus)
    }

    #[test]
    fn a_read_is_told_with_the_next_transfer() {
        let (acks, _) = play(&[dp(8, Some(0xf0)), ap(0xc, None), ap(8, None), dp(0xc, None)]);
        assert_eq!(acks, [Ack::Ok, Ack::Data(0), Ack::Data(0x0477_0021), Ack::Data(BASE)]);
    }

    #[test]
    fn power_is_there_when_it_is_wanted() {
        let (acks, _) = play(&[dp(4, Some(0x5000_0000)), dp(4, None), dp(4, Some(0x1000_0000)), dp(4, None)]);
        assert_eq!(acks, [Ack::Ok, Ack::Data(0xf000_0000), Ack::Ok, Ack::Data(0x3000_0000)]);
    }

    #[test]
    fn words_in_a_row_are_one_access_of_the_bus() {
        let mut transfers = vec![ap(0, Some(0x2300_0012)), ap(4, Some(0x2000_0000))];
        transfers.extend((0..16).map(|n| ap(0xc, Some(n + 100))));
        transfers.push(ap(4, Some(0x2000_0000)));
        transfers.extend((0..16).map(|_| ap(0xc, None)));
        transfers.push(dp(0xc, None));
        let (acks, bus) = play(&transfers);
        assert_eq!(bus.1, ["write 16", "read 16"]);
        let read: Vec<Ack> = (0..16).map(|n| Ack::Data(n + 100)).collect();
        assert_eq!(acks[acks.len() - 16..], read, "each is told one later, the last by RDBUFF");
    }

    #[test]
    fn an_address_wraps_in_its_kilobyte() {
        let mut dap = Dap::new(Identity { dp: 0, ap: 0 });
        let mut bus = Words([0; 64], Vec::new());
        let mut acks = Vec::new();
        let begin = [ap(0, Some(0x2300_0012)), ap(4, Some(0x2000_03f8)), ap(0xc, Some(1)), ap(0xc, Some(2)), ap(0xc, Some(3))];
        dap.transfers(&begin[..2], &mut bus, &mut acks).unwrap();
        assert_eq!(dap.run(&begin[2..]), 2, "no access goes over the border");
        dap.grow(8);
        assert_eq!(dap.tar, 0x2000_0000);
    }

    #[test]
    fn bytes_lie_in_their_lanes() {
        let (acks, bus) = play(&[
            ap(0, Some(0x2300_0010)),
            ap(4, Some(0x2000_0001)),
            ap(0xc, Some(0x0000_ab00)),
            ap(0xc, Some(0x00cd_0000)),
            ap(4, Some(0x2000_0002)),
            ap(0xc, None),
            dp(0xc, None),
        ]);
        assert_eq!(bus.0[0], 0x00cd_ab00);
        assert_eq!(acks[6], Ack::Data(0x00cd_0000));
    }

    #[test]
    fn after_a_failed_access_nothing_goes_through_until_it_is_cleared() {
        let (acks, _) = play(&[
            ap(4, Some(0x1000_0000)),
            ap(0xc, None),
            ap(4, Some(0x2000_0000)),
            dp(0xc, None),
            dp(4, None),
            dp(0, Some(STKERRCLR)),
            ap(4, Some(0x2000_0000)),
        ]);
        assert_eq!(acks[2..], [Ack::Fault, Ack::Fault, Ack::Data(STICKYERR), Ack::Ok, Ack::Ok]);
    }
}
