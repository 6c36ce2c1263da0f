//! What stands around every page: head of the ledger, menu, banner, axes, and the line under a printed page.

use answers::{AskError, Asked};
use askama::Template;
use projections::Reading;

use crate::axes_bar::AxesBar;
use crate::links::Links;
use crate::text;
use crate::visitor::Visitor;

/// What the server knows beside the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The request's query; its axes stay in every link.
    pub query: &'a str,
    /// How many lines the published head counts; none where there is no head that verifies.
    pub signed: Option<u64>,
    /// Whether people can sign in here.
    pub records: bool,
    /// Who is signed in.
    pub visitor: Option<&'a Visitor>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The question has no answer.
    #[error("{0}")]
    Ask(#[from] AskError),
    /// What was asked for is not there.
    #[error("{0}")]
    NotThere(String),
    /// The question is none.
    #[error("{0}")]
    Question(String),
}

impl From<projections::NoReading> for PageError {
    fn from(error: projections::NoReading) -> Self {
        AskError::from(error).into()
    }
}

impl From<app::LoadError> for PageError {
    fn from(error: app::LoadError) -> Self {
        AskError::from(error).into()
    }
}

/// Whether the page shows what the ledger says now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All lines, the latest day, the rules in force.
    Now,
    /// Fewer lines or an earlier day.
    Past(String),
    /// Other rules, or lines left out: never official.
    WhatIf(String),
}

impl Mode {
    /// The class of the page's body.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Now => "",
            Self::Past(_) => "is-past",
            Self::WhatIf(_) => "is-what",
        }
    }

    /// What the title begins with.
    pub const fn tag(&self) -> &'static str {
        match self {
            Self::Now => "",
            Self::Past(_) => "〔过去〕",
            Self::WhatIf(_) => "〔推演〕",
        }
    }
}

/// An entry of the menu.
#[derive(Clone, Debug)]
pub struct Entry {
    pub href: String,
    pub mark: &'static str,
    pub title: &'static str,
    pub current: bool,
}

/// A part of the menu.
#[derive(Clone, Debug)]
pub struct Group {
    pub title: &'static str,
    pub entries: Vec<Entry>,
}

/// An entry of the menu: path, mark, title.
type Listed = (&'static str, &'static str, &'static str);

/// The menu.
const MENU: [(&str, &[Listed]); 3] = [
    (
        "看账",
        &[
            ("/", "览", "总览"),
            ("/diff", "比", "对比"),
            ("/tasks", "账", "任务台账"),
            ("/calendar", "历", "报送日历"),
            ("/indicators", "指", "指标与目标"),
            ("/units", "位", "单位与职责"),
        ],
    ),
    ("查账", &[("/trail", "迹", "审计轨迹"), ("/snapshots", "冻", "快照与冻结"), ("/verify", "验", "验证")]),
    ("系统", &[("/status", "系", "系统状态")]),
];

/// The menu with one entry marked as the page that is shown.
pub fn menu(links: &Links, current: &str) -> Vec<Group> {
    let entry = |(path, mark, title): &Listed| Entry {
        href: links.to(path, &[]),
        mark,
        title,
        current: *path == current || (*path == "/snapshots" && current.starts_with("/snapshots/")),
    };
    let group = |(title, entries): &(&'static str, &[_])| Group {
        title,
        entries: entries.iter().map(entry).collect(),
    };
    MENU.iter().map(group).collect()
}

/// What is offered to a role: the role's word, and the entry.
const OFFERED: [(&str, Listed); 5] = [
    ("reporter", ("/report", "报", "填报")),
    ("reporter", ("/mine", "我", "我的报送")),
    ("verifier", ("/review", "核", "复核与审定")),
    ("office", ("/review", "核", "复核与审定")),
    ("auditor", ("/verify", "验", "验证")),
];

/// What somebody who is signed in can do here; nothing where nobody is.
fn offered(visitor: Option<&Visitor>, current: &str) -> Option<Group> {
    let visitor = visitor?;
    let mut entries: Vec<Entry> = Vec::new();
    for (_, (path, mark, title)) in OFFERED.iter().filter(|(role, _)| visitor.has(role)) {
        if entries.iter().all(|own| own.title != *title) {
            entries.push(Entry { href: (*path).to_owned(), mark, title, current: *path == current });
        }
    }
    (!entries.is_empty()).then_some(Group { title: "办理", entries })
}

/// Who is signed in, as the head of a page shows it.
#[derive(Clone, Debug)]
pub struct Signed {
    pub account: String,
    pub roles: String,
    pub csrf_token: String,
}

/// What one page says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its own parameters, which the axes' form sends along.
    pub own: &'a [(&'a str, &'a str)],
}

/// What stands around a page.
#[derive(Clone, Debug)]
pub struct Frame {
    pub title: String,
    pub city: String,
    pub menu: Vec<Group>,
    pub mode: Mode,
    pub now: String,
    pub synthetic: bool,
    pub size: u64,
    pub root: String,
    pub signed: Option<u64>,
    pub records: bool,
    pub visitor: Option<Signed>,
    pub as_of: String,
    pub known: u64,
    pub rules_title: String,
    pub token: String,
    pub bar: AxesBar,
    pub links: Links,
}

impl Frame {
    /// The frame of a page.
    ///
    /// # Errors
    /// When the reading cannot be made, or a line cannot be read.
    pub fn of(site: &Site<'_>, asked: &Asked<'_>, page: Page<'_>) -> Result<Self, PageError> {
        let reading = asked.reading()?;
        let links = Links::of(site.query);
        let mode = mode(asked, &reading)?;
        let model = asked.reader().model();
        Ok(Self {
            title: page.title.to_owned(),
            city: reading.plan().adopted.city.clone(),
            menu: offered(site.visitor, page.path).into_iter().chain(menu(&links, page.path)).collect(),
            records: site.records,
            visitor: site.visitor.map(|own| Signed {
                account: own.account.clone(),
                roles: own.names(),
                csrf_token: own.csrf_token.clone(),
            }),
            now: links.now(page.path, page.own),
            synthetic: reading.book().registry().is_synthetic(),
            size: model.size(),
            root: model.tree().root().to_string(),
            signed: site.signed,
            as_of: reading.at().as_of.to_string(),
            known: reading.at().known,
            rules_title: rules_title(&reading),
            token: reading.token().to_string(),
            bar: AxesBar::of(asked, &reading, &links, page),
            mode,
            links,
        })
    }

    /// Whether the published head counts all lines.
    pub fn head_is_current(&self) -> bool {
        self.signed == Some(self.size)
    }

    pub const fn class(&self) -> &'static str {
        self.mode.class()
    }

    pub const fn tag(&self) -> &'static str {
        self.mode.tag()
    }

    pub fn home(&self) -> String {
        self.links.to("/", &[])
    }
}

/// The title of the rules that are applied.
fn rules_title(reading: &Reading<'_>) -> String {
    let adopted = reading.plan().rulebooks().iter().find(|own| own.rules_hash == reading.rules_hash());
    adopted.map_or_else(|| "未颁布的规则".to_owned(), |own| own.adopted.title.clone())
}

fn mode(asked: &Asked<'_>, reading: &Reading<'_>) -> Result<Mode, PageError> {
    if !reading.is_official() {
        return Ok(Mode::WhatIf(what_if(reading)));
    }
    let (known, size) = (reading.at().known, asked.reader().model().size());
    if known < size {
        let last = text::minute(asked.reader().recorded_at(known.saturating_sub(1))?);
        return Ok(Mode::Past(format!(
            "你看到的是账本前 {known} 行时的账（最后一行记于 {last}），不是现在的账。此后又入账 {} 行。",
            size - known
        )));
    }
    let (as_of, latest) = (
        reading.at().as_of,
        projections::latest_day(asked.reader().book(), &reading.plan().adopted.plan, known),
    );
    if as_of < latest {
        return Ok(Mode::Past(format!(
            "你看到的是截至 {as_of} 的情况，不是最新的。账上已有截至 {latest} 的数。"
        )));
    }
    Ok(Mode::Now)
}

fn what_if(reading: &Reading<'_>) -> String {
    let mut said = vec!["这是推演，不是正式结果，不得引用。".to_owned()];
    if reading.rules_in_force() != Some(reading.rules_hash()) {
        said.push(format!("套用的规则是“{}”，不是当时施行的规则。", rules_title(reading)));
    }
    if !reading.left_out().is_empty() {
        said.push(format!("略去了 {} 个事件。", reading.left_out().len()));
    }
    said.concat()
}

/// Fills a template.
pub fn filled(page: &impl Template) -> String {
    page.render().expect("a string takes every character")
}
