//! 快照与冻结: what is proposed, what stands in the way, who approved, what is frozen, and what restates it.

use answers::Asked;
use askama::Template;
use chain::EventHash;
use domain::ledger::Blockers;
use domain::ledger::snapshots::{Objection, Slot, Snapshot, Snapshots, Standing};
use domain::registry::CellIx;
use events::{AreaRestated, ObjectionOutcome, SnapshotKind};
use projections::Reading;

use crate::axes_bar::token;
use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::text;

/// So many cells of each kind are named; how many there are is always said.
const NAMED: usize = 30;

#[derive(Template)]
#[template(path = "snapshots.html")]
struct SnapshotsPage {
    frame: Frame,
    rows: Vec<Row>,
    committee: Option<Committee>,
    objections: Vec<Filed>,
    slots: Vec<Ahead>,
}

#[derive(Template)]
#[template(path = "snapshot.html")]
struct SnapshotPage {
    frame: Frame,
    row: Row,
    boxes: Vec<Signature>,
    quorum: usize,
    waiver: Option<String>,
    notice: Option<String>,
    checklist: [(&'static str, u32); 4],
    tables: Vec<Made>,
    not_made: Option<String>,
    token: String,
    view: String,
    compare: String,
    root: String,
    rules: String,
    ahead: Option<Ahead>,
    restates: Option<Beside>,
    restated_by: Vec<(String, String)>,
    objections: Vec<Filed>,
}

/// A snapshot in the list.
struct Row {
    name: String,
    href: String,
    standing: &'static str,
    colour: &'static str,
    sealed: bool,
    as_of: String,
    size: u64,
    approvals: usize,
    quorum: String,
    proposed: String,
    frozen: Option<String>,
    unit: String,
    position: u64,
    hash: String,
}

/// A member's box.
struct Signature {
    member: String,
    unit: String,
    signed: Option<u64>,
    counts: bool,
    revoked: bool,
}

struct Committee {
    document: String,
    quorum: usize,
    position: u64,
    members: Vec<Member>,
}

struct Member {
    member: String,
    unit: String,
    key: String,
    revoked: bool,
}

struct Filed {
    unit: String,
    about: String,
    grounds: String,
    outcome: String,
    snapshot: String,
    position: u64,
    hash: String,
}

/// What stands in the way of a part of the year.
struct Ahead {
    name: String,
    as_of: String,
    standing: String,
    kinds: Vec<Blocked>,
    clear: bool,
}

struct Blocked {
    what: &'static str,
    count: usize,
    cells: Vec<(String, String)>,
}

/// A table of the manifest, beside what the lines give now.
struct Made {
    name: String,
    rows: u32,
    root: String,
    equal: bool,
}

/// What a restatement changes.
struct Beside {
    reason: String,
    href: String,
    name: String,
    areas: Vec<Restated>,
}

struct Restated {
    area: String,
    before: String,
    now: String,
    places: String,
    difference: String,
    direction: &'static str,
}

/// All snapshots, the committee, and what stands in the way of the year's parts.
///
/// # Errors
/// When the question has no answer.
pub fn snapshots(site: &Site<'_>, asked: &Asked<'_>) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let frame = Frame::of(site, asked, Page { path: "/snapshots", title: "快照与冻结", own: &[] })?;
    let all = asked.reader().model().ledger().snapshots();
    let own = |own: &&Snapshot| own.position < reading.at().known && is_of_plan(&reading, own);
    let objections = all.objections().iter().filter(|own| own.position < reading.at().known);
    Ok(filled(&SnapshotsPage {
        rows: all.all().iter().rev().filter(own).map(|own| row(&reading, all, own, &frame)).collect(),
        committee: committee(&reading, all),
        objections: objections.map(|own| filed(&reading, own)).collect(),
        slots: slots(&reading).iter().map(|slot| ahead(&reading, all, slot, &frame)).collect(),
        frame,
    }))
}

/// One snapshot.
///
/// # Errors
/// When the question has no answer, or there is no such snapshot.
pub fn snapshot(site: &Site<'_>, asked: &Asked<'_>, hash: EventHash) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let all = asked.reader().model().ledger().snapshots();
    let missing = || PageError::NotThere(format!("账本里没有快照 {hash}。请从快照列表里打开。"));
    let own = all.snapshot(&hash).filter(|own| own.position < reading.at().known).ok_or_else(missing)?;
    let path = format!("/snapshots/{hash}");
    let title = name(own);
    let frame = Frame::of(site, asked, Page { path: &path, title: &title, own: &[] })?;
    let manifest = &own.manifest;
    let token = token(&reading, own).to_string();
    let made = remade(asked, own);
    let checklist = manifest.checklist;
    Ok(filled(&SnapshotPage {
        row: row(&reading, all, own, &frame),
        boxes: boxes(&reading, all, own),
        quorum: all.committee(&manifest.plan).map_or(0, domain::ledger::snapshots::Committee::quorum),
        waiver: manifest.waiver.clone(),
        notice: manifest.notice.map(|own| format!("{} 至 {}", own.starts_on, own.ends_on)),
        checklist: [
            ("缺报", checklist.missing),
            ("未复核", checklist.unverified),
            ("退回未更正", checklist.returned),
            ("申诉未决", checklist.objections),
        ],
        not_made: made.as_ref().err().map(ToString::to_string),
        tables: made.unwrap_or_default(),
        view: frame.links.now("/", &[("token", &token)]),
        compare: compare(own, &frame),
        root: manifest.root.to_string(),
        rules: manifest.rules.to_string(),
        ahead: own.is_open().then(|| ahead(&reading, all, &own.slot(), &frame)),
        restates: restates(&reading, all, own),
        restated_by: all.restatements(own.hash).map(|other| (address(other), name(other))).collect(),
        objections: all
            .objections()
            .iter()
            .filter(|own| own.filed.snapshot == hash)
            .map(|own| filed(&reading, own))
            .collect(),
        token,
        frame,
    }))
}

fn is_of_plan(reading: &Reading<'_>, own: &Snapshot) -> bool {
    own.manifest.plan == reading.plan().adopted.plan
}

fn name(own: &Snapshot) -> String {
    format!("{}{}", own.slot(), if own.is_restatement() { " · 重述" } else { "" })
}

fn address(own: &Snapshot) -> String {
    format!("/snapshots/{}", own.hash)
}

const fn standing(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Proposed => ("待批准", "y"),
        Standing::Withdrawn => ("已撤回", "n"),
        Standing::Frozen => ("已冻结", "r"),
        Standing::Published => ("已冻结并公布", "r"),
        Standing::Reopened => ("已重新开启", "p"),
    }
}

fn row(reading: &Reading<'_>, all: &Snapshots, own: &Snapshot, frame: &Frame) -> Row {
    let (word, colour) = standing(own.standing());
    let counted = if own.frozen.is_some() { own.approvals.len() } else { all.counted(own).len() };
    let committee = all.committee(&own.manifest.plan);
    Row {
        name: name(own),
        href: frame.links.to(&address(own), &[]),
        standing: word,
        colour,
        sealed: own.is_frozen(),
        as_of: own.manifest.as_of.to_string(),
        size: own.manifest.size,
        approvals: counted,
        quorum: committee.map_or_else(|| "—".to_owned(), |own| own.quorum().to_string()),
        proposed: text::minute(own.at),
        frozen: own.frozen.map(|done| text::minute(done.at)),
        unit: reading.book().registry().unit_name(&own.unit).to_owned(),
        position: own.position,
        hash: own.hash.to_string(),
    }
}

fn committee(reading: &Reading<'_>, all: &Snapshots) -> Option<Committee> {
    let own = all.committee(&reading.plan().adopted.plan)?;
    let (position, appointed) = own.appointed()?;
    let member = |member: &events::CommitteeMember| Member {
        member: member.member.to_string(),
        unit: reading.book().registry().unit_name(&member.unit).to_owned(),
        key: member.key.clone(),
        revoked: own.revoked_at(&member.key).is_some(),
    };
    Some(Committee {
        document: appointed.document.clone(),
        quorum: own.quorum(),
        position,
        members: own.members().iter().map(member).collect(),
    })
}

fn boxes(reading: &Reading<'_>, all: &Snapshots, own: &Snapshot) -> Vec<Signature> {
    let Some(committee) = all.committee(&own.manifest.plan) else { return Vec::new() };
    let counted = all.counted(own);
    let signature = |member: &events::CommitteeMember| Signature {
        member: member.member.to_string(),
        unit: reading.book().registry().unit_name(&member.unit).to_owned(),
        signed: own
            .approvals
            .iter()
            .find(|approval| approval.member == member.member)
            .map(|own| own.position),
        counts: own.frozen.is_some() || counted.iter().any(|approval| approval.member == member.member),
        revoked: committee.revoked_at(&member.key).is_some(),
    };
    committee.members().iter().map(signature).collect()
}

fn filed(reading: &Reading<'_>, own: &Objection) -> Filed {
    let area = own.filed.area.as_ref().map_or("全部地区", |area| reading.area_name(area));
    let indicator =
        own.filed.indicator.as_ref().map_or_else(|| "全部指标".to_owned(), |id| reading.indicator_name(id));
    let outcome = own.decided.as_ref().filter(|(position, _)| *position < reading.at().known);
    let outcome = outcome.map_or_else(
        || "未决".to_owned(),
        |(_, decided)| {
            let word = match decided.outcome {
                ObjectionOutcome::Upheld => "成立",
                ObjectionOutcome::Dismissed => "不成立",
            };
            format!("{word}：{}", decided.reason)
        },
    );
    Filed {
        unit: reading.book().registry().unit_name(&own.unit).to_owned(),
        about: format!("{area}，{indicator}"),
        grounds: own.filed.grounds.clone(),
        outcome,
        snapshot: own.filed.snapshot.to_string(),
        position: own.position,
        hash: own.hash.to_string(),
    }
}

/// The parts of the reporting date's year that have begun.
fn slots(reading: &Reading<'_>) -> Vec<Slot> {
    let kinds = [
        SnapshotKind::FirstQuarter,
        SnapshotKind::HalfYear,
        SnapshotKind::ThreeQuarters,
        SnapshotKind::YearEnd,
    ];
    let Ok(year) = u16::try_from(reading.at().as_of.year()) else { return Vec::new() };
    let plan = &reading.plan().adopted.plan;
    let slots = kinds.map(|kind| Slot { plan: plan.clone(), year, kind });
    let known = reading.at().as_of;
    // The part that runs, and those before it.
    let running = slots.iter().position(|slot| known <= slot.as_of()).unwrap_or(slots.len() - 1);
    slots.into_iter().take(running + 1).collect()
}

fn ahead(reading: &Reading<'_>, all: &Snapshots, slot: &Slot, frame: &Frame) -> Ahead {
    let blockers = Blockers::of(reading.book(), all, slot, reading.at().known);
    let cells =
        |cells: &[CellIx]| cells.iter().take(NAMED).map(|cell| named(reading, *cell, frame)).collect();
    let kinds =
        [("缺报", &blockers.missing), ("未复核", &blockers.unverified), ("退回未更正", &blockers.returned)];
    let mut kinds: Vec<Blocked> =
        kinds.into_iter().map(|(what, own)| Blocked { what, count: own.len(), cells: cells(own) }).collect();
    kinds.push(Blocked { what: "申诉未决", count: blockers.objections.len(), cells: Vec::new() });
    let frozen =
        all.frozen(slot).filter(|own| own.frozen.is_some_and(|done| done.position < reading.at().known));
    let open = all.open(slot).filter(|own| own.position < reading.at().known);
    Ahead {
        name: slot.to_string(),
        as_of: slot.as_of().to_string(),
        standing: match (frozen, open) {
            (Some(_), _) => "已冻结".to_owned(),
            (None, Some(_)) => "待批准".to_owned(),
            (None, None) => "还没有提出".to_owned(),
        },
        clear: blockers.counts().is_clear(),
        kinds,
    }
}

fn named(reading: &Reading<'_>, cell: CellIx, frame: &Frame) -> (String, String) {
    let (indicator, area) = reading.ids(cell);
    let href = frame.links.to("/cell", &[("indicator", indicator.as_str()), ("area", area.as_str())]);
    (href, format!("{} · {}", reading.area_name(area), reading.indicator_name(indicator)))
}

/// The manifest's tables, made again from the lines.
fn remade(asked: &Asked<'_>, own: &Snapshot) -> Result<Vec<Made>, PageError> {
    let root = asked.reader().root_at(own.manifest.size).map_err(answers::AskError::from)?;
    let made = projections::snapshots::remake(asked.reader().book(), &own.manifest, root);
    let made = made.map_err(|error| PageError::NotThere(error.to_string()))?;
    let shown = made.iter().map(|own| Made {
        name: own.listed.table.clone(),
        rows: own.listed.rows,
        root: own.listed.root.to_string(),
        equal: own.is_equal(),
    });
    Ok(shown.collect())
}

/// The way to what has changed since.
fn compare(own: &Snapshot, frame: &Frame) -> String {
    let (day, size, rules) =
        (own.manifest.as_of.to_string(), own.manifest.size.to_string(), own.manifest.rules.to_string());
    let from =
        [("from_as_of", day.as_str()), ("from_known_at", &size), ("from_rules", &rules), ("as_of", &day)];
    frame.links.now("/diff", &from)
}

fn restates(reading: &Reading<'_>, all: &Snapshots, own: &Snapshot) -> Option<Beside> {
    let restatement = own.manifest.restates.as_ref()?;
    let first = all.snapshot(&restatement.snapshot)?;
    Some(Beside {
        reason: restatement.reason.clone(),
        href: address(first),
        name: name(first),
        areas: restatement.areas.iter().map(|area| restated(reading, area)).collect(),
    })
}

fn restated(reading: &Reading<'_>, own: &AreaRestated) -> Restated {
    let shown = |total: Option<events::Decimal>| total.map_or_else(|| "—".to_owned(), |own| own.to_string());
    let place = |place: Option<u32>| place.map_or_else(|| "—".to_owned(), |own| own.to_string());
    let difference = own.total_before.zip(own.total_now).map(|(before, now)| {
        let (before, now): (domain::rational::Rational, domain::rational::Rational) =
            (before.into(), now.into());
        &now - &before
    });
    Restated {
        area: reading.area_name(&own.area).to_owned(),
        before: shown(own.total_before),
        now: shown(own.total_now),
        places: format!("{} → {}", place(own.place_before), place(own.place_now)),
        direction: match &difference {
            Some(own) if own.is_negative() => "dn",
            Some(own) if !own.is_zero() => "up",
            _ => "mut",
        },
        difference: difference.map_or_else(|| "—".to_owned(), |own| text::signed(&own, 2)),
    }
}
