//! The form: a workbook made for one unit and one period, so that nobody types what the ledger knows already.
//!
//! Equal books and requests give equal bytes.

mod data_sheet;
mod help_sheet;
mod narrative_sheet;
mod style;

use chain::Instant;
use domain::book::Book;
use domain::registry::{CellIx, Period, Plan, PlanIx};
use events::{Duty, PeriodId, PeriodKind, PlanId, Target, UnitId};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet, XlsxError};

use crate::identity::{FormMark, only_plan};
use style::Style;

/// The sheet with the figures.
pub(crate) const DATA_SHEET: &str = "数据";
/// The sheet with what the unit tells.
pub(crate) const NARRATIVE_SHEET: &str = "进展";
/// The sheet that explains.
pub(crate) const HELP_SHEET: &str = "填报说明";
/// The hidden sheet with the line that binds the form.
pub(crate) const MARK_SHEET: &str = "表单信息";

/// Whose form for when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRequest {
    /// The unit that will fill it in.
    pub unit: UnitId,
    /// The period.
    pub period: PeriodId,
    /// The plan; needed only where the ledger has several in which the unit could report.
    pub plan: Option<PlanId>,
}

/// Why there is no form.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The ledger has no opening line.
    #[error("账本还没有开账，不能出报送表。")]
    NotOpened,
    /// The unit is not registered.
    #[error("单位“{0}”没有登记。请核对单位代码。")]
    UnknownUnit(UnitId),
    /// The period is not open.
    #[error("没有报送期“{0}”。请核对报送期，或等市数字办开放后再出报送表。")]
    UnknownPeriod(PeriodId),
    /// The plan is not adopted.
    #[error("没有代码为“{0}”的方案。请核对方案代码。")]
    UnknownPlan(PlanId),
    /// No plan was named, and more than one is possible.
    #[error("账本里有不止一个（或没有）“{0}”可报的方案。请指明方案代码。")]
    PlanUnclear(UnitId),
    /// The workbook could not be made.
    #[error("报送表没有生成：{0}")]
    Workbook(#[from] XlsxError),
}

/// What the sheets show.
pub(crate) struct Form<'a> {
    book: &'a Book,
    plan_ix: PlanIx,
    plan: &'a Plan,
    period: &'a Period,
    mark: FormMark,
}

/// Makes the form of a unit for a period: an `.xlsx` workbook.
///
/// Its figures sheet has one row for each cell that the unit reports and that is assessed in the period's year, with
/// target and last value; the cells of a week, and of bonus rows, which are granted and not reported, are left out.
/// Only input cells can be edited. No input cell is filled beforehand: what stands in one was typed by the unit.
///
/// # Errors
/// [`TemplateError`]: unit, plan or period are not in the ledger.
pub fn template(book: &Book, request: &TemplateRequest) -> Result<Vec<u8>, TemplateError> {
    let form = Form::of(book, request)?;
    let style = Style::new();
    let mut workbook = Workbook::new();
    // A workbook has a day of making; a fixed one keeps equal requests equal in bytes.
    let fixed = ExcelDateTime::from_ymd(2022, 1, 1)?;
    let properties = DocProperties::new().set_title(form.title()).set_creation_datetime(&fixed);
    workbook.set_properties(&properties);
    if form.period.opened.kind != PeriodKind::Week {
        data_sheet::write(workbook.add_worksheet(), &form, &style)?;
    }
    narrative_sheet::write(workbook.add_worksheet(), &form, &style)?;
    help_sheet::write(workbook.add_worksheet(), &form, &style)?;
    write_mark(workbook.add_worksheet(), &form)?;
    Ok(workbook.save_to_buffer()?)
}

impl<'a> Form<'a> {
    fn of(book: &'a Book, request: &TemplateRequest) -> Result<Self, TemplateError> {
        let registry = book.registry();
        let TemplateRequest { unit, period, plan } = request.clone();
        let opened = registry.opened().ok_or(TemplateError::NotOpened)?;
        registry.unit(&unit).ok_or_else(|| TemplateError::UnknownUnit(unit.clone()))?;
        let own_period =
            registry.period(&period).ok_or_else(|| TemplateError::UnknownPeriod(period.clone()))?;
        let plan = plan.or_else(|| only_plan(registry, &unit));
        let plan = plan.ok_or_else(|| TemplateError::PlanUnclear(unit.clone()))?;
        let plan_ix = registry.plan_ix(&plan).ok_or_else(|| TemplateError::UnknownPlan(plan.clone()))?;
        let mark = FormMark { origin: opened.origin.clone(), plan, unit, period };
        Ok(Self { book, plan_ix, plan: registry.plan(plan_ix), period: own_period, mark })
    }

    fn title(&self) -> String {
        format!("{}报送表", self.plan.adopted.title)
    }

    /// The cells the unit reports in the period's year, in the plan's order.
    fn cells(&self) -> Vec<CellIx> {
        let rows = (0..).map(domain::registry::IndicatorIx).zip(self.plan.indicators());
        let areas = || (0..).map(domain::registry::AreaIx).zip(self.plan.areas());
        let mut cells = Vec::new();
        for (indicator, _) in rows.filter(|(_, row)| row.defined.bonus.is_none()) {
            let of_row = areas().map(|(area, _)| CellIx { plan: self.plan_ix, indicator, area });
            cells.extend(of_row.filter(|cell| self.is_reported(*cell)));
        }
        cells
    }

    fn is_reported(&self, cell: CellIx) -> bool {
        let as_at = self.period.opened.ends_on;
        let target = self.plan.target(cell.indicator, cell.area, as_at, u64::MAX);
        let assessed = target.is_some_and(|own| match own.target {
            Target::Number { .. } | Target::NotYetSet | Target::ExceedsCity => true,
            Target::NotAssessed | Target::Void => false,
        });
        assessed && self.book.registry().has_duty(&self.mark.unit, Duty::Reports, cell)
    }

    /// Writes what stands above every sheet: title, whose and when, the form's mark. Gives the next free row.
    fn write_head(&self, sheet: &mut Worksheet, style: &Style) -> Result<u32, XlsxError> {
        let registry = self.book.registry();
        let opened = &self.period.opened;
        let unit = registry.unit_name(&self.mark.unit);
        let due = china_time(self.period.due_at(&self.mark.unit, u64::MAX));
        let whose = format!(
            "填报单位：{unit}　　报送期：{}（{} 至 {}）　　截止：{due}（北京时间）",
            opened.period, opened.starts_on, opened.ends_on
        );
        let title = if registry.is_synthetic() {
            format!("【演示数据】{}（本表数值均为虚构）", self.title())
        } else {
            self.title()
        };
        sheet.set_row_height(0, 28)?;
        sheet.write_string_with_format(0, 0, title, &style.title)?;
        sheet.write_string_with_format(1, 0, whose, &style.plain)?;
        sheet.write_string_with_format(2, 0, self.mark.text(), &style.small)?;
        Ok(3)
    }
}

/// The hidden sheet: it stays where visible ones are rearranged.
fn write_mark(sheet: &mut Worksheet, form: &Form<'_>) -> Result<(), XlsxError> {
    sheet.set_name(MARK_SHEET)?;
    if form.book.registry().is_synthetic() {
        sheet.write_string(1, 0, "演示数据")?;
    }
    sheet.write_string(0, 0, form.mark.text())?;
    sheet.protect();
    sheet.set_hidden(true);
    Ok(())
}

/// An instant to the minute, as a clock in China shows it.
fn china_time(at: Instant) -> String {
    let local = Instant::from_micros(at.micros() + 8 * 3_600_000_000).unwrap_or(at).to_string();
    format!("{} {}", &local[..10], &local[11..16])
}

/// A4, landscape, as wide as the page, with page numbers.
fn set_page(sheet: &mut Worksheet) {
    sheet.set_paper_size(9);
    sheet.set_landscape();
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3);
    sheet.set_footer("&C第 &P 页，共 &N 页");
}
