//! The sequencer's decisions on one thread, at instants the caller names: for demonstrations and scripts.

use std::sync::Arc;

use chain::Instant;
use domain::ledger::Submission;
use projections::ReadModel;
use store::{EventLog, StoreError};

use crate::load::catch_up;
use crate::submit::{self, Receipt, SubmitError, Verdict, borrowed, publish, receipt, repeat};

/// Records one submission after another.
pub struct Recorder {
    log: Arc<dyn EventLog>,
    model: ReadModel,
}

impl Recorder {
    /// Starts at the end of `log`, which `model` has been loaded from.
    #[must_use]
    pub const fn new(log: Arc<dyn EventLog>, model: ReadModel) -> Self {
        Self { log, model }
    }

    /// What is durable.
    #[must_use]
    pub const fn model(&self) -> &ReadModel {
        &self.model
    }

    /// Gives the model back.
    #[must_use]
    pub fn into_model(self) -> ReadModel {
        self.model
    }

    /// Records a submission at `now`, or just after the append before if that is later; returns when it is durable.
    ///
    /// # Errors
    /// As [`Sequencer::submit`](crate::Sequencer::submit).
    pub fn record(&mut self, submission: Submission, now: Instant) -> Result<Receipt, SubmitError> {
        let prepared = submit::prepare(submission)?;
        loop {
            let at = self.model.ledger().head().next_at(now);
            let first = self.model.size();
            let (lines, rejection) = match submit::verdict(self.model.ledger(), &prepared, at) {
                Verdict::OnRecord(place) => return repeat(&*self.log, place, &prepared),
                Verdict::Record(lines) => (lines, None),
                Verdict::Rejected(rejection) => (Vec::new(), Some(rejection)),
            };
            // An append of nothing asks whether the rejection was decided at the log's head.
            match submit::append(&*self.log, first, &borrowed(&lines)) {
                Ok(()) => {
                    publish(&mut self.model, &lines);
                    let receipt = || receipt(lines.iter().map(|line| &line.recorded), false);
                    return rejection.map_or_else(|| Ok(receipt()), |rejection| Err(rejection.into()));
                }
                Err(SubmitError::Store(StoreError::Conflict { .. })) => {
                    catch_up(&*self.log, &mut self.model)?;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
