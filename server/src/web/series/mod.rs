//! Figures over the history, for the page that draws them and the API that hands them out: one reading of an address, one of the rows.

mod load;
mod marks;
mod select;

pub use load::{Loaded, Track, load};
pub use marks::{Happened, Kind, Missing, happened, landmarks, missing, steps};
pub use select::{Along, Scale, SelectError, Selection, key_text, title, unit};
