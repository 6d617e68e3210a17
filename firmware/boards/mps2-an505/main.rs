//! ARM MPS2 with AN505: the chip, the name and the heap; everything else is in `port` and `chips/mps2`.

#![no_std]
#![no_main]

pyrite_port::board! {
    name: "mps2-an505",
    chip: mps2::An505,
    heap_bytes: 140 * 1024,
}
