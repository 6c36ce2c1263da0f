//! `template` and `submit`: the form that a unit fills in, and what becomes of the filled one.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::ledger::{Problem, Severity, Submission};
use events::{AccountId, PeriodId, PlanId, UnitId};
use intake::{Context, Intake, Located, Refused, TemplateRequest, read_submission};
use serde_json::{Value, json};
use uuid::Uuid;

use super::acts::{accepted, sign};
use crate::args::{self, read_file};
use crate::ledger::{Reader, Writer};
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table, write_new};

/// 出报送表
#[derive(Debug, Args)]
pub struct TemplateArguments {
    /// 填报单位
    #[arg(long, value_name = "UNIT", value_parser = args::unit)]
    unit: UnitId,
    /// 报送期
    #[arg(long, value_name = "PERIOD", value_parser = args::period)]
    period: PeriodId,
    /// 方案代码；该单位只在一个方案里填报时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    /// 写到这个文件（.xlsx）
    #[arg(value_name = "OUT.xlsx")]
    file: PathBuf,
}

/// Writes a unit's form for a period.
///
/// # Errors
/// When unit or period are unknown, or the file cannot be written.
pub fn template(arguments: TemplateArguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let TemplateArguments { unit, period, plan, file } = arguments;
    let directory = ledger.directory()?;
    let reader = Reader::open(&directory)?;
    let request = TemplateRequest { unit: unit.clone(), period: period.clone(), plan };
    write_new(&file, &intake::template(reader.book(), &request)?)?;
    let text = format!(
        "报送表已写入 {}。填好后先试：\n  progress-ledger --ledger {} submit {} --dry-run\n",
        file.display(),
        directory.display(),
        file.display(),
    );
    Ok(reader.marked(Answer::new(json!({ "file": file, "unit": unit, "period": period })).text(text)))
}

/// 报送文件
#[derive(Debug, Args)]
pub struct Arguments {
    /// 报送表（.xlsx）、CSV 或 JSON 文件
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 填报单位；不写则以文件里写的为准
    #[arg(long, value_name = "UNIT", value_parser = args::unit)]
    unit: Option<UnitId>,
    /// 经办账号，不含姓名（也可用环境变量 PROGRESS_LEDGER_ACCOUNT）；不写则与单位代码相同
    #[arg(long, value_name = "ACCOUNT", value_parser = args::account, env = "PROGRESS_LEDGER_ACCOUNT")]
    by: Option<AccountId>,
    /// 报送期；文件里没有写时须写
    #[arg(long, value_name = "PERIOD", value_parser = args::period)]
    period: Option<PeriodId>,
    /// 方案代码；账本里有几个方案而文件没有写时须写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    /// 只检查、不入账：列出全部问题
    #[arg(long)]
    dry_run: bool,
    /// 确认全部提醒，写明原因；原因会入账
    #[arg(long, value_name = "TEXT")]
    confirm: Option<String>,
    /// 单位的签名密钥文件；单位登记了密钥就须签名
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// 报送编号（UUID）；不写则由文件内容得出，同一文件再报会得到同一回执
    #[arg(long, value_name = "UUID", value_parser = args::submission)]
    submission: Option<Uuid>,
}

/// Submits a file, or lists everything that is wrong with it.
///
/// # Errors
/// When the file or the ledger cannot be read, or the ledger cannot record.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let bytes = read_file(&arguments.file)?;
    let writer = Writer::open(&ledger.directory()?)?;
    let answer = submit(arguments, &bytes, &writer);
    writer.close()?;
    answer
}

fn submit(arguments: &Arguments, bytes: &[u8], writer: &Writer) -> anyhow::Result<Answer> {
    let mut filing = match read(arguments, bytes, writer) {
        Ok(filing) => filing,
        Err(refused) => {
            // The file may be one that was taken before: then its figures stand, and its receipt is the answer.
            let before = refused.submission.filter(|id| !arguments.dry_run && writer.has(id));
            return match before {
                Some(id) => Ok(accepted(writer, &writer.receipt(&id)?)),
                None => Ok(problems(arguments, &refused.located(), arguments.dry_run)),
            };
        }
    };
    let found = writer.check(filing.intake.submission());
    let found = filing.intake.confirm_found(found);
    if arguments.dry_run {
        return Ok(dry_run(arguments, &filing.intake, &found));
    }
    let notes = notes(&filing.intake);
    let submission = sign(filing.submission(), arguments.key.as_deref())?;
    match writer.record(submission)? {
        Ok(receipt) => Ok(notes.into_iter().fold(accepted(writer, &receipt), Answer::text)),
        Err(rejected) => Ok(problems(arguments, &filing.intake.locate(&rejected), false)),
    }
}

/// A file that was understood, and whether anybody said which account sends it.
struct Filing {
    intake: Intake,
    account_said: bool,
}

impl Filing {
    /// What is to be recorded; where nobody named an account, the unit's own id stands for it.
    fn submission(&self) -> Submission {
        let mut submission = self.intake.submission().clone();
        if !self.account_said {
            submission.by = account_of(&submission.unit);
        }
        submission
    }
}

/// Reads the file; the account may be left unsaid, and the unit is known only when the file has been read.
fn read(arguments: &Arguments, bytes: &[u8], writer: &Writer) -> Result<Filing, Refused> {
    let name = name(&arguments.file);
    let read = |by: Option<&AccountId>| {
        writer.with_book(|book| read_submission(bytes, &name, &context(arguments, book, by)))
    };
    match read(arguments.by.as_ref()) {
        Err(refused) if refused.problems.iter().any(|problem| problem.code() == "account-unsaid") => {
            let nobody: AccountId = "unsaid".parse().expect("a valid account id");
            read(Some(&nobody)).map(|intake| Filing { intake, account_said: false })
        }
        answer => answer.map(|intake| Filing { intake, account_said: true }),
    }
}

fn account_of(unit: &UnitId) -> AccountId {
    unit.as_str().parse().expect("ids and accounts share a grammar")
}

fn context<'a>(
    arguments: &'a Arguments,
    book: &'a domain::book::Book,
    account: Option<&'a AccountId>,
) -> Context<'a> {
    Context {
        book,
        unit: arguments.unit.as_ref(),
        by: account,
        plan: arguments.plan.as_ref(),
        period: arguments.period.as_ref(),
        submission: arguments.submission,
        confirm_all: arguments.confirm.as_deref(),
    }
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn dry_run(arguments: &Arguments, intake: &Intake, found: &[Problem]) -> Answer {
    if !found.is_empty() {
        return problems(arguments, &intake.locate(found), true);
    }
    let submission = intake.submission();
    let json = json!({
        "dry_run": true, "recorded": false, "problems": [], "submission": submission.submission,
        "unit": submission.unit, "events": submission.events.len(), "blank_rows": intake.blank(),
        "unchanged_rows": intake.unchanged().len(),
    });
    let text = format!(
        "检查通过，没有问题。共 {} 项，将由 {} 报送，报送编号 {}。去掉 --dry-run 即可入账。",
        submission.events.len(),
        submission.unit,
        submission.submission,
    );
    notes(intake).into_iter().fold(Answer::new(json).text(text), Answer::text)
}

/// What people should know about a file that was understood.
fn notes(intake: &Intake) -> Vec<String> {
    let mut notes = Vec::new();
    if intake.blank() > 0 {
        notes.push(format!("{} 行没有填，未报。", intake.blank()));
    }
    if !intake.unchanged().is_empty() {
        notes.push(format!("{} 行与账上的数相同，没有重复入账。", intake.unchanged().len()));
    }
    if intake.from_gbk() {
        notes.push("文件按 GBK 编码读取；如名称显示不对，请另存为 UTF-8。".to_owned());
    }
    notes
}

/// Every problem by its place; warnings too, which a reason confirms.
fn problems(arguments: &Arguments, found: &[Located], dry_run: bool) -> Answer {
    let title = format!("{}：共 {} 处问题，没有任何内容入账", arguments.file.display(), found.len());
    let mut table = Table::new(title, ["位置", "轻重", "代码", "问题"]);
    for problem in found {
        let severity = match problem.severity {
            Severity::Error => "错误",
            Severity::Warning => "提醒",
        };
        table.row([
            problem.place.to_string(),
            severity.to_owned(),
            problem.code.to_owned(),
            problem.text.clone(),
        ]);
    }
    let warnings = found
        .iter()
        .any(|problem| problem.severity == Severity::Warning || problem.code == "unconfirmed-warning");
    let table = if warnings {
        table.note("提醒如属实，在表中写明确认原因，或用 --confirm \"原因\" 全部确认。")
    } else {
        table
    };
    let rows: Vec<Value> = found.iter().map(Located::json).collect();
    Answer::new(json!({ "dry_run": dry_run, "recorded": false, "problems": rows }))
        .table(table)
        .finding_if(true)
}
