//! Signal lights as shape, colour and word: none of the three stands alone.

use domain::rational::Rational;
use projections::Reading;
use projections::tables::v1::scores::CellRow;

/// A light of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Light {
    /// `g`, `y`, `r`, or `m` for a figure that is missing.
    pub level: &'static str,
    /// Its word.
    pub label: String,
}

/// The level of a rulebook's light: the first is good, the last is bad, those between are in between.
pub fn level(index: usize, count: usize) -> &'static str {
    match index {
        0 => "g",
        last if last + 1 == count => "r",
        _ => "y",
    }
}

/// A cell's light, or that its figure is missing; none where the cell is not assessed.
pub fn of(reading: &Reading<'_>, cell: &CellRow<'_>) -> Option<Light> {
    if cell.reason == "missing-figure" {
        return Some(Light { level: "m", label: "未报".to_owned() });
    }
    let lights = &reading.rules().lights;
    let index = lights.iter().position(|light| Some(light.code.as_str()) == cell.light)?;
    Some(Light { level: level(index, lights.len()), label: lights[index].label.clone() })
}

/// How dark a cell of the heat map is: bad ones weigh most.
pub fn shade(light: Option<&Light>, cell: &CellRow<'_>) -> &'static str {
    let below = |numer, denom| cell.completion.as_ref().is_some_and(|own| *own < Rational::new(numer, denom));
    match light.map(|light| light.level) {
        Some("g") => "h4",
        Some("m") => "hm",
        Some("y") if below(9, 10) => "h2",
        Some("y") => "h3",
        Some("r") if below(1, 2) => "h0",
        Some(_) => "h1",
        None => "hn",
    }
}
