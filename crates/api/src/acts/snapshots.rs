//! Tables that the committee freezes.

use super::Act;

pub const ACTS: [Act; 0] = [];
