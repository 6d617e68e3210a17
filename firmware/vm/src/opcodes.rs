//! The opcodes of `.mpy` version 6.3: which byte is which operation, what follows it, and what it does to the value stack.
//!
//! The run loop goes by the bytes themselves; the verifier by the dense `Op` and the table of effects.

macro_rules! opcodes {
    ($($name:ident $takes:literal $gives:literal $operand:ident $doc:literal,)*) => {
        /// One operation.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub(crate) enum Op { $(#[doc = $doc] $name,)* }

        /// How many values each operation takes off the stack and puts back on the way that does not jump, and its operand.
        /// Where the count depends on the operand or on the way taken, `verify.rs` says so and this holds what is fixed.
        const EFFECTS: [(u8, u8, Operand); [$(Op::$name),*].len()] =
            [$(($takes, $gives, Operand::$operand),)*];

        /// The first byte of each operation, and the last of those that have several: what the run loop tells them by. It matches bytes
        /// and not `Op`, which saves it a look into a table at every step.
        #[expect(dead_code, non_upper_case_globals, reason = "they are spelled as the operations; the ranges are named below")]
        pub(crate) mod byte {
            use super::{Op, first};
            $(pub(crate) const $name: u8 = first(Op::$name);)*
        }

        /// The operations' names, as `Op` spells them.
        #[cfg(feature = "inspect")]
        pub(crate) static NAMES: [&str; [$(Op::$name),*].len()] = [$(stringify!($name),)*];
    };
}

/// `EFFECTS`, three bits for each of the three.
static PACKED: [u16; EFFECTS.len()] = {
    let (mut packed, mut at) = ([0; EFFECTS.len()], 0);
    while at < EFFECTS.len() {
        let (takes, gives, operand) = EFFECTS[at];
        assert!(takes < 8 && gives < 8);
        packed[at] = takes as u16 | (gives as u16) << 3 | (operand as u16) << 6;
        at += 1;
    }
    packed
};

/// What an operation takes and gives, and its operand: see `EFFECTS`.
pub(crate) fn effects(op: Op) -> (u8, u8, Operand) {
    let packed = PACKED[op as usize];
    let operand = match packed >> 6 {
        0 => Operand::None,
        1 => Operand::Name,
        2 => Operand::Int,
        3 => Operand::Uint,
        4 => Operand::UintByte,
        5 => Operand::Forward,
        6 => Operand::Signed,
        _ => Operand::SignedByte,
    };
    (packed as u8 & 7, (packed >> 3) as u8 & 7, operand)
}

/// The operation of an opcode byte, by a table of them all.
#[cfg(feature = "speed")]
pub(crate) fn op_of(byte: u8) -> Op {
    OPS[usize::from(byte)]
}

/// The same where size counts: the bytes that hold their operand themselves need no table, and all operators are one operation.
#[cfg(not(feature = "speed"))]
pub(crate) fn op_of(byte: u8) -> Op {
    static LOW: [Op; INT_MULTI as usize] = {
        let (mut low, mut at) = ([Op::Invalid; INT_MULTI as usize], 0);
        while at < low.len() {
            low[at] = OPS[at];
            at += 1;
        }
        low
    };
    match byte {
        ..INT_MULTI => LOW[usize::from(byte)],
        ..LOAD_FAST_MULTI => Op::LoadIntMulti,
        ..STORE_FAST_MULTI => Op::LoadFastMulti,
        ..UNARY_MULTI => Op::StoreFastMulti,
        ..UNARY_END => Op::Unary,
        BINARY_MULTI..=BINARY_LAST => Op::Binary,
        _ => Op::Invalid,
    }
}

/// What follows an opcode byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    /// Nothing; for the ranges, the low bits of the opcode itself.
    None,
    /// Index of a name.
    Name,
    /// A small int.
    Int,
    /// A number whose meaning is the operation's own.
    Uint,
    /// A number and a byte.
    UintByte,
    /// A jump distance, forward only.
    Forward,
    /// A jump distance that may be negative.
    Signed,
    /// The same, and a byte.
    SignedByte,
}

opcodes! {
    // name              takes gives operand    meaning
    Invalid               0 0 None       "refused by the verifier",
    Halt                  0 0 None       "ends a nested run; only in the VM's own code",
    LoadFalse             0 1 None       "False",
    LoadNone              0 1 None       "None",
    LoadTrue              0 1 None       "True",
    LoadNull              0 1 None       "no value: `del` and `**` use it",
    LoadInt               0 1 Int        "a small int",
    LoadIntMulti          0 1 None       "a small int from -16 to 47",
    LoadString            0 1 Name       "a name as a str",
    LoadConst             0 1 Uint       "constant of the file",
    LoadFastMulti         0 1 None       "local 0 to 15",
    LoadFast              0 1 Uint       "any local",
    LoadDeref             0 1 Uint       "what the cell in a local holds",
    LoadName              0 1 Name       "class body's name, else global",
    LoadGlobal            0 1 Name       "global, else builtin",
    LoadAttr              1 1 Name       "object -- attribute",
    LoadMethod            1 2 Name       "object -- function, self or nothing",
    LoadSuperMethod       3 2 Name       "super, class, self -- function, self",
    LoadBuildClass        0 1 None       "what makes classes",
    LoadSubscr            2 1 None       "object, index -- item",
    StoreFastMulti        1 0 None       "value -> local 0 to 15",
    StoreFast             1 0 Uint       "value -> local",
    StoreDeref            1 0 Uint       "value -> the cell in a local",
    StoreName             1 0 Name       "value -> class body's name or global",
    StoreGlobal           1 0 Name       "value -> global",
    StoreAttr             2 0 Name       "value, object; no value deletes",
    StoreSubscr           3 0 None       "value, object, index; no value deletes",
    DeleteFast            0 0 Uint       "unsets a local",
    DeleteDeref           0 0 Uint       "empties the cell in a local",
    DeleteName            0 0 Name       "removes a class body's name or global",
    DeleteGlobal          0 0 Name       "removes a global",
    DupTop                1 2 None       "a -- a, a",
    DupTopTwo             2 4 None       "a, b -- a, b, a, b",
    PopTop                1 0 None       "a --",
    RotTwo                2 2 None       "a, b -- b, a",
    RotThree              3 3 None       "a, b, c -- c, a, b",
    Jump                  0 0 Signed     "goes elsewhere",
    PopJumpIfTrue         1 0 Signed     "takes the value on both ways",
    PopJumpIfFalse        1 0 Signed     "takes the value on both ways",
    JumpIfTrueOrPop       1 0 Forward    "keeps the value when it jumps",
    JumpIfFalseOrPop      1 0 Forward    "keeps the value when it jumps",
    UnwindJump            0 0 SignedByte "leaves that many exception blocks, then jumps",
    SetupWith             1 3 Forward    "manager -- exit, self, what enter gave",
    SetupExcept           0 0 Forward    "begins a block whose handler is there",
    SetupFinally          0 0 Forward    "begins a block whose handler is there",
    PopExceptJump         0 0 Forward    "ends a block and goes on there",
    WithCleanup           3 1 None       "exit, self, state -- state",
    EndFinally            1 0 None       "ends a finally block, doing what is pending",
    GetIter               1 1 None       "object -- iterator",
    GetIterStack          1 4 None       "object -- iterator in four slots",
    ForIter               4 5 Forward    "iterator -- iterator, item; at the end drops it and jumps",
    BuildTuple            0 1 Uint       "items -- tuple",
    BuildList             0 1 Uint       "items -- list",
    BuildMap              0 1 Uint       "-- dict with room for that many",
    StoreMap              3 1 None       "dict, value, key -- dict",
    BuildSet              0 1 Uint       "items -- set",
    BuildSlice            0 1 Uint       "start, stop and maybe step -- slice",
    StoreComp             0 0 Uint       "adds to the list, dict or set a comprehension builds",
    UnpackSequence        1 0 Uint       "sequence -- that many items, first on top",
    UnpackEx              1 0 Uint       "the same with one starred target",
    Return                1 0 None       "ends the function",
    RaiseLast             0 0 None       "raises the exception being handled again",
    RaiseObj              1 0 None       "exception --",
    RaiseFrom             2 0 None       "exception, cause --",
    Yield                 1 1 None       "value -- what is sent",
    YieldFrom             2 1 None       "iterator, value to send -- result",
    MakeFunction          0 1 Uint       "function",
    MakeFunctionDefaults  2 1 Uint       "tuple, dict -- function",
    MakeClosure           0 1 UintByte   "cells -- function",
    MakeClosureDefaults   2 1 UintByte   "tuple, dict, cells -- function",
    Call                  1 1 Uint       "callee, arguments -- result",
    CallVarKw             2 1 Uint       "callee, arguments, which are starred -- result",
    CallMethod            2 1 Uint       "function, self, arguments -- result",
    CallMethodVarKw       3 1 Uint       "function, self, arguments, which are starred -- result",
    ImportName            2 1 Name       "level, names -- module",
    ImportFrom            1 2 Name       "module -- module, attribute",
    ImportStar            1 0 None       "module --",
    Unary                 1 1 None       "a -- result",
    Add                   2 1 None       "a, b -- sum, quick for small ints",
    Subtract              2 1 None       "a, b -- difference, quick for small ints",
    Multiply              2 1 None       "a, b -- product, quick for small ints",
    And                   2 1 None       "a, b -- bits in both, quick for small ints",
    Modulo                2 1 None       "a, b -- remainder, quick for small ints",
    FloorDivide           2 1 None       "a, b -- quotient, quick for small ints",
    Less                  2 1 None       "a, b -- truth, quick for small ints",
    More                  2 1 None       "a, b -- truth, quick for small ints",
    Equal                 2 1 None       "a, b -- truth, quick for small ints",
    LessEqual             2 1 None       "a, b -- truth, quick for small ints",
    MoreEqual             2 1 None       "a, b -- truth, quick for small ints",
    NotEqual              2 1 None       "a, b -- truth, quick for small ints",
    Binary                2 1 None       "a, b -- result",
}

/// A byte that no `.mpy` file may use: the VM's own `Halt`.
pub(crate) const HALT: u8 = 0x01;
pub(crate) const INT_MULTI: u8 = 0x70;
pub(crate) const INT_MULTI_ZERO: u8 = 0x80;
pub(crate) const LOAD_FAST_MULTI: u8 = 0xb0;
pub(crate) const STORE_FAST_MULTI: u8 = 0xc0;
pub(crate) const UNARY_MULTI: u8 = 0xd0;
const UNARY_COUNT: u8 = 4;
#[cfg(not(feature = "speed"))]
const UNARY_END: u8 = UNARY_MULTI + UNARY_COUNT;
pub(crate) const BINARY_MULTI: u8 = 0xd7;
const BINARY_COUNT: u8 = 35;
#[cfg(not(feature = "speed"))]
const BINARY_LAST: u8 = BINARY_MULTI + BINARY_COUNT - 1;
/// How far behind an operator's in-place form, which is its operation's first byte, its plain form is.
pub(crate) const TO_PLAIN: u8 = binary::OR - binary::IN_PLACE_OR;

/// The plain forms of the operators the run loop knows; `byte` has their in-place forms.
#[expect(non_upper_case_globals, reason = "they are spelled as the operations")]
pub(crate) mod plain {
    use super::{BINARY_MULTI, TO_PLAIN, binary, byte};

    pub(crate) const Add: u8 = byte::Add + TO_PLAIN;
    pub(crate) const Subtract: u8 = byte::Subtract + TO_PLAIN;
    pub(crate) const Multiply: u8 = byte::Multiply + TO_PLAIN;
    pub(crate) const And: u8 = byte::And + TO_PLAIN;
    pub(crate) const Modulo: u8 = byte::Modulo + TO_PLAIN;
    pub(crate) const FloorDivide: u8 = byte::FloorDivide + TO_PLAIN;

    // Bytes of `Op::Binary` that have an arm of their own all the same.
    pub(crate) const XOR: u8 = BINARY_MULTI + binary::XOR;
    pub(crate) const IN_PLACE_XOR: u8 = XOR - TO_PLAIN;
    pub(crate) const SHIFT_RIGHT: u8 = BINARY_MULTI + binary::SHIFT_RIGHT;
    pub(crate) const IN_PLACE_SHIFT_RIGHT: u8 = SHIFT_RIGHT - TO_PLAIN;
}

/// ROT_THREE, and LOAD_METHOD.
#[cfg(feature = "language")]
pub(crate) const ROT_THREE: u8 = 0x5b;
#[cfg(feature = "language")]
pub(crate) const LOAD_METHOD: u8 = 0x14;

/// Whether what follows a ROT_THREE makes both the place where an `async with` that is left by a return or a jump brings its manager on top of
/// the two values MicroPython's finally blocks have there. Here they have one: so both together are one ROT_TWO.
#[cfg(feature = "language")]
pub(crate) fn is_async_turn(following: &[u8]) -> bool {
    following.starts_with(&[ROT_THREE, LOAD_METHOD])
}

#[cfg(feature = "language")]
pub(crate) const LOAD_GLOBAL: u8 = 0x12;
#[cfg(feature = "language")]
pub(crate) const DUP_TOP: u8 = 0x57;
pub(crate) const YIELD_FROM: u8 = 0x68;
pub(crate) const POP_JUMP_IF_TRUE: u8 = 0x43;
pub(crate) const POP_JUMP_IF_FALSE: u8 = 0x44;

/// The bytes of one operation as a pattern (of `Binary`, those the run loop has no arm for): one by one, for of a range the compiler makes comparisons and not places in its table of jumps.
macro_rules! bytes_of {
    (LoadIntMulti) => {
        0x70 | 0x71
            | 0x72
            | 0x73
            | 0x74
            | 0x75
            | 0x76
            | 0x77
            | 0x78
            | 0x79
            | 0x7a
            | 0x7b
            | 0x7c
            | 0x7d
            | 0x7e
            | 0x7f
            | 0x80
            | 0x81
            | 0x82
            | 0x83
            | 0x84
            | 0x85
            | 0x86
            | 0x87
            | 0x88
            | 0x89
            | 0x8a
            | 0x8b
            | 0x8c
            | 0x8d
            | 0x8e
            | 0x8f
            | 0x90
            | 0x91
            | 0x92
            | 0x93
            | 0x94
            | 0x95
            | 0x96
            | 0x97
            | 0x98
            | 0x99
            | 0x9a
            | 0x9b
            | 0x9c
            | 0x9d
            | 0x9e
            | 0x9f
            | 0xa0
            | 0xa1
            | 0xa2
            | 0xa3
            | 0xa4
            | 0xa5
            | 0xa6
            | 0xa7
            | 0xa8
            | 0xa9
            | 0xaa
            | 0xab
            | 0xac
            | 0xad
            | 0xae
            | 0xaf
    };
    (LoadFastMulti) => {
        0xb0 | 0xb1 | 0xb2 | 0xb3 | 0xb4 | 0xb5 | 0xb6 | 0xb7 | 0xb8 | 0xb9 | 0xba | 0xbb | 0xbc | 0xbd | 0xbe | 0xbf
    };
    (StoreFastMulti) => {
        0xc0 | 0xc1 | 0xc2 | 0xc3 | 0xc4 | 0xc5 | 0xc6 | 0xc7 | 0xc8 | 0xc9 | 0xca | 0xcb | 0xcc | 0xcd | 0xce | 0xcf
    };
    (Unary) => {
        0xd0 | 0xd1 | 0xd2 | 0xd3
    };
    (Binary) => {
        0xdd | 0xde | 0xdf | 0xe0 | 0xe3 | 0xe8 | 0xea | 0xec | 0xed | 0xf0 | 0xf5 | 0xf7 | 0xf9
    };
}
pub(crate) use bytes_of;

const fn fill(table: &mut [Op; 256], first: u8, count: usize, op: Op) {
    let mut index = 0;
    while index < count {
        table[first as usize + index] = op;
        index += 1;
    }
}

const fn place(table: &mut [Op; 256], first: u8, ops: &[Op]) {
    let mut index = 0;
    while index < ops.len() {
        table[first as usize + index] = ops[index];
        index += 1;
    }
}

/// The operation of every opcode byte.
pub(crate) static OPS: [Op; 256] = {
    use Op::*;
    let mut table = [Invalid; 256];
    table[HALT as usize] = Halt;
    place(
        &mut table,
        0x10,
        &[
            LoadString,
            LoadName,
            LoadGlobal,
            LoadAttr,
            LoadMethod,
            LoadSuperMethod,
            StoreName,
            StoreGlobal,
            StoreAttr,
            DeleteName,
            DeleteGlobal,
            ImportName,
            ImportFrom,
        ],
    );
    place(
        &mut table,
        0x20,
        &[
            MakeClosure,
            MakeClosureDefaults,
            LoadInt,
            LoadConst,
            LoadFast,
            LoadDeref,
            StoreFast,
            StoreDeref,
            DeleteFast,
            DeleteDeref,
            BuildTuple,
            BuildList,
            BuildMap,
            BuildSet,
            BuildSlice,
            StoreComp,
        ],
    );
    place(&mut table, 0x30, &[UnpackSequence, UnpackEx, MakeFunction, MakeFunctionDefaults, Call, CallVarKw, CallMethod, CallMethodVarKw]);
    place(&mut table, 0x40, &[UnwindJump]);
    place(
        &mut table,
        0x42,
        &[
            Jump,
            PopJumpIfTrue,
            PopJumpIfFalse,
            JumpIfTrueOrPop,
            JumpIfFalseOrPop,
            SetupWith,
            SetupExcept,
            SetupFinally,
            PopExceptJump,
            ForIter,
        ],
    );
    place(
        &mut table,
        0x50,
        &[
            LoadFalse,
            LoadNone,
            LoadTrue,
            LoadNull,
            LoadBuildClass,
            LoadSubscr,
            StoreSubscr,
            DupTop,
            DupTopTwo,
            PopTop,
            RotTwo,
            RotThree,
            WithCleanup,
            EndFinally,
            GetIter,
            GetIterStack,
        ],
    );
    place(&mut table, 0x62, &[StoreMap, Return, RaiseLast, RaiseObj, RaiseFrom, Yield, YieldFrom, ImportStar]);
    fill(&mut table, INT_MULTI, 64, LoadIntMulti);
    fill(&mut table, LOAD_FAST_MULTI, 16, LoadFastMulti);
    fill(&mut table, STORE_FAST_MULTI, 16, StoreFastMulti);
    fill(&mut table, UNARY_MULTI, UNARY_COUNT as usize, Unary);
    fill(&mut table, BINARY_MULTI, BINARY_COUNT as usize, Binary);
    // The plain form, and the in-place form 13 before it, are one operation for small ints.
    let quick = [
        (binary::ADD, Add),
        (binary::SUBTRACT, Subtract),
        (binary::MULTIPLY, Multiply),
        (binary::AND, And),
        (binary::MODULO, Modulo),
        (binary::FLOOR_DIVIDE, FloorDivide),
    ];
    let mut index = 0;
    while index < quick.len() {
        let (operator, op) = quick[index];
        table[(BINARY_MULTI + operator) as usize] = op;
        table[(BINARY_MULTI + operator - 13) as usize] = op;
        index += 1;
    }
    place(&mut table, BINARY_MULTI, &[Less, More, Equal, LessEqual, MoreEqual, NotEqual]);
    table
};

/// The first byte that means `op`; 0 for one that no byte means.
const fn first(op: Op) -> u8 {
    let mut byte = 0;
    while byte < 256 {
        if OPS[byte] as u8 == op as u8 {
            return byte as u8;
        }
        byte += 1;
    }
    0
}

/// Unary operators, in the order of their opcodes.
pub(crate) mod unary {
    pub(crate) const POSITIVE: u8 = 0;
    pub(crate) const NEGATIVE: u8 = 1;
    pub(crate) const INVERT: u8 = 2;
    pub(crate) const NOT: u8 = 3;
}

/// Binary operators, in the order of their opcodes. The in-place forms come 13 before the plain ones.
pub(crate) mod binary {
    pub(crate) const LESS: u8 = 0;
    pub(crate) const MORE: u8 = 1;
    pub(crate) const EQUAL: u8 = 2;
    pub(crate) const LESS_EQUAL: u8 = 3;
    pub(crate) const MORE_EQUAL: u8 = 4;
    pub(crate) const NOT_EQUAL: u8 = 5;
    pub(crate) const IN: u8 = 6;
    pub(crate) const IS: u8 = 7;
    pub(crate) const EXCEPTION_MATCH: u8 = 8;
    pub(crate) const IN_PLACE_OR: u8 = 9;
    pub(crate) const IN_PLACE_ADD: u8 = 14;
    pub(crate) const OR: u8 = 22;
    pub(crate) const XOR: u8 = 23;
    pub(crate) const AND: u8 = 24;
    pub(crate) const SHIFT_LEFT: u8 = 25;
    pub(crate) const SHIFT_RIGHT: u8 = 26;
    pub(crate) const ADD: u8 = 27;
    pub(crate) const SUBTRACT: u8 = 28;
    pub(crate) const MULTIPLY: u8 = 29;
    pub(crate) const FLOOR_DIVIDE: u8 = 31;
    pub(crate) const TRUE_DIVIDE: u8 = 32;
    pub(crate) const MODULO: u8 = 33;
    pub(crate) const POWER: u8 = 34;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_nibble_tells_the_operand() {
        for (byte, op) in OPS.iter().enumerate().filter(|(_, op)| !matches!(op, Op::Invalid | Op::Halt)) {
            let operand = EFFECTS[*op as usize].2;
            let fits = match byte >> 4 {
                1 => operand == Operand::Name,
                2 | 3 => matches!(operand, Operand::Int | Operand::Uint | Operand::UintByte),
                4 => matches!(operand, Operand::Forward | Operand::Signed | Operand::SignedByte),
                _ => operand == Operand::None,
            };
            assert!(fits, "{byte:#x} {op:?}");
            let extra = matches!(operand, Operand::UintByte | Operand::SignedByte);
            assert_eq!(extra, byte & 0x9e == 0, "{byte:#x} {op:?}");
        }
    }
}
