//! A plan as data: its table, weights, goals, programmes, tasks and working rules, each with its line in the text.
//!
//! The types are read from TOML by `seeds`; nothing here knows a file. [`check`] finds where a plan contradicts itself,
//! [`roll_up`] compares declared sums with printed ones, [`present`] shapes a plan for programs and for people.

pub mod check;
mod plan;
pub mod present;
pub mod roll_up;
mod validate;

pub use plan::{
    Area, Cadence, CityLevelAmount, Comparator, Deadline, Doubt, Goal, Indicator, LeadingCell, Participant,
    Plan, Programme, Quantity, RollUp, ShareOf, Task, Unit, WorkingRule,
};
