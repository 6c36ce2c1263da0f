//! The help sheet: how to fill the form in.

use rust_xlsxwriter::{Worksheet, XlsxError};

use super::style::Style;
use super::{Form, HELP_SHEET, set_page};

const LINES: [(&str, &str); 12] = [
    ("填哪里", "只填黄色格子；灰色格子由账本写出，读取时以账本为准。没有数可报的行整行留空。"),
    (
        "数值",
        "按“计量单位”列填阿拉伯数字和小数点，如 5.30。不写“万”“亿”“%”和千分位逗号；百分数只填百分号前的数。末尾的 0 会保留。",
    ),
    ("数据截止日", "就是报送期的最后一天，表里已经写好。流量指标填当年累计。"),
    ("数据状态", "快报：先行数；初步：第一次完整的数；最终：核定的数；估计：估算的数。填了数就要选。"),
    (
        "无数原因",
        "没有数但要说明时选：暂无（有但还不知道）、不适用（这里没有意义）、不予公布（有但不公开）。此时“数值”留空。",
    ),
    ("提醒确认", "系统提醒数值异常（如比上次变化过大）而核实无误时，在这里写明原因，原因会入账。"),
    (
        "更正",
        "“上次截止日”等于本期截止日的行已经报过。要改数，就填新的数值，并选“更正原因”和“是否实质更正”；原数保留在账本里，不会被覆盖。",
    ),
    (
        "是否实质更正",
        "数值实际变了、会影响评价的选“是”；笔误、口径说明一类选“否”，“否”的报送时间按原来的算。",
    ),
    ("被退回的数", "“上次状态”写着“已退回”的行，请核实后更正；如原数无误，仍填原数并选更正原因、写明说明。"),
    (
        "分几次报",
        "同一张表可以先报一部分，以后接着填再交：与账本里完全相同的行不会重复入账，提交时会告诉您有几行。",
    ),
    ("进展", "“进展”表报工作进展、亮点、成效和下一步打算；没有就整张留空。"),
    (
        "提交",
        "保存为 .xlsx 后提交。任何一处有错，整张表都不入账；系统会按工作表、行、列逐条说明。不要改表头、删工作表、写公式、合并单元格。",
    ),
];

pub(super) fn write(sheet: &mut Worksheet, form: &Form<'_>, style: &Style) -> Result<(), XlsxError> {
    sheet.set_name(HELP_SHEET)?;
    let first = form.write_head(sheet, style)? + 1;
    sheet.set_column_width(0, 18)?;
    sheet.set_column_width(1, 110)?;
    for (row, (what, how)) in (first..).zip(LINES) {
        sheet.write_string_with_format(row, 0, what, &style.header)?;
        sheet.write_string_with_format(row, 1, how, &style.wrapped)?;
        sheet.set_row_height(row, 34)?;
    }
    sheet.protect();
    set_page(sheet);
    Ok(())
}
