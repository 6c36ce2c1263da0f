//! `period`: reporting periods.

use chain::{Date, Instant};
use clap::{Args, Subcommand};
use events::{PeriodClosed, PeriodExtended, PeriodId, PeriodKind, PeriodOpened, UnitId};

use super::{Actor, Proposal, record};
use crate::args;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 报送期
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 开放报送期（市数字办）
    Open {
        /// 报送期代码，如 2022-04
        #[arg(value_name = "PERIOD", value_parser = args::period)]
        period: PeriodId,
        /// 起始日
        #[arg(long, value_name = "DATE", value_parser = args::date)]
        starts: Date,
        /// 截止日：数据截止到这一天
        #[arg(long, value_name = "DATE", value_parser = args::date)]
        ends: Date,
        /// 报送时限，如 2022-04-30T17:30（北京时间）
        #[arg(long, value_name = "TIME", value_parser = args::instant)]
        due: Instant,
        /// 周期：week 周，month 月，quarter 季，half-year 半年，year 年
        #[arg(long, value_name = "WORD", default_value = "month", value_parser = args::word::<PeriodKind>)]
        kind: PeriodKind,
        #[command(flatten)]
        actor: Actor,
    },
    /// 延长报送时限（市数字办）
    Extend {
        /// 报送期代码
        #[arg(value_name = "PERIOD", value_parser = args::period)]
        period: PeriodId,
        /// 新的时限
        #[arg(long, value_name = "TIME", value_parser = args::instant)]
        due: Instant,
        /// 延期原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// 只对这些单位；不写则对所有单位
        #[arg(long = "unit", value_name = "UNIT", value_parser = args::unit)]
        units: Vec<UnitId>,
        #[command(flatten)]
        actor: Actor,
    },
    /// 关闭报送期：不再收首次报送，只收更正（市数字办）
    Close {
        /// 报送期代码
        #[arg(value_name = "PERIOD", value_parser = args::period)]
        period: PeriodId,
        #[command(flatten)]
        actor: Actor,
    },
    /// 列出报送期
    List,
}

/// Opens, extends, closes or lists periods.
///
/// # Errors
/// As [`record`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let (actor, event) = match arguments.action {
        Action::Open { period, starts, ends, due, kind, actor } => {
            (actor, PeriodOpened { due_at: due, ends_on: ends, kind, period, starts_on: starts }.into())
        }
        Action::Extend { period, due, reason, units, actor } => {
            (actor, PeriodExtended { due_at: due, period, reason, units }.into())
        }
        Action::Close { period, actor } => (actor, PeriodClosed { period }.into()),
        Action::List => return list(ledger),
    };
    record(ledger, &actor, |book| Ok(Proposal::of_administrator(book, vec![event])))
}

fn list(ledger: &Choice) -> anyhow::Result<Answer> {
    Ok(answers::periods(Reader::open(&ledger.directory()?)?.model()))
}
