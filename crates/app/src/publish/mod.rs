//! From durable lines to a published tree head, in an order in which no crash lets a head shrink or fork.
//!
//! Durable lines → read again and hashed → signed → stored apart from the ledger, where the head before is still the
//! one expected → hash tiles → `checkpoint`. What was recorded never depends on any of it: a head may trail the lines.

mod error;
mod head;
mod proof;
mod tiles;

use std::path::{Path, PathBuf};

use chain::TreeHash;
use chain::note::Checkpoint;
use chain::tile::Tile;
use chain::tiled::GrowingTiles;
use projections::ReadModel;
use store::disk::{Disk, RealDisk};
use store::{EventLog, StoreError};

pub use error::{LostBranch, PublishError};
pub use head::{HeadFile, HeadSigner, HeadStore, SignedHead, Unkept};
pub use proof::{CannotProve, Proved, prove_inclusion};
pub use tiles::{TileFolder, tree_of_lines};

use crate::axes::{AxisError, Reader};
use crate::files;
use head::read_head;
use tiles::each_leaf;

/// Signs and publishes the heads of one ledger.
#[derive(Clone, Debug)]
pub struct Publisher<H, D: Disk = RealDisk> {
    disk: D,
    ledger: PathBuf,
    heads: H,
}

impl<H: HeadStore> Publisher<H> {
    /// Publishes into a ledger's folder on this machine.
    #[must_use]
    pub fn new(ledger: &Path, heads: H) -> Self {
        Self::on(RealDisk, ledger, heads)
    }
}

impl<H: HeadStore, D: Disk> Publisher<H, D> {
    /// Publishes into a folder of `disk`.
    #[must_use]
    pub fn on(disk: D, ledger: &Path, heads: H) -> Self {
        Self { disk, ledger: ledger.to_owned(), heads }
    }

    /// The head that is published, if any.
    ///
    /// # Errors
    /// [`PublishError::Unreadable`], [`PublishError::Store`].
    pub fn published(&self) -> Result<Option<SignedHead>, PublishError> {
        read_head(&self.disk, &self.checkpoint())
    }

    fn checkpoint(&self) -> PathBuf {
        self.ledger.join("checkpoint")
    }

    fn tiles(&self) -> TileFolder<D> {
        TileFolder::on(self.disk.clone(), &self.ledger)
    }

    /// The known heads that the ledger does not lead to, and `others` of that kind: it is an older copy then, or another
    /// ledger. Heads that a `ledger-restored` line has given up are not among them.
    ///
    /// Reads at most 255 lines for each head.
    ///
    /// # Errors
    /// [`PublishError::Unreadable`], [`PublishError::Load`], [`PublishError::Store`].
    pub fn lost(
        &self,
        log: &dyn EventLog,
        model: &ReadModel,
        others: Vec<SignedHead>,
    ) -> Result<Vec<SignedHead>, PublishError> {
        let mut lost: Vec<SignedHead> = Vec::new();
        for head in self.heads.latest()?.into_iter().chain(self.published()?).chain(others) {
            let known = lost.iter().any(|own| own.head == head.head);
            if !known && !leads_to(log, model, &head.head)? {
                lost.push(head);
            }
        }
        Ok(lost)
    }

    /// Refuses a ledger that does not lead to every head that is known of it: nothing may be appended to it.
    ///
    /// # Errors
    /// [`PublishError::Lost`], and those of [`lost`](Self::lost).
    pub fn check(&self, log: &dyn EventLog, model: &ReadModel) -> Result<(), PublishError> {
        match self.lost(log, model, Vec::new())?.into_iter().next() {
            Some(lost) => Err(LostBranch { lost, lines: model.size() }.into()),
            None => Ok(()),
        }
    }

    /// Signs the head over all lines of `model`, which are durable in `log`, and stores it; `None` without lines.
    ///
    /// The head is not published yet, so that witnesses can be asked before.
    ///
    /// # Errors
    /// [`PublishError`]: nothing was signed, or what was signed is stored or not, and may be signed again.
    pub fn sign(
        &self,
        log: &dyn EventLog,
        model: &ReadModel,
        signer: &dyn HeadSigner,
    ) -> Result<Option<Unpublished>, PublishError> {
        self.due(log, model)?.map(|due| self.sign_due(log, &due, signer)).transpose()
    }

    /// What the next head is to say; `None` without lines. Brief, so that a model in use may be borrowed for it: reading and
    /// hashing the lines is left to [`sign_due`](Self::sign_due), beside which more may be appended.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn due(&self, log: &dyn EventLog, model: &ReadModel) -> Result<Option<Due>, PublishError> {
        let registry = model.ledger().book().registry();
        let Some(opened) = registry.opened() else { return Ok(None) };
        self.check(log, model)?;
        let (origin, size, root) = (opened.origin.clone(), model.size(), model.tree().root());
        let key = registry.log_key(size).expect("a ledger that was opened has a key").to_owned();
        Ok(Some(Due { head: Checkpoint { origin, size, root }, key, stored: self.heads.latest()? }))
    }

    /// Signs a head that is due and stores it, where the head before is still the one that was stored when it fell due.
    ///
    /// # Errors
    /// [`PublishError::Moved`]: another head was stored meanwhile. [`PublishError`]: nothing was signed, or what was signed is
    /// stored or not, and may be signed again.
    pub fn sign_due(
        &self,
        log: &dyn EventLog,
        due: &Due,
        signer: &dyn HeadSigner,
    ) -> Result<Unpublished, PublishError> {
        let Due { head, key, stored } = due;
        require_key(key, signer)?;
        let tree = Reread::of(log, self.resume()?, head.size)?;
        if tree.growing.root() != head.root {
            return Err(PublishError::Reread { size: head.size });
        }
        let signed = SignedHead::of(head.clone(), signer);
        // A crash from here on leaves a head that is stored and not published: signing again gives the same one.
        self.heads.advance(stored.as_ref(), &signed)?;
        Ok(Unpublished { signed, tree })
    }

    /// Publishes a signed head: its tiles first, then `checkpoint`. Doing it again does no harm.
    ///
    /// # Errors
    /// [`PublishError::Lost`]: a larger head is published. [`PublishError::Store`]: the head before is still published, or
    /// this one is.
    pub fn publish(&self, unpublished: &Unpublished) -> Result<(), PublishError> {
        let Unpublished { signed, tree } = unpublished;
        let published = self.published()?;
        if let Some(lost) = published.clone().filter(|before| before.head.size > signed.head.size) {
            return Err(LostBranch { lost, lines: signed.head.size }.into());
        }
        let complete = self.write_tiles(tree)?;
        // Every tile that the head speaks of is durable. A crash in here leaves the head before or this one.
        let path = self.checkpoint();
        let written = if published.is_some_and(|before| signed.is_in(&before)) {
            self.disk.sync_dir(&self.ledger)
        } else {
            files::replace(&self.disk, &path, signed.note.as_bytes())
        };
        written.map_err(|cause| StoreError::io("发布账本头", &path, cause))?;
        self.tiles().remove_partial(&complete);
        Ok(())
    }

    /// Makes every tile of the published head again from the lines, where it is missing or differs.
    ///
    /// # Errors
    /// [`PublishError::Reread`]: the lines do not lead to the head; no tile was written. [`PublishError::Load`],
    /// [`PublishError::Store`].
    pub fn rebuild_tiles(&self, log: &dyn EventLog) -> Result<(), PublishError> {
        match self.reread_published(log)? {
            Some(tree) => self.write_tiles(&tree).map(drop),
            None => Ok(()),
        }
    }

    /// Writes the lines that the published head counts as entry bundles (C2SP tlog-tiles), for whoever serves the ledger as
    /// files; gives how many there are. They repeat every line, so nothing writes them unasked.
    ///
    /// # Errors
    /// As [`rebuild_tiles`](Self::rebuild_tiles).
    pub fn write_entries(&self, log: &dyn EventLog) -> Result<u64, PublishError> {
        match self.reread_published(log)? {
            Some(tree) => Ok(self.tiles().write_entries(log, tree.growing.size())?),
            None => Ok(0),
        }
    }

    /// The tree of the published head from the lines alone, which lead to it; none where no head is published.
    fn reread_published(&self, log: &dyn EventLog) -> Result<Option<Reread>, PublishError> {
        let Some(SignedHead { head, .. }) = self.published()? else { return Ok(None) };
        let tree = Reread::of(log, GrowingTiles::new(), head.size)?;
        if tree.growing.root() != head.root {
            return Err(PublishError::Reread { size: head.size });
        }
        Ok(Some(tree))
    }

    /// The tree of the published head, from its partial tiles; an empty one where they are missing or do not lead to it.
    fn resume(&self) -> Result<GrowingTiles, PublishError> {
        let Some(published) = self.published()? else { return Ok(GrowingTiles::new()) };
        let tiles = self.tiles();
        // `None` is the error of a tile that is not there.
        let read = |tile| tiles.read(tile).map_err(Some)?.ok_or(None::<StoreError>);
        match GrowingTiles::resume(published.head.size, read) {
            Ok(growing) if growing.root() == published.head.root => Ok(growing),
            Ok(_) | Err(None) => Ok(GrowingTiles::new()),
            Err(Some(error)) => Err(error.into()),
        }
    }

    /// Writes the tiles of a tree, full ones first; gives those.
    fn write_tiles(&self, tree: &Reread) -> Result<Vec<Tile>, PublishError> {
        let tiles = self.tiles();
        let mut writer = tiles.writer();
        tree.full.iter().try_for_each(|(tile, hashes)| writer.write(*tile, hashes))?;
        tree.growing.partial().try_for_each(|(tile, hashes)| writer.write(tile, hashes))?;
        writer.finish()?;
        Ok(tree.full.iter().map(|(tile, _)| *tile).collect())
    }
}

/// What a head is to say, with which key, and after which head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    head: Checkpoint,
    key: String,
    stored: Option<SignedHead>,
}

impl Due {
    /// How many lines it will count.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.head.size
    }
}

/// A head that is signed and stored, and the tiles that must be there before it is published.
#[derive(Clone, Debug)]
pub struct Unpublished {
    signed: SignedHead,
    tree: Reread,
}

impl Unpublished {
    /// The head.
    #[must_use]
    pub const fn signed(&self) -> &SignedHead {
        &self.signed
    }

    /// The same with more signature lines, such as those of witnesses; each line ends with LF.
    #[must_use]
    pub fn with_signatures<'a>(mut self, lines: impl IntoIterator<Item = &'a str>) -> Self {
        lines.into_iter().for_each(|line| self.signed.note.push_str(line));
        self
    }
}

/// The tree of lines that were read again, and the tiles that became full: 32 bytes a line.
#[derive(Clone, Debug)]
struct Reread {
    growing: GrowingTiles,
    full: Vec<(Tile, Vec<TreeHash>)>,
}

impl Reread {
    /// Reads and hashes the lines from a tree up to `size`.
    fn of(log: &dyn EventLog, mut growing: GrowingTiles, size: u64) -> Result<Self, PublishError> {
        let mut full = Vec::new();
        each_leaf(log, growing.size()..size, &mut |leaf| {
            growing.append(leaf, &mut |tile, hashes| full.push((tile, hashes.to_vec())));
        })?;
        Ok(Self { growing, full })
    }
}

/// Whether the ledger leads to a head, or says of it that it was lost.
fn leads_to(log: &dyn EventLog, model: &ReadModel, head: &Checkpoint) -> Result<bool, PublishError> {
    let registry = model.ledger().book().registry();
    let of_this_ledger = registry.opened().is_some_and(|opened| opened.origin == head.origin);
    let reached = of_this_ledger && head.size <= model.size();
    Ok(registry.gave_up(head) || (reached && root_at(log, model, head.size)? == head.root))
}

fn root_at(log: &dyn EventLog, model: &ReadModel, size: u64) -> Result<TreeHash, PublishError> {
    match Reader::new(model, log).root_at(size) {
        Ok(root) => Ok(root),
        Err(AxisError::Load(error)) => Err(error.into()),
        Err(other) => unreachable!("the size is not beyond the lines: {other}"),
    }
}

fn require_key(expected: &str, signer: &dyn HeadSigner) -> Result<(), PublishError> {
    let found = signer.key().to_string();
    if expected == found {
        Ok(())
    } else {
        Err(PublishError::WrongKey { expected: expected.to_owned(), found })
    }
}
