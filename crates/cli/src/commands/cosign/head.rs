//! The ledger's signed head, the tree behind it, and cosignatures put under it.
//!
//! Works on the note's text, hash tiles and lines alone: it needs no key and leaves the log's signature as it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use app::publish::{TileFolder, tree_of_lines};
use chain::TreeHash;
use chain::note::{Checkpoint, Note, VerifierKey};
use chain::tree::verify_consistency;
use store::EventLog as _;
use store::disk::{Disk, RealDisk};

use crate::args::read_text;
use crate::durable;
use crate::ending::WrongData;
use crate::ledger::of_store;
use crate::log::{Log, of_open};
use crate::output::complain;

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

/// The tree under a head, read from a few hash tiles; from the lines where the tiles do not lead to the head.
pub struct Tree {
    log: Log,
    tiles: TileFolder,
    size: u64,
    root: TreeHash,
}

impl Tree {
    /// Opens the tree that `head` signs and compares its root with it: nothing is sent that the ledger does not bear out.
    ///
    /// # Errors
    /// When lines or tiles cannot be read, the lines are too few, or they have another root.
    pub fn under(head: &Checkpoint, directory: &Path) -> anyhow::Result<Self> {
        let log = Log::open_read_only(directory).map_err(of_open)?;
        let lines = log.size().map_err(of_store)?;
        if lines < head.size {
            let said = format!("账本头有 {} 行，账本只有 {lines} 行。请先用 verify 核验。", head.size);
            return Err(WrongData(said).into());
        }
        let tree = Self { log, tiles: TileFolder::of(directory), size: head.size, root: head.root };
        if tree.tiles.tree(&tree.log, tree.size).root()? != tree.root {
            Self::tell_wrong_tiles();
            if tree_of_lines(&tree.log, tree.size).root()? != tree.root {
                return Err(tree.unlike());
            }
        }
        Ok(tree)
    }

    /// The proof that the first `old` lines are the beginning of all; of none, and beyond the last, an empty one.
    ///
    /// Whatever is given was verified: a damaged tile is told, and the lines asked instead.
    ///
    /// # Errors
    /// When lines or tiles cannot be read, or do not lead to the head.
    pub fn proof_from(&self, old: u64) -> anyhow::Result<Vec<TreeHash>> {
        if !(1..self.size).contains(&old) {
            return Ok(Vec::new());
        }
        let holds =
            |old_root, proof: &[TreeHash]| verify_consistency((old, old_root), (self.size, self.root), proof);
        let tiled = |size| self.tiles.tree(&self.log, size);
        let proof = tiled(self.size).consistency_proof(old)?.unwrap_or_default();
        if holds(tiled(old).root()?, &proof) {
            return Ok(proof);
        }
        Self::tell_wrong_tiles();
        let of_lines = |size| tree_of_lines(&self.log, size);
        let proof = of_lines(self.size).consistency_proof(old)?.unwrap_or_default();
        if holds(of_lines(old).root()?, &proof) { Ok(proof) } else { Err(self.unlike()) }
    }

    fn tell_wrong_tiles() {
        complain("提示：哈希瓦片有误，改由各行重算；head --rebuild-tiles 可重建瓦片。\n");
    }

    fn unlike(&self) -> anyhow::Error {
        let said = format!("前 {} 行的树根与账本头不符，没有送出。请先用 verify 核验。", self.size);
        WrongData(said).into()
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
