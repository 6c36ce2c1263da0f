//! What a cell's figure was at each moment of the ledger, drawn: the figure that counted, and where none did.

use domain::book::Question;
use domain::rational::Rational;
use domain::registry::CellIx;
use projections::{Reading, words};

use crate::text;

/// The drawing's inner width and height.
const WIDTH: u64 = 840;
const HEIGHT: u32 = 92;

/// The drawing: the axis counts positions, which is no calendar.
pub struct History {
    pub moments: Vec<Moment>,
    /// Horizontal and vertical strokes of the figure that counted.
    pub path: String,
    pub about: String,
}

/// A position from which another figure counted.
pub struct Moment {
    pub x: u64,
    pub y: String,
    pub position: u64,
    pub value: String,
    /// Whether a figure counts.
    pub counts: bool,
}

/// The history of a cell at the reading's day and rules; none where there was only one figure, or no number.
pub fn of(reading: &Reading<'_>, cell: CellIx) -> Option<History> {
    let changes = changes(reading, cell);
    let numbers: Vec<Rational> = changes.iter().filter_map(|(_, value, _)| value.clone()).collect();
    let (least, most) = (numbers.iter().min()?.clone(), numbers.iter().max()?.clone());
    if changes.len() < 2 {
        return None;
    }
    let (first, end) = (changes.first()?.0, reading.at().known.max(1));
    let across = |position: u64| (position - first) * WIDTH / (end - first).max(1);
    let span = &most - &least;
    let height = |value: &Rational| text::along(&(&most - value), &span, HEIGHT);
    let moments: Vec<Moment> = changes
        .iter()
        .map(|(position, value, printed)| Moment {
            x: across(*position),
            y: value.as_ref().map_or_else(|| HEIGHT.to_string(), height),
            position: *position,
            value: printed.clone(),
            counts: value.is_some(),
        })
        .collect();
    Some(History { path: path(&moments), about: about(&moments), moments })
}

/// From which position on which figure counted: `(position, number, as printed)`.
fn changes(reading: &Reading<'_>, cell: CellIx) -> Vec<(u64, Option<Rational>, String)> {
    let Some(own) = reading.book().cell(cell) else { return Vec::new() };
    let figures = own.figures().iter();
    let moments = figures.flat_map(|figure| {
        std::iter::once(figure.position).chain(figure.marks.iter().map(|mark| mark.position))
    });
    let mut moments: Vec<u64> = moments.filter(|position| *position < reading.at().known).collect();
    moments.sort_unstable();
    let mut changes: Vec<(u64, Option<Rational>, String)> = Vec::new();
    for position in moments {
        let question = Question { known: position + 1, ..reading.question() };
        let figure = own.effective(&question);
        let number = figure.and_then(|figure| figure.value.number()).map(Rational::from);
        let printed = figure.map_or_else(|| "没有计入的数".to_owned(), |figure| words::value(figure.value));
        if changes.last().is_none_or(|(_, _, last)| *last != printed) {
            changes.push((position, number, printed));
        }
    }
    changes
}

fn path(moments: &[Moment]) -> String {
    let mut path = String::new();
    for (index, moment) in moments.iter().enumerate() {
        let end = moments.get(index + 1).map_or(WIDTH, |next| next.x);
        if !moment.counts {
            continue;
        }
        let joined = index > 0 && moments[index - 1].counts;
        path.push_str(&if joined { format!("V{}", moment.y) } else { format!("M{} {}", moment.x, moment.y) });
        path.push_str(&format!("H{end}"));
    }
    path
}

fn about(moments: &[Moment]) -> String {
    let told: Vec<String> =
        moments.iter().map(|own| format!("自位置 {} 起 {}", own.position, own.value)).collect();
    format!("这一格的数随认知时点的变化：{}", told.join("，"))
}
