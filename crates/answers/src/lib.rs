//! What is answered to a question, and the bytes it is given as: JSON, CSV, Excel.
//!
//! An [`Answer`] is a JSON value for programs and parts for people, made from the same data. What must never be missed (演示数据,
//! 推演·非正式) is a mark of the answer, so that no way of giving it can leave it out. The same answer has the same bytes, whoever
//! gives them: a terminal, a file or a server. Nothing here knows a ledger, a file or a terminal.

mod answer;
mod csv_file;
mod sheet;
mod table;

pub use answer::{Answer, NoSheet, Part};
pub use table::{Cell, Column, Table};
