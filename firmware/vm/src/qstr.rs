//! Names known at build time: the numbers `.mpy` files use for common names, and further names the VM itself needs.
//!
//! A name (qstr) is an immediate value, so comparing two names compares two words. The first part of the table is fixed by
//! the `.mpy` format (version 6: a file may refer to these by number, counted from 1); the second part is ours and may change.
//! Names met only in a loaded file are numbered after these, see `mpy.rs`. Holds text only; allocates nothing.

mod letters;

pub use letters::find_letter;
#[cfg(feature = "speed")]
use letters::{LETTERS, LETTERS_FIRST};

/// The number of a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Qstr(pub u16);

macro_rules! names {
    (
        format { $($fixed:ident $fixed_text:literal,)* }
        ours { $($(#[$feature:meta])* $name:ident $text:literal,)* }
        messages { $($(#[$of:meta])* $message:ident $message_text:literal,)* }
    ) => {
        #[expect(
            dead_code,
            non_camel_case_types,
            clippy::upper_case_acronyms,
            reason = "constants numbered by the compiler; the format counts from 1"
        )]
        #[repr(u16)]
        enum Number { Null, $($fixed,)* $($(#[$feature])* $name,)* $(#[cfg(feature = "messages")] $(#[$of])* $message,)* End }

        #[expect(dead_code, reason = "the format fixes the first part, used or not")]
        impl Qstr {
            $(pub const $fixed: Qstr = Qstr(Number::$fixed as u16);)*
            $($(#[$feature])* pub const $name: Qstr = Qstr(Number::$name as u16);)*
            $(#[cfg(feature = "messages")] $(#[$of])* pub const $message: Qstr = Qstr(Number::$message as u16);)*
            $(#[cfg(not(feature = "messages"))] $(#[$of])* pub const $message: Qstr = Qstr::EMPTY;)*
        }

        /// Names `.mpy` files may refer to by number: 1 up to this one.
        pub const STATIC_LAST: u16 = [$($fixed_text),*].len() as u16;

        const TEXTS: [&str; Number::End as usize] =
            ["", $($fixed_text,)* $($(#[$feature])* $text,)* $(#[cfg(feature = "messages")] $(#[$of])* $message_text,)*];
    };
}

/// How many numbers the table has, the unused 0 among them.
pub const TABLE_LEN: usize = Number::End as usize;

/// The first number for names that are not in the table. Tables of names are hashed by the number's last bits: these are the same whatever the
/// features, or every name that comes or goes would let other names collide, and programs take some percents more or less.
pub const DYNAMIC_FIRST: u16 =
    (TABLE_LEN as u16 + HASH_PERIOD - DYNAMIC_PHASE).div_ceil(HASH_PERIOD) * HASH_PERIOD - HASH_PERIOD + DYNAMIC_PHASE;
const HASH_PERIOD: u16 = 64;
const DYNAMIC_PHASE: u16 = 9;
const _: () = assert!(DYNAMIC_FIRST as usize >= TABLE_LEN && DYNAMIC_FIRST % HASH_PERIOD == DYNAMIC_PHASE);

/// How many bytes all texts have together.
const POOL_BYTES: usize = {
    let (mut bytes, mut at) = (0, 0);
    while at < TEXTS.len() {
        bytes += TEXTS[at].len();
        at += 1;
    }
    bytes
};

/// All texts, one behind the other.
static POOL: [u8; POOL_BYTES] = {
    let (mut pool, mut to, mut at) = ([0; POOL_BYTES], 0, 0);
    while at < TEXTS.len() {
        let text = TEXTS[at].as_bytes();
        let mut from = 0;
        while from < text.len() {
            pool[to] = text[from];
            (to, from) = (to + 1, from + 1);
        }
        at += 1;
    }
    pool
};

/// How long each text is: a byte a name, where a `&str` has eight.
static LENGTHS: [u8; TEXTS.len()] = {
    let (mut lengths, mut at) = ([0; TEXTS.len()], 0);
    while at < TEXTS.len() {
        assert!(TEXTS[at].len() <= u8::MAX as usize);
        lengths[at] = TEXTS[at].len() as u8;
        at += 1;
    }
    lengths
};

/// Of how many texts one has its begin in a table; those of the others are found by the lengths between.
#[cfg(feature = "speed")]
const STRIDE: usize = 16;

/// Where in `POOL` each `STRIDE`th text begins.
#[cfg(feature = "speed")]
static BEGINS: [u16; TEXTS.len().div_ceil(STRIDE)] = {
    let (mut begins, mut begin, mut at) = ([0; TEXTS.len().div_ceil(STRIDE)], 0, 0);
    while at < TEXTS.len() {
        if at % STRIDE == 0 {
            begins[at / STRIDE] = begin;
        }
        begin += TEXTS[at].len() as u16;
        at += 1;
    }
    begins
};

/// The text of a name of the table or of a letter; `None` for names of files.
pub fn text(name: Qstr) -> Option<&'static [u8]> {
    let at = usize::from(name.0);
    if at >= TEXTS.len() {
        #[cfg(not(feature = "speed"))]
        return None;
        #[cfg(feature = "speed")]
        {
            let letter = usize::from(name.0.checked_sub(LETTERS_FIRST)?);
            return LETTERS.as_bytes().get(letter..=letter);
        }
    }
    #[cfg(feature = "speed")]
    let (known, begin) = (at - at % STRIDE, usize::from(BEGINS[at / STRIDE]));
    #[cfg(not(feature = "speed"))]
    let (known, begin) = (0, 0);
    let begin = begin + LENGTHS[known..at].iter().map(|len| usize::from(*len)).sum::<usize>();
    Some(crate::heap::const_bytes(POOL.as_ptr().wrapping_add(begin), usize::from(LENGTHS[at])))
}

/// The name of the table, or of a letter, that spells `text`, if there is one.
pub fn find(text: &[u8]) -> Option<Qstr> {
    #[cfg(feature = "speed")]
    if let [letter] = text {
        return find_letter(*letter);
    }
    // From the end of one text to the next; number 0 has none.
    let mut begin = 0;
    let number = LENGTHS.iter().skip(1).position(|len| {
        let known = crate::heap::const_bytes(POOL.as_ptr().wrapping_add(begin), usize::from(*len));
        begin += known.len();
        known == text
    });
    number.map(|number| Qstr(number as u16 + 1))
}

names! {
format {
    EMPTY "",
    D_DIR "__dir__",
    NEWLINE "\n",
    SPACE " ",
    STAR "*",
    SLASH "/",
    MODULE_BODY "<module>",
    UNDERSCORE "_",
    D_CALL "__call__",
    D_CLASS "__class__",
    D_DELITEM "__delitem__",
    D_ENTER "__enter__",
    D_EXIT "__exit__",
    D_GETATTR "__getattr__",
    D_GETITEM "__getitem__",
    D_HASH "__hash__",
    D_INIT "__init__",
    D_INT "__int__",
    D_ITER "__iter__",
    D_LEN "__len__",
    D_MAIN "__main__",
    D_MODULE "__module__",
    D_NAME "__name__",
    D_NEW "__new__",
    D_NEXT "__next__",
    D_QUALNAME "__qualname__",
    D_REPR "__repr__",
    D_SETITEM "__setitem__",
    D_STR "__str__",
    ARITHMETIC_ERROR "ArithmeticError",
    ASSERTION_ERROR "AssertionError",
    ATTRIBUTE_ERROR "AttributeError",
    BASE_EXCEPTION "BaseException",
    EOFERROR "EOFError",
    ELLIPSIS "Ellipsis",
    EXCEPTION "Exception",
    GENERATOR_EXIT "GeneratorExit",
    IMPORT_ERROR "ImportError",
    INDENTATION_ERROR "IndentationError",
    INDEX_ERROR "IndexError",
    KEY_ERROR "KeyError",
    KEYBOARD_INTERRUPT "KeyboardInterrupt",
    LOOKUP_ERROR "LookupError",
    MEMORY_ERROR "MemoryError",
    NAME_ERROR "NameError",
    NONE_TYPE "NoneType",
    NOT_IMPLEMENTED_ERROR "NotImplementedError",
    OSERROR "OSError",
    OVERFLOW_ERROR "OverflowError",
    RUNTIME_ERROR "RuntimeError",
    STOP_ITERATION "StopIteration",
    SYNTAX_ERROR "SyntaxError",
    SYSTEM_EXIT "SystemExit",
    TYPE_ERROR "TypeError",
    VALUE_ERROR "ValueError",
    ZERO_DIVISION_ERROR "ZeroDivisionError",
    ABS "abs",
    ALL "all",
    ANY "any",
    APPEND "append",
    ARGS "args",
    BOOL "bool",
    BUILTINS "builtins",
    BYTEARRAY "bytearray",
    BYTECODE "bytecode",
    BYTES "bytes",
    CALLABLE "callable",
    CHR "chr",
    CLASSMETHOD "classmethod",
    CLEAR "clear",
    CLOSE "close",
    CONST "const",
    COPY "copy",
    COUNT "count",
    DICT "dict",
    DIR "dir",
    DIVMOD "divmod",
    END "end",
    ENDSWITH "endswith",
    EVAL "eval",
    EXEC "exec",
    EXTEND "extend",
    FIND "find",
    FORMAT "format",
    FROM_BYTES "from_bytes",
    GET "get",
    GETATTR "getattr",
    GLOBALS "globals",
    HASATTR "hasattr",
    HASH "hash",
    ID "id",
    INDEX "index",
    INSERT "insert",
    INT "int",
    ISALPHA "isalpha",
    ISDIGIT "isdigit",
    ISINSTANCE "isinstance",
    ISLOWER "islower",
    ISSPACE "isspace",
    ISSUBCLASS "issubclass",
    ISUPPER "isupper",
    ITEMS "items",
    ITER "iter",
    JOIN "join",
    KEY "key",
    KEYS "keys",
    LEN "len",
    LIST "list",
    LITTLE "little",
    LOCALS "locals",
    LOWER "lower",
    LSTRIP "lstrip",
    MAIN "main",
    MAP "map",
    MICROPYTHON "micropython",
    NEXT "next",
    OBJECT "object",
    OPEN "open",
    ORD "ord",
    POP "pop",
    POPITEM "popitem",
    POW "pow",
    PRINT "print",
    RANGE "range",
    READ "read",
    READINTO "readinto",
    READLINE "readline",
    REMOVE "remove",
    REPLACE "replace",
    REPR "repr",
    REVERSE "reverse",
    RFIND "rfind",
    RINDEX "rindex",
    ROUND "round",
    RSPLIT "rsplit",
    RSTRIP "rstrip",
    SELF "self",
    SEND "send",
    SEP "sep",
    SET "set",
    SETATTR "setattr",
    SETDEFAULT "setdefault",
    SORT "sort",
    SORTED "sorted",
    SPLIT "split",
    START "start",
    STARTSWITH "startswith",
    STATICMETHOD "staticmethod",
    STEP "step",
    STOP "stop",
    STR "str",
    STRIP "strip",
    SUM "sum",
    SUPER "super",
    THROW "throw",
    TO_BYTES "to_bytes",
    TUPLE "tuple",
    TYPE "type",
    UPDATE "update",
    UPPER "upper",
    UTF_8 "utf-8",
    VALUE "value",
    VALUES "values",
    WRITE "write",
    ZIP "zip",
}
ours {
    D_LT "__lt__",
    D_GT "__gt__",
    D_EQ "__eq__",
    D_LE "__le__",
    D_GE "__ge__",
    #[cfg(feature = "operators")] D_NE "__ne__",
    D_CONTAINS "__contains__",
    #[cfg(feature = "operators")] D_IOR "__ior__",
    #[cfg(feature = "operators")] D_IXOR "__ixor__",
    #[cfg(feature = "operators")] D_IAND "__iand__",
    #[cfg(feature = "operators")] D_ILSHIFT "__ilshift__",
    #[cfg(feature = "operators")] D_IRSHIFT "__irshift__",
    #[cfg(feature = "operators")] D_IADD "__iadd__",
    #[cfg(feature = "operators")] D_ISUB "__isub__",
    #[cfg(feature = "operators")] D_IMUL "__imul__",
    #[cfg(feature = "operators")] D_IMATMUL "__imatmul__",
    #[cfg(feature = "operators")] D_IFLOORDIV "__ifloordiv__",
    #[cfg(feature = "operators")] D_ITRUEDIV "__itruediv__",
    #[cfg(feature = "operators")] D_IMOD "__imod__",
    #[cfg(feature = "operators")] D_IPOW "__ipow__",
    #[cfg(feature = "operators")] D_OR "__or__",
    #[cfg(feature = "operators")] D_XOR "__xor__",
    #[cfg(feature = "operators")] D_AND "__and__",
    #[cfg(feature = "operators")] D_LSHIFT "__lshift__",
    #[cfg(feature = "operators")] D_RSHIFT "__rshift__",
    D_ADD "__add__",
    D_SUB "__sub__",
    #[cfg(feature = "operators")] D_MUL "__mul__",
    #[cfg(feature = "operators")] D_MATMUL "__matmul__",
    #[cfg(feature = "operators")] D_FLOORDIV "__floordiv__",
    #[cfg(feature = "operators")] D_TRUEDIV "__truediv__",
    #[cfg(feature = "operators")] D_MOD "__mod__",
    #[cfg(feature = "operators")] D_POW "__pow__",
    #[cfg(feature = "operators")] D_ROR "__ror__",
    #[cfg(feature = "operators")] D_RXOR "__rxor__",
    #[cfg(feature = "operators")] D_RAND "__rand__",
    #[cfg(feature = "operators")] D_RLSHIFT "__rlshift__",
    #[cfg(feature = "operators")] D_RRSHIFT "__rrshift__",
    #[cfg(feature = "operators")] D_RADD "__radd__",
    #[cfg(feature = "operators")] D_RSUB "__rsub__",
    #[cfg(feature = "operators")] D_RMUL "__rmul__",
    #[cfg(feature = "operators")] D_RMATMUL "__rmatmul__",
    #[cfg(feature = "operators")] D_RFLOORDIV "__rfloordiv__",
    #[cfg(feature = "operators")] D_RTRUEDIV "__rtruediv__",
    #[cfg(feature = "operators")] D_RMOD "__rmod__",
    #[cfg(feature = "operators")] D_RPOW "__rpow__",
    #[cfg(feature = "operators")] D_POS "__pos__",
    #[cfg(feature = "operators")] D_NEG "__neg__",
    #[cfg(feature = "operators")] D_INVERT "__invert__",
    D_BOOL "__bool__",
    #[cfg(feature = "language")] D_BASES "__bases__",
    #[cfg(feature = "language")] D_DICT "__dict__",
    #[cfg(feature = "language")] D_DELATTR "__delattr__",
    #[cfg(feature = "language")] D_SETATTR "__setattr__",
    RECURSION_ERROR "RecursionError",
    #[cfg(feature = "builtins")] DEFAULT "default",
    #[cfg(feature = "builtins")] MAX "max",
    #[cfg(feature = "builtins")] MIN "min",
    #[cfg(feature = "builtins")] ENUMERATE "enumerate",
    #[cfg(feature = "builtins")] REVERSED "reversed",
    #[cfg(feature = "builtins")] FILTER "filter",
    #[cfg(feature = "property")] PROPERTY "property",
    #[cfg(feature = "property")] SETTER "setter",
    #[cfg(feature = "property")] DELETER "deleter",
    FUNCTION "function",
    GENERATOR "generator",
    MODULE "module",
    #[cfg(feature = "slices")] SLICE "slice",
    ITERATOR "iterator",
    CELL "cell",
    BOUND_METHOD "bound_method",
    #[cfg(feature = "float")] FLOAT "float",
    #[cfg(feature = "complex")] COMPLEX "complex",
    #[cfg(feature = "complex")] REAL "real",
    #[cfg(feature = "complex")] IMAG "imag",
    #[cfg(feature = "float")] D_FLOAT "__float__",
    #[cfg(feature = "float")] IS_INTEGER "is_integer",
    #[cfg(feature = "bigint")] BIT_LENGTH "bit_length",
    #[cfg(feature = "bytes")] ENCODE "encode",
    #[cfg(feature = "bytes")] DECODE "decode",
    #[cfg(any(feature = "bytes", feature = "format"))] HEX "hex",
    #[cfg(feature = "bytes")] FROMHEX "fromhex",
    #[cfg(feature = "set")] ADD "add",
    #[cfg(feature = "set")] DISCARD "discard",
    #[cfg(feature = "set")] UNION "union",
    #[cfg(feature = "set")] INTERSECTION "intersection",
    #[cfg(feature = "set")] DIFFERENCE "difference",
    #[cfg(feature = "set")] SYMMETRIC_DIFFERENCE "symmetric_difference",
    #[cfg(feature = "set")] INTERSECTION_UPDATE "intersection_update",
    #[cfg(feature = "set")] DIFFERENCE_UPDATE "difference_update",
    #[cfg(feature = "set")] SYMMETRIC_DIFFERENCE_UPDATE "symmetric_difference_update",
    #[cfg(feature = "set")] ISSUBSET "issubset",
    #[cfg(feature = "set")] ISSUPERSET "issuperset",
    #[cfg(feature = "set")] ISDISJOINT "isdisjoint",
    #[cfg(feature = "set")] FROZENSET "frozenset",
    #[cfg(feature = "import")] D_PATH "__path__",
    #[cfg(feature = "import")] D_ALL "__all__",
    #[cfg(all(feature = "import", feature = "language"))] D_IMPORT "__import__",
    #[cfg(feature = "help")] HELP "help",
    #[cfg(feature = "help")] IS_OF_TYPE "is of type",
    #[cfg(feature = "help")] DASHES "--",
    #[cfg(feature = "import")] DOT ".",
    #[cfg(feature = "sys")] SYS "sys",
    #[cfg(feature = "sys")] ARGV "argv",
    #[cfg(feature = "sys")] PATH "path",
    #[cfg(any(feature = "sys", all(feature = "bigint", feature = "bytes")))] BYTEORDER "byteorder",
    #[cfg(feature = "sys")] EXIT "exit",
    #[cfg(feature = "sys")] IMPLEMENTATION "implementation",
    #[cfg(feature = "sys")] MAXSIZE "maxsize",
    #[cfg(feature = "sys")] PLATFORM "platform",
    #[cfg(feature = "sys")] PYRITE "pyrite",
    #[cfg(feature = "sys")] PRINT_EXCEPTION "print_exception",
    #[cfg(feature = "sys")] VERSION "version",
    #[cfg(feature = "sys")] VERSION_INFO "version_info",
    #[cfg(feature = "sys")] VERSION_TEXT "3.4.0; Pyrite 0.1.0",
    #[cfg(feature = "gc")] GC "gc",
    #[cfg(feature = "gc")] COLLECT "collect",
    #[cfg(feature = "gc")] DISABLE "disable",
    #[cfg(feature = "gc")] ENABLE "enable",
    #[cfg(feature = "gc")] ISENABLED "isenabled",
    #[cfg(feature = "gc")] MEM_ALLOC "mem_alloc",
    #[cfg(feature = "gc")] MEM_FREE "mem_free",
    #[cfg(feature = "gc")] THRESHOLD "threshold",
    #[cfg(feature = "micropython")] OPT_LEVEL "opt_level",
    #[cfg(feature = "micropython")] MEM_INFO "mem_info",
    #[cfg(feature = "micropython")] STACK_USE "stack_use",
    #[cfg(feature = "micropython")] SCHEDULE "schedule",
    #[cfg(feature = "time")] TIME "time",
    #[cfg(feature = "time")] SLEEP "sleep",
    #[cfg(feature = "time")] SLEEP_MS "sleep_ms",
    #[cfg(feature = "time")] SLEEP_US "sleep_us",
    #[cfg(feature = "time")] TICKS_ADD "ticks_add",
    #[cfg(feature = "time")] TICKS_CPU "ticks_cpu",
    #[cfg(feature = "time")] TICKS_DIFF "ticks_diff",
    #[cfg(feature = "time")] TICKS_MS "ticks_ms",
    #[cfg(feature = "time")] TICKS_US "ticks_us",
    #[cfg(any(feature = "errno", feature = "language"))] ERRNO "errno",
    #[cfg(feature = "errno")] EPERM "EPERM",
    #[cfg(feature = "errno")] ENOENT "ENOENT",
    #[cfg(feature = "errno")] EIO "EIO",
    #[cfg(feature = "errno")] EBADF "EBADF",
    #[cfg(feature = "errno")] EAGAIN "EAGAIN",
    #[cfg(feature = "errno")] ENOMEM "ENOMEM",
    #[cfg(feature = "errno")] EACCES "EACCES",
    #[cfg(feature = "errno")] EEXIST "EEXIST",
    #[cfg(feature = "errno")] ENODEV "ENODEV",
    #[cfg(feature = "errno")] EISDIR "EISDIR",
    #[cfg(feature = "errno")] EINVAL "EINVAL",
    #[cfg(feature = "errno")] EOPNOTSUPP "EOPNOTSUPP",
    #[cfg(feature = "errno")] EADDRINUSE "EADDRINUSE",
    #[cfg(feature = "errno")] ECONNABORTED "ECONNABORTED",
    #[cfg(feature = "errno")] ECONNRESET "ECONNRESET",
    #[cfg(feature = "errno")] ENOBUFS "ENOBUFS",
    #[cfg(feature = "errno")] ENOTCONN "ENOTCONN",
    #[cfg(feature = "errno")] ETIMEDOUT "ETIMEDOUT",
    #[cfg(feature = "errno")] ECONNREFUSED "ECONNREFUSED",
    #[cfg(feature = "errno")] EHOSTUNREACH "EHOSTUNREACH",
    #[cfg(feature = "errno")] EALREADY "EALREADY",
    #[cfg(feature = "errno")] EINPROGRESS "EINPROGRESS",
    #[cfg(feature = "language")] DELATTR "delattr",
    #[cfg(feature = "language")] STOP_ASYNC_ITERATION "StopAsyncIteration",
    #[cfg(feature = "language")] UNICODE_ERROR "UnicodeError",
    #[cfg(feature = "language")] NOT_IMPLEMENTED "NotImplemented",
    #[cfg(feature = "language")] D_ABS "__abs__",
    #[cfg(feature = "language")] INDICES "indices",
    #[cfg(feature = "language")] DICT_VIEW "dict_view",
    #[cfg(feature = "language")] DICT_KEYS "dict_keys",
    #[cfg(feature = "language")] DICT_VALUES "dict_values",
    #[cfg(feature = "language")] DICT_ITEMS "dict_items",
    #[cfg(feature = "language")] FROMKEYS "fromkeys",
    #[cfg(feature = "language")] D_INDEX "__index__",
    #[cfg(feature = "descriptors")] D_GET "__get__",
    #[cfg(feature = "descriptors")] D_SET "__set__",
    #[cfg(feature = "descriptors")] D_DELETE "__delete__",
    #[cfg(feature = "descriptors")] D_SET_NAME "__set_name__",
    #[cfg(feature = "collections")] COLLECTIONS "collections",
    #[cfg(feature = "collections")] DEQUE "deque",
    #[cfg(feature = "collections")] NAMEDTUPLE "namedtuple",
    #[cfg(feature = "collections")] ORDEREDDICT "OrderedDict",
    #[cfg(feature = "collections")] APPENDLEFT "appendleft",
    #[cfg(feature = "collections")] POPLEFT "popleft",
    #[cfg(feature = "collections")] MAXLEN "maxlen",
    #[cfg(feature = "collections")] EXTENDLEFT "extendleft",
    #[cfg(feature = "collections")] FIELDS "_fields",
    #[cfg(feature = "collections")] ASDICT "_asdict",
    #[cfg(feature = "collections")] REPLACE_ "_replace",
    #[cfg(feature = "io")] IO "io",
    #[cfg(feature = "io")] STRINGIO "StringIO",
    #[cfg(all(feature = "io", feature = "bytes"))] BYTESIO "BytesIO",
    #[cfg(feature = "io")] GETVALUE "getvalue",
    #[cfg(feature = "io")] SEEK "seek",
    #[cfg(feature = "io")] TELL "tell",
    #[cfg(feature = "io")] FILE "file",
    #[cfg(feature = "io")] FLUSH "flush",
    #[cfg(feature = "io")] MODE "mode",
    #[cfg(feature = "io")] READLINES "readlines",
    #[cfg(feature = "array")] ARRAY "array",
    #[cfg(feature = "memoryview")] MEMORYVIEW "memoryview",
    #[cfg(any(feature = "array", feature = "memoryview"))] TOBYTES "tobytes",
    #[cfg(any(feature = "array", feature = "memoryview"))] TOLIST "tolist",
    #[cfg(feature = "struct")] STRUCT "struct",
    #[cfg(feature = "struct")] PACK "pack",
    #[cfg(feature = "struct")] PACK_INTO "pack_into",
    #[cfg(feature = "struct")] UNPACK "unpack",
    #[cfg(feature = "struct")] UNPACK_FROM "unpack_from",
    #[cfg(feature = "struct")] CALCSIZE "calcsize",
    #[cfg(feature = "struct")] ERROR "error",
    #[cfg(feature = "random")] RANDOM "random",
    #[cfg(feature = "random")] SEED "seed",
    #[cfg(feature = "random")] GETRANDBITS "getrandbits",
    #[cfg(feature = "random")] RANDRANGE "randrange",
    #[cfg(feature = "random")] RANDINT "randint",
    #[cfg(feature = "random")] CHOICE "choice",
    #[cfg(all(feature = "random", feature = "float"))] UNIFORM "uniform",
    #[cfg(feature = "json")] JSON "json",
    #[cfg(feature = "json")] DUMPS "dumps",
    #[cfg(feature = "json")] LOADS "loads",
    #[cfg(feature = "json")] DUMP "dump",
    #[cfg(feature = "json")] LOAD "load",
    #[cfg(feature = "json")] SEPARATORS "separators",
    #[cfg(feature = "json")] TRUE_ "true",
    #[cfg(feature = "json")] FALSE_ "false",
    #[cfg(feature = "json")] NULL_ "null",
    #[cfg(feature = "machine")] MACHINE_ "_machine",
    #[cfg(feature = "machine")] ALARM "alarm",
    #[cfg(feature = "machine")] PIN "pin",
    #[cfg(feature = "machine")] PIN_MODE "pin_mode",
    #[cfg(feature = "machine")] MEM8 "mem8",
    #[cfg(feature = "machine")] MEM16 "mem16",
    #[cfg(feature = "machine")] MEM32 "mem32",
    #[cfg(feature = "math")] E "e",
    #[cfg(feature = "math")] PI "pi",
    #[cfg(feature = "math")] INF "inf",
    #[cfg(feature = "math")] NAN "nan",
    #[cfg(feature = "math")] SQRT "sqrt",
    #[cfg(feature = "math")] EXP "exp",
    #[cfg(feature = "math")] LOG "log",
    #[cfg(feature = "math")] LOG2 "log2",
    #[cfg(feature = "math")] LOG10 "log10",
    #[cfg(feature = "math")] SIN "sin",
    #[cfg(feature = "math")] COS "cos",
    #[cfg(feature = "math")] TAN "tan",
    #[cfg(feature = "math")] ASIN "asin",
    #[cfg(feature = "math")] ACOS "acos",
    #[cfg(feature = "math")] ATAN "atan",
    #[cfg(feature = "math")] ATAN2 "atan2",
    #[cfg(feature = "math")] FLOOR "floor",
    #[cfg(feature = "math")] CEIL "ceil",
    #[cfg(feature = "math")] TRUNC "trunc",
    #[cfg(feature = "math")] FABS "fabs",
    #[cfg(feature = "math")] FMOD "fmod",
    #[cfg(feature = "math")] MODF "modf",
    #[cfg(feature = "math")] FREXP "frexp",
    #[cfg(feature = "math")] LDEXP "ldexp",
    #[cfg(feature = "math")] COPYSIGN "copysign",
    #[cfg(feature = "math")] ISNAN "isnan",
    #[cfg(feature = "math")] ISINF "isinf",
    #[cfg(feature = "math")] ISFINITE "isfinite",
    #[cfg(feature = "math")] DEGREES "degrees",
    #[cfg(feature = "math")] RADIANS "radians",
    #[cfg(feature = "math")] MATH "math",
    #[cfg(feature = "strings")] CENTER "center",
    #[cfg(feature = "strings")] PARTITION "partition",
    #[cfg(feature = "strings")] RPARTITION "rpartition",
    #[cfg(feature = "strings")] SPLITLINES "splitlines",
    #[cfg(feature = "strings")] KEEPENDS "keepends",
    #[cfg(all(feature = "bigint", feature = "bytes"))] SIGNED "signed",
    #[cfg(feature = "format")] D_FORMAT "__format__",
    #[cfg(feature = "format")] OCT "oct",
    #[cfg(feature = "format")] BIN "bin",
    // What a program that needs more than its build has is told, whatever else is left out.
    M_LACKS "not in this build",
}
// Messages of exceptions; names too, so that an exception can hold one without a string being made.
messages {
    #[cfg(feature = "import")] M_CANNOT_IMPORT "can't import name '",
    #[cfg(feature = "import")] M_BAD_MODULE "module is malformed",
    #[cfg(feature = "micropython")] M_SCHEDULE_FULL "schedule queue full",
    #[cfg(feature = "collections")] M_EMPTY "empty",
    #[cfg(feature = "collections")] M_FULL "full",
    #[cfg(feature = "packed")] M_CODE "bad type code or format",
    #[cfg(feature = "packed")] M_NUMBER_RANGE "number out of range",
    #[cfg(feature = "bytes")] M_BUFFER_SIZE "buffer has the wrong size",
    #[cfg(feature = "packed")] M_READ_ONLY "object can't be written",
    #[cfg(feature = "random")] M_RANDOM_EMPTY "empty range",
    #[cfg(feature = "json")] M_JSON "syntax error in JSON",
    #[cfg(feature = "machine")] M_ADDRESS "address is not aligned or not there",
    #[cfg(feature = "machine")] M_NO_PIN "no such pin",
    #[cfg(all(feature = "bigint", feature = "bytes"))] M_BYTEORDER "byteorder must be 'little' or 'big'",
    #[cfg(feature = "math")] M_MATH_DOMAIN "math domain error",
    M_RECURSION "maximum recursion depth exceeded",
    M_NAME_START "name '",
    M_NAME_END "' isn't defined",
    M_LOCAL "local variable referenced before assignment",
    M_NOT_CALLABLE "object not callable",
    M_NOT_ITERABLE "object not iterable",
    M_NOT_SUBSCRIPTABLE "object isn't subscriptable",
    M_NO_LEN "object has no len",
    M_BAD_OPERANDS "unsupported types for operator",
    M_BAD_OPERAND "unsupported type for operator",
    M_INT_OVERFLOW "small int overflow",
    #[cfg(feature = "bigint")] M_INT_MACHINE "int too large for this",
    #[cfg(feature = "bigint")] M_POWER_MODULO "pow() needs a positive exponent and a modulus other than 0",
    #[cfg(feature = "bytes")] M_EXPECTED_BYTES "expected bytes",
    #[cfg(feature = "bytes")] M_BYTE_RANGE "bytes value out of range",
    #[cfg(feature = "bytes")] M_NO_ENCODING "string argument without an encoding",
    #[cfg(feature = "bytes")] M_NEGATIVE_COUNT "negative count",
    #[cfg(any(feature = "bytes", feature = "io"))] M_NOT_UTF8 "invalid UTF-8",
    #[cfg(feature = "bytes")] M_BAD_HEX "non-hex digit found",
    M_DIVISION "divide by zero",
    M_NEGATIVE_SHIFT "negative shift count",
    M_NEGATIVE_POWER "negative power with no float support",
    M_NO_FLOAT "no float support",
    #[cfg(feature = "float")] M_EXPECTED_FLOAT "expected a number",
    #[cfg(feature = "float")] M_BAD_FLOAT "invalid syntax for number",
    #[cfg(feature = "float")] M_FLOAT_NAN "can't convert NaN to int",
    #[cfg(feature = "float")] M_FLOAT_INT "float too large for an int",
    #[cfg(feature = "float")] M_FLOAT_RANGE "result too large for a float",
    #[cfg(all(feature = "float", not(feature = "complex")))] M_COMPLEX "complex values not supported",
    M_ARG_COUNT "function takes a different number of positional arguments",
    M_ARG_MISSING "function missing required argument",
    M_ARG_UNEXPECTED "unexpected keyword argument",
    M_ARG_TWICE "function got multiple values for an argument",
    M_KW_STR "keywords must be strings",
    M_NO_KW "function doesn't take keyword arguments",
    M_INDEX_RANGE "index out of range",
    M_INDEX_INT "indices must be integers",
    M_POP_EMPTY "pop from empty list",
    M_NOT_IN_LIST "object not in sequence",
    M_UNPACK_MORE "too many values to unpack",
    M_UNPACK_FEWER "need more values to unpack",
    M_NO_ATTR "' object has no attribute '",
    M_QUOTE "'",
    M_NO_RERAISE "no active exception to reraise",
    M_NOT_EXCEPTION "exceptions must derive from BaseException",
    M_INIT_NONE "__init__() should return None",
    M_BAD_BASE "unsupported base class",
    M_GENERATOR_RUNNING "generator already executing",
    M_GENERATOR_STARTED "can't send non-None value to a just-started generator",
    M_GENERATOR_EXIT "generator ignored GeneratorExit",
    M_GENERATOR_STOP "generator raised StopIteration",
    M_BAD_INT "invalid syntax for integer",
    M_STEP_ZERO "slice step can't be zero",
    M_RANGE_ZERO "range() step can't be zero",
    M_UNHASHABLE "unhashable type",
    M_NO_IMPORT "no module named '",
    #[cfg(feature = "set")] M_POP_EMPTY_SET "pop from an empty set",
    M_NO_SET "sets are not supported",
    M_STR_INDEX "string index out of range",
    M_EMPTY_SEQUENCE "arg is an empty sequence",
    M_ASSIGN_SLICE "only list slices with step 1 can be assigned",
    M_FORMAT_ARGS "not enough arguments for format string",
    M_FORMAT_MANY "format string didn't convert all arguments",
    M_FORMAT_BAD "unsupported format character",
    M_SUBSTRING "substring not found",
    M_JOIN "join expects a list of strings",
    M_NOT_CLASS "issubclass() arg must be a class",
    M_SEP "empty separator",
    M_DICT_CHANGED "dictionary changed size during iteration",
    M_CHR "chr() arg not in range",
    M_ORD "ord() expects a character",
    M_EXPECTED_INT "expected an integer",
    M_EXPECTED_STR "expected a string",
    M_PROPERTY "can't set attribute",
    M_CANT_CREATE "cannot create instance",
    M_NO_SUPER "super() has no such method",
}
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_is_there_twice() {
        let mut seen = std::collections::BTreeSet::new();
        let doubled: Vec<_> = super::TEXTS.iter().skip(1).filter(|text| !seen.insert(**text)).collect();
        assert!(doubled.is_empty(), "{doubled:?}: a file's name would be found as the first only");
    }
}
