//! Checking a proof: nothing but the file's bytes, and whom the auditor trusts to sign tree heads.

use std::collections::BTreeMap;

use chain::hash::leaf_hash;
use chain::line::Line;
use chain::note::{Checkpoint, Note, VerifierKey, open_checkpoint};
use chain::policy::Policy;
use chain::verify::Flaw;
use chain::{EventHash, TreeHash};
use domain::book::Book;
use domain::registry::{AreaIx, IndicatorIx};
use domain::scoring::At;
use events::{AreaClass, AreaId, Event, IndicatorId, Recorded, UnitId};
use projections::Reading;
use serde::Serialize;
use serde_json::Value;

use super::linked::{self, Link};
use super::wanted::Wanted;
use super::wire::{Content, unpack};
use super::{CellOf, result};
use crate::Finding;
use crate::fold::unusable;

/// Whose signature the tree head must have.
#[derive(Clone, Debug)]
pub enum Trust {
    /// This log key's.
    Key(VerifierKey),
    /// As this policy asks.
    Policy(Policy),
    /// That of the key the ledger itself names: whoever made up the whole file made up the key too.
    Own,
}

/// What a proof shows of a unit's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitLines {
    /// The unit.
    pub unit: UnitId,
    /// How many lines of it the file has, without a gap from its first.
    pub lines: u64,
    /// The event hash of the last of them.
    pub head: EventHash,
    /// How many lines the unit itself stated last, signed; none where it never did.
    pub stated: Option<u64>,
}

/// What came of checking a proof. Serialized, it is what `--json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellReport {
    /// Nothing: the proof holds.
    pub findings: Vec<Finding>,
    /// Which cell; none where the file cannot be read.
    pub cell: Option<CellOf>,
    /// How many lines of the ledger are in the file.
    pub lines: u64,
    /// The chains of the units that report the cell.
    pub units: Vec<UnitLines>,
    /// Keys of the policy, or the key, that signed the head.
    pub signers: Vec<String>,
    /// The explanation as it follows from the lines.
    pub result: Option<Value>,
    /// What is not proven, in Chinese.
    pub not_proven: Vec<String>,
}

/// Checks a proof's bytes.
#[must_use]
pub fn check(bytes: &[u8], trust: &Trust) -> CellReport {
    let mut report = CellReport {
        findings: Vec::new(),
        cell: None,
        lines: 0,
        units: Vec::new(),
        signers: Vec::new(),
        result: None,
        not_proven: Vec::new(),
    };
    match unpack(bytes) {
        Ok(content) => {
            report.cell = Some(content.cell.clone());
            report.lines = content.lines.len() as u64;
            if let Err(flaw) = follow(&content, trust, &mut report) {
                report.findings.push(Finding::of(flaw));
            }
        }
        Err(reason) => {
            report.findings.push(Finding::of(Flaw::whole("proof-format").values("单格证明文件", reason)));
        }
    }
    report
}

/// Goes from the lines to the result; ends at the first thing that is wrong.
fn follow(content: &Content, trust: &Trust, report: &mut CellReport) -> Result<(), Flaw> {
    let lines = decode(content)?;
    signed(content, &lines, trust, report)?;
    tree(content, &lines)?;
    let mut chains = chains(&lines)?;
    let book = fold(&lines)?;
    statements(&lines, &book, &mut chains);
    let CellOf { as_of, size, root, .. } = content.cell;
    let missing = |what: String| Flaw::whole("proof-missing").values(what, "没有");
    let plan = book.registry().plan_ix(&content.cell.plan);
    let plan = plan.ok_or_else(|| missing(format!("方案 {} 的行", content.cell.plan)))?;
    let reading = Reading::in_force(&book, plan, At { as_of, known: size }, root);
    let reading = reading.map_err(|error| missing(format!("施行的规则（{error}）")))?;
    if reading.rules_hash() != content.cell.rules {
        return Err(Flaw::whole("proof-result").values(reading.rules_hash(), content.cell.rules));
    }
    let (row, area) = cell(&reading, &content.cell.indicator, &content.cell.area)
        .ok_or_else(|| missing("指标与考核地区的行".to_owned()))?;
    let wanted = Wanted::of(&reading, row, area);
    complete(&reading, &wanted, &chains, report)?;
    compare(&reading, (row, area), &content.result, report)?;
    limits(report, trust);
    Ok(())
}

/// A line with what follows from its bytes.
struct Checked<'a> {
    line: Line<'a>,
    recorded: Recorded,
    leaf: TreeHash,
}

fn decode(content: &Content) -> Result<Vec<Checked<'_>>, Flaw> {
    let flaw = |found: String| Flaw::whole("proof-line").values("账本前若干行中的行", found);
    let mut lines: Vec<Checked<'_>> = Vec::with_capacity(content.lines.len());
    for bytes in &content.lines {
        let line = Line::parse(bytes).map_err(|error| flaw(error.to_string()))?;
        let before = lines.last().map(|before| before.line.position);
        if before.is_some_and(|before| before >= line.position) || line.position >= content.cell.size {
            return Err(flaw(format!("第 {} 行不在应在的位置", line.position)));
        }
        let recorded = Recorded::decode(&line, line.hash()).map_err(|error| flaw(error.to_string()))?;
        lines.push(Checked { line, recorded, leaf: leaf_hash(bytes) });
    }
    Ok(lines)
}

/// The head is of this ledger and signed as asked.
fn signed(
    content: &Content,
    lines: &[Checked<'_>],
    trust: &Trust,
    report: &mut CellReport,
) -> Result<(), Flaw> {
    let flaw = |found: &str| Flaw::whole("proof-head").values("可信的账本头", found);
    let note = content.head.as_bytes();
    let head = match trust {
        Trust::Policy(policy) => {
            let (head, signers) = policy.open(note).map_err(|error| flaw(error.code()))?;
            report.signers = signers;
            head
        }
        Trust::Key(key) => opened(note, key, report).map_err(flaw)?,
        Trust::Own => {
            let key = own_key(lines).ok_or_else(|| flaw("没有开账的行"))?;
            opened(note, &key, report).map_err(flaw)?
        }
    };
    let origin = lines.first().filter(|own| own.line.position == 0).and_then(|own| {
        if let Event::LedgerOpened(opened) = &own.recorded.event { Some(&opened.origin) } else { None }
    });
    if origin != Some(&head.origin) || head.origin != content.cell.origin {
        return Err(flaw("账本名不一致"));
    }
    if (head.size, head.root) != (content.cell.size, content.cell.root) {
        return Err(flaw("行数或树根与所说的不一致"));
    }
    Ok(())
}

fn opened(note: &[u8], key: &VerifierKey, report: &mut CellReport) -> Result<Checkpoint, &'static str> {
    Note::parse(note).map_err(|error| error.code())?;
    let (head, _) = open_checkpoint(note, key).map_err(|error| error.code())?;
    report.signers = vec![key.to_string()];
    Ok(head)
}

/// The key that the ledger's own lines name last.
fn own_key(lines: &[Checked<'_>]) -> Option<VerifierKey> {
    let mut keys = lines.iter().filter_map(|own| {
        if let Event::LedgerOpened(opened) = &own.recorded.event {
            Some(&opened.log_key)
        } else if let Event::LogKeyChanged(changed) = &own.recorded.event {
            Some(&changed.log_key)
        } else {
            None
        }
    });
    keys.next_back()?.parse().ok()
}

/// Every line is in the tree under the head, or is named by the next line of its unit, which is.
fn tree(content: &Content, lines: &[Checked<'_>]) -> Result<(), Flaw> {
    let links: Vec<Link> = lines.iter().map(|own| Link::of(&own.line, own.recorded.hash)).collect();
    let in_tree = linked::in_tree(&links).map_err(|link| {
        let found = format!("{} 的第 {} 行，后一行所接的不是它", link.unit, link.seq);
        Flaw::whole("proof-chain").values("连续的单位链", found)
    })?;
    let own = lines.iter().zip(in_tree).filter(|(_, in_tree)| *in_tree).map(|(own, _)| own);
    let leaves: Vec<(u64, TreeHash)> = own.map(|own| (own.line.position, own.leaf)).collect();
    let root = chain::pruned::root_from(content.cell.size, &leaves, &content.nodes);
    if root == Some(content.cell.root) {
        return Ok(());
    }
    let found = root.map_or_else(|| "拼不成一棵树".to_owned(), |root| root.to_string());
    Err(Flaw::whole("proof-tree").values(content.cell.root, found))
}

/// Each unit's chain from its first line on; none for a unit of which the file has single lines only.
fn chains(lines: &[Checked<'_>]) -> Result<BTreeMap<UnitId, UnitLines>, Flaw> {
    let mut chains = BTreeMap::<UnitId, UnitLines>::new();
    for Checked { line, recorded, .. } in lines {
        let unit = &recorded.unit;
        let chain = chains.entry(unit.clone()).or_insert_with(|| UnitLines {
            unit: unit.clone(),
            lines: 0,
            head: EventHash::ZERO,
            stated: None,
        });
        if line.unit_seq != chain.lines {
            continue;
        }
        if line.unit_prev != chain.head {
            let found = format!("{unit} 的第 {} 行不接前一行", line.unit_seq);
            return Err(Flaw::whole("proof-chain").values("连续的单位链", found));
        }
        (chain.lines, chain.head) = (chain.lines + 1, recorded.hash);
    }
    // A line beyond a gap shows that the chain goes on: it is not whole.
    for Checked { line, recorded, .. } in lines {
        let whole = chains.get(&recorded.unit).is_some_and(|chain| line.unit_seq < chain.lines);
        if !whole {
            chains.remove(&recorded.unit);
        }
    }
    Ok(chains)
}

fn fold(lines: &[Checked<'_>]) -> Result<Book, Flaw> {
    let mut book = Book::default();
    for Checked { line, recorded, .. } in lines {
        if let Some(flaw) = unusable(line.position, &recorded.event, book.registry()) {
            return Err(flaw);
        }
        book.apply(recorded);
    }
    Ok(book)
}

/// What units stated of their own lines, where the signature is right and its key was the unit's then.
fn statements(lines: &[Checked<'_>], book: &Book, chains: &mut BTreeMap<UnitId, UnitLines>) {
    for Checked { line, recorded, .. } in lines {
        let Event::CompletenessStated(stated) = &recorded.event else { continue };
        let (Some(signature), Some(chain)) = (&recorded.signature, chains.get_mut(&recorded.unit)) else {
            continue;
        };
        let enrolled = book.registry().keys(&recorded.unit).iter().any(|own| {
            let revoked = own.revoked.is_some_and(|revoked| revoked < line.position);
            own.key == signature.key && own.enrolled < line.position && !revoked
        });
        let mut payload = chain::dsse::SubmissionPayload::new();
        payload.push(line.kind, line.version, &recorded.event.encode().unwrap_or_default());
        let payload = payload.finish(line.submission, line.unit);
        let signed = chain::dsse::verify_submission(&signature.key, &signature.sig, &payload);
        if enrolled && signed && line.submission_size == 1 {
            chain.stated = Some(stated.lines);
        }
    }
}

/// A row and an assessed area of the reading's plan.
pub(super) fn cell(
    reading: &Reading<'_>,
    indicator: &IndicatorId,
    area: &AreaId,
) -> Option<(IndicatorIx, AreaIx)> {
    let (plan, known) = (reading.plan(), reading.plan().shape(reading.at().known));
    let row = plan.indicator_ix(indicator).filter(|row| usize::from(row.0) < known.indicators)?;
    let area = plan.area_ix(area).filter(|area| usize::from(area.0) < known.areas)?;
    (plan.area(area).class != AreaClass::CityLevel).then_some((row, area))
}

/// All rows the points depend on are defined, and the chains of the units that report them are whole.
fn complete(
    reading: &Reading<'_>,
    wanted: &Wanted,
    chains: &BTreeMap<UnitId, UnitLines>,
    report: &mut CellReport,
) -> Result<(), Flaw> {
    let missing = |what: String| Flaw::whole("proof-missing").values(what, "没有");
    if let Some(row) = wanted.rows.iter().find(|row| reading.plan().indicator_ix(row).is_none()) {
        return Err(missing(format!("指标 {row} 的行")));
    }
    let figures = reading.book().cells().flat_map(|(_, cell)| cell.figures());
    let reported: std::collections::BTreeSet<&UnitId> = figures.map(|figure| &figure.unit).collect();
    for unit in &wanted.units {
        match chains.get(unit) {
            Some(chain) => report.units.push(chain.clone()),
            None if reported.contains(unit) => return Err(missing(format!("单位 {unit} 的全部行"))),
            None => report.not_proven.push(format!(
                "单位 {unit} 有报送职责，而文件里没有它的行：它确实没有报过，只有全账复核能证明。"
            )),
        }
    }
    Ok(())
}

/// The result that the file states is the one that follows.
fn compare(
    reading: &Reading<'_>,
    (row, area): (IndicatorIx, AreaIx),
    stated: &Value,
    report: &mut CellReport,
) -> Result<(), Flaw> {
    let follows = serde_json::to_value(result(reading, row, area)).expect("an explanation is JSON");
    let mut members = follows.as_object().into_iter().flat_map(|members| members.keys());
    let differs = members.find(|member| follows.get(*member) != stated.get(*member)).cloned();
    report.result = Some(follows.clone());
    match differs {
        Some(member) => {
            let text = |value: &Value| value.get(&member).unwrap_or(&Value::Null).to_string();
            let (expected, found) = (text(&follows), text(stated));
            Err(Flaw::whole("proof-result")
                .values(format!("{member} {expected}"), format!("{member} {found}")))
        }
        None if follows != *stated => Err(Flaw::whole("proof-result").values("这些成员", "还有别的成员")),
        None => Ok(()),
    }
}

/// What the file cannot show, whatever is in it.
fn limits(report: &mut CellReport, trust: &Trust) {
    if let Trust::Own = trust {
        report
            .not_proven
            .push("没有给出密钥或见证策略：只核对了账本自己所列密钥的签名，未核对那是谁的密钥。".to_owned());
    }
    for chain in &report.units {
        let (unit, lines) = (&chain.unit, chain.lines);
        report.not_proven.push(match chain.stated {
            Some(stated) => format!(
                "单位 {unit}：到第 {lines} 行为止一行不缺（前 {stated} 行由该单位签名声明）；其后有没有更晚的行，看该单位的回执或全账复核。"
            ),
            None => format!(
                "单位 {unit}：到第 {lines} 行为止一行不缺；其后有没有更晚的行，看该单位的回执、无遗漏声明或全账复核。"
            ),
        });
    }
    report.not_proven.push(
        "其他单位的行（目标、规则、职责、复核、审定）确在账本里；有没有更多的，只有全账复核能证明。"
            .to_owned(),
    );
    report.not_proven.push(
        "证明到这一格和所在权重块的得分为止：地区总分还有其他权重块和加分、扣分、一票否决，不在其内，见成绩表。"
            .to_owned(),
    );
}

#[cfg(test)]
mod tests;
