//! The narrative sheet: labels in the first column, what the unit tells beside them.

use std::collections::BTreeMap;

use events::{Event, NarrativeReported};

use crate::figures::text_refused;
use crate::identity::Identity;
use crate::problem::{IntakeProblem, IntakeProblemKind as Kind, Place};
use crate::table::{Content, Sheet};

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident => $chinese:literal, $english:literal;)*) => {
        /// A part of a narrative.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Part { $($(#[$doc])* $name,)* }

        impl Part {
            /// All parts in the order of the form.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The label on the sheet.
            pub(crate) const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }

            /// The member's name in JSON.
            pub(crate) const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }
        }
    };
}

parts! {
    /// What was done; the only part that must be filled.
    Progress => "工作进展", "progress";
    /// What stands out.
    Highlights => "工作亮点", "highlights";
    /// What came of it.
    Results => "取得成效", "results";
    /// What comes next.
    NextSteps => "下一步打算", "next_steps";
    /// Numbers of the plan's tasks.
    Tasks => "涉及任务编号", "tasks";
}

/// What a unit tells, each part with its place.
pub(crate) type Told = BTreeMap<Part, (Content, Place)>;

/// Reads the narrative sheet: rows whose first cell is a part's label.
pub(crate) fn read_narrative(sheet: &Sheet, problems: &mut Vec<IntakeProblem>) -> Told {
    let mut told = Told::new();
    let mut labelled = false;
    for row in &sheet.rows {
        let label = row.cells.first().filter(|cell| cell.column == 1).map(|cell| cell.content.shown());
        let part = Part::ALL.iter().copied().find(|part| Some(part.chinese()) == label);
        labelled |= part.is_some();
        for cell in &row.cells {
            let place =
                Place::cell(&sheet.name, row.number, Some((cell.column, part.map_or("", Part::chinese))));
            match (part, cell.column) {
                (Some(_), 1) => {}
                (Some(part), 2) => {
                    told.insert(part, (cell.content.clone(), place));
                }
                // Above the first label stands the title.
                (None, _) if !labelled => {}
                (Some(_) | None, _) => {
                    let text = cell.content.shown().chars().take(40).collect();
                    problems.push(IntakeProblem::new(place, Kind::StrayText { text }));
                }
            }
        }
    }
    told
}

/// The event of what was told; none when nothing was, or when something is wrong with it.
pub(crate) fn narrative(
    told: &Told,
    identity: &Identity,
    problems: &mut Vec<IntakeProblem>,
) -> Option<Event> {
    let (_, (_, place)) = told.first_key_value()?;
    let before = problems.len();
    let mut text = |part: Part| {
        let Some((content, place)) = told.get(&part) else { return String::new() };
        let refused = match content {
            Content::Formula => Some(Kind::FormulaCell {}),
            Content::Error(text) => Some(Kind::ErrorCell { text: text.clone() }),
            Content::Boolean => Some(Kind::BooleanCell {}),
            Content::Text(text) => text_refused(text),
            Content::Number(_) | Content::Date(_) => None,
        };
        problems.extend(refused.map(|kind| IntakeProblem::new(place.clone(), kind)));
        content.shown().to_owned()
    };
    let (highlights, next_steps) = (text(Part::Highlights), text(Part::NextSteps));
    let (progress, results) = (text(Part::Progress), text(Part::Results));
    let listed = text(Part::Tasks);
    let tasks = task_numbers(&listed);
    if progress.is_empty() {
        problems.push(IntakeProblem::new(place.clone(), Kind::NarrativeIncomplete {}));
    }
    if let (None, Some((_, place))) = (&tasks, told.get(&Part::Tasks)) {
        problems.push(IntakeProblem::new(place.clone(), Kind::BadTasks { text: listed }));
    }
    let (plan, period) = (identity.plan.clone(), identity.period.clone());
    let tasks = tasks.filter(|_| problems.len() == before)?;
    Some(NarrativeReported { highlights, next_steps, period, plan, progress, results, tasks }.into())
}

/// Task numbers as people list them; none where something else stands between them.
fn task_numbers(text: &str) -> Option<Vec<u16>> {
    let apart = |c: char| matches!(c, ',' | '，' | '、' | ';' | '；') || c.is_whitespace();
    text.split(apart).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_numbers_are_read_as_people_list_them() {
        assert_eq!(task_numbers("3,15、16 20"), Some(vec![3, 15, 16, 20]));
        assert_eq!(task_numbers(""), Some(vec![]));
        assert_eq!(task_numbers("3-5"), None);
        assert_eq!(task_numbers("70000"), None);
    }
}
