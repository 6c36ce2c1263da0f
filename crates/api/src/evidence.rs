//! Files that show a figure, kept by their hash in a folder beside the ledger: `ledger.evidence` beside `ledger`.
//!
//! `ab/abcd…` is the file whose BLAKE3 is `abcd…`; `ab/abcd….UNIT` says that a unit has brought it, and as what. Both are durable
//! before anybody is told. Whoever brings the same bytes again changes nothing.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use chain::ContentHash;
use events::UnitId;
use serde::{Deserialize, Serialize};

/// More bytes than this are no evidence.
pub const MAX_EVIDENCE_BYTES: usize = 20 << 20;

/// The folder.
pub struct EvidenceFolder {
    root: PathBuf,
    /// Names for files that are being written; two clients may bring the same one.
    parts: AtomicU64,
}

/// What a unit has brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// The file's address.
    pub blake3: ContentHash,
    /// Its length.
    pub bytes: u64,
    /// What it is, by its first bytes; nothing a client says is believed.
    pub media_type: String,
    /// Who brought it.
    pub unit: UnitId,
}

impl EvidenceFolder {
    /// The folder beside a ledger's. It is made with the first file.
    pub fn beside(ledger: &Path) -> Self {
        let mut name = ledger.file_name().unwrap_or_default().to_owned();
        name.push(".evidence");
        Self { root: ledger.with_file_name(name), parts: AtomicU64::new(0) }
    }

    fn path(&self, hash: &ContentHash) -> PathBuf {
        let name = hash.to_string();
        self.root.join(&name[..2]).join(name)
    }

    fn note_path(&self, hash: &ContentHash, unit: &UnitId) -> PathBuf {
        let mut path = self.path(hash).into_os_string();
        path.push(format!(".{unit}"));
        path.into()
    }

    /// Keeps a file for a unit. On `Ok` it survives a power cut.
    ///
    /// # Errors
    /// When the folder cannot be written. A crash leaves the file without the note, which is then nobody's.
    pub fn keep(&self, unit: &UnitId, bytes: &[u8]) -> io::Result<Brought> {
        let hash = chain::hash::content_hash(bytes);
        let media_type = sniffed(bytes).to_owned();
        let brought = Brought { blake3: hash, bytes: bytes.len() as u64, media_type, unit: unit.clone() };
        let note = serde_json::to_vec(&brought).expect("a note is JSON");
        self.write(&self.path(&hash), bytes)?;
        self.write(&self.note_path(&hash, unit), &note)?;
        Ok(brought)
    }

    /// Writes a file under another name first, so that the name never holds half of it.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if fs::metadata(path).is_ok_and(|found| found.len() == bytes.len() as u64) {
            return sync_folders(path);
        }
        let folder = path.parent().expect("a file of the folder");
        fs::create_dir_all(folder)?;
        let number = self.parts.fetch_add(1, Ordering::Relaxed);
        let part = folder.join(format!(".{}-{number}.part", std::process::id()));
        let written = File::create(&part).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        let named = written.and_then(|()| fs::rename(&part, path));
        if named.is_err() {
            // What is left of it is nobody's.
            drop(fs::remove_file(&part));
        }
        named?;
        sync_folders(path)
    }

    /// What units have brought under an address.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn brought(&self, hash: &ContentHash) -> io::Result<Vec<Brought>> {
        let folder = self.path(hash);
        let folder = folder.parent().expect("a file of the folder");
        let prefix = format!("{hash}.");
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)) {
                all.push(serde_json::from_slice(&fs::read(entry.path())?)?);
            }
        }
        all.sort_by(|one: &Brought, other: &Brought| one.unit.cmp(&other.unit));
        Ok(all)
    }

    /// The bytes under an address, which they still have; none where they are not here, or are other bytes now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self, hash: &ContentHash) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(hash)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => Ok(Some(read?).filter(|bytes| chain::hash::content_hash(bytes) == *hash)),
        }
    }
}

/// The folder of a file and those above it that may be new.
fn sync_folders(path: &Path) -> io::Result<()> {
    let above = path.ancestors().skip(1).take(3).filter(|above| !above.as_os_str().is_empty());
    above.map(File::open).try_for_each(|above| above?.sync_all())
}

/// What bytes are, as far as their beginning tells.
fn sniffed(bytes: &[u8]) -> &'static str {
    const BEGINNINGS: [(&[u8], &str); 5] = [
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"PK\x03\x04", "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    ];
    let found = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    let is_text = || {
        std::str::from_utf8(bytes)
            .is_ok_and(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()))
    };
    match found {
        Some((_, "application/zip")) => office(bytes),
        Some((_, media_type)) => media_type,
        None if is_text() => "text/plain",
        None => "application/octet-stream",
    }
}

/// An Office document names its parts in the archive; anything else is an archive.
fn office(bytes: &[u8]) -> &'static str {
    const KINDS: [(&[u8], &str); 3] = [
        (b"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (
            b"ppt/presentation.xml",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
    ];
    let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    KINDS.iter().find(|(name, _)| has(name)).map_or("application/zip", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_once_and_known_by_who_brought_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = EvidenceFolder::beside(&place.path().join("ledger"));
        let (guixi, yujiang): (UnitId, UnitId) = ("guixi".parse().unwrap(), "yujiang".parse().unwrap());
        let brought = folder.keep(&guixi, b"%PDF-1.7 x").unwrap();
        assert_eq!((brought.bytes, brought.media_type.as_str()), (10, "application/pdf"));
        assert_eq!(folder.keep(&guixi, b"%PDF-1.7 x").unwrap(), brought);
        folder.keep(&yujiang, b"%PDF-1.7 x").unwrap();
        let units: Vec<_> =
            folder.brought(&brought.blake3).unwrap().into_iter().map(|own| own.unit).collect();
        assert_eq!(units, [guixi, yujiang]);
        assert_eq!(folder.read(&brought.blake3).unwrap().unwrap(), b"%PDF-1.7 x");
        // Bytes that somebody changed are not given away under the old name.
        fs::write(folder.path(&brought.blake3), b"%PDF-1.7 y").unwrap();
        assert_eq!(folder.read(&brought.blake3).unwrap(), None);
        assert_eq!(folder.brought(&chain::hash::content_hash(b"other")).unwrap(), []);
    }

    #[test]
    fn what_a_file_is_follows_from_its_bytes() {
        assert_eq!(sniffed(b"<script>alert(1)</script>"), "text/plain");
        assert_eq!(sniffed(b"\x89PNG\r\n\x1a\n..."), "image/png");
        assert_eq!(sniffed(b"PK\x03\x04....xl/workbook.xml"), office(b"xl/workbook.xml"));
        assert_eq!(sniffed(b"PK\x03\x04...."), "application/zip");
        assert_eq!(sniffed(b"\x00\x01"), "application/octet-stream");
    }
}
