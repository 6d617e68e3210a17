//! A small writer of ELF files with debug information, so that a test can say what no compiler would.

use super::DebugInfo;
use ounce_analysis::dwarf::DwarfError;

/// How numbers are written.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    pub big: bool,
    /// Of addresses, in bytes: 4 or 8, and of the ELF file with them.
    pub address: u8,
    /// Offsets in DWARF are of 64 bits.
    pub wide: bool,
    pub version: u16,
}

pub const V4: Form = Form { big: false, address: 4, wide: false, version: 4 };
pub const V5: Form = Form { big: false, address: 4, wide: false, version: 5 };

/// Bytes that grow.
#[derive(Debug, Clone)]
pub struct Out {
    pub form: Form,
    pub bytes: Vec<u8>,
}

impl Out {
    pub fn new(form: Form) -> Self {
        Out { form, bytes: Vec::new() }
    }
    fn number(&mut self, n: u64, size: u8) -> &mut Self {
        let size = usize::from(size);
        let bytes = if self.form.big { n.to_be_bytes()[8 - size..].to_vec() } else { n.to_le_bytes()[..size].to_vec() };
        self.bytes.extend(bytes);
        self
    }
    pub fn u8(&mut self, n: u8) -> &mut Self {
        self.number(n.into(), 1)
    }
    pub fn u16(&mut self, n: u16) -> &mut Self {
        self.number(n.into(), 2)
    }
    pub fn u32(&mut self, n: u32) -> &mut Self {
        self.number(n.into(), 4)
    }
    pub fn u64(&mut self, n: u64) -> &mut Self {
        self.number(n, 8)
    }
    pub fn address(&mut self, n: u64) -> &mut Self {
        self.number(n, self.form.address)
    }
    /// An offset or length of DWARF.
    pub fn offset(&mut self, n: u64) -> &mut Self {
        self.number(n, if self.form.wide { 8 } else { 4 })
    }
    pub fn uleb(&mut self, mut n: u64) -> &mut Self {
        while n >= 0x80 {
            self.bytes.push((n as u8 & 0x7f) | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
        self
    }
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes.extend(text.bytes().chain([0]));
        self
    }
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }
    /// What `body` says, with its length before it.
    pub fn sized(&mut self, body: impl FnOnce(&mut Out)) -> &mut Self {
        let mut inner = Out::new(self.form);
        body(&mut inner);
        if self.form.wide {
            self.u32(0xffff_ffff);
        }
        self.offset(inner.bytes.len() as u64).raw(&inner.bytes)
    }
    /// A unit's header and what follows: of version 5 with its kind.
    pub fn unit(&mut self, kind: u8, body: impl FnOnce(&mut Out)) -> &mut Self {
        self.sized(|out| {
            let (version, address) = (out.form.version, out.form.address);
            out.u16(version);
            if version >= 5 {
                out.u8(kind).u8(address).offset(0);
            } else {
                out.offset(0).u8(address);
            }
            body(out);
        })
    }
    /// An abbreviation: code, tag, whether it has children, names and forms of attributes.
    pub fn abbreviation(&mut self, code: u64, tag: u64, children: bool, attributes: &[(u64, u64)]) -> &mut Self {
        self.uleb(code).uleb(tag).u8(children.into());
        for &(name, form) in attributes {
            self.uleb(name).uleb(form);
        }
        self.u8(0).u8(0)
    }
}

/// An image whose code is the addresses given, with these debug sections.
pub fn image(form: Form, code: (u64, u64), sections: &[(&str, &[u8])]) -> Vec<u8> {
    let is_64 = form.address == 8;
    let (header, program, section) = if is_64 { (64u64, 56u64, 64u64) } else { (52, 32, 40) };
    let code_bytes = vec![0u8; usize::try_from(code.1 - code.0).unwrap().min(0x1000)];
    let mut names = vec![0u8];
    let mut data = code_bytes.clone();
    let start = header + program;
    // Name, type, flags, address, offset, size.
    let mut headers: Vec<[u64; 6]> = vec![[0; 6]];
    let mut name = |text: &str| {
        names.extend(text.bytes().chain([0]));
        (names.len() - text.len() - 1) as u64
    };
    headers.push([name(".text"), 1, 6, code.0, start, code.1 - code.0]);
    for (title, bytes) in sections {
        headers.push([name(title), 1, 0, 0, start + data.len() as u64, bytes.len() as u64]);
        data.extend_from_slice(bytes);
    }
    let strings = name(".shstrtab");
    headers.push([strings, 3, 0, 0, start + data.len() as u64, names.len() as u64]);
    data.extend_from_slice(&names);
    let table = start + data.len() as u64;

    let mut out = Out::new(form);
    out.raw(&[0x7f, b'E', b'L', b'F', 1 + u8::from(is_64), 1 + u8::from(form.big), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // Executable, for Arm or RISC-V.
    out.u16(2).u16(if is_64 { 243 } else { 40 }).u32(1).address(code.0).address(header).address(table).u32(0);
    out.u16(header as u16).u16(program as u16).u16(1).u16(section as u16).u16(headers.len() as u16).u16(headers.len() as u16 - 1);
    let size = code_bytes.len() as u64;
    if is_64 {
        out.u32(1).u32(5).u64(start).u64(code.0).u64(code.0).u64(size).u64(size).u64(4);
    } else {
        out.u32(1).address(start).address(code.0).address(code.0).address(size).address(size).u32(5).u32(4);
    }
    out.raw(&data);
    for [name, kind, flags, address, offset, size] in headers {
        out.u32(name as u32).u32(kind as u32).address(flags).address(address).address(offset).address(size);
        out.u32(0).u32(0).address(1).address(0);
    }
    out.bytes
}

/// What the debug information says, as one line a thing: functions, then what is inlined into them.
pub fn told(elf: &[u8]) -> Result<String, DwarfError> {
    let info = DebugInfo::read(elf)?.expect("it has debug information");
    super::assert_is_sound(&info);
    let mut text = String::new();
    for function in info.functions() {
        for (start, end) in info.ranges(function) {
            text += &format!("{} {start:x}-{end:x}\n", info.names()[function.name as usize]);
            for inlined in info.inlined_in(*start, *end) {
                text += &format!("  {} {}\n", inlined.name, inlined.bytes);
            }
        }
    }
    Ok(text)
}
