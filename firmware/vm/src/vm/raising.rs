//! Makes `Raised` stand for an exception.

use super::Vm;
use crate::heap::Kind;
use crate::qstr::Qstr;
use crate::types::{T, exception};
use crate::value::{Obj, Raised, Res};

impl Vm<'_> {
    /// Makes `Raised` stand for an exception of a built-in type with a constant message.
    #[cold]
    #[inline(never)]
    pub(crate) fn raise(&mut self, class: T, message: Qstr) -> Raised {
        // A constant name is no object: it need not be held, and `keep` itself raises this way.
        let argument = if cfg!(feature = "messages") || message != Qstr::EMPTY { Obj::name(message) } else { Obj::NULL };
        self.raise_held(class, argument)
    }

    /// The same with any one argument; NULL for none.
    #[cold]
    #[inline(never)]
    pub(crate) fn raise_value(&mut self, class: T, argument: Obj) -> Raised {
        if self.keep(argument).is_ok() {
            let _ = self.raise_held(class, argument);
            self.unkeep(1);
        }
        Raised
    }

    /// The same with an argument that a collection does not take away.
    fn raise_held(&mut self, class: T, argument: Obj) -> Raised {
        // A tuple as the only argument is told from several arguments by one around it.
        let argument = match argument.is(Kind::Tuple).then(|| crate::types::tuple::new(self, &[argument])) {
            Some(Ok(around)) => around,
            Some(Err(raised)) => return raised,
            None => argument,
        };
        if argument.is(Kind::Tuple) && self.keep(argument).is_err() {
            return Raised;
        }
        if let Ok(error) = self.alloc(Kind::Exception, exception::FIELDS) {
            error.set_field(exception::CLASS, class.obj());
            error.set_field(exception::ARGS, argument);
            self.error = error;
        }
        if argument.is(Kind::Tuple) {
            self.unkeep(1);
        }
        Raised
    }

    /// A NameError about `name`.
    #[cold]
    pub(crate) fn raise_name(&mut self, class: T, name: Obj) -> Raised {
        #[cfg(feature = "messages")]
        let name = match crate::types::str::concat(self, &[Obj::name(Qstr::M_NAME_START), name, Obj::name(Qstr::M_NAME_END)]) {
            Ok(text) => text,
            Err(raised) => return raised,
        };
        self.raise_value(class, name)
    }

    /// A TypeError.
    #[cold]
    #[inline(never)]
    pub(crate) fn type_error<V>(&mut self, message: Qstr) -> Res<V> {
        Err(self.raise(T::TypeError, message))
    }

    /// A ValueError.
    #[cold]
    #[inline(never)]
    pub(crate) fn value_error<V>(&mut self, message: Qstr) -> Res<V> {
        Err(self.raise(T::ValueError, message))
    }

    /// A NotImplementedError: the program needs a feature that this build does not have.
    #[cfg(not(feature = "standard"))]
    #[cold]
    #[inline(never)]
    pub(crate) fn lacks<V>(&mut self) -> Res<V> {
        Err(self.raise(T::NotImplementedError, Qstr::M_LACKS))
    }

    /// Raises one of the two that are made beforehand: nothing of when it was raised before is left.
    pub(super) fn raise_standing(&mut self, error: Obj) {
        #[cfg(feature = "traceback")]
        self.tracebacks.forget(|of| of == error);
        #[cfg(feature = "chaining")]
        crate::chaining::forget(error);
        self.error = error;
    }

    /// Whether it is one of the two that are made beforehand.
    #[cfg(feature = "chaining")]
    pub(crate) fn is_standing(&self, error: Obj) -> bool {
        error == self.memory_error || error == self.recursion_error
    }
}
