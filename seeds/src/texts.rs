//! From the files of a folder to a plan.

use chain::Date;
use domain::catalogue::{Area, Doubt, Goal, Indicator, Plan, Programme, Task, Unit, WorkingRule};
use events::{PlanId, UnitId};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The texts of a plan's files.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// `plan.toml`: what the plan is.
    pub plan: &'a str,
    /// `plan.txt`: the plan itself; every `line` counts in it from 1.
    pub source: &'a str,
    /// `areas.toml`.
    pub areas: &'a str,
    /// `units.toml`.
    pub units: &'a str,
    /// `indicators.toml`.
    pub indicators: &'a str,
    /// `goals.toml`.
    pub goals: &'a str,
    /// `programmes.toml`.
    pub programmes: &'a str,
    /// `tasks.toml`.
    pub tasks: &'a str,
    /// `working-rules.toml`.
    pub working_rules: &'a str,
    /// `doubts.toml`.
    pub doubts: &'a str,
}

/// Files that make no plan.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A file is not the TOML expected.
    #[error("{file} 不是所要求的内容：{source}")]
    File {
        /// The file's name.
        file: &'static str,
        /// What is wrong, with line and column.
        source: toml::de::Error,
    },
    /// The files do not fit together.
    #[error("方案数据不完整：{}", .0.join("；"))]
    Plan(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: PlanId,
    city: String,
    title: String,
    document: String,
    issued_on: Date,
    years: Vec<u16>,
    columns_line: u32,
    administrator: UnitId,
}

macro_rules! lists {
    ($($name:ident { $field:ident: $item:ty as $key:literal })*) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            #[serde(rename = $key, default)]
            $field: Vec<$item>,
        }
    )*};
}

lists! {
    Areas { areas: Area as "area" }
    Units { units: Unit as "unit" }
    Indicators { indicators: Indicator as "indicator" }
    Goals { goals: Goal as "goal" }
    Programmes { programmes: Programme as "programme" }
    Tasks { tasks: Task as "task" }
    WorkingRules { rules: WorkingRule as "rule" }
    Doubts { doubts: Doubt as "doubt" }
}

impl Texts<'_> {
    /// Reads the files into a plan whose parts fit together.
    ///
    /// # Errors
    /// [`SeedError`] names the file with line and column, or every place where the files do not fit together.
    pub fn read(&self) -> Result<Plan, SeedError> {
        let head: Head = parse("plan.toml", self.plan)?;
        let plan = Plan {
            id: head.id,
            city: head.city,
            title: head.title,
            document: head.document,
            issued_on: head.issued_on,
            years: head.years,
            columns_line: head.columns_line,
            administrator: head.administrator,
            source: Some(chain::hash::content_hash(self.source.as_bytes())),
            areas: parse::<Areas>("areas.toml", self.areas)?.areas,
            units: parse::<Units>("units.toml", self.units)?.units,
            indicators: parse::<Indicators>("indicators.toml", self.indicators)?.indicators,
            goals: parse::<Goals>("goals.toml", self.goals)?.goals,
            programmes: parse::<Programmes>("programmes.toml", self.programmes)?.programmes,
            tasks: parse::<Tasks>("tasks.toml", self.tasks)?.tasks,
            working_rules: parse::<WorkingRules>("working-rules.toml", self.working_rules)?.rules,
            doubts: parse::<Doubts>("doubts.toml", self.doubts)?.doubts,
        };
        let problems = plan.problems();
        if problems.is_empty() { Ok(plan) } else { Err(SeedError::Plan(problems)) }
    }
}

fn parse<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, SeedError> {
    toml::from_str(text).map_err(|source| SeedError::File { file, source })
}
