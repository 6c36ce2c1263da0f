//! `snapshot-proposed`.

use chain::{ContentHash, Date, EventHash, TableRoot, TreeHash};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, Decimal, PlanId, SnapshotKind};

/// The office that runs the cycle proposed tables to be frozen. The payload is the manifest: its canonical bytes are
/// what members approve, and the line's hash names the snapshot from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotProposed {
    /// The reporting date: the last day of the kind's part of the year.
    pub as_of: Date,
    /// What stood in the way at that date and size.
    pub checklist: Checklist,
    /// Which part of the year.
    pub kind: SnapshotKind,
    /// When objections are taken (公示); none where the proposal is not put on public notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<PublicNotice>,
    /// The plan.
    pub plan: PlanId,
    /// The frozen snapshot it is to stand beside, where it restates one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restates: Option<Restatement>,
    /// The root of the tree over the first `size` lines.
    pub root: TreeHash,
    /// The hash of the rules in force for the date.
    pub rules: ContentHash,
    /// Known at: only the first so many lines count.
    pub size: u64,
    /// The tables, by name.
    pub tables: Vec<SnapshotTable>,
    /// Why it is proposed although the checklist is not empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<String>,
    /// The calendar year.
    pub year: u16,
}

/// How many cells and objections stand in the way of a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// Cells with a number to attain and no figure of the year (缺报).
    pub missing: u32,
    /// Objections filed and not decided (申诉未决).
    pub objections: u32,
    /// Cells whose newest figure was sent back and not corrected (退回未更正).
    pub returned: u32,
    /// Cells whose newest figure is not verified (未复核).
    pub unverified: u32,
}

impl Checklist {
    /// Whether nothing stands in the way.
    #[must_use]
    pub const fn is_clear(&self) -> bool {
        self.missing == 0 && self.objections == 0 && self.returned == 0 && self.unverified == 0
    }
}

/// The days on which objections are taken, in China.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicNotice {
    /// The last day.
    pub ends_on: Date,
    /// The first day.
    pub starts_on: Date,
}

/// What a restatement changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restatement {
    /// Every ranked area, in the plan's order, with what it had in the frozen snapshot and has in this one.
    pub areas: Vec<AreaRestated>,
    /// Why it is restated.
    pub reason: String,
    /// The line that proposed the frozen snapshot.
    pub snapshot: EventHash,
}

/// One area's total and place, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaRestated {
    /// The area.
    pub area: AreaId,
    /// Its place in its class in the frozen snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_before: Option<u32>,
    /// Its place in this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_now: Option<u32>,
    /// Its total in the frozen snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_before: Option<Decimal>,
    /// Its total in this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_now: Option<Decimal>,
}

/// One table of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotTable {
    /// The version of its encoder.
    pub encoder_version: u32,
    /// Its root (`docs/format.md` §5).
    pub root: TableRoot,
    /// How many rows it has, the heading included.
    pub rows: u32,
    /// Its name.
    pub table: String,
}
