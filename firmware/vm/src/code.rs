//! Loaded code: the tables the loader makes once for every function, and the reader that walks bytecode in place.
//!
//! `Ip` reads without bounds checks. That is sound because `verify.rs` has walked the same bytes before: every path through a
//! function starts at its first opcode, stays on opcode boundaries and ends in a return, a raise or a jump that was checked.

use core::ptr::NonNull;

use crate::value::Obj;

/// What the VM needs to know about one function's bytecode, decoded once.
#[repr(C)]
pub(crate) struct Code {
    /// First opcode, in the loaded file.
    pub(crate) start: Ip,
    /// The function's name and argument names: varuints that index the module's names.
    pub(crate) names: Ip,
    pub(crate) module: ModulePtr,
    pub(crate) len: u16,
    /// Locals and value stack together.
    pub(crate) n_state: u16,
    /// Words of its frame.
    pub(crate) frame_words: u16,
    children_at: u16,
    pub(crate) n_children: u16,
    pub(crate) n_exc: u8,
    /// Positional arguments, closed-over cells included.
    pub(crate) n_pos: u8,
    pub(crate) n_kwonly: u8,
    pub(crate) n_default: u8,
    pub(crate) flags: u8,
    /// Locals that live in cells; their numbers are the bytes before `start`.
    pub(crate) n_cells: u8,
    /// Arguments can be copied and that is all.
    pub(crate) simple: bool,
}

pub(crate) const FLAG_GENERATOR: u8 = 1;
pub(crate) const FLAG_VAR_KEYWORDS: u8 = 2;
pub(crate) const FLAG_VAR_ARGS: u8 = 4;

/// A loaded file: tables shared by its functions.
#[repr(C)]
pub(crate) struct Module {
    pub(crate) next: Option<ModulePtr>,
    /// The globals, a `Kind::Module` object.
    pub(crate) globals: Obj,
    /// Constants, a tuple.
    pub(crate) consts: Obj,
    names: *const Obj,
    codes: *const Code,
    children: *const u16,
    pub(crate) n_names: u16,
    pub(crate) n_consts: u16,
    pub(crate) n_codes: u16,
}

/// A module's tables; permanent.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct ModulePtr(NonNull<Module>);

/// A function's table entry; permanent.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct CodePtr(NonNull<Code>);

impl CodePtr {
    /// The entry an object's pointer field refers to; such fields are only ever set from a `CodePtr`.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn from_raw(at: *const Code) -> CodePtr {
        debug_assert!(!at.is_null());
        // SAFETY: made from a `CodePtr` by `as_raw`, so not null.
        CodePtr(unsafe { NonNull::new_unchecked(at.cast_mut()) })
    }

    pub(crate) fn as_raw(self) -> *const Code {
        self.0.as_ptr()
    }

    /// The entry itself. Entries are written by the loader and never after.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn get<'x>(self) -> &'x Code {
        // SAFETY: points into a permanent block that the loader has filled; never changed once code runs.
        unsafe { self.0.as_ref() }
    }

    /// The `index`-th function made inside this one.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn child(self, index: usize) -> CodePtr {
        let code = self.get();
        debug_assert!(index < usize::from(code.n_children));
        let module = code.module.get();
        // SAFETY: `index` was checked against `n_children` by the verifier, and the loader filled both tables.
        unsafe {
            let number = module.children.add(usize::from(code.children_at) + index).read();
            CodePtr::from_raw(module.codes.add(usize::from(number)))
        }
    }

    /// The function's name.
    pub(crate) fn name(self) -> Obj {
        let mut at = self.get().names;
        let index = at.varuint();
        self.get().module.name(index)
    }

    /// The steps of line numbers, see `lines.rs`.
    #[cfg(feature = "traceback")]
    pub(crate) fn line_steps<'x>(self) -> &'x [u8] {
        let code = self.get();
        let mut at = code.names;
        for _ in 0..=usize::from(code.n_pos) + usize::from(code.n_kwonly) {
            at.varuint();
        }
        let len = code.start.back(usize::from(code.n_cells)).offset(at);
        // SAFETY: the function's head lies in the loaded file: names, then the steps, then the cells, then the code. The loader has read
        // all of it.
        unsafe { core::slice::from_raw_parts(at.0, len) }
    }

    /// The local number of cell `index`.
    pub(crate) fn cell(self, index: usize) -> usize {
        let code = self.get();
        let mut at = code.start.back(usize::from(code.n_cells) - index);
        usize::from(at.byte())
    }
}

impl ModulePtr {
    /// The module's tables.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn get<'x>(self) -> &'x Module {
        // SAFETY: points into a permanent block the loader has filled; only `set_globals` and `set_consts` change it, while loading.
        unsafe { self.0.as_ref() }
    }

    /// Name `index` of the file as a value.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn name(self, index: usize) -> Obj {
        debug_assert!(index < usize::from(self.get().n_names));
        // SAFETY: indices in bytecode were checked against `n_names` by loader and verifier.
        unsafe { self.get().names.add(index).read() }
    }

    /// Changes the tables while the file is being loaded and none of its code runs.
    pub(crate) fn update(self, change: impl FnOnce(&mut Module)) {
        let mut at = self.0;
        // SAFETY: loading is single-threaded and holds no other reference to the module's record.
        change(unsafe { at.as_mut() });
    }

    /// The entry of function `index`.
    pub(crate) fn code(self, index: usize) -> CodePtr {
        debug_assert!(index < usize::from(self.get().n_codes));
        // SAFETY: `index` is below `n_codes` (callers count).
        CodePtr::from_raw(unsafe { self.get().codes.add(index) })
    }
}

/// Lays the tables of a file out in one permanent block.
pub(crate) struct Tables {
    module: ModulePtr,
    names: *mut Obj,
    codes: *mut Code,
    children: *mut u16,
}

impl Tables {
    /// Words the block needs.
    pub(crate) fn words(n_names: usize, n_codes: usize) -> usize {
        let bytes = size_of::<Module>() + n_names * size_of::<Obj>() + n_codes * size_of::<Code>() + n_codes * 2;
        bytes.div_ceil(crate::heap::WORD)
    }

    /// Starts the tables in `block`, which has `Tables::words` words.
    pub(crate) fn new(block: Obj, n_names: usize, n_consts: usize, n_codes: usize) -> Tables {
        assert!(block.words() >= Tables::words(n_names, n_codes));
        let at = block.field_ptr(0).cast::<Module>();
        // SAFETY: the block is large enough for all four parts in this order (asserted), and their alignments fall from
        // a word's to a u16's, each part's size being a multiple of its own alignment.
        unsafe {
            let names = at.add(1).cast::<Obj>();
            let codes = names.add(n_names).cast::<Code>();
            let children = codes.add(n_codes).cast::<u16>();
            for index in 0..n_names {
                names.add(index).write(Obj::NULL);
            }
            for index in 0..n_codes {
                children.add(index).write(0);
            }
            at.write(Module {
                next: None,
                globals: Obj::NULL,
                consts: Obj::NULL,
                names,
                codes,
                children,
                n_names: n_names as u16,
                n_consts: n_consts as u16,
                n_codes: 0,
            });
            Tables { module: ModulePtr(NonNull::new_unchecked(at)), names, codes, children }
        }
    }

    pub(crate) fn module(&self) -> ModulePtr {
        self.module
    }

    pub(crate) fn set_name(&mut self, index: usize, name: Obj) {
        assert!(index < usize::from(self.module.get().n_names));
        // SAFETY: in bounds.
        unsafe { self.names.add(index).write(name) }
    }

    /// Appends a function; gives its number.
    #[inline(never)]
    pub(crate) fn push_code(&mut self, code: Code, room: usize) -> u16 {
        let number = self.module.get().n_codes;
        assert!(usize::from(number) < room);
        // SAFETY: in bounds: `room` is what the block was sized for.
        unsafe { self.codes.add(usize::from(number)).write(code) }
        self.module.update(|module| module.n_codes += 1);
        number
    }

    /// Says where function `code`'s children start in the table of children.
    pub(crate) fn set_children_at(&mut self, code: u16, at: u16) {
        assert!(code < self.module.get().n_codes);
        // SAFETY: in bounds and filled by `push_code`.
        unsafe { (*self.codes.add(usize::from(code))).children_at = at }
    }

    pub(crate) fn set_child(&mut self, slot: usize, code: u16, room: usize) {
        assert!(slot < room);
        // SAFETY: in bounds: there are as many slots as codes.
        unsafe { self.children.add(slot).write(code) }
    }
}

impl Code {
    /// An entry as the loader first makes it, its children not yet known.
    #[expect(clippy::too_many_arguments, reason = "one call, in the loader; the fields are its arguments")]
    pub(crate) fn new(
        body: &[u8],
        code: &[u8],
        names: &[u8],
        module: ModulePtr,
        n_state: u16,
        n_children: u16,
        n_exc: u8,
        args: (u8, u8, u8),
        flags: u8,
        n_cells: u8,
    ) -> Code {
        let (n_pos, n_kwonly, n_default) = args;
        // Positions move over the whole body, as the cells before the code do: they are made of its pointer, not of those of its parts.
        let at = |part: &[u8]| Ip(body.as_ptr().wrapping_add(part.as_ptr().addr() - body.as_ptr().addr()));
        Code {
            start: at(code),
            names: at(names),
            module,
            len: code.len() as u16,
            n_state,
            frame_words: crate::frame::words_for(n_state, n_exc),
            children_at: 0,
            n_children,
            n_exc,
            n_pos,
            n_kwonly,
            n_default,
            flags,
            n_cells,
            simple: flags == 0 && n_kwonly == 0 && n_cells == 0,
        }
    }
}

/// What the run loop does at a byte that is no opcode: the verifier lets none of them through.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn refused() -> ! {
    debug_assert!(false, "the verifier let through what is no opcode");
    // SAFETY: see the head of this file.
    unsafe { core::hint::unreachable_unchecked() }
}

/// A position in verified bytecode.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Ip(*const u8);

impl Ip {
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn byte(&mut self) -> u8 {
        // SAFETY: see the head of this file.
        unsafe {
            let byte = self.0.read();
            self.0 = self.0.add(1);
            byte
        }
    }

    /// The opcode, for the run loop. What the compiler knows of the position ends here: else it holds two of them through every
    /// operation, this one and the one before the opcode.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn opcode(&mut self) -> u8 {
        let byte = self.byte();
        #[cfg(target_os = "none")]
        // SAFETY: no instruction.
        unsafe {
            core::arch::asm!("/* {} */", inout(reg) self.0, options(pure, nomem, nostack, preserves_flags));
        }
        byte
    }

    /// The next byte, without going on.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn peek(self) -> u8 {
        // SAFETY: as `byte`.
        unsafe { self.0.read() }
    }

    /// Big-endian groups of seven bits.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn varuint(&mut self) -> usize {
        let first = self.byte();
        if first < 0x80 {
            return usize::from(first);
        }
        let value;
        (*self, value) = self.varuint_rest(usize::from(first & 0x7f));
        value
    }

    /// The groups after the first, which few numbers have; all of them where `first` is 0. By value: the run loop's place must stay in a register.
    #[inline(never)]
    pub(crate) fn varuint_rest(mut self, first: usize) -> (Ip, usize) {
        let mut value = first;
        loop {
            let byte = self.byte();
            value = (value << 7) | usize::from(byte & 0x7f);
            if byte < 0x80 {
                return (self, value);
            }
        }
    }

    /// The same, first group signed.
    pub(crate) fn varint(&mut self) -> i32 {
        let mut byte = self.byte();
        let mut value = (i32::from(byte) << 25) >> 25;
        while byte >= 0x80 {
            byte = self.byte();
            value = (value << 7) | i32::from(byte & 0x7f);
        }
        value
    }

    /// A jump distance: one byte, or two when the first has its high bit set.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn label(&mut self) -> usize {
        let low = self.byte();
        if low < 0x80 { usize::from(low) } else { usize::from(low & 0x7f) | (usize::from(self.byte()) << 7) }
    }

    /// A jump distance that may be negative: stored with an offset.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn signed_label(&mut self) -> isize {
        let low = self.byte();
        if low < 0x80 { isize::from(low) - 0x40 } else { (isize::from(low & 0x7f) | (isize::from(self.byte()) << 7)) - 0x4000 }
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn jump(&mut self, distance: isize) {
        // SAFETY: the verifier checked that the target lies in this function, on an opcode.
        self.0 = unsafe { self.0.offset(distance) };
    }

    /// The operand of an opcode that was just read, whatever its form, and where it ends: for the run loop that is made for size. Where none
    /// follows, the opcode's own low bits.
    #[cfg(not(feature = "speed"))]
    pub(crate) fn operand(mut self, opcode: u8) -> (Ip, isize) {
        let value = match opcode {
            0x10..0x40 => {
                let mut value = if opcode == crate::opcodes::byte::LoadInt && self.peek() & 0x40 != 0 { -1 } else { 0 };
                loop {
                    let byte = self.byte();
                    value = (value << 7) | isize::from(byte & 0x7f);
                    if byte < 0x80 {
                        break value;
                    }
                }
            }
            0x40..0x50 => {
                let mut value = isize::from(self.byte());
                let mut bias = 0x40;
                if value >= 0x80 {
                    (value, bias) = (value & 0x7f | isize::from(self.byte()) << 7, 0x4000);
                }
                // Those that only go forward have no bias.
                if opcode <= crate::opcodes::byte::PopJumpIfFalse { value - bias } else { value }
            }
            _ => isize::from(opcode & 0xf),
        };
        (self, value)
    }

    /// `count` bytes earlier.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn back(self, count: usize) -> Ip {
        // SAFETY: used to look at the opcode just read, and at a function's cell list; both are inside the file.
        Ip(unsafe { self.0.sub(count) })
    }

    /// How far behind `start` this is.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn offset(self, start: Ip) -> usize {
        self.0.addr() - start.0.addr()
    }

    /// `offset` bytes behind this.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn plus(self, offset: usize) -> Ip {
        // SAFETY: offsets are made by `offset` or checked by the verifier.
        Ip(unsafe { self.0.add(offset) })
    }
}
