//! The figures sheet: one row for each cell to report.

use domain::book::{Figure, Life};
use domain::registry::CellIx;
use events::{Stage, Target};
use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Formula, IgnoreError, Worksheet, XlsxError};

use super::style::Style;
use super::{DATA_SHEET, Form, set_page};
use crate::entries::Column;
use crate::figures::shown;
use crate::problem::column_letters;
use crate::words::{ABSENCE, MATERIAL, REASON, STATUS};

pub(super) fn write(sheet: &mut Worksheet, form: &Form<'_>, style: &Style) -> Result<(), XlsxError> {
    sheet.set_name(DATA_SHEET)?;
    let above = form.write_head(sheet, style)?;
    let hint =
        "只填黄色格子。没有数可报的行整行留空；首次报送不填更正各列。数值按计量单位填阿拉伯数字，如 5.30。";
    sheet.write_string_with_format(above, 0, hint, &style.plain)?;
    let header = above + 1;
    for (number, column) in (0..).zip(Column::ALL.iter().copied()) {
        let format = if column.is_input() { &style.input_header } else { &style.header };
        sheet.write_string_with_format(header, number, column.chinese(), format)?;
        sheet.set_column_width(number, width(column))?;
    }
    sheet.set_row_height(header, 32)?;
    let cells = form.cells();
    for (row, cell) in (header + 1..).zip(&cells) {
        write_row(sheet, row, form, *cell, style)?;
    }
    if !cells.is_empty() {
        let rows = u32::try_from(cells.len()).expect("a plan has fewer than 2^32 cells");
        add_choices(sheet, header + 1, header + rows)?;
    }
    // The names stay in sight while the input columns scroll past.
    sheet.set_freeze_panes(header + 1, 4)?;
    sheet.set_repeat_rows(header, header)?;
    sheet.protect_with_options(&rust_xlsxwriter::ProtectionOptions {
        format_columns: true,
        format_rows: true,
        ..rust_xlsxwriter::ProtectionOptions::default()
    });
    set_page(sheet);
    Ok(())
}

/// In characters of the body font; a Chinese character takes two.
const fn width(column: Column) -> u32 {
    match column {
        Column::IndicatorName => 34,
        Column::Indicator => 20,
        Column::Note | Column::Confirmation | Column::Evidence => 16,
        Column::LastStatus | Column::AsAt | Column::LastAsAt | Column::LastValue | Column::Value => 11,
        Column::Area
        | Column::AreaName
        | Column::TargetRaw
        | Column::Target
        | Column::Status
        | Column::Absence
        | Column::CorrectionReason
        | Column::Material => 9,
        Column::Measure => 7,
    }
}

/// How many lines a text takes in a column. Spreadsheet programs do not grow a row by themselves on opening.
fn lines(text: &str, width: u32) -> u32 {
    let taken: u32 = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    taken.div_ceil(width - 2).max(1)
}

fn write_row(
    sheet: &mut Worksheet,
    row: u32,
    form: &Form<'_>,
    cell: CellIx,
    style: &Style,
) -> Result<(), XlsxError> {
    let last = last_figure(form, cell);
    let returned = last.is_some_and(|figure| figure.life(u64::MAX) == Life::Returned);
    let name = lines(&text(Column::IndicatorName, form, cell, last), width(Column::IndicatorName));
    let status = lines(&text(Column::LastStatus, form, cell, last), width(Column::LastStatus));
    sheet.set_row_height(row, 15 * name.max(status))?;
    for (number, column) in (0..).zip(Column::ALL.iter().copied()) {
        if column.is_input() {
            sheet.write_blank(row, number, &style.input)?;
            continue;
        }
        let of_last = matches!(column, Column::LastStatus | Column::LastValue);
        let is_number = matches!(column, Column::Target | Column::TargetRaw | Column::LastValue);
        let format = match (of_last && returned, is_number) {
            (true, _) => &style.returned,
            (false, true) => &style.locked_number,
            (false, false) => &style.locked,
        };
        sheet.write_string_with_format(row, number, text(column, form, cell, last), format)?;
    }
    Ok(())
}

/// The figure of the period's day, or else the newest before it.
fn last_figure<'a>(form: &'a Form<'_>, cell: CellIx) -> Option<&'a Figure> {
    let figures = form.book.cell(cell)?;
    let day = form.period.opened.ends_on;
    figures.standing_on(day).or_else(|| figures.before(day))
}

fn text(column: Column, form: &Form<'_>, cell: CellIx, last: Option<&Figure>) -> String {
    let row = &form.plan.indicator(cell.indicator).defined;
    let area = form.plan.area(cell.area);
    let as_at = form.period.opened.ends_on;
    let target = form.plan.target(cell.indicator, cell.area, as_at, u64::MAX);
    match column {
        Column::Indicator => row.indicator.to_string(),
        Column::IndicatorName if row.group == row.name => row.name.clone(),
        Column::IndicatorName => format!("{} · {}", row.group, row.name),
        Column::Area => area.area.to_string(),
        Column::AreaName => area.name.clone(),
        Column::Measure => row.measure.clone(),
        Column::TargetRaw => target.map(|own| own.raw.clone()).unwrap_or_default(),
        Column::Target => target.map(|own| read_target(own.target)).unwrap_or_default(),
        Column::LastValue => last.map(shown).unwrap_or_default(),
        Column::LastAsAt => last.map(|own| own.as_at.to_string()).unwrap_or_default(),
        Column::LastStatus => last.map(life).unwrap_or_default(),
        Column::AsAt => as_at.to_string(),
        Column::Value
        | Column::Status
        | Column::Absence
        | Column::Confirmation
        | Column::CorrectionReason
        | Column::Material
        | Column::Note
        | Column::Evidence => String::new(),
    }
}

fn read_target(target: Target) -> String {
    match target {
        Target::Number { value } => value.to_string(),
        Target::NotYetSet => "待定".to_owned(),
        Target::ExceedsCity => "高于全市".to_owned(),
        Target::NotAssessed | Target::Void => "不考核".to_owned(),
    }
}

/// How firm the last value is, and how far it has come.
fn life(figure: &Figure) -> String {
    let reached = match figure.life(u64::MAX) {
        Life::Standing(Stage::Reported) => "已报送",
        Life::Standing(Stage::Verified) => "已复核",
        Life::Standing(Stage::Approved) => "已审定",
        Life::Returned => "已退回，请更正",
        Life::Withdrawn => "已撤回",
    };
    format!("{} · {reached}", STATUS.chinese(figure.status))
}

/// The number of a column on the sheet, from 0.
fn number_of(column: Column) -> u16 {
    let at = Column::ALL.iter().position(|own| *own == column).expect("every column is listed");
    u16::try_from(at).expect("few columns")
}

/// Drop-downs and hints for the rows from `first` to `last`.
fn add_choices(sheet: &mut Worksheet, first: u32, last: u32) -> Result<(), XlsxError> {
    let lists = [
        (Column::Status, STATUS.offered()),
        (Column::Absence, ABSENCE.offered()),
        (Column::CorrectionReason, REASON.offered()),
        (Column::Material, MATERIAL.offered()),
    ];
    for (column, words) in lists {
        let list = DataValidation::new()
            .allow_list_strings(&words)?
            .set_error_title("请从下拉列表中选")?
            .set_error_message(format!("可选：{}", words.join("、")))?;
        let number = number_of(column);
        sheet.add_data_validation(first, number, last, number, &list)?;
    }
    let number = number_of(Column::Value);
    sheet.add_data_validation(first, number, last, number, &numbers(first, number)?)?;
    sheet.ignore_error_range(first, 0, last, number_of(Column::Evidence), IgnoreError::NumberStoredAsText)?;
    Ok(())
}

/// Input cells are text, so that 5.30 stays 5.30; the check asks whether the text is a plain number.
fn numbers(first: u32, number: u16) -> Result<DataValidation, XlsxError> {
    let cell = format!("{}{}", column_letters(u32::from(number) + 1), first + 1);
    let plain = format!(
        "=AND(ISNUMBER(VALUE({cell})),ISERROR(FIND(\"%\",{cell})),ISERROR(FIND(\",\",{cell})),ISERROR(FIND(\"/\",{cell})))"
    );
    DataValidation::new()
        .allow_custom(Formula::new(plain))
        .set_input_title("数值")?
        .set_input_message(
            "按“计量单位”列填阿拉伯数字，如 5.30；百分数只填百分号前的数。没有数请留空，选“无数原因”。",
        )?
        .set_error_style(DataValidationErrorStyle::Stop)
        .set_error_title("不是数")?
        .set_error_message("请只填阿拉伯数字和小数点，不带单位、百分号、逗号和“万”“亿”。")
}
