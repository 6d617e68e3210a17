//! A console by RTT: a ring in RAM that a debug probe reads while the core runs (SEGGER's Real Time Transfer, as probe-rs and others read it).
//!
//! It is here for boards whose serial port leads nowhere, and takes 1 KiB of RAM of an image that names it; no other image holds any of it. Where nobody
//! reads, what does not fit is lost after a bounded wait.

use core::marker::PhantomData;
use core::ptr::{addr_of, addr_of_mut, read_volatile, write_volatile};
use core::sync::atomic::{AtomicBool, Ordering};

use crate::Chip;

/// A chip whose console is the ring: everything else is `C`'s.
pub struct Rtt<C>(PhantomData<C>);

/// Bytes of the ring; one of them stays empty.
const RING_BYTES: usize = 1024;
/// A probe reads many times a second; each look takes at least 4 cycles of at most 200 MHz.
const LOOKS_MAX: u32 = 4_000_000;

/// The one channel up, in the order that a reader expects.
#[repr(C)]
struct Channel {
    name: *const u8,
    ring: *mut u8,
    size: u32,
    write: u32,
    read: u32,
    flags: u32,
}

/// What a reader looks for: 16 bytes of identity, how many channels lead up and down, and then these.
#[repr(C)]
struct Block {
    id: [u8; 16],
    up: u32,
    down: u32,
    channel: Channel,
}

const NOTHING: Block = Block {
    id: [0; 16],
    up: 0,
    down: 0,
    channel: Channel { name: core::ptr::null(), ring: core::ptr::null_mut(), size: 0, write: 0, read: 0, flags: 0 },
};

// SAFETY: the name is the one that debuggers look up, and nothing else has it.
#[unsafe(no_mangle)]
static mut _SEGGER_RTT: Block = NOTHING;
/// Nobody read within the wait: the next byte does not wait again.
static IS_UNREAD: AtomicBool = AtomicBool::new(false);
static mut RING: [u8; RING_BYTES] = [0; RING_BYTES];
const NAME: &[u8; 6] = b"ounce\0";
/// Backwards, so that no copy of it in flash is taken for a block.
const ID_BACKWARDS: &[u8; 16] = b"\0\0\0\0\0\0TTR REGGES";

impl<C: Chip> Chip for Rtt<C> {
    fn start() {
        C::start();
        let block = addr_of_mut!(_SEGGER_RTT);
        // SAFETY: one core, and its one interrupt handler does not: nobody else in this image touches the block or the ring. The probe only reads them, and
        // writes `read`.
        unsafe {
            let channel = addr_of_mut!((*block).channel);
            write_volatile(addr_of_mut!((*channel).name), NAME.as_ptr());
            write_volatile(addr_of_mut!((*channel).ring), addr_of_mut!(RING).cast());
            write_volatile(addr_of_mut!((*channel).size), RING_BYTES as u32);
            write_volatile(addr_of_mut!((*channel).write), 0);
            write_volatile(addr_of_mut!((*channel).read), 0);
            write_volatile(addr_of_mut!((*channel).flags), 0);
            write_volatile(addr_of_mut!((*block).down), 0);
            write_volatile(addr_of_mut!((*block).up), 1);
            // The identity comes last: what has it is whole.
            for (at, byte) in ID_BACKWARDS.iter().rev().enumerate() {
                write_volatile(addr_of_mut!((*block).id[at]), *byte);
            }
        }
    }

    fn send(byte: u8) {
        // SAFETY: as in `start`; before it `size` is 0 and nothing is written.
        unsafe {
            let channel = addr_of_mut!(_SEGGER_RTT.channel);
            if read_volatile(addr_of!((*channel).size)) == 0 {
                return;
            }
            let write = read_volatile(addr_of!((*channel).write));
            let next = if write + 1 == RING_BYTES as u32 { 0 } else { write + 1 };
            let looks = if IS_UNREAD.load(Ordering::Relaxed) { 1 } else { LOOKS_MAX };
            let has_room = (0..looks).any(|_| read_volatile(addr_of!((*channel).read)) != next);
            IS_UNREAD.store(!has_room, Ordering::Relaxed);
            if has_room {
                write_volatile(addr_of_mut!(RING[write as usize]), byte);
                write_volatile(addr_of_mut!((*channel).write), next);
            }
        }
    }
}
