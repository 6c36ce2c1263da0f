//! Plans as data: one folder per plan, read into [`domain::catalogue::Plan`], and the events that open a ledger for it.
//!
//! A folder holds the plan's text and TOML files that cite its lines; `seeds/README.md` says what each is.

pub mod demo;
mod opening;
mod texts;

pub use opening::{Opening, opening};
pub use texts::{SeedError, Texts};

use domain::catalogue::Plan;

/// The files of 鹰潭市数字经济“一号发展工程”实施方案(2022年), carried in the program.
pub const YINGTAN_2022: Texts<'static> = Texts {
    plan: include_str!("../yingtan-2022/plan.toml"),
    source: include_str!("../yingtan-2022/plan.txt"),
    areas: include_str!("../yingtan-2022/areas.toml"),
    units: include_str!("../yingtan-2022/units.toml"),
    indicators: include_str!("../yingtan-2022/indicators.toml"),
    goals: include_str!("../yingtan-2022/goals.toml"),
    programmes: include_str!("../yingtan-2022/programmes.toml"),
    tasks: include_str!("../yingtan-2022/tasks.toml"),
    working_rules: include_str!("../yingtan-2022/working-rules.toml"),
    doubts: include_str!("../yingtan-2022/doubts.toml"),
};

/// The plan of Yingtan for 2022 to 2024.
///
/// # Panics
/// Never: the carried files are tested.
#[must_use]
pub fn yingtan_2022() -> Plan {
    YINGTAN_2022.read().unwrap_or_else(|error| panic!("the carried plan is usable: {error}"))
}

/// The default scoring rules of this project for the plan of Yingtan; the plan itself prescribes none.
///
/// # Panics
/// Never: the carried file is tested.
#[must_use]
pub fn yingtan_2022_rules() -> events::Rulebook {
    let text = include_str!("../yingtan-2022/rulebook.toml");
    toml::from_str(text).unwrap_or_else(|error| panic!("the carried rules are usable: {error}"))
}
