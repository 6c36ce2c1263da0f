//! A ledger as tables for people who want SQL: in a SQLite file, or in PostgreSQL.
//!
//! The tables are a *read model*: made from lines, never written by anybody else, thrown away and made again whenever they do
//! not fit. Rows and checkpoint go into the database in one transaction, so that a crash leaves a state from which the
//! worker goes on. `docs/sql.md` says what every column means; [`layout`] is the list that it is held to.

mod check;
mod database;
mod follow;
pub mod layout;
mod postgresql;
pub mod queries;
pub mod rows;
mod sqlite;
mod worker;

pub use check::{Checked, Difference, check};
pub use database::{Change, Checkpoint, Database, DatabaseError, PROJECTION, Place, REVISION, Step};
pub use follow::{FollowError, Follower, Options, Progress, Start};
pub use postgresql::{Postgres, Settings};
pub use sqlite::Sqlite;
pub use worker::{Numbers, Observer, Open, Saved, SqlWorker, Work};
