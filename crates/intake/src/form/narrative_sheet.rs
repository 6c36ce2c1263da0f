//! The narrative sheet: what the unit tells, a label and a large cell each.

use rust_xlsxwriter::{DataValidation, DataValidationRule, Worksheet, XlsxError};

use super::style::Style;
use super::{Form, NARRATIVE_SHEET, set_page};
use crate::narrative::Part;

/// The longest text the ledger takes, in characters.
const MAX_TEXT: u32 = 4_000;

pub(super) fn write(sheet: &mut Worksheet, form: &Form<'_>, style: &Style) -> Result<(), XlsxError> {
    sheet.set_name(NARRATIVE_SHEET)?;
    let above = form.write_head(sheet, style)?;
    let hint = "没有进展要报就整张留空；要报则“工作进展”必填。每格不超过 4000 字，换行按 Alt+Enter。";
    sheet.write_string_with_format(above, 0, hint, &style.plain)?;
    sheet.set_column_width(0, 18)?;
    sheet.set_column_width(1, 110)?;
    for (row, part) in (above + 1..).zip(Part::ALL.iter().copied()) {
        let height = if part == Part::Tasks { 24 } else { 92 };
        sheet.set_row_height(row, height)?;
        sheet.write_string_with_format(row, 0, part.chinese(), &style.input_header)?;
        sheet.write_blank(row, 1, &style.input_text)?;
        sheet.add_data_validation(row, 1, row, 1, &hint_of(part)?)?;
    }
    sheet.protect_with_options(&rust_xlsxwriter::ProtectionOptions {
        format_rows: true,
        ..rust_xlsxwriter::ProtectionOptions::default()
    });
    set_page(sheet);
    Ok(())
}

fn hint_of(part: Part) -> Result<DataValidation, XlsxError> {
    let hint = match part {
        Part::Progress => "本期做了什么、到了哪一步。",
        Part::Highlights => "突出的做法、首创、获奖、媒体报道。",
        Part::Results => "带来的变化，尽量用数字说话。",
        Part::NextSteps => "下一期要做的事和完成时间。",
        Part::Tasks => "方案中的任务编号，用逗号隔开，如 3,15,16。",
    };
    DataValidation::new()
        .allow_text_length(DataValidationRule::LessThanOrEqualTo(MAX_TEXT))
        .set_input_title(part.chinese())?
        .set_input_message(hint)?
        .set_error_title("太长")?
        .set_error_message("不能超过 4000 字，详细材料请作为佐证文件附上。")
}
