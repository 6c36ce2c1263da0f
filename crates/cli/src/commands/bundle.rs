//! `bundle`: a year of a ledger as a folder or one file; `verify-year` checks it with no network and no server.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use audit::bundle::{self, BundleReport, CannotBundle, Made, TableEntry};
use clap::Args;
use serde_json::json;

use super::verify;
use crate::args;
use crate::ending::WrongData;
use crate::files_of;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// 按年打包
#[derive(Debug, Args)]
pub struct Arguments {
    /// 哪一年的表
    #[arg(long, value_name = "YEAR", value_parser = args::year)]
    year: u16,
    /// 写到哪里：目录，或以 .tar、.tar.zst 结尾的一个文件；不得已存在
    #[arg(value_name = "OUT")]
    output: PathBuf,
}

/// 复核一个包
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// 包：目录或一个文件
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// 见证策略文件（C2SP tlog-policy）：账本头须有谁的签名
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// 用几个线程；不写则与处理器数相同。结果与线程数无关
    #[arg(long, value_name = "NUMBER", value_parser = args::count)]
    threads: Option<u32>,
}

/// A folder beside a path that goes when this goes.
struct Beside(PathBuf);

impl Beside {
    /// # Errors
    /// When it cannot be made.
    fn make(parent: &Path, what: &str) -> anyhow::Result<Self> {
        let folder = parent.join(format!(".{what}-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("无法新建目录 {}。请检查路径与权限。", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // What cannot be removed has a name that says what it is.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes a bundle.
///
/// # Errors
/// When the ledger is not sound or has no signed head, the year has no tables, or the bundle cannot be written.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { year, output } = arguments;
    let directory = files_of::ledger(&ledger.directory()?)?;
    verify::require_ledger(&directory)?;
    anyhow::ensure!(!output.exists(), "{} 已存在，不覆盖。请换一个名字。", output.display());
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = Beside::make(parent, "progress-ledger-bundle")?;
    let made = bundle::make(&directory, *year, &beside.0).map_err(|error| match error {
        CannotBundle::Files(error) => anyhow::Error::from(error),
        error @ (CannotBundle::NotSound { .. } | CannotBundle::NoHead(_) | CannotBundle::NoTables(_)) => {
            WrongData(error.to_string()).into()
        }
    })?;
    if is_file(output) {
        // Packed under another name first: what has the name is whole.
        let packed = beside.0.with_extension(output.extension().unwrap_or_default());
        bundle::pack(&beside.0, &packed)?;
        std::fs::rename(&packed, output)
    } else {
        std::fs::rename(&beside.0, output)
    }
    .with_context(|| format!("无法写入 {}。请检查路径、权限和磁盘空间。", output.display()))?;
    Ok(told(output, &made))
}

fn is_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tar" || extension == "zst")
}

fn told(output: &Path, made: &Made) -> Answer {
    let json = json!({ "file": output, "bundle": made.bundle, "files": made.files, "bytes": made.bytes,
        "tables": made.tables });
    let said = format!(
        "已写入 {}：账本 {} 的前 {} 行、{} 个文件、{} 字节。包里没有任何私钥。\n复核：progress-ledger verify-year {0}",
        output.display(),
        made.bundle.origin,
        made.bundle.size,
        made.files,
        made.bytes
    );
    Answer::new(json).text(said).table(tables("包里的表", &made.tables))
}

/// Checks a bundle. Findings are the answer, not an error.
///
/// # Errors
/// When the bundle or the policy cannot be read.
pub fn verify(arguments: &VerifyArguments) -> anyhow::Result<Answer> {
    let VerifyArguments { bundle, policy, threads } = arguments;
    let threads = threads.map_or_else(processors, |threads| threads as usize);
    let policy = policy.as_deref().map(verify::policy).transpose()?;
    if bundle.is_dir() {
        return Ok(answer(bundle, &bundle::check(bundle, policy.as_ref(), threads)?));
    }
    anyhow::ensure!(bundle.is_file(), "没有 {}。请检查路径。", bundle.display());
    match bundle::check_file(bundle, policy.as_ref(), threads)? {
        Ok(report) => Ok(answer(bundle, &report)),
        Err(reason) => {
            Err(WrongData(format!("{}：{reason}。若被截断，请重新索取整个包。", bundle.display())).into())
        }
    }
}

/// As many as the machine works on at once.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn answer(place: &Path, report: &BundleReport) -> Answer {
    let holds = report.holds();
    let place = place.display();
    let said = match &report.bundle {
        Some(own) if holds => format!(
            "{place}：成立。账本 {} 的前 {} 行核验无误，{} 年的 {} 张表逐字节重算一致。",
            own.origin,
            own.size,
            own.year,
            report.tables.len()
        ),
        Some(_) | None => format!("{place}：不成立，有 {} 处发现。", report.findings.len()),
    };
    let answer = Answer::new(json!({ "holds": holds, "report": report })).text(said);
    let answer =
        if report.findings.is_empty() { answer } else { answer.table(verify::findings(&report.findings)) };
    let answer = answer.table(tables("逐字节重算一致的表", &report.tables));
    let answer = report
        .audit
        .iter()
        .fold(answer, |answer, audit| answer.table(verify::counted(audit)).table(verify::not_checked(audit)));
    answer.finding_if(!holds)
}

fn tables(title: &str, entries: &[TableEntry]) -> Table {
    let mut table = Table::new(title, ["表", "方案", "统计截止日", "账本行数", "登记于", "表根"]);
    for own in entries {
        table.row([
            own.table.clone(),
            own.plan.to_string(),
            own.as_of.to_string(),
            own.size.to_string(),
            own.attested.map_or_else(|| "未登记".to_owned(), |at| format!("第 {at} 行")),
            own.table_root.to_string(),
        ]);
    }
    table
}
