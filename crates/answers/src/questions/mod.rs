//! One file for each question.

pub mod diff;
pub mod explain;
pub mod figures;
pub mod lists;
pub mod roll_ups;
pub mod scores;
pub mod timeliness;
pub mod trail;
