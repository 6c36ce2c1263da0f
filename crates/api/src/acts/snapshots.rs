//! Tables that the committee freezes: proposed by the office, approved by members with keys of their own, frozen by the quorum.
//!
//! A member signs outside, what `GET /v1/snapshots/{snapshot}` gives; here only the signed note arrives.

use accounts::{Action, Subject};
use app::snapshots::{Asked, CannotFreeze, approval, freezing, keep, proposed, remade};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use chain::EventHash;
use domain::ledger::snapshots::{Slot, Snapshot};
use domain::ledger::{Statement, Submission};
use events::{Event, PlanId, PublicNotice, SnapshotKind, UnitId};
use projections::snapshots::Remade;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::answer;
use super::writing::{chosen_id, receipted, record};
use super::{Act, Entrance, Given, small};
use crate::problem::Problem;

const RECORDED: &[(u16, &str)] = &[(201, "已入账，这是回执"), (200, "已在账，这是原来的回执")];

pub const ACTS: [Act; 4] = [
    Act {
        method: Method::POST,
        path: "/snapshots",
        id: "propose-snapshot",
        title: "提请冻结",
        about: "按账本现状算出各表、表根和清单并提请（市数字办）。restating 写重述原因，则另出一份列在已冻结的旁边。",
        parameters: &[],
        sent: small(
            || json!({ "unit": "digital-office", "year": 2022, "kind": "year-end", "waiver": "演示：缺报的指标上级尚未发布" }),
        ),
        done: RECORDED,
        entrance: Entrance::SignedIn,
        perform: propose,
    },
    Act {
        method: Method::GET,
        path: "/snapshots/{snapshot}",
        id: "snapshot",
        title: "快照",
        about: "快照的清单、批准情况，以及委员在外签署的内容（text 是签名覆盖的文字，draft 是待签文件）。",
        parameters: &[],
        sent: None,
        done: &[(200, "快照")],
        entrance: Entrance::SignedIn,
        perform: show,
    },
    Act {
        method: Method::POST,
        path: "/snapshot-approvals",
        id: "approve-snapshot",
        title: "批准快照",
        about: "把委员在外签好的批准文件入账；到法定人数而别无妨碍的，同时冻结。入账前由各行重算全部表，不符则拒绝。",
        parameters: &[],
        sent: small(
            || json!({ "unit": "assessment-committee", "snapshot": "5f1c0a9be7d2438861f05c3ab9e47d20c8716e5f94a3b20d7781cc64e09ab315", "approval": "（批准文件全文）" }),
        ),
        done: RECORDED,
        entrance: Entrance::SignedIn,
        perform: approve,
    },
    Act {
        method: Method::POST,
        path: "/snapshot-freezings",
        id: "freeze-snapshot",
        title: "冻结快照",
        about: "批准已到法定人数而尚未冻结时用，例如公示期刚满。",
        parameters: &[],
        sent: small(
            || json!({ "unit": "assessment-committee", "snapshot": "5f1c0a9be7d2438861f05c3ab9e47d20c8716e5f94a3b20d7781cc64e09ab315" }),
        ),
        done: RECORDED,
        entrance: Entrance::SignedIn,
        perform: freeze,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proposal {
    unit: UnitId,
    plan: Option<PlanId>,
    year: u16,
    kind: SnapshotKind,
    notice: Option<PublicNotice>,
    waiver: Option<String>,
    restating: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    unit: UnitId,
    snapshot: EventHash,
    approval: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Freezing {
    unit: UnitId,
    snapshot: EventHash,
}

/// What goes on record in the name of a unit, under the client's id; a retry is answered from the record, since what follows
/// from the ledger would be other content now.
struct Under {
    unit: UnitId,
    id: Uuid,
}

impl Under {
    fn of(given: &Given<'_>, unit: UnitId, action: Action) -> Result<Result<Self, Response>, Problem> {
        given.allowed(action, &Subject::Unit(unit.clone()))?;
        let chosen = chosen_id(given)?;
        let on_record = chosen.map(|id| given.desk.sequencer.recorded(&id)).transpose()?.flatten();
        if let Some(lines) = on_record {
            let receipt = app::Receipt::again(&lines);
            given.allowed(action, &Subject::Unit(receipt.unit.clone()))?;
            return Ok(Err(receipted(&receipt)));
        }
        Ok(Ok(Self { unit, id: chosen.unwrap_or_else(Uuid::new_v4) }))
    }

    fn submission(&self, given: &Given<'_>, events: Vec<Event>) -> Result<Submission, Problem> {
        let by = given.identity()?.account().clone();
        Ok(Submission { submission: self.id, unit: self.unit.clone(), by, events, signature: None })
    }
}

fn propose(given: &Given<'_>) -> Result<Response, Problem> {
    let Proposal { unit, plan, year, kind, notice, waiver, restating } = given.json()?;
    let under = match Under::of(given, unit, Action::Propose)? {
        Ok(under) => under,
        Err(repeated) => return Ok(repeated),
    };
    let event = {
        let model = given.ledger.model();
        let plan = the_plan(model.ledger().book(), plan)?;
        let asked = Asked { slot: Slot { plan, year, kind }, notice, waiver, restating };
        proposed(&app::Reader::new(&model, given.ledger.log()), asked)?
    };
    record(given, under.submission(given, vec![event.into()])?)
}

/// The plan that is meant: the one named, else the ledger's only one.
fn the_plan(book: &domain::book::Book, named: Option<PlanId>) -> Result<PlanId, Problem> {
    let mut plans = book.registry().plans().map(|(_, plan)| plan.adopted.plan.clone());
    match (named, plans.next(), plans.next()) {
        (Some(named), ..) => Ok(named),
        (None, Some(only), None) => Ok(only),
        (None, ..) => Err(Problem::bad_request("plan-unsaid", "账本里有几个方案或没有方案，请写 plan。")),
    }
}

fn show(given: &Given<'_>) -> Result<Response, Problem> {
    given.allowed(Action::ReadTables, &Subject::Everything)?;
    let hash: EventHash = given.in_path("snapshot", "快照的哈希是 64 位小写十六进制数")?;
    let model = given.ledger.model();
    let snapshots = model.ledger().snapshots();
    let snapshot = snapshots.snapshot(&hash).ok_or_else(unknown)?;
    let origin = origin(&model)?;
    let committee = snapshots.committee(&snapshot.manifest.plan);
    let approvals = snapshots.counted(snapshot).into_iter().map(|own| own.member.clone());
    let body = json!({
        "snapshot": hash, "name": app::snapshots::name(snapshot), "manifest": snapshot.manifest,
        "open": snapshot.is_open(), "frozen": snapshot.is_frozen(), "approved_by": approvals.collect::<Vec<_>>(),
        "quorum": committee.map(domain::ledger::snapshots::Committee::quorum), "to_sign": to_sign(&origin, snapshot),
    });
    Ok(answer(StatusCode::OK, &body))
}

/// What a member signs outside.
fn to_sign(origin: &str, snapshot: &Snapshot) -> Option<Value> {
    let event = Event::from(snapshot.manifest.clone());
    let statement = Statement::of(origin, &event)?;
    let data: Value = serde_json::from_slice(statement.data()).expect("a payload is JSON");
    let draft = json!({
        "data": data, "origin": origin, "type": event.kind().name(), "version": event.kind().version(),
    });
    Some(json!({ "text": statement.approvable().text(), "draft": draft }))
}

fn origin(model: &projections::ReadModel) -> Result<String, Problem> {
    let opened = model.ledger().book().registry().opened();
    let opened = opened.ok_or_else(|| Problem::unavailable("ledger-not-opened", "账本还没有开账。"))?;
    Ok(opened.origin.clone())
}

fn unknown() -> Problem {
    Problem::not_found("unknown-snapshot", "账本里没有这个快照。请从快照列表复制哈希。")
}

/// The snapshot with its tables made again, which are those that were proposed.
fn equal(given: &Given<'_>, hash: &EventHash) -> Result<(Snapshot, Vec<Remade>), Problem> {
    let model = given.ledger.model();
    let snapshot = model.ledger().snapshots().snapshot(hash).ok_or_else(unknown)?.clone();
    let tables = remade(&app::Reader::new(&model, given.ledger.log()), &snapshot)?;
    Ok((snapshot, tables))
}

fn approve(given: &Given<'_>) -> Result<Response, Problem> {
    let Approval { unit, snapshot, approval: note } = given.json()?;
    let under = match Under::of(given, unit, Action::ApproveSnapshot)? {
        Ok(under) => under,
        Err(repeated) => return Ok(repeated),
    };
    let (snapshot, tables) = equal(given, &snapshot)?;
    let origin = origin(&given.ledger.model())?;
    let approved: Event = approval(&origin, &snapshot, note.as_bytes())?.into();
    let both = under.submission(given, vec![approved.clone(), freezing(&snapshot)])?;
    if given.desk.sequencer.check(&both).is_empty() {
        return frozen(given, &snapshot, &tables, both);
    }
    record(given, under.submission(given, vec![approved])?)
}

fn freeze(given: &Given<'_>) -> Result<Response, Problem> {
    let Freezing { unit, snapshot } = given.json()?;
    let under = match Under::of(given, unit, Action::Freeze)? {
        Ok(under) => under,
        Err(repeated) => return Ok(repeated),
    };
    let (snapshot, tables) = equal(given, &snapshot)?;
    let submission = under.submission(given, vec![freezing(&snapshot)])?;
    frozen(given, &snapshot, &tables, submission)
}

fn frozen(
    given: &Given<'_>,
    snapshot: &Snapshot,
    tables: &[Remade],
    submission: Submission,
) -> Result<Response, Problem> {
    let receipt = record(given, submission)?;
    // The freezing is durable. A crash from here on leaves files that are missing; `snapshot show` writes them.
    if let Err(error) = keep(given.ledger.directory(), snapshot, tables) {
        let text = format!("提示：冻结已入账，各表没有留存成文件（{error}）；可运行 snapshot show 补写。\n");
        given.ledger.machine().tell(&text);
    }
    Ok(receipt)
}

impl From<CannotFreeze> for Problem {
    fn from(error: CannotFreeze) -> Self {
        let detail = error.to_string();
        match error {
            CannotFreeze::UnknownPlan(_) => Self::not_found("unknown-plan", detail),
            CannotFreeze::NotFrozen(_) => Self::conflict("not-frozen", detail),
            CannotFreeze::OtherTable { .. } | CannotFreeze::NotReproducible(_) => {
                Self::conflict("other-table", detail)
            }
            CannotFreeze::OtherContent | CannotFreeze::NoApproval => {
                Self::unprocessable("approval-bad", detail)
            }
            CannotFreeze::NoReading(_) => Self::unprocessable("no-reading", detail),
            CannotFreeze::Axes(_) => Self::unavailable("unreadable-ledger", detail),
        }
    }
}
