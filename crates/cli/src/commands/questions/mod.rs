//! Commands that ask on the three axes: as of a day, known at a size, under rules. Nothing here changes the ledger.
//!
//! What is answered is in `answers`; here are the words of the command line.

pub mod diff;
pub mod explain;
pub mod figures;
pub mod roll_ups;
pub mod scores;
pub mod timeliness;
pub mod trail;

use std::path::{Path, PathBuf};

use answers::{AskError, Asked, Fault};
use app::{KnownAt, RulesChoice};
use chain::{Date, EventHash};
use clap::Args;
use events::PlanId;
use projections::Token;

use crate::args;
use crate::ending::WrongData;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::{Answer, write_new};

/// The three axes, and what is left out.
#[derive(Clone, Debug, Default, Args)]
pub struct Axes {
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    /// 统计截止日；不写则用账本里最近一个有数的截止日
    #[arg(long, value_name = "DATE", value_parser = args::date)]
    as_of: Option<Date>,
    /// 认知时点：只看账本的前若干行（行数），或某一时间以前入账的；不写则看到最后一行
    #[arg(long, value_name = "SIZE|TIME", value_parser = known_at)]
    known_at: Option<KnownAt>,
    /// 计分规则：规则代码、规则哈希或规则文件；不写则用当时施行的规则
    #[arg(long, value_name = "RULES|FILE")]
    rules: Option<String>,
    /// 推演：略去这个事件，可以有几个
    #[arg(long, value_name = "HASH", value_parser = args::hash)]
    without: Vec<EventHash>,
    /// 可复算标识：照它的账本行数、截止日和规则重算
    #[arg(long, value_name = "TOKEN", value_parser = args::token, conflicts_with_all = ["as_of", "known_at", "without"])]
    token: Option<Token>,
    /// 把表的规范字节（JSON Lines）写成文件；它的表根可用 b3sum 核对
    #[arg(long, value_name = "FILE")]
    canonical: Option<PathBuf>,
}

impl Axes {
    /// Opens the ledger, asks, and writes the table's canonical bytes where they are wanted.
    ///
    /// # Errors
    /// When the ledger cannot be read or has no answer, or the file cannot be written.
    pub fn ask(
        self,
        ledger: &Choice,
        question: impl FnOnce(&Asked<'_>) -> Result<Answer, AskError>,
    ) -> anyhow::Result<Answer> {
        let reader = Reader::open(&ledger.directory()?)?;
        let canonical = self.canonical.clone();
        let asked = Asked::new(reader.axes(), self.read()?).map_err(of_ask)?;
        let answer = question(&asked).map_err(of_ask)?;
        if let (Some(path), Some(table)) = (canonical, answer.canonical()) {
            write_new(&path, table.bytes())?;
        }
        Ok(answer)
    }

    /// Refuses to write an answer's bytes that is no table and has none.
    ///
    /// # Errors
    /// When they were asked for.
    fn refuse_canonical(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.canonical.is_none(), "这个命令的结果不是表，没有规范字节；请用 --json。");
        Ok(())
    }

    fn read(self) -> anyhow::Result<answers::Axes> {
        let Self { plan, as_of, known_at, rules, without, token, canonical: _ } = self;
        let rules = rules.as_deref().map(rules_choice).transpose()?;
        Ok(answers::Axes { plan, as_of, known_at, rules, without, token })
    }
}

/// A question about another history is about the data.
pub fn of_ask(error: AskError) -> anyhow::Error {
    match error.fault() {
        Fault::History => WrongData(error.to_string()).into(),
        Fault::NotThere | Fault::Question | Fault::Ledger => error.into(),
    }
}

fn known_at(text: &str) -> Result<KnownAt, String> {
    if let Ok(size) = text.parse() {
        return Ok(KnownAt::Size(size));
    }
    args::instant(text).map(KnownAt::Instant).map_err(|reason| format!("要写行数或时间；{reason}"))
}

/// Rules by the hash of their text, by their file, or by their id.
fn rules_choice(name: &str) -> anyhow::Result<RulesChoice> {
    if let Ok(hash) = name.parse() {
        return Ok(RulesChoice::Hash(hash));
    }
    match name.parse() {
        Ok(id) if !Path::new(name).is_file() => Ok(RulesChoice::Id(id)),
        _ => Ok(RulesChoice::File(Box::new(super::rules::read(name.as_ref())?))),
    }
}
