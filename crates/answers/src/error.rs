//! Why a question has no answer.

use app::{AxisError, LoadError, WhatIfError};
use chain::ContentHash;
use events::{AreaId, IndicatorId};
use projections::NoReading;
use projections::diff::NotComparable;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The ledger has no line yet.
    #[error("账本里还没有任何一行。")]
    Empty,
    /// The ledger has no plan yet.
    #[error("账本里还没有方案。")]
    NoPlan,
    /// The token is another ledger's.
    #[error("标识属于账本“{token}”，这里是“{ledger}”。")]
    OtherLedger {
        /// The token's origin.
        token: String,
        /// The ledger's.
        ledger: String,
    },
    /// The token is of another history, or of other rules: nothing may be shown under it.
    #[error("{0}")]
    OtherHistory(String),
    /// The rules do not fit the plan.
    #[error("规则 {rules} 不能用于这个方案：{}", found.join("；"))]
    UnfitRules {
        /// The rules' hash.
        rules: ContentHash,
        /// What does not fit.
        found: Vec<String>,
    },
    /// The plan has no such row.
    #[error("方案里没有指标“{0}”，用 catalogue 查代码。")]
    NoIndicator(IndicatorId),
    /// The plan does not assess such an area.
    #[error("方案里没有地区“{area}”，有 {}。", known.join("、"))]
    NoArea {
        /// The one asked for.
        area: AreaId,
        /// Those there are.
        known: Vec<String>,
    },
    /// The axes have no meaning on this ledger.
    #[error("{0}")]
    Axes(#[from] AxisError),
    /// The known lines have not what is asked about.
    #[error("{0}")]
    Reading(#[from] NoReading),
    /// A line to be left out is not there.
    #[error("{0}")]
    WhatIf(#[from] WhatIfError),
    /// Two readings cannot be compared.
    #[error("{0}")]
    NotComparable(#[from] NotComparable),
    /// The lines cannot be read.
    #[error("{0}")]
    Load(#[from] LoadError),
}

/// Whose fault it is that there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What was asked for is not there.
    NotThere,
    /// The question makes no sense on this ledger.
    Question,
    /// The question names another history than this ledger's.
    History,
    /// The ledger's lines cannot be read.
    Ledger,
}

impl AskError {
    /// A word for programs that stays.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty-ledger",
            Self::NoPlan => "no-plan",
            Self::OtherLedger { .. } => "other-ledger",
            Self::OtherHistory(_) => "other-history",
            Self::UnfitRules { .. } => "unfit-rules",
            Self::NoIndicator(_) => "unknown-indicator",
            Self::NoArea { .. } => "unknown-area",
            Self::Axes(error) => axis_code(error),
            Self::Reading(_) => "nothing-known",
            Self::WhatIf(WhatIfError::NotFound { .. }) => "unknown-event",
            Self::NotComparable(_) => "not-comparable",
            Self::WhatIf(WhatIfError::Load(_)) | Self::Load(_) => "unreadable-ledger",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Empty
            | Self::NoPlan
            | Self::NoIndicator(_)
            | Self::NoArea { .. }
            | Self::Reading(_)
            | Self::WhatIf(WhatIfError::NotFound { .. })
            | Self::Axes(
                AxisError::UnknownPlan { .. } | AxisError::NoRules { .. } | AxisError::UnknownRules { .. },
            ) => Fault::NotThere,
            Self::UnfitRules { .. }
            | Self::OtherLedger { .. }
            | Self::NotComparable(_)
            | Self::Axes(AxisError::BeyondHead { .. }) => Fault::Question,
            Self::OtherHistory(_) => Fault::History,
            Self::WhatIf(WhatIfError::Load(_)) | Self::Load(_) | Self::Axes(AxisError::Load(_)) => {
                Fault::Ledger
            }
        }
    }
}

const fn axis_code(error: &AxisError) -> &'static str {
    match error {
        AxisError::UnknownPlan { .. } => "unknown-plan",
        AxisError::BeyondHead { .. } => "beyond-head",
        AxisError::NoRules { .. } => "no-rules",
        AxisError::UnknownRules { .. } => "unknown-rules",
        AxisError::Load(_) => "unreadable-ledger",
    }
}
