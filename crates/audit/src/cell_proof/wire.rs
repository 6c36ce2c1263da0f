//! The file's rows. A line leaves out what follows: its id, and the hashes it repeats of rows before it.

use std::collections::BTreeMap;

use chain::line::Line;
use chain::{EventHash, TreeHash};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    /// A line, and which of its submission it is.
    Line { k: u32, line: Map<String, Value> },
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

/// What the rows before say about the hashes in the next one.
#[derive(Default)]
pub(super) struct Before {
    last: Option<EventHash>,
    units: BTreeMap<String, EventHash>,
}

impl Before {
    /// The row of a line. `k` is its index in its submission.
    pub(super) fn shorten(&mut self, line: &Line<'_>, k: u32) -> Row {
        let mut members: Map<String, Value> =
            serde_json::from_slice(line.bytes).expect("a line is an object");
        members.remove("id");
        if self.last == Some(line.prev) {
            members.remove("prev");
        }
        if line.unit_prev == self.unit_before(line.unit) {
            members.remove("unit_prev");
        }
        self.advance(line.unit, line.hash());
        Row::Line { k, line: members }
    }

    /// The line of a row; none where it is no line.
    fn restore(&mut self, k: u32, mut members: Map<String, Value>) -> Option<Vec<u8>> {
        let submission = members.get("submission")?.as_str()?.parse().ok()?;
        let unit = members.get("unit")?.as_str()?.to_owned();
        let id = chain::hash::event_id(submission, k).to_string();
        if members.insert("id".to_owned(), id.into()).is_some() {
            return None;
        }
        if !members.contains_key("prev") {
            members.insert("prev".to_owned(), self.last?.to_string().into());
        }
        if !members.contains_key("unit_prev") {
            members.insert("unit_prev".to_owned(), self.unit_before(&unit).to_string().into());
        }
        let bytes = chain::json::to_canonical(&members).ok()?;
        let hash = Line::parse(&bytes).ok()?.hash();
        self.advance(&unit, hash);
        Some(bytes)
    }

    fn unit_before(&self, unit: &str) -> EventHash {
        self.units.get(unit).copied().unwrap_or(EventHash::ZERO)
    }

    fn advance(&mut self, unit: &str, hash: EventHash) {
        self.last = Some(hash);
        self.units.insert(unit.to_owned(), hash);
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
