//! Flash holds the image when this is done, and no more of it was written than differed.

use super::attach::chain;
use super::child::{Child, Stopped};
use super::segments::Piece;
use super::talk::{Event, Stage};
use probe_rs::flashing::{DownloadOptions, FlashProgress, ProgressEvent, ProgressOperation};
use probe_rs::{MemoryInterface, Session};

/// What is compared, and programmed where it differs, bytes. A loader erases whole sectors and puts back what else was in them.
const BLOCK_BYTES: usize = 1024;
/// What is read at once, after a sign of life: half a second at the slowest clock of a ladder.
const READ_BYTES: usize = 4 * 1024;
/// Progress is told when this many bytes more are done.
const TOLD_BYTES: u64 = 16 * 1024;

/// Reads what is there, writes what differs, reads again: what is then in flash is what is given back.
pub fn bring(session: &mut Session, pieces: &[Piece], child: &Child) -> Result<Vec<Vec<u8>>, Stopped> {
    let there = read(session, pieces, Stage::Compare, child)?;
    let changed: Vec<(u64, &[u8])> = pieces.iter().zip(&there).flat_map(|(piece, there)| differing(piece, there)).collect();
    let sum = |lengths: &mut dyn Iterator<Item = usize>| lengths.map(|n| u64::try_from(n).unwrap_or(u64::MAX)).sum();
    child.say(&Event::Compared {
        bytes: sum(&mut pieces.iter().map(|piece| piece.bytes.len())),
        changed_bytes: sum(&mut changed.iter().map(|(_, bytes)| bytes.len())),
    });
    if changed.is_empty() {
        return Ok(there);
    }
    child.enter(Stage::Flash);
    write(session, &changed, child)?;
    let there = read(session, pieces, Stage::Verify, child)?;
    for (piece, there) in pieces.iter().zip(&there) {
        if let Some(at) = piece.bytes.iter().zip(there).position(|(wanted, found)| wanted != found) {
            let address = piece.address.saturating_add(u64::try_from(at).unwrap_or(0));
            let why = format!("{}: {:#04x} at {address:#010x} where {:#04x} was written", piece.name, there[at], piece.bytes[at]);
            return Err(Stopped::failed(Stage::Verify, why));
        }
    }
    Ok(there)
}

fn read(session: &mut Session, pieces: &[Piece], stage: Stage, child: &Child) -> Result<Vec<Vec<u8>>, Stopped> {
    let mut core = session.core(0).map_err(|e| Stopped::failed(stage, chain(&e)))?;
    let mut all = Vec::new();
    for piece in pieces {
        let mut bytes = vec![0; piece.bytes.len()];
        for (part, at) in bytes.chunks_mut(READ_BYTES).zip((piece.address..).step_by(READ_BYTES)) {
            child.enter(stage);
            core.read(at, part).map_err(|e| Stopped::failed(stage, format!("{}: {}", piece.name, chain(&e))))?;
        }
        all.push(bytes);
    }
    Ok(all)
}

/// Erases all flash that the chip has.
pub fn erase_all(session: &mut Session) -> Result<(), Stopped> {
    let failed = |error: &dyn std::error::Error| Stopped::failed(Stage::Erase, chain(error));
    probe_rs::flashing::erase_all(session, &mut FlashProgress::empty(), false).map_err(|e| failed(&e))
}

/// The blocks of a piece that are not there yet; neighbours are one.
fn differing<'a>(piece: &'a Piece, there: &[u8]) -> Vec<(u64, &'a [u8])> {
    let blocks = piece.bytes.chunks(BLOCK_BYTES).zip(there.chunks(BLOCK_BYTES)).enumerate();
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (n, (wanted, _)) in blocks.filter(|(_, (wanted, found))| wanted != found) {
        let (from, to) = (n * BLOCK_BYTES, n * BLOCK_BYTES + wanted.len());
        match runs.last_mut() {
            Some(run) if run.end == from => run.end = to,
            _ => runs.push(from..to),
        }
    }
    let address = |from: usize| piece.address.saturating_add(u64::try_from(from).unwrap_or(u64::MAX));
    runs.into_iter().map(|run| (address(run.start), &piece.bytes[run])).collect()
}

fn write(session: &mut Session, changed: &[(u64, &[u8])], child: &Child) -> Result<(), Stopped> {
    let failed = |error: &dyn std::error::Error| Stopped::failed(Stage::Flash, chain(error));
    let mut loader = session.target().flash_loader();
    for (address, bytes) in changed {
        loader.add_data(*address, bytes).map_err(|e| failed(&e))?;
    }
    let (mut bytes, mut told) = (0, 0);
    let mut options = DownloadOptions::default();
    options.keep_unwritten_bytes = true;
    options.progress = FlashProgress::new(|event| match event {
        ProgressEvent::Started(_) => (bytes, told) = (0, 0),
        ProgressEvent::Progress { operation, size, .. } => {
            child.enter(Stage::Flash);
            bytes += size;
            if bytes >= told + TOLD_BYTES {
                told = bytes;
                child.say(&Event::Flashing { doing: word(operation).into(), bytes });
            }
        }
        _ => {}
    });
    loader.commit(session, options).map_err(|e| failed(&e))
}

fn word(operation: ProgressOperation) -> &'static str {
    match operation {
        ProgressOperation::Fill => "read",
        ProgressOperation::Erase => "erase",
        ProgressOperation::Program => "program",
        ProgressOperation::Verify => "verify",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_that_differ_are_written_and_neighbours_are_one() {
        let piece = Piece { name: "segment 0".into(), address: 0x1000, bytes: vec![7; 5 * BLOCK_BYTES + 10] };
        let check = |wrong: &[usize], runs: &[(u64, usize)]| {
            let mut there = piece.bytes.clone();
            wrong.iter().for_each(|at| there[*at] = 0);
            let found: Vec<(u64, usize)> = differing(&piece, &there).iter().map(|(at, bytes)| (*at, bytes.len())).collect();
            assert_eq!(found, runs, "{wrong:?}");
        };
        check(&[], &[]);
        check(&[0], &[(0x1000, 1024)]);
        check(&[1023, 1024], &[(0x1000, 2048)]);
        check(&[2048, 5 * 1024 + 9], &[(0x1800, 1024), (0x2400, 10)]);
    }
}
