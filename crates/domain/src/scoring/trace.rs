//! Writing down what is computed, or not: one computation for tables and explanations.

use events::rulebook::{Rounding, RoundingMode};

use super::Step;
use crate::book::FigureIx;
use crate::rational::Rational;

/// Takes a step's expression and note, made only when somebody wants them.
pub(super) trait Trace {
    /// Whether anything is written down, so that what only an explanation needs can be left out.
    const WRITES: bool;
    /// A number came out of a step.
    fn step(&mut self, code: &'static str, result: &Rational, text: impl FnOnce() -> (String, String));
    /// The result depends on a figure of another cell.
    fn input(&mut self, figure: FigureIx);
}

/// Writes nothing; it compiles away.
pub(super) struct Silent;

impl Trace for Silent {
    const WRITES: bool = false;

    fn step(&mut self, _: &'static str, _: &Rational, _: impl FnOnce() -> (String, String)) {}
    fn input(&mut self, _: FigureIx) {}
}

/// Writes everything down.
#[derive(Default)]
pub(super) struct Record {
    pub(super) steps: Vec<Step>,
    pub(super) inputs: Vec<FigureIx>,
}

impl Trace for Record {
    const WRITES: bool = true;

    fn step(&mut self, code: &'static str, result: &Rational, text: impl FnOnce() -> (String, String)) {
        let (expression, note_zh) = text();
        self.steps.push(Step { code, expression, result: result.clone(), note_zh });
    }

    fn input(&mut self, figure: FigureIx) {
        if !self.inputs.contains(&figure) {
            self.inputs.push(figure);
        }
    }
}

/// A number for people: a decimal of at most six places where it ends so, else the fraction.
pub(super) fn show(number: &Rational) -> String {
    let decimal =
        number.to_decimal(0).filter(|text| text.split_once('.').is_none_or(|(_, places)| places.len() <= 6));
    decimal.unwrap_or_else(|| number.to_string())
}

/// A rounding point in words.
pub(super) fn rounding_zh(rounding: Rounding) -> String {
    let mode = match rounding.mode {
        RoundingMode::HalfEven => "四舍六入五成双",
        RoundingMode::HalfUp => "四舍五入",
        RoundingMode::HalfDown => "五舍六入",
        RoundingMode::Down => "截尾",
        RoundingMode::Up => "进一",
        RoundingMode::Floor => "向下取整",
        RoundingMode::Ceiling => "向上取整",
    };
    format!("{mode}，保留 {} 位小数", rounding.places)
}
