//! A plan in the registry: its table, weights, targets, duties and rulebooks.

use chain::{ContentHash, Date, EventHash};
use events::{
    AreaId, AreaRegistered, BlockId, IndicatorDefined, IndicatorId, PlanAdopted, Recorded,
    ResponsibilityAssigned, ResponsibilityEnded, RulebookAdopted, Target, TargetRevised, TargetSet,
    WeightBlockDefined,
};
use serde::{Deserialize, Serialize};

use super::{AreaIx, Assignment, IndicatorIx};
use crate::history::History;
use crate::lookup::{ByHash, ById};

/// An assessed area, as registered.
pub type Area = AreaRegistered;

/// A row of the table with the line that defined it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indicator {
    /// The line's hash.
    pub hash: EventHash,
    /// The row.
    #[serde(with = "crate::as_json")]
    pub defined: IndicatorDefined,
}

/// A printed weight with the line that set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightBlock {
    /// The line's hash.
    pub hash: EventHash,
    /// The block.
    #[serde(with = "crate::as_json")]
    pub defined: WeightBlockDefined,
}

/// One version of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetVersion {
    /// The line that set or revised it.
    pub hash: EventHash,
    /// The first day it holds for; none for the target as first set.
    pub effective_from: Option<Date>,
    /// The text as printed.
    pub raw: String,
    /// What it means.
    #[serde(with = "crate::as_json")]
    pub target: Target,
}

/// An adopted rulebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// The line's position.
    pub position: u64,
    /// The line's hash.
    pub hash: EventHash,
    /// Plain BLAKE3 of the rules as canonical JSON; it stands in every token.
    pub rules_hash: ContentHash,
    /// What was adopted.
    #[serde(with = "crate::as_json")]
    pub adopted: RulebookAdopted,
}

/// The size of a plan's table as some lines have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many areas.
    pub areas: usize,
    /// How many rows.
    pub indicators: usize,
    /// How many weight blocks.
    pub blocks: usize,
}

/// A plan with everything recorded under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The position of the line that adopted it.
    pub position: u64,
    /// What that line says.
    #[serde(with = "crate::as_json")]
    pub adopted: PlanAdopted,
    #[serde(with = "crate::as_json")]
    areas: Vec<Area>,
    /// The positions of the lines that registered areas, defined rows and set weights, parallel to those.
    area_positions: Vec<u64>,
    indicator_positions: Vec<u64>,
    block_positions: Vec<u64>,
    #[serde(with = "crate::lookup")]
    area_by_id: ById<AreaId, AreaIx>,
    indicators: Vec<Indicator>,
    #[serde(with = "crate::lookup")]
    indicator_by_id: ById<IndicatorId, IndicatorIx>,
    blocks: Vec<WeightBlock>,
    #[serde(with = "crate::lookup")]
    targets: ById<(IndicatorIx, AreaIx, u16), History<TargetVersion>>,
    #[serde(with = "crate::lookup")]
    target_lines: ByHash<(IndicatorIx, AreaIx, u16)>,
    assignments: Vec<Assignment>,
    rulebooks: Vec<Adoption>,
}

impl Plan {
    pub(super) fn new(position: u64, adopted: PlanAdopted) -> Self {
        Self {
            position,
            adopted,
            areas: Vec::new(),
            area_positions: Vec::new(),
            indicator_positions: Vec::new(),
            block_positions: Vec::new(),
            area_by_id: ById::default(),
            indicators: Vec::new(),
            indicator_by_id: ById::default(),
            blocks: Vec::new(),
            targets: ById::default(),
            target_lines: ByHash::default(),
            assignments: Vec::new(),
            rulebooks: Vec::new(),
        }
    }

    /// How much of the table the first `known` lines have: rows, areas and blocks come one behind the other, so a
    /// question about earlier lines looks at the beginning of each list.
    #[must_use]
    pub fn shape(&self, known: u64) -> Shape {
        let among = |positions: &[u64]| positions.partition_point(|position| *position < known);
        Shape {
            areas: among(&self.area_positions),
            indicators: among(&self.indicator_positions),
            blocks: among(&self.block_positions),
        }
    }

    /// All areas, in the order of registration.
    #[must_use]
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// An area by its index.
    #[must_use]
    pub fn area(&self, ix: AreaIx) -> &Area {
        &self.areas[usize::from(ix.0)]
    }

    /// An area's index by its id.
    #[must_use]
    pub fn area_ix(&self, area: &AreaId) -> Option<AreaIx> {
        self.area_by_id.get(area).copied()
    }

    /// All rows, in the order of definition.
    #[must_use]
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// A row by its index.
    #[must_use]
    pub fn indicator(&self, ix: IndicatorIx) -> &Indicator {
        &self.indicators[usize::from(ix.0)]
    }

    /// A row's index by its id.
    #[must_use]
    pub fn indicator_ix(&self, indicator: &IndicatorId) -> Option<IndicatorIx> {
        self.indicator_by_id.get(indicator).copied()
    }

    /// All weight blocks, in the order of definition.
    #[must_use]
    pub fn blocks(&self) -> &[WeightBlock] {
        &self.blocks
    }

    /// A weight block by its id.
    #[must_use]
    pub fn block(&self, block: &BlockId) -> Option<&WeightBlock> {
        self.blocks.iter().find(|own| &own.defined.block == block)
    }

    /// All duties ever given, in the order of the ledger.
    #[must_use]
    pub fn assignments(&self) -> &[Assignment] {
        &self.assignments
    }

    /// All rulebooks ever adopted, in the order of the ledger.
    #[must_use]
    pub fn rulebooks(&self) -> &[Adoption] {
        &self.rulebooks
    }

    /// The rules in force for a day among the first `known` lines: the latest effective day not after it, and of
    /// two with the same day the later line.
    #[must_use]
    pub fn rules_for(&self, as_of: Date, known: u64) -> Option<&Adoption> {
        self.rulebooks
            .iter()
            .filter(|own| own.position < known && own.adopted.effective_from <= as_of)
            .max_by_key(|own| (own.adopted.effective_from, own.position))
    }

    /// The target in force for a day's year among the first `known` lines.
    #[must_use]
    pub fn target(
        &self,
        indicator: IndicatorIx,
        area: AreaIx,
        as_of: Date,
        known: u64,
    ) -> Option<&TargetVersion> {
        let year = u16::try_from(as_of.year()).ok()?;
        let versions = self.targets.get(&(indicator, area, year))?;
        let in_force = |version: &TargetVersion| version.effective_from.is_none_or(|from| from <= as_of);
        versions
            .versions()
            .filter(|(position, version)| *position < known && in_force(version))
            .max_by_key(|(position, version)| (version.effective_from, *position))
            .map(|(_, version)| version)
    }

    /// Every version of a cell's target for a year with its position, in the order of the ledger.
    pub fn target_versions(
        &self,
        indicator: IndicatorIx,
        area: AreaIx,
        year: u16,
    ) -> impl Iterator<Item = (u64, &TargetVersion)> {
        self.targets.get(&(indicator, area, year)).into_iter().flat_map(History::versions)
    }

    /// The cell and year whose target a line set or revised.
    #[must_use]
    pub fn target_line(&self, hash: &EventHash) -> Option<(IndicatorIx, AreaIx, u16)> {
        self.target_lines.get(hash).copied()
    }

    /// A duty by the line that gave it.
    #[must_use]
    pub fn assignment(&self, hash: &EventHash) -> Option<&Assignment> {
        self.assignments.iter().find(|given| &given.hash == hash)
    }

    pub(super) fn register_area(&mut self, position: u64, area: &Area) {
        match self.area_ix(&area.area) {
            Some(ix) => self.areas[usize::from(ix.0)] = area.clone(),
            None => {
                let ix =
                    AreaIx(u16::try_from(self.areas.len()).expect("fewer than 65,536 areas in one plan"));
                self.area_by_id.insert(area.area.clone(), ix);
                self.areas.push(area.clone());
                self.area_positions.push(position);
            }
        }
    }

    pub(super) fn define_indicator(&mut self, line: &Recorded, defined: &IndicatorDefined) {
        let ix =
            IndicatorIx(u16::try_from(self.indicators.len()).expect("fewer than 65,536 rows in one plan"));
        self.indicator_by_id.insert(defined.indicator.clone(), ix);
        self.indicators.push(Indicator { hash: line.hash, defined: defined.clone() });
        self.indicator_positions.push(line.position);
    }

    pub(super) fn define_block(&mut self, line: &Recorded, defined: &WeightBlockDefined) {
        self.blocks.push(WeightBlock { hash: line.hash, defined: defined.clone() });
        self.block_positions.push(line.position);
    }

    pub(super) fn assign(&mut self, line: &Recorded, given: &ResponsibilityAssigned) {
        self.assignments.push(Assignment {
            hash: line.hash,
            position: line.position,
            ended: None,
            assignee: given.assignee.clone(),
            duty: given.duty,
            indicator: given.indicator.clone(),
            area: given.area.clone(),
        });
    }

    pub(super) fn end_assignment(&mut self, position: u64, ended: &ResponsibilityEnded) {
        let given = self.assignments.iter_mut().filter(|given| given.hash == ended.assignment);
        given.for_each(|given| given.ended = Some(position));
    }

    pub(super) fn adopt_rules(&mut self, line: &Recorded, adopted: &RulebookAdopted) {
        let rules_hash = adopted.rules.content_hash();
        let (position, hash) = (line.position, line.hash);
        self.rulebooks.push(Adoption { position, hash, rules_hash, adopted: adopted.clone() });
    }

    pub(super) fn set_target(&mut self, line: &Recorded, set: &TargetSet) {
        let Some((indicator, area)) = self.indicator_ix(&set.indicator).zip(self.area_ix(&set.area)) else {
            return;
        };
        let raw = set.raw.clone();
        let version = TargetVersion { hash: line.hash, effective_from: None, raw, target: set.target };
        self.add_target((indicator, area, set.year), line.position, version);
    }

    pub(super) fn revise_target(&mut self, line: &Recorded, revised: &TargetRevised) {
        let Some(cell) = self.target_line(&revised.revises) else { return };
        let (effective_from, raw) = (Some(revised.effective_from), revised.raw.clone());
        let version = TargetVersion { hash: line.hash, effective_from, raw, target: revised.target };
        self.add_target(cell, line.position, version);
    }

    fn add_target(&mut self, cell: (IndicatorIx, AreaIx, u16), position: u64, version: TargetVersion) {
        self.target_lines.insert(version.hash, cell);
        self.targets.entry(cell).or_default().push(position, version);
    }
}
