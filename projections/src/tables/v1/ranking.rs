//! The ranking: areas by class and place.

use chain::EventHash;
use domain::rational::Rational;
use domain::scoring::{self, AreaScore};
use events::AreaId;
use serde::Serialize;

use super::number::{decimal, printed};
use crate::Reading;
use crate::tables::{Heading, Table};

/// The table's name.
pub const NAME: &str = "ranking";

/// The rows of the ranking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking<'a> {
    /// The first row.
    pub heading: Heading,
    /// The classes in the order of the rules, each by place and then without place; areas of no class after them.
    pub areas: Vec<RankRow<'a>>,
}

/// One area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RankRow<'a> {
    /// The area.
    pub area: &'a AreaId,
    /// The points that could be had.
    pub assessed: String,
    /// The sum of the blocks' points.
    pub awarded: String,
    /// Bonus points after caps.
    pub bonus: String,
    /// The class; left out for areas that are not ranked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'a str>,
    /// The converted score; left out below the coverage floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converted: Option<String>,
    /// The assessed points over all points of the plan.
    pub coverage: Rational,
    /// Points lost after caps.
    pub deducted: String,
    /// How many cells have each light, in the order of the rules.
    pub lights: Vec<LightCount<'a>>,
    /// The place in the class, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// `rank`.
    pub row: &'static str,
    /// Whether another area of the class has the same place.
    pub tied: bool,
    /// The total; left out below the coverage floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// The line of a veto in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vetoed: Option<EventHash>,
}

/// How many cells have a light.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LightCount<'a> {
    /// How many.
    pub cells: u32,
    /// The light's code.
    pub light: &'a str,
}

impl<'a> Ranking<'a> {
    /// Ranks a reading.
    #[must_use]
    pub fn of(reading: &Reading<'a>) -> Self {
        let scores = scoring::score(reading.book(), reading.plan_ix(), &reading.inputs());
        Self::from_scores(reading, &scores)
    }

    /// The rows of a reading's scores.
    #[must_use]
    pub fn from_scores(reading: &Reading<'a>, scores: &scoring::Scores) -> Self {
        let mut ordered: Vec<&AreaScore> = scores.areas.iter().collect();
        // Equal keys keep the plan's order.
        ordered.sort_by_key(|area| (area.class.unwrap_or(usize::MAX), area.place.unwrap_or(u32::MAX)));
        let areas = ordered.into_iter().map(|area| rank_row(reading, scores, area)).collect();
        Self { heading: Heading::of(reading, NAME, super::VERSION), areas }
    }

    /// The table.
    #[must_use]
    pub fn encode(&self) -> Table {
        let mut table = Table::new(&self.heading);
        table.extend(&self.areas);
        table
    }
}

fn rank_row<'a>(reading: &Reading<'a>, scores: &scoring::Scores, area: &AreaScore) -> RankRow<'a> {
    let rules = reading.rules();
    let converted = rules.conversion.rounding;
    let same_place = |own: &&AreaScore| own.class == area.class && own.place == area.place;
    RankRow {
        area: &reading.plan().area(area.area).area,
        assessed: printed(&area.assessed),
        awarded: decimal(&area.awarded, rules.points),
        bonus: printed(&area.bonus),
        class: area.class.map(|class| rules.ranking.classes[class].label.as_str()),
        converted: area.converted.as_ref().map(|number| decimal(number, converted)),
        coverage: area.assessed.over(&all_points(reading)).unwrap_or(Rational::ZERO),
        deducted: printed(&area.deducted),
        lights: lights(reading, scores, area),
        place: area.place,
        row: "rank",
        tied: area.place.is_some() && scores.areas.iter().filter(same_place).count() > 1,
        total: area.total.as_ref().map(|number| decimal(number, converted)),
        vetoed: area.vetoed,
    }
}

/// The printed points of all weight blocks together.
fn all_points(reading: &Reading<'_>) -> Rational {
    let known = reading.plan().shape(reading.at().known).blocks;
    let blocks = &reading.plan().blocks()[..known];
    let points = blocks.iter().map(|block| Rational::from(block.defined.points));
    points.fold(Rational::ZERO, |sum, points| &sum + &points)
}

fn lights<'a>(reading: &Reading<'a>, scores: &scoring::Scores, area: &AreaScore) -> Vec<LightCount<'a>> {
    let cells = |light: usize| {
        let own = scores.cells.iter().filter(|cell| cell.area == area.area && cell.light == Some(light));
        u32::try_from(own.count()).expect("fewer than 2^32 cells")
    };
    let lights = reading.rules().lights.iter().enumerate();
    lights.map(|(ix, light)| LightCount { cells: cells(ix), light: &light.code }).collect()
}
