//! `init`: a real ledger for a plan.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use domain::catalogue::Plan;
use events::{Event, LedgerOpened};
use serde_json::json;
use uuid::Uuid;

use super::{Making, key_for};
use crate::commands::acts::{Actor, rejected, submission_of};
use crate::commands::{catalogue, opening, rules};
use crate::heads;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 新建正式账本
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本目录；密钥写在旁边的“目录名.key”。用 --store 时，行在服务器上，这里只放本机状态
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// 账本名，如 yingtan.gov.cn/digital-economy；写进每个账本头，以后不能改
    #[arg(long, value_name = "NAME")]
    origin: String,
    /// 自带的方案
    #[arg(long, value_name = "PLAN", default_value = "yingtan-2022", conflicts_with = "plan_dir")]
    plan: String,
    /// 另一个城市的方案目录（格式见 seeds/README.md）；须同时用 --rules 给出规则
    #[arg(long, value_name = "DIR", requires = "rules")]
    plan_dir: Option<PathBuf>,
    /// 计分规则文件；不写则用自带的默认规则
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// 账本标题；不写则用方案标题
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    #[command(flatten)]
    actor: Actor,
}

/// Opens a ledger: plan, units, targets and rules in one submission, so that there is a whole ledger or none.
///
/// # Errors
/// When the folder is there, the plan is unknown, or the ledger cannot be written.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { directory, origin, plan, plan_dir, rules, title, actor } = arguments;
    if plan_dir.is_none() && plan != "yingtan-2022" {
        bail!("没有自带的方案“{plan}”，自带的只有 yingtan-2022；其他方案用 --plan-dir 目录。");
    }
    let plan = catalogue::plan(plan_dir.as_deref())?;
    let rules = rules.as_deref().map_or_else(|| Ok(seeds::yingtan_2022_rules()), rules::read)?;
    let making = Making::begin(&directory)?;
    if let Some(address) = ledger.store() {
        making.put_on_server(address)?;
    }
    let (key_path, key) = key_for(&directory, &origin)?;
    let title = title.unwrap_or_else(|| plan.title.clone());
    let log_key = key.verifier.to_string();
    let opened =
        LedgerOpened { log_key: log_key.clone(), origin, suite: "pl-1".to_owned(), synthetic: false, title };
    let events = opening::events(&plan, rules, opened);
    let writer = Writer::open(making.beside())?;
    if let Some(rejection) = record(&writer, &actor, &plan, events)? {
        return Ok(rejection);
    }
    let size = writer.size();
    let head = writer.close_new(&key)?;
    making.finish()?;
    heads::keep(&directory, &head)?;
    let text = next_steps(&directory.display().to_string(), &key_path.display().to_string(), size, &plan);
    let json = json!({
        "directory": directory, "key": key_path, "log_key": log_key, "lines": size, "plan": plan.id,
    });
    Ok(Answer::new(json).text(text))
}

/// Records the opening in as few submissions as their size allows; the first holds everything later ones build on.
fn record(writer: &Writer, actor: &Actor, plan: &Plan, events: Vec<Event>) -> anyhow::Result<Option<Answer>> {
    /// Events in one submission.
    const MOST: usize = 1_000;
    let unit = actor.unit.clone().unwrap_or_else(|| plan.administrator.clone());
    for events in events.chunks(MOST) {
        let submission = submission_of(actor, unit.clone(), Uuid::new_v4(), events.to_vec())?;
        if let Err(problems) = writer.record(submission)? {
            return Ok(Some(rejected(&problems)));
        }
    }
    Ok(None)
}

fn next_steps(directory: &str, key: &str, size: u64, plan: &Plan) -> String {
    format!(
        "账本已建好：{directory}（{size} 行：{} 个单位、{} 个指标、目标、责任分工和默认计分规则）。\n\
         账本密钥：{key}。它用来签账本头，只有本人可读；请另行备份，不要交给他人，也不要放进账本目录。\n\
         方案本身没有规定计分办法；默认规则可用 rules adopt 颁布新的取代。\n\n\
         接下来：\n\
         \u{20} progress-ledger --ledger {directory} period open 2022-04 --starts 2022-01-01 --ends 2022-04-25 --due 2022-04-30T18:00\n\
         \u{20} progress-ledger --ledger {directory} template --unit {} --period 2022-04 报送表.xlsx\n\
         \u{20} progress-ledger --ledger {directory} submit 报送表.xlsx --dry-run\n\
         \u{20} progress-ledger --ledger {directory} status\n",
        plan.units.len(),
        plan.indicators.len(),
        plan.units.iter().find(|unit| unit.governs.is_some()).map_or("单位代码", |unit| unit.id.as_str()),
    )
}
