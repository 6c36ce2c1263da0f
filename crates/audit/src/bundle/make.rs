//! Making a bundle's folder from a ledger: an audit first, then everything under its signed head.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chain::hash::{content_hash, leaf_hash};
use chain::line::Line;
use chain::note::{Checkpoint, Note};
use chain::tile::{Level, Tile, WIDTH};
use chain::tree::root_of;
use chain::{Date, TreeHash};
use domain::ledger::AttestedTable;
use domain::registry::PlanIx;
use domain::scoring::At;
use projections::{ReadModel, Reading, TableKind};

use super::manifest::{BundleOf, FileEntry, Manifest, TableEntry};
use super::{MANIFEST, list};
use crate::source::Folder;
use crate::{AuditError, Options, Rebuilt, attested, replay};

/// Lines of one segment.
const SEGMENT_LINES: u64 = 131_072;

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Which ledger and year.
    pub bundle: BundleOf,
    /// How many files there are, without the manifest.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The tables.
    pub tables: Vec<TableEntry>,
}

/// Why there is no bundle. `Display` is a sentence for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum CannotBundle {
    /// A file cannot be read or written.
    #[error(transparent)]
    Files(#[from] AuditError),
    /// The ledger is not sound.
    #[error("账本未通过核验（{findings} 处发现），不打包。请先运行 verify。")]
    NotSound {
        /// How many findings there are.
        findings: usize,
    },
    /// There is no signed head.
    #[error("账本没有已签名的账本头 {}。请用账本的密钥签一次（任何一次记录都会签）。", .0.display())]
    NoHead(PathBuf),
    /// No plan of the ledger has targets or rules for the year.
    #[error("账本里没有 {0} 年的方案和规则，没有可打包的表。请核对年份。")]
    NoTables(u16),
}

/// Writes the bundle of a year into a new folder.
///
/// A crash in here leaves a folder without a manifest, which is no bundle.
///
/// # Errors
/// [`CannotBundle`].
pub fn make(ledger: &Path, year: u16, folder: &Path) -> Result<Made, CannotBundle> {
    let Rebuilt { report, model, leaves } = Rebuilt::of(&mut Folder(ledger), &Options::default())?;
    let model = model.filter(|_| report.is_clean());
    let model = model.ok_or(CannotBundle::NotSound { findings: report.findings.len() })?;
    let path = ledger.join("checkpoint");
    let note = std::fs::read(&path).map_err(|_| CannotBundle::NoHead(path.clone()))?;
    let head = Note::parse(&note).and_then(|note| Checkpoint::parse(&note.text));
    let head = head.map_err(|_| CannotBundle::NoHead(path))?;
    let bundle = BundleOf { origin: head.origin, root: head.root, size: head.size, year };
    let tables = tables(&model, &leaves, &bundle);
    if tables.is_empty() {
        return Err(CannotBundle::NoTables(year));
    }
    let leaves = lines(ledger, bundle.size, folder)?;
    tiles(&leaves, folder)?;
    write(folder, "checkpoint", &note)?;
    rules(&model, &bundle, folder)?;
    for (entry, bytes) in &tables {
        write(folder, &entry.file, bytes)?;
    }
    finish(folder, bundle, tables.into_iter().map(|(entry, _)| entry).collect())
}

/// The manifest goes last: it is what makes the folder a bundle.
fn finish(folder: &Path, bundle: BundleOf, tables: Vec<TableEntry>) -> Result<Made, CannotBundle> {
    let mut files = Vec::new();
    for name in list(folder)? {
        let path = folder.join(&name);
        let bytes = std::fs::read(&path).map_err(AuditError::reading(&path))?;
        files.push(FileEntry { blake3: content_hash(&bytes), bytes: bytes.len() as u64, name });
    }
    let manifest = Manifest { bundle, files, tables };
    write(folder, MANIFEST, &manifest.to_bytes())?;
    let Manifest { bundle, files, tables } = manifest;
    let bytes = files.iter().map(|file| file.bytes).sum();
    Ok(Made { bundle, files: files.len() as u64, bytes, tables })
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), AuditError> {
    let path = folder.join(name);
    let above = path.parent().expect("below the folder");
    std::fs::create_dir_all(above).map_err(AuditError::reading(above))?;
    std::fs::write(&path, bytes).map_err(AuditError::reading(&path))
}

/// Writes the lines as plain segments; gives their leaf hashes.
fn lines(ledger: &Path, size: u64, folder: &Path) -> Result<Vec<TreeHash>, AuditError> {
    let mut segments = Segments { folder: folder.join("journal"), out: None, failed: None };
    std::fs::create_dir_all(&segments.folder).map_err(AuditError::reading(&segments.folder))?;
    let mut leaves = Vec::new();
    replay(ledger, &Options::default(), |line, _| {
        if line.position < size && segments.failed.is_none() {
            leaves.push(leaf_hash(line.bytes));
            segments.push(line);
        }
    })?;
    let flushed = segments.out.take().map_or(Ok(()), |mut out| out.flush());
    match segments.failed.or(flushed.err()) {
        Some(cause) => Err(AuditError { path: segments.folder, cause }),
        None => Ok(leaves),
    }
}

struct Segments {
    folder: PathBuf,
    out: Option<BufWriter<File>>,
    failed: Option<std::io::Error>,
}

impl Segments {
    fn push(&mut self, line: &Line<'_>) {
        if let Err(error) = self.try_push(line) {
            self.failed = Some(error);
        }
    }

    fn try_push(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        if line.position.is_multiple_of(SEGMENT_LINES) {
            if let Some(mut before) = self.out.take() {
                before.flush()?;
            }
            let path = self.folder.join(format!("{:020}.jsonl", line.position));
            self.out = Some(BufWriter::new(File::create(path)?));
        }
        let out = self.out.as_mut().expect("line 0 begins a segment");
        out.write_all(line.bytes)?;
        out.write_all(b"\n")
    }
}

/// Writes all hash tiles of the tree, the partial ones too.
fn tiles(leaves: &[TreeHash], folder: &Path) -> Result<(), AuditError> {
    let width = usize::try_from(WIDTH).expect("small");
    let mut hashes = leaves.to_vec();
    let mut level = 0;
    while !hashes.is_empty() {
        for (index, tile) in (0..).zip(hashes.chunks(width)) {
            let filled = u16::try_from(tile.len()).expect("at most 256");
            let place = Tile { level: Level::Hashes(level), index, width: filled };
            let bytes: Vec<u8> = tile.iter().flat_map(|hash| hash.0).collect();
            write(folder, &place.path(), &bytes)?;
        }
        hashes = hashes.chunks_exact(width).map(root_of).collect();
        level += 1;
    }
    Ok(())
}

/// Writes every rulebook that was adopted, as the canonical JSON its hash is of.
fn rules(model: &ReadModel, bundle: &BundleOf, folder: &Path) -> Result<(), AuditError> {
    for (_, plan) in model.ledger().book().registry().plans() {
        for own in plan.rulebooks().iter().filter(|own| own.position < bundle.size) {
            let bytes = chain::json::to_canonical(&own.adopted.rules).expect("its hash was computed before");
            write(folder, &format!("rules/{}.json", own.rules_hash), &bytes)?;
        }
    }
    Ok(())
}

type Tables = Vec<(TableEntry, Vec<u8>)>;

/// All tables of each plan for the last day of the year, and those of the year that are on record.
fn tables(model: &ReadModel, leaves: &[TreeHash], bundle: &BundleOf) -> Tables {
    let book = model.ledger().book();
    let last_day = Date::of(bundle.year.into(), 12, 31).expect("every year has this day");
    let mut tables = Tables::new();
    let of_year = book.registry().plans().filter(|(_, plan)| plan.adopted.years.contains(&bundle.year));
    for (plan, _) in of_year {
        let at = At { as_of: last_day, known: bundle.size };
        let kinds = TableKind::ALL.map(|kind| (kind, kind.current_version()));
        for (kind, version) in kinds {
            tables.extend(table(model, plan, (at, bundle.root), kind, version, None));
        }
    }
    let on_record = model.ledger().attested().tables().iter();
    let of_year = |own: &&AttestedTable| {
        own.position < bundle.size && own.attested.as_of.year() == i32::from(bundle.year)
    };
    // The audit was clean: none is of lines that come only after it.
    for own in on_record.filter(of_year) {
        let said = &own.attested;
        let root = attested::root_at(model, leaves, said.size);
        let (Some(kind), Some(plan)) =
            (TableKind::from_name(&said.table), book.registry().plan_ix(&said.plan))
        else {
            continue;
        };
        let at = At { as_of: said.as_of, known: said.size };
        let made = table(model, plan, (at, root), kind, said.encoder_version, Some(own.position));
        tables.extend(made.filter(|(entry, _)| tables.iter().all(|(other, _)| other.file != entry.file)));
    }
    tables
}

fn table(
    model: &ReadModel,
    plan: PlanIx,
    (at, root): (At, TreeHash),
    kind: TableKind,
    version: u32,
    attested: Option<u64>,
) -> Option<(TableEntry, Vec<u8>)> {
    let reading = Reading::in_force(model.ledger().book(), plan, at, root).ok()?;
    let table = kind.encode_as(&reading, version).ok()?;
    let plan = reading.plan().adopted.plan.clone();
    let file = format!("tables/{plan}/{}-{}/{}.v{version}.jsonl", at.as_of, at.known, kind.name());
    let entry = TableEntry {
        as_of: at.as_of,
        attested,
        encoder_version: version,
        file,
        plan,
        rules: reading.rules_hash(),
        size: at.known,
        table: kind.name().to_owned(),
        table_root: table.root(),
    };
    Some((entry, table.into_bytes()))
}
