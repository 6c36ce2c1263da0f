//! `rules`: scoring rules as data.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chain::Date;
use clap::{Args, Subcommand};
use domain::catalogue::Plan;
use events::{PlanId, Rulebook, RulebookAdopted, RulebookId};
use serde_json::json;

use super::acts::{self, Actor, Proposal, record};
use super::catalogue;
use crate::args;
use crate::ending::WrongData;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// 计分规则
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 看规则：写文件则看该文件，否则看自带的默认规则
    Show {
        /// 规则文件（TOML 或 JSON）
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// 检查规则文件能否用于方案
    Check {
        /// 规则文件（TOML 或 JSON）
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// 另一个城市的方案目录；不写则对照自带的方案
        #[arg(long, value_name = "DIR")]
        plan_dir: Option<PathBuf>,
    },
    /// 颁布规则（市数字办）：从生效日起取代现行规则
    Adopt(Adoption),
    /// 列出账本里颁布过的规则
    List,
}

#[derive(Debug, Args)]
struct Adoption {
    /// 规则文件（TOML 或 JSON）
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// 从哪个统计截止日起施行
    #[arg(long, value_name = "DATE", value_parser = args::date)]
    effective_from: Date,
    /// 规则代码；不写则用文件名
    #[arg(long, value_name = "ID", value_parser = args::rulebook)]
    id: Option<RulebookId>,
    /// 规则标题
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    #[command(flatten)]
    actor: Actor,
}

/// Shows, checks or adopts rules.
///
/// # Errors
/// When the file is no rulebook, or the ledger refuses it.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::Show { file } => show(file.as_deref()),
        Action::Check { file, plan_dir } => check(&file, &catalogue::plan(plan_dir.as_deref())?),
        Action::Adopt(adoption) => adopt(adoption, ledger),
        Action::List => list(ledger),
    }
}

/// Reads a rulebook from a file; `.json` is JSON, anything else TOML.
///
/// # Errors
/// When the file cannot be read, or is no rulebook: the reason names line and column.
pub fn read(path: &Path) -> anyhow::Result<Rulebook> {
    let text = args::read_text(path)?;
    let read = if path.extension().is_some_and(|ending| ending == "json") {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        toml::from_str(&text).map_err(|error| error.to_string())
    };
    read.map_err(|reason| WrongData(format!("{} 不是计分规则：{reason}", path.display())).into())
}

fn show(file: Option<&Path>) -> anyhow::Result<Answer> {
    let rules = file.map_or_else(|| Ok(seeds::yingtan_2022_rules()), read)?;
    let text = toml::to_string_pretty(&rules).context("规则不能写成 TOML")?;
    let hash = rules.content_hash();
    let whose = file.map_or_else(
        || "自带的默认规则。方案本身没有规定计分办法。".to_owned(),
        |file| file.display().to_string(),
    );
    let about = format!("{whose}\n规则哈希 {hash}\n");
    Ok(Answer::new(json!({ "rules": rules, "rules_hash": hash })).text(about).text(text))
}

fn check(file: &Path, plan: &Plan) -> anyhow::Result<Answer> {
    let rules = read(file)?;
    let found = problems(&rules, plan);
    let mut table = Table::new(format!("{}：对照 {}", file.display(), plan.title), ["序", "问题"]);
    found.iter().enumerate().for_each(|(index, text)| table.row([(index + 1).to_string(), text.clone()]));
    let json = json!({ "plan": plan.id, "rules_hash": rules.content_hash(), "problems": found });
    let answer = Answer::new(json);
    Ok(match found.as_slice() {
        [] => answer.text(format!(
            "{} 可用于 {}。规则哈希 {}",
            file.display(),
            plan.title,
            rules.content_hash()
        )),
        [..] => answer.table(table).finding_if(true),
    })
}

/// What keeps rules from being adopted for a plan that no ledger has on record yet.
fn problems(rules: &Rulebook, plan: &Plan) -> Vec<String> {
    let registry = super::opening::registry_of(plan);
    let ix = registry.plan_ix(&plan.id).expect("its own opening puts a plan on record");
    domain::scoring::validate(rules, registry.plan(ix))
}

fn adopt(given: Adoption, ledger: &Choice) -> anyhow::Result<Answer> {
    let rules = read(&given.file)?;
    let stem = given.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let id = given
        .id
        .map_or_else(|| args::rulebook(&stem), Ok)
        .map_err(|reason| anyhow::anyhow!("{reason}；请用 --id 写明。"))?;
    record(ledger, &given.actor, |book| {
        let adopted = RulebookAdopted {
            effective_from: given.effective_from,
            plan: acts::plan(book, given.plan)?,
            rulebook: id,
            rules: Box::new(rules),
            title: given.title,
        };
        Ok(Proposal::of_administrator(book, vec![adopted.into()]))
    })
}

fn list(ledger: &Choice) -> anyhow::Result<Answer> {
    let reader = Reader::open(&ledger.directory()?)?;
    let mut table =
        Table::new("颁布过的规则", ["方案", "代码", "标题", "生效日", "规则哈希", "位置", "事件哈希"]);
    let mut rows = Vec::new();
    for (_, plan) in reader.book().registry().plans() {
        for own in plan.rulebooks() {
            let adopted = &own.adopted;
            table.row([
                adopted.plan.to_string(),
                adopted.rulebook.to_string(),
                adopted.title.clone(),
                adopted.effective_from.to_string(),
                own.rules_hash.to_string(),
                own.position.to_string(),
                own.hash.to_string(),
            ]);
            rows.push(json!({
                "plan": adopted.plan, "id": adopted.rulebook, "title": adopted.title,
                "effective_from": adopted.effective_from, "rules_hash": own.rules_hash, "position": own.position,
                "hash": own.hash,
            }));
        }
    }
    Ok(reader.marked(Answer::new(json!({ "rulebooks": rows })).table(table)))
}
