//! Rules for what is done to a figure after it was reported: return, verify, approve, withdraw; and evidence.

use chain::EventHash;
use events::{
    Duty, EvidenceAttached, FigureApproved, FigureReturned, FigureVerified, FigureWithdrawn, Stage, UnitId,
};

use super::super::ProblemKind;
use super::Draft;
use crate::book::{Figure, Life};
use crate::registry::CellIx;

impl<'a> Draft<'a> {
    /// The figure an act names: known, newest of its chain, not withdrawn, not acted on before in this submission.
    pub(super) fn figure_to_act_on(&mut self, hash: EventHash) -> Option<(CellIx, &'a Figure)> {
        let book = self.book;
        let Some(ix) = book.figure_ix(&hash) else {
            self.unknown_event(hash);
            return None;
        };
        let figure = book.figure(ix);
        if !self.acted_on.insert(hash) {
            self.cell_problem(ix.cell, ProblemKind::ActedTwice {});
        }
        if let Some(newer) = figure.corrected_by {
            let position = book.cell(ix.cell).expect("a figure's cell exists").figure(newer).position;
            self.cell_problem(ix.cell, ProblemKind::CorrectedAlready { position });
            return None;
        }
        if figure.life(u64::MAX) == Life::Withdrawn {
            self.cell_problem(ix.cell, ProblemKind::Withdrawn {});
            return None;
        }
        Some((ix.cell, figure))
    }

    pub(super) fn check_return(&mut self, act: &FigureReturned) {
        self.require_text("退回原因", &act.reason);
        let Some((cell, figure)) = self.figure_to_act_on(act.figure) else { return };
        if !self.may_review(cell) && !self.registry.is_administrator(self.unit) {
            self.may_not(cell, "退回这个数");
        }
        if figure.life(u64::MAX) == Life::Returned {
            self.cell_problem(cell, ProblemKind::Returned {});
        }
    }

    pub(super) fn check_verification(&mut self, act: &FigureVerified) {
        if let Some(note) = &act.note {
            self.limit_text("复核说明", note);
        }
        let Some((cell, figure)) = self.figure_to_act_on(act.figure) else { return };
        if !self.may_review(cell) {
            self.may_not(cell, "复核这个数");
        }
        match figure.life(u64::MAX) {
            Life::Standing(Stage::Reported) | Life::Withdrawn => {}
            Life::Standing(_) => self.cell_problem(cell, ProblemKind::VerifiedAlready {}),
            Life::Returned => self.cell_problem(cell, ProblemKind::Returned {}),
        }
    }

    pub(super) fn check_approval(&mut self, act: &FigureApproved) {
        let Some((cell, figure)) = self.figure_to_act_on(act.figure) else { return };
        if !self.registry.is_administrator(self.unit) {
            self.may_not(cell, "审定这个数");
        }
        match figure.life(u64::MAX) {
            Life::Standing(Stage::Verified) | Life::Withdrawn => {}
            Life::Standing(Stage::Reported) => self.cell_problem(cell, ProblemKind::NotVerified {}),
            Life::Standing(Stage::Approved) => self.cell_problem(cell, ProblemKind::ApprovedAlready {}),
            Life::Returned => self.cell_problem(cell, ProblemKind::Returned {}),
        }
    }

    pub(super) fn check_withdrawal(&mut self, act: &FigureWithdrawn) {
        self.require_text("撤回原因", &act.reason);
        let Some((cell, _)) = self.figure_to_act_on(act.figure) else { return };
        if !self.registry.has_duty(self.unit, Duty::Reports, cell) {
            self.may_not(cell, "撤回这个数");
        }
    }

    pub(super) fn check_evidence(&mut self, evidence: &EvidenceAttached) {
        self.require_text("佐证名称", &evidence.title);
        let Some(figure) = evidence.figure else { return };
        let Some(ix) = self.book.figure_ix(&figure) else {
            self.unknown_event(figure);
            return;
        };
        if !self.registry.has_duty(self.unit, Duty::Reports, ix.cell) && !self.may_review(ix.cell) {
            self.may_not(ix.cell, "为这个数附佐证");
        }
    }

    /// A bureau reviews what others report; its own city-wide figures are reviewed by whoever else has the duty,
    /// or by the digital office where nobody else has.
    fn may_review(&self, cell: CellIx) -> bool {
        self.registry.has_duty(self.unit, Duty::Verifies, cell)
    }

    fn may_not(&mut self, cell: CellIx, act: &'static str) {
        let unit: &UnitId = self.unit;
        let unit = self.registry.unit_name(unit).to_owned();
        self.cell_problem(cell, ProblemKind::NotPermitted { unit, act });
    }
}
