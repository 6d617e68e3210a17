//! The C functions of QEMU's plugin interface, both generations behind one set of methods. It may touch nothing but them.
//!
//! Nothing is linked: every function is looked up in the running program by name, because generation 1 (QEMU 4.2 to 8)
//! and generation 2 (QEMU 9 and later) lack each other's functions. The difference that matters is where an inline
//! counter lives: in 1 the plugin owns it and hands over a pointer; from 2 on QEMU owns it, one copy for each virtual
//! processor, and the plugin names it by scoreboard and offset. The signatures are those of QEMU's public
//! `qemu-plugin.h`, interface versions 1 to 5.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::atomic::AtomicU64;

/// A block of translated guest code. Only QEMU looks inside.
#[repr(C)]
pub struct Block {
    opaque: [u8; 0],
}

/// One translated guest instruction, valid during the translation callback. Only QEMU looks inside.
#[repr(C)]
pub struct Insn {
    opaque: [u8; 0],
}

/// Counters that QEMU keeps for each virtual processor. Only QEMU looks inside.
#[repr(C)]
pub struct Scoreboard {
    opaque: [u8; 0],
}

/// `qemu_plugin_u64`: one counter of a scoreboard.
#[repr(C)]
#[derive(Clone, Copy)]
struct Entry {
    score: *mut Scoreboard,
    offset: usize,
}

/// `qemu_info_t`: what QEMU says of itself when it loads a plugin. The union at its end is not needed.
#[repr(C)]
pub struct Info {
    target_name: *const c_char,
    version_min: c_int,
    version_cur: c_int,
    /// Whether a whole machine is emulated, not one program of the host's system.
    pub system_emulation: bool,
}

/// Called when a block has been translated: plugin id, block.
pub type OnTranslate = extern "C" fn(u64, *mut Block);
/// Called before an instruction executes: virtual processor, user data.
pub type OnExecute = extern "C" fn(c_uint, *mut c_void);
/// Called after an instruction's memory access: virtual processor, kind, address, user data.
pub type OnMemory = extern "C" fn(c_uint, u32, u64, *mut c_void);
/// Called when QEMU ends: plugin id, user data.
pub type OnExit = extern "C" fn(u64, *mut c_void);

/// `QEMU_PLUGIN_CB_NO_REGS`: a callback reads no registers.
const NO_REGS: c_int = 0;
/// `QEMU_PLUGIN_INLINE_ADD_U64`.
const INLINE_ADD: c_int = 0;

/// `QEMU_PLUGIN_MEM_RW`: loads and stores. QEMU 7.2 mixes up the other two values.
const LOADS_AND_STORES: c_int = 3;

/// Generation 1: counters by pointer.
#[derive(Clone, Copy)]
struct ByPointer {
    insn_inline: unsafe extern "C" fn(*mut Insn, c_int, *mut c_void, u64),
}

/// Generation 2 and later: counters in scoreboards.
#[derive(Clone, Copy)]
struct ByScoreboard {
    new: unsafe extern "C" fn(usize) -> *mut Scoreboard,
    find: unsafe extern "C" fn(*mut Scoreboard, c_uint) -> *mut c_void,
    num_vcpus: unsafe extern "C" fn() -> c_int,
    insn_inline: unsafe extern "C" fn(*mut Insn, c_int, Entry, u64),
}

#[derive(Clone, Copy)]
enum Inline {
    ByPointer(ByPointer),
    ByScoreboard(ByScoreboard),
}

/// The functions of the QEMU that loaded this library.
#[derive(Clone, Copy)]
pub struct Api {
    tb_n_insns: unsafe extern "C" fn(*const Block) -> usize,
    tb_get_insn: unsafe extern "C" fn(*const Block, usize) -> *mut Insn,
    insn_vaddr: unsafe extern "C" fn(*const Insn) -> u64,
    register_translate: unsafe extern "C" fn(u64, OnTranslate),
    register_execute: unsafe extern "C" fn(*mut Insn, OnExecute, c_int, *mut c_void),
    register_memory: unsafe extern "C" fn(*mut Insn, OnMemory, c_int, c_int, *mut c_void),
    mem_is_store: unsafe extern "C" fn(u32) -> bool,
    register_exit: unsafe extern "C" fn(u64, OnExit, *mut c_void),
    inline: Inline,
}

/// Where in its block an instruction is.
#[derive(Clone, Copy)]
pub struct Place {
    /// At its start.
    pub is_first: bool,
    /// At its end.
    pub is_last: bool,
}

/// A fixed number of counters that QEMU can add to without calling us. It never moves and is never freed: translated
/// code holds its address until QEMU ends.
pub enum Bank {
    /// Generation 1: ours.
    Owned(&'static [AtomicU64]),
    /// Generation 2 and later: QEMU's, and how many counters it has.
    Scoreboard(*mut Scoreboard, usize),
}

// SAFETY: a scoreboard is a handle that QEMU's functions take from any thread; it is never dereferenced here.
unsafe impl Send for Bank {}

unsafe extern "C" {
    /// From the C library that std already links.
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// The address of a function of the running program, or null.
fn lookup(name: &CStr) -> *mut c_void {
    // SAFETY: a null handle is RTLD_DEFAULT, and the name is a C string.
    unsafe { dlsym(std::ptr::null_mut(), name.as_ptr()) }
}

/// Looks a function up by name and gives it the type that the place where it is used asks for.
macro_rules! function {
    ($name:literal) => {{
        let address = lookup($name);
        if address.is_null() {
            return Err(format!("this QEMU has no function {}", $name.to_string_lossy()));
        }
        // SAFETY: not null, and QEMU's header gives the function of this name the type it is assigned to.
        unsafe { std::mem::transmute::<*mut c_void, _>(address) }
    }};
}

/// The newest version of the interface that both this library and the running program know, told by the functions that
/// each version brought. Between 2 and 5 nothing changed that is used here. Version 3 brought no function: it counts as 2.
pub fn version() -> c_int {
    const SINCE: [(&CStr, c_int); 3] =
        [(c"qemu_plugin_write_register", 5), (c"qemu_plugin_read_memory_vaddr", 4), (c"qemu_plugin_scoreboard_new", 2)];
    SINCE.iter().find(|(name, _)| !lookup(name).is_null()).map_or(1, |&(_, version)| version)
}

impl Api {
    /// Finds all functions.
    ///
    /// # Errors
    /// Names the function that the running program does not have.
    #[expect(clippy::missing_transmute_annotations, reason = "each field's type, right beside, says it")]
    pub fn find() -> Result<Self, String> {
        let inline = if version() == 1 {
            Inline::ByPointer(ByPointer { insn_inline: function!(c"qemu_plugin_register_vcpu_insn_exec_inline") })
        } else {
            Inline::ByScoreboard(ByScoreboard {
                new: function!(c"qemu_plugin_scoreboard_new"),
                find: function!(c"qemu_plugin_scoreboard_find"),
                num_vcpus: function!(c"qemu_plugin_num_vcpus"),
                insn_inline: function!(c"qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu"),
            })
        };
        Ok(Self {
            tb_n_insns: function!(c"qemu_plugin_tb_n_insns"),
            tb_get_insn: function!(c"qemu_plugin_tb_get_insn"),
            insn_vaddr: function!(c"qemu_plugin_insn_vaddr"),
            register_translate: function!(c"qemu_plugin_register_vcpu_tb_trans_cb"),
            register_execute: function!(c"qemu_plugin_register_vcpu_insn_exec_cb"),
            register_memory: function!(c"qemu_plugin_register_vcpu_mem_cb"),
            mem_is_store: function!(c"qemu_plugin_mem_is_store"),
            register_exit: function!(c"qemu_plugin_register_atexit_cb"),
            inline,
        })
    }

    /// Asks to be called for every block that QEMU translates from now on.
    pub fn on_translate(&self, id: u64, call: OnTranslate) {
        // SAFETY: `id` is the one QEMU gave us, and `call` lives as long as the library, which is never unloaded.
        unsafe { (self.register_translate)(id, call) }
    }

    /// Asks to be called when QEMU ends.
    pub fn on_exit(&self, id: u64, call: OnExit) {
        // SAFETY: as in `on_translate`; the user data is not used.
        unsafe { (self.register_exit)(id, call, std::ptr::null_mut()) }
    }

    /// Calls `each` with every instruction of a block, its address and its place. To be used in the translation callback only, with
    /// the block it got.
    pub fn each_insn(&self, block: *mut Block, mut each: impl FnMut(*mut Insn, u64, Place)) {
        // SAFETY: the block is the one QEMU is translating.
        let count = unsafe { (self.tb_n_insns)(block) };
        for index in 0..count {
            // SAFETY: as above, and the index is below the count.
            let insn = unsafe { (self.tb_get_insn)(block, index) };
            if insn.is_null() {
                continue;
            }
            // SAFETY: the instruction is of that block.
            let address = unsafe { (self.insn_vaddr)(insn) };
            each(insn, address, Place { is_first: index == 0, is_last: index + 1 == count });
        }
    }

    /// Asks to be called before `insn` executes, and before the counters added to it after this call. The number comes back as the address of the
    /// user data, which points at nothing.
    pub fn on_execute(&self, insn: *mut Insn, call: OnExecute, number: usize) {
        // SAFETY: the instruction is of the block being translated; `call` lives as long as the library.
        unsafe { (self.register_execute)(insn, call, NO_REGS, std::ptr::without_provenance_mut(number)) }
    }

    /// Asks to be called after each load and store of `insn`.
    pub fn on_access(&self, insn: *mut Insn, call: OnMemory) {
        // SAFETY: as in `on_execute`.
        unsafe { (self.register_memory)(insn, call, NO_REGS, LOADS_AND_STORES, std::ptr::null_mut()) }
    }

    /// Whether the access of this kind is a store. To be used in the memory callback only.
    #[inline]
    pub fn is_store(&self, kind: u32) -> bool {
        // SAFETY: the kind is the one the callback got.
        unsafe { (self.mem_is_store)(kind) }
    }

    /// Makes `len` counters, all zero.
    pub fn new_bank(&self, len: usize) -> Bank {
        match &self.inline {
            Inline::ByPointer(_) => {
                let cells: Vec<AtomicU64> = (0..len).map(|_| AtomicU64::new(0)).collect();
                Bank::Owned(Vec::leak(cells))
            }
            Inline::ByScoreboard(functions) => {
                // SAFETY: the size is not zero and the result is never freed.
                let score = unsafe { (functions.new)(len * size_of::<u64>()) };
                Bank::Scoreboard(score, len)
            }
        }
    }

    /// Adds one to a counter of `bank` each time `insn` starts.
    pub fn count_execution(&self, insn: *mut Insn, bank: &Bank, index: usize) {
        match (&self.inline, bank) {
            (Inline::ByPointer(functions), Bank::Owned(cells)) => {
                let Some(cell) = cells.get(index) else { return };
                // SAFETY: the instruction is of the block being translated; the cell lives for ever and may be written
                // through this pointer because it is atomic.
                unsafe { (functions.insn_inline)(insn, INLINE_ADD, cell.as_ptr().cast(), 1) }
            }
            (Inline::ByScoreboard(functions), Bank::Scoreboard(score, len)) if index < *len => {
                let entry = Entry { score: *score, offset: index * size_of::<u64>() };
                // SAFETY: as above; the offset is within the scoreboard's elements.
                unsafe { (functions.insn_inline)(insn, INLINE_ADD, entry, 1) }
            }
            _ => {}
        }
    }

    /// Hands all counters of `bank` to `read`: once in generation 1, and once for each virtual processor later (then the
    /// value of a counter is the sum).
    ///
    /// May be called from any thread. QEMU makes room for 16 virtual processors at once, so a scoreboard does not move
    /// under a reader on the boards this is meant for.
    pub fn read_bank(&self, bank: &Bank, mut read: impl FnMut(&[AtomicU64])) {
        match (&self.inline, bank) {
            (_, Bank::Owned(cells)) => read(cells),
            (Inline::ByScoreboard(functions), Bank::Scoreboard(score, len)) => {
                // SAFETY: takes nothing.
                let vcpus = unsafe { (functions.num_vcpus)() };
                for vcpu in 0..c_uint::try_from(vcpus).unwrap_or(0) {
                    // SAFETY: the scoreboard is never freed and the processor exists.
                    let element: *mut c_void = unsafe { (functions.find)(*score, vcpu) };
                    if element.is_null() {
                        continue;
                    }
                    // SAFETY: an element holds `len` aligned 64-bit counters, which translated code changes by whole
                    // aligned stores.
                    read(unsafe { std::slice::from_raw_parts(element.cast::<AtomicU64>(), *len) });
                }
            }
            (Inline::ByPointer(_), Bank::Scoreboard(..)) => {}
        }
    }
}
