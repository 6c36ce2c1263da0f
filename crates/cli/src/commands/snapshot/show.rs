//! `snapshot status`, `list`, `show`, `diff`: what was frozen, and whether the lines still give it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use app::snapshots::name;
use chain::EventHash;
use clap::Args;
use domain::ledger::snapshots::{Snapshot, Snapshots};
use events::AreaRestated;
use projections::snapshots::{Remade, SnapshotRow, reading, remake};
use projections::tables::v1::Ranking;
use projections::{Reading, Token};
use serde_json::{Value, json};

use super::files::{self, Kept};
use super::{Pick, days, draft, pick, propose};
use crate::args;
use crate::ending::WrongData;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Cell, Table, complain, write_new};

use super::super::questions;
use answers::{Asked, Axes, approvals, standing};

/// 核对快照
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pick: Pick,
    /// 写成待签文件，交委员离线签署
    #[arg(long, value_name = "FILE")]
    draft: Option<PathBuf>,
    /// 把清单（manifest.json）和各表的规范字节写到这个目录
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Tells where a snapshot stands, and what is still in the way.
///
/// # Errors
/// When it is not clear which is meant.
pub fn status(reader: &Reader, which: &Pick) -> anyhow::Result<Answer> {
    let snapshots = reader.model().ledger().snapshots();
    let snapshot = pick(snapshots, which)?;
    let row = SnapshotRow::of(snapshots, snapshot);
    let late = after_freezing(reader, snapshot);
    let json = json!({
        "snapshot": row, "figures_after_freezing": late,
        "restatements": snapshots.restatements(snapshot.hash).map(|own| own.hash).collect::<Vec<_>>(),
    });
    let mut answer = Answer::new(json).text(told(snapshot, &row, late)).table(members(snapshots, snapshot));
    if snapshot.is_open() {
        answer = answer.table(propose::blockers(reader.model(), &snapshot.slot(), &snapshot.manifest));
    }
    if let Some(restatement) = &snapshot.manifest.restates {
        answer = answer.table(restated(&restatement.areas));
    }
    Ok(reader.marked(answer))
}

fn told(snapshot: &Snapshot, row: &SnapshotRow<'_>, late: usize) -> String {
    let manifest = &snapshot.manifest;
    let mut lines = vec![
        format!("{}：{}。", name(snapshot), standing(snapshot.standing())),
        format!("快照 {}", snapshot.hash),
        format!(
            "{}（{}）提请，截至 {}，账本前 {} 行。",
            snapshot.unit, snapshot.by, manifest.as_of, manifest.size
        ),
        format!("批准 {}（有效/法定人数）。", approvals(row)),
    ];
    if let Some(notice) = manifest.notice {
        lines.push(format!("公示期 {}。", days(notice.starts_on, notice.ends_on)));
    }
    if row.objections_open > 0 {
        lines.push(format!("申诉未决 {} 件。", row.objections_open));
    }
    if let Some(waiver) = &manifest.waiver {
        lines.push(format!("清单未清而提请的原因：{waiver}"));
    }
    if let Some(frozen) = snapshot.frozen {
        lines.push(format!("{}（北京时间）冻结。", args::china_time(frozen.at)));
        lines.push(format!("冻结后又入账的数值版本 {late} 个，不影响冻结的表。"));
    }
    lines.join("\n")
}

/// How many versions of figures in a frozen snapshot's scope came too late for it.
fn after_freezing(reader: &Reader, snapshot: &Snapshot) -> usize {
    let (book, manifest) = (reader.book(), &snapshot.manifest);
    let Some(plan) = book.registry().plan_ix(&manifest.plan).filter(|_| snapshot.frozen.is_some()) else {
        return 0;
    };
    let cells = book.cells().filter(|(cell, _)| cell.plan == plan);
    let late = cells.flat_map(|(_, cell)| cell.figures()).filter(|figure| {
        figure.position >= manifest.size
            && figure.as_at <= manifest.as_of
            && figure.as_at.year() == manifest.as_of.year()
    });
    late.count()
}

fn members(snapshots: &Snapshots, snapshot: &Snapshot) -> Table {
    let mut table = Table::new("委员的批准", ["委员", "状态", "位置", "事件哈希"]);
    let counted = snapshots.counted(snapshot);
    for own in &snapshot.approvals {
        let counts = snapshot.frozen.is_some() || counted.contains(&own);
        table.row([
            own.member.to_string(),
            if counts { "已批准" } else { "批准不再有效" }.to_owned(),
            own.position.to_string(),
            own.hash.to_string(),
        ]);
    }
    let committee = snapshots.committee(&snapshot.manifest.plan).filter(|_| snapshot.is_open());
    for own in committee.into_iter().flat_map(|committee| committee.in_force()) {
        if counted.iter().all(|approval| approval.member != own.member) {
            table.row([own.member.to_string(), "未批准".to_owned(), String::new(), String::new()]);
        }
    }
    table
}

fn restated(areas: &[AreaRestated]) -> Table {
    let mut table = Table::new("重述前后", ["地区", "原名次", "现名次", "原总分", "现总分"]);
    for own in areas {
        table.row([
            Cell::from(own.area.to_string()),
            Cell::number_or_dash(own.place_before),
            Cell::number_or_dash(own.place_now),
            Cell::number_or_dash(own.total_before),
            Cell::number_or_dash(own.total_now),
        ]);
    }
    table
}

/// Makes a snapshot's tables again and holds them against what was frozen and what was kept.
///
/// # Errors
/// When it is not clear which is meant, or a file cannot be read or written.
pub fn run(given: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let reader = Reader::open(&ledger.directory()?)?;
    let snapshot = pick(reader.model().ledger().snapshots(), &given.pick)?;
    if let Some(path) = &given.draft {
        return draft::write(path, &reader.opened()?.origin, &snapshot.manifest.clone().into());
    }
    let root = reader.axes().root_at(snapshot.manifest.size)?;
    let tables = remake(reader.book(), &snapshot.manifest, root);
    let tables = tables.map_err(|error| WrongData(error.to_string()))?;
    if let Some(folder) = &given.out {
        write_out(folder, snapshot, &tables)?;
    }
    let kept = kept(&reader, snapshot, &tables)?;
    let asked =
        Asked::new(reader.axes(), Axes::at(token(&reader, snapshot)?, Some(snapshot.manifest.plan.clone())))
            .map_err(questions::of_ask)?;
    let ranked = asked.reading()?;
    let ranks = answers::ranks(&asked, &ranked, &Ranking::of(&ranked).areas);
    let damaged =
        tables.iter().zip(&kept).any(|(own, kept)| !own.is_equal() || matches!(kept, Kept::Other(_)));
    let answer = Answer::new(shown_json(snapshot, &tables, &kept, &ranked)).table(ranks);
    Ok(reader.marked(answer.table(compared(snapshot, &tables, &kept)).finding_if(damaged)))
}

/// The kept files of a frozen snapshot; they are written where they are missing altogether.
fn kept(reader: &Reader, snapshot: &Snapshot, tables: &[Remade]) -> anyhow::Result<Vec<Kept>> {
    let folder = files::folder(reader.directory(), snapshot);
    let intact = snapshot.frozen.is_some() && tables.iter().all(Remade::is_equal);
    if intact
        && !folder.is_dir()
        && let Err(error) = files::keep(reader.directory(), snapshot, tables)
    {
        complain(&format!("提示：{error:#}\n"));
    }
    tables.iter().map(|own| files::compare(&folder, own)).collect()
}

fn compared(snapshot: &Snapshot, tables: &[Remade], kept: &[Kept]) -> Table {
    let headings = ["表", "编码版本", "行数", "表根", "从账本重算", "留存文件"];
    let mut table = Table::new(format!("{}（{}）", name(snapshot), standing(snapshot.standing())), headings);
    for (own, kept) in tables.iter().zip(kept) {
        table.row([
            own.listed.table.clone(),
            own.listed.encoder_version.to_string(),
            own.listed.rows.to_string(),
            own.listed.root.to_string(),
            if own.is_equal() { "一致".to_owned() } else { format!("不一致：{}", own.found()) },
            match kept {
                Kept::Same => "一致".to_owned(),
                Kept::Missing => "没有".to_owned(),
                Kept::Other(root) => format!("被改动：{root}"),
            },
        ]);
    }
    table
        .note(format!("快照 {}", snapshot.hash))
        .note(format!("账本前 {} 行，根 {}", snapshot.manifest.size, snapshot.manifest.root))
        .note(format!("用通用工具核对留存的表：b3sum --derive-key '{}' 表.jsonl", chain::hash::TABLE_CONTEXT))
}

fn shown_json(snapshot: &Snapshot, tables: &[Remade], kept: &[Kept], ranked: &Reading<'_>) -> Value {
    let rows = tables.iter().zip(kept).map(|(own, kept)| {
        json!({
            "table": own.listed.table, "root": own.listed.root, "remade": own.found(), "equal": own.is_equal(),
            "kept": match kept { Kept::Same => "same", Kept::Missing => "missing", Kept::Other(_) => "other" },
        })
    });
    json!({
        "snapshot": snapshot.hash, "manifest": snapshot.manifest, "tables": rows.collect::<Vec<_>>(),
        "standing": projections::snapshots::standing_word(snapshot.standing()),
        "token": ranked.token(), "ranking": Ranking::of(ranked).areas,
    })
}

/// Writes a snapshot's manifest and tables into a folder for others.
fn write_out(folder: &Path, snapshot: &Snapshot, tables: &[Remade]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("无法新建目录 {}。", folder.display()))?;
    write_new(&folder.join("manifest.json"), &chain::json::to_canonical(&snapshot.manifest)?)?;
    for own in tables {
        write_new(&folder.join(format!("{}.jsonl", own.listed.table)), own.table.bytes())?;
    }
    Ok(())
}

fn token(reader: &Reader, snapshot: &Snapshot) -> anyhow::Result<Token> {
    let root = reader.axes().root_at(snapshot.manifest.size)?;
    Ok(reading(reader.book(), &snapshot.manifest, root)?.token())
}

/// What differs between two snapshots of a plan, places included.
///
/// # Errors
/// When one is not there, or they are of different plans.
pub fn diff(reader: Reader, from: EventHash, to: EventHash) -> anyhow::Result<Answer> {
    let find = |hash: &EventHash| {
        let found = reader.model().ledger().snapshots().snapshot(hash);
        found.with_context(|| format!("账本里没有快照 {hash}，用 snapshot list 查哈希。"))
    };
    let (from, to) = (find(&from)?, find(&to)?);
    anyhow::ensure!(from.manifest.plan == to.manifest.plan, "两个快照不是同一个方案的，不能比较。");
    let plan = from.manifest.plan.clone();
    let tokens = (token(&reader, from)?, token(&reader, to)?);
    answers::between(reader.axes(), tokens.0, tokens.1, Some(plan)).map_err(questions::of_ask)
}
