//! The ledger's signed head, the lines behind it, and cosignatures put under it.
//!
//! Works on the note's text and the journal's lines alone: it needs no key and leaves the log's signature as it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use chain::TreeHash;
use chain::hash::leaf_hash;
use chain::note::{Checkpoint, Note, VerifierKey};
use chain::tree::{consistency_proof, root_of};
use store::EventLog as _;
use store::disk::{Disk, RealDisk};

use crate::args::read_text;
use crate::durable;
use crate::ending::WrongData;
use crate::ledger::of_store;
use crate::log::{Log, of_open};

/// Lines that are read at once.
const BATCH_LINES: usize = 4_096;
/// How often a lock that somebody else holds is tried, and how long to wait in between.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// A signed head as it stands beside the journal.
#[derive(Debug)]
pub struct SignedHead {
    path: PathBuf,
    /// The note's bytes.
    pub text: String,
    /// The note, read.
    pub note: Note,
    /// What it says.
    pub head: Checkpoint,
}

impl SignedHead {
    /// Reads the head of the ledger in a folder.
    ///
    /// # Errors
    /// When there is none, or it is no signed head.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join("checkpoint");
        anyhow::ensure!(
            path.is_file(),
            "{} 里没有账本头 checkpoint。账本头在记录之后签出；请核对路径，或检查密钥文件是否在账本旁边。",
            directory.display()
        );
        let text = read_text(&path)?;
        let note = Note::parse(text.as_bytes());
        let head = note.and_then(|note| Ok((Checkpoint::parse(&note.text)?, note)));
        let (head, note) =
            head.map_err(|error| WrongData(format!("{} 不是账本头（{error}）。", path.display())))?;
        Ok(Self { path, text, note, head })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a cosignature under the head that is on disk now, instead of an earlier one by the same key.
    /// Gives the note as it was written.
    ///
    /// From reading the head again until it is replaced, nobody else can sign a newer one: an older head never takes its place.
    ///
    /// # Errors
    /// When the ledger has signed another head meanwhile, is being recorded into, or the file cannot be written.
    pub fn cosigned(&self, line: &str, witness: &VerifierKey) -> anyhow::Result<String> {
        let directory = self.path.parent().context("账本头在账本目录里")?;
        let _nobody_signs = writers_lock(directory)?;
        let now = Self::read(directory)?;
        anyhow::ensure!(
            now.note.text == self.note.text,
            "等待副署时，账本已签出新的账本头（{} 行），这个副署不再适用。请再运行一次。",
            now.head.size
        );
        let text = with_line(&now.text, &now.note, line, witness);
        durable::replace(&self.path, "cosigned", text.as_bytes())?;
        Ok(text)
    }
}

/// Takes the lock that whoever records holds, and with it the right to sign heads. Waits for a command that is about to end.
fn writers_lock(directory: &Path) -> anyhow::Result<<RealDisk as Disk>::Lock> {
    let path = directory.join("lock");
    for _ in 0..LOCK_ATTEMPTS {
        let lock = RealDisk.try_lock(&path);
        if let Some(lock) = lock.with_context(|| format!("无法锁定 {}。", path.display()))? {
            return Ok(lock);
        }
        std::thread::sleep(LOCK_PAUSE);
    }
    bail!("账本 {} 正被另一个进程使用，副署没有写入。请在它结束后再运行一次。", directory.display())
}

/// The note with a further signature line, without older lines of the same key; every other byte stays.
fn with_line(text: &str, note: &Note, line: &str, key: &VerifierKey) -> String {
    let (head, lines) = text.split_at(note.text.len() + 1);
    let others = lines.split_inclusive('\n').zip(&note.signatures);
    let others = others.filter(|(_, own)| own.name != key.name() || own.id != key.id());
    let others: String = others.map(|(line, _)| line).collect();
    format!("{head}{others}{line}")
}

/// The leaf hashes of the lines that a head covers, for proofs.
pub struct Leaves(Vec<TreeHash>);

impl Leaves {
    /// Reads the lines that `head` covers and compares their root with it: nothing is sent that the lines do not bear out.
    ///
    /// # Errors
    /// When the lines cannot be read, are too few, or have another root.
    pub fn under(head: &Checkpoint, directory: &Path) -> anyhow::Result<Self> {
        let log = Log::open_read_only(directory).map_err(of_open)?;
        let mut leaves: Vec<TreeHash> = Vec::new();
        while (leaves.len() as u64) < head.size {
            let next = leaves.len() as u64;
            let wanted = usize::try_from(head.size - next).unwrap_or(BATCH_LINES).min(BATCH_LINES);
            let batch = log.read(next, wanted).map_err(of_store)?;
            if batch.is_empty() {
                return Err(WrongData(format!(
                    "账本头有 {} 行，账本只有 {next} 行。请先用 verify 核验。",
                    head.size
                ))
                .into());
            }
            leaves.extend(batch.iter().map(|(_, line)| leaf_hash(line)));
        }
        if root_of(&leaves) != head.root {
            let said = format!("前 {} 行的树根与账本头不符，没有送出。请先用 verify 核验。", head.size);
            return Err(WrongData(said).into());
        }
        Ok(Self(leaves))
    }

    /// The proof that the first `old` lines are the beginning of all; of none, and beyond the last, an empty one.
    pub fn proof_from(&self, old: u64) -> Vec<TreeHash> {
        let old = usize::try_from(old).ok();
        old.and_then(|old| consistency_proof(&self.0, old)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use chain::note::{KeyType, cosign, sign};
    use ed25519_dalek::SigningKey;

    use super::*;

    #[test]
    fn a_second_cosignature_replaces_the_first_and_touches_nothing_else() {
        let [log, first, second] = [1, 2, 3].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let text = "a.example/l\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        let signed = format!("{text}\n{}", sign("a.example/l", &log, text).unwrap());
        let lines = [(&first, 1), (&second, 2), (&first, 3)]
            .map(|(key, time)| (key, cosign("w.example", key, text, time).unwrap()));
        let noted = lines.iter().fold(signed.clone(), |note, (key, line)| {
            let own = VerifierKey::of("w.example", KeyType::Cosignature, key).unwrap();
            with_line(&note, &Note::parse(note.as_bytes()).unwrap(), line, &own)
        });
        assert_eq!(noted, format!("{signed}{}{}", lines[1].1, lines[2].1));
    }
}
