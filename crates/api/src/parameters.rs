//! A query's parameters, read without guessing: an unknown name or a value of another shape is a problem, never ignored.

use std::str::FromStr;

use answers::Axes;
use app::{KnownAt, RulesChoice};

use crate::problem::Problem;

/// More of them is no question.
const MAX_PARAMETERS: usize = 64;

/// A parameter that an operation knows.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it means, in Chinese.
    pub about: &'static str,
    /// A value.
    pub example: &'static str,
    /// Whether there is no answer without it.
    pub required: bool,
}

/// The three axes, and what is left out.
pub const AXES: [Parameter; 6] = [
    optional("plan", "方案代码；账本里只有一个方案时可不写", "yingtan-2022"),
    optional("as_of", "统计截止日；不写则用账本里最近一个有数的截止日", "2022-04-25"),
    optional("known_at", "认知时点：账本的前若干行（行数），或某一时间（UTC）以前入账的", "3000"),
    optional("rules", "计分规则：规则代码或规则哈希；不写则用当时施行的规则", "demo-1"),
    optional("without", "推演：略去这个事件（事件哈希），可重复", ""),
    optional("token", "可复算标识：照它的账本行数、截止日和规则重算", ""),
];

/// How the answer is given where the `Accept` header cannot be set.
pub const FORMAT: Parameter =
    optional("format", "格式：json、csv、xlsx、html 或 canonical（表的规范字节）", "csv");

/// A parameter that may be left out.
pub const fn optional(name: &'static str, about: &'static str, example: &'static str) -> Parameter {
    Parameter { name, about, example, required: false }
}

/// A parameter that must be there.
pub const fn required(name: &'static str, about: &'static str, example: &'static str) -> Parameter {
    Parameter { name, about, example, required: true }
}

/// What a query says.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query. Empty values, as forms send them, are as good as none.
    pub fn read<'p>(
        query: &str,
        known: impl Iterator<Item = &'p Parameter> + Clone,
    ) -> Result<Self, Problem> {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().take(MAX_PARAMETERS + 1);
        let pairs: Vec<(String, String)> = pairs.collect();
        if pairs.len() > MAX_PARAMETERS {
            let detail = format!("查询参数最多 {MAX_PARAMETERS} 个。");
            return Err(Problem::bad_request("too-many-parameters", detail));
        }
        for (name, _) in &pairs {
            if !known.clone().any(|parameter| parameter.name == name) {
                let names: Vec<&str> = known.map(|parameter| parameter.name).collect();
                let detail = format!("没有参数“{}”，可用的有 {}。", shown(name), names.join("、"));
                return Err(Problem::bad_request("unknown-parameter", detail));
            }
        }
        Ok(Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }

    /// The values of a name, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The value of a name that is said at most once.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() {
            let detail = format!("参数 {name} 写了不止一次，请只写一次。");
            return Err(Problem::bad_request("repeated-parameter", detail));
        }
        Ok(value)
    }

    /// A value of a shape.
    pub fn value<T: FromStr>(&self, name: &'static str, form: &str) -> Result<Option<T>, Problem> {
        self.text(name)?.map(|text| parse(name, text, form)).transpose()
    }

    /// A value that must be there.
    pub fn required<T: FromStr>(&self, name: &'static str, form: &str) -> Result<T, Problem> {
        let missing = || Problem::bad_request("missing-parameter", format!("缺参数 {name}，{form}。"));
        self.value(name, form)?.ok_or_else(missing)
    }

    /// Whether something is said to be so: `true` or `1`.
    pub fn is_set(&self, name: &'static str) -> Result<bool, Problem> {
        match self.text(name)? {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(other) => Err(unreadable(name, other, "要写 true 或 false")),
        }
    }

    /// The axes.
    pub fn axes(&self) -> Result<Axes, Problem> {
        let token = self.value("token", "可复算标识从表下面复制")?;
        if token.is_some() && (self.text("as_of")?.is_some() || self.text("known_at")?.is_some()) {
            let detail = "token 已经包含统计截止日和认知时点，请去掉 as_of 和 known_at，或去掉 token。";
            return Err(Problem::bad_request("token-and-axes", detail));
        }
        let hash = "事件哈希是 64 位小写十六进制数，可从审计轨迹复制";
        let without = self.all("without").map(|text| parse("without", text, hash));
        Ok(Axes {
            plan: self.value("plan", ID_FORM)?,
            as_of: self.value("as_of", DATE_FORM)?,
            known_at: self.text("known_at")?.map(known_at).transpose()?,
            rules: self.text("rules")?.map(rules).transpose()?,
            without: without.collect::<Result<_, _>>()?,
            token,
        })
    }
}

/// What an id looks like.
pub const ID_FORM: &str = "代码由小写字母、数字和 . _ - 组成，以字母或数字开头，最多 64 个字符";
const DATE_FORM: &str = "日期要写成 2022-04-30 这样，并且日历上有这一天";

fn known_at(text: &str) -> Result<KnownAt, Problem> {
    match text.parse() {
        Ok(size) => Ok(KnownAt::Size(size)),
        Err(_) => {
            let form = "要写行数，或 2022-04-30T09:30:00.000000Z 这样的时间（UTC）";
            parse("known_at", text, form).map(KnownAt::Instant)
        }
    }
}

fn rules(text: &str) -> Result<RulesChoice, Problem> {
    match text.parse() {
        Ok(hash) => Ok(RulesChoice::Hash(hash)),
        Err(_) => parse("rules", text, ID_FORM).map(RulesChoice::Id),
    }
}

fn parse<T: FromStr>(name: &'static str, text: &str, form: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| unreadable(name, text, form))
}

/// A value that is not of its shape.
pub fn unreadable(name: &str, text: &str, form: &str) -> Problem {
    let detail = format!("参数 {name} 的值“{}”无法识别：{form}。", shown(text));
    Problem::bad_request("unreadable-parameter", detail)
}

/// As much of what somebody sent as a sentence needs.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}
