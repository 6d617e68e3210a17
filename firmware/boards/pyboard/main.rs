//! Pyboard: the chip, the name and the heap; everything else is in `port` and `chips/stm32f405`.

#![no_std]
#![no_main]

pyrite_port::board! {
    name: "pyboard",
    chip: stm32f405::Stm32f405,
    heap_bytes: 96 * 1024,
}
