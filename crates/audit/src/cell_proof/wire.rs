//! The file's rows. A line leaves out what follows: its id, and what it repeats of rows before it.

use std::collections::BTreeMap;

use chain::line::Line;
use chain::{EventHash, TreeHash};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::CellOf;

/// More than this is no cell proof: a bound on what a stranger's file can make a checker do.
const MAX_BYTES: usize = 64 << 20;
/// Small files matter more than the moment it takes to make one.
const LEVEL: i32 = 19;

/// One row of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Row {
    /// Which cell.
    Cell { cell: CellOf, proof: String },
    /// The signed tree head, as a note.
    Head { head: String },
    /// A line, and which of its submission it is, where that does not follow.
    Line {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        k: Option<u32>,
        line: Map<String, Value>,
    },
    /// The pruned tree's nodes.
    Nodes { nodes: Vec<TreeHash> },
    /// What follows from the lines: the cell's explanation.
    Result { result: Value },
    /// How many lines and nodes there were; nothing comes after it.
    End { end: End },
}

/// The trailer: a file that was cut has none, or another count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) lines: u64,
    pub(super) nodes: u64,
}

/// A proof's content.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) cell: CellOf,
    pub(super) head: String,
    /// Whole lines, in the order of the ledger.
    pub(super) lines: Vec<Vec<u8>>,
    pub(super) nodes: Vec<TreeHash>,
    pub(super) result: Value,
}

/// Members that most lines share with the row before: left out where they are equal.
const SHARED: [&str; 7] = ["at", "by", "submission", "submission_size", "type", "unit", "version"];

/// What the rows before say about the next one.
#[derive(Default)]
pub(super) struct Before {
    last: Option<Last>,
    /// Each unit's number of the next line, and the hash of the last one.
    units: BTreeMap<String, (u64, EventHash)>,
}

/// The row before.
struct Last {
    /// The shared members, in their order.
    shared: [Value; SHARED.len()],
    position: u64,
    hash: EventHash,
    submission: Uuid,
    k: u32,
}

impl Before {
    /// The row of a line. `k` is its index in its submission.
    pub(super) fn shorten(&mut self, line: &Line<'_>, k: u32) -> Row {
        let members: Map<String, Value> = serde_json::from_slice(line.bytes).expect("a line is an object");
        let mut short = members.clone();
        short.remove("id");
        for (name, value) in self.shared().chain(self.follows(line.unit)) {
            if members[name] == value {
                short.remove(name);
            }
        }
        let stated = (self.next_k(line.submission) != k).then_some(k);
        self.advance(line, k, &members);
        Row::Line { k: stated, line: short }
    }

    /// The line of a row; none where it is no line.
    fn restore(&mut self, k: Option<u32>, mut members: Map<String, Value>) -> Option<Vec<u8>> {
        if members.contains_key("id") {
            return None;
        }
        fill(&mut members, self.shared());
        let submission: Uuid = members.get("submission")?.as_str()?.parse().ok()?;
        let unit = members.get("unit")?.as_str()?.to_owned();
        fill(&mut members, self.follows(&unit));
        let k = k.unwrap_or(self.next_k(submission));
        members.insert("id".to_owned(), chain::hash::event_id(submission, k).to_string().into());
        let bytes = chain::json::to_canonical(&members).ok()?;
        let line = Line::parse(&bytes).ok()?;
        self.advance(&line, k, &members);
        Some(bytes)
    }

    fn shared(&self) -> impl Iterator<Item = (&'static str, Value)> + '_ {
        self.last.iter().flat_map(|last| SHARED.into_iter().zip(last.shared.iter().cloned()))
    }

    /// Place and hashes that a line of this unit has if it comes next, in the ledger and in the unit.
    fn follows(&self, unit: &str) -> impl Iterator<Item = (&'static str, Value)> + use<> {
        let (seq, unit_prev) = self.units.get(unit).copied().unwrap_or((0, EventHash::ZERO));
        let last = self.last.as_ref().map(|last| (last.position + 1, last.hash));
        let places = last
            .into_iter()
            .flat_map(|(position, prev)| [("position", position.into()), ("prev", prev.to_string().into())]);
        places.chain([("unit_seq", seq.into()), ("unit_prev", unit_prev.to_string().into())])
    }

    fn next_k(&self, submission: Uuid) -> u32 {
        let same = self.last.as_ref().filter(|last| last.submission == submission);
        same.map_or(0, |last| last.k.saturating_add(1))
    }

    fn advance(&mut self, line: &Line<'_>, k: u32, members: &Map<String, Value>) {
        let hash = line.hash();
        self.units.insert(line.unit.to_owned(), (line.unit_seq + 1, hash));
        let shared = SHARED.map(|name| members[name].clone());
        let (position, submission) = (line.position, line.submission);
        self.last = Some(Last { shared, position, hash, submission, k });
    }
}

fn fill(members: &mut Map<String, Value>, with: impl Iterator<Item = (&'static str, Value)>) {
    for (name, value) in with {
        members.entry(name).or_insert(value);
    }
}

/// Rows as the file's bytes.
pub(super) fn pack(rows: &[Row]) -> Vec<u8> {
    let mut text = Vec::new();
    for row in rows {
        chain::json::write_canonical(row, &mut text).expect("texts of lines and heads are accepted ones");
        text.push(b'\n');
    }
    compress(&text, LEVEL)
}

/// One zstd frame with a checksum.
pub(crate) fn compress(bytes: &[u8], level: i32) -> Vec<u8> {
    use std::io::Write as _;
    let written = zstd::Encoder::new(Vec::new(), level).and_then(|mut encoder| {
        encoder.include_checksum(true)?;
        encoder.write_all(bytes)?;
        encoder.finish()
    });
    written.expect("compressing in memory does not fail")
}

fn decompress(bytes: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let mut text = Vec::new();
    let decoder = zstd::Decoder::new(bytes).ok()?;
    decoder.take(MAX_BYTES as u64 + 1).read_to_end(&mut text).ok()?;
    (text.len() <= MAX_BYTES).then_some(text)
}

/// Reads the file's bytes.
///
/// # Errors
/// What is wrong, in Chinese.
pub(super) fn unpack(bytes: &[u8]) -> Result<Content, String> {
    let text = decompress(bytes).ok_or("不是 zstd 压缩的文件，或不完整")?;
    let text = text.strip_suffix(b"\n").ok_or("末行没有换行，文件可能被截断")?;
    let mut rows = Vec::new();
    for (number, row) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        chain::json::check_canonical(row).map_err(|error| format!("第 {number} 行不是规范写法：{error}"))?;
        let row: Row = serde_json::from_slice(row).map_err(|_| format!("第 {number} 行不是单格证明的行"))?;
        rows.push(row);
    }
    assemble(rows)
}

fn assemble(rows: Vec<Row>) -> Result<Content, String> {
    let mut rows = rows.into_iter().peekable();
    let Some(Row::Cell { cell, proof }) = rows.next() else {
        return Err("首行没有说明是哪一格".to_owned());
    };
    if proof != super::FORMAT {
        return Err(format!("不认识的格式“{proof}”"));
    }
    let Some(Row::Head { head }) = rows.next() else { return Err("第 2 行不是账本头".to_owned()) };
    let mut before = Before::default();
    let mut lines = Vec::new();
    while let Some(Row::Line { k, line }) = rows.next_if(|row| matches!(row, Row::Line { .. })) {
        let line = before.restore(k, line).ok_or_else(|| format!("第 {} 条账本行不成立", lines.len() + 1))?;
        lines.push(line);
    }
    let Some(Row::Nodes { nodes }) = rows.next() else { return Err("缺哈希树的节点".to_owned()) };
    let Some(Row::Result { result }) = rows.next() else { return Err("缺结果".to_owned()) };
    let Some(Row::End { end }) = rows.next() else {
        return Err("缺尾行，文件可能被截断".to_owned());
    };
    if rows.next().is_some() {
        return Err("尾行之后还有内容".to_owned());
    }
    if end != (End { lines: lines.len() as u64, nodes: nodes.len() as u64 }) {
        return Err(format!("尾行的计数（{} 行、{} 个节点）与内容不符", end.lines, end.nodes));
    }
    Ok(Content { cell, head, lines, nodes, result })
}
