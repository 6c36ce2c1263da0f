//! Encoder version 1. Published: what it writes for a reading never changes.
//!
//! Rows declare their members in canonical order, so that writing needs no sorting; a test holds them to it. Members
//! without a value are left out. Rows carry ids; [`Reading`](crate::Reading) resolves them to Chinese names.

pub mod figures;
mod number;
pub mod ranking;
pub mod roll_ups;
pub mod scores;
pub mod timeliness;
pub mod trail;

pub use figures::Figures;
pub use number::Quantity;
pub use ranking::Ranking;
pub use roll_ups::RollUps;
pub use scores::Scores;
pub use timeliness::Timeliness;
pub use trail::Trail;

/// The version.
pub const VERSION: u32 = 1;
