//! What the figures would be without some lines. Never official.

use std::collections::BTreeSet;

use chain::EventHash;
use domain::book::Book;
use store::EventLog;

use crate::load::{LoadError, fold};

/// Why there is no such book.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// The log cannot be read.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// A line to be left out is not there.
    #[error("账本前 {size} 行里没有哈希为 {hash} 的事件，无从剔除。请从审计轨迹复制哈希，或放宽认知时点。")]
    NotFound {
        /// The event hash.
        hash: EventHash,
        /// How many lines were looked at.
        size: u64,
    },
}

/// Folds the first `up_to` lines again, leaving some out. What only followed from those falls away with them: a
/// correction of a figure that was never reported changes nothing.
///
/// # Errors
/// [`WhatIfError`].
pub fn without(log: &dyn EventLog, left_out: &[EventHash], up_to: u64) -> Result<Book, WhatIfError> {
    let mut missing: BTreeSet<EventHash> = left_out.iter().copied().collect();
    let mut book = Book::default();
    let size = up_to.min(log.size().map_err(LoadError::from)?);
    fold(log, 0..size, &mut |line| {
        if !missing.remove(&line.recorded.hash) {
            book.apply(&line.recorded);
        }
        Ok(())
    })?;
    match missing.pop_first() {
        None => Ok(book),
        Some(hash) => Err(WhatIfError::NotFound { hash, size }),
    }
}
