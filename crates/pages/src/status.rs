//! 系统状态: how far everything has come, and what the last self-check found.

use answers::Asked;
use askama::Template;
use chain::Instant;
use projections::words;
use serde_json::Value;

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};

/// What the server knows of itself.
#[derive(Clone, Copy, Debug)]
pub struct Health<'a> {
    /// How many lines the log has; none when it cannot be asked.
    pub lines: Option<u64>,
    /// Why the read model is not kept up.
    pub failure: Option<&'a str>,
    /// The last self-check, as it was written (`self-check.json`).
    pub self_check: Option<&'a [u8]>,
}

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    frame: Frame,
    title: String,
    origin: String,
    facts: Vec<Fact>,
    checked: Option<Checked>,
    unit_chains: Vec<Chain>,
    ready: bool,
}

struct Fact {
    what: &'static str,
    said: String,
    good: Option<bool>,
}

/// The last self-check.
struct Checked {
    at: String,
    lines: String,
    holds: bool,
    tables: String,
    findings: Vec<String>,
    not_compared: Vec<String>,
}

/// A unit's chain.
struct Chain {
    unit: String,
    href: String,
    lines: u64,
    hash: String,
}

/// The state of the ledger and of the server.
///
/// # Errors
/// When the question has no answer.
pub fn status(site: &Site<'_>, asked: &Asked<'_>, health: Health<'_>) -> Result<String, PageError> {
    let frame = Frame::of(site, asked, Page { path: "/status", title: "系统状态", own: &[] })?;
    let opened = asked.reader().book().registry().opened();
    let facts = facts(site, asked, health);
    Ok(filled(&StatusPage {
        title: opened.map(|own| own.title.clone()).unwrap_or_default(),
        origin: opened.map(|own| own.origin.clone()).unwrap_or_default(),
        ready: facts.iter().all(|fact| fact.good != Some(false)),
        checked: health.self_check.and_then(checked),
        unit_chains: chains(asked, &frame),
        facts,
        frame,
    }))
}

fn facts(site: &Site<'_>, asked: &Asked<'_>, health: Health<'_>) -> Vec<Fact> {
    let model = asked.reader().model();
    let (known, head) = (model.size(), model.ledger().head());
    let lines = health.lines.map_or_else(|| "现在读不到".to_owned(), |lines| format!("{lines} 行"));
    let lag = health.lines.map(|lines| lines.saturating_sub(known));
    let book = asked.reader().book();
    let open = book.registry().periods().filter(|period| period.closed.is_none()).count();
    vec![
        Fact { what: "账本", said: lines, good: Some(health.lines.is_some()) },
        Fact {
            what: "读模型的检查点",
            said: match (health.failure, lag) {
                (Some(reason), _) => format!("停在第 {known} 行：{reason}"),
                (None, Some(0)) => format!("前 {known} 行，没有落后"),
                (None, Some(lag)) => format!("前 {known} 行，落后 {lag} 行"),
                (None, None) => format!("前 {known} 行"),
            },
            good: Some(health.failure.is_none() && lag == Some(0)),
        },
        Fact {
            what: "签名的账本头",
            said: site
                .signed
                .map_or_else(|| "没有能核对通过的账本头".to_owned(), |signed| format!("前 {signed} 行")),
            good: Some(site.signed == Some(known)),
        },
        Fact {
            what: "最后一行",
            said: head
                .at
                .map_or_else(|| "还没有".to_owned(), |at| format!("{}（北京时间）", words::china_time(at))),
            good: None,
        },
        Fact { what: "数值", said: format!("{} 个版本", book.figure_count()), good: None },
        Fact { what: "没有关闭的报送期", said: format!("{open} 个"), good: None },
    ]
}

/// What a self-check wrote; none where it is not of the shape that is known.
fn checked(bytes: &[u8]) -> Option<Checked> {
    let own: Value = serde_json::from_slice(bytes).ok()?;
    let at: Instant = own["checked_at"].as_str()?.parse().ok()?;
    let texts = |rows: &Value, member: &str| -> Vec<String> {
        let rows = rows.as_array().into_iter().flatten();
        rows.filter_map(|row| row[member].as_str()).map(str::to_owned).collect()
    };
    Some(Checked {
        at: words::china_time(at),
        lines: own["lines"].as_u64()?.to_string(),
        holds: own["holds"].as_bool()?,
        tables: own["attested_tables"].as_u64()?.to_string(),
        findings: texts(&own["findings"], "message_zh"),
        not_compared: texts(&own["beside"], "not_compared"),
    })
}

fn chains(asked: &Asked<'_>, frame: &Frame) -> Vec<Chain> {
    let (registry, head) = (asked.reader().book().registry(), asked.reader().model().ledger().head());
    let chain = |own: &events::UnitRegistered| {
        let end = head.units.get(&own.registered)?;
        Some(Chain {
            unit: own.name.clone(),
            href: frame.links.to("/trail", &[("unit", own.registered.as_str())]),
            lines: end.lines,
            hash: end.hash.to_string(),
        })
    };
    registry.units().filter_map(chain).collect()
}
