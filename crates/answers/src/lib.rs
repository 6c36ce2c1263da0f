//! What is answered to a question, and the bytes it is given as: JSON, CSV, Excel.
//!
//! An [`Answer`] is a JSON value for programs and parts for people, made from the same data. What must never be missed (演示数据,
//! 推演·非正式) is a mark of the answer, so that no way of giving it can leave it out. The same answer has the same bytes, whoever
//! gives them: a terminal, a file or a server. Nothing here changes a ledger, or knows a file, a terminal or a clock.

mod answer;
mod asked;
mod csv_file;
mod error;
mod numbers;
mod questions;
mod recorded;
mod sheet;
mod table;

pub use answer::{Answer, NoSheet, Part};
pub use asked::{Asked, Axes};
pub use error::{AskError, Fault};
pub use questions::diff::between;
pub use questions::explain::explain;
pub use questions::figures::{FigureFilter, figures};
pub use questions::lists::{approvals, indicators, objections, periods, snapshots, standing, units};
pub use questions::roll_ups::roll_ups;
pub use questions::scores::{block_name, ranking, ranks, scores};
pub use questions::timeliness::{TimelinessFilter, timeliness};
pub use questions::trail::trail;
pub use recorded::{problem, receipt};
pub use table::{Cell, Column, Table};
