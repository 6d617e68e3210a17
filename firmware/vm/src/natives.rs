//! The table of native functions: every builtin function and every method of a built-in type, by number.
//!
//! A native is an immediate value that indexes this table, so natives take no RAM.

use crate::builtins;
use crate::call::Args;
use crate::qstr::Qstr;
use crate::types::{self, dict, exception, generator, list, str, tuple};
use crate::value::Res;
use crate::vm::Vm;

/// The arguments that a native function takes.
#[derive(Clone, Copy)]
pub(crate) struct Arity {
    /// Positional arguments, a method's self included; the highest bit says that it takes keywords.
    min_and_keywords: u8,
    pub(crate) max: u8,
}

impl Arity {
    pub(crate) const fn min(self) -> u8 {
        self.min_and_keywords & !KEYWORDS
    }

    pub(crate) const fn keywords(self) -> bool {
        self.min_and_keywords & KEYWORDS != 0
    }
}

const KEYWORDS: u8 = 1 << 7;

const ANY: u8 = 255;

const fn arity_of(min: u8, max: u8, keywords: bool) -> Arity {
    Arity { min_and_keywords: min | if keywords { KEYWORDS } else { 0 }, max }
}

/// Those there are: few, so that a function has the number of one beside its name, in the same two bytes.
static ARITIES: [Arity; 22] = [
    arity_of(0, 0, false),
    arity_of(0, 1, false),
    arity_of(0, ANY, true),
    arity_of(1, 1, false),
    arity_of(1, 1, true),
    arity_of(1, 2, false),
    arity_of(1, 2, true),
    arity_of(1, 3, false),
    arity_of(1, 3, true),
    arity_of(1, 4, false),
    arity_of(1, 4, true),
    arity_of(1, 5, false),
    arity_of(1, ANY, false),
    arity_of(1, ANY, true),
    arity_of(2, 2, false),
    arity_of(2, 2, true),
    arity_of(2, 3, false),
    arity_of(2, 3, true),
    arity_of(2, 4, false),
    arity_of(3, 3, false),
    arity_of(3, 4, false),
    arity_of(3, ANY, false),
];

const NAME_BITS: u32 = 11;

const fn label(name: Qstr, min: u8, max: u8, keywords: bool) -> u16 {
    assert!(name.0 >> NAME_BITS == 0);
    let mut number = 0;
    while ARITIES[number].min() != min || ARITIES[number].max != max || ARITIES[number].keywords() != keywords {
        number += 1;
    }
    assert!(number >> (u16::BITS - NAME_BITS) == 0);
    (number as u16) << NAME_BITS | name.0
}

/// The function of this number.
#[inline(always)]
pub(crate) fn function(index: u16) -> Option<fn(&mut Vm, Args) -> Res> {
    FUNCTIONS.get(usize::from(index)).copied()
}

#[inline(always)]
pub(crate) fn arity(index: u16) -> Arity {
    ARITIES[usize::from(LABELS[usize::from(index)] >> NAME_BITS)]
}

pub(crate) const fn name(index: u16) -> Qstr {
    Qstr(LABELS[index as usize] & ((1 << NAME_BITS) - 1))
}

macro_rules! natives {
    ($($(#[$feature:meta])* $number:ident $name:ident $min:tt $max:tt $keywords:literal $function:path,)*) => {
        /// The number of a native function.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[repr(u16)]
        pub(crate) enum N { $($(#[$feature])* $number,)* }

        const ALL: &[N] = &[$($(#[$feature])* N::$number),*];

        static FUNCTIONS: [fn(&mut Vm, Args) -> Res; ALL.len()] = [$($(#[$feature])* $function,)*];

        /// Each one's name, and the number of its arity above that.
        static LABELS: [u16; ALL.len()] = [$($(#[$feature])* label(Qstr::$name, $min, $max, $keywords),)*];
    };
}

natives! {
    // number           name         min max keywords function
    Abs                 ABS          1 1   false builtins::abs,
    #[cfg(feature = "builtins")]
    All                 ALL          1 1   false builtins::all,
    #[cfg(feature = "builtins")]
    Any                 ANY          1 1   false builtins::any,
    #[cfg(feature = "methods")]
    Callable            CALLABLE     1 1   false builtins::callable,
    Chr                 CHR          1 1   false builtins::chr,
    #[cfg(feature = "builtins")]
    Divmod              DIVMOD       2 2   false builtins::divmod,
    #[cfg(feature = "methods")]
    GetAttr             GETATTR      2 3   false builtins::getattr,
    #[cfg(feature = "methods")]
    HasAttr             HASATTR      2 2   false builtins::hasattr,
    #[cfg(feature = "hashes")]
    Hash                HASH         1 1   false builtins::hash,
    IsInstance          ISINSTANCE   2 2   false builtins::isinstance,
    #[cfg(feature = "methods")]
    IsSubclass          ISSUBCLASS   2 2   false builtins::issubclass,
    Iter                ITER         1 1   false builtins::iter,
    Len                 LEN          1 1   false builtins::len,
    #[cfg(feature = "builtins")]
    Max                 MAX          1 ANY true  builtins::max,
    #[cfg(feature = "builtins")]
    Min                 MIN          1 ANY true  builtins::min,
    Next                NEXT         1 2   false builtins::next,
    Ord                 ORD          1 1   false builtins::ord,
    #[cfg(all(feature = "methods", not(feature = "bigint")))]
    Pow                 POW          2 2   false builtins::pow,
    #[cfg(all(feature = "methods", feature = "bigint"))]
    Pow                 POW          2 3   false builtins::pow,
    Print               PRINT        0 ANY true  builtins::print,
    Repr                REPR         1 1   false builtins::repr,
    #[cfg(feature = "methods")]
    SetAttr             SETATTR      3 3   false builtins::setattr,
    Sorted              SORTED       1 1   true  list::sorted,
    #[cfg(feature = "builtins")]
    Sum                 SUM          1 2   false builtins::sum,
    #[cfg(feature = "float")]
    Round               ROUND        1 2   false builtins::round,
    #[cfg(feature = "float")]
    FloatIsInteger      IS_INTEGER   1 1   false types::float::is_integer,
    #[cfg(feature = "bigint")]
    IntBitLength        BIT_LENGTH   1 1   false types::bigint::bit_length,
    #[cfg(feature = "bytes")]
    StrEncode           ENCODE       1 3   false types::bytes::encode,
    #[cfg(feature = "bytes")]
    BytesDecode         DECODE       1 3   false types::bytes::decode,
    #[cfg(feature = "bytes")]
    BytesHex            HEX          1 2   false types::bytes::hex,
    #[cfg(feature = "bytes")]
    BytesFromHex        FROMHEX      1 2   false types::bytes::from_hex,
    #[cfg(feature = "bytes")]
    ArrayAppend         APPEND       2 2   false types::bytes::append_method,
    #[cfg(feature = "bytes")]
    ArrayExtend         EXTEND       2 2   false types::bytes::extend_method,
    #[cfg(feature = "array")]
    NumbersAppend APPEND 2 2 false types::array::append_method,
    #[cfg(feature = "array")]
    NumbersExtend EXTEND 2 2 false types::array::extend_method,
    #[cfg(feature = "array")]
    NumbersIndex INDEX 2 2 false types::array::index,
    #[cfg(any(feature = "array", feature = "memoryview"))]
    PackedToBytes TOBYTES 1 1 false types::packed::to_bytes,
    #[cfg(any(feature = "array", feature = "memoryview"))]
    PackedToList TOLIST 1 1 false types::packed::to_list,
    #[cfg(feature = "set")]
    SetAdd              ADD 2 2 false types::set::add_method,
    #[cfg(feature = "set")]
    SetRemove           REMOVE 2 2 false types::set::remove,
    #[cfg(feature = "set")]
    SetDiscard          DISCARD 2 2 false types::set::discard,
    #[cfg(feature = "set")]
    SetPop              POP 1 1 false types::set::pop,
    #[cfg(feature = "set")]
    SetCopy             COPY 1 1 false types::set::copy,
    #[cfg(feature = "set")]
    SetUpdate           UPDATE 1 ANY false types::set::update,
    #[cfg(feature = "set")]
    SetIntersectionUpdate INTERSECTION_UPDATE 1 ANY false types::set::intersection_update,
    #[cfg(feature = "set")]
    SetDifferenceUpdate DIFFERENCE_UPDATE 1 ANY false types::set::difference_update,
    #[cfg(feature = "set")]
    SetSymmetricUpdate  SYMMETRIC_DIFFERENCE_UPDATE 2 2 false types::set::symmetric_difference_update,
    #[cfg(feature = "set")]
    SetUnion            UNION 1 ANY false types::set::union,
    #[cfg(feature = "set")]
    SetIntersection     INTERSECTION 1 ANY false types::set::intersection,
    #[cfg(feature = "set")]
    SetDifference       DIFFERENCE 1 ANY false types::set::difference,
    #[cfg(feature = "set")]
    SetSymmetric        SYMMETRIC_DIFFERENCE 2 2 false types::set::symmetric_difference,
    #[cfg(feature = "set")]
    SetIsSubset         ISSUBSET 2 2 false types::set::is_subset_method,
    #[cfg(feature = "set")]
    SetIsSuperset       ISSUPERSET 2 2 false types::set::is_superset_method,
    #[cfg(feature = "set")]
    SetIsDisjoint       ISDISJOINT 2 2 false types::set::is_disjoint_method,
    #[cfg(feature = "math")]
    MathSqrt            SQRT         1 1   false crate::modules::math::sqrt,
    #[cfg(feature = "math")]
    MathExp             EXP          1 1   false crate::modules::math::exp,
    #[cfg(feature = "math")]
    MathLog             LOG          1 2   false crate::modules::math::log,
    #[cfg(feature = "math")]
    MathLog2            LOG2         1 1   false crate::modules::math::log2,
    #[cfg(feature = "math")]
    MathLog10           LOG10        1 1   false crate::modules::math::log10,
    #[cfg(feature = "math")]
    MathPow             POW          2 2   false crate::modules::math::pow,
    #[cfg(feature = "math")]
    MathSin             SIN          1 1   false crate::modules::math::sin,
    #[cfg(feature = "math")]
    MathCos             COS          1 1   false crate::modules::math::cos,
    #[cfg(feature = "math")]
    MathTan             TAN          1 1   false crate::modules::math::tan,
    #[cfg(feature = "math")]
    MathAsin            ASIN         1 1   false crate::modules::math::asin,
    #[cfg(feature = "math")]
    MathAcos            ACOS         1 1   false crate::modules::math::acos,
    #[cfg(feature = "math")]
    MathAtan            ATAN         1 1   false crate::modules::math::atan,
    #[cfg(feature = "math")]
    MathAtan2           ATAN2        2 2   false crate::modules::math::atan2,
    #[cfg(feature = "math")]
    MathFloor           FLOOR        1 1   false crate::modules::math::floor,
    #[cfg(feature = "math")]
    MathCeil            CEIL         1 1   false crate::modules::math::ceil,
    #[cfg(feature = "math")]
    MathTrunc           TRUNC        1 1   false crate::modules::math::trunc,
    #[cfg(feature = "math")]
    MathFabs            FABS         1 1   false crate::modules::math::fabs,
    #[cfg(feature = "math")]
    MathFmod            FMOD         2 2   false crate::modules::math::fmod,
    #[cfg(feature = "math")]
    MathModf            MODF         1 1   false crate::modules::math::modf,
    #[cfg(feature = "math")]
    MathFrexp           FREXP        1 1   false crate::modules::math::frexp,
    #[cfg(feature = "math")]
    MathLdexp           LDEXP        2 2   false crate::modules::math::ldexp,
    #[cfg(feature = "math")]
    MathCopysign        COPYSIGN     2 2   false crate::modules::math::copysign,
    #[cfg(feature = "math")]
    MathIsNan           ISNAN        1 1   false crate::modules::math::is_nan,
    #[cfg(feature = "math")]
    MathIsInf           ISINF        1 1   false crate::modules::math::is_inf,
    #[cfg(feature = "math")]
    MathIsFinite        ISFINITE     1 1   false crate::modules::math::is_finite,
    #[cfg(feature = "math")]
    MathDegrees         DEGREES      1 1   false crate::modules::math::degrees,
    #[cfg(feature = "math")]
    MathRadians         RADIANS      1 1   false crate::modules::math::radians,
    #[cfg(feature = "strings")]
    StrCenter           CENTER       2 2   false types::str_more::center,
    #[cfg(feature = "strings")]
    StrPartition        PARTITION    2 2   false types::str_more::partition,
    #[cfg(feature = "strings")]
    StrRpartition       RPARTITION   2 2   false types::str_more::rpartition,
    #[cfg(feature = "strings")]
    StrRsplit           RSPLIT       1 3   false types::str_more::rsplit,
    #[cfg(feature = "strings")]
    StrRindex           RINDEX       2 4   false types::str_more::rindex,
    #[cfg(feature = "strings")]
    StrSplitLines       SPLITLINES   1 2   true types::str_more::splitlines,
    #[cfg(feature = "strings")]
    StrIsLower          ISLOWER      1 1   false types::str_more::is_lower,
    #[cfg(feature = "strings")]
    StrIsUpper          ISUPPER      1 1   false types::str_more::is_upper,
    #[cfg(all(feature = "bigint", feature = "bytes"))]
    IntToBytes          TO_BYTES     1 4   true  types::int_bytes::to_bytes,
    #[cfg(all(feature = "bigint", feature = "bytes"))]
    IntFromBytes        FROM_BYTES   1 3   true  types::int_bytes::from_bytes,
    #[cfg(feature = "format")]
    Format              FORMAT       1 2   false types::format::builtin,
    #[cfg(feature = "format")]
    Hex                 HEX          1 1   false types::format::hex,
    #[cfg(feature = "format")]
    Oct                 OCT          1 1   false types::format::oct,
    #[cfg(feature = "format")]
    Bin                 BIN          1 1   false types::format::bin,
    #[cfg(feature = "fstrings")]
    StrFormat           FORMAT       1 ANY true  types::format::method,
    #[cfg(not(feature = "language"))]
    ObjectInit          D_INIT       1 1   false types::object_init,
    #[cfg(feature = "language")]
    ObjectInit          D_INIT       1 ANY true  types::object_init,
    #[cfg(feature = "language")]
    ObjectNew           D_NEW        1 ANY true  types::class::object_new,
    #[cfg(feature = "language")]
    SliceIndices        INDICES      2 2   false types::slice::indices,
    #[cfg(feature = "language")]
    ObjectSetAttr       D_SETATTR    3 3   false crate::attr::object_setattr,
    #[cfg(feature = "language")]
    ObjectDelAttr       D_DELATTR    2 2   false crate::attr::object_delattr,
    #[cfg(feature = "language")]
    DelAttr             DELATTR      2 2   false crate::introspect::delattr,
    #[cfg(feature = "language")]
    Dir                 DIR          0 1   false crate::introspect::dir,
    #[cfg(feature = "language")]
    Globals             GLOBALS      0 0   false crate::introspect::globals,
    #[cfg(feature = "language")]
    Id                  ID           1 1   false crate::introspect::id,
    #[cfg(feature = "language")]
    Locals              LOCALS       0 0   false crate::introspect::globals,
    #[cfg(feature = "help")]
    Help                HELP         0 1   false crate::help::help,
    #[cfg(all(feature = "import", feature = "language"))]
    Import              D_IMPORT     1 5   false crate::import::builtin,
    #[cfg(feature = "io")]
    Open                OPEN         1 4   true  crate::modules::io::open,
    #[cfg(feature = "language")]
    DictPopItem         POPITEM      1 1   false dict::pop_item,
    #[cfg(feature = "language")]
    DictFromKeys        FROMKEYS     1 2   false dict::from_keys,
    #[cfg(feature = "property")]
    PropertySetter      SETTER       2 2   false types::property_setter,
    #[cfg(feature = "property")]
    PropertyDeleter     DELETER      2 2   false types::property_deleter,
    ExceptionInit       D_INIT       1 ANY false exception::init,
    IteratorNext        D_NEXT       1 1   false builtins::next,
    GeneratorSend       SEND         2 2   false generator::send,
    GeneratorClose      CLOSE        1 1   false generator::close,
    GeneratorThrow      THROW        2 4   false generator::throw,
    #[cfg(feature = "methods")]
    SequenceIndex       INDEX        2 2   false tuple::index,
    #[cfg(feature = "methods")]
    SequenceCount       COUNT        2 2   false tuple::count,
    ListAppend          APPEND       2 2   false list::append_method,
    ListPop             POP          1 2   false list::pop,
    #[cfg(feature = "methods")]
    ListInsert          INSERT       3 3   false list::insert,
    ListExtend          EXTEND       2 2   false list::extend_method,
    ListSort            SORT         1 1   true  list::sort_method,
    #[cfg(feature = "methods")]
    ListRemove          REMOVE       2 2   false list::remove,
    #[cfg(feature = "methods")]
    ListReverse         REVERSE      1 1   false list::reverse,
    #[cfg(feature = "methods")]
    ListClear           CLEAR        1 1   false list::clear,
    #[cfg(feature = "methods")]
    ListCopy            COPY         1 1   false list::copy,
    DictGet             GET          2 3   false dict::get_method,
    DictPop             POP          2 3   false dict::pop,
    #[cfg(feature = "methods")]
    DictSetDefault      SETDEFAULT   2 3   false dict::set_default,
    DictUpdate          UPDATE       1 2   true  dict::update_method,
    DictItems           ITEMS        1 1   false dict::items,
    DictKeys            KEYS         1 1   false dict::keys,
    DictValues          VALUES       1 1   false dict::values,
    #[cfg(any(feature = "methods", feature = "set"))]
    DictClear           CLEAR        1 1   false dict::clear,
    #[cfg(feature = "methods")]
    DictCopy            COPY         1 1   false dict::copy,
    StrJoin             JOIN         2 2   false str::join,
    StrSplit            SPLIT        1 3   false str::split,
    #[cfg(not(feature = "methods"))]
    StrStrip            STRIP        1 1   false str::strip,
    #[cfg(feature = "methods")]
    StrStrip            STRIP        1 2   false str::strip,
    #[cfg(feature = "methods")]
    StrLstrip           LSTRIP       1 2   false str::lstrip,
    #[cfg(feature = "methods")]
    StrRstrip           RSTRIP       1 2   false str::rstrip,
    #[cfg(not(feature = "methods"))]
    StrFind             FIND         2 2   false str::find_method,
    #[cfg(feature = "methods")]
    StrFind             FIND         2 4   false str::find_method,
    #[cfg(feature = "methods")]
    StrRfind            RFIND        2 4   false str::rfind,
    #[cfg(feature = "methods")]
    StrIndex            INDEX        2 4   false str::index,
    #[cfg(feature = "builtins")]
    StrCount            COUNT        2 4   false str::count,
    #[cfg(feature = "methods")]
    StrReplace          REPLACE      3 4   false str::replace,
    #[cfg(not(feature = "methods"))]
    StrStartsWith       STARTSWITH   2 2   false str::starts_with,
    #[cfg(feature = "methods")]
    StrStartsWith       STARTSWITH   2 4   false str::starts_with,
    #[cfg(not(feature = "methods"))]
    StrEndsWith         ENDSWITH     2 2   false str::ends_with,
    #[cfg(feature = "methods")]
    StrEndsWith         ENDSWITH     2 4   false str::ends_with,
    #[cfg(feature = "methods")]
    StrUpper            UPPER        1 1   false str::upper,
    #[cfg(feature = "methods")]
    StrLower            LOWER        1 1   false str::lower,
    #[cfg(feature = "methods")]
    StrIsDigit          ISDIGIT      1 1   false str::is_digit,
    #[cfg(feature = "methods")]
    StrIsAlpha          ISALPHA      1 1   false str::is_alpha,
    #[cfg(feature = "methods")]
    StrIsSpace          ISSPACE      1 1   false str::is_space,
    #[cfg(feature = "sys")]
    SysExit             EXIT         0 1   false crate::modules::sys::exit,
    #[cfg(feature = "sys")]
    SysPrintException   PRINT_EXCEPTION 1 2 false crate::modules::sys::print_exception,
    #[cfg(feature = "gc")]
    GcCollect           COLLECT      0 0   false crate::modules::gc::collect,
    #[cfg(feature = "gc")]
    GcEnable            ENABLE       0 0   false crate::modules::gc::nothing,
    #[cfg(feature = "gc")]
    GcDisable           DISABLE      0 0   false crate::modules::gc::nothing,
    #[cfg(feature = "gc")]
    GcIsEnabled         ISENABLED    0 0   false crate::modules::gc::is_enabled,
    #[cfg(feature = "gc")]
    GcMemAlloc          MEM_ALLOC    0 0   false crate::modules::gc::mem_alloc,
    #[cfg(feature = "gc")]
    GcMemFree           MEM_FREE     0 0   false crate::modules::gc::mem_free,
    #[cfg(feature = "gc")]
    GcThreshold         THRESHOLD    0 1   false crate::modules::gc::threshold,
    #[cfg(feature = "micropython")]
    MicroPythonConst    CONST        1 1   false crate::modules::micropython::constant,
    #[cfg(feature = "micropython")]
    MicroPythonOptLevel OPT_LEVEL    0 1   false crate::modules::micropython::opt_level,
    #[cfg(feature = "micropython")]
    MicroPythonMemInfo  MEM_INFO     0 1   false crate::modules::micropython::mem_info,
    #[cfg(feature = "micropython")]
    MicroPythonSchedule SCHEDULE     2 2   false crate::modules::micropython::schedule,
    #[cfg(feature = "time")]
    TimeSleep           SLEEP        1 1   false crate::modules::time::sleep,
    #[cfg(feature = "time")]
    TimeSleepMs         SLEEP_MS     1 1   false crate::modules::time::sleep_ms,
    #[cfg(feature = "time")]
    TimeSleepUs         SLEEP_US     1 1   false crate::modules::time::sleep_us,
    #[cfg(feature = "time")]
    TimeTicksAdd        TICKS_ADD    2 2   false crate::modules::time::ticks_add,
    #[cfg(feature = "time")]
    TimeTicksDiff       TICKS_DIFF   2 2   false crate::modules::time::ticks_diff,
    #[cfg(feature = "time")]
    TimeTicksMs         TICKS_MS     0 0   false crate::modules::time::ticks_ms,
    #[cfg(feature = "time")]
    TimeTicksUs         TICKS_US     0 0   false crate::modules::time::ticks_us,
    #[cfg(feature = "time")]
    TimeTime            TIME         0 0   false crate::modules::time::time,
    #[cfg(feature = "collections")]
    NamedTuple NAMEDTUPLE 2 3 true crate::modules::namedtuple::make,
    #[cfg(feature = "collections")]
    NamedTupleAsDict ASDICT 1 1 false crate::modules::namedtuple::as_dict,
    #[cfg(feature = "collections")]
    DequeAppend APPEND 2 2 false crate::modules::deque::append,
    #[cfg(feature = "collections")]
    DequeAppendLeft APPENDLEFT 2 2 false crate::modules::deque::append_left,
    #[cfg(feature = "collections")]
    DequeClear CLEAR 1 1 false crate::modules::deque::clear,
    #[cfg(feature = "collections")]
    DequeExtend EXTEND 2 2 false crate::modules::deque::extend_method,
    #[cfg(feature = "collections")]
    DequePop POP 1 1 false crate::modules::deque::pop,
    #[cfg(feature = "collections")]
    DequePopLeft POPLEFT 1 1 false crate::modules::deque::pop_left,
    #[cfg(feature = "io")]
    StreamClose CLOSE 1 1 false crate::modules::io::close,
    #[cfg(feature = "io")]
    StreamFlush FLUSH 1 1 false crate::modules::io::flush,
    #[cfg(feature = "io")]
    StreamGetValue GETVALUE 1 1 false crate::modules::io::get_value,
    #[cfg(feature = "io")]
    StreamRead READ 1 2 false crate::modules::io::read,
    #[cfg(all(feature = "io", feature = "packed"))]
    StreamReadInto READINTO 2 2 false crate::modules::io::read_into,
    #[cfg(feature = "io")]
    StreamReadLine READLINE 1 1 false crate::modules::io::read_line,
    #[cfg(feature = "io")]
    StreamSeek SEEK 2 3 false crate::modules::io::seek,
    #[cfg(feature = "io")]
    StreamTell TELL 1 1 false crate::modules::io::tell,
    #[cfg(feature = "io")]
    StreamWrite WRITE 2 2 false crate::modules::io::write,
    #[cfg(feature = "io")]
    StreamEnter D_ENTER 1 1 false crate::modules::io::enter,
    #[cfg(feature = "io")]
    StreamExit D_EXIT 1 4 false crate::modules::io::exit,
    #[cfg(feature = "json")]
    JsonDump DUMP 2 2 true crate::modules::json::dump,
    #[cfg(feature = "json")]
    JsonLoad LOAD 1 1 false crate::modules::json::load,
    #[cfg(feature = "json")]
    JsonDumps DUMPS 1 1 true crate::modules::json::dumps,
    #[cfg(feature = "json")]
    JsonLoads LOADS 1 1 false crate::modules::json::loads,
    #[cfg(feature = "struct")]
    StructPack PACK 1 ANY false crate::modules::structs::pack,
    #[cfg(feature = "struct")]
    StructPackInto PACK_INTO 3 ANY false crate::modules::structs::pack_into,
    #[cfg(feature = "struct")]
    StructUnpack UNPACK 2 2 false crate::modules::structs::unpack,
    #[cfg(feature = "struct")]
    StructUnpackFrom UNPACK_FROM 2 3 false crate::modules::structs::unpack_from,
    #[cfg(feature = "struct")]
    StructCalcSize CALCSIZE 1 1 false crate::modules::structs::calc_size,
    #[cfg(feature = "machine")]
    MachineAlarm ALARM 2 2 false crate::modules::machine::alarm,
    #[cfg(feature = "machine")]
    MachinePin PIN 1 2 false crate::modules::machine::pin,
    #[cfg(feature = "machine")]
    MachinePinMode PIN_MODE 3 3 false crate::modules::machine::pin_mode,
    #[cfg(feature = "random")]
    RandomSeed SEED 0 1 false crate::modules::random::seed,
    #[cfg(feature = "random")]
    RandomBits GETRANDBITS 1 1 false crate::modules::random::bits,
    #[cfg(feature = "random")]
    RandomRange RANDRANGE 1 3 false crate::modules::random::range,
    #[cfg(feature = "random")]
    RandomInt RANDINT 2 2 false crate::modules::random::integer,
    #[cfg(feature = "random")]
    RandomChoice CHOICE 1 1 false crate::modules::random::choice,
    #[cfg(all(feature = "random", feature = "float"))]
    Random RANDOM 0 0 false crate::modules::random::random,
    #[cfg(all(feature = "random", feature = "float"))]
    RandomUniform UNIFORM 2 2 false crate::modules::random::uniform,
}
