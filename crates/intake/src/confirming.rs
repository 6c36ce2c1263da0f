//! Warnings about figures, confirmed with a reason that goes on record.

use domain::ledger::{Problem, Severity};
use events::{Channel, Confirmation, Event, PeriodId, SubmissionFiled};

/// A unit's reason for figures that are warned about, and the period they belong to.
#[derive(Clone, Debug)]
pub struct Confirming {
    /// The period.
    pub period: PeriodId,
    /// The reason.
    pub reason: String,
}

impl Confirming {
    /// The filing that confirms these warnings; none where nothing is warned about, as only that is confirmed.
    #[must_use]
    pub fn filing(self, found: &[Problem]) -> Option<Event> {
        let warnings = found.iter().filter(|problem| problem.kind.severity() == Severity::Warning);
        let confirmed = warnings.filter_map(|problem| {
            let cell = problem.cell.as_ref()?;
            Some(Confirmation {
                area: cell.area.clone(),
                indicator: cell.indicator.clone(),
                reason: self.reason.clone(),
                warning: problem.kind.code().to_owned(),
            })
        });
        let confirmed: Vec<Confirmation> = confirmed.collect();
        let filed = SubmissionFiled { channel: Channel::Json, confirmed, period: self.period, source: None };
        (!filed.confirmed.is_empty()).then(|| filed.into())
    }
}

/// Whether a submission's filing confirms a warning.
pub(crate) fn is_confirmed(filed: &SubmissionFiled, problem: &Problem) -> bool {
    problem.kind.severity() == Severity::Warning
        && problem.cell.as_ref().is_some_and(|cell| {
            filed.confirmed.iter().any(|own| {
                own.warning == problem.kind.code() && own.indicator == cell.indicator && own.area == cell.area
            })
        })
}
