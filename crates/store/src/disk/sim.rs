//! A simulated disk that forgets what was not synced, and fails where it is told to.
//!
//! It keeps what is durable and what is in the page cache apart. A power cut drops unsynced pages, lengths and names,
//! each on its own, so that later writes may survive earlier ones. A failed sync whose effect is lost behaves as
//! Linux does: the pages count as clean, stay readable, and no later sync writes them, unless they are written again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Access, Disk, DiskFile};

/// Bytes that survive or vanish together. Smaller than a real page, so that a short line spans several.
const PAGE: usize = 256;

/// What a failed operation has done all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Lost,
    /// Everything; only the answer was an error.
    Persisted,
}

/// One operation that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which operation on the disk, counted from 0 since it was made.
    pub operation: u64,
    /// What it has done all the same.
    pub effect: Effect,
    /// What it answers.
    pub error: ErrorKind,
}

/// What a power cut leaves of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing.
    Nothing,
    /// Everything.
    Everything,
    /// Each page, length and name by the toss of a coin, from this seed.
    Some(u64),
}

/// A disk in memory, under a test's control. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct SimDisk {
    state: Arc<Mutex<State>>,
}

/// A file's number; it keeps its bytes when its name goes.
type Inode = u64;

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<Inode, Bytes>,
    dirs: BTreeSet<Inode>,
    /// Names as the running machine sees them, and as a power cut would leave them.
    cached: BTreeMap<PathBuf, Inode>,
    durable: BTreeMap<PathBuf, Inode>,
    /// Changes of names since each directory was synced, in order.
    pending: Vec<Naming>,
    locks: BTreeSet<PathBuf>,
    next_inode: Inode,
    operations: u64,
    faults: Vec<Fault>,
    boots: u64,
    read_only: bool,
    room: Option<u64>,
}

#[derive(Debug, Default)]
struct Bytes {
    durable: Vec<u8>,
    cached: Vec<u8>,
    dirty: BTreeSet<usize>,
}

/// A change of names in one directory that happens as a whole or not at all.
#[derive(Clone, Debug)]
struct Naming {
    dir: PathBuf,
    unset: Option<PathBuf>,
    set: Option<(PathBuf, Inode)>,
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<PathBuf, Inode>) {
        if let Some(path) = &self.unset {
            names.remove(path);
        }
        if let Some((path, inode)) = &self.set {
            names.insert(path.clone(), *inode);
        }
    }
}

impl Bytes {
    fn write(&mut self, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        if self.cached.len() < end {
            self.cached.resize(end, 0);
        }
        self.cached[offset..end].copy_from_slice(bytes);
        self.dirty.extend(offset / PAGE..end.div_ceil(PAGE));
    }

    fn set_len(&mut self, len: usize) {
        self.cached.resize(len, 0);
        self.dirty.retain(|page| page * PAGE < len);
        if !len.is_multiple_of(PAGE) {
            self.dirty.insert(len / PAGE);
        }
    }

    fn sync(&mut self, shrink: bool) {
        if shrink || self.cached.len() > self.durable.len() {
            self.durable.resize(self.cached.len(), 0);
        }
        for page in std::mem::take(&mut self.dirty) {
            self.keep(page);
        }
    }

    /// Makes one page durable, as far as the durable length reaches.
    fn keep(&mut self, page: usize) {
        let end = ((page + 1) * PAGE).min(self.cached.len()).min(self.durable.len());
        let begin = (page * PAGE).min(end);
        self.durable[begin..end].copy_from_slice(&self.cached[begin..end]);
    }

    fn crash(&mut self, keeps: &mut impl FnMut() -> bool) {
        if self.cached.len() != self.durable.len() && keeps() {
            self.durable.resize(self.cached.len(), 0);
        }
        for page in std::mem::take(&mut self.dirty) {
            if keeps() {
                self.keep(page);
            }
        }
        self.cached.clone_from(&self.durable);
    }
}

impl State {
    /// Counts one operation and tells whether it is to fail, and with what effect.
    fn fault(&mut self) -> Option<Fault> {
        let operation = self.operations;
        self.operations += 1;
        self.faults.iter().find(|fault| fault.operation == operation).copied()
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.cached);
        self.pending.push(naming);
    }

    fn new_inode(&mut self) -> Inode {
        self.next_inode += 1;
        self.next_inode
    }

    fn used(&self) -> u64 {
        self.cached
            .values()
            .filter_map(|inode| self.files.get(inode))
            .map(|file| file.cached.len() as u64)
            .sum()
    }

    fn check_room(&self, growth: usize) -> io::Result<()> {
        match self.room {
            Some(room) if self.used() + growth as u64 > room => Err(ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn check_parent(&self, path: &Path) -> io::Result<PathBuf> {
        let parent = path.parent().unwrap_or(Path::new("/"));
        let there =
            parent == Path::new("/") || self.cached.get(parent).is_some_and(|dir| self.dirs.contains(dir));
        if there { Ok(parent.to_path_buf()) } else { Err(ErrorKind::NotFound.into()) }
    }

    fn file_at(&self, path: &Path) -> io::Result<Inode> {
        let inode = *self.cached.get(path).ok_or(ErrorKind::NotFound)?;
        if self.files.contains_key(&inode) { Ok(inode) } else { Err(ErrorKind::IsADirectory.into()) }
    }

    fn crash(&mut self, keeps: &mut impl FnMut() -> bool) {
        for naming in std::mem::take(&mut self.pending) {
            if keeps() {
                naming.apply(&mut self.durable);
            }
        }
        let dirs: BTreeSet<PathBuf> = self
            .durable
            .iter()
            .filter(|(_, inode)| self.dirs.contains(inode))
            .map(|(path, _)| path.clone())
            .collect();
        self.durable
            .retain(|path, _| path.parent().is_none_or(|dir| dir == Path::new("/") || dirs.contains(dir)));
        self.cached.clone_from(&self.durable);
        let named: BTreeSet<Inode> = self.durable.values().copied().collect();
        self.files.retain(|inode, _| named.contains(inode));
        for file in self.files.values_mut() {
            file.crash(keeps);
        }
        self.locks.clear();
        self.boots += 1;
    }
}

impl SimDisk {
    /// Makes an empty disk without limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many operations there have been.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets one more operation fail.
    pub fn fail(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Lets no operation fail any more.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// The operations that were told to fail.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.state().faults.clone()
    }

    /// Limits what all files together may hold, in bytes.
    pub fn set_room(&self, bytes: Option<u64>) {
        self.state().room = bytes;
    }

    /// Refuses every change from now on, or no longer.
    pub fn set_read_only(&self, read_only: bool) {
        self.state().read_only = read_only;
    }

    /// Cuts the power. Files and locks held across it answer with errors.
    pub fn crash(&self, cut: Cut) {
        let mut random = match cut {
            Cut::Some(seed) => seed,
            Cut::Nothing | Cut::Everything => 0,
        };
        let mut keeps = || match cut {
            Cut::Nothing => false,
            Cut::Everything => true,
            Cut::Some(_) => split_mix(&mut random) & 1 == 1,
        };
        self.state().crash(&mut keeps);
    }

    /// The bytes of a file as the running machine sees them.
    #[must_use]
    pub fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.cached.get(path).and_then(|inode| state.files.get(inode)).map(|file| file.cached.clone())
    }

    /// Puts a file there, durably, past all faults and limits: a test's own hand.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let inode = state.new_inode();
        state
            .files
            .insert(inode, Bytes { durable: bytes.to_vec(), cached: bytes.to_vec(), dirty: BTreeSet::new() });
        state.cached.insert(path.to_path_buf(), inode);
        state.durable.insert(path.to_path_buf(), inode);
    }

    /// Takes a file away, durably, past all faults: a test's own hand.
    pub fn take(&self, path: &Path) {
        let mut state = self.state();
        state.cached.remove(path);
        state.durable.remove(path);
    }

    /// Runs one operation, or fails it as planned.
    fn run<T>(&self, operation: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        run(&mut self.state(), operation)
    }

    fn change<T>(&self, operation: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        self.run(
            |state| {
                if state.read_only { Err(ErrorKind::ReadOnlyFilesystem.into()) } else { operation(state) }
            },
        )
    }

    fn handle(&self, state: &State, inode: Inode, access: Access) -> SimFile {
        SimFile { disk: self.clone(), inode, access, boot: state.boots }
    }
}

fn run<T>(state: &mut State, operation: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
    match state.fault() {
        None => operation(state),
        Some(Fault { effect: Effect::Lost, error, .. }) => Err(error.into()),
        Some(Fault { effect: Effect::Persisted, error, .. }) => operation(state).and(Err(error.into())),
    }
}

/// The next number of a SplitMix64 sequence.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Disk for SimDisk {
    type File = SimFile;
    type Lock = SimLock;

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.change(|state| {
            let dir = state.check_parent(path)?;
            if !state.cached.contains_key(path) {
                let inode = state.new_inode();
                state.dirs.insert(inode);
                state.name(Naming { dir, unset: None, set: Some((path.to_path_buf(), inode)) });
            }
            Ok(())
        })
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.run(|state| {
            state.check_parent(&dir.join("x"))?;
            let inside = state.cached.keys().filter(|path| path.parent() == Some(dir));
            Ok(inside.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect())
        })
    }

    fn create(&self, path: &Path) -> io::Result<SimFile> {
        self.change(|state| {
            let dir = state.check_parent(path)?;
            let inode = match state.file_at(path) {
                Ok(inode) => inode,
                Err(_) => {
                    let inode = state.new_inode();
                    state.files.insert(inode, Bytes::default());
                    state.name(Naming { dir, unset: None, set: Some((path.to_path_buf(), inode)) });
                    inode
                }
            };
            state.files.get_mut(&inode).expect("an inode has bytes").set_len(0);
            Ok(self.handle(state, inode, Access::Write))
        })
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<SimFile> {
        self.run(|state| {
            if state.read_only && access == Access::Write {
                return Err(ErrorKind::PermissionDenied.into());
            }
            let inode = state.file_at(path)?;
            Ok(self.handle(state, inode, access))
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|state| {
            let dir = state.check_parent(to)?;
            assert_eq!(from.parent(), to.parent(), "a rename stays in its directory");
            let inode = state.file_at(from)?;
            state.name(Naming { dir, unset: Some(from.to_path_buf()), set: Some((to.to_path_buf(), inode)) });
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|state| {
            let dir = state.check_parent(path)?;
            state.file_at(path)?;
            state.name(Naming { dir, unset: Some(path.to_path_buf()), set: None });
            Ok(())
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.run(|state| {
            let pending = std::mem::take(&mut state.pending);
            let (here, elsewhere) = pending.into_iter().partition(|naming| naming.dir == dir);
            state.pending = elsewhere;
            here.iter().for_each(|naming: &Naming| naming.apply(&mut state.durable));
            Ok(())
        })
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<SimLock>> {
        let (taken, boot) = self.change(|state| {
            state.check_parent(path)?;
            Ok((!state.locks.contains(path), state.boots))
        })?;
        // Taken only after the answer: a lock that was refused goes with the file that asked for it.
        Ok(taken.then(|| {
            self.state().locks.insert(path.to_path_buf());
            SimLock { disk: self.clone(), path: path.to_path_buf(), boot }
        }))
    }
}

/// An open file of a [`SimDisk`].
#[derive(Debug)]
pub struct SimFile {
    disk: SimDisk,
    inode: Inode,
    access: Access,
    boot: u64,
}

impl SimFile {
    fn run<T>(&self, operation: impl FnOnce(&mut State, Inode) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.state();
        if state.boots != self.boot {
            return Err(io::Error::other("this file was open before the power cut"));
        }
        run(&mut state, |state| operation(state, self.inode))
    }

    fn on_bytes<T>(&self, operation: impl FnOnce(&mut Bytes) -> T) -> io::Result<T> {
        self.run(|state, inode| Ok(operation(state.files.get_mut(&inode).expect("an inode has bytes"))))
    }

    fn sync(&self, shrink: bool) -> io::Result<()> {
        let mut state = self.disk.state();
        if state.boots != self.boot {
            return Err(io::Error::other("this file was open before the power cut"));
        }
        let fault = state.fault();
        let bytes = state.files.get_mut(&self.inode).expect("an inode has bytes");
        match fault {
            None => bytes.sync(shrink),
            Some(Fault { effect: Effect::Lost, error, .. }) => {
                bytes.dirty.clear();
                return Err(error.into());
            }
            Some(Fault { effect: Effect::Persisted, error, .. }) => {
                bytes.sync(shrink);
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn check_writable(&self) -> io::Result<()> {
        if self.access == Access::Write { Ok(()) } else { Err(ErrorKind::PermissionDenied.into()) }
    }
}

fn offset_of(offset: u64) -> usize {
    usize::try_from(offset).expect("a simulated file fits in memory")
}

impl DiskFile for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.on_bytes(|bytes| {
            let there = bytes.cached.get(offset_of(offset)..).unwrap_or_default();
            let read = there.len().min(buffer.len());
            buffer[..read].copy_from_slice(&there[..read]);
            read
        })
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.check_writable()?;
        self.run(|state, inode| {
            let end = offset_of(offset) + bytes.len();
            state.check_room(end.saturating_sub(state.files[&inode].cached.len()))?;
            state.files.get_mut(&inode).expect("an inode has bytes").write(bytes, offset_of(offset));
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync(false)
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync(true)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check_writable()?;
        self.on_bytes(|bytes| bytes.set_len(offset_of(len)))
    }

    fn len(&self) -> io::Result<u64> {
        self.on_bytes(|bytes| bytes.cached.len() as u64)
    }
}

/// A lock on a [`SimDisk`], held until dropped or until the power is cut.
#[derive(Debug)]
pub struct SimLock {
    disk: SimDisk,
    path: PathBuf,
    boot: u64,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.boots == self.boot {
            state.locks.remove(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk_with(bytes: &[u8]) -> (SimDisk, SimFile) {
        let disk = SimDisk::new();
        disk.put(Path::new("/file"), bytes);
        let file = disk.open(Path::new("/file"), Access::Write).unwrap();
        (disk, file)
    }

    fn contents(disk: &SimDisk) -> Vec<u8> {
        disk.contents(Path::new("/file")).unwrap()
    }

    #[test]
    fn what_is_synced_survives_a_power_cut_and_what_is_not_need_not() {
        let (disk, file) = disk_with(b"");
        file.write_at(b"synced", 0).unwrap();
        file.sync_data().unwrap();
        file.write_at(b"cached", 0).unwrap();
        assert_eq!(contents(&disk), b"cached");
        disk.crash(Cut::Nothing);
        assert_eq!(contents(&disk), b"synced");
    }

    #[test]
    fn a_later_page_may_survive_an_earlier_one() {
        let survived = |seed| {
            let (disk, file) = disk_with(&[0; 2 * PAGE]);
            file.write_at(&[1; 2 * PAGE], 0).unwrap();
            disk.crash(Cut::Some(seed));
            let bytes = contents(&disk);
            (bytes[0], bytes[PAGE])
        };
        let outcomes: BTreeSet<_> = (0..64).map(survived).collect();
        assert_eq!(outcomes.len(), 4, "{outcomes:?}");
    }

    #[test]
    fn after_a_failed_sync_the_next_one_does_not_bring_the_pages_back() {
        let (disk, file) = disk_with(b"old");
        file.write_at(b"new", 0).unwrap();
        disk.fail(Fault { operation: disk.operations(), effect: Effect::Lost, error: ErrorKind::Other });
        file.sync_data().unwrap_err();
        file.sync_data().unwrap();
        assert_eq!(contents(&disk), b"new", "the page cache still shows it");
        disk.crash(Cut::Everything);
        assert_eq!(contents(&disk), b"old", "the disk never had it");
    }

    #[test]
    fn a_new_name_needs_its_directory_synced() {
        let disk = SimDisk::new();
        disk.create(Path::new("/file")).unwrap().sync_all().unwrap();
        disk.crash(Cut::Nothing);
        assert_eq!(disk.contents(Path::new("/file")), None);
        disk.create(Path::new("/file")).unwrap().sync_all().unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        disk.crash(Cut::Nothing);
        assert_eq!(contents(&disk), b"");
    }
}
