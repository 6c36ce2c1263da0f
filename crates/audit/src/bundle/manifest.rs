//! The manifest: every file with its hash, every table with its axes, and the counts at the end.

use chain::{ContentHash, Date, TableRoot, TreeHash};
use events::PlanId;
use serde::{Deserialize, Serialize};

use super::{FORMAT, is_name};

/// The largest number that the format knows.
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Which ledger and year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleOf {
    /// The ledger's name.
    pub origin: String,
    /// The root of the tree over its lines.
    pub root: TreeHash,
    /// How many lines it has: all that the signed head covers.
    pub size: u64,
    /// The year whose tables are in it.
    pub year: u16,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Plain BLAKE3 of it, as `b3sum` prints it.
    pub blake3: ContentHash,
    /// Its length.
    pub bytes: u64,
    /// Its name, with `/` between folders.
    pub name: String,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableEntry {
    /// The reporting date.
    pub as_of: Date,
    /// The position of the line that put its root on record; none where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested: Option<u64>,
    /// The version of its encoder.
    pub encoder_version: u32,
    /// Its file's name.
    pub file: String,
    /// The plan.
    pub plan: PlanId,
    /// The hash of the rules that were applied.
    pub rules: ContentHash,
    /// How many lines were known.
    pub size: u64,
    /// Its name, such as `scores`.
    pub table: String,
    /// Its root.
    pub table_root: TableRoot,
}

/// The counts: a manifest that was cut has none, or others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    bytes: u64,
    files: u64,
    lines: u64,
    tables: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Row {
    Bundle { bundle: BundleOf, format: String },
    File { file: FileEntry },
    Table { table: TableEntry },
    End { end: End },
}

/// A manifest's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) bundle: BundleOf,
    /// Ascending by name.
    pub(super) files: Vec<FileEntry>,
    pub(super) tables: Vec<TableEntry>,
}

impl Manifest {
    fn end(&self) -> End {
        End {
            bytes: self.files.iter().map(|file| file.bytes).sum(),
            files: self.files.len() as u64,
            lines: self.bundle.size,
            tables: self.tables.len() as u64,
        }
    }

    /// The file's bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let (bundle, format) = (self.bundle.clone(), FORMAT.to_owned());
        let files = self.files.iter().map(|file| Row::File { file: file.clone() });
        let tables = self.tables.iter().map(|table| Row::Table { table: table.clone() });
        let first = std::iter::once(Row::Bundle { bundle, format });
        let mut bytes = Vec::new();
        for row in first.chain(files).chain(tables).chain([Row::End { end: self.end() }]) {
            let row = serde_json::to_vec(&row).expect("a row is plain data");
            // As a reader: a ledger's origin may have code points that this program's tables do not know yet.
            bytes.append(&mut chain::json::canonicalize(&row).expect("canonical rows, or a ledger's texts"));
            bytes.push(b'\n');
        }
        bytes
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong, in Chinese.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = bytes.strip_suffix(b"\n").ok_or("清单末行没有换行，可能被截断")?;
        let mut rows = Vec::new();
        for (number, row) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            let canonical = chain::json::check_canonical(row).is_ok();
            let row = serde_json::from_slice(row).ok().filter(|_| canonical);
            rows.push(row.ok_or_else(|| format!("清单第 {number} 行不成立"))?);
        }
        let manifest = Self::assemble(rows)?;
        if manifest.to_bytes() == bytes {
            Ok(manifest)
        } else {
            Err("清单尾行的计数与内容不符".to_owned())
        }
    }

    fn assemble(rows: Vec<Row>) -> Result<Self, String> {
        let mut rows = rows.into_iter();
        let Some(Row::Bundle { bundle, .. }) = rows.next() else {
            return Err("清单首行不对".to_owned());
        };
        let mut manifest = Self { bundle, files: Vec::new(), tables: Vec::new() };
        let mut ended = false;
        for row in rows {
            match row {
                _ if ended => return Err("清单尾行之后还有内容".to_owned()),
                Row::File { file } => manifest.files.push(file),
                Row::Table { table } => manifest.tables.push(table),
                Row::End { .. } => ended = true,
                Row::Bundle { .. } => return Err("清单有两个首行".to_owned()),
            }
        }
        let names = manifest.files.iter().map(|file| file.name.as_str());
        if !names.clone().is_sorted_by(|one, other| one < other) || !names.clone().all(is_name) {
            return Err("清单里有不该有的文件名".to_owned());
        }
        // Its own bytes are made again from it, which counts that no canonical number holds would not let happen.
        let bytes = manifest.files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.bytes));
        if bytes.is_none_or(|bytes| bytes > MAX_INTEGER) {
            return Err("清单里的文件长度不成立".to_owned());
        }
        if ended { Ok(manifest) } else { Err("清单缺尾行，可能被截断".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_beyond_any_number_are_refused_and_nothing_panics() {
        let file = |name: &str| FileEntry {
            blake3: ContentHash([7; 32]),
            bytes: MAX_INTEGER,
            name: format!("tables/{name}"),
        };
        let bundle =
            BundleOf { origin: "example.com/a".to_owned(), root: TreeHash::ZERO, size: 1, year: 2022 };
        let mut manifest = Manifest { bundle, files: vec![file("a")], tables: Vec::new() };
        let right = manifest.to_bytes();
        assert_eq!(Manifest::parse(&right).as_ref(), Ok(&manifest));
        manifest.files.push(file("b"));
        let row = Row::File { file: file("b") };
        let row = String::from_utf8(chain::json::to_canonical(&row).unwrap()).unwrap();
        let two = String::from_utf8(right).unwrap().replacen("{\"end\"", &format!("{row}\n{{\"end\""), 1);
        assert_eq!(Manifest::parse(two.as_bytes()), Err("清单里的文件长度不成立".to_owned()));
    }
}
