//! The web pages: what a ledger says, for people, on the three axes.
//!
//! A page is a string made from read models. Nothing here knows a server, a file or a clock; whoever serves the pages brings the
//! question ([`answers::Asked`]) and what stands around it ([`Site`]). Numbers stand as the domain gives them. No page needs script
//! to be read, and none has style or script of its own: a strict content security policy holds.

pub mod assets;
pub mod desk;

mod axes_bar;
mod bare;
mod calendar;
mod catalogue;
mod cell;
mod diff;
mod event;
mod frame;
mod heat;
mod history;
mod lights;
mod links;
mod overview;
mod problem;
mod question;
mod search;
mod snapshots;
mod status;
mod tasks;
mod text;
mod trail;
mod verify;
mod visitor;

pub use calendar::calendar;
pub use catalogue::{indicators, units};
pub use cell::cell;
pub use diff::{ComparedWith, diff};
pub use event::event;
pub use frame::{PageError, Site};
pub use overview::overview;
pub use problem::{Said, problem};
pub use question::{Field, Link, Question, question};
pub use search::search;
pub use snapshots::{snapshot, snapshots};
pub use status::{Health, status};
pub use tasks::tasks;
pub use trail::trail;
pub use verify::{Remembered, verify};
pub use visitor::{Held, Visitor};
