//! What goes on record one kind at a time: corrections, returns, verification, approval, periods, the registry, awards,
//! objections, statements. Each path takes events of its kinds; one way records them.

use accounts::{Action, Reach, reach};
use axum::http::Method;
use axum::response::Response;
use domain::ledger::{Problem as Found, Submission};
use events::{Event, EventKind as Kind, PeriodId, Signature, UnitId};
use intake::Confirming;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

use super::writing::{chosen_id, dry_run, record, require_allowed};
use super::{Act, Entrance, Given, Sent};
use crate::parameters::{Parameter, optional};
use crate::problem::Problem;

const DRY_RUN: [Parameter; 1] =
    [optional("dry-run", "true：只检查，不入账；回答里有单位要签名的内容", "true")];
/// Approvals of many figures at once, and rulebooks.
const LIMIT: usize = 1 << 20;
const ABOUT: &str = "unit 不写则用本账号唯一可办的单位；events 里每一项写 type 和 data（见事件目录），只有一种事件的地址可不写 type。单位登记了密钥的，先 dry-run 取 payload，在外签名后带 signature 提交。Idempotency-Key 是报送编号。";
const DONE: &[(u16, &str)] = &[(201, "已入账，这是回执"), (200, "已在账，这是原来的回执；或试报通过")];

macro_rules! records {
    ($($path:literal, $id:literal, $title:literal, [$($kind:ident),+], $example:literal;)*) => {
        /// The kinds that each path takes.
        const KINDS: [(&str, &[Kind]); [$($path),*].len()] = [$(($path, &[$(Kind::$kind),+]),)*];

        pub const ACTS: [Act; KINDS.len()] = [$(
            Act {
                method: Method::POST,
                path: $path,
                id: $id,
                title: $title,
                about: ABOUT,
                parameters: &DRY_RUN,
                sent: Some(Sent {
                    media_types: super::JSON,
                    limit: LIMIT,
                    example: || example(
                        &[$(Kind::$kind),+],
                        include_str!(concat!("../../../../events/golden/", $example, ".json")),
                    ),
                }),
                done: DONE,
                entrance: Entrance::SignedIn,
                perform: |given| perform(given, &[$(Kind::$kind),+]),
            },
        )*];
    };
}

records! {
    "/corrections", "correct", "更正", [FigureCorrected], "figure-corrected.v1";
    "/withdrawals", "withdraw", "撤回", [FigureWithdrawn], "figure-withdrawn.v1";
    "/returns", "return", "退回", [FigureReturned], "figure-returned.v1";
    "/verifications", "verify", "复核通过", [FigureVerified], "figure-verified.v1";
    "/approvals", "approve", "审定", [FigureApproved], "figure-approved.v1";
    "/evidence-records", "attach-evidence", "佐证入账", [EvidenceAttached], "evidence-attached.v1";
    "/periods", "run-periods", "开放、延期、关闭报送期，公布工作日历",
        [PeriodOpened, PeriodExtended, PeriodClosed, WorkdayCalendarPublished], "period-opened.v1";
    "/registry", "run-registry", "登记单位、地区、职责、方案、指标、目标和规则",
        [UnitRegistered, AreaRegistered, ResponsibilityAssigned, ResponsibilityEnded, PlanAdopted, IndicatorDefined,
         WeightBlockDefined, TargetSet, TargetRevised, RulebookAdopted], "unit-registered.v1";
    "/awards", "award", "加分、扣分、一票否决及其撤销",
        [BonusGranted, DeductionImposed, VetoImposed, AwardRevoked], "bonus-granted.v1";
    "/objections", "object", "提出申诉", [ObjectionFiled], "objection-filed.v1";
    "/objection-decisions", "decide-objection", "决定申诉", [ObjectionDecided], "objection-decided.v1";
    "/statements", "state-completeness", "无遗漏声明", [CompletenessStated], "completeness-stated.v1";
    "/attestations", "attest", "登记表根", [TableAttested], "table-attested.v1";
    "/key-records", "record-keys", "登记、停用单位密钥，停用委员密钥",
        [KeyEnrolled, KeyRevoked, CommitteeKeyRevoked], "key-enrolled.v1";
    "/committees", "appoint-committee", "任命考核委员会", [CommitteeAppointed], "committee-appointed.v1";
    "/snapshot-withdrawals", "withdraw-snapshot", "撤回提请", [SnapshotWithdrawn], "snapshot-withdrawn.v1";
    "/snapshot-publications", "publish-snapshot", "公布已冻结的快照", [SnapshotPublished], "snapshot-published.v1";
    "/snapshot-reopenings", "reopen-snapshot", "重新开启已冻结的快照", [SnapshotReopened], "snapshot-reopened.v1";
}

fn example(kinds: &[Kind], golden: &str) -> Value {
    let data: Value = serde_json::from_str(golden).expect("golden files are JSON");
    let mut event = json!({ "data": data });
    if kinds.len() > 1 {
        event["type"] = kinds[0].name().into();
    }
    json!({ "unit": "guixi", "events": [event] })
}

/// What is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    unit: Option<UnitId>,
    submission: Option<Uuid>,
    events: Vec<Item>,
    signature: Option<Signature>,
    confirm: Option<Confirm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    version: Option<u32>,
    data: Box<RawValue>,
}

/// Confirms the warnings about corrected figures.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    period: PeriodId,
    reason: String,
}

fn perform(given: &Given<'_>, kinds: &[Kind]) -> Result<Response, Problem> {
    let Document { unit, submission, events, signature, confirm } = given.json()?;
    let items = events.iter().enumerate();
    let events = items.map(|(index, item)| event(index, item, kinds)).collect::<Result<Vec<_>, _>>()?;
    let identity = given.identity()?;
    let unit = match unit {
        Some(unit) => unit,
        None => only_unit(given, &events)?,
    };
    let chosen = chosen_id(given)?;
    if chosen.is_some() && submission.is_some() && chosen != submission {
        let detail = "Idempotency-Key 与内容里的 submission 不同。请只写一个，或写成一样。";
        return Err(Problem::bad_request("two-ids", detail));
    }
    let submission = chosen.or(submission).unwrap_or_else(Uuid::new_v4);
    let by = identity.account().clone();
    let mut submission = Submission { submission, unit, by, events, signature };
    require_allowed(identity, &submission)?;
    if let Some(Confirm { period, reason }) = confirm {
        let found = given.desk.sequencer.check(&submission);
        submission.events.splice(0..0, Confirming { period, reason }.filing(&found));
    }
    if given.query.is_set("dry-run")? {
        // A signature is made over what this answers, so that it is not missed yet.
        let found: Vec<Found> = given.desk.sequencer.check(&submission);
        let found = found.iter().filter(|problem| problem.kind.code() != "signature-missing");
        return dry_run(&submission, found.map(answers::problem).collect());
    }
    record(given, submission)
}

fn event(index: usize, item: &Item, kinds: &[Kind]) -> Result<Event, Problem> {
    let refuse = |reason: String| {
        let detail = format!("events[{index}] 不合要求：{reason}。请对照事件目录（docs/events.md）修改。");
        Problem::bad_request("bad-event", detail).with("event", index)
    };
    let names = || kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join("、");
    let name = match (&item.kind, kinds) {
        (Some(name), _) => name.as_str(),
        (None, [only]) => only.name(),
        (None, _) => return Err(refuse(format!("要写 type，可以是 {}", names()))),
    };
    let kind = kinds.iter().find(|kind| kind.name() == name);
    let kind = kind.ok_or_else(|| refuse(format!("这个地址收的是 {}", names())))?;
    let version = item.version.unwrap_or_else(|| kind.version());
    Event::decode(name, version, item.data.get().as_bytes()).map_err(|error| refuse(error.to_string()))
}

/// The one unit for which somebody may have these events recorded.
fn only_unit(given: &Given<'_>, events: &[Event]) -> Result<UnitId, Problem> {
    let action = events.first().and_then(Action::of);
    let roles = given.identity()?.roles().iter();
    let able = roles.filter(|held| action.is_some_and(|action| reach(held.role, action) > Reach::Nobody));
    let mut units: Vec<&UnitId> = able.map(|held| &held.unit).collect();
    units.sort();
    units.dedup();
    match units[..] {
        [only] => Ok(only.clone()),
        _ => Err(Problem::bad_request("unit-unsaid", "看不出由哪个单位办理，请写 unit。")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_an_event_that_its_path_takes() {
        for (act, (path, kinds)) in ACTS.iter().zip(KINDS) {
            assert_eq!(act.path, path);
            let example = (act.sent.expect("a document").example)();
            let document: Document = serde_json::from_value(example).expect("the example is read");
            let read = event(0, &document.events[0], kinds);
            assert!(read.is_ok(), "{path}: {}", read.unwrap_err().detail());
        }
    }

    #[test]
    fn every_kind_that_people_record_has_a_path() {
        // Reported by submissions, or by the members and the office through a snapshot's own paths.
        let elsewhere = [
            Kind::SubmissionFiled,
            Kind::FigureReported,
            Kind::NarrativeReported,
            Kind::SnapshotProposed,
            Kind::SnapshotApproved,
            Kind::SnapshotFrozen,
            Kind::SnapshotRestated,
        ];
        let operators = [Kind::LedgerOpened, Kind::LogKeyChanged, Kind::LedgerRestored];
        for kind in Kind::ALL {
            let paths = KINDS.iter().filter(|(_, kinds)| kinds.contains(kind)).count();
            let expected = usize::from(!elsewhere.contains(kind) && !operators.contains(kind));
            assert_eq!(paths, expected, "{}", kind.name());
        }
    }
}
