//! Names: from number to text and back, those of loaded files and those made at run time.

#[cfg(any(feature = "import", feature = "language"))]
use super::{MODULES_MAX, OWN_NAMES};
use super::{Names, Vm};
#[cfg(any(feature = "import", feature = "language"))]
use crate::heap::Kind;
use crate::qstr::{self, Qstr};
use crate::value::Obj;
#[cfg(any(feature = "import", feature = "language"))]
use crate::value::Res;

impl<'a> Vm<'a> {
    /// The text of a name.
    pub(crate) fn name_text<'x>(&self, name: Qstr) -> &'x [u8] {
        if let Some(text) = qstr::text(name) {
            return text;
        }
        for names in &self.names[..self.n_names] {
            let index = name.0.wrapping_sub(names.first);
            if index < names.count {
                let at = usize::from(index) * 2;
                return crate::heap::const_bytes(names.block.pointer(at), names.block.raw(at + 1));
            }
        }
        b""
    }

    /// The name that spells `text`, if the machine has met it.
    pub(crate) fn find_name(&self, text: &[u8]) -> Option<Obj> {
        if let Some(name) = qstr::find(text) {
            return Some(Obj::name(name));
        }
        for names in &self.names[..self.n_names] {
            for index in 0..names.count {
                let name = Qstr(names.first + index);
                if self.name_text(name) == text {
                    return Some(Obj::name(name));
                }
            }
        }
        None
    }

    /// Begins a file's own names in `block`, which has two words for each.
    pub(crate) fn begin_names(&mut self, block: Obj) {
        self.names[self.n_names] = Names { block, first: self.next_name, count: 0 };
        self.n_names += 1;
    }

    /// Forgets the names of a file that was refused.
    pub(crate) fn drop_names(&mut self) {
        self.n_names -= 1;
        self.next_name = self.names[self.n_names].first;
    }

    /// A name of the file being loaded: the known one, or a new one. `None` when there are too many.
    pub(crate) fn intern(&mut self, text: &'a [u8]) -> Option<Obj> {
        if let Some(name) = self.find_name(text) {
            return Some(name);
        }
        let names = &mut self.names[self.n_names - 1];
        let at = usize::from(names.count) * 2;
        if at + 2 > names.block.words() || self.next_name >= u16::MAX >> 1 {
            return None;
        }
        names.block.set_pointer(at, text.as_ptr());
        names.block.set_raw(at + 1, text.len());
        names.count += 1;
        let name = Qstr(self.next_name);
        self.next_name += 1;
        Some(Obj::name(name))
    }

    /// A name that spells `text`, made where nobody has spelled it yet. Names live as long as the machine.
    #[cfg(any(feature = "import", feature = "language"))]
    pub(crate) fn intern_text(&mut self, text: &[u8]) -> Res {
        if let Some(name) = self.find_name(text) {
            return Ok(name);
        }
        let words = crate::heap::WORD;
        let copy = self.alloc(Kind::Permanent, text.len().div_ceil(words).max(1))?;
        copy.write_at(0, text);
        // The last block of names is ours to add to when it is one of these and has room.
        let has_room = self.n_names > 0
            && self.own_names == self.n_names
            && usize::from(self.names[self.n_names - 1].count) * 2 + 2 <= self.names[self.n_names - 1].block.words();
        if !has_room {
            if self.n_names == MODULES_MAX {
                return self.no_memory();
            }
            let block = self.alloc(Kind::Permanent, 2 * OWN_NAMES)?;
            self.begin_names(block);
            self.own_names = self.n_names;
        }
        let names = &mut self.names[self.n_names - 1];
        if self.next_name >= u16::MAX >> 1 {
            return self.no_memory();
        }
        let at = usize::from(names.count) * 2;
        names.block.set_pointer(at, copy.bytes(0, text.len()).as_ptr());
        names.block.set_raw(at + 1, text.len());
        names.count += 1;
        self.next_name += 1;
        Ok(Obj::name(Qstr(self.next_name - 1)))
    }
}
