//! ARM MPS2 with AN500: the chip, the name and the heap; everything else is in `port` and `chips/mps2`.

#![no_std]
#![no_main]

pyrite_port::board! {
    name: "mps2-an500",
    chip: mps2::An500,
    heap_bytes: 140 * 1024,
}
