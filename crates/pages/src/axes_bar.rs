//! The bar of the three axes: a form that works without script, the ledger's line with its marks, and shortcuts.

use std::collections::BTreeSet;

use answers::Asked;
use domain::ledger::snapshots::Snapshot;
use projections::{Reading, Token};

use crate::frame::Page;
use crate::links::Links;

/// How many reporting dates are proposed.
const DAYS: usize = 60;
/// How long the ledger's line is drawn.
const LENGTH: u64 = 300;

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

/// A mark on the ledger's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub x: u64,
    pub about: String,
}

/// A shortcut to a place on the axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcut {
    pub href: String,
    pub title: String,
    pub current: bool,
}

/// The bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxesBar {
    pub action: String,
    pub hidden: Vec<(String, String)>,
    pub as_of: String,
    pub days: Vec<String>,
    pub known: String,
    pub sizes: Vec<Choice>,
    pub rules: Vec<Choice>,
    pub without: Vec<String>,
    pub marks: Vec<Mark>,
    pub known_x: u64,
    pub size: u64,
    pub shortcuts: Vec<Shortcut>,
}

impl AxesBar {
    /// The bar of a page.
    pub fn of(asked: &Asked<'_>, reading: &Reading<'_>, links: &Links, page: Page<'_>) -> Self {
        let size = asked.reader().model().size();
        let known = reading.at().known;
        let frozen = frozen(asked, reading);
        let plan = links.values("plan").map(|plan| ("plan".to_owned(), plan.to_owned()));
        let own = page.own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            action: page.path.to_owned(),
            hidden: own.chain(plan).collect(),
            as_of: reading.at().as_of.to_string(),
            days: days(reading),
            known: if known == size { String::new() } else { known.to_string() },
            sizes: frozen.iter().map(|own| size_choice(own)).collect(),
            rules: rules(reading, links),
            without: reading.left_out().iter().map(ToString::to_string).collect(),
            marks: marks(reading, &frozen, size),
            known_x: along(known, size),
            size,
            shortcuts: shortcuts(reading, &frozen, links, page, size),
        }
    }
}

/// The frozen snapshots of the plan.
fn frozen<'a>(asked: &'a Asked<'_>, reading: &Reading<'_>) -> Vec<&'a Snapshot> {
    let snapshots = asked.reader().model().ledger().snapshots();
    let own = |own: &&Snapshot| own.frozen.is_some() && own.manifest.plan == reading.plan().adopted.plan;
    snapshots.all().iter().filter(own).collect()
}

/// Days that figures were attained on, the latest first.
fn days(reading: &Reading<'_>) -> Vec<String> {
    let cells = reading.book().cells().filter(|(ix, _)| ix.plan == reading.plan_ix());
    let days: BTreeSet<_> = cells.flat_map(|(_, cell)| cell.figures()).map(|figure| figure.as_at).collect();
    days.iter().rev().take(DAYS).map(ToString::to_string).collect()
}

fn size_choice(snapshot: &Snapshot) -> Choice {
    let label = format!("{}{}所依据的行数", snapshot.slot(), kind(snapshot));
    Choice { value: snapshot.manifest.size.to_string(), label, selected: false }
}

const fn kind(snapshot: &Snapshot) -> &'static str {
    if snapshot.is_restatement() { "重述" } else { "冻结" }
}

fn rules(reading: &Reading<'_>, links: &Links) -> Vec<Choice> {
    let named = links.values("rules").next().is_some() || !reading.is_official();
    let in_force =
        Choice { value: String::new(), label: "当时施行的规则".to_owned(), selected: !named };
    let mut choices = vec![in_force];
    for own in reading.plan().rulebooks() {
        let value = own.rules_hash.to_string();
        let selected = named && own.rules_hash == reading.rules_hash();
        let label = format!("{}（{} 起）", own.adopted.title, own.adopted.effective_from);
        if choices.iter().all(|choice| choice.value != value) {
            choices.push(Choice { value, label, selected });
        }
    }
    choices
}

fn along(known: u64, size: u64) -> u64 {
    (known * LENGTH).checked_div(size).unwrap_or(0)
}

fn marks(reading: &Reading<'_>, frozen: &[&Snapshot], size: u64) -> Vec<Mark> {
    let frozen = frozen.iter().map(|own| Mark {
        x: along(own.manifest.size, size),
        about: format!("{}{}：前 {} 行", own.slot(), kind(own), own.manifest.size),
    });
    let adopted = reading.plan().rulebooks().iter().map(|own| Mark {
        x: along(own.position, size),
        about: format!("规则“{}”颁布：位置 {}", own.adopted.title, own.position),
    });
    frozen.chain(adopted).collect()
}

/// Now, the latest freezings, and other rules that were adopted.
fn shortcuts(
    reading: &Reading<'_>,
    frozen: &[&Snapshot],
    links: &Links,
    page: Page<'_>,
    size: u64,
) -> Vec<Shortcut> {
    let at = reading.at();
    let plain = links.values("as_of").next().is_none();
    let now = Shortcut {
        href: links.now(page.path, page.own),
        title: "现在".to_owned(),
        current: plain && at.known == size && reading.is_official(),
    };
    let frozen = frozen.iter().rev().take(2).rev().map(|own| {
        let token = token(reading, own).to_string();
        let parameters: Vec<_> = page.own.iter().copied().chain([("token", token.as_str())]).collect();
        let current = reading.is_official() && reading.token().to_string() == token;
        Shortcut {
            href: links.now(page.path, &parameters),
            title: format!("{}{}", own.slot(), kind(own)),
            current,
        }
    });
    std::iter::once(now).chain(frozen).collect()
}

/// The token of a frozen snapshot's tables.
pub fn token(reading: &Reading<'_>, snapshot: &Snapshot) -> Token {
    let manifest = &snapshot.manifest;
    Token {
        origin: reading.token().origin,
        size: manifest.size,
        root: manifest.root,
        as_of: manifest.as_of,
        rules: manifest.rules,
    }
}
