//! What can be asked of a ledger on the three axes, and what is answered: data for programs, tables for people.
//!
//! The terminal, the server and whoever else asks give the same [`Answer`], so that they cannot differ. Nothing here changes a
//! ledger, and nothing knows a terminal, a network or a clock.

mod answer;
mod asked;
mod csv_file;
mod error;
mod numbers;
mod questions;
mod sheet;
mod table;

pub use answer::{Answer, Part};
pub use asked::{Asked, Axes, latest_day};
pub use csv_file::bytes as csv;
pub use error::{AskError, Fault};
pub use questions::diff::between;
pub use questions::explain::explain;
pub use questions::figures::{FigureFilter, figures};
pub use questions::roll_ups::roll_ups;
pub use questions::scores::{ranking, ranks, scores};
pub use questions::timeliness::{TimelinessFilter, timeliness};
pub use questions::trail::trail;
pub use sheet::bytes as xlsx;
pub use table::{Cell, Table};
