//! Rules for reporting and correcting figures.

use chain::Date;
use events::{
    Decimal, Duty, FigureCorrected, FigureReported, IndicatorKind, NarrativeReported, PeriodId, PeriodKind,
    SubmissionFiled, Target, Value,
};

use super::super::ProblemKind;
use super::Draft;
use crate::book::{Figure, Life};
use crate::registry::CellIx;

/// What a change may be compared with the last value before people are asked about it.
const FAR: Factor = Factor(3);
/// A value so many times another is in the wrong unit more often than right.
const SCALE: Factor = Factor(1_000);

/// A whole factor.
struct Factor(i64);

impl Draft<'_> {
    pub(super) fn check_filed(&mut self, filed: &SubmissionFiled) {
        let Some(period) = self.registry.period(&filed.period) else {
            self.require_period(&filed.period);
            return;
        };
        if !period.is_open_for(self.unit, self.now, self.size) {
            self.problem(ProblemKind::PeriodClosed { period: filed.period.to_string() });
        }
        filed.confirmed.iter().for_each(|own| self.limit_text("确认原因", &own.reason));
    }

    pub(super) fn check_report(&mut self, figure: &FigureReported) {
        let Some(plan) = self.require_plan(&figure.plan) else { return };
        self.require_indicator(plan, &figure.indicator);
        self.require_area(plan, &figure.area);
        let Some(cell) = self.registry.cell(&figure.plan, &figure.indicator, &figure.area) else { return };
        if !self.registry.has_duty(self.unit, Duty::Reports, cell) {
            let unit = self.registry.unit_name(self.unit).to_owned();
            self.cell_problem(cell, ProblemKind::NotPermitted { unit, act: "报送这一格" });
        }
        self.check_period_of(cell, &figure.period, figure.as_at);
        self.check_once(cell, figure.as_at);
        self.check_target_allows(cell, figure.as_at);
        self.check_value(cell, figure.as_at, figure.value);
    }

    pub(super) fn check_correction(&mut self, corrected: &FigureCorrected) {
        if let Some(note) = &corrected.note {
            self.limit_text("更正说明", note);
        }
        let Some((cell, figure)) = self.figure_to_act_on(corrected.corrects) else { return };
        if !self.registry.has_duty(self.unit, Duty::Reports, cell) {
            let unit = self.registry.unit_name(self.unit).to_owned();
            self.cell_problem(cell, ProblemKind::NotPermitted { unit, act: "更正这一格" });
        }
        // A unit may stand by a figure that was returned; any other correction must change something.
        let returned = figure.life(u64::MAX) == Life::Returned;
        if !returned && figure.value == corrected.value && figure.status == corrected.status {
            self.cell_problem(cell, ProblemKind::Unchanged { value: corrected.value.to_string() });
        }
        self.check_value(cell, figure.as_at, corrected.value);
    }

    pub(super) fn check_narrative(&mut self, narrative: &NarrativeReported) {
        self.require_plan(&narrative.plan);
        self.check_filed_for(&narrative.period);
        self.require_text("工作进展", &narrative.progress);
        self.limit_text("工作亮点", &narrative.highlights);
        self.limit_text("取得成效", &narrative.results);
        self.limit_text("下一步打算", &narrative.next_steps);
    }

    fn check_filed_for(&mut self, period: &PeriodId) {
        if let Some(filed) = self.filed.filter(|filed| &filed.period != period) {
            let (period, filed) = (period.to_string(), filed.period.to_string());
            self.problem(ProblemKind::PeriodMismatch { period, filed });
        }
    }

    fn check_period_of(&mut self, cell: CellIx, id: &PeriodId, as_at: Date) {
        self.check_filed_for(id);
        let Some(period) = self.registry.period(id) else {
            self.require_period(id);
            return;
        };
        let (starts_on, ends_on, kind) = (period.opened.starts_on, period.opened.ends_on, period.opened.kind);
        if kind == PeriodKind::Week {
            self.cell_problem(cell, ProblemKind::NotAFigurePeriod { period: id.to_string() });
        }
        if as_at < starts_on || as_at > ends_on {
            self.cell_problem(cell, ProblemKind::OutsidePeriod { as_at, period: id.to_string() });
        }
        if as_at > self.now.china_date() {
            self.cell_problem(cell, ProblemKind::InFuture { as_at });
        }
    }

    fn check_once(&mut self, cell: CellIx, as_at: Date) {
        if !self.reported.insert((cell, as_at)) {
            let (indicator, area) = (self.row_name(cell), self.area_name(cell));
            self.cell_problem(cell, ProblemKind::ReportedTwice { indicator, area });
        }
        let standing = self.book.cell(cell).and_then(|own| own.standing_on(as_at));
        if let Some(position) = standing.map(|figure| figure.position) {
            let (indicator, area) = (self.row_name(cell), self.area_name(cell));
            self.cell_problem(cell, ProblemKind::ReportedAlready { indicator, area, as_at, position });
        }
    }

    fn check_target_allows(&mut self, cell: CellIx, as_at: Date) {
        match self.target(cell, as_at) {
            None => self.cell_problem(cell, ProblemKind::NoTargetYear { year: as_at.year() }),
            Some(Target::NotAssessed) => {
                let (indicator, area) = (self.row_name(cell), self.area_name(cell));
                self.cell_problem(cell, ProblemKind::AreaNotAssessed { area, indicator });
            }
            Some(Target::Void) => {
                let indicator = self.row_name(cell);
                self.cell_problem(cell, ProblemKind::RowVoid { indicator });
            }
            Some(Target::Number { .. } | Target::NotYetSet | Target::ExceedsCity) => {}
        }
    }

    fn target(&self, cell: CellIx, as_at: Date) -> Option<Target> {
        let plan = self.registry.plan(cell.plan);
        plan.target(cell.indicator, cell.area, as_at, u64::MAX).map(|version| version.target)
    }

    /// Is the value possible, and is it likely?
    fn check_value(&mut self, cell: CellIx, as_at: Date, value: Value) {
        let Value::Number(value) = value else { return };
        self.check_possible(cell, value);
        let book = self.book;
        let before = book.cell(cell).and_then(|own| own.before(as_at)).and_then(number_and_day);
        let after = book.cell(cell).and_then(|own| own.after(as_at)).and_then(number_and_day);
        let target = match self.target(cell, as_at) {
            Some(Target::Number { value }) if value > Decimal::ZERO => Some(value),
            _ => None,
        };
        self.check_cumulative(cell, value, before, after);
        self.check_likely(cell, value, before, target);
    }

    fn check_possible(&mut self, cell: CellIx, value: Decimal) {
        let row = &self.registry.plan(cell.plan).indicator(cell.indicator).defined;
        let measure = row.measure.clone();
        let (kind, percent) = (row.kind, row.percent || row.measure == "%");
        let whole = value.number().is_integer();
        let counted = matches!(kind, IndicatorKind::Stock | IndicatorKind::Flow)
            && ["个", "家", "条", "次"].contains(&measure.as_str());
        if value < Decimal::ZERO && kind != IndicatorKind::Growth {
            self.cell_problem(cell, ProblemKind::Negative { value });
        }
        let bounded = matches!(kind, IndicatorKind::Share | IndicatorKind::Rate) && percent;
        if bounded && value > Decimal::from(100) && !self.targets_pass_hundred(cell) {
            self.cell_problem(cell, ProblemKind::OverHundred { value });
        }
        if counted && !whole {
            self.cell_problem(cell, ProblemKind::NotACount { value, measure });
        }
    }

    /// Whether the plan itself sets a target above 100 % somewhere in the row.
    fn targets_pass_hundred(&self, cell: CellIx) -> bool {
        let plan = self.registry.plan(cell.plan);
        let areas = (0_u16..).map(crate::registry::AreaIx).take(plan.areas().len());
        let cells = areas.flat_map(|area| plan.adopted.years.iter().map(move |year| (area, *year)));
        cells.into_iter().flat_map(|(area, year)| plan.target_versions(cell.indicator, area, year)).any(
            |(_, version)| matches!(version.target, Target::Number { value } if value > Decimal::from(100)),
        )
    }

    fn check_cumulative(
        &mut self,
        cell: CellIx,
        value: Decimal,
        before: Option<(Decimal, Date)>,
        after: Option<(Decimal, Date)>,
    ) {
        let kind = self.registry.plan(cell.plan).indicator(cell.indicator).defined.kind;
        if !matches!(kind, IndicatorKind::Stock | IndicatorKind::Flow) {
            return;
        }
        if let Some((before, day)) = before.filter(|(before, _)| value < *before) {
            self.cell_problem(cell, ProblemKind::CumulativeFalls { value, before, day });
        }
        if let Some((after, day)) = after.filter(|(after, _)| value > *after) {
            self.cell_problem(cell, ProblemKind::CumulativeAbove { value, after, day });
        }
    }

    fn check_likely(
        &mut self,
        cell: CellIx,
        value: Decimal,
        before: Option<(Decimal, Date)>,
        target: Option<Decimal>,
    ) {
        let beside = before.map(|(before, _)| before).filter(|before| *before > Decimal::ZERO).or(target);
        if let Some(beside) = beside.filter(|beside| times_apart(value, *beside, &SCALE)) {
            let hint = if value > beside {
                "可能把“万”或“亿”为单位的数填成了原数"
            } else {
                "可能填错了单位（如应填 36% 却填了 0.036）"
            };
            self.cell_problem(cell, ProblemKind::SuspectScale { value, beside, hint });
            return;
        }
        let far =
            |(before, _): &(Decimal, Date)| *before > Decimal::ZERO && times_apart(value, *before, &FAR);
        let large = |(before, _): &(Decimal, Date)| {
            // Early in the year small numbers grow fast: only a change of a quarter of the target is news.
            target.is_none_or(|target| {
                let change = (value.number() - before.number()).abs();
                change * rust_decimal::Decimal::from(4) > target.number()
            })
        };
        if let Some((before, day)) = before.filter(far).filter(large) {
            self.cell_problem(cell, ProblemKind::FarFromLast { value, before, day });
        }
        if let Some(target) =
            target.filter(|target| value.number() > target.number() * rust_decimal::Decimal::TWO)
        {
            self.cell_problem(cell, ProblemKind::FarFromTarget { value, target });
        }
    }
}

fn number_and_day(figure: &Figure) -> Option<(Decimal, Date)> {
    figure.value.number().map(|number| (number, figure.as_at))
}

/// Whether one of two numbers is more than `factor` times the other; zero is far from nothing.
fn times_apart(value: Decimal, beside: Decimal, factor: &Factor) -> bool {
    let (value, beside) = (value.number().abs(), beside.number().abs());
    let factor = rust_decimal::Decimal::from(factor.0);
    let above = |large: rust_decimal::Decimal, small: rust_decimal::Decimal| {
        small.checked_mul(factor).is_some_and(|limit| large > limit)
    };
    !value.is_zero() && !beside.is_zero() && (above(value, beside) || above(beside, value))
}
