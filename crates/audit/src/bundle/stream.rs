//! A bundle's file, read once from its beginning to its end: its lines are audited while the rest is still compressed.
//!
//! Only small files are kept in memory; a segment goes when it has been audited. Nothing is written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use chain::tile::{Level, Tile};
use chain::{ContentHash, TreeHash, hash::content_hash};

use super::tar::Members;
use crate::AuditError;
use crate::journal::first_of;
use crate::pieces::Piece;
use crate::source::Source;
use crate::tiles::Tiles;

/// The most bytes of one member, and of all that are kept: a guard against compressed bombs.
const MAX_BYTES: u64 = 1 << 31;
/// Segments under way: one that is audited, one that waits, one that is read.
const UNDER_WAY: usize = 3;

/// A file of the bundle that has gone by.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) hash: ContentHash,
    pub(super) bytes: u64,
    /// None for a segment, which is not kept.
    pub(super) content: Option<Vec<u8>>,
}

/// A bundle's file as far as it has been read.
pub(super) struct Stream {
    members: Members,
    /// The member whose header was read last, and whose bytes come next.
    next: Option<(String, u64)>,
    pub(super) files: BTreeMap<String, Member>,
    kept: u64,
    /// Why the file is no bundle, or cannot be checked in this way; in Chinese.
    pub(super) refused: Option<String>,
}

impl Stream {
    pub(super) fn of(file: &Path) -> Result<Self, AuditError> {
        let mut stream =
            Self { members: Members::of(file)?, next: None, files: BTreeMap::new(), kept: 0, refused: None };
        stream.step();
        Ok(stream)
    }

    /// Reads the next header.
    fn step(&mut self) {
        self.next = match self.members.next() {
            Ok(next) => next,
            Err(reason) => self.refuse(reason),
        };
    }

    fn refuse<T>(&mut self, reason: String) -> Option<T> {
        self.refused = Some(reason);
        None
    }

    /// Reads the next member's bytes behind those in `bytes`, and the header after it.
    fn take(&mut self, bytes: &mut Vec<u8>) -> Option<String> {
        let (name, size) = self.next.take()?;
        if size > MAX_BYTES || self.kept > MAX_BYTES {
            return self.refuse(format!("“{name}”太大，不能边读边核验；请用 tar 解开，再核验解开的目录"));
        }
        if let Err(reason) = self.members.read(size, bytes) {
            return self.refuse(reason);
        }
        self.step();
        Some(name)
    }

    /// Reads a member that is kept.
    fn keep(&mut self) {
        let mut content = Vec::new();
        let Some(name) = self.take(&mut content) else { return };
        if let Err(reason) = streamable(&name) {
            self.next = self.refuse(reason);
            return;
        }
        self.kept += content.len() as u64;
        let (hash, bytes) = (content_hash(&content), content.len() as u64);
        self.files.insert(name, Member { hash, bytes, content: Some(content) });
    }

    /// The position that the next member's name states, if it is a segment.
    fn segment(&self) -> Option<u64> {
        let (name, _) = self.next.as_ref()?;
        let (first, packed) = first_of(name.strip_prefix("journal/")?)?;
        (!packed).then_some(first)
    }

    /// Reads everything that is left, and sends segments on.
    fn read_on(&mut self, ready: &SyncSender<Piece>, buffers: &Receiver<Vec<u8>>) {
        while self.next.is_some() {
            let Some(first) = self.segment() else {
                self.keep();
                continue;
            };
            let mut bytes = buffers.recv().expect("buffers come back while segments are audited");
            bytes.clear();
            let Some(name) = self.take(&mut bytes) else { return };
            let (hash, length) = (content_hash(&bytes), bytes.len() as u64);
            self.files.insert(name, Member { hash, bytes: length, content: None });
            let piece =
                Piece { begins: Some(first), bytes, active: self.segment().is_none(), ..Piece::default() };
            ready.send(piece).expect("segments are audited until the last");
        }
    }
}

/// What only a folder's audit compares is refused by name, not passed over.
fn streamable(name: &str) -> Result<(), String> {
    let packed = name.starts_with("journal/") && name.ends_with(".zst");
    let entries = Tile::parse(name).is_some_and(|tile| tile.level == Level::Entries);
    if packed || entries {
        return Err(format!("“{name}”不能边读边核验；请用 tar 解开，再核验解开的目录"));
    }
    Ok(())
}

impl Source for Stream {
    fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, AuditError> {
        // Members come in the order of their names: the head before the lines.
        while self.next.as_ref().is_some_and(|(name, _)| name.as_str() < "journal/") {
            self.keep();
        }
        Ok(self.files.get("checkpoint").and_then(|file| file.content.clone()))
    }

    fn tiles(&mut self) -> Result<Tiles, AuditError> {
        Ok(Tiles::none())
    }

    fn segments(&mut self, each: &mut dyn FnMut(&Piece)) -> Result<Vec<String>, AuditError> {
        let (ready, pieces) = sync_channel::<Piece>(UNDER_WAY);
        let (used, buffers) = channel();
        for _ in 0..UNDER_WAY {
            used.send(Vec::new()).expect("the other end is here");
        }
        let reader = &mut *self;
        std::thread::scope(|scope| {
            scope.spawn(move || reader.read_on(&ready, &buffers));
            for piece in pieces {
                each(&piece);
                // Nobody takes it any more once everything is read.
                let _ = used.send(piece.bytes);
            }
        });
        let names = self.files.keys().filter_map(|name| name.strip_prefix("journal/"));
        Ok(names.filter(|name| first_of(name).is_none()).map(str::to_owned).collect())
    }

    fn late_tiles(&mut self, leaves: &[TreeHash]) -> Option<Tiles> {
        let tiles = self.files.iter_mut().filter(|(name, _)| Tile::parse(name).is_some());
        let held = tiles.filter_map(|(name, file)| Some((name.clone(), file.content.take()?)));
        Some(Tiles::held(held.collect(), leaves))
    }
}
