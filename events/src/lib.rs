//! What can be recorded: one file per event type, one list of them all.
//!
//! Payloads are facts in the past tense. They know their stored name, version and JSON Schema, and nothing of
//! rules, files, clocks or networks. Fields stand in alphabetical order, so plain serialization is canonical.

mod catalogue;
mod decimal;
mod ids;
mod recorded;
pub mod rulebook;
mod words;

mod area_registered;
mod award_revoked;
mod bonus_granted;
mod committee_appointed;
mod committee_key_revoked;
mod completeness_stated;
mod deduction_imposed;
mod evidence_attached;
mod figure_approved;
mod figure_corrected;
mod figure_reported;
mod figure_returned;
mod figure_verified;
mod figure_withdrawn;
mod indicator_defined;
mod key_enrolled;
mod key_revoked;
mod ledger_opened;
mod ledger_restored;
mod log_key_changed;
mod narrative_reported;
mod objection_decided;
mod objection_filed;
mod period_closed;
mod period_extended;
mod period_opened;
mod plan_adopted;
mod responsibility_assigned;
mod responsibility_ended;
mod rulebook_adopted;
mod snapshot_approved;
mod snapshot_frozen;
mod snapshot_proposed;
mod snapshot_published;
mod snapshot_reopened;
mod snapshot_restated;
mod snapshot_withdrawn;
mod submission_filed;
mod table_attested;
mod target_revised;
mod target_set;
mod unit_registered;
mod veto_imposed;
mod weight_block_defined;
mod workday_calendar_published;

pub use area_registered::AreaRegistered;
pub use award_revoked::AwardRevoked;
pub use bonus_granted::BonusGranted;
pub use catalogue::{DecodeError, Event, EventKind};
pub use committee_appointed::{CommitteeAppointed, CommitteeMember};
pub use committee_key_revoked::CommitteeKeyRevoked;
pub use completeness_stated::CompletenessStated;
pub use decimal::{Absence, Decimal, Value};
pub use deduction_imposed::DeductionImposed;
pub use evidence_attached::EvidenceAttached;
pub use figure_approved::FigureApproved;
pub use figure_corrected::FigureCorrected;
pub use figure_reported::FigureReported;
pub use figure_returned::FigureReturned;
pub use figure_verified::FigureVerified;
pub use figure_withdrawn::FigureWithdrawn;
pub use ids::{AccountId, AreaId, BlockId, IndicatorId, PeriodId, PlanId, RulebookId, UnitId};
pub use indicator_defined::IndicatorDefined;
pub use indicator_defined::{BonusTerms, RollUp};
pub use key_enrolled::KeyEnrolled;
pub use key_revoked::KeyRevoked;
pub use ledger_opened::LedgerOpened;
pub use ledger_restored::LedgerRestored;
pub use log_key_changed::LogKeyChanged;
pub use narrative_reported::NarrativeReported;
pub use objection_decided::ObjectionDecided;
pub use objection_filed::ObjectionFiled;
pub use period_closed::PeriodClosed;
pub use period_extended::PeriodExtended;
pub use period_opened::PeriodOpened;
pub use plan_adopted::PlanAdopted;
pub use recorded::{Recorded, Signature};
pub use responsibility_assigned::ResponsibilityAssigned;
pub use responsibility_ended::ResponsibilityEnded;
pub use rulebook::Rulebook;
pub use rulebook_adopted::RulebookAdopted;
pub use snapshot_approved::SnapshotApproved;
pub use snapshot_frozen::SnapshotFrozen;
pub use snapshot_proposed::{
    AreaRestated, Checklist, PublicNotice, Restatement, SnapshotProposed, SnapshotTable,
};
pub use snapshot_published::SnapshotPublished;
pub use snapshot_reopened::SnapshotReopened;
pub use snapshot_restated::SnapshotRestated;
pub use snapshot_withdrawn::SnapshotWithdrawn;
pub use submission_filed::Confirmation;
pub use submission_filed::SubmissionFiled;
pub use table_attested::TableAttested;
pub use target_revised::TargetRevised;
pub use target_set::Target;
pub use target_set::TargetSet;
pub use unit_registered::UnitRegistered;
pub use veto_imposed::VetoImposed;
pub use weight_block_defined::WeightBlockDefined;
pub use words::{
    AreaClass, Channel, CorrectionReason, Direction, Duty, FigureStatus, IndicatorKind, ObjectionOutcome,
    PeriodKind, SnapshotKind, Stage, UnitKind,
};
pub use workday_calendar_published::WorkdayCalendarPublished;
