//! What units send: JSON documents, filled forms, CSV tables; the empty form; and receipts once more.

use accounts::{Action, Subject};
use app::Receipt;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::ledger::Problem as Found;
use events::{AccountId, Event, PeriodId, PlanId, UnitId};
use intake::{Context, Intake, Located, Refused, TemplateRequest, read_submission};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::answer;
use super::writing::{chosen_id, dry_run, receipted, record_located, rejected, require_allowed};
use super::{Act, Entrance, Given, Sent};
use crate::parameters::{ID_FORM, Parameter, optional, required};
use crate::problem::Problem;

const DRY_RUN: Parameter = optional("dry-run", "true：只检查，不入账；回答里有单位要签名的内容", "true");
const UNIT: Parameter = optional("unit", "填报单位；不写则以内容为准", "guixi");
const PERIOD: Parameter = optional("period", "报送期；内容里没有写时须写", "2022-04");
const PLAN: Parameter = optional("plan", "方案代码；账本里有几个方案而内容没有写时须写", "yingtan-2022");
const CONFIRM: Parameter = optional("confirm", "确认全部提醒的原因；原因会入账", "经与统计局核对无误");

const SPREADSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub const ACTS: [Act; 4] = [
    Act {
        method: Method::POST,
        path: "/submissions",
        id: "submit",
        title: "报送",
        about: "报送数值、进展和佐证（docs/submitting.md 的 JSON），或单位签好的整份报送。请求头 Idempotency-Key 是报送编号：同一编号同一内容再发，得到原来的回执（200）；内容不同是 409。有问题时 422，一次列全。",
        parameters: &[DRY_RUN, UNIT, PERIOD, PLAN, CONFIRM],
        sent: Some(Sent { media_types: super::JSON, limit: intake::MAX_FILE_BYTES, example: friendly }),
        done: &[(201, "已入账，这是回执"), (200, "已在账，这是原来的回执；或试报通过")],
        entrance: Entrance::SignedIn,
        perform: submit,
    },
    Act {
        method: Method::POST,
        path: "/imports",
        id: "import",
        title: "导入报送表",
        about: "上传填好的报送表（.xlsx）或 CSV；先用 dry-run=true 试报。问题按工作表、行、列列出。",
        parameters: &[DRY_RUN, UNIT, PERIOD, PLAN, CONFIRM],
        sent: Some(Sent {
            media_types: &["multipart/form-data", "text/csv", SPREADSHEET],
            limit: intake::MAX_FILE_BYTES + (64 << 10),
            example: || json!({ "file": "报送表.xlsx" }),
        }),
        done: &[(201, "已入账，这是回执"), (200, "已在账，这是原来的回执；或试报通过")],
        entrance: Entrance::SignedIn,
        perform: submit,
    },
    Act {
        method: Method::GET,
        path: "/submissions/{submission}",
        id: "receipt",
        title: "回执",
        about: "一次报送的回执，随时可再取。",
        parameters: &[],
        sent: None,
        done: &[(200, "回执")],
        entrance: Entrance::SignedIn,
        perform: receipt,
    },
    Act {
        method: Method::GET,
        path: "/templates",
        id: "template",
        title: "下载报送表",
        about: "一个单位一个报送期的空白报送表（Excel）。",
        parameters: &[required("unit", "填报单位", "guixi"), required("period", "报送期", "2022-04"), PLAN],
        sent: None,
        done: &[(200, "报送表")],
        entrance: Entrance::SignedIn,
        perform: template,
    },
];

fn friendly() -> Value {
    json!({
        "unit": "guixi", "period": "2022-04",
        "figures": [{ "indicator": "online-retail", "area": "guixi", "value": "4.10", "status": "快报" }],
    })
}

/// What is said about a file besides its content: in the query, or in the form it came in.
struct Said {
    unit: Option<UnitId>,
    period: Option<PeriodId>,
    plan: Option<PlanId>,
    confirm: Option<String>,
    dry_run: bool,
    submission: Option<Uuid>,
}

impl Said {
    fn of(given: &Given<'_>) -> Result<Self, Problem> {
        let mut query = given.query.clone();
        for name in ["unit", "period", "plan", "confirm", "dry-run"] {
            if let Some(value) = given.body.field(name) {
                query.add(name, value);
            }
        }
        Ok(Self {
            unit: query.value("unit", ID_FORM)?,
            period: query.value("period", ID_FORM)?,
            plan: query.value("plan", ID_FORM)?,
            confirm: query.text("confirm")?.map(str::to_owned),
            dry_run: query.is_set("dry-run")?,
            submission: chosen_id(given)?,
        })
    }
}

fn submit(given: &Given<'_>) -> Result<Response, Problem> {
    let said = Said::of(given)?;
    let by = given.identity()?.account().clone();
    let (bytes, name) = match &given.body.file {
        Some(file) => (&file.bytes, file.name.as_str()),
        None => (&given.body.bytes, ending(&given.body.media_type)),
    };
    match read(given, &said, &by, bytes, name) {
        Ok(intake) => settle(given, &said, intake),
        Err(refused) => repeated(given, &said, bytes, &refused),
    }
}

/// The ending that tells the format where the content does not.
fn ending(media_type: &str) -> &'static str {
    match media_type {
        "text/csv" => "csv",
        SPREADSHEET => "xlsx",
        _ => "json",
    }
}

fn read(given: &Given<'_>, said: &Said, by: &AccountId, bytes: &[u8], name: &str) -> Result<Intake, Refused> {
    let model = given.ledger.model();
    let context = Context {
        book: model.ledger().book(),
        unit: said.unit.as_ref(),
        by: Some(by),
        plan: said.plan.as_ref(),
        period: said.period.as_ref(),
        submission: said.submission,
        confirm_all: said.confirm.as_deref(),
    };
    read_submission(bytes, name, &context)
}

fn settle(given: &Given<'_>, said: &Said, mut intake: Intake) -> Result<Response, Problem> {
    let sequencer = &given.desk.sequencer;
    require_allowed(given.identity()?, intake.submission())?;
    let found = intake.confirm_found(sequencer.check(intake.submission()));
    if said.dry_run {
        let problems = located(&intake, &found);
        return dry_run(intake.submission(), problems);
    }
    let submission = intake.submission().clone();
    record_located(given, submission, |rejected| located(&intake, rejected))
}

fn located(intake: &Intake, found: &[Found]) -> Vec<Value> {
    intake.locate(found).iter().map(Located::json).collect()
}

/// A file that is refused because its figures stand already may be the one that reported them: then its receipt is the answer.
fn repeated(given: &Given<'_>, said: &Said, bytes: &[u8], refused: &Refused) -> Result<Response, Problem> {
    let problems = || rejected(refused.located().iter().map(Located::json).collect());
    let on_record = refused.submission.filter(|_| !said.dry_run);
    let Some(id) = on_record else { return Err(problems()) };
    let Some(lines) = given.desk.sequencer.recorded(&id)? else { return Err(problems()) };
    let receipt = Receipt::again(&lines);
    given.allowed(Action::Report, &Subject::Unit(receipt.unit.clone()))?;
    let source = Some(chain::hash::content_hash(bytes));
    let is_this = |event: &Event| matches!(event, Event::SubmissionFiled(filed) if filed.source == source);
    let same = lines.first().is_some_and(|first| is_this(&first.event));
    if same {
        return Ok(receipted(&receipt));
    }
    let first = receipt.first;
    Err(app::SubmitError::SubmissionReused { submission: id, first }.into())
}

fn receipt(given: &Given<'_>) -> Result<Response, Problem> {
    let id: Uuid = given.in_path("submission", "报送编号是 UUID")?;
    let lines = given.desk.sequencer.recorded(&id)?;
    let Some(lines) = lines else {
        given.identity()?;
        let detail = "账本里没有这个编号的报送。请核对编号；如曾中断，请用同一编号重试。";
        return Err(Problem::not_found("unknown-submission", detail));
    };
    let receipt = Receipt::again(&lines);
    given.allowed(Action::ReadFilings, &Subject::Unit(receipt.unit.clone()))?;
    Ok(answer(StatusCode::OK, &answers::receipt(&receipt)))
}

fn template(given: &Given<'_>) -> Result<Response, Problem> {
    let request = TemplateRequest {
        unit: given.query.required("unit", ID_FORM)?,
        period: given.query.required("period", ID_FORM)?,
        plan: given.query.value("plan", ID_FORM)?,
    };
    given.allowed(Action::Report, &Subject::Unit(request.unit.clone()))?;
    let made = intake::template(given.ledger.model().ledger().book(), &request);
    let bytes = made.map_err(|error| Problem::not_found("no-template", error.to_string()))?;
    let name = format!("attachment; filename=\"{}-{}.xlsx\"", request.unit, request.period);
    let name = HeaderValue::try_from(name).expect("ids are ASCII");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(SPREADSHEET)),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, bytes).into_response())
}
