//! What there is in a ledger: units, indicators, periods, snapshots, objections. As they stand at its end.

use domain::ledger::snapshots::Standing;
use events::{ObjectionOutcome, UnitKind};
use projections::ReadModel;
use projections::snapshots::SnapshotRow;
use projections::words::china_time;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::table::Table;

/// The units, with the keys that count.
#[must_use]
pub fn units(model: &ReadModel) -> Answer {
    let registry = model.ledger().book().registry();
    let mut table = Table::new("单位", ["代码", "名称", "类别", "别名", "签名密钥"]);
    let mut rows = Vec::new();
    for unit in registry.units() {
        let keys: Vec<&str> = registry.keys_in_force(&unit.registered).collect();
        table.row([
            unit.registered.to_string(),
            unit.name.clone(),
            unit_kind(unit.kind).to_owned(),
            unit.aliases.join("、"),
            keys.join(" "),
        ]);
        rows.push(json!({
            "id": unit.registered, "name": unit.name, "kind": unit.kind, "aliases": unit.aliases, "keys": keys,
        }));
    }
    marked(model, Answer::new(json!({ "units": rows })).table(table))
}

/// The rows of every plan, as they were defined.
#[must_use]
pub fn indicators(model: &ReadModel) -> Answer {
    let mut table = Table::new("指标", ["方案", "序号", "代码", "分组", "名称", "计量单位"]);
    let mut rows = Vec::new();
    for (_, plan) in model.ledger().book().registry().plans() {
        for row in plan.indicators() {
            let defined = &row.defined;
            table.row([
                defined.plan.to_string(),
                defined.order.to_string(),
                defined.indicator.to_string(),
                defined.group.clone(),
                defined.name.clone(),
                defined.measure.clone(),
            ]);
            rows.push(json!({ "hash": row.hash, "defined": defined }));
        }
    }
    marked(model, Answer::new(json!({ "indicators": rows })).table(table))
}

/// The periods in which figures are due.
#[must_use]
pub fn periods(model: &ReadModel) -> Answer {
    let periods: Vec<_> = model.ledger().book().registry().periods().collect();
    let mut table = Table::new("报送期", ["报送期", "起始日", "截止日", "时限（北京时间）", "延期", "状态"]);
    for period in &periods {
        let opened = &period.opened;
        table.row([
            opened.period.to_string(),
            opened.starts_on.to_string(),
            opened.ends_on.to_string(),
            china_time(opened.due_at),
            period.extensions.len().to_string(),
            if period.closed.is_some() { "已关闭" } else { "开放" }.to_owned(),
        ]);
    }
    let rows = periods.iter().map(|period| {
        json!({
            "opened": period.opened,
            "extensions": period.extensions,
            "closed_at_position": period.closed,
        })
    });
    let json = json!({ "periods": rows.collect::<Vec<_>>() });
    marked(model, Answer::new(json).table(table))
}

/// The snapshots, oldest first.
#[must_use]
pub fn snapshots(model: &ReadModel) -> Answer {
    let snapshots = model.ledger().snapshots();
    let headings = ["快照", "方案", "状态", "批准", "截止日", "账本行数", "位置", "事件哈希"];
    let mut table = Table::new("快照", headings);
    for own in snapshots.all() {
        let row = SnapshotRow::of(snapshots, own);
        table.row([
            app::snapshots::name(own),
            own.manifest.plan.to_string(),
            standing(own.standing()).to_owned(),
            approvals(&row),
            own.manifest.as_of.to_string(),
            own.manifest.size.to_string(),
            own.position.to_string(),
            own.hash.to_string(),
        ]);
    }
    let json = json!({ "snapshots": SnapshotRow::all(model.ledger()) });
    marked(model, Answer::new(json).table(table))
}

/// The objections against proposed snapshots, and what was decided.
#[must_use]
pub fn objections(model: &ReadModel) -> Answer {
    let registry = model.ledger().book().registry();
    let objections = model.ledger().snapshots().objections();
    let mut table =
        Table::new("申诉", ["位置", "单位", "地区", "指标", "理由", "决定", "决定理由", "快照", "事件哈希"]);
    for own in objections {
        let decision = own.decided.as_ref().map(|(_, decided)| decided);
        let word = match decision.map(|decided| decided.outcome) {
            None => "未决",
            Some(ObjectionOutcome::Upheld) => "成立",
            Some(ObjectionOutcome::Dismissed) => "不成立",
        };
        table.row([
            own.position.to_string(),
            registry.unit_name(&own.unit).to_owned(),
            own.filed.area.as_ref().map(ToString::to_string).unwrap_or_default(),
            own.filed.indicator.as_ref().map(ToString::to_string).unwrap_or_default(),
            own.filed.grounds.clone(),
            word.to_owned(),
            decision.map(|decided| decided.reason.clone()).unwrap_or_default(),
            own.filed.snapshot.to_string()[..8].to_owned(),
            own.hash.to_string(),
        ]);
    }
    let rows = objections.iter().map(|own| {
        json!({
            "position": own.position, "hash": own.hash, "unit": own.unit, "at": own.at, "filed": own.filed,
            "decided": own.decided.as_ref().map(|(_, decided)| decided),
        })
    });
    let rows: Vec<Value> = rows.collect();
    marked(model, Answer::new(json!({ "objections": rows })).table(table))
}

/// How many of how many have approved.
#[must_use]
pub fn approvals(row: &SnapshotRow<'_>) -> String {
    let need = row.quorum.map_or_else(|| "—".to_owned(), |quorum| quorum.to_string());
    format!("{}/{need}", row.approved_by.len())
}

/// Where a snapshot stands, for people.
#[must_use]
pub const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Proposed => "待批准",
        Standing::Withdrawn => "已撤回",
        Standing::Frozen => "已冻结",
        Standing::Published => "已冻结并公布",
        Standing::Reopened => "已重新开启",
    }
}

const fn unit_kind(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Bureau => "市直单位",
        UnitKind::AreaGovernment => "地区政府或管委会",
        UnitKind::DigitalOffice => "数字办",
        UnitKind::Audit => "审计",
        UnitKind::AssessmentCommittee => "考核委员会",
        UnitKind::Leadership => "领导",
    }
}

/// Marks an answer where every figure is made up.
fn marked(model: &ReadModel, answer: Answer) -> Answer {
    if model.ledger().book().registry().is_synthetic() {
        answer.mark("演示数据：数值均为虚构，仅供演示。")
    } else {
        answer
    }
}
