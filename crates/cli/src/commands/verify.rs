//! `verify`: recompute everything from the files, trusting no engine and no saved state.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use audit::cell_proof::Trust;
use audit::evidence::{self, EvidenceReport};
use audit::{Finding, Options, Report, Verdict};
use chain::note::VerifierKey;
use chain::policy::Policy;
use clap::Args;
use projections::tables::TableKind;
use projections::{ReadModel, Reading, Token};
use serde_json::json;

use crate::args::read_file;
use crate::ending::WrongData;
use crate::files_of;
use crate::heads;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// 审计：从字节起复核账本
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本目录，或一个单格证明文件；不写则用 --ledger
    #[arg(value_name = "DIR|PROOF")]
    directory: Option<PathBuf>,
    /// 见证策略文件（C2SP tlog-policy）
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// 账本的验证密钥（只用于单格证明）：核对账本头是不是它签的
    #[arg(long, value_name = "VKEY", conflicts_with = "policy")]
    key: Option<VerifierKey>,
    /// 以前保存的账本头：用来发现账本被换成旧副本或被改写
    #[arg(long, value_name = "FILE")]
    remembered: Option<PathBuf>,
    /// 单位签名而没有入账的无遗漏声明（statement 留下的文件，可写多次）：核对它与账本是否矛盾
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
}

/// Audits a ledger's folder. Findings are the answer, not an error.
///
/// # Errors
/// When the folder, the policy or the remembered head cannot be read.
pub fn run(arguments: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    if let Some(file) = arguments.directory.as_deref().filter(|path| path.is_file()) {
        return super::prove_cell::verify(file, arguments.trust()?);
    }
    let directory = arguments.directory(ledger)?;
    let (report, model) = arguments.audit(&directory)?;
    let answer = answer(&directory, &report, model.as_ref());
    if arguments.evidence.is_empty() {
        return Ok(answer);
    }
    let model = model.context("没有任何一行可供核对证据。")?;
    let hold = |file: &PathBuf| Ok((file.clone(), evidence::check(&directory, &model, &read_file(file)?)?));
    let held = arguments.evidence.iter().map(hold).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(with_evidence(answer, &held))
}

/// What came of files of evidence, for people and programs.
fn with_evidence(answer: Answer, held: &[(PathBuf, EvidenceReport)]) -> Answer {
    let rows: Vec<_> = held.iter().map(|(file, report)| json!({ "file": file, "report": report })).collect();
    let mut table = Table::new("单位留存的声明与账本", ["文件", "结果"]);
    for (file, report) in held {
        let agrees = || "与账本一致：账上该单位的那一行正是它所签的。".to_owned();
        let said = report.finding.as_ref().map_or_else(agrees, |finding| finding.message_zh.clone());
        table.row([file.display().to_string(), said]);
    }
    let found = held.iter().any(|(_, report)| report.finding.is_some());
    answer.also("evidence", json!(rows)).table(table).finding_if(found)
}

impl Arguments {
    /// The folder that was named, else the ledger's.
    ///
    /// # Errors
    /// When there is none.
    pub fn directory(&self, ledger: &Choice) -> anyhow::Result<PathBuf> {
        ledger.or(self.directory.as_deref())
    }

    fn trust(&self) -> anyhow::Result<Trust> {
        Ok(match (&self.key, &self.policy) {
            (Some(key), _) => Trust::Key(key.clone()),
            (None, Some(path)) => Trust::Policy(policy(path)?),
            (None, None) => Trust::Own,
        })
    }

    /// Audits a folder with what was brought along.
    ///
    /// # Errors
    /// When the folder, the policy or the remembered head cannot be read.
    pub fn audit(&self, directory: &Path) -> anyhow::Result<(Report, Option<ReadModel>)> {
        let folder = files_of::ledger(directory)?;
        require_ledger(&folder)?;
        let options = Options {
            policy: self.policy.as_deref().map(policy).transpose()?,
            remembered: self.remembered.as_deref().map(read_file).transpose()?,
            kept: kept(directory)?,
            ..Options::default()
        };
        Ok(audit::rebuild(&folder, &options)?)
    }
}

/// The head that is kept beside the folder, as the key is; a copy elsewhere has none.
fn kept(directory: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let path = heads::beside(&directory.canonicalize()?);
    if path.is_file() { read_file(&path).map(Some) } else { Ok(None) }
}

/// What an audit found, for people and programs; exit code 1 unless there are lines and nothing is wrong with them.
#[must_use]
pub fn answer(directory: &Path, report: &Report, model: Option<&ReadModel>) -> Answer {
    let roots = model.map(table_roots).unwrap_or_default();
    let clean = report.is_clean();
    let json =
        json!({ "directory": directory, "clean": clean, "report": report, "tables": roots_json(&roots) });
    let synthetic = model.is_some_and(|model| model.ledger().book().registry().is_synthetic());
    let answer = Answer::new(json).text(verdict(directory, report)).table(counted(report));
    let answer = if report.findings.is_empty() { answer } else { answer.table(findings(&report.findings)) };
    let answer = answer.table(not_checked(report)).table(roots_table(&roots)).finding_if(!clean);
    if synthetic { answer.mark("演示数据：数值均为虚构，仅供演示。") } else { answer }
}

/// Refuses a folder that is no ledger.
///
/// # Errors
/// When it has no journal.
pub fn require_ledger(directory: &Path) -> anyhow::Result<()> {
    let journal = directory.join("journal");
    anyhow::ensure!(journal.is_dir(), "{} 里没有 journal 目录，不是账本。请检查路径。", directory.display());
    Ok(())
}

/// Reads a witness policy.
///
/// # Errors
/// When it cannot be read or is none.
pub fn policy(path: &Path) -> anyhow::Result<Policy> {
    Policy::parse(&read_file(path)?)
        .map_err(|error| WrongData(format!("{} 不是见证策略：{error}", path.display())).into())
}

fn verdict(directory: &Path, report: &Report) -> String {
    let place = directory.display();
    match report.verdict {
        Verdict::Clean => format!("{place}：所核验的各项均一致，没有发现。未核验的各项见下。"),
        Verdict::Empty => format!("{place}：没有任何一行可供核验，不能算通过。"),
        Verdict::IncompleteAppend => {
            format!("{place}：只有一次因中断而不完整的追加，从未被确认；下次打开账本时会截去。")
        }
        Verdict::Damage => {
            format!("{place}：有 {} 处发现。请勿改动任何文件，先与备份比对。", report.findings.len())
        }
    }
}

/// What was checked, as a table for people.
pub fn counted(report: &Report) -> Table {
    let mut table = Table::new("核验了什么", ["项目", "内容"]);
    let folded = report.folded_lines.map_or_else(|| "没有".to_owned(), |lines| format!("{lines} 行"));
    let kept = report.kept_lines.map_or_else(|| "没有".to_owned(), |lines| format!("前 {lines} 行"));
    let signed = report.signed_lines.map_or_else(|| "没有".to_owned(), |lines| format!("前 {lines} 行"));
    let rows = [
        ("行（规范写法、哈希、两条链、编号）", format!("{} 行", report.lines)),
        ("树根", report.root.to_string()),
        ("最后一行的哈希", report.head.to_string()),
        ("单位链", format!("{} 个单位", report.units.len())),
        ("已签账本头", signed),
        ("密钥旁保存的账本头", kept),
        ("单位签名", format!("{} 个", report.signatures)),
        ("哈希瓦片", format!("{} 个", report.tiles)),
        ("由各行重算读模型", folded),
        ("登记的表根（重算比对）", format!("{} 个", report.attested_tables)),
        ("单位的无遗漏声明", format!("{} 份", report.statements)),
        ("冻结快照留存的文件", format!("{} 个", report.frozen_files)),
    ];
    rows.into_iter().for_each(|(what, text)| table.row([what.to_owned(), text]));
    if report.ignored.is_empty() {
        table
    } else {
        table.note(format!("未理会的文件：{}", report.ignored.join("、")))
    }
}

/// Findings as a table for people.
pub fn findings(found: &[Finding]) -> Table {
    let mut table = Table::new("发现", ["代码", "行", "说明"]);
    for finding in found {
        let place = match (&finding.position, &finding.table) {
            (Some(at), _) => at.to_string(),
            (None, Some(table)) => table.to_string(),
            (None, None) => "整个账本".to_owned(),
        };
        table.row([finding.kind.to_owned(), place, finding.message_zh.clone()]);
    }
    table
}

/// What was not checked, as a table for people.
pub fn not_checked(report: &Report) -> Table {
    let mut table = Table::new("没有核验的", ["代码", "说明"]);
    report.not_checked.iter().for_each(|what| table.row([what.code(), what.message_zh()]));
    if report.not_checked.is_empty() { table.note("没有遗漏。") } else { table }
}

/// A table of the rebuilt model with its token and root.
struct Root {
    name: &'static str,
    token: Token,
    root: chain::TableRoot,
}

/// The roots of every plan's tables for the latest day, from the rebuilt model: compare them with published ones.
fn table_roots(model: &ReadModel) -> Vec<Root> {
    let book = model.ledger().book();
    let mut roots = Vec::new();
    for (ix, plan) in book.registry().plans() {
        let as_of = projections::latest_day(book, &plan.adopted.plan, model.size());
        let at = domain::scoring::At { as_of, known: model.size() };
        // Rules may come into force only later; then there is no table to compare.
        let Ok(reading) = Reading::in_force(book, ix, at, model.tree().root()) else { continue };
        let tables = TableKind::ALL.map(|kind| kind.encode(&reading));
        roots.extend(tables.iter().map(|table| Root {
            name: table.name(),
            token: reading.token(),
            root: table.root(),
        }));
    }
    roots
}

fn roots_json(roots: &[Root]) -> Vec<serde_json::Value> {
    roots.iter().map(|root| json!({ "table": root.name, "token": root.token, "root": root.root })).collect()
}

fn roots_table(roots: &[Root]) -> Table {
    let mut table = Table::new("由重算的读模型得出的表", ["表", "表根", "可复算标识"]);
    roots
        .iter()
        .for_each(|own| table.row([own.name.to_owned(), own.root.to_string(), own.token.to_string()]));
    table
}
