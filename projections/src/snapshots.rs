//! Snapshots as they are read: the manifest of a reading, a snapshot's tables made again from the lines, and the list.

use chain::{Instant, TableRoot, TreeHash};
use domain::book::Book;
use domain::ledger::snapshots::{Snapshot, Snapshots, Standing};
use domain::ledger::{Blockers, Ledger};
use domain::scoring::At;
use events::{
    AccountId, AreaRestated, PublicNotice, Restatement, SnapshotKind, SnapshotProposed, SnapshotTable, UnitId,
};
use serde::Serialize;

use crate::tables::{TableKind, UnknownEncoder, v1};
use crate::{NoReading, Reading, Table, Token};

/// What a proposal says beside its tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// When objections are taken.
    pub notice: Option<PublicNotice>,
    /// What it restates.
    pub restates: Option<Restatement>,
    /// Why it is proposed although something stands in the way.
    pub waiver: Option<String>,
}

/// The manifest of a reading: what a proposal of it must say. The reading's day is taken as it is; whether it is the day
/// of the kind, deciding asks.
///
/// # Panics
/// When a table has 2³² rows.
#[must_use]
pub fn manifest(
    reading: &Reading<'_>,
    snapshots: &Snapshots,
    year: u16,
    kind: SnapshotKind,
    terms: Terms,
) -> SnapshotProposed {
    let Token { size, root, as_of, rules, .. } = reading.token();
    let slot = domain::ledger::snapshots::Slot { plan: reading.plan().adopted.plan.clone(), year, kind };
    let mut tables: Vec<SnapshotTable> =
        TableKind::ALL.iter().map(|kind| listed(&kind.encode(reading))).collect();
    tables.sort_by(|a, b| a.table.cmp(&b.table));
    SnapshotProposed {
        as_of,
        checklist: Blockers::of(reading.book(), snapshots, &slot, size).counts(),
        kind,
        notice: terms.notice,
        plan: slot.plan,
        restates: terms.restates,
        root,
        rules,
        size,
        tables,
        waiver: terms.waiver,
        year,
    }
}

fn listed(table: &Table) -> SnapshotTable {
    SnapshotTable {
        encoder_version: table.encoder_version(),
        root: table.root(),
        rows: rows(table),
        table: table.name().to_owned(),
    }
}

fn rows(table: &Table) -> u32 {
    let rows = table.bytes().iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(rows).expect("fewer than 2^32 rows")
}

/// Totals and places in two readings of a plan, area by area in the plan's order; areas that are not ranked are left out.
///
/// # Panics
/// Never: printed totals are decimals.
#[must_use]
pub fn restated(before: &Reading<'_>, now: &Reading<'_>) -> Vec<AreaRestated> {
    let (before, now, plan) = (v1::Ranking::of(before), v1::Ranking::of(now), now.plan());
    let row = |ranking: &v1::Ranking<'_>, area: &events::AreaId| {
        let row = ranking.areas.iter().find(|row| row.area == area);
        let total = row.and_then(|row| row.total.as_ref());
        let total = total.map(|total| total.parse().expect("a printed total is a decimal"));
        (row.and_then(|row| row.place), total)
    };
    let ranked = plan.areas().iter().filter(|area| {
        let is_ranked = |own: &&v1::ranking::RankRow<'_>| own.area == &area.area && own.class.is_some();
        before.areas.iter().chain(&now.areas).any(|own| is_ranked(&own))
    });
    let areas = ranked.map(|area| {
        let ((place_before, total_before), (place_now, total_now)) =
            (row(&before, &area.area), row(&now, &area.area));
        AreaRestated { area: area.area.clone(), place_before, place_now, total_before, total_now }
    });
    areas.collect()
}

/// Where the copy of a frozen snapshot is below a ledger's folder: `snapshots/<year>-<kind>/<plan>-<position>`; the position
/// tells a restatement, or a freezing after a reopening, from the first.
#[must_use]
pub fn folder(snapshot: &Snapshot) -> String {
    let SnapshotProposed { year, kind, plan, .. } = &snapshot.manifest;
    format!("snapshots/{year}-{}/{plan}-{}", kind.word(), snapshot.position)
}

/// Why a snapshot's tables cannot be made again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReproducible {
    /// The ledger's tree has another root at the snapshot's size.
    #[error("快照写的账本根是 {expected}，账本前 {size} 行的根是 {found}：两者不是同一段历史。")]
    Root {
        /// The size.
        size: u64,
        /// The root in the manifest.
        expected: TreeHash,
        /// The root of the lines.
        found: TreeHash,
    },
    /// The rules it names were never adopted for the plan.
    #[error("快照所依据的计分规则 {0} 没有颁布过。")]
    Rules(chain::ContentHash),
    /// The plan is not registered.
    #[error("账本里没有快照的方案“{0}”。")]
    Plan(events::PlanId),
    /// The known lines have not what is read.
    #[error("{0}")]
    Reading(#[from] NoReading),
    /// No table of this name was ever published.
    #[error("没有名为“{0}”的表，请换用较新的程序。")]
    Table(String),
    /// No encoder of its version was ever published.
    #[error("{0}")]
    Encoder(#[from] UnknownEncoder),
}

/// The reading that a manifest is of; `root` is the root of the tree over the first `manifest.size` lines.
///
/// # Errors
/// [`NotReproducible`].
pub fn reading<'a>(
    book: &'a Book,
    manifest: &SnapshotProposed,
    root: TreeHash,
) -> Result<Reading<'a>, NotReproducible> {
    if root != manifest.root {
        let (size, expected) = (manifest.size, manifest.root);
        return Err(NotReproducible::Root { size, expected, found: root });
    }
    let plan = book.registry().plan_ix(&manifest.plan);
    let plan = plan.ok_or_else(|| NotReproducible::Plan(manifest.plan.clone()))?;
    let rulebooks = book.registry().plan(plan).rulebooks();
    let rules = rulebooks.iter().find(|own| own.rules_hash == manifest.rules);
    let rules = rules.ok_or(NotReproducible::Rules(manifest.rules))?;
    let at = At { as_of: manifest.as_of, known: manifest.size };
    Ok(Reading::under(book, plan, at, root, &rules.adopted.rules)?)
}

/// A snapshot's table made again, beside what the manifest says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remade {
    /// What the manifest says.
    pub listed: SnapshotTable,
    /// What the lines say.
    pub table: Table,
}

impl Remade {
    /// Whether the lines still give what was frozen.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.found() == self.listed.root && rows(&self.table) == self.listed.rows
    }

    /// The root of what the lines give.
    #[must_use]
    pub fn found(&self) -> TableRoot {
        self.table.root()
    }
}

/// Makes every table of a manifest again, in its order, with the encoders it names.
///
/// # Errors
/// [`NotReproducible`]; a table with another root is no error but [`Remade::is_equal`] tells.
pub fn remake(
    book: &Book,
    manifest: &SnapshotProposed,
    root: TreeHash,
) -> Result<Vec<Remade>, NotReproducible> {
    let reading = reading(book, manifest, root)?;
    let remake = |listed: &SnapshotTable| {
        let kind = TableKind::from_name(&listed.table);
        let kind = kind.ok_or_else(|| NotReproducible::Table(listed.table.clone()))?;
        let table = kind.encode_as(&reading, listed.encoder_version)?;
        Ok(Remade { listed: listed.clone(), table })
    };
    manifest.tables.iter().map(remake).collect()
}

/// The stored word of a standing.
#[must_use]
pub const fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Proposed => "proposed",
        Standing::Withdrawn => "withdrawn",
        Standing::Frozen => "frozen",
        Standing::Published => "published",
        Standing::Reopened => "reopened",
    }
}

/// A snapshot as a row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SnapshotRow<'a> {
    /// Members whose approvals count, in the committee's order.
    pub approved_by: Vec<&'a AccountId>,
    /// The account that proposed it.
    pub by: &'a AccountId,
    /// When it was frozen.
    pub frozen_at: Option<Instant>,
    /// What was proposed.
    pub manifest: &'a SnapshotProposed,
    /// Objections to it that are not decided.
    pub objections_open: usize,
    /// The position of the line that proposed it.
    pub position: u64,
    /// When it was proposed.
    pub proposed_at: Instant,
    /// How many members must approve; none where there is no committee.
    pub quorum: Option<usize>,
    /// The line that proposed it; it names the snapshot.
    pub snapshot: chain::EventHash,
    /// Where it stands.
    pub standing: &'static str,
    /// The unit that proposed it.
    pub unit: &'a UnitId,
}

impl<'a> SnapshotRow<'a> {
    /// A snapshot's row.
    #[must_use]
    pub fn of(snapshots: &'a Snapshots, snapshot: &'a Snapshot) -> Self {
        let open = |own: &&domain::ledger::snapshots::Objection| {
            own.filed.snapshot == snapshot.hash && own.decided.is_none()
        };
        // What was counted at the freezing stays what it was, whatever became of the keys since.
        let approved_by = if snapshot.frozen.is_some() {
            snapshot.approvals.iter().map(|own| &own.member).collect()
        } else {
            snapshots.counted(snapshot).iter().map(|own| &own.member).collect()
        };
        Self {
            approved_by,
            by: &snapshot.by,
            frozen_at: snapshot.frozen.map(|done| done.at),
            manifest: &snapshot.manifest,
            objections_open: snapshots.objections().iter().filter(open).count(),
            position: snapshot.position,
            proposed_at: snapshot.at,
            quorum: snapshots.committee(&snapshot.manifest.plan).map(|own| own.quorum()),
            snapshot: snapshot.hash,
            standing: standing_word(snapshot.standing()),
            unit: &snapshot.unit,
        }
    }

    /// All snapshots of a ledger, in the order they were proposed.
    #[must_use]
    pub fn all(ledger: &'a Ledger) -> Vec<Self> {
        let snapshots = ledger.snapshots();
        snapshots.all().iter().map(|snapshot| Self::of(snapshots, snapshot)).collect()
    }
}
