//! What can be wrong with a file: a place, a stable code, and a Chinese sentence for the person who sent it.

use std::fmt;

use uuid::Uuid;

/// Where in a file something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A sheet of a workbook as a whole.
    Sheet(String),
    /// A row of a table, and where known the column.
    Cell {
        /// The sheet; none in a CSV file.
        sheet: Option<String>,
        /// 1-based, as spreadsheet programs number it; in a CSV file the line on which the record starts.
        row: u32,
        /// 1-based column, and the header it stands under (empty where there is none).
        column: Option<(u32, String)>,
    },
    /// A member of a JSON document, such as `figures[3].value`.
    Json(String),
}

impl Place {
    /// The place of a cell in a sheet; an empty sheet name means a CSV file.
    #[must_use]
    pub fn cell(sheet: &str, row: u32, column: Option<(u32, &str)>) -> Self {
        Self::Cell {
            sheet: (!sheet.is_empty()).then(|| sheet.to_owned()),
            row,
            column: column.map(|(number, name)| (number, name.to_owned())),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("整个文件"),
            Self::Sheet(name) => write!(f, "工作表“{name}”"),
            Self::Cell { sheet, row, column } => {
                if let Some(sheet) = sheet {
                    write!(f, "工作表“{sheet}”")?;
                }
                write!(f, "第 {row} 行")?;
                match column {
                    None => Ok(()),
                    Some((number, name)) => {
                        match sheet {
                            Some(_) => write!(f, " {} 列", column_letters(*number))?,
                            None => write!(f, "第 {number} 列")?,
                        }
                        if name.is_empty() { Ok(()) } else { write!(f, "（{name}）") }
                    }
                }
            }
            Self::Json(pointer) => write!(f, "JSON {pointer}"),
        }
    }
}

/// The letters by which spreadsheet programs name a 1-based column: 1 is A, 27 is AA.
#[must_use]
pub fn column_letters(number: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = number;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).expect("below 26");
        letters.push(b'A' + letter);
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    String::from_utf8(letters).expect("letters are ASCII")
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeProblem {
    /// Where.
    pub place: Place,
    /// What.
    pub kind: IntakeProblemKind,
}

impl IntakeProblem {
    pub(crate) const fn new(place: Place, kind: IntakeProblemKind) -> Self {
        Self { place, kind }
    }

    /// The domain's answer, given already while a file is read.
    pub(crate) fn decided(place: Place, kind: &domain::ledger::ProblemKind) -> Self {
        Self { place, kind: IntakeProblemKind::Decided { code: kind.code(), text: kind.to_string() } }
    }

    /// The stable code; of a [`IntakeProblemKind::Decided`] answer the domain's.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        if let IntakeProblemKind::Decided { code, .. } = &self.kind { code } else { self.kind.code() }
    }

    pub(crate) const fn file(kind: IntakeProblemKind) -> Self {
        Self { place: Place::File, kind }
    }
}

impl fmt::Display for IntakeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}：{}", self.place, self.kind)
    }
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } => $code:literal, $text:literal;)*) => {
        /// Everything that can be wrong with a file. Each kind has a stable code; its sentence says what to do.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[allow(missing_docs, reason = "the sentence of each kind says what its fields are")]
        pub enum IntakeProblemKind {
            $($(#[$doc])* #[error($text)] $name { $($field: $type),* },)*
        }

        impl IntakeProblemKind {
            /// The stable code, kebab-case.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)* }
            }

            /// Every code with the pattern of its sentence, in the order of the list; for documentation.
            pub const CODES: &[(&'static str, &'static str)] = &[$(($code, $text),)*];
        }
    };
}

problems! {
    // The file as bytes.
    EmptyFile {} => "empty-file", "文件是空的。请确认已保存填好的报送表，再提交。";
    FileTooLarge { bytes: usize, limit: usize } => "file-too-large", "文件有 {bytes} 字节，超过上限 {limit} 字节。请删去图片和无关内容，佐证材料另行提交。";
    PdfFile {} => "pdf-file", "这是 PDF 文件，改扩展名没有用。请在下载的报送表里填写，再提交 .xlsx 文件。";
    UnknownFormat {} => "unknown-format", "认不出文件格式。请提交 .xlsx、.csv 或 .json 文件。";
    OldExcel {} => "old-excel", "这是旧版 Excel（.xls）文件，改扩展名没有用。请在 Excel 或 WPS 中“另存为”.xlsx 后再提交。";
    PasswordProtected {} => "password-protected", "文件设了打开密码，无法读取。请取消打开密码并另存后再提交。";
    Macros {} => "macros", "工作簿里带有宏（.xlsm）。报送表不需要宏，请另存为“Excel 工作簿（.xlsx）”后再提交。";
    BinaryWorkbook {} => "binary-workbook", "这是二进制工作簿（.xlsb）。请另存为“Excel 工作簿（.xlsx）”后再提交。";
    NotAZip {} => "not-a-zip", "文件扩展名是 .xlsx，内容却不是工作簿，可能传输时损坏或被改过扩展名。请在 Excel 或 WPS 中重新另存为 .xlsx。";
    BrokenWorkbook { reason: String } => "broken-workbook", "工作簿已损坏，无法读取（{reason}）。请在 Excel 或 WPS 中打开、修复并另存为 .xlsx 后再提交。";
    TooManyEntries { count: usize, limit: usize } => "too-many-entries", "工作簿内有 {count} 个部件，超过上限 {limit} 个。请重新下载报送表，只填可填的格子。";
    UnpacksTooLarge { limit: u64 } => "unpacks-too-large", "工作簿解压后超过 {limit} 字节，不像报送表。请重新下载报送表，只填可填的格子。";
    PackedTooTightly { entry: String, limit: u64 } => "packed-too-tightly", "工作簿部件“{entry}”的压缩比超过 {limit} 倍，可能是压缩炸弹。请重新下载报送表填报。";
    Utf16 {} => "utf-16", "文件是 UTF-16 编码（Excel 的“Unicode 文本”）。请另存为“CSV UTF-8（逗号分隔）”后再提交。";
    BadEncoding {} => "bad-encoding", "文件既不是 UTF-8 也不是 GBK 编码，文字无法辨认。请另存为“CSV UTF-8（逗号分隔）”后再提交。";
    NulByte {} => "nul-byte", "文件中有空字符（NUL），不是文本文件或已损坏。请重新导出为“CSV UTF-8（逗号分隔）”。";
    BrokenCsv { reason: String } => "broken-csv", "CSV 无法读取（{reason}）。请在 Excel 或 WPS 中重新另存为“CSV UTF-8（逗号分隔）”。";
    BrokenJson { line: usize, column: usize, reason: String } => "broken-json", "JSON 在第 {line} 行第 {column} 列有误：{reason}。请对照《报送说明》的 JSON 格式修改。";
    MemberUnknown { name: String, choices: String } => "member-unknown", "不认识的成员“{name}”。这里可以有：{choices}。";
    MemberMissing { name: &'static str } => "member-missing", "缺少成员“{name}”。请补上。";
    MemberType { expected: &'static str } => "member-type", "这里应是{expected}。没有内容的成员请整个省略。";
    NumberNotText { text: String } => "number-not-text", "数值要写成字符串（\"{text}\"），不写成 JSON 数字，末尾的 0 才不会丢失。请加上引号。";
    BadUuid { text: String } => "bad-uuid", "“{text}”不是 UUID。请写成 21b8fe74-5835-47b7-86ce-03dafc1e21f9 这样的小写形式，或省略。";
    BadHash { text: String } => "bad-hash", "“{text}”不是 64 位小写十六进制的哈希。请复制完整的哈希。";
    BadEvent { reason: String } => "bad-event", "这一项不合事件的格式：{reason}。请对照《事件目录》修改。";
    OtherSubmission { found: Uuid, expected: Uuid } => "other-submission", "文件里的报送编号是 {found}，命令里给的是 {expected}。请只留一个。";
    OtherAccount { found: String, expected: String } => "other-account", "文件写明由账号“{found}”报送，现在的账号是“{expected}”。请用该账号提交，或省略 by。";
    TooManyRows { limit: usize } => "too-many-rows", "内容超过 {limit} 行，不像报送表。请删去无关的行，或分几次提交。";
    TooManyCells { limit: usize } => "too-many-cells", "内容超过 {limit} 个格子，不像报送表。请删去无关的内容。";
    CellTooLong { limit: usize } => "cell-too-long", "这一格超过 {limit} 字。请缩短，详细材料作为佐证文件附上。";

    // The table.
    SheetMissing { name: &'static str } => "sheet-missing", "工作簿里没有“{name}”工作表。请重新下载报送表，不要删除或改名工作表。";
    FormMissing {} => "form-missing", "工作簿里没有隐藏的表单信息，不是从本系统下载的报送表，或隐藏工作表被删除。请重新下载报送表，把数填进去。";
    HeaderMissing { expected: &'static str } => "header-missing", "找不到表头行。表头应有这些列：{expected}。请对照《报送说明》补上表头。";
    ColumnMissing { name: &'static str } => "column-missing", "表头缺少“{name}”列。请补上这一列。";
    ColumnTwice { name: String } => "column-twice", "表头里“{name}”列出现了两次。请只留一列。";
    ColumnUnknown { name: String } => "column-unknown", "不认识的列“{name}”。请删去这一列，或对照《报送说明》改列名。";
    StraySheet { name: String } => "stray-sheet", "多出工作表“{name}”，里面的内容不会被收录。请移到可填的格子里，或删去这张表。";
    StrayText { text: String } => "stray-text", "表格以外有内容“{text}”，不会被收录。请移到可填的列里，或删去。";
    FormulaCell {} => "formula-cell", "这一格是公式。账本只收确定的数，请复制后“选择性粘贴—数值”，或直接填结果。";
    ErrorCell { text: String } => "error-cell", "这一格是错误值 {text}。请填写正确的内容。";
    MergedCell { range: String } => "merged-cell", "{range} 是合并单元格，分不清数属于哪一行。请取消合并，每行分别填写。";
    BooleanCell {} => "boolean-cell", "这一格是逻辑值（TRUE/FALSE）。请填写正确的内容。";
    DuplicateRow { first: u32 } => "duplicate-row", "与第 {first} 行是同一个指标、地区和截止日。请只留一行。";
    DuplicateEntry { first: String } => "duplicate-entry", "与 {first} 是同一个指标、地区和截止日。请只留一个。";
    NothingNew { count: usize } => "nothing-new", "填写的 {count} 行与账本里的数完全相同，没有新内容。如要更正，请改数并填“更正原因”和“是否实质更正”。";
    NothingFilled {} => "nothing-filled", "没有填任何数据或进展。请至少填一项后再提交。";

    // The form's own identity.
    FormMark { text: String } => "form-mark", "表单标识“{text}”无法辨认，可能被改动过。请重新下载报送表，把数填进去。";
    UnitUnsaid {} => "unit-unsaid", "没有说明是哪个单位报送。请指明单位，或用本单位的报送表。";
    AccountUnsaid {} => "account-unsaid", "没有说明由哪个账号报送。请指明账号。";
    PeriodUnsaid {} => "period-unsaid", "没有说明报送期。请指明报送期（如 2022-04），或用该期的报送表。";
    PlanUnsaid {} => "plan-unsaid", "账本里有不止一个（或没有）本单位可报的方案，分不清报哪一个。请指明方案代码。";
    FormVersion { found: String, expected: &'static str } => "form-version", "报送表的版本是 {found}，现行版本是 {expected}。请重新下载报送表，把数填进去。";
    FormOfOtherLedger { found: String, expected: String } => "form-of-other-ledger", "这份报送表属于账本“{found}”，不是“{expected}”。请从本账本重新下载报送表。";
    FormOfOtherUnit { found: String, expected: String } => "form-of-other-unit", "这份报送表是“{found}”的，不是“{expected}”的。请下载本单位的报送表。";
    FormOfOtherPlan { found: String, expected: String } => "form-of-other-plan", "这份报送表属于方案“{found}”，不是“{expected}”。请重新下载报送表。";
    FormOfOtherPeriod { found: String, expected: String } => "form-of-other-period", "这份报送表是报送期 {found} 的，不是 {expected} 的。请核对报送期，或重新下载报送表。";

    // What a row says.
    CellMissing { what: &'static str } => "cell-missing", "“{what}”没有填。请补上。";
    BadId { text: String, what: &'static str } => "bad-id", "“{text}”不是{what}的写法（小写字母、数字和 . _ -）。请从报送表复制{what}。";
    BadWord { text: String, what: &'static str, choices: &'static str } => "bad-word", "“{text}”不是{what}。请填其中之一：{choices}。";
    BadDate { text: String } => "bad-date", "“{text}”不是日期。请写成 2022-04-30 这样的年-月-日。";
    DateAsNumber { text: String } => "date-as-number", "这一格被存成了日期（{text}），不是数。请把单元格格式改为“文本”后重新填数。";
    DateSerial { text: String, day: String } => "date-serial", "“{text}”是表格软件内部的日期序号（{day}）。请把单元格格式改为“文本”，写成 {day} 这样的年-月-日。";
    WrongMeasure { found: String, expected: String } => "wrong-measure", "计量单位写的是“{found}”，本指标的单位是“{expected}”。请换算后再填，并改正单位。";
    ValueAndAbsence {} => "value-and-absence", "既填了数，又填了“无数原因”。请只留一个。";
    StatusMissing {} => "status-missing", "填了数，没有填“数据状态”。请选：快报、初步、最终或估计。";
    MeansAbsence { text: String } => "means-absence", "“{text}”不是数。如果没有数，请把这一格留空，在“无数原因”中选：暂无、不适用或不予公布。";
    NotANumber { text: String, measure: String } => "not-a-number", "“{text}”不是数（本指标单位：{measure}）。请只填阿拉伯数字和小数点。";
    NumberInWords { text: String, plain: String, measure: String } => "number-in-words", "“{text}”请填 {plain}（本指标单位：{measure}）。";
    ExponentNumber { text: String, measure: String } => "exponent-number", "“{text}”是科学计数法，原数可能已经丢失。请把单元格格式改为“文本”，填完整的数（本指标单位：{measure}）。";
    FormulaText { text: String } => "formula-text", "“{text}”以 =、+、- 或 @ 开头，会被表格软件当成公式。请改写开头，或只填数。";
    TooManyDigits { text: String, digits: usize, limit: usize } => "too-many-digits", "“{text}”有 {digits} 位有效数字，这里最多 {limit} 位（表格软件存的是近似值，或是公式算出来的）。请按统计口径取舍后，以文本填写。";
    AmbiguousPercent { text: String, measure: String } => "ambiguous-percent", "单元格里存的数是 {text}，分不清是 {text}% 还是它的 100 倍（本指标单位：{measure}）。请把单元格格式改为“文本”，填百分号前面的数。";
    ControlCharacter {} => "control-character", "这一格里有看不见的控制字符。请删去后重新输入。";
    AlreadyReported { standing: String, position: u64 } => "already-reported", "这一格在该截止日已报过 {standing}（#{position}）。原数不能覆盖；如要更正，请填“更正原因”和“是否实质更正”。";
    ReturnedFigure { standing: String, position: u64 } => "returned-figure", "这一格报过的 {standing}（#{position}）已被退回。请填“更正原因”和“是否实质更正”；如核实无误，仍填原数。";
    NothingToCorrect {} => "nothing-to-correct", "填了更正，但这一格在该截止日还没有报过数。首次报送请把“更正原因”“是否实质更正”和“更正说明”留空。";
    CorrectionIncomplete { what: &'static str } => "correction-incomplete", "更正时“{what}”没有填。请补上。";
    NoteWithoutCorrection {} => "note-without-correction", "“更正说明”只用于更正。首次报送请留空，情况说明请写在“进展”里。";
    EvidenceWithoutCorrection {} => "evidence-without-correction", "“佐证哈希”只用于更正。首次报送请留空，佐证材料请用 evidence 一项登记。";
    RowWithoutValue { what: &'static str } => "row-without-value", "这一行填了“{what}”，却没有填数，也没有选“无数原因”。请补上数，或清空这一行。";
    NarrativeIncomplete {} => "narrative-incomplete", "填了进展的其他部分，但“工作进展”是空的。请补上。";
    BadTasks { text: String } => "bad-tasks", "“{text}”不是任务编号。请写方案中的编号，用逗号隔开，如 3,15,16。";
    BadText { reason: String } => "bad-text", "文字中有账本不能收的字符（{reason}）。请删去特殊字符或重新输入这段文字。";
    /// The domain's own answer, mapped to its row.
    Decided { code: &'static str, text: String } => "decided", "{text}";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_spreadsheets_name_them() {
        let names = [1, 26, 27, 52, 703].map(column_letters);
        assert_eq!(names, ["A", "Z", "AA", "AZ", "AAA"]);
    }

    #[test]
    fn a_place_reads_like_what_the_person_sees() {
        assert_eq!(Place::cell("数据", 7, Some((6, "数值"))).to_string(), "工作表“数据”第 7 行 F 列（数值）");
        assert_eq!(Place::cell("", 7, Some((6, "数值"))).to_string(), "第 7 行第 6 列（数值）");
        assert_eq!(Place::Json("figures[3].value".to_owned()).to_string(), "JSON figures[3].value");
    }

    #[test]
    fn every_code_is_its_own() {
        let codes: std::collections::BTreeSet<_> =
            IntakeProblemKind::CODES.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), IntakeProblemKind::CODES.len());
    }
}
