//! Tables from names to values: globals, class bodies and attributes.
//!
//! Power-of-two size, open addressing, hashed by the name's number, which needs no division and hardly collides because a
//! file's names are numbered one after another. A table is a block `mask | count | key, value, …` that its owner holds in a
//! field; it always has an empty entry, so a search ends.
//!
//! Where size counts (`line.rs`) a table is no more than `key, value, …` and searched from its start.

use crate::value::Obj;

#[cfg(not(feature = "speed"))]
mod line;
#[cfg(not(feature = "speed"))]
pub(crate) use line::*;

#[cfg(feature = "speed")]
mod hashed;
#[cfg(feature = "speed")]
pub(crate) use hashed::*;

/// Removes a key; false when it is not there. The entry stays, without a value, so that searches go on past it.
pub(crate) fn remove(table: Obj, key: Obj) -> bool {
    get(table, key) != Obj::NULL && replace(table, key, Obj::NULL)
}
