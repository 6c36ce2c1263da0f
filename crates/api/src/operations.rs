//! Every question that can be asked, once: routes, description and menu are made from this list.

use answers::{Answer, Asked, FigureFilter, TimelinessFilter};
use projections::Token;
use projections::tables::v1::trail::Subject;
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::parameters::{ID_FORM, Parameter, Parameters, optional, required};
use crate::problem::Problem;

/// A question over HTTP: `GET` its path.
pub struct Operation {
    /// Its path under `/v1`.
    pub path: &'static str,
    /// Its name, for programs.
    pub id: &'static str,
    /// Its name, for people.
    pub title: &'static str,
    /// What it answers.
    pub about: &'static str,
    /// Whether it is asked on the three axes.
    pub has_axes: bool,
    /// Its own parameters.
    pub parameters: &'static [Parameter],
    /// Answers it.
    pub answer: fn(&Ledger, &Parameters) -> Result<Answer, Problem>,
}

const INDICATOR: Parameter = optional("indicator", "指标代码", "core-value-added");
const AREA: Parameter = optional("area", "地区代码", "yuehu");
const UNIT: Parameter = optional("unit", "单位代码", "yuehu-gov");
const PERIOD: Parameter = optional("period", "报送期代码", "2022-04");

/// All of them, in the order of the menu.
pub const OPERATIONS: [Operation; 13] = [
    Operation {
        path: "/ranking",
        id: "ranking",
        title: "排名",
        about: "各地区的名次、总分、得分、加分和扣分。",
        has_axes: true,
        parameters: &[],
        answer: |ledger, given| asked(ledger, given, answers::ranking),
    },
    Operation {
        path: "/scores",
        id: "scores",
        title: "成绩表",
        about: "各地区总分、各权重块得分；cells=true 时连每一格（指标×地区）一起列出。",
        has_axes: true,
        parameters: &[optional("cells", "列出每一格", "true")],
        answer: |ledger, given| {
            let cells = given.is_set("cells")?;
            asked(ledger, given, |asked| answers::scores(asked, cells))
        },
    },
    Operation {
        path: "/figures",
        id: "figures",
        title: "数值",
        about: "数值的版本：哪个计入，其他为何不计。",
        has_axes: true,
        parameters: &[INDICATOR, AREA, UNIT, optional("all", "连不计入的版本一起列出", "true")],
        answer: figures,
    },
    Operation {
        path: "/cell",
        id: "explain",
        title: "单元格溯源",
        about: "一格得分的来龙去脉：算式、目标、数值的各个版本，直到事件哈希。",
        has_axes: true,
        parameters: &[
            required("indicator", "指标代码", "core-value-added"),
            required("area", "地区代码", "yuehu"),
        ],
        answer: explain,
    },
    Operation {
        path: "/trail",
        id: "trail",
        title: "审计轨迹",
        about: "一格（indicator 和 area）、一个指标、一个单位、一次报送或一个报送期发生过什么，逐行。",
        has_axes: true,
        parameters: &[INDICATOR, AREA, UNIT, PERIOD, optional("submission", "报送编号（UUID）", "")],
        answer: |ledger, given| {
            let subject = subject(given)?;
            asked(ledger, given, |asked| answers::trail(asked, subject))
        },
    },
    Operation {
        path: "/timeliness",
        id: "timeliness",
        title: "报送及时性",
        about: "每个报送期每个单位按时、迟报、未报各几项。",
        has_axes: true,
        parameters: &[UNIT, PERIOD],
        answer: timeliness,
    },
    Operation {
        path: "/roll-ups",
        id: "roll-ups",
        title: "汇总核对",
        about: "各地区之和与全市报数的差额。",
        has_axes: true,
        parameters: &[],
        answer: |ledger, given| asked(ledger, given, answers::roll_ups),
    },
    Operation {
        path: "/diff",
        id: "diff",
        title: "对比",
        about: "两个可复算标识之间的差异：数据、目标、规则各影响多少，三者之和等于差。",
        has_axes: false,
        parameters: &[
            required("from", "从这个可复算标识", ""),
            required("to", "到这个可复算标识", ""),
            optional("plan", "方案代码；账本里只有一个方案时可不写", "yingtan-2022"),
        ],
        answer: diff,
    },
    Operation {
        path: "/units",
        id: "units",
        title: "单位",
        about: "登记的单位和它们的签名密钥。",
        has_axes: false,
        parameters: &[],
        answer: |ledger, _| Ok(answers::units(&ledger.model())),
    },
    Operation {
        path: "/indicators",
        id: "indicators",
        title: "指标",
        about: "各方案的指标，如附件所印。",
        has_axes: false,
        parameters: &[],
        answer: |ledger, _| Ok(answers::indicators(&ledger.model())),
    },
    Operation {
        path: "/periods",
        id: "periods",
        title: "报送期",
        about: "报送期、时限、延期和状态。",
        has_axes: false,
        parameters: &[],
        answer: |ledger, _| Ok(answers::periods(&ledger.model())),
    },
    Operation {
        path: "/snapshots",
        id: "snapshots",
        title: "快照",
        about: "提请、批准、冻结和公布的快照。",
        has_axes: false,
        parameters: &[],
        answer: |ledger, _| Ok(answers::snapshots(&ledger.model())),
    },
    Operation {
        path: "/objections",
        id: "objections",
        title: "申诉",
        about: "对快照的申诉和决定。",
        has_axes: false,
        parameters: &[],
        answer: |ledger, _| Ok(answers::objections(&ledger.model())),
    },
];

fn asked(
    ledger: &Ledger,
    given: &Parameters,
    question: impl FnOnce(&Asked<'_>) -> Result<Answer, answers::AskError>,
) -> Result<Answer, Problem> {
    let axes = given.axes()?;
    let model = ledger.model();
    let asked = Asked::new(app::Reader::new(&model, ledger.log()), axes)?;
    Ok(question(&asked)?)
}

fn figures(ledger: &Ledger, given: &Parameters) -> Result<Answer, Problem> {
    let filter = FigureFilter {
        indicator: given.value("indicator", ID_FORM)?,
        area: given.value("area", ID_FORM)?,
        unit: given.value("unit", ID_FORM)?,
        all: given.is_set("all")?,
    };
    asked(ledger, given, |asked| answers::figures(asked, &filter))
}

fn explain(ledger: &Ledger, given: &Parameters) -> Result<Answer, Problem> {
    let indicator = given.required("indicator", ID_FORM)?;
    let area = given.required("area", ID_FORM)?;
    asked(ledger, given, |asked| answers::explain(asked, &indicator, &area))
}

fn timeliness(ledger: &Ledger, given: &Parameters) -> Result<Answer, Problem> {
    let filter =
        TimelinessFilter { unit: given.value("unit", ID_FORM)?, period: given.value("period", ID_FORM)? };
    asked(ledger, given, |asked| answers::timeliness(asked, &filter))
}

fn diff(ledger: &Ledger, given: &Parameters) -> Result<Answer, Problem> {
    const FORM: &str = "可复算标识从表下面复制";
    let (from, to): (Token, Token) = (given.required("from", FORM)?, given.required("to", FORM)?);
    let plan = given.value("plan", ID_FORM)?;
    let model = ledger.model();
    Ok(answers::between(app::Reader::new(&model, ledger.log()), from, to, plan)?)
}

/// Whose trail is meant: exactly one thing.
pub fn subject(given: &Parameters) -> Result<Subject, Problem> {
    let indicator = given.value("indicator", ID_FORM)?;
    let area = given.value("area", ID_FORM)?;
    let unit = given.value("unit", ID_FORM)?;
    let period = given.value("period", ID_FORM)?;
    let submission: Option<Uuid> = given.value("submission", "报送编号是 UUID")?;
    match (indicator, area, unit, submission, period) {
        (Some(indicator), Some(area), None, None, None) => Ok(Subject::Cell { indicator, area }),
        (Some(indicator), None, None, None, None) => Ok(Subject::Indicator(indicator)),
        (None, None, Some(unit), None, None) => Ok(Subject::Unit(unit)),
        (None, None, None, Some(submission), None) => Ok(Subject::Submission(submission)),
        (None, None, None, None, Some(period)) => Ok(Subject::Period(period)),
        _ => Err(Problem::bad_request(
            "whose-trail",
            "要写明看谁的轨迹，只写一种：indicator 和 area（一格）、indicator、unit、submission 或 period。",
        )),
    }
}
