//! `io.StringIO` and `io.BytesIO`: a text or bytes in memory that are read and written like a file. Fields: the block of a text or of bytes
//! (NULL when closed), the position in bytes, with `bytes` also the type.

use crate::call::Args;
use crate::heap::Kind;
use crate::modules::Entry;
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::str;
use crate::types::{Method, T};
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::STRINGIO, Entry::class(T::StringIo)),
    #[cfg(feature = "bytes")]
    (Qstr::BYTESIO, Entry::class(T::BytesIo)),
];

pub(crate) const METHODS: &[Method] = &[
    (Qstr::CLOSE, N::StreamClose),
    (Qstr::FLUSH, N::StreamFlush),
    (Qstr::GETVALUE, N::StreamGetValue),
    (Qstr::READ, N::StreamRead),
    #[cfg(feature = "packed")]
    (Qstr::READINTO, N::StreamReadInto),
    (Qstr::READLINE, N::StreamReadLine),
    (Qstr::SEEK, N::StreamSeek),
    (Qstr::TELL, N::StreamTell),
    (Qstr::WRITE, N::StreamWrite),
    (Qstr::D_ENTER, N::StreamEnter),
    (Qstr::D_EXIT, N::StreamExit),
];

const BLOCK: usize = 0;
const AT: usize = 1;
#[cfg(feature = "bytes")]
const TYPE: usize = 2;
const FIELDS: usize = if cfg!(feature = "bytes") { 3 } else { 2 };

pub(crate) fn type_of(_stream: Obj) -> T {
    #[cfg(feature = "bytes")]
    return _stream.field(TYPE).as_type_index().map_or(T::StringIo, T::from_index);
    #[cfg(not(feature = "bytes"))]
    T::StringIo
}

/// Whether it is bytes that are read and written.
fn is_binary(_stream: Obj) -> bool {
    #[cfg(feature = "bytes")]
    return _stream.field(TYPE) == T::BytesIo.obj();
    #[cfg(not(feature = "bytes"))]
    false
}

/// What reading gives: a text, or bytes. `bytes` may be those of a rooted value.
fn result(vm: &mut Vm, _stream: Obj, bytes: &[u8]) -> Res {
    #[cfg(feature = "bytes")]
    if is_binary(_stream) {
        return crate::types::bytes::new(vm, bytes);
    }
    str::new(vm, bytes)
}

/// `BytesIO([bytes])`.
#[cfg(feature = "bytes")]
pub(crate) fn construct_bytes(vm: &mut Vm, _class: T, args: Args) -> Res {
    let all = match args.opt(0) {
        Some(value) if value != Obj::NONE => crate::types::bytes::argument(vm, value)?,
        _ => b"",
    };
    make(vm, true, all)
}

/// `StringIO([text])`: reading begins at the start, and so does writing.
pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    let text = args.opt(0).and_then(|value| str::text(vm, value)).unwrap_or(b"");
    make(vm, false, text)
}

/// A stream that holds a copy of `all`, which may be the bytes of a rooted value.
fn make(vm: &mut Vm, _binary: bool, all: &[u8]) -> Res {
    let made = vm.alloc(Kind::Stream, FIELDS).kept(vm)?;
    made.set_field(AT, Obj::int(0));
    #[cfg(feature = "bytes")]
    let (class, kind) = if _binary { (T::BytesIo, Kind::Bytes) } else { (T::StringIo, Kind::Str) };
    #[cfg(not(feature = "bytes"))]
    let kind = Kind::Str;
    #[cfg(feature = "bytes")]
    made.set_field(TYPE, class.obj());
    let block = str::block(vm, kind, all.len())?;
    block.write_bytes(0, all);
    made.set_field(BLOCK, block);
    Ok(made)
}

/// `errno.ENOENT` and `errno.EROFS`.
const NOT_THERE: i32 = 2;
const READ_ONLY: i32 = 30;

/// `open(name[, mode])`: a copy of what the machine's owner has by this name, a `StringIO` or with `b` a `BytesIO`. How it is buffered and encoded
/// is not asked for: it is in memory, and a text is UTF-8. Files are not written: other modes are refused as on a file system to be read only.
pub(crate) fn open(vm: &mut Vm, args: Args) -> Res {
    let Some(name) = str::text(vm, args.get(0)) else { return vm.type_error(Qstr::M_EXPECTED_STR) };
    let mode = args.named(1, Qstr::MODE).and_then(|mode| str::text(vm, mode)).unwrap_or(b"");
    let is_to_read = !mode.iter().any(|letter| str::has(b"wax+", *letter));
    let Some(file) = vm.file(name).filter(|_| is_to_read) else {
        return Err(vm.raise_value(T::OsError, Obj::int(if is_to_read { NOT_THERE } else { READ_ONLY })));
    };
    let binary = cfg!(feature = "bytes") && str::has(mode, b'b');
    #[cfg(feature = "unicode")]
    if !binary && !crate::utf8::is_valid(file) {
        return Err(vm.raise(T::UnicodeError, Qstr::M_NOT_UTF8));
    }
    make(vm, binary, file)
}

fn check(vm: &mut Vm, args: Args) -> Res {
    let stream = args.get(0);
    if !stream.is(Kind::Stream) {
        return vm.type_error(Qstr::M_BAD_OPERAND);
    }
    if stream.field(BLOCK) == Obj::NULL { vm.value_error(Qstr::M_BAD_OPERAND) } else { Ok(stream) }
}

fn at(stream: Obj) -> usize {
    stream.field(AT).as_int() as usize
}

/// Writes at the position: what is there is overwritten, beyond the end it is added.
pub(crate) fn put(vm: &mut Vm, stream: Obj, bytes: &[u8]) -> Res<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let (len, at) = (stream.field(BLOCK).raw(0), at(stream));
    let end = at + bytes.len();
    let block = str::grown(vm, stream, BLOCK, len, end)?;
    // Beyond the end: what lies between is filled up.
    for hole in len..at {
        block.write_bytes(hole, &[0]);
    }
    block.write_bytes(at, bytes);
    block.set_raw(0, len.max(end));
    stream.set_field(AT, Obj::count(end));
    Ok(())
}

pub(crate) fn write(vm: &mut Vm, args: Args) -> Res {
    let stream = check(vm, args)?;
    #[cfg(feature = "bytes")]
    if is_binary(stream) {
        let bytes = crate::types::bytes::argument(vm, args.get(1))?;
        put(vm, stream, bytes)?;
        return Ok(Obj::count(bytes.len()));
    }
    let text = str::required(vm, args.get(1))?;
    put(vm, stream, text)?;
    Ok(Obj::count(str::char_count(text)))
}

/// Bytes from the position on up to `end`, and the position behind them.
fn take(vm: &mut Vm, stream: Obj, end: usize) -> Res {
    let text = stream.field(BLOCK);
    let bytes = text.bytes(1, text.raw(0));
    let from = at(stream).min(bytes.len());
    let end = end.clamp(from, bytes.len());
    let made = result(vm, stream, &bytes[from..end])?;
    stream.set_field(AT, Obj::count(end));
    Ok(made)
}

/// `read([n])`: `n` characters, or all that is left.
pub(crate) fn read(vm: &mut Vm, args: Args) -> Res {
    let stream = check(vm, args)?;
    let n = match args.opt(1) {
        Some(n) if n != Obj::NONE => ops::as_int(vm, n)?,
        _ => -1,
    };
    let text = stream.field(BLOCK);
    let bytes = text.bytes(1, text.raw(0));
    let mut end = at(stream).min(bytes.len());
    if n < 0 {
        end = bytes.len();
    }
    if is_binary(stream) {
        return take(vm, stream, end.saturating_add(n.max(0) as usize));
    }
    for _ in 0..n.max(0) {
        if end < bytes.len() {
            end += str::char_len(bytes[end]);
        }
    }
    take(vm, stream, end)
}

/// `readinto(buffer)`: how many bytes it took to fill it, or all that was left.
#[cfg(feature = "packed")]
pub(crate) fn read_into(vm: &mut Vm, args: Args) -> Res {
    let stream = check(vm, args)?;
    let Some(into) = crate::types::packed::writable(args.get(1)).filter(|_| is_binary(stream)) else {
        return vm.type_error(Qstr::M_READ_ONLY);
    };
    let block = stream.field(BLOCK);
    let bytes = block.bytes(1, block.raw(0));
    let from = at(stream).min(bytes.len());
    let n = into.len().min(bytes.len() - from);
    into[..n].copy_from_slice(&bytes[from..from + n]);
    stream.set_field(AT, Obj::count_at_most(at(stream) + n));
    Ok(Obj::count(n))
}

pub(crate) fn read_line(vm: &mut Vm, args: Args) -> Res {
    let stream = check(vm, args)?;
    let text = stream.field(BLOCK);
    let bytes = text.bytes(1, text.raw(0));
    let from = at(stream).min(bytes.len());
    let end = bytes[from..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |line| from + line + 1);
    take(vm, stream, end)
}

/// The next line, or STOP.
pub(crate) fn next_line(vm: &mut Vm, stream: Obj) -> Res {
    let mut argument = [stream];
    let line = read_line(vm, Args { at: Vm::slots(&mut argument), n: 1, n_kw: 0 })?;
    #[cfg(feature = "bytes")]
    if crate::types::bytes::buffer(line) == Some(b"") {
        return Ok(Obj::STOP);
    }
    Ok(if line == Obj::name(Qstr::EMPTY) { Obj::STOP } else { line })
}

pub(crate) fn get_value(vm: &mut Vm, args: Args) -> Res {
    let stream = check(vm, args)?;
    let text = stream.field(BLOCK);
    result(vm, stream, text.bytes(1, text.raw(0)))
}

/// `seek(offset[, whence])`, in bytes.
pub(crate) fn seek(vm: &mut Vm, args: Args) -> Res {
    let stream = check(vm, args)?;
    let offset = ops::as_int(vm, args.get(1))?;
    let base = match args.int_or(vm, 2, 0)? {
        1 => at(stream) as i32,
        2 => stream.field(BLOCK).raw(0) as i32,
        _ => 0,
    };
    stream.set_field(AT, Obj::count_at_most(base.saturating_add(offset).max(0) as usize));
    Ok(stream.field(AT))
}

pub(crate) fn tell(vm: &mut Vm, args: Args) -> Res {
    Ok(check(vm, args)?.field(AT))
}

pub(crate) fn flush(_vm: &mut Vm, _args: Args) -> Res {
    Ok(Obj::NONE)
}

pub(crate) fn enter(vm: &mut Vm, args: Args) -> Res {
    check(vm, args)
}

pub(crate) fn close(vm: &mut Vm, args: Args) -> Res {
    check(vm, args)?.set_field(BLOCK, Obj::NULL);
    Ok(Obj::NONE)
}

pub(crate) fn exit(_vm: &mut Vm, args: Args) -> Res {
    if args.get(0).is(Kind::Stream) {
        args.get(0).set_field(BLOCK, Obj::NULL);
    }
    Ok(Obj::FALSE)
}
