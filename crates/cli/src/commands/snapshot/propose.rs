//! `snapshot propose`, `snapshot restate`: the office works tables out and asks for their freezing.

use app::snapshots::{Asked, CannotFreeze, proposed};
use chain::Date;
use clap::Args;
use domain::ledger::Blockers;
use domain::ledger::snapshots::Slot;
use events::{PlanId, PublicNotice, SnapshotKind, SnapshotProposed};
use projections::ReadModel;

use super::super::acts::{self, Actor, Proposal};
use crate::args;
use crate::ending::WrongData;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// 提请
#[derive(Debug, Args)]
pub struct Arguments {
    /// 年份
    #[arg(long, value_name = "YEAR", value_parser = args::year)]
    year: u16,
    /// 哪一段：first-quarter 一季度，half-year 上半年，three-quarters 前三季度，year-end 年终
    #[arg(long, value_name = "WORD", value_parser = args::word::<SnapshotKind>)]
    kind: SnapshotKind,
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    /// 公示期第一天；不写公示期则不设
    #[arg(long, value_name = "DATE", value_parser = args::date, requires = "notice_until")]
    notice_from: Option<Date>,
    /// 公示期最后一天
    #[arg(long, value_name = "DATE", value_parser = args::date, requires = "notice_from")]
    notice_until: Option<Date>,
    /// 清单未清而仍要提请的原因；原因会入账，委员签署前可见
    #[arg(long, value_name = "TEXT")]
    waive: Option<String>,
    #[command(flatten)]
    actor: Actor,
}

/// Proposes a snapshot, or its restatement for a reason.
///
/// # Errors
/// When the ledger has not what is to be frozen. A rejection is an answer.
pub fn run(given: Arguments, restating: Option<String>, ledger: &Choice) -> anyhow::Result<Answer> {
    let writer = Writer::open(&ledger.directory()?)?;
    let answer = record(&writer, &given, restating)?;
    writer.close()?;
    Ok(answer)
}

fn record(writer: &Writer, given: &Arguments, restating: Option<String>) -> anyhow::Result<Answer> {
    if let Some(answer) = acts::retried(writer, &given.actor)? {
        return Ok(answer);
    }
    let plan = writer.with_book(|book| acts::plan(book, given.plan.clone()))?;
    let slot = Slot { plan, year: given.year, kind: given.kind };
    let notice = given.notice_from.zip(given.notice_until);
    let asked = Asked {
        slot: slot.clone(),
        notice: notice.map(|(starts_on, ends_on)| PublicNotice { ends_on, starts_on }),
        waiver: given.waive.clone(),
        restating,
    };
    let proposed = writer.with_axes(|reader| proposed(reader, asked)).map_err(of_freezing)?;
    let checklist = writer.with_model(|model| blockers(model, &slot, &proposed));
    let proposal = writer.with_book(|book| Proposal::of_administrator(book, vec![proposed.into()]));
    Ok(acts::send(writer, &given.actor, proposal)?.table(checklist))
}

/// What is wrong with the ledger ends with exit code 1; anything else with 2.
pub fn of_freezing(error: CannotFreeze) -> anyhow::Error {
    match error {
        CannotFreeze::OtherTable { .. }
        | CannotFreeze::OtherContent
        | CannotFreeze::NoApproval
        | CannotFreeze::NotReproducible(_) => WrongData(error.to_string()).into(),
        CannotFreeze::UnknownPlan(_)
        | CannotFreeze::NotFrozen(_)
        | CannotFreeze::NoReading(_)
        | CannotFreeze::Axes(_) => error.into(),
    }
}

/// The cells and objections that stand in the way, as a table.
pub fn blockers(model: &ReadModel, slot: &Slot, manifest: &SnapshotProposed) -> Table {
    let (book, snapshots) = (model.ledger().book(), model.ledger().snapshots());
    let found = Blockers::of(book, snapshots, slot, manifest.size);
    let mut table = Table::new(format!("{slot}的清单"), ["事项", "指标", "地区"]);
    let cells = [("缺报", &found.missing), ("未复核", &found.unverified), ("退回未更正", &found.returned)];
    for (what, cells) in cells {
        for cell in cells {
            let plan = book.registry().plan(cell.plan);
            let row = &plan.indicator(cell.indicator).defined;
            let area = &plan.area(cell.area).name;
            table.row([what.to_owned(), format!("{} · {}", row.group, row.name), area.clone()]);
        }
    }
    for objection in &found.objections {
        table.row(["申诉未决".to_owned(), objection.to_string()[..8].to_owned(), String::new()]);
    }
    let counts = found.counts();
    table.note(format!(
        "缺报 {} 格，未复核 {} 格，退回未更正 {} 格，申诉未决 {} 件。",
        counts.missing, counts.unverified, counts.returned, counts.objections
    ))
}
