//! From a unit's file to a submission, and the form that units fill in.
//!
//! Reading has two stages. The first turns bytes into tables with positions and needs no ledger; files come from
//! anywhere, so everything in it is bounded. It reads the bytes it is given and knows neither disk nor network.

mod csv_file;
mod entries;
pub mod number;
mod problem;
mod table;
mod workbook;

pub use csv_file::read_csv_bytes;
pub use entries::{Column, Entries, Entry, read_entries};
pub use problem::{IntakeProblem, IntakeProblemKind, Place, column_letters};
pub use table::{
    Cell, Content, MAX_CELL_CHARS, MAX_CELLS, MAX_FILE_BYTES, MAX_ROWS, Merged, Row, Sheet, Tables,
};
pub use workbook::{MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES, SMALL_PART_BYTES, read_workbook_bytes};
