//! From a unit's file to a submission, and the form that units fill in.
//!
//! Reading has two stages. The first turns bytes into tables with positions and needs no ledger; files come from
//! anywhere, so everything in it is bounded. The second asks the ledger's book what a row means, and gives a
//! [`domain::ledger::Submission`] in which every event knows its place in the file: what the domain finds wrong is
//! told by sheet, row and column. Nothing here knows disk, network or clock.

mod confirming;
mod csv_file;
mod entries;
mod figures;
mod form;
mod format;
mod identity;
mod intake;
mod json;
mod narrative;
pub mod number;
mod problem;
mod table;
mod words;
mod workbook;

pub use confirming::Confirming;
pub use csv_file::read_csv_bytes;
pub use entries::{Column, Entries, Entry, read_entries};
pub use form::{TemplateError, TemplateRequest, template};
pub use identity::{Context, submission_id};
pub use intake::{Confirmed, Intake, Located, Refused, read_submission};
pub use problem::{IntakeProblem, IntakeProblemKind, Place, column_letters};
pub use table::{
    Cell, Content, MAX_CELL_CHARS, MAX_CELLS, MAX_FILE_BYTES, MAX_ROWS, Merged, Row, Sheet, Tables,
};
pub use workbook::{MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES, SMALL_PART_BYTES, read_workbook_bytes};
