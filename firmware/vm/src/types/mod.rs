//! Built-in types: their numbers, names, bases and methods, and how calling one makes a value.
//!
//! A built-in type is an immediate value that indexes `TYPES`, so types take no RAM. Layouts that several files need are here.

#[cfg(feature = "array")]
pub(crate) mod array;
#[cfg(feature = "bigint")]
pub(crate) mod bigint;
#[cfg(feature = "bytes")]
pub(crate) mod bytes;
pub(crate) mod class;
#[cfg(feature = "complex")]
pub(crate) mod complex;
pub(crate) mod dict;
pub(crate) mod exception;
#[cfg(feature = "float")]
pub(crate) mod float;
#[cfg(feature = "percent")]
pub(crate) mod format;
pub(crate) mod generator;
pub(crate) mod int;
#[cfg(all(feature = "bigint", feature = "bytes"))]
pub(crate) mod int_bytes;
pub(crate) mod list;
#[cfg(feature = "memoryview")]
pub(crate) mod memoryview;
#[cfg(feature = "packed")]
pub(crate) mod packed;
pub(crate) mod range;
#[cfg(feature = "set")]
pub(crate) mod set;
#[cfg(feature = "slices")]
pub(crate) mod slice;
pub(crate) mod str;
#[cfg(feature = "strings")]
pub(crate) mod str_more;
pub(crate) mod tuple;
#[cfg(feature = "language")]
pub(crate) mod view;

use crate::call::Args;
use crate::frame::Slots;
use crate::heap::Kind;
use crate::iter;
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::value::{Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;

/// `Kind::Module`: name, table of globals.
pub(crate) const MODULE_NAME: usize = 0;
pub(crate) const MODULE_TABLE: usize = 1;
/// `Kind::Method`: function, self.
pub(crate) const METHOD_FUNCTION: usize = 0;
pub(crate) const METHOD_SELF: usize = 1;

#[cfg(not(feature = "language"))]
const OBJECT_METHODS: &[Method] = &[(Qstr::D_INIT, N::ObjectInit)];
#[cfg(feature = "language")]
const OBJECT_METHODS: &[Method] =
    &[(Qstr::D_INIT, N::ObjectInit), (Qstr::D_NEW, N::ObjectNew), (Qstr::D_SETATTR, N::ObjectSetAttr), (Qstr::D_DELATTR, N::ObjectDelAttr)];

/// Name and native of a method.
pub(crate) type Method = (Qstr, N);

pub(crate) struct TypeInfo {
    pub(crate) name: Qstr,
    pub(crate) base: T,
    /// Where its methods begin in `METHODS`, which go on to where the next type's begin: an eighth of a slice.
    first_method: u8,
}

/// A built-in type, by its number in `TYPES`. No enum: then a number from a value is one as it is, without a table that says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(crate) struct T(pub(crate) u8);

macro_rules! types {
    ($($(#[$feature:meta])* $name:ident $qstr:ident $base:ident $methods:expr,)*) => {
        enum Number { $($(#[$feature])* $name,)* }

        #[expect(non_upper_case_globals, reason = "they are the names of Python's types")]
        impl T { $($(#[$feature])* pub(crate) const $name: T = T(Number::$name as u8);)* }

        pub(crate) const ALL: &[T] = &[$($(#[$feature])* T::$name,)*];

        /// The methods of each type.
        const METHODS_OF: [&[Method]; ALL.len()] = [$($(#[$feature])* $methods,)*];

        pub(crate) const TYPE_TABLE: [TypeInfo; ALL.len()] = {
            let mut table = [$($(#[$feature])* TypeInfo { name: Qstr::$qstr, base: T::$base, first_method: 0 },)*];
            let (mut index, mut first) = (0, 0);
            while index < ALL.len() {
                table[index].first_method = first;
                first += METHODS_OF[index].len() as u8;
                index += 1;
            }
            table
        };
    };
}

types! {
    // number           name                  base             methods
    Object              OBJECT                Object           OBJECT_METHODS,
    Type                TYPE                  Object           &[],
    NoneType            NONE_TYPE             Object           &[],
    Ellipsis            ELLIPSIS              Object           &[],
    Int                 INT                   Object           int::METHODS,
    Bool                BOOL                  Int              &[],
    #[cfg(feature = "float")]
    Float               FLOAT                 Object           float::METHODS,
    #[cfg(feature = "complex")]
    Complex             COMPLEX               Object           &[],
    Str                 STR                   Object           str::METHODS,
    #[cfg(feature = "bytes")]
    Bytes               BYTES                 Object           bytes::METHODS,
    #[cfg(feature = "bytes")]
    ByteArray           BYTEARRAY             Object           bytes::ARRAY_METHODS,
    #[cfg(feature = "array")]
    Array               ARRAY                 Object           array::METHODS,
    #[cfg(feature = "memoryview")]
    MemoryView          MEMORYVIEW            Object           memoryview::METHODS,
    Tuple               TUPLE                 Object           tuple::METHODS,
    List                LIST                  Object           list::METHODS,
    Dict                DICT                  Object           dict::METHODS,
    #[cfg(feature = "set")]
    Set                 SET                   Object           set::METHODS,
    #[cfg(feature = "set")]
    FrozenSet           FROZENSET             Object           set::FROZEN_METHODS,
    Range               RANGE                 Object           &[],
    #[cfg(feature = "slices")]
    Slice               SLICE                 Object           slice::METHODS,
    Function            FUNCTION              Object           &[],
    Method              BOUND_METHOD          Object           &[],
    Generator           GENERATOR             Object           generator::METHODS,
    Iterator            ITERATOR              Object           &[(Qstr::D_NEXT, N::IteratorNext)],
    Cell                CELL                  Object           &[],
    Module              MODULE                Object           &[],
    #[cfg(feature = "property")]
    Property            PROPERTY              Object           &[(Qstr::SETTER, N::PropertySetter), (Qstr::DELETER, N::PropertyDeleter)],
    StaticMethod        STATICMETHOD          Object           &[],
    ClassMethod         CLASSMETHOD           Object           &[],
    Super               SUPER                 Object           &[],
    #[cfg(feature = "builtins")]
    Zip                 ZIP                   Iterator         &[],
    #[cfg(feature = "builtins")]
    Map                 MAP                   Iterator         &[],
    #[cfg(feature = "builtins")]
    Filter              FILTER                Iterator         &[],
    #[cfg(feature = "builtins")]
    Enumerate           ENUMERATE             Iterator         &[],
    #[cfg(feature = "builtins")]
    Reversed            REVERSED              Iterator         &[],
    #[cfg(feature = "language")]
    DictView            DICT_VIEW             Object           &[],
    #[cfg(feature = "collections")]
    Deque               DEQUE                 Object           crate::modules::deque::METHODS,
    #[cfg(feature = "io")]
    StringIo            STRINGIO              Object           crate::modules::io::METHODS,
    #[cfg(all(feature = "io", feature = "bytes"))]
    BytesIo             BYTESIO               Object           crate::modules::io::METHODS,
    BaseException       BASE_EXCEPTION        Object           exception::METHODS,
    #[cfg(feature = "methods")]
    SystemExit          SYSTEM_EXIT           BaseException    &[],
    #[cfg(feature = "methods")]
    KeyboardInterrupt   KEYBOARD_INTERRUPT    BaseException    &[],
    GeneratorExit       GENERATOR_EXIT        BaseException    &[],
    Exception           EXCEPTION             BaseException    &[],
    StopIteration       STOP_ITERATION        Exception        &[],
    #[cfg(feature = "language")]
    StopAsyncIteration  STOP_ASYNC_ITERATION  Exception        &[],
    ArithmeticError     ARITHMETIC_ERROR      Exception        &[],
    OverflowError       OVERFLOW_ERROR        ArithmeticError  &[],
    ZeroDivisionError   ZERO_DIVISION_ERROR   ArithmeticError  &[],
    AssertionError      ASSERTION_ERROR       Exception        &[],
    AttributeError      ATTRIBUTE_ERROR       Exception        &[],
    #[cfg(feature = "methods")]
    EofError            EOFERROR              Exception        &[],
    ImportError         IMPORT_ERROR          Exception        &[],
    LookupError         LOOKUP_ERROR          Exception        &[],
    IndexError          INDEX_ERROR           LookupError      &[],
    KeyError            KEY_ERROR             LookupError      &[],
    MemoryError         MEMORY_ERROR          Exception        &[],
    NameError           NAME_ERROR            Exception        &[],
    #[cfg(feature = "methods")]
    OsError             OSERROR               Exception        &[],
    RuntimeError        RUNTIME_ERROR         Exception        &[],
    NotImplementedError NOT_IMPLEMENTED_ERROR RuntimeError     &[],
    RecursionError      RECURSION_ERROR       RuntimeError     &[],
    #[cfg(feature = "methods")]
    SyntaxError         SYNTAX_ERROR          Exception        &[],
    TypeError           TYPE_ERROR            Exception        &[],
    ValueError          VALUE_ERROR           Exception        &[],
    #[cfg(feature = "language")]
    IndentationError    INDENTATION_ERROR     SyntaxError      &[],
    #[cfg(feature = "language")]
    UnicodeError        UNICODE_ERROR         ValueError       &[],
}

pub(crate) static TYPES: [TypeInfo; ALL.len()] = TYPE_TABLE;

const N_METHODS: usize = {
    let (mut index, mut count) = (0, 0);
    while index < ALL.len() {
        count += METHODS_OF[index].len();
        index += 1;
    }
    count
};

const _: () = assert!(N_METHODS <= u8::MAX as usize);

/// The methods of all types, one type behind the other, by the numbers of their natives, which know their names.
static METHODS: [u8; N_METHODS] = {
    let mut all = [0; N_METHODS];
    let (mut index, mut to) = (0, 0);
    while index < ALL.len() {
        let mut from = 0;
        while from < METHODS_OF[index].len() {
            let (name, native) = METHODS_OF[index][from];
            assert!(native as u16 <= u8::MAX as u16 && crate::natives::name(native as u16).0 == name.0, "found by the native's own name");
            all[to] = native as u8;
            (to, from) = (to + 1, from + 1);
        }
        index += 1;
    }
    all
};

impl T {
    pub(crate) const fn obj(self) -> Obj {
        Obj::type_index(self.0)
    }

    pub(crate) fn from_index(index: u8) -> T {
        T(index)
    }

    pub(crate) fn info(self) -> &'static TypeInfo {
        &TYPES[usize::from(self.0)]
    }

    /// The methods it has of its own: their names and the numbers of their natives.
    pub(crate) fn methods(self) -> impl Iterator<Item = (Qstr, u16)> {
        let next = TYPES.get(usize::from(self.0) + 1).map_or(N_METHODS, |next| usize::from(next.first_method));
        let own = METHODS.get(usize::from(self.info().first_method)..next).unwrap_or(&[]);
        own.iter().map(|native| (crate::natives::name(u16::from(*native)), u16::from(*native)))
    }

    /// Whether this is `other` or derived from it.
    pub(crate) fn derives(self, other: T) -> bool {
        let mut at = self;
        while at != other {
            if at == T::Object {
                return false;
            }
            at = at.info().base;
        }
        true
    }

    /// The native a type has under this name, its bases included.
    #[cfg_attr(all(target_os = "none", feature = "speed"), optimize(speed))]
    pub(crate) fn method(self, name: Obj) -> Option<Obj> {
        let (mut at, wanted) = (self, name.is_name().then(|| name.as_name())?);
        loop {
            if let Some((_, native)) = at.methods().find(|(known, _)| *known == wanted) {
                return Some(Obj::native(native));
            }
            if at == T::Object {
                return None;
            }
            at = at.info().base;
        }
    }
}

/// The type of a value: a built-in type, or the class of an instance.
pub(crate) fn type_of(value: Obj) -> Obj {
    if value.is(Kind::Instance) || value.is(Kind::Exception) {
        return value.field(class::INSTANCE_CLASS);
    }
    builtin_type_of(value).obj()
}

/// The built-in type of a value; `Object` for instances of classes.
pub(crate) fn builtin_type_of(value: Obj) -> T {
    if value.is_int() {
        return T::Int;
    }
    if value.is_name() {
        return T::Str;
    }
    if !value.is_heap() {
        return match value {
            it if it == Obj::TRUE || it == Obj::FALSE => T::Bool,
            it if it == Obj::NONE => T::NoneType,
            it if it == Obj::ELLIPSIS => T::Ellipsis,
            _ if value.as_native().is_some() => T::Function,
            _ if value.as_type_index().is_some() => T::Type,
            #[cfg(feature = "import")]
            _ if value.as_module_index().is_some() => T::Module,
            _ => T::Object,
        };
    }
    match value.kind() {
        Kind::Iter => iter::type_of(value),
        #[cfg(feature = "io")]
        Kind::Stream => crate::modules::io::type_of(value),
        kind => OF_KIND[kind as usize],
    }
}

/// The kinds of heap objects that are all of one type; `Object` is that of the others.
const KINDS: &[(Kind, T)] = &[
    #[cfg(feature = "float")]
    (Kind::Float, T::Float),
    #[cfg(feature = "complex")]
    (Kind::Complex, T::Complex),
    #[cfg(feature = "bigint")]
    (Kind::Int, T::Int),
    #[cfg(feature = "bytes")]
    (Kind::Bytes, T::Bytes),
    #[cfg(feature = "bytes")]
    (Kind::ConstBytes, T::Bytes),
    #[cfg(feature = "bytes")]
    (Kind::ByteArray, T::ByteArray),
    #[cfg(feature = "array")]
    (Kind::Array, T::Array),
    #[cfg(feature = "memoryview")]
    (Kind::MemoryView, T::MemoryView),
    (Kind::Str, T::Str),
    (Kind::ConstStr, T::Str),
    (Kind::Generator, T::Generator),
    (Kind::Function, T::Function),
    (Kind::Closure, T::Function),
    (Kind::Tuple, T::Tuple),
    (Kind::List, T::List),
    (Kind::Dict, T::Dict),
    #[cfg(feature = "set")]
    (Kind::Set, T::Set),
    #[cfg(feature = "set")]
    (Kind::FrozenSet, T::FrozenSet),
    (Kind::Range, T::Range),
    #[cfg(feature = "slices")]
    (Kind::Slice, T::Slice),
    (Kind::Cell, T::Cell),
    (Kind::Method, T::Method),
    (Kind::Class, T::Type),
    (Kind::Exception, T::BaseException),
    #[cfg(feature = "property")]
    (Kind::Property, T::Property),
    (Kind::StaticMethod, T::StaticMethod),
    (Kind::ClassMethod, T::ClassMethod),
    (Kind::Super, T::Super),
    (Kind::Module, T::Module),
    #[cfg(feature = "language")]
    (Kind::View, T::DictView),
    #[cfg(feature = "collections")]
    (Kind::Deque, T::Deque),
];

/// The same by number.
static OF_KIND: [T; Kind::Module as usize + 1] = {
    let mut types = [T::Object; Kind::Module as usize + 1];
    let mut at = 0;
    while at < KINDS.len() {
        types[KINDS[at].0 as usize] = KINDS[at].1;
        at += 1;
    }
    types
};

pub(crate) fn is_exception(value: Obj) -> bool {
    value.is(Kind::Exception)
}

/// The defaults that MAKE_FUNCTION_DEFARGS finds on the stack, if they are what they should be.
pub(crate) fn defaults(at: Slots) -> (Obj, Obj) {
    let (positional, keywords) = (at.get(0), at.get(1));
    (if positional.is(Kind::Tuple) { positional } else { Obj::NULL }, if keywords.is(Kind::Dict) { keywords } else { Obj::NULL })
}

/// An object that only holds one value.
pub(crate) fn wrap(vm: &mut Vm, kind: Kind, value: Obj) -> Res {
    let made = vm.alloc(kind, 1)?;
    made.set_field(0, value);
    Ok(made)
}

/// How a type makes a value when it is called.
type Make = fn(&mut Vm, T, Args) -> Res;

/// How many positional arguments a type takes, and whether it takes keywords: in one byte.
const fn takes(min: u8, max: u8, keywords: bool) -> u8 {
    assert!(min < 4 && max < 8);
    min | max << 2 | (keywords as u8) << 5
}

/// As many as there are.
const ANY: u8 = 7;

/// The types that can be called, other than exceptions.
const CALLED: &[(T, u8, Make)] = &[
    (T::Object, takes(0, 1, false), |vm, _, _| class::plain_object(vm)),
    #[cfg(not(feature = "language"))]
    (T::Type, takes(1, 1, false), |_, _, args| Ok(type_of(args.get(0)))),
    #[cfg(feature = "language")]
    (
        T::Type,
        takes(1, 3, false),
        |vm, _, args| if args.n == 3 { crate::introspect::make_class(vm, args) } else { Ok(type_of(args.get(0))) },
    ),
    #[cfg(not(feature = "methods"))]
    (T::Int, takes(0, 1, false), int::construct),
    #[cfg(feature = "methods")]
    (T::Int, takes(0, 2, false), int::construct),
    (T::Bool, takes(0, 1, false), |vm, _, args| match args.opt(0) {
        Some(value) => Ok(Obj::bool(ops::truth(vm, value)?)),
        None => Ok(Obj::FALSE),
    }),
    #[cfg(feature = "float")]
    (T::Float, takes(0, 1, false), float::construct),
    #[cfg(feature = "complex")]
    (T::Complex, takes(0, 2, false), complex::construct),
    #[cfg(not(feature = "bytes"))]
    (T::Str, takes(0, 1, false), construct_str),
    #[cfg(feature = "bytes")]
    (T::Str, takes(0, 3, false), |vm, class, args| if args.n > 1 { bytes::decode(vm, args) } else { construct_str(vm, class, args) }),
    #[cfg(feature = "bytes")]
    (T::Bytes, takes(0, 3, false), bytes::construct),
    #[cfg(feature = "bytes")]
    (T::ByteArray, takes(0, 3, false), bytes::construct),
    #[cfg(feature = "array")]
    (T::Array, takes(1, 2, false), array::construct),
    #[cfg(feature = "memoryview")]
    (T::MemoryView, takes(1, 1, false), memoryview::construct),
    (T::Tuple, takes(0, 1, false), |vm, _, args| match args.opt(0) {
        Some(value) if value.is(Kind::Tuple) => Ok(value),
        Some(value) => {
            let items = list::from_iterable(vm, value).kept(vm)?;
            tuple::new(vm, list::items(items))
        }
        None => tuple::new(vm, &[]),
    }),
    (T::List, takes(0, 1, false), |vm, _, args| match args.opt(0) {
        Some(value) => list::from_iterable(vm, value),
        None => list::new(vm, &[]),
    }),
    (T::Dict, takes(0, 1, true), dict::construct),
    #[cfg(feature = "set")]
    (T::Set, takes(0, 1, false), set::construct),
    #[cfg(feature = "set")]
    (T::FrozenSet, takes(0, 1, false), set::construct),
    (T::Range, takes(1, 3, false), range::construct),
    #[cfg(feature = "slices")]
    (T::Slice, takes(1, 3, false), slice::construct),
    #[cfg(feature = "property")]
    (T::Property, takes(0, 3, false), hold),
    (T::StaticMethod, takes(1, 1, false), hold),
    (T::ClassMethod, takes(1, 1, false), hold),
    (T::Super, takes(2, 2, false), hold),
    #[cfg(feature = "builtins")]
    (T::Zip, takes(0, ANY, false), iter::construct),
    #[cfg(feature = "builtins")]
    (T::Map, takes(2, ANY, false), iter::construct),
    #[cfg(feature = "builtins")]
    (T::Filter, takes(2, 2, false), iter::construct),
    #[cfg(feature = "builtins")]
    (T::Enumerate, takes(1, 2, true), iter::construct),
    #[cfg(feature = "builtins")]
    (T::Reversed, takes(1, 1, false), iter::construct),
    #[cfg(feature = "collections")]
    (T::Deque, takes(0, 3, false), crate::modules::deque::construct),
    #[cfg(feature = "io")]
    (T::StringIo, takes(0, 1, false), crate::modules::io::construct),
    #[cfg(all(feature = "io", feature = "bytes"))]
    (T::BytesIo, takes(0, 1, false), crate::modules::io::construct_bytes),
];

/// Types from this one on are exceptions.
const N_CALLED: usize = T::BaseException.0 as usize;

/// What makes a value of each type, and what that takes.
static MAKERS: ([Make; N_CALLED], [u8; N_CALLED]) = {
    let mut makes: [Make; N_CALLED] = [|vm, _, _| vm.type_error(Qstr::M_CANT_CREATE); N_CALLED];
    let mut taken = [takes(0, 1, false); N_CALLED];
    let mut at = 0;
    while at < CALLED.len() {
        let (class, takes, make) = CALLED[at];
        (makes[class.0 as usize], taken[class.0 as usize]) = (make, takes);
        at += 1;
    }
    (makes, taken)
};

/// Calls a built-in type.
pub(crate) fn construct(vm: &mut Vm, class: T, args: Args) -> Res {
    let index = usize::from(class.0);
    let (Some(make), Some(takes)) = (MAKERS.0.get(index), MAKERS.1.get(index)) else {
        return exception::construct(vm, class.obj(), args);
    };
    let (min, max) = (takes & 3, takes >> 2 & 7);
    if args.n < usize::from(min) || args.n > usize::from(max) && max != ANY {
        return vm.type_error(Qstr::M_ARG_COUNT);
    }
    if args.n_kw > 0 && takes >> 5 == 0 {
        return vm.type_error(Qstr::M_NO_KW);
    }
    make(vm, class, args)
}

fn construct_str(vm: &mut Vm, _class: T, args: Args) -> Res {
    match args.opt(0) {
        Some(value) => str::of(vm, value),
        None => Ok(Obj::name(Qstr::EMPTY)),
    }
}

/// An object that holds its arguments.
fn hold(vm: &mut Vm, class: T, args: Args) -> Res {
    let (kind, fields) = match class {
        #[cfg(feature = "property")]
        T::Property => (Kind::Property, 3),
        T::StaticMethod => (Kind::StaticMethod, 1),
        T::ClassMethod => (Kind::ClassMethod, 1),
        _ => (Kind::Super, 2),
    };
    let made = vm.alloc(kind, fields)?;
    for index in 0..args.n {
        made.set_field(index, args.get(index));
    }
    Ok(made)
}

/// A copy of a property with one of its functions replaced.
#[cfg(feature = "property")]
fn property_with(vm: &mut Vm, args: Args, index: usize) -> Res {
    let made = vm.alloc(Kind::Property, 3)?;
    for field in 0..3 {
        made.set_field(field, if field == index { args.get(1) } else { args.get(0).field(field) });
    }
    Ok(made)
}

#[cfg(feature = "property")]
pub(crate) fn property_setter(vm: &mut Vm, args: Args) -> Res {
    if !args.get(0).is(Kind::Property) {
        return vm.type_error(Qstr::M_PROPERTY);
    }
    property_with(vm, args, 1)
}

#[cfg(feature = "property")]
pub(crate) fn property_deleter(vm: &mut Vm, args: Args) -> Res {
    if !args.get(0).is(Kind::Property) {
        return vm.type_error(Qstr::M_PROPERTY);
    }
    property_with(vm, args, 2)
}

pub(crate) fn object_init(vm: &mut Vm, args: Args) -> Res {
    #[cfg(feature = "language")]
    return class::native_init(vm, args);
    #[cfg(not(feature = "language"))]
    {
        let _ = (vm, args);
        Ok(Obj::NONE)
    }
}

/// The name of a type or class, as a str.
pub(crate) fn name_of(class: Obj) -> Obj {
    if let Some(index) = class.as_type_index() {
        return Obj::name(T::from_index(index).info().name);
    }
    if class.is(Kind::Class) { class.field(class::NAME) } else { Obj::NONE }
}
